"""Digests of what a rule rests on besides its inputs, so that Snakemake reruns it exactly when they change.

Snakemake does not notice an edited imported module, nor an input replaced by a file with an older date, and it takes a
touched script for a changed one. A digest of the script and its imports, of source files and of each extract among a
rule's `params` (with Snakemake's own watch on scripts off, see workflow/profiles) cures all three.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
# Lines that import, wherever they stand: a syntax tree of every module would take most of the time of planning a run.
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([^\n]+))", re.M)
NAME = re.compile(r"[\w.]+")  # "as" and words of a comment name no module of ours


@cache
def imports(script: str) -> frozenset[str]:
    """The modules of this project that a rule's script imports, directly or through others: paths without ".py"."""
    found, todo = set(), [script]
    while todo:
        new = _imported(todo.pop()) - found
        found |= new
        todo += new
    return frozenset(found - {script})


@cache
def _imported(module: str) -> frozenset[str]:
    """What a module imports itself. Of a package that it imports as such every module: it looks through them."""
    lines = IMPORT.findall((SCRIPTS / f"{module}.py").read_text(encoding="utf-8"))
    named = {f"{package}.{name}" for package, names, _ in lines if package for name in NAME.findall(names)}
    named |= {name for *_, names in lines for name in NAME.findall(names)}
    paths = {name.replace(".", "/") for name in named}
    modules = paths | {package.replace(".", "/") for package, *_ in lines}
    found = {name for name in modules if (SCRIPTS / f"{name}.py").exists()}
    for package in (SCRIPTS / name for name in paths if (SCRIPTS / name / "__init__.py").exists()):
        found |= {str(path.relative_to(SCRIPTS).with_suffix("")) for path in package.glob("*.py")}
    return frozenset(found)


def code(script: str) -> str:
    """Digest of a rule's script and of the shared modules that it rests on."""
    return files(SCRIPTS / f"{name}.py" for name in [script, *sorted(imports(script))])


def files(paths: Iterable[str | Path]) -> str:
    """Digest of the contents of files; one that does not exist counts as absent."""
    total = hashlib.sha256()
    for path in paths:
        total.update(of_file(str(path)).encode())
    return total.hexdigest()[:16]


@cache
def of_file(path: str) -> str:
    """SHA-256 of a file, or "absent"."""
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return "absent"
