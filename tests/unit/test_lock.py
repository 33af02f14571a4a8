"""The lock of a results folder: one run at a time, and whoever else comes is told who holds it now."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dscp.run.lock import DEAD, HEARTBEAT, is_held, lock, machine


def test_who_holds_it_is_said_and_not_who_held_it(tmp_path):
    lock(tmp_path / "results", "a-run-with-a-long-name").close()
    held = lock(tmp_path / "results", "b")
    with pytest.raises(SystemExit) as said:
        lock(tmp_path / "results", "c")
    assert str(said.value) == (
        f"{tmp_path / 'results'}: in use by run b (process {os.getpid()}); allowed: one run at a time"
    )
    held.close()
    lock(tmp_path / "results", "c").close()


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(SystemExit, match=r"results cannot be written there \(File exists\)"):
        lock(tmp_path / "results", "a")


def beaten(folder: Path, by: str, age: float) -> None:
    """A heartbeat of a machine, so many seconds old."""
    folder.mkdir(exist_ok=True)
    (folder / ".lock").write_text("run a (process 7)\n", encoding="utf-8")
    (folder / HEARTBEAT).write_text(by, encoding="utf-8")
    os.utime(folder / HEARTBEAT, (time.time() - age,) * 2)


def test_where_the_lock_does_not_reach_another_machine_s_heartbeat_refuses_a_run(tmp_path):
    beaten(tmp_path, "another-boot node7", DEAD - 5)
    assert is_held(tmp_path)
    with pytest.raises(SystemExit) as said:
        lock(tmp_path, "b")
    told = (
        "in use by run a (process 7) on node7; allowed: one run at a time, and the next a minute after one was killed"
    )
    assert str(said.value) == f"{tmp_path}: {told}"
    assert sorted(path.name for path in tmp_path.iterdir()) == [HEARTBEAT, ".lock"]


@pytest.mark.parametrize(("by", "age"), [("another-boot node7", DEAD + 5), (machine(), 0)])
def test_one_that_is_old_or_of_a_killed_run_of_this_machine_does_not(tmp_path, by, age):
    beaten(tmp_path, by, age)
    assert not is_held(tmp_path)
    lock(tmp_path, "b").close()
    assert not (tmp_path / HEARTBEAT).exists()


def test_who_holds_it_is_heard(tmp_path, monkeypatch):
    monkeypatch.setattr("dscp.run.lock.BEAT", 0.01)
    with lock(tmp_path, "a"):
        seen = set()
        for _ in range(500):
            with suppress(OSError):
                seen.add((tmp_path / HEARTBEAT).stat().st_mtime_ns)
            if len(seen) > 2:
                break
            time.sleep(0.01)
        assert len(seen) > 2 and is_held(tmp_path)
        assert (tmp_path / HEARTBEAT).read_text(encoding="utf-8") == machine()
    assert not is_held(tmp_path)
