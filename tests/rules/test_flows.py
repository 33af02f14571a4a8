"""Stocks and flows of journeys: counted again by a plain loop over the records, and the account that does not close."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pandas as pd
import pytest

import chain
from dscp.exhibits.declared import resolve
from dscp.measures.needs import lacking
from dscp.study.areas import analysed
from flows import FLOWS, STOCKS, counted, flows, years

YEARS = {"pre": (dt.date(2012, 7, 1), dt.date(2013, 6, 30)), "post": (dt.date(2014, 7, 1), dt.date(2015, 6, 30))}


def looped(config, journeys: pd.DataFrame) -> Counter:
    """How many journeys of adults went which way: (stock, flow, area, period) -> number."""
    found = Counter()
    places = {
        dat: f"{arm}_{name.removeprefix('site_')}"
        for name, site in analysed(config["sites"]).items()
        for arm in chain.ARMS
        for dat in site[arm]["dats"]
    }
    for row in journeys.to_dict("records"):
        start = row["journey_start"]
        end = None if pd.isna(row["journey_end"]) else row["journey_end"]
        for period, (first, last) in YEARS.items():
            if row["dat"] not in places or start > last or (end and end < first):
                continue
            born, at = row["date_of_birth"], max(start, first)
            if at.year - born.year - ((at.month, at.day) < (born.month, born.day)) < 18:
                continue
            if end is None or end > last:
                flow = "staying"
            elif row["exit_reason"] in config["codes"]["completed_exit_reasons"]:
                flow = "completed"
            else:
                flow = "early" if (end - start).days < 83 else "later"
            found["opening" if start < first else "new", flow, places[row["dat"]], period] += 1
    return found


@pytest.mark.thorough
def test_every_journey_goes_one_way(programme, programme_made):
    known = programme_made.known
    expected = looped(programme.config, pd.read_parquet(programme_made.typed["journeys"]))
    names = [
        name for name in known if name.startswith("flows.") and name.split(".")[2] in STOCKS and "stock" not in name
    ]
    assert len(names) == len(STOCKS) * len(FLOWS) * 2 * 2 * len(analysed(programme.config["sites"]))
    for name in names:
        _, flow, stock, area, period = name.split(".")
        assert known[name] == expected[stock, flow, area, period], name
    assert sum(known[name] for name in names) == sum(expected.values()) > 500
    assert all(any(known[one] for one in names if f".{flow}." in one) for flow in FLOWS)


def test_the_first_and_last_day_belong_to_the_year(programme, programme_made, tmp_path):
    """Journeys that start or end on the days where a year begins and ends, or last just as long as is effective."""
    config, journeys = programme.config, pd.read_parquet(programme_made.typed["journeys"])
    for shift, (first, last) in enumerate(YEARS.values()):
        ends = (journeys.index % 7 == shift) & journeys["journey_end"].notna()
        journeys.loc[ends & (journeys["journey_start"] <= last), "journey_end"] = last
        starts = (journeys.index % 7 == shift + 2) & (
            journeys["journey_end"].isna() | (journeys["journey_end"] >= first)
        )
        journeys.loc[starts, "journey_start"] = first
    long = (journeys.index % 7 == 4) & journeys["journey_end"].notna()
    journeys.loc[long, "journey_end"] = journeys.loc[long, "journey_start"] + dt.timedelta(83)
    journeys.to_parquet(tmp_path / "journeys.parquet")
    parts = [config[name] for name in ("sites", "periods", "definitions", "codes")]
    gone = flows(str(tmp_path / "journeys.parquet"), *parts, config["models"]["length_of_use_bands"])
    found = counted(gone, config["sites"], config["periods"])
    expected = looped(config, journeys)
    for row in found.to_dict("records"):
        assert row["count"] == expected[row["stock"], row["flow"], row["area"], row["period"]], row


def test_the_account_closes_with_the_later_exits_alone(programme_made):
    known = programme_made.known
    for area, period in (("pilot_3", "pre"), ("comparison_7", "post")):
        ways = {(flow, stock): known[f"flows.{flow}.{stock}.{area}.{period}"] for flow in FLOWS for stock in STOCKS}
        stocks = {stock: known[f"flows.stock.{stock}.{area}.{period}"] for stock in STOCKS}
        for stock in STOCKS:
            parts = [ways[flow, stock] for flow in FLOWS if flow != "later"]
            assert stocks[stock] - sum(parts) == ways["later", stock]
        early = ways["early", "opening"] + ways["early", "new"]
        assert known[f"flows.effective.{area}.{period}"] == sum(stocks.values()) - early
        assert known[f"flows.planned.{area}.{period}"] == ways["completed", "opening"] + ways["completed", "new"]
    later = [name for name in known if name.startswith("flows.later.") and ".pilot_" in name and name.endswith(".post")]
    assert known["flows.in_no_part.all_pilots.post"] == sum(known[name] for name in later) > 0


def test_a_year_is_the_twelve_months_to_the_end_of_a_period():
    def first(start: str, end: str) -> list:
        window = {"outcomes": [start, end]}
        return [str(day) for day in years({"pre": window, "post": window})["starts"]]

    assert first("2007-10-01", "2009-03-31") == ["2008-04-01"] * 2
    assert first("2011-01-01", "2012-02-29") == ["2011-03-01"] * 2
    assert first("2011-01-01", "2013-02-28") == ["2012-03-01"] * 2
    assert first("2012-03-01", "2013-02-28") == ["2012-03-01"] * 2
    assert first("2012-03-02", "2013-02-28") == []


@pytest.mark.thorough
def test_a_study_of_short_periods_says_so(programme, tmp_path):
    config = {**programme.config, "periods": {name: dict(one) for name, one in programme.config["periods"].items()}}
    for period, (_, last) in YEARS.items():
        config["periods"][period]["outcomes"] = [(last - dt.timedelta(300)).isoformat(), last.isoformat()]
    made = chain.run(programme.but(config), tmp_path)
    assert not [name for name in made.known if name.startswith("flows.")]
    out = chain.render(made)
    assert "No period of this study has a whole year, so there is nothing to show here." in out.page
    assert out.faults == []


def test_under_a_policy_there_is_no_such_table(programme):
    config = {**programme.config, "disclosure": "suppress_below_5"}
    assert lacking(["flows"], programme.config) == []
    said = resolve("C.3.1", chain.EXHIBITS["C.3.1"], config, [], {}).empty
    assert said.startswith("This study has a disclosure policy, and there would be many small counts, so")


@pytest.mark.parametrize("period", YEARS)
@pytest.mark.thorough
def test_the_page_tells_what_is_in_no_part(programme_printed, period):
    assert f'data-q="flows.in_no_part.all_pilots.{period}"' in programme_printed.page
    assert f'data-q="flows.later.new.pilot_3.{period}"' in programme_printed.page
    assert programme_printed.faults == []
