"""Every mark stands where its cell says and looks as the key says; what the descriptions tell follows from the cells.

The readers here know a figure by what is seen of it: texts, lines, bars and where they stand on the sheet. The rows,
columns and sites are those of the figure's table.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from jinja2 import Environment
from matplotlib.colors import to_hex
from matplotlib.dates import datestr2num, num2date
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle

from drawn_figures import DECLARED, draw, made_up, plans_of, texts
from dscp.exhibits.book import Book
from dscp.figures import effects, evidence
from dscp.figures.data import FigureData
from dscp.figures.drawing import ACCENT
from dscp.figures.phrases import FigureTexts
from dscp.measures.registry import MEASURES, TOLD
from dscp.report.phrases import Results, Study, functions_of

ARMS = ("pilot", "comparison")
NEAR = 1.5  # points: as near as a mark and its label are drawn


@pytest.fixture(scope="module")
def values(config) -> dict[str, float]:
    """Numbers of which no two are alike."""
    rng = np.random.default_rng(5)
    return {name: value + float(rng.uniform(0.001, 0.009)) for name, value in made_up(config, 11).items()}


class Drawn(dict):
    """Figure number -> the figure, laid out when a test asks for it, and its cells."""

    def __init__(self, config: dict, values: dict[str, float]) -> None:
        super().__init__()
        self.plans, self.config, self.values_of = plans_of(config), config, values

    def __missing__(self, number: str) -> tuple:
        figure = draw(number, self.config, self.values_of)
        return self.setdefault(number, (figure, FigureData.of(self.plans[number], self.values_of)))


@pytest.fixture(scope="module")
def drawn(config, values) -> Drawn:
    return Drawn(config, values)


def seen(figure) -> dict[str, list[tuple[float, float, str]]]:
    """Text -> where its middle stands on the sheet, in points from the left and the bottom, and its colour."""
    found: dict[str, list] = {}
    for text in texts(figure):
        box = text.get_window_extent()
        found.setdefault(text.get_text(), []).append(
            ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, to_hex(text.get_color()))
        )
    return found


def lines(axes) -> list[tuple[np.ndarray, np.ndarray, Line2D]]:
    """The lines and points of an axes as data."""
    return [(np.asarray(one.get_xdata(), float), np.asarray(one.get_ydata(), float), one) for one in axes.get_lines()]


def on_sheet(axes, x: float, y: float) -> tuple[float, float]:
    """Where a point of an axes stands on the sheet."""
    return tuple(axes.transData.transform((x, y)))


def bars(axes) -> list[tuple[float, float, float, str]]:
    """Start and end of each horizontal bar, its height on the sheet, and its ground."""
    found = []
    for one in axes.patches:
        if isinstance(one, Rectangle):
            middle = on_sheet(axes, 0, one.get_y() + one.get_height() / 2)[1]
            found.append((one.get_x(), one.get_x() + one.get_width(), middle, to_hex(one.get_facecolor())))
    return found


LOOKS = {  # of Figure S.1: name in the key -> columns, marker, which is the bold one of its line
    "Adjusted, with the interval that decides": (("about", "tested_low", "tested_high"), "o"),
    "Difference, with its own interval": (("did", "did_low", "did_high"), "D"),
}


def outcome_plots(figure, data) -> dict[str, object]:
    """Outcome -> its plot: those with a scale, from the top."""
    plots = [axes for axes in figure.axes if len(axes.get_xticklabels()) and axes.get_xticklabels()[0].get_text()]
    ordered = sorted(plots, key=lambda axes: -axes.get_position().y0)
    return dict(zip(dict.fromkeys(row["measure"] for row in data.rows.values()), ordered, strict=True))


def row_of(words: dict, *shown: str) -> float:
    """The height at which all of these texts stand."""
    (height,) = {
        y for _, y, _ in words[shown[0]] if all(any(abs(y - at) < NEAR for _, at, _ in words[one]) for one in shown)
    }
    return height


def test_a_row_of_the_forest_holds_its_own_marks(drawn):
    figure, data = drawn["S.1"]
    words, plots = seen(figure), outcome_plots(figure, data)
    for name, row in data.rows.items():
        plot = plots[row["measure"]]
        did, about, low, high, verdict = (
            data.at(name, column) for column in ("did", "about", "tested_low", "tested_high", "verdict")
        )
        height = row_of(words, did.text, about.text, f"{low.text} to {high.text}", verdict.text, row["label"])
        marks = [
            (x.tolist(), line.get_marker(), to_hex(line.get_color()))
            for x, y, line in lines(plot)
            if len(x) and len(set(y)) == 1 and abs(on_sheet(plot, 0, y[0])[1] - height) < 6
        ]
        for columns, marker in LOOKS.values():
            middle, *ends = (data.at(name, column).value for column in columns)
            assert ([middle], marker) in [mark[:2] for mark in marks], (name, columns)
            ((_, _, colour),) = [mark for mark in marks if mark[0] == ends and mark[1] == "None"]
            assert (colour == "#14405f") == (marker == "o"), name


def test_nought_is_in_the_middle_of_each_outcome_and_better_right_of_it(drawn):
    figure, data = drawn["S.1"]
    words, plots = seen(figure), outcome_plots(figure, data)
    ((worse, *_),), ((better, *_),) = words["pilot worse"], words["pilot better"]
    for measure, plot in plots.items():
        ends = plot.get_xlim()
        assert ends[0] == -ends[1], measure
        nought, good = on_sheet(plot, 0, 0)[0], on_sheet(plot, 1 if MEASURES[measure].better == "up" else -1, 0)[0]
        assert worse < nought < better and nought < good, measure
        own = [
            datum.value
            for (row, column), datum in data.cells.items()
            if row.startswith(f"{measure}/") and column not in ("p", "verdict")
        ]
        assert max(map(abs, own)) <= abs(ends[0]) <= 4 * max(map(abs, own)), measure


def test_an_outcome_of_which_less_is_better_is_drawn_the_other_way(config, values, monkeypatch):
    turned = {name: replace(one, better="down") if name == "prison_pickup" else one for name, one in MEASURES.items()}
    monkeypatch.setattr(effects, "MEASURES", turned)
    figure = draw("S.1", config, values)
    data = FigureData.of(plans_of(config)["S.1"], values)
    ways = {measure: plot.get_xlim()[0] < 0 for measure, plot in outcome_plots(figure, data).items()}
    assert [measure for measure, upward in ways.items() if not upward] == ["prison_pickup"]


def test_the_forest_puts_each_row_below_the_head_of_its_outcome(drawn):
    figure, data = drawn["S.1"]
    words = seen(figure)
    heads = {one.name: words[one.in_text][0][1] for one in TOLD if one.in_text in words}
    for name, row in data.rows.items():
        height = words[f"{data.at(name, 'tested_low').text} to {data.at(name, 'tested_high').text}"][0][1]
        above = {measure: at - height for measure, at in heads.items() if at > height}
        assert min(above, key=above.get) == row["measure"], name


def test_the_keys_of_the_forest_name_their_marks(drawn):
    figure, _ = drawn["S.1"]
    words, key = seen(figure), figure.axes[-1]
    for name, (_, marker) in LOOKS.items():
        ((x, y, _),) = [
            place for place in words[name] if on_sheet(key, 0, 5)[1] + 1 > place[1] > on_sheet(key, 0, 0)[1] - 1
        ]
        left = {
            line.get_marker(): on_sheet(key, xs[0], ys[0])[0]
            for xs, ys, line in lines(key)
            if line.get_marker() != "None"
        }
        assert max((at, kind) for kind, at in left.items() if at < x)[1] == marker, name
        assert y == pytest.approx(on_sheet(key, 0, 2.5)[1], abs=NEAR)


def test_the_panels_of_the_slopes_hold_their_sites_and_periods(config, drawn):
    figure, data = drawn["S.2"]
    panels = [axes for axes in figure.axes if axes.get_title()]
    top_first = sorted(panels, key=lambda axes: (-round(axes.get_position().y0, 3), axes.get_position().x0))
    assert len(top_first) == len(data.rows)
    labels = {period: one["label"] for period, one in config["periods"].items()}
    for axes, (name, row) in zip(top_first, data.rows.items(), strict=True):
        assert axes.get_title() == row["label"], name
        styles = {}
        for arm in ARMS:
            ends = [data.at(name, f"{arm}_{period}").value for period in ("pre", "post")]
            (line,) = [line for x, y, line in lines(axes) if x.tolist() == [0, 1] and y.tolist() == pytest.approx(ends)]
            styles[arm] = (to_hex(line.get_color()), line.get_linestyle(), line.get_marker())
            for at, period in enumerate(("pre", "post")):
                (text,) = [one for one in axes.texts if one.get_text() == data.at(name, f"{arm}_{period}").text]
                assert text.xy[0] == at
        assert {one.get_text(): one.xy[0] for one in axes.texts if one.get_text() in labels.values()} == {
            labels["pre"]: 0, labels["post"]: 1,
        }  # fmt: skip
        assert styles == keyed(figure), name


def keyed(figure) -> dict[str, tuple[str, str, str]]:
    """What the keys of the slopes say of each arm: colour, style and marker of the line before its name."""
    found = {}
    for axes in (one for one in figure.axes if not one.get_title()):
        for name, arm in (("Pilot", "pilot"), ("Comparison area", "comparison")):
            ((x, _),) = [text.get_position() for text in axes.texts if text.get_text() == name]
            near = [(xs, line) for xs, _, line in lines(axes) if xs.max() < x and xs.max() > x - 12]
            (line,) = [line for xs, line in near if len(xs) == 2]
            (mark,) = [line for xs, line in near if len(xs) == 1]
            found[arm] = (to_hex(line.get_color()), line.get_linestyle(), mark.get_marker())
    return found


def test_the_outcomes_of_the_slopes_stand_in_their_order(drawn):
    figure, data = drawn["S.2"]
    heads = [text.get_text() for axes in figure.axes for text in axes.texts if text.get_text().endswith(", per cent")]
    assert [head.removesuffix(", per cent") for head in heads] == ["In effective treatment", "Successful completions"]
    assert list(dict.fromkeys(row["measure"] for row in data.rows.values())) == [
        "effective_treatment",
        "successful_completion",
    ]


def test_bars_of_either_method_run_from_nought_to_their_cells(drawn):
    figure, data = drawn["S.3"]
    plot, words = figure.axes[0], seen(figure)
    keys = {to_hex(one.get_facecolor()): one.get_x() for one in figure.axes[1].patches}
    named = {text.get_text(): text.get_position()[0] for text in figure.axes[1].texts}
    grounds = {
        name: max((at, ground) for ground, at in keys.items() if at < named[name])[1]
        for name in ("Published method", "Corrected")
    }
    assert len(set(grounds.values())) == 2
    for name, row in data.rows.items():
        ((_, height, _),) = words[row["label"]]
        here = [one for one in bars(plot) if abs(one[2] - height) < 9]
        for method, column in (("Published method", "as_published"), ("Corrected", "corrected")):
            ((start, end, middle, _),) = [one for one in here if one[3] == grounds[method]]
            value = data.at(name, column)
            assert sorted([start, end]) == pytest.approx(sorted([0.0, value.value])), (name, method)
            assert any(abs(y - middle) < NEAR for _, y, _ in words[value.text]), (name, method)
        assert len(here) == 2


def test_bars_of_the_assumptions_run_from_the_estimate_to_their_cells(drawn):
    figure, data = drawn["S.4"]
    plot, words, base = figure.axes[0], seen(figure), data.at("base", "low_total").value
    (mark,) = [text for text in plot.texts if text.get_text().startswith("as estimated")]
    assert mark.xy[0] == base
    assert any(x.tolist() == [base, base] for x, _, _ in lines(plot))
    for name, row in data.rows.items():
        if name == "base":
            continue
        ((_, height, _),) = words[row["heads"][0]]
        ends = [found.value for end in ("low", "high") if (found := data.get(name, f"{end}_total"))]
        here = [sorted(one[:2]) for one in bars(plot) if abs(one[2] - height) < NEAR]
        assert sorted(here) == [
            pytest.approx(sorted([base, end])) for end in sorted(ends, key=lambda end: sorted([base, end]))
        ], name


def test_what_an_assumption_is_changed_to_stands_at_its_end(drawn):
    figure, data = drawn["S.4"]
    plot, words, base = figure.axes[0], seen(figure), data.at("base", "low_total").value
    written = [(text.get_text(), text.xy[0], on_sheet(plot, *text.xy)[1]) for text in plot.texts]
    for name, row in data.rows.items():
        if name == "base":
            continue
        ((_, height, _),) = words[row["heads"][0]]
        here = [(text, at) for text, at, y in written if abs(y - height) < NEAR]
        for end, word in zip(("low", "high"), row.get("ends", ("", "")), strict=True):
            if not (total := data.get(name, f"{end}_total")):
                continue
            value = data.get(name, f"{end}_value")
            said = value.text if value else word
            (at,) = [at for text, at in here if said in text.split(", ")]
            assert (at - base) * (total.value - base) > 0, (name, end)


def test_where_both_ends_lie_on_one_side_the_shorter_bar_is_over_the_longer_whose_end_has_the_words(config, values):
    data = FigureData.of(plans_of(config)["S.4"], values)
    base = data.at("base", "low_total")
    name = next(name for name in data.rows if name != "base" and data.get(name, "high_total"))
    ids = {end: data.at(name, f"{end}_total").id for end in ("low", "high")}
    ends = {share: share * values[base.id] for share in (1.5, 2)}
    for near, far in (("low", "high"), ("high", "low")):
        figure = draw("S.4", config, values | {ids[near]: ends[1.5], ids[far]: ends[2]})
        plot = figure.axes[0]
        ((_, height, _),) = seen(figure)[data.rows[name]["heads"][0]]
        here = [one for one in bars(plot) if abs(one[2] - height) < NEAR]
        reach = [max(one[:2], key=lambda end: abs(end - base.value)) for one in here]
        assert reach == pytest.approx([2 * base.value, 1.5 * base.value])  # drawn in this order
        assert here[0][3] != here[1][3]
        at = {text.xy[0] for text in plot.texts if abs(on_sheet(plot, *text.xy)[1] - height) < NEAR}
        assert list(at) == pytest.approx([2 * base.value])


MONTHLY = "C.8.1"


def test_each_month_stands_at_its_place_and_each_line_in_the_colour_of_its_name(config, drawn):
    figure, data = drawn[MONTHLY]
    (axes,) = [one for one in figure.axes if one.get_lines()]
    site = config["sites"][data.variables["site"]]
    colours = {text.get_text(): to_hex(text.get_color()) for text in axes.texts}
    bold = {text.get_text(): text.get_fontproperties().get_file() for text in axes.texts}
    for arm in ARMS:
        points = [data.at(month, arm).value for month in data.rows]
        (line,) = [
            line for x, y, line in lines(axes) if x.tolist() == list(range(len(points))) and y.tolist() == points
        ]
        label = site[arm]["label"]
        ((_, height),) = [text.get_position() for text in axes.texts if text.get_text() == label]
        others = {other: data.at(list(data.rows)[-1], other).value for other in ARMS}
        assert (height > np.mean(list(others.values()))) == (points[-1] == max(others.values())), label
        assert (to_hex(line.get_color()) == "#14405f") == (arm == "pilot")
        assert (colours[label] == "#14405f") == (arm == "pilot")
    assert "Bold" in bold[site["pilot"]["label"]] or "600" in bold[site["pilot"]["label"]]


def test_the_ticks_of_the_months_name_their_months(drawn):
    figure, data = drawn[MONTHLY]
    (axes,) = [one for one in figure.axes if one.get_lines()]
    months = list(data.rows)
    ticks = [(int(at), label.get_text()) for at, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)]
    assert len(ticks) >= 4
    for at, label in ticks:
        assert num2date(datestr2num(f"1 {label}")).strftime("%Y_%m") == months[at]
        assert months[at][5:] in ("04", "10")  # the half years of a fiscal year


def test_the_start_stands_before_the_month_in_which_pilots_start(config, drawn):
    figure, data = drawn[MONTHLY]
    (axes,) = [one for one in figure.axes if one.get_lines()]
    (at,) = {x[0] for x, _, line in lines(axes) if len(x) == 2 and x[0] == x[1]}
    first = list(data.rows)[int(at + 0.5)]
    assert at % 1 == 0.5
    assert first == str(config["programme"]["start"])[:7].replace("-", "_")
    assert "pilots start" in {text.get_text() for text in axes.texts}


def test_bars_of_the_walk_go_from_one_benefit_to_the_next(config, drawn):
    figure, data = drawn["E.1"]
    sites = list(dict.fromkeys(column for _, column in data.cells))
    panels = [axes for axes in figure.axes if axes.get_title(loc="left")]
    for axes, site in zip(panels, sites, strict=True):
        assert axes.get_title(loc="left").startswith(config["sites"][site]["label"])
        first, *steps, last = (data.at(name, site).value for name in data.rows)
        expected = [(0, first), *pairwise([first, *steps]), (0, last)]
        drawn_bars = [(one.get_y(), one.get_y() + one.get_height()) for one in axes.patches]
        assert [sorted(one) for one in drawn_bars] == [pytest.approx(sorted(one)) for one in expected]
        assert [label.get_text() for label in axes.get_xticklabels()] == [row["heads"][0] for row in data.rows.values()]
        for one, (before, after) in list(zip(axes.patches, expected, strict=True))[1:-1]:
            assert (to_hex(one.get_facecolor()) == ACCENT) == (after >= before), "dark adds, light takes away"


# Arrows of the diagrams -------------------------------------------------------------------------------------------

# What the description of a diagram tells of: from where, to where, each by the beginning of its text; "=": both ways.
ARROWS = {
    "1.1": "Structure > System > Delivery > First results > Final results",
    "2.1": "Drug action team > A single provider; In prison = In the community = With a court order; "
    "In prison = Clinical treatment; Custody > Community",
    "2.2": "Drug action team > A consortium; A provider in prison = A provider in the community = Other providers; "
    "Common aims = Clinical treatment; Custody > Community",
    "4.1": "Referral > Assessment > Money > Plan > Approval > Service > Review; Regular reviews > Service user",
    "4.2": "Referral: > Triage; Self-referral > Triage; Triage > One assessment > A care plan; "
    "A care plan > Drug treatment; "
    "A care plan > Housing; Drug treatment = Housing; Housing > Single point of assessment",
    "C.1.1": "Problem > New treatment; Problem > Not in treatment; New treatment > Successful; "
    "New treatment > Unplanned; "
    "Successful > Stays abstinent; Successful > Comes back; Unplanned > Recovers; Unplanned > Comes back",
}


def boxes(axes) -> list[tuple[tuple[float, float, float, float], str]]:
    """Left, top, right and bottom of each box, and the text in it; of a lane, its title."""
    found = []
    frames = [one for one in axes.patches if isinstance(one, Rectangle)]
    words = sorted((-text.get_window_extent().y0, text.get_text(), text.get_window_extent()) for text in axes.texts)
    for one in frames:
        box = one.get_window_extent()
        inside = [
            text
            for _, text, at in words
            if box.x0 <= (at.x0 + at.x1) / 2 <= box.x1 and box.y0 <= (at.y0 + at.y1) / 2 <= box.y1
        ]
        if inside:
            found.append(((box.x0, box.y0, box.x1, box.y1), " ".join(inside)))
    return found


def at_box(point, found) -> str:
    """The text of the smallest box at whose edge, or in which, a point stands."""
    x, y = point
    here = [
        ((right - left) * (top - bottom), text)
        for (left, bottom, right, top), text in found
        if left - 4 <= x <= right + 4 and bottom - 4 <= y <= top + 4
    ]
    return min(here)[1] if here else ""


def arrows(axes) -> set[tuple[str, str]]:
    """The arrows of a diagram that have a head: from which box to which."""
    found, tips = boxes(axes), [on_sheet(axes, *one.get_xy()[0]) for one in axes.patches if isinstance(one, Polygon)]
    told = set()
    for x, y, _ in lines(axes):
        first, last = on_sheet(axes, x[0], y[0]), on_sheet(axes, x[-1], y[-1])
        for start, end in ((first, last), (last, first)):
            if any(np.allclose(end, tip, atol=0.5) for tip in tips):
                told.add((at_box(start, found), at_box(end, found)))
    return told


@pytest.mark.parametrize("number", ARROWS)
def test_a_diagram_has_the_arrows_that_its_description_tells_of(drawn, number):
    figure, _ = drawn[number]
    (axes,) = figure.axes
    expected = set()
    for chain in ARROWS[number].split("; "):
        parts = re.split(r" ([>=]) ", chain)
        for one, way, other in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            expected |= {(one, other)} | ({(other, one)} if way == "=" else set())
    shown = arrows(axes)
    for one, other in expected:
        assert any(start.startswith(one) and end.startswith(other) for start, end in shown), (one, other, shown)
    assert len(shown) == len(
        {pair for pair in shown if any(pair[0].startswith(a) and pair[1].startswith(b) for a, b in expected)}
    )


def test_likelihoods_stand_at_the_ends_that_they_lead_to(drawn):
    figure, data = drawn["C.1.1"]
    words = seen(figure)
    for name, end in (("planned", "Stays abstinent"), ("unplanned", "Recovers")):
        ((x, y, _),) = words[data.at(name, "likelihood").text]
        ((at, height, _),) = words[end]
        nearest = min(
            (abs(other - y), text)
            for text in ("Stays abstinent", "Recovers", "Comes back")
            for _, other, _ in words[text]
        )
        assert x < at
        assert nearest == (abs(height - y), end)


# Descriptions -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def described(config, values):
    """A function: a figure's alternative text."""
    rows = {
        "id": list(values),
        "value": list(values.values()),
        "unit": "",
        "note": "",
        "source": "",
        "family": "",
        "dims": "",
    }
    book = Book(pd.DataFrame(rows), config, {}, plans=plans_of(config))
    parts = (FigureTexts(book), Study(book), Results(book))
    env = Environment(autoescape=True)
    env.globals = {name: function for part in parts for name, function in functions_of(part).items()}
    return lambda number: re.sub("<[^>]*>", "", env.from_string(DECLARED[number]["alt"]).render())


