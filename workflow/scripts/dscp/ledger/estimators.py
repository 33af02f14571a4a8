"""Estimates from a few areas: what formulas may call where arithmetic alone would not do.

Lists hold one value for each pair of areas, or for each area of one kind, in percentage points. A value that is
missing, or too few of them, leave nothing to compute (ValueError). What tries every arrangement of areas counts ties as
"as large"; above a number of pairs (MOST) it tries DRAWS of them and the one that was observed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import combinations

import numpy as np

DRAWS = 9999
TIE = 1e-9  # points: what is less apart than this counts as the same
MOST = {"flips": 10, "permutations": 8, "bootstrap": 7}  # pairs up to which every arrangement is tried


def several(*lists: Iterable[float], least: int = 2) -> list[np.ndarray]:
    """Lists as arrays.

    Raises
    ------
    ValueError
        Fewer values than the least, or one that is missing.
    """
    found = [np.array(list(values), float) for values in lists]
    if any(len(values) < least or np.isnan(values).any() for values in found):
        raise ValueError(f"at least {least} values are needed, and none may be missing")
    return found


def mean(values: Iterable[float]) -> float:
    """Mean of two values or more."""
    (found,) = several(values)
    return math.fsum(found) / len(found)


def variance(values: Iterable[float]) -> float:
    """Variance of two values or more, with one degree of freedom less than there are values."""
    (found,) = several(values)
    return math.fsum((found - mean(found)) ** 2) / (len(found) - 1)


def logistic(log_odds: float) -> float:
    """The share that has these log odds."""
    return 1 / (1 + math.exp(-log_odds))


def student_tail(t: float, df: float) -> float:
    """Probability that a value of Student's t with so many degrees of freedom exceeds t."""
    from scipy.special import stdtr

    return float(stdtr(df, -t))


def student_quantile(share: float, df: float) -> float:
    """The value that Student's t stays below with a probability of `share`."""
    from scipy.special import stdtrit

    return float(stdtrit(df, share))


def chi_squared_quantile(share: float, df: float) -> float:
    """The value that chi squared stays below with a probability of `share`."""
    from scipy.special import chdtri

    return float(chdtri(df, 1 - share))


def paule_mandel(effects: Iterable[float], errors: Iterable[float]) -> float:
    """Variance between effects beyond their standard errors, squared points (Paule and Mandel 1982); never below 0.

    It is the root of Q(v) = sum(w * (y - m) ** 2) = k - 1 with w = 1 / (s ** 2 + v) and m the mean weighted by w. Q
    falls and is convex, so that Newton's steps from 0 never pass the root (DerSimonian and Kacker 2007).
    """
    y, s = several(effects, errors)
    found = 0.0
    for _ in range(200):
        w = 1 / (s**2 + found)
        apart = (y - (w * y).sum() / w.sum()) ** 2
        beyond = (w * apart).sum() - (len(y) - 1)
        if beyond <= 0 or found + (step := beyond / (w**2 * apart).sum()) == found:
            break
        found += step
    return float(found)


def sign_flip_p(effects: Iterable[float], seed: float) -> float:
    """Share of all ways to turn signs in which the mean is as far from 0 as the one observed."""
    (y,) = several(effects)
    return _share(np.abs(all_signs(len(y), MOST["flips"], int(seed)) @ y) / len(y), abs(y.mean()))


def permutation_p(pilots: Iterable[float], others: Iterable[float], seed: float) -> float:
    """Share of all ways to call half of the areas pilots in which their mean change differs as much from the others'.

    Two-sided. pilots, others : changes, as many of either
    """
    moved = _relabelled(pilots, others, seed)
    return _share(np.abs(moved), abs(moved[0]))


def relabellings(pairs: float) -> float:
    """How many ways `permutation_p` tries for so many pairs of areas."""
    return float(math.comb(2 * int(pairs), int(pairs)) if pairs <= MOST["permutations"] else 1 + DRAWS)


def relabelled_within(pilots: Iterable[float], others: Iterable[float], seed: float, low: float, high: float) -> float:
    """How many of these ways give a difference from `low` up to, but not including, `high`."""
    moved = _relabelled(pilots, others, seed)
    return float(((moved >= low - TIE) & (moved < high - TIE)).sum())


def relabelled_reach(pilots: Iterable[float], others: Iterable[float], seed: float) -> float:
    """The largest difference that any of these ways gives."""
    return float(np.abs(_relabelled(pilots, others, seed)).max())


