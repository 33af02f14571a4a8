"""Rule continuity: from prison referrals and pick-ups, and from quarterly triage counts, to counts per area and period.

Prison to CJIT (Tables 3.1, 3.2) and CJIT to community (Table 3.3): report sections 1.3.2 and B2. The unit of the first
is the referral, not the client. The derivation rules of referrals are in dscp/measures/of_referrals.py.
"""

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from dscp.extracts.types import WITH
from dscp.ledger.ids import words_of
from dscp.ledger.rows import quantities, write_ledger
from dscp.measures.cases import step_counts, step_rows
from dscp.measures.counting import count_rows, counted, linked_rows, links_of, totals, with_counts
from dscp.measures.of_referrals import VIEWS, derive, opened, register
from dscp.measures.records import (
    AGE_YEARS,
    DRUG_FLAGS,
    ETHNICITY,
    LENGTH_OF_USE,
    PERSON,
    lists_of_codes,
    yes_no,
)
from dscp.measures.registry import MEASURES
from dscp.measures.types import Measure
from dscp.run.job import writing

RULE = "continuity"
SOURCE = "Appendix B2"
UNCUT = "{measure}.uncut.{{area}}.{{period}}"
KEPT_OF_REFERRALS = ["measure", "site", "arm", "area", "period", "outcome", "uncut"]

# Characteristics come from the client's latest DIR on or before the referral.
CHARACTERISTICS = f"""
with latest_dir as (
    select {{measure}}.*, dirs.* exclude (client, file, line),
        {AGE_YEARS.format(born="date_of_birth", at="referral_date")} as age
    from {{measure}} left join dirs on dirs.client = {{measure}}.client and dir_date <= referral_date
    qualify row_number() over (
        partition by area, period, referral order by dir_date desc nulls last, dirs.file desc, dirs.line desc
    ) = 1
)
select
    '{{measure}}' as measure, site, arm, area, period, outcome, uncut, file, line, {PERSON},
    age, coalesce(sex, 'missing') as sex, {ETHNICITY} as ethnicity, {DRUG_FLAGS}, {LENGTH_OF_USE} as length_of_use,
    {yes_no("no_fixed_abode")}, {yes_no("treated_last_two_years")}{{linked}}
from latest_dir
order by area, period, file, line
"""

# Whether the client of a referral is in an extract that links to the referrals.
LINKED = ", {column} in (select {other} from {view}) as {name}"


def continuity(
    extracts: Mapping[str, str],
    sites: Mapping,
    study_periods: Mapping,
    definitions: Mapping,
    codes: Mapping,
    bands: list[int],
    measures: Sequence[Measure],
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], pd.DataFrame, pd.DataFrame]:
    """Derive continuity of care.

    Parameters
    ----------
    extracts : paths of the validated extracts that the measures read (Parquet)
    sites, study_periods, definitions, codes : those parts of the config
    bands : lower bounds of the bands of length of use, years
    measures : of referrals (with an outcome), and of counts by quarter (without)

    Returns
    -------
    referrals : one row per measure and local referral: outcome (bool), and the same without the last day of forms
        (uncut), its file and line, which rows are of one client (person), the client's characteristics, and
        whether the client is in each linked extract
    counts : measure of counts by quarter -> one row per area and period: rows summed, base, count
    cases : rule, rows: referrals left out and cases that rest on a choice; without a row where there are no referrals
    steps : how many are left after each step, from `step_counts`
    """
    con = opened(extracts)
    of_referrals = [measure for measure in measures if measure.outcome]
    frames, cases = [pd.DataFrame(columns=KEPT_OF_REFERRALS)], pd.DataFrame(columns=["excluded_by", "rows"])
    if of_referrals:
        lists_of_codes(con, codes, bands)
        register(con, sites, study_periods, of_referrals[0])
        derive(con, definitions, of_referrals)
        frames = [con.execute(CHARACTERISTICS.format(measure=measure.name, linked=linked(measure))).df()
                  for measure in of_referrals]  # fmt: skip
        cases = special_cases(con, definitions["pickup_days"])
    counts, steps = {}, [step_counts(con, of_referrals, {})]
    for measure in measures:
        if not measure.outcome:
            register(con, sites, study_periods, measure)
            counts[measure.name] = con.execute(measure.cohort.sql).df()
            steps.append(step_counts(con, [measure], {}))
    return pd.concat(frames, ignore_index=True), counts, cases, pd.concat(steps, ignore_index=True)


def linked(measure: Measure) -> str:
    """The columns that say of a referral in which linked extracts its client is."""
    return "".join(
        LINKED.format(column=link.to_column, other=link.column, view=VIEWS.get(name, name), name=f"{WITH}{name}")
        for name, link in links_of(measure).items()
    )


