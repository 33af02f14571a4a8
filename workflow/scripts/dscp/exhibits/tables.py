"""Numbered tables as their macro needs them: texts made, heads spanned, rows grouped, notes collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from markupsafe import Markup

from dscp.exhibits.book import Book, anchor, from_where, raw, shown
from dscp.exhibits.declared import Entry, Exhibit, Row
from dscp.printing.forms import printed
from dscp.printing.origins import Place

# Heads of columns that only name a site or a year.
OWN_LABELS = ("{{ label }}", "{{ year_label }}")
HANGING, NOTED = 12, "noted"  # marks a to l are narrow enough to hang between two columns; of more, each has its room
GROUPED = 2  # heads of a row whose group has one of its own
LONGEST = 12  # rows under the head of their group

Text = Callable[[str, Mapping], Markup]


@dataclass(frozen=True)
class DrawnTable:
    """A table as its macro needs it: texts made, notes collected, heads spanned."""

    kind: str
    number: str
    anchor: str
    title: Markup
    layout: str
    stubs: tuple[str, ...]
    spans: list[tuple[Markup, int]]
    columns: list[tuple[Markup, Markup, str]]
    bodies: list[list[dict]]
    notes: list[tuple[str, Markup]]
    empty: str
    width: int


def draw(exhibit: Exhibit, book: Book, text: Text) -> DrawnTable:
    """Make an exhibit's texts and group its rows into bodies that stay together."""
    marks: dict[str, str] = {}
    rows = [_drawn_row(row, exhibit, book, text, marks) for row in exhibit.rows]
    general = [("", said) for note in exhibit.notes if (said := text(note, exhibit.variables))]
    columns = [
        (
            text(column.head, {**exhibit.variables, **column.variables}),
            text(column.unit, column.variables),
            column.align,
        )
        for column in exhibit.columns
    ]
    spans = [text(column.over, column.variables) for column in exhibit.columns]
    source: list[tuple[str, Markup]] = []  # a figure has the line below its drawing
    if exhibit.kind == "Table":
        book.places += _places(exhibit, rows, columns, spans)
        source = [("", said) for said in [from_where(book.sources_of(exhibit))] if said]
    return DrawnTable(
        kind=exhibit.kind,
        number=exhibit.number,
        anchor=anchor("table" if exhibit.kind == "Table" else "numbers", exhibit.number),
        title=text(exhibit.title, exhibit.variables),
        layout=f"{exhibit.layout} {NOTED}".strip() if len(marks) > HANGING else exhibit.layout,
        stubs=tuple(text(stub, exhibit.variables) for stub in exhibit.stubs),
        spans=spans_of(spans),
        columns=columns,
        bodies=_bodies(rows),
        notes=[*general, *((mark, Markup.escape(note)) for note, mark in marks.items()), *source],
        empty=exhibit.empty,
        width=len(exhibit.stubs) + len(exhibit.columns),
    )


def _aligned(exhibit: Exhibit) -> list[str]:
    return [column.align for column in exhibit.columns]


def _places(exhibit: Exhibit, rows: Sequence[dict], columns: Sequence[tuple], spans: Sequence[Markup]) -> list[Place]:
    """Where each quantity of a table stands; a cell of several quantities has no heads of their own."""
    heads = [
        "" if column.head in OWN_LABELS else plain_text(head) + (f" ({plain_text(unit)})" if unit else "")
        for column, (head, unit, _) in zip(exhibit.columns, columns, strict=True)
    ]
    found, section = [], ""
    for row, drawn in zip(exhibit.rows, rows, strict=True):
        section = plain_text(drawn["section"]) or section
        stub = ", ".join(head for head in row.heads if "{{" not in head)
        for cell, head, over in zip(row.cells, heads, spans, strict=not row.section):
            own = (stub, head, section, plain_text(over)) if len(cell) == 1 else ("",) * 4
            found += [Place(exhibit.number, entry.id, *own) for entry in cell if entry.id]
    return found


def plain_text(text: Markup | str) -> str:
    """A text without its elements."""
    return Markup(text).striptags()


def spans_of(heads: Sequence[Markup]) -> list[tuple[Markup, int]]:
    """Neighbouring equal heads become one: (head, columns)."""
    spans: list[tuple[Markup, int]] = []
    for head in heads:
        if spans and spans[-1][0] == head:
            spans[-1] = (head, spans[-1][1] + 1)
        else:
            spans.append((head, 1))
    return spans if any(head for head, _ in spans) else []


def _drawn_row(row: Row, exhibit: Exhibit, book: Book, text: Text, marks: dict[str, str]) -> dict:
    variables = {**exhibit.variables, **row.variables}
    if row.section:
        section = text(row.section, variables)
        return {"section": section, "heads": [], "cells": [], "group": row.section, "total": False}
    return {
        "section": "",
        "heads": [text(head, variables) for head in row.heads],
        "cells": [
            _drawn_cell(cell, align, f"{exhibit.kind} {exhibit.number}", book, marks)
            for cell, align in zip(row.cells, _aligned(exhibit), strict=True)
        ],
        "group": row.group,
        "total": row.total,
    }


def _drawn_cell(cell: Sequence[Entry], align: str, place: str, book: Book, marks: dict[str, str]) -> dict:
    parts = [_drawn_entry(entry, place, book, marks) for entry in cell]
    single = parts[0] if len(parts) == 1 and not (cell[0].before or cell[0].after) else None
    lines: list[list[dict]] = []
    for entry, part in zip(cell, parts, strict=True):
        if entry.joined:
            lines[-1].append(part)
        else:
            lines.append([part])
    return {"parts": parts, "lines": lines, "single": single, "align": align}


def _drawn_entry(entry: Entry, place: str, book: Book, marks: dict[str, str]) -> dict:
    if entry.tells:
        told, ids = entry.told(book.values)
        said = book.words(place, told, *ids)
        return {"id": "", "before": "", "after": "", "lines": (told,), "mark": "", "told": said}
    if not entry.id:
        return {"id": "", "before": entry.before, "after": entry.after, "lines": entry.lines, "mark": "", "told": ""}
    value = book.value(entry.id, f"{place}, row {entry.row}, column {entry.column}")
    printed_text = printed(value, entry.form)
    book.prints.append((place, entry.id, printed_text))
    note = book.notes.get(entry.id)
    mark = marks.setdefault(note, lettered(len(marks))) if note else ""
    return {
        "id": entry.id,
        "raw": raw(value),
        "form": entry.form,
        "origin": book.origins[entry.id],
        "text": shown(printed_text),
        "before": entry.before,
        "after": entry.after,
        "lines": (),
        "mark": mark,
        "told": "",
    }


def lettered(at: int) -> str:
    """The mark of a note by its place among the notes: a to z, then aa, ab ..."""
    return (lettered(at // len(ascii_lowercase) - 1) if at >= len(ascii_lowercase) else "") + (
        ascii_lowercase[at % len(ascii_lowercase)]
    )


def _bodies(rows: Sequence[dict]) -> list[list[dict]]:
    """Rows of one group stand together in one body; the first row's outer head spans them, and is soon said again."""
    bodies: list[list[dict]] = []
    for row in rows:
        joins = bodies and not row["section"] and (bodies[-1][0]["section"] or row["group"] == bodies[-1][0]["group"])
        if joins and (len(row["heads"]) < GROUPED or len(bodies[-1]) < LONGEST):
            bodies[-1].append(row)
        else:
            bodies.append([row])
    return bodies
