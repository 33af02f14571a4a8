"""The finished PDF: its numbers are those that were recorded as printed, each a link to its entry; what it carries."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pikepdf
import pypdf
import pypdfium2
import pytest
import yaml
from lxml import etree

import tagged
from dscp.exhibits.book import shown
from dscp.ledger.rows import read_ledger
from dscp.pdf.typesetting import typeset
from dscp.printing.html import read_html
from dscp.printing.origins import anchor_of
from dscp.report.lint import SILENT, read_allowed, read_page
from seen import flat, links
from tables import read_cells

ALLOWED = Path(__file__).parents[2] / "templates" / "numbers_allowed.yaml"
MM = 72 / 25.4
TOP, BOTTOM = 24 * MM, 22 * MM  # the margins of templates/print.css, with the running heads and page numbers
APART = {"td", "th", "p", "dt", "dd", "li", "br", "sup", "span", "h1", "h2", "h3", "caption", "figcaption"}


@pytest.fixture(scope="module")
def page(default_run) -> str:
    """The page that is typeset, without the tables that open under its figures on the screen only."""
    whole = (default_run / "work" / "report_print.html").read_text(encoding="utf-8")
    return re.sub(r"<details.*?</details>", "", whole, flags=re.DOTALL)


@pytest.fixture(scope="module")
def read(default_run, page, config):
    """The page as the check of its numbers has read it."""
    allowed = read_allowed(yaml.safe_load(ALLOWED.read_text(encoding="utf-8")))
    return read_page(page, read_ledger(default_run / "ledger.csv"), config, allowed)


@pytest.fixture(scope="module")
def entry(default_run) -> dict[str, str]:
    """Ledger id -> the anchor of its entry."""
    return {row["id"]: anchor_of(row) for row in read_ledger(default_run / "ledger.csv").to_dict("records")}


@pytest.fixture(scope="module")
def recorded(read, entry) -> Counter:
    """What the renderer recorded as printed outside Appendix D: entry and text, and how often."""
    return Counter((entry[identifier], text) for identifier, form, text in read.quantities if form != "unrounded")


@pytest.fixture(scope="module")
def reader(default_run) -> pypdf.PdfReader:
    return pypdf.PdfReader(default_run / "report.pdf")


@pytest.fixture(scope="module")
def sheets(default_run) -> list:
    document = pypdfium2.PdfDocument(default_run / "report.pdf")
    return [(sheet.get_size(), sheet.get_textpage()) for sheet in document]


def first_page_of_the_entries(reader) -> int:
    return reader.get_destination_page_number(reader.named_destinations["section-D"])


def pages_of_the_entries(reader) -> range:
    """Appendix D, up to the register (Appendix E)."""
    after = reader.get_destination_page_number(reader.named_destinations["section-E"])
    return range(first_page_of_the_entries(reader), after)


def test_every_printed_quantity_is_one_link_to_its_entry_and_so_are_words(reader, sheets, recorded, read, entry):
    """A link that is broken over lines is one for each line: words are compared one by one."""
    entries = pages_of_the_entries(reader)
    found = Counter(link[1:] for link in links(reader, sheets) if link[0] not in entries)
    assert recorded - found == Counter()
    said = Counter((entry[first], word) for first, text in read.words for word in text.split())
    assert len(read.words) > 60
    assert Counter((at, word) for at, text in (found - recorded).elements() for word in text.split()) == said


def test_every_cell_of_a_table_is_among_them(default_run, recorded, entry):
    """The tables of figures open on the screen only."""
    cells = read_cells(default_run / "cells.csv")
    quantities = cells[(cells["id"] != "") & ~cells["exhibit"].str.startswith("Figure ")]
    assert len(quantities) > 1100
    printed = Counter(
        (entry[identifier], flat(shown(text)))
        for identifier, text in zip(quantities["id"], quantities["printed"], strict=True)
    )
    assert printed - recorded == Counter()


def test_every_link_leads_to_an_entry(reader, sheets):
    start = first_page_of_the_entries(reader)
    pages = {
        target: reader.get_destination_page_number(reader.named_destinations[target])
        for _, target, _ in links(reader, sheets)
    }
    assert len(pages) > 100
    assert min(pages.values()) >= start


def spaced(page: str) -> str:
    """A page's text, with a space where the PDF has one."""
    tree = read_html(page)
    for silent in tree.iter(*SILENT, "title"):
        silent.text = ""
    for hidden in tree.find_class("onscreen"):
        hidden.drop_tree()
    for apart in tree.iter(*APART):
        apart.text, apart.tail = f" {apart.text or ''}", f" {apart.tail or ''}"
    return tree.text_content()


