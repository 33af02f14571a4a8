"""Rule run_record: what was run, on what, with what result and when, for whoever checks or repeats it.

The record tells times, so its bytes differ from run to run; nothing printed rests on it.
"""

import importlib.metadata
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dscp.extracts.frozen import frozen_path
from dscp.record.crate import PROJECT, Facts, as_text, combined, crate, gather, own_key, sha256
from dscp.record.signing import SIGNATURE
from dscp.run.job import writing
from dscp.run.made import checksums, notes


def moment(seconds: float) -> str:
    """A time as ISO 8601, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def noted_of(jobs: Sequence[Mapping], run: Path) -> dict[str, dict]:
    """Job -> what it noted of itself when it had made what it makes (`run.made`)."""
    noted = notes(run)
    return {job["name"]: noted[name] for job in jobs if (name := job["name"].replace("/", "_")) in noted}


def times(noted: Mapping[str, Mapping]) -> dict[str, tuple[str, str]]:
    """When each job started and ended, by its own clock."""
    return {name: (moment(one["started"]), moment(one["ended"])) for name, one in noted.items()}


def numbers(noted: Mapping[str, Mapping]) -> dict[str, str]:
    """The number that a batch system gave each job that it ran."""
    return {name: f"job {one['job']} of the batch system" for name, one in noted.items() if one["job"]}


def rewritten(paths: Iterable[str], run: Path) -> dict[str, str]:
    """Outputs of a run that are not what their job had written, and the date that they have now.

    Each job notes the checksums of its outputs (`run.made`); dates would tell nothing of a folder that was copied.
    """
    noted = checksums(run)
    altered = [path for path in paths if path in noted and sha256(path) not in noted[path]]
    return {path: moment(Path(path).stat().st_mtime) for path in altered}


def commit(project: Path, parts: Sequence[str]) -> str:
    """Return the commit of the checkout that the project is, and whether its code differs from it; "" if it is none."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(project), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != project.resolve():
            return ""
        changed = git("status", "--porcelain", "--", *parts)
        return f"git:{git('rev-parse', 'HEAD')}" + (" with changes not committed" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def packages() -> dict[str, str]:
    """Return the version of Python and of every package installed beside this script's interpreter."""
    installed = importlib.metadata.distributions()
    known = {re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version for found in installed}
    return {"python": platform.python_version(), **dict(sorted(known.items()))}


def run_record(jobs: Sequence[Mapping], facts: Facts) -> str:
    """The run record as text; see `record.crate.crate`."""
    return as_text(crate(jobs, facts))


def frozen_copies(extracts: Mapping[str, str], restricted: Path) -> dict[str, str]:
    """Path of each extract's file -> the copy that the run rests on.

    Parameters
    ----------
    extracts : path -> name, as in `record.jobs.extract_names`
    restricted : the run's folder of that name
    """
    places = {path: name.partition("/") for path, name in extracts.items()}
    found = {
        path: frozen_path(restricted / "frozen" / name, int(n or 1), path) for path, (name, _, n) in places.items()
    }
    return {path: str(copy) for path, copy in found.items() if copy.exists()}


def copy_code(code: Mapping[str, str], folder: Path) -> None:
    """Copy the project's files into the run's folder."""
    for path, name in code.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study, code, jobs = snakemake.params.study, snakemake.params.code, snakemake.params.jobs
        paths = list(dict.fromkeys([*code, *(path for job in jobs for path in [*job["inputs"], *job["outputs"]])]))
        run = Path(snakemake.params.key).parent.parent
        noted = noted_of(jobs, run)
        spans = times(noted)
        known = Facts(
            run=study["run"],
            title=study["title"],
            date=max((end for _, end in spans.values()), default=study["programme"]["end"]),
            study=study,
            extracts=snakemake.params.extracts,
            code=code,
            checksums={},
            code_version=combined({name: sha256(path) for path, name in code.items()}),
            commit=commit(PROJECT, ["Snakefile", "workflow", "templates"]),
            packages=packages(),
            times=spans,
            numbers=numbers(noted),
            rewritten=rewritten(paths, run),
        )
        key = own_key(Path(snakemake.params.key))
        copies = frozen_copies(snakemake.params.extracts, Path(snakemake.params.key).parent)
        sizes = {path: Path(path).stat().st_size for path in paths if not known.identifier(path).startswith("#")}
        known = replace(known, checksums=gather(paths, known.identifier, key, copies), sizes=sizes)
        copy_code(code, Path(out.code))
        Path(out.crate).write_text(run_record(jobs, known), encoding="utf-8")
        Path(snakemake.output.crate).with_name(SIGNATURE).unlink(missing_ok=True)  # of the record before it
