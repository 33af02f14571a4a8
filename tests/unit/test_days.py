"""Days, months, areas and kinds of study, as the config names them."""

from __future__ import annotations

import datetime as dt

import pytest

from dscp.study import kinds
from dscp.study.areas import analysed, areas, arms_of, periods, value_at
from dscp.study.days import day, months_of, months_touched, whole_months, year_key


def test_months_are_counted_with_both_ends():
    assert months_touched(dt.date(2007, 10, 1), dt.date(2009, 3, 31)) == 18
    assert months_touched(dt.date(2007, 10, 31), dt.date(2007, 11, 1)) == 2
    assert whole_months("2007-10-01", "2009-03-31") == 18
    assert whole_months("2007-10-01", "2007-10-31") == 1


def test_a_fiscal_year_runs_from_april_to_march():
    months = months_of("y2009_10")
    assert (months[0], months[8], months[9], months[-1], len(months)) == (
        "2009_04",
        "2009_12",
        "2010_01",
        "2010_03",
        12,
    )
    assert year_key("2009-10") == "y2009_10"
    assert day("2009-10-01") == day(dt.date(2009, 10, 1))


def test_areas_are_those_of_the_sites_that_are_analysed(config):
    assert set(analysed(config["sites"])) == {name for name, site in config["sites"].items() if "pilot" in site}
    rows = areas(config["sites"]).set_index("area")
    assert rows.loc["pilot_3", "dats"] == config["sites"]["site_3"]["pilot"]["dats"]
    assert rows.loc["comparison_3", "label"] == config["sites"]["site_3"]["comparison"]["label"]
    assert arms_of("site_3") == {"pilot": "pilot_3", "comparison": "comparison_3"}


def test_a_period_starts_and_ends_with_its_window(config):
    rows = periods(config["periods"], "outcomes").set_index("period")
    for name, period in config["periods"].items():
        assert [str(rows.loc[name, "starts"]), str(rows.loc[name, "ends"])] == list(period["outcomes"])


def test_a_study_under_a_policy_is_not_compared_with_the_print(config):
    assert kinds.compared(config)
    assert not kinds.under_a_policy(config)
    for other in ({"disclosure": "suppress_below_5"}, {"reference_run": False}, {"programme": {"short_name": "X"}}):
        assert not kinds.compared({**config, **other})
    assert kinds.under_a_policy({**config, "disclosure": "suppress_below_5"})
    assert not kinds.compared({**config, "extracts": {"journeys": "j.csv"}})


def test_a_path_that_leads_nowhere_is_named(config):
    assert value_at(config, "definitions.minimum_age") == config["definitions"]["minimum_age"]
    with pytest.raises(KeyError, match=r"definitions\.maximum_age"):
        value_at(config, "definitions.maximum_age")
