"""Faults that a run has to survive: what is left is either a whole result or none, and the next run makes it right."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from dscp.extracts.frozen import ExtractChanged, frozen
from dscp.record.forms import forms_of
from dscp.run.closed import OTHERS, folders
from dscp.run.last_good import ASIDE, LOGS, RECORD
from dscp.run.lock import lock
from running import PROJECT, copy_project, snakemake
from running import RUN as DEFAULT

RUN = "results/other-2012-15"
KILLS = 6
DAY = 86_400


@pytest.fixture
def clean(other_study) -> Path:
    """A study whose run has come to its end undisturbed."""
    return other_study


@pytest.fixture
def study(clean, tmp_path) -> Path:
    """Its config and extracts alone."""
    shutil.copy(clean / "config.yaml", tmp_path)
    shutil.copytree(clean / "extracts", tmp_path / "extracts")
    return tmp_path


@pytest.fixture
def moved(clean, tmp_path_factory) -> Path:
    """A copy of the finished run, as deep in the tree: the project is named from the study's folder."""
    folder = tmp_path_factory.mktemp("moved")
    shutil.copytree(clean, folder, dirs_exist_ok=True)
    return folder


def started(project: Path, folder: Path, said: IO | int = subprocess.DEVNULL) -> subprocess.Popen:
    """A run in a process group of its own."""
    profile = ["--cores", "2", "--workflow-profile", str(project / "workflow" / "profiles" / "default")]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile"), "--directory", str(folder)]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(project / "workflow" / "plugins")}
    return subprocess.Popen(
        [*command, *profile], cwd=project, env=environment, start_new_session=True,
        stdout=said, stderr=said,
    )  # fmt: skip


def published(run: Path) -> dict[str, str]:
    """Path -> checksum of every file of a run that may leave its house, but for the record, which tells the time."""
    found = {path.relative_to(run): path for path in run.rglob("*") if path.is_file() and path.suffix != ASIDE}
    kept = {name: path for name, path in found.items() if name.parts[0] not in ("restricted", LOGS, RECORD)}
    return {str(name): hashlib.sha256(path.read_bytes()).hexdigest() for name, path in kept.items()}


