"""Figures as files: their titles, their type, and their colours in the dark."""

from __future__ import annotations

import base64
import re
from xml.etree.ElementTree import fromstring

import pytest

from drawn_figures import FONTS, PROJECT
from dscp.figures import drawing, files

DRAWING = (
    '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">\n'
    '<path style="fill: #14405f; stroke: #8c8c8c" d="M0 0"/><text style="fill: #1b1b1b">a &amp; ë</text></svg>'
)


def test_a_title_and_a_description_come_first_and_name_the_drawing():
    svg = fromstring(files.titled(DRAWING, "Figure 1: a <b>", 'What "it" shows & more'))
    first, second = list(svg)[:2]
    assert (first.tag, first.text) == ("{http://www.w3.org/2000/svg}title", "Figure 1: a <b>")
    assert (second.tag, second.text) == ("{http://www.w3.org/2000/svg}desc", 'What "it" shows & more')
    assert svg.get("aria-labelledby").split() == [first.get("id"), second.get("id")]


def test_letters_are_those_that_are_read():
    assert files.letters_of([DRAWING, DRAWING.replace("ë", "z")]) == " &azë"


def test_a_drawing_with_its_type_has_it_once_and_loses_it_for_print():
    style = files.type_of("a & ë", FONTS)
    assert [int(one) for one in re.findall(r"font-weight:(\d+)", style)] == [400, 600]
    assert all(len(base64.b64decode(one)) < 2000 for one in re.findall(r"base64,([^)]+)", style))
    assert style == files.type_of("a & ë", FONTS), "the same bytes each time"
    typed = files.typed(DRAWING, style)
    assert typed.count("@font-face") == 2
    fromstring(typed)
    assert files.for_print(typed).split() == DRAWING.split()


def test_in_the_dark_each_colour_is_another():
    svg = files.for_screen(DRAWING)
    rules = dict(re.findall(r'\[style\*="(\w+: #\w+)"\]\{\w+:(#\w+)!important\}', svg))
    assert rules == {"fill: #14405f": "#a3cdea", "fill: #1b1b1b": "#e6e8ea", "stroke: #8c8c8c": "#8f9eaa"}
    assert "@media (prefers-color-scheme: dark)" in svg
    fromstring(svg)


def test_a_colour_that_nobody_has_made_dark_stops_the_page():
    with pytest.raises(
        ValueError, match=r"drawn in #123456, which is not in figures/files\.py, DARK; allowed: #000000"
    ):
        files.for_screen(DRAWING.replace("#8c8c8c", "#123456"))


def test_the_dark_colours_are_the_page_s_and_told_apart_as_the_light_ones_are():
    """Ground, ink and accent as in screen.css; what is darker on white is lighter in the dark."""
    page = (PROJECT / "templates" / "screen.css").read_text(encoding="utf-8")
    named = dict(re.findall(r"--(ground|ink|accent|quiet): (#\w+)", page))
    light = {"ground": drawing.WHITE, "ink": drawing.INK, "accent": drawing.ACCENT, "quiet": drawing.MUTED}
    assert {name: files.DARK[colour] for name, colour in light.items()} == named
    bright = lambda colour: sum(int(colour[at : at + 2], 16) for at in (1, 3, 5))  # noqa: E731
    greys = sorted((drawing.INK, drawing.MUTED, drawing.GREY, drawing.RULE, drawing.WHITE), key=bright)
    assert [files.DARK[one] for one in greys] == sorted((files.DARK[one] for one in greys), key=bright, reverse=True)


def test_all_kinds_of_study_are_drawn_in_known_colours():
    """Of every module that draws: the colours that stand in it."""
    room = PROJECT / "workflow" / "scripts" / "dscp" / "figures"
    used = {one for path in room.glob("*.py") for one in re.findall(r'"(#[0-9a-f]{6})"', path.read_text("utf-8"))}
    written = set(files.DARK) | set(files.DARK.values())
    assert used <= written
    names = {one for path in room.glob("*.py") for one in re.findall(r'color="([a-z]+)"', path.read_text("utf-8"))}
    assert names <= {"white", "none"}
