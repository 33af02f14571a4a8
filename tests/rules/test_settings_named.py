"""What the ledger says of settings and extracts: a change moves only quantities that name it, and some of them."""

from __future__ import annotations

import copy

import pandas as pd
import pytest

import continuity
import follow_up
import impact
import outcomes
from bent import MEMBERS, bent_definitions, of_rule, shifted
from dscp.ledger.rows import extracts_of, inputs_of, read_ledger, shaped_by, within
from dscp.ledger.trail import dependents
from dscp.measures.registry import MEASURES
from dscp.report.panel import settings_of
from dscp.study.areas import analysed, value_at
from thorough import some

FIELDS = ["value", "rows"]


@pytest.fixture(autouse=True)
def counts_only(monkeypatch):
    monkeypatch.setattr(outcomes, "CHARACTERISTICS", MEMBERS)


@pytest.fixture(scope="module")
def extracts(rebuilt, tmp_path_factory) -> dict[str, str]:
    """The rebuilt extracts; the journeys have days of referral, too."""
    found = {path.stem: str(path) for path in (rebuilt / "validated").glob("*.parquet")}
    journeys, path = pd.read_parquet(found["journeys"]), tmp_path_factory.mktemp("referred") / "journeys.parquet"
    waited = pd.to_timedelta(journeys["line"] % 40, unit="D")
    journeys["referral_date"] = (pd.to_datetime(journeys["journey_start"]) - waited).dt.date
    journeys.to_parquet(path)
    return {**found, "journeys": str(path)}


@pytest.fixture(scope="module")
def ledger(rebuilt) -> pd.DataFrame:
    return read_ledger(rebuilt / "ledger.csv")


def shared(config: dict) -> list:
    """What both rules take of the config."""
    parts = [config[name] for name in ("sites", "periods", "definitions", "codes")]
    return [*parts, config["models"]["length_of_use_bands"]]


def journeys_followed(journeys: str, config: dict) -> list[pd.DataFrame]:
    """The ledger rows of the rule follow_up."""
    definitions, labels = config["definitions"], {name: name for name in analysed(config["sites"])}
    members, stays = follow_up.follow_up(journeys, *shared(config))
    every = follow_up.answered(definitions, members)
    counts = follow_up.counted(members, config["sites"], [one.name for one in every])
    left = follow_up.left_by(stays, follow_up.followed(definitions))
    known = {"setting.models.confidence": config["models"]["confidence"]}
    return follow_up.ledger(counts, left, labels, every, known)


def counted(extracts: dict[str, str], config: dict) -> pd.DataFrame:
    """The ledger rows of the rules outcomes and continuity."""
    treatment, others = of_rule("outcomes"), of_rule("continuity")
    clients, *left_out = outcomes.outcomes(extracts["journeys"], *shared(config), treatment)
    found = continuity.continuity(extracts, *shared(config), others)
    rows = outcomes.ledger(clients, *left_out, config["sites"], treatment, beside=True)
    rows += continuity.ledger(*found, config["sites"], others, beside=True)
    rows += journeys_followed(extracts["journeys"], config)
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def straight(extracts, config) -> pd.DataFrame:
    return counted(extracts, config)


def moved(before: pd.DataFrame, after: pd.DataFrame) -> set[str]:
    """Ids whose value or number of rows differs."""
    one, other = before.set_index("id")[FIELDS], after.set_index("id")[FIELDS]
    assert set(one.index) == set(other.index)
    return set(one.index[one.ne(other.loc[one.index]).any(axis=1)])


def with_sites(config: dict, site: str, arm: str, key: str) -> dict:
    """The config without the first of an area's DATs or prisons."""
    bent = copy.deepcopy(config)
    bent["sites"][site][arm][key] = bent["sites"][site][arm][key][1:]
    return bent


def with_code(config: dict, code: int) -> dict:
    codes = config["codes"]
    kept = [one for one in codes["completed_exit_reasons"] if one != code]
    return {**config, "codes": {**codes, "completed_exit_reasons": kept}}


