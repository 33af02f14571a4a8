"""Formulas of the ledger: a derived quantity's value from the values of its inputs, and the functions it may use."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping, Sequence
from statistics import NormalDist
from typing import Any

import pandas as pd

from dscp.ledger.dispersion import DISPERSION
from dscp.ledger.estimators import ESTIMATORS
from dscp.ledger.expressions import Language, NotAllowedError, expression, round_half_up
from dscp.ledger.placebo import PLACEBO
from dscp.ledger.rows import MISSING_INPUT, inputs_of, parse_inputs, quantities
from dscp.ledger.worth import EXPECTED

NO_BASE = "not computed: the base is 0"
ONE = pd.DataFrame([{}])  # a frame for one quantity whose texts have nothing to fill in


def log_odds(count: float, base: float) -> float:
    """Log odds of a count among a base."""
    return math.log(count / (base - count))


def normal_tail(z: float) -> float:
    """Probability that a standard normal value exceeds z."""
    return math.erfc(z / math.sqrt(2)) / 2


def above_0(value: float) -> float:
    """A value that is above 0: nothing has a share in nothing, or in less.

    Raises
    ------
    ValueError
        It is not.
    """
    if value <= 0:
        raise ValueError("not above 0")
    return value


def at_least(value: float, least: float) -> float:
    """A value that is no smaller than another, as what small numbers have no share in.

    Raises
    ------
    ValueError
        It is smaller.
    """
    if value < least:
        raise ValueError("too small")
    return value


def normal_quantile(share: float) -> float:
    """The value that a standard normal value stays below with a probability of `share`."""
    return NormalDist().inv_cdf(share)


def annuity(rate: float, years: float) -> float:
    """Present value of one a year at the ends of years 1 to `years`, at one yearly discount rate."""
    return sum((1 + rate) ** -year for year in range(1, int(years) + 1))


def wilson_low(count: float, base: float, confidence: float) -> float:
    """Lower end of Wilson's interval of a share (1927)."""
    return _wilson(count, base, confidence, -1)


def wilson_high(count: float, base: float, confidence: float) -> float:
    """Upper end of Wilson's interval of a share (1927)."""
    return _wilson(count, base, confidence, 1)


def _wilson(count: float, base: float, confidence: float, side: int) -> float:
    share, z = count / base, normal_quantile((1 + confidence) / 2)
    half = z * math.sqrt(share * (1 - share) / base + z**2 / (4 * base**2))
    return min(max((share + z**2 / (2 * base) + side * half) / (1 + z**2 / base), 0.0), 1.0)


OURS = {**ESTIMATORS, **EXPECTED, **DISPERSION, **PLACEBO}
# What a formula may call.
FUNCTIONS = {
    "sum": sum,
    "min": min,
    "max": max,
    "len": len,
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "prod": math.prod,
    "round_half_up": round_half_up,
    "log_odds": log_odds,
    "normal_tail": normal_tail,
    "above_0": above_0,
    "at_least": at_least,
    "normal_quantile": normal_quantile,
    "annuity": annuity,
    "wilson_low": wilson_low,
    "wilson_high": wilson_high,
    **{function.__name__: function for function in OURS},
}
FORMULAS = Language(FUNCTIONS, takes={function.__name__: taken for function, taken in OURS.items()})


def recompute(row: Mapping, values: Mapping[str, float]) -> float:
    """Evaluate a derived quantity's formula on the values of its inputs.

    Parameters
    ----------
    row : its formula and inputs; a name that a function or loop takes stands for the list of its inputs
    values : id -> value

    Raises
    ------
    NotAllowedError : the formula holds what none may hold, a name without an input, or several inputs for one number
    ArithmeticError, ValueError : its inputs do not allow a value
    """
    formula, inputs = expression(row["formula"], FORMULAS), parse_inputs(row["inputs"])
    for name in formula.single & inputs.keys():
        if len(inputs[name]) > 1:
            raise NotAllowedError(f"{formula.text!r}: {name} is one number, and has {len(inputs[name])} inputs")
    named = {
        name: [values[one] for one in ids] if name in formula.lists else values[ids[0]] for name, ids in inputs.items()
    }
    return float(formula(named))


def derive(
    frame: pd.DataFrame,
    values: MutableMapping[str, float],
    *,
    formula: str,
    inputs: Mapping[str, str | Sequence[str]],
    missing: str = "",
    **told: Any,
) -> pd.DataFrame:
    """Ledger rows of derived quantities, one per row of a frame, each computed by the formula that it records.

    Parameters
    ----------
    frame : its columns fill the templates; ONE where there is nothing to fill
    values : id -> value of what the quantities rest on; theirs are added, so that a row may rest on one above it
    formula, inputs, told : as `ledger.rows.quantities` takes them
    missing : template that joins the note where there is no value and says why; by default the base that is 0, or the
        missing input

    Raises
    ------
    ValueError
        An input that is not among the values.
    """

    def computed(row: Mapping) -> tuple[float, str]:
        value, why = _computed(row, values)
        values[row["id"]] = value
        return value, why

    return quantities(frame, value=computed, formula=formula, inputs=inputs, missing=missing, **told)


def summed(cells: pd.DataFrame, rows: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """What sums of quantities rest on, one row per group: what it is grouped by, and `parts`, a list of ids.

    Parameters
    ----------
    cells : the frame that the quantities were made from
    rows : the quantities, one per cell
    """
    ids = cells.assign(parts=rows["id"].to_list())
    return ids.groupby(by, sort=False)["parts"].agg(list).reset_index()


def _computed(row: Mapping, values: Mapping[str, float]) -> tuple[float, str]:
    """A formula's value, nan where it cannot be computed, and the note that says why."""
    if unknown := [one for one in inputs_of(row) if one not in values]:
        raise ValueError(f"{row['id']} rests on {unknown[0]}, which there is not")
    try:
        return recompute(row, values), MISSING_INPUT
    except ZeroDivisionError:
        return math.nan, NO_BASE
    except ValueError:  # the least or greatest of no values, a part of nothing
        return math.nan, MISSING_INPUT
