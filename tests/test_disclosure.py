"""Disclosure control: what is withheld stays so, whatever else is published; and the audit finds what is not."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest
from _attack import Fact, NoSolution, attack
from _disclosure import POLICIES, WITHHELD, CannotProtect, audit, disclose
from _ledger import FIELDS, read_ledger
from hypothesis import given, settings
from hypothesis import strategies as st

NEVER = "none"


def row(name: str, value: float, **fields) -> dict:
    blank = dict.fromkeys(FIELDS, "")
    return {**blank, "id": name, "value": float(value), "unit": "count", "rows": pd.NA, **fields}


def table(counts: list[list[int]]) -> pd.DataFrame:
    """A table of counts with the totals of its rows and columns, as a ledger."""
    cells = {(i, j): f"seen.count.cell_{i}_{j}" for i, line in enumerate(counts) for j, _ in enumerate(line)}
    rows = [row(name, counts[i][j], extract="journeys", filter="seen") for (i, j), name in cells.items()]
    for axis, letter in ((0, "row"), (1, "column")):
        for k in sorted({place[axis] for place in cells}):
            parts = [name for place, name in cells.items() if place[axis] == k]
            value = sum(counts[i][j] for i, j in cells if (i, j)[axis] == k)
            inputs = " ".join(f"part={name}" for name in parts)
            rows.append(row(f"seen.count.{letter}_{k}", value, formula="sum(part)", inputs=inputs))
    return pd.DataFrame(rows, columns=FIELDS)


def by_id(ledger: pd.DataFrame) -> dict[str, dict]:
    return {one["id"]: one for one in ledger.to_dict("records")}


def withheld(ledger: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The ledger with some quantities withheld, and nothing else done about it."""
    hidden = ledger["id"].isin(names)
    return ledger.assign(value=ledger["value"].mask(hidden), note=ledger["note"].mask(hidden, WITHHELD))


def possible(counts: list[list[int]], published: dict[str, dict]) -> dict[str, set[int]]:
    """By trying everything: the values that each withheld cell can have, given all that is published."""
    hidden = [(i, j) for i, line in enumerate(counts) for j, _ in enumerate(line)
              if math.isnan(published[f"seen.count.cell_{i}_{j}"]["value"])]  # fmt: skip
    found: dict[str, set[int]] = {f"seen.count.cell_{i}_{j}": set() for i, j in hidden}
    highest = max(map(sum, counts)) + 6
    for values in itertools.product(range(highest), repeat=len(hidden)):
        trial = [list(line) for line in counts]
        for (i, j), value in zip(hidden, values, strict=True):
            trial[i][j] = value
        sums = {f"seen.count.row_{i}": sum(line) for i, line in enumerate(trial)}
        sums |= {f"seen.count.column_{j}": sum(column) for j, column in enumerate(zip(*trial, strict=True))}
        if all(
            math.isnan(published[name]["value"]) or published[name]["value"] == value for name, value in sums.items()
        ):
            for (i, j), value in zip(hidden, values, strict=True):
                found[f"seen.count.cell_{i}_{j}"].add(value)
    return found


def test_nothing_changes_without_a_policy():
    ledger = table([[3, 20], [15, 30]])
    done = disclose(ledger, POLICIES["none"])
    assert done.ledger is ledger
    assert done.decisions.empty


def test_a_table_made_to_be_broken_fails_the_audit():
    """Exact margins and one withheld cell in each row: subtraction tells both."""
    ledger = table([[3, 20, 40], [15, 2, 30]])
    broken = withheld(ledger, "seen.count.cell_0_0", "seen.count.cell_1_1")
    given = audit(by_id(broken), POLICIES["suppress_below_5"])
    assert given == {"seen.count.cell_0_0": "3", "seen.count.cell_1_1": "2"}


def test_what_rests_on_a_withheld_count_and_is_published_fails_the_audit():
    ledger = pd.DataFrame(
        [
            row("seen.count.pilot_1.pre", 3, extract="journeys"),
            row("seen.base.pilot_1.pre", 30, extract="journeys"),
            row("seen.rate.pilot_1.pre", 10, unit="percent", formula="100 * count / base",
                inputs="count=seen.count.pilot_1.pre base=seen.base.pilot_1.pre"),
            row("seen.p.site_1", 0.25, unit="p", extract="journeys"),
        ]
    )  # fmt: skip
    policy = POLICIES["suppress_below_5"]
    hidden = withheld(ledger, "seen.count.pilot_1.pre")
    assert audit(by_id(hidden), policy) == {
        "seen.count.pilot_1.pre": "seen.rate.pilot_1.pre rests on it and is published"
    }
    hidden = withheld(hidden, "seen.rate.pilot_1.pre")
    assert audit(by_id(hidden), policy) == {"seen.count.pilot_1.pre": "seen.p.site_1 rests on it and is published"}
    done = disclose(ledger, policy)
    assert set(done.decisions["id"]) == {"seen.count.pilot_1.pre", "seen.rate.pilot_1.pre", "seen.p.site_1"}
    assert audit(by_id(done.ledger), policy) == {}


