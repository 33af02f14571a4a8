"""Words that depend on results stay true and grammatical, whatever the results."""

from __future__ import annotations

import math

import pytest

from dscp.printing import words

NAN = math.nan


def test_characteristics_are_listed_by_their_labels():
    names = ["age", "opiates_crack", "treated_last_two_years"]
    assert words.characteristics(names) == "age, use of opiates or crack and treatment now or in the last two years"


@pytest.mark.parametrize(("number", "text"), [(0, "no"), (1, "one"), (12, "twelve"), (13, "13"), (1234, "1,234")])
def test_spelt(number, text):
    assert words.spelt(number) == text


@pytest.mark.parametrize("number", [-1, 1.5])
def test_spelt_refuses_what_is_no_count(number):
    with pytest.raises(ValueError, match="not a count"):
        words.spelt(number)


@pytest.mark.parametrize(("items", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_listed(items, text):
    assert words.listed(items) == text


@pytest.mark.parametrize(
    ("change", "decimals", "text"),
    [
        (2.84, 1, "rose"),
        (-0.05, 1, "fell"),
        (0.04, 1, "did not change"),
        (-0.4, 0, "did not change"),
        (0.0, 1, "did not change"),
        (NAN, 1, "cannot be compared"),
    ],
)
def test_moved_goes_by_what_is_printed(change, decimals, text):
    assert words.moved(change, decimals) == text


@pytest.mark.parametrize(
    ("number", "total", "text"),
    [
        (0, 4, "none of the four"),
        (1, 4, "one of the four"),
        (3, 4, "three of the four"),
        (4, 4, "all four"),
        (2, 2, "both"),
        (0, 2, "neither"),
        (1, 1, "the only one"),
        (0, 1, "not the only one"),
    ],
)
def test_out_of(number, total, text):
    assert words.out_of(number, total) == text


@pytest.mark.parametrize(("number", "total"), [(3, 2), (-1, 2), (0, 0)])
def test_out_of_refuses_the_impossible(number, total):
    with pytest.raises(ValueError, match="not so many"):
        words.out_of(number, total)


def test_shared_out():
    assert (
        words.shared_out({"A": "positive", "B": "negative", "C": "negative"})
        == "negative in B and C, and positive in A"
    )
    assert words.shared_out({"A": "falls", "B": "falls"}) == "falls in both"
    assert words.shared_out({"A": "falls"}) == "falls in A"
    assert words.shared_out({"A": "did not change", "B": "did not change"}) == "did not change in either"
    assert words.shared_out(dict.fromkeys("ABC", "cannot be compared")) == "cannot be compared in any of the three"
    assert words.shared_out(dict.fromkeys("ABC", "cannot be drawn")) == "cannot be drawn in any of the three"


def test_a_count_that_is_not_known():
    assert words.spelt(float("nan")) == "[z]"


def test_alternative_text_without_a_line():
    text = words.journeys_alt("Pilot 2", "Comparison 2", "April 2008", "March 2011", float("nan"))
    assert text.endswith(", April 2008 to March 2011. No straight line can be fitted to Pilot 2.")


def test_alternative_text():
    text = words.journeys_alt("Pilot 2", "Comparison 2", words.month_name("2008-04"), words.month_name("2011-03"), -0.5)
    assert text == (
        "Line chart of new journeys by month in Pilot 2 and Comparison 2, April 2008 to March 2011, with the straight "
        "line fitted to Pilot 2, which falls."
    )


@pytest.mark.parametrize(("share", "text"), [(0.05, "5"), (0.025, "2.5"), (0.1, "10")])
def test_per_cent_of(share, text):
    assert words.per_cent_of(share) == text
