"""Reading an extract into one typed DuckDB table, in a single pass over each file.

Every cell is read as text and cast in SQL. A cell that cannot be read, or that holds no allowed value of a column
where that only loses information, is NULL in the typed table and is kept as it was found in `cast_faults`.
Tables: `typed` has the columns of the schema, `file` (position of the source in the config) and `cast_faults`; the
view `records` adds `record`, a row's number within its file, and `line` (record + 1 below a header); `unreadable` has
one row per cell that was not kept; `dropped` names the records that a check leaves out of the copy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb
import pandera.pandas as pa

from dscp.extracts.faults import NOTES, SHOWN, fault, information
from dscp.extracts.faults import title as as_title
from dscp.extracts.files import Source, lines_at, mixed_line_ends, not_utf8, without_notes
from dscp.extracts.ids import CANONICAL, GIVEN, KIND, WIDTH
from dscp.extracts.mapped import read_as, same_form
from dscp.extracts.sql import literal, pattern

CSV_OPTIONS = "auto_detect=false, header=true, delim=',', quote='\"', escape='\"', nullstr=['', 'NA', 'NULL']"
DATE_FORMATS = "['%Y-%m-%d', '%d/%m/%Y', '%Y-%m-%d 00:00:00']"
MONTH_FORMATS = "['%Y-%m', '%m/%Y', '%Y-%m-%d', '%d/%m/%Y', '%Y-%m-%d 00:00:00']"
# A blank that no line breaks at, as pages of the web have it, is a blank; looked for first, as few cells hold one.
TRIMMED = "trim(CASE WHEN contains({raw}, chr(160)) THEN replace({raw}, chr(160), ' ') ELSE {raw} END)"
BLANKS = r"[\s\x{A0}]*"
# DuckDB takes epoch, infinity and -infinity for 1900-01-01: what sorts behind the digits, or has an i, is no day.
IS_DAY = "{raw} < ':' AND NOT contains({raw}, 'i')"
ISO = "try_strptime({raw}, '%Y-%m-%d')"
DATE_SQL = f"""CASE
    WHEN {ISO} > TIMESTAMP '1900-01-01' THEN {ISO}
    WHEN {IS_DAY} THEN coalesce({ISO}, try_strptime({TRIMMED}, {DATE_FORMATS}))
END::DATE"""
# DuckDB also reads 0x10, 1_000 and 1e2: where the number does not read as the cell, the cell has to be digits.
WHOLE = rf"""CASE WHEN TRY_CAST({{raw}} AS {{type}})::VARCHAR = {{raw}} THEN TRY_CAST({{raw}} AS {{type}})
    ELSE TRY_CAST(regexp_extract({{cell}}, '^{BLANKS}(-?\d+)(\.0*)?{BLANKS}$', 1) AS {{type}})
END"""
GROUPED = rf"'^({BLANKS}-?)(\d{{1,3}}),(\d{{3}})(?:,(\d{{3}}))?(?:,(\d{{3}}))?(\.\d*)?{BLANKS}$', '\1\2\3\4\5\6'"
POUNDS = f"""regexp_replace(replace({{raw}}, '£', ''), {GROUPED})"""
AMOUNT_SQL = rf"""TRY_CAST(CASE WHEN regexp_matches({{raw}}, '^-?\d+(\.\d+)?$') THEN {{raw}}
    ELSE regexp_extract({POUNDS}, '^{BLANKS}(-?\s*(\d+\.?\d*|\.\d+)){BLANKS}$', 1) END AS DOUBLE)"""
CASTS = {
    "id": ("VARCHAR", CANONICAL),
    "text": ("VARCHAR", "nullif(trim({raw}), '')"),
    "code": ("VARCHAR", f"nullif(upper({TRIMMED}), '')"),
    "key": ("VARCHAR", "nullif(replace(replace(lower(trim({raw})), ' ', '_'), '-', '_'), '')"),
    "flag": (
        "VARCHAR",
        f"""CASE upper({TRIMMED})
    WHEN 'Y' THEN 'Y' WHEN 'N' THEN 'N' WHEN 'YES' THEN 'Y' WHEN 'NO' THEN 'N' WHEN '1' THEN 'Y' WHEN '0' THEN 'N'
    WHEN '1.0' THEN 'Y' WHEN '0.0' THEN 'N'
    WHEN 'TRUE' THEN 'Y' WHEN 'FALSE' THEN 'N'
