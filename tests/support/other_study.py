"""Another study on generated extracts: four sites (one area has two DATs), two other periods, other labels.

The extracts are drawn at random and know nothing of the evaluation: what the workflow makes of them is compared with
slow independent derivations.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

FOLDER = "extracts"
SITES = {
    "site_1": ("North", "whole_system", "integrated_system", ["N1", "N2"], ["NC1"]),
    "site_2": ("South", "criminal_justice", "independent_case_manager", ["S1"], ["SC1"]),
    "site_3": ("East", "criminal_justice", "embedded_provision", ["E1"], ["EC1", "EC2"]),
    "site_4": ("West", "whole_system", None, ["W1"], ["WC1"]),
}
PERIODS = {
    "pre": {"label": "2012-13", "outcomes": ["2012-01-01", "2013-06-30"], "referrals": ["2012-01-01", "2013-05-19"]},
    "post": {"label": "2014-15", "outcomes": ["2014-01-01", "2015-06-30"], "referrals": ["2014-01-01", "2015-05-19"]},
}
QUARTERS = {"pre": ["2012-03-01", "2013-05-31"], "post": ["2014-03-01", "2015-05-31"]}
YEARS = {"before": ["2011-12", "2012-13"], "during": ["2013-14", "2014-15"]}
MONTHS = ["2012-04", "2015-03"]


def other_config(default: dict) -> dict:
    """The config of the other study, made from the default one."""
    sites = {}
    for name, (label, kind, continuity, pilot, comparison) in SITES.items():
        site = {"label": f"{label} site", "kind": kind, "continuity": continuity}
        for arm, dats in (("pilot", pilot), ("comparison", comparison)):
            site[arm] = {"label": f"{label} {arm}", "dats": dats}
            if continuity in ("integrated_system", "independent_case_manager"):
                site[arm]["prisons"] = [f"HM{dats[0]}"]
        sites[name] = {key: value for key, value in site.items() if value is not None}
    periods = {
        name: {**period, "pickups_until": period["outcomes"][1], "triage_quarters": QUARTERS[name]}
        for name, period in PERIODS.items()
    }
    economics = {
        **default["economics"],
        "worked_example": "site_4",
        "spending_years": YEARS["during"],
        "journey_years": YEARS,
        "monthly_window": MONTHS,
    }
    programme = {"name": "Other Pilots", "short_name": "OP", "start": "2013-07-01", "end": "2015-06-30"}
    kept = {key: default[key] for key in ("definitions", "codes", "models")}
    return {
        **kept,
        "run": "other-2012-15",
        "disclosure": "none",
        "title": "Evaluation of the Other Pilots",
        "programme": programme,
        "periods": periods,
        "change_label": "'13-'15",
        "sites": sites,
        "economics": economics,
        "extracts": {name: f"{FOLDER}/{name}.csv" for name in default["extracts"]},
    }


def write_study(folder: Path, default: dict, seed: int = 7, *, share: float = 1.0, **changes: object) -> dict:
    """Write config.yaml and the twelve extracts of the other study into a folder; return the config.

    `share` of the clients and referrals are drawn; `changes` are keys of the config with other values.
    """
    config = {**other_config(default), **changes}
    (folder / FOLDER).mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    for name, frame in extracts(config, np.random.default_rng(seed), share).items():
        frame.to_csv(folder / FOLDER / f"{name}.csv", index=False)
    return config


def extracts(config: dict, rng: np.random.Generator, share: float = 1.0) -> dict[str, pd.DataFrame]:
    """Draw all extracts."""
    return {
        "journeys": journeys(config, rng, int(6000 * share)),
        **prison(config, rng, int(2400 * share)),
        "triage_quarters": triage(config, rng),
        **series(config, rng),
        **ledgers(config, rng),
    }


def dats(config: dict) -> list[str]:
    """All DATs of the study."""
    return [dat for site in config["sites"].values() for arm in ("pilot", "comparison") for dat in site[arm]["dats"]]


def days(rng: np.random.Generator, first: str, last: str, size: int) -> pd.Series:
    """Random days, both ends included."""
    span = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days
    return pd.Series(pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, span + 1, size), unit="D"))


def people(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Characteristics with some values missing."""

    def some(values: list, missing: float) -> np.ndarray:
        return np.where(rng.random(size) < missing, None, rng.choice(np.array(values, dtype=object), size))

    return pd.DataFrame(
        {
            "date_of_birth": days(rng, "1955-01-01", "1998-01-01", size),
            "sex": rng.choice(["M", "F"], size, p=[0.7, 0.3]),
            "ethnicity": some(["A", "B", "D", "H", "M", "S", "Z"], 0.05),
            "drug_1": some([1011, 1105, 3201, 3200, 5000, 7000], 0.05),
            "drug_2": some([3201, 5000, 2100], 0.6),
            "drug_3": None,
            "age_first_use": some(list(range(12, 20)), 0.2),
        }
    )


def journeys(config: dict, rng: np.random.Generator, size: int = 6000) -> pd.DataFrame:
    """Journeys of about 4,500 clients in the study's DATs and one other."""
    known = people(rng, size)
    client = rng.integers(0, 4500, size)
    known = known.iloc[client % size].reset_index(drop=True)
    start = days(rng, "2010-01-01", "2015-06-30", size)
    length = pd.to_timedelta(rng.gamma(1.2, 250, size).astype(int), unit="D")
    end = (start + length).where(rng.random(size) > 0.25)
    reasons = rng.choice([1, 2, 80, 10, 13, 30, 999], size)
    frame = pd.DataFrame(
        {"client": [f"X{number:05d}" for number in client], "dat": rng.choice([*dats(config), "ELSE"], size)}
    )
    frame["journey"] = np.arange(size) + 1
    frame["journey_start"], frame["journey_end"] = start, end
    frame["exit_reason"] = pd.Series(reasons).where(end.notna()).astype("Int64")
    extra = pd.DataFrame(
        {
            "referral_source": rng.choice([1, 2, 5, 8], size),
            "dip_flag": rng.choice(["Y", "N"], size, p=[0.1, 0.9]),
            "previously_treated": rng.choice(["Y", "N", None], size, p=[0.5, 0.4, 0.1]),
            "dual_diagnosis": rng.choice(["Y", "N", None], size, p=[0.2, 0.7, 0.1]),
        }
    )
    return pd.concat([frame, known, extra], axis=1)


