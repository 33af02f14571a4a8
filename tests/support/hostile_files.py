"""Files that would harm a careless reader, made small: each with the words that its refusal has to hold."""

from __future__ import annotations

import gzip
import random
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

HEADER = (
    "client,dat,journey,journey_start,journey_end,exit_reason,date_of_birth,sex,ethnicity,drug_1,drug_2,drug_3,"
    "age_first_use,referral_source,dip_flag,previously_treated,dual_diagnosis"
)
ROW = "c1,P02,1,2008-01-02,2008-05-02,80,1970-01-01,M,A,1011,,,15,5,Y,Y,N"
GOOD = f"{HEADER}\n{ROW}\n".encode()
BEYOND = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'


WORKBOOKS = (
    "far_cell", "formula", "entity_in_sheet", "entity_in_styles", "entity_in_book", "unpacks", "not_xml", "far_row",
    "many_parts", "cut",
)  # fmt: skip
PARQUET = ("damaged", "lists", "not_text", "not_whole", "no_dates", "groups", "many_rows", "text")


def names() -> list[str]:
    """Names of all the files below, for tests that are named after them."""
    return [*csv_files(), *(f"{name}.xlsx" for name in WORKBOOKS), *(f"{name}.parquet" for name in PARQUET)]


@cache
def csv_files() -> dict[str, tuple[bytes, str]]:
    """Name -> content, and what is said of it."""
    noise = random.Random(1).randbytes(1_000_000)
    return {
        "million_columns.csv": (
            f"{HEADER},{','.join(map(str, range(10**6)))}\n{ROW}{',' * 10**6}\n".encode(),
            "found a first line of more than 100,000 characters",
        ),
        "many_columns.csv": (f"{HEADER}{',x' * 2000}\n{ROW}{',' * 2000}\n".encode(), "found 2,017 columns"),
        "long_cell.csv": (f"{HEADER}\n{ROW.replace('P02', 'P' * 30_000_000)}\n".encode(), "a line that cannot be read"),
        "open_quote.csv": (
            f'{HEADER}\n"{ROW}\n'.encode() + f"{ROW}\n".encode() * 100_000,
            "a quote that is not closed",
        ),
        "nul_in_cell.csv": (GOOD + b"c\0" + ROW[2:].encode() + b"\n", "allowed: text without NUL bytes"),
        "nul_in_header.csv": (b"\0" + GOOD, "client: found no such column"),
        "utf16.csv": (GOOD.decode().encode("utf-16"), "found text in UTF-16"),
        "latin1.csv": (GOOD.replace(b"c1", b"c\xe9"), "found text that is not UTF-8"),
        "mixed.csv": (
            GOOD + ROW.replace("c1", "Zoë").encode() + b"\n" + ROW.replace("c1", "Zoë").encode("latin1") + b"\n",
            "line 4: found text that is not UTF-8",
        ),
        "formula.csv": (GOOD.replace(b"P02", b"=HYPERLINK(1)"), "dat: found a value like =AAAAAAAAA(9), allowed"),
        "two_marks.csv": (b"\xef\xbb\xbf" * 2 + GOOD, "client: found no such column"),
        "old_mac.csv": (GOOD.replace(b"\n", b"\r"), "a header that is not a line of CSV"),
        "two_of_one.csv": (f"{HEADER},sex\n{ROW},M\n".encode(), "two columns for sex"),
        "ragged.csv": (GOOD + b"c2,P02\n", "found too few cells"),
        "noise.csv": (noise, "a header that is not text in UTF-8"),
        "empty_lines.csv": (f"{HEADER}\n".encode() + b"\n" * 1_000_000 + ROW.encode(), "found no journey of C02"),
        "lines_in_cells.csv": (GOOD.replace(b"P02", b'"P\n02"'), "found P 02"),
        "bomb.csv.gz": (gzip.compress(GOOD + f"{ROW}\n".encode() * 1_500_000), "grows to more than 100 times its size"),
        "cut.csv.gz": (gzip.compress(GOOD * 1000)[:-20], "a file that cannot be unpacked to its end"),
        "year_1899.csv": (GOOD.replace(b"2008-01-02", b"1899-12-30"), "journey_start: found a value like 9999-99-99"),
        "year_2999.csv": (GOOD.replace(b"2008-05-02", b"2999-01-01"), "journey_end: found a value like 9999-99-99"),
    }


