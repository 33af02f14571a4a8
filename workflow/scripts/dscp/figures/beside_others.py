"""Figures of a partnership's profile: a share of each partnership with its interval, in the order of the config."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from dscp.figures.data import FigureData
from dscp.figures.drawing import (
    ACCENT,
    GREY,
    INK,
    MUTED,
    RULE,
    WIDTH,
    Faces,
    grid,
    nothing,
    panel,
    round_ticks,
    scale,
    sheet,
    shortened,
)
from dscp.figures.effects import whole_width

TALL = 92.0  # mm: a funnel
ENDS = {"near": (0, (4, 2)), "far": "-"}  # limits at two and at three standard deviations: how they are drawn
DRAWN = ("share", "from", "to")  # columns of dots
LEFT, BROAD, ROW = 40.0, 74.0, 4.4  # mm: where the plot begins, how wide it is, a row
NUMBERS, RIGHT = 132.0, WIDTH - 0.4  # mm: where the shares and the intervals end


def shares(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """A funnel where there are enough partnerships to say what is usual; else a dot for each."""
    drawn = funnel if any(column.startswith("usual_") for _, column in data.cells) else dots
    return drawn(data, config, faces)


def funnel(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """The share of each partnership against its number of clients, with the limits of what is usual."""
    every = [name for name in data.rows if data.get(name, "usual_low_far")]  # but not all others together
    rows = [name for name in every if all(data.at(name, one).known for one in ("share", "base", "usual_low_far"))]
    rows.sort(key=lambda name: data.at(name, "base").value)
    if not rows:
        return nothing(data.missing, "No limits can be shown", faces)
    figure = sheet(TALL + 20)
    axes = panel(figure, 12, 4, WIDTH - 20, TALL)
    at = [data.at(name, "base").value for name in rows]
    for place, dashes in ENDS.items():
        for end in ("low", "high"):
            limits = [data.at(name, f"usual_{end}_{place}").value for name in rows]
            axes.plot(at, limits, color=MUTED, linewidth=0.9, linestyle=dashes)
    for name, base in zip(rows, at, strict=True):
        own = data.rows[name]["area"] == config["partnership"]
        axes.plot([base], [data.at(name, "share").value], color=ACCENT if own else GREY, marker="o" if own else "D",
                  markersize=6 if own else 3, linestyle="none", zorder=3 if own else 2)  # fmt: skip
    values = [datum.value for (name, column), datum in data.cells.items() if name in rows and datum.known
              and (column == "share" or column.startswith("usual_"))]  # fmt: skip
    ticks, across = round_ticks(0, max(values), 6), round_ticks(0, max(at), 6)
    axes.set_ylim(ticks[0], ticks[-1])
    axes.set_xlim(across[0], across[-1])
    grid(axes, "y")
    scale(axes, "y", faces, ticks, "{:g}")
    scale(axes, "x", faces, across, "{:,g}")
    axes.set_xlabel("Clients of whom the share is taken", fontproperties=faces.plain, color=MUTED, labelpad=2)
    axes.set_ylabel("Per cent", fontproperties=faces.plain, color=MUTED, labelpad=2)
    return figure


def dots(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """A dot for the share of each partnership and a line for its interval; the partnership's own, and all others."""
    if not any(datum.known for (_, column), datum in data.cells.items() if column in DRAWN):
        return nothing(data.missing, "No share can be shown", faces)
    high = ROW * len(data.rows)
    figure = sheet(high + 20)
    axes, words = panel(figure, LEFT, 6, BROAD, high), whole_width(figure, 6, high)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    shown = (datum.value for (_, column), datum in data.cells.items() if column in DRAWN and datum.known)
    ticks = round_ticks(0, max(shown), 6)
    axes.set_xlim(ticks[0], ticks[-1])
    grid(axes, "x")
    scale(axes, "x", faces, ticks, "{:g}")
    axes.set_xlabel("Per cent", fontproperties=faces.plain, color=MUTED, labelpad=2)
    words.text(NUMBERS, -3, "Share", ha="right", va="center", color=MUTED, fontproperties=faces.plain)
    words.text(RIGHT, -3, "Interval", ha="right", va="center", color=MUTED, fontproperties=faces.plain)
    words.plot([0, WIDTH], [0, 0], color=RULE, linewidth=0.6)
    for number, (name, row) in enumerate(data.rows.items()):
        y, own = (number + 0.5) * ROW, row.get("area") == config["partnership"]
        colour, face = (ACCENT, faces.bold) if own else (GREY, faces.plain)
        share, low, end = (data.at(name, column) for column in DRAWN)
        if share.known:
            axes.plot(
                [low.value, end.value], [y] * 2, color=colour, linewidth=1.8 if own else 1.0, solid_capstyle="butt"
            )
            axes.plot([share.value], [y], color=colour, marker="o" if own else "D", markersize=4.4 if own else 3,
                      linestyle="none")  # fmt: skip
        label = shortened(row.get("label") or row["heads"][0], LEFT - 4, face)
        words.text(0, y, label, va="center", color=ACCENT if own else INK, fontproperties=face)
        words.text(NUMBERS, y, share.text, ha="right", va="center", color=INK, fontproperties=face)
        reach = f"{low.text} to {end.text}" if low.known else low.text
        words.text(RIGHT, y, reach, ha="right", va="center", color=INK, fontproperties=face)
    return figure
