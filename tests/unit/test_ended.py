"""A job that could not say why it failed is told of by the way its process ended."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from dscp.run.ended import Endings, ending

KILLED = "killed by SIGKILL (the system does so where memory runs out)"
WAYS = {
    "import os; os.kill(os.getpid(), 9)": KILLED,
    "import sys; sys.exit(137)": KILLED,
    "import os; os.kill(os.getpid(), 11)": "killed by SIGSEGV",
    "import os; os.kill(os.getpid(), 40)": "killed by signal 40",
    "import sys; sys.exit(127)": "ended with status 127, without a word in its log",
}


def message(code: str) -> str:
    """What Python says of a command that failed, as the workflow manager hands it on."""
    with pytest.raises(subprocess.CalledProcessError) as raised:
        subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
    return f'RuleException:\nCalledProcessError in file "/x/impact.smk", line 20:\n{raised.value}'


@pytest.mark.parametrize("code", WAYS)
def test_the_way_is_named(code):
    assert ending(message(code)) == WAYS[code]


def test_other_words_name_no_way():
    assert ending("Error in rule impact: status 9") == ""


def record(said: str, **fields: object) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": said, "levelno": logging.ERROR, **fields})


def test_each_job_has_its_own_way_whichever_speaks_first():
    endings = Endings()
    codes = list(WAYS)[1:3]
    steps = [
        record(message(codes[0]), thread=1),
        record(message(codes[1]), thread=2),
        record("", thread=2, rule_name="validate", log=["b.log"]),
        record("", thread=1, rule_name="validate", log=["a.log"]),
        record("", thread=1, rule_name="impact", log=["c.log"]),
    ]
    for step in steps:
        endings.handle(step)
    assert endings.of == {"a.log": WAYS[codes[0]], "b.log": WAYS[codes[1]]}


REFUSED = (
    'WorkflowError in rule outcomes in file "/x/workflow/rules/outcomes.smk", line 4:\n'
    "Output results/r/outcomes.parquet has older modification time (2026-11-28 13:59:08.804939) than input "
    "results/r/accepted (2026-11-29 13:58:56.173595). This could indicate a clock skew problem in your network and "
    "would trigger a rerun of this job in the next execution. System time: 2026-11-28 13:59:08.805034"
)


def test_a_clock_that_was_set_back_is_named_once_with_the_files_that_tell():
    endings = Endings()
    endings.handle(record(REFUSED, thread=1))
    endings.handle(record(REFUSED.replace("outcomes.parquet", "outcomes.csv"), thread=1))
    (said,) = endings.of.values()
    assert list(endings.of) == ["outcomes"] and "\n" not in said
    assert said.startswith(
        "results/r/outcomes.parquet is dated before results/r/accepted, as after a clock was set back"
    )


def test_another_refusal_of_a_job_s_files_is_said_in_its_own_words():
    endings = Endings()
    endings.handle(record('WorkflowError in rule impact in file "/x", line 4:\nNo such storage.', thread=1))
    endings.handle(record("WorkflowError:\nAt least one job did not complete successfully.", thread=1))
    assert endings.of == {"impact": "No such storage."}
