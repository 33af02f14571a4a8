"""Messy data of other offices: each kind of fault, in several extracts, columns and formats, is refused or told.

The cases are modelled on faults that people who work with administrative extracts have reported in public; the data are
invented: `other_study` draws them. What is right in each kind stands in docs/workings.md, "Messy data".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from disclosure import disclosed_findings
from dscp.extracts.faults import BIRTHS, CODE_CHANGES, NO_VALUE, NOT_ALLOWED, SHARED_BIRTH, SILENT, WORDS
from dscp.extracts.files import mixed_line_ends
from dscp.extracts.links import linked
from dscp.extracts.places import spelled_alike
from dscp.extracts.profile import profile
from dscp.extracts.registry import EXTRACTS, samples
from dscp.extracts.told import told
from dscp.extracts.words import words_of
from other_study import other_config
from thorough import crossed, first, some
from validate import validate

TODAY = dt.date(2026, 1, 1)
OF_CLIENTS = [name for name, extract in EXTRACTS.items() if extract.person]


@pytest.fixture(scope="module")
def study(config) -> dict:
    return other_config(config)


def as_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose cells are texts, as they stand in a CSV file; a missing one is None."""
    days = frame.select_dtypes(["datetime"]).columns
    texts = frame.assign(**{day: frame[day].dt.strftime("%Y-%m-%d") for day in days})
    return texts.reset_index(drop=True).astype(object).map(lambda cell: None if pd.isna(cell) else str(cell))


@pytest.fixture(scope="module")
def drawn(study) -> dict[str, pd.DataFrame]:
    """Every extract as texts; clients have numbers of eight digits, often with noughts in front."""
    frames = samples(study, np.random.default_rng(1), 300)
    for name, frame in frames.items():
        if name in OF_CLIENTS:
            frame = frame.assign(client=[f"{7 * int(client[1:]) + 3:08d}" for client in frame["client"]])
        frames[name] = as_texts(frame)
    return frames


COVERED = [name for name, extract in EXTRACTS.items() if extract.coverage]


@pytest.fixture(scope="module")
def many(study) -> dict[str, pd.DataFrame]:
    """Enough rows of each covered extract, and of those that link to it, that a silence shows."""
    named = [name for name, extract in EXTRACTS.items() if extract.coverage or extract.links]
    return {name: as_texts(frame) for name, frame in samples(study, np.random.default_rng(2), 6_000, named).items()}


class Office:
    """Extracts as an office delivers them, in a folder; what is found in each."""

    def __init__(self, study: dict, folder: Path) -> None:
        self.study, self.folder, self.copies = study, folder, {}

    def check(self, name: str, frame: pd.DataFrame | list[pd.DataFrame], form: str = "csv") -> pd.DataFrame:
        """Write frames as files of a format, and validate them."""
        paths = []
        for position, one in enumerate(frame if isinstance(frame, list) else [frame], start=1):
            paths.append(self.folder / f"{name}_{position}.{form}")
            writers = {"csv": one.to_csv, "parquet": one.to_parquet, "xlsx": one.to_excel}
            writers[form](paths[-1], index=False)
        self.copies[name] = str(self.folder / f"{name}.validated")
        texts, names = [str(path) for path in paths], [path.name for path in paths]
        return validate(name, texts, self.study, self.copies[name], names=names, today=TODAY)

    def kept(self, name: str) -> pd.DataFrame:
        """The typed copy of an extract."""
        return pd.read_parquet(self.copies[name])


@pytest.fixture
def office(study, tmp_path) -> Office:
    return Office(study, tmp_path)


def said(findings: pd.DataFrame, severity: str, *words: str) -> list[str]:
    """The messages of a severity in which all words stand."""
    messages = findings.loc[findings["severity"] == severity, "message"]
    return [message for message in messages if all(word in message for word in words)]


def quiet(findings: pd.DataFrame, frame: pd.DataFrame, *columns: str) -> bool:
    """No message shows a cell of a column."""
    text = "\n".join(findings["message"])
    cells = {str(cell) for column in columns for cell in frame[column].dropna() if len(str(cell)) > 4}
    return not any(cell in text for cell in cells)


def signs() -> Iterator[str]:
    return cycle("\u200b\ufeff\u00a0\u2060\t ")


# Ids ----------------------------------------------------------------------------------------------------------------


def commas(cell: str) -> str:
    return f"{int(cell):,}"


def pointed(cell: str) -> str:
    return f"{int(cell)}.0"


CHANGED = {
    "noughts lost": lambda cell: cell.lstrip("0"),
    "point": pointed,
    "commas": commas,
    "unseen": lambda cell, sign=signs(): next(sign) + cell + next(sign),  # noqa: B008
}


@pytest.mark.parametrize(("how", "of"), crossed(CHANGED, zip(OF_CLIENTS, cycle(["csv", "parquet"]), strict=False)))
def test_an_id_keeps_its_form_whatever_a_program_has_made_of_it(office, drawn, how, of):
    name, form = of
    office.check(name, drawn[name], form)
    clean = office.kept(name)["client"]
    frame = drawn[name].assign(client=drawn[name]["client"].map(CHANGED[how]))
    findings = office.check(name, frame, form)
    assert said(findings, "fault") == [] and clean.to_list() == office.kept(name)["client"].to_list()
    told = said(findings, "information", "client as given")
    assert len(told) == (how != "noughts lost") and quiet(findings, frame, "client"), told
    assert all(f"{number:,} row" in told[0] for number in [len(frame)] if how in ("point", "unseen"))


@pytest.mark.parametrize(("name", "column"), first([("carat_referrals", "referral"), ("journeys", "client")], 1))
def test_noughts_lost_in_one_of_two_files_are_counted(office, drawn, name, column):
    frame = drawn[name].assign(**{column: [f"{number:08d}" for number in range(1, len(drawn[name]) + 1)]})
    half = len(frame) // 2
    office.check(name, frame)
    clean = office.kept(name)[column]
    pieces = [frame[:half], frame[half:].assign(**{column: frame[column][half:].str.lstrip("0")})]
    findings = office.check(name, pieces)
    (told,) = said(findings, "information", "noughts in front")
    assert told.startswith(f"{name}_2.csv, {column} as given: fewer digits than the 8 of others")
    assert f"in {len(pieces[1]):,} rows" in told and quiet(findings, frame, column)
    assert clean.to_list() == office.kept(name)[column].to_list()


REFUSED = {
    "4.17E+13": "numbers that have lost digits (powers of ten)",
    "1.2e+07": "numbers that have lost digits (powers of ten)",
    "41700130000000000.0": "numbers that have lost digits (powers of ten)",
    "01-Mar": "ids that a program has turned into days",
    "2009-03-01": "ids that a program has turned into days",
    "UNKNOWN": "words or signs that stand for no id",
    " n/k ": "words or signs that stand for no id",
    "nan": "words or signs that stand for no id",
    "00000000": "words or signs that stand for no id",
    "-": "words or signs that stand for no id",
}


OF_IDS = [("journeys", "client", "csv"), ("dirs", "client", "parquet"), ("carat_referrals", "referral", "csv")]


@pytest.mark.parametrize(("cell", "of"), crossed(REFUSED, OF_IDS))
def test_what_is_no_id_any_more_is_refused_in_one_line(office, drawn, cell, of):
    name, column, form = of
    frame = drawn[name].assign(**{column: drawn[name][column].where(drawn[name].index % 9 != 2, cell)})
    findings = office.check(name, frame, form)
    rows = int((frame[column] == cell).sum())
    (told,) = said(findings, "fault")
    where = "line 4" if form == "csv" else "record 3"
    assert told == (
        f"{name}_1.{form}, {where}, {column}: found {REFUSED[cell]} in {rows} rows, "
        "allowed: an id in each row, as text, as the source system has it"
    )


