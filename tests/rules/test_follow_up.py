"""Who came back and how people leave: counted again by plain loops over records, and told."""

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
from dscp.measures.needs import lacking
from dscp.study.areas import analysed
from follow_up import WAYS, compared, follow_up, left_by

PERIODS = {"pre": (dt.date(2012, 1, 1), dt.date(2013, 6, 30)), "post": (dt.date(2014, 1, 1), dt.date(2015, 6, 30))}
DAYS = {"returned_1": 182, "returned_2": 365}


def journeys_of(path) -> list[dict]:
    frame = pd.read_parquet(path).astype(object)
    return frame.where(frame.notna(), None).to_dict("records")


def looped(config, rows: list[dict]) -> tuple[Counter, dict]:
    """(outcome, area, period, so) -> journeys; (arm, period) -> days and status of each new journey."""
    codes, counts, stays = config["codes"]["completed_exit_reasons"], Counter(), {}
    for area in slow.areas_of(config["sites"]):
        own = [row for row in rows if row["dat"] in area["dats"]]
        for period, (starts, ends) in PERIODS.items():
            place = area["area"], period
            for row in own:
                if not slow.in_period(row, starts, ends) or slow.age_of(row, starts, ends, config["definitions"]) < 18:
                    continue
                start, end = row["journey_start"], row["journey_end"]
                ended = end is not None and end <= ends
                done = ended and row["exit_reason"] in codes
                if start >= starts:
                    status = 0 if not ended else 1 if done else 2
                    stays.setdefault((area["arm"], period), []).append(((min(end or ends, ends) - start).days, status))
                    referred = row["referral_date"]
                    if referred is not None and referred <= start:
                        counts["waited", *place, (start - referred).days <= 21] += 1
                if not ended:
                    continue
                counts["other_exit", *place, not done] += 1
                later = [
                    (other["journey_start"] - end).days
                    for other in own
                    if other["client"] == row["client"] and other["journey_start"] > end
                ]
                back = {days: any(one <= days for one in later) for days in DAYS.values()}
                for name, days in DAYS.items():
                    if done and (ends - end).days >= days:
                        counts[name, *place, back[days]] += 1
                if (ends - end).days >= 182:
                    counts["stayed_away", *place, done and not back[182]] += 1
    return counts, stays


def by_hand(stays: list[tuple[int, int]], at: int) -> dict[int, float]:
    """Shares that have left by a day, by Aalen and Johansen: day by day, of those that are still followed."""
    still, left = 1.0, {1: 0.0, 2: 0.0}
    for day in range(at + 1):
        followed = [status for days, status in stays if days >= day]
        gone = {way: sum(1 for days, status in stays if days == day and status == way) for way in left}
        for way in left:
            left[way] += still * gone[way] / len(followed) if followed else 0.0
        still *= 1 - sum(gone.values()) / len(followed) if followed else 1.0
    return {way: 100 * share for way, share in left.items()}


@pytest.fixture(scope="module")
def expected(programme, programme_made) -> tuple[Counter, dict]:
    return looped(programme.config, journeys_of(programme_made.typed["journeys"]))


def test_every_journey_is_followed_as_its_records_say(programme_made, expected):
    known, (counts, _) = programme_made.known, expected
    names = [name for name in known if name.startswith("follow_up.base.") and ".all_" not in name]
    assert len(names) == 5 * 8 * 2
    for name in names:
        outcome, area, period = name.split(".")[2:]
        yes, no = (counts[outcome, area, period, so] for so in (True, False))
        assert known[name] == yes + no, name
        assert known[name.replace(".base.", ".count.")] == yes, name
    for outcome in ("returned_1", "stayed_away", "other_exit", "waited"):
        assert sum(number for (name, *_, so), number in counts.items() if name == outcome and so) > 3, outcome


@pytest.mark.parametrize("arm", chain.ARMS)
@pytest.mark.parametrize("period", PERIODS)
def test_how_people_leave_is_that_of_aalen_and_johansen(programme_made, expected, arm, period):
    known, stays = programme_made.known, expected[1][arm, period]
    for nth, days in enumerate((83, 182, 365), start=1):
        found = by_hand(stays, days)
        place = f"all_{arm}s.{period}.at_{nth}"
        for way, status in WAYS.items():
            assert known[f"follow_up.left.{way}.{place}"] == pytest.approx(found[status]), (way, days)
        assert known[f"follow_up.still.{place}"] == pytest.approx(100 - sum(found.values()))