END""",
    ),
    "date": ("DATE", DATE_SQL),
    "quarter": ("DATE", DATE_SQL),
    "month": (
        "DATE",
        f"CASE WHEN {IS_DAY} THEN date_trunc('month', try_strptime({TRIMMED}, {MONTH_FORMATS}))::DATE END",
    ),
    "fiscal_year": (
        "VARCHAR",
        """CASE WHEN regexp_matches(trim({raw}), '^\\d{4}[-/](\\d\\d)?\\d\\d$')
    AND (TRY_CAST(left(trim({raw}), 4) AS INTEGER) + 1) % 100 = TRY_CAST(right(trim({raw}), 2) AS INTEGER)
    THEN left(trim({raw}), 4) || '-' || right(trim({raw}), 2)
END""",
    ),
    "integer": ("INTEGER", WHOLE.replace("{type}", "INTEGER").replace("{cell}", "{raw}")),
    "number": ("BIGINT", WHOLE.replace("{type}", "BIGINT").replace("{cell}", "{raw}")),
    "count": ("INTEGER", WHOLE.replace("{type}", "INTEGER").replace("{cell}", f"regexp_replace({{raw}}, {GROUPED})")),
    "amount": ("DOUBLE", AMOUNT_SQL),
}
REJECTED = """
    SELECT line_byte_position + strlen(csv_line) - strlen(ltrim(csv_line, chr(10) || chr(13))) AS start, max(error_type)
    FROM reject_errors GROUP BY start ORDER BY start
