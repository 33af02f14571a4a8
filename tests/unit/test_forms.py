"""Published forms: what a declaration may say, and that rules and declarations have to agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dscp.disclosure.policies import POLICIES
from dscp.record import forms
from dscp.record.columns import COLUMNS
from dscp.record.crate import Facts, crate
from dscp.record.forms import FORMS, PublishedForm, Way, always, form_of, forms_of, listed, made_forms
from dscp.study.kinds import PRINTED

RUN = "results/r"
REGISTER = {"reproduction.csv", "relations.csv", "claims.csv", "count_ranges.csv"}
REVIEW = "review_relations.csv"
CHECK = "restricted/output_check.pdf"
EVALUATED = {
    "reference_run": True,
    "programme": {"short_name": "DSCP"},
    "disclosure": "none",
    "extracts": dict.fromkeys(PRINTED, "a path"),
}
ID = {"id": Way.WORDS}
TABLE = PublishedForm("a.csv", "count", "what was counted", "text/csv", always, False, ID)
PICTURES = PublishedForm("pictures/*.svg", "draw", "pictures", "image/svg+xml", always, False, ID)
PAGES = PublishedForm(
    "restricted/b.pdf", "check", "to be signed", "application/pdf", lambda study: study["all"], True, {}
)
MADE = {
    "count": [f"{RUN}/a.csv", f"{RUN}/restricted/a.parquet", f"{RUN}/work/a.html"],
    "draw": [f"{RUN}/pictures/1.svg", f"{RUN}/pictures/2.svg"],
    "check": [f"{RUN}/restricted/b.pdf", f"{RUN}/code"],
    "rebuild": ["results/rebuilt/restricted/x.csv"],
}


def test_every_column_of_a_csv_file_is_described_and_no_other():
    fields = {form.file: set(form.fields) for form in FORMS if form.media_type == "text/csv"}
    assert {file: set(columns) for file, columns in COLUMNS.items()} == fields


@pytest.fixture
def three(monkeypatch):
    monkeypatch.setattr(forms, "FORMS", (TABLE, PICTURES, PAGES))


def made(outputs: dict[str, list[str]], study: dict | None = None) -> dict[str, list[str]]:
    jobs = [{"rule": rule, "outputs": paths} for rule, paths in outputs.items()]
    return {form.file: paths for form, paths in made_forms(study or {"all": True}, jobs, RUN).items()}


def test_each_form_has_the_files_that_its_rule_makes(three):
    assert made(MADE) == {
        "a.csv": [f"{RUN}/a.csv"],
        "pictures/*.svg": [f"{RUN}/pictures/1.svg", f"{RUN}/pictures/2.svg"],
        "restricted/b.pdf": [f"{RUN}/restricted/b.pdf"],
    }
    assert list(made(MADE, {"all": False})) == ["a.csv", "pictures/*.svg"]


@pytest.mark.parametrize("rule", ["count", "draw", "check"])
def test_a_form_that_its_rule_does_not_make_ends_the_run(three, rule):
    form = next(form for form in (TABLE, PICTURES, PAGES) if form.rule == rule)
    with pytest.raises(SystemExit, match="found no such file") as stopped:
        made({**MADE, rule: []})
    assert str(stopped.value) == f"record/forms.py, {form.file}: found no such file among what rule {rule} makes"
    with pytest.raises(SystemExit, match="found no such file"):
        made({**MADE, rule: [], "another": MADE[rule]})


@pytest.mark.parametrize(
    "path",
    [f"{RUN}/b.csv", f"{RUN}/pictures/1.png", f"{RUN}/pictures/more/1.svg", f"{RUN}/logs/a.txt", f"{RUN}/code/a.py",
     f"{RUN}/x/pictures/1.svg", f"{RUN}/a/restricted/b/c.csv", f"{RUN}/a/restricted/c.csv",
     f"{RUN}2/a.csv", "a.csv", "work/a.csv", "code"],
)  # fmt: skip
def test_a_file_that_is_no_form_ends_the_run(three, path):
    with pytest.raises(SystemExit) as stopped:
        made({**MADE, "another": [path]})
    assert str(stopped.value) == (
        f"rule another: found {path}, which is no published form, allowed: a line in record/forms.py, or a file in "
        "restricted/ or work/"
    )


def test_another_rule_that_makes_a_form_s_file_ends_the_run(three):
    with pytest.raises(SystemExit, match=r"rule another: found results/r/pictures/3\.svg, which is no published form"):
        made({**MADE, "another": [f"{RUN}/pictures/3.svg"]})


@pytest.mark.parametrize(
    ("file", "confidential"),
    [("a.pdf", True), ("restricted/a.pdf", False), ("work/a.pdf", False), ("logs/a.pdf", False), ("code/a.pdf", False),
     ("work/a.pdf", True)],
)  # fmt: skip
def test_a_confidential_form_is_restricted_and_no_other_is(file, confidential):
    with pytest.raises(ValueError, match=f"^{file}: allowed: "):
        replace(TABLE, file=file, confidential=confidential)


@pytest.mark.parametrize("changed", [{"fields": {}}, {"confidential": True, "file": "restricted/a.csv"}])
def test_a_published_form_says_by_which_way_each_of_its_fields_passed(changed):
    with pytest.raises(ValueError, match=r"a\.csv: allowed: fields of a published form, each with its way"):
        replace(TABLE, **changed)


def test_every_form_says_what_nothing_else_says():
    assert len({form.file for form in FORMS}) == len({form.says for form in FORMS}) == len(FORMS)


def test_a_study_decides_which_forms_it_has():
    every = {form.file for form in FORMS} - {REVIEW}
    assert {form.file for form in forms_of(EVALUATED)} == every - {CHECK}
    for other in (
        {**EVALUATED, "reference_run": False},
        {**EVALUATED, "programme": {"short_name": "Other"}},
        {key: EVALUATED[key] for key in ("programme", "disclosure", "extracts")},
        {**EVALUATED, "extracts": {"journeys": "a path"}},
        {**EVALUATED, "measures": ["effective_treatment"]},
    ):
        assert {form.file for form in forms_of(other)} == every - REGISTER - {CHECK}
    for policy in POLICIES.keys() - {"none"}:
        assert {form.file for form in forms_of({**EVALUATED, "disclosure": policy})} == every - REGISTER


def test_a_profile_beside_a_review_has_a_register_and_a_rule_of_its_own():
    profile = {**EVALUATED, "programme": {"short_name": ""}, "review": "southampton"}
    names = {form.file for form in forms_of(profile)}
    assert names & {*REGISTER, REVIEW} == {"reproduction.csv", REVIEW}
    assert REVIEW not in {form.file for form in forms_of({**profile, "disclosure": "suppress_below_5"})}


@pytest.mark.parametrize(("rule", "found"), [("one", True), ("other", True), ("another", False)])
def test_a_file_may_be_made_by_either_of_two_rules(monkeypatch, rule, found):
    monkeypatch.setattr(forms, "FORMS", (replace(TABLE, rule="one other"),))
    if found:
        assert made({rule: [f"{RUN}/a.csv"]}) == {"a.csv": [f"{RUN}/a.csv"]}
    else:
        with pytest.raises(SystemExit, match=r"a\.csv: found no such file"):
            made({rule: [f"{RUN}/a.csv"]})


def test_a_file_is_of_one_form_or_of_none():
    assert form_of("figures/S.1.png").rule == "figures"
    assert form_of("restricted/output_check.pdf").confidential
    for name in ("", "figures", "x/ledger.csv", "restricted/ledger.csv", "work/ro-crate-metadata.json"):
        assert form_of(name) is None, name


def test_a_run_lists_the_forms_that_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, size in {"a.csv": 150_000, "pictures/1.svg": 1_000_000, "pictures/2.svg": 2_000_000}.items():
        path = tmp_path / RUN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    paths = {TABLE: MADE["count"][:1], PICTURES: MADE["draw"], PAGES: [f"{RUN}/restricted/b.pdf"]}
    assert [" ".join(line.split()) for line in listed(paths, RUN)] == [
        f"what was counted {RUN}/a.csv (0.1 MB)",
        f"pictures {RUN}/pictures/*.svg (2 files, 3.0 MB)",
    ]


def test_the_record_says_of_a_form_what_its_declaration_says(three):
    paths = [path for paths in MADE.values() for path in paths if path != f"{RUN}/code"]
    job = {"name": "j", "rule": "j", "does": "", "script": "j", "digest": "", "inputs": [], "outputs": paths}
    code = {name: name for name in ("Snakefile", "workflow/scripts/j.py")}
    facts = Facts("r", "R", "2026-01-01", {}, {}, code, {}, "v")
    graph = {entity["@id"]: entity for entity in crate([{**job, "settings": {}}], facts)["@graph"]}
    said = {name: (graph[name].get("description"), graph[name].get("encodingFormat")) for name in graph}
    assert said["a.csv"] == ("what was counted", "text/csv")
    assert said["pictures/2.svg"] == ("pictures", "image/svg+xml")
    assert said["#restricted/b.pdf"] == ("to be signed", None)
    assert said["#restricted/a.parquet"] == (None, None)
    assert said["#work/a.html"][0].startswith("A step between two jobs")
