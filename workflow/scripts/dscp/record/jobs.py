"""The jobs of a run as data, read off the workflow's rules: what the run record says of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

from dscp.study.given import Entry, paths

# Digests and paths of what stands elsewhere in the record.
NOT_SETTINGS = {
    *("digest", "planned", "frozen", "config_file", "versions", "extract", "source", "extract_files", "faults"),
    *("jobs", "code", "extracts", "says"),
}


def extract_names(extracts: Mapping[str, Entry]) -> dict[str, str]:
    """Path of each extract's file -> the extract's name; its second, third … file has a number."""
    files = [(name, i, path) for name, entry in extracts.items() for i, path in enumerate(paths(entry), start=1)]
    return {path: name if i == 1 else f"{name}/{i}" for name, i, path in files}


def recorded_jobs(rules: Iterable[Any], extracts: Sequence[str], folder: str) -> list[dict]:
    """Every job of a run, in the order of the rules.

    Parameters
    ----------
    rules : Snakemake's; the only wildcard that a rule may have is an extract's name
    extracts : names of all extracts
    folder : of the run; a job that makes nothing for it, directly or through others, is left out

    Returns
    -------
    One dict per job as `record.crate.crate` takes it: plain text, numbers, lists and dicts only.
    """
    every = [
        _job(rule, SimpleNamespace(**dict.fromkeys(rule.wildcard_names, extract)))
        for rule in rules
        if rule.script
        for extract in (extracts if rule.wildcard_names else [""])
    ]
    used = {path for job in every for path in job["inputs"]}
    return [job for job in every if any(path in used or path.startswith(f"{folder}/") for path in job["outputs"])]


def _job(rule: Any, wildcards: SimpleNamespace) -> dict:
    name = PurePosixPath(rule.script).stem  # as its rule, which a workflow around this one may call otherwise
    return {
        "name": "/".join([name, *vars(wildcards).values()]),
        "rule": name,
        "does": rule.docstring,
        "script": name,
        "digest": rule.params.digest,
        "inputs": _paths(rule.input, wildcards),
        "outputs": _paths(rule.output, wildcards),
        "settings": _settings(rule.params, wildcards),
    }


def _filled(value: Any, wildcards: SimpleNamespace) -> Any:
    """An input, output or parameter as a job has it: functions called, wildcards replaced, all of it plain."""
    if callable(value):
        value = value(wildcards)
    if isinstance(value, str):
        return str(value).format(**vars(wildcards)) if vars(wildcards) else str(value)
    if isinstance(value, list | tuple):
        return [_filled(item, wildcards) for item in value]
    return value


def _paths(files: Any, wildcards: SimpleNamespace) -> list[str]:
    values = [_filled(value, wildcards) for value in dict(files.items()).values()]
    return [path for value in values for path in (value if isinstance(value, list) else [value])]


def _settings(parameters: Any, wildcards: SimpleNamespace) -> dict[str, Any]:
    """The settings among a rule's parameters, by name; `study` and `config` hold parts of the config by their names."""
    values = {name: _filled(value, wildcards) for name, value in parameters.items() if name not in NOT_SETTINGS}
    parts = [values.pop(name) for name in ("study", "config") if name in values]
    if mapping := values.pop("mapping", None):  # of each extract another one
        values[f"mapping.{wildcards.extract}"] = mapping
    return {**values, **{name: value for part in parts for name, value in part.items()}}
