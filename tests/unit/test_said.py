"""A reader of a command's words may have read enough before their end, as `head` does."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TOOLS = sorted((PROJECT / "workflow" / "tools").glob("*.py"))
SAYING = "import sys; from dscp.run.said import say; say('one', 'two'); say('three'); sys.exit(3)"


def unread(command: list[str]) -> subprocess.CompletedProcess:
    """A command whose reader has gone."""
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as reader:
        reader.wait()
        return subprocess.run(command, stdout=reader.stdin, stderr=subprocess.PIPE, text=True, cwd=PROJECT)


def test_where_nobody_reads_the_work_goes_on_to_its_status():
    done = unread([sys.executable, "-c", SAYING])
    assert (done.returncode, done.stderr) == (3, "")


def test_who_reads_gets_each_line():
    done = subprocess.run([sys.executable, "-c", SAYING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "one\ntwo\nthree\n", "")


@pytest.mark.parametrize("run", ["none", ""])
def test_make_verify_says_nothing_of_a_reader_who_is_gone(tmp_path, run):
    (tmp_path / "config.yaml").write_text("run: none\n", encoding="utf-8")
    tool = [sys.executable, "workflow/tools/verify.py", "--study", str(tmp_path), "--run", run]
    done = unread(tool)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: path.stem)
def test_no_tool_prints_in_another_way(tool):
    """Errors go to another place, which `head` does not read."""
    calls = [node for node in ast.walk(ast.parse(tool.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    prints = [call for call in calls if getattr(call.func, "id", "") == "print"]
    assert all("sys.stderr" in [ast.unparse(word.value) for word in call.keywords] for call in prints)
