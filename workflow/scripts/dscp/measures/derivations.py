"""Which journeys are in treatment within a window of time, and what a measure makes of them (report, Appendix B2).

Each derivation rule is one SQL statement. A window is a period of the study, or any other span of days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from dscp.measures.records import AGE_YEARS, connect, lists_of_codes
from dscp.measures.types import Measure
from dscp.study.areas import areas

# A journey of a study area is in the period when it started by the period's end and had not ended before its start.
IN_PERIOD = """
create or replace table in_period as
select areas.site, areas.arm, areas.area, periods.period, periods.starts, periods.ends, journeys.*
from journeys
join areas using (dat)
join periods on journey_start <= periods.ends and coalesce(journey_end, periods.starts) >= periods.starts
"""

# Adults only.
ADULTS = """
create or replace table adults as
select *, {age} as age{also} from in_period where {age} >= $minimum_age
"""

# Effective treatment considers journeys that could have lasted long enough by the end of the period.
COULD_LAST = "journey_start <= ends - $effective_days::integer"
EARLY_ENOUGH = "latest_that_could_last"

# One journey per client and area: the latest.
LATEST = """
create or replace table {name} as
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

CHOICES = {  # of the config's definitions, all that each may be
    "age_at": tuple(AGE_AT),
    "start_cutoff": ("before_latest", "after_latest"),
    "latest_journey": tuple(LATEST_BY),
    "exit_reason_counts": tuple(COMPLETED_WHEN),
}

# What tells when a journey was and how it ended.
COURSE = "file, line, client, dat, journey, journey_start, journey_end, exit_reason, date_of_birth"

# A measure: the members of its cohort, and whether each has the outcome.
MEASURE = """
create or replace view {name} as select *, {outcome} as outcome from ({cohort})
"""


def journeys_within(
    journeys: str,
    sites: Mapping,
    windows: pd.DataFrame,
    definitions: Mapping,
    codes: Mapping,
    bands: list[int],
    columns: str = "*",
    also: str = "",
) -> duckdb.DuckDBPyConnection:
    """A database with the journeys of adults within windows of time.

    Parameters
    ----------
    journeys : path of the validated journeys (Parquet)
    windows : period, starts, ends (dates)
    sites, definitions, codes, bands : of the config; bands are those of length of use
    columns : of the journeys that are read; many windows at once are counted faster without characteristics
    also : what else is told of an adult's journey, SQL

    Tables: journeys; in_period and adults, a row for each journey and window (site, arm, area, period, starts, ends)
    """
    con = connect(journeys)
    con.execute(f"create view journeys as select {columns} from read_parquet('{journeys}')")
    con.register("areas", areas(sites).explode("dats").rename(columns={"dats": "dat"})[["site", "arm", "area", "dat"]])
    con.register("periods", windows)
    lists_of_codes(con, codes, bands)
    con.execute(IN_PERIOD)
    age = AGE_YEARS.format(born="date_of_birth", at=AGE_AT[definitions["age_at"]])
    con.execute(ADULTS.format(age=age, also=f", {also}" if also else ""), {"minimum_age": definitions["minimum_age"]})
    return con


def derive(con: duckdb.DuckDBPyConnection, definitions: Mapping, measures: Sequence[Measure]) -> None:
    """Run the derivation rules of measures in their order; leaves a view for each measure, by its name.

    con : from `journeys_within`
    """
    order, days = LATEST_BY[definitions["latest_journey"]], {"effective_days": definitions["effective_days"]}
    con.execute(LATEST.format(name="latest", journeys="adults", order=order))
    if any(EARLY_ENOUGH in measure.cohort.sql for measure in measures):
        _early_enough(con, definitions["start_cutoff"], order, days)
    words = words_of(definitions)
    for measure in measures:
        outcome, cohort = measure.outcome.format(**words), measure.cohort.sql.format(**words)
        con.execute(MEASURE.format(name=measure.name, outcome=outcome, cohort=cohort))


def words_of(definitions: Mapping) -> dict[str, object]:
    """What the words in braces of a cohort's SQL stand for."""
    return {
        "completed": COMPLETED_WHEN[definitions["exit_reason_counts"]],
        "effective_days": definitions["effective_days"],
    }


def _early_enough(con: duckdb.DuckDBPyConnection, cutoff: str, order: str, days: Mapping[str, int]) -> None:
    """The latest journey that could have lasted long enough; or the latest one, if it could."""
    if cutoff == "before_latest":
        con.execute(f"create or replace table could_last as select * from adults where {COULD_LAST}", days)
        con.execute(LATEST.format(name=EARLY_ENOUGH, journeys="could_last", order=order))
    else:
        con.execute(f"create or replace table {EARLY_ENOUGH} as select * from latest where {COULD_LAST}", days)
