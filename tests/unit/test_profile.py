"""A profile chooses where jobs work; what a run's results and record rest on it cannot change."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

import site_profile as site
from dscp.run.asked import LARGE, asked, local_ones

PROJECT = Path(__file__).parents[2]
DEFAULT = PROJECT / "workflow" / "profiles" / "default" / "config.yaml"
SLURM = {"executor": "local", "jobs": 2, "default-resources": {"slurm_partition": "main", "runtime": 10}, "retries": 1}


def profile(folder: Path, said: object) -> str:
    (folder / "config.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return str(folder)


def test_a_site_s_own_folder_is_taken_and_so_is_the_default_by_its_name(tmp_path, capsys):
    assert site.main([profile(tmp_path, {**yaml.safe_load(DEFAULT.read_text("utf-8")), **SLURM})]) == 0
    assert site.main(["default"]) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path), str(DEFAULT.parent)]


REFUSED = {
    "logger: found rich, allowed: report": {"logger": "rich"},
    "nolock: found false, allowed: true": {"nolock": False},
    "keep-going: found false, allowed: true": {"keep_going": False},
    "rerun-triggers: found mtime, allowed: mtime params input software-env": {"rerun-triggers": ["mtime"]},
    "logger: found rich, allowed: report (and 2 more)": {"logger": "rich", "nolock": False, "no-hooks": True},
    "no-hooks: found true, allowed: none": {"no-hooks": True},
    "executor: found cloud, allowed: one that is installed (slurm: make executor)": {"executor": "cloud"},
}


@pytest.mark.parametrize("line", REFUSED)
def test_one_that_changes_what_is_the_same_under_all_is_refused_in_one_line(tmp_path, line):
    with pytest.raises(SystemExit) as said:
        site.main([profile(tmp_path, {**SLURM, **REFUSED[line]})])
    assert str(said.value) == f"PROFILE: {tmp_path}/config.yaml: {line}"


@pytest.mark.parametrize("name", ["nowhere", "/no/such/folder", "./workflow/profiles/default", "tests/unit"])
def test_what_is_no_profile_is_refused(name, monkeypatch):
    monkeypatch.chdir(PROJECT)
    with pytest.raises(SystemExit, match=rf"^PROFILE: {name}: .*allowed: "):
        site.main([name])


def test_make_refuses_it_before_anything_is_done(tmp_path):
    given = profile(tmp_path, {**SLURM, "nolock": False})
    command = ["make", "--silent", "--assume-old=.venv/ready", "plan", f"PROFILE={given}", f"STUDY={tmp_path}"]
    done = subprocess.run(command, cwd=PROJECT, env={**os.environ}, capture_output=True, text=True)
    assert done.returncode and "nolock: found false, allowed: true" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml"]


def test_make_says_on_its_command_line_all_that_the_default_profile_says():
    text = (PROJECT / "Makefile").read_text(encoding="utf-8").replace("\\\n\t", "")
    line = next(line for line in text.splitlines() if line.startswith("FIXED := ")).removeprefix("FIXED := ")
    fixed = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    words = [f"--{name}" + ("" if value is True else f" {site._shown(value)}") for name, value in fixed.items()]
    assert sorted(f"--{part.strip()}" for part in line.split("--")[1:]) == sorted(words)


def test_memory_and_time_follow_the_size_of_the_inputs_and_double_at_a_second_attempt(tmp_path):
    """10 million journeys are 740 MB as given and 177 MB typed."""
    given, typed = tmp_path / "journeys.csv", tmp_path / "journeys.parquet"
    for path, size in ((given, 740_000_000), (typed, 177_000_000)):
        with open(path, "wb") as file:
            file.truncate(size)
    paths = {
        "validate": [str(given)],
        "outcomes": [str(typed)],
        "report_pdf": [str(tmp_path / "none yet")],
        "impact": [],
    }
    memory = {rule: asked(rule)["mem_mb"](None, found, 1) for rule, found in paths.items()}
    assert 2900 <= memory["validate"] <= 3100 and 2900 <= memory["outcomes"] <= 3100
    assert memory["report_pdf"] == 1500 and memory["impact"] == 1000
    assert asked("outcomes")["mem_mb"](None, paths["outcomes"], 2) == 2 * memory["outcomes"]
    assert [asked("validate")["runtime"](None, paths["validate"], attempt) for attempt in (1, 2)] == [25, 50]
    assert asked("impact")["runtime"](None, [], 1) == 10


RULES = {
    "validate": [],
    "outcomes": ["results/r/restricted/validated/journeys.parquet"],
    "over_time": ["results/r/restricted/validated/journeys.parquet"],
    "ledger": ["results/r/restricted/ledger/outcomes.csv"],
    "report_pdf": ["results/r/work/print.html"],
}


def test_short_jobs_stay_and_what_reads_many_rows_is_sent(tmp_path):
    extract = tmp_path / "journeys.csv"
    for size, stay in ((LARGE - 1, {"validate", "over_time", "ledger"}), (LARGE, {"ledger"})):
        with open(extract, "wb") as file:
            file.truncate(size)
        assert set(local_ones(RULES, [str(extract)], "short")) == stay
    assert local_ones(RULES, [str(extract)], "none") == []
    with pytest.raises(SystemExit, match=r"^local_rules: found all, allowed: short, none$"):
        local_ones(RULES, [], "all")
