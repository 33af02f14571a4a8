"""What pairs of areas say (Appendix F): figures by hand, few and many pairs, what is missing, and the sentences."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm, t

from dscp.ledger.estimators import DRAWS
from dscp.ledger.formulas import recompute
from dscp.ledger.withheld import Withheld
from dscp.measures.registry import POOLED
from dscp.report.telling.evidence import EvidenceTeller
from dscp.report.telling.sentences import Label, Note, Number, Words
from evidence import ALIKE, DRAWN, EMPTY_CELL, NO_COMPARISON, NO_PAIR, NO_SCALE, ONE_PAIR, evidence

NAME = "effective_treatment"
CELLS = [("pilot", "post"), ("pilot", "pre"), ("comparison", "post"), ("comparison", "pre")]
SETTINGS = {
    "setting.models.confidence": 0.95, "setting.models.significance": 0.05, "setting.models.seed": 1.0,
    "setting.models.power_at.1": 2.0, "setting.models.power_at.2": 5.0, "constant.power_sought": 0.8,
}  # fmt: skip


def study(pairs: int, seed: int = 5, scatter: float = 3.0) -> dict[str, float]:
    """Counts of so many pairs, and what rule impact computes from them; p-values of two measures."""
    rng, values = np.random.default_rng(seed), dict(SETTINGS)
    for n in range(1, pairs + 1):
        rates = {}
        for arm in ("pilot", "comparison"):
            before = rng.uniform(30, 60)
            for period, rate in (("pre", before), ("post", before + rng.normal(0, scatter))):
                base = int(rng.integers(400, 2000))
                count = round(base * rate / 100)
                values |= {f"{NAME}.count.{arm}_{n}.{period}": count, f"{NAME}.base.{arm}_{n}.{period}": base}
                rates[arm, period] = values[f"{NAME}.rate.{arm}_{n}.{period}"] = 100 * count / base
            values[f"{NAME}.change.{arm}_{n}"] = rates[arm, "post"] - rates[arm, "pre"]
        site = f"site_{n}"
        values[f"{NAME}.did.{site}"] = values[f"{NAME}.change.pilot_{n}"] - values[f"{NAME}.change.comparison_{n}"]
        cells = [(rates[cell] / 100, values[f"{NAME}.base.{cell[0]}_{n}.{cell[1]}"]) for cell in CELLS]
        values[f"{NAME}.did_se.{site}"] = 100 * math.sqrt(sum(p * (1 - p) / base for p, base in cells))
        values |= {f"{NAME}.did_added.{site}": 0.0, f"{NAME}.did_mid.{site}": values[f"{NAME}.did.{site}"]}
        for test in ("p", "p_unadjusted", "p_difference"):
            values[f"{NAME}.{test}.{site}"] = float(rng.uniform(0, 0.1))
            values[f"prison_pickup.{test}.{site}"] = float(rng.uniform(0, 0.1))
    return values


def made(values: dict[str, float], sites: int, drops: bool = True, alone: tuple = ()) -> pd.DataFrame:
    """The rule's rows by id."""
    labels = {f"site_{n}": f"Site {n}" for n in range(1, sites + 1)}
    rows = evidence(values, labels, [NAME, "prison_pickup"], 2, drops, alone)
    return pd.concat(rows, ignore_index=True).set_index("id", drop=False)


def told(values: dict[str, float], rows: pd.DataFrame, sites: int) -> str:
    """All sentences on the measure, as text."""
    every = {**values, **rows["value"].to_dict()}
    teller = EvidenceTeller(every, {f"site_{n}": f"Site {n}" for n in range(1, sites + 1)})
    parts = (teller.pooled, teller.sure, teller.relabelled, teller.alarms, teller.missed, teller.scales)
    sentences = [one for part in parts for one in part(NAME)] + teller.standing()
    return ". ".join(as_text(sentence, every) for sentence in sentences) + "."


def as_text(sentence: list, values: dict[str, float]) -> str:
    said = ""
    for piece in sentence:
        if isinstance(piece, Number):
            said += f"{values[piece.id]:.1f}"
        elif isinstance(piece, Words | Label):
            said += piece.text
        elif not isinstance(piece, Note):
            said += piece
    return said


def of(rows: pd.DataFrame, name: str) -> float:
    return rows.loc[f"evidence.{name}.{NAME}", "value"]


