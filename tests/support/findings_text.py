"""What the findings say with other data: the chapters on results, rendered on a manipulated ledger.

`PYTHONPATH=workflow/scripts python tests/support/findings_text.py [case ...]` prints the paragraphs of every case, or
of the cases named, as plain text.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pandas as pd
import yaml
from lxml.html import HtmlElement

from dscp.config.checked import completed, plain
from dscp.figures.data import planned
from dscp.ledger.formulas import recompute
from dscp.ledger.rows import inputs_of, kind, read_ledger
from dscp.printing.html import read_html
from ledger import validated
from report_html import report_html
from stated import stated

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "templates"
APART = ("table", "div", "figure", "nav")  # what stands in these is no paragraph of a chapter
CHAPTERS = {
    "findings-at-a-glance": "Findings at a glance",
    "executive-summary": "Executive summary",
    "3": "Chapter 3",
    "6": "Chapter 6",
    "7": "Chapter 7",
    "8": "Chapter 8",
}
MEASURES = {
    "prison_pickup": ("site_2", "site_4", "site_6", "site_7"),
    "community_triage": ("site_5",),
    "effective_treatment": ("site_2", "site_3", "site_4", "site_5", "site_6", "site_7"),
    "successful_completion": ("site_2", "site_3", "site_4", "site_5", "site_6", "site_7"),
}
VALIDATION = pd.DataFrame(
    [("journeys", "count", "", "rows in", "", 1), ("journeys", "count", "", "rows kept", "", 1)],
    columns=["extract", "severity", "column", "found", "allowed", "rows"],
)
TEXTS = ("freedoms_and_flexibilities", "structural_change", "system_change", "delivery_change")
MISSING_NOTE = "not computed: an input is missing"
NOT_COMPUTABLE = (ZeroDivisionError, ValueError, OverflowError)


@dataclass(frozen=True)
class Case:
    """A study whose ledger has been changed: quantities given, sites kept."""

    given: Callable[[Mapping[str, float]], dict[str, float]]
    sites: tuple[str, ...] = ()


def effect(
    measure: str, site: str, pilot: float, comparison: float, p: float, before: float = 40.0
) -> dict[str, float]:
    """Quantities of one site: both areas start at `before` per cent and change by so many points."""
    n = site.removeprefix("site_")
    did = pilot - comparison
    odds = 1.5 if did > 0 else 1 / 1.5 if did < 0 else 1.0
    rates = {"pilot": pilot, "comparison": comparison}
    names = [measure, *(["completion_of_treated"] if measure == "successful_completion" else [])]
    given = {
        f"{name}.rate.{arm}_{n}.{period}": before + (change if period == "post" else 0)
        for name in names
        for arm, change in rates.items()
        for period in ("pre", "post")
    }
    given[f"{measure}.p.{site}"] = p
    if measure == "community_triage":
        return {**given, f"{measure}.log_odds_did.{site}": math.log(odds)}
    spread = {"odds_ratio": odds, "odds_ratio_low": odds / 2, "odds_ratio_high": odds * 2, "effect": 0.9 * did}
    return {**given, **{f"{measure}.{name}.{site}": value for name, value in spread.items()}}


def everywhere(pilot: float, comparison: float, p: float) -> Callable:
    """The same effect on every measure and site."""

    def given(values: Mapping[str, float]) -> dict[str, float]:
        return {
            identifier: value
            for measure, sites in MEASURES.items()
            for site in sites
            for identifier, value in effect(measure, site, pilot, comparison, p).items()
        }

    return given


def swapped(values: Mapping[str, float]) -> dict[str, float]:
    """Pilots and comparison areas change places."""
    given = {}
    other = {"pilot": "comparison", "comparison": "pilot"}
    for identifier, value in values.items():
        if match := re.fullmatch(r"(\w+\.(?:rate|base|count))\.(pilot|comparison)_(\d)\.(pre|post)", identifier):
            given[identifier] = values[f"{match[1]}.{other[match[2]]}_{match[3]}.{match[4]}"]
        elif re.fullmatch(r"\w+\.odds_ratio\.site_\d", identifier):
            given[identifier] = 1 / value
        elif re.fullmatch(r"\w+\.effect\.site_\d", identifier):
            given[identifier] = -value
        elif match := re.fullmatch(r"(\w+\.odds_ratio)_(low|high)\.(site_\d)", identifier):
            end = {"low": "high", "high": "low"}[match[2]]
            given[identifier] = 1 / values[f"{match[1]}_{end}.{match[3]}"]
    return given


def several(*effects: dict[str, float]) -> Callable:
    """Some quantities given as they are."""
    return lambda values: {identifier: value for one in effects for identifier, value in one.items()}


def missing(*patterns: str) -> Callable:
    """Quantities that cannot be given."""
    return lambda values: {i: math.nan for i in values if any(re.fullmatch(pattern, i) for pattern in patterns)}


def huge(values: Mapping[str, float]) -> dict[str, float]:
    """Effects of ninety points, values and counts in the millions."""
    large = {i: value * 1e6 for i, value in values.items() if i.startswith(("unit_value.", "spending.", "cost."))}
    counts = {i: 1234567 + value for i, value in values.items() if i.startswith("community_triage.base.")}
    return {**everywhere(95.0, 3.0, 1e-9)(values), **large, **counts}


def opposite(values: Mapping[str, float]) -> dict[str, float]:
    """Significant tests of effects on the odds whose sign is not that of the differences."""
    odds = {"odds_ratio": 0.7, "odds_ratio_low": 0.5, "odds_ratio_high": 0.9, "effect": -2.0}
    chosen = ("effective_treatment", "site_3"), ("effective_treatment", "site_2"), ("prison_pickup", "site_7")
    wrong = {f"{m}.{name}.{site}": value for m, site in chosen for name, value in odds.items()}
    return several(*(effect(m, site, 4.0, 1.0, 0.01) for m, site in chosen), wrong)(values)


TIED = several(
    *(effect(m, site, 12.0, 3.0, 0.001) for m in list(MEASURES)[2:] for site in ("site_3", "site_4", "site_7")),
    *(effect(m, site, -8.0, 1.0, 0.001) for m in list(MEASURES)[2:] for site in ("site_2", "site_5", "site_6")),
    *(effect("prison_pickup", site, 20.0, 5.0, 0.001) for site in ("site_2", "site_4", "site_6", "site_7")),
)
ONE_POINT = several(
    *(effect("prison_pickup", site, 2.0, 1.0, 0.5) for site in ("site_2", "site_4", "site_6")),
    effect("community_triage", "site_5", 1.2, 0.1, 0.02),
    *(effect("effective_treatment", site, 1.0, 0.0, 0.01) for site in ("site_2", "site_3")),
    *(effect("effective_treatment", site, 0.0, 1.0, 0.01) for site in ("site_4", "site_5")),
    *(effect("effective_treatment", site, -1.0, -2.0, 0.01) for site in ("site_6", "site_7")),
    *(effect("successful_completion", site, -2.0, -1.0, 0.01) for site in ("site_2", "site_4", "site_5")),
    *(effect("successful_completion", site, -2.0, -2.0, 0.9) for site in ("site_3", "site_6")),
)
PUBLISHED = several()
CASES = {
    "published": Case(PUBLISHED),
    "swapped": Case(swapped),
    "zero": Case(everywhere(0.0, 0.0, 1.0)),
    "alike": Case(everywhere(2.0, 2.0, 0.97)),
    "positive": Case(everywhere(9.0, 2.0, 0.001)),
    "negative": Case(everywhere(-9.0, 2.0, 0.001)),
    "not significant": Case(everywhere(3.0, 1.0, 0.4)),
    "barely clear": Case(everywhere(3.0, 1.0, 0.04999)),
    "barely unclear": Case(everywhere(-3.0, 1.0, 0.05001)),
    "whole system only": Case(PUBLISHED, ("site_3", "site_7")),
    "criminal justice only": Case(PUBLISHED, ("site_2", "site_4", "site_5", "site_6")),
    "one site": Case(PUBLISHED, ("site_3",)),
    "one site of prison and worse": Case(everywhere(-9.0, 2.0, 0.001), ("site_4",)),
    "tie": Case(TIED),
    "points of one": Case(ONE_POINT),
    "missing p": Case(missing(r"effective_treatment\.p\.site_[35]", r"prison_pickup\.p\.site_7")),
    "no tests": Case(missing(r"\w+\.p\.site_\d")),
    "missing rate": Case(missing(r"\w+\.rate\.(pilot_3|comparison_6)\.pre", r"\w+\.(p|odds_ratio\w*)\.site_[36]")),
    "no rates": Case(missing(r"\w+\.rate\..*", r"\w+\.(p|odds_ratio\w*|log_odds_did)\.site_\d")),
    "benefits all negative": Case(
        several(*(effect("successful_completion", s, -3.0, 4.0, 0.02) for s in MEASURES["successful_completion"]))
    ),
    "huge": Case(huge),
    "opposite odds": Case(opposite),
    "no cost": Case(lambda values: {i: 0.0 for i in values if i.startswith("cost.")}),
}


def changed(ledger: pd.DataFrame, given: Mapping[str, float]) -> pd.DataFrame:
    """The ledger with some quantities given and all that rests on them computed again by its formulas."""
    rows = {row["id"]: row for row in ledger.to_dict("records")}
    if unknown := sorted(set(given) - set(rows)):
        raise KeyError(unknown[0])
    values = {identifier: row["value"] for identifier, row in rows.items()} | dict(given)
    inputs = {identifier: inputs_of(row) for identifier, row in rows.items()}
    moved = set(given)
    for identifier in TopologicalSorter(inputs).static_order():
        if identifier in given or kind(rows[identifier]) != "derived" or not moved & set(inputs[identifier]):
            continue
        try:
            values[identifier] = recompute(rows[identifier], values)
        except NOT_COMPUTABLE:
            values[identifier] = math.nan
        moved.add(identifier)
    noted = [
        MISSING_NOTE if math.isnan(values[i]) and not note else note
        for i, note in zip(ledger["id"], ledger["note"], strict=True)
    ]
    return ledger.assign(value=ledger["id"].map(values), note=noted)


def of_sites(config: dict, sites: Iterable[str]) -> dict:
    """The config of a study that has only these sites."""
    kept = {name: config["sites"][name] for name in sites}
    return {**config, "sites": kept, "economics": {**config["economics"], "worked_example": next(iter(kept))}}


def with_new_findings(ledger: pd.DataFrame, config: dict) -> pd.DataFrame:
    """The ledger with the findings of the quantities of the config's sites."""
    others = ledger[~ledger["id"].str.startswith("stated.")]
    numbers = "".join(name.removeprefix("site_") for name in config["sites"])
    foreign = others["id"].str.contains(rf"(?:site|pilot|comparison)_[^{numbers}](?:\.|$)")
    settings = others[others["family"] == "setting"].set_index("id")["value"].to_dict()
    sites = [name for name, site in config["sites"].items() if site.get("analysed", True)]
    found = stated(others[~foreign], settings, sites, len(config["economics"]["spending_years"]))
    return pd.concat([others, *found], ignore_index=True)


