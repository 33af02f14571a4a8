"""A published review of one partnership as data: every number that it prints, and what its places are called."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from fnmatch import fnmatchcase
from fractions import Fraction

import pandas as pd

from dscp.reproduction.numbers import Number
from dscp.reproduction.verdicts import Mapped, scale_of

WHOLE = ("count", "gbp", "age")  # units whose whole numbers the print does not round
SHORT = {"pct": "per cent", "n": "number", **{month.lower(): month for month in calendar.month_name[1:]}}


def reviewed(tables: Mapping[str, pd.DataFrame], places: Mapping[str, str]) -> dict[str, Number]:
    """Every printed number by its key, table/row/column; of a cell without a number the value is None.

    Parameters
    ----------
    tables : as read by `read_published`
    places : table -> what it is called in words

    Raises
    ------
    ValueError
        A table that has no words, or two numbers of one key.
    """
    if unknown := set(tables) ^ set(places):
        raise ValueError(f"table {min(unknown)!r} of the print has no words, or no rows")
    found: dict[str, Number] = {}
    for table in places:
        for row in tables[table].to_dict("records"):
            number = _number(row, places[table])
            if number.key in found:
                raise ValueError(f"{number.key} stands twice in the print")
            found[number.key] = number
    return found


def _number(row: Mapping[str, str], where: str) -> Number:
    return Number(
        row["table"],
        row["row"],
        row["column"],
        row["printed"],
        Fraction(row["value"]) if row["value"] else None,
        row["unit"],
        Fraction(1, 10 ** int(row["decimals"])),
        row["unit"] in WHOLE and row["decimals"] == "0",
        where,
    )


def place_of(key: str, places: Mapping[str, str]) -> str:
    """Where a number stands, in words: Figure 12, April, re presented May."""
    table, row, column = key.split("/")
    names = [row] if row == column else [row, column]
    return ", ".join([places[table], *(" ".join(SHORT.get(word, word) for word in name.split("_")) for name in names)])


def mapped(
    published: Mapping[str, Number],
    compared: pd.DataFrame,
    reasons: Mapping[str, str],
    names: Mapping[str, str],
    units: Mapping[str, str],
) -> dict[str, Mapped]:
    """What each printed number is compared with, by its key.

    Parameters
    ----------
    compared : key (a pattern; the first that fits), kind (ledger, none), target (an id with names in braces; a reason)
    reasons : name -> why there is nothing to compare with
    names : own (code of the partnership), and of each month of the year its name in lower case -> as in ids
    units : ledger id -> unit

    Raises
    ------
    ValueError
        A number that no pattern fits, a pattern that fits none, a quantity or a reason that there is not.
    """
    patterns = compared.to_dict("records")
    unused = {one["key"] for one in patterns}
    found = {}
    for key, number in published.items():
        one = next((one for one in patterns if fnmatchcase(key, one["key"])), None)
        if one is None:
            raise ValueError(f"{key}: nothing says what it is compared with, or why with nothing")
        unused.discard(one["key"])
        found[key] = _mapped(number, one, reasons, names, units)
    if unused:
        raise ValueError(f"{min(unused)}: fits no number that is left for it")
    return found


def _mapped(
    number: Number,
    one: Mapping[str, str],
    reasons: Mapping[str, str],
    names: Mapping[str, str],
    units: Mapping[str, str],
) -> Mapped:
    target = one["target"]
    if one["kind"] == "none":
        if target not in reasons:
            raise ValueError(f"{one['key']}: reason {target!r}, allowed: {', '.join(reasons)}")
        return Mapped(number, "none", expected=target, reason=reasons[target])
    filled = target.format(own=names["own"], month=names.get(number.row, ""), back=names.get(_last(number.column), ""))
    if filled not in units:
        raise ValueError(f"{number.key}: there is no quantity {filled}")
    return Mapped(number, "ledger", (filled,), scale=scale_of(units[filled], number.unit))


def _last(column: str) -> str:
    return column.rpartition("_")[2]
