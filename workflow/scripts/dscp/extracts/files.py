"""The files of an extract: what they are, which header holds which column, and where a record stands in them."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import itertools
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pandera.pandas as pa

from dscp.extracts.faults import EXPECTED, FAULT, NO_COLUMN, SHOWN, UNREAD, fault, information, nearest
from dscp.extracts.faults import title as as_title
from dscp.extracts.limits import AS_CSV, FEW_ROWS, MOST_COLUMNS, opened, too_much
from dscp.extracts.sql import pattern
from dscp.study.given import Given

NOTE = re.compile(rb'(?=.*[A-Za-z])[^,"]+ [^,"]+')
LONGEST_HEADER = 100_000  # characters
TITLES = 15  # lines that may stand above a header
HEADER_BELOW = "the header below"  # what is found where a line says it
FEWEST_NAMED = 2  # columns that a line has to name to be taken for the header
FORMATS = {".csv": "csv", ".gz": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
ALLOWED = "a CSV, Parquet or XLSX file"
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "upright strokes"}
AROUND = re.compile(
    r"^[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+\Z"
)  # blanks, also such as take no room


@dataclass
class Source:
    """One file of an extract.

    Attributes
    ----------
    path : where it is read, of a CSV file from its header on
    extract : name of the extract
    given : what the config says of it; its path there, and its name in messages
    format : csv, parquet or xlsx
    columns : schema column -> the header it stands under, and its position
    width : number of columns in the file
    rows : number of records, once read
    notes : lines below the records that are none
    next_rows : the first rows below the header, as texts
    frame, sheet : of a workbook, what was read, and the name of the sheet if there are others
    """

    path: str
    extract: str
    given: Given
    format: str
    columns: dict[str, tuple[str, int]] = field(default_factory=dict)
    width: int = 0
    rows: int = 0
    notes: int = 0
    next_rows: list[list[str]] = field(default_factory=list)
    frame: pd.DataFrame | None = None
    sheet: str = ""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.given.name

    @property
    def above(self) -> int:
        """How many lines stand above its first record: titles and the header."""
        return 0 if self.format == "parquet" else self.given.skip + 1

    def line(self, record: int) -> str:
        """Where a record stands: its line, or "record N" where lines and records do not go together."""
        return str(record + self.above) if self._lines_are_records else f"record {record}"

    @property
    def _lines_are_records(self) -> bool:
        if self.format == "csv" and not hasattr(self, "_lines"):
            self._lines = _line_count(self.path)
        return self.format == "xlsx" or (self.format == "csv" and self._lines == self.rows + 1)


def open_source(
    con: duckdb.DuckDBPyConnection, path: str, given: Given, schema: pa.DataFrameSchema
) -> tuple[Source, list[dict[str, Any]]]:
    """Read the header of one file and find the schema's columns in it.

    Parameters
    ----------
    path : where the file is read
    given : its path in the config, and what the config says of it

    Returns
    -------
    The source, and the findings: faults where it cannot be read or lacks a column, information on extra columns.
    """
    extract, name = schema.name, given.name
    source = Source(path, extract, given, FORMATS.get(Path(path).suffix.lower(), ""))
    if not source.format:
        return source, [fault(extract, name, "", f"a file of type {Path(path).suffix or 'unknown'}", ALLOWED)]
    if not Path(path).stat().st_size:
        return source, [fault(extract, name, "", "an empty file", "a header and at least one row")]
    if found := _no_such_thing(source) or too_much(path, source.format):
        return source, [fault(extract, name, "", *found)]
    try:
        header = _header(con, source, schema)
    except _Refused as error:
        return source, [fault(extract, name, "", *error.args)]
    except UnicodeError:
        return source, [fault(extract, name, "", "a header that is not text in UTF-8", "CSV in UTF-8")]
    except csv.Error:
        return source, [fault(extract, name, "", "a header that is not a line of CSV", "CSV, each row on a line")]
    except Exception as error:  # whatever a damaged file makes its reader raise ends in one line, not in a traceback
        return source, [fault(extract, name, "", f"a file that cannot be read ({type(error).__name__})", ALLOWED)]
    source.width = len(header)
    if below := _header_below(source, header, schema):
        words, key = ("1 other line" if below == 1 else f"{below} other lines"), f"extracts.{extract}.skip"
        allowed = f"a header in the first line, or {key}: {source.given.skip + below} in the config"
        line = str(source.given.skip + below + 1)
        return source, [fault(extract, name, "", f"{HEADER_BELOW} {words}", allowed, line=line)]
    read = f"the sheet {as_title(source.sheet)} of several"
    sheets = [information(extract, name, "", read, "the others are not read", rows=0)] if source.sheet else []
    return source, _match_header(source, header, schema) + sheets


def _no_such_thing(source: Source) -> tuple[str, str] | None:
    """What the config says of a file that files of its format do not have: found, allowed."""
    if source.given.skip and source.format == "parquet":
        return "skip in the config, for a Parquet file", "skip for CSV and XLSX, which may have lines above the header"
    if source.given.sheet and source.format != "xlsx":
        return "sheet in the config, for a file without sheets", "sheet for XLSX"
    return None


class _Refused(Exception):
    """More than an extract has, or a sheet that is not what its keeper sees: what was found, what is allowed."""


def _header(con: duckdb.DuckDBPyConnection, source: Source, schema: pa.DataFrameSchema) -> list[str]:
    if source.format == "parquet":
        rows = con.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({pattern(source.path)})").fetchone()[0]
        if rows > FEW_ROWS and rows > Path(source.path).stat().st_size:
            raise _Refused(f"{rows:,} rows", "no more rows than bytes")
        described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({pattern(source.path)})").fetchall()
        return _columns([row[0] for row in described])
    if source.format == "xlsx":
        source.frame, source.sheet = _read_workbook(source, schema)
        rows = source.frame.iloc[1:TITLES].fillna("").astype(str)
        source.next_rows = rows.to_numpy().tolist()
        return list(source.frame.iloc[0].fillna("")) if len(source.frame) else []
    if source.given.skip:
        source.path = _below_titles(con, source)
    with opened(source.path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        start = text.read(LONGEST_HEADER)
    if len(start) == LONGEST_HEADER and not {"\n", "\r"} & set(start):
        raise _Refused(f"a first line of more than {LONGEST_HEADER:,} characters", "a header")
    lines = csv.reader(io.StringIO(start), strict=True)
    header = next(lines, [])
    with contextlib.suppress(csv.Error):  # what is no line of CSV is told where the records are read
        source.next_rows = list(itertools.islice(lines, TITLES - 1))
    if len(header) == 1 and (signs := other_separator(header[0])):
        raise _Refused(f"cells with {signs} between them", AS_CSV)
    "".join(header).encode()  # raises UnicodeError if the header, which alone matters here, is not UTF-8
    return _columns(header)


def _header_below(source: Source, header: list[str], schema: pa.DataFrameSchema) -> int:
    """How many lines, groups of columns or titles, stand above the line that is the header; 0 where none is missed.

    It is the header if it names more of the columns than the first line, and some columns that have to be there.
    """
    needed = _needed(source.given, schema)
    rows = [header, *source.next_rows]
    named = [_held(row, needed) for row in rows]
    best = named.index(max(named))
    return best if named[best] >= min(len(needed), FEWEST_NAMED) else 0


def other_separator(line: str) -> str:
    """What stands between the cells of a line where it is no comma, in words; "" where nothing else does."""
    return next((words for sign, words in SEPARATORS.items() if line.count(sign) > 1 and "," not in line), "")


def _below_titles(con: duckdb.DuckDBPyConnection, source: Source) -> str:
    """A copy of a CSV file without the lines above its header, over which the reader of records would stumble."""
    copy = _copy_beside(con)
    with opened(source.path) as file, open(copy, "wb") as rest:
        for _ in range(source.given.skip):
            file.readline()
        shutil.copyfileobj(file, rest)
    return str(copy)


def without_notes(con: duckdb.DuckDBPyConnection, source: Source) -> bool:
    """Have a CSV file read without the notes below its records ("1,204 rows affected"), if it has some.

    A note is a line of several words in one cell, in a file of several columns, without a quote, which may be the end
    of a cell. One word, or an id, may be all that is left of a record in a file that was cut off.
    """
    if source.width < FEWEST_NAMED:
        return False
    ends, end, notes = 0, 0, 0
    with opened(source.path) as file:
        for line in file:
            end += len(line)
            text = line.strip()
            if text and not NOTE.fullmatch(text):
                ends, notes = end, 0
            notes += bool(text) and ends < end
    if not notes or not ends:
        return False
    copy = _copy_beside(con)
    with opened(source.path) as file, open(copy, "wb") as rest:
        for line in file:
            if (ends := ends - len(line)) < 0:
                break
            rest.write(line)
    source.path, source.notes = str(copy), notes
    return True


def _copy_beside(con: duckdb.DuckDBPyConnection) -> Path:
    """A place for a copy of a file: where the connection spills to, and gone with that."""
    folder = Path(con.execute("SELECT current_setting('temp_directory')").fetchone()[0])
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{sum(1 for _ in folder.iterdir())}.below.csv"


def _columns(header: list[str]) -> list[str]:
    if len(header) > MOST_COLUMNS:
        raise _Refused(f"{len(header):,} columns", f"at most {MOST_COLUMNS:,}")
    return header


def _match_header(source: Source, header: list[str], schema: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Find each column of the schema under the header that the config names, or else under its name or an alias,
    whatever the case, blanks and hyphens."""
    extract, name, named = schema.name, source.name, source.given.columns
    known = {plain_title(alias): column for column, spec in schema.columns.items() if column not in named
             for alias in (column, *spec.metadata["aliases"])}  # fmt: skip
    known |= {plain_title(title): column for column, title in named.items()}
    findings, extra, families = [], [], (schema.metadata or {}).get("families", ())
    unread = sum(_of_a_family(title, families) and plain_title(title) not in known for title in header)
    for position, title in enumerate(header):
        column = known.get(plain_title(title))
        if column is None:
            extra += [] if _of_a_family(title, families) else [title]
        elif column in source.columns:
            found = f"two columns for {column}: {as_title(source.columns[column][0])} and {as_title(title)}"
            findings.append(fault(extract, name, column, found, "one column", line=str(source.given.skip + 1)))
        else:
            source.columns[column] = (title, position)
    for column, spec in schema.columns.items():
        if column in source.columns:
            continue
        names = " or ".join([column, *spec.metadata["aliases"]])
        if column in named:
            allowed = f"a header of the file; extracts.{extract}.columns.{column} in the config names this one"
            allowed += _meant(source, extra, named[column])
            findings.append(fault(extract, name, column, f"no column under {as_title(named[column])}", allowed))
        elif spec.required:
            settles = f"extracts.{extract}.columns.{column} in the config says under which header it stands"
            meant = _meant(source, extra, column, *spec.metadata["aliases"])
            findings.append(fault(extract, name, column, NO_COLUMN, f"a column named {names}; {settles}{meant}"))
        elif not families:
            effect = f"every value is missing{EXPECTED}{names}"
            findings.append(information(extract, name, column, NO_COLUMN, effect, rows=0))
    if any(finding["severity"] == FAULT for finding in findings):  # it may be no header but a row
        return findings
    if unread:
        found = f"{unread} known {'column' if unread == 1 else 'columns'} that nothing is made of"
        findings.append(information(extract, name, "", found, "not read", rows=0, kind=UNREAD))
    if extra:
        shown = ", ".join(map(as_title, extra[:SHOWN])) + (", ..." if len(extra) > SHOWN else "")
        found = f"{len(extra)} extra {'column' if len(extra) == 1 else 'columns'}"
        findings.append(information(extract, name, "", found, f"ignored: {shown}", rows=0, kind=UNREAD))
    return findings


