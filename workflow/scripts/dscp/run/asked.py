"""What a job asks a batch system for, by the size of its inputs, and which jobs are not worth sending to one.

On the machine where a run begins neither says anything: there jobs take what is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

MEGABYTE = 1_000_000
MEMORY, MINUTES = 1000, 10  # MB, minutes: what a job has at the least
MB_PER_MINUTE = 50  # of input, beyond the least
# Rule -> MB of memory at the least, and for each MB of input. 10 million journeys are 740 MB as given and 177 MB typed:
# 3 GB each.
MEMORY_OF = {"validate": (1000, 2.7), "outcomes": (1000, 11.3), "report_pdf": (1500, 0.0)}
# The others take under three seconds on extracts of the evaluation's size, and cost more to send than to do.
SENT = {"reference_extracts", "reference_submissions", "outcomes", "figures", "report_html", "report_pdf"}
LARGE = 100 * MEGABYTE  # extracts from which on whatever reads rows is sent as well
LOCAL = {"short": "what takes seconds stays where the run began", "none": "every job is sent"}


def asked(rule: str) -> dict[str, Callable]:
    """Memory in MB and time in minutes of a rule's jobs, as the workflow manager asks for them; doubled by attempts."""
    least, for_each = MEMORY_OF.get(rule, (MEMORY, 0.0))

    def memory(wildcards: object, input: Iterable[str], attempt: int) -> int:
        return math.ceil(least + for_each * megabytes(input)) * 2 ** (attempt - 1)

    def minutes(wildcards: object, input: Iterable[str], attempt: int) -> int:
        return math.ceil(MINUTES + megabytes(input) / MB_PER_MINUTE) * 2 ** (attempt - 1)

    return {"mem_mb": memory, "runtime": minutes}


def megabytes(paths: Iterable[str]) -> float:
    """The size of those files that are there."""
    return sum(path.stat().st_size for path in map(Path, paths) if path.is_file()) / MEGABYTE


def local_ones(rules: Mapping[str, Iterable[str]], extracts: Iterable[str], setting: str) -> list[str]:
    """Rules whose jobs are done where the run began.

    Parameters
    ----------
    rules : name -> what it reads, as far as that is known before the run
    extracts : paths
    setting : one of LOCAL

    Raises
    ------
    SystemExit
        Another setting.
    """
    if setting not in LOCAL:
        raise SystemExit(f"local_rules: found {setting}, allowed: {', '.join(LOCAL)}")
    if setting == "none":
        return []
    large = megabytes(extracts) * MEGABYTE >= LARGE
    return [name for name, paths in rules.items() if name not in SENT and not (large and _reads_rows(name, paths))]


def _reads_rows(rule: str, paths: Iterable[str]) -> bool:
    return rule in ("validate", "joined") or any(str(path).endswith(".parquet") for path in paths)
