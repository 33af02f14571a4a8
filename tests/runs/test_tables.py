"""Every published table of two finished runs: no cell starts a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import duckdb
import odfdo
import openpyxl
import pandas as pd
import pytest

from dscp.record.forms import FORMS, RESTRICTED
from running import RUN

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−")
NUMBER = re.compile(
    r"[-+−]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?(e[-+]?[0-9]+)?%?", flags=re.I
)  # which no program runs
OTHER = "results/other-2012-15"
TABLES = {form.file for form in FORMS if form.file.endswith(".csv") and not form.confidential} - {
    "review_relations.csv"
}


@pytest.fixture(scope="module")
def runs(default_study, other_study) -> list[Path]:
    return [default_study / RUN, other_study / OTHER]


def tables(run: Path) -> Iterator[Path]:
    """Every CSV file of a run that may leave its house."""
    yield from (path for path in run.rglob("*.csv") if path.relative_to(run).parts[0] not in (RESTRICTED, "code"))


def cells(path: Path) -> Iterator[str]:
    with open(path, encoding="utf-8", newline="") as file:
        yield from (cell for row in csv.reader(file) for cell in row)


def test_no_cell_of_a_published_csv_file_starts_a_formula(runs):
    """ "-ve", sums written out and ranges of the print are marked as text."""
    found = {str(path.relative_to(runs[0].parents[1])): [] for path in tables(runs[0])}
    assert {Path(name).name for name in found} >= TABLES
    for path in [path for run in runs for path in tables(run)]:
        run = [cell for cell in cells(path) if cell.startswith(SIGNS) and not NUMBER.fullmatch(cell)]
        assert run == [], path
    marked = {path.name: [cell for cell in cells(path) if cell.startswith("'")] for path in tables(runs[0])}
    assert "'-ve" in marked["cells.csv"] and "'-6 = 29 - 35" in marked["relations.csv"]
    assert set(marked["cells.csv"]) & {"'+43%", "'-6,195"} == set(), "a number was marked as text"


PLAIN = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")
TAKEN = re.compile(
    r"[-+]?[\d.,]+%?|\d{1,4}[-/. ]\d{1,2}([-/. ]\d{1,4})?"
)  # what a spreadsheet makes a number or a date
KEYS = ("exhibit", "row", "column", "id", "key", "table", "our_id", "site", "place")


def described(run: Path) -> dict[str, dict[str, str]]:
    """File -> column -> type, as the file of column descriptions says."""
    whole = json.loads((run / "csv-metadata.json").read_text(encoding="utf-8"))
    return {
        table["url"]: {one["name"]: one["datatype"] for one in table["tableSchema"]["columns"]}
        for table in whole["tables"]
    }


def test_every_column_of_a_published_csv_file_is_described(runs):
    for run in runs:
        files = {path.name: next(csv.reader(path.open(encoding="utf-8"))) for path in tables(run) if path.parent == run}
        assert {name: list(columns) for name, columns in described(run).items()} == files
        for table in json.loads((run / "csv-metadata.json").read_text(encoding="utf-8"))["tables"]:
            assert all(one["dc:description"] for one in table["tableSchema"]["columns"]), table["url"]


def test_a_database_reads_numbers_as_numbers_and_keys_as_text(runs):
    for run in runs:
        for name, columns in described(run).items():
            read = duckdb.read_csv(str(run / name), header=True, sample_size=-1)
            taken_for = dict(zip(read.columns, map(str, read.types), strict=True))
            with open(run / name, encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            for column, kind in columns.items():
                given = [row[column] for row in rows if row[column]]
                if kind == "string":
                    assert column not in KEYS or not [cell for cell in given if TAKEN.fullmatch(cell)], (name, column)
                    continue
                assert [cell for cell in given if not PLAIN.fullmatch(cell)] == [], (name, column)
                assert kind != "integer" or all(float(cell).is_integer() for cell in given), (name, column)
                assert (taken_for[column] != "VARCHAR") == bool(given), (name, column, taken_for[column])
            texts = [column for column, kind in columns.items() if kind == "string" and column in KEYS]
            assert {taken_for[column] for column in texts if rows} <= {"VARCHAR"}, name


def test_cells_have_the_values_and_units_of_the_ledger(runs):
    for run in runs:
        ledger = pd.read_csv(run / "ledger.csv", dtype=str, keep_default_na=False).set_index("id")
        shown = pd.read_csv(run / "cells.csv", dtype=str, keep_default_na=False)
        shown = shown[shown["id"] != ""]
        assert len(shown) > 100
        of = ledger.loc[shown["id"]]
        assert shown["unit"].tolist() == of["unit"].tolist()
        assert [float(one or "nan") for one in shown["value"]] == pytest.approx(
            [float(one or "nan") for one in of["value"]], rel=1e-15, nan_ok=True
        )
        assert set(shown["exhibit"].str.split(" ").str[0]) == {"Table", "Figure"}


def test_no_cell_of_a_workbook_starts_a_formula(runs):
    for run in runs:
        package = (run / "report.xlsx").read_bytes()
        book = openpyxl.load_workbook(io.BytesIO(package))
        found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in found} == {"s", "n"}
        texts = [cell.value for cell in found if cell.data_type == "s"]
        assert [text for text in texts if text.startswith(SIGNS[:-1])] == []
        assert sum(cell.data_type == "n" for cell in found) > 500
        with ZipFile(run / "report.ods") as parts:
            content = parts.read("content.xml").decode()
        assert "table:formula" not in content
        document = odfdo.Document(io.BytesIO((run / "report.ods").read_bytes()))
        words = [paragraph.inner_text for paragraph in document.body.get_elements("//table:table-cell/text:p")]
        numbers = re.findall(r'office:value-type="float"', content)
        assert [text for text in words if text.startswith(SIGNS[:-1]) and not NUMBER.fullmatch(text)] == []
        assert len(words) > 1000 and len(numbers) > 500
