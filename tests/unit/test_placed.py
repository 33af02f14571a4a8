"""What is said of a page that was typeset: numbers beyond it, under one another or lost, and letters without a font."""

from __future__ import annotations

import re

import pytest
from fontTools.ttLib import TTFont
from weasyprint import CSS, HTML

from drawn_figures import FONTS
from dscp.pdf.parts import TypesettingProblem
from dscp.pdf.typesetting import typeset
from many_sites import TEMPLATES, style
from tagged import page_of

STYLE = """@page { size: 300px 260px; margin: 40px } .fn { float: footnote } .off { position: relative; left: 300px }
.down { position: relative; top: 112px }
.up { margin-top: -2.2em } .gone { display: none } td { padding: 0 } .right { margin-left: 190px;
  white-space: nowrap }"""
NUMBER = "<h2>Costs</h2><p><data data-q='cost.total'><a href='#x'>12,345</a></data> pounds</p><p id='x'>Text</p>"
LETTERS = {
    "Welsh": "âêîôûŵŷáéíóúẃýàèìòùẁỳäëïöüẅÿÂÊÎÔÛŴŶÁÉÍÓÚẂÝÀÈÌÒÙẀỲÄËÏÖÜẄŸ",
    "Gaelic": "áéíóúàèìòùÁÉÍÓÚÀÈÌÒÙ",
    "Polish, Czech, Slovak": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽĺľŕäôĹĽŔ",
    "Hungarian, Romanian, Turkish": "őűŐŰăâîșțĂÂÎȘȚğıİŞşçÇ",
    "Baltic and Nordic": "āčēģīķļņšūžąęėįųĀČĒĢĪĶĻŅŠŪŽĄĘĖĮŲåäöæøðþÅÄÖÆØÐÞ",
    "Croatian, Maltese, French, German, Spanish": "đĐċġħżĊĠĦŻœŒçÇñÑßüÜ",
}


def said_of(body: str, sheet: str = STYLE) -> str:
    with pytest.raises(TypesettingProblem) as raised:
        typeset(page_of(body, sheet))
    return str(raised.value)


def test_a_number_in_its_place_is_let_be():
    typeset(page_of(NUMBER, STYLE))
    typeset(page_of(NUMBER.replace("12,345", "12,<b>345</b><sup>a</sup>"), STYLE))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<p><data", "<p class=off><data", "'12,345' (cost.total), under 'Costs', stands beyond the type area"),
        ("<p><data", "<p class=right><data", "'12,345' (cost.total), under 'Costs', stands beyond the type area"),
        ("<p><data", "<p class=down><data", "'12,345' (cost.total), under 'Costs', stands beyond the type area"),
        ("<p><data", "<p class=gone><data", "'12,345' (cost.total), under 'Costs', is not on the page"),
        ("</data> pounds", "</data> pounds<br><span class=right>or about as much</span>", "'or about as much', under"),
        ("</p><p id='x'>", "</p><p id='x' class=up>", "'12,345' (cost.total), under 'Costs', is not alone"),
        ("</data> pounds", "</data><span style='margin-left: -2em'>about</span>", "is not alone where it stands"),
    ],
)
def test_a_number_that_cannot_be_read_stops_the_build(old, new, said):
    assert NUMBER.count(old) == 1
    assert said in said_of(NUMBER.replace(old, new))


def test_the_head_of_a_table_may_be_said_on_every_page():
    head = "<thead style='display: table-header-group'><tr><th><data data-q='constant.weeks'>12</data> weeks</thead>"
    rows = "".join(f"<tr><td data-q='count.{n}'>{n}</td></tr>" for n in range(40))
    typeset(page_of(f"<table><caption>T</caption>{head}<tbody>{rows}</tbody></table>", STYLE))


def test_every_page_of_a_broken_text_is_looked_at():
    rows = "".join(f"<p><data data-q='count.{n}'>{n}</data></p>" for n in range(30))
    late = f"<p class=off><data data-q='count.late'>77</data></p>{rows}"
    assert "'77' (count.late)" in said_of(rows + late)


# Letters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["ж", "\N{CUNEIFORM SIGN A}"])
@pytest.mark.thorough
def test_a_letter_that_the_fonts_lack_is_named_with_its_place(letter):
    """Whether this machine has a font with it or not: another machine may not."""
    said = said_of(f"<h2>Areas</h2><p>One is called {letter}</p>", style().replace("Source Serif 4", "Source Sans 3"))
    assert f"no letter {letter!r} (U+{ord(letter):04X}), needed for 'One is called {letter}', under 'Areas'" in said


def faces() -> dict[str, set[int]]:
    """File of each font of the pages -> its letters."""
    sheet = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return {file: set(TTFont(TEMPLATES / file).getBestCmap()) for file in re.findall(r"url\((fonts/.*?)\)", sheet)}


@pytest.mark.parametrize("letters", LETTERS.values(), ids=LETTERS)
def test_fonts_have_the_letters_of_europe(letters):
    every = {**faces(), **{path: set(TTFont(path).getBestCmap()) for path in FONTS.values()}}
    assert len(every) == 8
    assert {
        face: lacks for face, has in every.items() if (lacks := [one for one in letters if ord(one) not in has])
    } == {}


def test_a_page_in_welsh_is_set_in_the_reports_own_fonts():
    text = " ".join("".join(LETTERS.values()))
    weights = f"<p>{text}</p><p><i>{text}</i></p><h2>{text}</h2><figcaption>{text}</figcaption><cite>{text}</cite>"
    typeset(page_of(f"<main>{weights}<table><tr><td><i>{text}</i></td></tr></table></main>", style()))


@pytest.mark.parametrize("layout", ["", "dense", "dense compact", "few", "even", "wraps"])
def test_later_rows_of_a_group_stand_in_the_column_of_the_first(layout):
    rows = '<tr><th class="group" rowspan="2">G</th><th class="inner">one</th><td>1</td></tr>'
    rows += '<tr><th class="inner">two</th><td>2</td></tr>'
    css = CSS(filename=TEMPLATES / "report.css")
    page = f'<div class="exhibit {layout}"><table><tbody>{rows}</tbody></table></div>'
    [sheet] = HTML(string=page).render(stylesheets=[css]).pages
    lefts = {box.text: box.position_x for box in sheet._page_box.descendants() if hasattr(box, "text")}
    assert lefts["one"] == lefts["two"] > lefts["G"]
