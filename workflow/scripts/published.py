"""Rule published: a partnership's published counts in its two years, their shares and growth.

The profile made of published counts. Each count is a cell of the export. All are rounded to five: of a small base no
percentage is told, and nothing is tested.
"""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from dscp.extracts.published import ALL, years_of
from dscp.ledger.formulas import derive
from dscp.ledger.leaves import constants
from dscp.ledger.rows import quantities, values_of, write_ledger
from dscp.measures.published import BY_ANY, EVERY, TOTAL, Published, groups_of
from dscp.run.job import writing
from dscp.study.areas import areas
from dscp.study.partnerships import SPANS

RULE, SOURCE, EXTRACT = "published", "Appendix B2", "published_counts"
TOLD = {"source": SOURCE, "rule": RULE}
PEERS = "peers"  # all peers together, as an area
WHERE = ".{group}.{area}.{period}"
LEAST = "constant.smallest_base"
NOT_COLLECTED = "not collected in {year}"
PLACES = ["name", "group", "area", "period", "file", "line"]


def cells(counts: pd.DataFrame, config: Mapping) -> pd.DataFrame:
    """The cell of each count, one row each: name, group, area, period, span, year, whose, column, value, file, line.

    Of rows that say the same, as where two files of the export share out its columns, the first that has a number. The
    groups of peers are not told, and a group that no row is of is left out.

    Parameters
    ----------
    counts : the typed extract
    config : the study
    """
    years, found = years_of(config), []
    for area in areas(config["sites"]).itertuples():
        own = area.area == config["partnership"]
        for period, span in SPANS.items():
            here = counts[counts["area"].isin(area.dats) & (counts["fiscal_year"] == years[period])]
            place = {"area": area.area, "period": period, "span": span, "year": years[period],
                     "whose": "partnership" if own else "peers"}  # fmt: skip
            found += [{**place, **one} for one in _in(here, own)]
    return pd.DataFrame(found)


def _in(here: pd.DataFrame, own: bool) -> Iterator[dict]:
    """The cells of an area and year."""
    for one in EVERY:
        for group, (column, values, words) in groups_of(one).items():
            rows = here[(here[list(values)] == pd.Series(values)).all(axis=1)].sort_values(["file", "line"])
            if rows.empty or not (own or values == ALL):
                continue
            filled = rows[rows[column].notna()]
            first = (rows if filled.empty else filled).iloc[0]
            value = math.nan if filled.empty else float(first[column])
            yield {"name": one.name, "group": group, "column": column, "value": value, "words": words, "rows": 1,
                   "file": int(first["file"]), "line": int(first["line"])}  # fmt: skip


