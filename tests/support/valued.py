"""The constants and the default economics, for hand-worked values; a small study with benefits."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from benefits import benefits
from dscp.ledger.leaves import constants, settings
from dscp.ledger.rows import quantities
from unit_values import unit_values

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
SITES = ["site_2", "site_3"]
GIVEN = {
    "effective_treatment.did.site_2": -3.4,
    "effective_treatment.did.site_3": 3.6,
    "completion_of_treated.did.site_2": -5.3,
    "completion_of_treated.did.site_3": 5.1,
    "effective_treatment.did_se.site_2": 1.09,
    "effective_treatment.did_se.site_3": 0.98,
    "completion_of_treated.did_se.site_2": 1.44,
    "completion_of_treated.did_se.site_3": 1.61,
    "effective_treatment.base.pilot_2.post": 3169.0,
    "effective_treatment.base.pilot_3.post": 1791.0,
    "effective_treatment.base.pilot_2.pre": 2950.0,
    "effective_treatment.base.pilot_3.pre": 1702.0,
    **{f"effective_treatment.base.comparison_{n}.{period}": 2500.0 for n in (2, 3) for period in ("pre", "post")},
    **{
        f"{measure}.count.{arm}_{n}.{period}": share * (40 + n) + (period == "post") * 20
        for measure, share in (("effective_treatment", 30), ("successful_completion", 8))
        for arm in ("pilot", "comparison")
        for n in (2, 3)
        for period in ("pre", "post")
    },
    "cost.site_2.total": 540_727.0,
    "cost.site_3.total": 184_939.0,
}


def small_study(economics: Mapping, given: Mapping[str, float]) -> list[pd.DataFrame]:
    """Ledger rows of what is given, and of what benefits rest on."""
    leaves = pd.DataFrame({"id": list(given), "value": list(given.values()), "rows": 1})
    words = dict.fromkeys(["extract", "filter", "source", "rule", "function"], "given")
    parts = [quantities(leaves, id="{id}", value="value", unit="ppt", rows="rows", missing="no data", **words)]
    parts += [
        constants(TABLE),
        settings({"definitions": {}, "models": {"confidence": 0.95}, "economics": economics}, {}, {}),
    ]
    parts += unit_values(CONSTANTS, economics)
    return [*parts, *benefits(values_of(parts), SITES, economics)]


def values_of(rows: list[pd.DataFrame]) -> dict[str, float]:
    """Ledger id -> value."""
    return pd.concat(rows).set_index("id")["value"].to_dict()
