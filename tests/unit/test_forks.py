"""Jobs forked from one process with the libraries end as they would by themselves, and see only what is theirs."""

from __future__ import annotations

import errno
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import Mock

import pytest

from dscp.run.forks import ADDRESS, LIBRARIES, Forks

JOB = """
import time
from pathlib import Path
from unittest.mock import Mock
from dscp.run.job import writing
with writing("results/run/logs/job.log", {"out": "out"}) as made:
    Path("at_work").write_text(str(__import__("os").getpid()))
    time.sleep(60)
"""


@pytest.fixture
def forks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forks]:
    monkeypatch.chdir(tmp_path)
    Path(".snakemake").mkdir()
    Path("results/run/logs").mkdir(parents=True)
    forks = Forks()
    yield forks
    forks.close()


def job(code: str, **options) -> subprocess.Popen:
    """A job as the workflow manager calls it."""
    Path("script.py").write_text(code)
    command = f"exec {Forks.before_command()} {shlex.join([sys.executable, 'script.py'])}"
    return subprocess.Popen(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def at_work(within: float = 30) -> int:
    """The number of the job's process, once it works."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if (found := Path("at_work")).exists() and found.read_text():
            return int(found.read_text())
        time.sleep(0.02)
    raise AssertionError("no job at work")


def gone(process: int, within: float = 10) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if not Path(f"/proc/{process}").exists():
            return True
        time.sleep(0.02)
    return False


TOLD = {"print('a'); import sys; print('b', file=sys.stderr)": (0, "a\n", "b\n")}
TOLD["raise SystemExit(3)"] = (3, "", "")
TOLD["raise SystemExit('why')"] = (1, "", "why\n")
TOLD["import os, signal; os.kill(os.getpid(), signal.SIGKILL)"] = (-signal.SIGKILL, "", "")
TOLD["import os, signal; os.kill(os.getpid(), signal.SIGTERM)"] = (-signal.SIGTERM, "", "")
TOLD["import os; print(os.environ['OF_THE_JOB'], os.getcwd() == os.environ['HERE'])"] = (0, "yes True\n", "")
TOLD["import sys; print(sys.argv, __name__)"] = (0, "['script.py'] __main__\n", "")


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.thorough
def test_a_job_ends_as_it_does_by_itself(forks, tmp_path, served):
    if not served:
        forks.close()
    for code, (status, said, complained) in TOLD.items():
        ended = job(code, env={**os.environ, "OF_THE_JOB": "yes", "HERE": str(tmp_path)})
        assert ended.communicate(timeout=30) == (said, complained), code
        assert ended.returncode == status, code
    failed = job("def f():\n    raise ValueError('of this kind')\nf()")
    assert "line 2, in f" in (said := failed.communicate(timeout=30)[1]) and said.endswith("ValueError: of this kind\n")
    assert failed.returncode == 1


def test_libraries_are_held_and_the_projects_own_modules_are_not(forks):
    held = "import sys, json; print(json.dumps(sorted(sys.modules)))"
    until = time.monotonic() + 120
    while "numpy" not in (names := json.loads(job(held).communicate(timeout=60)[0])):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert not [name for name in names if name.split(".")[0] == "dscp"]


def test_the_process_is_called_as_its_script_is(forks):
    assert job("print(open('/proc/self/comm').read())").communicate(timeout=30)[0].strip() == "script"


def test_each_job_reads_the_projects_modules_anew(forks):
    code = "import sys; sys.path.insert(0, '.'); sys.dont_write_bytecode = True; import own; print(own.WORD)"
    for word in ("first", "second"):
        Path("own.py").write_text(f"WORD = {word!r}\n")
        assert job(code).communicate(timeout=30)[0] == f"{word}\n"


def test_libraries_are_those_that_jobs_import():
    """One that is gone from the environment, or misspelt, would be passed over in silence."""
    assert [name for name in LIBRARIES if find_spec(name) is None] == []


def test_a_signal_to_the_caller_reaches_the_job_and_its_end_is_waited_for(forks):
    called = job(JOB)
    process = at_work()
    called.terminate()
    called.communicate(timeout=30)
    assert called.returncode == 1 and gone(process, 0.5)
    assert Path("results/run/logs/job.log").read_text() == "error: stopped by SIGTERM\n"


def test_a_job_ends_with_its_caller(forks):
    called = job(JOB)
    process = at_work()
    called.kill()
    assert gone(process)


def test_when_the_process_with_the_libraries_is_killed_its_jobs_end_with_it(forks):
    called = job(JOB)
    process = at_work()
    forks.process.kill()
    called.communicate(timeout=30)
    assert called.returncode == -signal.SIGKILL
    assert gone(process)
    assert job("print('by itself')").communicate(timeout=30)[0] == "by itself\n"


def test_it_ends_with_the_run_and_no_address_is_in_the_way_of_the_next(forks):
    forks.close()
    assert forks.process.returncode == 0 and not Path(ADDRESS).exists()
    Path(ADDRESS).touch()  # of a run that was killed with all its processes
    again = Forks()
    assert job("print('again')").communicate(timeout=30)[0] == "again\n"
    again.close()


def test_where_its_folder_is_gone_it_ends_without_a_word(forks, capfd):
    shutil.rmtree(".snakemake")
    forks.close()
    assert forks.process.returncode == 0 and capfd.readouterr().err == ""


def test_nobody_else_may_ask(forks):
    assert Path(ADDRESS).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("lacking", ["sockets", "memory"])
def test_where_it_cannot_start_jobs_run_by_themselves(tmp_path, monkeypatch, lacking):
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patched:
        if lacking == "memory":  # else there is no folder for the address
            Path(".snakemake").mkdir()
            patched.setattr(subprocess, "Popen", Mock(side_effect=OSError(errno.ENOMEM, "Cannot allocate memory")))
        forks = Forks()
    assert forks.process is None
    assert job("print('by itself')").communicate(timeout=30)[0] == "by itself\n"
    forks.close()