def differing(one: Path, other: Path) -> list[str]:
    """Names of the published files that differ between two runs, or are in one of them alone."""
    ours, theirs = published(one), published(other)
    assert "report.pdf" in ours and len(ours) > 50
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def test_killed_at_random_moments_a_run_ends_as_an_undisturbed_one(clean, study):
    """Kill -9 of the whole run, the last time while it typesets; half way Snakemake's own notes are lost as well."""
    moments = random.Random(20120501)
    for kill in range(KILLS):
        run = started(PROJECT, study)
        if kill == KILLS - 1:
            wait_for(run, "report_pdf")
        time.sleep(moments.uniform(1, 4))
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        if kill == KILLS // 2:
            shutil.rmtree(study / ".snakemake", ignore_errors=True)
        for path in (study / RUN).glob("*.pdf"):
            assert path.read_bytes() == (clean / RUN / path.name).read_bytes()
    done = snakemake(PROJECT, study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert differing(study / RUN, clean / RUN) == []


def test_one_killed_job_fails_the_run_and_the_next_one_gives_the_bytes_of_a_clean_one(default_study, tmp_path, config):
    """The default study, and all that it publishes but the PDF: what two clean runs give is the same too."""
    folder = copy_project(tmp_path)
    with open(tmp_path / "said", "w", encoding="utf-8") as said:
        run = started(folder, folder, said)
    job = None
    for _ in range(600):
        found = subprocess.run(["pgrep", "-g", str(run.pid), "-f", "scripts/tmp"], capture_output=True, text=True)
        if found.stdout.split():
            job = int(found.stdout.split()[-1])
            break
        time.sleep(0.05)
    assert job, "no job was seen at work"
    os.kill(job, signal.SIGKILL)
    assert run.wait() != 0
    killed = r"^\w+: killed by SIGKILL \(the system does so where memory runs out\)$"
    assert re.search(killed, (tmp_path / "said").read_text(encoding="utf-8"), re.M)
    last = ("report_pdf", "run_record")
    targets = [form.file for form in forms_of(config) if form.rule not in last and "*" not in form.file]
    done = snakemake(folder, folder, "--", *(f"{DEFAULT}/{name}" for name in targets))
    assert done.returncode == 0, done.stdout + done.stderr
    made, clean = published(folder / DEFAULT), published(default_study / DEFAULT)
    assert made.keys() >= {*targets, "figures/E.1.svg", "reproduction.csv", "report.html"}
    assert made == {name: digest for name, digest in clean.items() if name in made}


STOPS = {  # who gets the signal -> the signals: the run alone, the make that called it alone, both and their jobs
    "run": [signal.SIGHUP],
    "make": [signal.SIGTERM, signal.SIGHUP],
    "all": [signal.SIGINT],
}


@pytest.mark.parametrize("whom", STOPS)
def test_a_run_told_to_stop_ends_its_jobs_and_leaves_the_last_one_as_it_was(clean, moved, tmp_path, whom):
    """In the middle of a run with another setting; when that is taken back, there is nothing to do."""
    config = moved / "config.yaml"
    text = config.read_text(encoding="utf-8")
    for number in STOPS[whom]:
        config.write_text(text.replace("effective_days: 83", "effective_days: 90"), encoding="utf-8")
        with open(tmp_path / "said", "w", encoding="utf-8") as said:
            run = made(moved, said) if whom != "run" else started(PROJECT, moved, said)
        seen_at_work(run, tmp_path / "said")
        (os.killpg if whom == "all" else os.kill)(run.pid, number)
        assert run.wait(timeout=30) != 0
        assert not subprocess.run(["pgrep", "-s", str(run.pid)], capture_output=True, text=True).stdout
        words = (tmp_path / "said").read_text(encoding="utf-8")
        stopped = f"Stopped by {number.name}, and the jobs at work with it; the last finished run is as it was."
        assert stopped in words and "Traceback" not in words, words
        assert differing(moved / RUN, clean / RUN) == []
    config.write_text(text, encoding="utf-8")
    assert "Nothing to be done" in snakemake(PROJECT, moved, "--dry-run").stderr


def test_keys_that_stop_a_run_in_its_first_seconds_print_no_stack_trace(clean, moved, tmp_path):
    """Before it hears signals itself: while libraries are loaded and the workflow is read. Nothing has changed."""
    config = moved / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("effective_days: 83", "effective_days: 90"), encoding="utf-8")
    for moment in (0.1, 0.4, 0.8, 1.6, 3.2):
        with open(tmp_path / "said", "w", encoding="utf-8") as said:
            run = made(moved, said)
        time.sleep(moment)
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(timeout=30) != 0
        assert "Traceback" not in (words := (tmp_path / "said").read_text(encoding="utf-8")), words
        assert differing(moved / RUN, clean / RUN) == []


def made(folder: Path, said: IO) -> subprocess.Popen:
    """`make report` in a process group of its own."""
    command = ["make", "--silent", "--assume-old=.venv/ready", "report", f"STUDY={folder}"]
    return subprocess.Popen(command, cwd=PROJECT, start_new_session=True, stdout=said, stderr=said)


def seen_at_work(run: subprocess.Popen, said: Path) -> None:
    """Wait until a run has done one job and is at the next."""
    for _ in range(1200):
        if re.search(r"^ *1/\d+ ", said.read_text(encoding="utf-8"), re.M):
            return
        assert run.poll() is None, said.read_text(encoding="utf-8")
        time.sleep(0.05)
    raise AssertionError("no job was done in a minute")


def wait_for(run: subprocess.Popen, rule: str) -> None:
    """Wait until a run's job of a rule is at work."""
    for _ in range(1200):
        if subprocess.run(["pgrep", "-s", str(run.pid), "-x", rule], capture_output=True).stdout:
            return
        assert run.poll() is None, f"the run ended before {rule}"
        time.sleep(0.05)
    raise AssertionError(f"no job of {rule} was seen in a minute")


