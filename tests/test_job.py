"""What a job says when it fails: enough to act on, and nothing of the records."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from _job import told, writing
from _study import day

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


def test_a_fault_of_the_disk_is_said(tmp_path):
    last = failing(tmp_path, lambda: (tmp_path / "no" / "file").read_text()).splitlines()[-1]
    assert last.startswith("error: No such file or directory: ")


def test_our_own_words_are_said():
    from _words import spelt

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
