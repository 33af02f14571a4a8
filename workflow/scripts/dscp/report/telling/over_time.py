"""Sentences of Appendix F on what went on before the pilots, as pieces (see `sentences`); none has more than 30 words.

An interval that includes zero is never told as "no trend".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dscp.report.telling.sentences import Label, Note, Number, Sentence, Words
from dscp.study.areas import PERIODS

MOVED, PLACEBO, CHANCE = "over_time.moved", "over_time.placebo", "over_time.placebo_p"
PARTS = ("base", "count")
UNCLEAR = "That is not clear of zero, which does not show that {}"


def _ends(name: str) -> Sentence:
    low, high = (Number(f"{name}_{end}", "signed_points1") for end in ("low", "high"))
    return [low, " and ", high, " points"]


def _unclear(name: str, values: Mapping[str, float], what: str) -> list[Sentence]:
    """What an interval that includes zero does not show."""
    ids = (f"{name}_low", f"{name}_high")
    low, high = (values[one] for one in ids)
    return [[Words(UNCLEAR.format(what), ids)]] if low <= 0 <= high else []


def trend(values: Mapping[str, float], before: Sequence[str]) -> list[Sentence]:
    """How far the gap moved from the first to the last quarter before the pilots.

    before : labels of these quarters, in order
    """
    if MOVED not in values:
        return [["There is no whole quarter before the pilots, so that no trend can be seen"]]
    if math.isnan(values[f"{MOVED}_low"]):
        return [[Words("How the gap moved before the pilots cannot be given", (MOVED,)), Note(MOVED)]]
    if len(before) == 1:
        return [["There is one whole quarter before the pilots, so that no trend can be seen"]]
    moved: Sentence = [
        *(
            "Before the pilots the gap moved by ",
            Number(MOVED, "signed_points1"),
            " points from the quarter of ",
            Label(before[0]),
        ),
        *(" to that of ", Label(before[-1]), ", between ", *_ends(MOVED)),
    ]
    return [moved, *_unclear(MOVED, values, "there was no trend")]


def placebo(values: Mapping[str, float]) -> list[Sentence]:
    """What would have been found of pilots that began in the middle of the earlier period, when there were none."""
    if PLACEBO not in values:
        return [["No start before the real one can be tried: the earlier period is shorter than a year"]]
    if math.isnan(values[f"{PLACEBO}_low"]):
        return [[Words("What a start before the real one would show cannot be given", (PLACEBO,)), Note(PLACEBO)]]
    told: Sentence = [
        *(
            "With a pretended start after nine months, when there was no pilot, the difference is ",
            Number(PLACEBO, "signed_points1"),
        ),
        *(" points, between ", *_ends(PLACEBO), "; with signs turned p = ", Number(CHANCE, "p2")),
    ]
    return [told, *_unclear(PLACEBO, values, "the areas moved together")]


def returned(values: Mapping[str, float]) -> list[Sentence]:
    """After how many completed journeys clients came back, in the earlier period and in the later one."""
    days = Number("setting.definitions.return_days.1", "count")
    bases, counts = ([f"follow_up.{part}.returned_1.all_pilots.{when}" for when in PERIODS] for part in PARTS)
    if not all(values[one] for one in bases):
        return [[Words("In one of the periods nobody can be followed for ", tuple(bases)), days, " days"]]
    (of, later), (back, again) = ([Number(one, "count") for one in ids] for ids in (bases, counts))
    told = ["In all pilots together, clients came back within ", days, " days after ", back, " of ", of]
    return [[*told, " journeys completed in the earlier period, and after ", again, " of ", later, " in the later one"]]


def left(values: Mapping[str, float]) -> list[Sentence]:
    """How new journeys in the pilots had ended after half a year, in the earlier period and in the later one."""
    days = Number("setting.definitions.return_days.1", "count")
    ids = {way: [f"follow_up.left.{way}.all_pilots.{when}.at_2" for when in PERIODS] for way in ("completed", "other")}
    if any(math.isnan(values[one]) for found in ids.values() for one in found):
        return [["How new journeys end cannot be given", Note(ids["completed"][0])]]
    (done, later), (gone, again) = ([Number(one, "plain_percent1") for one in found] for found in ids.values())
    first = ["In all pilots together, ", done, " per cent of new journeys had been completed after ", days, " days"]
    return [
        [*first, " in the earlier period, and ", later, " per cent in the later one"],
        ["In all pilots together, ", gone, " per cent and ", again, " per cent had ended otherwise by then"],
    ]
