"""The report is in words of its own: no run of ten words is shared with the report of 2012, but for those declared."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from lxml.html import HtmlElement

from dscp.printing.html import read_html

PROJECT = Path(__file__).parents[2]
# Not part of the project: its text belongs to its authors. ORIGINAL_REPORT names another place of it.
ORIGINAL = Path(
    os.environ.get("ORIGINAL_REPORT", PROJECT.parent / "shared" / "reference" / "evaluation-final-report-2012.txt")
)
ALLOWED = yaml.safe_load((PROJECT / "tests" / "support" / "own_words_allowed.yaml").read_text(encoding="utf-8"))
LENGTH = 10  # words that no run may reach
SILENT = ("style", "script", "head")
HEADINGS = ("h1", "h2", "h3")
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Word:
    text: str
    place: str


def words_of(text: str) -> list[str]:
    """Words in small letters, without punctuation; tokens with a figure are left out, since numbers are facts."""
    plain = re.sub(r"['’‘]", "", text.lower())
    return [word for word in WORD.findall(plain) if not re.search(r"\d", word)]


def said(page: str, skipped: Iterable[str] = ()) -> list[Word]:
    """The words of a page in order, each with the section and the exhibit that it stands in."""
    words: list[Word] = []
    skipped, place = {*skipped, *SILENT}, {"section": "front", "exhibit": ""}

    def walk(element: HtmlElement, within: str, unread: bool) -> None:
        names = [f".{name}" for name in element.get("class", "").split()]
        unread = unread or bool({element.tag, *names, *(element.tag + name for name in names)} & skipped)
        if element.tag in HEADINGS:
            place["section"] = place["exhibit"] = ""
            within = "section"
        elif element.tag in ("caption", "figcaption"):
            place["exhibit"] = ""
            within = "exhibit"
        read(element.text, within, unread)
        for child in element:
            walk(child, within, unread)
            read(child.tail, within, unread)
        if element.tag in ("table", "figure"):
            place["exhibit"] = ""

    def read(text: str | None, within: str, unread: bool) -> None:
        if within:
            place[within] = f"{place[within]} {(text or '').strip()}".strip()
        if not unread:
            words.extend(Word(word, ", ".join(filter(None, place.values()))) for word in words_of(text or ""))

    walk(read_html(page), "", False)
    return words


def shared_runs(ours: Sequence[Word], original: Sequence[str], allowed: Mapping[str, str]) -> list[str]:
    """Runs of LENGTH words or more in both texts, each with its place, but for those inside an allowed run."""
    known = {tuple(original[i : i + LENGTH]) for i in range(len(original) - LENGTH + 1)}
    texts = [word.text for word in ours]
    starts = [i for i in range(len(texts) - LENGTH + 1) if tuple(texts[i : i + LENGTH]) in known]
    runs = []
    for start in starts:
        if runs and start <= runs[-1][1]:
            runs[-1][1] = start + LENGTH
        else:
            runs.append([start, start + LENGTH])
    found = [(ours[first].place, " ".join(texts[first:last])) for first, last in runs]
    spared = [f" {' '.join(words_of(run))} " for run in allowed]
    return [f"{place}: “{run}”" for place, run in found if not any(f" {run} " in one for one in spared)]


ORIGINAL_WORDS = words_of("The quick brown fox jumps over the lazy dog, while the cat sleeps all day long.")


@pytest.mark.parametrize(
    "copied",
    [
        "fox jumps over the lazy dog while the cat sleeps",
        "Fox jumps\nover the “lazy” dog; while the\n\ncat sleeps",
        "fox <em>jumps</em> over the lazy dog</p><p>while the cat sleeps",
        "fox jumps over 12 the lazy dog (3) while the cat sleeps",
    ],
)
def test_a_copied_run_is_found_with_its_place(copied):
    page = f"<body><h1>5 Delivery</h1><p>Before.</p><h2>5.1 Mentors</h2><p>He said {copied}, they say.</p></body>"
    assert shared_runs(said(page), ORIGINAL_WORDS, {}) == [
        "5.1 Mentors: “fox jumps over the lazy dog while the cat sleeps”"
    ]


def test_a_longer_run_is_told_whole_and_once():
    page = (
        "<body><h1>1 A</h1><table><caption>Table 1.1 B</caption><tr><td>quick brown fox jumps over the lazy dog while"
    )
    page += " the cat sleeps</td></tr></table></body>"
    assert shared_runs(said(page), ORIGINAL_WORDS, {}) == [
        "1 A, Table 1.1 B: “quick brown fox jumps over the lazy dog while the cat sleeps”"
    ]


def test_nine_words_are_no_run():
    page = "<body><p>jumps over the lazy dog while the cat sleeps, fox</p></body>"
    assert shared_runs(said(page), ORIGINAL_WORDS, {}) == []


def test_exceptions_spare_their_own_words_only():
    page = "<body><p>fox jumps over the lazy dog while the cat sleeps</p></body>"
    exact = {"Fox jumps over the lazy dog, while the cat sleeps": "a name"}
    assert shared_runs(said(page), ORIGINAL_WORDS, exact) == []
    longer = page.replace("<p>fox", "<p>brown fox")
    assert len(shared_runs(said(longer), ORIGINAL_WORDS, exact)) == 1
    cited = page.replace("<p>", "<p><cite>").replace("</p>", "</cite></p>")
    assert said(cited, ["cite"]) == []


@pytest.fixture(scope="module")
def original() -> list[str]:
    if not ORIGINAL.is_file():
        pytest.skip("missing: the text of the report of 2012; set ORIGINAL_REPORT to a copy of it to compare")
    return words_of(ORIGINAL.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def printed(default_run) -> str:
    return (default_run / "work" / "report_print.html").read_text(encoding="utf-8")


def test_the_report_is_in_its_own_words(printed, original):
    assert shared_runs(said(printed, ALLOWED["elements"]), original, ALLOWED["runs"]) == []


def test_a_sentence_of_the_original_would_be_found(printed, original):
    planted = " ".join(original[len(original) // 2 :][:15])
    page = printed.replace("</h2>", f"</h2><p>{planted}</p>", 1)
    assert len(shared_runs(said(page, ALLOWED["elements"]), original, ALLOWED["runs"])) == 1


def test_no_exception_is_idle(printed, original):
    for run in ALLOWED["runs"]:
        others = {other: reason for other, reason in ALLOWED["runs"].items() if other != run}
        assert shared_runs(said(printed, ALLOWED["elements"]), original, others), run
