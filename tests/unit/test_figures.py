"""The figures: drawn for any number of sites, from their tables, clear in greyscale, described as their numbers say."""

from __future__ import annotations

import copy
import math
import re
import zlib
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import combinations, count

import matplotlib
import numpy as np
import pandas as pd
import pytest
from lxml.etree import fromstring
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.spines import Spine
from matplotlib.text import Text

import figures as rule
from drawn_figures import DECLARED, FACES, FONTS, draw, ids_of, made_up, plans_of, texts
from dscp.exhibits.declared import figure_sites
from dscp.figures import drawing
from dscp.figures import words as told
from dscp.figures.data import FigureData, planned
from dscp.figures.drawing import to_svg
from dscp.figures.effects import METHODS
from dscp.figures.flowchart import Chart
from dscp.figures.numbers import drawings, numbers, sheets, wanted
from dscp.figures.series import ARMS, trend
from dscp.ledger.withheld import Withheld
from steps import STEPS

LONG = "A partnership with quite a long name "
SVG = "{http://www.w3.org/2000/svg}"
HEIGHT = re.compile(r'<svg [^>]*height="([\d.]+)pt"')


def study(config: dict, sites: int, label: str = "Site ") -> dict:
    """The default study with another number of analysed sites."""
    kinds = ["integrated_system", "independent_case_manager", "embedded_provision"]
    made = {}
    for n in range(1, sites + 1):
        arms = {arm: {"label": f"{label}{n}, {arm}", "dats": [f"D{n}"]} for arm in ("pilot", "comparison")}
        made[f"site_{n}"] = {
            "label": f"{label}{n}", "kind": "whole_system", "continuity": kinds[n % 3], **arms
        }  # fmt: skip
    other = copy.deepcopy(config)
    return {**other, "sites": {**made, "site_99": {"label": "Not analysed", "analysed": False}}}


def scale_texts(figure) -> set[Text]:
    """The labels of ticks."""
    return {label for axes in figure.axes for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]}


@pytest.fixture(scope="module")
def default_values(config) -> dict[str, float]:
    return made_up(config)


@pytest.mark.parametrize(("missing", "sign"), [(math.nan, "[z]"), (Withheld(math.nan), "[c]")], ids=["z", "c"])
@pytest.mark.parametrize("number", ["S.4", "C.8.1"])
def test_a_figure_without_any_number_says_why(config, number, missing, sign):
    ids = ids_of(plans_of(config)[number])
    (said,) = texts(draw(number, config, dict.fromkeys(ids, missing)))
    assert re.fullmatch(rf"{re.escape(sign)} .* (can|cannot) be given", said.get_text())


# All figures ------------------------------------------------------------------------------------------------------


MORE = [pytest.param(*case, marks=pytest.mark.thorough) for case in ((2, LONG), (7, "Site "), (12, "Site "))]


@pytest.mark.parametrize(("sites", "label"), [(1, "Site "), (12, LONG), *MORE])
@pytest.mark.thorough
def test_any_number_of_sites_is_drawn_on_one_page_without_overlap(config, sites, label):
    whole = study(config, sites, label)
    values = made_up(whole)
    for number in of_each_kind(whole):
        stands_clear(draw(number, whole, values), number)


def of_each_kind(config: dict) -> list[str]:
    """The figures of a study, of those that each site has the first."""
    return [number for number in plans_of(config) if not re.fullmatch(r"C\.8\.([2-9]|1\d)", number)]


