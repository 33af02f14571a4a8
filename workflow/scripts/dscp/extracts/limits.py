"""What a file of an extract may be: looked at before a reader opens it, so that a small file cannot fill the machine.

A compressed file may be no larger unpacked than real extracts are; a workbook holds a plain sheet, with a stored value
for every formula, and names no other file.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

AS_CSV = "CSV in UTF-8 with commas between the cells, or XLSX; a spreadsheet can save it so"
OLD_BOOK = bytes.fromhex(
    "d0cf11e0a1b11ae1"
)  # how files begin in which Excel 97 to 2003 kept a book, and encrypted ones
MOST_COLUMNS = 1_000
FEW_ROWS = 1_000_000  # records of a Parquet file, beyond which each has to take a byte at least
MOST_SHRUNK = 100  # times that a file may grow when it is unpacked: CSV grows five to tenfold
SMALL = 64 << 20  # bytes unpacked, below which that does not matter
BLOCK = 1 << 22
SHEET_BYTES, SHEET_ROWS, SHEET_COLUMNS, SHEET_PARTS = 100 << 20, 50_000, 100, 1_000  # a workbook, unpacked
WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def too_much(path: str, kind: str) -> tuple[str, str] | None:
    """What is found that no extract needs, and what is allowed; None if the file may be opened.

    Parameters
    ----------
    path : the file
    kind : csv, parquet or xlsx
    """
    if kind == "xlsx":
        return _workbook(path)
    if kind != "csv":
        return None
    return (_unpacked(path) if path.lower().endswith(".gz") else None) or _other_text(path)


def opened(path: str) -> IO[bytes]:
    """A CSV file's bytes, unpacked."""
    return gzip.open(path, "rb") if path.lower().endswith(".gz") else open(path, "rb")


def _other_text(path: str) -> tuple[str, str] | None:
    """Text in two bytes a letter, which programs call Unicode text."""
    with opened(path) as file:
        start = file.read(2)
    return ("text in UTF-16 (Unicode text)", AS_CSV) if start in (b"\xff\xfe", b"\xfe\xff") else None


def _unpacked(path: str) -> tuple[str, str] | None:
    """Unpack a file without keeping it, and stop where it grows beyond measure."""
    try:
        with open(path, "rb") as packed, gzip.open(packed) as file:
            size = 0
            while block := file.read(BLOCK):
                size += len(block)
                if size > SMALL and size > MOST_SHRUNK * packed.tell():
                    grown = f"a file that grows to more than {MOST_SHRUNK} times its size"
                    return grown, "a CSV file, compressed with gzip"
    except (OSError, EOFError, zlib.error):
        return "a file that cannot be unpacked to its end", "a CSV file, compressed with gzip"
    return None


def _workbook(path: str) -> tuple[str, str] | None:
    allowed = "a workbook whose first sheet is a table"
    with open(path, "rb") as file:
        if file.read(len(OLD_BOOK)) == OLD_BOOK:
            return "a workbook with a password, or one of Excel 97-2003", "an XLSX workbook without a password"
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            if len(parts) > SHEET_PARTS or sum(part.file_size for part in parts) > SHEET_BYTES:
                return f"a workbook larger than {SHEET_BYTES >> 20} MB when unpacked", "a smaller one"
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with book.open(part) as stream:
                        if found := _part(stream, bool(WORKSHEET.fullmatch(part.filename))):
                            return found
    except DefusedXmlException:
        return "a workbook that defines entities of its own", allowed
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ParseError, zlib.error, EOFError):
        return "a file that is not a whole workbook", allowed
    return None


def _part(stream: IO[bytes], is_sheet: bool) -> tuple[str, str] | None:
    """Read a part of a workbook to its end, looking at the cells of a sheet; each is forgotten once it is looked at."""
    for _, element in iterparse(stream, events=("end",), forbid_dtd=True):
        tag = element.tag.rpartition("}")[2]
        if is_sheet and tag in ("c", "row") and (found := _beyond(tag, element)):
            return found
        if tag in ("c", "row", "si"):
            element.clear()
    return None


def _beyond(tag: str, element: Element) -> tuple[str, str] | None:
    """What is wrong with a cell or a row of a sheet."""
    place, limit = element.get("r", ""), f"at most {SHEET_ROWS:,} rows and {SHEET_COLUMNS} columns"
    if tag == "row":
        far = place.isdigit() and int(place) > SHEET_ROWS
        return (f"a row {int(place):,}", limit) if far else None
    if _far(place):
        return f"a cell at {place}", limit
    parts = {child.tag.rpartition("}")[2]: child.text for child in element}
    if "f" in parts and not parts.get("v"):
        return f"a formula without a stored value at {place}", "values, or formulas saved with their values"
    return None


def _far(place: str) -> bool:
    found = CELL.fullmatch(place)
    if not found:
        return bool(place)
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - ord("A") + 1
    return column > SHEET_COLUMNS or int(found[2]) > SHEET_ROWS
