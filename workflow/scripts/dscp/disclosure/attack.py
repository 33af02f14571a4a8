"""The attack: what somebody who reads every published number can find out about counts that are not published exactly.

Each such count is made as small and as large as all published numbers allow, by an integer programme.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

LARGEST = 1e7  # no count of clients is larger
TOLERANCE = 1e-6
SLIGHT = 1e-3  # no whole number is off by less


class NoSolution(ValueError):
    """The published numbers contradict each other."""


class Inexact(ArithmeticError):
    """The solver's whole numbers do not fit what it was given."""


@dataclass(frozen=True)
class Fact:
    """What is known of counts: low <= sum of weight x count <= high.

    `sure`: it holds whatever the data; others hold where extracts agree with each other.
    """

    weights: Mapping[str, float]
    low: float
    high: float
    sure: bool = True


@dataclass(frozen=True)
class Range:
    """The whole numbers that a count can be, from all that is published, both ends included."""

    low: int
    high: int

    @property
    def width(self) -> int:
        """How many numbers these are."""
        return self.high - self.low + 1

    def values(self) -> range:
        """The numbers themselves."""
        return range(self.low, self.high + 1)

    def __str__(self) -> str:
        return f"{self.low}" if self.low == self.high else f"{self.low} to {self.high}"


def attack(facts: Sequence[Fact], targets: Iterable[str]) -> dict[str, Range]:
    """Find what can be told of counts.

    Parameters
    ----------
    facts : all that is published of counts, and how counts hang together. Counts are whole and not negative.
    targets : ids of the counts to be told.

    Returns
    -------
    Id -> range, in the order of the targets.

    Raises
    ------
    NoSolution
        The published numbers contradict each other, those aside that are not sure.
    Inexact
        A solution that the solver gives is none: nothing is promised then.
    """
    targets = list(targets)
    found = {}
    for group in _linked(facts, targets):
        programme = _programme(facts, group)
        found |= {name: Range(programme.extreme(name, 1), programme.extreme(name, -1)) for name in group}
    return {name: found[name] for name in targets}


