"""Links between extracts: whether two that are joined belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from dscp.extracts.faults import fault
from dscp.extracts.sql import pattern
from dscp.extracts.types import ExtractType, Link


def unlinked(extracts: Iterable[ExtractType], copies: Mapping[str, str]) -> list[dict[str, Any]]:
    """A fault for each declared link by which no row finds another: the rules that join them would count nobody.

    Parameters
    ----------
    extracts : as declared
    copies : extract of the study -> its typed copy (Parquet); one without rows has been refused already
    """
    return [
        fault(
            extract.name,
            extract.name,
            link.column,
            f"no {link.to_column} of {link.to}",
            f"the same {link.column}s in both",
        )
        for extract in extracts
        for link in extract.links
        if extract.name in copies and link.to in copies and _apart(copies[extract.name], copies[link.to], link)
    ]


def _apart(copy: str, other: str, link: Link) -> bool:
    """Whether both have rows and none goes with another."""
    here, there = (f"read_parquet({pattern(path)})" for path in (copy, other))
    joined = f"SELECT 1 FROM {here} WHERE {link.column} IN (SELECT {link.to_column} FROM {there}) LIMIT 1"
    rows = [duckdb.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall() for table in (here, there)]
    return all(rows) and not duckdb.execute(joined).fetchall()
