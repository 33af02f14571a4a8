"""The config: checked before anything runs, each error with key, line and what is allowed."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
import yaml

from dscp.config.checked import checked, file_fault, line_numbers, plain
from dscp.config.impossible import impossible
from dscp.config.schema import config_schema
from dscp.study.areas import areas
from dscp.study.choices import choices
from dscp.study.kinds import REVIEWED
from profiles import EXAMPLE

PROJECT = Path(__file__).parents[2]

CONFIG = PROJECT / "config.yaml"
SCHEMA = config_schema(PROJECT)


def check(config: dict, path: Path = CONFIG) -> str:
    with pytest.raises(SystemExit) as stop:
        checked(config, path, SCHEMA)
    return str(stop.value)


def line_of(text: str) -> int:
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.fixture
def bad(config) -> dict:
    return copy.deepcopy(config)


def test_the_default_config_passes(config):
    assert checked(config, CONFIG, SCHEMA) == config


def test_unknown_key(bad):
    bad["periods"]["pre"]["lable"] = "x"
    said = check(bad)
    place = f"config.yaml, line {line_of('  pre:')}, periods.pre.lable"
    assert said.startswith(f"{place}: unknown key (did you mean label?), allowed: label, ")


def test_every_unknown_and_every_missing_key_is_named_once(bad):
    bad["programme"] = {"name": "A", "ende": "2011-03-31", "colour": "red"}
    named = [line.split(": ")[0].split(", ")[2] for line in check(bad).splitlines()]
    assert sorted(named) == [f"programme.{key}" for key in ("colour", "end", "ende", "short_name", "start")]


def test_each_unknown_and_each_missing_key_is_named_once_with_the_one_that_was_meant(bad):
    bad["periods"]["pre"] = {"labell": "x", "colour": "red"} | bad["periods"]["pre"]
    del bad["periods"]["pre"]["label"], bad["periods"]["pre"]["outcomes"]
    said = [line.split(", ", 2)[2] for line in check(bad).splitlines() if "periods.pre" in line]
    assert sorted(line.partition(":")[0] for line in said) == [
        f"periods.pre.{key}" for key in ("colour", "label", "labell", "outcomes")
    ]
    (labell,) = (line for line in said if "labell" in line)
    assert "unknown key (did you mean label?), allowed: " in labell
    assert not [line for line in said if "colour" in line and "did you mean" in line]


def test_a_value_like_one_that_is_known_is_asked_about(bad):
    bad["economics"]["method"] = "as published"
    assert "found 'as published', allowed: as_published, corrected; did you mean as_published?" in check(bad)


def test_missing_key(bad, tmp_path):
    del bad["definitions"]["pickup_days"]
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(bad, sort_keys=False), encoding="utf-8")
    line = path.read_text(encoding="utf-8").splitlines().index("definitions:") + 1
    assert check(bad, path).startswith(f"config.yaml, line {line}, definitions.pickup_days: missing key (days from ")


def test_value_outside_the_list(bad):
    bad["economics"]["method"] = "best"
    assert "economics.method: found 'best', allowed: as_published, corrected" in check(bad)


def test_the_slip_of_the_evaluation_belongs_to_its_reference_run(bad):
    unsaid = {**bad, "economics": {key: value for key, value in bad["economics"].items() if key != "method"}}
    assert checked(unsaid, CONFIG, SCHEMA)["economics"]["method"] == "as_published"
    assert checked({**unsaid, "reference_run": False}, CONFIG, SCHEMA)["economics"]["method"] == "corrected"
    for other in ({"reference_run": False}, {"reference_run": None}):
        study = {key: value for key, value in {**bad, **other}.items() if value is not None}
        assert "economics.method: found as_published, allowed: corrected, as the other repeats a slip" in check(study)
        study["economics"] = {**bad["economics"], "method": "corrected"}
        assert checked(study, CONFIG, SCHEMA) == study


def test_every_error_is_said_at_once(bad):
    bad["definitions"]["minimum_age"] = -1
    bad["economics"]["benefit_share"] = 2
    assert len(check(bad).splitlines()) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["periods"]["pre"]["outcomes"].reverse(), "periods.pre.outcomes"),
        (lambda c: c["periods"]["post"].update(outcomes=["2009-03-01", "2011-03-31"]), "periods.post.outcomes"),
        (lambda c: c["periods"]["pre"].update(pickups_until="2009-01-01"), "periods.pre.pickups_until"),
        (lambda c: c["sites"]["site_2"]["pilot"]["dats"].append("C02"), "DAT C02 already belongs to site_2.pilot"),
        (
            lambda c: c["sites"]["site_3"].update(label=c["sites"]["site_2"]["label"]),
            "sites.site_3.label: found the label of sites.site_2, allowed: a label of its own",
        ),
        (
            lambda c: c["sites"]["site_3"]["pilot"].update(label=c["sites"]["site_2"]["comparison"]["label"]),
            "sites.site_3.pilot.label: found the label of sites.site_2.comparison, allowed: a label of its own",
        ),
        (lambda c: c["sites"]["site_2"]["pilot"].update(prisons=["NA"]), "found NA, which stands for a missing value"),
        (lambda c: c["sites"]["site_2"]["pilot"].pop("prisons"), "needed for continuity: integrated_system"),
        (lambda c: c["economics"].update(worked_example="site_1"), "economics.worked_example: found 'site_1'"),
    ],
)
def test_contradictions(bad, change, said):
    change(bad)
    assert said in check(bad)


def test_the_reference_study_is_the_default_study(config):
    """The extracts are rebuilt for the evaluation's own study, and the default config is that study."""
    path = PROJECT / "workflow" / "resources" / "reference_study.yaml"
    study = plain(yaml.safe_load(path.read_text(encoding="utf-8")))
    for part, settings in study.items():
        assert settings == {key: config[part][key] for key in settings}, part


