"""Rule validate: one extract against its schema and the cross-checks, and a typed copy that everything after reads.

Faults that would make a number wrong, faults that only lose information, rows left out and rows counted go into one
table of findings. The rule accept stops the run where there is a fault.
"""

import datetime as dt
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa

from dscp.extracts.amounts import other_units
from dscp.extracts.checks import SAYS_TOTAL, Extract, codes_of, cross_checks, duplicates, faults_at
from dscp.extracts.columns import coded_columns, personal, schema
from dscp.extracts.coverage import codes_that_come_and_go, coverage, day_of_codes, window
from dscp.extracts.faults import (
    FAULT,
    LISTED,
    NO_VALUE,
    NOT_ALLOWED,
    cell,
    count,
    excluded,
    fault,
    information,
    nearest,
    table,
)
from dscp.extracts.files import Source, open_source
from dscp.extracts.frozen import frozen
from dscp.extracts.ids import KIND, NOT_IDS, SETTLE, changed_ids, ids_of_another_look, widths
from dscp.extracts.places import spelled_otherwise
from dscp.extracts.registry import READ
from dscp.extracts.same import births, repeated_events
from dscp.extracts.sql import literal
from dscp.extracts.typed import (
    DAYS,
    SLASHED,
    connect,
    copy_records,
    load,
    never_found,
    no_records,
    notes_below,
    unreadable_cells,
)
from dscp.extracts.types import ExtractType, Limits
from dscp.extracts.words import read_words
from dscp.run.job import writing
from dscp.study.areas import areas_called, sites_called
from dscp.study.given import EXCEL, Given

MONTH_ONLY = r"^\s*(\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}|[A-Za-z]{3,9}[-/ .]?\d{2,4})\s*$"
TIME = r"\d:\d\d"
COUNTED_DAY = r"^\s*\d{5}(\.0*)?\s*$"
SHORT_YEAR = r"^\s*\d{1,2}[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/. ]\d\d\s*$"
NO_SUCH_DAY = r"""regexp_matches(found, '^\s*(29|30|31)/0?(2|4|6|9|11)/(19|20)\d\d\s*$')
    OR regexp_matches(found, '^\s*(19|20)\d\d-0?(2|4|6|9|11)-(29|30|31)( 00:00:00)?\s*$')"""
CODED = ("code", "key", "flag", "integer")  # kinds of columns whose cells may be codes
TEXTS = ("id", "text", "code", "key")
UNSEEN = r"[^\P{C}\t\n\r]|[\x{FFFE}\x{FFFF}]"  # controls, marks that turn a line round, joiners, what has no form
MANY_CELLS, LARGE_PART = 20, 0.1  # cells that cannot be read, and their share: no slips of the pen but other codes
FEWEST_NEEDED = 3  # cells that every record has, of which a note below the records has one at the most
TOTAL = re.compile(SAYS_TOTAL)
HEADER_TEXTS = 2  # cells that are the name of their column, in a row that is a header
WITHIN = ", count(day_within) AS inside, min(day_within) AS first, max(day_within) AS last"  # of a value's rows
ROUNDED_FROM = 100  # rows: so many dates, all on the first day of a month, are months and not dates


def validate(
    extract: str,
    paths: list[str],
    config: Mapping[str, Any],
    validated: str,
    *,
    names: list[str] | None = None,
    mappings: Sequence[Mapping[str, Any]] = (),
    today: dt.date | None = None,
    seen: Callable[[Extract, list[Source]], None] | None = None,
) -> pd.DataFrame:
    """Check one extract and write its typed copy.

    Parameters
    ----------
    extract : name of the extract, as in the config.
    paths : its files; the rows are joined in this order.
    config : the study's config.
    validated : Parquet file to write: the columns of the schema, typed, and `file` (position in `paths`) and `line`
        (where a CSV file has line breaks inside cells: the record plus one). Without rows if a file cannot be read.
    names : the files' paths in messages, by default `paths`.
    mappings : of each file how its names, codes and days are written (study.given.Given); none where none is mapped.
    today : the last day that a date may have, by default the present one.
    seen : is shown the extract and its files once all is checked, while the rows are there.

    Returns
    -------
    Findings, one row each: extract, severity (fault, information, excluded or count), file, line, column, found,
    allowed, rows, message.
    """
    sites, last = config["sites"], today or dt.date.today()
    declared = READ[extract]
    columns = schema(declared, Limits(config["codes"], sites_called(sites), areas_called(sites), last))
    ways = zip(names or paths, mappings or [{}] * len(paths), strict=True)
    files = list(zip(paths, [Given(name, **way) for name, way in ways], strict=True))
    spilled = Path(f"{validated}.spill")
    try:
        with connect(str(spilled)) as con:
            con.execute(f"SET VARIABLE today = DATE '{last}'")
            findings = _findings(con, declared, columns, files, config, validated, seen)
    finally:
        shutil.rmtree(spilled, ignore_errors=True)
    return table(findings)


