"""Table B.5: each difference again with one definition changed, against the whole chain run with that definition."""

from __future__ import annotations

import pandas as pd
import pytest

import chain
from dscp.exhibits.declared import resolve
from dscp.ledger.ids import dims_of
from dscp.measures import derivations, of_referrals
from dscp.measures.needs import lacking
from dscp.measures.registry import MEASURES
from dscp.printing.html import read_html
from dscp.report.phrases import VARIED
from thorough import some
from varied import runs_of, variants

DAYS = 7
JOURNEYS = [
    *("age_at.journey_start", "age_at.period_start", "age_at.period_end"),
    *("effective_days.76_days", "effective_days.90_days"),
    *("start_cutoff.after_latest", "latest_journey.end", "exit_reason_counts.always"),
    *(f"completed_exit_reasons.{run}" for run in ("1_to_2", "15_to_28", "80_to_82")),
]
REFERRALS = [
    *("pickup_days.35_days", "pickup_days.49_days", "pickup_from.referral_date", "missing_release.excluded"),
    "one_form_answers.one_referral",
]
STILL = ["completed_exit_reasons.15_to_28", "one_form_answers.one_referral"]  # of which this study has none
KEPT = ["effective_days.90_days", "latest_journey.end", "completed_exit_reasons.1_to_2", "missing_release.excluded"]


def of(config) -> dict:
    """The variants of a study by setting and choice."""
    every = variants(config["definitions"], config["codes"], DAYS)
    return {f"{one.setting}.{one.choice}": one for one in every}


@pytest.fixture(scope="module")
def rows(programme_made) -> pd.DataFrame:
    return programme_made.ledger[programme_made.ledger["family"] == "varied"]


def test_every_choice_of_a_definition_is_tried(programme):
    assert list(of(programme.config)) == [
        one for name in [*programme.config["definitions"], "completed_exit_reasons"]
        for one in [*JOURNEYS, *REFERRALS] if one.startswith(f"{name}.")
    ]  # fmt: skip
    schema = chain.SCHEMA["properties"]["definitions"]["properties"]
    told = {name: tuple(one["enum"]) for name, one in schema.items() if "enum" in one}
    assert {name: set(one) for name, one in {**derivations.CHOICES, **of_referrals.CHOICES}.items()} == {
        name: set(one) for name, one in told.items()
    }
    assert {f"{name}.{one}" for name, choices in told.items() for one in choices} < VARIED.keys()


def test_a_variant_changes_what_it_names_and_nothing_else(programme):
    definitions, codes = programme.config["definitions"], programme.config["codes"]
    for name, one in of(programme.config).items():
        setting, _, choice = name.partition(".")
        if setting == "completed_exit_reasons":
            first, last = map(int, choice.split("_to_"))
            kept = [code for code in codes[setting] if not first <= code <= last]
            assert 0 < len(kept) < len(codes[setting])
            assert (one.definitions, one.codes) == (definitions, {**codes, setting: kept})
        else:
            value = int(choice.removesuffix("_days")) if choice.endswith("_days") else choice
            assert (one.definitions, one.codes) == ({**definitions, setting: value}, codes)


def test_days_are_never_below_one_and_codes_of_one_run_stay(programme):
    few = {**programme.config["definitions"], "pickup_days": 5}
    tried = [(one.setting, one.choice) for one in variants(few, {"completed_exit_reasons": [3, 4, 5]}, DAYS)]
    assert ("pickup_days", "12_days") in tried and not [one for one in tried if one[1].startswith("-")]
    assert not [one for one in tried if one[0] == "completed_exit_reasons"]
    assert list(runs_of([80, 2, 1, 5])) == [[1, 2], [5], [80]]


@pytest.mark.parametrize("name", some([*JOURNEYS, *REFERRALS], KEPT))
@pytest.mark.thorough
def test_a_difference_is_that_of_the_chain_with_the_definition_changed(programme, programme_made, rows, name):
    one = of(programme.config)[name]
    config = {**programme.config, "definitions": one.definitions, "codes": one.codes}
    counts = pd.concat(chain.counted(config, programme_made.typed)[0]).set_index("id")["value"]
    found = [row for row in rows.to_dict("records") if row["id"].startswith("varied.did.") and f".{name}." in row["id"]]
    moved = 0
    for row in found:
        dims = dims_of(row)
        measure = MEASURES[dims["measure"]]
        number = dims["site"].removeprefix("site_")
        rate = {
            (arm, period): counts[f"{measure.counted}.count.{arm}_{number}.{period}"]
            / counts[f"{measure.cohort.family}.base.{arm}_{number}.{period}"]
            for arm in chain.ARMS
            for period in ("pre", "post")
        }
        pilot, comparison = (rate[arm, "post"] - rate[arm, "pre"] for arm in ("pilot", "comparison"))
        assert row["value"] == pytest.approx(100 * (pilot - comparison), abs=1e-9)
        moved += abs(row["value"] - programme_made.known[f"{measure.name}.did.{dims['site']}"]) > 1e-9
    assert moved or name in STILL


def test_differences_as_defined_stand_beside_them(programme_made, rows):
    known = programme_made.known
    as_defined = {dims_of(row)["measure"]: row for row in rows.to_dict("records") if ".as_defined." in row["id"]}
    assert as_defined.keys() == {"effective_treatment", "successful_completion", "completion_of_treated",
                                 "retained_12_weeks", "prison_pickup"}  # fmt: skip
    for site in ("site_3", "site_5", "site_7"):
        assert (
            known[f"varied.did.effective_treatment.as_defined.now.{site}"] == known[f"effective_treatment.did.{site}"]
        )
    for name in known:
        if name.startswith("varied.did.prison_pickup.pickups_until.none."):
            assert known[name] == known[f"prison_pickup.uncut_did.{name.rpartition('.')[2]}"]


def test_those_that_turn_and_the_farthest_are_counted_again(programme_made, rows):
    known, pairs = programme_made.known, []
    for row in rows.to_dict("records"):
        dims = dims_of(row)
        if row["id"].startswith("varied.did.") and dims["setting"] != "as_defined":
            pairs.append((row["value"], known[f"{dims['measure']}.did.{dims['site']}"]))
    assert known["varied.tried"] == len(pairs)
    assert known["varied.turned"] == sum((one > 0 > other) or (one < 0 < other) for one, other in pairs) > 0
    assert known["varied.farthest"] == max(abs(one - other) for one, other in pairs)


def test_nothing_of_it_is_made_under_a_policy(programme):
    config = {**programme.config, "disclosure": "suppress_below_5"}
    assert lacking(["varied"], programme.config) == []
    assert lacking(["varied"], config) == ["without a disclosure policy"]
    assert resolve("B.5", chain.EXHIBITS["B.5"], config, [], {}).empty.startswith("This study has a disclosure policy")


def test_the_table_names_each_definition_in_words(programme_printed):
    assert programme_printed.faults == []
    table = read_html(programme_printed.page).get_element_by_id("table-B-5")
    for words in ("As defined", "Effective treatment: 90 days", "Exit reasons that are no completion: 15 to 28"):
        assert words in " ".join(table.text_content().split())