def clauses(text: str) -> dict[str, str]:
    """Site -> what is told of it: "above zero in Site 2 and Site 3, and below zero in Site 5"."""
    found = {}
    for part in re.split(r", and |, (?!Site)|(?<=\d) and (?!Site)|; ", text):
        for site in re.findall(r"Site \d+", part):
            found[site] = part
    return found


def test_the_verdicts_told_are_those_drawn(described, drawn):
    _, data = drawn["S.1"]
    text = described("S.1")
    for one in TOLD:
        rows = {row["label"]: name for name, row in data.rows.items() if row["measure"] == one.name}
        if not rows:
            continue
        (sentence,) = re.findall(rf"{one.in_text}: ([^.]*)\.", text)
        for site, name in rows.items():
            assert data.at(name, "verdict").text in clauses(sentence).get(site, sentence), (one.name, site)


def test_the_slopes_told_are_those_drawn(described, drawn):
    _, data = drawn["S.2"]
    text = described("S.2")
    for measure, words in (
        ("effective_treatment", "in effective treatment"),
        ("successful_completion", "of successful completions"),
    ):
        (sentence,) = re.findall(rf"The share {words}: the pilot ([^.]*)\.", text)
        for name, row in data.rows.items():
            if row["measure"] == measure:
                at = {(arm, when): data.at(name, f"{arm}_{when}").value for arm in ARMS for when in ("pre", "post")}
                gained = at["pilot", "post"] - at["pilot", "pre"] - at["comparison", "post"] + at["comparison", "pre"]
                way = "gained on" if gained > 0.05 else "lost ground" if gained < -0.05 else "kept its distance"
                assert way in clauses(sentence).get(row["label"], sentence), (measure, row["label"], sentence)


