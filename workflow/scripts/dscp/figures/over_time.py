"""Figures of Appendix F that run over time: the gap between pilots and comparison areas by quarter."""

from __future__ import annotations

import calendar
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dscp.figures.data import FigureData
from dscp.figures.drawing import (
    ACCENT,
    DOTS,
    INK,
    MUTED,
    WHITE,
    Faces,
    grid,
    in_type,
    nothing,
    panel,
    round_ticks,
    scale,
    sheet,
    shortened,
)
from dscp.figures.effects import whole_width
from dscp.figures.evidence import Look, key, mark
from dscp.study.areas import PERIODS
from dscp.study.days import day

LABELS = 14  # below the axis, at the most
HIGH = 50.0  # mm


def _at(year: int, month: int) -> float:
    """A month's place on the axis, in quarters."""
    return 4 * year + (month - 1) / 3


def quarters(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """A dot with its interval for each quarter: open before the pilots, filled after; the gap between stays open."""
    if not any(datum.known for datum in data.cells.values()):
        return nothing(data.missing, "No quarter can be compared with the last one before the pilots", faces)
    figure = sheet(HIGH + 20)
    axes = panel(figure, 12, 7, 140, HIGH)
    shown = [datum.value for datum in data.cells.values() if datum.known]
    ticks = round_ticks(min(0, *shown), max(0, *shown))
    scale(axes, "y", faces, ticks, "{:+g}")
    axes.set_ylim(ticks[0], ticks[-1])
    grid(axes, "y")
    axes.axhline(0, color=INK, linewidth=0.8)
    places = {}
    for name, row in data.rows.items():
        year, month = map(int, row["month"].split("_"))
        x = places[name] = _at(year, month)
        mid, low, high = (data.at(name, column) for column in ("difference", "low", "high"))
        if low.known and high.known:
            axes.plot([x, x], [low.value, high.value], color=ACCENT, linewidth=1.4, solid_capstyle="butt")
        if mid.known:
            ground = WHITE if row["period"] == PERIODS[0] else ACCENT
            axes.plot([x], [mid.value], marker="o", markersize=4.5, color=ACCENT, markerfacecolor=ground)
    _quarters_below(axes, data, places, faces)
    start = day(config["programme"]["start"])
    if min(places.values()) < _at(start.year, start.month) <= max(places.values()):
        at = _at(start.year, start.month) - 0.5
        axes.plot([at, at], [ticks[0], ticks[-1]], color=INK, linewidth=0.8, linestyle=DOTS)
        axes.annotate("pilots start", (at, ticks[-1]), (0, 3), textcoords="offset points", ha="center", va="bottom",
                      color=INK, fontproperties=faces.plain)  # fmt: skip
    axes.annotate("Percentage points", (0, 1), (-28, 9), xycoords="axes fraction", textcoords="offset points",
                  va="bottom", color=MUTED, fontproperties=faces.plain)  # fmt: skip
    return figure


def _quarters_below(axes: Axes, data: FigureData, places: Mapping[str, float], faces: Faces) -> None:
    """The first month of each quarter, or of as many as there is room for."""
    axes.set_xlim(min(places.values()) - 0.7, max(places.values()) + 0.7)
    chosen = list(places)[:: -(-len(places) // LABELS)]
    texts = []
    for name in chosen:
        year, month = data.rows[name]["month"].split("_")
        texts.append(f"{calendar.month_abbr[int(month)]}\n{year}")
    axes.set_xticks([places[name] for name in chosen], texts)
    in_type(axes, faces)


WAYS = {
    "completed": Look("o", ACCENT, ACCENT, "Completed"),
    "other": Look("^", WHITE, MUTED, "Other exit"),
    "still": Look("s", WHITE, INK, "Goes on"),
}
STEP, HEAD = 5.0, 6.0  # mm, of a row and of the head of a group


def exits(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Of new journeys the shares that have been completed, ended otherwise and go on, after so many days."""
    if not any(data.at(name, way).known for name in data.rows for way in WAYS):
        return nothing(data.missing, "Nobody can be followed for so long", faces)
    groups = list(dict.fromkeys((row["area"], row["period"]) for row in data.rows.values()))
    high = len(data.rows) * STEP + len(groups) * HEAD
    figure = sheet(high + 20)
    axes, names = panel(figure, 50, 2, 104, high), whole_width(figure, 2, high)
    axes.set_ylim(high, 0)
    axes.set_xlim(-1, 101)
    axes.set_yticks([])
    grid(axes, "x")
    scale(axes, "x", faces, range(0, 101, 20), "{:g}")
    axes.set_xlabel("Per cent of new journeys", fontproperties=faces.plain, color=MUTED, labelpad=2)
    y = 0.0
    for group in groups:
        own = {name: row for name, row in data.rows.items() if (row["area"], row["period"]) == group}
        first = next(iter(own.values()))
        label = shortened(f"{first['who']}, {config['periods'][first['period']]['label']}", 48, faces.bold)
        names.text(0, y + HEAD / 2, label, va="center", color=ACCENT, fontproperties=faces.bold)
        y += HEAD
        for name in own:
            after = f"After {data.at(name, 'days').text} days"
            names.text(2, y + STEP / 2, after, va="center", color=INK, fontproperties=faces.plain)
            for way, look in WAYS.items():
                if data.at(name, way).known:
                    mark(axes, data.at(name, way).value, y + STEP / 2, look)
            y += STEP
    key(figure, list(WAYS.values()), faces)
    return figure