def _linked(facts: Sequence[Fact], targets: Sequence[str]) -> list[list[str]]:
    """The targets in groups: those that a chain of facts links stand together."""
    leader = {name: name for name in targets}

    def lead(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for fact in facts:
        first, *others = [name for name in fact.weights if name in leader] or [""]
        for other in others:
            leader[lead(other)] = lead(first)
    groups: dict[str, list[str]] = {}
    for name in targets:
        groups.setdefault(lead(name), []).append(name)
    return list(groups.values())


def _programme(facts: Sequence[Fact], group: Sequence[str]) -> _Programme | _Alone:
    """The programme of a group; where the facts contradict each other, without as few of those not sure as will do."""
    known = _about(facts, group)
    if all(len(fact.weights) == 1 for fact in known):
        return _Alone(known, group[0])
    try:
        return _Programme(known, group)
    except NoSolution:
        return _Programme(agreeing(known), group)


def _about(facts: Sequence[Fact], names: Sequence[str]) -> list[Fact]:
    """The facts on some counts, and what is known of all others in these."""
    about = set(names)
    linking = [fact for fact in facts if len(fact.weights) > 1 and about & set(fact.weights)]
    every = about.union(*(fact.weights for fact in linking))
    return linking + [fact for fact in facts if len(fact.weights) == 1 and every & set(fact.weights)]


def agreeing(facts: Sequence[Fact]) -> list[Fact]:
    """The facts without a smallest set of those that are not sure, so that they do not contradict each other.

    Raises
    ------
    NoSolution
        The sure facts contradict each other.
    """
    doubted = [fact for fact in facts if not fact.sure]
    names = sorted(set().union(*(fact.weights for fact in facts)))
    most = 4 * sum(abs(end) for fact in facts for end in (fact.low, fact.high) if math.isfinite(end)) + 1
    over, under, out = (([f"{kind} {i}" for i in range(len(doubted))]) for kind in ("over", "under", "out"))
    loose = [
        Fact({**fact.weights, over[i]: -1, under[i]: 1}, fact.low, fact.high) for i, fact in enumerate(doubted)
    ] + [Fact({over[i]: 1, under[i]: 1, out[i]: -most}, -math.inf, 0) for i in range(len(doubted))]
    every = [*names, *over, *under, *out]
    known = [*(fact for fact in facts if fact.sure), *loose]
    goal = np.array([float(name in set(out)) for name in every])
    found = _solved(goal, every, _constraint(known, every), dict.fromkeys(out, 1))
    if found is None:
        raise NoSolution(f"the published numbers contradict each other around {names[0]}")
    amiss = {i for i in range(len(doubted)) if found[over[i]] + found[under[i]] > SLIGHT}
    lost = [fact for i, fact in enumerate(doubted) if i in amiss]
    return [fact for fact in facts if not any(fact is one for one in lost)]


def _solved(
    goal: np.ndarray, names: Sequence[str], limits: Sequence[LinearConstraint], highest: Mapping[str, int]
) -> dict[str, float] | None:
    """Whole numbers within limits that make a goal as small as can be; None if there are none."""
    most = np.array([float(highest.get(name, LARGEST)) for name in names])
    exact = {"mip_rel_gap": 0}  # else a large count may be off by a ten thousandth, which is more than a range
    found = milp(goal, integrality=np.ones(len(goal)), bounds=Bounds(0, most), constraints=limits, options=exact)
    return dict(zip(names, found.x, strict=True)) if found.success else None


def _constraint(facts: Sequence[Fact], names: Sequence[str]) -> list[LinearConstraint]:
    if not facts:
        return []
    position = {name: i for i, name in enumerate(names)}
    weights = [(row, *item) for row, fact in enumerate(facts) for item in fact.weights.items()]
    places = [(row, position[name], weight) for row, name, weight in weights]
    rows, columns, weights = zip(*places, strict=True)
    matrix = csr_array((weights, (rows, columns)), shape=(len(facts), len(position)))
    low, high = (np.array(ends) for ends in zip(*((fact.low, fact.high) for fact in facts), strict=True))
    return [LinearConstraint(matrix, low - TOLERANCE, high + TOLERANCE)]


class _Alone:
    """A count that nothing ties to others: what is known of it alone."""

    def __init__(self, facts: Sequence[Fact], name: str) -> None:
        ends = [(fact.low / fact.weights[name], fact.high / fact.weights[name]) for fact in facts]
        low, high = zip((0, LARGEST), *ends, strict=True)
        self._ends = {1: math.ceil(max(low) - TOLERANCE), -1: math.floor(min(high) + TOLERANCE)}
        if self._ends[1] > self._ends[-1]:
            raise NoSolution(f"the published numbers contradict each other around {name}")

    def extreme(self, name: str, sign: int) -> int:
        """The smallest (sign 1) or largest (sign -1) whole number that it can be."""
        return self._ends[sign]


class _Programme:
    """The integer programme of some counts and the facts on them; all else in those is a variable too.

    A solution that has a count where what is known of it alone ends is remembered: nothing is solved again for that.
    """

    def __init__(self, facts: Sequence[Fact], names: Sequence[str]) -> None:
        self._names = sorted({*names}.union(*(fact.weights for fact in facts)))
        self._facts, self._limits = facts, _constraint(facts, self._names)
        self._alone = _alone(facts)
        self._found: list[Mapping[str, int]] = []
        self._solve(dict.fromkeys(names, 1), names[0])

    def extreme(self, name: str, sign: int) -> int:
        """The smallest (sign 1) or largest (sign -1) whole number that a count can be."""
        end = self._alone.get(name, {}).get(sign)
        if any(one[name] == end for one in self._found):
            return end
        return self._solve({name: sign}, name)

    def _solve(self, weights: Mapping[str, int], name: str) -> int:
        """A count where a weighted sum of counts is smallest."""
        goal = np.array([float(weights.get(one, 0)) for one in self._names])
        found = _solved(goal, self._names, self._limits, {})
        if found is None:
            raise NoSolution(f"no count fits all that is published around {name}")
        counts = {one: round(number) for one, number in found.items()}
        if not all(_holds(fact, counts) for fact in self._facts):
            raise Inexact(f"the solver's counts do not fit what is published around {name}")
        self._found.append(counts)
        return counts[name]


def _holds(fact: Fact, counts: Mapping[str, int]) -> bool:
    """Whether whole counts fit a fact: the solver works with fractions, and is believed only where they do."""
    total = sum(weight * counts[name] for name, weight in fact.weights.items())
    return fact.low - SLIGHT <= total <= fact.high + SLIGHT


def _alone(facts: Sequence[Fact]) -> dict[str, dict[int, int]]:
    """Id -> the smallest (1) and largest (-1) whole number that each count can be by what is known of it alone."""
    found: dict[str, dict[int, int]] = {}
    for fact in facts:
        if len(fact.weights) == 1:
            ((name, weight),) = fact.weights.items()
            ends = found.setdefault(name, {1: 0, -1: int(LARGEST)})
            ends[1] = max(ends[1], math.ceil(fact.low / weight - TOLERANCE))
            ends[-1] = min(ends[-1], math.floor(min(fact.high / weight, LARGEST) + TOLERANCE))
    return found
