"""Is a ledger closed: does every number follow from its inputs, and lead to records, a constant or a setting?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from dscp.ledger.formulas import recompute
from dscp.ledger.rows import FIELDS, UNITS, inputs_of, kind

NOT_COMPUTABLE = (ZeroDivisionError, ValueError, OverflowError)


def assert_closed(ledger: pd.DataFrame) -> None:
    """Fail with every fault of a ledger.

    Parameters
    ----------
    ledger : as read by ledger.rows.read_ledger
    """
    found = list(faults(ledger))
    assert not found, f"{len(found)} faults in the ledger:\n" + "\n".join(found[:25])


def faults(ledger: pd.DataFrame) -> Iterator[str]:
    """What is wrong with a ledger, one line each."""
    for repeated in ledger["id"][ledger["id"].duplicated()]:
        yield f"{repeated}: stands twice"
    rows = {row["id"]: row for row in ledger.to_dict("records")}
    values = {identifier: row["value"] for identifier, row in rows.items()}
    inputs = {identifier: inputs_of(row) for identifier, row in rows.items()}
    for identifier, row in rows.items():
        if row["unit"] not in UNITS:
            yield f"{identifier}: unknown unit {row['unit']!r}"
        for name in ("rule", "function", "source"):
            if not row[name]:
                yield f"{identifier}: no {name}"
        missing = [one for one in inputs[identifier] if one not in rows]
        if missing:
            yield f"{identifier}: input {missing[0]} is not in the ledger"
        elif kind(row) == "derived" or (kind(row) == "constant" and row["formula"]):  # one of the study's own
            yield from _derived_faults(row, inputs[identifier], values)
        else:
            yield from _leaf_faults(row, inputs[identifier])
    yield from _cycles(inputs)


def leaves(ledger: pd.DataFrame, identifier: str) -> set[str]:
    """The kinds of leaves that a quantity leads to."""
    rows = {row["id"]: row for row in ledger.to_dict("records")}
    found, left, seen = set(), [identifier], set()
    while left:
        row = rows[left.pop()]
        if row["id"] in seen:
            continue
        seen.add(row["id"])
        left += inputs_of(row)
        if not inputs_of(row):
            found.add(kind(row))
    return found


def _derived_faults(row: Mapping, inputs: list[str], values: Mapping[str, float]) -> Iterator[str]:
    if not inputs:
        yield f"{row['id']}: a leaf that is neither records, nor a constant, nor a setting"
        return
    if not row["formula"]:
        yield f"{row['id']}: no formula"
        return
    try:
        expected = recompute(row, values)
    except NOT_COMPUTABLE:
        expected = math.nan
    except Exception as error:  # a formula that Python cannot read is a fault of the ledger, not of this check
        yield f"{row['id']}: formula {row['formula']!r} cannot be evaluated ({type(error).__name__}: {error})"
        return
    stored = row["value"]
    if math.isnan(stored) and not row["note"] and not any(math.isnan(values[one]) for one in inputs):
        yield f"{row['id']}: no value, and no note says why"
    elif stored != expected and not (math.isnan(stored) and math.isnan(expected)):
        yield f"{row['id']}: stored {stored!r}, its formula {row['formula']!r} gives {expected!r}"


def _leaf_faults(row: Mapping, inputs: list[str]) -> Iterator[str]:
    what = kind(row)
    if inputs or row["formula"]:
        yield f"{row['id']}: a leaf ({what}) with inputs or a formula"
    if what == "records":
        if not row["filter"]:
            yield f"{row['id']}: records without a filter in words"
        if pd.isna(row["rows"]) or row["rows"] < 0:
            yield f"{row['id']}: records without their number"
        if math.isnan(row["value"]) and not row["note"]:
            yield f"{row['id']}: no value, and no note says why"
        if row["unit"] == "count" and not row["extract"].endswith(".csv") and row["value"] % 1 > 0:
            yield f"{row['id']}: counts records and is not a whole number: {row['value']!r}"
    elif math.isnan(row["value"]):
        yield f"{row['id']}: a {what} without a value"


def _cycles(inputs: Mapping[str, list[str]]) -> Iterator[str]:
    """Quantities that are left when everything that rests on nothing else has been taken away, again and again."""
    left = {identifier: {one for one in needs if one in inputs} for identifier, needs in inputs.items()}
    while ready := [identifier for identifier, needs in left.items() if not needs]:
        for identifier in ready:
            del left[identifier]
        done = set(ready)
        left = {identifier: needs - done for identifier, needs in left.items()}
    on_a_cycle = [identifier for identifier in left if _reaches(left, identifier)]
    if on_a_cycle:
        yield f"in a circle: {', '.join(on_a_cycle[:5])}"


def _reaches(needs: Mapping[str, set[str]], identifier: str) -> bool:
    reached, todo = set(), list(needs[identifier])
    while todo:
        one = todo.pop()
        if one == identifier:
            return True
        if one not in reached:
            reached.add(one)
            todo += needs[one]
    return False


def ledger_of(*rows: dict) -> pd.DataFrame:
    """A ledger with some fields of some rows."""
    empty = {"value": 1.0, "unit": "count", "rule": "r", "function": "f", "source": "s", "rows": pd.NA}
    rows = [{"family": row["id"].split(".")[0], **row} for row in rows]
    return pd.DataFrame([{**dict.fromkeys(FIELDS, ""), **empty, **row} for row in rows])
