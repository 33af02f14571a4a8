"""A page typeset as a PDF, with files attached. Any complaint of the typesetter is an error.

The file is PDF/A-3a and PDF/UA-1: made to be kept, to be read aloud, and to carry what its figures rest on.
"""

import datetime as dt
import hashlib
import logging
import re
from collections.abc import Mapping
from functools import partial
from xml.etree.ElementTree import Element

from weasyprint import HTML, Attachment
from weasyprint.document import Document
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from dscp.extracts.faults import printable
from dscp.pdf.line_breaks import keep_names_with_numbers, last_spaces_take_no_room
from dscp.pdf.tags import mend_tags

VARIANT = "pdf/a-3a"
EMBEDDED = re.compile(r"data:(image/svg\+xml|font/woff2);base64,")  # what the page holds of figures and fonts
LONGEST = 200  # characters of a complaint or address that a message shows; the log has all of it
ATTACHED = {  # what each attached file is, in the words of a PDF reader's list of attachments
    "ledger.csv": ("Data", "Every quantity: value, formula, inputs, rule, source, records"),
    "cells.csv": ("Data", "Every cell of the numbered tables and figures: quantity, value, unit, printed form"),
    "ro-crate-metadata.json": ("Supplement", "How it was made: jobs, files with checksums, settings, code, packages"),
}
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


class TypesettingProblem(RuntimeError):
    """The typesetter warned about something; the message says what."""


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


def typeset(page: str, attached: Mapping[str, bytes] | None = None) -> bytes:
    """Typeset a self-contained HTML page as a tagged PDF.

    The same page and files give the same bytes: dates come from the page, the identifier from its content. Nothing
    but embedded data may be fetched.

    Parameters
    ----------
    page : HTML
    attached : name -> content of the files to attach, each one of ATTACHED

    Raises
    ------
    TypesettingProblem
        The typesetter warned: a missing glyph or resource, an unknown property, an anchor that is not there. Or the
        page asked for something that it does not hold.
    """
    complaints, fetcher = _Complaints(), Embedded()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(complaints)
    try:
        html = HTML(string=page, url_fetcher=fetcher)
        tree = html.etree_element
        keep_names_with_numbers(tree)
        options = {
            "pdf_variant": VARIANT,
            "pdf_identifier": hashlib.sha256(page.encode()).digest()[:16],
            "attachments": [attachment(*named, _date(tree)) for named in (attached or {}).items()],
        }
        with last_spaces_take_no_room():
            document = html.render(**options)
        _declare_accessible(document)
        pdf = document.write_pdf(**options)
    except FatalURLFetchingError:
        pdf = b""
    finally:
        logger.removeHandler(complaints)
    if fetcher.beyond:
        found = _first(fetcher.beyond)
        raise TypesettingProblem(f"the page asks for {found}; allowed: the figures and fonts that it holds")
    if complaints.messages:
        raise TypesettingProblem(f"the PDF could not be typeset cleanly: {_first(complaints.messages)}")
    return mend_tags(pdf, tree)


def _first(found: list[str]) -> str:
    """The first of several complaints, on one line; all of them go to the log."""
    print("\n".join(found))
    more = f" (and {len(found) - 1} more in the log)" if len(found) > 1 else ""
    return printable(found[0])[:LONGEST] + more


def attachment(name: str, content: bytes, date: dt.datetime) -> Attachment:
    """A file to attach; its dates are the report's, so that the PDF does not depend on when it is made."""
    relationship, description = ATTACHED[name]
    return Attachment(
        string=content, name=name, description=description, relationship=relationship, created=date, modified=date
    )


def _date(page: Element) -> dt.datetime:
    """The date of the report, from the page."""
    found = page.find(".//meta[@name='dcterms.created']")
    return dt.datetime(1970, 1, 1) if found is None else dt.datetime.fromisoformat(found.get("content"))


def _declare_accessible(document: Document) -> None:
    """Add PDF/UA's identification to the metadata of PDF/A (WeasyPrint writes one of the two)."""
    described = document.metadata.generate_rdf_metadata
    document.metadata.generate_rdf_metadata = partial(_with_accessible, described)


def _with_accessible(described, *variant) -> bytes:
    return described(*variant).replace(b"</rdf:RDF>", ACCESSIBLE + b"</rdf:RDF>")
