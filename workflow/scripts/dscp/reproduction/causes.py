"""Why a published number may differ from ours: tests that propose a cause, none of which decides anything.

Each test asks whether a known slip of hand, applied to our value or to what it is computed from, gives the print. A
person confirms or corrects the proposal in a data file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from dscp.ledger.formulas import recompute, round_half_up
from dscp.ledger.ids import words_of
from dscp.ledger.rows import inputs_of
from dscp.reproduction.numbers import PROSE, Number
from dscp.reproduction.verdicts import Mapped, nearest

NOT_FOUND = "not found"
SIGNIFICANT_DIGITS = 2  # a print of fewer digits agrees with something by chance
NEAR = 0.05  # how close another parameter must be to the one used, as a share of it
# Statistics of one measure, from the level to the difference in differences.
ORDER = ("rate", "change", "did")
NET = {"net": "total", "net_cost_ratio": "cost_ratio", "net_short_term": "discounted_value_treatment"}


@dataclass(frozen=True)
class Ledger:
    """Our quantities, and the print they are compared with."""

    rows: Mapping[str, Mapping]
    known: Mapping[str, float]
    mapped: Mapping[str, Mapped]
    differing: Mapping[str, str]  # id -> key of the first published number that differs from it

    @cached_property
    def words(self) -> dict[str, list[str]]:
        """Id -> the words that it is made of."""
        return {identifier: words_of(row) for identifier, row in self.rows.items()}


@dataclass(frozen=True)
class Case:
    """A published number that differs, and our value in its unit."""

    mapped: Mapped
    id: str
    ours: float

    @property
    def number(self) -> Number:
        """The published number."""
        return self.mapped.number

    def prints(self, value: float) -> bool:
        """Whether a value in the print's unit prints as this number."""
        return not math.isnan(value) and nearest(value, self.number.step) == self.number.value

    def prints_quantity(self, value: float) -> bool:
        """Whether a value in the ledger's unit does."""
        return self.prints(value * float(self.mapped.scale))


def proposed(case: Case, ledger: Ledger) -> list[str]:
    """Causes that would give the print, likeliest first."""
    comparable = case.id and case.number.value is not None and not math.isnan(case.ours)
    tests = TESTS if comparable and case.mapped.test in ("", "size") else (stale_sentence,)
    found = [cause for test in tests for cause in test(case, ledger)]
    return list(dict.fromkeys(found)) or [NOT_FOUND]


def wrong_sign(case: Case, ledger: Ledger) -> Iterator[str]:
    """The print is ours with the other sign."""
    if case.prints(-case.ours):
        yield "wrong sign"


def carried_forward(case: Case, ledger: Ledger) -> Iterator[str]:
    """Another place differs in the same quantity, or an input as printed elsewhere gives the print."""
    first = ledger.differing.get(case.id, case.number.key)
    if first != case.number.key:
        other = ledger.mapped[first]
        if other.number.value / other.scale == case.number.value / case.mapped.scale:
            yield f"carried forward from {first}"
    for one in _inputs(case, ledger):
        if one in ledger.differing and one != case.id:
            key = ledger.differing[one]
            other = ledger.mapped[key]
            half = other.number.step / 2
            ends = [
                _recomputed(case, ledger, {one: float((other.number.value + way * half) / other.scale)})
                for way in (-1, 1)
            ]
            if _between(case, ends):
                yield f"carried forward from {key}"


def _between(case: Case, ends: Sequence[float]) -> bool:
    scaled = sorted(float(case.mapped.scale) * end for end in ends)
    half = float(case.number.step) / 2
    return scaled[0] - half <= float(case.number.value) <= scaled[1] + half


def factor_of_ten(case: Case, ledger: Ledger) -> Iterator[str]:
    """The decimal point slipped."""
    for power in (-1, 1, -2, 2, -3, 3):
        if case.number.value and case.prints(case.ours * 10.0**power):
            yield f"decimal slip: ours {'times' if power > 0 else 'divided by'} {10 ** abs(power):,}"


def digit_transposition(case: Case, ledger: Ledger) -> Iterator[str]:
    """Two neighbouring digits stand the other way round."""
    ours = _digits(nearest(case.ours, case.number.step), case.number.step)
    theirs = _digits(case.number.value, case.number.step)
    if theirs in _swapped(ours):
        yield "digit transposition"


def transposition_in_input(case: Case, ledger: Ledger) -> Iterator[str]:
    """An input with two neighbouring digits the other way round gives the print; only where a single one does."""
    hits = []
    for one in _inputs(case, ledger):
        value = ledger.known[one]
        if not float(value).is_integer() or abs(value) < 10:
            continue
        for digits in _swapped(str(int(abs(value)))):
            other = math.copysign(int(digits), value)
            if case.prints_quantity(_recomputed(case, ledger, {one: other})):
                hits.append(f"digit transposition in {one}: {int(other):,} for {int(value):,}")
    if len(hits) == 1:
        yield hits[0]


def other_statistic(case: Case, ledger: Ledger) -> Iterator[str]:
    """The print is another statistic of the same thing: net for gross, level for difference, another period or area."""
    if _significant(case.number) < SIGNIFICANT_DIGITS:
        return
    parts = ledger.words[case.id]
    for other, value in ledger.known.items():
        others = ledger.words[other]
        if other == case.id or len(others) != len(parts) or not case.prints_quantity(value):
            continue
        different = [(one, two) for one, two in zip(parts, others, strict=True) if one != two]
        if len(different) == 1 and ledger.rows[other]["unit"] == ledger.rows[case.id]["unit"]:
            yield _name_of(*different[0], other)
    yield from _level_and_difference(case, ledger, parts)


