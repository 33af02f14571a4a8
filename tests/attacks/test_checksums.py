"""No published byte holds a plain checksum of a confidential file: with one, guesses at the file can be tried."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pikepdf
import pytest

from checksums import KINDS, files, told
from dscp.run.closed import OF_A_RUN

RUN = "results/other-2012-15"


@pytest.fixture(scope="module")
def published(other_study) -> list[Path]:
    run = other_study / RUN
    return [path for path in files(run) if path.relative_to(run).parts[0] not in OF_A_RUN]


def test_no_published_byte_holds_a_plain_checksum_of_a_confidential_file(other_study, published):
    restricted = files(other_study / RUN / "restricted")
    assert {"journeys.parquet", "1-journeys.csv", "record.key", "ledger.csv"} <= {path.name for path in restricted}
    assert {"report.pdf", "report.html", "ro-crate-metadata.json", "config.yaml"} <= {path.name for path in published}
    assert told(published, [*restricted, *files(other_study / "extracts")]) == set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["page", "packed"])
def test_a_checksum_is_found_wherever_it_stands(tmp_path, kind, form):
    secret, page = tmp_path / "secret.csv", tmp_path / "page"
    secret.write_text("client\n1\n")
    total = hashlib.new(kind, secret.read_bytes()).hexdigest()[:20].encode()
    if form == "page":
        page.write_bytes(b"<p>" + total)
    else:
        document, file = pikepdf.new(), io.BytesIO()
        document.add_blank_page()
        document.attachments["a.json"] = pikepdf.AttachedFileSpec(document, total)
        document.save(file, compress_streams=True)
        page.write_bytes(file.getvalue())
    assert {name for _, name in told([page], [secret])} == {"secret.csv"}
