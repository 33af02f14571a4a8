"""Find and check the profile that says where a run's jobs work: `site_profile.py NAME_OR_FOLDER`, for the Makefile.

A site chooses the executor, its settings, partitions, accounts, memory and times. What a run's results and its record
rest on is the same under every profile: what makes a rule rerun, the lock, that every extract is checked, what is said.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import yaml

from dscp.run.said import say

PROJECT = Path(__file__).resolve().parents[2]
PROFILES = PROJECT / "workflow" / "profiles"
FILE = "config.yaml"
BUILT_IN = ("local", "dryrun", "touch")
# What goes round the beginning and the end of a run, or leaves no note of what was made.
NEVER = ("no-hooks", "drop-metadata", "ignore-incomplete", "touch", "immediate-submit", "configfile", "configfiles")


def folder(name: str) -> Path:
    """The folder of a profile: of the project's by its name, else a site's own.

    Raises
    ------
    SystemExit
        One line, where there is none, or it lies in the project, whose every file is part of a run's record.
    """
    own = "/" not in name
    found = (PROFILES / name if own else Path(name).expanduser()).resolve()
    if not own and found.is_relative_to(PROJECT):
        raise SystemExit(
            f"PROFILE: {name}: lies in the project, allowed: a folder outside, or a name in workflow/profiles/"
        )
    if not (found / FILE).is_file():
        names = ", ".join(sorted(path.parent.name for path in PROFILES.glob(f"*/{FILE}")))
        raise SystemExit(
            f"PROFILE: {name}: no {FILE} there, allowed: {names}, or a folder outside the project (with a /)"
        )
    return found


def read(path: Path) -> dict:
    """What a profile says, by the names that the command line has."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        said = ""
    if not isinstance(said or {}, dict):
        raise SystemExit(f"PROFILE: {path}: cannot be read, allowed: YAML with names and values")
    return {str(name).replace("_", "-"): value for name, value in (said or {}).items()}


def refuse(said: Mapping, fixed: Mapping, where: Path) -> None:
    """End with one line where a profile changes what is the same under all, or names an executor that is not there."""
    other = [name for name, value in fixed.items() if name in said and _plain(said[name]) != _plain(value)]
    if found := [*other, *(name for name in NEVER if said.get(name))]:
        name, more = found[0], f" (and {len(found) - 1} more)" if found[1:] else ""
        allowed = _shown(fixed[name]) if name in fixed else "none"
        raise SystemExit(f"PROFILE: {where}: {name}: found {_shown(said[name])}, allowed: {allowed}{more}")
    executor = str(said.get("executor", "local"))
    if executor not in BUILT_IN and not find_spec(f"snakemake_executor_plugin_{executor.replace('-', '_')}"):
        allowed = "one that is installed (slurm: make executor)"
        raise SystemExit(f"PROFILE: {where}: executor: found {executor}, allowed: {allowed}")


def _plain(value: object) -> object:
    """A value as it is compared: the order of a list and the way a switch is written say nothing."""
    if isinstance(value, list):
        return sorted(map(str, value))
    return str(value).split() if isinstance(value, str) and " " in value else str(value).lower()


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value).lower()


def main(arguments: list[str] | None = None) -> int:
    """Print the folder of the profile, once it is checked."""
    (name,) = sys.argv[1:] if arguments is None else arguments
    found = folder(name)
    refuse(read(found / FILE), read(PROFILES / "default" / FILE), found / FILE)
    say(str(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
