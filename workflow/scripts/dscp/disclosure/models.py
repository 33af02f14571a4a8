"""What the results of adjusted models tell of the rounded counts behind them.

A model without characteristics is a formula of eight counts: a base and those with the outcome, of two areas in two
periods. Whoever takes a model for such a one can try every eight counts that round to the published ones, and keep
those that give its results: with all digits, or with fewer, where the characteristics move it by a little.

Models are fitted to the published counts (rule published_models), so that what this reader finds has nothing to do with
the records. That holds whatever the records are; here it is made sure that the reader is not right by chance either,
nor because a model was fitted to the records after all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

import numpy as np

from dscp.disclosure.attack import Range
from dscp.disclosure.facts import bases, of_people, whom
from dscp.ledger.ids import dims_of, dims_text, general, identifier
from dscp.study.areas import arms_of

RESULTS = ("p", "odds_ratio", "odds_ratio_low", "odds_ratio_high", "effect", "effect_low", "effect_high")
FIELDS = ["id", "value", "withheld"]  # of a result as published_models writes it; withheld: why, "" where it is not
# The four bases and counts behind a result, as they enter the model: with the sign of their log odds in pilot x post.
CELLS = {("pilot", "post"): 1, ("pilot", "pre"): -1, ("comparison", "post"): -1, ("comparison", "pre"): 1}
MOST_TABLES = 2_000_000  # more possible tables than these are not searched: the results are not published
FEWEST_DIGITS = 2  # with fewer a result says nothing worth printing
SLACK = 1e-7  # relative: what two ways to compute the same result may differ by
LEAST = 1e-3  # below this it is as much of this

CONFIDENCE = "setting.models.confidence"

Window = tuple[float, float]


@dataclass(frozen=True)
class Fitted:
    """An adjusted model in a ledger.

    results : name of RESULTS -> id, of those that the ledger has
    cells : ids of the counts and bases that it is fitted to, in the order of CELLS; none where the ledger lacks one
    """

    results: Mapping[str, str]
    cells: Sequence[tuple[str, str]]


def is_result(row: Mapping) -> bool:
    """Whether a quantity is a result of an adjusted model."""
    return of_people(row) and "site" in dims_of(row) and _statistic(row) in RESULTS


def _statistic(row: Mapping) -> str:
    return general(row).removeprefix(f"{row['family']}.").removesuffix(".{site}")


def fitted(rows: Mapping[str, Mapping]) -> list[Fitted]:
    """Every adjusted model of a ledger, in its order.

    Parameters
    ----------
    rows : id -> row of the ledger, published or not
    """
    known, found = bases(rows), {}
    for name in filter(lambda one: is_result(rows[one]), rows):
        row = rows[name]
        site = dims_of(row)["site"]
        results, _ = found.setdefault((row["family"], site), ({}, _cells(rows, known, row, site)))
        results[_statistic(row)] = name
    return [Fitted(results, cells) for results, cells in found.values()]


def _cells(
    rows: Mapping[str, Mapping], known: Mapping[tuple[str, str], str], row: Mapping, site: str
) -> list[tuple[str, str]]:
    places = [{"area": arms_of(site)[arm], "period": period} for arm, period in CELLS]
    counted = [identifier(f"{row['family']}.count.{{area}}.{{period}}", **place) for place in places]
    based = [known.get((whom(row), dims_text(place)), "") for place in places]
    pairs = list(zip(counted, based, strict=True))
    return pairs if all(rows.keys() >= set(pair) for pair in pairs) else []


@dataclass(frozen=True)
class Cell:
    """A base and those of it with the outcome.

    count, base : as far as a reader knows them
    published, full : both, as they are published and as they are
    """

    count: Range
    base: Range
    published: tuple[int, int]
    full: tuple[int, int]


class Tables:
    """Every eight counts that are possible, and what a model without characteristics says of each.

    Arrays have one axis per cell, in the order of CELLS, along its possible pairs.
    """

    def __init__(self, cells: Sequence[tuple[Range, Range]], confidence: float) -> None:
        """`cells` : what each count and base may be; `confidence` : of the intervals."""
        self._z = NormalDist().inv_cdf((1 + confidence) / 2)
        self.pairs = [_pairs(*cell) for cell in cells]
        odds = [np.log(count / (base - count)) for count, base in self.pairs]
        errors = [1 / count + 1 / (base - count) for count, base in self.pairs]
        signed = [sign * values for sign, values in zip(CELLS.values(), odds, strict=True)]
        here, own = (values[:, None, None, None] for values in (odds[0], errors[0]))  # of the treated
        self.log_odds, variance = _outer_sum(signed), _outer_sum(errors)
        self.error = np.sqrt(variance)
        there = here - self.log_odds
        self.effect = 100 * (_logistic(here) - _logistic(there))
        self.spread = 100 * np.sqrt(_slope(here) ** 2 * own + _slope(there) ** 2 * (variance - own))

        self.results = {name: self._result(name) for name in RESULTS}

    def that_give(self, windows: Mapping[str, Window]) -> np.ndarray:
        """Which tables give results within windows."""
        fit = np.ones(self.log_odds.shape, dtype=bool)
        for name, (low, high) in windows.items():
            slack = SLACK * max(abs(low), abs(high), LEAST)
            fit &= (self.results[name] >= low - slack) & (self.results[name] <= high + slack)
        return fit

    def _result(self, name: str) -> np.ndarray:
        """One of RESULTS, of every table."""
        statistic, _, end = name.rpartition("_") if name.endswith(("_low", "_high")) else (name, "", "")
        side = {"": 0, "low": -self._z, "high": self._z}[end]
        if statistic == "p":
            return _two_tails(np.abs(self.log_odds) / self.error)
        if statistic == "odds_ratio":
            return np.exp(self.log_odds + side * self.error)
        return self.effect + side * self.spread

    def told(self, fit: np.ndarray) -> list[tuple[set[int], set[int]]]:
        """The values that the count and the base of each cell have among some tables."""
        others = [tuple(axis for axis in range(fit.ndim) if axis != at) for at in range(fit.ndim)]
        kept = [pairs[:, fit.any(axis=axes)] for pairs, axes in zip(self.pairs, others, strict=True)]
        return [(set(map(int, count)), set(map(int, base))) for count, base in kept]


def _pairs(count: Range, base: Range) -> np.ndarray:
    """The counts and bases that both are possible, shape (2, n): in a model nobody's outcome is certain."""
    every = itertools.product(count.values(), base.values())
    return np.array([pair for pair in every if 0 < pair[0] < pair[1]], dtype=float).reshape(-1, 2).T


