"""The verdict on a difference in differences: better, worse, or no clear difference.

The one rule for what sentences, figures and tables say. It goes by what is printed: a difference that prints as 0 is
nil, whatever its test says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from dscp.measures.registry import MEASURES
from dscp.printing.words import FLAT, UNKNOWN, UP, direction

BETTER, WORSE = "better", "worse"  # significant, and the model agrees on the sign
MIXED = "mixed"  # significant, but the model's effect has the other sign
UNCLEAR, NIL, UNTESTED, MISSING = "unclear", "nil", "untested", "missing"
SAID = {  # as a cell says it
    BETTER: "better",
    WORSE: "worse",
    UNCLEAR: "no clear difference",
    NIL: "no clear difference",
    MIXED: "depends on measure",
    UNTESTED: "not tested",
    MISSING: "cannot be given",
}
LEVEL = "setting.models.significance"


def verdict(did: float, p: float, odds_up: bool | None, level: float, decimals: int, better: str = UP) -> str:
    """What a difference in differences says.

    Parameters
    ----------
    did : percentage points, nan where it could not be computed
    p : of the test; nan where there is none
    odds_up : whether the effect on the odds, which is what the test is about, is an upward one; None if unknown
    level : of significance
    decimals : of the printed difference
    better : which way is good: "up" or "down", as the measure declares
    """
    way = direction(did, decimals)
    if way == UNKNOWN:
        return MISSING
    if way == FLAT:
        return NIL
    if math.isnan(p):
        return UNTESTED
    if p >= level:
        return UNCLEAR
    if odds_up is not None and odds_up != (way == UP):
        return MIXED
    return BETTER if way == better else WORSE


def odds_up(values: Mapping[str, float], measure: str, site: str) -> bool | None:
    """Whether the tested effect on the odds is upward: of the model, or of the counts where there is no model."""
    name, even = tested_effect(values, measure, site)
    return values[name] > even if name else None


def tested_effect(values: Mapping[str, float], measure: str, site: str) -> tuple[str, float]:
    """The id of the tested effect on the odds, "" where there is none, and what it is without any effect."""
    for statistic, even in (("odds_ratio", 1), ("log_odds_did", 0)):
        name = f"{measure}.{statistic}.{site}"
        if not math.isnan(values.get(name, math.nan)):
            return name, even
    return "", 0


def verdict_of(values: Mapping[str, float], measure: str, site: str, level: float) -> str:
    """The verdict on a measure in a site, from the quantities of the ledger (id -> value)."""
    declared = MEASURES[measure]
    did, p = (values[f"{measure}.{part}.{site}"] for part in ("did", "p"))
    return verdict(did, p, odds_up(values, measure, site), level, declared.forms.decimals, declared.better)


def verdict_told(values: Mapping[str, float], of: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The verdict on the `measure` in the `site` of a row, as a cell says it, and the ids that it follows from."""
    measure, site = of["measure"], of["site"]
    found = verdict_of(values, measure, site, values[LEVEL])
    effect, _ = tested_effect(values, measure, site)
    turns_on = (effect,) if effect and found in (BETTER, WORSE, MIXED) else ()
    return SAID[found], (f"{measure}.did.{site}", f"{measure}.p.{site}", LEVEL, *turns_on)
