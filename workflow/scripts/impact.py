"""Rule impact: rates, changes, difference in differences and their tests.

Report sections 1.3.2, B2 (models) and C4 (difference in differences). Tables 3.1-3.3, 6.1-6.4, 7.5-7.7.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from dscp.ledger.formulas import log_odds, normal_quantile, normal_tail, spread
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.measures.models import fit_interaction
from dscp.run.job import writing
from dscp.study.areas import analysed

RULE = "impact"
EMPTY_CELL = "not estimable: a cell of area, period and outcome is empty"
CELLS = [("pilot", "post"), ("pilot", "pre"), ("comparison", "post"), ("comparison", "pre")]


@dataclass(frozen=True)
class Measure:
    """A measure: where its counts and bases stand in the ledger, its source and its model.

    `characteristics` is the extract that the clients' characteristics come from, `covariates` the list of the config.
    """

    name: str
    count: str
    base: str
    source: str
    characteristics: str = ""
    covariates: str = ""


MEASURES = [
    Measure(
        "effective_treatment", "effective_treatment", "effective_treatment", "Appendix B2", "journeys", "treatment"
    ),
    Measure(
        "successful_completion",
        "successful_completion",
        "successful_completion",
        "Appendix B2",
        "journeys",
        "treatment",
    ),
    Measure("completion_of_treated", "successful_completion", "effective_treatment", "Tables 7.5 to 7.7"),
    Measure("prison_pickup", "prison_pickup", "prison_pickup", "Appendix B2", "dirs", "prison"),
    Measure("community_triage", "community_triage", "community_triage", "Appendix B2"),
]


def counts_of(measure: Measure, values: Mapping[str, float]) -> pd.DataFrame:
    """One row per area (and total) and period: area, period, count, base, rate (per cent; nan where the base is 0)."""
    prefix = f"{measure.count}.count."
    found = [key.removeprefix(prefix).split(".") for key in values if key.startswith(prefix)]
    rows = [
        {"area": area, "period": period, "count": values[f"{prefix}{area}.{period}"], "base": values[base]}
        for area, period in found
        if (base := f"{measure.base}.base.{area}.{period}") in values
    ]
    frame = pd.DataFrame(rows, columns=["area", "period", "count", "base"])
    frame["rate"] = 100 * frame["count"] / frame["base"].where(frame["base"] > 0)
    return frame


def changes_of(rates: pd.DataFrame) -> pd.DataFrame:
    """One row per place: pre, post (per cent) and change (percentage points)."""
    wide = rates.pivot(index="area", columns="period", values="rate").reset_index()
    return wide.assign(change=wide["post"] - wide["pre"])


def differences_of(changes: pd.DataFrame, sites: list[str]) -> pd.DataFrame:
    """One row per site that has both areas: did, percentage points (report C4)."""
    change = changes.set_index("area")["change"]
    rows = [
        {"site": site, "n": n, "did": change[f"pilot_{n}"] - change[f"comparison_{n}"]}
        for site in sites
        if f"pilot_{(n := site.removeprefix('site_'))}" in change.index
    ]
    return pd.DataFrame(rows, columns=["site", "n", "did"])


def unadjusted_of(rates: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Tests without characteristics, one row per site.

    p_unadjusted: Wald test of pilot x post in the logistic model of the four counts (closed form).
    p_difference: normal test of the difference in differences of the four proportions, unpooled variance.
    """
    table = rates.set_index(["area", "period"])
    rows = []
    for row in differences.itertuples():
        count, base = (
            [float(table.loc[(f"{arm}_{row.n}", period), column]) for arm, period in CELLS]
            for column in ("count", "base")
        )
        rows.append({"site": row.site, "n": row.n, **_tests(count, base, row.did)})
    columns = ["site", "n", "log_odds_did", "log_odds_se", "p_unadjusted", "did_se", "p_difference"]
    return pd.DataFrame(rows, columns=columns)


def _tests(count: list[float], base: list[float], did: float) -> dict:
    """Both tests on four counts; each is nan where it does not exist."""
    cells = list(zip(count, base, strict=True))
    found = dict.fromkeys(("log_odds_did", "log_odds_se", "p_unadjusted", "did_se", "p_difference"), np.nan)
    if all(b > 0 for _, b in cells) and any(0 < c < b for c, b in cells):
        found["did_se"] = 100 * spread(sum(c / b * (1 - c / b) / b for c, b in cells))
        found["p_difference"] = 2 * normal_tail(abs(did) / found["did_se"])
    if any(c in (0, b) for c, b in cells):
        return found
    odds = [log_odds(c, b) for c, b in cells]
    found["log_odds_did"] = odds[0] - odds[1] - (odds[2] - odds[3])
    found["log_odds_se"] = sum(1 / c + 1 / (b - c) for c, b in cells) ** 0.5
    found["p_unadjusted"] = 2 * normal_tail(abs(found["log_odds_did"]) / found["log_odds_se"])
    return found


