"""Progress of a run: a bar with the names of the rules at work, and what was made or what went wrong at the end.

A Snakemake logger plugin, found by its name: the Makefile puts this folder on the path. On a terminal the bar moves;
elsewhere each finished job is one line. Snakemake's own full log stands in .snakemake/log as ever.
"""

from __future__ import annotations

import logging
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

KNOWN = {"Exiting because a job execution failed. Look above for error messages"}  # said better at the end of a run


def last_line(message: str) -> str:
    """An error as it is said: of a stack trace, which Snakemake's own log holds, the last line."""
    said = message.strip()
    return said.splitlines()[-1] if said.startswith("Traceback (most recent call last)") else said


class LogHandler(LogHandlerBase):
    """Turns Snakemake's events into a progress bar and a few plain lines on standard error."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Prepare the bar; it appears with the first job."""
        self.console = Console(stderr=True, highlight=False)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=self.console, transient=True)
        self.task = self.bar.add_task("", total=None)
        self.running: dict[int, tuple[str, float]] = {}
        self.total = self.done = 0
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Handle one record; anything without a meaning here is left to Snakemake's own log."""
        event = getattr(record, "event", None)
        if event == LogEvent.RUN_INFO:
            self.total = getattr(record, "stats", {}).get("total", 0)
            self.bar.update(self.task, total=self.total)
        elif event == LogEvent.JOB_INFO and self.common_settings.dryrun:
            self.console.print(f"would run {self._label(record)}: {record.reason}", markup=False, soft_wrap=True)
        elif event == LogEvent.JOB_INFO:
            self._started(record)
        elif event == LogEvent.JOB_FINISHED:
            self._finished(record.job_id)
        elif event == LogEvent.JOB_ERROR:
            name, _ = self.running.pop(getattr(record, "jobid", -1), (self._label(record), 0))
            self.console.print(f"failed: {name}", style="bold red", markup=False, soft_wrap=True)
        elif event == LogEvent.ERROR:
            self._error(record)
        elif getattr(record, "result", False) or "Nothing to be done" in record.getMessage():
            self.bar.stop()
            self.console.print(record.getMessage().strip(), markup=False, soft_wrap=True)
        elif event is None and record.levelno >= logging.WARNING and record.getMessage() not in KNOWN:
            self.console.print(record.getMessage().strip(), markup=False, soft_wrap=True)

    def _started(self, record: logging.LogRecord) -> None:
        if self.console.is_terminal:
            self.bar.start()
        self.running[record.jobid] = (self._label(record), time.monotonic())
        self._describe()

    def _finished(self, jobid: int) -> None:
        name, since = self.running.pop(jobid, ("", time.monotonic()))
        self.done += 1
        self.total = max(self.total, self.done)  # rules may be added once the extracts are accepted
        self.bar.advance(self.task)
        self._describe()
        if name not in ("", "all") and not self.console.is_terminal:
            self.console.print(
                f"{self.done:>3}/{self.total}  {name}  {time.monotonic() - since:.1f} s", markup=False, soft_wrap=True
            )

    def _describe(self) -> None:
        self.bar.update(self.task, description=", ".join(name for name, _ in self.running.values()))

    def _error(self, record: logging.LogRecord) -> None:
        """Errors of Snakemake itself; that a job failed has been said already, and why is said at the end."""
        if getattr(record, "exception", None) not in ("CalledProcessError", "WorkflowError", "RuleException"):
            self.console.print(last_line(record.getMessage()), markup=False, soft_wrap=True)

    @staticmethod
    def _label(record: logging.LogRecord) -> str:
        wildcards = getattr(record, "wildcards", None) or {}
        return " ".join([getattr(record, "rule_name", None) or "a job", *map(str, wildcards.values())])

    def close(self) -> None:
        """Take the bar away."""
        self.bar.stop()
        super().close()
