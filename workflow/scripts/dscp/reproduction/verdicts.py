"""Ours against the print: what each published number is compared with, and the verdict, by rule.

equal as printed          ours, rounded half up to the print's last digit, is the print (or keeps the printed bound)
equal by construction     the same, as ours was made so: extracts rebuilt from it, a constant or a setting taken from it
within printed rounding   another rounding of ours gives the print; it is named
differs                   neither
not computable            there is nothing to compare with; the reason is given
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dscp.ledger.formulas import recompute, round_half_up
from dscp.ledger.rows import inputs_of
from dscp.reproduction.numbers import Number

EQUAL, CONSTRUCTED, WITHIN = "equal as printed", "equal by construction", "within printed rounding"
DIFFERS, NOT = "differs", "not computable"
VERDICTS = (EQUAL, CONSTRUCTED, WITHIN, DIFFERS, NOT)
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


def verdict_of_bound(number: Number, ours: float, test: str) -> tuple[str, str]:
    """Verdict on a bound of the prose; equality breaks it, and so does what prints like it.

    Parameters
    ----------
    test : below or above
    """
    if math.isnan(ours):
        return NOT, ""
    sign = 1 if test == "below" else -1
    return (EQUAL if sign * ours < sign * float(number.value) else DIFFERS), ""


def taken_from(mapped: Mapping[str, Mapped], rows: Mapping[str, Mapping], rebuilt: Mapping[str, str]) -> dict[str, str]:
    """Ids whose values were made or chosen to be what the print says -> why that is so.

    Parameters
    ----------
    rows : our ledger
    rebuilt : pattern of keys of published numbers that the extracts were rebuilt from -> in which way
    """
    found = {one: "a constant cited from the evaluation's report" for one in rows if one.startswith("constant.")}
    chosen = (one for one, row in rows.items() if one.startswith("setting.") and row["function"] == "settings")
    found |= dict.fromkeys(chosen, "a setting taken from the evaluation's report")
    for pattern, why in rebuilt.items():
        for key in fnmatch.filter(mapped, pattern):
            found |= dict.fromkeys(mapped[key].ids if mapped[key].kind == "ledger" else (), why)
    return found


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
