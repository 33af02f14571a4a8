"""Studies of any number of sites on made-up numbers, and their tables as pages: nothing is counted or modelled."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from dscp.exhibits.book import Book, open_book
from dscp.exhibits.declared import entries, resolve, with_further
from dscp.ledger.rows import FIELDS, numbers
from dscp.measures.registry import MEASURES
from dscp.report.render import environment
from dscp.report.styles import embed_fonts
from tagged import page_of

TEMPLATES = Path(__file__).parents[2] / "templates"
TEXT = (TEMPLATES / "exhibits.yaml").read_text(encoding="utf-8")
DECLARED = yaml.safe_load(TEXT)["exhibits"]
CONTINUITY = ("integrated_system", "independent_case_manager", "embedded_provision")
HEADS = [f"a_head_of_spending_{name}" for name in ("with_a_long_name_of_its_own", "b", "c")]
NAMED = re.compile(r"(?:q|spelt)\('([.\w]+)'")  # quantities that the declarations name themselves
LONG = "Northumberland, Tyne and Wear and the Gwasanaeth-Cyffuriau-ac-Alcohol partnership "


def study(config: dict, sites: int, label: str = "Site ") -> dict:
    """The default study with so many analysed sites, of every kind of pilot and of continuity."""
    made = {}
    for n in range(1, sites + 1):
        arms = {arm: {"label": f"{label}{n}, {arm}", "dats": [f"D{n}"]} for arm in ("pilot", "comparison")}
        kind = ("whole_system", "criminal_justice")[n % 2]
        made[f"site_{n}"] = {"label": f"{label}{n}", "kind": kind, "continuity": CONTINUITY[n % 3], **arms}
    return {**copy.deepcopy(config), "sites": made, "programme": {**config["programme"], "short_name": "OP"}}


def book(config: dict, words: int = 5) -> Book:
    """The tables of a study, all filled in; cells of Table 1.3 have so many words."""
    given = [*_given(config)]
    declared = with_further(DECLARED, config)
    shown = [one for number in declared for one in entries(resolve(number, declared[number], config, given, {}))]
    settings = dict(numbers({key: config[key] for key in ("definitions", "economics", "models")}))
    ids = dict.fromkeys([*given, *NAMED.findall(TEXT), *settings, *(entry.id for entry in shown if entry.id)])
    forms = {entry.id: entry.form for entry in shown}
    rng = np.random.default_rng(5)
    rows = [{"id": one, "family": one.split(".")[0], "value": _value(forms.get(one, ""), rng)} for one in ids]
    ledger = pd.DataFrame([{**dict.fromkeys(FIELDS, ""), "unit": "count", **row} for row in rows])
    columns = [column["name"] for column in DECLARED["1.3"]["columns"]]
    text = " ".join(f"word{n}" for n in range(words))
    activity = pd.DataFrame([{"site": site, **dict.fromkeys(columns, text)} for site in config["sites"]])
    return open_book(ledger, activity, DECLARED, config)


def _given(config: dict) -> Iterable[str]:
    """The quantities without which rows and columns are left out, and those that rows are made for."""
    years = [f"y{year.replace('-', '_')}" for group in config["economics"]["journey_years"].values() for year in group]
    for site in config["sites"]:
        yield from (f"cost.{site}.total", f"budget_share.total.{site}", f"benefit.total.{site}")
        yield from (f"scenarios.total.base.{site}", f"uncertainty.value.{site}")
        yield from (f"fieldwork.stage_{stage}.total.{site}" for stage in (2, 3))
        yield from (f"new_journeys.index.{site}.{year}" for year in years)
        yield from (f"{measure}.did.{site}" for measure in MEASURES)
    yield from (f"evidence.pairs.{measure}" for measure in MEASURES)
    yield from (f"spending_item.{kind}.{head}.amount" for kind in ("pay", "non_pay") for head in HEADS)
    yield from (f"budget_share.{head}.all" for head in HEADS)
    yield from (f"budget.total_funding.y{year}_{year + 1}" for year in (2004, 2005))


def _value(form: str, rng: np.random.Generator) -> float:
    """A number as long as they come in a form."""
    if form.startswith(("gbp", "plain_gbp")):
        return float(rng.uniform(-9e6, 9e6))
    return float(rng.uniform(0.01, 1)) if form.startswith(("p2", "p3")) else float(rng.integers(10, 99))


@cache
def style() -> str:
    """The stylesheet of print."""
    names = ("report", "print")
    return embed_fonts("".join((TEMPLATES / f"{name}.css").read_text(encoding="utf-8") for name in names), TEMPLATES)


def page(of: Book, numbers: Iterable[str]) -> str:
    """Numbered tables as a page for print, each a part of its own; links lead nowhere."""
    source = '{% from "macros.html.j2" import table with context %}{{ table(number) }}'
    template = environment(str(TEMPLATES), of).from_string(source)
    parts = [f"<section class='chapter part'>{template.render(number=number)}</section>" for number in numbers]
    return page_of(re.sub(' href="#[^"]*"', "", f"<main>{''.join(parts)}</main>"), style())
