"""The sites' pooled treatment budgets, by head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import study_sites, sums
from dscp.extracts.columns import AMOUNT, SITE, name_of, payable
from dscp.extracts.types import About, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd


def sample(of: Sample) -> pd.DataFrame:
    """Two heads of every site."""
    import pandas as pd

    rows = [
        (site, head, int(of.rng.integers(1_000, 90_000)))
        for site in of.config["sites"]
        for head in ("a_head", "b_head")
    ]
    return pd.DataFrame(rows, columns=["site", "head", "amount_gbp"])


EXTRACT = ExtractType(
    name="budget_shares",
    about=About.MONEY,
    row_is="several",
    says="budgets by site and head",
    row_says="a site and a head of its budget",
    protection="the numbers are budgets of public bodies",
    apart=None,
    columns=(
        SITE,
        Column("head", "key", "the head of the budget", (name_of("a head"),)),
        Column("amount_gbp", "amount", "pounds", (AMOUNT, payable)),
    ),
    key=("site", "head"),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(),
    checks=(sums("head", "site", what="budget"), study_sites),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
