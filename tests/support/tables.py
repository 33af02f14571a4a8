"""The published tables of a run, as they are read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dscp.run.inert import unmarked


def read_table(path: Path, **options: object) -> pd.DataFrame:
    """A published CSV file, empty cells as "", its texts as they were before they were marked as text."""
    frame = pd.read_csv(path, keep_default_na=False, **options)
    return frame.map(lambda cell: unmarked(cell) if isinstance(cell, str) else cell)
