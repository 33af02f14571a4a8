"""What cannot be computed is missing with its reason, what rests on it too, and every other number is right.

Each fault of untrusted.py goes through the whole chain of rules, in one process, up to figures, page and workbook.
"""

from __future__ import annotations

import copy
import html
import math
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd
import pytest

import chain
import findings_text as ft
from chain import Made, Printed
from dscp.config.checked import checked, plain, read_config
from dscp.config.schema import config_schema
from dscp.ledger.formulas import recompute
from dscp.ledger.ids import dims_of
from dscp.ledger.rows import MISSING_INPUT, inputs_of, kind, parse_inputs
from evidence import ALIKE
from findings_text import WRONG
from ledger_checks import NOT_COMPUTABLE, assert_closed
from thorough import crossed, some
from untrusted import FAULTS, TOGETHER, joined

NO_BASE = ("not computed: the base is 0", "not computed: no journey started")
BETTER = re.compile(r"stated\.better\.(?!all)")
NOT_A_NUMBER = re.compile(r"\b(nan|NaN|inf|Infinity|Undefined)\b|(?<![A-Za-z] )\bNone\b(?! of| could)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chain")


@pytest.fixture(scope="module")
def study(programme):
    return programme


@pytest.fixture(scope="module")
def whole(programme_made) -> Made:
    """The study without any fault."""
    return programme_made


@pytest.fixture(scope="module", params=some(TOGETHER, [TOGETHER[3]]), ids=" + ".join)
def fault(request):
    return joined(request.param)


@pytest.fixture(scope="module")
def made(fault, study, folder) -> Made:
    return chain.run(fault.change(study), folder)


@pytest.fixture(scope="module")
def printed(made, whole) -> Printed:
    return chain.render(made, known=whole)


@pytest.mark.thorough
def test_a_site_that_is_left_out_is_named_and_a_text_that_is_not_given_is_an_empty_cell(study, folder, whole):
    """Chapter 4 tells of Site 4 and Site 6 whether or not their records are at hand."""
    sites = {name: site for name, site in study.config["sites"].items() if name not in ("site_4", "site_6")}
    kept = {name: rows[rows["site"].isin(sites)] for name, rows in study.extracts.items() if "site" in rows}
    activity = kept["pilot_activity"].copy()
    activity.loc[0, ["structural_change", "system_change"]] = None
    changed = study.but({**study.config, "sites": sites}, **{**kept, "pilot_activity": activity})
    printed = chain.render(chain.run(changed, folder), known=whole)
    assert printed.faults == [] and not readable(printed)
    assert '<span class="s" data-s="sites site_2 site_4">Site 2 and Site 4</span>' in printed.page
    (table,) = [sheet for sheet in printed.book.sheets if sheet.table == "Table_1_3"]
    assert [cell.text for cell in table.rows[0]][2:4] == ["[z]", "[z]"]


def missing(ledger: pd.DataFrame) -> pd.DataFrame:
    return ledger[ledger["value"].isna()]


def test_the_study_without_a_fault_misses_nothing(whole, programme_printed):
    """But what a ratio to no variance would be: the study's areas differ no more than counts alone explain."""
    gone = missing(whole.ledger).set_index("id")
    assert {one.rsplit(".", 1)[0] for one in gone.index} == {"evidence.scatter_ratio"}
    assert set(gone["note"]) == {ALIKE}
    assert_closed(whole.ledger)
    out = programme_printed
    assert not out.faults
    assert len(out.figures) == 22
    assert not readable(out)


def test_a_verdict_goes_by_the_effect_that_was_tested(whole):
    """The adjusted odds ratio, and the log odds of the counts where there are no characteristics."""
    inputs = whole.ledger.set_index("id")["inputs"]
    tested = {
        name.rsplit(".", 1)[1]: parse_inputs(inputs[name])["odds"][0] for name in inputs.index if BETTER.match(name)
    }
    assert {measure: one.split(".")[1] for measure, one in tested.items()} == {
        "prison_pickup": "odds_ratio",
        "community_triage": "log_odds_did",
        "effective_treatment": "odds_ratio",
        "successful_completion": "odds_ratio",
    }


