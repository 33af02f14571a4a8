"""The findings stay true and grammatical with other data: every case of findings_text.py, read by independent rules.

The rules go from the words on the page back to the quantities that they name, without the code that chose the words.
"""

from __future__ import annotations

import math
import re
from collections import Counter

import pytest
import yaml

import findings_text as ft
from dscp.ledger.rows import read_ledger
from dscp.measures.verdicts import BETTER, MIXED, NIL, UNCLEAR, UNTESTED, WORSE, odds_up, verdict
from dscp.printing.html import read_html
from dscp.report.lint import read_allowed, read_page
from dscp.report.telling.worth import ABOVE, BELOW, NEGATIVE, benefit_verdict, money_form
from thorough import some

COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "both": 2, "either": 2, "neither": 2}
NAMED = re.compile(r"(?i)\b(two|three|four|five|six|both)\b(?: of the \w+| others)?(?: [a-z ]+?)? \((Site [^)]*)\)")
ALLOWED = read_allowed(yaml.safe_load((ft.TEMPLATES / "numbers_allowed.yaml").read_text(encoding="utf-8")))
DECIMALS = {"prison_pickup": 0, "community_triage": 0, "effective_treatment": 1, "successful_completion": 1}
LEVEL = 0.05
CHECKED = ("published", "missing rate", "opposite odds")  # by make check, too


@pytest.fixture(scope="module")
def published(rebuilt):
    return read_ledger(rebuilt / "ledger.csv")


@pytest.fixture(scope="module", params=some(ft.CASES, CHECKED))
def rendered(request, published, config):
    """A case: its ledger, its config, the whole page and the paragraphs of the chapters on results."""
    ledger, study = ft.study(published, config, ft.CASES[request.param])
    page = ft.page_of(ledger, study)
    values = ledger.set_index("id")["value"].to_dict()
    return values, study, page, ft.paragraphs(page), ledger


def rounded(value: float, decimals: int) -> float:
    """Halves away from zero, on the decimal form: written apart from the code under test."""
    return math.copysign(math.floor(round(abs(value) * 10**decimals, 7) + 0.5), value) / 10**decimals


def sign(value: float, decimals: int) -> int | None:
    """1, -1 or 0 at printed precision; None if unknown."""
    if math.isnan(value):
        return None
    at = rounded(value, decimals)
    return (at > 0) - (at < 0)


def labels_in(text: str, study: dict) -> list[str]:
    """The sites that a text names."""
    return [name for name, site in study["sites"].items() if re.search(rf"\b{re.escape(site['label'])}\b", text)]


def clear(values: dict, measure: str, site: str) -> str:
    """better, worse, or what else an independent reader of the ledger would say."""
    did, p = values[f"{measure}.did.{site}"], values[f"{measure}.p.{site}"]
    way = sign(did, DECIMALS[measure])
    if way is None:
        return "cannot be given"
    if way == 0:
        return "no clear difference"
    if math.isnan(p):
        return "cannot be tested"
    if p >= LEVEL:
        return "no clear difference"
    odds = values.get(f"{measure}.odds_ratio.{site}")
    up = odds > 1 if odds is not None else values[f"{measure}.log_odds_did.{site}"] > 0
    if up != (way > 0):
        return "depends on"
    return "did better" if way > 0 else "did worse"


def test_every_page_passes_the_number_lint(rendered):
    _, study, page, _, ledger = rendered
    whole = ft.with_validation(ledger)
    assert read_page(page, whole, study, ALLOWED).faults == []


def test_periods_are_told_in_their_order(rendered):
    """Results go from the earlier period to the later one, on the whole page."""
    _, study, page, _, _ = rendered
    text = " ".join(read_html(page).text_content().split())
    before, after = (re.escape(study["periods"][period]["label"]) for period in ("pre", "post"))
    assert len(re.findall(rf"{before} (to|and) {after}", text)) > 2
    assert re.findall(rf"{after} (?:to|and) {before}.{{30}}", text) == []


def test_nothing_is_empty_or_ungrammatical(rendered):
    found = rendered[3]
    assert {paragraph.chapter for paragraph in found} == set(ft.CHAPTERS.values())
    for paragraph in found:
        assert paragraph.text, paragraph.chapter
        plain = paragraph.text.replace("[z]", "0")
        for pattern in ft.WRONG:
            assert not re.search(pattern, plain), (pattern, paragraph.text)
        ends, starts = (";", r"|[a-z]") if paragraph.in_list else ("", "")  # items may be parts of one sentence
        assert re.search(rf"([.:?{ends}])(”|\))?$", plain), paragraph.text
        for at, sentence in enumerate(re.split(r"(?<=[.?]) (?=\S)", plain)):
            assert re.match(rf"[A-Z£“]|\d{'' if at else starts}", sentence), (sentence, paragraph.text)


def test_brackets_are_closed_and_lists_have_one_and(rendered):
    for paragraph in rendered[3]:
        assert paragraph.text.count("(") == paragraph.text.count(")"), paragraph.text
        assert not re.search(r"Site \d, Site \d(?!,| and| or)", paragraph.text), paragraph.text
        assert not re.search(r"Site \d Site", paragraph.text), paragraph.text


