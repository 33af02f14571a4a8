"""Read and check a study without building anything, and show what was understood of its files.

`make check STUDY=folder` ends with results/<run>/restricted/check.html, which is confidential: it tells rows by place
and month. No client's id or date of birth stands on it.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from dscp.config.checked import check_files, checked, read_config
from dscp.config.schema import config_schema
from dscp.extracts.checks import Extract
from dscp.extracts.coverage import months, places
from dscp.extracts.faults import COUNT, FAULT, LINKED, table, title
from dscp.extracts.files import HEADER_BELOW, Source
from dscp.extracts.links import linked
from dscp.extracts.registry import MADE_FROM, READ
from dscp.extracts.submitted import GROUPS
from dscp.measures.needs import lacking
from dscp.measures.registry import DEFAULT
from dscp.record.crate import KEY_BYTES
from dscp.run.closed import alone, close
from dscp.run.said import say
from dscp.study.given import Given, given, in_words
from dscp.study.kinds import REBUILT
from joined import joined
from understanding import Seen, coded, meanings, of_extract, settings, shown, tables
from validate import validate

PROJECT = Path(__file__).parents[2]
CONFIG = "config.yaml"
PAGE = "check.html"
SHADES = 5


@dataclass
class Looked:
    """What was understood of an extract."""

    name: str
    says: str
    files: list[dict] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
    places: list[tuple[str, list[tuple[int, int]]]] = field(default_factory=list)
    span: str = ""
    findings: list[Mapping] = field(default_factory=list)

    @property
    def faults(self) -> list[Mapping]:
        """What stops a run."""
        return [one for one in self.findings if one["severity"] == FAULT]

    @property
    def remarks(self) -> list[Mapping]:
        """What only loses information, and rows that are left out."""
        return [one for one in self.findings if one["severity"] not in (FAULT, COUNT)]

    def add(self, extract: Extract, sources: list[Source]) -> None:
        """Keep what is to be shown, while the rows are there."""
        self.files = [_file(source) for source in sources]
        if extract.declared.coverage and extract.sources:
            self.months, self.places = _map(extract)
            self.span = _span(extract)

    @property
    def elsewhere(self) -> str:
        """That no row is of the study's places in its periods, though there are rows; "" where there is one."""
        if self.span and not self.places:
            keys = "sites.<site>.continuity and the prisons of its areas say whose pick-ups are counted"
            return f"{self.name}: no area of the config has prisons, and nothing is read of it; {keys}"
        if not self.span or any(number for _, of in self.places for number, _ in of):
            return ""
        when = f"in its periods, {self.months[0]} to {self.months[-1]}"
        return f"{self.name}: no row is of the study's areas {when}; {self.span}"


def _file(source: Source) -> dict:
    """A file: its columns, under which header each stands, and how that is known."""
    named = source.given.columns
    columns = [
        (name, title(header), "the config" if name in named else "its name")
        for name, (header, _) in source.columns.items()
    ]
    ways = [
        f"{column}: {words}" if column else words for column, words in in_words(source.given) if column not in named
    ]
    return {"name": source.name, "format": source.format, "rows": source.rows, "columns": columns, "ways": ways}


