"""The published values, read as they are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def read_published(paths: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Published values as text, by table number; the prose's figures are "text"."""
    frames = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(paths)])
    return {table: rows.reset_index(drop=True) for table, rows in frames.groupby("table", sort=False)}