def intervals_of(differences: pd.DataFrame, tests: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Normal intervals of the differences without characteristics, one row per site: low, high, percentage points."""
    frame = differences.merge(tests[["site", "did_se"]], on="site")
    reach = normal_quantile((1 + confidence) / 2) * frame["did_se"]
    return frame.assign(low=frame["did"] - reach, high=frame["did"] + reach)


def by_measure(clients: pd.DataFrame, referrals: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Measure with a model -> its clients or referrals; without a row where nobody is counted."""
    modelled = [measure.name for measure in MEASURES if measure.covariates]
    every = pd.concat([clients, referrals], ignore_index=True)
    return {name: every[every["measure"] == name] for name in modelled}


def with_age(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Deal with an unknown age, by the rule of the config: enter at the mean of the model, or leave out."""
    if rule == "leave_out":
        return rows[rows["age"].notna()]
    return rows.assign(age=rows["age"].astype(float).fillna(rows["age"].mean()))


def adjusted_of(clients: pd.DataFrame, sites: list[str], covariates: list[str], models: Mapping) -> pd.DataFrame:
    """Fit one model per site on its clients or referrals; one row per site: the fields of Interaction."""
    frame = clients.assign(pilot=clients["arm"] == "pilot", post=clients["period"] == "post")
    fits = []
    for site in sites:
        rows = with_age(frame[frame["site"] == site], models["age_without_dir"])
        fit = fit_interaction(rows, covariates, models["confidence"])
        fits.append({"site": site, "n": site.removeprefix("site_"), **asdict(fit)})
    fitted = pd.DataFrame(fits)
    return fitted.assign(note=fitted["notes"].map("; ".join)) if fits else fitted


def impact(
    counted: pd.DataFrame,
    clients: Mapping[str, pd.DataFrame],
    sites: list[str],
    models: Mapping,
) -> list[pd.DataFrame]:
    """Compute all rates, changes, differences and tests.

    Parameters
    ----------
    counted : ledger rows of the counts and bases
    clients : measure -> client- or referral-level frame (site, arm, period, outcome and characteristics)
    sites : analysed sites, in order
    models : covariates (treatment_covariates, prison_covariates), confidence, age_without_dir of the config

    Returns ledger rows.
    """
    parts, values = [], counted.set_index("id")["value"].to_dict()
    for measure in MEASURES:
        rates = counts_of(measure, values)
        if rates.empty:
            continue
        changes = changes_of(rates)
        differences = differences_of(changes, sites)
        parts += [rate_rows(measure, rates), *change_rows(measure, changes, differences)]
        tests = unadjusted_of(rates, differences)
        parts += [*test_rows(measure, tests), *interval_rows(measure, differences, tests, models["confidence"])]
        if measure.covariates and not differences.empty:
            chosen = models[f"{measure.covariates}_covariates"]
            fitted = adjusted_of(clients[measure.name], differences["site"].tolist(), chosen, models)
            parts.append(model_rows(measure, with_origin(measure, fitted, counted), chosen))
    return parts


def rate_rows(measure: Measure, rates: pd.DataFrame) -> pd.DataFrame:
    """Ledger rows of rates."""
    inputs = {
        "count": f"{measure.count}.count.{{area}}.{{period}}",
        "base": f"{measure.base}.base.{{area}}.{{period}}",
    }
    return quantities(
        rates,
        id=f"{measure.name}.rate.{{area}}.{{period}}",
        value="rate",
        unit="percent",
        formula="100 * count / base",
        inputs=inputs,
        missing="not computed: the base is 0",
        source=measure.source,
        rule=RULE,
        function="counts_of",
    )


def change_rows(measure: Measure, changes: pd.DataFrame, differences: pd.DataFrame) -> list[pd.DataFrame]:
    """Ledger rows of changes and differences."""
    rate, change = f"{measure.name}.rate.{{area}}", f"{measure.name}.change"
    return [
        quantities(
            changes,
            id=f"{change}.{{area}}",
            value="change",
            unit="ppt",
            formula="post - pre",
            inputs={"post": f"{rate}.post", "pre": f"{rate}.pre"},
            source=measure.source,
            rule=RULE,
            function="changes_of",
        ),
        quantities(
            differences,
            id=f"{measure.name}.did.{{site}}",
            value="did",
            unit="ppt",
            formula="pilot - comparison",
            inputs={"pilot": f"{change}.pilot_{{n}}", "comparison": f"{change}.comparison_{{n}}"},
            source="Appendix C4",
            rule=RULE,
            function="differences_of",
        ),
    ]


def test_rows(measure: Measure, tests: pd.DataFrame) -> list[pd.DataFrame]:
    """Ledger rows of the unadjusted tests."""
    name, places = measure.name, [(f"{arm}_{{n}}", period) for arm, period in CELLS]
    inputs = {
        "count": [f"{measure.count}.count.{area}.{period}" for area, period in places],
        "base": [f"{measure.base}.base.{area}.{period}" for area, period in places],
    }
    common = {"source": measure.source, "rule": RULE, "function": "unadjusted_of", "missing": EMPTY_CELL}
    declared = [
        (
            "log_odds_did",
            "ratio",
            "sum(sign * log_odds(c, b) for sign, c, b in zip([1, -1, -1, 1], count, base))",
            inputs,
        ),
        ("log_odds_se", "ratio", "sqrt(sum(1 / c + 1 / (b - c) for c, b in zip(count, base)))", inputs),
        (
            "p_unadjusted",
            "p",
            "2 * normal_tail(abs(log_odds_did) / log_odds_se)",
            {part: f"{name}.{part}.{{site}}" for part in ("log_odds_did", "log_odds_se")},
        ),
        ("did_se", "ppt", "100 * spread(sum(c / b * (1 - c / b) / b for c, b in zip(count, base)))", inputs),
        (
            "p_difference",
            "p",
            "2 * normal_tail(abs(did) / did_se)",
            {part: f"{name}.{part}.{{site}}" for part in ("did", "did_se")},
        ),
    ]
    rows = [
        quantities(tests, id=f"{name}.{part}.{{site}}", value=part, unit=unit, formula=formula, inputs=of, **common)
        for part, unit, formula, of in declared
        if name != "completion_of_treated" or part == "did_se"  # no table prints a test of it
    ]
    if measure.name == "community_triage":  # no characteristics exist: the printed p is the unadjusted one
        rows.append(
            quantities(
                tests,
                id=f"{name}.p.{{site}}",
                value="p_unadjusted",
                unit="p",
                formula="p_unadjusted",
                inputs={"p_unadjusted": f"{name}.p_unadjusted.{{site}}"},
                **common,
            )
        )
    return rows


def interval_rows(
    measure: Measure, differences: pd.DataFrame, tests: pd.DataFrame, confidence: float
) -> list[pd.DataFrame]:
    """Ledger rows of the ends of the unadjusted intervals."""
    inputs = {part: f"{measure.name}.{part}.{{site}}" for part in ("did", "did_se")}
    return [
        quantities(
            intervals_of(differences, tests, confidence),
            id=f"{measure.name}.did_{end}.{{site}}",
            value=end,
            unit="ppt",
            formula=f"did {sign} normal_quantile((1 + confidence) / 2) * did_se",
            inputs={**inputs, "confidence": "setting.models.confidence"},
            source=measure.source,
            rule=RULE,
            function="intervals_of",
        )
        for end, sign in (("low", "-"), ("high", "+"))
    ]


# What a model rests on besides what its clients or referrals are counted with.
OF_MODELS = (
    "models.{covariates}_covariates models.length_of_use_bands models.age_without_dir codes.ethnicity codes.drugs "
)
OF_COVARIATES = {"treatment": "codes.criminal_justice_referral_sources", "prison": ""}
OF_INTERVALS = " models.confidence"


def with_origin(measure: Measure, fitted: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Add what each site's model reads and is shaped by: extract and settings of its counts, and the model's own."""
    rows = counted.set_index("id")
    own = OF_MODELS.format(covariates=measure.covariates) + OF_COVARIATES[measure.covariates]

    def joined(n: str, field: str, more: str) -> str:
        ids = [f"{measure.name}.{part}.{arm}_{n}.{period}" for part in ("base", "count") for arm, period in CELLS]
        return " ".join(dict.fromkeys(" ".join([*rows.loc[ids, field], more]).split()))

    return fitted.assign(
        extract=[joined(n, "extract", measure.characteristics) for n in fitted["n"]],
        settings=[joined(n, "settings", own) for n in fitted["n"]],
    )


def model_rows(measure: Measure, fitted: pd.DataFrame, covariates: list[str]) -> pd.DataFrame:
    """Ledger rows of the adjusted models: leaves, recomputed by refitting."""
    model = f"logistic model of {measure.name} for {{site}}: pilot, post, pilot x post, {', '.join(covariates)}"
    units = {"p": "p", "effect": "ppt", "effect_low": "ppt", "effect_high": "ppt", "rows": "count"}
    return pd.concat(
        quantities(
            fitted,
            id=f"{measure.name}.{'model_rows' if part == 'rows' else part}.{{site}}",
            value=part,
            unit=units.get(part, "ratio"),
            extract="{extract}",
            filter=model,
            cohort=measure.name,
            rows="rows",
            settings="{settings}" + (OF_INTERVALS if part.endswith(("_low", "_high")) else ""),
            source=measure.source,
            rule=RULE,
            function="adjusted_of",
            note="{note}",
            missing="",
        )
        for part in (
            "p",
            "odds_ratio",
            "odds_ratio_low",
            "odds_ratio_high",
            "effect",
            "effect_low",
            "effect_high",
            "rows",
        )
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        counted = read_ledger(snakemake.input.outcomes, snakemake.input.continuity)
        clients = pd.read_parquet(snakemake.input.clients)
        frames = by_measure(clients, pd.read_parquet(snakemake.input.referrals))
        sites = list(analysed(study["sites"]))
        write_ledger(impact(counted, frames, sites, study["models"]), out.ledger)
