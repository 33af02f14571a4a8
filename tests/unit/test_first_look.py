"""A new study: what is seen of files that nobody has described, and what is written of it."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

import check
import init
import init_profile
from dscp.config.checked import check_files, checked, read_config
from dscp.config.schema import config_schema
from dscp.extracts.registry import READ
from messy_exports import NAMES, WEST
from thorough import first
from understanding import forms, headers, meanings

PROJECT = Path(__file__).parents[2]
EXPORTS = PROJECT / "docs" / "first-study"
TODAY = dt.date(2026, 6, 1)
SITES = re.search(r"```yaml sites\n(.*?)```", (PROJECT / "docs" / "first-study.md").read_text(encoding="utf-8"), re.S)[
    1
]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A study that was written from the exports, with the sites of the document."""
    folder = tmp_path_factory.mktemp("written") / "first"
    init.write(folder, [str(EXPORTS)], TODAY)
    config = folder / "config.yaml"
    text = re.sub(r"^sites:.*?\n(?=\n)", lambda _: SITES, config.read_text(encoding="utf-8"), flags=re.S | re.M)
    config.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def study(written, tmp_path, monkeypatch) -> Path:
    """A copy of it."""
    monkeypatch.chdir(tmp_path)  # check goes into the study's folder
    return Path(shutil.copytree(written, tmp_path / "first"))


def checked_study(folder: Path, capsys) -> tuple[int, str, str]:
    """What check ends with, says and shows."""
    ended = check.main(["--study", str(folder)])
    page = (folder / "results" / folder.name / "restricted" / "check.html").read_text(encoding="utf-8")
    return ended, capsys.readouterr().out, page


def test_a_study_written_without_files_is_a_config_with_an_example(tmp_path, monkeypatch):
    init.write(tmp_path, [], TODAY)
    monkeypatch.chdir(tmp_path)
    study = checked(read_config("config.yaml"), "config.yaml", config_schema(PROJECT))
    assert study["extracts"] == {"journeys": "extracts/journeys.csv"}
    with pytest.raises(SystemExit, match=r"extracts.journeys: found extracts/journeys.csv, which is not there"):
        check_files(study, "config.yaml", [])
    first = (tmp_path / "config.yaml").read_text(encoding="utf-8").splitlines()[0]
    schema = tmp_path / first.removeprefix("# yaml-language-server: $schema=")
    assert yaml.safe_load(schema.read_text(encoding="utf-8")) == config_schema(PROJECT)
    assert {path.stem for path in (tmp_path / "templates").iterdir()} == set(READ)
    assert "make report" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_files_that_need_no_words_are_named_by_their_paths(tmp_path, monkeypatch):
    """Several of them, too: each is a key of its own."""
    for name in ("journeys", "dirs"):
        shutil.copy(PROJECT / "docs" / "templates" / f"{name}.csv", tmp_path)
    rows = {"journeys": "A,P1,1,2010-01-04,,,1970-01-01,M" + "," * 9, "dirs": "A,2010-01-04,1970-01-01,M"}
    for name, row in rows.items():
        with open(tmp_path / f"{name}.csv", "a", encoding="utf-8") as file:
            file.write(f"{row}\n{row.replace('P1', 'P2')}\n")
    init.write(tmp_path / "study", [str(tmp_path / f"{name}.csv") for name in rows], TODAY)
    monkeypatch.chdir(tmp_path / "study")
    study = checked(read_config("config.yaml"), "config.yaml", config_schema(PROJECT))
    assert study["extracts"] == {name: f"extracts/{name}.csv" for name in sorted(rows, key=str)}