@pytest.mark.parametrize(
    ("path", "value", "allowed"),
    [
        ("economics.journey_years.during", ["2008-09", "2009-10"], "years after 2008-09"),  # the last of before
        ("economics.spending_years", ["2009-10", "2009-10"], "years in their order, each once"),
        ("economics.spending_years", ["2009-11"], "a fiscal year as 2009-10"),
        ("economics.monthly_window", ["2009-04", "2009-04"], "a first month before the last"),
        ("economics.discount_rates", [{"from_year": 2, "rate": 0.035}], "a first step from year 1"),
        ("economics.sensitivity.discount_rate", {"low": 0.06, "high": 0.05}, "a low value not above the high one"),
        ("programme.end", "2009-04-01", "a day after the programme's start"),
        ("periods.pre.pickups_until", "1989-12-31", "a day from 1990-01-01 to"),
        ("models.length_of_use_bands", [0, 5], "years from 1, each above the last"),
        ("codes.known_exit_reasons", [[80, 79]], "a first code not above the last"),
    ],
)
def test_a_value_that_no_study_can_have_is_named(config, path, value, allowed):
    study = copy.deepcopy(config)
    study["programme"]["start"] = "2009-04-01"
    assert list(impossible(study)) == []
    *groups, key = path.split(".")
    here = study
    for group in groups:
        here = here[group]
    here[key] = value
    found = {".".join(map(str, keys)): text for keys, text in impossible(study)}
    assert list(found) == [path]
    assert f"allowed: {allowed}" in found[path]


@pytest.mark.parametrize("file", ["../journeys.csv", "extracts/../../journeys.csv", "/journeys.csv", "results/x.csv"])
def test_an_extract_from_elsewhere_is_refused_whether_or_not_it_is_there(file, tmp_path, monkeypatch):
    (tmp_path / "study" / "extracts").mkdir(parents=True)
    (tmp_path / "journeys.csv").touch()
    monkeypatch.chdir(tmp_path / "study")
    assert file_fault(file).startswith(f"found {file}, allowed: a file in the study's folder, by its path from there")


def test_what_is_marked_in_the_default_config_is_declared_to_be_assumed(config):
    text = CONFIG.read_text(encoding="utf-8")
    marked = {
        line
        for line, words in enumerate(text.splitlines(), start=1)
        if "# ASSUME" in words and not words.strip().startswith("#")
    }
    at = line_numbers(text)
    assert {at[tuple(path.split("."))] for path, *_ in choices(SCHEMA, config)} == marked


SUBMITTED = {"structured_modalities": [1, 2], "join_days": 21, "journey_start": "triage"}


def submitted(config: dict, *, defined: bool, journeys: bool = False) -> dict:
    """A study with submissions, in place of journeys or beside them."""
    of_journeys = {} if journeys else {"journeys"}
    extracts = {name: path for name, path in config["extracts"].items() if name not in of_journeys}
    definitions = config["definitions"] | ({"submissions": SUBMITTED} if defined else {})
    return {**config, "extracts": {**extracts, "submissions": "a.csv"}, "definitions": definitions}


