"""A run that is stopped from outside ends its jobs first, and a job ends with its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dscp.run import stopping
from dscp.run.job import writing

SLEEP = "import time; time.sleep(60)"
JOB = """
import time
from pathlib import Path
from dscp.run.job import writing
with writing("log", {"out": "out"}) as made:
    Path(made.out).write_text("half")
    Path("at_work").touch()
    time.sleep(60)
"""
RUN = """
import signal, subprocess, sys, threading
from pathlib import Path
from dscp.run import stopping
stopping.PATIENCE = 0.5
ended = threading.Event()
run = stopping.Stopping(ended.set)
job = subprocess.Popen([sys.executable, "-c", {job!r}])
Path("begun").touch()
status = job.wait()
ended.wait(10)
Path("said").write_text(f"{{run.by}} {{status}}")
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('deaf', 'w'); time.sleep(60)"


def python(folder: Path, code: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code], cwd=folder, env={**os.environ, **environment})


def seen(path: Path) -> None:
    """Wait for a file."""
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"no {path.name}")


def test_a_job_told_to_end_puts_nothing_in_place_and_says_so(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit), writing(str(tmp_path / "log"), {"out": str(tmp_path / "out")}) as made:
        Path(made.out).write_text("half")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert (tmp_path / "log").read_text() == "error: stopped by SIGTERM\n"
    assert not (tmp_path / "out").exists()
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("first", ["the run", "the job"])
def test_a_job_ends_when_its_run_is_gone_however_it_went(tmp_path, first):
    run = python(tmp_path, SLEEP)
    if first == "the run":
        run.kill()
        run.wait()
    job = python(tmp_path, JOB, **{stopping.PROCESS: str(run.pid)})
    if first == "the job":
        seen(tmp_path / "at_work")
        run.kill()
        run.wait()
    assert job.wait(timeout=30) != 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", stopping.SIGNALS)
def test_each_signal_ends_the_jobs_and_is_named(tmp_path, number):
    run = python(tmp_path, RUN.format(job=SLEEP))
    seen(tmp_path / "begun")
    run.send_signal(number)
    run.wait(timeout=30)
    assert (tmp_path / "said").read_text() == f"{number.name} {-signal.SIGTERM}"


def test_a_job_that_does_not_heed_is_killed(tmp_path):
    run = python(tmp_path, RUN.format(job=DEAF))
    seen(tmp_path / "deaf")
    run.send_signal(signal.SIGTERM)
    run.wait(timeout=30)
    assert (tmp_path / "said").read_text() == f"SIGTERM {-signal.SIGKILL}"


def test_what_is_ignored_when_a_run_begins_stays_ignored(tmp_path):
    """As under nohup."""
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    run = python(tmp_path, ignoring + RUN.format(job=SLEEP))
    seen(tmp_path / "begun")
    run.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert run.poll() is None
    run.send_signal(signal.SIGTERM)
    run.wait(timeout=30)
    assert (tmp_path / "said").read_text() == f"SIGTERM {-signal.SIGTERM}"


@pytest.mark.parametrize("number", [*stopping.SIGNALS, signal.SIGKILL])
def test_a_run_stops_with_the_make_that_called_it(tmp_path, number):
    (tmp_path / "Makefile").write_text('run:\n\t@exec "$(PYTHON)" run.py\n', encoding="utf-8")
    (tmp_path / "run.py").write_text(RUN.format(job=SLEEP), encoding="utf-8")
    make = subprocess.Popen(["make", "--silent", f"PYTHON={sys.executable}"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    seen(tmp_path / "begun")
    time.sleep(0.5)
    make.send_signal(number)
    make.wait(timeout=30)
    seen(tmp_path / "said")
    time.sleep(0.1)
    named = "the end of make" if number == signal.SIGKILL else number.name
    assert (tmp_path / "said").read_text() == f"{named} {-signal.SIGTERM}"
