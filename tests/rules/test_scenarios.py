"""What the pilots are worth in each scenario: by hand, from the page of definitions; how sentences follow the data."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from dscp.report.telling.scenarios import scenarios_told
from dscp.report.telling.sentences import Label, Number, Words
from dscp.study.scenarios import SCENARIOS as CALLED
from ledger_checks import assert_closed
from scenarios import NET, SCENARIOS, scenarios
from valued import DEFAULT, GIVEN, SITES, small_study, values_of

ODDS = {
    "effective_treatment": {"site_2": -0.5, "site_3": 3.1},
    "completion_of_treated": {"site_2": -0.4, "site_3": 6.0},
}
THETA = 2.3 / 5.2  # of NTORS: 5.2 and 2.9 million pounds
FACTORS = [1 / 1.035**year for year in range(1, 13)]
PV, A, K = 12_040 * sum(FACTORS[:4]), 55_127 * sum(FACTORS[4:]), 3_000 * sum(FACTORS[:4])
PV_KEPT = (12_040 - THETA * (50_585 - 39_967)) * sum(FACTORS[:4])
A_KEPT = (55_127 - THETA * 50_585) * sum(FACTORS[4:])
P, OVER = 0.457037, 0.53 - 0.41
VALUES = {  # scenario -> of one more in treatment, of one more completion
    "base": (PV, PV + P * A),
    "unplanned": (PV, PV + 0.41 * A),
    "planned": (PV, PV + 0.53 * A),
    "over_unplanned": (PV, OVER * A),
    "once": (PV, P * A),
    "charged": (PV - K, PV + P * A),
    "transfers": (PV_KEPT, PV_KEPT + P * A_KEPT),
    "undiscounted": (1.035 * PV, 1.035 * (PV + P * A)),
    "cautious": (PV_KEPT - K, OVER * A_KEPT),
    "odds": (PV, PV + P * A),
}
COSTS = {site: GIVEN[f"cost.{site}.total"] for site in SITES}


@cache
def parts(leaves_out: bool = True, **given: float) -> pd.DataFrame:
    """All ledger rows of a small study; `given` : sites whose difference on the odds scale is missing."""
    odds = {f"evidence.odds_scale.{m}.{site}": value for m, of in ODDS.items() for site, value in of.items()}
    odds |= {f"evidence.odds_scale.effective_treatment.{site}": value for site, value in given.items()}
    before = small_study({**DEFAULT, "method": "corrected"}, {**GIVEN, **odds})
    return pd.concat([*before, *scenarios(values_of(before), SITES, (4, 8), leaves_out)], ignore_index=True)


def values(**given: float) -> dict[str, float]:
    return parts(**given).set_index("id")["value"].to_dict()


def worth(scenario: str, site: str) -> float:
    """The benefit of a site by hand."""
    treated, completed = (GIVEN[f"{measure}.did.{site}"] for measure in ODDS)
    if scenario == "odds":
        treated, completed = (of[site] for of in ODDS.values())
    base = GIVEN[f"effective_treatment.base.pilot_{site[-1]}.post"]
    return base / 100 * (treated * VALUES[scenario][0] + completed * VALUES[scenario][1])


def test_every_scenario_has_a_name_and_a_value():
    assert list(SCENARIOS) == list(CALLED) == list(VALUES)


@pytest.mark.parametrize("scenario", VALUES)
def test_values_and_benefits_are_those_of_the_definition(scenario):
    found = values()
    for outcome, value in zip(("effective_treatment", "completions"), VALUES[scenario], strict=True):
        assert found[f"scenarios.value.{outcome}.{scenario}"] == pytest.approx(value, rel=1e-9)
    for site in SITES:
        assert found[f"scenarios.total.{scenario}.{site}"] == pytest.approx(worth(scenario, site), rel=1e-9)
    every = [worth(scenario, site) for site in SITES]
    assert found[f"scenarios.all_sites.{scenario}"] == pytest.approx(sum(every), rel=1e-9)
    paying = sum(one > COSTS[site] for one, site in zip(every, SITES, strict=True))
    assert found[f"scenarios.paying.{scenario}"] == paying


def test_scenarios_differ_and_the_first_is_the_corrected_benefit():
    found = values()
    assert all(found[f"scenarios.total.base.{site}"] == found[f"benefit.total_corrected.{site}"] for site in SITES)
    assert len({round(found[f"scenarios.all_sites.{name}"]) for name in SCENARIOS}) == len(SCENARIOS)


def test_less_what_the_pilots_cost():
    found = values()
    for site in SITES:
        assert found[f"scenarios.total.{NET}.{site}"] == pytest.approx(worth("base", site) - COSTS[site])
    assert found[f"scenarios.all_sites.{NET}"] == pytest.approx(found["scenarios.all_sites.base"] - sum(COSTS.values()))


def test_how_many_pay():
    found = values()
    paying = sum(sum(worth(name, site) for site in SITES) > sum(COSTS.values()) for name in VALUES)
    assert (found["scenarios.number"], found["scenarios.paying_number"]) == (10, paying)
    assert 0 < paying < 10


def test_the_other_study_has_four_ratios():
    """5.2 / 1.6, 5.2 / 4.4, 2.9 / 1.6 and 2.9 / 4.4."""
    found = values()
    ratios = [
        found[f"scenarios.ntors.{one}_transfers.{two}"] for one in ("with", "without") for two in ("extra", "full")
    ]
    assert ratios == pytest.approx([3.25, 1.1818182, 1.8125, 0.6590909])
    assert found["scenarios.transferred"] == pytest.approx(THETA)


def test_every_formula_gives_the_stored_value():
    assert_closed(parts())


def test_a_scenario_that_cannot_be_computed_is_not_counted():
    """Under a policy it stays among those that are: what the number rests on tells nothing."""
    found = values(site_2=math.nan)
    assert math.isnan(found["scenarios.all_sites.odds"]) and math.isnan(found["scenarios.paying.odds"])
    assert found["scenarios.number"] == 9 and found["scenarios.paying_number"] >= 0
    some, none = (parts(leaves_out=False, **given).set_index("id") for given in ({}, {"site_2": math.nan}))
    assert some["inputs"].equals(none["inputs"]) and some["formula"].equals(none["formula"])
    assert math.isnan(none.loc["scenarios.paying_number", "value"])


def told(found: dict[str, float]) -> str:
    """The sentences as text, numbers as their ids."""

    def text(piece: object) -> str:
        return piece.id if isinstance(piece, Number) else piece.text if isinstance(piece, Words | Label) else str(piece)

    sentences = scenarios_told(found, {site: site.replace("site_", "Site ") for site in SITES})
    assert all(len("".join(map(text, one)).split()) <= 30 for one in sentences)
    return ". ".join("".join(map(text, one)) for one in sentences)


def test_sentences_follow_the_data():
    found = values()
    said = told(found)
    names = sorted(SCENARIOS, key=lambda name: found[f"scenarios.all_sites.{name}"])
    assert "In scenarios.paying_number of scenarios.number scenarios the benefits of all sites exceed the costs" in said
    assert f"least with “{CALLED[names[0]]}”, scenarios.all_sites.{names[0]}, and" in said
    assert f"most with “{CALLED[names[-1]]}”, scenarios.all_sites.{names[-1]}." in said
    assert "In Site 3 the benefits exceed the costs in every scenario; in Site 2 in none" in said
    once = found | {"scenarios.total.once.site_3": 0.0}
    assert "In Site 3 whether the benefits exceed the costs depends on the scenario; in Site 2 in none" in told(once)
    for worth in (-1.0, 1.0, found["cost.site_3.total"]):  # a benefit that does not exceed the cost
        nowhere = found | {f"scenarios.total.{name}.site_3": worth for name in SCENARIOS}
        assert "In Site 2 and Site 3 the benefits exceed the costs in no scenario" in told(nowhere)
    missing = found | {"scenarios.paying_number": np.nan}
    assert told(missing).startswith("In how many scenarios the pilots pay cannot be given")
