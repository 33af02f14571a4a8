"""Values of a config that its schema lets pass and no study can have: days out of time, years out of order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from dscp.study.days import EARLIEST
from dscp.study.own_values import unfit

LATEST = dt.date(2099, 12, 31)  # of a programme
WINDOWS = ("outcomes", "referrals", "triage_quarters")
NO_CODES = ("NA", "NULL")

Fault = tuple[tuple, str]


def impossible(study: Mapping) -> Iterator[Fault]:
    """Every such value, as its path and what was found and is allowed."""
    yield from _out_of_time(list(_days(study)))
    economics = study["economics"]
    yield from _steps(economics["discount_rates"])
    yield from _years_of_economics(economics)
    yield from unfit(economics)
    yield from _months(economics["monthly_window"])
    for name, ends in economics["sensitivity"].items():
        if ends["low"] > ends["high"]:
            found = f"found {ends['low']} to {ends['high']}"
            yield ("economics", "sensitivity", name), f"{found}, allowed: a low value not above the high one"
    bands = study["models"]["length_of_use_bands"]
    if bands[0] < 1 or not _ascending(bands):
        yield ("models", "length_of_use_bands"), f"found {_listed(bands)}, allowed: years from 1, each above the last"
    yield from code_ranges(study["codes"])
    if economics["method"] == "as_published" and not study.get("reference_run", False):
        why = "as the other repeats a slip of the evaluation's Table 7.10 and belongs to its reference_run"
        yield ("economics", "method"), f"found as_published, allowed: corrected, {why}"


def _days(study: Mapping) -> Iterator[tuple[tuple, str, dt.date]]:
    """Every day of a config: path, text, and the last day that it may be."""
    today = dt.date.today()
    for end in ("start", "end"):
        yield ("programme", end), study["programme"][end], LATEST
    for name, period in study["periods"].items():
        for window in WINDOWS:
            yield from ((("periods", name, window), text, today) for text in period[window])
        yield ("periods", name, "pickups_until"), period["pickups_until"], today


def _out_of_time(days: Sequence[tuple[tuple, str, dt.date]]) -> Iterator[Fault]:
    """Days before there were records, and periods that have not ended: an open journey would count to their end."""
    for path, text, last in days:
        if not EARLIEST <= dt.date.fromisoformat(text) <= last:
            yield path, f"found {text}, allowed: a day from {EARLIEST} to {last}"
    (_, start, _), (_, end, _) = days[:2]
    if start >= end:
        yield ("programme", "end"), f"found {end}, allowed: a day after the programme's start"


def _steps(rates: Sequence[Mapping]) -> Iterator[Fault]:
    years = [step["from_year"] for step in rates]
    if years[0] != 1 or not _ascending(years):
        allowed = "a first step from year 1, each step later than the last"
        yield ("economics", "discount_rates"), f"found steps from the years {_listed(years)}, allowed: {allowed}"


def _years_of_economics(economics: Mapping) -> Iterator[Fault]:
    named = {("spending_years",): economics["spending_years"]}
    named |= {("journey_years", when): years for when, years in economics["journey_years"].items()}
    for keys, years in named.items():
        yield from fiscal_years(("economics", *keys), years)
    before, during = (economics["journey_years"][when] for when in ("before", "during"))
    if before[-1] >= during[0]:
        yield ("economics", "journey_years", "during"), f"found {during[0]}, allowed: years after {before[-1]}"


def fiscal_years(path: tuple, years: Sequence[str]) -> Iterator[Fault]:
    """Texts that are no fiscal years, and years out of order."""
    for year in years:
        if (int(year[:4]) + 1) % 100 != int(year[5:]):
            yield path, f"found {year}, allowed: a fiscal year as 2009-10"
    if not _ascending(years):
        yield path, f"found {_listed(years)}, allowed: years in their order, each once"


def _months(window: Sequence[str]) -> Iterator[Fault]:
    if not _ascending(window):
        found = f"found {' to '.join(window)}"
        yield ("economics", "monthly_window"), f"{found}, allowed: a first month before the last"


def no_code(path: tuple, code: str) -> Iterator[Fault]:
    """A code that no row of an extract can have: some words mean nothing there."""
    if code in NO_CODES:
        yield path, f"found {code}, which stands for a missing value in the extracts, allowed: another code"


def as_read(code: str) -> str:
    """A code of a place as extracts are read: in capitals."""
    return " ".join(code.upper().split())


def code_ranges(codes: Mapping) -> Iterator[Fault]:
    """Ranges of codes that end before they begin."""
    named = {("codes", "known_exit_reasons"): codes["known_exit_reasons"]}
    named |= {("codes", "drugs", name): ranges for name, ranges in codes["drugs"].items()}
    for path, ranges in named.items():
        for low, high in ranges:
            if low > high:
                yield path, f"found {low} to {high}, allowed: a first code not above the last"


def _ascending(values: Sequence) -> bool:
    return all(one < other for one, other in pairwise(values))


def _listed(values: Sequence) -> str:
    return ", ".join(str(value) for value in values)
