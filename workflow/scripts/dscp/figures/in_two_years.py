"""Figure of a profile made of published counts: numbers of clients in two years, a pair of bars for each group."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from dscp.figures.data import FigureData
from dscp.figures.drawing import ACCENT, GREY, INK, Faces, nothing, panel, sheet, shortened

LEFT, BROAD, ROW, BAR = 46.0, 100.0, 11.0, 0.32  # mm: where bars begin, the longest, a row; the part of a row of a bar
PAIR = (("before", 0.3, GREY), ("after", 0.66, ACCENT))  # column, where in its row, colour


def bars(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """A pair of bars for each row, each with its number; one that is not known is a sign without a bar."""
    known = [datum.value for datum in data.cells.values() if datum.known]
    if not known:
        return nothing(data.missing, "No number of clients can be shown", faces)
    high = ROW * len(data.rows)
    figure = sheet(high + 4)
    axes = panel(figure, LEFT, 2, BROAD, high)
    axes.set_xlim(0, max(*known, 1) * 1.12)
    axes.set_ylim(high, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    for number, (name, row) in enumerate(data.rows.items()):
        label = shortened(row["label"], LEFT - 4, faces.bold)
        axes.text(0, (number + 0.48) * ROW, f"{label}  ", ha="right", va="center", color=INK,
                  fontproperties=faces.bold)  # fmt: skip
        for column, place, colour in PAIR:
            datum, y = data.at(name, column), (number + place) * ROW
            if datum.known:
                axes.barh(y, datum.value, BAR * ROW, color=colour)
            axes.text(datum.value if datum.known else 0, y, f" {datum.text}", va="center", color=INK,
                      fontproperties=faces.plain)  # fmt: skip
    return figure
