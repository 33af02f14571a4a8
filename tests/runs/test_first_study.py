"""The way of a new user, docs/first-study.md, command by command: from three messy workbooks to a report."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import watch
from running import PROJECT

TEXT = (PROJECT / "docs" / "first-study.md").read_text(encoding="utf-8")


def run(command: str, folder: Path) -> str:
    """Give a command of the document in the project's folder; the user's own folders lie in another place."""
    made = command.replace("../", f"{folder}/").replace("make ", "make --assume-old=.venv/ready ")
    done = subprocess.run(made, shell=True, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    """The folder beside the project in which the commands of the document have been given."""
    folder = tmp_path_factory.mktemp("first")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S) for line in block.splitlines()]
    assert [command.split()[1] for command in commands] == ["init", "check", "report", "init"]
    for command in commands[:3]:  # the last is of another study
        said = run(command, folder)
        if command.startswith("make init"):
            config = folder / "first-study" / "config.yaml"
            sites = re.search(r"```yaml sites\n(.*?)```", TEXT, re.S)[1]
            text = config.read_text(encoding="utf-8")
            config.write_text(re.sub(r"^sites:.*?\n(?=\n)", sites, text, flags=re.S | re.M), encoding="utf-8")
        if command.startswith("make check"):
            assert "Nothing here stops a run" in said
    return folder


def test_the_commands_of_the_document_lead_to_a_report(first):
    made = first / "first-study" / "results" / "first-study"
    assert (made / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert "days written as DD Mon YYYY" in (made / "report.html").read_text(encoding="utf-8")
    assert "files verified" in run("make verify STUDY=../first-study", first)  # the page of make check belongs to it
    traced = run(re.search(r"`(make trace [^`]*)`", TEXT)[1], first)
    assert "by the config: client, under the header Pseudonym" in " ".join(traced.split())


def test_a_saved_label_shows_in_the_preview_and_a_changed_definition_is_told(first, monkeypatch):
    monkeypatch.chdir(first / "first-study")
    results, config = Path("results", "first-study"), Path("config.yaml")
    text = config.read_text(encoding="utf-8")
    saved = watch.saved()
    next(saved)
    config.write_text(text.replace('"Site 1: Northtown":', "Far North:"), encoding="utf-8")
    next(saved)
    assert "settings have changed" not in watch.preview(results)
    assert "Far North" in (results / "work" / "preview.html").read_text(encoding="utf-8")
    config.write_text(text.replace("effective_days: 83", "effective_days: 84"), encoding="utf-8")
    assert "numbers are those of the last run, and settings have changed: make report" in watch.preview(results)
    config.write_text(text, encoding="utf-8")
    assert "preview" not in run("make verify STUDY=../first-study", first)


def test_the_profile_that_is_proposed_of_the_same_files_can_be_run(tmp_path):
    (command,) = re.findall(r"^make init .* PARTNERSHIP=.*$", TEXT, re.M)
    run(command, tmp_path)
    assert "report: profile\n" in (tmp_path / "profile" / "config.yaml").read_text(encoding="utf-8")
    assert "Nothing here stops a run" in run("make check STUDY=../profile", tmp_path)
