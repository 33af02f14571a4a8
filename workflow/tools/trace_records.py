"""Which records of an extract a leaf of the ledger counted: their files and line numbers, never their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from dscp.extracts.files import FORMATS, Source
from dscp.ledger.rows import extracts_of
from dscp.study.areas import areas
from dscp.study.days import day

# Measures with one row per record counted; the others sum rows of an extract.
RECORD_FILES = {
    "effective_treatment": "outcomes.parquet",
    "successful_completion": "outcomes.parquet",
    "prison_pickup": "referrals.parquet",
}
# What the parts of an id say about the rows of the extract; "_" says nothing about them.
AGGREGATES = {
    "fieldwork": "_.stage.group.site",
    "spending": "_.category.fiscal_year",
    "spending_item": "_.category.item._",
    "cost": "_.site.programme_year",
    "cost_recurrent": "_.site.programme_year",
    "budget": "_._.fiscal_year",
    "budget_amount": "_.head.site",
    "new_journeys": "_._.site.fiscal_year",
    "new_journeys_monthly": "_.area.month",
    "community_triage": "_._.triage_area.triage_period",
}


@dataclass(frozen=True)
class Records:
    """The records of a leaf.

    Attributes
    ----------
    places : file (position in the configured list), line; one row per record
    unknown : why the records cannot be named one by one, "" where they can
    """

    places: pd.DataFrame
    unknown: str = ""


def records_of(row: Mapping, run: Path, config: Mapping) -> Records:
    """Find the records that a leaf of kind "records" counted; their number is checked against the ledger's.

    Parameters
    ----------
    row : ledger row
    run : results folder of the run, with its restricted/
    config : the study's config, dates as ISO text
    """
    if not (run / "restricted").is_dir():
        return _unknown(f"this machine has no {run / 'restricted'}")
    query = _query(row, run, config)
    if not query:
        return _unknown(f"only the extract as a whole can be named: {row['function']}, rule {row['rule']}, counts them")
    path, condition, values = query
    if not path.exists():
        return _unknown(f"this machine has no {path}")
    where = f"WHERE {condition}" if condition else ""
    found = duckdb.execute(f"SELECT file, line FROM read_parquet(?) {where} ORDER BY ALL", [str(path), *values]).df()
    if len(found) != row["rows"]:
        return _unknown(_mismatch(row, len(found), path))
    return Records(found)


def _unknown(why: str) -> Records:
    return Records(pd.DataFrame({"file": [], "line": []}), why)


def _mismatch(row: Mapping, found: int, path: Path) -> str:
    if row["function"] == "adjusted_of":
        return (
            f"{row['rows']:,} of {found:,} records entered the model: the note of the quantity says what was left out"
        )
    return f"{path.name} now has {found:,} such records and the ledger counted {row['rows']:,}"


def _query(row: Mapping, run: Path, config: Mapping) -> tuple[Path, str, list] | None:
    """The file that names a leaf's records, the condition on its rows, and the values in it."""
    measure, *parts = row["id"].split(".")
    validated = run / "restricted" / "validated" / f"{extracts_of(row)[0]}.parquet"
    if measure == "validation":
        condition = _validation_condition(parts, config)
        return condition and (validated, *condition)
    if measure in RECORD_FILES:
        return run / "restricted" / RECORD_FILES[measure], *_measure_condition(measure, parts)
    if measure not in AGGREGATES:
        return None
    return validated, *_aggregate_condition(row["id"], config)


def _measure_condition(measure: str, parts: list[str]) -> tuple[str, list]:
    """base.{area}.{period}, count.{area}.{period}, or a figure of the model for {site}."""
    if parts[0] not in ("base", "count"):
        return "measure = ? AND site = ?", [measure, parts[1]]
    outcome = " AND outcome" if parts[0] == "count" else ""
    return f"measure = ? AND area = ? AND period = ?{outcome}", [measure, *parts[1:]]


def _validation_condition(parts: list[str], config: Mapping) -> tuple[str, list] | None:
    """Rows kept, rows of the study's areas, rows without a value; other findings only count."""
    if parts[0] == "rows_kept":
        return "", []
    if parts[0].startswith("rows_of_the_study"):
        return "list_contains(?, dat)", [areas(config["sites"])["dats"].explode().tolist()]
    return (f'"{parts[2]}" IS NULL', []) if parts[0] == "missing" else None


def _aggregate_condition(identifier: str, config: Mapping) -> tuple[str, list]:
    parts = identifier.split(".")
    conditions, values = [], []
    for column, part in zip(AGGREGATES[parts[0]].split("."), parts, strict=True):
        if column != "_":
            condition, value = _column_condition(column, part, config)
            conditions.append(condition)
            values += value
    if parts[0] == "cost_recurrent":
        conditions.append("category <> 'start_up'")
    if parts[0] == "spending_item":
        conditions.append("list_contains(?, fiscal_year)")
        values.append(config["economics"]["spending_years"])
    return " AND ".join(conditions), values


def _column_condition(column: str, part: str, config: Mapping) -> tuple[str, list]:
    """The condition that a part of an id sets."""
    if column == "programme_year":
        return "fiscal_year = ?", [config["economics"]["spending_years"][int(part.removeprefix("year_")) - 1]]
    if column == "fiscal_year":
        return "fiscal_year = ?", [part.removeprefix("y").replace("_", "-")]
    if column == "month":
        return "strftime(month, '%Y_%m') = ?", [part]
    if column == "triage_area":
        return "list_contains(?, dat)", [areas(config["sites"]).set_index("area").loc[part, "dats"]]
    if column == "triage_period":
        return "quarter_start BETWEEN ? AND ?", [day(date) for date in config["periods"][part]["triage_quarters"]]
    return f'"{column}" = ?', [part]


def described(records: Records, files: Mapping[str, Path], rows_in: Mapping[str, int]) -> list[str]:
    """Say which records: one line per file, such as "journeys.csv: lines 2-5, 9 (5)".

    Parameters
    ----------
    files : the extract's paths as configured -> the copies that the run read
    rows_in : path as configured -> number of its records, as validation counted them
    """
    if records.unknown:
        return [f"records: {records.unknown}"]
    if records.places.empty:
        return ["records: none"]
    lines = []
    for position, places in records.places.groupby("file"):
        name, path = list(files.items())[position]
        by_line = _lines_are_records(path, rows_in.get(name, 0))
        is_table = FORMATS.get(Path(name).suffix.lower()) == "parquet"
        shift = 0 if by_line or is_table else 1  # the header stands above the first record
        numbers = (places["line"] - shift).drop_duplicates().tolist()
        repeated = "" if len(numbers) == len(places) else f", {len(numbers):,} different ones"
        what = "line" if by_line else "record"
        plural = "" if len(numbers) == 1 else "s"
        lines.append(f"{name}: {what}{plural} {ranges(numbers)} ({len(places):,}{repeated})")
    return lines


@cache
def _lines_are_records(path: Path, rows: int) -> bool:
    """Whether each record stands on one line, so that a number can be looked up in an editor."""
    if not path.exists():
        return FORMATS.get(path.suffix.lower()) != "parquet"
    source = Source(str(path), path.name, FORMATS.get(path.suffix.lower(), ""), rows=rows)
    return not source.line(1).startswith("record")


def ranges(numbers: list[int]) -> str:
    """[2, 3, 4, 9] -> "2-4, 9"."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)
