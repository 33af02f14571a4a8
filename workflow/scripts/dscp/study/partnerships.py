"""The partnerships of a profile and its two spans, read from its configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from dateutil.relativedelta import relativedelta

from dscp.study.days import day, months_touched

SPANS = {"pre": "baseline", "post": "year"}  # the periods that all reports share -> the setting of a profile


def partnerships(config: Mapping) -> dict[str, str]:
    """Code -> what it is called in print, the partnership of the profile first."""
    names = config.get("names", {})
    return {code: names.get(code, code) for code in (config["partnership"], *config["peers"])}


def travels(config: Mapping) -> bool:
    """Whether the year can be set beside the one that ended a quarter before: its first days are of the baseline.

    The files are looked through for gaps in both years, not between them; a review's baseline is made up.
    """
    follows = day(config["baseline"]["end"]) + dt.timedelta(days=1) == day(config["year"]["start"])
    return follows and "review" not in config


def a_quarter_before(year: Mapping) -> tuple[dt.date, dt.date]:
    """First and last day of the twelve months that began three calendar months before a year."""
    first = day(year["start"]) - relativedelta(months=3)
    return first, first + relativedelta(years=1) - dt.timedelta(days=1)


def months_of_year(year: Mapping) -> list[tuple[str, dt.date]]:
    """The calendar months that a year touches: as in ids (2011_04), and the first day."""
    first, last = day(year["start"]), day(year["end"])
    start = first.year * 12 + first.month - 1
    numbers = range(start, start + months_touched(first, last))
    days = [dt.date(number // 12, number % 12 + 1, 1) for number in numbers]
    return [(f"{one:%Y_%m}", one) for one in days]
