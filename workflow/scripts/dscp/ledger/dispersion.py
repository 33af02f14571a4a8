"""How far areas differ beyond chance: what formulas of a funnel may call (Spiegelhalter 2005, additive model).

Lists hold a count and a base for each area. An area of which either is missing, and one with a base below LEAST, has no
part in an estimate; fewer than FEWEST areas leave nothing to compute (ValueError).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

FEWEST, LEAST = 20, 10
WINSORISED = 0.1  # of the areas, at each end


def _areas(counts: Iterable[float], bases: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
    c, n = (np.array(list(values), float) for values in (counts, bases))
    kept = ~np.isnan(c) & (n >= LEAST)
    if kept.sum() < FEWEST:
        raise ValueError(f"at least {FEWEST} areas are needed")
    return c[kept], n[kept]


def pooled_share(counts: Iterable[float], bases: Iterable[float]) -> float:
    """The share of all areas together."""
    c, n = _areas(counts, bases)
    return math.fsum(c) / math.fsum(n)


def dispersion(counts: Iterable[float], bases: Iterable[float]) -> float:
    """Mean squared z of the areas around the share of all, winsorised at a tenth of them at each end.

    It is 1 where areas differ by chance alone, and cannot be told where nobody or everybody is counted.
    """
    c, n = _areas(counts, bases)
    share = c.sum() / n.sum()
    if share in (0, 1):
        raise ValueError("nobody or everybody")
    z = np.sort((c / n - share) / np.sqrt(share * (1 - share) / n))
    cut = int(WINSORISED * len(z))
    return float((np.clip(z, z[cut], z[-1 - cut]) ** 2).mean())


def between_areas(counts: Iterable[float], bases: Iterable[float]) -> float:
    """Variance between areas beyond chance, by the method of moments from `dispersion`; never below 0."""
    c, n = _areas(counts, bases)
    phi, share, areas = dispersion(c, n), c.sum() / n.sum(), len(n)
    weights = n / (share * (1 - share))
    beyond = areas * phi - (areas - 1)
    return max(0.0, float(beyond / (weights.sum() - (weights**2).sum() / weights.sum())))


def number_outside(counts: Iterable[float], bases: Iterable[float], between: float, times: float) -> float:
    """How many areas are farther than so many standard deviations from the share of all.

    between : variance between areas that is added to that of chance
    """
    c, n = _areas(counts, bases)
    share = c.sum() / n.sum()
    return float((np.abs(c / n - share) > times * np.sqrt(share * (1 - share) / n + between)).sum())


# What formulas may call of these -> how many lists it takes, and how many numbers after them.
DISPERSION: Mapping[Callable[..., float], tuple[int, int]] = {
    pooled_share: (2, 0),
    dispersion: (2, 0),
    between_areas: (2, 0),
    number_outside: (2, 2),
}