def stands_clear(figure, number: str) -> None:
    """All texts of a figure are on its sheet, which is no higher than a page, and none lies on another."""
    assert figure.get_figheight() * 25.4 <= 228, number
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(figure)]
    for said, box in boxes:
        assert box.x0 > -1.5 and box.y0 > -1.5, (number, said)
        assert box.x1 < figure.bbox.x1 + 1.5 and box.y1 < figure.bbox.y1 + 1.5, (number, said)
    for (one, first), (other, second) in combinations(boxes, 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert wide < 1 or high < 3, (number, one, other)


@pytest.mark.parametrize("sites", [30, pytest.param(60, marks=pytest.mark.thorough)])
@pytest.mark.thorough
def test_a_figure_of_many_sites_goes_on_on_further_sheets(config, sites):
    """Each site is on one sheet, with its texts clear of the others', and all sheets have one scale."""
    whole = study(config, sites)
    values = made_up(whole)
    for number, most in (("S.1", 12), ("S.2", 12), ("S.3", 24), ("S.5", 10), ("S.7", 10), ("S.8", 10), ("S.9", 24)):
        parts = sheets(number, DECLARED[number], whole)
        assert list(parts) == [number, *(f"{number}-{at}" for at in range(2, len(parts) + 1))]
        assert [site for part in parts.values() for site in part] == [f"site_{n}" for n in range(1, sites + 1)]
        assert max(map(len, parts.values())) <= most and set(parts) <= set(drawings(DECLARED, whole))
        seen, limits = [], set()
        for part in parts.values():
            figure = draw(number, whole, values, part)
            stands_clear(figure, number)
            seen.append({text.get_text() for text in texts(figure)} & {f"Site {n}" for n in range(1, sites + 1)})
            of_outcomes = tuple(axes.get_xlim() for axes in figure.axes) if number == "S.1" else ()
            limits.add(
                (
                    figure.axes[1 if number == "S.2" else 0].get_xlim(),
                    figure.axes[1].get_ylim()[0] * (number == "S.2"),
                    of_outcomes,
                )
            )
        assert [len(labels) for labels in seen] == [len(part) for part in parts.values()] and len(limits) == 1, number


def test_a_figure_of_a_few_sites_has_one_sheet(config):
    assert drawings(DECLARED, config) == numbers(DECLARED, config)
    assert len(sheets("S.1", DECLARED["S.1"], study(config, 12))) == 1


def test_a_letter_that_the_type_lacks_stops_the_figure(config):
    welsh = {**config, "sites": {**config["sites"], "site_3": {**config["sites"]["site_3"], "label": "Gŵyr"}}}
    to_svg(draw("S.3", welsh, made_up(welsh)))
    welsh["sites"]["site_3"]["label"] = "Gжyr"
    with pytest.raises(ValueError, match=r"no letter 'ж' \(U\+0436\), needed for 'Gжyr'"):
        to_svg(draw("S.3", welsh, made_up(welsh)))


@pytest.mark.thorough
def test_letters_are_of_the_report_s_type_and_none_is_smaller_than_eight_points(config, default_values):
    for number in of_each_kind(config):
        said = texts(draw(number, config, default_values))
        assert min(text.get_fontsize() for text in said) >= 8, number
        assert {text.get_fontproperties().get_file() for text in said} <= set(FONTS.values()), number


@pytest.mark.thorough
def test_the_same_numbers_give_the_same_bytes(config, default_values):
    ledger = pd.DataFrame({"id": list(default_values), "value": list(default_values.values()), "note": ""})
    first = rule.figures(ledger, DECLARED, config, FONTS)
    with matplotlib.rc_context({"axes.titlesize": 30, "lines.linewidth": 5, "svg.fonttype": "none"}):
        again = rule.figures(ledger, {name: DECLARED[name] for name in ("S.1", "S.4", "2.1")}, config, FONTS)
        assert again == {name: first[name] for name in again}, "nor do the settings of a machine matter"
        assert len(again) == 3
    assert list(first) == numbers(DECLARED, config)
    for number, svg in first.items():
        assert "<dc:date>" not in svg, number


def test_a_figure_has_no_blanks_that_say_nothing_and_loses_nothing_by_it(config, default_values, monkeypatch):
    """The same elements in order, the same numbers in each path; turns by nothing and repeated typefaces go."""
    with drawing.own_settings():
        short = to_svg(draw("S.1", config, default_values))
        monkeypatch.setattr("dscp.figures.drawing.tightened", lambda svg: svg)
        long = to_svg(draw("S.1", config, default_values))
    assert len(short) < 0.85 * len(long)
    elements, before = ([*fromstring(svg.encode()).iter()] for svg in (short, long))
    assert [(one.tag, (one.text or "").strip()) for one in elements] == [
        (one.tag, (one.text or "").strip()) for one in before
    ]
    for one, was in zip(elements, before, strict=True):
        kept = (was.get("style") or "").replace("font-family: 'Source Sans 3'; ", "")
        assert (one.get("style") or "") == kept
        assert one.get("transform") == was.get("transform") or was.get("transform").startswith("rotate(-0 ")
    paths, as_before = (
        [re.findall(r"[A-Za-z]|[-\d.]+", one.get("d") or "") for one in of] for of in (elements, before)
    )
    assert paths == as_before and sum(map(bool, paths)) > 50
    assert elements[0].get("font-family") == "'Source Sans 3', sans-serif"


def test_words_of_a_figure_are_text_and_it_has_no_ground(config, default_values):
    """Every text that is laid out can be selected; nothing is filled over the whole sheet."""
    for number in ("S.1", "S.4", "2.1", "C.8.1"):
        with drawing.own_settings():
            svg = to_svg(figure := draw(number, config, default_values))
        said = sorted("".join((one.text or "").split()) for one in fromstring(svg.encode()).iter(f"{SVG}text"))
        laid = sorted("".join(line.split()) for text in texts(figure) for line in text.get_text().split("\n"))
        assert said == laid, number
        whole = rf"M0 {HEIGHT.search(svg)[1]}L"
        assert whole not in svg, number
        if number == "S.1":
            heavy = set(re.findall(r"<text[^>]*font-weight: 600[^>]*>([^<]*)<", svg))
            assert "In effective treatment" in heavy and "Its interval" not in heavy


def test_numbers_of_figures_follow_the_study(config):
    two = study(config, 2)
    assert set(figure_sites(two)) == {number for number in numbers(DECLARED, two) if number.startswith("C.8")}
    other = {**two, "programme": {**two["programme"], "short_name": "OP"}}
    assert numbers(DECLARED, other) == [
        *(f"S.{n}" for n in (*range(1, 10), 11, 12)), "C.1.1", "C.2.2", "C.8.1", "C.8.2"
    ]  # fmt: skip
    assert set(numbers(DECLARED, other)) - set(numbers(DECLARED, {**other, "reference_run": False})) == {"S.3"}
    assert set(planned(DECLARED, other, [])) >= {"1.1", "2.1", "2.2", "4.1", "4.2"}, "so that the report can say so"


@pytest.mark.parametrize(
    "other", [{"reference_run": False}, {"disclosure": "suppress_below_5"}, {"programme": {"short_name": "OP"}}]
)
def test_only_a_run_with_the_print_beside_it_has_the_walk(config, other):
    assert "E.1" in numbers(DECLARED, config)
    assert "E.1" not in numbers(DECLARED, {**config, **other})


def test_the_walk_is_drawn_in_its_order():
    steps = ["total.published", *(f"total.with_{name}" for name in STEPS)]
    assert [row["vars"]["at"] for row in DECLARED["E.1"]["table"]["rows"]] == ["start", *steps, "end"]


def test_a_figure_for_a_kind_of_study_that_nobody_knows_is_refused(config):
    with pytest.raises(ValueError, match="'here', allowed: evaluated_programme, reference_run, compared_run"):
        wanted({"only": "here"}, config)


def test_every_declared_drawing_is_used_and_exists():
    modules = {one["draws"].split(".")[0] for one in DECLARED.values()}
    made = {
        f"{module}.{name}"
        for module in modules
        for name, one in vars(import_module(f"dscp.figures.{module}")).items()
        if not name.startswith("_")
        and list(getattr(one, "__annotations__", ())) == ["data", "config", "faces", "return"]
    }
    assert {one["draws"] for one in DECLARED.values()} == made
    assert all(rule.drawing(name).__name__ == name.split(".")[1] for name in made)
    assert all(one["alt"].strip() and one["title"].strip() for one in DECLARED.values())


# Numbers in figures -----------------------------------------------------------------------------------------------


def labels_of(config: dict) -> set[str]:
    """What the study calls its sites, areas and periods."""
    sites = config["sites"].values()
    areas = {site[arm]["label"] for site in sites for arm in ("pilot", "comparison") if arm in site}
    return {site["label"] for site in sites} | areas | {one["label"] for one in config["periods"].values()}


VALUE_AXIS = {  # drawing -> the axis along which its marks stand at numbers; the others are texts and boxes
    "forest": "x",
    "slopes": "y",
    "methods": "x",
    "tornado": "x",
    "new_journeys": "y",
    "waterfall": "y",
    "agreement": "x",
    "relabelled": "x",
    "power": "x",
    "worth": "x",
    "scales": "x",
    "quarters": "y",
    "exits": "x",
}
ILLUSTRATION = "benefit_profiles"  # curves that nobody measured, and its note says so
ONLY_IN_THE_TABLE = {"forest": {"p"}, "worth": {"sd_counts", "sd_areas", "effects_areas"}}  # columns that are not drawn
NUMBER = re.compile(r"[−+]?£?[\d.,]*\d[%km]?")


def spread_out(values: dict[str, float], seed: int) -> dict[str, float]:
    """Every value moved a little, so that no two are alike and none is a round number."""
    own = ((one, value, np.random.default_rng([seed, zlib.crc32(one.encode())])) for one, value in values.items())
    return {one: value * float(rng.uniform(1.001, 1.05)) for one, value, rng in own}


def in_millimetres(axes) -> bool:
    """Whether an axes is a sheet for words and boxes: one of its units is a millimetre either way."""
    box = axes.get_window_extent()
    sides = [(box.width, axes.get_xlim()), (box.height, axes.get_ylim())]
    return all(math.isclose(side / 72 * 25.4, abs(high - low), rel_tol=1e-6) for side, (low, high) in sides)


def marks(axes) -> list:
    """All that is drawn in an axes but texts, its ground and its scales."""
    ours = [child for child in axes.get_children() if not isinstance(child, Text | Spine | Axis)]
    return [one for one in ours if one is not axes.patch and one.get_visible()]


def along(mark, axis: str) -> list[float]:
    """Where a mark stands along an axis; a kind of mark that is not known here stands nowhere."""
    which = "xy".index(axis)
    if isinstance(mark, Line2D):
        points = np.column_stack(mark.get_data(orig=True)).astype(float)
        of_data = mark.get_transform().contains_branch_seperately(mark.axes.transData)[which]
        if not of_data:  # a line across the whole axes
            return [] if points[:, which].tolist() == [0.0, 1.0] else [math.inf]
    elif isinstance(mark, Rectangle):
        points = mark.get_bbox().get_points()
    elif isinstance(mark, LineCollection):
        points = np.concatenate(mark.get_segments())
    else:
        return [math.inf]
    here = [float(value) for value in points[:, which] if not math.isnan(value)]
    limits = {"x": mark.axes.get_xlim, "y": mark.axes.get_ylim}[axis]()
    return [] if set(here) == set(limits) else here


@dataclass(frozen=True)
class Seen:
    """What numbers are seen in a figure: in its texts, and where its marks stand along the axis of values."""

    words: list[str]
    marked: list[float]
    plots: list  # axes that are no sheets for words

    @classmethod
    def of(cls, figure, drawing: str, config: dict) -> Seen:
        plots = [axes for axes in figure.axes if axes.get_visible() and not in_millimetres(axes)]
        axis = VALUE_AXIS.get(drawing)
        marked = [value for axes in plots for mark in marks(axes) for value in along(mark, axis)] if axis else []
        return cls(said(figure, config), marked, plots)


def said(figure, config: dict) -> list[str]:
    """The numbers in the texts of a figure, labels of the study and of the scales left out."""
    scales, found = scale_texts(figure), []
    labels = re.compile("|".join(map(re.escape, sorted(labels_of(config), key=len, reverse=True))))
    for text in texts(figure):
        found += NUMBER.findall("" if text in scales else labels.sub("", text.get_text()))
    return found


def foreign(seen: Seen, drawing: str, data: FigureData) -> list:
    """The numbers that a figure draws or says and that are none of its cells.

    Nought is none, nor is the straight line through the months of a pilot, which follows from its cells.
    """
    printed = {datum.text for datum in data.cells.values()}
    wrong: list = [number for number in seen.words if number not in printed]
    if drawing not in VALUE_AXIS:
        return wrong + (seen.plots if drawing != ILLUSTRATION else [])
    line = trend([data.at(month, "pilot").value for month in data.rows]) if drawing == "new_journeys" else ()
    known = np.array([0.0, *line, *(datum.value for datum in data.cells.values())])
    return wrong + [value for value in seen.marked if not np.isclose(known, value, 1e-9, 1e-9).any()]


DRAWN = [name.format(i=1) for name in DECLARED]
OF_DATA = [name.format(i=1) for name, one in DECLARED.items() if one["table"]]
PLOTTED = [number for number in OF_DATA if number != "C.1.1"]  # it has its numbers in words


def drawn_by(declaration: dict) -> str:
    """The name of the function that draws a figure."""
    return declaration["draws"].split(".")[1]


@pytest.fixture(scope="module")
def looked_at(config, default_values) -> dict[str, tuple]:
    """Figure number -> the figure laid out, the name of its drawing, its data; no two of its numbers are alike."""
    plans, values = plans_of(config), spread_out(default_values, 1)
    return {
        one: (
            draw(one, config, values),
            plans[one].declaration["draws"].split(".")[1],
            FigureData.of(plans[one], values),
        )
        for one in DRAWN
    }


@pytest.mark.parametrize("number", DRAWN)
@pytest.mark.thorough
def test_every_number_drawn_is_a_cell_of_the_figure(config, looked_at, number):
    figure, drawing, data = looked_at[number]
    assert foreign(Seen.of(figure, drawing, config), drawing, data) == []


@pytest.mark.parametrize("number", OF_DATA)
def test_every_cell_of_a_figure_is_drawn_and_nothing_near_it(config, looked_at, number):
    figure, drawing, data = looked_at[number]
    seen = Seen.of(figure, drawing, config)
    for place, datum in data.cells.items():
        if not datum.id:  # words
            assert datum.text in {text.get_text() for text in texts(figure)}, place
        elif place[1] not in ONLY_IN_THE_TABLE.get(drawing, ()):
            assert datum.text in seen.words or np.isclose(seen.marked, datum.value, 1e-9, 1e-9).any(), place
            moved = replace(datum, value=datum.value + 0.003, text="none")
            elsewhere = {at: moved if one.id == datum.id else one for at, one in data.cells.items()}
            assert foreign(seen, drawing, replace(data, cells=elsewhere)), place


@pytest.mark.parametrize("number", PLOTTED)
def test_what_stands_beside_a_plot_is_the_same_whatever_the_numbers(config, looked_at, number):
    """So that no number is drawn there but in words."""

    def beside(figure) -> list:
        sheets = [axes for axes in figure.axes if in_millimetres(axes)]
        return [mark.get_tightbbox().get_points().tolist() for axes in sheets for mark in marks(axes)]

    assert beside(looked_at[number][0]) == beside(draw(number, config, spread_out(made_up(config, 4), 4)))


@pytest.mark.parametrize("number", PLOTTED)
def test_the_numbers_of_a_scale_stand_at_their_places(looked_at, number):
    figure, drawing, _ = looked_at[number]
    axis = VALUE_AXIS[drawing]
    for axes in figure.axes:
        for label in {"x": axes.get_xticklabels, "y": axes.get_yticklabels}[axis]():
            at = label.get_position()["xy".index(axis)]
            assert float(label.get_text().replace("−", "-").replace(",", "")) == pytest.approx(at)


def of_its_own(kind: str, axes, axis: str):
    """A mark or text with a number that no cell holds, drawn into a plot."""
    (low, high), place = (getattr(axes, f"get_{axis}lim")(), getattr(axes, f"get_{'yx'['xy'.index(axis)]}lim")()[0])
    own, along_x = low + 0.377 * (high - low), axis == "x"
    if kind == "point":
        (mark,) = axes.plot(*([own], [place])[:: 1 if along_x else -1], marker="o")
    elif kind == "line":
        mark = (axes.axvline if along_x else axes.axhline)(own)
    elif kind == "end of a line":
        mark = (axes.hlines if along_x else axes.vlines)(place, 0, own)
    elif kind == "bar":
        mark = (axes.barh if along_x else axes.bar)(place, own)
    elif kind == "part of the width":
        mark = (axes.axhline if along_x else axes.axvline)(place, 0, 0.377)
    elif kind == "dots":
        mark = axes.scatter([own], [own])
    else:
        mark = axes.text(own, own, kind)
    return mark


@pytest.mark.parametrize("number", PLOTTED)
def test_a_number_of_its_own_is_found(config, looked_at, number):
    figure, drawing, data = looked_at[number]
    plot = Seen.of(figure, drawing, config).plots[-1]
    for kind in ("point", "line", "end of a line", "bar", "part of the width", "dots", "12.34", "+7%"):
        mark = of_its_own(kind, plot, VALUE_AXIS[drawing])
        assert foreign(Seen.of(figure, drawing, config), drawing, data), kind
        mark.remove()
    assert foreign(Seen.of(figure, drawing, config), drawing, data) == []


@pytest.mark.parametrize("number", ["2.1", "C.1.1"])
def test_a_plot_or_a_number_in_a_diagram_is_found(config, looked_at, number):
    figure, drawing, data = looked_at[number]
    plot, text = figure.add_axes((0, 0, 0.5, 0.5)), figure.axes[0].text(1, 1, "3")
    plot.barh([1], [3])
    assert foreign(Seen.of(figure, drawing, config), drawing, data) == ["3", plot]
    plot.remove()
    text.remove()


def test_the_one_figure_with_curves_of_its_own_says_so():
    drawn = {drawn_by(one): one for one in DECLARED.values()}
    assert drawn[ILLUSTRATION]["table"] is None
    assert "Nothing in this figure is measured" in drawn[ILLUSTRATION]["note"]


def test_a_figure_says_whether_it_has_numbers(config):
    silent = {name: value for name, value in DECLARED["2.1"].items() if name != "table"}
    with pytest.raises(ValueError, match=r"Figure 9\.9 has no table; .* `table: null`"):
        planned({"9.9": silent}, config, [])


def test_another_value_moves_the_mark(config, default_values):
    changed = {**default_values, "effective_treatment.did.site_3": 30.0}
    before, after = (to_svg(draw("S.1", config, values)) for values in (default_values, changed))
    assert before != after


def test_a_missing_quantity_is_named_with_its_figure(config, default_values):
    poorer = {one: value for one, value in default_values.items() if one != "benefit.total_corrected.site_3"}
    with pytest.raises(KeyError, match=r"Figure S\.3, row site_3, column corrected.*benefit\.total_corrected\.site_3"):
        draw("S.3", config, poorer)


@pytest.mark.thorough
def test_what_could_not_be_computed_is_said(config, default_values):
    nothing = {one: np.nan if "site_3" in one or "_3." in one else value for one, value in default_values.items()}
    for number in ("S.1", "S.2", "S.3", "E.1"):
        assert "[z]" in " ".join(text.get_text() for text in texts(draw(number, config, nothing))), number


# How they look ----------------------------------------------------------------------------------------------------


def grey(colour: str) -> float:
    """Relative luminance: what is left of a colour in greyscale (WCAG)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((grey(one), grey(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_letters_and_marks_stand_out_in_greyscale():
    for colour in (drawing.INK, drawing.ACCENT, drawing.MUTED):
        assert contrast(colour, drawing.WHITE) >= 4.5, colour
        assert contrast(colour, drawing.PALE) >= 4.5, colour
    assert contrast(drawing.GREY, drawing.WHITE) >= 3
    assert contrast(drawing.ACCENT, drawing.GREY) >= 3


def test_what_is_compared_differs_without_colour():
    styles = [(style, marker) for _, style, marker, _ in ARMS.values()]
    assert len(set(styles)) == len(styles)
    grounds = [ground for _, ground, _ in METHODS.values()]
    assert contrast(*grounds) >= 3


def test_a_text_that_does_not_fit_its_box_is_refused():
    with pytest.raises(ValueError, match="do not fit into a box"):
        Chart(40, FACES).box(0, 0, 20, 5, "Several words that take more than one line")
    with pytest.raises(ValueError, match="is wider than"):
        drawing.wrapped("Antidisestablishmentarianism", 10, FACES.plain)


def test_lines_of_a_box_are_balanced():
    lines = drawing.balanced("Clinical treatment in prison stays with the healthcare provider", 80, FACES.plain)
    widths = [drawing.text_width(line, FACES.plain) for line in lines]
    assert len(lines) == len(drawing.wrapped(" ".join(lines), 80, FACES.plain))
    assert min(widths) > 0.7 * max(widths)


def test_a_long_name_is_shortened_to_its_room():
    short = drawing.shortened("A partnership with a name that is far too long, 12", 30, FACES.plain)
    assert re.fullmatch(r"A part.*….*g, 12", short)
    assert drawing.text_width(short, FACES.plain) <= 30
    assert drawing.shortened("Site 2", 30, FACES.plain) == "Site 2"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 106, [0, 50, 100, 150]), (-25.6, 36.7, [-40, -20, 0, 20, 40]), (0, 0.8, [0, 0.2, 0.4, 0.6, 0.8])],
)
def test_ticks_are_round_and_cover_the_range(low, high, ticks):
    assert drawing.round_ticks(low, high) == ticks


def test_the_trend_is_the_least_squares_line():
    assert np.allclose(trend([1.0, 2.0, 3.0, 6.0]), [0.6, 2.2, 3.8, 5.4])


def test_labels_are_moved_apart_in_order():
    assert np.allclose(drawing.spread([10, 10.2, 30], 4), [8.1, 12.1, 30])


# Order and words --------------------------------------------------------------------------------------------------


def rows_from_above(figure, names: set[str]) -> list[str]:
    found = [(text.get_window_extent().y0, text.get_text()) for text in texts(figure) if text.get_text() in names]
    return [name for _, name in sorted(found, reverse=True)]


@pytest.mark.thorough
def test_the_assumption_that_moves_the_benefit_most_is_on_top(config, default_values):
    plan = plans_of(config)["S.4"]
    names = {row.name: row.heads[0] for row in plan.table.rows if row.name != "base"}
    for longest in names:
        values = {**default_values, "sensitivity.total.base": -10e6}
        reach = count(1)
        for entry in (entry for row in plan.table.rows for cell in row.cells for entry in cell):
            if entry.id.startswith("sensitivity.total") and entry.row != "base":
                values[entry.id] = -10e6 + (90e6 if entry.row == longest else 1e6 * next(reach))
        assert rows_from_above(draw("S.4", config, values), set(names.values()))[0] == names[longest]


def test_interval_sentences_follow_the_intervals():
    ends = {"Site 2": (1.0, 3.0), "Site 3": (-2.0, 1.0), "Site 4": (-3.0, -1.0)}
    text = told.intervals_told("Outcome", ends)
    assert text == "Outcome: the interval is above zero in Site 2, across zero in Site 3, and below zero in Site 4."
    swapped = told.intervals_told("Outcome", {**ends, "Site 2": ends["Site 4"], "Site 4": ends["Site 2"]})
    assert swapped == text.replace("Site 2", "X").replace("Site 4", "Site 2").replace("X", "Site 4").replace(
        "above zero in Site 4, across zero in Site 3, and below zero in Site 2",
        "below zero in Site 2, across zero in Site 3, and above zero in Site 4",
    )
    assert "not computable in Site 5" in told.intervals_told("Outcome", {"Site 5": (np.nan, np.nan)})


def test_sentences_on_evidence_follow_the_numbers():
    assert told.relabelled_told("Outcome", "370", "924") == "Outcome: other areas differ as much in 370 of 924 ways."
    found = told.power_told("Outcome", {"A": 80.0, "B": 20.0, "C": np.nan})
    assert found.endswith("would be mostly found in A, mostly missed in B, and not computable in C.")
    assert told.power_told("Outcome", {"A": 20.0, "B": 20.0}).endswith("would be mostly missed in both.")
    scales = told.scales_told("Outcome", {"A": (1.0, 0.5), "B": (1.0, -0.5), "C": (1.0, np.nan)})
    assert scales == "Outcome: the sign on all scales is the same in A, open in B, and not computable in C."


def test_slope_sentences_follow_the_differences():
    assert told.slopes_told("Rates", {"A": 2.0, "B": -2.0}) == (
        "Rates: the pilot gained on its comparison area in A, and lost ground to its comparison area in B."
    )
    assert told.slopes_told("Rates", {"A": -2.0, "B": 2.0}).startswith(
        "Rates: the pilot lost ground to its comparison area in A"
    )
    assert told.slopes_told("Rates", {"A": 0.01, "B": 0.0}) == "Rates: the pilot kept its distance in both."


def test_method_sentences_follow_the_benefits():
    text = told.methods_told({"A": 1.0, "B": -2.0}, {"A": 2.0, "B": -2.04})
    assert text == "The corrected benefit is larger in A, and the same in B. Its sign is the same everywhere."
    assert told.methods_told({"A": 1.0}, {"A": -1.0}).endswith("smaller in A. Its sign turns in A.")


def test_assumption_sentences_follow_the_benefits():
    text = told.assumptions_told(-10.0, {"rate": [-12.0, -9.0], "years": [-20.0, -1.0]})
    longest, sign = text.split(". ")
    assert longest == "The longest bar is that of “years”, the shortest that of “rate”"
    assert sign == "The benefit stays negative whatever is changed."
    assert "sign turns with “rate”" in told.assumptions_told(-10.0, {"rate": [-12.0, 9.0], "years": [-11.0, -9.0]})
    assert told.assumptions_told(np.nan, {"rate": [1.0]}) == "It cannot be given."


# What the titles say ----------------------------------------------------------------------------------------------


def test_every_figure_with_numbers_has_a_title_that_follows_them_and_a_unit():
    units = ("percentage points", "per cent", "million pounds", "number of ways", "number")
    for name, one in DECLARED.items():
        assert ("finding" in one) == (one["table"] is not None), name
        if one["table"]:
            assert any(unit in one["title"].partition("{% if")[0].rsplit(", ", 1)[-1] for unit in units), name


@pytest.mark.parametrize(
    ("number", "total", "said"),
    [
        (0, 6, "in none of the six sites"),
        (2, 6, "in two of the six sites"),
        (6, 6, "in all six sites"),
        (2, 2, "in both sites"),
        (0, 2, "in neither site"),
        (1, 1, "in the only site"),
        (0, 1, "not in the only site"),
    ],
)
def test_how_many_sites(number, total, said):
    assert told.in_sites(number, total) == said


def test_titles_follow_the_numbers():
    nan = np.nan
    assert told.verdicts_found(4, 5, 17) == (
        "Four of the 17 comparisons clearly favour the pilot, "
        "five of the 17 comparisons clearly favour the comparison area"
    )
    assert told.verdicts_found(1, 0, 3) == (
        "One of the three comparisons clearly favours the pilot, no comparison clearly favours the comparison area"
    )
    assert "cannot be given" in told.verdicts_found(nan, 0, 3) and "can be tested" in told.verdicts_found(0, 0, 0)
    gained = told.gained_found({"retention": {"A": 1.0, "B": -1.0, "C": 0.04, "D": nan}, "exits": {"A": 2.0, "B": 1.0}})
    assert (
        gained
        == "Pilots gained on their comparison areas in one of the three sites on retention and in both sites on exits"
    )
    assert told.methods_found({"A": 1.0, "B": 2.0}, {"A": 2.0, "B": 1.0}, "Corrected").startswith(
        "Corrected, the benefit is"
    )
    turned = told.assumptions_found(-10.0, {"rate": [-12.0, 9.0], "years": [-40.0, -9.0]})
    assert turned == "The benefit moves most with “years”; its sign turns with one of the two assumptions"
    assert told.assumptions_found(-10.0, {"rate": [-12.0]}).endswith("it stays negative whatever is changed")
    assert (
        told.intervals_found([(1.0, 2.0), (-1.0, 1.0)], "So", "interval")
        == "So, one of the two intervals excludes zero"
    )
    assert told.intervals_found([(-1.0, 2.0), (-1.0, 1.0)], "So", "interval") == "So, both intervals include zero"
    assert told.intervals_found([(nan, 2.0)], "So", "interval") == "So, no interval can be given"
    assert told.relabelled_found({"exits": ("3", "20")}) == "Other areas differ as much in 3 of 20 ways on exits"
    assert told.power_found([50.0, 51.0, nan]).endswith("missed more often than found in one of the two comparisons")
    assert told.scales_found([(1.0, 2.0), (1.0, -1.0)]).endswith("on all scales in one of the two comparisons")
    assert told.worth_found({"A": 60.0, "B": 50.0}).endswith("to exceed costs in A")
    assert told.worth_found({"A": 60.0, "B": 51.0}).endswith("to exceed costs in both sites")
    assert "nowhere more likely than not" in told.worth_found({"A": 40.0, "B": nan})
    assert told.exits_found({"a": "completed", "b": "still"}).endswith(
        "is completed in one of the two groups and still going on in one of the two groups"
    )
    assert told.trend_found("Pilot 2", -0.2) == "New journeys in Pilot 2: the fitted line falls"
    assert told.stayed_found(41.0, 53.0, ("41%", "53%")).endswith("less often after a planned exit (41% against 53%)")


def test_no_title_calls_nothing_what_is_only_unclear():
    texts = [
        told.verdicts_found(0, 0, 6),
        told.intervals_found([(-1.0, 1.0)] * 3, "So", "interval"),
        told.power_found([9.0]),
    ]
    assert not any(re.search(r"\bno (effect|difference|change)\b", text) for text in texts)
