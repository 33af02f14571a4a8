"""The ledger: every number that the report prints, or that a printed number is computed from.

One row per quantity. Follow `inputs` from any row and the leaves are counted records, a cited constant or a setting.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from dscp.ledger.ids import digest, dims_text, identifier
from dscp.ledger.withheld import WITHHELD_SIGN, Withheld
from dscp.run.inert import is_run

FIELDS = [
    "id",
    "value",
    "unit",
    "formula",
    "inputs",
    "rule",
    "function",
    "source",
    "extract",
    "filter",
    "rows",
    "settings",
    "note",
    "family",
    "dims",
    "about",
    "cohort",
]
UNITS = {
    "count",
    "count2",
    "percent",
    "ppt",
    "ppt2",
    "p",
    "gbp",
    "gbp_m",
    "ratio",
    "index",
    "years",
    "days",
    "rate",
    "year",
    "people",
}
MISSING_INPUT = "not computed: an input is missing"
KINDS = ("records", "constant", "setting", "derived")


def quantities(
    frame: pd.DataFrame,
    *,
    id: str,
    value: str | Callable[[Mapping], tuple[float, str]],
    unit: str,
    source: str,
    rule: str,
    function: str,
    formula: str = "",
    inputs: Mapping[str, str | Sequence[str]] | None = None,
    extract: str = "",
    filter: str = "",
    rows: str | None = None,
    settings: str = "",
    note: str = "",
    missing: str = MISSING_INPUT,
    cohort: str = "",
) -> pd.DataFrame:
    """Turn a frame into ledger rows, one per row of the frame.

    What a row is about (people, money …) is not said here: it follows from its extracts (rule ledger).

    Parameters
    ----------
    frame : any analysis result; its columns fill the templates
    id : pattern such as "effective_treatment.rate.{area}.{period}" (see ledger.ids), or "@column" for a column of them
    formula, filter, settings, note, missing, cohort : templates, filled like the id
    value : name of the column with the unrounded value (nan: could not be computed); or a function that makes it of the
        ledger row, which has its id, formula and inputs by then, and says why it is nan
    missing : template that joins the note where the value is nan and says why; "": what the function says
    unit : one of UNITS, or a template
    inputs : name in the formula -> id template, a list of them, or "@column" for a column of lists of ids
    extract, filter, rows : for a leaf that counts records: every extract read, the one whose rows are counted first,
        filter in plain words, column with their number
    settings : paths in the config of what decides which records are counted or which formula is used, besides the
        numbers among the inputs: "definitions.minimum_age periods.{period}.outcomes"
    source : report section of the definition, or citation and page of a constant
    cohort : of a leaf that counts records: whom or what it counts, areas and periods aside; two ids that count the same
        stop the rule ledger. By default its extracts, filter and settings as they are declared
    """
    records = frame.to_dict("records")
    cohort = cohort or (digest(extract, filter, settings, value) if extract else "")
    ids = [identifier(row[id[1:]] if id.startswith("@") else id, **row) for row in records]
    if unknown := {unit.format(**row) for row in records} - UNITS:
        raise ValueError(f"unknown unit {sorted(unknown)[0]!r}, allowed: {sorted(UNITS)}")
    made = []
    for name, row in zip(ids, records, strict=True):
        one = {
            "id": str(name),
            "value": math.nan,
            "unit": unit.format(**row),
            "formula": formula.format(**row),
            "inputs": _inputs(inputs or {}, row),
            "rule": rule,
            "function": function,
            "source": source.format(**row),
            "extract": extract.format(**row),
            "filter": filter.format(**row),
            "rows": row[rows] if rows else None,
            "settings": settings.format(**row),
            "note": note.format(**row),
            "family": name.family,
            "dims": dims_text(name.dims),
            "about": "",
            "cohort": cohort.format(**row),
        }
        one["value"], why = (row[value], "") if isinstance(value, str) else value(one)
        if math.isnan(one["value"]):
            one["note"] = joined(one["note"], missing.format(**row) or why)
        made.append(one)
    if not made:
        return pd.DataFrame(columns=FIELDS).astype({"rows": "Int64"})
    columns = {field: [one[field] for one in made] for field in FIELDS}
    columns |= {"value": [float(one) for one in columns["value"]], "rows": pd.array(columns["rows"], dtype="Int64")}
    return pd.DataFrame(columns)


def joined(*parts: str) -> str:
    """A note of several parts, the empty ones left out."""
    return "; ".join(part for part in parts if part)


def _inputs(inputs: Mapping[str, str | Sequence[str]], row: dict) -> str:
    pairs = []
    for name, templates in inputs.items():
        if isinstance(templates, str):
            templates = row[templates[1:]] if templates.startswith("@") else [templates]
        pairs += [f"{name}={template.format(**row)}" for template in templates]
    return " ".join(pairs)


def parse_inputs(text: str) -> dict[str, list[str]]:
    """Read an `inputs` field: name in the formula -> ids, in order."""
    named: dict[str, list[str]] = {}
    for pair in text.split():
        name, _, identifier = pair.partition("=")
        named.setdefault(name, []).append(identifier)
    return named


def inputs_of(row: Mapping) -> list[str]:
    """The ids that a quantity is computed from."""
    return [identifier for ids in parse_inputs(row["inputs"]).values() for identifier in ids]


def extracts_of(row: Mapping) -> list[str]:
    """The extracts that a ledger row's records are from: the one whose rows are counted, then those read with it."""
    return row["extract"].split()


