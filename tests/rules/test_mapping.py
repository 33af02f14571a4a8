"""Files with names, codes and days of their own: read as the config says, told in one line where it does not fit."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dscp.config.checked import checked, read_config
from dscp.config.schema import config_schema
from dscp.extracts.registry import EXTRACTS, samples
from dscp.study.given import Given, form_of_days, given, mapped
from other_study import other_config
from thorough import first, some
from validate import validate

PROJECT = Path(__file__).parents[2]
TODAY = dt.date(2026, 1, 1)


@pytest.fixture(scope="module")
def study(config) -> dict:
    return other_config(config)


@pytest.fixture(scope="module")
def drawn(study) -> dict[str, pd.DataFrame]:
    return samples(study, np.random.default_rng(1), 300)


def write(frame: pd.DataFrame, path: Path, above: int = 0) -> Path:
    """A frame as a file of the format that its name tells, below some lines of titles."""
    titles = ["A title, with a comma"] * above
    if path.suffix == ".csv":
        text = frame.to_csv(index=False, date_format="%Y-%m-%d")
        path.write_text("".join(f'"{title}"\n' for title in titles) + text, encoding="utf-8")
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_excel(path, index=False, startrow=above)
    return path


def copied(study: dict, name: str, path: Path) -> pd.DataFrame:
    """The typed copy of one file, where nothing of it is a fault."""
    copy = path.with_name(f"{path.name}.copy.parquet")
    found = validate(name, [str(path)], study, str(copy), names=[path.name], today=TODAY)
    assert found.loc[found["severity"] == "fault", "message"].to_list() == []
    return pd.read_parquet(copy)


@pytest.mark.parametrize("name", some(EXTRACTS, ["dirs", "pilot_spending", "fieldwork"]))
def test_every_extract_may_be_a_workbook(study, drawn, tmp_path, name):
    of_text, of_book = (copied(study, name, write(drawn[name], tmp_path / f"{name}{end}")) for end in (".csv", ".xlsx"))
    pd.testing.assert_frame_equal(of_text, of_book)


# Names, codes and days of their own --------------------------------------------------------------------------------

WRITTEN = {"journey_start": ("DD.MM.YYYY", "%d.%m.%Y"), "journey_end": ("DD-Mon-YYYY", "%d-%b-%Y"),
           "date_of_birth": ("MM/DD/YYYY", "%m/%d/%Y")}  # fmt: skip
CODED = {"sex": {"Male": "M", "female ": "F"}, "dip_flag": {"in the programme": "Y", "-": "N"}}


def their_own(frame: pd.DataFrame) -> pd.DataFrame:
    """Journeys as another system exports them."""
    days = {name: pd.to_datetime(frame[name]).dt.strftime(form) for name, (_, form) in WRITTEN.items()}
    codes = {name: frame[name].map({ours: theirs.upper() for theirs, ours in of.items()}) for name, of in CODED.items()}
    return frame.assign(**days, **codes).rename(columns=lambda name: f"Their {name.title()}")


def way(frame: pd.DataFrame, **more: object) -> dict:
    """What a config says of that."""
    columns = {name: f"their {name}" for name in frame.columns}
    return {"columns": columns, "values": CODED, "dates": {name: form for name, (form, _) in WRITTEN.items()}, **more}


@pytest.mark.parametrize(
    ("end", "above"), first([(".csv", 3), (".parquet", 0), (".xlsx", 2), (".csv", 0), (".xlsx", 0)], 3)
)
def test_a_file_of_its_own_kind_reads_as_ours(study, drawn, tmp_path, end, above):
    ours = drawn["journeys"]
    plain = copied(study, "journeys", write(ours, tmp_path / "ours.csv"))
    path = write(their_own(ours), tmp_path / f"theirs{end}", above)
    mapped, findings = read(study, "journeys", [path], [way(ours, **({"skip": above} if above else {}))])
    assert findings == []
    first = {".parquet": 1}.get(end, 2) + above
    assert mapped["line"].tolist() == list(range(first, len(ours) + first))
    pd.testing.assert_frame_equal(mapped.drop(columns="line"), plain.drop(columns="line"))


def read(study: dict, name: str, paths: list[Path], ways: list[dict]) -> tuple[pd.DataFrame, list[str]]:
    """The typed copy, and what is said of files and columns; not what every drawn extract is told."""
    copy = paths[0].with_name("copy.parquet")
    names = [path.name for path in paths]
    found = validate(name, [str(path) for path in paths], study, str(copy), names=names, mappings=ways, today=TODAY)
    usual = ("no value", "within the periods")
    told = found[(found["severity"] == "fault") | (found["severity"] == "information") & (found["rows"] == 0)]
    said = [text for text in told["message"] if not any(word in text for word in usual)]
    return pd.read_parquet(copy), said


def told(study, drawn, tmp_path, name: str = "theirs.csv", **changes: object) -> list[str]:
    """What is said of journeys as another system exports them, where the config differs from `way`."""
    ours = drawn["journeys"]
    path = write(their_own(ours), tmp_path / name)
    return read(study, "journeys", [path], [way(ours) | changes])[1]


def test_a_header_that_is_not_there(study, drawn, tmp_path):
    columns = way(drawn["journeys"])["columns"] | {"dat": "Their Partnership"}
    (said,) = told(study, drawn, tmp_path, columns=columns)
    assert said.startswith("theirs.csv, dat: found no column under Their Partnership, allowed: a header of the file; ")
    assert said.endswith("extracts.journeys.columns.dat in the config names this one")


def test_two_columns_under_the_header_of_the_config(study, drawn, tmp_path):
    ours = drawn["journeys"]
    path = write(their_own(ours).assign(**{"their-dat": "x"}), tmp_path / "theirs.csv")
    assert read(study, "journeys", [path], [way(ours)])[1] == [
        "theirs.csv, line 1, dat: found two columns for dat: Their Dat and their-dat, allowed: one column"
    ]


def test_the_header_of_the_config_goes_before_our_own_name(study, drawn, tmp_path):
    ours = drawn["journeys"]
    path = write(their_own(ours).assign(dat="x"), tmp_path / "theirs.csv")
    mapped, said = read(study, "journeys", [path], [way(ours)])
    assert said == ["theirs.csv: 1 extra column; ignored: dat"]
    assert mapped["dat"].tolist() == ours["dat"].tolist()


def test_a_value_that_never_occurs(study, drawn, tmp_path):
    values = CODED | {"sex": CODED["sex"] | {"Mail": "M"}}
    (said,) = told(study, drawn, tmp_path, values=values)
    assert said.startswith("theirs.csv, sex: no cell is Mail; the config says what it means")


def test_a_day_that_is_written_otherwise_is_not_read_otherwise(study, drawn, tmp_path):
    ours = drawn["journeys"]
    theirs = their_own(ours)
    theirs.loc[4, "Their Journey_Start"] = "2014-03-01"
    path = write(theirs, tmp_path / "theirs.csv")
    assert read(study, "journeys", [path], [way(ours)])[1] == [
        "theirs.csv, line 6, journey_start: found a value like 9999-99-99, allowed: DD.MM.YYYY, as the config says"
    ]


def test_a_value_may_mean_nothing(study, drawn, tmp_path):
    ours = drawn["journeys"].assign(ethnicity="nk")
    ways = [{"values": {"ethnicity": {"NK": None}}}]
    path = write(ours, tmp_path / "ours.csv")
    found = validate("journeys", [str(path)], study, str(tmp_path / "copy"), mappings=ways, today=TODAY)
    of_it = found[found["column"] == "ethnicity"]
    assert set(of_it["found"]) == {"missing", "no value"}
    assert set(of_it["rows"]) == {len(ours)}


def test_one_is_one_however_a_program_writes_it(study, drawn, tmp_path):
    frame = drawn["journeys"].assign(sex="1.0")
    frame.loc[3, "sex"] = "M"  # what the config says nothing of stays
    path = write(frame, tmp_path / "ours.csv")
    mapped, said = read(study, "journeys", [path], [{"values": {"sex": {"1": "F"}}}])
    assert said == []
    assert mapped["sex"].value_counts().to_dict() == {"F": len(frame) - 1, "M": 1}


def test_sheets_of_a_workbook_are_files_of_an_extract(study, drawn, tmp_path):
    ours = drawn["journeys"]
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        ours.iloc[:100].to_excel(book, sheet_name="North", index=False)
        ours.iloc[100:].to_excel(book, sheet_name="South", index=False)
    whole, said = read(study, "journeys", [path, path], [{"sheet": "North"}, {"sheet": "south"}])
    assert said == []
    assert whole["client"].tolist() == ours["client"].tolist()
    assert read(study, "journeys", [path], [{"sheet": "East"}])[1] == [
        "book.xlsx, sheet East: found no sheet East, which the config names, allowed: one of North, South"
    ]


def test_what_a_format_has_not_is_refused(study, drawn, tmp_path):
    table = write(drawn["journeys"], tmp_path / "ours.parquet")
    assert "found skip in the config, for a Parquet file" in read(study, "journeys", [table], [{"skip": 2}])[1][0]
    assert "found sheet in the config" in read(study, "journeys", [table], [{"sheet": "A"}])[1][0]


def test_a_line_is_counted_from_the_top_of_the_file(study, drawn, tmp_path):
    path = write(drawn["journeys"], tmp_path / "ours.csv", above=2)
    with path.open("a", encoding="utf-8") as file:
        file.write("two,cells\n")
    (said,) = read(study, "journeys", [path], [{"skip": 2}])[1]
    rows, cells = drawn["journeys"].shape
    assert said.startswith(f"ours.csv, line {rows + 4}: found too few cells, allowed: {cells} cells")


# What the config says of it ------------------------------------------------------------------------------------------


def test_what_one_file_has_of_its_own_goes_before_what_all_have():
    both = given({
        "files": ["a.csv", {"file": "b.xlsx", "sheet": "S", "columns": {"dat": "D"}, "values": {"sex": {1: "F"}}}],
        "columns": {"client": "C", "dat": "A"}, "values": {"sex": {"2": "M"}}, "skip": 1,
    })  # fmt: skip
    assert both == [
        Given("a.csv", {"client": "C", "dat": "A"}, {"sex": {"2": "M"}}, {}, 1),
        Given("b.xlsx", {"client": "C", "dat": "D"}, {"sex": {"1": "F"}}, {}, 1, "S"),
    ]
    assert [one.name for one in both] == ["a.csv", "b.xlsx, sheet S"]
    assert [one.mapping for one in given(["a.csv", "b.csv"])] == [{}, {}]
    assert mapped({"dirs": {"files": ["a.csv", "b.csv"], "dates": {"dir_date": "DD.MM.YYYY"}}, "journeys": "c"}) == [
        ("dirs, file 1", "dir_date", "days written as DD.MM.YYYY"),
        ("dirs, file 2", "dir_date", "days written as DD.MM.YYYY"),
    ]


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("DD/MM/YYYY", "%d/%m/%Y"),
        ("D Month YYYY", "%d %B %Y"),
        ("Mon-YY", "%b-%y"),
        ("YYYYMMDD HH:MM", "%Y%m%d %H:%M"),
        *((form, "") for form in ("DD/MM", "DD/DD/YYYY", "dd/mm/yyyy", "DD/MM/YYYY %H", "")),
    ],
)
def test_ways_of_writing_days(form, read):
    assert form_of_days(form) == read


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"columns": {"clint": "C"}},
            "journeys.columns.clint: unknown key (did you mean client?), allowed: age_first_",
        ),
        ({"values": {"client": {"a": "b"}}}, "journeys.values.client: unknown key, allowed: "),
        ({"values": {"date_of_birth": {"a": "b"}}}, "journeys.values.date_of_birth: unknown key, allowed: "),
        ({"dates": {"sex": "DD/MM/YYYY"}}, "journeys.dates.sex: unknown key, allowed: date_of_birth, journey_end, "),
        (
            {"dates": {"journey_start": "MM/YYYY"}},
            "dates.journey_start: found MM/YYYY, allowed: the day, month and year",
        ),
        ({"dates": {"date_of_birth": "DD/MM/YY"}}, "date_of_birth: found DD/MM/YY, allowed: a year of four digits"),
        (
            {"columns": {"client": "Ref", "dat": "REF"}},
            "columns.dat: found the header of client, allowed: each header on",
        ),
        ({"values": {"sex": {"m": "M", "M ": "F"}}}, "values.sex.M : found the value of m, allowed: each value once, "),
        ({"values": {"sex": {"m": True}}}, "journeys.values.sex.m: found True, allowed: a value of type string or "),
        ({"skip": 0}, "extracts.journeys.skip: found 0, allowed: at least 1 (lines of titles above the header)"),
    ],
)
def test_what_no_config_may_say(config, entry, said):
    bad = {**config, "extracts": {**config["extracts"], "journeys": {"files": "a.csv", **entry}}}
    with pytest.raises(SystemExit) as stop:
        checked(bad, PROJECT / "config.yaml", config_schema(PROJECT))
    (line,) = str(stop.value).splitlines()
    assert said in line


def test_a_key_is_the_text_that_stands_there(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("values: {01: F, 2: M, 1.0: x, yes: y}\n", encoding="utf-8")
    assert read_config(path) == {"values": {"01": "F", "2": "M", "1.0": "x", "yes": "y"}}
