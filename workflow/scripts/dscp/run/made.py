"""What each job notes of what it made: when, as which job of a batch system, with which checksums.

`restricted/made/<job>.json` in the folder of a run. The run record rests on these notes: the workflow manager's own are
made by another process, on another machine's clock, and a job's process deletes the note of its own start.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from dscp.run.lock import is_held
from dscp.run.notes import INCOMPLETE, METADATA, name_of_note
from dscp.run.plan import FORM, land, part_of, token

NUMBERS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")  # by which batch systems tell a job its number
MADE = Path("restricted", "made")


def noted_in(run: Path) -> Path:
    """The folder of a run in which its jobs note what they made."""
    return run / MADE


def note(log: Path, started: float, outputs: Iterable[str]) -> None:
    """Note what a job made, once all of it is in place.

    Parameters
    ----------
    log : the job's, in a run's folder `logs`; of other jobs nothing is noted
    started : when it began, in seconds since 1970
    outputs : paths; a checksum has each file that was written into the run's folder
    """
    if log.parent.name != "logs":
        return
    run, outputs = log.parent.parent, [*outputs]
    written = [path for path in outputs if Path(path).is_file() and Path(path).is_relative_to(run)]
    said = {
        "token": token(),
        "started": started,
        "job": next((os.environ[name] for name in NUMBERS if os.environ.get(name)), ""),
        "outputs": outputs,
        "checksums": {path: _sum(path) for path in written},
        "ended": time.time(),
    }
    path = noted_in(run) / f"{log.stem}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    part.write_text(json.dumps(said, indent=1), encoding="utf-8")
    land(part, path)


def notes(run: Path) -> dict[str, dict]:
    """Job, as its log is called -> what it noted. Notes of earlier versions, whose jobs are all made anew, are none."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in noted_in(run).glob("*.json")}
    return {name: one for name, one in found.items() if "checksums" in one}


def distrust(study: Path) -> list[str]:
    """Have the workflow manager make anew what landed when nobody was left to note how it was made.

    Where the main process of a run was killed, its jobs may have gone on elsewhere, and ended in order: their outputs
    stand there with no note, or with that of an earlier one, and would pass for what the config says today. They are
    marked as not finished. Nothing is done while a run is at work.

    Returns
    -------
    The outputs that are marked, from the study's folder.
    """
    plans = [*study.glob("results/*/restricted/plan-*.json")]
    dead = {found[0] for path in plans if (found := FORM.search(path.name))}
    if not dead or is_held(study / "results"):
        return []
    of_runs = [one for run in study.glob("results/*") for one in notes(run).values()]
    return [path for one in of_runs if one["token"] in dead for path in one["outputs"] if _marked(study, path)]


def _marked(study: Path, path: str) -> bool:
    """Mark an output, if it is there and was written after the workflow manager's note on it."""
    noted, output = study / METADATA / name_of_note(path), study / path
    if not output.exists() or (noted.exists() and noted.stat().st_mtime_ns >= output.stat().st_mtime_ns):
        return False
    mark = study / INCOMPLETE / name_of_note(path)
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text('{"external_jobid": null}', encoding="utf-8")
    return True


def checksums(run: Path) -> Mapping[str, set[str]]:
    """Path -> the checksums that jobs noted of it; one of earlier code may have written what another makes now."""
    found: dict[str, set[str]] = {}
    for one in notes(run).values():
        for path, total in one["checksums"].items():
            found.setdefault(path, set()).add(total)
    return found


def _sum(path: str) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
