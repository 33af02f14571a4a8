"""Rule benefits: additional clients, what they are worth, and how that compares with cost (Tables 7.8-7.11).

Report sections 7.4, 7.5 and C4. Money is in pounds, differences in percentage points.
"""

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.formulas import round_half_up
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.run.job import writing

RULE = "benefits"
OUTCOMES = {"effective_treatment": "effective_treatment", "completions": "completion_of_treated"}
METHODS = ("as_published", "corrected")


def additional_clients(values: Mapping[str, float], sites: list[str], method: str) -> pd.DataFrame:
    """Additional clients per outcome and site: difference in differences times the pilot's post-period base.

    as_published takes the difference as printed, rounded to 0.1 point; corrected takes it unrounded.
    Returns outcome, measure, site, n, did, did_used, base, additional.
    """
    rows = []
    for outcome, measure in OUTCOMES.items():
        for site in sites:
            n = site.removeprefix("site_")
            did, base = values[f"{measure}.did.{site}"], values[f"effective_treatment.base.pilot_{n}.post"]
            used = round_half_up(did, 1) if method == "as_published" and did == did else did
            rows.append(
                {
                    "outcome": outcome,
                    "measure": measure,
                    "site": site,
                    "n": n,
                    "did": did,
                    "did_used": used,
                    "additional": used / 100 * base,
                }
            )
    return pd.DataFrame(rows)


def benefit_of(values: Mapping[str, float], additional: pd.DataFrame, share: float) -> pd.DataFrame:
    """Benefits, cost and ratios per site (Table 7.10): pounds and ratios, one row per site."""
    wide = additional.pivot(index="site", columns="outcome", values="additional").reset_index()
    frame = wide.assign(
        effective_treatment=wide["effective_treatment"] * values["unit_value.effective_treatment"],
        completions=wide["completions"] * values["unit_value.completion"],
        cost=[values[f"cost.{site}.total"] for site in wide["site"]],
    )
    cost = frame["cost"].where(frame["cost"] > 0)  # without a cost there is no ratio
    frame["total"] = frame["effective_treatment"] + frame["completions"]
    frame["cost_ratio"] = frame["total"] / cost
    frame["total_sensitivity"] = share * frame["total"]
    frame["cost_ratio_sensitivity"] = frame["total_sensitivity"] / cost
    frame["net"] = frame["total"] - frame["cost"]
    frame["net_cost_ratio"] = frame["net"] / cost
    return frame.assign(
        missing=frame["total"].isna().map({True: "a difference is missing", False: "the cost is not above 0"})
    )


def additional_rows(additional: pd.DataFrame, method: str) -> list[pd.DataFrame]:
    """Ledger rows of the differences used and the additional clients."""
    published = method == "as_published"
    common = {"rule": RULE, "function": "additional_clients", "source": "Section 7.4.1"}
    return [
        quantities(
            additional,
            id="additional.did_used.{outcome}.{site}",
            value="did_used",
            unit="ppt",
            formula="round_half_up(did, 1)" if published else "did",
            inputs={"did": "{measure}.did.{site}"},
            settings="economics.method",
            **common,
        ),
        quantities(
            additional,
            id="additional.{outcome}.{site}",
            value="additional",
            unit="count",
            formula="did / 100 * base",
            inputs={"did": "additional.did_used.{outcome}.{site}", "base": "effective_treatment.base.pilot_{n}.post"},
            **common,
        ),
    ]


def totals_by_method(values: Mapping[str, float], sites: list[str]) -> pd.DataFrame:
    """Each site's benefit by either method, whichever the config names: site, n, as_published, corrected (pounds)."""
    found = pd.DataFrame({"site": sites, "n": [site.removeprefix("site_") for site in sites]})
    for method in METHODS:
        clients = additional_clients(values, sites, method).pivot(index="site", columns="outcome", values="additional")
        treated = clients["effective_treatment"] * values[f"unit_value.effective_treatment.{method}"]
        completed = clients["completions"] * values[f"unit_value.completion.{method}"]
        found[method] = (treated + completed).reindex(sites).to_numpy()
    return found


def method_rows(values: Mapping[str, float], sites: list[str]) -> list[pd.DataFrame]:
    """Ledger rows of the benefits by either method (Figure S.3)."""
    frame = totals_by_method(values, sites)
    did = {"as_published": "round_half_up({}, 1)", "corrected": "{}"}
    return [
        quantities(
            frame,
            id=f"benefit.total_{method}.{{site}}",
            value=method,
            unit="gbp",
            formula=f"base / 100 * ({did[method].format('treated')} * treated_value"
            f" + {did[method].format('completed')} * completed_value)",
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
        for method in METHODS
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
    "cost_ratio": ("ratio", "total / cost", {"total": "benefit.total.{site}", "cost": "cost.{site}.total"}),
    "total_sensitivity": (
        "gbp",
        "share * total",
        {"share": "setting.economics.benefit_share", "total": "benefit.total.{site}"},
    ),
    "cost_ratio_sensitivity": (
        "ratio",
        "total / cost",
        {"total": "benefit.total_sensitivity.{site}", "cost": "cost.{site}.total"},
    ),
    "net": ("gbp", "total - cost", {"total": "benefit.total.{site}", "cost": "cost.{site}.total"}),
    "net_cost_ratio": ("ratio", "net / cost", {"net": "benefit.net.{site}", "cost": "cost.{site}.total"}),
}


def benefits(values: Mapping[str, float], sites: list[str], economics: Mapping) -> list[pd.DataFrame]:
    """All ledger rows of benefits.

    Parameters
    ----------
    values : ledger id -> value: differences, bases, unit values, costs
    sites : analysed sites, in order
    economics : method and benefit_share of the config
    """
    additional = additional_clients(values, sites, economics["method"])
    frame = benefit_of(values, additional, economics["benefit_share"])
    rows = [
        quantities(
            frame,
            id=f"benefit.{column}.{{site}}",
            value=column,
            unit=unit,
            formula=formula,
            inputs=inputs,
            source="Section 7.5",
            rule=RULE,
            function="benefit_of",
            missing="not computed: {missing}",
        )
        for column, (unit, formula, inputs) in TABLE_7_10.items()
    ]
    return [*additional_rows(additional, economics["method"]), *rows, *method_rows(values, sites)]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        known = read_ledger(*snakemake.input).set_index("id")["value"].to_dict()
        write_ledger(benefits(known, snakemake.params.sites, snakemake.params.economics), out.ledger)
