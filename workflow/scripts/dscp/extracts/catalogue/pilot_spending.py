"""The pilots' spending ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import TOTAL, RowCheck, study_years, sums, worked_example
from dscp.extracts.columns import FISCAL_YEAR, SITE, name_of, payable
from dscp.extracts.faults import INFORMATION
from dscp.extracts.types import About, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd

CATEGORIES = {
    "pay": "staff",
    "non_pay": "all else that recurs",
    "start_up": "spent once",
    TOTAL: "the sum of other rows: checked, and left out",
}
ITEMS = (("pay", "management"), ("pay", "administration"), ("non_pay", "training"), ("start_up", "start_up"))


def sample(of: Sample) -> pd.DataFrame:
    """Four lines of every site and year."""
    import pandas as pd

    rows = [
        (site, year, category, item, int(of.rng.integers(1_000, 90_000)))
        for site in of.config["sites"]
        for year in of.config["economics"]["spending_years"]
        for category, item in ITEMS
    ]
    return pd.DataFrame(rows, columns=["site", "fiscal_year", "category", "item", "amount_gbp"])


EXTRACT = ExtractType(
    name="pilot_spending",
    about=About.MONEY,
    row_is="several",
    says="spending on the pilots",
    row_says="a line of a site's spending ledger",
    protection="the numbers are pounds that a public body spent on services; nobody is paid by name",
    apart=None,
    columns=(
        SITE,
        FISCAL_YEAR,
        Column("category", "key", "the kind of spending", codes=CATEGORIES),
        Column("item", "key", "what was paid for", (name_of("an item"),)),
        Column("amount_gbp", "amount", "pounds; a negative amount was repaid", (payable,)),
    ),
    key=("site", "fiscal_year", "category", "item"),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(RowCheck(INFORMATION, "amount_gbp", "amount_gbp < 0", "counted as repaid", "a negative amount"),),
    checks=(
        sums("item", "site", "fiscal_year", "category", what="spending"),
        study_years("spending_years"),
        worked_example,
    ),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