def study(ledger: pd.DataFrame, config: dict, case: Case) -> tuple[pd.DataFrame, dict]:
    """Ledger and config of a case."""
    values = ledger.set_index("id")["value"].to_dict()
    other = changed(ledger, case.given(values))
    config = of_sites(config, case.sites) if case.sites else config
    return with_new_findings(other, config), config


def with_validation(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with the counts of VALIDATION in place of its own."""
    known = ledger[~ledger["id"].str.startswith("validation.")]
    return pd.concat([known, validated(VALIDATION)], ignore_index=True)


def page_of(ledger: pd.DataFrame, config: dict) -> str:
    """The whole report as one page."""
    declared = yaml.safe_load((TEMPLATES / "exhibits.yaml").read_text(encoding="utf-8"))["exhibits"]
    activity = pd.DataFrame([{"site": site, **dict.fromkeys(TEXTS, "None")} for site in config["sites"]])
    figures = yaml.safe_load((TEMPLATES / "figures.yaml").read_text(encoding="utf-8"))["figures"]
    drawings = dict.fromkeys(
        planned(figures, config, ledger["id"].tolist()), "<svg xmlns='http://www.w3.org/2000/svg'/>"
    )
    whole = with_validation(ledger)
    styles = {"screen": "", "print": ""}
    page, *_ = report_html(
        whole, VALIDATION, activity, drawings, declared, [], config, TEMPLATES, styles, declared_figures=figures
    )
    return page


@dataclass
class Paragraph:
    """A paragraph or list item of a chapter: its text, its words on quantities and the quantities it prints."""

    chapter: str
    text: str
    words: list[tuple[str, tuple[str, ...]]]
    numbers: list[tuple[str, str]]
    in_list: bool


def paragraphs(page: str) -> list[Paragraph]:
    """The paragraphs and list items of the chapters on results, without tables and notes."""
    found, chapter, tree = [], "", read_html(page)
    for note in tree.findall(".//span[@class='fn']"):
        note.drop_tree()
    for element in tree.iter("h1", "p", "li"):
        if element.tag == "h1":
            chapter = CHAPTERS.get(element.get("id", "").removeprefix("section-"), "")
        elif chapter and element.get("class") != "lead" and next(element.iterancestors(*APART), None) is None:
            found.append(_paragraph(element, chapter))
    return found


def _paragraph(element: HtmlElement, chapter: str) -> Paragraph:
    words = [(one.text_content(), tuple(one.get("data-w").split())) for one in element.iterfind(".//*[@data-w]")]
    numbers = [(one.get("data-q"), one.text_content()) for one in element.iterfind(".//*[@data-q]")]
    text = re.sub(r"[^\S\u00a0]+", " ", element.text_content()).strip()
    return Paragraph(chapter, text, words, numbers, in_list=element.tag == "li")


def main(names: Iterable[str]) -> None:
    """Print the paragraphs that rest on results, case by case."""
    config = completed(plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))))
    ledger = read_ledger(PROJECT / "results" / config["run"] / "ledger.csv")
    for name in names or CASES:
        print(f"\n{'=' * 20} {name} {'=' * 20}")
        chapter = ""
        for paragraph in paragraphs(page_of(*study(ledger, config, CASES[name]))):
            if paragraph.words or name == "published":
                if paragraph.chapter != chapter:
                    chapter = paragraph.chapter
                    print(f"\n-- {chapter}")
                print(f"  {paragraph.text}")


if __name__ == "__main__":
    main(sys.argv[1:])


WRONG = [
    r"  ",
    r"\s[,.;:)]",
    r"\(\s",
    r"\(\)",
    r"[,;:]\.",
    r"\.\.",
    r",,|;;|,;|;,",
    r"\b(all|none of the) (zero|one|two)\b",
    r"\bneither of\b",
    r"\b(\w+) \1\b",
    r"\bone (sites|pilots|comparisons|points)\b",
    r"\b(?<![.\d])1 (sites|pilots|comparisons|points|percentage points)\b",
    r"\b(two|three|four|five|six) (site|pilot|comparison|point)\b",
    r"\ba (8|11|18)\b",
    r"\ba [aeio]\w",
    r"\ban [^aeiouhAEIOUH]\w",
    r"\b(nan|inf|None(?! of)|Undefined)\b",
    r"[{}\[\]>]|<(?!0\.)|\(s\)",
    r"\b(and|or|of|the|from|than|while)[.;:]",
    r"£-|--|\+−",
    r"−0\b(?!\.)|−0\.0\b",
    r"\b(loss|benefit|gain) of −|\b(rose|fell) by −|\bless −",
]
