"""Glossary and references of the report: every abbreviation is explained, every work cited is listed, and no other."""

from __future__ import annotations

import html
import re

import pytest

ABBREVIATION = re.compile(r"\b(?:[A-Z]{2,}|[A-Z][a-z]+[A-Z])[A-Za-z]*\b")
APART = re.compile(r'<(?=/?(?:td|th|dt|dd|li|p)\b|span class="unit")')
# What needs no explaining, or is none.
PLAIN = {
    "BSD": "a licence's name",
    "GPTables": "a program's name",
    "MIT": "a licence's name",
    "DuckDB": "a program's name",
    "NumPy": "a program's name",
    "PDF": "a kind of file that every reader knows by this name",
    "SIL": "a licence's name",
    "WeasyPrint": "a program's name",
    "PricewaterhouseCoopers": "a firm's name",
    "McNaughton": "a person's name",
    "JobCentre": "a name, explained by itself",
}


def chapters(page: str) -> dict[str, str]:
    """Title -> HTML of a chapter, without code and citations."""
    parts = re.findall(r'<section\b[^>]*class="chapter[^>]*>(.*?)</section>', page, flags=re.S)
    bare = [re.sub(r"<(code|cite)\b.*?</\1>", " ", part, flags=re.S) for part in parts]
    return {plain(re.search(r"<h1.*?</h1>", part, flags=re.S)[0]): part for part in bare}


def plain(part: str) -> str:
    """The text of some HTML, words of different cells and paragraphs apart."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", APART.sub(" <", part)))).strip()


def abbreviations(text: str) -> set[str]:
    """NDTMS, JobCentre; a plural is its singular: CJITs."""
    found = ABBREVIATION.findall(text)
    return {word[:-1] if re.fullmatch(r"[A-Z]{2,}s", word) else word for word in found}


def explained(page: str) -> list[str]:
    terms = re.findall(r"<dt>(.*?)</dt>", chapters(page)["Glossary"])
    return [plain(term) for term in terms]


@pytest.fixture(scope="module")
def printed(default_run) -> str:
    return (default_run / "work" / "report_print.html").read_text(encoding="utf-8")


def test_abbreviations_of_a_text():
    assert abbreviations("The NDTMS, CJITs and JobCentre Plus of a DAT; I and A") == {
        "NDTMS",
        "CJIT",
        "JobCentre",
        "DAT",
    }


def test_every_abbreviation_is_in_the_glossary(printed):
    known = {*explained(printed), *PLAIN}
    unknown = {
        title: sorted(missing)
        for title, part in chapters(printed).items()
        if (missing := abbreviations(plain(part)) - known)
    }
    assert unknown == {}


def test_the_glossary_is_in_order_and_says_nothing_twice(printed):
    terms = explained(printed)
    assert len(terms) == len(set(terms))
    break_at = terms.index("Base")
    for part in (terms[:break_at], terms[break_at:]):
        assert part == sorted(part, key=str.lower)


def test_no_citation_is_typed(printed):
    """A work named in the text stands in the references, and what stands there is named in the text."""
    text = printed.split("<main", 1)[1].split('id="section-references"')[0]
    listed = re.findall(r'<li id="(reference-[^"]+)"', printed)
    assert sorted(set(re.findall(r'href="#(reference-[^"]+)"', text))) == sorted(listed)
    typed = [
        cite for cite in re.findall(r"<cite\b[^>]*>(.*?)</cite>", text, flags=re.S) if re.search(r"[a-z].*\d{4}", cite)
    ]
    assert [cite for cite in typed if "<a href=" not in cite] == []
