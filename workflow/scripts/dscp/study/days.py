"""Days, months and years of the study, as the config names them."""

from __future__ import annotations

import datetime as dt

EARLIEST = dt.date(1990, 1, 1)  # of records


def day(value: str | dt.date) -> dt.date:
    """A date of the config, whichever way the YAML reader gave it."""
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def months_touched(first: dt.date, last: dt.date) -> int:
    """The number of calendar months from one day to another, both included."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def whole_months(first: str | dt.date, last: str | dt.date) -> int:
    """Months from a first to a last day, both included: 18 from 1 October 2007 to 31 March 2009."""
    after = day(last) + dt.timedelta(days=1)
    return 12 * (after.year - day(first).year) + after.month - day(first).month


def months_of(year: str) -> list[str]:
    """The months of a fiscal year, as the ids name both: y2009_10 -> 2009_04 … 2010_03."""
    first = int(year[1:5])
    return [f"{first}_{month:02d}" for month in range(4, 13)] + [f"{first + 1}_{month:02d}" for month in range(1, 4)]


def year_key(fiscal_year: str) -> str:
    """2009-10 -> y2009_10, as in the ids."""
    return "y" + fiscal_year.replace("-", "_")


def whole_quarters(first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each calendar quarter that lies whole between two days, both included."""
    starts = [dt.date(year, month, 1) for year in range(first.year, last.year + 2) for month in (1, 4, 7, 10)]
    ends = [after - dt.timedelta(days=1) for after in starts[1:]]
    return [(start, end) for start, end in zip(starts, ends, strict=False) if first <= start and end <= last]


def fiscal_year(of: dt.date) -> str:
    """The fiscal year that a day is in: 2011-12."""
    first = of.year - (of.month < 4)
    return f"{first}-{(first + 1) % 100:02d}"
