"""Rule case_mix: who was counted in the pilots and in their comparison areas, and what is not known of them.

Report Appendix B2, Tables B.2 to B.4. Counts of every category of every characteristic are small: they are made only
where there is no disclosure policy. How alike two groups are is told by the standardised difference, which does not
grow with their size: the difference of two shares, divided by their pooled standard deviation (Austin, 2009).
"""

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import asdict

import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.ids import digest, identifier
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.measures.counting import everywhere
from dscp.measures.models import MISSING, fit_site
from dscp.measures.records import use_bands
from dscp.measures.registry import MEASURES
from dscp.measures.types import AMONG, Measure
from dscp.run.job import writing
from dscp.study.areas import ARMS, PERIODS, analysed, arms_of

RULE = "case_mix"
SOURCE = "Appendix B2"
AGE_BANDS = [25, 35, 45]  # years, for the tables alone: the models take the age as it is
NAMES = {"M": "male", "F": "female"}  # how a code stands in an id
CATEGORY = ".{characteristic}.{category}"
WHERE = ".{area}.{period}"
OTHERS = "no"  # whoever is in none of the other categories: their difference follows from those
MODELLED = "models.{covariates}_covariates models.length_of_use_bands codes.ethnicity codes.drugs"
COMPLETE = {"rows": "count", "effect": "ppt", "p": "p"}  # of a model of the fully known: what is told -> its unit
Values = MutableMapping[str, float]


def case_mix(
    counted: pd.DataFrame,
    members: pd.DataFrame,
    sites: Sequence[str],
    models: Mapping,
    measures: Sequence[Measure],
) -> list[pd.DataFrame]:
    """Compare who was counted, and fit the models again to those of whom everything is known.

    Parameters
    ----------
    counted : ledger rows of the counts and bases
    members : clients and referrals: measure, site, arm, area, period, outcome and characteristics
    sites : analysed sites, in order
    models : of the config: covariates (treatment_covariates, prison_covariates), age_without_dir, confidence
    measures : in the order of the ledger

    Returns ledger rows.
    """
    values = counted.set_index("id")["value"].to_dict()
    modelled = [measure for measure in measures if measure.model]
    parts, first = [], {}
    for measure in modelled:
        first.setdefault(measure.model.covariates, measure)
    for kind, measure in first.items():
        if not models[f"{kind}_covariates"]:
            continue
        own = of_measure(members, measure, sites)
        found = levels(own, models[f"{kind}_covariates"])
        parts += compared(kind, measure, found, bases(found, measure, sites, values), values)
    for measure in modelled:
        chosen = models[f"{measure.model.covariates}_covariates"]
        bases_of = {site: identifier(measure.cohort.base, area=arms_of(site)["pilot"], period="post") for site in sites}
        there = [site for site, base in bases_of.items() if base in values]
        parts.append(complete(measure, of_measure(members, measure, sites), there, chosen, models))
    return [part for part in parts if len(part)]


def of_measure(members: pd.DataFrame, measure: Measure, sites: Sequence[str]) -> pd.DataFrame:
    """The members that a measure counts in some sites."""
    return members[(members["measure"] == measure.name) & members["site"].isin(sites)]


