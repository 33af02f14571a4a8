"""Cohorts that several measures share, and what decides who belongs to them."""

from __future__ import annotations

from dscp.measures.types import IN_FILE, Cohort, Step

OF_ADULTS = "definitions.minimum_age definitions.age_at"
OF_AREA = "periods.{period}.outcomes sites.{site}.{arm}.dats"
OF_COMPLETION = "definitions.exit_reason_counts codes.completed_exit_reasons"
LATEST_OF_ADULTS = f"{OF_ADULTS} definitions.latest_journey"

# From the journeys of an area to those of adults in a period.
OF_JOURNEYS = (
    Step(
        name=IN_FILE,
        of="journeys",
        sql="select area from journeys join areas using (dat)",
        words="journeys of {label}",
        less="Of these areas",
        settings="sites.{site}.{arm}.dats",
    ),
    Step(
        name="in_period",
        of="journeys",
        sql="select area, period from in_period",
        words="journeys of {label} that lie in the {period} period, whole or in part",
        less="Less: not in the period",
        settings=OF_AREA,
    ),
    Step(
        name="adults",
        of="journeys",
        sql="select area, period from adults",
        words="journeys of {label} in the {period} period, adults",
        less="Less: under age",
        settings=f"{OF_ADULTS} {OF_AREA}",
    ),
)

# Clients whose latest journey could have lasted long enough by the end of the period.
TREATED = Cohort(
    family="effective_treatment",
    rule="outcomes",
    reads=("journeys",),
    window="outcomes",
    sql="select * from latest_that_could_last",
    words=(
        "clients of {label} with a journey in the {period} period, adults, started early enough, latest journey each"
    ),
    settings=f"{LATEST_OF_ADULTS} definitions.effective_days definitions.start_cutoff {OF_AREA}",
    steps=(
        *OF_JOURNEYS,
        Step(
            name="early_enough",
            of="effective_treatment",
            sql="select area, period from adults where journey_start <= ends - {effective_days}",
            words="journeys of {label} in the {period} period, adults, started early enough to last until its end",
            less="Less: started too late in the period",
            settings=f"{OF_ADULTS} definitions.effective_days {OF_AREA}",
        ),
    ),
    less="Less: not the client’s latest journey",
)
