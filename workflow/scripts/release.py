"""Rule release: the gate. Attack what is to be published; publish it only if nothing that is withheld can be told."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from dscp.disclosure.control import Control, by_id
from dscp.disclosure.policies import NONE, POLICIES
from dscp.ledger.rows import read_ledger
from dscp.run.inert import tabled
from dscp.run.job import writing

AUDITED = ["id", "smallest", "largest", "values", "values_needed", "passed"]


def release(published: Mapping[str, Mapping], control: Control) -> tuple[pd.DataFrame, list[str]]:
    """Audit what is to be published, from nothing but what is to be published.

    Parameters
    ----------
    published : id -> row of the ledger to publish, each after those that it is computed from
    control : the policy

    Returns
    -------
    One row per count that is not published exactly: what a reader can tell of it, and what the policy asks for. And
    the faults: one line for each number that gives something away.
    """
    if control.policy == NONE:
        return pd.DataFrame(columns=AUDITED), []
    told = control.told(published)
    needed = {name: control.width(published[name]) for name in told}
    rows = [
        (name, span.low, span.high, span.width, needed[name], span.width >= needed[name]) for name, span in told.items()
    ]
    pinned = [
        f"{name} can be told from what is published: {span}, which is fewer than {needed[name]} values"
        for name, span in told.items()
        if span.width < needed[name]
    ]
    return pd.DataFrame(rows, columns=AUDITED), [*control.faults(published), *pinned]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        audited, faults = release(
            by_id(read_ledger(snakemake.input.ledger)), Control(POLICIES[given.policy], given.missing_release)
        )
        listed = Path(given.faults)
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(f"{fault}\n" for fault in faults), encoding="utf-8")
        if faults:
            raise SystemExit(
                f"nothing is published: the numbers would tell too much of {len(faults)} counts, see {listed}"
            )
        audited.to_csv(out.audit, index=False)
        for name in ("ledger", "validation", "activity"):
            shutil.copyfile(snakemake.input[name], out[name])
        decided = pd.read_csv(snakemake.input.decisions, usecols=["id", "decision"])
        tabled(decided).to_csv(out.decisions, index=False)