def test_every_fault_is_tried():
    assert sorted(name for names in TOGETHER for name in names) == sorted(FAULTS)


@pytest.mark.thorough
def test_just_the_expected_quantities_are_missing(fault, made):
    found = set(missing(made.ledger)["id"])
    expected = {one for one in made.known if any(re.fullmatch(pattern, one) for pattern in fault.missing)}
    expected |= of_pairs_that_fail(made)
    assert found - expected == set(), "missing, though it can be computed"
    assert expected - found == set(), "has a value, though it cannot be computed"
    for pattern in fault.missing:
        assert any(re.fullmatch(pattern, one) for one in found), pattern


@pytest.mark.thorough
def test_every_missing_quantity_says_why_and_truly(made):
    values = made.known
    for row in missing(made.ledger).to_dict("records"):
        note, inputs = row["note"], [values[one] for one in inputs_of(row)]
        assert note.startswith(("not computed: ", "not estimable: ")) or "; not " in note, (row["id"], note)
        unknown = any(map(math.isnan, inputs))
        if note == MISSING_INPUT:
            assert unknown, (row["id"], "no input is missing")
        if note.startswith(NO_BASE):
            assert 0 in inputs, (row["id"], "no input is 0")
            assert not unknown, (row["id"], "an input is missing")
        if kind(row) == "derived":
            assert formula_fails(row, values), (row["id"], note)


def not_as_defined(row, known) -> bool:
    """Whether a difference with a definition changed has no value, and has none as defined either."""
    dims = dims_of(row)
    return math.isnan(row["value"]) and math.isnan(known[f"{dims['measure']}.did.{dims['site']}"])


def of_pairs_that_fail(made) -> set[str]:
    """Quantities of Appendix F and Table B.2 that their inputs do not allow (their own tests say which), and models.

    Where the model of all has no estimate, that of the fully known has none.
    """
    families = ["evidence", "case_mix", "scenarios", "uncertainty", "over_time", "follow_up", "varied"]
    rows = made.ledger[made.ledger["family"].isin(families)].to_dict("records")
    found = {row["id"] for row in rows if row["formula"] and formula_fails(row, made.known)}
    models = {name.removeprefix("case_mix.complete_p.") for name in made.known if ".complete_p." in name}
    failed = {one for one in models if math.isnan(made.known["{}.p.{}".format(*one.split("."))])}
    found |= {row["id"] for row in rows if row["id"].startswith("varied.did.") and not_as_defined(row, made.known)}
    return found | {f"case_mix.complete_{part}.{one}" for part in ("effect", "p") for one in failed}


def formula_fails(row: Mapping, values: Mapping[str, float]) -> bool:
    try:
        return not math.isfinite(recompute(row, values))
    except NOT_COMPUTABLE:
        return True


def test_every_other_quantity_is_right(fault, made, whole):
    """Leaves that the fault does not touch are those of the study without it; all else follows by its formula."""
    before, values = whole.known, made.known
    assert_closed(made.ledger)
    assert all(math.isfinite(value) or math.isnan(value) for value in values.values())
    moved = [
        row["id"]
        for row in made.ledger.to_dict("records")
        if kind(row) != "derived" and not same(row["value"], before.get(row["id"], math.nan))
    ]
    assert [one for one in moved if not re.fullmatch(fault.touched, one)] == []
    assert fault.then(values, before)


def same(value: float, other: float) -> bool:
    return value == other or (math.isnan(value) and math.isnan(other))


@pytest.mark.thorough
def test_pages_figures_and_workbook_can_be_read(fault, made, printed):
    assert printed.faults == []
    assert not readable(printed)
    text = page_text(printed.page)
    for words in fault.says:
        assert words in text, words
    shown = [one for one in missing(made.ledger)["id"] if f'data-q="{one}"' in printed.page]
    assert bool(shown) if fault.missing else set(shown) <= of_pairs_that_fail(made)
    for one in shown:
        elements = re.findall(rf'data-q="{re.escape(one)}"[^>]*>(?:<a[^>]*>)?([^<]*)', printed.page)
        assert set(elements) == {"[z]"}, (one, elements)
        assert made.notes[one] in text, (one, made.notes[one])