def test_six_pairs_by_hand():
    values = study(6)
    rows = made(values, 6)
    change = np.array([values[f"{NAME}.change.comparison_{n}"] for n in range(1, 7)])
    noise = np.mean([
        sum(
            1e4 * (c := values[f"{NAME}.count.comparison_{n}.{p}"] / (b := values[f"{NAME}.base.comparison_{n}.{p}"]))
            * (1 - c) / b for p in ("pre", "post")
        )
        for n in range(1, 7)
    ])  # fmt: skip
    scatter = change.var(ddof=1)
    assert of(rows, "area_variance") == pytest.approx(scatter - noise) and scatter > noise
    low, high = (5 * scatter / chi2.ppf(share, 5) - noise for share in (0.975, 0.025))
    assert of(rows, "area_variance_low") == pytest.approx(max(low, 0))
    assert of(rows, "area_variance_high") == pytest.approx(high)
    y = np.array([values[f"{NAME}.did.site_{n}"] for n in range(1, 7)])
    s = np.array([values[f"{NAME}.did_se.site_{n}"] for n in range(1, 7)])
    w = 1 / (s**2 + of(rows, "between_variance"))
    mean, k = (w * y).sum() / w.sum(), 6
    q = (w * (y - mean) ** 2).sum() / ((k - 1) * w.sum())
    reach = t.ppf(0.975, k - 1)
    assert of(rows, "pooled") == pytest.approx(mean)
    assert of(rows, "pooled_low") == pytest.approx(mean - reach * math.sqrt(q))
    assert of(rows, "next_high") == pytest.approx(mean + reach * math.sqrt(q + of(rows, "between_variance")))
    fixed = (y / s**2).sum() / (1 / s**2).sum()
    apart = ((y - fixed) ** 2 / s**2).sum()
    assert of(rows, "beyond_counts") == pytest.approx(100 * max(0, (apart - k + 1) / apart))
    assert of(rows, "scatter_ratio") == pytest.approx(of(rows, "between_variance") / 2 / of(rows, "area_variance"))
    pre, post = (
        np.array([values[f"{NAME}.rate.{arm}_{n}.{period}"] for arm in ("pilot", "comparison") for n in range(1, 7)])
        for period in ("pre", "post")
    )
    design = np.column_stack([np.ones(12), np.repeat([1.0, 0.0], 6), pre])
    assert of(rows, "lagged") == pytest.approx(np.linalg.lstsq(design, post, rcond=None)[0][1])


def test_a_site_s_statistics_by_hand():
    values = study(6)
    rows = made(values, 6)
    site = {name: rows.loc[f"evidence.{name}.{NAME}.site_2", "value"] for name in (
        "se_areas", "low_areas", "false_alarm", "detectable", "detectable_areas", "breakdown", "odds_scale",
        "ratio_scale",
    )}  # fmt: skip
    did, se = values[f"{NAME}.did.site_2"], values[f"{NAME}.did_se.site_2"]
    wide, z = math.sqrt(se**2 + 2 * of(rows, "area_variance")), norm.ppf(0.975)
    rate = {cell: values[f"{NAME}.rate.{cell[0]}_2.{cell[1]}"] for cell in CELLS}
    odds = {cell: one / (100 - one) for cell, one in rate.items()}
    without = odds["pilot", "pre"] * odds["comparison", "post"] / odds["comparison", "pre"]
    assert site == pytest.approx({
        "se_areas": wide, "low_areas": did - z * wide, "false_alarm": 2 * norm.sf(z * se / wide),
        "detectable": (z + norm.ppf(0.8)) * se, "detectable_areas": (z + norm.ppf(0.8)) * wide,
        "breakdown": max(0, abs(did) - z * se), "odds_scale": rate["pilot", "post"] - 100 * without / (1 + without),
        "ratio_scale": rate["pilot", "post"]
        - rate["pilot", "pre"] * rate["comparison", "post"] / rate["comparison", "pre"],
    })  # fmt: skip
    power = rows.loc[f"evidence.power_areas.{NAME}.site_2.at_2", "value"]
    assert power == pytest.approx(norm.sf(z - 5 / wide) + norm.cdf(-z - 5 / wide))


def test_swapping_the_arms_changes_signs_only():
    values, other = study(6), {}
    for name, value in values.items():
        swapped = name.replace("pilot", "#").replace("comparison", "pilot").replace("#", "comparison")
        other[swapped] = -value if f"{NAME}.did." in name or ".did_mid." in name else value
    rows, turned = made(values, 6), made(other, 6)
    for name in ("pooled", "plain_mean", "lagged"):
        assert of(turned, name) == pytest.approx(-of(rows, name))
    for name in ("flip_p", "permutation_p", "bootstrap_p", "between_variance", "found"):
        assert of(turned, name) == pytest.approx(of(rows, name))


