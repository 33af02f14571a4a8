"""Print how a number of the report came to be: from the printed cell down to records, citations and settings.

`make trace ID=7.10/site_3/value_total [RUN=dscp-2009-11] [RECORDS=1] [STUDY=folder]`
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from dscp.config.checked import line_numbers, read_config
from dscp.extracts.registry import MADE_FROM
from dscp.ledger.rows import extracts_of, shaped_by
from dscp.ledger.trail import BrokenTrail, Node, dependents, filled, tree, walk
from dscp.run import digests
from dscp.run.said import say
from dscp.study.areas import sites_called
from dscp.study.given import in_words
from trace_find import NotFound, Place, Run, find, is_named, places, sentences
from trace_listed import listed
from trace_records import described, records_of

WIDTH = 118
STEP = "    "
UNITS = {
    "count": "",
    "count2": "squared clients",
    "percent": "per cent",
    "ppt": "percentage points",
    "ppt2": "squared percentage points",
    "p": "(p-value)",
    "gbp": "pounds",
    "gbp_k": "thousand pounds",
    "gbp_m": "million pounds",
    "ratio": "(ratio)",
    "index": "(index)",
    "rate": "(rate)",
    "year": "(year)",
    "people": "people",
}


def trail(run: Run, identifier: str, printed: list[Place], with_records: bool = False) -> Iterator[str]:
    """Print a quantity's tree, then the extracts that it rests on."""
    for place in printed:
        yield f'printed "{place.printed}" in {place.where}'
    top = tree(run.rows, identifier)
    yield from _branch(run, top, "", with_records, set())
    nodes = walk(top)
    for extract in dict.fromkeys(name for node in nodes for name in extracts_of(node.row)):
        yield ""
        yield from _files(run, extract)
    yield from _settings(run, list(dict.fromkeys(path for node in nodes for path in shaped_by(node.row))))
    if top.kind in ("setting", "constant"):
        yield from resting(run, identifier)


def resting(run: Run, identifier: str) -> Iterator[str]:
    """What rests on a setting, a constant or an extract: how many quantities, and where the report prints them."""
    found = set(dependents(run.rows, [identifier]))
    yield ""
    yield f"{len(found):,} {'quantity rests' if len(found) == 1 else 'quantities rest'} on {identifier}"
    printed_in: dict[str, int] = {}
    for place in dict.fromkeys([*places(run), *sentences(run)]):
        if place.identifier in found:
            exhibit, cell, _ = place.where.partition("/")
            where = f"Table {exhibit}" if cell and not exhibit.startswith("Figure ") else exhibit
            printed_in[where] = printed_in.get(where, 0) + 1
    for where, times in printed_in.items():
        yield f"{STEP}{where}: {times:,} {'number' if times == 1 else 'numbers'}"


def _settings(run: Run, paths: list[str]) -> Iterator[str]:
    """The settings that shape what was counted, as the run had them, and where the config has others now."""
    if not paths:
        return
    yield ""
    yield "settings that decide what is counted, or by which formula:"
    for path in paths:
        keys = path.split(".")
        had, now = (_setting_value(config, keys) for config in (run.config, run.config_now))
        changed = "" if had == now else "  (config.yaml has another value now)"
        yield f"{STEP}{path}, {_line(run, keys)}{changed}"


def _line(run: Run, keys: list[str | int]) -> str:
    """Where a setting stands in the run's config, and the line itself."""
    if keys[:1] == ["sites"] and len(keys) > 1:
        keys = ["sites", sites_called(run.config["sites"])[keys[1]], *keys[2:]]
    if (number := line_numbers(run.config_text).get(tuple(keys))) is None:
        return "by default"
    return f"line {number}: {run.config_text.splitlines()[number - 1].split('#')[0].strip()}"


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
        own, *others = extracts_of(row)
        read = f"{own}, read with {' and '.join(others)}" if others else own
        yield f"{_counted(row['rows'])} of extract {read}: {row['filter']}"
        yield f"{rule(row)}; {row['source']}"
    else:
        yield f"cited: {row['source']}" if node.kind == "constant" else setting_line(run, row)
    if shaped_by(row):
        yield f"settings: {', '.join(shaped_by(row))}"
    if node.kind == "records" and with_records:
        files = list(zip(run.given(extracts_of(row)[0]), run.copies(extracts_of(row)[0]), strict=True))
        yield from described(records_of(run.full[row["id"]], run.folder, run.config), files, run.records_in)


def _counted(rows: object) -> str:
    """1,914 rows; under a disclosure policy the number is not published."""
    if pd.isna(rows):
        return "rows, their number not published,"
    return f"{rows:,} {'row' if rows == 1 else 'rows'}"


def rule(row: Mapping) -> str:
    """The rule and function that made a quantity."""
    return f"rule {row['rule']}, function {row['function']}"


def setting_line(run: Run, row: Mapping) -> str:
    """Where a setting stands in the run's config, the line itself, and what the config has now if that is different."""
    keys = setting_keys(row["id"], run.config)
    now = _setting_value(run.config_now, setting_keys(row["id"], run.config_now))
    changed = "" if now == row["value"] else f"  (config.yaml has {now} now; this run had {row['value']:g})"
    return f"setting: config.yaml, {_line(run, keys)}{changed}"


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
    for given, copy in zip(run.given(extract), run.copies(extract), strict=True):
        digest, now = digests.of_file(str(copy)), digests.of_file(str(run.study / given.path))
        rows = f", {run.rows_in[given.name]:,} rows" if given.name in run.rows_in else ""
        yield f"{STEP}{given.name}{rows}"
        for column, words in in_words(given):
            yield from _wrapped(f"by the config: {f'{column}, ' if column else ''}{words}", STEP * 2)
        yield f"{STEP}SHA-256 {'not known: the file is not on this machine' if digest == 'absent' else digest}"
        if now not in (digest, "absent"):
            kept = copy.parent.relative_to(run.study)
            yield f"{STEP}the file is another one now: the run rests on its copy in {kept}"
    if extract in MADE_FROM and MADE_FROM[extract] in run.config["extracts"]:
        yield f"{STEP}made by the rule joined; restricted/joined_rows.csv says of which rows each line is"
        yield from _files(run, MADE_FROM[extract])


def _wrapped(text: str, indent: str) -> list[str]:
    width = max(WIDTH, len(indent) + 60)
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)


def main(arguments: list[str] | None = None) -> int:
    """Print the trail; 1 with one line of error where there is none."""
    parser = argparse.ArgumentParser(description="How a number of the report came to be.")
    parser.add_argument(
        "id",
        help="exhibit/row/column, a ledger id, a number as printed; Table 3.1, page 26; setting.<path>, extract.<name>",
    )
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--run", default="", help="name of the run (default: the one of config.yaml)")
    parser.add_argument("--records", action="store_true", help="list file and line numbers of the records counted")
    chosen = parser.parse_args(arguments)
    try:
        if not chosen.id.strip():
            raise NotFound("which number? make trace ID=7.10/site_3/value_total (or a ledger id, or a printed number)")
        name = chosen.run or read_config(chosen.study / "config.yaml")["run"]
        run = Run(chosen.study, name)
        if is_named(run, name := chosen.id.strip()):
            say(name, *resting(run, name))
        elif lines := listed(run, name):
            say(*lines)
        else:
            say(*trail(run, *find(run, name), chosen.records))
    except (NotFound, BrokenTrail) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
