"""Continuity from the CJIT to the community: referrals triaged in time (report, sections 1.3.2 and B2)."""

from dscp.measures.types import Cohort, Forms, Measure
from dscp.study.areas import has_embedded_provision

SUMMED = "{rows:.0f} quarters and DAT rows of {label} in the {period} period"
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
    settings="periods.{period}.triage_quarters sites.{site}.continuity sites.{site}.{arm}.dats",
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