def prison(config: dict, rng: np.random.Generator, size: int = 2400) -> dict[str, pd.DataFrame]:
    """Referrals, the forms that answer about half of them, and DIRs."""
    areas = [
        site[arm] for site in config["sites"].values() for arm in ("pilot", "comparison") if "prisons" in site[arm]
    ]
    area = [areas[i] for i in rng.integers(0, len(areas), size)]
    client = [f"R{number:05d}" for number in rng.integers(0, 2000, size)]
    referred = days(rng, "2011-12-01", "2015-06-15", size)
    release = (referred + pd.to_timedelta(rng.integers(0, 40, size), unit="D")).where(rng.random(size) > 0.02)
    home = [rng.choice(a["dats"]) if rng.random() > 0.1 else "ELSE" for a in area]
    referrals = pd.DataFrame(
        {
            "referral": np.arange(size) + 1,
            "client": client,
            "prison": [a["prisons"][0] for a in area],
            "referral_date": referred,
            "release_date": release,
            "residence_dat": home,
            "referred_to_dat": home,
        }
    )
    answered = referrals[release.notna() & (rng.random(size) < 0.5)]
    forms = pd.DataFrame(
        {
            "form": rng.choice(["AF5", "AF7"], len(answered)),
            "client": answered["client"],
            "prison": answered["prison"],
            "dat": answered["referred_to_dat"],
            "care_plan_date": answered["release_date"] + pd.to_timedelta(rng.integers(0, 60, len(answered)), unit="D"),
        }
    )
    dirs = people(rng, size).assign(
        client=client,
        dir_date=referred - pd.to_timedelta(rng.integers(0, 30, size), unit="D"),
        no_fixed_abode=rng.choice(["Y", "N"], size),
        treated_last_two_years=rng.choice(["Y", "N", None], size),
    )
    dirs = dirs.drop_duplicates(["client", "dir_date"])
    return {"carat_referrals": referrals, "cjit_forms": forms, "dirs": dirs}


def triage(config: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Quarterly counts of every DAT."""
    quarters = [f"{year}-{month:02d}-01" for year in range(2011, 2016) for month in (3, 6, 9, 12)]
    rows = [
        (quarter, dat, int(n := rng.integers(20, 60)), int(rng.integers(5, n)))
        for quarter in quarters
        for dat in dats(config)
    ]
    return pd.DataFrame(rows, columns=["quarter_start", "dat", "referrals", "triaged_within_6_weeks"])


def series(config: dict, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """New journeys by year and month."""
    yearly = []
    for site in config["sites"]:
        for year in [*YEARS["before"], *YEARS["during"]]:
            started = int(rng.integers(200, 400))
            yearly.append((site, year, started, int(0.8 * started), int(0.03 * started)))
    months = pd.date_range("2012-04-01", "2015-03-01", freq="MS").strftime("%Y-%m-%d")
    areas = [f"{arm}_{site.removeprefix('site_')}" for site in config["sites"] for arm in ("pilot", "comparison")]
    monthly = [(area, month, int(rng.integers(10, 40))) for area in areas for month in months]
    columns = ["site", "fiscal_year", "started", "retained_12_weeks", "completed_under_12_weeks"]
    return {
        "new_journeys_yearly": pd.DataFrame(yearly, columns=columns),
        "new_journeys_monthly": pd.DataFrame(monthly, columns=["area", "month", "new_journeys"]),
    }


def ledgers(config: dict, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Spending, budgets, fieldwork and activity."""
    items = [("pay", "management"), ("pay", "administration"), ("non_pay", "training"), ("start_up", "start_up")]
    spending = [
        (site, year, category, item, int(rng.integers(1_000, 90_000)))
        for site in config["sites"]
        for year in YEARS["during"]
        for category, item in items
    ]
    shares = [
        (site, head, int(rng.integers(1_000, 90_000))) for site in config["sites"] for head in ("a_head", "b_head")
    ]
    budgets = [("2012-13", 300, 200, 150_000), ("2013-14", 310, 190, 160_000)]
    groups = ("stakeholders", "delivery_staff", "service_users")
    fieldwork = [
        (stage, site, group, int(rng.integers(1, 6)))
        for stage in ("stage_2", "stage_3")
        for site in config["sites"]
        for group in groups
    ]
    activity = [(site, "None", "New provider", "One system; Two systems", "Mentors") for site in config["sites"]]
    return {
        "pilot_spending": pd.DataFrame(spending, columns=["site", "fiscal_year", "category", "item", "amount_gbp"]),
        "budget_shares": pd.DataFrame(shares, columns=["site", "head", "amount_gbp"]),
        "treatment_budgets": pd.DataFrame(
            budgets, columns=["fiscal_year", "adult_pooled_gbp_m", "local_gbp_m", "adults_in_effective_treatment"]
        ),
        "fieldwork": pd.DataFrame(fieldwork, columns=["stage", "site", "group", "encounters"]),
        "pilot_activity": pd.DataFrame(
            activity,
            columns=["site", "freedoms_and_flexibilities", "structural_change", "system_change", "delivery_change"],
        ),
    }