"""
NEVER_UNREADABLE = ("text", "code", "key")
DAYS = ("date", "quarter")
SLASHED = "slashed_"  # before the name of a column of days: whether a cell is written with strokes


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
    con = duckdb.connect(config=settings)
    con.execute("SET enable_progress_bar = false")
    con.execute("SET TimeZone = 'UTC'")
    return con


def load(con: duckdb.DuckDBPyConnection, schema: pa.DataFrameSchema, sources: list[Source]) -> list[dict[str, Any]]:
    """Read the sources into the table `typed`, and lay the view `records` (with `line`) over it.

    Returns
    -------
    Faults of files that could not be read to the end; the table is then empty.
    """
    types = [(name, _cast(column)[0]) for name, column in schema.columns.items()]
    types += [(name, kind) for name, kind, _ in _found(schema)]
    definitions = ", ".join(f'"{name}" {kind}' for name, kind in types)
    kept_cells = 'cast_faults STRUCT("column" VARCHAR, found VARCHAR)[]'
    con.execute(f"CREATE TABLE typed (file UTINYINT, {definitions}, {kept_cells})")
    faults = []
    for position, source in enumerate(sources):
        try:
            source.rows = _read(con, position, source, schema)
        except duckdb.Error as error:
            faults += _unreadable_lines(con, source, schema, error)
    if faults:
        con.execute("TRUNCATE typed")
    _number_rows(con, sources)
    con.execute("""
        CREATE TABLE unreadable AS
        SELECT file, record, unnest(cast_faults, recursive := true) FROM records WHERE cast_faults IS NOT NULL
    """)
    con.execute("CREATE TABLE dropped (file UTINYINT, record BIGINT)")
    return faults


def _read(con: duckdb.DuckDBPyConnection, position: int, source: Source, schema: pa.DataFrameSchema) -> int:
    """Read one file into `typed`, without notes below its records, over which the reader stumbles; return its rows."""
    try:
        return con.execute(f"INSERT INTO typed {_typed_rows(con, position, source, schema)}").fetchone()[0]
    except duckdb.Error:
        if source.format != "csv" or not without_notes(con, source):
            raise
    return con.execute(f"INSERT INTO typed {_typed_rows(con, position, source, schema)}").fetchone()[0]


def notes_below(sources: list[Source]) -> list[dict[str, Any]]:
    """Tell of the lines below the records of CSV files that are no records."""
    return [
        information(source.extract, source.name, "", NOTES, "not read", rows=source.notes, kind=NOTES)
        for source in sources
        if source.notes
    ]


def never_found(con: duckdb.DuckDBPyConnection, sources: list[Source]) -> list[dict[str, Any]]:
    """Tell of each value that the config says the meaning of and no cell of the file holds."""
    findings = []
    for position, source in enumerate(sources):
        for column, values in source.given.values.items():
            cell = same_form(raw_cell(con, source, column))
            forms = ", ".join(f"({literal(theirs)}, {same_form(literal(theirs))})" for theirs in values)
            held = f"SELECT {cell} AS form FROM {relation(con, position, source)}"
            never = f"SELECT theirs FROM (VALUES {forms}) AS mapped(theirs, form) ANTI JOIN ({held}) USING (form)"
            for (theirs,) in con.execute(f"{never} ORDER BY theirs").fetchall():
                found = f"no cell is {as_title(theirs)}"
                effect = "the config says what it means, under values; nothing is made of that"
                findings.append(information(source.extract, source.name, column, found, effect, rows=0))
    return findings


def no_records(con: duckdb.DuckDBPyConnection, condition: str) -> list[tuple[int, int]]:
    """Take rows for which a condition holds out of `records`; return file and record of each.

    They were never records: lines of commas, or a header within the file.
    """
    found = con.execute(f"SELECT file, record FROM records WHERE {condition} ORDER BY ALL").fetchall()
    if found:
        con.execute(f"CREATE OR REPLACE TABLE left_out AS SELECT file, record FROM records WHERE {condition}")
        con.execute("INSERT INTO dropped FROM left_out")
        con.execute(
            "DELETE FROM unreadable USING left_out AS l WHERE l.file = unreadable.file AND l.record = unreadable.record"
        )
        con.execute("CREATE OR REPLACE VIEW records AS FROM every_row ANTI JOIN dropped USING (file, record)")
    return found


def unreadable_cells(
    con: duckdb.DuckDBPyConnection, column: str, condition: str = "true"
) -> tuple[int, list[tuple[int, int, str]]]:
    """Return how many cells of a column were not kept, and file, record and cell of the first ones."""
    cells = f"unreadable WHERE \"column\" = '{column}' AND ({condition})"
    rows = con.execute(f"SELECT count(*) FROM {cells}").fetchone()[0]
    first = f"SELECT file, record, found FROM {cells} ORDER BY file, record LIMIT {SHOWN}"
    return rows, con.execute(first).fetchall() if rows else []


def copy_records(
    con: duckdb.DuckDBPyConnection, schema: pa.DataFrameSchema, path: str, widths: Mapping[str, int]
) -> None:
    """Write the typed rows, with `file` and `line`, to the Parquet file that everything downstream reads.

    `widths` are kept beside them: column of ids -> how many digits those had that began with a nought.
    """
    names = ", ".join(f'"{name}"' for name in schema.columns)
    kept = "ANTI JOIN dropped USING (file, record) ORDER BY file, record"
    some_dropped = con.execute("SELECT count(*) FROM dropped").fetchone()[0]
    rows = f"SELECT file, line::INTEGER AS line, {names} FROM every_row {kept if some_dropped else ''}"
    noted = ", ".join(f"{WIDTH}{column}: '{width}'" for column, width in widths.items())
    with_noted = f", KV_METADATA {{{noted}}}" if noted else ""
    con.execute(f"COPY ({rows}) TO {literal(path)} (FORMAT parquet, PARQUET_VERSION v2{with_noted})")


def _cast(column: pa.Column) -> tuple[str, str]:
    return CASTS[column.metadata["kind"]]


def _typed_rows(con: duckdb.DuckDBPyConnection, position: int, source: Source, schema: pa.DataFrameSchema) -> str:
    """Return the statement that reads one file and casts its cells: raw text, typed values, allowed values, faults.

    Two habits of DuckDB 2.0 shape it. A cast of a CSV column that is used nowhere else is moved into the CSV reader,
    where a failing TRY_CAST is an error: the raw text is therefore compared with what became of it. And a long IN list
    becomes a join, after which the rows are no longer in the order of the file.
    """
    kept = {name: condition for name, spec in schema.columns.items() if (condition := _keep(name, spec))}
    raw = ", ".join(f'{_unmarked(con, source, name, spec)} AS "raw_{name}"' for name, spec in schema.columns.items())
    called = {name: spec.metadata["called"] for name, spec in schema.columns.items() if spec.metadata["called"]}
    mapped = read_as(source, called)
    read = "".join(f', {sql} AS "read_{name}"' for name, sql in mapped.items())
    cell = {name: f'"{"read" if name in mapped else "raw"}_{name}"' for name in schema.columns}
    typed = ", ".join(
        [f'{_cast(spec)[1].replace("{raw}", cell[name])} AS "{name}"' for name, spec in schema.columns.items()]
        + _slashed(schema, source.given.dates)
    )
    allowed = ", ".join(f'CASE WHEN {condition} THEN "{name}" END AS "{name}"' for name, condition in kept.items())
    replaced = f"* REPLACE ({allowed})" if allowed else "*"
    doubtful = [name for name, spec in schema.columns.items()
                if name in kept or spec.metadata["kind"] not in NEVER_UNREADABLE]  # fmt: skip
    lost = {name: f'{cell[name]} IS NOT NULL AND "{name}" IS NULL' for name in doubtful}
    trimmed = {name: TRIMMED.replace("{raw}", f'"raw_{name}"') for name in lost}
    cells = ", ".join(
        f"""CASE WHEN {test} AND {trimmed[name]} <> '' THEN {{'column': '{name}', 'found': "raw_{name}"}} END"""
        for name, test in lost.items()
    )
    rows = relation(con, position, source)
    any_lost = " OR ".join(f"({test})" for test in lost.values()) or "false"
    faults = f"CASE WHEN {any_lost} THEN list_filter([{cells}], lambda cell: cell IS NOT NULL) END" if cells else "NULL"
    names = ", ".join([f'"{name}"' for name in schema.columns] + [as_found for _, _, as_found in _found(schema)])
    return f"""
        SELECT {position}, {names}, {faults}
        FROM (SELECT {replaced} FROM (SELECT *, {typed} FROM (SELECT *{read} FROM (SELECT {raw} FROM {rows}))))
    """


def _unmarked(con: duckdb.DuckDBPyConnection, source: Source, name: str, column: pa.Column) -> str:
    """A cell without the apostrophe by which a spreadsheet marks a text, if an export put it there; ids have a rule of
    their own, and a text may begin with one."""
    cell = raw_cell(con, source, name)
    if column.metadata["kind"] in (KIND, "text") or name not in source.columns:
        return cell
    return f"CASE WHEN starts_with({cell}, chr(39)) THEN substr({cell}, 2) ELSE {cell} END"


def _found(schema: pa.DataFrameSchema) -> list[tuple[str, str, str]]:
    """What is kept of cells as found, as name, type and SQL: ids of another form, and how days are written."""
    kinds = {name: spec.metadata["kind"] for name, spec in schema.columns.items()}
    ids = [
        (GIVEN + name, "VARCHAR", f'CASE WHEN "raw_{name}" <> "{name}" THEN "raw_{name}" END')
        for name, kind in kinds.items()
        if kind == KIND
    ]
    days = [(SLASHED + name, "BOOLEAN", f'"{SLASHED}{name}"') for name, kind in kinds.items() if kind in DAYS]
    return ids + days


def _slashed(schema: pa.DataFrameSchema, mapped: Collection[str]) -> list[str]:
    """Whether a day is written with strokes; beside the cast, with which it shares its costly part. Of a column whose
    way of writing the config names no other is read."""
    with_stroke = {
        name: f"""{ISO.replace("{raw}", f'"raw_{name}"')} IS NULL AND contains("raw_{name}", '/')"""
        for name, spec in schema.columns.items()
        if spec.metadata["kind"] in DAYS
    }
    return [f'{"false" if name in mapped else told} AS "{SLASHED}{name}"' for name, told in with_stroke.items()]


def _keep(name: str, column: pa.Column) -> str:
    """Return the condition under which a typed value is kept: no year of two digits, no infinite amount."""
    if column.metadata["kind"] in ("date", "quarter", "month"):
        return f"\"{name}\" >= DATE '1000-01-01'"
    if column.metadata["kind"] == "amount":
        return f'isfinite("{name}")'
    return column.metadata["keep"].format(column=_quoted(name))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def raw_cell(con: duckdb.DuckDBPyConnection, source: Source, column: str) -> str:
    """Return the expression of a cell as text, NULL where it is missing."""
    if column not in source.columns:
        return "NULL::VARCHAR"
    title, position = source.columns[column]
    if source.format != "parquet":
        return f"c{position}"
    cell, described = _quoted(title), _parquet_types(con, source)[title]
    text = f"{cell}::VARCHAR"
    if described.startswith("TIMESTAMP"):  # with a time zone: as the time in UTC, wherever the machine stands
        days, times = (f"strftime({cell}, '{form}')" for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"))
        text = f"CASE WHEN date_trunc('day', {cell}) = {cell} THEN {days} ELSE {times} END"
    if described in ("DOUBLE", "FLOAT"):  # no power of ten, which a cell may not hold
        text = f"CASE WHEN contains({text}, 'e') THEN printf('%.12f', {cell}) ELSE {text} END"
    return f"CASE WHEN {text} NOT IN ('', 'NA', 'NULL') THEN {text} END"


def _parquet_types(con: duckdb.DuckDBPyConnection, source: Source) -> Mapping[str, str]:
    described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({pattern(source.path)})").fetchall()
    return {row[0]: row[1] for row in described}


def relation(con: duckdb.DuckDBPyConnection, position: int, source: Source, options: str = "") -> str:
    """Return the table function or view that gives the rows of one file, columns c0, c1, ... (Parquet: its own)."""
    if source.format == "parquet":
        return f"read_parquet({pattern(source.path)})"
    if source.format == "xlsx":
        view = f"workbook_{position}"
        con.register(view, source.frame.iloc[1:].rename(columns=lambda number: f"c{number}"))
        return view
    columns = ", ".join(f"c{number}: 'VARCHAR'" for number in range(source.width))
    return f"read_csv({pattern(source.path)}, {CSV_OPTIONS}, columns={{{columns}}}, {options or 'strict_mode=true'})"


def _number_rows(con: duckdb.DuckDBPyConnection, sources: list[Source]) -> None:
    """Lay the view `records` over the table: the number of each row's record, and its line, within its file."""
    begins = [sum(source.rows for source in sources[:position]) for position in range(len(sources))]
    above = [source.above for source in sources]
    con.execute(f"""
        CREATE VIEW every_row AS
        SELECT rowid AS place, place - {_by_file(begins)} + 1 AS record, record + {_by_file(above)} AS line, *
        FROM typed
    """)
    con.execute("CREATE VIEW records AS FROM every_row")


