"""The study of areas that the project holds, on real published figures, run by the workflow to its end."""

from __future__ import annotations

import json
import re
import shutil
import trace
import zipfile

import pandas as pd
import pikepdf
import pytest

import area_studies
import check
import verify
from dscp.ledger.rows import read_ledger
from ledger_checks import assert_closed
from running import PROJECT, finish, snakemake
from tables import read_cells
from validators import verapdf, vnu

NAME = "pbr-pilots-2010-14"
RUN = f"results/{NAME}"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("areas") / "study"
    shutil.copytree(area_studies.STUDY, folder, ignore=shutil.ignore_patterns("results", ".snakemake", "releases"))
    finish(PROJECT, folder)
    return folder


def test_it_has_every_form_and_a_closed_ledger(study):
    run = study / RUN
    with pikepdf.open(run / "report.pdf") as pdf:
        assert 15 < len(pdf.pages) < 22
    for name in ("report.xlsx", "report.ods"):
        with zipfile.ZipFile(run / name) as archive:
            assert archive.testzip() is None
    ledger = read_ledger(run / "ledger.csv")
    assert_closed(ledger)
    assert set(ledger.loc[ledger["rule"] == "against_others", "about"]) <= {"areas", ""}
    tables, figures = (f"A.{n}" for n in range(1, 6)), (f"Figure A.{n}" for n in range(1, 5))
    cells = read_cells(run / "cells.csv")
    assert {*tables, *figures} == set(cells["exhibit"])
    assert cells["printed"].ne("[z]").all()
    assert pd.read_csv(run / "restricted" / "disclosed" / "audit.csv")["passed"].all()


def test_the_headline_is_that_of_the_published_figures(study):
    """By a few lines on the file, which know nothing of the workflow."""
    frame = pd.read_csv(area_studies.FILE).drop(columns="area_code")
    frame = frame[~frame["area"].str.contains("Discontinued") & (frame["fiscal_year"] < "2014")].dropna()
    frame = frame[frame.groupby("area")["fiscal_year"].transform("count") == 4]
    after = frame["fiscal_year"] > "2012"
    sums = frame.groupby(["pilot", after])[["people_in_treatment", "estimated_prevalence"]].sum()
    rate = 100 * sums["people_in_treatment"] / sums["estimated_prevalence"]
    did = rate[1, True] - rate[1, False] - (rate[0, True] - rate[0, False])
    cells = read_cells(study / RUN / "cells.csv").set_index(["exhibit", "row", "column"])
    assert float(cells.loc[("A.1", "difference", "change"), "value"]) == pytest.approx(did, abs=1e-9)
    assert cells.loc[("A.1", "difference", "change"), "printed"].lstrip("'") == f"{did:+.1f}"


def test_only_its_own_rules_ran(study):
    crate = json.loads((study / RUN / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    jobs = {node["@id"].removeprefix("#job/") for node in crate["@graph"] if node["@id"].startswith("#job/")}
    assert {"validate/area_coverage", "against_others", "report_pdf"} <= jobs
    assert not jobs & {"partnership", "outcomes", "impact", "unit_values", "stated", "reference_extracts"}


def test_the_pooled_estimate_is_traced_to_its_rows(study):
    run = trace.Run(study, NAME)
    told = "\n".join(trace.trail(run, *trace.find(run, "A.2/whole/did"), True))
    lines = set(map(int, re.findall(r"alcohol_treatment_by_area\.csv: line (\d+) \(1\)", told)))
    frame = pd.read_csv(area_studies.FILE)
    assert len(lines) == 147 * 4
    rows = frame.iloc[[line - 2 for line in lines]]
    assert rows["area"].nunique() == 147 and set(rows["fiscal_year"]) == {"2010/11", "2011/12", "2012/13", "2013/14"}
    assert rows.loc[rows["area"] == "Kent", "people_in_treatment"].sum() == 2180 + 2415 + 1965 + 2035


def test_the_run_is_as_its_record_says(study, capsys):
    assert verify.main([f"--study={study}", f"--run={NAME}"]) == 0, capsys.readouterr().out


def test_the_pdf_is_accessible(study):
    assert not any(verapdf(study / RUN / "report.pdf").values())


def test_the_page_is_valid(study):
    assert [told for told in vnu(study / RUN / "report.html") if told["type"] == "error"] == []


def test_it_can_be_checked_without_building(study, capsys):
    assert check.main([f"--study={study}"]) == 0
    assert "Nothing here stops a run" in capsys.readouterr().out


def test_a_pilot_that_nobody_knows_stops_the_run_in_a_line(study, tmp_path):
    shutil.copytree(area_studies.STUDY, tmp_path / "study", ignore=shutil.ignore_patterns("results", ".snakemake"))
    config = tmp_path / "study" / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("Wakefield", "Wakefeild"), encoding="utf-8")
    done = snakemake(PROJECT, tmp_path / "study")
    said = [line for line in (done.stdout + done.stderr).splitlines() if "Wakefeild" in line]
    assert done.returncode != 0 and len(said) == 1
    assert said[0].endswith(
        "area: found no row of Wakefeild, allowed: at least one, Wakefeild being one of the pilots in the config; "
        "did you mean wakefield?"
    )
