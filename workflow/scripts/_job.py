"""What every job does around its work: send its words to its log."""

from __future__ import annotations

import shutil
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

FULL = "No space left on device"


@contextmanager
def writing(log: str, outputs: Mapping) -> Iterator[Made]:
    """Do a job's work: its words go to its log, and its outputs are there in whole or not at all.

    On an error it ends with status 1 and without a stack trace on the terminal; the last line of the log is then
    "error: …", which the run prints when it stops.

    Parameters
    ----------
    log : the job's log
    outputs : name -> path, or list of paths, as Snakemake names them

    Yields
    ------
    Name -> the path to write to, beside the true one; renamed when all has been written.
    """
    made = Made({name: _beside(paths) for name, paths in outputs.items()})
    try:
        with open(log, "w", encoding="utf-8") as file, redirect_stderr(file), redirect_stdout(file):
            try:
                yield made
                for name, paths in outputs.items():
                    _put(made[name], paths)
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


def _put(written: str | list[str], paths: str | Sequence[str]) -> None:
    if not isinstance(paths, str):
        for one, path in zip(written, paths, strict=True):
            _put(one, path)
    elif Path(written).exists():  # an output that Snakemake itself touches has not been written
        if Path(paths).is_dir():
            shutil.rmtree(paths)
        Path(written).replace(paths)


def told(error: BaseException) -> str:
    """What may be said of an error: all of it where this project raised it, else its kind and place.

    The words of a library may quote the values that it stumbled over.
    """
    if isinstance(error, SystemExit):
        return str(error)
    raised = traceback.extract_tb(error.__traceback__)[-1]
    ours = Path(raised.filename).parent == Path(__file__).parent
    if ours and (raised.line or "").startswith("raise "):
        return str(error)
    if FULL in str(error):
        return FULL
    place = f"{Path(raised.filename).name}, line {raised.lineno}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''} ({place})"
    return f"{type(error).__name__} ({place}); the log has the way there"
