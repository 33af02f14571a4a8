"""New journeys by site and fiscal year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import RowCheck, study_years
from dscp.extracts.columns import COUNTED, FISCAL_YEAR, SITE
from dscp.extracts.faults import FAULT, INFORMATION
from dscp.extracts.types import About, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd


PARTS = "retained_12_weeks + completed_under_12_weeks"
# Numbers that are each rounded to five by themselves may sum to five more than their whole.
SLACK = """(
    SELECT CASE WHEN bool_and(started % 5 = 0 AND retained_12_weeks % 5 = 0 AND completed_under_12_weeks % 5 = 0)
    THEN 5 ELSE 0 END FROM records
)"""


def sample(of: Sample) -> pd.DataFrame:
    """Counts of every site."""
    import pandas as pd

    years = [year for group in of.config["economics"]["journey_years"].values() for year in group]
    rows = []
    for site in of.config["sites"]:
        for year in years:
            started = int(of.rng.integers(200, 400))
            rows.append((site, year, started, int(0.8 * started), int(0.03 * started)))
    names = ["site", "fiscal_year", "started", "retained_12_weeks", "completed_under_12_weeks"]
    return pd.DataFrame(rows, columns=names)


EXTRACT = ExtractType(
    name="new_journeys_yearly",
    about=About.PEOPLE,
    row_is="several",
    says="new journeys by site and fiscal year",
    row_says="a site and a fiscal year",
    protection="the numbers count clients who start treatment in an area",
    apart=None,
    columns=(
        SITE,
        FISCAL_YEAR,
        Column("started", "count", "journeys that started in the year", (COUNTED,)),
        Column("retained_12_weeks", "count", "those of them that lasted 12 weeks", (COUNTED,)),
        Column("completed_under_12_weeks", "count", "those of them completed earlier", (COUNTED,)),
    ),
    key=("site", "fiscal_year"),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(
        RowCheck(
            FAULT,
            "retained_12_weeks",
            f"{PARTS} > started + {SLACK}",
            "with completed_under_12_weeks, at most the number started",
        ),
        RowCheck(
            INFORMATION,
            "retained_12_weeks",
            f"{PARTS} > started AND {PARTS} <= started + {SLACK}",
            "taken as they are: all numbers are rounded to five",
            "with completed_under_12_weeks, more than the number started",
        ),
    ),
    checks=(study_years("journey_years"),),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