def levels(own: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """How many members are in each category: characteristic, category, arm, area (all_pilots …), period, count.

    A category that somebody of any area and period is in is there in all of them.
    """
    places = {"arm": pd.Categorical(own["arm"], ARMS), "period": pd.Categorical(own["period"], PERIODS)}
    made = []
    for name in covariates:
        found = categories(own[name])
        ordered = pd.Categorical(found, sorted(found.unique(), key=_place))
        sizes = own.assign(**places, category=ordered).groupby(["category", "arm", "period"], observed=False).size()
        made.append(sizes.rename("count").reset_index().assign(characteristic=name))
    every = pd.concat(made, ignore_index=True)
    return every.assign(area="all_" + every["arm"].astype(str) + "s")


def categories(values: pd.Series) -> pd.Series:
    """Categories of a characteristic as they stand in ids; ages by band; what is not known is missing."""
    if values.name != "age":
        return values.fillna(MISSING).astype(str).replace(NAMES).str.lower()
    bands = use_bands(AGE_BANDS)
    edges, labels = [*(low for low, _ in bands), float("inf")], [name for _, name in bands]
    cut = pd.cut(values.astype(float), edges, right=False, labels=labels).astype(object)
    return cut.where(values.notna(), MISSING).astype(str)


def _place(category: str) -> tuple:
    """Where a category stands: bands from the lowest, what is not known last."""
    low = category.split("_")[0]
    return category == MISSING, not category.startswith("under_"), int(low) if low.isdigit() else 0, category


def compared(
    kind: str, measure: Measure, found: pd.DataFrame, groups: pd.DataFrame, values: Values
) -> Iterator[pd.DataFrame]:
    """Ledger rows of bases, counts and shares by category, and of standardised differences between the arms."""
    told = {"source": SOURCE, "rule": RULE, "function": "compared"}
    pattern = {part: f"case_mix.{part}.{kind}" for part in ("base", "count", "share", "difference")}
    yield derive(
        groups,
        values,
        id=pattern["base"] + WHERE,
        unit="count",
        formula="sum(part)",
        inputs={"part": "@parts"},
        **told,
    )
    counts = quantities(
        found,
        id=pattern["count"] + CATEGORY + WHERE,
        value="count",
        rows="count",
        unit="count",
        extract=" ".join(dict.fromkeys([*measure.cohort.reads, measure.model.characteristics])),
        filter=f"members of {measure.name}, {{area}}, {{period}}: {{characteristic}} is {{category}}",
        settings=settings(measure, measure.cohort.settings),
        cohort=f"{measure.cohort.key}{AMONG}{{characteristic}}={{category}}",
        **told,
    )
    values |= counts.set_index("id")["value"].to_dict()
    yield counts
    yield derive(
        found,
        values,
        id=pattern["share"] + CATEGORY + WHERE,
        unit="percent",
        formula="100 * count / base",
        inputs={"count": pattern["count"] + CATEGORY + WHERE, "base": pattern["base"] + WHERE},
        **told,
    )
    share, own = pattern["share"] + CATEGORY, ["characteristic", "category", "period"]
    yield derive(
        found.loc[found["category"] != OTHERS, own].drop_duplicates(),
        values,
        id=f"{pattern['difference']}{CATEGORY}.{{period}}",
        unit="ratio",
        formula="(pilot - comparison) / sqrt((pilot * (100 - pilot) + comparison * (100 - comparison)) / 2)",
        inputs={arm: f"{share}.all_{arm}s.{{period}}" for arm in ARMS},
        missing="not computed: nobody or everybody of both groups is in this category",
        **told,
    )


def bases(found: pd.DataFrame, measure: Measure, sites: Sequence[str], known: Collection[str]) -> pd.DataFrame:
    """The groups that are compared, and the ids of the bases that each is the sum of: area, period, parts."""
    groups = found[["arm", "area", "period"]].drop_duplicates()
    parts = [
        [identifier(measure.cohort.base, area=arms_of(site)[arm], period=period) for site in sites]
        for arm, period in zip(groups["arm"], groups["period"], strict=True)
    ]
    return groups.assign(parts=[[name for name in names if name in known] for names in parts])


def settings(measure: Measure, counted_by: str) -> str:
    """Paths of the settings that decide who is counted in all areas and both periods, and what is known of them."""
    modelled = f"{MODELLED.format(covariates=measure.model.covariates)} {measure.model.settings}"
    return " ".join(dict.fromkeys(f"{everywhere(counted_by)} {modelled}".split()))


def complete(
    measure: Measure, own: pd.DataFrame, sites: Sequence[str], covariates: Sequence[str], models: Mapping
) -> pd.DataFrame:
    """Ledger rows of the adjusted models of those members of whom every characteristic is known, one for each site."""
    known = own[(own[list(covariates)].notna() & (own[list(covariates)] != MISSING)).all(axis=1)]
    fits = [
        {"site": site, **asdict(fit_site(known[known["site"] == site], list(covariates), models))} for site in sites
    ]
    if not fits:
        return pd.DataFrame()
    fitted = pd.DataFrame(fits).assign(measure=measure.name)
    fitted["note"] = fitted["notes"].map("; ".join)
    return pd.concat(
        quantities(
            fitted,
            id=f"case_mix.complete_{part}.{{measure}}.{{site}}",
            value=part,
            rows="rows",
            unit=unit,
            extract=" ".join(measure.reads),
            filter=f"logistic model of {measure.name} for {{site}}, of members whose {', '.join(covariates)} are known",
            settings=settings(measure, f"{measure.settings} models.age_without_dir"),
            cohort=f"{measure.cohort.key}{AMONG}{digest('complete', measure.name)}",
            source=SOURCE,
            rule=RULE,
            function="complete",
            note="" if part == "rows" else "{note}",
            missing="",
        )
        for part, unit in COMPLETE.items()
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        counted = read_ledger(*snakemake.input.ledgers)
        members = pd.concat([pd.read_parquet(path) for path in snakemake.input.members], ignore_index=True)
        measures = [MEASURES[name] for name in snakemake.params.measures]
        write_ledger(case_mix(counted, members, list(analysed(study["sites"])), study["models"], measures), out.ledger)