@pytest.mark.thorough
def test_a_provider_s_submissions_are_known_and_how_they_are_joined_is_defined(tmp_path, monkeypatch, capsys):
    shutil.copy(PROJECT / "tests" / "rules" / "joined" / "submissions.csv", tmp_path)
    init.write(tmp_path / "study", [str(tmp_path / "submissions.csv")], TODAY)
    monkeypatch.chdir(tmp_path / "study")
    config = read_config("config.yaml")
    assert [*config["extracts"]] == ["submissions"]
    assert config["definitions"]["submissions"]["join_days"] == 21
    ended, said, page = checked_study(tmp_path / "study", capsys)
    assert ended == 0 and "Checked 2 extracts, 45 rows: 0 faults" in said
    assert "journeys" in page


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "README.md").write_text("mine\n", encoding="utf-8")
    init.write(tmp_path, [], TODAY)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine\n"
    with pytest.raises(SystemExit, match=r"config.yaml: is there already"):
        init.write(tmp_path, [], TODAY)
    other = tmp_path / "other"
    (other / "extracts").mkdir(parents=True)
    (other / "extracts" / NAMES[0]).write_text("mine\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"is there already"):
        init.write(other, [str(EXPORTS / NAMES[0])], TODAY)
    assert not (other / "config.yaml").exists()


@pytest.mark.thorough
def test_what_is_proposed_of_messy_exports_has_no_fault(study, capsys):
    ended, said, page = checked_study(study, capsys)
    assert (ended, f"Nothing here stops a run: make report STUDY={study}" in said) == (0, True)
    proposed = read_config(study / "config.yaml")["extracts"]
    west = proposed["journeys"]["files"][1]
    assert west["values"] == {"sex": {"Male": "M", "Female": "F"}}
    assert west["dates"] == dict.fromkeys(("journey_start", "journey_end", "date_of_birth"), "DD Mon YYYY")
    assert west["skip"] == 3
    assert west["columns"].items() <= WEST.items() and west["columns"]["client"] == "Pseudonym"
    assert proposed["triage_quarters"]["columns"]["quarter_start"] == "Quarter beginning"
    for text in (
        "Client Ref",
        "Treatment West.xlsx",
        "days written as DD Mon YYYY",
        '<th scope="row">NC1</th>',
        "2010-01",
    ):
        assert text in page, text


@pytest.mark.thorough
def test_the_page_and_what_is_said_hold_no_client(study, capsys):
    _, said, page = checked_study(study, capsys)
    rows = list(openpyxl.load_workbook(EXPORTS / NAMES[0]).active.iter_rows(min_row=5, values_only=True))
    clients = {str(row[0]) for row in rows if row[0]}
    births = {str(row[6]) for row in rows if row[6]}
    assert len(clients) > 100
    assert not {one for one in clients | births if re.search(rf"\b{re.escape(one)}\b", page + said)}
    assert (study / "results" / "first" / "restricted").stat().st_mode & 0o077 == 0
    assert [path.name for path in (study / "results" / "first" / "restricted").iterdir()] == ["check.html"]


@pytest.mark.thorough
def test_rows_that_are_all_of_other_years_are_told(study, capsys):
    config = study / "config.yaml"
    text = config.read_text(encoding="utf-8")
    earlier = re.sub(r"\b(20\d\d)(?=-\d\d-\d\d)", lambda year: str(int(year[1]) - 12), text)
    config.write_text(earlier, encoding="utf-8")
    _, said, page = checked_study(study, capsys)
    told = "journeys: no row is of the study's areas in its periods, 1998-01 to 2003-06; the rows are of 2010-01-"
    assert told in said and told in page.replace("&#39;", "'")
    assert "Nothing here stops a run" not in said


@pytest.mark.parametrize(
    ("old", "new", "settles"),
    first([
        ("client: Client Ref, ", "", 'columns: {client: "Client Ref"}'),
        ("      skip: 3\n    - file", "    - file", "skip: 3"),
        ("      dates: {journey_start: DD Mon YYYY, journey_end: DD Mon YYYY, date_of_birth: DD Mon YYYY}\n", "",
         'dates: {journey_start: "DD Mon YYYY"}'),
    ], 2),
)  # fmt: skip
@pytest.mark.thorough
def test_a_fault_comes_with_the_line_that_settles_it(study, capsys, old, new, settles):
    config = study / "config.yaml"
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new, 1), encoding="utf-8")
    ended, said, page = checked_study(study, capsys)
    assert ended == 1
    assert f"in the config, under journeys: {settles}" in said
    assert settles in page.replace("&#34;", '"')