def test_ids_of_floating_numbers_in_parquet_are_read(office, drawn):
    office.check("dirs", drawn["dirs"])
    clean = office.kept("dirs")["client"].to_list()
    findings = office.check("dirs", drawn["dirs"].assign(client=drawn["dirs"]["client"].astype(float)), "parquet")
    assert said(findings, "information", "client as given", "point", f"in {len(clean):,} rows")
    assert office.kept("dirs")["client"].to_list() == clean


def test_letter_case_does_not_tell_clients_apart_but_two_spellings_in_one_file_are_refused(office, drawn):
    frame = drawn["cjit_forms"].assign(client="Ab" + drawn["cjit_forms"]["client"])
    office.check("cjit_forms", frame)
    clean = office.kept("cjit_forms")["client"].to_list()
    findings = office.check("cjit_forms", frame.assign(client=frame["client"].str.upper()))
    assert said(findings, "fault") == [] and office.kept("cjit_forms")["client"].to_list() == clean
    twice = pd.concat([frame, frame[:3].assign(client=frame["client"][:3].str.swapcase())])
    (told,) = said(office.check("cjit_forms", twice), "fault", "capitals and in small letters", "one spelling of each")
    assert quiet(pd.DataFrame({"message": [told]}), twice, "client")


CELLS_OF_IDS = {  # how a workbook keeps ids that are digits
    "numbers": lambda ids: [int(one) for one in ids],
    "floating numbers": lambda ids: [float(one) for one in ids],
    "numbers and texts": lambda ids: [one if number % 2 else int(one) for number, one in enumerate(ids)],
    "texts with signs around": lambda ids: [f"\u00a0{one}\u200b" for one in ids],
}


@pytest.mark.parametrize(("how", "name"), crossed(CELLS_OF_IDS, OF_CLIENTS))
def test_ids_of_a_workbook_are_one_however_it_keeps_them(office, drawn, how, name):
    office.check(name, drawn[name], "xlsx")
    clean = office.kept(name)["client"]
    frame = drawn[name].astype(object).assign(client=CELLS_OF_IDS[how](drawn[name]["client"]))
    findings = office.check(name, frame, "xlsx")
    assert said(findings, "fault") == [] and clean.to_list() == office.kept(name)["client"].to_list()


def test_a_workbook_s_ids_beyond_fifteen_digits_are_refused(office, drawn):
    frame = drawn["dirs"].astype(object).assign(client=[4e16 + number for number in range(len(drawn["dirs"]))])
    (told,) = said(office.check("dirs", frame, "xlsx"), "fault", "client", "numbers that have lost digits")
    assert f"in {len(frame):,} rows" in told


# Links --------------------------------------------------------------------------------------------------------------

LINKS = [(extract.name, link) for extract in EXTRACTS.values() for link in extract.links]


@pytest.mark.parametrize(("name", "link"), first(LINKS, 1), ids=[f"{name}-{link.to}" for name, link in LINKS])
def test_rows_that_go_with_another_file_are_counted_and_lost_noughts_told(office, drawn, name, link):
    frame = drawn[name]
    for one in (name, link.to):
        office.check(one, drawn[one])
    there = set(drawn[link.to][link.to_column])
    counts = {one["extract"]: one for one in linked([EXTRACTS[name]], office.copies, office.study)}
    assert counts[name]["rows"] == frame[link.column].isin(there).sum()
    assert counts[link.to]["rows"] == drawn[link.to][link.to_column].isin(set(frame[link.column])).sum()
    assert counts[name]["message"].startswith(f"{name}, {link.column}: rows linked to {link.to}: ")
    lost = frame.assign(**{link.column: frame[link.column].str.lstrip("0")})
    office.check(name, lost)
    *same, told = linked([EXTRACTS[name]], office.copies, office.study)
    assert {one["extract"]: one for one in same} == counts
    assert told["message"] == (
        f"{name}, {link.column} as given: fewer digits than the 8 of {link.to}, the noughts in front being lost in "
        f"{len(frame):,} rows; compared without noughts in front"
    )


LINKED_PLACES = [(end, name, link) for name, link in LINKS for end in (name, link.to) if EXTRACTS[end].coverage]
WHERE = ("a period", "a place", "a place in a period")


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(
    ("end", "name", "link"), first(LINKED_PLACES, 1), ids=[f"{e}-{n}" for e, n, _ in LINKED_PLACES]
)
def test_a_place_or_a_period_without_any_link_is_told(office, study, many, end, name, link, where):
    """Another pseudonym in one of them: each cell is right, and nobody of them counts."""
    for one in (name, link.to):
        office.check(one, many[one])
    assert not [one for one in linked([EXTRACTS[name]], office.copies, study) if "goes with" in one["message"]]
    frame, declared = many[end], EXTRACTS[end].coverage
    first, last = (str(day) for day in study["periods"]["post"][declared.window])
    here = pd.Series(True, frame.index)
    place = place_of_study(study, end, frame)
    if "place" in where:
        here &= frame[declared.place] == place
    if "period" in where:
        here &= frame[declared.day].between(first, last)
    office.check(end, frame.assign(client=frame["client"].mask(here, "Q" + frame["client"])))
    (told,) = [one["message"] for one in linked([EXTRACTS[name]], office.copies, study) if f"{end}, " in one["message"]
               and "goes with a row of" in one["message"]]  # fmt: skip
    other = link.to if end == name else name
    words = f"{f' of {place}' if 'place' in where else ''}{' in the second period' if 'period' in where else ''}"
    assert f"rows{words} goes with a row of {other}, where " in told and told.startswith(f"{end}, client, ")
    assert quiet(pd.DataFrame({"message": [told]}), frame, "client")


# Numerals -----------------------------------------------------------------------------------------------------------

NUMERALS = [
    ("pilot_spending", "amount_gbp", "csv", "53968,85"),
    ("budget_shares", "amount_gbp", "csv", "12,34"),
    ("treatment_budgets", "local_gbp_m", "parquet", "1e2"),
    ("pilot_spending", "amount_gbp", "csv", "1_000"),
    ("triage_quarters", "triaged_within_6_weeks", "csv", "0x10"),
    ("triage_quarters", "referrals", "xlsx", "1e2"),
    ("fieldwork", "encounters", "csv", "1_0"),
    ("new_journeys_yearly", "started", "parquet", "1,00"),
    ("journeys", "journey", "csv", "0b11"),
    ("journeys", "exit_reason", "parquet", "8e1"),
]


@pytest.mark.parametrize(("name", "column", "form", "cell"), first(NUMERALS, 5))
def test_what_is_no_number_of_a_ledger_is_refused(office, drawn, name, column, form, cell):
    frame = drawn[name].copy()
    frame.loc[1, column] = cell
    (told,) = said(office.check(name, frame, form), "fault")
    where = "record 2" if form == "parquet" else "line 3"
    assert told.startswith(f"{name}_1.{form}, {where}, {column}: found ") and ", allowed: " in told


NUMBERS = {"1,234": 1234, "1,234.56": 1234.56, "£1,234,567.5": 1234567.5, " 12 ": 12, "12.": 12, ".5": 0.5, "-7": -7}


def test_amounts_as_people_write_them_are_read(office, drawn):
    frame, rows = drawn["pilot_spending"].copy(), range(1, 1 + len(NUMBERS))
    frame.loc[rows, "amount_gbp"] = list(NUMBERS)
    assert said(office.check("pilot_spending", frame), "fault") == []
    assert office.kept("pilot_spending").loc[rows, "amount_gbp"].to_list() == list(NUMBERS.values())


