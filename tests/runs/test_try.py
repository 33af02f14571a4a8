"""`make try`: the whole chain on a small study of drawn extracts."""

from __future__ import annotations

import re
import subprocess

import pikepdf

from dscp.ledger.rows import read_ledger
from ledger_checks import assert_closed
from running import PROJECT


def tried(folder: str) -> subprocess.CompletedProcess:
    command = ["make", "--silent", "try", f"TRIED={folder}"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_it_ends_with_a_pdf_and_says_where_and_how_long_it_took(tmp_path):
    done = tried(tmp_path / "here")
    assert done.returncode == 0, done.stdout + done.stderr
    pdf = tmp_path / "here" / "results" / "small" / "report.pdf"
    assert re.fullmatch(rf"The whole chain works here, in \d+ s: {pdf}", done.stdout.splitlines()[-1])
    with pikepdf.open(pdf) as document:
        assert len(document.pages) > 50
    assert_closed(read_ledger(pdf.with_name("ledger.csv")))


def test_no_other_folder_is_overwritten(tmp_path):
    (tmp_path / "config.yaml").write_text("run: mine\n", encoding="utf-8")
    done = tried(tmp_path)
    assert done.returncode != 0
    assert f"{tmp_path}: found something else than the study small, allowed: a new folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
