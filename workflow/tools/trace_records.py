"""Which records of an extract a leaf of the ledger counted: their files and line numbers, never their values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd

from dscp.extracts.files import FORMATS, Source
from dscp.extracts.registry import READ
from dscp.extracts.types import WITH
from dscp.ledger.ids import dims_of, general, words_of
from dscp.ledger.rows import extracts_of
from dscp.measures.registry import DEFAULT, MEASURES, MEMBERS, chosen
from dscp.measures.types import Measure
from dscp.study.areas import areas
from dscp.study.days import day
from dscp.study.given import Given

# Rules that list the journeys that they count, under their own name.
ONE_BY_ONE = ("flows", "over_time", "follow_up", "partnership", "published")
NOT_LISTED = {"cost_recurrent": "category <> 'start_up'"}  # a family's further condition


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
    if general(row) == f"{row['family']}.model_rows_dropped.{{site}}":
        none = Records(pd.DataFrame({"file": [], "line": []}))
        return (
            _unknown("a model counts the clients that it leaves out, and does not name them") if row["rows"] else none
        )
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
    if row["function"] in ("adjusted_of", "complete"):
        return (
            f"{row['rows']:,} of {found:,} records entered the model: the note of the quantity says what was left out"
        )
    return f"{path.name} now has {found:,} such records and the ledger counted {row['rows']:,}"


def _query(row: Mapping, run: Path, config: Mapping) -> tuple[Path, str, list] | None:
    """The file that names a leaf's records, the condition on its rows, and the values in it."""
    measure, validated = MEASURES.get(row["family"]), run / "restricted" / "validated"
    extract = extracts_of(row)[0]
    if row["family"] == "cases":  # steps on the way to a cohort: no file has their rows apart
        return None
    if row["family"] == "validation":
        condition = _validation_condition(row, config, validated)
    elif row["family"] == "case_mix":
        measure, *condition = _case_mix(row, config)
        validated, extract = run / "restricted", MEMBERS[measure.cohort.rule].removesuffix(".parquet")
    elif row["family"] in ONE_BY_ONE and row["unit"] == "count":
        validated, extract, condition = run / "restricted", row["family"], _counted_condition(row)
    elif measure and measure.outcome:
        validated, extract = run / "restricted", MEMBERS[measure.cohort.rule].removesuffix(".parquet")
        condition = (
            _ratio_condition(row, measure, config) if row["function"] == "clustered_of" else _measure_condition(row)
        )
    elif extract in READ and READ[extract].row_is == "several":
        condition = _aggregate_condition(row, config)
    else:
        return None
    return condition and (validated / f"{extract}.parquet", *condition)


def _measure_condition(row: Mapping) -> tuple[str, list]:
    """Of a base or count the members of an area and period, of a figure of the model those of a site."""
    dims = dims_of(row)
    part = general(row).split(".")[1]
    among = {"count": " AND outcome", "uncut": " AND uncut"}.get(part, f" AND {part}" if part.startswith(WITH) else "")
    conditions = " AND ".join(f"{name} = ?" for name in ("measure", *dims))
    return conditions + among, [row["family"], *dims.values()]


def _ratio_condition(row: Mapping, measure: Measure, config: Mapping) -> tuple[str, list]:
    """Of an error by client the members of the base in a site, and those counted, whoever is both twice."""
    asked = chosen(config.get("measures", DEFAULT), config["extracts"])
    base = next(one.name for one in asked if one.of_its_own and one.cohort.family == measure.cohort.family)
    site = dims_of(row)["site"]
    return "site = ? AND (measure = ? OR (measure = ? AND outcome))", [site, base, measure.counted]


def _counted_condition(row: Mapping) -> tuple[str, list]:
    """The rows of a rule's own list: of those that left treatment in a window, `_count` are those who completed it.

    A published count is one cell, of the count that its id names.
    """
    dims = {"window" if name in ("month", "part") else name: value for name, value in dims_of(row).items()}
    done = {"follow_up": "so", "over_time": "outcome", "partnership": words_of(row)[2]}.get(row["family"])
    done = [done] if done and words_of(row)[1].endswith("count") else []
    dims |= {"name": words_of(row)[2]} if row["family"] == "published" else {}
    return " AND ".join([*(f'"{name}" = ?' for name in dims), *done]), list(dims.values())


