"""From prison referrals and forms to the members of measures: one SQL statement per derivation rule (report, B2).

Those of referrals are here; whom a measure counts and what makes its outcome stand in its declaration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from dscp.measures.records import connect
from dscp.measures.types import Measure
from dscp.study.areas import areas, periods
from dscp.study.days import day

VIEWS = {"carat_referrals": "referrals", "cjit_forms": "forms"}  # what rules call these extracts

# Local referrals of the period: from the pilot's named prisons, or from any prison listed for the comparison area by a
# client who lives there; in both cases to a CJIT in the area's own DATs.
LOCAL = """
create or replace table local_referrals as
select areas.site, areas.arm, areas.area, areas.dats, periods.period, periods.pickups_until, referrals.*
from referrals
join areas on list_contains(areas.prisons, prison)
    and list_contains(areas.dats, referred_to_dat)
    and (areas.arm = 'pilot' or list_contains(areas.dats, residence_dat))
join periods on referral_date between periods.starts and periods.ends
"""

# Pick-ups: forms of the same client and prison in the area, care-planned from release to 42 days after it. The forms
# of a period end on a day, so that a late release has less time: what is counted without that day stands beside.
PICKUPS = """
create or replace table {name} as
select local_referrals.area, local_referrals.period, local_referrals.referral,
    row_number() over (
        partition by forms.file, forms.line order by local_referrals.referral_date, local_referrals.referral
    ) as nth_referral_of_form
from local_referrals
join forms on forms.client = local_referrals.client
    and forms.prison = local_referrals.prison
    and list_contains(local_referrals.dats, forms.dat)
    and forms.care_plan_date between {pickup_from} and release_date + $pickup_days::integer
    and {until}
"""
LAST_DAY = "forms.care_plan_date <= pickups_until"
PICKUP_FROM = {"release_date": "release_date", "referral_date": "referral_date"}

# Which pick-ups count, and which referrals: the names in braces of a measure's declaration.
ANSWERS = {"several_referrals": "true", "one_referral": "nth_referral_of_form = 1"}
KEPT = {"not_successful": "true", "excluded": "release_date is not null"}

CHOICES = {  # of the config's definitions, all that each may be
    "pickup_from": tuple(PICKUP_FROM),
    "missing_release": tuple(KEPT),
    "one_form_answers": tuple(ANSWERS),
}

# A measure of referrals: the members of its cohort, and whether each has the outcome, with the last day of forms and
# without it.
MEASURE = """
create or replace table {name} as select *, {outcome} as outcome, {uncut} as uncut from ({cohort})
"""


def opened(extracts: Mapping[str, str]) -> duckdb.DuckDBPyConnection:
    """A database with validated extracts (Parquet) by name."""
    con = connect(next(iter(extracts.values())))
    for name, path in extracts.items():
        con.execute(f"create view {VIEWS.get(name, name)} as select * from read_parquet('{path}')")
    return con


def register(con: duckdb.DuckDBPyConnection, sites: Mapping, study_periods: Mapping, measure: Measure) -> None:
    """Register the areas of the sites that have a measure, and its periods with the last days of forms."""
    until = pd.DataFrame(
        {"period": list(study_periods), "pickups_until": [day(p["pickups_until"]) for p in study_periods.values()]}
    )
    con.register("periods", periods(study_periods, measure.cohort.window).merge(until))
    every = areas(sites)
    wanted = every[[measure.only(sites[site]) for site in every["site"]]]
    con.register("chosen", wanted[["site", "arm", "area"]])
    lists = every[["area", "dats", "prisons"]]
    con.execute("create or replace temp table area_lists (area varchar, dats varchar[], prisons varchar[])")
    con.executemany("insert into area_lists values (?, ?, ?)", lists.to_numpy().tolist())
    con.execute("create or replace temp view areas as select * from chosen join area_lists using (area)")


def derive(con: duckdb.DuckDBPyConnection, definitions: Mapping, measures: Sequence[Measure]) -> None:
    """Run the derivation rules in their order; leaves a table for each measure of referrals, by its name."""
    con.execute(LOCAL)
    days, pickup_from = {"pickup_days": definitions["pickup_days"]}, PICKUP_FROM[definitions["pickup_from"]]
    until = {"pickups": LAST_DAY, "every_pickup": "true"}
    for name, condition in until.items():
        con.execute(PICKUPS.format(name=name, pickup_from=pickup_from, until=condition), days)
    words = {"answers": ANSWERS[definitions["one_form_answers"]], "kept": KEPT[definitions["missing_release"]]}
    for measure in measures:
        outcome, uncut = (measure.outcome.format(**words, pickups=name) for name in until)
        cohort = measure.cohort.sql.format(**words)
        con.execute(MEASURE.format(name=measure.name, outcome=outcome, uncut=uncut, cohort=cohort))
