"""What the templates of a partnership's profile call besides what all reports share."""

from __future__ import annotations

import math

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from dscp.exhibits.book import Book
from dscp.measures import indicators
from dscp.measures.indicators import Indicator
from dscp.study.partnerships import partnerships

NOTE = (
    "Dots: partnerships, the one of this profile large. Lines: limits of what partnerships usually show, dashed and, "
    "farther out, whole. Mean squared distance from the share of all, in what chance alone would give: {}. "
    "Partnerships beyond the whole lines, were these drawn from chance alone: {}; as they are drawn, with the "
    "variance between partnerships: {}."
)


class Profile:
    """The partnership of a profile, and what is counted of it."""

    def __init__(self, book: Book, results: object) -> None:
        """`results` prints quantities: an object with q(context, id, form)."""
        self._book, self._config, self._print = book, book.config, results

    def own_name(self) -> str:
        """What the partnership is called."""
        return partnerships(self._config)[self._config["partnership"]]

    def peers(self) -> list[str]:
        """Codes of the partnerships beside it."""
        return list(self._config["peers"])

    def indicators(self) -> list[Indicator]:
        """What is counted, in order."""
        return indicators.indicators(self._config["re_presentation"])

    def usual_known(self, indicator: str) -> bool:
        """Whether there are enough partnerships to say between which limits a share usually lies."""
        return f"partnership.between.{indicator}" in self._book.values

    @pass_context
    def usual(self, context: Context, indicator: str) -> Markup:
        """lies within what partnerships usually show; at the edge of it; outside it."""
        own, values = self._config["partnership"], self._book.values
        share = f"partnership.rate.{indicator}.{own}.post"
        ends = {
            place: [f"partnership.usual_{end}_{place}.{indicator}.{own}" for end in ("low", "high")]
            for place in ("near", "far")
        }
        inside = {place: values[low] <= values[share] <= values[high] for place, (low, high) in ends.items()}
        every = [share, *ends["near"], *ends["far"]]
        if any(math.isnan(values[one]) for one in every):
            told = "cannot be set beside what partnerships usually show"
        elif inside["near"]:
            told = "lies within what partnerships usually show"
        else:
            told = f"lies {'at the edge of' if inside['far'] else 'outside'} what partnerships usually show"
        return self._book.words(context.name, told, *every)

    @pass_context
    def funnel_note(self, context: Context, indicator: str) -> Markup:
        """What the limits of a funnel are, how far partnerships differ beyond chance, and how many lie outside."""
        phi, chance, outside = (
            self._print.q(context, f"partnership.{name}.{indicator}", form)
            for name, form in (("dispersion", "ratio1"), ("outside_by_chance", "count"), ("outside", "count"))
        )
        return Markup(NOTE).format(phi, chance, outside)