def test_a_journey_s_number_may_be_large(office, drawn):
    frame = drawn["journeys"].assign(journey=[str(3_000_000_000 + int(cell)) for cell in drawn["journeys"]["journey"]])
    assert said(office.check("journeys", frame), "fault") == []
    assert office.kept("journeys")["journey"].min() == 3_000_000_001


# Days ---------------------------------------------------------------------------------------------------------------


def month_for_day(cell: str | None) -> str | None:
    """A day up to the twelfth as a spreadsheet with American settings writes it."""
    if cell is None or int(cell[8:]) > 12:
        return cell
    return f"{cell[5:7]}/{cell[8:]}/{cell[:4]}"


DAYS = [("cjit_forms", "care_plan_date"), ("journeys", "journey_start"), ("dirs", "dir_date")]


@pytest.mark.parametrize(("of", "form"), crossed(DAYS, ["csv", "parquet"]))
def test_days_written_in_two_ways_are_refused(office, drawn, of, form):
    name, column = of
    frame = drawn[name].assign(**{column: drawn[name][column].map(month_for_day)})
    findings = office.check(name, frame, form)
    strokes = int(frame[column].str.contains("/", na=False).sum())
    (told,) = said(findings, "fault", column, "two ways of writing a day")
    assert f"{strokes:,} cells like 99/99/9999 and {frame[column].notna().sum() - strokes:,} like 9999-99-99" in told


@pytest.mark.parametrize(("name", "column"), first(DAYS, 1))
def test_days_of_a_workbook_are_cells_of_days_or_texts_and_not_both(office, drawn, name, column):
    """Where a program took the texts of some days for American ones, they are cells of days, the others still texts."""
    office.check(name, drawn[name])
    clean = office.kept(name)[column]
    days = [None if pd.isna(cell) else dt.datetime.fromisoformat(cell) for cell in drawn[name][column]]
    frame = drawn[name].astype(object)
    assert said(office.check(name, frame.assign(**{column: pd.Series(days, dtype=object)}), "xlsx"), "fault") == []
    pd.testing.assert_series_equal(clean, office.kept(name)[column])
    texts = [day and f"{day:%d/%m/%Y}" for day in days]
    assert said(office.check(name, frame.assign(**{column: texts}), "xlsx"), "fault") == []
    pd.testing.assert_series_equal(clean, office.kept(name)[column])
    swapped = [day.replace(month=day.day, day=day.month) if day and day.day <= 12 else day and f"{day:%d/%m/%Y}"
               for day in days]  # fmt: skip
    findings = office.check(name, frame.assign(**{column: pd.Series(swapped, dtype=object)}), "xlsx")
    strokes = sum(isinstance(cell, str) for cell in swapped)
    assert len(said(findings, "fault", f", {column}: found two ways of writing a day: {strokes:,} cells like")) == 1


@pytest.mark.parametrize(("name", "column"), first(DAYS, 1))
def test_days_all_written_the_british_way_are_read(office, drawn, name, column):
    office.check(name, drawn[name])
    clean = office.kept(name)[column]
    frame = drawn[name].assign(
        **{column: [cell and f"{cell[8:]}/{cell[5:7]}/{cell[:4]}" for cell in drawn[name][column]]}
    )
    assert said(office.check(name, frame), "fault") == []
    pd.testing.assert_series_equal(clean, office.kept(name)[column])


@pytest.mark.parametrize(("of", "form"), crossed(DAYS, ["csv", "parquet"]))
def test_a_time_of_day_is_refused(office, drawn, of, form):
    name, column = of
    times = pd.to_datetime(drawn[name][column]) - pd.to_timedelta(np.where(drawn[name].index % 3 == 1, 1, 0), unit="h")
    texts = times.dt.strftime("%Y-%m-%d %H:%M:%S")
    frame = drawn[name].assign(**{column: times if form == "parquet" else texts})
    (told,) = said(office.check(name, frame, form), "fault")
    rows = int((times.dt.hour == 23).sum())
    assert told.endswith(
        f", {column}: found a time of day in {rows} rows, allowed: whole days, without a time of day or at midnight"
    )


def test_a_time_of_day_in_a_workbook_is_refused(office, drawn):
    frame = drawn["triage_quarters"].assign(quarter_start=pd.to_datetime(drawn["triage_quarters"]["quarter_start"]))
    frame.loc[2, "quarter_start"] += pd.Timedelta(hours=9)
    (told,) = said(office.check("triage_quarters", frame, "xlsx"), "fault", "time of day")
    assert told.startswith("triage_quarters_1.xlsx, line 4, quarter_start: found a time of day in 1 row,")


@pytest.mark.parametrize(("of", "zone"), crossed(DAYS, ["America/New_York", "Asia/Tokyo"]))
def test_midnight_in_utc_is_a_day_wherever_the_machine_stands(office, drawn, monkeypatch, of, zone):
    name, column = of
    office.check(name, drawn[name])
    clean = office.kept(name)[column]
    monkeypatch.setenv("TZ", zone)
    instants = pd.to_datetime(drawn[name][column]).dt.tz_localize("UTC")
    assert said(office.check(name, drawn[name].assign(**{column: instants}), "parquet"), "fault") == []
    pd.testing.assert_series_equal(clean, office.kept(name)[column])
    local = instants.dt.tz_localize(None).dt.tz_localize(zone)
    assert said(office.check(name, drawn[name].assign(**{column: local}), "parquet"), "fault", "time of day")


OTHER_DAYS = [("journeys", "date_of_birth"), ("new_journeys_monthly", "month")]


@pytest.mark.parametrize(("of", "word"), crossed([*DAYS, *OTHER_DAYS], ["epoch", "infinity", "today", "-infinity"]))
def test_a_word_is_no_day(office, drawn, of, word):
    name, column = of
    frame = drawn[name].copy()
    frame.loc[0, column] = word
    assert said(office.check(name, frame), "fault", "line 2", column, "allowed")


# Flags and codes ----------------------------------------------------------------------------------------------------

