"""What a published number would change: put it in the place of ours and recompute all that rests on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from graphlib import TopologicalSorter

from dscp.ledger.formulas import recompute
from dscp.ledger.rows import inputs_of
from dscp.ledger.trail import dependents

CLIENTS = ("additional.effective_treatment.", "additional.completions.")
POUNDS = ("benefit.total.", "benefit.net.", "benefit.")  # the first of these that move at all


def recomputed(rows: Mapping[str, Mapping], values: Mapping[str, float], changed: Mapping[str, float]) -> dict:
    """Values of everything that rests on changed quantities, and of these themselves: id -> value."""
    found = dict(changed)
    after = set(dependents(rows, changed))
    inputs = {one: inputs_of(rows[one]) for one in after}
    order = TopologicalSorter({one: [i for i in ids if i in after] for one, ids in inputs.items()}).static_order()
    for one in order:
        if not rows[one]["formula"]:
            continue
        try:
            found[one] = recompute(rows[one], {**values, **found})
        except (ZeroDivisionError, ValueError):
            found[one] = math.nan
    return found


def consequence(
    rows: Mapping[str, Mapping], values: Mapping[str, float], identifier: str, value: float
) -> tuple[float, float]:
    """Clients and pounds by which the report's benefits would move, all sites together, with a value in place of ours.

    Clients are additional clients in effective treatment and completions; pounds the total benefits; where these do not
    move, the net benefits, and where neither do, the benefits that do.
    """
    moved = recomputed(rows, values, {identifier: value})
    change = {one: new - values[one] for one, new in moved.items() if not math.isnan(new - values[one])}
    clients = sum(by for one, by in change.items() if one.startswith(CLIENTS))
    for kind in POUNDS:
        if moved_by := [by for one, by in change.items() if one.startswith(kind) and rows[one]["unit"] == "gbp"]:
            return clients, sum(moved_by)
    return clients, 0
