"""Formulas of the ledger: a derived quantity's value from the values of its inputs, and the functions it may use."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from statistics import NormalDist

from dscp.ledger.rows import MISSING_INPUT, parse_inputs


def round_half_up(value: float, decimals: int = 0) -> float:
    """Round as printed numbers are: halves away from zero, on the decimal form of the number; nan stays nan."""
    if math.isnan(value):
        return value
    scaled = round(abs(value) * 10**decimals, 9)
    return math.copysign(math.floor(scaled + 0.5) / 10**decimals, value)


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


# What a formula may use besides the names of its inputs and plain arithmetic.
FUNCTIONS = {
    "sum": sum,
    "min": min,
    "max": max,
    "len": len,
    "abs": abs,
    "zip": zip,
    "enumerate": enumerate,
    "sqrt": math.sqrt,
    "prod": math.prod,
    "round_half_up": round_half_up,
    "log_odds": log_odds,
    "normal_tail": normal_tail,
    "spread": spread,
    "normal_quantile": normal_quantile,
    "annuity": annuity,
}


def recompute(row: Mapping, values: Mapping[str, float]) -> float:
    """Evaluate a derived quantity's formula on the values of its inputs (an input with several ids is a list)."""
    named = {
        name: values[ids[0]] if len(ids) == 1 and not _is_list(row["formula"], name) else [values[i] for i in ids]
        for name, ids in parse_inputs(row["inputs"]).items()
    }
    return float(eval(row["formula"], {"__builtins__": {}, **FUNCTIONS, **named}))


def computed(formula: str, inputs: str, values: Mapping[str, float]) -> tuple[float, str]:
    """A formula's value, nan where it cannot be computed, and the note that says why (see `quantities`)."""
    try:
        return recompute({"formula": formula, "inputs": inputs}, values), MISSING_INPUT
    except ZeroDivisionError:
        return math.nan, "not computed: the base is 0"
    except ValueError:  # the least or greatest of no values, the spread of none
        return math.nan, MISSING_INPUT


def _is_list(formula: str, name: str) -> bool:
    """A name is a list where a function takes it alone, `sum(part)`, or a loop runs over it, `for p in part`."""
    alone, looped = rf"\b(sum|min|max|len|prod|enumerate)\({name}\)|\bin {name}\b", rf"\bzip\([^)]*\b{name}\b"
    return bool(re.search(f"{alone}|{looped}", formula))
