"""`make compare` on a real pair of runs."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from lxml.html import HtmlElement

import compare
from benefits import benefits
from dscp.ledger.rows import read_ledger, write_ledger
from dscp.ledger.trail import dependents
from dscp.printing.html import read_html
from unit_values import unit_values


def test_the_jobs_between_an_extract_and_a_fit_are_known(default_study, default_run):
    record = compare.read_run(default_study, default_run.name).record
    before = compare.jobs_before
    assert before(record, "outcomes", ("journeys",)) == ["validate/journeys"]
    assert before(record, "impact", ("journeys",)) == ["validate/journeys", "outcomes"]
    prison = before(record, "impact", ("carat_referrals", "cjit_forms", "dirs"))
    assert prison == ["validate/carat_referrals", "validate/cjit_forms", "validate/dirs", "continuity"]


# A real pair, and the program


def count(page: HtmlElement, tag: str, **attributes: str) -> int:
    """How many elements of a page have a tag and attributes."""
    return sum(attributes.items() <= dict(element.attrib).items() for element in page.iter(tag))


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
    fall = "stated.sensitivity_decay_fall"
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
    page = read_html(text)
    assert count(page, "html", lang="en") == count(page, "main") == count(page, "h1") == 1
    assert count(page, "table") == count(page, "caption") == 2
    assert count(page, "th") == count(page, "th", scope="col") + count(page, "th", scope="row")
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