def test_relabellings_fall_into_bins_each_once():
    rows = made(study(6), 6)
    bins = [rows.loc[f"evidence.relabelled.{NAME}.bin_{n}", "value"] for n in range(1, 14)]
    assert sum(bins) == 924 == of(rows, "ways") and bins[0] >= 1
    assert of(rows, "ways_as_far") == of(rows, "permutation_p") * 924
    assert of(rows, "flip_least") == 2 / 64


def test_one_pair_is_not_pooled_and_its_lines_stay():
    values = study(1)
    rows = made(values, 1)
    pooled = ("area_variance", "pooled", "plain_mean", "plain_p", "flip_p", "permutation_p", "bootstrap_p", "lagged")
    for name in pooled:
        assert math.isnan(of(rows, name)) and rows.loc[f"evidence.{name}.{NAME}", "note"] == ONE_PAIR, name
    for name in ("detectable", "breakdown", "odds_scale", "holm.adjusted"):
        found = rows.loc[f"evidence.{name}.{NAME}.site_1", "value"]
        assert not math.isnan(found), name
    said = told(values, rows, 1)
    assert "the mean of the pairs cannot be given" in said and "nan" not in said


@pytest.mark.parametrize("pairs", [2, 10, 40])
def test_few_and_many_pairs_are_pooled(pairs):
    values = study(pairs)
    rows = made(values, pairs)
    assert not rows["value"].isna().any() and of(rows, "pairs") == pairs
    drawn = {name: rows.loc[f"evidence.{name}.{NAME}", "note"] for name in ("flip_p", "permutation_p", "bootstrap_p")}
    assert drawn == {
        "flip_p": DRAWN if pairs > 10 else "", "permutation_p": DRAWN if pairs > 8 else "",
        "bootstrap_p": DRAWN if pairs > 7 else "",
    }  # fmt: skip
    assert of(rows, "ways") == {2: 6, 10: 1 + DRAWS, 40: 1 + DRAWS}[pairs]
    assert "nan" not in told(values, rows, pairs)


def test_a_pair_with_an_empty_cell_leaves_the_pooling_and_is_named():
    values = study(4) | {f"{NAME}.did_se.site_3": math.nan}
    rows, note = made(values, 4, alone=("Site 9",)), EMPTY_CELL.format("Site 3")
    assert of(rows, "pairs") == 3 and "site_3" not in rows.loc[f"evidence.pooled.{NAME}", "inputs"]
    assert rows.loc[f"evidence.pooled.{NAME}", "note"] == f"{note}; {NO_COMPARISON.format('Site 9')}"
    assert math.isnan(rows.loc[f"evidence.detectable.{NAME}.site_3", "value"])
    nothing = made(values | {f"{NAME}.did_se.site_{n}": math.nan for n in range(1, 5)}, 4)
    assert math.isnan(of(nothing, "pooled")) and nothing.loc[f"evidence.pooled.{NAME}", "note"].endswith(NO_PAIR)


def test_a_cell_of_nobody_has_a_variance_and_no_odds():
    """As in the standard errors of impact: half a case is added to each cell of the pair; the pair is pooled."""
    values, places = study(3), [f"comparison_{n}.{period}" for n in (1, 2, 3) for period in ("pre", "post")]
    values |= {f"{NAME}.count.comparison_2.pre": 0, f"{NAME}.rate.comparison_2.pre": 0.0}
    values |= {f"{NAME}.did_added.site_2": 0.5, f"{NAME}.did_mid.site_2": values[f"{NAME}.did.site_2"] + 0.25}
    rows, noise = made(values, 3), 0.0
    for place in places:
        more = 0.5 if "_2." in place else 0
        base = values[f"{NAME}.base.{place}"] + 2 * more
        share = (values[f"{NAME}.count.{place}"] + more) / base
        noise += 1e4 * share * (1 - share) / base / 3
    assert of(rows, "area_noise") == pytest.approx(noise) and of(rows, "pairs") == 3
    ends = [rows.loc[f"evidence.{end}_areas.{NAME}.site_2", "value"] for end in ("low", "high")]
    assert sum(ends) / 2 == pytest.approx(values[f"{NAME}.did_mid.site_2"])
    for name in ("odds_scale", "ratio_scale"):
        row = rows.loc[f"evidence.{name}.{NAME}.site_2"]
        assert math.isnan(row["value"]) and row["note"] == NO_SCALE
    assert "nan" not in told(values, rows, 3)


