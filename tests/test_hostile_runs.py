"""Hostile extracts, configs and paths through the whole command, over the finished results of a good run.

Every case is end to end: the command that `make report` runs, on a copy of the default study that has been run to its
end, with the hostile file as one of its extracts or a hostile config, and under the same name of the run. Each has to
be refused in one clear line, in little time and memory, and leave every file of the finished run as it was. (The single
functions are tested in test_hostile_files.py, texts that are no fault in test_hostile_texts.py.)
"""

from __future__ import annotations

import hashlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PROJECT, RUN, snakemake
from hostile_files import csv_files, parquet_files, workbooks

SECONDS, MEGABYTES = 10, 1000  # of processor time, which busy neighbours do not change; and of the largest process
PATIENCE = 60  # seconds by the clock, after which a case is killed
AT_ONCE = 2
NAME = "run: dscp-2009-11"
JOURNEYS = "journeys: results/reference_extracts/restricted/journeys.csv"
QUARTERS = "triage_quarters: results/reference_extracts/restricted/triage_quarters.csv"
LIBRARIES = (
    "Traceback",
    'File "',
    "duckdb",
    "pandas",
    "pyarrow",
    "openpyxl",
    "exceptions.",
    "Error in rule",
    ".py, line",
)
CONTENT = ("1970-01-01", "2008-01-02", "root:x:", "=1+1", "elsewhere,1")  # what no message may show of a file


@dataclass(frozen=True)
class Outcome:
    """How a run of the command ended."""

    code: int
    said: list[str]
    seconds: float
    megabytes: float
    changed: list[str]


def config_cases() -> dict[str, tuple[Callable[[str], str | bytes], str]]:
    """Name -> what becomes of the good config, and what is said of it."""

    def put(old: str, new: str) -> Callable[[str], str]:
        return lambda text: text.replace(old, new, 1)

    def named(name: str) -> Callable[[str], str]:
        return put(NAME, f"run: {name}")

    def labelled(label: str) -> Callable[[str], str]:
        return put("label: Site 3", f"label: {label}")

    run, like = "config.yaml, line 5, run: found ", "allowed: text like ^[a-z0-9][a-z0-9._-]*$"
    return {
        "a key twice": (put(NAME, f"{NAME}\nrun: other"), 'found duplicate key "run"'),
        "aliases that multiply": (put(NAME, f"{NAME}\nx: &x [a, a]\ny: &y [*x, *x]"), "found the alias *x"),
        "an object of Python": (put("label: Site 3", "label: !!python/name:os.system"), "could not determine"),
        "lists without end": (lambda text: text + "x: " + "[" * 50_000, "found lists within lists"),
        "bytes that are not text": (lambda text: text.encode() + b"\xff\xfe", "found bytes that are not text"),
        "a huge config": (lambda text: text + "# x\n" * 60_000, "allowed: at most 200,000"),
        "a minute for a number": (put("pickup_days: 42", "pickup_days: 1:30"), "pickup_days: found '1:30', allowed: a"),
        "no number": (put("significance: 0.05", "significance: .nan"), "significance: found nan, allowed: a number"),
        "a number as a key": (put("label: Site 3", "label: Site 3\n    7: x"), "found the key 7, allowed: words"),
        "a key of several lines": (put(NAME, f'{NAME}\n"a\\nb\\e[31m": x'), r"a\nb\x1b[31m: unknown key"),
        "a day that is not": (put("end: 2011-03-31", 'end: "2011-02-30"'), "found '2011-02-30', allowed: a date"),
        "a label for a terminal": (labelled(r'"Site \e]0;x\a"'), "allowed: text without control characters"),
        "a label that turns round": (labelled(r'"Site \u202e3"'), r"found 'Site \u202e3', allowed: text without"),
        "a label of no width": (labelled(r'"Site\u200b3"'), r"found 'Site\u200b3', allowed: text without"),
        "a label of a kilometre": (labelled("x" * 90_000), "allowed: at most this many characters: 100"),
        "a run above": (named("../other"), f"{run}'../other', {like}"),
        "a run in a folder": (named("a/b"), f"{run}'a/b', {like}"),
        "a run like an option": (named("--force"), f"{run}'--force', {like}"),
        "a run with a blank": (named("a b"), f"{run}'a b', {like}"),
        "a run of two lines": (named(r'"a\n"'), rf"{run}'a\n', {like}"),
        "a run too long": (named("a" * 101), "allowed: at most this many characters: 100"),
        "a run of the extracts": (named("reference_extracts"), f"{run}'reference_extracts', allowed: another name"),
        "no run": (put(NAME, ""), "run: missing key"),
    }