@pytest.mark.parametrize("run", ["other-2012-15", "another-name"])
def test_two_runs_at_once(study, run):
    text = (study / "config.yaml").read_text(encoding="utf-8").replace("other-2012-15", run)
    (study / "config.yaml").write_text(text, encoding="utf-8")
    held = lock(study / "results", "other-2012-15")
    done = snakemake(PROJECT, study)
    held.close()
    assert done.returncode != 0
    assert f"results: in use by run other-2012-15 (process {os.getpid()}); allowed: one run at a time" in done.stderr
    assert not list((study / "results").glob("*/ledger.csv"))


@pytest.mark.parametrize("way", ["-r", "-a"])
def test_a_copy_of_a_finished_study_elsewhere_reruns_nothing(clean, tmp_path, way):
    """Another depth of folders, and with -r dates of now."""
    copy = tmp_path / "deep" / "er" / "copy"
    copy.parent.mkdir(parents=True)
    subprocess.run(["cp", way, str(clean), str(copy)], check=True)
    assert "Nothing to be done" in snakemake(PROJECT, copy, "--dry-run").stderr


def test_make_says_at_once_that_nothing_is_to_be_done(moved, tmp_path):
    def made_again() -> str:
        with open(tmp_path / "said", "w", encoding="utf-8") as said:
            assert made(moved, said).wait() == 0
        return (tmp_path / "said").read_text(encoding="utf-8")

    assert "Nothing to be done" in made_again()  # by Snakemake, which has not looked at this copy before
    (moved / ".snakemake" / "log").rename(moved / "log")
    assert "Nothing to be done" in made_again() and not (moved / ".snakemake" / "log").exists()
    (moved / "config.yaml").touch()
    assert "Nothing to be done" in made_again() and (moved / ".snakemake" / "log").exists()


def test_as_in_a_container_the_bytes_are_the_same(clean, study):
    """A user id without an account, a name and a home; code that nobody can write; no network.

    It may read what root may, for the sake of where Python and this test's folder lie.
    """
    missing = ["root rights"] * (os.geteuid() != 0)
    missing += [f"the program {name}" for name in ("setpriv", "unshare") if not shutil.which(name)]
    if missing:
        pytest.skip(f"root shuts a run in with setpriv and unshare; missing: {' and '.join(missing)}")
    subprocess.run(["chown", "-R", "54321:54321", str(study)], check=True)
    reading = "--inh-caps=+dac_read_search --ambient-caps=+dac_read_search"
    shut_in = f"""
        mount --bind {PROJECT} {PROJECT} && mount -o remount,bind,ro {PROJECT} && ! touch {PROJECT}/Makefile &&
        exec setpriv --reuid=54321 --regid=54321 --clear-groups {reading} \\
            make --silent --assume-old=.venv/ready report verify STUDY={study}"""
    command = ["unshare", "--net", "--mount", "sh", "-c", shut_in]
    # How a machine computes is no matter of the container's.
    kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("OPENBLAS_")}
    done = subprocess.run(command, cwd=PROJECT, env=kept, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
    assert re.search(r"^\d{3} files verified", done.stdout, re.M)
    assert differing(clean / RUN, study / RUN) == []


@pytest.mark.parametrize("shift", [-DAY, DAY])
def test_a_clock_a_day_off_reruns_nothing(clean, moved, shift):
    for path in [*moved.rglob("*")]:
        if path.is_file() and path.name != ".lock":
            stat = path.stat()
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + shift * 10**9))
    done = snakemake(PROJECT, moved, "--dry-run")
    assert "would run" not in done.stdout + done.stderr


