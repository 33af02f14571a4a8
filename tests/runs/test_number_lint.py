"""No naked numbers: what the pages print is in the ledger, or on the declared list; the rest is refused."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from dscp.config.schema import config_schema
from dscp.exhibits.book import activity_texts, read_activity
from dscp.ledger.rows import read_ledger
from dscp.report.lint import NakedNumber, read_allowed, read_page, refuse_naked_numbers
from dscp.study.choices import choices
from report_html import Choice, quoted
from running import RUN, snakemake

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "templates"
DECLARED = yaml.safe_load((TEMPLATES / "numbers_allowed.yaml").read_text(encoding="utf-8"))
ALLOWED = read_allowed(DECLARED)
ONLY_ELSEWHERE = {".fn", "title"}  # a footnote or a study's name with digits: not in the default study
CELL = r'<td data-q="effective_treatment.rate.pilot_3.pre" [^>]*>'
RATE = "effective_treatment.rate.pilot_3.pre"


@pytest.fixture(scope="module")
def ledger(default_run):
    return read_ledger(default_run / "ledger.csv")


@pytest.fixture(scope="module")
def pages(default_run) -> dict[str, str]:
    names = ("report.html", "work/report_print.html")
    return {name: (default_run / name).read_text(encoding="utf-8") for name in names}


@pytest.fixture(scope="module")
def page(pages) -> str:
    return pages["work/report_print.html"]


@pytest.fixture(scope="module")
def texts(default_run, config) -> set[str]:
    """What the page quotes from the extracts, and what the study assumes."""
    remarks = pd.read_csv(default_run / "validation.csv", keep_default_na=False)
    activity = read_activity(default_run / "work" / "activity.csv")
    made = [Choice(*choice) for choice in choices(config_schema(PROJECT), config)]
    return quoted(remarks, activity_texts(activity), made)


@pytest.fixture
def faults(ledger, config, texts):
    return lambda page, of=ledger: read_page(page, of, config, ALLOWED, texts).faults


def typed(page: str, after: str, text: str) -> str:
    """The page with a text typed in after the first place of another."""
    assert after in page
    return page.replace(after, after + text, 1)


def test_the_report_prints_nothing_but_quantities(pages, ledger, config, texts):
    for page in pages.values():
        read = read_page(page, ledger, config, ALLOWED, texts)
        assert read.faults == []
        assert len(read.quantities) > 1400


def test_the_allow_list_is_short_reasoned_and_in_use(page, ledger, config):
    used = read_page(page, ledger, config, ALLOWED).used
    entries = {**DECLARED["elements"], **DECLARED["phrases"]}
    assert len(entries) <= 45
    assert all(len(reason) > 5 for reason in entries.values())
    assert set(entries) - set(used) == ONLY_ELSEWHERE


def test_a_typed_number_is_named_with_its_place(page, faults):
    (found,) = faults(typed(page, "such as a column of a table", " in 42 cases"))
    assert found.startswith("Appendix D Where every figure comes from: '42' in")
    assert "in 42 cases" in found


def test_a_typed_number_in_a_table_is_named_with_its_table(page, faults):
    (found,) = faults(typed(page, '<caption><span class="n">Table 6.1</span> ', "77 "))
    assert found.startswith("6.1 Whole system pilots")
    (found,) = faults(re.sub(rf"({CELL})", r"<td>77</td>\1", page, count=1))
    assert "Table 6.1 Effective treatment" in found
    assert "'77'" in found


def test_a_number_typed_into_a_quantity(page, faults):
    found = faults(re.sub(rf"({CELL}<a [^>]*>)93\.6%", r"\g<1>93.7%", page, count=1))
    assert len(found) == 1
    assert f"'93.7%' carries the id {RATE}, which prints as '93.6%'" in found[0]


def test_a_quantity_that_the_ledger_does_not_hold(page, faults):
    (found,) = faults(typed(page, "such as a column of a table", ' <data data-q="made.up" data-form="count">7</data>'))
    assert "'7' carries the id made.up, which is not in the ledger" in found


def test_a_quantity_without_a_form(page, faults):
    text = f'<data data-q="{RATE}">93.6%</data>'
    assert "prints as ''" in faults(typed(page, "such as a column of a table", text))[0]


@pytest.mark.parametrize(
    "identifier", [RATE, "constant.social_cost", "validation.rows_in.journeys", "benefit.total.site_3"]
)
def test_a_ledger_value_changed_by_a_millionth(page, ledger, faults, identifier):
    hit = ledger["id"] == identifier
    assert hit.any()
    found = faults(page, ledger.assign(value=ledger["value"].mask(hit, ledger["value"] * (1 + 1e-6))))
    assert any(f"carries the id {identifier}" in fault for fault in found)


def test_what_appendix_d_says_of_a_quantity_is_what_the_ledger_says(page, ledger, faults):
    hit = ledger["id"] == RATE
    found = faults(page, ledger.assign(source=ledger["source"].mask(hit, "Appendix B9")))
    assert any(f"is said of {RATE}, whose origin is" in fault for fault in found)
    named = ledger["id"] == "constant.social_cost"
    found = faults(page, ledger.assign(filter=ledger["filter"].mask(named, "what nobody said")))
    assert any("is said of constant.social_cost, whose what is 'What nobody said'" in fault for fault in found)


@pytest.mark.parametrize("words", ["in three of them", "the share rose", "both of them"])
def test_counts_and_directions_in_typed_words(page, faults, words):
    (found,) = faults(typed(page, "such as a column of a table", f", {words},"))
    assert "rests on no quantity" in found
    assert words in found


def test_words_that_rest_on_nothing(page, faults):
    (found,) = faults(typed(page, "such as a column of a table", ' <span data-w="made.up">rose</span>'))
    assert "the words 'rose' rest on made.up, which is not in the ledger" in found


@pytest.mark.parametrize(
    ("element", "words"),
    [
        ('<span class="s">42</span>', "the label '42' stands neither in the config nor in the ledger or an extract"),
        ('<span class="s">83</span>', "the label '83' stands neither"),
        ('<span class="s">seven</span>', "the label 'seven' stands neither"),
        ('<span class="s">Site 2, Site 9 and Site 4</span>', "the label 'Site 2, Site 9 and Site 4' stands neither"),
        ('<span class="s">2012-13</span>', "the label '2012-13' stands neither"),
        (
            '<span class="s" data-s="count sites">six</span>',
            "'six' is said to be read from the config as 'count sites'",
        ),
        ('<span class="s" data-s="months periods.pre.outcomes">19</span>', "which gives '18'"),
        ('<span class="s" data-s="count nowhere">two</span>', "as 'count nowhere', which gives ''"),
        ('<span class="s" data-s="sites site_2 site_8">Site 2 and Site 9</span>', "which gives 'Site 2 and Site 8'"),
        (
            '<span class="r">Table of 42 things</span>',
            "'42' in the repeated head 'Table of 42 things' stands in no head",
        ),
    ],
)
def test_a_number_typed_into_a_label(page, faults, element, words):
    (found,) = faults(typed(page, "such as a column of a table", f" {element}"))
    assert words in found


@pytest.mark.parametrize(
    "element",
    [
        '<span class="s">Site 2, Site 5 and Site 4</span>',
        '<span class="s">2007-08 and 2008-09</span>',
        '<span class="s">2004-05</span>',
        '<span class="s" data-s="count sites">Seven</span>',
        '<span class="s" data-s="count sites.site_2 sites.site_4">two</span>',
        '<span class="s" data-s="months periods.pre.outcomes">18</span>',
        '<span class="s" data-s="sites site_2 site_4">Site 2 and Site 4</span>',
        '<span class="r">Sensitivity: benefits at 50%</span>',
    ],
)
def test_a_label_of_the_config_or_the_ledger_passes(page, faults, element):
    assert faults(typed(page, "such as a column of a table", f" {element}")) == []


def test_a_count_of_the_config_carries_where_it_is_from(page):
    assert page.count('class="s" data-s="') >= 8
    assert '<span class="s" data-s="months periods.post.outcomes">18</span>' in page


def test_a_date_that_is_not_the_studys(page, faults):
    text = ' <time datetime="2031-01-01">1 January 2031</time>'
    (found,) = faults(typed(page, "such as a column of a table", text))
    assert "the date '1 January 2031' is not in the config" in found


def test_a_footnote_that_is_not_the_ledgers(page, faults):
    (found,) = faults(typed(page, "such as a column of a table", '<span class="fn">at least 9</span>'))
    assert "the footnote 'at least 9' is no note of the ledger" in found


def test_text_that_is_only_read_out(page, faults):
    assert "read out" in faults(typed(page, re.search("<body[^>]*>", page)[0], '<p aria-label="9 sites">x</p>'))[0]


def test_the_message_is_one_line(page, ledger, config, texts, capsys):
    wrong = typed(typed(page, "such as a column of a table", " 42"), "Each end of a path", " 43")
    with pytest.raises(NakedNumber) as caught:
        refuse_naked_numbers([wrong, wrong], ledger, config, ALLOWED, texts)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("(and 1 more in the log)")
    assert "'43'" in capsys.readouterr().out


def test_a_typed_number_stops_the_run(default_study, tmp_path):
    study = shutil.copytree(default_study, tmp_path / "study")
    template = study / "templates" / "chapters" / "impacts.html.j2"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("Some caution is needed.", "Some caution in 42 sites."), encoding="utf-8")
    done = snakemake(study, study, "report_html")
    assert done.returncode != 0
    assert (study / RUN / "report.html").read_bytes() == (default_study / RUN / "report.html").read_bytes()
    said = [line for line in (done.stdout + done.stderr).splitlines() if "'42'" in line]
    assert any("report_html: error: 6 Impacts: effective treatment" in line for line in said), done.stdout + done.stderr
