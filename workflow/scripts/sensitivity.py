"""Rule sensitivity: how the benefit of all analysed sites moves with each assumption that it rests on (Figure S.4).

One assumption is changed at a time, to the low and the high value that the config names, and all others are held. The
two values of a client move with an assumption in the proportion in which the model of report Appendix C6 moves, at the
discount rate of the first year; so the middle is the benefit of Table 7.10, whatever its conventions. Pounds.
"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.ids import identifier
from dscp.ledger.rows import numbers, read_ledger, write_ledger
from dscp.run.job import writing
from dscp.study.areas import arms_of

RULE = "sensitivity"
SOURCE = "Section 7.5 and Appendix C6"
TOTAL = "sensitivity.total.{assumption}"
OUTCOMES = {"effective_treatment": "effective_treatment", "completions": "completion_of_treated"}
UNIT_VALUES = {"effective_treatment": "effective_treatment", "completions": "completion"}
ENDS = ("low", "high")
BOTH = "both"  # outcomes together
BASE = {
    "discount_rate": "setting.economics.discount_rates.from_year_1",
    "recovery_probability": "constant.recovery_probability",
    "treatment_years": "setting.economics.treatment_years",
    "recovery_years": "setting.economics.recovery_years",
}
# What Appendix C6 tries out besides: harm that fades after treatment, and untreated harm that falls as well.
OWN_VARIANTS = {"harm_fades": "unit_value.sensitivity_decay", "harm_falls": "unit_value.sensitivity_decline"}

Quantity = tuple[str, str, str, dict[str, list[str]]]


def declared(sites: Sequence[str], methods: Sequence[str]) -> Iterator[Quantity]:
    """Every quantity of this rule as (id, unit, formula, name -> input ids), each after what it rests on.

    Parameters
    ----------
    sites : the sites whose benefit could be computed, in order
    methods : those that are set beside each other
    """
    for outcome in OUTCOMES:
        each = {"part": [f"additional.{outcome}.{site}" for site in sites]}
        yield identifier("sensitivity.additional.{outcome}", outcome=outcome), "count", "sum(part)", each
    yield (
        identifier(TOTAL, assumption="base"),
        "gbp",
        "sum(part)",
        {"part": [f"benefit.total.{site}" for site in sites]},
    )
    for method in methods:
        each = {"part": [f"benefit.total_{method}.{site}" for site in sites]}
        yield identifier(TOTAL, assumption=f"method.{method}"), "gbp", "sum(part)", each
    share = {"share": ["setting.economics.benefit_share"], "total": ["sensitivity.total.base"]}
    yield identifier(TOTAL, assumption="benefit_share"), "gbp", "share * total", share
    yield from _model("base", BASE)
    for assumption in BASE:
        for end in ENDS:
            name, setting = f"{assumption}.{end}", f"setting.economics.sensitivity.{assumption}.{end}"
            yield from _model(name, {**BASE, assumption: setting})
            yield _total(name, f"sensitivity.treatment_value.{name}", f"sensitivity.completion_value.{name}")
        yield _swing(assumption)
    for variant, value in OWN_VARIANTS.items():
        yield _total(variant, "sensitivity.treatment_value.base", value, "unit_value.expected_value.pv")
    for outcome in OUTCOMES:
        yield from _interval(outcome, sites)
    for site in sites:
        yield from _joint(site)
    both = {"se": [f"sensitivity.joint_se.{site}" for site in sites]}
    yield identifier("sensitivity.effect_se.{outcome}", outcome=BOTH), "gbp", "sqrt(sum(s ** 2 for s in se))", both
    yield from _reach(BOTH)


def _model(variant: str, of: Mapping[str, str]) -> Iterator[Quantity]:
    """The two unit values of Appendix C6 under other assumptions."""
    inputs = {name: [identifier] for name, identifier in of.items()}
    treated = {"untreated": ["constant.harm_untreated"], "in_treatment": ["unit_value.harm_in_treatment"]}
    treated |= {name: inputs[name] for name in ("discount_rate", "treatment_years")}
    formula = "(untreated - in_treatment) * annuity(discount_rate, treatment_years)"
    yield identifier("sensitivity.treatment_value.{assumption}", assumption=variant), "gbp", formula, treated
    completed = {"treatment": [f"sensitivity.treatment_value.{variant}"], "untreated": treated["untreated"]}
    completed |= {"recovered": ["constant.harm_in_recovery"], **inputs}
    later = "annuity(discount_rate, treatment_years + recovery_years) - annuity(discount_rate, treatment_years)"
    formula = f"treatment + recovery_probability * (untreated - recovered) * ({later})"
    yield identifier("sensitivity.completion_value.{assumption}", assumption=variant), "gbp", formula, completed


def _total(
    variant: str, treatment: str, completion: str, completion_base: str = "sensitivity.completion_value.base"
) -> Quantity:
    """The benefit when the values of a client are in the proportion of other values of the model."""
    formula = " + ".join(
        f"{clients} * {clients}_value * {value} / {value}_base"
        for clients, value in (("treated", "treatment"), ("completed", "completion"))
    )
    inputs = {
        "treated": ["sensitivity.additional.effective_treatment"],
        "treated_value": ["unit_value.effective_treatment"],
        "treatment": [treatment],
        "treatment_base": ["sensitivity.treatment_value.base"],
        "completed": ["sensitivity.additional.completions"],
        "completed_value": ["unit_value.completion"],
        "completion": [completion],
        "completion_base": [completion_base],
    }
    return identifier(TOTAL, assumption=variant), "gbp", formula, inputs


def _swing(assumption: str) -> Quantity:
    """How much hangs on an assumption: by what share of itself it moves the benefit at most, per cent."""
    ends = {end: [identifier(TOTAL, assumption=f"{assumption}.{end}")] for end in ENDS}
    formula = "100 * max([abs(low - total), abs(high - total)]) / abs(total)"
    name = identifier("sensitivity.swing.{assumption}", assumption=assumption)
    return name, "percent", formula, {**ends, "total": ["sensitivity.total.base"]}


def _interval(outcome: str, sites: Sequence[str]) -> Iterator[Quantity]:
    """The benefit at the ends of the interval of one outcome's effect, all sites together and independent."""
    measure = OUTCOMES[outcome]
    each = {
        "se": [f"{measure}.did_se.{site}" for site in sites],
        "base": [f"effective_treatment.base.pilot_{site.removeprefix('site_')}.post" for site in sites],
        "value": [f"unit_value.{UNIT_VALUES[outcome]}"],
    }
    yield (
        identifier("sensitivity.effect_se.{outcome}", outcome=outcome),
        "gbp",
        "value * sqrt(sum((s / 100 * b) ** 2 for s, b in zip(se, base)))",
        each,
    )
    yield from _reach(outcome)


