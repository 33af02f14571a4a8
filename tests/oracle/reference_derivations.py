"""The derivations once more, slowly: one row at a time, in the words of the method (report, Appendix B2).

Written from the definitions alone, with plain loops and no database, to check the SQL of the rules against. Rows are
dictionaries with the columns of the extracts, plus `file` and `line`; a missing value is None.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise

from dscp.measures.registry import MEASURES

PRISON_MODELS = ("integrated_system", "independent_case_manager")
COMMUNITY_MODELS = ("embedded_provision",)
DAY = dt.timedelta(days=1)


# Shared -------------------------------------------------------------------------------------------------------------


def areas_of(sites: dict) -> list[dict]:
    """The areas of the analysed sites."""
    found = []
    for site, parts in sites.items():
        if parts.get("analysed", True):
            for arm in ("pilot", "comparison"):
                name = arm + "_" + site.split("_")[1]
                area = {"site": site, "arm": arm, "area": name, "continuity": parts.get("continuity")}
                found.append({**area, "dats": parts[arm]["dats"], "prisons": parts[arm].get("prisons", [])})
    return found


def birthday(born: dt.date, years: int) -> dt.date:
    """The day on which somebody completes so many years; for 29 February, 1 March in other years."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return dt.date(born.year + years, 3, 1)


def completed_years(born: dt.date, on: dt.date) -> int:
    """Birthdays that somebody has had by a day (negative before birth)."""
    years = on.year - born.year + 1
    while birthday(born, years) > on:
        years -= 1
    return years


def ethnic_group(letter: str | None, codes: dict) -> str:
    """The group of a census letter; not stated is missing."""
    for group, letters in codes["ethnicity"].items():
        if letter in letters and group != "not_stated":
            return group
    return "missing"


def uses(row: dict, groups: list[str], codes: dict) -> str:
    """Whether any recorded drug belongs to the groups; missing where no drug is recorded."""
    drugs = [row[column] for column in ("drug_1", "drug_2", "drug_3") if row[column] is not None]
    if not drugs:
        return "missing"
    for drug in drugs:
        for group in groups:
            for low, high in codes["drugs"][group]:
                if low <= drug <= high:
                    return "yes"
    return "no"


def length_of_use(age: int | None, first: int | None, bands: list[int]) -> str:
    """The band of years since first use; missing where unknown or impossible."""
    if age is None or first is None or first > age:
        return "missing"
    years = age - first
    if years < bands[0]:
        return f"under_{bands[0]}"
    for low, high in pairwise(bands):
        if low <= years < high:
            return f"{low}_to_{high - 1}"
    return f"{bands[-1]}_or_more"


def answer(value: str | None) -> str:
    """Y, N or nothing."""
    return {"Y": "yes", "N": "no", None: "missing"}[value]


def shared_characteristics(row: dict, age: int | None, codes: dict, bands: list[int]) -> dict:
    """The characteristics that both kinds of model have."""
    return {
        "age": age,
        "sex": row["sex"] or "missing",
        "ethnicity": ethnic_group(row["ethnicity"], codes),
        "opiates_crack": uses(row, ["opiates", "crack"], codes),
        "cannabis": uses(row, ["cannabis"], codes),
        "stimulants": uses(row, ["cocaine", "amphetamines"], codes),
        "other_drugs": uses(row, ["other"], codes),
        "length_of_use": length_of_use(age, row["age_first_use"], bands),
    }


def in_order(rows: list[dict]) -> list[dict]:
    """As the rules write them: by area, period, file and line."""
    return sorted(rows, key=lambda row: (row["area"], row["period"], row["file"], row["line"]))


# Treatment outcomes -------------------------------------------------------------------------------------------------


def in_period(journey: dict, starts: dt.date, ends: dt.date) -> bool:
    """Started by the period's end and not ended before its start."""
    if journey["journey_start"] > ends:
        return False
    return journey["journey_end"] is None or journey["journey_end"] >= starts


def age_of(journey: dict, starts: dt.date, ends: dt.date, definitions: dict) -> int:
    """Completed years at the day that the config names."""
    start = journey["journey_start"]
    day = {
        "later_of_start_and_period_start": max(start, starts),
        "journey_start": start,
        "period_start": starts,
        "period_end": ends,
    }[definitions["age_at"]]
    return completed_years(journey["date_of_birth"], day)


