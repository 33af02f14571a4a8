"""What tells of clients is its owner's alone, whatever the umask is, and what is published is as the umask says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dscp.extracts.frozen import frozen
from dscp.extracts.typed import connect
from dscp.run.closed import OTHERS, close, folders
from dscp.run.job import writing
from dscp.run.last_good import keep, places


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def open_to_others(folder: Path) -> list[str]:
    """Files and folders, the folder itself among them, on which others than their owner have any right."""
    return sorted(str(path) for path in [folder, *folder.rglob("*")] if mode(path) & OTHERS)


@pytest.fixture
def run(tmp_path) -> Path:
    """A run's folder with the folders that the workflow manager makes, in the widest way."""
    with umask(0o000):
        for name in ("restricted/ledger", "logs", "figures"):
            (tmp_path / "results" / "r" / name).mkdir(parents=True)
    return tmp_path / "results" / "r"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_job_s_confidential_outputs_are_its_owner_s_and_others_as_the_umask_says(run, mask):
    given = run.parent.parent / "a.csv"
    given.write_text("client\n1\n")
    (run / "logs" / "job.log").touch(mode=0o666)
    (run / "logs" / "job.log").chmod(0o666)
    outputs = {
        "ledger": str(run / "restricted" / "ledger" / "job.csv"),
        "folder": str(run / "restricted" / "folder"),
        "figures": [str(run / "figures" / "1.svg")],
        "code": str(run / "code"),
        "reference": str(run.parent / "reference_extracts" / "restricted" / "a.csv"),
    }
    with umask(0o000):
        Path(outputs["reference"]).parent.mkdir(parents=True)
    with umask(mask):
        with writing(str(run / "logs" / "job.log"), outputs) as made:
            for path in (made.ledger, made.figures[0], made.reference):
                Path(path).write_text("1")
                assert not mode(Path(path)) & OTHERS, "others may read what is half written"
            for path in (made.folder, made.code):
                Path(path, "in").mkdir(parents=True)
                Path(path, "in", "file").write_text("1")
            frozen([str(given)], [""], run / "restricted" / "frozen" / "a")
        assert os.umask(mask) == mask
    for folder in (run / "restricted", run / "logs", run.parent / "reference_extracts" / "restricted"):
        assert open_to_others(folder) == []
    assert mode(run / "restricted" / "ledger") == 0o700
    assert mode(run / "restricted" / "ledger" / "job.csv") == mode(run / "restricted" / "made" / "job.json") == 0o600
    assert mode(run / "figures" / "1.svg") == mode(run / "code" / "in" / "file") == 0o666 & ~mask
    assert mode(run / "code") == mode(run / "code" / "in") == 0o777 & ~mask


def test_a_job_that_fails_leaves_nothing_to_others(run):
    with umask(0o000), pytest.raises(SystemExit), writing(str(run / "logs" / "job.log"), {"a": "a"}):
        (run / "restricted" / "half.csv").write_text("1")
        raise ValueError
    assert not mode(run / "restricted" / "half.csv") & OTHERS and not mode(run / "logs" / "job.log") & OTHERS


def test_what_a_database_spills_is_its_owner_s(run):
    spill = run / "restricted" / "a.parquet.spill"
    with umask(0o000), writing(str(run / "logs" / "job.log"), {}):
        con = connect(str(spill))
        con.execute("SET memory_limit = '60MB'; SET threads = 1")
        con.execute("CREATE TABLE t AS SELECT range AS i, md5(range::VARCHAR) AS text FROM range(2000000)")
        spilt = [path for path in spill.rglob("*") if path.is_file()]
        assert spilt, "nothing was spilt"
        assert open_to_others(spill) == []
        con.close()


@pytest.fixture
def study(tmp_path) -> Path:
    """A study whose runs have been made with every right for everybody, one of them by an earlier version."""
    with umask(0o000):
        for name in (
            *(".snakemake/metadata/a", ".snakemake/log/b", "releases/a.json", "restricted/own.csv", "logs/own.log"),
            *(f"results/{run}/{name}" for run in ("r", "s") for name in ("restricted/frozen/a.csv", "logs/a.log")),
            *("results/r/report.pdf", "results/r/ro-crate-metadata.json", "results/reference_extracts/restricted/a"),
        ):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("1")
    return tmp_path


def test_what_an_old_run_made_wider_is_closed_and_nothing_else(study):
    kept = ["results", "results/r", "results/r/report.pdf", "restricted/own.csv", "logs/own.log"]
    (study / "results" / "r" / "restricted" / "frozen" / "a.csv").chmod(0o444)
    outside = study / "outside"
    outside.write_text("1")
    outside.chmod(0o666)
    (study / "results" / "r" / "restricted" / "link").symlink_to(outside)
    for folder in folders(study):
        close(folder)
    for name in (
        ".snakemake",
        "releases",
        *(f"results/{run}/{name}" for run in "rs" for name in ("restricted", "logs")),
    ):
        assert open_to_others(study / name) in ([], [str(study / name / "link")])
    assert mode(study / "results" / "r" / "restricted" / "frozen" / "a.csv") == 0o400
    assert mode(outside) == 0o666
    assert [mode(study / name) for name in kept] == [0o777, 0o777, 0o666, 0o666, 0o666]


@pytest.mark.parametrize("name", [".before", ".before.part"])
def test_closing_a_run_whose_last_good_files_are_kept_leaves_the_published_ones_as_they_are(study, name):
    """The second name is that of what a killed run was to keep, or to forget."""
    keep(*places(study, "r"))
    kept = (study / "results" / "r" / "restricted" / ".before").rename(study / "results" / "r" / "restricted" / name)
    close(study / "results" / "r" / "restricted")
    assert mode(study / "results" / "r" / "report.pdf") == 0o666
    assert mode(kept) == mode(kept / "0") == 0o700


def test_rights_that_cannot_be_taken_are_said_in_one_line(study, monkeypatch):
    """A disk that keeps no rights, and a file of another account."""
    place = study / "results" / "r" / "restricted"
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    with pytest.raises(SystemExit, match=rf"^{place}: others may read it, allowed: a disk that keeps [^\n]*$"):
        close(place)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(SystemExit, match=rf"^{place}: others may read it \(Operation not permitted\), [^\n]*$"):
        close(place)
