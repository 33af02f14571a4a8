"""Unit values of a study's own: computed with, brought to the prices of one year, told in print, or refused."""

from __future__ import annotations

import copy
import html
import re
from pathlib import Path

import pytest

import chain
from dscp.config.checked import checked
from dscp.config.schema import config_schema
from dscp.ledger.formulas import recompute
from dscp.study.own_values import MONEY, unfit

PROJECT = Path(__file__).parents[2]
SOURCE, INDEX = "Another Department (2014), Table 3", "Deflator of the Treasury (2016)"
POUNDS = dict(zip(MONEY, (40_000, 36_000, 4_000, 20_000, 3_000, 500, 2_500), strict=True))
OWN = {name: {"value": value, "price_year": "2012-13", "source": SOURCE} for name, value in POUNDS.items()}
SHARE = {"recovery_probability": {"value": 0.4, "source": "A survey (2015)"}}
PRICES = {"year": "2015-16", "index": {"2012-13": 95, "2013-14": 97, "2015-16": 100}, "source": INDEX}
TREATMENT, RECOVERY, RATE = 4, 8, 0.035


@pytest.fixture(scope="module")
def study(programme):
    """A study whose prices are those of one year, with every value in pounds of its own."""
    return programme.settings(
        economics__method="corrected", economics__unit_values={**OWN, **SHARE}, economics__prices=PRICES
    )


@pytest.fixture(scope="module")
def made(study, tmp_path_factory):
    return chain.run(study, tmp_path_factory.mktemp("own"))


def economics(config, **changes) -> dict:
    return {**config["economics"], "method": "corrected", **changes}


def said(config, **changes) -> list[str]:
    return [f"{'.'.join(path)}: {text}" for path, text in unfit(economics(config, **changes))]


def test_the_value_of_a_client_is_that_of_own_values_in_the_prices_of_the_year(made):
    """Year by year by hand: harm is untreated, in treatment, or in recovery, at the index's ratio of the two years."""
    up = 100 / 95
    untreated, treated, left = 40_000 * up, 23_000 * up, 500 * up
    years = range(1, TREATMENT + RECOVERY + 1)
    factor = {year: (1 + RATE) ** -year for year in years}
    short = sum((untreated - treated) * factor[year] for year in years if year <= TREATMENT)
    long = sum((untreated - left) * factor[year] for year in years if year > TREATMENT)
    known = made.known
    assert known["unit_value.effective_treatment"] == pytest.approx(short)
    assert known["unit_value.completion"] == pytest.approx(short + 0.4 * long)
    cost = sum(2_500 * up * factor[year] for year in years if year <= TREATMENT)
    assert known["unit_value.discounted_cost.pv"] == pytest.approx(cost)


def test_each_own_value_is_traced_to_the_config_and_says_whose_it_is(made):
    rows = made.ledger.set_index("id")
    for name in POUNDS:
        row = rows.loc[f"constant.{name}"].to_dict()
        assert row["value"] == pytest.approx(POUNDS[name] * 100 / 95)
        assert row["formula"] and recompute(row, made.known) == row["value"]
        assert row["source"] == f"{SOURCE}; {INDEX}"
    assert rows.loc["constant.recovery_probability", ["value", "source"]].to_list() == [0.4, "A survey (2015)"]
    assert rows.loc["constant.decay_retained", "formula"] == "" and rows.loc["constant.decay_retained", "value"] == 0.25


def test_the_page_tells_whose_the_values_are_and_nothing_of_whose_they_are_not(made):
    out = chain.render(made)
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", out.page)).split())
    assert out.faults == []
    assert "The yearly amounts are this study’s own" in text and "in the prices of 2015-16" in text
    assert f"{SOURCE}; {INDEX}" in text
    assert "Harm done in a year by a client who is not treated: own value, in pounds 40,000" in text
    assert "A price index by fiscal year, 2012-13 95" in text
    for stranger in ("by the amounts that DTORS found", "those of DTORS", "values from DTORS", "states no price year"):
        assert stranger not in text, stranger


