"""Quarterly counts of referrals to treatment and of those triaged within six weeks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dscp.extracts.checks import RowCheck, study_quarters
from dscp.extracts.columns import COUNTED, DAT, quarter_from
from dscp.extracts.faults import FAULT
from dscp.extracts.samples import dats, window
from dscp.extracts.types import About, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd

SIX_WEEK_LIMIT_FROM = dt.date(2007, 12, 1)  # until then the limit was 12 weeks: report, Table 3.3 and its text


def sample(of: Sample) -> pd.DataFrame:
    """Counts of every DAT."""
    import pandas as pd

    rng, (first, last) = of.rng, window(of.config, "triage_quarters")
    every = [dt.date(year, month, 1) for year in range(first.year - 1, last.year + 1) for month in (3, 6, 9, 12)]
    rows = [
        (quarter.isoformat(), dat, int(n := rng.integers(20, 60)), int(rng.integers(5, n)))
        for quarter in every
        if quarter >= SIX_WEEK_LIMIT_FROM
        for dat in dats(of.config)
    ]
    return pd.DataFrame(rows, columns=["quarter_start", "dat", "referrals", "triaged_within_6_weeks"])


EXTRACT = ExtractType(
    name="triage_quarters",
    about=About.PEOPLE,
    row_is="several",
    says="referrals and triages by DAT and quarter",
    row_says="a DAT and a quarter",
    protection="the numbers count referrals of clients in an area",
    apart=None,
    columns=(
        Column(
            "quarter_start",
            "quarter",
            "the first day of the quarter",
            (quarter_from(SIX_WEEK_LIMIT_FROM, "the limit was 12 weeks before"),),
        ),
        DAT,
        Column("referrals", "count", "clients referred", (COUNTED,)),
        Column("triaged_within_6_weeks", "count", "those of them triaged within six weeks", (COUNTED,)),
    ),
    key=("dat", "quarter_start"),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(
        RowCheck(
            FAULT, "triaged_within_6_weeks", "triaged_within_6_weeks > referrals", "at most the number of referrals"
        ),
    ),
    checks=(study_quarters,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
