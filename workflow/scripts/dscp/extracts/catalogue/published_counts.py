"""Counts of partnerships that are published: the export of NDTMS ViewIt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dscp.extracts.checks import RowCheck
from dscp.extracts.columns import COUNTED, place_of
from dscp.extracts.faults import FAULT
from dscp.extracts.published import (
    AGE_GROUPS,
    ALL,
    BASE,
    COUNTS,
    DIVIDED,
    DRUG_GROUPS,
    FAMILIES,
    LENGTHS,
    SEXES,
    adds_up,
    in_some_file,
    margin,
    one_value,
    rounded,
    study_rows,
    years_of,
)
from dscp.extracts.samples import dats
from dscp.extracts.types import About, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd

NOT_COLLECTED = "not collected in that year"
SHARES = dict(  # of the number in treatment, for a made-up export
    zip(
        COUNTS,
        (1, 0.45, 0.08, 0.42, 0.02, 0.01, 0.18, 0.55, 0.16, 0.13, 0.09, 0.07, 1, 0.2, 0.03, 0.17),
        strict=True,
    )
)
WEIGHTS = {
    "sex": {"M": 0.7, "F": 0.3},
    "age_group": {"18_29": 0.2, "30_49": 0.6, "50+": 0.2},
    "drug_group": {"opiate": 0.5, "alcohol_only": 0.25, "non_opiate_&_alcohol": 0.15, "non_opiate_only": 0.1},
}


def sample(of: Sample) -> pd.DataFrame:
    """Counts of every area in both years, whose parts add up."""
    import pandas as pd

    rows = []
    for area in dats(of.config):
        for year in years_of(of.config).values():
            size = BASE * int(of.rng.integers(60, 240))
            whole = _agreeing({name: _rounded(size * share) for name, share in SHARES.items()})
            rows.append({"fiscal_year": year, "area": area, **ALL, **whole})
            for by, weights in WEIGHTS.items():
                parts = _parts(whole, weights)
                rows += [{"fiscal_year": year, "area": area, **ALL, by: part, **parts[part]} for part in weights]
    return pd.DataFrame(rows, columns=["fiscal_year", "area", *DIVIDED, *COUNTS])


def _rounded(number: float) -> int:
    return BASE * round(number / BASE)


def _parts(whole: Mapping[str, int], weights: Mapping[str, float]) -> dict[str, dict[str, int]]:
    """Part -> its counts; the last part has what the others leave."""
    *first, last = weights
    parts = {part: {name: _rounded(number * weights[part]) for name, number in whole.items()} for part in first}
    left = {name: max(0, number - sum(parts[part][name] for part in first)) for name, number in whole.items()}
    return {part: _agreeing(counts) for part, counts in {**parts, last: left}.items()}


def _agreeing(counts: Mapping[str, int]) -> dict[str, int]:
    """The same counts, in which what others add up to is their sum."""
    first, *longer = LENGTHS
    rest = sum(counts[name] for name in longer)
    back, away = counts["scnr_representation_allintx"], counts["scnr_scrn_allintx"]
    return {**counts, first: max(0, counts["intreatment_allintx"] - rest), "scnr_completion_allintx": back + away}


def _at_most(part: str, whole: str) -> RowCheck:
    """A part is no larger than its whole, as far as rounding allows."""
    return RowCheck(FAULT, part, f'"{part}" > "{whole}" + {BASE}', f"at most {whole}, both being rounded to {BASE}")


def _sum(whole: str, *parts: str) -> RowCheck:
    """Parts add up to their whole, as far as rounding allows."""
    added = " + ".join(f'"{part}"' for part in parts)
    words = f"{' + '.join(parts)}, within {margin(len(parts)):g}, all being rounded to {BASE}"
    return RowCheck(FAULT, whole, f'abs({added} - "{whole}") > {margin(len(parts))}', words)


EXTRACT = ExtractType(
    name="published_counts",
    about=About.AREAS,
    row_is="several",
    says="published counts by partnership and year",
    row_says="a partnership, a year and a group of its clients",
    protection="the numbers are official statistics: they are published, and rounded; counts that are not are refused",
    apart=None,
    columns=(
        Column("fiscal_year", "fiscal_year", "the year, April to March", aliases=("ReportingPeriod",)),
        Column(
            "area",
            "code",
            "the partnership, as the export calls it",
            (place_of("a name of a partnership"),),
            aliases=("Area",),
            of_areas="dats",
        ),
        Column("sex", "code", "the sex, or all", codes=SEXES),
        Column("age_group", "key", "the age group, or all", codes=AGE_GROUPS),
        Column("drug_group", "key", "the drug group, or all", codes=DRUG_GROUPS),
        *(
            Column(name, "count", says, (COUNTED, rounded), missing="information", effect=NOT_COLLECTED, optional=True)
            for name, says in COUNTS.items()
        ),
    ),
    key=(),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(
        _at_most("newpresentation_newtx", "intreatment_allintx"),
        _at_most("exits_successfulcompletion_allintx", "intreatment_allintx"),
        _at_most("referralsource_criminal_justice_newtx", "newpresentation_newtx"),
        _at_most("scnr_completion_allintx", "scnr_intreatment_allintx"),
        _sum("scnr_completion_allintx", "scnr_representation_allintx", "scnr_scrn_allintx"),
        _sum("intreatment_allintx", *LENGTHS),
    ),
    checks=(in_some_file, one_value, adds_up, study_rows),
    sample=sample,
    makes="",
    leaves_out=(),
    families=FAMILIES,
)
