"""Effective treatment: completed within the period, or at least so many days of it (report, sections 1.3.2 and B2)."""

from dscp.measures.cohorts import LATEST_OF_ADULTS, OF_AREA, OF_COMPLETION, TREATED
from dscp.measures.types import Forms, Measure, Model, every_site

MEASURE = Measure(
    name="effective_treatment",
    label="Effective treatment",
    in_text="In effective treatment",
    base_head="Clients in treatment",
    rate_head="In effective treatment",
    cohort=TREATED,
    outcome="{completed} or least(coalesce(journey_end, ends), ends) - journey_start >= {effective_days}",
    counted="effective_treatment",
    also_reads=(),
    words=f"{TREATED.words}: those whose journey was completed in the period or lasted long enough",
    settings=(f"{LATEST_OF_ADULTS} definitions.effective_days definitions.start_cutoff {OF_COMPLETION} {OF_AREA}"),
    better="up",
    forms=Forms(rate="percent1", points="signed_ppt1", p="p2", decimals=1),
    model=Model("journeys", "treatment", "codes.criminal_justice_referral_sources"),
    tested=True,
    only=every_site,
    source="Appendix B2",
    table="6.1",
    says="",
)