def published(found: pd.DataFrame, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Ledger rows of a partnership's published counts and its peers'.

    Parameters
    ----------
    found : from `cells`
    table : the constants, with citations
    """
    values = values_of(constants(table))
    rows = []
    for name, those in found.groupby("name", sort=False):
        leaves = quantities(
            those,
            id=f"published.count.{name}{WHERE}",
            value="value",
            rows="rows",
            unit="count",
            extract=EXTRACT,
            filter="{area}, {year}{words}: the column {column}",
            settings="{whose} {span}",
            missing=NOT_COLLECTED,
            cohort=f"published.{name}",
            function="published",
            **TOLD,
        )
        values |= values_of(leaves)
        rows.append(leaves)
    sums = [_sums(one, found, values) for one in EVERY if one.summed]
    others = _of_peers(found, values)
    shares = [row for one in EVERY if one.among for row in _shares(one, found, values)]
    parts = [_parts(one, found, values) for one in EVERY if one.by == BY_ANY]
    return [*rows, *sums, *others, *shares, *parts, *_growth(found, values)]


def _where(one: Published, found: pd.DataFrame) -> pd.DataFrame:
    """Groups, areas and periods of a count, those of all peers together behind them."""
    own = found.loc[found["name"] == one.name, ["group", "area", "period", "year", "whose"]]
    if one.summed:
        own = pd.concat([own, own.assign(group=TOTAL).drop_duplicates()])
    others = own[own["whose"] == "peers"].drop_duplicates(["group", "period"]).assign(area=PEERS)
    return pd.concat([own, others], ignore_index=True)


def _sums(one: Published, found: pd.DataFrame, values: dict) -> pd.DataFrame:
    """All bands of a count together."""
    own = _where(one, found).query("group == @TOTAL and area != @PEERS")
    parts = [f"published.count.{one.name}.{band}.{{area}}.{{period}}" for band in one.bands]
    return derive(own, values, id=f"published.count.{one.name}{WHERE}", unit="count", formula="sum(part)",
                  inputs={"part": parts}, function="sums", **TOLD)  # fmt: skip


def _of_peers(found: pd.DataFrame, values: dict) -> list[pd.DataFrame]:
    """The sum of each count over all peers; none where there is no peer."""
    rows = []
    for one in EVERY:
        where = _where(one, found)
        codes = where.loc[(where["whose"] == "peers") & (where["area"] != PEERS), "area"].unique()
        inputs = {"part": [f"published.count.{one.name}.{{group}}.{code}.{{period}}" for code in codes]}
        rows += [
            derive(where[where["area"] == PEERS], values, id=f"published.count.{one.name}{WHERE}", unit="count",
                   formula="sum(part)", inputs=inputs, function="of_peers", **TOLD)
        ] if len(codes) else []  # fmt: skip
    return rows


def _shares(one: Published, found: pd.DataFrame, values: dict) -> list[pd.DataFrame]:
    """The percentage of a count, where its base is not too small; and how far the own is from that of all peers."""
    where, base = _where(one, found), one.base(WHERE)
    where = where[where["group"] != TOTAL] if one.summed else where
    ids = {"count": f"published.count.{one.name}{WHERE}", "base": base, "least": LEAST}
    rows = [
        derive(where.assign(why=_why(where, base, values)), values, id=f"published.share.{one.name}{WHERE}",
               unit="percent", formula="100 * count / at_least(base, least)", inputs=ids, missing="{why}",
               function="shares", **TOLD)
    ]  # fmt: skip
    if (where["area"] == PEERS).any():
        own = where[(where["whose"] == "partnership") & where["group"].isin([TOTAL, *one.bands])]
        shares = {name: f"published.share.{one.name}.{{group}}.{area}.{{period}}"
                  for name, area in (("own", "{area}"), ("others", PEERS))}  # fmt: skip
        rows.append(
            derive(own, values, id=f"published.apart.{one.name}.{{group}}.{{period}}", unit="ppt",
                   formula="own - others", inputs=shares,
                   function="shares", **TOLD)
        )  # fmt: skip
    return rows


def _parts(one: Published, found: pd.DataFrame, values: dict) -> pd.DataFrame:
    """Which part of all a group is, per cent."""
    where, whole = (
        _where(one, found).query("group != @TOTAL"),
        f"published.count.{one.name}.{TOTAL}.{{area}}.{{period}}",
    )
    ids = {"count": f"published.count.{one.name}{WHERE}", "base": whole, "least": LEAST}
    return derive(where.assign(why=_why(where, whole, values)), values, id=f"published.part.{one.name}{WHERE}",
                  unit="percent", formula="100 * count / at_least(base, least)", inputs=ids, missing="{why}",
                  function="parts", **TOLD)  # fmt: skip


def _why(where: pd.DataFrame, base: str, values: Mapping[str, float]) -> list[str]:
    """Why there is no percentage: the base is too small; "" where something else is the reason, if any."""
    bases = [values[base.format(**row)] for row in where.to_dict("records")]
    words = f"not computed: a base under {values[LEAST]:g}, which rounding to five makes too uncertain"
    return [words if one < values[LEAST] else "" for one in bases]


def _growth(found: pd.DataFrame, values: dict) -> list[pd.DataFrame]:
    """By how many per cent the partnership's own counts grew from the baseline, where that is not too small."""
    rows = []
    for one in EVERY:
        where = _where(one, found)
        own = where[(where["whose"] == "partnership") & (where["period"] == "post")]
        ids = {end: f"published.count.{one.name}.{{group}}.{{area}}.{period}"
               for end, period in (("year", "post"), ("baseline", "pre"))}  # fmt: skip
        rows.append(
            derive(own.assign(why=_why(own, ids["baseline"], values)), values,
                   id=f"published.growth.{one.name}.{{group}}", unit="percent",
                   formula="100 * (year / at_least(baseline, least) - 1)", inputs={**ids, "least": LEAST},
                   missing="{why}", function="growth", **TOLD)
        )  # fmt: skip
    return rows


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study, table = snakemake.params.study, pd.read_csv(snakemake.input.constants, keep_default_na=False)
        every = cells(pd.read_parquet(snakemake.input.counts), study)
        every[PLACES].to_parquet(out.places, index=False)
        write_ledger(published(every, table), out.ledger)
