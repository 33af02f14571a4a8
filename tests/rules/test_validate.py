"""Validation: every class of fault is named in one line with its place, and nothing else of the row is shown."""

from __future__ import annotations

import copy
import datetime as dt
import gzip
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from accept import accept, refusal
from dscp.extracts.faults import COLUMNS, cell, title
from thorough import one_of_each, some
from validate import validate

TODAY = dt.date(2012, 5, 1)
DATE = "a date as YYYY-MM-DD or DD/MM/YYYY"
DAYS = f"{DATE}, from 1990-01-01 to 2012-05-01"
BIRTHS = f"{DATE}, from 1850-01-01 to 2012-05-01"
COUNT = "a whole number, zero or more"
CANARY = "canary"  # part of every cell that a message may not show

JOURNEYS = """\
client,dat,journey,journey_start,journey_end,exit_reason,date_of_birth,sex,ethnicity,drug_1,drug_2,drug_3,age_first_use,\
referral_source,dip_flag,previously_treated,dual_diagnosis
canary1,P1,1,2008-01-07,2008-06-30,1,1980-02-29,M,A,1011,3201,5100,18,5,Y,Y,N
canary2,C1,1,2008-01-08,,,1981-03-01,f,Z,9996,,,18,6,N,N,Y
canary3,P2,1,2010-01-08,2010-02-01,82,1982-04-01,F,B,1011,,,20,1,,,
canary4,C2,2,2010-01-10,2010-02-01,999,1983-05-01,M,C,7000,,,21,1,no,yes,0
canary5,X9,3,2010-01-10,2010-02-01,3,1984-06-01,M,C,7000,,,21,1,N,Y,1
"""
REFERRALS = """\
referral,client,prison,referral_date,release_date,residence_dat,referred_to_dat
r1,canary1,HP,2008-01-01,2008-01-20,P1,P1
r2,canary2,HC,2008-01-01,2008-01-20,C1,C1
r3,canary3,HC,2008-01-05,2008-02-20,C1,C1
"""
FORMS = """\
form,client,prison,dat,care_plan_date
AF5,canary1,HP,P1,2008-01-25
AF7,canary2,HC,C1,2008-02-25
"""
DIRS = """\
client,dir_date,date_of_birth,sex,ethnicity,drug_1,drug_2,drug_3,age_first_use,no_fixed_abode,treated_last_two_years
canary1,2007-12-30,1980-01-02,M,A,1011,,,18,N,Y
canary2,2007-12-31,1981-01-02,F,D,1011,,,19,Y,N
"""
TRIAGE = "quarter_start,dat,referrals,triaged_within_6_weeks\n" + "".join(
    f"{quarter},{dat},10,4\n"
    for quarter in ("2007-12-01", "2008-03-01", "2009-12-01", "2010-03-01")
    for dat in ("P2", "C2")
)
MONTHLY = "area,month,new_journeys\n" + "".join(
    f"{area},2008-{month:02d},{month}\n"
    for area in ("pilot_1", "comparison_1", "pilot_2", "comparison_2")
    for month in (4, 5)
)
YEARLY = "site,fiscal_year,started,retained_12_weeks,completed_under_12_weeks\n" + "".join(
    f"{site},{year},100,80,5\n" for site in ("site_1", "site_2") for year in ("2008-09", "2009-10")
)
SPENDING = """\
site,fiscal_year,category,item,amount_gbp
site_1,2009-10,pay,management,1000
site_1,2009-10,pay,administration,500.50
site_1,2009-10,Start-up,start_up,"£1,200"
site_2,2009-10,pay,management,900
"""
BUDGETS = "fiscal_year,adult_pooled_gbp_m,local_gbp_m,adults_in_effective_treatment\n2008-09,373,208,195000\n"
SHARES = "site,head,amount_gbp\nsite_1,user_involvement,10\nsite_1,other,20\nsite_2,other,30\n"
FIELDWORK = "stage,site,group,encounters\nstage_1,site_1,stakeholders,4\nstage_1,site_2,stakeholders,0\n"
ACTIVITY = """\
site,freedoms_and_flexibilities,structural_change,system_change,delivery_change
site_1,None,"Single provider, new",Linking,
site_2,Pooled,None,"Two
lines",Mentors
"""
GOOD = {
    "journeys": JOURNEYS,
    "carat_referrals": REFERRALS,
    "cjit_forms": FORMS,
    "dirs": DIRS,
    "triage_quarters": TRIAGE,
    "new_journeys_monthly": MONTHLY,
    "new_journeys_yearly": YEARLY,
    "pilot_spending": SPENDING,
    "treatment_budgets": BUDGETS,
    "budget_shares": SHARES,
    "fieldwork": FIELDWORK,
    "pilot_activity": ACTIVITY,
}


def area(label: str, dat: str, *prisons: str) -> dict:
    return {"label": label, "dats": [dat], "prisons": list(prisons)}


