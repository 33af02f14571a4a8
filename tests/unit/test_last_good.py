"""A run that fails leaves the last finished one as it was, and the next run knows that it is the last one."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dscp.run.last_good import KEPT, forget, keep, places, put_back


@pytest.fixture
def study(tmp_path) -> Path:
    """A study with a finished run and the workflow manager's notes."""
    for name in ("results/one/report.pdf", "results/one/restricted/validated/a.parquet", "results/one/logs/a.log",
                 "results/one/figures/S.1.svg",
                 "results/reference_extracts/restricted/a.csv", "results/one/ro-crate-metadata.json",
                 ".snakemake/metadata/a"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("good", encoding="utf-8")
    for name in ("a_link", "z_link"):  # found before and after what they name
        (tmp_path / "results/one" / name).symlink_to("report.pdf")
    (tmp_path / "results/one/dangling").symlink_to("gone.pdf")
    return tmp_path


def contents(study: Path) -> dict[str, str]:
    """Every file of a study, but for logs, with its text and its date; of a link where it leads."""
    found = [path for path in study.rglob("*") if "logs" not in path.parts]
    files = [path for path in found if path.is_file() and not path.is_symlink()]
    links = {str(path.relative_to(study)): str(path.readlink()) for path in found if path.is_symlink()}
    return links | {str(path.relative_to(study)): f"{path.read_text()} {path.stat().st_mtime_ns}" for path in files}


def fail(study: Path) -> None:
    """What a run does to the files before it fails."""
    run = study / "results" / "one"
    (run / "report.pdf").unlink()
    (run / "dangling").unlink()
    shutil.rmtree(run / "figures")
    new = run / ".new"
    new.write_text("new", encoding="utf-8")
    new.replace(run / "restricted" / "validated" / "a.parquet")
    (run / "restricted" / "validated" / ".b.parquet.part").write_text("half", encoding="utf-8")
    for name in ("a.log", "b.log"):
        (run / "logs" / name).write_text("error: it failed", encoding="utf-8")
    (study / "results" / "reference_extracts" / "restricted" / "a.csv").unlink()
    (study / ".snakemake" / "metadata" / "a").write_text("new", encoding="utf-8")
    (study / ".snakemake" / "metadata" / "b").write_text("new", encoding="utf-8")


def test_what_a_failed_run_changed_is_put_back(study):
    before = contents(study)
    keep(*places(study, "one"))
    fail(study)
    assert put_back(*places(study, "one"))
    assert contents(study) == before
    assert {path.read_text() for path in (study / "results/one/logs").iterdir()} == {"error: it failed"}
    assert (study / "results/one/logs/b.log").exists()
    assert not (study / "results/one" / KEPT).exists()


def test_a_run_killed_while_it_kept_files_leaves_nothing_to_be_put_back(study):
    part = (study / "results/one" / KEPT).with_name(f"{KEPT.name}.part")
    (part / "0").mkdir(parents=True)
    (part / "0" / "older.pdf").write_text("of an older run", encoding="utf-8")
    before = {name: text for name, text in contents(study).items() if not name.endswith("older.pdf")}
    keep(*places(study, "one"))
    assert put_back(*places(study, "one"))
    assert contents(study) == before


def test_what_somebody_had_altered_and_a_run_set_aside_stays(study):
    keep(*places(study, "one"))
    (study / "results/one/cells.csv.altered").write_text("mine", encoding="utf-8")
    assert put_back(*places(study, "one"))
    assert (study / "results/one/cells.csv.altered").read_text() == "mine"


def test_what_a_killed_run_had_kept_is_not_replaced_by_what_it_left(study):
    before = contents(study)
    keep(*places(study, "one"))
    fail(study)
    keep(*places(study, "one"))
    fail_again = study / "results/one/report.pdf"
    fail_again.write_text("half", encoding="utf-8")
    assert put_back(*places(study, "one"))
    assert contents(study) == before


def test_a_run_that_came_to_its_end_is_the_last_good_one(study):
    keep(*places(study, "one"))
    fail(study)
    forget(study / "results" / "one")
    assert not put_back(*places(study, "one"))
    assert not (study / "results/one/report.pdf").exists()


def test_where_the_disk_has_no_room_to_keep_it_the_run_ends_in_one_line(study, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    before = contents(study)
    with pytest.raises(SystemExit, match=r"^[^\n]*cannot be kept while another works \(No space left on device\)$"):
        keep(*places(study, "one"))
    assert contents(study) == before


class Killed(BaseException):
    """The end of the process, which nothing may catch."""


CHANGING = ("unlink", "rename", "replace", "rmdir", "mkdir", "link", "symlink")  # what changes a folder


def killed_at(step: int, work: Callable[[], object], monkeypatch) -> bool:
    """Do some work on files and be killed before one of its steps; return whether it had as many."""
    steps = itertools.count()

    def before(change: Callable) -> Callable:
        def changed(*arguments, **named):
            if next(steps) == step:
                raise Killed
            return change(*arguments, **named)

        return changed

    with monkeypatch.context() as patch:
        for name in CHANGING:
            patch.setattr(os, name, before(getattr(os, name)))
        try:
            work()
        except Killed:
            return True
    return False


def whole(study: Path) -> dict[str, str]:
    """The contents but for what is kept, and what is left of it."""
    return {name: text for name, text in contents(study).items() if KEPT.name not in name}


WORKS = {  # what is killed -> what went before it, and whether what it then leaves may be the new run
    "keep": ([], False),
    "put_back": (["keep", "fail"], False),
    "forget": (["keep", "fail"], True),
}


@pytest.mark.parametrize("name", WORKS)
@pytest.mark.thorough
def test_killed_before_any_of_its_steps_it_leaves_a_whole_run(study, tmp_path_factory, monkeypatch, name):
    """What the next run finds when it has put back what there is to put back."""
    before, new_allowed = WORKS[name]
    for step in itertools.count():
        here = tmp_path_factory.mktemp("killed") / "study"
        shutil.copytree(study, here, symlinks=True)
        works = {
            "keep": partial(keep, *places(here, "one")),
            "fail": partial(fail, here),
            "put_back": partial(put_back, *places(here, "one")),
            "forget": partial(forget, here / "results" / "one"),
        }
        for one in before:
            works[one]()
        new = whole(here)
        killed = killed_at(step, works[name], monkeypatch)
        works["put_back"]()
        assert whole(here) in [whole(study), *[new] * new_allowed], step
        if not killed:
            break
    assert step > 5


def test_where_no_run_was_finished_nothing_is_kept_and_nothing_undone(study):
    (study / "results/one/ro-crate-metadata.json").unlink()
    keep(*places(study, "one"))
    fail(study)
    assert not put_back(*places(study, "one"))
    assert (study / "results/one/restricted/validated/a.parquet").read_text() == "new"


def test_on_a_disk_without_second_names_files_are_copied(study, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    before = contents(study)
    keep(*places(study, "one"))
    fail(study)
    assert put_back(*places(study, "one"))
    assert contents(study) == before
