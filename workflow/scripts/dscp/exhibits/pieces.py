"""Tables as wide as a page: what is too wide gets heads that break over lines, then goes on below itself.

How wide a table is set is estimated from its texts, a little too wide; what the typesetter made of it is looked at on
the drawn page (`pdf/placed.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import count, pairwise

from dscp.exhibits.tables import DrawnTable, plain_text, spans_of

PAGE = 464.0  # points: the type area of templates/print.css
INNER = (
    379.0  # the same without the margin for numbers of headings: where narrow tables stand, and those of few columns
)
FEW = 5
SIZE = {"dense": 8.0}  # points, by layout; 8.5 where it is not dense
GAP = {"dense": 0.6, "even": 0.3}  # ems between two columns, by layout; 0.9 in others
SMALL, CAPITAL = 0.5, 0.64  # ems of a letter or digit, of a capital in bold
STUB, WORD = 14.0, 9.0  # ems: how wide the heads of rows and a word may be where they break over lines
CONTINUED = " (continued)"
WRAPS = "wraps"


def pieces(table: DrawnTable) -> list[DrawnTable]:
    """A table as tables no wider than the page, columns shared out evenly; the first has its anchor, the last notes."""
    layouts = table.layout.split()
    if _width(table) <= (INNER if "narrow" in layouts or (not layouts and len(table.columns) < FEW) else PAGE):
        return [table]
    table = replace(table, layout=" ".join([*(name for name in layouts if name != "narrow"), WRAPS]))
    for number in count(1):
        bounds = [round(at * len(table.columns) / number) for at in range(number + 1)]
        parts = [_part(table, first, last) for first, last in pairwise(bounds)]
        if number >= len(table.columns) or all(_width(part) <= PAGE for part in parts):
            return [
                replace(
                    part,
                    anchor=part.anchor if at == 0 else "",
                    title=part.title + (CONTINUED if at else ""),
                    notes=part.notes if at == number - 1 else [],
                )
                for at, part in enumerate(parts)
            ]
    raise AssertionError("a table has a number of columns")


def _part(table: DrawnTable, first: int, last: int) -> DrawnTable:
    """Some neighbouring columns of a table."""
    over = [head for head, columns in table.spans for _ in range(columns)]
    return replace(
        table,
        spans=spans_of(over[first:last]),
        columns=table.columns[first:last],
        bodies=[[{**row, "cells": row["cells"][first:last]} for row in body] for body in table.bodies],
        width=len(table.stubs) + last - first,
    )


def _width(table: DrawnTable) -> float:
    """About how wide a table is set at least, in points."""
    wraps, layouts = WRAPS in table.layout.split(), table.layout.split()
    gap = next((GAP[name] for name in layouts if name in GAP), 0.9)
    size = next((SIZE[name] for name in layouts if name in SIZE), 8.5)
    rows = [row for body in table.bodies for row in body if not row["section"]]
    over = [head for head, columns in table.spans for _ in range(columns)] or [""] * len(table.columns)
    ems = [max(_word(head, wraps), _stub(rows, at, wraps or "even" in layouts)) for at, head in enumerate(table.stubs)]
    for at, (head, unit, align) in enumerate(table.columns):
        heads = max(_word(text, wraps) for text in (head, unit, *((over[at],) if over.count(over[at]) == 1 else ())))
        cells = (_cell(row["cells"][at], align, wraps) for row in rows)
        ems.append(max([heads, *cells]))
    return size * (sum(ems) + gap * len(ems))


def _stub(rows: Sequence[dict], at: int, wraps: bool) -> float:
    """Heads of rows stand in one line unless they break."""
    longest = max((_ems(row["heads"][at]) for row in rows if at < len(row["heads"])), default=0)
    return min(longest, STUB / len(rows[0]["heads"])) if wraps else longest


def _cell(cell: dict, align: str, wraps: bool) -> float:
    """Numbers stand in one line; a text breaks between its words."""
    texts = [
        text for part in cell["parts"] for text in (part["before"], part.get("text", ""), *part["lines"], part["after"])
    ]
    return max((_word(text, wraps) for text in texts), default=0) if align == "text" else sum(map(_ems, texts))


def _word(text: str, wraps: bool) -> float:
    """The longest word of a text, which breaks only where it has to."""
    longest = max(map(_ems, re.split(r"(?<=-)|[ \n]", plain_text(text))), default=0)
    return min(longest, WORD) if wraps else longest


def _ems(text: str) -> float:
    said = plain_text(text)
    return SMALL * len(said) + (CAPITAL - SMALL) * sum(one.isupper() for one in said)
