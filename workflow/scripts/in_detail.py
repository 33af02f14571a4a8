"""Rule in_detail: who a partnership's clients are, how long they have been in treatment, and who came back when.

The profile, Tables P.1.1, P.2.1, P.3.1, P.4, P.6, P.6.1 and P.10, of the partnership of the profile alone. The
numbers are small and overlap: they are made only where there is no disclosure policy.
"""

from collections.abc import Mapping, MutableMapping, Sequence

import duckdb
import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.ids import identifier
from dscp.ledger.rows import quantities, read_ledger, values_of, write_ledger
from dscp.measures.clients_of_year import clients_within
from dscp.measures.indicators import COMPLETED, SETTINGS, Indicator, indicators, words_of
from dscp.measures.records import AGE_YEARS
from dscp.run.job import writing
from dscp.study.partnerships import SPANS, a_quarter_before, months_of_year, travels

RULE, SOURCE = "in_detail", "Appendix B2"
TOLD = {"source": SOURCE, "rule": RULE}
YEAR_DAYS = 365.25
QUARTER = "quarter"  # the period that ended one before the year
ROW = ".{category}.{period}"
OF_JUSTICE = "(referral_source in (from criminal_justice_referral_sources) or dip_flag = 'Y')"


def any_drug(condition: str) -> str:
    """Whether one of a client's drugs is of some groups, SQL; `condition` is on the name of its group."""
    one = "exists (select 1 from drug_groups where {condition} and {drug} between low and high)"
    return f"({' or '.join(one.format(condition=condition, drug=f'drug_{n}') for n in (1, 2, 3))})"


OPIATES, ALCOHOL = any_drug("grp = 'opiates'"), any_drug("grp = 'alcohol'")
OTHERS = any_drug("grp not in ('opiates', 'alcohol', 'none')")
DRUG_GROUP = f"""case
    when {OPIATES} then 'opiate'
    when {OTHERS} and {ALCOHOL} then 'non_opiate_and_alcohol'
    when {OTHERS} then 'non_opiate_only'
    when {ALCOHOL} then 'alcohol_only'
    else 'not_known'
end"""
AGE_BANDS = """case
    when age < 30 then 'under_30' when age < 40 then '30_to_39' when age < 50 then '40_to_49' else '50_and_over'
end"""
YEARS = f"""case
    when {AGE_YEARS.format(born="journey_start", at="ends")} < 1 then 'under_1'
    when {AGE_YEARS.format(born="journey_start", at="ends")} < 2 then '1_to_under_2'
    when {AGE_YEARS.format(born="journey_start", at="ends")} < 4 then '2_to_under_4'
    when {AGE_YEARS.format(born="journey_start", at="ends")} < 6 then '4_to_under_6'
    else '6_and_over'
end"""
# What clients are divided by -> SQL, its categories, and the settings that decide it.
DIVIDED = {
    "drug_group": (
        "drug_group",
        ("opiate", "non_opiate_only", "non_opiate_and_alcohol", "alcohol_only", "not_known"),
        "codes.drugs",
    ),
    "sex": ("case sex when 'M' then 'male' when 'F' then 'female' else 'not_known' end",
            ("male", "female", "not_known"), ""),
    "age": (AGE_BANDS, ("under_30", "30_to_39", "40_to_49", "50_and_over"), ""),
}  # fmt: skip
# The drug groups whose results are told -> those that they are made of.
GROUPS = {"opiate": ("opiate",), "non_opiate": ("non_opiate_only", "non_opiate_and_alcohol")}
BANDS = ("under_1", "1_to_under_2", "2_to_under_4", "4_to_under_6", "6_and_over")
STILL = "coalesce(journey_end > ends, true)"  # in treatment after the last day
JUSTICE = "codes.criminal_justice_referral_sources"


def in_detail(
    con: duckdb.DuckDBPyConnection,
    config: Mapping,
    values: MutableMapping[str, float],
    earlier: duckdb.DuckDBPyConnection | None = None,
) -> list[pd.DataFrame]:
    """Ledger rows of the partnership's clients in detail.

    Parameters
    ----------
    con : from `clients_within`
    config : the study
    values : id -> value of the rows of rule partnership; those made here join them
    earlier : from `a_quarter_earlier`
    """
    own, every = config["partnership"], indicators(config["re_presentation"])
    days = config["definitions"]["effective_days"]
    drug_group = f"{DRUG_GROUP} as drug_group"  # dear, and asked for by many counts
    con.execute(f"create or replace table own as select *, {drug_group} from clients where area = '{own}'")
    justice = {one.name: f"{OF_JUSTICE} and coalesce({one.counted.format(effective_days=days)}, false)"
               for one in every if one.name != "effective"}  # fmt: skip
    return [
        *(row for name in DIVIDED for row in divided(con, name, own, values)),
        *by_drug(con, every, days, values),
        *stayed(con, "stayed", STILL, "", values),
        *stayed(con, "justice_stayed", f"{STILL} and {OF_JUSTICE}", JUSTICE, values),
        *of_justice(con, justice, every, own, values),
        *triangle(con, config, every, values),
        *(since_the_quarter(earlier, config, values) if earlier else []),
    ]


