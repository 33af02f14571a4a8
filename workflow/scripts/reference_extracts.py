"""Rule reference_extracts: rebuild client-level extracts from the published counts.

The real extracts are confidential. Run through the ordinary rules these give the published counts exactly and, by a
search on one tilt per model, the published p-values. Agreement is by construction and no evidence about the pilots.

Steps: published values -> numbers of each archetype -> journeys, referrals, forms and DIRs -> tilts -> aggregates.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from dscp.reference import aggregates as ledgers
from dscp.reference.archetypes import allocate, anchors, units_of
from dscp.reference.draws import client_numbers, completed_years, iso
from dscp.reference.journeys import Journeys, area_journeys, combined, finish, link_areas, outside_journeys
from dscp.reference.prison import Referrals, ages, area_referrals
from dscp.reference.prison import combined as combined_referrals
from dscp.reference.tilt import characteristics, tilt_all, yes_no
from dscp.reproduction.published import read_published
from dscp.run.job import writing
from dscp.study.areas import PERIODS, areas

MODEL_TABLES = {
    "effective_treatment": ("6.1", "6.3"),
    "successful_completion": ("6.2", "6.4"),
    "prison_pickup": ("3.1", "3.2"),
}
TREATMENT = ("effective_treatment", "successful_completion")
PRISON_MODELS = ("integrated_system", "independent_case_manager")
OUTSIDE_CLIENTS = 1_000  # clients of DATs outside the study
LINKED_PAIRS = 15  # clients in two neighbouring areas, for each pair of neighbours
NEW_JOURNEYS = 6_000  # journeys started in 2007-08 by all sites, about; not published
BUDGET = 26_500_000  # pounds; 2010-11 spending on the pilots was about 4 % of it (report section 7.1.1)

Published = Mapping[str, pd.DataFrame]
Counts = dict[tuple[str, str], tuple[int, int]]


def reference_extracts(
    published: Published, assumed: Mapping[str, pd.DataFrame], config: Mapping
) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
    """Rebuild all extracts.

    Parameters
    ----------
    published : table number, or "text" -> row, column, printed, value (text)
    assumed : file stem -> declared assumptions, as text: reference_assumed_cells, reference_activity_items,
        reference_journey_archetypes, reference_referral_archetypes, reference_marginals, reference_tilted
    config : reference_extracts, periods, sites, codes, models and economics of the study

    Returns
    -------
    extracts : name -> rows as they are written; a missing value is an empty string
    tilts : "measure site" -> the tilt that was found
    """
    tables = with_assumed_cells(published, assumed["reference_assumed_cells"])
    seed = config["reference_extracts"]["seed"]
    every = areas(config["sites"])
    treatment, prison = treatment_counts(tables), pickup_counts(tables, MODEL_TABLES["prison_pickup"])
    weights, archetypes = weights_of(assumed["reference_marginals"]), "reference_{}_archetypes".format
    journeys = build_journeys(seed, every, treatment, assumed[archetypes("journey")], weights["journeys"], config)
    referrals = build_referrals(seed, every, prison, assumed[archetypes("referral")], weights["dirs"], config)

    settings = {row["measure"]: row for row in assumed["reference_tilted"].to_dict("records")}
    given = {
        "published": published_models(tables),
        "settings": settings,
        "significance": config["models"]["significance"],
    }
    frames = journey_frame(journeys, every, config), referral_frame(referrals, every, config)
    covariates = config["models"]["treatment_covariates"], config["models"]["prison_covariates"]
    people = len(journeys.people), len(referrals.people)
    (treated, released), tilts = zip(
        *(tilt_all(seed, *parts, **given) for parts in zip(frames, covariates, people, strict=True)), strict=True
    )

    numbers = client_numbers(np.random.default_rng([seed, 90]), sum(people))
    extracts = {
        "journeys": journey_rows(np.random.default_rng([seed, 91]), journeys, treated, numbers[: people[0]]),
        **referral_rows(referrals, released, numbers[people[0] :]),
        **aggregate_extracts(tables, assumed["reference_activity_items"], treatment, every, config),
    }
    return extracts, tilts[0] | tilts[1]


def weights_of(marginals: pd.DataFrame) -> dict[str, dict[str, pd.Series]]:
    """Extract -> column -> relative weights by code."""
    return {
        extract: {
            name: codes.set_index("code")["weight"].astype(float) for name, codes in rows.groupby("column", sort=False)
        }
        for extract, rows in marginals.groupby("extract")
    }


def with_assumed_cells(published: Published, cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The published tables with the declared cells in place of what is missing, ambiguous or contradictory."""
    tables = dict(published)
    for table, rows in cells.groupby("table"):
        keys = pd.MultiIndex.from_frame(rows[["row", "column"]])
        kept = tables[table][~pd.MultiIndex.from_frame(tables[table][["row", "column"]]).isin(keys)]
        tables[table] = pd.concat([kept, rows.rename(columns={"used": "value"})], ignore_index=True)
    return tables


