"""Copies of the given extracts that nothing changes: what a run rests on, whatever becomes of the originals."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from dscp.run.plan import land, part_of, remove

BLOCK = 1 << 22


class ExtractChanged(RuntimeError):
    """An extract is no longer what it was when the run was planned."""


def frozen(paths: Sequence[str], planned: Sequence[str], folder: Path) -> list[str]:
    """Copy an extract's files into a folder, read-only and for the owner alone.

    Parameters
    ----------
    paths : the files
    planned : the SHA-256 that each had when the run was planned; "" for a file that the run makes itself
    folder : made if it is not there

    Raises
    ------
    ExtractChanged
        A file is another one than was planned with, or was written to while it was read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = [frozen_path(folder, number, path) for number, path in enumerate(paths, start=1)]
    for path, digest, copy in zip(paths, planned, kept, strict=True):
        _copy(path, digest, copy)
    for stale in set(folder.iterdir()) - set(kept):
        stale.unlink()
    return [str(copy) for copy in kept]


def frozen_path(folder: Path, number: int, path: str) -> Path:
    """Where the copy of the first, second … file of an extract is kept."""
    return folder / f"{number}-{Path(path).name}"


def _copy(path: str, planned: str, copy: Path) -> None:
    part = part_of(copy)
    total = hashlib.sha256()
    with open(path, "rb") as source, open(part, "wb") as target:
        before = os.fstat(source.fileno())
        while (block := source.read(BLOCK)) and target.tell() <= before.st_size:  # not for ever, where it grows
            total.update(block)
            target.write(block)
        after = Path(path).stat()
    same = (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)
    if not same or planned not in ("", total.hexdigest()):
        remove(part)
        raise ExtractChanged(
            f"{path}: changed since the run was planned, allowed: a file that nobody writes to meanwhile"
        )
    part.chmod(0o400)
    land(part, copy)
