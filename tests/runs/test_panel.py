"""The panel that traces numbers on the screen: its data, and the page in a real browser."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from browser import NARROW, WIDE, chromium, page_of, violations
from dscp.extracts.registry import EXTRACTS
from dscp.ledger.rows import read_ledger
from dscp.ledger.trail import dependents
from dscp.measures.registry import MEASURES
from dscp.report.panel import SCRIPT, data_of, extract_files, label, names_of, settings_of, trace_data
from tables import read_cells

PROJECT = Path(__file__).parents[2]
TOTAL = "benefit.total.site_3"
COUNT = "effective_treatment.count.pilot_3.post"


# What the page carries


@pytest.fixture(scope="module")
def ledger(default_run) -> pd.DataFrame:
    return read_ledger(default_run / "ledger.csv")


@pytest.fixture(scope="module")
def carried(default_run) -> dict:
    page = (default_run / "report.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'id="trace-data">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.parametrize(
    ("identifier", "dims", "words"),
    [
        (COUNT, "area=pilot_3 period=post", "Effective treatment: count, Pilot 3, 2009-11"),
        ("effective_treatment.did.site_2", "site=site_2", "Effective treatment: difference in differences, Site 2"),
        ("spending.pay.y2009_10", "category=pay year=y2009_10", "Spending: pay, 2009-10"),
        (
            "new_journeys_monthly.pilot_2.2008_04",
            "area=pilot_2 month=2008_04",
            "New journeys monthly: Pilot 2, April 2008",
        ),
        ("setting.models.significance", "path=models.significance", "Setting: models, significance"),
        ("loner", "", "Loner"),
    ],
)
def test_ids_in_words(identifier, dims, words, config):
    assert label({"id": identifier, "dims": dims}, names_of(config)) == words


def test_settings_are_texts(config, ledger):
    settings = settings_of(config, ledger.to_dict("records"))
    assert settings["definitions.effective_days"] == "83"
    assert settings["codes.known_exit_reasons"] == "0, 99; 999, 999"
    assert settings["sites.site_1.analysed"] == "false"
    assert not any(name.startswith("extracts") for name in settings)


def test_a_quantity_carries_the_settings_that_shape_it(carried):
    names = [name for name, _ in carried["settings"]]
    shaped = [carried["shaped"]["of"][at] for at in carried["shaped"]["at"]]
    of_count = {names[int(at)] for at in shaped[carried["id"].index(COUNT)].split()}
    assert {"definitions.effective_days", "codes.completed_exit_reasons", "periods.post.outcomes"} <= of_count
    assert "definitions.pickup_days" not in of_count
    whole = {names[int(at)] for at in shaped[carried["id"].index("excluded.outside_study_areas.journeys")].split()}
    assert whole == {name for name in names if name.startswith("sites.")}, "a group stands for all in it"
    assert shaped[carried["id"].index(TOTAL)] == ""


def test_the_script_is_all_files_of_its_folder():
    assert {f"{name}.js" for name in SCRIPT} == {path.name for path in (PROJECT / "templates" / "trace").iterdir()}


def test_every_quantity_is_carried_with_its_inputs(carried, ledger):
    assert carried["id"] == ledger["id"].tolist()
    at = carried["id"].index("effective_treatment.rate.pilot_3.post")
    named = {name: [carried["id"][one] for one in ids] for name, ids in carried["inputs"][at]}
    assert named["count"] == [COUNT]
    assert carried["filled"][at].startswith("100 * ")
    assert set(carried["versions"]) >= set(ledger["rule"])


def test_checksums_are_those_of_the_files(carried, default_study):
    name, told = carried["extracts"]["journeys"][0]
    file = default_study / "results" / "reference_extracts" / "restricted" / name
    assert told == hashlib.sha256(file.read_bytes()).hexdigest()


def test_every_extract_that_a_rule_reads_is_on_some_trail_of_its_numbers(ledger):
    """The extracts in a rule's inputs are those that its counts and fits say they read."""
    told = pd.DataFrame({"rule": ledger["rule"], "reads": ledger["extract"].str.split()})
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "workflow" / "rules").glob("*.smk"))
    for rule in ("fieldwork", "outcomes", "continuity", "spending", "new_journeys"):
        body = re.search(rf"^ *rule {rule}:\n(.*?)^ *output:", rules, re.DOTALL | re.MULTILINE)[1]
        own = {name for names in told["reads"][told["rule"].isin([rule, "impact"])] for name in names}
        read = {name for name in re.findall(r'"(\w+)"', body) if name in EXTRACTS}
        read |= {extract for one in MEASURES.values() if one.cohort.rule == rule for extract in one.reads}
        assert read and read <= own, rule


