"""Runs of the workflow, as `make report` makes them; tests of a folder that does without runs do not import this."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
RUN = "results/dscp-2009-11"
# Rules of other studies alone.
ELSEWHERE = {"output_check", "published_models", "joined", "reference_submissions", "partnership", "in_detail"}
ELSEWHERE |= {"review_journeys", "review", "treatment_outcomes", "published", "against_others", "own_values"}


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


def parsed(project: Path, expression: str) -> Any:
    """What an expression is once a project's workflow has been read, as JSON has it; nothing is run.

    The project is a copy that belongs to the test: its Snakefile gets a line that tells.
    """
    told = project / "told.json"
    with open(project / "Snakefile", "a", encoding="utf-8") as stream:
        stream.write(f"\nPath({str(told)!r}).write_text(__import__('json').dumps({expression}))\n")
    done = snakemake(project, project, "--list-rules")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(told.read_text(encoding="utf-8"))


def under_a_policy(project: Path, policy: str) -> Path:
    """Give the study of a copied project a disclosure policy."""
    config = project / "config.yaml"
    text = config.read_text(encoding="utf-8")
    assert "\ndisclosure: none" in text
    config.write_text(text.replace("\ndisclosure: none", f"\ndisclosure: {policy}"), encoding="utf-8")
    return project


def finish(project: Path, folder: Path) -> None:
    """Run the study in a folder to its end."""
    done = snakemake(project, folder)
    assert done.returncode == 0, done.stdout + done.stderr
