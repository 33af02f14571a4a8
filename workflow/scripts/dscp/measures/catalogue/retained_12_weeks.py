"""Journeys that last: still in treatment so many days after the start, or completed before. Not in the evaluation.

Only a journey that started in the period, and early enough to last so long by its end, can tell. Its row is a journey,
not a client.
"""

from dscp.measures.cohorts import OF_ADULTS, OF_AREA, OF_COMPLETION, OF_JOURNEYS
from dscp.measures.types import Cohort, Forms, Measure, Model, Step, every_site

STARTED = Cohort(
    family="retained_12_weeks",
    rule="outcomes",
    reads=("journeys",),
    window="outcomes",
    sql="select * from adults where journey_start between starts and ends - {effective_days}",
    words="journeys in {label} that started in the {period} period early enough to last until its end, adults",
    settings=f"{OF_ADULTS} definitions.effective_days {OF_AREA}",
    steps=(
        *OF_JOURNEYS,
        Step(
            name="started",
            of="retained_12_weeks",
            sql="select area, period from adults where journey_start >= starts",
            words="journeys of {label} that started in the {period} period, adults",
            less="Less: started before the period",
            settings=f"{OF_ADULTS} {OF_AREA}",
        ),
    ),
    less="Less: started too late in the period",
)
MEASURE = Measure(
    name="retained_12_weeks",
    label="Retained in treatment",
    in_text="Retained in treatment",
    base_head="New journeys",
    rate_head="Retained",
    cohort=STARTED,
    outcome="{completed} or coalesce(journey_end, ends) - journey_start >= {effective_days}",
    counted="retained_12_weeks",
    also_reads=(),
    words=f"{STARTED.words}: those that lasted long enough or were completed",
    settings=f"{OF_ADULTS} definitions.effective_days {OF_COMPLETION} {OF_AREA}",
    better="up",
    forms=Forms(rate="percent1", points="signed_ppt1", p="p2", decimals=1),
    model=Model("journeys", "treatment", "codes.criminal_justice_referral_sources"),
    tested=True,
    only=every_site,
    source="Section 7.2.2",
    table="",
    says=(
        "Retained: still in treatment {{ q('setting.definitions.effective_days') }} days after the start, or "
        "completed before. A client with several journeys is counted with each."
    ),
)
