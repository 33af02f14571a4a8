"""The walk from the published benefits to corrected ones, one note on the method at a time (Figure E.1)."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dscp.figures.data import Datum, FigureData
from dscp.figures.drawing import (
    ACCENT,
    INK,
    MUTED,
    PALE,
    WIDTH,
    Faces,
    grid,
    panel,
    round_ticks,
    scale,
    sheet,
    shortened,
)
from dscp.study.areas import site_label

ABREAST = 3  # panels in a row
WIDE, HIGH = 40.0, 26.0  # mm: of the plot of a panel
LEFT, ACROSS, DOWN = 10.0, 52.0, 40.0  # mm: before the first plot, from plot to plot, from row to row
TOP = 14.0  # mm: above the first row, for the key and the label of a panel


def waterfall(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """One panel a site: the published benefit, where each note takes it, the corrected benefit, in million pounds."""
    heads = [row["heads"][0] for row in data.rows.values()]
    sites = list(dict.fromkeys(column for _, column in data.cells))
    rows = -(-len(sites) // ABREAST)
    figure = sheet(TOP + DOWN * rows)
    for at, site in enumerate(sites):
        left, top = LEFT + ACROSS * (at % ABREAST), TOP + DOWN * (at // ABREAST)
        label = shortened(site_label(config["sites"], site), ACROSS - LEFT, faces.bold)
        axes, benefits = panel(figure, left, top, WIDE, HIGH), [data.at(name, site) for name in data.rows]
        axes.set_title(label, loc="left", pad=7, color=INK, fontproperties=faces.bold)
        if any(benefit.known for benefit in benefits):
            _bars(axes, benefits)
            _scales(axes, heads, benefits, faces)
        else:
            _blank(axes)
            axes.text(0.5, 0.5, benefits[0].text, ha="center", color=MUTED, fontproperties=faces.plain)
    _key(figure, faces)
    return figure


def _blank(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)


def _bars(axes: Axes, benefits: list[Datum]) -> None:
    """The first and the last benefit from zero, each between them from the one before."""
    first, *steps, last = (datum.value for datum in benefits)
    bars = [(0.0, first, INK)]
    for before, after in zip([first, *steps], steps, strict=False):
        bars.append((before, after - before, ACCENT if after >= before else PALE))
    bars.append((0.0, last, INK))
    for at, (bottom, height, colour) in enumerate(bars):
        axes.bar(at, height, bottom=bottom, color=colour, edgecolor=ACCENT, linewidth=0.6, width=0.7)
    axes.axhline(0, color=INK, linewidth=0.8)


def _scales(axes: Axes, heads: list[str], benefits: list[Datum], faces: Faces) -> None:
    known = [datum.value for datum in benefits if datum.known]
    ticks = round_ticks(min([0.0, *known]), max([0.0, *known]), 4)
    axes.set_ylim(ticks[0], ticks[-1])
    grid(axes, "y")
    axes.set_xticks(range(len(heads)), heads)
    scale(axes, "y", faces, ticks, "{:g}")


def _key(figure: Figure, faces: Faces) -> None:
    """Which bar is which, above all panels."""
    words = panel(figure, 0, 0, WIDTH, 5)
    words.set_xlim(0, WIDTH)
    words.set_ylim(5, 0)
    words.set_xticks([])
    words.set_yticks([])
    kinds = (("as printed, and with all notes", INK), ("a note adds", ACCENT), ("a note takes away", PALE))
    for (text, ground), at in zip(kinds, (LEFT, 68.0, 98.0), strict=True):
        words.barh(2.5, 5, 2.6, left=at, color=ground, edgecolor=ACCENT, linewidth=0.8)
        words.text(at + 6.5, 2.5, text, va="center", color=INK, fontproperties=faces.plain)