def special_cases(con: duckdb.DuckDBPyConnection, pickup_days: int) -> pd.DataFrame:
    """Count referrals left out, and cases that rest on a choice of the config."""
    counts = """
    select 'not_local_or_not_in_period' as excluded_by,
        (select count(*) from referrals) - (select count(distinct (file, line)) from local_referrals) as rows
    union all
    select 'missing_release_date', count(*) from local_referrals where release_date is null
    union all
    select 'form_answers_several_referrals', count(*) from pickups where nth_referral_of_form > 1
    union all
    select 'released_too_late_to_have_all_days',
        count(*) from local_referrals where release_date + $pickup_days::integer > pickups_until
    order by excluded_by
    """
    return con.execute(counts, {"pickup_days": pickup_days}).df()


# What decides which referrals are left out or rest on a choice.
IN_STUDY = "sites periods.pre.referrals periods.post.referrals"
OF_PICKUP, LAST_DAYS = (
    "definitions.pickup_days definitions.pickup_from",
    "periods.pre.pickups_until periods.post.pickups_until",
)
EVERY_PICKUP = f"{IN_STUDY} {OF_PICKUP} {LAST_DAYS}"
CASES = {  # a case -> the extracts read, and what decides it
    "not_local_or_not_in_period": ("carat_referrals", IN_STUDY),
    "missing_release_date": ("carat_referrals", IN_STUDY),
    "released_too_late_to_have_all_days": ("carat_referrals", f"{IN_STUDY} definitions.pickup_days {LAST_DAYS}"),
    "form_answers_several_referrals": ("carat_referrals cjit_forms", EVERY_PICKUP),
}


def ledger(
    referrals: pd.DataFrame,
    counts: Mapping[str, pd.DataFrame],
    cases: pd.DataFrame,
    steps: pd.DataFrame,
    sites: Mapping,
    measures: Sequence[Measure],
    beside: bool,
) -> list[pd.DataFrame]:
    """Ledger rows: base and count of each measure, area and period, those in linked extracts, and the counted cases.

    beside : whether pick-ups without the last day of forms, and those left after each step, are counted, too: not under
        a disclosure policy, since two counts that differ by a few people tell these
    """
    parts = [
        quantities(
            cases.assign(
                extract="carat_referrals",
                read=cases["excluded_by"].map(lambda case: CASES[case][0]),
                settings=cases["excluded_by"].map(lambda case: CASES[case][1]),
            ),
            id="excluded.{excluded_by}.{extract}",
            value="rows",
            unit="count",
            rows="rows",
            extract="{read}",
            filter="referrals: {excluded_by}",
            settings="{settings}",
            source=SOURCE,
            rule=RULE,
            function=RULE,
        )
    ]
    told = set()
    for measure in measures:
        summed = measure.name in counts
        rows = with_counts(counts[measure.name], measure, sites) if summed else counted(referrals, measure, sites)
        made = count_rows(measure, rows, RULE, with_base=measure.cohort.family not in told)
        if not summed and measure.cohort.family not in told:
            made += linked_rows(referrals, measure, sites, made[0], RULE)
        parts += made
        told.add(measure.cohort.family)
        if beside and "{pickups}" in measure.outcome:
            parts.append(uncut_rows(referrals, measure, sites))
    if beside:
        parts += [totals(part, SOURCE, RULE) for part in parts if is_of_members(part)]
        parts += step_rows(steps, measures, sites, parts, RULE)
    return parts


def is_of_members(rows: pd.DataFrame) -> bool:
    """Whether ledger rows count the members of a cohort: all, or those who are in a linked extract."""
    part = words_of(rows.iloc[0])[1] if len(rows) else ""
    return part == "base" or part.startswith(WITH)


def uncut_rows(referrals: pd.DataFrame, measure: Measure, sites: Mapping) -> pd.DataFrame:
    """Ledger rows of the count of a measure without the last day of forms: one for each area and period."""
    return quantities(
        counted(referrals.assign(outcome=referrals["uncut"]), measure, sites),
        id=UNCUT.format(measure=measure.name),
        value="count",
        unit="count",
        rows="count",
        extract=" ".join([*measure.cohort.reads, *measure.also_reads]),
        filter=f"{measure.words}, whenever the forms end",
        settings=measure.settings.replace(" periods.{period}.pickups_until", ""),
        cohort=f"{measure.key} without the last day of forms",
        source=measure.source,
        rule=RULE,
        function="uncut_rows",
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        measures = [MEASURES[name] for name in snakemake.params.measures]
        extracts = {
            name: getattr(snakemake.input, name) for name in dict.fromkeys(e for m in measures for e in m.reads)
        }
        referrals, *found = continuity(
            extracts, study["sites"], study["periods"], study["definitions"], study["codes"], study["bands"], measures
        )
        referrals.to_parquet(out.referrals, index=False)
        write_ledger(ledger(referrals, *found, study["sites"], measures, snakemake.params.beside), out.ledger)