def _meant(source: Source, extra: list[str], *names: str) -> str:
    """The header that a column may stand under, as the end of a message; "" where none is near, or a row may stand in
    the place of the header."""
    titles = [as_title(title) for title in extra if len(source.columns) >= FEWEST_NAMED]
    shown = [title for title in titles if not title.startswith("like ")]
    return next(filter(None, (nearest(name, shown) for name in names)), "")


def _of_a_family(title: str, families: tuple[str, ...]) -> bool:
    """Whether a header is one of those of a wide table that are known and not read."""
    return plain_title(title).startswith(families) if families else False


def plain_title(title: str) -> str:
    """A header whatever its letter case, blanks and hyphens."""
    return re.sub(r"[\s_-]+", "_", str(title).strip().casefold())


def lines_at(path: str, starts: list[int]) -> list[int]:
    """Return the line numbers at ascending positions, in bytes, of a file."""
    lines, line, read = [], 1, 0
    with opened(path) as file:
        for start in starts:
            while read < start and (block := file.read(min(1 << 20, start - read))):
                line, read = line + block.count(b"\n"), read + len(block)
            lines.append(line)
    return lines


def _line_count(path: str) -> int:
    """Return the number of lines, without empty ones at the end."""
    lines, trailing = 1, 0
    with opened(path) as file:
        while block := file.read(1 << 22):
            text, ends = block.rstrip(b"\r\n"), block.count(b"\n")
            if text:
                lines, trailing = lines + trailing + text.count(b"\n"), 0
            trailing += ends - text.count(b"\n")
    return lines


