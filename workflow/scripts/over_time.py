"""Rule over_time: whether pilots and comparison areas were drifting apart before the pilots began (Appendix F).

Successful completions by their own rule, in every calendar quarter that lies whole within a period, and in the two
parts of the earlier period, up to its ninth month and after. Differences are in percentage points.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import FIELDS, numbers, quantities, values_of, write_ledger
from dscp.measures.cohorts import LATEST_OF_ADULTS, OF_COMPLETION
from dscp.measures.derivations import COURSE, journeys_within
from dscp.measures.derivations import derive as measured
from dscp.measures.pairs import Values, averaged, used
from dscp.measures.registry import FOLLOWED, MEASURES
from dscp.run.job import writing
from dscp.study.areas import PERIODS, areas, arms_of, periods
from dscp.study.days import whole_quarters

RULE, SOURCE = "over_time", "Appendix F"
CUT = pd.DateOffset(months=9)  # from the start of the earlier period
LEAST = pd.DateOffset(years=1)  # a shorter one has no two parts
PARTS = ("early", "late")
WHERE = {"quarter": "{month}", "part": "{part}"}
MEMBERS = "select area, period as window, outcome, file, line from {measure} order by all"
SETTINGS = f"{LATEST_OF_ADULTS} {OF_COMPLETION} periods.{{period}}.outcomes sites.{{site}}.{{arm}}.dats"
SEED = "setting.models.seed"
COMMON = {"source": SOURCE, "rule": RULE}


def windows(study_periods: Mapping) -> pd.DataFrame:
    """Quarters of both periods, parts of the earlier one: kind, period (its name), of (which period), starts, ends."""
    rows = []
    for row in periods(study_periods, "outcomes").to_dict("records"):
        for first, last in whole_quarters(row["starts"], row["ends"]):
            rows.append(("quarter", first.strftime("%Y_%m"), row["period"], first, last))
        start, end = pd.Timestamp(row["starts"]), pd.Timestamp(row["ends"])
        if row["period"] == PERIODS[0] and end + pd.DateOffset(days=1) >= start + LEAST:
            middle = start + CUT
            before = (start.date(), (middle - pd.DateOffset(days=1)).date())
            rows += [
                ("part", name, row["period"], *ends)
                for name, ends in zip(PARTS, (before, (middle.date(), row["ends"])), strict=True)
            ]
    return pd.DataFrame(rows, columns=["kind", "period", "of", "starts", "ends"])


def over_time(
    journeys: str, sites: Mapping, spans: pd.DataFrame, definitions: Mapping, codes: Mapping, bands: list[int]
) -> pd.DataFrame:
    """Who left treatment in each window, one row for each client and area: area, window, outcome (bool), file, line.

    Parameters
    ----------
    journeys : path of the validated journeys (Parquet)
    spans : from `windows`
    sites, definitions, codes, bands : those parts of the config
    """
    con = journeys_within(journeys, sites, spans[["period", "starts", "ends"]], definitions, codes, bands, COURSE)
    measured(con, definitions, [MEASURES[FOLLOWED]])
    return con.execute(MEMBERS.format(measure=FOLLOWED)).df()


def counted(members: pd.DataFrame, sites: Mapping, spans: pd.DataFrame) -> pd.DataFrame:
    """How many left treatment in each window, and completed it: site, arm, area, kind, window, of, base, count.

    members, spans : from `over_time` and `windows`
    """
    every = areas(sites)[["site", "arm", "area"]].merge(spans[["kind", "period", "of"]], how="cross")
    found = members.groupby(["area", "window"])["outcome"].agg(base="size", count="sum").reset_index()
    counts = every.rename(columns={"period": "window"}).merge(found, how="left", on=["area", "window"])
    return counts.fillna({"base": 0, "count": 0}).astype({"base": int, "count": int})


def rates(counts: pd.DataFrame, kind: str, values: Values) -> list[pd.DataFrame]:
    """Ledger rows of bases, counts and rates of one kind of window, and of the gap between the areas of each site."""
    name = WHERE[kind].strip("{}")
    own = counts[counts["kind"] == kind].rename(columns={"window": name}).assign(period=lambda rows: rows["of"])
    pattern, found = f"over_time.{kind}_{{}}.{{{{area}}}}.{WHERE[kind].replace('{', '{{').replace('}', '}}')}", []
    leaves = {"base": "whose latest journey ended", "count": "whose latest journey was completed"}
    for part, words in leaves.items():
        rows = quantities(
            own,
            id=pattern.format(part),
            value=part,
            rows=part,
            unit="count",
            extract="journeys",
            filter=f"clients of {{area}}, adults, {words} in the {kind} {WHERE[kind]}",
            settings=SETTINGS,
            cohort=f"over_time.{kind}" + ("/completed" if part == "count" else ""),
            function="over_time",
            **COMMON,
        )
        values |= values_of(rows)
        found.append(rows)
    inputs = {part: pattern.format(part) for part in leaves}
    told = {"function": "rates", **COMMON}
    found.append(derive(own, values, id=pattern.format("rate"), unit="percent", formula="100 * count / base",
                        inputs=inputs, **told))  # fmt: skip
    pairs = own[["site", name]].drop_duplicates()
    pairs = pairs.join(pd.DataFrame([arms_of(site) for site in pairs["site"]], pairs.index))
    of_arms = {arm: pattern.format("rate").replace("{area}", f"{{{arm}}}") for arm in ("pilot", "comparison")}
    found.append(derive(pairs, values, id=f"over_time.{kind}_gap.{{site}}.{WHERE[kind]}", unit="ppt",
                        formula="pilot - comparison", inputs=of_arms, **told))  # fmt: skip
    return found


def by_quarter(
    spans: pd.DataFrame, sites: Sequence[str], values: Values, labels: Mapping[str, str]
) -> list[pd.DataFrame]:
    """Ledger rows of the gap less that of the last quarter before the pilots, and of how far it moved until then."""
    quarters = spans[spans["kind"] == "quarter"]
    before = quarters.loc[quarters["of"] == PERIODS[0], "period"].to_list()
    if not before:
        return []
    each = pd.DataFrame({"month": quarters["period"], "last": before[-1]}).merge(pd.Series(sites, name="site"), "cross")
    each["id"] = [f"over_time.since.{site}.{month}" for site, month in zip(each["site"], each["month"], strict=True)]
    gaps = {name: f"over_time.quarter_gap.{{site}}.{{{name}}}" for name in ("month", "last")}
    told = {"unit": "ppt", "function": "by_quarter", **COMMON}
    since = derive(each, values, id="over_time.since.{site}.{month}", formula="month - last", inputs=gaps, **told)
    groups = [({"month": month}, rows) for month, rows in each.groupby("month", sort=False)]
    means = averaged("over_time.difference", groups, values, labels, function="by_quarter", **COMMON)
    moved = [
        derive(ONE, values, id=f"over_time.moved{end}", formula="0 - first",
               inputs={"first": f"over_time.difference{other}.{before[0]}"}, **told)
        for end, other in {"": "", "_low": "_high", "_high": "_low"}.items()
    ]  # fmt: skip
    return [since, *means, *moved]


def placebo(sites: Sequence[str], values: Values, labels: Mapping[str, str]) -> list[pd.DataFrame]:
    """Ledger rows of the difference in differences between the parts of the earlier period, when no pilot worked."""
    each = pd.DataFrame({"site": sites}).assign(id=[f"over_time.placebo_did.{site}" for site in sites])
    gaps = {name: f"over_time.part_gap.{{site}}.{name}" for name in PARTS}
    told = {"function": "placebo", **COMMON}
    own = derive(each, values, id="over_time.placebo_did.{site}", unit="ppt", formula="late - early", inputs=gaps,
                 **told)  # fmt: skip
    means = averaged("over_time.placebo", [({}, each)], values, labels, **told)
    row = pd.DataFrame([used(each, values, labels)])
    turned = derive(row, values, id="over_time.placebo_p", unit="p", formula="sign_flip_p(each, seed)",
                    inputs={"each": "@each", "seed": SEED}, note="{note}", missing="{why}", **told)  # fmt: skip
    return [own, *means, turned]


def ledger(
    counts: pd.DataFrame, spans: pd.DataFrame, labels: Mapping[str, str], known: Mapping[str, float]
) -> list[pd.DataFrame]:
    """Ledger rows of all that is told over time.

    Parameters
    ----------
    counts, spans : from `counted` and `windows`
    labels : analysed site -> label, in order
    known : settings that are numbers, id -> value
    """
    values, sites = dict(known), list(labels)
    found = [rows for kind in WHERE if (counts["kind"] == kind).any() for rows in rates(counts, kind, values)]
    found += by_quarter(spans, sites, values, labels)
    found += placebo(sites, values, labels) if (spans["kind"] == "part").any() else []
    return found or [pd.DataFrame(columns=FIELDS)]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        spans = windows(study["periods"])
        parts = (study["definitions"], study["codes"], study["bands"])
        members = over_time(snakemake.input.journeys, study["sites"], spans, *parts)
        members.to_parquet(out.members, index=False)
        known = dict(numbers({"models": snakemake.params.models}))
        write_ledger(ledger(counted(members, study["sites"], spans), spans, snakemake.params.labels, known), out.ledger)