def _level_and_difference(case: Case, ledger: Ledger, parts: Sequence[str]) -> Iterator[str]:
    """A rate where a change or a difference in differences belongs, or the other way round."""
    if len(parts) < 3 or parts[1] not in ORDER:
        return
    number = parts[2].rpartition("_")[2]
    for other, value in ledger.known.items():
        others = ledger.words[other]
        same = others[0] == parts[0] and len(others) > 2 and others[2].rpartition("_")[2] == number
        if same and others[1] in ORDER and others[1] != parts[1] and case.prints_quantity(value):
            level = ORDER.index(others[1]) < ORDER.index(parts[1])
            yield f"{'level for difference' if level else 'difference for level'}: {other}"


def _name_of(ours: str, theirs: str, other: str) -> str:
    if NET.get(theirs) == ours:
        return f"net for gross: {other}"
    if NET.get(ours) == theirs:
        return f"gross for net: {other}"
    return f"neighbour's value: {other}"


def complement(case: Case, ledger: Ledger) -> Iterator[str]:
    """Print and ours add up to another number of the same place: the difference stands where the level belongs."""
    if _significant(case.number) <= SIGNIFICANT_DIGITS:
        return
    for one in ledger.mapped.values():
        near = one.number.where == case.number.where and one.number.unit == case.number.unit
        if near and one.number.value and case.prints(float(one.number.value) - case.ours):
            yield f"difference for level: {one.number.printed} less our value"


def neighbours_cell(case: Case, ledger: Ledger) -> Iterator[str]:
    """The print is that of a neighbouring cell, or of the same place in a table of the same columns."""
    number = case.number
    if number.table == PROSE or _significant(number) < SIGNIFICANT_DIGITS:
        return
    tables: dict[str, tuple[list[str], list[str]]] = {}
    for one in ledger.mapped.values():
        rows, columns = tables.setdefault(one.number.table, ([], []))
        rows += [one.number.row] if one.number.row not in rows else []
        columns += [one.number.column] if one.number.column not in columns else []
    rows, columns = tables[number.table]
    row, column = rows.index(number.row), columns.index(number.column)
    for table, (other_rows, other_columns) in tables.items():
        if other_columns != columns or table == PROSE:
            continue
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)):
            if not (0 <= row + down < len(other_rows) and 0 <= column + right < len(columns)):
                continue
            key = f"{table}/{other_rows[row + down]}/{columns[column + right]}"
            cell = ledger.mapped.get(key)
            if key != number.key and cell and cell.number.value == number.value:
                yield f"neighbour's cell: {key}"


def other_parameter(case: Case, ledger: Ledger) -> Iterator[str]:
    """Another value of the report, close to the one used, gives the print in its place."""
    for one in _inputs(case, ledger):
        value, unit = ledger.known[one], ledger.rows[one]["unit"]
        for other, candidate in ledger.known.items():
            close = candidate != value and abs(candidate - value) <= NEAR * abs(value)
            named = other.startswith(("constant.", "unit_value.")) and ledger.rows[other]["unit"] == unit
            if close and named and case.prints_quantity(_recomputed(case, ledger, {one: candidate})):
                yield f"other parameter: {other} in place of {one}"


def rounded_input(case: Case, ledger: Ledger) -> Iterator[str]:
    """An input rounded to some step gives the print."""
    for one in _inputs(case, ledger):
        value = ledger.known[one]
        for decimals in (3, 2, 1, 0, *((-1, -2, -3) if ledger.rows[one]["unit"] == "gbp" else ())):
            rounded = round_half_up(value, decimals)
            if rounded and rounded != value and case.prints_quantity(_recomputed(case, ledger, {one: rounded})):
                yield f"rounded input: {one} rounded to {10.0**-decimals:g}"
                return


def mistyped_digit(case: Case, ledger: Ledger) -> Iterator[str]:
    """One digit is another."""
    ours = _digits(nearest(case.ours, case.number.step), case.number.step)
    theirs = _digits(case.number.value, case.number.step)
    same_length = len(ours) == len(theirs) > 1
    if same_length and sum(one != two for one, two in zip(ours, theirs, strict=True)) == 1:
        yield "one digit mistyped"


def stale_sentence(case: Case, ledger: Ledger) -> Iterator[str]:
    """The prose differs where the tables agree with ours, or states what its tables do not show."""
    first = ledger.differing.get(case.id, PROSE)
    if case.number.table == PROSE and first.startswith(PROSE):
        yield "stale sentence: the tables do not say so"


TESTS: tuple[Callable[[Case, Ledger], Iterator[str]], ...] = (
    wrong_sign,
    carried_forward,
    digit_transposition,
    factor_of_ten,
    other_statistic,
    complement,
    transposition_in_input,
    neighbours_cell,
    other_parameter,
    mistyped_digit,
    rounded_input,
    stale_sentence,
)


def _inputs(case: Case, ledger: Ledger) -> list[str]:
    if case.id not in ledger.rows:
        return []
    return inputs_of(ledger.rows[case.id])


def _recomputed(case: Case, ledger: Ledger, changed: Mapping[str, float]) -> float:
    try:
        return recompute(ledger.rows[case.id], {**ledger.known, **changed})
    except (ZeroDivisionError, ValueError):
        return math.nan


def _significant(number: Number) -> int:
    return len(_digits(number.value, number.step).lstrip("0"))


def _digits(value: Fraction, step: Fraction) -> str:
    """The printed digits of a value, without sign, point and separators."""
    return str(abs(int(value / step)))


def _swapped(digits: str) -> set[str]:
    """All that two neighbouring digits the other way round make of some digits."""
    found = {digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1)}
    return {one for one in found - {digits} if not one.startswith("0")}
