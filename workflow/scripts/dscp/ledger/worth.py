"""What is known of worth: expectations over what is not known, without random draws, for formulas to call.

Five things are not known: the probability of recovery, the years in treatment and of recovery (triangular: low, base,
high), the yearly saving in treatment and the untreated harm (gamma: mean, coefficient of variation). They are taken at
1,024 points that fill the cube evenly (Sobol 1967, not scrambled; 1/2048 is added to every coordinate, so that none is
0). At each point the benefit is normal, so that the effects are integrated and not drawn. Money is in pounds.

Every function takes the same. Lists: low, base and high of the probability, of the years in treatment and of recovery;
mean and coefficient of variation of the saving and of the harm; additional clients in effective treatment and
completions; their variance, covariance and variance. Then the yearly discount rate, the harm in recovery, the cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import numpy as np

POWER_OF_POINTS = 10
POINTS = 2**POWER_OF_POINTS
Lists = tuple[tuple[float, ...], ...]


@lru_cache(maxsize=1)
def points() -> np.ndarray:
    """The points, shape (1024, 5), each coordinate above 0 and below 1."""
    from scipy.stats.qmc import Sobol

    return Sobol(5, scramble=False).random_base2(POWER_OF_POINTS) + 1 / (2 * POINTS)


def triangular(share: np.ndarray, low: float, base: float, high: float) -> np.ndarray:
    """Values that a triangular one stays below with these probabilities.

    Raises
    ------
    ValueError
        The base is not between the ends.
    """
    if not low <= base <= high:
        raise ValueError("the base is not between low and high")
    if low == high:
        return np.full_like(share, base)
    below = low + np.sqrt(share * (high - low) * (base - low))
    return np.where(
        share * (high - low) < base - low, below, high - np.sqrt((1 - share) * (high - low) * (high - base))
    )


def gamma(share: np.ndarray, mean: float, variation: float) -> np.ndarray:
    """Values that a gamma one stays below with these probabilities; the mean itself where nothing varies."""
    from scipy.special import gammaincinv

    if variation == 0:
        return np.full_like(share, mean)
    return mean * variation**2 * gammaincinv(variation**-2, share)


def present_value(rate: float, years: np.ndarray) -> np.ndarray:
    """Present value of one a year for so many years, parts of a year too."""
    return years if rate == 0 else (1 - (1 + rate) ** -years) / rate


@lru_cache(maxsize=8)
def values_of_a_client(lists: Lists, rate: float, recovered: float) -> tuple[np.ndarray, np.ndarray]:
    """What one more in effective treatment, and one more completion, are worth at each point.

    Raises
    ------
    ValueError
        A value is missing, or what `triangular` refuses.
    """
    if any(math.isnan(value) for one in lists for value in one) or math.isnan(rate + recovered):
        raise ValueError("none may be missing")
    at = points().T
    (chance, treatment, recovery), (saving, harm) = lists[:3], lists[3:]
    years = triangular(at[1], *treatment)
    treated = gamma(at[3], *saving) * present_value(rate, years)
    later = present_value(rate, years + triangular(at[2], *recovery)) - present_value(rate, years)
    return treated, treated + triangular(at[0], *chance) * (gamma(at[4], *harm) - recovered) * later


def benefit(*given: Iterable[float] | float) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean and standard error of the benefit at each point, and the cost.

    Raises
    ------
    ValueError
        A value is missing, or the variances are none.
    """
    *some, (treated, completed), (own, both, other), rate, recovered, cost = (
        tuple(one) if isinstance(one, Iterable) else one for one in given
    )
    v, w = values_of_a_client(tuple(some), rate, recovered)
    if math.isnan(treated + completed + own + both + other + cost):
        raise ValueError("none may be missing")
    return treated * v + completed * w, np.sqrt(np.maximum(own * v**2 + 2 * both * v * w + other * w**2, 0)), cost


def _above(mean: np.ndarray, error: np.ndarray, cost: float) -> tuple[np.ndarray, np.ndarray]:
    """The probability that the benefit exceeds the cost, and the density there times the standard error."""
    from scipy.special import ndtr

    sure = error == 0
    u = (mean - cost) / np.where(sure, 1, error)
    chance = np.where(sure, mean > cost, ndtr(u))
    return chance, np.where(sure, 0, error * np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi))


def expected_value(*given: Iterable[float] | float) -> float:
    """The mean of the benefit."""
    return float(benefit(*given)[0].mean())


def expected_sd(*given: Iterable[float] | float) -> float:
    """The standard deviation of the benefit: of what is not known, and of the effects."""
    mean, error, _ = benefit(*given)
    return math.sqrt((error**2).mean() + mean.var())


def expected_share(*given: Iterable[float] | float) -> float:
    """The probability that the benefit exceeds the cost."""
    return float(_above(*benefit(*given))[0].mean())


def expected_gain(*given: Iterable[float] | float) -> float:
    """What it is worth to know, before choosing, whether the benefit exceeds the cost; never below 0."""
    mean, error, cost = benefit(*given)
    if (mean - cost).mean() > 0:  # what would be lost without knowing, on the side that has the smaller chance
        mean, cost = -mean, -cost
    chance, spread = _above(mean, error, cost)
    return max(float(((mean - cost) * chance + spread).mean()), 0.0)


# What formulas may call of these -> how many lists each takes, and how many numbers after them.
EXPECTED: Mapping[Callable[..., float], tuple[int, int]] = dict.fromkeys(
    (expected_value, expected_sd, expected_share, expected_gain), (7, 3)
)
