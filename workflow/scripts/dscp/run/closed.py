"""Folders that only their owner enters: clients' rows, what tells of them, and notes on both.

Folders have mode 0700 and files 0600 (0400 where nothing is to change them), whatever the umask is: a job writes with
everybody else shut out, and what is published gets the rights that the umask gives. Some folders and files are made by
the workflow manager and by earlier runs: they are closed when a run begins and when it ends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OF_A_RUN = ("restricted", "logs")  # logs tell lines and shapes of clients' rows
RELEASES = "releases"  # the register of what was given away (disclosure/register.py)
OF_A_STUDY = (".snakemake", RELEASES)
BEFORE = ".before"  # so begin names of folders of second names, of published files too (run/last_good.py)
OTHERS = 0o077


@contextmanager
def alone() -> Iterator[int]:
    """Let what is made meanwhile be its owner's alone; yields the umask that was, and will be again."""
    umask = os.umask(OTHERS)
    try:
        yield umask
    finally:
        os.umask(umask)


def folders(study: Path) -> list[Path]:
    """The closed folders of a study that are there: its own, and those of all its runs."""
    of_runs = [run / name for run in study.glob("results/*") for name in OF_A_RUN]
    return [path for path in [*(study / name for name in OF_A_STUDY), *of_runs] if path.is_dir()]


def close(folder: Path) -> None:
    """Take from everybody but the owner what rights they have to a folder and all below it. Links are not followed.

    Raises
    ------
    SystemExit
        One line, where the rights stay as they are: somebody else's file, or a disk that keeps no rights.
    """
    _shut(folder)
    for here, names, files in os.walk(folder):
        second = any(part.startswith(BEFORE) for part in Path(here).relative_to(folder).parts)
        for name in [*names, *([] if second else files)]:
            _shut(Path(here, name))


def settle(path: Path, results: Path, umask: int) -> None:
    """Give an output of a job, made alone, its rights: none to others in a closed folder, else what the umask gives.

    Parameters
    ----------
    path : file or folder; outside the results it stays the owner's
    results : the folder of the study's runs
    umask : as it was
    """
    inside = path.relative_to(results).parts[1:] if path.is_relative_to(results) else ()
    if inside and inside[0] in OF_A_RUN:
        for one in [path, *path.parents][: len(inside)]:  # folders are made by the workflow manager
            _shut(one)
    elif inside:
        for one in [path, *(path.rglob("*") if path.is_dir() else ())]:
            one.chmod((0o777 if one.is_dir() else 0o666) & ~umask)


def _shut(path: Path) -> None:
    """Take everybody else's rights from a file or folder; a link has none of its own."""
    if path.is_symlink() or not path.stat().st_mode & OTHERS:
        return
    try:
        path.chmod(path.stat().st_mode & (0o700 if path.is_dir() else 0o600))
    except OSError as error:
        raise SystemExit(f"{path}: others may read it ({error.strerror}), allowed: files of one's own") from None
    if path.stat().st_mode & OTHERS:
        raise SystemExit(f"{path}: others may read it, allowed: a disk that keeps the rights of files")