def treatment_counts(tables: Published) -> dict[tuple[str, str, str], tuple[int, int]]:
    """(area, period, measure) -> base, count: Tables 6.1-6.4 for the bases, 7.5 and 7.6 for the counts."""
    bases = {measure: cells(tables, MODEL_TABLES[measure]) for measure in TREATMENT}
    counts = cells(tables, ("7.5", "7.6"))
    columns = dict(zip(TREATMENT, ("effective_treatment", "successful_completions"), strict=True))
    return {
        (area, column[: -len("_total")], measure): (
            number_of,
            counts[f"{area}_{column[: -len('_total')]}", columns[measure]],
        )
        for measure, found in bases.items()
        for (area, column), number_of in found.items()
        if column.endswith("_total")
    }


def pickup_counts(tables: Published, names: tuple[str, ...]) -> Counts:
    """(area, period) -> base, count, from Tables 3.1 to 3.3."""
    found = cells(tables, names)
    return {
        (area, column[: -len("_total")]): (base, found[area, column.replace("total", "count")])
        for (area, column), base in found.items()
        if column.endswith("_total")
    }


def cells(tables: Published, names: tuple[str, ...]) -> dict[tuple[str, str], int]:
    """(row, column) -> value of the count cells of some tables."""
    rows = pd.concat([tables[name] for name in names])
    wanted = rows["column"].str.contains("_total|_count|treatment|completions") & (rows["value"] != "")
    return {
        (row, column): int(value)
        for row, column, value in rows.loc[wanted, ["row", "column", "value"]].itertuples(index=False)
    }


def build_journeys(
    seed: int, every: pd.DataFrame, counts: Mapping, archetypes: pd.DataFrame, marginals: Mapping, config
) -> Journeys:
    """Journeys of all areas and of DATs outside the study; each area has a generator of its own."""
    units, days = units_of(archetypes), anchors(config["periods"], "outcomes")
    parts = []
    for position, area in enumerate(every.itertuples()):
        targets = {(period, measure): counts[area.area, period, measure] for period in PERIODS for measure in TREATMENT}
        traits = {"two_dats"} if len(area.dats) > 1 else set()
        numbers = allocate(units, targets, position, traits, most=3)
        rng = np.random.default_rng([seed, 10, position])
        parts.append(area_journeys(rng, area.area, area.dats, units, numbers, days, marginals))
    built = combined(
        [*parts, outside_journeys(np.random.default_rng([seed, 11]), OUTSIDE_CLIENTS, days["both"], marginals)]
    )
    link_areas(np.random.default_rng([seed, 12]), built, LINKED_PAIRS)
    finish(built)
    return built


def build_referrals(
    seed: int, every: pd.DataFrame, counts: Counts, archetypes: pd.DataFrame, marginals: Mapping, config
) -> Referrals:
    """Referrals, forms and DIRs of all areas with a prison."""
    units, days = units_of(archetypes), anchors(config["periods"], "referrals")
    parts = []
    for position, area in enumerate(every.itertuples()):
        if area.continuity in PRISON_MODELS:
            targets = {(period, "prison_pickup"): counts[area.area, period] for period in PERIODS}
            traits = {area.arm, "two_dats" if len(area.dats) > 1 else ""}
            numbers = allocate(units, targets, position, traits, most=1)
            place = {"dats": area.dats, "prisons": area.prisons}
            rng = np.random.default_rng([seed, 20, position])
            parts.append(area_referrals(rng, area.area, place, units, numbers, days, marginals))
    return combined_referrals(parts)


