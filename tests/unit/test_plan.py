"""A run's plan: its jobs have it by a token, and whoever works for a run that is over leaves everything as it is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from dscp.extracts.frozen import frozen
from dscp.record.crate import own_key
from dscp.run.job import writing
from dscp.run.lock import lock
from dscp.run.made import distrust, noted_in
from dscp.run.notes import INCOMPLETE, METADATA, name_of_note, noted
from dscp.run.plan import AT, OVER, Plan, part_of, token


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Plans tell where they are by the environment."""
    monkeypatch.setenv(AT, "")


@pytest.fixture
def run(tmp_path) -> Path:
    folder = tmp_path / "results" / "r"
    for name in ("restricted", "logs"):
        (folder / name).mkdir(parents=True)
    return folder


def begun(run: Path) -> Plan:
    plan = Plan(run)
    plan.begin()
    return plan


def test_a_job_has_the_digests_of_the_run_that_planned_and_not_of_what_files_have_become(run, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("as planned")
    plan = Plan(run)
    planned = plan.digests("EXTRACTS", [str(file)])
    plan.begin()
    assert plan.path.stat().st_mode & 0o777 == 0o600
    file.write_text("later")
    job = Plan(run, plan.token)
    assert job.digests("EXTRACTS", [str(file)]) == planned and len(planned[str(file)]) == 64


def test_a_job_stops_where_code_is_not_what_was_planned_with(run, tmp_path):
    code = tmp_path / "script.py"
    code.write_text("1")
    plan = Plan(run)
    plan.unchanged({str(code): "workflow/script.py"})
    planned = plan.digests("CODE")
    plan.begin()
    plan.path.write_text(json.dumps({"CODE": dict.fromkeys(planned, "0" * 64)}), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"^workflow/script\.py: changed since the run was planned, allowed: "):
        Plan(run, plan.token).unchanged({str(code): "workflow/script.py"})


@pytest.mark.parametrize("over", ["ended", "another"])
def test_a_job_whose_plan_is_gone_says_that_another_run_began(run, over):
    plan = begun(run)
    plan.end() if over == "ended" else begun(run)
    with pytest.raises(SystemExit, match=OVER):
        Plan(run, plan.token)


@pytest.mark.parametrize("given", ["None", "t12", "../../x", "T0123456789abcdef"])
def test_a_token_that_no_run_gave_is_refused(run, given):
    with pytest.raises(SystemExit, match="run_token: is none, allowed: what a run gives its own jobs"):
        Plan(run, given)


def test_a_run_begins_by_removing_the_plans_and_parts_of_others(run):
    (run.with_name("of-another-name") / "restricted").mkdir(parents=True)
    other = begun(run.with_name("of-another-name"))
    left = [run / ".a.csv.part", run / "figures" / ".b.svg.t0123456789abcdef.part"]
    left.append(run.parent / "reference_extracts" / ".c.csv.part")
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    folder = run / ".code.t0123456789abcdef.part"
    (folder / "workflow").mkdir(parents=True)
    (run / "ledger.csv").write_text("whole")
    plan = begun(run)
    assert not other.path.exists() and not any(path.exists() for path in [*left, folder])
    assert plan.path.exists() and (run / "ledger.csv").read_text() == "whole"


def test_two_runs_never_write_one_file(run):
    begun(run)
    one = part_of(run / "a.csv")
    begun(run)
    assert {one.name, part_of(run / "a.csv").name} == {f".a.csv.{name}.part" for name in (one.name[7:-5], token())}
    assert one != part_of(run / "a.csv") and part_of("a.csv").parent == Path()


def test_without_a_run_a_part_has_no_token(tmp_path):
    assert part_of(tmp_path / "a.csv").name == ".a.csv.part"


@pytest.mark.parametrize("moment", ["before", "meanwhile"])
def test_an_orphan_never_lands_and_touches_neither_log_nor_output_of_the_run_that_began(run, moment):
    """The new run's job of the same name has written its log and its output, which are there as it left them."""
    begun(run)
    log, out = run / "logs" / "job.log", run / "out.csv"
    outputs = {"out": str(out), "folder": str(run / "folder")}
    ours, theirs = os.environ[AT], ""

    def another() -> None:
        nonlocal theirs
        begun(run)
        theirs = os.environ[AT]
        with writing(str(log), outputs) as made:
            print("of the new run")
            Path(made.out).write_text("new")
            Path(made.folder).mkdir()
        os.environ[AT] = ours

    if moment == "before":
        another()
    with pytest.raises(SystemExit) as ended, writing(str(log), outputs) as made:
        Path(made.out).write_text("old")
        Path(made.folder).mkdir()
        another()
    assert ended.value.code == (OVER if moment == "before" else 1)
    assert out.read_text() == "new" and log.read_text(encoding="utf-8") == "of the new run\n"
    assert (run / "folder").is_dir() and not [*run.rglob(".*.part")]
    assert json.loads((noted_in(run) / "job.json").read_text())["token"] in theirs


def test_an_orphan_freezes_no_extract_and_makes_no_key(run, tmp_path):
    begun(run).end()
    given = tmp_path / "a.csv"
    given.write_text("a")
    with pytest.raises(SystemExit, match=OVER):
        frozen([str(given)], [""], run / "restricted" / "frozen")
    with pytest.raises(SystemExit, match=OVER):
        own_key(run / "restricted" / "record.key")
    assert not [path for path in run.rglob("*") if path.is_file() and path.suffix != ".part"]


def landed(study: Path, name: str, note: int | None) -> str:
    """Have a job of the run at work land an output, with the workflow manager's note so many seconds later."""
    out = f"results/r/{name}.csv"
    with writing(str(study / "results/r/logs" / f"{name}.log"), {"out": out}) as made:
        Path(made.out).write_text(name)
    if note is not None:
        path = study / METADATA / name_of_note(out)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        os.utime(path, (time.time() + note,) * 2)
    return out


def test_what_landed_after_the_main_process_was_killed_is_made_anew(run, tmp_path, monkeypatch):
    """Without a note, or with an earlier run's: such a file may be of settings that the config no longer has."""
    monkeypatch.chdir(tmp_path)
    plan = Plan(Path("results/r"))
    plan.begin()
    landed(tmp_path, "noted", 5)
    orphans = [landed(tmp_path, "bare", None), landed(tmp_path, "of_an_earlier_run", -5)]
    with lock(Path("results"), "r"):
        assert distrust(Path()) == [], "a run at work notes it in a moment"
    assert sorted(distrust(Path())) == sorted(orphans) == sorted(noted(tmp_path / INCOMPLETE))
    plan.end()
    assert distrust(Path()) == [], "a run that came to its end left nothing behind"
