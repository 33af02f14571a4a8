"""The constants and the default economics, for hand-worked values."""

from pathlib import Path

import pandas as pd

TABLE = pd.read_csv(
    Path(__file__).parents[2] / "workflow" / "resources" / "constants.csv", keep_default_na=False
).astype({"value": float})
CONSTANTS = TABLE.set_index("name")["value"].to_dict()
SCHEDULE = [{"from_year": 1, "rate": 0.035}, {"from_year": 31, "rate": 0.03}, {"from_year": 76, "rate": 0.025}]
DEFAULT = {
    "method": "as_published",
    "discount_rates": SCHEDULE,
    "treatment_years": 4,
    "recovery_years": 8,
    "benefit_share": 0.5,
}


def values_of(rows: list[pd.DataFrame]) -> dict[str, float]:
    """Ledger id -> value."""
    return pd.concat(rows).set_index("id")["value"].to_dict()
