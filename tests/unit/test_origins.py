"""Entries of Appendix D: told on an example, leading to the statistics that they rest on."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from dscp.ledger.formulas import derive
from dscp.ledger.ids import dims_text, identifier
from dscp.ledger.rows import quantities, values_of
from dscp.ledger.trail import rows_by_id
from dscp.printing.html import read_html
from dscp.printing.origins import Place, anchor_of, origins, said_of, statistic, title_of


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("effective_treatment.rate.{area}.{period}", "effective_treatment.rate.{area}.{period}"),
        ("effective_treatment.p.{site}", "{measure}.model.{site}"),
        ("prison_pickup.odds_ratio_low.{site}", "{measure}.model.{site}"),
        ("prison_pickup.did_low.{site}", "{measure}.did_low.{site}"),
        ("prison_pickup.did.{site}", "prison_pickup.did.{site}"),
        ("cost.{site}.year_{year}", "cost.{site}.{year}"),
        ("cost.{site}.total", "cost.{site}.total"),
        ("unit_value.{quantity}.pv", "unit_value.expected_value.pv"),
        ("constant.{name}", "constant.bids"),
    ],
)
def test_statistics(pattern, expected):
    """What differs within an entry is what the id says that it is made of, not how it reads."""
    dims = {"area": "all_pilots", "period": "pre", "site": "site_3", "year": 1}
    made = identifier(pattern, **dims, quantity="expected_value", name="bids")
    assert statistic({"id": str(made), "family": made.family, "dims": dims_text(made.dims)}) == expected


@pytest.mark.thorough
def test_what_stands_behind_appendix_f_is_called_by_words_and_not_by_ids(programme_made, programme_printed):
    """But for p-values of tests that no table shows after correction: they have no entry."""
    families = {"evidence", "scenarios", "uncertainty", "over_time", "follow_up", "flows"}
    rows, cells = rows_by_id(programme_made.ledger), programme_printed.cells
    shown = {statistic(rows[one]) for one in cells.loc[~cells["exhibit"].str.startswith("Figure "), "id"] if one}
    asked = {statistic(row) for row in rows.values() if row["family"] in families} - shown
    as_ids = {f"{name.replace('_', ' ').capitalize()}: " for name in families}
    by_ids = {name for name in asked if title_of(name, ()).startswith(tuple(as_ids))}
    assert {name for name in by_ids if not re.search(r"\.(unadjusted|difference)(\.\{measure|$)", name)} == set()
    assert len(asked) > 80


def as_read(name: str) -> str:
    """An id as words: the parts that are no names in braces."""
    first, *others = [part.replace("_", " ") for part in name.removeprefix("stated.").split(".") if "{" not in part]
    return f"{first.capitalize()}: {', '.join(others)}" if others else first.capitalize()


@pytest.mark.thorough
def test_no_entry_is_called_as_its_id_reads(programme_made, programme_printed):
    """All that the default report prints, and what that rests on, but for an id of one plain word or two."""
    names = {anchor_of(row): statistic(row) for row in rows_by_id(programme_made.ledger).values()}
    entries = {one.get("id"): one for one in read_html(programme_printed.page).iter("p") if one.get("id") in names}
    titles = {name: entry.find("span").text_content() for name, entry in entries.items()}
    assert len(titles) > 250
    read = {title for name, title in titles.items() if title == as_read(names[name])}
    assert read <= {"Discount factor", "Spending"}


COUNTS = pd.DataFrame(
    {"area": ["pilot_1", "pilot_2"], "period": "pre", "count": [3, 5], "base": [4, 8], "rate": [75.0, 62.5]}
)
SHARED = {"source": "Appendix B2", "rule": "outcomes", "function": "count"}


def small_ledger() -> pd.DataFrame:
    of = {"extract": "journeys", "filter": "clients of {area}"}
    return pd.concat(
        [
            quantities(COUNTS, id="m.count.{area}.{period}", value="count", unit="count", rows="count", **of, **SHARED),
            quantities(COUNTS, id="m.base.{area}.{period}", value="base", unit="count", rows="base", **of, **SHARED),
            quantities(
                COUNTS,
                id="m.rate.{area}.{period}",
                value="rate",
                unit="percent",
                formula="100 * count / base",
                inputs={"count": "m.count.{area}.{period}", "base": "m.base.{area}.{period}"},
                **SHARED,
            ),
        ],
        ignore_index=True,
    )


def test_an_entry_is_told_on_the_first_cell_that_prints_it():
    places = [
        Place("6.1", "m.rate.pilot_2.pre", "", "Success (per cent)"),
        Place("6.3", "m.rate.pilot_1.pre", "", "Success"),
    ]
    found = origins(small_ledger(), places, [("Table 6.1", "m.rate.pilot_2.pre", "62.5%")])
    assert list(found) == ["6.1"]
    rate, count, base = found["6.1"]
    assert (rate.title, rate.tables, rate.in_prose) == ("Success (per cent)", ["6.1", "6.3"], False)
    assert [text for text, _ in rate.ways[0].pieces] == [
        "From ",
        "M: count",
        "; ",
        "M: base",
        ". Appendix B2.",
    ]
    assert [anchor for _, anchor in rate.ways[0].pieces if anchor] == [count.anchor, base.anchor]
    assert count.ways[0].pieces == [("Counted in client journeys. Appendix B2.", "")]


def test_an_entry_names_every_extract_and_leads_to_the_settings_that_shape_it():
    setting = quantities(
        pd.DataFrame({"v": [42]}), id="setting.definitions.days", value="v", unit="count", source="config.yaml",
        rule="ledger", function="settings", filter="days that count",
    )  # fmt: skip
    count = (
        small_ledger()
        .head(1)
        .assign(extract="carat_referrals cjit_forms relations.csv", settings="definitions.from definitions.days")
    )
    whole = pd.concat([count, setting], ignore_index=True)
    found = origins(whole, [], [("chapters/impacts.html.j2", count["id"][0], "3")])
    assert [entry.title for entry in found["setting"]] == ["Days that count"]
    (way,) = found["text"][0].ways
    read = "referrals from prison, CJIT forms and the register of relations between its numbers"
    assert way.pieces == [(f"Counted in {read}. Appendix B2.", "")]
    rows = rows_by_id(whole)
    assert said_of(rows[count["id"][0]], "origin", rows) == way.pieces[0][0]
    assert said_of(rows["setting.definitions.days"], "what", rows) == "Days that count"


def test_ways_are_told_once_and_sums_of_others_of_the_statistic_not_at_all():
    one = small_ledger()
    total = derive(
        pd.DataFrame({"area": ["all_pilots"], "period": ["pre"]}),
        values_of(one),
        id="m.base.{area}.{period}",
        unit="count",
        formula="sum(part)",
        inputs={"part": ["m.base.pilot_1.pre", "m.base.pilot_2.pre"]},
        source="Tables 7.5 and 7.6",
        rule="outcomes",
        function="totals",
    )
    whole = pd.concat([one, total], ignore_index=True)
    found = origins(whole, [], [("chapters/impacts.html.j2", "m.base.all_pilots.pre", "12")])
    (base,) = found["text"]
    assert [way.pieces for way in base.ways] == [[("Counted in client journeys. Appendix B2.", "")]]


def test_a_statistic_that_only_a_sentence_prints_stands_apart():
    found = origins(small_ledger(), [], [("chapters/impacts.html.j2", "m.count.pilot_1.pre", "3")])
    assert list(found) == ["text"]
    assert [(entry.title, entry.in_prose) for entry in found["text"]] == [("M: count", True)]


def test_titles():
    cells = [Place("1", f"x.{i}", f"Row {i}", "Head (£)", "", "Over") for i in range(2)]
    assert title_of("x", cells) == "Over: Head (£)"
    rows = [Place("1", f"x.{i}", "Total benefits", "", "Value") for i in range(2)]
    assert title_of("x", rows) == "Value: Total benefits"
    assert title_of("stated.not_named.{year}.min", []) == "Not named: min"
    assert title_of("prison_pickup.with_cjit_forms.{area}.{period}", []) == (
        "Records of a client who is in another file: CJIT forms"
    )
