"""What stands in a table, in a figure or on a page of the PDF: its numbers, each with the name that leads to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pikepdf
import pypdfium2

from dscp.printing.html import read_html
from trace_find import NotFound, Run, cells_of, typed

EXHIBIT = re.compile(r"(table|figure) ([A-Z]?[\d.]*\d)", re.IGNORECASE)
PAGE = re.compile(r"(?:page|p\.?) ?(\d+)", re.IGNORECASE)
HEADS = re.compile(r"(table|figure|section)-")
FEW = 4  # quantities that one printed number may be, all named
EDGE = 0.5  # points around a link, within which its text lies


def listed(run: Run, text: str) -> list[str]:
    """The lines on what a text names; none where it names neither an exhibit nor a page.

    Raises
    ------
    NotFound
        There is no such exhibit or page.
    """
    if exhibit := EXHIBIT.fullmatch(text):
        return list(_exhibit(run, f"{exhibit[1].capitalize()} {exhibit[2]}"))
    if page := PAGE.fullmatch(text):
        return list(_page(run, int(page[1])))
    return []


def _exhibit(run: Run, name: str) -> Iterator[str]:
    cells = cells_of(run, name) if name.startswith("Table") else run.cells[run.cells["exhibit"] == name]
    cells = cells[cells["id"] != ""]
    if cells.empty:
        raise NotFound(f"no numbers in {name}; exhibits: {', '.join(run.cells['exhibit'].unique())}")
    yield f"{name} has {_numbers(len(cells))}; make trace ID=<the name of one>:"
    for row in cells.itertuples():
        yield f"  {row.printed:<18} {row.exhibit}/{row.row}/{row.column}"


def _page(run: Run, number: int) -> Iterator[str]:
    path = run.folder / "report.pdf"
    if not path.exists():
        raise NotFound(f"no {path}: run `make report` first")
    with pikepdf.open(path) as pdf:
        if not 1 <= number <= len(pdf.pages):
            raise NotFound(f"report.pdf has the pages 1 to {len(pdf.pages)}, not {number}")
        page = pdf.pages[number - 1]
        heads = [name for name, on in _destinations(pdf) if on == page.objgen and HEADS.match(name)]
        links = [(str(one.Dest), [float(at) for at in one.Rect]) for one in page.get("/Annots", []) if "/Dest" in one]
    called, known = _page_of_screen(run)
    titles = [called[name] for name in heads if name in called]
    found = [(text, known[name, text]) for name, text in _texts(path, number, links) if (name, text) in known]
    yield f"page {number} of report.pdf has {_numbers(len(found))}; make trace ID=<the id of one>:"
    yield from (f"  {title}" for title in titles)
    for text, ids in dict.fromkeys(found):
        more = f", or one of {len(ids) - FEW} others printed so" if len(ids) > FEW else ""
        yield f"  {text:<18} {' or '.join(ids[:FEW])}{more}"


def _destinations(pdf: pikepdf.Pdf) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each named place of a PDF, and the page that it is on."""
    names = pdf.Root.Names.Dests.Names
    yield from ((str(names[at]), names[at + 1][0].objgen) for at in range(0, len(names), 2))


def _texts(path: object, number: int, links: list[tuple[str, list[float]]]) -> Iterator[tuple[str, str]]:
    """Each link of a page: where it leads, and the text that it is on."""
    document = pypdfium2.PdfDocument(path)
    text = document[number - 1].get_textpage()
    for name, (left, low, right, high) in links:
        yield name, typed(text.get_text_bounded(left - EDGE, low - EDGE, right + EDGE, high + EDGE))
    document.close()


def _page_of_screen(run: Run) -> tuple[dict[str, str], dict[tuple[str, str], tuple[str, ...]]]:
    """From the page for the screen: titles by their anchors; ids by the entry that a number links to, and its text."""
    page = read_html((run.folder / "report.html").read_text(encoding="utf-8"))
    called = {}
    for one in page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::caption or self::figcaption]"):
        if name := one.get("id") or one.getparent().get("id"):
            called[name] = " ".join(one.text_content().split())
    known: dict[tuple[str, str], dict[str, None]] = {}
    for one in page.iterfind(".//*[@data-q]"):
        for link in one.iterfind("a[@href]"):
            key = link.get("href").removeprefix("#"), typed(link.text_content())
            known.setdefault(key, {})[one.get("data-q")] = None
    return called, {key: tuple(ids) for key, ids in known.items()}


def _numbers(many: int) -> str:
    return f"{many:,} {'number' if many == 1 else 'numbers'}"
