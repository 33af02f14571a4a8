"""A partnership's profile: whom it counts, counted again by a plain loop; what a policy leaves of it; its pages."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lxml import html
from statsmodels.stats.proportion import proportion_confint

import chain
import profiles
from dscp.disclosure.members import members
from dscp.disclosure.policies import NONE, POLICIES
from dscp.extracts.registry import samples
from dscp.figures.beside_others import shares
from dscp.figures.data import FigureData, planned
from dscp.figures.drawing import Faces
from dscp.ledger.ids import general
from dscp.measures.clients_of_year import clients_of_year
from dscp.measures.indicators import indicators
from dscp.study.reports import PROFILE
from joined import joined
from ledger_checks import assert_closed
from outside_estimates import funnel
from partnership_loop import DAY, SPANS, clients, looped
from reference_submissions import reference_submissions
from validate import validate
from words_of_ids import DECLARED


def typed(made) -> pd.DataFrame:
    return pd.read_parquet(made.typed["journeys"])


@pytest.fixture(scope="module")
def journeys() -> pd.DataFrame:
    """Drawn so that clients have several journeys and half of these were completed."""
    frame = profiles.drawn(profiles.config())
    frame["client"] = frame["client"].str[:-1]
    return frame


@pytest.fixture(scope="module", params=["in_year", "6_months"])
def made(request, journeys, tmp_path_factory):
    of = profiles.config(re_presentation=request.param)
    return profiles.made(of, journeys, tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def in_year(journeys, tmp_path_factory):
    return profiles.made(profiles.config(), journeys, tmp_path_factory.mktemp("in_year"))


@pytest.mark.thorough
def test_every_count_is_that_of_a_plain_loop(made):
    expected = looped(made.config, typed(made))
    names = made.ledger.loc[(made.ledger["rule"] == "partnership") & (made.ledger["extract"] != ""), "id"]
    assert len(names) == (9 if made.config["re_presentation"] == "6_months" else 8) * 4 * 2
    for name in names:
        _, _, indicator, area, period = name.split(".")
        assert made.known[name] == expected[indicator, area, period], name
    assert all(made.known[f"partnership.count.returned.{area}.post"] for area in ("N1", "S1"))
    assert_closed(made.ledger)


def test_intervals_are_wilson_s(made):
    base = "followed" if made.config["re_presentation"] == "6_months" else "completed"
    for name, among in (("completed", "in_treatment"), ("returned", base), ("new", "in_treatment")):
        for area in ("N1", "E1", "peers"):
            count, nobs = (made.known[f"partnership.count.{one}.{area}.post"] for one in (name, among))
            low, high = proportion_confint(count, nobs, 0.05, "wilson")
            assert made.known[f"partnership.low.{name}.{area}.post"] == pytest.approx(100 * low, abs=1e-9)
            assert made.known[f"partnership.high.{name}.{area}.post"] == pytest.approx(100 * high, abs=1e-9)


def test_what_is_divided_adds_up(in_year):
    known = in_year.known
    for period in SPANS:
        whole = known[f"partnership.count.in_treatment.N1.{period}"]
        for name in ("drug_group", "sex", "age"):
            assert (
                sum(value for one, value in known.items() if re.fullmatch(rf"in_detail\.{name}\.\w+\.{period}", one))
                == whole
            )
        parts = [known[f"in_detail.justice.{one}.{period}"] for one in ("in_treatment", "new", "completed", "returned")]
        assert parts[0] > parts[1] > 0 and parts[0] > parts[2] > parts[3] > 0
    for part, count in (("completions", "completed"), ("returned_of", "returned"), ("returned_in", "returned")):
        months = [value for one, value in known.items() if one.startswith(f"in_detail.{part}.")]
        assert len(months) == 12
        assert sum(months) == known[f"partnership.count.{count}.N1.post"]
    frame = typed(in_year)
    last = DAY("2015-03-31")
    rows = frame[(frame["dat"] == "N1") & (frame["journey_start"] <= last)]
    going_on = rows[rows["journey_end"].isna() | (rows["journey_end"] > last)]
    assert known["in_detail.stayed_all.post"] <= going_on["client"].nunique()
    days = known["in_detail.stayed_days.post"] / known["in_detail.stayed_all.post"]
    assert known["in_detail.stayed_mean.post"] == pytest.approx(days / 365.25)


def group_of(row) -> str:
    """The drug group of a journey, of those whose results are told; "" for alcohol alone and where nothing is known."""
    codes = [int(code) for code in (row.drug_1, row.drug_2, row.drug_3) if code == code and code is not None]
    if any(1000 <= code <= 1999 for code in codes):
        return "opiate"
    return "non_opiate" if any(code not in (7000, 9996, 9997) for code in codes) else ""


@pytest.mark.thorough
def test_results_by_drug_group_are_those_of_a_plain_loop(made):
    """Each client counted under the drug group of the latest journey of an adult."""
    of, found = made.config, Counter()
    for one in clients(of, typed(made)):
        if one.dat == "N1":
            found.update((name, group_of(one.journey), one.period) for name, so in one.flags.items() if so)
    names = [one for one in made.known if one.startswith("in_detail.by_drug.") and ".held." not in one]
    assert len(names) == (5 if of["re_presentation"] == "6_months" else 4) * 2 * 2
    for name in names:
        _, _, indicator, group, period = name.split(".")
        assert made.known[name] == found[indicator, group, period], name
    base = "followed" if of["re_presentation"] == "6_months" else "completed"
    for group in ("opiate", "non_opiate"):
        done, back = (made.known[f"in_detail.by_drug.{one}.{group}.post"] for one in (base, "returned"))
        assert made.known[f"in_detail.by_drug.held.{group}.post"] == done - back > 0
        assert made.known[f"in_detail.by_drug_rate.returned.{group}.post"] == pytest.approx(100 * back / done)
        year, before = (made.known[f"in_detail.by_drug.effective.{group}.{period}"] for period in ("post", "pre"))
        assert made.known[f"in_detail.by_drug_growth.effective.{group}"] == pytest.approx(
            100 * (year - before) / before
        )


@pytest.mark.thorough
def test_the_quarter_before_is_counted_by_a_plain_loop_over_its_own_year(made):
    """From January to December, by the same journeys: nothing that happened since is counted in it."""
    years, found = {"quarter": (DAY("2014-01-01"), DAY("2014-12-31"))}, Counter()
    for one in clients(made.config, typed(made), years):
        if one.dat == "N1":
            found.update(name for name, so in one.flags.items() if so)
    names = [one for one in made.known if one.startswith("in_detail.quarter_before.") and not one.endswith(".held")]
    assert len(names) == (9 if made.config["re_presentation"] == "6_months" else 8)
    for name in names:
        assert made.known[name] == found[name.rpartition(".")[2]], name
    assert min(found[name] for name in ("in_treatment", "new", "effective", "completed", "returned", "waited_long")) > 0
    done = "followed" if made.config["re_presentation"] == "6_months" else "completed"
    shares = {"completed": found["completed"] / found["in_treatment"], "returned": found["returned"] / found[done],
              "held": (found[done] - found["returned"]) / found["in_treatment"],
              "waited_long": found["waited_long"] / found["waited"]}  # fmt: skip
    for name, share in shares.items():
        moved = made.known[f"partnership.rate.{name}.N1.post"] - 100 * share
        assert made.known[f"in_detail.travel.{name}"] == pytest.approx(moved), name


def test_what_is_not_known_of_a_quarter_before_is_said(journeys, tmp_path):
    """Where the baseline ends earlier, files are not looked through for gaps in between."""
    of = profiles.config(baseline={"start": "2012-04-01", "end": "2013-03-31"})
    made = profiles.made(of, journeys, tmp_path)
    assert not made.ledger["id"].str.contains("quarter_before|travel").any()
    printed = profiles.render(of, made.ledger, made.findings)
    assert printed.faults == []
    text = " ".join(html.fromstring(printed.page).text_content().split())
    assert "were not looked through for gaps in between" in text
    assert "What has moved since the quarter before." in text


@pytest.mark.parametrize("known", ["no column", "no day", "after the start"])
def test_waits_are_told_only_where_a_new_journey_has_one(known, journeys, tmp_path):
    later = pd.to_datetime(journeys["journey_start"]) + pd.Timedelta(days=1)
    less = {"no column": journeys.drop(columns="referral_date"), "no day": journeys.assign(referral_date=None),
            "after the start": journeys.assign(referral_date=later)}[known]  # fmt: skip
    made = profiles.made(profiles.config(), less, tmp_path)
    assert not made.ledger["id"].str.contains("waited").any()
    printed = profiles.render(made.config, made.ledger, made.findings)
    assert printed.faults == []
    text = " ".join(html.fromstring(printed.page).text_content().split())
    assert "so waiting times are not told" in text and "Waiting times. No new journey has the days" in text


def test_a_wait_begins_and_ends_on_the_days_that_the_config_names(tmp_path):
    """Referral, triage and treatment: over three weeks is more than twenty-one days, over six more than forty-two."""
    rows = written(
        [["N1", "2014-05-22", None, None], ["N1", "2014-05-22", None, None], ["N1", "2014-05-22", None, None]]
    )
    rows["client"] = [f"C{n}" for n in range(len(rows))]
    rows["referral_date"] = [*pd.to_datetime(["2014-05-01", "2014-04-30", "2014-04-10"]), *[None] * len(LONG_AGO)]
    rows["structured_start"] = [*pd.to_datetime(["2014-05-22", "2014-06-12", "2014-07-04"]), *[None] * len(LONG_AGO)]
    expected = {("referral_date", "journey_start"): (3, 2, 0), ("referral_date", "structured_start"): (3, 2, 2),
                ("journey_start", "structured_start"): (3, 1, 1)}  # fmt: skip
    for (first, last), numbers in expected.items():
        example = profiles.unsaid()
        waits = {"from": first, "to": last, "weeks": [3, 6]}
        of = profiles.config(definitions=example["definitions"] | {"waits": waits})
        known = profiles.made(of, rows, tmp_path).known
        names = ("waited", "waited_long", "waited_longest")
        assert tuple(known[f"partnership.count.{name}.N1.post"] for name in names) == numbers, (first, last)


# Outcome forms --------------------------------------------------------------------------------------------------------

OUTCOMES = {"days": 14, "review_days": [35, 182], "least_percent": 80, "work_days": 10}


def with_forms(**settings: object) -> dict:
    example = profiles.unsaid()
    return profiles.config(extracts={**example["extracts"], "outcome_forms": "forms.csv"},
                           definitions=example["definitions"] | {"outcomes": OUTCOMES}, **settings)  # fmt: skip


def of_client(client: str, *forms: tuple) -> list[dict]:
    """Forms of a client: stage, day, and answers besides no use, no work and no need."""
    none = {"opiate_days": 0, "crack_days": 0, "cocaine_days": 0, "injecting_days": 0, "paid_work_days": 0,
            "acute_housing": "N", "housing_risk": "N"}  # fmt: skip
    return [{"client": client, "dat": "N1", "form_date": day, "stage": stage, **none, **answers}
            for stage, day, answers in forms]  # fmt: skip


STAYING, LEFT = ["N1", "2014-05-01", None, None], ["N1", "2014-05-01", "2014-09-30", 80]
SAID = {  # a client's journey and forms; what is told of that client alone: base and count
    "stopped": (STAYING, [("S", "2014-05-10", {"opiate_days": 28}), ("R", "2014-10-01", {})],
                {"forms_review": (1, 1), "opiates": (1, 1), "crack": (0, 0)}),
    "uses less": (STAYING, [("S", "2014-05-10", {"opiate_days": 28}), ("R", "2014-10-01", {"opiate_days": 1})],
                  {"opiates": (1, 0)}),
    "the last review counts": (STAYING, [("S", "2014-05-01", {"crack_days": 3}), ("R", "2014-07-01", {}),
                                         ("R", "2014-10-30", {"crack_days": 2})], {"crack": (1, 0)}),
    "the nearest start counts": (STAYING, [("S", "2014-04-20", {}), ("S", "2014-05-02", {"injecting_days": 2}),
                                           ("R", "2014-06-05", {})], {"injecting": (1, 1)}),
    "a start on the fifteenth day": (STAYING, [("S", "2014-05-16", {"opiate_days": 2}), ("R", "2014-10-01", {})],
                                     {"forms_review": (1, 0)}),
    "a review too early": (STAYING, [("S", "2014-05-01", {}), ("R", "2014-06-04", {})], {"forms_review": (1, 0)}),
    "a review too late": (STAYING, [("S", "2014-05-01", {}), ("R", "2014-10-31", {})], {"forms_review": (1, 0)}),
    "no review is due": (["N1", "2014-11-01", None, None], [("S", "2014-11-01", {})], {"forms_review": (0, 0)}),
    "gone before the review": (LEFT, [("S", "2014-05-01", {})], {"forms_review": (0, 0), "forms_exit": (1, 0)}),
    "a home and work": (LEFT, [("S", "2014-05-01", {"acute_housing": "Y"}),
                               ("E", "2014-10-14", {"paid_work_days": 10})],
                        {"forms_exit": (1, 1), "housing": (1, 1), "work": (1, 1)}),
    "no home yet": (LEFT, [("S", "2014-05-01", {"housing_risk": "Y"}),
                           ("E", "2014-09-20", {"housing_risk": "Y", "paid_work_days": 9})],
                    {"housing": (1, 0), "work": (1, 0)}),
    "no answer at exit": (LEFT, [("S", "2014-05-01", {"housing_risk": "Y"}),
                                 ("E", "2014-09-30", {"housing_risk": None, "paid_work_days": None})],
                          {"forms_exit": (1, 1), "housing": (0, 0), "work": (0, 0)}),
    "an exit form too late": (LEFT, [("S", "2014-05-01", {}), ("E", "2014-10-15", {})], {"forms_exit": (1, 0)}),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_a_form_counts_for_the_journey_and_stage_that_it_is_of(case, tmp_path):
    journey, forms, expected = SAID[case]
    other = [("S", "2012-01-01", {})]  # long before the year
    made = profiles.made(with_forms(), written([journey]), tmp_path,
                         pd.DataFrame([*of_client("A1", *forms), *of_client("B0", *other)]))  # fmt: skip
    for name, numbers in expected.items():
        found = tuple(made.known[f"treatment_outcomes.{part}.{name}"] for part in ("base", "count"))
        assert found == numbers, name


def forms_for(of: dict, journeys: pd.DataFrame) -> pd.DataFrame:
    """Forms at the start of every journey, on a day of review, and at its end."""
    forms = samples(of, np.random.default_rng(3), 3000, ["outcome_forms"])["outcome_forms"]
    own = pd.concat([journeys[["client", "dat"]].assign(form_date=day, stage=stage) for stage, day in
                     (("S", journeys["journey_start"]), ("R", journeys["journey_start"] + pd.Timedelta(days=100)),
                      ("E", journeys["journey_end"]))]).dropna()  # fmt: skip
    own = own[own["form_date"] <= pd.Timestamp("2016-01-01")]
    own[forms.columns[4:]] = forms.iloc[np.arange(len(own)) % len(forms), 4:].to_numpy()
    return own


def test_outcomes_are_told_where_enough_have_the_forms(journeys, tmp_path):
    of = with_forms()
    own = forms_for(of, journeys)
    told = profiles.made(of, journeys, tmp_path, own)
    shares = {name: value for name, value in told.known.items() if name.startswith("treatment_outcomes.rate.")}
    assert len(shares) == 8 and shares["treatment_outcomes.rate.forms_exit"] >= 80
    page = profiles.read(told)
    assert page.faults() == []
    assert_closed(told.ledger)
    printed = profiles.render(of, told.ledger, told.findings)
    assert printed.faults == []
    assert len(printed.cells[printed.cells["exhibit"] == "P.8"]) == 24
    few = profiles.made(of, journeys, tmp_path, own[own["stage"] != "E"])
    names = {name.rpartition(".")[2] for name in few.known if name.startswith("treatment_outcomes.")}
    assert names == {"forms_review", "opiates", "crack", "cocaine", "injecting", "forms_exit"}
    printed = profiles.render(of, few.ledger, few.findings)
    assert printed.faults == []
    text = " ".join(html.fromstring(printed.page).text_content().split())
    assert "At exit: not printed, as fewer than 80 per cent of those due have the forms" in text
    assert "At review: not printed" not in text


def test_without_forms_the_profile_says_that_it_cannot_tell_outcomes(in_year):
    text = " ".join(html.fromstring(profiles.render(in_year.config, in_year.ledger, in_year.findings).page)
                    .text_content().split())  # fmt: skip
    assert "has no extract of outcome forms (Treatment Outcomes Profile), so outcomes" in text
    assert "They stand on outcome forms, of which this profile has none." in text


BORN = dt.date(1980, 1, 1)
CASES = {  # journeys of one client, [partnership, start, end, exit reason]; what is counted in the year
    "in two partnerships": ([["N1", "2014-05-01", None, None], ["N2", "2014-06-01", None, None]],
                            {"in_treatment.N1": 1, "in_treatment.N2": 1, "in_treatment.peers": 1}),
    "ends on the first day": ([["N1", "2013-05-01", "2014-04-01", 80]], {"in_treatment.N1": 1, "completed.N1": 1}),
    "starts on the first day": ([["N1", "2014-04-01", None, None]], {"new.N1": 1}),
    "ended the day before": ([["N1", "2013-05-01", "2014-03-31", 80]], {"in_treatment.N1": 0, "completed.N1": 0}),
    "starts and ends on the last day": ([["N1", "2015-03-31", "2015-03-31", 80]],
                                        {"in_treatment.N1": 1, "new.N1": 1, "completed.N1": 1, "effective.N1": 1}),
    "starts the day after": ([["N1", "2015-04-01", None, None]], {"in_treatment.N1": 0}),
    "completed after the year": ([["N1", "2014-05-01", "2015-04-01", 80]], {"completed.N1": 0, "effective.N1": 1}),
    "back on the last day": ([["N1", "2014-05-01", "2014-06-01", 80], ["N1", "2015-03-31", None, None]],
                             {"in_treatment.N1": 1, "completed.N1": 1, "returned.N1": 1, "held.N1": 0}),
    "back the day after the year": ([["N1", "2014-05-01", "2014-06-01", 80], ["N1", "2015-04-01", None, None]],
                                    {"completed.N1": 1, "returned.N1": 0, "held.N1": 1}),
    "back on the day of completion": ([["N1", "2014-05-01", "2014-06-01", 80], ["N1", "2014-06-01", None, None]],
                                      {"completed.N1": 1, "returned.N1": 0}),
    "back elsewhere": ([["N1", "2014-05-01", "2014-06-01", 80], ["N2", "2014-07-01", None, None]],
                       {"completed.N1": 1, "returned.N1": 0}),
    "completed twice": ([["N1", "2014-05-01", "2014-06-01", 80], ["N1", "2014-07-01", "2014-08-01", 80]],
                        {"completed.N1": 1, "returned.N1": 0}),
    "left unplanned": ([["N1", "2014-05-01", "2014-06-01", 13]], {"completed.N1": 0, "effective.N1": 0}),
}  # fmt: skip


LONG_AGO = [[dat, "2012-01-01", "2012-02-01", 80] for dat in (profiles.OWN, *profiles.PEERS)]  # each has a journey


def written(rows: list) -> pd.DataFrame:
    """Journeys of one client; and of others, long before the years."""
    every = [*rows, *LONG_AGO]
    frame = profiles.drawn(profiles.config(), size=len(every)).iloc[: len(every)].copy()
    given = pd.DataFrame(every, columns=["dat", "journey_start", "journey_end", "exit_reason"])
    clients = ["A1"] * len(rows) + [f"B{n}" for n in range(len(LONG_AGO))]
    return frame.assign(**{name: given[name].to_numpy() for name in given}, client=clients, date_of_birth=BORN,
                        journey=range(1, len(every) + 1), sex="M", age_first_use=None)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_client_is_counted_once_in_each_partnership_and_year(case, tmp_path):
    rows, expected = CASES[case]
    known = profiles.made(profiles.config(), written(rows), tmp_path).known
    for name, number in expected.items():
        indicator, area = name.split(".")
        assert known[f"partnership.count.{indicator}.{area}.post"] == number, name


@pytest.mark.parametrize(
    ("completed", "back", "returned"),
    [("2014-08-31", "2015-02-28", 1), ("2014-08-31", "2015-03-01", 0), ("2014-09-30", "2015-03-30", 1),
     ("2014-09-30", "2015-03-31", 0)],
)  # fmt: skip
def test_six_calendar_months_are_that_also_where_a_month_is_short(completed, back, returned, tmp_path):
    rows = [["N1", "2014-05-01", completed, 80], ["N1", back, None, None]]
    known = profiles.made(profiles.config(re_presentation="6_months"), written(rows), tmp_path).known
    assert known["partnership.count.followed.N1.post"] == 1
    assert known["partnership.count.returned.N1.post"] == returned


def test_the_page_holds_every_table_and_no_number_of_its_own(made):
    printed = profiles.render(made.config, made.ledger, made.findings)
    assert printed.faults == []
    assert {"P.1", "P.1.1", "P.2", "P.2.1", "P.3", "P.3.1", "P.4", "P.5", "P.6", "P.6.1", "P.7", "P.9", "P.10"} <= set(
        printed.cells["exhibit"]
    )
    text = html.fromstring(printed.page).text_content()
    assert "What this report cannot say" in text
    for word in ("pilot", "NatCen", "Drug System Change", "difference in differences"):
        assert word not in text, word


def test_columns_hold_what_their_heads_say(made):
    """Years, counts, shares and ends of intervals: no column has the numbers of another."""
    cells = profiles.render(made.config, made.ledger, made.findings).cells
    says = {
        r"(?:before|after)": r"\.count\.|^in_detail\.(?:\w+|justice\.\w+)\.",
        r"travel": r"^in_detail\.travel\.",
        r".*share|.*part": r"\.rate\.|_share\.|quarter_before_rate\.|justice_(?:rate|part_of_all)\.|by_drug_rate\.",
        r".*from": r"\.low\.",
        r".*to": r"\.high\.",
        r"before.*": r"\.pre$|quarter_before",
        r"after.*|from|to|.*_(?:from|to|share)|in_treatment": r"\.post$|\.pre$|quarter_before",
        r"completed.*": r"completed|completions",
        r"waited_long.*": r"\.waited_long\.",
    }
    for one in cells[cells["exhibit"].str.match(r"P\.(?!3\.1)")].itertuples():
        for column, expected in says.items():
            if re.fullmatch(column, one.column):
                assert re.search(expected, one.id), (one.exhibit, one.row, one.column, one.id)
        if one.column.startswith("after"):
            assert one.id.endswith(".post"), one.id
        if one.row in ("completed", "returned", "new", "in_treatment", "effective", "held", "followed"):
            assert f".{one.row}" in one.id, one.id
        if one.exhibit == "P.2.1":
            what, group = re.fullmatch(r"(?:non_)?opiate_(\w+)", one.row)[1], re.match(r"(?:non_)?opiate", one.row)[0]
            assert re.search(rf"\.{what}\.{group}(?:\.|$)", one.id), one.id
            assert ("growth" in one.id) == (one.column == "growth"), one.id


@pytest.mark.parametrize("policy", [name for name in POLICIES if name != NONE.name])
@pytest.mark.thorough
def test_no_policy_lets_a_count_of_a_profile_be_told(policy, journeys, tmp_path):
    of = profiles.made(profiles.config(disclosure=policy), journeys.head(700), tmp_path)
    assert not of.ledger["id"].str.startswith("in_detail.").any()
    printed = profiles.released(of, tmp_path, policy)
    assert printed.faults == []
    assert (
        "has a disclosure policy, and there would be many small counts" in html.fromstring(printed.page).text_content()
    )
    smallest = POLICIES[policy].smallest
    counts = printed.cells[(printed.cells["unit"] == "count") & printed.cells["id"].str.startswith("partnership.")]
    assert len(counts) > 20
    assert not ((counts["value"] > 0) & (counts["value"] < smallest)).any()


def test_who_did_not_come_back_is_protected_as_who_did(tmp_path):
    """Of ten who completed eight came back: that two did not is as small a count as two who did."""
    done = [["N1", "2014-05-01", "2014-06-01", 80] for _ in range(10)]
    back = [["N1", "2014-07-01", None, None] for _ in range(8)]
    others = [["N1", "2014-05-01", None, None] for _ in range(30)]
    frame = written([*done, *back, *others])
    frame["client"] = [f"C{n}" for n in [*range(10), *range(8), *range(20, 50), *range(90, 90 + len(LONG_AGO))]]
    of = profiles.made(profiles.config(disclosure="suppress_below_5"), frame, tmp_path)
    assert of.known["partnership.count.held.N1.post"] == 2
    printed = profiles.released(of, tmp_path, "suppress_below_5").cells
    printed = dict(zip(printed["id"], printed["printed"], strict=True))
    assert printed["partnership.count.completed.N1.post"] == "10"
    assert printed["partnership.count.returned.N1.post"] == printed["partnership.count.held.N1.post"] == "[c]"


def test_the_register_of_releases_knows_who_is_counted(in_year, tmp_path):
    of = in_year.config
    (tmp_path / "validated").mkdir()
    (tmp_path / "validated" / "journeys.parquet").write_bytes(in_year.typed["journeys"].read_bytes())
    clients = clients_of_year(str(in_year.typed["journeys"]), of, indicators(of["re_presentation"]))
    clients.to_parquet(tmp_path / "partnership.parquet")
    found = members(tmp_path, b"key")
    for name, those in found[found["kind"].str.startswith("partnership.")].groupby("name"):
        assert those["member"].nunique() == len(those) == in_year.known[name]
    ours = found[found["name"] == "partnership.count.completed.N1.post"]
    whole = found[found["name"] == "partnership.count.in_treatment.N1.post"]
    assert set(ours["member"]) < set(whole["member"])


MANY = [f"Q{n:02d}" for n in range(24)]


@pytest.fixture(scope="module")
def among_many(tmp_path_factory):
    """A partnership among twenty-four others that differ by more than chance: in every third few complete."""
    of = profiles.config(peers=MANY)
    frame = profiles.drawn(of, size=30000)
    frame["client"] = frame["client"].str[:-1]
    frame["date_of_birth"] = frame.groupby("client")["date_of_birth"].transform("first")
    third = frame["dat"].isin(MANY[::3]) & frame["exit_reason"].isin([1, 2])
    return profiles.made(
        of, frame.assign(exit_reason=frame["exit_reason"].mask(third, 10)), tmp_path_factory.mktemp("many")
    )


@pytest.mark.thorough
def test_limits_of_a_funnel_allow_for_how_far_partnerships_differ(among_many):
    known, areas = among_many.known, ["N1", *MANY]
    for name, among in (("completed", "in_treatment"), ("returned", "completed")):
        counts, bases = ([known[f"partnership.count.{one}.{area}.post"] for area in areas] for one in (name, among))
        share, phi, between, _ = funnel(counts, bases)
        assert known[f"partnership.expected.{name}"] == pytest.approx(100 * share)
        assert known[f"partnership.dispersion.{name}"] == pytest.approx(phi)
        assert known[f"partnership.between.{name}"] == pytest.approx(10_000 * between)
        assert known[f"partnership.outside_by_chance.{name}"] == funnel(counts, bases)[3]
        assert known[f"partnership.outside.{name}"] == funnel(counts, bases, between)[3]
        for times, place in ((2, "near"), (3, "far")):
            reach = 100 * times * math.sqrt(share * (1 - share) / bases[0] + between)
            ends = max(0, 100 * share - reach), min(100, 100 * share + reach)
            assert [known[f"partnership.usual_{end}_{place}.{name}.N1"] for end in ("low", "high")] == pytest.approx(
                ends
            )
    assert known["partnership.dispersion.completed"] > 2
    assert known["partnership.outside_by_chance.completed"] > known["partnership.outside.completed"]
    assert_closed(among_many.ledger)


def test_a_funnel_says_whether_the_share_is_usual(among_many):
    printed = profiles.render(among_many.config, among_many.ledger, among_many.findings)
    assert printed.faults == []
    text = " ".join(html.fromstring(printed.page).text_content().split())
    assert re.search(
        r"The share of completions lies (within|at the edge of|outside) what partnerships usually show", text
    )
    assert "There are too few others here" not in text
    assert "worse" not in text and "better" not in text


def axes_of(made, number: str):
    """The plot of a figure beside others, and its numbers."""
    declared = PROFILE.declared("figures", chain.TEMPLATES)["figures"]
    data = FigureData.of(planned(declared, made.config, made.ledger["id"].tolist())[number], made.known)
    return shares(data, made.config, Faces.of(**chain.FACES)).axes[0], data


@pytest.mark.parametrize("number", ["P.1", "P.2"])
def test_dots_stand_at_their_shares_on_an_axis_that_ends_there(in_year, number):
    axes, data = axes_of(in_year, number)
    marks = [line.get_xdata()[0] for line in axes.lines if line.get_marker() in ("o", "D")]
    assert marks == [data.at(name, "share").value for name in data.rows]
    farthest = max(data.at(name, "to").value for name in data.rows)
    assert farthest <= axes.get_xlim()[1] <= 2 * farthest


@pytest.mark.parametrize("number", ["P.1", "P.2"])
def test_a_funnel_stands_at_clients_and_shares(among_many, number):
    axes, data = axes_of(among_many, number)
    marks = {(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() in ("o", "D")}
    names = [name for name in data.rows if name != "peers"]
    assert len(names) == 1 + len(MANY)
    assert marks == {(data.at(name, "base").value, data.at(name, "share").value) for name in names}
    most = max(data.at(name, "base").value for name in names)
    assert most <= axes.get_xlim()[1] <= 2 * most
    assert axes.get_ylim()[1] <= 100


@pytest.mark.thorough
def test_without_peers_there_is_nobody_beside_it(journeys, tmp_path):
    of = profiles.made(profiles.config(peers=[]), journeys, tmp_path)
    printed = profiles.render(of.config, of.ledger, of.findings)
    assert printed.faults == []
    assert "names no other partnership" in html.fromstring(printed.page).text_content()
    assert not of.ledger["id"].str.contains(r"\.peers\.|\.apart\.").any()


# Words ----------------------------------------------------------------------------------------------------------------


def test_every_printed_number_stands_with_its_words(made):
    page = profiles.read(made)
    assert len(page.readings) > 300
    assert page.faults() == []


@pytest.mark.thorough
def test_every_number_of_a_funnel_stands_with_its_words_and_none_is_declared_in_vain(
    among_many, in_year, journeys, tmp_path
):
    followed = profiles.made(profiles.config(re_presentation="6_months"), journeys, tmp_path)
    outcomes = profiles.made(with_forms(), journeys, tmp_path, forms_for(with_forms(), journeys))
    pages = [profiles.read(one) for one in (among_many, in_year, followed, outcomes)]
    assert pages[0].faults() == []
    shown = {general(page.rows[one.id]) for page in pages for one in page.readings}
    declared = {
        name for name in DECLARED["profile"]["patterns"] if not name.startswith(("published.", "reproduction."))
    }
    assert declared <= shown


SWAPPED = {
    "another partnership": ("partnership.rate.completed.N2.post", "partnership.rate.completed.S1.post"),
    "the others for its own": ("partnership.rate.completed.N1.post", "partnership.rate.completed.peers.post"),
    "the lower end for the upper": ("partnership.high.returned.N1.post", "partnership.low.returned.N1.post"),
    "the year before": ("partnership.count.new.N1.post", "partnership.count.new.N1.pre"),
    "returned for completed": ("partnership.count.completed.N1.post", "partnership.count.returned.N1.post"),
    "another category": ("in_detail.sex.male.post", "in_detail.sex.female.post"),
    "another month": ("in_detail.returns.2014_05.2014_07", "in_detail.returns.2014_05.2014_08"),
    "the share for the part": ("in_detail.justice_rate.new.post", "in_detail.justice_part_of_all.new.post"),
}


@pytest.mark.parametrize("what", SWAPPED)
def test_another_id_in_its_place_is_noticed(in_year, what):
    printed, other = SWAPPED[what]
    page = profiles.read(in_year)
    here = [one for one in page.readings if one.id == printed and one.in_table]
    assert here
    assert all(page.faults_of([replace(one, id=other)]) for one in here)


def test_a_difference_says_which_way_it_is(in_year):
    apart = in_year.known["partnership.apart.completed.post"]
    text = " ".join(html.fromstring(profiles.render(in_year.config, in_year.ledger, in_year.findings).page)
                    .text_content().split())  # fmt: skip
    said = re.search(r"The share of completions of North is ([\d.]+) percentage points? (above|below) that of", text)
    assert abs(float(said[1]) - abs(apart)) < 0.06 and said[2] == ("above" if apart > 0 else "below")
    for value, words in ((0.04, "the same as that of"), (math.nan, "not to be compared with that of")):
        ledger = in_year.ledger.assign(
            value=in_year.ledger["value"].mask(in_year.ledger["id"] == "partnership.apart.completed.post", value)
        )
        page = profiles.render(in_year.config, ledger, in_year.findings).page
        assert f"North is {words}" in " ".join(html.fromstring(page).text_content().split())


@pytest.mark.thorough
def test_what_stands_behind_its_numbers_is_called_by_words(among_many, in_year):
    """No entry of Appendix D has the name of an id."""
    for made in (among_many, in_year):
        page = html.fromstring(profiles.render(made.config, made.ledger, made.findings).page)
        titles = [one.text_content() for one in page.xpath("//*[starts-with(@id, 'd-')]")]
        assert len(titles) > 40
        assert not [one for one in titles if re.match("(In detail|Partnership|Published):", one.strip())]


# Submissions in the place of journeys ---------------------------------------------------------------------------------

GROUPS = chain.PROJECT / "workflow" / "resources" / "exit_groups.csv"
JOINING = {
    "structured_modalities": [1, 2, 3, 4, 5, 6, 11, 12, 94, 95],
    "join_days": 21,
    "journey_start": "triage",
}


@pytest.mark.thorough
def test_submissions_give_the_profile_of_the_journeys_that_they_were(tmp_path):
    """Journeys none of which overlaps another of its client are taken apart, submitted and joined."""
    of = profiles.config()
    known = pd.read_csv(GROUPS)
    journeys = profiles.drawn(of)
    journeys["client"] = journeys["client"].str[:-1]
    person = journeys.groupby("client")[["date_of_birth", "sex", "ethnicity"]].transform("first")
    journeys = journeys.assign(**person).sort_values(["client", "dat", "journey_start", "journey_end"])
    own = journeys.groupby(["client", "dat"])
    last = own["journey_end"].transform(lambda ends: ends.fillna(pd.Timestamp("2200-01-01")).cummax().shift())
    journeys = journeys[~(last >= journeys["journey_start"])]
    journeys["exit_reason"] = journeys["exit_reason"].map(dict(known.to_numpy())).astype("Int64")
    submitted = reference_submissions(journeys, known["code"], of["codes"]["criminal_justice_referral_sources"])
    assert len(submitted) > 1.2 * len(journeys)
    submitted.to_csv(tmp_path / "submissions.csv", index=False, date_format="%Y-%m-%d")
    typed, joint = str(tmp_path / "submissions.parquet"), str(tmp_path / "joined.csv")
    found = validate("submissions", [str(tmp_path / "submissions.csv")], of, typed, today=chain.TODAY)
    assert not (found["severity"] == "fault").any()
    joined(typed, JOINING, str(GROUPS), b"k" * 32, joint)
    again = pd.read_csv(joint, parse_dates=["journey_start", "journey_end", "date_of_birth"])
    one, other = (profiles.made(of, frame, tmp_path) for frame in (journeys, again))
    ours, theirs = (
        made.ledger[made.ledger["rule"].isin(["partnership", "in_detail"])].set_index("id")["value"]
        for made in (one, other)
    )
    pd.testing.assert_series_equal(ours, theirs, rtol=1e-9)
    assert one.known["partnership.count.returned.N1.post"] > 0