def test_a_given_extract_is_named_without_its_folder_or_checksum(tmp_path):
    file = tmp_path / "journeys.csv"
    file.write_text("client\n", encoding="utf-8")
    assert extract_files({"journeys": [str(file)]}, []) == {"journeys": [["journeys.csv", ""]]}


def test_what_is_carried_cannot_end_the_script(ledger, config):
    hostile = ledger.head(1).assign(note="</script><b>")
    head = data_of(trace_data(hostile, config, {}, {}))
    assert "</script><b>" not in head
    assert "\\u003c/script>\\u003cb>" in head


def test_only_the_page_for_the_screen_carries_it(default_run):
    assert "<script" not in (default_run / "work" / "report_print.html").read_text(encoding="utf-8")
    assert (default_run / "report.html").stat().st_size < 5.5e6


class Elements(HTMLParser):
    """Texts of the scripts that a browser runs and of the stylesheets of a page, and attributes that work like them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.attributes: list[str] = []
        self.policies: list[tuple[str, int]] = []  # with how many scripts and stylesheets come before it
        self._here = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.attributes += [name for name in known if name == "style" or name.startswith("on")]
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policies.append((known["content"], sum(map(len, self.texts.values()))))
        if tag in self.texts and known.get("type") != "application/json":
            self._here = tag
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._here = "" if tag == self._here else self._here

    def handle_data(self, data: str) -> None:
        if self._here:
            self.texts[self._here][-1] += data


def test_the_page_runs_the_scripts_and_stylesheets_that_its_policy_names_and_no_others(default_run):
    found = Elements((default_run / "report.html").read_text(encoding="utf-8"))
    ((policy, before),) = found.policies
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for tag, number in (("script", 2), ("style", 1)):
        sums = [hashlib.sha256(text.encode()).digest() for text in found.texts[tag]]
        assert len(sums) == number
        assert rules[f"{tag}-src"] == " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in sums)
    assert before == 0 and found.attributes == [] and "unsafe" not in policy
    assert {rules[name] for name in ("default-src", "base-uri", "form-action")} == {"'none'"}


# The page in a browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser, default_run):
    with page_of(browser, default_run / "report.html") as opened:
        yield opened


INTRUDERS = {
    "a script": ("<main", "<script>window.pwned = 1</script><main"),
    "an altered script": ('"use strict";', '"use strict"; window.pwned = 1;'),
    "a handler": ("<main", '<img src="x" onerror="window.pwned = 1"><main'),
    "an address": ("<main", '<iframe src="javascript:parent.pwned = 1"></iframe><main'),
    "a script with another's sum": ("<main", '<script integrity="{sum}">window.pwned = 1</script><main'),
    "a stylesheet": ("<main", "<style>main { display: none }</style><main"),
    "a style": ("<main", '<main style="display: none"'),
}


@pytest.mark.parametrize("case", INTRUDERS)
def test_a_script_or_style_that_somebody_puts_into_the_page_does_nothing(browser, default_run, tmp_path, case):
    text = (default_run / "report.html").read_text(encoding="utf-8")
    old, new = INTRUDERS[case]
    assert text.count(old)
    path = tmp_path / "page.html"
    known = re.search(r"script-src '([^']+)'", html.unescape(text))[1]
    path.write_text(text.replace(old, new.replace("{sum}", known), 1), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(100)
    assert page.evaluate("window.pwned") is None
    assert page.locator("main").is_visible()
    page.close()


def panel(page: Page):
    return page.locator("#trace-panel")


def choose(page: Page, identifier: str, where: str = "main") -> None:
    page.locator(f'{where} [data-q="{identifier}"]').first.click()


def test_from_a_table_cell_down_to_records_and_back(page):
    choose(page, TOTAL, "#table-7-10")
    expect(panel(page)).to_be_visible()
    expect(page.locator("#trace-title")).to_be_focused()
    back = panel(page).get_by_role("button", name="‹ Back")
    expect(back).to_have_count(0)  # there is nothing to go back to
    expect(panel(page).locator(".number b")).to_have_text("20,678")
    expect(panel(page)).to_contain_text("2,852,676.144 + 17,825,104.809 = 20,677,780.953")
    steps = [
        "benefit.effective_treatment.site_3",
        "additional.effective_treatment.site_3",
        "effective_treatment.base.pilot_3.post",
    ]
    for step in steps:
        panel(page).locator(f'section .numbers a[href="#trace={step}"]').first.click()
        expect(panel(page).locator("p > code").first).to_have_text(step)
    expect(panel(page)).to_contain_text("journeys.csv")
    expect(panel(page)).to_contain_text(re.compile(r"SHA-256 [0-9a-f]{64}"))
    expect(panel(page)).to_contain_text("clients of Pilot 3 with a journey in the post period")
    expect(panel(page)).to_contain_text(re.compile(r"Code version\s*[0-9a-f]{16}"))
    for step in [*reversed(steps[:-1]), TOTAL]:
        back.click()
        expect(panel(page).locator("p > code").first).to_have_text(step)
    page.go_back()
    expect(panel(page)).to_be_hidden()


def test_a_number_and_words_of_a_sentence(page):
    sentence = page.locator("main p:has([data-w])", has=page.locator('[data-q^="effective_treatment.did."]')).first
    sentence.locator('[data-q^="effective_treatment.did."]').click()
    expect(panel(page)).to_contain_text("How it is computed")
    sentence.locator("[data-w]").first.click()
    expect(page.locator("#trace-title")).to_have_text("Words that follow from numbers")
    expect(panel(page)).to_contain_text("The entry of the first in Appendix D")
    panel(page).locator(".numbers a").nth(1).click()
    expect(panel(page)).to_contain_text("Settings that matter")
    panel(page).get_by_role("button", name="Back").click()
    expect(page.locator("#trace-title")).to_have_text("Words that follow from numbers")


def test_a_number_has_its_sign_wherever_the_trace_shows_it(page, ledger):
    """Prose says "fell by 13.8": on a trail the number is -13.8, as the formula beside it has it."""
    values = ledger.set_index("id")["value"]
    told = page.locator("main p [data-q]").filter(has_text=re.compile(r"^[\d.]+$"))
    fell = next(one for one in told.all() if values[one.get_attribute("data-q")] < 0)
    fell.click()
    expect(panel(page).locator(".number b")).to_have_text(re.compile("^-|^−"))


def test_a_number_of_a_figure(page):
    figure = page.locator("#figure-C-8-1")
    figure.get_by_text("The numbers of this figure").click()
    figure.locator("td [data-q]").first.click()
    expect(panel(page)).to_contain_text("new_journeys_monthly.csv")


def test_an_address_opens_the_panel(browser, default_run):
    with page_of(browser, default_run / "report.html", fragment=f"#trace={COUNT}") as page:
        expect(panel(page).locator("p > code").first).to_have_text(COUNT)
        page.keyboard.press("Escape")
        expect(panel(page)).to_be_hidden()
        assert "#" not in page.url
    with page_of(browser, default_run / "report.html", fragment="#trace=<b>%E0%A4%A") as page:
        expect(page.locator("#trace-title")).to_have_text("Not found")


def test_by_keyboard_only(page):
    for _ in range(4):  # the first is the link that skips to the report, the second leads back to the top
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Step through numbers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("numbers to step through")
    assert page.locator('main [tabindex="0"][data-q], main [tabindex="0"][data-w]').count() == 1
    page.evaluate("document.querySelector('#table-7-10 [data-q]').focus()")
    first = page.evaluate("document.activeElement.dataset.q")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.dataset.q")
    assert (first, second) == ("cost.site_1.year_1", "cost.site_2.year_2")
    expect(page.locator(":focus")).to_have_role("button")
    page.keyboard.press("Enter")
    expect(page.locator("#trace-title")).to_be_focused()
    panel(page).get_by_role("link", name="pilot_spending").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#trace-title")).to_have_text("Extract pilot_spending")
    expect(page.locator("#trace-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.q") == second


def test_search_by_number_and_by_words(page):
    page.get_by_role("link", name="Trace a number").click()
    search = page.get_by_label("Number or words")
    expect(search).to_be_focused()
    results = panel(page).locator(".numbers li")
    for typed in ("1,914", "1914", "base pilot 3 effective 2007-09"):
        search.fill(typed)
        expect(results.first).to_contain_text("Effective treatment: base, Pilot 3, 2007-09")
        expect(page.get_by_role("status")).to_contain_text("found")
    search.fill("no such thing")
    expect(page.get_by_role("status")).to_have_text("0 numbers found")


def test_search_by_what_a_reader_has_before_them(page, ledger):
    """A table's number and name, a share with its sign, a page of the PDF."""
    page.get_by_role("link", name="Trace a number").click()
    search, found = page.get_by_label("Number or words"), panel(page).locator(".numbers")
    search.fill("Table 3.1")
    expect(found.locator(".named a").first).to_have_attribute("href", "#table-3-1")
    inside = page.locator("#table-3-1 [data-q]").first.get_attribute("data-q")
    expect(found.locator("li:not(.named li) a").first).to_have_attribute("href", f"#trace={inside}")
    search.fill("44%")
    shares = set(ledger.loc[ledger["unit"].isin(["percent", "ppt", "rate"]), "id"])
    names = [one.get_attribute("href").removeprefix("#trace=") for one in found.locator("li:not(.named li) a").all()]
    assert names and names[0] in shares
    for typed in ("70%", "70 per cent"):
        search.fill(typed)
        expect(found.locator('a[href="#trace=prison_pickup.rate.pilot_2.post"]')).to_have_count(1)
    search.fill("communication")
    expect(found.locator(".named a").first).to_have_text("3.2.4 Communication")
    search.fill("page 26")
    expect(found).to_contain_text('make trace ID="page 26"')
    search.fill("Table 3.1")
    found.locator(".named a").first.click()
    expect(panel(page)).to_be_hidden()
    expect(page.locator("#table-3-1")).to_be_in_viewport()


