"""More cases of the same kind: `make test` takes them all, `make check` some."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest


def some(cases: Iterable, kept: Collection) -> list:
    """All cases as parameters of a test; those that are not kept are marked thorough."""
    cases = list(cases)
    if lost := [case for case in kept if case not in cases]:
        raise ValueError(f"{lost[0]} is no case")
    return [pytest.param(case, marks=() if case in kept else pytest.mark.thorough) for case in cases]