def _counts(
    con: duckdb.DuckDBPyConnection, category: str, categories: Sequence[str], where: str = "true"
) -> pd.DataFrame:
    """Clients by category and period: category, period, span, count; every category stands there."""
    found = con.execute(
        f"select {category} as category, period, count(*)::integer as count from own where {where} group by all"
    ).df()
    spans = pd.DataFrame({"period": list(SPANS), "span": list(SPANS.values())})
    cells = pd.DataFrame({"category": list(categories)}).merge(spans, how="cross")
    return cells.merge(found, how="left").fillna({"count": 0}).astype({"count": int})


def _leaves(cells: pd.DataFrame, values: MutableMapping[str, float], *, id: str, words: str, settings: str, cohort: str
            ) -> pd.DataFrame:  # fmt: skip
    rows = quantities(cells, id=id, value="count", rows="count", unit="count", extract="journeys", filter=words,
                      settings=f"{SETTINGS} partnership {settings}".strip(), cohort=cohort, function="in_detail",
                      **TOLD)  # fmt: skip
    values |= values_of(rows)
    return rows


def divided(
    con: duckdb.DuckDBPyConnection, name: str, own: str, values: MutableMapping[str, float]
) -> list[pd.DataFrame]:
    """Clients in treatment by drug group, sex or age: numbers and shares."""
    category, categories, settings = DIVIDED[name]
    cells = _counts(con, category, categories)
    rows = _leaves(cells, values, id=f"in_detail.{name}{ROW}", settings=settings,
                   words=f"clients of the partnership in treatment, {{period}}, {name}: {{category}}",
                   cohort=f"in_detail.{name}.{{category}}")  # fmt: skip
    share = derive(cells, values, id=f"in_detail.{name}_share{ROW}", unit="percent", formula="100 * count / base",
                   inputs={"count": f"in_detail.{name}{ROW}",
                           "base": f"partnership.count.in_treatment.{own}.{{period}}"},
                   function="divided", **TOLD)  # fmt: skip
    return [rows, share]


def by_drug(
    con: duckdb.DuckDBPyConnection, every: Sequence[Indicator], days: int, values: MutableMapping[str, float]
) -> list[pd.DataFrame]:
    """What became of the clients of a drug group: numbers, shares, and by how many per cent there are more of them."""
    of, common = ".{category}.{period}", {"function": "by_drug", **TOLD}
    groups = pd.DataFrame({"category": list(GROUPS)})
    spans = pd.DataFrame({"period": list(SPANS), "span": list(SPANS.values())})
    cells = groups.merge(spans, how="cross")
    cells["parts"] = [
        [f"in_detail.drug_group.{part}.{period}" for part in GROUPS[name]]
        for name, period in zip(cells["category"], cells["period"], strict=True)
    ]
    told = [one for one in every if one.name not in ("in_treatment", "new")]
    returned = next(one for one in told if one.name == "returned")
    found = [
        derive(cells, values, id=f"in_detail.by_drug.in_treatment{of}", unit="count", formula="sum(part)",
               inputs={"part": "@parts"}, **common),
        *(_of_groups(con, one, days, values) for one in told),
        derive(cells, values, id=f"in_detail.by_drug.held{of}", unit="count", formula="completed - returned",
               inputs={"completed": f"in_detail.by_drug.{returned.among}{of}",
                       "returned": f"in_detail.by_drug.returned{of}"}, **common),
    ]  # fmt: skip
    for name, among in ({one.name: one.among for one in told if one.rated} | {"held": "in_treatment"}).items():
        inputs = {"count": f"in_detail.by_drug.{name}{of}", "base": f"in_detail.by_drug.{among}{of}"}
        found.append(derive(cells, values, id=f"in_detail.by_drug_rate.{name}{of}", unit="percent",
                            formula="100 * count / base", inputs=inputs, **common))  # fmt: skip
    for name in ("in_treatment", *(one.name for one in told), "held"):
        number = f"in_detail.by_drug.{name}.{{category}}"
        found.append(derive(groups, values, id=f"in_detail.by_drug_growth.{name}.{{category}}", unit="percent",
                            formula="100 * (year / baseline - 1)",
                            inputs={"year": f"{number}.post", "baseline": f"{number}.pre"}, **common))  # fmt: skip
    return found


