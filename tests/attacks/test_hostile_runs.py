"""Hostile extracts, configs and paths through the whole command, over the finished results of a good run.

The cases of CASES are end to end: the command that `make report` runs, on a copy of the default study that has been
run to its end, with the hostile file as one of its extracts or a hostile config, and under the same name of the run.
Each has to be refused in one clear line, in little time and memory, and leave every file of the finished run as it was.
They take one of each kind that is refused at another place of the program, because the command alone takes three
seconds. Every config and path goes through the reader of configs besides, in this process; every file through
`validate` in a process of its own, in test_hostile_files.py. Texts that are no fault are in test_hostile_texts.py.
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
import yaml

from dscp.config.checked import check_files, checked, read_config
from dscp.config.schema import config_schema
from hostile_files import csv_files, parquet_files, workbooks
from other_study import write_study
from running import PROJECT, RUN

SCHEMA = config_schema(PROJECT)
SECONDS, MEGABYTES = 15, 1000  # of processor time, with all libraries; and of the largest process
PATIENCE, PATIENCE_LATE = 60, 300  # seconds by the clock, after which a case is killed
AT_ONCE = 2
NAME = "run: dscp-2009-11"
JOURNEYS = "files: results/reference_extracts/restricted/journeys.csv"
QUARTERS = "files: results/reference_extracts/restricted/triage_quarters.csv"
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
        "a number as a key": (
            put("label: Site 3", "label: Site 3\n    7: x"),
            "sites.site_3.7: unknown key, allowed: ",
        ),
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
            code, said, seconds, megabytes = command(study, PATIENCE_LATE if kind == "late" else PATIENCE)
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
        if kind == "late":
            text = self.config.replace("label: Site 1", f"label: {LATE[name]}")
        elif kind == "config":
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


def command(study: Path, patience: int) -> tuple[int, list[str], float, float]:
    """Run the workflow as `make report` does: exit code, lines, processor seconds, megabytes of the largest process."""
    run = [sys.executable, "-m", "snakemake", "--snakefile", "Snakefile", "--directory", ".", "--cores", "1"]
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": "workflow/plugins"}
    with open(study / "said.txt", "wb") as said:
        started = subprocess.Popen(
            [*run, "--workflow-profile", "workflow/profiles/default"], cwd=study, env=environment,
            stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + patience
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


ENDINGS = {
    "file": r"\d+ faults?: nothing was computed\. Correct .*",
    "config": r"config\.yaml.*(found|missing|unknown|line).*",
    "path": r"config\.yaml.*found.*",
    "late": r"figures: error: .* is wider than .* mm  \(more in .*figures\.log\)",
}
LATE = {"a label wider than its place": "Site" + "w" * 60}  # half of the run's files have been replaced by then
END_TO_END = "test_it_is_refused_in_one_line_and_the_finished_run_stays"
CASES = [
    *(("file", name) for name in ("million_columns.csv", "nul_in_cell.csv", "two_of_one.csv", "bomb.csv.gz")),
    *(("file", name) for name in ("far_cell.xlsx", "unpacks.xlsx", "damaged.parquet", "many_rows.parquet")),
    *(("config", name) for name in ("aliases that multiply", "a label for a terminal")),
    *(("path", name) for name in ("extracts/link.csv", "extracts/pipe.csv")),
    *(("late", name) for name in LATE),
]


@pytest.fixture(scope="module")
def outcomes(request, default_study, tmp_path_factory) -> dict[tuple[str, str], Outcome]:
    """Of the cases that this session asks for, two at a time."""
    mine = [item.callspec.params for item in request.session.items if item.originalname == END_TO_END]
    asked = [params["case"] for params in mine]
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
        "late": lambda: "is wider than 53.0 mm",
    }[kind]()
    text = "\n".join(outcome.said)
    assert outcome.code != 0
    assert any(expected in line for line in outcome.said), text[-2000:]
    *_, last = outcome.said
    assert re.fullmatch(ENDINGS[kind], last), text[-2000:]
    assert not [word for word in (*LIBRARIES, *CONTENT) if word in text], text[-2000:]
    assert all(len(line) < 500 and line.isprintable() for line in outcome.said), text[-2000:]
    assert len(outcome.said) <= 40
    assert outcome.seconds < SECONDS or kind == "late", outcome
    assert outcome.megabytes < MEGABYTES, outcome
    assert outcome.changed == []


@pytest.mark.parametrize("case", config_cases())
def test_every_config_is_refused_by_its_reader_in_one_line(case, tmp_path):
    change, expected = config_cases()[case]
    text = change((PROJECT / "config.yaml").read_text(encoding="utf-8"))
    (tmp_path / "config.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SystemExit) as stop:
        checked(read_config(tmp_path / "config.yaml"), tmp_path / "config.yaml", SCHEMA)
    assert expected in str(stop.value)
    assert str(stop.value).isprintable() and len(str(stop.value)) < 500


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A study's folder with files and links of every kind, and no results."""
    folder = tmp_path_factory.mktemp("paths") / "study"
    folder.mkdir()
    shutil.copy(PROJECT / "config.yaml", folder)
    study_files(folder)
    return folder


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_refused_in_one_line(path, study, monkeypatch):
    monkeypatch.chdir(study)
    with pytest.raises(SystemExit) as stop:
        check_files({"extracts": {"journeys": yaml.safe_load(path)}}, "config.yaml", [])
    assert PATHS[path] in str(stop.value)
    assert str(stop.value).startswith("config.yaml, line ") and str(stop.value).isprintable()


