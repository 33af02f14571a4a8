"""Continuity from prison to the CJIT: referrals that are picked up in time (report, sections 1.3.2 and B2)."""

from dscp.measures.types import Cohort, Forms, Measure, Model
from dscp.study.areas import has_prisons

OF_SITE = "sites.{site}.continuity sites.{site}.{arm}.dats"
LOCAL = Cohort(
    family="prison_pickup",
    rule="continuity",
    reads=("carat_referrals",),
    window="referrals",
    sql="select * from local_referrals where {kept}",
    words="local referrals of {label} in the {period} period",
    settings=f"definitions.missing_release periods.{{period}}.referrals {OF_SITE} sites.{{site}}.{{arm}}.prisons",
)
MEASURE = Measure(
    name="prison_pickup",
    label="Prison to CJIT",
    in_text="Picked up after prison",
    base_head="Referrals",
    rate_head="Successful",
    cohort=LOCAL,
    outcome="(area, period, referral) in (select (area, period, referral) from {pickups} where {answers})",
    counted="prison_pickup",
    also_reads=("cjit_forms",),
    words=f"{LOCAL.words}, picked up by the area's CJIT in time",
    settings=(
        "definitions.pickup_days definitions.pickup_from definitions.one_form_answers "
        f"periods.{{period}}.pickups_until {LOCAL.settings}"
    ),
    better="up",
    forms=Forms(rate="percent0", points="signed_ppt0", p="p2", decimals=0),
    model=Model("dirs", "prison", ""),
    tested=True,
    only=has_prisons,
    source="Appendix B2",
    table="3.1",
    says="",
)
