"""The lock of a results folder: one run at a time. The system releases it with the process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


def lock(folder: Path, run: str) -> IO[str]:
    """Lock a results folder until the process ends, or end with one line that says who holds it.

    Parameters
    ----------
    folder : made if it is not there
    run : name of the run, for whoever else comes
    """
    path = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 (held until the process ends)
    except OSError as error:
        raise SystemExit(f"{folder}: results cannot be written there ({error.strerror})") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "another run"
        raise SystemExit(f"{folder}: in use by {holder}; allowed: one run at a time") from None
    file.truncate(0)
    file.write(f"run {run} (process {os.getpid()})\n")
    file.flush()
    return file
