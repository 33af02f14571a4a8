"""Relations between published numbers: declared as data, filled from the print, judged in interval arithmetic.

A relation is "left = right" (or <, <=, >, >=). A number of the print is `[table row column]`, a prose figure
`[text row]`; `*` in it stands for several, as a list. `<name>` is filled from the sets that the relation runs over.
"=" cannot hold where no values that round to the print make both sides equal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from itertools import product

from dscp.ledger.expressions import OPERATORS, Language, expression
from dscp.reproduction.intervals import (
    Interval,
    Operand,
    at_least,
    below,
    exact,
    hull,
    interval,
    largest,
    negative,
    positive,
    share_of_whole,
    smallest,
)

HOLDS, BROKEN, UNKNOWN = "holds", "cannot hold", "cannot be checked"
REFERENCE = re.compile(r"\[([^\]]+)\]")
OPERATOR = re.compile(r" (=|<=|>=|<|>) ")
FUNCTIONS = {
    "sum": sum,
    "abs": abs,
    "len": len,
    "range": range,
    "exact": exact,
    "smallest": smallest,
    "largest": largest,
    "hull": hull,
    "at_least": at_least,
    "below": below,
    "negative": negative,
    "positive": positive,
    "share_of_whole": share_of_whole,
}


def _exactly(value: int | float) -> int | Fraction:
    """A number of a relation: 0.035 is 35 thousandths and not the nearest float."""
    return value if isinstance(value, int) else Fraction(repr(value))


def _divided(one: Operand, other: Operand) -> Interval | Fraction:
    """Whole numbers are divided as fractions too."""
    return (Fraction(one) if isinstance(one, int) else one) / other


EXACT = Language(FUNCTIONS, {**OPERATORS, ast.Div: _divided}, _exactly)


@dataclass(frozen=True)
class Relation:
    """One relation between published numbers, every set filled in."""

    id: str
    about: str
    text: str
    left: str
    operator: str
    right: str

    def keys(self, known: Iterable[str]) -> list[str]:
        """Keys of the numbers that it is about, each once, those on the left first."""
        known = list(known)
        found = (key for name in REFERENCE.findall(self.text) for key in _matching(name, known))
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Judged:
    """A relation with its verdict, both sides, and its text with the printed numbers filled in."""

    relation: Relation
    verdict: str
    left: Interval | None
    right: Interval | None
    filled: str
    keys: tuple[str, ...]


def declared(data: Mapping) -> list[Relation]:
    """All relations of a declaration.

    Parameters
    ----------
    data : sets (name -> list of name-value mappings) and relations (id, about, for: names of sets, holds)

    Raises
    ------
    ValueError : a relation without exactly one comparison, or two of one id
    """
    found: dict[str, Relation] = {}
    for spec in data["relations"]:
        for relation in _instances(spec, data["sets"]):
            if relation.id in found:
                raise ValueError(f"relation {relation.id} stands twice")
            found[relation.id] = relation
    return list(found.values())


def _instances(spec: Mapping, sets: Mapping[str, Sequence[Mapping]]) -> Iterator[Relation]:
    for members in product(*(sets[name] for name in spec.get("for", []))):
        values = {key: value for member in members for key, value in member.items()}
        tail = "".join(f".{value}" for member in members for value in member.values())
        yield relation(spec["id"] + tail, _filled(spec["about"], values), _filled(spec["holds"], values))


def relation(identifier: str, about: str, text: str) -> Relation:
    """A relation from its text."""
    sides = OPERATOR.split(" ".join(text.split()))
    if len(sides) != 3:
        raise ValueError(f"relation {identifier}: not one comparison: {text}")
    return Relation(identifier, about, " ".join(text.split()), *sides)


def _filled(text: str, values: Mapping) -> str:
    for key, value in values.items():
        text = text.replace(f"<{key}>", str(value))
    return text


def _matching(name: str, known: Sequence[str]) -> list[str]:
    """Keys that a reference names: one, or several where it holds a star."""
    pattern = "/".join(name.split())
    return [key for key in known if fnmatchcase(key, pattern)] if "*" in pattern else [pattern]


def judge(one: Relation, print_: Mapping[str, Interval | None]) -> Judged:
    """The verdict on a relation.

    Parameters
    ----------
    print_ : key -> all values that print so (None: not legible, or in words)

    Raises
    ------
    ValueError : a reference to a number that is not in the print
    """
    keys = tuple(one.keys(print_))
    if unknown := [key for key in keys if key not in print_]:
        raise ValueError(f"relation {one.id}: there is no published number {unknown[0]}")
    filled = REFERENCE.sub(lambda found: _shown(found[1], print_), one.text)
    if not keys or any(print_[key] is None for key in keys):
        return Judged(one, UNKNOWN, None, None, filled, keys)
    left, right = side(one.left, print_), side(one.right, print_)
    return Judged(one, HOLDS if _can_hold(left, one.operator, right) else BROKEN, left, right, filled, keys)


def _can_hold(left: Interval, operator: str, right: Interval) -> bool:
    if operator == "=":
        return left.meets(right)
    if operator in (">", ">="):
        left, right = right, left
    return left.low < right.high or (operator in ("<=", ">=") and left.low == right.high)


def side(text: str, print_: Mapping[str, Interval]) -> Interval:
    """One side of a relation as an interval."""
    names: dict[str, Interval | list[Interval]] = {}

    def named(found: re.Match) -> str:
        matched = [print_[key] for key in _matching(found[1], list(print_))]
        name = f"n{len(names)}"
        names[name] = matched if "*" in found[1] else matched[0]
        return name

    return interval(expression(REFERENCE.sub(named, text), EXACT)(names))


def _shown(name: str, print_: Mapping[str, Interval | None]) -> str:
    """The printed number or numbers that a reference stands for, for reading."""
    values = [print_[key] for key in _matching(name, list(print_))]
    shown = ["?" if value is None else short(value.middle) if value.low > -(10**11) else "negative" for value in values]
    return shown[0] if "*" not in name else f"[{'; '.join(shown)}]"


def short(value: Fraction, digits: int = 6) -> str:
    """A number for reading: thousands separated, at most six decimals."""
    text = f"{float(value):,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def span(value: Interval) -> str:
    """An interval for reading: a number where both ends print the same, else "from to"."""
    digits = 2 if abs(value.middle) >= 1 else 6
    low, high = short(value.low, digits), short(value.high, digits)
    return low if low == high else f"{low} to {high}"


def same_quantity(groups: Iterable[Sequence[tuple[str, str, bool]]]) -> list[Relation]:
    """Relations that two numbers of one quantity agree, each further one with the first.

    Parameters
    ----------
    groups : per quantity, of each place its key, what times the printed number is in the quantity's unit, and whether
        it is printed without a sign
    """
    found = []
    for (first, scale, unsigned), *others in groups:
        for key, other_scale, other_unsigned in others:
            sides = (_scaled(key, other_scale), _scaled(first, scale))
            if unsigned or other_unsigned:
                sides = tuple(f"abs({side})" for side in sides)
            found.append(relation(f"same.{key}", f"{key} and {first} print one quantity", " = ".join(sides)))
    return found


def _scaled(key: str, scale: str) -> str:
    name = f"[{key.replace('/', ' ')}]"
    return name if scale == "1" else f"{name} * {scale}"
