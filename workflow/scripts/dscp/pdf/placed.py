"""Whether what a page says can be read where it was drawn: all text within the type area, numbers under nothing else.

A number that stands beyond the edge of the page, or under another, is lost without a word. The typesetter says where it
put each text; what a reader finds at that place of the finished file has to be that text and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import pypdfium2
from weasyprint.document import Document
from weasyprint.formatting_structure import boxes

PX = 0.75  # points in a CSS pixel
BEYOND = 4.0  # points: a mark of a note may hang so far over the edge
WITHIN = 0.3  # points from the sides of a number within which nothing else may be
FOOT, HEAD = 0.03, 0.55  # ems above the base line: between them each sign of a number has a part
QUANTITY = "data-q"
ASIDE = ("sup",)  # elements in a number's that are no part of it
UNSEEN = ("details",)  # elements that are not printed
HEADINGS = ("h1", "h2", "h3", "caption", "figcaption")
BLANK = re.compile(r"[\s\u00ad\u200b\u2060]")
UNKNOWN = re.compile(r"\.notdef.*?U\+([0-9A-F]{4,6})")


@dataclass(frozen=True)
class Drawn:
    """A text as it was set: on which page, where its line begins and ends and has its base, in points from the foot."""

    text: str
    page: int
    left: float
    right: float
    base: float
    size: float
    element: Element | None


def misplaced(document: Document, pdf: bytes, tree: Element) -> Iterator[str]:
    """A line for each text beyond the type area, and each number that is not drawn, or not alone where it is.

    Parameters
    ----------
    document : laid out
    pdf : the same, written
    tree : the page; elements with an attribute `data-q` are numbers
    """
    file = pypdfium2.PdfDocument(pdf)
    numbers, owners = _numbers(tree)
    said: dict[Element, list[str]] = {number: [] for number in numbers}
    for at, page in enumerate(document.pages):
        area, words = _area(page._page_box), None
        for text in _drawn(page._page_box, at):
            number = owners.get(text.element)
            if not area.holds(text):
                yield f"{_named(text.text, number, tree, text.element)} stands beyond the type area"
            if number is not None:
                said[number].append(text.text)
                words = words or file[at].get_textpage()
                if _plain(found := _read(words, text)) != _plain(text.text):
                    yield f"{_named(text.text, number, tree, text.element)} is not alone where it stands: {found!r}"
    for number, wanted in numbers.items():
        printed, once = _plain("".join(said[number])), _plain(wanted)
        if not printed or printed != once * (len(printed) // len(once)):  # heads of tables are repeated
            yield f"{_named(wanted, number, tree, number)} is not on the page"


def lacking(document: Document, families: set[str], complaints: list[str], tree: Element) -> Iterator[str]:
    """A line for each letter that the page's own fonts lack, with the place where it is needed.

    Parameters
    ----------
    document : written
    families : of the fonts that the page holds; none: it is set in those of the machine
    complaints : of the typesetter, which tells of letters that no font of the machine has
    """
    letters = [chr(int(found[1], 16)) for said in complaints if (found := UNKNOWN.match(said))]
    if families:
        foreign = (font for font in document.fonts.values() if font.family not in families)
        letters += [
            letter for font in foreign for text in font.to_unicode.values() for letter in text if not letter.isspace()
        ]
    for letter in dict.fromkeys(letters):
        pages = enumerate(document.pages)
        places = (
            text for at, page in pages for text in _drawn(page._page_box, at, margins=True) if letter in text.text
        )
        if (text := next(places, None)) is not None:
            place = _near(tree, text.element)
            yield f"the fonts have no letter {letter!r} (U+{ord(letter):04X}), needed for {text.text!r}{place}"


@dataclass(frozen=True)
class Area:
    """The type area of a page, in points from the foot."""

    left: float
    right: float
    bottom: float
    top: float

    def holds(self, text: Drawn) -> bool:
        """Whether a text stands in it, marks of notes at its edge included."""
        across = text.left > self.left - BEYOND and text.right < self.right + BEYOND
        return across and self.bottom - BEYOND < text.base < self.top


def _area(page: boxes.PageBox) -> Area:
    left, top, high = page.content_box_x(), page.content_box_y(), page.margin_height()
    bottom = high - top - page.height
    return Area(PX * left, PX * (left + page.width), PX * bottom, PX * (high - top))


def _drawn(page: boxes.PageBox, at: int, margins: bool = False) -> Iterator[Drawn]:
    """The texts of a page; those of its margins, too."""
    high = page.margin_height()
    for child in page.children:
        if margins or not isinstance(child, boxes.MarginBox):
            for box in _texts(child):
                left, base = box.position_x, high - box.position_y - box.baseline
                size, right = box.style["font_size"], box.position_x + box.width
                yield Drawn(box.text, at, PX * left, PX * right, PX * base, PX * size, box.element)


def _texts(box: boxes.Box) -> Iterator[boxes.TextBox]:
    """The texts of a box in reading order, without those of blanks."""
    waiting = [box]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, boxes.TextBox):
            if inner.text and not inner.text.isspace():
                yield inner
        elif isinstance(inner, boxes.ParentBox):
            waiting.extend(reversed(inner.children))


def _numbers(tree: Element) -> tuple[dict[Element, str], dict[Element, Element]]:
    """Element of a printed number -> its text; and element -> the number's that it is in."""
    unseen = {below for name in UNSEEN for hidden in tree.iter(name) for below in hidden.iter()}
    found = [element for element in tree.iter() if element.get(QUANTITY) and element not in unseen]
    inner = {number: [*_within(number)] for number in found}
    return (
        {number: "".join(text for _, text in parts) for number, parts in inner.items()},
        {element: number for number, parts in inner.items() for element, _ in parts},
    )


def _within(element: Element) -> Iterator[tuple[Element, str]]:
    """An element's texts, each with the element that it stands in."""
    yield element, element.text or ""
    for child in element:
        if child.tag not in ASIDE:
            yield from _within(child)
        yield element, child.tail or ""


def _read(words: pypdfium2.PdfTextPage, text: Drawn) -> str:
    """What a reader finds in the middle of the line of a text."""
    base, size = text.base, text.size
    return words.get_text_bounded(text.left + WITHIN, base + FOOT * size, text.right - WITHIN, base + HEAD * size)


def _plain(text: str) -> str:
    return BLANK.sub("", text)


def _named(text: str, number: Element | None, tree: Element, element: Element | None) -> str:
    which = "" if number is None else f" ({number.get(QUANTITY)})"
    return f"{text!r}{which}{_near(tree, element)}"


def _near(tree: Element, wanted: Element | None) -> str:
    """The heading above an element, in words."""
    heading = ""
    for element in tree.iter():
        if element.tag in HEADINGS:
            heading = " ".join("".join(element.itertext()).split())
        if element is wanted:
            break
    return f", under {heading!r}," if heading else ""
