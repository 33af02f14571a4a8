"""Figures of a study of areas: sets of areas, pilots left out, coverage and ratios by year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dscp.figures.data import Datum, FigureData
from dscp.figures.drawing import (
    ACCENT,
    DASHES,
    DOTS,
    GREY,
    INK,
    MUTED,
    PALE,
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
from dscp.figures.effects import RIGHT, whole_width
from dscp.study.days import day

UNKNOWN = "No area can be compared"
ROW = 5.2  # mm: of a pilot
HIGH = 62.0  # mm: of a plot
LINES = {  # column -> colour, line, marker, its ground, name
    "pilots": (ACCENT, "-", "o", ACCENT, "Pilots"),
    "others": (MUTED, DASHES, "s", WHITE, "All other areas"),
}


def _any(data: FigureData) -> bool:
    return any(datum.known for datum in data.cells.values())


def sets(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """A bar for each range of differences, as high as there are sets; a broken line where the pilots stand."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    names, found = [name for name in data.rows if name != "found"], data.at("found", "middle")
    middles, numbers = ([data.at(name, column).value for name in names] for column in ("middle", "sets"))
    figure = sheet(HIGH + 26)
    axes = panel(figure, 14, 10, 138, HIGH)
    step = max(middles[1] - middles[0], 1e-9)
    axes.bar(middles, numbers, 0.86 * step, color=PALE, edgecolor=ACCENT, linewidth=0.8)
    axes.set_xlim(middles[0] - step, middles[-1] + step)
    ticks = round_ticks(0, max(1.0, *numbers))
    axes.set_ylim(0, ticks[-1])
    grid(axes, "y")
    scale(axes, "y", faces, ticks, "{:,.0f}")
    scale(axes, "x", faces, round_ticks(middles[0], middles[-1], 8)[1:-1], "{:+g}")
    axes.set_xlabel("Difference in differences, percentage points", fontproperties=faces.plain, color=MUTED, labelpad=2)
    _unit(axes, "Sets", faces)
    if found.known:
        axes.axvline(found.value, color=INK, linewidth=1.4, linestyle=DASHES)
        axes.annotate(f"Pilots {found.text}", (found.value, ticks[-1]), (0, 4), textcoords="offset points", ha="center",
                      va="bottom", color=INK, fontproperties=faces.bold)  # fmt: skip
    return figure


def _unit(axes: Axes, unit: str, faces: Faces) -> None:
    """What the numbers on the left are in, above them."""
    axes.annotate(unit, (0, 1), (-28, 9), xycoords="axes fraction", textcoords="offset points", va="bottom",
                  color=MUTED, fontproperties=faces.plain)  # fmt: skip


