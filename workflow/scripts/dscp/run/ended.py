"""How the processes of failed jobs ended: for a job that could not say it itself."""

from __future__ import annotations

import logging
import re
import signal

from dscp.run.executed import reason

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
        self._asked: dict[int, dict] = {}  # number of a job -> what it asked for

    def emit(self, record: logging.LogRecord) -> None:
        """Note one record, where it is on a process or on a failed job."""
        if refused := refusal(record.getMessage()):
            self.of.setdefault(*refused)
        elif said := ending(record.getMessage()):
            self._last[record.thread] = said
        elif getattr(record, "rule_name", None) and record.levelno >= logging.ERROR:
            self._failed(record)
        elif getattr(record, "rule_name", None):
            self._asked[record.jobid] = dict(getattr(record, "resources", None) or {})
            self._forget(getattr(record, "log", None) or [])  # it is tried once more

    def _failed(self, record: logging.LogRecord) -> None:
        """Note how a job ended: by what its executor said, else by its process. Its own log is named first."""
        own, *others = getattr(record, "log", None) or [""]
        number = str((getattr(record, "aux", None) or {}).get("external_jobid") or "")
        asked = self._asked.get(getattr(record, "jobid", -1), {})
        by_executor = reason(getattr(record, "rule_msg", None) or "", number, others, asked)
        said = by_executor or self._last.pop(record.thread, "")
        if own and said:
            self.of[own] = said

    def _forget(self, logs: list[str]) -> None:
        for path in logs:
            self.of.pop(path, None)
