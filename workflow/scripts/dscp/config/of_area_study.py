"""The config of a study of areas: what cannot be, and what follows from it for what all reports share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from dscp.config.impossible import LATEST, Fault, fiscal_years
from dscp.study.days import EARLIEST, day
from dscp.study.pilots import SPANS, area_key, panel_years, pilots


def completed(study: Mapping) -> dict:
    """With areas and periods as what is shared by all reports asks for them: each pilot is an area of its own."""
    sites = {key: {"label": name, "dats": [key], "named": "pilots"} for key, name in pilots(study).items()}
    periods = {period: _period(study[setting]) for period, setting in SPANS.items()}
    programme = {**study["programme"], "short_name": ""}
    shared = {"sites": sites, "periods": periods, "programme": programme}
    return {**study, "measures": [], "definitions": {}, "codes": {}, **shared}


def _period(years: list[str]) -> dict:
    """What fiscal years are called together (2010-12 from 2010-11 to 2011-12), their first day and their last."""
    return {
        "label": f"{years[0][:4]}{years[-1][4:]}",
        "outcomes": [f"{years[0][:4]}-04-01", f"{int(years[-1][:4]) + 1}-03-31"],
    }


def impossible(study: Mapping) -> Iterator[Fault]:
    """Days out of time, and texts that are no fiscal years."""
    start, end = (day(study["programme"][name]) for name in ("start", "end"))
    if not EARLIEST <= start < end <= LATEST:
        yield (
            ("programme",),
            f"found {start} to {end}, allowed: days from {EARLIEST} to {LATEST}, the first before the last",
        )
    for setting in (*SPANS.values(), "panel"):
        yield from fiscal_years((setting,), study[setting])


def contradictions(study: Mapping) -> Iterator[Fault]:
    """A pilot twice, years that do not follow on each other, a panel without the years that are compared."""
    before, after = study["before"], study["after"]
    names = list(map(area_key, study["pilots"]))
    for position, name in enumerate(names):
        if name in names[:position]:
            yield ("pilots", position), f"found {study['pilots'][position]} twice, allowed: each pilot once"
    for one, other in pairwise([*before, *after]):
        if int(other[:4]) != int(one[:4]) + 1:
            where = "before" if other in before else "after"
            yield (where,), f"found {other} after {one}, allowed: years before and after that follow on each other"
    if day(study["programme"]["start"]) <= day(study["periods"]["pre"]["outcomes"][1]):
        start = study["programme"]["start"]
        yield (
            ("before",),
            f"found {before[-1]}, in which the programme starts ({start}), allowed: years that ended before",
        )
    if lacks := [year for year in (*before, *after) if year not in panel_years(study)]:
        yield ("panel",), f"found no {', '.join(lacks)}, allowed: a span that holds the years before and after"
