"""Codes and days of a file's own, turned into ours where the file is read, as the config says.

What stands in a cell is kept for messages; what it is read as is worked out beside it, in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dscp.extracts.sql import literal
from dscp.study.given import EXCEL, form_of_days

if TYPE_CHECKING:
    from dscp.extracts.files import Source


def read_as(source: Source, called: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """SQL of what the cells of each mapped column are read as, on the text of the cell, `"raw_…"`.

    `called` : column -> what the study calls a value -> that value, after what the config says of the file
    """
    values = {name: _value(f'"raw_{name}"', values) for name, values in source.given.values.items()}
    values |= {name: _value(values.get(name, f'"raw_{name}"'), names) for name, names in called.items()}
    return values | {name: _day(values.get(name, f'"raw_{name}"'), form) for name, form in source.given.dates.items()}


def _day(cell: str, form: str) -> str:
    """A day of another form as YYYY-MM-DD 00:00:00; one that does not fit is none, though it may fit another form."""
    read = f"try_strptime(trim({cell}), {literal(form_of_days(form))})"
    if form == EXCEL:
        read = f"DATE '1899-12-30' + TRY_CAST(regexp_extract({cell}, '^\\s*(\\d{{4,5}})(\\.0*)?\\s*$', 1) AS INTEGER)"
    return f"coalesce(strftime({read}, '%Y-%m-%d %H:%M:%S'), CASE WHEN {cell} IS NOT NULL THEN 'no day' END)"


def _value(cell: str, values: Mapping[str, str | None]) -> str:
    cases = " ".join(
        f"WHEN {same_form(literal(theirs))} THEN {'NULL' if ours is None else literal(ours)}"
        for theirs, ours in values.items()
    )
    return f"CASE {same_form(cell)} {cases} ELSE {cell} END"


def same_form(cell: str) -> str:
    """SQL of a text whatever its letter case and the blanks around it; 1.0 is 1."""
    return rf"regexp_replace(lower(trim(replace({cell}, chr(160), ' '))), '^(-?\d+)\.0+$', '\1')"
