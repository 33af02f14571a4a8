"""What adjusted models tell: eight counts from their results, by somebody who has the published numbers only."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from disclosure import disclosure, read_models, with_models
from dscp.disclosure.attack import Range
from dscp.disclosure.control import Control, by_id
from dscp.disclosure.models import FIELDS, Cell, safe_digits
from dscp.disclosure.policies import POLICIES
from dscp.ledger.rows import quantities
from dscp.measures.models import pooled
from dscp.measures.registry import MEASURES
from impact import impact
from ledger import with_about
from outcomes import ledger as counts_of
from published_models import published_models
from release import release
from thorough import drawn

MEASURE = MEASURES["effective_treatment"]
SITES = {"site_1": {"kind": "whole_system"} | {arm: {"label": arm, "dats": [arm]} for arm in ("pilot", "comparison")}}
PLACES = [(arm, period) for arm in ("pilot", "comparison") for period in ("post", "pre")]
ROUNDING = [Control(policy) for policy in POLICIES.values() if policy.base > 1]
EVERY = [Control(policy) for policy in POLICIES.values() if policy.name != "none"]
NAMES = ("p", "odds_ratio", "odds_ratio_low", "odds_ratio_high", "effect", "effect_low", "effect_high")
Cells = list[tuple[int, int]]  # count and base, in the order of PLACES
Sex = Callable[[int], str]  # the sex of the nth client


def drawn_cells(rng: np.random.Generator, most: int = 60) -> Cells:
    """Counts of a small study, none so small that its model has no estimate."""
    bases = rng.integers(16, most, 4)
    return [(int(rng.integers(8, base - 7)), int(base)) for base in bases]


def clients(cells: Cells, sex: Sex) -> pd.DataFrame:
    """Records with these counts."""
    rows = [
        {"arm": arm, "period": period, "outcome": n < count}
        for (arm, period), (count, base) in zip(PLACES, cells, strict=True)
        for n in range(base)
    ]
    frame = pd.DataFrame(rows).assign(
        measure=MEASURE.name, site="site_1", age=40.0, person=np.arange(sum(b for _, b in cells)) // 2
    )
    return frame.assign(area=frame["arm"] + "_1", sex=[sex(n) for n in range(len(frame))])


def in_full(cells: Cells, sex: Sex, covariates: list[str]) -> tuple[pd.DataFrame, pd.DataFrame, Mapping]:
    """The ledger of a study in full, its clients, and the settings of its models."""
    members = clients(cells, sex)
    set_to = {"confidence": 0.95, "significance": 0.05, "added_to_cells": 0.5}
    models = {"treatment_covariates": covariates, **set_to, "age_without_dir": "mean_of_model"}
    excluded = pd.DataFrame(columns=["excluded_by", "rows"])
    parts = [part for part in counts_of(members, excluded, excluded, SITES, [MEASURE], False) if len(part)]
    parts += impact(pd.concat(parts, ignore_index=True), members, list(SITES), models, [MEASURE])
    numbers_set = pd.DataFrame(set_to.items(), columns=["name", "value"])
    setting = partial(quantities, value="value", unit="count", source="config.yaml", rule="ledger", function="settings")
    whole = pd.concat([*parts, setting(numbers_set, id="setting.models.{name}")], ignore_index=True)
    return with_about(whole), members, models


def published(cells: Cells, sex: Sex, covariates: list[str], control: Control) -> dict[str, Mapping]:
    """What a study publishes: the rows of its ledger, from the rules themselves."""
    ledger, members, models = in_full(cells, sex, covariates)
    values = ledger.set_index("id")["value"].to_dict()
    fitted = published_models(values, members, ["site_0", *SITES], models, [MEASURE], control)
    findings = pd.DataFrame(
        columns=["extract", "severity", "file", "line", "column", "found", "allowed", "rows", "message"]
    )
    made, _, _ = disclosure(ledger, findings, fitted, control)
    return by_id(made)


def results(rows: Mapping[str, Mapping]) -> dict[str, float]:
    """The published results of the model, those that there are."""
    found = {name: rows[f"{MEASURE.name}.{name}.site_1"]["value"] for name in NAMES}
    return {name: value for name, value in found.items() if not math.isnan(value)}


def saturated(count: np.ndarray, base: np.ndarray) -> dict[str, np.ndarray]:
    """The results of a model of four counts and bases, shape (4, n), without characteristics: by hand."""
    odds, errors = np.log(count / (base - count)), 1 / count + 1 / (base - count)
    beta, se = odds[0] - odds[1] - odds[2] + odds[3], np.sqrt(errors.sum(axis=0))
    with_it, without = (1 / (1 + np.exp(-x)) for x in (odds[0], odds[0] - beta))
    parts = (with_it * (1 - with_it)) ** 2 * errors[0] + (without * (1 - without)) ** 2 * errors[1:].sum(axis=0)
    z, effect, spread = stats.norm.ppf(0.975), 100 * (with_it - without), 100 * np.sqrt(parts)
    return {
        "p": 2 * stats.norm.sf(np.abs(beta) / se),
        "odds_ratio": np.exp(beta),
        "odds_ratio_low": np.exp(beta - z * se),
        "odds_ratio_high": np.exp(beta + z * se),
        "effect": effect,
        "effect_low": effect - z * spread,
        "effect_high": effect + z * spread,
    }


def counts_shown(rows: Mapping[str, Mapping]) -> np.ndarray:
    """The published counts and bases, shape (2, 4)."""
    names = [[f"{MEASURE.name}.{part}.{arm}_1.{period}" for arm, period in PLACES] for part in ("count", "base")]
    return np.array([[rows[name]["value"] for name in line] for line in names])


def as_published(rows: Mapping[str, Mapping], control: Control) -> bool:
    """Whether the results are those of the published counts: of a model that says nothing more than they do."""
    own = saturated(*counts_shown(rows))
    return all(cut(own[name], control) == value for name, value in results(rows).items())


def cut(value: float, control: Control) -> float:
    return float(f"{value:.{control.policy.model_digits}g}")


def possible(rows: Mapping[str, Mapping]) -> np.ndarray:
    """The eight counts that the results of the model allow, taken for one without characteristics, shape (8, n).

    Every eight counts that round to the published ones are tried, with as many digits as are published, and with fewer
    where these fit nothing. The counts come first, then the bases.
    """
    shown = [*counts_shown(rows)[0], *counts_shown(rows)[1]]
    tried = np.array(np.meshgrid(*(np.arange(max(n - 2, 0), n + 3) for n in shown))).reshape(len(shown), -1)
    tried = tried[:, ((tried[:4] > 0) & (tried[:4] < tried[4:])).all(axis=0)]
    given, found = results(rows), saturated(tried[:4], tried[4:])
    most = max(
        len(f"{value:.15g}".split("e")[0].replace(".", "").replace("-", "").strip("0")) for value in given.values()
    )
    for digits in range(most, 0, -1):
        fits = np.ones(tried.shape[1], dtype=bool)
        for name, value in given.items():
            unit = 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
            fits &= np.abs(found[name] - float(f"{value:.{digits}g}")) <= unit / 2 * (1 + 1e-6)
        if fits.any():
            return tried[:, fits]
    return tried


def is_told(truth: list[int], found: np.ndarray) -> bool:
    """Whether the true counts are among those found, and these leave one of them fewer values than rounding does."""
    among = (found == np.array(truth)[:, None]).all(axis=0).any()
    return among and any(len(np.unique(line)) < 5 for line in found)


def counts(cells: Cells) -> list[int]:
    return [count for count, _ in cells] + [base for _, base in cells]


def one_sex(n: int) -> str:
    return "F"


def nearly_one_sex(n: int) -> str:
    """One man in twenty: the model is all but one without characteristics."""
    return "M" if n % 20 == 17 else "F"


def both_sexes(n: int) -> str:
    return "FM"[n % 3 > 0 or n % 7 == 0]


NOTHING_MORE = {"no characteristics": (both_sexes, []), "one that is constant": (one_sex, ["sex"])}
SOMETHING = [(nearly_one_sex, ["sex"]), (both_sexes, ["sex"])]
ONE_STUDY = [(34, 58), (12, 30), (24, 45), (18, 45)]
ANOTHER = [(36, 60), (9, 30), (27, 45), (21, 45)]  # whose counts round to the same
SHOWN = np.array([[35, 10, 25, 20], [60, 30, 45, 45]], dtype=float)


@pytest.mark.parametrize("control", ROUNDING, ids=lambda one: one.policy.name)
@pytest.mark.parametrize("study", NOTHING_MORE)
def test_the_results_of_a_model_fitted_to_the_records_tell_its_counts(study, control):
    """Counts rounded, results as they are: the attack finds the counts, and disclosure control withholds results."""
    cells = [(33, 58), (12, 31), (26, 47), (19, 44)]
    ledger, _, _ = in_full(cells, *NOTHING_MORE[study])
    naive = {name: {**row, "value": as_it_is(row, control)} for name, row in by_id(ledger).items()}
    found = possible(naive)
    assert is_told(counts(cells), found)
    assert sum(len(np.unique(line)) == 1 for line in found) == 4
    assert not results(by_id(control.disclose(ledger)[0]))


def as_it_is(row: Mapping, control: Control) -> float:
    """A count rounded, and a result of the records with four digits."""
    if row["unit"] == "count":
        return control.policy.rounded(row["value"])
    return float(f"{row['value']:.4g}") if row["id"].split(".")[1] in NAMES else row["value"]


def with_counts(ledger: pd.DataFrame, cells: Cells, said: Mapping[str, float]) -> pd.DataFrame:
    """A ledger in full with other counts, and with results that are given."""
    names = {f"{MEASURE.name}.{part}.{arm}_1.{period}": value
             for (arm, period), pair in zip(PLACES, cells, strict=True)
             for part, value in zip(("count", "base"), pair, strict=True)}  # fmt: skip
    names |= {f"{MEASURE.name}.{name}.site_1": value for name, value in said.items()}
    return ledger.assign(value=ledger["id"].map(names).fillna(ledger["value"]))


@pytest.mark.parametrize("control", ROUNDING, ids=lambda one: one.policy.name)
@pytest.mark.parametrize("said", [ONE_STUDY, ANOTHER, list(zip(*SHOWN.astype(int).tolist(), strict=True))])
def test_the_digits_are_the_same_whatever_counts_are_behind_the_published_ones(said, control):
    """Results that lead to counts: whether these are the true ones decides nothing, and the gate finds them, too."""
    ledger, _, _ = in_full(ONE_STUDY, one_sex, ["sex"])
    results_of = {
        name: float(values[0]) for name, values in saturated(*np.array(said, dtype=float).T[..., None]).items()
    }
    made = set()
    for count, base in itertools.product(range(33, 38), range(28, 33)):
        cells = [(count, ONE_STUDY[0][1]), (ONE_STUDY[1][0], base), *ONE_STUDY[2:]]
        rows = by_id(control.disclose(with_counts(ledger, cells, results_of))[0])
        assert (counts_shown(rows) == SHOWN).all()
        assert release(rows, control)[1] == []
        made.add(tuple(results(rows).items()))
    assert len(made) == 1
    of_the_published = said not in (ONE_STUDY, ANOTHER)
    assert bool(made.pop()) == of_the_published
    cut_short = {name: cut(value, control) for name, value in results_of.items()}
    naive = by_id(control.disclose(with_counts(ledger, ONE_STUDY, cut_short))[0])
    naive |= {name: {**naive[name], "value": cut_short[name.split(".")[1]], "note": ""}
              for name in naive if name.split(".")[1] in NAMES and not naive[name]["inputs"]}  # fmt: skip
    faults = release(naive, control)[1]
    assert faults == [] if of_the_published else any("leads to the counts behind its model" in one for one in faults)


@pytest.mark.parametrize("control", ROUNDING, ids=lambda one: one.policy.name)
@pytest.mark.parametrize("study", NOTHING_MORE)
def test_a_model_without_characteristics_says_what_the_published_counts_say(study, control):
    one, two = (published(cells, *NOTHING_MORE[study], control) for cells in (ONE_STUDY, ANOTHER))
    assert (counts_shown(one) == SHOWN).all()
    assert results(one) == results(two) == {name: cut(value, control) for name, value in saturated(*SHOWN).items()}


@pytest.mark.parametrize("control", ROUNDING, ids=lambda one: one.policy.name)
def test_two_studies_that_are_published_alike_have_models_that_say_the_same(control):
    """Half of those treated with success are men, and a third of all others: no count besides enters the model."""

    def sexes(cells: Cells) -> list[str]:
        shares = [2, 3, 3, 3, 3, 3, 3, 3]
        parts = [part for count, base in cells for part in (count, base - count)]
        return ["M" if n % share == 0 else "F" for part, share in zip(parts, shares, strict=True) for n in range(part)]

    one, two = (published(cells, sexes(cells).__getitem__, ["sex"], control) for cells in (ONE_STUDY, ANOTHER))
    assert results(one) == results(two)
    assert len(results(one)) == len(NAMES)
    assert not as_published(one, control)


@pytest.mark.parametrize("control", ROUNDING, ids=lambda one: one.policy.name)
def test_no_count_is_told_by_a_model(control):
    """Twenty small studies: whoever takes the model for one without characteristics is not led to the counts."""
    rng, said = np.random.default_rng(11), 0
    for study in itertools.islice(itertools.cycle(SOMETHING), drawn(20)):
        cells = drawn_cells(rng, 120)
        rows = published(cells, *study, control)
        assert not release(rows, control)[1]
        if results(rows) and not as_published(rows, control):
            said += 1
            assert not is_told(counts(cells), possible(rows))
    assert said > drawn(20) // 2


@pytest.mark.parametrize("control", EVERY, ids=lambda one: one.policy.name)
def test_how_many_clients_have_several_rows_is_not_told(control):
    """Errors that allow for them would tell it, beside those that do not."""
    name = f"{MEASURE.name}.p_clustered.site_1"
    assert by_id(in_full(ONE_STUDY, both_sexes, ["sex"])[0])[name]["value"] > 0
    rows = published(ONE_STUDY, both_sexes, ["sex"], control)
    assert results(rows)
    assert rows[name]["note"].startswith("[c]")
    assert release(rows, control)[1] == []
    (fault,) = release({**rows, name: {**rows[name], "value": 0.5, "note": ""}}, control)[1]
    assert fault.endswith("would tell how many clients have several rows")


@pytest.mark.parametrize("control", EVERY, ids=lambda one: one.policy.name)
def test_an_error_by_client_is_withheld_by_every_policy(control):
    """It is read from records: beside the error from counts it tells who is there twice, or counted and not in a base.

    So is whatever rests on it; and the gate lets none through.
    """
    name = "completion_of_treated.did_se_clustered.site_1"
    read = {"unit": "ppt", "source": "", "rule": "impact", "function": "clustered_of", "extract": "journeys"}
    leaf = pd.DataFrame([{"site": "site_1", "error": 1.25, "persons": 300}])
    rows = quantities(
        leaf, id="completion_of_treated.did_se_clustered.{site}", value="error", rows="persons", filter="x", **read
    )
    whole = rows.assign(about="people", cohort="c/error")
    disclosed = with_models(whole, pd.DataFrame(columns=FIELDS))
    assert math.isnan(disclosed["value"].iloc[0])
    for ledger in (whole, disclosed):
        (row,) = control.disclose(ledger)[0].to_dict("records")
        assert math.isnan(row["value"])
        assert row["note"].startswith("[c]")
    (fault,) = control.faults({name: {**row, "value": 1.25, "note": ""}})
    assert fault == f"{name} is published and would tell how many clients have several rows"


def test_rounded_to_all_or_nobody_the_error_is_that_of_such_cells():
    """4 of 5 is published as 5 of 5, 1 of 5 as none of 5: an error of 0 would feign certainty.

    With half a case of each kind these are 5.5 of 6 and 0.5 of 6, and the others 40.5 and 20.5 of 61.
    """
    cells = [(4, 5), (1, 5), (40, 60), (20, 60)]
    assert by_id(in_full(cells, one_sex, [])[0])[f"{MEASURE.name}.did_added.site_1"]["value"] == 0
    rows = published(cells, one_sex, [], Control(POLICIES["round_to_5"]))
    shares = [(5.5, 6), (0.5, 6), (40.5, 61), (20.5, 61)]
    error = 100 * math.sqrt(sum(c / b * (1 - c / b) / b for c, b in shares))
    assert rows[f"{MEASURE.name}.did_added.site_1"]["value"] == 0.5
    assert rows[f"{MEASURE.name}.did_se.site_1"]["value"] == pytest.approx(error)
    assert rows[f"{MEASURE.name}.did_se.site_1"]["note"] == ""


def test_a_category_of_few_people_says_nothing():
    """One man among women would be counted back from how little he moves the model."""
    cells, control = [(33, 58), (12, 31), (26, 47), (19, 44)], Control(POLICIES["round_to_5"])
    of_one = published(cells, lambda n: "M" if n == 40 else "F", ["sex"], control)
    assert results(of_one) == results(published(cells, one_sex, ["sex"], control))


def test_a_category_whose_members_all_have_the_same_outcome_says_nothing():
    """Left out of the model, they would be counted back: a dozen men without success, in the pilot's later period."""
    cells, control = [(33, 58), (12, 31), (26, 47), (19, 44)], Control(POLICIES["suppress_below_5"])
    of_twelve = published(cells, lambda n: "M" if 40 <= n < 52 else "F", ["sex"], control)
    assert results(of_twelve) == results(published(cells, one_sex, ["sex"], control))


