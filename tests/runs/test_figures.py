"""The figures of the finished report."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from dscp.figures.data import planned
from dscp.figures.numbers import wanted

PROJECT = Path(__file__).parents[2]
DECLARED = yaml.safe_load((PROJECT / "templates" / "figures.yaml").read_text(encoding="utf-8"))["figures"]


def plans_of(config: dict) -> dict:
    """Every figure that a study has."""
    return {number: plan for number, plan in planned(DECLARED, config, []).items() if wanted(plan.declaration, config)}


def ids_of(plan) -> list[str]:
    """The quantities of a figure's table."""
    return [entry.id for row in plan.table.rows for cell in row.cells for entry in cell] if plan.table else []


def test_the_table_of_a_figure_holds_what_is_drawn(default_run, config):
    page = (default_run / "report.html").read_text(encoding="utf-8")
    plans = plans_of(config)
    found = re.findall(r'<figure id="figure-([^"]+)">(.*?)</figure>', page, flags=re.S)
    shown = {anchor: set(re.findall(r'data-q="([^"]+)"', body.partition("<details")[2])) for anchor, body in found}
    for number, plan in plans.items():
        anchor = number.replace(".", "-")
        if anchor in shown:
            assert shown[anchor] == (set() if number == "E.1" else set(ids_of(plan))), number
    assert {"S-1", "S-2", "S-3", "S-4", "1-1", "C-1-1", "C-2-2", "C-8-6"} <= set(shown)