def test_without_an_index_values_are_taken_as_they_are(programme, config, tmp_path):
    known = chain.run(
        programme.settings(economics__method="corrected", economics__unit_values={**OWN, **SHARE}), tmp_path
    ).known
    assert known["constant.harm_untreated"] == 40_000
    assert said(config, unit_values=OWN) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "as_published", "unit_values": SHARE}, "economics.unit_values: found values beside method as_pub"),
        (
            {"unit_values": {"harm_untreated": OWN["harm_untreated"]}},
            "economics.unit_values: found harm_untreated without harm_untreated_crime",
        ),
        (
            {"unit_values": {name: OWN[name] for name in ("harm_in_treatment_crime",)}},
            "economics.unit_values: found harm_in_treatment_crime without harm_in_treatment_health",
        ),
        (
            {"unit_values": {**OWN, "harm_untreated": {**OWN["harm_untreated"], "value": 41_000}}},
            "economics.unit_values.harm_untreated: found 41,000, allowed: the sum of harm_untreated_crime and",
        ),
        (
            {"unit_values": {**OWN, "treatment_cost": {**OWN["treatment_cost"], "price_year": "2013-14"}}},
            "economics.unit_values: found price years 2012-13, 2013-14, allowed: one, or economics.prices",
        ),
        (
            {"unit_values": OWN, "prices": {**PRICES, "year": "2017-18"}},
            "economics.prices.year: found 2017-18, allowed: a year of prices.index",
        ),
        (
            {"unit_values": {**OWN, "treatment_cost": {"value": 1, "source": SOURCE}}, "prices": PRICES},
            "economics.unit_values.treatment_cost.price_year: found none, allowed: a year of prices.index",
        ),
        (
            {"unit_values": {name: OWN[name] for name in MONEY[:-1]}, "prices": PRICES},
            "economics.prices: found no price year of treatment_cost, allowed: prices of one year for all values",
        ),
        ({"prices": PRICES, "unit_values": SHARE}, "economics.prices: found no price year of harm_untreated"),
    ],
)
def test_what_cannot_be_computed_with_is_refused(config, changes, message):
    found = said(config, **changes)
    assert [line for line in found if line.startswith(message)], found


def test_a_pound_of_rounding_is_let_pass(config):
    near = {**OWN, "harm_untreated": {**OWN["harm_untreated"], "value": 40_001}}
    assert said(config, unit_values=near) == []


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"treatment_cost": {"value": 1}}, "economics.unit_values.treatment_cost.source: missing key"),
        (
            {"cost_of_treatment": OWN["treatment_cost"]},
            "economics.unit_values.cost_of_treatment: unknown key, allowed: decay_retained, ",
        ),
        ({"recovery_probability": {"value": 40, "source": SOURCE}}, "recovery_probability.value: found 40, allowed:"),
    ],
)
def test_the_config_is_read_by_its_schema(config, own, message):
    study = copy.deepcopy({**config, "reference_run": False})
    study["economics"] |= {"method": "corrected", "unit_values": own}
    with pytest.raises(SystemExit) as stop:
        checked(study, PROJECT / "config.yaml", config_schema(PROJECT))
    assert message in str(stop.value)


def test_a_source_that_could_start_a_formula_is_text(programme, tmp_path):
    shares = {"recovery_probability": {"value": 0.4, "source": "=1+1"}}
    made = chain.run(programme.settings(economics__method="corrected", economics__unit_values=shares), tmp_path)
    assert made.ledger.set_index("id").loc["constant.recovery_probability", "source"] == "'=1+1"


def test_what_cannot_be_computed_with_stops_before_anything_runs(config):
    study = copy.deepcopy({**config, "reference_run": False})
    study["economics"] |= {"method": "corrected", "unit_values": {"harm_untreated": OWN["harm_untreated"]}}
    with pytest.raises(SystemExit) as stop:
        checked(study, PROJECT / "config.yaml", config_schema(PROJECT))
    assert "economics.unit_values: found harm_untreated without harm_untreated_crime" in str(stop.value)
