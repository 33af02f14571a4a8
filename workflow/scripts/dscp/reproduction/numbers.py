"""The print as data: every number of the evaluation's tables and prose, with where it stands and how it was rounded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from dscp.reproduction.intervals import Interval

PROSE = "text"
FAR = Fraction(10**12)  # beyond every number of the print, in any of its units


@dataclass(frozen=True)
class Number:
    """A published number.

    `value` is None where only a bound is printed ("<0.01", "-ve") or the number is given in words (`claim`); `step` is
    one unit of the last printed digit; `exact` numbers are counts, which printing does not round.
    """

    table: str
    row: str
    column: str
    printed: str
    value: Fraction | None
    unit: str
    step: Fraction
    exact: bool
    where: str

    @property
    def key(self) -> str:
        """Name in relations, evidence and confirmed causes, such as "7.5/pilot_7_pre/et_pct_tt" or "text/L1854_…"."""
        return f"{self.table}/{self.row}" if self.table == PROSE else f"{self.table}/{self.row}/{self.column}"

    @property
    def interval(self) -> Interval | None:
        """All values that print so, ends included; None where there is no telling."""
        if self.value is not None:
            half = Fraction(0) if self.exact else self.step / 2
            return Interval(self.value - half, self.value + half)
        if self.printed.startswith("<"):
            return Interval(Fraction(0), Fraction(self.printed[1:]))
        if self.printed.startswith("-ve"):
            return Interval(-FAR, Fraction(0))
        return None


def numbers(tables: Mapping[str, pd.DataFrame], prose: pd.DataFrame, steps: pd.DataFrame) -> dict[str, Number]:
    """Every published number by its key, tables first.

    Parameters
    ----------
    tables : as read by `read_published`
    prose : row, where, test, value, step: place of a prose figure, and what its transcription leaves open
    steps : table, row, column ("*" for all), step: numbers printed to another step than their last digit, or counts
        that are rounded

    Raises
    ------
    ValueError : a prose figure without a place, or the place of a figure that is not there
    """
    ordered = sorted((table for table in tables if table != PROSE), key=_place)
    given = list(steps[["step", "table", "row", "column"]].itertuples(index=False, name=None))
    found = [_of_table(row, given) for table in ordered for row in tables[table].to_dict("records") if _is_number(row)]
    places = prose.set_index("row").to_dict("index")
    rows = tables[PROSE].to_dict("records")
    if unknown := {row["row"] for row in rows} ^ set(places):
        raise ValueError(f"prose figure without a mapping, or a mapping without a figure: {sorted(unknown)[0]}")
    found += [_of_prose(row, places[row["row"]]) for row in rows]
    return {number.key: number for number in found}


def _place(table: str) -> list:
    return [(not part.isdigit(), part.zfill(3)) for part in table.split(".")]


def _is_number(row: Mapping[str, str]) -> bool:
    illegible = "EMPTY" in row["ocr_note"]
    return bool(row["value"]) or row["printed"].startswith(("<", "-ve")) or illegible


def _of_table(row: Mapping[str, str], steps: Sequence[tuple[str, ...]]) -> Number:
    own = next((step for step, *place in steps if _stands_for(place, row)), "")
    step = Fraction(own) if own else _last_digit(row["decimals"])
    return Number(
        row["table"],
        row["row"],
        row["column"],
        row["printed"],
        Fraction(row["value"]) if row["value"] else None,
        row["unit"],
        step,
        row["unit"] == "count" and not own,
        f"Table {row['table']}",
    )


def _stands_for(place: Sequence[str], row: Mapping[str, str]) -> bool:
    """Whether table, row and column of an exception are a cell's; "*" is any row or column."""
    table, *names = place
    cell = (row["row"], row["column"])
    return table == row["table"] and all(name in ("*", own) for name, own in zip(names, cell, strict=True))


def _of_prose(row: Mapping[str, str], place: Mapping[str, str]) -> Number:
    value = place["value"] if _is_numeric(place["value"]) else row["value"]
    return Number(
        PROSE,
        row["row"],
        row["column"],
        row["printed"],
        Fraction(value) if value else None,
        row["unit"],
        Fraction(place["step"]) if place["step"] else _last_digit(row["decimals"]),
        row["unit"] == "count" or place["test"] in ("below", "above"),
        place["where"],
    )


def _is_numeric(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(/\d+)?", text) is not None


def _last_digit(decimals: str) -> Fraction:
    return Fraction(1, 10 ** int(decimals or 0))