def numbers_of_repeated_heads(page, sheets) -> Counter:
    """The numbers in the heads that tables repeat on the pages on which they go on."""
    text = " ".join(" ".join(text.get_text_bounded().split()) for _, text in sheets)
    tree = read_html(page)
    for unseen in tree.find_class("plain-text"):
        unseen.drop_tree()
    heads = Counter(" ".join(" ".join(head.itertext()).split()) for head in tree.iter("thead"))
    once = {head: sum(tables * one.count(head) for one, tables in heads.items()) for head in heads}
    again = {head: max(0, text.count(head) - once[head]) for head in heads}
    return Counter(number for head, times in again.items() for number in re.findall(r"\d+", head) * times)


@pytest.fixture(scope="module")
def in_figures(default_run, sheets) -> list[str]:
    """The texts of the PDF that stand in its figures."""
    with pikepdf.open(default_run / "report.pdf") as document:
        numbers = {page.objgen: at for at, page in enumerate(document.pages)}
        boxes = [(numbers[one.Pg.objgen], *map(float, one.A.BBox)) for one in tagged.found(document, "Figure")]
    return [sheets[at][1].get_text_bounded(*box) for at, *box in boxes]


def test_the_digits_of_figures_are_those_of_their_drawings(default_run, in_figures):
    """Which were checked; in a figure, what stands apart may be read as one number."""
    drawings = (default_run / "work" / "figures").glob("*.svg")
    written = [text for path in drawings for text in etree.parse(path).iter("{*}text")]
    drawn = Counter(re.findall(r"\d", "".join("".join(one.itertext()) for one in written)))
    assert drawn.total() > 1000
    assert Counter(re.findall(r"\d", "".join(in_figures))) == drawn


def test_no_other_digit_is_in_the_pdf(page, sheets, in_figures):
    """Figures aside, they are those of the page, which was checked, and the page numbers that lists and links add."""
    expected = Counter(re.findall(r"\d+", spaced(page)))
    found = Counter()
    for (width, height), text in sheets:
        found += Counter(re.findall(r"\d+", text.get_text_bounded(0, BOTTOM, width, height - TOP)))
    found -= Counter(number for text in in_figures for number in re.findall(r"\d+", text))
    assert expected - found == Counter()
    front = page.split("</nav>")[0]
    rest = found - expected
    lists = front.count("<li ") + front.count("<li>") + page.count('<a class="n far')
    again = numbers_of_repeated_heads(page, sheets)
    assert rest.total() == lists + again.total()
    assert all(1 <= int(number) <= len(sheets) for number in rest - again)


def test_the_pdf_carries_the_ledger_the_cells_and_the_record(default_run, reader):
    for name, path in {"ledger.csv": "", "cells.csv": "", "ro-crate-metadata.json": "work"}.items():
        assert reader.attachments[name] == [(default_run / path / name).read_bytes()]
    files = [one.get_object() for one in reader.trailer["/Root"]["/AF"]]
    assert {one["/UF"]: one["/AFRelationship"] for one in files} == {
        "ledger.csv": "/Data",
        "cells.csv": "/Data",
        "ro-crate-metadata.json": "/Supplement",
    }
    dates = {one["/EF"]["/F"]["/Params"]["/ModDate"] for one in files}
    assert dates == {"D:20110331000000Z"}


def test_the_same_page_and_files_give_the_same_bytes():
    head = '<title>T</title><meta name="dcterms.created" content="2011-03-31">'
    page = f"<html lang='en'><head>{head}</head><body><h1>T</h1></body></html>"
    files = {"cells.csv": b"a,b", "ro-crate-metadata.json": b"{}"}
    assert typeset(page, files) == typeset(page, files)
    assert typeset(page, {**files, "ro-crate-metadata.json": b"{ }"}) != typeset(page, files)


def test_the_pdf_says_what_it_conforms_to(reader):
    metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert 'pdfuaid:part="1"' in metadata
    assert metadata.count("<rdf:RDF") == 1


def test_the_pdf_is_small_and_its_entries_are_few(default_run, reader):
    assert (default_run / "report.pdf").stat().st_size < 5e6
    assert len(pages_of_the_entries(reader)) <= 23
