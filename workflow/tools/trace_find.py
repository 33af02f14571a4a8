"""What is meant by the name of a number: a cell of the report, an id of the ledger, a printed text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from dscp.config.checked import as_run, plain, read_config
from dscp.extracts.frozen import frozen_path
from dscp.ledger.rows import read_ledger
from dscp.ledger.trail import Rows, rows_by_id
from dscp.printing.html import read_html
from dscp.run.inert import unmarked
from dscp.study.areas import value_at
from dscp.study.given import Given, given

NEAREST = 5
SHARES = ("percent", "ppt")


class NotFound(ValueError):
    """There is nothing to trace, or more than one thing; the message says which."""


@dataclass(frozen=True)
class Place:
    """Where a quantity is printed, and as what."""

    where: str
    identifier: str
    printed: str


@dataclass
class Run:
    """A finished run: its results folder, and the folder of its study."""

    study: Path
    name: str

    def __post_init__(self) -> None:
        """A run without a ledger has not been made."""
        if not (self.folder / "ledger.csv").exists():
            raise NotFound(f"no {self.folder / 'ledger.csv'}: run `make report` first")

    @property
    def folder(self) -> Path:
        """Its results folder."""
        return self.study / "results" / self.name

    @cached_property
    def rows(self) -> Rows:
        """Ledger id -> row."""
        return rows_by_id(read_ledger(self.folder / "ledger.csv"))

    @cached_property
    def amounts(self) -> dict[str, float]:
        """Ledger id -> value."""
        return {identifier: row["value"] for identifier, row in self.rows.items()}

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Every printed cell, as text; a table by its number alone."""
        found = pd.read_csv(self.folder / "cells.csv", dtype=str, keep_default_na=False).map(unmarked)
        return found.assign(exhibit=found["exhibit"].str.removeprefix("Table "))

    @property
    def config_file(self) -> Path:
        """The config that the run was made with, which its record keeps; without a record, the study's."""
        kept = self.folder / "code" / "config.yaml"
        return kept if kept.exists() else self.study / "config.yaml"

    @cached_property
    def config_text(self) -> str:
        """The run's config as it was written."""
        return self.config_file.read_text(encoding="utf-8")

    @cached_property
    def config(self) -> dict:
        """The run's config, dates as ISO text."""
        return as_run(plain(read_config(self.config_file)))

    @cached_property
    def config_now(self) -> dict:
        """The study's config as it is now, dates as ISO text."""
        return as_run(plain(read_config(self.study / "config.yaml")))

    def given(self, extract: str) -> list[Given]:
        """The files of an extract, as the config of the run names them; a file that the run itself made."""
        return given(self.config["extracts"].get(extract, f"results/{self.name}/{extract}"))

    def files(self, extract: str) -> list[str]:
        """The paths of an extract's files."""
        return [one.path for one in self.given(extract)]

    def copies(self, extract: str) -> list[Path]:
        """What the run read as an extract: its frozen copies; where this machine has none, the files themselves."""
        kept = self.folder / "restricted" / "frozen" / extract
        frozen = [(name, frozen_path(kept, i, name)) for i, name in enumerate(self.files(extract), start=1)]
        return [copy if copy.exists() else self.study / name for name, copy in frozen]

    @cached_property
    def full(self) -> Rows:
        """Ledger id -> row before the disclosure policy; as it is published where this machine has no restricted/."""
        path = self.folder / "restricted" / "ledger.csv"
        return rows_by_id(read_ledger(path)) if path.exists() else self.rows

    @cached_property
    def rows_in(self) -> dict[str, int]:
        """Name of an extract's file -> number of its records, where it is published."""
        return _rows_in(self.folder / "validation.csv")

    @cached_property
    def records_in(self) -> dict[str, int]:
        """The same before the disclosure policy, where this machine has it."""
        path = self.folder / "restricted" / "validation.csv"
        return _rows_in(path) if path.exists() else self.rows_in


def _rows_in(path: Path) -> dict[str, int]:
    found = pd.read_csv(path, dtype=str, keep_default_na=False)
    counted = found[(found["found"] == "rows in") & found["rows"].str.isdigit()]
    return dict(zip(counted["file"], counted["rows"].astype(int), strict=True))


def find(run: Run, text: str) -> tuple[str, list[Place]]:
    """Find what is meant: a ledger id, exhibit/row/column (or column/row), or a printed number.

    A row of a figure may have a stroke in its name: Figure S.1/effective_treatment/site_3/did.

    Returns the ledger id and the places where it is printed; anything else is a NotFound with a message.
    """
    text = text.strip()
    if text in run.rows:
        return text, [place for place in places(run) if place.identifier == text]
    if text.count("/") >= 2:
        found = cell(run, text)
        if found and not found.identifier:
            raise NotFound(f"{text} is a text, not a number")
        return (found.identifier, [found]) if found else _unknown(run, text)
    found = [place for place in [*places(run), *sentences(run)] if _is_printed(text, place.printed)]
    found = found or [place for place in [*places(run), *sentences(run)] if _is_share(run, text, place)]
    chosen = {place.identifier for place in found}
    if len(chosen) > 1:
        lines = "\n".join(f"  {place.where:<40} {place.identifier}" for place in dict.fromkeys(found))
        raise NotFound(f'"{text}" is printed for {len(chosen)} quantities; choose one by its id:\n{lines}')
    return (chosen.pop(), list(dict.fromkeys(found))) if chosen else _unknown(run, text)


