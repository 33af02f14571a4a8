"""Sentences of Appendix F on what is known of worth, as pieces (see `sentences`); none has more than 30 words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dscp.report.telling.sentences import Label, Note, Number, Piece, Sentence, Words
from dscp.report.telling.worth import money_form

ALL = "all"
HARDLY, NEARLY = 0.005, 0.995  # what would print as no chance and as certainty


def known_told(values: Mapping[str, float], place: str, label: str) -> list[Sentence]:
    """How many chances in a hundred there are that a site pays, or all together, and what the answer was worth at most.

    `label` : of the site; "" for all of them
    """
    who: Sentence = ["all sites together pay"] if place == ALL else [Label(label), " pays"]
    ids = {kind: f"uncertainty.pays.{kind}.{place}" for kind in ("areas", "counts")}
    kind = next((one for one in ids if not math.isnan(values[ids[one]])), "")
    if not kind:
        return [["Whether ", *who, " cannot be given", Note(ids["counts"])]]
    alone, gain = _chances(values, ids["counts"]), f"uncertainty.gain.{kind}.{place}"
    if kind == "areas":
        told: Sentence = ["Allowing for areas, the chances that ", *who, " are ", _chances(values, ids["areas"])]
        told += [" in a hundred, and with clients alone ", alone]
    else:
        told = ["With clients alone, the chances that ", *who, " are ", alone, " in a hundred", Note(ids["areas"])]
    return [[*told, "; at most ", Number(gain, money_form(values[gain])), " was worth paying for the answer"]]


def _chances(values: Mapping[str, float], name: str) -> Piece:
    """So many in a hundred; in words where that would read as no chance or as certainty."""
    if HARDLY <= values[name] < NEARLY or math.isnan(values[name]):
        return Number(name, "chances0")
    return Words("below one" if values[name] < HARDLY else "above ninety-nine", (name,))
