"""Expectations over what is not known, against formulas, a normal table, scipy's distributions and random draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from dscp.ledger import worth

CHANCE, TREATMENT, RECOVERY = [0.41, 0.457037, 0.53], [2, 4, 6], [4, 8, 12]
SAVING, HARM = [12_040, 0.5], [55_127, 0.25]
EFFECTS, VARIANCES, RATE, COST = [64.2, 90.6], [309.0, 52.0, 836.0], 0.035, 184_939.0
GIVEN = (CHANCE, TREATMENT, RECOVERY, SAVING, HARM, EFFECTS, VARIANCES, RATE, 0.0, COST)
SURE = ([0.457037] * 3, [4] * 3, [8] * 3, [12_040, 0], [55_127, 0])
FUNCTIONS = (worth.expected_value, worth.expected_sd, worth.expected_share, worth.expected_gain)


def test_the_points_are_those_of_sobol_and_none_is_at_the_edge():
    found = worth.points()
    assert found.shape == (1024, 5)
    assert (found > 0).all() and (found < 1).all()
    for column in found.T:  # one in each of 1,024 equal parts
        assert sorted((column * 1024).astype(int)) == list(range(1024))


@pytest.mark.parametrize(("low", "base", "high"), [(2, 4, 6), (2, 2, 6), (2, 6, 6), (0.41, 0.457037, 0.53)])
def test_triangular_values_are_scipys(low, base, high):
    share = np.linspace(0.001, 0.999, 57)
    expected = stats.triang((base - low) / (high - low), low, high - low).ppf(share)
    assert worth.triangular(share, low, base, high) == pytest.approx(expected, rel=1e-12)


def test_gamma_values_are_scipys_and_have_the_mean_and_variation():
    share = np.linspace(0.001, 0.999, 57)
    expected = stats.gamma(4, scale=12_040 / 4).ppf(share)
    assert worth.gamma(share, 12_040, 0.5) == pytest.approx(expected, rel=1e-9)
    found = stats.gamma(4, scale=12_040 / 4)
    assert (found.mean(), found.std()) == (pytest.approx(12_040), pytest.approx(6_020))


def test_years_in_whole_are_the_annuity_of_the_report():
    from dscp.ledger.formulas import annuity

    assert worth.present_value(0.035, np.array([4.0, 12.0])) == pytest.approx([annuity(0.035, 4), annuity(0.035, 12)])
    assert worth.present_value(0.0, np.array([4.5])).tolist() == [4.5]


def test_linear_in_one_unknown_that_is_symmetric_the_mean_is_the_formula_at_the_mean():
    given = ([0.4, 0.45, 0.5], *SURE[1:], EFFECTS, VARIANCES, RATE, 0.0, COST)
    at_mean = ([0.45] * 3, *given[1:])
    assert worth.expected_value(*given) == pytest.approx(worth.expected_value(*at_mean), rel=1e-9)
    assert worth.expected_sd(*given) > worth.expected_sd(*at_mean)


def test_with_nothing_uncertain_but_the_effects_it_is_the_normal_distribution():
    a4, a12 = (sum(1.035**-year for year in range(1, years + 1)) for years in (4, 12))
    v = 12_040 * a4
    w = v + 0.457037 * 55_127 * (a12 - a4)
    mean, error = EFFECTS[0] * v + EFFECTS[1] * w, math.sqrt(309 * v**2 + 2 * 52 * v * w + 836 * w**2)
    given = (*SURE, EFFECTS, VARIANCES, RATE, 0.0, 20e6)
    u = (mean - 20e6) / error
    gain = (mean - 20e6) * stats.norm.cdf(u) + error * stats.norm.pdf(u) - max(0, mean - 20e6)
    expected = [mean, error, stats.norm.cdf(u), gain]
    assert [function(*given) for function in FUNCTIONS] == pytest.approx(expected, rel=1e-9)


def test_with_nothing_uncertain_at_all_it_is_known():
    given = (*SURE, EFFECTS, [0, 0, 0], RATE, 0.0)
    assert [function(*given, COST) for function in FUNCTIONS[1:]] == [0, 1, 0]
    assert [function(*given, 1e9) for function in FUNCTIONS[1:]] == [0, 0, 0]


def drawn(rng: np.random.Generator, number: int) -> np.ndarray:
    """Benefits by random draws of everything, the effects too."""

    def triangular(low: float, base: float, high: float) -> np.ndarray:
        return rng.triangular(low, base, high, number)

    years, later = triangular(*TREATMENT), triangular(*RECOVERY)
    saving, harm = (rng.gamma(cv**-2, mean * cv**2, number) for mean, cv in (SAVING, HARM))
    a, b = ((1 - (1 + RATE) ** -n) / RATE for n in (years, years + later))
    v = saving * a
    w = v + triangular(*CHANCE) * harm * (b - a)
    matrix = [[VARIANCES[0], VARIANCES[1]], [VARIANCES[1], VARIANCES[2]]]
    effects = rng.multivariate_normal(EFFECTS, matrix, number)
    return effects[:, 0] * v + effects[:, 1] * w


def test_random_draws_agree_within_three_standard_errors():
    number, cost = 20_000, 20e6
    found = drawn(np.random.default_rng(20120501), number)
    given = (*GIVEN[:-1], cost)
    assert worth.expected_value(*given) == pytest.approx(found.mean(), abs=3 * found.std() / math.sqrt(number))
    far = (found - found.mean()) ** 2
    spread = far.std() / math.sqrt(number) / (2 * found.std())
    assert worth.expected_sd(*given) == pytest.approx(found.std(), abs=3 * spread)
    pays = found > cost
    assert worth.expected_share(*given) == pytest.approx(pays.mean(), abs=3 * pays.std() / math.sqrt(number))
    gains = np.maximum(found - cost, 0)
    known = gains.mean() - max(0, found.mean() - cost)
    assert worth.expected_gain(*given) == pytest.approx(known, abs=3 * gains.std() / math.sqrt(number))


@pytest.mark.parametrize("cost", [0.0, 1e6, 20e6, 1e9])
def test_knowing_is_never_worth_less_than_nothing(cost):
    assert worth.expected_gain(*GIVEN[:-1], cost) >= 0


def test_a_missing_value_or_a_base_beyond_its_ends_leaves_nothing_to_compute():
    for number, one in enumerate(GIVEN):
        gone = [math.nan, *one[1:]] if isinstance(one, list) else math.nan
        with pytest.raises(ValueError, match=r"missing|between"):
            worth.expected_share(*GIVEN[:number], gone, *GIVEN[number + 1 :])
    with pytest.raises(ValueError, match="between"):
        worth.expected_share([0.41, 0.6, 0.53], *GIVEN[1:])
