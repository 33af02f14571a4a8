"""No naked numbers: what the templates hold, and how a number is printed again."""

from __future__ import annotations

import re
from pathlib import Path

from dscp.printing.html import read_html
from dscp.report.lint import Allowed, _Page, prints_as, read_again

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "templates"


def test_what_is_read_from_the_config_is_read_again(config):
    assert read_again("count economics.spending_years", config) == "two"
    assert read_again("count sites.site_2", config) == "one"
    assert read_again("count sites.site_2 sites.site_2 sites.site_3", config) == "two"
    assert read_again("characteristics models.prison_covariates", config).startswith("age, sex, ethnicity, use of")
    assert read_again("length sites", config) == ""
    assert read_again("sites site_2 site_9", config) == "Site 2 and Site 9"


def test_a_declared_title_is_repeated_without_being_a_head(config):
    """In a small study no table need have a head in which a title's words stand."""
    page = _Page({}, config, Allowed({".r": "what is repeated"}, {}), [])
    titles = ("Covariance of the two differences that are valued", "Covariance of the two things")
    page.read(read_html("".join(f'<p><span class="r">{title}</span></p>' for title in titles)))
    (fault,) = page.faults
    assert "'two' in the repeated head 'Covariance of the two things' stands in no head" in fault


def test_printed_forms():
    assert prints_as(-3.44, "signed_points1") == "−3.4"
    assert prints_as(-3.44, "points1 magnitude") == "3.4"
    assert prints_as(6, "words") == "six"
    assert prints_as(-0.0349999999, "unrounded") == "−0.035"
    assert prints_as(0.001, "p2") == "<0.01"


def test_templates_hold_no_digit_of_their_own():
    """A number typed inside a declared element (a label's, say) would pass in the page; here it does not."""
    for path in sorted(set(TEMPLATES.rglob("*.j2")) - {TEMPLATES / "output_check.html.j2"}):  # no page of the report
        text = re.sub(
            r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<cite>.*?</cite>", "", path.read_text(encoding="utf-8"), flags=re.S
        )
        assert re.findall(r"\d", re.sub(r"<[^>]*>", "", text)) == [], path.name
