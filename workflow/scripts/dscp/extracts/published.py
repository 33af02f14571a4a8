"""Published counts: what the export of NDTMS ViewIt holds, and how its numbers have to go together.

Source: the export "all indicators for all local authorities". Its counts are rounded to five; an empty cell was not
collected in that year and is never nought.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dscp.extracts.faults import NO_COLUMN, fault, nearest
from dscp.extracts.types import Allowed
from dscp.study.days import day, fiscal_year

if TYPE_CHECKING:
    from dscp.extracts.checks import Extract
    from dscp.extracts.types import Limits

BASE = 5  # that every count is rounded to
WHOLE = "total"
DRUG_GROUPS = {
    "opiate": "opiates, whatever else",
    "non_opiate_only": "drugs, but no opiates and no alcohol",
    "alcohol_only": "alcohol alone",
    "non_opiate_&_alcohol": "drugs, but no opiates, and alcohol",
    WHOLE: "all",
}
SEXES = {"M": "male", "F": "female", WHOLE.upper(): "all"}
AGE_GROUPS = {"18_29": "18 to 29", "30_49": "30 to 49", "50+": "50 and over", WHOLE: "all"}
DIVIDED = {"sex": SEXES, "age_group": AGE_GROUPS, "drug_group": DRUG_GROUPS}
ALL = {"sex": WHOLE.upper(), "age_group": WHOLE, "drug_group": WHOLE}
COUNTS = {  # as the export calls them: what they count
    "intreatment_allintx": "clients in treatment in the year",
    "newpresentation_newtx": "clients who began treatment in the year",
    "referralsource_criminal_justice_newtx": "those of them whom criminal justice referred",
    "waitsfirst_3weeksandunder_newtx": "first interventions waited for up to 3 weeks",
    "waitsfirst_3to6weeks_newtx": "first interventions waited for more than 3 and up to 6 weeks",
    "waitsfirst_over6weeks_newtx": "first interventions waited for more than 6 weeks",
    "exits_successfulcompletion_allintx": "clients who left treatment in the year and had completed it",
    "lengthintreatment_under1year_allintx": "clients in treatment for less than a year",
    "lengthintreatment_1to2years_allintx": "clients in treatment for 1 to 2 years",
    "lengthintreatment_2to4years_allintx": "clients in treatment for 2 to 4 years",
    "lengthintreatment_4to6years_allintx": "clients in treatment for 4 to 6 years",
    "lengthintreatment_over6years_allintx": "clients in treatment for more than 6 years",
    "scnr_intreatment_allintx": "clients in treatment in the year for which re-presentations are counted",
    "scnr_completion_allintx": "those of them who completed treatment",
    "scnr_representation_allintx": "those of these who came back",
    "scnr_scrn_allintx": "those of these who did not come back",
}
FAMILIES = (  # beginnings of the names of columns that the export has; what is none of these is unknown
    *("intreatment_", "newpresentation_", "eth_", "referralsource_", "housingsituation_", "waitsfirst_", "waitssub_"),
    *("exits_", "safeguarding_", "employmentstatus_", "lengthintreatment_", "alc_units_", "substanceanycitation_"),
    *("injecting_", "interventions_", "disability_", "sexuality_", "religion_", "scnr_"),
)
LENGTHS = [name for name in COUNTS if name.startswith("lengthintreatment_")]
KEY = ("fiscal_year", "area", *DIVIDED)
KEYS = ", ".join(KEY)
ROW = "{fiscal_year}, {area}, sex {sex}, age group {age_group}, drug group {drug_group}"
SHOWN = 3  # areas that a message names
Finding = dict[str, Any]


def years_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Period -> the fiscal year in which it begins: 2011-12."""
    return {name: fiscal_year(day(period["outcomes"][0])) for name, period in config["periods"].items()}


def rounded(limits: Limits) -> Allowed:
    """A count as it is published. One that is not rounded was not published, and may tell of few people."""
    return Allowed(f"a multiple of {BASE}, as published counts are", lambda values: values % BASE == 0)


def margin(parts: int) -> float:
    """How far the sum of so many rounded parts may be from their rounded whole."""
    return BASE / 2 * (parts + 1)


def in_some_file(extract: Extract) -> list[Finding]:
    """Every count stands in one of the files at least."""
    known = {name for source in extract.sources for name in source.columns}
    return [
        fault(extract.name, extract.file, name, NO_COLUMN,
              f"the column in one of the files; extracts.{extract.name}.columns.{name} in the config says under "
              f"which header it stands")
        for name in COUNTS if name not in known
    ]  # fmt: skip