def test_the_methods_told_are_those_drawn(described, drawn):
    _, data = drawn["S.3"]
    (sentence,) = re.findall(r"The corrected benefit is ([^.]*)\.", described("S.3"))
    for name, row in data.rows.items():
        more = data.at(name, "corrected").value - data.at(name, "as_published").value
        assert ("larger" if more > 0 else "smaller") in clauses(sentence).get(row["label"], sentence), name


def test_the_longest_bar_told_is_the_longest_drawn(described, drawn):
    figure, data = drawn["S.4"]
    plot, words = figure.axes[0], seen(figure)
    widths = {}
    for name, row in data.rows.items():
        if name != "base":
            ((_, height, _),) = words[row["heads"][0]]
            here = [end for one in bars(plot) if abs(one[2] - height) < NEAR for end in one[:2]]
            widths[row["heads"][0].lower()] = max(here) - min(here)
    found = re.search(r"The longest bar is that of “(.*?)”, the shortest that of “(.*?)”", described("S.4"))
    assert found[1].lower() == max(widths, key=widths.get)
    assert found[2].lower() == min(widths, key=widths.get)


def test_the_likelihoods_told_are_those_drawn(described, drawn):
    _, data = drawn["C.1.1"]
    text = described("C.1.1")
    assert (
        f"After a completion the client stays abstinent with a likelihood of {data.at('planned', 'likelihood').text}"
        in re.sub(r"\s+", " ", text)
    )
    assert f"recovers with a likelihood of {data.at('unplanned', 'likelihood').text}" in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(("number", "columns"), [("S.1", ("tested_low", "tested_high")), ("S.3", ("corrected",))])
