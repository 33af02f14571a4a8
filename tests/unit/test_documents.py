"""What the documents name is there: links with their anchors, commands of make, files of the project."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted(path for path in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")] if path.name != "CHANGELOG.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\bmake ([a-z][a-z-]*)")
OPTION = re.compile(r"\b([A-Z]{2,})=")
FILE = re.compile(r"(?<![\w/.-])((?:workflow|templates|tests|docs|\.ci)/[\w./-]*\w)(?![\w*{<…-])")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The anchors that a public forge gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def makefile() -> str:
    return (PROJECT / "Makefile").read_text(encoding="utf-8")


def code(document: Path) -> list[str]:
    return CODE.findall(document.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    lost = []
    for target in LINK.findall(CODE.sub("", document.read_text(encoding="utf-8"))):
        path, _, anchor = target.partition("#")
        if "://" in target or path.startswith("mailto:"):
            continue
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_of_make_is_one(document):
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile(), re.MULTILINE))
    options = set(re.findall(r"\b([A-Z]{2,})\b", makefile()))
    spans = [span for span in code(document) if "make " in span]
    assert {name for span in spans for name in COMMAND.findall(span)} - targets == set()
    assert {name for span in spans if span.startswith("`make") for name in OPTION.findall(span)} - options == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_named_is_there(document):
    named = {path for span in code(document) for path in FILE.findall(span)}
    assert {path for path in named if not (PROJECT / path).exists()} - added(document) == set()


def added(document: Path) -> set[str]:
    """Files that a document has its reader make: the block of a worked example says which."""
    return set(re.findall(r"^```\w+ new=(\S+)", document.read_text(encoding="utf-8"), re.M))


def test_the_list_of_commands_is_whole():
    listed = subprocess.run(["make", "-s", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    declared = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile(), re.MULTILINE)[1]
    public = set(re.findall(r"[a-z][a-z-]*", declared))
    assert set(re.findall(r"^make ([a-z-]+)", listed, re.MULTILINE)) == public
