"""Rule uncertainty: what is known of the worth of the pilots (Appendix F, Figure S.9).

No random draws: see `ledger.worth`. Each statistic twice: with counts alone, where the areas of a pair would have moved
together, and with areas, where each moves by itself (rule evidence). Sites are independent; all of them share what is
not known of values. Money is in pounds, variances are in squared clients.
"""

from collections.abc import Mapping, MutableMapping, Sequence

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import numbers, read_ledger, write_ledger
from dscp.run.job import writing
from dscp.study.areas import arms_of

RULE, SOURCE = "uncertainty", "Appendix F9"
OUTCOMES = {"effective_treatment": "effective_treatment", "completions": "completion_of_treated"}
COUNTS, AREAS = KINDS = ("counts", "areas")
ALL = "all"
ONE_PAIR = "not computed: one pair of areas, two are needed"
NOT_BETWEEN = "not computed: an input is missing, or an assumption is not between its ends"
THREE = ", ".join(f"[{name}_low, {name}, {name}_high]" for name in ("chance", "treatment", "recovery"))
GIVEN = f"{THREE}, [saving, saving_cv], [harm, harm_cv], [treated, completed], [own, both, other], rate, recovered"
ECONOMICS = "setting.economics."
UNKNOWN = {
    **{
        f"{short}_{end}": f"{ECONOMICS}sensitivity.{name}.{end}"
        for short, name in (
            ("chance", "recovery_probability"),
            ("treatment", "treatment_years"),
            ("recovery", "recovery_years"),
        )
        for end in ("low", "high")
    },
    "chance": "constant.recovery_probability",
    "treatment": f"{ECONOMICS}treatment_years",
    "recovery": f"{ECONOMICS}recovery_years",
    "saving": "unit_value.short_term_value.year_1",
    "saving_cv": f"{ECONOMICS}uncertainty.saving_cv",
    "harm": "constant.harm_untreated",
    "harm_cv": f"{ECONOMICS}uncertainty.harm_cv",
    "recovered": "constant.harm_in_recovery",
    "rate": f"{ECONOMICS}discount_rates.from_year_1",
}
Values = MutableMapping[str, float]


def area_covariance(values: Values, sites: Sequence[str]) -> list[pd.DataFrame]:
    """Ledger rows of how the two changes of untreated areas move together beyond counts, squared points.

    It is never more than their variances beyond counts allow.
    """
    areas = [arms_of(site)["comparison"] for site in sites]
    cells = [f"{area}.{period}" for area in areas for period in ("pre", "post")]
    raw = {
        "treated": [f"effective_treatment.change.{area}" for area in areas],
        "completed": [f"completion_of_treated.change.{area}" for area in areas],
        "completions": [f"successful_completion.count.{cell}" for cell in cells],
        "effective": [f"effective_treatment.count.{cell}" for cell in cells],
        "base": [f"effective_treatment.base.{cell}" for cell in cells],
    }
    formula = (
        "sum((t - mean(treated)) * (c - mean(completed)) for t, c in zip(treated, completed)) / (len(treated) - 1)"
        " - sum(10000 * c / b * (1 - e / b) / b for c, e, b in zip(completions, effective, base)) / len(treated)"
    )
    most = {
        "found": "uncertainty.area_covariation",
        "t": "evidence.area_variance.effective_treatment",
        "c": "evidence.area_variance.completion_of_treated",
    }
    least = "max(min(found, sqrt(t * c)), -sqrt(t * c))"
    few = ONE_PAIR if len(sites) == 1 else ""
    return [
        derived(values, "uncertainty.area_covariation", "ppt2", formula, raw, missing=few),
        derived(values, "uncertainty.area_covariance", "ppt2", least, most, missing=few),
    ]


def moments(values: Values, sites: Sequence[str]) -> list[pd.DataFrame]:
    """Ledger rows of additional clients, their variances and covariance: of each site, then of all."""
    frame = pd.DataFrame({"site": sites, "n": [site.removeprefix("site_") for site in sites]}).assign(place=sites)
    base = {"base": "effective_treatment.base.pilot_{n}.post"}
    of_areas = {name: f"evidence.area_variance.{measure}" for name, measure in OUTCOMES.items()}
    found, summed = [], []
    for outcome, measure in OUTCOMES.items():
        name = f"uncertainty.clients.{outcome}.{{place}}"
        inputs = {**base, "did": f"{measure}.did.{{site}}"}
        found.append(derived(values, name, "count", "did / 100 * base", inputs, frame))
        summed.append(name)
        for kind in KINDS:
            name = f"uncertainty.variance.{outcome}.{kind}.{{place}}"
            inputs = {**base, "se": f"{measure}.did_se.{{site}}"}
            more = {"areas": of_areas[outcome]} if kind == AREAS else {}
            formula = f"(base / 100) ** 2 * {'(se ** 2 + 2 * areas)' if more else 'se ** 2'}"
            found.append(derived(values, name, "count2", formula, {**inputs, **more}, frame))
            summed.append(name)
    for kind in KINDS:
        name = f"uncertainty.covariance.{kind}.{{place}}"
        inputs = {**base, "both": "sensitivity.covariance.{site}"}
        more = {"areas": "uncertainty.area_covariance"} if kind == AREAS else {}
        formula = f"(base / 100) ** 2 * {'(both + 2 * areas)' if more else 'both'}"
        found.append(derived(values, name, "count2", formula, {**inputs, **more}, frame))
        summed.append(name)
    for name in summed:
        unit = "count" if ".clients." in name else "count2"
        part = {"part": [name.format(place=site) for site in sites]}
        found.append(derived(values, name, unit, "sum(part)", part, ONE.assign(place=ALL)))
    return found


