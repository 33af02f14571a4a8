"""No value of a client gets out: canaries in every extract, and every publishable byte searched for them.

A failing test here prints file names, forms and numbers of canaries, never the text around one; of the other tests none
prints clients' rows that are confidential: the extracts that they run on are drawn at random, or rebuilt from published
counts. What they compare of such rows they compare inside the process.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pandas as pd
import pikepdf
import pytest
import yaml

import outcomes
from accept import accept
from canaries import BORN, DIGITS, MARK, SHAPES, Search, plant, whole_values
from dscp.extracts.columns import schema
from dscp.extracts.faults import LISTED
from dscp.extracts.registry import EXTRACTS
from dscp.extracts.types import Limits
from dscp.ledger.rows import read_ledger
from dscp.measures.registry import MEASURES as DECLARED
from dscp.record.forms import forms_of
from dscp.run.job import writing
from dscp.study.areas import areas_called, sites_called
from dscp.study.kinds import PRINTED
from other_study import FOLDER, extracts, other_config, write_study
from running import PROJECT, RUN, snakemake
from validate import validate

MEASURES = ("effective_treatment.", "successful_completion.", "prison_pickup.", "community_triage.")
RATE = "effective_treatment.rate.pilot_3.pre"


def text_of(path: Path) -> pd.DataFrame:
    """An extract, every cell as it stands in the file."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def tool(name: str, *arguments: str) -> str:
    """What a program of workflow/tools prints, on both channels."""
    command = [sys.executable, str(PROJECT / "workflow" / "tools" / f"{name}.py"), *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def publishable(folder: Path) -> list[Path]:
    """Every file of a study but its extracts and what is restricted; Snakemake's own notes and logs among them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if not {"restricted", FOLDER} & set(path.relative_to(folder).parts)]


@dataclass(frozen=True)
class Planted:
    """A run on extracts with canaries: its study's folder, the search, canaries per extract, what the run said.

    A failing test prints none of it but the folder.
    """

    folder: Path
    search: Search = field(repr=False)
    numbers: dict[str, int] = field(repr=False)
    said: str = field(repr=False)


# --- a run that succeeds ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted(default_study, tmp_path_factory) -> Planted:
    """The default study, run on its extracts with canaries in them."""
    folder = tmp_path_factory.mktemp("canaries")
    given = default_study / "results" / "reference_extracts" / "restricted"
    frames, numbers = plant({name: text_of(given / f"{name}.csv") for name in PRINTED})
    (folder / FOLDER).mkdir()
    for name, frame in frames.items():
        frame.to_csv(folder / FOLDER / f"{name}.csv", index=False)
    config = (default_study / "config.yaml").read_text(encoding="utf-8")
    config = config.replace("results/reference_extracts/restricted/", f"{FOLDER}/")
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    done = snakemake(PROJECT, folder)
    assert done.returncode == 0
    born = {date for frame in frames.values() if "date_of_birth" in frame for date in frame["date_of_birth"] if date}
    iso = {"-".join(reversed(date.split("/"))) for date in born}
    search = Search(whole_values(frames.values()), born | iso)
    return Planted(folder, search, numbers, done.stdout + done.stderr)


def test_every_extract_holds_canaries(planted):
    assert set(planted.numbers) == set(PRINTED)
    assert min(planted.numbers.values()) >= 25 and sum(planted.numbers.values()) > 600_000


def test_the_run_is_the_same_as_without_them(planted, default_run):
    """Else the canaries would have been planted in rows that are thrown away."""
    ledgers = [read_ledger(folder / "ledger.csv")[["id", "value"]] for folder in (planted.folder / RUN, default_run)]
    one, other = (ledger[ledger["id"].str.startswith(MEASURES)].reset_index(drop=True) for ledger in ledgers)
    assert len(one) > 300
    assert one.equals(other)


def test_no_canary_is_in_any_publishable_byte(planted, config):
    paths = publishable(planted.folder)
    found, size = planted.search.files(paths)
    assert found == {}
    assert planted.search.bytes(planted.said.encode()) == set()
    run = planted.folder / RUN
    names = {path.relative_to(run).as_posix() for path in paths if path.is_relative_to(run)}
    open_ = [form for form in forms_of(config) if not form.confidential]
    assert [form.file for form in open_ if not any(map(form.holds, names))] == []
    assert {"logs/outcomes.log", "work/report_print.html", "work/activity.csv"} <= names
    assert any(".snakemake" in path.parts for path in paths)
    assert size > 20_000_000


def test_they_are_in_what_is_restricted(planted):
    folder, search = planted.folder, planted.search
    frozen = folder / RUN / "restricted" / "frozen"
    for name in PRINTED:
        found, _ = search.files((frozen / name).iterdir())
        assert found, name
    assert search.files([folder / RUN / "restricted" / "validated" / "journeys.parquet"])[0]


@pytest.mark.parametrize(
    "identifier", [RATE, "prison_pickup.count.comparison_4.post", "extract.journeys", "7.10/site_3"]
)
def test_trace_says_no_canary(planted, identifier):
    folder, search = planted.folder, planted.search
    for records in ([], ["--records"]):
        said = tool("trace", "--study", str(folder), *records, "--", identifier)
        assert said and search.bytes(said.encode()) == set()


def test_verify_and_compare_say_no_canary(planted, default_run):
    folder, search = planted.folder, planted.search
    shutil.copytree(default_run, folder / "results" / "other")
    said = tool("compare", "--study", str(folder), "--", Path(RUN).name, "other")
    pages = list((folder / "results").glob("compare-*/*"))
    assert "changes.html" in [page.name for page in pages]
    said += "".join(page.read_text(encoding="utf-8") for page in pages)
    assert "journeys" in said
    said += tool("verify", "--study", str(folder)) + tool("verify", "--study", str(folder), "--run", "other")
    assert search.bytes(said.encode()) == set()
    shutil.rmtree(folder / "results" / "other")


def test_a_job_that_trips_over_a_client_does_not_say_whom(planted, tmp_path_factory):
    """A typed copy whose dates are texts: DuckDB's own message quotes the text that it could not read."""
    folder, search = tmp_path_factory.mktemp("tripped"), planted.search
    shutil.copytree(planted.folder, folder, dirs_exist_ok=True)
    path = folder / RUN / "restricted" / "validated" / "journeys.parquet"
    frame = pd.read_parquet(path).assign(journey_start=SHAPES["text"], date_of_birth=SHAPES["date in words"])
    path.unlink()
    frame.to_parquet(path)
    done = snakemake(PROJECT, folder, f"{RUN}/restricted/outcomes.parquet")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert re.search(r"outcomes: error: \w+ \(derivations\.py, line \d+\); the log has the way there", said)
    assert search.files(publishable(folder))[0] == {}
    assert search.bytes(said.encode()) == set()


# --- the search itself -----------------------------------------------------------------------------------------------


def pdf_with(put: Callable[[pikepdf.Pdf, bytes], None]) -> Callable[[bytes], bytes]:
    """Makes a packed PDF in which a text has been put somewhere."""

    def made(text: bytes) -> bytes:
        document, file = pikepdf.new(), io.BytesIO()
        document.add_blank_page()
        put(document, text)
        document.save(file, compress_streams=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return file.getvalue()

    return made


def on_the_page(document: pikepdf.Pdf, text: bytes) -> None:
    document.pages[0].Contents = document.make_stream(b"BT (" + text + b") Tj ET")


def attached(document: pikepdf.Pdf, text: bytes) -> None:
    document.attachments["a.csv"] = pikepdf.AttachedFileSpec(document, text)


def in_its_metadata(document: pikepdf.Pdf, text: bytes) -> None:
    with document.open_metadata() as metadata:
        metadata["dc:title"] = text.decode()


def in_its_information(document: pikepdf.Pdf, text: bytes) -> None:
    document.docinfo["/Subject"] = text.decode()


def zipped(text: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", text)
    return file.getvalue()


FORMS = {
    "page.html": lambda text: b"<p>" + text + b"</p>",
    "entities.html": lambda text: "".join(f"&#x{ord(letter):X};" for letter in text.decode()).encode(),
    "wide.txt": lambda text: text.decode().encode("utf-16"),
    "hexadecimal.txt": lambda text: text.hex().encode(),
    **{f"base64_{shift}.txt": lambda text, shift=shift: base64.b64encode(b"x" * shift + text) for shift in range(3)},
    "lower.txt": bytes.lower,
    "page.pdf": pdf_with(on_the_page),
    "attached.pdf": pdf_with(attached),
    "metadata.pdf": pdf_with(in_its_metadata),
    "information.pdf": pdf_with(in_its_information),
    "report.xlsx": zipped,
    "twice.zip": lambda text: zipped(zipped(text)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_search_finds_what_is_there(form, shape, tmp_path):
    for text, there in ((SHAPES[shape], True), ("nobody at all", False)):
        (tmp_path / form).write_bytes(FORMS[form](text.encode()))
        assert bool(Search().files([tmp_path / form])[0]) is there


@pytest.mark.parametrize("kind", [hashlib.md5, hashlib.sha1, hashlib.sha256])
def test_the_search_finds_a_digest_and_a_name_of_a_file(kind, tmp_path):
    search = Search(["C00017"], ["1950-05-06"])
    digest = kind(b"C00017")
    assert search.bytes(b'"id": "' + digest.hexdigest().encode() + b'"') == {"a digest"}
    assert search.bytes(b"x=" + base64.b64encode(digest.digest())) == {"a digest"}
    assert search.bytes(kind(b"C00018").hexdigest().encode()) == set()
    assert search.bytes(b"born 1950-05-06, not 1950-05-067") == {"a date of birth"}
    (tmp_path / f"{MARK}.log").write_text("")
    assert search.files(tmp_path.iterdir())[0]


# --- extracts that are refused ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(config) -> tuple[dict, dict[str, pd.DataFrame]]:
    """The other study's config, and four rows of each of its extracts, as text."""
    import numpy as np

    made = other_config(config)
    drawn = extracts(made, np.random.default_rng(7))
    return made, {name: text_of(io.StringIO(frame.head(4).to_csv(index=False))) for name, frame in drawn.items()}


def as_csv(rows: list[list[str]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def bad_cells(frame: pd.DataFrame) -> tuple[str, list[tuple[int, str, str]]]:
    """A table with a canary of every shape in every column, a row for each; and record, column and shape of each."""
    rows, places = [list(frame.columns), *frame.to_numpy().tolist()], []
    for position, column in enumerate(frame.columns):
        for shape, value in SHAPES.items():
            row = list(rows[1])
            row[position] = value
            rows.append(row)
            places.append((len(rows) - 1, column, shape))
    return as_csv(rows), places


def said_of(extract: str, content: str | bytes, config: dict, folder: Path, name: str = "") -> tuple[list[str], bytes]:
    """The faults of an extract, and all that its validation and the gate let out."""
    path = folder / (name or f"{extract}.csv")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    findings = validate(extract, [str(path)], config, str(folder / "validated.parquet"), names=[path.name])
    everything, stops = accept([findings])
    told = [findings.to_csv(), everything.to_csv(), *stops, findings.to_json(), str(findings.to_dict())]
    return stops, "\n".join(told).encode()


NOT_READ = ("date", "quarter", "month", "fiscal_year", "integer", "count")
MAYBE_RIGHT = ("date", "British date")  # where it is a date of birth, or a month


@pytest.mark.parametrize("extract", PRINTED)
def test_bad_cells_are_named_by_their_place_and_not_by_their_words(extract, other, tmp_path):
    config, frames = other
    content, places = bad_cells(frames[extract])
    stops, told = said_of(extract, content, config, tmp_path)
    assert Search().bytes(told) == set()
    assert stops and all(", allowed: " in message and " found " in message for message in stops)
    limits = Limits(config["codes"], sites_called(config["sites"]), areas_called(config["sites"]), pd.Timestamp.today())
    columns = schema(EXTRACTS[extract], limits).columns
    bad: dict[str, list[int]] = {}
    for record, column, shape in places:
        kind = columns[column].metadata
        if kind["kind"] in NOT_READ and kind["bad"] == "fault" and shape not in MAYBE_RIGHT:
            bad.setdefault(column, []).append(record)
    for column, records in bad.items():
        found = re.compile(
            rf"{extract}\.csv, record (\d+), {column}: found a value like .* in (\d+) rows \(also record "
        )
        first, rows = next(map(int, hit.groups()) for message in stops if (hit := found.match(message)))
        assert first <= records[0] and rows >= len(records) > LISTED


@pytest.mark.parametrize("extract", PRINTED)
def test_bad_files_are_named_by_their_lines_and_not_by_their_words(extract, other, tmp_path):
    """Ten kinds of damage; over the twelve extracts each comes with every shape."""
    config, frames = other
    shapes = deque(SHAPES)
    shapes.rotate(PRINTED.index(extract))
    for what, damaged in DAMAGE.items():
        frame = frames[extract]
        content, place = damaged([list(frame.columns), *frame.to_numpy().tolist()], SHAPES[shapes[0]])
        stops, told = said_of(extract, content, config, tmp_path)
        assert Search().bytes(told) == set(), (what, shapes[0])
        assert any(re.match(f"{extract}.csv{place}", message) for message in stops), (what, shapes[0])
        shapes.rotate(1)


Rows = list[list[str]]
LINE_2, NO_COLUMN, RECORD = (
    ", line 2: found ",
    ", \\w+: found no such column",
    ", (line|record) 1?2?, \\w+: found a value",
)


def full(rows: Rows, value: str) -> list[str]:
    """A row of a canary in every cell."""
    return [value] * len(rows[0])


def of_a_line(value: str) -> str:
    """A canary that needs no quotes."""
    return value.replace("\r\n", " ").replace('"', "").replace(",", "")


DAMAGE: dict[str, Callable[[Rows, str], tuple[str | bytes, str]]] = {
    "too few cells": lambda rows, value: (as_csv([rows[0], full(rows, value)[1:], *rows[1:]]), LINE_2),
    "too many cells": lambda rows, value: (as_csv([rows[0], [*full(rows, value), value], *rows[1:]]), LINE_2),
    "another encoding": lambda rows, value: (
        as_csv([rows[0], full(rows, f"é{of_a_line(value)}"), *rows[1:]]).encode("latin-1"),
        LINE_2,
    ),
    "an open quote": lambda rows, value: (as_csv(rows[:1]) + f'"{of_a_line(value)}' + as_csv(rows[1:]), LINE_2),
    "a column renamed": lambda rows, value: (as_csv([[value, *rows[0][1:]], full(rows, value), *rows[1:]]), NO_COLUMN),
    "no header": lambda rows, value: (as_csv([full(rows, value), *rows[1:]]), NO_COLUMN),
    "two bytes a character": lambda rows, value: (
        as_csv([rows[0], full(rows, value)]).encode("utf-16"),
        ": found text in UTF-16",
    ),
    "a NUL byte": lambda rows, value: (as_csv([rows[0], full(rows, f"{of_a_line(value)}\0"), *rows[1:]]), RECORD),
    "a row twice": lambda rows, value: (
        as_csv([*rows[:2], rows[1], *[full(rows, value)] * 2]),
        ", (line|record) [2-5]",
    ),
    "nothing below": lambda rows, value: (as_csv([[*rows[0], value]]), ": found no rows"),
}


def test_other_kinds_of_files_say_no_canary(other, tmp_path):
    config, frames = other
    full = {name: frame.assign(**dict.fromkeys(frame.columns, SHAPES["text"])) for name, frame in frames.items()}
    for name, frame in full.items():
        file = io.BytesIO()
        frame.to_parquet(file)
        for cut in (None, -40):
            stops, told = said_of(name, file.getvalue()[:cut], config, tmp_path, f"{name}.parquet")
            assert stops and Search().bytes(told) == set(), name
    book = openpyxl.Workbook()
    for row in [
        list(frames["triage_quarters"].columns),
        *([value] * 4 for name, value in SHAPES.items() if name != "formula"),
    ]:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    stops, told = said_of("triage_quarters", file.getvalue(), config, tmp_path, "triage_quarters.xlsx")
    assert any(message.startswith("triage_quarters.xlsx, line 2, ") for message in stops)
    assert Search().bytes(told) == set()


TITLES = {
    "Local area": "Local area",
    "drug_4": "drug_4",
    DIGITS: "like 9999999999",
    SHAPES["e-mail"]: "like A.AA9AAA@AAAAAAA.AAA",
    BORN[2]: "like 99 AAAA 9999",
}


def test_a_column_that_is_not_read_is_named_if_its_name_is_words(other, tmp_path):
    config, frames = other
    for title, shown in TITLES.items():
        path = tmp_path / "fieldwork.csv"
        frames["fieldwork"].assign(**{title: "x"}).to_csv(path, index=False)
        findings = validate("fieldwork", [str(path)], config, str(tmp_path / "out"), names=[path.name])
        assert f"fieldwork.csv: 1 extra column; ignored: {shown}" in findings["message"].to_list()


def test_a_run_on_twelve_bad_extracts_names_all_places_and_no_client(config, other, tmp_path):
    write_study(tmp_path, config, extracts=other_config(config)["extracts"])  # each a CSV file
    for name, frame in other[1].items():
        (tmp_path / FOLDER / f"{name}.csv").write_text(bad_cells(frame)[0], encoding="utf-8", newline="")
    done = snakemake(PROJECT, tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    for name in PRINTED:
        assert f"{FOLDER}/{name}.csv, record " in said
    assert re.search(r"\d{3} faults: nothing was computed", said)
    assert Search().bytes(said.encode()) == set()
    run = tmp_path / "results" / yaml.safe_load((tmp_path / "config.yaml").read_text(encoding="utf-8"))["run"]
    assert (run / "validation.csv").exists() or (run / "restricted").exists()
    assert Search().files(publishable(tmp_path))[0] == {}


# --- jobs that break -------------------------------------------------------------------------------------------------


def test_a_cast_that_fails_in_a_derivation_does_not_quote_the_cell(config, tmp_path):
    frame = pd.DataFrame(
        {
            "client": [SHAPES["text"]], "dat": ["P03"], "journey": [1], "journey_start": [SHAPES["date in words"]],
            "journey_end": [SHAPES["text"]], "exit_reason": [80], "date_of_birth": [SHAPES["digits"]],
            "file": [0], "line": [2],
        }
    )  # fmt: skip
    path, log = tmp_path / "journeys.parquet", tmp_path / "outcomes.log"
    frame.to_parquet(path)
    parts = (
        config["sites"],
        config["periods"],
        config["definitions"],
        config["codes"],
        [5, 10, 20],
    )
    with pytest.raises(SystemExit), writing(str(log), {}):
        outcomes.outcomes(str(path), *parts, [DECLARED["effective_treatment"]])
    text = log.read_text(encoding="utf-8")
    assert "outcomes.py" in text and text.splitlines()[-1].startswith("error: ")
    assert Search().bytes(text.encode()) == set()


def test_what_a_database_spills_lies_beside_the_records_and_goes_with_it(tmp_path, monkeypatch):
    from dscp.measures.records import connect

    monkeypatch.chdir(tmp_path)
    (tmp_path / "restricted").mkdir()
    con = connect("restricted/journeys.parquet")
    con.execute("SET memory_limit = '60MB'")
    con.execute("CREATE TABLE long AS SELECT hash(i) AS a, hash(i + 1) AS b FROM range(8000000) t(i)")
    assert list((tmp_path / "restricted" / "journeys.parquet.spill").iterdir())
    con.close()
    assert [path.name for path in tmp_path.rglob("*")] == ["restricted"]
