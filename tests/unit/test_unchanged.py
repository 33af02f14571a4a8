"""`make report` finds at once that nothing is to be done, and whatever changed is seen: by size, inode or times."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import unchanged

RUN = "results/run-1"
FILES = {
    "project/Snakefile": "rules",
    "project/workflow/scripts/one.py": "code",
    "project/templates/page.j2": "words",
    "study/config.yaml": "run: run-1\nextracts: {one: data/one.csv, two: [data/two.csv, data/three.csv]}\n",
    "study/data/one.csv": "1",
    "study/data/two.csv": "2",
    "study/data/three.csv": "3",
    "study/releases/register.json": "[]",
    f"study/{RUN}/report.pdf": "pages",
    f"study/{RUN}/restricted/ledger.csv": "counts",
}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A finished study, and a project beside it."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(unchanged, "PROJECT", "project")
    assert not unchanged.unchanged("study")
    unchanged.finished("study")
    return "study"


def test_a_finished_run_has_nothing_to_do(study, capsys):
    assert unchanged.unchanged(study)
    assert f"Nothing to be done: {RUN} " in capsys.readouterr().out
    Path("project/workflow/scripts/__pycache__").mkdir()
    Path("project/workflow/scripts/__pycache__/one.pyc").write_text("made by any command")
    Path("study/notes.txt").write_text("somebody's own")
    assert unchanged.unchanged(study)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_same_size_and_time_is_seen_to_be_another(study, name):
    before = Path(name).stat()
    Path(name).write_text(FILES[name][::-1])
    os.utime(name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not unchanged.unchanged(study)


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_the_same_look_put_in_the_place_of_another_is_seen(study, name):
    before = Path(name).stat()
    Path("other").write_text(FILES[name][::-1])
    os.utime("other", ns=(before.st_atime_ns, before.st_mtime_ns))
    Path("other").replace(name)
    assert not unchanged.unchanged(study)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_is_missed(study, name):
    Path(name).unlink()
    assert not unchanged.unchanged(study)


@pytest.mark.parametrize("name", ["project/workflow/rules/new.smk", "project/templates/new.j2", f"study/{RUN}/new.csv"])
def test_a_file_that_is_new_is_seen(study, name):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("new")
    assert not unchanged.unchanged(study)


@pytest.mark.parametrize("name", [name for name in FILES if RUN not in name])
def test_what_changed_while_the_run_went_on_is_not_taken_for_what_it_was_made_from(study, name):
    os.utime("study/data/one.csv")
    assert not unchanged.unchanged(study)
    Path(name).write_text(FILES[name])
    unchanged.finished(study)
    assert not unchanged.unchanged(study)
    unchanged.finished(study)  # of a run that began after it
    assert unchanged.unchanged(study)


@pytest.mark.parametrize("note", ["", "{", "[]", json.dumps({"run": "run-1"})])
def test_a_damaged_note_says_nothing(study, note):
    Path(study, unchanged.NOTE).write_text(note)
    assert not unchanged.unchanged(study)


def test_where_no_study_is_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not unchanged.unchanged(".")
    assert not list(tmp_path.iterdir())
    (tmp_path / "config.yaml").touch()
    assert not unchanged.unchanged(".")
    assert (tmp_path / ".snakemake").stat().st_mode & 0o077 == 0
