"""Pages made into tagged PDFs by WeasyPrint. Any complaint of the typesetter is an error."""

from __future__ import annotations

import gc
import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib.metadata import requires, version

from weasyprint import CSS, HTML, pdf
from weasyprint.css.counters import CounterStyle
from weasyprint.document import Document
from weasyprint.text.ffi import pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from dscp.extracts.faults import printable
from dscp.pdf.kept import Kept
from dscp.pdf.line_breaks import last_spaces_take_no_room, letters_are_measured_alone
from dscp.pdf.numbers import left_open
from dscp.pdf.parts import UNCLEAN, TypesettingProblem
from dscp.pdf.placed import lacking, misplaced
from dscp.run.workers import side_by_side

VARIANT = "pdf/a-3a"
EMBEDDED = re.compile(r"data:(image/svg\+xml|font/woff2);base64,")  # what the page holds of figures and fonts
FAMILY = re.compile(r"@font-face\s*\{[^}]*?font-family:\s*[\"']([^\"']+)")
SMALL = 250_000  # bytes of a font
NO_BREAK = "\N{NO-BREAK SPACE}"
LONGEST = 200  # characters of a complaint or address that a message shows; the log has all of it
OPTIONS = {"pdf_variant": VARIANT, "pdf_identifier": bytes(16)}  # the identifier is made when all is written
# PDF/A allows no other properties in its metadata than those it knows; PDF/UA's own have to be described.
ACCESSIBLE = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the file conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


class Embedded(URLFetcher):
    """Gives the typesetter the figures and fonts that the page itself holds, and nothing else of whatever kind.

    Attributes
    ----------
    beyond : addresses that were asked for and lead elsewhere; parts of the typesetter go on without what they asked for
    """

    def __init__(self) -> None:
        """Nothing has been asked for."""
        super().__init__(allowed_protocols=["data"], allow_redirects=False, fail_on_errors=True)
        self.beyond: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return the data that an address holds.

        Raises
        ------
        ValueError
            The address leads elsewhere.
        """
        if not EMBEDDED.match(url):
            self.beyond.append(url)
            raise ValueError("not embedded")
        return super().fetch(url, headers)


class _Complaints(logging.Handler):
    """Keeps the typesetter's warnings and errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@dataclass
class Said:
    """What was said while something was typeset: what it complained of, and addresses that it asked for in vain."""

    complaints: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)

    def __add__(self, other: Said) -> Said:
        """What was said of two things."""
        return Said(self.complaints + other.complaints, self.beyond + other.beyond)

    def refuse(self) -> None:
        """Raise a TypesettingProblem if anything was said."""
        if self.beyond:
            found = _first(self.beyond)
            raise TypesettingProblem(f"the page asks for {found}; allowed: the figures and fonts that it holds")
        if self.complaints:
            raise TypesettingProblem(f"{UNCLEAN}: {_first(self.complaints)}")


@contextmanager
def _heard(fetcher: Embedded) -> Iterator[Said]:
    """Within it, hear what the typesetter says; a page that asks for something else ends it, and is told of as well."""
    said, complaints, logger = Said(), _Complaints(), logging.getLogger("weasyprint")
    logger.addHandler(complaints)
    try:
        yield said
    except FatalURLFetchingError:
        pass
    finally:
        logger.removeHandler(complaints)
        said.complaints, said.beyond = complaints.messages, fetcher.beyond


@dataclass(frozen=True)
class Sheet:
    """A stylesheet, read, with its fonts and its counters."""

    css: CSS
    fonts: FontConfiguration
    counters: CounterStyle
    families: frozenset[str]


