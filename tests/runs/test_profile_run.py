"""A partnership's profile, run by the workflow to its end, under a policy; and the example that the project holds."""

from __future__ import annotations

import json
import re
import trace
import zipfile

import pandas as pd
import pikepdf
import pytest
import yaml

import check
import profiles
from dscp.ledger.rows import read_ledger
from ledger_checks import assert_closed
from running import PROJECT, finish, snakemake
from tables import read_cells
from validators import verapdf

RUN = "results/small-profile"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profile")
    own = profiles.unsaid(disclosure="suppress_below_5", extracts={"journeys": "journeys.csv"})
    (folder / "config.yaml").write_text(yaml.safe_dump(own, sort_keys=False), encoding="utf-8")
    profiles.drawn(profiles.config()).to_csv(folder / "journeys.csv", index=False)
    finish(PROJECT, folder)
    return folder


def test_it_has_every_form_and_a_closed_ledger(study):
    run = study / RUN
    with pikepdf.open(run / "report.pdf") as pdf:
        assert 10 < len(pdf.pages) < 25
    for name in ("report.xlsx", "report.ods"):
        with zipfile.ZipFile(run / name) as archive:
            assert archive.testzip() is None
    assert_closed(read_ledger(run / "restricted" / "ledger.csv"))
    assert {"P.1", "P.2", "P.3", "P.5", "P.7", "P.9", "Figure P.1", "Figure P.2"} == set(
        read_cells(run / "cells.csv")["exhibit"]
    )
    assert pd.read_csv(run / "restricted" / "disclosed" / "audit.csv")["passed"].all()


def test_nothing_in_it_is_of_the_evaluation(study):
    page = (study / RUN / "report.html").read_text(encoding="utf-8")
    crate = json.loads((study / RUN / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    jobs = {node["@id"].removeprefix("#job/") for node in crate["@graph"] if node["@id"].startswith("#job/")}
    assert {"validate/journeys", "partnership", "report_pdf"} <= jobs
    assert not jobs & {"in_detail", "outcomes", "impact", "unit_values", "stated", "restated"}
    assert not re.findall(
        "NatCen|pilots?\\b|Drug System Change", re.sub("<(style|script).*?</\\1>", "", page, flags=re.DOTALL)
    )


def test_a_count_is_traced_to_its_rows(study):
    run = trace.Run(study, "small-profile")
    told = "\n".join(trace.trail(run, *trace.find(run, "P.2/completed/after_share"), True))
    assert "partnership.count.completed.N1.post" in told and "journeys.csv: line" in told


def test_the_pdf_is_accessible(study):
    assert not any(verapdf(study / RUN / "report.pdf").values())


def test_it_can_be_checked_without_building(study, capsys):
    assert check.main([f"--study={study}"]) == 0
    assert "Nothing here stops a run" in capsys.readouterr().out


def test_the_example_of_the_project_would_run_to_its_end(tmp_path):
    (tmp_path / "config.yaml").write_text(profiles.EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    done = snakemake(PROJECT, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    would = re.findall(r"^would run (\w+)", done.stderr, flags=re.MULTILINE)
    assert {"reference_extracts", "partnership", "in_detail", "report_pdf", "workbook"} <= set(would)


def test_submissions_stand_in_the_place_of_journeys(tmp_path):
    """The journeys are made by the workflow, and the report says that they are."""
    example = profiles.plain(yaml.safe_load(profiles.EXAMPLE.read_text(encoding="utf-8")))
    joining = {"structured_modalities": [2, 4], "join_days": 21, "journey_start": "triage"}
    example["definitions"] |= {"submissions": joining}
    example["extracts"] = {"submissions": "results/reference_extracts/restricted/submissions.csv"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(example, sort_keys=False), encoding="utf-8")
    done = snakemake(PROJECT, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    would = re.findall(r"^would run (\w+)", done.stderr, flags=re.MULTILINE)
    assert {"reference_submissions", "joined", "partnership", "in_detail", "report_pdf"} <= set(would)
