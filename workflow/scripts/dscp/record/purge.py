"""Delete what came from clients of a run. What is published stays, with the record of how it was made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dscp.record.crate import CRATE
from dscp.record.forms import CODE, LOGS, RESTRICTED, WORK, form_of
from dscp.record.reading import NoRecord, one_line
from dscp.record.signing import SIGNATURE
from dscp.record.verify import EXTRACT, PURGED, Record
from dscp.run.notes import INCOMPLETE, METADATA, PARTS_KEPT, noted

# Of the workflow manager, of all runs of a study: what it said, scripts with their parameters, names of files.
OF_EVERY_RUN = [Path(".snakemake", name) for name in ("log", "scripts", "iocache")]
REBUILT = Path("results", "reference_extracts")
REGISTER = "releases"
BESIDE = {PURGED: "when the run was purged", SIGNATURE: "signature of the run record"}
MADE = {CODE: "the project's files", WORK: "steps between two jobs, of what is published"}


def purge(study: Path, run: str) -> tuple[list[str], list[str]]:
    """Delete the confidential files of a run, its logs, and the workflow manager's notes on it.

    Parameters
    ----------
    study : folder of the study
    run : name of the run; nobody else may be at work in the results (`run.lock`)

    Returns
    -------
    One line for each file that was removed, and one for each that was kept, with what it is; from the study's folder.

    Raises
    ------
    SystemExit
        One line: there is no such run, or its folder is a link.
    """
    folder = study / "results" / run
    if folder.is_symlink() or not folder.is_dir():
        raise SystemExit(f"{one_line(str(folder))}: found no folder of a run, allowed: RUN= with the name of one")
    found = dict.fromkeys([*_of_clients(folder), *_notes(study, run)])
    removed = [_removed(study, path) for path in found]
    for place in (RESTRICTED, LOGS):
        _empty(folder / place)
    marker = folder / PURGED
    marker.parent.mkdir(mode=0o700, exist_ok=True)
    marker.touch(mode=0o600)
    marker.write_text(datetime.now(UTC).isoformat(timespec="seconds") + "\n", encoding="ascii")
    return removed, list(_kept(study, run))


def refuse_purged(study: Path, run: str) -> None:
    """End with one line where a run was purged: what it published stays as it was."""
    if when := Record(study, run, study).purged:
        raise SystemExit(
            f"results/{run}: purged at {when}, found a run that begins, allowed: another name (run:) in config.yaml, "
            "or no folder of this name"
        )


def _of_clients(folder: Path) -> Iterator[Path]:
    """The confidential files of a run, its logs, and what a killed job left half written."""
    for place in (RESTRICTED, LOGS):
        yield from _files(folder / place)
    yield from (path for path in _files(folder) if path.name.startswith(".") and path.suffix == ".part")


def _notes(study: Path, run: str) -> Iterator[Path]:
    """The workflow manager's notes on a run's outputs, which hold checksums of their inputs; its logs; kept parts."""
    for place in (METADATA, INCOMPLETE):
        notes = noted(study / place)
        yield from (path for name, path in sorted(notes.items()) if name.startswith(f"results/{run}/"))
    for place in [*OF_EVERY_RUN, PARTS_KEPT / run]:
        yield from _files(study / place)


def _files(folder: Path) -> Iterator[Path]:
    """Files and links below a folder, in their order; links are not followed."""
    for here, names, files in os.walk(folder):
        names.sort()
        links = [name for name in names if Path(here, name).is_symlink()]
        yield from (Path(here, name) for name in sorted([*files, *links]))


def _removed(study: Path, path: Path) -> str:
    size = path.lstat().st_size
    path.unlink()
    return f"removed {_shown(study, path)} ({size:,} bytes)"


def _empty(folder: Path) -> None:
    """Take away the folders below a folder, which hold no file any more."""
    for here, names, _ in os.walk(folder, topdown=False):
        for name in names:
            Path(here, name).rmdir()


def _kept(study: Path, run: str) -> Iterator[str]:
    folder = study / "results" / run
    for path in _files(folder):
        name = str(path.relative_to(folder))
        form = form_of(name)
        if form or name.split("/")[0] not in MADE:
            says = form.says if form else BESIDE.get(name, "not in the record")
            yield f"kept    {_shown(study, path)}: {says}"
    for name, says in MADE.items():
        if (folder / name).is_dir():
            yield f"kept    {_shown(study, folder / name)}/: {says}"
    for name in _extracts(study, run):
        yield f"kept    {one_line(name)}: the extract itself, to be deleted by its holder"
    if (study / REBUILT).is_dir():
        yield f"kept    {REBUILT}/: rebuilt from the print, of nobody"
    if (study / REGISTER).is_dir():
        yield f"kept    {REGISTER}/: the register of releases, needed as long as anything of it is published"
    for other in sorted((study / "results").glob(f"*/{RESTRICTED}")):
        if other.parent.name not in (run, REBUILT.name) and any(_files(other)):
            yield f"kept    {_shown(study, other)}/: of another run, purged by its own name"


def _extracts(study: Path, run: str) -> list[str]:
    """Files of extracts that the run's record names, where they still are."""
    record = Record(study, run, study)
    try:
        graph = record.graph if (record.folder / CRATE).is_file() else []
    except NoRecord:
        return []
    names = [one["alternateName"] for one in graph if one["@id"].startswith(EXTRACT) and "alternateName" in one]
    return [name for name in names if (study / name).is_file() and not Path(name).is_relative_to(REBUILT)]


def _shown(study: Path, path: Path) -> str:
    return one_line(str(path.relative_to(study)))
