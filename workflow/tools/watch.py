"""Show a change of config or templates in the page at once: `make watch STUDY=folder`, until it is stopped.

A preview, results/<run>/work/preview.html, is made from the numbers of the finished run as they are published, each
time that config.yaml or a template is saved. Numbers do not follow: where a setting that they rest on has changed, it
says so.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from dscp.config.checked import checked, read_config
from dscp.config.schema import config_schema
from dscp.extracts.registry import EXTRACTS
from dscp.run.said import say
from dscp.study.choices import choices
from report_html import Choice, Sources, pages

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "templates"
CONFIG = Path("config.yaml")
PAUSE = 0.3  # seconds between two looks
# What no number rests on.
WORDS = ("title", "programme", "change_label", "label", "named", "called", "source", "disclosure", "front", "chapters")


def preview(run: Path) -> str:
    """Write the preview of a finished run, in the study's folder; return what is said of it."""
    began = time.monotonic()
    given = read_config(CONFIG)
    schema = config_schema(PROJECT, given)
    study = checked(given, CONFIG, schema)
    figures = sorted((run / "work" / "figures").glob("*.svg"))
    made = Sources(run / "ledger.csv", run / "validation.csv", run / "work" / "activity.csv", figures, TEMPLATES)
    open_ones = [Choice(*one) for one in choices(schema, study)]
    screen, *_ = pages(made, study, open_ones, {name: [] for name in study["extracts"] if name in EXTRACTS}, {})
    page = run / "work" / "preview.html"
    page.write_text(screen, encoding="utf-8")
    moved = _numbers(study) != _numbers(checked(read_config(run / "code" / CONFIG), CONFIG, schema))
    note = "; numbers are those of the last run, and settings have changed: make report" if moved else ""
    return f"{page}: made in {time.monotonic() - began:.1f} s{note}"


def _numbers(settings: object) -> object:
    """The settings without what is only printed."""
    if isinstance(settings, Mapping):
        return {name: _numbers(value) for name, value in settings.items() if name not in WORDS}
    return settings


def looks() -> dict[Path, int]:
    """When the config and each template were last saved."""
    paths = [CONFIG, *(path for path in TEMPLATES.rglob("*") if path.is_file())]
    return {path: path.stat().st_mtime_ns for path in paths if path.exists()}


def saved() -> Iterator[None]:
    """Once at the beginning, and then each time that something was saved."""
    before: dict[Path, int] = {}
    while True:
        if (now := looks()) != before:
            before = now
            yield
        time.sleep(PAUSE)


def main(arguments: list[str] | None = None) -> int:
    """Watch until stopped; a fault is told, and waits for the next change."""
    parser = argparse.ArgumentParser(description="Show a change of config or templates in the page at once.")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    os.chdir(parser.parse_args(arguments).study)
    run = Path("results", str(read_config(CONFIG).get("run", "")))
    if not (run / "report.html").exists():
        raise SystemExit(f"{run}: no report yet, allowed: a finished run (make report)")
    try:
        for _ in saved():
            try:
                say(preview(run))
            except SystemExit as fault:
                say(str(fault))
            except Exception as fault:  # whatever a template half way through an edit makes its reader raise
                say(f"{type(fault).__name__}: {fault}".splitlines()[0])
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
