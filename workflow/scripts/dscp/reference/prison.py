"""CARAT referrals, CJIT forms and Drug Interventions Records of the reference extracts, one area at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dscp.reference.archetypes import Unit
from dscp.reference.draws import NEVER, completed_years, draw_codes, draw_days, even_uniforms, stacked, tidy_drugs
from dscp.reference.journeys import OUTSIDE_DATS, Columns, strata, uses_of

OUTSIDE_PRISONS = ["HN1", "HN2", "HN3"]
DIR_COLUMNS = ("sex", "ethnicity", "drug_1", "drug_2", "drug_3", "age_first_use", "treated_last_two_years")
BIRTH_UNKNOWN = 0.005  # share of DIRs without a date of birth


@dataclass
class Referrals:
    """Referrals under construction.

    Attributes
    ----------
    people : one row per client: area
    referrals : person, referral_date, release_date, prison, referred_to_dat, residence_dat
    forms : person, care_plan_date, prison, dat
    dirs : person, dir_date, born and the characteristics; counts (bool): the one that the referrals rest on
    uses : one row per referral in a base: person, referral (row of referrals), period, measure, outcome
    """

    people: pd.DataFrame
    referrals: pd.DataFrame
    forms: pd.DataFrame
    dirs: pd.DataFrame
    uses: pd.DataFrame


def area_referrals(
    rng: np.random.Generator,
    area: str,
    place: Mapping[str, list[str]],
    units: list[Unit],
    numbers: list[int],
    days: Mapping[str, Mapping[str, int]],
    marginals: Mapping[str, pd.Series],
) -> Referrals:
    """Draw the referrals of one area, with their forms and DIRs.

    Parameters
    ----------
    place : dats and prisons of the area
    units, numbers : the kinds of client and how many of each
    days : anchor days by period
    marginals : column -> relative weights by code
    """
    referrals, forms, uses = [], [], []
    person = rows = 0
    for unit, n in zip(units, numbers, strict=True):
        if n:
            referred, seen = _block(rng, unit, n, place, days[unit.when])
            referrals += [{**item, "person": item["person"] + person} for item in referred]
            forms += [{**item, "person": item["person"] + person} for item in seen]
            uses += [uses_of(part, n, person, rows, "referral") for part in unit.parts]
            person, rows = person + n, rows + n * len(referred)
    joined, counted = stacked(referrals), stacked(uses)
    dirs = _records(rng, joined, strata(counted, person), marginals)
    return Referrals(pd.DataFrame({"area": [area] * person}), joined, stacked(forms), dirs, counted)


def _block(
    rng: np.random.Generator, unit: Unit, n: int, place: Mapping[str, list[str]], days: Mapping[str, int]
) -> tuple[list[Columns], list[Columns]]:
    """The n clients of one unit: their first referrals, and second ones if there are any, and their forms likewise."""
    row, anchors = unit.archetype, dict(days)
    dats = {"own": rng.choice(place["dats"], n), "outside": rng.choice(OUTSIDE_DATS, n), "": np.full(n, "")}
    dats |= {"first": np.full(n, place["dats"][0]), "second": np.full(n, place["dats"][-1])}
    prisons = {"own": rng.choice(place["prisons"], n), "other": rng.choice(OUTSIDE_PRISONS, n)}
    prison, who = prisons[row["prison"]], np.arange(n)
    referrals, forms = [], []
    for item in (1, 2):
        if row[f"referral_{item}"]:
            anchors[f"r{item}"] = referred = draw_days(rng, row[f"referral_{item}"], anchors, n)
            anchors[f"d{item}"] = released = draw_days(rng, row[f"release_{item}"], anchors, n)
            columns = {"person": who, "referral_date": referred, "release_date": released, "prison": prison}
            places = {"referred_to_dat": dats[row["referred_to"]], "residence_dat": dats[row["residence"]]}
            referrals.append(columns | places)
    for item in (1, 2):
        if row[f"form_{item}"]:
            seen = draw_days(rng, row[f"form_{item}"], anchors, n)
            where = {"prison": prisons.get(row["form_prison"], prison), "dat": dats[row["form_dat"]]}
            forms.append({"person": who, "care_plan_date": seen} | where)
    return referrals, forms


def _records(rng, referrals: pd.DataFrame, of: np.ndarray, marginals: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The DIRs of an area's clients; a client with two referrals has one before the first."""
    n = len(of)
    dates = referrals.groupby("person")["referral_date"]
    first, several = dates.min().to_numpy(), dates.size().to_numpy() > 1
    kind = np.where(several, "before", draw_codes(even_uniforms(rng, of), marginals["records"])).astype(str)
    born = first - np.rint(365.25 * (18.1 + rng.gamma(2.4, 5.5, n).clip(max=50))).astype(int)
    unknown = rng.random(n) < BIRTH_UNKNOWN
    decisive = _dirs(even_uniforms, rng, of, marginals).assign(
        person=np.arange(n), dir_date=first - np.where(kind == "same_day", 0, rng.integers(1, 200, n)), counts=True
    )
    others = []
    for kinds, offset in (
        (["two_before"], -rng.integers(201, 700, n)),
        (["before_and_after", "only_after"], rng.integers(1, 120, n)),
    ):
        who = np.flatnonzero(np.isin(kind, kinds))
        drawn = _dirs(lambda r, strata: r.random(len(strata)), rng, of[who], marginals)
        others.append(drawn.assign(person=who, dir_date=(first + offset)[who], counts=False))
    dirs = pd.concat([decisive[~np.isin(kind, ["only_after", "none"])], *others], ignore_index=True)
    person = dirs["person"].to_numpy()
    dirs["born"] = np.where(unknown[person], NEVER, born[person])
    first_use = pd.to_numeric(dirs["age_first_use"]).to_numpy(dtype=float)
    dirs["age_first_use"] = np.minimum(first_use, completed_years(born, first - 900)[person])
    return dirs


def _dirs(uniforms, rng, of: np.ndarray, marginals: Mapping[str, pd.Series]) -> pd.DataFrame:
    drawn = pd.DataFrame({column: draw_codes(uniforms(rng, of), marginals[column]) for column in DIR_COLUMNS})
    tidy_drugs(drawn)
    return drawn


def ages(dirs: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    """Completed years at a date, nan where the date of birth is not recorded."""
    born = dirs["born"].to_numpy()
    known = born < NEVER
    return np.where(known, completed_years(np.where(known, born, 0), at), np.nan)


def combined(parts: list[Referrals]) -> Referrals:
    """All areas as one, people and referrals renumbered."""
    frames = {name: [] for name in Referrals.__dataclass_fields__}
    people = rows = 0
    for part in parts:
        for name, frame in vars(part).items():
            moved = {"person": frame["person"] + people} if "person" in frame else {}
            moved |= {"referral": frame["referral"] + rows} if "referral" in frame else {}
            frames[name].append(frame.assign(**moved))
        people, rows = people + len(part.people), rows + len(part.referrals)
    return Referrals(**{name: pd.concat(found, ignore_index=True) for name, found in frames.items()})
