"""Appendix D of the finished report: one entry for every statistic printed, leading to those that it rests on."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from dscp.ledger.rows import kind, read_ledger, shaped_by
from dscp.ledger.trail import rows_by_id
from dscp.printing.html import read_html
from dscp.printing.origins import anchor_of, statistic


@pytest.fixture(scope="module")
def ledger(default_run) -> pd.DataFrame:
    return read_ledger(default_run / "ledger.csv")


@pytest.fixture(scope="module")
def page(default_run) -> str:
    return (default_run / "work" / "report_print.html").read_text(encoding="utf-8")


def test_anchors_of_statistics_differ(ledger):
    rows = ledger.to_dict("records")
    assert len({anchor_of(row) for row in rows}) == len({statistic(row) for row in rows})


def test_every_printed_statistic_and_all_that_it_rests_on_has_an_entry(page, ledger):
    entries = set(re.findall(r'id="(d-[^"]+)"', page))
    rows = rows_by_id(ledger)
    todo = set(re.findall(r'data-q="([^"]+)"', page.split('id="section-D"')[0] + page.partition('id="section-E"')[2]))
    todo |= {identifier for ids in re.findall(r'data-w="([^"]+)"', page) for identifier in ids.split()}
    reached = set()
    while todo:
        identifier = todo.pop()
        reached.add(identifier)
        todo |= {pair.partition("=")[2] for pair in rows[identifier]["inputs"].split()} - reached
        todo |= {f"setting.{path}" for path in shaped_by(rows[identifier])} & set(rows) - reached
    assert {anchor_of(rows[identifier]) for identifier in reached} == entries


def test_entries_are_few_and_told_from_the_ledger(page):
    entries, links = page.count('data-field="origin"'), page.count('class="o" href="#d-')
    assert entries > 80
    assert links > 10 * entries


def test_a_link_holds_text_only(page):
    assert not re.search(r"<a [^>]*>[^<]*<(?!/a>)", page)


def test_links_do_not_look_like_links(page):
    assert "a { color: inherit; text-decoration: none; }" in page


def test_every_constant_and_setting_is_told_in_words(ledger):
    for row in ledger.to_dict("records"):
        if kind(row) in ("constant", "setting"):
            assert re.fullmatch(r"[^_]{5,}", row["filter"]), row["id"]


def test_no_name_of_the_program_stands_on_paper(page):
    """Formulas, ids and names of settings are in the panel and in the files that the report carries."""
    tree = read_html(page)
    for hidden in [*tree.iter("code", "style", "title"), *tree.find_class("onscreen")]:
        hidden.text = ""
        for one in hidden:
            one.drop_tree()
    assert [word for word in tree.text_content().split() if "_" in word] == []
    assert ".onscreen { display: none; }" in page


def test_words_that_follow_from_numbers_are_links_to_the_entry_of_the_first(page, ledger):
    rows = rows_by_id(ledger)
    found = re.findall(r'<span data-w="(\S+)[^"]*"><a class="o" href="#([^"]+)">([^<]+)</a></span>', page)
    assert len(found) == page.count("data-w=") > 60
    assert all(anchor == anchor_of(rows[first]) for first, anchor, _ in found)
    assert {"rose", "fell"} <= {text for _, _, text in found}
