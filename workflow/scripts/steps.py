"""Rule steps: from the published benefits to corrected ones, one note on the method at a time.

Where formula, text and tables of the evaluation disagree about the method, the economics are run again with the other
choice: each note alone, against the method of Table 7.10, and one after the other. Sources: report sections 7.4, 7.5,
Appendix C4 to C6.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.ids import identifier
from dscp.ledger.rows import read_ledger, write_ledger
from dscp.run.job import writing

RULE = "steps"
CHANGE = "after - before"
LEVEL = "setting.models.significance"
# The p-value of a measure's own test. No model adjusts completions among all in treatment: leavers are another cohort.
OWN_TESTS = {
    "effective_treatment": "effective_treatment.p.{site}",
    "completion_of_treated": "completion_of_treated.p_difference.{site}",
}
PRINTED = "constant.published.7_10.value_total.{site}"


@dataclass(frozen=True)
class Method:
    """The choices behind a benefit; the defaults are those of Table 7.10.

    probability : of recovery: "" the report's 46 %, "planned" that of planned exits, "over_unplanned" by how much it
        exceeds that of unplanned exits
    base : what the difference in completions is multiplied by: treated or completed
    """

    stated: bool = False  # the unit values that the text states, and not those that the table was made with
    unrounded: bool = False  # differences as computed, and not as printed
    once: bool = False  # the value of treatment is not counted again in a completion
    probability: str = ""
    net: bool = False  # less the cost of treatment
    base: str = "treated"
    tested: bool = False  # only differences that the test of their own measure calls significant


PUBLISHED = Method()
# In the order in which they are taken together.
STEPS: dict[str, dict] = {
    "stated": {"stated": True},
    "unrounded": {"unrounded": True},
    "once": {"once": True},
    "counterfactual": {"probability": "over_unplanned"},
    "net": {"net": True},
}
# Notes whose choice excludes another's, or which no correction follows from: alone only.
ALONE: dict[str, dict] = {
    **STEPS,
    "planned": {"probability": "planned"},
    "completed": {"base": "completed"},
    "tested": {"tested": True},
}

Inputs = dict[str, str]


def value_of_treatment(method: Method) -> tuple[str, Inputs]:
    """Formula and inputs of the value of one more client in effective treatment."""
    used = "unit_value.discounted_value_treatment.pv" if method.stated else "unit_value.effective_treatment"
    inputs = {"value": used}
    if not method.net:
        return "value", inputs
    return "value - cost", inputs | {"cost": "unit_value.discounted_cost.pv"}


def value_of_completion(method: Method) -> tuple[str, Inputs]:
    """Formula and inputs of the value of one more successful completion."""
    formula = "completion"
    inputs = {"completion": "unit_value.expected_value.pv" if method.stated else "unit_value.completion"}
    if method.once:
        formula += " - treatment"
        inputs["treatment"] = "unit_value.discounted_value_treatment.pv"
    if method.probability:
        planned = "planned / 100" if method.probability == "planned" else "(planned - unplanned) / 100"
        formula += f" + ({planned} - p) * abstain"
        inputs |= {"planned": "constant.recovery_planned_exit", "p": "constant.recovery_probability"}
        inputs["abstain"] = "unit_value.discounted_value_abstain.pv"
        if method.probability == "over_unplanned":
            inputs["unplanned"] = "constant.recovery_unplanned_exit"
    if method.net and not method.once:
        formula += " - cost"
        inputs["cost"] = "unit_value.discounted_cost.pv"
    return formula, inputs


def benefit(method: Method, name: str) -> tuple[str, Inputs]:
    """Formula and inputs of the total benefit of a site ({site}, {n}) under a method called `name`."""
    kind = "{measure}.did.{{site}}" if method.unrounded else "additional.did_used.{outcome}.{{site}}"
    terms, inputs = [], {}
    outcomes = (("effective_treatment", "effective_treatment"), ("completions", "completion_of_treated"))
    for outcome, measure in outcomes:
        clients, did, value = f"{outcome}_base", f"{outcome}_did", f"{outcome}_value"
        term = f"{did} / 100 * {clients} * {value}"
        completed = outcome == "completions" and method.base == "completed"
        counted = "successful_completion.count" if completed else "effective_treatment.base"
        inputs |= {
            did: kind.format(measure=measure, outcome=outcome).replace("{{", "{").replace("}}", "}"),
            clients: f"{counted}.pilot_{{n}}.post",
            value: f"steps.value.{outcome}.{name}",
        }
        if method.tested:
            inputs |= {f"{outcome}_p": OWN_TESTS[measure], "level": LEVEL}
            term = f"({outcome}_p < level) * {term}"
        terms.append(term)
    return " + ".join(terms), inputs


def methods() -> dict[str, Method]:
    """Every method by name: the table's, each note alone, and the notes one after the other."""
    found = {"published": PUBLISHED}
    found |= {f"alone_{name}": replace(PUBLISHED, **change) for name, change in ALONE.items()}
    method = PUBLISHED
    for name, change in STEPS.items():
        method = replace(method, **change)
        found[f"with_{name}"] = method
    return found


def steps(values: Mapping[str, float], sites: Sequence[str]) -> list[pd.DataFrame]:
    """Ledger rows of all methods, and of the steps from one to the next.

    Parameters
    ----------
    values : ledger id -> value of the other rules' quantities, of constants and settings
    sites : analysed sites
    """
    known, parts = dict(values), []
    common = {"unit": "gbp", "source": "Appendix E", "rule": RULE, "function": "steps"}

    def add(pattern: str, formula: str, inputs: Inputs, **dims: str) -> None:
        parts.append(derive(ONE, known, id=identifier(pattern, **dims), formula=formula, inputs=inputs, **common))

    for name, method in methods().items():
        add("steps.value.effective_treatment.{variant}", *value_of_treatment(method), variant=name)
        add("steps.value.completions.{variant}", *value_of_completion(method), variant=name)
        formula, inputs = benefit(method, name)
        for site in sites:
            filled = {key: one.format(site=site, n=site.removeprefix("site_")) for key, one in inputs.items()}
            add("steps.total.{variant}.{site}", formula, filled, variant=name, site=site)
    for site in sites:
        printed, first = PRINTED.format(site=site), f"steps.total.published.{site}"
        ours = f"benefit.total.{site}"
        computed = ours if math.isclose(known[ours], known[first]) else first
        add("steps.start.{site}", "value", {"value": printed if printed in known else computed}, site=site)
        for name in ALONE:
            add("steps.alone.{note}.{site}", CHANGE, _ends(f"alone_{name}", "published", site), note=name, site=site)
        slip = {"after": first, "before": f"steps.start.{site}"}
        add("steps.step.{note}.{site}", CHANGE, slip, note="slip", site=site)
        before = "published"
        for name in STEPS:
            add("steps.step.{note}.{site}", CHANGE, _ends(f"with_{name}", before, site), note=name, site=site)
            before = f"with_{name}"
        add("steps.end.{site}", "value", {"value": f"steps.total.{before}.{site}"}, site=site)
    return parts


def _ends(after: str, before: str, site: str) -> Inputs:
    return {"after": f"steps.total.{after}.{site}", "before": f"steps.total.{before}.{site}"}


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        known |= pd.read_csv(snakemake.input.constants).set_index("name")["value"].add_prefix("constant.").to_dict()
        known[LEVEL] = snakemake.params.level
        write_ledger(steps(known, list(snakemake.params.sites)), out.ledger)
