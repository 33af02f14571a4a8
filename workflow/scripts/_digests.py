"""Digests of what a rule rests on besides its inputs, so that Snakemake reruns it exactly when they change.

Snakemake does not notice an edited imported module, nor an input replaced by a file with an older date, and it takes a
touched script for a changed one. A digest of the script and its imports, of source files and of each extract among a
rule's `params` (with Snakemake's own watch on scripts off, see workflow/profiles) cures all three.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PLANNED = "REPORT_PLANNED_EXTRACTS"
SCRIPTS = Path(__file__).parent


@cache
def imports(script: str) -> frozenset[str]:
    """Names of the shared modules ("_…") that a script of this folder imports, directly or through others."""
    tree = ast.parse((SCRIPTS / f"{script}.py").read_text(encoding="utf-8"))
    found = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    found |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    shared = {name for name in found if (SCRIPTS / f"{name}.py").exists()}
    return frozenset(shared.union(*(imports(name) for name in shared)))


def code(script: str) -> str:
    """Digest of a rule's script and of the shared modules that it rests on."""
    return files(SCRIPTS / f"{name}.py" for name in [script, *sorted(imports(script))])


def files(paths: Iterable[str | Path]) -> str:
    """Digest of the contents of files; one that does not exist counts as absent."""
    total = hashlib.sha256()
    for path in paths:
        total.update(of_file(str(path)).encode())
    return total.hexdigest()[:16]


def planned(paths: Iterable[str]) -> dict[str, str]:
    """Digests of given files as they are when a run is planned.

    The processes of the run's jobs have them from the one that planned it, by an environment variable: for them, too,
    they are what was planned with, and not what the files have become since.
    """
    if PLANNED not in os.environ:
        os.environ[PLANNED] = json.dumps({path: of_file(path) for path in paths})
    return json.loads(os.environ[PLANNED])


@cache
def of_file(path: str) -> str:
    """SHA-256 of a file, or "absent"."""
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return "absent"
