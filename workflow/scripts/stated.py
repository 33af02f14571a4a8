"""Rule stated: ranges, growth and conversions that only the prose prints, each with its formula."""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import read_ledger, write_ledger
from dscp.measures.registry import TOLD
from dscp.run.job import writing

RULE = "stated"
LEVEL = "setting.models.significance"
# A difference for the better or worse, as telling.results.verdict has it: significant, not nil at the printed
# precision, and with an effect on the odds of the same sign. {beyond} is > or <, {even} the effect that is none.
CLEAR = (
    "sum(p < level and o {beyond} {even} and round_half_up(d, {decimals}) {beyond} 0"
    " for d, p, o in zip(did, p_value, odds))"
)
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
    yield "stated.effective_weeks", "count", "(days + 1) / 7", {"days": ["setting.definitions.effective_days"]}
    yield "stated.pickup_weeks", "count", "days / 7", {"days": ["setting.definitions.pickup_days"]}
    for place in (i.removeprefix("community_triage.change.") for i in ids if i.startswith("community_triage.change.")):
        ends = {period: [f"community_triage.base.{place}.{period}"] for period in ("pre", "post")}
        yield f"stated.referral_growth.{place}", "percent", "100 * (post - pre) / pre", ends
    for year in range(1, years + 1):
        costs = [i for i in ids if i.startswith("cost_recurrent.") and i.endswith(f".year_{year}")]
        yield from _range(f"stated.cost_recurrent.year_{year}", "gbp", costs)
    pilots = [f"pilot_{site.removeprefix('site_')}" for site in sites]
    for measure in ("effective_treatment", "completion_of_treated"):
        rates = [f"{measure}.rate.{pilot}.{period}" for pilot in pilots for period in ("pre", "post")]
        if not set(rates).isdisjoint(ids):
            yield from _range(f"stated.{measure}.rate", "percent", rates)
    values = {"base": ["unit_value.expected_value.pv"], "faded": ["unit_value.sensitivity_decay"]}
    yield "stated.sensitivity_decay_fall", "percent", "100 * (base - faded) / base", values
    for n in (site.removeprefix("site_") for site in sites):
        months = sorted(i for i in ids if i.startswith(f"new_journeys_monthly.pilot_{n}."))
        if len(months) > 1:
            yield f"stated.new_journeys_trend.site_{n}", "ratio", SLOPE, {"month": months}
    yield from verdicts(ids)
    yield from worth(ids, sites)
    totals = [i for i in ids if i.startswith("budget.total_funding.")]
    if totals:
        yield "stated.budget_peak", "gbp_m", "max(total)", {"total": totals}


def _range(name: str, unit: str, ids: list[str]) -> Iterator[tuple[str, str, str, dict[str, list[str]]]]:
    if ids:
        for end in ("min", "max"):
            yield f"{name}.{end}", unit, f"{end}(x for x in part if x == x)", {"part": ids}


def verdicts(ids: Iterable[str]) -> Iterator[tuple[str, str, str, dict[str, list[str]]]]:
    """How many comparisons were tested and came out better, worse or neither, by measure and in all."""
    known = set(ids)
    counted = []
    for told in TOLD:
        measure, decimals = told.name, told.forms.decimals
        sites = [i.removeprefix(f"{measure}.did.") for i in ids if i.startswith(f"{measure}.did.")]
        if not sites:
            continue
        effect, even = ("odds_ratio", 1) if f"{measure}.odds_ratio.{sites[0]}" in known else ("log_odds_did", 0)
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


def worth(ids: Iterable[str], sites: list[str]) -> Iterator[tuple[str, str, str, dict[str, list[str]]]]:
    """Totals over the analysed sites, and how many completions would pay for a pilot."""
    valued = [site for site in sites if f"benefit.total.{site}" in set(ids)]
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
        yield f"stated.break_even.{site}", "count", "max(-(-cost // value), 0)", names
    yield from _range("stated.break_even", "count", [f"stated.break_even.{site}" for site in valued])


def stated(values: Mapping[str, float], sites: list[str], years: int) -> list[pd.DataFrame]:
    """Ledger rows of all stated, computed by the formulas that they declare.

    Parameters
    ----------
    values : id -> value of the other rules' quantities and of the settings; stated rest on each other too, in order
    sites, years : as in `declared`
    """
    values, common = dict(values), {"rule": RULE, "function": "stated", "source": "text"}
    return [
        derive(ONE, values, id=name, unit=unit, formula=formula, inputs=inputs, **common)
        for name, unit, formula, inputs in declared(list(values), sites, years)
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        known |= {f"setting.definitions.{name}": value for name, value in snakemake.params.days.items()}
        known[LEVEL] = snakemake.params.level
        write_ledger(stated(known, snakemake.params.sites, snakemake.params.years), out.ledger)
