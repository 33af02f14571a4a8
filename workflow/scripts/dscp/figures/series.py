"""Figures that run over time: new journeys by month, rates before and after, and the profile of benefits."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dscp.figures.data import FigureData
from dscp.figures.drawing import (
    ACCENT,
    DASHES,
    DOTS,
    GREY,
    INK,
    MUTED,
    RULE,
    WIDTH,
    Faces,
    grid,
    in_type,
    nothing,
    panel,
    round_ticks,
    scale,
    sheet,
    shortened,
    spread,
)
from dscp.measures.registry import MEASURES

LINE = 3.3  # mm from one label's line to the next
CLEAR_OF_NOTE = 0.3  # share of the width of a plot of new journeys that the name of its axis takes, and half a word


def trend(values: Sequence[float]) -> np.ndarray:
    """The least-squares straight line through a series, at its points; nan where one of them is not known."""
    if np.isnan(np.asarray(values, dtype=float)).any():
        return np.full(len(values), np.nan)
    at = np.arange(len(values))
    return np.polyval(np.polyfit(at, np.asarray(values, dtype=float), 1), at)


def new_journeys(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """New journeys of a pilot and its comparison area by month, and the straight line of the pilot (Appendix C8)."""
    months = list(data.rows)
    pilot, comparison = ([data.at(month, arm).value for month in months] for arm in ("pilot", "comparison"))
    if not (known := [value for value in (*pilot, *comparison) if not math.isnan(value)]):
        return nothing(data.missing, "No month can be given", faces)
    high = 36.0
    figure = sheet(high + 14)
    axes = panel(figure, 9, 6, 115, high)
    at, line = np.arange(len(months)), trend(pilot)
    ticks = round_ticks(0, max(1, *known))
    axes.plot(at, comparison, color=GREY, linewidth=1.4, marker="s", markersize=2.2, markerfacecolor="white")
    axes.plot(at, pilot, color=ACCENT, linewidth=1.8, marker="o", markersize=2.6)
    axes.plot(at, line, color=ACCENT, linewidth=1, linestyle=DASHES)
    axes.set_xlim(-0.5, len(months) - 0.5)
    axes.set_ylim(0, ticks[-1])
    axes.tick_params(axis="x", pad=6)
    scale(axes, "y", faces, ticks, "{:,.0f}")
    grid(axes, "y")
    site = config["sites"][data.variables["site"]]
    named = [(site["pilot"]["label"], ACCENT, faces.bold), (site["comparison"]["label"], MUTED, faces.plain)]
    named.append((f"Trend, {site['pilot']['label']}", ACCENT, faces.plain))
    ends = [end for end in zip([pilot[-1], comparison[-1], line[-1]], named, strict=True) if not math.isnan(end[0])]
    heights, named = spread([height for height, _ in ends], LINE * ticks[-1] / high), [name for _, name in ends]
    for (name, colour, font), height in zip(named, heights, strict=True):
        short = shortened(name, 28, font)
        axes.text(len(months) + 0.2, height, short, va="center", color=colour, fontproperties=font)
    _months(axes, months, faces)
    _note_above(axes, "New journeys a month", faces, at=-0.5)
    _start(axes, months, str(config["programme"]["start"])[:7].replace("-", "_"), faces)
    return figure


def _months(axes: Axes, months: Sequence[str], faces: Faces) -> None:
    """Ticks at half years: April and October."""
    halves = [i for i, month in enumerate(months) if month[5:] in ("04", "10")]
    every = max(1, -(-len(halves) // 7))
    chosen = halves[::every]
    axes.set_xticks(chosen, [dt.date(int(months[i][:4]), int(months[i][5:]), 1).strftime("%b %Y") for i in chosen])
    in_type(axes, faces)


def _note_above(axes: Axes, text: str, faces: Faces, at: float) -> None:
    """What the vertical axis counts, above it."""
    top = axes.get_ylim()[1]
    axes.annotate(
        text, (at, top), (-16, 5), textcoords="offset points", va="bottom", color=MUTED, fontproperties=faces.plain
    )


def _start(axes: Axes, months: Sequence[str], start: str, faces: Faces) -> None:
    """A mark where the programme starts."""
    if start not in months:
        return
    at, top = months.index(start) - 0.5, axes.get_ylim()[1]
    axes.plot([at, at], [0, top], color=INK, linewidth=0.8, linestyle=DOTS)
    left = CLEAR_OF_NOTE * len(months)  # the name of the axis stands at the left
    axes.annotate(
        "pilots start",
        (max(at, left), top),
        (0, 5),
        textcoords="offset points",
        ha="center" if at > left else "left",
        va="bottom",
        color=INK,
        fontproperties=faces.plain,
    )


OUTCOMES = ("effective_treatment", "successful_completion")  # what the figure of Tables 6.1 to 6.4 shows
ACROSS = 6  # panels side by side
ARMS = {  # colour, style of line, marker, its ground
    "pilot": (ACCENT, "-", "o", ACCENT),
    "comparison": (MUTED, DASHES, "s", "white"),
}


def slopes(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Rates before and after, pilot and comparison area, one small panel per site (Tables 6.1 to 6.4)."""
    sites = list(dict.fromkeys(row["site"] for row in data.rows.values()))
    rows = [sites[i : i + ACROSS] for i in range(0, len(sites), ACROSS)]
    high, head, band = 33.0, 8.0, 47.0  # of a panel, of a measure's head, of a row of panels
    wide = WIDTH / max(3, min(ACROSS, len(sites)))
    figure = sheet(len(OUTCOMES) * (head + band * len(rows)))
    for i, measure in enumerate(OUTCOMES):
        top = i * (head + band * len(rows))
        limits = _limits(data, measure, sites)
        _key(panel(figure, 0, top, WIDTH, head), f"{MEASURES[measure].in_text}, per cent", faces)
        for k, row in enumerate(rows):
            for j, site in enumerate(row):
                axes = panel(figure, j * wide + 8.5, top + head + k * band + 5, wide - 17, high)
                axes.set_ylim(*limits)
                _slope(axes, data, measure, site, faces, (limits[1] - limits[0]) * LINE / high)
                label = shortened(config["sites"][site]["label"], wide - 2, faces.bold)
                axes.set_title(label, fontproperties=faces.bold, color=INK, pad=4)
                _periods(axes, config, faces)
    return figure


