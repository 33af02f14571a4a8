"""Runs under Slurm: the same bytes as locally, and for each way in which a job may end one true line."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dscp.record.crate import CRATE
from dscp.record.verify import verify
from small_study import RUN, write_small_study

PROJECT = Path(__file__).parents[2]
SENT = ("outcomes", "figures", "report_html", "report_pdf")
TIMES = {"ro-crate-metadata.json"}  # which tells them


def make(study: Path, environment: dict[str, str], said: Path, profile: Path | None) -> subprocess.Popen:
    """`make report` in a session of its own."""
    where = [f"PROFILE={profile}"] if profile else []
    command = ["make", "--silent", "--assume-old=.venv/ready", "report", f"STUDY={study}", *where]
    with open(said, "w", encoding="utf-8") as file:
        return subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True, stdout=file, stderr=file)


def finished(study: Path, environment: dict[str, str], profile: Path | None = None) -> str:
    """Run a study to its end; what was said."""
    said = study.with_suffix(".said")
    status = make(study, environment, said, profile).wait(timeout=900)
    text = said.read_text(encoding="utf-8")
    assert status == 0, text
    return text


def published(study: Path) -> dict[str, str]:
    """Path -> checksum of every file that may leave its house, but for the record, which tells the time."""
    run = study / "results" / RUN
    found = [path for path in run.rglob("*") if path.is_file()]
    kept = [path for path in found if path.relative_to(run).parts[0] not in ("restricted", "logs", *TIMES)]
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def same(one: Path, other: Path) -> list[str]:
    """Names of published files that differ, or are of one alone."""
    ours, theirs = published(one), published(other)
    assert {"report.pdf", "report.html", "report.xlsx", "ledger.csv"} <= ours.keys() and len(ours) > 50
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


@pytest.fixture(scope="session")
def local(slurm, tmp_path_factory) -> Path:
    """A study run on this machine, without Slurm."""
    study = tmp_path_factory.mktemp("local") / "study"
    write_small_study(study)
    finished(study, slurm)
    return study


@pytest.fixture
def study(tmp_path) -> Path:
    """The same one, to be run."""
    folder = tmp_path / "study"
    write_small_study(folder)
    return folder


def jobs(environment: dict[str, str], rule: str, states: str = "R,ST") -> list[str]:
    """Numbers of Slurm's jobs of a rule, in some states: by themselves those at work, and those that a test stopped."""
    command = ["squeue", "-h", "-t", states, "-o", "%i %k"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in found if line.split()[1:2] == [f"rule_{rule}"]]


def signalled(environment: dict[str, str], number: str, name: str) -> None:
    """Send a signal to a job: to its script and what that started, and to its steps."""
    for more in (["--full"], []):
        subprocess.run(["scancel", f"--signal={name}", *more, number], env=environment, check=False)


def wait_for(look: Callable[[], object], what: str) -> object:
    for _ in range(1200):
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {what} in two minutes")


def in_order(study: Path) -> None:
    """Assert that in the record no job ends before it starts, or starts before its inputs' jobs ended."""
    graph = json.loads((study / "results" / RUN / CRATE).read_text(encoding="utf-8"))["@graph"]
    jobs = {one["@id"]: one for one in graph if one["@id"].startswith("#job/")}
    each = {name: {key: job[key] if isinstance(job[key], list) else [job[key]] for key in ("object", "result")}
            for name, job in jobs.items()}  # fmt: skip
    makers = {made["@id"]: name for name in jobs for made in each[name]["result"]}
    assert [name for name, job in jobs.items() if not job["startTime"] < job["endTime"]] == []
    pairs = [(name, makers[one["@id"]]) for name in jobs for one in each[name]["object"] if one["@id"] in makers]
    assert pairs and [pair for pair in pairs if jobs[pair[0]]["startTime"] < jobs[pair[1]]["endTime"]] == []
    for name in SENT:
        assert re.fullmatch(r"job \d+ of the batch system", jobs[f"#job/{name}"]["identifier"]), name
    assert "identifier" not in jobs["#job/ledger"], "a short job was sent"