def left_out(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """The ratio and its interval with each pilot left out, and with none."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    high = ROW * len(data.rows)
    figure = sheet(high + 18)
    axes, words = panel(figure, 40, 6, 74, high), whole_width(figure, 6, high)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    ticks = _ticks(data.cells.values())
    axes.set_xlim(ticks[0], ticks[-1])
    axes.axvline(1, color=INK, linewidth=0.8)
    grid(axes, "x")
    scale(axes, "x", faces, ticks, "{:g}")
    axes.set_xlabel("Ratio", fontproperties=faces.plain, color=MUTED, labelpad=2)
    for text, at in (("Ratio", 134.0), ("Interval", RIGHT)):
        words.text(at, -3, text, ha="right", va="center", color=MUTED, fontproperties=faces.plain)
    for number, (name, row) in enumerate(data.rows.items()):
        y, whole = (number + 0.5) * ROW, name == "none"
        face = faces.bold if whole else faces.plain
        label = row["heads"][0] if whole else row["label"]
        words.text(0, y, shortened(label, 38, face), va="center", color=INK, fontproperties=face)
        ratio, low, end = (data.at(name, column) for column in ("ratio", "from", "to"))
        if ratio.known:
            axes.plot(
                [low.value, end.value], [y, y], color=ACCENT, linewidth=1.8 if whole else 1.0, solid_capstyle="butt"
            )
            axes.plot([ratio.value], [y], color=ACCENT, marker="s" if whole else "o", markersize=4.4, linestyle="none")
        words.text(134, y, ratio.text, ha="right", va="center", color=INK, fontproperties=face)
        reach = f"{low.text} to {end.text}" if low.known else low.text
        words.text(RIGHT, y, reach, ha="right", va="center", color=INK, fontproperties=faces.plain)
    return figure


def _ticks(cells: Iterable[Datum]) -> list[float]:
    """Round ratios across all that is known, one among them."""
    known = [datum.value for datum in cells if datum.known]
    return round_ticks(min(1, *known), max(1, *known), 6)


def years(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Coverage of the pilots and of all other areas, a point for each year."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    figure, axes = _by_year(data, faces, "Per cent", 116)
    known = [datum.value for datum in data.cells.values() if datum.known]
    ticks = round_ticks(min(known), max(known))
    scale(axes, "y", faces, ticks, "{:g}")
    room = 0.04 * (ticks[-1] - ticks[0])  # for a mark at the end of the scale
    axes.set_ylim(ticks[0] - room, ticks[-1])
    _starts_and_ends(axes, data, config, faces)
    for column, (colour, line, marker, ground, name) in LINES.items():
        values = [data.at(year, column).value for year in data.rows]
        axes.plot(range(len(values)), values, color=colour, linestyle=line, linewidth=1.6, marker=marker,
                  markersize=4.4, markerfacecolor=ground)  # fmt: skip
        axes.annotate(name, (len(values) - 1, values[-1]), (8, 5 if column == "others" else -5),
                      textcoords="offset points", va="center", color=colour, fontproperties=faces.bold,
                      annotation_clip=False)  # fmt: skip
    return figure


def ratios(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """The ratio of each year with its interval; open before the pilots, filled from their first year on."""
    if not _any(data):
        return nothing(data.missing, UNKNOWN, faces)
    figure, axes = _by_year(data, faces, "Ratio", 140)
    ticks = _ticks(data.cells.values())
    scale(axes, "y", faces, ticks, "{:g}")
    axes.set_ylim(ticks[0], ticks[-1])
    axes.axhline(1, color=INK, linewidth=0.8)
    _starts_and_ends(axes, data, config, faces)
    for x, (name, row) in enumerate(data.rows.items()):
        ratio, low, end = (data.at(name, column) for column in ("ratio", "from", "to"))
        if ratio.known:
            axes.plot([x, x], [low.value, end.value], color=ACCENT, linewidth=1.4, solid_capstyle="butt")
            ground = ACCENT if row["piloted"] else WHITE
            axes.plot([x], [ratio.value], marker="o", markersize=4.8, color=ACCENT, markerfacecolor=ground)
    return figure


def _by_year(data: FigureData, faces: Faces, unit: str, wide: float) -> tuple[Figure, Axes]:
    """A plot so many millimetres wide, with the years below it."""
    figure = sheet(HIGH + 18)
    axes = panel(figure, 12, 8, wide, HIGH)
    labels = [row["year_label"] for row in data.rows.values()]
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_xticks(range(len(labels)), labels)
    in_type(axes, faces)
    grid(axes, "y")
    _unit(axes, unit, faces)
    return figure, axes


def _starts_and_ends(axes: Axes, data: FigureData, config: Mapping, faces: Faces) -> None:
    """Dotted lines where the pilots begin and were meant to end, if the years go so far."""
    firsts = [int(row["year_label"][:4]) for row in data.rows.values()]
    for what, end in (("pilots begin", "start"), ("planned end", "end")):
        when = day(config["programme"][end])
        year = when.year + (when.month - 4) / 12
        later = [x for x, first in enumerate(firsts) if first >= year - 0.5]
        if not later or later[0] == 0:
            continue
        at = later[0] - 0.5
        axes.axvline(at, color=GREY, linewidth=0.9, linestyle=DOTS)
        axes.annotate(what, (at, 1), (0, 3), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                      ha="center", va="bottom", color=MUTED, fontproperties=faces.plain)  # fmt: skip
