"""A results folder against its run record: what was altered, is missing or was added."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import yaml

from dscp.record.crate import CRATE, KEYED, PROJECT, keyed, sha256
from dscp.record.forms import CODE, LOGS, RESTRICTED, WORK

UNRECORDED = (LOGS, RESTRICTED, WORK)  # folders of a run that its record does not list file by file
CONFIG = f"{CODE}/config.yaml"


@dataclass(frozen=True)
class Record:
    """A run's record, and where its files are.

    Parameters
    ----------
    study : folder of the study, from which confidential files are named
    run : name of the run
    project : folder of the project
    """

    study: Path
    run: str
    project: Path

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.study / "results" / self.run

    @cached_property
    def graph(self) -> list[dict]:
        """Every entity of the record."""
        return json.loads((self.folder / CRATE).read_text(encoding="utf-8"))["@graph"]

    @cached_property
    def entities(self) -> dict[str, dict]:
        """Entities by identifier."""
        return {entity["@id"]: entity for entity in self.graph}

    @cached_property
    def key(self) -> bytes | None:
        """The key of the confidential files' checksums, where this machine holds it."""
        path = self.folder / "restricted" / "record.key"
        return bytes.fromhex(path.read_text(encoding="ascii")) if path.exists() else None

    def shown(self, path: Path) -> str:
        """A path as messages name it: from the study's folder where it lies inside it."""
        return str(path.relative_to(self.study)) if path.is_relative_to(self.study) else str(path)


def is_file(entity: Mapping) -> bool:
    """Whether an entity is a file of the crate."""
    kinds = entity["@type"]
    return "File" in ([kinds] if isinstance(kinds, str) else kinds)


def references(value: object) -> Iterator[str]:
    """Identifiers that an entity's properties refer to, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if "@id" in value:
            yield value["@id"]
        else:
            yield from references(list(value.values()))


def graph_problems(record: Record) -> Iterator[str]:
    """Entities that are referred to and not described, or described twice."""
    place = record.shown(record.folder / CRATE)
    for identifier, times in Counter(entity["@id"] for entity in record.graph).items():
        if times > 1:
            yield f'{place}: "{identifier}" is described {times} times'
    for entity in record.graph:
        for name, value in entity.items():
            for target in references(value):
                if target not in record.entities:
                    of = f'{name} of "{entity["@id"]}"'
                    yield f'{place}: {of} refers to "{target}", which the record does not describe'


def file_problems(record: Record) -> Iterator[tuple[str, str]]:
    """Each file of the crate with its problem, "" for none."""
    for identifier, entity in record.entities.items():
        if is_file(entity):
            path = record.folder / unquote(identifier)
            yield identifier, _problem(record.shown(path), path, entity.get("sha256", ""), record)


def described_problems(record: Record) -> Iterator[tuple[str, str | None]]:
    """What is described and not in the crate, with its problem: "" for none, None where it cannot be checked here."""
    for identifier, entity in record.entities.items():
        checksum = entity.get("sha256") or str(entity.get("identifier", ""))
        if is_file(entity) or not (identifier.startswith("#") and "alternateName" in entity):
            continue
        path = record.study / entity["alternateName"]
        checkable = path.exists() and not (checksum.startswith(KEYED) and record.key is None)
        yield identifier, _problem(record.shown(path), path, checksum, record) if checkable else None


def _problem(name: str, path: Path, checksum: str, record: Record) -> str:
    if not path.is_file():
        return f"{name}: missing"
    if not checksum:
        return f"{name}: the record holds no checksum of it"
    true = keyed(path, record.key) if checksum.startswith(KEYED) else sha256(path)
    return "" if true == checksum else f"{name}: altered since the record was written"


def rewritten_problems(record: Record) -> Iterator[tuple[str, str]]:
    """Each output that had been written again between its job and the record, with its problem."""
    for identifier, entity in record.entities.items():
        if "dateModified" in entity:
            path = record.folder / unquote(identifier.removeprefix("#"))
            late = f"written again at {entity['dateModified']}, after its job had ended"
            yield identifier, f"{record.shown(path)}: {late}"


def input_problems(record: Record) -> Iterator[str]:
    """Inputs of the jobs that are no longer in the project as the run used them (and as it kept them in code/)."""
    used = {target for entity in record.graph for target in references(entity.get("object"))}
    for identifier in sorted(name for name in used if name.startswith(f"{CODE}/")):
        path = record.project / unquote(identifier.removeprefix(f"{CODE}/"))
        if identifier == CONFIG:
            path = _config_of(record)
        if path.is_file() and sha256(path) != record.entities.get(identifier, {}).get("sha256"):
            yield f"{record.shown(path)}: altered since the run, which keeps it as it was in {CODE}/"


def _config_of(record: Record) -> Path:
    """Return the study's config if it is the run's; a config that now names another run says nothing of this one."""
    path = record.study / "config.yaml"
    try:
        named = yaml.safe_load(path.read_text(encoding="utf-8"))["run"] if path.is_file() else ""
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        named = record.run
    return path if named == record.run else Path()


def added(record: Record) -> Iterator[str]:
    """Files in the run's folder that the record does not know."""
    known = {unquote(identifier) for identifier, entity in record.entities.items() if is_file(entity)} | {CRATE}
    for path in sorted(path for path in record.folder.rglob("*") if path.is_file() or path.is_symlink()):
        inside = path.relative_to(record.folder)
        if inside.parts[0] not in UNRECORDED and str(inside) not in known and path.name != ".snakemake_timestamp":
            yield f"{record.shown(path)}: not in the record"