def expectations(values: Values, places: Mapping[str, Sequence[str]], few: str) -> list[pd.DataFrame]:
    """Ledger rows of mean, spread, probability to pay and value of knowing.

    `places` : site or all -> sites of the cost; `few` : why nothing can be said with areas, "" where it can
    """
    found = []
    for place, sites in places.items():
        one = ONE.assign(place=place)
        of_place = {"treated": "clients.effective_treatment", "completed": "clients.completions"}
        own = {name: f"uncertainty.{what}.{{place}}" for name, what in of_place.items()}
        own |= {"spent": [f"cost.{site}.total" for site in sites]}
        told = [("value", "expected_value", "gbp", COUNTS, "uncertainty.value.{place}")]
        for kind in KINDS:
            for name, function, unit in (("sd", "sd", "gbp"), ("pays", "share", "rate"), ("gain", "gain", "gbp")):
                told.append((name, f"expected_{function}", unit, kind, f"uncertainty.{name}.{kind}.{{place}}"))
        for _, function, unit, kind, name in told:
            inputs = {**UNKNOWN, **own, **_variances(kind)}
            formula = f"{function}({GIVEN}, sum(spent))"
            why = few if kind == AREAS and few else NOT_BETWEEN
            found.append(derived(values, name, unit, formula, inputs, one, missing=why))
        for kind in KINDS:
            inputs = {
                **own,
                **_variances(kind),
                "v": "unit_value.discounted_value_treatment.pv",
                "w": "unit_value.expected_value.pv",
            }
            formula = (
                "normal_tail((sum(spent) - treated * v - completed * w)"
                " / sqrt(own * v ** 2 + 2 * both * v * w + other * w ** 2))"
            )
            name, why = f"uncertainty.effects_alone.{kind}.{{place}}", few if kind == AREAS else ""
            found.append(derived(values, name, "rate", formula, inputs, one, missing=why))
    return found


def _variances(kind: str) -> dict[str, str]:
    parts = {"own": "variance.effective_treatment", "both": "covariance", "other": "variance.completions"}
    return {name: f"uncertainty.{what}.{kind}.{{place}}" for name, what in parts.items()}


def derived(
    values: Values,
    name: str,
    unit: str,
    formula: str,
    inputs: Mapping[str, str | Sequence[str]],
    frame: pd.DataFrame = ONE,
    missing: str = "",
) -> pd.DataFrame:
    """Ledger rows of this rule."""
    told = {"rule": RULE, "function": RULE, "source": SOURCE, "missing": missing}
    return derive(frame, values, id=name, unit=unit, formula=formula, inputs=inputs, **told)


def uncertainty(values: Mapping[str, float], sites: Sequence[str], leaves_out: bool) -> list[pd.DataFrame]:
    """All ledger rows of what is known of worth.

    Parameters
    ----------
    values : id -> value of counts, changes, differences, costs, unit values, what areas say, constants and settings
    sites : analysed sites, in order; those without a cost are left out
    leaves_out : whether a site whose benefit could not be computed is left out. Not under a disclosure policy: what the
        totals rest on would tell that nobody is in a base
    """
    known = dict(values)
    sites = [site for site in sites if f"benefit.total.{site}" in known]
    named = {site: known[f"benefit.total.{site}"] for site in sites}
    used = [site for site, total in named.items() if not leaves_out or total == total] or sites
    places = {**{site: [site] for site in used}, ALL: used}
    few = ONE_PAIR if len(used) == 1 else ""
    return [*area_covariance(known, used), *moments(known, used), *expectations(known, places, few)]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        cited = pd.read_csv(snakemake.input.constants).set_index("name")["value"]
        known |= {f"constant.{name}": value for name, value in cited.items()}
        known |= dict(numbers({"economics": given.economics}))
        write_ledger(uncertainty(known, given.sites, given.leaves_out), out.ledger)
