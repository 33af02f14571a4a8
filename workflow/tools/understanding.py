"""What is to be seen of a file that nobody has described: sheets, header, which column is which of ours, how days and
codes are written. All of it is a proposal, for a person to look at.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path

import yaml

from dscp.extracts.checks import SAYS_TOTAL
from dscp.extracts.columns import personal
from dscp.extracts.files import AROUND, FORMATS, plain_title, workbook_text
from dscp.extracts.registry import READ
from dscp.extracts.types import Column, ExtractType
from dscp.extracts.words import plain, words_of
from dscp.study.given import EXCEL, form_of_days

CONFIG = Path(__file__).parents[2] / "config.yaml"  # whose code lists a new study begins with
ROWS = 5_000  # that are looked at
TITLES = 15  # lines that may stand above a header
AGAIN = 2  # cells that are their header, in a row that is one
WORDS = re.compile(r"[^\W\d_](?:[^\W\d_]|[ ()/,&'-])*")  # letters, and what stands between words
MOST_WORDS = 10  # values that a code list of words may have
LIKELY = 0.6  # how alike a header and a name have to be
SURE = 0.75  # and where a file may lack the column
DAYS = ("date", "quarter", "month")
READ_ANYWAY = ("YYYY-MM-DD", "DD/MM/YYYY")
FORMS = [
    *READ_ANYWAY,
    *("MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "DD-Mon-YYYY", "DD Mon YYYY", "DD Month YYYY", "YYYYMMDD"),
    *("DD/MM/YY", "MM/DD/YY", "DD-Mon-YY", "DD/MM/YYYY HH:MM", "YYYY-MM-DD HH:MM:SS", "MM/YYYY", "YYYY-MM"),
    EXCEL,
]
ALSO = {  # words by which offices call what our columns hold
    "client": ("client ref", "client id", "client reference", "person id", "service user", "patient id", "pseudonym"),
    "dat": ("partnership", "area", "dat of residence", "local authority", "drug action team"),
    "journey": ("journey id", "journey number", "episode", "episode number"),
    "journey_start": ("start", "start date", "treatment start", "date started", "triage date", "episode start"),
    "journey_end": ("end", "end date", "treatment end", "date ended", "discharge date", "episode end"),
    "exit_reason": ("discharge reason", "reason for exit", "exit code"),
    "date_of_birth": ("dob", "birth date", "born"),
    "sex": ("gender",),
    "ethnicity": ("ethnic group", "ethnic origin"),
    "age_first_use": ("age of first use", "age first used"),
    "drug_1": ("main drug", "problem substance", "primary drug", "main substance", "primary substance"),
    "drug_2": ("second drug", "secondary drug", "second substance"),
    "drug_3": ("third drug", "third substance"),
    "referral_source": ("source of referral", "referred by"),
    "dip_flag": ("dip", "dip client"),
    "previously_treated": ("treated before", "previous treatment"),
    "dual_diagnosis": ("mental health", "dual diagnosis flag"),
    "referral": ("referral id", "referral number", "carat id"),
    "residence_dat": ("home dat", "home area", "area of residence", "dat of residence"),
    "referred_to_dat": ("dat referred to", "area referred to"),
    "prison": ("establishment", "prison code"),
    "referral_date": ("date of referral", "referred on", "date referred"),
    "release_date": ("date of release", "released on", "date released"),
    "care_plan_date": ("care plan agreed", "date of care plan"),
    "form": ("form id", "activity form", "form type"),
    "quarter_start": ("quarter", "quarter beginning", "quarter from"),
}


@dataclass
class Table:
    """A sheet of a workbook, or a file: rows of texts, the first of them perhaps titles."""

    file: str
    sheet: str
    rows: list[list[str]]
    others: bool = False

    @property
    def name(self) -> str:
        """What it is called: with its sheet, where there are others."""
        return f"{self.file}, sheet {self.sheet}" if self.others else self.file


def _is_none(row: Sequence[str], titles: Sequence[str]) -> bool:
    """Whether a row is no record: the header again, or one that says total and has half of its cells at the most."""
    again = sum(bool(cell.strip()) and cell.strip() == title.strip() for cell, title in zip(row, titles, strict=False))
    filled = [cell.strip() for cell in row if cell.strip()]
    total = any(re.fullmatch(SAYS_TOTAL, cell) for cell in filled) and 2 * len(filled) <= len(titles)
    return again >= AGAIN or total


@dataclass
class Seen:
    """A table as an extract: where its header is, and which of its headers is which column."""

    table: Table
    extract: ExtractType
    skip: int
    headers: dict[str, str] = field(default_factory=dict)

    def values(self, column: str) -> list[str]:
        """What stands in the cells of a column, without empty ones."""
        return [cell for cell, *_ in self.beside(column) if cell]

    def beside(self, *columns: str) -> list[list[str]]:
        """What stands in the cells of some columns, row by row, without headers within the file and rows of totals."""
        titles = self.table.rows[self.skip]
        at = [titles.index(self.headers[column]) for column in columns]
        records = (row for row in self.table.rows[self.skip + 1 :] if not _is_none(row, titles))
        cells = ([AROUND.sub("", row[one]) if one < len(row) else "" for one in at] for row in records)
        return [["" if cell in ("NA", "NULL") else cell for cell in row] for row in cells]

    @property
    def lacks(self) -> list[str]:
        """Columns that an extract needs and no header is like."""
        return [one.name for one in self.extract.columns if not one.optional and one.name not in self.headers]

    @property
    def renamed(self) -> dict[str, str]:
        """Our column -> header, where the reader would not know it by itself."""
        every = {one.name: {plain_title(name) for name in (one.name, *one.aliases)} for one in self.extract.columns}
        return {name: _on_one_line(title) for name, title in self.headers.items()
                if plain_title(title) not in every[name]}  # fmt: skip

    @property
    def rivals(self) -> dict[str, list[str]]:
        """Our column -> other headers that are as like it as a header has to be, where the reader would not know it."""
        left = [title for title in self.table.rows[self.skip] if title.strip() and title not in self.headers.values()]
        found = {name: [title for title in left if likeness(title, _column(self.extract, name)) >= LIKELY]
                 for name in self.renamed}  # fmt: skip
        return {name: titles for name, titles in found.items() if titles}


def _on_one_line(title: str) -> str:
    """A header as the config may name it: blanks and line breaks in it are alike."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())