# Whatever is missing --------------------------------------------------------------------------------------------------


FROM_PEOPLE = ("journeys", "carat_referrals", "cjit_forms", "dirs", "triage_quarters")
WITHHELD = "withheld for a reason of its own"


def groups(ledger: pd.DataFrame) -> dict[str, list[str]]:
    """Quantities that may be missing together, whatever rests on them: settings are always there."""
    rows = [row for row in ledger.to_dict("records") if kind(row) != "setting"]
    rng = random.Random(20120501)
    shares = {f"{share:.0%} at random": share for share in (0.05, 0.3, 0.7)}
    chosen = {
        "all": [row["id"] for row in rows],
        "all that counts people": [row["id"] for row in rows if row["extract"].split(" ")[0] in FROM_PEOPLE],
        "what only prose prints": [row["id"] for row in rows if row["id"].startswith(("stated.", "restated."))],
        "money": [row["id"] for row in rows if row["unit"].startswith("gbp")],
    }
    return chosen | {name: [row["id"] for row in rows if rng.random() < share] for name, share in shares.items()}


def without(made: Made, ids: Iterable[str]) -> Made:
    """The same with some quantities missing, and nothing computed again."""
    gone = made.ledger["id"].isin(set(ids))
    ledger = made.ledger.assign(value=made.ledger["value"].mask(gone), note=made.ledger["note"].mask(gone, WITHHELD))
    return replace(made, ledger=ledger)


GROUPS = ("all", "all that counts people", "what only prose prints", "money", *(f"{n}% at random" for n in (5, 30, 70)))


@pytest.mark.parametrize("group", some(GROUPS, ["30% at random"]))
@pytest.mark.thorough
def test_the_report_can_be_read_whatever_is_missing(group, whole):
    ids = groups(whole.ledger)[group]
    assert len(ids) > 40
    out = chain.render(without(whole, ids), known=whole)
    assert out.faults == []
    assert not readable(out)
    assert WITHHELD in page_text(out.page)


@pytest.mark.thorough
def test_what_counts_people_and_all_that_rests_on_it_may_be_missing(whole):
    gone = dict.fromkeys(groups(whole.ledger)["all that counts people"], math.nan)
    out = chain.render(replace(whole, ledger=ft.changed(whole.ledger, gone)), known=whole)
    assert out.faults == []
    assert not readable(out)
    assert "In all four sites the benefits cannot be given." in page_text(out.page)


# What no study can have -----------------------------------------------------------------------------------------------

DATES = {
    "journeys": ("journey_start", "journey_end"),
    "carat_referrals": ("referral_date", "release_date"),
    "cjit_forms": ("care_plan_date",),
    "dirs": ("dir_date",),
    "triage_quarters": ("quarter_start",),
}


def with_cell(study: chain.Study, extract: str, column: str, value: object) -> tuple[chain.Study, str]:
    """The study with one cell changed, and the place that a message names."""
    frame = study.extracts[extract].astype(object).copy()
    at = frame.index[frame[column].notna()][3]
    frame.loc[at, column] = value
    return study.but(**{extract: frame}), f"{extract}.csv, line {frame.index.get_loc(at) + 2}, {column}: found "


@pytest.mark.parametrize(
    ("of", "day"),
    crossed([(name, column) for name, columns in DATES.items() for column in columns], ["1899-12-31", "2999-01-01"]),
)
def test_a_day_without_records_is_refused_in_one_line(study, folder, of, day):
    extract, column = of
    changed, place = with_cell(study, extract, column, day)
    faults = chain.faults(changed, extract, folder)
    assert len(faults) == 1
    assert faults[0].startswith(place)
    assert re.search(r"allowed: .*from (1990-01-01|2007-12-01)", faults[0])