def published_models(tables: Published) -> dict[tuple[str, str], tuple[str, int]]:
    """(measure, site) -> p as printed, sign of the printed did."""
    found = {}
    for measure, names in MODEL_TABLES.items():
        rows = pd.concat([tables[name] for name in names]).set_index(["row", "column"])["printed"]
        for row in dict.fromkeys(row for row, _ in rows.index if row.startswith("comparison")):
            sign = -1 if rows[row, "diff_in_diff"].startswith("-") else 1
            found[measure, row.replace("comparison", "site")] = (rows[row, "p_value"], sign)
    return found


def journey_frame(built: Journeys, every: pd.DataFrame, config: Mapping) -> pd.DataFrame:
    """The treatment models' rows, without the tilted characteristics."""
    uses = built.uses
    rows = built.journeys.iloc[uses["journey"].to_numpy(dtype=int)].reset_index(drop=True)
    first_days = {name: days["S"] for name, days in anchors(config["periods"], "outcomes").items()}
    age = completed_years(rows["born"].to_numpy(), np.maximum(rows["start"], uses["period"].map(first_days)).to_numpy())
    frame = characteristics(rows, age.astype(float), config["codes"], config["models"]["length_of_use_bands"])
    by_source = rows["referral_source"].isin(
        [str(code) for code in config["codes"]["criminal_justice_referral_sources"]]
    )
    known = np.where(rows["referral_source"] == "", "missing", np.where(by_source, "yes", "no"))
    frame["criminal_justice_referral"] = np.where(rows["dip_flag"] == "Y", "yes", known)
    frame["no_record"] = False
    return _with_cells(frame, uses, built.people["area"], every)


def referral_frame(referred: Referrals, every: pd.DataFrame, config: Mapping) -> pd.DataFrame:
    """The prison models' rows, without the tilted characteristic; no DIR: all missing, at the mean age of its model."""
    uses = referred.uses
    dates = referred.referrals["referral_date"].to_numpy()[uses["referral"]]
    record = referred.dirs[referred.dirs["counts"]].set_index("person").reindex(uses["person"])
    age = ages(record, dates)
    text = record.astype(object).fillna("")
    frame = characteristics(text, age, config["codes"], config["models"]["length_of_use_bands"])
    frame["treated_last_two_years"] = yes_no(text["treated_last_two_years"])
    frame["no_record"] = record["dir_date"].isna().to_numpy()
    frame = _with_cells(frame, uses, referred.people["area"], every)
    frame["age"] = frame["age"].fillna(frame.groupby("site")["age"].transform("mean"))
    return frame


def _with_cells(frame: pd.DataFrame, uses: pd.DataFrame, area_of: pd.Series, every: pd.DataFrame) -> pd.DataFrame:
    area = area_of.to_numpy()[uses["person"]]
    frame["person"], frame["measure"] = uses["person"].to_numpy(), uses["measure"].to_numpy()
    frame["outcome"], frame["post"] = uses["outcome"].to_numpy(dtype=bool), uses["period"].to_numpy() == "post"
    frame["site"] = pd.Series(area).map(every.set_index("area")["site"])
    frame["pilot"] = pd.Series(area).str.startswith("pilot")
    return frame


JOURNEY_COLUMNS = [
    "client", "dat", "journey", "journey_start", "journey_end", "exit_reason", "date_of_birth", "sex", "ethnicity",
    "drug_1", "drug_2", "drug_3", "age_first_use", "referral_source", "dip_flag", "previously_treated",
    "dual_diagnosis",
]  # fmt: skip
DIR_COLUMNS = [
    "client", "dir_date", "date_of_birth", "sex", "ethnicity", "drug_1", "drug_2", "drug_3", "age_first_use",
    "no_fixed_abode", "treated_last_two_years",
]  # fmt: skip
FIRST_TREATMENT = 0.6  # share of the earliest journeys at which the client says not to have been treated before


