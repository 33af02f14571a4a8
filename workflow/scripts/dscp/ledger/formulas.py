"""Formulas of the ledger: a derived quantity's value from the values of its inputs, and the functions it may use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

from dscp.ledger.expressions import Language, NotAllowedError, expression, power
from dscp.ledger.rows import MISSING_INPUT, parse_inputs


def round_half_up(value: float, decimals: int = 0) -> float:
    """Round as printed numbers are: halves away from zero, on the decimal form of the number; nan stays nan."""
    if math.isnan(value):
        return value
    shift = power(10, decimals)
    return math.copysign(math.floor(round(abs(value) * shift, 9) + 0.5) / shift, value)


def log_odds(count: float, base: float) -> float:
    """Log odds of a count among a base."""
    return math.log(count / (base - count))


def normal_tail(z: float) -> float:
    """Probability that a standard normal value exceeds z."""
    return math.erfc(z / math.sqrt(2)) / 2


def spread(variance: float) -> float:
    """Square root of a variance above 0; of 0, where everybody has the same outcome, there is none.

    Raises
    ------
    ValueError
        An interval of no width would feign certainty.
    """
    if variance <= 0:
        raise ValueError("nobody differs from anybody")
    return math.sqrt(variance)


def normal_quantile(share: float) -> float:
    """The value that a standard normal value stays below with a probability of `share`."""
    return NormalDist().inv_cdf(share)


def annuity(rate: float, years: float) -> float:
    """Present value of one a year at the ends of years 1 to `years`, at one yearly discount rate."""
    return sum((1 + rate) ** -year for year in range(1, int(years) + 1))


# What a formula may call.
FUNCTIONS = {
    "sum": sum,
    "min": min,
    "max": max,
    "len": len,
    "abs": abs,
    "sqrt": math.sqrt,
    "prod": math.prod,
    "round_half_up": round_half_up,
    "log_odds": log_odds,
    "normal_tail": normal_tail,
    "spread": spread,
    "normal_quantile": normal_quantile,
    "annuity": annuity,
}
FORMULAS = Language(FUNCTIONS)


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


def computed(formula: str, inputs: str, values: Mapping[str, float]) -> tuple[float, str]:
    """A formula's value, nan where it cannot be computed, and the note that says why (see `quantities`)."""
    try:
        return recompute({"formula": formula, "inputs": inputs}, values), MISSING_INPUT
    except ZeroDivisionError:
        return math.nan, "not computed: the base is 0"
    except ValueError:  # the least or greatest of no values, the spread of none
        return math.nan, MISSING_INPUT
