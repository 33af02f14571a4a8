"""Disclosure control: which counts of people may be published, and what follows from those that may not.

A policy is applied once, to the ledger, before anything is printed: everything that prints reads the ledger that comes
out of it. A count that is too small is withheld; so is every quantity that rests on it, but for totals, which stay as
long as they do not give it away; and where they would, the next smallest count is withheld too (secondary suppression).
Whether anything gives a withheld count away is decided by the attack in `_attack.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

import pandas as pd
from _attack import Fact, attack
from _ledger import parse_inputs, recompute, round_half_up

PEOPLE = frozenset(  # the extracts whose rows are clients, their referrals or counts of them
    [
        "journeys",
        "carat_referrals",
        "cjit_forms",
        "dirs",
        "triage_quarters",
        "new_journeys_yearly",
        "new_journeys_monthly",
    ]
)
WITHHELD = "[c]"  # how the note of a withheld quantity begins, and what is printed in its place
MODEL_DECIMALS = 3  # of what a model says of people, where any policy holds: its last digits could tell a count
DECISIONS = ["id", "decision", "reason"]


@dataclass(frozen=True)
class Policy:
    """What may be published: counts from 1 to less than `smallest` may not; the others are rounded to `base`.

    `width` is how many whole numbers an attacker must be left with for a withheld count.
    """

    name: str
    smallest: int = 0
    base: int = 1

    @property
    def width(self) -> int:
        """How many values a withheld count must be able to have for whoever reads all that is published."""
        return self.smallest


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("none"),
        Policy("suppress_below_5", smallest=5),
        Policy("round_to_5", base=5),
        Policy("suppress_below_8_round_to_5", smallest=8, base=5),
        Policy("minimum_10", smallest=10),
    )
}


@dataclass(frozen=True)
class Disclosed:
    """What comes of a policy: the ledger to publish, and each decision with its reason."""

    ledger: pd.DataFrame
    decisions: pd.DataFrame


def disclose(ledger: pd.DataFrame, policy: Policy) -> Disclosed:
    """Apply a policy to a whole ledger.

    Parameters
    ----------
    ledger : the fields of _ledger.FIELDS, one row per quantity; values in full.
    policy : one of POLICIES.

    Returns
    -------
    The ledger with the same rows in the same order: values rounded, recomputed or missing (with a note that begins
    with WITHHELD); and one row per quantity that is not as it was: id, decision (withheld, rounded or recomputed), and
    reason.
    """
    if policy.name == "none":
        return Disclosed(ledger, pd.DataFrame(columns=DECISIONS))
    rows = in_order({row["id"]: row for row in ledger.to_dict("records")})
    small = {name: f"fewer than {policy.smallest}" for name in people(rows) if too_small(rows[name]["value"], policy)}
    withheld = secondary(rows, with_dependents(rows, small), policy)
    made = published(rows, withheld, policy)
    table = pd.DataFrame([made[name] for name in ledger["id"]], columns=ledger.columns)
    return Disclosed(table, decisions(rows, made, withheld, policy))


class CannotProtect(ValueError):
    """A policy cannot be kept with this ledger."""


def in_order(rows: Mapping[str, Mapping]) -> dict[str, Mapping]:
    """The rows so that each comes after those that it is computed from."""
    return {
        name: rows[name] for name in TopologicalSorter({name: used(row) for name, row in rows.items()}).static_order()
    }


def people(rows: Mapping[str, Mapping]) -> list[str]:
    """Ids of the counts of clients, referrals and records that are read from extracts."""
    return [
        name for name, row in rows.items()
        if row["unit"] == "count" and PEOPLE & set(row["extract"].split()) and not parse_inputs(row["inputs"])
    ]  # fmt: skip


def too_small(value: float, policy: Policy) -> bool:
    """Whether a count may not be published."""
    return 0 < value < policy.smallest


def with_dependents(rows: Mapping[str, Mapping], withheld: Mapping[str, str]) -> dict[str, str]:
    """Add what rests on withheld quantities, through any number of steps; totals of counts stay for now."""
    found = dict(withheld)
    for name, row in rows.items():
        resting = [one for one in used(row) if one in found]
        if name not in found and resting and not is_total(row):
            found[name] = f"rests on {resting[0]}"
    for name, row in rows.items():
        if name not in found and (about := modelled(row, found)):
            found[name] = f"is about {about}"
    return found


def used(row: Mapping) -> list[str]:
    """The ids that a quantity is computed from."""
    return [one for ids in parse_inputs(row["inputs"]).values() for one in ids]


def is_total(row: Mapping) -> bool:
    """Whether a quantity is a sum of counts."""
    return row["unit"] == "count" and row["formula"].startswith("sum(")


def modelled(row: Mapping, withheld: Iterable[str]) -> str:
    """The withheld count that a model's result is about: same measure, an area of its site; "" if there is none.

    A model is fitted to records: its inputs in the ledger do not lead to the counts, though it tells of them.
    """
    measure, _, site = row["id"].rpartition(".site_")
    if not site or not row["extract"]:
        return ""
    measure = measure.split(".")[0]
    areas = (f".pilot_{site}.", f".comparison_{site}.")
    about = (name for name in withheld if name.startswith(f"{measure}.") and any(area in name for area in areas))
    return next(about, "")


def secondary(rows: Mapping[str, Mapping], withheld: dict[str, str], policy: Policy) -> dict[str, str]:
    """Withhold more until no withheld count can be told from what is published."""
    while given_away := audit(published(rows, withheld, policy), policy):
        name, reached = next(iter(given_away.items()))
        other = _smallest_beside(rows, withheld, name)
        withheld = with_dependents(rows, {**withheld, other: f"would give {name} away ({reached})"})
    return withheld


def _smallest_beside(rows: Mapping[str, Mapping], withheld: Mapping[str, str], name: str) -> str:
    """The smallest published count that stands in a published total with a withheld one; else that total."""
    totals = [row for row in rows.values() if is_total(row) and name in used(row) and row["id"] not in withheld]
    beside = [one for row in totals for one in used(row) if one not in withheld]
    if beside:
        return min(beside, key=lambda one: (rows[one]["value"] or math.inf, one))
    if totals:
        return totals[0]["id"]
    raise CannotProtect(f"{name} can be told from what is published, and nothing is left to withhold for it")


def audit(rows: Mapping[str, Mapping], policy: Policy) -> dict[str, str]:
    """What a published ledger gives away: id of a withheld count -> what can be told of it. The release gate.

    It looks at nothing but the published ledger: the values that stand in it and how they are said to be computed.
    """
    hidden = [name for name in rows if rows[name]["note"].startswith(WITHHELD)]
    withheld = set(hidden)
    counts = [name for name in people(rows) if name in withheld]
    for name, row in rows.items():
        if name not in withheld and not is_total(row):
            resting = next((one for one in used(row) if one in withheld), "") or modelled(row, counts)
            if resting and not math.isnan(row["value"]):
                return {resting: f"{name} rests on it and is published"}
    return attack(facts(rows, withheld, policy), counts, policy.width)


def facts(rows: Mapping[str, Mapping], withheld: Container[str], policy: Policy) -> list[Fact]:
    """What a reader knows of counts of people: published ones with their rounding, totals, and shares of a base."""
    slack = policy.base // 2
    counted = people(rows)
    totals = [name for name, row in rows.items() if is_total(row) and PEOPLE & _extracts_below(rows, name)]
    known = [
        Fact({name: 1}, rows[name]["value"] - slack, rows[name]["value"] + slack)
        for name in [*counted, *totals] if name not in withheld
    ]  # fmt: skip
    known += [Fact({**Counter(used(rows[name])), name: -1}, 0, 0) for name in totals]
    bases = {name: name.replace(".count.", ".base.") for name in counted if ".count." in name}
    known += [Fact({base: 1, name: -1}, 0, math.inf) for name, base in bases.items() if base in rows]
    return known + _kept_rows(rows)


def _kept_rows(rows: Mapping[str, Mapping]) -> list[Fact]:
    """Rows kept of an extract are the rows read less those left out."""
    found = []
    for name in rows:
        if name.startswith("validation.rows_kept."):
            extract = name.rpartition(".")[2]
            out = [one for one in rows if one.startswith(f"validation.excluded.{extract}.")]
            if f"validation.rows_in.{extract}" in rows:
                found.append(Fact({name: 1, f"validation.rows_in.{extract}": -1, **dict.fromkeys(out, 1)}, 0, 0))
    return found


def _extracts_below(rows: Mapping[str, Mapping], name: str) -> set[str]:
    """The extracts that a total of counts is read from."""
    row = rows[name]
    below = [_extracts_below(rows, one) for one in used(row)]
    return set(row["extract"].split()).union(*below)


def round_to(value: float, base: int) -> float:
    """A count to the nearest multiple of a base."""
    return base * round_half_up(value / base)


def published(rows: Mapping[str, Mapping], withheld: Container[str], policy: Policy) -> dict[str, dict]:
    """The rows of the ledger as they are published: withheld, rounded, or computed again from what is published."""
    values: dict[str, float] = {}
    made = {}
    counted = {
        *people(rows),
        *(name for name, row in rows.items() if is_total(row) and PEOPLE & _extracts_below(rows, name)),
    }
    for name, row in rows.items():
        note = row["note"]
        if name in withheld:
            value, note = math.nan, f"{WITHHELD} withheld under the policy {policy.name}"
        elif name in counted:
            value = round_to(row["value"], policy.base)
        elif used(row) and not row["extract"] and not math.isnan(row["value"]):
            value = recompute(row, values)
        elif PEOPLE & set(row["extract"].split()):
            value = round_half_up(row["value"], MODEL_DECIMALS)
        else:
            value = row["value"]
        values[name], made[name] = value, {**row, "value": value, "note": note}
    return made


def decisions(
    rows: Mapping[str, Mapping], made: Mapping[str, Mapping], withheld: Mapping[str, str], policy: Policy
) -> pd.DataFrame:
    """Each quantity that is not published as it was: id, decision and reason."""
    found = [(name, "withheld", reason) for name, reason in withheld.items()]
    for name, row in made.items():
        if name not in withheld and not _same(row["value"], rows[name]["value"]):
            decision = "recomputed" if used(row) and not is_total(row) else "rounded"
            found.append(
                (name, decision, f"to the nearest {policy.base}" if decision == "rounded" else "from what is published")
            )
    return pd.DataFrame(found, columns=DECISIONS)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-12) or (math.isnan(one) and math.isnan(other))
