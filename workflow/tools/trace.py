"""Print how a number of the report came to be: from the printed cell down to records, citations and settings.

python workflow/tools/trace.py 7.10/site_3/value_total [--run dscp-2009-11] [--records] [--study folder]
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path

import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import _digests
from _config import line_numbers, plain
from _ledger import read_ledger
from _trail import BrokenTrail, Node, Rows, filled, rows_by_id, tree, walk
from trace_records import described, records_of

WIDTH = 118
STEP = "    "
UNITS = {
    "count": "",
    "percent": "per cent",
    "ppt": "percentage points",
    "p": "(p-value)",
    "gbp": "pounds",
    "gbp_k": "thousand pounds",
    "gbp_m": "million pounds",
    "ratio": "(ratio)",
    "index": "(index)",
    "rate": "(rate)",
    "year": "(year)",
}
ELEMENT = re.compile(r'<data\b[^>]*\bdata-q="([^"]+)"[^>]*>(.*?)</data>')
TAG = re.compile(r"<[^>]*>")
NEAREST = 5


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
        """Every printed cell, as text."""
        return pd.read_csv(self.folder / "cells.csv", dtype=str, keep_default_na=False)

    @cached_property
    def config_text(self) -> str:
        """The study's config as it is now."""
        return (self.study / "config.yaml").read_text(encoding="utf-8")

    @cached_property
    def config(self) -> dict:
        """The study's config as it is now, dates as ISO text."""
        return plain(yaml.safe_load(self.config_text))

    def files(self, extract: str) -> list[str]:
        """The paths of an extract, as configured; of a file that the run itself made, its path."""
        paths = self.config["extracts"].get(extract, f"results/{self.name}/{extract}")
        return [paths] if isinstance(paths, str) else paths

    @cached_property
    def rows_in(self) -> dict[str, int]:
        """Path of an extract's file as configured -> number of its records."""
        found = pd.read_csv(self.folder / "validation.csv", keep_default_na=False)
        counted = found[found["found"] == "rows in"]
        return dict(zip(counted["file"], counted["rows"].astype(int), strict=True))


def find(run: Run, text: str) -> tuple[str, list[Place]]:
    """Find what is meant: a ledger id, exhibit/row/column (or column/row), or a printed number.

    Returns the ledger id and the places where it is printed; anything else is a NotFound with a message.
    """
    text = text.strip()
    if text in run.rows:
        return text, [place for place in places(run) if place.identifier == text]
    if text.count("/") == 2:
        found = cell(run, *text.split("/"))
        if found and not found.identifier:
            raise NotFound(f"{text} is a text, not a number")
        return (found.identifier, [found]) if found else _unknown(run, text)
    found = [place for place in [*places(run), *sentences(run)] if _is_printed(text, place.printed)]
    chosen = {place.identifier for place in found}
    if len(chosen) > 1:
        lines = "\n".join(f"  {place.where:<40} {place.identifier}" for place in dict.fromkeys(found))
        raise NotFound(f'"{text}" is printed for {len(chosen)} quantities; choose one by its id:\n{lines}')
    return (chosen.pop(), list(dict.fromkeys(found))) if chosen else _unknown(run, text)


def cell(run: Run, exhibit: str, first: str, second: str) -> Place | None:
    """The cell of an exhibit, its row and column named in either order."""
    cells = run.cells[run.cells["exhibit"] == exhibit.removeprefix("Table ").removeprefix("Figure ")]
    for row, column in ((first, second), (second, first)):
        match = cells[(cells["row"] == row) & (cells["column"] == column)]
        if len(match):
            return _place(match.iloc[0])
    return None


def places(run: Run) -> list[Place]:
    """Every number in the numbered tables."""
    return [_place(row) for _, row in run.cells[run.cells["id"] != ""].iterrows()]


def _place(row: Mapping) -> Place:
    return Place(f"{row['exhibit']}/{row['row']}/{row['column']}", row["id"], row["printed"])


def sentences(run: Run) -> Iterator[Place]:
    """Every printed number of the report that no cell of a numbered table holds."""
    report, held = run.folder / "report.html", set(run.cells["id"])
    for identifier, content in ELEMENT.findall(report.read_text(encoding="utf-8")) if report.exists() else []:
        if (identifier := unescape(identifier)) not in held and identifier in run.rows:
            yield Place("text of the report", identifier, unescape(TAG.sub("", content)))


def _is_printed(text: str, printed: str) -> bool:
    """Whether a text is a printed number; a plus sign may be left out, and a minus sign be a hyphen."""
    number = printed.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ").strip()
    return text.replace("\N{MINUS SIGN}", "-") in (number, number.removeprefix("+"))


def _unknown(run: Run, text: str) -> tuple[str, list[Place]]:
    """Say that nothing is called so, with the nearest names: of the exhibit's cells where an exhibit is named."""
    exhibit, _, rest = text.partition("/")
    cells = run.cells[run.cells["exhibit"] == exhibit]
    if len(cells):
        orders = [cells["row"] + "/" + cells["column"], cells["column"] + "/" + cells["row"]]
        nearest = [f"{exhibit}/{name}" for name in _nearest(rest, pd.concat(orders).tolist())]
    else:
        nearest = _nearest(text, list(run.rows)) if re.search("[a-z]", text) else []
    raise NotFound(f'nothing is called "{text}"' + (f"; nearest: {', '.join(nearest)}" if nearest else ""))


def _nearest(text: str, known: list[str]) -> list[str]:
    return difflib.get_close_matches(text, known, n=NEAREST, cutoff=0.4)