def _of_groups(
    con: duckdb.DuckDBPyConnection, one: Indicator, days: int, values: MutableMapping[str, float]
) -> pd.DataFrame:
    """How many clients of each drug group an indicator counts."""
    cases = (f"when drug_group in {_quoted(parts)} then '{name}'" for name, parts in GROUPS.items())
    where = f"coalesce({one.counted.format(effective_days=days)}, false)"
    cells = _counts(con, f"case {' '.join(cases)} end", list(GROUPS), where)
    return _leaves(cells, values, id=f"in_detail.by_drug.{one.name}.{{category}}.{{period}}",
                   settings=f"codes.drugs {one.settings}", cohort=f"in_detail.by_drug.{one.name}.{{category}}",
                   words=f"clients of the partnership, {{period}}, {one.words}, drug group: {{category}}")  # fmt: skip


def _quoted(names: Sequence[str]) -> str:
    return f"({', '.join(repr(name) for name in names)})"


def stayed(
    con: duckdb.DuckDBPyConnection, name: str, where: str, settings: str, values: MutableMapping[str, float]
) -> list[pd.DataFrame]:
    """Clients who are in treatment after the last day of a year, by the years since their latest journey began."""
    cells = _counts(con, YEARS, BANDS, where)
    rows = _leaves(cells, values, id=f"in_detail.{name}{ROW}", settings=settings,
                   words=f"clients in treatment after the last day, {{period}}, {name}, years: {{category}}",
                   cohort=f"in_detail.{name}.{{category}}")  # fmt: skip
    spans = cells[["period", "span"]].drop_duplicates()
    total = {"part": [f"in_detail.{name}.{band}.{{period}}" for band in BANDS]}
    days = con.execute(
        f"select period, count(*)::integer as count, sum(ends - journey_start)::integer as days from own "
        f"where {where} group by all"
    ).df()
    days = spans.merge(days, how="left").fillna({"count": 0, "days": 0}).astype({"count": int, "days": int})
    length = quantities(days, id=f"in_detail.{name}_days.{{period}}", value="days", rows="count", unit="days",
                        extract="journeys", function="stayed", cohort=f"in_detail.{name}_days",
                        filter=f"days from the start of the latest journey to the last day, {{period}}, {name}",
                        settings=f"{SETTINGS} partnership {settings}".strip(), **TOLD)  # fmt: skip
    values |= values_of(length)
    common = {"function": "stayed", **TOLD}
    return [
        rows,
        length,
        derive(spans, values, id=f"in_detail.{name}_all.{{period}}", unit="count", formula="sum(part)", inputs=total,
               **common),
        derive(cells, values, id=f"in_detail.{name}_share{ROW}", unit="percent", formula="100 * count / base",
               inputs={"count": f"in_detail.{name}{ROW}", "base": f"in_detail.{name}_all.{{period}}"}, **common),
        derive(spans, values, id=f"in_detail.{name}_mean.{{period}}", unit="years",
               formula=f"days / {YEAR_DAYS} / clients",
               inputs={"days": f"in_detail.{name}_days.{{period}}", "clients": f"in_detail.{name}_all.{{period}}"},
               **common),
    ]  # fmt: skip


def of_justice(
    con: duckdb.DuckDBPyConnection, counted: Mapping[str, str], every: Sequence[Indicator], own: str,
    values: MutableMapping[str, float],
) -> list[pd.DataFrame]:  # fmt: skip
    """The clients whom criminal justice referred: how many, their share, and what became of them."""
    found, spans = [], pd.DataFrame({"period": list(SPANS), "span": list(SPANS.values())})
    for one in (one for one in every if one.name in counted):
        cells = _counts(con, "'x'", ["x"], counted[one.name])
        found.append(_leaves(cells, values, id=f"in_detail.justice.{one.name}.{{period}}",
                             settings=f"{JUSTICE} {one.settings}",
                             words=f"clients of the partnership, {{period}}, {one.words}, referred by criminal justice",
                             cohort=f"in_detail.justice.{one.name}"))  # fmt: skip
        among = f"in_detail.justice.{one.among}.{{period}}"
        whole = f"partnership.count.{one.name}.{own}.{{period}}"
        for part, base in (("rate", among if one.rated else ""), ("part_of_all", whole)):
            if base:
                inputs = {"count": f"in_detail.justice.{one.name}.{{period}}", "base": base}
                found.append(derive(spans, values, id=f"in_detail.justice_{part}.{one.name}.{{period}}", unit="percent",
                                    formula="100 * count / base", inputs=inputs, function="of_justice",
                                    **TOLD))  # fmt: skip
    return found


