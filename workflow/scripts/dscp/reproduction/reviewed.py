"""A published review of one partnership as data: every number that it prints, and what its places are called."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from dscp.reproduction.numbers import Number

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
