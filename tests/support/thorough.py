"""More cases of the same kind: `make test` takes them all, `make check` some."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import pytest
from hypothesis import settings

USUAL = 100  # examples that hypothesis draws where nothing is set: `make test`; `make check` sets fewer (conftest.py)


def few(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Of each test its first case, without thorough ones and those that need the default study."""
    seen: set[str] = set()
    for item in items:
        if item.get_closest_marker("thorough") is None and "rebuilt" not in item.fixturenames:
            name = item.nodeid.partition("[")[0]
            if name not in seen:
                seen.add(name)
                yield item


def some(cases: Iterable, kept: Collection) -> list:
    """All cases as parameters of a test; those that are not kept are marked thorough."""
    cases = list(cases)
    if lost := [case for case in kept if case not in cases]:
        raise ValueError(f"{lost[0]} is no case")
    return [pytest.param(case, marks=() if case in kept else pytest.mark.thorough) for case in cases]


def first(cases: Iterable[tuple], number: int) -> list:
    """Cases of several parameters, of which `make check` takes the first."""
    return [pytest.param(*case, marks=() if at < number else pytest.mark.thorough) for at, case in enumerate(cases)]


def one_of_each(cases: Iterable[tuple], kind: Callable[[tuple], object]) -> list:
    """Cases of several parameters, of which `make check` takes the first of each kind."""
    kinds: dict[object, tuple] = {}
    return [pytest.param(*case, marks=() if kinds.setdefault(kind(case), case) is case else pytest.mark.thorough)
            for case in cases]  # fmt: skip


def crossed(ones: Iterable, others: Iterable) -> list:
    """Every pair of two lists as two parameters of a test; `make check` takes each item of either at least once."""
    ones, others = list(ones), list(others)
    cases = [(nth, one, mth, other) for nth, one in enumerate(ones) for mth, other in enumerate(others)]
    return [
        pytest.param(
            one,
            other,
            id=f"{_named(one)}-{_named(other)}",
            marks=() if nth % len(others) == mth or mth % len(ones) == nth else pytest.mark.thorough,
        )
        for nth, one, mth, other in cases
    ]


def _named(case: object) -> str:
    return "-".join(map(str, case)) if isinstance(case, tuple) else str(case)


def drawn(number: int) -> int:
    """How many cases to draw: the number, or the share of it that `make check` takes."""
    return number * settings().max_examples // USUAL
