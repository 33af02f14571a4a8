"""The profile that the project makes of real published counts, run by the workflow to its end."""

from __future__ import annotations

import csv
import re
import shutil
import trace

import pikepdf
import pytest

import check
import profiles
import verify
from dscp.ledger.rows import read_ledger
from ledger_checks import assert_closed
from running import PROJECT, finish
from tables import read_cells
from validators import verapdf

RUN = "results/barnet-2011-12"
# Number, column, file and line of a count, as the trail of a quantity tells them.
LEAF = re.compile(
    r"published\.count\.\S+ = ([\d,]+)\n[^=]*?the\s+column\s+(\w+)\n(?:.*\n)*?\s+(\w+\.csv): line (\d+) \(1\)"
)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies") / "barnet"
    shutil.copytree(profiles.BARNET, folder, ignore=shutil.ignore_patterns("results", ".snakemake"))
    finish(PROJECT, folder)
    return folder


def test_it_has_every_form_and_a_closed_ledger(study):
    run = study / RUN
    with pikepdf.open(run / "report.pdf") as pdf:
        assert 10 < len(pdf.pages) < 18
    assert_closed(read_ledger(run / "restricted" / "ledger.csv"))
    exhibits = {"P.1", "P.1.1", "P.1.2", "P.2", "P.3", "P.3.1", "P.4", "P.6", "P.7", "Figure P.1"}
    assert set(read_cells(run / "cells.csv")["exhibit"]) == exhibits
    assert "pilot" not in re.sub("<(style|script).*?</\\1>", "", (run / "report.html").read_text(encoding="utf-8"),
                                 flags=re.DOTALL)  # fmt: skip


def test_every_printed_number_is_traced_to_cells_of_the_export(study):
    """The lines that the trail of a cell names hold, in the columns that it names, the counts that it names."""
    run = trace.Run(study, "barnet-2011-12")
    lines = {name: list(csv.reader((study / name).open(encoding="utf-8"))) for name in profiles.export()}
    printed = read_cells(study / RUN / "cells.csv")
    assert len(printed) > 150
    leaves = 0
    for cell in printed.itertuples():
        told = "\n".join(trace.trail(run, *trace.find(run, f"{cell.exhibit}/{cell.row}/{cell.column}"), True))
        found = LEAF.findall(told)
        assert found, cell
        for number, column, file, line in found:
            header, row = lines[file][0], lines[file][int(line) - 1]
            assert row[header.index(column)] == number.replace(",", ""), (cell, column, file, line)
        leaves += len(found)
    assert leaves > len(printed)


def test_the_pdf_is_accessible(study):
    assert not any(verapdf(study / RUN / "report.pdf").values())


def test_its_files_are_as_they_were_made(study, capsys):
    assert verify.main([f"--study={study}"]) == 0
    assert "files verified" in capsys.readouterr().out


def test_it_can_be_checked_without_building(study, capsys):
    assert check.main([f"--study={study}"]) == 0
    assert "Nothing here stops a run" in capsys.readouterr().out