def _findings(
    con: Any,
    declared: ExtractType,
    columns: pa.DataFrameSchema,
    files: list[tuple[str, Given]],
    config: Mapping[str, Any],
    validated: str,
    seen: Callable[[Extract, list[Source]], None] | None,
) -> list[dict[str, Any]]:
    opened = [open_source(con, path, given, columns) for path, given in files]
    findings = [finding for _, found in opened for finding in found]
    readable = not any(finding["severity"] == FAULT for finding in findings)
    sources = [source for source, _ in opened] if readable else []
    unreadable = load(con, columns, sources)
    extract = Extract(declared, con, sources, config)
    findings += unreadable
    if readable and not unreadable:
        findings += never_found(con, sources) + notes_below(sources) + _checks(extract, columns)
    copy_records(con, columns, validated, widths(extract))
    if seen:
        seen(extract, [source for source, _ in opened])
    return findings


def _checks(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    rows = sum(source.rows for source in extract.sources)
    if not rows:
        return [fault(extract.name, extract.file, "", "no rows", "at least one row below the header")]
    extract.con.execute("CREATE TEMP TABLE refused (file UTINYINT, record BIGINT)")
    findings = rows_that_are_none(extract, columns) + read_words(extract)
    findings += [finding for leaves_out in extract.declared.leaves_out for finding in leaves_out(extract)]
    findings += cells_not_kept(extract, columns) + missing_cells(extract, columns)
    findings += changed_ids(extract) + ids_of_another_look(extract) + two_ways_of_writing(extract, columns)
    findings += values_not_allowed(extract, columns) + control_characters(extract, columns)
    if columns.unique:
        findings += duplicates(extract, columns.unique)
    findings += (
        spelled_otherwise(extract)
        + cross_checks(extract)
        + births(extract)
        + repeated_events(extract)
        + coverage(extract)
    )
    findings += other_units(extract)
    kept = rows - extract.query("SELECT count(*) FROM dropped")[0][0]
    counts = [count(extract.name, "rows in", source.rows, file=source.name) for source in extract.sources]
    return [*findings, *counts, count(extract.name, "rows kept", kept)]


def cells_not_kept(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Return a fault per cell that cannot be read, or one line per column where that only loses information.

    What is known to befall a kind of column is told in a line for all its cells. A column of which a large part
    cannot be read has other codes than those that are known: taken for missing, one answer is lost, the others stay.
    """
    findings = []
    for (name,) in extract.query('SELECT DISTINCT "column" FROM unreadable ORDER BY 1'):
        column, told = columns.columns[name], ["false"]
        for condition, found, allowed in _kinds_of_cells(extract.name, name, column):
            findings += _of_a_kind(extract, name, f"({condition}) AND NOT ({' OR '.join(told)})", found, allowed)
            told.append(condition)
        rows, first = unreadable_cells(extract.con, name, f"NOT ({' OR '.join(told)})")
        if rows:
            findings += _unreadable(extract, name, column, rows, first)
    return findings


def _kinds_of_cells(extract: str, name: str, column: pa.Column) -> list[tuple[str, str, str]]:
    """Condition on `found`, what it shows and what is allowed, for the kinds of cells that a column may suffer from."""
    kind = column.metadata["kind"]
    if kind == KIND:
        return [(condition, found, f"an id in each row, {SETTLE}") for condition, found in NOT_IDS]
    if kind not in DAYS:
        return []
    born = name == "date_of_birth"
    why = "an age cannot be told" if born else "a rule that counts days cannot be applied"
    key = f"extracts.{extract}.dates.{name} in the config"
    century = (
        "years of four digits; of two the century is not told"
        if born
        else f"years of four digits, or DD/MM/YY in {key}"
    )
    return [
        (f"regexp_matches(found, '{MONTH_ONLY}')", "months without days", f"whole dates; from months {why}"),
        (f"regexp_matches(found, '{TIME}')", "a time of day", "whole days, without a time of day or at midnight"),
        (
            f"regexp_matches(found, '{COUNTED_DAY}')",
            "numbers by which a spreadsheet counts days",
            f"days, or {EXCEL} in {key}",
        ),
        (f"regexp_matches(found, '{SHORT_YEAR}')", "years of two digits", century),
        (NO_SUCH_DAY, "days that their month does not have", "days of the calendar"),
    ]


def _of_a_kind(extract: Extract, name: str, condition: str, found: str, allowed: str) -> list[dict[str, Any]]:
    rows, first = unreadable_cells(extract.con, name, condition)
    if not rows:
        return []
    words = f"{found} in {rows:,} {'row' if rows == 1 else 'rows'}"
    return [_first_of(extract, name, words, allowed, first[0], rows)]


def _first_of(
    extract: Extract, name: str, found: str, allowed: str, first: tuple[int, int, Any], rows: int
) -> dict[str, Any]:
    source = extract.sources[first[0]]
    return fault(extract.name, source.name, name, found, allowed, line=source.line(first[1]), rows=rows)


def _unreadable(
    extract: Extract, name: str, column: pa.Column, rows: int, first: list[tuple[int, int, str]]
) -> list[dict[str, Any]]:
    places = [(extract.sources[file].name, extract.sources[file].line(record), found) for file, record, found in first]
    forms = sorted({one.given.dates[name] for one in extract.sources if name in one.given.dates})
    allowed = f"{' or '.join(forms)}, as the config says" if forms else column.metadata["text"]
    settled = settle(extract, name, column) if rows > LISTED else ""
    if column.metadata["bad"] == FAULT:
        return faults_at(extract, name, places, allowed + settled, rows)
    (filled,) = extract.query(f'SELECT count("{name}") FROM records')[0]
    if rows >= MANY_CELLS and rows > LARGE_PART * (rows + filled):
        shown = cell(first[0][2], name in personal(extract.declared))
        found = f"{rows:,} of {rows + filled:,} values that are not allowed, the first being {shown}"
        meant = nearest(first[0][2], codes_of(extract, name))
        return [_first_of(extract, name, found, allowed + meant + settled, first[0], rows)]
    file, line, found = places[0]
    effect = f"{column.metadata['effect']}; allowed: {allowed}"
    return [information(extract.name, file, name, NOT_ALLOWED, effect, rows=rows, line=line,
                        example=cell(found, name in personal(extract.declared)))]  # fmt: skip


def settle(extract: Extract, name: str, column: pa.Column) -> str:
    """What in the config settles cells that cannot be read, as the end of a message; "" where nothing does."""
    kind = column.metadata["kind"]
    key, says = ("dates", "how its days are written") if kind in DAYS else ("values", "what its codes mean")
    if kind in DAYS and column.metadata["missing"] != FAULT and name not in personal(extract.declared):
        says += f", and values.{name} which of its cells mean nothing (null)"
    if kind not in (*DAYS, *CODED) or any(name in getattr(source.given, key) for source in extract.sources):
        return ""
    return f"; extracts.{extract.name}.{key}.{name} in the config says {says}"


def two_ways_of_writing(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Refuse a file whose days are written in two ways: where day and month have changed places, no cell shows it."""
    findings = []
    for name in (name for name, column in columns.columns.items() if column.metadata["kind"] in DAYS):
        slashed, read = f'"{SLASHED}{name}"', f'"{name}" IS NOT NULL'
        both = f"count_if({slashed}) AS strokes, count_if(NOT {slashed}) AS others, min(record) FILTER ({slashed})"
        files = f"SELECT file, {both} FROM records WHERE {read} GROUP BY file HAVING strokes > 0 AND others > 0"
        for file, strokes, others, first in extract.query(f"{files} ORDER BY file"):
            cells = "cell" if strokes == 1 else "cells"
            found = f"two ways of writing a day: {strokes:,} {cells} like 99/99/9999 and {others:,} like 9999-99-99"
            allowed = "one way, YYYY-MM-DD or DD/MM/YYYY, in the whole column of a file"
            findings.append(_first_of(extract, name, found, allowed, (file, first, None), strokes))
    return findings


def rows_that_are_none(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Leave out rows without any value, and a header that stands within a file again."""
    nothing = " AND ".join(f'"{name}" IS NULL' for name in columns.columns)
    findings = _no_records(extract, f"cast_faults IS NULL AND {nothing}", "rows without any value")
    return findings + _headers_again(extract, columns) + _totals_and_notes(extract, columns)


def _headers_again(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Leave out rows in which two cells or more are the names of their columns, the first text among them."""
    titles = {name: sorted({source.columns[name][0].strip().lower() for source in extract.sources
                            if name in source.columns}) for name in columns.columns}  # fmt: skip
    texts = [name for name, column in columns.columns.items() if column.metadata["kind"] in TEXTS and titles[name]]
    if not texts:
        return []
    first, forms = texts[0], [form for title in titles[texts[0]] for form in (title, title.upper(), title.title())]
    gate = " OR ".join(f'"{first}" = {literal(form)}' for form in forms)
    same = [f'coalesce(lower("{name}") = {literal(title)}, false)::INT' for name in texts for title in titles[name]]
    listed = ", ".join(literal(title) for known in titles.values() for title in known)
    lost = f"list_filter(coalesce(cast_faults, []), lambda one: list_contains([{listed}], lower(trim(one.found))))"
    condition = f"({gate}) AND {' + '.join(same)} + len({lost}) >= {HEADER_TEXTS}"
    return _no_records(extract, condition, "the header again")


def _totals_and_notes(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Leave out rows that say total and lack what every record has, and, below the records, lines with words alone."""
    needed = [f'"{name}" IS NULL' for name, column in columns.columns.items() if column.metadata["missing"] == FAULT]
    said = {one.name for one in extract.declared.columns if any(map(TOTAL.fullmatch, one.codes or ()))}  # by a code
    texts = [f'"{name}"' for name, column in columns.columns.items() if column.metadata["kind"] in TEXTS]
    texts = [name for name in texts if name.strip('"') not in said]
    lacks, filled = f"({' OR '.join(needed)})", " + ".join(f'("{name}" IS NOT NULL)::INT' for name in columns.columns)
    cells = f"list_concat([{', '.join(texts)}], list_transform(coalesce(cast_faults, []), lambda one: one.found))"
    total = f"list_bool_or(list_transform({cells}, lambda one: regexp_full_match(trim(one), {literal(SAYS_TOTAL)})))"
    findings = _no_records(extract, f"{lacks} AND {total}", "totals, which lack what a record has")
    if len(needed) < FEWEST_NEEDED:
        return findings
    last = f"SELECT max(record) FROM records AS other WHERE other.file = records.file AND NOT {lacks}"
    words = f"list_bool_or(list_transform({cells}, lambda one: contains(trim(one), ' ')))"
    alone = f"{lacks} AND ({filled}) + len(coalesce(cast_faults, [])) = 1 AND {words} AND record > ({last})"
    return findings + _no_records(extract, alone, "notes below the records")


def _no_records(extract: Extract, condition: str, rule: str) -> list[dict[str, Any]]:
    found = no_records(extract.con, condition)
    return [excluded(extract.name, "", rule, len(found))] if found else []


def missing_cells(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Count what is missing by column: a fault per row where a value is required."""
    names = list(columns.columns)
    counts = ", ".join(f'count_if("{name}" IS NULL AND {_in_its_files(extract, name)})' for name in names)
    absent = extract.query(f"SELECT {counts} FROM records")[0]
    findings = []
    for name, number in zip(names, absent, strict=True):
        if number:
            findings.append(count(extract.name, "missing", number, column=name))
            findings += _missing(extract, name, columns.columns[name])
    return findings


def _missing(extract: Extract, name: str, column: pa.Column) -> list[dict[str, Any]]:
    """Say where a value is missing; cells that could not be read have been named already."""
    named = f"""list_contains(list_transform(coalesce(cast_faults, []), lambda fault: fault."column"), '{name}')"""
    empty = f'"{name}" IS NULL AND NOT {named} AND {_in_its_files(extract, name)}'
    rows = extract.query(f"SELECT count(*) FROM records WHERE {empty}")[0][0]
    treatment = column.metadata["missing"]
    if not rows or treatment == "fine":
        return []
    places = extract.located(name, empty)
    if treatment == FAULT:
        return faults_at(extract, name, places, column.metadata["text"], rows)
    file, line, _ = places[0]
    return [information(extract.name, file, name, NO_VALUE, column.metadata["effect"], rows=rows, line=line)]


def _in_its_files(extract: Extract, name: str) -> str:
    """The condition that a row is of a file that should have a column: of a wide table, one whose header has it."""
    if not extract.declared.families:
        return "true"
    positions = [str(number) for number, source in enumerate(extract.sources) if name in source.columns]
    return f"list_contains([{', '.join(positions)}]::UTINYINT[], file)"


def values_not_allowed(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Check the distinct values of each column against its schema, then find the rows of those that fail it.

    The table `refused` keeps these rows: what else such a cell contradicts follows from it.
    """
    findings = []
    for name, column in columns.columns.items():
        if not column.checks:
            continue
        coded = extract.declared.coverage and name in coded_columns(extract.declared)
        values = extract.con.execute(
            f'SELECT "{name}", count(*) AS number{WITHIN if coded else ""} FROM '
            f'(SELECT "{name}"{_day_within(extract, name) if coded else ""} FROM records WHERE "{name}" IS NOT NULL) '
            f'GROUP BY "{name}" ORDER BY "{name}"'
        ).df()
        if coded:
            findings += codes_that_come_and_go(extract, name, values[[name, "inside", "first", "last"]])
        findings += _rounded(extract, name, column, values)
        for allowed, failing in failing_values(column, values[[name]]).items():
            extract.con.register("failing", pd.DataFrame({"value": failing}))
            condition = f'"{name}" IN (SELECT value FROM failing)'
            rows = int(values.loc[values[name].isin(failing), "number"].sum())
            places = extract.located(name, condition)
            findings += faults_at(
                extract, name, places, allowed + _placeholder(extract, name, column, failing, rows), rows
            )
            extract.con.execute(f"INSERT INTO refused SELECT file, record FROM records WHERE {condition}")
            extract.con.unregister("failing")
    return findings


def _placeholder(extract: Extract, name: str, column: pa.Column, failing: list[Any], rows: int) -> str:
    """What settles a day that a system fills in where it knows none, as the end of a message: one for many rows, and no
    day that an event can have had."""
    told = len(failing) == 1 and rows > LISTED and column.metadata["kind"] in DAYS
    if not told or column.metadata["missing"] == FAULT or name in personal(extract.declared):
        return ""
    day = f"{failing[0]:%Y-%m-%d}"
    return f"; extracts.{extract.name}.values.{name} in the config may say that {day} means nothing (null)"


def _day_within(extract: Extract, name: str) -> str:
    """The day on which a row's code is recorded, where it is within the time that the study compares."""
    first, last = window(extract)
    day = f'"{day_of_codes(extract, name)}"'
    return f", CASE WHEN {day} BETWEEN DATE '{first}' AND DATE '{last}' THEN {day} END AS day_within"


def failing_values(column: pa.Column, values: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the values that fail a column's checks, by what the check allows, in words.

    Parameters
    ----------
    column : column of a schema.
    values : frame with that column alone, one row per distinct value.
    """
    try:
        column.validate(values, lazy=True)
    except pa.errors.SchemaErrors as errors:
        failing = errors.failure_cases.dropna(subset="index")
        return {text: values.iloc[cases["index"].astype(int), 0].to_list() for text, cases in failing.groupby("check")}
    return {}


def control_characters(extract: Extract, columns: pa.DataFrameSchema) -> list[dict[str, Any]]:
    """Refuse a NUL byte inside a text: the file is damaged, and two spellings of one client would count as two.

    What is printed may hold no other characters either that cannot be seen, or turn what stands around them.
    """
    findings = []
    for name, column in columns.columns.items():
        kind = column.metadata["kind"]
        if kind not in TEXTS:
            continue
        condition, allowed = f'contains("{name}", chr(0))', "text without NUL bytes"
        if kind == "text":
            condition = f"regexp_matches(\"{name}\", '{UNSEEN}')"
            allowed = "text without NUL bytes, control characters and invisible ones"
        if places := extract.located(name, condition):
            rows = extract.query(f"SELECT count(*) FROM records WHERE {condition}")[0][0]
            findings += faults_at(extract, name, places, allowed, rows)
    return findings


def _rounded(extract: Extract, name: str, column: pa.Column, values: pd.DataFrame) -> list[dict[str, Any]]:
    """Refuse a column of dates that all stand on the first day of a month: they are months."""
    rows = int(values["number"].sum())
    if column.metadata["kind"] != "date" or rows < ROUNDED_FROM or (values[name].dt.day != 1).any():
        return []
    file, record = extract.query(f'SELECT file, record FROM records WHERE "{name}" IS NOT NULL ORDER BY ALL LIMIT 1')[0]
    found, (_, _, allowed) = (
        f"the first of a month in all {rows:,} rows",
        _kinds_of_cells(extract.name, name, column)[0],
    )
    return [_first_of(extract, name, found, allowed, (file, record, None), rows)]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        validate(
            given.extract,
            frozen(list(snakemake.input.extract), given.planned, Path(given.frozen)),
            given.config,
            out.validated,
            names=list(given.source),
            mappings=given.mapping,
        ).to_csv(out.findings, index=False)
