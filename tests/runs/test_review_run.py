"""The profile's reference study, run by the workflow to its end: a partnership beside a published review of it."""

from __future__ import annotations

import re
import trace
import zipfile

import pikepdf
import pytest

import verify
from dscp.ledger.rows import read_ledger
from ledger_checks import assert_closed
from running import PROJECT, finish
from tables import read_table
from validators import verapdf, vnu

NAME = "southampton-2011-12"
RUN = f"results/{NAME}"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("southampton")
    config = PROJECT / "studies" / "southampton" / "config.yaml"
    (folder / "config.yaml").write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    finish(PROJECT, folder)
    return folder


def test_it_has_every_form_and_a_closed_ledger(study):
    run = study / RUN
    with pikepdf.open(run / "report.pdf") as pdf:
        assert 15 < len(pdf.pages) < 25
    for name in ("report.xlsx", "report.ods"):
        with zipfile.ZipFile(run / name) as archive:
            assert archive.testzip() is None
    ledger = read_ledger(run / "restricted" / "ledger.csv")
    assert_closed(ledger)
    assert {"review_journeys", "review"} & {path.stem for path in (run / "logs").glob("*.log")} == {
        "review_journeys",
        "review",
    }


def test_the_register_and_the_relations_are_whole(study):
    register = read_table(study / RUN / "reproduction.csv")
    assert len(register) == register["key"].nunique() == 696
    relations = read_table(study / RUN / "review_relations.csv")
    assert len(relations) == relations["id"].nunique() == 272
    assert (relations["why"] != "").all()
    assert (relations["verdict"] == "cannot hold").sum() == 34


def test_the_page_is_html(study):
    assert [told for told in vnu(study / RUN / "report.html") if told["type"] == "error"] == []


def test_the_pdf_is_accessible(study):
    assert not any(verapdf(study / RUN / "report.pdf").values())


def test_the_run_is_as_its_record_says(study, capsys):
    assert verify.main([f"--study={study}"]) == 0
    assert "files verified" in capsys.readouterr().out


def test_a_number_is_traced_to_journeys_and_a_verdict_to_the_register(study):
    run = trace.Run(study, NAME)
    told = "\n".join(trace.trail(run, *trace.find(run, "reproduction.difference.figure_11.all.local"), True))
    assert "constant.published.figure_11.all.local" in told
    assert re.search(r"review_journeys\.csv: line", told)
    told = "\n".join(trace.trail(run, *trace.find(run, "review.without.national"), True))
    assert "reproduction.csv" in told
