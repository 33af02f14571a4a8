"""What is known of worth: its moments by hand, all sites, one pair, a policy, and sentences that follow the data."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from dscp.ledger import worth
from dscp.report.telling.known import known_told
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
