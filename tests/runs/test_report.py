"""The rendered report: nothing naked, nothing false with other results, nothing fetched, the same bytes twice."""

from __future__ import annotations

import base64
import io
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from weasyprint import HTML
from weasyprint.formatting_structure import boxes

from dscp.config.schema import config_schema
from dscp.exhibits.book import UnknownQuantity
from dscp.figures.numbers import numbers
from dscp.ledger.rows import read_ledger
from dscp.pdf.line_breaks import keep_names_with_numbers, last_spaces_take_no_room
from dscp.pdf.typesetting import TypesettingProblem, typeset
from dscp.printing.html import read_html
from dscp.report.lint import read_allowed, read_page
from dscp.report.styles import embed_fonts
from dscp.study.choices import choices
from ledger import validated
from report_html import quoted, report_html, validation_tables

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "templates"
DECLARED = yaml.safe_load((TEMPLATES / "exhibits.yaml").read_text(encoding="utf-8"))["exhibits"]
FIGURES = yaml.safe_load((TEMPLATES / "figures.yaml").read_text(encoding="utf-8"))["figures"]
FINDINGS = pd.DataFrame(
    [
        ("journeys", "count", "", "rows in", "", 10),
        ("journeys", "count", "", "rows kept", "", 9),
        ("journeys", "excluded", "dat", "DAT outside the study", "", 1),
        ("journeys", "count", "sex", "missing", "", 2),
        ("journeys", "information", "sex", "no value", "treated as missing", 2),
        ("journeys", "information", "drug_1", "q4242", "an <i>unknown</i> code, treated as missing", 1),
    ],
    columns=["extract", "severity", "column", "found", "allowed", "rows"],
)
ACTIVITY = ["freedoms_and_flexibilities", "structural_change", "system_change", "delivery_change"]
SILENT = ("style", "title", "script")
ALLOWED = read_allowed(yaml.safe_load((TEMPLATES / "numbers_allowed.yaml").read_text(encoding="utf-8")))


def text_of(page: str) -> str:
    """What a page says, without styles and scripts."""
    tree = read_html(page)
    for silent in tree.iter(*SILENT):
        silent.text = ""
    return re.sub(r"\s+", " ", tree.text_content())


@pytest.fixture(scope="module")
def ledger(default_run) -> pd.DataFrame:
    return read_ledger(default_run / "ledger.csv")


def render(
    ledger: pd.DataFrame, config: dict, folder: Path = TEMPLATES
) -> tuple[str, str, pd.DataFrame, dict[str, str]]:
    activity = pd.DataFrame([{"site": site, **dict.fromkeys(ACTIVITY, "None")} for site in config["sites"]])
    drawings = dict.fromkeys(numbers(FIGURES, config), "<svg xmlns='http://www.w3.org/2000/svg'/>")
    styles = {"screen": "", "print": ""}
    told = with_findings(ledger)
    return report_html(
        told, FINDINGS, activity, drawings, DECLARED, [], config, folder, styles, declared_figures=FIGURES
    )


