"""The workbook as XLSX, by gptables: the library of the UK statistics office for accessible spreadsheets."""

from __future__ import annotations

import datetime as dt
import io
from zipfile import ZipFile

import pandas as pd
from _packages import repacked
from _sheets import CONTENTS, COVER, Cell, Sheet, Workbook, number_format
from gptables import Cover, GPTable, GPWorkbook

CORE = "docProps/core.xml"
COVER_WIDTH = 85  # characters
# Excel counts widths in digits of a smaller font than the theme's.
WIDER = 1.25
# Text stays text, whatever it looks like.
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def xlsx(workbook: Workbook) -> bytes:
    """Write a workbook; the same workbook gives the same bytes."""
    target = io.BytesIO()
    book = GPWorkbook(target, OPTIONS)
    created = dt.datetime.combine(dt.date.fromisoformat(workbook.created), dt.time())
    book.set_properties({"title": workbook.title, "author": workbook.author, "created": created})
    about, intro = (list(map(_written, lines)) for lines in (workbook.about, workbook.intro))
    book.add_worksheet(COVER).write_cover(Cover(workbook.title, intro, about, cover_label=COVER, width=COVER_WIDTH))
    for sheet in workbook.sheets:
        page = book.add_worksheet(sheet.name)
        page.write_gptable(_table(sheet), auto_width=False)
        for column in range(len(sheet.heads)):
            page.set_column(column, column, sheet.width(column) * WIDER + 1)
    book.close()
    return repacked(target.getvalue(), {CORE: _with_language(target, workbook.language)})


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
        index_columns={3 - sheet.stubs + i + 1: i for i in range(sheet.stubs)},
        additional_formatting=list(_formats(sheet)),
    )


def _formats(sheet: Sheet) -> list[dict]:
    """Numbers to the right and as printed, everything at the top of its row, totals bold. Row 0 has the heads."""
    columns = range(len(sheet.heads))
    sides = [{"align": "right" if sheet.is_numeric(i) else "left", "valign": "top"} for i in columns]
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