def test_areas_that_differ_no_more_than_counts_explain_leave_counts_alone():
    values = study(3)
    for n in range(1, 4):
        values[f"{NAME}.change.comparison_{n}"] = 1.0
    rows = made(values, 3)
    assert of(rows, "area_variance") == 0 and math.isnan(of(rows, "scatter_ratio"))
    assert rows.loc[f"evidence.scatter_ratio.{NAME}", "note"] == ALIKE
    assert rows.loc[f"evidence.se_areas.{NAME}.site_1", "value"] == values[f"{NAME}.did_se.site_1"]
    assert rows.loc[f"evidence.false_alarm.{NAME}.site_1", "value"] == pytest.approx(0.05)
    said = told(values, rows, 3)
    assert "The areas differ no more than counts alone explain" in said and "nan" not in said


@pytest.mark.parametrize("gone", ["did", "did_se", "p", "rate.pilot", "rate.comparison"])
def test_under_a_policy_all_that_a_withheld_number_enters_is_withheld(gone):
    """Nothing is computed as if the number were not there: every quantity that rests on it has no value."""
    values, rows = study(6), made(study(6), 6, drops=False)
    if gone.startswith("rate"):
        arm = gone.split(".")[1]
        lost = {f"{NAME}.rate.{arm}_2.post", f"{NAME}.change.{arm}_2", f"{NAME}.count.{arm}_2.post"}
    else:
        lost = {f"{NAME}.{gone}.site_2"}
    known = {**values, **dict.fromkeys(lost, Withheld(math.nan))}
    for name, row in rows.to_dict("index").items():
        inputs = {pair.split("=")[1] for pair in row["inputs"].split()}
        try:
            known[name] = recompute(row, known)
        except (ArithmeticError, ValueError):
            known[name] = math.nan
        if inputs & lost and not name.startswith("evidence.pairs."):
            assert math.isnan(known[name]), name
            lost.add(name)
    assert f"evidence.{'holm.adjusted' if gone == 'p' else 'pooled' if 'did' in gone else 'permutation_p'}.{NAME}" in {
        name.removesuffix(".site_1") for name in lost
    }


def test_a_test_that_could_not_be_made_is_no_member_of_its_family():
    values = study(3) | {f"{NAME}.p.site_2": math.nan}
    rows = made(values, 3)
    family = [values[f"{name}.p.site_{n}"] for name in (NAME, "prison_pickup") for n in (1, 2, 3)]
    known = [one for one in family if one == one]
    assert rows.loc[f"evidence.holm.adjusted.{NAME}.site_1", "inputs"].count(" p=") + 1 == 5 == len(known)
    assert math.isnan(rows.loc[f"evidence.holm.adjusted.{NAME}.site_2", "value"])
    assert rows.loc["evidence.significant.adjusted", "value"] == sum(one < 0.05 for one in known)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.thorough
def test_sentences_are_short_and_never_say_that_there_is_no_effect(seed):
    values = study(6, seed, scatter=[0.3, 3.0, 8.0][seed % 3])
    said = told(values, made(values, 6), 6)
    for sentence in re.split(r"(?<=[a-z0-9])\. ", said):
        assert len(sentence.split()) <= 30, sentence
    assert not re.search(r"no effect|no difference between|did nothing", said)
    unclear = "which does not show that it is zero" in said
    ends = [made(values, 6).loc[f"evidence.pooled_{end}.{NAME}", "value"] for end in ("low", "high")]
    assert unclear == (ends[0] <= 0 <= ends[1])


def test_how_sure_a_finding_is_follows_the_relabellings():
    values = study(6)
    far = {
        name: value + 30 if re.search(r"change\.pilot|\.did\.|\.did_mid\.", name) else value
        for name, value in values.items()
    }
    for some, verdict in ((values, "could explain it"), (far, "hardly explains it")):
        rows = made(some, 6)
        assert (of(rows, "permutation_p") < 0.05) == (some is far)
        assert f"points: chance among areas {verdict}. In one site by itself" in told(some, rows, 6)


def test_the_measures_are_those_of_treatment():
    assert [one.name for one in POOLED] == [NAME, "successful_completion", "completion_of_treated"]
