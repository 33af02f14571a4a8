"""Figures of Appendix F that run over time: the gap between pilots and comparison areas by quarter."""

from __future__ import annotations

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
)
from dscp.study.areas import PERIODS
from dscp.study.days import day

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
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
        texts.append(f"{MONTHS[int(month) - 1]}\n{year}")
    axes.set_xticks([places[name] for name in chosen], texts)
    in_type(axes, faces)
