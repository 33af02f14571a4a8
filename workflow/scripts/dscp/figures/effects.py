"""Figures of effects and benefits: differences with their intervals, benefits by either method, and what moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from dscp.figures.data import Datum, FigureData
from dscp.figures.drawing import (
    ACCENT,
    GREY,
    INK,
    MUTED,
    PALE,
    RULE,
    WIDTH,
    Faces,
    grid,
    nothing,
    panel,
    room_for,
    round_ticks,
    scale,
    sheet,
    shortened,
    text_width,
)
from dscp.measures.registry import MEASURES, TOLD
from dscp.measures.verdicts import BETTER, SAID, WORSE
from dscp.printing.words import UP

HEADS = {measure.name: measure.in_text for measure in TOLD}
TALLEST = 200.0  # mm: with its caption a figure stands on one page
RIGHT = WIDTH - 0.4  # where numbers at the right end
GROUP, ROW = 4.8, 4.1  # mm for the head of a group of rows, and for a row
# Of Figure S.1, mm: above the rows; below those of an outcome, for its scale; its plot, and where its columns stand.
TOP, FOOT, PLOT, ACROSS = 7.0, 4.6, 26.0, 48.0
DIFFERENCE, ADJUSTED, INTERVAL, VERDICT = 89.0, 103.0, 126.0, 129.5
IN_POINTS = ("did", "did_low", "did_high", "about", "tested_low", "tested_high")


def forest(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Every difference with its verdict, by outcome and site: the adjusted effect with the interval of its test.

    Below it, fainter, the difference as counted with its own interval. Nought is in the middle of each outcome's scale,
    and better is right of it.
    """
    groups = {measure: [name for name, row in data.rows.items() if row["measure"] == measure] for measure in HEADS}
    groups = {measure: names for measure, names in groups.items() if names}
    count = sum(len(names) for names in groups.values())
    step = min(ROW, (TALLEST - 24 - (GROUP + FOOT) * len(groups)) / max(count, 1))
    high = count * step + (GROUP + FOOT) * len(groups)
    figure = sheet(high + 20)
    words = whole_width(figure, TOP, high)
    _forest_heads(words, faces)
    y = 0.0
    for measure, names in groups.items():
        words.plot([0, WIDTH], [y, y], color=RULE, linewidth=0.6)
        words.text(0, y + 2.8, HEADS[measure], va="center", color=ACCENT, fontproperties=faces.bold)
        y += GROUP
        axes = _outcome_axes(figure, data, measure, (TOP + y, len(names) * step), faces)
        for at, name in enumerate(names):
            _estimates(axes, data, name, (at + 0.5) * step, step / ROW)
            _in_words(words, data, name, y + (at + 0.5) * step, faces)
        y += len(names) * step + FOOT
    _forest_key(panel(figure, 0, TOP + high + 5, WIDTH, 5), faces)
    words.text(
        PLOT + ACROSS / 2,
        high + 1.6,
        "Percentage points",
        ha="center",
        va="center",
        color=MUTED,
        fontproperties=faces.plain,
    )
    return figure


def _forest_heads(words: Axes, faces: Faces) -> None:
    """What stands in the columns, and which side of nought is which."""
    heads = [
        (PLOT, "left", "pilot worse"),
        (PLOT + ACROSS, "right", "pilot better"),
        (DIFFERENCE, "right", "Difference"),
    ]
    heads += [(ADJUSTED, "right", "Adjusted"), (INTERVAL, "right", "Its interval"), (VERDICT, "left", "Verdict")]
    for x, side, text in heads:
        words.text(x, -3, text, ha=side, va="center", color=MUTED, fontproperties=faces.plain)