PATHS = {  # as the config names it -> what is said of it
    "../elsewhere.csv": "found ../elsewhere.csv, allowed: a file in the study's folder",
    "/etc/passwd": "found /etc/passwd, allowed: a file in the study's folder",
    "extracts/../../elsewhere.csv": "found extracts/../../elsewhere.csv, allowed",
    "extracts/link.csv": "extracts/link.csv, a link to a file outside, allowed",
    "extracts/folder/elsewhere.csv": "extracts/folder/elsewhere.csv, a link to a file outside, allowed",
    "extracts/dangling.csv": "found extracts/dangling.csv, not a plain file, allowed",
    "extracts/loop.csv": "found extracts/loop.csv, not a plain file, allowed",
    "extracts/zero.csv": "found extracts/zero.csv, not a plain file, allowed",
    "extracts/pipe.csv": "found extracts/pipe.csv, not a plain file, allowed",
    "extracts/a_folder.csv": "found extracts/a_folder.csv, not a plain file, allowed",
    "extracts/none.csv": "found extracts/none.csv, which is not there, allowed",
    "~/journeys.csv": "found ~/journeys.csv, which is not there, allowed",
    "http://127.0.0.1:9/journeys.csv": "found http://127.0.0.1:9/journeys.csv, which is not there, allowed",
    '"extracts/{x}.csv"': "found extracts/{x}.csv, allowed: a path without '{'",
    '"extracts/a\\nb.csv"': r"found extracts/a\nb.csv, allowed: a path without '\n'",
    f"{RUN}/ledger.csv": f"found {RUN}/ledger.csv, allowed",
}
FILES = ("elsewhere.csv", *csv_files())


def study_files(folder: Path) -> dict[str, tuple[str, str]]:
    """Write every hostile file into a study's extracts; name -> line of the config to replace, and what is said."""
    extracts = folder / "extracts"
    extracts.mkdir()
    found = {}
    for name, (content, said) in csv_files().items():
        (extracts / name).write_bytes(content)
        found[name] = (JOURNEYS, said)
    found |= {path.name: (QUARTERS, said) for path, said in workbooks(extracts).values()}
    found |= {path.name: (JOURNEYS, said) for path, said in parquet_files(extracts).values()}
    (folder.parent / "elsewhere.csv").write_text("elsewhere,1\n", encoding="utf-8")
    (folder.parent / "outside").mkdir(exist_ok=True)
    (folder.parent / "outside" / "elsewhere.csv").write_text("elsewhere,1\n", encoding="utf-8")
    links = {"link.csv": "../../elsewhere.csv", "folder": "../../outside", "dangling.csv": "gone.csv",
             "loop.csv": "loop.csv", "zero.csv": "/dev/zero"}  # fmt: skip
    for name, target in links.items():
        (extracts / name).symlink_to(target)
    os.mkfifo(extracts / "pipe.csv")
    (extracts / "a_folder.csv").mkdir()
    return found


def file_names() -> list[str]:
    """Names of the hostile files, without writing them."""
    books = ("far_cell", "formula", "entity_in_sheet", "entity_in_styles", "entity_in_book", "unpacks", "not_xml",
             "far_row", "cut")  # fmt: skip
    columns = ("damaged", "lists", "many_rows", "text")
    return [*csv_files(), *(f"{name}.xlsx" for name in books), *(f"{name}.parquet" for name in columns)]