@pytest.mark.parametrize("export", ["ALL", "NONE"])
def test_a_run_under_slurm_gives_the_files_of_a_local_one_with_times_in_order(slurm, local, study, profile, export):
    """Whether or not the environment is passed on: the last --export that sbatch is given counts."""
    extra = {"slurm_extra": "'--export=NONE'"} if export == "NONE" else {}
    where = profile(default_resources={"slurm_partition": "main", **extra})
    finished(study, slurm, where)
    assert same(study, local) == []
    in_order(study)
    assert verify(study, RUN, PROJECT)[0] == []
    assert not [*study.rglob("*.part"), *study.rglob("plan-*.json"), *study.rglob(".heartbeat")]


def stopped(study: Path, environment: dict[str, str], where: Path, meanwhile: Callable[[], None]) -> str:
    """Run a study that is to stop; what was said."""
    said = study.with_suffix(".said")
    run = make(study, environment, said, where)
    meanwhile()
    assert run.wait(timeout=600) != 0
    text = said.read_text(encoding="utf-8")
    assert "Traceback" not in text and "The run stopped." not in text, text
    return text


def test_a_cancelled_job_is_said_to_be(slurm, study, profile):
    def cancel() -> None:
        (number,) = wait_for(lambda: jobs(slurm, "outcomes"), "job of outcomes")
        subprocess.run(["scancel", number], env=slurm, check=True)

    said = stopped(study, slurm, profile(), cancel)
    assert re.search(r"^outcomes: cancelled, job \d+; asked for 1,\d{3} MB and \d+ minutes", said, re.M), said


def test_a_job_out_of_memory_is_said_to_be(slurm, study, profile):
    said = stopped(study, slurm, profile(set_resources={"outcomes": {"mem_mb": 20}}), lambda: None)
    assert re.search(r"^outcomes: out of memory, job \d+; asked for 20 MB  \(more in ", said, re.M), said


def test_a_job_out_of_time_is_said_to_be(slurm, study, profile):
    """Of a minute, which is the least that Slurm gives: the job is held up as long as that."""

    def hold() -> None:
        (number,) = wait_for(lambda: jobs(slurm, "outcomes"), "job of outcomes")
        signalled(slurm, number, "STOP")

    said = stopped(study, slurm, profile(set_resources={"outcomes": {"runtime": 1}}), hold)
    assert re.search(r"^outcomes: out of time, job \d+; asked for 1 minute", said, re.M), said


def test_a_job_that_slurm_does_not_take_is_said_to_be(slurm, study, profile):
    said = stopped(study, slurm, profile(default_resources={"slurm_partition": "nowhere"}), lambda: None)
    assert re.search(r"^outcomes: not taken by the batch system: .*invalid partition", said, re.M), said


def test_a_run_told_to_stop_takes_its_jobs_back(slurm, study, profile):
    said = study.with_suffix(".said")
    run = make(study, slurm, said, profile())
    wait_for(lambda: jobs(slurm, "outcomes"), "job of outcomes")
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait(timeout=120) != 0
    assert "Stopped by SIGTERM, and the jobs at work with it" in said.read_text(encoding="utf-8")
    assert jobs(slurm, "outcomes", "R,ST,PD") == []


@pytest.mark.parametrize("orphan", ["outcomes", "report_pdf"])
def test_a_run_killed_and_started_anew_beside_its_orphans_gives_the_same_bytes(slurm, local, study, profile, orphan):
    """The job goes on until the new run has begun: it is stopped, and let go after that.

    That of outcomes before its script begins, that of the PDF while it typesets.
    """
    said = study.with_suffix(".said")
    run = make(study, slurm, said, profile())
    (number,) = wait_for(lambda: jobs(slurm, orphan), f"job of {orphan}")
    if orphan == "report_pdf":
        wait_for((study / f"results/{RUN}/logs/{orphan}.log").exists, "job at work")
    signalled(slurm, number, "STOP")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    plans = {*study.glob(f"results/{RUN}/restricted/plan-*.json")}
    assert len(plans) == 1 and jobs(slurm, orphan) == [number]
    again = make(study, slurm, said, profile())
    wait_for(lambda: {*study.glob(f"results/{RUN}/restricted/plan-*.json")} - plans, "plan of the new run")
    signalled(slurm, number, "CONT")
    assert again.wait(timeout=900) == 0, said.read_text(encoding="utf-8")
    wait_for(lambda: number not in jobs(slurm, orphan), "end of the orphan")
    assert number in jobs(slurm, orphan, "F"), "the orphan landed"
    assert same(study, local) == []
    in_order(study)
    assert verify(study, RUN, PROJECT)[0] == []
