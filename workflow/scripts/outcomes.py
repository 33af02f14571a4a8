"""Rule outcomes: from journeys to one row per client, area and period for each measure of treatment.

Report sections 1.3.2 and B2. Each derivation rule is one SQL statement: those that measures share are in
measures/derivations, whom a measure counts and what makes its outcome stand in its declaration (measures/catalogue).
What leaves the database is one row per client counted, and its characteristics.
"""

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from dscp.ledger.rows import quantities, write_ledger
from dscp.measures.cases import step_counts, step_rows
from dscp.measures.cohorts import OF_ADULTS
from dscp.measures.counting import count_rows, counted, totals
from dscp.measures.derivations import derive, journeys_within, words_of
from dscp.measures.records import DRUG_FLAGS, ETHNICITY, LENGTH_OF_USE, PERSON, yes_no
from dscp.measures.registry import MEASURES
from dscp.measures.types import Measure
from dscp.run.job import writing
from dscp.study.areas import periods

RULE = "outcomes"
SOURCE = "Appendix B2"

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
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
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
    steps : how many are left after each step, from `step_counts`
    """
    windows = periods(study_periods, "outcomes")
    # Who is one person has the same number in every measure, so that one client is known again in another.
    con = journeys_within(journeys, sites, windows, definitions, codes, bands, also=PERSON)
    derive(con, definitions, measures)
    clients = pd.concat(con.execute(CHARACTERISTICS.format(measure=measure.name)).df() for measure in measures)
    steps = step_counts(con, measures, words_of(definitions))
    return clients.reset_index(drop=True), exclusions(con, definitions["effective_days"]), steps


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
    clients: pd.DataFrame,
    excluded: pd.DataFrame,
    steps: pd.DataFrame,
    sites: Mapping,
    measures: Sequence[Measure],
    beside: bool,
) -> list[pd.DataFrame]:
    """Ledger rows: base and count of each measure, area and period, their totals, and what each rule left out.

    beside : whether those left after each step are told by area, too: not under a disclosure policy, since two counts
        that differ by a few people tell these
    """
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
            parts += [part, totals(part, "Tables 7.5 and 7.6" if measure.exhibit else measure.source, RULE)]
        told.add(measure.cohort.family)
    return [*parts, *step_rows(steps, measures, sites, parts, RULE)] if beside else parts


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        measures = [MEASURES[name] for name in snakemake.params.measures]
        clients, excluded, steps = outcomes(
            snakemake.input.journeys,
            study["sites"],
            study["periods"],
            study["definitions"],
            study["codes"],
            study["bands"],
            measures,
        )
        clients.to_parquet(out.clients, index=False)
        parts = ledger(clients, excluded, steps, study["sites"], measures, snakemake.params.beside)
        write_ledger(parts, out.ledger)