def test_returns_on_the_last_day_that_counts(programme, programme_made, tmp_path):
    """Journeys that start 182, 183 and 0 days after a completed one that can be followed for just so long."""
    config, rows = programme.config, pd.read_parquet(programme_made.typed["journeys"])
    rows = rows[rows["dat"] == "P02"].head(6).reset_index(drop=True)
    last = PERIODS["pre"][1] - dt.timedelta(182)
    for first, gap in ((0, 182), (2, 183), (4, 0)):
        end = last if first == 0 else last - dt.timedelta(1)
        rows.loc[first : first + 1, "client"] = f"Z{first}"
        rows.loc[first, ["journey_start", "journey_end", "exit_reason"]] = [end - dt.timedelta(9), end, 1]
        rows.loc[first + 1, ["journey_start", "journey_end", "exit_reason"]] = [end + dt.timedelta(gap), None, None]
    rows["date_of_birth"] = dt.date(1980, 1, 1)
    rows.to_parquet(tmp_path / "journeys.parquet")
    parts = [config[name] for name in ("sites", "periods", "definitions", "codes")]
    members, _ = follow_up(str(tmp_path / "journeys.parquet"), *parts, config["models"]["length_of_use_bands"])
    found = members[(members["outcome"] == "returned_1") & (members["period"] == "pre")].set_index("line")["so"]
    lines = rows["line"].to_list()
    assert [bool(found[lines[first]]) for first in (0, 2, 4)] == [True, False, False]


CHANGED = {
    "definitions.return_days": lambda config: {**config["definitions"], "return_days": [90, 300]},
    "definitions.wait_days": lambda config: {**config["definitions"], "wait_days": 7},
    "codes.completed_exit_reasons": lambda config: {**config["codes"], "completed_exit_reasons": [1]},
}


@pytest.mark.parametrize("path", CHANGED)
def test_each_count_names_the_settings_that_move_it_and_no_other(programme, programme_made, path):
    part, (typed, known) = path.partition(".")[0], (programme_made.typed, programme_made.known)
    before, after = (
        pd.concat(chain.of_journeys_followed(config, typed, known)).set_index("id")
        for config in (programme.config, {**programme.config, part: CHANGED[path](programme.config)})
    )
    counts = before[before.index.str.match(r"follow_up\.(base|count)\.") & (before["extract"] != "")]
    named = {".".join(name.split(".")[1:3]) for name in counts.index[counts["settings"].str.contains(path)]}
    moved = counts.index[counts["value"] != after.loc[counts.index, "value"]]
    assert {".".join(name.split(".")[1:3]) for name in moved} == named != set()


@pytest.mark.thorough
def test_nobody_can_be_followed_beyond_the_period(programme, tmp_path):
    config = {**programme.config, "definitions": {**programme.config["definitions"], "return_days": [182, 700]}}
    made = chain.run(programme.but(config), tmp_path)
    for name in ("follow_up.rate.returned_2.pilot_2.pre", "follow_up.left.completed.all_pilots.post.at_3"):
        assert math.isnan(made.known[name])
        assert made.notes[name] == "not computed: nobody can be followed for 700 days", name
    assert not math.isnan(made.known["follow_up.difference.returned_1"])
    out = chain.render(made)
    assert out.faults == [] and "nobody can be followed for 700 days" in out.page


def test_the_difference_is_the_mean_of_the_pairs(programme, programme_made):
    known, did = programme_made.known, []
    for site in analysed(programme.config["sites"]):
        n = site.removeprefix("site_")
        cell = {
            (arm, period): known[f"follow_up.rate.other_exit.{arm}_{n}.{period}"]
            for arm in chain.ARMS for period in PERIODS
        }  # fmt: skip
        did.append(
            cell["pilot", "post"] - cell["pilot", "pre"] - cell["comparison", "post"] + cell["comparison", "pre"]
        )
    assert known["follow_up.difference.other_exit"] == pytest.approx(np.mean(did))
    low, high = ttest_1samp(did, 0).confidence_interval(0.95)
    assert known["follow_up.difference_low.other_exit"] == pytest.approx(low)
    assert known["follow_up.difference_high.other_exit"] == pytest.approx(high)
    means = {
        (arm, period): known[f"follow_up.mean.other_exit.{arm}.{period}"] for arm in chain.ARMS for period in PERIODS
    }
    moved = means["pilot", "post"] - means["pilot", "pre"] - means["comparison", "post"] + means["comparison", "pre"]
    assert moved == pytest.approx(np.mean(did))


def test_a_pair_that_cannot_be_compared_is_left_out_of_the_means_of_either_arm():
    labels = {f"site_{n}": f"Site {n}" for n in (1, 2, 3)}
    cells = [(arm, n, period) for arm in chain.ARMS for n in (1, 2, 3) for period in PERIODS]
    values = {f"r.{arm}_{n}.{period}": 10.0 * n + (period == "post") for arm, n, period in cells}
    values |= {"r.comparison_3.pre": math.nan, "setting.models.confidence": 0.95}
    rates = pd.DataFrame({"outcome": ["x"], "pattern": ["r.{area}.{period}"]})
    found = pd.concat(compared(rates, values, labels)).set_index("id")
    for arm in chain.ARMS:
        assert [found.loc[f"follow_up.mean.x.{arm}.{period}", "value"] for period in PERIODS] == [15, 16]
    assert found.loc["follow_up.difference.x", "note"] == "left out: Site 3, where nobody could be counted"


