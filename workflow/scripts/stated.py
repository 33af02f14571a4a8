"""Rule stated: ranges, growth and conversions that only the prose prints, each with its formula."""

from collections.abc import Iterator, Mapping

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.ids import dims_of, identifier, shapes
from dscp.ledger.rows import read_ledger, write_ledger
from dscp.ledger.trail import rows_by_id
from dscp.measures.registry import TOLD
from dscp.run.job import writing
from dscp.study.areas import arms_of

RULE = "stated"
LEVEL = "setting.models.significance"
# A difference for the better or worse, as measures.verdicts has it: significant, not nil at the printed
# precision, and with an effect on the odds of the same sign. {beyond} is > or <, {even} the effect that is none.
CLEAR = (
    "sum(p < level and o {beyond} {even} and round_half_up(d, {decimals}) {beyond} 0"
    " for d, p, o in zip(did, p_value, odds))"
)
Quantity = tuple[str, str, str, dict[str, list[str]]]  # id, unit, formula, name -> input ids
# Least-squares slope of a monthly series, journeys a month.
SLOPE = "12 * sum((i - (len(month) - 1) / 2) * y for i, y in enumerate(month)) / (len(month) ** 3 - len(month))"


def declared(rows: Mapping[str, Mapping], sites: list[str], years: int) -> Iterator[Quantity]:
    """Every quantity of this rule as (id, unit, formula, name -> input ids).

    Parameters
    ----------
    rows : id -> row of the ledger, of the other rules' quantities
    sites : analysed sites
    years : number of programme years
    """
    of = shapes(rows)
    yield "stated.effective_weeks", "count", "(days + 1) / 7", {"days": ["setting.definitions.effective_days"]}
    yield "stated.pickup_weeks", "count", "days / 7", {"days": ["setting.definitions.pickup_days"]}
    for place in (dims_of(rows[name])["area"] for name in of.get("community_triage.change.{area}", [])):
        ends = {period: [f"community_triage.base.{place}.{period}"] for period in ("pre", "post")}
        yield identifier("stated.referral_growth.{area}", area=place), "percent", "100 * (post - pre) / pre", ends
    for year in range(1, years + 1):
        each = of.get("cost_recurrent.{site}.{year}", [])
        costs = [name for name in each if dims_of(rows[name])["year"] == f"year_{year}"]
        yield from _range("stated.cost_recurrent.year_{year}", "gbp", costs, year=year)
    pilots = {site: arms_of(site)["pilot"] for site in sites}
    for measure in ("effective_treatment", "completion_of_treated"):
        rates = [f"{measure}.rate.{pilot}.{period}" for pilot in pilots.values() for period in ("pre", "post")]
        if not rows.keys().isdisjoint(rates):
            yield from _range(f"stated.{measure}.rate", "percent", rates)
    values = {"base": ["unit_value.expected_value.pv"], "faded": ["unit_value.sensitivity_decay"]}
    yield "stated.sensitivity_decay_fall", "percent", "100 * (base - faded) / base", values
    every_month = of.get("new_journeys_monthly.{area}.{month}", [])
    for site, pilot in pilots.items():
        months = sorted(name for name in every_month if dims_of(rows[name])["area"] == pilot)
        if len(months) > 1:
            yield identifier("stated.new_journeys_trend.{site}", site=site), "ratio", SLOPE, {"month": months}
    yield from verdicts(rows)
    yield from worth(rows, sites)
    if totals := of.get("budget.total_funding.{year}"):
        yield "stated.budget_peak", "gbp_m", "max(total)", {"total": totals}


def _range(pattern: str, unit: str, ids: list[str], **dims: object) -> Iterator[Quantity]:
    """The least and the greatest of some quantities, where there are any."""
    if ids:
        for end in ("min", "max"):
            yield identifier(f"{pattern}.{end}", **dims), unit, f"{end}(x for x in part if x == x)", {"part": ids}


def verdicts(rows: Mapping[str, Mapping]) -> Iterator[Quantity]:
    """How many comparisons were tested and came out better, worse or neither, by measure and in all."""
    of, counted = shapes(rows), []
    for told in TOLD:
        measure, decimals = told.name, told.forms.decimals
        sites = [dims_of(rows[name])["site"] for name in of.get(f"{measure}.did.{{site}}", [])]
        if not sites:
            continue
        effect, even = ("odds_ratio", 1) if f"{measure}.odds_ratio.{sites[0]}" in rows else ("log_odds_did", 0)
        parts = {"did": "did", "p_value": "p", "odds": effect}
        inputs = {name: [f"{measure}.{part}.{site}" for site in sites] for name, part in parts.items()}
        good, bad = (">", "<") if told.better == "up" else ("<", ">")
        for name, beyond in (("better", good), ("worse", bad)):
            formula = CLEAR.format(beyond=beyond, decimals=decimals, even=even)
            yield f"stated.{name}.{measure}", "count", formula, {**inputs, "level": [LEVEL]}
        tested = {part: inputs[part] for part in ("did", "p_value")}
        both = "sum(p >= 0 and d == d for d, p in zip(did, p_value))"
        yield f"stated.compared.{measure}", "count", both, tested
        counted.append(measure)
    if counted:
        for name in ("better", "worse", "compared"):
            parts = [f"stated.{name}.{measure}" for measure in counted]
            yield f"stated.{name}.all", "count", "sum(part)", {"part": parts}
        names = {name: [f"stated.{name}.all"] for name in ("compared", "better", "worse")}
        yield "stated.unclear.all", "count", "compared - better - worse", names
        chance = {"level": [LEVEL], "compared": ["stated.compared.all"]}
        yield "stated.clear_by_chance", "ratio", "level * compared", chance


def worth(rows: Mapping[str, Mapping], sites: list[str]) -> Iterator[Quantity]:
    """Totals over the analysed sites, and how many completions would pay for a pilot."""
    valued = [site for site in sites if f"benefit.total.{site}" in rows]
    if not valued:
        return
    for name, unit, part in (
        ("benefit_total", "gbp", "benefit.total.{}"),
        ("cost_total", "gbp", "cost.{}.total"),
        ("additional_effective_treatment", "count", "additional.effective_treatment.{}"),
        ("additional_completions", "count", "additional.completions.{}"),
    ):
        yield f"stated.{name}", unit, "sum(part)", {"part": [part.format(site) for site in valued]}
    for site in valued:
        names = {"cost": [f"cost.{site}.total"], "value": ["unit_value.completion"]}
        yield identifier("stated.break_even.{site}", site=site), "count", "max(-(-cost // value), 0)", names
    yield from _range("stated.break_even", "count", [f"stated.break_even.{site}" for site in valued])


def stated(ledger: pd.DataFrame, settings: Mapping[str, float], sites: list[str], years: int) -> list[pd.DataFrame]:
    """Ledger rows of all that is stated, computed by the formulas that they declare.

    Parameters
    ----------
    ledger : the other rules' quantities; those stated rest on each other too, in order
    settings : id -> value of the settings that these rest on
    sites, years : as in `declared`
    """
    rows, common = rows_by_id(ledger), {"rule": RULE, "function": "stated", "source": "text"}
    values = {name: row["value"] for name, row in rows.items()} | settings
    return [
        derive(ONE, values, id=name, unit=unit, formula=formula, inputs=inputs, **common)
        for name, unit, formula, inputs in declared(rows, sites, years)
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        known = {f"setting.definitions.{name}": value for name, value in given.days.items()} | {LEVEL: given.level}
        write_ledger(stated(read_ledger(*snakemake.input.parts), known, given.sites, given.years), out.ledger)
