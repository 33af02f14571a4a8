"""One visual language for all figures: measures, colours, lines, type, and how a drawing becomes an SVG.

Figures are as wide as the text of the page and drawn in its size, so that the smallest type is 8 points in print. One
accent colour and greys, told apart by line style, marker and a name beside each line, so that a figure is read alike in
colour, in greyscale and by the colour-blind. Lengths are in millimetres, from the left and the top.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.text import Text

from dscp.figures.files import FAMILY, WEIGHTS

WIDTH = 156.0
MM = 25.4  # to the inch
SMALL = 8.0  # points
ON_SLIDES = 300  # dots to the inch of a picture
INK, ACCENT, GREY, MUTED, RULE, PALE = "#1b1b1b", "#14405f", "#8c8c8c", "#5f5f5f", "#d9d9d9", "#e6edf2"
WHITE = "#ffffff"
DASHES, DOTS = (0, (4, 2)), (0, (1, 2))
SETTINGS = {"svg.hashsalt": "report", "svg.fonttype": "none", "axes.unicode_minus": True, "text.parse_math": False}
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Faces:
    """The typefaces of a figure."""

    plain: FontProperties
    bold: FontProperties

    @classmethod
    def of(cls, plain: str, bold: str) -> Faces:
        """From two font files."""
        faces = zip((plain, bold), WEIGHTS.values(), strict=True)
        return cls(*(FontProperties(fname=path, family=FAMILY, weight=weight, size=SMALL) for path, weight in faces))


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with the library's defaults and ours, whatever its user has set on this machine."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


def sheet(height: float) -> Figure:
    """An empty figure as wide as the text, so many millimetres high."""
    return Figure(figsize=(WIDTH / MM, height / MM))


def panel(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place of a sheet, without a frame or ground of their own, their marks not clipped."""
    whole = figure.get_figheight() * MM
    axes = figure.add_axes((left / WIDTH, 1 - (top + height) / whole, width / WIDTH, height / whole))
    axes.spines[:].set_visible(False)
    axes.patch.set_visible(False)
    axes.tick_params(length=0, pad=3, colors=INK)
    axes.set_axisbelow(True)
    return axes


def grid(axes: Axes, direction: str) -> None:
    """Light lines at the ticks of an axis ("x" or "y")."""
    axes.grid(axis=direction, linewidth=0.4, color=RULE)


def scale(axes: Axes, direction: str, faces: Faces, ticks: Sequence[float], form: str) -> None:
    """Ticks of an axis, in the figures' type: `form` is "{:g}" or the like, a minus is a true one."""
    texts = [form.format(tick).replace("-", MINUS) if tick else "0" for tick in ticks]
    {"x": axes.set_xticks, "y": axes.set_yticks}[direction](list(ticks), texts)
    in_type(axes, faces)


def in_type(axes: Axes, faces: Faces) -> None:
    """Set the tick labels in the figures' type."""
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(faces.plain)


def round_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers across a range: steps of 1, 2 or 5 times a power of ten, about so many."""
    width = max(high - low, 1e-9)
    power = 10.0 ** np.floor(np.log10(width / about))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if width / step <= about)
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    return [round(step * tick, 10) for tick in range(first, last + 1)]


def room_for(
    marks: Sequence[tuple[float, float]], always: Sequence[float], width: float, gap: float = 1.6
) -> tuple[float, float]:
    """Limits of an axis so many millimetres wide that leave room for what is written beside its marks.

    Parameters
    ----------
    marks : a value and the width of the text beside it in millimetres, negative for a text on its left
    always : values that the axis shows besides
    """
    low, high = min([*always, *(at for at, _ in marks)]), max([*always, *(at for at, _ in marks)])
    high = max(high, low + 1e-9)
    for _ in range(60):
        unit = (high - low) / width
        low = min([low, *(at + (text - gap) * unit for at, text in marks if text < 0)])
        high = max([high, *(at + (text + gap) * unit for at, text in marks if text > 0)])
    return low, high


def text_width(text: str, font: FontProperties) -> float:
    """How wide a text is set, in millimetres."""
    return _set_width(text, font.get_file(), font.get_size_in_points())


@cache
def _set_width(text: str, path: str, size: float) -> float:
    face = get_font(path)
    face.set_size(size, 72)
    face.set_text(text)
    return face.get_width_height()[0] / 64 * MM / 72


def wrapped(text: str, width: float, font: FontProperties) -> list[str]:
    """A text as lines no wider than so many millimetres; a line break in it is kept.

    Raises
    ------
    ValueError
        A word is wider than the line.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, font) > width:
                lines.append(line)
                longer = word
            if text_width(longer, font) > width:
                raise ValueError(f"the word {word!r} is wider than {width:.1f} mm")
            line = longer
        lines.append(line)
    return lines


