"""Every published table of two finished runs: no cell starts a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import odfdo
import openpyxl
import pytest

from dscp.record.forms import FORMS, RESTRICTED
from running import RUN

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−")
NUMBER = re.compile(
    r"[-+−]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?(e[-+]?[0-9]+)?%?", flags=re.I
)  # which no program runs
OTHER = "results/other-2012-15"
TABLES = {form.file for form in FORMS if form.file.endswith(".csv") and not form.confidential}


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
