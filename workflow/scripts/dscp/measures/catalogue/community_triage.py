"""Continuity from the CJIT to the community: referrals triaged in time (report, sections 1.3.2 and B2)."""

from dscp.measures.types import IN_FILE, Cohort, Forms, Measure, Step
from dscp.study.areas import has_embedded_provision

SUMMED = "{rows:.0f} quarters and DAT rows of {label} in the {period} period"
OF_AREA = "sites.{site}.continuity sites.{site}.{arm}.dats"
OF_DATS = "from triage_quarters join areas on list_contains(areas.dats, dat)"
STEPS = (
    Step(
        name=IN_FILE,
        of="triage_quarters",
        sql=f"select area {OF_DATS}",
        words="quarter and DAT rows of {label}",
        less="Of these areas",
        settings=OF_AREA,
    ),
    Step(
        name="in_period",
        of="triage_quarters",
        sql=f"select area, period {OF_DATS} join periods on quarter_start between periods.starts and periods.ends",
        words="quarter and DAT rows of {label} in the {period} period",
        less="Less: quarters outside the period",
        settings=f"periods.{{period}}.triage_quarters {OF_AREA}",
    ),
)
# Quarters of the period, summed over the area's DATs.
QUARTERS = Cohort(
    family="community_triage",
    rule="continuity",
    reads=("triage_quarters",),
    window="triage_quarters",
    sql="""
        select areas.area, periods.period, count(*) as rows, sum(referrals)::bigint as base,
            sum(triaged_within_6_weeks)::bigint as count
        from triage_quarters
        join areas on list_contains(areas.dats, dat)
        join periods on quarter_start between periods.starts and periods.ends
        group by all
    """,
    words=f"{SUMMED}: referrals",
    settings=f"periods.{{period}}.triage_quarters {OF_AREA}",
    steps=STEPS,
    less="",
)
MEASURE = Measure(
    name="community_triage",
    label="CJIT to community",
    in_text="Triaged in the community",
    base_head="Referrals",
    rate_head="Triaged in time",
    cohort=QUARTERS,
    outcome="",
    counted="community_triage",
    also_reads=(),
    words=f"{SUMMED}: triaged within six weeks",
    settings=QUARTERS.settings,
    better="up",
    forms=Forms(rate="percent0", points="signed_ppt0", p="p3", decimals=0),
    model=None,
    tested=True,
    only=has_embedded_provision,
    source="Appendix B2",
    table="3.3",
    says="",
)
