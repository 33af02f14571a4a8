"""What two run records say of their runs' extracts, settings and code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from dscp.record.crate import keyed
from dscp.run import digests

FILE = "ro-crate-metadata.json"
KEY = Path("restricted") / "record.key"
SCRIPTS = "code/workflow/scripts/"
SETTING, EXTRACT, JOB, RESTRICTED = "#setting/", "#extract/", "#job/", "#restricted/"
FINDINGS = "#restricted/validation"  # of checks, which no number is computed from
WHOLE_CONFIG = "report_html"  # the rule that every setting is a parameter of
IN_THE_LEDGER = ("definitions", "models", "economics")  # groups whose numbers are quantities


@dataclass(frozen=True)
class Record:
    """The run record of a run; empty where the run has none.

    Attributes
    ----------
    folder : results folder of the run
    study : folder that the paths of extracts are relative to
    """

    folder: Path
    study: Path

    @cached_property
    def entities(self) -> dict[str, dict]:
        """Id -> entity."""
        path = self.folder / FILE
        if not path.exists():
            return {}
        return {entity["@id"]: entity for entity in json.loads(path.read_text(encoding="utf-8"))["@graph"]}

    @cached_property
    def key(self) -> bytes | None:
        """The key of the confidential files' checksums, where this machine has it."""
        path = self.folder / KEY
        return bytes.fromhex(path.read_text(encoding="ascii")) if path.exists() else None

    def code(self, rule: str) -> dict[str, str]:
        """Checksums of a rule's script and of the shared modules that it imports, by file name."""
        modules = {rule} | (digests.imports(rule) if (digests.SCRIPTS / f"{rule}.py").exists() else set())
        entities = {f"{module}.py": self.entities.get(f"{SCRIPTS}{module}.py", {}) for module in modules}
        return {name: entity["sha256"] for name, entity in entities.items() if "sha256" in entity}

    def settings(self, job: str) -> dict[str, str]:
        """Settings of a job that stand in no ledger (words, dates, lists of codes): name -> value."""
        found: dict[str, str] = {}
        for identifier in self._settings(job):
            entity = self.entities.get(identifier, {})
            name = entity.get("name", "")
            whole = f"{SETTING}{name}" in self._settings(WHOLE_CONFIG)
            for path, value in _flat(name if whole else f"{job}.{name}", _decoded(entity.get("value"))):
                if not (_numeric(value) and (not whole or name in IN_THE_LEDGER)):
                    found[path] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return found

    def _settings(self, job: str) -> list[str]:
        used = _listed(self.entities.get(f"{JOB}{job}", {}).get("object", []))
        return [part["@id"] for part in used if part["@id"].startswith(SETTING)]

    def made(self, job: str) -> set[str]:
        """The record-level files that a job made."""
        results = self.entities.get(f"{JOB}{job}", {}).get("result", [])
        made = (one["@id"] for one in _listed(results))
        return {name for name in made if name.startswith(RESTRICTED) and not name.startswith(FINDINGS)}

    def read(self, job: str) -> set[str]:
        """Everything that a job read, files and settings."""
        return {one["@id"] for one in _listed(self.entities.get(f"{JOB}{job}", {}).get("object", []))}

    def files(self, extract: str) -> dict[str, dict]:
        """Entities of an extract's files, by id."""
        name = f"{EXTRACT}{extract}"
        return {
            identifier: entity
            for identifier, entity in self.entities.items()
            if identifier == name or identifier.startswith(f"{name}/")
        }


def _listed(value: object) -> list:
    """A property's values: the crate writes a list of one as the one."""
    return value if isinstance(value, list) else [value]


def _decoded(value: object) -> object:
    """A setting as it was before it was written as text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return value


def _flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Nested settings as dotted names; a list is one value."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}", part)
    else:
        yield name, value


def _numeric(value: object) -> bool:
    """A number, or a list or steps of numbers only."""
    if isinstance(value, list | Mapping):
        return all(map(_numeric, value.values() if isinstance(value, Mapping) else value))
    return isinstance(value, int | float) and not isinstance(value, bool)


@cache
def extract_changed(a: Record, b: Record, extract: str) -> bool | None:
    """Whether an extract had another content in the second run; None where that cannot be told."""
    before, after = a.files(extract), b.files(extract)
    if not before or not after:
        return None
    if before.keys() != after.keys():
        return True
    answers = [_file_changed(a, b, before[name], after[name]) for name in before]
    return True if True in answers else None if None in answers else False


def _file_changed(a: Record, b: Record, before: Mapping, after: Mapping) -> bool | None:
    """Compare the checksums of one file; keyed ones by the file, where it and both keys are at hand."""
    if "sha256" in before and "sha256" in after:
        return before["sha256"] != after["sha256"]
    if a.key is None or b.key is None:
        return None
    if a.key == b.key:
        return before["identifier"] != after["identifier"]
    for record, entity in ((b, after), (a, before)):
        path = record.study / entity["alternateName"]
        if path.exists():
            is_a, is_b = keyed(path, a.key) == before["identifier"], keyed(path, b.key) == after["identifier"]
            if is_a or is_b:
                return not (is_a and is_b)
    return None


@cache
def jobs_before(record: Record, rule: str, extracts: tuple[str, ...]) -> list[str]:
    """The jobs between some extracts and a rule that counts or fits their records: checks, then derivations."""
    checks = [f"validate/{name}" for name in extracts]
    checked = set().union(*(record.made(job) for job in checks))
    jobs = (identifier.removeprefix(JOB) for identifier in record.entities if identifier.startswith(JOB))
    return checks + [job for job in jobs if record.made(job) & record.read(rule) and record.read(job) & checked]


@cache
def code_changed(a: Record, b: Record, rule: str) -> list[str]:
    """Names of a rule's script and shared modules that differ."""
    old, new = a.code(rule), b.code(rule)
    return [name for name in sorted(old.keys() | new.keys()) if old and new and old.get(name) != new.get(name)]


@cache
def settings_changed(a: Record, b: Record, job: str) -> dict[str, tuple[str, str]]:
    """Settings in words that differ for a job: name -> before, after."""
    old, new = a.settings(job), b.settings(job)
    names = dict.fromkeys([*old, *new]) if old and new else {}
    return {
        name: (old.get(name, "(none)"), new.get(name, "(none)")) for name in names if old.get(name) != new.get(name)
    }