@pytest.fixture
def study(config) -> dict:
    """A study of two sites: continuity from prison in the first, to the community in the second."""
    small = copy.deepcopy(config)
    small["sites"] = {
        "site_1": {
            "label": "Site 1",
            "kind": "criminal_justice",
            "continuity": "integrated_system",
            "pilot": area("Pilot 1", "P1", "HP"),
            "comparison": area("Comparison 1", "C1", "HC"),
        },
        "site_2": {
            "label": "Site 2",
            "kind": "criminal_justice",
            "continuity": "embedded_provision",
            "pilot": area("Pilot 2", "P2"),
            "comparison": area("Comparison 2", "C2"),
        },
    }
    small["periods"]["pre"]["triage_quarters"] = ["2007-12-01", "2008-05-31"]
    small["periods"]["post"]["triage_quarters"] = ["2009-12-01", "2010-05-31"]
    small["economics"] |= {
        "spending_years": ["2009-10"],
        "journey_years": {"before": ["2008-09"], "during": ["2009-10"]},
        "monthly_window": ["2008-04", "2008-05"],
        "worked_example": "site_1",
    }
    return small


@pytest.fixture
def check(study, tmp_path):
    """Validate an extract given as text, bytes or a list of paths."""

    def run(extract: str, content, name: str | None = None) -> pd.DataFrame:
        paths = content if isinstance(content, list) else [tmp_path / (name or f"{extract}.csv")]
        if not isinstance(content, list):
            paths[0].write_bytes(content if isinstance(content, bytes) else content.encode())
        names = [path.name for path in paths]
        validated = str(tmp_path / "validated.parquet")
        return validate(extract, [str(path) for path in paths], study, validated, names=names, today=TODAY)

    run.validated = tmp_path / "validated.parquet"
    run.folder = tmp_path
    return run


def faults(findings: pd.DataFrame) -> list[str]:
    return findings.loc[findings["severity"] == "fault", "message"].to_list()


def messages(findings: pd.DataFrame, severity: str) -> list[str]:
    return findings.loc[findings["severity"] == severity, "message"].to_list()


