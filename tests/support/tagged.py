"""Small pages to typeset, and what is wrong with a PDF's structure."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pikepdf
from pikepdf import Dictionary, Object

STYLE = """@page { size: 300px 260px; margin: 30px; @top-left { content: "Head" } @bottom-left { content: "Foot" } }
thead { display: table-header-group } .fn { float: footnote } ::footnote-marker { content: counter(footnote) }"""
ROWS = "".join(f"<tr><th scope=row>Row {i}</th><td>{i}</td></tr>" for i in range(30))
SVG = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' width='50' height='20'/>").decode()
BODY = f"""<nav><h2>Contents</h2><ol style="list-style: none"><li><a href="#s">Start</a></li></ol></nav>
<main><h1 id="s">Where it starts</h1><p>Text<span class="fn">A note</span> and <a href="#t">more</a>.</p>
<img alt="A picture" src="data:image/svg+xml;base64,{SVG}">
<table id="t"><caption>Long table</caption><thead><tr><th scope=col>Name</th><th scope=col>Value</th></tr></thead>
<tbody>{ROWS}</tbody></table></main>"""


def page_of(body: str, style: str = "") -> str:
    head = f"<title>T</title><meta name='dcterms.created' content='2011-03-31'><style>{style}</style>"
    return f"<!DOCTYPE html><html lang='en-GB'><head>{head}</head><body>{body}</body></html>"


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