def test_extracts_of_tomorrow_rerun_nothing_and_others_of_yesterday_do(moved):
    folder = moved
    extract = folder / "extracts" / "fieldwork.csv"
    os.utime(extract, (time.time() + DAY, time.time() + DAY))
    done = snakemake(PROJECT, folder, "--dry-run")
    assert "would run" not in done.stdout + done.stderr
    extract.write_text(extract.read_text().replace(",1\n", ",2\n"), encoding="utf-8")
    os.utime(extract, (time.time() - DAY, time.time() - DAY))
    done = snakemake(PROJECT, folder, "--dry-run")
    assert "would run validate fieldwork" in done.stdout + done.stderr


def test_an_altered_output_is_set_aside_and_made_anew(clean, moved):
    folder = moved
    workbook = folder / RUN / "report.xlsx"
    workbook.write_text("mine\n", encoding="utf-8")
    verify = [sys.executable, str(PROJECT / "workflow" / "tools" / "verify.py"), "--study", str(folder), "--set-aside"]
    said = subprocess.run(verify, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"{RUN}/report.xlsx: altered since it was made; it is now report.xlsx.altered")
    done = snakemake(PROJECT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert differing(folder / RUN, clean / RUN) == []
    assert (folder / RUN / "report.xlsx.altered").read_text(encoding="utf-8") == "mine\n"


LATE = "altered since the record was written"
PLANNED = "changed since the run was planned"
MEDDLING = {  # when, beside the job that makes the record
    "an output between its job and the record": ("before", f"{RUN}/cells.csv", "written again at ", "report_html"),
    "a typed copy between its check and the record": (
        *("before", f"{RUN}/restricted/validated/fieldwork.parquet"),
        *("written again at ", "validate fieldwork"),
    ),
    "an output after the record": ("after", f"{RUN}/ledger.csv", LATE, "release"),
    "an extract after it was read": ("before", "extracts/fieldwork.csv", LATE, "validate fieldwork"),
    "the config after the last job": ("after", "config.yaml", PLANNED, "run_record"),
    "the config while a job is to come": ("before", "config.yaml", PLANNED, "run_record"),
}
MEDDLER = """
import os, runpy
def meddle(path={path!r}):
    before = os.stat(path)
    with open(path, "ab") as file:
        file.write(b"# altered\\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
def run_path(script, of_python=runpy.run_path, **options):  # by which a job's script is run (run/forks.py)
    here = script.endswith(".run_record.py")
    if here and {moment!r} == "before":
        meddle()
    try:
        return of_python(script, **options)
    finally:
        if here and {moment!r} == "after":
            meddle()
runpy.run_path = run_path
"""


@pytest.mark.parametrize("case", MEDDLING)
def test_what_is_altered_while_a_run_goes_on_ends_it_with_its_name(moved, tmp_path, case):
    """Before or after the last job a file of another one is altered, and dated back; the next run makes it right."""
    moment, path, said, rerun = MEDDLING[case]
    (tmp_path / "sitecustomize.py").write_text(MEDDLER.format(path=path, moment=moment), encoding="utf-8")
    (moved / RUN / "ro-crate-metadata.json").unlink()
    done = snakemake(PROJECT, moved, also=tmp_path)
    assert done.returncode != 0
    assert [
        line
        for line in done.stderr.splitlines()
        if line.startswith((f"{path}: {said}", f"run_record: error: {path}: {said}"))
    ], done.stderr
    assert "Made run" not in done.stderr and "Traceback" not in done.stderr
    if path.startswith("results/"):
        assert not (moved / path).exists() and Path(f"{moved / path}.altered").exists()
    assert f"would run {rerun}:" in snakemake(PROJECT, moved, "--dry-run").stderr


def test_a_run_ends_with_the_number_of_files_verified(moved):
    (moved / RUN / "ro-crate-metadata.json").unlink()
    assert re.search(r"checksums +\d{3} files verified", snakemake(PROJECT, moved).stderr)
    some = snakemake(PROJECT, moved, "--forcerun", "release", "--", f"{RUN}/ledger.csv")
    assert some.returncode == 0 and "files verified" not in some.stderr, "the record is not of this run"


def closed_to_others(study: Path) -> None:
    """Assert that nobody but its owner may enter a study's confidential folders, or read a file of theirs."""
    inside = [path for folder in folders(study) for path in [folder, *folder.rglob("*")]]
    assert len(inside) > 100
    assert [str(path) for path in inside if path.stat().st_mode & OTHERS] == []


def test_a_run_s_confidential_folders_are_its_owner_s_alone(clean):
    closed_to_others(clean)
    assert (clean / RUN / "report.pdf").stat().st_mode & OTHERS, "what is published was closed as well"


def test_what_an_earlier_run_left_open_is_closed_whatever_the_umask(moved):
    for path in [path for folder in folders(moved) for path in [folder, *folder.rglob("*")]]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    (moved / RUN / "ro-crate-metadata.json").unlink()
    before = os.umask(0o000)
    try:
        done = snakemake(PROJECT, moved)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stdout + done.stderr
    closed_to_others(moved)
    assert (moved / RUN / "ro-crate-metadata.json").stat().st_mode & 0o777 == 0o666


def test_the_frozen_copy_is_what_was_planned_with(tmp_path):
    path = tmp_path / "journeys.csv"
    path.write_bytes(b"client\n1\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (copy,) = frozen([str(path)], [digest], tmp_path / "frozen")
    assert Path(copy).read_bytes() == path.read_bytes()
    assert Path(copy).stat().st_mode & 0o777 == 0o400
    path.write_bytes(b"client\n2\n")
    with pytest.raises(ExtractChanged, match=r"journeys\.csv: changed since the run was planned"):
        frozen([str(path)], [digest], tmp_path / "frozen")
    assert Path(copy).read_bytes() == b"client\n1\n"
    assert [found.name for found in (tmp_path / "frozen").iterdir()] == ["1-journeys.csv"]


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "journeys.csv"
    path.write_bytes(b"x" * 100)

    class Growing:
        """A sum in whose making another program adds to the file."""

        def update(self, block: bytes) -> None:
            path.write_bytes(path.read_bytes() + b"y")

        def hexdigest(self) -> str:
            return ""

    monkeypatch.setattr("dscp.extracts.frozen.hashlib.sha256", Growing)
    monkeypatch.setattr("dscp.extracts.frozen.BLOCK", 1000)
    with pytest.raises(ExtractChanged):
        frozen([str(path)], [""], tmp_path / "frozen")
    assert list((tmp_path / "frozen").iterdir()) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own for the results; needs root."""
    missing = ["root rights"] * (os.geteuid() != 0) + ["the program mount"] * (not shutil.which("mount"))
    if missing:
        pytest.skip(f"a small disk is a tmpfs of its own; missing: {' and '.join(missing)}")
    folder = tmp_path / "results"
    folder.mkdir()

    def mounted(options: str) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"a small disk is a tmpfs of its own; missing: leave to mount it ({done.stderr.strip()})")
        return folder

    yield mounted
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def test_a_full_disk(study, small_disk):
    folder = small_disk("size=600k")
    done = snakemake(PROJECT, study)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert not (folder / "other-2012-15" / "report.pdf").exists()


def test_a_disk_that_fills_up_keeps_the_last_finished_run(clean, study, small_disk):
    """It has room to keep the notes on that run, and for some jobs of the next one."""
    taken = sum(path.lstat().st_blocks for path in (clean / "results").rglob("*")) // 2
    folder = small_disk(f"size={taken + 1000}k")
    shutil.copytree(clean / "results", folder, dirs_exist_ok=True)
    shutil.copytree(clean / ".snakemake", study / ".snakemake")
    config = study / "config.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("effective_days: 83", "effective_days: 90"), encoding="utf-8")
    done = snakemake(PROJECT, study)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in said
    assert "No space left on device" in said
    assert differing(study / RUN, clean / RUN) == []
    config.write_text(text, encoding="utf-8")
    assert "Nothing to be done" in snakemake(PROJECT, study, "--dry-run").stderr


def test_a_results_folder_that_cannot_be_written(study, small_disk):
    small_disk("ro")
    done = snakemake(PROJECT, study)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Read-only file system" in said
    assert "Traceback" not in said
