"""Flow charts: boxes, lanes and arrows in millimetres, and text that is measured before it is set."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Polygon, Rectangle

from dscp.figures.drawing import (
    ACCENT,
    DASHES,
    GREY,
    INK,
    MUTED,
    PALE,
    WHITE,
    WIDTH,
    Faces,
    balanced,
    panel,
    sheet,
    wrapped,
)

LEADING = 3.5  # mm from line to line
RAISED = 0.35  # small letters look centred a little above the middle
PADDING = 1.6
CLEAR = 0.6  # between an arrow's head and the box that it points to
HEAD = 1.9  # length of an arrow's head

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle on the sheet: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> Point:
        """The middle of the right side."""
        return self.x + self.w, self.y + self.h / 2

    @property
    def left(self) -> Point:
        """The middle of the left side."""
        return self.x, self.y + self.h / 2

    @property
    def top(self) -> Point:
        """The middle of the upper side."""
        return self.x + self.w / 2, self.y

    @property
    def bottom(self) -> Point:
        """The middle of the lower side."""
        return self.x + self.w / 2, self.y + self.h


@dataclass(frozen=True)
class Look:
    """How a box looks: its ground, its line, its letters."""

    ground: str = WHITE
    line: str = ACCENT
    letters: str = INK
    bold: bool = False
    dashed: bool = False


PLAIN = Look(line=GREY)
STRONG = Look(ground=ACCENT, letters=WHITE, bold=True)
SOFT = Look(ground=PALE, line=PALE)
OUTSIDE = Look(line=MUTED, dashed=True)


class Chart:
    """A sheet on which boxes are drawn and joined."""

    def __init__(self, height: float, faces: Faces) -> None:
        self.figure: Figure = sheet(height)
        self._faces = faces
        self._axes = panel(self.figure, 0, 0, WIDTH, height)
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(height, 0)
        self._axes.set_xticks([])
        self._axes.set_yticks([])

    def box(self, x: float, y: float, w: float, h: float, text: str = "", look: Look = PLAIN) -> Box:
        """Draw a box with its text in the middle.

        Raises
        ------
        ValueError
            The text does not fit into the box.
        """
        self._axes.add_patch(
            Rectangle(
                (x + 0.2, y + 0.2),
                w - 0.4,
                h - 0.4,
                facecolor=look.ground,
                edgecolor=look.line,
                linewidth=0.8,
                linestyle=DASHES if look.dashed else "-",
            )
        )
        if text:
            lines = balanced(text, w - 2 * PADDING, self._face(look.bold))
            if len(lines) * LEADING + 1 > h:
                raise ValueError(f"{len(lines)} lines do not fit into a box {h} mm high: {text!r}")
            self._lines(lines, x + w / 2, y + h / 2, "center", look.letters, look.bold)
        return Box(x, y, w, h)

    def lane(self, x: float, y: float, w: float, h: float, title: str, look: Look = SOFT) -> Box:
        """A box that holds others, its title in its upper left corner."""
        lane = self.box(x, y, w, h, look=look)
        colour = MUTED if look.dashed else ACCENT
        self.note(x + PADDING + 0.4, y + 1, title, w - 2 * PADDING, bold=True, colour=colour)
        return lane

    def note(
        self,
        x: float,
        y: float,
        text: str,
        width: float,
        align: str = "left",
        bold: bool = False,
        colour: str = INK,
    ) -> None:
        """Text without a box, from its upper edge; `x` is where it is aligned to."""
        lines = wrapped(text, width, self._face(bold))
        self._lines(lines, x, y + len(lines) * LEADING / 2, align, colour, bold)

    def _face(self, bold: bool) -> FontProperties:
        return self._faces.bold if bold else self._faces.plain

    def _lines(self, lines: list[str], x: float, middle: float, align: str, colour: str, bold: bool) -> None:
        first = middle - (len(lines) - 1) * LEADING / 2 - RAISED
        for i, line in enumerate(lines):
            self._axes.text(
                x,
                first + i * LEADING,
                line,
                ha=align,
                va="center_baseline",
                color=colour,
                fontproperties=self._face(bold),
            )

    def arrow(self, *way: Point, both: bool = False, dashed: bool = False, colour: str = ACCENT) -> None:
        """A line along points, with a head at its end (or at either end)."""
        xs, ys = zip(*way, strict=True)
        style = DASHES if dashed else "-"
        self._axes.plot(xs, ys, color=colour, linewidth=1, linestyle=style, solid_joinstyle="miter")
        self._head(way[-2], way[-1], colour)
        if both:
            self._head(way[1], way[0], colour)

    def _head(self, start: Point, end: Point, colour: str) -> None:
        (x0, y0), (x1, y1) = start, end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        back = (x1 - HEAD * ux, y1 - HEAD * uy)
        wing = 0.5 * HEAD
        corners = [end, (back[0] - wing * uy, back[1] + wing * ux), (back[0] + wing * uy, back[1] - wing * ux)]
        self._axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none"))

    def line(self, *way: Point, colour: str = ACCENT) -> None:
        """A line without a head."""
        xs, ys = zip(*way, strict=True)
        self._axes.plot(xs, ys, color=colour, linewidth=1, solid_joinstyle="miter")