@pytest.mark.parametrize(("named", "runs"), [(["STUDY=elsewhere"], "tools/check.py"), ([], "pytest")])
def test_check_is_of_the_study_that_is_named_and_else_of_the_project(named, runs):
    env = {name: value for name, value in os.environ.items() if name != "STUDY"}
    command = ["make", "--dry-run", "--assume-old=.venv/ready", "check", *named]
    said = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, check=True).stdout
    assert [name for name in ("tools/check.py", "pytest") if name in said] == [runs]


# What is seen -------------------------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_a_column_of_many_words_is_not_shown(study, capsys):
    """Clients' names in the place of a code: neither the page nor what is said shows one, nor a config that is made."""
    names = [f"Name{letter}" for letter in "abcdefghijklmnop"]
    path = study / "extracts" / NAMES[0]
    book = openpyxl.load_workbook(path)
    for number, row in enumerate(book.active.iter_rows(min_row=5)):
        if row[0].value:
            row[7].value = names[number % len(names)]
    book.save(path)
    _, said, page = checked_study(study, capsys)
    other = init.write(study.with_name("other"), [str(path)], TODAY)
    config = (study.with_name("other") / "config.yaml").read_text(encoding="utf-8")
    assert "sex holds codes; which of M, F is that" in config
    assert [one for one in names if one in said + page + config + "".join(other)] == []


def test_headers_are_known_by_what_offices_call_them():
    titles = ["Client Ref", "Partnership", "Start date", "End date", "DOB", "Gender", "Notes"]
    found = headers(titles, READ["journeys"])
    assert found == {"client": "Client Ref", "dat": "Partnership", "journey_start": "Start date",
                     "journey_end": "End date", "date_of_birth": "DOB", "sex": "Gender"}  # fmt: skip


def test_a_way_of_writing_days_fits_all_cells_or_is_none():
    assert forms(["13/02/2014", "01/02/2014"]) == ["DD/MM/YYYY"]
    assert forms(["02/13/2014", "01/02/2014"]) == ["MM/DD/YYYY"]
    assert forms(["01/02/2014"]) == ["DD/MM/YYYY", "MM/DD/YYYY"]
    assert forms(["13/02/2014", "2014-02-01"]) == []


def test_codes_are_known_by_their_words_where_these_are_clear():
    sex = next(column for column in READ["journeys"].columns if column.name == "sex")
    assert meanings(["Male", "FEMALE", "f", "x", "M"], sex) == {"Male": "M", "FEMALE": "F", "x": None}


# What offices have beside and around their records --------------------------------------------------------------------

JOURNEY = dict(zip(
    ("Client\nref", "Partnership", "Episode", "Triage date", "Discharge date", "Discharge reason", "DOB", "Gender",
     "Ethnicity", "Main substance", "Age first used", "Referral source", "Treated before", "Dual diagnosis"),
    ("C{n}", "1E0{side}", 1, "{day}/2009", "{day}/2010", "Dropped out", "01/02/1970", "Male",
     "White British", "Heroin", 17, "5", "Y", "N"), strict=True,
))  # fmt: skip
REFERRAL = dict(zip(
    ("Ref ID", "Client ref", "Prison", "Date referred", "Date released", "Home DAT", "DAT referred to"),
    ("R{n}", "C{n}", "W{side}", "{day}/2009", "{day}/2010", "1E0{side}", "1E0{side}"), strict=True,
))  # fmt: skip


