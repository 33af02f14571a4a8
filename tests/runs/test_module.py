"""Snakemake's own ways: the workflow as a module of another one, and settings that are given beside the config."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dscp.record.verify import verify
from running import PROJECT, snakemake
from small_study import RUN, write_small_study

AROUND = """\
module evaluation:
    snakefile: "{project}/Snakefile"
    {more}


use rule * from evaluation as evaluation_*


rule all:
    default_target: True
    input:
        rules.evaluation_all.input,
"""


def around(folder: Path, more: str = "", *arguments: str) -> subprocess.CompletedProcess:
    """Run a workflow that uses the project as a module, without any settings of the project's Makefile."""
    text = AROUND.format(project=PROJECT, more=more)
    (folder / "Snakefile").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--cores", "all", *arguments]
    return subprocess.run(
        command, cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )


def test_a_workflow_that_uses_this_one_as_a_module_runs_to_the_pdf(tmp_path):
    write_small_study(tmp_path)
    done = around(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = tmp_path / "results" / RUN
    assert (run / "report.pdf").read_bytes().startswith(b"%PDF-")
    problems, checked = verify(tmp_path, RUN, PROJECT)
    assert problems == [] and "files verified" in checked
    assert (run / "restricted").stat().st_mode & 0o077 == 0
    assert "Returns of the health board, as of 4 May 2016" in (run / "report.html").read_text(encoding="utf-8")
    assert "Made run small" in done.stdout + done.stderr


@pytest.mark.parametrize("way", ["--config", "--configfile"])
def test_settings_beside_the_config_are_refused(tmp_path, way):
    write_small_study(tmp_path)
    (tmp_path / "more.yaml").write_text("disclosure: minimum_10\n", encoding="utf-8")
    given = "disclosure=minimum_10" if way == "--config" else str(tmp_path / "more.yaml")
    done = snakemake(PROJECT, tmp_path, way, given)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "found settings from elsewhere (--config, --configfile or a module's config): disclosure, allowed: " in said
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            'config: {"disclosure": "none"}',
            "found settings from elsewhere (--config, --configfile or a module's config",
        ),
        ('prefix: "elsewhere"', "found prefix or replace_prefix in the module statement, allowed: results/"),
    ],
)
def test_what_a_module_statement_may_not_say(tmp_path, more, said):
    write_small_study(tmp_path)
    done = around(tmp_path, more, "--dry-run")
    assert done.returncode != 0
    assert said in done.stdout + done.stderr


def test_the_entry_for_the_catalogue_of_workflows_names_the_profile():
    entry = yaml.safe_load((PROJECT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))
    assert entry["usage"]["mandatory-flags"]["flags"] == "--workflow-profile workflow/profiles/default"
    assert (PROJECT / "workflow" / "profiles" / "default" / "config.yaml").is_file()
