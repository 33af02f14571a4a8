"""Rule unit_values: what one more client in effective treatment, and one more successful completion, are worth.

Tables C.5.1 and C.6.1 with the sensitivity values of the text; report Appendices C5 and C6. Money is in pounds.
"""

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.formulas import round_half_up
from dscp.ledger.rows import quantities, write_ledger
from dscp.run.job import writing

RULE = "unit_values"
SOURCE = "Appendix C6"
OF_METHOD = "economics.method"
OF_YEARS = "economics.treatment_years economics.recovery_years"


def discount_rate(year: int, schedule: list[Mapping]) -> Mapping:
    """The step of the schedule in force in a year: the last whose from_year is not after it."""
    return [step for step in schedule if step["from_year"] <= year][-1]


def discount_factors(years: int, schedule: list[Mapping]) -> pd.DataFrame:
    """Discount factors, one row per year 1..years: year, from_year of the rate in force, factor.

    Each year divides the factor of the year before by one plus its own rate (Green Book schedule).
    """
    rows, factor = [], 1.0
    for year in range(1, years + 1):
        step = discount_rate(year, schedule)
        factor /= 1 + step["rate"]
        rows.append({"year": year, "previous": year - 1, "from_year": step["from_year"], "factor": factor})
    return pd.DataFrame(rows)


def harm_profile(constants: Mapping[str, float], factors: pd.DataFrame, treatment_years: int) -> pd.DataFrame:
    """Harm, value and cost per year with and without treatment (Table C.6.1).

    Parameters
    ----------
    constants : name -> value, pounds a year or probability
    factors : from discount_factors
    treatment_years : years in treatment; recovery follows

    Returns one row per year; columns as in Table C.6.1, unrounded pounds.
    """
    treated = factors["year"] <= treatment_years
    in_treatment = constants["harm_in_treatment_crime"] + constants["harm_in_treatment_health"]
    untreated, p = constants["harm_untreated"], constants["recovery_probability"]
    frame = factors.assign(
        no_treatment_harm=untreated,
        harm_recovery=treated.map({True: in_treatment, False: constants["harm_in_recovery"]}),
        harm_no_recovery=treated.map({True: in_treatment, False: untreated}),
        treatment_cost=treated * constants["treatment_cost"],
    )
    frame["harm_weighted_average"] = p * frame["harm_recovery"] + (1 - p) * frame["harm_no_recovery"]
    frame["short_term_value"] = frame["no_treatment_harm"] - frame["harm_no_recovery"]
    frame["long_term_value"] = frame["harm_no_recovery"] - frame["harm_recovery"]
    frame["discounted_value_treatment"] = frame["short_term_value"] * frame["factor"]
    frame["discounted_value_abstain"] = frame["long_term_value"] * frame["factor"]
    frame["expected_value"] = frame["discounted_value_treatment"] + p * frame["discounted_value_abstain"]
    frame["discounted_cost"] = frame["treatment_cost"] * frame["factor"]
    return frame


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


def profile_rows(profile: pd.DataFrame) -> list[pd.DataFrame]:
    """Ledger rows of the discount factors and of Table C.6.1 with its present values."""
    common = {"rule": RULE, "source": SOURCE}
    first, later = profile[profile["year"] == 1], profile[profile["year"] > 1]
    rate = {"rate": "setting.economics.discount_rates.from_year_{from_year}"}
    factors = {"id": "discount_factor.year_{year}", "value": "factor", "unit": "ratio", "function": "discount_factors"}
    years = profile["year"].tolist()
    sums = pd.DataFrame({"column": PRESENT_VALUES, "pv": [profile[column].sum() for column in PRESENT_VALUES]})
    return [
        quantities(first, formula="1 / (1 + rate)", inputs=rate, **factors, **common),
        quantities(
            later,
            formula="previous / (1 + rate)",
            inputs={**rate, "previous": "discount_factor.year_{previous}"},
            **factors,
            **common,
        ),
        *(
            quantities(
                profile,
                id=f"unit_value.{column}.year_{{year}}",
                value=column,
                unit="gbp",
                formula=formula,
                inputs=inputs,
                function="harm_profile",
                **common,
            )
            for column, (formula, inputs) in YEARLY.items()
        ),
        quantities(
            sums,
            id="unit_value.{column}.pv",
            value="pv",
            unit="gbp",
            formula="sum(part)",
            inputs={"part": [f"unit_value.{{column}}.year_{year}" for year in years]},
            settings=OF_YEARS,
            function="harm_profile",
            **common,
        ),
    ]


def savings(constants: Mapping[str, float]) -> list[pd.DataFrame]:
    """Ledger rows of yearly harm in treatment and the saving by component (Table C.5.1)."""
    names = ["harm_in_treatment_crime", "harm_in_treatment_health", "harm_untreated_crime", "harm_untreated_health"]
    crime, health, crime_before, health_before = (constants[name] for name in names)
    one = pd.DataFrame(
        [
            {
                "in_treatment": crime + health,
                "saving": (crime_before - crime) + (health_before - health),
                "crime_saving": crime_before - crime,
            }
        ]
    )
    common = {"unit": "gbp", "source": "Table C.5.1", "rule": RULE, "function": "savings"}
    inputs = {name: f"constant.{name}" for name in names}
    return [
        quantities(
            one,
            id="unit_value.harm_in_treatment",
            value="in_treatment",
            formula=" + ".join(names[:2]),
            inputs={name: inputs[name] for name in names[:2]},
            **common,
        ),
        quantities(
            one,
            id="unit_value.crime_saving_per_year",
            value="crime_saving",
            formula="harm_untreated_crime - harm_in_treatment_crime",
            inputs={name: inputs[name] for name in (names[0], names[2])},
            **common,
        ),
        quantities(
            one,
            id="unit_value.saving_per_year_by_component",
            value="saving",
            inputs=inputs,
            formula="harm_untreated_crime - harm_in_treatment_crime + harm_untreated_health - harm_in_treatment_health",
            **common,
        ),
    ]


