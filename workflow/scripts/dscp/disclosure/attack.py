"""The attack: what somebody who reads every published number can find out about counts that are not published exactly.

Each such count is made as small and as large as all published numbers allow, by an integer programme.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

LARGEST = 1e7  # no count of clients is larger
TOLERANCE = 1e-6


class NoSolution(ValueError):
    """The published numbers contradict each other."""


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
        The published numbers contradict each other.
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


def _programme(facts: Sequence[Fact], group: Sequence[str]) -> _Programme:
    """The programme of a group; where the facts contradict each other, whoever reads them knows which are not sure."""
    try:
        return _Programme(facts, group)
    except NoSolution:
        return _Programme([fact for fact in facts if fact.sure], group)


class _Programme:
    """The integer programme of some counts and the facts on them; all else in those is a variable too."""

    def __init__(self, facts: Sequence[Fact], names: Sequence[str]) -> None:
        about = set(names)
        linking = [fact for fact in facts if len(fact.weights) > 1 and about & set(fact.weights)]
        every = sorted(about.union(*(fact.weights for fact in linking)))
        known = linking + [fact for fact in facts if len(fact.weights) == 1 and set(every) & set(fact.weights)]
        self._position = {name: i for i, name in enumerate(every)}
        self._limits = self._constraint(known) if known else ()
        self.extreme(every[0], 1)

    def _constraint(self, known: Sequence[Fact]) -> LinearConstraint:
        weights = [(row, *item) for row, fact in enumerate(known) for item in fact.weights.items()]
        places = [(row, self._position[name], weight) for row, name, weight in weights]
        rows, columns, weights = zip(*places, strict=True)
        matrix = csr_array((weights, (rows, columns)), shape=(len(known), len(self._position)))
        low, high = (np.array(ends) for ends in zip(*((fact.low, fact.high) for fact in known), strict=True))
        return LinearConstraint(matrix, low - TOLERANCE, high + TOLERANCE)

    def extreme(self, name: str, sign: int) -> int:
        """The smallest (sign 1) or largest (sign -1) whole number that a count can be."""
        goal = np.zeros(len(self._position))
        goal[self._position[name]] = sign
        whole = np.ones(len(goal))
        exact = {"mip_rel_gap": 0}  # else a large count may be off by a ten thousandth, which is more than a range
        solved = milp(goal, integrality=whole, bounds=Bounds(0, LARGEST), constraints=self._limits, options=exact)
        if not solved.success:
            raise NoSolution(f"no count fits all that is published around {name}: {solved.message}")
        return round(solved.x[self._position[name]])
