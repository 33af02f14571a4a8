"""Sentences of Appendix F on what pairs of areas can say, as pieces (see `sentences`); none has more than 30 words.

"Not significant" is never told as "no effect".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dscp.measures.registry import MEASURES
from dscp.printing.forms import printed
from dscp.printing.words import direction, listed, out_of, plural, spelt
from dscp.report.telling.sentences import Label, Note, Number, Sentence, Words
from dscp.study.areas import arms_of

ENOUGH, LEVEL = "constant.power_sought", "setting.models.significance"
SCALES = ("did", "odds_scale", "ratio_scale", "change")  # of one site, the pilot's change by itself last


def _label(measure: str) -> str:
    """A measure's label within a sentence."""
    label = MEASURES[measure].label
    return label[:1].lower() + label[1:]


class EvidenceTeller:
    """Makes the sentences of Appendix F from the values of quantities."""

    def __init__(self, values: Mapping[str, float], labels: Mapping[str, str]) -> None:
        """`labels` : analysed site -> label."""
        self._values = values
        self._labels = labels

    def measures(self, names: Sequence[str]) -> list[str]:
        """Those of some measures that are pooled."""
        return [name for name in names if f"evidence.pairs.{name}" in self._values]

    def _of(self, name: str, measure: str) -> float:
        return self._values[f"evidence.{name}.{measure}"]

    def _cannot(self, measure: str, what: str, identifier: str) -> Sentence:
        """In effective treatment: what the pairs say together cannot be given, and the note that says why."""
        return [f"{MEASURES[measure].in_text}: ", Words(f"{what} cannot be given", (identifier,)), Note(identifier)]

    def pooled(self, measure: str) -> list[Sentence]:
        """The mean of the pairs with its interval, and where the next pilot could lie."""
        mean = f"evidence.pooled.{measure}"
        if math.isnan(self._of("pooled_low", measure)):
            return [self._cannot(measure, "the mean of the pairs", mean)]
        pairs = Words(f"{spelt(self._of('pairs', measure))} pairs", (f"evidence.pairs.{measure}",))
        first = f"{MEASURES[measure].in_text}: the mean of the "
        told: list[Sentence] = [
            [first, pairs, " is ", *self._points(mean), ", between ", *self._ends("pooled", measure)],
            [
                f"The next pilot’s difference in {_label(measure)} could lie anywhere from ",
                *self._ends("next", measure, " to "),
            ],
        ]
        if self._of("pooled_low", measure) <= 0 <= self._of("pooled_high", measure):
            told.append(self._unclear(measure))
        return told

    def _unclear(self, measure: str) -> Sentence:
        """A mean that is not clear of zero is not shown to be zero, least of all where effects would be missed."""
        ids = tuple(f"evidence.pooled_{end}.{measure}" for end in ("low", "high"))
        told: Sentence = [Words("So the mean is not clear of zero, which does not show that it is zero", ids)]
        power, effect = f"evidence.mean_power.{measure}.at_2", "setting.models.power_at.2"
        if self._values[power] < self._values[ENOUGH]:
            told += [": ", Words("an effect of", (power,)), " ", self._effect(effect), " points could have been missed"]
        return told

    def _effect(self, identifier: str) -> Number:
        return Number(identifier, "points0" if float(self._values[identifier]).is_integer() else "points1")

    def _points(self, identifier: str) -> Sentence:
        return [Number(identifier, "signed_points1"), " points"]

    def _ends(self, name: str, measure: str, between: str = " and ") -> Sentence:
        low, high = (Number(f"evidence.{name}_{end}.{measure}", "signed_points1") for end in ("low", "high"))
        return [low, between, high, " points"]

    def _reach(self, measure: str) -> Sentence:
        """The interval of a mean; nothing where it has no length to speak of."""
        ends = {printed(self._values[f"evidence.pooled_{end}.{measure}"], "signed_points1") for end in ("low", "high")}
        return [", from ", *self._ends("pooled", measure, " to ")] if len(ends) > 1 else []

    def sure(self, measure: str) -> list[Sentence]:
        """How sure a finding is, where it is told: what all pairs say, and what one site by itself would miss."""
        chance, missed = f"evidence.permutation_p.{measure}", f"evidence.missed.{measure}.at_2"
        needed = [f"evidence.pooled_low.{measure}", chance, missed]
        if any(math.isnan(self._values[one]) for one in needed):
            said = f"How sure the difference in {_label(measure)} is cannot be given"
            return [[Words(said, tuple(needed)), Note(f"evidence.pooled.{measure}")]]
        open_to_chance = self._values[chance] >= self._values[LEVEL]
        verdict = "chance among areas could explain it" if open_to_chance else "chance among areas hardly explains it"
        pairs = Words(f"{spelt(self._of('pairs', measure))} pairs", (f"evidence.pairs.{measure}",))
        mean = self._points(f"evidence.pooled.{measure}")
        return [
            ["Over ", pairs, f" the difference in {_label(measure)} is ", *mean, *self._reach(measure), ": ",
             Words(verdict, (chance, LEVEL))],
            ["In one site by itself, an effect of ", self._effect("setting.models.power_at.2"),
             f" points on {_label(measure)} would be missed ", Number(missed, "words"), " times in ten"],
        ]  # fmt: skip

    def relabelled(self, measure: str) -> list[Sentence]:
        """In how many ways of calling areas pilots the difference is as large."""
        hits, ways = (f"evidence.{name}.{measure}" for name in ("ways_as_far", "ways"))
        if math.isnan(self._values[hits]):
            return [self._cannot(measure, "the difference between other areas", hits)]
        pairs = Words(f"{spelt(self._of('pairs', measure))} areas", (f"evidence.pairs.{measure}",))
        first = f"{MEASURES[measure].in_text}: in "
        return [[first, Number(hits, "count"), " of ", Number(ways, "count"), " ways of calling ", pairs,
                 " pilots the difference is as large"]]  # fmt: skip

    def standing(self, kind: str = "adjusted") -> list[Sentence]:
        """How many significant differences remain after correction for the number of tests."""
        ids = [f"evidence.significant.{kind}", f"evidence.remain.holm.{kind}"]
        ids.append(f"evidence.remain.benjamini_hochberg.{kind}")
        known = [self._values.get(one, math.nan) for one in ids]
        if any(math.isnan(one) for one in known):
            asked = [one for one in ids if one in self._values]
            told = "How many differences remain after correction cannot be given"
            return [[Words(told, tuple(asked)), Note(asked[0])]] if asked else []
        first, holm, others = (Number(one, "count") for one in ids)
        found = Words(plural(known[0], "significant difference", "significant differences"), (ids[0],))
        remain = Words(plural(known[1], "remains", "remain"), (ids[1],))
        return [
            [
                "Of ",
                first,
                " ",
                found,
                ", ",
                holm,
                " ",
                remain,
                " after correction by Holm, and ",
                others,
                " by Benjamini and Hochberg",
            ]
        ]

    def alarms(self, measure: str) -> list[Sentence]:
        """How many significant differences areas alone would give, beside the number found."""
        expected, found = (f"evidence.{name}.{measure}" for name in ("false_alarms", "found"))
        if math.isnan(self._values[expected]) or math.isnan(self._values[found]):
            return [self._cannot(measure, "what areas alone would give", expected)]
        told: list[Sentence] = [
            [
                f"{MEASURES[measure].in_text}: areas alone would give about ",
                Number(expected, "ratio1"),
                " ",
                Words("significant differences", (expected,)),
                "; ",
                Number(found, "words"),
                " ",
                Words(plural(self._values[found], "was found", "were found"), (found,)),
            ]
        ]
        ratio = f"evidence.scatter_ratio.{measure}"
        if not math.isnan(self._values[ratio]):
            told.append(
                [
                    f"The scatter of pilots in {_label(measure)} is ",
                    Number(ratio, "ratio1"),
                    " times that of untreated areas",
                ]
            )
        if self._of("area_variance", measure) == 0:
            alike = "The areas differ no more than counts alone explain"
            told.append([Words(alike, (f"evidence.area_variance.{measure}",))])
        return told

    def missed(self, measure: str) -> list[Sentence]:
        """How often effects would have been missed, the pairs one with another."""
        told: Sentence = [f"{MEASURES[measure].in_text}: an effect of "]
        for at, then in ((1, " points would have been missed "), (2, " points ")):
            share = f"evidence.missed.{measure}.at_{at}"
            if math.isnan(self._values[share]):
                return [self._cannot(measure, "what would have been missed", share)]
            told += [self._effect(f"setting.models.power_at.{at}"), then, Number(share, "words"), " times in ten"]
            told += [", one of "] if at == 1 else []
        return [told]

    def scales(self, measure: str) -> list[Sentence]:
        """In which sites the sign depends on the scale."""
        ids = {site: self._scale_ids(measure, site) for site in self._labels if f"{measure}.did.{site}" in self._values}
        turned, unknown = [], []
        for site, scales in ids.items():
            ways = [direction(self._values[one], 1) for one in scales]
            if any(math.isnan(self._values[one]) for one in scales):
                unknown.append(site)
            elif len(set(ways)) > 1:
                turned.append(site)
        every = tuple(one for scales in ids.values() for one in scales)
        first = f"{MEASURES[measure].in_text}: "
        if unknown and len(unknown) == len(ids):
            return [[first, Words("whether the scale decides cannot be given", every), Note(every[0])]]
        known = len(ids) - len(unknown)
        where = listed([self._labels[site] for site in turned]) if turned else ""
        if turned:
            return [[first, "in ", Label(where), " ", Words("the sign depends on the scale", every)]]
        said = (
            "the sign is the same on all scales"
            if known == 1
            else f"the sign is the same on all scales in {out_of(known, known)} sites"
        )
        return [[first, Words(said, every)]]

    def _scale_ids(self, measure: str, site: str) -> list[str]:
        named = [f"evidence.{name}.{measure}.{site}" for name in SCALES[1:-1]]
        return [f"{measure}.did.{site}", *named, f"{measure}.change.{arms_of(site)['pilot']}"]
