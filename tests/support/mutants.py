"""Careless changes, made one at a time in a copy of the project: does the test that should notice one notice it?

The list is tests/mutants.yaml. Libraries for mutation testing (mutmut, cosmic-ray) think of changes themselves, and to
Python only; this list holds kinds that people make, to templates and declarations too, each with the test to notice it.

`python tests/support/mutants.py [rooms]`. What has been tried is kept until the project changes, so that a run that
was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
LIST = PROJECT / "tests" / "mutants.yaml"
LEFT_OUT = (".git", ".venv", ".checkers", ".snakemake", "results", "bench", "__pycache__", ".*_cache", ".hypothesis")
LONGEST = 300  # seconds that a test may take; a change that makes it hang is noticed
LIBRARIES = (
    *("duckdb", "hypothesis", "jinja2", "lxml.html", "matplotlib.figure", "openpyxl", "pandas", "pyarrow.parquet"),
    *("pytest", "scipy.optimize", "scipy.stats", "xdist"),
)
NOTICED, UNNOTICED, WRONG = "noticed", "not noticed", "its test is red without it"


@dataclass(frozen=True)
class Mutant:
    """A change, the tests that are to notice it (arguments of pytest), and why nothing does, where that is so."""

    room: str
    file: str
    old: str
    new: str
    test: str
    survives: str = ""

    @property
    def key(self) -> str:
        """A short name of the change."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]

    def text(self, project: Path = PROJECT) -> str:
        """The file with the change made.

        Raises
        ------
        ValueError
            The old text does not stand in the file, or more than once.
        """
        text = (project / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file}: found {text.count(self.old)} times, not once: {self.old!r}")
        return text.replace(self.old, self.new)


def read_list(path: Path = LIST) -> list[Mutant]:
    """All changes: in the list they stand by room and by the tests that are to notice them."""
    rooms = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Mutant(room, one["file"], one["old"], one["new"], group["test"], one.get("survives", ""))
        for room, groups in rooms.items()
        for group in groups
        for one in group["changes"]
    ]


def tried(mutant: Mutant, copy: Path) -> str:
    """Make a change in a copy of the project, run its tests there, and take the change back."""
    path = copy / mutant.file
    before = path.read_text(encoding="utf-8")
    path.write_text(mutant.text(copy), encoding="utf-8")
    try:
        return said(mutant.test, copy)
    finally:
        path.write_text(before, encoding="utf-8")


def said(test: str, copy: Path) -> str:
    """What tests say in a copy of the project, in a process of their own that has the libraries already."""
    child = os.fork()
    if not child:
        signal.alarm(LONGEST)
        os.chdir(copy)
        with open(copy.with_name("said.txt"), "w", encoding="utf-8") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        import pytest

        code = pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header", *shlex.split(test)])
        os._exit(int(code))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return {0: UNNOTICED, 1: NOTICED, 2: NOTICED, -signal.SIGALRM: NOTICED}.get(code, WRONG)


def with_libraries() -> None:
    """What most tests import, once for all of them."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.dont_write_bytecode = True  # a change that is as long and made in the same second would not be seen
    for name in LIBRARIES:
        importlib.import_module(name)


def state() -> str:
    """A name of the project as it is: the digest of its files."""
    found = hashlib.sha256()
    for path in sorted(files()):
        found.update(path.as_posix().encode() + b"\0" + (PROJECT / path).read_bytes())
    return found.hexdigest()[:12]


def files() -> Iterator[Path]:
    """The project's files that a change or a test may depend on."""
    for folder in ("workflow", "templates", "tests"):
        for path in (PROJECT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path != LIST:
                yield path.relative_to(PROJECT)
    yield from (Path(name) for name in ("config.yaml", "pyproject.toml", "Makefile", "Snakefile"))


def try_all(mutants: Sequence[Mutant], kept: Path, workers: int) -> dict[str, str]:
    """Try what has not been tried, in copies side by side; each answer is kept at once. Key -> answer."""
    known = answers(kept)
    tests = list(dict.fromkeys(one.test for one in mutants))
    children = []
    for worker in range(workers):
        if child := os.fork():
            children.append(child)
            continue
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copytree(PROJECT, Path(folder) / "project", ignore=shutil.ignore_patterns(*LEFT_OUT))
            for test in tests[worker::workers]:
                left = [one for one in mutants if one.test == test and one.key not in known]
                green = not left or said(test, copy) == UNNOTICED
                for one in left:
                    answer = tried(one, copy) if green else WRONG
                    with open(kept, "a", encoding="utf-8") as out:
                        out.write(f"{one.key} {answer}\n")
                    print("." if answer == NOTICED else f"{answer}: {test}: {one.file}: {one.new!r}", flush=True)
        os._exit(0)
    for child in children:
        os.waitpid(child, 0)
    return answers(kept)


def answers(kept: Path) -> dict[str, str]:
    """What has been tried: key -> answer."""
    if not kept.exists():
        return {}
    return dict(line.split(" ", 1) for line in kept.read_text(encoding="utf-8").splitlines())


def table(mutants: Sequence[Mutant], found: dict[str, str]) -> str:
    """How many changes of each room were noticed, and which were not."""
    lines = []
    for room in [*dict.fromkeys(one.room for one in mutants), "all"]:
        here = [one for one in mutants if room in (one.room, "all")]
        noticed = sum(found[one.key] == NOTICED for one in here)
        lines.append(f"{room:<14}{noticed:>4} of {len(here):>3}  {100 * noticed / len(here):5.1f}%")
    for one in mutants:
        if found[one.key] != NOTICED:
            reason = f" ({one.survives})" if one.survives else ""
            lines.append(f"{found[one.key]}: {one.room}, {one.file}: {one.old!r} -> {one.new!r}{reason}")
    return "\n".join(lines)


def of_rooms(mutants: Sequence[Mutant], named: Sequence[str]) -> list[Mutant]:
    """The changes of the rooms that are named, blanks or commas between them; of all where none is."""
    rooms, known = " ".join(named).replace(",", " ").split(), list(dict.fromkeys(one.room for one in mutants))
    if unknown := [room for room in rooms if room not in known]:
        sys.exit(f"ROOM: found {unknown[0]!r}, allowed: {', '.join(known)}")
    return [one for one in mutants if not rooms or one.room in rooms]


def main(rooms: Sequence[str]) -> int:
    """Try the changes of some rooms, or all; 1 if one is not noticed that the list says is, or the tests are red."""
    mutants = of_rooms(read_list(), rooms)
    with_libraries()
    (PROJECT / "bench").mkdir(exist_ok=True)
    kept = PROJECT / "bench" / f"mutants-{state()}.txt"
    found = try_all(mutants, kept, min(2, os.cpu_count() or 1))
    print(table(mutants, found))
    return int(any((found[one.key] != NOTICED) != bool(one.survives) for one in mutants))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
