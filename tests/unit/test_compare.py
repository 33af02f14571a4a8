"""The change log between two runs: every quantity that moved, by how much, and why: `make compare`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

import compare
from dscp.ledger.trail import rows_by_id
from dscp.record.crate import keyed
from ledger_checks import ledger_of

COUNT = {"id": "m.count", "value": 8.0, "extract": "journeys", "filter": "clients", "rows": 8, "rule": "outcomes"}
SMALL = [
    {"id": "setting.economics.share", "value": 0.5},
    {"id": "constant.price", "value": 3.0},
    COUNT,
    {"id": "worth", "value": 24.0, "formula": "n * price", "inputs": "n=m.count price=constant.price"},
    {"id": "half", "value": 12.0, "formula": "share * worth", "inputs": "share=setting.economics.share worth=worth"},
    {"id": "other", "value": 3.0, "formula": "price", "inputs": "price=constant.price"},
]


def small(**changes: dict) -> pd.DataFrame:
    """The small ledger with other fields in some rows; {} takes a row out."""
    rows = [{**row, **changes.get(row["id"].split(".")[-1], {})} for row in SMALL]
    return ledger_of(*(row for row in rows if changes.get(row["id"].split(".")[-1], {"": ""}) != {}))


def moves(before: pd.DataFrame, after: pd.DataFrame, folder: Path = Path("none")) -> dict[str, dict]:
    """Id -> what moved between two ledgers, with the run records in folder/a and folder/b."""
    runs = [
        compare.Run(name, rows_by_id(frame), compare.Record(folder / name, folder))
        for name, frame in (("a", before), ("b", after))
    ]
    return {move["id"]: move for move in compare.Comparison(*runs).moves()}


def record(folder: Path, *entities: dict, key: str = "") -> None:
    """Write a run record, and the key of its checksums."""
    (folder / "restricted").mkdir(parents=True)
    (folder / "ro-crate-metadata.json").write_text(json.dumps({"@graph": list(entities)}))
    if key:
        (folder / "restricted" / "record.key").write_text(key * 32)


def reasons(found: dict[str, dict], identifier: str) -> str:
    return " | ".join(compare.told(found[identifier]["reasons"]))


def test_a_place_that_cannot_be_written_is_said_in_one_line(tmp_path):
    for run in "ab":
        (tmp_path / "results" / run).mkdir(parents=True)
        small().to_csv(tmp_path / "results" / run / "ledger.csv", index=False)
    (tmp_path / "results" / "compare-a-b").write_text("no folder")
    with pytest.raises(SystemExit, match=r"^error: [^\n]*compare-a-b: cannot be written \(File exists\)$"):
        compare.main(["a", "b", "--study", str(tmp_path)])


def test_nothing_moves_between_equal_runs():
    assert moves(small(), small()) == {}


def test_the_last_digits_of_a_float_are_no_news():
    assert moves(small(), small(worth={"value": 24.0 * (1 + 1e-15)})) == {}


def test_a_changed_setting():
    found = moves(small(), small(share={"value": 0.25}, half={"value": 6.0}))
    assert list(found) == ["setting.economics.share", "half"]
    assert found["half"]["difference"] == -6
    assert found["half"]["per_cent"] == -50
    assert reasons(found, "half") == "setting economics.share: 0.5 → 0.25"


def test_a_changed_constant():
    found = moves(small(), small(price={"value": 6.0}, worth={"value": 48.0}, half={"value": 24.0}, other={"value": 6}))
    assert set(found) == {"constant.price", "worth", "half", "other"}
    assert reasons(found, "half") == reasons(found, "other") == "constant price: 3 → 6"


def test_another_extract():
    found = moves(small(), small(count={"value": 9.0, "rows": 9}, worth={"value": 27.0}, half={"value": 13.5}))
    assert reasons(found, "half") == "extract journeys: what is counted in it differs (m.count: 8 → 9)"


def test_several_reasons_are_all_named():
    after = small(
        share={"value": 0.25},
        count={"value": 10.0, "rows": 10},
        worth={"value": 30.0},
        half={"value": 7.5},
    )
    found = moves(small(), after)
    assert list(found["half"]["reasons"]) == [
        "setting economics.share: 0.5 → 0.25",
        "extract journeys: what is counted in it differs",
    ]
    assert list(found["worth"]["reasons"]) == ["extract journeys: what is counted in it differs"]


def test_two_changes_that_cancel_out_leave_nothing_to_explain():
    after = small(share={"value": 0.25}, count={"value": 16.0, "rows": 16}, worth={"value": 48.0})
    assert "half" not in moves(small(), after)


def test_another_formula():
    found = moves(small(), small(worth={"value": 8.0, "formula": "n + 0 * price"}, half={"value": 4.0}))
    assert reasons(found, "half") == "formula in rule r, function f: n * price → n + 0 * price (worth)"


def test_an_altered_value_is_told_from_a_computed_one():
    found = moves(small(), small(worth={"value": 24.000001}))
    assert list(found) == ["worth"]
    assert reasons(found, "worth").startswith("value differs though formula and inputs agree: the code of rule r")


def test_a_quantity_only_in_one_run():
    found = moves(small(), small(half={}))
    assert found["half"]["change"] == "removed"
    assert reasons(found, "half").startswith("computed in a only")
    found = moves(small(count={}, worth={}, half={}), small())
    assert {identifier: move["change"] for identifier, move in found.items()} == dict.fromkeys(
        ("m.count", "worth", "half"), "added"
    )
    assert reasons(found, "worth") == "extract journeys: what is counted in it differs (m.count: (none) → 8)"


def test_a_value_that_could_not_be_computed_before():
    found = moves(small(other={"value": math.nan, "note": "why"}), small())
    assert math.isnan(found["other"]["difference"])


def test_a_setting_that_decides_what_counts_is_named_for_its_measure():
    rows = [
        {"id": "setting.definitions.effective_days", "value": 83.0},
        {**COUNT, "id": "effective_treatment.count.pilot_2.pre", "settings": "definitions.effective_days"},
        {**COUNT, "id": "prison_pickup.count.pilot_2.pre", "settings": "definitions.pickup_days"},
    ]
    fewer = [{**row, "value": 7.0, "rows": 7} for row in rows[1:]]
    found = moves(ledger_of(*rows), ledger_of({**rows[0], "value": 90.0}, *fewer))
    assert "setting definitions.effective_days: 83 → 90" in reasons(found, "effective_treatment.count.pilot_2.pre")
    assert "effective_days" not in reasons(found, "prison_pickup.count.pilot_2.pre")


SCRIPT = {"@id": "code/workflow/scripts/outcomes.py", "sha256": "2" * 64}
JOB = {"@id": "#job/outcomes", "object": [{"@id": "#setting/definitions"}]}
CONFIG = {"@id": "#job/report_html", "object": [{"@id": "#setting/definitions"}]}


def definitions(latest: str) -> dict:
    value = json.dumps({"latest_journey": latest, "effective_days": 83})
    return {"@id": "#setting/definitions", "name": "definitions", "value": value}


def extract(path: Path, key: str) -> dict:
    """An extract as a run record describes it: with a keyed checksum."""
    identifier = keyed(path, bytes.fromhex(key * 32))
    return {"@id": "#extract/journeys", "alternateName": path.name, "identifier": identifier}


@pytest.mark.parametrize("key", ["ab", "cd"])
@pytest.mark.parametrize("changed", [True, False])
def test_keyed_checksums_of_an_extract_are_compared_where_both_keys_are_at_hand(tmp_path, changed, key):
    path = tmp_path / "journeys.csv"
    path.write_text("before")
    record(tmp_path / "a", extract(path, "ab"), SCRIPT, key="ab")
    path.write_text("after" if changed else "before")
    record(tmp_path / "b", extract(path, key), {**SCRIPT, "sha256": "4" * 64}, key=key)
    after = small(count={"value": 9.0, "rows": 9}, worth={"value": 27.0}, half={"value": 13.5})
    content = "other content, by its checksum" if changed else "the same content, counted differently"
    assert list(moves(small(), after, tmp_path)["half"]["reasons"]) == [
        f"extract journeys: {content}",
        "code of rule outcomes: outcomes.py",
    ]


def test_checksums_of_an_extract_cannot_be_compared_without_the_keys(tmp_path):
    path = tmp_path / "journeys.csv"
    path.write_text("before")
    for name, key in (("a", "ab"), ("b", "cd")):
        record(tmp_path / name, extract(path, key))
    found = moves(small(), small(count={"value": 9.0}), tmp_path)
    assert reasons(found, "m.count") == "extract journeys: what is counted in it differs (m.count: 8 → 9)"


def test_a_setting_in_words_is_known_from_the_run_records(tmp_path):
    for name, latest in (("a", "start"), ("b", "end")):
        record(tmp_path / name, JOB, CONFIG, definitions(latest))
    found = moves(small(), small(count={"value": 9.0}), tmp_path)
    assert reasons(found, "m.count").endswith(" | setting definitions.latest_journey: start → end")


def test_a_definition_is_named_only_for_the_measures_that_it_decides(tmp_path):
    job = {**JOB, "@id": "#job/continuity"}
    for name, latest in (("a", "start"), ("b", "end")):
        record(tmp_path / name, job, CONFIG, definitions(latest))
    leaf = {
        "id": "community_triage.base.pilot_5.pre",
        "extract": "triage_quarters",
        "filter": "q",
        "rule": "continuity",
        "settings": "definitions.missing_release",
    }
    found = moves(ledger_of({**leaf, "value": 8.0}), ledger_of({**leaf, "value": 7.0}), tmp_path)
    assert "latest_journey" not in reasons(found, leaf["id"])


def test_an_extract_that_a_measure_is_counted_with_is_named_too():
    leaf = {**COUNT, "id": "prison_pickup.count.pilot_2.pre", "extract": "carat_referrals cjit_forms"}
    found = moves(ledger_of(leaf), ledger_of({**leaf, "value": 7.0}))
    assert "extract cjit_forms, which carat_referrals is read with" in reasons(found, leaf["id"])


def test_a_setting_that_chooses_a_formula_is_named(tmp_path):
    job = {"@id": "#job/benefits", "object": {"@id": "#setting/benefits/economics"}}
    for name, method in (("a", "as_published"), ("b", "corrected")):
        setting = {"@id": "#setting/benefits/economics", "name": "economics", "value": json.dumps({"method": method})}
        record(tmp_path / name, job, setting)
    did = {"id": "m.did", "value": 3.6, "extract": "journeys", "filter": "c", "rows": 8, "rule": "outcomes"}
    used = {"id": "used", "inputs": "did=m.did", "rule": "benefits", "settings": "economics.method"}
    before = ledger_of(did, {**used, "value": 4.0, "formula": "round_half_up(did)"})
    after = ledger_of(did, {**used, "value": 3.6, "formula": "did"})
    assert "setting benefits.economics.method: as_published → corrected" in reasons(
        moves(before, after, tmp_path), "used"
    )
