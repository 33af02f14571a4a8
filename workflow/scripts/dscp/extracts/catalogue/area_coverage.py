"""Published figures of treatment coverage, by area and fiscal year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dscp.extracts.checks import RowCheck
from dscp.extracts.columns import AMOUNT, FISCAL_YEAR
from dscp.extracts.faults import FAULT, INFORMATION, NOT_EVERY_YEAR, excluded, fault, information, nearest
from dscp.extracts.sql import literal
from dscp.extracts.types import About, Allowed, Column, ExtractType, Limits, Sample
from dscp.study.pilots import compared_years, panel_years, pilots

if TYPE_CHECKING:
    import pandas as pd

    from dscp.extracts.checks import Extract

SLACK = 0.51  # points: a percentage may be published without decimals
COUNTRY = "area IN ('england', 'all_england', 'england_total')"
DECILE = "regexp_matches(area, '^(imd_|deprivation_)?decile')"
DISCONTINUED = "area LIKE '%discontinued%'"
LEFT_OUT = {COUNTRY: "the whole country", DECILE: "deciles of deprivation", DISCONTINUED: "areas marked discontinued"}
GIVEN = "people_in_treatment IS NOT NULL AND estimated_prevalence IS NOT NULL"


def area_name(limits: Limits) -> Allowed:
    """A name that becomes part of the ids of quantities."""
    words = "the name of an area: at most 60 letters, digits, blanks and & / ' , . ( ) -"
    return Allowed(words, lambda values: values.str.match(r"^[^\W_][\w&/'.,()]{0,59}\Z"))


def prevalence(limits: Limits) -> Allowed:
    """An estimate that people in treatment can be a share of."""
    return Allowed("a number above 0, or nothing", lambda values: values > 0)


def no_areas(extract: Extract) -> list[dict[str, Any]]:
    """Leave out rows of the country, of groups of areas, and of areas that are no more."""
    from dscp.extracts.typed import no_records

    found = {words: len(no_records(extract.con, condition)) for condition, words in LEFT_OUT.items()}
    return [excluded(extract.name, "area", words, rows) for words, rows in found.items() if rows]


def study_years(extract: Extract) -> list[dict[str, Any]]:
    """Every year of the study has figures, and each pilot has them in every year; who else has not is left out."""
    config = extract.config
    if not (years := sorted({*compared_years(config), *panel_years(config)})):
        return []
    rows: dict[str, set[str]] = {}
    for area, year, given in extract.query(f"SELECT area, fiscal_year, {GIVEN} FROM records WHERE area IS NOT NULL"):
        rows.setdefault(area, set()).update([year] if given else [])
    if absent := [year for year in years if not any(year in found for found in rows.values())]:
        return [fault(extract.name, extract.file, "fiscal_year", f"no figures for {', '.join(absent)}", _of(years))]
    return [*_of_pilots(extract, rows, years), *_of_others(extract, rows)]


def _of(years: list[str]) -> str:
    return f"people in treatment and their estimated number in {', '.join(years)}"


def _of_pilots(extract: Extract, rows: dict[str, set[str]], years: list[str]) -> list[dict[str, Any]]:
    faults = []
    for pilot, name in pilots(extract.config).items():
        if pilot not in rows:
            found, allowed = f"no row of {name}", f"at least one, {name} being one of the pilots in the config"
            faults.append(fault(extract.name, extract.file, "area", found, allowed + nearest(name, sorted(rows))))
        elif lacks := [year for year in years if year not in rows[pilot]]:
            found, allowed = f"no figures of {name} for {', '.join(lacks)}", f"{_of(years)} for every pilot"
            faults.append(fault(extract.name, extract.file, "area, fiscal_year", found, allowed))
    return faults


def _of_others(extract: Extract, rows: dict[str, set[str]]) -> list[dict[str, Any]]:
    """Other areas without figures of every year before and after; too few that have them leave nothing to compare."""
    treated, years = pilots(extract.config), compared_years(extract.config)
    whole = [area for area, found in rows.items() if area not in treated and found >= set(years)]
    lacks = sorted(rows.keys() - treated.keys() - set(whole))
    if len(whole) < len(treated):
        found, allowed = f"{len(whole)} other areas with figures of every year", f"{len(treated)}, as many as pilots"
        return [fault(extract.name, extract.file, "area", found, f"at least {allowed}: {_of(years)}")]
    if not lacks:
        return []
    words, effect = f"{len(lacks)} areas without figures of every year before and after", "left out of the comparison"
    (number,) = extract.query(f"SELECT count(*) FROM records WHERE area IN ({', '.join(map(literal, lacks))})")[0]
    return [information(extract.name, extract.file, "area", words, effect, rows=number, kind=NOT_EVERY_YEAR)]


def sample(of: Sample) -> pd.DataFrame:
    """Figures of the study's pilots and of three times as many other areas; of a study without pilots ten areas."""
    import pandas as pd

    years = sorted({*compared_years(of.config), *panel_years(of.config)}) or ["2010-11", "2011-12"]
    treated, rows = list(pilots(of.config).values()), []
    for area in [*treated, *(f"Area {n}" for n in range(1, 3 * len(treated) + 11))]:
        drinkers = float(of.rng.integers(800, 14_000))
        share = of.rng.uniform(0.1, 0.3)
        for year in years:
            people = 5.0 * round(drinkers * share * of.rng.uniform(0.85, 1.15) / 5)
            rows.append((area, year, people, drinkers, 100 * people / drinkers))
    names = ["area", "fiscal_year", "people_in_treatment", "estimated_prevalence", "met_need_pct"]
    return pd.DataFrame(rows, columns=names)


EXTRACT = ExtractType(
    name="area_coverage",
    about=About.AREAS,
    row_is="several",
    says="published figures of treatment coverage",
    row_says="an area and a fiscal year",
    protection="the numbers are official statistics of areas, published as they stand here",
    apart=None,
    columns=(
        Column("area", "key", "the area’s name", (area_name,)),
        FISCAL_YEAR,
        Column(
            "people_in_treatment",
            "amount",
            "people in treatment in the year; empty where not published",
            (AMOUNT,),
            missing="fine",
        ),
        Column(
            "estimated_prevalence",
            "amount",
            "the estimated number of people who need treatment; empty where not published",
            (prevalence,),
            missing="fine",
        ),
        Column(
            "met_need_pct", "amount", "per cent of the one in the other, as published", missing="fine", optional=True
        ),
    ),
    key=("area", "fiscal_year"),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(
        RowCheck(
            FAULT,
            "met_need_pct",
            f"abs(met_need_pct - 100 * people_in_treatment / estimated_prevalence) > {SLACK}",
            "100 x people_in_treatment / estimated_prevalence",
        ),
        RowCheck(
            INFORMATION,
            "people_in_treatment",
            "people_in_treatment > estimated_prevalence",
            "taken as they are: the number is an estimate",
            "more people than the number estimated to need treatment",
        ),
    ),
    checks=(study_years,),
    sample=sample,
    makes="",
    leaves_out=(no_areas,),
    families=(),
)