FLAGS = [
    ("dirs", "no_fixed_abode", "parquet"), ("journeys", "dip_flag", "csv"), ("journeys", "previously_treated", "csv"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column", "form"), first(FLAGS, 2))
def test_one_and_nought_with_a_point_are_flags(office, drawn, name, column, form):
    office.check(name, drawn[name])
    clean = office.kept(name)[column]
    frame = drawn[name].assign(**{column: drawn[name][column].map({"Y": "1.0", "N": "0.0"})})
    assert said(office.check(name, frame, form), "fault") == []
    pd.testing.assert_series_equal(clean, office.kept(name)[column])


OTHER_CODES: list[tuple[str, str, Callable]] = [
    ("dirs", "no_fixed_abode", {"Y": "1", "N": "2"}.get),
    ("journeys", "dual_diagnosis", {"Y": "J", "N": "N"}.get),
    ("journeys", "ethnicity", lambda cell: f"{ord(cell[0])}" if isinstance(cell, str) else None),
    ("dirs", "drug_1", lambda cell: f"{int(cell) % 7}" if isinstance(cell, str) else None),
]


@pytest.mark.parametrize(
    ("name", "column", "change"), first(OTHER_CODES, 2), ids=[f"{one[0]}-{one[1]}" for one in OTHER_CODES]
)
def test_a_column_with_another_code_list_is_refused_and_a_slip_is_not(office, drawn, name, column, change):
    other = drawn[name].assign(**{column: drawn[name][column].map(change)})
    (told,) = said(office.check(name, other), "fault")
    assert column in told and " values that are not allowed, the first being " in told and "allowed: " in told
    slip = drawn[name].copy()
    slip.loc[:3, column] = "?"
    findings = office.check(name, slip)
    assert said(findings, "fault") == [] and said(findings, "information", column, "a value that is not allowed")


# The same person, the same event ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "form"), [("journeys", "csv"), ("dirs", "parquet")])
def test_an_id_of_many_people_is_refused(office, drawn, name, form):
    frame = drawn[name].assign(date_of_birth=[f"{1950 + row % 40}-03-04" for row in range(len(drawn[name]))])
    frame.loc[:19, "client"] = "00999999"
    (told,) = said(office.check(name, frame, form), "fault", "client, date_of_birth")
    assert "found 1 id with up to 20 dates of birth each" in told and "999999" not in told


@pytest.mark.parametrize(("name", "form"), [("journeys", "parquet"), ("dirs", "csv")])
def test_clients_with_two_dates_of_birth_are_counted(office, drawn, name, form):
    frame = drawn[name].assign(client=[f"{row:08d}" for row in range(1, len(drawn[name]) + 1)])
    twice = frame[:3].assign(date_of_birth="1951-02-03", **{"journey": "999"} if "journey" in frame else {})
    if "dir_date" in frame:
        twice["dir_date"] = "2011-01-02"
    findings = office.check(name, pd.concat([frame, twice], ignore_index=True), form)
    (told,) = said(
        findings, "information", "client, date_of_birth", "3 clients with more than one date of birth in 6 rows"
    )
    assert said(findings, "fault") == [] and quiet(findings, frame, "client", "date_of_birth"), told


@pytest.mark.parametrize(("name", "form"), first([("dirs", "parquet"), ("journeys", "csv")], 1))
def test_a_day_of_birth_of_too_many_is_told_and_not_shown(office, drawn, name, form):
    frame = drawn[name].copy()
    frame.loc[frame.index % 4 == 0, "date_of_birth"] = "1902-02-02"
    findings = office.check(name, frame, form)
    (told,) = said(findings, "information", "one day of birth shared by far too many")
    assert f" in {(frame['date_of_birth'] == '1902-02-02').sum()} rows" in told and "1902" not in told
    assert not said(office.check(name, drawn[name], form), "information", "shared by far too many")


@pytest.mark.parametrize("form", some(["csv", "parquet"], ["csv"]))
def test_a_referral_under_another_number_counts_once(office, drawn, form):
    frame = drawn["carat_referrals"]
    office.check("carat_referrals", frame, form)
    clean = office.kept("carat_referrals")
    again = frame.assign(referral=[f"S{row}" for row in range(len(frame))])
    findings = office.check("carat_referrals", pd.concat([frame, again], ignore_index=True), form)
    assert said(
        findings, "excluded", f"{len(frame)} rows left out: the same client, prison, referral_date and release_"
    )
    assert said(findings, "fault") == [] and len(office.kept("carat_referrals")) == len(clean)


# Sums ---------------------------------------------------------------------------------------------------------------

SUMS = [
    ("pilot_spending", ["site", "fiscal_year"], "item", "Grand total", "amount_gbp", "csv"),
    ("pilot_spending", ["site", "fiscal_year", "category"], "item", "Sub-total", "amount_gbp", "parquet"),
    ("pilot_spending", ["site", "fiscal_year"], "item", "All", "amount_gbp", "csv"),
    ("budget_shares", ["site"], "head", "Overall", "amount_gbp", "parquet"),
    ("budget_shares", ["site"], "head", "total of the site", "amount_gbp", "csv"),
    ("fieldwork", ["stage", "site"], "group", "Total", "encounters", "csv"),
]


def with_sums(frame: pd.DataFrame, by: list[str], label: str, name: str, amount: str) -> pd.DataFrame:
    totals = frame.assign(total=frame[amount].astype(float)).groupby(by, sort=False)["total"].sum().reset_index()
    first = frame.drop_duplicates(by)[[column for column in frame if column not in (label, amount)]]
    rows = first.merge(totals, on=by).assign(**{label: name})
    rows[amount] = rows["total"].map(lambda number: f"{number:.2f}".removesuffix(".00"))
    return pd.concat([frame, rows[frame.columns]], ignore_index=True)


@pytest.mark.parametrize(("extract", "by", "label", "name", "amount", "form"), first(SUMS, 2))
def test_rows_that_repeat_sums_are_left_out_and_counted(office, drawn, extract, by, label, name, amount, form):
    office.check(extract, drawn[extract], form)
    clean = office.kept(extract)[amount].to_list()
    frame = with_sums(drawn[extract], by, label, name, amount)
    findings = office.check(extract, frame, form)
    more = len(frame) - len(drawn[extract])
    assert said(findings, "fault") == [] and office.kept(extract)[amount].to_list() == clean
    assert said(findings, "excluded", label, f"{more} rows left out: totals, which repeat the rows they sum")


def test_a_name_alone_makes_no_total_and_an_amount_does(office, drawn):
    frame = drawn["pilot_spending"].copy()
    frame.loc[frame["item"] == "training", "item"] = "Total Place contribution"
    findings = office.check("pilot_spending", frame)
    assert said(findings, "fault") == [] and said(findings, "excluded", "totals") == []
    assert "total_place_contribution" in set(office.kept("pilot_spending")["item"])
    named = with_sums(drawn["pilot_spending"], ["site", "fiscal_year"], "item", "Everything", "amount_gbp")
    (told,) = said(office.check("pilot_spending", named), "fault")
    assert "item: found a value like AAAAAAAAAA, the sum of the other rows of its site and fiscal_year in all" in told


@pytest.mark.parametrize(("column", "form"), [("adult_pooled_gbp_m", "csv"), ("local_gbp_m", "parquet")])
def test_pounds_in_a_column_of_millions_are_refused(office, drawn, column, form):
    pounds = [str(int(float(cell) * 1_000_000)) for cell in drawn["treatment_budgets"][column]]
    findings = office.check("treatment_budgets", drawn["treatment_budgets"].assign(**{column: pounds}), form)
    assert len(said(findings, "fault", column, "a number of million pounds, at most 100,000")) == len(pounds)


UNITS = [
    ("pilot_spending", "amount_gbp", "site", "csv", 0.001),
    ("pilot_spending", "amount_gbp", "fiscal_year", "parquet", 1000),
    ("pilot_spending", "amount_gbp", "site", "parquet", 1000),
]  # fmt: skip


@pytest.mark.parametrize(("name", "column", "group", "form", "times"), first(UNITS, 2))
def test_amounts_of_a_site_or_year_a_thousandfold_off_are_told(office, drawn, name, column, group, form, times):
    frame = drawn[name].copy()
    frame[column] = [f"{1000 + 37 * number % 800}" for number in range(len(frame))]
    assert not said(office.check(name, frame, form), "information", f"{column}, {group}")
    one = frame[group].value_counts().index[0]
    here = frame[group] == one
    frame.loc[here, column] = [f"{float(cell) * times:.2f}" for cell in frame.loc[here, column]]
    (told,) = said(
        office.check(name, frame, form), "information", f"{column}, {group}: amounts of {one} about a thousand"
    )
    assert f"in {here.sum()} rows" in told and ("times" in told) == (times > 1)


# Coverage -----------------------------------------------------------------------------------------------------------


def place_of_study(study: dict, name: str, frame: pd.DataFrame) -> str:
    declared = EXTRACTS[name].coverage
    listed = {place for site in study["sites"].values() for arm in ("pilot", "comparison")
              for place in site[arm].get("prisons" if declared.place == "prison" else "dats", [])}  # fmt: skip
    return frame.loc[frame[declared.place].isin(listed), declared.place].value_counts().index[0]


@pytest.mark.parametrize("name", COVERED)
def test_whole_data_have_no_silence(office, many, name):
    findings = office.check(name, many[name])
    assert said(findings, "information", "no row") == [] and said(findings, "information", "rows of") == []


@pytest.mark.parametrize(
    ("name", "form"),
    first([*zip(COVERED[::-1], cycle(["csv", "parquet"]), strict=False), ("carat_referrals", "xlsx")], 2),
)
def test_a_place_renamed_half_way_is_told(office, study, many, name, form):
    frame, declared = many[name].copy(), EXTRACTS[name].coverage
    place = place_of_study(study, name, frame)
    first, last = study["periods"]["post"][declared.window]
    half = sorted(frame.loc[frame[declared.day].between(str(first), str(last)), declared.day].dropna())[-1][:4]
    moved = (frame[declared.place] == place) & (frame[declared.day] >= f"{half}-01-01")
    frame.loc[moved, declared.place] = "Z9"
    findings = office.check(name, frame, form)
    (told,) = said(findings, "information", declared.place, f"no row of {place} from {half}-01 on")
    assert "Z9 begins then" in told


@pytest.mark.parametrize("name", ["cjit_forms"])
def test_a_place_without_any_row_is_told(office, study, many, name):
    place = place_of_study(study, name, many[name])
    findings = office.check(name, many[name][many[name][EXTRACTS[name].coverage.place] != place])
    assert said(findings, "fault", f"no form of {place}") or said(
        findings, "information", f"none of {place}, where the"
    )


@pytest.mark.parametrize("name", some(COVERED, ["cjit_forms"]))
def test_data_that_stop_before_the_period_are_told(office, study, many, name):
    declared = EXTRACTS[name].coverage
    _, last = study["periods"]["post"][declared.window]
    year = int(str(last)[:4])
    frame = many[name][many[name][declared.day] < f"{year}-01-01"]
    told = said(office.check(name, frame), "information", f"no row from {year}-01 on")
    assert len(told) == 1 and f"the last is of {year - 1}-12" in told[0]


@pytest.mark.parametrize(("name", "column"), first([
    ("carat_referrals", "residence_dat"), ("carat_referrals", "release_date"), ("journeys", "ethnicity"),
], 2))  # fmt: skip
def test_a_column_empty_in_one_place_and_period_alone_is_told(office, study, many, name, column):
    frame, declared = many[name].copy(), EXTRACTS[name].coverage
    place = place_of_study(study, name, frame)
    first = str(study["periods"]["post"][declared.window][0])
    frame.loc[(frame[declared.place] == place) & (frame[declared.day] >= first), column] = None
    findings = office.check(name, frame)
    assert said(findings, "information", f"{column}, {declared.place}", f"rows of {place} in the second period")


@pytest.mark.parametrize(("name", "column", "old", "new"), first([
    ("cjit_forms", "form", "AF7", "AF5"), ("journeys", "exit_reason", "80", "83"),
    ("journeys", "referral_source", "1", "77"), ("journeys", "ethnicity", None, "Z"),
], 2))  # fmt: skip
def test_a_code_that_vanishes_within_the_periods_is_told(office, study, many, name, column, old, new):
    frame, declared = many[name].copy(), EXTRACTS[name].coverage
    old = old or frame[column].value_counts().index[0]
    start = str(study["periods"]["post"][declared.window][0])
    day = "journey_end" if column == "exit_reason" else declared.day  # an exit reason is recorded at the end
    frame.loc[(frame[column] == old) & (frame[day] >= start), column] = new
    (told,) = said(office.check(name, frame), "information", f"{column}, {day}: no {old} after ")
    last = frame.loc[frame[column] == old, day].max()
    assert f"no {old} after {last[:7]};" in told


@pytest.mark.parametrize("name", some(COVERED, ["cjit_forms"]))
def test_a_setting_says_from_which_size_a_silence_stops_the_run(office, study, many, name):
    frame, declared = many[name], EXTRACTS[name].coverage
    place = place_of_study(study, name, frame)
    first = str(study["periods"]["post"][declared.window][0])
    short = frame[(frame[declared.place] != place) | (frame[declared.day] < first)]
    (told,) = said(office.check(name, short), "information", f"no row of {place} from")
    for limit, severity in ((1, "fault"), (500, "information")):
        office.study = {**study, "validation": {"stop_at": {"months_without_rows": limit}}}
        (line,) = said(office.check(name, short), severity, f"no row of {place} from")
        assert (line == told) == (severity == "information")
        assert severity == "information" or line.endswith("(validation.stop_at.months_without_rows in the config)")


@pytest.mark.parametrize(("name", "column"), first([("carat_referrals", "release_date"), ("journeys", "ethnicity")], 1))
def test_a_setting_says_from_which_share_missing_values_stop_the_run(office, study, many, name, column):
    frame, declared = many[name].copy(), EXTRACTS[name].coverage
    place = place_of_study(study, name, frame)
    first = str(study["periods"]["post"][declared.window][0])
    frame.loc[(frame[declared.place] == place) & (frame[declared.day] >= first), column] = None
    for limit, severity in ((60, "fault"), (100, "information")):
        office.study = {**study, "validation": {"stop_at": {"missing_points": limit}}}
        assert said(office.check(name, frame), severity, f"rows of {place} in the second period")


@pytest.mark.parametrize(("name", "link"), first(LINKS, 1), ids=[f"{name}-{link.to}" for name, link in LINKS])
def test_a_setting_says_how_many_rows_have_to_link(office, study, many, name, link):
    frame = many[name].assign(client=many[name]["client"].where(many[name].index % 2 == 0, "Q" + many[name]["client"]))
    for one, rows in ((name, frame), (link.to, many[link.to])):
        office.check(one, rows)
    for limit, severity in ((60, "fault"), (5, "count")):
        given = {**study, "validation": {"stop_at": {"linked_percent": limit}}}
        assert linked([EXTRACTS[name]], office.copies, given)[0]["severity"] == severity


@pytest.mark.parametrize("name", some(COVERED, ["carat_referrals"]))
def test_the_coverage_profile_counts_rows_by_place_and_month(office, study, many, name):
    """Against the file: rows, first and last day, missing values, codes, and what lies outside the study."""
    findings, frame, declared = office.check(name, many[name]), many[name], EXTRACTS[name].coverage
    assert said(findings, "fault") == []
    table = profile(EXTRACTS.values(), office.copies, study)
    rows = table[table["what"] == "rows"]
    assert rows["rows"].sum() == len(office.kept(name))
    place = place_of_study(study, name, frame)
    own = frame[frame[declared.place] == place]
    month = own[declared.day].str[:7].mode()[0]
    here = own[own[declared.day].str[:7] == month]
    (one,) = rows[(rows["place"] == place) & (rows["month"] == month)].to_dict("records")
    assert one["rows"] == len(here) and one["area"].partition("_")[0] in ("pilot", "comparison")
    assert [str(one[end])[:10] for end in ("first", "last")] == [here[declared.day].min(), here[declared.day].max()]
    for column in (one.name for one in EXTRACTS[name].columns if one.missing == "information" and one.name in frame):
        (missing,) = table.loc[(table["place"] == place) & (table["month"] == month)
                               & (table["what"] == f"missing {column}"), "rows"]  # fmt: skip
        assert missing == here[column].isna().sum()
    outside = ~frame[declared.place].isin(set(rows["place"]))
    assert rows.loc[rows["place"] == "", "rows"].sum() == outside.sum()
    coded = table[(table["place"] == "") & table["what"].str.contains(" ") & ~table["what"].str.match("missing|linked")]
    for what, number in coded.groupby("what")["rows"].sum().items():
        column, code = what.split(" ")
        assert number == (frame[column] == code).sum()


# What is printed of remarks ------------------------------------------------------------------------------------------


def test_what_is_printed_of_a_remark_names_no_place_month_code_or_number(office, study, many):
    """Its kind and its column are printed; the rest stands in restricted/."""
    frame, place = many["journeys"].copy(), place_of_study(study, "journeys", many["journeys"])
    start = str(study["periods"]["post"]["outcomes"][0])
    later = frame["journey_start"] >= start
    frame.loc[(frame["dat"] == place) & (frame["journey_start"] >= "2014-06-01"), "dat"] = "Z9"
    frame.loc[(frame["dat"] == place) & later, "ethnicity"] = None
    frame.loc[(frame["exit_reason"] == "80") & later, "exit_reason"] = "83"
    frame.loc[::7, "date_of_birth"] = "1900-01-01"
    frame.loc[1:60, "client"] = frame.loc[0:59, "client"].to_numpy()
    frame.loc[3:4, "drug_1"] = "X9"
    frame.loc[70:, "client"] = frame.loc[70:, "client"] + " "
    findings = office.check("journeys", frame)
    printed = {told(found) for found in findings.loc[findings["severity"] == "information", "found"]}
    assert printed >= {SILENT, CODE_CHANGES, BIRTHS, SHARED_BIRTH, NOT_ALLOWED, NO_VALUE}
    assert not re.search(rf"\d|{place}|Z9|X9", " ".join(printed))
    made = disclosed_findings(findings, pd.DataFrame(columns=["id", "value", "note"]))
    assert set(made.loc[made["severity"] == "information", "found"]) == printed


@pytest.mark.parametrize("found", ["no row of P01 from 2011-01 on", "X9", "3 clients with two dates of birth", ""])
def test_words_that_are_not_fixed_are_not_printed(found):
    assert told(found) == NOT_ALLOWED


# One line for a kind of fault in a column -----------------------------------------------------------------------------

MANY = [  # extract, column, format, what is written there, how a line names it
    ("pilot_spending", "category", "csv", "non-paid", "a value like AAA_AAAA"),
    ("new_journeys_monthly", "area", "parquet", "pilott 2", "a value like AAAAAA 9"),
    ("budget_shares", "site", "csv", "place 9", "a value like AAAAA 9"),
    ("triage_quarters", "quarter_start", "xlsx", "01-Dec-2009", "a value like 99-AAA-9999"),
    ("journeys", "journey_start", "csv", "12-Jun-1820", "a value like 99-AAA-9999"),
]


@pytest.mark.parametrize(("name", "column", "form", "cell", "looks"), first(MANY, 4))
def test_many_cells_of_a_kind_are_one_line(office, drawn, name, column, form, cell, looks):
    frame = drawn[name].copy()
    frame.loc[2:7, column] = cell
    (told,) = said(office.check(name, frame, form), "fault", f", {column}: ")
    also = "record 4, record 5, record 6" if form == "parquet" else "lines 5, 6, 7"
    assert f": found {looks} in 6 rows (also {also}, ...), allowed: " in told


@pytest.mark.parametrize(("name", "column", "cell", "key"), first([
    ("cjit_forms", "care_plan_date", "1 of May", "dates.care_plan_date in the config says how its days are written, "
     "and values.care_plan_date which of its cells mean nothing (null)"),
    ("carat_referrals", "referral_date", "1 of May", "dates.referral_date in the config says how its days are written"),
    ("pilot_spending", "amount_gbp", "12,34", ""),
    ("journeys", "dip_flag", "2", "values.dip_flag in the config says what its codes mean"),
], 3))  # fmt: skip
def test_a_message_says_what_in_the_config_settles_it(office, drawn, name, column, cell, key):
    frame = drawn[name].copy()
    frame.loc[2:60, column] = cell
    (told,) = said(office.check(name, frame), "fault", f", {column}: ")
    assert told.endswith(f"; extracts.{name}.{key}") if key else "in the config" not in told
    frame.loc[5:, column] = drawn[name].loc[5:, column]
    assert "in the config" not in "".join(office.check(name, frame)["message"])


@pytest.mark.parametrize(("name", "column", "cell", "meant"), [
    ("pilot_spending", "category", "startup", "start_up"), ("new_journeys_monthly", "area", "pilots_2", "pilot_2"),
    ("pilot_spending", "site", "Site 2", "site_2"), ("new_journeys_yearly", "site", "sit 2", "site_2"),
    ("pilot_spending", "site", "site_99", ""),
])  # fmt: skip
def test_a_code_near_to_one_that_is_known_is_asked_about(office, drawn, name, column, cell, meant):
    frame = drawn[name].copy()
    frame.loc[2, column] = cell
    told = said(office.check(name, frame), "fault", f", {column}: ")
    assert all(("did you mean" in one) == bool(meant) for one in told)
    assert not meant or told[0].endswith(f"; did you mean {meant}?")


# Workbooks ----------------------------------------------------------------------------------------------------------


def book(frame: pd.DataFrame, path: Path, sheets: dict[str, pd.DataFrame], change: Callable) -> None:
    from openpyxl import Workbook

    made = Workbook()
    made.remove(made.active)
    for title, one in sheets.items():
        sheet = made.create_sheet(title)
        sheet.append(list(one.columns))
        for row in one.itertuples(index=False):
            sheet.append([dt.date.fromisoformat(row[0]), row[1], int(row[2]), int(row[3])])
    change(made)
    made.save(path)


def hide(made) -> None:
    made["Draft"].sheet_state = "hidden"
    made.active = 1


def filtered(made) -> None:
    for row in (3, 4):
        made["Quarters"].row_dimensions[row].hidden = True


BOOKS = [
    (("Draft", "Quarters"), hide, "information", "the sheet Quarters of several; the others are not read"),
    (("Quarters",), filtered, "fault", "found 2 hidden rows on the sheet Quarters, allowed: every row in sight"),
    (("Draft", "Quarters"), lambda made: None, "fault", "2 sheets with the columns of the extract (Draft, Quarters)"),
]


@pytest.mark.parametrize(("titles", "change", "severity", "words"), BOOKS)
def test_what_is_read_of_a_workbook_is_what_its_keeper_sees(
    office, study, drawn, tmp_path, titles, change, severity, words
):
    frame = drawn["triage_quarters"]
    path = tmp_path / "book.xlsx"
    draft = frame.assign(triaged_within_6_weeks="1")
    book(frame, path, {title: draft if title == "Draft" else frame for title in titles}, change)
    copy = str(tmp_path / "book.parquet")
    findings = validate("triage_quarters", [str(path)], study, copy, names=["book.xlsx"], today=TODAY)
    assert len(said(findings, severity, words)) == 1
    if severity == "information":
        assert (
            pd.read_parquet(copy)["triaged_within_6_weeks"].to_list()
            == frame["triaged_within_6_weeks"].astype(int).to_list()
        )


# Places and blanks --------------------------------------------------------------------------------------------------

PLACES = [
    (extract.name, column.name, form)
    for (extract, column), form in zip(
        ((extract, column) for extract in EXTRACTS.values() for column in extract.columns if column.of_areas),
        cycle(["csv", "xlsx", "parquet"]),
        strict=False,
    )
]


@pytest.mark.parametrize("between", [(1, " "), (1, "-"), (-1, "0")])
@pytest.mark.parametrize(("name", "column", "form"), PLACES)
def test_a_place_of_the_study_in_another_spelling_is_refused(office, study, drawn, name, column, form, between):
    frame = drawn[name].copy()
    of_areas = next(one.of_areas for one in EXTRACTS[name].columns if one.name == column)
    codes = [code for site in study["sites"].values() for arm in ("pilot", "comparison")
             for code in site[arm].get(of_areas, ())]  # fmt: skip
    meant = frame[column][frame[column].isin(codes)].iloc[0]
    assert not said(office.check(name, frame, form), "fault")
    rows = frame.index[frame[column] == meant][1:]
    at, sign = between
    frame.loc[rows, column] = f"{meant[:at]}{sign}{meant[at:]}".lower()
    told = said(office.check(name, frame, form), "fault", f", {column}: ", f"which is {meant} in another spelling")
    assert len(told) == 1 and f"extracts.{name}.values.{column} says" in told[0]
    assert f" in {len(rows):,} row" in told[0]


@pytest.mark.parametrize(("one", "other", "alike"), [
    ("H01", "HO1", True), ("007", "7", True), ("E08/01", "e0801", True), ("H01", "H10", False), ("WI", "W1", False),
    ("A1", "B1", False), ("OX", "0X", False),
])  # fmt: skip
def test_spellings_of_a_code(one, other, alike):
    assert bool(spelled_alike([one, other])) is alike


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("name", ["journeys", "carat_referrals", "triage_quarters", "pilot_spending", "dirs"])
def test_blanks_that_no_line_breaks_at_are_blanks(office, drawn, name, form):
    office.check(name, drawn[name], form)
    clean = office.kept(name)
    around = [column.name for column in EXTRACTS[name].columns
              if column.kind in ("code", "flag", "integer", "count", "amount", "number")]  # fmt: skip
    days = [column.name for column in EXTRACTS[name].columns if column.kind in ("date", "quarter")]
    frame = drawn[name].assign(
        **{one: drawn[name][one].map(lambda cell: cell if pd.isna(cell) else f"\u00a0{cell}\u00a0 ") for one in around},
        **{one: drawn[name][one].map(lambda cell: "\u00a0" if pd.isna(cell) else cell) for one in days},
    )
    assert said(office.check(name, frame, form), "fault") == []
    pd.testing.assert_frame_equal(office.kept(name), clean)


# Words for codes ----------------------------------------------------------------------------------------------------

WORDED = [
    ("journeys", "sex", {"M": "Male", "F": " female"}),
    ("journeys", "ethnicity", {"A": "White British", "N": "African", "Z": "NOT STATED"}),
    ("journeys", "drug_1", {"3201": "Crack", "3200": "cocaine", "7000": "Alcohol"}),
    ("dirs", "sex", {"M": "male", "F": "FEMALE"}),
    ("dirs", "drug_2", {"3201": "Crack", "3200": "Cocaine"}),
    ("pilot_spending", "category", {"pay": "Staff"}),
]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize(("name", "column", "words"), WORDED, ids=[f"{name}-{column}" for name, column, _ in WORDED])
def test_words_that_stand_for_one_code_are_read_as_it_and_told(office, drawn, name, column, words, form):
    frame, codes = drawn[name].copy(), list(words)
    if column != "category":
        frame[column] = [codes[number % len(codes)] for number in range(len(frame))]
    clean = office.check(name, frame, form)
    kept = office.kept(name)
    findings = office.check(name, frame.assign(**{column: frame[column].replace(words)}), form)
    assert said(findings, "fault") == said(clean, "fault")
    pd.testing.assert_frame_equal(office.kept(name), kept)
    (one,) = said(findings, "information", f", {column}: {WORDS} (")
    rows = int(frame[column].isin(words).sum())
    assert f" in {rows:,} rows" in one and all(f" as {code}" in one for code in words)
    assert not said(clean, "information", WORDS) and WORDS in set(findings["found"]) and told(WORDS) == WORDS


@pytest.mark.parametrize(("column", "word"), [("drug_1", "Heroin"), ("sex", "Woman"), ("exit_reason", "Completed")])
def test_a_word_of_no_single_code_is_refused_with_the_line_that_settles_it(office, drawn, column, word):
    frame = drawn["journeys"].copy()
    frame.loc[2:60, column] = word
    one, *_ = said(office.check("journeys", frame), "fault", f", {column}: ")
    assert column == "sex" or one.endswith(f"extracts.journeys.values.{column} in the config says what its codes mean")


def test_a_word_of_two_codes_is_none_of_them(config):
    sex = next(column for column in EXTRACTS["journeys"].columns if column.name == "sex")
    both = replace(sex, codes={"M": "man", "F": "woman", "W": "Woman"})
    assert set(words_of(both, config["codes"])) == {"man"}


# Files of another kind ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "words"), [
    (lambda text: text.encode("utf-16"), "found text in UTF-16 (Unicode text), allowed: CSV in UTF-8 with commas"),
    (lambda text: text.replace(",", ";").encode(), "found cells with semicolons between them, allowed: CSV in UTF-8"),
    (lambda text: text.replace(",", "\t").encode(), "found cells with tabs between them, allowed: CSV in UTF-8 with"),
    (lambda text: text.replace(",Y", ",\u00e9", 1).encode("cp1252"), "found text that is not UTF-8"),
])  # fmt: skip
@pytest.mark.parametrize("name", ["dirs", "journeys"])
def test_text_of_another_kind_is_refused_by_its_kind(study, drawn, tmp_path, name, content, words):
    path = tmp_path / "a.csv"
    path.write_bytes(content(drawn[name].to_csv(index=False)))
    findings = validate(name, [str(path)], study, str(tmp_path / "x.parquet"), names=["a.csv"], today=TODAY)
    assert len(said(findings, "fault", words)) == len(said(findings, "fault")) == 1


