"""The config of a partnership's profile: what cannot be, and what follows from it for what all reports share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from dscp.config.impossible import Fault, as_read, code_ranges, no_code
from dscp.study.days import EARLIEST, day
from dscp.study.given import given
from dscp.study.kinds import REVIEWED, REVIEWED_FROM
from dscp.study.partnerships import SPANS, partnerships
from dscp.study.reports import COUNTS

OF_RECORDS = ("journeys", "submissions")  # extracts that a profile counts clients in
COUNTED_BY = ("re_presentation", "definitions", "codes", "models")  # settings of how it counts them


def completed(study: Mapping) -> dict:
    """With areas, periods and a programme, as what is shared by all reports asks for them.

    Each partnership is an area of its own; the baseline is the period before, the year the one after. Published counts
    have been counted: nothing is to be defined.
    """
    study = {**study, **_codes(study)}
    year, own = study["year"], study["partnership"]
    sites = {
        code: {"label": label, "dats": [code], "named": "partnership" if code == own else "peers"}
        for code, label in partnerships(study).items()
    }
    periods = {
        period: {"label": _label(study[span]), "outcomes": [study[span]["start"], study[span]["end"]]}
        for period, span in SPANS.items()
    }
    programme = {"name": study["title"], "short_name": "", "start": year["start"], "end": year["end"]}
    undefined = {name: {} for name in ("definitions", "codes", "models")}
    return {**undefined, **study, "measures": [], "sites": sites, "periods": periods, "programme": programme}


def _codes(study: Mapping) -> dict:
    """The partnership, its peers and who is given a name, by their codes as extracts are read.

    One that is not written as a code, Barnet for BARNET, is called as it is written.
    """
    written = {as_read(code): code for code in (study["partnership"], *study["peers"]) if code != as_read(code)}
    names = written | {as_read(code): name for code, name in study.get("names", {}).items()}
    codes = {"partnership": as_read(study["partnership"]), "peers": list(map(as_read, study["peers"]))}
    return codes | ({"names": names} if names else {})


def _label(span: Mapping) -> str:
    """2011-12 for a year from April to March, else its first and last month: 2011-01 to 2011-12."""
    first, last = day(span["start"]), day(span["end"])
    after = last + dt.timedelta(days=1)
    if (first.month, first.day) == (4, 1) and after == dt.date(first.year + 1, 4, 1):
        return f"{first.year}-{last.year % 100:02d}"
    return f"{first:%Y-%m} to {last:%Y-%m}"


def impossible(study: Mapping) -> Iterator[Fault]:
    """What belongs to another input, days out of time, spans that are no year, codes that no row can have."""
    yield from _of_its_input(study)
    today = dt.date.today()
    for span in SPANS.values():
        for end in ("start", "end"):
            if not EARLIEST <= day(study[span][end]) <= today:
                yield (span, end), f"found {study[span][end]}, allowed: a day from {EARLIEST} to {today}"
        first, last = day(study[span]["start"]), day(study[span]["end"])
        if last != year_after(first):
            yield (span, "end"), f"found {last}, allowed: {year_after(first)}, a year after its start"
    yield from no_code(("partnership",), study["partnership"])
    for position, code in enumerate(study["peers"]):
        yield from no_code(("peers", position), code)
    yield from code_ranges(study["codes"]) if study["codes"] else ()


def _of_its_input(study: Mapping) -> Iterator[Fault]:
    """Settings of how journeys are counted: all of them with journeys, none with counts that are published."""
    counts, records = COUNTS in study["extracts"], [name for name in OF_RECORDS if name in study["extracts"]]
    if counts and records:
        allowed = f"one of them, {COUNTS} standing in the place of {records[-1]}"
        yield ("extracts", COUNTS), f"found beside {records[-1]}, allowed: {allowed}"
        return
    for key in COUNTED_BY:
        if counts and study.get(key):
            yield (
                (key,),
                f"found with extracts.{COUNTS}, allowed: only with journeys or submissions, which it counts by",
            )
        elif not counts and not study.get(key):
            yield (key,), "missing key, needed with journeys or submissions"
    for span in SPANS.values() if counts else ():
        first = day(study[span]["start"])
        if (first.month, first.day) != (4, 1):
            allowed = f"1 April, as {COUNTS} are of years from April to March"
            yield (span, "start"), f"found {first}, allowed: {allowed}"


def year_after(first: dt.date) -> dt.date:
    """The last day of the twelve months that begin on a day; of those from 29 February the last of that month."""
    leap = (first.month, first.day) == (2, 29)
    return first.replace(year=first.year + 1, day=28 if leap else first.day) - dt.timedelta(days=0 if leap else 1)


def contradictions(study: Mapping) -> Iterator[Fault]:
    """A partnership beside itself, a baseline that is not before the year, two partnerships of one name."""
    if study["partnership"] in study["peers"]:
        yield ("peers",), f"found {study['partnership']}, allowed: other partnerships than the one of the profile"
    if day(study["baseline"]["end"]) >= day(study["year"]["start"]):
        yield ("baseline", "end"), f"found {study['baseline']['end']}, allowed: a day before the year's start"
    yield from _of_review(study)
    yield from _of_waits(study["definitions"].get("waits", {}))
    yield from _of_forms(study)
    known = partnerships(study)
    for code in study.get("names", {}):
        if code not in known:
            yield ("names", code), f"found {code}, allowed: the partnership or one of the peers"
    seen: dict[str, str] = {}
    for code, label in known.items():
        if label in seen:
            yield ("names", code), f"found the name of {seen[label]}, allowed: a name of its own"
        seen.setdefault(label, code)


def _of_waits(waits: Mapping) -> Iterator[Fault]:
    """A wait that ends on the day on which it begins; very long ones that are not longer than long ones."""
    if waits and waits["from"] == waits["to"]:
        yield ("definitions", "waits", "to"), f"found {waits['to']}, allowed: another day than the wait begins on"
    if waits and waits["weeks"][0] >= waits["weeks"][1]:
        found = ", ".join(map(str, waits["weeks"]))
        yield ("definitions", "waits", "weeks"), f"found {found}, allowed: fewer weeks first"


def _of_forms(study: Mapping) -> Iterator[Fault]:
    """Outcome forms without journeys of the same keys, or without what they are to tell; reviews out of order."""
    forms, defined = "outcome_forms" in study["extracts"], study["definitions"].get("outcomes")
    if forms and "submissions" in study["extracts"]:
        allowed = "with journeys: those made of submissions have keys of their own, which no form has"
        yield ("extracts", "outcome_forms"), f"found beside submissions, allowed: only {allowed}"
    if forms and not defined:
        yield ("definitions", "outcomes"), "missing key, needed with extracts.outcome_forms"
    elif defined and not forms:
        yield ("definitions", "outcomes"), "found without extracts.outcome_forms, allowed: only with that extract"
    elif defined and defined["review_days"][0] >= defined["review_days"][1]:
        found = ", ".join(map(str, defined["review_days"]))
        yield ("definitions", "outcomes", "review_days"), f"found {found}, allowed: the earlier day first"


def _of_review(study: Mapping) -> Iterator[Fault]:
    """A published review beside other journeys than those rebuilt from it, in another year; those alone."""
    rebuilt = REVIEWED in [one.path for one in given(study["extracts"].get("journeys", []))]
    if rebuilt != ("review" in study):
        found = f"found {REVIEWED}" if rebuilt else f"found {study['review']}"
        allowed = "with the setting review" if rebuilt else f"with {REVIEWED} as its journeys"
        yield ("extracts", "journeys") if rebuilt else ("review",), f"{found}, allowed: only {allowed}"
    elif rebuilt:
        first = day(REVIEWED_FROM)
        before = first.replace(year=first.year - 1)
        for span, start in (("year", first), ("baseline", before)):
            if day(study[span]["start"]) != start:
                yield (span, "start"), f"found {study[span]['start']}, allowed: {start}, the year of the review"
