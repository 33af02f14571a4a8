"""The catalogue of extracts: what is declared of each is whole, and everything else follows from it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dscp.config.schema import config_schema
from dscp.extracts.links import linked
from dscp.extracts.registry import EXTRACTS, called, samples
from dscp.extracts.types import About, Apart, ExtractType
from other_study import other_config
from pages import pages
from validate import validate

PROJECT = Path(__file__).parents[2]
TODAY = dt.date(2026, 1, 1)
REFUSED = PROJECT / "tests" / "fixtures"
PEOPLE = [name for name, extract in EXTRACTS.items() if extract.about is About.PEOPLE]


@pytest.fixture(scope="module")
def study(config) -> dict:
    return other_config(config)


@pytest.fixture(scope="module", params=[400, pytest.param(20_000, marks=pytest.mark.thorough)], ids=["small", "large"])
def drawn(study, request) -> dict[str, pd.DataFrame]:
    return samples(study, np.random.default_rng(1), request.param)


def found(study: dict, name: str, path: Path, folder: Path) -> pd.DataFrame:
    return validate(name, [str(path)], study, str(folder / f"{name}.parquet"), names=[path.name], today=TODAY)


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_sample_passes_its_own_checks(study, drawn, tmp_path, name):
    path = tmp_path / f"{name}.csv"
    drawn[name].to_csv(path, index=False)
    findings = found(study, name, path, tmp_path)
    assert findings.loc[findings["severity"] == "fault", "message"].tolist() == []
    assert list(drawn[name].columns.sort_values()) == sorted(column.name for column in EXTRACTS[name].columns)
    assert len(drawn[name])


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_extract_has_rows_that_are_refused(study, tmp_path, name):
    """Each row of tests/fixtures/<extract>.csv has something that no row may have; its last column says what."""
    rows = pd.read_csv(REFUSED / f"{name}.csv", dtype=str, keep_default_na=False)
    assert len(rows)
    for position, words in enumerate(rows.pop("refused")):
        path = tmp_path / f"{position}.csv"
        rows.iloc[[position]].to_csv(path, index=False)
        findings = found(study, name, path, tmp_path)
        faults = findings[(findings["severity"] == "fault") & (findings["line"] == "2")]
        assert any(words in message for message in faults["message"]), (words, findings["message"].tolist())


@pytest.fixture(scope="module")
def made() -> dict[Path, str]:
    """The pages that are made from the declarations."""
    return pages(PROJECT)


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_extract_stands_in_schema_dictionary_and_templates(made, name):
    extract = EXTRACTS[name]
    assert config_schema(PROJECT)["properties"]["extracts"]["properties"][name]["description"].startswith(extract.says)
    section = made[PROJECT / "docs" / "extracts.md"].partition(f"\n## `{name}`: ")[2].partition("\n## ")[0]
    assert [column.name for column in extract.columns if f"| `{column.name}` | {column.says}" not in section] == []
    header = made[PROJECT / "docs" / "templates" / f"{name}.csv"].strip().split(",")
    assert header == [column.name for column in extract.columns]


def test_the_pages_are_what_the_declarations_give(made):
    stale = [path.name for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    assert stale == [], "make pages"
    assert set((PROJECT / "docs" / "templates").iterdir()) <= set(made)


# Unknown or undeclared is an error ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(ExtractType)])
def test_nothing_of_an_extract_is_taken_for_granted(field):
    given = {one.name: getattr(EXTRACTS["journeys"], one.name) for one in dataclasses.fields(ExtractType)}
    del given[field]
    with pytest.raises(TypeError, match=field):
        ExtractType(**given)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"about": "people, I think"}, "about 'people, I think', allowed: people, events, money, areas"),
        ({"about": About.MONEY}, "a row of one client is about people"),
        ({"person": None}, "a row of one client is about people and has a column of persons"),
        ({"person": "name"}, "no column name, allowed: "),
        ({"key": ("client", "number")}, "no column number, allowed: "),
        ({"apart": Apart("group", ("staff",), About.EVENTS)}, "no column group, allowed: "),
        ({"protection": ""}, "protection is empty, allowed: why its counts are protected or not"),
    ],
)
def test_a_declaration_that_contradicts_itself_does_not_load(change, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(EXTRACTS["journeys"], **change)


@pytest.mark.parametrize("edit", [('to_column="client"', 'to_column="name"'), ('name="dirs"', 'name="dir"')])
def test_a_catalogue_that_contradicts_itself_does_not_load(tmp_path, edit):
    shutil.copytree(PROJECT / "workflow" / "scripts" / "dscp", tmp_path / "dscp")
    module = tmp_path / "dscp" / "extracts" / "catalogue" / "dirs.py"
    text = module.read_text("utf-8")
    assert edit[0] in text
    module.write_text(text.replace(*edit), "utf-8")
    command = [sys.executable, "-c", "import dscp.extracts.registry"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert "ValueError: " in done.stderr and (
        "declares dir," in done.stderr or "no carat_referrals.name" in done.stderr
    )


def test_planning_a_run_loads_nothing_slow():
    """What the workflow itself imports is loaded for every `make report`, also where nothing is to be done."""
    files = [PROJECT / "Snakefile", *PROJECT.glob("workflow/rules/*.smk")]
    lines = [line for path in files for line in path.read_text("utf-8").splitlines() if line.startswith("from dscp.")]
    slow = {"pandas", "pandera", "duckdb", "numpy", "scipy", "jinja2", "lxml", "matplotlib", "lark"}
    code = "\n".join(["import sys", *sorted(set(lines)), f"print(sorted({slow} & set(sys.modules)))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(lines) > 10 and done.stdout.strip() == "[]"


# Links --------------------------------------------------------------------------------------------------------------


LINKS = [(extract.name, link) for extract in EXTRACTS.values() for link in extract.links]


@pytest.mark.parametrize(("name", "link"), LINKS, ids=[f"{name}-{link.to}" for name, link in LINKS])
def test_extracts_that_do_not_belong_together_are_a_fault(config, drawn, tmp_path, name, link):
    """Other pseudonyms in one of two extracts: every rule that joins them would count nobody, in silence."""
    copies = {}
    for one in (name, link.to):
        copies[one] = str(tmp_path / f"{one}.parquet")
        drawn[one].to_parquet(copies[one])
    declared = [EXTRACTS[name]]
    assert [finding["severity"] for finding in linked(declared, copies, config)] == ["count", "count"]
    drawn[name].assign(**{link.column: "someone else"}).to_parquet(copies[name])
    (fault,) = linked(declared, copies, config)
    assert fault["message"] == (
        f"{name}, {link.column}: found 0 of {len(drawn[name]):,} rows with a {link.to_column} of the "
        f"{len(drawn[link.to]):,} rows of {link.to}, allowed: the same {link.column}s in both"
    )
    assert linked(declared, {name: copies[name]}, config) == []
    drawn[name].head(0).to_parquet(copies[name])
    assert linked(declared, copies, config) == []


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (("journeys",), "Client journeys"),
        (("journeys", "drug_2"), "Drug 2, if any"),
        (("journeys", "drug_1, journey_start"), "The main drug and the day of triage"),
        (("journeys", "postcode"), "Postcode"),
        (("visits", "day"), "Day"),
    ],
)
def test_extracts_and_columns_are_called_by_their_words(of, words):
    assert called(*of) == words
