"""Coverage: whether rows go on, in every place and with every code, for as long as the study compares.

Each cell may be right while data stop before the period does, a place is renamed half way, or a code list changes. What
is declared of an extract (its places, its days) is walked; a silence is told where rows would be expected.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dscp.extracts.faults import CODE_CHANGES, INFORMATION, NO_ROWS, ONE_PERIOD, SILENT, cell, fault, information
from dscp.extracts.sql import literal
from dscp.study.areas import PERIODS, PRISON_CONTINUITY, areas
from dscp.study.days import day, months_touched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dscp.extracts.checks import Extract
    from dscp.extracts.types import Coverage

EXPECTED = 10  # rows, at the pace of the other months or places, where there are none: by chance once in 20,000 times
EXPECTED_OF_CODE = 20
SHORTEST = 3  # months
SHARE_MORE, ROWS_MORE = 0.2, 10  # missing in one period of a place: share above that of the other, and rows
IN_WORDS = {"pre": "the first period", "post": "the second period"}
TOLD = "what is missing there counts as nobody; if a code changed, give the place both in the config"


def coverage(extract: Extract) -> list[dict[str, Any]]:
    """Tell of silences, by place and month, and of columns that a place lacks in one period alone."""
    declared = extract.declared.coverage
    if not declared:
        return []
    place, month = f'"{declared.place}"', f"date_trunc('month', \"{declared.day}\")::DATE"
    rows: dict[str, dict[int, int]] = {}
    at = {month: position for position, month in enumerate(months(extract))}
    for where, when, number in extract.query(f"""
        SELECT {place}, {month} AS month, count(*) FROM records WHERE {_of_study(extract)} GROUP BY ALL ORDER BY ALL
    """):
        if when in at:
            rows.setdefault(where, {})[at[when]] = number
    return _silences(extract, rows, len(at)) + _missing_in_one_period(extract)


def months(extract: Extract) -> list[dt.date]:
    """The months of both periods, by their first days; what lies between the periods is not compared."""
    found = set()
    for name in PERIODS:
        first, last = (day(value) for value in extract.config["periods"][name][extract.declared.coverage.window])
        months_from = first.year * 12 + first.month - 1
        found |= {months_from + number for number in range(months_touched(first, last))}
    return [dt.date(number // 12, number % 12 + 1, 1) for number in sorted(found)]


def window(extract: Extract) -> tuple[dt.date, dt.date]:
    """The first day of the first period and the last day of the second, as the extract's rows are taken."""
    periods = [extract.config["periods"][name] for name in PERIODS]
    ends = [[day(value) for value in period[extract.declared.coverage.window]] for period in periods]
    return ends[0][0], ends[1][1]


def period_of(declared: Coverage, config: Mapping[str, Any]) -> str:
    """The period that a row is in, as SQL; NULL outside both."""
    ends = {name: [day(value) for value in config["periods"][name][declared.window]] for name in PERIODS}
    cases = " ".join(
        f"WHEN \"{declared.day}\" BETWEEN DATE '{first}' AND DATE '{last}' THEN {literal(name)}"
        for name, (first, last) in ends.items()
    )
    return f"CASE {cases} END"


def places(extract: Extract) -> list[str]:
    """The places of the study that rows are expected of."""
    return list(places_of(extract.declared.coverage, extract.config))


def places_of(declared: Coverage, config: Mapping[str, Any]) -> dict[str, str]:
    """The places of a study that rows are expected of, each with its area, the first of several."""
    every = areas(config["sites"])
    if declared.of_prisons:
        every = every[every["continuity"].isin(PRISON_CONTINUITY)]
    column = "prisons" if declared.place == "prison" else "dats"
    found: dict[str, str] = {}
    for area, listed in zip(every["area"], every[column], strict=True):
        found |= {place: area for place in listed if place not in found}
    return found


def _silences(extract: Extract, rows: dict[str, dict[int, int]], length: int) -> list[dict[str, Any]]:
    known = places(extract)
    every = {month: sum(rows.get(place, {}).get(month, 0) for place in known) for month in range(length)}
    whole = _silence({month: number for month, number in every.items() if number}, length)
    found = [(f"no row {_between(extract, *whole)}", whole)] if whole else []
    total = sum(every.values())
    for place in known:
        of_place = rows.get(place, {})
        if not of_place and len(known) > 1 and total / (len(known) - 1) >= EXPECTED:
            found.append((f"none of {place}, where the others have {total / (len(known) - 1):,.0f} on average", None))
        elif (silence := _silence(of_place, length)) and silence != whole:
            found.append((f"no row of {place} {_between(extract, *silence)}{_begins(extract, silence[0])}", silence))
    column = f"{extract.declared.coverage.day}, {extract.declared.coverage.place}"
    return [
        _told(extract, column, words, TOLD, SILENT if silence else NO_ROWS, "months_without_rows",
              silence[1] - silence[0] + 1 if silence else length)
        for words, silence in found
    ]  # fmt: skip


def stop_at(config: Mapping[str, Any], name: str) -> int | None:
    """From which size a finding stops the run; None where it never does."""
    return config.get("validation", {}).get("stop_at", {}).get(name)


