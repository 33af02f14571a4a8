"""The ids of quantities: made here, and nowhere taken apart. What an id is made of stands in its row (family, dims)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from string import Formatter


class Id(str):
    """A ledger id that knows what it was made of: `dims`, name -> the part of the id that differs."""

    dims: Mapping[str, str]

    @property
    def family(self) -> str:
        """Its first word: what it is a quantity of."""
        return self.partition(".")[0]


def identifier(pattern: str, /, **values: object) -> Id:
    """Make an id.

    Parameters
    ----------
    pattern : words joined by dots, each plain or with one name in braces: "effective_treatment.rate.{area}.{period}"
    values : name -> what stands in its place; others are ignored

    Raises
    ------
    ValueError
        A word with two names, or a value that has a blank.
    """
    words, dims = [], {}
    for word in pattern.split("."):
        filled = word.format_map(values)
        names = [name for _, name, _, _ in Formatter().parse(word) if name]
        if len(names) > 1 or any(blank in filled for blank in " =\n"):
            raise ValueError(f"no id can be made of {word!r} and {filled!r}: one name a word, no blanks")
        words.append(filled)
        dims |= dict.fromkeys(names, filled)
    made = Id(".".join(words))
    made.dims = dims
    return made


def dims_text(dims: Mapping[str, str]) -> str:
    """The field `dims` of a ledger row: "area=pilot_1 period=pre"."""
    return " ".join(f"{name}={value}" for name, value in dims.items())


def dims_of(row: Mapping) -> dict[str, str]:
    """What the id of a ledger row is made of: name -> value."""
    return dict(pair.split("=", 1) for pair in row["dims"].split())


def general(row: Mapping) -> str:
    """The pattern of a row's id: effective_treatment.rate.{area}.{period}."""
    left, done = f".{row['id']}.", ""
    for name, value in dims_of(row).items():
        before, _, after = left.partition(f".{value}.")
        done, left = f"{done}{before}.{{{name}}}", f".{after}"
    return (done + left).strip(".")


def shapes(rows: Mapping[str, Mapping]) -> dict[str, list[str]]:
    """The pattern of an id -> the ids of that pattern, in the order of the rows."""
    found: dict[str, list[str]] = {}
    for name, row in rows.items():
        found.setdefault(general(row), []).append(name)
    return found


def digest(*texts: str) -> str:
    """A short name for a definition."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]