def column(page: Page, table: str, at: int) -> list[str]:
    return page.locator(f"{table} tbody tr > :nth-child({at})").all_inner_texts()


def test_a_table_is_sorted_by_keyboard_and_says_so(page):
    """By value, not by what is written; totals stay last; a third press brings the printed order back."""
    table = "#table-7-1"
    printed, values = column(page, table, 1), column(page, table, 2)
    assert page.locator(f"{table} tr.total").count() == 1
    button = page.locator(f"{table} thead tr").last.get_by_role("button").nth(1)
    head = page.locator(f"{table} thead tr").last.locator("th").nth(1)
    button.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("status")).to_contain_text("Table 7.1 is sorted by")
    expect(page.get_by_role("status")).to_contain_text("smallest first")
    number = lambda text: float(re.sub(r"[^\d.]", "", text))  # noqa: E731
    rising = column(page, table, 2)
    assert [number(one) for one in rising[:-1]] == sorted(number(one) for one in values[:-1])
    assert column(page, table, 1)[-1] == printed[-1] and rising != values
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(page, table, 2) == [*rising[:-1][::-1], rising[-1]]
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") is None
    expect(page.get_by_role("status")).to_have_text("Table 7.1 is in its printed order.")
    assert (column(page, table, 1), column(page, table, 2)) == (printed, values)