def balanced(text: str, width: float, font: FontProperties) -> list[str]:
    """A text as lines of about the same length, as few as fit into so many millimetres."""
    lines = wrapped(text, width, font)
    widest = max(text_width(word, font) for word in text.split())
    while (width := width - 0.5) > widest and len(narrower := wrapped(text, width, font)) == len(lines):
        lines = narrower
    return lines


def shortened(text: str, width: float, font: FontProperties) -> str:
    """A text, with an ellipsis in its middle where it is wider than so many millimetres: names differ at their ends."""
    kept, short = len(text), text
    while kept and text_width(short, font) > width:
        kept -= 1
        short = f"{text[: kept - kept // 2].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"
    return short


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Move label heights apart until neighbours are at least `gap` apart, keeping their order and middle."""
    order = np.argsort(heights, kind="stable")
    placed = np.array(heights, dtype=float)[order]
    for _ in range(200):
        short = gap - np.diff(placed)
        if (short <= 1e-9).all():
            break
        push = np.clip(short, 0, None) / 2
        placed[:-1] -= push
        placed[1:] += push
    result = np.empty_like(placed)
    result[order] = placed
    return result.tolist()


def nothing(sign: str, text: str, faces: Faces) -> Figure:
    """A figure that has nothing to show, and says so; `sign` is what stands in the place of its numbers."""
    figure = sheet(12)
    axes = panel(figure, 0, 0, WIDTH, 12)
    axes.set_axis_off()
    axes.text(0.5, 0.5, f"{sign} {text}", ha="center", va="center", color=MUTED, fontproperties=faces.plain)
    return figure


def to_svg(figure: Figure) -> str:
    """A figure as SVG text, without a date or a ground; under `own_settings` its letters are text.

    Raises
    ------
    ValueError
        A letter that its typeface does not have.
    """
    for text in figure.findobj(Text):
        letters = get_font(text.get_fontproperties().get_file()) if text.get_text() and text.get_visible() else None
        if letters and (
            lacks := [one for one in text.get_text() if one != "\n" and not letters.get_char_index(ord(one))]
        ):
            said = f"the fonts have no letter {lacks[0]!r} (U+{ord(lacks[0]):04X}), needed for {text.get_text()!r}"
            raise ValueError(said)
    figure.patch.set_visible(False)
    out = io.StringIO()
    FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None, "Creator": None})
    return tightened(out.getvalue())


def tightened(svg: str) -> str:
    """The same drawing in fewer bytes: blanks and turns by nothing go, and the typeface is named once."""
    svg = re.sub(r'(?<= d=")[^"]*', lambda path: re.sub(r"\s*([A-Za-z])\s*", r"\1", path[0]), svg)
    svg = re.sub(r' transform="rotate\(-0 [-\d. ]*\)"', "", svg)
    svg = svg.replace(f"font-family: '{FAMILY}'; ", "").replace(
        "<svg ", f"<svg font-family=\"'{FAMILY}', sans-serif\" ", 1
    )
    return re.sub(r"\n\s+(?=<)", "\n", svg)


def to_png(figure: Figure) -> bytes:
    """A figure as a picture for slides, on white, which every slide can take."""
    figure.patch.set_visible(True)
    figure.set_dpi(ON_SLIDES)
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
    return out.getvalue()
