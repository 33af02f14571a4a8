"""Sentences on the results of several sites, as pieces: words that rest on quantities, labels and quantities.

Sites with like results are told in one sentence. Everything here is text; `telling` turns pieces into elements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dscp.exhibits.book import NO_BREAK_SPACE
from dscp.measures.verdicts import BETTER, MISSING, MIXED, NIL, UNCLEAR, UNTESTED, WORSE
from dscp.printing.forms import FINER_P, printed
from dscp.printing.words import DOWN, FLAT, UNKNOWN, UP, listed, out_of, per_cent_of, plural, spelt
from dscp.report.telling.results import SiteResult, by_pattern, with_verdict


@dataclass(frozen=True)
class Words:
    """Words that depend on quantities."""

    text: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """The label of a site."""

    text: str


@dataclass(frozen=True)
class Number:
    """A quantity in a printed form."""

    id: str
    form: str
    magnitude: bool = False


@dataclass(frozen=True)
class Note:
    """The ledger's note on a quantity that cannot be given."""

    id: str


Piece = str | Words | Label | Number | Note
Sentence = list[Piece]
MOVED = {UP: "rose", DOWN: "fell", FLAT: "did not change"}
TEST_ENDS = "statistically significant"
# verdict -> what a summary says of one site and of several
IN_SHORT = {
    MIXED: (
        "the result in {} depends on how the difference is measured",
        "the results in {} depend on how the difference is measured",
    ),
    UNTESTED: ("the difference in {} cannot be tested", "the differences in {} cannot be tested"),
    MISSING: ("the difference in {} cannot be given", "the differences in {} cannot be given"),
}


def series(items: Sequence[Sentence], last: str = "and") -> Sentence:
    """a; a and b; a, b and c."""
    said: Sentence = list(items[0])
    for position, item in enumerate(items[1:], start=2):
        said += [f" {last} " if position == len(items) else ", ", *item]
    return said


def capital(sentence: Sentence) -> Sentence:
    """The same with a capital at its start."""
    first, *rest = sentence
    if isinstance(first, str):
        return [first[:1].upper() + first[1:], *rest]
    if isinstance(first, Words):
        return [Words(first.text[:1].upper() + first.text[1:], first.ids), *rest]
    return sentence


def labels_of(results: Sequence[SiteResult]) -> str:
    """The labels of results as a list."""
    return listed([result.label for result in results])