def shaped_by(row: Mapping) -> list[str]:
    """Paths in the config of what shapes a quantity besides its inputs."""
    return row["settings"].split()


def within(path: str, other: str) -> bool:
    """Whether a path of the config is another one, or stands above or below it."""
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.")


def kind(row: Mapping) -> str:
    """Say which kind of quantity a ledger row is: one of KINDS."""
    if row["family"] == "setting":
        return "setting"
    if row["family"] == "constant":
        return "constant"
    return "records" if row["extract"] else "derived"


def numbers(settings: Mapping | list, path: str = "setting") -> Iterator[tuple[str, float]]:
    """All numbers of the config, as (id, value); an item of a list of steps is named by its from_year."""
    items = settings.items() if isinstance(settings, Mapping) else enumerate(settings, start=1)
    for key, value in items:
        if isinstance(value, Mapping) and "from_year" in value:
            yield f"{path}.from_year_{value['from_year']}", float(value["rate"])
        elif isinstance(value, Mapping | list):
            yield from numbers(value, f"{path}.{key}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{path}.{key}", float(value)


def value_of(row: Mapping) -> float:
    """A ledger row's value: nan where there is none, and of the class Withheld where it is withheld."""
    return Withheld(math.nan) if row["note"].startswith(WITHHELD_SIGN) else row["value"]


def values_of(ledger: pd.DataFrame) -> dict[str, float]:
    """Ledger id -> value, as `value_of` gives it."""
    return {row["id"]: value_of(row) for row in ledger[["id", "value", "note"]].to_dict("records")}


def write_ledger(parts: Sequence[pd.DataFrame], path: str | Path) -> None:
    """Write ledger rows as CSV; an id stands once."""
    ledger = pd.concat(parts, ignore_index=True)[FIELDS]
    if (repeated := ledger["id"][ledger["id"].duplicated()]).any():
        raise ValueError(f"quantity stands twice in the ledger: {repeated.iloc[0]}")
    texts = ledger.drop(columns=["value", "rows"]).astype(str)
    if (run := ledger["id"][texts.map(is_run).any(axis=1)]).any():
        raise ValueError(f"a text of {run.iloc[0]} could start a formula, allowed: words before the sign")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ledger["value"] = [repr(int(v)) if v.is_integer() else repr(v) for v in ledger["value"].astype(float)]
    ledger["value"] = ledger["value"].replace("nan", "")
    ledger.to_csv(path, index=False, lineterminator="\n")


def read_ledger(*paths: str | Path) -> pd.DataFrame:
    """Read ledger files; text columns are "" where empty, value is float (nan where it could not be computed)."""
    text = {field: str for field in FIELDS if field not in ("value", "rows")}
    parts = [
        pd.read_csv(path, dtype={**text, "rows": "Int64"}, keep_default_na=False, na_values={"value": "", "rows": ""})
        for path in paths
    ]
    return pd.concat(parts, ignore_index=True)
