"""Spending, budgets, new journeys and what only the prose states, added up line by line, apart from the rules."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from dscp.measures.models import with_age
from new_journeys import new_journeys
from spending import spending
from stated import stated

YEARS = ["2009-10", "2010-11"]
KEYS = ["y2009_10", "y2010_11"]
SITES = ["site_1", "site_2", "site_3"]
ITEMS = {"pay": ["management", "workers"], "non_pay": ["training", "rent"], "start_up": ["desks"]}


@pytest.fixture(scope="module")
def lines() -> list[tuple]:
    """Lines of the spending ledger, one of another year among them; no two amounts alike."""
    rng = np.random.default_rng(8)
    places = [
        (site, year, category, item)
        for site in SITES
        for year in [*YEARS, "2011-12"]
        for category in ITEMS
        for item in ITEMS[category]
    ]
    amounts = rng.choice(np.arange(500, 90_000), len(places), replace=False)
    return [(*place, float(amount)) for place, amount in zip(places, amounts, strict=True)]


def values_of(parts: list[pd.DataFrame]) -> dict[str, float]:
    return pd.concat(parts, ignore_index=True).set_index("id")["value"].astype(float).to_dict()


@pytest.fixture(scope="module")
def spent(lines) -> dict[str, float]:
    frame = pd.DataFrame(lines, columns=["site", "fiscal_year", "category", "item", "amount_gbp"])
    return values_of(spending(frame, None, None, YEARS))


def test_spending_is_what_the_lines_add_up_to(lines, spent):
    expected: dict[str, float] = defaultdict(float)
    for site, year, category, item, amount in lines:
        if year not in YEARS:
            continue
        at, nth = KEYS[YEARS.index(year)], YEARS.index(year) + 1
        for kind in (category, "total"):
            for when in (at, "both_years"):
                expected[f"spending.{kind}.{when}"] += amount
        for place in (f"cost.{site}.year_{nth}", f"cost.{site}.total"):
            expected[place] += amount
        if category != "start_up":
            expected[f"cost_recurrent.{site}.year_{nth}"] += amount
            for one in (item, "total"):
                expected[f"spending_item.{category}.{one}.amount"] += amount
    whole = expected["spending.total.both_years"]
    for kind in (*ITEMS, "total"):
        expected[f"spending.{kind}.share"] = expected[f"spending.{kind}.both_years"] / whole * 100
    for name in [name for name in expected if name.endswith(".amount")]:
        category = name.split(".")[1]
        expected[name.replace("amount", "share")] = (
            expected[name] / expected[f"spending_item.{category}.total.amount"] * 100
        )
    assert spent == pytest.approx(dict(expected))


def test_budgets_and_their_shares():
    budgets = pd.DataFrame(
        {
            "fiscal_year": YEARS,
            "adult_pooled_gbp_m": [300.0, 310.0],
            "local_gbp_m": [200.0, 150.0],
            "adults_in_effective_treatment": [150_000, 170_000],
        }
    )
    amounts = {("site_1", "care"): 30.0, ("site_1", "beds"): 70.0, ("site_2", "care"): 45.0, ("site_2", "beds"): 5.0}
    shares = pd.DataFrame(
        [(*place, amount) for place, amount in amounts.items()], columns=["site", "head", "amount_gbp"]
    )
    found = values_of(spending(None, budgets, shares, YEARS))
    assert found["budget.total_funding.y2009_10"] == 500
    assert found["budget.funding_per_adult.y2010_11"] == pytest.approx(460e6 / 170_000)
    assert found["budget.local_funding.y2010_11"] == 150
    expected = {"care.site_1": 30, "beds.site_2": 10, "care.all": 50, "total.all": 100}
    assert {name: found[f"budget_share.{name}"] for name in expected} == expected


def test_new_journeys_are_counted_by_site_and_over_all_sites():
    rng = np.random.default_rng(4)
    years = {"before": ["2007-08", "2008-09"], "during": YEARS}
    each = [*years["before"], *YEARS, "2011-12"]
    rows = [
        (site, year, int(rng.integers(90, 200)), int(rng.integers(20, 60)), int(rng.integers(1, 20)))
        for site in SITES
        for year in each
    ]
    columns = ["site", "fiscal_year", "started", "retained_12_weeks", "completed_under_12_weeks"]
    found = values_of(new_journeys(pd.DataFrame(rows, columns=columns), None, years, []))
    cells: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0])
    for site, year, *counts in rows:
        wheres = [(site, f"y{year.replace('-', '_')}")] + [
            ("all", when) for when, group in years.items() if year in group
        ]
        for where in wheres if year != "2011-12" else []:
            cells[where] = [total + count for total, count in zip(cells[where], counts, strict=True)]
    expected = {}
    for (site, year), (started, retained, completed) in cells.items():
        first = cells[site, "before" if site == "all" else "y2007_08"][0]
        of = f"{site}.{year}"
        expected |= {
            f"new_journeys.{name}.{of}": count
            for name, count in zip(("started", "retained", "completed"), (started, retained, completed), strict=True)
        }
        expected[f"new_journeys.index.{of}"] = started / first * 100
        expected[f"new_journeys.retained_share.{of}"] = retained / started * 100
        expected[f"new_journeys.completed_share.{of}"] = completed / started * 100
        expected[f"new_journeys.effective_share.{of}"] = (retained + completed) / started * 100
    assert found == pytest.approx(expected)


def test_months_are_those_of_the_window():
    days = pd.to_datetime(["2008-03-01", "2008-04-01", "2008-05-01", "2008-06-01"])
    frame = pd.DataFrame({"area": "pilot_1", "month": days, "new_journeys": [1, 2, 3, 4]})
    found = values_of(new_journeys(None, frame, {"before": [], "during": []}, ["2008-04", "2008-05"]))
    assert found == {"new_journeys_monthly.pilot_1.2008_04": 2, "new_journeys_monthly.pilot_1.2008_05": 3}


# What only the prose states --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told() -> tuple[dict[str, float], dict[str, float]]:
    """Made-up quantities of three sites, and what rule stated makes of them."""
    rng, sites = np.random.default_rng(2), ["site_1", "site_2", "site_3"]
    known: dict[str, tuple[float, str]] = {}
    for n, site in enumerate(sites, start=1):
        for year in (1, 2):
            known[f"cost_recurrent.{site}.year_{year}"] = float(rng.uniform(1e4, 9e4)), f"site={site} year=year_{year}"
        known[f"cost.{site}.total"] = float(rng.uniform(1e5, 9e5)), f"site={site}"
        known[f"benefit.total.{site}"] = float(rng.normal(0, 5e6)), f"site={site}"
        for outcome in ("effective_treatment", "completions"):
            known[f"additional.{outcome}.{site}"] = float(rng.integers(-30, 30)), f"outcome={outcome} site={site}"
        for measure in ("effective_treatment", "completion_of_treated"):
            for arm in ("pilot", "comparison"):
                for period in ("pre", "post"):
                    rate = float(rng.uniform(10, 95)) if arm == "pilot" else 1.0 if period == "pre" else 99.0
                    known[f"{measure}.rate.{arm}_{n}.{period}"] = rate, f"area={arm}_{n} period={period}"
        for month in range(1, 7):
            known[f"new_journeys_monthly.pilot_{n}.2008_0{month}"] = (
                float(rng.integers(10, 50)),
                f"area=pilot_{n} month=2008_0{month}",
            )
    for period, base in (("pre", 160.0), ("post", 208.0)):
        known[f"community_triage.base.pilot_1.{period}"] = base, f"area=pilot_1 period={period}"
    known["community_triage.change.pilot_1"] = 3.0, "area=pilot_1"
    known |= {
        "unit_value.expected_value.pv": (200_000.0, "year=pv"),
        "unit_value.sensitivity_decay": (150_000.0, ""),
        "unit_value.completion": (190_000.0, ""),
    }
    known |= {
        f"budget.total_funding.{key}": (value, f"year={key}") for key, value in zip(KEYS, (480.0, 450.0), strict=True)
    }
    frame = pd.DataFrame(
        {
            "id": list(known),
            "value": [value for value, _ in known.values()],
            "dims": [dims for _, dims in known.values()],
        }
    )
    frame = frame.assign(family=frame["id"].str.partition(".")[0], note="")
    settings = {
        "setting.definitions.effective_days": 83.0,
        "setting.definitions.pickup_days": 42.0,
        "setting.models.significance": 0.05,
    }
    found = stated(frame, settings, sites, 2)
    return {name: value for name, (value, _) in known.items()}, values_of(found)


def test_ranges_run_over_the_pilots_and_nothing_else(told):
    known, found = told
    for measure in ("effective_treatment", "completion_of_treated"):
        rates = [value for name, value in known.items() if name.startswith(f"{measure}.rate.pilot")]
        assert found[f"stated.{measure}.rate.min"] == min(rates)
        assert found[f"stated.{measure}.rate.max"] == max(rates)
    for year in (1, 2):
        costs = [
            value
            for name, value in known.items()
            if name.startswith("cost_recurrent") and name.endswith(f"year_{year}")
        ]
        assert found[f"stated.cost_recurrent.year_{year}.min"] == min(costs)
        assert found[f"stated.cost_recurrent.year_{year}.max"] == max(costs)


def test_totals_add_up_all_sites(told):
    known, found = told
    for name, start, end in (
        ("benefit_total", "benefit.total.", ""),
        ("cost_total", "cost.", ".total"),
        ("additional_effective_treatment", "additional.effective_treatment.", ""),
        ("additional_completions", "additional.completions.", ""),
    ):
        parts = [known[f"{start}{site}{end}"] for site in ("site_1", "site_2", "site_3")]
        assert found[f"stated.{name}"] == pytest.approx(math.fsum(parts)), name


def test_what_only_prose_prints_is_computed_as_it_says(told):
    known, found = told
    assert found["stated.effective_weeks"] == 12
    assert found["stated.pickup_weeks"] == 6
    assert found["stated.referral_growth.pilot_1"] == pytest.approx(30)
    assert found["stated.sensitivity_decay_fall"] == pytest.approx(25)
    assert found["stated.budget_peak"] == 480
    for site in ("site_1", "site_2", "site_3"):
        assert found[f"stated.break_even.{site}"] == math.ceil(known[f"cost.{site}.total"] / 190_000)
    each = [found[f"stated.break_even.{site}"] for site in ("site_1", "site_2", "site_3")]
    assert (found["stated.break_even.min"], found["stated.break_even.max"]) == (min(each), max(each))
    for n in (1, 2, 3):
        months = [known[f"new_journeys_monthly.pilot_{n}.2008_0{month}"] for month in range(1, 7)]
        assert found[f"stated.new_journeys_trend.site_{n}"] == pytest.approx(np.polyfit(range(6), months, 1)[0])


def test_an_unknown_age_enters_at_the_mean_of_those_known():
    rows = pd.DataFrame({"age": [20.0, np.nan, 22.0, 60.0]})
    assert with_age(rows, "mean")["age"].tolist() == [20, 34, 22, 60]
    assert with_age(rows, "leave_out")["age"].tolist() == [20, 22, 60]
