"""Trails through a ledger, and the functions of its formulas."""

from __future__ import annotations

import builtins
import math
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from dscp.ledger.formulas import FUNCTIONS, recompute
from dscp.ledger.rows import Withheld, values_of
from dscp.ledger.trail import BrokenTrail, dependents, filled, leaves, plain, tree, walk
from dscp.study.given import Given
from ledger_checks import ledger_of
from trace_find import NotFound, find
from trace_records import Records, described, ranges


@pytest.mark.parametrize(
    "formula, inputs, values, expected",
    [
        ("100 * count / base", "count=c base=b", {"c": 1791, "b": 1914}, "100 * 1,791 / 1,914"),
        ("pilot - comparison", "pilot=c comparison=b", {"c": -2.5, "b": -1}, "-2.5 - (-1)"),
        ("sum(part)", "part=c part=b", {"c": 2, "b": -3}, "2 + (-3)"),
        ("sum(part) / 2", "part=c part=b", {"c": 2, "b": 3}, "(2 + 3) / 2"),
        ("max(part)", "part=c part=b", {"c": 2500, "b": 3}, "max(2,500; 3)"),
        ("p + p_long", "p=c p_long=b", {"c": 0.5, "b": 2}, "0.5 + 2"),
        ("sum(x * f for f in factor)", "x=c factor=b", {"c": 2, "b": 3}, "sum(2 * f for f in [3])"),
        ("len(m) + sum(y for y in m)", "m=c m=b", {"c": 2, "b": 3}, "2 + sum(y for y in [2; 3])"),
        ("part / total", "part=c total=b", {"c": float("nan"), "b": 3}, "(not computed) / 3"),
        ("rate", "rate=c", {"c": 0.00001234567}, "1.23457e-05"),
    ],
)
def test_formula_with_its_values_filled_in(formula, inputs, values, expected):
    assert filled({"formula": formula, "inputs": inputs}, values) == expected


def test_a_leaf_has_nothing_to_fill_in():
    assert filled({"formula": "", "inputs": ""}, {}) == ""


def test_a_quantity_that_several_rest_on_is_one_node():
    ledger = ledger_of(
        {"id": "constant.c"},
        {"id": "a", "formula": "c", "inputs": "c=constant.c"},
        {"id": "b", "formula": "a + c", "inputs": "a=a c=constant.c"},
    )
    top = tree(ledger, "b")
    assert top.inputs["c"][0] is top.inputs["a"][0].inputs["c"][0]
    assert [node.row["id"] for node in walk(top)] == ["b", "a", "constant.c"]
    assert [leaf["id"] for leaf in leaves(ledger, "b")] == ["constant.c"]
    assert dependents(ledger, ["constant.c"]) == ["a", "b"]
    assert dependents(ledger, ["a", "b"]) == []


def test_a_circle_is_named():
    ledger = ledger_of({"id": "a", "formula": "b", "inputs": "b=b"}, {"id": "b", "formula": "a", "inputs": "a=a"})
    with pytest.raises(BrokenTrail, match=r"a -> b -> a"):
        tree(ledger, "a")


def test_records_in_several_files(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n2\n3\n")
    (tmp_path / "b.csv").write_text('x\n"1\n1"\n2\n')
    places = pd.DataFrame({"file": [0, 0, 0, 1, 2], "line": [2, 3, 4, 3, 7]})
    files = [(Given(name), tmp_path / name) for name in ("a.csv", "b.csv", "c.parquet")]
    lines = described(Records(places), files, {"a.csv": 3, "b.csv": 2})
    assert lines == ["a.csv: lines 2-4 (3)", "b.csv: record 2 (1)", "c.parquet: record 7 (1)"]


def test_ranges():
    assert ranges([9, 2, 3, 4]) == "2-4, 9"


# The auditor's guide


GUIDE = (Path(__file__).parents[2] / "docs" / "auditors-guide.md").read_text(encoding="utf-8")


def test_the_guide_tells_what_the_functions_in_formulas_give():
    """All that are not the language's own, each with an example that is right."""
    shown = re.findall(r"^\| `(\w+)` \|.*\| `(.+)` = ([-\d.]+) \|$", GUIDE, re.M)
    assert {name for name, *_ in shown} == FUNCTIONS.keys() - {*dir(builtins), *dir(math)}
    for name, example, value in shown:
        assert example.startswith(f"{name}(") and f"{recompute({'formula': example, 'inputs': ''}, {}):.4f}" == value


@pytest.mark.parametrize(
    "text, identifier",
    [
        ("S.1/pilot_2/base", "table"),
        ("Table S.1/pilot_2/base", "table"),
        ("S.1/reach/site_2/did", "figure"),
        ("S.1/did/reach/site_2", "figure"),
        ("Figure S.1/reach/site_2/did", "figure"),
        ("S.1/both/p", ""),
        ("Table S.1/both/p", "both of table"),
        ("Figure S.1/both/p", "both of figure"),
        ("Table S.1/reach/site_2/did", ""),
        ("Figure S.1/pilot_2/base", ""),
        ("S.2/both/p", "other figure"),
    ],
)
def test_a_number_alone_is_a_tables_or_a_figures_as_the_cell_decides(text, identifier):
    cells = pd.DataFrame(
        [
            ("S.1", "pilot_2", "base", "table"),
            ("S.1", "both", "p", "both of table"),
            ("Figure S.1", "reach/site_2", "did", "figure"),
            ("Figure S.1", "both", "p", "both of figure"),
            ("Figure S.2", "both", "p", "other figure"),
        ],
        columns=["exhibit", "row", "column", "id"],
    ).assign(printed="1")
    run = SimpleNamespace(cells=cells, rows={})
    if identifier:
        assert find(run, text)[0] == identifier
    else:
        said = "choose Table S.1/both/p or Figure S.1/both/p" if text == "S.1/both/p" else "nothing is called"
        with pytest.raises(NotFound, match=said):
            find(run, text)


def test_a_value_is_written_to_six_decimals_and_a_small_one_to_six_digits():
    values = [0.0, 0.0123456789, 0.000123456789, 1234.5, -0.5, math.nan, Withheld(math.nan)]
    assert [plain(value) for value in values] == [
        "0",
        "0.012346",
        "0.000123457",
        "1,234.5",
        "-0.5",
        "(not computed)",
        "[c]",
    ]


def test_a_value_whose_note_withholds_it_is_withheld():
    ledger = pd.DataFrame(
        {"id": ["a", "b", "c"], "value": [1.0, math.nan, math.nan], "note": ["x", "[c] withheld", "none"]}
    )
    values = values_of(ledger)
    assert values["a"] == 1
    assert [type(values[name]) is Withheld for name in "abc"] == [False, True, False]