def _case_mix(row: Mapping, config: Mapping) -> tuple[Measure, str, list]:
    """Of a category the members of an arm and period that are in it, of a model the fully known of a site."""
    dims, (_, part, kind, *_) = dims_of(row), row["id"].split(".")
    if part != "count":
        measure = MEASURES[dims["measure"]]
        names = config["models"][f"{measure.model.covariates}_covariates"]
        known = " AND ".join(f"coalesce(CAST({name} AS VARCHAR), 'missing') <> 'missing'" for name in names)
        return measure, f"measure = ? AND site = ? AND {known}", [measure.name, dims["site"]]
    asked = chosen(config.get("measures", DEFAULT), config["extracts"])
    measure = next(one for one in asked if one.model and one.model.covariates == kind)
    condition, values = _in_category(dims["characteristic"], dims["category"])
    arm = dims["area"].removeprefix("all_").removesuffix("s")
    return (
        measure,
        f"measure = ? AND arm = ? AND period = ? AND {condition}",
        [measure.name, arm, dims["period"], *values],
    )


def _in_category(name: str, category: str) -> tuple[str, list]:
    """The condition of a category as it stands in an id: of an age its band, of a sex the code that it begins with."""
    if name == "age" and category != "missing":
        low, high = re.fullmatch(r"(?:under_(?=\d)|(\d+)_(?:to_|or_more))(\d*)", category).groups()
        under = int(high) + (low is not None) if high else math.inf
        return "age >= ? AND age < ?", [int(low or 0), under]
    sex = {"male": "M", "female": "F"}.get(category, category) if name == "sex" else category
    return f"lower(coalesce(CAST({name} AS VARCHAR), 'missing')) = lower(?)", [sex]


def _validation_condition(row: Mapping, config: Mapping, validated: Path) -> tuple[str, list] | None:
    """Rows kept, rows of the study's areas, rows without a value, linked rows; other findings only count."""
    if general(row) == "validation.linked.{extract}.{other}":
        return _linked(validated, **dims_of(row))
    known = {
        "validation.rows_kept.{extract}": ("", []),
        "validation.rows_of_the_study_s_DATs.{extract}": (
            "list_contains(?, dat)",
            [areas(config["sites"])["dats"].explode().tolist()],
        ),
        "validation.missing.{extract}.{column}": (f'"{dims_of(row).get("column")}" IS NULL', []),
    }
    return known.get(general(row))


def _linked(validated: Path, extract: str, other: str) -> tuple[str, list]:
    """The rows of an extract that go with a row of another."""
    ends = {(one.name, link.to): (link.column, link.to_column) for one in READ.values() for link in one.links}
    ends |= {(there, here): (to, column) for (here, there), (column, to) in ends.items()}
    column, to = ends[extract, other]
    return f'"{column}" IN (SELECT "{to}" FROM read_parquet(?))', [str(validated / f"{other}.parquet")]


def _aggregate_condition(row: Mapping, config: Mapping) -> tuple[str, list]:
    """The rows of an extract that holds numbers: what the parts of the id say."""
    triage = MEASURES.get(row["family"])
    found = [_column_condition(name, value, config, triage) for name, value in dims_of(row).items()]
    if row["family"] in NOT_LISTED:
        found.append((NOT_LISTED[row["family"]], []))
    if row["family"] == "spending_item":
        found.append(("list_contains(?, fiscal_year)", [config["economics"]["spending_years"]]))
    return " AND ".join(condition for condition, _ in found), [value for _, values in found for value in values]


def _column_condition(name: str, part: str, config: Mapping, measure: Measure | None) -> tuple[str, list]:
    """The condition that a part of an id sets."""
    if name == "year" and part.startswith("year_"):  # of the programme
        return "fiscal_year = ?", [config["economics"]["spending_years"][int(part.removeprefix("year_")) - 1]]
    if name == "year":
        return "fiscal_year = ?", [part.removeprefix("y").replace("_", "-")]
    if name == "month":
        return "strftime(month, '%Y_%m') = ?", [part]
    if name == "area" and measure:
        return "list_contains(?, dat)", [areas(config["sites"]).set_index("area").loc[part, "dats"]]
    if name == "period" and measure:
        return "quarter_start BETWEEN ? AND ?", [day(date) for date in config["periods"][part][measure.cohort.window]]
    return f'"{name}" = ?', [part]


def described(records: Records, files: Sequence[tuple[Given, Path]], rows_in: Mapping[str, int]) -> list[str]:
    """Say which records: one line per file, such as "journeys.csv: lines 2-5, 9 (5)".

    Parameters
    ----------
    files : the extract's files as the config names them, with the copies that the run read
    rows_in : name of a file -> number of its records, as validation counted them
    """
    if records.unknown:
        return [f"records: {records.unknown}"]
    if records.places.empty:
        return ["records: none"]
    lines = []
    for position, places in records.places.groupby("file"):
        given, path = files[position]
        name = given.name
        by_line = _lines_are_records(path, rows_in.get(name, 0) + given.skip)
        is_table = FORMATS.get(Path(given.path).suffix.lower()) == "parquet"
        shift = 0 if by_line or is_table else given.skip + 1  # what stands above the first record
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
    source = Source(str(path), "", Given(path.name), FORMATS.get(path.suffix.lower(), ""), rows=rows)
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
