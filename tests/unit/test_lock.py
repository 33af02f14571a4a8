"""The lock of a results folder: one run at a time, and whoever else comes is told who holds it now."""

from __future__ import annotations

import os

import pytest

from dscp.run.lock import lock


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