def with_cell(text: str, line: int, column: str, value: str) -> str:
    """Put a value into one cell of a CSV text without quotes."""
    lines = text.splitlines()
    cells = lines[line - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    return "\n".join([*lines[: line - 1], ",".join(cells), *lines[line:]]) + "\n"


@pytest.mark.parametrize("extract", some(GOOD, ["journeys", "pilot_spending", "fieldwork"]))
def test_good_extract_has_no_fault(check, extract):
    findings = check(extract, GOOD[extract])
    assert faults(findings) == []
    assert list(findings.columns) == COLUMNS
    assert check.validated.exists()


CELL_FAULTS = [
    ("journeys", 3, "client", "", "nothing", "an id"),
    ("journeys", 6, "dat", "", "nothing", "a DAT code, no error of a spreadsheet"),
    ("journeys", 6, "dat", "#N/A", "#N/A", "a DAT code, no error of a spreadsheet"),
    ("journeys", 3, "journey", "x", "x", "a journey number, zero or more"),
    ("journeys", 3, "journey", "1.5", "1.5", "a journey number, zero or more"),
    ("journeys", 3, "journey", "-1", "-1", "a journey number, zero or more"),
    ("journeys", 2, "journey_end", "2008-13-01", "a value like 9999-99-99", DAYS),
    ("journeys", 2, "journey_end", "31/13/2008", "a value like 99/99/9999", DAYS),
    ("journeys", 2, "journey_end", "396000", "a value like 999999", DAYS),
    ("journeys", 3, "journey_start", "", "nothing", DAYS),
    ("journeys", 3, "journey_start", "1989-12-31", "a value like 9999-99-99", DAYS),
    ("journeys", 3, "journey_start", "2012-05-02", "a value like 9999-99-99", DAYS),
    ("journeys", 4, "journey_end", "2999-01-01", "a value like 9999-99-99", DAYS),
    ("journeys", 2, "journey_end", "2008-01-06", "a value like 9999-99-99", "the day of journey_start or a later one"),
    ("journeys", 2, "exit_reason", "100", "100", "an exit reason (0-99, 999)"),
    ("journeys", 2, "exit_reason", "done", "done", "an exit reason (0-99, 999)"),
    ("journeys", 2, "date_of_birth", "", "nothing", BIRTHS),
    ("journeys", 2, "date_of_birth", "2008-01-08", "a value like 9999-99-99", "a date not after journey_start"),
    (
        "journeys", 2, "date_of_birth", "1897-01-07", "a value like 9999-99-99",
        "a date that makes the client at most 110 years old at journey_start",
    ),
    ("journeys", 2, "sex", "", "nothing", "M or F"),
    ("journeys", 2, "sex", "U", "U", "M or F"),
    ("carat_referrals", 2, "referral", "", "nothing", "an id"),
    ("carat_referrals", 4, "prison", "", "nothing", "a prison code, no error of a spreadsheet"),
    ("carat_referrals", 2, "referral_date", "", "nothing", DAYS),
    (
        "carat_referrals", 2, "release_date", "2007-12-31", "a value like 9999-99-99",
        "the day of referral_date or a later one",
    ),
    ("carat_referrals", 2, "referred_to_dat", "#REF!", "a value like #AAA!", "a DAT code: letters and digits"),
    ("cjit_forms", 2, "form", "AF6", "AF6", "AF5 or AF7"),
    ("cjit_forms", 2, "care_plan_date", "soon", "soon", DAYS),
    ("dirs", 3, "dir_date", "", "nothing", DAYS),
    ("dirs", 3, "date_of_birth", "2008-01-01", "a value like 9999-99-99", "a date not after dir_date"),
    ("triage_quarters", 2, "triaged_within_6_weeks", "11", "11", "at most the number of referrals"),
    ("triage_quarters", 2, "referrals", "", "nothing", COUNT),
    ("triage_quarters", 2, "triaged_within_6_weeks", "-1", "-1", COUNT),
    ("new_journeys_monthly", 2, "new_journeys", "-3", "-3", COUNT),
    (
        "new_journeys_yearly", 2, "retained_12_weeks", "96", "96",
        "with completed_under_12_weeks, at most the number started",
    ),
    ("pilot_spending", 3, "category", "gifts", "a value like AAAAA", "pay, non_pay, start_up or total"),
    ("pilot_spending", 3, "amount_gbp", "a lot", "a value like A AAA", "a number"),
    ("pilot_spending", 3, "amount_gbp", "nan", "nan", "a number"),
    ("pilot_spending", 3, "site", "site_9", "a value like AAAA_9", "site_1 or site_2"),
    ("treatment_budgets", 2, "fiscal_year", "2008-10", "a value like 9999-99", "a fiscal year as 2009-10"),
    ("treatment_budgets", 2, "local_gbp_m", "-1", "-1.0", "a number, zero or more"),
    ("budget_shares", 2, "site", "all", "all", "site_1 or site_2"),
    ("fieldwork", 2, "encounters", "-4", "-4", COUNT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("extract", "line", "column", "value", "found", "allowed"),
    one_of_each(CELL_FAULTS, lambda case: case[0]),
)
def test_faulty_cell_is_named_in_one_line(check, extract, line, column, value, found, allowed):
    findings = check(extract, with_cell(GOOD[extract], line, column, value))
    assert faults(findings) == [f"{extract}.csv, line {line}, {column}: found {found}, allowed: {allowed}"]
    named = findings[findings["severity"] == "fault"].iloc[0]
    assert named[["extract", "file", "line", "column", "found", "allowed", "rows"]].to_list() == [
        extract, f"{extract}.csv", str(line), column, found, allowed, 1,
    ]  # fmt: skip


QUARTERS = (
    "the first day of December, March, June or September, from 2007-12-01 (the limit was 12 weeks before) to 2012-05-01"
)


@pytest.mark.parametrize("value", ["2007-09-01", "2008-01-01", "2008-03-02"])
def test_quarter_must_begin_in_its_month_and_not_before_the_six_week_limit(check, value):
    text = TRIAGE + f"{value},P2,1,1\n"
    assert faults(check("triage_quarters", text)) == [
        f"triage_quarters.csv, line 10, quarter_start: found a value like 9999-99-99, allowed: {QUARTERS}"
    ]


REPEATED = [
    ("journeys", "client, dat, journey", "client, dat and journey"),
    ("triage_quarters", "dat, quarter_start", "dat and quarter_start"),
    ("pilot_spending", "site, fiscal_year, category, item", "site, fiscal_year, category and item"),
    ("fieldwork", "stage, site, group", "stage, site and group"),
]


@pytest.mark.parametrize(("extract", "columns", "key"), REPEATED)
def test_repeated_key_names_both_lines(check, extract, columns, key):
    lines = GOOD[extract].splitlines()
    text = "\n".join([*lines, lines[1]]) + "\n"
    assert faults(check(extract, text)) == [
        f"{extract}.csv, line {len(lines) + 1}, {columns}: found the same {key} as in line 2, "
        f"allowed: one row for each {key}"
    ]


@pytest.mark.parametrize(("extract", "columns", "key"), REPEATED)
def test_a_record_repeated_in_another_file_names_both(check, extract, columns, key):
    lines = GOOD[extract].splitlines()
    paths = [check.folder / name for name in ("first.csv", "second.csv")]
    for path, rows in zip(paths, (lines[1:], lines[1:2]), strict=True):
        path.write_text("\n".join([lines[0], *rows]) + "\n")
    assert faults(check(extract, paths)) == [
        f"second.csv, line 2, {columns}: found the same {key} as in first.csv, line 2, allowed: one row for each {key}"
    ]


def test_repeated_referral(check):
    text = with_cell(REFERRALS, 4, "referral", "r1")
    assert faults(check("carat_referrals", text)) == [
        "carat_referrals.csv, line 4, referral: found the same referral as in line 2, "
        "allowed: one row for each referral"
    ]


@pytest.mark.parametrize(
    ("extract", "dropped", "expected"),
    [
        (
            "journeys",
            ",P2,",
            ["dat: found no journey of P2, allowed: at least one, P2 being a DAT of sites.site_2.pilot in the config"],
        ),
        (
            "carat_referrals",
            ",HP,",
            [
                "prison: found no referral from HP, "
                "allowed: at least one, HP being a prison of sites.site_1.pilot in the config"
            ],
        ),
        (
            "cjit_forms",
            ",C1,",
            ["dat: found no form of C1, allowed: at least one for sites.site_1.comparison, whose pick-ups are counted"],
        ),
        (
            "triage_quarters",
            "2008-03-01,P2",
            [
                "quarter_start: found no row of P2 for the quarter from 2008-03-01, "
                "allowed: every quarter from 2007-12-01 to 2008-05-31 for every DAT of sites.site_2.pilot"
            ],
        ),
        (
            "new_journeys_monthly",
            "pilot_2,",
            [
                "month: found no row of pilot_2 for 2008-04 and 1 more month, "
                "allowed: every month from 2008-04 to 2008-05"
            ],
        ),
        (
            "new_journeys_yearly",
            "site_2,2008-09",
            [
                "fiscal_year: found no row of site_2 for 2008-09, "
                "allowed: 2008-09, 2009-10, the years of economics.journey_years in the config, for every site"
            ],
        ),
        (
            "pilot_spending",
            "site_1,",
            [
                "site: found no row of site_1, allowed: at least one, "
                "site_1 being economics.worked_example in the config"
            ],
        ),
    ],
)
def test_what_the_study_needs_must_be_there(check, extract, dropped, expected):
    text = "\n".join(line for line in GOOD[extract].splitlines() if not re.search(f"(^|(?<=,)|){dropped}", line)) + "\n"
    assert faults(check(extract, text)) == [f"{extract}.csv, {message}" for message in expected]


@pytest.mark.thorough
def test_every_missing_quarter_of_every_dat_is_named(check, study):
    study["sites"]["site_2"]["pilot"]["dats"].append("P3")
    lines = TRIAGE.splitlines()
    lines += [line.replace("P2", "P3") for line in lines if "P2" in line]
    for line in lines[1:]:
        quarter, dat, *_ = line.split(",")
        (said,) = faults(check("triage_quarters", "\n".join(one for one in lines if one != line) + "\n"))
        assert f"found no row of {dat} for the quarter from {quarter}, " in said


def test_a_site_without_any_spending_is_left_out_and_a_missing_year_is_a_fault(check):
    without = "\n".join(line for line in SPENDING.splitlines() if not line.startswith("site_2,")) + "\n"
    findings = check("pilot_spending", without)
    assert faults(findings) == []
    assert messages(findings, "information") == ["pilot_spending.csv, site: no row of site_2; the site is left out"]
    assert faults(check("pilot_spending", SPENDING.replace("site_2,2009-10", "site_2,2008-09"))) == [
        "pilot_spending.csv, fiscal_year: found no row of site_2 for 2009-10, "
        "allowed: 2009-10, the years of economics.spending_years in the config, for every site"
    ]


def test_totals_must_equal_their_parts_and_are_left_out(check):
    good = SPENDING + "site_1,2009-10,pay,Total,1500.50\nsite_1,2009-10,total,all,2700.50\n"
    findings = check("pilot_spending", good)
    assert faults(findings) == []
    assert messages(findings, "excluded") == [
        "pilot_spending, item: 2 rows left out: totals, which repeat the rows they sum"
    ]
    kept = pd.read_parquet(check.validated)
    assert kept["amount_gbp"].sum() == pytest.approx(3600.5)
    assert kept["category"].to_list() == ["pay", "pay", "start_up", "pay"]
    bad = SPENDING + "site_1,2009-10,pay,total_pay,1501\n"
    assert faults(check("pilot_spending", bad)) == [
        "pilot_spending.csv, line 6, amount_gbp: found a total of 1,501, "
        "allowed: 1,500.50, the sum of its parts; the spending does not sum"
    ]


@pytest.mark.parametrize("months", ["2008-03", "03/2008", "Mar 2008"])
def test_months_are_refused_with_the_reason(check, months):
    text = with_cell(with_cell(JOURNEYS, 2, "journey_start", months), 4, "journey_start", months)
    assert faults(check("journeys", text)) == [
        "journeys.csv, line 2, journey_start: found months without days in 2 rows, "
        "allowed: whole dates; from months a rule that counts days cannot be applied"
    ]


def rounded_journeys(rows: int) -> str:
    lines = JOURNEYS.splitlines()
    more = [
        f"canary{number},P1,1,2008-{1 + number % 12:02d}-01,,,1980-02-29,M,A,1011,,,18,5,Y,Y,N"
        for number in range(10, 10 + rows)
    ]
    return "\n".join([lines[0], *[line.replace("-07,", "-01,").replace("-08,", "-01,") for line in more]]) + "\n"


def test_dates_all_on_the_first_of_a_month_are_refused(check):
    found = [message for message in faults(check("journeys", rounded_journeys(100))) if "first of a month" in message]
    assert found == [
        "journeys.csv, line 2, journey_start: found the first of a month in all 100 rows, "
        "allowed: whole dates; from months a rule that counts days cannot be applied"
    ]
    assert not [message for message in faults(check("journeys", rounded_journeys(99))) if "first of a month" in message]


def test_many_faults_of_a_kind_are_summed_up(check):
    lines = JOURNEYS.splitlines()
    bad = [f"c{number},P1,1,2008-01-07,2007-01-01,1,1980-02-28,M,A,1011,,,18,5,Y,Y,N" for number in range(50)]
    found = faults(check("journeys", "\n".join([*lines, *bad]) + "\n"))
    assert found == [
        "journeys.csv, line 7, journey_end: found a value like 9999-99-99 in 50 rows (also lines 8, 9, 10, ...), "
        "allowed: the day of journey_start or a later one"
    ]


def no_column(name: str) -> str:
    """What is said of a file of journeys without a column."""
    return (
        f"journeys.csv, {name}: found no such column, allowed: a column named {name}; "
        f"extracts.journeys.columns.{name} in the config says under which header it stands"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["journeys.csv: found an empty file, allowed: a header and at least one row"]),
        (JOURNEYS.splitlines()[0] + "\n", ["journeys.csv: found no rows, allowed: at least one row below the header"]),
        (
            JOURNEYS.replace("client,dat,", "client,site,", 1).replace(",sex,", ",gender,", 1),
            [
                no_column("dat"),
                no_column("sex"),
            ],
        ),
        (
            JOURNEYS.replace("client,dat,", "client,ATTRB,", 1),
            [
                "journeys.csv, line 1, client: found two columns for client: client and ATTRB, allowed: one column",
                no_column("dat"),
            ],
        ),
        (
            JOURNEYS + "canary6,P1\n\n" + "canary7," * 20 + "\n",
            [
                "journeys.csv, line 7: found too few cells, allowed: 17 cells in UTF-8, separated by commas",
                "journeys.csv, line 9: found too many cells, allowed: 17 cells in UTF-8, separated by commas",
            ],
        ),
        (
            JOURNEYS.replace("canary4,", '"canary"4,', 1),
            ["journeys.csv, line 5: found a quote that is not closed or not doubled, "
             "allowed: 17 cells in UTF-8, separated by commas"],
        ),
        (
            JOURNEYS.encode().replace(b"canary4", b"canary\xe9"),
            ["journeys.csv, line 5: found text that is not UTF-8, allowed: 17 cells in UTF-8, separated by commas"],
        ),
        (b"client\xff,dat\n1,2\n", ["journeys.csv: found a header that is not text in UTF-8, allowed: CSV in UTF-8"]),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read(check, content, expected):
    assert faults(check("journeys", content)) == expected
    assert pd.read_parquet(check.validated).empty


def test_wrong_kind_of_file(check):
    assert faults(check("journeys", "x", "journeys.txt")) == [
        "journeys.txt: found a file of type .txt, allowed: a CSV, Parquet or XLSX file"
    ]
    for name in ("journeys.parquet", "triage_quarters.xlsx"):
        assert len(faults(check(name.split(".")[0], b"not what it says", name))) == 1


def test_typed_copy(check):
    check("journeys", JOURNEYS)
    typed = duckdb.sql(f"SELECT * FROM '{check.validated}'")
    assert dict(zip(typed.columns, map(str, typed.types), strict=True)) == {
        "file": "UTINYINT", "line": "INTEGER", "client": "VARCHAR", "dat": "VARCHAR", "journey": "BIGINT",
        "journey_start": "DATE", "journey_end": "DATE", "exit_reason": "INTEGER", "date_of_birth": "DATE",
        "sex": "VARCHAR", "ethnicity": "VARCHAR", "drug_1": "INTEGER", "drug_2": "INTEGER", "drug_3": "INTEGER",
        "age_first_use": "INTEGER", "referral_source": "INTEGER", "dip_flag": "VARCHAR",
        "previously_treated": "VARCHAR", "dual_diagnosis": "VARCHAR", "referral_date": "DATE",
        "structured_start": "DATE",
    }  # fmt: skip
    frame = typed.df()
    assert frame["line"].to_list() == [2, 3, 4, 5, 6]
    assert frame["sex"].to_list() == ["M", "F", "F", "M", "M"]
    assert str(frame["journey_start"][3])[:10] == "2010-01-10"
    assert frame[["dip_flag", "previously_treated", "dual_diagnosis"]].iloc[3].to_list() == ["N", "Y", "N"]
    assert pd.isna(frame["journey_end"][1])


def test_missing_values_in_all_their_spellings(check):
    text = JOURNEYS
    for line, value in ((2, "NA"), (3, "NULL"), (4, '"  "'), (5, '""')):
        text = with_cell(text, line, "ethnicity", value)
    findings = check("journeys", text)
    assert faults(findings) == []
    assert "journeys.csv, ethnicity: no value in 4 rows (first: line 2); treated as missing" in messages(
        findings, "information"
    )
    counts = findings[(findings["found"] == "missing") & (findings["column"] == "ethnicity")]
    assert counts["rows"].to_list() == [4]


def test_aliases_and_spelling_of_headers(check):
    header = (
        "ATTRB,Dat,N_JY,Triaged JY,disd-jy,DisRsn_Jy,DOB, Sex ,ethnic,drug1,Drug 2,DRUG3,"
        "drug1age,rfls,DIP flag,prevtr,dualdiag"
    )
    text = "\n".join([header, *JOURNEYS.splitlines()[1:]]) + "\n"
    assert faults(check("journeys", text)) == []
    by_alias = pd.read_parquet(check.validated)
    check("journeys", JOURNEYS)
    pd.testing.assert_frame_equal(by_alias, pd.read_parquet(check.validated))


def test_byte_order_mark_and_windows_line_ends(check):
    assert faults(check("journeys", b"\xef\xbb\xbf" + JOURNEYS.replace("\n", "\r\n").encode())) == []
    assert pd.read_parquet(check.validated)["line"].to_list() == [2, 3, 4, 5, 6]


def test_compressed_csv(check):
    bad = with_cell(JOURNEYS, 4, "sex", "U")
    assert faults(check("journeys", gzip.compress(bad.encode()), "journeys.csv.gz")) == [
        "journeys.csv.gz, line 4, sex: found U, allowed: M or F"
    ]


def test_extra_and_optional_columns(check):
    lines = JOURNEYS.splitlines()
    text = "\n".join([lines[0].replace("dip_flag", "postcode") + ",notes", *[line + ",x" for line in lines[1:]]]) + "\n"
    findings = check("journeys", text)
    assert faults(findings) == []
    assert {
        "journeys.csv: 2 extra columns; ignored: postcode, notes",
        "journeys.csv, dip_flag: no such column; every value is missing; expected dip_flag",
    } <= set(messages(findings, "information"))


def test_parquet_with_types_of_its_own(check):
    path = check.folder / "journeys.parquet"
    source = check.folder / "source.csv"
    source.write_text(JOURNEYS)
    duckdb.sql(f"""
        COPY (SELECT * REPLACE (
            journey_start::TIMESTAMP AS journey_start, drug_1::DOUBLE AS drug_1, dip_flag = 'Y' AS dip_flag
        )
        FROM read_csv('{source}', types={{'journey_end': 'VARCHAR', 'journey_start': 'VARCHAR'}})
        WHERE dat <> 'C2' UNION ALL BY NAME SELECT 'c9' AS client, 'C2' AS dat, 1 AS journey,
            TIMESTAMP '2010-01-10' AS journey_start, DATE '1990-01-02' AS date_of_birth, 'X' AS sex) TO '{path}'
    """)
    assert faults(check("journeys", [path])) == ["journeys.parquet, record 5, sex: found X, allowed: M or F"]
    typed = pd.read_parquet(check.validated)
    assert typed["drug_1"].dropna().to_list() == [1011, 9996, 1011, 7000]
    assert typed["dip_flag"].dropna().to_list() == ["Y", "N", "N"]
    assert typed["line"].to_list() == [1, 2, 3, 4, 5]


def test_quarterly_reports_as_workbook(check):
    path = check.folder / "triage_quarters.xlsx"
    frame = pd.DataFrame(
        [line.split(",") for line in TRIAGE.splitlines()[1:]], columns=TRIAGE.splitlines()[0].split(",")
    )
    frame["quarter_start"] = pd.to_datetime(frame["quarter_start"])
    frame[["referrals", "triaged_within_6_weeks"]] = frame[["referrals", "triaged_within_6_weeks"]].astype(int)
    frame.to_excel(path, index=False)
    assert faults(check("triage_quarters", [path])) == []
    from_workbook = pd.read_parquet(check.validated)
    check("triage_quarters", TRIAGE)
    pd.testing.assert_frame_equal(from_workbook, pd.read_parquet(check.validated))
    frame.loc[3, "triaged_within_6_weeks"] = 99
    frame.to_excel(path, index=False)
    assert faults(check("triage_quarters", [path])) == [
        "triage_quarters.xlsx, line 5, triaged_within_6_weeks: found 99, allowed: at most the number of referrals"
    ]


def test_list_of_paths_is_joined_and_each_file_keeps_its_lines(check):
    lines = JOURNEYS.splitlines()
    first, second = check.folder / "a.csv", check.folder / "b [1].csv"
    first.write_text("\n".join(lines[:4]) + "\n")
    reordered = pd.DataFrame([line.split(",") for line in lines[4:]], columns=lines[0].split(","))
    reordered.loc[1, "sex"] = "U"
    reordered.loc[2] = lines[1].split(",")
    reordered[reordered.columns[::-1]].to_csv(second, index=False)
    findings = check("journeys", [first, second])
    assert faults(findings) == [
        "b [1].csv, line 3, sex: found U, allowed: M or F",
        "b [1].csv, line 4, client, dat, journey: found the same client, dat and journey as in a.csv, line 2, "
        "allowed: one row for each client, dat and journey",
    ]
    rows_in = findings[findings["found"] == "rows in"]
    assert rows_in[["file", "rows"]].to_numpy().tolist() == [["a.csv", 3], ["b [1].csv", 3]]
    typed = pd.read_parquet(check.validated)
    assert typed[["file", "line"]].to_numpy().tolist() == [[0, 2], [0, 3], [0, 4], [1, 2], [1, 3], [1, 4]]


def test_line_breaks_inside_cells_and_empty_lines(check):
    text = ACTIVITY + "site_9,a,b,c,d\n"
    assert faults(check("pilot_activity", text)) == [
        "pilot_activity.csv, record 3, site: found a value like AAAA_9, allowed: site_1 or site_2"
    ]
    assert faults(check("journeys", with_cell(JOURNEYS, 4, "sex", "U") + "\n\n")) == [
        "journeys.csv, line 4, sex: found U, allowed: M or F"
    ]


@pytest.mark.parametrize(
    ("extract", "line", "column", "value", "message"),
    [
        (
            "journeys", 2, "ethnicity", "Q",
            "ethnicity: a value that is not allowed in 1 row (first: line 2, Q); treated as missing; "
            "allowed: A, B, C, D, E, F, G, H, J, K, L, M, N, P, R, S or Z",
        ),
        (
            "journeys", 3, "drug_1", "4000",
            "drug_1: a value that is not allowed in 1 row (first: line 3, 4000); treated as missing; allowed: an NDTMS "
            "drug code (1000-1999, 3201, 3200, 3100-3199, 5000-5999, 2000-2999, 8000-8999, 9005, 7000, 9996-9997)",
        ),
        (
            "journeys", 2, "dip_flag", "maybe",
            "dip_flag: a value that is not allowed in 1 row (first: line 2, a value like AAAAA); treated as missing; "
            "allowed: Y or N",
        ),
        (
            "journeys", 2, "age_first_use", "28",
            "age_first_use: an age above that at journey_start in 1 row (first: line 2); "
            "treated as missing where it is above the age that counts",
        ),
        (
            "journeys", 2, "journey_end", "",
            "journey_end: an exit reason without an end in 1 row (first: line 2); "
            "taken as open journeys, their exit reason does not count",
        ),
        (
            "journeys", 2, "exit_reason", "",
            "exit_reason: an end without an exit reason in 1 row (first: line 2); not counted as completed",
        ),
        (
            "carat_referrals", 3, "release_date", "",
            "release_date: no value in 1 row (first: line 3); kept in the base, not successful",
        ),
        (
            "cjit_forms", 3, "care_plan_date", "",
            "care_plan_date: no value in 1 row (first: line 3); answers no referral",
        ),
        ("dirs", 2, "sex", "", "sex: no value in 1 row (first: line 2); treated as missing"),
        ("dirs", 3, "date_of_birth", "", "date_of_birth: no value in 1 row (first: line 3); treated as missing"),
        (
            "pilot_spending", 2, "amount_gbp", "-1000",
            "amount_gbp: a negative amount in 1 row (first: line 2); counted as repaid",
        ),
        ("fieldwork", 3, "site", "site_1", "site: no row of site_2; its cells stay empty"),
    ],
)  # fmt: skip
def test_what_only_loses_information_does_not_stop(check, extract, line, column, value, message):
    text = with_cell(GOOD[extract], line, column, value)
    if extract == "fieldwork":
        text = with_cell(text, line, "group", "staff")
    findings = check(extract, text)
    assert faults(findings) == []
    assert f"{extract}.csv, {message}" in messages(findings, "information")


def test_unknown_code_is_missing_in_the_typed_copy(check):
    text = with_cell(with_cell(JOURNEYS, 2, "ethnicity", "Q"), 2, "drug_1", "4000")
    check("journeys", text)
    assert pd.read_parquet(check.validated)[["ethnicity", "drug_1"]].iloc[0].isna().all()


def test_repeated_dir_keeps_the_later_record(check):
    findings = check("dirs", DIRS + "canary1,2007-12-30,1980-01-02,F,B,1011,,,18,N,Y\n")
    assert faults(findings) == []
    assert messages(findings, "information") == [
        "dirs.csv, client, dir_date: the client and date of a later row in 1 row (first: line 2); the later row is used"
    ]
    assert messages(findings, "excluded") == ["dirs: 1 row left out: a later row has the same client and date"]
    assert pd.read_parquet(check.validated)[["line", "sex"]].to_numpy().tolist() == [[3, "F"], [4, "F"]]
    assert findings.loc[findings["found"] == "rows kept", "rows"].to_list() == [2]


def test_dats_and_prisons_outside_the_study_are_counted(check):
    findings = check("journeys", JOURNEYS)
    assert messages(findings, "excluded") == ["journeys, dat: 1 row left out: 1 DAT outside the study"]
    assert findings.loc[findings["found"] == "rows of the study's DATs", "rows"].to_list() == [4]
    findings = check("carat_referrals", REFERRALS + "r9,canary9,HX,2008-01-01,,,\n")
    assert messages(findings, "excluded") == ["carat_referrals, prison: 1 row left out: 1 prison outside the study"]


@pytest.mark.thorough
def test_no_message_shows_another_cell_of_the_row(check):
    """A row for each column, in which that column's cell is bad and named by its line (a DAT is of another study)."""
    lines = JOURNEYS.splitlines()
    columns = lines[0].split(",")[1:]
    for value in ("zzz", "2999-01-01"):
        rows = [with_cell(JOURNEYS, 2, "journey", str(at)) for at, _ in enumerate(columns)]
        bad = [with_cell(text, 2, column, value).splitlines()[1] for text, column in zip(rows, columns, strict=True)]
        findings = check("journeys", "\n".join([lines[0], *bad, *lines[2:], ""]))
        shown = findings[["found", "allowed", "message"]].astype(str).agg(" ".join, axis=1)
        assert not shown.str.contains(CANARY).any(), shown.to_list()
        assert not shown.str.contains("1980-02-29").any()
        for at, column in enumerate(columns[1:], 3):
            assert shown.str.contains(rf"line {at}, {column}: |{column}: .*first: line {at}\b").any(), column
    for content in (
        JOURNEYS + "canary6,P1\n",
        JOURNEYS.replace("canary4,", '"canary"4,', 1),
        JOURNEYS + lines[1] + "\n",
    ):
        shown = check("journeys", content).astype(str).agg(" ".join, axis=1)
        assert not shown.str.contains(CANARY).any(), shown.to_list()


def test_offending_cell_is_printed_on_one_line():
    assert cell("a\nb\tc\x00d\u2028e") == "a value like A A A A A"
    assert cell("x" * 100) == "a value like " + "A" * 47 + "..."
    assert cell(None) == cell(float("nan")) == "nothing"
    assert cell("\n") == "blanks"


def test_of_a_cell_only_a_short_code_is_printed_as_it_is():
    assert cell("3201") == "3201"
    assert cell("2008-02-30") == "a value like 9999-99-99"
    assert cell("Ann Öz, W1A 1AA") == "a value like AAA AA, A9A 9AA"
    assert cell("1961", personal=True) == "a value like 9999"
    assert cell("Ann", personal=True) == "a value like AAA"


def test_of_a_column_s_name_only_words_are_printed_as_they_are():
    words = ("Local area", "drug_4", "NHS number", "Größe", "period.2")
    assert [title(name) for name in words] == list(words)
    shapes = {"": "(no name)", "943 476": "like 999 999", "Ann, 7 May": "like AAA, 9 AAA", "W1A 1AA": "like A9A 9AA"}
    assert {name: title(name) for name in shapes} == shapes
    assert title("x" * 50) == "x" * 40 + "..."


@pytest.mark.thorough
def test_rows_keep_their_order_when_read_in_parallel(check):
    header, *rows = JOURNEYS.splitlines()
    fields = rows[0].split(",")
    many = [",".join([f"client{number:07d}", "P1", str(number), *fields[3:]]) for number in range(200_000)]
    check("journeys", "\n".join([header, *rows[1:4], *many]) + "\n")
    out_of_place = duckdb.sql(f"""
        SELECT count(*) FROM read_parquet('{check.validated}', file_row_number=true)
        WHERE line <> file_row_number + 2 OR (line > 4 AND journey <> line - 5)
    """)
    assert out_of_place.fetchall() == [(0,)]


def test_accept_lists_all_faults_of_all_extracts(check):
    found = [
        check("journeys", with_cell(with_cell(JOURNEYS, 4, "sex", "U"), 2, "journey_end", "2008-02-30")),
        check("dirs", DIRS),
        check("cjit_forms", with_cell(FORMS, 2, "form", "AF6")),
    ]
    everything, stops = accept(found)
    assert stops == [
        "journeys.csv, line 2, journey_end: found days that their month does not have in 1 row, "
        "allowed: days of the calendar",
        "journeys.csv, line 4, sex: found U, allowed: M or F",
        "cjit_forms.csv, line 2, form: found AF6, allowed: AF5 or AF7",
    ]
    assert len(everything) == sum(map(len, found))
    assert everything["extract"].drop_duplicates().to_list() == ["journeys", "dirs", "cjit_forms"]
    assert refusal(stops, "faults.txt")[-1] == (
        "3 faults: nothing was computed. Correct the extracts or the config. Also in faults.txt"
    )


def test_accept_without_faults(check):
    everything, stops = accept([check(extract, text) for extract, text in GOOD.items()])
    assert stops == []
    assert set(everything["severity"]) == {"information", "excluded", "count"}


def test_findings_survive_the_csv_they_are_written_to(check, tmp_path):
    findings = check("journeys", with_cell(JOURNEYS, 4, "sex", "U"))
    findings.to_csv(tmp_path / "findings.csv", index=False)
    read = pd.read_csv(
        tmp_path / "findings.csv", dtype=dict.fromkeys(COLUMNS, str) | {"rows": int}, keep_default_na=False
    )
    assert accept([read])[1] == faults(findings)


def test_nothing_is_left_beside_the_typed_copy(check):
    check("journeys", JOURNEYS)
    assert sorted(path.name for path in Path(check.folder).iterdir()) == ["journeys.csv", "validated.parquet"]