class Studies:
    """Copies of a finished study, in which cases are run side by side."""

    def __init__(self, good: Path, folder: Path) -> None:
        self.free: queue.Queue[Path] = queue.Queue()
        for number in range(AT_ONCE):
            copied = folder / str(number) / "study"
            shutil.copytree(good, copied, symlinks=True)
            self.files = study_files(copied)
            self.free.put(copied)
        self.config = (good / "config.yaml").read_text(encoding="utf-8")
        self.before = digests(good)

    def refused(self, kind: str, name: str) -> Outcome:
        """Run one case in a copy that is free, and put its config back."""
        study = self.free.get()
        path = study / "config.yaml"
        try:
            path.write_bytes(self.hostile(kind, name))
            code, said, seconds, megabytes = command(study)
            after = digests(study)
            changed = sorted(
                name for name in self.before.keys() | after.keys() if self.before.get(name) != after.get(name)
            )
            return Outcome(code, said, seconds, megabytes, changed)
        finally:
            path.write_text(self.config, encoding="utf-8")
            self.free.put(study)

    def hostile(self, kind: str, name: str) -> bytes:
        """The config of a case."""
        if kind == "config":
            text = config_cases()[name][0](self.config)
        else:
            line, value = (self.files[name][0], f"extracts/{name}") if kind == "file" else (JOURNEYS, name)
            assert line in self.config
            text = self.config.replace(line, f"{line.partition(':')[0]}: {value}")
        assert text != self.config
        return text if isinstance(text, bytes) else text.encode()


def digests(study: Path) -> dict[str, str]:
    """Path -> checksum of every file of the results, but for logs and the lock."""
    found = (path for path in (study / "results").rglob("*") if path.is_file() and path.name != ".lock")
    kept = (path for path in found if "logs" not in path.relative_to(study).parts)
    return {str(path.relative_to(study)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def command(study: Path) -> tuple[int, list[str], float, float]:
    """Run the workflow as `make report` does; return exit code, lines, processor seconds, megabytes of the largest process."""
    run = [sys.executable, "-m", "snakemake", "--snakefile", "Snakefile", "--directory", ".", "--cores", "1"]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": "workflow/plugins"}
    with open(study / "said.txt", "wb") as said:
        started = subprocess.Popen(
            [*run, "--workflow-profile", "workflow/profiles/default"], cwd=study, env=environment,
            stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        done = (0, 0, None)
        while not done[0]:
            time.sleep(0.05)
            done = os.wait4(started.pid, os.WNOHANG)
            if time.monotonic() > until:
                os.killpg(started.pid, signal.SIGKILL)
    started.returncode = os.waitstatus_to_exitcode(done[1])
    lines = (study / "said.txt").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    spoken = [line for line in lines if line.strip() and not line.startswith("Using workflow specific profile")]
    return started.returncode, spoken, done[2].ru_utime + done[2].ru_stime, done[2].ru_maxrss / 1000


CASES = [
    *(("file", name) for name in file_names()),
    *(("config", name) for name in config_cases()),
    *(("path", name) for name in PATHS),
]


@pytest.fixture(scope="module")
def outcomes(request, default_study, tmp_path_factory) -> dict[tuple[str, str], Outcome]:
    """Of the cases that this session asks for, two at a time."""
    asked = [item.callspec.params["case"] for item in request.session.items
             if item.module is request.module and "case" in getattr(item, "callspec", item).__dict__.get("params", {})]  # fmt: skip
    studies = Studies(default_study, tmp_path_factory.mktemp("refused"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = pool.map(lambda case: studies.refused(*case), asked)
        return dict(zip(asked, ended, strict=True)) | {("files", ""): studies.files}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_it_is_refused_in_one_line_and_the_finished_run_stays(case, outcomes):
    kind, name = case
    outcome = outcomes[case]
    expected = {
        "file": lambda: outcomes["files", ""][name][1],
        "config": lambda: config_cases()[name][1],
        "path": lambda: PATHS[name],
    }[kind]()
    text = "\n".join(outcome.said)
    assert outcome.code != 0
    assert any(expected in line for line in outcome.said), text[-2000:]
    *_, last = outcome.said
    ending = (
        r"\d+ faults?: nothing was computed\. Correct .*"
        if kind == "file"
        else r"config\.yaml.*(found|missing|unknown|line).*"
    )
    assert re.fullmatch(ending, last), text[-2000:]
    assert not [word for word in (*LIBRARIES, *CONTENT) if word in text], text[-2000:]
    assert all(len(line) < 500 and line.isprintable() for line in outcome.said), text[-2000:]
    assert len(outcome.said) <= 40
    assert outcome.seconds < SECONDS and outcome.megabytes < MEGABYTES, outcome
    assert outcome.changed == []
