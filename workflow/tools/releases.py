"""Mark a run as given away, or list the runs that were: the register of releases.

`make release RUN=dscp-2009-11 BY="name, to whom" [STUDY=folder]`, `make releases [STUDY=folder]`
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from dscp.config.checked import plain, read_config
from dscp.disclosure.across import refusals, released_runs, this_run, true_counts
from dscp.disclosure.control import Control
from dscp.disclosure.members import members
from dscp.disclosure.policies import POLICIES
from dscp.disclosure.register import BrokenRegister, Entry, Register, Released
from dscp.ledger.rows import read_ledger
from dscp.record.crate import sha256
from dscp.record.forms import LOGS, RESTRICTED, WORK
from dscp.record.verify import CONFIG, verify
from dscp.run.lock import lock
from dscp.run.said import say


def main(arguments: list[str] | None = None) -> int:
    """Print what was done, or one line per reason why not."""
    parser = argparse.ArgumentParser(description="Mark a run as given away, or list those that were.")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--run", default="", help="the run to be marked; without it those released are listed")
    parser.add_argument("--by", default="", help="who gives it to whom")
    chosen = parser.parse_args(arguments)
    register = Register(chosen.study)
    try:
        if not chosen.run:
            found = [*map(listed(chosen.study), register.released())]
            say(*(found or ["no run has been released"]))
            return 0
        if not chosen.by.strip():
            return refused(['BY is empty, allowed: who gives the run to whom, such as BY="A. Smith to the board"'])
        with lock(chosen.study / "results", chosen.run):
            return release(chosen.study, chosen.run, chosen.by.strip(), register)
    except BrokenRegister as error:
        return refused([str(error)])


def refused(reasons: list[str]) -> int:
    """Print why a run is not released."""
    say(*reasons, "not released")
    return 1


def release(study: Path, run: str, by: str, register: Register) -> int:
    """Write a run into the register, unless it was altered or would tell something beside those in it."""
    folder = study / "results" / run
    problems, _ = verify(study, run)
    if problems:
        return refused(problems)
    if not (folder / "restricted" / "ledger.csv").exists():
        return refused([f"{folder}: it has no restricted/, so that it cannot be compared; allowed: a whole run"])
    config = plain(read_config(folder / CONFIG))
    policy, missing_release = config.get("disclosure", "none"), config["definitions"].get("missing_release", "")
    full, published = (read_ledger(path / "ledger.csv") for path in (folder / "restricted", folder))
    found = members(folder / "restricted", register.open())
    reasons = refusals(
        this_run(Control(POLICIES[policy], missing_release), published, full, found), released_runs(register)
    )
    if reasons:
        return refused(reasons)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    entry = Entry(run, now, by, policy, missing_release, published_files(folder))
    place = register.add(entry, folder / "ledger.csv", true_counts(full), found)
    say(f"{run}: released; in the register as {place}, which is confidential")
    return 0


def published_files(folder: Path) -> dict[str, str]:
    """The files of a run that may be given away -> SHA-256."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: sha256(path) for name, path in found.items() if Path(name).parts[0] not in (LOGS, RESTRICTED, WORK)}


def listed(study: Path):
    """How a release is told in one line, with whether its files are still as they were."""

    def told(one: Released) -> str:
        entry, folder = one.entry, study / "results" / one.entry.run
        now = published_files(folder) if folder.is_dir() else {}
        state = "as released" if now == entry.files else "altered since" if now else "no longer here"
        return f"{one.folder.name}  {entry.when[:16]}  {entry.run}  {entry.policy}  {entry.by}  ({state})"

    return told


if __name__ == "__main__":
    sys.exit(main())