def merged(sheet) -> None:
    sheet.merge_cells("B2:B6")


def hidden(sheet) -> None:
    sheet.sheet_state = "hidden"


@pytest.mark.parametrize(("change", "words"), [
    (merged, "found cells merged over several rows on the sheet Data, the first being B2:B6, allowed: a value in"),
    (hidden, "the columns of the extract on the hidden sheet Data alone, allowed: a sheet in sight, or sheet in the"),
])  # fmt: skip
@pytest.mark.parametrize("name", ["triage_quarters", "carat_referrals"])
def test_a_workbook_that_hides_its_cells_is_refused(study, drawn, tmp_path, name, change, words):
    import openpyxl

    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as made:
        drawn[name].to_excel(made, sheet_name="Data", index=False)
        pd.DataFrame({"Area": ["A"], "Clients": [1]}).to_excel(made, sheet_name="Summary", index=False)
    made = openpyxl.load_workbook(path)
    change(made["Data"])
    made.active = 1
    made.save(path)
    findings = validate(name, [str(path)], study, str(tmp_path / "x.parquet"), names=["a.xlsx"], today=TODAY)
    assert len(said(findings, "fault", words)) == len(said(findings, "fault")) == 1


# Kinds of days ------------------------------------------------------------------------------------------------------

DAYS_OF = [("journeys", "journey_end", "xlsx"), ("carat_referrals", "referral_date", "csv"),
           ("dirs", "date_of_birth", "parquet")]  # fmt: skip