def test_only_tables_whose_rows_stand_for_themselves_can_be_sorted(page):
    """None with pairs of rows, groups or sections: a pilot stays above its comparison area, a p-value with its pair."""
    sortable = page.evaluate(
        "[...document.querySelectorAll('main .exhibit > table')].map((one) => ["
        "one.id, !!one.querySelector('.sort'), one.tBodies.length > 1 &&"
        "[...one.tBodies].some((body) => body.rows.length > 1),"
        "!!one.querySelector('[rowspan], tr.section')])"
    )
    offered = {name for name, sorts, *_ in sortable if sorts}
    assert {"table-7-1", "table-1-1"} <= offered
    assert not offered & {"table-3-1", "table-6-1", "table-7-10"}
    assert not [name for name, sorts, grouped, joined in sortable if sorts and (grouped or joined)]


def test_every_heading_table_and_figure_has_a_link_to_itself(page):
    wanted = page.evaluate(
        "[...document.querySelectorAll('main :is(h1,h2,h3)[id], main table[id], main figure[id]')].map((one) => one.id)"
    )
    marks = page.locator("main a.mark-here")
    assert [one.get_attribute("href") for one in marks.all()] == [f"#{name}" for name in wanted] and len(wanted) > 100
    names = [one.get_attribute("aria-label") for one in marks.all()]
    assert {"Link to Table 3.1", "Link to Figure S.1", "Link to Section 3.1", "Link to Appendix B"} <= set(names)
    marks.nth(5).click()
    assert page.url.endswith(f"#{wanted[5]}")


