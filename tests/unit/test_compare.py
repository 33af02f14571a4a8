"""The change log between two runs: every quantity that moved, by how much, and why: `make compare`."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from benefits import benefits
from dscp.ledger.rows import read_ledger, write_ledger
from dscp.ledger.trail import dependents, rows_by_id
from dscp.record.crate import keyed
from test_trail import ledger_of, tool
from unit_values import unit_values

compare = tool("compare")

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


def test_the_jobs_between_an_extract_and_a_fit_are_known(default_study, default_run):
    record = compare.read_run(default_study, default_run.name).record
    before = compare.jobs_before
    assert before(record, "outcomes", ("journeys",)) == ["validate/journeys"]
    assert before(record, "impact", ("journeys",)) == ["validate/journeys", "outcomes"]
    prison = before(record, "impact", ("carat_referrals", "cjit_forms", "dirs"))
    assert prison == ["validate/carat_referrals", "validate/cjit_forms", "validate/dirs", "continuity"]


# A real pair, and the program


class Page(HTMLParser):
    """What a test asks of a page: its tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def count(self, tag: str, **attributes: str) -> int:
        return sum(name == tag and attributes.items() <= found.items() for name, found in self.tags)


def with_discount_rate(ledger: pd.DataFrame, rate: float, config: dict) -> pd.DataFrame:
    """The ledger as it would be with another discount rate, by the rules' own functions."""
    setting = "setting.economics.discount_rates.from_year_1"
    economics = {**config["economics"], "discount_rates": [{"from_year": 1, "rate": rate}]}
    constants = ledger[ledger["id"].str.startswith("constant.")].set_index("id")["value"]
    constants.index = constants.index.str.removeprefix("constant.")
    valued = pd.concat(unit_values(constants.to_dict(), economics))
    values = ledger.set_index("id")["value"].to_dict() | valued.set_index("id")["value"].to_dict()
    sites = [name for name, site in config["sites"].items() if site.get("analysed", True)]
    benefited = pd.concat(benefits(values, sites, economics))
    new = pd.concat([valued, benefited]).set_index("id")["value"]
    changed = ledger.assign(value=ledger["id"].map(new).fillna(ledger["value"]))
    changed.loc[changed["id"] == setting, "value"] = rate
    fall = "findings.sensitivity_decay_fall"
    base, faded = new["unit_value.expected_value.pv"], new["unit_value.sensitivity_decay"]
    changed.loc[changed["id"] == fall, "value"] = 100 * (base - faded) / base
    return changed


@pytest.fixture(scope="module")
def compared(default_run, config, tmp_path_factory):
    """The folder in which the default run has been compared with one at a discount rate of 5 per cent."""
    results = tmp_path_factory.mktemp("compared") / "results"
    ledger = read_ledger(default_run / "ledger.csv")
    write_ledger([ledger], results / "as-printed" / "ledger.csv")
    write_ledger([with_discount_rate(ledger, 0.05, config)], results / "five-per-cent" / "ledger.csv")
    assert compare.main(["as-printed", "five-per-cent", "--study", str(results.parent)]) == 0
    return results


def test_another_discount_rate_moves_what_rests_on_it_and_nothing_else(compared, default_run):
    changes = pd.read_csv(compared / "compare-as-printed-five-per-cent" / "changes.csv", keep_default_na=False)
    setting = "setting.economics.discount_rates.from_year_1"
    resting = {setting, *dependents(read_ledger(default_run / "ledger.csv"), [setting])}
    assert set(changes["id"]) <= resting
    assert {"benefit.total.site_3", "unit_value.completion", "discount_factor.year_12"} <= set(changes["id"])
    assert set(changes["reasons"]) == {"setting economics.discount_rates.from_year_1: 0.035 → 0.05"}
    row = changes.set_index("id").loc["discount_factor.year_1"]
    assert float(row["per_cent"]) == pytest.approx(100 * (1.035 / 1.05 - 1))


def test_the_page_is_an_accessible_table_and_says_what_it_rests_on(compared):
    text = (compared / "compare-as-printed-five-per-cent" / "changes.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.count("html", lang="en") == page.count("main") == page.count("h1") == 1
    assert page.count("table") == page.count("caption") == 2
    assert page.count("th") == page.count("th", scope="col") + page.count("th", scope="row")
    assert not re.search(r"<script|https?://|src=", text)
    assert "Checksums were not used: as-printed and five-per-cent have no run record" in text
    assert "setting economics.discount_rates.from_year_1: 0.035 → 0.05" in text


def test_a_run_compared_with_itself_uses_its_run_record(default_study, default_run):
    run = compare.read_run(default_study, default_run.name)
    comparison = compare.Comparison(run, run)
    assert list(comparison.moves()) == []
    assert comparison.recorded
    assert comparison.used()[-1] == "Extracts: by the checksums of both runs' run records."
    assert run.record.settings("outcomes")["definitions.latest_journey"] == "start"
    assert {"impact.py", "dscp/measures/models.py"} <= run.record.code("impact").keys()


def test_a_run_that_is_not_there_is_named_with_those_that_are(compared):
    with pytest.raises(SystemExit, match=r"no .*nope/ledger\.csv; runs: as-printed, five-per-cent"):
        compare.main(["nope", "as-printed", "--study", str(compared.parent)])
