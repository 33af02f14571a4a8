"""Figures of Appendix F: differences with two intervals, relabelled areas, power, and scales."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dscp.figures.data import FigureData
from dscp.figures.drawing import (
    ACCENT,
    DASHES,
    GREY,
    INK,
    MUTED,
    PALE,
    RULE,
    WHITE,
    WIDTH,
    Faces,
    grid,
    nothing,
    panel,
    scale,
    sheet,
    shortened,
)
from dscp.figures.effects import GROUP, RIGHT, ROW, TALLEST, points_axis, whole_width
from dscp.measures.registry import MEASURES

UNKNOWN = "What pairs of areas say cannot be given"


@dataclass(frozen=True)
class Look:
    """How the mark of a column looks, and what the key calls it; columns are told apart by form, not by colour."""

    marker: str
    ground: str
    line: str
    name: str


@dataclass(frozen=True)
class Rows:
    """A sheet with a row for each site, below the head of its measure; `places`: row -> its middle, and its height."""

    figure: Figure
    axes: Axes
    words: Axes
    places: Mapping[str, tuple[float, float]]


def _rows(data: FigureData, faces: Faces, width: float) -> Rows:
    """The sheet of a figure by measure and site, its plot so many millimetres wide."""
    measures = dict.fromkeys(row["measure"] for row in data.rows.values())
    step = min(ROW, (TALLEST - 24 - GROUP * len(measures)) / len(data.rows))
    high = len(data.rows) * step + GROUP * len(measures)
    figure = sheet(high + 24)
    axes, words = panel(figure, 40, 7, width, high), whole_width(figure, 7, high)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    y, places = 0.0, {}
    for measure in measures:
        words.plot([0, WIDTH], [y, y], color=RULE, linewidth=0.6)
        words.text(0, y + 2.8, MEASURES[measure].in_text, va="center", color=ACCENT, fontproperties=faces.bold)
        y += GROUP
        for name in (name for name, row in data.rows.items() if row["measure"] == measure):
            label = shortened(data.rows[name].get("label", data.rows[name]["heads"][-1]), 36, faces.plain)
            words.text(2, y + step / 2, label, va="center", color=INK, fontproperties=faces.plain)
            places[name] = y + step / 2, step
            y += step
    return Rows(figure, axes, words, places)


def _any(data: FigureData) -> bool:
    return any(datum.known for datum in data.cells.values())


def key(figure: Figure, looks: Sequence[Look], faces: Faces) -> None:
    """What each mark is, at the foot of a sheet."""
    axes = panel(figure, 0, figure.get_figheight() * 25.4 - 5.5, WIDTH, 5)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, 5)
    axes.set_xticks([])
    axes.set_yticks([])
    for number, look in enumerate(looks):
        at = WIDTH / len(looks) * number + 2
        mark(axes, at, 2.5, look)
        axes.text(at + 3, 2.5, look.name, va="center", color=INK, fontproperties=faces.plain)


def mark(axes: Axes, x: float, y: float, look: Look) -> None:
    """A mark at a point of an axes."""
    axes.plot(
        [x], [y], marker=look.marker, markersize=4, linestyle="none", color=look.line, markerfacecolor=look.ground
    )


ESTIMATE = Look("o", ACCENT, ACCENT, "Difference, interval of clients alone (thick) and with areas (thin)")


def agreement(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Each site's difference with two intervals, then the mean of the pairs and where the next pilot could lie."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    rows = _rows(data, faces, 74)
    points_axis(rows.axes, [datum.value for datum in data.cells.values() if datum.known], faces)
    for text, at in (("Difference", 134), ("With areas", RIGHT)):
        rows.words.text(at, -3, text, ha="right", va="center", color=MUTED, fontproperties=faces.plain)
    for name, (y, _) in rows.places.items():
        for ends, color, width in ((("low_areas", "high_areas"), GREY, 1.0), (("low", "high"), ACCENT, 2.4)):
            found = [data.get(name, column) for column in ends]
            if all(datum is not None and datum.known for datum in found):
                places = [datum.value for datum in found]
                rows.axes.plot(places, [y, y], color=color, linewidth=width, solid_capstyle="butt")
        estimate = data.get(name, "estimate")
        if estimate is not None and estimate.known:
            mark(rows.axes, estimate.value, y, ESTIMATE)
        if estimate is not None:
            rows.words.text(134, y, estimate.text, ha="right", va="center", color=ACCENT, fontproperties=faces.bold)
        low, high = (data.at(name, column) for column in ("low_areas", "high_areas"))
        reach = f"{low.text} to {high.text}" if low.known else low.text
        rows.words.text(RIGHT, y, reach, ha="right", va="center", color=INK, fontproperties=faces.plain)
    key(rows.figure, [ESTIMATE], faces)
    return rows.figure


POWER = {
    "clients_1": Look("o", ACCENT, ACCENT, "Small effect, clients alone"),
    "areas_1": Look("o", WHITE, MUTED, "the same, with areas"),
    "clients_2": Look("D", ACCENT, ACCENT, "Large effect, clients alone"),
    "areas_2": Look("D", WHITE, MUTED, "the same, with areas"),
}


def power(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """How often effects of two sizes would be found in each site."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    rows = _rows(data, faces, 112)
    rows.axes.set_xlim(-2, 102)
    grid(rows.axes, "x")
    scale(rows.axes, "x", faces, range(0, 101, 20), "{:g}")
    rows.axes.set_xlabel("Chance to be found, per cent", fontproperties=faces.plain, color=MUTED, labelpad=2)
    _marks(rows, data, POWER)
    key(rows.figure, list(POWER.values()), faces)
    return rows.figure