def with_findings(ledger: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([ledger[~ledger["id"].str.startswith("validation.")], validated(FINDINGS)], ignore_index=True)


def changed(ledger: pd.DataFrame, pattern: str, value: float, note: str = "") -> pd.DataFrame:
    hit = ledger["id"].str.fullmatch(pattern)
    assert hit.any(), pattern
    noted = np.where(hit & (note != ""), note, ledger["note"])
    return ledger.assign(value=ledger["value"].mask(hit, value), note=noted)


def test_both_pages_have_one_body_and_fetch_nothing(default_run):
    pages = [(default_run / name).read_text(encoding="utf-8") for name in ("report.html", "work/report_print.html")]
    bodies = [re.split("<body[^>]*>", page)[1] for page in pages]
    texts, drawings = zip(*((IMAGE.sub("", body), IMAGE.findall(body)) for body in bodies), strict=True)
    assert texts[0] == texts[1] and len(drawings[0]) == len(drawings[1]) == 25
    for shown, printed in zip(*drawings, strict=True):
        svgs = (base64.b64decode(one).decode() for one in (shown, printed))
        assert len({re.sub(r"<style>.*?</style>\n?", "", svg, flags=re.S) for svg in svgs}) == 1
    for page in pages:
        assert set(re.findall(r"""(?:src|href)=["']?(data:|#|[a-z]+:|/)""", page)) == {"data:", "#"}
        assert set(re.findall(r"url\(([a-z]+):", page)) == {"data"}
    assert "<script" not in pages[1]
    assert "Content-Security-Policy" in pages[0]


def test_references_lead_somewhere(default_run):
    page = (default_run / "report.html").read_text(encoding="utf-8")
    anchors = re.findall(r'\bid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    assert not re.search(r"<a [^>]*>[^<]*<(?!/a>)", page), "the PDF tags elements inside links wrongly"


def test_a_reference_run_says_what_it_is(default_run):
    text = text_of((default_run / "report.html").read_text(encoding="utf-8"))
    assert "agrees with the published one by construction, which is no evidence about the pilots" in text
    assert re.search(
        r"Figure C\.8\.1 New journeys in Pilot 2: the fitted line \w+\. "
        r"New journeys by month: Pilot 2 and Comparison 2, number \(illustrative\)",
        text,
    )


def test_assumed_cells_are_marked_with_their_note(default_run):
    page = (default_run / "report.html").read_text(encoding="utf-8")
    cell = re.search(r'<td data-q="prison_pickup.base.comparison_6.post"[^>]*>(.*?)</td>', page)[1]
    assert read_html(cell).xpath("string(.//sup)") == " [a]"
    assert re.search(r"<sup>a</sup> <span class=\"s\">assumed: ", page)


def test_no_effect_anywhere(ledger, config):
    flat = changed(ledger, r"\w+\.(change|did)\.\w+", 0.0)
    text = text_of(render(flat, config)[0])
    assert "The difference in differences is nil at the printed precision in Site 2, Site 4, Site 5 and Site 6." in text
    assert "There was no clear difference in any of the six pilots." in text
    chapter = text.split("Did more people stay in treatment", 1)[1].split("What did the pilots cost")[0]
    assert "nor did it in their comparison areas" in chapter
    assert " rose by" not in chapter


def test_everything_positive_and_significant(ledger, config):
    good = changed(changed(ledger, r"\w+\.(change|did)\.\w+", 9.0), r"\w+\.p\.site_\d", 0.001)
    text = text_of(render(changed(good, r"\w+\.odds_ratio\.site_\d", 2.0), config)[0])
    assert "Both whole system pilots (Site 3 and Site 7) did better than their comparison areas." in text
    assert "(p <0.01); all four are statistically significant at the 5 per cent level" in text
    assert "in each case more than in the comparison area (9.0 points each)" in text


def test_a_test_that_failed_is_said_to_have_failed(ledger, config):
    untested = changed(ledger, r"effective_treatment\.p\.site_3", math.nan, "not estimable: an empty cell")
    page = render(untested, config)[0]
    text = text_of(page)
    assert "It is +3.6 points in Site 3, but no test can be given" in text
    assert "the difference in Site 3 cannot be tested" in text
    assert page.count("not estimable: an empty cell") >= 2
    assert "nan" not in re.sub(r"\w*nan\w+|\w+nan\w*", "", text)


def test_a_point_of_one_is_singular(ledger, config):
    one = changed(ledger, r"prison_pickup\.change\.pilot_2", 1.2)
    assert "rose by 1 percentage point in Site 2 (" in text_of(render(one, config)[0])


def test_budgets_are_compared_from_the_first_year_to_the_last(ledger, config):
    shrunk = changed(ledger, r"budget\.adults_in_effective_treatment\.y2004_05", 200000.0)
    text = text_of(render(shrunk, config)[0])
    assert "the number of adults in effective treatment fell from 200,000 to 195,000" in text


def test_one_site_only(ledger, config):
    alone = {**config, "sites": {name: config["sites"][name] for name in ("site_1", "site_3")}}
    page, _, cells, _ = render(ledger, alone)
    text = text_of(page)
    assert "One site is a whole system pilot: Site 3." in text
    assert "providers stay separate but sign up to run one system together (Site 4, Site 6 and Site 7)" in text
    assert "Table 6.3. No site of this study is a criminal justice pilot" in text
    assert "6.3" not in set(cells["exhibit"])
    remarks = quoted(FINDINGS, {}, [])
    assert read_page(page, with_findings(ledger), alone, ALLOWED, remarks).faults == []


def test_labels_of_the_config_are_escaped_and_never_run(ledger, config):
    sites = {**config["sites"], "site_3": {**config["sites"]["site_3"], "label": "<b>{{ 7 * 7 }}</b> & Co"}}
    page = render(ledger, {**config, "sites": sites})[0]
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt; &amp; Co" in page
    assert "<b>" not in page
    assert "<i>unknown" not in page


def test_an_unknown_quantity_is_named_with_its_template(ledger, config):
    poorer = ledger[ledger["id"] != "constant.social_cost"]
    with pytest.raises(UnknownQuantity, match=r"chapters/introduction.html.j2: no quantity 'constant.social_cost'"):
        render(poorer, config)


def test_every_choice_of_the_config_is_printed(default_run, config):
    made = list(choices(config_schema(PROJECT), config))
    text = text_of((default_run / "report.html").read_text(encoding="utf-8"))
    lines = (line.strip() for line in (PROJECT / "config.yaml").read_text(encoding="utf-8").splitlines())
    assert len(made) == sum("# ASSUME" in line and not line.startswith("#") for line in lines)
    assert all(sentence in text and what in text for _, _, sentence, what in made)


def test_validation_tables():
    tables = validation_tables(FINDINGS)
    assert tables["rows"] == [("Client journeys", "validation.rows_in.journeys", "validation.rows_kept.journeys")]
    assert tables["excluded"][0][-1] == "validation.excluded.journeys.1"
    assert tables["missing"][0][-1] == "validation.missing.journeys.sex"
    assert tables["remarks"][0][-1] == "validation.information.journeys.2"
    assert [row[:2] for row in tables["excluded"]] == [
        ("Client journeys", '<span class="s">DAT outside the study</span>')
    ]
    assert [row[:3] for row in tables["missing"]] == [
        (
            "Client journeys",
            '<span class="s">The client&#39;s sex</span>',
            '<span class="s">treated as missing</span>',
        )
    ]
    assert [[str(part) for part in row[1:3]] for row in tables["remarks"]] == [
        ['<span class="s">The main drug</span>', '<span class="s">a value that is not allowed</span>']
    ]


def test_an_offending_cell_is_not_published(ledger, config):
    assert "q4242" not in render(ledger, config)[0]
    assert not validated(FINDINGS).apply(lambda column: column.astype(str).str.contains("q4242")).any(axis=None)


def test_the_stylesheets_fonts_are_all_shipped():
    style = embed_fonts((TEMPLATES / "report.css").read_text(encoding="utf-8"), TEMPLATES)
    assert "url(fonts/" not in style
    assert style.count("url(data:font/woff2;base64,") == 6


PAGE = "<html lang='en'><head><title>T</title>{}</head><body><h1>T</h1><p>Text</p>{}</body></html>"


def test_the_same_page_gives_the_same_pdf():
    assert typeset(PAGE.format("", "")) == typeset(PAGE.format("", ""))


@pytest.mark.parametrize(
    ("head", "body"),
    [("<style>p { colour: red }</style>", ""), ("", "<a href='#nowhere'>x</a>")],
)
def test_a_complaint_of_the_typesetter_stops_the_run(head, body):
    with pytest.raises(TypesettingProblem, match=r"colour|nowhere"):
        typeset(PAGE.format(head, body))


@pytest.mark.parametrize("address", ["http://localhost/x.png", "file:///etc/hostname"])
def test_nothing_is_fetched_for_the_pdf(address):
    with pytest.raises(BaseException, match=address):
        typeset(PAGE.format("", f"<img alt='x' src='{address}'>"))


def test_another_programme_has_no_figures_of_this_one(ledger, config):
    other = {**config, "programme": {**config["programme"], "short_name": "OP"}}
    text = text_of(render(ledger, other)[0])
    assert "Figure 1.1. This study has no figure of this kind." in text
    assert re.search(r"Figure S\.1 \w+ of the \d+ comparisons clearly favour the pilot", text)


IMAGE = re.compile(r'(?<=src=")data:image/svg\+xml;base64,([^"]*)')
ALT_OF_S_1 = r'<figure id="figure-S-1">.*?<img [^>]*alt="([^"]*)"'


def test_the_description_of_a_figure_follows_the_numbers(ledger, config):
    unclear = changed(ledger, r"\w+\.p\.site_\d", 0.5)
    alt = re.search(ALT_OF_S_1, render(unclear, config)[0], re.S)[1]
    assert "In effective treatment: no clear difference in any of the six." in alt
    usual = re.search(ALT_OF_S_1, render(ledger, config)[0], re.S)[1]
    assert "worse in Site 2, Site 5 and Site 6" in usual


BLOCKS = {
    *("article", "aside", "body", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure"),
    *("footer", "h1", "h2", "h3", "header", "html", "li", "main", "nav", "ol", "p", "section", "summary", "table"),
    *("tbody", "td", "th", "thead", "title", "tr", "ul"),
}
UNREAD = {"head", "script", "style"}


def run_together(page: str) -> list[str]:
    """Where two elements meet letter to letter, as they read without the page's style; formulas are as they are."""
    found, before = [], ""

    def see(text: str | None) -> None:
        nonlocal before
        if text:
            if before[-1:].isalnum() and text[0].isalnum():
                found.append(f"{before[-20:]}|{text[:20]}")
            before = text

    def walk(element) -> None:
        nonlocal before
        if not isinstance(element.tag, str) or element.tag in UNREAD:
            return
        if element.tag == "var":
            before = ""
            return
        if element.tag in BLOCKS:
            before = ""
        see(element.text)
        for child in element:
            walk(child)
            see(child.tail)
        if element.tag in BLOCKS:
            before = ""

    walk(read_html(page).find(".//body"))
    return found


def test_words_do_not_run_together_without_style(default_run, other_study):
    """A text browser, a program that reads tables, a copy: no head ends in its unit, no number in its mark."""
    assert run_together("<body><p>Clients in treatment<span class=unit>number</span></p></body>") != []
    for run in (default_run, other_study / "results/other-2012-15"):
        page = (run / "report.html").read_text(encoding="utf-8")
        assert run_together(page) == []
        heads = {str(head) for table in pd.read_html(io.StringIO(page)) for column in table.columns for head in
                 (column if isinstance(column, tuple) else (column,))}  # fmt: skip
        assert {"Clients in treatment (number)", "In effective treatment (per cent)"} <= heads


NARROW = 300  # px: a cell of a table, where lines are short


def test_no_line_of_a_paragraph_is_broken_too_early(default_run):
    page = (default_run / "work" / "report_print.html").read_text(encoding="utf-8")
    with last_spaces_take_no_room():
        document = HTML(string=page).render()
    short = [
        (number, line)
        for number, sheet in enumerate(document.pages, start=1)
        for box in sheet._page_box.descendants()
        if isinstance(box, boxes.BlockContainerBox) and box.element_tag == "p" and box.width > NARROW
        for line, filled in lines_of(box)[:-1]
        if filled < 0.5
    ]
    assert short == []


def test_a_name_stays_with_its_number_in_the_text_of_the_pages():
    page = '<style>"Sans 3"</style><body><p title="Site 2">Site 2, <b>Table C.6.1</b> and in 2009, Site 3</p>'
    tree = HTML(string=page).etree_element
    keep_names_with_numbers(tree)
    (said,) = tree.iter("p")
    assert "".join(said.itertext()) == "Site\u00a02, Table\u00a0C.6.1 and in 2009, Site\u00a03"
    assert said.get("title") == "Site 2" and tree.find(".//style").text == '"Sans 3"'


def one_word_lines() -> list[str]:
    """The lines of one word, but for last lines, of a paragraph set in many widths."""
    style = embed_fonts((TEMPLATES / "report.css").read_text(encoding="utf-8"), TEMPLATES)
    text = "What did it cost, and was it worth it? This chapter looks at the signs of <a href='#x'>Chapter 6</a>."
    body = "".join(f"<p style='width: {240 + i / 2}px'>{text}</p>" for i in range(60))
    document = HTML(string=f"<style>{style} @page {{ size: 600px 9000px }}</style><div id='x'>{body}</div>").render()
    paragraphs = [box for box in document.pages[0]._page_box.descendants() if box.element_tag == "p" and box.children]
    lines = [line for paragraph in paragraphs for line in paragraph.children[:-1] if isinstance(line, boxes.LineBox)]
    texts = ["".join(getattr(child, "text", "") for child in line.descendants()) for line in lines]
    assert len(texts) > 60
    return [text for text in texts if " " not in text.strip()]


def test_a_space_at_the_end_of_a_line_takes_no_room():
    """When WeasyPrint breaks these lines well by itself, pdf/line_breaks.py can go."""
    assert one_word_lines() != []
    with last_spaces_take_no_room():
        assert one_word_lines() == []


def lines_of(paragraph) -> list[tuple[str, float]]:
    """Each line of a paragraph's box: its text and the share of the width that it fills."""
    found = []
    for line in paragraph.children:
        if isinstance(line, boxes.LineBox) and line.children:
            ends = [child.position_x + getattr(child, "width", 0) for child in line.children]
            text = "".join(getattr(child, "text", "") for child in line.descendants())
            found.append((text, (max(ends) - paragraph.content_box_x()) / paragraph.width))
    return found


def results_told(page: str) -> dict[str, set[str]]:
    """Sentence of at least twelve words that rests on quantities -> the chapters that it stands in."""
    told: dict[str, set[str]] = {}
    for chapter in read_html(page).find_class("chapter"):
        title = chapter.find(".//h1").text_content()
        for one in chapter.xpath(".//p | .//li[not(.//p)]"):
            if one.xpath(".//*[@data-q or @data-w]"):
                for sentence in re.split(r"(?<=\.)\s+", " ".join(one.text_content().split())):
                    if len(sentence.split()) >= 12:
                        told.setdefault(sentence, set()).add(title)
    return told


def test_no_result_is_told_in_the_same_words_in_more_than_two_chapters(default_run):
    told = results_told((default_run / "work" / "report_print.html").read_text(encoding="utf-8"))
    assert len(told) > 50
    assert {sentence: where for sentence, where in told.items() if len(where) > 2} == {}
