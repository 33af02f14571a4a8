"""Runs of the workflow, as `make report` makes them; tests of a folder that does without runs do not import this."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
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


def finish(project: Path, folder: Path) -> None:
    """Run the study in a folder to its end."""
    done = snakemake(project, folder)
    assert done.returncode == 0, done.stdout + done.stderr
