"""The smallest study with every kind of table, for `make try`: `python tests/support/small_study.py FOLDER`.

Two sites of other_study.py, a quarter of its clients; the extracts are drawn by the catalogue of extracts. The folder
is new, or holds this study, whose results are removed: nothing of an earlier run is taken again.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import yaml

from dscp.config.checked import plain
from other_study import other_config, write_study

PROJECT = Path(__file__).parents[2]
SITES = ("site_1", "site_4")
RUN = "small"


def write_small_study(folder: Path) -> None:
    """Write config.yaml and extracts of the study `small` into a folder."""
    default = plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8")))
    sites = other_config(default)["sites"]
    write_study(folder, default, share=0.25, run=RUN, sites={name: sites[name] for name in SITES})


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if folder.exists():
        config = folder / "config.yaml"
        if not config.is_file() or yaml.safe_load(config.read_text(encoding="utf-8")).get("run") != RUN:
            sys.exit(f"{folder}: found something else than the study {RUN}, allowed: a new folder")
        shutil.rmtree(folder)
    write_small_study(folder)
