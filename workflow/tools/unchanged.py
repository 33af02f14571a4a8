"""Whether a finished run has nothing to do, told by the looks of its files, before anything is loaded.

`make report` asks with `unchanged.py STUDY`: status 0 if nothing that the run was made from, and nothing that it made,
has changed since it was finished. Else the run goes on, and `unchanged.py STUDY --finished` notes how all looks then.

What is looked at of a file is its size, its inode and when its content, name or rights last changed, which nobody sets.
A disk that gives back other bytes than were written is found by `make verify`, which reads them.
"""

from __future__ import annotations

import _signal  # without what signal loads: Ctrl-C may come while anything is loaded, and ends it without a stack trace

if __name__ == "__main__" and _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:  # as under nohup
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress

from dscp.run.said import say
from dscp.study.given import paths

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = ("Snakefile", "Makefile", "requirements.lock", ".venv/ready", "workflow", "templates")
STUDY = ("config.yaml", "releases")
NOTE, BEGUN = ".snakemake/unchanged.json", ".snakemake/begun"
SAID = "Nothing to be done: results/{} is as it was, and so is what it was made from (make verify reads every byte)."


def unchanged(study: str) -> bool:
    """Whether all is as it was when the run was finished; if not, mark when the next one begins."""
    run, extracts, results, looks = _noted(study)
    if looks == _looks(study, extracts, results):
        say(SAID.format(run))
        return True
    if os.path.exists(os.path.join(study, "config.yaml")):
        os.makedirs(os.path.join(study, os.path.dirname(BEGUN)), mode=0o700, exist_ok=True)
        _write(study, BEGUN, "")
    return False


def finished(study: str) -> None:
    """Note how a finished run looks, unless something that it was made from has changed since it began."""
    import yaml

    with open(os.path.join(study, "config.yaml"), encoding="utf-8") as stream:
        config = yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    extracts = [path for entry in config["extracts"].values() for path in paths(entry)]
    results = [f"results/{config['run']}", "results/reference_extracts"]
    begun = os.stat(os.path.join(study, BEGUN)).st_ctime_ns
    rests_on = _looks(study, [path for path in extracts if not path.startswith(results[1])], [])
    if all(max(look[2:]) < begun for look in rests_on.values() if look):
        note = {"run": config["run"], "extracts": extracts, "results": results}
        _write(study, NOTE, json.dumps({**note, "looks": _looks(study, extracts, results)}))


def _looks(study: str, extracts: Iterable[str], results: Iterable[str]) -> dict[str, list[int] | None]:
    """Path -> size, inode and times of each file that a run rests on or made; None where none is there."""
    places = [os.path.join(PROJECT, name) for name in CODE]
    places += [os.path.join(study, name) for name in (*STUDY, *extracts, *results)]
    return {path: _look(path) for place in places for path in _files(place)}


def _files(place: str) -> list[str]:
    """A file, or all in a folder."""
    if not os.path.isdir(place):
        return [place]
    walked = [(folder, names) for folder, _, names in os.walk(place) if os.path.basename(folder) != "__pycache__"]
    return [os.path.join(folder, name) for folder, names in walked for name in names]


def _look(path: str) -> list[int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return [found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]


def _noted(study: str) -> tuple[str, list[str], list[str], dict]:
    """The run that was finished last, its extracts, its results, and how all looked."""
    try:
        with open(os.path.join(study, NOTE), encoding="utf-8") as stream:
            note = json.load(stream)
        return note["run"], note["extracts"], note["results"], note["looks"]
    except (OSError, ValueError, KeyError, TypeError):
        return "", [], [], {}


def _write(study: str, name: str, text: str) -> None:
    path = os.path.join(study, name)
    with open(os.open(f"{path}.part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(f"{path}.part", path)


if __name__ == "__main__":
    if sys.argv[2:] == ["--finished"]:
        with suppress(OSError):  # without a note the next run looks closer
            finished(sys.argv[1])
    else:
        sys.exit(not unchanged(sys.argv[1]))
