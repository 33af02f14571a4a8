"""Numbers of pages, put into a PDF that was made before they were known.

While a page is drawn, a line before each of its page numbers says what it is of and how ten digits look in its type;
the numbers are put in when all parts of a report are joined, and the lines go. So a part is the same wherever it stands
in the report. All digits have to be of one width there (CSS: `font-variant-numeric: tabular-nums`).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, unquote

from pikepdf import Pdf
from weasyprint import draw
from weasyprint.document import Document
from weasyprint.formatting_structure import boxes

from dscp.pdf.parts import ROOM, TO

DIGITS = "0123456789"
AHEAD = "+"  # so begins the name of a page of the part itself: its distance from the first
# Of what; how many digits, from where to where in the text shown; how ten digits look, how far one more moves it; text.
LINE = re.compile(rb"%page (\S+) (\d+) (\d+) (\d+) ([0-9a-f]{40}) ([\d.]+)\n\[(.*)\] TJ")
SHOWN = re.compile(rb"\[(.*)\] TJ")
GLYPHS = re.compile(rb"<((?:[0-9a-f]{4})+)>")
FONT = re.compile(rb"/(\w+) \S+ Tf")
MOVES = {"left": 0, "start": 0, "center": 0.5}  # by how much of a digit's width one more digit moves a number
COUNTER = "counter()", ("page", "decimal")


@contextmanager
def left_open(document: Document, complain: Callable[[str], object]) -> Iterator[None]:
    """Within it, numbers of pages are drawn so that `filled` can put others in their places.

    Parameters
    ----------
    document : laid out; its page counters count from 1
    complain : is told of each number that has no such place
    """
    places = {id(box): place for box, *place in _places(document)}
    plain = draw.draw_text

    def draw_text(stream, box, *others):
        plain(stream, box, *others)
        if place := places.get(id(box)):
            try:
                _open(stream, box, *place, lambda clone, sample: plain(clone, sample, *others), document)
            except ValueError as error:
                complain(f"a page number cannot be set here: {box.text!r} ({error})")

    draw.draw_text = draw_text
    try:
        yield
    finally:
        draw.draw_text = plain


def _places(document: Document) -> Iterator[tuple[boxes.TextBox, str, str, float]]:
    """Texts with a page number: the text, what the number is of, how it is drawn, how far one more digit moves it."""
    for ahead, page in enumerate(document.pages):
        for margin in page._page_box.children:
            if isinstance(margin, boxes.MarginBox) and COUNTER in (margin.style["content"] or ()):
                moves = MOVES.get(margin.style["text_align_all"], 1)
                yield from ((box, f"{AHEAD}{ahead}", str(ahead + 1), moves) for box in _texts(margin))
        for box in _texts(page._page_box):
            if str(box.element_tag).endswith("::after") and box.element is not None and ROOM in box.element.attrib:
                number = box.element.get(ROOM)
                if number in box.text:
                    yield box, box.element.get(TO), number, 0


def _texts(box: boxes.Box) -> Iterator[boxes.TextBox]:
    return (one for one in box.descendants() if isinstance(one, boxes.TextBox))


def _open(stream, box, name: str, number: str, moves: float, plain: Callable, document: Document) -> None:
    """Put the line before the number that was drawn last.

    Raises
    ------
    ValueError
        The number is not there in one piece, or digits are not of one width.
    """
    sample, clone = copy.copy(box), stream.clone(tags=None)
    sample.text, sample.pango_layout = DIGITS, copy.copy(box.pango_layout)
    sample.pango_layout.text = DIGITS
    plain(clone, sample)
    glyphs = [look for _, look in _glyphs(_last(clone, SHOWN)[1])]
    font = _last(clone, FONT)[1].decode()
    wide = {one.widths[int(glyph, 16)] for one in document.fonts.values() if one.hash == font for glyph in glyphs}
    if len(wide) != 1 or len(glyphs) != len(DIGITS):
        raise ValueError("its digits are of several widths")
    shown = _last(stream, SHOWN)
    drawn, wanted = _glyphs(shown[1]), [glyphs[int(digit)] for digit in number]
    runs = [drawn[at : at + len(number)] for at in range(len(drawn))]
    found = [run for run in runs if [look for _, look in run] == wanted]
    if len(found) != 1:
        raise ValueError("it is not there once and in one piece")
    place = f"{len(number)} {found[0][0][0]} {found[0][-1][0] + 4}"
    line = f"%page {quote(name, safe=AHEAD)} {place} {b''.join(glyphs).decode()} {wide.pop() * moves}\n"
    at = next(at for at in reversed(range(len(stream.stream))) if stream.stream[at] == shown[0])
    stream.stream[at] = line.encode() + shown[0]


def _glyphs(shown: bytes) -> list[tuple[int, bytes]]:
    """The glyphs of a text as it is shown, each with its place; numbers between them move them a little."""
    runs = GLYPHS.finditer(shown)
    return [(run.start(1) + at, run[1][at : at + 4]) for run in runs for at in range(0, len(run[1]), 4)]


def _last(stream, pattern: re.Pattern) -> re.Match:
    """The last of what a stream draws that has a form."""
    return next(found for item in reversed(stream.stream) if (found := pattern.fullmatch(item)))


def rooms(part: Pdf) -> dict[str, int]:
    """Anchor -> how many digits a part has room for, where it names that anchor's page."""
    lines = (line for page in part.pages for line in LINE.finditer(page.Contents.read_bytes()))
    found = {unquote(line[1].decode()): int(line[2]) for line in lines}
    return {name: digits for name, digits in found.items() if not name.startswith(AHEAD)}


def filled(content: bytes, number: int, pages: Mapping[str, int]) -> bytes:
    """A page's content with its numbers.

    Parameters
    ----------
    content : as drawn within `left_open`
    number : of its part's first page
    pages : anchor -> number of its page
    """

    def put(found: re.Match) -> bytes:
        name = unquote(found[1].decode())
        text = str(number + int(name) if name.startswith(AHEAD) else pages[name])
        begin, end, shown = int(found[3]), int(found[4]), found[7]
        glyphs = b"".join(found[5][4 * int(digit) :][:4] for digit in text)
        aside = f"{float(found[6]) * (len(text) - int(found[2])):g}".encode()
        return b"[" + (b"" if aside == b"0" else aside) + shown[:begin] + glyphs + shown[end:] + b"] TJ"

    return LINE.sub(put, content)