def test_counts_agree_with_the_sites_named(rendered):
    """three of the four pilots (Site 2, Site 5 and Site 6); both (Site 3 and Site 7); the other two (...)."""
    for paragraph in rendered[3]:
        for count, listed in re.findall(
            r"(?i)\b(two|three|four|five|six|both)\b(?: of the \w+| others)?(?: [a-z ]+?)? \((Site [^)]*)\)",
            paragraph.text,
        ):
            assert COUNTS[count.lower()] == listed.count("Site"), paragraph.text


def test_rose_and_fell_are_true(rendered):
    values = rendered[0]
    checked = Counter()
    for paragraph in rendered[3]:
        for text, ids in paragraph.words:
            changes = [identifier for identifier in ids if ".change." in identifier]
            word = text.strip().lower()
            if word in ("rose", "fell", "did not change") and len(changes) == len(ids):
                expected = {"rose": 1, "fell": -1, "did not change": 0}[word]
                for identifier in changes:
                    decimals = DECIMALS.get(identifier.split(".")[0], 1)
                    assert sign(values[identifier], decimals) == expected, (paragraph.text, identifier)
                    checked[word] += 1
            if re.search(r"\b(more|less) than|as much as", word) and changes:
                pilots = [identifier for identifier in changes if ".pilot_" in identifier]
                for identifier in pilots:
                    measure, _, area = identifier.split(".")
                    site = area.replace("pilot", "site")
                    way = sign(values[f"{measure}.did.{site}"], DECIMALS[measure])
                    falling = sign(values[identifier], DECIMALS[measure]) < 0
                    wanted = 0 if "as much" in word else (-1 if "less" in word else 1)
                    assert (-way if falling else way) == wanted, paragraph.text
                    checked["compared"] += 1
    assert checked or all(math.isnan(v) for i, v in values.items() if ".change.pilot_" in i)


def test_better_and_worse_are_true(rendered):
    """Each clause of a summary against an independent verdict on the sites that it names."""
    values, study, _, found, _ = rendered
    said = 0
    outcomes = "did better|did worse|no clear difference|cannot be (?:tested|given)|depends? on how"
    for paragraph in found:
        for text, ids in paragraph.words:
            outcome = re.search(outcomes, text)
            dids = [identifier for identifier in ids if ".did." in identifier]
            if not outcome or not dids:
                continue
            measure = dids[0].split(".")[0]
            about = [identifier.rsplit(".", 1)[1] for identifier in dids]
            named = labels_in(text, study)
            assert not named or named == about, (text, ids)
            for site in about:
                wanted = clear(values, measure, site)
                assert wanted in text.replace("depend on", "depends on"), (text, site, wanted)
                said += 1
    assert said


FIGURE_SAYS = {  # what the words of a summary say -> what the figure's column says
    "did better": "better",
    "did worse": "worse",
    "no clear difference": "no clear difference",
    "depends on": "depends on measure",
    "cannot be tested": "not tested",
    "cannot be given": "cannot be given",
}


def figure_rows(page: str) -> dict[tuple[str, str], dict[str, str]]:
    """Measure and site -> statistic -> what the table of Figure S.1 prints; `verdict` is its column of words."""
    tree = read_html(page)
    (figure,) = tree.xpath("//figure[@id='figure-S-1']")
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in figure.iterfind(".//tbody/tr"):
        cells = {cell.get("data-q"): cell.text_content().strip() for cell in row.iterfind("td[@data-q]")}
        ids = [name.split(".") for name in cells]
        ((measure, site),) = {(one[0], one[2]) for one in ids}
        own = {one[1]: text for one, text in zip(ids, cells.values(), strict=True)}
        (words,) = row.iterfind("td/span[@data-w]")
        found[measure, site] = {**own, "verdict": words.text_content()}
    return found


def side(text: str) -> int:
    """Which side of nought a printed number is on: only its sign and its digits are read."""
    return 0 if not re.search("[1-9]", text) else -1 if text.startswith("\N{MINUS SIGN}") else 1


def test_words_verdict_and_printed_interval_agree(rendered):
    """Every finding: what the summary says of a site, the figure's column, and where its interval is printed."""
    values, _, page, found, _ = rendered
    rows = figure_rows(page)
    said: dict[tuple[str, str], set[str]] = {}
    for paragraph in found:
        for text, ids in paragraph.words:
            word = next((one for one in FIGURE_SAYS if one in text.replace("depend on", "depends on")), None)
            for one in ids if word else ():
                if ".did." in one:
                    said.setdefault(tuple(one.split(".did.")), set()).add(FIGURE_SAYS[word])
    assert said and said.keys() <= rows.keys()
    for (measure, site), row in rows.items():
        assert said.get((measure, site), {row["verdict"]}) == {row["verdict"]}, (measure, site)
        ends = {side(row["tested_low"]), side(row["tested_high"])} if "[" not in row["tested_low"] else None
        nil = not re.search("[1-9]", row["did"])
        if row["verdict"] in ("better", "worse"):
            assert ends == {1 if row["verdict"] == "better" else -1} == {side(row["did"])}, (measure, site, row)
        elif row["verdict"] == "no clear difference":
            assert nil or ends is None or len(ends) > 1 or ends == {0}, (measure, site, row)
            assert nil or ends is not None or values[f"{measure}.p.{site}"] == 1, (measure, site, row)
        elif row["verdict"] == "depends on measure":
            assert ends in ({1}, {-1}), (measure, site, row)