def wild_bootstrap_p(
    pilots: Iterable[float],
    others: Iterable[float],
    pilot_weights: Iterable[float],
    other_weights: Iterable[float],
    seed: float,
) -> float:
    """Wild cluster bootstrap of the difference in changes, without any effect imposed: share of |t| as large.

    With two periods, weighted least squares of the rates on areas, period and pilot x period are those of the areas'
    changes, each weighted by b0 * b1 / (b0 + b1) of its bases. The signs of whole areas are turned; t is clustered by
    area, without a correction for small samples (Cameron, Gelbach and Miller 2008).

    pilots, others, …_weights : changes, and the weights of their areas
    """
    p, o, v, w = several(pilots, others, pilot_weights, other_weights)
    changes, weights = np.concatenate([p, o]), np.concatenate([v, w])
    rest = changes - weights @ changes / weights.sum()
    signs = all_signs(len(changes), 2 * MOST["bootstrap"], int(seed))
    tried = _clustered_t(signs * rest, weights, len(p))
    return _share(tried, tried[0])


def _clustered_t(changes: np.ndarray, weights: np.ndarray, pilots: int) -> np.ndarray:
    """|t| of the difference in weighted means, one for each row of changes (ways x areas, the pilots first)."""
    means, variances = [], []
    for part in (slice(0, pilots), slice(pilots, None)):
        y, w = changes[:, part], weights[part] / weights[part].sum()
        middle = y @ w
        means.append(middle)
        variances.append(((y - middle[:, None]) * w) ** 2 @ np.ones(len(w)))
    error = np.sqrt(variances[0] + variances[1])
    far = np.abs(means[0] - means[1])
    return np.divide(far, error, out=np.where(far > TIE, np.inf, 0.0), where=error > TIE)


def holm(p_values: Iterable[float], own: float) -> float:
    """A p-value of a family after Holm's correction: the chance of any false alarm stays below the level."""
    p, own = *several(p_values, least=1), _known(own)
    return min(max(float(one * (p >= one).sum()) for one in p[p <= own]), 1.0)


def benjamini_hochberg(p_values: Iterable[float], own: float) -> float:
    """A p-value of a family after Benjamini and Hochberg: the share of false alarms among findings stays below it."""
    p, own = *several(p_values, least=1), _known(own)
    return float(min(one * len(p) / (p <= one).sum() for one in p[p >= own]))


def number_below(values: Iterable[float], limit: float) -> float:
    """How many values are below a limit; none may be missing."""
    (found,) = several(values, least=1)
    return float((found < limit).sum())


@lru_cache(maxsize=8)
def all_signs(number: int, most: int, seed: int) -> np.ndarray:
    """Rows of 1 and -1: every way to sign so many values, or DRAWS above `most`; in the first none is turned."""
    if number > most:
        drawn = np.random.default_rng(seed).choice([-1.0, 1.0], size=(DRAWS, number))
        return np.vstack([np.ones(number), drawn])
    return 1.0 - 2.0 * (np.arange(2**number)[:, None] >> np.arange(number) & 1)


@lru_cache(maxsize=8)
def all_choices(pairs: int, seed: int) -> np.ndarray:
    """Rows of 1 (called a pilot) and -1: every way to call half of the areas pilots, or DRAWS; the first as it was."""
    real = np.repeat([1.0, -1.0], pairs)
    if pairs > MOST["permutations"]:
        return np.vstack([real, np.random.default_rng(seed).permuted(np.tile(real, (DRAWS, 1)), axis=1)])
    chosen = np.array(list(combinations(range(2 * pairs), pairs)))
    found = -np.ones((len(chosen), 2 * pairs))
    np.put_along_axis(found, chosen, 1.0, axis=1)
    return found


def _relabelled(pilots: Iterable[float], others: Iterable[float], seed: float) -> np.ndarray:
    """The difference of mean changes in each way to call half of the areas pilots, the one observed first."""
    p, o = several(pilots, others)
    if len(p) != len(o):
        raise ValueError("each pilot area needs its comparison area")
    return all_choices(len(p), int(seed)) @ np.concatenate([p, o]) / len(p)


def _share(tried: np.ndarray, observed: float) -> float:
    return float((tried >= observed - TIE).mean())


def _known(value: float) -> float:
    if math.isnan(value):
        raise ValueError("none may be missing")
    return value


# What formulas may call of these -> how many lists it takes, and how many numbers after them.
ESTIMATORS: Mapping[Callable[..., float], tuple[int, int]] = {
    mean: (1, 0),
    variance: (1, 0),
    logistic: (0, 1),
    student_tail: (0, 2),
    student_quantile: (0, 2),
    chi_squared_quantile: (0, 2),
    paule_mandel: (2, 0),
    sign_flip_p: (1, 1),
    permutation_p: (2, 1),
    relabellings: (0, 1),
    relabelled_within: (2, 3),
    relabelled_reach: (2, 1),
    wild_bootstrap_p: (4, 1),
    holm: (1, 1),
    benjamini_hochberg: (1, 1),
    number_below: (1, 1),
}
