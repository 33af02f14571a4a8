"""Continuity from prison to the CJIT: referrals that are picked up in time (report, sections 1.3.2 and B2)."""

from dscp.measures.types import IN_FILE, Cohort, Forms, Measure, Model, Step
from dscp.study.areas import has_prisons

OF_SITE = "sites.{site}.continuity sites.{site}.{arm}.dats"
FROM_PRISONS = "from referrals join areas on list_contains(areas.prisons, prison)"
IN_PERIOD = f"{FROM_PRISONS} join periods on referral_date between periods.starts and periods.ends"
OF_PRISONS = "sites.{site}.continuity sites.{site}.{arm}.prisons"
STEPS = (
    Step(
        name=IN_FILE,
        of="carat_referrals",
        sql=f"select area {FROM_PRISONS}",
        words="referrals from the prisons of {label}",
        less="From the prisons of these areas",
        settings=OF_PRISONS,
    ),
    Step(
        name="in_period",
        of="carat_referrals",
        sql=f"select area, period {IN_PERIOD}",
        words="referrals from the prisons of {label} in the {period} period",
        less="Less: not in the period",
        settings=f"periods.{{period}}.referrals {OF_PRISONS}",
    ),
    Step(
        name="to_area",
        of="carat_referrals",
        sql=f"select area, period {IN_PERIOD} where list_contains(areas.dats, referred_to_dat)",
        words="referrals from the prisons of {label} to its CJITs in the {period} period",
        less="Less: referred to another area",
        settings=f"periods.{{period}}.referrals {OF_SITE} sites.{{site}}.{{arm}}.prisons",
    ),
    Step(
        name="local",
        of="carat_referrals",
        sql="select area, period from local_referrals",
        words="local referrals of {label} in the {period} period, whatever is known of the release",
        less="Less: living elsewhere",
        settings=f"periods.{{period}}.referrals {OF_SITE} sites.{{site}}.{{arm}}.prisons",
    ),
)
LOCAL = Cohort(
    family="prison_pickup",
    rule="continuity",
    reads=("carat_referrals",),
    window="referrals",
    sql="select * from local_referrals where {kept}",
    words="local referrals of {label} in the {period} period",
    settings=f"definitions.missing_release periods.{{period}}.referrals {OF_SITE} sites.{{site}}.{{arm}}.prisons",
    steps=STEPS,
    less="Less: without a day of release, where these are left out",
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
