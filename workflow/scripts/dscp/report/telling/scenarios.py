"""Sentences of Appendix F on scenarios, as pieces (see `sentences`); none has more than 30 words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dscp.printing.words import listed
from dscp.report.telling.sentences import Label, Note, Number, Sentence, Words
from dscp.report.telling.worth import money_form
from dscp.study.scenarios import SCENARIOS

NUMBER, PAYING = "scenarios.number", "scenarios.paying_number"


def scenarios_told(values: Mapping[str, float], labels: Mapping[str, str]) -> list[Sentence]:
    """In how many scenarios the pilots pay, which is worth least and most, and in which sites it depends.

    `labels` : analysed site -> label
    """
    sites = [site for site in labels if f"scenarios.total.base.{site}" in values]
    if any(math.isnan(values[one]) for one in (NUMBER, PAYING)):
        return [[Words("In how many scenarios the pilots pay cannot be given", (PAYING, NUMBER)), Note(PAYING)]]
    first: Sentence = [
        "In ",
        Number(PAYING, "count"),
        " of ",
        Number(NUMBER, "count"),
        " scenarios the benefits of all sites exceed the costs",
    ]
    return [first, *_ends(values), *_of_sites(values, {site: labels[site] for site in sites})]


def _ends(values: Mapping[str, float]) -> list[Sentence]:
    """The scenarios in which all sites together are worth least and most."""
    ids = {name: f"scenarios.all_sites.{name}" for name in SCENARIOS}
    known = sorted((values[one], name) for name, one in ids.items() if not math.isnan(values[one]))
    if not known or known[0][0] == known[-1][0]:
        return []
    (_, least), (_, most) = known[0], known[-1]
    every = tuple(ids[name] for _, name in known)
    told: Sentence = ["All sites together are worth least with "]
    for name, then in ((least, ", and most with "), (most, "")):
        number = Number(ids[name], money_form(values[ids[name]]))
        told += [Words(f"“{SCENARIOS[name]}”", every), ", ", number, then]
    return [told]


ALWAYS, DEPENDS, NEVER = "always", "depends", "never"
FIRST = {
    ALWAYS: "the benefits exceed the costs in every scenario",
    DEPENDS: "whether the benefits exceed the costs depends on the scenario",
    NEVER: "the benefits exceed the costs in no scenario",
}
THEN = {DEPENDS: "it depends", NEVER: "in none"}


def _of_sites(values: Mapping[str, float], labels: Mapping[str, str]) -> list[Sentence]:
    """Which sites pay whatever is assumed, and in which it depends."""
    ids = {site: tuple(f"scenarios.total.{name}.{site}" for name in SCENARIOS) for site in labels}
    said = {site: _pays(values, totals, f"cost.{site}.total") for site, totals in ids.items()}
    told: Sentence = []
    for what in (ALWAYS, DEPENDS, NEVER):
        if sites := [site for site in labels if said[site] == what]:
            rests_on = tuple(one for site in sites for one in ids[site])
            where = Label(listed([labels[site] for site in sites]))
            told += ["; in " if told else "In ", where, " ", Words((THEN if told else FIRST)[what], rests_on)]
    return [told] if told else []


def _pays(values: Mapping[str, float], totals: tuple[str, ...], cost: str) -> str:
    found = {values[one] > values[cost] for one in totals if not math.isnan(values[one])}
    return "" if not found else DEPENDS if len(found) > 1 else ALWAYS if True in found else NEVER
