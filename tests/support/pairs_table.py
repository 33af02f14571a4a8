"""Pairs of runs of small studies at random: how many the gate refuses, and what a reader tells of the others.

`PYTHONPATH=workflow/scripts .venv/bin/python tests/support/pairs_table.py 20 1` draws 20 studies from seed 1 on. A line
per change and policy: pairs; refused; and of those let pass, hidden counts, those told exactly, those told to fewer
values than promised, and published counts of people that differ by fewer than the policy's number.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import yaml

import chain
import outside
from dscp.config.checked import completed, plain
from dscp.disclosure.members import alike, members
from dscp.disclosure.policies import POLICIES
from dscp.disclosure.register import MEMBERS, Register
from dscp.ledger.rows import read_ledger
from pairs import FEW, SHIFTED, UNDER, Ran, but, small, told

COLUMNS = ("pairs", "refused", "hidden", "told", "narrower", "seen")
CHANGES = (*FEW, *SHIFTED)


@dataclass(frozen=True)
class Out:
    """A run of a study under a policy: before the gate of releases, as it is published, and the counts in full."""

    ran: Ran
    read: outside.Run
    truth: Mapping[str, float]


def out(
    study: chain.Study, folder: Path, registers: Mapping[str, Path] = MappingProxyType({})
) -> dict[str, Out | None]:
    """The run of a study by policy; without a policy under which nothing is published.

    None where the run is refused beside what a register holds, whatever is published of it: for its records.
    """
    folder.mkdir()
    made = chain.run(study, folder)
    restricted, found = chain.restricted(made, folder / "restricted"), {}
    for policy in UNDER:
        if policy in registers and _by_records(restricted, registers[policy], policy):
            found[policy] = None
            continue
        place = folder / policy
        if not chain.publish(made, place, policy):
            ran = Ran(read_ledger(place / "ledger.csv"), made.ledger, restricted, policy)
            found[policy] = Out(ran, outside.Run.read(place), made.known)
    return found


def _by_records(restricted: Path, study: Path, policy: str) -> bool:
    """Whether a run's records differ by too few from those that were released."""
    register, few = Register(study), POLICIES[policy].smallest or POLICIES[policy].base
    found = alike(members(restricted, register.key()), register.released()[0].frame(MEMBERS))
    rows = found[found["kind"].str.startswith("rows.")]
    return bool((rows["more"].between(1, few - 1) | rows["fewer"].between(1, few - 1)).any())


def pairs(config: Mapping, seed: int, folder: Path, changes: tuple[str, ...] = CHANGES) -> Iterator[dict]:
    """One row per change and policy of a study drawn at random: change, policy, and what COLUMNS say of the pair."""
    study = small(config, seed, clients=300)
    first = out(study, folder / "first")
    registers = {policy: folder / policy for policy in first}
    for policy, one in first.items():
        registers[policy].mkdir()
        one.ran.release(registers[policy])
    for change in changes:
        for policy, second in out(but(study, change), folder / change, registers).items():
            if policy in first:
                yield {"change": change, "policy": policy, **_pair(first[policy], second, registers[policy], policy)}


def _pair(first: Out, second: Out | None, register: Path, policy: str) -> dict[str, int]:
    if second is None or second.ran.refused(register):
        return {"pairs": 1, "refused": 1}
    few = POLICIES[policy].smallest
    seen = told(second.ran, first.ran, few) if few and POLICIES[policy].base == 1 else []
    return {"pairs": 1, **_told_together(first, second), "seen": len(seen)}


def _told_together(first: Out, second: Out) -> dict[str, int]:
    """What a reader tells of the hidden counts of two runs who takes counts of the same name for the same people.

    Those of which both runs publish different numbers aside; where that contradicts, as few of the others as will do.
    """
    runs = {"1 ": first, "2 ": second}
    facts = [_renamed(fact, mark) for mark, one in runs.items() for fact in outside.every_fact(one.read)]
    facts += [outside.equal(f"1 {name}", [f"2 {name}"], doubt=True) for name in _alike(first.read, second.read)]
    hidden = {mark + name: (one, name) for mark, one in runs.items() for name in one.read.hidden}
    found = outside.ends_of(facts, hidden)
    right = {name: span for name, span in found.items() if hidden[name][0].truth[hidden[name][1]] in span}
    narrow = [name for name, span in right.items() if len(span) < hidden[name][0].read.hidden[hidden[name][1]]]
    return {
        "hidden": len(hidden),
        "told": sum(len(span) == 1 for span in right.values()),
        "narrower": len(narrow),
    }


def _renamed(fact: outside.Fact, mark: str) -> outside.Fact:
    return outside.Fact(tuple((mark + name, weight) for name, weight in fact.weights), fact.low, fact.high, fact.doubt)


def _alike(one: outside.Run, other: outside.Run) -> list[str]:
    """Counts that a reader takes for the same in two runs; a total of other areas is not the same total."""
    names = [name for name in [*one.counts, *one.totals] if name in other.rows]
    both = [name for name in names if one.totals.get(name) == other.totals.get(name)]
    return [name for name in both if one.withheld(name) or other.withheld(name) or one.value(name) == other.value(name)]


def table(rows: list[dict]) -> pd.DataFrame:
    """The sums by change and policy."""
    frame = pd.DataFrame(rows, columns=["change", "policy", *COLUMNS]).fillna(0)
    return frame.groupby(["change", "policy"], sort=False).sum().astype(int)


def main(studies: int, start: int) -> None:
    """Print the sums after each study, and at the end, or where it is stopped, the table."""
    config = completed(plain(yaml.safe_load((chain.PROJECT / "config.yaml").read_text(encoding="utf-8"))))
    rows: list[dict] = []
    try:
        for seed in range(start, start + studies):
            with tempfile.TemporaryDirectory() as name:
                rows += pairs(config, seed, Path(name))
            print(f"to study {seed}:", table(rows).sum().to_dict(), file=sys.stderr, flush=True)
    finally:
        print(table(rows).to_string(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
