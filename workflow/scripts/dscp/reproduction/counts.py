"""Rounded inputs: every set of whole counts that a table of rounded percentages allows, and the p-values they make.

Tables 3.1 to 3.3 print bases and percentages without decimals, so that several sets of counts print alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor, sqrt

import pandas as pd

from dscp.ledger.formulas import log_odds, normal_tail
from dscp.reproduction.numbers import Number

TABLES = {"3.1": "success_pct", "3.2": "success_pct", "3.3": "success_pct"}
UNADJUSTED = ("3.3",)  # tables whose printed p-value is that of the unadjusted test (Appendix B2)
QUARTET = [(arm, period) for arm in ("pilot", "comparison") for period in ("pre", "post")]
RANGES = [f"{arm}_{period}_{end}" for arm, period in QUARTET for end in ("from", "to")]
FIELDS = ["table", "site", "sets", *RANGES, "base_from", "base_to"]
WHOLE = [*RANGES, "base_from", "base_to", "sets_with_printed_p"]
FIELDS += ["p_low", "p_high", "p_printed", "sets_with_printed_p", "test"]

Counts = tuple[tuple[int, int], ...]  # (count, base) of pilot pre, pilot post, comparison pre, comparison post


@dataclass(frozen=True)
class Printed:
    """What a table prints of a site: interval of each percentage, bases (None: illegible), changes, difference, p."""

    shares: Mapping[tuple[str, str], Number]
    bases: Mapping[tuple[str, str], int | None]
    changes: Mapping[str, Number]
    difference: Number
    p: Number


def printed_sites(numbers: Mapping[str, Number]) -> Iterator[tuple[str, str, Printed]]:
    """Table, site and print of every site of Tables 3.1 to 3.3."""
    for table, share in TABLES.items():
        for key in [key for key in numbers if key.startswith(f"{table}/") and key.endswith("/diff_in_diff")]:
            site = key.split("/")[1].removeprefix("comparison_")

            def cell(arm: str, column: str, table: str = table, site: str = site) -> Number:
                return numbers[f"{table}/{arm}_{site}/{column}"]

            shares = {(arm, period): cell(arm, f"{period}_{share}") for arm, period in QUARTET}
            bases = {(arm, period): cell(arm, f"{period}_total").value for arm, period in QUARTET}
            whole = {place: None if base is None else int(base) for place, base in bases.items()}
            changes = {arm: cell(arm, "change") for arm in ("pilot", "comparison")}
            p = cell("comparison", "p_value")
            yield table, f"site_{site}", Printed(shares, whole, changes, numbers[key], p)


def allowed_sets(site: Printed, largest_base: int) -> Iterator[Counts]:
    """Every set of counts and bases that prints as the table does; an illegible base is tried up to a largest one."""
    places = [list(_places(site, place, largest_base)) for place in QUARTET]
    for pilot in product(*places[:2]):
        if not _prints(_change(pilot), site.changes["pilot"]):
            continue
        for comparison in product(*places[2:]):
            change = _change(comparison)
            if _prints(change, site.changes["comparison"]) and _prints(_change(pilot) - change, site.difference):
                yield (*pilot, *comparison)


def _places(site: Printed, place: tuple[str, str], largest_base: int) -> Iterator[tuple[int, int]]:
    share, base = site.shares[place], site.bases[place]
    low, high = share.interval.low, share.interval.high
    for one in range(1, largest_base + 1) if base is None else (base,):
        for count in range(ceil(low * one / 100), floor(high * one / 100) + 1):
            if _prints(Fraction(100 * count, one), share):
                yield count, one


def _change(ends: tuple[tuple[int, int], ...]) -> Fraction:
    (before, before_base), (after, after_base) = ends
    return Fraction(100 * after, after_base) - Fraction(100 * before, before_base)


def _prints(value: Fraction, number: Number) -> bool:
    """Whether a value, halves rounded away from zero, prints as a number."""
    steps = abs(value) / number.step
    rounded = floor(steps + Fraction(1, 2)) * number.step
    return (rounded if value >= 0 else -rounded) == number.value


def unadjusted_p(counts: Counts) -> float | None:
    """The p-value of pilot x post in a logistic model without characteristics; None where a cell is empty."""
    if any(count in (0, base) for count, base in counts):
        return None
    odds = [log_odds(count, base) for count, base in counts]
    variance = sum(1 / count + 1 / (base - count) for count, base in counts)
    return 2 * normal_tail(abs(odds[1] - odds[0] - odds[3] + odds[2]) / sqrt(variance))


def count_ranges(numbers: Mapping[str, Number]) -> pd.DataFrame:
    """For every site of Tables 3.1 to 3.3: how many sets of counts print alike, and the range of the p-value.

    An illegible base is tried up to the largest base that the same table prints.
    """
    rows = []
    for table, name, site in printed_sites(numbers):
        bases = [n.value for k, n in numbers.items() if k.startswith(f"{table}/") and k.endswith("_total") and n.value]
        sets = list(allowed_sets(site, int(max(bases))))
        ps = [p for p in map(unadjusted_p, sets) if p is not None]
        unknown = [i for i, place in enumerate(QUARTET) if site.bases[place] is None]
        tried = [counts[unknown[0]][1] for counts in sets] if unknown else []
        tested = table in UNADJUSTED
        row = [f"Table {table}", name, len(sets)]
        row += [end([counts[i][0] for counts in sets], default=None) for i in range(len(QUARTET)) for end in (min, max)]
        row += [min(tried, default=None), max(tried, default=None), min(ps, default=None), max(ps, default=None)]
        row += [site.p.printed, sum(_prints_p(p, site.p) for p in ps) if tested else None]
        row += ["unadjusted, as printed" if tested else "unadjusted; the printed one allows for characteristics"]
        rows.append(row)
    return pd.DataFrame(rows, columns=FIELDS).astype(dict.fromkeys(WHOLE, "Int64"))


def _prints_p(p: float, number: Number) -> bool:
    return _prints(Fraction(p), number)
