"""Deleting what came from clients of a run: all of it, nothing else, line by line; and the run is closed after it."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

import purge as command
from dscp.record.crate import CRATE
from dscp.record.purge import purge, refuse_purged
from dscp.record.verify import PURGED, verify
from dscp.run.lock import lock
from recorded import JOB, OUTSIDE, make, write

PROJECT = Path(__file__).parents[2]
STAY = [*OUTSIDE, *(name for name in JOB["outputs"] if "restricted" not in name), f"results/r/{CRATE}"]


def note(study: Path, output: str, folder: str = "metadata") -> str:
    """A note of the workflow manager; of a long name as it spreads it."""
    name = base64.urlsafe_b64encode(output.encode()).decode()
    parts = [name[at : at + 200] for at in range(0, len(name), 200)]
    path = "/".join([f".snakemake/{folder}", *(f"@{part}" for part in parts[:-1]), parts[-1]])
    write(study / path, '{"input_checksums": {}}')
    return path


@pytest.fixture
def study(tmp_path) -> Path:
    """A study with two finished runs, rebuilt extracts, notes of the workflow manager, and what a killed run left."""
    run = make(tmp_path)
    for name in (
        ".before/0/report.pdf",
        ".before/notes/a",
        "a.parquet.spill/duckdb.tmp",
        "report.xlsx.altered",
        ".a.csv.part",
    ):
        write(run / "restricted" / name)
    for name in (
        "results/s/restricted/j.parquet",
        "results/reference_extracts/restricted/a.csv",
        "results/s/logs/a.log",
    ):
        write(tmp_path / name)
    write(run / "figures" / ".S 1.svg.part")
    write(run / "report.xlsx.altered")
    (run / "restricted" / "link").symlink_to(tmp_path / "extracts")
    (run / "logs" / "link.log").symlink_to(tmp_path / "config.yaml")
    return tmp_path


def files(study: Path) -> set[str]:
    return {str(path.relative_to(study)) for path in study.rglob("*") if path.is_symlink() or path.is_file()}


def test_all_that_came_from_clients_of_the_run_goes_and_nothing_else(study):
    of_the_run = [note(study, f"results/r/{name}") for name in ("ledger.csv", "restricted/" + "long" * 99)]
    of_the_run += [note(study, "results/r/restricted/j.parquet", "incomplete"), ".snakemake/log/a.log"]
    write(study / ".snakemake/log/a.log")
    others = [note(study, name) for name in ("results/s/ledger.csv", "results/reference_extracts/restricted/a.csv")]
    before = files(study)
    gone = {name for name in before if name.startswith(("results/r/restricted/", "results/r/logs/"))}
    gone |= {*of_the_run, "results/r/figures/.S 1.svg.part"}
    removed, kept = purge(study, "r")
    assert files(study) == before - gone | {f"results/r/{PURGED}"}
    assert {*STAY, *others, "results/s/restricted/j.parquet", "results/r/report.xlsx.altered"} <= files(study)
    assert [path.name for path in (study / "results/r/restricted").iterdir()] == ["purged.txt"]
    assert {line.removeprefix("removed ").rsplit(" (", 1)[0] for line in removed} == gone
    said = [line.removeprefix("kept    ").split(": ")[0] for line in kept]
    assert said == [
        *(f"results/r/{name}" for name in ("ledger.csv", "report.pdf", "report.xlsx.altered", CRATE)),
        *("results/r/figures/S 1.svg", f"results/r/{PURGED}", "results/r/code/", "results/r/work/"),
        *("extracts/journeys.csv", "results/reference_extracts/", "releases/", "results/s/restricted/"),
    ]
    assert all(line.isprintable() for line in [*removed, *kept])


def test_verify_says_that_the_run_was_purged_and_not_that_anything_is_missing(study):
    (study / "results/r/report.xlsx.altered").unlink()
    purge(study, "r")
    when = (study / "results/r" / PURGED).read_text().strip()
    found, checked = verify(study, "r", project=study / "results/r/code")
    assert found == []
    assert checked == (
        f"6 files verified (1 confidential ones: purged at {when}; "
        "1 confidential or intermediate ones cannot be checked here)"
    )
    write(study / "results/r/report.pdf", "altered")
    assert len(verify(study, "r", project=study / "results/r/code")[0]) == 1


def test_a_purged_run_does_not_begin_again(study):
    refuse_purged(study, "r")
    purge(study, "r")
    with pytest.raises(SystemExit, match=r"^results/r: purged at 2\S+, found a run that begins, allowed: [^\n]+$"):
        refuse_purged(study, "r")
    refuse_purged(study, "s")


def test_a_run_that_is_purged_twice_or_whose_record_is_none_is_purged(study):
    write(study / "results/r" / CRATE, "[")
    removed, _ = purge(study, "r")
    assert len(removed) > 5
    removed, _ = purge(study, "r")
    assert removed == [f"removed results/r/{PURGED} (26 bytes)"]


@pytest.mark.parametrize("run", ["", "..", "../r", "/", "x", "r/../s", "R", "r\n", "s.."])
def test_a_name_that_is_no_run_s_removes_nothing(study, run):
    before = files(study)
    with pytest.raises(SystemExit) as stop:
        command.main(["--study", str(study), "--run", run])
    assert str(stop.value).isprintable() and str(stop.value).startswith("error: ")
    assert files(study) == before


def test_a_run_s_folder_that_is_a_link_is_not_followed(study):
    (study / "results/t").symlink_to(study / "results/r")
    before = files(study)
    with pytest.raises(SystemExit, match="found no folder of a run"):
        purge(study, "t")
    assert files(study) == before


def test_a_run_at_work_is_not_purged(study):
    before = files(study) | {"results/.lock"}
    held = lock(study / "results", "r")
    tool = [sys.executable, str(PROJECT / "workflow/tools/purge.py"), "--study", str(study), "--run", "r"]
    done = subprocess.run(tool, capture_output=True, text=True, check=False, env={**os.environ})
    held.close()
    assert done.returncode == 1 and "in use by run r" in done.stderr and "Traceback" not in done.stderr
    assert files(study) == before


def test_the_command_says_every_file(study, capsys):
    number = len(files(study))
    assert command.main(["--study", str(study), "--run", "r"]) == 0
    out = capsys.readouterr().out.splitlines()
    removed = [line for line in out if line.startswith("removed ")]
    assert out[-1].startswith(f"r: {len(removed)} files removed.")
    assert len(files(study)) == number - len(removed) + 2  # when it was purged, and the lock
