"""What samples of several extracts draw alike. A sample is made up: its values mean nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dscp.study.areas import areas
from dscp.study.days import day

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def days(rng: np.random.Generator, first: dt.date, last: dt.date, size: int) -> pd.Series:
    """Random days, both ends included."""
    import pandas as pd

    span = (last - first).days
    return pd.Series(pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, span + 1, size), unit="D"))


def window(config: Mapping, name: str) -> tuple[dt.date, dt.date]:
    """The first day of the period before and the last of the period after, of one of their windows."""
    return day(config["periods"]["pre"][name][0]), day(config["periods"]["post"][name][1])


def later(at: dt.date, days: int) -> dt.date:
    """So many days later."""
    return at + dt.timedelta(days=days)


def dats(config: Mapping) -> list[str]:
    """All DATs of the study."""
    return areas(config["sites"])["dats"].explode().tolist()


def people(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Characteristics of clients, some of them missing."""
    import numpy as np
    import pandas as pd

    def some(values: list, missing: float) -> np.ndarray:
        return np.where(rng.random(size) < missing, None, rng.choice(np.array(values, dtype=object), size))

    return pd.DataFrame(
        {
            "date_of_birth": days(rng, dt.date(1955, 1, 1), dt.date(1998, 1, 1), size),
            "sex": rng.choice(["M", "F"], size, p=[0.7, 0.3]),
            "ethnicity": some(["A", "B", "D", "H", "M", "S", "Z"], 0.05),
            "drug_1": some([1011, 1105, 3201, 3200, 5000, 7000], 0.05),
            "drug_2": some([3201, 5000, 2100], 0.6),
            "drug_3": None,
            "age_first_use": some(list(range(12, 20)), 0.2),
        }
    )
