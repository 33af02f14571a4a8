"""Rule outcomes: from journeys to one row per client, area and period for each treatment outcome.

Effective treatment and successful completions, report sections 1.3.2 and B2. Each derivation rule is one SQL
statement; what leaves the database is one row per client counted, and its characteristics.
"""

from collections.abc import Mapping

import duckdb
import pandas as pd

from dscp.ledger.rows import quantities, write_ledger
from dscp.measures.records import AGE_YEARS, DRUG_FLAGS, ETHNICITY, LENGTH_OF_USE, connect, lists_of_codes, yes_no
from dscp.run.job import writing
from dscp.study.areas import areas, periods

RULE = "outcomes"
SOURCE = "Appendix B2"
MEASURES = ("effective_treatment", "successful_completion")

# A journey of a study area is in the period when it started by the period's end and had not ended before its start.
IN_PERIOD = """
create table in_period as
select areas.site, areas.arm, areas.area, periods.period, periods.starts, periods.ends, journeys.*
from journeys
join areas using (dat)
join periods on journey_start <= periods.ends and coalesce(journey_end, periods.starts) >= periods.starts
"""

# Adults only.
ADULTS = """
create table adults as
select *, {age} as age from in_period where {age} >= $minimum_age
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

# Effective: completed within the period, or at least so many days from the start to the end of journey or period.
EFFECTIVE = """
create view effective_treatment as
select *, {completed} or least(coalesce(journey_end, ends), ends) - journey_start >= {effective_days} as outcome
from latest_that_could_last
"""

# Successful completion: among clients whose latest journey ended within the period, those who completed.
COMPLETION = """
create view successful_completion as
select *, {completed} as outcome from latest where journey_end <= ends or {completed}
"""
COMPLETED_WHEN = {
    "ended_in_period": "coalesce(exit_reason in (from completed_exit_reasons) and journey_end <= ends, false)",
    "always": "coalesce(exit_reason in (from completed_exit_reasons), false)",
}

CHARACTERISTICS = f"""
select
    '{{measure}}' as measure, site, arm, area, period, outcome, file, line,
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
    journeys: str, sites: Mapping, study_periods: Mapping, definitions: Mapping, codes: Mapping, bands: list[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Derive both treatment outcomes.

    Parameters
    ----------
    journeys : path of the validated journeys (Parquet)
    sites, study_periods, definitions, codes : those parts of the config
    bands : lower bounds of the bands of length of use, years

    Returns
    -------
    clients : one row per measure, area, period and client counted: outcome (bool), file and line of the journey
        that decided it, and the client's characteristics
    excluded : rule, rows: how many journeys each derivation rule left out
    """
    con = connect(journeys)
    con.execute(f"create view journeys as select * from read_parquet('{journeys}')")
    con.register("areas", areas(sites).explode("dats").rename(columns={"dats": "dat"})[["site", "arm", "area", "dat"]])
    con.register("periods", periods(study_periods, "outcomes"))
    lists_of_codes(con, codes, bands)
    derive(con, definitions)
    clients = pd.concat(con.execute(CHARACTERISTICS.format(measure=measure)).df() for measure in MEASURES)
    return clients.reset_index(drop=True), exclusions(con, definitions["effective_days"])


def derive(con: duckdb.DuckDBPyConnection, definitions: Mapping) -> None:
    """Run the derivation rules in their order; leaves the views effective_treatment and successful_completion."""
    order, days = LATEST_BY[definitions["latest_journey"]], {"effective_days": definitions["effective_days"]}
    completed = COMPLETED_WHEN[definitions["exit_reason_counts"]]
    con.execute(IN_PERIOD)
    age = AGE_YEARS.format(born="date_of_birth", at=AGE_AT[definitions["age_at"]])
    con.execute(ADULTS.format(age=age), {"minimum_age": definitions["minimum_age"]})
    con.execute(LATEST.format(name="latest", journeys="adults", order=order))
    if definitions["start_cutoff"] == "before_latest":
        con.execute(f"create table could_last as select * from adults where {COULD_LAST}", days)
        con.execute(LATEST.format(name="latest_that_could_last", journeys="could_last", order=order))
    else:
        con.execute(f"create table latest_that_could_last as select * from latest where {COULD_LAST}", days)
    con.execute(EFFECTIVE.format(completed=completed, **days))
    con.execute(COMPLETION.format(completed=completed))


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


def counted(clients: pd.DataFrame, sites: Mapping) -> pd.DataFrame:
    """Base and count of each measure, area and period (0 where an area has no client): with labels, for the ledger."""
    every = (
        areas(sites)
        .merge(pd.DataFrame({"period": ["pre", "post"]}), how="cross")
        .merge(pd.DataFrame({"measure": MEASURES}), how="cross")
    )
    counts = clients.groupby(["measure", "area", "period"])["outcome"].agg(base="size", count="sum").reset_index()
    return every.merge(counts, how="left").fillna({"base": 0, "count": 0}).astype({"base": int, "count": int})


# What decides which journeys each rule leaves out, and which clients each measure counts.
IN_STUDY = "sites periods.pre.outcomes periods.post.outcomes"
OF_ADULTS = "definitions.minimum_age definitions.age_at"
LEFT_OUT_BY = {
    "outside_study_areas": "sites",
    "outside_both_periods": IN_STUDY,
    "under_age": f"{IN_STUDY} {OF_ADULTS}",
    "started_too_late": f"{IN_STUDY} {OF_ADULTS} definitions.effective_days",
    "not_latest": f"{IN_STUDY} {OF_ADULTS}",
}
OF_AREA = "periods.{period}.outcomes sites.{site}.{arm}.dats"
LATEST_OF_ADULTS = f"{OF_ADULTS} definitions.latest_journey"
OF_COMPLETION = "definitions.exit_reason_counts codes.completed_exit_reasons"
STARTED_EARLY = f"{LATEST_OF_ADULTS} definitions.effective_days definitions.start_cutoff"
SETTINGS = {
    "effective_treatment": {
        "base": f"{STARTED_EARLY} {OF_AREA}",
        "count": f"{STARTED_EARLY} {OF_COMPLETION} {OF_AREA}",
    },
    "successful_completion": dict.fromkeys(("base", "count"), f"{LATEST_OF_ADULTS} {OF_COMPLETION} {OF_AREA}"),
}
FILTERS = {
    "effective_treatment": (
        "clients of {label} with a journey in the {period} period, adults, started early enough, latest journey each",
        "those whose journey was completed in the period or lasted long enough",
    ),
    "successful_completion": (
        "clients of {label} whose latest journey ended within the {period} period, adults",
        "those whose journey ended with a completed exit reason",
    ),
}


def ledger(clients: pd.DataFrame, excluded: pd.DataFrame, sites: Mapping) -> list[pd.DataFrame]:
    """Ledger rows: base and count of each measure, area and period, their totals, and what each rule left out."""
    common = {"unit": "count", "source": SOURCE, "rule": RULE}
    counts = counted(clients, sites)
    parts = [
        quantities(
            excluded.assign(extract="journeys", settings=excluded["excluded_by"].map(LEFT_OUT_BY)),
            id="excluded.{excluded_by}.{extract}",
            value="rows",
            rows="rows",
            function="exclusions",
            extract="journeys",
            filter="journeys left out by the rule {excluded_by}",
            settings="{settings}",
            **common,
        )
    ]
    for measure, (of_base, of_count) in FILTERS.items():
        rows = counts[counts["measure"] == measure]
        for statistic, words in (("base", of_base), ("count", f"{of_base}: {of_count}")):
            parts.append(
                quantities(
                    rows,
                    id=f"{measure}.{statistic}.{{area}}.{{period}}",
                    value=statistic,
                    rows=statistic,
                    function="outcomes",
                    extract="journeys",
                    filter=words,
                    settings=SETTINGS[measure][statistic],
                    cohort=measure + ("/outcome" if statistic == "count" else ""),
                    **common,
                )
            )
            parts.append(totals(rows, measure, statistic))
    return parts


def totals(rows: pd.DataFrame, measure: str, statistic: str) -> pd.DataFrame:
    """Sums over all pilots and all comparisons (Tables 7.5 and 7.6)."""
    ids = rows.assign(part=f"{measure}.{statistic}." + rows["area"] + "." + rows["period"])
    summed = (
        ids.groupby(["arm", "period"], sort=False).agg(total=(statistic, "sum"), parts=("part", list)).reset_index()
    )
    summed["area"] = "all_" + summed["arm"] + "s"
    return quantities(
        summed,
        id=f"{measure}.{statistic}.{{area}}.{{period}}",
        value="total",
        unit="count",
        formula="sum(part)",
        inputs={"part": "@parts"},
        source="Tables 7.5 and 7.6",
        rule=RULE,
        function="totals",
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        clients, excluded = outcomes(
            snakemake.input.journeys,
            study["sites"],
            study["periods"],
            study["definitions"],
            study["codes"],
            study["bands"],
        )
        clients.to_parquet(out.clients, index=False)
        write_ledger(ledger(clients, excluded, study["sites"]), out.ledger)