def test_rows_stand_in_the_order_of_their_table(drawn, number, columns):
    figure, data = drawn[number]
    words = seen(figure)
    heights = [words[" to ".join(data.at(name, column).text for column in columns)][0][1] for name in data.rows]
    assert heights == sorted(heights, reverse=True)


def test_a_row_of_appendix_f_holds_its_own_marks(drawn):
    """Figures S.5, S.7 and S.8: each mark on the row of its site, in the look that the key gives its column."""
    looks = {
        "S.5": {"estimate": evidence.ESTIMATE},
        "S.7": evidence.POWER,
        "S.8": evidence.SCALES,
    }
    for number, by_column in looks.items():
        figure, data = drawn[number]
        plot, words = figure.axes[0], seen(figure)
        heights = sorted({float(y[0]) for _, y, line in lines(plot) if line.get_marker() not in ("None", None)})
        marked = [name for name in data.rows if any(data.get(name, column) for column in by_column)]
        measures = list(dict.fromkeys(row["measure"] for row in data.rows.values()))
        rows = sorted(marked, key=lambda name: measures.index(data.rows[name]["measure"]))
        assert len(heights) == len(rows), number
        for name, height in zip(rows, heights, strict=True):
            label = data.rows[name].get("label", data.rows[name]["heads"][-1])
            middle = on_sheet(plot, 0, height)[1]
            assert any(abs(y - middle) < NEAR for _, y, _ in words[label]), (number, name)
            here = {(float(x[0]), line.get_marker(), line.get_markerfacecolor())
                    for x, y, line in lines(plot) if len(x) == 1 and y[0] == height}  # fmt: skip
            cells = {column: datum for column in by_column if (datum := data.get(name, column))}
            expected = {(cells[c].value, by_column[c].marker, by_column[c].ground) for c in cells}
            assert here == expected, (number, name)
        keys = {look.name for look in by_column.values()}
        assert keys <= words.keys() and len({(one.marker, one.ground) for one in by_column.values()}) == len(by_column)


