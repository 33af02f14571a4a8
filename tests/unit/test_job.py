"""What a job says when it fails: enough to act on, and nothing of the records."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from dscp.run import stopping
from dscp.run.job import told, writing
from dscp.run.made import noted_in
from dscp.study.days import day

CANARY = "canary-7f3a"


def failing(tmp_path, work) -> str:
    path = tmp_path / "job.log"
    with pytest.raises(SystemExit) as stop, writing(str(path), {}):
        work()
    assert stop.value.code == 1
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "work",
    [
        lambda: int(CANARY),
        lambda: {}[CANARY],
        lambda: duckdb.sql(f"SELECT CAST('{CANARY}' AS DATE)").fetchall(),
        lambda: day(CANARY),
    ],
)
def test_words_of_libraries_are_kept_back(tmp_path, work):
    log = failing(tmp_path, work)
    assert CANARY not in log.replace(f'"{CANARY}"', "").replace("CANARY", "")
    assert log.splitlines()[-1].startswith("error: ")


def no_thread() -> None:
    """What Python does where the system has no room for another thread: threading's own words."""
    exec(compile('raise RuntimeError("can\'t start new thread")', threading.__file__, "exec"))


def test_where_no_thread_can_watch_the_run_the_job_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv(stopping.PROCESS, "1")
    monkeypatch.setattr(threading.Thread, "start", lambda _: no_thread())
    assert failing(tmp_path, lambda: None).splitlines()[-1].startswith("error: out of memory (threading.py, line ")


def of_little_memory() -> None:
    """A database of its own: the limit is not to be that of other tests."""
    with duckdb.connect() as con:
        con.execute("SET memory_limit = '1kB'")
        con.execute("SELECT count(DISTINCT range) FROM range(1000000)")


@pytest.mark.parametrize(
    "work",
    [
        lambda: np.empty(10**15),
        lambda: pa.allocate_buffer(10**15),
        lambda: no_thread(),
        of_little_memory,
    ],
)
def test_want_of_memory_is_said_whoever_met_it(tmp_path, work):
    last = failing(tmp_path, work).splitlines()[-1]
    assert last.startswith("error: out of memory (")


def test_a_fault_of_the_disk_is_said(tmp_path):
    last = failing(tmp_path, lambda: (tmp_path / "no" / "file").read_text()).splitlines()[-1]
    assert last.startswith("error: No such file or directory: ")


def test_words_of_a_library_that_stand_in_our_raise_are_kept_back(monkeypatch):
    """An error from within the line of a `raise`, such as a key that is not there, is not ours."""
    from dscp.printing import words

    class Telling(float):
        def __repr__(self) -> str:
            return {}[CANARY]

    with pytest.raises(KeyError) as raised:
        words.spelt(Telling(1.5))
    assert CANARY not in told(raised.value)
    assert told(raised.value).startswith("KeyError (")


def test_a_rule_s_own_words_are_said_where_snakemake_runs_a_copy_of_its_script(tmp_path):
    folder = tmp_path / ".snakemake" / "scripts"
    for line, said in (("raise ValueError('no input x')", "no input x"), ("int('x')", "ValueError (ledger.py); ")):
        with pytest.raises(ValueError) as raised:
            exec(compile(line, folder / "tmpab12.ledger.py", "exec"))
        assert told(raised.value).startswith(said)


def test_a_warning_is_logged_by_its_place(tmp_path):
    import warnings

    log = tmp_path / "job.log"
    with writing(str(log), {}):
        warnings.warn(f"could not read {CANARY}", stacklevel=1)
    text = log.read_text(encoding="utf-8")
    assert text.startswith("warning: UserWarning (test_job.py, line ") and CANARY not in text


def test_a_job_notes_when_it_worked_as_which_job_and_the_checksums_of_what_it_wrote(tmp_path, monkeypatch):
    run = tmp_path / "run"
    (run / "logs").mkdir(parents=True)
    outputs = {"one": str(run / "one.csv"), "elsewhere": str(tmp_path / "other.csv"), "touched": str(run / "accepted")}
    monkeypatch.setenv("SLURM_JOB_ID", "812")
    before = time.time()
    with writing(str(run / "logs" / "job.log"), outputs) as made:
        Path(made.one).write_text("1")
        Path(made.elsewhere).write_text("2")
        midst = time.time()
    noted = json.loads((noted_in(run) / "job.json").read_text(encoding="utf-8"))
    assert before <= noted["started"] <= midst <= noted["ended"] <= time.time()
    assert noted["job"] == "812" and noted["outputs"] == list(outputs.values())
    assert noted["checksums"] == {str(run / "one.csv"): hashlib.sha256(b"1").hexdigest()}


def test_our_own_words_are_said():
    from dscp.printing.words import spelt

    with pytest.raises(ValueError) as raised:
        spelt(1.5)
    assert told(raised.value) == "not a count: 1.5"


def test_outputs_are_there_in_whole_or_not_at_all(tmp_path):
    log, one, many = tmp_path / "log", tmp_path / "one.csv", [tmp_path / "a.svg", tmp_path / "b.svg"]
    outputs = {"one": str(one), "many": [str(path) for path in many], "folder": str(tmp_path / "folder")}
    one.write_text("old")
    with pytest.raises(SystemExit), writing(str(log), outputs) as made:
        Path(made.one).write_text("new")
        raise OSError(28, "No space left on device")
    assert one.read_text() == "old"
    assert log.read_text(encoding="utf-8").splitlines()[-1] == "error: No space left on device"
    with writing(str(log), outputs) as made:
        Path(made.one).write_text("new")
        for path in made["many"]:
            Path(path).write_text("drawn")
        Path(made.folder).mkdir()
        assert one.read_text() == "old" and not any(path.exists() for path in many)
    assert one.read_text() == "new" and all(path.read_text() == "drawn" for path in many)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.svg", "folder", "log", "one.csv"]
