"""docs/reporting-checklist.md: every item is there; every place that documents name is in the report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "templates"
TEXT = (PROJECT / "docs" / "reporting-checklist.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?!item )(?P<item>[^|]+) \| (?P<asks>[^|]+) \| (?P<where>[^|]+) \|$", re.MULTILINE)
PLACE = re.compile(r'(Section|Table|Figure) ("[^"]+"|[A-Z]?[\d.]*\d|[A-Z]\.[\d.]*\d|[A-Z])')
RECORD = ["1.1", "1.2", "1.3", "6.1", "6.2", "6.3", "7.1", "12.1", "12.2", "12.3", "13.1", "19.1", "22.1"]


def rows(title: str) -> list[re.Match]:
    """The rows of the table below a heading."""
    return list(ROW.finditer(TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]))


def places() -> set[tuple[str, str]]:
    """Sections by number and by title, tables and figures of the report, as its templates have them."""
    chapters = "".join(path.read_text(encoding="utf-8") for path in (TEMPLATES / "chapters").glob("*.j2"))
    headings = re.findall(r'heading\(\d, "([^"]*)", "([^"]*)"', chapters)
    found = {("Section", name) for number, title in headings for name in (number, f'"{title}"') if name}
    found |= {("Table", number) for number in re.findall(r'(?<!_)\btable\("([^"]+)"\)', chapters)}
    figures = re.findall(r'(?<!_)\bfigure\("([^"]+)"', chapters)
    return found | {("Figure", number) for number in figures}


@pytest.mark.parametrize("title", ["RECORD", "CHEERS 2022", "Aqua Book"])
def test_every_place_that_is_named_is_in_the_report(title):
    assert len(rows(title)) > 10
    for row in rows(title):
        named = PLACE.findall(row["where"])
        assert set(named) <= places(), row[0]
        linked = re.findall(r"\]\(([^)#]+)", row["where"])
        assert named or linked or row["where"].startswith("not reported: "), row[0]
        assert len(named) == len(re.findall(r"\b(?:Section|Table|Figure)\b", row["where"])), row[0]


@pytest.mark.parametrize("page", ["README", "docs/analyst", "docs/commissioner", "docs/data-guardian"])
def test_every_place_that_a_page_for_readers_names_is_in_the_report(page):
    text = (PROJECT / f"{page}.md").read_text(encoding="utf-8")
    named = re.findall(r'(Section|Chapter|Appendix|Table|Figure) ("[^"]+"|(?:[A-Z]\.)?[A-Z]?\d[\d.]*|[A-Z]\b)', text)
    found = {(kind if kind in ("Table", "Figure") else "Section", place.rstrip(".")) for kind, place in named}
    assert found and found - places() == set()


def test_every_item_of_record_and_cheers_is_answered_once():
    assert [row["item"].strip() for row in rows("RECORD")] == RECORD
    assert [row["item"].strip() for row in rows("CHEERS 2022")] == [str(n) for n in range(1, 29)]


def test_numbers_of_tables_and_figures_are_declared():
    for kind, file in (("Table", "exhibits"), ("Figure", "figures")):
        declared = yaml.safe_load((TEMPLATES / f"{file}.yaml").read_text(encoding="utf-8"))[file]
        named = {number for what, number in PLACE.findall(TEXT) if what == kind}
        assert named and named <= declared.keys()
