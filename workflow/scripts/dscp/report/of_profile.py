"""What the templates of a partnership's profile call besides what all reports share."""

from __future__ import annotations

import math

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from dscp.exhibits.book import Book
from dscp.measures import indicators, published
from dscp.measures.indicators import Indicator
from dscp.measures.published import GROUPS, Published
from dscp.printing import words
from dscp.study.partnerships import SPANS, partnerships

NOTE = (
    "Dots: partnerships, the one of this profile large. Lines: limits of what partnerships usually show, dashed and, "
    "farther out, whole. Mean squared distance from the share of all, in what chance alone would give: {}. "
    "Partnerships beyond the whole lines, were these drawn from chance alone: {}; as they are drawn, with the "
    "variance between partnerships: {}."
)


class Partnership:
    """The partnership of a profile, and those beside it."""

    def __init__(self, book: Book, results: object) -> None:
        """`results` prints quantities: an object with q(context, id, form)."""
        self._book, self._config, self._print = book, book.config, results

    def own_name(self) -> str:
        """What the partnership is called."""
        return partnerships(self._config)[self._config["partnership"]]

    def peers(self) -> list[str]:
        """Codes of the partnerships beside it."""
        return list(self._config["peers"])

    @pass_context
    def apart(self, context: Context, identifier: str, decimals: int) -> Markup:
        """A distance between two shares, before the other: 3.8 percentage points below; the same as; not comparable."""
        value = self._book.value(identifier, context.name)
        way = words.direction(value, decimals)
        if way in (words.UP, words.DOWN):
            told = self._print.points(context, identifier, f"points{decimals}", True)
            said = self._book.words(context.name, "above" if way == words.UP else "below", identifier)
            return Markup("{} {}").format(told, said)
        said = "the same as" if way == words.FLAT else "not to be compared with"
        return self._book.words(context.name, said, identifier) + self._book.note_on(identifier)


class Profile(Partnership):
    """The partnership of a profile made of journeys, and what is counted of it."""

    def indicators(self) -> list[Indicator]:
        """What is counted, in order."""
        return indicators.indicators(self._config["re_presentation"], self.waits_known())

    def waits_known(self) -> bool:
        """Whether any journey has both days of a wait."""
        return f"partnership.count.waited.{self._config['partnership']}.post" in self._book.values

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


class OfCounts(Partnership):
    """The partnership of a profile made of published counts, and what they count."""

    def published(self) -> list[Published]:
        """What is counted, in order."""
        return list(published.EVERY)

    def divided(self, by: str) -> bool:
        """Whether there are counts by drug_group, sex or age_group."""
        return any(
            f"published.growth.in_treatment.{name}" in self._book.values for name in GROUPS if GROUPS[name][0] == by
        )

    def not_collected(self, *names: str) -> bool:
        """Whether some of these counts of everybody were not collected in one of the years."""
        own = self._config["partnership"]
        ids = (f"published.count.{name}.all.{own}.{period}" for name in names for period in SPANS)
        return any(math.isnan(self._book.values[one]) for one in ids)
