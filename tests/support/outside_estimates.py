"""Estimates from a few areas as the reader of `outside` computes them: from the guide's words, nothing of the workflow.

Lists are those of the auditor's guide; nan where a value is missing. All arrangements are tried one by one, as the
guide says of few pairs; its random ones, of many pairs, are not the reader's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, gamma, norm, qmc, t, triang
from scipy.stats.mstats import winsorize
from statsmodels.stats.proportion import proportion_confint

NEAR = 1e-9


def known(found: Callable[..., float]) -> Callable[..., float]:
    """The same function of lists and numbers; nan where any of these is missing."""

    @wraps(found)
    def checked(*given: Iterable[float] | float) -> float:
        given = [list(one) if isinstance(one, Iterable) else one for one in given]
        every = [value for one in given for value in (one if isinstance(one, list) else [one])]
        return math.nan if any(math.isnan(value) for value in every) else float(found(*given))

    return checked


def between(effects: list[float], errors: list[float]) -> float:
    """Where the weighted squares are as many as there are effects, less one."""

    def beyond(v: float) -> float:
        w = 1 / (np.array(errors) ** 2 + v)
        return w @ (effects - w @ effects / w.sum()) ** 2 - (len(effects) - 1)

    most = 1.0
    while beyond(most) > 0:
        most *= 10
    return 0.0 if beyond(0) <= 0 else brentq(beyond, 0, most, xtol=1e-13, rtol=1e-13)


def flips(effects: list[float], seed: float) -> float:
    """All ways to turn signs."""
    ways = [abs(np.dot(signs, effects)) for signs in itertools.product([1, -1], repeat=len(effects))]
    return np.mean([way >= abs(sum(effects)) - NEAR * len(effects) for way in ways])


def moved(pilots: Sequence[float], others: Sequence[float]) -> Iterator[float]:
    """The difference of means in each way to call half of the areas pilots, the real one first."""
    every = [*pilots, *others]
    for chosen in itertools.combinations(every, len(pilots)):
        yield (2 * sum(chosen) - sum(every)) / len(pilots)


def permuted(pilots: list[float], others: list[float], seed: float) -> float:
    """All ways to call half of the areas pilots."""
    ways = [abs(way) for way in moved(pilots, others)]
    return np.mean([way >= ways[0] - NEAR for way in ways])


def within(pilots: list[float], others: list[float], seed: float, low: float, high: float) -> float:
    """How many of these ways lie from `low` up to `high`."""
    return sum(low - NEAR <= way < high - NEAR for way in moved(pilots, others))


def bootstrapped(p: list[float], o: list[float], v: list[float], w: list[float], seed: float) -> float:
    """All signs of whole areas on what is left of the changes after their mean, t by area."""
    changes, weights, pilots = np.array(p + o), np.array(v + w), len(p)
    left = changes - np.average(changes, weights=weights)
    found = []
    for signs in itertools.product([1, -1], repeat=len(changes)):
        means, variances = [], []
        for part in (slice(None, pilots), slice(pilots, None)):
            y, share = (left * signs)[part], weights[part] / weights[part].sum()
            means.append(y @ share)
            variances.append((((y - y @ share) * share) ** 2).sum())
        far, error = abs(means[0] - means[1]), math.sqrt(sum(variances))
        found.append(far / error if error > NEAR else math.inf if far > NEAR else 0.0)
    return np.mean([one >= found[0] - NEAR for one in found])


def stepped_down(p: list[float], own: float) -> float:
    """Holm's: the smallest times their number, the next times one less, and none below the one before."""
    steps = [one * (len(p) - i) for i, one in enumerate(sorted(p)) if one <= own]
    return min(1.0, max(steps))


def stepped_up(p: list[float], own: float) -> float:
    """Benjamini and Hochberg's: each times their number over its rank, and none above the one after."""
    return min(one * len(p) / (i + 1) for i, one in enumerate(sorted(p)) if one >= own)