def not_utf8(path: str) -> int:
    """The first line that is no text in UTF-8; 0 if there is none."""
    with opened(path) as file:
        return next((number for number, line in enumerate(file, start=1) if not _is_utf8(line)), 0)


def _is_utf8(line: bytes) -> bool:
    try:
        return bool(line.decode()) or True
    except UnicodeDecodeError:
        return False


def mixed_line_ends(path: str) -> int:
    """The first line that does not end as the first one does (CRLF or LF); 0 if there is none."""
    with opened(path) as file:
        ends = [line.endswith(b"\r\n") for line in itertools.islice(file, 1)]
        return next((number for number, line in enumerate(file, start=2)
                     if line.endswith(b"\n") and [line.endswith(b"\r\n")] != ends), 0)  # fmt: skip


def _read_workbook(source: Source, schema: pa.DataFrameSchema) -> tuple[pd.DataFrame, str]:
    """Return a sheet as text, from its header on, and its name if there are others.

    It is what its keeper sees: the sheet that the config names, or of the sheets in sight the one that has the columns,
    without hidden rows. No formulas, only their stored values.
    """
    import openpyxl

    book = openpyxl.load_workbook(source.path, data_only=True)
    sheet = _sheet(book, source.given, schema)
    if hidden := sum(row.hidden for number, row in sheet.row_dimensions.items() if number <= sheet.max_row):
        words = f"{hidden:,} hidden {'row' if hidden == 1 else 'rows'} on the sheet {as_title(sheet.title)}"
        raise _Refused(words, "every row in sight: no filter, nothing hidden")
    above = source.given.skip + 1
    tall = [one for one in sheet.merged_cells.ranges if one.max_row > max(one.min_row, above)]
    if tall and (below := _titles_above(sheet, source.given, schema)):
        tall = [one for one in tall if one.max_row > above + below]  # a header of two rows is told as such
    if tall:
        words = f"cells merged over several rows on the sheet {as_title(sheet.title)}, the first being {tall[0].coord}"
        raise _Refused(words, "a value in every cell: take the cells apart and fill each")
    every = [_row_of_titles(sheet, above), *sheet.iter_rows(min_row=above + 1, values_only=True)]
    rows = [[workbook_text(value) for value in row] for row in every]
    others = len(book.worksheets) > 1 and not source.given.sheet
    return pd.DataFrame(rows, dtype=object), sheet.title if others else ""