def journey_rows(rng: np.random.Generator, built: Journeys, answers: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    """The extract journeys, sorted by client and journey."""
    rows = built.journeys
    own = answers.iloc[rows["person"].to_numpy()].reset_index(drop=True)
    own.loc[(rows["sequence"] == 0) & (rng.random(len(rows)) < FIRST_TREATMENT), "previously_treated"] = "N"
    found = rows.assign(
        client=numbers[rows["client"].to_numpy()],
        journey_start=iso(rows["start"].to_numpy()),
        journey_end=iso(rows["end"].to_numpy()),
        date_of_birth=iso(rows["born"].to_numpy()),
        age_first_use=years_text(rows["age_first_use"]),
        **own,
    )
    return found.sort_values(["client", "journey"])[JOURNEY_COLUMNS]


def referral_rows(built: Referrals, answers: pd.DataFrame, numbers: np.ndarray) -> dict[str, pd.DataFrame]:
    """The extracts carat_referrals, cjit_forms and dirs."""
    referrals = built.referrals.sort_values(["referral_date", "person"], ignore_index=True)
    referrals = referrals.assign(
        referral=[f"R{row:06d}" for row in range(1, len(referrals) + 1)],
        client=numbers[referrals["person"].to_numpy()],
        referral_date=iso(referrals["referral_date"].to_numpy()),
        release_date=iso(referrals["release_date"].to_numpy()),
    )
    forms = built.forms.sort_values(["care_plan_date", "person"], ignore_index=True)
    forms = forms.assign(
        form=np.where(np.arange(len(forms)) % 3 == 0, "AF7", "AF5"),
        client=numbers[forms["person"].to_numpy()],
        care_plan_date=iso(forms["care_plan_date"].to_numpy()),
    )
    person = built.dirs["person"].to_numpy()
    dirs = built.dirs.assign(
        client=numbers[person],
        dir_date=iso(built.dirs["dir_date"].to_numpy()),
        date_of_birth=iso(built.dirs["born"].to_numpy()),
        age_first_use=years_text(built.dirs["age_first_use"]),
        no_fixed_abode=answers["no_fixed_abode"].to_numpy()[person],
    )
    columns = ["referral", "client", "prison", "referral_date", "release_date", "residence_dat", "referred_to_dat"]
    return {
        "carat_referrals": referrals[columns],
        "cjit_forms": forms[["form", "client", "prison", "dat", "care_plan_date"]],
        "dirs": dirs.sort_values(["client", "dir_date"])[DIR_COLUMNS],
    }


def years_text(values: pd.Series) -> np.ndarray:
    """Whole years as text, empty where missing."""
    return np.where(values.isna(), "", values.fillna(0).astype(int).astype(str))


def aggregate_extracts(
    tables: Published, items: pd.DataFrame, treatment: Mapping, every: pd.DataFrame, config: Mapping
) -> dict[str, pd.DataFrame]:
    """The extracts that hold counts and amounts."""
    seed, economics = config["reference_extracts"]["seed"], config["economics"]
    years = [*economics["journey_years"]["before"], *economics["journey_years"]["during"]]
    windows = {name: period["triage_quarters"] for name, period in config["periods"].items()}
    sizes = {
        (area, period): base for (area, period, measure), (base, _) in treatment.items() if measure == TREATMENT[0]
    }
    ranges = tables["text"].set_index("column")["value"][["y1_min", "y1_max", "y2_min", "y2_max"]].astype(int)
    yearly = ledgers.new_journeys_yearly(tables["7.4"], years, NEW_JOURNEYS)
    generators = [np.random.default_rng([seed, 40, place]) for place in range(3)]
    return {
        "triage_quarters": ledgers.triage_quarters(generators[0], pickup_counts(tables, ("3.3",)), every, windows),
        "new_journeys_monthly": ledgers.new_journeys_monthly(generators[1], yearly, sizes, economics["monthly_window"]),
        "new_journeys_yearly": yearly,
        "pilot_spending": ledgers.pilot_spending(generators[2], tables, ranges, economics["spending_years"]),
        "treatment_budgets": ledgers.treatment_budgets(tables["C.7.1"]),
        "budget_shares": ledgers.budget_shares(tables["C.7.2"], BUDGET),
        "fieldwork": ledgers.fieldwork(tables),
        "pilot_activity": ledgers.pilot_activity(tables["1.3"], items),
    }


def read_assumed(paths: list[str]) -> dict[str, pd.DataFrame]:
    """Declared assumptions as text, by file stem."""
    return {Path(path).stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths}


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = yaml.safe_load(Path(snakemake.input.study).read_text(encoding="utf-8"))
        study["reference_extracts"] = {"seed": snakemake.params.seed}
        extracts, tilts = reference_extracts(
            read_published(snakemake.input.published), read_assumed(snakemake.input.assumed), study
        )
        for name, rows in extracts.items():
            rows.to_csv(out[name], index=False, lineterminator="\n")
        print("".join(f"{model}: tilt {tilt:+.6f}\n" for model, tilt in tilts.items()), end="")