def benefits(chance, treatment, recovery, saving, harm, effects, variances, rate, recovered, cost):
    """Mean, standard error at each of the guide's points, and the cost."""
    at = qmc.Sobol(5, scramble=False).random(1024) + 1 / 2048

    def between(column: int, low: float, base: float, high: float) -> np.ndarray:
        return triang((base - low) / (high - low), low, high - low).ppf(at[:, column])

    def around(column: int, mean: float, cv: float) -> np.ndarray:
        return gamma(cv**-2, scale=mean * cv**2).ppf(at[:, column])

    def worth_today(years: np.ndarray) -> np.ndarray:
        return (1 - (1 + rate) ** -years) / rate

    years = between(1, *treatment)
    v = around(3, *saving) * worth_today(years)
    later = worth_today(years + between(2, *recovery)) - worth_today(years)
    w = v + between(0, *chance) * (around(4, *harm) - recovered) * later
    own, both, other = variances
    return effects[0] * v + effects[1] * w, np.sqrt(own * v**2 + 2 * both * v * w + other * w**2), cost


def gained(*given) -> float:
    """What knowing is worth: the mean of what is above nought, less what there is without knowing."""
    mean, error, cost = benefits(*given)
    u = (mean - cost) / error
    above = (mean - cost) * norm.cdf(u) + error * norm.pdf(u)
    below = above - (mean - cost)
    return min(above.mean(), below.mean())


def funnel(counts, bases, variance: float = 0, times: float = 3) -> tuple[float, float, float, float]:
    """Share of all, dispersion, variance between areas and areas outside; of twenty areas known or more."""
    areas = [(c, n) for c, n in zip(counts, bases, strict=True) if not math.isnan(c) and n >= 10]
    if len(areas) < 20:
        return (math.nan,) * 4
    c, n = np.array(areas, float).T
    p = c.sum() / n.sum()
    s = np.sqrt(p * (1 - p) / n)
    phi = (np.asarray(winsorize((c / n - p) / s, limits=(0.1, 0.1))) ** 2).mean()
    w = s**-2
    beyond = max(0, (len(n) * phi - len(n) + 1) / (w.sum() - (w @ w) / w.sum()))
    return p, phi, beyond, float(sum(abs(c / n - p) > times * np.hypot(s, math.sqrt(variance))))


LISTS = {  # how many lists a function takes, before numbers
    "mean": 1, "variance": 1, "paule_mandel": 2, "sign_flip_p": 1, "permutation_p": 2, "relabelled_within": 2,
    "relabelled_reach": 2, "wild_bootstrap_p": 4, "holm": 1, "benjamini_hochberg": 1, "number_below": 1,
    "pooled_share": 2, "dispersion": 2, "between_areas": 2, "number_outside": 2,
    "expected_value": 7, "expected_sd": 7, "expected_share": 7, "expected_gain": 7,
}  # fmt: skip
FUNCTIONS = {
    "mean": known(np.mean),
    "variance": known(lambda values: np.var(values, ddof=1)),
    "logistic": known(lambda odds: 1 / (1 + math.exp(-odds))),
    "student_tail": known(t.sf),
    "student_quantile": known(t.ppf),
    "chi_squared_quantile": known(chi2.ppf),
    "paule_mandel": known(between),
    "pooled_share": lambda c, n: funnel(c, n)[0],
    "dispersion": lambda c, n: funnel(c, n)[1],
    "between_areas": lambda c, n: funnel(c, n)[2],
    "number_outside": lambda c, n, v, times: funnel(c, n, v, times)[3],
    "wilson_low": known(lambda *given: proportion_confint(*given[:2], 1 - given[2], "wilson")[0]),
    "wilson_high": known(lambda *given: proportion_confint(*given[:2], 1 - given[2], "wilson")[1]),
    "sign_flip_p": known(flips),
    "permutation_p": known(permuted),
    "relabellings": known(lambda pairs: math.comb(2 * int(pairs), int(pairs))),
    "relabelled_within": known(within),
    "relabelled_reach": known(lambda pilots, others, seed: max(abs(way) for way in moved(pilots, others))),
    "wild_bootstrap_p": known(bootstrapped),
    "holm": known(stepped_down),
    "benjamini_hochberg": known(stepped_up),
    "number_below": known(lambda values, limit: sum(value < limit for value in values)),
    "expected_value": known(lambda *given: benefits(*given)[0].mean()),
    "expected_sd": known(lambda *given: math.sqrt((benefits(*given)[1] ** 2).mean() + benefits(*given)[0].var())),
    "expected_share": known(lambda *given: norm.sf((given[-1] - benefits(*given)[0]) / benefits(*given)[1]).mean()),
    "expected_gain": known(gained),
}
