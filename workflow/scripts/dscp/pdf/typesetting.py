"""A page typeset as a PDF, with files attached, part by part.

The file is PDF/A-3a and PDF/UA-1: made to be kept, to be read aloud, and to carry what its figures rest on.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from lxml.html import HtmlElement
from pikepdf import AttachedFileSpec, Name, ObjectStreamMode, Pdf

from dscp.pdf.joining import join, page_of, pages_of_anchors
from dscp.pdf.kept import Kept
from dscp.pdf.line_breaks import keep_names_with_numbers
from dscp.pdf.numbers import rooms
from dscp.pdf.parts import ROOM, UNCLEAN, TypesettingProblem, cut, written
from dscp.pdf.press import Press
from dscp.pdf.tags import mend_tags, names_of_anchors
from dscp.printing.html import read_html

ROUNDS = 5
BLOCK = re.compile(r"([^{};]*)\{([^{}]*)")
OVER_PARTS = re.compile(r"target-(counters?|text)\(|counters?\(\s*pages\b|counters\(\s*page\b")  # what no part can tell
PAGE_NUMBER = re.compile(r"counter\(\s*page\b")
QUANTITIES = "Every quantity: value, formula, inputs, rule, source, records"
CELLS = "Every cell of the numbered tables and figures: quantity, value, unit, printed form"
RECORD = "How it was made: jobs, files with checksums, settings, code, packages"
ATTACHED = {  # media type and relationship of each attached file, and what it is, in a PDF reader's list of attachments
    "ledger.csv": ("text/csv", "Data", QUANTITIES),
    "cells.csv": ("text/csv", "Data", CELLS),
    "ro-crate-metadata.json": ("application/ld+json", "Supplement", RECORD),
}


def typeset(
    page: str, attached: Mapping[str, bytes] | None = None, cores: int = 1, kept: Path | None = None, code: str = ""
) -> bytes:
    """Typeset a self-contained HTML page as a tagged PDF, part by part (`parts.cut`).

    The same page and files give the same bytes, whatever the cores and whether parts were kept: dates come from the
    page, and a part is typeset from its own content alone. Nothing but embedded data may be fetched.

    Parameters
    ----------
    page : HTML
    attached : name -> content of the files to attach, each one of ATTACHED
    cores : how many parts are typeset at the same time
    kept : folder in which typeset parts are kept for the next time; what is not of this page goes
    code : version of the code of this project, on which what is kept rests

    Raises
    ------
    TypesettingProblem
        The typesetter warned: a missing glyph or resource, an unknown property, an anchor that is not there. Or the
        page asked for something that it does not hold.
    Unfinished
        A process that typeset a part was ended.
    """
    tree, store = read_html(page), Kept(kept)
    keep_names_with_numbers(tree)
    names, date = names_of_anchors(tree), _date(tree)
    press = Press(_style(tree), cores, store, code)
    with ExitStack() as stack:
        whole = join(_settled(cut(tree), press, stack))
        store.forget_others()
        mend_tags(whole, names)
        for name, content in (attached or {}).items():
            _attach(whole, name, content, date)
        made = io.BytesIO()
        whole.save(made, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
    return made.getvalue()


def _style(tree: HtmlElement) -> str:
    """The stylesheet of a page, which is taken out of it.

    Raises
    ------
    TypesettingProblem
        It asks for what only a page typeset at once could tell.
    """
    sheets = tree.head.findall("style")
    style = "".join(sheet.text or "" for sheet in sheets)
    for sheet in sheets:
        tree.head.remove(sheet)
    for selector, declared in BLOCK.findall(style):
        found = OVER_PARTS.search(declared) or (not selector.strip().startswith("@") and PAGE_NUMBER.search(declared))
        if found:
            allowed = f"counter(page) in the margin of a page, and attr({ROOM}), the number of a link's page"
            raise TypesettingProblem(f"the stylesheet has {found[0]}…), allowed: {allowed}")
    return style


def _settled(
    parts: Sequence[HtmlElement], press: Callable[[Sequence[str]], list[bytes]], stack: ExitStack
) -> list[Pdf]:
    """The parts typeset, each with as much room for the numbers of pages as they turn out to take.

    It begins with the usual number of digits, whatever was typeset before: the same page always ends in the same parts.
    """
    room: list[dict[str, int]] = [{} for _ in parts]
    for _ in range(ROUNDS):
        pages = [written(part, digits) for part, digits in zip(parts, room, strict=True)]
        pdfs = [stack.enter_context(Pdf.open(io.BytesIO(pdf))) for pdf in press(pages)]
        numbers, given = pages_of_anchors(pdfs), [rooms(pdf) for pdf in pdfs]
        needed = [{name: len(str(page_of(name, numbers))) for name in digits} for digits in given]
        if given == needed:
            return pdfs
        room = [{**before, **now} for before, now in zip(room, needed, strict=True)]
    raise TypesettingProblem(f"{UNCLEAN}: the numbers of pages do not settle in {ROUNDS} rounds")


def _attach(whole: Pdf, name: str, content: bytes, date: dt.datetime) -> None:
    """Attach a file; its dates are the report's, so that the PDF does not depend on when it is made."""
    media_type, relationship, description = ATTACHED[name]
    dated = f"D:{date:%Y%m%d%H%M%S}Z"
    whole.attachments[name] = AttachedFileSpec(
        whole,
        content,
        filename=name,
        description=description,
        mime_type=media_type,
        creation_date=dated,
        mod_date=dated,
        relationship=Name(f"/{relationship}"),
    )


def _date(page: HtmlElement) -> dt.datetime:
    """The date of the report, from the page."""
    found = page.find(".//meta[@name='dcterms.created']")
    return dt.datetime(1970, 1, 1) if found is None else dt.datetime.fromisoformat(found.get("content"))
