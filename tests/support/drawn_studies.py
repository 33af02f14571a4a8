"""Small studies drawn at random, to attack what is published of them: up to thirty clients per area and period.

Two to four sites of other_study.py and some of the measures. Some studies have prisons, some community triage, some
series of new journeys, and of these some contradict each other. In some areas everybody or nobody has the outcome.
Models have no characteristics, or some, or some of which all clients have the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

import chain
from dscp.extracts.registry import samples
from dscp.extracts.samples import people
from dscp.study.areas import PERIODS, areas
from dscp.study.days import day
from other_study import SITES, other_config

CHARACTERISTICS = ([], ["age", "sex"], ["previously_treated", "dual_diagnosis"], ["sex", "ethnicity"])
MEASURES = (
    ["effective_treatment"],
    ["successful_completion", "retained_12_weeks"],
    ["effective_treatment", "successful_completion", "completion_of_treated"],
)
OF_REFERRALS = ["prison_pickup", "community_triage"]
YEARS = {"before": ["2012-13"], "during": ["2013-14"]}
MONTHS = ["2012-04", "2014-03"]
LASTS = 84  # days that are effective treatment


def drawn_study(default: Mapping, seed: int) -> chain.Study:
    """Draw a study: the same for the same seed."""
    rng = np.random.default_rng(seed)
    config = {**default, **other_config(dict(default)), "assumed": {}, "disclosure": "minimum_10"}  # any but none
    chosen = rng.choice(len(SITES), int(rng.choice([2, 3, 4], p=[0.7, 0.2, 0.1])), replace=False)
    config["measures"] = MEASURES[int(rng.integers(0, len(MEASURES)))] + OF_REFERRALS
    config["sites"] = {name: config["sites"][name] for i, name in enumerate(SITES) if i in chosen}
    first = next(iter(config["sites"]))
    config["economics"] = {
        **config["economics"], "worked_example": first, "journey_years": YEARS, "monthly_window": MONTHS
    }  # fmt: skip
    listed = CHARACTERISTICS[seed % len(CHARACTERISTICS)]
    covariates = {"treatment_covariates": listed, "prison_covariates": [one for one in listed if "d_" not in one]}
    config["models"] = {**config["models"], **covariates}
    extracts = {"journeys": journeys(config, rng), **samples(config, rng, 100, ["fieldwork"])}
    if any("prisons" in site["pilot"] for site in config["sites"].values()):
        size = int(rng.integers(60, 500))
        extracts |= samples(config, rng, size, ["carat_referrals", "cjit_forms", "dirs"])
        extracts["cjit_forms"] = pd.concat([extracts["cjit_forms"], other_forms(config)], ignore_index=True)
    if any(site.get("continuity") == "embedded_provision" for site in config["sites"].values()):
        extracts["triage_quarters"] = triage(config, rng)
    if seed % 4 == 1:
        extracts |= series(config, rng, contradict=seed % 8 == 5)
    config["extracts"] = {name: f"extracts/{name}.csv" for name in extracts}
    return chain.Study(config, extracts)


def journeys(config: Mapping, rng: np.random.Generator) -> pd.DataFrame:
    """Journeys of each area and period: their number and how many have an outcome are drawn for each."""
    parts = [
        _of_cell(rng, dats=area["dats"], window=config["periods"][period]["outcomes"])
        for area in areas(config["sites"]).to_dict("records")
        for period in PERIODS
    ]
    parts.append(_of_cell(rng, dats=["ELSE"], window=config["periods"]["pre"]["outcomes"]))
    found = pd.concat(parts, ignore_index=True)
    size = len(found)
    client, again = np.arange(size), rng.random(size) < rng.choice([0, 0.1])
    client = np.where(again, np.maximum(client - 1, 0), client)
    known = people(rng, size).iloc[client].reset_index(drop=True)
    if rng.random() < 0.3:
        known["sex"] = "M"
    answers = ["Y"] if rng.random() < 0.3 else ["Y", "N"]
    found["client"], found["journey"] = [f"X{number:05d}" for number in client], np.arange(size) + 1
    for name in ("previously_treated", "dual_diagnosis", "dip_flag"):
        found[name] = rng.choice(answers, size)
    found["referral_source"] = rng.choice([1, 2, 5, 8], size)
    return pd.concat([found, known], axis=1)


def _of_cell(rng: np.random.Generator, dats: list[str], window: list) -> pd.DataFrame:
    """Journeys of one area that start in one period."""
    fewest, most = [(0, 0), (1, 9), (5, 30), (12, 30)][rng.choice(4, p=[0.04, 0.3, 0.4, 0.26])]
    size = int(rng.integers(fewest, most + 1))
    first, last = (day(one) for one in window)
    late = rng.random(size) < 0.05
    start = pd.to_datetime([first] * size) + pd.to_timedelta(
        np.where(late, (last - first).days - 5, rng.integers(0, (last - first).days - 2 * LASTS, size)), unit="D"
    )
    share = rng.choice([0, 1, 0.3, 0.5, 0.8], p=[0.08, 0.12, 0.25, 0.3, 0.25])
    lasts = rng.random(size) < share
    length = np.where(lasts, rng.integers(LASTS, 2 * LASTS, size), rng.integers(1, LASTS - 2, size))
    ends = rng.random(size) < rng.choice([0.6, 0.95])
    reason = np.where(rng.random(size) < share, 80, 13)
    end = pd.Series(start + pd.to_timedelta(length, unit="D")).where(ends)
    return pd.DataFrame(
        {
            "dat": rng.choice(dats, size) if size else [],
            "journey_start": pd.Series(start),
            "journey_end": end,
            "exit_reason": pd.Series(reason).where(end.notna()).astype("Int64"),
        }
    )


def other_forms(config: Mapping) -> pd.DataFrame:
    """A form of each area that answers no referral: an area without a form is a fault."""
    known = [area for area in areas(config["sites"]).to_dict("records") if area["prisons"]]
    rows = [("AF7", f"N{i}", area["prisons"][0], area["dats"][0], "2013-01-01") for i, area in enumerate(known)]
    found = pd.DataFrame(rows, columns=["form", "client", "prison", "dat", "care_plan_date"])
    return found.assign(care_plan_date=pd.to_datetime(found["care_plan_date"]))


def triage(config: Mapping, rng: np.random.Generator) -> pd.DataFrame:
    """Quarterly counts of every DAT: few referrals."""
    drawn = samples(config, rng, 100, ["triage_quarters"])["triage_quarters"]
    drawn["referrals"] = rng.integers(0, 8, len(drawn))
    drawn["triaged_within_6_weeks"] = rng.binomial(drawn["referrals"], rng.choice([0.5, 0.9, 1]))
    return drawn


def series(config: Mapping, rng: np.random.Generator, contradict: bool) -> dict[str, pd.DataFrame]:
    """New journeys by site and year, and by area and month: the months of a pilot are its year, or not at one site."""
    months = pd.date_range(f"{MONTHS[0]}-01", f"{MONTHS[1]}-01", freq="MS")
    monthly = pd.DataFrame(
        [(area, month.date(), int(rng.integers(0, 12))) for area in areas(config["sites"])["area"] for month in months],
        columns=["area", "month", "new_journeys"],
    )
    rows = []
    for site in config["sites"]:
        pilot = monthly[monthly["area"] == f"pilot_{site[-1]}"]
        for year in YEARS["before"] + YEARS["during"]:
            begins = dt.date(int(year[:4]), 4, 1)
            ends = begins.replace(year=begins.year + 1)
            started = int(pilot.loc[(pilot["month"] >= begins) & (pilot["month"] < ends), "new_journeys"].sum())
            started += 40 * (contradict and not rows)
            retained = int(rng.binomial(started, 0.7))
            rows.append((site, year, started, retained, int(rng.binomial(started - retained, 0.4))))
    names = ["site", "fiscal_year", "started", "retained_12_weeks", "completed_under_12_weeks"]
    return {"new_journeys_yearly": pd.DataFrame(rows, columns=names), "new_journeys_monthly": monthly}