def _limits(data: FigureData, measure: str, sites: Sequence[str]) -> tuple[float, float]:
    """One scale for all panels of a measure, so that they can be compared."""
    rates = [datum.value for (row, _), datum in data.cells.items() if row.startswith(f"{measure}/") and datum.known]
    low, high = (min(rates), max(rates)) if rates else (0.0, 100.0)
    room = max(0.08 * (high - low), 0.5)
    return low - room, high + room


def _slope(axes: Axes, data: FigureData, measure: str, site: str, faces: Faces, gap: float) -> None:
    """The two lines of a site, their ends written beside them."""
    cells = {(arm, when): data.at(f"{measure}/{site}", f"{arm}_{when}") for arm in ARMS for when in ("pre", "post")}
    for arm, (colour, style, marker, ground) in ARMS.items():
        ends = [cells[arm, when].value for when in ("pre", "post")]
        axes.plot(
            [0, 1],
            ends,
            color=colour,
            linestyle=style,
            linewidth=1.6,
            marker=marker,
            markersize=4,
            markerfacecolor=ground,
            clip_on=False,
        )
    for when, at, align, shift in (("pre", 0, "right", -4), ("post", 1, "left", 4)):
        here = [cells[arm, when] for arm in ARMS]
        heights = spread([datum.value if datum.known else np.mean(axes.get_ylim()) for datum in here], gap)
        for arm, height in zip(ARMS, heights, strict=True):
            axes.annotate(
                cells[arm, when].text,
                (at, height),
                (shift, 0),
                textcoords="offset points",
                ha=align,
                va="center",
                color=ARMS[arm][0],
                fontproperties=faces.bold if arm == "pilot" else faces.plain,
                annotation_clip=False,
            )


def _periods(axes: Axes, config: Mapping, faces: Faces) -> None:
    """The names of the two periods below a panel, and a light line at each."""
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.vlines([0, 1], *axes.get_ylim(), color=RULE, linewidth=0.6, zorder=0, clip_on=False)
    for period, at, align, shift in (("pre", 0, "right", 5), ("post", 1, "left", -5)):
        axes.annotate(
            shortened(config["periods"][period]["label"], 12, faces.plain),
            (at, axes.get_ylim()[0]),
            (shift, -4),
            textcoords="offset points",
            ha=align,
            va="top",
            color=MUTED,
            fontproperties=faces.plain,
            annotation_clip=False,
        )


def _key(axes: Axes, title: str, faces: Faces) -> None:
    """A measure's head: what is drawn, and which line is which."""
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, 8)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.plot([0, WIDTH], [1.4, 1.4], color=MUTED, linewidth=0.6)
    axes.text(0, 4.4, title, va="center", color=ACCENT, fontproperties=faces.bold)
    for (colour, style, marker, ground), name, at in zip(
        ARMS.values(), ("Pilot", "Comparison area"), (99, 121), strict=True
    ):
        axes.plot([at, at + 9], [4.4, 4.4], color=colour, linestyle=style, linewidth=1.6)
        axes.plot([at + 4.5], [4.4], color=colour, marker=marker, markersize=4, markerfacecolor=ground)
        axes.text(at + 10.5, 4.4, name, va="center", color=colour, fontproperties=faces.plain)


def benefit_profiles(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Two ways in which benefits may come in after a change (report Appendix C2); nothing here is measured."""
    figure = sheet(66)
    axes = panel(figure, 6, 6, 112, 50)
    at = np.linspace(0, 10, 201)
    early = 0.62 * (1 - np.exp(-((at / 1.9) ** 1.7)))
    late = 0.95 / (1 + np.exp(-(at - 6.1) / 0.75)) - 0.95 / (1 + np.exp(6.1 / 0.75))
    axes.plot(at, early, color=MUTED, linewidth=1.6, linestyle=DASHES)
    axes.plot(at, late, color=ACCENT, linewidth=2)
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 1.05)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(True)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    scale(axes, "x", faces, range(0, 11, 2), "{:g}")
    axes.set_xlabel("Years since the change began", fontproperties=faces.plain, color=MUTED, labelpad=3)
    _note_above(axes, "Yearly benefit", faces, at=0.35)
    for height, name, colour, font in (
        (late[-1], "Slow start, more in the end", ACCENT, faces.bold),
        (early[-1], "Quick start, less in the end", MUTED, faces.plain),
    ):
        axes.text(10.15, height, name, va="center", color=colour, fontproperties=font)
    return figure
