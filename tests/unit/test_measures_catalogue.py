"""The catalogue of measures: what is declared of each is whole, and everything else follows from it."""

from __future__ import annotations

import dataclasses
import math
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from dscp.exhibits.declared import further
from dscp.extracts.registry import EXTRACTS
from dscp.measures.needs import RULES, lacking
from dscp.measures.registry import DEFAULT, MEASURES, TOLD, chosen
from dscp.measures.types import Cohort, Measure
from dscp.measures.verdicts import LEVEL, verdict, verdict_told
from dscp.printing.forms import FORMS
from dscp.report.telling import results
from stated import verdicts

PROJECT = Path(__file__).parents[2]
OF_RECORDS = [name for name, one in MEASURES.items() if one.of_its_own and one.cohort.rule == "outcomes"]


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_s_words_and_forms_are_there(name):
    measure = MEASURES[name]
    assert all((measure.label, measure.in_text, measure.base_head, measure.rate_head, measure.words, measure.source))
    assert {measure.forms.rate, measure.forms.points, measure.forms.p} <= FORMS.keys()
    assert FORMS[measure.forms.points].decimals == measure.forms.decimals
    assert bool(measure.table) != bool(measure.says), "a table of the report, or a sentence for one that is made"
    assert set(measure.reads) <= EXTRACTS.keys()


@pytest.mark.parametrize("name", OF_RECORDS)
def test_every_measure_has_a_slow_derivation(name):
    """tests/oracle/<measure>.py, against which the rule is compared row by row (test_derivations.py)."""
    assert find_spec(name), f"tests/oracle/{name}.py"


def test_a_measure_without_its_extracts_is_left_out():
    """Nothing is measured by halves: neither without the extract of its counts nor without that of its model."""
    assert chosen(MEASURES, []) == []
    for measure in MEASURES.values():
        for extract in measure.reads:
            assert measure not in chosen(MEASURES, set(EXTRACTS) - {extract})
    assert [one.name for one in chosen(["prison_pickup", "effective_treatment"], EXTRACTS)] == [
        "prison_pickup",
        "effective_treatment",
    ]
    assert {one.name for one in chosen(DEFAULT, ["journeys"])} == {
        "effective_treatment",
        "successful_completion",
        "completion_of_treated",
    }


COUNTED = ["successful_completion", "effective_treatment", "completion_of_treated"]


@pytest.mark.parametrize(
    ("asked", "computed", "says"),
    [
        (COUNTED, COUNTED, []),
        (COUNTED[::-1], COUNTED[::-1], []),
        ([COUNTED[2]], [], COUNTED[:2]),
        (COUNTED[1:], COUNTED[1:2], COUNTED[:1]),
        ([COUNTED[0], COUNTED[2]], COUNTED[:1], COUNTED[1:2]),
        (["retained_12_weeks", *COUNTED[::2]], ["retained_12_weeks", COUNTED[0]], COUNTED[1:2]),
    ],
)
def test_a_measure_without_those_that_count_for_it_is_left_out(asked, computed, says):
    """It takes its count from one and its base from another: neither by halves."""
    assert [one.name for one in chosen(asked, EXTRACTS)] == computed
    config = {"measures": asked, "extracts": EXTRACTS}
    assert lacking(["completion_of_treated"], config) == says
    assert ("impact" in [rule for rule in RULES if not lacking([rule], config)]) == bool(computed)


# Direction ----------------------------------------------------------------------------------------------------------


def reversed_(measure: Measure) -> Measure:
    return dataclasses.replace(measure, better="down" if measure.better == "up" else "up")


@pytest.mark.parametrize("measure", TOLD, ids=lambda one: one.name)
def test_a_reversed_direction_turns_every_verdict(measure, monkeypatch):
    """Up is good because the measure says so: in sentences and in the counts of comparisons."""

    def told() -> tuple:
        values = {f"{measure.name}.{part}": 4.0 for part in ("change.pilot_1", "change.comparison_1", "did.site_1")}
        values |= {f"{measure.name}.p.site_1": 0.001, f"{measure.name}.odds_ratio.site_1": 2.0}
        rows = {f"{measure.name}.did.site_1": {"id": f"{measure.name}.did.site_1", "dims": "site=site_1"}}
        (result,) = results.site_results(values, measure.name, ["site_1"], {"site_1": "North"}, 0.05)
        formulas = {name: formula for name, _, formula, _ in verdicts(rows)}
        return result.verdict, formulas[f"stated.better.{measure.name}"], formulas[f"stated.worse.{measure.name}"]

    straight = told()
    monkeypatch.setitem(MEASURES, measure.name, reversed_(measure))
    monkeypatch.setattr("stated.TOLD", [reversed_(one) if one == measure else one for one in TOLD])
    turned = told()
    assert {straight[0], turned[0]} == {"better", "worse"}
    assert (turned[1], turned[2]) == (straight[2], straight[1]) and straight[1] != straight[2]


