"""Expressions: the arithmetic that formulas and relations are written in, read once and never given to Python's eval.

Allowed are numbers, names, + - * / // **, comparisons, and, or, if-else, the functions of a language, and loops over
one list or several (`sum(x * y for x, y in zip(one, two) if x > 0)`). Lists stand only where a function or a loop
takes them: the text alone tells which names are lists. Everything else is refused before anything is computed.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

GREATEST = 1024  # bits of a power of whole numbers: no float is greater
TAKE_LISTS = {"sum", "len", "prod", "min", "max", "hull", "smallest", "largest"}  # one, and nothing else
OF_NUMBERS_TOO = {"min", "max"}  # of one list, or of two numbers and more
GIVE_LISTS = {"range"}
ALLOWED = "numbers, names, + - * / // **, comparisons, and, or, if-else, loops, lists where they are taken"

Values = Mapping[str, Any]
Computing = Callable[[Values], Any]


class NotAllowedError(Exception):
    """An expression holds what none may hold. No ValueError: those say that there is nothing to compute."""


def power(base: Any, exponent: Any) -> Any:
    """A power, unless it is one of whole numbers that no float can hold.

    Raises
    ------
    NotAllowedError
        9 ** 9 ** 9 would be worked out for days.
    """
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * exponent > GREATEST:
        raise NotAllowedError(f"{base} ** {exponent} is not allowed: no number that can be stored")
    return base**exponent


def round_half_up(value: float, decimals: int = 0) -> float:
    """Round as printed numbers are: halves away from zero, on the decimal form of the number; nan stays nan."""
    if math.isnan(value):
        return value
    shift = power(10, decimals)
    return math.copysign(math.floor(round(abs(value) * shift, 9) + 0.5) / shift, value)


OPERATORS: Mapping[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: power,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True, eq=False)
class Language:
    """What expressions of one kind may call, and how they compute.

    takes : of functions that say so, how many lists they take, and how many numbers after these
    """

    functions: Mapping[str, Callable]
    operators: Mapping[type, Callable] = field(default_factory=lambda: OPERATORS)
    number: Callable[[int | float], Any] = lambda value: value
    takes: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Expression:
    """An expression that has been read.

    compute : name -> value, or list of values for a name among `lists`; gives the expression's value
    """

    text: str
    compute: Computing
    lists: frozenset[str]
    single: frozenset[str]

    def __call__(self, values: Values) -> Any:
        """The value of the expression, as Python would compute it."""
        if unknown := (self.lists | self.single) - values.keys():
            raise NotAllowedError(f"{self.text!r}: nothing is named {min(unknown)}; there are: {', '.join(values)}")
        return self.compute(values)


@lru_cache(maxsize=4096)
def expression(text: str, language: Language) -> Expression:
    """Read an expression.

    Raises
    ------
    NotAllowedError
        It says what stands where it must not, and what may stand there.
    """
    reading = _Reading(text, language)
    try:
        compute = reading.number(ast.parse(text, mode="eval").body, frozenset())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAllowedError(f"{text[:200]!r} is no expression that can be read ({type(error).__name__})") from error
    if both := reading.lists & reading.single:
        raise NotAllowedError(f"{text!r}: {min(both)} is a list in one place and a number in another")
    return Expression(text, compute, frozenset(reading.lists), frozenset(reading.single))


class _Reading:
    """One expression on the way from its syntax tree to functions that compute its parts."""

    def __init__(self, text: str, language: Language) -> None:
        self.text, self.language = text, language
        self.lists: set[str] = set()
        self.single: set[str] = set()

    def number(self, node: ast.expr, bound: frozenset[str]) -> Computing:
        """What computes a number; `bound` are the names that the loops around it give."""
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                value = self.language.number(node.value)
                return lambda _: value
            case ast.Name(id=name):
                if name not in bound:
                    self.single.add(name)
                return itemgetter(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.number(operand, bound)
                return lambda values: -inner(values)
            case ast.BinOp(left=one, op=op, right=other) | ast.Compare(left=one, ops=[op], comparators=[other]):
                if (apply := self.language.operators.get(type(op))) is None:
                    raise self.refused(node)
                left, right = self.number(one, bound), self.number(other, bound)
                return lambda values: apply(left(values), right(values))
            case ast.BoolOp(op=op, values=[first, *others]):
                computing = self.number(first, bound)
                for other in others:
                    computing = _joined(computing, isinstance(op, ast.And), self.number(other, bound))
                return computing
            case ast.IfExp(test=test, body=body, orelse=orelse):
                holds, then, otherwise = (self.number(part, bound) for part in (test, body, orelse))
                return lambda values: then(values) if holds(values) else otherwise(values)
            case ast.Call(func=ast.Name(id=name)) if name not in GIVE_LISTS:
                return self.call(node, name, bound)
        raise self.refused(node)

    def several(self, node: ast.expr, bound: frozenset[str]) -> Computing:
        """What computes a list of numbers."""
        match node:
            case ast.Name(id=name) if name not in bound:
                self.lists.add(name)
                return itemgetter(name)
            case ast.List(elts=elements):
                each = [self.number(one, bound) for one in elements]
                return lambda values: [one(values) for one in each]
            case ast.BinOp(left=one, op=ast.Add(), right=other):
                left, right = self.several(one, bound), self.several(other, bound)
                return lambda values: left(values) + right(values)
            case ast.Call(func=ast.Name(id=name)) if name in GIVE_LISTS:
                return self.call(node, name, bound)
            case ast.GeneratorExp(elt=element, generators=[ast.comprehension(is_async=0) as loop]):
                names, source = self.loop(loop, bound)
                bound |= {*names}
                tests = [self.number(test, bound) for test in loop.ifs]
                return _looped(names, source, tests, self.number(element, bound))
        raise self.refused(node)

    def call(self, node: ast.Call, name: str, bound: frozenset[str]) -> Computing:
        """What calls a function of the language."""
        function = self.language.functions.get(name)
        if function is None or node.keywords:
            raise self.refused(node)
        of_list = name in TAKE_LISTS and not (name in OF_NUMBERS_TOO and len(node.args) > 1)
        lists, numbers = self.language.takes.get(name, (1, 0) if of_list else (0, len(node.args)))
        if len(node.args) != lists + numbers:
            raise self.refused(node)
        arguments = [(self.several if i < lists else self.number)(one, bound) for i, one in enumerate(node.args)]
        if len(arguments) == 1:
            (argument,) = arguments
            return lambda values: function(argument(values))
        return lambda values: function(*[one(values) for one in arguments])

    def loop(self, node: ast.comprehension, bound: frozenset[str]) -> tuple[list[str], Computing]:
        """The names that a loop gives, and what computes the rows of values that they take."""
        match node.target, node.iter:
            case ast.Tuple(elts=[*targets]), ast.Call(func=ast.Name(id="zip"), args=[*lists], keywords=[]):
                sources = [self.several(one, bound) for one in lists]
                rows = lambda values: zip(*(one(values) for one in sources), strict=False)  # noqa: E731
            case ast.Tuple(elts=[*targets]), ast.Call(func=ast.Name(id="enumerate"), args=[one], keywords=[]):
                lists, source = [None, one], self.several(one, bound)
                rows = lambda values: enumerate(source(values))  # noqa: E731
            case target, one:
                targets, lists, source = [target], [one], self.several(one, bound)
                rows = lambda values: ((value,) for value in source(values))  # noqa: E731
        if len(targets) != len(lists) or not all(isinstance(one, ast.Name) for one in targets):
            raise self.refused(node.target)
        return [one.id for one in targets], rows

    def refused(self, node: ast.AST) -> NotAllowedError:
        """The error of a part that may not stand where it stands."""
        part = f"{ast.unparse(node)} ({type(node).__name__})"
        functions = ", ".join(self.language.functions)
        return NotAllowedError(f"{self.text!r}: {part} is not allowed there; allowed: {ALLOWED}, {functions}")


def _joined(first: Computing, both: bool, other: Computing) -> Computing:
    if both:
        return lambda values: first(values) and other(values)
    return lambda values: first(values) or other(values)


def _looped(names: list[str], rows: Computing, tests: list[Computing], element: Computing) -> Computing:
    def run(values: Values) -> Iterator[Any]:
        inner = dict(values)
        for row in rows(values):
            inner.update(zip(names, row, strict=True))
            if all(test(inner) for test in tests):
                yield element(inner)

    return run