def _reach(outcome: str) -> Iterator[Quantity]:
    """The benefit at the ends of the interval of one outcome's effect, or of both together."""
    reach = {"total": ["sensitivity.total.base"], "se": [f"sensitivity.effect_se.{outcome}"]}
    reach |= {"confidence": ["setting.models.confidence"]}
    for end, sign in zip(ENDS, "-+", strict=True):
        formula = f"total {sign} normal_quantile((1 + confidence) / 2) * se"
        yield identifier(TOTAL, assumption=f"effect_{outcome}.{end}"), "gbp", formula, reach


def _joint(site: str) -> Iterator[Quantity]:
    """How the two differences of a site move together, and the standard error of what they are worth together.

    Whoever completed is in effective treatment, so that their sampling covariance in a cell is p * (1 - q) / base, with
    p the share of completions and q that of effective treatment. The areas and periods of a difference add up.
    """
    cells = [f"{area}.{period}" for area in arms_of(site).values() for period in ("pre", "post")]
    counts = {
        "completed": [f"successful_completion.count.{cell}" for cell in cells],
        "treated": [f"effective_treatment.count.{cell}" for cell in cells],
        "base": [f"effective_treatment.base.{cell}" for cell in cells],
    }
    covariance = identifier("sensitivity.covariance.{site}", site=site)
    yield (
        covariance,
        "ppt2",
        "sum(10000 * c / b * (1 - t / b) / b for c, t, b in zip(completed, treated, base))",
        counts,
    )
    inputs = {
        "base": [f"effective_treatment.base.{arms_of(site)['pilot']}.post"],
        "treated": ["unit_value.effective_treatment"],
        "treated_se": [f"effective_treatment.did_se.{site}"],
        "completed": ["unit_value.completion"],
        "completed_se": [f"completion_of_treated.did_se.{site}"],
        "covariance": [covariance],
    }
    formula = (
        "base / 100 * sqrt((treated * treated_se) ** 2 + (completed * completed_se) ** 2"
        " + 2 * treated * completed * covariance)"
    )
    yield identifier("sensitivity.joint_se.{site}", site=site), "gbp", formula, inputs


def sensitivity(
    values: Mapping[str, float], sites: Sequence[str], leaves_out: bool, published: bool
) -> list[pd.DataFrame]:
    """Ledger rows of the sensitivity of the benefit.

    Parameters
    ----------
    values : id -> value of the counts, differences, benefits, unit values, constants and settings
    sites : analysed sites, in order
    leaves_out : whether, of those with a cost, a site whose benefit could not be computed is left out, as the note then
        says. Not under a disclosure policy: what the totals rest on would tell that nobody is in its base
    published : whether the published method is set beside the corrected one: no study but a reference run has it
    """
    methods = ("as_published", "corrected") if published else ()
    sites = [site for site in sites if f"benefit.total.{site}" in values]
    known = [
        site for site in sites if not leaves_out or values[f"benefit.total.{site}"] == values[f"benefit.total.{site}"]
    ]
    left = len(sites) - len(known)
    note = f"without {left} of the {len(sites)} sites, whose benefit could not be computed" if left else ""
    note, missing = (note, "") if known else ("", "not computed: no site's benefit could be computed")
    found, common = dict(values), {"rule": RULE, "function": "sensitivity", "source": SOURCE}
    return [
        derive(ONE, found, id=name, unit=unit, formula=formula, inputs=inputs, note=note, missing=missing, **common)
        for name, unit, formula, inputs in declared(known or sites, methods)
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        cited = pd.read_csv(snakemake.input.constants).set_index("name")["value"]
        given = snakemake.params
        settings = {"economics": {**given.assumed, **given.varied}, "models": given.models}
        known |= {f"constant.{name}": value for name, value in cited.items()} | dict(numbers(settings))
        write_ledger(sensitivity(known, given.sites, given.leaves_out, given.published), out.ledger)
