"""Exports as programs of offices write them: signs, lines and words that are none of the data, understood or refused.

These were written before the reader was looked at, from what databases and spreadsheets of health and local authorities
are known to put into files: marks of text, rows above the header and below the records, words in the place of codes.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from dscp.extracts.faults import NOTES, OTHER_LOOK, WORDS
from dscp.extracts.registry import EXTRACTS, READ, samples
from dscp.extracts.told import FIXED
from dscp.extracts.words import words_of
from other_study import other_config
from validate import validate

TODAY = dt.date(2026, 1, 1)
FORMATS = ["csv", "xlsx", "parquet"]
NAMES = ["journeys", "cjit_forms", "dirs", "carat_referrals", "triage_quarters", "pilot_spending", "submissions"]


@pytest.fixture(scope="module")
def study(config) -> dict:
    return other_config(config)


@pytest.fixture(scope="module")
def drawn(study) -> dict[str, pd.DataFrame]:
    """Extracts whose cells are texts; clients have numbers of eight digits."""
    frames = samples(study, np.random.default_rng(1), 300, NAMES)
    return {name: texts(frame) for name, frame in frames.items()}


def texts(frame: pd.DataFrame) -> pd.DataFrame:
    days = frame.select_dtypes(["datetime"]).columns
    frame = frame.assign(**{day: frame[day].dt.strftime("%Y-%m-%d") for day in days})
    if "client" in frame:
        frame = frame.assign(client=[f"{7 * int(client[1:]) + 3:08d}" for client in frame["client"]])
    return frame.reset_index(drop=True).astype(object).map(lambda cell: None if pd.isna(cell) else str(cell))


class Export:
    """Files of an extract in a folder, and what is found in them."""

    def __init__(self, study: dict, folder: Path) -> None:
        self.study, self.folder = study, folder

    def found(self, name: str, path: Path, mapping: dict | None = None, study: dict | None = None) -> pd.DataFrame:
        ways = [mapping] if mapping else ()
        typed = str(self.folder / "typed.parquet")
        return validate(name, [str(path)], study or self.study, typed, names=[path.name], mappings=ways, today=TODAY)

    def frame(self, name: str, rows: pd.DataFrame, form: str = "csv", **more: object) -> pd.DataFrame:
        path = self.folder / f"{name}.{form}"
        {"csv": rows.to_csv, "parquet": rows.to_parquet, "xlsx": rows.to_excel}[form](path, index=False)
        return self.found(name, path, **more)

    def text(self, name: str, text: str, **more: object) -> pd.DataFrame:
        path = self.folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        return self.found(name, path, **more)

    def kept(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "typed.parquet").drop(columns="line")


@pytest.fixture
def export(study, tmp_path) -> Export:
    return Export(study, tmp_path)


def said(findings: pd.DataFrame, severity: str, *words: str) -> list[str]:
    messages = findings.loc[findings["severity"] == severity, "message"]
    return [message for message in messages if all(word in message for word in words)]


# The apostrophe by which a spreadsheet marks a text -----------------------------------------------------------------


def mark(cell: str | None) -> str | None:
    return None if pd.isna(cell) else f"'{cell}"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "submissions"])
def test_an_apostrophe_in_front_of_a_cell_is_no_part_of_it(export, drawn, name, form):
    frame = drawn[name]
    marked = [column.name for column in EXTRACTS[name].columns if column.kind != "text"]
    clean = export.frame(name, frame, form)
    kept = export.kept()
    findings = export.frame(name, frame.assign(**{one: frame[one].map(mark) for one in marked}), form)
    assert said(findings, "fault") == said(clean, "fault")
    pd.testing.assert_frame_equal(export.kept()[kept.columns], kept)
    ids = [column.name for column in EXTRACTS[name].columns if column.kind == "id"]
    for column in ids:
        (one,) = said(findings, "information", f"{column} as given: an apostrophe in front of the id")
        assert f" in {len(frame):,} rows" in one


# Rows above the header -----------------------------------------------------------------------------------------------

ABOVE = {
    "groups of columns": ["Who", "", "Where and when", ""],
    "a title": ["Extract of 4 May 2016"],
    "groups with a name of ours": ["Client", "", "Dates"],
}


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["cjit_forms", "triage_quarters", "pilot_spending"])
def test_a_header_below_other_rows_is_refused_in_one_line_that_says_how_many(export, drawn, name, form, above):
    frame, lines = drawn[name], [ABOVE[above], ["as sent"]]
    path = export.folder / f"a.{form}"
    if form == "csv":
        text = "".join(",".join(line) + "\n" for line in lines) + frame.to_csv(index=False)
        path.write_text(text, encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        for row in [*lines, list(frame.columns), *frame.to_numpy().tolist()]:
            book.active.append(row)
        book.active.merge_cells("A1:B1")
        book.save(path)
    findings = export.found(name, path)
    assert said(findings, "fault") == [
        f"a.{form}, line 3: found the header below 2 other lines, allowed: a header in the first line, or "
        f"extracts.{name}.skip: 2 in the config"
    ]
    clean, kept = export.frame(name, frame), export.kept()
    assert said(export.found(name, path, {"skip": 2}), "fault") == said(clean, "fault")
    pd.testing.assert_frame_equal(export.kept(), kept)


def test_a_header_whose_cells_reach_up_into_the_row_of_groups_is_read(export, drawn):
    frame = drawn["cjit_forms"]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["form", "client", "Place", None, "Dates"])
    sheet.append([None, None, *frame.columns[2:]])
    for row in frame.to_numpy().tolist():
        sheet.append(row)
    for place in ("A1:A2", "B1:B2", "C1:D1"):
        sheet.merge_cells(place)
    path = export.folder / "a.xlsx"
    book.save(path)
    (one,) = said(export.found("cjit_forms", path), "fault")
    assert "line 2: found the header below 1 other line, allowed" in one and "skip: 1 in the config" in one
    export.frame("cjit_forms", frame)
    kept = export.kept()
    assert said(export.found("cjit_forms", path, {"skip": 1}), "fault") == []
    pd.testing.assert_frame_equal(export.kept(), kept)


def test_a_file_that_lacks_a_column_is_told_what_it_lacks_and_nothing_of_a_header_below(export, drawn):
    findings = export.frame("cjit_forms", drawn["cjit_forms"].drop(columns="dat"))
    (one,) = said(findings, "fault")
    assert "dat: found no such column" in one


@pytest.mark.parametrize(("name", "column", "title"), [
    ("journeys", "client", "Client Ref"), ("cjit_forms", "care_plan_date", "Careplan date"), ("dirs", "sex", "Sexx"),
    ("triage_quarters", "quarter_start", "Quarter starts"),
])  # fmt: skip
@pytest.mark.parametrize("form", FORMATS)
def test_the_header_that_is_most_like_a_missing_column_is_named(export, drawn, name, column, title, form):
    frame = drawn[name].rename(columns={column: title})
    (one,) = said(export.frame(name, frame, form), "fault")
    assert one.endswith(f"under which header it stands; did you mean {title}?")
    path = export.folder / f"{name}.{form}"
    (one,) = said(export.found(name, path, {"columns": {column: f"{title}s"}}), "fault")
    assert f"found no column under {title}s" in one and one.endswith(f"; did you mean {title}?")


def test_no_cell_of_a_file_without_a_header_is_proposed_as_one(export, drawn):
    lines = drawn["dirs"].to_csv(index=False, header=False).replace(",M,", ",Sexx,", 1)
    assert not [one for one in said(export.text("dirs", lines), "fault") if "did you mean" in one]


# Lines below the records of a CSV file -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "below", ["(1204 rows affected)", "\n(1204 rows affected)\n\nCompletion time: noon\n", "End of it"]
)
@pytest.mark.parametrize("name", ["journeys", "cjit_forms", "triage_quarters"])
def test_notes_below_the_records_of_a_file_are_not_read_and_counted(export, drawn, name, below):
    text = drawn[name].to_csv(index=False)
    export.text(name, text)
    kept = export.kept()
    findings = export.text(name, text + below)
    rows = len([line for line in below.splitlines() if line])
    word = "row" if rows == 1 else "rows"
    assert said(findings, "information", NOTES) == [f"{name}.csv: {NOTES} in {rows} {word}; not read"]
    assert said(findings, "fault") == [] and NOTES in FIXED
    pd.testing.assert_frame_equal(export.kept(), kept)


@pytest.mark.parametrize("row", ["x,y", '"x y"', "0000123", "AF7", "12 34"])
def test_a_row_that_is_too_short_or_was_cut_off_is_no_note(export, drawn, row):
    findings = export.text("cjit_forms", drawn["cjit_forms"].to_csv(index=False) + row + "\nEnd of report\n")
    assert said(findings, "fault", "found too few cells") and not said(findings, "information", NOTES)


def test_a_row_that_is_too_short_in_the_middle_is_refused_although_there_are_notes_below(export, drawn):
    lines = drawn["cjit_forms"].to_csv(index=False).splitlines()
    findings = export.text("cjit_forms", "\n".join([*lines[:9], "short", *lines[9:], "(9 rows affected)"]))
    assert said(findings, "fault", "line 10: found too few cells")


# Records of tests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["journeys", "dirs", "cjit_forms", "carat_referrals"])
def test_the_few_ids_that_begin_with_a_letter_are_told(export, drawn, name):
    frame = drawn[name].copy()
    assert not said(export.frame(name, frame), "information", OTHER_LOOK)
    frame.loc[[4, 5], "client"] = ["ZZTEST1", "ZZTEST2"]
    (one,) = said(export.frame(name, frame), "information", OTHER_LOOK)
    assert f"client as given: {OTHER_LOOK} in 2 rows (first: line 6)" in one and "ZZTEST" not in one
    mixed = frame.assign(client=[f"{'A' if at % 3 else ''}{cell}" for at, cell in enumerate(frame["client"])])
    assert not said(export.frame(name, mixed), "information", OTHER_LOOK)


# The words of exit reasons and of sources of referral ----------------------------------------------------------------

ENDS = {"80": "Treatment completed – drug free", "82": "82: TREATMENT COMPLETED - occasional user",
        "85": " Incomplete - dropped out", "84": "84 - Transferred - in custody", "89": "Died"}  # fmt: skip
SOURCES = {"5": "Arrest Referral/DIP", "999": "Self"}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("name", "column", "words"), [
    ("journeys", "exit_reason", ENDS), ("journeys", "referral_source", SOURCES),
    ("submissions", "exit_reason", ENDS), ("submissions", "referral_source", SOURCES),
])  # fmt: skip
def test_words_of_reasons_and_sources_are_read_as_their_codes(export, drawn, name, column, words, form):
    frame, codes = drawn[name].copy(), list(words)
    one_of = {value: codes[at % len(codes)] for at, value in enumerate(sorted(frame[column].dropna().unique()))}
    frame[column] = frame[column].map(one_of)
    clean, kept = export.frame(name, frame, form), export.kept()
    findings = export.frame(name, frame.assign(**{column: frame[column].map(words)}), form)
    assert said(findings, "fault") == said(clean, "fault")
    pd.testing.assert_frame_equal(export.kept(), kept)
    (one,) = said(findings, "information", f", {column}: {WORDS} (")
    assert f" in {frame[column].notna().sum():,} rows" in one


@pytest.mark.parametrize("cell", ["83 - Dropped out", "Treatment completed", "Transferred", "185 Dropped out"])
def test_a_reason_of_several_codes_or_at_odds_with_its_own_code_is_refused(export, drawn, cell):
    frame = drawn["journeys"].copy()
    frame.loc[frame["exit_reason"].notna(), "exit_reason"] = cell
    assert said(export.frame("journeys", frame), "fault", "exit_reason", "extracts.journeys.values.exit_reason")


@pytest.mark.parametrize("codes", [[5, 6, 8], [5, 6, 8, 13, 20]])
def test_words_of_sources_hold_with_the_codes_of_criminal_justice_that_are_declared_alone(export, drawn, study, codes):
    other = copy.deepcopy(study)
    other["codes"]["criminal_justice_referral_sources"] = codes
    frame = drawn["journeys"].assign(referral_source="Probation")
    assert said(export.frame("journeys", frame, study=other), "fault", "referral_source", "values that are not allowed")


@pytest.mark.parametrize("name", READ)
def test_every_declared_word_stands_for_one_code_that_its_column_may_have(config, name):
    for column in READ[name].columns:
        known = words_of(column, config["codes"])
        assert {said for _, said in known.values()} >= {words for _, words in column.words} - {
            words for code, words in column.words if sum(words == other for _, other in column.words) > 1
        }, column.name
        listed = column.code_list and set(map(str, column.words_with))
        for code, words in column.words if listed else ():
            assert (code in listed) == bool(set(re.findall(r"[a-z]+", words.lower())) & JUSTICE), words


JUSTICE = {"justice", "arrest", "dip", "interventions", "probation", "carat", "prison", "police", "court", "drr", "atr"}


# What cannot be understood is refused in a line that says what it is -------------------------------------------------


def emptied(column: str, cell: str):
    return lambda frame: frame.assign(**{column: frame[column].fillna(cell)})


def put(column: str, *cells: str):
    return lambda frame: frame.assign(**{column: [*cells, *frame[column].iloc[len(cells) :]]})


@pytest.mark.parametrize(("name", "change", "words"), [
    ("journeys", emptied("journey_end", "(null)"), ["journey_end", "(AAAA)", "values.journey_end"]),
    ("journeys", emptied("journey_end", "9999-12-31"), ["journey_end", "9999-99-99", "allowed: a date"]),
    ("triage_quarters", put("triaged_within_6_weeks", *["*"] * 9), ["triaged_within_6_weeks", "*", "9 rows"]),
    ("triage_quarters", put("triaged_within_6_weeks", *["<5"] * 9), ["triaged_within_6_weeks", "<5", "9 rows"]),
    ("pilot_spending", put("amount_gbp", "(1,234.50)"), ["amount_gbp", "(9,999.99)", "allowed: a number"]),
    ("pilot_spending", put("amount_gbp", "1234.50-"), ["amount_gbp", "9999.99-", "allowed: a number"]),
    ("pilot_spending", put("amount_gbp", "1234.50 CR"), ["amount_gbp", "9999.99 AA", "allowed: a number"]),
    ("dirs", lambda frame: frame.assign(sex=frame["sex"].map({"M": "1", "F": "2"})), ["sex", "allowed: M or F"]),
])  # fmt: skip
def test_what_an_export_writes_for_something_else_is_refused(export, drawn, name, change, words):
    found = said(export.frame(name, change(drawn[name])), "fault", *words)
    assert len(found) == 1, found


def test_a_column_that_stands_twice_is_refused(export, drawn):
    lines = drawn["dirs"].to_csv(index=False).splitlines()
    other = ["client", *drawn["dirs"]["client"].iloc[::-1]]
    text = "\n".join(f"{line},{cell}" for line, cell in zip(lines, other, strict=True))
    assert said(export.text("dirs", text), "fault", "line 1, client: found two columns for client")


def test_an_id_that_a_workbook_only_shows_with_noughts_is_the_same_id(export, drawn):
    frame = drawn["cjit_forms"]
    export.frame("cjit_forms", frame)
    kept = export.kept()
    book = openpyxl.Workbook()
    book.active.append(list(frame.columns))
    for number, row in enumerate(frame.itertuples(index=False), start=2):
        book.active.append([int(cell) if at == 1 else cell for at, cell in enumerate(row)])
        book.active.cell(number, 2).number_format = "00000000"
    path = export.folder / "a.xlsx"
    book.save(path)
    assert said(export.found("cjit_forms", path), "fault") == []
    pd.testing.assert_frame_equal(export.kept(), kept)


def test_formulas_that_were_never_calculated_are_refused(export, drawn):
    frame = drawn["carat_referrals"]
    book = openpyxl.Workbook()
    for number, row in enumerate([list(frame.columns), *frame.to_numpy().tolist()], start=1):
        at = frame.columns.get_loc("release_date")
        book.active.append(row if number == 1 else [*row[:at], f"=D{number}+7", *row[at + 1 :]])
    path = export.folder / "a.xlsx"
    book.save(path)
    assert said(export.found("carat_referrals", path), "fault") == [
        f"a.xlsx: found a formula without a stored value at {'ABCDEFG'[at]}2, allowed: values, or formulas saved with "
        "their values"
    ]
