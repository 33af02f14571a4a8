"""The way of a new user, docs/first-study.md, command by command: from three messy workbooks to a report."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from running import PROJECT

TEXT = (PROJECT / "docs" / "first-study.md").read_text(encoding="utf-8")


def run(command: str, folder: Path) -> str:
    """Give a command of the document in the project's folder; the user's own folders lie in another place."""
    made = command.replace("../", f"{folder}/").replace("make ", "make --assume-old=.venv/ready ")
    done = subprocess.run(made, shell=True, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_the_commands_of_the_document_lead_to_a_report(tmp_path):
    commands = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S) for line in block.splitlines()]
    assert [command.split()[1] for command in commands if command.startswith("make ")] == [
        "init", "check", "report",
    ]  # fmt: skip
    for command in commands:
        said = run(command, tmp_path)
        if command.startswith("make init"):
            config = tmp_path / "first-study" / "config.yaml"
            sites = re.search(r"```yaml sites\n(.*?)```", TEXT, re.S)[1]
            text = config.read_text(encoding="utf-8")
            config.write_text(re.sub(r"^sites:.*?\n(?=\n)", sites, text, flags=re.S | re.M), encoding="utf-8")
        if command.startswith("make check"):
            assert "Nothing here stops a run" in said
    made = tmp_path / "first-study" / "results" / "first-study"
    assert (made / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert "days written as DD Mon YYYY" in (made / "report.html").read_text(encoding="utf-8")
    assert "files verified" in run("make verify STUDY=../first-study", tmp_path)  # the page of make check belongs to it
    traced = run(re.search(r"`(make trace [^`]*)`", TEXT)[1], tmp_path)
    assert "by the config: client, under the header Pseudonym" in " ".join(traced.split())
