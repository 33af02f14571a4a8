"""Canaries: values that no publishable byte may hold, planted in extracts and looked for in every form.

A canary is a text of a kind that tells of a person: an identifier, a number of ten digits, a date of birth, a postcode,
an address of e-mail, a note. What is reported of a find is the place and the form, never the bytes around it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pikepdf
import pypdfium2

MARK = "KQ7ZVX"  # within every canary that is a text
DIGITS = "7390184265"
BORN = ("1931-07-19", "19/07/1931", "19 July 1931")
COMPACT = b"19310719"
POSTCODE = ("QX7 3ZK", "QX73ZK")
MARKS = (MARK, DIGITS, *BORN, *POSTCODE)
SHAPES = {
    "text": f"{MARK}-client",
    "digits": DIGITS,
    "date": BORN[0],
    "British date": BORN[1],
    "date in words": BORN[2],
    "postcode": POSTCODE[0],
    "e-mail": f"a.{MARK}@example.org",
    "quotes": f"{MARK} said \"no\", and 'yes'",
    "lines": f"{MARK}\r\nof two lines",
    "formula": f'=HYPERLINK("{MARK}")',
    "markup": f"<b>{MARK}</b>&amp;",
}
ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{16,}")
DATES = re.compile(rb"(?<!\d)(?:\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|\d{8})(?!\d)")
OUTSIDE = "KQ7ZVX1"  # a DAT and a prison that are not the study's


def plant(frames: dict[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], dict[str, int]]:
    """Put canaries into good extracts, which stay good.

    They go into identifiers, into columns that nothing is read from and their names, into rows of other places.

    Parameters
    ----------
    frames : the twelve extracts as text

    Returns
    -------
    The extracts, and how many canaries each holds.
    """
    planted, numbers = {}, {}
    for name, frame in frames.items():
        ids = [column for column in ("client", "referral") if column in frame]
        given = frame.copy()
        for place in [column for column in ("dat", "prison") if column in frame and ids]:
            elsewhere = given.tail(3).assign(**{place: OUTSIDE})
            unique = {column: [f"90{row}" for row in range(3)] for column in ("journey", "referral") if column in frame}
            given = pd.concat([given, elsewhere.assign(**unique)], ignore_index=True)
        for column in ids:
            given[column] = MARK + given[column]
        if "date_of_birth" in given:
            given["date_of_birth"] = pd.to_datetime(given["date_of_birth"]).dt.strftime("%d/%m/%Y").fillna("")
        rows = range(len(given))
        extra = {
            "postcode": POSTCODE[0],
            "full_name": [f"Ann {MARK}{row}" for row in rows],
            "nhs_number": [f"{DIGITS}{row}" for row in rows],
            "born": BORN[0],
            "notes": [f'{MARK} "{row}", {SHAPES["lines"] if row % 50 == 0 else ""}' for row in rows],
            DIGITS: "x",
            BORN[1]: "x",
            POSTCODE[0]: "x",
            SHAPES["e-mail"]: "x",
        }
        planted[name] = given.assign(**extra)
        numbers[name] = len(given) * (5 + len(ids)) + 4
    return planted, numbers


def whole_values(frames: Iterable[pd.DataFrame]) -> set[str]:
    """Identifiers, and some of the other cells that tell of a person, for their digests."""
    columns = {"client": None, "referral": None, "full_name": 100, "nhs_number": 100, "postcode": 1, "born": 1}
    return {
        str(value)
        for frame in frames
        for name, number in columns.items()
        if name in frame
        for value in frame[name].unique()[:number]
    }


class Search:
    """Looks for canaries, in every encoding, and for digests of whole values and real dates of birth."""

    def __init__(self, values: Iterable[str] = (), born: Iterable[str] = ()) -> None:
        """values : texts whose digests are looked for; born : dates as they stand in extracts."""
        self.digests = {found for value in values for found in _digests(value)}
        self.born = {COMPACT, *(date.encode() for date in born)}

    def bytes(self, data: bytes) -> set[str]:
        """The forms in which canaries are in some bytes."""
        low = data.lower()
        found = {form for form, needle in _needles() if needle in low}
        found |= {form for form, needle in _encoded() if needle in data}
        if self.digests:
            tokens = {token[:16].lower() for token in HEXADECIMAL.findall(data)}
            tokens |= {token[:16] for token in ENCODED.findall(data)}
            found |= set() if self.digests.isdisjoint(tokens) else {"a digest"}
        if not self.born.isdisjoint(DATES.findall(data)):
            found.add("a date of birth")
        return found

    def files(self, paths: Iterable[Path]) -> tuple[dict[str, set[str]], int]:
        """File, and part of it -> the forms found there; and how many bytes were searched."""
        found: dict[str, set[str]] = {}
        size = 0
        for path in paths:
            for place, data in [(f"name of {path.name}", str(path).encode()), *unpacked(path.name, path.read_bytes())]:
                size += len(data)
                if forms := self.bytes(data):
                    found[f"{path.parent.name}/{place}"] = forms
        return found, size


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and all that is packed into it: members of archives, streams, metadata, text and attachments of a PDF."""
    yield name, data
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from unpacked(f"{name}/{member}", archive.read(member))
    elif data.startswith(b"\x1f\x8b"):
        yield from unpacked(f"{name}/unpacked", gzip.decompress(data))
    elif data.startswith(b"%PDF"):
        yield from _of_pdf(name, data)
    elif name.endswith((".html", ".svg", ".xml")):
        yield f"{name}, unescaped", html.unescape(data.decode("utf-8", "replace")).encode()


