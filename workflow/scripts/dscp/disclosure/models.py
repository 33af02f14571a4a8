"""What the results of adjusted models tell of the rounded counts behind them.

A model without characteristics is a formula of eight counts: a base and those with the outcome, of two areas in two
periods. Whoever takes a model for such a one can try every eight counts that round to the published ones, and keep
those that give its results: with all digits, or with fewer, where the characteristics move it by a little.

Models are fitted to the published counts (rule published_models), so that what this reader finds has nothing to do with
the records. Here it is made sure that he finds nothing else, right or wrong: what would lead him to counts is published
with fewer digits, or not. The choice rests on what is published alone, and the gate makes it again: a model that was
fitted to the records after all does not pass.
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
P_CLUSTERED = "p_clustered"  # beside the p of the same model it would tell how many clients have several rows
CLUSTERED = (P_CLUSTERED, "did_se_clustered")  # beside the error from counts alone, so would that from records
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
    """Whether a quantity is a result of an adjusted model, or an error that is clustered by client."""
    return of_people(row) and "site" in dims_of(row) and _statistic(row) in (*RESULTS, *CLUSTERED)


def is_clustered(row: Mapping) -> bool:
    """Whether a quantity is a result that no policy lets through."""
    return is_result(row) and _statistic(row) in CLUSTERED


def _statistic(row: Mapping) -> str:
    return general(row).removeprefix(f"{row['family']}.").removesuffix(".{site}")


def fitted(rows: Mapping[str, Mapping]) -> list[Fitted]:
    """Every adjusted model of a ledger, in its order.

    Parameters
    ----------
    rows : id -> row of the ledger, published or not
    """
    known, found = bases(rows), {}
    for name in filter(lambda one: is_result(rows[one]) and not is_clustered(rows[one]), rows):
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
    """A base and those of it with the outcome, as they are published.

    count, base : what a reader knows of them
    published : both
    """

    count: Range
    base: Range
    published: tuple[int, int]


class Tables:
    """Every eight counts that are possible, and what a model without characteristics says of each."""

    def __init__(self, cells: Sequence[tuple[Range, Range]], confidence: float) -> None:
        """`cells` : what each count and base may be, in the order of CELLS; `confidence` : of the intervals."""
        self._z = NormalDist().inv_cdf((1 + confidence) / 2)
        self.pairs = [_pairs(*cell) for cell in cells]
        self._odds = [np.log(count / (base - count)) for count, base in self.pairs]
        self._errors = [1 / count + 1 / (base - count) for count, base in self.pairs]

    def that_give(self, windows: Mapping[str, Window]) -> list[np.ndarray]:
        """Which tables give results within windows: for each cell, which of its pairs each of them has."""
        signed = [sign * values for sign, values in zip(CELLS.values(), self._odds, strict=True)]
        log_odds = _outer_sum(signed)
        first = {"odds_ratio": windows["odds_ratio"]} if "odds_ratio" in windows else {}
        found = np.nonzero(_within(first, {"odds_ratio": np.exp(log_odds)}, log_odds.shape))
        fit = _within(windows, self._results(log_odds[found], found), found[0].shape)
        return [chosen[fit] for chosen in found]

    def _results(self, log_odds: np.ndarray, chosen: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """RESULTS of some tables; `chosen` : of each cell, which of its pairs they have."""
        errors = [values[at] for values, at in zip(self._errors, chosen, strict=True)]
        here, own = self._odds[0][chosen[0]], errors[0]  # of the treated
        variance, there = sum(errors), here - log_odds
        error = np.sqrt(variance)
        effect = 100 * (_logistic(here) - _logistic(there))
        spread = 100 * np.sqrt(_slope(here) ** 2 * own + _slope(there) ** 2 * (variance - own))
        found = {"p": _two_tails(np.abs(log_odds) / error), "odds_ratio": np.exp(log_odds), "effect": effect}
        for end, side in (("low", -self._z), ("high", self._z)):
            found[f"odds_ratio_{end}"] = np.exp(log_odds + side * error)
            found[f"effect_{end}"] = effect + side * spread
        return found

    def told(self, chosen: Sequence[np.ndarray]) -> list[tuple[set[int], set[int]]]:
        """The values that the count and the base of each cell have among some tables."""
        kept = [pairs[:, np.unique(at)] for pairs, at in zip(self.pairs, chosen, strict=True)]
        return [(set(map(int, count)), set(map(int, base))) for count, base in kept]


def _within(windows: Mapping[str, Window], results: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    fit = np.ones(shape, dtype=bool)
    for name, (low, high) in windows.items():
        slack = SLACK * max(abs(low), abs(high), LEAST)
        fit &= (results[name] >= low - slack) & (results[name] <= high + slack)
    return fit


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

    So many that a reader who takes the model for one without characteristics is not led to any counts: whatever the
    true ones are, so that the choice says nothing of them, and the gate can make it again.

    Parameters
    ----------
    results : name of RESULTS -> value, none missing; fitted to the published counts
    cells : the four bases and counts, in the order of CELLS
    confidence : of the intervals
    most : the digits that the policy lets through
    """
    return next((digits for digits in range(most, FEWEST_DIGITS - 1, -1)
                 if leads_nowhere(results, cells, confidence, digits)), 0)  # fmt: skip


def leads_nowhere(results: Mapping[str, float], cells: Sequence[Cell], confidence: float, digits: int) -> bool:
    """Whether results with so many digits are those of no counts, of the published ones, or leave each count open.

    Results that are those of the published counts say nothing more than these. Too many tables are not searched.
    """
    if all(cell.base.width == cell.count.width == 1 for cell in cells):
        return True
    if math.prod(cell.base.width * cell.count.width for cell in cells) > MOST_TABLES:
        return False
    windows = {name: window(value, digits) for name, value in results.items()}
    shown = Tables([tuple(Range(value, value) for value in cell.published) for cell in cells], confidence)
    if len(shown.that_give(windows)[0]):
        return True
    tables = Tables([(cell.count, cell.base) for cell in cells], confidence)
    chosen = tables.that_give(windows)
    every = [(set(cell.count.values()), set(cell.base.values())) for cell in cells]
    return len(chosen[0]) == 0 or tables.told(chosen) == every
