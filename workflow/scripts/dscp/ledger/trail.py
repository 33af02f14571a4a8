"""Trails through the ledger: from a quantity down to its leaves, and from a leaf up to everything that rests on it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from dscp.ledger.rows import extracts_of, kind, parse_inputs, shaped_by, value_of, within
from dscp.ledger.withheld import WITHHELD_SIGN, Withheld

Rows = Mapping[str, Mapping]  # ledger id -> its row


class BrokenTrail(ValueError):
    """The ledger does not hold a quantity that is asked for, or runs in a circle."""


@dataclass(frozen=True)
class Node:
    """A quantity and the quantities that it is computed from; one that several rest on is one node."""

    row: Mapping
    kind: str
    inputs: dict[str, list[Node]] = field(default_factory=dict)


def rows_by_id(ledger: pd.DataFrame | Rows) -> Rows:
    """Ledger id -> row, in ledger order; what is such a mapping already is returned as it is.

    Whoever asks for many trails makes the mapping once and passes it instead of the ledger.
    """
    if isinstance(ledger, Mapping):
        return ledger
    return {row["id"]: {**row, "value": value_of(row)} for row in ledger.to_dict("records")}


def tree(ledger: pd.DataFrame | Rows, identifier: str) -> Node:
    """Follow a quantity's inputs down to the leaves.

    Parameters
    ----------
    ledger : as read by ledger.rows.read_ledger, or what rows_by_id makes of it
    identifier : a ledger id
    """
    return _node(rows_by_id(ledger), identifier, "", {}, [])


def _node(rows: Rows, identifier: str, parent: str, done: dict[str, Node], path: list[str]) -> Node:
    if identifier in done:
        return done[identifier]
    if identifier in path:
        raise BrokenTrail(f"the ledger runs in a circle: {' -> '.join([*path[path.index(identifier) :], identifier])}")
    if identifier not in rows:
        raise BrokenTrail(f"{parent}: input {identifier} is not in the ledger" if parent else f"no {identifier}")
    row = rows[identifier]
    inputs = {
        name: [_node(rows, one, identifier, done, [*path, identifier]) for one in ids]
        for name, ids in parse_inputs(row["inputs"]).items()
    }
    done[identifier] = Node(row, kind(row), inputs)
    return done[identifier]


def walk(node: Node) -> list[Node]:
    """A node and everything below it, each once, in the order of first mention."""
    found: dict[str, Node] = {}
    todo = [node]
    while todo:
        one = todo.pop()
        if one.row["id"] not in found:
            found[one.row["id"]] = one
            todo += reversed([below for nodes in one.inputs.values() for below in nodes])
    return list(found.values())


def leaves(ledger: pd.DataFrame | Rows, identifier: str) -> list[Mapping]:
    """The rows of a quantity's leaves, each once, in the order of first mention."""
    return [node.row for node in walk(tree(ledger, identifier)) if not node.inputs]


def dependents(ledger: pd.DataFrame | Rows, identifiers: Iterable[str]) -> list[str]:
    """Ids of everything that rests on any of some quantities, not counting these themselves, in ledger order.

    Parameters
    ----------
    ledger : as read by ledger.rows.read_ledger, or what rows_by_id makes of it
    identifiers : ledger ids, "setting." with any path of the config, "extract." with an extract's name
    """
    rows = rows_by_id(ledger)
    users: dict[str, list[str]] = {}
    for identifier, row in rows.items():
        for ids in parse_inputs(row["inputs"]).values():
            for one in ids:
                users.setdefault(one, []).append(identifier)
    start, found = set(identifiers), set()
    for one in [one for one in start if one.startswith("setting.")]:
        start |= {identifier for identifier in rows if identifier.startswith(f"{one}.")}
    for one in start:
        users.setdefault(one, []).extend(identifier for identifier, row in rows.items() if _rests_on(row, one))
    todo = list(start)
    while todo:
        for user in users.get(todo.pop(), []):
            if user not in found:
                found.add(user)
                todo.append(user)
    return [identifier for identifier in rows if identifier in found - start]


def _rests_on(row: Mapping, identifier: str) -> bool:
    """Whether a quantity is shaped by a setting or counted in an extract."""
    what, _, name = identifier.partition(".")
    if what == "setting":
        return any(within(name, path) for path in shaped_by(row))
    return what == "extract" and name in extracts_of(row)


def filled(row: Mapping, values: Mapping[str, float]) -> str:
    """Write a quantity's formula with the values of its inputs filled in, such as "100 * 1,791 / 1,914".

    Parameters
    ----------
    row : a ledger row; "" where it has no formula
    values : ledger id -> value
    """
    named = {name: [plain(values[one]) for one in ids] for name, ids in parse_inputs(row["inputs"]).items()}
    if not row["formula"] or not named:
        return row["formula"]
    names = "|".join(sorted(map(re.escape, named), key=len, reverse=True))
    text = re.sub(rf"\b(sum|min|max|len)\(({names})\)", lambda found: _taken(found, named[found[2]]), row["formula"])
    return re.sub(rf"(?<![\w.,])({names})\b(?!\()", lambda found: _put(found, named[found[1]]), text)


def plain(value: float) -> str:
    """A value for reading: thousands separated, at most six decimals, a small value to six digits."""
    if math.isnan(value):
        return WITHHELD_SIGN if isinstance(value, Withheld) else "(not computed)"
    if value == 0 or abs(value) >= 1e-3:
        return f"{value:,.6f}".rstrip("0").rstrip(".")
    return f"{value:.6g}"


def _taken(found: re.Match, values: list[str]) -> str:
    """A function that takes a whole list, with the list's values."""
    if found[1] == "len":
        return str(len(values))
    if found[1] == "sum":
        added = " + ".join([values[0], *(f"({one})" if one.startswith("-") else one for one in values[1:])])
        return added if found[0] == found.string else f"({added})"
    return f"{found[1]}({'; '.join(values)})"


def _put(found: re.Match, values: list[str]) -> str:
    """A name's value or values; a negative one in brackets where a sign would read as an operator."""
    before, after = found.string[: found.start()].rstrip(), found.string[found.end() :].lstrip()
    if len(values) > 1 or re.search(r"\bin$|\bzip\([^)]*$", before):
        return f"[{'; '.join(values)}]"
    crowded = before.endswith(("+", "-", "*", "/")) or after.startswith("**")
    return f"({values[0]})" if values[0].startswith("-") and crowded else values[0]
