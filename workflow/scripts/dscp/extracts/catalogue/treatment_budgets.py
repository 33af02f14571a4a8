"""National budgets for drug treatment, by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.columns import AMOUNT, FISCAL_YEAR, at_least, millions, payable
from dscp.extracts.types import About, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd


def sample(of: Sample) -> pd.DataFrame:
    """The last year before the programme and its first."""
    import pandas as pd

    years = of.config["economics"]["journey_years"]
    rows = [(years["before"][-1], 300, 200, 150_000), (years["during"][0], 310, 190, 160_000)]
    names = ["fiscal_year", "adult_pooled_gbp_m", "local_gbp_m", "adults_in_effective_treatment"]
    return pd.DataFrame(rows, columns=names)


EXTRACT = ExtractType(
    name="treatment_budgets",
    about=About.MONEY,
    row_is="several",
    says="national budgets by year",
    row_says="a fiscal year",
    protection="the numbers are national budgets",
    apart=None,
    columns=(
        FISCAL_YEAR,
        Column(
            "adult_pooled_gbp_m", "amount", "the pooled budget for adults, million pounds", (AMOUNT, payable, millions)
        ),
        Column("local_gbp_m", "amount", "local funding, million pounds", (AMOUNT, payable, millions)),
        Column(
            "adults_in_effective_treatment",
            "count",
            "adults in effective treatment in all England",
            (at_least(1, "a whole number, one or more"),),
        ),
    ),
    key=("fiscal_year",),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(),
    checks=(),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
