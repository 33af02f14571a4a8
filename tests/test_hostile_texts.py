"""Texts of a config or an extract that would be run, fetched or drawn by a careless program: they stay words.

One study with such texts wherever a config or an extract can hold a text is run to its end, while a server on this
machine counts who asks for what the texts point at. Nobody may.
"""

from __future__ import annotations

import base64
import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from report_pdf import TypesettingProblem, report_pdf

SECRET = "words of another file"


class Loopback(http.server.BaseHTTPRequestHandler):
    """Answers every request, and keeps what was asked for."""

    asked: list[str] = []  # noqa: RUF012 (one list for all requests)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def loopback() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine alone: its address, and what it was asked for."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Loopback)
    Loopback.asked.clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Loopback.asked
    server.shutdown()
    server.server_close()


def image(drawing: str, head: str = "") -> str:
    """An SVG as an image of the page."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"'
    data = base64.b64encode(f"{head}<svg {names}>{drawing}</svg>".encode()).decode()
    return f'<img alt="x" src="data:image/svg+xml;base64,{data}">'


# What a page may not fetch: U the server on this machine, F a file of it.
BEYOND = {
    "image by http": '<img alt="x" src="U/a">',
    "image by ftp": '<img alt="x" src="ftp:U/a">',
    "image without protocol": '<img alt="x" src="//U/a">',
    "image of a file": '<img alt="x" src="F">',
    "image of a file in capitals": '<img alt="x" src="FILE:F">',
    "image by a relative path": '<img alt="x" src="a.png">',
    "image by an absolute path": '<img alt="x" src="/etc/hostname">',
    "image below a base": '<base href="U/"><img alt="x" src="a.png">',
    "image of a web page": '<img alt="x" src="data:text/html,x">',
    "image that is none": '<img alt="x" src="data:image/png;base64,AAAA">',
    "stylesheet by http": '<link rel="stylesheet" href="U/a">',
    "stylesheet of a file": '<link rel="stylesheet" href="F">',
    "import by http": "<style>@import url(U/a);</style>",
    "import of a file": '<style>@import "F";</style>',
    "background": '<p style="background:url(U/a)">x</p>',
    "list mark": '<ul style="list-style-image:url(F)"><li>x</li></ul>',
    "content": "<style>p::before{content:url(U/a)}</style><p>x</p>",
    "font by http": "<style>@font-face{font-family:q;src:url(U/a)}p{font-family:q}</style><p>x</p>",
    "font of a file": "<style>@font-face{font-family:q;src:url(F)}p{font-family:q}</style><p>x</p>",
    "object by http": '<object data="U/a"></object>',
    "object of a file": '<object data="F"></object>',
    "embedded": '<embed src="U/a">',
    "attached by a link": '<a rel="attachment" href="F">x</a>',
    "attached by the head": '<link rel="attachment" href="F">',
    "attached by http": '<a rel="attachment" href="U/a">x</a>',
    "attached data": '<a rel="attachment" href="data:text/plain,x">x</a>',
    "drawing with an image by http": image('<image width="5" height="5" href="U/a"/>'),
    "drawing with an image of a file": image('<image width="5" height="5" xlink:href="F"/>'),
    "drawing that uses another": image('<use href="U/a#b"/>'),
    "drawing that uses a file": image('<use href="F#b"/>'),
    "drawing with a style": image('<style>@import url(U/a);</style><rect width="5" height="5"/>'),
    "drawing with an entity": image("<text>&e;</text>", '<!DOCTYPE svg [<!ENTITY e SYSTEM "F">]>'),
    "drawing within the page": '<svg width="9" height="9"><image width="5" height="5" href="U/a"/></svg>',
}


@pytest.mark.parametrize("case", BEYOND)
def test_the_typesetter_fetches_nothing(case, tmp_path):
    """Straight to the typesetter, past all that escapes texts before: one clear error, and no request."""
    secret = tmp_path / "secret.svg"
    secret.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><text id="b" y="5">{SECRET}</text></svg>', encoding="utf-8")
    with loopback() as (address, asked):
        code = filled(BEYOND[case], address, secret)
        page = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title></head><body>{code}</body>'
        if case in LEFT_OUT:
            assert SECRET not in text_of(report_pdf(page))
            assert asked == []
            return
        with pytest.raises(TypesettingProblem) as problem:
            report_pdf(page)
        assert asked == []
    said = str(problem.value)
    assert "\n" not in said and SECRET not in said and len(said) < 400
    refused = said.startswith("the page asks for ") and said.endswith("; allowed: the figures and fonts that it holds")
    assert refused or case in NOT_ASKED
    assert refused or said.startswith("the PDF could not be typeset cleanly: ")


def test_the_typesetter_takes_what_the_page_holds():
    page = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title></head><body><h1>t</h1>{image("")}'
    assert report_pdf(page).startswith(b"%PDF")


# Refused before anything is asked for: paths that lead nowhere from a page without an address, and XML with entities.
NOT_ASKED = (
    "image without protocol", "image by a relative path", "image by an absolute path",
    "drawing with an entity", "drawing with a style",
)  # fmt: skip
LEFT_OUT = ("drawing that uses another", "drawing that uses a file")  # never asked for by the typesetter


def text_of(pdf: bytes) -> str:
    """The text of a PDF."""
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def filled(code: str, address: str, file: Path) -> str:
    """Put the server's and the file's address in, also within a drawing that is written as data."""
    values = {"FILE:F": f"FILE://{file}", "ftp:U": f"ftp:{address[5:]}", "//U": address[5:], "U": address, "F": file.as_uri()}
    before, mark, data = code.partition("base64,")
    if mark and before.endswith("svg+xml;"):
        drawing, quote, rest = data.partition('"')
        text = filled(base64.b64decode(drawing).decode(), address, file)
        return f"{before}{mark}{base64.b64encode(text.encode()).decode()}{quote}{rest}"
    for name, value in values.items():
        code = code.replace(f'"{name}', f'"{value}').replace(f"({name}", f"({value}")
    return code