@pytest.mark.parametrize(
    ("extract", "column", "value", "allowed"),
    [
        ("journeys", "date_of_birth", "2999-01-01", "from 1850-01-01 to"),
        ("journeys", "date_of_birth", "2015-12-31", "a date not after journey_start"),
        ("journeys", "date_of_birth", "1860-01-01", "at most 110 years old"),
        ("journeys", "journey_end", "1991-01-12", "the day of journey_start or a later one"),
        ("triage_quarters", "triaged_within_6_weeks", 5000, "at most the number of referrals"),
        ("triage_quarters", "referrals", -1, "a whole number, zero or more"),
        ("new_journeys_yearly", "started", -1, "a whole number, zero or more"),
        ("new_journeys_monthly", "new_journeys", "inf", "a whole number, zero or more"),
        ("fieldwork", "encounters", -2, "a whole number, zero or more"),
        ("pilot_spending", "amount_gbp", "inf", "a number"),
        ("pilot_spending", "amount_gbp", "nan", "a number"),
        ("pilot_spending", "amount_gbp", "1e300", "a number"),
        ("pilot_spending", "amount_gbp", "1" + 300 * "0", "a number up to a million million either way"),
        ("budget_shares", "amount_gbp", -1, "a number, zero or more"),
        ("budget_shares", "amount_gbp", "1" + 300 * "0", "a number up to a million million either way"),
    ],
)
def test_an_impossible_cell_is_refused_in_one_line(study, folder, extract, column, value, allowed):
    changed, place = with_cell(study, extract, column, value)
    (fault,) = chain.faults(changed, extract, folder)
    assert fault.startswith(place)
    assert allowed in fault.split("allowed: ")[1]


def test_an_extract_without_rows_is_refused_in_one_line(study, folder):
    for extract, frame in study.extracts.items():
        faults = chain.faults(study.but(**{extract: frame.iloc[:0]}), extract, folder)
        assert faults == [f"{extract}.csv: found no rows, allowed: at least one row below the header"]


@pytest.mark.thorough
def test_spending_of_other_years_is_counted_and_left_out(study, folder, whole):
    lines = study.extracts["pilot_spending"]
    more = lines.iloc[:2].assign(fiscal_year="2999-00")
    made = chain.run(study.but(pilot_spending=pd.concat([lines, more], ignore_index=True)), folder)
    messages = made.findings["message"]
    assert "pilot_spending, fiscal_year: 2 rows left out: fiscal years outside the study" in messages.to_list()
    assert made.known["spending.total.both_years"] == whole.known["spending.total.both_years"]


def put(config: Mapping, path: str, value: object) -> dict:
    """A config with another value at a path."""
    changed = copy.deepcopy(dict(config))
    *groups, key = path.split(".")
    here = changed
    for group in groups:
        here = here[group]
    here[key] = value
    return changed


