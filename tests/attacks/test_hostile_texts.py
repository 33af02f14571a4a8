"""Texts of a config or an extract that would be run, fetched or drawn by a careless program: they stay words.

One study with such texts wherever a config or an extract can hold a text is run to its end, while a server on this
machine counts who asks for what the texts point at. Nobody may.
"""

from __future__ import annotations

import base64
import copy
import csv
import http.server
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pypdfium2
import pytest
import yaml
from defusedxml.ElementTree import fromstring
from jinja2 import StrictUndefined, TemplateNotFound, UndefinedError

from browser import chromium, page_of
from dscp.exhibits.book import Book
from dscp.pdf.typesetting import TypesettingProblem, typeset
from dscp.report.render import environment
from running import RUN, copy_project, snakemake

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
    secret.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><text id="b" y="5">{SECRET}</text></svg>', encoding="utf-8"
    )
    with loopback() as (address, asked):
        code = filled(BEYOND[case], address, secret)
        page = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title></head><body>{code}</body>'
        if case in LEFT_OUT:
            assert SECRET not in text_of(typeset(page))
            assert asked == []
            return
        with pytest.raises(TypesettingProblem) as problem:
            typeset(page)
        assert asked == []
    said = str(problem.value)
    assert "\n" not in said and SECRET not in said and len(said) < 400
    refused = said.startswith("the page asks for ") and said.endswith("; allowed: the figures and fonts that it holds")
    assert refused or case in NOT_ASKED
    assert refused or said.startswith("the PDF could not be typeset cleanly: ")


def test_the_typesetter_takes_what_the_page_holds():
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>t</title></head><body><h1>t</h1>{image("")}'
    )
    assert typeset(page).startswith(b"%PDF")


# Refused before anything is asked for: paths that lead nowhere from a page without an address, and XML with entities.
NOT_ASKED = (
    "image without protocol", "image by a relative path", "image by an absolute path",
    "drawing with an entity", "drawing with a style",
)  # fmt: skip
LEFT_OUT = ("drawing that uses another", "drawing that uses a file")  # never asked for by the typesetter


