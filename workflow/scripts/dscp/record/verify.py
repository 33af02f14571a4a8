"""A results folder against its run record: what was altered, is missing or was added."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import yaml

from dscp.record.crate import CRATE, KEYED, PROJECT, KeyFault, is_confidential, keyed, read_key, sha256
from dscp.record.forms import CODE, LOGS, RESTRICTED, SEALS, WORK
from dscp.record.reading import (
    NoRecord,
    is_described,
    is_file,
    leads_out,
    name_of,
    one_line,
    read_graph,
    references,
)
from dscp.record.signing import SIGNATURE

CONFIG = f"{CODE}/config.yaml"
KEY = f"{RESTRICTED}/record.key"
SEAL = re.compile(r"[0-9]{4,}")  # an entry of the register of releases
PURGED = f"{RESTRICTED}/purged.txt"  # when what came from clients was deleted (record/purge.py)
JOB, EXTRACT = "#job/", "#extract/"
# What a run has beside what its jobs make: who signed, its key, when it was purged, why the gate or the run stopped.
BESIDE = (
    CRATE,
    SIGNATURE,
    KEY,
    PURGED,
    f"{RESTRICTED}/disclosed/faults.txt",
    f"{LOGS}/faults.txt",
    f"{RESTRICTED}/check.html",
    f"{WORK}/preview.html",
    f"{CODE}/.snakemake_timestamp",
)


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
        return read_graph(self.folder / CRATE)

    @cached_property
    def entities(self) -> dict[str, dict]:
        """Entities by identifier."""
        return {entity["@id"]: entity for entity in self.graph}

    @cached_property
    def key(self) -> bytes | None:
        """The key of the confidential files' checksums, where this machine holds it."""
        path = self.folder / KEY
        return read_key(path) if there(path) else None

    @property
    def purged(self) -> str:
        """When what came from clients was deleted from the run, or ""."""
        path = self.folder / PURGED
        return one_line(path.read_text(encoding="utf-8", errors="replace").strip()[:40]) if there(path) else ""

    def path(self, entity: Mapping) -> Path:
        """Where a file of the record is."""
        return (self.folder if is_file(entity) else self.study) / name_of(entity)

    def shown(self, path: Path) -> str:
        """A path as messages name it: from the study's folder where it lies inside it."""
        return one_line(str(path.relative_to(self.study)) if path.is_relative_to(self.study) else str(path))


def there(path: Path) -> bool:
    """Whether a file is there for whoever asks: not in a folder that only its owner enters."""
    try:
        return path.exists()
    except OSError:
        return False


def graph_problems(record: Record) -> Iterator[str]:
    """Entities that are referred to and not described, or described twice."""
    place = record.shown(record.folder / CRATE)
    for identifier, times in Counter(entity["@id"] for entity in record.graph).items():
        if times > 1:
            yield f'{place}: "{one_line(identifier)}" is described {times} times'
    for entity in record.graph:
        for name, value in entity.items():
            for target in references(value):
                if target not in record.entities:
                    of = f'{one_line(name)} of "{one_line(entity["@id"])}"'
                    yield f'{place}: {of} refers to "{one_line(target)}", which the record does not describe'


def file_problems(record: Record) -> Iterator[tuple[str, str]]:
    """Each file of the crate with its problem, "" for none."""
    for identifier, entity in record.entities.items():
        if is_file(entity):
            yield identifier, _problem(record, entity, entity.get("sha256", ""))


def described_problems(record: Record) -> Iterator[tuple[str, str | None]]:
    """What is described and not in the crate, with its problem: "" for none, None where it cannot be checked here."""
    for identifier, entity in record.entities.items():
        if is_described(entity):
            checksum = _checksum(entity)
            checkable = there(record.path(entity)) and not (checksum.startswith(KEYED) and record.key is None)
            yield identifier, _problem(record, entity, checksum) if checkable else None


def _problem(record: Record, entity: Mapping, checksum: str) -> str:
    within = record.folder if is_file(entity) else record.study
    return _problem_at(record, within, name_of(entity), checksum)


def _problem_at(record: Record, within: Path, inside: str, checksum: str) -> str:
    """What is amiss with a file, named from a folder that it has to lie in."""
    path = within / inside
    name = record.shown(path)
    if leads_out(within, inside):
        return f"{name}: a link leads elsewhere, allowed: files of the run and of its study"
    try:
        if not path.is_file():
            return f"{name}: missing"
        if not checksum:
            return f"{name}: the record holds no checksum of it"
        true = keyed(path, record.key) if checksum.startswith(KEYED) else sha256(path)
    except OSError as error:
        return f"{name}: {error.strerror}"
    return "" if true == checksum else f"{name}: altered since the record was written"


def frozen_problems(record: Record) -> Iterator[str]:
    """The run's own copy of each extract, which its jobs read, with its problem, "" for none; none where it is gone."""
    for identifier, entity in record.entities.items():
        if identifier.startswith(EXTRACT) and is_described(entity):
            copy, checksum = _frozen(identifier, entity), _checksum(entity)
            known = record.key is not None or not checksum.startswith(KEYED)
            if known and there(record.folder / copy) and not leads_out(record.folder, RESTRICTED):
                yield _problem_at(record, record.folder, copy, checksum)


def _frozen(identifier: str, entity: Mapping) -> str:
    """The run's copy of an extract, from its folder."""
    name, _, number = unquote(identifier).removeprefix(EXTRACT).partition("/")
    return f"{RESTRICTED}/frozen/{name}/{number or 1}-{PurePosixPath(name_of(entity)).name}"


