"""What a run found when it began: kept aside while it works, and put back when it fails.

A run replaces a finished one of the same name file by file. Where it stops half way, at a hostile extract or a label
that cannot be typeset, the finished run has to be there in whole again, as its run record describes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

KEPT = Path("restricted", ".before")  # in the run's folder: what is kept may hold clients' rows
UNCLEARED = "uncleared"  # in what is kept, until what a failed run made is gone
NOTES = "notes"
RECORD = "ro-crate-metadata.json"  # written last: where it is, the run was finished
LOGS = "logs"  # tell of the run that failed, and stay
ASIDE = ".altered"  # what somebody changed by hand stays as well (workflow/tools/verify.py)


def places(study: Path, run: str) -> tuple[Path, list[Path], Path]:
    """What `keep` and `put_back` take: a run's folder, others that it writes to, and the workflow manager's notes."""
    results = study / "results"
    return results / run, [results / "reference_extracts"], study / ".snakemake" / "metadata"


def keep(run: Path, shared: Iterable[Path], notes: Path) -> None:
    """Keep a finished run's files by a second name each, which takes no room; nothing, where no run was finished.

    What a killed run had kept is still the last finished run, and stays.

    Parameters
    ----------
    run : its folder
    shared : other folders that a run writes to
    notes : folder of the workflow manager's notes on the files, which are copied: they are written over in place

    Raises
    ------
    SystemExit
        One line, where the disk has no room for the notes or does not take them; nothing is left of what was kept.
    """
    kept, part = run / KEPT, _part(run)
    if kept.exists() or not (run / RECORD).is_file():
        return
    shutil.rmtree(part, ignore_errors=True)
    try:
        (part / UNCLEARED).mkdir(parents=True)
        for number, folder in enumerate([run, *shared]):
            _second(folder, part / str(number), _linked)
        _second(notes, part / NOTES, shutil.copy2)
        part.rename(kept)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        said = f"{run}: the last finished run cannot be kept while another works ({error.strerror})"
        raise SystemExit(said) from None


def _second(folder: Path, place: Path, make: Callable[[Path, Path], object]) -> None:
    """Make second ones of a folder's files in another place."""
    for path in _files(folder):
        second = place / path.relative_to(folder)
        second.parent.mkdir(parents=True, exist_ok=True)
        make(path, second)


def put_back(run: Path, shared: Iterable[Path], notes: Path) -> bool:
    """Make the folders what they were when `keep` was called, but for logs; return whether anything had been kept.

    Where it is killed half way, it is done again from its beginning or from where it was.
    """
    kept = run / KEPT
    if not kept.exists():
        return False
    if (kept / UNCLEARED).exists():
        for number, folder in enumerate([run, *shared]):
            _clear(folder, kept / str(number))
        (kept / UNCLEARED).rmdir()  # which takes no room on a full disk, as renaming does not
    for number, folder in enumerate([run, *shared]):
        source = kept / str(number)
        for name in [path.relative_to(source) for path in _files(source)]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).replace(folder / name)  # changes nothing where both are names of one file
    if (kept / NOTES).is_dir():
        shutil.rmtree(notes, ignore_errors=True)
        shutil.move(kept / NOTES, notes)
    forget(run)
    return True


def _clear(folder: Path, kept: Path) -> None:
    """Remove from a folder what had not been there, but for what somebody set aside."""
    before = {path.relative_to(kept) for path in _files(kept)}
    for path in _files(folder):
        if path.relative_to(folder) not in before and path.suffix != ASIDE:
            path.unlink()


def forget(run: Path) -> None:
    """What was kept is not needed any more: the run came to its end, or all is put back."""
    kept, part = run / KEPT, _part(run)
    shutil.rmtree(part, ignore_errors=True)
    if kept.exists():
        kept.rename(part)  # at once: half of what was kept is nothing to put back
        shutil.rmtree(part, ignore_errors=True)


def _part(run: Path) -> Path:
    """Where what is kept is written, and removed."""
    return (run / KEPT).with_name(f"{KEPT.name}.part")


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder but logs and what is kept."""
    for path in [*folder.rglob("*")]:
        inside = path.relative_to(folder)
        if (path.is_file() or path.is_symlink()) and inside.parts[0] != LOGS and KEPT not in inside.parents:
            yield path


def _linked(path: Path, second: Path) -> None:
    try:
        os.link(path, second, follow_symlinks=False)
    except OSError:  # a disk without second names, or somebody else's file
        shutil.copy2(path, second, follow_symlinks=False)
