"""The rebuilt extracts give what the evaluation published, look like real extracts, and come out the same every time.

The counts and the models' rows are derived here row by row, without the workflow's own derivations.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from dscp.measures.models import fit_interaction
from dscp.reference.aggregates import split_items, whole
from dscp.reference.archetypes import allocate, anchors, units_of
from dscp.reference.draws import completed_years, days, draw_days, even_uniforms, iso, years_before
from dscp.reference.journeys import area_journeys
from dscp.reference.tilt import interval, root
from dscp.study.areas import ARMS, PERIODS
from reference_extracts import read_assumed, read_published, reference_extracts, weights_of

PROJECT = Path(__file__).parents[2]
RESOURCES = PROJECT / "workflow" / "resources"
STUDY = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
COMPLETED = {str(code) for code in STUDY["codes"]["completed_exit_reasons"]}
AREAS = {
    f"{arm}_{name[-1]}": site[arm] | {"arm": arm, "site": name}
    for name, site in STUDY["sites"].items()
    if site.get("analysed", True)
    for arm in ARMS
}
WITH_PRISON = [area for area, place in AREAS.items() if place.get("prisons")]
TREATMENT = ("effective_treatment", "successful_completion")
DAY = dt.timedelta(days=1)


def make(folder: Path) -> Path:
    published = read_published([str(path) for path in (RESOURCES / "published").glob("*.csv")])
    extracts, _ = reference_extracts(published, assumed(), STUDY)
    for name, rows in extracts.items():
        rows.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    return folder


def assumed() -> dict[str, pd.DataFrame]:
    return read_assumed(sorted(str(path) for path in RESOURCES.glob("reference_*.csv")))


@pytest.fixture(scope="module")
def folder(rebuilt) -> Path:
    return rebuilt / "extracts"


@pytest.fixture(scope="module")
def extracts(folder) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in folder.glob("*.csv")}


@pytest.fixture(scope="module")
def printed() -> dict[tuple[str, str, str], str]:
    """(table, row, column) -> what is printed, as a value where it is one; the declared cells in place of lost ones."""
    tables = pd.concat(
        pd.read_csv(path, dtype=str, keep_default_na=False) for path in (RESOURCES / "published").glob("table_*.csv")
    )
    cells = {
        (table, row, column): value or text
        for table, row, column, text, value in tables[["table", "row", "column", "printed", "value"]].itertuples(
            index=False
        )
    }
    declared = assumed()["reference_assumed_cells"]
    return cells | {(table, row, column): used for table, row, column, _, used, _ in declared.itertuples(index=False)}


def rounded(value: float, places: int) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def agrees(cells, table, row, column, value, places) -> bool:
    return rounded(value, places) == Decimal(cells[table, row, column])


# -- row by row


def day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def age(born: dt.date, at: dt.date) -> int:
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def window(period: str, name: str) -> tuple[dt.date, dt.date]:
    first, last = STUDY["periods"][period][name]
    return first, last


def chosen_journey(journeys: list[dict], first: dt.date, last: dt.date, started_by: dt.date) -> dict | None:
    """The latest of one client's journeys that are in the period, as an adult, and started in time."""
    found = None
    for journey in journeys:
        if journey["start"] > last or (journey["end"] and journey["end"] < first) or journey["start"] > started_by:
            continue
        if age(journey["born"], max(journey["start"], first)) < 18:
            continue
        key = (journey["start"], journey["end"] or dt.date.max, journey["number"])
        if found is None or key > (found["start"], found["end"] or dt.date.max, found["number"]):
            found = journey
    return found


def outcomes_of(journeys: list[dict], period: str) -> dict[str, tuple[dict, bool]]:
    """Measure -> the journey that decides and the outcome, for one client in one area."""
    first, last = window(period, "outcomes")
    found = {}
    if journey := chosen_journey(journeys, first, last, last - 83 * DAY):
        ended = journey["end"] is not None and journey["end"] <= last
        stayed = (journey["end"] if ended else last) - journey["start"] >= 83 * DAY
        found["effective_treatment"] = journey, stayed or (ended and journey["exit"] in COMPLETED)
    journey = chosen_journey(journeys, first, last, last)
    if journey and journey["end"] and journey["end"] <= last:
        found["successful_completion"] = journey, journey["exit"] in COMPLETED
    return found


