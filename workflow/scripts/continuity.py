"""Rule continuity: from prison referrals and pick-ups, and from quarterly triage counts, to counts per area and period.

Prison to CJIT (Tables 3.1, 3.2) and CJIT to community (Table 3.3): report sections 1.3.2 and B2. The unit of the first
is the referral, not the client. Each derivation rule is one SQL statement.
"""

from collections.abc import Mapping

import duckdb
import pandas as pd

from dscp.ledger.rows import quantities, write_ledger
from dscp.measures.records import AGE_YEARS, DRUG_FLAGS, ETHNICITY, LENGTH_OF_USE, connect, lists_of_codes, yes_no
from dscp.run.job import writing
from dscp.study.areas import areas, periods
from dscp.study.days import day

RULE = "continuity"
SOURCE = "Appendix B2"
PRISON_MODELS = ("integrated_system", "independent_case_manager")
COMMUNITY_MODELS = ("embedded_provision",)

# Local referrals of the period: from the pilot's named prisons, or from any prison listed for the comparison area by a
# client who lives there; in both cases to a CJIT in the area's own DATs.
LOCAL = """
create table local_referrals as
select areas.site, areas.arm, areas.area, areas.dats, periods.period, periods.pickups_until, referrals.*
from referrals
join areas on list_contains(areas.prisons, prison)
    and list_contains(areas.dats, referred_to_dat)
    and (areas.arm = 'pilot' or list_contains(areas.dats, residence_dat))
join periods on referral_date between periods.starts and periods.ends
"""

# Pick-ups: forms of the same client and prison in the area, care-planned from the release to 42 days after it.
PICKUPS = """
create table pickups as
select local_referrals.area, local_referrals.period, local_referrals.referral,
    row_number() over (
        partition by forms.file, forms.line order by local_referrals.referral_date, local_referrals.referral
    ) as nth_referral_of_form
from local_referrals
join forms on forms.client = local_referrals.client
    and forms.prison = local_referrals.prison
    and list_contains(local_referrals.dats, forms.dat)
    and forms.care_plan_date between {pickup_from} and release_date + $pickup_days::integer
    and forms.care_plan_date <= pickups_until
"""
PICKUP_FROM = {"release_date": "release_date", "referral_date": "referral_date"}

# Successful: at least one pick-up.
SUCCESSFUL = """
create table prison_pickup as
select *, (area, period, referral) in (select (area, period, referral) from pickups where {answers}) as outcome
from local_referrals
where {kept}
"""
ANSWERS = {"several_referrals": "true", "one_referral": "nth_referral_of_form = 1"}
KEPT = {"not_successful": "true", "excluded": "release_date is not null"}

# Characteristics come from the client's latest DIR on or before the referral.
CHARACTERISTICS = f"""
with latest_dir as (
    select prison_pickup.*, dirs.* exclude (client, file, line),
        {AGE_YEARS.format(born="date_of_birth", at="referral_date")} as age
    from prison_pickup left join dirs on dirs.client = prison_pickup.client and dir_date <= referral_date
    qualify row_number() over (
        partition by area, period, referral order by dir_date desc nulls last, dirs.file desc, dirs.line desc
    ) = 1
)
select
    'prison_pickup' as measure, site, arm, area, period, outcome, file, line,
    age, coalesce(sex, 'missing') as sex, {ETHNICITY} as ethnicity, {DRUG_FLAGS}, {LENGTH_OF_USE} as length_of_use,
    {yes_no("no_fixed_abode")}, {yes_no("treated_last_two_years")}
from latest_dir
order by area, period, file, line
"""

# Triage counts: quarters of the period, summed over the area's DATs.
TRIAGED = """
select areas.area, periods.period, count(*) as quarters, sum(referrals)::bigint as base,
    sum(triaged_within_6_weeks)::bigint as count
from triage_quarters
join areas on list_contains(areas.dats, dat)
join periods on quarter_start between periods.starts and periods.ends
group by all
"""


