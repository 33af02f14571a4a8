"""Texts and paths as SQL literals."""

from __future__ import annotations

import re


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def pattern(path: str) -> str:
    """Return a path as a literal in which *, ? and [ stand for themselves."""
    return literal(re.sub(r"([*?\[])", r"[\1]", path))