def rewritten_problems(record: Record) -> Iterator[tuple[str, str]]:
    """Each output that had been written again between its job and the record, with its problem."""
    for identifier, entity in record.entities.items():
        if "dateModified" in entity and (is_file(entity) or is_described(entity)):
            late = f"written again at {one_line(entity['dateModified'])}, after its job had ended"
            yield identifier, f"{record.shown(record.path(entity))}: {late}"


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
    """Files in the run's folder, in whatever folder of it, that the record does not know."""
    known = {*BESIDE, *_known(record)}
    for path in sorted(path for path in record.folder.rglob("*") if path.is_symlink() or not path.is_dir()):
        name = path.relative_to(record.folder)
        if str(name) not in known and not (str(name.parent) == SEALS and SEAL.fullmatch(name.name)):
            yield f"{record.shown(path)}: not in the record"


def _known(record: Record) -> Iterator[str]:
    """Files of a run that follow from its record: those that it names, logs, notes and frozen copies of its jobs."""
    run = PurePosixPath("results", record.run)
    for identifier, entity in record.entities.items():
        place = PurePosixPath(name_of(entity)) if is_file(entity) or is_described(entity) else None
        if identifier.startswith(EXTRACT) and place:
            yield _frozen(identifier, entity)
        if place:
            yield str(place) if is_file(entity) else str(place.relative_to(run)) if place.is_relative_to(run) else ""
    jobs = (identifier for identifier in record.entities if identifier.startswith(JOB))
    for job in [*(name.removeprefix(JOB).replace("/", "_") for name in jobs), "run_record"]:
        yield from (f"{LOGS}/{job}.log", f"{RESTRICTED}/made/{job}.json")


def set_aside(study: Path, run: str) -> list[str]:
    """Rename the outputs that are no longer what their job wrote, so that the next run makes them anew.

    Their run record goes: it asks for all of a run's files, those that nothing else asks for among them. So does one
    that is none, or that names files elsewhere: nothing that it says is believed.

    Returns
    -------
    One line per output, with the name that it now has; one line if the key of the confidential ones is gone.
    """
    record = Record(study, run, PROJECT)
    path = record.folder / CRATE
    if not path.is_file():
        return []
    try:
        problems = [*file_problems(record), *described_problems(record), *rewritten_problems(record)]
    except NoRecord as error:
        return [f"{record.shown(path)}: is not a run record ({error}); it is now {_aside(path)} and is made anew"]
    except KeyFault as error:
        path.unlink()
        return [f"{error}; it is now {_aside(record.folder / KEY)} and is made anew, with the run record"]
    moved = []
    for identifier, problem in problems:
        path = record.path(record.entities[identifier])
        if problem and path.is_file() and _replaceable(record, path):
            was = "altered since it was made; it is now"
            moved.append(f"{record.shown(path)}: {was} {_aside(path)} and is made anew")
    if moved:
        (record.folder / CRATE).unlink(missing_ok=True)
    return [*moved, *_keyless(record)]


def _replaceable(record: Record, path: Path) -> bool:
    """Whether a file is one that the next run makes anew: in the run's folder in truth, and no code that it keeps."""
    inside = path.relative_to(record.folder) if path.is_relative_to(record.folder) else None
    return bool(inside) and inside.parts[0] != CODE and not leads_out(record.folder, str(inside))


def _aside(path: Path) -> str:
    """Give a file another name, and return it."""
    kept = path.with_name(f"{path.name}.altered")
    path.replace(kept)
    return one_line(kept.name)


def _keyless(record: Record) -> list[str]:
    """What to say where confidential files are there, and the key of their checksums is not."""
    if record.key is not None or record.purged:
        return []
    closed = [one for one in record.entities.values() if is_described(one) and _checksum(one).startswith(KEYED)]
    number = sum(there(record.path(entity)) for entity in closed)
    need = f"{record.shown(record.folder / KEY)}: missing; without it {number} confidential files are not checked"
    return [need] if number else []


def _checksum(entity: Mapping) -> str:
    """The checksum of a file that is described: keyed as its identifier, or plain."""
    return entity.get("sha256") or entity.get("identifier", "")


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
    place = record.shown(record.folder / CRATE)
    if not (record.folder / CRATE).is_file():
        return [f"{place}: missing"], ""
    try:
        files, described = dict(file_problems(record)), dict(described_problems(record))
    except NoRecord as error:
        return [f"{place}: is not a run record ({error})"], ""
    except KeyFault as error:
        return [str(error)], ""
    found = [*files.values(), *described.values(), *dict(rewritten_problems(record)).values()]
    found += [
        *frozen_problems(record),
        *input_problems(record),
        *(added(record) if others else ()),
        *graph_problems(record),
    ]
    absent = [identifier for identifier, problem in described.items() if problem is None]
    checked = f"{len(files) + len(described) - len(absent)} files verified{_unchecked(record, absent)}"
    return [problem for problem in found if problem], "; ".join([checked, *_keyless(record)])


def _unchecked(record: Record, absent: list[str]) -> str:
    """What to say of files that cannot be checked: of a run that was purged, which of them were confidential."""
    gone = [identifier for identifier in absent if record.purged and is_confidential(identifier)]
    purged = [identifier for identifier in gone if not there(record.path(record.entities[identifier]))]
    number = len(absent) - len(purged)
    said = [f"{len(purged)} confidential ones: purged at {record.purged}"] if purged else []
    said += [f"{number} confidential or intermediate ones cannot be checked here"] if number else []
    return f" ({'; '.join(said)})" if said else ""
