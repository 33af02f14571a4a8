"""What the templates of a study of areas call besides what all reports share."""

from __future__ import annotations

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from dscp.exhibits.book import Book, setting, shown
from dscp.printing.forms import printed
from dscp.printing.words import DOWN, UP, direction, listed
from dscp.study.days import year_key
from dscp.study.pilots import base_year, panel_years, pilots

OF = "against_others"
RECOVERY = "recovery_pilots"


class AreaStudy:
    """The pilots, years and results of a study of areas, as labels and words."""

    def __init__(self, book: Book) -> None:
        self._book, self._config, self._values = book, book.config, book.values

    def pilots_listed(self) -> Markup:
        """The names of the pilots, as a list."""
        return setting(listed(list(pilots(self._config).values())))

    def years_of_span(self, setting_name: str) -> Markup:
        """The fiscal years before or after, as a list."""
        return setting(listed(self._config[setting_name]))

    def first_before(self) -> Markup:
        """The first year before the pilots."""
        return setting(self._config["before"][0])

    def last_before(self) -> Markup:
        """The last year before the pilots, which is the base of the comparison by year."""
        return setting(base_year(self._config))

    def last_before_plain(self) -> str:
        """The same without an element, for a description that is read out."""
        return base_year(self._config)

    def first_after(self) -> Markup:
        """The first year of the pilots."""
        return setting(self._config["after"][0])

    def panel_from(self) -> Markup:
        """The first year that is followed."""
        return setting(panel_years(self._config)[0])

    def panel_to(self) -> Markup:
        """The last year that is followed."""
        return setting(panel_years(self._config)[-1])

    def rounded_until(self) -> Markup | str:
        """The last year of which people in treatment are published rounded; "" where the configuration names none."""
        return setting(self._config["rounded_until"]) if "rounded_until" in self._config else ""

    def has_no_pilot(self) -> bool:
        """Whether there are several years before the pilots."""
        return f"{OF}.did.no_pilot" in self._values

    def cites_recovery_pilots(self) -> bool:
        """Whether the configuration says that the pilots are those of the cited studies."""
        return self._config.get("other_studies") == RECOVERY

    def _ends(self, name: str, which: str) -> tuple[float, float]:
        return self._values[f"{OF}.{name}low.{which}"], self._values[f"{OF}.{name}high.{which}"]

    @pass_context
    def told_apart(self, context: Context, which: str) -> Markup:
        """A sentence: whether the pilots can be told apart from what areas do by themselves."""
        low, high = self._ends("", which)
        ids = [f"{OF}.{end}.{which}" for end in ("low", "high")]
        if low <= 1 <= high:
            told = "The change in coverage in the pilots cannot be told from changes that areas show by themselves."
        else:
            way = "more" if low > 1 else "less"
            told = f"Coverage grew {way} in the pilots than in all other areas, beyond what their scatter explains."
        return self._book.words(context.name, told, *ids)

    @pass_context
    def beside_trend(self, context: Context) -> Markup:
        """How large the difference of the years without a pilot is beside that of the pilots."""
        before, found = f"{OF}.did.no_pilot", f"{OF}.did.whole"
        larger = abs(self._values[before]) >= abs(self._values[found])
        size = (
            "as large as the difference found later, or larger" if larger else "smaller than the difference found later"
        )
        return self._book.words(context.name, f"is {size}", before, found)

    @pass_context
    def when_left_out(self, context: Context) -> Markup:
        """Whether the sign of the difference stays whichever pilot is left out, and where it does not."""
        ids = {name: f"{OF}.without_did.{key}" for key, name in pilots(self._config).items()}
        sign = direction(self._values[f"{OF}.did.whole"], 1)
        turned = [name for name, one in ids.items() if direction(self._values[one], 1) != sign]
        told = (
            f"does not keep its sign without {listed(turned)}"
            if turned
            else "keeps its sign whichever pilot is left out"
        )
        return self._book.words(context.name, told, *ids.values(), f"{OF}.did.whole")

    @pass_context
    def moves_most(self, context: Context) -> Markup:
        """The pilot without which the difference moves most."""
        whole = f"{OF}.did.whole"
        ids = {name: f"{OF}.without_did.{key}" for key, name in pilots(self._config).items()}
        found = max(ids, key=lambda name: abs(self._values[ids[name]] - self._values[whole]))
        return self._book.words(context.name, found, ids[found], whole)

    @pass_context
    def years_told(self, context: Context) -> Markup:
        """In which years after the base the interval of the ratio leaves one out."""
        found = self._years()
        ids = [f"{OF}.year_{end}.{year_key(year)}" for year in found for end in ("low", "high")]
        apart = [year for year, (low, high) in found.items() if not low <= 1 <= high]
        if apart:
            told = f"The interval of the ratio leaves one out in {listed(apart)}."
        else:
            told = "In each year the interval of the ratio holds one: the pilots cannot be told from other areas."
        return self._book.words(context.name, told, *ids)

    def _years(self) -> dict[str, tuple[float, float]]:
        others = [year for year in panel_years(self._config) if year != base_year(self._config)]
        return {year: self._ends("year_", year_key(year)) for year in others}

    def _said(self, identifier: str, form: str) -> str:
        return shown(printed(self._values[f"{OF}.{identifier}"], form))

    def sets_alt(self) -> str:
        """Figure A.1: where the pilots stand among the sets."""
        found, share = self._said("did.whole", "signed_points1"), self._said("placebo_share.whole", "rate0")
        reach = self._said("placebo_reach", "points1")
        return (
            f"The differences lie around zero and reach {reach} points either way. The pilots stand at {found}; "
            f"{share} of the sets are at least as far from zero."
        )

    def left_out_alt(self) -> str:
        """Figure A.2: where the intervals lie."""
        ways = {name: self._ends("without_", key) for key, name in pilots(self._config).items()}
        return _of_ones({**ways, "with none left out": self._ends("", "whole")})

    def years_alt(self) -> str:
        """Figure A.3: where the lines begin, stand at their highest and end."""
        told = []
        for arm, name in (("pilots", "Pilots"), ("others", "All other areas")):
            every = {year: f"panel_coverage.{arm}.{year_key(year)}" for year in panel_years(self._config)}
            (first, *_, last) = every
            top = max(every, key=lambda year: self._values[f"{OF}.{every[year]}"])
            ends = [f"{self._said(every[year], 'percent1')} in {year}" for year in (first, top, last)]
            told.append(
                f"{name}: from {ends[0]} to {ends[2]}, with the most in {top}, {self._said(every[top], 'percent1')}."
            )
        return " ".join(told)

    def ratios_alt(self) -> str:
        """Figure A.4: where the intervals lie."""
        return _of_ones(self._years())


def _of_ones(intervals: dict[str, tuple[float, float]]) -> str:
    """Which intervals hold one, as a sentence."""
    apart = {UP: [], DOWN: []}
    for name, (low, high) in intervals.items():
        if not low <= 1 <= high:
            apart[UP if low > 1 else DOWN].append(name)
    if not any(apart.values()):
        return "Every interval holds one."
    parts = [f"{side} one: {listed(apart[way])}" for way, side in ((UP, "above"), (DOWN, "below")) if apart[way]]
    return f"Intervals {'; '.join(parts)}. All others hold one."
