"""Runs of the workflow that the end-to-end tests share."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as Snakemake sets it for jobs; many threads on few cores are slow

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from other_study import write_study

PROJECT = Path(__file__).parents[1]
os.environ["PYTHONPATH"] = str(PROJECT / "workflow" / "scripts")  # as the Makefile sets it for the tools
RUN = "results/dscp-2009-11"


# What takes longest goes first, so that the workers end at about the same time.
FIRST = [
    "test_survival",
    "test_default_run",
    "test_canaries",
    "test_hostile_runs",
    "test_hostile_texts",
    "test_disclosure",
    "test_untrusted_numbers",
    "test_panel",
    "test_page_access",
    "test_new_study",
    "test_derivations",
    "test_hostile_files",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules in the order of FIRST, then the others."""
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))


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
    from dscp.config.checked import plain

    return plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def default_study(tmp_path_factory) -> Path:
    """A copy of the project in which the default study has been run from nothing."""

    def make(folder: Path) -> None:
        finish(copy_project(folder), folder)

    return made_once(tmp_path_factory, "study", make)


@pytest.fixture(scope="session")
def other_study(tmp_path_factory, config) -> Path:
    """The study of other_study.py, run by the project from nothing."""

    def make(folder: Path) -> None:
        write_study(folder, config)
        finish(PROJECT, folder)

    return made_once(tmp_path_factory, "other", make)


def finish(project: Path, folder: Path) -> None:
    """Run the study in a folder to its end."""
    done = snakemake(project, folder)
    assert done.returncode == 0, done.stdout + done.stderr


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that is made once for all workers; each has a copy of its own, as deep in the tree."""
    if not os.environ.get("PYTEST_XDIST_WORKER"):
        folder = factory.mktemp(name)
        make(folder)
        return folder
    shared = factory.getbasetemp().parent / "shared" / name
    shared.parent.mkdir(exist_ok=True)
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            part = shared.with_suffix(".part")
            part.mkdir()
            make(part)
            part.rename(shared)
    return shutil.copytree(shared, factory.mktemp(name), symlinks=True, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def default_run(default_study) -> Path:
    """Its results folder."""
    return default_study / RUN
