"""The logistic models against R's glm (stored with its script), and what is said where nothing can be fitted.

The stored values come from tests/oracle/make_oracle.py; R is not needed here.
"""

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.discrete.discrete_model import Logit

from dscp.measures.models import Interaction, design_matrix, fit_interaction, with_age
from dscp.measures.registry import MEASURES
from impact import CELLS, adjusted_of, changes_of, counts_of, differences_of, model_rows, unadjusted_of
from thorough import drawn

ORACLE = Path(__file__).parent
PLAN = pd.read_csv(ORACLE / "plan.csv", keep_default_na=False).set_index("dataset")
TERMS = pd.read_csv(ORACLE / "glm_terms.csv")
MODELS = pd.read_csv(ORACLE / "glm_models.csv").set_index("dataset")
WHOLE = PLAN.index.drop("decided_category").tolist()  # there R's coefficient is infinite, and ours left out

# Newton's last step is below 1e-10 in every coefficient and convergence is quadratic, so what remains is rounding: the
# condition of the information matrix (up to 1e4) times 1e-16. Seen: 2e-12. Anything above the stop rule would be a
# difference in the model, not in the arithmetic.
AGREEMENT = 1e-10


def rows_of(dataset: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows and covariates of a stored model, in the types of production."""
    plan = PLAN.loc[dataset]
    frame = pd.read_csv(ORACLE / f"{plan['file']}.csv", keep_default_na=False)
    if plan["without"]:
        name, level = plan["without"].split("=")
        frame = frame[frame[name] != level]
    return frame.astype({"pilot": bool, "post": bool, "outcome": bool}), plan["covariates"].split()


def terms_of(dataset: str) -> pd.DataFrame:
    """What R says about every term."""
    return TERMS[TERMS["dataset"] == dataset].set_index("term")


def cells(*counts: tuple[int, int], **covariates) -> pd.DataFrame:
    """Rows of (successes, failures) in the order of CELLS; a covariate is a function of the row's number."""
    rows = [
        {"pilot": arm == "pilot", "post": period == "post", "outcome": outcome}
        for (arm, period), (yes, no) in zip(CELLS, counts, strict=True)
        for outcome in [True] * yes + [False] * no
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(**{name: [make(i) for i in range(len(frame))] for name, make in covariates.items()})


PLAIN = [(30, 20), (25, 35), (22, 28), (31, 24)]


def is_nothing(fit: Interaction) -> bool:
    """Whether no number at all is given."""
    numbers = (
        fit.p,
        fit.odds_ratio,
        fit.odds_ratio_low,
        fit.odds_ratio_high,
        fit.effect,
        fit.effect_low,
        fit.effect_high,
    )
    return all(math.isnan(number) for number in numbers)


def but_for_effect(fit: Interaction) -> Interaction:
    """What a fit says but for the effect, a mean over rows that the model leaves out, too."""
    return replace(fit, notes=(), effect=0, effect_low=0, effect_high=0)


def test_stored_values_belong_to_the_stored_data_and_script():
    stored = json.loads((ORACLE / "provenance.json").read_text(encoding="utf-8"))
    assert stored["r"].startswith("R version ")
    for name, digest in stored["sha256"].items():
        assert hashlib.sha256((ORACLE / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("dataset", WHOLE)
def test_every_coefficient_error_and_p_equals_r(dataset):
    frame, covariates = rows_of(dataset)
    design = design_matrix(frame, covariates)
    fit = Logit(design.y, design.x).fit(method="newton", maxiter=100, tol=1e-10, disp=0)
    theirs = terms_of(dataset)
    assert design.terms == theirs.index.tolist()
    for ours, column in [(fit.params, "coefficient"), (fit.bse, "se"), (fit.tvalues, "z"), (fit.pvalues, "p")]:
        np.testing.assert_allclose(ours, theirs[column], rtol=AGREEMENT, err_msg=column)


@pytest.mark.parametrize("dataset", WHOLE)
def test_interaction_odds_ratio_and_effect_equal_r(dataset):
    fit = fit_interaction(*rows_of(dataset))
    theirs = MODELS.loc[dataset]
    assert fit.rows == theirs["rows"]
    assert fit.notes == ()
    assert fit.p == pytest.approx(terms_of(dataset).loc["pilot:post", "p"], rel=AGREEMENT)
    for name in ("odds_ratio", "odds_ratio_low", "odds_ratio_high", "effect", "effect_low", "effect_high"):
        assert getattr(fit, name) == pytest.approx(theirs[name], rel=AGREEMENT), name


def test_category_with_one_outcome_is_left_out_as_r_fits_without_it():
    fit, without = (fit_interaction(*rows_of(f"decided_category{which}")) for which in ("", "_left_out"))
    assert fit.notes[0] == "ethnicity (Asian): all have the same outcome, left out of the model"
    assert but_for_effect(fit) == but_for_effect(without)
    assert fit.p == pytest.approx(terms_of("decided_category_left_out").loc["pilot:post", "p"], rel=AGREEMENT)


def test_category_with_one_outcome_is_what_the_full_fit_tends_to():
    """R fits the category with a coefficient that grows until rounding stops it (at about 30); the others stand."""
    fit, limit = fit_interaction(*rows_of("decided_category")), terms_of("decided_category").loc["pilot:post"]
    assert abs(terms_of("decided_category").loc["ethnicity=white", "coefficient"]) > 25
    assert math.log(fit.odds_ratio) == pytest.approx(limit["coefficient"], rel=1e-9)  # e^-25 is 1e-11
    assert fit.p == pytest.approx(limit["p"], rel=1e-9)
    # R's mean is over all treated, those of the category too. Its interval is blurred by the endless coefficient.
    assert fit.effect == pytest.approx(MODELS.loc["decided_category", "effect"], rel=1e-9)
    without = MODELS.loc["decided_category_left_out"]
    for name in ("effect_low", "effect_high"):
        assert getattr(fit, name) == pytest.approx(without[name] * fit.effect / without["effect"], rel=1e-9), name


def test_effect_is_the_mean_over_all_treated():
    """Of 60 treated, 20 are in a category that decides the outcome: 40 x (30/40 - 1/2) / 60 = 16.7 points, not 25.

    With rates of one half in the other three cells, the probability without pilot x post is one half.
    """
    plain, decided = cells((30, 10), (20, 20), (20, 20), (20, 20)), cells((20, 0), (0, 0), (0, 0), (0, 0))
    frame = pd.concat([plain.assign(ethnicity="white"), decided.assign(ethnicity="asian")], ignore_index=True)
    fit = fit_interaction(frame, ["ethnicity"])
    assert fit.effect == pytest.approx(100 * 40 * (30 / 40 - 1 / 2) / 60, rel=1e-9)
    assert "20 of the 60 treated are left out, and enter the mean effect as 0" in fit.notes
    kept = fit_interaction(plain, [])
    assert fit.effect_high - fit.effect_low == pytest.approx((kept.effect_high - kept.effect_low) * 40 / 60, rel=1e-9)
    weighed = fit_interaction(frame, ["ethnicity"], weights=np.where(frame["ethnicity"] == "asian", 3.0, 1.0))
    assert weighed.effect == pytest.approx(100 * 40 * (30 / 40 - 1 / 2) / 100, rel=1e-8)


def test_leaving_out_one_category_may_decide_another():
    frame = cells(*PLAIN, ethnicity=lambda i: "white", sex=lambda i: "M")
    lost, kept = frame.index[frame["outcome"]][:5], frame.index[~frame["outcome"]][:3]
    frame.loc[lost, ["ethnicity", "sex"]] = ["asian", "F"]
    frame.loc[kept, "sex"] = "F"
    fit = fit_interaction(frame, ["sex", "ethnicity"])
    assert fit.notes == (
        "ethnicity (Asian): all have the same outcome, left out of the model",
        "sex (female): all have the same outcome, left out of the model",
        "sex has a single level, left out of the model",
        "ethnicity has a single level, left out of the model",
        "8 of the 50 treated are left out, and enter the mean effect as 0",
    )
    assert but_for_effect(fit) == but_for_effect(fit_interaction(frame.drop([*lost, *kept]), []))


@pytest.mark.parametrize(
    ("empty", "words"),
    [
        ([(0, 20), *PLAIN[1:]], "no successful rows in the pilot area, post period"),
        ([PLAIN[0], (25, 0), *PLAIN[2:]], "no unsuccessful rows in the pilot area, pre period"),
        ([*PLAIN[:2], (0, 9), PLAIN[3]], "no successful rows in the comparison area, post period"),
        ([*PLAIN[:3], (7, 0)], "no unsuccessful rows in the comparison area, pre period"),
    ],
)
def test_empty_cell_gives_no_number_and_names_the_cell(empty, words):
    fit = fit_interaction(cells(*empty), [])
    assert is_nothing(fit)
    assert fit.notes == (f"not estimable: {words}",)


def test_area_without_a_row_is_named():
    fit = fit_interaction(cells((0, 0), *PLAIN[1:]), [])
    assert fit.notes == ("not estimable: no rows in the pilot area, post period",)


def test_every_empty_cell_is_named_in_one_note():
    fit = fit_interaction(cells((0, 20), (0, 9), *PLAIN[2:]), [])
    pre, post = (f"no successful rows in the pilot area, {period} period" for period in ("pre", "post"))
    assert fit.notes == (f"not estimable: {pre}; {post}",)


def test_no_rows_at_all_give_no_number():
    fit = fit_interaction(cells(*PLAIN, sex=lambda i: "M").iloc[:0], ["sex"])
    assert is_nothing(fit)
    assert fit.notes[0].count("no rows in the") == 4


def test_cell_that_empties_when_a_category_is_left_out_gives_no_number():
    frame = cells((3, 20), *PLAIN[1:], ethnicity=lambda i: "asian" if i < 3 else "white")
    fit = fit_interaction(frame, ["ethnicity"])
    assert is_nothing(fit)
    assert fit.notes[0] == "ethnicity (Asian): all have the same outcome, left out of the model"
    assert fit.notes[-1] == "not estimable: no successful rows in the pilot area, post period"


def test_covariate_with_one_level_changes_nothing_and_is_named():
    frame = cells(*PLAIN, sex=lambda i: "M", age=lambda i: 40, cannabis=lambda i: "yes" if i % 3 else "no")
    fit = fit_interaction(frame, ["age", "sex", "cannabis"])
    assert fit.notes == (
        "age has a single value, left out of the model",
        "sex has a single level, left out of the model",
    )
    assert replace(fit, notes=()) == fit_interaction(frame, ["cannabis"])


def test_age_that_nobody_has_is_named():
    frame = cells(*PLAIN, age=lambda i: math.nan)
    fit = fit_interaction(frame, ["age"])
    assert fit.notes == ("age is never known, left out of the model",)
    assert replace(fit, notes=()) == fit_interaction(frame, [])


def test_covariates_that_repeat_each_other_enter_once():
    frame = cells(*PLAIN, cannabis=lambda i: ("yes", "no", "missing")[i % 3])
    twice = frame.assign(stimulants=frame["cannabis"], age=np.where(frame["cannabis"] == "yes", 40.0, 20.0))
    ours, alone = fit_interaction(twice, ["cannabis", "stimulants", "age"]), fit_interaction(frame, ["cannabis"])
    assert design_matrix(twice, ["cannabis", "stimulants", "age"]).terms == design_matrix(frame, ["cannabis"]).terms
    assert replace(ours, remarks=()) == alone


def test_covariate_that_decides_every_outcome_gives_no_number():
    frame = cells(*PLAIN)
    fit = fit_interaction(frame.assign(sex=np.where(frame["outcome"], "F", "M"), age=range(len(frame))), ["sex", "age"])
    assert is_nothing(fit)
    assert fit.notes[0] == "sex (female): all have the same outcome, left out of the model"
    assert fit.notes[2].startswith("not estimable: no rows in the pilot area, pre period; no rows in the")


def test_age_that_decides_every_outcome_gives_no_number():
    frame = cells(*PLAIN)
    ages = np.where(frame["outcome"], 50, 20) + np.arange(len(frame)) % 10
    fit = fit_interaction(frame.assign(age=ages), ["age"])
    assert is_nothing(fit)
    assert "separate" in fit.notes[-1]


def test_age_that_decides_all_but_one_age_gives_no_number():
    """Wide apart, the ages need only a small coefficient to separate: it is their span that is looked at."""
    frame = cells(*PLAIN)
    ages = np.where(frame["outcome"], 70, 20)
    ages[::4] = 45
    fit = fit_interaction(frame.assign(age=ages), ["age"])
    assert is_nothing(fit)
    assert "do not settle" in fit.notes[-1]


def test_covariates_that_separate_together_give_no_number():
    """Each level is mixed, but two risks together always fail and none together always succeed."""
    risks = cells(*[(40, 40)] * 4, one=lambda i: "yes" if i % 2 else "no", two=lambda i: "yes" if i // 2 % 2 else "no")
    both, none = (
        (risks["one"] == risks["two"]) & (risks["one"] == "yes"),
        (risks["one"] == risks["two"]) & (risks["one"] == "no"),
    )
    risks["outcome"] = (risks["outcome"] | none) & ~both
    fit = fit_interaction(risks, ["one", "two"])
    assert is_nothing(fit)
    assert "do not settle" in fit.notes[-1]


def test_confidence_widens_the_intervals_by_the_normal_quantile():
    frame, covariates = rows_of("usual")
    narrow, wide = (fit_interaction(frame, covariates, confidence) for confidence in (0.8, 0.99))
    expected = stats.norm.ppf(0.995) / stats.norm.ppf(0.9)
    for low, high in (("effect_low", "effect_high"),):
        spread = [getattr(fit, high) - getattr(fit, low) for fit in (narrow, wide)]
        assert spread[1] / spread[0] == pytest.approx(expected, rel=1e-12)
    logs = [math.log(fit.odds_ratio_high / fit.odds_ratio_low) for fit in (narrow, wide)]
    assert logs[1] / logs[0] == pytest.approx(expected, rel=1e-12)
    assert narrow.p == wide.p


def test_order_of_rows_and_covariates_does_not_matter():
    frame, covariates = rows_of("all_covariates")
    straight = fit_interaction(frame, covariates)
    turned = fit_interaction(frame.sample(frac=1, random_state=7), covariates[::-1])
    for name in ("p", "odds_ratio_low", "effect_high"):
        assert getattr(turned, name) == pytest.approx(getattr(straight, name), rel=1e-9)


def test_a_row_that_stands_for_several_is_as_good_as_several_rows():
    frame, covariates = rows_of("usual")
    times = 1 + np.arange(len(frame)) % 3
    weighed = fit_interaction(frame, covariates, weights=times.astype(float))
    repeated = fit_interaction(frame.loc[frame.index.repeat(times)].reset_index(drop=True), covariates)
    for name in ("p", "odds_ratio", "odds_ratio_low", "odds_ratio_high", "effect", "effect_low", "effect_high"):
        assert getattr(weighed, name) == pytest.approx(getattr(repeated, name), rel=1e-8)
    assert (weighed.cases, weighed.parameters) == (times.sum(), repeated.parameters)
    assert weighed.rows == len(frame)


def test_errors_of_weighted_rows_are_right_where_half_of_all_have_the_outcome():
    """The first step of the fit arrives there, so that errors of the step before would be those of a guess."""
    cells = [(pilot, post, outcome) for pilot in (True, False) for post in (True, False) for outcome in (True, False)]
    frame = pd.DataFrame(cells, columns=["pilot", "post", "outcome"])
    fit = fit_interaction(frame, [], weights=np.array([5.0, 5, 10, 10, 5, 5, 5, 5]))
    error = math.log(fit.odds_ratio_high / fit.odds_ratio_low) / (2 * 1.959963984540054)
    assert error == pytest.approx(math.sqrt(3 * 2 / 5 + 2 / 10), rel=1e-9)


def test_people_with_several_rows_are_allowed_for():
    """The sandwich by loops: scores added up by person, between two inverses of the information.

    Corrected by persons / (persons - 1) and (rows - 1) / (rows - parameters), as Stata does.
    """
    frame, covariates = rows_of("strong_effects")
    frame = frame.assign(person=[f"client {row * row % 611}" for row in range(len(frame))])
    fit, design = fit_interaction(frame, covariates), design_matrix(frame, covariates)
    b = Logit(design.y, design.x).fit(disp=0, tol=1e-12).params
    p = 1 / (1 + np.exp(-design.x @ b))
    bread = np.linalg.inv(sum(w * np.outer(row, row) for w, row in zip(p * (1 - p), design.x, strict=True)))
    scores = dict.fromkeys(frame["person"], 0.0)
    for person, row, residual in zip(frame["person"], design.x, design.y - p, strict=True):
        scores[person] = scores[person] + row * residual
    meat = sum(np.outer(score, score) for score in scores.values())
    (n, k), persons, at = design.x.shape, len(scores), design.terms.index("pilot:post")
    error = math.sqrt((bread @ meat @ bread)[at, at] * persons / (persons - 1) * (n - 1) / (n - k))
    assert persons < n / 2
    assert fit.p_clustered == pytest.approx(2 * stats.norm.sf(abs(b[at]) / error), rel=1e-8)
    assert fit.p_clustered != pytest.approx(fit.p, rel=0.01)
    assert math.isnan(fit_interaction(frame.drop(columns="person"), covariates).p_clustered)


def test_people_are_those_of_the_rows_that_the_model_keeps():
    frame, covariates = rows_of("decided_category")
    frame = frame.assign(person=np.arange(len(frame)) // 2)
    alone = fit_interaction(frame[frame["ethnicity"] != "asian"], covariates)
    assert fit_interaction(frame, covariates).p_clustered == pytest.approx(alone.p_clustered, rel=1e-9)


def test_terms_that_repeat_others_are_named():
    """Clients without any drug recorded are missing in all four drug covariates."""
    fit = fit_interaction(*rows_of("no_drug_recorded"))
    left = "use of cannabis (yes), use of cocaine or amphetamines (yes), use of other drugs (yes)"
    assert fit.remarks == (f"{left}: told by the terms before, left out of the model",)
    assert fit_interaction(*rows_of("usual")).remarks == ()


@pytest.mark.parametrize(("fewest", "warned"), [(39, True), (40, False)])
def test_few_events_for_each_parameter_are_warned_of(fewest, warned):
    """Pilot, post, their product and sex: four parameters besides the constant, so forty events are needed."""
    per_cell = [10, 10, 10, fewest - 30]
    for flipped in (False, True):  # the rarer outcome is success, or its absence
        pairs = [(60, few) if flipped else (few, 60) for few in per_cell]
        fit = fit_interaction(cells(*pairs, sex=lambda i: "MF"[i % 2]), ["sex"])
        assert (fit.remarks != ()) == warned


# Unadjusted tests ---------------------------------------------------------------------------------------------------


def unadjusted_rows(counts: list[tuple[int, int]]) -> pd.DataFrame:
    """Ledger rows of the unadjusted tests of (successes, failures) in the order of CELLS, by id."""
    measure = MEASURES["community_triage"]
    places = pd.DataFrame([{"area": f"{arm}_3", "period": period} for arm, period in CELLS])
    pairs = pd.DataFrame([{"site": "site_3", "pilot": "pilot_3", "comparison": "comparison_3"}])
    values = {"setting.models.added_to_cells": 0.5}
    for (arm, period), (yes, no) in zip(CELLS, counts, strict=True):
        values[f"community_triage.count.{arm}_3.{period}"] = yes
        values[f"community_triage.base.{arm}_3.{period}"] = yes + no
    for rows in (counts_of, changes_of):
        rows(measure, places, values)
    differences_of(measure, pairs, values)
    return pd.concat(unadjusted_of(measure, pairs, values)).set_index("id")


def unadjusted(counts: list[tuple[int, int]]) -> pd.Series:
    """The unadjusted tests of (successes, failures) in the order of CELLS, by statistic."""
    values = unadjusted_rows(counts)["value"]
    return values.set_axis([name.split(".")[1] for name in values.index])


@settings(derandomize=True, deadline=None, max_examples=drawn(200))
@given(st.lists(st.tuples(st.integers(1, 120), st.integers(1, 120)), min_size=4, max_size=4))
@pytest.mark.thorough
def test_closed_form_p_is_that_of_the_model_without_covariates(counts):
    closed, fit = unadjusted(counts), fit_interaction(cells(*counts), [])
    assert closed["p_unadjusted"] == pytest.approx(fit.p, rel=1e-8, abs=1e-14)
    assert math.exp(closed["log_odds_did"]) == pytest.approx(fit.odds_ratio, rel=1e-9)
    width = math.log(fit.odds_ratio_high / fit.odds_ratio_low) / (2 * stats.norm.ppf(0.975))
    assert closed["log_odds_se"] == pytest.approx(width, rel=1e-8)


def test_closed_form_p_equals_r():
    counts = [
        tuple((rows["outcome"] == outcome).sum() for outcome in (True, False))
        for frame, _ in [rows_of("counts_only")]
        for arm, period in CELLS
        for rows in [frame[(frame["pilot"] == (arm == "pilot")) & (frame["post"] == (period == "post"))]]
    ]
    assert unadjusted(counts)["p_unadjusted"] == pytest.approx(
        terms_of("counts_only").loc["pilot:post", "p"], rel=1e-10
    )


def test_p_of_the_difference_by_hand():
    """Rates 60/100 and 50/100 in the pilot, 45/90 and 40/80 in the comparison: did = 10 - 0 points.

    Variance: .6*.4/100 + .5*.5/100 + .5*.5/90 + .5*.5/80 = .0024 + .0025 + .00277778 + .003125 = .01080278,
    standard error 10.39364 points, z = 10 / 10.39364 = 0.962127; twice the tail beyond it is 0.335985.
    """
    tests = unadjusted([(60, 40), (50, 50), (45, 45), (40, 40)])
    assert tests["did_se"] == pytest.approx(10.39364, abs=5e-6)
    assert tests["p_difference"] == pytest.approx(0.335985, abs=5e-6)


def test_log_odds_difference_by_hand():
    """Odds 3, 1 in the pilot and 2, 1 in the comparison: log(3/1) - log(2/1) = log 1.5 = 0.405465.

    Variance: 1/30 + 1/10 + 2/20 + 1/40 + 1/20 + 2/20 = 0.408333, error 0.639010, z 0.634521, p 0.525741.
    """
    tests = unadjusted([(30, 10), (20, 20), (40, 20), (20, 20)])
    assert tests["log_odds_did"] == pytest.approx(0.405465, abs=5e-7)
    assert tests["log_odds_se"] == pytest.approx(0.639010, abs=5e-7)
    assert tests["p_unadjusted"] == pytest.approx(0.525741, abs=5e-7)


@pytest.mark.parametrize("empty", range(4))
@pytest.mark.parametrize("cell", [(0, 12), (12, 0), (0, 0)])
def test_empty_cell_has_no_unadjusted_test_and_says_so(empty, cell):
    counts = [cell if at == empty else pair for at, pair in enumerate(PLAIN)]
    tests = unadjusted(counts)
    assert tests[["log_odds_did", "log_odds_se", "p_unadjusted"]].isna().all()
    nobody = cell == (0, 0)  # the difference in proportions needs a base only
    assert tests[["did_se", "p_difference"]].isna().tolist() == [nobody, nobody]
    missing = unadjusted_rows(counts).loc[["community_triage.p_unadjusted.site_3", "community_triage.p.site_3"], "note"]
    assert set(missing) == {"not estimable: a cell of area, period and outcome is empty"}


# Ages and models per site -------------------------------------------------------------------------------------------


def test_unknown_age_enters_at_the_mean_of_its_model():
    rows = pd.DataFrame({"age": pd.array([20, None, 40], dtype="Int64")})
    assert with_age(rows, "mean_of_model")["age"].tolist() == [20, 30, 40]
    assert with_age(rows, "leave_out")["age"].tolist() == [20, 40]


def test_one_model_per_site_on_its_own_rows():
    first = cells(*PLAIN, sex=lambda i: "MF"[i % 2], age=lambda i: 20 + i % 30).assign(site="site_2")
    second = cells(*PLAIN[::-1], sex=lambda i: "MF"[i % 3 % 2], age=lambda i: 20 + i % 17).assign(site="site_10")
    clients = pd.concat([first, second])
    clients["arm"] = np.where(clients["pilot"], "pilot", "comparison")
    clients["period"] = np.where(clients["post"], "post", "pre")
    rules = {"age_without_dir": "mean_of_model", "confidence": 0.95}
    fitted = adjusted_of(clients.drop(columns=["pilot", "post"]), ["site_2", "site_10"], ["age", "sex"], rules)
    assert fitted["site"].tolist() == ["site_2", "site_10"]
    for site, rows in (("site_2", first), ("site_10", second)):
        ours = fitted[fitted["site"] == site].iloc[0]
        assert ours["p"] == fit_interaction(rows, ["age", "sex"]).p
        assert ours["rows"] == len(rows)


def test_what_is_said_of_a_fit_stands_with_its_number_of_rows():
    """Table B.1 prints it there once; notes on results stand wherever these are printed."""
    frame = cells(*PLAIN, sex=lambda i: "MF"[i % 2], cannabis=lambda i: "MF"[i % 2]).assign(site="site_2")
    frame["arm"] = np.where(frame["pilot"], "pilot", "comparison")
    frame["period"] = np.where(frame["post"], "post", "pre")
    rules = {"age_without_dir": "mean_of_model", "confidence": 0.95}
    fitted = adjusted_of(frame.assign(age=40.0), ["site_2"], ["age", "sex", "cannabis"], rules)
    measure = MEASURES["effective_treatment"]
    rows = model_rows(measure, fitted.assign(extract="journeys", settings=""), []).set_index("id")["note"]
    single, told = "age has a single value, left out of the model", "use of cannabis (male): told by the terms before"
    assert rows["effective_treatment.p.site_2"] == single
    assert rows["effective_treatment.model_rows.site_2"] == f"{single}; {told}, left out of the model"
