"""The default run, end to end: the print, the ledger, the bytes, what reruns."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from contradicted import CONTRADICTED
from dscp.ledger.rows import read_ledger
from ledger_checks import assert_closed
from running import ELSEWHERE, PROJECT, RUN, snakemake
from tables import read_cells

PUBLISHED = PROJECT / "workflow" / "resources" / "published"
# Printed forms that only the scan distorts: what the 2012 page reads.
SCANNED = {"92,7%": "92.7%", "2.038": "2,038", "-ve.": "-ve"}


def published() -> pd.DataFrame:
    frames = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(PUBLISHED.glob("table_*.csv"))]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def cells(default_run) -> pd.DataFrame:
    return read_cells(default_run / "cells.csv", dtype=str)


def test_every_published_number_is_printed_and_equal(cells):
    ours = cells.set_index(["exhibit", "row", "column"])["printed"]
    differing = {}
    numeric = published().query("value != '' or printed.str.startswith('<')")
    assert len(numeric) > 900
    for row in numeric.itertuples():
        key, printed = (row.table, row.row, row.column), SCANNED.get(row.printed, row.printed)
        if row.ocr_note.startswith("OCR truncated to '10'"):
            printed = "100.0%"
        if row.table == "7.11":  # its units stand in the heads here
            printed = re.sub("£m?|k$", "", printed)
        assert key in ours.index, key
        if ours[key] != printed:
            differing[key] = (printed, ours[key])
    assert differing == {key: (theirs, mine) for key, (theirs, mine, _) in CONTRADICTED.items()}


def test_values_round_to_the_print(cells):
    """The unrounded value beside each printed cell is the printed number at its decimals."""
    ours = cells.set_index(["exhibit", "row", "column"])
    for row in published().query("value != ''").itertuples():
        key = (row.table, row.row, row.column)
        if key not in CONTRADICTED:
            step = 100.0 if row.column == "funding_per_adult" else 10.0 ** -int(row.decimals)
            assert abs(float(ours.loc[key, "value"]) - float(row.value)) <= step / 2 * (1 + 1e-9), key


def test_rows_stand_in_the_order_of_the_evaluation(cells):
    """Row names, in their order, are those of the published table."""
    for number, rows in published().groupby("table"):
        ours = list(dict.fromkeys(cells.loc[cells["exhibit"] == number, "row"]))
        printed_rows = list(dict.fromkeys(rows.loc[rows["printed"] != "", "row"]))
        assert [row for row in ours if row in printed_rows] == printed_rows, number


def test_the_ledger_is_closed(default_run):
    assert_closed(read_ledger(default_run / "ledger.csv"))


def test_every_printed_cell_is_a_quantity(cells, default_run):
    known = set(read_ledger(default_run / "ledger.csv")["id"])
    numbers = cells[cells["value"] != ""]
    assert set(numbers["id"]) <= known


def test_assumed_cells_are_marked(default_run):
    html = (default_run / "report.html").read_text(encoding="utf-8")
    assert "the printed number is illegible" in html
    assert "fits neither the printed total" in html


def test_no_client_leaves_the_restricted_folder(default_run):
    clients = set(pd.read_parquet(default_run / "restricted" / "validated" / "journeys.parquet")["client"])
    some = sorted(clients)[:: len(clients) // 200]
    for path in default_run.rglob("*"):
        if path.is_file() and "restricted" not in path.parts:
            content = path.read_bytes()
            assert not [client for client in some if client.encode() in content], path


# --- what reruns -----------------------------------------------------------------------------------------------------


@pytest.fixture
def study(default_study, tmp_path) -> Path:
    """A copy of the run project that a test may edit (contents and dates as they are)."""
    return Path(shutil.copytree(default_study, tmp_path / "copy", symlinks=True))


def would_run(folder: Path, project: Path | None = None) -> set[str]:
    done = snakemake(project or folder, folder, "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    return set(re.findall(r"^would run (\w+)", done.stderr, flags=re.M)) - {"all"}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def scripts(folder: Path) -> Path:
    return folder / "workflow" / "scripts"


REPORT = {"report_html", "workbook", "attached_record", "report_pdf", "run_record"}
END = {"restated", "reproduction", "steps", "claims", "ledger", "disclosure", "release", "figures", *REPORT}
OF_REGISTER = {"reproduction", "steps", "claims"}  # the evaluated programme's


def test_nothing_reruns(study):
    assert would_run(study) == set()


def test_touching_every_source_reruns_nothing(study):
    for part in ("Snakefile", "config.yaml", "workflow", "templates"):
        for path in [study / part, *(study / part).rglob("*")]:
            os.utime(path)
    assert would_run(study) == set()


def test_discount_rate_reruns_economics_and_report(study):
    edit(study / "config.yaml", "rate: 0.035", "rate: 0.03")
    assert would_run(study) == {"unit_values", "benefits", "sensitivity", "scenarios", "uncertainty", "stated", *END}


def test_constant_reruns_what_reads_constants(study):
    edit(study / "workflow" / "resources" / "constants.csv", "treatment_cost,3000", "treatment_cost,3100")
    assert would_run(study) == {
        "evidence",
        "unit_values",
        "benefits",
        "sensitivity",
        "scenarios",
        "uncertainty",
        "stated",
        *END,
    }


def test_effective_days_reruns_from_outcomes(study):
    edit(study / "config.yaml", "effective_days: 83", "effective_days: 90")
    rerun = would_run(study)
    assert {"outcomes", "impact", "evidence", "benefits", "stated", *END} <= rerun
    assert not rerun & {"spending", "new_journeys", "unit_values", "fieldwork"}


def test_title_reruns_the_report_only(study):
    edit(study / "config.yaml", "title: Evaluation", "title: An evaluation")
    assert would_run(study) == REPORT


READ_BY = {  # file -> how a comment is written in it, the rules that read it
    "templates/figures.yaml": ("# {}", {"figures", "report_html"}),
    "templates/exhibits.yaml": ("# {}", {"report_html", "workbook", "reproduction"}),
    "templates/chapters.yaml": ("# {}", {"report_html"}),
    "templates/references.yaml": ("# {}", {"report_html"}),
    "templates/workbook.yaml": ("# {}", {"workbook"}),
    "templates/numbers_allowed.yaml": ("# {}", {"report_html", "workbook"}),
    "templates/chapters/conclusion.html.j2": ("{{# {} #}}", {"report_html"}),
    "templates/print.css": ("/* {} */", {"report_html"}),
    "workflow/resources/reproduction/relations.yaml": ("# {}", {"reproduction"}),
    "workflow/resources/claims/claims.yaml": ("# {}", {"claims"}),
}


@pytest.mark.parametrize("name", READ_BY)
def test_an_edited_file_reruns_the_rules_that_read_it(study, name):
    comment, rules = READ_BY[name]
    with open(study / name, "a", encoding="utf-8") as stream:
        stream.write(comment.format("edited") + "\n")
    assert would_run(study) >= rules | {"report_pdf", "run_record"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("label: Site 4\n", "label: The fourth site\n"),
        ('label: "2007-09"', 'label: "2007 to 2009"'),
        (
            "kind: whole_system\n    continuity: independent_case_manager\n",
            "continuity: independent_case_manager\n    kind: whole_system\n",
        ),
    ],
    ids=["site", "period", "order"],
)
def test_a_label_or_the_order_of_keys_validates_no_extract_again(study, old, new):
    edit(study / "config.yaml", old, new)
    assert not would_run(study) & {"reference_extracts", "validate", "accept"}


@pytest.mark.parametrize(
    "module", ["measures/models", "measures/records", "printing/words", "extracts/columns", "study/areas"]
)
def test_an_edited_module_reruns_the_rules_that_import_it(study, module):
    """Directly or through another module; everything downstream follows."""
    with open(scripts(study) / "dscp" / f"{module}.py", "a", encoding="utf-8") as stream:
        stream.write("\n# edited\n")
    importing: set[str] = set()
    for path in scripts(study).glob("*.py"):
        reached, queue = set(), [path.stem]
        while queue:
            text = (scripts(study) / f"{queue.pop()}.py").read_text(encoding="utf-8")
            named = re.findall(r"^\s*from (dscp[.\w]*) import (\w+)", text, flags=re.M)
            paths = {name.replace(".", "/") for one, item in named for name in (one, f"{one}.{item}")}
            new = {name for name in paths if (scripts(study) / f"{name}.py").exists()} - reached
            reached |= new
            queue += sorted(new)
        if f"dscp/{module}" in reached:
            importing.add(path.stem)
    importing -= ELSEWHERE
    assert importing
    rerun = would_run(study)
    assert importing <= rerun
    if module == "printing/words":
        assert rerun <= {
            *REPORT,
            "figures",
            "stated",
            "ledger",
            "disclosure",
            "release",
            "reproduction",
            "steps",
            "claims",
        }


def test_a_rule_that_waits_for_the_extracts_is_made_anew_when_both_have_changed(study):
    """Else its numbers would be of the old code, in a report whose record says that they are of the new."""
    for name in ("accept", "fieldwork"):
        with open(scripts(study) / f"{name}.py", "a", encoding="utf-8") as stream:
            stream.write("\n# edited\n")
    done = snakemake(study, study, f"{RUN}/restricted/ledger/fieldwork.csv", f"{RUN}/restricted/validation.csv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(re.findall(r"\d+/\d+  (\w+)", done.stderr)) == {"accept", "fieldwork"}


def test_an_edited_script_reruns_its_rule(study):
    with open(scripts(study) / "benefits.py", "a", encoding="utf-8") as stream:
        stream.write("\n# edited\n")
    assert would_run(study) == {"benefits", "sensitivity", "scenarios", "uncertainty", "stated", *END}


def test_a_replaced_extract_with_an_older_date_reruns(other_study, tmp_path):
    folder = Path(shutil.copytree(other_study, tmp_path, symlinks=True, dirs_exist_ok=True))
    given = folder / "extracts" / "pilot_spending.csv"
    before = given.stat().st_mtime
    given.write_text(given.read_text(encoding="utf-8").strip() + "1\n", encoding="utf-8")
    os.utime(given, (before - 1e6, before - 1e6))
    rerun = would_run(folder, PROJECT)
    of_money = {"spending", "benefits", "sensitivity", "scenarios", "uncertainty", "stated"}
    assert rerun == {"validate", "accept", *of_money, *END} - OF_REGISTER


def test_every_rule_rests_on_its_code(default_study):
    """Each rule with a script has the digest of the modules that its script imports among its params."""
    for path in (default_study / "workflow" / "rules").glob("*.smk"):
        for block in re.split(r"^ *rule ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            name = block.split(":", 1)[0]
            script = re.search(r"scripts/(\w+)\.py", block)
            if script:
                assert script[1] == name
                assert f'digest=digest("{name}"' in block, name


def test_only_those_rules_read_published_values_that_rebuild_or_compare(default_study):
    reading = ("reference_extracts", "reproduction", "claims")
    reviewing = ("review_journeys", "review")
    for path in scripts(default_study).rglob("*.py"):
        if path.stem not in reading and path.parent.name != "reference":
            assert "published/" not in path.read_text(encoding="utf-8"), path
    for path in (default_study / "workflow" / "rules").glob("*.smk"):
        for block in re.split(r"^ *rule ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            assert "PUBLISHED" not in block or block.split(":", 1)[0] in reading
            assert "OF_REVIEW" not in block or block.split(":", 1)[0] in reviewing
