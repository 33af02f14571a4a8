"""Reading an extract into one typed DuckDB table, in a single pass over each file.

Every cell is read as text and cast in SQL. A cell that cannot be read, or that holds no allowed value of a column
where that only loses information, is NULL in the typed table and is kept as it was found in `cast_faults`.
Tables: `typed` has the columns of the schema, `file` (position of the source in the config) and `cast_faults`; the
view `records` adds `record`, a row's number within its file (for a CSV file, line = record + 1); `unreadable` has one
row per cell that was not kept; `dropped` names the records that a check leaves out of the copy.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pandera.pandas as pa
from _faults import SHOWN, fault, information

CSV_OPTIONS = "auto_detect=false, header=true, delim=',', quote='\"', escape='\"', nullstr=['', 'NA', 'NULL']"
LONGEST_HEADER = 1_000_000  # characters
FORMATS = {".csv": "csv", ".gz": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
XLSX_EXTRACTS = ("triage_quarters",)

DATE_FORMATS = "['%Y-%m-%d', '%d/%m/%Y', '%Y-%m-%d 00:00:00']"
MONTH_FORMATS = "['%Y-%m', '%m/%Y', '%Y-%m-%d', '%d/%m/%Y', '%Y-%m-%d 00:00:00']"
DATE_SQL = f"coalesce(try_strptime({{raw}}, '%Y-%m-%d'), try_strptime(trim({{raw}}), {DATE_FORMATS}))::DATE"
INTEGER_SQL = """CASE
    WHEN contains({raw}, '.') THEN TRY_CAST(regexp_extract({raw}, '^\\s*(-?\\d+)\\.0*\\s*$', 1) AS INTEGER)
    ELSE TRY_CAST({raw} AS INTEGER)
END"""
CASTS = {
    "id": ("VARCHAR", "nullif(trim({raw}), '')"),
    "text": ("VARCHAR", "nullif(trim({raw}), '')"),
    "code": ("VARCHAR", "nullif(upper(trim({raw})), '')"),
    "key": ("VARCHAR", "nullif(replace(replace(lower(trim({raw})), ' ', '_'), '-', '_'), '')"),
    "flag": (
        "VARCHAR",
        """CASE upper(trim({raw}))
    WHEN 'Y' THEN 'Y' WHEN 'N' THEN 'N' WHEN 'YES' THEN 'Y' WHEN 'NO' THEN 'N' WHEN '1' THEN 'Y' WHEN '0' THEN 'N'
    WHEN 'TRUE' THEN 'Y' WHEN 'FALSE' THEN 'N'
END""",
    ),
    "date": ("DATE", DATE_SQL),
    "quarter": ("DATE", DATE_SQL),
    "month": ("DATE", f"date_trunc('month', try_strptime(trim({{raw}}), {MONTH_FORMATS}))::DATE"),
    "fiscal_year": (
        "VARCHAR",
        """CASE WHEN regexp_matches(trim({raw}), '^\\d{{4}}[-/](\\d\\d)?\\d\\d$')
    AND (TRY_CAST(left(trim({raw}), 4) AS INTEGER) + 1) % 100 = TRY_CAST(right(trim({raw}), 2) AS INTEGER)
    THEN left(trim({raw}), 4) || '-' || right(trim({raw}), 2)
