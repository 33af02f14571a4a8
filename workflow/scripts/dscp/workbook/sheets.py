"""The workbook as data: cover, contents, notes and one worksheet per numbered table, whatever format is written.

Source: the UK Government Analysis Function, "Making spreadsheets accessible" and "Symbols in tables". A worksheet has
its title in A1, what it holds below it, then one table with one row of heads, each head once; no cell is merged or
empty. A number is a number, rounded as it is printed, with a format that shows it as in print; what the report prints
in another way ("<0.01", "−ve", "[z]") is text, and explained above the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from markupsafe import Markup

from dscp.exhibits.book import MINUS, Book
from dscp.exhibits.tables import DrawnTable, plain_text
from dscp.printing.forms import FORMS, NOT_COMPUTED, number_shown
from dscp.run.inert import inert

COVER_WIDTH = 60  # characters
COVER, CONTENTS, NOTES = "Cover", "Contents", "Notes"
SECTION_HEAD, ROW_HEAD, NOTES_HEAD, NO_NOTES = "Section", "Item", "Notes", "none"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What gptables would take for a link or for a reference to a note.
MARKUP = (("](", "] ("), ("$$", "$ $"))
FOOTNOTE = re.compile(r'<span class="fn" role="note">\s*(.*?)</span>')
LONGEST_HEAD = 255  # characters, a limit of Excel's
NARROWEST, WIDEST = 9, 48  # characters of a column
TYPE, LEAST = 12, 8  # points: as typed, and the least in print
CHARACTER, ACROSS = 0.32, 25.7  # cm: of a column by character, at most; of a landscape page of A4 between its margins


@dataclass(frozen=True)
class Cell:
    """A cell: its text as printed; the number that it holds, in a printed form; or the worksheet that it links to."""

    text: str
    number: float | None = None
    form: str = ""
    to: str = ""

    @property
    def value(self) -> str | float | int:
        """What the cell holds: a whole number without decimals, another number, or the text."""
        if self.number is None:
            return self.text
        return int(self.number) if self.number.is_integer() else self.number


@dataclass(frozen=True)
class Sheet:
    """A worksheet with one table: title, lines below it, heads, rows. The first `stubs` columns are heads of rows."""

    name: str
    title: str
    lines: tuple[Cell, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    stubs: int = 1
    totals: frozenset[int] = frozenset()

    @property
    def table(self) -> str:
        """The name of the table: Table 7.10 -> Table_7_10."""
        return re.sub(r"\W", "_", self.name) if self.name not in (CONTENTS, NOTES) else f"{self.name}_table"

    def is_numeric(self, column: int) -> bool:
        """Whether a column holds numbers, and so stands to the right."""
        return column >= self.stubs and any(row[column].number is not None for row in self.rows)

    def width(self, column: int) -> int:
        """Characters that a column needs: its longest word or value, its head in about three lines, within limits."""
        texts = [line for row in self.rows for line in row[column].text.split("\n")]
        words = [word for text in (self.heads[column], *texts) for word in text.split()]
        needed = max(*map(len, words), *map(len, texts), len(self.heads[column]) // 3)
        return min(max(needed, NARROWEST), WIDEST)

    @property
    def pages(self) -> int:
        """How many pages wide it is printed, heads of rows on each: with so many no type is smaller than LEAST."""
        room = ACROSS / CHARACTER * TYPE / LEAST
        widths = [self.width(column) for column in range(len(self.heads))]
        repeated, pages, used = sum(widths[: self.stubs]), 1, 0.0
        for width in widths[self.stubs :]:
            used += width
            if used + repeated > room and used > width:
                pages, used = pages + 1, width
        return pages

    def height(self, row: int) -> int:
        """Lines of text that a row of the table needs; the heads are row -1."""
        texts = self.heads if row < 0 else [cell.text for cell in self.rows[row]]
        return max(lines(text, self.width(column)) for column, text in enumerate(texts))


@dataclass(frozen=True)
class Workbook:
    """A workbook: its properties, the lines of its cover and its worksheets."""

    title: str
    author: str
    created: str
    intro: tuple[Cell, ...]
    about: tuple[Cell, ...]
    sheets: tuple[Sheet, ...]
    language: str = "en-GB"


@dataclass
class _Notes:
    """The notes of all worksheets, numbered as they are met; the same words are one note."""

    where: dict[str, list[str]] = field(default_factory=dict)

    def reference(self, note: str, table: str) -> str:
        tables = self.where.setdefault(note, [])
        if table not in tables:
            tables.append(table)
        return f"[note {list(self.where).index(note) + 1}]"


def lines(text: str, width: int) -> int:
    """Lines that a text fills in a column of a width in digits: letters are narrower than digits on average."""
    return sum(max(len(wrap(line, width + width // 4)), 1) for line in text.split("\n"))


def workbook_of(book: Book, tables: Sequence[DrawnTable], texts: Mapping, author: str) -> Workbook:
    """The workbook of a report.

    Parameters
    ----------
    book : of the report, for the values of its quantities
    tables : all numbered tables, drawn; those without rows are named on the cover
    texts : the workbook's own words, as in workbook.yaml, drawn
    author : for the properties
    """
    notes = _Notes()
    drawn = [_table_sheet(table, book, texts, notes) for table in tables if table.bodies]
    sheets = (*_notes_sheets(notes, texts), *drawn)
    absent = [f"Table {table.number} is not in this workbook. {table.empty}" for table in tables if not table.bodies]
    return Workbook(
        title=safe(texts["title"]),
        author=author,
        created=str(book.config["programme"]["end"]),
        intro=_lines(texts["intro"]),
        about=(*_lines([*texts["about"], *absent]), Cell(safe(texts["to_contents"]), to=CONTENTS)),
        sheets=(_contents_sheet(sheets, texts), *sheets),
    )


def safe(text: str | Markup) -> str:
    """A text without elements and controls, which no program runs and gptables takes for nothing else.

    A typed cell of text is never run; the apostrophe of `inert` is for whoever saves the worksheet as CSV.
    """
    plain = NOT_XML.sub("", plain_text(FOOTNOTE.sub(r" (\1)", Markup.escape(text))))
    for sign, instead in MARKUP:
        plain = plain.replace(sign, instead)
    return inert(plain)


def number_format(form: str) -> str:
    """The number format that shows a number as the printed form does: positive; negative; zero.

    It shows the true minus sign, as in print.
    """
    f = FORMS[form]
    digits = "#,##0" + (f".{'0' * f.decimals}" if f.decimals > 0 else "")
    signs = ("+" if f.signed else "", MINUS, "")
    return ";".join(f"{_quoted(sign + f.prefix)}{digits}{_quoted(f.suffix)}" for sign in signs)


def _quoted(text: str) -> str:
    return f'"{text}"' if text else ""


def _lines(texts: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in map(safe, texts) if text)


def _table_sheet(table: DrawnTable, book: Book, texts: Mapping, notes: _Notes) -> Sheet:
    """One numbered table: sections and stubs become columns, spanning heads part of each head, marks a column."""
    rows = list(_rows(table))
    general = [notes.reference(safe(note), table.number) for mark, note in table.notes if not mark]
    marked = {mark: notes.reference(safe(note), table.number) for mark, note in table.notes if mark}
    sections = [SECTION_HEAD] if any(section for section, _ in rows) else []
    heads = unique([*sections, *(safe(stub) or ROW_HEAD for stub in table.stubs), *_heads(table)])
    stubs = len(sections) + len(table.stubs)
    cells = [
        [
            *([Cell(safe(section) or NOT_COMPUTED)] if sections else []),
            *(Cell(safe(head) or NOT_COMPUTED) for head in row["heads"]),
            *(_cell(cell, table.layout, book) for cell in row["cells"]),
        ]
        for section, row in rows
    ]
    if marked:
        said = [_marks(row["cells"], heads[stubs:], marked) for _, row in rows]
        cells = [[*row, Cell(text)] for row, text in zip(cells, said, strict=True)]
        heads = unique([*heads, NOTES_HEAD])
    return Sheet(
        name=f"Table {table.number}",
        title=" ".join([safe(Markup("Table {}: {}").format(table.number, table.title)), *general]),
        lines=_above(cells, bool(general or marked), _has_missing(rows), texts),
        heads=tuple(heads),
        rows=tuple(map(tuple, cells)),
        stubs=stubs,
        totals=frozenset(i for i, (_, row) in enumerate(rows) if row["total"]),
    )


def _rows(table: DrawnTable) -> Iterable[tuple[Markup | str, dict]]:
    """The rows of a table, each with the head of its section."""
    section: Markup | str = ""
    for row in (row for body in table.bodies for row in body):
        if row["section"]:
            section = row["section"]
        else:
            yield section, row


def _heads(table: DrawnTable) -> list[str]:
    """The heads of the columns, each with what spans it and its unit: 2007-09: Referrals, number."""
    over = [head for head, columns in table.spans for _ in range(columns)] or [""] * len(table.columns)
    comma, colon = Markup(", "), Markup(": ")
    return [
        safe(colon.join(filter(None, (above, comma.join(filter(None, (head, unit)))))))
        for above, (head, unit, _) in zip(over, table.columns, strict=True)
    ]


def unique(heads: Iterable[str]) -> list[str]:
    """Heads of which none is the same as another, whatever its case: a spreadsheet program needs that of a table."""
    found: dict[str, str] = {}
    for head in heads:
        head, number = head[: LONGEST_HEAD - 5], 1
        once = head
        while once.casefold() in found:
            number += 1
            once = f"{head} ({number})"
        found[once.casefold()] = once
    return list(found.values())


def _cell(cell: Mapping, layout: str, book: Book) -> Cell:
    part = cell["single"]
    if not part or not part["id"]:
        return Cell("\n".join(filter(None, map(safe, _told(cell, layout)))) or NOT_COMPUTED)
    number = number_shown(book.values[part["id"]], part["form"])
    return Cell(part["text"], number, part["form"] if number is not None else "")


def _told(cell: Mapping, layout: str) -> list[str]:
    """The lines of a text: its entries in lines where the report sets them so, else one after the other."""
    if cell["single"]:
        return list(cell["single"]["lines"])
    lines = cell["lines"] if layout == "lines" or cell["align"] == "text" else [cell["parts"]]
    return ["".join(map(_entry, line)) for line in lines]


def _entry(part: Mapping) -> str:
    return part["before"] + (part["text"] if part["id"] else "; ".join(part["lines"])) + part["after"]


def _marks(cells: Sequence[Mapping], heads: Sequence[str], marked: Mapping[str, str]) -> str:
    """Which notes a row's cells have: [note 4]: 2009-11: Referrals, number."""
    found: dict[str, list[str]] = {}
    for cell, head in zip(cells, heads, strict=True):
        for part in cell["parts"]:
            if part["mark"]:
                found.setdefault(marked[part["mark"]], []).append(head)
    return "\n".join(f"{note} {'; '.join(dict.fromkeys(those))}" for note, those in found.items()) or NO_NOTES


