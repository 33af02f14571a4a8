"""A finished run after it was purged: what is published is whole, and nothing else on the disk tells of clients."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from checksums import files, told
from dscp.record.purge import purge
from dscp.record.verify import verify
from dscp.run.notes import PARTS_KEPT
from running import PROJECT, snakemake

RUN = "results/other-2012-15"


@pytest.fixture(scope="module")
def study(other_study, tmp_path_factory) -> Path:
    """A copy of a finished run, as deep in the tree: the project is named from the study's folder."""
    return shutil.copytree(other_study, tmp_path_factory.mktemp("purged"), dirs_exist_ok=True)


def test_a_purged_run_keeps_what_it_published_and_nothing_that_tells_of_clients(study, other_study):
    before = {path.relative_to(study): path.read_bytes() for path in files(study)}
    confidential = [*files(other_study / RUN / "restricted"), *files(other_study / "extracts")]
    kept_before = [path for path in files(study) if "extracts" not in path.parts and "restricted" not in path.parts]
    assert told(kept_before, confidential), "the workflow manager's notes held no checksum"
    parts = [name for name in before if name.is_relative_to(PARTS_KEPT / "other-2012-15")]
    assert len(parts) > 5
    removed, _ = purge(study, "other-2012-15")
    after = {path.relative_to(study): path.read_bytes() for path in files(study)}
    assert not after.keys() & set(parts)
    marker = Path(RUN, "restricted", "purged.txt")
    assert len(removed) == len(before) - len(after) + 1 > 150
    assert after == {name: data for name, data in before.items() if name in after} | {marker: after[marker]}
    kept = ("restricted", "logs")
    published = [name for name in before if name.is_relative_to(RUN) and name.parts[2] not in kept]
    assert set(published) <= after.keys() and len(published) > 250
    left = [path for path in files(study) if "extracts" not in path.relative_to(study).parts]
    assert told(left, confidential) == set()
    found, checked = verify(study, "other-2012-15", project=study / RUN / "code")
    assert found == [] and "purged at 2" in checked


def test_a_purged_run_is_not_run_again(study):
    done = snakemake(PROJECT, study)
    assert done.returncode != 0
    assert f"{RUN}: purged at 2" in done.stderr and "Traceback" not in done.stderr
    assert (study / RUN / "report.pdf").exists()
