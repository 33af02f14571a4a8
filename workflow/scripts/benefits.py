"""Rule benefits: additional clients, what they are worth, and how that compares with cost (Tables 7.8-7.11).

Report sections 7.4, 7.5 and C4. Money is in pounds, differences in percentage points.
"""

import math
from collections.abc import Mapping

import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.rows import numbers, read_ledger, write_ledger
from dscp.run.job import writing

RULE = "benefits"
OUTCOMES = {"effective_treatment": "effective_treatment", "completions": "completion_of_treated"}
# Method -> the difference that it uses: as the tables print it, or as computed.
DID_USED = {"as_published": "round_half_up({}, 1)", "corrected": "{}"}


def additional_clients(values: dict[str, float], sites: list[str], method: str) -> list[pd.DataFrame]:
    """Ledger rows of additional clients: difference in differences times the pilot's post-period base.

    as_published takes the difference as printed, rounded to 0.1 point; corrected takes it unrounded.
    """
    frame = pd.DataFrame(OUTCOMES.items(), columns=["outcome", "measure"]).merge(_numbered(sites), how="cross")
    common = {"rule": RULE, "function": "additional_clients", "source": "Section 7.4.1"}
    return [
        derive(
            frame,
            values,
            id="additional.did_used.{outcome}.{site}",
            unit="ppt",
            formula=DID_USED[method].format("did"),
            inputs={"did": "{measure}.did.{site}"},
            settings="economics.method",
            **common,
        ),
        derive(
            frame,
            values,
            id="additional.{outcome}.{site}",
            unit="count",
            formula="did / 100 * base",
            inputs={"did": "additional.did_used.{outcome}.{site}", "base": "effective_treatment.base.pilot_{n}.post"},
            **common,
        ),
    ]


def _numbered(sites: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"site": sites, "n": [site.removeprefix("site_") for site in sites]})


def totals_by_method(values: dict[str, float], sites: list[str]) -> list[pd.DataFrame]:
    """Ledger rows of each site's benefit by either method, whichever the config names (Figure S.3)."""
    return [
        derive(
            _numbered(sites),
            values,
            id=f"benefit.total_{method}.{{site}}",
            unit="gbp",
            formula=f"{used.format('treated')} / 100 * base * treated_value"
            f" + {used.format('completed')} / 100 * base * completed_value",
            inputs={
                "base": "effective_treatment.base.pilot_{n}.post",
                "treated": "effective_treatment.did.{site}",
                "treated_value": f"unit_value.effective_treatment.{method}",
                "completed": "completion_of_treated.did.{site}",
                "completed_value": f"unit_value.completion.{method}",
            },
            source="Section 7.5",
            rule=RULE,
            function="totals_by_method",
        )
        for method, used in DID_USED.items()
    ]


# column -> unit, formula, inputs
TABLE_7_10 = {
    "effective_treatment": (
        "gbp",
        "clients * value",
        {"clients": "additional.effective_treatment.{site}", "value": "unit_value.effective_treatment"},
    ),
    "completions": (
        "gbp",
        "clients * value",
        {"clients": "additional.completions.{site}", "value": "unit_value.completion"},
    ),
    "total": (
        "gbp",
        "effective_treatment + completions",
        {"effective_treatment": "benefit.effective_treatment.{site}", "completions": "benefit.completions.{site}"},
    ),
    "cost_ratio": ("ratio", "total / above_0(cost)", {"total": "benefit.total.{site}", "cost": "cost.{site}.total"}),
    "total_sensitivity": (
        "gbp",
        "share * total",
        {"share": "setting.economics.benefit_share", "total": "benefit.total.{site}"},
    ),
    "cost_ratio_sensitivity": (
        "ratio",
        "total / above_0(cost)",
        {"total": "benefit.total_sensitivity.{site}", "cost": "cost.{site}.total"},
    ),
    "net": ("gbp", "total - cost", {"total": "benefit.total.{site}", "cost": "cost.{site}.total"}),
    "net_cost_ratio": ("ratio", "net / above_0(cost)", {"net": "benefit.net.{site}", "cost": "cost.{site}.total"}),
}


def benefit_of(values: dict[str, float], sites: list[str]) -> list[pd.DataFrame]:
    """Ledger rows of benefits, cost and ratios per site (Table 7.10): pounds and ratios."""
    parts = []
    for column, (unit, formula, inputs) in TABLE_7_10.items():
        known = [not math.isnan(values.get(f"benefit.total.{site}", math.nan)) for site in sites]
        reasons = ["the cost is not above 0" if one else "a difference is missing" for one in known]
        parts.append(
            derive(
                pd.DataFrame({"site": sites, "missing": reasons}),
                values,
                id=f"benefit.{column}.{{site}}",
                unit=unit,
                formula=formula,
                inputs=inputs,
                source="Section 7.5",
                rule=RULE,
                function="benefit_of",
                missing="not computed: {missing}",
            )
        )
    return parts


def benefits(values: Mapping[str, float], sites: list[str], economics: Mapping) -> list[pd.DataFrame]:
    """All ledger rows of benefits.

    Parameters
    ----------
    values : ledger id -> value: differences, bases, unit values, costs
    sites : analysed sites, in order; those without a cost are left out, since nothing is set against it
    economics : method and benefit_share of the config
    """
    sites = [site for site in sites if f"cost.{site}.total" in values]
    known = {**values, **dict(numbers({"economics": economics}))}
    return [
        *additional_clients(known, sites, economics["method"]),
        *benefit_of(known, sites),
        *totals_by_method(known, sites),
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        known = read_ledger(*snakemake.input).set_index("id")["value"].to_dict()
        write_ledger(benefits(known, snakemake.params.sites, snakemake.params.economics), out.ledger)
