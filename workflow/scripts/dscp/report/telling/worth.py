"""Sentences on additional clients, and on benefits against costs, as pieces (see `sentences`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dscp.printing.words import DOWN, FLAT, UP, direction, grouped, listed, out_of, plural, spelt
from dscp.report.telling.sentences import Label, Note, Number, Sentence, Words, capital, series

ABOVE, BELOW, NEGATIVE, NIL, MISSING = "above", "below", "negative", "nil", "missing"
# What a site did: (clients in effective treatment, successful completions) -> words after its name.
BOTH_OUTCOMES = {
    (UP, UP): "gained clients on both counts",
    (DOWN, DOWN): "lost clients on both counts",
    (UP, DOWN): "gained clients in effective treatment but lost successful completions",
    (DOWN, UP): "lost clients in effective treatment but gained successful completions",
    (UP, FLAT): "gained clients in effective treatment, with no change in successful completions",
    (DOWN, FLAT): "lost clients in effective treatment, with no change in successful completions",
    (FLAT, UP): "gained successful completions, with no change in effective treatment",
    (FLAT, DOWN): "lost successful completions, with no change in effective treatment",
    (FLAT, FLAT): "neither gained nor lost clients on either count",
}
WORTH = {
    BELOW: "there is a benefit, but it does not exceed the cost",
    NEGATIVE: "the benefits are negative",
    NIL: "the benefits are nil",
    MISSING: "the benefits cannot be given",
}
MONEY = [(950_000_000, "gbp_to_bn1"), (950_000, "gbp_to_m1"), (9_500, "gbp_k_unit")]
FEW = 3  # sites whose amounts one sentence can hold


def money_form(value: float) -> str:
    """The printed form that suits an amount in prose: billions, millions, thousands or pounds."""
    size = 0 if math.isnan(value) else abs(value)
    return next((form for least, form in MONEY if size >= least), "gbp")


def benefit_verdict(total: float, cost: float) -> str:
    """Whether benefits exceed a cost, fall short of it or are negative, by whole pounds."""
    if math.isnan(total) or math.isnan(cost):
        return MISSING
    way = direction(total, 0)
    if way != UP:
        return NEGATIVE if way == DOWN else NIL
    return ABOVE if total > cost else BELOW


def both_outcomes(values: Mapping[str, float], labels: Mapping[str, str]) -> list[Sentence]:
    """What each site gained or lost on the two outcomes that are valued, like sites together.

    "Site 2 and Site 6 lost clients on both counts." `labels`: site -> label.
    """
    ids = {site: (f"additional.effective_treatment.{site}", f"additional.completions.{site}") for site in labels}
    said = {}
    for site, pair in ids.items():
        ways = tuple(direction(values[identifier], 0) for identifier in pair)
        said[site] = BOTH_OUTCOMES.get(ways, "")
    told = []
    for what, sites in grouped(said).items():
        rests_on = tuple(identifier for site in sites for identifier in ids[site])
        who = listed([labels[site] for site in sites])
        if not what and len(sites) == len(labels):
            told.append([Words("Not all of these numbers can be given", rests_on)])
        elif not what:
            told.append(["For ", Label(who), " ", Words("not all of these numbers can be given", rests_on)])
        elif len(labels) > 1 and len(sites) == len(labels) and what == BOTH_OUTCOMES[FLAT, FLAT]:
            nobody = "neither site" if len(sites) == 2 else f"{out_of(0, len(sites))} sites"
            told.append(capital([Words(f"{nobody} gained or lost clients on either count", rests_on)]))
        elif 1 < len(sites) == len(labels):
            told.append(capital([Words(f"{out_of(len(sites), len(sites))} sites {what}", rests_on)]))
        else:
            told.append([Label(who), " ", Words(what, rests_on)])
    return told


def worth(values: Mapping[str, float], labels: Mapping[str, str]) -> list[Sentence]:
    """In which sites the benefits exceed the cost, and what they are in the others.

    "In one of the six sites, Site 3, the benefits exceed the cost: £20.7m against £185k." `labels`: site -> label.
    """
    verdicts = {site: benefit_verdict(*(values[i] for i in _ids(site))) for site in labels}
    above = [site for site, said in verdicts.items() if said == ABOVE]
    rests_on = tuple(identifier for site in labels for identifier in _ids(site))
    total = len(labels)
    told: list[Sentence] = []
    if above:
        told.append([*_where(above, labels, total, rests_on), *_against(above, labels, values)])
    elif MISSING not in verdicts.values() and len(set(verdicts.values())) > 1:
        nowhere = f"none of the {spelt(total)} sites" if total > 2 else "neither site"
        told.append([Words(f"In {nowhere} do the benefits exceed the cost", rests_on)])
    groups = {said: sites for said, sites in grouped(verdicts).items() if said != ABOVE}
    for position, (said, sites) in enumerate(groups.items(), start=1):
        rest = bool(above) and position == len(groups) == 1
        told.append(_others(sites, labels, total, WORTH[said], rest))
    return told


def _ids(site: str) -> tuple[str, str]:
    return f"benefit.total.{site}", f"cost.{site}.total"


def _where(above: Sequence[str], labels: Mapping[str, str], total: int, ids: tuple[str, ...]) -> Sentence:
    who = listed([labels[site] for site in above])
    told_later = 1 < len(above) <= FEW
    if total == 1:
        where = f"In {who}"
    elif len(above) == total:
        where = f"In {out_of(total, total)} sites"
    elif told_later:
        where = f"In {out_of(len(above), total)} sites"
    else:
        where = f"In {out_of(len(above), total)} sites, {who},"
    return [Words(f"{where} the benefits exceed the cost", ids)]


def _against(above: Sequence[str], labels: Mapping[str, str], values: Mapping[str, float]) -> Sentence:
    if len(above) > FEW:
        return []
    items: list[Sentence] = []
    for site in above:
        total, cost = (Number(identifier, money_form(values[identifier])) for identifier in _ids(site))
        items.append([total, " against ", cost, *([" in ", Label(labels[site])] if len(above) > 1 else [])])
    return [": ", *series(items)]


def _others(sites: Sequence[str], labels: Mapping[str, str], total: int, what: str, rest: bool) -> Sentence:
    ids = tuple(identifier for site in sites for identifier in _ids(site))
    if 1 < len(sites) == total:
        where = f"In {out_of(total, total)} sites"
    elif rest and len(sites) > 1:
        where = f"In the other {spelt(len(sites))}"
    else:
        where = f"In {listed([labels[site] for site in sites])}"
    notes = [Note(f"benefit.total.{site}") for site in sites] if what == WORTH[MISSING] else []
    return [Words(f"{where} {what}", ids), *notes]


def still_worth(values: Mapping[str, float], labels: Mapping[str, str]) -> Sentence:
    """What becomes of the sites whose benefits exceed the cost when only a share of the benefits counts.

    "the benefits would still exceed the cost in Site 3, but no longer in Site 7"
    """
    parts: dict[bool, list[str]] = {True: [], False: []}
    for site in labels:
        total, cost = (values[identifier] for identifier in _ids(site))
        share = benefit_verdict(values[f"benefit.total_sensitivity.{site}"], cost)
        if benefit_verdict(total, cost) == ABOVE and share != MISSING:
            parts[share == ABOVE].append(site)
    told: Sentence = []
    for holds, sites in parts.items():
        if sites:
            ids = tuple(i for site in sites for i in (f"benefit.total_sensitivity.{site}", f"cost.{site}.total"))
            verb = (
                "but no longer" if told else f"the benefits would {'still' if holds else 'no longer'} exceed the cost"
            )
            told += [", "] if told else []
            told.append(Words(f"{verb} in {listed([labels[site] for site in sites])}", ids))
    return told


def totals(values: Mapping[str, float], sites: int) -> Sentence:
    """Benefits and costs of all analysed sites together; nothing for one site."""
    benefit, cost = "stated.benefit_total", "stated.cost_total"
    if sites == 1:
        return []
    if math.isnan(values[benefit]) or math.isnan(values[cost]):
        return [Words("The totals over all sites cannot be given", (benefit, cost)), Note(benefit)]
    ends = [Number(identifier, money_form(values[identifier])) for identifier in (benefit, cost)]
    who = f"Taken together, the {spelt(sites)} sites show"
    way = direction(values[benefit], 0)
    if way == FLAT:
        return [Words(f"{who} no benefit", (benefit,)), " against costs of ", ends[1]]
    gain, then = ("a benefit of ", " against") if way == UP else ("a negative benefit of ", ", on top of")
    ends[0] = Number(ends[0].id, ends[0].form, magnitude=True)
    return [Words(f"{who} {gain}", (benefit,)), ends[0], f"{then} costs of ", ends[1]]


def break_even(values: Mapping[str, float], sites: Sequence[str]) -> Sentence:
    """How many additional completions would pay for a pilot: one to three; three … or fewer where one cost nothing.

    Nothing where that is not known of every site given, those with benefits, or none has a cost.
    """
    low, high = "stated.break_even.min", "stated.break_even.max"
    if any(math.isnan(values[f"stated.break_even.{site}"]) for site in sites) or values[high] == 0:
        return []
    completions = plural(values[high], " additional completion", " additional completions")
    if values[low] == values[high]:
        return [Number(low, "words"), completions]
    if values[low] == 0:
        return [Number(high, "words"), f"{completions} or fewer"]
    return [Number(low, "words"), " to ", Number(high, "words"), completions]
