"""Whether any weights make a pooled row of several rows: a linear programme over the printed rounding.

Each condition says of every part what it holds per unit of weight, and what the whole is; both are intervals. Where no
weights can be, multipliers of the conditions prove it (Farkas' lemma): added up with them, every part holds more than
the whole, which no mean of the parts can, and which a pocket calculator can repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from dscp.reproduction.intervals import Interval


@dataclass(frozen=True)
class Weighted:
    """Whether weights are possible, and what shows it.

    shares : from and to which share of all each part may have
    gap, proof : number of a condition and its multiplier, negative where its upper ends are taken for the parts; with
        these every part holds the gap more than the whole
    """

    possible: bool
    shares: tuple[tuple[float, float], ...]
    gap: float
    proof: tuple[tuple[int, float], ...]


def weighted(parts: Sequence[Sequence[Interval]], whole: Sequence[Interval]) -> Weighted:
    """Weights of parts, none negative and adding up to 1, for which every condition can hold.

    Parameters
    ----------
    parts : per condition, of every part what it holds
    whole : per condition, what the weighted mean is
    """
    low = np.array([[float(one.low) for one in row] for row in parts])
    high = np.array([[float(one.high) for one in row] for row in parts])
    bounds = np.concatenate([[float(one.high) for one in whole], [-float(one.low) for one in whole]])
    conditions, number = np.vstack([low, -high]), low.shape[1]
    with_gap = np.column_stack([conditions, -np.ones(len(conditions))])
    sums = [[1] * number + [0]]
    nearest = linprog([0] * number + [1], A_ub=with_gap, b_ub=bounds, A_eq=sums, b_eq=[1])
    if nearest.fun > 1e-9:
        up, down = np.split(-nearest.ineqlin.marginals, 2)
        return Weighted(False, (), float(nearest.fun), tuple(enumerate((up - down).tolist(), start=1)))
    ends = [_end(conditions, bounds, part, sign) for part in range(number) for sign in (1, -1)]
    return Weighted(True, tuple(zip(ends[::2], ends[1::2], strict=True)), 0.0, ())


def _end(conditions: np.ndarray, bounds: np.ndarray, part: int, sign: int) -> float:
    """The smallest (1) or largest (-1) share of a part."""
    number = conditions.shape[1]
    aim = sign * np.eye(number)[part]
    found = linprog(aim, A_ub=conditions, b_ub=bounds, A_eq=[[1] * number], b_eq=[1])
    return float(sign * found.fun)