def test_the_citation_can_be_copied(page):
    said = page.locator("#citation").inner_text()
    assert "Drug System Change Pilots" in said and "dscp-2009-11" in said
    page.get_by_role("button", name="Copy the citation").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("^The citation is (copied|selected)"))
    if "selected" in page.get_by_role("status").inner_text():
        assert page.evaluate("String(getSelection())") == said


def test_heads_of_rows_stay_in_view_while_a_table_scrolls(browser, default_run):
    """Scrolled to its right end a table still shows the heads of its rows, over nothing that shines through."""
    with page_of(browser, default_run / "report.html", (360, 800)) as page:
        for table in ("#table-3-1", "#table-7-10", "#table-6-3"):
            places = page.evaluate(
                """(name) => { const table = document.querySelector(name), box = table.parentElement;
                box.scrollLeft = box.scrollWidth;
                const head = [...table.querySelectorAll("tbody th")].at(-1), at = head.getBoundingClientRect();
                const cell = head.parentElement.lastElementChild.getBoundingClientRect();
                const frame = box.getBoundingClientRect();
                return [box.scrollLeft, at.left - frame.left, at.right - frame.left, frame.right - cell.right,
                        frame.width, getComputedStyle(head).backgroundColor]; }""",
                table,
            )
            scrolled, left, right, after, wide, ground = places
            assert scrolled > 20 and left >= -1 and right < 0.75 * wide and after > -2, (table, places)
            assert ground == page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_what_changes_if_something_changes(page, ledger):
    page.get_by_role("link", name="Trace a number").click()
    for choice, printed_in, not_in in [
        ("extract:triage_quarters", "Table 3.3", "Table 6.1"),
        ("extract:cjit_forms", "Table 3.1", "Table 6.1"),
        ("extract:dirs", "Table 3.1", "Table 6.1"),
        ("constant.social_cost", "Text", "Table 6.1"),
        ("setting:definitions.effective_days", "Table 6.1", "Table 3.1"),
        ("setting:definitions.pickup_days", "Table 3.1", "Table 6.1"),
        ("setting:periods.pre.triage_quarters", "Table 3.3", "Table 3.1"),
        ("setting:economics.method", "Table 7.10", "Table 6.1"),
        ("setting:economics.benefit_share", "Table 7.10", "Table 3.1"),
    ]:
        page.evaluate("location.hash = '#trace=find'")
        page.get_by_label("Extract, constant or setting").select_option(choice)
        page.get_by_role("button", name="Show").click()
        expect(panel(page)).to_contain_text(printed_in)
        expect(panel(page)).not_to_contain_text(not_in)


@pytest.mark.parametrize(
    "view, name",
    [
        ("extract:triage_quarters", "extract.triage_quarters"),
        ("extract:dirs", "extract.dirs"),
        ("setting:definitions.latest_journey", "setting.definitions.latest_journey"),
        ("setting:economics.treatment_years", "setting.economics.treatment_years"),
    ],
)
def test_dependents_are_those_of_the_ledger(page, ledger, view, name):
    page.evaluate(f"location.hash = '#trace={view}'")
    told = panel(page).get_by_text(re.compile(r"printed numbers")).inner_text()
    numbers = re.findall(r"\d{1,3}(?:,\d{3})*", told)
    assert sum(int(number.replace(",", "")) for number in numbers) == len(dependents(ledger, [name]))


