"""A page typeset part by part: the same as at once, whatever the cores and whatever was kept."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pikepdf
import psutil
import pypdf
import pypdfium2
import pytest
from weasyprint import HTML
from weasyprint.formatting_structure import boxes
from weasyprint.text.line_break import Layout

from dscp.pdf import press, typesetting
from dscp.pdf.line_breaks import keep_names_with_numbers, letters_are_measured_alone
from dscp.pdf.parts import TypesettingProblem
from dscp.pdf.tags import mend_tags, names_of_anchors
from dscp.pdf.typesetting import typeset
from dscp.printing.html import read_html
from dscp.report.styles import embed_fonts
from dscp.run.workers import Unfinished, side_by_side
from tagged import elements, faults, page_of
from thorough import some

PROJECT = Path(__file__).parents[2]
STYLE = """@page { size: 300px 380px; margin: 40px; @top-left { content: string(chapter, first-except) }
  @bottom-right { content: counter(page) } @bottom-left { content: string(report) } }
body { string-set: report attr(data-report) } h1 { string-set: chapter content(text); bookmark-level: 1 }
h2 { bookmark-level: 2 } .part { break-before: page } .far::after { content: " (page " attr(data-page) ")" }
.front a::after { content: leader(dotted) attr(data-page) }"""
LONG = "".join(f"<p id='p-{{0}}-{at}'>Words of paragraph {at} of chapter {{0}}.</p>" for at in range(10))
TABLE = "<table><caption>T</caption><tr><th scope=row>Row</th><td>1</td></tr></table>"


def chapter(number: int, of: int, more: str = "") -> str:
    links = f"<a class=far href='#c-{number % of + 1}'>the next</a> and <a class=far href='#p-{number}-9'>below</a>"
    head = f"<h1 id='c-{number}'>Chapter {number}</h1><p>It names {links}.{more}</p><h2>Words</h2>"
    return f"<section class='part'>{head}{LONG.format(number)}{TABLE}</section>"


def page(more: str = "", of: int = 9) -> str:
    """A page of so many chapters; there may be more in the fourth."""
    entries = "".join(f"<p><a href='#c-{number}'>Chapter {number}</a></p>" for number in range(1, of + 1))
    chapters = "".join(chapter(number, of, more if number == 4 else "") for number in range(1, of + 1))
    whole = page_of(f"<nav class=front><h1>Contents</h1>{entries}</nav><main id='m'>{chapters}</main>", STYLE)
    return whole.replace("<body>", "<body data-report='Report'>")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[bytes, Path]:
    """The page typeset from nothing, and the folder in which its parts were kept."""
    folder = tmp_path_factory.mktemp("kept")
    return typeset(page(), kept=folder), folder


@pytest.fixture(scope="module")
def cold(made) -> bytes:
    return made[0]


@pytest.fixture
def kept(made, tmp_path) -> Path:
    """A folder in which all parts of the page are kept."""
    return shutil.copytree(made[1], tmp_path / "kept")


@pytest.fixture
def typeset_anew(monkeypatch) -> list[str]:
    """The pages that were not kept, as they are typeset."""
    seen: list[str] = []

    def spied(work, items, cores):
        seen.extend(items)
        return side_by_side(work, items, cores)

    monkeypatch.setattr(press, "side_by_side", spied)
    return seen


def at_once() -> bytes:
    """The page as WeasyPrint itself typesets it, with its own numbers."""
    style = STYLE.replace("attr(data-page)", "target-counter(attr(href url), page)")
    html = HTML(string=page().replace(STYLE, style))
    keep_names_with_numbers(html.etree_element)
    return html.write_pdf(pdf_variant=press.VARIANT)


def entries(outline: list, reader: pypdf.PdfReader) -> list:
    return [
        entries(one, reader) if isinstance(one, list) else (one.title, reader.get_destination_page_number(one))
        for one in outline
    ]


def test_it_looks_and_reads_as_if_it_were_typeset_at_once(cold):
    one, other = (pypdfium2.PdfDocument(pdf) for pdf in (at_once(), cold))
    assert len(one) == len(other) > 18
    for there, here in zip(one, other, strict=True):
        texts = [sheet.get_textpage().get_text_bounded().replace(press.NO_BREAK, " ") for sheet in (there, here)]
        assert texts[0] == texts[1]
        assert (there.render(scale=2).to_numpy() == here.render(scale=2).to_numpy()).all()


def test_its_structure_links_places_and_outline_are_those_of_one_document(cold):
    with pikepdf.open(io.BytesIO(at_once())) as one, pikepdf.open(io.BytesIO(cold)) as other:
        mend_tags(one, names_of_anchors(read_html(page())))
        kinds = [[str(element.S) for element in elements(pdf.Root.StructTreeRoot.K[0])] for pdf in (one, other)]
        assert kinds[0] == kinds[1] and kinds[0].count("/Table") == 9
        assert faults(other) == set()
        links = [
            [(str(link.Dest), str(link.Contents)) for sheet in pdf.pages for link in sheet.get("/Annots", [])]
            for pdf in (one, other)
        ]
        assert links[0] == links[1] and len(links[0]) > 27
        assert int(one.Root.Outlines.Count) == int(other.Root.Outlines.Count) == 19
    one, other = (pypdf.PdfReader(io.BytesIO(pdf)) for pdf in (at_once(), cold))
    places = [
        {name: (pdf.get_destination_page_number(place), place.top) for name, place in pdf.named_destinations.items()}
        for pdf in (one, other)
    ]
    assert places[0] == places[1] and len(places[0]) == 100
    assert entries(one.outline, one) == entries(other.outline, other)


def test_pages_are_named_by_their_numbers(cold):
    reader = pypdf.PdfReader(io.BytesIO(cold))
    text = [" ".join(sheet.extract_text().split()) for sheet in reader.pages]
    number = {name: 1 + reader.get_destination_page_number(at) for name, at in reader.named_destinations.items()}
    named = [int(found) for sheet in text for found in re.findall(r"\(page (\d+)\)", sheet)]
    chapters = range(1, 10)
    assert named == [number[f] for at in chapters for f in (f"c-{at % 9 + 1}", f"p-{at}-9")]
    assert min(named) < 10 < max(named), "numbers of one digit and of two"
    assert [int(re.search(r"\d+$", sheet)[0]) for sheet in text] == [*range(1, len(text) + 1)]


@pytest.mark.thorough
def test_cores_and_what_was_kept_change_no_byte(cold, tmp_path, typeset_anew):
    assert typeset(page(), cores=2, kept=tmp_path) == cold
    assert typeset_anew
    typeset_anew.clear()
    assert typeset(page(), cores=2, kept=tmp_path) == cold
    assert typeset_anew == []


MORE = {"a sentence": " Once more.", "a page": "<br>more" * 40}


@pytest.mark.parametrize("more", some(MORE, ["a page"]))
@pytest.mark.thorough
def test_after_an_edit_its_part_alone_is_typeset_again(kept, typeset_anew, more):
    """Where it takes more pages the numbers of all that follow move, and no other part is typeset for that."""
    edited = typeset(page(MORE[more]), kept=kept)
    assert {"c-4" if 'id="c-4"' in one else one for one in typeset_anew} == {"c-4"}
    assert edited == typeset(page(MORE[more]))


@pytest.mark.thorough
def test_other_code_and_another_stylesheet_typeset_anew(tmp_path, typeset_anew):
    typeset(page(of=2), kept=tmp_path, code="a")
    number = len(list(tmp_path.iterdir()))
    typeset_anew.clear()
    typeset(page(of=2), kept=tmp_path, code="b")
    assert len(typeset_anew) == number > 2
    typeset(page(of=2).replace("40px", "41px"), kept=tmp_path, code="b")
    assert len(typeset_anew) >= 2 * number - 1


def cut_short(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def one_bit_changed(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9] + bytes([path.read_bytes()[-9] ^ 1]) + path.read_bytes()[-8:])


def another_in_its_place(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize("damage", some([cut_short, one_bit_changed, another_in_its_place], [one_bit_changed]))
def test_what_is_damaged_is_typeset_again(cold, kept, typeset_anew, damage):
    path, other = sorted(kept.iterdir())[:2]
    damage(path, other)
    assert typeset(page(), kept=kept) == cold
    assert len(typeset_anew) == 1


def test_what_is_not_of_the_page_does_not_stay(kept):
    before = {path.name for path in kept.iterdir()}
    (kept / "half.part").write_bytes(b"")
    typeset(page(" Once more."), kept=kept)
    after = {path.name for path in kept.iterdir()}
    assert len(after) == len(before)
    assert len(after - before) == len(before - after) > 0


@pytest.mark.thorough
def test_a_page_without_parts_and_one_without_anything_before_them():
    (alone,) = pypdf.PdfReader(io.BytesIO(typeset(page_of("<h1>Alone</h1>", STYLE)))).pages
    assert alone.extract_text().split() == ["Alone", "1"]
    bare = pypdf.PdfReader(io.BytesIO(typeset(re.sub("<nav.*</nav>", "", page()))))
    assert bare.pages[0].extract_text().split()[:2] == ["Chapter", "1"]
    assert bare.get_destination_page_number(bare.named_destinations["m"]) == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("attr(data-page)", "target-counter(attr(href url), page)", "target-counter"),
        ("counter(page)", "counter(pages)", "counter.pages"),
        ("h2 {", "h2::after { content: counter(page) } h2 {", "counter.page"),
        ("id='c-3'", "id='c-2'", "Anchor defined twice: 'c-2'"),
        ("<h2>Words", "<div class='part'></div><h2>Words", "Parts in parts"),
        ("href='#c-3'", "href='#c-33'", "No anchor #c-33"),
        ("Words of paragraph 3 of chapter 7", "\N{CUNEIFORM SIGN A}", "no letter"),
        ("h2 {", "h2 { colour: red;", "colour"),
    ],
)
def test_what_parts_cannot_tell_and_what_is_amiss_in_one_is_refused(tmp_path, old, new, said):
    assert old in page()
    with pytest.raises(TypesettingProblem, match=re.escape(said) if "#" in said else said):
        typeset(page().replace(old, new), kept=tmp_path)


def test_numbers_of_uneven_digits_are_refused():
    """A number of a page takes the place of another, so all digits have to be of one width."""
    folder = PROJECT / "templates"
    fonts = re.findall(r"@font-face.*", (folder / "report.css").read_text(encoding="utf-8"))
    uneven = 'html { font-family: "Source Serif 4"; font-feature-settings: "lnum", "pnum" }'
    style = embed_fonts("\n".join([*fonts, STYLE, uneven]), folder)
    with pytest.raises(TypesettingProblem, match="several widths"):
        typeset(page(of=1).replace(STYLE, style))


@pytest.mark.thorough
def test_numbers_that_do_not_settle_are_refused(monkeypatch):
    monkeypatch.setattr(typesetting, "ROUNDS", 1)
    with pytest.raises(TypesettingProblem, match="do not settle in 1 rounds"):
        typeset(page())


def killed(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def starved(*_: object) -> None:
    raise MemoryError


@pytest.mark.parametrize(("end", "said"), [(killed, "killed by SIGKILL"), (starved, "out of memory")])
def test_a_worker_that_ends_early_ends_the_typesetting(monkeypatch, tmp_path, end, said):
    monkeypatch.setattr(press, "_pdf", end)
    with pytest.raises(Unfinished, match=said):
        typeset(page(), cores=2, kept=tmp_path)
    assert psutil.Process().children() == []


OUTLIVED = """
import os, time
from dscp.run.workers import side_by_side
side_by_side(lambda _: (os.write(1, b"%d\\n" % os.getpid()), time.sleep(600)), [1, 2], 2)
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_job(by):
    job = subprocess.Popen(
        [sys.executable, "-c", OUTLIVED],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "workflow" / "scripts")},
    )
    workers = [psutil.Process(int(job.stdout.readline())) for _ in range(2)]
    job.send_signal(by)
    job.wait()
    gone, alive = psutil.wait_procs(workers, timeout=20)
    assert (len(gone), alive) == (2, [])


