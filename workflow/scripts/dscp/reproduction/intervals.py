"""Interval arithmetic on exact fractions: from ranges of printed numbers to the range of what follows from them.

No float takes part, so that "the intervals do not meet" is a proof. A quantity that stands twice in an expression is
taken as two, which can only make an interval wider: a relation is never called broken that could hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high, ends included."""

    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        """Refuse an empty interval."""
        if self.low > self.high:
            raise ValueError(f"empty interval: {self.low} to {self.high}")

    def __add__(self, other: Operand) -> Interval:
        other = interval(other)
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Operand) -> Interval:
        return self + -interval(other)

    def __mul__(self, other: Operand) -> Interval:
        other = interval(other)
        ends = [one * two for one, two in product((self.low, self.high), (other.low, other.high))]
        return Interval(min(ends), max(ends))

    def __truediv__(self, other: Operand) -> Interval:
        other = interval(other)
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError(f"division by {other}, which holds 0")
        return self * Interval(1 / other.high, 1 / other.low)

    def __pow__(self, exponent: int) -> Interval:
        if exponent == 0:
            return interval(1)
        ends = [self.low**exponent, self.high**exponent]
        crosses = self.low < 0 < self.high and exponent % 2 == 0
        return Interval(Fraction(0) if crosses else min(ends), max(ends))

    def __radd__(self, other: Operand) -> Interval:
        return self + other

    def __rsub__(self, other: Operand) -> Interval:
        return -self + other

    def __rmul__(self, other: Operand) -> Interval:
        return self * other

    def __rtruediv__(self, other: Operand) -> Interval:
        return interval(other) / self

    def __abs__(self) -> Interval:
        if self.low < 0 < self.high:
            return Interval(Fraction(0), max(-self.low, self.high))
        return self if self.low >= 0 else -self

    def meets(self, other: Interval) -> bool:
        """Whether the two have a number in common."""
        return self.low <= other.high and other.low <= self.high

    @property
    def middle(self) -> Fraction:
        """Half way between the ends."""
        return (self.low + self.high) / 2


Operand = Interval | Fraction | int


def interval(value: Operand) -> Interval:
    """A single number as an interval."""
    return value if isinstance(value, Interval) else Interval(Fraction(value), Fraction(value))


def exact(value: Operand) -> Interval:
    """The printed number itself, for a step that the report says it took from the print."""
    return interval(interval(value).middle)


def smallest(values: Iterable[Operand]) -> Interval:
    """The smallest of several."""
    known = [interval(value) for value in values]
    return Interval(min(one.low for one in known), min(one.high for one in known))


def largest(values: Iterable[Operand]) -> Interval:
    """The largest of several."""
    return -smallest(-interval(value) for value in values)


def hull(values: Iterable[Operand]) -> Interval:
    """From the smallest to the largest: where any weighted mean of them lies."""
    known = [interval(value) for value in values]
    return Interval(min(one.low for one in known), max(one.high for one in known))


def at_least(one: Operand, least: Operand) -> Interval:
    """Of the values of one those that are not below another's."""
    one, least = interval(one), interval(least)
    return Interval(max(one.low, least.low), max(one.high, least.low))


def below(one: Operand, other: Operand) -> Interval:
    """1 where one is below the other, 0 where not, 0 to 1 where the print does not tell."""
    one, other = interval(one), interval(other)
    return Interval(Fraction(one.high < other.low), Fraction(one.low < other.high))


def negative(value: Operand) -> Interval:
    """1 where a number is below zero."""
    return below(value, 0)


def positive(value: Operand) -> Interval:
    """1 where a number is above zero."""
    return below(0, value)


def share_of_whole(share: Interval, base: Operand) -> Interval:
    """The shares, in per cent, that whole numbers among a base can make within a printed share; else the nearest."""
    base = interval(base).middle
    low, high = ceil(share.low * base / 100), floor(share.high * base / 100)
    if low > high:
        low, high = high, low
        nearest = min((low, high), key=lambda count: abs(Fraction(100 * count) / base - share.middle))
        low = high = nearest
    return Interval(Fraction(100 * low) / base, Fraction(100 * high) / base)
