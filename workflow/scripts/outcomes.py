"""Rule outcomes: from journeys to one row per client, area and period for each measure of treatment.

Report sections 1.3.2 and B2. Each derivation rule is one SQL statement: those that measures share are here, whom a
measure counts and what makes its outcome stand in its declaration (measures/catalogue). What leaves the database is one
row per client counted, and its characteristics.
"""

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from dscp.ledger import formulas
from dscp.ledger.ids import dims_of, general
from dscp.ledger.rows import quantities, values_of, write_ledger
from dscp.measures.cohorts import OF_ADULTS
from dscp.measures.counting import count_rows, counted
from dscp.measures.records import (
    AGE_YEARS,
    DRUG_FLAGS,
    ETHNICITY,
    LENGTH_OF_USE,
    PERSON,
    connect,
    lists_of_codes,
    yes_no,
)
from dscp.measures.registry import MEASURES
from dscp.measures.types import Measure
from dscp.run.job import writing
from dscp.study.areas import areas, periods

RULE = "outcomes"
SOURCE = "Appendix B2"

# A journey of a study area is in the period when it started by the period's end and had not ended before its start.
IN_PERIOD = """
create table in_period as
select areas.site, areas.arm, areas.area, periods.period, periods.starts, periods.ends, journeys.*
from journeys
join areas using (dat)
join periods on journey_start <= periods.ends and coalesce(journey_end, periods.starts) >= periods.starts
"""

# Adults only. Who is one person has the same number in every measure, so that one client is known again in another.
ADULTS = f"""
create table adults as
select *, {{age}} as age, {PERSON} from in_period where {{age}} >= $minimum_age
"""

# Effective treatment considers journeys that could have lasted long enough by the end of the period.
COULD_LAST = "journey_start <= ends - $effective_days::integer"

# One journey per client and area: the latest.
LATEST = """
create table {name} as
select * from {journeys}
qualify row_number() over (
    partition by area, period, client
    order by {order}, file, line
) = 1
"""
LATEST_BY = {
    "start": "journey_start desc, journey_end desc nulls first, journey desc",
    "end": "journey_end desc nulls first, journey_start desc, journey desc",
}

AGE_AT = {
    "later_of_start_and_period_start": "greatest(journey_start, starts)",
    "journey_start": "journey_start",
    "period_start": "starts",
    "period_end": "ends",
}

COMPLETED_WHEN = {
    "ended_in_period": "coalesce(exit_reason in (from completed_exit_reasons) and journey_end <= ends, false)",
    "always": "coalesce(exit_reason in (from completed_exit_reasons), false)",
}

# A measure: the members of its cohort, and whether each has the outcome.
MEASURE = """
create view {name} as select *, {outcome} as outcome from ({cohort})
"""

CHARACTERISTICS = f"""
select
    '{{measure}}' as measure, site, arm, area, period, outcome, file, line, person,
    age, sex, {ETHNICITY} as ethnicity, {DRUG_FLAGS}, {LENGTH_OF_USE} as length_of_use,
    case
        when dip_flag = 'Y' then 'yes'
        when referral_source is null then 'missing'
        when referral_source in (select code from criminal_justice_referral_sources) then 'yes'
        else 'no'
    end as criminal_justice_referral,
    {yes_no("previously_treated")}, {yes_no("dual_diagnosis")}
from {{measure}}
order by area, period, file, line
"""


