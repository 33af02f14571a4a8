"""Cohorts that several measures share, and what decides who belongs to them."""

from __future__ import annotations

from dscp.measures.types import Cohort

OF_ADULTS = "definitions.minimum_age definitions.age_at"
OF_AREA = "periods.{period}.outcomes sites.{site}.{arm}.dats"
OF_COMPLETION = "definitions.exit_reason_counts codes.completed_exit_reasons"
LATEST_OF_ADULTS = f"{OF_ADULTS} definitions.latest_journey"

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
)