def _map(extract: Extract) -> tuple[list[str], list[tuple[str, list[tuple[int, int]]]]]:
    """Months, and of each place of the study its rows in each of them, with a shade."""
    declared, every = extract.declared.coverage, months(extract)
    at = {month: position for position, month in enumerate(every)}
    rows = {place: [0] * len(every) for place in places(extract)}
    counted = f"""SELECT "{declared.place}", date_trunc('month', "{declared.day}")::DATE AS month, count(*) FROM records
        WHERE "{declared.place}" IS NOT NULL GROUP BY ALL"""
    for place, month, number in extract.query(counted):
        if place in rows and month in at:
            rows[place][at[month]] = number
    most = max((number for of in rows.values() for number in of), default=0)
    shaded = {
        place: [(number, -(-SHADES * number // most) if number else 0) for number in of] for place, of in rows.items()
    }
    return [f"{month:%Y-%m}" for month in every], list(shaded.items())


def _span(extract: Extract) -> str:
    """From when to when the rows are, in words; "" where there are none."""
    day = f'"{extract.declared.coverage.day}"'
    ((first, last),) = extract.query(f"SELECT min({day}), max({day}) FROM records")
    return f"the rows are of {first} to {last}" if first else ""


def look(name: str, study: Mapping, folder: Path, made: str = "") -> tuple[Looked, Path]:
    """Check one extract; its typed copy is written below a folder. `made`: where it is read, if it was made here."""
    looked, copy, files = Looked(name, READ[name].says), folder / f"{name}.parquet", given(study["extracts"][name])
    found = validate(
        name,
        [made or one.path for one in files],
        study,
        str(copy),
        names=[one.path for one in files],
        mappings=[one.mapping for one in files],
        seen=looked.add,
    )
    proposed = [None if made else _proposed(one, name) for one in files]
    looked.findings = [{**row, "settles": _settles(row, files, proposed)} for row in found.to_dict("records")]
    return looked, copy


def _proposed(file: Given, name: str) -> Seen | None:
    """What a file looks like as an extract; nothing where it cannot be read at all."""
    try:
        every = tables(Path(file.path), file.path)
    except Exception:  # whatever a damaged file makes its reader raise is told by the validation
        return None
    of_sheet = [one for one in every if not file.sheet or one.sheet == file.sheet]
    return of_extract(of_sheet[0], READ[name]) if of_sheet and of_sheet[0].rows else None


def _settles(finding: Mapping, files: list[Given], proposed: list[Seen | None]) -> str:
    """The line of the config that would settle a finding, where the file shows it; "" where it does not."""
    position = next((number for number, one in enumerate(files) if one.name == finding["file"]), 0)
    one, column = proposed[position], finding["column"]
    if one is None or finding["severity"] == COUNT:
        return ""
    ways, have = settings(one), files[position].mapping
    if (
        finding["severity"] == FAULT
        and ways.get("skip")
        and not have.get("skip")
        and str(finding["found"]).startswith(HEADER_BELOW)
    ):
        return f"skip: {ways['skip']}"
    new = {part: ways[part][column] for part in ("columns", "dates") if column in ways.get(part, {})}
    new = {part: text for part, text in new.items() if column not in have.get(part, {})}
    if new:
        return ", ".join(
            f'{part}: {{{column}: "{title(text) if part == "columns" else text}"}}' for part, text in new.items()
        )
    return _codes(one, column) if column not in have.get("values", {}) else ""


def _codes(one: Seen, column: str) -> str:
    """What the config would say of values that are no codes of ours; of those that are words alone."""
    declared = next((of for of in one.extract.columns if of.name == column), None)
    if declared is None or column not in one.headers or not coded(declared):
        return ""
    found = dict(sorted(meanings(one.values(column), declared).items()))
    pairs = [f'"{theirs}": {found[theirs] or "?"}' for theirs in shown(found)]
    return f"values: {{{column}: {{{', '.join(pairs)}}}}}" if pairs else ""


def links(every: list[Looked]) -> list[str]:
    """How many rows of each extract go with rows of another."""
    return [one["message"] for looked in every for one in looked.findings if str(one["found"]).startswith(LINKED)]


def not_made(study: Mapping) -> str:
    """The extracts that make report makes first, in a line; "" where none is still to be made."""
    entries = study["extracts"].items()
    lacking = [name for name, entry in entries
               if any(one.path in REBUILT and not Path(one.path).exists() for one in given(entry))]  # fmt: skip
    return f"Not looked at, as make report makes it first: {', '.join(lacking)}." if lacking else ""


def check(study: Mapping, folder: Path) -> list[Looked]:
    """Check every extract that is there, and whether they belong together."""
    made = {name: of for name, of in MADE_FROM.items() if of in study["extracts"]}
    names = [
        name
        for name in study["extracts"]
        if name not in made and all(Path(one.path).exists() for one in given(study["extracts"][name]))
    ]
    looked, copies = {}, {}
    for name in names:
        looked[name], copies[name] = look(name, study, folder)
    for name, of in made.items():
        if of in looked and not looked[of].faults:
            path = str(folder / f"{name}.csv")
            joined(
                str(copies[of]), study["definitions"][of], str(PROJECT / GROUPS), secrets.token_bytes(KEY_BYTES), path
            )
            looked[name], copies[name] = look(name, study, folder, path)
    read = {name: str(path) for name, path in copies.items() if any(file["rows"] for file in looked[name].files)}
    together = table(linked(READ.values(), read, study))
    for row in together.to_dict("records"):
        looked[row["extract"]].findings.append({**row, "settles": ""})
    return list(looked.values())


def page(study: Mapping, every: list[Looked]) -> str:
    """The page."""
    template = Path(__file__).with_name("check.html.j2").read_text(encoding="utf-8")
    env = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return env.from_string(template).render(title=study["title"], run=study["run"], every=every, links=links(every))


def said(every: list[Looked], place: Path, study: str = "") -> Iterator[str]:
    """What is printed: every fault with the line that would settle it, then where the page is."""
    for looked in every:
        for one in looked.faults:
            yield one["message"] + (
                f"\n    in the config, under {looked.name}: {one['settles']}" if one["settles"] else ""
            )
        yield from filter(None, [looked.elsewhere])
    elsewhere = any(looked.elsewhere for looked in every)
    faults, remarks = (sum(len(getattr(one, kind)) for one in every) for kind in ("faults", "remarks"))
    rows = sum(file["rows"] for one in every for file in one.files)
    yield (
        f"Checked {counted(len(every), 'extract')}, {counted(rows, 'row')}: "
        f"{counted(faults, 'fault')}, {counted(remarks, 'remark')}."
    )
    yield f"What was understood: {place} (confidential)"
    if not faults and not elsewhere:
        yield f"Nothing here stops a run: make report{f' STUDY={study}' if study else ''}"


def counted(number: int, what: str) -> str:
    """A number of things, one or several of them."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def left_out(study: Mapping) -> str:
    """The measures that the study asks for and whose extracts it has not, in a line; "" where it has all."""
    lacks = {name: lacking([name], study) for name in study.get("measures", DEFAULT)}
    told = [f"{name} ({', '.join(extracts)})" for name, extracts in lacks.items() if extracts]
    return f"Left out for want of extracts: {'; '.join(told)}." if told else ""


def main(arguments: list[str] | None = None) -> int:
    """Check a study; 1 where anything would stop its run."""
    parser = argparse.ArgumentParser(description="Read and check a study without building anything.")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    place = parser.parse_args(arguments).study
    os.chdir(place)
    given = read_config(CONFIG)
    study = checked(given, CONFIG, config_schema(PROJECT, given))
    check_files(study, CONFIG, REBUILT)
    restricted = Path("results", study["run"], "restricted")
    with alone():
        restricted.mkdir(parents=True, exist_ok=True)
        close(restricted)
        with tempfile.TemporaryDirectory(dir=restricted) as folder:
            every = check(study, Path(folder))
        (restricted / PAGE).write_text(page(study, every), encoding="utf-8")
    say(
        *filter(None, [left_out(study), not_made(study)]),
        *said(every, restricted / PAGE, "" if place == Path() else str(place)),
    )
    return int(any(one.faults for one in every))


if __name__ == "__main__":
    sys.exit(main())
