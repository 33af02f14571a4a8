"""Words that depend on results stay true and grammatical, whatever the results."""

from __future__ import annotations

import math

import _words as words
import pytest
from hypothesis import given
from hypothesis import strategies as st

NAN = math.nan
LABELS = ["Site 2", "Site 3", "Site 4", "Site 5"]


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
        (NAN, 1, "could not be compared"),
    ],
)
def test_moved_goes_by_what_is_printed(change, decimals, text):
    assert words.moved(change, decimals) == text


@pytest.mark.parametrize(
    ("p", "level", "text"),
    [
        (0.0499, 0.05, "statistically significant at the 5 per cent level"),
        (0.05, 0.05, "not statistically significant at the 5 per cent level"),
        (0.01, 0.025, "statistically significant at the 2.5 per cent level"),
        (NAN, 0.05, "not testable with these data"),
    ],
)
def test_significance(p, level, text):
    assert words.significance(p, level) == text


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


@pytest.mark.parametrize(
    ("did", "p", "text"),
    [
        (3.6, 0.004, "positive and statistically significant"),
        (-6.5, 0.001, "negative and statistically significant"),
        (0.3, 0.81, "positive but not statistically significant"),
        (0.01, 0.001, "nil at printed precision"),
        (0.0, NAN, "nil at printed precision"),
        (-2.0, NAN, "negative but not testable"),
        (NAN, NAN, "not computable"),
    ],
)
def test_verdict(did, p, text):
    assert words.verdict(did, p, 0.05, 1) == text


def test_verdict_sentence_of_several_sites():
    said = dict(zip(LABELS, ["bad", "good", "bad", "bad"], strict=True))
    assert words.verdict_sentence(said) == (
        "the difference in differences is bad in Site 2, Site 4 and Site 5; and good in Site 3"
    )


def test_verdict_sentence_when_all_agree():
    assert words.verdict_sentence(dict.fromkeys(LABELS, "good")).endswith(
        "good in all four (Site 2, Site 3, Site 4 and Site 5)"
    )
    assert words.verdict_sentence(dict.fromkeys(LABELS[:2], "good")).endswith("good in both (Site 2 and Site 3)")


def test_verdict_sentence_of_one_site():
    assert words.verdict_sentence({"North": "good"}) == "the difference in differences is good in North"


def test_shared_out():
    assert (
        words.shared_out({"A": "positive", "B": "negative", "C": "negative"})
        == "negative in B and C, and positive in A"
    )
    assert words.shared_out({"A": "falls", "B": "falls"}) == "falls in both"
    assert words.shared_out({"A": "falls"}) == "falls in A"


@pytest.mark.parametrize(
    ("pilot", "comparison", "text"), [(1, 2, "it also"), (1, -2, "by contrast, it"), (0, 0, "it also")]
)
def test_against(pilot, comparison, text):
    assert words.against(pilot, comparison, 1) == text


def test_alternative_text():
    text = words.journeys_alt("Pilot 2", "Comparison 2", words.month_name("2008-04"), words.month_name("2011-03"), -0.5)
    assert text == (
        "Line chart of new journeys by month in Pilot 2 and Comparison 2, April 2008 to March 2011, with the straight "
        "line fitted to Pilot 2, which falls."
    )


@given(st.dictionaries(st.sampled_from(LABELS), st.sampled_from(sorted(set(words.VERDICTS.values()))), min_size=1))
def test_every_site_is_named_once_in_any_verdict_sentence(said):
    sentence = words.verdict_sentence(said)
    assert all(sentence.count(label) == 1 for label in said)
    assert "  " not in sentence
    assert not sentence.endswith((".", ","))