def office(folder: Path, name: str, row: dict, *others: list, rows: int = 40) -> None:
    """A workbook of records, with rows of another kind among them."""
    book = openpyxl.Workbook()
    book.active.append(list(row))
    for n in range(rows):
        if n == rows // 2:
            book.active.append(list(row))
        filled = {"n": 100 + n, "side": n % 2 + 1, "day": f"{n % 28 + 1:02d}/{n % 12 + 1:02d}"}
        book.active.append([one.format(**filled) if isinstance(one, str) else one for one in row.values()])
    for other in others:
        book.active.append(other)
    folder.mkdir(exist_ok=True)
    book.save(folder / name)


def made(folder: Path, monkeypatch) -> tuple[str, dict]:
    """The text of a config that is written of a folder, and what it says."""
    init.write(folder / "20_1904", [str(folder / "office")], TODAY)
    monkeypatch.chdir(folder / "20_1904")
    return Path("config.yaml").read_text(encoding="utf-8"), read_config("config.yaml")


@pytest.mark.thorough
def test_what_is_written_of_an_office_s_files_is_a_config_that_is_read(tmp_path, monkeypatch, capsys):
    office(tmp_path / "office", "journeys.xlsx", JOURNEY, ["Total", "Grand total", 40], [], ["Source: a note below"])
    office(tmp_path / "office", "referrals.xlsx", REFERRAL, ["TOTAL", 40])
    (tmp_path / "office" / "~$journeys.xlsx").write_bytes(b"Smith")
    text, config = made(tmp_path, monkeypatch)
    assert checked(config, "config.yaml", config_schema(PROJECT))["run"] == "20_1904"
    site = config["sites"]["Site 1"]
    assert (site["pilot"]["dats"], site["pilot"]["prisons"]) == (["1E01"], ["W1"]) and len(config["sites"]) == 1
    assert (site["comparison"]["dats"], site["comparison"]["prisons"]) == (["1E02"], ["W2"])
    assert site["continuity"] == "integrated_system"
    columns = config["extracts"]["journeys"]["columns"]
    assert columns["client"] == "Client ref" and columns["drug_1"] == "Main substance"
    assert "# CHECK values: drug_1 holds Heroin; which of the source's codes" in text
    assert "exit_reason holds" not in text  # "Dropped out" is a code's word
    assert "ethnicity holds" not in text and "GRAND" not in text
    ended, said, _ = checked_study(tmp_path / "20_1904", capsys)
    assert ended == 1 and said.count(": found ") == 1 and 'values: {drug_1: {"Heroin": ?}}' in said


def test_a_header_that_may_be_another_s_column_too_is_asked_about(tmp_path, monkeypatch):
    office(tmp_path / "office", "a.xlsx", JOURNEY | {"Date of triage": "{day}/2008"})
    text, config = made(tmp_path, monkeypatch)
    chosen = config["extracts"]["journeys"]["columns"]["journey_start"]
    other = ({"Triage date", "Date of triage"} - {chosen}).pop()
    assert f"# CHECK columns: journey_start may be {other} as well; which of them holds the day of triage?" in text


def test_spellings_of_one_area_are_not_two_areas(tmp_path, monkeypatch):
    office(tmp_path / "office", "a.xlsx", JOURNEY | {"Partnership": "H0{side}"})
    other = [one.format(n=9, side=1, day="01/02") if isinstance(one, str) else one for one in JOURNEY.values()]
    office(tmp_path / "office", "a.xlsx", JOURNEY | {"Partnership": "H0{side}"}, ["C9", "H 01", *other[2:]])
    text, config = made(tmp_path, monkeypatch)
    assert config["sites"]["Site 1"]["pilot"]["dats"] == ["H01"] and len(config["sites"]) == 1
    assert "# CHECK H 01 may be H01 in another spelling" in text