def _outcome_axes(figure: Figure, data: FigureData, measure: str, place: tuple[float, float], faces: Faces) -> Axes:
    """The plot of an outcome: `place` is where its top is and how high it is, in millimetres."""
    top, high = place
    axes = panel(figure, PLOT, top, ACROSS, high)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    own = (datum for (row, column), datum in data.cells.items() if row.split("/")[0] == measure and column in IN_POINTS)
    far = max([0.5, *(abs(datum.value) for datum in own if datum.known)])
    ticks = round_ticks(-far, far, 4)
    ends = (ticks[0], ticks[-1])
    axes.set_xlim(*(ends if MEASURES[measure].better == UP else ends[::-1]))
    axes.axvline(0, color=INK, linewidth=0.8)
    grid(axes, "x")
    scale(axes, "x", faces, ticks, "{:+g}")
    axes.tick_params(pad=1)
    return axes


def whole_width(figure: Figure, top: float, high: float) -> Axes:
    """The whole width beside and over a plot, in millimetres, for names and numbers."""
    words = panel(figure, 0, top, WIDTH, high)
    words.set_xlim(0, WIDTH)
    words.set_ylim(high, 0)
    words.set_xticks([])
    words.set_yticks([])
    words.patch.set_visible(False)
    return words


def points_axis(axes: Axes, values: Sequence[float], faces: Faces) -> None:
    """Percentage points, zero marked."""
    ticks = round_ticks(min([0, *values]), max([1, *values]), 6)
    axes.set_xlim(ticks[0], ticks[-1])
    axes.axvline(0, color=INK, linewidth=0.8)
    grid(axes, "x")
    scale(axes, "x", faces, ticks, "{:+g}")
    axes.set_xlabel("Percentage points", fontproperties=faces.plain, color=MUTED, labelpad=2)


def _estimates(axes: Axes, data: FigureData, name: str, y: float, closer: float) -> None:
    """The marks of a row: what decides, and below it the difference as counted.

    `y` is the middle of the row; its marks stand `closer` than in a row of full height.
    """
    above, below = y - 0.6 * closer, y + 0.9 * closer
    did, low, high = (data.at(name, column) for column in ("did", "did_low", "did_high"))
    if did.known and low.known:
        axes.plot([low.value, high.value], [below] * 2, color=GREY, linewidth=1, solid_capstyle="butt")
    if did.known:
        axes.plot(
            [did.value], [below], marker="D", markersize=3, color=MUTED, markerfacecolor="white", linestyle="none"
        )
    about, low, high = (data.at(name, column) for column in ("about", "tested_low", "tested_high"))
    if about.known and low.known:
        axes.plot([low.value, high.value], [above] * 2, color=ACCENT, linewidth=1.8, solid_capstyle="butt")
    if about.known:
        axes.plot([about.value], [above], color=ACCENT, marker="o", markersize=4.4, linestyle="none")


def _in_words(words: Axes, data: FigureData, name: str, y: float, faces: Faces) -> None:
    """The label of a row, its numbers and its verdict."""
    label = shortened(data.rows[name]["label"], PLOT - 4, faces.plain)
    words.text(2, y, label, va="center", color=INK, fontproperties=faces.plain)
    did, about, low, high, verdict = (
        data.at(name, column) for column in ("did", "about", "tested_low", "tested_high", "verdict")
    )
    reach = f"{low.text} to {high.text}" if low.known else low.text
    for x, text, colour, font in (
        (DIFFERENCE, did.text, INK, faces.plain),
        (ADJUSTED, about.text, ACCENT, faces.bold),
        (INTERVAL, reach, INK, faces.plain),
    ):
        words.text(x, y, text, ha="right", va="center", color=colour, fontproperties=font)
    clear = verdict.text in (SAID[BETTER], SAID[WORSE])
    font, colour = (faces.bold, ACCENT) if clear else (faces.plain, INK)
    words.text(VERDICT, y, verdict.text, ha="left", va="center", color=colour, fontproperties=font)


