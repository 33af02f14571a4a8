"""Rule impact: rates, changes, difference in differences and their tests.

Report sections 1.3.2, B2 (models) and C4 (difference in differences). Tables 3.1-3.3, 6.1-6.4, 7.5-7.7. What follows
from counts is computed by the formulas that the ledger records.
"""

import math
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import asdict

import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.ids import dims_of, identifier, shapes
from dscp.ledger.rows import quantities, read_ledger, values_of, write_ledger
from dscp.measures.models import fit_site
from dscp.measures.registry import MEASURES
from dscp.measures.types import AMONG, Measure
from dscp.run.job import writing
from dscp.study.areas import analysed, arms_of

RULE = "impact"
EMPTY_CELL = "not estimable: a cell of area, period and outcome is empty"
CELLS = [("pilot", "post"), ("pilot", "pre"), ("comparison", "post"), ("comparison", "pre")]
CONFIDENCE, ADDED = "setting.models.confidence", "setting.models.added_to_cells"
LEVEL = "setting.models.significance"
NO_SIZE = "not computed: a test whose p-value is 1 gives no interval"
ENDS = (("low", "-"), ("high", "+"))  # of an interval
FEW = "nobody or everybody of a cell has the outcome: cases are added to each cell of the test and the interval"
Values = MutableMapping[str, float]


def counts_of(measure: Measure, places: pd.DataFrame, values: Values) -> pd.DataFrame:
    """Ledger rows of rates, per cent: one for each area (and total) and period; missing where the base is 0.

    Parameters
    ----------
    places : area, period
    values : ledger id -> value; what is computed joins them
    """
    return derive(
        places,
        values,
        id=f"{measure.name}.rate.{{area}}.{{period}}",
        unit="percent",
        formula="100 * count / base",
        inputs={"count": measure.count, "base": measure.cohort.base},
        missing="not computed: the base is 0",
        source=measure.source,
        rule=RULE,
        function="counts_of",
    )


def changes_of(measure: Measure, places: pd.DataFrame, values: Values) -> pd.DataFrame:
    """Ledger rows of changes between the periods, percentage points: one for each area (and total)."""
    rate = f"{measure.name}.rate.{{area}}"
    return derive(
        places[["area"]].drop_duplicates().sort_values("area"),
        values,
        id=f"{measure.name}.change.{{area}}",
        unit="ppt",
        formula="post - pre",
        inputs={"post": f"{rate}.post", "pre": f"{rate}.pre"},
        source=measure.source,
        rule=RULE,
        function="changes_of",
    )


def differences_of(measure: Measure, pairs: pd.DataFrame, values: Values) -> pd.DataFrame:
    """Ledger rows of differences in differences, percentage points: one for each site (report C4).

    Parameters
    ----------
    pairs : site, and its areas: pilot, comparison
    """
    change = f"{measure.name}.change"
    return derive(
        pairs,
        values,
        id=f"{measure.name}.did.{{site}}",
        unit="ppt",
        formula="pilot - comparison",
        inputs={"pilot": f"{change}.{{pilot}}", "comparison": f"{change}.{{comparison}}"},
        source="Appendix C4",
        rule=RULE,
        function="differences_of",
    )


