"""Links between extracts: whether two that are joined belong together, and how many rows of each go with the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from dscp.extracts.faults import LINKED, count, fault, information
from dscp.extracts.ids import DIGITS, WIDTH
from dscp.extracts.sql import pattern
from dscp.extracts.types import ExtractType, Link


def linked(extracts: Iterable[ExtractType], copies: Mapping[str, str]) -> list[dict[str, Any]]:
    """What declared links come to: how many rows of each extract go with a row of the other.

    No row at all is a fault: the rules that join them would count nobody. Ids that lost noughts in front which those of
    the other have are noted.

    Parameters
    ----------
    extracts : as declared
    copies : extract of the study -> its typed copy (Parquet); one without rows has been refused already
    """
    findings = []
    for extract in extracts:
        for link in extract.links:
            if extract.name in copies and link.to in copies:
                findings += _of_link(extract.name, link, copies)
    return findings


def _of_link(name: str, link: Link, copies: Mapping[str, str]) -> list[dict[str, Any]]:
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
    return [
        *(count(here, f"{LINKED}{there}", with_other[here], column=ends[here])
          for here, there in ((name, link.to), (link.to, name))),
        *_lost_noughts(ends, copies, tables),
    ]  # fmt: skip


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
                findings.append(information(here, here, f"{ends[here]} as given", found, effect, rows=rows))
    return findings


def _width(copy: str, column: str) -> int:
    """How many digits the ids of a column had that began with a nought, 0 if there were none."""
    noted = duckdb.execute(f"SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata({pattern(copy)})").fetchall()
    return int(dict(noted).get(f"{WIDTH}{column}", 0))


def _rows(statement: str) -> int:
    return duckdb.execute(statement).fetchone()[0]
