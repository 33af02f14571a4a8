"""Rates, changes, differences and their intervals by hand, apart from the rule: four counts of two areas."""

from __future__ import annotations

import math
from statistics import NormalDist

import pandas as pd
import pytest

from dscp.measures.registry import MEASURES
from impact import changes_of, counts_of, differences_of, intervals_of, unadjusted_of

COUNTS = {
    ("pilot", "pre"): (40, 160),
    ("pilot", "post"): (77, 220),
    ("comparison", "pre"): (90, 300),
    ("comparison", "post"): (63, 250),
}


@pytest.fixture(scope="module")
def found() -> dict[str, float]:
    measure = MEASURES["community_triage"]
    values = {"setting.models.confidence": 0.9}
    for (arm, period), (count, base) in COUNTS.items():
        values |= {f"community_triage.count.{arm}_5.{period}": count, f"community_triage.base.{arm}_5.{period}": base}
    places = pd.DataFrame([(f"{arm}_5", period) for arm, period in COUNTS], columns=["area", "period"])
    pairs = pd.DataFrame([("site_5", "pilot_5", "comparison_5")], columns=["site", "pilot", "comparison"])
    counts_of(measure, places, values)
    changes_of(measure, places, values)
    for make in (differences_of, unadjusted_of, intervals_of):
        make(measure, pairs, values)
    return {name.removeprefix("community_triage."): value for name, value in values.items()}


def test_rates_and_changes_are_those_of_their_own_area_and_period(found):
    for (arm, period), (count, base) in COUNTS.items():
        assert found[f"rate.{arm}_5.{period}"] == pytest.approx(count / base * 100)
    assert found["change.pilot_5"] == pytest.approx(35 - 25)
    assert found["change.comparison_5"] == pytest.approx(25.2 - 30)


def test_the_difference_is_the_pilot_s_change_beyond_the_other(found):
    assert found["did.site_5"] == pytest.approx(14.8)


def test_the_interval_lies_around_the_difference(found):
    variance = sum(count / base * (1 - count / base) / base for count, base in COUNTS.values())
    error, z = 100 * math.sqrt(variance), NormalDist().inv_cdf(0.95)
    assert found["did_se.site_5"] == pytest.approx(error)
    assert found["did_low.site_5"] == pytest.approx(14.8 - z * error)
    assert found["did_high.site_5"] == pytest.approx(14.8 + z * error)


def test_both_tests_are_two_sided(found):
    odds = {cell: count / (base - count) for cell, (count, base) in COUNTS.items()}
    up = odds["pilot", "post"] / odds["pilot", "pre"] / (odds["comparison", "post"] / odds["comparison", "pre"])
    error = math.sqrt(sum(1 / count + 1 / (base - count) for count, base in COUNTS.values()))
    assert found["log_odds_did.site_5"] == pytest.approx(math.log(up))
    assert found["p_unadjusted.site_5"] == pytest.approx(2 * (1 - NormalDist().cdf(abs(math.log(up)) / error)))
    assert found["p_difference.site_5"] == pytest.approx(2 * (1 - NormalDist().cdf(14.8 / found["did_se.site_5"])))
    assert found["p.site_5"] == found["p_unadjusted.site_5"]
