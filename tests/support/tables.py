"""The published tables of a run, as they are read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dscp.run.inert import unmarked

# Printed unit by unit of the ledger: what a value of the ledger is multiplied with. Written apart from printing.forms.
PER_UNIT = {
    ("gbp", "gbp_k"): 1e-3,
    ("gbp", "gbp_m"): 1e-6,
    ("gbp", "gbp_bn"): 1e-9,
    ("gbp_m", "gbp_bn"): 1e-3,
    ("rate", "percent"): 100,
    ("count", "percent"): 100,  # a setting that is a share
    ("ratio", "percent"): 100,
    ("ppt", "ratio"): 0.01,
}


def read_cells(path: Path, **options: object) -> pd.DataFrame:
    """cells.csv with tables by their numbers alone, values and units as printed."""
    frame = read_table(path, **options)
    scales = [PER_UNIT.get(pair, 1) for pair in zip(frame["unit"], frame["printed_unit"], strict=True)]
    values = [
        value if scale == 1 or value == "" else str(float(value) * scale) if isinstance(value, str) else value * scale
        for value, scale in zip(frame["value"], scales, strict=True)
    ]
    exhibits = frame["exhibit"].str.removeprefix("Table ")
    return frame.assign(exhibit=exhibits, value=values, unit=frame["printed_unit"])


def read_table(path: Path, **options: object) -> pd.DataFrame:
    """A published CSV file, empty cells as "", its texts as they were before they were marked as text."""
    frame = pd.read_csv(path, keep_default_na=False, **options)
    return frame.map(lambda cell: unmarked(cell) if isinstance(cell, str) else cell)