def test_who_was_retained_is_taken_from_the_measure_where_there_is_one(programme_made):
    assert "follow_up.difference.retained_12_weeks" in programme_made.known or not [
        name for name in programme_made.known if name.startswith("retained_12_weeks.")
    ]


def test_ties_and_the_first_day_are_counted():
    """A journey that ends on its first day, several on one day, and one that goes on until nobody is followed."""
    stays = [(0, 1), (5, 1), (5, 2), (5, 0), (9, 2), (12, 0)]
    frame = pd.DataFrame(stays, columns=["days", "status"]).assign(arm="pilot", period="pre", number=1)
    every = left_by(frame, [0, 5, 9, 12, 13])
    found = every[(every["arm"] == "pilot") & (every["period"] == "pre")].set_index(["nth", "way"])["value"]
    for nth, days in enumerate((0, 5, 9, 12), start=1):
        for way, status in WAYS.items():
            assert found[nth, way] == pytest.approx(by_hand(stays, days)[status])
    assert math.isnan(found[5, "other"])
    none = every[(every["arm"] != "pilot") | (every["period"] != "pre")]
    assert len(none) == 3 * 5 * 2 and none["value"].isna().all() and not none["rows"].any()


def test_where_all_have_ended_it_is_known_how_they_ended():
    frame = pd.DataFrame({"days": [0, 5], "status": [1, 2]}).assign(arm="pilot", period="pre", number=1)
    found = left_by(frame, [9]).set_index(["arm", "period", "way"])["value"]
    assert [found["pilot", "pre", way] for way in WAYS] == [50, 50]


def test_under_a_policy_nothing_is_followed(programme):
    assert lacking(["follow_up"], programme.config) == []
    assert lacking(["follow_up"], {**programme.config, "disclosure": "minimum_10"}) == ["without a disclosure policy"]


def test_the_page_tells_who_came_back(programme_printed):
    page = programme_printed.page
    assert 'data-q="follow_up.count.returned_1.all_pilots.post"' in page
    assert 'data-q="follow_up.mean.stayed_away.comparison.post"' in page
    assert 'data-q="follow_up.mean.waited.pilot.post"' in page
    assert "Waits: from the day of referral to the beginning of the journey" in page
    assert "no referral dates" not in page
    assert programme_printed.faults == []


def test_a_wait_is_short_up_to_its_last_day_and_needs_a_day_of_referral(programme, programme_made, tmp_path):
    """Journeys that began in the period 21, 22, 0 and -1 days after a referral, without one, and before the period."""
    config, start = programme.config, PERIODS["pre"][0]
    waits = [21, 22, 0, -1, None, 5]
    rows = pd.read_parquet(programme_made.typed["journeys"])
    rows = rows[rows["dat"] == "P02"].head(6).reset_index(drop=True)
    rows["line"], rows["client"] = rows.index + 2, [f"Z{n}" for n in range(6)]
    rows["journey_start"] = [start] * 5 + [start - dt.timedelta(1)]
    rows["referral_date"] = [
        None if days is None else begun - dt.timedelta(days)
        for days, begun in zip(waits, rows["journey_start"], strict=True)
    ]
    rows["journey_end"], rows["date_of_birth"] = start + dt.timedelta(100), dt.date(1980, 1, 1)
    rows.to_parquet(tmp_path / "journeys.parquet")
    parts = [config[name] for name in ("sites", "periods", "definitions", "codes")]
    members, _ = follow_up(str(tmp_path / "journeys.parquet"), *parts, config["models"]["length_of_use_bands"])
    found = members[members["outcome"] == "waited"].set_index("line")["so"].to_dict()
    assert found == {2: True, 3: False, 4: True}


@pytest.mark.parametrize("known", ["no column", "no day"])
def test_without_days_of_referral_no_wait_is_told(programme, tmp_path, known):
    """Neither a nought nor an empty row: the table says that the extract has none."""
    journeys = programme.extracts["journeys"]
    less = journeys.drop(columns="referral_date") if known == "no column" else journeys.assign(referral_date=None)
    made = chain.run(programme.but(journeys=less), tmp_path)
    assert not [name for name in made.known if ".waited" in name] and "follow_up.difference.other_exit" in made.known
    out = chain.render(made)
    assert "Waits: [x] the extract has no referral dates." in out.page
    assert 'data-q="follow_up.mean.waited' not in out.page and out.faults == []