def test_significance_is_true(rendered):
    values, *_, found, _ = rendered
    for paragraph in found:
        for text, ids in paragraph.words:
            if "statistically significant" not in text:
                continue
            ps = [values[identifier] for identifier in ids if ".p." in identifier]
            denied = re.match(r"which is not|neither|none", text)
            assert all(p >= LEVEL for p in ps) if denied else all(p < LEVEL for p in ps), (text, ps)
            number = re.match(r"(both|neither|none of these|all (\w+))", text)
            expected = {None: 1, "both": 2, "neither": 2}.get(number and number[1])
            if number and number[2]:
                expected = COUNTS[number[2]]
            assert len(ps) == expected if expected else len(ps) >= 3, text


def test_the_tally_is_true(rendered):
    values, study, _, found, _ = rendered
    tested = [
        clear(values, measure, site)
        for measure, sites in ft.MEASURES.items()
        for site in sites
        if site in study["sites"] and not math.isnan(values[f"{measure}.p.{site}"] + values[f"{measure}.did.{site}"])
    ]
    count = Counter("unclear" if said in ("no clear difference", "depends on") else said for said in tested)
    assert values["stated.compared.all"] == len(tested)
    assert values["stated.better.all"] == count["did better"]
    assert values["stated.worse.all"] == count["did worse"]
    assert values["stated.unclear.all"] == count["unclear"]
    sentences = [p.text for p in found if "comparisons" in p.text and "can be tested" in p.text]
    assert len(sentences) >= 2


def test_benefits_and_costs_are_told_truly(rendered):
    values, study, _, found, _ = rendered
    analysed = [name for name, site in study["sites"].items() if site.get("analysed", True)]
    above = {site for site in analysed if values[f"benefit.total.{site}"] > values[f"cost.{site}.total"]}
    below = {site for site in analysed if sign(values[f"benefit.total.{site}"], 0) == -1}
    seen = set()
    for paragraph in found:
        for text, ids in paragraph.words:
            about = {identifier.split(".")[-1] for identifier in ids if identifier.startswith("benefit.total.")}
            if re.search(r"In .*the benefits exceed the cost$", text):
                named = set(labels_in(text, study))
                seen |= about
                if re.match(r"In (none|neither)", text):
                    assert not above
                elif named:
                    assert named == above, text
                else:
                    number = re.match(r"In (?:all )?(\w+)", text)[1]
                    assert COUNTS[number] == len(above), text
            if "the benefits are negative" in text:
                assert about <= below and about, text
    if above:
        assert seen, "nothing says in which sites the benefits exceed the cost"


@pytest.mark.parametrize(
    ("did", "p", "up", "said"),
    [
        (3.6, 0.004, True, BETTER),
        (-3.6, 0.004, False, WORSE),
        (3.6, 0.004, None, BETTER),
        (3.6, 0.004, False, MIXED),
        (3.6, 0.05, True, UNCLEAR),
        (0.04, 0.004, True, NIL),
        (0.04, math.nan, None, NIL),
        (3.6, math.nan, None, UNTESTED),
        (math.nan, math.nan, None, "missing"),
    ],
)
def test_verdict(did, p, up, said):
    assert verdict(did, p, up, LEVEL, 1) == said


def test_the_sign_of_the_test_is_that_of_the_model_or_of_the_counts():
    values = {"a.odds_ratio.site_1": 0.8, "a.log_odds_did.site_1": 0.3, "b.log_odds_did.site_1": 0.3}
    assert odds_up(values, "a", "site_1") is False
    assert odds_up(values, "b", "site_1") is True
    assert odds_up({"a.odds_ratio.site_1": math.nan}, "a", "site_1") is None


@pytest.mark.parametrize(
    ("total", "cost", "said"),
    [(2.0, 1.0, ABOVE), (1.0, 1.0, BELOW), (-1.0, 1.0, NEGATIVE), (0.4, 1.0, "nil"), (math.nan, 1.0, "missing")],
)
def test_benefit_verdict(total, cost, said):
    assert benefit_verdict(total, cost) == said


@pytest.mark.parametrize(
    ("value", "form"),
    [(2e9, "gbp_to_bn1"), (-2e6, "gbp_to_m1"), (950_000, "gbp_to_m1"), (12_000, "gbp_k_unit"), (500, "gbp")],
)
def test_money_form(value, form):
    assert money_form(value) == form
