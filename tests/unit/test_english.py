"""The report's English: no phrase that a reader marked as old or unclear stands in what the project can print."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
PHRASES = yaml.safe_load((PROJECT / "tests" / "support" / "english.yaml").read_text(encoding="utf-8"))
PRINTING = ("report", "figures", "exhibits", "printing", "measures", "study", "disclosure", "workbook")


def texts() -> Iterator[tuple[str, str]]:
    """What can be printed: templates without comments, texts of the code without docstrings, words of the data."""
    for path in sorted((PROJECT / "templates").rglob("*")):
        if path.suffix in (".j2", ".yaml"):
            text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
            text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
            yield str(path.relative_to(PROJECT)), text
    for room in PRINTING:
        for path in sorted((PROJECT / "workflow" / "scripts" / "dscp" / room).rglob("*.py")):
            yield str(path.relative_to(PROJECT)), "\n".join(said_in(path))
    for name in ("constants.csv",):
        yield name, (PROJECT / "workflow" / "resources" / name).read_text(encoding="utf-8")


def said_in(path: Path) -> list[str]:
    """The texts of a module, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [
        node.body for node in ast.walk(tree) if hasattr(node, "body") and isinstance(node.body, list) and node.body
    ]
    silent = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent
    ]


@pytest.mark.parametrize("phrase", [one["phrase"] for one in PHRASES])
def test_no_phrase_of_the_list_can_be_printed(phrase):
    pattern = re.compile(r"\s+".join(phrase.split(" ")))
    assert [(name, found[0]) for name, text in texts() for found in pattern.finditer(text)] == []


def test_a_phrase_would_be_found_in_either_kind_of_text():
    every = dict(texts())
    assert "Findings at a glance" in every["templates/chapters/at_a_glance.html.j2"]
    assert "no clear difference" in every["workflow/scripts/dscp/measures/verdicts.py"]
    assert "The one rule for what sentences" not in every["workflow/scripts/dscp/measures/verdicts.py"]