def test_what_few_differ_in_says_nothing():
    rows = pd.DataFrame(
        {"age": [40.0] * 30 + [70.0] * 9, "sex": ["F"] * 29 + ["M"] * 10, "outcome": [True, False] * 19 + [True]}
    )
    assert pooled(rows, ["age", "sex"], 10)["age"].unique().tolist() == [40]
    assert pooled(rows, ["age", "sex"], 9).equals(rows)
    assert pooled(rows, ["sex"], 11)["sex"].unique().tolist() == ["F"]
    assert set(pooled(rows.assign(outcome=rows["sex"] == "M"), ["sex"], 9)["sex"]) == {"F"}
    three = rows.assign(sex=["F"] * 20 + ["M"] * 10 + ["X"] * 9, outcome=[True] * 20 + [True, False] * 9 + [True])
    assert pooled(three, ["sex"], 10)["sex"].unique().tolist() == ["M"]


@pytest.mark.parametrize("control", EVERY, ids=lambda one: one.policy.name)
def test_results_that_rest_on_too_few_cases_are_withheld(control):
    """Eleven of each kind, and four parameters more: fewer than ten cases for each."""
    cells = [(20, 40)] * 4
    rows = published(cells, lambda n: "ABCDEFGHIJKLMN"[n % 14], ["sex"], control)
    assert not results(rows)
    assert rows[f"{MEASURE.name}.p.site_1"]["note"].startswith("[c]")
    assert results(published(cells, both_sexes, ["sex"], control))


def test_results_of_the_records_themselves_are_not_taken():
    """Whoever forgets the rule published_models publishes nothing."""
    ledger, _, _ = in_full(ONE_STUDY, one_sex, ["sex"])
    with pytest.raises(ValueError, match=r"effective_treatment\.p\.site_1: fitted to counts that are not published"):
        disclosure(ledger, pd.DataFrame(), read_models(None), Control(POLICIES["suppress_below_5"]))


def test_more_tables_than_can_be_tried_are_no_reason_to_publish():
    wide = Cell(Range(20, 30), Range(40, 50), (25, 45))
    exact = Cell(Range(23, 23), Range(44, 44), (23, 44))
    one = {"odds_ratio": 1.234}
    assert safe_digits(one, [wide] * 4, 0.95, 3) == 0
    assert safe_digits(one, [exact] * 4, 0.95, 3) == 3
