"""Pairs of runs of small studies at random: how many the gate refuses, and what a reader sees of the others.

`PYTHONPATH=workflow/scripts:tests/support:tests/attacks .venv/bin/python tests/support/pairs_table.py 20 1`
draws 20 studies from seed 1 on. A line per change and policy: pairs; refused; let pass, though a published count of
people differs by fewer than the policy's number.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import yaml
from test_releases import FEW, KEPT, SHIFTED, UNDER, Ran, but, small, told

import chain
from disclosure import disclosure
from dscp.config.checked import plain
from dscp.disclosure.control import Control
from dscp.disclosure.policies import POLICIES

PROJECT = Path(__file__).parents[2]


def ran(study: chain.Study, folder: Path) -> dict[str, Ran]:
    """The run of a study by policy."""
    folder.mkdir()
    found = chain.run(study, folder)
    restricted = chain.restricted(found, folder / "restricted")
    made = {}
    for policy in UNDER:
        control = Control(POLICIES[policy], KEPT)
        published, _, _ = disclosure(found.ledger, found.findings, chain.models_of(found, control), control)
        made[policy] = Ran(published, found.ledger, restricted, policy)
    return made


def main(studies: int, start: int) -> None:
    """Print the table."""
    config = plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8")))
    pairs, refused, seen = Counter(), Counter(), Counter()
    with tempfile.TemporaryDirectory() as name:
        for seed in range(start, start + studies):
            study, folder = small(config, seed, clients=400), Path(name, str(seed))
            folder.mkdir()
            first = ran(study, folder / "first")
            for policy, one in first.items():
                (folder / policy).mkdir()
                one.release(folder / policy)
            for change in (*FEW, *SHIFTED):
                for policy, second in ran(but(study, change), folder / change).items():
                    lines = second.refused(folder / policy)
                    key, few = (change, policy), POLICIES[policy].smallest
                    pairs[key] += 1
                    refused[key] += bool(lines)
                    seen[key] += not lines and bool(few and told(second, first[policy], few))
            print(f"study {seed}", file=sys.stderr, flush=True)
    print(f"{'change':<32}{'policy':<30}{'pairs':>6}{'refused':>9}{'seen':>6}")
    for key in pairs:
        print(f"{key[0]:<32}{key[1]:<30}{pairs[key]:>6}{refused[key]:>9}{seen[key]:>6}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
