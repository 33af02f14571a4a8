"""The figures of the finished report and their cells: all there, as the page prints them, enough to draw them again."""

from __future__ import annotations

import base64
import io
import math
import re
from collections import Counter
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
import yaml
from fontTools.ttLib import TTFont
from lxml import etree
from PIL import Image

import figures as rule
from dscp.exhibits.book import shown
from dscp.figures import files
from dscp.figures.data import Datum, FigureData, planned
from dscp.figures.drawing import Faces, own_settings, to_png, to_svg
from dscp.ledger.rows import read_ledger, values_of
from dscp.printing.html import read_html
from tables import read_cells

TEMPLATES = Path(__file__).parents[2] / "templates"
DECLARED = yaml.safe_load((TEMPLATES / "figures.yaml").read_text(encoding="utf-8"))["figures"]
PRINTED = re.compile(r'<(?:td|data) [^>]*data-q="([^"]+)"[^>]*><a [^>]*>(.*?)</a>')
SVG = "{http://www.w3.org/2000/svg}"
TABLE_IN_THE_TEXT = {"E.1"}  # the chapter prints the numbers above the figure


@pytest.fixture(scope="module")
def cells(default_run) -> pd.DataFrame:
    return read_cells(default_run / "cells.csv", dtype=str)


@pytest.fixture(scope="module")
def values(default_run) -> dict[str, float]:
    return values_of(read_ledger(default_run / "ledger.csv"))


@pytest.fixture(scope="module")
def plans(values, config) -> dict:
    return planned(DECLARED, config, list(values))


def of_figure(cells: pd.DataFrame, number: str) -> pd.DataFrame:
    return cells[cells["exhibit"] == f"Figure {number}"]


def test_tables_come_first_and_every_figure_with_numbers_has_its_cells(cells, plans, default_run):
    exhibits = list(dict.fromkeys(cells["exhibit"]))
    figures = [name for name in exhibits if name.startswith("Figure ")]
    assert exhibits[len(exhibits) - len(figures) :] == figures
    assert "7.10" in exhibits
    drawn, as_pictures = (
        {path.stem for path in (default_run / "figures").glob(f"*.{kind}")} for kind in ("svg", "png")
    )
    assert drawn == as_pictures and len(list((default_run / "figures").iterdir())) == 2 * len(drawn)
    assert {f"Figure {number}" for number in drawn if plans[number].table is not None} == set(figures)
    assert {number for number in drawn if plans[number].table is None} == {"1.1", "2.1", "2.2", "4.1", "4.2", "C.2.2"}
    assert not cells.duplicated(["exhibit", "row", "column"]).any()


def test_the_table_of_a_figure_prints_its_cells(cells, default_run):
    page = (default_run / "report.html").read_text(encoding="utf-8")
    found = re.findall(
        r'<figure id="figure-[^"]+">\s*<figcaption><span class="n">Figure (.*?)</span>(.*?)</figure>', page, re.S
    )
    shown_in = {number: PRINTED.findall(body.partition("<details")[2]) for number, body in found}
    with_cells = {name.removeprefix("Figure ") for name in cells["exhibit"] if name.startswith("Figure ")}
    assert {number for number, items in shown_in.items() if items} == with_cells - TABLE_IN_THE_TEXT
    for number in with_cells - TABLE_IN_THE_TEXT:
        printed = [(name, unescape(text)) for name, text in shown_in[number]]
        ours = of_figure(cells, number).query("id != ''")  # words are no numbers
        assert printed == list(zip(ours["id"], ours["printed"].map(shown), strict=True)), number


def test_every_figure_can_be_drawn_again_from_its_cells(cells, plans, values, config, default_run):
    weights = {"plain": "400", "bold": "600"}
    fonts = {name: TEMPLATES / "fonts" / f"source-sans-3-latin-{weight}-normal.ttf" for name, weight in weights.items()}
    faces = Faces.of(**{name: str(path) for name, path in fonts.items()})
    paths = sorted((default_run / "work" / "figures").iterdir())
    assert len(paths) == 25
    for path in paths:
        plan = plans[path.stem]
        rows = of_figure(cells, path.stem).itertuples()
        held = {(one.row, one.column): Datum(one.id, float(one.value or math.nan), shown(one.printed)) for one in rows}
        data = replace(FigureData.of(plan, values), cells=held)
        with own_settings():
            figure = rule.drawing(plan.declaration["draws"])(data, config, faces)
            svg, picture = to_svg(figure), to_png(figure)
        assert svg == files.for_print(path.read_text(encoding="utf-8")), path.stem
        assert picture == (default_run / "figures" / f"{path.stem}.png").read_bytes(), path.stem


def test_a_figure_as_a_file_says_what_it_shows_as_the_page_does(default_run):
    """Its title and description are the caption and the alternative text; its letters are there."""
    page = read_html((default_run / "report.html").read_text(encoding="utf-8"))
    held = {one.get("id"): one for one in page.iter("figure") if one.get("id")}
    paths = sorted((default_run / "figures").glob("*.svg"))
    assert len(paths) == len(held) == 25
    for path in paths:
        figure, svg = held[f"figure-{path.stem.replace('.', '-')}"], etree.parse(path).getroot()
        title, description = (svg.findtext(f"{SVG}{tag}") for tag in ("title", "desc"))
        caption = figure.find(".//figcaption")
        assert title == f"Figure {path.stem}: {''.join(caption.itertext()).removeprefix(f'Figure {path.stem}').strip()}"
        assert description == figure.find(".//img").get("alt")
        assert svg.get("role") == "img" and svg.get("aria-labelledby") == "title description"
        faces = re.findall(r"url\(data:font/woff2;base64,([^)]+)\)", path.read_text(encoding="utf-8"))
        letters = {letter for one in svg.iter(f"{SVG}text") for letter in one.text}
        assert len(faces) == 2 and letters
        for face in faces:
            known = TTFont(io.BytesIO(base64.b64decode(face))).getBestCmap()
            assert {ord(letter) for letter in letters} <= known.keys(), path.stem


def test_pictures_are_for_slides(default_run):
    for path in (default_run / "figures").glob("*.png"):
        with Image.open(path) as picture:
            wide, high = picture.size
            dots = picture.info["dpi"][0]
            colours = Counter(picture.convert("RGBA").get_flattened_data()).most_common()
        assert dots == pytest.approx(300, abs=0.1) and wide >= 156 / 25.4 * 300 - 1 and high > 100
        assert colours[0][0] == (255, 255, 255, 255) and {alpha for (*_, alpha), _ in colours} == {255}, path.name
