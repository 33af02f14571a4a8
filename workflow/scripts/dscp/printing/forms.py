"""Printed forms: how a quantity's value becomes text. The only place where a number is rounded for print.

Source: the layouts of the evaluation's tables (decimals, signs, "<0.01", "-ve").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dscp.ledger.expressions import round_half_up
from dscp.ledger.withheld import WITHHELD_SIGN, Withheld

NOT_COMPUTED = "[z]"
# What an element's printed form may say besides a name of FORMS: a count in words, a form without its sign, a value
# that is not rounded.
IN_WORDS, MAGNITUDE, UNROUNDED = "words", "magnitude", "unrounded"


@dataclass(frozen=True)
class Form:
    """A printed form: value x scale, rounded to `step` decimals, between prefix and suffix.

    `unit` is the unit of what is printed. `floor`: a positive value below it prints as "<floor" (p-values).
    `negative`: what any negative value prints as (benefit:cost ratios). `off_nought`: with as many more decimals as
    tell it from 0 (ends of an interval whose side decides).
    """

    unit: str
    decimals: int = 0
    scale: float = 1.0
    prefix: str = ""
    suffix: str = ""
    signed: bool = False
    floor: float | None = None
    negative: str | None = None
    off_nought: bool = False


FORMS = {
    "count": Form("count"),
    "signed_count": Form("count", signed=True),
    "percent0": Form("percent", 0, suffix="%"),
    "percent1": Form("percent", 1, suffix="%"),
    "signed_percent0": Form("percent", 0, suffix="%", signed=True),
    "plain_percent0": Form("percent", 0),
    "plain_percent1": Form("percent", 1),
    "signed_ppt0": Form("ppt", 0, suffix="%", signed=True),
    "signed_ppt1": Form("ppt", 1, suffix="%", signed=True),
    "signed_points0": Form("ppt", 0, signed=True),
    "signed_points1": Form("ppt", 1, signed=True),
    "signed_points1_off0": Form("ppt", 1, signed=True, off_nought=True),
    "points0": Form("ppt", 0),
    "points1": Form("ppt", 1),
    "points2": Form("ppt", 2),
    "signed_proportion3": Form("ratio", 3, scale=0.01, signed=True),
    **{f"p{decimals}": Form("p", decimals, floor=10.0**-decimals) for decimals in range(2, 7)},
    "odds2": Form("ratio", 2),
    "ratio0": Form("ratio", 0, negative="-ve"),
    "quotient0": Form("ratio", 0),  # what a sum that is written out comes to, with its sign
    "ratio1": Form("ratio", 1),
    "ratio2": Form("ratio", 2),
    "ratio3": Form("ratio", 3),
    "share2": Form("ratio", 2),
    "signed2": Form("ratio", 2, signed=True),
    "probability6": Form("ratio", 6),
    "index0": Form("index", 0),
    "index1": Form("index", 1),
    "gbp": Form("gbp", 0, prefix="£"),
    "plain_gbp": Form("gbp", 0),
    "gbp_hundreds": Form("gbp", -2, prefix="£"),
    "gbp_k": Form("gbp_k", 0, scale=0.001),
    "gbp_k_unit": Form("gbp_k", 0, scale=0.001, prefix="£", suffix="k"),
    "gbp_m": Form("gbp_m", 0, prefix="£", suffix="m"),
    "gbp_m1": Form("gbp_m", 1, prefix="£", suffix="m"),
    "gbp_bn1": Form("gbp_bn", 1, scale=0.001, prefix="£", suffix=" billion"),
    "gbp_to_bn1": Form("gbp_bn", 1, scale=1e-9, prefix="£", suffix=" billion"),
    "gbp_to_m1": Form("gbp_m", 1, scale=1e-6, prefix="£", suffix="m"),
    "plain_m1": Form("gbp_m", 1, scale=1e-6),
    "plain_m2": Form("gbp_m", 2, scale=1e-6),
    "plain_m3": Form("gbp_m", 3, scale=1e-6),
    "years": Form("years"),
    "years1": Form("years", 1),
    "days": Form("days"),
    "rate1": Form("percent", 1, scale=100, suffix="%"),
    "chances0": Form("percent", 0, scale=100),
    "rate0": Form("percent", 0, scale=100, suffix="%"),
}

FINEST = 8  # decimals: the rounding of printed numbers knows no finer ones
FINER_P = [name for name, form in FORMS.items() if form.unit == "p"]  # from fewest decimals to most


def printed(value: float, form: str) -> str:
    """Print a value in a named form, with an ASCII hyphen as minus sign.

    "[z]" where nothing could be computed, "[c]" where the value is withheld.
    """
    f = FORMS[form]
    if math.isnan(value):
        return WITHHELD_SIGN if isinstance(value, Withheld) else NOT_COMPUTED
    value = value * f.scale
    if f.negative is not None and value < 0:
        return f.negative
    decimals = _decimals(value, f)
    rounded = round_half_up(value, decimals)
    if f.floor is not None and value < f.floor:
        return f"<{f.floor:.{f.decimals}f}"
    body = f"{abs(rounded):,.{max(decimals, 0)}f}"
    sign = "-" if rounded < 0 else "+" if f.signed and rounded > 0 else ""
    return f"{sign}{f.prefix}{body}{f.suffix}"


def number_shown(value: float, form: str) -> float | None:
    """The number that a printed form shows, in the unit that it prints; nothing where it shows something else."""
    f = FORMS[form]
    value = value * f.scale
    shows_sign = f.negative is not None and value < 0
    if math.isnan(value) or shows_sign or (f.floor is not None and value < f.floor):
        return None
    if _decimals(value, f) != f.decimals:  # no format of its form shows it
        return None
    return round_half_up(value, f.decimals) + 0.0  # no -0


def _decimals(value: float, form: Form) -> int:
    """How many decimals a value prints with, in the unit of its form."""
    decimals = form.decimals
    while form.off_nought and value and decimals < FINEST and not round_half_up(value, decimals):
        decimals += 1
    return decimals


def in_unit(value: float, form: str) -> float:
    """The unrounded value in the unit that the form prints (Table 7.10 prints thousands of pounds)."""
    return value * FORMS[form].scale
