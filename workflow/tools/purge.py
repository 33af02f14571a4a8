"""Delete what came from clients of a run: its confidential files, its logs, the workflow manager's notes on it.

`make purge RUN=dscp-2009-11 [STUDY=folder]`
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from dscp.record.forms import RUN_NAME
from dscp.record.purge import purge
from dscp.record.reading import one_line
from dscp.run.lock import lock
from dscp.run.said import say


def main(arguments: list[str] | None = None) -> int:
    """Print one line for each file that was removed, and for each that was kept."""
    parser = argparse.ArgumentParser(description="Delete what came from clients of a run.")
    parser.add_argument("--study", type=Path, default=Path(), help="folder of the study (default: here)")
    parser.add_argument("--run", default="", help="name of the run; none is taken for granted")
    chosen = parser.parse_args(arguments)
    if not re.fullmatch(RUN_NAME, chosen.run):
        raise SystemExit(f'error: which run? found "{one_line(chosen.run)}", allowed: make purge RUN=<run>')
    if not (chosen.study / "results" / chosen.run).is_dir():
        raise SystemExit(f"error: {chosen.study / 'results' / chosen.run}: found no such run")
    with lock(chosen.study / "results", chosen.run):
        removed, kept = purge(chosen.study, chosen.run)
    say(*removed, *kept)
    say(f"{chosen.run}: {len(removed)} files removed. Copies elsewhere, and backups, are not reached from here.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
