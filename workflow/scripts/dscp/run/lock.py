"""The lock of a results folder: one run at a time. The system releases it with the process, however that ends.

On a disk that several machines share, that lock may hold on one of them only: beside it a heartbeat is kept, and one of
another machine that is under a minute old refuses a run as well.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

HEARTBEAT = ".heartbeat"
BEAT = 10.0  # seconds between two heartbeats
DEAD = 60.0  # seconds without one after which nobody is there


class Lock:
    """A lock that is held: until it is closed, or the process ends."""

    def __init__(self, folder: Path, file: IO[str]) -> None:
        self._file = file
        self._heart = folder.absolute() / HEARTBEAT
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        while True:
            with suppress(OSError):  # a full disk stops the run elsewhere, and says so
                self._heart.write_text(machine(), encoding="utf-8")
            if self._over.wait(BEAT):
                return

    def close(self) -> None:
        """Let others in."""
        if not self._over.is_set():
            self._over.set()
            self._thread.join()
            self._heart.unlink(missing_ok=True)
            self._file.close()

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def machine() -> str:
    """What tells a running machine from all others, and from itself before it was started again; and its name."""
    with suppress(OSError):
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text(encoding='ascii').strip()} {socket.gethostname()}"
    return f"{socket.gethostname()} {socket.gethostname()}"


def lock(folder: Path, run: str) -> Lock:
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
        raise SystemExit(f"{folder}: in use by {_holder(file)}; allowed: one run at a time") from None
    if elsewhere := _alive_elsewhere(folder):
        holder = _holder(file)
        file.close()
        allowed = "allowed: one run at a time, and the next a minute after one was killed"
        raise SystemExit(f"{folder}: in use by {holder} on {elsewhere}; {allowed}")
    file.truncate(0)
    file.write(f"run {run} (process {os.getpid()})\n")
    file.flush()
    return Lock(folder, file)


def is_held(folder: Path) -> bool:
    """Whether a run is at work in a results folder, here or on another machine."""
    try:
        with open(folder / ".lock", "a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return bool(_alive_elsewhere(folder))


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip() or "another run"


def _alive_elsewhere(folder: Path) -> str:
    """The name of another machine that has a run at work here; "" where none has. The disk's clock tells both times."""
    heart, probe = folder / HEARTBEAT, folder / f"{HEARTBEAT}.{os.getpid()}"
    try:
        theirs, _, name = heart.read_text(encoding="utf-8").partition(" ")
        if theirs == machine().partition(" ")[0]:
            return ""  # its lock would hold here
        probe.touch()
        age = probe.stat().st_mtime - heart.stat().st_mtime
        probe.unlink()
    except OSError:
        return ""
    return name if age < DEAD else ""