CHANGES = {
    "definitions.minimum_age": lambda config: bent_definitions(config, {"minimum_age": 25}),
    "definitions.age_at": lambda config: bent_definitions(config, {"age_at": "journey_start"}),
    "definitions.effective_days": lambda config: bent_definitions(config, {"effective_days": 100}),
    "definitions.start_cutoff": lambda config: bent_definitions(config, {"start_cutoff": "after_latest"}),
    "definitions.latest_journey": lambda config: bent_definitions(config, {"latest_journey": "end"}),
    "definitions.exit_reason_counts": lambda config: bent_definitions(config, {"exit_reason_counts": "always"}),
    "definitions.return_days": lambda config: bent_definitions(config, {"return_days": [100, 300]}),
    "definitions.wait_days": lambda config: bent_definitions(config, {"wait_days": 7}),
    "definitions.pickup_days": lambda config: bent_definitions(config, {"pickup_days": 20}),
    "definitions.pickup_from": lambda config: bent_definitions(config, {"pickup_from": "referral_date"}),
    "definitions.missing_release": lambda config: bent_definitions(config, {"missing_release": "excluded"}),
    "definitions.one_form_answers": lambda config: bent_definitions(config, {"one_form_answers": "one_referral"}),
    "codes.completed_exit_reasons": lambda config: with_code(config, 80),
    "periods.pre.outcomes": lambda config: shifted(config, "outcomes", "pre", 0, 60),
    "periods.post.referrals": lambda config: shifted(config, "referrals", "post", 1, -60),
    "periods.pre.pickups_until": lambda config: shifted(config, "pickups_until", "pre", 1, -90),
    "periods.pre.triage_quarters": lambda config: shifted(config, "triage_quarters", "pre", 0, 1),
    "sites.site_4.pilot.dats": lambda config: with_sites(config, "site_4", "pilot", "dats"),
    "sites.site_7.comparison.prisons": lambda config: with_sites(config, "site_7", "comparison", "prisons"),
}


# By make check, too: what is counted, by which codes, when and where.
CHECKED = [
    *("definitions.effective_days", "definitions.pickup_days", "codes.completed_exit_reasons"),
    *("periods.post.referrals", "sites.site_4.pilot.dats"),
]


@pytest.mark.parametrize("path", some(CHANGES, CHECKED))
def test_a_changed_setting_moves_only_what_names_it(extracts, config, straight, path):
    found = moved(straight, counted(extracts, CHANGES[path](config)))
    assert found
    assert found <= set(dependents(straight, [f"setting.{path}"]))
    named = {row["id"] for row in straight.to_dict("records") if any(within(path, one) for one in shaped_by(row))}
    assert found & named


def test_every_definition_is_changed_above(config):
    assert {f"definitions.{name}" for name in config["definitions"]} <= set(CHANGES)


@pytest.mark.parametrize(
    "path, change",
    [
        ("models.confidence", {"confidence": 0.9}),
        ("models.prison_covariates", {"prison_covariates": ["age", "sex"]}),
        ("models.age_without_dir", {"age_without_dir": "leave_out"}),
    ],
)
def test_a_changed_model_moves_only_what_names_it(extracts, config, ledger, path, change):
    referrals, *_ = continuity.continuity(extracts, *shared(config), of_rule("continuity"))
    chosen = ledger[ledger["id"].str.match(r"prison_pickup\.(count|base)\.")]

    def fitted(models: dict) -> pd.DataFrame:
        rows = impact.impact(chosen, referrals, ["site_7"], models, [MEASURES["prison_pickup"]])
        return pd.concat(rows, ignore_index=True)

    before, after = fitted(config["models"]), fitted({**config["models"], **change})
    found = moved(before.fillna({"value": 0}), after.fillna({"value": 0}))
    assert found
    assert found <= set(dependents(before, [f"setting.{path}"]))


@pytest.mark.parametrize("extract", ["cjit_forms", "dirs"])
def test_an_extract_that_is_only_read_with_another_is_named_where_it_matters(
    extracts, config, straight, ledger, extract, tmp_path
):
    """Without half of its rows, only quantities that name it move; DIRs move the models and the share who have one."""
    half = pd.read_parquet(extracts[extract]).iloc[::2]
    half.to_parquet(tmp_path / "half.parquet")
    found = moved(straight, counted({**extracts, extract: str(tmp_path / "half.parquet")}, config))
    assert found <= set(dependents(straight, [f"extract.{extract}"]))
    of_links = {one for one in found if "with_dirs" in one}
    assert found and (found == of_links) == (extract == "dirs")
    models = {row["id"] for row in ledger.to_dict("records") if row["function"] == "adjusted_of"}
    prison = {identifier for identifier in models if identifier.startswith("prison_pickup.")}
    assert prison and prison == models & set(dependents(ledger, [f"extract.{extract}"]))


def test_every_extract_and_setting_that_is_named_is_there(ledger, config):
    rows = ledger.to_dict("records")
    named = {name for row in rows for name in extracts_of(row)}
    assert {name for name in named if not name.endswith(".csv")} <= set(config["extracts"])
    for path in {path for row in rows for path in shaped_by(row)}:
        value_at(config, path)


def test_every_setting_that_the_analysis_is_given_shapes_or_enters_a_number(ledger, config):
    rows = ledger.to_dict("records")
    shaping = {path for row in rows for path in shaped_by(row)}
    entering = {one.removeprefix("setting.") for row in rows for one in inputs_of(row) if one.startswith("setting.")}
    used = shaping | entering
    idle = [name for name in settings_of(config, rows) if not any(within(name, one) for one in used)]
    labels = [name for name in idle if name.endswith(".label")]
    assert sorted(set(idle) - set(labels)) == [  # layout; which study it is, and spans of time in words
        "definitions.wait_days",  # the rebuilt journeys have no day of referral
        "economics.worked_example", "programme.end", "programme.name", "programme.short_name", "programme.start",
    ]  # fmt: skip
