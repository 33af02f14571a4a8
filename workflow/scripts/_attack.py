"""The attack audit: what somebody who reads every published number can find out about the ones that are withheld.

Each withheld count is made as small and as large as all published numbers allow, by an integer programme. It is safe
if that leaves enough whole numbers between the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

LARGEST = 1e7  # clients: no count is larger
TOLERANCE = 1e-6


class NoSolution(ValueError):
    """The published numbers contradict each other."""


@dataclass(frozen=True)
class Fact:
    """What is known of counts: low <= sum of weight x count <= high."""

    weights: Mapping[str, float]
    low: float
    high: float


def attack(facts: Sequence[Fact], withheld: Sequence[str], width: int) -> dict[str, str]:
    """Find the withheld counts that the facts pin down.

    Parameters
    ----------
    facts : all that is published of counts, and how counts hang together. Counts are whole and not negative.
    withheld : ids of the withheld counts.
    width : how many whole numbers each must be left with.

    Returns
    -------
    Id -> what can be told of it, such as "3" or "2 to 4", for those left with fewer.
    """
    found = {}
    for group in _together(facts, withheld):
        programme = _Programme(facts, group)
        for name in group:
            low, high = programme.smallest(name), programme.largest(name)
            if high - low + 1 < width:
                found[name] = f"{low}" if low == high else f"{low} to {high}"
    return found


class _Programme:
    """The integer programme of some withheld counts and the facts on them; all else in those is a variable too."""

    def __init__(self, facts: Sequence[Fact], names: Sequence[str]) -> None:
        about = set(names)
        known = [fact for fact in facts if about & set(fact.weights)]
        others = {name for fact in known for name in fact.weights}
        known += [fact for fact in facts if len(fact.weights) == 1 and others & set(fact.weights)]
        self._position = {name: i for i, name in enumerate(sorted(others | about))}
        places = [(row, self._position[name], weight) for row, fact in enumerate(known)
                  for name, weight in fact.weights.items()]  # fmt: skip
        self._limits: LinearConstraint | tuple = ()
        if known:
            rows, columns, weights = zip(*places, strict=True)
            matrix = csr_array((weights, (rows, columns)), shape=(len(known), len(self._position)))
            low, high = (np.array(ends) for ends in zip(*((fact.low, fact.high) for fact in known), strict=True))
            self._limits = LinearConstraint(matrix, low - TOLERANCE, high + TOLERANCE)

    def smallest(self, name: str) -> int:
        """The smallest whole number that a count can be."""
        return self._extreme(name, 1)

    def largest(self, name: str) -> int:
        """The largest whole number that a count can be."""
        return self._extreme(name, -1)

    def _extreme(self, name: str, sign: int) -> int:
        goal = np.zeros(len(self._position))
        goal[self._position[name]] = sign
        whole = np.ones(len(goal))
        solved = milp(goal, integrality=whole, bounds=Bounds(0, LARGEST), constraints=self._limits)
        if not solved.success:
            raise NoSolution(f"no count fits all that is published around {name}: {solved.message}")
        return round(solved.x[self._position[name]])


def _together(facts: Sequence[Fact], withheld: Sequence[str]) -> list[list[str]]:
    """Withheld counts in groups: those that a chain of facts links stand together."""
    groups: list[set[str]] = [{name} for name in withheld]
    for fact in facts:
        touched = [group for group in groups if group & set(fact.weights)]
        if len(touched) > 1:
            groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    return [sorted(group) for group in groups]