def started_in_time(journey: dict, ends: dt.date, definitions: dict) -> bool:
    """Started so many days before the period's end that it could be effective."""
    return (ends - journey["journey_start"]).days >= definitions["effective_days"]


def is_later(one: dict, other: dict, definitions: dict) -> bool:
    """Whether a journey is later than another: start, then end (none is last), number, first in the extract."""
    dates = [(row["journey_start"], row["journey_end"] or dt.date.max) for row in (one, other)]
    if definitions["latest_journey"] == "end":
        dates = [(end, start) for start, end in dates]
    if dates[0] != dates[1]:
        return dates[0] > dates[1]
    if one["journey"] != other["journey"]:
        return one["journey"] > other["journey"]
    return (one["file"], one["line"]) < (other["file"], other["line"])


def latest_of_each_client(journeys: list[dict], definitions: dict) -> list[dict]:
    """One journey per client."""
    chosen: dict[str, dict] = {}
    for journey in journeys:
        client = journey["client"]
        if client not in chosen or is_later(journey, chosen[client], definitions):
            chosen[client] = journey
    return list(chosen.values())


@dataclass(frozen=True)
class Journeys:
    """The journeys of an area and period: those of adults, those considered for effective treatment, the latest."""

    adults: list[dict]
    considered: list[dict]
    latest: list[dict]
    starts: dt.date
    ends: dt.date
    definitions: dict
    codes: dict

    def completed(self, journey: dict) -> bool:
        """Whether a journey is completed in a way that counts."""
        return completed(journey, self.ends, self.definitions, self.codes)


def oracles(rule: str) -> dict[str, Callable[[Journeys], Iterator[tuple[dict, bool]]]]:
    """The slow derivations of the measures of a rule: tests/oracle/<measure>.py has `members`, row by row."""
    names = [name for name, one in MEASURES.items() if one.cohort.rule == rule and one.of_its_own]
    return {name: import_module(name).members for name in names}


def completed(journey: dict, ends: dt.date, definitions: dict, codes: dict) -> bool:
    """Whether the journey has a completed exit reason that counts: one that counts always makes up for the end."""
    if journey["exit_reason"] not in codes["completed_exit_reasons"]:
        return False
    if definitions["exit_reason_counts"] == "always":
        return True
    return journey["journey_end"] is not None and journey["journey_end"] <= ends


def criminal_justice(journey: dict, codes: dict) -> str:
    """The flag of the Drug Interventions Programme overrides the referral source."""
    if journey["dip_flag"] == "Y":
        return "yes"
    if journey["referral_source"] is None:
        return "missing"
    return "yes" if journey["referral_source"] in codes["criminal_justice_referral_sources"] else "no"


def outcomes(
    journeys: list[dict], sites: dict, periods: dict, definitions: dict, codes: dict, bands: list[int]
) -> tuple[list[dict], dict[str, int]]:
    """The measures of treatment: rows per measure, area, period and client; journeys that each rule left out.

    Parameters are those of the rule, the extract being a list of rows and periods name -> (start, end).
    """
    areas = areas_of(sites)
    rows: dict[str, list[dict]] = {name: [] for name in TREATMENT}
    excluded = dict.fromkeys(
        ["outside_study_areas", "outside_both_periods", "under_age", "started_too_late", "not_latest"], 0
    )
    study_dats = [dat for area in areas for dat in area["dats"]]
    for journey in journeys:
        if journey["dat"] not in study_dats:
            excluded["outside_study_areas"] += 1
        elif not any(in_period(journey, starts, ends) for starts, ends in periods.values()):
            excluded["outside_both_periods"] += 1
    for area in areas:
        for period, (starts, ends) in periods.items():
            found = [row for row in journeys if row["dat"] in area["dats"] and in_period(row, starts, ends)]
            adults = [row for row in found if age_of(row, starts, ends, definitions) >= definitions["minimum_age"]]
            early = [row for row in adults if started_in_time(row, ends, definitions)]
            latest = latest_of_each_client(adults, definitions)
            excluded["under_age"] += len(found) - len(adults)
            excluded["started_too_late"] += len(adults) - len(early)
            excluded["not_latest"] += len(adults) - len(latest)
            if definitions["start_cutoff"] == "before_latest":
                considered = latest_of_each_client(early, definitions)
            else:
                considered = [row for row in latest if started_in_time(row, ends, definitions)]

            def counted(measure, journey, outcome, area=area, period=period, starts=starts, ends=ends):
                age = age_of(journey, starts, ends, definitions)
                return {
                    "measure": measure,
                    **{name: area[name] for name in ("site", "arm", "area")},
                    "period": period,
                    "outcome": outcome,
                    "file": journey["file"],
                    "line": journey["line"],
                    **shared_characteristics(journey, age, codes, bands),
                    "criminal_justice_referral": criminal_justice(journey, codes),
                    "previously_treated": answer(journey["previously_treated"]),
                    "dual_diagnosis": answer(journey["dual_diagnosis"]),
                }

            known = Journeys(adults, considered, latest, starts, ends, definitions, codes)
            for name, members in TREATMENT.items():
                rows[name] += [counted(name, journey, outcome) for journey, outcome in members(known)]
    return [row for measure in rows.values() for row in in_order(measure)], excluded


