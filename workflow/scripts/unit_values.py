"""Rule unit_values: what one more client in effective treatment, and one more successful completion, are worth.

Tables C.5.1 and C.6.1 with the sensitivity values of the text; report Appendices C5 and C6. Money is in pounds.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import numbers, write_ledger
from dscp.run.job import writing

RULE = "unit_values"
SOURCE = "Appendix C6"
EXITS = ("planned_exit", "unplanned_exit")
COMPONENTS = ("harm_in_treatment_crime", "harm_in_treatment_health", "harm_untreated_crime", "harm_untreated_health")
OF_METHOD = "economics.method"
OF_YEARS = "economics.treatment_years economics.recovery_years"


def discount_rate(year: int, schedule: list[Mapping]) -> Mapping:
    """The step of the schedule in force in a year: the last whose from_year is not after it."""
    return [step for step in schedule if step["from_year"] <= year][-1]


def discount_factors(values: dict[str, float], years: int, schedule: list[Mapping]) -> list[pd.DataFrame]:
    """Ledger rows of the discount factors of years 1..years.

    Each year divides the factor of the year before by one plus its own rate (Green Book schedule).
    """
    rows = [(year, year - 1, discount_rate(year, schedule)["from_year"]) for year in range(1, years + 1)]
    frame = pd.DataFrame(rows, columns=["year", "previous", "from_year"])
    rate = {"rate": "setting.economics.discount_rates.from_year_{from_year}"}
    common = {"id": "discount_factor.year_{year}", "unit": "ratio", "rule": RULE, "function": "discount_factors"}
    common["source"] = SOURCE
    before = {"previous": "discount_factor.year_{previous}"}
    return [
        derive(frame[:1], values, formula="1 / (1 + rate)", inputs=rate, **common),
        derive(frame[1:], values, formula="previous / (1 + rate)", inputs={**rate, **before}, **common),
    ]


# column of Table C.6.1 -> formula and its inputs, for one year
YEARLY = {
    "no_treatment_harm": ("untreated", {"untreated": "constant.harm_untreated"}),
    "harm_recovery": (
        "in_treatment if {year} <= treatment_years else recovered",
        {
            "in_treatment": "unit_value.harm_in_treatment",
            "recovered": "constant.harm_in_recovery",
            "treatment_years": "setting.economics.treatment_years",
        },
    ),
    "harm_no_recovery": (
        "in_treatment if {year} <= treatment_years else untreated",
        {
            "in_treatment": "unit_value.harm_in_treatment",
            "untreated": "constant.harm_untreated",
            "treatment_years": "setting.economics.treatment_years",
        },
    ),
    "harm_weighted_average": (
        "p * recovery + (1 - p) * no_recovery",
        {
            "p": "constant.recovery_probability",
            "recovery": "unit_value.harm_recovery.year_{year}",
            "no_recovery": "unit_value.harm_no_recovery.year_{year}",
        },
    ),
    "short_term_value": (
        "untreated - no_recovery",
        {
            "untreated": "unit_value.no_treatment_harm.year_{year}",
            "no_recovery": "unit_value.harm_no_recovery.year_{year}",
        },
    ),
    "discounted_value_treatment": (
        "value * factor",
        {"value": "unit_value.short_term_value.year_{year}", "factor": "discount_factor.year_{year}"},
    ),
    "long_term_value": (
        "no_recovery - recovery",
        {"no_recovery": "unit_value.harm_no_recovery.year_{year}", "recovery": "unit_value.harm_recovery.year_{year}"},
    ),
    "discounted_value_abstain": (
        "value * factor",
        {"value": "unit_value.long_term_value.year_{year}", "factor": "discount_factor.year_{year}"},
    ),
    "expected_value": (
        "treatment + p * abstain",
        {
            "treatment": "unit_value.discounted_value_treatment.year_{year}",
            "p": "constant.recovery_probability",
            "abstain": "unit_value.discounted_value_abstain.year_{year}",
        },
    ),
    "discounted_cost": (
        "cost * ({year} <= treatment_years) * factor",
        {
            "cost": "constant.treatment_cost",
            "treatment_years": "setting.economics.treatment_years",
            "factor": "discount_factor.year_{year}",
        },
    ),
}
PRESENT_VALUES = ("discounted_value_treatment", "discounted_value_abstain", "expected_value", "discounted_cost")


def harm_profile(values: dict[str, float], years: int) -> list[pd.DataFrame]:
    """Ledger rows of harm, value and cost per year with and without treatment, and present values (Table C.6.1)."""
    frame = pd.DataFrame({"year": range(1, years + 1)})
    common = {"unit": "gbp", "rule": RULE, "source": SOURCE, "function": "harm_profile"}
    return [
        *(
            derive(frame, values, id=f"unit_value.{column}.year_{{year}}", formula=formula, inputs=inputs, **common)
            for column, (formula, inputs) in YEARLY.items()
        ),
        derive(
            pd.DataFrame({"quantity": PRESENT_VALUES}),
            values,
            id="unit_value.{quantity}.pv",
            formula="sum(part)",
            inputs={"part": [f"unit_value.{{quantity}}.year_{year}" for year in frame["year"]]},
            settings=OF_YEARS,
            **common,
        ),
    ]


def savings(values: dict[str, float]) -> list[pd.DataFrame]:
    """Ledger rows of yearly harm in treatment and the saving by component (Table C.5.1)."""
    crime, health = "harm_untreated_crime - harm_in_treatment_crime", "harm_untreated_health - harm_in_treatment_health"
    declared = {
        "harm_in_treatment": "harm_in_treatment_crime + harm_in_treatment_health",
        "crime_saving_per_year": crime,
        "saving_per_year_by_component": f"{crime} + {health}",
    }
    common = {"unit": "gbp", "source": "Table C.5.1", "rule": RULE, "function": "savings"}
    return [
        derive(
            ONE,
            values,
            id=f"unit_value.{name}",
            formula=formula,
            inputs={part: f"constant.{part}" for part in COMPONENTS if part in formula},
            **common,
        )
        for name, formula in declared.items()
    ]


def returns(values: dict[str, float]) -> list[pd.DataFrame]:
    """Ledger rows of the likelihood to come back after an exit, per cent: all but those who are not seen again."""
    return [
        derive(
            ONE,
            values,
            id=f"unit_value.return_{one}",
            unit="percent",
            formula="100 - recovery",
            inputs={"recovery": f"constant.recovery_{one}"},
            source="Table C.5.1",
            rule=RULE,
            function="returns",
        )
        for one in EXITS
    ]


def sensitivity(values: dict[str, float], recovery: Iterable[int]) -> list[pd.DataFrame]:
    """Ledger rows of the expected value when harm fades after treatment, and when untreated harm falls too.

    Parameters
    ----------
    recovery : the years of recovery
    """
    inputs = {
        "pv": "unit_value.discounted_value_treatment.pv",
        "p": "constant.recovery_probability",
        "untreated": "constant.harm_untreated",
        "treated": "unit_value.harm_in_treatment",
        "kept": "constant.decay_retained",
        "factor": [f"discount_factor.year_{year}" for year in recovery],
    }
    common = {"unit": "gbp", "source": SOURCE, "rule": RULE, "function": "sensitivity"}
    return [
        derive(
            ONE,
            values,
            id="unit_value.sensitivity_decay",
            inputs=inputs,
            settings=OF_YEARS,
            formula="pv + p * sum((untreated - treated * kept ** (n + 1)) * f for n, f in enumerate(factor))",
            **common,
        ),
        derive(
            ONE,
            values,
            id="unit_value.sensitivity_decline",
            inputs={**inputs, "decline": "constant.untreated_decline"},
            settings=OF_YEARS,
            formula="pv + p * sum((untreated * (1 - decline) ** n - treated * kept ** (n + 1)) * f "
            "for n, f in enumerate(factor))",
            **common,
        ),
        derive(
            ONE,
            values,
            id="unit_value.net_short_term",
            formula="pv - cost",
            inputs={"pv": inputs["pv"], "cost": "unit_value.discounted_cost.pv"},
            **common,
        ),
    ]


def values_used(values: dict[str, float], method: str) -> list[pd.DataFrame]:
    """Ledger rows of the unit values by either method, and of the two that benefits are computed with.

    as_published: rounded to a pound, that of treatment with the slip of Table 7.10, which implies £44,244 for £44,224.
    corrected: the model's own present values, unrounded.
    """
    whole = "unit_value.expected_value.pv"
    treatment = "unit_value.discounted_value_treatment.pv"
    slip = {
        "implied": "constant.effective_treatment_value_table_7_10",
        "stated": "constant.effective_treatment_value_table_c_6_1",
    }
    with_slip = "round_half_up(value) + implied - stated"
    declared = [  # outcome, method, formula, what it rests on
        ("effective_treatment", "as_published", with_slip, {"value": treatment, **slip}),
        ("effective_treatment", "corrected", "value", {"value": treatment}),
        ("completion", "as_published", "round_half_up(value)", {"value": whole}),
        ("completion", "corrected", "value", {"value": whole}),
    ]
    common = {"unit": "gbp", "source": "Section 7.5", "rule": RULE, "function": "values_used"}

    def valued(name: str, methods: Iterable[str], **more: str) -> list[pd.DataFrame]:
        chosen = [(ONE.assign(outcome=one, method=by), *of) for one, by, *of in declared if by in methods]
        told = {"id": name, **more, **common}
        return [derive(frame, values, formula=formula, inputs=of, **told) for frame, formula, of in chosen]

    every = valued("unit_value.{outcome}.{method}", ("as_published", "corrected"))
    return [*every, *valued("unit_value.{outcome}", (method,), settings=OF_METHOD)]


def unit_values(constants: Mapping[str, float], economics: Mapping) -> list[pd.DataFrame]:
    """All ledger rows of the unit values.

    Parameters
    ----------
    constants : name -> value, from workflow/resources/constants.csv
    economics : method, discount_rates, treatment_years, recovery_years of the config
    """
    values = {f"constant.{name}": value for name, value in constants.items()}
    values |= dict(numbers({"economics": economics}))
    treatment = economics["treatment_years"]
    years = treatment + economics["recovery_years"]
    return [
        *savings(values),
        *returns(values),
        *discount_factors(values, years, economics["discount_rates"]),
        *harm_profile(values, years),
        *sensitivity(values, range(treatment + 1, years + 1)),
        *values_used(values, economics["method"]),
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        constants = pd.read_csv(snakemake.input.constants).set_index("name")["value"].to_dict()
        write_ledger(unit_values(constants, snakemake.params.economics), out.ledger)
