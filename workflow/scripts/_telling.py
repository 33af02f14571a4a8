"""What the templates call for sentences on results: pieces become elements, and sentences get their full stops."""

from __future__ import annotations

import math
from collections.abc import Sequence

import _words as words
from _book import Book, said, setting
from _print import printed
from _sentences import Label, Note, Number, Sentence, Teller, Words, capital, series
from _site_results import MIXED, SiteResult, site_results, with_verdict
from _study import year_key
from _worth import both_outcomes, break_even, money_form, still_worth, totals, worth
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

LEVEL = "setting.models.significance"


class Telling:
    """Sentences on the results of several sites, grouped by what the results say."""

    def __init__(self, book: Book, results: object) -> None:
        """`results` prints quantities: an object with q(context, id, form, magnitude) and spelt(context, id)."""
        self._book = book
        self._print = results
        self._labels = {name: site["label"] for name, site in book.config["sites"].items()}

    def _teller(self) -> Teller:
        return Teller(self._book.values, self._book.values[LEVEL])

    def _results(self, measure: str, sites: Sequence[str]) -> list[SiteResult]:
        return site_results(self._book.values, measure, sites, self._labels, self._book.values[LEVEL])

    def _named(self, sites: Sequence[str]) -> dict[str, str]:
        return {site: self._labels[site] for site in sites}

    def _drawn(self, context: Context, sentence: Sentence) -> Markup:
        return Markup().join(self._element(context, piece) for piece in sentence)

    def _element(self, context: Context, piece: object) -> Markup:
        if isinstance(piece, Words):
            text = piece.text.rstrip()
            return said(text, *dict.fromkeys(piece.ids)) + piece.text[len(text) :]
        if isinstance(piece, Label):
            return setting(piece.text)
        if isinstance(piece, Note):
            return self._note(piece.id)
        if isinstance(piece, Number) and piece.form == "words":
            return self._print.spelt(context, piece.id)
        if isinstance(piece, Number):
            return self._print.q(context, piece.id, piece.form, piece.magnitude)
        return escape(piece)

    def _note(self, identifier: str) -> Markup:
        note = self._book.notes.get(identifier)
        return Markup('<span class="fn" role="note">{}</span>').format(note) if note else Markup()

    def _told(self, context: Context, sentences: Sequence[Sentence]) -> Markup:
        return Markup(" ").join(self._drawn(context, sentence) + "." for sentence in sentences if sentence)

    @pass_context
    def changes(self, context: Context, measure: str, sites: Sequence[str], subject: str) -> Markup:
        """How a share changed in pilots and comparison areas; `subject` names it: the share of clients …"""
        return self._told(context, self._teller().changes(self._results(measure, sites), subject))

    @pass_context
    def differences(self, context: Context, measure: str, sites: Sequence[str]) -> Markup:
        """The differences in differences with their tests."""
        return self._told(context, self._teller().differences(self._results(measure, sites)))

    @pass_context
    def odds(self, context: Context, measure: str, sites: Sequence[str]) -> Markup:
        """The adjusted odds ratios with their intervals; nothing where no model was fitted."""
        return self._told(context, [self._teller().odds(self._results(measure, sites))])

    @pass_context
    def summary(
        self, context: Context, measure: str, sites: Sequence[str], noun: str = "pilots", amounts: bool = True
    ) -> Markup:
        """Which sites did better or worse than their comparison areas, as clauses without a full stop."""
        return self._drawn(context, self._teller().summary(self._results(measure, sites), noun, amounts))

    @pass_context
    def headline(self, context: Context, measure: str, sites: Sequence[str], noun: str = "pilots") -> Markup:
        """The same as a sentence of its own, without amounts."""
        text = self._teller().summary(self._results(measure, sites), noun, amounts=False)
        return self._drawn(context, capital(text)) + "."

    @pass_context
    def in_short(self, context: Context, measure: str, sites: Sequence[str], noun: str = "pilots") -> Markup:
        """The same as a sentence of its own, with amounts."""
        return self._drawn(context, capital(self._teller().summary(self._results(measure, sites), noun))) + "."

    def opposite(self, measure: str, sites: Sequence[str]) -> list[str]:
        """The sites whose test is significant with an effect on the odds of the other sign."""
        return [result.site for result in with_verdict(self._results(measure, sites), MIXED)]

    @pass_context
    def tally(self, context: Context) -> Markup:
        """How many of all comparisons came out which way; nothing where there is only one."""
        values = self._book.values
        compared = values["findings.compared.all"]
        if compared < 2:
            return Markup()
        counts = (
            ("better", "favours the pilot clearly", "favour the pilots clearly"),
            ("worse", "goes clearly against it", "go clearly against them"),
            ("unclear", "shows no clear difference", "show no clear difference"),
        )
        parts = []
        for name, one, many in counts:
            identifier = f"findings.{name}.all"
            count = values[identifier]
            number = [Words("none", (identifier,))] if not count else [Number(identifier, "words")]
            parts.append([*number, " ", Words(words.plural(max(count, 1), one, many), (identifier,))])
        opening = ["Of the ", Number("findings.compared.all", "words"), " comparisons that could be tested, "]
        return self._drawn(context, [*opening, *series(parts)]) + "."

    @pass_context
    def spread(self, context: Context, measure: str, sites: Sequence[str]) -> Markup:
        """From the smallest to the largest difference, with the sites: −20.2 percentage points in Site 6 to …"""
        teller, results = self._teller(), self._results(measure, sites)
        known = [r for r in results if not math.isnan(self._book.values[r.of_site("did")])]
        if not known:
            return said("could not be computed", *(result.of_site("did") for result in results))
        ordered = sorted(known, key=lambda result: self._book.values[result.of_site("did")])
        ends = [ordered[0], ordered[-1]]
        texts = [self._text(end) for end in ends]
        told = []
        for n, (end, text) in enumerate(zip(ends, texts, strict=True)):
            alike = [result.label for result in results if self._text(result) == text]
            amount = teller.points(end.of_site("did"), end.decimals, first=not n, signed=True)
            told.append([*amount, " in ", Label(words.listed(alike))])
        if texts[0] == texts[1]:
            return self._drawn(context, told[0])
        return self._drawn(context, ["from ", *told[0], " to ", *told[1]])

    def _text(self, result: SiteResult) -> str:
        return printed(self._book.values[result.of_site("did")], f"signed_points{result.decimals}")

    @pass_context
    def gained(self, context: Context, sites: Sequence[str]) -> Markup:
        """What each site gained or lost on the two outcomes that are valued."""
        return self._told(context, both_outcomes(self._book.values, self._named(sites)))

    @pass_context
    def worth(self, context: Context, sites: Sequence[str]) -> Markup:
        """In which sites the benefits exceed the cost, and what they are in the others."""
        return self._told(context, worth(self._book.values, self._named(sites)))

    @pass_context
    def still_worth(self, context: Context, sites: Sequence[str]) -> Markup:
        """What a share of the benefits would leave, as a clause; nothing where no benefits exceed a cost."""
        return self._drawn(context, still_worth(self._book.values, self._named(sites)))

    @pass_context
    def totals(self, context: Context, sites: Sequence[str]) -> Markup:
        """Benefits and costs of all sites together."""
        return self._told(context, [totals(self._book.values, len(sites))])

    @pass_context
    def break_even(self, context: Context) -> Markup:
        """How many additional completions would pay for a pilot."""
        return self._drawn(context, break_even(self._book.values))

    @pass_context
    def money(self, context: Context, identifier: str) -> Markup:
        """An amount as prose gives it: £2.5m, £185k, £950."""
        return self._print.q(context, identifier, money_form(self._book.values[identifier]))

    def journeys_went(self, statistic: str) -> Markup:
        """rose in Site 3 and Site 5, and fell in Site 2: from the first journey year to the last, by site."""
        years = self._book.config["economics"]["journey_years"]
        ends = [year_key(year) for year in (years["before"][0], years["during"][-1])]
        ids = {site: [f"new_journeys.{statistic}.{site}.{year}" for year in ends] for site in self._labels}
        changes = {site: self._book.values[last] - self._book.values[first] for site, (first, last) in ids.items()}
        ways = {self._labels[site]: words.moved(change, 1) for site, change in changes.items()}
        return said(words.shared_out(ways), *(identifier for pair in ids.values() for identifier in pair))
