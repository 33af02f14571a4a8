"""Every field of every published file passed a gate that is declared for it (record/forms.py)."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pikepdf
import pytest
from lxml import etree
from PIL import Image

from canaries import unpacked
from dscp.disclosure.control import Control, by_id
from dscp.disclosure.facts import counts, totals
from dscp.disclosure.models import is_result
from dscp.disclosure.policies import POLICIES
from dscp.extracts.types import About
from dscp.ledger.rows import read_ledger
from dscp.printing.html import read_html
from dscp.record.forms import FORMS, HOUSE, RESTRICTED, WORK, PublishedForm, Way, form_of
from release import release

WARNING = re.compile(r"^warning: \w+ \([\w.]+, line \d+\)$", re.M)  # of a library, by its kind and place
DIGEST = re.compile(rb"[0-9a-f]{64}")


def of_table(path: Path) -> Iterator[str]:
    """The columns of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        yield from next(csv.reader(stream))


def of_page(path: Path) -> Iterator[str]:
    """What a page holds: what is read, its pictures, and the data of its script by name."""
    page = read_html(path.read_text(encoding="utf-8"))
    yield from ("text",) if page.text_content().strip() else ()
    yield from {"pictures" for _ in page.iter("svg", "img")}
    for script in page.iter("script"):
        if script.get("type") == "application/json":
            yield from (f"data/{name}" for name in json.loads(script.text))
        else:
            yield "script"


def of_pdf(path: Path) -> Iterator[str]:
    yield "text"
    with pikepdf.open(path) as pdf:
        yield from [f"attached/{name}" for name in pdf.attachments]


