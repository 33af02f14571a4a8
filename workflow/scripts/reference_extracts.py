"""Rule reference_extracts: rebuild client-level extracts from the published counts.

The real extracts are confidential. Run through the ordinary rules these give the published counts exactly and, by a search on
one tilt per model, the published p-values. Agreement is by construction and no evidence about the pilots.

Steps: published values -> numbers of each archetype -> journeys, referrals, forms and DIRs -> tilts -> aggregate extracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import _reference_ledgers as ledgers
import numpy as np
import pandas as pd
from _reference_archetypes import allocate, anchors, units_of
from _reference_draws import NEVER, client_numbers, completed_years, iso
from _reference_journeys import Journeys, area_journeys, combined, finish, link_areas, outside_journeys, strata
from _reference_prison import Referrals, ages, area_referrals
from _reference_tilt import Model, Tilted, answers, characteristics, search, tilted
from _study import ARMS, PERIODS, areas, number

TREATMENT = ("effective_treatment", "successful_completion")
PRISON_MODELS = ("integrated_system", "independent_case_manager")
OUTSIDE_CLIENTS = 1_500  # clients of DATs outside the study
LINKED_PAIRS = 15  # clients in two neighbouring areas, for each pair of neighbours
NEW_JOURNEYS = 6_000  # journeys started in 2007-08 by all sites, about; not published
BUDGET = 26_500_000  # pounds; 2010-11 spending on the pilots was about 4 % of it (report section 7.1.1)

Published = Mapping[str, pd.DataFrame]
Counts = dict[tuple[str, str], tuple[int, int]]


def reference_extracts(published: Published, assumed: Mapping[str, pd.DataFrame], config: Mapping) -> dict[str, pd.DataFrame]:
    """Rebuild all extracts.

    Parameters
    ----------
    published : table number, or "text" -> row, column, printed, value (text)
    assumed : file stem -> declared assumptions, as text: reference_assumed_cells, reference_activity_items,
        reference_journey_archetypes, reference_referral_archetypes, reference_marginals, reference_tilted
    config : reference_extracts, periods, sites, codes, models and economics of the study

    Returns
    -------
    extract name -> rows as they are written; a missing value is an empty string
    """
    tables = with_assumed_cells(published, assumed["reference_assumed_cells"])
    seed = config["reference_extracts"]["seed"]
    every = areas(config["sites"])
    treatment, prison, triage = treatment_counts(tables), pickup_counts(tables, ("3.1", "3.2")), pickup_counts(tables, ("3.3",))
    marginals = {
        extract: {column: codes.set_index("code")["weight"].astype(float) for column, codes in rows.groupby("column", sort=False)}
        for extract, rows in assumed["reference_marginals"].groupby("extract")
    }
    built = build_journeys(seed, every, treatment, assumed["reference_journey_archetypes"], marginals["journeys"], config)
    referred = build_referrals(seed, every, prison, assumed["reference_referral_archetypes"], marginals["dirs"], config)
    settings = {row["measure"]: row for row in assumed["reference_tilted"].to_dict("records")}
    tilt_journeys(built, tables, settings, every, config)
    tilt_referrals(referred, tables, settings, every, config)
    numbers = client_numbers(np.random.default_rng([seed, 90]), len(built.people) + len(referred.people))
    text = tables["text"].drop_duplicates("column").set_index("column")["value"]
    return {
        "journeys": journey_rows(built, numbers[referred.people.shape[0] :]),
        **referral_rows(referred, numbers[: referred.people.shape[0]]),
        **aggregate_extracts(tables, text, assumed, treatment, triage, every, config),
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
    bases = {measure: cells(tables, names) for measure, names in zip(TREATMENT, (("6.1", "6.3"), ("6.2", "6.4")), strict=True)}
    counts = cells(tables, ("7.5", "7.6"))
    columns = dict(zip(TREATMENT, ("effective_treatment", "successful_completions"), strict=True))
    return {
        (area, column[: -len("_total")], measure): (number_of, counts[f"{area}_{column[: -len('_total')]}", columns[measure]])
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
    return {(row, column): int(value) for row, column, value in rows.loc[wanted, ["row", "column", "value"]].itertuples(index=False)}


def build_journeys(seed: int, every: pd.DataFrame, counts: Mapping, archetypes: pd.DataFrame, marginals: Mapping, config) -> Journeys:
    """Journeys of all areas and of DATs outside the study; each area has a generator of its own."""
    units, days = units_of(archetypes), anchors(config["periods"], "outcomes")
    parts = []
    for position, area in enumerate(every.itertuples()):
        targets = {(period, measure): counts[area.area, period, measure] for period in PERIODS for measure in TREATMENT}
        traits = {"two_dats"} if len(area.dats) > 1 else set()
        numbers = allocate(units, targets, position, traits, most=3)
        rng = np.random.default_rng([seed, 10, position])
        parts.append(area_journeys(rng, area.area, area.dats, units, numbers, days, marginals))
    built = combined([*parts, outside_journeys(np.random.default_rng([seed, 11]), OUTSIDE_CLIENTS, days["both"], marginals)])
    link_areas(np.random.default_rng([seed, 12]), built, LINKED_PAIRS)
    finish(built)
    return built


def build_referrals(seed: int, every: pd.DataFrame, counts: Counts, archetypes: pd.DataFrame, marginals: Mapping, config) -> Referrals:
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
    return Referrals.combined(parts)


def tilt_journeys(built: Journeys, tables: Published, settings: Mapping, every: pd.DataFrame, config: Mapping) -> None:
    """Find the tilts of the treatment models and set the tilted characteristics of every journey."""
    uses, journeys = built.uses, built.journeys
    rows = journeys.iloc[uses["journey"].to_numpy(dtype=int)].reset_index(drop=True)
    first_days = uses["period"].map({name: anchor["S"] for name, anchor in anchors(config["periods"], "outcomes").items()})
    age = completed_years(rows["born"].to_numpy(), np.maximum(rows["start"], first_days).to_numpy())
    frame = characteristics(rows, age.astype(float), config["codes"], config["models"]["length_of_use_bands"])
    frame["criminal_justice_referral"] = criminal_justice(rows, config["codes"]["criminal_justice_referral_sources"])
    frame = frame.assign(**uses[["person", "period", "measure", "outcome"]], area=built.people["area"].to_numpy()[uses["person"]])
    tables_of = {"whole_system": ("6.1", "6.2"), "criminal_justice": ("6.3", "6.4")}
    names = dict(zip(TREATMENT, ("previously_treated", "dual_diagnosis"), strict=True))
    for name in names.values():
        built.people[name] = "missing"
    for site in every.drop_duplicates("site").itertuples():
        columns = _search_site(frame, site.site, dict(zip(TREATMENT, tables_of[site.kind], strict=True)), tables, settings, config,
                               config["models"]["treatment_covariates"], len(built.people))  # fmt: skip
        inside = built.people["area"].isin([f"{arm}_{number(site.site)}" for arm in ARMS])
        for column in columns:
            built.people.loc[inside, column.name] = column.answers()[inside]


