"""Sets of areas drawn as if they were the pilots: what formulas may call to see what areas do by themselves.

Lists hold one value for each area, those of the pilots first. The first set is the pilots; the others are drawn from
all areas, the pilots among them. Ties count as "as large". Points are percentage points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import numpy as np

from dscp.ledger.estimators import TIE, several

BINS = 21  # ranges of differences that a figure counts the sets in; the middle one is around nought


@lru_cache(maxsize=4)
def sets_of_areas(areas: int, pilots: int, draws: int, seed: int) -> np.ndarray:
    """Rows of 1 (called a pilot) and 0: first the pilots themselves, then as many sets as are drawn."""
    real = np.zeros((1, areas))
    real[0, :pilots] = 1
    drawn = np.random.default_rng(seed).permuted(np.tile(real, (draws, 1)), axis=1)
    return np.vstack([real, drawn])


def placebo_share(
    people_before: Iterable[float],
    prevalence_before: Iterable[float],
    people_after: Iterable[float],
    prevalence_after: Iterable[float],
    pilots: float,
    draws: float,
    seed: float,
) -> float:
    """Share of the sets whose pooled difference in differences is at least as large as the pilots', either way."""
    found = _pooled((people_before, prevalence_before, people_after, prevalence_after), pilots, draws, seed)
    return _share(found)


def placebo_reach(
    people_before: Iterable[float],
    prevalence_before: Iterable[float],
    people_after: Iterable[float],
    prevalence_after: Iterable[float],
    pilots: float,
    draws: float,
    seed: float,
) -> float:
    """The largest difference that any of the sets gives, either way, points."""
    found = _pooled((people_before, prevalence_before, people_after, prevalence_after), pilots, draws, seed)
    return float(np.abs(found).max())


def placebo_within(
    people_before: Iterable[float],
    prevalence_before: Iterable[float],
    people_after: Iterable[float],
    prevalence_after: Iterable[float],
    pilots: float,
    draws: float,
    seed: float,
    low: float,
    high: float,
) -> float:
    """How many of the sets give a difference from `low` up to, but not including, `high`."""
    found = _pooled((people_before, prevalence_before, people_after, prevalence_after), pilots, draws, seed)
    return float(((found >= low - TIE) & (found < high - TIE)).sum())


def placebo_share_of_means(changes: Iterable[float], pilots: float, draws: float, seed: float) -> float:
    """Share of the sets whose mean change differs from that of the others as much as the pilots' does, either way."""
    (moved,) = several(changes)
    chosen = sets_of_areas(len(moved), int(pilots), int(draws), int(seed))
    own, number = chosen @ moved, int(pilots)
    return _share(own / number - (moved.sum() - own) / (len(moved) - number))


def _pooled(lists: tuple[Iterable[float], ...], pilots: float, draws: float, seed: float) -> np.ndarray:
    """The pooled difference in differences of each set, the pilots' first."""
    before, need_before, after, need_after = several(*lists)
    chosen = sets_of_areas(len(before), int(pilots), int(draws), int(seed))
    changes = []
    for inside in (chosen, 1 - chosen):
        rates = [
            100 * (inside @ people) / (inside @ need) for people, need in ((before, need_before), (after, need_after))
        ]
        changes.append(rates[1] - rates[0])
    return changes[0] - changes[1]


def _share(found: np.ndarray) -> float:
    return float((np.abs(found) >= abs(found[0]) - TIE).mean())


# What formulas may call of these -> how many lists it takes, and how many numbers after them.
PLACEBO: Mapping[Callable[..., float], tuple[int, int]] = {
    placebo_share: (4, 3),
    placebo_reach: (4, 3),
    placebo_within: (4, 5),
    placebo_share_of_means: (1, 3),
}
