"""The coverage profile: what an extract holds by place and month, for whoever knows the data. Confidential."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from dscp.extracts.columns import coded_columns
from dscp.extracts.coverage import places_of
from dscp.extracts.faults import INFORMATION
from dscp.extracts.sql import literal, pattern
from dscp.extracts.types import ExtractType

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["extract", "place", "area", "month", "what", "rows", "first", "last"]


def profile(extracts: Iterable[ExtractType], copies: Mapping[str, str], config: Mapping[str, Any]) -> pd.DataFrame:
    """Count the rows of each extract with a declared coverage by place and month.

    Parameters
    ----------
    extracts : as declared
    copies : extract of the study -> its typed copy (Parquet)
    config : sites and periods of the study

    Returns
    -------
    One row per extract, place, month and what is counted: `rows` (with their first and last day), `missing` and a
    column, `linked` and another extract; and over all places, a column and its code. Places outside the study are one,
    without a name.
    """
    import pandas as pd

    found = [pd.DataFrame(columns=COLUMNS)]
    every = list(extracts)
    for extract in every:
        if extract.coverage and extract.name in copies:
            found += _of_places(extract, every, copies, config), _of_codes(extract, copies)
    return pd.concat([one for one in found if len(one)] or found, ignore_index=True)[COLUMNS]


def _of_places(
    extract: ExtractType, every: Iterable[ExtractType], copies: Mapping[str, str], config: Mapping[str, Any]
) -> pd.DataFrame:
    declared, known = extract.coverage, places_of(extract.coverage, config)
    counts = {f"missing {one.name}": f'count(*) - count("{one.name}")'
              for one in extract.columns if one.missing == INFORMATION}  # fmt: skip
    for one in every:
        for link in one.links:
            for here, column, there, other in ((one.name, link.column, link.to, link.to_column),
                                               (link.to, link.to_column, one.name, link.column)):  # fmt: skip
                if here == extract.name and there in copies:
                    there_too = f'SELECT "{other}" FROM read_parquet({pattern(copies[there])})'
                    counts[f"linked {there}"] = f'count_if("{column}" IN ({there_too}))'
    listed = ", ".join(map(literal, known)) or "NULL"
    numbers = "".join(f', {sql} AS "{name}"' for name, sql in counts.items())
    wide = duckdb.execute(f"""
        SELECT CASE WHEN "{declared.place}" IN ({listed}) THEN "{declared.place}" ELSE '' END AS place,
            coalesce(strftime("{declared.day}", '%Y-%m'), '') AS month, count(*) AS every,
            min("{declared.day}")::DATE AS first, max("{declared.day}")::DATE AS last{numbers}
        FROM read_parquet({pattern(copies[extract.name])}) GROUP BY ALL ORDER BY ALL
    """).df()
    keys = ["place", "month", "first", "last"]
    long = wide.rename(columns={"every": "rows"}).melt(keys, var_name="what", value_name="number")
    long = long.rename(columns={"number": "rows"})
    long.loc[long["what"] != "rows", ["first", "last"]] = None
    return long.assign(extract=extract.name, area=long["place"].map(known).fillna(""))


def _of_codes(extract: ExtractType, copies: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    copy, day = f"read_parquet({pattern(copies[extract.name])})", extract.coverage.day
    found = [
        duckdb.execute(f"""
            SELECT '' AS place, '' AS area, strftime("{day}", '%Y-%m') AS month, '{column} ' || "{column}" AS what,
                count(*) AS "rows"
            FROM {copy} WHERE "{column}" IS NOT NULL AND "{day}" IS NOT NULL GROUP BY ALL ORDER BY ALL
        """).df()
        for column in sorted(coded_columns(extract))
    ]
    return pd.concat(found, ignore_index=True).assign(extract=extract.name) if found else pd.DataFrame(columns=COLUMNS)