def test_a_quarter_stands_at_its_time_with_its_interval(config, drawn):
    """Those before the pilots are open, those after are filled, and the start of the pilots stands between them."""
    figure, data = drawn["S.12"]
    (plot,) = [axes for axes in figure.axes if axes.get_lines()]
    dots = {(x[0], y[0]): line.get_markerfacecolor() for x, y, line in lines(plot) if line.get_marker() == "o"}
    bars = {(x[0], *y) for x, y, line in lines(plot) if len(x) == 2 and line.get_linestyle() == "-" and x[0] == x[1]}
    first = pd.Period(next(iter(data.rows)).replace("_", "-"), "Q").ordinal
    place = min(x for x, _ in dots)
    for name, row in data.rows.items():
        x = place + pd.Period(name.replace("_", "-"), "Q").ordinal - first
        mid, low, high = (data.at(name, column).value for column in ("difference", "low", "high"))
        (ground,) = [found for (at, y), found in dots.items() if at == pytest.approx(x) and y == mid]
        assert (ground == "#ffffff") == (row["period"] == "pre"), name
        assert any(at == pytest.approx(x) and ends == [low, high] for at, *ends in bars), name
    (start,) = {x[0] for x, _, line in lines(plot) if len(x) == 2 and x[0] == x[1] and line.get_linewidth() == 0.8}
    before = [x for (x, _), ground in dots.items() if ground == "#ffffff"]
    assert max(before) < start < min(x for (x, _), ground in dots.items() if ground != "#ffffff")
    labels = dict(zip(plot.get_xticks(), (one.get_text() for one in plot.get_xticklabels()), strict=True))
    at, text = min(labels.items())
    assert at == place and pd.Period(text.replace("\n", " "), "Q").ordinal == first


