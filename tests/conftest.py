"""A run of the default study that the end-to-end tests share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[1]


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run the workflow as `make report` does, on the study in a folder."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile"), "--directory", str(folder)]
    profile = ["--workflow-profile", str(PROJECT / "workflow" / "profiles" / "default")]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [*command, *profile, *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def config() -> dict:
    """The default config, dates as ISO text."""
    from _config import plain

    return plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def default_study(tmp_path_factory) -> Path:
    """A folder in which the default study has been run from nothing."""
    folder = tmp_path_factory.mktemp("study")
    shutil.copy(PROJECT / "config.yaml", folder)
    done = snakemake(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def default_run(default_study) -> Path:
    """Its results folder."""
    return default_study / "results" / "dscp-2009-11"
