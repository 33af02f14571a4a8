"""Estimates from a few areas against other programs, published results, and arrangements counted in plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm, permutation_test, t
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from dscp.ledger import estimators
from dscp.ledger.estimators import DRAWS
from dscp.ledger.expressions import NotAllowedError
from dscp.ledger.formulas import recompute

PAIRS, SEED = 6, 1
# Trials of BCG vaccine, treated and control: cases, others (Colditz et al. 1994; dat.bcg of the R package metafor).
# What it finds for the log risk ratios: rma(measure = "RR", method = "PM", test = "knha").
BCG = """4 119 11 128; 6 300 29 274; 3 228 11 209; 62 13536 248 12619; 33 5036 47 5761; 180 1361 372 1079; 8 2537 10 619
505 87886 499 87892; 29 7470 45 7232; 17 1699 65 1600; 186 50448 141 27197; 5 2493 3 2338; 27 16886 29 17825"""
BCG_TAU2, BCG_MEAN, BCG_ERROR = 0.3181, -0.7150, 0.1809
# Kacker (2004), Metrologia 41, Table 1, first row: nine laboratories; tau by Paule and Mandel. Mean and tau squared:
# R's metafor, as stored with the tests of statsmodels (results_meta.exk1_metafor).
LABORATORIES = [61.00, 61.40, 62.21, 62.30, 62.34, 62.60, 62.70, 62.84, 65.90]
THEIR_VARIANCES = [0.2025, 1.2100, 0.0900, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]
KACKER_TAU, KACKER_TAU2, KACKER_MEAN = 0.8399, 0.705395309224248, 62.4076199113286


def bcg() -> tuple[np.ndarray, np.ndarray]:
    """Log risk ratios and their standard errors."""
    a, b, c, d = np.array([one.split() for one in BCG.replace("\n", ";").split(";")], float).T
    return np.log(a / (a + b) / (c / (c + d))), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def pooled(y: np.ndarray, s: np.ndarray) -> tuple[float, float, float]:
    """Variance between, weighted mean, and its Hartung-Knapp-Sidik-Jonkman error."""
    tau2 = estimators.paule_mandel(y, s)
    w = 1 / (s**2 + tau2)
    mean = (w * y).sum() / w.sum()
    return tau2, mean, math.sqrt((w * (y - mean) ** 2).sum() / ((len(y) - 1) * w.sum()))


@pytest.fixture
def areas() -> tuple[np.ndarray, ...]:
    """Changes of six pilots and six other areas, and the weights of both."""
    rng = np.random.default_rng(20120501)
    return *rng.normal(0, 3, (2, PAIRS)), *rng.uniform(100, 1500, (2, PAIRS))


def test_the_trials_of_bcg_vaccine():
    tau2, mean, error = pooled(*bcg())
    assert (round(tau2, 4), round(mean, 4), round(error, 4)) == (BCG_TAU2, BCG_MEAN, BCG_ERROR)


def test_nine_laboratories():
    tau2, mean, _ = pooled(np.array(LABORATORIES), np.sqrt(THEIR_VARIANCES))
    assert round(math.sqrt(tau2), 4) == KACKER_TAU
    assert (tau2, mean) == (pytest.approx(KACKER_TAU2, abs=1e-8), pytest.approx(KACKER_MEAN, abs=1e-8))


@pytest.mark.parametrize("number", [2, 3, 6, 40])
def test_pooling_agrees_with_another_program(number):
    rng = np.random.default_rng(number)
    y, s = rng.normal(1, 4, number), rng.uniform(0.5, 2, number)
    theirs = combine_effects(y, s**2, method_re="pm", use_t=True, atol=1e-13)
    tau2, mean, error = pooled(y, s)
    assert (tau2, mean) == (pytest.approx(theirs.tau2, abs=1e-9), pytest.approx(theirs.mean_effect_re, abs=1e-9))
    assert error == pytest.approx(theirs.sd_eff_w_re_hksj, abs=1e-9)


def test_the_root_is_a_root_and_follows_the_scale():
    y, s = bcg()
    tau2, mean, _ = pooled(y, s)
    w = 1 / (s**2 + tau2)
    assert (w * (y - mean) ** 2).sum() == pytest.approx(len(y) - 1, abs=1e-12)
    again, moved, _ = pooled(100 * y, 100 * s)
    assert (again, moved) == (pytest.approx(1e4 * tau2, rel=1e-12), pytest.approx(100 * mean, rel=1e-12))


@pytest.mark.parametrize("effects", [[2, 2, 2], [2, 2.1, 1.9]])
def test_pairs_that_differ_no_more_than_their_errors_have_no_variance_between_them(effects):
    assert estimators.paule_mandel(effects, [1, 1, 1]) == 0


def test_every_way_to_turn_signs_is_tried(areas):
    y = areas[0]
    ways = [np.mean(np.array(signs) * y) for signs in itertools.product([1, -1], repeat=PAIRS)]
    hits = sum(abs(way) >= abs(y.mean()) - 1e-9 for way in ways)
    assert len(ways) == 64 == len(estimators.all_signs(PAIRS, 10, SEED))
    assert estimators.sign_flip_p(y, SEED) * 64 == hits
    assert estimators.sign_flip_p(-y, SEED) == estimators.sign_flip_p(y, SEED)


def test_every_way_to_call_half_the_areas_pilots_is_tried(areas):
    p, o, *_ = areas
    both = np.concatenate([p, o])
    theirs = permutation_test((p, o), lambda a, b: a.mean() - b.mean(), n_resamples=np.inf, vectorized=False)
    assert len(estimators.all_choices(PAIRS, SEED)) == 924 == estimators.relabellings(PAIRS)
    assert {tuple(row) for row in estimators.all_choices(PAIRS, SEED)} == {
        tuple(1.0 if i in chosen else -1.0 for i in range(12)) for chosen in itertools.combinations(range(12), PAIRS)
    }
    found = estimators.permutation_p(p, o, SEED)
    assert found == pytest.approx(theirs.pvalue, abs=1e-12) and found * 924 == pytest.approx(round(found * 924))
    assert estimators.permutation_p(o, p, SEED) == found
    means = [both[list(c)].mean() * 2 - both.mean() * 2 for c in itertools.combinations(range(12), PAIRS)]
    assert estimators.relabelled_reach(p, o, SEED) == pytest.approx(max(means))
    assert estimators.relabelled_within(p, o, SEED, -0.5, 0.5) == sum(-0.5 <= one < 0.5 for one in means)


def clustered(p: np.ndarray, o: np.ndarray, bases: np.ndarray) -> tuple[float, np.ndarray, pd.DataFrame]:
    """|t| of pilot x post by weighted least squares of 24 rates; residuals without it; and the rows."""
    rows = pd.DataFrame({"area": np.repeat(np.arange(12), 2), "post": np.tile([0, 1], 12), "base": bases})
    rows["rate"] = np.repeat(np.linspace(20, 60, 12), 2) + rows["post"] * np.repeat(np.concatenate([p, o]), 2)
    design = pd.get_dummies(rows["area"]).astype(float).assign(post=rows["post"]).to_numpy()
    pilot = (rows["post"] * (rows["area"] < PAIRS)).to_numpy(float)
    null = WLS(rows["rate"], design, weights=rows["base"]).fit()
    rows["null"], rows["rest"] = null.fittedvalues, null.resid
    whole = np.column_stack([design, pilot])

    def t_of(rate: np.ndarray) -> float:
        kwds = {"groups": rows["area"], "use_correction": False}
        return abs(WLS(rate, whole, weights=rows["base"]).fit(cov_type="cluster", cov_kwds=kwds).tvalues.iloc[-1])

    return t_of(rows["rate"]), t_of, rows


def test_the_bootstrap_is_that_of_24_rates_in_another_program(areas):
    p, o, *_ = areas
    bases = np.random.default_rng(4).integers(80, 1500, 24).astype(float)
    observed, t_of, rows = clustered(p, o, bases)
    weights = (bases[::2] * bases[1::2] / (bases[::2] + bases[1::2])).reshape(2, PAIRS)
    ours = estimators._clustered_t(np.concatenate([p, o])[None, :], weights.ravel(), PAIRS)[0]
    assert ours == pytest.approx(observed, rel=1e-9)
    every = estimators.all_signs(12, 14, SEED)
    assert len(every) == 4096 and len({tuple(row) for row in every}) == 4096 and (every[0] == 1).all()
    changes = np.concatenate([p, o])
    rest = changes - weights.ravel() @ changes / weights.sum()
    tried = estimators._clustered_t(every * rest, weights.ravel(), PAIRS)
    for way in (0, 1, 77, 2048, 4095):
        rate = rows["null"] + rows["rest"] * np.repeat(every[way], 2)
        assert tried[way] == pytest.approx(t_of(rate), rel=1e-8)
    found = estimators.wild_bootstrap_p(p, o, *weights, SEED)
    assert found * 4096 == sum(one >= observed - 1e-9 for one in tried) >= 2
    assert tried == pytest.approx(estimators._clustered_t(-every * rest, weights.ravel(), PAIRS))
    assert estimators.wild_bootstrap_p(o, p, *weights[::-1], SEED) == found


@pytest.mark.parametrize("number", [2, 5, 17])
def test_corrections_of_a_family_agree_with_another_program(number):
    p = np.round(np.random.default_rng(number).uniform(0, 0.2, number), 2)  # with ties
    for ours, method in ((estimators.holm, "holm"), (estimators.benjamini_hochberg, "fdr_bh")):
        theirs = multipletests(p, method=method)[1]
        assert [ours(p, one) for one in p] == pytest.approx(list(theirs), abs=1e-12)


def test_quantiles_and_tails():
    assert estimators.student_quantile(0.975, 5) == pytest.approx(t.ppf(0.975, 5))
    assert estimators.student_tail(1.3, 5) == pytest.approx(t.sf(1.3, 5))
    assert estimators.chi_squared_quantile(0.025, 5) == pytest.approx(chi2.ppf(0.025, 5))
    assert estimators.logistic(math.log(0.3 / 0.7)) == pytest.approx(0.3)
    assert estimators.variance([1, 2, 4]) == pytest.approx(7 / 3)
    assert norm.sf(1) < estimators.student_tail(1, 5)


def test_many_pairs_are_drawn_with_the_seed_and_hold_the_observed_one():
    rng = np.random.default_rng(3)
    p, o, v, w = rng.normal(20, 1, 40), rng.normal(0, 1, 40), *rng.uniform(100, 900, (2, 40))
    least = 1 / (1 + DRAWS)
    assert estimators.sign_flip_p(p - o, SEED) == least == estimators.permutation_p(p, o, SEED)
    near, far = rng.normal(0, 1, 40), rng.normal(0.3, 1, 40)
    found = [estimators.permutation_p(near, far, seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2] and abs(found[0] - found[2]) < 0.02
    assert 0 < estimators.wild_bootstrap_p(near, far, v, w, SEED) <= 1
    assert estimators.relabellings(40) == 1 + DRAWS == len(estimators.all_choices(40, SEED))


@pytest.mark.parametrize(
    "formula",
    [
        "mean(y)", "variance(y)", "paule_mandel(y, y)", "sign_flip_p(y, seed)", "permutation_p(y, y, seed)",
        "wild_bootstrap_p(y, y, y, y, seed)", "relabelled_within(y, y, seed, 0, 1)", "relabelled_reach(y, y, seed)",
    ],
)  # fmt: skip
def test_one_pair_and_a_missing_value_leave_nothing_to_compute(formula):
    """With one input a list is still a list."""
    known = {"a": 1.0, "b": math.nan, "c": 2.0, "s": 7.0}
    for inputs in ("y=a seed=s", "y=a y=c y=b seed=s"):
        with pytest.raises(ValueError, match="at least 2 values are needed, and none may be missing"):
            recompute({"formula": formula, "inputs": inputs}, known)


@pytest.mark.parametrize("formula", ["holm(y, a)", "benjamini_hochberg(y, a)", "number_below(y, s)"])
def test_a_family_of_one_is_as_it_is_and_a_missing_value_leaves_nothing(formula):
    known = {"a": 0.04, "b": math.nan, "s": 0.05}
    expected = 1 if "below" in formula else 0.04
    assert recompute({"formula": formula, "inputs": "y=a a=a s=s"}, known) == expected
    with pytest.raises(ValueError, match="none may be missing"):
        recompute({"formula": formula, "inputs": "y=a y=b a=a s=s"}, known)


def test_a_formula_gives_lists_where_lists_are_taken():
    known = {"a": 1.0, "b": 4.0, "s": 7.0}
    row = {"formula": "paule_mandel((2 * x for x in y), s)", "inputs": "y=a y=b s=a s=a"}
    assert recompute(row, known) == estimators.paule_mandel([2, 8], [1, 1])
    for formula in ("mean(1)", "holm(y, y)", "holm(y)", "paule_mandel(y)", "mean(y, y)", "logistic((x for x in y))"):
        with pytest.raises(NotAllowedError):
            recompute({"formula": formula, "inputs": "y=a y=b"}, known)