def counted(cell: str | None) -> str | None:
    return None if pd.isna(cell) else str((dt.date.fromisoformat(cell) - dt.date(1899, 12, 30)).days)


@pytest.mark.parametrize(("cell", "found", "settles"), [
    ("39600", "numbers by which a spreadsheet counts days", "or Excel number in extracts.{name}.dates.{column}"),
    ("01/02/09", "years of two digits", "years of four digits"),
    ("29/02/2009", "days that their month does not have", "days of the calendar"),
    ("2009-06-31", "days that their month does not have", "days of the calendar"),
])  # fmt: skip
@pytest.mark.parametrize(("name", "column", "form"), DAYS_OF)
def test_days_of_a_kind_are_refused_as_what_they_are(office, drawn, name, column, form, cell, found, settles):
    frame = drawn[name].copy()
    frame.loc[3:9, column] = cell
    (one,) = said(office.check(name, frame, form), "fault", f", {column}: found {found} in 7 rows")
    assert settles.format(name=name, column=column) in one


@pytest.mark.parametrize(("name", "column", "form"), DAYS_OF)
def test_days_as_a_spreadsheet_counts_them_are_read_where_the_config_says_so(
    office, study, drawn, tmp_path, name, column, form
):
    office.check(name, drawn[name], form)
    clean = office.kept(name)
    frame, path, copy = drawn[name].assign(**{column: drawn[name][column].map(counted)}), tmp_path / f"b.{form}", ""
    writers = {"csv": frame.to_csv, "parquet": frame.to_parquet, "xlsx": frame.to_excel}
    writers[form](path, index=False)
    copy, ways = str(tmp_path / "b.validated"), [{"dates": {column: "Excel number"}}]
    findings = validate(name, [str(path)], study, copy, names=["b"], mappings=ways, today=TODAY)
    assert said(findings, "fault") == []
    pd.testing.assert_frame_equal(pd.read_parquet(copy), clean)


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("day", ["2099-12-31", "1900-01-01"])
@pytest.mark.parametrize(("name", "column"), [("journeys", "journey_end"), ("carat_referrals", "release_date")])
def test_one_day_that_stands_for_none_is_refused_with_the_line_that_says_so(office, drawn, name, column, day, form):
    frame = drawn[name].copy()
    frame.loc[3:9, column] = day
    settles = f"; extracts.{name}.values.{column} in the config may say that {day} means nothing (null)"
    (told,) = said(office.check(name, frame, form), "fault", f", {column}: ")
    assert told.endswith(settles) and " in 7 rows" in told
    frame.loc[3, column] = f"{day[:8]}15"
    assert "may say that" not in "".join(office.check(name, frame, form)["message"])


