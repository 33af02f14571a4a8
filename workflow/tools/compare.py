"""Write what changed from one run to another: every quantity that moved, by how much, and why.

`make compare A=<run> B=<run> [STUDY=folder]` writes results/compare-<run>-<run>/changes.html and .csv
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jinja2
import pandas as pd

import compare_printed
from compare_printed import Changed, Conclusion, Printed
from compare_records import FILE, Record, code_changed, extract_changed, jobs_before, settings_changed
from dscp.ledger.rows import extracts_of, inputs_of, kind, read_ledger, shaped_by, within
from dscp.ledger.trail import Rows, plain, rows_by_id, tree, walk
from dscp.run.inert import tabled
from dscp.run.said import say

RELATIVE = 1e-12  # values nearer than this are the same: the last digits of a float are no news
ARROW = "\N{RIGHTWARDS ARROW}"
SHOWN = 3  # examples in a reason
TOLD = 20  # conclusions on a terminal
COLUMNS = ["id", "change", "unit", "before", "after", "difference", "per_cent", "reasons"]
MADE = ".csv"  # how the name of a file ends that the run itself made and counted rows of


@dataclass(frozen=True)
class Cause:
    """Something that differs: what, and where it shows (one example)."""

    what: str
    example: str = ""


@dataclass(frozen=True)
class Run:
    """A finished run as far as it is compared: its ledger and its run record."""

    name: str
    rows: Rows
    record: Record
    printed: Printed = field(default_factory=lambda: Printed(None))


def read_run(study: Path, name: str) -> Run:
    """Read a run's ledger and, where there is one, its run record."""
    folder = study / "results" / name
    ledger = folder / "ledger.csv"
    if not ledger.exists():
        made = sorted(path.parent.name for path in folder.parent.glob("*/ledger.csv"))
        raise SystemExit(f"error: no {ledger}; runs: {', '.join(made) or 'none'}")
    return Run(name, rows_by_id(read_ledger(ledger)), Record(folder, study), Printed.of(folder))