def continuity(
    extracts: Mapping[str, str],
    sites: Mapping,
    study_periods: Mapping,
    definitions: Mapping,
    codes: Mapping,
    bands: list[int],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Derive continuity of care.

    Parameters
    ----------
    extracts : paths of the validated carat_referrals, cjit_forms, dirs and triage_quarters (Parquet)
    sites, study_periods, definitions, codes : those parts of the config
    bands : lower bounds of the bands of length of use, years

    Returns
    -------
    referrals : one row per local referral: outcome (bool), its file and line, the client's characteristics
    triage : one row per area and period: quarters, base, count
    cases : rule, rows: referrals left out and cases that rest on a choice
    """
    con = connect(extracts["carat_referrals"])
    for view, extract in (
        ("referrals", "carat_referrals"),
        ("forms", "cjit_forms"),
        ("dirs", "dirs"),
        ("triage_quarters",) * 2,
    ):
        con.execute(f"create view {view} as select * from read_parquet('{extracts[extract]}')")
    lists_of_codes(con, codes, bands)
    register_areas(con, sites, PRISON_MODELS)
    until = pd.DataFrame(
        {"period": list(study_periods), "pickups_until": [day(p["pickups_until"]) for p in study_periods.values()]}
    )
    con.register("periods", periods(study_periods, "referrals").merge(until))
    derive(con, definitions)
    referrals = con.execute(CHARACTERISTICS).df()
    cases = special_cases(con)
    register_areas(con, sites, COMMUNITY_MODELS)
    con.register("periods", periods(study_periods, "triage_quarters"))
    return referrals, con.execute(TRIAGED).df(), cases


def register_areas(con: duckdb.DuckDBPyConnection, sites: Mapping, models: tuple[str, ...]) -> None:
    """Register the areas whose site works by one of the continuity models."""
    every = areas(sites)
    con.register("chosen", every[every["continuity"].isin(models)][["site", "arm", "area"]])
    lists = every[["area", "dats", "prisons"]]
    con.execute("create or replace temp table area_lists (area varchar, dats varchar[], prisons varchar[])")
    con.executemany("insert into area_lists values (?, ?, ?)", lists.to_numpy().tolist())
    con.execute("create or replace temp view areas as select * from chosen join area_lists using (area)")


def derive(con: duckdb.DuckDBPyConnection, definitions: Mapping) -> None:
    """Run the derivation rules in their order; leaves the table prison_pickup."""
    con.execute(LOCAL)
    con.execute(
        PICKUPS.format(pickup_from=PICKUP_FROM[definitions["pickup_from"]]), {"pickup_days": definitions["pickup_days"]}
    )
    con.execute(
        SUCCESSFUL.format(answers=ANSWERS[definitions["one_form_answers"]], kept=KEPT[definitions["missing_release"]])
    )


def special_cases(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Count referrals left out, and cases that rest on a choice of the config."""
    counts = """
    select 'not_local_or_not_in_period' as excluded_by,
        (select count(*) from referrals) - (select count(distinct (file, line)) from local_referrals) as rows
    union all
    select 'missing_release_date', count(*) from local_referrals where release_date is null
    union all
    select 'form_answers_several_referrals', count(*) from pickups where nth_referral_of_form > 1
    order by excluded_by
    """
    return con.execute(counts).df()


# What decides which referrals and quarters are counted.
IN_STUDY = "sites periods.pre.referrals periods.post.referrals"
OF_PICKUP = "definitions.pickup_days definitions.pickup_from"
EVERY_PICKUP = f"{IN_STUDY} {OF_PICKUP} periods.pre.pickups_until periods.post.pickups_until"
CASES = {  # a case -> the extracts read, and what decides it
    "not_local_or_not_in_period": ("carat_referrals", IN_STUDY),
    "missing_release_date": ("carat_referrals", IN_STUDY),
    "form_answers_several_referrals": ("carat_referrals cjit_forms", EVERY_PICKUP),
}
OF_SITE = "sites.{site}.continuity sites.{site}.{arm}.dats"
LOCAL_REFERRALS = f"definitions.missing_release periods.{{period}}.referrals {OF_SITE} sites.{{site}}.{{arm}}.prisons"
PICKED_UP = f"{OF_PICKUP} definitions.one_form_answers periods.{{period}}.pickups_until {LOCAL_REFERRALS}"
QUARTERS = f"periods.{{period}}.triage_quarters {OF_SITE}"


def ledger(referrals: pd.DataFrame, triage: pd.DataFrame, cases: pd.DataFrame, sites: Mapping) -> list[pd.DataFrame]:
    """Ledger rows: base and count of each measure, area and period, and the counted cases."""
    common = {"unit": "count", "source": SOURCE, "rule": RULE, "function": "continuity"}
    picked_up = referrals.groupby(["area", "period"])["outcome"].agg(base="size", count="sum").reset_index()
    prison = _every(sites, PRISON_MODELS).merge(picked_up, how="left").fillna({"base": 0, "count": 0})
    community = _every(sites, COMMUNITY_MODELS).merge(triage, how="left").fillna({"quarters": 0, "base": 0, "count": 0})
    local = "local referrals of {label} in the {period} period"
    summed = "{quarters:.0f} quarters and DAT rows of {label} in the {period} period"
    return [
        quantities(
            cases.assign(
                of="carat_referrals",
                extract=cases["excluded_by"].map(lambda case: CASES[case][0]),
                settings=cases["excluded_by"].map(lambda case: CASES[case][1]),
            ),
            id="excluded.{excluded_by}.{of}",
            value="rows",
            rows="rows",
            extract="{extract}",
            filter="referrals: {excluded_by}",
            settings="{settings}",
            **common,
        ),
        quantities(
            prison,
            id="prison_pickup.base.{area}.{period}",
            cohort="prison_pickup",
            value="base",
            rows="base",
            extract="carat_referrals",
            filter=local,
            settings=LOCAL_REFERRALS,
            **common,
        ),
        quantities(
            prison,
            id="prison_pickup.count.{area}.{period}",
            cohort="prison_pickup/outcome",
            value="count",
            rows="count",
            extract="carat_referrals cjit_forms",
            filter=f"{local}, picked up by the area's CJIT in time",
            settings=PICKED_UP,
            **common,
        ),
        quantities(
            community,
            id="community_triage.base.{area}.{period}",
            cohort="community_triage",
            value="base",
            rows="quarters",
            extract="triage_quarters",
            filter=f"{summed}: referrals",
            settings=QUARTERS,
            **common,
        ),
        quantities(
            community,
            id="community_triage.count.{area}.{period}",
            cohort="community_triage/outcome",
            value="count",
            rows="quarters",
            extract="triage_quarters",
            filter=f"{summed}: triaged within six weeks",
            settings=QUARTERS,
            **common,
        ),
    ]


def _every(sites: Mapping, models: tuple[str, ...]) -> pd.DataFrame:
    every = areas(sites)
    return every[every["continuity"].isin(models)].merge(pd.DataFrame({"period": ["pre", "post"]}), how="cross")


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        extracts = {
            name: getattr(snakemake.input, name)
            for name in ("carat_referrals", "cjit_forms", "dirs", "triage_quarters")
        }
        referrals, triage, cases = continuity(
            extracts, study["sites"], study["periods"], study["definitions"], study["codes"], study["bands"]
        )
        referrals.to_parquet(out.referrals, index=False)
        write_ledger(ledger(referrals, triage, cases, study["sites"]), out.ledger)
