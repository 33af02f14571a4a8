"""Sentences of Appendix F on what is known of worth, as pieces (see `sentences`); none has more than 30 words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dscp.printing.forms import printed
from dscp.printing.words import listed
from dscp.report.telling.sentences import Label, Note, Number, Piece, Sentence, Words
from dscp.report.telling.worth import money_form

ALL = "all"
KINDS = {  # of chances, the better first -> what a sentence says of it
    "areas": "Allowing for how areas move by themselves",
    "counts": "Counting clients alone",
}
HARDLY, NEARLY = 0.005, 0.995  # what would print as no chance and as certainty


def known_told(values: Mapping[str, float], place: str, label: str) -> list[Sentence]:
    """How many chances in a hundred there are that a site pays, or all together, and what the answer was worth at most.

    `label` : of the site; "" for all of them
    """
    who: Sentence = ["all sites together pay"] if place == ALL else [Label(label), " pays"]
    ids = _ids(place)
    kind = _kind(values, place)
    if not kind:
        return [["Whether ", *who, " cannot be given", Note(ids["counts"])]]
    alone, gain = _chances(values, ids["counts"]), f"uncertainty.gain.{kind}.{place}"
    if kind == "areas":
        told: Sentence = ["Allowing for areas, the chances that ", *who, " are ", _chances(values, ids["areas"])]
        told += [" in a hundred, and with clients alone ", alone]
    else:
        told = ["With clients alone, the chances that ", *who, " are ", alone, " in a hundred", Note(ids["areas"])]
    return [[*told, "; at most ", Number(gain, money_form(values[gain])), " was worth paying for the answer"]]


def paying(values: Mapping[str, float], labels: Mapping[str, str]) -> list[Sentence]:
    """How likely benefits are to exceed costs: of all sites together, then between which sites the chances lie.

    `labels` : site of whose worth something is known -> label
    """
    if not labels:
        return []
    place = ALL if len(labels) > 1 else next(iter(labels))
    of_what: Sentence = ["the benefits of all sites together exceed the costs"]
    if place != ALL:
        of_what = ["the benefits of ", Label(labels[place]), " exceed its costs"]
    kind = _kind(values, place)
    if not kind:
        return [["How likely it is that ", *of_what, " cannot be given", Note(_ids(place)["counts"])]]
    chance = _ids(place)[kind]
    told: Sentence = [f"{KINDS[kind]}, the chances that ", *of_what, " are ", _chances(values, chance), " in a hundred"]
    told += [Note(_ids(place)["areas"])] if kind == "counts" else []
    return [told, *([_between(values, {site: _ids(site)[kind] for site in labels}, labels)] if place == ALL else [])]


def _between(values: Mapping[str, float], ids: Mapping[str, str], labels: Mapping[str, str]) -> Sentence:
    """By site they run from below one in Site 2 to 92 in Site 3; sites that read the same are named together."""
    known = sorted((site for site in ids if not math.isnan(values[ids[site]])), key=lambda site: values[ids[site]])
    texts = {site: _text(values, ids[site]) for site in known}
    alike = [[site for site in ids if texts.get(site) == texts[end]] for end in (known[0], known[-1])]
    low, high = (_chances(values, ids[sites[0]]) for sites in alike)
    if len(set(texts.values())) == 1:
        return ["By site they are all ", low]
    first, last = (Label(listed([labels[site] for site in sites])) for sites in alike)
    return ["By site they run from ", low, " in ", first, " to ", high, " in ", last]


def _ids(place: str) -> dict[str, str]:
    """Kind of the chance that a place pays -> its id."""
    return {kind: f"uncertainty.pays.{kind}.{place}" for kind in KINDS}


def _kind(values: Mapping[str, float], place: str) -> str:
    """The better kind of chance that is known of a place; "" where none is."""
    return next((kind for kind, one in _ids(place).items() if not math.isnan(values[one])), "")


def _text(values: Mapping[str, float], name: str) -> str:
    piece = _chances(values, name)
    return piece.text if isinstance(piece, Words) else printed(values[name], "chances0")


def _chances(values: Mapping[str, float], name: str) -> Piece:
    """So many in a hundred; in words where that would read as no chance or as certainty."""
    if HARDLY <= values[name] < NEARLY or math.isnan(values[name]):
        return Number(name, "chances0")
    return Words("below one" if values[name] < HARDLY else "above ninety-nine", (name,))
