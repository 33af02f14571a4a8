"""The PDF as a screen reader and an archive take it: its structure, and both standards by veraPDF."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Object
from weasyprint import HTML

from dscp.pdf.tags import mend_tags, names_of_anchors
from dscp.pdf.typesetting import VARIANT, typeset
from validators import verapdf

STYLE = """@page { size: 300px 260px; margin: 30px; @top-left { content: "Head" } @bottom-left { content: "Foot" } }
thead { display: table-header-group } .fn { float: footnote } ::footnote-marker { content: counter(footnote) }"""
ROWS = "".join(f"<tr><th scope=row>Row {i}</th><td>{i}</td></tr>" for i in range(30))
SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' width='50' height='20'/>").decode()
BODY = f"""<nav><h2>Contents</h2><ol style="list-style: none"><li><a href="#s">Start</a></li></ol></nav>
<main><h1 id="s">Where it starts</h1><p>Text<span class="fn">A note</span> and <a href="#t">more</a>.</p>
<img alt="A picture" src="data:image/svg+xml;base64,{SVG}">
<table id="t"><caption>Long table</caption><thead><tr><th scope=col>Name</th><th scope=col>Value</th></tr></thead>
<tbody>{ROWS}</tbody></table></main>"""
# Header cells by number: 0 Period (spans 1, 2), 3 Total; 4 Site and 5-7 the heads below; then rows.
SPANNED = """<table><caption>T</caption><thead>
<tr><td></td><td></td><th scope=colgroup colspan=2>Period</th><td></td></tr>
<tr><th scope=col>Site</th><th scope=col>Area</th><th scope=col>Base</th><th scope=col>Rate</th><th scope=col>p</th>
</tr></thead><tbody><tr><th scope=rowgroup colspan=5>Section</th></tr>
<tr><th scope=rowgroup rowspan=2>One</th><th scope=row>Pilot</th><td>a</td><td>b</td><td>c</td></tr>
<tr><th scope=row>Other</th><td>d</td><td>e</td><td>f</td></tr></tbody>
<tbody><tr><th scope=row>Total</th><td></td><td>g</td><td>h</td><td>i</td></tr></tbody></table>"""


def page_of(body: str, style: str = "") -> str:
    head = f"<title>T</title><meta name='dcterms.created' content='2011-03-31'><style>{style}</style>"
    return f"<!DOCTYPE html><html lang='en-GB'><head>{head}</head><body>{body}</body></html>"


@pytest.fixture(scope="module")
def small() -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(typeset(page_of(BODY, STYLE))))


def elements(element: Object) -> Iterator[Object]:
    yield element
    for kid in element.get("/K", []):
        if isinstance(kid, Dictionary) and "/S" in kid:
            yield from elements(kid)


def found(document: pikepdf.Pdf, *kinds: str) -> list[Object]:
    return [one for one in elements(document.Root.StructTreeRoot.K[0]) if str(one.S)[1:] in kinds]


def faults(document: pikepdf.Pdf) -> set[str]:
    """What is wrong with a document's structure, in kinds of fault."""
    root = document.Root.StructTreeRoot
    tree = list(elements(root.K[0]))
    known = {one.objgen for one in tree}
    named = [str(one.ID) for one in tree if "/ID" in one]
    listed = [str(name) for name in root.get("/IDTree", Dictionary(Names=[])).Names[::2]]
    owners = [one for at, one in enumerate(root.ParentTree.Nums) if at % 2]
    owned = [one for owner in owners if isinstance(owner, pikepdf.Array) for one in owner if one is not None]
    links = [link for page in document.pages for link in page.get("/Annots", [])]
    boxes = [[float(edge) for edge in one.A.BBox] + [float(one.Pg.MediaBox[3])] for one in tree if one.S == "/Figure"]
    told = {
        "a header cell without a scope": any("/Scope" not in one.A for one in tree if one.S == "/TH"),
        "a name twice": len(named) != len(set(named)),
        "a name that is not listed": sorted(named) != listed,
        "a name for a cell that does not exist": any(
            str(name) not in named for one in tree if one.S in ("/TD", "/TH") for name in one.A.get("/Headers", [])
        ),
        "contents outside the tree": any(one.objgen not in known for one in owned),
        "an empty element": any(not len(one.get("/K", [])) for one in tree if one.S not in ("/TD", "/TH")),
        "a link described by its address": any(str(link.Contents) == str(link.Dest) for link in links),
        "a table without a caption": any(one.K[0].S != "/Caption" for one in tree if one.S == "/Table"),
        "a figure outside its page": any(not 0 <= box[1] < box[3] <= box[4] for box in boxes),
    }
    return {fault for fault, there in told.items() if there}


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


def test_the_reports_structure_has_no_faults(default_run):
    with pikepdf.open(default_run / "report.pdf") as document:
        assert len(found(document, "TH")) > 500
        assert faults(document) == set()


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


def test_links_are_described_by_what_they_lead_to(small):
    described = {str(link.Dest): str(link.Contents) for page in small.pages for link in page.get("/Annots", [])}
    assert described == {"s": "Where it starts", "t": "Long table"}
    assert names_of_anchors('<dl><dt id="d" class="s">Base <span>Table 1</span></dt></dl>') == {"d": "Base Table 1"}


def test_the_same_page_gives_the_same_tags():
    raw = HTML(string=page_of(BODY, STYLE)).write_pdf(pdf_variant=VARIANT, pdf_identifier=b"1" * 16)
    assert mend_tags(raw, BODY) == mend_tags(raw, BODY)


def test_what_is_attached_stays_attached():
    files = {"cells.csv": b"a,b", "ledger.csv": b"id"}
    document = pikepdf.open(io.BytesIO(typeset(page_of("<p>Text</p>"), files)))
    assert {str(one.UF): one.EF.F.read_bytes() for one in document.Root.AF} == files
    assert {str(one.AFRelationship) for one in document.Root.AF} == {"/Data"}
    assert len(document.Root.AF) == len(files)


def test_verapdf_passes_the_report_and_what_each_part_of_it_rests_on(default_run, tmp_path):
    """The report passes both standards; a picture without words, and a file that claims nothing, do not."""
    mute = tmp_path / "mute.pdf"
    mute.write_bytes(HTML(string=page_of(BODY.replace('alt="A picture" ', ""), STYLE)).write_pdf(pdf_variant=VARIANT))
    plain = tmp_path / "plain.pdf"
    plain.write_bytes(HTML(string=page_of("<p>Text</p>")).write_pdf())
    report = Path(default_run) / "report.pdf"
    told = verapdf(report, mute, plain)
    assert told["report.pdf", "ua1"] == []
    assert told["report.pdf", "3a"] == []
    assert any(rule.startswith("7.3-") for rule in told["mute.pdf", "ua1"])
    assert told["plain.pdf", "ua1"]
    assert told["plain.pdf", "3a"]