def triangle(
    con: duckdb.DuckDBPyConnection, config: Mapping, every: Sequence[Indicator], values: MutableMapping[str, float]
) -> list[pd.DataFrame]:
    """Completions of the year by month, and in which month those who came back did."""
    months = [key for key, _ in months_of_year(config["year"])]
    returned = next(one for one in every if one.name == "returned")
    found = con.execute(f"""
        select strftime(completed_on, '%Y_%m') as month,
            case when {returned.counted} then strftime(back_on, '%Y_%m') else '' end as back,
            count(*)::integer as count
        from own where period = 'post' and completed_on is not null group by all
    """).df()
    completed = found.groupby("month")["count"].sum().reindex(months, fill_value=0).rename_axis("month").reset_index()
    pairs = pd.DataFrame(
        [(one, other) for one in months for other in months if one <= other], columns=["month", "back"]
    )
    pairs = pairs.merge(found, how="left").fillna({"count": 0}).astype({"count": int})
    span = {"span": "year"}
    shaped = {"settings": f"{COMPLETED} re_presentation", "values": values}
    rows = [
        _leaves(completed.assign(**span), id="in_detail.completions.{month}", cohort="in_detail.completions",
                words="clients of the partnership who completed a journey in {month}", **shaped),
        _leaves(pairs.assign(**span), id="in_detail.returns.{month}.{back}", cohort="in_detail.returns",
                words="clients of the partnership who completed a journey in {month} and began another in {back}",
                **shaped),
    ]  # fmt: skip
    common = {"unit": "count", "formula": "sum(part)", "function": "triangle", **TOLD}
    for by, pattern in (("month", "in_detail.returned_of.{month}"), ("back", "in_detail.returned_in.{back}")):
        parts = pairs.assign(
            part=[str(identifier("in_detail.returns.{month}.{back}", **pair)) for pair in pairs.to_dict("records")]
        )
        sums = parts.groupby(by, sort=False)["part"].agg(list).reset_index()
        rows.append(derive(sums, values, id=pattern, inputs={"part": "@part"}, **common))
    return rows


def a_quarter_earlier(journeys: str, config: Mapping) -> duckdb.DuckDBPyConnection | None:
    """The clients of the twelve months that ended a quarter before the year; None where they cannot be set beside it.

    They are counted from the same journeys: what was recorded since does not make a difference.
    """
    if not travels(config):
        return None
    starts, ends = a_quarter_before(config["year"])
    return clients_within(journeys, config, pd.DataFrame([{"period": QUARTER, "starts": starts, "ends": ends}]))


def since_the_quarter(
    earlier: duckdb.DuckDBPyConnection, config: Mapping, values: MutableMapping[str, float]
) -> list[pd.DataFrame]:
    """The indicators in the year that ended a quarter before, and by how much their shares have moved since."""
    own, alone = config["partnership"], pd.DataFrame([{}])
    every = indicators(config["re_presentation"], waits=f"partnership.count.waited.{own}.post" in values)
    words, common = words_of(config["definitions"]), {"function": "since_the_quarter", **TOLD}
    found = []
    for one in every:
        where = f"area = '{own}' and coalesce({one.counted.format(**words)}, false)"
        (count,) = earlier.execute(f"select count(*)::integer from clients where {where}").fetchone()
        found.append(_leaves(pd.DataFrame([{"count": count, "span": "year"}]), values,
                             id=f"in_detail.quarter_before.{one.name}", settings=one.settings,
                             words=f"clients of the partnership, the year that ended a quarter before, {one.words}",
                             cohort=f"in_detail.quarter_before.{one.name}"))  # fmt: skip
    returned = next(one for one in every if one.name == "returned")
    found.append(derive(alone, values, id="in_detail.quarter_before.held", unit="count",
                        formula="completed - returned",
                        inputs={"completed": f"in_detail.quarter_before.{returned.among}",
                                "returned": "in_detail.quarter_before.returned"}, **common))  # fmt: skip
    for name, among in ({one.name: one.among for one in every if one.rated} | {"held": "in_treatment"}).items():
        before = {"count": f"in_detail.quarter_before.{name}", "base": f"in_detail.quarter_before.{among}"}
        since = {"year": f"partnership.rate.{name}.{own}.post", "before": f"in_detail.quarter_before_rate.{name}"}
        found += [
            derive(alone, values, id=f"in_detail.quarter_before_rate.{name}", unit="percent",
                   formula="100 * count / base", inputs=before, **common),
            derive(alone, values, id=f"in_detail.travel.{name}", unit="ppt", formula="year - before", inputs=since,
                   **common),
        ]  # fmt: skip
    return found


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        known = values_of(read_ledger(snakemake.input.partnership))
        path = snakemake.input.journeys
        own = in_detail(clients_within(path, study), study, known, a_quarter_earlier(path, study))
        write_ledger(own, out.ledger)
