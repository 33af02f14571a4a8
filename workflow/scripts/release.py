"""Rule release: the gate. Attack what is to be published; publish it only if nothing that is withheld can be told."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from dscp.disclosure.across import refusals, released_runs, this_run
from dscp.disclosure.control import Control, by_id
from dscp.disclosure.members import members
from dscp.disclosure.policies import NONE, POLICIES
from dscp.disclosure.register import BrokenRegister, Register
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


def beside_released(restricted: Path, study: Path, published: pd.DataFrame, control: Control) -> list[str]:
    """Why a run may not be published beside the runs of the study that were released: one line each.

    Parameters
    ----------
    restricted : the run's folder of that name
    study : the folder with the register of releases; nothing is written to it
    published : the ledger to publish
    control : the policy

    Raises
    ------
    SystemExit
        The register is not as it was written.
    """
    register = Register(study)
    try:
        released = released_runs(register)
        key = register.key() if released else b""
    except BrokenRegister as error:
        raise SystemExit(f"nothing is published: {error}") from None
    if not released:
        return []
    full = read_ledger(restricted / "ledger.csv")
    return refusals(this_run(control, published, full, members(restricted, key)), released)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        control, published = Control(POLICIES[given.policy], given.missing_release), read_ledger(snakemake.input.ledger)
        audited, faults = release(by_id(published), control)
        beside = beside_released(Path(snakemake.input.full).parent, Path(), published, control)
        listed = Path(given.faults)
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(f"{fault}\n" for fault in [*faults, *beside]), encoding="utf-8")
        if faults:
            raise SystemExit(
                f"nothing is published: the numbers would tell too much of {len(faults)} counts, see {listed}"
            )
        if beside:
            more = f" ({len(beside) - 1} more in {listed})" if len(beside) > 1 else ""
            raise SystemExit(f"nothing is published, because of what was released before: {beside[0]}{more}")
        audited.to_csv(out.audit, index=False)
        for name in ("ledger", "validation", "activity"):
            shutil.copyfile(snakemake.input[name], out[name])
        decided = pd.read_csv(snakemake.input.decisions, usecols=["id", "decision"])
        tabled(decided).to_csv(out.decisions, index=False)
