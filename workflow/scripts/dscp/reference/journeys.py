"""NDTMS journeys of the reference extracts: clients and journeys of one area from its numbers of each archetype."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dscp.reference.archetypes import MAJORITY, Part, Unit
from dscp.reference.draws import (
    NEVER,
    completed_years,
    draw_codes,
    draw_days,
    even_uniforms,
    stacked,
    tidy_drugs,
    years_before,
)

OUTSIDE_DATS = [f"N{number:02d}" for number in range(1, 7)]
EARLIER_SHARE = 0.2  # clients with an earlier journey that ended before both periods
MARGINALS = ("sex", "ethnicity", "drug_1", "drug_2", "drug_3", "age_first_use", "referral_source", "dip_flag")
VARYING = ("drug_2", "drug_3", "referral_source", "dip_flag")  # may differ between a client's journeys


@dataclass
class Journeys:
    """Journeys under construction.

    Attributes
    ----------
    people : one row per client and area: area, born, plain (no edge case), and the characteristics
    journeys : person, sequence, start, end (days), exit_reason, dat, and the characteristics
    uses : one row per client in a base: person, journey (row of journeys), period, measure, outcome
    """

    people: pd.DataFrame
    journeys: pd.DataFrame
    uses: pd.DataFrame


def area_journeys(
    rng: np.random.Generator,
    area: str,
    dats: list[str],
    units: list[Unit],
    numbers: list[int],
    days: Mapping[str, Mapping[str, int]],
    marginals: Mapping[str, pd.Series],
) -> Journeys:
    """Draw the clients and journeys of one area.

    Parameters
    ----------
    rng : generator of this area
    area, dats : its id and DAT codes
    units, numbers : the kinds of client and how many of each
    days : anchor days by period
    marginals : column -> relative weights by code
    """
    people, journeys, uses = [], [], []
    person = rows = 0
    for unit, n in zip(units, numbers, strict=True):
        if n:
            who, items = _block(rng, unit, n, dats, days[unit.when])
            people.append(who)
            journeys += [{**item, "person": item["person"] + person} for item in items]
            uses += [uses_of(part, n, person, rows, "journey") for part in unit.parts]
            person, rows = person + n, rows + n * len(items)
    built = Journeys(stacked(people).assign(area=area), stacked(journeys), stacked(uses))
    _add_earlier_journeys(rng, built, days["pre"]["S"])
    _add_codes(rng, built, marginals)
    return built


Columns = dict[str, np.ndarray]


def _block(
    rng: np.random.Generator, unit: Unit, n: int, dats: list[str], days: Mapping[str, int]
) -> tuple[Columns, list[Columns]]:
    """The n clients of one unit, and their first journeys, and their second ones if there are any."""
    row, anchors, journeys = unit.archetype, dict(days), []
    choices = {"": rng.choice(dats, n), "outside": rng.choice(OUTSIDE_DATS, n)}
    choices |= {"first": np.full(n, dats[0]), "second": np.full(n, dats[-1])}
    for item in (1, 2):
        if row[f"start_{item}"]:
            anchors[f"s{item}"] = start = draw_days(rng, row[f"start_{item}"], anchors, n)
            anchors[f"e{item}"] = end = draw_days(rng, row[f"end_{item}"], anchors, n)
            same = {"sequence": np.full(n, item), "exit": np.full(n, row[f"exit_{item}"])}
            columns = {"person": np.arange(n), "start": start, "end": end, "dat": choices[row[f"dat_{item}"]]}
            journeys.append(columns | same)
    if row["birthday_18"]:
        born = years_before(draw_days(rng, row["birthday_18"], anchors, n), MAJORITY)
    else:
        born = anchors["s1"] - np.rint(365.25 * (MAJORITY + 0.1 + rng.gamma(2.6, 6.0, n).clip(max=55))).astype(int)
    plain, adult = np.full(n, row["number"] == "solve"), np.full(n, not row["birthday_18"])
    return {"born": born, "plain": plain, "adult": adult}, journeys


def uses_of(part: Part, n: int, person: int, rows: int, item: str) -> Columns:
    """Which people are in a base, by which of their journeys or referrals, and whether they count."""
    who = np.arange(n)
    place = {"person": person + who, item: rows + (part.item - 1) * n + who}
    cell = {"period": np.full(n, part.period), "measure": np.full(n, part.measure), "outcome": np.full(n, part.outcome)}
    return place | cell


def _add_earlier_journeys(rng, built: Journeys, first_day: int) -> None:
    """Give some clients a journey that ended before their others and before the first period."""
    starts = built.journeys.groupby("person")["start"].min()
    chosen = np.flatnonzero((rng.random(len(starts)) < EARLIER_SHARE) & built.people["adult"])
    end = np.minimum(starts.to_numpy()[chosen], first_day) - rng.integers(1, 900, len(chosen))
    start = end - rng.integers(5, 500, len(chosen))
    dat = built.journeys.groupby("person")["dat"].first().to_numpy()[chosen]
    earlier = {"person": chosen, "sequence": 0, "start": start, "end": end, "exit": "any", "dat": dat}
    built.journeys = pd.concat([built.journeys, pd.DataFrame(earlier)], ignore_index=True)


def strata(uses: pd.DataFrame, people: int) -> np.ndarray:
    """A number per person for the bases and outcomes that the person is in."""
    weight = 3 ** uses.groupby(["period", "measure"]).ngroup() * (1 + uses["outcome"])
    return np.bincount(uses["person"], weight, people).astype(int)


def _add_codes(rng, built: Journeys, marginals: Mapping[str, pd.Series]) -> None:
    """Draw exit codes and characteristics; a few differ between the journeys of a client."""
    of, person = strata(built.uses, len(built.people)), built.journeys["person"].to_numpy()
    for column in MARGINALS:
        built.people[column] = draw_codes(even_uniforms(rng, of), marginals[column])
        built.journeys[column] = built.people[column].to_numpy()[person]
    changed = np.flatnonzero((built.journeys["sequence"] != 1) & (rng.random(len(person)) < 0.3))
    for column in VARYING:
        built.journeys.loc[changed, column] = draw_codes(rng.random(len(changed)), marginals[column])
    tidy_drugs(built.journeys)
    exits = np.where(
        built.journeys["exit"] == "any", rng.choice(["completed", "left"], len(person)), built.journeys["exit"]
    )
    uniforms = even_uniforms(rng, exits == "completed")
    codes = np.where(
        exits == "completed", draw_codes(uniforms, marginals["completed"]), draw_codes(uniforms, marginals["left"])
    )
    built.journeys["exit_reason"] = np.where(built.journeys["end"] < NEVER, codes, "")


def outside_journeys(
    rng: np.random.Generator, n: int, days: Mapping[str, int], marginals: Mapping[str, pd.Series]
) -> Journeys:
    """Clients of DATs outside the study."""
    start = rng.integers(days["S0"], days["E1"], n)
    end = np.where(rng.random(n) < 0.4, NEVER, start + rng.integers(3, 240, n))
    people = pd.DataFrame(
        {"area": "", "born": start - rng.integers(17 * 365, 60 * 365, n), "plain": False, "adult": True}
    )
    columns = {"person": np.arange(n), "sequence": 1, "start": start, "end": end, "exit": "any"}
    journeys = pd.DataFrame(columns | {"dat": rng.choice(OUTSIDE_DATS, n)})
    uses = pd.DataFrame({"person": [], "journey": [], "period": [], "measure": [], "outcome": []}).astype(
        {"person": int}
    )
    built = Journeys(people, journeys, uses)
    _add_codes(rng, built, marginals)
    return built


def combined(parts: list[Journeys]) -> Journeys:
    """All areas as one, rows renumbered."""
    people = np.cumsum([0] + [len(part.people) for part in parts])
    rows = np.cumsum([0] + [len(part.journeys) for part in parts])
    journeys = [
        part.journeys.assign(person=part.journeys["person"] + first) for part, first in zip(parts, people, strict=False)
    ]
    uses = [
        part.uses.assign(person=part.uses["person"] + first, journey=part.uses["journey"] + row)
        for part, first, row in zip(parts, people, rows, strict=False)
    ]
    frames = ([part.people for part in parts], journeys, uses)
    return Journeys(*(pd.concat(frame, ignore_index=True) for frame in frames))


def link_areas(rng: np.random.Generator, built: Journeys, pairs: int) -> None:
    """Make one client of two people in different areas, for so many pairs of neighbouring areas; sets people["client"].

    They share birth, sex and ethnicity. Bases are per area, so no count changes.
    """
    people = built.people
    people["client"] = np.arange(len(people))
    plain = [group.index.to_numpy() for _, group in people[people["plain"]].groupby("area", sort=False)]
    chosen = [rng.choice(index, 2 * pairs, replace=False) for index in plain]
    first = np.concatenate([index[:pairs] for index in chosen[:-1]])
    second = np.concatenate([index[pairs:] for index in chosen[1:]])
    born = np.minimum(people.loc[first, "born"].to_numpy(), people.loc[second, "born"].to_numpy())
    people.loc[first, "born"] = people.loc[second, "born"] = born
    for column in ("client", "sex", "ethnicity"):
        people.loc[second, column] = people.loc[first, column].to_numpy()
    people["born"] = people["born"].astype(int)


def finish(built: Journeys) -> None:
    """Bring birth, sex and ethnicity to the journeys, and let nobody first use drugs later than the first journey."""
    journeys, people = built.journeys, built.people
    person = journeys["person"].to_numpy()
    for column in ("client", "born", "sex", "ethnicity"):
        journeys[column] = people[column].to_numpy()[person]
    at_first = completed_years(people["born"].to_numpy(), journeys.groupby("person")["start"].min().to_numpy())
    first_use = pd.to_numeric(journeys["age_first_use"]).to_numpy(dtype=float)
    capped = np.minimum(first_use, at_first[person])
    journeys["age_first_use"] = capped
    order = np.lexsort((journeys["sequence"], journeys["start"], journeys["client"]))
    client = journeys["client"].to_numpy()[order]
    number = np.empty(len(order), dtype=int)
    number[order] = np.arange(len(order)) - np.searchsorted(client, client) + 1
    journeys["journey"] = number