def _told(extract: Extract, column: str, words: str, effect: str, kind: str, name: str, size: float) -> dict[str, Any]:
    """A remark, or a fault where the config says that one of its size stops the run."""
    limit = stop_at(extract.config, name)
    if limit is not None and size >= limit:
        allowed = f"less than {limit} (validation.stop_at.{name} in the config)"
        return fault(extract.name, extract.file, column, words, allowed)
    return information(extract.name, extract.file, column, words, effect, rows=0, kind=kind)


def _of_study(extract: Extract) -> str:
    """The condition on a row that it is of a place of the study."""
    listed = ", ".join(map(literal, places(extract))) or "NULL"
    return f'"{extract.declared.coverage.place}" IN ({listed})'


def _begins(extract: Extract, month: int) -> str:
    """Which other place begins in a month: "; S01Z begins then", "" where that is none or several."""
    declared, known = extract.declared.coverage, set(places(extract))
    first = months(extract)[month]
    begin = extract.query(f"""
        SELECT "{declared.place}" FROM records WHERE "{declared.place}" IS NOT NULL GROUP BY 1
        HAVING date_trunc('month', min("{declared.day}")) = DATE '{first}' AND count(*) > 1
    """)
    others = [place for (place,) in begin if place not in known]
    return f"; {cell(others[0])} begins then" if len(others) == 1 and month else ""


def _silence(months: dict[int, int], length: int) -> tuple[int, int] | None:
    """First and last month of the longest time without rows, where the pace of the rest lets expect many."""
    present = [-1, *sorted(months), length]
    empty, first, last = max((after - before - 1, before + 1, after - 1) for before, after in pairwise(present))
    if not months or empty < SHORTEST:
        return None
    pace = sum(months.values()) / (length - empty)
    return (first, last) if pace * empty >= EXPECTED else None


def _between(extract: Extract, first: int, last: int) -> str:
    every = months(extract)
    start, end = (f"{every[month]:%Y-%m}" for month in (first, last))
    if last < len(every) - 1:
        return f"from {start} to {end}"
    return f"from {start} on (the last is of {every[first - 1]:%Y-%m}, the study goes until {end})"


def _missing_in_one_period(extract: Extract) -> list[dict[str, Any]]:
    """Tell where a column that may be empty is empty in many rows of a place in one period, and not in the other."""
    declared, findings = extract.declared.coverage, []
    optional = [column.name for column in extract.declared.columns if column.missing == INFORMATION]
    if not optional:
        return []
    counts = ", ".join(f'count(*) - count("{name}")' for name in optional)
    period = period_of(declared, extract.config)
    by_place = f'SELECT "{declared.place}", {period} AS period, count(*), {counts} FROM records '
    by_place += f"WHERE {_of_study(extract)} GROUP BY ALL"
    cells = {(where, period): numbers for where, period, *numbers in extract.query(by_place) if period}
    for where in places(extract):
        if {(where, "pre"), (where, "post")} <= cells.keys():
            for here, there in (("pre", "post"), ("post", "pre")):
                (rows, *missing), (others, *less) = cells[where, here], cells[where, there]
                for name, many, few in zip(optional, missing, less, strict=True):
                    if many >= ROWS_MORE and many / rows - few / others >= SHARE_MORE:
                        found = f"no value in {many:,} of {rows:,} rows of {where} in {IN_WORDS[here]}, "
                        found += f"{few:,} of {others:,} in the other"
                        effect = "what a place lacks in one period alone moves its change"
                        column = f"{name}, {declared.place}"
                        points = 100 * (many / rows - few / others)
                        findings.append(_told(extract, column, found, effect, ONE_PERIOD, "missing_points", points))
    return findings


def day_of_codes(extract: Extract, name: str) -> str:
    """The column of the day on which the codes of a column are recorded."""
    column = next(one for one in extract.declared.columns if one.name == name)
    return column.recorded or extract.declared.coverage.day


def codes_that_come_and_go(extract: Extract, name: str, values: Any) -> list[dict[str, Any]]:
    """Tell of a code that is seen no more, or not before, within the time that the study compares.

    Parameters
    ----------
    values : the distinct values of the column, how many rows inside that time have each, their first and last day
    """
    start, end = window(extract)
    findings, length = [], months_touched(start, end)
    for value, number, first, last in values.itertuples(index=False):
        if not number:
            continue
        begins, stops = (months_touched(start, one.date()) - 1 for one in (first, last))
        pace = number / (stops - begins + 1)
        words = []
        if pace * (length - 1 - stops) >= EXPECTED_OF_CODE:
            words.append(f"no {cell(value)} after {last:%Y-%m}")
        if pace * begins >= EXPECTED_OF_CODE:
            words.append(f"no {cell(value)} before {first:%Y-%m}")
        effect = "a code list that changes within the periods moves what is compared"
        column = f"{name}, {day_of_codes(extract, name)}"
        findings += [
            information(extract.name, extract.file, column, one, effect, rows=0, kind=CODE_CHANGES) for one in words
        ]
    return findings