def tables(path: Path, name: str) -> list[Table]:
    """The tables of a file: the sheets in sight of a workbook, or the file itself; called by its name."""
    kind = FORMATS.get(path.suffix.lower(), "")
    if kind == "xlsx":
        import openpyxl

        book = openpyxl.load_workbook(path, data_only=True, read_only=True)
        seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        read = {sheet.title: list(islice(sheet.iter_rows(values_only=True), ROWS)) for sheet in seen}
        return [
            Table(name, title, [[workbook_text(cell) or "" for cell in row] for row in rows], len(read) > 1)
            for title, rows in read.items()
        ]
    if kind == "parquet":
        import pandas as pd

        frame = pd.read_parquet(path).head(ROWS)
        rows = frame.astype(object).where(frame.notna(), "").astype(str).to_numpy().tolist()
        return [Table(name, "", [list(map(str, frame.columns)), *rows])]
    if kind == "csv":
        with (gzip.open if path.suffix.lower() == ".gz" else open)(
            path, "rt", encoding="utf-8-sig", errors="replace", newline=""
        ) as stream:
            return [Table(name, "", list(islice(csv.reader(stream), ROWS)))]
    return []


def hidden_sheets(path: Path) -> list[str]:
    """The titles of a workbook's sheets that are out of sight."""
    import openpyxl

    if FORMATS.get(path.suffix.lower()) != "xlsx":
        return []
    book = openpyxl.load_workbook(path, read_only=True)
    return [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]


def likeness(title: str, column: Column) -> float:
    """How alike a header and the names of a column are, from 0 to 1; a header has no number of several digits."""
    if re.search(r"\d\d", title):
        return 0.0
    return _likeness(plain_title(title), (column.name, *column.aliases, *ALSO.get(column.name, ())))


@cache
def _likeness(found: str, names: tuple[str, ...]) -> float:
    if found in map(plain_title, names):
        return 1.0
    words = set(found.split("_"))
    alike = [difflib.SequenceMatcher(None, found, plain_title(name)).ratio() for name in names]
    shared = [
        len(words & set(plain_title(name).split("_"))) / len(words | set(plain_title(name).split("_")))
        for name in names
    ]
    return 0.99 * max(*alike, *shared)


def headers(titles: Sequence[str], extract: ExtractType) -> dict[str, str]:
    """Our column -> the header that is most like it; each header once."""
    pairs = [
        (likeness(title, column), -position, column.name, title)
        for position, column in enumerate(extract.columns)
        for title in titles
        if title.strip()
    ]
    found: dict[str, str] = {}
    needed = {column.name: SURE if column.optional else LIKELY for column in extract.columns}
    for alike, _, name, title in sorted(pairs, reverse=True):
        if alike >= needed[name] and name not in found and title not in found.values():
            found[name] = title
    return found