def sensitivity(constants: Mapping[str, float], profile: pd.DataFrame, treatment_years: int) -> list[pd.DataFrame]:
    """Ledger rows of the expected value when harm fades after treatment, and when untreated harm falls too."""
    p, kept, decline = (constants[name] for name in ("recovery_probability", "decay_retained", "untreated_decline"))
    in_treatment = constants["harm_in_treatment_crime"] + constants["harm_in_treatment_health"]
    recovery = profile[profile["year"] > treatment_years].assign(n=lambda frame: range(len(frame)))
    pv = profile["discounted_value_treatment"].sum()
    faded = in_treatment * kept ** (recovery["n"] + 1)
    untreated = constants["harm_untreated"]
    one = pd.DataFrame(
        [
            {
                "decay": pv + p * ((untreated - faded) * recovery["factor"]).sum(),
                "decline": pv + p * ((untreated * (1 - decline) ** recovery["n"] - faded) * recovery["factor"]).sum(),
                "net": pv - profile["discounted_cost"].sum(),
            }
        ]
    )
    inputs = {
        "pv": "unit_value.discounted_value_treatment.pv",
        "p": "constant.recovery_probability",
        "untreated": "constant.harm_untreated",
        "treated": "unit_value.harm_in_treatment",
        "kept": "constant.decay_retained",
        "factor": [f"discount_factor.year_{year}" for year in recovery["year"]],
    }
    common = {"unit": "gbp", "source": SOURCE, "rule": RULE, "function": "sensitivity"}
    return [
        quantities(
            one,
            id="unit_value.sensitivity_decay",
            value="decay",
            inputs=inputs,
            settings=OF_YEARS,
            formula="pv + p * sum((untreated - treated * kept ** (n + 1)) * f for n, f in enumerate(factor))",
            **common,
        ),
        quantities(
            one,
            id="unit_value.sensitivity_decline",
            value="decline",
            inputs={**inputs, "decline": "constant.untreated_decline"},
            settings=OF_YEARS,
            formula="pv + p * sum((untreated * (1 - decline) ** n - treated * kept ** (n + 1)) * f "
            "for n, f in enumerate(factor))",
            **common,
        ),
        quantities(
            one,
            id="unit_value.net_short_term",
            value="net",
            formula="pv - cost",
            inputs={"pv": inputs["pv"], "cost": "unit_value.discounted_cost.pv"},
            **common,
        ),
    ]


def values_used(constants: Mapping[str, float], profile: pd.DataFrame, method: str) -> list[pd.DataFrame]:
    """Ledger rows of the unit values by either method, and of the two that benefits are computed with.

    as_published: £44,244 (what Table 7.10 implies) and the expected value rounded to a pound.
    corrected: the model's own present values, unrounded.
    """
    table = "effective_treatment_value_table_7_10"
    pv, expected = profile["discounted_value_treatment"].sum(), profile["expected_value"].sum()
    model, whole = "unit_value.discounted_value_treatment.pv", "unit_value.expected_value.pv"
    declared = [  # outcome, method, value, formula, what it rests on
        ("effective_treatment", "as_published", constants[table], "value", f"constant.{table}"),
        ("effective_treatment", "corrected", pv, "value", model),
        ("completion", "as_published", round_half_up(expected), "round_half_up(value)", whole),
        ("completion", "corrected", expected, "value", whole),
    ]
    frame = pd.DataFrame(declared, columns=["outcome", "method", "value", "formula", "of"])
    common = {"value": "value", "unit": "gbp", "source": "Section 7.5", "rule": RULE, "function": "values_used"}
    common |= {"formula": "{formula}", "inputs": {"value": "{of}"}}
    return [
        quantities(frame, id="unit_value.{outcome}.{method}", **common),
        quantities(frame[frame["method"] == method], id="unit_value.{outcome}", settings=OF_METHOD, **common),
    ]


def unit_values(constants: Mapping[str, float], economics: Mapping) -> list[pd.DataFrame]:
    """All ledger rows of the unit values.

    Parameters
    ----------
    constants : name -> value, from workflow/resources/constants.csv
    economics : method, discount_rates, treatment_years, recovery_years of the config
    """
    treatment_years = economics["treatment_years"]
    factors = discount_factors(treatment_years + economics["recovery_years"], economics["discount_rates"])
    profile = harm_profile(constants, factors, treatment_years)
    return [
        *savings(constants),
        *profile_rows(profile),
        *sensitivity(constants, profile, treatment_years),
        *values_used(constants, profile, economics["method"]),
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        constants = pd.read_csv(snakemake.input.constants).set_index("name")["value"].to_dict()
        write_ledger(unit_values(constants, snakemake.params.economics), out.ledger)