def test_days_that_a_spreadsheet_counts_are_proposed_and_births_of_two_digits_are_not(tmp_path, monkeypatch):
    row = JOURNEY | {"Triage date": 39600, "Discharge date": 39990, "DOB": "01/02/70"}
    office(tmp_path / "office", "a.xlsx", row)
    text, config = made(tmp_path, monkeypatch)
    assert config["extracts"]["journeys"]["dates"] == dict.fromkeys(("journey_start", "journey_end"), "Excel number")
    assert "The rows of the files are of 2008-06-01 to 2008-06-01" in text
    checked(config, "config.yaml", config_schema(PROJECT))


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.csv", b"client;dat;journey\nC1;H01;1\n", r"cells with semicolons between them, allowed: CSV in UTF-8"),
    ("a.csv", "client,dat\nC1,H1\n".encode("utf-16"), r"found text in UTF-16"),
    ("a.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(900), r"a workbook with a password, or one of Excel 97-2003"),
    ("a.xls", b"<html>", r"office: found a.xls, allowed: a CSV, Parquet or XLSX file"),
])  # fmt: skip
def test_a_file_that_cannot_be_looked_at_is_refused_by_its_kind(tmp_path, name, content, said):
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / name).write_bytes(content)
    with pytest.raises(SystemExit, match=said):
        init.write(tmp_path / "study", [str(tmp_path / "office")], TODAY)


def test_sheets_out_of_sight_are_named_where_nothing_else_is_like_an_extract(tmp_path):
    office(tmp_path, "a.xlsx", JOURNEY)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book.active.sheet_state = "hidden"
    book.create_sheet("Summary").append(["Area", "Clients"])
    book.active = 1
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SystemExit, match=r"a.xlsx \(hidden: Sheet, which are not looked at\): like no extract"):
        init.write(tmp_path / "study", [str(tmp_path / "a.xlsx")], TODAY)


@pytest.mark.thorough
def test_forms_of_which_no_area_is_expected_say_what_is_missing(tmp_path, monkeypatch, capsys):
    office(tmp_path / "office", "journeys.xlsx", JOURNEY)
    office(tmp_path / "office", "referrals.xlsx", REFERRAL)
    text, _ = made(tmp_path, monkeypatch)
    bare = re.sub(r"    continuity: .*\n|, prisons: \[[^]]*\]", "", text)
    Path("config.yaml").write_text(bare, encoding="utf-8")
    _, said, _ = checked_study(tmp_path / "20_1904", capsys)
    (line,) = [line for line in said.splitlines() if line.startswith("Left out for want of extracts: ")]
    assert "prison_pickup (cjit_forms, dirs)" in line and "effective_treatment" not in line
    assert "carat_referrals: no area of the config has prisons, and nothing is read of it; sites.<site>.contin" in said


# A partnership's profile ----------------------------------------------------------------------------------------------


def profile_of(folder: Path, given: str, partnership: str, today: dt.date = TODAY) -> dict:
    """The config that is proposed of files for a partnership, without a fault."""
    init.write(folder, [given], today, partnership)
    study = read_config(folder / "config.yaml")
    return checked(study, folder / "config.yaml", config_schema(PROJECT, study))


def test_a_profile_is_proposed_of_journeys(tmp_path, monkeypatch, capsys):
    study = profile_of(tmp_path / "first", str(EXPORTS), "n1")
    assert (study["report"], study["partnership"], study["disclosure"]) == ("profile", "N1", "suppress_below_5")
    assert study["peers"] == ["ELSE", "N2", "NC1", "W1", "WC1"]
    assert study["extracts"].keys() == {"journeys"}
    assert (study["year"]["start"], study["baseline"]["start"]) == ("2014-04-01", "2013-04-01")
    monkeypatch.chdir(tmp_path)
    ended, said, _ = checked_study(tmp_path / "first", capsys)
    assert ended == 0 and "Nothing here stops a run" in said


def test_a_profile_of_submissions_says_how_they_are_joined(tmp_path):
    cases = PROJECT / "tests" / "rules" / "joined" / "submissions.csv"
    own = tmp_path / "own"
    own.mkdir()
    shutil.copy(cases, own)
    dats = sorted(pd.read_csv(cases, dtype=str)["DAT"].dropna().str.upper().unique())
    study = profile_of(tmp_path / "first", str(own), dats[0])
    assert study["extracts"].keys() == {"submissions", "journeys"}  # which the run makes
    assert study["definitions"]["submissions"]["join_days"] == 21
    assert [study["partnership"], *study["peers"]] == dats