def _outer_sum(parts: Sequence[np.ndarray]) -> np.ndarray:
    total = np.zeros(())
    for part in parts:
        total = total[..., None] + part
    return total


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _slope(x: np.ndarray) -> np.ndarray:
    return _logistic(x) * (1 - _logistic(x))


def _two_tails(z: np.ndarray) -> np.ndarray:
    from scipy.special import erfc

    return erfc(z / math.sqrt(2))


def shortened(value: float, digits: int) -> float:
    """A value with so many significant digits; nan stays nan."""
    return value if math.isnan(value) else float(f"{value:.{digits}g}")


def digits_of(value: float) -> int:
    """The significant digits that a result is published with, 0 of one that is missing."""
    return 0 if math.isnan(value) else len(Decimal(repr(value)).normalize().as_tuple().digits)


def window(value: float, digits: int) -> Window:
    """What a result may have been before it was cut to so many digits."""
    short = shortened(value, digits)
    if short == 0:
        return 0.0, 0.0
    half = 10.0 ** (math.floor(math.log10(abs(short))) - digits + 1) / 2
    return short - half, short + half


def safe_digits(results: Mapping[str, float], cells: Sequence[Cell], confidence: float, most: int) -> int:
    """With how many digits the results of a model may be published: 0 where they may not be.

    Up to so many digits a reader who takes the model for one without characteristics is not led to the counts: the
    true ones are not among those found, or each count may be whatever it may be without the model. Results that are
    those of the published counts say nothing more than these.

    Parameters
    ----------
    results : name of RESULTS -> value, none missing
    cells : the four bases and counts, in the order of CELLS
    confidence : of the intervals
    most : the digits that the policy lets through
    """
    if all(cell.base.width == cell.count.width == 1 for cell in cells):
        return most
    if math.prod(cell.base.width * cell.count.width for cell in cells) > MOST_TABLES:
        return 0
    if _give(results, [cell.published for cell in cells], confidence, most):
        return most
    true = [cell.full for cell in cells]
    for digits in range(1, most + 1):
        if _give(results, true, confidence, digits) and not _open(results, cells, confidence, digits):
            return digits - 1 if digits > FEWEST_DIGITS else 0
    return most


def _open(results: Mapping[str, float], cells: Sequence[Cell], confidence: float, digits: int) -> bool:
    """Whether results, with so many digits, leave each count whatever it may be without them."""
    tables = Tables([(cell.count, cell.base) for cell in cells], confidence)
    fit = tables.that_give({name: window(value, digits) for name, value in results.items()})
    return tables.told(fit) == [(set(cell.count.values()), set(cell.base.values())) for cell in cells]


def _give(results: Mapping[str, float], cells: Sequence[tuple[int, int]], confidence: float, digits: int) -> bool:
    """Whether a model of four counts and bases, without characteristics, gives results with so many digits."""
    one = Tables([tuple(Range(value, value) for value in cell) for cell in cells], confidence)
    return bool(one.that_give({name: window(value, digits) for name, value in results.items()}).any())