def _has_missing(rows: Iterable[tuple[Markup | str, dict]]) -> bool:
    """Whether a quantity of a table could not be computed."""
    parts = (part for _, row in rows for cell in row["cells"] for part in cell["parts"])
    return any(part["id"] and part["text"] == NOT_COMPUTED for part in parts)


def _above(rows: Iterable[Sequence[Cell]], has_notes: bool, missing: bool, texts: Mapping) -> tuple[Cell, ...]:
    """The lines between title and table: what is here, the shorthand that the table uses, the way back."""
    shorthand = {**texts["shorthand"], **({NOT_COMPUTED: texts["not_computed"]} if missing else {})}
    said = {cell.text for row in rows for cell in row if cell.number is None}
    used = [told for sign, told in shorthand.items() if any(text.startswith(sign) for text in said)]
    first = " ".join([texts["one_table"], *([texts["has_notes"]] if has_notes else [])])
    return (*_lines([first, *used]), Cell(safe(texts["to_contents"]), to=CONTENTS))


def _notes_sheets(notes: _Notes, texts: Mapping) -> list[Sheet]:
    """The worksheet of the notes, if there are any."""
    rows = [
        (Cell(f"[note {i}]"), Cell(note), Cell(", ".join(tables)))
        for i, (note, tables) in enumerate(notes.where.items(), start=1)
    ]
    heads = tuple(map(safe, texts["notes_heads"]))
    return [Sheet(NOTES, NOTES, _above([], False, False, texts), heads, tuple(rows))] if rows else []


def _contents_sheet(sheets: Sequence[Sheet], texts: Mapping) -> Sheet:
    """The worksheet of the contents, with a link to every other one."""
    listed = [(COVER, safe(texts["title"])), *((sheet.name, sheet.title) for sheet in sheets)]
    rows = [(Cell(name, to=name), Cell(safe(re.sub(r" \[note \d+\]", "", title)))) for name, title in listed]
    heads = tuple(map(safe, texts["contents_heads"]))
    return Sheet(CONTENTS, CONTENTS, _lines([texts["one_table"]]), heads, tuple(rows))
