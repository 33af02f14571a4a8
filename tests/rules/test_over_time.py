"""What went on before the pilots: counted again row by row in each window, averaged again by hand, and told."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

import chain
import reference_derivations as slow
from dscp.exhibits.declared import resolve
from dscp.measures.needs import lacking
from dscp.measures.pairs import LEFT_OUT, ONE_PAIR
from dscp.study.areas import analysed
from dscp.study.days import whole_quarters
from over_time import ledger, windows

QUARTERS = {  # the study of the chain: January 2012 to June 2013, January 2014 to June 2015
    f"{year}_{month:02d}": (dt.date(year, month, 1), dt.date(year, month + 2, 31 if month in (1, 10) else 30))
    for year, last in ((2012, 10), (2013, 4), (2014, 10), (2015, 4))
    for month in range(1, last + 1, 3)
}
HALVES = {
    "early": (dt.date(2012, 1, 1), dt.date(2012, 9, 30)),
    "late": (dt.date(2012, 10, 1), dt.date(2013, 6, 30)),
}
LAST = "2013_04"  # the last quarter before the pilots


@pytest.fixture(scope="module")
def counted(programme, programme_made) -> Counter:
    """(area, window, outcome) -> clients whose latest journey ended in the window, row by row."""
    journeys = pd.read_parquet(programme_made.typed["journeys"]).astype(object)
    rows = journeys.where(journeys.notna(), None).to_dict("records")
    config = programme.config
    given = (config["definitions"], config["codes"], config["models"]["length_of_use_bands"])
    found, _ = slow.outcomes(rows, config["sites"], QUARTERS | HALVES, *given)
    return Counter(
        (one["area"], one["period"], one["outcome"]) for one in found if one["measure"] == "successful_completion"
    )


def rate(counted: Counter, area: str, window: str) -> float:
    done, other = (counted[area, window, outcome] for outcome in (True, False))
    return 100 * done / (done + other) if done + other else math.nan


def gap(counted: Counter, site: str, window: str) -> float:
    number = site.removeprefix("site_")
    return rate(counted, f"pilot_{number}", window) - rate(counted, f"comparison_{number}", window)


def test_every_window_is_counted_by_the_rule_of_the_measure(programme, programme_made, counted):
    known, seen = programme_made.known, 0
    for kind, spans in (("quarter", QUARTERS), ("part", HALVES)):
        for area in [f"{arm}_{name[5:]}" for name in analysed(programme.config["sites"]) for arm in chain.ARMS]:
            for window in spans:
                done, other = (counted[area, window, outcome] for outcome in (True, False))
                assert known[f"over_time.{kind}_base.{area}.{window}"] == done + other
                assert known[f"over_time.{kind}_count.{area}.{window}"] == done
                seen += done
    assert seen > 100
    assert len([name for name in known if name.startswith("over_time.quarter_base.")]) == 8 * len(QUARTERS)


@pytest.mark.parametrize("quarter", QUARTERS)
def test_the_gap_is_compared_with_the_last_quarter_before(programme, programme_made, counted, quarter):
    known = programme_made.known
    each = [gap(counted, site, quarter) - gap(counted, site, LAST) for site in analysed(programme.config["sites"])]
    assert known[f"over_time.difference.{quarter}"] == pytest.approx(np.mean(each), abs=1e-9)
    if quarter == LAST:
        assert known[f"over_time.difference_high.{quarter}"] == 0
        return
    low, high = ttest_1samp(each, 0).confidence_interval(programme.config["models"]["confidence"])
    assert known[f"over_time.difference_low.{quarter}"] == pytest.approx(low)
    assert known[f"over_time.difference_high.{quarter}"] == pytest.approx(high)


def test_how_far_the_gap_moved_is_told_from_first_to_last(programme_made):
    known, first = programme_made.known, next(iter(QUARTERS))
    assert known["over_time.moved"] == -known[f"over_time.difference.{first}"]
    assert known["over_time.moved_low"] == -known[f"over_time.difference_high.{first}"]
    assert known["over_time.moved_low"] < known["over_time.moved"] < known["over_time.moved_high"]


def test_pilots_that_began_too_early_are_a_placebo(programme, programme_made, counted):
    known = programme_made.known
    each = [gap(counted, site, "late") - gap(counted, site, "early") for site in analysed(programme.config["sites"])]
    assert known["over_time.placebo"] == pytest.approx(np.mean(each))
    low, high = ttest_1samp(each, 0).confidence_interval(0.95)
    assert (known["over_time.placebo_low"], known["over_time.placebo_high"]) == pytest.approx((low, high))
    signs = [np.mean([one * (-1) ** (way >> i & 1) for i, one in enumerate(each)]) for way in range(2 ** len(each))]
    as_far = np.mean([abs(one) >= abs(np.mean(each)) - 1e-9 for one in signs])
    assert known["over_time.placebo_p"] == as_far


def test_only_whole_quarters_count():
    assert whole_quarters(dt.date(2007, 10, 1), dt.date(2008, 3, 31)) == [
        (dt.date(2007, 10, 1), dt.date(2007, 12, 31)), (dt.date(2008, 1, 1), dt.date(2008, 3, 31)),
    ]  # fmt: skip
    assert whole_quarters(dt.date(2007, 10, 2), dt.date(2008, 3, 30)) == []
    assert [first.month for first, _ in whole_quarters(dt.date(2008, 2, 29), dt.date(2009, 1, 5))] == [4, 7, 10]


def spans(first: str, last: str) -> pd.DataFrame:
    return windows({"pre": {"outcomes": [first, last]}, "post": {"outcomes": ["2014-01-01", "2014-12-31"]}})


def test_an_earlier_period_below_a_year_has_no_placebo():
    assert "part" in set(spans("2012-01-01", "2012-12-31")["kind"])
    short = spans("2012-01-02", "2012-12-31")
    assert "part" not in set(short["kind"]) and len(short) == 3 + 4


def few(sites: int, empty: str = "") -> pd.DataFrame:
    """Ledger rows of a few pairs of areas, in one of which nobody left treatment in the first part."""
    of = spans("2012-01-01", "2013-06-30")
    every = [
        (f"site_{n}", arm, f"{arm}_{n}", row["kind"], row["period"], row["of"])
        for n in range(1, sites + 1) for arm in chain.ARMS for row in of.to_dict("records")
    ]  # fmt: skip
    counts = pd.DataFrame(every, columns=["site", "arm", "area", "kind", "window", "of"])
    counts["base"], counts["count"] = 40, 10 + 3 * (np.arange(len(counts)) % 7)
    counts.loc[(counts["area"] == empty) & (counts["window"] == "early"), ["base", "count"]] = 0
    labels = {f"site_{n}": f"Site {n}" for n in range(1, sites + 1)}
    known = {"setting.models.confidence": 0.95, "setting.models.seed": 1.0}
    return pd.concat(ledger(counts, of, labels, known)).set_index("id")


def test_one_pair_is_not_averaged_and_its_own_lines_stay():
    rows = few(1)
    for name in ("over_time.placebo", "over_time.placebo_p", "over_time.difference.2012_01"):
        assert math.isnan(rows.loc[name, "value"]) and rows.loc[name, "note"] == ONE_PAIR, name
    assert not math.isnan(rows.loc["over_time.placebo_did.site_1", "value"])


def test_a_pair_in_which_nobody_left_is_left_out_and_named():
    rows = few(3, empty="comparison_2")
    mean = rows.loc["over_time.placebo"]
    assert mean["note"] == LEFT_OUT.format("Site 2") and "site_2" not in mean["inputs"]
    own = [rows.loc[f"over_time.placebo_did.site_{n}", "value"] for n in (1, 3)]
    assert mean["value"] == pytest.approx(np.mean(own))
    assert rows.loc["over_time.placebo_p", "note"] == LEFT_OUT.format("Site 2")
    assert rows.loc["over_time.difference.2012_04", "note"] == ""


def test_under_a_policy_there_is_no_such_figure(programme):
    config = {**programme.config, "disclosure": "round_to_5"}
    assert lacking(["over_time"], programme.config) == []
    table = {**chain.FIGURES["S.12"]["table"], "title": "", "needs": chain.FIGURES["S.12"]["needs"]}
    said = resolve("S.12", table, config, [], {}, "Figure").empty
    assert said.startswith("This study has a disclosure policy, and there would be many small counts, so")


@pytest.mark.thorough
def test_the_page_tells_what_went_on_before(programme_printed):
    page = programme_printed.page
    assert 'data-q="over_time.moved"' in page and 'data-q="over_time.placebo_p"' in page
    assert f'data-q="over_time.difference.{LAST}"' in page
    assert programme_printed.faults == []