def cell(run: Run, text: str) -> Place | None:
    """The cell of an exhibit, its row and column named in either order."""
    exhibit, _, name = text.partition("/")
    cells = cells_of(run, exhibit)
    for first, second in (("row", "column"), ("column", "row")):
        match = cells[cells[first] + "/" + cells[second] == name]
        if len(match) > 1:
            raise NotFound(f'"{text}" is a cell of a table and of a figure; choose Table {text} or Figure {text}')
        if len(match):
            return _place(match.iloc[0])
    return None


def cells_of(run: Run, exhibit: str) -> pd.DataFrame:
    """The cells of an exhibit: "Table 7.10", "Figure S.1", or those of both kinds for a number alone."""
    number = exhibit.removeprefix("Table ")
    names = [number] if exhibit.startswith("Table ") else [number, f"Figure {number}"]
    return run.cells[run.cells["exhibit"].isin(names)]


def places(run: Run) -> list[Place]:
    """Every number in the numbered tables and figures."""
    return [_place(row) for _, row in run.cells[run.cells["id"] != ""].iterrows()]


def _place(row: Mapping) -> Place:
    return Place(f"{row['exhibit']}/{row['row']}/{row['column']}", row["id"], row["printed"])


def sentences(run: Run) -> Iterator[Place]:
    """Every printed number of the report that stands so in no cell of a numbered table or figure."""
    report, held = run.folder / "report.html", set(zip(run.cells["id"], run.cells["printed"].map(typed), strict=True))
    if not report.exists():
        return
    for element in read_html(report.read_text(encoding="utf-8")).iterfind(".//data[@data-q]"):
        identifier, printed = element.get("data-q"), element.text_content()
        if (identifier, typed(printed)) not in held and identifier in run.rows:
            yield Place("text of the report", identifier, printed)


def typed(printed: str) -> str:
    """A printed number as it is typed: a hyphen for a minus sign, plain blanks."""
    return printed.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ").strip()


def _is_printed(text: str, printed: str) -> bool:
    """Whether a text is a printed number; a plus sign may be left out, and a minus sign be a hyphen."""
    number = typed(printed)
    return typed(text) in (number, number.removeprefix("+"))


def _is_share(run: Run, text: str, place: Place) -> bool:
    """Whether a text is a printed number with the sign of per cent, which its head or sentence says in words."""
    number = re.sub(r" ?(%|per ?cent)$", "", typed(text))
    return number != typed(text) and run.rows[place.identifier]["unit"] in SHARES and _is_printed(number, place.printed)


def _unknown(run: Run, text: str) -> tuple[str, list[Place]]:
    """Say that nothing is called so, with what is: in the exhibit where one is named, else the nearest ids."""
    exhibit, *parts = text.split("/")
    cells, names = cells_of(run, exhibit), _names(parts)
    if names and cells.empty:
        allowed = f"; exhibits: {', '.join(run.cells['exhibit'].unique())}"
    elif names:
        allowed = _allowed(cells, exhibit, names)
    else:
        nearest = _nearest(text, list(run.rows)) if re.search("[a-z]", text) else []
        allowed = f"; nearest: {', '.join(nearest)}" if nearest else ""
    raise NotFound(f'nothing is called "{text}"{allowed}')


def _names(parts: list[str]) -> list[str]:
    """What a row and a column may be called, wherever the one ends and the other starts."""
    cuts = range(1, len(parts))
    return [name for cut in cuts for name in ("/".join(parts[:cut]), "/".join(parts[cut:]))] or parts


def _allowed(cells: pd.DataFrame, exhibit: str, names: list[str]) -> str:
    """What may be named in an exhibit: with a row (or column) that it has, the columns (or rows) of that one."""
    for own, other in (("row", "column"), ("column", "row")):
        if (known := next((name for name in names if name in set(cells[own])), None)) is not None:
            found = cells.loc[cells[own] == known, other].unique()
            return f"; {own} {known} of {exhibit} has the {other}s {', '.join(found)}"
    parts = (f"{part}s {', '.join(cells[part].unique())}" for part in ("row", "column"))
    return f"; {exhibit} has the {' and the '.join(parts)}"


def _nearest(text: str, known: list[str]) -> list[str]:
    return difflib.get_close_matches(text, known, n=NEAREST, cutoff=0.4)


def is_named(run: Run, text: str) -> bool:
    """Whether a text names a setting that is no quantity, or an extract: setting.definitions.age_at, extract.dirs."""
    what, _, name = text.partition(".")
    if what == "setting" and text not in run.rows:
        try:
            value_at(run.config, name)
        except KeyError:
            return False
        return True
    return what == "extract" and name in run.config["extracts"]
