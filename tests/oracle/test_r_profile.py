"""A partnership's profile and the study of areas against R, whose results are stored with its scripts.

The stored values come from tests/oracle/r_profile/make_r_profile.py; R is not needed here.
"""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

import area_studies
import profiles

STORED = Path(__file__).with_name("r_profile")
YEARS = {"year": ("2011-04-01", "2012-03-31"), "baseline": ("2010-04-01", "2011-03-31")}
RETURNED = {"in_year": "returned_in_year", "6_months": "returned_6_months"}
RATED = {"new", "completed", "returned", "waited", "waited_long"}


def test_stored_values_belong_to_the_stored_journeys_and_scripts():
    stored = json.loads((STORED / "provenance.json").read_text(encoding="utf-8"))
    assert stored["r"].startswith("R version ") and stored["sandwich"]
    assert {path.name for path in STORED.iterdir() if path.is_file()} == {*stored["sha256"], "provenance.json"}
    for name, digest in stored["sha256"].items():
        assert hashlib.sha256((STORED / name).read_bytes()).hexdigest() == digest, name
    assert hashlib.sha256(area_studies.FILE.read_bytes()).hexdigest() == stored["figures"]


@pytest.fixture(scope="module", params=RETURNED)
def made(request, tmp_path_factory):
    """The profile of N1 on the stored journeys; what they lack is the same of everybody."""
    years = {span: {"start": first, "end": last} for span, (first, last) in YEARS.items()}
    of = profiles.config(**years, peers=["N2", "S1"], re_presentation=request.param)
    rows = pd.read_csv(STORED / "journeys.csv").assign(
        ethnicity="A", age_first_use=None, referral_source=1, previously_treated="N", dual_diagnosis="N"
    )
    return profiles.made(of, rows, tmp_path_factory.mktemp("r"))


def test_clients_and_intervals_are_those_of_r(made):
    kept = RETURNED[made.config["re_presentation"]]
    seen = 0
    for one in pd.read_csv(STORED / "counts.csv").itertuples():
        name = "returned" if one.indicator == kept else one.indicator
        if name in RETURNED.values():
            continue
        place = f"{name}.{one.dat}.{one.period}"
        if name == "followed" and kept == RETURNED["in_year"]:
            continue  # there everybody is followed
        assert made.known[f"partnership.count.{place}"] == one.count, place
        if name in RATED:
            ends = [made.known[f"partnership.{end}.{place}"] for end in ("low", "high")]
            assert ends == pytest.approx([one.low, one.high], abs=1e-8, nan_ok=True), place
            seen += one.low == one.low
    assert seen > 24


def test_drug_groups_and_time_in_treatment_are_those_of_r(made):
    of = pd.read_csv(STORED / "details.csv").query("dat == 'N1'")
    groups = of[~of["what"].str.startswith("stayed")]
    for one in groups.itertuples():
        assert made.known[f"in_detail.drug_group.{one.what}.{one.period}"] == one.count
    for period in ("pre", "post"):
        told = [value for name, value in made.known.items() if name.startswith("in_detail.drug_group.")
                and name.endswith(period)]  # fmt: skip
        assert sum(told) == groups.loc[groups["period"] == period, "count"].sum()
        stayed, days = (of.loc[(of["period"] == period) & (of["what"] == what), "count"].item()
                        for what in ("stayed", "stayed_days"))  # fmt: skip
        assert made.known[f"in_detail.stayed_all.{period}"] == stayed > 0
        assert made.known[f"in_detail.stayed_mean.{period}"] == pytest.approx(days / 365.25 / stayed)


def test_the_pooled_estimator_is_that_of_r(tmp_path):
    known = area_studies.made(area_studies.example(), tmp_path).known
    names = ("ratio", "error", "low", "high")
    seen = 0
    for one in pd.read_csv(STORED / "areas.csv").itertuples():
        kind, _, of = one.comparison.partition(" ")
        key = of.lower().replace(" ", "_")
        place = {"without": f"without_{{}}.{key}", "year": f"year_{{}}.y{key}_{str(int(key) + 1)[2:]}" if
                 kind == "year" else ""}.get(kind, f"{{}}.{one.comparison}")  # fmt: skip
        ours = [known[f"against_others.{place.format(name)}"] for name in names]
        assert ours == pytest.approx([getattr(one, name) for name in names], rel=1e-7), one.comparison
        if kind not in ("without", "year"):
            ours = [known[f"against_others.{name}.{kind}"] for name in ("dispersion", "scaled_low", "scaled_high")]
            assert ours == pytest.approx([one.dispersion, one.scaled_low, one.scaled_high], rel=1e-7)
        seen += 1
    assert seen == 3 + 8 + 8