def unadjusted_of(measure: Measure, pairs: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """Ledger rows of the tests without characteristics, one for each site.

    p_unadjusted: Wald test of pilot x post in the logistic model of the four counts (closed form).
    p_difference: normal test of the difference in differences of the four proportions, unpooled variance.

    A cell of nobody or everybody has no variance. There as many cases with the outcome as without are added to each
    cell, half a case for four proportions: Agresti and Caffo, 2000; Price and Bonett, 2004.
    """
    cells = _cells({"count": measure.count, "base": measure.cohort.base})
    parts = ("log_odds_did", "log_odds_se", "did", "did_added", "did_mid", "did_se")
    own = {part: f"{measure.name}.{part}.{{site}}" for part in parts}
    with_added = cells | {"added": own["did_added"]}
    of_difference = [
        (  # 0 ** 0 is 1, and 0 to any other power 0
            "did_added",
            "ratio",
            "added * 0 ** prod(c * (above_0(b) - c) for c, b in zip(count, base))",
            cells | {"added": ADDED},
        ),
        (
            "did_mid",
            "ppt",
            "100 * sum(sign * (c + added) / (b + 2 * added) for sign, c, b in zip([1, -1, -1, 1], count, base))"
            " if added > 0 else did",
            with_added | {"did": own["did"]},
        ),
        (
            "did_se",
            "ppt",
            "100 * sqrt(sum((c + added) / (b + 2 * added) * (1 - (c + added) / (b + 2 * added)) / (b + 2 * added)"
            " for c, b in zip(count, base)))",
            with_added,
        ),
        (
            "p_difference",
            "p",
            "2 * normal_tail(abs(did_mid) / did_se)",
            {part: own[part] for part in ("did_mid", "did_se")},
        ),
    ]
    of_odds = [
        (
            "log_odds_did",
            "ratio",
            "sum(sign * log_odds(c, b) for sign, c, b in zip([1, -1, -1, 1], count, base))",
            cells,
        ),
        ("log_odds_se", "ratio", "sqrt(sum(1 / c + 1 / (b - c) for c, b in zip(count, base)))", cells),
        (
            "p_unadjusted",
            "p",
            "2 * normal_tail(abs(log_odds_did) / log_odds_se)",
            {part: own[part] for part in ("log_odds_did", "log_odds_se")},
        ),
    ]
    if measure.tested and not measure.model:  # no characteristics exist: the printed p is the unadjusted one
        of_odds.append(("p", "p", "p_unadjusted", {"p_unadjusted": f"{measure.name}.p_unadjusted.{{site}}"}))
    return [
        derive(
            with_notes(pairs, measure, values) if part in ("did_se", "p_difference") else pairs.assign(few=""),
            values,
            id=f"{measure.name}.{part}.{{site}}",
            unit=unit,
            formula=formula,
            inputs=inputs,
            note="{few}",
            missing=EMPTY_CELL,
            source=measure.source,
            rule=RULE,
            function="unadjusted_of",
        )
        for part, unit, formula, inputs in [*(of_odds if measure.tested else []), *of_difference]
    ]


def with_notes(pairs: pd.DataFrame, measure: Measure, values: Values) -> pd.DataFrame:
    """The sites with a note (few) where cases are added to their cells."""
    added = (values[f"{measure.name}.did_added.{site}"] for site in pairs["site"])
    return pairs.assign(few=[FEW if one > 0 else "" for one in added])


def clustered_of(measure: Measure, base: Measure, sites: Sequence[str], members: pd.DataFrame) -> pd.DataFrame:
    """Standard errors, by client, of the differences of a measure that counts whom another measure counts.

    Those counted are not all in the base, so that the rate is a ratio; a client may be in several of the four cells.
    A client's residual in a cell is c - R * x (counted, in the base: 0 or 1; R the cell's ratio), over the cell's base,
    signed as in the difference. It is summed over the cells, squared, and summed over clients.

    Parameters
    ----------
    base : the measure whose members are the base
    members : as of `impact`; person tells clients apart in all measures of an extract

    Returns one row per site: site, error (percentage points; nan where a cell has nobody in the base, or nobody
    counted), members (of the base, and those counted).
    """
    own = members[members["site"].isin(list(sites)) & members["measure"].isin([measure.counted, base.name])]
    counts = own["measure"].eq(measure.counted)
    own = own.assign(c=(counts & own["outcome"]).astype(int), x=(~counts).astype(int))
    cells = [(arm, period) for arm, period in CELLS]
    each = own[own["c"] + own["x"] > 0].groupby(["site", "person", "arm", "period"])[["c", "x"]].sum().reset_index()
    found = []
    for site in sites:
        here, far, known = each[each["site"] == site], [], []
        for (arm, period), sign in zip(cells, (1, -1, -1, 1), strict=True):
            cell = here[(here["arm"] == arm) & (here["period"] == period)].set_index("person")
            counted, treated = cell["c"].sum(), cell["x"].sum()
            known.append(counted > 0 and treated > 0)
            if known[-1]:
                far.append(sign * (cell["c"] - counted / treated * cell["x"]) / treated)
        error = 100 * math.sqrt((pd.concat(far).groupby(level=0).sum() ** 2).sum()) if all(known) else math.nan
        found.append({"site": site, "error": error, "members": int(here[["c", "x"]].sum().sum())})
    return pd.DataFrame(found)


def clustered_rows(
    measure: Measure, measures: Sequence[Measure], sites: Sequence[str], members: pd.DataFrame, counted: pd.DataFrame
) -> list[pd.DataFrame]:
    """Ledger rows of these standard errors: leaves, read from records; none for a measure with clients of its own."""
    base = next((one for one in measures if one.of_its_own and one.cohort.family == measure.cohort.family), None)
    if measure.of_its_own or not len(sites) or base is None:
        return []
    errors = origin_of(measure, clustered_of(measure, base, sites, members), counted, "", "")
    return [
        quantities(
            errors,
            id=f"{measure.name}.did_se_clustered.{{site}}",
            value="error",
            unit="ppt",
            extract="{extract}",
            filter="clients of {site} who are in the base or counted, in either area and period",
            cohort=f"{measure.cohort.key}{AMONG}error of {measure.name}",
            rows="members",
            settings="{settings}",
            source=measure.source,
            rule=RULE,
            function="clustered_of",
            missing=EMPTY_CELL,
        )
    ]


def uncut_of(measure: Measure, pairs: pd.DataFrame, values: Values) -> pd.DataFrame:
    """Ledger rows of differences in differences without the last day of forms, one for each site that has counts."""
    known = [site for site in pairs["site"] if f"{measure.name}.uncut.{arms_of(site)['pilot']}.pre" in values]
    patterns = {"count": f"{measure.name}.uncut.{{area}}.{{period}}", "base": measure.cohort.base}
    return derive(
        pairs[pairs["site"].isin(known)],
        values,
        id=f"{measure.name}.uncut_did.{{site}}",
        unit="ppt",
        formula="100 * sum(sign * c / b for sign, c, b in zip([1, -1, -1, 1], count, base))",
        inputs=_cells(patterns),
        source=measure.source,
        rule=RULE,
        function="uncut_of",
    )


def _cells(patterns: Mapping[str, str]) -> dict[str, list[str]]:
    """Templates of the ids of CELLS, by the names that a formula has for them."""
    return {
        name: [pattern.replace("{area}", f"{{{arm}}}").replace("{period}", period) for arm, period in CELLS]
        for name, pattern in patterns.items()
    }


def intervals_of(measure: Measure, pairs: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """Ledger rows of the ends of normal intervals of the differences without characteristics, percentage points."""
    inputs = {part: f"{measure.name}.{part}.{{site}}" for part in ("did_mid", "did_se")}
    return [
        derive(
            with_notes(pairs, measure, values),
            values,
            id=f"{measure.name}.did_{end}.{{site}}",
            unit="ppt",
            formula=f"did_mid {sign} normal_quantile((1 + confidence) / 2) * did_se",
            inputs={**inputs, "confidence": CONFIDENCE},
            note="{few}",
            source=measure.source,
            rule=RULE,
            function="intervals_of",
        )
        for end, sign in ENDS
    ]


def interval_of_test(measure: Measure, pairs: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """Ledger rows of the ends of the interval that goes with the test, percentage points; none without a test.

    It takes in nought exactly where the test is not significant: as wide as makes its own p-value the one of the test
    (Miettinen, 1976). In its middle is the adjusted effect; the difference where the test is of counts alone.
    """
    about = f"{measure.name}.{'effect' if measure.model else 'did'}.{{site}}"
    inputs = {"about": about, "p": f"{measure.name}.p.{{site}}", "level": LEVEL}
    return [
        derive(
            pairs,
            values,
            id=f"{measure.name}.tested_{end}.{{site}}",
            unit="ppt",
            formula=f"about {sign} abs(about) * normal_quantile(level / 2) / normal_quantile(max(p, 1e-300) / 2)",
            inputs=inputs,
            missing=NO_SIZE,
            source="Appendix B2",
            rule=RULE,
            function="interval_of_test",
        )
        for end, sign in ENDS
        if measure.tested
    ]


def adjusted_of(clients: pd.DataFrame, sites: list[str], covariates: list[str], models: Mapping) -> pd.DataFrame:
    """Fit one model per site on its clients or referrals; one row per site: the fields of Interaction.

    And `dropped`: how many of the site's clients or referrals the model leaves out.
    """
    fits = []
    for site in sites:
        own = clients[clients["site"] == site]
        fit = fit_site(own, covariates, models)
        fits.append({"site": site, **asdict(fit), "dropped": len(own) - fit.rows})
    fitted = pd.DataFrame(fits)
    if not fits:
        return fitted
    return fitted.assign(
        note=fitted["notes"].map("; ".join), of_rows=(fitted["notes"] + fitted["remarks"]).map("; ".join)
    )


def impact(
    counted: pd.DataFrame,
    members: pd.DataFrame,
    sites: Sequence[str],
    models: Mapping,
    measures: Sequence[Measure],
) -> list[pd.DataFrame]:
    """Compute all rates, changes, differences and tests.

    Parameters
    ----------
    counted : ledger rows of the counts and bases
    members : clients and referrals: measure, site, arm, period, outcome, person and characteristics
    sites : analysed sites, in order
    models : covariates (treatment_covariates, prison_covariates), confidence, significance, age_without_dir,
        added_to_cells of the config
    measures : in the order of the ledger

    Returns ledger rows.
    """
    parts, rows = [], {row["id"]: row for row in counted.to_dict("records")}
    values = {name: row["value"] for name, row in rows.items()}
    values |= {CONFIDENCE: models["confidence"], ADDED: models["added_to_cells"], LEVEL: models["significance"]}
    for measure in measures:
        places = places_of(measure, rows)
        known = set(places["area"])
        pairs = pd.DataFrame(
            [{"site": site, **areas} for site in sites if set((areas := arms_of(site)).values()) <= known],
            columns=["site", "pilot", "comparison"],
        )
        parts += [counts_of(measure, places, values), changes_of(measure, places, values)]
        parts += [differences_of(measure, pairs, values), uncut_of(measure, pairs, values)]
        parts += [*unadjusted_of(measure, pairs, values), *intervals_of(measure, pairs, values)]
        parts += clustered_rows(measure, measures, pairs["site"].tolist(), members, counted)
        if measure.model and len(pairs):
            chosen = models[f"{measure.model.covariates}_covariates"]
            own = members[members["measure"] == measure.name]
            fitted = adjusted_of(own, pairs["site"].tolist(), chosen, models)
            parts.append(model_rows(measure, with_origin(measure, fitted, counted), chosen))
            values |= values_of(parts[-1])
        parts += interval_of_test(measure, pairs, values)
    return [part for part in parts if len(part)]


def places_of(measure: Measure, rows: Mapping[str, Mapping]) -> pd.DataFrame:
    """The areas (and totals) and periods in which a measure is counted: area, period."""
    of_pattern = shapes(rows)
    bases = {rows[name]["dims"] for name in of_pattern.get(measure.cohort.base, [])}
    found = [dims_of(rows[name]) for name in of_pattern.get(measure.count, []) if rows[name]["dims"] in bases]
    return pd.DataFrame(found, columns=["area", "period"])


# What a model rests on besides what its clients or referrals are counted with.
OF_MODELS = (
    "models.{covariates}_covariates models.length_of_use_bands models.age_without_dir codes.ethnicity codes.drugs "
)
OF_INTERVALS = " models.confidence"


def with_origin(measure: Measure, fitted: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Add what each site's model reads and is shaped by: extract and settings of its counts, and the model's own."""
    own = OF_MODELS.format(covariates=measure.model.covariates) + measure.model.settings
    return origin_of(measure, fitted, counted, measure.model.characteristics, own)


def origin_of(measure: Measure, frame: pd.DataFrame, counted: pd.DataFrame, extract: str, own: str) -> pd.DataFrame:
    """Add extract and settings of the counts of each row's site, and some more of either."""
    rows = counted.set_index("id")

    def joined(site: str, field: str, more: str) -> str:
        areas = [(arms_of(site)[arm], period) for arm, period in CELLS]
        ids = [
            identifier(pattern, area=area, period=period)
            for pattern in (measure.cohort.base, measure.count)
            for area, period in areas
        ]
        return " ".join(dict.fromkeys(" ".join([*rows.loc[ids, field], more]).split()))

    return frame.assign(
        extract=[joined(site, "extract", extract) for site in frame["site"]],
        settings=[joined(site, "settings", own) for site in frame["site"]],
    )


def model_rows(measure: Measure, fitted: pd.DataFrame, covariates: list[str]) -> pd.DataFrame:
    """Ledger rows of the adjusted models: leaves, recomputed by refitting."""
    model = f"logistic model of {measure.name} for {{site}}: pilot, post, pilot x post, {', '.join(covariates)}"
    units = {
        "p": "p",
        "p_clustered": "p",
        "effect": "ppt",
        "effect_low": "ppt",
        "effect_high": "ppt",
        "rows": "count",
        "dropped": "count",
    }
    named = {"rows": "model_rows", "dropped": "model_rows_dropped"}
    whom = {"dropped": "left out of the model of"}
    return pd.concat(
        quantities(
            fitted,
            id=f"{measure.name}.{named.get(part, part)}.{{site}}",
            value=part,
            unit=units.get(part, "ratio"),
            extract="{extract}",
            filter=f"left out of the {model}" if part == "dropped" else model,
            cohort=f"{measure.cohort.key}{AMONG}{whom.get(part, 'model of')} {measure.name}",
            rows="dropped" if part == "dropped" else "rows",
            settings="{settings}" + (OF_INTERVALS if part.endswith(("_low", "_high")) else ""),
            source=measure.source,
            rule=RULE,
            function="adjusted_of",
            note="{of_rows}" if part == "rows" else "{note}",
            missing="",
        )
        for part in (
            "p",
            "p_clustered",
            "odds_ratio",
            "odds_ratio_low",
            "odds_ratio_high",
            "effect",
            "effect_low",
            "effect_high",
            "rows",
            "dropped",
        )
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        counted = read_ledger(*snakemake.input.ledgers)
        members = pd.concat([pd.read_parquet(path) for path in snakemake.input.members], ignore_index=True)
        measures = [MEASURES[name] for name in snakemake.params.measures]
        write_ledger(impact(counted, members, list(analysed(study["sites"])), study["models"], measures), out.ledger)