def journeys_left(journeys: list[dict], sites: dict, periods: dict, definitions: dict) -> dict[tuple, int]:
    """How many journeys are left after each step: (step, whose it is, area, period, "" before any) -> number."""
    found: dict[tuple, int] = {}
    for area in areas_of(sites):
        own = [row for row in journeys if row["dat"] in area["dats"]]
        found["in_file", "journeys", area["area"], ""] = len(own)
        for period, (starts, ends) in periods.items():
            here = [row for row in own if in_period(row, starts, ends)]
            adults = [row for row in here if age_of(row, starts, ends, definitions) >= definitions["minimum_age"]]
            left = {
                ("in_period", "journeys"): here,
                ("adults", "journeys"): adults,
                ("early_enough", "effective_treatment"): [
                    row for row in adults if started_in_time(row, ends, definitions)
                ],
                ("latest", "successful_completion"): latest_of_each_client(adults, definitions),
                ("started", "retained_12_weeks"): [row for row in adults if row["journey_start"] >= starts],
            }
            found |= {(*step, area["area"], period): len(rows) for step, rows in left.items()}
    return found


# Continuity ---------------------------------------------------------------------------------------------------------


def is_local(referral: dict, area: dict) -> bool:
    """From a prison of the area to a CJIT in its own DATs; for a comparison area, of a client who lives there."""
    if referral["prison"] not in area["prisons"] or referral["referred_to_dat"] not in area["dats"]:
        return False
    return area["arm"] == "pilot" or referral["residence_dat"] in area["dats"]


def referrals_left(referrals: list[dict], sites: dict, periods: dict) -> dict[tuple, int]:
    """How many referrals are left after each step, as of `journeys_left`."""
    found: dict[tuple, int] = {}
    for area in (one for one in areas_of(sites) if one["continuity"] in PRISON_MODELS):
        own = [row for row in referrals if row["prison"] in area["prisons"]]
        found["in_file", area["area"], ""] = len(own)
        for period, (starts, ends) in periods.items():
            here = [row for row in own if starts <= row["referral_date"] <= ends]
            sent = [row for row in here if row["referred_to_dat"] in area["dats"]]
            local = [row for row in sent if is_local(row, area)]
            for step, rows in (("in_period", here), ("to_area", sent), ("local", local)):
                found[step, area["area"], period] = len(rows)
    return {(step, "carat_referrals", *place): number for (step, *place), number in found.items()}


def is_pickup(form: dict, referral: dict, area: dict, until: dt.date, definitions: dict) -> bool:
    """Whether a CJIT form answers a referral in time."""
    if form["client"] != referral["client"] or form["prison"] != referral["prison"] or form["dat"] not in area["dats"]:
        return False
    if form["care_plan_date"] is None or referral["release_date"] is None or form["care_plan_date"] > until:
        return False
    first = referral[definitions["pickup_from"]]
    return first <= form["care_plan_date"] <= referral["release_date"] + definitions["pickup_days"] * DAY


