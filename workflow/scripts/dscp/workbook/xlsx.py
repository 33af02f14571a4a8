"""The workbook as XLSX, by gptables: the library of the UK statistics office for accessible spreadsheets."""

from __future__ import annotations

import datetime as dt
import io
from zipfile import ZipFile

import pandas as pd
from gptables import Cover, GPTable, GPWorkbook
from gptables.core.wrappers import GPWorksheet

from dscp.workbook.archives import repacked
from dscp.workbook.sheets import COVER, COVER_WIDTH, Cell, Sheet, Workbook, lines, number_format

CORE = "docProps/core.xml"
# Excel counts widths in digits of a smaller font than the theme's, heights in points.
WIDTH, LINE = 1.55, 15.75
A4, MARGIN = 9, 0.78  # inches: two centimetres
# Where a column's texts stand; one that may follow numbers keeps a little apart from them.
SIDES = {
    "right": {"align": "right", "valign": "top"},
    "left": {"align": "left", "valign": "top", "indent": 1},
    "first": {"align": "left", "valign": "top"},
}
LEVELS = 3  # of heads of rows that gptables knows; the last ones look least like headings
# Text stays text, whatever it looks like.
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def xlsx(workbook: Workbook) -> bytes:
    """Write a workbook; the same workbook gives the same bytes."""
    target = io.BytesIO()
    book = GPWorkbook(target, OPTIONS)
    created = dt.datetime.combine(dt.date.fromisoformat(workbook.created), dt.time())
    book.set_properties({"title": workbook.title, "author": workbook.author, "created": created})
    about, intro = (list(map(_written, lines)) for lines in (workbook.about, workbook.intro))
    cover = book.add_worksheet(COVER)
    cover.write_cover(Cover(workbook.title, intro, about, cover_label=COVER, width=COVER_WIDTH * WIDTH))
    for row, text in _long_lines(workbook):
        cover.set_row(row, lines(text, COVER_WIDTH) * LINE)
    _print_whole(cover)
    for sheet in workbook.sheets:
        _write(book.add_worksheet(sheet.name), sheet)
    book.close()
    return repacked(target.getvalue(), {CORE: _with_language(target, workbook.language)})


def _long_lines(workbook: Workbook) -> list[tuple[int, str]]:
    """The cover's lines with their rows: a title and a heading stand above them, another heading between them."""
    intro = [(row, line.text) for row, line in enumerate(workbook.intro, start=2)]
    return intro + [(row, line.text) for row, line in enumerate(workbook.about, start=len(intro) + 3)]


def _write(page: GPWorksheet, sheet: Sheet) -> None:
    """Write a worksheet, with columns and rows that show all of their text."""
    page.write_gptable(_table(sheet), auto_width=False)
    for column in range(len(sheet.heads)):
        page.set_column(column, column, sheet.width(column) * WIDTH)
    heads = len(sheet.lines) + 1
    for row in range(-1, len(sheet.rows)):
        page.set_row(heads + 1 + row, sheet.height(row) * LINE)
    page.repeat_rows(heads)
    if sheet.pages > 1:
        page.repeat_columns(0, sheet.stubs - 1)
    _print_whole(page, sheet.pages)


def _print_whole(page: GPWorksheet, pages: int = 1) -> None:
    """Print a worksheet in full, so many pages wide."""
    page.set_landscape()
    page.set_paper(A4)
    page.set_margins(left=MARGIN, right=MARGIN)
    page.fit_to_pages(pages, 0)


def _with_language(package: io.BytesIO, language: str) -> bytes:
    """The core properties with the workbook's language, which XlsxWriter does not write."""
    with ZipFile(package) as parts:
        core = parts.read(CORE).decode()
    return core.replace("</cp:coreProperties>", f"<dc:language>{language}</dc:language></cp:coreProperties>").encode()


def _table(sheet: Sheet) -> GPTable:
    frame = pd.DataFrame([[_written(cell) for cell in row] for row in sheet.rows], columns=sheet.heads, dtype=object)
    first, *legend = map(_written, sheet.lines)
    return GPTable(
        table=frame,
        table_name=sheet.table,
        title=sheet.title,
        instructions=first,
        legend=legend,
        index_columns={LEVELS - sheet.stubs + i: i - 1 for i in range(1, sheet.stubs + 1)},
        additional_formatting=list(_formats(sheet)),
    )


def _formats(sheet: Sheet) -> list[dict]:
    """Numbers to the right and as printed, everything at the top of its row, totals bold. Row 0 has the heads."""
    columns = range(len(sheet.heads))
    sides = [SIDES["right" if sheet.is_numeric(i) else "left" if i else "first"] for i in columns]
    aligned = [{"column": {"columns": [i], "format": side, "include_names": True}} for i, side in enumerate(sides)]
    totals = [{"row": {"rows": [i + 1], "format": {"bold": True}, "include_names": True}} for i in sheet.totals]
    numbers = [
        {"cell": {"cells": (i, j), "format": {"num_format": number_format(cell.form)}}}
        for i, row in enumerate(sheet.rows, start=1)
        for j, cell in enumerate(row)
        if cell.form
    ]
    return [*aligned, *totals, *numbers]


def _written(cell: Cell) -> str | float | int:
    """A cell as gptables takes it: a number, a text, or a link in its own notation."""
    return f"[{cell.text}](internal:'{cell.to}'!A1)" if cell.to else cell.value
