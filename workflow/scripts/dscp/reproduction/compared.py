"""Every published number beside ours: our value in its unit, the verdict, and what is written of both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from dscp.ledger.trail import plain
from dscp.printing.forms import FORMS, in_unit, printed
from dscp.reproduction.numbers import Number
from dscp.reproduction.relations import BROKEN, HOLDS, short
from dscp.reproduction.verdicts import (
    CONSTRUCTED,
    DIFFERS,
    EQUAL,
    NOT,
    Mapped,
    from_rounded,
    printed_steps,
    taken_from,
    verdict_of_bound,
    verdict_of_value,
    worst,
)

FIELDS = ["key", "where", "printed", "value", "unit", "our_id", "ours", "ours_each", "our_printed"]
FIELDS += ["verdict", "rounding", "reason"]
FIELDS += ["evidence", "cause_proposed", "cause_confirmed", "clients", "pounds"]


def ours_of(one: Mapped, values: Mapping[str, float]) -> list[float]:
    """Our values of a published number, in its unit; without sign where the print has none."""
    found = [
        in_unit(values[name], one.form) if one.form else values[name] * float(one.scale)
        for name in one.ids
        if one.kind == "ledger"
    ]
    return [abs(value) for value in found] if one.test == "size" else found


def verdicts(
    mapped: Mapping[str, Mapped],
    rows: Mapping,
    values: Mapping[str, float],
    claims: Mapping,
    known: Mapping[str, str],
    rebuilt: Mapping[str, str],
) -> pd.DataFrame:
    """One row per published number: key, our_id, ours, ours_each, our_printed, verdict, rounding, reason.

    Parameters
    ----------
    rows, values : our ledger
    claims : id of a relation -> whether it holds of our values
    known : facts of the study
    rebuilt : pattern of keys of numbers that the extracts were rebuilt from -> in which way
    """
    taken = taken_from(mapped, rows, rebuilt)
    steps = printed_steps(mapped.values())
    found = []
    for key, one in mapped.items():
        ours = ours_of(one, values)
        if one.kind == "ledger":
            each = zip(one.ids, ours, strict=True)
            verdict, rounding = worst([_verdict(one, name, value, rows, values, steps) for name, value in each])
        elif one.kind == "relation":
            verdict, rounding = {HOLDS: EQUAL, BROKEN: DIFFERS}.get(claims[one.ids[0]], NOT), ""
        elif one.kind == "setting":
            verdict, rounding = (EQUAL if known[one.ids[0]] == one.expected else DIFFERS), ""
        else:
            verdict, rounding = NOT, ""
        shown = "; ".join(_shown(one, value) for value in ours) or known.get("".join(one.ids), "")
        reason = one.reason
        if verdict == EQUAL and one.ids and taken.keys() >= set(one.ids):
            verdict, reason = CONSTRUCTED, reason or taken[one.ids[0]]
        ids = " ".join(one.ids)
        each = [bare(value) for value in ours]
        alone, several = (each[0], "") if len(each) == 1 else ("", "; ".join(each))
        found.append((key, ids, alone, several, shown, verdict, rounding, reason))
    return pd.DataFrame(found, columns=["key", *FIELDS[FIELDS.index("our_id") : FIELDS.index("evidence")]])


def bare(value: float) -> str:
    """A value as `plain` reads it, as a program reads it: no commas, and nothing where there is none."""
    return "" if math.isnan(value) else plain(value).replace(",", "")


def _verdict(one: Mapped, identifier: str, ours: float, rows, values, steps) -> tuple[str, str]:
    if one.test in ("below", "above"):
        return verdict_of_bound(one.number, ours, one.test)
    rounded = from_rounded(identifier, rows, values, steps)
    if rounded is not None:
        rounded *= float(one.scale)
        rounded = abs(rounded) if one.test == "size" else rounded
    return verdict_of_value(one.number, ours, rounded)


def _shown(one: Mapped, value: float) -> str:
    """Our value in the form of the print."""
    if one.form:
        return printed(value / FORMS[one.form].scale, one.form)
    if one.test in ("below", "above") or math.isnan(value):
        return plain(value)
    step = one.number.step
    decimals = 0 if step >= 1 else 2 if step.denominator % 10 else len(str(step.denominator)) - 1
    return short(Fraction(round(value / float(step))) * step, decimals)


def value_text(number: Number) -> str:
    """The printed value as the register writes it; nothing where there is none."""
    return "" if number.value is None else short(number.value).replace(",", "")


def read_data(path: str) -> pd.DataFrame:
    """A data file as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)
