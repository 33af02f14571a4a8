"""Rule scenarios: what the pilots are worth under other sets of assumptions (Appendix F, Table S.15).

Differences are unrounded and values those of the model itself, whatever method the economics use; so the scenario
"base" is the corrected benefit of Figure S.3. Pounds.
"""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import numbers, read_ledger, write_ledger
from dscp.run.job import writing

RULE, SOURCE = "scenarios", "Appendix F6"
PLANNED, UNPLANNED = "constant.recovery_planned_exit", "constant.recovery_unplanned_exit"
TREATMENT, ABSTINENCE = "unit_value.discounted_value_treatment.pv", "unit_value.discounted_value_abstain.pv"
KEPT = {"treatment": "scenarios.treatment_kept", "abstinence": "scenarios.abstinence_kept"}  # without transfers
SITE_OUTCOMES = {"effective_treatment": "effective_treatment", "completions": "completion_of_treated"}
TOTAL, ALL_SITES = "scenarios.total.{scenario}.{site}", "scenarios.all_sites.{scenario}"
NET = "net"  # in the place of a scenario: the estimate less the costs
SAVINGS = ("with_transfers", "without_transfers")
SPENT = ("extra", "full")
Inputs = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Scenario:
    """Another set of assumptions; the defaults are those of the estimate.

    chance : formula of the probability of recovery that a completion brings
    once : the value of treatment is not counted again in a completion
    kept : of the harm of crime, what only changed hands is left out
    charged : less the cost of treatment of each additional client; a completion ends a journey that is charged already
    early : the first year is not discounted
    effect : pattern of the ids of the differences
    """

    chance: str = "p"
    once: bool = False
    kept: bool = False
    charged: bool = False
    early: bool = False
    effect: str = "{measure}.did.{site}"


OVER = "(planned - unplanned) / 100"
SCENARIOS = {
    "base": Scenario(),
    "unplanned": Scenario(chance="unplanned / 100"),
    "planned": Scenario(chance="planned / 100"),
    "over_unplanned": Scenario(chance=OVER, once=True),
    "once": Scenario(once=True),
    "charged": Scenario(charged=True),
    "transfers": Scenario(kept=True),
    "undiscounted": Scenario(early=True),
    "cautious": Scenario(chance=OVER, once=True, kept=True, charged=True),
    "odds": Scenario(effect="evidence.odds_scale.{measure}.{site}"),
}


def unit_values(scenario: Scenario) -> dict[str, tuple[str, Inputs]]:
    """Outcome -> formula and inputs of what one more client is worth."""
    early = {"rate": "setting.economics.discount_rates.from_year_1"} if scenario.early else {}
    times = " * (1 + rate)" if scenario.early else ""
    treatment = {"treatment": KEPT["treatment"] if scenario.kept else TREATMENT}
    charged = {"cost": "unit_value.discounted_cost.pv"} if scenario.charged else {}
    abstinence = {"abstinence": KEPT["abstinence"] if scenario.kept else ABSTINENCE}
    chances = {"p": "constant.recovery_probability", "planned": PLANNED, "unplanned": UNPLANNED}
    abstinence |= {name: chances[name] for name in re.findall(r"[a-z]+", scenario.chance)}
    completion = f"{'' if scenario.once else 'treatment + '}{scenario.chance} * abstinence"
    return {
        "effective_treatment": (
            f"{'(treatment - cost)' if charged else 'treatment'}{times}",
            {**treatment, **charged, **early},
        ),
        "completions": (
            f"({completion}){times}" if times else completion,
            {**({} if scenario.once else treatment), **abstinence, **early},
        ),
    }


def without_transfers(values: MutableMapping[str, float], treatment: int, recovery: int) -> list[pd.DataFrame]:
    """Ledger rows of the share of savings that only changed hands, and of the two values of the model without it.

    Stolen goods are a loss to one and a gain to another. The share is that of crime alone; harm to health stays.
    """
    share = {"all": "constant.ntors_savings", "kept": "constant.ntors_savings_without_transfers"}
    years = {"treatment": range(1, treatment + 1), "abstinence": range(treatment + 1, treatment + recovery + 1)}
    factors = {name: [f"discount_factor.year_{year}" for year in found] for name, found in years.items()}
    common = {"share": "scenarios.transferred", "untreated": "constant.harm_untreated_crime"}
    return [
        derived(values, "scenarios.transferred", "rate", "(all - kept) / all", share),
        derived(
            values,
            KEPT["treatment"],
            "gbp",
            "value - share * (untreated - treated) * sum(factor)",
            {
                "value": TREATMENT,
                **common,
                "treated": "constant.harm_in_treatment_crime",
                "factor": factors["treatment"],
            },
            settings="economics.treatment_years",
        ),
        derived(
            values,
            KEPT["abstinence"],
            "gbp",
            "value - share * untreated * sum(factor)",
            {"value": ABSTINENCE, **common, "factor": factors["abstinence"]},
            settings="economics.treatment_years economics.recovery_years",
        ),
    ]


def other_study(values: MutableMapping[str, float]) -> list[pd.DataFrame]:
    """Ledger rows of the four ratios of savings to costs that the National Treatment Outcome Research Study allows."""
    frame = pd.DataFrame(
        [
            (saved, cost, f"constant.ntors_savings{'' if saved == SAVINGS[0] else '_without_transfers'}")
            for saved in SAVINGS
            for cost in SPENT
        ],
        columns=["savings", "spent", "saved"],
    )
    inputs = {"saved": "{saved}", "cost": "constant.ntors_cost_{spent}"}
    return [derived(values, "scenarios.ntors.{savings}.{spent}", "ratio", "saved / cost", inputs, frame)]