END""",
    ),
    "integer": ("INTEGER", INTEGER_SQL),
    "count": ("INTEGER", INTEGER_SQL.replace("{raw}", "replace({raw}, ',', '')")),
    "amount": ("DOUBLE", "TRY_CAST(replace(replace({raw}, ',', ''), '£', '') AS DOUBLE)"),
}
NEVER_UNREADABLE = ("id", "text", "code", "key")


@dataclass
class Source:
    """One file of an extract.

    Attributes
    ----------
    path : where it is read
    name : what it is called in messages: the path as configured
    format : csv, parquet or xlsx
    columns : schema column -> the header it stands under, and its position
    width : number of columns in the file
    rows : number of records, once read
    """

    path: str
    name: str
    format: str
    columns: dict[str, tuple[str, int]] = field(default_factory=dict)
    width: int = 0
    rows: int = 0
    frame: pd.DataFrame | None = None

    def line(self, record: int) -> str:
        """Where a record stands: its line, or "record N" where lines and records do not go together."""
        return str(record + 1) if self._lines_are_records else f"record {record}"

    @property
    def _lines_are_records(self) -> bool:
        if self.format == "csv" and not hasattr(self, "_lines"):
            self._lines = _line_count(self.path)
        return self.format == "xlsx" or (self.format == "csv" and self._lines == self.rows + 1)


def connect(temp_directory: str) -> duckdb.DuckDBPyConnection:
    """Return a connection that spills to disk beyond 2.5 GB, keeps the order of rows and fetches nothing."""
    settings = {
        "threads": 2,
        "memory_limit": "2.5GB",
        "temp_directory": temp_directory,
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(config=settings)


def open_source(
    con: duckdb.DuckDBPyConnection, path: str, name: str, schema: pa.DataFrameSchema
) -> tuple[Source, list[dict[str, Any]]]:
    """Read the header of one file and find the schema's columns in it.

    Returns
    -------
    The source, and the findings: faults where it cannot be read or lacks a column, information on extra columns.
    """
    extract = schema.name
    source = Source(path, name, FORMATS.get(Path(path).suffix.lower(), ""))
    allowed = "a CSV or Parquet file" + (", or XLSX" if extract in XLSX_EXTRACTS else "")
    if not source.format or (source.format == "xlsx" and extract not in XLSX_EXTRACTS):
        return source, [fault(extract, name, "", f"a file of type {Path(path).suffix or 'unknown'}", allowed)]
    if not Path(path).stat().st_size:
        return source, [fault(extract, name, "", "an empty file", "a header and at least one row")]
    try:
        header = _header(con, source)
    except (UnicodeDecodeError, csv.Error):
        return source, [fault(extract, name, "", "a header that is not text in UTF-8", "CSV in UTF-8")]
    except Exception as error:  # whatever a damaged file makes its reader raise ends in one line, not in a traceback
        return source, [fault(extract, name, "", f"a file that cannot be read ({type(error).__name__})", allowed)]
    source.width = len(header)
    return source, _match_header(source, header, schema)


def load(con: duckdb.DuckDBPyConnection, schema: pa.DataFrameSchema, sources: list[Source]) -> list[dict[str, Any]]:
    """Read the sources into the table `typed`, and lay the view `records` (with `line`) over it.

    Returns
    -------
    Faults of files that could not be read to the end; the table is then empty.
    """
    definitions = ", ".join(f'"{name}" {_cast(column)[0]}' for name, column in schema.columns.items())
    kept_cells = 'cast_faults STRUCT("column" VARCHAR, found VARCHAR)[]'
    con.execute(f"CREATE TABLE typed (file UTINYINT, {definitions}, {kept_cells})")
    faults = []
    for position, source in enumerate(sources):
        try:
            source.rows = con.execute(f"INSERT INTO typed {_typed_rows(con, position, source, schema)}").fetchone()[0]
        except duckdb.Error as error:
            faults += _unreadable_lines(con, source, schema, error)
    if faults:
        con.execute("TRUNCATE typed")
    con.execute(f"CREATE VIEW records AS SELECT rowid - {_first_row(sources)} + 1 AS record, * FROM typed")
    con.execute("""
        CREATE TABLE unreadable AS
        SELECT file, record, unnest(cast_faults, recursive := true) FROM records WHERE cast_faults IS NOT NULL
    """)
    con.execute("CREATE TABLE dropped (file UTINYINT, record BIGINT)")
    return faults


def unreadable_cells(
    con: duckdb.DuckDBPyConnection, column: str, condition: str = "true"
) -> tuple[int, list[tuple[int, int, str]]]:
    """Return how many cells of a column were not kept, and file, record and cell of the first ones."""
    cells = f"unreadable WHERE \"column\" = '{column}' AND ({condition})"
    rows = con.execute(f"SELECT count(*) FROM {cells}").fetchone()[0]
    first = f"SELECT file, record, found FROM {cells} ORDER BY file, record LIMIT {SHOWN}"
    return rows, con.execute(first).fetchall() if rows else []


def copy_records(con: duckdb.DuckDBPyConnection, schema: pa.DataFrameSchema, sources: list[Source], path: str) -> None:
    """Write the typed rows, with `file` and `line`, to the Parquet file that everything downstream reads."""
    names = ", ".join(f'"{name}"' for name in schema.columns)
    header = " ".join(f"WHEN {position} THEN {int(item.format != 'parquet')}" for position, item in enumerate(sources))
    line = f"(record + CASE file {header} ELSE 0 END)::INTEGER AS line" if sources else "record::INTEGER AS line"
    rows = f"SELECT file, {line}, {names} FROM records WHERE (file, record) NOT IN (FROM dropped)"
    con.execute(f"COPY ({rows}) TO {literal(path)} (FORMAT parquet, PARQUET_VERSION v2)")


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _cast(column: pa.Column) -> tuple[str, str]:
    return CASTS[column.metadata["kind"]]


def _header(con: duckdb.DuckDBPyConnection, source: Source) -> list[str]:
    if source.format == "parquet":
        described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({_pattern(source.path)})").fetchall()
        return [row[0] for row in described]
    if source.format == "xlsx":
        source.frame = _read_workbook(source.path)
        return list(source.frame.iloc[0].fillna("")) if len(source.frame) else []
    with _open(source.path) as file:
        start = io.TextIOWrapper(file, encoding="utf-8-sig", newline="").read(LONGEST_HEADER)
    return next(csv.reader(io.StringIO(start), strict=True), [])


def _match_header(source: Source, header: list[str], schema: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Find each column of the schema under its name or an alias, whatever the case, blanks and hyphens."""
    extract, name = schema.name, source.name
    known = {_plain(alias): column for column, spec in schema.columns.items()
             for alias in (column, *spec.metadata["aliases"])}  # fmt: skip
    findings, extra = [], []
    for position, title in enumerate(header):
        column = known.get(_plain(title))
        if column is None:
            extra.append(title)
        elif column in source.columns:
            found = f"two columns for {column}: {source.columns[column][0]} and {title}"
            findings.append(fault(extract, name, column, found, "one column", line="1"))
        else:
            source.columns[column] = (title, position)
    for column, spec in schema.columns.items():
        if column in source.columns:
            continue
        names = " or ".join([column, *spec.metadata["aliases"]])
        if spec.required:
            findings.append(fault(extract, name, column, "no such column", f"a column named {names}"))
        else:
            effect = f"every value is missing; expected {names}"
            findings.append(information(extract, name, column, "no such column", effect, rows=0))
    if extra:
        shown = ", ".join(_short(title) for title in extra[:SHOWN]) + (", ..." if len(extra) > SHOWN else "")
        found = f"{len(extra)} extra {'column' if len(extra) == 1 else 'columns'}"
        findings.append(information(extract, name, "", found, f"ignored: {shown}", rows=0))
    return findings