class Teller:
    """Makes sentences from the values of quantities."""

    def __init__(self, values: Mapping[str, float], level: float) -> None:
        self._values = values
        self._level = level

    def points(self, identifier: str, decimals: int, first: bool = False, signed: bool = False) -> Sentence:
        """+3.6 percentage points where it comes first in a sentence, later 2.8 points; the sign only if asked for."""
        form = f"signed_points{decimals}" if signed else f"points{decimals}"
        text = printed(self._values[identifier], form).lstrip("+-")
        unit = ("percentage point" if first else "point") + ("" if text in ("1", "1.0") else "s")
        return [Number(identifier, form, magnitude=not signed), f" {unit}"]

    # Which way the areas went

    def changes(self, results: Sequence[SiteResult], subject: str) -> list[Sentence]:
        """How a share changed in pilots and comparison areas, sites with the same pattern together.

        "The share fell by 2.2 percentage points in Site 2 (from 90.8 to 88.6 per cent) and by 2.5 points in Site 6
        (from 95.1 to 92.7 per cent), while it rose by 1.3 and 4.1 points in their comparison areas."
        """
        groups = by_pattern(results)
        return [
            capital([*self._pilots(group, subject if first else "it", first), *self._comparisons(group)])
            for first, group in zip([True] + [False] * len(groups), groups, strict=False)
        ]

    def _pilots(self, group: Sequence[SiteResult], name: str, first: bool) -> Sentence:
        ids = tuple(result.change("pilot") for result in group)
        way, one = group[0].pilot, group[0]
        if way == UNKNOWN:
            what = f"no change in {name}" if first else "no change"
            notes = [Note(identifier) for identifier in ids]
            return ["for ", Label(labels_of(group)), " ", Words(f"{what} can be given", ids), *notes]
        verb = Words(MOVED[way], ids)
        if len(group) == 1:
            return ["in ", Label(one.label), f" {name} ", verb, *self._amount(one, first, (", ", ""))]
        amounts = [
            [*self._by(result, first and not n), "in ", Label(result.label), *self._range(result, (" (", ")"))]
            for n, result in enumerate(group)
        ]
        return [f"{name} ", verb, " ", *series(amounts, "or" if way == FLAT else "and")]

    def _by(self, result: SiteResult, first: bool) -> Sentence:
        if result.pilot == FLAT:
            return []
        return ["by ", *self.points(result.change("pilot"), result.decimals, first), " "]

    def _amount(self, result: SiteResult, first: bool, around: tuple[str, str]) -> Sentence:
        if result.pilot == FLAT:
            return self._range(result, (" (", ")"))
        return [
            " by ",
            *self.points(result.change("pilot"), result.decimals, first),
            *self._range(result, around),
        ]

    def _range(self, result: SiteResult, around: tuple[str, str]) -> Sentence:
        """From 90.8 to 88.6 per cent; only the later share where both print alike."""
        form = f"plain_percent{result.decimals}"
        before, after = (Number(result.rate(period), form) for period in ("pre", "post"))
        opening, closing = around
        alike = printed(self._values[before.id], form) == printed(self._values[after.id], form)
        if result.pilot == FLAT and alike:
            return [opening, after, f" per cent in either period{closing}"]
        if result.pilot == FLAT:
            return [opening, before, ", then ", after, f" per cent{closing}"]
        if alike:
            return [f"{opening}to ", after, f" per cent{closing}"]
        return [f"{opening}from ", before, " to ", after, f" per cent{closing}"]

    def _comparisons(self, group: Sequence[SiteResult]) -> Sentence:
        one, several = group[0], len(group) > 1
        moved = tuple(result.change("comparison") for result in group)
        ids = tuple(result.change("pilot") for result in group) + moved
        where = "their comparison areas" if several else "its comparison area"
        amounts = self._amounts([result.change("comparison") for result in group], one.decimals)
        if one.pilot == UNKNOWN:
            return []
        if one.comparison == UNKNOWN:
            notes = [Note(result.change("comparison")) for result in group]
            return [f"; for {where} ", Words("no change can be given", moved), *notes]
        if one.pilot == one.comparison == FLAT:
            return [", ", Words("nor did it", ids), f" in {where}"]
        if one.pilot == one.comparison:
            more = "as much as" if one.did == FLAT else "more than" if one.did == one.pilot else "less than"
            where = "the comparison area" if several else where
            told = Words(f"in each case {more}" if several else more, ids)
            return [", ", told, f" in {where} (", *amounts, ")"]
        if one.comparison == FLAT:
            return [", while it ", Words("did not change", moved), f" in {where}"]
        return [", while it ", Words(MOVED[one.comparison], moved), " by ", *amounts, f" in {where}"]

    def _amounts(self, ids: Sequence[str], decimals: int) -> Sentence:
        """1.3 and 4.1 points; 2.0 points each."""
        texts = {printed(self._values[identifier], f"points{decimals}").lstrip("+-") for identifier in ids}
        if len(texts) == 1:
            return [*self.points(ids[0], decimals), " each" if len(ids) > 1 else ""]
        return [*series([self.points(identifier, decimals)[:1] for identifier in ids]), " points"]

    # What the differences in differences say

    def differences(self, results: Sequence[SiteResult]) -> list[Sentence]:
        """The differences in differences with their tests, sites with like verdicts together.

        "The difference in differences is -3.4 percentage points in Site 2 (p = 0.01) and -4.6 points in Site 5
        (p = 0.02); both are statistically significant at the 5 per cent level."
        """
        told: list[Sentence] = []
        kinds: list[tuple[tuple[str, ...], Callable]] = [
            ((BETTER, WORSE), self._significant),
            ((UNCLEAR,), self._not_significant),
            ((MIXED,), self._other_sign),
            ((UNTESTED,), self._untested),
            ((NIL,), self._nil),
            ((MISSING,), self._missing),
        ]
        for verdicts, tell in kinds:
            if group := with_verdict(results, *verdicts):
                name = "it" if told else "the difference in differences"
                told.append(capital(tell(group, name, not told, len(results) == 1)))
        return told

    def _items(self, group: Sequence[SiteResult], first: bool, alone: bool, tested: bool = True) -> Sentence:
        items = []
        for n, result in enumerate(group):
            item = self.points(result.of_site("did"), result.decimals, first and not n, signed=True)
            item += [] if alone else [" in ", Label(result.label)]
            item += [" (", *self.p_value(result.of_site("p"), result.p_form), ")"] if tested else []
            items.append(item)
        return series(items)

    def p_value(self, identifier: str, form: str) -> Sentence:
        """p = 0.04; p <0.01; with as many decimals as tell it from the level of significance."""
        value = self._values[identifier]
        finer = FINER_P[FINER_P.index(form) :]
        form = next((one for one in finer if printed(value, one) != printed(self._level, one)), form)
        equals = "" if printed(value, form).startswith("<") else f"={NO_BREAK_SPACE}"
        return [f"p{NO_BREAK_SPACE}{equals}", Number(identifier, form)]

    def _ids(self, group: Sequence[SiteResult]) -> tuple[str, ...]:
        tests = tuple(i for result in group for i in (result.of_site("did"), result.of_site("p")))
        return (*tests, "setting.models.significance")

    def _at_level(self) -> str:
        return f"{TEST_ENDS} at the {per_cent_of(self._level)} per cent level"

    def _significant(self, group: Sequence[SiteResult], name: str, first: bool, alone: bool) -> Sentence:
        n = len(group)
        told = self._at_level() if n == 1 else f"{out_of(n, n)} are {self._at_level()}"
        return [
            f"{name} is ",
            *self._items(group, first, alone),
            ", " if n == 1 else "; ",
            Words(told, self._ids(group)),
        ]

    def _not_significant(self, group: Sequence[SiteResult], name: str, first: bool, alone: bool) -> Sentence:
        n, said = len(group), self._at_level() if first else TEST_ENDS
        told = f"which is not {said}" if n == 1 else f"neither is {said}" if n == 2 else f"none of these is {said}"
        return [
            f"{name} is ",
            *self._items(group, first, alone),
            ", " if n == 1 else "; ",
            Words(told, self._ids(group)),
        ]

    def _other_sign(self, group: Sequence[SiteResult], name: str, first: bool, alone: bool) -> Sentence:
        told = "but the effect on the odds, which is what the test is about, has the opposite sign"
        return [f"{name} is ", *self._items(group, first, alone), ", ", Words(told, self._ids(group))]

    def _untested(self, group: Sequence[SiteResult], name: str, first: bool, alone: bool) -> Sentence:
        notes = [Note(result.of_site("p")) for result in group]
        told = Words("but no test can be given", self._ids(group))
        return [f"{name} is ", *self._items(group, first, alone, tested=False), ", ", told, *notes]

    def _nil(self, group: Sequence[SiteResult], name: str, first: bool, alone: bool) -> Sentence:
        where = [] if alone else [" in ", Label(labels_of(group))]
        return [f"{name} is ", Words("nil at the printed precision", self._ids(group)), *where]

    def _missing(self, group: Sequence[SiteResult], name: str, first: bool, alone: bool) -> Sentence:
        notes = [Note(result.of_site("did")) for result in group]
        where = [] if alone else [" for ", Label(labels_of(group))]
        return [f"{name} ", Words("cannot be given", self._ids(group)), *where, *notes]

    def odds(self, results: Sequence[SiteResult]) -> Sentence:
        """The adjusted odds ratios with their confidence intervals; nothing where no model was fitted."""
        fitted = [r for r in results if not math.isnan(self._values.get(r.of_site("odds_ratio"), math.nan))]
        if not fitted:
            return []
        items = []
        for n, result in enumerate(fitted):
            ratio, low, high = (Number(result.of_site(f"odds_ratio{end}"), "odds2") for end in ("", "_low", "_high"))
            interval = [Number("setting.models.confidence", "rate0"), " confidence interval "] if not n else []
            where = [] if len(results) == 1 else [" in ", Label(result.label)]
            items.append([ratio, *where, " (", *interval, low, " to ", high, ")"])
        return [plural(len(fitted), "The adjusted odds ratio is ", "The adjusted odds ratios are "), *series(items)]

    # In short

    def summary(self, results: Sequence[SiteResult], noun: str, amounts: bool = True) -> Sentence:
        """Which sites did better, worse or neither than their comparison areas, as clauses without a full stop.

        "three of the four pilots (Site 2, Site 5 and Site 6) did worse than their comparison areas, by 3.4 to 6.5
        percentage points; there was no clear difference in Site 4"
        """
        clauses: list[Sentence] = []
        total, told = len(results), 0
        for kind in (BETTER, WORSE):
            if group := with_verdict(results, kind):
                clauses.append(self._did(group, kind, noun, total, told, amounts))
                told += len(group)
        others = bool(clauses) and not with_verdict(results, *IN_SHORT)
        if group := with_verdict(results, UNCLEAR, NIL):
            clauses.append(self._no_difference(group, noun, total, others))
        for kind in IN_SHORT:
            if group := with_verdict(results, kind):
                clauses.append(self._in_short(group, noun, total))
        joined = list(clauses[0])
        for clause in clauses[1:]:
            joined += ["; ", *clause]
        return joined

    def _did(
        self, group: Sequence[SiteResult], kind: str, noun: str, total: int, before: int, amounts: bool
    ) -> Sentence:
        """`before`: how many sites have been told of in an earlier clause."""
        n = len(group)
        if n == 1:
            who = group[0].label
        elif not before:
            who = f"{out_of(n, total)} {noun} ({labels_of(group)})"
        else:
            who = f"{f'the other {spelt(n)}' if before + n == total else f'{spelt(n)} others'} ({labels_of(group)})"
        than = "" if before else " than its comparison area" if n == 1 else " than their comparison areas"
        said: Sentence = [Words(f"{who} did {kind}{than}", self._ids(group))]
        return [*said, *(self._by_how_much(group) if amounts else [])]

    def _by_how_much(self, group: Sequence[SiteResult]) -> Sentence:
        """By 3.6 points; by 3.6 and 2.8 points; by 3.4 to 6.5 points; by 9.0 points each."""
        ids = [result.of_site("did") for result in group]
        decimals = group[0].decimals
        sizes = [printed(abs(self._values[identifier]), f"points{decimals}") for identifier in ids]
        if len(set(sizes)) == 1:
            return [", by ", *self.points(ids[0], decimals, first=True), " each" if len(ids) > 1 else ""]
        ordered = sorted(ids, key=lambda identifier: abs(self._values[identifier]))
        ends, link = (ids, " and ") if len(ids) == 2 else ((ordered[0], ordered[-1]), " to ")
        low, high = (self.points(identifier, decimals, first=True) for identifier in ends)
        return [", by ", low[0], link, high[0], " percentage points"]

    def _no_difference(self, group: Sequence[SiteResult], noun: str, total: int, others: bool) -> Sentence:
        n = len(group)
        if n == total:
            among = f"in {'either' if n == 2 else 'any'} of the {spelt(n)} {noun}"
            where = f"between {group[0].label} and its comparison area" if n == 1 else among
        else:
            where = f"in {self._others(group, others)}"
        return [Words(f"there was no clear difference {where}", self._ids(group))]

    def _others(self, group: Sequence[SiteResult], others: bool) -> str:
        if len(group) == 1 or not others:
            return labels_of(group)
        return f"the other {spelt(len(group))} ({labels_of(group)})"

    def _in_short(self, group: Sequence[SiteResult], noun: str, total: int) -> Sentence:
        n = len(group)
        who = f"{out_of(n, n)} {noun}" if 1 < n == total else labels_of(group)
        one, many = IN_SHORT[group[0].verdict]
        return [Words((one if n == 1 else many).format(who), self._ids(group))]
