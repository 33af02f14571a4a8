"""The set-up: one at a time, of the place where it lies, whole or made anew. An empty lock file stands for ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from running import PROJECT

READY = ".venv/ready"
SAID = "Setting up the Python packages in {}/.venv"


@pytest.fixture
def project(tmp_path) -> Path:
    """What the set-up consists of, in a folder of a name with a blank."""
    folder = tmp_path / "a project"
    folder.mkdir()
    for name in ("Makefile", "setup.sh"):
        shutil.copy(PROJECT / name, folder)
    (folder / "requirements.lock").touch()
    return folder


def setting_up(project: Path) -> subprocess.Popen:
    return subprocess.Popen(
        ["make", "--silent", READY], cwd=project, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def said(*makes: subprocess.Popen) -> str:
    """What they said together; each has ended well."""
    words = "".join(make.communicate(timeout=300)[0] for make in makes)
    assert [make.returncode for make in makes] == [0] * len(makes), words
    return words


def test_a_set_up_is_made_once_and_anew_where_it_was_moved_or_left_half_way(project):
    half = project / ".venv" / "bin" / "pip"
    half.parent.mkdir(parents=True)
    half.write_text("half\n", encoding="utf-8")
    assert said(setting_up(project), setting_up(project)).count(SAID.format(project)) == 1
    assert pip(project).startswith("pip ")
    assert said(setting_up(project)) == ""
    moved = project.rename(project.with_name("moved"))
    assert said(setting_up(moved)).count(SAID.format(moved)) == 1
    assert f"{moved}/.venv/" in pip(moved)
    assert said(setting_up(moved)) == ""
    (moved / "requirements.lock").touch()
    assert said(setting_up(moved)).count(SAID.format(moved)) == 1
    shutil.rmtree(moved / ".venv" / "bin")  # as good as a Python that is no longer there
    assert said(setting_up(moved)).count(SAID.format(moved)) == 1
    assert f"{moved}/.venv/" in pip(moved)


def pip(project: Path) -> str:
    """What the environment's own command says of itself."""
    command = [project / ".venv" / "bin" / "pip", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