def _plain(title: str) -> str:
    return re.sub(r"[\s_-]+", "_", str(title).strip().casefold())


def _short(title: str) -> str:
    text = re.sub(r"\s+", " ", str(title)).strip() or "(no name)"
    return text if len(text) <= 40 else text[:40] + "..."


def _typed_rows(con: duckdb.DuckDBPyConnection, position: int, source: Source, schema: pa.DataFrameSchema) -> str:
    """Return the statement that reads one file and casts its cells: raw text, typed values, allowed values, faults."""
    kept = {name: condition for name, spec in schema.columns.items() if (condition := _keep(name, spec))}
    raw = ", ".join(f'{_raw(con, source, name)} AS "raw_{name}"' for name in schema.columns)
    typed = ", ".join(
        f'{_cast(spec)[1].format(raw=_quoted("raw_" + name))} AS "{name}"' for name, spec in schema.columns.items()
    )
    allowed = ", ".join(f'CASE WHEN {condition} THEN "{name}" END AS "{name}"' for name, condition in kept.items())
    replaced = f"* REPLACE ({allowed})" if allowed else "*"
    doubtful = [name for name, spec in schema.columns.items()
                if name in kept or spec.metadata["kind"] not in NEVER_UNREADABLE]  # fmt: skip
    lost = {name: f'"raw_{name}" IS NOT NULL AND "{name}" IS NULL' for name in doubtful}
    cells = ", ".join(
        f"""CASE WHEN {test} AND trim("raw_{name}") <> '' THEN {{'column': '{name}', 'found': "raw_{name}"}} END"""
        for name, test in lost.items()
    )
    any_lost = " OR ".join(f"({test})" for test in lost.values()) or "false"
    faults = f"CASE WHEN {any_lost} THEN list_filter([{cells}], lambda cell: cell IS NOT NULL) END" if cells else "NULL"
    names = ", ".join(f'"{name}"' for name in schema.columns)
    return f"""
        SELECT {position}, {names}, {faults}
        FROM (SELECT {replaced} FROM (SELECT *, {typed} FROM (SELECT {raw} FROM {_relation(con, position, source)})))
    """


def _keep(name: str, column: pa.Column) -> str:
    """Return the condition under which a typed value is kept; a year written with two digits is no year."""
    if column.metadata["kind"] in ("date", "quarter", "month"):
        return f"\"{name}\" >= DATE '1000-01-01'"
    return column.metadata["keep"].format(column=_quoted(name))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _raw(con: duckdb.DuckDBPyConnection, source: Source, column: str) -> str:
    """Return the expression of a cell as text, NULL where it is missing."""
    if column not in source.columns:
        return "NULL::VARCHAR"
    title, position = source.columns[column]
    if source.format != "parquet":
        return f"c{position}"
    text, described = f"{_quoted(title)}::VARCHAR", _parquet_types(con, source)[title]
    if described.startswith("TIMESTAMP"):
        text = f"strftime({_quoted(title)}, '%Y-%m-%d')"
    return f"CASE WHEN {text} NOT IN ('', 'NA', 'NULL') THEN {text} END"


