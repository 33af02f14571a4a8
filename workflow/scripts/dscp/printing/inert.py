"""Texts of a config or an extract that a spreadsheet program would run as a formula, made harmless.

Source: OWASP, CSV Injection.
"""

from __future__ import annotations

FORMULA_SIGNS = tuple("=+-@＝＋－＠\t\r\n")  # typed, in full width, and what is skipped before them


def inert(text: str) -> str:
    """A text that could start a formula gets an apostrophe before it, which marks it as text; others stay."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
