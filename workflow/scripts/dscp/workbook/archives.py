"""Office files are zip archives: written again so that the same contents give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip archive


def repacked(package: bytes, replaced: Mapping[str, bytes] | None = None) -> bytes:
    """A package with its files in the same order and without dates; some of them replaced by name."""
    target = io.BytesIO()
    with ZipFile(io.BytesIO(package)) as old, ZipFile(target, "w") as new:
        for name in old.namelist():
            entry = ZipInfo(name, EARLIEST)
            entry.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            new.writestr(entry, (replaced or {}).get(name, old.read(name)))
    return target.getvalue()