def test_a_second_count_protects_the_first():
    done = disclose(table([[3, 20, 40], [15, 22, 30]]), POLICIES["suppress_below_5"])
    reasons = done.decisions.set_index("id")["reason"]
    assert reasons["seen.count.cell_0_0"] == "fewer than 5"
    assert any(reason.startswith("would give seen.count.cell_0_0 away (3)") for reason in reasons)
    assert set(done.decisions["decision"]) == {"withheld"}


SMALL_TABLES = st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=2), min_size=2, max_size=2)


@settings(max_examples=25, deadline=None)
@given(SMALL_TABLES)
def test_no_withheld_count_can_be_told(counts):
    """Whatever the table: every withheld cell keeps as many values as the policy asks for, by trying all of them."""
    policy = POLICIES["suppress_below_5"]
    published = by_id(disclose(table(counts), policy).ledger)
    assert all(not 0 < one["value"] < 5 for one in published.values() if one["id"].startswith("seen.count.cell"))
    for name, values in possible(counts, published).items():
        assert len(values) >= policy.width, (name, values)


@settings(max_examples=25, deadline=None)
@given(SMALL_TABLES, st.data())
def test_the_audit_finds_what_trying_everything_finds(counts, data):
    names = [f"seen.count.cell_{i}_{j}" for i in range(2) for j in range(2)]
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True, min_size=1))
    published = by_id(withheld(table(counts), *chosen))
    policy = POLICIES["suppress_below_5"]
    tight = {
        name for name, values in possible(counts, published).items() if max(values) - min(values) + 1 < policy.width
    }
    assert set(audit(published, policy)) == tight


@pytest.mark.parametrize("name", ["round_to_5", "suppress_below_8_round_to_5"])
def test_rounded_counts_and_what_follows_from_them(name):
    ledger = pd.DataFrame(
        [
            row("seen.count.pilot_1.pre", 13, extract="journeys"),
            row("seen.base.pilot_1.pre", 32, extract="journeys"),
            row("seen.rate.pilot_1.pre", 100 * 13 / 32, unit="percent", formula="100 * count / base",
                inputs="count=seen.count.pilot_1.pre base=seen.base.pilot_1.pre"),
        ]
    )  # fmt: skip
    done = disclose(ledger, POLICIES[name])
    assert done.ledger["value"].to_list() == [15, 30, 50]
    assert done.decisions["decision"].to_list() == ["rounded", "rounded", "recomputed"]


def test_contradictory_numbers_are_said():
    facts = [Fact({"a": 1}, 3, 3), Fact({"a": 1, "b": 1}, 2, 2)]
    with pytest.raises(NoSolution, match="no count fits all that is published around b"):
        attack(facts, ["b"], 5)


def test_a_policy_that_cannot_be_kept_is_said():
    ledger = pd.DataFrame(
        [row("validation.rows_in.journeys", 20, extract="journeys"),
         row("validation.rows_kept.journeys", 17, extract="journeys"),
         row("validation.excluded.journeys.1", 3, extract="journeys")]
    )  # fmt: skip
    with pytest.raises(CannotProtect, match=r"validation\.excluded\.journeys\.1 can be told"):
        disclose(ledger, POLICIES["suppress_below_5"])


@pytest.mark.parametrize("name", [name for name in POLICIES if name != NEVER])
def test_every_policy_on_the_default_study(default_run, name):
    ledger = read_ledger(default_run / "ledger.csv")
    policy = POLICIES[name]
    done = disclose(ledger, policy)
    assert audit(by_id(done.ledger), policy) == {}
    assert list(done.ledger["id"]) == list(ledger["id"])
    people = done.ledger[
        done.ledger["id"].str.contains(r"^(?:effective|successful|prison|community).*\.(?:base|count)\.")
    ]
    kept = people["value"].dropna()
    assert not ((kept > 0) & (kept < policy.smallest)).any()
    assert (kept % policy.base == 0).all()