@pytest.fixture(scope="module")
def treated(extracts) -> list[dict]:
    """One entry per measure, area, period and client in the base: the journey's row and the outcome."""
    area_of = {dat: area for area, place in AREAS.items() for dat in place["dats"]}
    clients = defaultdict(list)
    for row in extracts["journeys"].to_dict("records"):
        if area := area_of.get(row["dat"]):
            times = {
                "start": day(row["journey_start"]),
                "end": day(row["journey_end"]),
                "born": day(row["date_of_birth"]),
            }
            clients[area, row["client"]].append(
                times | {"number": int(row["journey"]), "exit": row["exit_reason"], "row": row}
            )
    return [
        {"measure": measure, "area": area, "period": period, "outcome": outcome, "journey": journey}
        for (area, _), journeys in clients.items()
        for period in PERIODS
        for measure, (journey, outcome) in outcomes_of(journeys, period).items()
    ]


@pytest.fixture(scope="module")
def referred(extracts) -> list[dict]:
    """One entry per referral in a base: the referral, the outcome and the DIR it rests on."""
    forms, dirs = defaultdict(list), defaultdict(list)
    for row in extracts["cjit_forms"].to_dict("records"):
        forms[row["client"]].append(row)
    for row in extracts["dirs"].to_dict("records"):
        dirs[row["client"]].append(row)
    found = []
    for row in extracts["carat_referrals"].to_dict("records"):
        for area in WITH_PRISON:
            place = AREAS[area]
            local = row["prison"] in place["prisons"] and row["referred_to_dat"] in place["dats"]
            if not local or (place["arm"] == "comparison" and row["residence_dat"] not in place["dats"]):
                continue
            for period in PERIODS:
                first, last = window(period, "referrals")
                if first <= day(row["referral_date"]) <= last:
                    outcome = picked_up(
                        row, forms[row["client"]], place["dats"], STUDY["periods"][period]["pickups_until"]
                    )
                    before = [record for record in dirs[row["client"]] if record["dir_date"] <= row["referral_date"]]
                    latest = max(before, key=lambda record: record["dir_date"], default=None)
                    found.append({"area": area, "period": period, "outcome": outcome, "referral": row, "dir": latest})
    return found


def picked_up(referral: dict, forms: list[dict], dats: list[str], until: dt.date) -> bool:
    released = day(referral["release_date"])
    return released is not None and any(
        form["prison"] == referral["prison"]
        and form["dat"] in dats
        and released <= day(form["care_plan_date"]) <= min(released + 42 * DAY, until)
        for form in forms
    )


def tally(entries: list[dict], *keys: str) -> dict[tuple, tuple[int, int]]:
    found = defaultdict(lambda: (0, 0))
    for entry in entries:
        key = tuple(entry[name] for name in keys)
        base, count = found[key]
        found[key] = base + 1, count + entry["outcome"]
    return dict(found)


# -- what is published


def test_treatment_counts(treated, printed):
    found = tally(treated, "measure", "area", "period")
    assert len(found) == 48
    for (measure, area, period), (base, count) in found.items():
        tables = ("6.1", "6.3") if measure == "effective_treatment" else ("6.2", "6.4")
        table = tables[0] if (tables[0], area, "pre_total") in printed else tables[1]
        column = "effective_treatment" if measure == "effective_treatment" else "successful_completions"
        assert str(base) == printed[table, area, f"{period}_total"]
        assert str(count) == printed["7.5" if "pilot" in area else "7.6", f"{area}_{period}", column]
        assert agrees(printed, table, area, f"{period}_pct", 100 * count / base, 1)


@pytest.mark.parametrize("site", ["2", "4", "6", "7", "5"])
def test_continuity_counts(site, referred, extracts, printed):
    table = {"7": "3.2", "5": "3.3"}.get(site, "3.1")
    found = triage_counts(extracts["triage_quarters"]) if site == "5" else tally(referred, "area", "period")
    changes = []
    for arm in ARMS:
        area = f"{arm}_{site}"
        rates = []
        for period in PERIODS:
            base, count = found[area, period]
            assert str(base) == printed[table, area, f"{period}_total"]
            assert str(count) == printed[table, area, f"{period}_count"]
            assert agrees(printed, table, area, f"{period}_success_pct", 100 * count / base, 0)
            rates.append(100 * count / base)
        changes.append(rates[1] - rates[0])
        assert agrees(printed, table, area, "change", changes[-1], 0)
    assert agrees(printed, table, f"comparison_{site}", "diff_in_diff", changes[0] - changes[1], 0)


