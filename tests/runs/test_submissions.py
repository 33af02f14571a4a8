"""A study that has providers' submissions and nothing else runs to its PDF, and tells nobody who is in them."""

from __future__ import annotations

import json
import re
import trace

import pandas as pd
import pytest

from dscp.record.forms import RESTRICTED
from dscp.record.verify import verify
from other_study import FOLDER, write_study
from running import PROJECT, copy_project, finish, parsed, snakemake, under_a_policy

RUN = "results/other-2012-15"
SETTINGS = {"structured_modalities": [2, 4], "join_days": 21, "journey_start": "triage"}
NUMBER, BORN = "CANARY777", "1951-02-13"


@pytest.fixture(scope="module")
def study(config, tmp_path_factory):
    """The other study on submissions alone, run from nothing."""
    folder = tmp_path_factory.mktemp("submissions")
    alone = {"submissions": f"{FOLDER}/submissions.csv"}
    defined = config["definitions"] | {"submissions": SETTINGS}
    write_study(folder, config, seed=5, share=0.5, extracts=alone, definitions=defined, disclosure="none")
    path = folder / FOLDER / "submissions.csv"
    rows = pd.read_csv(path, dtype=str)
    rows.loc[rows.index % 5 == 0, ["client_number", "date_of_birth"]] = [NUMBER, BORN]
    rows.to_csv(path, index=False)
    finish(PROJECT, folder)
    return folder


def test_journeys_are_made_and_validated_as_others(study):
    crate = json.loads((study / RUN / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    jobs = {node["@id"].removeprefix("#job/") for node in crate["@graph"] if node["@id"].startswith("#job/")}
    assert {"validate/submissions", "joined", "validate/journeys", "outcomes", "report_pdf"} <= jobs
    made = pd.read_csv(study / RUN / RESTRICTED / "journeys.csv")
    typed = pd.read_parquet(study / RUN / RESTRICTED / "validated" / "journeys.parquet")
    assert len(made) == len(typed) > 100
    assert verify(study, RUN.removeprefix("results/"))[0] == []


def test_the_report_says_how_journeys_were_made(study):
    page = (study / RUN / "report.html").read_text(encoding="utf-8")
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Records with the same initials, date of birth and sex are of one person." in told
    assert "a journey made of submissions starts on the first triage of its episodes" in told


def test_what_was_joined_is_printed(study):
    found = pd.read_csv(study / RUN / RESTRICTED / "joined.csv")
    page = (study / RUN / "report.html").read_text(encoding="utf-8")
    rows = re.findall(r'<span class="s">([^<]+)</span></th><td><data [^>]*><a [^>]*>([\d,]+)<', page)
    told = {words: int(number.replace(",", "")) for words, number in rows}
    assert found["found"].iloc[0] == "Episodes" and len(found) > 10
    assert {words: told.get(words) for words in found["found"]} == dict(found[["found", "rows"]].to_numpy())


def test_under_a_policy_what_was_joined_is_not_published(tmp_path):
    """It would count people in ways that no policy ties together; the file stays in the restricted folder."""
    project = copy_project(tmp_path)
    text = (project / "config.yaml").read_text(encoding="utf-8")
    text = re.sub(r"  # (  )?(submissions|structured_modalities|join_days|journey_start):", r"  \1\2:", text)
    path = "results/reference_extracts/restricted"
    given = f"  journeys:\n    files: {path}/journeys.csv"
    assert given in text
    text = text.replace(given, f"  submissions:\n    files: {path}/submissions.csv")
    (project / "config.yaml").write_text(text, encoding="utf-8")
    asked = "list(map(str, rules.accept.input.joined))"
    snakefile = (project / "Snakefile").read_text(encoding="utf-8")
    assert parsed(project, asked) == ["results/dscp-2009-11/restricted/joined.csv"]
    (project / "Snakefile").write_text(snakefile, encoding="utf-8")
    assert parsed(under_a_policy(project, "round_to_5"), asked) == []


def test_who_the_clients_are_is_told_in_the_restricted_folder_alone(study):
    published = [path for path in (study / RUN).rglob("*") if path.is_file() and RESTRICTED not in path.parts]
    assert len(published) > 20
    for path in published:
        content = path.read_bytes()
        assert NUMBER.encode() not in content and BORN.encode() not in content, path.name
    assert NUMBER not in (study / RUN / RESTRICTED / "journeys.csv").read_text(encoding="utf-8")


def test_a_number_is_traced_to_the_files_that_were_submitted(study):
    run = trace.Run(study, "other-2012-15")
    told = "\n".join(trace.trail(run, *trace.find(run, "effective_treatment.count.pilot_1.pre")))
    assert f"{RUN}/restricted/journeys.csv, " in told and "joined_rows.csv says of which rows each line is" in told
    assert f"extract submissions:\n    {FOLDER}/submissions.csv, " in told and "not known" not in told


def test_nothing_is_made_again(study):
    again = snakemake(PROJECT, study, "--dry-run")
    assert again.returncode == 0, again.stderr
    assert set(re.findall(r"^would run (\w+)", again.stderr, flags=re.MULTILINE)) <= {"all"}