RATE = "economics.discount_rates"
IMPOSSIBLE = [
    (RATE, [{"from_year": 1, "rate": -0.01}], "found -0.01, allowed: at least 0"),
    (RATE, [{"from_year": 1, "rate": 1.01}], "found 1.01, allowed: at most 1"),
    (RATE, [{"from_year": 1, "rate": math.nan}], "found nan, allowed: a number"),
    (RATE, [{"from_year": 2, "rate": 0.03}], "allowed: a first step from year 1"),
    (RATE, [{"from_year": y, "rate": 0.03} for y in (1, 5, 3)], "found steps from the years 1, 5, 3, allowed: "),
    ("economics.treatment_years", 0, "found 0, allowed: at least 1"),
    ("economics.recovery_years", 0, "found 0, allowed: at least 1"),
    ("economics.benefit_share", math.nan, "found nan, allowed: a number"),
    ("economics.benefit_share", -0.1, "found -0.1, allowed: at least 0"),
    ("economics.monthly_window", ["2011-03", "2008-04"], "found 2011-03 to 2008-04, allowed: a first month before"),
    ("economics.monthly_window", ["2008-13", "2011-03"], "found '2008-13', allowed: text like"),
    ("economics.spending_years", ["2009-15"], "found 2009-15, allowed: a fiscal year as 2009-10"),
    ("economics.spending_years", ["2010-11", "2009-10"], "allowed: years in their order, each once"),
    ("economics.journey_years.during", ["2008-09", "2009-10"], "found 2008-09, allowed: years after 2008-09"),
    ("economics.sensitivity.discount_rate", {"low": 0.5, "high": 0.1}, "found 0.5 to 0.1, allowed: a low value"),
    ("models.confidence", math.nan, "found nan, allowed: a number"),
    ("models.length_of_use_bands", [10, 5], "found 10, 5, allowed: years from 1, each above the last"),
    ("periods.pre.outcomes", ["2009-02-30", "2009-03-31"], "found '2009-02-30', allowed: a date"),
    ("periods.pre.pickups_until", "1899-12-31", "found 1899-12-31, allowed: a day from 1990-01-01 to"),
    ("periods.post.pickups_until", "2999-01-01", "found 2999-01-01, allowed: a day from 1990-01-01 to"),
    ("programme.end", "2999-01-01", "found 2999-01-01, allowed: a day from 1990-01-01 to 2099-12-31"),
    ("programme.end", "2001-01-01", "found 2001-01-01, allowed: a day after the programme's start"),
    ("codes.known_exit_reasons", [[99, 0]], "found 99 to 0, allowed: a first code not above the last"),
]


@pytest.mark.parametrize(("path", "value", "said"), IMPOSSIBLE)
def test_a_config_that_no_study_can_have_is_refused_in_one_line(path, value, said):
    file = chain.PROJECT / "config.yaml"
    with pytest.raises(SystemExit) as stopped:
        checked(put(plain(read_config(file)), path, value), file, config_schema(chain.PROJECT))
    (line,) = str(stopped.value).splitlines()
    assert re.match(rf"config\.yaml, line \d+, {re.escape(path)}", line)
    assert said in line


# What a reader reads --------------------------------------------------------------------------------------------------


def page_text(page: str) -> str:
    """The words of a page, without those of notes in the middle of a sentence."""
    bare = re.sub(r"<(style|script|head)[^>]*>.*?</\1>", " ", page, flags=re.S)
    notes = re.findall(r'<span class="fn" role="note">(.*?)</span>', bare)
    bare = re.sub(r'<span class="fn" role="note">.*?</span>', "", bare)
    words = re.sub(r"<(/?)(p|li|td|th|tr|h\d|div|caption|figure|dt|dd|br)\b[^>]*>", " ", bare)
    words = html.unescape(" ".join([re.sub(r"<[^>]+>", "", words), *notes]))
    return re.sub(r"\s+", " ", words)


def readable(out: Printed) -> list[str]:
    """What no reader should meet, in page, figures and workbook."""
    text = page_text(out.page)
    found = [text[max(0, hit.start() - 60) : hit.end() + 40] for hit in NOT_A_NUMBER.finditer(text)]
    found += [hit for hit in re.findall(r'alt="([^"]*)"', out.page) if NOT_A_NUMBER.search(hit)]
    found += [number for number, svg in out.figures.items() if re.search(r"\b(nan|inf)\b", svg, re.I)]
    for sheet in out.book.sheets:
        for cell in (cell for row in sheet.rows for cell in row):
            if (cell.number is not None and not math.isfinite(cell.number)) or NOT_A_NUMBER.search(cell.text):
                found.append(f"{sheet.name}: {cell.text}")
    for paragraph in ft.paragraphs(out.page):
        words = paragraph.text.replace("[z]", "0")
        found += [f"{pattern}: {paragraph.text}" for pattern in WRONG if re.search(pattern, words)]
        if re.search(r"\bfrom (−?£?\d[\d,.]*) to \1(?=[\s.,;])|\b0 of 0\b", paragraph.text):
            found.append(paragraph.text)
    return found
