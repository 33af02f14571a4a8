"""From the members of cohorts to bases and counts: one row of the ledger for each area and period."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.rows import quantities
from dscp.measures.types import Measure
from dscp.study.areas import PERIODS, areas


def places(measure: Measure, sites: Mapping[str, Mapping]) -> pd.DataFrame:
    """One row per area and period in which there is such a measure, with what `areas` says of the area."""
    every = areas(sites)
    wanted = [site for site in sites if measure.only(sites[site])]
    return every[every["site"].isin(wanted)].merge(pd.DataFrame({"period": PERIODS}), how="cross")


def counted(members: pd.DataFrame, measure: Measure, sites: Mapping[str, Mapping]) -> pd.DataFrame:
    """Base and count of a measure in each area and period: 0 where an area has nobody.

    Parameters
    ----------
    members : one row per member of any measure: measure, area, period, outcome (bool)
    sites : of the config
    """
    own = members[members["measure"] == measure.name]
    counts = own.groupby(["area", "period"])["outcome"].agg(base="size", count="sum").reset_index()
    return with_counts(counts, measure, sites)


def with_counts(counts: pd.DataFrame, measure: Measure, sites: Mapping[str, Mapping]) -> pd.DataFrame:
    """The places of a measure with their counts, columns base and count among them: 0 where there is nothing."""
    numbers = [name for name in counts.columns if name not in ("area", "period")]
    every = places(measure, sites).merge(counts, how="left", on=["area", "period"])
    return every.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, int))


def count_rows(measure: Measure, rows: pd.DataFrame, rule: str, with_base: bool) -> list[pd.DataFrame]:
    """Ledger rows of the base of a measure's cohort, if it is to be told here, and of its count.

    Parameters
    ----------
    rows : from `counted` or `with_counts`; where a record of the extract holds a number, `rows` is how many were summed
    """
    summed = "rows" in rows
    common = {"unit": "count", "source": measure.source, "rule": rule, "function": rule}
    base = quantities(
        rows,
        id=measure.cohort.base,
        value="base",
        rows="rows" if summed else "base",
        extract=" ".join(measure.cohort.reads),
        filter=measure.cohort.words,
        settings=measure.cohort.settings,
        cohort=measure.cohort.key,
        **common,
    )
    count = quantities(
        rows,
        id=measure.count,
        value="count",
        rows="rows" if summed else "count",
        extract=" ".join([*measure.cohort.reads, *measure.also_reads]),
        filter=measure.words,
        settings=measure.settings,
        cohort=measure.key,
        **common,
    )
    return [base, count] if with_base else [count]
