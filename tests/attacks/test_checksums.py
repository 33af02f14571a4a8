"""No published byte holds a plain checksum of a confidential file: with one, guesses at the file can be tried."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import pikepdf
import pytest

from canaries import ENCODED, unpacked
from dscp.run.closed import OF_A_RUN

RUN = "results/other-2012-15"
KINDS = ("md5", "sha1", "sha256", "sha512", "blake2b")
SHOWN = 16  # characters: of a checksum that is cut as well


def checksums(path: Path) -> Iterator[bytes]:
    """How the plain checksums of a file begin, as hexadecimal digits and as base64."""
    for kind in KINDS:
        total = hashlib.new(kind, path.read_bytes(), usedforsecurity=False).digest()
        yield total.hex()[:SHOWN].encode()
        yield base64.b64encode(total)[:SHOWN]
        yield base64.urlsafe_b64encode(total)[:SHOWN]


def told(published: Iterable[Path], confidential: Iterable[Path]) -> set[tuple[str, str]]:
    """Published file, or part of it, and the confidential file whose checksum stands there."""
    published = list(published)
    open_ = {path.read_bytes() for path in published} | {b""}
    sums = {total: path.name for path in confidential if path.read_bytes() not in open_ for total in checksums(path)}
    parts = [part for path in published for part in unpacked(path.name, path.read_bytes())]
    return {(place, sums[total]) for place, data in parts for total in sums.keys() & windows(data)}


def windows(data: bytes) -> set[bytes]:
    """Every stretch of some bytes that may be the beginning of a checksum."""
    return {run[at : at + SHOWN] for run in ENCODED.findall(data) for at in range(len(run) - SHOWN + 1)}


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


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
