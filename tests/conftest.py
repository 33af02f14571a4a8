"""Runs of the workflow that the end-to-end tests share."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as Snakemake sets it for jobs; many threads on few cores are slow

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
RUN = "results/dscp-2009-11"


def snakemake(project: Path, folder: Path, *arguments: str, also: Path | None = None) -> subprocess.CompletedProcess:
    """Run a project's workflow as `make report` does, on the study in a folder; `also` is on Python's path."""
    path = [str(project / "workflow" / "plugins"), *([str(also)] if also else [])]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile"), "--directory", str(folder)]
    profile = ["--cores", "all", "--workflow-profile", str(project / "workflow" / "profiles" / "default")]
    return subprocess.run(
        [*command, *profile, *arguments],
        cwd=project,
        env={**os.environ, "NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def copy_project(target: Path) -> Path:
    """Copy what the workflow consists of."""
    for name in ("Snakefile", "config.yaml", "workflow", "templates"):
        source = PROJECT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, target / name)
    return target


@pytest.fixture(scope="session")
def config() -> dict:
    """The default config, dates as ISO text."""
    from _config import plain

    return plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def default_study(tmp_path_factory) -> Path:
    """A copy of the project in which the default study has been run from nothing."""
    folder = copy_project(tmp_path_factory.mktemp("study"))
    done = snakemake(folder, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def default_run(default_study) -> Path:
    """Its results folder."""
    return default_study / RUN