def latest_dir(referral: dict, dirs: list[dict]) -> dict | None:
    """The client's latest DIR on or before the referral; of several on one day, the last in the extract."""
    chosen = None
    for record in dirs:
        if record["client"] == referral["client"] and record["dir_date"] <= referral["referral_date"]:
            place = (record["dir_date"], record["file"], record["line"])
            if chosen is None or place > (chosen["dir_date"], chosen["file"], chosen["line"]):
                chosen = record
    return chosen


def continuity(
    referrals: list[dict],
    forms: list[dict],
    dirs: list[dict],
    sites: dict,
    periods: dict,
    pickups_until: dict,
    definitions: dict,
    codes: dict,
    bands: list[int],
) -> tuple[list[dict], dict[str, int]]:
    """Prison to CJIT: one row per local referral; referrals left out and cases that rest on a choice.

    `pickups_until` is period -> last care-plan date; the other parameters are as in `outcomes`.
    """
    local = [
        (referral, area, period)
        for referral in referrals
        for area in areas_of(sites)
        for period, (starts, ends) in periods.items()
        if area["continuity"] in PRISON_MODELS
        and is_local(referral, area)
        and starts <= referral["referral_date"] <= ends
    ]
    local.sort(key=lambda item: (item[0]["referral_date"], item[0]["referral"]))
    (picked_up, repeats), (whenever, _) = (
        answers(forms, local, until, definitions) for until in (pickups_until, dict.fromkeys(periods, dt.date.max))
    )
    rows = []
    for referral, area, period in local:
        if referral["release_date"] is None and definitions["missing_release"] == "excluded":
            continue
        record = latest_dir(referral, dirs) or dict.fromkeys(
            ["sex", "ethnicity", "drug_1", "drug_2", "drug_3", "age_first_use", "date_of_birth"]
        )
        born = record["date_of_birth"]
        age = None if born is None else completed_years(born, referral["referral_date"])
        rows.append(
            {
                "measure": "prison_pickup",
                **{name: area[name] for name in ("site", "arm", "area")},
                "period": period,
                "outcome": (referral["referral"], period) in picked_up,
                "uncut": (referral["referral"], period) in whenever,
                "file": referral["file"],
                "line": referral["line"],
                **shared_characteristics(record, age, codes, bands),
                "no_fixed_abode": answer(record.get("no_fixed_abode")),
                "treated_last_two_years": answer(record.get("treated_last_two_years")),
                "with_cjit_forms": any(form["client"] == referral["client"] for form in forms),
                "with_dirs": any(record["client"] == referral["client"] for record in dirs),
            }
        )
    cases = {
        "not_local_or_not_in_period": len(referrals) - len({referral["referral"] for referral, _, _ in local}),
        "missing_release_date": sum(referral["release_date"] is None for referral, _, _ in local),
        "form_answers_several_referrals": repeats,
        "released_too_late_to_have_all_days": sum(
            referral["release_date"] is not None
            and (pickups_until[period] - referral["release_date"]).days < definitions["pickup_days"]
            for referral, _, period in local
        ),
    }
    return in_order(rows), cases


def answers(forms: list[dict], local: list[tuple], until: dict, definitions: dict) -> tuple[set, int]:
    """The referrals that forms up to a day answer, as (referral, period), and how many answers are further ones."""
    picked_up, repeats = set(), 0
    for form in forms:
        answered = [
            (referral["referral"], period)
            for referral, area, period in local
            if is_pickup(form, referral, area, until[period], definitions)
        ]
        repeats += max(len(answered) - 1, 0)
        picked_up.update(answered[:1] if definitions["one_form_answers"] == "one_referral" else answered)
    return picked_up, repeats


def triage(quarters: list[dict], sites: dict, periods: dict) -> dict[tuple[str, str], tuple[int, int, int]]:
    """CJIT to community: (area, period) -> rows summed, referrals, triaged within six weeks; none where no row."""
    found = {}
    for area in areas_of(sites):
        for period, (starts, ends) in periods.items():
            rows = [row for row in quarters if row["dat"] in area["dats"] and starts <= row["quarter_start"] <= ends]
            if rows and area["continuity"] in COMMUNITY_MODELS:
                sums = [sum(row[column] for row in rows) for column in ("referrals", "triaged_within_6_weeks")]
                found[area["area"], period] = (len(rows), *sums)
    return found


TREATMENT = oracles("outcomes")
