"""SQL shared by the rules that work on client records: ages, code lists, characteristics (report, Appendix B2)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import duckdb
import pandas as pd

# Completed years at a date; somebody born on 29 February completes a year on 1 March of other years.
AGE_YEARS = """(
    year({at}) - year({born})
    - case when month({at}) * 100 + day({at}) < month({born}) * 100 + day({born}) then 1 else 0 end
)"""

# Which rows of a measure are of one client, by a number that says little of who it is.
PERSON = "dense_rank() over (order by length(client), client) as person"

ETHNICITY = "coalesce((select min(grp) from ethnic_groups where code = ethnicity), 'missing')"

LENGTH_OF_USE = """case
    when age_first_use is null or age is null or age_first_use > age then 'missing'
    else (select max_by(band, lower) from use_bands where lower <= age - age_first_use)
end"""

_NO_DRUG = "coalesce(drug_1, drug_2, drug_3) is null"


def _any_drug(name: str, *groups: str) -> str:
    """yes, no, or missing where no drug at all is recorded."""
    hits = " or ".join(
        f"exists (select 1 from drug_groups where grp in {(*groups, '')} and {drug} between low and high)"
        for drug in ("drug_1", "drug_2", "drug_3")
    )
    return f"case when {_NO_DRUG} then 'missing' when {hits} then 'yes' else 'no' end as {name}"


DRUG_FLAGS = ", ".join(
    [
        _any_drug("opiates_crack", "opiates", "crack"),
        _any_drug("cannabis", "cannabis"),
        _any_drug("stimulants", "cocaine", "amphetamines"),
        _any_drug("other_drugs", "other"),
    ]
)


def yes_no(column: str) -> str:
    """A Y/N column as yes, no or missing."""
    return f"case {column} when 'Y' then 'yes' when 'N' then 'no' else 'missing' end as {column}"


def connect(records: str) -> duckdb.DuckDBPyConnection:
    """An in-memory database that spills to disk rather than grow: national extracts fit a small machine.

    Parameters
    ----------
    records : path of a file with clients' rows; what is spilled, which has them too, is kept beside it
    """
    settings = {"memory_limit": "2500MB", "threads": 2, "preserve_insertion_order": False}
    return duckdb.connect(config={**settings, "temp_directory": f"{records}.spill"})


def lists_of_codes(con: duckdb.DuckDBPyConnection, codes: Mapping, bands: list[int]) -> None:
    """Register the config's code lists as tables: completed_exit_reasons, criminal_justice_referral_sources,
    ethnic_groups, drug_groups, use_bands."""
    for name in ("completed_exit_reasons", "criminal_justice_referral_sources"):
        con.register(name, pd.DataFrame({"code": codes[name]}))
    ethnic = [
        (code, group) for group, letters in codes["ethnicity"].items() if group != "not_stated" for code in letters
    ]
    con.register("ethnic_groups", pd.DataFrame(ethnic, columns=["code", "grp"]))
    drugs = [(group, low, high) for group, ranges in codes["drugs"].items() for low, high in ranges]
    con.register("drug_groups", pd.DataFrame(drugs, columns=["grp", "low", "high"]))
    con.register("use_bands", pd.DataFrame(use_bands(bands), columns=["lower", "band"]))


def use_bands(bounds: list[int]) -> list[tuple[int, str]]:
    """[5, 10, 20] -> (0, under_5), (5, 5_to_9), (10, 10_to_19), (20, 20_or_more)."""
    middle = [(low, f"{low}_to_{high - 1}") for low, high in pairwise(bounds)]
    return [(0, f"under_{bounds[0]}"), *middle, (bounds[-1], f"{bounds[-1]}_or_more")]