def _parquet_types(con: duckdb.DuckDBPyConnection, source: Source) -> Mapping[str, str]:
    described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({_pattern(source.path)})").fetchall()
    return {row[0]: row[1] for row in described}


def _relation(con: duckdb.DuckDBPyConnection, position: int, source: Source, options: str = "") -> str:
    """Return the table function or view that gives the rows of one file, columns c0, c1, ... (Parquet: its own)."""
    if source.format == "parquet":
        return f"read_parquet({_pattern(source.path)})"
    if source.format == "xlsx":
        view = f"workbook_{position}"
        con.register(view, source.frame.iloc[1:].rename(columns=lambda number: f"c{number}"))
        return view
    columns = ", ".join(f"c{number}: 'VARCHAR'" for number in range(source.width))
    return f"read_csv({_pattern(source.path)}, {CSV_OPTIONS}, columns={{{columns}}}, {options or 'strict_mode=true'})"


def _pattern(path: str) -> str:
    """Return a path as a literal in which *, ? and [ stand for themselves."""
    return literal(re.sub(r"([*?\[])", r"[\1]", path))


def _first_row(sources: list[Source]) -> str:
    """Return the expression for the table's row at which each file begins."""
    begins, cases = 0, []
    for position, source in enumerate(sources):
        cases.append(f"WHEN {position} THEN {begins}")
        begins += source.rows
    return f"CASE file {' '.join(cases)} ELSE 0 END"


def _unreadable_lines(
    con: duckdb.DuckDBPyConnection, source: Source, schema: pa.DataFrameSchema, error: duckdb.Error
) -> list[dict[str, Any]]:
    """Name every line that is not a record of the header's width; never print the line."""
    extract = schema.name
    unreadable = fault(
        extract,
        source.name,
        "",
        f"a file that cannot be read ({type(error).__name__})",
        "a readable CSV or Parquet file",
    )
    if source.format != "csv":
        return [unreadable]
    try:
        con.execute(f"SELECT count(c0) FROM {_relation(con, 0, source, 'strict_mode=true, store_rejects=true')}")
        rejected = con.execute(
            "SELECT line_byte_position, line, max(error_type) FROM reject_errors GROUP BY ALL ORDER BY 1, 2"
        ).fetchall()
        con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    except duckdb.Error:
        return [unreadable]
    words = {
        "MISSING COLUMNS": "too few cells",
        "TOO MANY COLUMNS": "too many cells",
        "UNQUOTED VALUE": "a quote that is not closed or not doubled",
        "INVALID ENCODING": "text that is not UTF-8",
    }
    allowed = f"{source.width} cells in UTF-8, separated by commas"
    lines = _lines_at(source.path, [int(start) for start, _, _ in rejected[:SHOWN]])
    faults = [
        fault(extract, source.name, "", words.get(kind, "a line that cannot be read"), allowed, line=str(line))
        for line, (_, _, kind) in zip(lines, rejected[:SHOWN], strict=True)
    ]
    if len(rejected) > SHOWN:
        found = f"{len(rejected) - SHOWN:,} more lines that cannot be read"
        faults.append(fault(extract, source.name, "", found, allowed, rows=len(rejected) - SHOWN))
    return faults or [unreadable]


def _lines_at(path: str, starts: list[int]) -> list[int]:
    """Return the line numbers at ascending positions, in bytes, of a file."""
    lines, line, read = [], 1, 0
    with _open(path) as file:
        for start in starts:
            while read < start and (block := file.read(min(1 << 20, start - read))):
                line, read = line + block.count(b"\n"), read + len(block)
            lines.append(line)
    return lines


def _line_count(path: str) -> int:
    """Return the number of lines, without empty ones at the end."""
    lines, trailing = 1, 0
    with _open(path) as file:
        while block := file.read(1 << 22):
            text, ends = block.rstrip(b"\r\n"), block.count(b"\n")
            if text:
                lines, trailing = lines + trailing + text.count(b"\n"), 0
            trailing += ends - text.count(b"\n")
    return lines


def _open(path: str) -> Any:
    return gzip.open(path, "rb") if path.lower().endswith(".gz") else open(path, "rb")


def _read_workbook(path: str) -> pd.DataFrame:
    """Return the first sheet as text, its header being the first row; no formulas, only their stored values."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        rows = [[_workbook_text(value) for value in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()
    return pd.DataFrame(rows, dtype=object)


def _workbook_text(value: Any) -> str | None:
    if value is None:
        return None
    text = value.strftime("%Y-%m-%d") if hasattr(value, "strftime") else str(value).strip()
    return None if text in ("", "NA", "NULL") else text