@dataclass
class Comparison:
    """Two runs side by side."""

    a: Run
    b: Run

    @cached_property
    def ids(self) -> list[str]:
        """Every quantity of either run, in ledger order; those that only the first has come last."""
        return [*self.b.rows, *(identifier for identifier in self.a.rows if identifier not in self.b.rows)]

    @cached_property
    def own_causes(self) -> dict[str, list[Cause]]:
        """Ledger id -> what differs in that quantity itself, not in what it rests on; only where something does."""
        causes = {identifier: list(self._own(identifier)) for identifier in self.ids}
        return {identifier: found for identifier, found in causes.items() if found}

    @property
    def recorded(self) -> bool:
        """Whether both runs have a run record."""
        return bool(self.a.record.entities and self.b.record.entities)

    def moved(self, identifier: str) -> str:
        """Whether a quantity was added, removed or changed; "" where it is the same."""
        before, after = self.a.rows.get(identifier), self.b.rows.get(identifier)
        if before is None or after is None:
            return "added" if before is None else "removed"
        return "" if _same(before["value"], after["value"]) and before["unit"] == after["unit"] else "changed"

    def moves(self) -> Iterator[dict]:
        """Every quantity that moved, with its reasons."""
        for identifier in self.ids:
            if change := self.moved(identifier):
                before, after = (run.rows.get(identifier, {}) for run in (self.a, self.b))
                old, new = (row.get("value", math.nan) for row in (before, after))
                yield {
                    "id": identifier,
                    "change": change,
                    "unit": (after or before)["unit"],
                    "before": old,
                    "after": new,
                    "difference": new - old,
                    "per_cent": 100 * (new - old) / abs(old) if old else math.nan,
                    "reasons": self.reasons(identifier),
                }

    def reasons(self, identifier: str) -> dict[str, list[str]]:
        """Everything that differs on a quantity's path, in either run -> where it shows."""
        path = [node.row["id"] for run in (self.b, self.a) if identifier in run.rows
                for node in walk(tree(run.rows, identifier))]  # fmt: skip
        found: dict[str, list[str]] = {}
        for one in dict.fromkeys(path):
            for cause in self.own_causes.get(one, []):
                found.setdefault(cause.what, []).extend([cause.example] * bool(cause.example))
        return found or {self._only_in(identifier): []}

    def _only_in(self, identifier: str) -> str:
        run = self.b if identifier in self.b.rows else self.a
        row = run.rows[identifier]
        return f"computed in {run.name} only: the code of rule {row['rule']}, or a setting in words"

    def _own(self, identifier: str) -> Iterator[Cause]:
        """What differs in a quantity that moved; one that did not move is no reason for others."""
        if not self.moved(identifier):
            return
        before, after = self.a.rows.get(identifier), self.b.rows.get(identifier)
        row = after or before
        if kind(row) in ("setting", "constant"):
            yield Cause(f"{identifier.replace('.', ' ', 1)}: {_value(before)} {ARROW} {_value(after)}")
            return
        for setting in self._shaping(identifier):
            yield from self._own(setting)
        if kind(row) == "records":
            yield from self._counting(identifier, row)
        elif before and after:
            yield from self._computing(identifier, before, after)
        yield from self._around(row["rule"], identifier)

    def _counting(self, identifier: str, row: Mapping) -> Iterator[Cause]:
        """Why records are counted differently: the extracts, the filter, or the jobs that prepared the records."""
        extract, *others = extracts_of(row)
        before, after = self.a.rows.get(identifier), self.b.rows.get(identifier)
        yield Cause(
            f"extract {extract}: {self._content(extract)}", f"{identifier}: {_value(before)} {ARROW} {_value(after)}"
        )
        for other in others:
            if self._changed(other) is not False:
                yield Cause(f"extract {other}, which {extract} is read with: {self._content(other)}")
        if before and after and before["filter"] != after["filter"]:
            yield Cause(f"filter of extract {extract}: {before['filter']} {ARROW} {after['filter']}")
        if self.recorded:
            for job in jobs_before(self.b.record, row["rule"], (extract, *others)):
                yield from self._around(job, identifier)

    def _changed(self, extract: str) -> bool | None:
        return extract_changed(self.a.record, self.b.record, extract) if self.recorded else None

    def _content(self, extract: str) -> str:
        """What is known of an extract's content in both runs."""
        changed = self._changed(extract)
        if changed is None:
            return "what is counted in it differs"
        return "other content, by its checksum" if changed else "the same content, counted differently"

    def _shaping(self, identifier: str) -> list[str]:
        """Ids of the numbers of the config that shape a quantity and are none of its inputs."""
        return [one for one in self._numbers if self._shapes(one.removeprefix("setting."), identifier)]

    @cached_property
    def _numbers(self) -> list[str]:
        """Ids of the config's numbers."""
        rows = self.a.rows | self.b.rows
        return [identifier for identifier in self.ids if kind(rows[identifier]) == "setting"]

    def _shapes(self, setting: str, identifier: str) -> bool:
        """Whether a setting shapes a quantity in either run."""
        rows = (run.rows[identifier] for run in (self.a, self.b) if identifier in run.rows)
        return any(within(setting, path) for row in rows for path in shaped_by(row))

    @cached_property
    def _groups(self) -> set[str]:
        """The groups of the config that the ledgers name settings of."""
        rows = [*self.a.rows.values(), *self.b.rows.values()]
        return {path.split(".")[0] for row in rows for path in shaped_by(row)}

    def _computing(self, identifier: str, before: Mapping, after: Mapping) -> Iterator[Cause]:
        """Why a quantity is computed differently from what it rests on."""
        where = f"rule {after['rule']}, function {after['function']}"
        if before["formula"] != after["formula"]:
            yield Cause(f"formula in {where}: {before['formula']} {ARROW} {after['formula']}", identifier)
        for name in ("rule", "function"):
            if before[name] != after[name]:
                yield Cause(f"{name}: {before[name]} {ARROW} {after[name]}", identifier)
        inputs = inputs_of(before) + inputs_of(after)
        if any(one not in self.a.rows or one not in self.b.rows for one in inputs):
            return  # what was added or removed has causes of its own
        if before["inputs"] != after["inputs"]:
            yield Cause(f"other inputs in {where}", f"{identifier}: {before['inputs']} {ARROW} {after['inputs']}")
        elif self.moved(identifier) and before["formula"] == after["formula"] and not any(map(self.moved, inputs)):
            yield Cause(f"value differs though formula and inputs agree: the code of {where}, or an altered ledger",
                        identifier)  # fmt: skip

    def _around(self, job: str, identifier: str) -> Iterator[Cause]:
        """Scripts and settings in words of a job that differ between the run records, as far as a quantity's matter."""
        if not self.recorded:
            return
        records, rule = (self.a.record, self.b.record), job.split("/")[0]
        if names := code_changed(*records, rule):
            yield Cause(f"code of rule {rule}: {', '.join(names)}")
        for name, (old, new) in settings_changed(*records, job).items():
            path = name.removeprefix(f"{job}.")
            if path.split(".")[0] not in self._groups or self._shapes(path, identifier):
                yield Cause(f"setting {name}: {old} {ARROW} {new}")

    def used(self) -> list[str]:
        """What the comparison rests on, in plain words."""
        sizes = " and ".join(f"{len(run.rows):,} of {run.name}" for run in (self.a, self.b))
        return [
            f"The ledgers of both runs: {sizes}. Values that agree to one part in a million million are the same.",
            "Settings and constants: by their values in the ledgers. Settings that decide what counts as a record are "
            "no inputs of the count; the ledgers name them beside it.",
            *(self._used_of_records() if self.recorded else self._used_without_records()),
        ]

    def _used_of_records(self) -> list[str]:
        extracts = dict.fromkeys(
            name for row in self.b.rows.values() for name in extracts_of(row) if not name.endswith(MADE)
        )
        untold = [name for name in extracts if extract_changed(self.a.record, self.b.record, name) is None]
        without = f" Not for {', '.join(untold)}: a checksum, a key or the file is not on this machine."
        return [
            "Scripts and settings in words, by rule: from both runs' run records.",
            "Extracts: by the checksums of both runs' run records." + (without if untold else ""),
        ]

    def _used_without_records(self) -> list[str]:
        names = [run.name for run in (self.a, self.b) if not run.record.entities]
        has = "has" if len(names) == 1 else "have"
        return [
            "Extracts: by the values, rows and filters of the counts in the ledgers; code: by the text of formulas and "
            f"inputs. Checksums were not used: {' and '.join(names)} {has} no run record ({FILE}).",
            "Settings in words, periods, sites and code lists stand in no ledger: where only these differ, the reason "
            "is that records are counted differently, or the formula that they choose.",
        ]