def text_of(pdf: bytes) -> str:
    """The text of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def filled(code: str, address: str, file: Path) -> str:
    """Put the server's and the file's address in, also within a drawing that is written as data."""
    values = {
        "FILE:F": f"FILE://{file}",
        "ftp:U": f"ftp:{address[5:]}",
        "//U": address[5:],
        "U": address,
        "F": file.as_uri(),
    }
    before, mark, data = code.partition("base64,")
    if mark and before.endswith("svg+xml;"):
        drawing, quote, rest = data.partition('"')
        text = filled(base64.b64decode(drawing).decode(), address, file)
        return f"{before}{mark}{base64.b64encode(text.encode()).decode()}{quote}{rest}"
    for name, value in values.items():
        code = code.replace(f'"{name}', f'"{value}').replace(f"({name}", f"({value}")
    return code


SITES = {  # U the server on this machine
    "site_1": "<script> window.pwned=1; document.title='x' </script>",
    "site_2": "<img src=U/a onerror=window.pwned=2>",
    "site_3": "{{ 7*7 }} $x_1$ {% include '/etc/passwd' %}",
    "site_4": "} body{ background: url(U/b)}",
    "site_5": "--> </script> </style> <svg onload=window.pwned=3> <use href='U/c'/>",
    "site_6": '=HYPERLINK( "U/d" ; "y" )',
    "site_7": "[a](javascript:b) **c** `d` file:///etc/passwd",
}
AREAS = {
    ("site_2", "pilot"): "<a rel=attachment href=file:///etc/passwd>A&B</a>",
    ("site_3", "pilot"): "@import url(U/e); \"quoted' words",
    ("site_4", "pilot"): "&lt;b&gt; &amp; ]]> <!-- <![CDATA[",
    ("site_5", "comparison"): "<math> <mtext href=U/f> </mtext> </math>",
    ("site_6", "comparison"): "{{ config }} {# gone #} ${1} %(a)s",
    ("site_7", "comparison"): "<!DOCTYPE x [<!ENTITY e SYSTEM 'U/g'>]> &e;",
}
ACTIVITY = (  # of one site, in the columns of Table 1.3
    "<script>window.pwned=4</script>; {{ 7*7 }}; =1+1",
    "<img src=U/h onerror=window.pwned=5>",
    "} body{background:url(U/i)}; --></script></table></svg>",
    "@SUM(1+1)*cmd|' /C calc'!A0; <svg><image href='file:///etc/passwd'/></svg>",
)
NOTE = "<img src=U/j> {{ 7*7 }} $x$ \\frac{a}{b} </script>"
TITLE = "</title><script>window.pwned=7</script> {{ 7*7 }}"
NAME = "<b>Name</b> {{ 7*7 }} <link rel=stylesheet href=U/l>"
FILE = "<img src=x onerror=window.pwned=8> & 'q' \"r\".csv"
ASSUMED = "prison_pickup.base.comparison_6.post"


@dataclass(frozen=True)
class Finished:
    """A run whose config and extracts are full of such texts."""

    folder: Path
    config: dict
    activity: list[str]
    asked: list[str]

    @property
    def labels(self) -> list[str]:
        """Labels of sites and areas that stand in tables of the report."""
        sites = self.config["sites"]
        return [sites[name]["label"] for name in SITES] + [sites[name][arm]["label"] for name, arm in AREAS]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str]]]:
    with loopback() as (address, asked):
        yield address, asked


@pytest.fixture(scope="module")
def finished(tmp_path_factory, config, server) -> Finished:
    """The default study with the texts above, run from nothing to its end."""
    address, asked = server
    folder = copy_project(tmp_path_factory.mktemp("texts"))
    study = hostile_config(config, address)
    text = yaml.safe_dump(study, sort_keys=False, allow_unicode=True, width=1000)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    activity = [text.replace("U/", f"{address}/") for text in ACTIVITY]
    write_activity(folder / "extracts" / FILE, study, activity)
    done = snakemake(folder, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return Finished(folder / RUN, study, activity, list(asked))


def hostile_config(config: dict, address: str) -> dict:
    study = copy.deepcopy(config)
    put = lambda text: text.replace("U/", f"{address}/")  # noqa: E731
    for name, label in SITES.items():
        study["sites"][name]["label"] = put(label)
    for (name, arm), label in AREAS.items():
        study["sites"][name][arm]["label"] = put(label)
    study["title"], study["programme"]["name"] = TITLE, put(NAME)
    study["change_label"], study["periods"]["pre"]["label"] = "'<i>09</i>-'11", "<b>2007</b>-09"
    study["assumed"][ASSUMED] = put(NOTE)
    study["extracts"]["pilot_activity"] = f"extracts/{FILE}"
    return study


def write_activity(path: Path, study: dict, texts: list[str]) -> None:
    """The extract of Table 1.3: the texts at one site, a plain one at the others."""
    path.parent.mkdir()
    columns = ["freedoms_and_flexibilities", "structural_change", "system_change", "delivery_change"]
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["site", *columns])
        rows.writerows([name, *(texts if name == "site_4" else ["Plain words"] * 4)] for name in study["sites"])


def squeezed(text: str) -> str:
    """A text without white space and soft signs: lines are broken anywhere in print."""
    return re.sub(r"[\s\u00ad\u200b\ufffe\x02-]+", "", text)


def test_nobody_was_asked_for_anything_by_the_run(finished):
    assert finished.asked == []


def test_the_page_shows_them_as_words_and_runs_nothing(finished, server):
    with chromium() as browser, page_of(browser, finished.folder / "report.html") as page:
        assert page.evaluate("window.pwned") is None
        assert page.title() == f"{TITLE}: evaluation report"
        made = "img[onerror], svg[onload], base, object, embed, iframe, math, a[rel=attachment], b, i, link[href]"
        assert page.evaluate(f"document.querySelectorAll('{made}').length") == 0
        shown = squeezed(page.evaluate("document.body.textContent"))
        for text in [*finished.labels, NOTE, NAME, *finished.activity]:
            assert all(squeezed(part) in shown for part in text.replace("U/", f"{server[0]}/").split("; ")), text
        assert "root:x:0" not in shown
    assert server[1] == []


def test_the_pdf_shows_them_as_words(finished, server):
    shown = squeezed(text_of((finished.folder / "report.pdf").read_bytes()))
    for text in [*finished.labels, NOTE, NAME, *finished.activity]:
        assert all(squeezed(part) in shown for part in text.replace("U/", f"{server[0]}/").split("; ")), text
    assert "root:x:0" not in shown


def test_the_workbooks_hold_them_as_text_that_nothing_runs(finished):
    book = openpyxl.load_workbook(finished.folder / "report.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.value for cell in cells if cell.data_type == "f" or str(cell.value).startswith(("=", "@", "+"))]
    links = [cell.hyperlink.target for cell in cells if cell.hyperlink and cell.hyperlink.target]
    assert not [link for link in links if not link.startswith("#")]
    with zipfile.ZipFile(finished.folder / "report.ods") as archive:
        content = archive.read("content.xml").decode()
    assert "table:formula" not in content
    held = {"xlsx": "".join(str(cell.value) for cell in cells), "ods": "".join(fromstring(content).itertext())}
    for name, texts in held.items():
        for text in [*finished.labels, *finished.activity]:
            assert all(squeezed(part) in squeezed(texts) for part in text.split("; ")), (name, text)


def test_the_figures_are_drawings_and_nothing_else(finished):
    drawn = ""
    for path in sorted(finished.folder.glob("figures/*.svg")):
        text = path.read_text(encoding="utf-8")
        for element in fromstring(text).iter():
            assert element.tag.rpartition("}")[2] not in ("script", "image", "foreignObject", "a", "iframe"), path.name
            for name, value in element.attrib.items():
                assert not name.startswith("on"), path.name
                assert not name.endswith("href") or value.startswith("#"), path.name
                assert not re.search(r"url\((?!#)", value), path.name
            if element.tag == "{http://www.w3.org/2000/svg}style":
                assert not re.search(r"url\((?!data:font/woff2;)|@import", element.text), path.name
        drawn += "".join(one.text for one in fromstring(text).iter("{http://www.w3.org/2000/svg}text"))
    drawn = squeezed(drawn)
    for name in SITES:  # a long label has an ellipsis in its middle
        label = squeezed(finished.config["sites"][name]["label"])
        assert label[:8] in drawn and label[-8:] in drawn, name


def test_the_records_hold_them_as_data(finished, server):
    record = json.loads((finished.folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    (assumed,) = (one["value"] for one in record["@graph"] if one["@id"] == "#setting/assumed")
    assert json.loads(assumed)[ASSUMED] == NOTE.replace("U/", f"{server[0]}/")
    number = re.compile(r"[+-]?[£\d.,]+(e-\d+)?[%kmb]*( billion)?|-ve|\[z\]")
    for name in ("cells.csv", "validation.csv"):
        with open(finished.folder / name, encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        run = [cell for cell in cells if cell.startswith(("=", "@", "+", "-")) and not number.fullmatch(cell)]
        assert run == [], name


def test_nothing_was_drawn_as_a_template(finished):
    """Words of a template would be gone, their results there."""
    for name in ("report.html", "work/report_print.html"):
        text = (finished.folder / name).read_text(encoding="utf-8")
        assert "{{ 7*7 }}" in text and "{% include" in text and "{# gone #}" in text
        assert "root:x:0" not in text


def test_the_templates_escape_whatever_they_are_called_and_know_no_undefined_name(tmp_path, config):
    """Jinja's own choice by name leaves out *.html.j2."""
    for name, declared in (("references", "{}"), ("chapters", "{subjects: {}, chapters: {}}")):
        (tmp_path / f"{name}.yaml").write_text(declared, encoding="utf-8")
    env = environment(str(tmp_path), Book(pd.DataFrame(columns=["id", "value", "unit", "note"]), config, {}))
    assert env.autoescape is True and env.undefined is StrictUndefined
    for name in ("a.html.j2", "a.html", "a.css", "a.txt", "a"):
        (tmp_path / name).write_text("{{ text }}", encoding="utf-8")
        assert env.get_template(name).render(text="<b>{{ 7*7 }}</b>") == "&lt;b&gt;{{ 7*7 }}&lt;/b&gt;"
        with pytest.raises(UndefinedError):
            env.get_template(name).render()
    for name in ("/etc/hostname", "../a", "sub/../../a"):
        with pytest.raises(TemplateNotFound):
            env.get_template(name)
