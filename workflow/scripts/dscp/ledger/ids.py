"""The ids of quantities: made here, and nowhere taken apart. What an id is made of stands in its row (family, dims)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
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
    pattern : words joined by dots, each plain or with one name in braces: "effective_treatment.rate.{area}.{period}";
        an id that has been made stays as it is
    values : name -> what stands in its place; others are ignored

    Raises
    ------
    ValueError
        A word with two names, or a value that has a blank.
    """
    if isinstance(pattern, Id):
        return pattern
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


def general(row: Mapping, over: frozenset[str] | None = None) -> str:
    """The pattern of a row's id: effective_treatment.rate.{area}.{period}; `over`: the names to put in, else all."""
    return _pattern(row["id"], row["dims"], over)


@cache  # asked for over and over, of every row by each step of disclosure control
def _pattern(id: str, dims: str, over: frozenset[str] | None) -> str:
    left, done = f".{id}.", ""
    for name, value in dims_of({"dims": dims}).items():
        before, _, after = left.partition(f".{value}.")
        word = f"{{{name}}}" if over is None or name in over else value
        done, left = f"{done}{before}.{word}", f".{after}"
    return (done + left).strip(".")


def words_of(row: Mapping) -> list[str]:
    """The words that a row's id is made of, in order; what stands for a name is one of them, also where it has dots."""
    dims = {f"{{{name}}}": value for name, value in dims_of(row).items()}
    return [dims.get(word, word) for word in general(row).split(".")]


def shapes(rows: Mapping[str, Mapping]) -> dict[str, list[str]]:
    """The pattern of an id -> the ids of that pattern, in the order of the rows."""
    found: dict[str, list[str]] = {}
    for name, row in rows.items():
        found.setdefault(general(row), []).append(name)
    return found


def digest(*texts: str) -> str:
    """A short name for a definition."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]
