"""What an attack from outside tells of small studies, by policy and kind: `python tests/support/outside_table.py 20`.

Each study is drawn, its full ledger made once, published under each policy, and attacked with the published files only.
What the reader says is then compared with the full ledger. The last line of the table is of all kinds together.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import yaml

import chain
import outside
from drawn_studies import drawn_study
from dscp.config.checked import completed, plain
from dscp.disclosure.control import CannotProtect, Control, ordered
from dscp.disclosure.policies import NONE, POLICIES

KINDS = {  # what is attacked with; nothing: what every reader knows
    "plain": (),
    **{kind: (kind,) for kind in outside.KINDS},
    "A3": ("A3",),
    "A6": ("A6",),
    "together": (*outside.KINDS, "A3", "A6"),
}
NAMES = [name for name in POLICIES if name != NONE.name]
COLUMNS = ("hidden", "told", "narrower", "rests", "wrong", "alike")


@dataclass(frozen=True)
class Published:
    """A study under a policy.

    Attributes
    ----------
    study : its number
    policy : by name
    run : the published files as somebody outside reads them; None where the gate publishes nothing
    truth : id -> value, in full
    """

    study: int
    policy: str
    run: outside.Run | None
    truth: Mapping[str, float]


def published(default: Mapping, seed: int, folder: Path, policies: Sequence[str] = NAMES) -> Iterator[Published]:
    """A study drawn at random, under each policy."""
    made = chain.run(drawn_study(default, seed), folder)
    for policy in policies:
        place = folder / policy
        run = None if chain.publish(made, place, policy) else outside.Run.read(place)
        yield Published(seed, policy, run, made.known)


def attacked(of: Published, kinds: Mapping[str, Sequence[str]] = KINDS) -> Iterator[tuple[str, outside.Told]]:
    """What is told by each way in, and by all together."""
    solvers = {dropping: outside.Solver(dropping) for dropping in (False, True)}
    for name, chosen in kinds.items():
        yield name, outside.attack(of.run, chosen, solvers["A6" in chosen])


def told(of: Published, found: outside.Told) -> dict[str, list[str]]:
    """What a reader was right about, and where he was wrong.

    hidden : counts not published exactly
    told : those of which he says the one true value
    narrower : those of which he leaves fewer values than the policy promises, the true one among them
    wrong : those of which he excludes the true value
    rests : counts that, with their withheld base or being withheld, leave fewer values for those without the outcome
    alike : groups of which he rightly says that all, or none, have the outcome, though a count of them is hidden
    """
    values = {name: set(some) for name, some in found.counts.items()}
    right = {name: some for name, some in values.items() if of.truth[name] in some}
    rests = {name: of.truth[_base(of, name)] - of.truth[name] for name in found.rests}
    return {
        "hidden": list(of.run.hidden),
        "told": [name for name, some in right.items() if len(some) == 1],
        "narrower": [name for name, some in right.items() if len(some) < of.run.hidden[name]],
        "rests": [
            name for name, n in rests.items() if n in (some := found.rests[name]) and len(some) < of.run.smallest
        ],
        "wrong": sorted(values.keys() - right.keys()),
        "alike": [".".join(key) for key, word in found.groups.items() if _alike(of, key) == word],
    }


def _base(of: Published, count: str) -> str:
    return count.replace(".count.", ".base.")


def _alike(of: Published, key: tuple[str, str, str]) -> str:
    base, count = (of.truth[name] for name in of.run.groups[key])
    return "all" if count == base else "none" if count == 0 else ""


def by_minimality(of: Published) -> outside.Told:
    """A7 after all other kinds together: the published program is run on the tables that these leave possible."""
    facts = outside.plain(of.run) + [fact for kind in outside.KINDS.values() for find in kind for fact in find(of.run)]
    known = outside.attack(of.run, KINDS["together"])
    return outside.Told(
        {**known.counts, **outside.minimality(of.run, known, program(of.policy), facts)}, known.rests, known.groups
    )


def program(policy: str) -> Callable[[list[dict]], dict[str, bool]]:
    """The published program: rows of a ledger with all values -> id -> whether it would be withheld."""
    control = Control(POLICIES[policy])

    def rerun(rows: list[dict]) -> dict[str, bool]:
        try:
            made, _ = control.decided(ordered({row["id"]: {**row, "rows": pd.NA} for row in rows}))
        except CannotProtect:
            return {row["id"]: False for row in rows}
        return {name: one["note"].startswith("[c]") for name, one in made.items()}

    return rerun


def published_alike(of: Published) -> list[str]:
    """Groups of which base and count are published, and say that all or none have the outcome."""
    groups = [pair for pair in of.run.groups.values() if not any(map(of.run.withheld, pair))]
    exact = [(base, count) for base, count in groups if of.run.base == 1 and of.run.value(base) > 0]
    return [count for base, count in exact if of.run.value(count) in (0, of.run.value(base))]


def withheld_share(of: Published) -> float:
    """How many of the counts of people that are not 0 are withheld."""
    counts = [name for name in [*of.run.counts, *of.run.totals] if of.truth[name] > 0]
    return sum(map(of.run.withheld, counts)) / len(counts)


def table(default: Mapping, seeds: Sequence[int], say: Callable[[str], None] = lambda line: None) -> pd.DataFrame:
    """Attack some studies under every policy; one row per policy and kind, numbers as in `told`.

    say : is told what was told, line by line
    """
    counted: dict[tuple[str, str], Counter] = {}
    utility: dict[str, list[float]] = {name: [] for name in NAMES}
    for seed in seeds:
        with TemporaryDirectory() as folder:
            for of in published(default, seed, Path(folder)):
                _add(of, counted, utility, say)
    frame = pd.DataFrame(
        [{"policy": policy, "kind": kind, **counts} for (policy, kind), counts in sorted(counted.items())]
    )
    shares = {policy: sum(shares) / len(shares) if shares else math.nan for policy, shares in utility.items()}
    whole = frame.set_index(["policy", "kind"]).fillna(0).astype(int)
    return whole.assign(withheld=[f"{shares[policy]:.0%}" for policy, _ in whole.index])


def _add(of: Published, counted: dict, utility: dict, say: Callable[[str], None]) -> None:
    here = counted.setdefault((of.policy, "together"), Counter())
    here["studies"] += 1
    if of.run is None:
        here["refused"] += 1
        return
    utility[of.policy].append(withheld_share(of))
    found = {**dict(attacked(of)), "A7": by_minimality(of)}
    here["says_more"] += len(outside.says_more(of.run))
    here["interviews"] += len(outside.users_spoken_to(of.run))
    guessed = outside.guessed_behind_models(of.run)
    here["guessed"] += len(guessed)
    here["guessed_right"] += sum(of.truth[name] == n for name, n in guessed.items())
    here["published_alike"] += len(published_alike(of))
    for kind, one in found.items():
        result = told(of, one)
        counted.setdefault((of.policy, kind), Counter()).update({name: len(result[name]) for name in COLUMNS})
        for name in COLUMNS[1:]:
            for what in result[name]:
                say(f"{of.study} {of.policy} {kind} {name} {what}")


if __name__ == "__main__":
    default = completed(plain(yaml.safe_load((chain.PROJECT / "config.yaml").read_text(encoding="utf-8"))))
    first, number = (0, int(sys.argv[1])) if len(sys.argv) < 3 else map(int, sys.argv[1:])
    print(table(default, range(first, first + number), say=lambda line: print(line, file=sys.stderr)).to_string())