def one_value(extract: Extract) -> list[Finding]:
    """Rows of one year, area and group say the same of a count, or nothing."""
    findings = []
    for name in COUNTS:
        found = extract.query(f"""
            SELECT {KEYS}, max(struct_pack(file, record)) FROM records GROUP BY {KEYS}
            HAVING count(DISTINCT "{name}") > 1 ORDER BY ALL
        """)
        if found:
            *key, last = found[0]
            words = f"another number than an earlier row has for {_row(key)}{_more(len(found))}"
            findings.append(_at(extract, name, last, words, "one number for a year, area and group", len(found)))
    return findings


def adds_up(extract: Extract) -> list[Finding]:
    """Drug groups, sexes and age groups add up to their total, as far as rounding allows."""
    return [finding for by in DIVIDED for name in COUNTS for finding in _adds_up(extract, by, name)]


def _adds_up(extract: Extract, by: str, name: str) -> list[Finding]:
    parts = len(DIVIDED[by]) - 1
    others = [one for one in KEY if one != by]
    is_whole = f"{by} = '{ALL[by]}'"
    found = extract.query(f"""
        WITH cells AS (
            SELECT {KEYS}, any_value("{name}") AS value, min(struct_pack(file, record)) AS first
            FROM records WHERE "{name}" IS NOT NULL GROUP BY {KEYS}
        )
        SELECT {", ".join(others)}, sum(value) FILTER (NOT {is_whole})::INTEGER AS parts,
            max(value) FILTER ({is_whole}) AS whole, min(first) FILTER ({is_whole}) AS first
        FROM cells GROUP BY {", ".join(others)}
        HAVING count(*) FILTER (NOT {is_whole}) = {parts} AND abs(parts - whole) > {margin(parts)} ORDER BY ALL
    """)
    if not found:
        return []
    *key, total, stated, first = found[0]
    named = {**dict(zip(others, key, strict=True)), by: ALL[by]}
    words = f"{stated:,} for {_row(named[one] for one in KEY)}, whose parts add up to {total:,}{_more(len(found))}"
    return [_at(extract, name, first, words, f"at most {margin(parts):g} apart, all being rounded to {BASE}",
                len(found))]  # fmt: skip


def _row(key: Any) -> str:
    return ROW.format(**dict(zip(KEY, key, strict=True)))


def _more(number: int) -> str:
    return f", and {number - 1:,} more such" if number > 1 else ""


def _at(extract: Extract, name: str, place: Mapping, words: str, allowed: str, rows: int) -> Finding:
    source = extract.sources[place["file"]]
    return fault(extract.name, source.name, name, words, allowed, line=source.line(place["record"]), rows=rows)


def study_rows(extract: Extract) -> list[Finding]:
    """Every area of the study has, in both years, its totals, drug groups, and what other groups it has at all."""
    held: dict[str, dict[str, set]] = {}
    for area, year, *group in extract.query(f"SELECT DISTINCT area, fiscal_year, {', '.join(DIVIDED)} FROM records"):
        held.setdefault(area, {}).setdefault(year, set()).add(tuple(group))
    return [
        finding
        for area in extract.areas().itertuples()
        for code in area.dats
        for finding in _rows_of(extract, code, area.named, held)
    ]


def _rows_of(extract: Extract, code: str, named: str, held: Mapping) -> Iterator[Finding]:
    """What is not there of an area: all of it, a year, a group."""
    if code not in held:
        others = sorted(filter(None, held))
        shown = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN:,} more" if others[SHOWN:] else "")
        allowed = f"{named} in the config being one of those that are there ({shown}){nearest(code, others)}"
        yield fault(extract.name, extract.file, "area", f"no row of {code}", allowed)
        return
    there = held[code]
    needed = [group for group in groups() if any(_of_kind(group, one) for groups in there.values() for one in groups)]
    for year in years_of(extract.config).values():
        if year not in there:
            known = sorted(filter(None, there))
            allowed = f"a year that is there, {known[0]} to {known[-1]}" if known else "a fiscal year"
            yield fault(extract.name, extract.file, "fiscal_year", f"no row of {code} for {year}", allowed)
        elif absent := [group for group in needed if group not in there[year]]:
            words = f"no row of {_row([year, code, *absent[0]])}{_more(len(absent))}"
            yield fault(extract.name, extract.file, "", words, "a row for each group", rows=len(absent))


def groups() -> list[tuple[str, str, str]]:
    """The groups that counts are told of, as values of DIVIDED: all, then of each division one part at a time."""
    found = [tuple(ALL.values())]
    for by, known in DIVIDED.items():
        found += [tuple({**ALL, by: part}.values()) for part in known if part != ALL[by]]
    return found


def _of_kind(group: tuple, other: tuple) -> bool:
    """Whether both are divided by the same; a total or a drug group is in any export."""
    whole = tuple(ALL.values())
    divided = [one != all_ for one, all_ in zip(group, whole, strict=True)]
    return not any(divided[:2]) or divided == [one != all_ for one, all_ in zip(other, whole, strict=True)]
