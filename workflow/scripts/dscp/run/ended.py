"""How the processes of failed jobs ended: for a job that could not say it itself."""

from __future__ import annotations

import logging
import re
import signal

MEMORY = " (the system does so where memory runs out)"
BY_SIGNAL = re.compile(r"died with (?:<Signals\.\w+: |unknown signal )(\d+)")
BY_STATUS = re.compile(r"returned non-zero exit status (\d+)")
OF_A_RULE = re.compile(r"^WorkflowError in rule (\w+)")
SET_BACK = re.compile(r"^Output (\S+) has older modification time .* than input (\S+) ", re.M)
SHELL = 128  # a shell's status for a signal is this and its number


def ending(message: str) -> str:
    """How a process ended, from the workflow manager's words on it; "" where they are on something else."""
    if found := BY_SIGNAL.search(message):
        return signalled(int(found[1]))
    if found := BY_STATUS.search(message):
        status = int(found[1])
        mute = f"ended with status {status}, without a word in its log"
        return signalled(status - SHELL) if status > SHELL else mute
    return ""


def refusal(message: str) -> tuple[str, str] | None:
    """The rule whose job's files the workflow manager does not take, and why; None for its words on other things."""
    if not (found := OF_A_RULE.search(message)):
        return None
    if dated := SET_BACK.search(message):
        said = f"{dated[1]} is dated before {dated[2]}, as after a clock was set back"
        return found[1], f"{said}; allowed: run again when no file of results/ is dated later than now (touch them)"
    return found[1], message.strip().splitlines()[-1]


def signalled(number: int) -> str:
    """What is said of a process that a signal ended."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"killed by {name}{MEMORY if number == signal.SIGKILL else ''}"


class Endings(logging.Handler):
    """Hears what the workflow manager says of failed jobs.

    Its words on a process come first, then, from the same thread, those on the job whose process it was.
    """

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[str, str] = {}  # path of a failed job's log, or a rule's name -> how it ended
        self._last: dict[int | None, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Note one record, where it is on a process or on a failed job."""
        if refused := refusal(record.getMessage()):
            self.of.setdefault(*refused)
        elif said := ending(record.getMessage()):
            self._last[record.thread] = said
        elif getattr(record, "rule_name", None) and record.levelno >= logging.ERROR:
            said = self._last.pop(record.thread, "")
            self.of.update({path: said for path in getattr(record, "log", None) or [] if said})
