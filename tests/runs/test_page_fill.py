"""No page of the default report is nearly empty; what leads to a table or figure stands on its page, in two reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from dscp.printing.html import read_html
from running import RUN

TYPE_AREA = 25 * 72 / 25.4, 23 * 72 / 25.4  # points from the top and from the bottom, as in templates/print.css
LEAST, AT_THE_END = 0.33, 0.2  # of the height: within a chapter, and on its last page


@pytest.fixture(scope="module")
def runs(default_study, other_study) -> list[Path]:
    return [default_study / RUN, other_study / "results/other-2012-15"]


def fill(page: pdfium.PdfPage) -> float:
    """How far down the type area something stands: 0 to 1."""
    height = page.get_height()
    top, bottom = height - TYPE_AREA[0], TYPE_AREA[1]
    lows = (one.get_bounds() for one in page.get_objects(max_depth=6))
    within = [low for _, low, _, high in lows if bottom - 1 < low and high < top + 6 and high - low < 0.9 * height]
    return (top - min(within, default=top)) / (top - bottom)


def chapter_starts(document: pdfium.PdfDocument) -> set[int]:
    """The pages, from 0, on which a chapter begins, by the bookmarks."""
    return {mark.get_dest().get_index() for mark in document.get_toc() if mark.level == 0}


def thin(path: Path) -> list[tuple[int, float]]:
    """Pages that hold too little."""
    with pdfium.PdfDocument(path) as document:
        starts = chapter_starts(document)
        found = [(at, fill(document[at])) for at in range(min(starts), len(document))]
        ends = {at - 1 for at in starts} | {len(document) - 1}
    return [(at + 1, round(of, 2)) for at, of in found if of < (AT_THE_END if at in ends else LEAST)]


def test_no_page_is_nearly_empty(default_run):
    """Chapters of a small study are short, and end where they end."""
    assert thin(default_run / "report.pdf") == []


def test_a_page_with_little_on_it_is_seen(tmp_path):
    from weasyprint import HTML

    style = "@page { size: A4; margin: 25mm 23mm 23mm } h1, .new { break-before: page } h1 { bookmark-level: 1 }"
    full = "<div style='height: 180mm'></div><p>low</p>"
    pages = f"<h1>One</h1>{full}<p class=new>alone</p><p class=new>c</p>{full}<h1>Two</h1>{full}<p class=new>end</p>"
    HTML(string=f"<style>{style}</style>{pages}").write_pdf(tmp_path / "thin.pdf")
    assert [at for at, _ in thin(tmp_path / "thin.pdf")] == [2, 5]


def leads(page: str) -> Iterator[tuple[str, str]]:
    """The words of each paragraph right before a table or figure, and the caption after it."""
    for one in read_html(page).xpath("//main//p[following-sibling::*[1][self::div or self::figure]]"):
        after = one.getnext()
        caption = after.find(".//caption") if after.tag == "div" else after.find("figcaption")
        if caption is not None and "exhibit" in after.get("class", "exhibit"):
            yield squeezed(one.text_content())[-40:], squeezed(caption.text_content())[:30]


def squeezed(text: str) -> str:
    """A text without blanks, page references and links between letters."""
    return re.sub(r"\(page\d+\)|,page\d+|\s", "", re.sub(r"\s", "", text))


def test_what_leads_to_a_table_or_figure_stands_on_its_page(runs):
    for run in runs:
        with pdfium.PdfDocument(run / "report.pdf") as document:
            pages = [squeezed(document[at].get_textpage().get_text_range()) for at in range(len(document))]
        told = list(leads((run / "work" / "report_print.html").read_text(encoding="utf-8")))
        assert len(told) > 5
        apart = [
            (words, caption)
            for words, caption in told
            if not any(words in text and caption in text[text.index(words) :] for text in pages)
        ]
        assert apart == []
