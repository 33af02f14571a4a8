"""The software bill of materials is what the lock file says, byte for byte again; every tool is locked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LOCK = PROJECT / "requirements.lock"


def locked() -> dict[tuple[str, str], set[str]]:
    """Name and version of each package of the lock file -> its SHA-256 sums."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if package := re.match(r"([a-z0-9-]+)==(\S+)", line):
            found[package[1], package[2]] = sums = set()
        sums |= set(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
    return found


def made(path: Path) -> bytes:
    command = ["make", "--silent", "--old-file", ".venv/ready", "sbom", f"SBOM={path}"]
    subprocess.run(command, cwd=PROJECT, check=True, env={**os.environ, "TZ": "Asia/Tokyo"})
    return path.read_bytes()


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> bytes:
    return made(tmp_path_factory.mktemp("sbom") / "one with a blank.json")


@pytest.mark.thorough
def test_it_lists_every_locked_package_with_its_version_and_checksums(written):
    bill = json.loads(written)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {
        (one["name"], one["version"]): {
            total["content"] for where in one["externalReferences"] for total in where.get("hashes", [])
        }
        for one in bill["components"]
    }
    assert listed == locked() and len(listed) > 150
    assert all(one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}" for one in bill["components"])
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    whole = bill["metadata"]["component"]
    assert (whole["name"], whole["version"]) == (project["name"], project["version"])


@pytest.mark.thorough
def test_it_is_the_same_again_and_knows_no_time_number_or_machine(written, tmp_path):
    assert made(tmp_path / "other.json") == written
    bill = json.loads(written)
    assert "serialNumber" not in bill and "timestamp" not in bill["metadata"]
    assert str(PROJECT).encode() not in written and b"file://" not in written


def test_every_tool_comes_from_a_lock():
    """Of Python by hash, of npm by its lock file; nothing is installed by its name alone."""
    installers = [PROJECT / name for name in ("Makefile", "setup.sh", "tests/support/checkers/fetch.sh")]
    said = "\n".join(path.read_text(encoding="utf-8").replace("\\\n", " ") for path in installers)
    calls = re.findall(r'pip"? (?:install|download)[^\n]*', said)
    assert len(calls) == 2 and all("--require-hashes" in call for call in calls)
    assert re.findall(r"npm (?!>|ci --silent)\S+[^\n]*install", said) == [] and "npm ci --silent" in said
    names = {name for name, _ in locked()}
    used = set(re.findall(r"\$\(VENV\)/bin/([a-z-]+)", said)) - {
        "pip",
        "python",
        "snakemake",
        "lint-imports",
        "cyclonedx-py",
    }
    assert {"uv", "ruff", "pytest", "snakefmt"} <= used <= names
    assert {"cyclonedx-bom", "import-linter", "snakemake"} <= names
    assert not re.search(r"https?://|--index|--find-links", LOCK.read_text(encoding="utf-8"))