def triage_counts(quarters: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    found = {}
    for area in ("pilot_5", "comparison_5"):
        for period in PERIODS:
            first, last = (limit.isoformat() for limit in window(period, "triage_quarters"))
            rows = quarters[quarters["dat"].isin(AREAS[area]["dats"]) & quarters["quarter_start"].between(first, last)]
            assert rows["quarter_start"].nunique() == 5
            found[area, period] = tuple(rows[["referrals", "triaged_within_6_weeks"]].astype(int).sum())
    return found


def test_new_journeys(extracts, printed):
    yearly = extracts["new_journeys_yearly"].set_index(["site", "fiscal_year"]).astype(int).reset_index()
    rows = {}
    for site, years in yearly.groupby("site"):
        for year in years.itertuples():
            label = f"{site}_y{year.fiscal_year[2:].replace('-', '_')}"
            rows[label] = (
                years["started"].iloc[0],
                year.started,
                year.retained_12_weeks,
                year.completed_under_12_weeks,
            )
    sums = yearly.groupby("fiscal_year")[["started", "retained_12_weeks", "completed_under_12_weeks"]].sum().to_numpy()
    before, during = sums[:2].sum(axis=0), sums[2:].sum(axis=0)
    rows |= {"all_sites_years_1_2": (before[0], *before), "all_sites_years_3_4": (before[0], *during)}
    assert len(rows) == 30
    for label, (first, started, retained, completed) in rows.items():
        assert agrees(printed, "7.4", label, "journeys_index", 100 * started / first, 1)
        assert agrees(printed, "7.4", label, "pct_retained_gt12wk", 100 * retained / started, 1)
        assert agrees(printed, "7.4", label, "pct_completed_lt12wk", 100 * completed / started, 1)
        assert agrees(printed, "7.4", label, "pct_effective", 100 * (retained + completed) / started, 1)


def test_new_journeys_monthly(extracts):
    monthly = extracts["new_journeys_monthly"].astype({"new_journeys": int})
    started = extracts["new_journeys_yearly"].set_index(["site", "fiscal_year"])["started"].astype(int)
    assert set(monthly["area"]) == set(AREAS)
    month = pd.to_datetime(monthly["month"])
    monthly["place"] = (month.dt.month - 4) % 12
    monthly["year"] = month.dt.year - (month.dt.month < 4)
    for (area, year), rows in monthly.groupby(["area", "year"]):
        assert len(rows) == 12
        if area.startswith("pilot"):
            expected = started[area.replace("pilot", "site"), f"{year}-{(year + 1) % 100:02d}"]
            assert rows["new_journeys"].sum() == expected
        early, middle, late = (
            rows.loc[rows["place"].isin(places), "new_journeys"].mean() for places in ((0, 1), range(3, 9), (10, 11))
        )
        assert min(early, late) > middle


def test_spending(extracts, printed):
    spent = extracts["pilot_spending"].astype({"amount_gbp": int})
    names = {"pay": "pay", "non_pay": "non_pay", "start_up": "non_recurrent_start_up"}
    by_year = spent.pivot_table(
        index="category", columns="fiscal_year", values="amount_gbp", aggfunc="sum", fill_value=0
    )
    for category, row in names.items():
        for year in by_year.columns:
            assert agrees(printed, "7.1", row, f"y{year.replace('-', '_')}", by_year.loc[category, year], 0)
    for table, category in (("7.2", "pay"), ("7.3", "non_pay")):
        items = spent[spent["category"] == category].groupby("item")["amount_gbp"].sum()
        expected = {row for t, row, _ in printed if t == table and not row.startswith("total")}
        assert set(items.index) == expected
        for item, amount in items.items():
            assert agrees(printed, table, item, "both_years", amount, 0)
            assert agrees(printed, table, item, "both_years_pct", 100 * amount / items.sum(), 1)
    costs = spent.pivot_table(index="site", columns="fiscal_year", values="amount_gbp", aggfunc="sum")
    for site, (first, second) in zip(costs.index, costs.to_numpy(), strict=True):
        assert agrees(printed, "7.10", "cost_year_1", site, first / 1000, 0)
        assert agrees(printed, "7.10", "cost_year_2", site, second / 1000, 0)
        assert agrees(printed, "7.10", "cost_total", site, (first + second) / 1000, 0)
    prose = pd.read_csv(RESOURCES / "published" / "text_figures.csv", dtype=str).set_index("column")["value"]
    recurrent = spent[spent["category"] != "start_up"].groupby(["fiscal_year", "site"])["amount_gbp"].sum().unstack()
    ends = [
        recurrent.min(axis=1).iloc[0],
        recurrent.max(axis=1).iloc[0],
        recurrent.min(axis=1).iloc[1],
        recurrent.max(axis=1).iloc[1],
    ]
    assert ends == prose[["y1_min", "y1_max", "y2_min", "y2_max"]].astype(int).tolist()


def test_budgets(extracts, printed):
    budgets = extracts["treatment_budgets"].set_index("fiscal_year").astype(int)
    for year, row in budgets.iterrows():
        label, total = f"y{year.replace('-', '_')}", row["adult_pooled_gbp_m"] + row["local_gbp_m"]
        assert agrees(printed, "C.7.1", label, "adult_pooled_treatment_budget", row["adult_pooled_gbp_m"], 0)
        assert agrees(printed, "C.7.1", label, "total_funding", total, 0)
        per_adult = total * 1e6 / row["adults_in_effective_treatment"]
        assert rounded(per_adult / 100, 0) * 100 == Decimal(printed["C.7.1", label, "funding_per_adult"])
    shares = (
        extracts["budget_shares"].astype({"amount_gbp": int}).pivot(index="head", columns="site", values="amount_gbp")
    )
    shares["all"] = shares.sum(axis=1)
    percent = 100 * shares / shares.sum()
    assert percent.shape == (10, 8)
    for head, row in percent.iterrows():
        for column, value in row.items():
            assert agrees(printed, "C.7.2", head, column, value, 1)


def test_fieldwork_and_activity(extracts, printed):
    for stage, table in (("stage_2", "1.1"), ("stage_3", "1.2")):
        rows = extracts["fieldwork"][extracts["fieldwork"]["stage"] == stage]
        for row in rows.to_dict("records"):
            assert row["encounters"] == printed[table, row["site"].replace("site", "pilot"), row["group"]]
        assert str(rows["encounters"].astype(int).sum()) == printed[table, "total", "total"]
    activity = extracts["pilot_activity"].set_index("site")
    for site, row in activity.iterrows():
        for column, items in row.items():
            assert items.replace("; ", " ") == printed["1.3", site, column]
    assert (
        activity.loc["site_2", "freedoms_and_flexibilities"]
        == "Pool/align CARAT/DIP budgets; Relaxation of CARAT targets"
    )
    assert activity.loc["site_7", "delivery_change"].count(";") == 3


# -- the published p-values


def flags(row: dict, years: int | None, names: list[str]) -> dict:
    """The characteristics of one row, as the models see them."""
    groups = {letter: group for group, letters in STUDY["codes"]["ethnicity"].items() for letter in letters}
    group = groups.get(row.get("ethnicity", ""), "not_stated")
    drugs = [int(row[name]) for name in ("drug_1", "drug_2", "drug_3") if row.get(name)]
    found = {
        "age": years,
        "sex": row.get("sex") or "missing",
        "ethnicity": "missing" if group == "not_stated" else group,
    }
    classes = {
        "opiates_crack": ("opiates", "crack"),
        "cannabis": ("cannabis",),
        "stimulants": ("cocaine", "amphetamines"),
        "other_drugs": ("other",),
    }
    for name, kinds in classes.items():
        ranges = [limits for kind in kinds for limits in STUDY["codes"]["drugs"][kind]]
        hit = any(low <= drug <= high for drug in drugs for low, high in ranges)
        found[name] = ("yes" if hit else "no") if drugs else "missing"
    used = years - int(row["age_first_use"]) if years is not None and row.get("age_first_use") else None
    bands = ((5, "under_5"), (10, "5_to_9"), (20, "10_to_19"), (999, "20_or_more"))
    found["length_of_use"] = "missing" if used is None else next(band for below, band in bands if used < below)
    for name in names:
        found[name] = {"Y": "yes", "N": "no"}.get(row.get(name, ""), "missing")
    return found


def from_criminal_justice(row: dict) -> str:
    if row["dip_flag"] == "Y":
        return "yes"
    sources = {str(code) for code in STUDY["codes"]["criminal_justice_referral_sources"]}
    return ("yes" if row["referral_source"] in sources else "no") if row["referral_source"] else "missing"


@pytest.fixture(scope="module")
def frames(treated, referred) -> pd.DataFrame:
    rows = []
    for entry in treated:
        journey, row = entry["journey"], entry["journey"]["row"]
        years = age(journey["born"], max(journey["start"], window(entry["period"], "outcomes")[0]))
        found = flags(row, years, ["previously_treated", "dual_diagnosis"])
        rows.append(cell_of(entry) | found | {"criminal_justice_referral": from_criminal_justice(row)})
    for entry in referred:
        row = entry["dir"] or {}
        born = day(row.get("date_of_birth", ""))
        years = age(born, day(entry["referral"]["referral_date"])) if born else None
        rows.append(cell_of(entry) | flags(row, years, ["no_fixed_abode", "treated_last_two_years"]))
    return pd.DataFrame(rows)


def cell_of(entry: dict) -> dict:
    place = AREAS[entry["area"]]
    return {
        "measure": entry.get("measure", "prison_pickup"),
        "site": place["site"],
        "pilot": place["arm"] == "pilot",
        "post": entry["period"] == "post",
        "outcome": entry["outcome"],
    }


MODELS = [
    *(("6.1", "effective_treatment", site) for site in "37"),
    *(("6.2", "successful_completion", site) for site in "37"),
    *(("6.3", "effective_treatment", site) for site in "2456"),
    *(("6.4", "successful_completion", site) for site in "2456"),
    *(("3.1", "prison_pickup", site) for site in "246"),
    ("3.2", "prison_pickup", "7"),
]


@pytest.mark.parametrize(("table", "measure", "site"), MODELS)
def test_published_p(frames, printed, table, measure, site):
    rows = frames[(frames["measure"] == measure) & (frames["site"] == f"site_{site}")]
    rows = rows.assign(age=rows["age"].fillna(rows["age"].mean()))
    fit = fit_interaction(rows, STUDY["models"]["prison_covariates" if table[0] == "3" else "treatment_covariates"])
    assert ("<0.01" if fit.p < 0.01 else str(rounded(fit.p, 2))) == printed[table, f"comparison_{site}", "p_value"]
    assert not [note for note in fit.notes if "same outcome" in note or "single" in note or "not estimable" in note]
    did = Decimal(printed[table, f"comparison_{site}", "diff_in_diff"])
    assert (fit.odds_ratio > 1) == (did > 0)


# -- like real extracts


def test_extracts_look_real(extracts):
    journeys = extracts["journeys"]
    inside = journeys[journeys["dat"].isin([dat for place in AREAS.values() for dat in place["dats"]])]
    dats = inside.groupby("client")["dat"].nunique()
    area = inside["dat"].map({dat: area for area, place in AREAS.items() for dat in place["dats"]})
    areas = area.groupby(inside["client"]).nunique()
    assert 64_000 < journeys["client"].nunique() < 68_000
    assert not journeys.duplicated(["client", "journey"]).any()
    assert (journeys["client"].str.len() == 8).all()
    assert journeys["client"].is_monotonic_increasing
    assert (journeys["journey_end"] == "").mean() > 0.1
    assert len(inside) < len(journeys)
    assert (areas > 1).sum() > 50
    assert (dats > areas).sum() > 20
    assert journeys["client"].value_counts().max() >= 3
    assert COMPLETED | {"0", "5", "83", "86", "89", "99", "999"} <= set(journeys["exit_reason"])
    assert ((journeys["exit_reason"] == "") == (journeys["journey_end"] == "")).all()
    nullable = journeys.loc[:, "ethnicity":]
    assert (nullable == "").any().all()
    assert not (journeys[["date_of_birth", "sex", "journey_start"]] == "").any().any()
    differing = journeys.groupby("client")[["drug_2", "referral_source", "previously_treated"]].nunique()
    assert ((differing > 1).sum() > 100).all()


def test_dates_at_every_bound(extracts):
    journeys = extracts["journeys"]
    start, end = (pd.to_datetime(journeys[name]) for name in ("journey_start", "journey_end"))
    born, length = pd.to_datetime(journeys["date_of_birth"]), (end - start).dt.days
    assert all((length == number).sum() > 10 for number in (0, 82, 83, 84))
    for period in PERIODS:
        first, last = (pd.Timestamp(limit) for limit in window(period, "outcomes"))
        for away in (-1, 0, 1):
            shift = pd.Timedelta(away, "D")
            assert (end == first + shift).sum() > 3
            assert (end == last + shift).sum() > 3
            assert (start == last - pd.Timedelta(83, "D") + shift).sum() > 3
        inside = (start <= last) & ~(end < first)
        reference = start.where(start > first, first)
        minors = reference < born + pd.DateOffset(years=18)
        assert (inside & minors).sum() > 30
        assert (inside & ~minors & (reference < born + pd.DateOffset(years=19))).sum() > 30
        assert (inside & (start > last - pd.Timedelta(83, "D"))).sum() > 300
    outside = ((end < "2007-10-01") | ((start > "2009-03-31") & (end < "2009-10-01")) | (start > "2011-03-31")).sum()
    assert outside > 5_000


def test_referrals_look_real(extracts):
    referrals, forms, dirs = (extracts[name] for name in ("carat_referrals", "cjit_forms", "dirs"))
    named = {prison for place in AREAS.values() for prison in place.get("prisons", [])}
    study = {dat for place in AREAS.values() for dat in place["dats"]}
    assert referrals["referral"].is_unique
    assert (~referrals["prison"].isin(named)).any()
    assert (~referrals["referred_to_dat"].isin(study)).any()
    assert (~referrals["residence_dat"].isin(study)).any()
    assert (referrals["release_date"] == "").any()
    assert set(forms["form"]) == {"AF5", "AF7"}
    joined = referrals.merge(forms, on="client", suffixes=("", "_form"))
    wait = (pd.to_datetime(joined["care_plan_date"]) - pd.to_datetime(joined["release_date"])).dt.days
    assert {-1, 0, 41, 42, 43} <= set(wait.dropna())
    assert (joined["prison"] != joined["prison_form"]).any()
    assert joined.duplicated(["client", "care_plan_date", "form", "dat"]).any()
    for period in PERIODS:
        first, last = window(period, "referrals")
        bounds = {(limit + away * DAY).isoformat() for limit, away in ((first, -1), (first, 0), (last, 0), (last, 1))}
        assert bounds <= set(referrals["referral_date"])
        until = STUDY["periods"][period]["pickups_until"]
        assert {until.isoformat(), (until + DAY).isoformat()} <= set(forms["care_plan_date"])
    records = referrals.merge(dirs, on="client")
    assert (records["dir_date"] > records["referral_date"]).any()
    assert (records["dir_date"] == records["referral_date"]).any()
    assert not dirs.duplicated(["client", "dir_date"]).any()
    assert dirs["client"].duplicated().any()
    assert (~referrals["client"].isin(dirs["client"])).any()
    assert (dirs.drop(columns=["client", "dir_date"]) == "").any().all()


@pytest.mark.thorough
def test_same_seed_same_bytes(folder, tmp_path):
    again = make(tmp_path)
    assert len(list(folder.iterdir())) == 12
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


# -- the parts


def test_archetypes_contribute_what_they_declare():
    units = units_of(assumed()["reference_journey_archetypes"])
    weights = weights_of(assumed()["reference_marginals"])["journeys"]
    limits = anchors(STUDY["periods"], "outcomes")
    built = area_journeys(
        np.random.default_rng(1), "pilot_4", ["P04N", "P04S"], units, [12] * len(units), limits, weights
    )
    born = [day(text) for text in iso(built.people["born"].to_numpy())]
    rows = built.journeys.assign(
        start=iso(built.journeys["start"].to_numpy()), end=iso(built.journeys["end"].to_numpy())
    )
    clients = defaultdict(list)
    for place, row in enumerate(rows.to_dict("records")):
        if row["dat"] in ("P04N", "P04S"):
            times = {"start": day(row["start"]), "end": day(row["end"]), "born": born[row["person"]]}
            clients[row["person"]].append(
                times | {"number": row["sequence"], "exit": row["exit_reason"], "place": place}
            )
    found = {
        (person, period, measure, journey["place"], outcome)
        for person, journeys in clients.items()
        for period in PERIODS
        for measure, (journey, outcome) in outcomes_of(journeys, period).items()
    }
    declared = set(built.uses[["person", "period", "measure", "journey", "outcome"]].itertuples(index=False, name=None))
    names = [unit.archetype["archetype"] for unit in units for _ in range(12)]
    assert not {(names[entry[0]], *entry[1:3]) for entry in found ^ declared}


def test_allocation_fills_the_published_counts_or_says_so():
    units = units_of(assumed()["reference_referral_archetypes"])
    targets = {("pre", "prison_pickup"): (162, 33), ("post", "prison_pickup"): (253, 105)}
    numbers = allocate(units, targets, 1, {"comparison"}, most=1)
    for (period, _), (base, count) in targets.items():
        parts = [
            (n, part) for unit, n in zip(units, numbers, strict=True) for part in unit.parts if part.period == period
        ]
        assert (sum(n for n, _ in parts), sum(n for n, part in parts if part.outcome)) == (base, count)
    with pytest.raises(ValueError, match="do not fit"):
        allocate(units, dict.fromkeys(targets, (20, 0)), 1, {"comparison"}, most=1)


def test_drawn_days_keep_both_ends():
    rng, start = np.random.default_rng(1), np.array([10, 30] * 200)
    drawn = draw_days(rng, "S|s1+5..E", {"S": 20, "E": 40, "s1": start}, 400)
    assert (drawn[0::2].min(), drawn[1::2].min(), drawn.max()) == (20, 35, 40)
    with pytest.raises(ValueError, match="no day lies in"):
        draw_days(rng, "E..S", {"S": 20, "E": 40}, 1)


def test_ages():
    at = np.array([days("2010-02-28"), days("2010-03-01"), days("2012-02-29")])
    assert completed_years(np.full(3, days("1992-02-29")), at).tolist() == [17, 18, 20]
    assert iso(years_before(np.array([days("2008-02-29"), days("2010-10-01")]), 18)).tolist() == [
        "1990-03-01",
        "1992-10-01",
    ]


def test_even_uniforms_fill_each_stratum():
    strata = np.repeat([0, 1], [4, 50])
    uniforms = even_uniforms(np.random.default_rng(1), strata)
    assert np.sort((uniforms[strata == 0] * 4).astype(int)).tolist() == [0, 1, 2, 3]
    assert (uniforms[strata == 1] < 0.3).sum() == 15


def test_items_and_whole_numbers():
    assert split_items("A b A b c", ["A b", "A b c"]) == "A b; A b c"
    with pytest.raises(ValueError, match="not made of known items"):
        split_items("A b d", ["A b"])
    assert whole(np.array([1.0, 1.0, 1.0]), 10).tolist() == [4, 3, 3]


def test_intervals_of_printed_p():
    assert interval("<0.01", 0.05) == (0.0, 0.01)
    assert interval("0.01", 0.05) == (0.01, 0.015)
    assert interval("0.05", 0.05) == pytest.approx((0.045, 0.05))
    assert interval("0.22", 0.05) == pytest.approx((0.215, 0.225))


def test_root_stops_at_an_accepted_value_or_gives_up():
    assert root(lambda t: t - 3, lambda gap: abs(gap) < 1e-3, 0.0) == pytest.approx(3, abs=1e-3)
    assert root(lambda t: 1.0 if t > 3 else -1.0, lambda gap: abs(gap) < 0.5, 0.0) is None
    assert root(lambda t: 1.0, lambda gap: False, 0.0) is None
