"""What several released runs tell together: the same numbers of a few people more or less, or of other sites.

A run is compared with every run that was released before. It is refused where both give a number of the same kind whose
people differ by fewer than the policy protects, where the same records were released under another policy, and where
all that is published of both together tells a count that is withheld or rounded in either.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dscp.disclosure.attack import Fact, attack
from dscp.disclosure.control import Control, by_id
from dscp.disclosure.facts import counts
from dscp.disclosure.members import alike
from dscp.disclosure.policies import NONE, POLICIES
from dscp.disclosure.register import COUNTS, LEDGER, MEMBERS, Register, Released
from dscp.extracts.registry import READ
from dscp.ledger.rows import extracts_of, read_ledger


@dataclass(frozen=True)
class Run:
    """A run as far as it is compared with others.

    Attributes
    ----------
    told : how a message names it: "other-2012-15, released on 3 May 2026"
    control : its policy
    published : id -> row of its published ledger, each after those that it is computed from
    true : id -> count of people before the policy
    members : kind, name, member, as from `members.members`
    """

    told: str
    control: Control
    published: Mapping[str, Mapping]
    true: Mapping[str, float]
    members: pd.DataFrame

    def shows(self, name: str) -> bool:
        """Whether a count is published, as it is or rounded; rows of extracts are counted in the validation."""
        return name not in self.published or self.published[name]["value"] == self.published[name]["value"]


def true_counts(full: pd.DataFrame) -> pd.DataFrame:
    """The counts of people of a full ledger: id, value."""
    rows = {row["id"]: row for row in full.to_dict("records")}
    return pd.DataFrame([(name, rows[name]["value"]) for name in counts(rows)], columns=["id", "value"])


def this_run(control: Control, published: pd.DataFrame, full: pd.DataFrame, members: pd.DataFrame) -> Run:
    """A run that asks to be published: its ledgers after and before the policy, and its members."""
    true = true_counts(full).set_index("id")["value"].to_dict()
    return Run("this run", control, by_id(published), true, members)


def released_runs(register: Register) -> list[Run]:
    """The runs that were released."""
    return [_released(one) for one in register.released()]


def _released(one: Released) -> Run:
    return Run(
        f"{one.entry.run}, released on {one.entry.when[:10]}",
        Control(POLICIES[one.entry.policy], one.entry.missing_release),
        by_id(read_ledger(one.folder / LEDGER)),
        one.frame(COUNTS).set_index("id")["value"].to_dict(),
        one.frame(MEMBERS),
    )


def refusals(run: Run, released: Sequence[Run]) -> list[str]:
    """Why a run may not be published beside those that were released: one line for each reason and run."""
    found = [line for other in released for line in _beside(run, other)]
    if found or run.control.policy == NONE:
        return found
    protected = [other for other in released if other.control.policy != NONE]
    together = _together(run, protected) if protected else ""
    return [together] if together else []


def _beside(run: Run, other: Run) -> Iterator[str]:
    ours, theirs = run.control.policy, other.control.policy
    pairs = alike(run.members, other.members)
    if ours != theirs:
        if (pairs[pairs["kind"].str.startswith("rows.")]["common"] > 0).any():
            yield f"policy {ours.name}: {other.told} has the same records under {theirs.name}; keep to {theirs.name}"
        return
    if ours == NONE:
        return
    few = ours.smallest or ours.base
    differ = sorted(set(_differing(run, other, pairs, few)))
    if differ:
        more = f" and {len(differ) - 1} more like it" if len(differ) > 1 else ""
        yield (
            f"{differ[0]}{more}: fewer than {few} clients or records tell it from that of {other.told}; count the same "
            f"again, or wait for a difference of {few} or more"
        )


def _differing(run: Run, other: Run, pairs: pd.DataFrame, few: int) -> Iterator[str]:
    """Names of the sets and counts that differ by a few from those of another run, where both are told."""
    near = pairs["more"].between(1, few - 1) | pairs["fewer"].between(1, few - 1)
    for one in pairs[near].itertuples():
        if run.shows(one.ours) and other.shows(one.theirs):
            yield one.ours
    rows = _of_extracts(pairs)
    for name in run.true.keys() & other.true.keys() - {*pairs["ours"], *pairs["theirs"]}:
        near = 0 < abs(run.true[name] - other.true[name]) < few
        if near and run.shows(name) and other.shows(name) and _of_the_same(run.published[name], rows):
            yield name


def _of_extracts(pairs: pd.DataFrame) -> dict[str, object]:
    """How the records of each extract agree: "rows.{extract}" -> the pair."""
    return {one.kind: one for one in pairs[pairs["kind"].str.startswith("rows.")].itertuples()}


def _of_the_same(row: Mapping, pairs: Mapping[str, object]) -> bool:
    """Whether a count whose members are not known is read from the same records in two runs.

    `pairs` : "rows.{extract}" -> how the records of the two runs agree. Of an extract that holds numbers it is enough
    that some rows are the same; of one whose rows are people a count of other records differs by chance.
    """
    found = [(READ[name], pairs.get(f"rows.{name}")) for name in extracts_of(row) if name in READ]
    return all(
        pair is not None and pair.common > 0 and (extract.row_is == "several" or pair.more + pair.fewer == 0)
        for extract, pair in found
    )


def _together(run: Run, released: Sequence[Run]) -> str:
    """What can be told from all runs together, as one line; "" where nothing can."""
    runs = {f"{position} ": one for position, one in enumerate([run, *released])}
    facts = [_renamed(fact, mark) for mark, one in runs.items() for fact in one.control.known(one.published)]
    same = list(_same(runs))
    facts += [Fact({first: 1, second: -1}, 0, 0) for first, second in same]
    hidden = {
        mark + name: one.published[name] for mark, one in runs.items() for name in one.control.hidden(one.published)
    }
    shown = {name for pair in same if not hidden.keys() >= set(pair) for name in pair}  # by one run: no secret
    told = {name: span for name, span in attack(facts, hidden).items() if name not in shown}
    given = [name for name, span in told.items() if span.width < run.control.width(hidden[name])]
    if not given:
        return ""
    first, more = hidden[given[0]]["id"], f" and {len(given) - 1} more" if len(given) > 1 else ""
    names = ", ".join(one.told for one in released)
    return (
        f"{first}{more}: withheld or rounded, and told by this run and {names} together; release the same sites, areas "
        "and periods again, or combine small areas"
    )


def _renamed(fact: Fact, mark: str) -> Fact:
    return replace(fact, weights={mark + name: weight for name, weight in fact.weights.items()})


def _same(runs: Mapping[str, Run]) -> Iterator[tuple[str, str]]:
    """Counts of the same people in different runs: of one kind by their members, others by id and number.

    A reader knows of what kind a count is, and of which area, whatever number the area has; that two counts of
    different kinds have the same members is nothing that a reader knows.
    """
    for (mark, run), (other_mark, other) in itertools.combinations(runs.items(), 2):
        pairs = alike(run.members, other.members)
        equal = pairs[(pairs["more"] == 0) & (pairs["fewer"] == 0)]
        yield from (
            (mark + one.ours, other_mark + one.theirs)
            for one in equal.itertuples()
            if one.ours in run.published and one.theirs in other.published
        )
        rows = _of_extracts(pairs)
        yield from (
            (mark + name, other_mark + name)
            for name in run.true.keys() & other.true.keys() - {*pairs["ours"], *pairs["theirs"]}
            if run.true[name] == other.true[name] and _of_the_same(run.published[name], rows)
        )
