"""A search for plain checksums of confidential files in bytes that are to tell nothing of them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from canaries import ENCODED, unpacked

KINDS = ("md5", "sha1", "sha256", "sha512", "blake2b")
SHOWN = 16  # characters: of a checksum that is cut as well


def checksums(path: Path) -> Iterator[bytes]:
    """How the plain checksums of a file begin, as hexadecimal digits and as base64."""
    for kind in KINDS:
        total = hashlib.new(kind, path.read_bytes(), usedforsecurity=False).digest()
        yield total.hex()[:SHOWN].encode()
        yield base64.b64encode(total)[:SHOWN]
        yield base64.urlsafe_b64encode(total)[:SHOWN]


def told(published: Iterable[Path], confidential: Iterable[Path]) -> set[tuple[str, str]]:
    """Published file, or part of it, and the confidential file whose checksum stands there."""
    published = list(published)
    open_ = {path.read_bytes() for path in published} | {b""}
    sums = {total: path.name for path in confidential if path.read_bytes() not in open_ for total in checksums(path)}
    parts = [part for path in published for part in unpacked(path.name, path.read_bytes())]
    return {(place, sums[total]) for place, data in parts for total in sums.keys() & windows(data)}


def windows(data: bytes) -> set[bytes]:
    """Every stretch of some bytes that may be the beginning of a checksum."""
    return {run[at : at + SHOWN] for run in ENCODED.findall(data) for at in range(len(run) - SHOWN + 1)}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
