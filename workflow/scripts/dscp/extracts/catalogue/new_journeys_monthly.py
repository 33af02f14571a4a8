"""New journeys by area and month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import study_months
from dscp.extracts.columns import COUNTED, area
from dscp.extracts.types import About, Column, ExtractType, Sample
from dscp.study.areas import areas

if TYPE_CHECKING:
    import pandas as pd


def sample(of: Sample) -> pd.DataFrame:
    """Counts of every area."""
    import pandas as pd

    first, last = (f"{month}-01" for month in of.config["economics"]["monthly_window"])
    months = pd.date_range(first, last, freq="MS").strftime("%Y-%m-%d")
    every = areas(of.config["sites"])["area"]
    rows = [(area, month, int(of.rng.integers(10, 40))) for area in every for month in months]
    return pd.DataFrame(rows, columns=["area", "month", "new_journeys"])


EXTRACT = ExtractType(
    name="new_journeys_monthly",
    about=About.PEOPLE,
    row_is="several",
    says="new journeys by area and month",
    row_says="an area and a month",
    protection="the numbers count clients who start treatment in an area",
    apart=None,
    columns=(
        Column("area", "text", "the area: pilot_3, comparison_3", (area,)),
        Column("month", "month", "the month"),
        Column("new_journeys", "count", "journeys that started in the month", (COUNTED,)),
    ),
    key=("area", "month"),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(),
    checks=(study_months,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
