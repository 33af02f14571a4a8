"""Words that depend on results: directions, counts, lists and verdicts. Every function takes values and gives text.

No function here prints a figure; figures are printed by the renderer, which knows their ids.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

from dscp.ledger.expressions import round_half_up
from dscp.printing.called import characteristic
from dscp.printing.forms import printed

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
UP, DOWN, FLAT, UNKNOWN = "up", "down", "flat", "unknown"


def spelt(number: float) -> str:
    """A count in words up to twelve, in figures above: 3 -> three, 1234 -> 1,234; the sign of a missing one."""
    if math.isnan(number):
        return printed(number, "count")
    if not float(number).is_integer() or number < 0:
        raise ValueError(f"not a count: {number!r}")
    return NUMBERS[int(number)] if number < len(NUMBERS) else f"{int(number):,}"


def listed(items: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def characteristics(names: Sequence[str]) -> str:
    """The characteristics that a model allows for, as a list: age, sex and use of cannabis."""
    if not names:
        return "no characteristic"
    return listed([characteristic(name) for name in names])


def plural(number: float, one: str, many: str) -> str:
    """The word that agrees with a number."""
    return one if number == 1 else many


def direction(change: float, decimals: int) -> str:
    """Which way a change goes at printed precision: up, down, flat, or unknown (not computed)."""
    if math.isnan(change):
        return UNKNOWN
    rounded = round_half_up(change, decimals)
    return UP if rounded > 0 else DOWN if rounded < 0 else FLAT


def moved(change: float, decimals: int, words: Sequence[str] = ("rose", "fell", "did not change")) -> str:
    """rose, fell or did not change; where nothing can be given, says so."""
    up, down, flat = words
    return {UP: up, DOWN: down, FLAT: flat, UNKNOWN: "cannot be compared"}[direction(change, decimals)]


def per_cent_of(share: float) -> str:
    """A share of one as whole or broken per cents in figures: 0.05 -> 5, 0.025 -> 2.5."""
    return f"{round(100 * share, 6):g}"


def out_of(number: int, total: int) -> str:
    """How many of how many: none of the four, one of the four, both, all three, the only one."""
    if not 0 <= number <= total or total == 0:
        raise ValueError(f"not so many of so many: {number} of {total}")
    if total == 1:
        return "the only one" if number else "not the only one"
    if number == total:
        return "both" if total == 2 else f"all {spelt(total)}"
    if number == 0:
        return "neither" if total == 2 else f"none of the {spelt(total)}"
    return f"one of the {spelt(total)}" if number == 1 else f"{spelt(number)} of the {spelt(total)}"


def grouped(verdicts: Mapping[str, str]) -> dict[str, list[str]]:
    """Label -> verdict turned into verdict -> labels: the larger groups first, ties in the order of the labels."""
    groups: dict[str, list[str]] = {}
    for label, said in verdicts.items():
        groups.setdefault(said, []).append(label)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


TRENDS = {UP: "rises", DOWN: "falls", FLAT: "stays level", UNKNOWN: "cannot be drawn"}


def shared_out(ways: Mapping[str, str]) -> str:
    """Label -> word, as one clause: positive in Site 3, and negative in Site 2 and Site 6; rises in all six."""
    groups = grouped(ways)
    if len(groups) == 1:
        ((word, labels),) = groups.items()
        return f"{word} in {labels[0] if len(labels) == 1 else _everywhere(word, len(labels))}"
    clauses = [f"{word} in {listed(labels)}" for word, labels in groups.items()]
    return f"{', '.join(clauses[:-1])}, and {clauses[-1]}"


def _everywhere(word: str, total: int) -> str:
    """All of several, as it follows a word: rises in all six; did not change in any of the six."""
    if " not " not in f" {word} " and "cannot" not in word and not word.startswith("no "):
        return out_of(total, total)
    return "either" if total == 2 else f"any of the {spelt(total)}"


def month_name(month: str) -> str:
    """2008-04 -> April 2008."""
    return dt.date.fromisoformat(f"{month}-01").strftime("%B %Y")


def journeys_alt(pilot: str, comparison: str, first: str, last: str, slope: float) -> str:
    """The alternative text of a figure of new journeys by month."""
    way = direction(slope, 2)
    chart = f"Line chart of new journeys by month in {pilot} and {comparison}, {first} to {last}"
    if way == UNKNOWN:
        return f"{chart}. No straight line can be fitted to {pilot}."
    return f"{chart}, with the straight line fitted to {pilot}, which {TRENDS[way]}."