def _forest_key(axes: Axes, faces: Faces) -> None:
    """What the two marks of a row are."""
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, 5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.plot([12, 20], [2.5] * 2, color=ACCENT, linewidth=1.8, solid_capstyle="butt")
    axes.plot([16], [2.5], color=ACCENT, marker="o", markersize=4.4)
    axes.text(
        21.5, 2.5, "Adjusted, with the interval that decides", va="center", color=ACCENT, fontproperties=faces.bold
    )
    axes.plot([92, 100], [2.5] * 2, color=GREY, linewidth=1)
    axes.plot([96], [2.5], marker="D", markersize=3, color=MUTED, markerfacecolor="white")
    axes.text(101.5, 2.5, "Difference, with its own interval", va="center", color=MUTED, fontproperties=faces.plain)


METHODS = {  # name, ground, line
    "as_published": ("Published method", ACCENT, ACCENT),
    "corrected": ("Corrected", PALE, ACCENT),
}


def methods(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Each site's benefit by the conventions of the published tables and corrected, side by side (section 7.5)."""
    if not data.rows:
        return nothing(data.missing, "No site has a cost to set a benefit against", faces)
    step = min(8.0, TALLEST / len(data.rows))
    high = step * len(data.rows)
    figure = sheet(high + 18)
    axes, words = panel(figure, 26, 8, 120, high), whole_width(figure, 8, high)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    ends = [(datum.value, datum.text) for datum in data.cells.values() if datum.known]
    _money_scale(axes, ends, 0.0, 120, faces)
    for i, (name, row) in enumerate(data.rows.items()):
        middle = i * step + step / 2
        label = shortened(row["label"], 24, faces.bold)
        words.text(0, middle, label, va="center", color=INK, fontproperties=faces.bold)
        for (method, (_, ground, line)), shift in zip(METHODS.items(), (-1, 1), strict=True):
            y, datum = middle + shift * 0.19 * step, data.at(name, method)
            if datum.known:
                axes.barh(y, datum.value, 0.32 * step, color=ground, edgecolor=line, linewidth=0.8)
            value = datum.value if datum.known else 0.0
            font = faces.bold if method == "as_published" else faces.plain
            _beside(axes, value, y, datum.text, value < 0, font)
    _methods_key(words, faces)
    return figure


def _money_scale(axes: Axes, ends: Sequence[tuple[float, str]], base: float, width: float, faces: Faces) -> None:
    """Millions of pounds, nought included, with room for the text at the end of each bar, which starts at `base`."""
    marks = [(at, text_width(text, faces.bold) * (1 if at >= base else -1)) for at, text in ends]
    low, high = room_for(marks, [0.0, base, 0.1], width)
    ticks = [tick for tick in round_ticks(low, high, 7) if low <= tick <= high]
    axes.set_xlim(low, high)
    grid(axes, "x")
    scale(axes, "x", faces, ticks, "{:g}")
    axes.set_xlabel("Million pounds", fontproperties=faces.plain, color=MUTED, labelpad=2)
    axes.axvline(0, color=INK, linewidth=0.8)


def _methods_key(words: Axes, faces: Faces) -> None:
    """Which bar is which, above the plot."""
    for (name, ground, line), at in zip(METHODS.values(), (26, 56), strict=True):
        words.barh(-4, 5, 2.6, left=at, color=ground, edgecolor=line, linewidth=0.8, clip_on=False)
        words.text(at + 6.5, -4, name, va="center", color=INK, fontproperties=faces.plain)


ENDS = ("low", "high")
LEFT, BASE = 64.0, 60.0  # mm: where the bars of Figure S.4 have their plot; where its base values end


def tornado(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """The benefit of all sites when one assumption is changed, the one that moves it most on top (Figure S.4)."""
    base = data.at("base", "low_total")
    moved = {name: _ends(data, name) for name in data.rows if name != "base"}
    moved = {name: ends for name, ends in moved.items() if ends}
    if not base.known or not moved:
        return nothing(data.missing, "The benefit of all sites cannot be given", faces)
    moved = dict(sorted(moved.items(), key=lambda item: -_width(item[1], base.value)))
    step = 6.5
    high = step * len(moved)
    figure = sheet(high + 25)
    axes, words = panel(figure, LEFT, 9, WIDTH - LEFT - 2, high), whole_width(figure, 9, high)
    axes.set_ylim(high, 0)
    axes.set_yticks([])
    sides = {name: _sides(ends, base.value) for name, ends in moved.items()}
    written = [(end, text) for found in sides.values() for end, text in found]
    _money_scale(axes, written, base.value, WIDTH - LEFT - 2, faces)
    _tornado_heads(words, high, faces)
    for i, (name, ends) in enumerate(moved.items()):
        middle = i * step + step / 2
        words.text(0, middle, data.rows[name]["heads"][0], va="center", color=INK, fontproperties=faces.plain)
        if (assumed := data.get(name, "base_value")) is not None:
            words.text(BASE, middle, assumed.text, ha="right", va="center", color=INK, fontproperties=faces.bold)
        _tornado_row(axes, ends, base.value, middle, step)
        for end, text in sides[name]:
            _beside(axes, end, middle, text, end < base.value, faces.plain)
    axes.axvline(base.value, color=INK, linewidth=1)
    low, high = axes.get_xlim()
    axes.annotate(
        f"as estimated, {base.text}",
        (base.value, 0),
        (0, 5),
        textcoords="offset points",
        ha="right" if base.value > low + 0.85 * (high - low) else "center",  # never beyond the sheet
        va="bottom",
        color=INK,
        fontproperties=faces.bold,
    )
    return figure


def _tornado_heads(words: Axes, high: float, faces: Faces) -> None:
    """What stands before the bars, above it; and below the scale which bar is which."""
    words.text(0, -4, "Assumption", va="center", color=MUTED, fontproperties=faces.plain)
    words.text(BASE, -4, "As estimated", ha="right", va="center", color=MUTED, fontproperties=faces.plain)
    for text, ground, at in (("Low value or first end", ACCENT, LEFT), ("High value or other end", PALE, LEFT + 42)):
        words.barh(high + 13, 5, 2.6, left=at, color=ground, edgecolor=ACCENT, linewidth=0.8, clip_on=False)
        words.text(at + 6.5, high + 13, text, va="center", color=INK, fontproperties=faces.plain)


def _ends(data: FigureData, name: str) -> list[tuple[Datum, str]]:
    """The benefits of a row with what is changed: the printed setting, or the words that the row declares."""
    found = []
    for end, word in zip(ENDS, data.rows[name].get("ends", ("", "")), strict=True):
        total, value = data.get(name, f"{end}_total"), data.get(name, f"{end}_value")
        if total is not None and total.known:
            found.append((total, value.text if value is not None else word))
    return found


def _width(ends: Sequence[tuple[Datum, str]], base: float) -> float:
    """How far a row reaches, the benefit as estimated included."""
    values = [base, *(datum.value for datum, _ in ends)]
    return max(values) - min(values)


def _sides(ends: Sequence[tuple[Datum, str]], base: float) -> list[tuple[float, str]]:
    """Where on either side of the benefit as estimated a row ends, and what is written there: the nearer end first."""
    found = []
    for sign in (-1, 1):
        side = sorted((sign * (datum.value - base), text) for datum, text in ends if sign * (datum.value - base) > 0)
        if side:
            found.append((base + sign * side[-1][0], ", ".join(text for _, text in side)))
    return found


def _tornado_row(axes: Axes, ends: Sequence[tuple[Datum, str]], base: float, middle: float, step: float) -> None:
    """Bars from the benefit as estimated to either end, the longer one first."""
    grounds = zip(ends, (ACCENT, PALE), strict=False)
    for (datum, _), ground in sorted(grounds, key=lambda end: -abs(end[0][0].value - base)):
        axes.barh(middle, datum.value - base, 0.56 * step, left=base, color=ground, edgecolor=ACCENT, linewidth=0.8)


def _beside(axes: Axes, at: float, y: float, text: str, left: bool, font: FontProperties) -> None:
    """A text at the end of a bar, outside it."""
    axes.annotate(
        text,
        (at, y),
        (-3 if left else 3, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        color=INK,
        fontproperties=font,
    )
