"""The examples of docs/adding.md, all in one copy of the project: what they add is there, and protected."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from dscp.config.schema import config_schema
from dscp.extracts.registry import EXTRACTS
from dscp.ledger.rows import read_ledger
from other_study import FOLDER, write_study
from running import PROJECT, copy_project, snakemake
from tables import read_cells

PAGE = (PROJECT / "docs" / "adding.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```\w+ (\w+)=(\S+)(?: in=(\S+))?\n(.*?)^```$", flags=re.M | re.S)
BLOCKS = [(kind, what, file, text) for kind, what, file, text in BLOCK.findall(PAGE)]
EXTRACT = "drop_in_visits"
ABOUT = "    about=About.PEOPLE,\n"


def add(project: Path) -> dict:
    """Do all that the page says; what it adds to the config."""
    config = {}
    for kind, what, file, text in BLOCKS:
        if kind == "new":
            path = project / what
            path.parent.mkdir(parents=True, exist_ok=True)
            assert not path.exists(), what
            path.write_text(text, "utf-8")
        elif kind == "end":
            with open(project / what, "a", encoding="utf-8") as stream:
                stream.write(text)
        elif kind == "before":
            head, found, tail = (project / file).read_text("utf-8").rpartition(f"\n{what}\n")  # the last such line
            assert found, (what, file)
            (project / file).write_text(f"{head}\n{text}{what}\n{tail}", "utf-8")
        else:
            config |= yaml.safe_load(text)
    return config


def python(project: Path, code: str) -> subprocess.CompletedProcess:
    """Run some lines with the project's modules, and the tests' helpers, on the path."""
    path = f"{project / 'workflow' / 'scripts'}:{PROJECT / 'tests' / 'support'}"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> tuple[Path, dict]:
    folder = copy_project(tmp_path_factory.mktemp("added"))
    return folder, add(folder)


@pytest.fixture(scope="module")
def results(project, tmp_path_factory, config) -> Path:
    """A small study of journeys and the added extract, with all additions, under the added policy."""
    changed, given = project
    study = tmp_path_factory.mktemp("study") / "study"
    journeys = {"journeys": f"{FOLDER}/journeys.csv"}
    extracts = {**journeys, EXTRACT: f"{FOLDER}/{EXTRACT}.csv"}
    write_study(study, config, share=0.15, disclosure="minimum_20", extracts=journeys, measures=given["measures"])
    path = study / "config.yaml"
    written = yaml.safe_load(path.read_text("utf-8"))
    path.write_text(yaml.safe_dump({**written, "extracts": extracts}, sort_keys=False), "utf-8")
    code = (
        "import sys, yaml, numpy as np; from dscp.extracts.registry import samples;"
        f"config = yaml.safe_load(open({str(path)!r}));"
        f"drawn = samples(config, np.random.default_rng(1), 10, [{EXTRACT!r}]);"
        f"drawn[{EXTRACT!r}].to_csv({str(study / FOLDER / EXTRACT)!r} + '.csv', index=False)"
    )
    drawn = python(changed, code)
    assert drawn.returncode == 0, drawn.stderr
    done = snakemake(changed, study)
    assert done.returncode == 0, done.stdout + done.stderr
    return study / "results" / written["run"]


def test_the_page_adds_one_of_each():
    assert [kind for kind, *_ in BLOCKS].count("new") >= 5
    assert {kind for kind, *_ in BLOCKS} == {"new", "end", "before", "measure"}
    assert EXTRACT not in EXTRACTS


def test_the_measure_has_all_that_a_measure_has(results):
    ledger = read_ledger(results / "ledger.csv")
    own = ledger[ledger["family"] == "long_stay"]
    statistics = {name.split(".")[1] for name in own["id"]}
    assert {"count", "rate", "change", "did", "p", "odds_ratio", "did_low", "p_unadjusted"} <= statistics
    assert "base" not in statistics, "the base of a shared cohort has one id"
    assert own["about"].eq("people").all()
    cells = read_cells(results / "cells.csv", dtype=str)
    generated = cells[cells["exhibit"] == "S.1"]
    assert "long_stay.rate.pilot_1.pre" in set(generated["id"])
    assert "effective_treatment.base.pilot_1.pre" in set(generated["id"])
    page = (results / "report.html").read_text("utf-8")
    assert "Long stay in treatment" in page and "lasted well beyond effective treatment" in page


def test_the_small_count_of_the_extract_is_withheld_everywhere(results):
    """Three visits: the number stands in no file that may be published, and the gate let the run pass."""
    identifier = f"validation.rows_in.{EXTRACT}"
    full = read_ledger(results / "restricted" / "ledger.csv").set_index("id")
    assert full.loc[identifier, "value"] == 3 and full.loc[identifier, "about"] == "people"
    published = read_ledger(results / "ledger.csv").set_index("id").loc[identifier]
    assert np.isnan(published["value"]) and published["note"].startswith("[c]") and published["rows"] is pd.NA
    validation = pd.read_csv(results / "validation.csv", dtype=str, keep_default_na=False)
    rows = validation.loc[validation["extract"] == EXTRACT, "rows"]
    assert set(rows) == {"[c]"}
    page = (results / "report.html").read_text("utf-8")
    element = re.search(rf'<data value="([^"]*)" data-q="{re.escape(identifier)}"[^>]*><a[^>]*>([^<]*)', page)
    assert element.groups() == ("", "[c]")
    audit = pd.read_csv(results / "restricted" / "disclosed" / "audit.csv")
    assert audit["passed"].all() and identifier in set(audit["id"])


def test_the_table_is_drawn_in_all_forms(results):
    cells = read_cells(results / "cells.csv", dtype=str)
    assert len(cells[cells["exhibit"] == "6.9"]) == 16
    assert 'id="table-6-9"' in (results / "report.html").read_text("utf-8")
    book = pd.ExcelFile(results / "report.xlsx")
    assert "Table 6.9" in book.sheet_names


def test_the_figure_is_drawn_and_its_numbers_are_cells(results):
    cells = read_cells(results / "cells.csv", dtype=str)
    assert len(cells[cells["exhibit"] == "Figure 6.1"]) == 16
    assert (results / "figures" / "6.1.svg").stat().st_size > 1000
    page = (results / "report.html").read_text("utf-8")
    assert 'id="figure-6-1"' in page and "Bar chart of the clients in treatment in each area" in page


def test_the_policy_is_kept(results):
    ledger = read_ledger(results / "ledger.csv")
    counts = ledger[(ledger["unit"] == "count") & (ledger["about"] == "people") & (ledger["inputs"] == "")]
    assert not counts["value"].between(1, 19).any() and counts["value"].isna().any()


def test_the_form_is_made_and_recorded(results):
    bases = pd.read_csv(results / "bases.csv")
    assert len(bases) > 20 and bases["value"].isna().any()
    record = (results / "ro-crate-metadata.json").read_text("utf-8")
    assert "bases.csv" in record and "bases by area" in record


def test_the_additions_are_known_to_config_and_pages(project):
    """The config's schema has them without a word; the project as it is has not."""
    code = (
        "from pathlib import Path; from dscp.config.schema import config_schema;"
        f"keys = config_schema(Path({str(project[0])!r}))['properties'];"
        "print(keys['disclosure']['enum'][-1], 'long_stay' in keys['measures']['items']['enum'],"
        f" {EXTRACT!r} in keys['extracts']['properties'])"
    )
    assert python(project[0], code).stdout.split() == ["minimum_20", "True", "True"]
    assert EXTRACT not in config_schema(PROJECT)["properties"]["extracts"]["properties"]


def test_an_extract_that_does_not_say_what_it_is_about_is_refused(tmp_path):
    folder = copy_project(tmp_path)
    add(folder)
    module = folder / "workflow" / "scripts" / "dscp" / "extracts" / "catalogue" / f"{EXTRACT}.py"
    text = module.read_text("utf-8")
    assert text.count(ABOUT) == 1
    module.write_text(text.replace(ABOUT, ""), "utf-8")
    refused = python(folder, "import dscp.config.schema")
    assert refused.returncode != 0 and "missing 1 required keyword-only argument: 'about'" in refused.stderr