def test_the_picture_is_the_numbers_own_path_and_has_an_alternative(page):
    choose(page, TOTAL, "#table-7-10")
    picture = panel(page).locator(".picture svg")
    expect(picture).to_have_attribute("role", "img")
    expect(picture).to_have_attribute(
        "aria-label", re.compile(r"^Path of Benefit: total, Site 3\. \d+ computed numbers")
    )
    assert panel(page).locator(".picture rect").count() <= 60
    panel(page).get_by_text("The path as a list").click()
    expect(panel(page)).to_contain_text("1 step below")


def test_axe_finds_nothing(page):
    assert violations(page) == []
    page.get_by_role("button", name="Step through numbers").click()
    choose(page, TOTAL, "#table-7-10")
    assert violations(page) == []


@pytest.mark.parametrize("view", [TOTAL, COUNT, "find", "extract:journeys", "setting:sites.site_3.kind", "no such"])
def test_axe_finds_nothing_in_any_view_on_a_narrow_screen(browser, default_run, view):
    with page_of(browser, default_run / "report.html", NARROW, f"#trace={view}") as page:
        for summary in panel(page).locator("section > details > summary").all()[:8]:
            summary.click()
        assert violations(page, "#trace-panel") == []


def test_nothing_runs_over_a_narrow_screen(browser, default_run):
    with page_of(browser, default_run / "report.html", NARROW) as page:
        choose(page, COUNT)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        number, sheet = page.locator(".trace-chosen").bounding_box(), panel(page).bounding_box()
        assert number["y"] + number["height"] <= sheet["y"]


def test_without_a_script_the_report_is_all_there_is(browser, default_run):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((default_run / "report.html").as_uri())
    assert page.locator("#trace-panel, .trace-tools").count() == 0
    assert page.locator('#table-7-10 [data-q="benefit.total.site_3"]').inner_text() == "20,678"
    context.close()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_buttons_cover_no_text(browser, default_run, size):
    """They stand in a bar across the page, which nothing shows through and nothing that is jumped to ends under."""
    with page_of(browser, default_run / "report.html", size) as page:
        bar = page.locator(".trace-tools").bounding_box()
        assert (bar["x"], bar["width"]) == (0, size[0]) and bar["y"] + bar["height"] == size[1]
        style = "getComputedStyle(document.querySelector('.trace-tools'))"
        ground = page.evaluate(f"{style}.backgroundColor")
        assert page.evaluate(f"{style}.opacity") == "1" and ground.startswith("rgb(")
        ends = page.evaluate("""() => [...document.querySelectorAll("main [data-q]")]
            .filter((one, n) => n % 500 === 0 && one.checkVisibility())
            .concat([...document.querySelectorAll("body > *:not(.trace-tools):not(#trace-panel)")].slice(-1))
            .map((one) => {
                one.scrollIntoView({ block: "end", behavior: "instant" });
                return one.getBoundingClientRect().bottom;
            })""")
        assert len(ends) > 3 and max(ends) <= bar["y"]
        page.get_by_role("link", name="Top", exact=True).click()
        page.wait_for_function("scrollY === 0")


@pytest.mark.parametrize("number", ["6.1", "7.10", "7.4", "B.2"])
def test_a_table_is_saved_as_it_is_printed_with_plain_numbers(page, default_run, number, tmp_path):
    """Every number of the table's cells is there, as often as the table has it, and no head is empty."""
    with page.expect_download() as saved:
        page.get_by_role("link", name=f"Save Table {number} as CSV").click()
    assert saved.value.suggested_filename == f"table-{number.replace('.', '-')}.csv"
    saved.value.save_as(tmp_path / "table.csv")
    found = pd.read_csv(tmp_path / "table.csv", dtype=str, keep_default_na=False)
    assert all(found.columns) and not any(name.startswith("Unnamed") for name in found.columns)
    cells = read_cells(default_run / "cells.csv", dtype=str)
    ours = cells.loc[(cells["exhibit"] == number) & (cells["id"] != ""), "printed"]
    wanted = Counter(text for text in ours.map(as_plain) if text)
    held = Counter(found.to_numpy().ravel())
    assert len(wanted) > 5 and not wanted - held, wanted - held


def as_plain(printed: str) -> str:
    """A printed number without commas, pound, per cent and plus signs; nothing where it is no number by itself."""
    text = printed.replace(",", "").replace("£", "").removesuffix("%").removeprefix("+").replace("−", "-")
    return text if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else ""
