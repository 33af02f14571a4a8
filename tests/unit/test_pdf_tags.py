"""The PDF as a screen reader takes it: the structure of small pages."""

from __future__ import annotations

import io
import re
from xml.etree.ElementTree import fromstring

import pikepdf
import pytest
from weasyprint import HTML

from dscp.pdf.press import VARIANT
from dscp.pdf.tags import names_of_anchors
from dscp.pdf.typesetting import typeset
from tagged import BODY, STYLE, elements, faults, found, page_of

# Header cells by number: 0 Period (spans 1, 2), 3 Total; 4 Site and 5-7 the heads below; then rows.
SPANNED = """<table><caption>T</caption><thead>
<tr><td></td><td></td><th scope=colgroup colspan=2>Period</th><td></td></tr>
<tr><th scope=col>Site</th><th scope=col>Area</th><th scope=col>Base</th><th scope=col>Rate</th><th scope=col>p</th>
</tr></thead><tbody><tr><th scope=rowgroup colspan=5>Section</th></tr>
<tr><th scope=rowgroup rowspan=2>One</th><th scope=row>Pilot</th><td>a</td><td>b</td><td>c</td></tr>
<tr><th scope=row>Other</th><td>d</td><td>e</td><td>f</td></tr></tbody>
<tbody><tr><th scope=row>Total</th><td></td><td>g</td><td>h</td><td>i</td></tr></tbody></table>"""


@pytest.fixture(scope="module")
def small() -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(typeset(page_of(BODY, STYLE))))


def test_the_typesetters_own_structure_has_faults_and_ours_has_none(small):
    raw = io.BytesIO(HTML(string=page_of(BODY, STYLE)).write_pdf(pdf_variant=VARIANT))
    with pikepdf.open(raw) as document:
        assert faults(document) >= {
            "a header cell without a scope",
            "a name that is not listed",
            "contents outside the tree",
            "a link described by its address",
            "a table without a caption",
        }
    assert faults(small) == set()


def heads_of_cells() -> list[tuple[list[str], list[list[str]]]]:
    document = pikepdf.open(io.BytesIO(typeset(page_of(SPANNED))))
    names = re.findall(r"<th[^>]*>(\w+)", SPANNED)
    identifiers = {str(one.ID): name for one, name in zip(found(document, "TH"), names, strict=True)}
    return [[identifiers[str(name)] for name in one.A.get("/Headers", [])] for one in found(document, "TD")]


def test_every_cell_knows_its_heads_over_spans_and_sections():
    corner, cells = heads_of_cells()[:3], heads_of_cells()[3:]
    assert corner == [[], [], []]
    assert cells == [
        ["Period", "Base", "Section", "One", "Pilot"],
        ["Period", "Rate", "Section", "One", "Pilot"],
        ["p", "Section", "One", "Pilot"],
        ["Period", "Base", "Section", "One", "Other"],
        ["Period", "Rate", "Section", "One", "Other"],
        ["p", "Section", "One", "Other"],
        ["Area", "Total"],
        ["Period", "Base", "Total"],
        ["Period", "Rate", "Total"],
        ["p", "Total"],
    ]


def test_scopes_are_those_of_the_page():
    document = pikepdf.open(io.BytesIO(typeset(page_of(SPANNED))))
    wanted = ["/Column" if scope.startswith("col") else "/Row" for scope in re.findall(r"scope=(\w+)", SPANNED)]
    assert [str(one.A.Scope) for one in found(document, "TH")] == wanted


def test_a_table_over_several_pages_is_one_table(small):
    assert len(small.pages) > 3
    (table,) = found(small, "Table")
    assert [str(one.S) for one in table.K][:2] == ["/Caption", "/THead"]
    assert len([one for one in elements(table) if one.S == "/TR"]) == 31


def test_running_heads_and_repeated_heads_are_not_read(small):
    """Each page has a running head and a page number; each page that goes on with the table has two heads again."""
    contents = [page.Contents.read_bytes() for page in small.pages]
    unread = [content.count(b"/Artifact\n<</Type /Pagination>>\nBDC") for content in contents]
    assert unread[0] == 2
    assert unread[-1] == 4
    assert all(content.count(b"BDC") == content.count(b"MCID") + n for content, n in zip(contents, unread, strict=True))


