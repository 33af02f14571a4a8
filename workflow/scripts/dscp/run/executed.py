"""Why a job failed that a batch system ran: from what its executor said, its log there, and what was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

MEMORY, TIME = "out of memory", "out of time"
STATES = {
    "OUT_OF_MEMORY": MEMORY,
    "TIMEOUT": TIME,
    "DEADLINE": TIME,
    "CANCELLED": "cancelled",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
    "PREEMPTED": "put off for another job",
}
IN_LOG = {  # a job that a step's end ended has no better state than FAILED
    MEMORY: re.compile(r"exceeded memory limit|oom[-_ ]kill|out[- ]of[- ]memory", re.I),
    TIME: re.compile(r"DUE TO TIME LIMIT"),
}
STATE = re.compile(r"[Ss]tatus(?: is)?:? '?([A-Z_]{4,})")
NOT_TAKEN = re.compile(r"error message was '(?:sbatch: error: )?([^'\n]+)")
LAST = 20_000  # bytes of a log that are looked at


def reason(message: str, number: str, logs: Iterable[str], resources: Mapping) -> str:
    """Why a job failed, in one line; "" where its executor said nothing of it.

    Parameters
    ----------
    message : the executor's words
    number : by which the batch system knows the job; "" where it took none
    logs : that the batch system keeps of the job
    resources : what was asked for
    """
    if found := NOT_TAKEN.search(message):
        return f"not taken by the batch system: {found[1].strip().rstrip('.')}; {_asked(resources, '')}"
    if not number:
        return ""
    state = found[1] if (found := STATE.search(message)) else "unknown"
    texts = {path: _end_of(path) for path in logs}
    by_log = [word for word, said in IN_LOG.items() if any(said.search(text) for text in texts.values())]
    word = (by_log or [STATES.get(state, f"failed with status {state}")])[0]
    more = "".join(f"  (more in {path})" for path, text in texts.items() if text)
    return f"{word}, job {number}; {_asked(resources, word)}{more}"


def _asked(resources: Mapping, word: str) -> str:
    memory, minutes = resources.get("mem_mb"), resources.get("runtime")
    parts = [f"{memory:,} MB"] * (isinstance(memory, int) and word != TIME)
    parts += [f"{minutes:,} minute{'s' * (minutes != 1)}"] * (isinstance(minutes, int) and word != MEMORY)
    return f"asked for {' and '.join(parts) or 'nothing'}"


def _end_of(path: str) -> str:
    try:
        with open(Path(path), "rb") as file:
            file.seek(max(0, Path(path).stat().st_size - LAST))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
