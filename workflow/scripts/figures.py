"""Rule figures: Figures C.8.1 onwards, new journeys by month in each pilot and its comparison area.

Black and grey only, told apart by line style and labels at the lines' ends; the same ledger gives the same bytes.
"""

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from _exhibits import arms_of, figure_sites
from _job import logged
from _ledger import read_ledger
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

INK, DARK_GREY, GREY = "#1b1b1b", "#5f5f5f", "#8a8a8a"
SETTINGS = {"svg.hashsalt": "new-journeys", "svg.fonttype": "path"}
PREFIX = "new_journeys_monthly."


def monthly(ledger: pd.DataFrame, area: str) -> pd.Series:
    """New journeys of an area by month ("2008-04"), in order of the months."""
    found = ledger[ledger["id"].str.startswith(f"{PREFIX}{area}.")]
    if found.empty:
        raise ValueError(f"the ledger holds no monthly new journeys of {area}")
    months = found["id"].str.rsplit(".", n=1).str[1].str.replace("_", "-")
    return pd.Series(found["value"].to_numpy(), index=months).sort_index()


def trend(series: pd.Series) -> np.ndarray:
    """The least-squares straight line through a series, at its points."""
    at = np.arange(len(series))
    return np.polyval(np.polyfit(at, series.to_numpy(dtype=float), 1), at)


def spread(heights: list[float], gap: float) -> list[float]:
    """Move label heights apart until neighbours are at least `gap` apart, keeping their order and middle."""
    order = np.argsort(heights, kind="stable")
    placed = np.array(heights, dtype=float)[order]
    for _ in range(50):
        short = gap - np.diff(placed)
        if (short <= 1e-9).all():
            break
        push = np.clip(short, 0, None) / 2
        placed[:-1] -= push
        placed[1:] += push
    result = np.empty_like(placed)
    result[order] = placed
    return result.tolist()


@dataclass(frozen=True)
class Style:
    """What a figure says besides its data: labels per arm, the programme's first month, whether it is illustrative."""

    labels: Mapping[str, str]
    start: str
    illustrative: bool
    plain: FontProperties
    bold: FontProperties


def draw(pilot: pd.Series, comparison: pd.Series, style: Style) -> Figure:
    """One figure: new journeys of both areas by month, and the straight line of the pilot."""
    figure = Figure(figsize=(6.3, 2.75))
    axes = figure.subplots()
    at, line = np.arange(len(pilot)), trend(pilot)
    axes.plot(at, comparison.reindex(pilot.index), color=GREY, linewidth=1.3)
    axes.plot(at, pilot, color=INK, linewidth=1.6)
    axes.plot(at, line, color=INK, linewidth=0.9, linestyle=(0, (5, 3)))
    top = max(pilot.max(), comparison.max()) * 1.12
    axes.set_ylim(0, top)
    axes.set_xlim(-0.5, len(pilot) - 0.5)
    _name_lines(axes, [pilot.iloc[-1], comparison.iloc[-1], line[-1]], len(pilot) + 0.1, top, style)
    _frame(axes, list(pilot.index), top, style)
    figure.subplots_adjust(left=0.085, right=0.79, top=0.93, bottom=0.13)
    return figure


def _name_lines(axes: Axes, ends: list[float], at: float, top: float, style: Style) -> None:
    """Write each line's name at its end."""
    pilot, comparison = style.labels["pilot"], style.labels["comparison"]
    named = [(pilot, INK, style.bold), (comparison, DARK_GREY, style.plain), (f"Trend, {pilot}", INK, style.plain)]
    for (name, colour, font), height in zip(named, spread(ends, top / 13), strict=True):
        axes.text(at, height, name, va="center", color=colour, fontproperties=font)


def _frame(axes: Axes, months: list[str], top: float, style: Style) -> None:
    """Axes, ticks at half years, light grid, and a mark where the programme starts."""
    halves = [i for i, month in enumerate(months) if month[5:] in ("04", "10")]
    axes.set_xticks(halves, [dt.date.fromisoformat(f"{months[i]}-01").strftime("%b %Y") for i in halves])
    axes.set_ylabel("New journeys a month", fontproperties=style.plain)
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(style.plain)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_linewidth(0.6)
    axes.tick_params(width=0.6, length=3)
    axes.grid(axis="y", linewidth=0.4, color="#d9d9d9")
    axes.set_axisbelow(True)
    if style.start in months:
        at = months.index(style.start)
        axes.axvline(at - 0.5, color=INK, linewidth=0.6, linestyle=(0, (1, 2)))
        axes.text(at - 0.2, top * 0.985, "pilots start", va="top", fontproperties=style.plain)
    if style.illustrative:
        axes.text(len(months) - 0.5, top * 0.985, "illustrative", va="top", ha="right", fontproperties=style.plain)


def to_svg(figure: Figure) -> str:
    """A figure as SVG text, without date."""
    out = io.StringIO()
    FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return out.getvalue()


def figures(ledger: pd.DataFrame, config: Mapping, fonts: Mapping[str, str]) -> dict[str, str]:
    """Draw every figure.

    Parameters
    ----------
    ledger : with the quantities new_journeys_monthly.{area}.{month}
    config : the study: sites, programme.start, reference_run
    fonts : "plain" and "bold" -> font file

    Returns
    -------
    figure number -> SVG
    """
    faces = {name: FontProperties(fname=path, size=8) for name, path in fonts.items()}
    start, illustrative = str(config["programme"]["start"])[:7], bool(config.get("reference_run", False))
    drawn = {}
    with matplotlib.rc_context(SETTINGS):
        for number, site in figure_sites(config).items():
            areas = arms_of(site)
            style = Style({arm: config["sites"][site][arm]["label"] for arm in areas}, start, illustrative, **faces)
            drawn[number] = to_svg(draw(*(monthly(ledger, area) for area in areas.values()), style))
    return drawn


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        files = {Path(name).name: name for name in snakemake.input.fonts}
        weights = {"plain": "400", "bold": "600"}
        faces = {name: files[f"source-sans-3-latin-{weight}-normal.ttf"] for name, weight in weights.items()}
        drawn = figures(read_ledger(snakemake.input.ledger), snakemake.params.config, faces)
        for path in snakemake.output.figures:
            Path(path).write_text(drawn[Path(path).stem], encoding="utf-8")
