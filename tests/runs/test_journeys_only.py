"""A study that has treatment journeys and nothing else runs to its PDF, and says what it leaves out."""

from __future__ import annotations

import json
import re
import trace
import zipfile

import pandas as pd
import pikepdf
import pytest

import releases
from dscp.ledger.rows import read_ledger
from dscp.pdf import press
from dscp.pdf.typesetting import typeset
from dscp.record.verify import verify
from dscp.run.workers import side_by_side
from ledger_checks import assert_closed
from other_study import FOLDER, write_study
from running import PROJECT, finish, snakemake
from tables import read_cells

RUN = "results/other-2012-15"


@pytest.fixture(scope="module")
def study(config, tmp_path_factory):
    """The other study without any extract but the journeys, under a policy, run from nothing."""
    folder = tmp_path_factory.mktemp("journeys")
    alone = {"journeys": f"{FOLDER}/journeys.csv"}
    write_study(folder, config, seed=5, share=0.25, extracts=alone, disclosure="minimum_10")
    finish(PROJECT, folder)
    return folder


def test_it_has_every_form(study):
    run = study / RUN
    with pikepdf.open(run / "report.pdf") as pdf:
        assert len(pdf.pages) > 10
    for name in ("report.xlsx", "report.ods"):
        with zipfile.ZipFile(run / name) as archive:
            assert archive.testzip() is None
    assert_closed(read_ledger(run / "restricted" / "ledger.csv"))


def test_only_rules_that_it_has_extracts_for_are_recorded(study):
    crate = json.loads((study / RUN / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    jobs = {node["@id"].removeprefix("#job/") for node in crate["@graph"] if node["@id"].startswith("#job/")}
    assert {"validate/journeys", "outcomes", "impact", "unit_values", "report_pdf"} <= jobs
    assert not jobs & {"continuity", "fieldwork", "spending", "new_journeys", "benefits", "sensitivity"}
    assert not [job for job in jobs if job.startswith("validate/") and job != "validate/journeys"]


def test_its_tables_are_those_of_the_journeys(study):
    cells = read_cells(study / RUN / "cells.csv")
    tables = {"6.1", "6.2", "6.3", "6.4", "7.5", "7.6", "7.7", "B.1", "S.13", "S.14"}
    assert tables <= set(cells["exhibit"])
    assert not {"1.1", "1.3", "3.1", "3.3", "7.1", "7.4", "7.8", "7.10", "C.7.1"} & set(cells["exhibit"])
    page = (study / RUN / "report.html").read_text(encoding="utf-8")
    assert len(re.findall("This study has no extract of spending on the pilots, so", page)) > 3


def test_the_policy_withholds_and_the_gate_lets_it_pass(study):
    published, full = (read_ledger(study / RUN / name / "ledger.csv").set_index("id") for name in (".", "restricted"))
    counts = full[(full["about"] == "people") & (full["unit"] == "count") & (full["inputs"] == "")]
    small = counts[counts["value"].between(1, 9)]
    assert len(small) and published.loc[small.index, "value"].isna().all()
    assert pd.read_csv(study / RUN / "restricted" / "disclosed" / "audit.csv")["passed"].all()


def test_every_number_is_traced_by_the_command_and_in_the_page(study):
    run = trace.Run(study, "other-2012-15")
    cells = read_cells(study / RUN / "cells.csv")
    cell = cells[(cells["unit"] == "percent") & (cells["printed"] != "[c]")].iloc[0]
    told = "\n".join(trace.trail(run, *trace.find(run, "/".join(cell[["exhibit", "row", "column"]])), True))
    assert cell["id"] in told and "journeys.csv: line" in told and "rows, their number not published, of" in told
    page = (study / RUN / "report.html").read_text(encoding="utf-8")
    carried = json.loads(re.search(r'id="trace-data">(.*?)</script>', page, re.DOTALL)[1])
    assert carried["id"] == read_ledger(study / RUN / "ledger.csv")["id"].to_list()
    assert list(carried["extracts"]) == ["journeys"]


def test_the_report_is_the_same_on_one_core_and_an_edit_typesets_one_part(study, tmp_path, monkeypatch):
    """The run itself had as many cores as there are."""
    seen: list[str] = []

    def spied(work, items, cores):
        seen.extend(items)
        return side_by_side(work, items, cores)

    monkeypatch.setattr(press, "side_by_side", spied)
    printed = (study / RUN / "work" / "report_print.html").read_text(encoding="utf-8")
    names = {"ledger.csv": "", "cells.csv": "", "ro-crate-metadata.json": "work"}
    files = {name: (study / RUN / path / name).read_bytes() for name, path in names.items()}
    assert typeset(printed, files, kept=tmp_path) == (study / RUN / "report.pdf").read_bytes()
    assert printed.count('class="chapter part"') + 1 <= len(seen) < 2 * printed.count('class="chapter part"')
    seen.clear()
    *_, sentence = re.findall(r'<h1 id="section-[^"]+"', printed)  # before it a page more could be the tenth of a part
    typeset(printed.replace(sentence, f"<p>Once more.</p>{sentence}"), files, kept=tmp_path)
    assert len(seen) == 1 and "Once more." in seen[0]


def test_nothing_is_made_again(study):
    again = snakemake(PROJECT, study, "--dry-run")
    assert again.returncode == 0, again.stderr
    assert set(re.findall(r"^would run (\w+)", again.stderr, flags=re.MULTILINE)) <= {"all"}


def test_a_released_run_is_listed_and_another_policy_is_not_published_beside_it(study, capsys):
    """Last, as it leaves a register: by the commands of make, and by the workflow's own gate."""
    at = ["--study", str(study)]
    assert releases.main([*at, "--run", "other-2012-15", "--by", " "]) == 1
    assert not (study / "releases").exists()
    assert releases.main([*at, "--run", "other-2012-15", "--by", "A. Smith to the board"]) == 0
    assert releases.main(at) == 0
    assert "minimum_10  A. Smith to the board  (as released)" in capsys.readouterr().out
    assert verify(study, RUN.removeprefix("results/"))[0] == [], "the run's seal is no added file"
    assert (study / RUN / "restricted" / "released" / "0001").stat().st_mode & 0o777 == 0o600
    kept, own = study / "releases" / "record.key", study / RUN / "restricted" / "record.key"
    assert kept.read_bytes() == own.read_bytes() and kept.stat().st_mode & 0o777 == 0o600
    config = study / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("minimum_10", "round_to_5"), encoding="utf-8")
    done = snakemake(PROJECT, study)
    assert done.returncode != 0
    assert "nothing is published, because of what was released before: policy round_to_5" in done.stdout + done.stderr