def outcomes(
    journeys: str,
    sites: Mapping,
    study_periods: Mapping,
    definitions: Mapping,
    codes: Mapping,
    bands: list[int],
    measures: Sequence[Measure],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Derive the measures of treatment.

    Parameters
    ----------
    journeys : path of the validated journeys (Parquet)
    sites, study_periods, definitions, codes : those parts of the config
    bands : lower bounds of the bands of length of use, years
    measures : those that have clients of their own

    Returns
    -------
    clients : one row per measure, area, period and client counted: outcome (bool), file and line of the journey
        that decided it, which rows are of one client (person, in all measures), and the client's characteristics
    excluded : rule, rows: how many journeys each derivation rule left out
    """
    con = connect(journeys)
    con.execute(f"create view journeys as select * from read_parquet('{journeys}')")
    con.register("areas", areas(sites).explode("dats").rename(columns={"dats": "dat"})[["site", "arm", "area", "dat"]])
    con.register("periods", periods(study_periods, "outcomes"))
    lists_of_codes(con, codes, bands)
    derive(con, definitions, measures)
    clients = pd.concat(con.execute(CHARACTERISTICS.format(measure=measure.name)).df() for measure in measures)
    return clients.reset_index(drop=True), exclusions(con, definitions["effective_days"])


def derive(con: duckdb.DuckDBPyConnection, definitions: Mapping, measures: Sequence[Measure]) -> None:
    """Run the derivation rules in their order; leaves a view for each measure, by its name."""
    order, days = LATEST_BY[definitions["latest_journey"]], {"effective_days": definitions["effective_days"]}
    con.execute(IN_PERIOD)
    age = AGE_YEARS.format(born="date_of_birth", at=AGE_AT[definitions["age_at"]])
    con.execute(ADULTS.format(age=age), {"minimum_age": definitions["minimum_age"]})
    con.execute(LATEST.format(name="latest", journeys="adults", order=order))
    if definitions["start_cutoff"] == "before_latest":
        con.execute(f"create table could_last as select * from adults where {COULD_LAST}", days)
        con.execute(LATEST.format(name="latest_that_could_last", journeys="could_last", order=order))
    else:
        con.execute(f"create table latest_that_could_last as select * from latest where {COULD_LAST}", days)
    words = {"completed": COMPLETED_WHEN[definitions["exit_reason_counts"]], **days}
    for measure in measures:
        outcome, cohort = measure.outcome.format(**words), measure.cohort.sql.format(**words)
        con.execute(MEASURE.format(name=measure.name, outcome=outcome, cohort=cohort))


def exclusions(con: duckdb.DuckDBPyConnection, effective_days: int) -> pd.DataFrame:
    """Count the journeys that each rule left out: outside the study and its periods, then journey-periods."""
    counts = """
    select 'outside_study_areas' as excluded_by, count(*) as rows from journeys where dat not in (select dat from areas)
    union all
    select 'outside_both_periods', (select count(*) from journeys where dat in (select dat from areas))
        - (select count(distinct (file, line)) from in_period)
    union all
    select 'under_age', (select count(*) from in_period) - (select count(*) from adults)
    union all
    select 'started_too_late', count(*) from adults where journey_start > ends - $effective_days::integer
    union all
    select 'not_latest', (select count(*) from adults) - (select count(*) from latest)
    order by excluded_by
    """
    return con.execute(counts, {"effective_days": effective_days}).df()


# What decides which journeys each rule leaves out.
IN_STUDY = "sites periods.pre.outcomes periods.post.outcomes"
LEFT_OUT_BY = {
    "outside_study_areas": "sites",
    "outside_both_periods": IN_STUDY,
    "under_age": f"{IN_STUDY} {OF_ADULTS}",
    "started_too_late": f"{IN_STUDY} {OF_ADULTS} definitions.effective_days",
    "not_latest": f"{IN_STUDY} {OF_ADULTS}",
}


def ledger(
    clients: pd.DataFrame, excluded: pd.DataFrame, sites: Mapping, measures: Sequence[Measure]
) -> list[pd.DataFrame]:
    """Ledger rows: base and count of each measure, area and period, their totals, and what each rule left out."""
    parts = [
        quantities(
            excluded.assign(extract="journeys", settings=excluded["excluded_by"].map(LEFT_OUT_BY)),
            id="excluded.{excluded_by}.{extract}",
            value="rows",
            unit="count",
            rows="rows",
            extract="journeys",
            filter="journeys left out by the rule {excluded_by}",
            settings="{settings}",
            source=SOURCE,
            rule=RULE,
            function="exclusions",
        )
    ]
    told = set()
    for measure in measures:
        rows = counted(clients, measure, sites)
        for part in count_rows(measure, rows, RULE, with_base=measure.cohort.family not in told):
            parts += [part, totals(part, "Tables 7.5 and 7.6" if measure.exhibit else measure.source)]
        told.add(measure.cohort.family)
    return parts


def totals(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Sums over all pilots and all comparisons of the rows of a base or count."""
    places = pd.DataFrame([dims_of(row) for row in rows.to_dict("records")])
    places["area"] = "all_" + places["area"].str.partition("_")[0] + "s"
    return formulas.derive(
        formulas.summed(places, rows, ["area", "period"]),
        values_of(rows),
        id=general(rows.iloc[0]),
        unit="count",
        formula="sum(part)",
        inputs={"part": "@parts"},
        source=source,
        rule=RULE,
        function="totals",
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        measures = [MEASURES[name] for name in snakemake.params.measures]
        clients, excluded = outcomes(
            snakemake.input.journeys,
            study["sites"],
            study["periods"],
            study["definitions"],
            study["codes"],
            study["bands"],
            measures,
        )
        clients.to_parquet(out.clients, index=False)
        write_ledger(ledger(clients, excluded, study["sites"], measures), out.ledger)
