"""What every job does around its work: send its words to its log, put its outputs in place, note their checksums."""

from __future__ import annotations

import dis
import hashlib
import json
import shutil
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Any

from dscp.run.closed import alone, settle
from dscp.run.stopping import stoppable

SCRIPTS = Path(__file__).parents[2]
FULL = "No space left on device"
NO_THREAD = "can't start new thread"
OUT_OF_MEMORY = "OutOfMemoryException"  # the database's; others are a MemoryError
COPIES = (".snakemake", "scripts")  # where Snakemake runs a copy of a rule's script, as tmp….<rule>.py


@contextmanager
def writing(log: str, outputs: Mapping) -> Iterator[Made]:
    """Do a job's work: its words go to its log, and its outputs are there in whole or not at all.

    While it works, nobody else may read what it makes (`run.closed`). On an error it ends with status 1 and without a
    stack trace on the terminal; the last line of the log is then "error: …", which the run prints when it stops.

    Parameters
    ----------
    log : the job's log
    outputs : name -> path, or list of paths, as Snakemake names them

    Yields
    ------
    Name -> the path to write to, beside the true one; renamed when all has been written.
    """
    made = Made({name: _beside(paths) for name, paths in outputs.items()})
    results = Path(log).parent.parent.parent
    try:
        with (
            alone() as umask,
            open(log, "w", encoding="utf-8") as file,
            redirect_stderr(file),
            redirect_stdout(file),
            warnings.catch_warnings(),
        ):
            warnings.showwarning = _warned
            settle(Path(log), results, umask)
            try:
                with stoppable():
                    yield made
                    for name, paths in outputs.items():
                        _put(made[name], paths, results, umask)
                    _note(Path(log), outputs)
            except (Exception, SystemExit) as error:
                if not isinstance(error, SystemExit):
                    traceback.print_tb(error.__traceback__)
                print(f"error: {told(error)}")
                raise
    except (Exception, SystemExit):
        sys.exit(1)


class Made(dict):
    """Outputs by name, as items or as attributes."""

    __getattr__ = dict.__getitem__


def _beside(paths: str | Sequence[str]) -> str | list[str]:
    """Where an output is written before it is whole."""
    if not isinstance(paths, str):
        return [_beside(path) for path in paths]
    path = Path(paths).with_name(f".{Path(paths).name}.part")
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    return str(path)


def _put(written: str | list[str], paths: str | Sequence[str], results: Path, umask: int) -> None:
    if not isinstance(paths, str):
        for one, path in zip(written, paths, strict=True):
            _put(one, path, results, umask)
    elif Path(written).exists():  # an output that Snakemake itself touches has not been written
        if Path(paths).is_dir():
            shutil.rmtree(paths)
        Path(written).replace(paths)
        settle(Path(paths), results, umask)


def noted_in(run: Path) -> Path:
    """The folder of a run in which its jobs note the checksums of what they wrote."""
    return run / "restricted" / "made"


def _note(log: Path, outputs: Mapping) -> None:
    """Note the SHA-256 of each file that a job wrote into its run's folder, for the run record to compare."""
    run = log.parent.parent
    paths = [path for _, value in outputs.items() for path in ([value] if isinstance(value, str) else value)]
    sums = {path: _sum(path) for path in paths if Path(path).is_file() and Path(path).is_relative_to(run)}
    if log.parent.name == "logs":
        noted_in(run).mkdir(parents=True, exist_ok=True)
        note = noted_in(run) / f"{log.stem}.json"
        part = note.with_name(f".{note.name}.part")
        part.write_text(json.dumps(sums, indent=1), encoding="utf-8")
        part.replace(note)


def _sum(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _warned(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
    """Log a warning by its kind and place: the words of a library may quote a value."""
    print(f"warning: {category.__name__} ({Path(filename).name}, line {lineno})")


def told(error: BaseException) -> str:
    """What may be said of an error: all of it where this project raised it, else its kind and place.

    The words of a library may quote the values that it stumbled over.
    """
    if isinstance(error, SystemExit):
        return str(error)
    raised = traceback.extract_tb(error.__traceback__)[-1]
    file = Path(raised.filename)
    copied = file.parent.parts[-2:] == COPIES  # with lines of Snakemake's above ours
    if (copied or file.is_relative_to(SCRIPTS)) and _raises(error.__traceback__):
        return str(error)
    if FULL in str(error):
        return FULL
    place = file.name.split(".", 1)[1] if copied else f"{file.name}, line {raised.lineno}"
    if isinstance(error, MemoryError) or type(error).__name__ == OUT_OF_MEMORY or NO_THREAD in str(error):
        return f"out of memory ({place})"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''} ({place})"
    return f"{type(error).__name__} ({place}); the log has the way there"


def _raises(way: TracebackType) -> bool:
    """Whether an error came of a `raise`, and not of what is worked out in such a line."""
    while way.tb_next:
        way = way.tb_next
    return way.tb_frame.f_code.co_code[way.tb_lasti] == dis.opmap["RAISE_VARARGS"]
