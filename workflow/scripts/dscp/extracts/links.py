"""Links between extracts: whether two that are joined belong together, and how many rows of each go with the other.

Ids may be written alike in one place or period and not in another. Each cell is right, and the rules that join count
nobody there: a place or a period of which no row goes with the other extract, where the others' do, is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from dscp.extracts.coverage import EXPECTED, IN_WORDS, period_of, places_of, stop_at
from dscp.extracts.faults import LINKED, NO_LINK, count, fault, information
from dscp.extracts.ids import DIGITS, SHORTER, WIDTH
from dscp.extracts.registry import EXTRACTS
from dscp.extracts.sql import pattern
from dscp.extracts.types import ExtractType, Link

ALIKE = "whoever is not found there counts as nobody: see whether ids are written alike"


def linked(
    extracts: Iterable[ExtractType], copies: Mapping[str, str], config: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What declared links come to: how many rows of each extract go with a row of the other.

    No row at all is a fault: the rules that join them would count nobody. A place or period without any is told, and so
    are ids that lost noughts in front which those of the other have.

    Parameters
    ----------
    extracts : as declared
    copies : extract of the study -> its typed copy (Parquet); one without rows has been refused already
    config : sites and periods of the study
    """
    findings = []
    for extract in extracts:
        for link in extract.links:
            if extract.name in copies and link.to in copies:
                findings += _of_link(extract.name, link, copies, config)
    return findings


def _of_link(name: str, link: Link, copies: Mapping[str, str], config: Mapping[str, Any]) -> list[dict[str, Any]]:
    ends = {name: link.column, link.to: link.to_column}
    tables = {end: f"read_parquet({pattern(copies[end])})" for end in ends}
    rows = {end: _rows(f"SELECT count(*) FROM {table}") for end, table in tables.items()}
    if not all(rows.values()):
        return []
    with_other = {}
    for here, there in ((name, link.to), (link.to, name)):
        other = f"SELECT {ends[there]} FROM {tables[there]}"
        with_other[here] = _rows(f"SELECT count(*) FROM {tables[here]} WHERE {ends[here]} IN ({other})")
    if not with_other[name]:
        found = f"0 of {rows[name]:,} rows with a {link.to_column} of the {rows[link.to]:,} rows of {link.to}"
        return [fault(name, name, link.column, found, f"the same {link.column}s in both")]
    least, share = stop_at(config, "linked_percent"), 100 * with_other[name] / rows[name]
    if least is not None and share < least:
        found = f"{with_other[name]:,} of {rows[name]:,} rows with a {link.to_column} of {link.to}"
        allowed = f"{least} per cent or more (validation.stop_at.linked_percent in the config)"
        return [fault(name, name, link.column, found, allowed)]
    return [
        *(count(here, f"{LINKED}{there}", with_other[here], column=ends[here])
          for here, there in ((name, link.to), (link.to, name))),
        *_lost_noughts(ends, copies, tables),
        *_without_any(ends, tables, config),
    ]  # fmt: skip


def _without_any(ends: Mapping[str, str], tables: Mapping[str, str], config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tell of a place, a period, or a place in a period of which no row goes with the other extract."""
    findings = []
    for here, there in (tuple(ends), tuple(reversed(ends))):
        if declared := EXTRACTS[here].coverage:
            known = places_of(declared, config)
            rows = duckdb.execute(f"""
                SELECT "{declared.place}", {period_of(declared, config)} AS period, count(*),
                    count(*) FILTER ({ends[here]} IN (SELECT {ends[there]} FROM {tables[there]}))
                FROM {tables[here]} GROUP BY ALL ORDER BY ALL
            """).fetchall()
            cells = {(place, period): (every, some) for place, period, every, some in rows if period and place in known}
            for (place, period), every, share in _silent(cells):
                where = f"{f' of {place}' if place else ''}{f' in {IN_WORDS[period]}' if period else ''}"
                found = f"none of {every:,} rows{where} goes with a row of {there}, where {share:.0%} of the others do"
                column = f"{ends[here]}, {declared.place if place else declared.day}"
                findings.append(information(here, here, column, found, ALIKE, rows=0, kind=NO_LINK))
    return findings


def _silent(cells: Mapping[tuple[str, str], tuple[int, int]]) -> list[tuple[tuple[str, str], int, float]]:
    """Periods ("", period), places (place, "") and both without a linked row where many are expected.

    Parameters
    ----------
    cells : place and period -> rows, and those that go with the other extract

    Returns
    -------
    Which, how many rows, and the share of all others that go with it; nothing of what a wider one tells.
    """
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for by_place, by_period in ((False, True), (True, False), (True, True)):
        groups: dict[tuple[str, str], list[int]] = {}
        for (place, period), numbers in cells.items():
            group = groups.setdefault((place * by_place, period * by_period), [0, 0])
            group[:] = map(sum, zip(group, numbers, strict=True))
        every, some = map(sum, zip(*groups.values(), strict=True)) if groups else (0, 0)
        for (place, period), (rows, linked_rows) in groups.items():
            told = found.keys() & {("", period), (place, "")}
            if not (linked_rows or told or rows == every) and rows * some / (every - rows) >= EXPECTED:
                found[place, period] = rows, some / (every - rows)
    return [(key, *numbers) for key, numbers in found.items()]


def _lost_noughts(
    ends: Mapping[str, str], copies: Mapping[str, str], tables: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Note the ids of one end that have fewer digits than the other's, of which some begin with noughts."""
    widths = {end: _width(copies[end], column) for end, column in ends.items()}
    findings = []
    for here, there in (tuple(ends), tuple(reversed(ends))):
        if widths[there] and not widths[here]:
            short = f"length({ends[here]}) < {widths[there]} AND {DIGITS.format(cell=ends[here])}"
            if rows := _rows(f"SELECT count(*) FROM {tables[here]} WHERE {short}"):
                found = f"fewer digits than the {widths[there]} of {there}, the noughts in front being lost"
                effect = "compared without noughts in front"
                findings.append(
                    information(here, here, f"{ends[here]} as given", found, effect, rows=rows, kind=SHORTER)
                )
    return findings


def _width(copy: str, column: str) -> int:
    """How many digits the ids of a column had that began with a nought, 0 if there were none."""
    noted = duckdb.execute(f"SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata({pattern(copy)})").fetchall()
    return int(dict(noted).get(f"{WIDTH}{column}", 0))


def _rows(statement: str) -> int:
    return duckdb.execute(statement).fetchall()[0][0]
