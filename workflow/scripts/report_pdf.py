"""Rule report_pdf: the print page, typeset. Any complaint of the typesetter stops the run."""

import hashlib
import logging
from pathlib import Path

from _job import logged
from weasyprint import HTML
from weasyprint.urls import URLFetcher

VARIANT = "pdf/ua-1"


class TypesettingProblem(RuntimeError):
    """The typesetter warned about something; the message says what."""


class _Complaints(logging.Handler):
    """Keeps the typesetter's warnings and errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def report_pdf(page: str) -> bytes:
    """Typeset a self-contained HTML page as a tagged PDF.

    The same page gives the same bytes: dates come from the page, the identifier from its content. Nothing but
    embedded data may be fetched.

    Raises
    ------
    TypesettingProblem
        The typesetter warned: a missing glyph or resource, an unknown property, an anchor that is not there.
    """
    complaints = _Complaints()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(complaints)
    try:
        fetcher = URLFetcher(allowed_protocols=["data"], fail_on_errors=True)
        identifier = hashlib.sha256(page.encode()).digest()[:16]
        pdf = HTML(string=page, url_fetcher=fetcher).write_pdf(pdf_variant=VARIANT, pdf_identifier=identifier)
    finally:
        logger.removeHandler(complaints)
    if complaints.messages:
        raise TypesettingProblem("the PDF could not be typeset cleanly:\n" + "\n".join(complaints.messages))
    return pdf


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        Path(snakemake.output.pdf).write_bytes(report_pdf(Path(snakemake.input.print_html).read_text(encoding="utf-8")))
