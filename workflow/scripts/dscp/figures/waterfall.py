"""The walk from the published benefits to corrected ones, one note on the method at a time (Figure E.1)."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from dscp.figures.data import Datum, FigureData
from dscp.figures.drawing import INK, MUTED, Faces, shortened
from dscp.study.areas import site_label

UP, DOWN = "#8a8a8a", "#c9c9c9"
ABREAST = 3  # panels in a row
SIZE = 7.5  # points


def waterfall(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """One panel a site: the published benefit, where each note takes it, the corrected benefit, in million pounds."""
    font = faces.plain.copy()
    font.set_size(SIZE)
    heads = [row["heads"][0] for row in data.rows.values()]
    sites = list(dict.fromkeys(column for _, column in data.cells))
    rows = -(-len(sites) // ABREAST)
    high = 1.5 * rows
    figure = Figure(figsize=(6.3, high))
    panels = figure.subplots(rows, ABREAST, squeeze=False).ravel()
    for axes, site in zip(panels, sites, strict=False):
        label = shortened(site_label(config["sites"], site), 38, font)
        axes.set_title(f"{label}, £m", loc="left", fontproperties=font)
        benefits = [data.at(name, site) for name in data.rows]
        if any(benefit.known for benefit in benefits):
            _bars(axes, benefits)
            _scales(axes, heads, font)
        else:
            axes.set_axis_off()
            axes.text(0.5, 0.5, benefits[0].text, ha="center", color=MUTED, fontproperties=font)
    for empty in panels[len(sites) :]:
        empty.set_visible(False)
    figure.subplots_adjust(left=0.06, right=0.99, top=1 - 0.18 / high, bottom=0.24 / high, hspace=0.45, wspace=0.2)
    return figure


def _bars(axes: Axes, benefits: list[Datum]) -> None:
    """The first and the last benefit from nought, each between them from the one before."""
    first, *steps, last = (datum.value for datum in benefits)
    bars = [(0.0, first, INK)]
    for before, after in zip([first, *steps], steps, strict=False):
        bars.append((before, after - before, UP if after >= before else DOWN))
    bars.append((0.0, last, INK))
    for at, (bottom, height, colour) in enumerate(bars):
        axes.bar(at, height, bottom=bottom, color=colour, edgecolor=INK, linewidth=0.4, width=0.7)
    axes.axhline(0, color=INK, linewidth=0.6)


def _scales(axes: Axes, heads: list[str], font: FontProperties) -> None:
    axes.use_sticky_edges = False
    axes.margins(y=0.08)
    low, high = axes.get_ylim()
    axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])
    axes.set_xticks(range(len(heads)), heads)
    for text in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        text.set_fontproperties(font)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(width=0.6, length=3)