def test_a_profile_of_published_counts_needs_no_definitions(tmp_path, monkeypatch, capsys):
    study = profile_of(tmp_path / "barnet", str(PROJECT / "studies" / "barnet"), "Barnet")
    assert study["extracts"] == {"published_counts": ["extracts/barnet_breakdown.csv", "extracts/barnet_totals.csv"]}
    assert (study["year"]["start"], study["disclosure"], study["names"]) == ("2021-04-01", "none", {"BARNET": "Barnet"})
    monkeypatch.chdir(tmp_path)
    ended, said, _ = checked_study(tmp_path / "barnet", capsys)
    assert ended == 0 and "Nothing here stops a run" in said


@pytest.mark.parametrize(
    ("given", "partnership", "said"),
    [
        (EXPORTS, "N7", "PARTNERSHIP: found N7, of which the files have no row, allowed: ELSE, N1, N2, NC1, W1 and 1"),
        (PROJECT / "studies" / "barnet", "Bernet",
         "PARTNERSHIP: found Bernet, of which the files have no row, allowed: BARNET; did you mean BARNET?"),
        (PROJECT / "studies" / "barnet", "", "FROM: found published_counts alone, of which a profile can be made"),
        (EXPORTS / "Quarterly returns.xlsx", "N1", "FROM: found triage_quarters, allowed with PARTNERSHIP: files of"),
    ],
)  # fmt: skip
def test_what_no_profile_can_be_proposed_of_is_said_and_may_be_tried_again(given, partnership, said, tmp_path):
    for _ in range(2):  # copies of the same files are no obstacle
        with pytest.raises(SystemExit) as stop:
            init.write(tmp_path, [str(given)], TODAY, partnership)
        assert str(stop.value).startswith(said)
    assert not (tmp_path / "config.yaml").exists()


@pytest.mark.parametrize(
    ("last", "today", "ends"),
    [("2015-03-01", "2016-01-01", 2015), ("2015-02-28", "2016-01-01", 2014), ("2015-04-02", "2016-01-01", 2015),
     ("2015-03-20", "2015-03-25", 2014), ("2016-12-01", "2015-06-01", 2015)],
)  # fmt: skip
def test_the_year_is_the_last_that_the_files_tell_of_to_its_end(last, today, ends):
    day = dt.date.fromisoformat
    year, baseline = init_profile.years([], "journeys", day(last), day(today))
    assert year == (dt.date(ends - 1, 4, 1), dt.date(ends, 3, 31))
    assert baseline == (dt.date(ends - 2, 4, 1), dt.date(ends - 1, 3, 31))


@pytest.mark.parametrize("study", sorted(path.parent.name for path in PROJECT.glob("studies/*/config.yaml")))
def test_a_study_of_the_project_is_checked_before_its_run(study, tmp_path, monkeypatch, capsys):
    """Also where its extract is still to be made: that is said, and not that it is nobody's file."""
    folder = tmp_path / study
    shutil.copytree(PROJECT / "studies" / study, folder, ignore=shutil.ignore_patterns("results", ".snakemake"))
    monkeypatch.chdir(tmp_path)
    assert check.main(["--study", str(folder)]) == 0
    said, extracts = capsys.readouterr().out, yaml.safe_load((folder / "config.yaml").read_text("utf-8"))["extracts"]
    rebuilt = [name for name, entry in extracts.items() if "reference_extracts" in str(entry)]
    assert f"Checked {len(extracts) - len(rebuilt)} extract" in said and "Nothing here stops a run" in said
    assert (f"Not looked at, as make report makes it first: {', '.join(rebuilt)}." in said) == bool(rebuilt)


def test_one_thing_is_no_several():
    assert [check.counted(number, "row") for number in (0, 1, 2_000)] == ["0 rows", "1 row", "2,000 rows"]
