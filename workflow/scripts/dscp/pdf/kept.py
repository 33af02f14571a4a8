"""Typeset parts, kept from one typesetting to the next by names that tell all that they rest on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dscp.run.plan import still, token

PARTIAL = ".part"
SEAL = 32  # bytes


class Kept:
    """A folder of typeset parts. What is damaged, or was kept by another name, is not believed.

    Parameters
    ----------
    folder : its owner's alone; who can write there can put in what he likes. None: nothing is kept
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._used: set[str] = set()

    def get(self, name: str) -> bytes | None:
        """What was put by a name, if it is whole."""
        self._used.add(name)
        path = self._folder and self._folder / name
        if not path or not path.is_file():
            return None
        sealed = path.read_bytes()
        return sealed[SEAL:] if sealed[:SEAL] == _seal(name, sealed[SEAL:]) else None

    def put(self, name: str, content: bytes) -> None:
        """Keep something by a name."""
        if self._folder:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._folder / f"{name}.{token()}{PARTIAL}"
            part.write_bytes(_seal(name, content) + content)
            part.replace(self._folder / name)

    def forget_others(self) -> None:
        """Remove what nobody asked for, unless another run has begun and asks by itself."""
        still()
        if self._folder and self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name not in self._used and path.is_file():
                    path.unlink()


def _seal(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + content).digest()