def _by_file(values: list[int]) -> str:
    """Return the expression that gives each file's value, zero where there are no files."""
    cases = " ".join(f"WHEN file = {position} THEN {value}" for position, value in enumerate(values))
    return f"(CASE {cases} END)" if cases else "0"


def _unreadable_lines(
    con: duckdb.DuckDBPyConnection, source: Source, schema: pa.DataFrameSchema, error: duckdb.Error
) -> list[dict[str, Any]]:
    """Name every line that is not a record of the header's width; never print the line."""
    extract = schema.name
    found = f"a file that cannot be read ({type(error).__name__})"
    unreadable = fault(extract, source.name, "", found, "a readable CSV or Parquet file")
    if source.format != "csv":
        return [unreadable]
    if mixed := mixed_line_ends(source.path):
        found, allowed = "a line end of another kind than in the lines above", "one kind of line end, CRLF or LF"
        return [fault(extract, source.name, "", found, allowed, line=str(mixed + source.given.skip))]
    try:
        rejecting = relation(con, 0, source, "strict_mode=true, store_rejects=true")
        con.execute(f"SELECT count(c0) FROM {rejecting}").fetchall()
        rejected = con.execute(REJECTED).fetchall()
        con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    except duckdb.Error:
        rejected = []
    words = {
        "MISSING COLUMNS": "too few cells",
        "TOO MANY COLUMNS": "too many cells",
        "UNQUOTED VALUE": "a quote that is not closed or not doubled",
        "INVALID ENCODING": "text that is not UTF-8",
    }
    allowed = f"{source.width} cells in UTF-8, separated by commas"
    lines = lines_at(source.path, [int(start) for start, _ in rejected[:SHOWN]])
    lines = [line + source.given.skip for line in lines]
    faults = [
        fault(extract, source.name, "", words.get(kind, "a line that cannot be read"), allowed, line=str(line))
        for line, (_, kind) in zip(lines, rejected[:SHOWN], strict=True)
    ]
    if len(rejected) > SHOWN:
        found = f"{len(rejected) - SHOWN:,} more lines that cannot be read"
        faults.append(fault(extract, source.name, "", found, allowed, rows=len(rejected) - SHOWN))
    if not faults and (line := not_utf8(source.path)):
        faults = [
            fault(extract, source.name, "", words["INVALID ENCODING"], allowed, line=str(line + source.given.skip))
        ]
    return faults or [unreadable]
