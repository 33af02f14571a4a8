"""Texts that a spreadsheet program would run as a formula, made harmless: of a config, an extract or the print.

Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import re

import pandas as pd

FORMULA_SIGNS = tuple("=+-@＝＋－＠\t\r\n")  # typed, in full width, and what is skipped before them
MINUS = "−"  # which some programs take for a minus sign
# What a program reads as a number, and does not run whatever its sign.
NUMBER = re.compile(
    rf"[+\-{MINUS}]?([0-9]+|[0-9]{{1,3}}(,[0-9]{{3}})+)(\.[0-9]+)?([eE][+-]?[0-9]+)?%?",
)


def inert(text: str) -> str:
    """A text that could start a formula gets an apostrophe before it, which marks it as text; others stay."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def is_run(text: str) -> bool:
    """Whether a cell of a CSV file could start a formula; a number does not, whatever its sign."""
    return text.startswith((*FORMULA_SIGNS, MINUS)) and not NUMBER.fullmatch(text)


def tabled(table: pd.DataFrame) -> pd.DataFrame:
    """A table as its CSV file holds it: texts that could start a formula are marked as text, numbers stay."""
    texts = {name: table[name].map(_marked) for name in table if not pd.api.types.is_numeric_dtype(table[name])}
    return table.assign(**texts)


def unmarked(text: str) -> str:
    """A text as it was before `tabled`."""
    return text[1:] if text.startswith("'") and is_run(text[1:]) else text


def _marked(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and is_run(cell) else cell
