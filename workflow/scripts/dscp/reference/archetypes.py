"""Archetypes: the kinds of client that the reference extracts are made of, and how many of each an area needs.

The tables reference_journey_archetypes.csv and reference_referral_archetypes.csv declare each archetype's dates and
what it contributes to bases and counts under the published rules. How many of each is solved from the published counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dscp.reference.draws import days
from dscp.study.areas import PERIODS

# the published rules, not the config's: extracts that followed a changed rule would hide the change
EFFECTIVE_DAYS = 83
MAJORITY = 18
OUTCOME_COLUMNS = {
    "effective": "effective_treatment",
    "completion": "successful_completion",
    "outcome_1": "prison_pickup",
    "outcome_2": "prison_pickup",
}


@dataclass(frozen=True)
class Part:
    """One unit in a base: which of the archetype's journeys or referrals decides, and whether it counts."""

    period: str
    measure: str
    item: int
    outcome: bool


@dataclass(frozen=True)
class Unit:
    """An archetype in one period ("pre", "post"), or in "both" at once."""

    archetype: Mapping[str, str]
    when: str
    parts: tuple[Part, ...]


Cell = tuple[str, str]  # period, measure
Targets = Mapping[Cell, tuple[int, int]]  # base, count


def units_of(archetypes: pd.DataFrame) -> list[Unit]:
    """Each archetype in each period that it applies to; archetypes hold text only."""
    return [
        Unit(row, when, tuple(_parts(row, when)))
        for row in archetypes.to_dict("records")
        for when in (PERIODS if row["applies"] == "each" else (row["applies"],))
    ]


def _parts(row: Mapping[str, str], when: str):
    """Read "1 yes" (journey 1 counts), "no" (the column's referral does not) or "1 yes | 2 no" (pre | post)."""
    for column, measure in OUTCOME_COLUMNS.items():
        texts = row.get(column, "").split("|")
        for period, text in zip(PERIODS if when == "both" else (when,), texts, strict=False):
            if words := text.split():
                item = words[0] if len(words) == 2 else column[-1]
                yield Part(period, measure, int(item), words[-1] == "yes")


def allocate(units: list[Unit], targets: Targets, position: int, traits: set[str], most: int) -> list[int]:
    """How many of each unit an area needs for its published bases and counts.

    Parameters
    ----------
    units : the kinds of client
    targets : (period, measure) -> base, count
    position : place of the area among all; edge cases are dealt out by it, to every third area each
    traits : what the area has, e.g. "two_dats"; a unit that needs something else gets none
    most : largest number of an edge case in an area and period

    Raises
    ------
    ValueError : where the fixed numbers exceed a published count
    """
    cells = list(targets)
    contributions = np.array([_contribution(unit, cells) for unit in units])
    solved = [unit.archetype["number"] == "solve" for unit in units]
    names = {name: k for k, name in enumerate(dict.fromkeys(unit.archetype["archetype"] for unit in units))}
    numbers = np.array(
        [_fixed(unit, targets, position + names[unit.archetype["archetype"]], traits, most) for unit in units]
    )
    left = np.concatenate([targets[cell] for cell in cells]) - numbers @ contributions
    solution = np.linalg.solve(contributions[solved].T.astype(float), left)
    numbers[solved] = np.rint(solution)
    if (numbers < 0).any() or not np.allclose(numbers[solved], solution):
        raise ValueError(f"the edge cases do not fit into the published counts: {left.tolist()} left to fill")
    return numbers.tolist()


def _contribution(unit: Unit, cells: list[Cell]) -> np.ndarray:
    found = np.zeros((len(cells), 2), dtype=int)
    for part in unit.parts:
        found[cells.index((part.period, part.measure))] += (1, part.outcome)
    return found.ravel()


def _fixed(unit: Unit, targets: Targets, turn: int, traits: set[str], most: int) -> int:
    number, needs = unit.archetype["number"], unit.archetype["needs"]
    if number == "solve" or (needs and needs not in traits):
        return 0
    if number == "edge":
        return 1 + turn // 3 % most if turn % 3 == 0 else 0
    period = "post" if unit.when == "post" else "pre"
    base = next(base for (of, _), (base, _) in targets.items() if of == period)
    return round(float(number) * base) if float(number) < 1 else int(number)


def anchors(periods: Mapping[str, Mapping], window: str) -> dict[str, dict[str, int]]:
    """The days that the archetypes' dates refer to, for "pre", "post" and "both".

    S and E are the window's first and last day (A and Z are their other names), K the last day on which a journey could
    still last long enough, F the first day on which a journey may start without reaching an earlier period, N the first
    day of the next period, U the last day on which a pick-up counts. S0, S1 and so on name the period.
    """
    found = {}
    for place, (name, period) in enumerate(periods.items()):
        first, last = (days(value) for value in period[window])
        before = days(list(periods.values())[place - 1][window][1]) + 1 if place else first - 1500
        own = {"S": first, "E": last, "A": first, "Z": last, "K": last - EFFECTIVE_DAYS, "F": before}
        found[name] = own | {"U": days(period["pickups_until"])}
    numbered = {f"{key}{place}": value for place, own in enumerate(found.values()) for key, value in own.items()}
    found["pre"]["N"] = found["post"]["S"]
    found["both"] = dict(found["post"])
    return {name: own | numbered for name, own in found.items()}
