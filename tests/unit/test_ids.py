"""Ids are made in one place; what they are made of stands in the row."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dscp.ledger.ids import dims_of, dims_text, general, identifier, shapes
from thorough import drawn

WORD = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)


def row(made) -> dict:
    return {"id": str(made), "dims": dims_text(made.dims), "family": made.family}


def test_an_id_knows_what_it_is_made_of():
    made = identifier("success.rate.{area}.{period}", area="pilot_3", period="pre", other="x")
    assert made == "success.rate.pilot_3.pre"
    assert made.family == "success"
    assert made.dims == {"area": "pilot_3", "period": "pre"}
    assert dims_of(row(made)) == made.dims


def test_a_word_may_be_part_plain():
    made = identifier("unit_value.cost.year_{year}", year=3)
    assert row(made) == {"id": "unit_value.cost.year_3", "dims": "year=year_3", "family": "unit_value"}
    assert general(row(made)) == "unit_value.cost.{year}"


@pytest.mark.parametrize(
    ("pattern", "values"),
    [("a.{x}_{y}", {"x": "1", "y": "2"}), ("a.{x}", {"x": "two words"}), ("a.{x}", {"x": "b=c"}), ("a b", {})],
)
def test_what_would_break_an_id_is_refused(pattern, values):
    with pytest.raises(ValueError, match="no id can be made of"):
        identifier(pattern, **values)


@settings(derandomize=True, deadline=None, max_examples=drawn(300), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(WORD, st.booleans()), min_size=1, max_size=6), st.data())
def test_the_pattern_is_found_again(words, data):
    """Whatever the values, even where they read like the plain words; some have dots in them."""
    names = [f"n{position}" for position, (_, plain) in enumerate(words) if not plain]
    pattern = ".".join(["family", *(word if plain else f"{{n{i}}}" for i, (word, plain) in enumerate(words))])
    values = {name: data.draw(st.one_of(WORD, st.just("7_10.site_5"))) for name in names}
    made = identifier(pattern, **values)
    again = general(row(made))
    assert identifier(again, **values) == made
    assert again.count("{") == len(names)


def test_rows_of_a_pattern():
    made = [identifier("a.base.{area}", area=area) for area in ("x", "y")] + [identifier("a.total")]
    assert shapes({str(one): row(one) for one in made}) == {
        "a.base.{area}": ["a.base.x", "a.base.y"],
        "a.total": ["a.total"],
    }