def set_aside(study: Path, run: str) -> list[str]:
    """Rename the outputs that are no longer what their job wrote, so that the next run makes them anew.

    Their run record goes: it asks for all of a run's files, those that nothing else asks for among them.

    Returns
    -------
    One line per output, with the name that it now has.
    """
    record = Record(study, run, PROJECT)
    if not (record.folder / CRATE).is_file():
        return []
    try:
        problems = [*file_problems(record), *described_problems(record), *rewritten_problems(record)]
    except (ValueError, KeyError, TypeError):  # no run record: nothing is known of the outputs
        return []
    moved = []
    for identifier, problem in problems:
        path = _place(record, identifier)
        inside = path.is_relative_to(record.folder) and CODE not in path.relative_to(record.folder).parts[:1]
        if problem and path.is_file() and inside:
            kept = path.with_name(f"{path.name}.altered")
            path.replace(kept)
            moved.append(f"{record.shown(path)}: altered since it was made; it is now {kept.name} and is made anew")
    if moved:
        (record.folder / CRATE).unlink()
    return moved


def _place(record: Record, identifier: str) -> Path:
    """Where a file of the record is."""
    entity = record.entities[identifier]
    return record.folder / unquote(identifier) if is_file(entity) else record.study / entity["alternateName"]


def verify(study: Path, run: str, project: Path = PROJECT, others: bool = True) -> tuple[list[str], str]:
    """Check a run's folder.

    Parameters
    ----------
    study, run, project : as in `Record`
    others : whether files that the record does not know are a problem

    Returns
    -------
    One line per problem, and the line that says what was checked.
    """
    record = Record(study, run, project)
    if not (record.folder / CRATE).is_file():
        return [f"{record.shown(record.folder / CRATE)}: missing"], ""
    try:
        files, described = dict(file_problems(record)), dict(described_problems(record))
    except (ValueError, KeyError, TypeError) as error:
        return [f"{record.shown(record.folder / CRATE)}: is not a run record ({error})"], ""
    found = [*files.values(), *described.values(), *dict(rewritten_problems(record)).values()]
    found += [*input_problems(record), *(added(record) if others else ()), *graph_problems(record)]
    absent = sum(problem is None for problem in described.values())
    checked = f"{len(files) + len(described) - absent} files verified"
    return [problem for problem in found if problem], checked + (
        f" ({absent} confidential or intermediate ones cannot be checked here)" if absent else ""
    )
