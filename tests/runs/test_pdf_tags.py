"""The report's PDF as a screen reader and an archive take it: its structure, and both standards by veraPDF."""

from __future__ import annotations

from pathlib import Path

import pikepdf
from weasyprint import HTML

from dscp.pdf.press import VARIANT
from tagged import BODY, STYLE, faults, found, page_of
from validators import verapdf


def test_the_reports_structure_has_no_faults(default_run):
    with pikepdf.open(default_run / "report.pdf") as document:
        assert len(found(document, "TH")) > 500
        assert faults(document) == set()


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
