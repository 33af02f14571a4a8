"""Rule findings: ranges, growth and conversions that only the prose prints, each with its formula."""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd
from _job import logged
from _ledger import quantities, read_ledger, recompute, write_ledger

RULE = "findings"
# Least-squares slope of a monthly series, journeys a month.
SLOPE = "12 * sum((i - (len(month) - 1) / 2) * y for i, y in enumerate(month)) / (len(month) ** 3 - len(month))"


def declared(ids: Iterable[str], sites: list[str], years: int) -> Iterator[tuple[str, str, str, dict[str, list[str]]]]:
    """Every finding of a study as (id, unit, formula, name -> input ids).

    Parameters
    ----------
    ids : ids of the other rules' quantities
    sites : analysed sites
    years : number of programme years
    """
    ids = list(ids)
    yield "findings.effective_weeks", "count", "(days + 1) / 7", {"days": ["setting.definitions.effective_days"]}
    yield "findings.pickup_weeks", "count", "days / 7", {"days": ["setting.definitions.pickup_days"]}
    for place in (i.removeprefix("community_triage.change.") for i in ids if i.startswith("community_triage.change.")):
        ends = {period: [f"community_triage.base.{place}.{period}"] for period in ("pre", "post")}
        yield f"findings.referral_growth.{place}", "percent", "100 * (post - pre) / pre", ends
    for year in range(1, years + 1):
        costs = [i for i in ids if i.startswith("cost_recurrent.") and i.endswith(f".year_{year}")]
        yield from _range(f"findings.cost_recurrent.year_{year}", "gbp", costs)
    pilots = [f"pilot_{site.removeprefix('site_')}" for site in sites]
    for measure in ("effective_treatment", "completion_of_treated"):
        rates = [f"{measure}.rate.{pilot}.{period}" for pilot in pilots for period in ("pre", "post")]
        yield from _range(f"findings.{measure}.rate", "percent", rates)
    values = {"base": ["unit_value.expected_value.pv"], "faded": ["unit_value.sensitivity_decay"]}
    yield "findings.sensitivity_decay_fall", "percent", "100 * (base - faded) / base", values
    for n in (site.removeprefix("site_") for site in sites):
        months = sorted(i for i in ids if i.startswith(f"new_journeys_monthly.pilot_{n}."))
        if len(months) > 1:
            yield f"findings.new_journeys_trend.site_{n}", "ratio", SLOPE, {"month": months}
    totals = [i for i in ids if i.startswith("budget.total_funding.")]
    yield "findings.budget_peak", "gbp_m", "max(total)", {"total": totals}


def _range(name: str, unit: str, ids: list[str]) -> Iterator[tuple[str, str, str, dict[str, list[str]]]]:
    if ids:
        yield f"{name}.min", unit, "min(part)", {"part": ids}
        yield f"{name}.max", unit, "max(part)", {"part": ids}


def findings(values: Mapping[str, float], sites: list[str], years: int) -> list[pd.DataFrame]:
    """Ledger rows of all findings, computed by the formulas that they declare.

    Parameters
    ----------
    values : id -> value of the other rules' quantities and of the settings
    sites, years : as in `declared`
    """
    parts = []
    for name, unit, formula, inputs in declared(values, sites, years):
        pairs = " ".join(f"{key}={identifier}" for key, ids in inputs.items() for identifier in ids)
        value = recompute({"formula": formula, "inputs": pairs}, values)
        one = pd.DataFrame({"value": [value]})
        common = {"rule": RULE, "function": "findings", "source": "text"}
        parts.append(quantities(one, id=name, value="value", unit=unit, formula=formula, inputs=inputs, **common))
    return parts


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        known |= {f"setting.definitions.{name}": value for name, value in snakemake.params.days.items()}
        write_ledger(findings(known, snakemake.params.sites, snakemake.params.years), snakemake.output.ledger)