def test_submissions_stand_in_the_place_of_journeys(config):
    study = checked(submitted(config, defined=True), CONFIG, SCHEMA)
    assert study["extracts"]["journeys"] == "results/dscp-2009-11/restricted/journeys.csv"
    said = check(submitted(config, defined=True, journeys=True))
    assert "extracts.journeys: found beside submissions, allowed: one of them" in said


def test_how_journeys_are_made_is_said_where_they_are_made_and_only_there(bad):
    said = check(submitted(bad, defined=False))
    assert "definitions.submissions: missing key, needed with extracts.submissions" in said
    bad["definitions"]["submissions"] = SUBMITTED
    assert "definitions.submissions: found without extracts.submissions, allowed: only with it" in check(bad)


def test_what_is_assumed_is_said_of_every_value(config):
    def assumed(node: dict) -> list[tuple[dict, object]]:
        own = [(node, node["assumed"])] if "assumed" in node else []
        return own + [one for key in node.get("properties", {}).values() for one in assumed(key)]

    for node, said in assumed(SCHEMA):
        sentences = list(said.values()) if isinstance(said, dict) else [said]
        assert not isinstance(said, dict) or list(said) == node["enum"]
        assert "enum" not in node or isinstance(said, dict), "a sentence that is the same whatever is chosen"
        assert len(set(sentences)) == len(sentences)
        if node is not SCHEMA["properties"]["disclosure"]:  # whose values name their numbers
            numbers = [one for one in sentences if re.search(r"\d", re.sub(r"Figure S\.\d", "", one))]
            assert numbers == [], "what is said beside a value holds whatever other settings are"


def test_what_is_assumed_follows_from_the_value(bad):
    bad["definitions"]["exit_reason_counts"] = "always"
    bad["economics"]["sensitivity"]["treatment_years"] = {"low": 1, "high": 9}
    made = {path: told for path, *told in choices(SCHEMA, bad)}
    assert made["definitions.exit_reason_counts"] == [
        "always",
        "an exit reason counts whenever the journey ended, after the period too",
        "When an exit reason counts",
    ]
    value, _, what = made["economics.sensitivity.treatment_years"]
    assert (value, what) == ("low 1, high 9", "Years in treatment: low 1, high 9")
    del bad["economics"]["sensitivity"]
    assert "economics.sensitivity.treatment_years" not in {path for path, *_ in choices(SCHEMA, bad)}


PROFILE = plain(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))


def profile(**settings: object) -> dict:
    return checked({**PROFILE, **settings}, EXAMPLE, config_schema(PROJECT, PROFILE))


def test_a_report_that_there_is_not_is_refused_in_one_line(bad):
    for name in ("profle", ["profile"], 7):
        bad["report"] = name
        with pytest.raises(SystemExit) as stop:
            checked(bad, CONFIG, config_schema(PROJECT, bad))
        assert str(stop.value).startswith(f"config.yaml, line 1, report: found {name!r}, allowed: evaluation, profile")
        assert "\n" not in str(stop.value)


def test_the_config_of_a_profile_has_what_all_reports_share():
    study = profile()
    assert list(areas(study["sites"])["dats"].explode()) == [PROFILE["partnership"], *PROFILE["peers"]]
    assert areas(study["sites"])["label"].tolist()[:2] == ["Example North", "P02"]
    assert study["periods"]["post"] == {"label": "2010-11", "outcomes": ["2010-04-01", "2011-03-31"]}
    assert profile(peers=[], names={})["sites"].keys() == {PROFILE["partnership"]}


def test_a_profile_has_no_key_of_the_evaluation():
    with pytest.raises(SystemExit, match=r"config.yaml, line 1, sites: unknown key .*allowed: assumed, "):
        profile(sites={})


OUTCOMES = {"days": 14, "review_days": [35, 182], "least_percent": 80, "work_days": 10}


