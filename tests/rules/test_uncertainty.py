"""What is known of worth: its moments by hand, all sites, one pair, a policy, and sentences that follow the data."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from dscp.ledger import worth
from dscp.report.telling.known import known_told, paying
from dscp.report.telling.sentences import Label, Note, Number
from ledger_checks import assert_closed
from sensitivity import sensitivity
from uncertainty import ALL, ONE_PAIR, uncertainty
from valued import DEFAULT, GIVEN, SITES, small_study, values_of

RANGES = {
    "discount_rate": {"low": 0.015, "high": 0.055},
    "recovery_probability": {"low": 0.41, "high": 0.53},
    "treatment_years": {"low": 2, "high": 6},
    "recovery_years": {"low": 4, "high": 12},
}
ECONOMICS = {
    **DEFAULT,
    "method": "corrected",
    "sensitivity": RANGES,
    "uncertainty": {"saving_cv": 0.5, "harm_cv": 0.25},
}
CHANGES = {"effective_treatment": {2: 1.2, 3: -0.8}, "completion_of_treated": {2: 2.5, 3: -1.1}}
VARIANCES = {"effective_treatment": 8.0, "completion_of_treated": 5.0}


@cache
def parts(leaves_out: bool = True, variance: float = 1.0, did: float = -3.4, sites: tuple[str, ...] = tuple(SITES)):
    """All ledger rows of a small study; `variance` : times those between areas; `did` : of Site 2."""
    more = {f"{m}.change.comparison_{n}": change for m, of in CHANGES.items() for n, change in of.items()}
    more |= {f"evidence.area_variance.{measure}": variance * value for measure, value in VARIANCES.items()}
    before = small_study(ECONOMICS, {**GIVEN, **more, "effective_treatment.did.site_2": did})
    before += sensitivity(values_of(before), SITES, leaves_out, False)
    return pd.concat([*before, *uncertainty(values_of(before), sites, leaves_out)], ignore_index=True)


def values(**how: object) -> dict[str, float]:
    return parts(**how).set_index("id")["value"].to_dict()


def test_a_variance_is_in_the_square_of_the_unit_of_its_spread():
    rows = parts()
    own = rows[rows["rule"] == "uncertainty"].set_index("id")["unit"]
    squared = {name for name in own.index if name.split(".")[1] in ("variance", "covariance")}
    assert len(squared) == (2 * 2 + 2) * (len(SITES) + 1)
    assert set(own[sorted(squared)]) == {"count2"} and set(own[own.index.str.contains("area_covaria")]) == {"ppt2"}
    assert not any(unit.endswith("2") for unit in own[~own.index.str.contains("varia")])


def test_untreated_areas_move_together_as_far_as_counts_do_not_explain():
    found = values()
    changes = [[CHANGES[measure][n] for n in (2, 3)] for measure in CHANGES]
    noise = 0.0
    for n in (2, 3):
        for period in ("pre", "post"):
            cell = f"comparison_{n}.{period}"
            base = GIVEN[f"effective_treatment.base.{cell}"]
            one = np.arange(base) < GIVEN[f"effective_treatment.count.{cell}"]
            other = np.arange(base) < GIVEN[f"successful_completion.count.{cell}"]
            noise += 1e4 * np.cov(one, other, ddof=0)[0, 1] / base / 2
    assert found["uncertainty.area_covariation"] == pytest.approx(np.cov(changes)[0, 1] - noise, rel=1e-9)
    assert found["uncertainty.area_covariance"] == found["uncertainty.area_covariation"]
    assert values(variance=0.25)["uncertainty.area_covariance"] == pytest.approx(math.sqrt(8 * 5) / 4)


@pytest.mark.parametrize("kind", ["counts", "areas"])
@pytest.mark.parametrize("site", SITES)
def test_the_moments_of_a_site_are_those_of_its_clients(site, kind):
    found, base = values(), GIVEN[f"effective_treatment.base.pilot_{site[-1]}.post"]
    for outcome, measure in (("effective_treatment", "effective_treatment"), ("completions", "completion_of_treated")):
        clients = GIVEN[f"{measure}.did.{site}"] / 100 * base
        assert found[f"uncertainty.clients.{outcome}.{site}"] == pytest.approx(clients)
        variance = GIVEN[f"{measure}.did_se.{site}"] ** 2 + (2 * VARIANCES[measure] if kind == "areas" else 0)
        own = found[f"uncertainty.variance.{outcome}.{kind}.{site}"]
        assert own == pytest.approx((base / 100) ** 2 * variance)
    covariance = found[f"sensitivity.covariance.{site}"]
    covariance += 2 * found["uncertainty.area_covariance"] if kind == "areas" else 0
    assert found[f"uncertainty.covariance.{kind}.{site}"] == pytest.approx((base / 100) ** 2 * covariance)


def test_all_sites_add_clients_and_variances_and_share_what_is_not_known():
    found = values()
    assert found[f"uncertainty.value.{ALL}"] == pytest.approx(sum(found[f"uncertainty.value.{site}"] for site in SITES))
    names = ("variance.effective_treatment.areas", "covariance.areas", "variance.completions.areas")
    own = [sum(found[f"uncertainty.{name}.{site}"] for site in SITES) for name in names]
    effects = [
        sum(found[f"uncertainty.clients.{one}.{site}"] for site in SITES)
        for one in ("effective_treatment", "completions")
    ]
    cost = sum(GIVEN[f"cost.{site}.total"] for site in SITES)
    given = (
        [0.41, 0.457037, 0.53],
        [2, 4, 6],
        [4, 8, 12],
        [12_040, 0.5],
        [55_127, 0.25],
        effects,
        own,
        0.035,
        0.0,
        cost,
    )
    assert found[f"uncertainty.pays.areas.{ALL}"] == pytest.approx(worth.expected_share(*given), rel=1e-9)
    assert found[f"uncertainty.gain.areas.{ALL}"] == pytest.approx(worth.expected_gain(*given), rel=1e-9)
    independent = math.hypot(*(found[f"uncertainty.sd.areas.{site}"] for site in SITES))
    assert found[f"uncertainty.sd.areas.{ALL}"] != pytest.approx(independent, rel=1e-3)


@pytest.mark.parametrize("place", [*SITES, ALL])
@pytest.mark.parametrize("kind", ["counts", "areas"])
def test_with_values_as_estimated_the_effects_alone_are_not_known(kind, place):
    found = values()
    v, w = (found[f"unit_value.{name}.pv"] for name in ("discounted_value_treatment", "expected_value"))
    treated, completed = (found[f"uncertainty.clients.{one}.{place}"] for one in ("effective_treatment", "completions"))
    names = (f"variance.effective_treatment.{kind}", f"covariance.{kind}", f"variance.completions.{kind}")
    own, both, other = (found[f"uncertainty.{name}.{place}"] for name in names)
    gain = treated * v + completed * w - sum(GIVEN[f"cost.{site}.total"] for site in SITES if place in (site, ALL))
    expected = norm.cdf(gain / math.sqrt(v * v * own + 2 * v * w * both + w * w * other))
    assert 0 < expected < 1
    assert found[f"uncertainty.effects_alone.{kind}.{place}"] == pytest.approx(expected, rel=1e-9)


def test_where_areas_do_not_move_it_is_that_of_counts_alone():
    found = values(variance=0.0)
    for name in ("sd", "pays", "gain", "effects_alone"):
        for place in (*SITES, ALL):
            assert found[f"uncertainty.{name}.areas.{place}"] == pytest.approx(
                found[f"uncertainty.{name}.counts.{place}"]
            )


def test_every_formula_gives_the_stored_value():
    assert_closed(parts())


def test_one_pair_of_areas_says_nothing_of_areas():
    rows = parts(sites=("site_3",)).set_index("id")
    areas = rows[rows.index.str.contains(r"uncertainty\.(?:sd|pays|gain|effects_alone)\.areas\.")]
    assert areas["value"].isna().all() and set(areas["note"]) == {ONE_PAIR}
    assert rows.loc["uncertainty.pays.counts.site_3", "value"] > 0.5


def test_a_site_without_a_benefit_is_left_out_but_not_under_a_policy():
    rows = parts(did=math.nan)
    assert not rows["id"].str.fullmatch(r"uncertainty\.value\.site_2").any()
    some, none = (parts(leaves_out=False, did=did).set_index("id") for did in (-3.4, math.nan))
    assert some["inputs"].equals(none["inputs"])
    assert math.isnan(none.loc[f"uncertainty.pays.counts.{ALL}", "value"])


def text(piece: object) -> str:
    if isinstance(piece, Number | Note):
        return piece.id if isinstance(piece, Number) else "[z]"
    return getattr(piece, "text", str(piece))


def told(found: dict[str, float], place: str, label: str = "Site 3") -> list[str]:
    sentences = ["".join(map(text, one)) for one in known_told(found, place, label)]
    assert all(len(one.split()) <= 30 for one in sentences)
    return sentences


def test_sentences_follow_the_data():
    areas, counts = (f"uncertainty.pays.{kind}.site_3" for kind in ("areas", "counts"))
    found = values() | {areas: 0.8, counts: 0.9}
    assert isinstance(known_told(found, "site_3", "Site 3")[0][1], Label)
    gain = "at most uncertainty.gain.{}.site_3 was worth paying for the answer"
    first = f"Allowing for areas, the chances that Site 3 pays are {areas} in a hundred, and with clients alone "
    assert told(found, "site_3") == [f"{first}{counts}; {gain.format('areas')}"]
    assert told(found, ALL)[0].startswith("Allowing for areas, the chances that all sites together pay are ")
    for chance, said in ((0.0, "below one"), (0.0049, "below one"), (0.0051, counts), (0.9949, counts)):
        assert told(found | {counts: chance}, "site_3") == [f"{first}{said}; {gain.format('areas')}"]
    assert told(found | {counts: 0.9951}, "site_3") == [f"{first}above ninety-nine; {gain.format('areas')}"]
    alone = found | {areas: math.nan}
    assert told(alone, "site_3") == [
        f"With clients alone, the chances that Site 3 pays are {counts} in a hundred[z]; {gain.format('counts')}"
    ]
    neither = alone | {counts: math.nan}
    assert told(neither, "site_3") == ["Whether Site 3 pays cannot be given[z]"]


def likely(found: dict[str, float], labels: dict[str, str]) -> list[str]:
    sentences = ["".join(map(text, one)) for one in paying(found, labels)]
    assert len(sentences) <= 2 and all(len(one.split()) <= 30 for one in sentences)
    return sentences


def test_how_likely_benefits_are_to_exceed_costs_is_told_of_all_and_between_which_sites():
    labels = {site: f"Site {site[-1]}" for site in SITES}
    low, high = (f"uncertainty.pays.areas.{site}" for site in ("site_2", "site_3"))
    every, alone = (f"uncertainty.pays.{kind}.{ALL}" for kind in ("areas", "counts"))
    found = values() | {low: 0.2, high: 0.9, every: 0.4}
    first = f"the chances that the benefits of all sites together exceed the costs are {every} in a hundred"
    own = f"Allowing for how areas move by themselves, {first}"
    assert likely(found, labels) == [own, f"By site they run from {low} in Site 2 to {high} in Site 3"]
    turned = found | {low: 0.9, high: 0.001, every: 0.999}
    assert likely(turned, labels) == [
        own.replace(every, "above ninety-nine"), f"By site they run from below one in Site 3 to {low} in Site 2"
    ]  # fmt: skip
    assert likely(found | {low: 0.901}, labels)[1] == f"By site they are all {low}"
    third = {**labels, "site_9": "Site 9"}
    more = found | {"uncertainty.pays.areas.site_9": 0.901}
    assert likely(more, third)[1] == f"By site they run from {low} in Site 2 to {high} in Site 3 and Site 9"
    assert likely(found, {"site_3": "Site 3"}) == [
        "Allowing for how areas move by themselves, the chances that the benefits of Site 3 exceed its costs are "
        f"{high} in a hundred"
    ]
    lost = {f"uncertainty.pays.areas.{place}": math.nan for place in (*SITES, ALL)}
    by_counts = {f"uncertainty.pays.counts.{site}": found[one] for site, one in (("site_2", low), ("site_3", high))}
    assert likely(found | lost | by_counts, labels) == [
        f"Counting clients alone, {first.replace(every, alone)}[z]",
        "By site they run from uncertainty.pays.counts.site_2 in Site 2 to uncertainty.pays.counts.site_3 in Site 3",
    ]
    assert likely(found | lost | {alone: math.nan}, labels) == [
        "How likely it is that the benefits of all sites together exceed the costs cannot be given[z]"
    ]
    assert likely(found, {}) == []
