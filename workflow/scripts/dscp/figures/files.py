"""Figures as files: the type that they are set in, their title and description, their colours in the dark.

A drawing holds its letters as text, which can be selected and searched. As a file it has its type with it, for the
browser that it is opened in; the page for print sets it in its own. What is drawn with is not imported here.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable, Mapping
from html import unescape

from markupsafe import escape

FAMILY = "Source Sans 3"
WEIGHTS = {"plain": 400, "bold": 600}
DARK = {  # each colour that figures are drawn in -> what it is on a dark page, as in templates/screen.css
    "#000000": "#e6e8ea",
    "#1b1b1b": "#e6e8ea",
    "#14405f": "#a3cdea",
    "#5f5f5f": "#b8c3cb",
    "#8a8a8a": "#8f9eaa",
    "#8c8c8c": "#8f9eaa",
    "#c9c9c9": "#5c6a75",
    "#d9d9d9": "#46535d",
    "#e6edf2": "#27485f",
    "#ffffff": "#14191d",
}
LETTERS = re.compile(r"<text\b[^>]*>([^<]*)")
TYPE = re.compile(r"<style>@font-face.*?</style>\n?", re.DOTALL)
COLOUR = re.compile(r"\b(?:fill|stroke): *(#[0-9a-f]+)")


def letters_of(drawings: Iterable[str]) -> str:
    """Every letter that drawings have, once."""
    return "".join(sorted({letter for svg in drawings for text in LETTERS.findall(svg) for letter in unescape(text)}))


def type_of(letters: str, fonts: Mapping[str, str]) -> str:
    """A stylesheet that holds the typefaces of figures, cut down to some letters.

    Parameters
    ----------
    letters : those that are set
    fonts : "plain" and "bold" -> font file
    """
    return f"<style>{''.join(_face(letters, path, WEIGHTS[name]) for name, path in fonts.items())}</style>\n"


def _face(letters: str, path: str, weight: int) -> str:
    from fontTools import subset

    options = subset.Options(flavor="woff2", layout_features=["kern"], hinting=False)
    font, cut, out = subset.load_font(path, options), subset.Subsetter(options), io.BytesIO()
    cut.populate(text=letters)
    cut.subset(font)
    subset.save_font(font, out, options)
    held = base64.b64encode(out.getvalue()).decode()
    source = f"url(data:font/woff2;base64,{held}) format('woff2')"
    return f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};src:{source}}}"


def typed(svg: str, style: str) -> str:
    """A drawing with its type."""
    return _within(svg, style)


def titled(svg: str, title: str, description: str) -> str:
    """A drawing that says what it is and shows: to a screen reader, and in the properties of a program."""
    named = svg.replace("<svg ", '<svg role="img" aria-labelledby="title description" ', 1)
    words = (("title", "title", title), ("desc", "description", description))
    return _within(named, "".join(f'<{tag} id="{name}">{escape(text)}</{tag}>\n' for tag, name, text in words))


def for_print(svg: str) -> str:
    """A drawing without its type, which the page has."""
    return TYPE.sub("", svg)


def for_screen(svg: str) -> str:
    """A drawing that is dark on a dark page. A file alone is not: what it stands on is not its own.

    Raises
    ------
    ValueError
        It has a colour of which nothing says what it is in the dark.
    """
    used = sorted(set(COLOUR.findall(svg)))
    if unknown := [colour for colour in used if colour not in DARK]:
        raise ValueError(
            f"a figure is drawn in {unknown[0]}, which is not in figures/files.py, DARK; allowed: {', '.join(DARK)}"
        )
    rules = "".join(
        f'[style*="{part}: {colour}"]{{{part}:{DARK[colour]}!important}}'
        for colour in used
        for part in ("fill", "stroke")
        if f"{part}: {colour}" in svg
    )
    return _within(svg, f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>\n")


def address(svg: str) -> str:
    """A drawing as the address of an image: the page fetches nothing."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _within(svg: str, part: str) -> str:
    """A drawing with something more at its beginning."""
    at = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:at]}\n{part}{svg[at:].lstrip()}"
