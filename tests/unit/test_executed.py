"""A job that a batch system ended says why in one line: the words are those of Slurm 22.05 and its executor 2.8.0."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dscp.run.ended import Endings
from dscp.run.executed import reason

STATUS = "SLURM-job '812' failed, SLURM status is: '{}'. Detailed failure reason unavailable"
KILLED = "slurmstepd-n1: error: StepId=812.0 exceeded memory limit (313757696 > 104857600), being killed\n"
LATE = "slurmstepd-n1: error: *** STEP 812.0 ON n1 CANCELLED AT 2026-11-30T20:15:13 DUE TO TIME LIMIT ***\n"
NOT_TAKEN = "The error message was 'sbatch: error: Batch job submission failed: Invalid qos'.\n    sbatch call:"
ASKED = {"mem_mb": 2000, "runtime": 10, "_cores": 1}
CASES = {
    "cancelled, job 812; asked for 2,000 MB and 10 minutes": (STATUS.format("CANCELLED"), "812", ""),
    "out of memory, job 812; asked for 2,000 MB": (STATUS.format("OUT_OF_MEMORY"), "812", ""),
    "out of memory, job 812; asked for 2,000 MB  (more in {log})": (STATUS.format("FAILED"), "812", KILLED),
    "out of time, job 812; asked for 10 minutes": (STATUS.format("TIMEOUT"), "812", ""),
    "out of time, job 812; asked for 10 minutes  (more in {log})": (STATUS.format("CANCELLED"), "812", LATE),
    "its node failed, job 812; asked for 2,000 MB and 10 minutes": (STATUS.format("NODE_FAIL"), "812", ""),
    "failed with status FAILED, job 812; asked for 2,000 MB and 10 minutes": (STATUS.format("FAILED"), "812", ""),
    "not taken by the batch system: Batch job submission failed: Invalid qos; asked for 2,000 MB and 10 minutes": (
        *(NOT_TAKEN, "", ""),
    ),
    "": ("", "", ""),
}


def told(tmp_path: Path, line: str) -> tuple[str, list[str]]:
    log = tmp_path / "812.log"
    if text := CASES[line][2]:
        log.write_text(text, encoding="utf-8")
    return line.format(log=log), [str(log)]


@pytest.mark.parametrize("line", CASES)
def test_what_the_executor_said_is_one_line(tmp_path, line):
    message, number, _ = CASES[line]
    expected, logs = told(tmp_path, line)
    assert reason(message, number, logs, ASKED) == expected


def record(level: int, **fields: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"msg": "", "levelno": level, "thread": 1, "rule_name": "outcomes", "jobid": 5, **fields}
    )


def test_the_line_is_of_the_job_s_own_log_and_is_forgotten_once_it_is_tried_again(tmp_path):
    endings = Endings()
    begins = record(logging.INFO, log=["results/r/logs/outcomes.log"], resources=ASKED)
    failed = record(
        logging.ERROR, log=["results/r/logs/outcomes.log", str(tmp_path / "812.log")],
        rule_msg=STATUS.format("CANCELLED"), aux={"external_jobid": "812"},
    )  # fmt: skip
    endings.handle(begins)
    endings.handle(failed)
    assert endings.of == {"results/r/logs/outcomes.log": "cancelled, job 812; asked for 2,000 MB and 10 minutes"}
    endings.handle(begins)
    assert endings.of == {}