class Press:
    """Typesets pages that share a stylesheet, several at the same time. What was kept is not typeset again.

    Parameters
    ----------
    style : the stylesheet; it holds its fonts
    cores : how many pages are typeset at the same time
    kept : where typeset pages are kept, by all that they rest on
    code : version of the code of this project
    """

    def __init__(self, style: str, cores: int, kept: Kept, code: str) -> None:
        self._style, self._cores, self._kept = style, cores, kept
        self._basis = "\n".join([code, *_versions(), style])

    def __call__(self, pages: Sequence[str]) -> list[bytes]:
        """The pages as PDFs, with their page numbers left open (`pdf/numbers.py`).

        Raises
        ------
        TypesettingProblem, Unfinished
            As in `typesetting.typeset`; of several the first page's.
        """
        names = [hashlib.sha256(f"{self._basis}\n{page}".encode()).hexdigest() for page in pages]
        found = {name: self._kept.get(name) for name in names}
        new = {name: page for name, page in zip(names, pages, strict=True) if found[name] is None}
        if new:
            found.update(self._typeset(new))
        return [found[name] for name in names]

    def _typeset(self, pages: Mapping[str, str]) -> dict[str, bytes]:
        sheet, largest_first = self._sheet, sorted(pages, key=lambda name: -len(pages[name]))
        gc.freeze()  # what all processes share is not looked through, which would copy it
        done = side_by_side(partial(_pdf, sheet), [pages[name] for name in largest_first], self._cores)
        made = dict(zip(largest_first, done, strict=True))
        sum((made[name][1] for name in pages), Said()).refuse()
        for name in pages:
            self._kept.put(name, made[name][0])
        return {name: made[name][0] for name in made}

    @cached_property
    def _sheet(self) -> Sheet:
        fetcher, fonts, counters = Embedded(), FontConfiguration(), CounterStyle()
        with _heard(fetcher) as said:
            css = CSS(string=self._style, url_fetcher=fetcher, font_config=fonts, counter_style=counters)
        said.refuse()
        return Sheet(css, fonts, counters, frozenset(FAMILY.findall(self._style)))


def _versions() -> list[str]:
    """The versions of what a typeset page rests on besides this project."""
    packages = [
        "weasyprint",
        *(re.match(r"[\w-]+", need)[0] for need in requires("weasyprint") if "extra ==" not in need),
    ]
    return [*(f"{name} {version(name)}" for name in packages), f"pango {pango.pango_version()}"]


def _pdf(sheet: Sheet, page: str) -> tuple[bytes, Said]:
    """One page as a PDF, and what was said of it."""
    fetcher, written = Embedded(), b""
    with _heard(fetcher) as said, last_spaces_take_no_room(), letters_are_measured_alone():
        html = HTML(string=page, url_fetcher=fetcher)
        document = html.render(
            font_config=sheet.fonts, counter_style=sheet.counters, stylesheets=[sheet.css], **OPTIONS
        )
        _declare_accessible(document)
        with left_open(document, logging.getLogger("weasyprint").error), _fonts_alike():
            written = document.write_pdf(**OPTIONS)
    if written:
        tree = html.etree_element
        if lacks := [*lacking(document, sheet.families, said.complaints, tree)]:
            return written, Said(lacks)
        said += Said([*misplaced(document, written, tree)])
    return written, said


@contextmanager
def _fonts_alike() -> Iterator[None]:
    """Within it, WeasyPrint writes fonts alike in all parts: small ones whole, so that parts can share them.

    A glyph that stands for a space and for one that does not break would be read as what comes first in a part.
    """
    plain = pdf.build_fonts_dictionary

    def build_fonts_dictionary(document, fonts, *others):
        for font in fonts.values():
            font.to_unicode = {glyph: " " if text == NO_BREAK else text for glyph, text in font.to_unicode.items()}
            if len(font.file_content) < SMALL:
                font.subset = lambda *_: None
        return plain(document, fonts, *others)

    pdf.build_fonts_dictionary = build_fonts_dictionary
    try:
        yield
    finally:
        pdf.build_fonts_dictionary = plain


def _first(found: list[str]) -> str:
    """The first of several complaints, on one line; all of them go to the log."""
    print("\n".join(found))
    more = f" (and {len(found) - 1} more in the log)" if len(found) > 1 else ""
    return printable(found[0])[:LONGEST] + more


def _declare_accessible(document: Document) -> None:
    """Add PDF/UA's identification to the metadata of PDF/A (WeasyPrint writes one of the two)."""
    described = document.metadata.generate_rdf_metadata
    document.metadata.generate_rdf_metadata = partial(_with_accessible, described)


def _with_accessible(described, *variant) -> bytes:
    return described(*variant).replace(b"</rdf:RDF>", ACCESSIBLE + b"</rdf:RDF>")