def _of_pdf(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    with pikepdf.open(io.BytesIO(data)) as document:
        yield f"{name}, document information", repr(dict(document.docinfo.items())).encode()
        for number, thing in enumerate(document.objects):
            yield f"{name}, object {number}", _content(thing)
        for title, attached in document.attachments.items():
            yield from unpacked(f"{name}, attachment {title}", attached.get_file().read_bytes())
    text = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data)]
    yield f"{name}, text", "\n".join(text).encode()


def _content(thing: pikepdf.Object) -> bytes:
    if isinstance(thing, pikepdf.Stream):
        try:
            return thing.read_bytes() + thing.unparse()
        except pikepdf.PdfError:
            return thing.read_raw_bytes()
    return thing.unparse(resolved=True) + (bytes(thing) if isinstance(thing, pikepdf.String) else b"")


@cache
def _needles() -> list[tuple[str, bytes]]:
    """Form, and what is looked for in lower-case bytes."""
    found = []
    for number, given in enumerate(MARKS):
        mark = given.lower()
        forms = {
            "text": mark.encode(),
            "UTF-16": mark.encode("utf-16-le"),
            "UTF-16, high byte first": mark.encode("utf-16-be"),
            "hexadecimal": mark.encode().hex().encode(),
            "hexadecimal as given": given.encode().hex().encode(),
            "percent": quote(mark, safe="").lower().encode(),
            "plus": mark.replace(" ", "+").encode(),
            "entities": "".join(f"&#{ord(letter)};" for letter in mark).encode(),
            "entities as given": "".join(f"&#{ord(letter)};" for letter in given).encode(),
            "JSON": mark.replace("/", "\\/").encode(),
        }
        found += [(f"canary {number}, {form}", needle) for form, needle in forms.items()]
    return found


@cache
def _encoded() -> list[tuple[str, bytes]]:
    """Form, and what of a canary is the same wherever it stands within a text in base64."""
    found = []
    for mark in {*MARKS, *map(str.lower, MARKS)}:
        for shift in range(3):
            text = base64.b64encode(b"\0" * shift + mark.encode())
            inner = text[-(-shift * 8 // 6) : (shift + len(mark)) * 8 // 6]
            found.append((f"base64 of {len(mark)} characters", inner))
    return found


def _digests(value: str) -> Iterator[bytes]:
    """How digests of a text begin, as hexadecimal and as base64."""
    for case in {value, value.lower()}:
        for kind in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            total = kind(case.encode())
            yield total.hexdigest()[:16].encode()
            yield base64.b64encode(total.digest())[:16]
            yield base64.urlsafe_b64encode(total.digest())[:16]