def _titles_above(sheet: Any, given: Given, schema: pa.DataFrameSchema) -> int:
    """How many rows stand above the one that names every column that has to be there; 0 if none does."""
    needed = _needed(given, schema)
    first = given.skip + 1
    held = (_held(_row_of_titles(sheet, number), needed) for number in range(first, first + TITLES))
    return next((above for above, number in enumerate(held) if number == len(needed)), 0)


def _sheet(book: Any, given: Given, schema: pa.DataFrameSchema) -> Any:
    """The sheet that is read."""
    if given.sheet:
        named = [sheet for sheet in book.worksheets if plain_title(sheet.title) == plain_title(given.sheet)]
        if not named:
            titles = ", ".join(as_title(sheet.title) for sheet in book.worksheets)
            raise _Refused(f"no sheet {as_title(given.sheet)}, which the config names", f"one of {titles}")
        return named[0]
    seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    fit = [sheet for sheet in seen if _has_columns(sheet, given, schema)]
    if len(fit) > 1:
        names = ", ".join(as_title(sheet.title) for sheet in fit)
        raise _Refused(f"{len(fit)} sheets with the columns of the extract ({names})", "one, or sheet in the config")
    hidden = [sheet for sheet in book.worksheets if sheet not in seen and _has_columns(sheet, given, schema)]
    if hidden and not fit:
        words = f"the columns of the extract on the hidden sheet {as_title(hidden[0].title)} alone"
        raise _Refused(words, "a sheet in sight, or sheet in the config")
    return (fit or seen or book.worksheets)[0]


def _has_columns(sheet: Any, given: Given, schema: pa.DataFrameSchema) -> bool:
    """Whether the header of a sheet names every column that an extract needs."""
    needed = _needed(given, schema)
    return _held(_row_of_titles(sheet, given.skip + 1), needed) == len(needed)


def _needed(given: Given, schema: pa.DataFrameSchema) -> list[set[str]]:
    """The headers under which each column that has to be there may stand."""
    needed = {name: (name, *spec.metadata["aliases"]) for name, spec in schema.columns.items() if spec.required}
    needed |= {name: (title,) for name, title in given.columns.items()}
    return [set(map(plain_title, names)) for names in needed.values()]


def _held(header: Sequence[Any], needed: list[set[str]]) -> int:
    """How many of the columns that have to be there a row names."""
    seen = {plain_title(value) for value in header if value is not None}
    return sum(bool(seen & names) for names in needed)


def _row_of_titles(sheet: Any, number: int) -> list[Any]:
    """A row of a sheet as a header: where a cell reaches up over the rows above, what stands in it."""
    row = list(next(sheet.iter_rows(min_row=number, max_row=number, values_only=True), ()))
    for one in sheet.merged_cells.ranges:
        if one.min_row < number == one.max_row and one.min_col <= len(row):
            row[one.min_col - 1] = sheet.cell(one.min_row, one.min_col).value
    return row


def workbook_text(value: Any) -> str | None:
    """A cell of a workbook as a CSV file would have it."""
    if value is None:
        return None
    if hasattr(value, "strftime"):
        midnight = getattr(value, "time", datetime.time)() == datetime.time()
        text = value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    else:
        text = AROUND.sub("", str(value))
    return None if text in ("", "NA", "NULL") else text
