"""Where code lives: rooms that import what is below them, rule scripts that import no other."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from thorough import few

PROJECT = Path(__file__).parents[2]
SCRIPTS = PROJECT / "workflow" / "scripts"
RULES = {path.stem for path in SCRIPTS.glob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """Names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.py")), ids=lambda path: str(path.relative_to(SCRIPTS)))
def test_nothing_imports_a_rule_s_script(path):
    assert RULES.isdisjoint(imported(path))


def test_a_rule_a_script_and_a_function_share_a_name():
    """The function stands in the script, the rule in one of the .smk files."""
    declared = set()
    for smk in (PROJECT / "workflow" / "rules").glob("*.smk"):
        for block in re.split(r"^ *(?:rule|checkpoint) ", smk.read_text(encoding="utf-8"), flags=re.M)[1:]:
            name = block.split(":", 1)[0]
            assert f"../scripts/{name}.py" in block
            declared.add(name)
    assert declared == RULES
    for name in RULES:
        tree = ast.parse((SCRIPTS / f"{name}.py").read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_packages_hold_a_docstring_and_nothing_else():
    """Planning a run imports a few modules; it must not import all."""
    for path in SCRIPTS.rglob("__init__.py"):
        (only,) = ast.parse(path.read_text(encoding="utf-8")).body
        assert isinstance(only, ast.Expr), path


def test_an_import_of_what_is_above_is_found(tmp_path):
    """The contract of pyproject.toml bites: a room that imports one above it, and one beside it."""
    shutil.copytree(SCRIPTS / "dscp", tmp_path / "dscp", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    with open(tmp_path / "dscp" / "ledger" / "rows.py", "a", encoding="utf-8") as stream:
        stream.write("\nfrom dscp.disclosure import policies\n")
    with open(tmp_path / "dscp" / "pdf" / "tags.py", "a", encoding="utf-8") as stream:
        stream.write("\nfrom dscp.report import lint\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.sub(r"\x1b\[\d*m", "", done.stdout)
    assert done.returncode == 1, said + done.stderr
    assert "dscp.ledger is not allowed to import dscp.disclosure" in said
    assert "dscp.pdf is not allowed to import dscp.report" in said


@pytest.mark.thorough
def test_a_test_that_asks_for_a_finished_run_is_refused_where_tests_do_without(tmp_path):
    """Directly, or by a fixture of its own."""
    shutil.copytree(PROJECT / "tests" / "support", tmp_path / "tests" / "support")
    shutil.copy(PROJECT / "tests" / "conftest.py", tmp_path / "tests")
    asking = {
        "unit": "def test_it(default_run): pass",
        "rules": "@pytest.fixture\ndef made(other_study): pass\ndef test_it(made): pass",
        "oracle": "def test_it(default_study): pass",
        "runs": "def test_it(default_run): pass",
    }
    for folder, text in asking.items():
        (tmp_path / "tests" / folder).mkdir()
        (tmp_path / "tests" / folder / "test_a.py").write_text(f"import pytest\n{text}\n", encoding="utf-8")
    options = ["--collect-only", "-p", "no:cacheprovider", "-c", PROJECT / "pyproject.toml", "--rootdir", tmp_path]
    command = [sys.executable, "-m", "pytest", *options, tmp_path / "tests"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    said = re.findall(r"(\w+)/test_a\.py::test_it asks for (\w+)", done.stderr)
    assert said == [("oracle", "default_study"), ("rules", "other_study"), ("unit", "default_run")]


@pytest.mark.thorough
def test_tests_that_do_without_finished_runs_start_none():
    """support/running.py holds what runs the workflow."""
    for folder in ("unit", "rules", "oracle"):
        for path in (PROJECT / "tests" / folder).glob("*.py"):
            assert "running" not in set(imported(path)), path


def test_make_help_lists_every_command_and_option_in_one_line_each():
    helped = subprocess.run(["make", "--silent", "help"], cwd=PROJECT, capture_output=True, text=True, check=True)
    said = helped.stdout.splitlines()
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    commands = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", makefile, flags=re.M)[1].replace("\\", "").split()
    assert [line.split()[1] for line in said if line.startswith("make ")] == commands
    options = {
        *re.findall(r"^([A-Z]+) \?=", makefile, flags=re.M),
        *re.findall(r"\$\(filter-out 0,\$\((\w+)\)\)", makefile),
    }
    options |= set(re.search(r"^export ([A-Z ]+)$", makefile, flags=re.M)[1].split())
    assert {option for option in options if f"{option}=" not in " ".join(said)} == set()
    assert all(len(line) <= 120 and re.search(r"  +\S.{8}", line) for line in said)


def test_check_takes_the_first_case_of_each_test_that_is_neither_thorough_nor_needs_the_default_study():
    def item(name: str, mark: str = "", fixture: str = "") -> SimpleNamespace:
        marker = {"get_closest_marker": lambda asked: asked if asked == mark else None}
        return SimpleNamespace(nodeid=f"tests/unit/test_x.py::{name}", fixturenames=[fixture], **marker)

    one, two, other = item("test_a[1]"), item("test_a[2]"), item("test_b")
    long, late, rebuilt = item("test_c[1]", "thorough"), item("test_c[2]"), item("test_d", fixture="rebuilt")
    assert list(few([one, two, long, other, rebuilt, late])) == [one, other, late]