def _same(before: float, after: float) -> bool:
    return math.isclose(before, after, rel_tol=RELATIVE) or (math.isnan(before) and math.isnan(after))


def _value(row: Mapping | None) -> str:
    return plain(row["value"]) if row else "(none)"


def told(reasons: Mapping[str, list[str]]) -> list[str]:
    """Reasons as sentences, each with its first examples."""
    return [what + (f" ({_shown(examples)})" if examples else "") for what, examples in reasons.items()]


def _shown(examples: list[str]) -> str:
    more = len(examples) - SHOWN
    return "; ".join(examples[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def as_table(moves: Iterable[Mapping]) -> pd.DataFrame:
    """The change log as CSV holds it: values in full, reasons in one text."""
    rows = [{**move, "reasons": " | ".join(told(move["reasons"]))} for move in moves]
    return pd.DataFrame(rows, columns=COLUMNS)


@dataclass(frozen=True)
class Read:
    """What a reader sees differ: conclusions, tables; `unread` says which run has no page to be read."""

    conclusions: list[Conclusion]
    tables: list[Changed]
    unread: list[str]

    @classmethod
    def of(cls, comparison: Comparison) -> Read:
        """Of both runs' pages."""
        runs = (comparison.a, comparison.b)
        unread = [
            f"{run.name} has no {compare_printed.PAGE}: nothing can be said of what it printed."
            for run in runs
            if run.printed.page is None
        ]
        if unread:
            return cls([], [], unread)
        pages = [run.printed for run in runs]
        return cls(compare_printed.conclusions(*pages), compare_printed.changed(*pages), [])

    def lines(self) -> list[str]:
        """The same for a terminal."""
        turned = list(dict.fromkeys(f"  {_turned(one)}" for one in self.conclusions))
        if len(turned) > TOLD + 1:
            turned = [*turned[:TOLD], f"  and {len(turned) - TOLD} more, in the page"]
        tables = [f"  {one.caption}: {'new' if one.new else f'{one.cells} cells'}" for one in self.tables]
        if self.unread:
            return self.unread
        return [
            "Conclusions that turned:" if turned else "No conclusion turned.",
            *turned,
            "Tables that print other numbers:" if tables else "No table prints another number.",
            *tables,
        ]


def _turned(one: Conclusion) -> str:
    if one.before and one.after:
        return f"{one.where}: {one.before} {ARROW} {one.after}"
    return f"{one.where}, {f'now said: {one.after}' if one.after else f'no longer said: {one.before}'}"


def as_html(comparison: Comparison, moves: list[dict], read: Read) -> str:
    """The change log as a page: what a reader sees first, every quantity folded away."""
    counts = Counter(move["change"] for move in moves)
    causes = Counter(what for move in moves for what in move["reasons"])
    numbers = ("before", "after", "difference", "per_cent")
    shown = [
        {
            **move,
            **{name: "" if math.isnan(move[name]) else plain(move[name]) for name in numbers},
            "reasons": told(move["reasons"]),
        }
        for move in moves
    ]
    by_id = {move["id"]: list(move["reasons"]) for move in moves}

    def why(ids: Iterable[str]) -> list[str]:
        return compare_printed.why(ids, lambda one: by_id.get(one, []))

    template = Path(__file__).with_name("compare.html.j2").read_text(encoding="utf-8")
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(template)
    return page.render(
        a=comparison.a.name,
        b=comparison.b.name,
        counts={name: counts[name] for name in ("changed", "added", "removed")}
        | {"same": len(comparison.ids) - len(moves)},
        used=comparison.used(),
        causes=causes.most_common(),
        moves=shown,
        unread=read.unread,
        conclusions=[{**vars(one), "why": why(one.ids)} for one in read.conclusions],
        tables=[{"of": one, "why": why(one.ids)} for one in read.tables],
    )


def write(comparison: Comparison, folder: Path, read: Read) -> list[dict]:
    """Write changes.html and changes.csv; return what moved."""
    moves = list(comparison.moves())
    folder.mkdir(parents=True, exist_ok=True)
    tabled(as_table(moves)).to_csv(folder / "changes.csv", index=False, lineterminator="\n")
    (folder / "changes.html").write_text(as_html(comparison, moves, read) + "\n", encoding="utf-8")
    return moves


def main(arguments: list[str] | None = None) -> int:
    """Compare two runs of a study."""
    parser = argparse.ArgumentParser(description="What changed from one run to another, and why.")
    parser.add_argument("a", help="name of the run before")
    parser.add_argument("b", help="name of the run after")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    chosen = parser.parse_args(arguments)
    if not (chosen.a and chosen.b):
        raise SystemExit("error: which runs? make compare A=<run> B=<run>")
    comparison = Comparison(read_run(chosen.study, chosen.a), read_run(chosen.study, chosen.b))
    folder = chosen.study / "results" / f"compare-{chosen.a}-{chosen.b}"
    try:
        moves = write(comparison, folder, read := Read.of(comparison))
    except OSError as error:
        raise SystemExit(f"error: {folder}: cannot be written ({error.strerror})") from None
    counts = Counter(move["change"] for move in moves)
    say(*read.lines())
    say(f"{counts['changed']} changed, {counts['added']} added, {counts['removed']} removed: {folder}/changes.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
