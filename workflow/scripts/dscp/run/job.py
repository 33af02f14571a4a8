"""What every job does around its work: send its words to its log, put its outputs in place, note their checksums."""

from __future__ import annotations

import dis
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Any

from dscp.run.closed import alone, settle
from dscp.run.made import note
from dscp.run.plan import land, part_of, remove, still
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
    stack trace on the terminal; the last line of the log is then "error: …", which the run prints when it stops. A job
    whose run is over (`run.plan`) leaves everything as it is.

    Parameters
    ----------
    log : the job's log
    outputs : name -> path, or list of paths, as Snakemake names them

    Yields
    ------
    Name -> the path to write to, beside the true one; renamed when all has been written.
    """
    started = time.time()
    still()
    made = Made({name: _beside(paths) for name, paths in outputs.items()})
    results = Path(log).parent.parent.parent
    Path(log).unlink(missing_ok=True)  # a job of another run may still write to it
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
                    still()
                    for name, paths in outputs.items():
                        _put(made[name], paths, results, umask)
                    note(Path(log), started, _each(outputs))
            except (Exception, SystemExit) as error:
                for part in _each(made):
                    remove(part)
                if not isinstance(error, SystemExit):
                    traceback.print_tb(error.__traceback__)
                print(f"error: {told(error)}")
                raise
    except (Exception, SystemExit):
        sys.exit(1)


class Made(dict):
    """Outputs by name, as items or as attributes."""

    __getattr__ = dict.__getitem__


def _each(outputs: Mapping) -> list[str]:
    """The paths among outputs, of which some names have several."""
    return [path for _, value in outputs.items() for path in ([value] if isinstance(value, str) else value)]


def _beside(paths: str | Sequence[str]) -> str | list[str]:
    """Where an output is written before it is whole."""
    if not isinstance(paths, str):
        return [_beside(path) for path in paths]
    remove(part_of(paths))
    return str(part_of(paths))


def _put(written: str | list[str], paths: str | Sequence[str], results: Path, umask: int) -> None:
    if not isinstance(paths, str):
        for one, path in zip(written, paths, strict=True):
            _put(one, path, results, umask)
    elif Path(written).exists():  # an output that Snakemake itself touches has not been written
        still()
        if Path(paths).is_dir():
            shutil.rmtree(paths)
        land(written, paths)
        settle(Path(paths), results, umask)


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
