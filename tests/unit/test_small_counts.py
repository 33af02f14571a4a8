"""Which counts a policy withholds, and how far an attack tells a count, by tables that were filled in by hand.

The gate looks at what is published with the functions by which it was chosen; these tests share nothing with them.
"""

from __future__ import annotations

import pytest

import dscp.disclosure.attack as programme
from dscp.disclosure.attack import Fact, Inexact, NoSolution, Range, attack
from dscp.disclosure.policies import POLICIES
from dscp.disclosure.withholding import small

FIVE, ROUNDED, EIGHT = (POLICIES[name] for name in ("suppress_below_5", "round_to_5", "suppress_below_8_round_to_5"))


def rows(base: float, count: float) -> dict[str, dict]:
    """A base and those of it with the outcome, as rows of the ledger."""
    common = {"unit": "count", "about": "people", "inputs": "", "formula": "", "family": "m", "extract": "journeys"}
    common |= {"dims": "area=pilot_1 period=pre", "filter": ""}
    return {
        "m.base.pilot_1.pre": {**common, "id": "m.base.pilot_1.pre", "value": base, "cohort": "c"},
        "m.count.pilot_1.pre": {**common, "id": "m.count.pilot_1.pre", "value": count, "cohort": "c among m"},
    }


@pytest.mark.parametrize(
    ("policy", "base", "count", "withheld"),
    [
        (FIVE, 100, 50, ""),
        (FIVE, 100, 5, ""),
        (FIVE, 100, 4, "count"),
        (FIVE, 100, 1, "count"),
        (FIVE, 100, 95, ""),  # five are left
        (FIVE, 100, 96, "count"),  # four are
        (FIVE, 100, 99, "count"),
        (FIVE, 100, 100, "count"),  # everybody
        (FIVE, 100, 0, "count"),  # nobody
        (FIVE, 4, 0, "base count"),
        (FIVE, 0, 0, ""),
        (EIGHT, 100, 8, ""),
        (EIGHT, 100, 7, "count"),
        (EIGHT, 100, 92, ""),  # eight are left, ten once both are rounded
        (EIGHT, 100, 93, "count"),
        (EIGHT, 102, 93, "count"),  # nine are left, five once both are rounded
        (EIGHT, 103, 96, "count"),  # seven are left, ten once both are rounded
        (ROUNDED, 100, 1, ""),
        (ROUNDED, 100, 99, ""),
    ],
)
def test_small_counts_and_small_remainders_are_withheld(policy, base, count, withheld):
    from dscp.measures.types import AMONG

    found = rows(base, count)
    found["m.count.pilot_1.pre"]["cohort"] = f"c{AMONG}m"
    assert {name.split(".")[1] for name in small(found, policy)} == set(withheld.split())


@pytest.mark.parametrize(
    ("policy", "value", "published", "ends"),
    [
        (ROUNDED, 12, 10, (8, 12)),
        (ROUNDED, 13, 15, (13, 17)),
        (ROUNDED, 2, 0, (0, 2)),
        (EIGHT, 9, 10, (8, 12)),
        (FIVE, 7, 7, (7, 7)),
    ],
)
def test_a_rounded_count_may_have_been_so_many(policy, value, published, ends):
    assert policy.rounded(value) == published
    assert policy.ends(published) == ends


def test_what_a_reader_works_out_is_told_to_the_last_one():
    """A base and its parts, of which two are withheld; one more fact leaves one of them a single value."""
    known = [
        Fact({"a": 1, "b": 1, "c": 1}, 100, 100),
        Fact({"c": 1}, 90, 90),
        Fact({"a": 1}, 1, 4),
        Fact({"b": 1}, 1, 9),
    ]
    found = attack(known, ["a", "b"])
    assert (found["a"].low, found["a"].high, found["a"].width) == (1, 4, 4)
    assert (found["b"].low, found["b"].high) == (6, 9)
    told = attack([*known, Fact({"b": 1}, 9, 9)], ["a", "b"])
    assert (told["a"].low, told["a"].high, str(told["a"])) == (1, 1, "1")


def test_a_large_count_is_told_to_the_last_one():
    """As exactly as a small one: with the gap that the solver allows by default, it stops two short."""
    most = 1_128_963
    known = [Fact({"x": 1, "y": 5, "z": 6}, 5_725_161, 5_725_161), Fact({"x": 1, "y": 1, "z": 1}, 0, most)]
    x, y, z = 209_723, 2, 919_238
    assert x + 5 * y + 6 * z == 5_725_161
    assert x + y + z == most, "with one more x nothing fits: each of the others would have to do more than a 6"
    assert attack(known, ["x"])["x"].high == x


@pytest.mark.parametrize("off", [1, -1])
def test_a_solution_that_is_none_is_no_promise(monkeypatch, off):
    """The solver works with fractions: what it takes for a solution is put into the facts before it is believed."""
    known = [Fact({"a": 1, "b": 1}, 5, 5), Fact({"a": 1}, 1, 4)]
    assert attack(known, ["a"])["a"] == Range(1, 4)
    solved = programme._solved
    monkeypatch.setattr(programme, "_solved", lambda *given: {**(found := solved(*given)), "b": found["b"] + off})
    with pytest.raises(Inexact, match="do not fit what is published around a"):
        attack(known, ["a"])


def test_what_contradicts_itself_is_said():
    with pytest.raises(NoSolution, match="contradict each other"):
        attack([Fact({"a": 1, "b": 1}, 5, 5), Fact({"a": 1}, 9, 9)], ["a", "b"])
    loose = attack([Fact({"a": 1, "b": 1}, 5, 5, sure=False), Fact({"a": 1}, 9, 9)], ["a", "b"])
    assert (loose["a"].low, loose["a"].high) == (9, 9)
