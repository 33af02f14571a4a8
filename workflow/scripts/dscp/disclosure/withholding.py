"""Which counts of people are withheld: those that the rule is about, and those that would give these away.

The latter follow from which counts are withheld, never from how large they are: of a sum the whole, of a year its other
months, of a base those of it with the outcome. So the choice tells nothing more to whoever makes it again on tables
that could be: every value that the rule withholds stays possible.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterator, Mapping, Sequence

from dscp.disclosure.attack import Fact
from dscp.disclosure.facts import (
    ANY,
    Sum,
    comes_to,
    counts,
    is_fitted,
    is_linked,
    is_of_model,
    months,
    of_people,
    repeated,
    rests,
    shares,
    sums,
    totals,
    whom,
)
from dscp.disclosure.policies import Policy
from dscp.ledger.ids import dims_of
from dscp.study.areas import arms_of

# Counts that the report can best do without: they go first where another count has to be protected.
AUXILIARY = ("validation", "excluded")  # families


def small(rows: Mapping[str, Mapping], policy: Policy) -> dict[str, str]:
    """Counts that the rule withholds, with the reason: too small, or too few of what they are part of are left.

    Parameters
    ----------
    rows : id -> row of the ledger, in full or as it is to be published
    """
    if not policy.smallest:
        return {}
    why = f"fewer than {policy.smallest}"
    found = {name: why for name in [*counts(rows), *totals(rows)] if 0 < rows[name]["value"] < policy.smallest}
    for whole, parts in shares(rows):
        values = rows[whole]["value"], [rows[part]["value"] for part in parts]
        if reason := _leaves(*values, policy):
            found.setdefault(parts[-1], f"{reason} of {whole}")
    for name, weights, whole in rests(rows):
        left = comes_to(rows, weights), comes_to(rows, weights, policy.rounded)
        if comes_to(rows, whole) and (left[0] or policy.all_or_none) and min(left) < policy.smallest:
            found.setdefault(name, f"leaves fewer than {policy.smallest} linked or not")
    return found


def _leaves(whole: float, parts: Sequence[float], policy: Policy) -> str:
    """Why a part may not be published beside its whole; "" if it may.

    What is left has to be enough rounded, too: else who knows the rule would tell how whole and parts were rounded.
    """
    rest = whole - sum(parts)
    if math.isnan(rest) or whole == 0 or (rest == 0 and not policy.all_or_none):
        return ""
    if policy.all_or_none and parts == [0]:
        return "is nobody"
    rounded = policy.rounded(whole) - sum(map(policy.rounded, parts))
    return f"leaves fewer than {policy.smallest}" if min(rest, rounded) < policy.smallest else ""


def enough_left(rows: Mapping[str, Mapping], policy: Policy) -> list[Fact]:
    """That what is published of a base and its parts leaves enough, as a reader knows who knows the rule."""
    return [
        Fact({whole: 1, **dict.fromkeys(parts, -1)}, policy.smallest, ANY)
        for whole, parts in shares(rows)
        if rows[whole]["value"] - sum(rows[part]["value"] for part in parts) >= policy.smallest > 0
    ] + [
        Fact(weights, policy.smallest, ANY, sure=False)
        for _, weights, _ in rests(rows)
        if comes_to(rows, weights) >= policy.smallest > 0
    ]


def not_nought(rows: Mapping[str, Mapping], withheld: Collection[str], policy: Policy) -> list[str]:
    """Withheld counts of which a reader knows that they are at least 1: noughts of their kind are published.

    Those with the outcome of a base may be nobody, where that is withheld too, or their base is.
    """
    outcomes = {part for whole, parts in shares(rows) for part in parts if policy.all_or_none or whole in withheld}
    return [name for name in counts(rows) if name in withheld - outcomes and not is_fitted(rows[name])]


class Ties:
    """What is withheld with a count, whatever its value."""

    def __init__(self, rows: Mapping[str, Mapping], policy: Policy, missing_release: str) -> None:
        self._rows, self._policy = rows, policy
        self._sums: list[Sum] = sums(rows, missing_release)
        self._months: list[Sum] = list(months(rows))
        self._shares = list(shares(rows))
        self._outcomes = {part for _, parts in self._shares for part in parts}
        self._rests = list(rests(rows))
        self._repeated = [pair for pair in repeated(rows) if rows.keys() >= set(pair)]
        self._results = [row for row in rows.values() if _is_of_site(row)]
        self._summed = set(totals(rows))

    def closed(self, withheld: Mapping[str, str]) -> dict[str, str]:
        """Withheld counts, with all that is withheld with them, and the reasons; nought is published, and stays so."""
        found = dict(withheld)
        while more := {name: why for name, why in self._with(found) if name not in found and not self._nought(name)}:
            found |= more
        hidden = [self._rows[name] for name in found]
        about = {row["id"]: modelled(row, hidden) for row in self._results if row["id"] not in found}
        return {**found, **{name: f"is about {count}" for name, count in about.items() if count}}

    def _with(self, withheld: Container[str]) -> Iterator[tuple[str, str]]:
        for one in self._sums:
            part = next((part for part in one.parts if part in withheld), "")
            if part:
                yield one.whole, f"is a sum with {part}"
            elif one.whole in withheld and (others := [name for name in one.parts if self._rows[name]["value"]]):
                yield self.least_missed(others), f"is part of {one.whole}"
        for one in self._months:
            if month := next((month for month in one.parts if month in withheld), ""):
                yield from ((other, f"is of the year of {month}") for other in one.parts)
                if self._leaves_little(one):
                    yield one.whole, f"is the year of {month}, and few"
        for whole, parts in self._shares:
            if whole in withheld:
                yield from ((part, f"is part of {whole}") for part in parts)
            elif other := next((part for part in parts[:-1] if part in withheld), ""):
                yield parts[-1], f"is part of {whole}, as is {other}"
        for name, weights, _ in self._rests:
            if part := next((part for part in weights if part != name and part in withheld), ""):
                yield name, f"is linked or not beside {part}"
        for pair in self._repeated:
            for one, other in (pair, pair[::-1]):
                if one in withheld:
                    yield other, f"is the same as {one}"

    def _leaves_little(self, year: Sum) -> bool:
        """Whether withheld months, none of them nought, could not be of enough sizes beside their year."""
        months = sum(self._rows[month]["value"] != 0 for month in year.parts)
        least = self._policy.ends(self._policy.rounded(self._rows[year.whole]["value"]))[0]
        return least < months + self._policy.smallest - 1

    def _nought(self, name: str) -> bool:
        may_be = name in self._outcomes or name in self._summed or is_fitted(self._rows[name])
        return self._rows[name]["value"] == 0 and not may_be

    def partner(self, linked: Sequence[Fact], name: str, withheld: Container[str]) -> tuple[set[str], str]:
        """Which published count to withhold where a count can be told; "" if there is none.

        And all counts that facts tie to it, through withheld ones where need be.
        """
        chain, beside = _beside(linked, name, withheld)
        near = {part for whole, parts in self._shares if name in (whole, *parts) for part in parts} & beside
        candidates = [one for one in near or beside if self._rows[one]["value"] != 0]
        return chain, self.least_missed(candidates)

    def least_missed(self, names: Collection[str]) -> str:
        """Which of some counts to withhold, whatever their values: one that only checking needs, totals last."""

        def missed(name: str) -> tuple:
            row = self._rows[name]
            auxiliary = row["family"] in AUXILIARY or is_of_model(row) or is_linked(row)
            return not auxiliary, name in self._summed, name

        return min(names, key=missed, default="")


def _is_of_site(row: Mapping) -> bool:
    return of_people(row) and row["unit"] != "count" and "site" in dims_of(row)


def modelled(row: Mapping, withheld: Sequence[Mapping]) -> str:
    """The withheld count that a model's result is about: same cohort, an area of its site; "" if there is none.

    A model is fitted to records: its inputs in the ledger do not lead to the counts, though it tells of them. Of who is
    in another extract it tells nothing: characteristics of few are one with others.
    """
    if not _is_of_site(row):
        return ""
    areas = set(arms_of(dims_of(row)["site"]).values())
    counted = (one for one in withheld if not is_linked(one))
    about = (one["id"] for one in counted if whom(one) == whom(row) and dims_of(one).get("area") in areas)
    return next(about, "")


def _beside(linked: Sequence[Fact], name: str, withheld: Container[str]) -> tuple[set[str], set[str]]:
    """The counts that facts tie to one, through withheld ones where need be; and those of them that are published."""
    chain: set[str] = {name}
    while True:
        near = chain.union(*(fact.weights for fact in linked if not chain.isdisjoint(fact.weights)))
        published = {other for other in near if other != name and other not in withheld}
        if published or near == chain:
            return near, published
        chain = near
