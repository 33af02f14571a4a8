"""Text of a study's authors: what of Markdown is read, how it stands in the report; no other text passes for it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from markupsafe import Markup

from dscp.config.checked import checked
from dscp.config.schema import config_schema
from dscp.ledger.rows import FIELDS
from dscp.report.chapters import Chapters
from dscp.report.lint import Allowed, read_page
from dscp.report.own_text import OwnText, blocks, said

PROJECT = Path(__file__).parents[2]

HEADS = "# First\n\nOne.\n\n## Inner *part*\n\nTwo.\n\n# Second\n\n### Small\n\nThree.\n"


def written(text: str, number: str = "2") -> str:
    """What the report makes of a text; a heading is told as level, number and title."""

    def heading(level: int, number: str, title: Markup) -> Markup:
        return Markup("<h{0}>{1} {2}</h{0}>").format(level, number, title)

    return str(OwnText({"chapters": {"structure": text}}, heading).own_text("structure", number))


@pytest.mark.parametrize(
    "dangerous",
    [
        "<script>alert(1)</script>",
        "a <b onclick='x()'>bold</b> word",
        "[a link](https://example.org)",
        "![a picture](https://example.org/a.png)",
        "<https://example.org>",
        "`code`",
        "```\nfenced\n```",
        "    indented",
        "&#60;script&#62;",
        "[x]: https://example.org\n\n[x]",
    ],
)
def test_what_could_load_or_run_is_not_read(dangerous):
    page = written(f"Before.\n\n{dangerous}\n\nAfter.")
    assert set(re.findall(r"<\s*/?\s*([a-z0-9]+)", page)) == {"p", "div"}
    assert not re.search(r"<[^>]*(?:href|src|on\w+)\s*=", page)


def test_paragraphs_lists_stress_and_quotations_are_read():
    page = written("A *b* **c**.\n\n- one\n- two\n\n1. first\n\n> quoted\n")
    assert set(re.findall(r"<([a-z]+)", page)) == {"p", "div", "em", "strong", "ul", "ol", "li", "blockquote"}


def test_headings_are_numbered_below_their_chapter():
    assert re.findall(r"<h(\d)>([\w.]+) <span[^>]*>(.*?)</span>", written(HEADS)) == [
        ("2", "2.1", "First"),
        ("3", "2.1.1", "Inner part"),
        ("2", "2.2", "Second"),
    ]
    assert re.findall(r"<h2>([\w.]+) ", written(HEADS, "A")) == ["A1", "A2"]
    assert "<h" not in written(HEADS, "") and "<strong>" in written(HEADS, "")
    assert [block.level for block in blocks(HEADS)] == [2, 0, 3, 0, 2, 0]


def faults(page: str, text: str) -> list[str]:
    rows = pd.DataFrame(columns=FIELDS)
    return read_page(
        page, rows, {"chapters": {"structure": text}, "extracts": {}}, Allowed({"h2": "", "h3": ""}, {})
    ).faults


def test_numbers_of_the_authors_pass_and_no_others_do():
    text = "We met 12 times, *three* of them in 2016.\n\n# Year 2\n\n- 40 & more\n"
    page = f"<main>{written(text)}</main>"
    assert faults(page, text) == []
    assert any("12" in one for one in faults(page.replace("data-own", "data-other"), text))
    assert any("is not in chapters.structure" in one for one in faults(page.replace("12", "13"), text))

    guides = faults(page.replace('data-own="structure"', 'data-own="guides"'), text)
    assert any("is not in chapters.guides" in one for one in guides)
    assert said(text)[1] == "Year 2"


def test_a_chapter_without_text_is_left_out_and_one_with_text_stands(config):
    declared = yaml.safe_load((PROJECT / "templates" / "chapters.yaml").read_text(encoding="utf-8"))
    other = {**config, "programme": {**config["programme"], "short_name": "OP"}}
    own = {"structural_changes", "personalisation", "delivery_changes", "topic_guides"}
    every = set(declared["chapters"])
    assert set(Chapters(declared, config).chapters()) == every
    assert set(Chapters(declared, other).chapters()) == every - own
    told = Chapters(declared, {**other, "chapters": {"structure": "Text."}})
    assert set(told.chapters()) == every - own | {"structural_changes"}
    assert told.has_chapter("structural_changes") and not told.has_chapter("personalisation")


def test_the_evaluated_programme_takes_no_second_text_for_its_chapters(config):
    schema = config_schema(PROJECT)
    with pytest.raises(SystemExit, match=r"chapters\.delivery: found in the study of the evaluated programme"):
        checked({**config, "chapters": {"delivery": "Other words."}}, PROJECT / "config.yaml", schema)
    found = checked({**config, "chapters": {"recommendations": "Do it."}}, PROJECT / "config.yaml", schema)
    assert found["chapters"] == {"recommendations": "Do it."}