def test_the_mark_of_a_footnote_does_not_run_into_the_number_before_it():
    """In copied text, in a search and for a screen reader "p = 0.27" with note 1 is not "p = 0.271"."""
    style = (PROJECT / "templates" / "print.css").read_text(encoding="utf-8")
    document = pypdfium2.PdfDocument(typeset(page_of("<p>p = 0.27<span class=fn>a note</span>.</p>", style)))
    assert "p = 0.27 1" in re.sub(r"\s", " ", document[0].get_textpage().get_text_range())


# Letters of one sign and of many, breaks of all kinds, and what takes no room.
ANYWHERE = (
    "Tr\u00eafaldwyn, Tre\u0302faldwyn \u2060a\u00adb a-b, 1,000.5 \U0001f469\u200d\U0001f469\u200d\U0001f467 fi" * 6
)


def set_in_a_narrow_cell(monkeypatch) -> tuple[list, int]:
    """The lines of a text that breaks anywhere, each with its width; and how many signs were set to make them."""
    signs, plain = [], Layout.set_text
    with monkeypatch.context() as patched:
        patched.setattr(
            Layout, "set_text", lambda own, text, **named: (signs.append(len(text)), plain(own, text, **named))
        )
        cell = (
            f"<td style='overflow-wrap: anywhere'>{ANYWHERE}<td style='white-space: nowrap'>{'as wide as it is ' * 6}"
        )
        document = HTML(string=f"<style>@page {{ size: 600px }}</style><table><tr>{cell}</table>").render()
    found = [box for page in document.pages for box in page._page_box.descendants() if isinstance(box, boxes.TextBox)]
    return [(box.text, box.width) for box in found], sum(signs)


def test_a_letter_of_a_text_that_breaks_anywhere_is_measured_without_what_follows(monkeypatch):
    """When WeasyPrint sets so few signs by itself, this part of pdf/line_breaks.py can go."""
    plain, signs = set_in_a_narrow_cell(monkeypatch)
    with letters_are_measured_alone():
        lines, fewer = set_in_a_narrow_cell(monkeypatch)
    assert lines == plain and len(lines) > 10
    assert fewer < signs / 2
