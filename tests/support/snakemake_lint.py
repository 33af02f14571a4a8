"""Run `snakemake --lint`: its demand for a container or environment per rule is the one allowed message."""

from __future__ import annotations

import re
import subprocess
import sys

ALLOWED = "Specify a conda environment or container for each rule."


def complaints(text: str) -> list[str]:
    """All messages of the linter but the allowed one, each with the rule or file that it stands under."""
    found, heading = [], ""
    for line in text.splitlines():
        if re.match(r"Lints for ", line):
            heading = line.strip()
        elif line.strip().startswith("* ") and ALLOWED not in line:
            found.append(f"{heading} {line.strip()}")
    return found


if __name__ == "__main__":
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint", "text"], capture_output=True, text=True, check=False
    )
    output = done.stdout + done.stderr
    if "Lints for" not in output and "Congratulations" not in output:
        sys.exit(f"snakemake --lint did not run:\n{output}")
    if found := complaints(output):
        sys.exit("\n".join(found))
    print("snakemake --lint: nothing but the allowed message")