def test_a_file_that_may_not_be_read_is_said(study, monkeypatch):
    """Whoever is root may read all: the system's answer is put in its place."""
    (study / "mine.csv").write_text("x\n")
    monkeypatch.chdir(study)
    monkeypatch.setattr("dscp.config.checked.os.access", lambda *_: False)
    with pytest.raises(
        SystemExit, match=r"found mine\.csv, which cannot be read, allowed: a file in the study's folder"
    ):
        check_files({"extracts": {"journeys": "mine.csv"}}, "config.yaml", [])


def test_a_path_too_long_for_the_system_is_said(study, monkeypatch):
    monkeypatch.chdir(study)
    with pytest.raises(SystemExit, match=r"journeys: found a{90,}.* (which is not there|which cannot be read)"):
        check_files({"extracts": {"journeys": "a" * 300}}, "config.yaml", [])


@pytest.mark.parametrize("kind", ["folder", "pipe", "zero", "dangling", "loop"])
def test_a_config_that_is_no_plain_file_is_said(kind, tmp_path):
    """Without waiting for somebody to write into the pipe."""
    path = tmp_path / "config.yaml"
    links = {"zero": "/dev/zero", "dangling": "gone.yaml", "loop": "config.yaml"}
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path)}.get(kind, lambda: path.symlink_to(links[kind]))()
    with pytest.raises(SystemExit, match=r"^config\.yaml: (found no plain file|there is no such file|cannot be read)"):
        read_config(path)


def test_many_errors_are_summed_up(tmp_path):
    text = (PROJECT / "config.yaml").read_text(encoding="utf-8") + "".join(f"x{n}: 1\n" for n in range(3))
    codes = "".join(f"    - x{n}\n" for n in range(1000))
    text = re.sub(r"  completed_exit_reasons: .*\n", f"  completed_exit_reasons:\n{codes}", text)
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        checked(read_config(tmp_path / "config.yaml"), tmp_path / "config.yaml", SCHEMA)
    assert len(str(stop.value).splitlines()) == 21
    assert re.search(r"config\.yaml: [\d,]+ more errors of [\d,]+$", str(stop.value))


FOLDERS = ["two words", 'čeština 東京 it\'s "q" $HOME `id` ;true& a#b']


@pytest.mark.parametrize("name", FOLDERS)
def test_make_takes_a_study_whatever_its_folder_is_called(name, tmp_path, config):
    """To the last job that `--dry-run` names: nothing of the name is read by a shell."""
    folder = tmp_path / name
    write_study(folder, config)
    done = made(os.path.relpath(folder, PROJECT), "CORES=1 --dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "would run run_record" in done.stdout + done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_make_says_what_a_study_lacks():
    done = made("-no such folder")
    assert done.returncode != 0
    assert done.stderr.startswith("config.yaml: there is no such file\n") and "Traceback" not in done.stderr


def made(study: str, *more: str) -> subprocess.CompletedProcess:
    """Make the report of a study, as it is called from the project's folder."""
    command = ["make", "--silent", "report", f"STUDY={study.replace('$', '$$')}", *more]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