@pytest.mark.parametrize(("way", "better", "said"), [(3, "up", "better"), (3, "down", "worse"), (-3, "down", "better")])
def test_a_verdict_goes_by_the_direction_that_is_good(way, better, said):
    assert verdict(way, 0.01, way > 0, 0.05, 1, better) == said
    assert verdict(way, 0.2, way > 0, 0.05, 1, better) == "unclear"
    assert verdict(math.nan, 0.01, True, 0.05, 1, better) == "missing"


@pytest.mark.parametrize("p", [0.001, 0.4])
@pytest.mark.parametrize("effect", [{"odds_ratio": (2.0, 0.5)}, {"log_odds_did": (0.7, -0.7)}])
def test_a_verdict_in_a_cell_names_all_that_would_turn_it(effect, p):
    """Whatever turns the words when it alone is changed is among the ids, and nothing else is."""
    ((statistic, (up, down)),) = effect.items()
    known = {"x.did.site_1": 4.0, "x.p.site_1": p, LEVEL: 0.05, f"x.{statistic}.site_1": up}
    known = {name.replace("x.", "effective_treatment."): value for name, value in known.items()}
    other = dict(zip(known, (-4.0, 0.9 if p < 0.05 else 0.001, 0.0001 if p < 0.05 else 0.9, down), strict=True))
    of = {"measure": "effective_treatment", "site": "site_1"}
    words, ids = verdict_told(known, of)
    turning = {name for name in known if verdict_told({**known, name: other[name]}, of)[0] != words}
    assert turning <= set(ids) <= {*turning, "effective_treatment.did.site_1"}
    mixed, names = verdict_told({**known, f"effective_treatment.{statistic}.site_1": down}, of)
    assert (mixed == "depends on measure") == (p < 0.05) == (f"effective_treatment.{statistic}.site_1" in names)


# Unknown or undeclared is an error ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Measure, Cohort])
def test_nothing_of_a_measure_is_taken_for_granted(kind):
    given = MEASURES["effective_treatment"] if kind is Measure else MEASURES["effective_treatment"].cohort
    fields = {field.name: getattr(given, field.name) for field in dataclasses.fields(kind)}
    for name in fields:
        with pytest.raises(TypeError, match=name):
            kind(**{key: value for key, value in fields.items() if key != name})


SQL = 'sql="select * from latest where journey_end <= ends or {completed}"'
EDITS = {
    "another name": (
        'name="successful_completion"',
        'name="completions"',
        "declares completions, allowed: the name of",
    ),
    "an unknown extract": ('reads=("journeys",)', 'reads=("visits",)', "there is no extract visits, allowed: "),
    "an unknown count": ('counted="successful_completion"', 'counted="exits"', "there is no measure exits to count"),
    "whom another counts": (
        SQL,
        'sql="select * from  latest_that_could_last"',
        "counts whom effective_treatment counts",
    ),
    "another's family": ('family="successful_completion"', 'family="effective_treatment"', "declared twice with other"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_catalogue_that_contradicts_itself_does_not_load(tmp_path, edit):
    """Two ids for the base of one cohort would let subtraction tell what one of them withholds."""
    old, new, said = edit
    shutil.copytree(PROJECT / "workflow" / "scripts" / "dscp", tmp_path / "dscp")
    module = tmp_path / "dscp" / "measures" / "catalogue" / "successful_completion.py"
    text = module.read_text("utf-8")
    assert text.count(old) == 1
    module.write_text(text.replace(old, new), "utf-8")
    command = [sys.executable, "-c", "import dscp.measures.registry"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert said in done.stderr.splitlines()[-1]


def test_a_removed_measure_takes_its_numbers_with_it_and_no_others(tmp_path):
    """Delete the file of a measure that nothing else counts: the rest loads."""
    shutil.copytree(PROJECT / "workflow" / "scripts" / "dscp", tmp_path / "dscp")
    (tmp_path / "dscp" / "measures" / "catalogue" / "community_triage.py").unlink()
    code = "from dscp.measures.registry import MEASURES; print(*MEASURES)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.stdout.split() == [name for name in MEASURES if name != "community_triage"], done.stderr


# A table without being written ----------------------------------------------------------------------------------------


def test_a_measure_without_an_exhibit_stands_in_a_table_of_its_own(config, monkeypatch):
    made_up = dataclasses.replace(
        MEASURES["successful_completion"], name="made_up", label="Made up", table="", says="Made up for a test."
    )
    monkeypatch.setitem(MEASURES, "made_up", made_up)
    columns = [{"id": "{measure}.base.{area}.pre"}, {"id": "{measure}.rate.{area}.pre"}]
    pattern = {"6.1": {"columns": columns, "vars": {}, "notes": ["unrounded", "adjusted"], "title": "", "stub": []}}
    study = {**config, "measures": [*DEFAULT, "made_up"]}
    (number,) = further(pattern, study)
    made = further(pattern, study)[number]
    assert number.startswith("S.") and made["title"] == "Made up"
    assert made["vars"]["measure"] == "made_up" and made["notes"][0] == "Made up for a test."
    of_cohort = made_up.cohort.family
    assert [one["id"] for one in made["columns"]] == [f"{of_cohort}.base.{{area}}.pre", "{measure}.rate.{area}.pre"]
    assert further(pattern, {**study, "measures": DEFAULT}) == {}