def of_book(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as book:
        names = set(book.namelist())
    yield "cells"
    yield from ("properties",) if names & {"docProps/core.xml", "meta.xml"} else ()
    yield from (name for name in names if name.startswith(("xl/media", "Pictures", "xl/embeddings", "customXml")))


def of_drawing(path: Path) -> Iterator[str]:
    """Lines and texts; no pictures, pages or programs."""
    names = {str(one.tag).rpartition("}")[2] for one in etree.parse(path).iter()}
    yield from ("drawing", "words")
    yield from names & {"script", "foreignObject", "image"}


def of_picture(path: Path) -> Iterator[str]:
    """Points, and how many to the inch; no words."""
    yield "drawing"
    with Image.open(path) as picture:
        yield from (name for name in picture.info if name != "dpi")


def of_record(path: Path) -> Iterator[str]:
    """The properties of what the record tells of; of column descriptions, what is no word about a column."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    if path.name == "csv-metadata.json":
        columns = [column for table in whole.pop("tables") for column in table.pop("tableSchema").pop("columns")]
        yield "words"
        yield from {*whole, *(name for column in columns for name in column)} - {
            "@context", "name", "titles", "datatype", "dc:description",
        }  # fmt: skip
        return
    for entity in whole["@graph"]:
        yield from entity


RARE = {"dateModified"}  # of a file that was written again after its job
READS: dict[str, Callable[[Path], Iterator[str]]] = {
    ".csv": of_table, ".html": of_page, ".pdf": of_pdf, ".xlsx": of_book, ".ods": of_book, ".svg": of_drawing,
    ".json": of_record, ".png": of_picture,
}  # fmt: skip


def undeclared(run: Path) -> list[str]:
    """Each field of a run's published files that no gate is declared for, and each that is declared and not there."""
    found: dict[PublishedForm, set[str]] = {}
    for path in sorted(run.rglob("*")):
        form = form_of(path.relative_to(run).as_posix())
        if form and not form.confidential:
            found.setdefault(form, set()).update(READS[path.suffix](path))
    more = [f"{form.file}: {name}" for form, names in found.items() for name in sorted(names - form.fields.keys())]
    declared = [(form, name) for form in found for name in form.fields if name not in RARE]
    return more + [f"{form.file} lacks {name}" for form, name in declared if name not in found[form]]


@pytest.fixture(scope="module")
def small(protected_study) -> Path:
    """A study with few clients, under a policy that withholds and rounds."""
    return protected_study


@pytest.fixture(scope="module")
def run(small) -> Path:
    return small / "results" / "other-2012-15"


def test_every_field_of_every_published_file_has_a_gate(run):
    assert undeclared(run) == []


def test_so_has_every_field_of_the_default_run(default_run):
    assert undeclared(default_run) == []


def test_a_field_that_nobody_declared_is_found(run, tmp_path):
    """A column, a property and a piece of the page's data."""
    for name in ("ledger.csv", "ro-crate-metadata.json", "report.html"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    ledger = pd.read_csv(tmp_path / "ledger.csv", dtype=str)
    ledger.assign(clients="3").to_csv(tmp_path / "ledger.csv", index=False)
    record = json.loads((tmp_path / "ro-crate-metadata.json").read_text("utf-8"))
    record["@graph"][0]["clients"] = "3"
    (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(record), "utf-8")
    page = (tmp_path / "report.html").read_text("utf-8")
    (tmp_path / "report.html").write_text(
        page.replace('id="trace-data">{', 'id="trace-data">{"clients":3,', 1), "utf-8"
    )
    assert undeclared(tmp_path) == [
        "ledger.csv: clients", "report.html: data/clients", "ro-crate-metadata.json: clients"
    ]  # fmt: skip


def published(run: Path) -> Iterator[tuple[str, bytes]]:
    """Every file outside `restricted/`, and what is packed into it."""
    for path in sorted(run.rglob("*")):
        name = path.relative_to(run).as_posix()
        if path.is_file() and not name.startswith(f"{RESTRICTED}/"):
            yield from unpacked(name, path.read_bytes())


def test_no_plain_checksum_of_a_confidential_file_is_published(run, small):
    """Of extracts, and of all that was made of them: whoever guesses a file could make sure."""
    closed = [*(small / "extracts").iterdir(), *(run / RESTRICTED).rglob("*"), *(run / "work").rglob("*")]
    open_ = {hashlib.sha256(data).hexdigest() for _, data in published(run)}
    sums = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in closed if path.is_file()}
    sums = {total: path for total, path in sums.items() if total not in open_}
    assert len(sums) > 20
    told = {(name, one.decode()) for name, data in published(run) for one in DIGEST.findall(data)}
    assert [(name, sums[total]) for name, total in told if total in sums] == []


def test_logs_of_a_finished_run_say_nothing_of_its_records(run):
    """They are words of the project alone: whatever a job counts goes through the gate."""
    said = {path.name: path.read_text("utf-8") for path in (run / "logs").iterdir()}
    assert {name: text for name, text in said.items() if re.search(r"\d", WARNING.sub("", text))} == {}


def test_what_counts_people_is_empty_in_the_fields_that_are_declared_so(run):
    empty = {form.file: [name for name, way in form.fields.items() if way is Way.EMPTIED] for form in FORMS}
    ledger = read_ledger(run / "ledger.csv")
    people = ledger[(ledger["about"] == About.PEOPLE) & (ledger["inputs"] == "")]
    assert len(people) > 50
    for name in empty["ledger.csv"]:
        assert people[name].isna().all()
    validation = pd.read_csv(run / "validation.csv", dtype=str, keep_default_na=False)
    for name in empty["validation.csv"]:
        assert set(validation[name]) == {""}
    page = read_html((run / "report.html").read_text("utf-8"))
    data = json.loads(next(one.text for one in page.iter("script") if one.get("id") == "trace-data"))
    of = dict(zip(data["id"], data["rows"], strict=True))
    assert {of[name] for name in people["id"]} == {None}
    assert sum(map(len, empty.values())) == 4


def test_fields_that_come_from_the_ledger_hold_what_the_gate_let_through(run):
    """Cells, and the data of the page: value by value those of the published ledger."""
    ledger = read_ledger(run / "ledger.csv").set_index("id")["value"]
    cells = pd.read_csv(run / "cells.csv", keep_default_na=False, na_values={"value": ""})
    cells = cells[cells["id"].isin(ledger.index)]
    assert len(cells) > 1000
    assert cells["value"].fillna(-1).to_list() == ledger[cells["id"]].fillna(-1).to_list()
    page = read_html((run / "report.html").read_text("utf-8"))
    data = json.loads(next(one.text for one in page.iter("script") if one.get("id") == "trace-data"))
    assert data["id"] == list(ledger.index)
    assert [
        value for value, full in zip(data["value"], ledger, strict=True) if full != full and value not in ("[c]", "")
    ] == []


def test_every_file_outside_restricted_is_a_form_or_lies_in_a_declared_folder(run):
    names = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    names = {name for name in names if not name.startswith(f"{RESTRICTED}/")}
    assert {name.split("/")[0] for name in names if not form_of(name)} <= set(HOUSE) - {RESTRICTED}
    of_work = {name for name in names if name.startswith(f"{WORK}/")}
    of_work -= {f"{WORK}/{path.relative_to(run)}" for path in run.glob("figures/*.svg")}  # for the page and for the PDF
    assert of_work == {f"{WORK}/{name}" for name in ("activity.csv", "report_print.html", "ro-crate-metadata.json")}


def test_every_number_about_people_has_its_rule(run):
    """Counts are attacked, results of models fitted to them and cut, all else computed from what is published."""
    rows = by_id(read_ledger(run / "ledger.csv"))
    counted, summed = set(counts(rows)), set(totals(rows))
    found: dict[str, set[str]] = {}
    for name, row in rows.items():
        if row["about"] == About.PEOPLE:
            rule = "count" if name in counted | summed else "model" if is_result(row) else "computed"
            assert rule != "computed" or row["inputs"], name
            found.setdefault(rule, set()).add(row["unit"])
    assert found["count"] == {"count"}
    assert found["model"] == {"p", "ratio", "ppt"}
    assert {"gbp", "percent", "index"} <= found["computed"]
    assert release(rows, Control(POLICIES["suppress_below_8_round_to_5"]))[1] == []
