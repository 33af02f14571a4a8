"""From the members of cohorts to bases and counts: one row of the ledger for each area and period."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dscp.extracts.registry import EXTRACTS
from dscp.extracts.types import WITH, Link
from dscp.ledger.formulas import derive, summed
from dscp.ledger.ids import digest, dims_of, general
from dscp.ledger.rows import quantities, values_of
from dscp.measures.types import AMONG, Measure
from dscp.study.areas import PERIODS, areas


def places(measure: Measure, sites: Mapping[str, Mapping]) -> pd.DataFrame:
    """One row per area and period in which there is such a measure, with what `areas` says of the area."""
    every = areas(sites)
    wanted = [site for site in sites if measure.only(sites[site])]
    return every[every["site"].isin(wanted)].merge(pd.DataFrame({"period": PERIODS}), how="cross")


def counted(members: pd.DataFrame, measure: Measure, sites: Mapping[str, Mapping]) -> pd.DataFrame:
    """Base and count of a measure in each area and period: 0 where an area has nobody.

    Parameters
    ----------
    members : one row per member of any measure: measure, area, period, outcome (bool)
    sites : of the config
    """
    own = members[members["measure"] == measure.name]
    counts = own.groupby(["area", "period"])["outcome"].agg(base="size", count="sum").reset_index()
    return with_counts(counts, measure, sites)


def with_counts(counts: pd.DataFrame, measure: Measure, sites: Mapping[str, Mapping]) -> pd.DataFrame:
    """The places of a measure with their counts, columns base and count among them: 0 where there is nothing."""
    numbers = [name for name in counts.columns if name not in ("area", "period")]
    every = places(measure, sites).merge(counts, how="left", on=["area", "period"])
    return every.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, int))


def totals(rows: pd.DataFrame, source: str, rule: str) -> pd.DataFrame:
    """Ledger rows of sums over all pilots and all comparison areas, of quantities that are one for each area."""
    dims = pd.DataFrame([dims_of(row) for row in rows.to_dict("records")])
    dims["area"] = "all_" + dims["area"].str.partition("_")[0] + "s"
    return derive(
        summed(dims, rows, list(dims.columns)),
        values_of(rows),
        id=general(rows.iloc[0]),
        unit="count",
        formula="sum(part)",
        inputs={"part": "@parts"},
        source=source,
        rule=rule,
        function="totals",
    )


def everywhere(settings: str) -> str:
    """Paths of settings, as a measure has them, in all areas and both periods."""
    each = ["sites" if path.startswith("sites.") else path for path in settings.split()]
    return " ".join(dict.fromkeys(path.replace("{period}", period) for path in each for period in PERIODS))


def links_of(measure: Measure) -> dict[str, Link]:
    """The extracts that a measure reads and that link to the one its cohort is counted in: name -> link."""
    own, *others = measure.reads
    return {name: link for name in others for link in EXTRACTS[name].links if link.to == own}


def linked_rows(
    members: pd.DataFrame, measure: Measure, sites: Mapping[str, Mapping], bases: pd.DataFrame, rule: str
) -> list[pd.DataFrame]:
    """Ledger rows of members of a cohort whose client is in a linked extract: how many, and their share of the base.

    Parameters
    ----------
    members : as of `counted`, with a column (bool) named WITH and the extract for each link
    bases : ledger rows of the cohort's bases
    """
    told, made = {"source": measure.source, "rule": rule, "function": rule}, []
    for name, link in links_of(measure).items():
        rows = counted(members.assign(outcome=members[f"{WITH}{name}"].astype(bool)), measure, sites)
        counts = quantities(
            rows,
            id=measure.cohort.linked(name),
            value="count",
            rows="count",
            unit="count",
            extract=" ".join([*measure.cohort.reads, name]),
            filter=f"{measure.cohort.words}, whose {link.to_column} is in {name}",
            settings=measure.cohort.settings,
            cohort=f"{measure.cohort.key}{AMONG}{digest(link.to_column, name, link.column)}",
            **told,
        )
        values = pd.concat([bases, counts]).set_index("id")["value"].to_dict()
        shares = derive(
            rows,
            values,
            id=measure.cohort.linked(name).replace(f".{WITH}", f".share_{WITH}"),
            unit="percent",
            formula="100 * linked / base",
            inputs={"linked": measure.cohort.linked(name), "base": measure.cohort.base},
            missing="not computed: the base is 0",
            **told,
        )
        made += [counts, shares]
    return made


def count_rows(measure: Measure, rows: pd.DataFrame, rule: str, with_base: bool) -> list[pd.DataFrame]:
    """Ledger rows of the base of a measure's cohort, if it is to be told here, and of its count.

    Parameters
    ----------
    rows : from `counted` or `with_counts`; where a record of the extract holds a number, `rows` is how many were summed
    """
    summed = "rows" in rows
    common = {"unit": "count", "source": measure.source, "rule": rule, "function": rule}
    base = quantities(
        rows,
        id=measure.cohort.base,
        value="base",
        rows="rows" if summed else "base",
        extract=" ".join(measure.cohort.reads),
        filter=measure.cohort.words,
        settings=measure.cohort.settings,
        cohort=measure.cohort.key,
        **common,
    )
    count = quantities(
        rows,
        id=measure.count,
        value="count",
        rows="rows" if summed else "count",
        extract=" ".join([*measure.cohort.reads, *measure.also_reads]),
        filter=measure.words,
        settings=measure.settings,
        cohort=measure.key,
        **common,
    )
    return [base, count] if with_base else [count]