def test_the_chances_to_pay_stand_on_the_row_of_their_site(drawn):
    """Figure S.9: both marks in the look that the key gives them, the amounts beside them."""
    figure, data = drawn["S.9"]
    plot, words = figure.axes[0], seen(figure)
    for name, row in data.rows.items():
        height = next(y for _, y, _ in words[row.get("label", row["heads"][-1])])
        marks = [one for one in lines(plot) if len(one[0]) == 1]
        own = [(x, line) for x, y, line in marks if abs(on_sheet(plot, 0, y[0])[1] - height) < NEAR]
        here = {(float(x[0]), line.get_marker(), line.get_markerfacecolor()) for x, line in own}
        expected = {(data.at(name, c).value, look.marker, look.ground) for c, look in evidence.WORTH.items()}
        assert here == expected, name
        for column in ("mean", "gain_areas"):
            assert any(abs(y - height) < NEAR for _, y, _ in words[data.at(name, column).text]), (name, column)
    assert {look.name for look in evidence.WORTH.values()} <= words.keys()


def test_the_intervals_with_areas_are_the_thin_ones(drawn):
    figure, data = drawn["S.5"]
    ends = {width: {tuple(x) for x, _, line in lines(figure.axes[0]) if len(x) == 2 and line.get_linewidth() == width}
            for width in (1.0, 2.4)}  # fmt: skip
    for width, columns in ((1.0, ("low_areas", "high_areas")), (2.4, ("low", "high"))):
        found = {tuple(data.at(name, one).value for one in columns) for name in data.rows if data.get(name, columns[0])}
        assert found == ends[width]


def test_the_difference_found_stands_among_the_ranges_of_its_outcome(config, drawn, values):
    """Higher than the ranges below it, lower than those above it."""
    middles = {one: value for one, value in values.items() if one.startswith("evidence.relabelled_middle.")}
    measure = "effective_treatment"
    own = sorted(value for one, value in middles.items() if f".{measure}." in one)
    between = (own[4] + own[5]) / 2
    figure = draw("S.6", config, {**values, f"evidence.plain_mean.{measure}": between})
    (found,) = [y for _, y, line in lines(figure.axes[1]) if line.get_linestyle() == "--"]
    assert 7 < found[0] < 13 and figure.axes[1].get_ylim() == (13, 0)
