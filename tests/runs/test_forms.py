"""A run publishes its declared forms and nothing else; a new form takes a line, a rule and a script."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dscp.record.crate import CRATE
from dscp.record.forms import forms_of
from dscp.record.verify import verify
from forms_checks import assert_forms
from other_study import other_config
from running import RUN, copy_project, parsed, snakemake, under_a_policy

LINE = '    PublishedForm("letter.txt", "letter", "letter to the reader", "text/plain", always, False, OF_BOOK),\n)\n'
RULE = """

rule letter:
    \"\"\"Tell the reader how many numbers the report rests on.\"\"\"
    input:
        ledger=rules.release.output.ledger,
    output:
        letter=f"{RUN}/letter.txt",
    log:
        f"{RUN}/logs/letter.log",
    params:
        digest=digest("letter"),
    script:
        "../scripts/letter.py"
"""
SCRIPT = '''"""Rule letter: how many numbers the report rests on."""

from pathlib import Path

import pandas as pd

from dscp.ledger.rows import read_ledger
from dscp.run.job import writing


def letter(ledger: pd.DataFrame) -> str:
    """One line for the reader."""
    return f"This report rests on {len(ledger)} numbers.\\n"


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        Path(out.letter).write_text(letter(read_ledger(snakemake.input.ledger)), encoding="utf-8")
'''
ALL = "[str(path) for path in rules.all.input]"


def with_line(project: Path) -> None:
    path = project / "workflow" / "scripts" / "dscp" / "record" / "forms.py"
    before, after = path.read_text(encoding="utf-8").split(")\nWIDTH", 1)
    path.write_text(f"{before}{LINE}WIDTH{after}", encoding="utf-8")


def with_rule(project: Path) -> None:
    (project / "workflow" / "scripts" / "letter.py").write_text(SCRIPT, encoding="utf-8")
    with open(project / "workflow" / "rules" / "report.smk", "a", encoding="utf-8") as stream:
        stream.write(RULE)


def test_the_default_run_publishes_its_forms_and_nothing_else(default_run, config):
    assert_forms(default_run, config)


def test_another_study_s_run_publishes_its_forms_and_nothing_else(other_study, config):
    assert_forms(other_study / "results" / "other-2012-15", other_config(config))


def test_the_record_says_what_each_published_file_is(default_run, config):
    graph = {one["@id"]: one for one in json.loads((default_run / CRATE).read_text(encoding="utf-8"))["@graph"]}
    for form in forms_of(config):
        if form.file != CRATE:  # which does not tell of itself
            files = [one for name, one in graph.items() if form.holds(name)]
            assert files, form.file
            assert {(one["description"], one["encodingFormat"]) for one in files} == {(form.says, form.media_type)}


@pytest.mark.parametrize("policy", ["none", "round_to_5"])
def test_rule_all_asks_for_every_form_that_the_study_has(tmp_path, policy, config):
    asked = parsed(under_a_policy(copy_project(tmp_path), policy), ALL)
    forms = forms_of({**config, "disclosure": policy})
    assert ("restricted/output_check.pdf" in {form.file for form in forms}) is (policy != "none")
    for form in forms:
        assert [path for path in asked if form.holds(path.removeprefix(f"{RUN}/"))], form.file
    assert len(asked) == len(set(asked)) > len(forms)
    assert [path for path in asked if not any(form.holds(path.removeprefix(f"{RUN}/")) for form in forms)] == []


def test_a_line_without_a_rule_or_a_rule_without_a_line_runs_nothing(tmp_path):
    """And says so in one line."""
    for name, change, said in (
        ("line", with_line, "record/forms.py, letter.txt: found no such file among what rule letter makes"),
        ("rule", with_rule, f"rule letter: found {RUN}/letter.txt, which is no published form, allowed: a line in "),
    ):
        (tmp_path / name).mkdir()
        project = copy_project(tmp_path / name)
        change(project)
        done = snakemake(project, project)
        assert done.returncode != 0
        assert said in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert not list((project / "results").rglob("*.csv"))


def test_a_line_a_rule_and_a_script_add_a_form(default_study, tmp_path):
    """It is made because the rule all asks for it, is listed when the run ends, and stands in the run's record."""
    project = Path(shutil.copytree(default_study, tmp_path / "copy", symlinks=True))
    with_line(project)
    with_rule(project)
    done = snakemake(project, project)
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "letter to the reader" in line]
    assert line.split("reader")[1].split() == [f"{RUN}/letter.txt", "(0.0", "MB)"]
    assert (project / RUN / "letter.txt").read_text(encoding="utf-8").startswith("This report rests on ")
    assert verify(project, Path(RUN).name, project=project)[0] == []
    graph = {one["@id"]: one for one in json.loads((project / RUN / CRATE).read_text(encoding="utf-8"))["@graph"]}
    assert (graph["letter.txt"]["description"], graph["letter.txt"]["encodingFormat"]) == (
        "letter to the reader",
        "text/plain",
    )
    assert f"{RUN}/letter.txt" in parsed(project, ALL)