def seen(table: Table) -> Seen | None:
    """The extract that a table is most likely of: the one of whose columns it has the greatest part."""
    every = [of_extract(table, extract) for extract in READ.values()] if table.rows else []
    best = max(every, key=held, default=None)
    return best if best and held(best) > 0.5 else None


def of_extract(table: Table, extract: ExtractType) -> Seen:
    """A table as an extract, its header being the row that is most like one."""
    rows = [Seen(table, extract, skip, headers(titles, extract)) for skip, titles in enumerate(table.rows[:TITLES])]
    return max(rows, key=held)


def held(one: Seen) -> float:
    """The part of the needed columns that a table has; of tables that have the same, how alike their headers are."""
    needed = [column for column in one.extract.columns if not column.optional]
    alike = sum(likeness(title, _column(one.extract, name)) for name, title in one.headers.items())
    return sum(column.name in one.headers for column in needed) / len(needed) + alike / 1000


def _column(extract: ExtractType, name: str) -> Column:
    return next(column for column in extract.columns if column.name == name)


def forms(values: Iterable[str]) -> list[str]:
    """The ways of writing days that fit all cells; what fits none but is read anyway is not among them."""
    distinct = list(dict.fromkeys(values))
    return [form for form in FORMS if distinct and all(_is_day(value, form_of_days(form)) for value in distinct)]


def _is_day(value: str, form: str) -> bool:
    if form == EXCEL:
        return bool(re.fullmatch(r"\d{4,5}(\.0*)?", value))
    try:
        return datetime.strptime(value.removesuffix(" 00:00:00") if "%H" not in form else value, form).year >= 1850
    except ValueError:
        return False


def meanings(values: Iterable[str], column: Column) -> dict[str, str | None]:
    """What stands in the cells of a column of codes, and which code that is by its words; None where it is none."""
    if column.code_list:
        return _unknown_words(values, column)
    codes = {"flag": {"Y": "yes", "N": "no"}}.get(column.kind) or dict(column.codes or {})
    read = {*codes, *({"YES", "NO", "1", "0", "TRUE", "FALSE"} if column.kind == "flag" else ())}
    words = {re.sub(r"\W", "", text.lower()): code for code, text in codes.items()}
    found: dict[str, str | None] = {}
    for value in dict.fromkeys(values):
        if not {value.upper(), re.sub(r"[ -]", "_", value.lower())} & read and value.lower() not in {
            one.lower() for one in found
        }:
            plain = re.sub(r"\W", "", value.lower())
            starts = [
                code for text, code in words.items() if plain and (text.startswith(plain) or plain.startswith(text))
            ]
            found[value] = starts[0] if len(set(starts)) == 1 else None
    return found


def coded(column: Column) -> bool:
    """Whether a column holds codes of a list, of which words may stand in a file."""
    return bool(column.codes or column.code_list) or column.kind == "flag"


def _unknown_words(values: Iterable[str], column: Column) -> dict[str, None]:
    """The words in a column of codes that are not read as one by themselves."""
    known = words_of(column, yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["codes"])
    held = {value.lower(): value for value in dict.fromkeys(values) if re.search(r"[^\W\d_]{2}", value)}
    return {value: None for value in held.values() if plain(value) not in known}


def shown(values: Iterable[str]) -> list[str]:
    """Of values that are no codes of ours those that may be shown: a few words. Many are no codes but names or ids."""
    every = list(values)
    return [text for text in every if WORDS.fullmatch(text)] if len(every) <= MOST_WORDS else []


def settings(one: Seen) -> dict:
    """What the config has to say of a table, beside its file."""
    dates, values = {}, {}
    for name in one.headers:
        column = _column(one.extract, name)
        cells = one.values(name)
        born = name in personal(one.extract)  # two digits do not tell the century
        fit = [form for form in forms(cells) if not (born and re.search(r"YY\b", form.replace("YYYY", "")))]
        if column.kind in DAYS and fit and not set(fit) & set(READ_ANYWAY):
            dates[name] = fit[0]
        if (column.codes or column.kind == "flag") and name not in personal(one.extract):
            known = {theirs: ours for theirs, ours in sorted(meanings(cells, column).items()) if ours}
            values |= {name: known} if known else {}
    parts: dict[str, object] = {"columns": one.renamed, "values": values, "dates": dates, "skip": one.skip}
    parts["sheet"] = one.table.sheet if one.table.others else ""
    return {name: part for name, part in parts.items() if part}
