"""What a job says when it fails: enough to act on, and nothing of the records."""

from __future__ import annotations

import duckdb
import pytest
from _job import logged, told
from _study import day

CANARY = "canary-7f3a"


def failing(tmp_path, work) -> str:
    path = tmp_path / "job.log"
    with pytest.raises(SystemExit) as stop, logged(str(path)):
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


def test_a_fault_of_the_disk_is_said(tmp_path):
    last = failing(tmp_path, lambda: (tmp_path / "no" / "file").read_text()).splitlines()[-1]
    assert last.startswith("error: No such file or directory: ")


def test_our_own_words_are_said():
    from _words import spelt

    with pytest.raises(ValueError) as raised:
        spelt(1.5)
    assert told(raised.value) == "not a count: 1.5"
