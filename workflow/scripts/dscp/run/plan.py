"""The plan of a run: a file with what it was planned with, which all its jobs read and none outlives.

The run that plans writes `results/<run>/restricted/plan-<token>.json`. Its jobs, on whatever machine, have the token
by their command line and find the file by it: where it is gone, their run is over or another one has begun, and they
stop. What a job writes bears the token until it is whole, so that two runs never write one file.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from dscp.run.digests import of_file

TOKEN = "run_token"  # among the settings that the workflow manager hands on to jobs (--config)
AT = "REPORT_PLAN"  # the environment variable by which what a job starts finds the plan
FORM = re.compile(r"t[0-9a-f]{16}")  # begins with a letter: never read as a number
RESTRICTED = "restricted"
OVER = "started by another run, whose plan is gone, allowed: jobs of the run at work"


class Plan:
    """What a run was planned with, as the run that plans and each of its jobs see it.

    Parameters
    ----------
    run : folder of the run, below `results`
    token : of the run whose job this is; "" in the process that plans

    Raises
    ------
    SystemExit
        In a job: there is no such plan.
    """

    def __init__(self, run: Path, token: str = "") -> None:
        self.of_a_job = bool(token)
        self.token = token or f"t{secrets.token_hex(8)}"
        if not FORM.fullmatch(self.token):
            raise SystemExit(f"{TOKEN}: is none, allowed: what a run gives its own jobs")
        self.path = run.absolute() / RESTRICTED / f"plan-{self.token}.json"
        self._held: dict[str, dict[str, str]] = _read(self.path) if self.of_a_job else {}
        os.environ[AT] = str(self.path)

    def digests(self, what: str, paths: Iterable[str] = ()) -> dict[str, str]:
        """Digests of files as they were when the run was planned; of this kind the first who asks names the paths."""
        if what not in self._held and self.of_a_job:
            raise SystemExit(OVER)
        if what not in self._held:
            self._held[what] = {path: of_file(path) for path in paths}
        return self._held[what]

    def unchanged(self, names: Mapping[str, str]) -> None:
        """End a job whose config or code is no longer what the run was planned with: its results would be of two kinds.

        Parameters
        ----------
        names : path of a file -> what it is called in messages
        """
        for path, digest in self.digests("CODE", names).items():
            if of_file(path) != digest:
                raise SystemExit(
                    f"{names[path]}: changed since the run was planned, allowed: no change while a run goes on"
                )

    def begin(self) -> None:
        """Remove what other runs left below `results`, plans first, and write this one; the lock is held."""
        results = self.path.parents[2]
        for plan in results.glob(f"*/{RESTRICTED}/plan-*.json"):
            plan.unlink()
        for folder in (self.path.parents[1], results / "reference_extracts"):
            remove_parts(folder)
        part = self.path.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self._held, file)
        part.replace(self.path)

    def end(self) -> None:
        """The run is over: none of its jobs lands any more."""
        self.path.unlink(missing_ok=True)


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise SystemExit(OVER) from None


def token() -> str:
    """The token of the run that this process works for; "" where it works for none."""
    found = FORM.search(os.environ.get(AT, ""))
    return found[0] if found else ""


def still() -> None:
    """End this job, if the run that it works for is over.

    The plan is opened, not looked for: a shared disk then asks its server, and does not answer from memory.
    """
    if path := os.environ.get(AT):
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            raise SystemExit(OVER) from None


def part_of(path: str | Path) -> Path:
    """Where a file is written before it is whole: beside its place, under a name of this run alone."""
    path = Path(path)
    return path.with_name(".".join(["", path.name, *filter(None, [token()]), "part"]))


def land(part: str | Path, path: str | Path) -> None:
    """Give what is whole its name; where the run that it was made for is over, remove it and end this job."""
    try:
        still()
    except SystemExit:
        remove(part)
        raise
    Path(part).replace(path)


def remove(path: str | Path) -> None:
    """Remove a file or a folder, if it is there."""
    shutil.rmtree(path, ignore_errors=True)
    Path(path).unlink(missing_ok=True)


def remove_parts(folder: Path) -> None:
    """Remove what was never whole, of whichever run."""
    for part in [path for path in folder.rglob(".*.part") if path.parent.exists()]:
        remove(part)