def waiting(first: str, weeks: list[int]) -> dict:
    """Definitions of a profile with waits that begin on a day and are long after some weeks."""
    return PROFILE["definitions"] | {"waits": {"from": first, "to": "journey_start", "weeks": weeks}}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"peers": ["P02", "P04N"]}, "peers: found P04N, allowed: other partnerships than the one of the profile"),
        ({"peers": ["P02", "na".upper()]}, "peers.1: found NA, which stands for a missing value in the extracts"),
        ({"extracts": {**PROFILE["extracts"], "outcome_forms": "forms.csv"}},
         "definitions.outcomes: missing key, needed with extracts.outcome_forms"),
        ({"definitions": PROFILE["definitions"] | {"outcomes": OUTCOMES}},
         "definitions.outcomes: found without extracts.outcome_forms, allowed: only with that extract"),
        ({"extracts": {**PROFILE["extracts"], "outcome_forms": "forms.csv"},
          "definitions": PROFILE["definitions"] | {"outcomes": OUTCOMES | {"review_days": [182, 35]}}},
         "definitions.outcomes.review_days: found 182, 35, allowed: the earlier day first"),
        ({"definitions": waiting("journey_start", [3, 6])},
         "definitions.waits.to: found journey_start, allowed: another day than the wait begins on"),
        ({"definitions": waiting("referral_date", [6, 3])},
         "definitions.waits.weeks: found 6, 3, allowed: fewer weeks first"),
        ({"names": {"X1": "Elsewhere"}}, "names.X1: found X1, allowed: the partnership or one of the peers"),
        ({"names": {"P02": "P03"}}, "names.P03: found the name of P02, allowed: a name of its own"),
        ({"year": {"start": "2010-04-01", "end": "2011-03-30"}},
         "year.end: found 2011-03-30, allowed: 2011-03-31, a year after its start"),
        ({"year": {"start": "2008-02-29", "end": "2009-03-01"}},
         "year.end: found 2009-03-01, allowed: 2009-02-28, a year after its start"),
        ({"year": {"start": "2090-04-01", "end": "2091-03-31"}}, "year.start: found 2090-04-01, allowed: a day from"),
        ({"baseline": {"start": "2009-04-02", "end": "2010-04-01"}},
         "baseline.end: found 2010-04-01, allowed: a day before the year's start"),
        ({"review": "southampton"}, "review: found southampton, allowed: only with results/reference_extracts/"),
        ({"extracts": {"journeys": REVIEWED}}, "extracts.journeys: found results/reference_extracts/"),
        ({"extracts": {"journeys": REVIEWED}, "review": "southampton"},
         "year.start: found 2010-04-01, allowed: 2011-04-01, the year of the review"),
    ],
)  # fmt: skip
def test_what_a_profile_cannot_be(settings, said):
    with pytest.raises(SystemExit, match=re.escape(said)):
        profile(**settings)


AREAS = plain(yaml.safe_load((PROJECT / "studies" / "pbr-pilots" / "config.yaml").read_text(encoding="utf-8")))


def study_of_areas(**settings: object) -> dict:
    path = PROJECT / "studies" / "pbr-pilots" / "config.yaml"
    return checked({**AREAS, **settings}, path, config_schema(PROJECT, AREAS))


def test_the_config_of_a_study_of_areas_has_what_all_reports_share():
    study = study_of_areas()
    assert areas(study["sites"])["label"].tolist() == AREAS["pilots"]
    assert next(iter(study["sites"])) == "bracknell_forest"
    assert study["periods"]["pre"] == {"label": "2010-12", "outcomes": ["2010-04-01", "2012-03-31"]}
    assert study_of_areas(before=["2011-12"])["periods"]["pre"]["label"] == "2011-12"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pilots": ["Kent", "Wigan", "KENT "]}, "pilots.2: found KENT  twice, allowed: each pilot once"),
        ({"pilots": ["Kent"]}, "pilots: found ['Kent'], allowed: at least"),
        ({"design": "pairs"}, "design: found 'pairs', allowed: against_others"),
        ({"before": ["2010-12"]}, "before: found 2010-12, allowed: a fiscal year as 2009-10"),
        ({"before": ["2011-12", "2010-11"]}, "before: found 2011-12, 2010-11, allowed: years in their order"),
        ({"before": ["2009-10", "2010-11"]}, "after: found 2012-13 after 2010-11, allowed: years before"),
        ({"before": ["2010-11", "2011-12", "2012-13"], "after": ["2013-14"]},
         "before: found 2012-13, in which the programme starts (2012-04-02), allowed: years that ended before"),
        ({"panel": ["2011-12", "2018-19"]}, "panel: found no 2010-11, allowed: a span that holds the years"),
        ({"programme": {**AREAS["programme"], "end": "2011-01-01"}}, "programme: found 2012-04-02 to 2011-01-01"),
        ({"models": {"confidence": 0.95, "placebo_sets": 10, "seed": 1}}, "models.placebo_sets: found 10, allowed: at"),
        ({"extracts": {"journeys": "x.csv"}}, "extracts.journeys: unknown key"),
    ],
)  # fmt: skip
def test_what_a_study_of_areas_cannot_be(settings, said):
    with pytest.raises(SystemExit, match=re.escape(said)):
        study_of_areas(**settings)
