"""How the benefit moves with each assumption, and the intervals of the differences, against slow or worked values."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from benefits import DID_USED
from dscp.ledger.formulas import annuity, normal_quantile
from dscp.ledger.rows import numbers
from dscp.measures.registry import MEASURES
from impact import CONFIDENCE, intervals_of
from ledger_checks import assert_closed
from sensitivity import sensitivity
from valued import DEFAULT, GIVEN, SITES, small_study, values_of

RANGES = {
    "discount_rate": {"low": 0.015, "high": 0.055},
    "recovery_probability": {"low": 0.41, "high": 0.53},
    "treatment_years": {"low": 2, "high": 6},
    "recovery_years": {"low": 4, "high": 12},
}
AS_ESTIMATED = {"discount_rate": 0.035, "recovery_probability": 0.457037, "treatment_years": 4, "recovery_years": 8}


def whole(
    ranges: dict | None = None,
    method: str = "as_published",
    given: dict | None = None,
    leaves_out: bool = True,
    published: bool = True,
) -> list[pd.DataFrame]:
    """All ledger rows of a small study."""
    economics = {**DEFAULT, "method": method, "sensitivity": ranges or RANGES}
    parts = small_study(economics, GIVEN if given is None else given)
    return [*parts, *sensitivity(values_of(parts), SITES, leaves_out, published)]


def test_only_a_reference_run_sets_the_published_method_beside_the_corrected_one():
    of = {published: set(values_of(whole(method="corrected", published=published))) for published in (True, False)}
    assert of[True] - of[False] == {f"sensitivity.total.method.{method}" for method in ("as_published", "corrected")}
    assert of[False] < of[True]


@cache
def values_by(method: str = "as_published") -> dict[str, float]:
    """Id -> value of that study."""
    return values_of(whole(method=method))


def worked(discount_rate: float, recovery_probability: float, treatment_years: int, recovery_years: int) -> tuple:
    """The two unit values, year by year."""
    treated = sum(12_040 / (1 + discount_rate) ** t for t in range(1, treatment_years + 1))
    later = range(treatment_years + 1, treatment_years + recovery_years + 1)
    return treated, treated + recovery_probability * sum(55_127 / (1 + discount_rate) ** t for t in later)


@pytest.mark.parametrize("assumption", list(RANGES))
@pytest.mark.parametrize("end", ["low", "high"])
def test_an_assumption_moves_the_values_as_the_model_says(assumption, end):
    values = values_by()
    base = worked(**AS_ESTIMATED)
    other = worked(**{**AS_ESTIMATED, assumption: RANGES[assumption][end]})
    treated = sum(values[f"benefit.effective_treatment.{site}"] for site in SITES)
    completed = sum(values[f"benefit.completions.{site}"] for site in SITES)
    expected = treated * other[0] / base[0] + completed * other[1] / base[1]
    assert values[f"sensitivity.total.{assumption}.{end}"] == pytest.approx(expected, rel=1e-12)
    assert values[f"sensitivity.total.{assumption}.{end}"] != pytest.approx(values["sensitivity.total.base"], rel=1e-3)


@pytest.mark.parametrize("assumption", list(RANGES))
def test_how_much_hangs_on_an_assumption_is_its_wider_end(assumption):
    values = values_by()
    base = values["sensitivity.total.base"]
    moved = [abs(values[f"sensitivity.total.{assumption}.{end}"] - base) for end in ("low", "high")]
    assert values[f"sensitivity.swing.{assumption}"] == pytest.approx(100 * max(moved) / abs(base), rel=1e-12)
    assert moved[0] != pytest.approx(moved[1], rel=1e-3)


def test_an_assumption_that_is_not_changed_changes_nothing():
    values = values_of(whole({name: {"low": value, "high": value} for name, value in AS_ESTIMATED.items()}))
    for assumption in AS_ESTIMATED:
        assert values[f"sensitivity.total.{assumption}.low"] == pytest.approx(
            values["sensitivity.total.base"], rel=1e-12
        )


def test_the_middle_is_the_benefit_as_printed():
    values = values_by()
    assert values["sensitivity.total.base"] == sum(values[f"benefit.total.{site}"] for site in SITES)
    assert values["sensitivity.total.benefit_share"] == 0.5 * values["sensitivity.total.base"]


def test_the_models_own_variants_change_completions_only():
    values = values_by()
    completed = sum(values[f"benefit.completions.{site}"] for site in SITES)
    for variant, name in (("harm_fades", "sensitivity_decay"), ("harm_falls", "sensitivity_decline")):
        share = values[f"unit_value.{name}"] / values["unit_value.expected_value.pv"]
        moved = values[f"sensitivity.total.{variant}"] - values["sensitivity.total.base"]
        assert moved == pytest.approx(completed * (share - 1), rel=1e-9)


def test_sites_are_independent_in_the_interval_of_an_effect():
    """Standard error 44,244 x sqrt((.0109 x 3,169)^2 + (.0098 x 1,791)^2) = 1,714,261; 1.959964 of it each way."""
    values = values_by()
    se = 44_244 * math.hypot(0.0109 * 3169, 0.0098 * 1791)
    reach = values["sensitivity.total.effect_effective_treatment.high"] - values["sensitivity.total.base"]
    assert reach == pytest.approx(1.959963984540054 * se, rel=1e-9)
    low = values["sensitivity.total.effect_effective_treatment.low"]
    assert values["sensitivity.total.base"] - low == pytest.approx(reach, rel=1e-12)


def cells_of(site: int) -> list[tuple[float, float, float]]:
    """Base, those in effective treatment and those who completed, of each area and period."""
    places = [f"{arm}_{site}.{period}" for arm in ("pilot", "comparison") for period in ("pre", "post")]
    names = ("effective_treatment.base", "effective_treatment.count", "successful_completion.count")
    return [tuple(GIVEN[f"{name}.{place}"] for name in names) for place in places]


@pytest.mark.parametrize("site", [2, 3])
def test_two_differences_move_together_as_clients_in_a_row_do(site):
    """All who completed are among those in effective treatment: the covariance of the two means, cell by cell."""
    expected = 0.0
    for base, treated, completed in cells_of(site):
        one, other = (np.arange(base) < number for number in (treated, completed))
        expected += np.cov(one, other, ddof=0)[0, 1] / base
    assert values_by()[f"sensitivity.covariance.site_{site}"] == pytest.approx(1e4 * expected, rel=1e-9)


def test_the_interval_of_both_effects_is_that_of_their_sum():
    """Pounds: the values of a client and their covariances as a matrix, sites independent."""
    values, variance = values_by(), 0.0
    for site in (2, 3):
        worth = np.array([values["unit_value.effective_treatment"], values["unit_value.completion"]])
        s = [values[f"{name}.did_se.site_{site}"] for name in ("effective_treatment", "completion_of_treated")]
        covariance = values[f"sensitivity.covariance.site_{site}"]
        matrix = np.array([[s[0] ** 2, covariance], [covariance, s[1] ** 2]])
        own = (cells_of(site)[1][0] / 100) ** 2 * worth @ matrix @ worth
        assert values[f"sensitivity.joint_se.site_{site}"] == pytest.approx(math.sqrt(own), rel=1e-9)
        variance += own
    reach = values["sensitivity.total.effect_both.high"] - values["sensitivity.total.base"]
    assert reach == pytest.approx(1.959963984540054 * math.sqrt(variance), rel=1e-9)
    low = values["sensitivity.total.effect_both.low"]
    assert values["sensitivity.total.base"] - low == pytest.approx(reach, rel=1e-9)


@pytest.mark.parametrize("method", DID_USED)
def test_benefits_by_either_method_do_not_depend_on_the_config(method):
    values = {one: values_by(one) for one in DID_USED}
    for site in SITES:
        assert values[method][f"benefit.total.{site}"] == values[method][f"benefit.total_{method}.{site}"]
        either = {values[one][f"benefit.total_{method}.{site}"] for one in DID_USED}
        assert len(either) == 1


@pytest.mark.parametrize("method", DID_USED)
def test_every_formula_gives_the_stored_value(method):
    assert_closed(pd.concat(whole(method=method), ignore_index=True))


def test_a_site_without_a_benefit_is_left_out_and_the_note_says_so():
    rows = pd.concat(whole(given={**GIVEN, "effective_treatment.did.site_3": math.nan}), ignore_index=True)
    values = rows.set_index("id")["value"]
    assert values["sensitivity.total.base"] == values["benefit.total.site_2"]
    notes = rows.loc[rows["id"].str.startswith("sensitivity."), "note"]
    assert set(notes) == {"without 1 of the 2 sites, whose benefit could not be computed"}


def test_under_a_policy_what_totals_rest_on_does_not_tell_whose_benefit_could_not_be_computed():
    """Nobody in the base of a site, or a few: the same inputs, and a total of all sites or none."""
    given = {**GIVEN, "effective_treatment.did.site_3": math.nan}
    some, none = (pd.concat(whole(given=one, leaves_out=False), ignore_index=True) for one in (GIVEN, given))
    told = ["id", "formula", "inputs"]
    assert some[told].equals(none[told])
    assert math.isnan(none.set_index("id").loc["sensitivity.total.base", "value"])
    assert not none["note"].str.contains("without").any()


def test_intervals_reach_so_many_standard_errors():
    """3.58 points, standard error 0.98: 1.96 x 0.98 = 1.92, from 1.66 to 5.50 at 95 per cent; 1.97 to 5.19 at 90."""
    pairs = pd.DataFrame([{"site": "site_3"}])
    for confidence, ends in ((0.95, [1.6592, 5.5008]), (0.90, [1.9680, 5.1920])):
        values = {"prison_pickup.did_mid.site_3": 3.58, "prison_pickup.did_se.site_3": 0.98, CONFIDENCE: confidence}
        values["prison_pickup.did_added.site_3"] = 0.0
        rows = pd.concat(intervals_of(MEASURES["prison_pickup"], pairs, values))
        assert rows["value"].tolist() == pytest.approx(ends, abs=1e-4)


def test_annuity_and_quantile():
    assert annuity(0.035, 4) == pytest.approx(3.6730792, abs=5e-8)
    assert annuity(0.0, 4) == 4
    assert normal_quantile(0.975) == pytest.approx(1.959964, abs=1e-6)


def test_settings_are_named_by_their_path():
    found = dict(numbers({"economics": {"sensitivity": RANGES}}))
    assert found["setting.economics.sensitivity.treatment_years.high"] == 6
