"""What stands beside the results in a study's folder: the workflow manager's notes, and typeset parts of reports.

A note on an output is a file whose name is the output's, in base64.
"""

from __future__ import annotations

import base64
from pathlib import Path

METADATA = Path(".snakemake", "metadata")  # in the study's folder: rule, inputs with checksums, parameters, times
INCOMPLETE = Path(".snakemake", "incomplete")  # outputs of jobs that have not come to their end
PARTS_KEPT = Path(".snakemake", "parts")  # of each run, the typeset parts of its report (pdf/kept.py)


def noted(folder: Path) -> dict[str, Path]:
    """Output -> the file with its note. A long name is spread over folders that start with "@"."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            found[base64.urlsafe_b64decode(name).decode()] = path
    return found


def name_of_note(output: str) -> str:
    """The name of the file with an output's note; for names of ordinary length."""
    return base64.urlsafe_b64encode(output.encode()).decode()
