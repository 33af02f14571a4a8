"""Successful completions among clients who left treatment (report, sections 1.3.2 and B2)."""

from dscp.measures.cohorts import LATEST_OF_ADULTS, OF_AREA, OF_COMPLETION, OF_JOURNEYS
from dscp.measures.types import Cohort, Forms, Measure, Model, Step, every_site

LEAVING = Cohort(
    family="successful_completion",
    rule="outcomes",
    reads=("journeys",),
    window="outcomes",
    sql="select * from latest where journey_end <= ends or {completed}",
    words="clients of {label} whose latest journey ended within the {period} period, adults",
    settings=f"{LATEST_OF_ADULTS} {OF_COMPLETION} {OF_AREA}",
    steps=(
        *OF_JOURNEYS,
        Step(
            name="latest",
            of="successful_completion",
            sql="select area, period from latest",
            words="clients of {label} with a journey in the {period} period, adults",
            less="Less: not the client’s latest journey",
            settings=f"{LATEST_OF_ADULTS} {OF_AREA}",
        ),
    ),
    less="Less: still in treatment as the period ended",
)
MEASURE = Measure(
    name="successful_completion",
    label="Successful completion",
    in_text="Successful completions",
    base_head="Clients leaving treatment",
    rate_head="Successful completions",
    cohort=LEAVING,
    outcome="{completed}",
    counted="successful_completion",
    also_reads=(),
    words=f"{LEAVING.words}: those whose journey ended with a completed exit reason",
    settings=LEAVING.settings,
    better="up",
    forms=Forms(rate="percent1", points="signed_ppt1", p="p2", decimals=1),
    model=Model("journeys", "treatment", "codes.criminal_justice_referral_sources"),
    tested=True,
    only=every_site,
    source="Appendix B2",
    table="6.2",
    says="",
)
