"""Who a partnership's profile counts, by a plain loop over clients and journeys; and an export of such counts."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

DAY = dt.date.fromisoformat
SPANS = {"pre": "baseline", "post": "year"}


class Client(NamedTuple):
    """A client of a partnership in a period: the latest journey, first and last day of the year, what is so."""

    dat: str
    period: str
    journey: Any
    first: dt.date
    last: dt.date
    flags: Mapping[str, bool]


def half_a_year_after(day: dt.date) -> dt.date:
    """Six calendar months later; the last day of a month that has not so many."""
    month = day.month + 6
    year, month = day.year + (month > 12), (month - 1) % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def years_between(born: dt.date, at: dt.date) -> int:
    """Whole years."""
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def years_of(of: Mapping) -> dict[str, tuple[dt.date, dt.date]]:
    """First and last day of the two years of a profile."""
    return {period: (DAY(of[span]["start"]), DAY(of[span]["end"])) for period, span in SPANS.items()}


def clients(of: Mapping, journeys: pd.DataFrame, years: Mapping | None = None) -> Iterator[Client]:
    """Each client of each partnership in each period, once. `years`: period -> first and last day, if other ones."""
    completed = set(of["codes"]["completed_exit_reasons"])
    for (client, dat), rows in journeys.groupby(["client", "dat"]):
        assert client
        for period, (first, last) in (years or years_of(of)).items():
            own = [
                (row.journey_start, row.journey_end if row.journey_end == row.journey_end else None, row)
                for row in rows.itertuples()
            ]
            own = [(start, end, row) for start, end, row in own if start <= last and (end is None or end >= first)]
            adults = [one for one in own if years_between(one[2].date_of_birth, max(one[0], first)) >= 18]
            if not adults or dat not in [of["partnership"], *of["peers"]]:
                continue
            start, end, row = max(adults, key=lambda one: (one[0], one[1] or dt.date.max, one[2].journey))
            done = [one for one in adults if one[1] and first <= one[1] <= last and one[2].exit_reason in completed]
            flags = {"in_treatment": True, "new": start >= first}
            ended = end is not None and end <= last
            flags["effective"] = (min(end or last, last) - start).days >= 83 or (ended and row.exit_reason in completed)
            flags["completed"] = bool(done)
            if done:
                on = max(one[1] for one in done)
                later = [one[0] for one in own if one[0] > on]
                flags["followed"] = half_a_year_after(on) <= last
                in_time = [one for one in later if one <= half_a_year_after(on)]
                returned = later if of["re_presentation"] == "in_year" else flags["followed"] and in_time
                flags["returned"] = bool(returned)
            flags |= waited(row, first)
            yield Client(dat, period, row, first, last, flags)


def waited(row: Any, first: dt.date) -> dict[str, bool]:
    """Whether a client whose journey began in the year waited, over three weeks, over six; from referral to triage."""
    known = row.referral_date == row.referral_date and row.referral_date is not None
    if not known or row.journey_start < first or row.referral_date > row.journey_start:
        return {}
    days = (row.journey_start - row.referral_date).days
    return {"waited": True, "waited_long": days > 21, "waited_longest": days > 42}


def looped(of: Mapping, journeys: pd.DataFrame) -> Counter:
    """(indicator, partnership, period) -> clients."""
    found = Counter()
    for one in clients(of, journeys):
        found.update((name, one.dat, one.period) for name, so in one.flags.items() if so)
    return found


def exported(of: Mapping, journeys: pd.DataFrame) -> pd.DataFrame:
    """The rows that a national centre would publish of these clients: by year and group, rounded to five."""
    found: dict[tuple, Counter] = {}
    for one in clients(of, journeys):
        year = f"{one.first.year}/{one.last.year % 100:02d}"
        groups = (("Total", "Total", "Total"), (one.journey.sex, "Total", "Total"), ("Total", _age_group(one), "Total"),
                  ("Total", "Total", _drug_group(one.journey)))  # fmt: skip
        for group in groups:
            found.setdefault((year, one.dat, *group), Counter()).update(_counted(one))
    columns = ["ReportingPeriod", "Area", "sex", "age_group", "drug_group"]
    rows = [dict(zip(columns, key, strict=True)) | {name: _rounded(counts[name]) for name in NAMES}
            for key, counts in found.items()]  # fmt: skip
    return pd.DataFrame(rows)


NAMES = [
    *("intreatment_allintx", "newpresentation_newtx", "exits_successfulcompletion_allintx"),
    *("referralsource_criminal_justice_newtx", "lengthintreatment_under1year_allintx"),
    *("lengthintreatment_1to2years_allintx", "lengthintreatment_2to4years_allintx"),
    *("lengthintreatment_4to6years_allintx", "lengthintreatment_over6years_allintx"),
    *("waitsfirst_3weeksandunder_newtx", "waitsfirst_3to6weeks_newtx", "waitsfirst_over6weeks_newtx"),
    *("scnr_intreatment_allintx", "scnr_completion_allintx", "scnr_representation_allintx", "scnr_scrn_allintx"),
]


def _rounded(number: int) -> int:
    return 5 * ((number + 2) // 5)


def _counted(one: Client) -> list[str]:
    """The columns of the export that count a client."""
    flags, row = one.flags, one.journey
    end = row.journey_end if row.journey_end == row.journey_end else None
    years = years_between(row.journey_start, min(end or one.last, one.last))
    bands = ((1, "under1year"), (2, "1to2years"), (4, "2to4years"), (6, "4to6years"), (99, "over6years"))
    told = ["intreatment_allintx", "scnr_intreatment_allintx"]
    told.append(f"lengthintreatment_{next(band for below, band in bands if years < below)}_allintx")
    if flags["new"]:
        told += ["newpresentation_newtx", "waitsfirst_3weeksandunder_newtx"]
        by_justice = row.referral_source in (5, 6, 8, 13) or row.dip_flag == "Y"
        told += ["referralsource_criminal_justice_newtx"] if by_justice else []
    if flags["completed"]:
        back = "representation" if flags["returned"] else "scrn"
        told += ["exits_successfulcompletion_allintx", "scnr_completion_allintx", f"scnr_{back}_allintx"]
    return told


def _age_group(one: Client) -> str:
    age = years_between(one.journey.date_of_birth, max(one.journey.journey_start, one.first))
    return "18-29" if age < 30 else "30-49" if age < 50 else "50+"


def _drug_group(row: Any) -> str:
    drugs = [drug for drug in (row.drug_1, row.drug_2, row.drug_3) if drug == drug and drug is not None]
    opiate, alcohol = any(drug < 2000 for drug in drugs), any(7000 <= drug < 8000 for drug in drugs)
    other = any(not (drug < 2000 or 7000 <= drug < 8000) for drug in drugs)
    if opiate or not alcohol:
        return "Opiate" if opiate else "Non-opiate only"
    return "Non-opiate & alcohol" if other else "Alcohol only"
