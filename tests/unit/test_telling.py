"""Numbers in sentences on results: as many decimals as the verdict beside them needs, ends in order, no sign twice."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from dscp.exhibits.book import Book, raw, shown
from dscp.printing.forms import printed
from dscp.report import phrases
from dscp.report.telling import worth
from dscp.report.telling.sentences import Number, Teller, Words


class Context:
    """What a template's functions need of it."""

    name = "a template"


def results(values: dict[str, float], unit: str = "count") -> phrases.Results:
    """The functions of a template that print these quantities."""
    rows = {"id": list(values), "value": list(values.values()), "family": [one.split(".")[0] for one in values]}
    ledger = pd.DataFrame({**rows, "unit": unit, "note": "", "dims": "", "inputs": "", "source": ""})
    return phrases.Results(Book(ledger, {"sites": {}}, {}))


def text_of(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", "", str(markup)))


@pytest.mark.parametrize(
    ("p", "level", "text"),
    [
        (0.0496, 0.05, "0.0496"),
        (0.0504, 0.05, "0.0504"),
        (0.049996, 0.05, "0.049996"),
        (0.048, 0.05, "0.048"),
        (0.05, 0.05, "0.05"),
        (0.044, 0.05, "0.04"),
        (0.0002, 0.05, "<0.01"),
        (0.0102, 0.01, "0.0102"),
    ],
)
def test_a_p_value_is_told_from_the_level_beside_it(p, level, text):
    *_, number = Teller({"m.p.site_1": p}, level).p_value("m.p.site_1", "p2")
    assert printed(p, number.form) == text
    if text != "<0.01":
        assert (float(text) < level) == (p < level), "the number and the verdict tell the same"


@pytest.mark.parametrize(
    ("benefit", "words", "shown"),
    [
        (-2_000_000.0, "show a negative benefit of ", "2.0"),
        (2_000_000.0, "show a benefit of ", "2.0"),
        (0.2, "show no benefit", ""),
    ],
)
def test_a_loss_is_told_without_a_sign(benefit, words, shown):
    told = worth.totals({"stated.benefit_total": benefit, "stated.cost_total": 5e5}, 3)
    assert told[0] == Words(f"Taken together, the three sites {words}", ("stated.benefit_total",))
    numbers = [piece for piece in told if isinstance(piece, Number)]
    assert [one.id for one in numbers] == (["stated.benefit_total"] if shown else []) + ["stated.cost_total"]
    assert all(one.magnitude for one in numbers[:-1])
    assert not numbers[-1].magnitude


def test_a_range_is_told_from_its_least_to_its_greatest():
    told = results({"stated.x.min": 3.0, "stated.x.max": 8.0, "stated.y.min": 3.1, "stated.y.max": 3.2})
    assert text_of(told.between(Context, "stated.x", "count")) == "between 3 and 8"
    assert text_of(told.between(Context, "stated.y", "count")) == "at 3"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [(157, 208, "rose from 157 to 208"), (208, 157, "fell from 208 to 157"), (157, 157.2, "stayed at 157")],
)
def test_a_course_is_told_from_before_to_after(before, after, text):
    told = results({"a": before, "b": after})
    assert text_of(told.course(Context, "a", "b", "count")) == text
    assert text_of(told.went(Context, "a", "b", 0)) == {"r": "rose", "f": "fell", "s": "did not change"}[text[0]]


def test_a_course_says_which_year_is_which():
    told = results({"a": 100.0, "b": 104.2})
    assert text_of(told.course(Context, "a", "b", "index1", 1, ["2007-08", "2009-10"])) == (
        "rose from 100.0 in 2007-08 to 104.2 in 2009-10"
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [(2.8, "rose by 2.8 percentage points"), (-2.8, "fell by 2.8 percentage points"), (0.01, "did not change")],
)
def test_a_shift_is_told_without_a_sign(change, text):
    assert text_of(results({"a.change": change}, "ppt").shift(Context, "a.change")) == text


SHARES = {"spending_item.pay.a.share": 5.0, "spending_item.pay.b_c.share": 60.0, "spending_item.pay.d.share": 35.0}


def test_the_largest_items_come_first():
    told = results(SHARES, "percent")
    assert (
        text_of(told.largest(Context, "spending_item.pay.{item}.share", 2))
        == "b c (60.0 per cent) and d (35.0 per cent)"
    )
    nothing = results(dict.fromkeys(SHARES, 0.0), "percent")
    assert (
        text_of(nothing.largest(Context, "spending_item.pay.{item}.share", 2)) == "items whose shares cannot be given"
    )


def test_the_peak_is_the_year_with_the_most():
    told = results({"budget.y2007_08": 3.0, "budget.y2008_09": 9.0, "budget.y2009_10": 4.0})
    assert text_of(told.peak(Context, "budget.{item}")) == "2008-09"
    assert told.ends("budget.{item}") == ["budget.y2007_08", "budget.y2009_10"]
    unknown = results({"budget.y2007_08": math.nan})
    assert text_of(unknown.peak(Context, "budget.{item}")) == "a year that could not be told"


@pytest.mark.parametrize(("days", "text"), [(84, "twelve weeks"), (7, "one week"), (80, "80 days"), (1, "1 day")])
def test_a_span_is_told_in_weeks_where_it_is_whole_weeks(days, text):
    told = results({"stated.pickup_weeks": days / 7, "setting.definitions.pickup_days": days})
    assert text_of(told.weeks(Context, "pickup")) == text


def test_an_element_carries_the_value_of_its_number():
    assert [raw(value) for value in (1234567.125, 0.457037, -3.0, math.nan)] == ["1234567.125", "0.457037", "-3", ""]
    assert shown("-3.4%") == "−3.4%"