def workbooks(folder: Path) -> dict[str, tuple[Path, str]]:
    """Name -> a workbook of quarterly counts, and what is said of it."""
    plain = _workbook(folder / "plain.xlsx", {})
    made = {
        "far_cell.xlsx": (_workbook(folder / "far_cell.xlsx", {"XFD1048576": 1}), "found a cell at XFD1048576"),
        "formula.xlsx": (_workbook(folder / "formula.xlsx", {"C2": "=1+1"}), "a formula without a stored value at C2"),
    }
    sheet, styles, theme = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/theme/theme1.xml"
    changes: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
        "entity_in_sheet.xlsx": (sheet, _with_entity, "defines entities of its own"),
        "entity_in_styles.xlsx": (styles, _with_entity, "defines entities of its own"),
        "entity_in_book.xlsx": ("xl/workbook.xml", _with_entity, "defines entities of its own"),
        "unpacks.xlsx": (theme, lambda _: b"0" * 200_000_000, "larger than 100 MB when unpacked"),
        "not_xml.xlsx": (sheet, lambda _: b"<worksheet><row", "not a whole workbook"),
        "far_row.xlsx": (
            sheet,
            lambda text: text.replace(b'<row r="2"', b'<row r="99999999"'),
            "found a row 99,999,999",
        ),
    }
    for name, (part, change, said) in changes.items():
        made[name] = (_rewritten(plain, folder / name, part, change), said)
    with zipfile.ZipFile(_rewritten(plain, folder / "many_parts.xlsx", theme, bytes), "a") as book:
        for number in range(1_001):
            book.writestr(f"xl/media/{number}.bin", b"")
    made["many_parts.xlsx"] = (folder / "many_parts.xlsx", "larger than 100 MB when unpacked")
    (folder / "cut.xlsx").write_bytes(plain.read_bytes()[:3000])
    return made | {"cut.xlsx": (folder / "cut.xlsx", "not a whole workbook")}


def parquet_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Name -> a Parquet file of journeys, and what is said of it."""
    table = pa.table({name: [value] for name, value in zip(HEADER.split(","), ROW.split(","), strict=True)})
    damaged = _parquet(folder / "damaged.parquet", table)
    damaged.write_bytes(damaged.read_bytes().replace(b"c1", b"\xff" * 2, 1)[:60] + b"\xff" * 40)
    raw = pa.array([b"\xff\xfe"])
    lying = pa.StringArray.from_buffers(1, *raw.buffers()[1:])  # says that it is text in UTF-8
    whole = pa.array([1.5])
    lists = table.set_column(3, "journey_start", pa.array([["2008-01-02"]]))
    same = pa.array([0] * 5_000_000, pa.int32())
    rows = pa.table(
        {name: pa.DictionaryArray.from_arrays(same, table[name].combine_chunks()) for name in table.column_names}
    )
    return {
        "damaged.parquet": (damaged, "a file that cannot be read"),
        "lists.parquet": (_parquet(folder / "lists.parquet", lists), "journey_start: found a value like [9999-99-99]"),
        "not_text.parquet": (
            _parquet(folder / "not_text.parquet", table.set_column(0, "client", lying)),
            "a file that cannot be read",
        ),
        "not_whole.parquet": (
            _parquet(folder / "not_whole.parquet", table.set_column(2, "journey", whole)),
            "journey: found 1.5, allowed",
        ),
        "no_dates.parquet": (
            _parquet(folder / "no_dates.parquet", table.set_column(3, "journey_start", pa.array([True]))),
            "journey_start: found true, allowed: a date",
        ),
        "groups.parquet": (
            _parquet(folder / "groups.parquet", table.set_column(1, "dat", pa.array([{"a": "P02"}]))),
            "dat: found a value like",
        ),
        "many_rows.parquet": (_parquet(folder / "many_rows.parquet", rows), "found 5,000,000 rows"),
        "text.parquet": (_text(folder / "text.parquet"), "a file that cannot be read"),
    }


def _text(path: Path) -> Path:
    path.write_bytes(GOOD)
    return path


def _parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def _workbook(path: Path, cells: dict[str, object]) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["quarter_start", "dat", "referrals", "triaged_within_6_weeks"])
    book.active.append(["2007-12-01", "P05", 10, 5])
    for place, value in cells.items():
        book.active[place] = value
    book.save(path)
    return path


def _with_entity(text: bytes) -> bytes:
    start = text.find(b"<", text.find(b"?>") + 2 if b"?>" in text else 0)
    return BEYOND + text[start:]


def _rewritten(source: Path, path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as read, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        assert part in read.namelist()
        for name in read.namelist():
            written.writestr(name, change(read.read(name)) if name == part else read.read(name))
    return path