def test_contents_notes_and_figures_say_what_they_are(small):
    assert [str(one.S) for one in elements(found(small, "TOC")[0])][:3] == ["/TOC", "/TOCI", "/Reference"]
    (note,) = found(small, "Note")
    assert [str(one.S) for one in note.K] == ["/Lbl", "/Span"]
    (figure,) = found(small, "Figure")
    left, bottom, right, top = map(float, figure.A.BBox)
    assert (round(right - left), round(top - bottom)) == (38, 15)
    height = float(figure.Pg.MediaBox[3])
    assert height / 4 < bottom < top < height


LED = """@page { size: 300px 260px; margin: 30px } a::after { content: leader(dotted) attr(data-page) }"""
ENTRIES = "".join(f'<li><a href="#{name}" data-page="{at}">Chapter {name}</a></li>' for at, name in enumerate("ab", 7))
CONTENTS = f'<nav><h2>Contents</h2><ol>{ENTRIES}</ol></nav><main><h1 id="a">A</h1><h1 id="b">B</h1></main>'


def test_an_entry_of_the_contents_is_one_link_and_its_dots_are_not_read():
    """Title and page are read, in the link, and the number of the list. The dots are drawn, though."""
    raw = io.BytesIO(HTML(string=page_of(CONTENTS, LED)).write_pdf(pdf_variant=VARIANT))
    with pikepdf.open(raw) as document:
        assert len(document.pages[0].Annots) == 6, "the typesetter makes one link now: this mending can go"
    document = pikepdf.open(io.BytesIO(typeset(page_of(CONTENTS, LED))))
    page = document.pages[0]
    assert [str(one.Dest) for one in page.Annots] == ["a", "b"]
    links = found(document, "Link")
    assert [sum(isinstance(kid, pikepdf.Dictionary) for kid in one.K) for one in links] == [1, 1]
    assert [len(one.K) for one in links] == [3, 3], "its annotation, its title, its page"
    stream = page.Contents.read_bytes()
    dots = stream.count(b"/Artifact\n<</Type /Pagination>>\nBDC")
    assert dots > 20 and len(re.findall(rb"MCID", stream)) < 10
    owners = document.Root.StructTreeRoot.ParentTree.Nums
    owned = dict(zip(map(int, list(owners)[::2]), list(owners)[1::2], strict=True))
    assert {owned[int(one.StructParent)].objgen for one in page.Annots} == {one.objgen for one in links}
    marks = {int(mark): owned[int(page.StructParents)][int(mark)] for one in links for mark in list(one.K)[1:]}
    assert {one.objgen for one in marks.values()} == {one.objgen for one in links}
    assert faults(document) == set()


def test_the_place_of_a_figure_is_counted_from_the_foot_of_its_page():
    image = re.search(r"<img [^>]*>", BODY)[0]
    style = "@page { size: 300px 260px; margin: 30px } body, h1 { margin: 0; font-size: 10px } img { display: block }"
    document = pikepdf.open(io.BytesIO(typeset(page_of(f"<main>{image}<h1>Between</h1>{image}</main>", style))))
    first, second = ([float(edge) for edge in one.A.BBox] for one in found(document, "Figure"))
    assert first == pytest.approx([22.5, 157.5, 60, 172.5]), "195 points of a page less 22.5 of its margin"
    assert second[3] < first[1], "what stands below has the lower place"


def test_links_are_described_by_what_they_lead_to(small):
    described = {str(link.Dest): str(link.Contents) for page in small.pages for link in page.get("/Annots", [])}
    assert described == {"s": "Where it starts", "t": "Long table"}
    term = fromstring('<dl><dt id="d" class="s">Base <span>Table 1</span></dt></dl>')
    assert names_of_anchors(term) == {"d": "Base Table 1"}


def test_what_is_attached_stays_attached():
    files = {"cells.csv": b"a,b", "ledger.csv": b"id"}
    document = pikepdf.open(io.BytesIO(typeset(page_of("<p>Text</p>"), files)))
    assert {str(one.UF): one.EF.F.read_bytes() for one in document.Root.AF} == files
    assert {str(one.AFRelationship) for one in document.Root.AF} == {"/Data"}
    assert len(document.Root.AF) == len(files)
