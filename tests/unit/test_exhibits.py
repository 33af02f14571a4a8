"""Numbered tables: what their declarations become in a study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from dscp.exhibits.book import Book
from dscp.exhibits.declared import cells, entries, figure_sites, ledger_items, resolve
from dscp.exhibits.file import filed
from dscp.report.render import environment
from other_study import other_config

PROJECT = Path(__file__).parents[2]
DECLARED = yaml.safe_load((PROJECT / "templates" / "exhibits.yaml").read_text(encoding="utf-8"))["exhibits"]


def given(config: dict) -> list[str]:
    """Ids that rows and columns of sites are made for."""
    years = [f"y{year.replace('-', '_')}" for group in config["economics"]["journey_years"].values() for year in group]
    indexes = [f"new_journeys.index.{site}.{year}" for site in config["sites"] for year in years]
    return [*(f"cost.{site}.total" for site in config["sites"]), *indexes]


def test_a_site_without_its_quantity_is_left_out(config):
    known = [one for one in given(config) if "site_3" not in one]
    columns = resolve("7.10", DECLARED["7.10"], config, known, {}).columns
    assert [column.name for column in columns] == [site for site in config["sites"] if site != "site_3"]
    assert "site_3_y09_10" in areas_of("7.4", config)
    assert not [row for row in resolve("7.4", DECLARED["7.4"], config, known, {}).rows if "site_3" in row.name]


def areas_of(number: str, config: dict) -> list[str]:
    return [row.name for row in resolve(number, DECLARED[number], config, given(config), {}).rows]


def test_rows_follow_kind_and_continuity(config):
    assert areas_of("6.1", config) == ["pilot_3", "comparison_3", "pilot_7", "comparison_7"]
    assert areas_of("3.2", config) == ["pilot_7", "comparison_7"]
    assert areas_of("7.5", config)[-2:] == ["total_pre", "total_post"]


def test_another_study_has_its_own_rows_and_columns(config):
    other = other_config(config)
    assert areas_of("6.1", other) == ["pilot_1", "comparison_1", "pilot_4", "comparison_4"]
    assert areas_of("3.1", other) == ["pilot_1", "comparison_1"]
    assert areas_of("7.4", other)[:2] == ["site_1_y11_12", "site_1_y12_13"]
    columns = resolve("7.10", DECLARED["7.10"], other, given(other), {}).columns
    assert [column.name for column in columns] == ["site_1", "site_2", "site_3", "site_4"]
    assert figure_sites(other) == {"C.8.1": "site_1", "C.8.2": "site_2", "C.8.3": "site_3", "C.8.4": "site_4"}


def test_a_table_without_sites_of_its_kind_has_no_rows(config):
    sites = {name: {**site, "kind": "criminal_justice"} for name, site in config["sites"].items()}
    exhibit = resolve("6.1", DECLARED["6.1"], {**config, "sites": sites}, [], {})
    assert not exhibit.has_rows
    assert exhibit.empty.endswith("nothing to show here.")


def test_only_some_rows_carry_the_difference(config):
    exhibit = resolve("6.1", DECLARED["6.1"], config, [], {})
    with_p = {entry.row for entry in entries(exhibit) if entry.column == "p_value"}
    assert with_p == {"comparison_3", "comparison_7"}


def test_sites_that_are_not_analysed_have_costs_but_no_benefits(config):
    exhibit = resolve("7.10", DECLARED["7.10"], config, given(config), {})
    rows = {entry.row for entry in entries(exhibit) if entry.column == "site_1"}
    assert rows == {"cost_year_1", "cost_year_2", "cost_total"}


def test_rows_from_the_ledger_keep_its_order_and_leave_totals_out():
    ids = ["x.b.amount", "x.total.amount", "x.a.amount", "x.a.share", "xx.c.amount"]
    assert [found["item"] for found in ledger_items(ids, "x.{item}.amount")] == ["b", "a"]


def test_a_missing_quantity_is_named_with_its_place(config):
    exhibit = resolve("6.1", DECLARED["6.1"], config, [], {})
    with pytest.raises(
        KeyError, match=r"Table 6.1, row pilot_3, column pre_total: .*effective_treatment.base.pilot_3.pre"
    ):
        cells(exhibit, {})


def small(**changes) -> dict:
    column = {"name": "a", "id": "setting.{site}", "form": "count"}
    row = {"each": "sites", "name": "{site}", "heads": [""]}
    return {"title": "T", "stub": [""], "columns": [column], "rows": [row]} | changes


def test_cells_hold_the_unrounded_value_in_the_printed_unit(config):
    declared = small(columns=[{"name": "a", "id": "setting.{site}", "form": "gbp_k"}])
    exhibit = resolve("0", declared, {"sites": {"site_1": {"label": "One"}}}, [], {})
    (cell,) = cells(exhibit, {"setting.site_1": 1234.5}).to_dict("records")
    assert (cell["exhibit"], cell["row"], cell["column"], cell["id"]) == ("0", "site_1", "a", "setting.site_1")
    assert (cell["value"], cell["unit"], cell["printed"]) == (1.2345, "gbp_k", "1")


def test_what_could_not_be_computed_is_marked(config):
    exhibit = resolve("0", small(), {"sites": {"site_1": {"label": "One"}}}, [], {})
    assert cells(exhibit, {"setting.site_1": float("nan")})["printed"].tolist() == ["[z]"]


def test_unknown_generators_and_forms_are_refused(config):
    with pytest.raises(ValueError, match="unknown generator 'planets'"):
        resolve("0", small(rows=[{"each": "planets", "name": "x", "heads": [""]}]), config, [], {})
    with pytest.raises(ValueError, match="unknown printed form 'roman'"):
        resolve("0", small(columns=[{"name": "a", "id": "setting.x", "form": "roman"}]), config, [], {})


def test_a_text_is_compiled_once_and_drawn_with_each_study_s_own_names(tmp_path, config):
    for name, declared in (("references", "{}"), ("chapters", "{subjects: {}, chapters: {}}")):
        (tmp_path / f"{name}.yaml").write_text(declared, encoding="utf-8")
    blank = pd.DataFrame(columns=["id", "value", "unit", "note"])
    one, other = (environment(str(tmp_path), Book(blank, {**config, "title": title}, {})) for title in ("One", "<Two>"))
    text = "{{ config.title }}"
    assert [env.from_string(text).render() for env in (one, other)] == ["One", "&lt;Two&gt;"]
    assert one.compile(text) is other.compile(text)
    assert one.compile(text) is not one.compile(text, "a.html.j2"), "a message names the file"


def test_the_file_of_cells_calls_people_people_in_either_unit():
    """What the ledger counts in people is printed as a number of people; pounds in thousands stay another unit."""
    cells = pd.DataFrame(
        {"exhibit": "A.1", "row": "r", "column": "c", "id": ["a.people", "b.count", "c.gbp", ""], "value": 1.0,
         "unit": ["count", "count", "gbp_k", "count"], "printed": "1"}
    )  # fmt: skip
    ledger = pd.DataFrame({"id": ["a.people", "b.count", "c.gbp"], "value": 1.0, "unit": ["people", "count", "gbp"]})
    found = filed(cells, ledger)
    assert found["unit"].tolist() == ["people", "count", "gbp", ""]
    assert found["printed_unit"].tolist() == ["people", "count", "gbp_k", ""]