def derived(
    values: MutableMapping[str, float],
    name: str,
    unit: str,
    formula: str,
    inputs: Inputs,
    frame: pd.DataFrame = ONE,
    **more: str,
) -> pd.DataFrame:
    """Ledger rows of this rule."""
    told = {"rule": RULE, "function": RULE, "source": SOURCE}
    return derive(frame, values, id=name, unit=unit, formula=formula, inputs=inputs, **told, **more)


def worth(
    values: MutableMapping[str, float], name: str, scenario: Scenario, sites: Sequence[str], note: str
) -> list[pd.DataFrame]:
    """Ledger rows of a scenario: values of a client, benefit of each site and of all, how many sites pay."""
    frame = pd.DataFrame({"site": sites, "n": [site.removeprefix("site_") for site in sites]}).assign(scenario=name)
    one, found = ONE.assign(scenario=name), []
    for outcome, (formula, inputs) in unit_values(scenario).items():
        value = f"scenarios.value.{outcome}.{{scenario}}"
        found.append(derived(values, value, "gbp", formula, inputs, one))
    effects = {
        short: scenario.effect.replace("{measure}", measure)
        for short, measure in zip(("treated", "completed"), SITE_OUTCOMES.values(), strict=True)
    }
    inputs = {"base": "effective_treatment.base.pilot_{n}.post"}
    for short, outcome in zip(effects, SITE_OUTCOMES, strict=True):
        inputs |= {short: effects[short], f"{short}_value": f"scenarios.value.{outcome}.{{scenario}}"}
    formula = "treated / 100 * base * treated_value + completed / 100 * base * completed_value"
    found.append(derived(values, TOTAL, "gbp", formula, inputs, frame))
    parts = {"part": [f"scenarios.total.{name}.{site}" for site in sites]}
    costs = {"cost": [f"cost.{site}.total" for site in sites]}
    # A benefit that is missing makes the number missing: nought times it is.
    number = "sum((b > c) + 0 * b for b, c in zip(part, cost))"
    return [
        *found,
        derived(values, ALL_SITES, "gbp", "sum(part)", parts, one, note=note),
        derived(values, "scenarios.paying.{scenario}", "count", number, {**parts, **costs}, one, note=note),
    ]


def less_cost(values: MutableMapping[str, float], sites: Sequence[str], note: str) -> list[pd.DataFrame]:
    """Ledger rows of the costs of all sites, and of what the estimate leaves after them."""
    frame = pd.DataFrame({"site": sites}).assign(scenario=NET)
    net = {"total": "scenarios.total.base.{site}", "cost": "cost.{site}.total"}
    every = {"part": [f"cost.{site}.total" for site in sites]}
    both = {"total": "scenarios.all_sites.base", "cost": "scenarios.cost"}
    return [
        derived(values, TOTAL, "gbp", "total - cost", net, frame),
        derived(values, "scenarios.cost", "gbp", "sum(part)", every, note=note),
        derived(
            values, "scenarios.all_sites.{scenario}", "gbp", "total - cost", both, ONE.assign(scenario=NET), note=note
        ),
    ]


def scenarios(
    values: Mapping[str, float], sites: Sequence[str], years: tuple[int, int], leaves_out: bool
) -> list[pd.DataFrame]:
    """All ledger rows of the scenarios.

    Parameters
    ----------
    values : id -> value of counts, differences, costs, unit values, estimates from areas, constants and settings
    sites : analysed sites, in order; those without a cost are left out
    years : in treatment, of recovery
    leaves_out : whether a site whose benefit could not be computed is left out, and a scenario without a total is not
        counted. Not under a disclosure policy: what the totals rest on would tell that nobody is in a base
    """
    known = dict(values)
    sites = [site for site in sites if f"benefit.total.{site}" in known]
    used = [site for site in sites if not leaves_out or _is_known(known, f"benefit.total.{site}")] or sites
    left = len(sites) - len(used)
    note = f"without {left} of the {len(sites)} sites, whose benefit could not be computed" if left else ""
    found = [*without_transfers(known, *years), *other_study(known)]
    for name, scenario in SCENARIOS.items():
        found += worth(known, name, scenario, used, note)
    found += less_cost(known, used, note)
    totals = [f"scenarios.all_sites.{name}" for name in SCENARIOS]
    totals = [one for one in totals if not leaves_out or _is_known(known, one)] or totals
    every = {"total": totals}
    more = "sum((one > cost) + 0 * one for one in total)"
    return [
        *found,
        derived(known, "scenarios.number", "count", "len(total)", every),
        derived(known, "scenarios.paying_number", "count", more, {**every, "cost": "scenarios.cost"}),
    ]


def _is_known(values: Mapping[str, float], identifier: str) -> bool:
    return values[identifier] == values[identifier]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        cited = pd.read_csv(snakemake.input.constants).set_index("name")["value"]
        known |= {f"constant.{name}": value for name, value in cited.items()}
        known |= dict(numbers({"economics": given.assumed}))
        years = given.assumed["treatment_years"], given.assumed["recovery_years"]
        write_ledger(scenarios(known, given.sites, years, given.leaves_out), out.ledger)
