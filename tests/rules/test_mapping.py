"""Files with names, codes and days of their own: read as the config says, told in one line where it does not fit."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dscp.extracts.registry import EXTRACTS, samples
from other_study import other_config
from validate import validate

TODAY = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def study(config) -> dict:
    return other_config(config)


@pytest.fixture(scope="module")
def drawn(study) -> dict[str, pd.DataFrame]:
    return samples(study, np.random.default_rng(1), 300)


def write(frame: pd.DataFrame, path: Path, above: int = 0) -> Path:
    """A frame as a file of the format that its name tells, below some lines of titles."""
    titles = ["A title, with a comma"] * above
    if path.suffix == ".csv":
        text = frame.to_csv(index=False, date_format="%Y-%m-%d")
        path.write_text("".join(f'"{title}"\n' for title in titles) + text, encoding="utf-8")
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_excel(path, index=False, startrow=above)
    return path


def copied(study: dict, name: str, path: Path) -> pd.DataFrame:
    """The typed copy of one file, where nothing of it is a fault."""
    copy = path.with_name(f"{path.name}.copy.parquet")
    found = validate(name, [str(path)], study, str(copy), names=[path.name], today=TODAY)
    assert found.loc[found["severity"] == "fault", "message"].to_list() == []
    return pd.read_parquet(copy)


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_extract_may_be_a_workbook(study, drawn, tmp_path, name):
    of_text, of_book = (copied(study, name, write(drawn[name], tmp_path / f"{name}{end}")) for end in (".csv", ".xlsx"))
    pd.testing.assert_frame_equal(of_text, of_book)
