"""What the templates call for sentences on results: pieces become elements, and sentences get their full stops."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from dscp.exhibits.book import Book, setting
from dscp.measures.registry import POOLED
from dscp.measures.verdicts import LEVEL, MIXED, NIL, UNCLEAR
from dscp.printing import words
from dscp.printing.forms import printed
from dscp.report.telling.evidence import EvidenceTeller
from dscp.report.telling.known import ALL, known_told, paying
from dscp.report.telling.over_time import left, placebo, returned, trend
from dscp.report.telling.results import SiteResult, site_results, with_verdict
from dscp.report.telling.scenarios import scenarios_told
from dscp.report.telling.sentences import Label, Note, Number, Sentence, Teller, Words, capital, series
from dscp.report.telling.worth import both_outcomes, break_even, money_form, still_worth, totals, worth
from dscp.study.areas import PERIODS, analysed
from dscp.study.days import year_key

KINDS = {"whole_system": "whole system", "criminal_justice": "criminal justice"}

HALF = 0.5  # of a result: from here on a number of results is told without decimals


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
        told, noted = Markup(), set()
        for piece in sentence:
            element = self._element(context, piece)
            note = self._book.note_on(piece.id) if isinstance(piece, Number | Note) else Markup()
            if note and note in noted:
                element = Markup(element.removesuffix(note))
            noted.add(note)
            told += element
        return told

    def _element(self, context: Context, piece: object) -> Markup:
        if isinstance(piece, Words):
            text = piece.text.rstrip()
            return self._book.words(context.name, text, *dict.fromkeys(piece.ids)) + piece.text[len(text) :]
        if isinstance(piece, Label):
            return setting(piece.text)
        if isinstance(piece, Note):
            return self._book.note_on(piece.id)
        if isinstance(piece, Number) and piece.form == "words":
            return self._print.spelt(context, piece.id)
        if isinstance(piece, Number):
            return self._print.q(context, piece.id, piece.form, piece.magnitude)
        return escape(piece)

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

    def sites_with(self, measure: str) -> list[str]:
        """The sites in which a measure was compared, in their order."""
        return [site for site in self._labels if f"{measure}.did.{site}" in self._book.values]

    @pass_context
    def in_short_by_kind(self, context: Context, measure: str) -> Markup:
        """The same for all sites, by kind of pilot; in one sentence where all kinds have the same verdict."""
        chosen = {kind: self._of_kind(kind) for kind in KINDS}
        told = {kind: sites for kind, sites in chosen.items() if sites}
        every = [site for sites in told.values() for site in sites]
        verdicts = {UNCLEAR if r.verdict == NIL else r.verdict for r in self._results(measure, every)}
        if len(told) > 1 and len(verdicts) == 1:
            return self.in_short(context, measure, [site for site in self._labels if site in every])
        texts = (self.in_short(context, measure, sites, f"{KINDS[kind]} pilots") for kind, sites in told.items())
        return Markup(" ").join(texts)

    def _of_kind(self, kind: str) -> list[str]:
        return [name for name, site in analysed(self._book.config["sites"]).items() if site["kind"] == kind]

    def opposite(self, measure: str, sites: Sequence[str]) -> list[str]:
        """The sites whose test is significant with an effect on the odds of the other sign."""
        return [result.site for result in with_verdict(self._results(measure, sites), MIXED)]

    @pass_context
    def tally(self, context: Context) -> Markup:
        """How many of all comparisons came out which way."""
        compared, values = Number("stated.compared.all", "words"), self._book.values
        if any(math.isnan(values[f"stated.{name}.all"]) for name in ("compared", "better", "worse", "unclear")):
            unknown = Words("How many of the comparisons came out which way cannot be given", (compared.id,))
            return self._drawn(context, [unknown, Note(compared.id)]) + "."
        if values[compared.id] < 2:
            some = "Only one comparison" if values[compared.id] else "None of the comparisons"
            return self._drawn(context, [Words(f"{some} can be tested", (compared.id,))]) + "."
        counts = (
            ("better", "favours the pilot clearly", "favour the pilot clearly"),
            ("worse", "goes clearly against it", "go clearly against it"),
            ("unclear", "shows no clear difference", "show no clear difference"),
        )
        parts = []
        opening = ["Of the ", compared, " comparisons that can be tested, "]
        for name, _, many in counts:
            if values[f"stated.{name}.all"] == values[compared.id]:
                every = "both" if values[compared.id] == 2 else "all"
                return self._drawn(context, [*opening, Words(f"{every} {many}", (f"stated.{name}.all",))]) + "."
        for name, one, many in counts:
            identifier = f"stated.{name}.all"
            count = values[identifier]
            number = Number(identifier, "words") if count else Words("none", (identifier,))
            parts.append([number, " ", Words(words.plural(max(count, 1), one, many), (identifier,))])
        return self._drawn(context, [*opening, *series(parts)]) + "."

    @pass_context
    def by_chance(self, context: Context) -> Markup:
        """How many clear results chance would bring among several tests; nothing where there are not several."""
        known = self._book.values["stated.compared.all"], self._book.values["stated.clear_by_chance"]
        if any(math.isnan(value) for value in known) or known[0] < 2:
            return Markup()
        about = "count" if known[1] >= HALF else "ratio1"
        expected = Number("stated.clear_by_chance", about)
        told = ["Had no pilot made any difference, chance alone would still be expected to make about ", expected]
        return self._drawn(context, [*told, " of them look clear."])

    @pass_context
    def ran(self, context: Context, name: str, form: str) -> Markup:
        """ran from 88.6 to 96.4 per cent; was 40.0 per cent: the range of a finding."""
        ends = [Number(f"stated.{name}.{end}", form) for end in ("min", "max")]
        texts = {printed(self._book.values[end.id], form) for end in ends}
        if any(math.isnan(self._book.values[end.id]) for end in ends):
            missing = next(end.id for end in ends if math.isnan(self._book.values[end.id]))
            unknown = Words("cannot be given", tuple(end.id for end in ends))
            return self._drawn(context, [unknown, Note(missing)])
        told = ["was ", ends[0]] if len(texts) == 1 else ["ran from ", ends[0], " to ", ends[1]]
        return self._drawn(context, [*told, " per cent"])

    @pass_context
    def spread(self, context: Context, measure: str, sites: Sequence[str]) -> Markup:
        """The differences in differences run from −20.2 percentage points in Site 6 to +7.8 points in Site 3."""
        many = "The differences in differences "
        teller, results = self._teller(), self._results(measure, sites)
        ids = tuple(result.of_site("did") for result in results)
        known = [r for r in results if not math.isnan(self._book.values[r.of_site("did")])]
        if not known:
            return self._drawn(context, [many, Words("cannot be given", ids), Note(ids[0])])
        ordered = sorted(known, key=lambda result: self._book.values[result.of_site("did")])
        ends = [ordered[0], ordered[-1]]
        texts = [self._text(end) for end in ends]
        told = []
        for n, (end, text) in enumerate(zip(ends, texts, strict=True)):
            alike = [result.label for result in results if self._text(result) == text]
            amount = teller.points(end.of_site("did"), end.decimals, first=not n, signed=True)
            every = 1 < len(alike) == len(results)
            where = Words(f"{words.out_of(len(alike), len(alike))} sites", ids) if every else Label(words.listed(alike))
            told.append([*amount, " in ", where])
        if texts[0] == texts[1]:
            one = "The difference in differences is " if len(known) == 1 else f"{many}are "
            return self._drawn(context, [one, *told[0]])
        return self._drawn(context, [many, "run from ", *told[0], " to ", *told[1]])

    def _text(self, result: SiteResult) -> str:
        return printed(self._book.values[result.of_site("did")], f"signed_points{result.decimals}")

    def _evidence(self) -> EvidenceTeller:
        return EvidenceTeller(self._book.values, self._named(analysed(self._book.config["sites"])))

    def pooled_measures(self) -> list[str]:
        """The measures whose pairs of areas are taken together."""
        return self._evidence().measures([measure.name for measure in POOLED])

    @pass_context
    def pooled_told(self, context: Context, measure: str) -> Markup:
        """The mean of the pairs, and where the next pilot could lie."""
        return self._told(context, self._evidence().pooled(measure))

    @pass_context
    def sure(self, context: Context, measure: str) -> Markup:
        """How sure a finding is, in two sentences at most."""
        return self._told(context, self._evidence().sure(measure))

    @pass_context
    def relabelled_told(self, context: Context, measure: str) -> Markup:
        """In how many ways of calling areas pilots the difference is as large."""
        return self._told(context, self._evidence().relabelled(measure))

    @pass_context
    def standing_told(self, context: Context) -> Markup:
        """How many significant differences remain after correction."""
        return self._told(context, self._evidence().standing())

    @pass_context
    def alarms_told(self, context: Context, measure: str) -> Markup:
        """How many significant differences areas alone would give."""
        return self._told(context, self._evidence().alarms(measure))

    @pass_context
    def missed_told(self, context: Context, measure: str) -> Markup:
        """How often effects would have been missed."""
        return self._told(context, self._evidence().missed(measure))

    @pass_context
    def scales_told(self, context: Context, measure: str) -> Markup:
        """In which sites the sign depends on the scale."""
        return self._told(context, self._evidence().scales(measure))

    @pass_context
    def scenarios_told(self, context: Context) -> Markup:
        """In how many scenarios the pilots pay, and which of these matter."""
        labels = self._named(analysed(self._book.config["sites"]))
        return self._told(context, scenarios_told(self._book.values, labels))

    @pass_context
    def trend_told(self, context: Context) -> Markup:
        """How far pilots and comparison areas moved apart before the pilots."""
        rows = self._book.plans["S.12"].table.rows
        before = [row.variables["month_label"] for row in rows if row.variables["period"] == PERIODS[0]]
        return self._told(context, trend(self._book.values, before))

    @pass_context
    def placebo_told(self, context: Context) -> Markup:
        """What pilots that began too early would show."""
        return self._told(context, placebo(self._book.values))

    @pass_context
    def returned_told(self, context: Context) -> Markup:
        """How many came back."""
        return self._told(context, returned(self._book.values))

    @pass_context
    def left_told(self, context: Context) -> Markup:
        """How new journeys ended."""
        return self._told(context, left(self._book.values))

    def known_of(self) -> list[str]:
        """The sites of whose worth something is known, then all of them where there are several."""
        sites = self._of_known_worth()
        return [*sites, *([ALL] if len(sites) > 1 else [])]

    def _of_known_worth(self) -> list[str]:
        return [site for site in self._labels if f"uncertainty.value.{site}" in self._book.values]

    @pass_context
    def paying(self, context: Context) -> Markup:
        """How likely benefits are to exceed costs, in two sentences at most."""
        return self._told(context, paying(self._book.values, self._named(self._of_known_worth())))

    @pass_context
    def known_told(self, context: Context, place: str) -> Markup:
        """With how many chances in a hundred a site pays, or all together."""
        return self._told(context, known_told(self._book.values, place, self._labels.get(place, "")))

    def valued(self) -> list[str]:
        """The sites whose benefits are set against their costs, in their order."""
        return [site for site in self._labels if f"benefit.total.{site}" in self._book.values]

    def without_costs(self) -> list[str]:
        """The sites of which the records of spending say nothing, in their order."""
        return [site for site in self._labels if f"cost.{site}.total" not in self._book.values]

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
        return self._drawn(context, break_even(self._book.values, self.valued()))

    @pass_context
    def money(self, context: Context, identifier: str) -> Markup:
        """An amount as prose gives it: £2.5m, £185k, £950."""
        return self._print.q(context, identifier, money_form(self._book.values[identifier]))

    @pass_context
    def journeys_went(self, context: Context, statistic: str) -> Markup:
        """rose in Site 3 and Site 5, and fell in Site 2: from the first journey year to the last, by site."""
        years = self._book.config["economics"]["journey_years"]
        ends = [year_key(year) for year in (years["before"][0], years["during"][-1])]
        each = {site: [f"new_journeys.{statistic}.{site}.{year}" for year in ends] for site in self._labels}
        ids = {site: pair for site, pair in each.items() if pair[0] in self._book.values}
        changes = {site: self._book.values[last] - self._book.values[first] for site, (first, last) in ids.items()}
        ways = {self._labels[site]: words.moved(change, 1) for site, change in changes.items()}
        return self._book.words(
            context.name, words.shared_out(ways), *(identifier for pair in ids.values() for identifier in pair)
        )
