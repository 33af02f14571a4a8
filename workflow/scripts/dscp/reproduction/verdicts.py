"""Ours against the print: what each published number is compared with, and the verdict, by rule.

equal as printed          ours, rounded half up to the print's last digit, is the print (or keeps the printed bound)
within printed rounding   another rounding of ours gives the print; it is named
differs                   neither
not computable            there is nothing to compare with; the reason is given
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dscp.ledger.formulas import recompute, round_half_up
from dscp.ledger.rows import inputs_of
from dscp.reproduction.numbers import Number

EQUAL, WITHIN, DIFFERS, NOT = "equal as printed", "within printed rounding", "differs", "not computable"
VERDICTS = (EQUAL, WITHIN, DIFFERS, NOT)
KINDS = ("ledger", "setting", "relation", "none")
TESTS = ("", "size", "below", "above")
# Printed value per value of the ledger, by (ledger's unit, printed unit); 1 where not named.
SCALES = {
    ("gbp", "gbp_k"): Fraction(1, 1000),
    ("gbp", "gbp_m"): Fraction(1, 10**6),
    ("ratio", "percent"): Fraction(100),
    ("percent", "ratio"): Fraction(1, 100),
    ("ppt", "ratio"): Fraction(1, 100),
}


@dataclass(frozen=True)
class Mapped:
    """What a published number is compared with.

    kind : ledger (ids), setting (a text of the config), relation (a claim that ours must keep too) or none (reason)
    test : "" equal; size: without its sign; below, above: the print is a bound
    scale : printed value per value of the ledger
    """

    number: Number
    kind: str
    ids: tuple[str, ...] = ()
    test: str = ""
    scale: Fraction = Fraction(1)
    expected: str = ""
    reason: str = ""
    form: str = ""


def scale_of(ledger_unit: str, printed_unit: str, given: str = "") -> Fraction:
    """Printed value per value of the ledger: as given, else by the units."""
    return Fraction(given) if given else SCALES.get((ledger_unit, printed_unit), Fraction(1))


def nearest(value: float, step: Fraction) -> Fraction:
    """A value rounded half up to a step, as the print is."""
    return Fraction(round_half_up(value / float(step))) * step


def _half_even(value: float, step: Fraction) -> Fraction:
    return round(Fraction(round(value / float(step), 9))) * step


def _cut(value: float, step: Fraction) -> Fraction:
    return math.trunc(round(value / float(step), 9)) * step


def _away(value: float, step: Fraction) -> Fraction:
    return Fraction(math.copysign(math.ceil(round(abs(value) / float(step), 9)), value)) * step


ROUNDINGS: dict[str, Callable[[float, Fraction], Fraction]] = {
    "half to even": _half_even,
    "cut off": _cut,
    "rounded up": _away,
}


def verdict_of_value(number: Number, ours: float, of_rounded: float | None) -> tuple[str, str]:
    """Verdict on a printed value or bound, and the rounding that gives it.

    Parameters
    ----------
    ours : in the print's unit
    of_rounded : ours computed from inputs as they are printed, None where there are none
    """
    if math.isnan(ours):
        return NOT, ""
    if number.value is None:
        held = number.interval
        kept = held.low <= Fraction(ours) < held.high if held.high else ours < 0
        return (EQUAL, "") if kept else (DIFFERS, "")
    if nearest(ours, number.step) == number.value:
        return EQUAL, ""
    if number.exact:
        return DIFFERS, ""
    if of_rounded is not None and nearest(of_rounded, number.step) == number.value:
        return WITHIN, "rounded inputs"
    for name, rounding in ROUNDINGS.items():
        if rounding(ours, number.step) == number.value:
            return WITHIN, name
    return DIFFERS, ""


def verdict_of_bound(number: Number, ours: float, test: str, step: Fraction | None) -> tuple[str, str]:
    """Verdict on a bound of the prose.

    Parameters
    ----------
    test : below or above
    step : one unit of the last digit with which a table prints ours; None where no table does
    """
    if math.isnan(ours):
        return NOT, ""
    sign = 1 if test == "below" else -1
    bound = float(number.value)
    if sign * ours < sign * bound:
        return EQUAL, ""
    slack = float(step) / 2 if step else 0.0
    if slack and sign * (float(nearest(ours, step)) - sign * slack) < sign * bound:
        return WITHIN, "the table's print allows it"
    return DIFFERS, ""


def worst(verdicts: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Of the verdicts on several quantities of one printed number, the one that holds for all."""
    return max(verdicts, key=lambda found: (EQUAL, WITHIN, NOT, DIFFERS).index(found[0]))


def printed_steps(mapped: Iterable[Mapped]) -> dict[str, Fraction]:
    """Ledger id -> one unit of the last digit with which tables print it, in the ledger's unit; the finest."""
    steps: dict[str, Fraction] = {}
    for one in mapped:
        if one.kind == "ledger" and not one.test and one.number.table != "text" and one.number.value is not None:
            step = one.number.step / one.scale
            for identifier in one.ids:
                steps[identifier] = min(step, steps.get(identifier, step))
    return steps


def from_rounded(identifier: str, rows: Mapping, values: Mapping, steps: Mapping[str, Fraction]) -> float | None:
    """A quantity computed from its inputs as tables print them; None where no input is printed."""
    inputs = inputs_of(rows[identifier])
    printed = [one for one in inputs if one in steps and not math.isnan(values[one])]
    if not printed:
        return None
    rounded = {one: float(nearest(values[one], steps[one])) for one in printed}
    return recompute(rows[identifier], {**values, **rounded})