def test_a_day_of_birth_is_never_shown(office, drawn):
    frame = drawn["journeys"].copy()
    frame.loc[3:9, "date_of_birth"] = "1800-01-01"
    assert "1800-01-01" not in "".join(office.check("journeys", frame)["message"])


# Rows and messages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", some(["journeys", "triage_quarters", "pilot_spending", "dirs"], ["triage_quarters", "pilot_spending"])
)
def test_lines_of_commas_and_a_second_header_are_left_out_and_counted(office, drawn, name):
    frame = drawn[name]
    office.check(name, frame)
    clean = office.kept(name).drop(columns="line")
    empty = pd.DataFrame([[None] * frame.shape[1]] * 3, columns=frame.columns)
    again = pd.DataFrame([list(frame.columns)], columns=frame.columns)
    findings = office.check(name, pd.concat([frame[:5], again, frame[5:], empty], ignore_index=True))
    if name != "triage_quarters":  # which has one column of texts, and the header there is refused
        assert said(findings, "fault") == [] and said(findings, "excluded", "1 row left out: the header again")
        pd.testing.assert_frame_equal(office.kept(name).drop(columns="line"), clean)
    assert said(findings, "excluded", "3 rows left out: rows without any value")


@pytest.mark.parametrize("cell", ["?", "E08000001 (metropolitan district, before the boundary change)", "#12"])
@pytest.mark.parametrize("name", some(["journeys", "carat_referrals"], ["carat_referrals"]))
def test_codes_of_places_outside_the_study_may_have_any_form(office, drawn, name, cell):
    column = EXTRACTS[name].coverage.place
    outside = pd.DataFrame(drawn[name][-3:].assign(**{EXTRACTS[name].key[-1]: ["991", "992", "993"], column: cell}))
    findings = office.check(name, pd.concat([drawn[name], outside], ignore_index=True))
    assert said(findings, "fault") == [] and said(findings, "excluded", column, "outside the study")


