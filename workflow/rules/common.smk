"""The checked study, and the digests that make a rule rerun exactly when something it rests on has changed."""

import os
import shutil
import sys
from pathlib import Path

import yaml

BASE = Path(os.path.relpath(workflow.basedir))
sys.path.insert(0, str(BASE / "workflow" / "scripts"))

from dscp.run import digests
from dscp.config.checked import check_files, checked, read_config
from dscp.record.crate import sha256
from dscp.figures.numbers import numbers
from dscp.record.jobs import extract_names, recorded_jobs
from dscp.run.last_good import forget, keep, places, put_back
from dscp.run.lock import lock
from dscp.record.verify import set_aside, verify

CONFIG_FILE = "config.yaml"
with open(BASE / "workflow" / "schemas" / "config.schema.yaml", encoding="utf-8") as stream:
    STUDY = checked(read_config(CONFIG_FILE), CONFIG_FILE, yaml.safe_load(stream))

FIGURES = "templates/figures.yaml"
RUN = f"results/{STUDY['run']}"
LITTLE = 1_000_000  # bytes: with less left on the disk a run that stopped has stopped for want of room
LAST_GOOD = places(Path(), STUDY["run"])
FAULTS = f"{RUN}/logs/faults.txt"  # of the extracts, of the last run that stopped at any
STARTED = []  # the lock of the results folder, while a run is at work
POLICY = STUDY.get("disclosure", "none")
PUBLISHED_RUN = STUDY.get("reference_run", False) and STUDY["programme"]["short_name"] == "DSCP" and POLICY == "none"
SITES = [name for name, site in STUDY["sites"].items() if site.get("analysed", True)]


def pick(settings, *names):
    """Some of a group of settings: a change elsewhere in the config does not rerun the rule."""
    return {name: settings[name] for name in names}


def study(*parts):
    """The parts of the config that a rule uses."""
    return pick(STUDY, *parts)


def source(path):
    """A file of the project: watched by digest, not by date, so that a fresh checkout reruns nothing."""
    return ancient(str(BASE / path))


def sources(paths):
    """Several files of the project."""
    return [source(path) for path in paths]


def digest(script, *paths):
    """Digest of a script, of the shared modules that it imports and of project files that its rule reads."""
    return digests.code(script) + digests.files(BASE / path for path in paths)


def extract_paths(name):
    """The path or paths of an extract, as a list."""
    value = STUDY["extracts"][name]
    return [value] if isinstance(value, str) else value


def extract_input(wildcards):
    """An extract's files: those that the workflow makes by date, those it is given by digest."""
    paths = extract_paths(wildcards.extract)
    return [path if path in REFERENCE.values() else ancient(path) for path in paths]


def planned_digests(wildcards):
    """Digest of each file of an extract as it was when the run was planned; "" where the run makes the file itself."""
    return [PLANNED.get(path, "") for path in extract_paths(wildcards.extract)]


def reference_extract_files():
    """The files that the workflow made itself, of the extracts in use: their checksums may be published."""
    used = (path for name in EXTRACTS for path in extract_paths(name))
    return [path for path in used if path in REFERENCE.values()]


def validated(name):
    """The typed, frozen copy of an extract."""
    return f"{RUN}/restricted/validated/{name}.parquet"


def project_files(folder, *suffixes):
    """The project's files under a folder, sorted, as paths relative to the project."""
    found = (path for path in (BASE / folder).rglob("*") if path.suffix in suffixes)
    return sorted(str(path.relative_to(BASE)) for path in found)


def project_tree(folder, but="-"):
    """All the project's files under a folder but for one of its folders, sorted, as paths relative to the project."""
    found = (path.relative_to(BASE) for path in (BASE / folder).rglob("*") if path.is_file())
    return sorted(str(path) for path in found if "__pycache__" not in path.parts and not path.is_relative_to(but))


# What a record of a run names: the project's files, as they are called inside the project, and the extracts' files.
CODE_PARTS = ["Snakefile", *project_tree("workflow", but="workflow/tools"), *project_tree("templates")]
CODE = {**{str(BASE / path): path for path in CODE_PARTS}, CONFIG_FILE: "config.yaml"}
EXTRACT_NAMES = extract_names(STUDY["extracts"])
digests.as_planned(CODE)


def written(path):
    """What tells a file from one that was written in its place; nothing where there is none."""
    found = Path(path).stat() if Path(path).exists() else None
    return found and (found.st_ino, found.st_mtime_ns)


RECORD = f"{RUN}/ro-crate-metadata.json"
RECORD_BEFORE = written(RECORD)


def verification():
    """What is not as the run's record says, and how much was verified: of a run that has made its record, all files."""
    if written(RECORD) == RECORD_BEFORE:
        return [], ""
    planned = digests.planned(CODE, "CODE")
    late = [f"{CODE[path]}: changed since the run was planned" for path in CODE if sha256(path) != planned[path]]
    problems, checked = verify(Path(), STUDY["run"], others=False)
    return [*late, *problems], checked


def refused(problems):
    """Why a run that came to its end is none: what is not as its record says. Altered outputs do not stay in place."""
    moved = set_aside(Path(), STUDY["run"])
    advice = "run again to make anew what is set aside" if moved else "run again"
    return "\n".join([*problems, f"The run is not whole: {advice}."])


def summary(checked):
    """What was made and where, and what was verified: the last lines of a run."""
    made = [("report", "report.pdf"), ("", "report.html"), ("its tables", "report.xlsx"), ("", "report.ods"),
            ("every printed cell", "cells.csv"), ("every quantity", "ledger.csv"), ("validation", "validation.csv"),
            ("disclosure", "disclosure.csv"), ("to be signed", "restricted/output_check.pdf"),
            ("register", "reproduction.csv"),
            ("run record", "ro-crate-metadata.json")]  # fmt: skip
    sizes = {name: (Path(RUN) / name).stat().st_size / 1e6 for _, name in made if (Path(RUN) / name).exists()}
    lines = [f"  {what:<20}{RUN}/{name}  ({sizes[name]:.1f} MB)" for what, name in made if name in sizes]
    return "\n".join([f"Made run {STUDY['run']}:", *lines, *([f"  {'checksums':<20}{checked}"] if checked else [])])


def begin():
    """Keep the last finished run until this one has come to its end; forget why earlier ones stopped."""
    keep(*LAST_GOOD)
    Path(FAULTS).unlink(missing_ok=True)
    for path in _failed_logs():
        path.unlink()


def _failed_logs():
    """Path of each failed job's log -> the line that says why."""
    logs = {path: path.read_text(encoding="utf-8").splitlines() for path in sorted(Path(RUN, "logs").glob("*.log"))}
    said = {path: [line for line in lines if line.startswith("error: ")] for path, lines in logs.items()}
    return {path: lines[-1] for path, lines in said.items() if lines}


def failure():
    """Why a run stopped: every fault of the extracts, or the last line of each failed rule's log."""
    if Path(RUN).exists() and shutil.disk_usage(RUN).free < LITTLE:
        return f"No space left on device: {RUN}"
    if Path(FAULTS).exists():
        return Path(FAULTS).read_text(encoding="utf-8").rstrip()
    said = [f"{path.stem}: {end}  (more in {path})" for path, end in _failed_logs().items()]
    return "\n".join(said) or "The run stopped."


def figure_numbers():
    """Numbers of the study's figures, as templates/figures.yaml declares them."""
    with open(BASE / FIGURES, encoding="utf-8") as stream:
        return numbers(yaml.safe_load(stream)["figures"], STUDY)
