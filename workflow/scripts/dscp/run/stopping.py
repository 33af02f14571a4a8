"""A run that is stopped from outside: its jobs end first, so that nobody works on what is put back."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PROCESS = "REPORT_PROCESS"  # the environment variable by which a job knows the run that it works for
PATIENCE = 5.0  # seconds that a job has for its end
LOOK = 0.2  # seconds between two looks at what still runs
STOPPED = "error: stopped by SIGTERM"  # the last line of a stopped job's log


class Stopping:
    """Ends a run's jobs, then the run, when the run or the make that called it is told to stop.

    Signals that are ignored when a run begins, as under nohup, stay ignored.

    Parameters
    ----------
    end : keeps the workflow manager from starting further jobs; called once, in a thread of its own
    cancel : takes jobs from a batch system, called again and again; None where jobs are processes of this machine.
        With one, a child may be a command by which the workflow manager asks for its jobs, and has time to answer
    """

    def __init__(self, end: Callable[[], None], cancel: Callable[[], None] | None = None) -> None:
        self.by = ""  # what stopped the run: the signal's name
        self._end, self._cancel = end, cancel
        os.environ[PROCESS] = str(os.getpid())
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda number, _: self.stop(signal.Signals(number).name))
        _in_background(lambda: self._follow(os.getppid()))

    def stop(self, by: str) -> None:
        """Stop, without waiting for it: the signal may have come in the middle of anything."""
        if not self.by:
            self.by = by
            _in_background(self._stop)

    def _stop(self) -> None:
        self._end()
        asked: dict[psutil.Process, float] = {}
        while True:
            now = time.monotonic()
            if self._cancel:
                with suppress(Exception):  # asked again in a moment
                    self._cancel()
            for job in psutil.Process().children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if self._cancel and time.time() - job.create_time() < PATIENCE:
                        continue
                    if job not in asked:
                        job.terminate()
                    elif now - asked[job] > PATIENCE:
                        job.kill()
                asked.setdefault(job, now)
            time.sleep(LOOK)

    def _follow(self, parent: int) -> None:
        """Stop with make: it hands on SIGTERM alone, and waits for its commands whatever else ended it.

        Before it waits it gives the signal its default back, and no longer catches it.
        """
        caught = _caught_by_make(parent)
        while caught:
            time.sleep(LOOK)
            if lost := caught - _caught_by_make(parent):
                self.stop(min(lost).name if len(lost) == 1 else "the end of make")
                return


def _caught_by_make(process: int) -> set[signal.Signals]:
    """Those of SIGNALS that a process catches; none where it is no make, or is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    mask = int(fields.get("SigCgt", "0"), 16) if fields.get("Name") in ("make", "gmake") else 0
    return {number for number in SIGNALS if mask >> (number - 1) & 1}


def jobs_end_with_this_process() -> None:
    """Have jobs that this process starts end with it: the run's number, if it is known, may be of another machine."""
    os.environ[PROCESS] = str(os.getpid())


@contextmanager
def stoppable() -> Iterator[None]:
    """While a job works, SIGTERM ends it as an error does, and so does the end of the run that it works for.

    Raises
    ------
    SystemExit : in the main thread, when the job is to end
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stopped)
    try:
        if run := os.environ.get(PROCESS):
            end_with(int(run))
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stopped(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: what ends in order is not to be disturbed
    raise SystemExit(f"stopped by {signal.Signals(number).name}")


def end_with(process: int) -> None:
    """End this process when another has ended, however it did: nobody is there to take what it makes."""
    _in_background(lambda: _await_and_end(process))


def _await_and_end(process: int) -> None:
    with suppress(ProcessLookupError):
        select.select([os.pidfd_open(process)], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