SCALES = {
    "points": Look("o", ACCENT, ACCENT, "Points"),
    "odds": Look("s", WHITE, ACCENT, "Odds"),
    "ratio": Look("^", WHITE, MUTED, "Ratios"),
    "alone": Look("x", MUTED, MUTED, "Pilot alone"),
    "lagged": Look("D", WHITE, INK, "Allowing for the start"),
}


def scales(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Each site's difference on four scales, and the mean of the pairs by its two ways."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    rows = _rows(data, faces, 112)
    points_axis(rows.axes, [datum.value for datum in data.cells.values() if datum.known], faces)
    _marks(rows, data, SCALES)
    key(rows.figure, list(SCALES.values()), faces)
    return rows.figure


def _marks(rows: Rows, data: FigureData, looks: Mapping[str, Look]) -> None:
    """A mark for each number of each row; a sign where there is none of them."""
    for name, (y, _) in rows.places.items():
        found = {column: datum for column in looks if (datum := data.get(name, column)) is not None}
        for column, datum in found.items():
            if datum.known:
                mark(rows.axes, datum.value, y, looks[column])


def relabelled(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """How many ways to call areas pilots give which difference; a broken line where the difference found stands."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    measures = dict.fromkeys(row["measure"] for row in data.rows.values())
    wide, step = WIDTH / len(measures), 4.4
    bins = max(len(list(_bins(data, measure))) for measure in measures)
    figure = sheet(bins * step + 14)
    heads = whole_width(figure, 0, bins * step + 14)
    for number, measure in enumerate(measures):
        left, found = number * wide, data.at(f"{measure}/found", "middle")
        name = shortened(MEASURES[measure].in_text, wide - 4, faces.bold)
        heads.text(left, 3, name, va="center", color=ACCENT, fontproperties=faces.bold)
        heads.text(left, 8, f"Found: {found.text}", va="center", color=INK, fontproperties=faces.plain)
        _histogram(panel(figure, left + 11, 12, wide - 22, bins * step), data, measure, faces)
    return figure


def _bins(data: FigureData, measure: str) -> Iterator[str]:
    return (name for name, row in data.rows.items() if row["measure"] == measure and not name.endswith("/found"))


def _histogram(axes: Axes, data: FigureData, measure: str, faces: Faces) -> None:
    """A bar for each bin of differences, the highest difference on top."""
    names = list(_bins(data, measure))[::-1]
    counts = [data.at(name, "ways") for name in names]
    axes.set_ylim(len(names), 0)
    axes.set_xlim(0, max([1.0, *(datum.value for datum in counts if datum.known)]))
    axes.set_xticks([])
    axes.set_yticks([])
    middles = [data.at(name, "middle") for name in names]
    for i, (middle, ways) in enumerate(zip(middles, counts, strict=True)):
        axes.annotate(middle.text, (0, i + 0.5), (-3, 0), textcoords="offset points", ha="right", va="center",
                      color=INK, fontproperties=faces.plain)  # fmt: skip
        if ways.known:
            axes.barh(i + 0.5, ways.value, 0.8, color=PALE, edgecolor=ACCENT, linewidth=0.8)
        axes.annotate(ways.text, (ways.value if ways.known else 0, i + 0.5), (3, 0), textcoords="offset points",
                      ha="left", va="center", color=MUTED, fontproperties=faces.plain,
                      bbox={"facecolor": WHITE, "edgecolor": "none", "pad": 0.4})  # fmt: skip
    found = data.at(f"{measure}/found", "middle")
    ends = [datum.value for datum in (middles[0], middles[-1])]
    if found.known and ends[0] > ends[1]:
        at = (ends[0] - found.value) / (ends[0] - ends[1]) * (len(names) - 1) + 0.5
        axes.axhline(at, color=INK, linewidth=1.2, linestyle=DASHES, zorder=2.5)


WORTH = {
    "pays_counts": Look("o", ACCENT, ACCENT, "Clients alone"),
    "pays_areas": Look("o", WHITE, MUTED, "With areas"),
}


def worth(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """The chance that each site, and all together, pay, with clients alone and with areas."""
    if not _any(data):
        return nothing(data.missing, "What is known of worth cannot be given", faces)
    step = min(ROW, (TALLEST - 24) / len(data.rows))
    high = len(data.rows) * step
    figure = sheet(high + 24)
    axes, words = panel(figure, 40, 7, 76, high), whole_width(figure, 7, high)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    axes.set_xlim(-2, 102)
    grid(axes, "x")
    scale(axes, "x", faces, range(0, 101, 20), "{:g}")
    axes.set_xlabel("Chance that benefits exceed costs, per cent", fontproperties=faces.plain, color=MUTED, labelpad=2)
    for text, at in (("Mean, £m", 137), ("Knowing, £m", RIGHT)):
        words.text(at, -3, text, ha="right", va="center", color=MUTED, fontproperties=faces.plain)
    places = {name: ((number + 0.5) * step, step) for number, name in enumerate(data.rows)}
    for name, (y, _) in places.items():
        label = shortened(data.rows[name].get("label", data.rows[name]["heads"][-1]), 36, faces.plain)
        words.text(2, y, label, va="center", color=INK, fontproperties=faces.plain)
        for column, at in (("mean", 137), ("gain_areas", RIGHT)):
            words.text(
                at, y, data.at(name, column).text, ha="right", va="center", color=INK, fontproperties=faces.plain
            )
    _marks(Rows(figure, axes, words, places), data, WORTH)
    key(figure, list(WORTH.values()), faces)
    return figure