def trail(run: Run, identifier: str, printed: list[Place], with_records: bool = False) -> Iterator[str]:
    """Print a quantity's tree, then the extracts that it rests on."""
    for place in printed:
        yield f'printed "{place.printed}" in {place.where}'
    top = tree(run.rows, identifier)
    yield from _branch(run, top, "", with_records, set())
    extracts = {node.row["extract"]: None for node in walk(top) if node.kind == "records"}
    for extract in extracts:
        yield ""
        yield from _files(run, extract)


def _branch(run: Run, node: Node, label: str, with_records: bool, seen: set[str], indent: str = "") -> Iterator[str]:
    """One quantity and, below it, its inputs."""
    row = node.row
    head = f"{label}{row['id']} = {amount(row)}"
    if row["id"] in seen:
        yield from _wrapped(f"{head}  (see above)", indent)
        return
    seen.add(row["id"])
    yield from _wrapped(head, indent)
    for line in _origin(run, node, with_records):
        yield from _wrapped(line, indent + STEP)
    for name, inputs in node.inputs.items():
        if len(inputs) > 1:
            yield f"{indent}{STEP}{name}: {len(inputs)} quantities"
        deeper = indent + STEP * (2 if len(inputs) > 1 else 1)
        for number, one in enumerate(inputs, start=1):
            label = f"{name} {number}: " if len(inputs) > 1 else f"{name}: "
            yield from _branch(run, one, label, with_records, seen, deeper)


def amount(row: Mapping) -> str:
    """A quantity's value, not rounded, with its unit."""
    if row["value"] != row["value"]:
        return "not computed"
    text = f"{row['value']:,}".removesuffix(".0")
    return f"{text} {UNITS.get(row['unit'], row['unit'])}".rstrip()


def _origin(run: Run, node: Node, with_records: bool) -> Iterator[str]:
    """How a quantity came to be, below its value."""
    row = node.row
    if row["note"]:
        yield f"note: {row['note']}"
    if node.kind == "derived":
        yield f"= {row['formula']}"
        yield f"= {filled(row, run.amounts)}"
        yield f"{rule(row)}; {row['source']}"
    elif node.kind == "records":
        yield f"{row['rows']:,} {'row' if row['rows'] == 1 else 'rows'} of extract {row['extract']}: {row['filter']}"
        yield f"{rule(row)}; {row['source']}"
        if with_records:
            yield from described(
                records_of(row, run.folder, run.config), run.files(row["extract"]), run.rows_in, run.study
            )
    else:
        yield f"cited: {row['source']}" if node.kind == "constant" else setting_line(run, row)


def rule(row: Mapping) -> str:
    """The rule and function that made a quantity."""
    return f"rule {row['rule']}, function {row['function']}"


def setting_line(run: Run, row: Mapping) -> str:
    """Where a setting stands in the config, and the line itself."""
    keys = setting_keys(row["id"], run.config)
    lines = line_numbers(run.config_text)
    if (number := lines.get(tuple(keys))) is None:
        return "setting; config.yaml does not have it now"
    text = run.config_text.splitlines()[number - 1].split("#")[0].strip()
    now = _setting_value(run.config, keys)
    changed = "" if now == row["value"] else f"  (now {now}; this run had {row['value']:g})"
    return f"setting: config.yaml, line {number}: {text}{changed}"


def setting_keys(identifier: str, config: Mapping) -> list[str | int]:
    """The keys of the config that lead to a setting: setting.models.length_of_use_bands.1 -> models, ..., 0."""
    keys: list[str | int] = []
    here: object = config
    for part in identifier.split(".")[1:]:
        if isinstance(here, list):
            years = [f"from_year_{step['from_year']}" if isinstance(step, dict) else "" for step in here]
            key: str | int = years.index(part) if part in years else int(part) - 1 if part.isdigit() else -1
        else:
            key = part
        here = _at(here, key)
        keys.append(key)
    return keys


def _setting_value(config: Mapping, keys: list[str | int]) -> object:
    here: object = config
    for key in keys:
        here = _at(here, key)
    return here["rate"] if isinstance(here, dict) and "rate" in here else here


def _at(here: object, key: str | int) -> object:
    try:
        return here[key]
    except (KeyError, IndexError, TypeError):
        return None


def _files(run: Run, extract: str) -> Iterator[str]:
    """The files of an extract with their checksums."""
    yield f"extract {extract}:"
    for name in run.files(extract):
        digest = _digests.of_file(str(run.study / name))
        rows = f", {run.rows_in[name]:,} rows" if name in run.rows_in else ""
        yield f"{STEP}{name}{rows}"
        yield f"{STEP}SHA-256 {'not known: the file is not on this machine' if digest == 'absent' else digest}"


def _wrapped(text: str, indent: str) -> list[str]:
    width = max(WIDTH, len(indent) + 60)
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)


def main(arguments: list[str] | None = None) -> int:
    """Print the trail; 1 with one line of error where there is none."""
    parser = argparse.ArgumentParser(description="How a number of the report came to be.")
    parser.add_argument("id", help="exhibit/row/column, a ledger id, or a number as printed")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--run", default="", help="name of the run (default: the one of config.yaml)")
    parser.add_argument("--records", action="store_true", help="list file and line numbers of the records counted")
    chosen = parser.parse_args(arguments)
    try:
        if not chosen.id.strip():
            raise NotFound("which number? make trace ID=7.10/site_3/value_total (or a ledger id, or a printed number)")
        name = chosen.run or yaml.safe_load((chosen.study / "config.yaml").read_text(encoding="utf-8"))["run"]
        run = Run(chosen.study, name)
        print("\n".join(trail(run, *find(run, chosen.id), chosen.records)), flush=True)
    except BrokenPipeError:  # whoever reads has read enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (NotFound, BrokenTrail) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
