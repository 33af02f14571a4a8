"""A small study with a finished run and its record, made without running anything."""

from __future__ import annotations

from pathlib import Path

from dscp.record.crate import CRATE, Facts, as_text, crate, gather
from dscp.record.verify import KEY

KEY_TEXT = "ab" * 32
PUBLISHED = ("report.pdf", "ledger.csv", "figures/S 1.svg")
CODE = ("Snakefile", "workflow/scripts/count.py")
JOB = {
    "name": "validate/journeys",
    "rule": "count",
    "does": "Count.",
    "script": "count",
    "digest": "d",
    "inputs": ["extracts/journeys.csv"],
    "outputs": ["results/r/restricted/j.parquet", "results/r/work/p.html", *(f"results/r/{one}" for one in PUBLISHED)],
    "settings": {"days": 83, "codes": ["a"]},
}
OUTSIDE = ("extracts/journeys.csv", "results/s/report.pdf", "config.yaml", "releases/register.json", "above")


def write(path: Path, text: str = "as made") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make(study: Path) -> Path:
    """A study with a finished run of one job, and files beside it that are none of its run's; returns the run."""
    run = study / "results" / "r"
    for name in (*OUTSIDE, *JOB["outputs"], *(f"results/r/code/{name}" for name in CODE)):
        write(study / name)
    for name in ("logs/validate_journeys.log", "logs/run_record.log", "restricted/made/validate_journeys.json"):
        write(run / name)
    write(run / "restricted" / "frozen" / "journeys" / "1-journeys.csv")
    write(run / KEY, KEY_TEXT)
    code = {f"results/r/code/{name}": name for name in CODE}
    known = Facts("r", "R", "2026", {}, {"extracts/journeys.csv": "journeys"}, code, {}, "v")
    paths = {path: str(study / path) for path in [*JOB["inputs"], *JOB["outputs"], *code]}
    sums = gather(paths, known.identifier, bytes.fromhex(KEY_TEXT), paths)
    write(run / CRATE, as_text(crate([JOB], Facts(**{**vars(known), "checksums": sums}))))
    return run