TOTALS = [
    ("journeys", {"client": "Total", "dat": "99"}),
    ("journeys", {"client": "240", "dat": "N1 Total"}),
    ("carat_referrals", {"referral": "TOTAL", "client": "349"}),
    ("triage_quarters", {"dat": "Grand total", "referrals": "900"}),
    ("triage_quarters", {"quarter_start": "Total", "dat": "W1", "referrals": "12"}),
]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize(("name", "cells"), TOTALS)
def test_rows_of_totals_that_lack_what_a_record_has_are_left_out_and_counted(office, drawn, name, cells, form):
    office.check(name, drawn[name], form)
    clean = office.kept(name).drop(columns="line")
    total = pd.DataFrame([{column: cells.get(column) for column in drawn[name]}])
    findings = office.check(name, pd.concat([drawn[name][:7], total, drawn[name][7:]], ignore_index=True), form)
    assert said(findings, "fault") == [] and said(findings, "excluded", "1 row left out: totals, which lack")
    pd.testing.assert_frame_equal(office.kept(name).drop(columns="line"), clean)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["journeys", "carat_referrals"])
def test_notes_below_the_records_are_left_out_and_counted(office, drawn, name, form):
    frame = drawn[name]
    note = pd.DataFrame([dict.fromkeys(frame) | {frame.columns[0]: "Source: * provisional"}] * 2)
    findings = office.check(name, pd.concat([frame, note], ignore_index=True), form)
    assert said(findings, "fault") == [] and said(findings, "excluded", "2 rows left out: notes below the records")
    within = office.check(name, pd.concat([frame[:5], note, frame[5:]], ignore_index=True), form)
    assert said(within, "fault") and not said(within, "excluded", "notes")


@pytest.mark.parametrize("cell", ["Totally new", "subtotals1"])
def test_a_row_that_lacks_something_and_says_no_total_is_refused(office, drawn, cell):
    frame = drawn["triage_quarters"].copy()
    frame.loc[4, ["dat", "quarter_start"]] = [cell, None]
    assert said(office.check("triage_quarters", frame), "fault", "line 6, quarter_start: found nothing")


def test_many_rows_twice_are_one_line(office, drawn):
    frame = drawn["triage_quarters"]
    (told,) = said(office.check("triage_quarters", [frame, frame]), "fault", "the same dat and quarter_start")
    assert told.startswith("triage_quarters_2.csv, line 2") and f"and {len(frame) - 1:,} more such rows" in told


def test_line_ends_of_two_kinds_are_told_with_their_line(office, study, drawn, tmp_path):
    lines = drawn["dirs"].to_csv(index=False).splitlines()
    path = tmp_path / "mixed.csv"
    path.write_bytes(("\r\n".join(lines[:9]) + "\r\n" + "\n".join(lines[9:]) + "\n").encode())
    findings = validate("dirs", [str(path)], study, str(tmp_path / "x.parquet"), names=["mixed.csv"], today=TODAY)
    told = said(findings, "fault")
    assert mixed_line_ends(str(path)) == 10
    assert all(message.startswith("mixed.csv, line 10: found a line end of another kind") for message in told)


def test_counts_rounded_to_five_may_exceed_their_whole_by_five(office, drawn):
    frame = drawn["new_journeys_yearly"].assign(started="200", retained_12_weeks="165", completed_under_12_weeks="40")
    findings = office.check("new_journeys_yearly", frame)
    assert said(findings, "fault") == [] and said(findings, "information", "all numbers are rounded to five")
    frame.loc[0, "started"] = "201"
    assert said(office.check("new_journeys_yearly", frame), "fault", "at most the number started")
