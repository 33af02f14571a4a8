"""Disclosure control: what is withheld stays so, whatever else is published; and the gate finds what is not."""

from __future__ import annotations

import html
import itertools
import json
import math
import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from disclosure import disclosed_findings
from dscp.config.checked import read_config
from dscp.disclosure.attack import Fact, NoSolution, Range, agreeing, attack
from dscp.disclosure.control import NOTE, PROTECTS, CannotProtect, Control, by_id
from dscp.disclosure.policies import POLICIES, Policy
from dscp.disclosure.withholding import Ties
from dscp.exhibits.book import read_activity
from dscp.extracts.faults import AT_ODDS, NO_LINK, UNUSABLE
from dscp.extracts.registry import EXTRACTS, called
from dscp.extracts.types import About
from dscp.figures.data import Datum, FigureData
from dscp.ledger.ids import dims_text
from dscp.ledger.rows import FIELDS, read_ledger, values_of
from dscp.measures.needs import RULES
from dscp.printing.forms import printed
from dscp.printing.words import spelt
from fieldwork import fieldwork
from forms_checks import assert_forms
from ledger import with_about
from other_study import write_study
from release import release
from running import PROJECT, copy_project, snakemake
from tables import read_cells
from thorough import some

FIVE = Control(POLICIES["suppress_below_5"])
CONTROLS = [Control(policy) for name, policy in POLICIES.items() if name != "none"]
NAMES = [control.policy.name for control in CONTROLS]
RATE = {"unit": "percent", "formula": "100 * count / base"}


# What the ids used here are made of, first match first.
PARTS = [
    (r"seen\.(?:base|count|rate)\.(\w+_\d+)\.(pre|post)", ("area", "period")),
    (r"seen\.\w+\.(site_\d+)", ("site",)),
    (r"new_journeys_monthly\.(\w+)\.(\w+)", ("area", "month")),
    (r"new_journeys\.\w+\.(\w+)\.(\w+)", ("site", "year")),
    (r"prison_pickup\.base\.(\w+)\.(\w+)", ("area", "period")),
    (r"validation\.(?:excluded|information)\.(\w+)\.(\d)", ("extract", "nth")),
    (r"validation\.missing\.(\w+)\.(\w+)", ("extract", "column")),
    (r"validation\.\w+\.(\w+)", ("extract",)),
]


def row(name: str, value: float, **fields) -> dict:
    """A ledger row as `quantities` and the rule ledger make it; a count of `seen` is part of the base of `seen`."""
    blank = dict.fromkeys(FIELDS, "")
    known = {"id": name, "value": float(value), "unit": "count", "rows": pd.NA, "family": name.split(".")[0]}
    found = next(((names, match) for pattern, names in PARTS if (match := re.fullmatch(pattern, name))), None)
    if found:
        known["dims"] = dims_text(dict(zip(found[0], found[1].groups(), strict=True)))
    extracts = fields.get("extract", "").split()
    about = [EXTRACTS[one].rows_about if fields.get("rule") == "validate" else EXTRACTS[one].about for one in extracts]
    known["about"] = min(map(str, about), key=list(About).index, default="")
    if extracts:
        known["cohort"] = "seen/outcome" if ".count." in name else name.split(".")[0]
    return {**blank, **known, **fields}


def ledger_of(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=FIELDS).astype({"rows": "Int64"})


def counted(name: str, value: float, **fields) -> dict:
    return row(name, value, **{"extract": "journeys", "rows": int(value), **fields})


def table(cells: list[list[int]]) -> pd.DataFrame:
    """A table of counts with the totals of its rows and columns, as a ledger."""
    names = {(i, j): f"seen.base.cell_{i}_{j}" for i, line in enumerate(cells) for j, _ in enumerate(line)}
    rows = [counted(name, cells[i][j]) for (i, j), name in names.items()]
    for axis, letter in ((0, "row"), (1, "column")):
        for k in sorted({place[axis] for place in names}):
            parts = [name for place, name in names.items() if place[axis] == k]
            value = sum(cells[i][j] for i, j in names if (i, j)[axis] == k)
            inputs = " ".join(f"part={name}" for name in parts)
            rows.append(row(f"seen.base.{letter}_{k}", value, formula="sum(part)", inputs=inputs))
    return ledger_of(*rows)


def withheld(ledger: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The ledger with some quantities withheld, and nothing else done about it."""
    hidden = ledger["id"].isin(names)
    return ledger.assign(value=ledger["value"].mask(hidden), note=ledger["note"].mask(hidden, NOTE))


def possible(cells: list[list[int]], published: dict[str, dict]) -> dict[str, set[int]]:
    """By trying everything: the values that each withheld cell can have, given all that is published."""
    hidden = [(i, j) for i, line in enumerate(cells) for j, _ in enumerate(line)
              if math.isnan(published[f"seen.base.cell_{i}_{j}"]["value"])]  # fmt: skip
    found: dict[str, set[int]] = {f"seen.base.cell_{i}_{j}": set() for i, j in hidden}
    highest = max(map(sum, cells)) + 6
    for values in itertools.product(range(1, highest), repeat=len(hidden)):  # noughts are published
        trial = [list(line) for line in cells]
        for (i, j), value in zip(hidden, values, strict=True):
            trial[i][j] = value
        sums = {f"seen.base.row_{i}": sum(line) for i, line in enumerate(trial)}
        sums |= {f"seen.base.column_{j}": sum(column) for j, column in enumerate(zip(*trial, strict=True))}
        if all(math.isnan(published[name]["value"]) or published[name]["value"] == sums[name] for name in sums):
            for (i, j), value in zip(hidden, values, strict=True):
                found[f"seen.base.cell_{i}_{j}"].add(value)
    return found


def test_nothing_changes_without_a_policy():
    ledger = table([[3, 20], [15, 30]])
    made, decisions = Control(POLICIES["none"]).disclose(ledger)
    assert made is ledger
    assert decisions.empty


def test_a_table_made_to_be_broken_does_not_pass_the_gate():
    """Exact margins and one withheld cell in each row: subtraction tells both."""
    ledger = table([[3, 20, 40], [15, 2, 30]])
    broken = by_id(withheld(ledger, "seen.base.cell_0_0", "seen.base.cell_1_1"))
    assert FIVE.given_away(broken) == {"seen.base.cell_0_0": Range(3, 3), "seen.base.cell_1_1": Range(2, 2)}
    audited, faults = release(broken, FIVE)
    assert not audited["passed"].any()
    assert faults == [
        f"{name} can be told from what is published: {value}, which is fewer than 5 values"
        for name, value in (("seen.base.cell_0_0", 3), ("seen.base.cell_1_1", 2))
    ]


def test_a_second_count_protects_the_first():
    made, decisions = FIVE.disclose(table([[3, 20, 40], [15, 22, 30]]))
    reasons = decisions.set_index("id")["reason"]
    assert reasons.to_dict() == {
        "seen.base.cell_0_0": "fewer than 5",
        "seen.base.row_0": "is a sum with seen.base.cell_0_0",
        "seen.base.column_0": "is a sum with seen.base.cell_0_0",
    }
    assert set(decisions["decision"]) == {"withheld"}
    assert release(by_id(made), FIVE)[1] == []


def site(count: float, base: float) -> pd.DataFrame:
    """A share of one area, a test of a model, and one that is computed; notes say why one is missing."""
    names = {"count": "seen.count.pilot_1.pre", "base": "seen.base.pilot_1.pre"}
    rate, p = (100 * count / base if base else math.nan), (0.1235 if 0 < count < base else math.nan)
    why = {"note": "" if base else "not computed: the base is 0"}
    unfit = "not estimable: all or nobody in the pilot area, pre period"
    model = {"unit": "p", "extract": "journeys", "rows": 40, "note": unfit if math.isnan(p) else ""}
    return ledger_of(
        counted(names["count"], count),
        counted(names["base"], base),
        row("seen.rate.pilot_1.pre", rate, **RATE, **why, inputs=f"count={names['count']} base={names['base']}"),
        row("seen.p.site_1", p, **model),
        row("seen.twice", 2 * rate, unit="percent", **why, formula="2 * rate", inputs="rate=seen.rate.pilot_1.pre"),
        row("elsewhere.gbp", 7, unit="gbp", extract="pilot_spending", rows=1),
    )


EVERYTHING = ["seen.count.pilot_1.pre", "seen.rate.pilot_1.pre", "seen.p.site_1", "seen.twice"]


@pytest.mark.parametrize(("count", "base"), [(3, 30), (28, 30)], ids=["few with it", "few without it"])
def test_what_rests_on_a_withheld_count_is_withheld_too(count, base):
    made, decisions = FIVE.disclose(site(count, base))
    assert set(decisions["id"]) == set(EVERYTHING)
    assert list(made.loc[made["value"].isna(), "id"]) == EVERYTHING
    assert set(made.loc[made["value"].isna(), "note"]) == {NOTE}
    assert made.loc[made["extract"] == "journeys", "rows"].isna().all()  # the number of records is the count
    assert release(by_id(made), FIVE)[1] == []
    assert [printed(value, "count") for value in values_of(made).values()] == ["[c]", "30", "[c]", "[c]", "[c]", "7"]


def test_a_withheld_count_has_its_sign_in_words_and_in_a_figure_without_numbers():
    value = values_of(FIVE.disclose(site(3, 30))[0])["seen.count.pilot_1.pre"]
    assert spelt(value) == "[c]"
    assert spelt(math.nan) == "[z]"
    cells = {("all", "value"): Datum("seen.count.pilot_1.pre", math.nan, printed(value, "count"))}
    assert FigureData(cells=cells).missing == "[c]"
    assert FigureData(cells={("all", "value"): Datum("seen", math.nan, "[z]")}).missing == "[z]"


def months(year: int, *counted_in: int) -> pd.DataFrame:
    """A pilot's fiscal year by months, and as a whole."""
    calendar = [(2010, month) for month in range(4, 13)] + [(2011, month) for month in range(1, 4)]
    names = [f"new_journeys_monthly.pilot_1.{y}_{month:02d}" for y, month in calendar]
    parts = [counted(name, value) for name, value in zip(names, counted_in, strict=True)]
    return ledger_of(*parts, counted("new_journeys.started.site_1.y2010_11", year))


def test_a_month_is_not_told_by_its_year():
    made, decisions = FIVE.disclose(months(203, 3, *[20] * 10, 0))
    assert set(decisions["decision"]) == {"withheld"} and len(decisions) == 11
    assert list(made["value"].dropna()) == [0, 203], "a month of nobody, and the year, stay"
    assert release(by_id(made), FIVE)[1] == []
    alone = by_id(withheld(months(223, 3, *[20] * 11), "new_journeys_monthly.pilot_1.2010_04"))
    assert FIVE.given_away(alone) == {"new_journeys_monthly.pilot_1.2010_04": Range(3, 3)}


def test_few_of_a_few_months_are_not_told_by_their_year():
    made, decisions = FIVE.disclose(months(5, 2, 1, 2, *[0] * 9))
    reasons = decisions.set_index("id")["reason"]
    assert reasons["new_journeys.started.site_1.y2010_11"].startswith("is the year of")
    assert release(by_id(made), FIVE)[1] == []


def remark(name: str, value: float, words: str = "") -> dict:
    """What validation or a derivation counted of an extract's rows."""
    return row(name, value, extract=name.split(".")[2 if name.startswith("validation.") else -1], rows=1, filter=words)


TOLD = {  # counts that are the same, or add up -> which is withheld, and its value
    "referrals by those of the areas and those left out": (
        [counted("prison_pickup.base.pilot_1.pre", 3),
         remark("excluded.not_local_or_not_in_period.carat_referrals", 40),
         remark("validation.rows_kept.carat_referrals", 43, " rows kept")],
        "prison_pickup.base.pilot_1.pre", Range(3, 3),
    ),
    "missing cells by the remark on them": (
        [remark("validation.missing.dirs.sex", 2, "sex missing"),
         remark("validation.information.dirs.1", 2, f"sex {UNUSABLE}")],
        "validation.missing.dirs.sex", Range(2, 2),
    ),
    "journeys of other areas by those kept and those of the study": (
        [remark("validation.excluded.journeys.1", 3, "dat 2 DATs outside the study"),
         remark("validation.rows_of_the_study_s_DATs.journeys", 40, " rows of the study's DATs"),
         remark("validation.rows_kept.journeys", 43, " rows kept")],
        "validation.excluded.journeys.1", Range(3, 3),
    ),
    "journeys of other areas by the derivation that leaves them out": (
        [remark("validation.excluded.journeys.1", 3, "dat 2 DATs outside the study"),
         remark("excluded.outside_study_areas.journeys", 3)],
        "validation.excluded.journeys.1", Range(3, 3),
    ),
    "rows without a client by the remark on them": (
        [remark("validation.excluded.dirs.1", 3, " no client"),
         remark("validation.information.dirs.1", 3, f"client, dir_date {UNUSABLE}"),
         remark("validation.rows_kept.dirs", 40, " rows kept")],
        "validation.excluded.dirs.1", Range(3, 3),
    ),
    "referrals without a release by the missing dates": (
        [remark("excluded.missing_release_date.carat_referrals", 3),
         remark("validation.missing.carat_referrals.release_date", 3, "release_date missing")],
        "excluded.missing_release_date.carat_referrals", Range(1, 3),
    ),
    "a part that a sum counts twice": (
        [counted("seen.base.shared", 3), row("seen.base.all", 6, formula="sum(part)",
                                             inputs="part=seen.base.shared part=seen.base.shared")],
        "seen.base.shared", Range(3, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_a_count_told_by_others_is_found(case):
    rows, hidden, span = TOLD[case]
    assert FIVE.given_away(by_id(withheld(ledger_of(*rows), hidden))) == {hidden: span}
    assert release(by_id(FIVE.disclose(ledger_of(*rows))[0]), FIVE)[1] == []


def test_few_who_neither_stayed_nor_completed_are_not_told_by_the_rest():
    counts = {"started": 30, "retained": 20, "completed": 8}
    ledger = ledger_of(*(counted(f"new_journeys.{name}.site_1.y2010_11", value) for name, value in counts.items()))
    assert FIVE.disclose(ledger)[1].set_index("id")["reason"].to_dict() == {
        "new_journeys.completed.site_1.y2010_11": "leaves fewer than 5 of new_journeys.started.site_1.y2010_11"
    }


def test_quarterly_counts_are_of_people_and_rows_of_their_files_are_not():
    triage = ledger_of(
        counted("community_triage.count.pilot_1.pre", 3, extract="triage_quarters"),
        row("validation.rows_in.triage_quarters", 4, rule="validate", rows=4, extract="triage_quarters"),
    )
    assert list(FIVE.disclose(triage)[1]["id"]) == ["community_triage.count.pilot_1.pre"]


@pytest.mark.parametrize("control", CONTROLS, ids=NAMES)
@pytest.mark.parametrize("group", ["service_users", "clients"])
def test_interviewed_clients_are_protected_and_staff_is_the_study_s_own_sample(group, control):
    """A group that the declaration does not know is taken for clients; totals tell no more than the rest."""
    numbers = {"stakeholders": [3, 2, 4], "delivery_staff": [1, 4, 2], group: [4, 2, 9]}
    encounters = pd.DataFrame(
        [("stage_2", f"site_{n}", name, value) for name, line in numbers.items() for n, value in enumerate(line, 1)],
        columns=["stage", "site", "group", "encounters"],
    )
    ledger = with_about(pd.concat(fieldwork(encounters), ignore_index=True))
    made, _ = control.disclose(ledger)
    values = made.set_index("id")["value"]
    assert values["fieldwork.stage_2.delivery_staff.site_1"] == 1
    few = values[[f"fieldwork.stage_2.{group}.site_{n}" for n in (1, 2)]].to_list()
    assert few == [5, 0] if control.policy.name == "round_to_5" else all(map(math.isnan, few))
    if control.policy.smallest:
        assert values[["fieldwork.stage_2.total.site_1", "fieldwork.stage_2.total.all"]].isna().all()
    assert release(by_id(made), control)[1] == []


def test_what_a_model_says_of_the_other_counts_of_a_sum_stays():
    both = "seen.count.pilot_1.pre", "seen.count.pilot_2.pre"
    ledger = ledger_of(
        *(counted(name, value) for name, value in zip(both, (3, 20), strict=True)),
        row("seen.count.all", 23, formula="sum(part)", inputs=" ".join(f"part={name}" for name in both)),
        row("seen.p.site_2", 0.1234, unit="p", extract="journeys", rows=20),
    )
    assert set(FIVE.disclose(ledger)[1].set_index("id").query("decision == 'withheld'").index) == {
        both[0],
        "seen.count.all",
    }


@pytest.mark.parametrize("control", CONTROLS, ids=NAMES)
def test_the_same_people_in_other_words_have_the_same_fate(control):
    """What no rule can see to be the same, a cohort whose words differ: it tells nothing of the first."""
    first = areas((3, 0), (40, 20), (9, 4), (30, 30), (12, 1))
    second = first.replace("seen", "again", regex=True)
    made, _ = control.disclose(pd.concat([first, second], ignore_index=True))
    values = made["value"].to_numpy().reshape(2, -1)
    assert np.array_equal(*values, equal_nan=True)
    assert release(by_id(made), control)[1] == []


def test_of_a_withheld_base_nothing_is_told():
    """Nor that nobody of it has the outcome: the nought is withheld, and what a model says of it."""
    reasons = FIVE.disclose(site(0, 3))[1].set_index("id")["reason"]
    assert reasons["seen.count.pilot_1.pre"] == "is nobody of seen.base.pilot_1.pre"
    assert reasons["seen.p.site_1"] == "is about seen.base.pilot_1.pre"
    assert set(reasons.index) == {*EVERYTHING, "seen.base.pilot_1.pre"}


def test_of_a_sum_only_the_whole_protects_a_small_count():
    """Whatever the other parts: none of them is withheld, and a nought stays."""
    for cells in ([[3, 20, 0], [15, 16, 30]], [[3, 5, 0], [99, 6, 7]], [[3, 0, 0], [9, 9, 9]]):
        made, _ = FIVE.disclose(table(cells))
        assert set(made.loc[made["value"].isna(), "id"]) == {
            f"seen.base.{name}_0" for name in ("row", "column", "cell_0")
        }


def test_a_rounded_sum_of_another_rule_is_the_sum_of_what_is_published():
    """48 rows of a model on four bases of 12: 50 beside four times 10 would tell that each is as large as can be."""
    areas = [f"{arm}_1.{period}" for arm in ("pilot", "comparison") for period in ("pre", "post")]
    bases = [counted(f"seen.base.{area}", 12) for area in areas]
    rounding = Control(POLICIES["round_to_5"])
    rows = [counted("seen.model_rows.site_1", 48), counted("seen.model_rows_dropped.site_1", 0)]
    made, _ = rounding.disclose(ledger_of(*bases, *rows))
    assert made["value"].to_list() == [10, 10, 10, 10, 40, 0]
    told = release(by_id(made.assign(value=made["value"].replace(40, 50))), rounding)[1]
    assert len(told) == 6 and all(" can be told from what is published: " in fault for fault in told)


def test_a_count_that_is_told_twice_is_withheld_twice():
    names = "validation.excluded.journeys.1", "excluded.outside_study_areas.journeys"
    rows = by_id(ledger_of(remark(names[0], 9, "dat 2 DATs outside the study"), remark(names[1], 9)))
    for one, other in (names, names[::-1]):
        closed = Ties(rows, FIVE.policy, "excluded").closed({one: "for another"})
        assert closed == {one: "for another", other: f"is the same as {one}"}


def test_the_attack_knows_that_enough_is_left_of_a_rounded_base():
    """Of 40 at least 20 are left, and at least 20 have the outcome: the base is not 38 or 39."""
    control = Control(replace(POLICIES["suppress_below_8_round_to_5"], smallest=20))
    assert control.given_away(by_id(site(20, 40))) == {"seen.base.pilot_1.pre": Range(40, 42)}
    made, _ = control.disclose(site(20, 40))
    assert release(by_id(made), control)[1] == []


def test_only_whole_numbers_of_people_are_looked_for():
    facts = [Fact({"a": 3, "b": -1}, 0, 0), Fact({"b": 1}, 1, 5)]
    assert attack(facts, ["a", "b"]) == {"a": Range(1, 1), "b": Range(3, 3)}


def test_the_gate_finds_each_thing_left_behind():
    """A published small count, a share of a withheld one, a model's test of it: taken back one by one."""
    made, _ = FIVE.disclose(site(3, 30))
    full = by_id(site(3, 30))
    told = {
        name: release(by_id(made.assign(value=made["value"].mask(made["id"] == name, full[name]["value"]),
                                        note=made["note"].mask(made["id"] == name, ""))), FIVE)[1]
        for name in EVERYTHING
    }  # fmt: skip
    assert told == {
        "seen.count.pilot_1.pre": ["seen.count.pilot_1.pre is published and fewer than 5"],
        "seen.rate.pilot_1.pre": ["seen.rate.pilot_1.pre is published and does not follow from published numbers"],
        "seen.p.site_1": ["seen.p.site_1 is published and is about seen.count.pilot_1.pre"],
        "seen.twice": ["seen.twice is published and does not follow from published numbers"],
    }


def test_the_gate_finds_a_base_that_leaves_too_few():
    faults = release(by_id(site(28, 30)), FIVE)[1]
    assert faults == ["seen.count.pilot_1.pre is published and leaves fewer than 5 of seen.base.pilot_1.pre"]


SMALL_TABLES = st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=2), min_size=2, max_size=2)


@settings(max_examples=25, deadline=None)
@given(SMALL_TABLES)
def test_no_withheld_count_can_be_told(cells):
    """Whatever the table: every withheld cell keeps as many values as the policy asks for, by trying all of them."""
    published = by_id(FIVE.disclose(table(cells))[0])
    assert all(not 0 < one["value"] < 5 for one in published.values())
    for name, values in possible(cells, published).items():
        assert len(values) >= 5, (name, values)


@settings(max_examples=25, deadline=None)
@given(SMALL_TABLES, st.data())
def test_the_attack_finds_what_trying_everything_finds(cells, data):
    names = [f"seen.base.cell_{i}_{j}" for i in range(2) for j in range(2)]
    names = [name for name in names if by_id(table(cells))[name]["value"]]
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True, min_size=1)) if names else []
    published = by_id(withheld(table(cells), *chosen))
    told = FIVE.told(published)
    assert {name: (span.low, span.high) for name, span in told.items()} == {
        name: (min(values), max(values)) for name, values in possible(cells, published).items()
    }


TINY = {"model_digits": 4, "cases_per_parameter": 10, "all_or_none": True, "says": "for tables that can all be tried"}
OF_THREE = [
    Policy(name="below_3", smallest=3, base=1, **TINY),
    Policy(name="to_3", smallest=0, base=3, **TINY),
    Policy(name="below_3_to_3", smallest=3, base=3, **TINY),
]


def areas(*pairs: tuple[int, int]) -> pd.DataFrame:
    """Bases and counts of some pilots, and their totals."""
    found = {"base": [base for base, _ in pairs], "count": [count for _, count in pairs]}
    rows = []
    for part, values in found.items():
        names = [f"seen.{part}.pilot_{nth}.pre" for nth in range(1, len(values) + 1)]
        rows += [counted(name, value) for name, value in zip(names, values, strict=True)]
        inputs = " ".join(f"part={name}" for name in names)
        rows.append(row(f"seen.{part}.all", sum(values), formula="sum(part)", inputs=inputs))
    return ledger_of(*rows)


def year(*first: int) -> pd.DataFrame:
    return months(sum(first), *first, *[0] * (12 - len(first)))


def became(of_year: pd.DataFrame, stayed: int, completed: int) -> pd.DataFrame:
    """A year of new journeys, and how many of them were retained or completed."""
    parts = {"retained": stayed, "completed": completed}
    rows = [counted(f"new_journeys.{part}.site_1.y2010_11", value) for part, value in parts.items()]
    return pd.concat([of_year, ledger_of(*rows)], ignore_index=True)


EVERY = {
    "two areas with those who have the outcome": lambda: (
        areas((n, a), (m, b)) for n in range(9) for m in (0, 3) for a in range(n + 1) for b in range(m + 1)
    ),
    "a table with totals": lambda: (table([[a, b], [c, d]]) for a, b, c, d in itertools.product(range(4), repeat=4)),
    "three months of a year": lambda: (year(*first) for first in itertools.product(range(6), repeat=3)),
    "two months and what became of their journeys": lambda: (
        became(year(*first), stayed, completed)
        for first in itertools.product(range(5), repeat=2)
        for stayed in range(sum(first) + 1)
        for completed in range(sum(first) - stayed + 1)
    ),
}


@pytest.mark.parametrize("policy", OF_THREE, ids=lambda policy: policy.name)
@pytest.mark.parametrize("kind", some(EVERY, list(EVERY)[:1]))
def test_whoever_makes_the_choice_again_on_every_table_tells_no_more_than_the_rule(kind, policy):
    """All tables that are published alike, withheld counts and partners included: what each count is among them.

    A withheld count may be all that the rule withholds, 1 and 2; those with the outcome may be nobody, too. A rounded
    one may be all that round to it; those of a year are at most what is published of the year, and may have been more.
    """
    control, alike, tables = Control(policy), {}, list(EVERY[kind]())
    every = {name: {table["value"][nth] for table in tables} for nth, name in enumerate(tables[0]["id"])}
    for ledger in tables:
        made, decisions = control.disclose(ledger)
        if not (policy.smallest and policy.base > 1):  # of so small numbers: 3 of what rounds to 6, and 3 are left
            assert not decisions["reason"].str.startswith(PROTECTS).any(), "by what others tell, not by a rule"
        key = (*made["value"].fillna(-1), *map(tuple, decisions[["id", "decision"]].to_numpy()))
        alike.setdefault(key, (made, []))[1].append(ledger["value"].to_numpy())
    for made, truths in alike.values():
        published = by_id(made)
        for nth, name in enumerate(made["id"]):
            values = {truth[nth] for truth in truths}
            shown = published[name]["value"]
            hidden = math.isnan(shown)
            assert not hidden or len(values) >= policy.smallest - 1, (name, values)
            if hidden and ".count.pilot" in name and published[name.replace("count", "base")]["value"] >= 3:
                assert {0, 1, 2} <= values
            if shown in (0, 3) and not published[name]["inputs"] and not re.search(r"pilot_2|started", name):
                low, high = policy.ends(shown)
                assert values >= every[name].intersection(range(low, high + 1)), (name, values)


@pytest.mark.parametrize("name", ["round_to_5", "suppress_below_8_round_to_5"])
def test_rounded_counts_and_what_follows_from_them(name):
    made, decisions = Control(POLICIES[name]).disclose(site(13, 32))
    assert made["value"].fillna(-1).to_list() == [15, 30, 50, -1, 100, 7]  # nobody knows what the p-value would tell
    assert decisions["decision"].to_list() == ["rounded", "rounded", "recomputed", "withheld", "recomputed"]


def test_what_is_read_from_records_of_people_needs_a_rule():
    """A mean age is neither a count nor the result of a model."""
    ledger = ledger_of(row("seen.age.pilot_1.pre", 34.5, unit="years", extract="journeys", rows=30))
    line = "seen.age.pilot_1.pre is read from records of people, in years, and no rule says how it may be published"
    with pytest.raises(CannotProtect, match=line):
        FIVE.disclose(ledger)
    assert release(by_id(ledger), FIVE)[1] == [line]


def test_results_with_more_digits_than_the_policy_lets_through_do_not_pass_the_gate():
    ledger = ledger_of(row("seen.p.site_1", 0.12345, unit="p", extract="journeys", rows=40))
    assert release(by_id(ledger), FIVE)[1] == ["seen.p.site_1 is published with more than 4 digits"]
    assert FIVE.disclose(ledger)[0]["value"].to_list() == [0.1235]


@pytest.mark.parametrize("control", CONTROLS, ids=NAMES)
def test_what_is_listed_and_noted_follows_from_what_is_published(control):
    """Two truths that are published with the same values are published with the same decisions and notes."""
    alike: dict[tuple, set[tuple]] = {}
    for count, base in itertools.combinations_with_replacement(range(26), 2):
        made, decisions = control.disclose(site(count, base))
        told = (*made["note"], *map(tuple, decisions[["id", "decision"]].to_numpy()))
        alike.setdefault(tuple(made["value"].fillna(-1)), set()).add(told)
    assert len(alike) > 5
    assert {len(told) for told in alike.values()} == {1}


def test_rounded_totals_are_the_sums_of_their_parts():
    made, _ = Control(POLICIES["round_to_5"]).disclose(table([[12, 12], [12, 13]]))
    values = made.set_index("id")["value"]
    assert values["seen.base.row_0"] == values["seen.base.cell_0_0"] + values["seen.base.cell_0_1"] == 20
    assert values["seen.base.column_1"] == 25


def test_a_base_that_rounds_to_nought_leaves_no_rate():
    made, decisions = Control(POLICIES["round_to_5"]).disclose(site(1, 2))
    values = made.set_index("id")
    assert math.isnan(values.loc["seen.rate.pilot_1.pre", "value"])
    assert values.loc["seen.rate.pilot_1.pre", "note"] == "not computed: the published numbers do not allow it"
    assert "seen.rate.pilot_1.pre" in set(decisions["id"])


def model(rows: int, dropped: int = 0, note: str = "") -> pd.DataFrame:
    """Bases of both areas of a site in both periods, the rows of its model, and those that it leaves out."""
    areas = [f"{arm}_1.{period}" for arm in ("pilot", "comparison") for period in ("pre", "post")]
    bases = [counted(f"seen.base.{area}", value) for area, value in zip(areas, (3, 20, 30, 40), strict=True)]
    of_model = {"model_rows": rows, "model_rows_dropped": dropped}
    return ledger_of(*bases, *(counted(f"seen.{name}.site_1", value, note=note) for name, value in of_model.items()))


@pytest.mark.parametrize(
    "note", ["", "not estimable: a cell is empty", "sex has a single level, left out of the model"]
)
def test_the_rows_of_a_model_do_not_give_a_base_away(note):
    """Whatever is remarked on the model: how many it leaves out is a number, and here it is nought."""
    made, decisions = FIVE.disclose(model(93, note=note))
    assert list(decisions["id"]) == ["seen.base.pilot_1.pre", "seen.model_rows.site_1"]
    assert FIVE.given_away(by_id(withheld(model(93, note=note), "seen.base.pilot_1.pre"))) == {
        "seen.base.pilot_1.pre": Range(3, 3)
    }
    assert release(by_id(made), FIVE)[1] == []
    assert not made["note"].str.contains("model|level").any()


def test_few_that_a_model_leaves_out_are_not_told():
    """Two clients fewer in the model than in its bases: those of a category in which all have the same outcome."""
    note = "ethnicity (Asian): all have the same outcome, left out of the model"
    ledger = model(118, 2, note)
    ledger = ledger.assign(value=ledger["value"].replace(3, 30))
    made, decisions = FIVE.disclose(ledger)
    assert set(decisions["id"]) == {"seen.model_rows_dropped.site_1", "seen.model_rows.site_1"}
    assert "ethnicity" not in made.to_csv()
    ledger.loc[4:, "value"] = 100, 20
    many, _ = FIVE.disclose(ledger)
    assert many["value"].to_list() == [30, 20, 30, 40, 100, 20]
    assert set(many["note"]) == {""}


def test_extracts_that_disagree_tell_nothing():
    """More rows in the model than in its bases cannot be: whoever reads it knows that the extracts do not agree."""
    told = FIVE.told(by_id(withheld(model(60), "seen.base.pilot_1.pre")))
    assert told["seen.base.pilot_1.pre"].width > 1000


def test_rows_left_out_are_told_by_rows_read_and_kept():
    ledger = ledger_of(
        counted("validation.rows_kept.dirs", 17, filter=" rows kept"),
        counted("validation.excluded.dirs.1", 3, filter=" a later row has the same client and date"),
        counted("validation.information.dirs.1", 3, filter="client, dir_date no usable value"),
        counted("validation.rows_in.dirs", 20, filter=" rows in"),
    ).assign(extract="dirs")  # fmt: skip
    made, decisions = FIVE.disclose(ledger)
    assert set(decisions["id"]) > {"validation.excluded.dirs.1", "validation.information.dirs.1"}
    assert made["value"].isna().sum() == 3
    assert release(by_id(made), FIVE)[1] == []


def test_a_contradiction_is_no_reason_to_believe_nothing():
    """A model of fewer rows than its bases; the referrals still tell the base of 3."""
    bases = [
        counted(f"prison_pickup.base.{place}", value)
        for place, value in zip(
            ("pilot_1.pre", "pilot_1.post", "comparison_1.pre", "comparison_1.post"), (3, 20, 30, 40), strict=True
        )
    ]
    ledger = ledger_of(
        *bases,
        counted("prison_pickup.model_rows.site_1", 60),
        counted("prison_pickup.model_rows_dropped.site_1", 0),
        remark("excluded.not_local_or_not_in_period.carat_referrals", 10),
        remark("validation.rows_kept.carat_referrals", 103, " rows kept"),
    )  # fmt: skip
    told = FIVE.given_away(by_id(withheld(ledger, "prison_pickup.base.pilot_1.pre")))
    assert told == {"prison_pickup.base.pilot_1.pre": Range(3, 3)}


DOUBTED = st.tuples(st.sampled_from([("a",), ("b",), ("a", "b")]), st.integers(0, 3))


@settings(max_examples=40, deadline=None)
@given(st.lists(DOUBTED, min_size=1, max_size=6))
def test_of_facts_that_contradict_as_few_as_will_do_are_dropped(drawn):
    facts = [Fact(dict.fromkeys(names, 1), value, value, sure=False) for names, value in drawn]

    def agree(facts: Sequence[Fact]) -> bool:
        return any(
            all(fact.low == sum({"a": a, "b": b}[name] for name in fact.weights) for fact in facts)
            for a, b in itertools.product(range(7), repeat=2)
        )

    most = max(len(some) for n in range(7) for some in itertools.combinations(facts, n) if agree(some))
    left = agreeing(facts)
    assert len(left) == most and agree(left)


def test_contradictory_numbers_are_said():
    facts = [Fact({"a": 1}, 3, 3), Fact({"a": 1, "b": 1}, 2, 2)]
    with pytest.raises(NoSolution, match="the published numbers contradict each other around a"):
        attack(facts, ["b"])


def test_a_policy_that_cannot_be_kept_is_said(monkeypatch):
    monkeypatch.setattr("dscp.disclosure.withholding.Ties.closed", lambda ties, withheld: withheld)
    monkeypatch.setattr("dscp.disclosure.withholding.Ties.partner", lambda *given: (set(), ""))
    with pytest.raises(CannotProtect, match=r"seen\.base\.pilot_1\.pre can be told"):
        FIVE.disclose(model(93))


def test_a_part_of_a_rounded_count_is_at_most_what_is_published_of_the_whole():
    """At least 8 and 8 of at most 17: rounded each by itself, the three would say that 16 or 17 began."""
    names = [f"new_journeys.{part}.site_1.y2010_11" for part in ("started", "retained", "completed")]
    ledger = ledger_of(*(counted(name, value) for name, value in zip(names, (17, 8, 8), strict=True)))
    control = Control(POLICIES["round_to_5"])
    made, _ = control.disclose(ledger)
    assert made["value"].to_list() == [15, 10, 5]
    assert list(control.told(by_id(made)).values()) == [Range(13, 17), Range(8, 12), Range(3, 9)]
    by_itself = by_id(made.assign(value=made["value"].where(made["id"] != names[2], 10)))
    assert control.given_away(by_itself)[names[0]] == Range(16, 17)


def test_what_rests_on_a_rounded_year_rests_on_the_sum_of_its_months():
    """Twelve months of 2 are published as nobody; so is their year, and an index of it has no base."""
    index = {"unit": "index", "formula": "100 * started / first", "inputs": ""}
    name = "new_journeys.started.site_1.y2010_11"
    of_year = row("new_journeys.index.site_1.y2010_11", 100, **{**index, "inputs": f"started={name} first={name}"})
    ledger = pd.concat([ledger_of(of_year), months(24, *[2] * 12)], ignore_index=True)
    values = Control(POLICIES["round_to_5"]).disclose(ledger)[0].set_index("id")["value"]
    assert values[name] == 0
    assert math.isnan(values["new_journeys.index.site_1.y2010_11"])
    alone = Control(POLICIES["round_to_5"]).disclose(months(253, *[20] * 12))[0].set_index("id")["value"]
    assert alone[name] == 255, "extracts that contradict each other: each count by itself"


def on_cells(column: str, missing: int, *remarks: tuple[int, str]) -> pd.DataFrame:
    """Missing cells of a column of journeys, and remarks of validation on it: how many rows, and which remark."""
    rows = [remark(f"validation.missing.journeys.{column}", missing, f"{column} missing")]
    return ledger_of(
        *rows,
        *(
            remark(f"validation.information.journeys.{n}", value, f"{column} {words}")
            for n, (value, words) in enumerate(remarks, 1)
        ),
    )


def test_missing_cells_are_those_with_a_remark_that_is_about_missing_cells():
    """Not those at odds with their row; and of a column that may be empty there are more."""
    few = "validation.information.journeys.1"

    def known(ledger: pd.DataFrame) -> Range:
        return FIVE.told(by_id(withheld(ledger, few)))[few]

    assert known(on_cells("sex", 10, (3, UNUSABLE), (7, UNUSABLE))) == Range(3, 3)
    assert known(on_cells("sex", 3, (3, UNUSABLE), (7, AT_ODDS))) == Range(3, 3)
    assert known(on_cells("sex", 7, (3, AT_ODDS), (7, UNUSABLE))).width > 1000
    assert known(on_cells("drug_2", 10, (3, UNUSABLE))) == Range(1, 10)


@pytest.mark.parametrize("name", ["round_to_5", "suppress_below_8_round_to_5"])
def test_no_rounded_remark_needs_another_withheld(name):
    """Published as sums of what is published of them, missing cells tell no remark."""
    for missing, *remarks in ((15, 8, 7), (24, 12, 12), (11, 11)):
        ledger = on_cells("sex", missing, *((value, UNUSABLE) for value in remarks))
        made, decisions = Control(POLICIES[name]).disclose(ledger)
        assert not decisions["reason"].str.startswith("would give").any()
        assert release(by_id(made), Control(POLICIES[name]))[1] == []


def test_what_validation_found_is_published_by_the_ledger():
    columns = ["extract", "severity", "file", "line", "column", "found", "allowed", "rows", "message"]
    findings = pd.DataFrame(
        [
            (
                "dirs",
                "information",
                "dirs.csv",
                "7",
                "sex",
                "X9",
                "treated as missing",
                3,
                "dirs.csv, sex: X9 in 3 rows",
            ),
            ("dirs", "count", "dirs.csv", "", "", "rows in", "", 20, "dirs.csv: rows in: 20"),
            ("dirs", "information", "dirs.csv", "", "client, dat", NO_LINK, "", 0, "none of 30 rows of P01 goes with"),
        ],
        columns=columns,
    )
    ledger = ledger_of(row("validation.information.dirs.1", math.nan, note=NOTE), row("validation.rows_in.dirs", 20))
    made = disclosed_findings(findings, ledger)
    assert made["rows"].to_list() == ["[c]", "20"]
    assert "X9" not in made.to_csv() and NO_LINK not in made.to_csv()
    assert set(made["line"]) == set(made["message"]) == {""}


@pytest.mark.parametrize("control", CONTROLS, ids=NAMES)
def test_every_policy_on_the_default_study(default_run, control):
    every = read_ledger(default_run / "restricted" / "ledger.csv")
    with pytest.raises(CannotProtect, match="case_mix"):  # what runs without a policy only is refused by any
        control.disclose(every)
    # Nor do continuity's totals of arms and what is left after each step stand in a ledger under a policy.
    open_ = every["rule"].isin([name for name, one in RULES.items() if one.open]) | (every["family"] == "cases")
    open_ |= (every["rule"] == "continuity") & (every["function"] == "totals")
    ledger = every[~open_]
    made, _ = control.disclose(ledger)
    assert release(by_id(made), control)[1] == []
    assert list(made["id"]) == list(ledger["id"])
    people = made[made["id"].str.contains(r"^(?:effective|successful|prison|community).*\.(?:base|count)\.")]
    kept = people["value"].dropna()
    assert not ((kept > 0) & (kept < control.policy.smallest)).any()
    assert (kept % control.policy.base == 0).all()


# ---- A whole run of a small study


@pytest.fixture(scope="module")
def small(protected_study) -> Path:
    """A study with few clients, under a policy that withholds and rounds."""
    return protected_study


@pytest.fixture(scope="module")
def run(small):
    return small / "results" / "other-2012-15"


def test_pick_ups_are_not_counted_twice_under_a_policy(run):
    """Two counts of the same referrals that differ by a few people tell these."""
    full = read_ledger(run / "restricted" / "ledger.csv")
    assert full["id"].str.startswith("prison_pickup.count.").any()
    assert not full["id"].str.contains("uncut").any()


@pytest.fixture(scope="module")
def hidden(run) -> set[str]:
    """Ids of what is withheld."""
    ledger = read_ledger(run / "ledger.csv")
    return set(ledger.loc[ledger["note"].str.startswith("[c]"), "id"])


ELEMENT = re.compile(r'<data value="([^"]*)" data-q="([^"]+)"[^>]*>(.*?)</data>', re.S)
TAGS = re.compile(r"<[^>]+>")


def test_withheld_quantities_have_the_same_fate_everywhere(run, hidden):
    """Elements of text and tables, cells, the page's data, ledger: a sign, no value; and nothing else has the sign."""
    assert len(hidden) > 100
    shown = ELEMENT.findall((run / "report.html").read_text(encoding="utf-8"))
    signs = {(name, value == "", TAGS.sub("", text)) for value, name, text in shown if name in hidden}
    assert {(empty, text) for _, empty, text in signs} == {(True, "[c]")}
    assert {name for value, name, text in shown if "[c]" in text} <= hidden
    cells = read_cells(run / "cells.csv", dtype=str).set_index("id")
    assert set(cells.loc[cells.index.isin(hidden), "printed"]) == {"[c]"}
    assert set(cells.loc[cells.index.isin(hidden), "value"]) == {""}
    assert hidden.issuperset(cells.index[cells["printed"] == "[c]"])


def test_the_data_of_the_page_and_the_attached_files_hold_no_withheld_value(run, hidden):
    page = (run / "report.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script type="application/json" id="trace-data">(.*?)</script>', page, re.S)[1])
    values = dict(zip(data["id"], data["value"], strict=True))
    assert {values[name] for name in hidden} == {"[c]"}
    rows = dict(zip(data["id"], data["rows"], strict=True))
    assert {rows[name] for name in hidden} == {None}
    attached = PdfReader(run / "report.pdf").attachments
    assert attached["ledger.csv"][0] == (run / "ledger.csv").read_bytes()
    assert attached["cells.csv"][0] == (run / "cells.csv").read_bytes()


def test_workbook_and_figures_show_the_sign(run, hidden):
    with zipfile.ZipFile(run / "report.xlsx") as book:
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "[c]: confidential." in strings
    assert "[c]" in (run / "figures" / "S.1.svg").read_text(encoding="utf-8")
    text = "".join(page.extract_text() for page in PdfReader(run / "report.pdf").pages)
    assert "[c] confidential" in text
    assert "suppress_below_8_round_to_5" in text


def test_no_small_count_is_published(run):
    """Nothing that counts clients is from 1 to 7, or not a multiple of 5, in any published file with counts."""
    full = by_id(read_ledger(run / "restricted" / "ledger.csv"))
    ledger = by_id(read_ledger(run / "ledger.csv"))
    small = {name for name, one in full.items()
             if one["extract"] in ("journeys", "carat_referrals", "carat_referrals cjit_forms")
             and one["unit"] == "count" and 0 < one["value"] < 8}  # fmt: skip
    assert small
    assert all(math.isnan(ledger[name]["value"]) for name in small)
    validation = pd.read_csv(run / "validation.csv", dtype=str, keep_default_na=False)
    counts = validation.loc[validation["extract"].isin(["journeys", "carat_referrals", "cjit_forms", "dirs"]), "rows"]
    assert all(number == "[c]" or int(number) % 5 == 0 for number in counts if number)
    assert set(validation["message"]) == {""}


def test_decisions_are_published_without_their_reasons(run, hidden):
    published = pd.read_csv(run / "disclosure.csv")
    assert list(published.columns) == ["id", "decision"]
    assert set(published.loc[published["decision"] == "withheld", "id"]) == hidden
    assert set(published["decision"]) == {"withheld", "rounded", "recomputed"}
    tallied = read_ledger(run / "ledger.csv").set_index("id")["value"]
    assert tallied["disclosure.withheld"] == len(hidden)


def test_appendix_b5_says_of_every_extract_whether_and_why_it_is_protected(run, small):
    page = " ".join(html.unescape(TAGS.sub(" ", (run / "report.html").read_text(encoding="utf-8"))).split())
    for name in read_config(small / "config.yaml")["extracts"]:
        one = EXTRACTS[name]
        assert f"{called(name)} {one.about} {one.fate} {one.protection}" in page, name


def test_texts_of_pilots_come_through_the_gate_as_they_are(run):
    typed = pd.read_parquet(run / "restricted" / "validated" / "pilot_activity.parquet").drop(columns=["file", "line"])
    assert read_activity(run / "work" / "activity.csv").equals(typed)


def test_only_files_that_may_be_published_stand_outside_restricted(run, small):
    """No part of the full ledger and no finding of validation but those that came through the gate."""
    assert_forms(run, read_config(small / "config.yaml"))
    tables = (path.relative_to(run) for path in run.rglob("*.csv"))
    outside = {path.as_posix() for path in tables if path.parts[0] not in ("restricted", "code")}
    assert outside == {"ledger.csv", "cells.csv", "validation.csv", "disclosure.csv", "work/activity.csv"}


def test_the_checkers_pages(run):
    pages = [page.extract_text() for page in PdfReader(run / "restricted" / "output_check.pdf").pages]
    sheets = [page for page in pages if "Name, date and signature" in page]
    assert pages[0].startswith("Output check of run other-2012-15")
    for number in ("3.1", "6.1", "7.10", "B.1"):
        (found,) = [page for page in sheets if page.startswith(f"Table {number}\n")]
        assert "may be published" in found
        assert "Audit passed" in " ".join(found.split())
    signed = [page.partition("\n")[0] for page in sheets if page.startswith("Table ")]
    cells = pd.read_csv(run / "cells.csv", dtype=str, keep_default_na=False)["exhibit"]
    assert signed == [one for one in dict.fromkeys(cells) if one.startswith("Table ")]  # what is printed, and no more
    assert "Table 6.1" in signed and "Table B.5" not in signed
    assert "B.5" in pages[0].partition("The report leaves out")[2].partition("they have no page")[0]
    full = by_id(read_ledger(run / "restricted" / "ledger.csv"))
    page = next(page for page in sheets if page.startswith("Table 6.1\n"))
    value = full["effective_treatment.base.pilot_1.pre"]["value"]
    assert re.search(rf"base, North pilot, 2012-13\s+{value:.0f}\b", page)
    assert "withheld: fewer than 8" in "".join(sheets)


def test_a_policy_without_its_second_half_does_not_pass_the_gate(small, run, tmp_path, config):
    """A copy of the project that forgets secondary suppression: the run ends, and what was published stays."""
    project = copy_project(tmp_path)
    module = project / "workflow" / "scripts" / "dscp" / "disclosure" / "control.py"
    text = module.read_text(encoding="utf-8")
    changed = text.replace("while told := self.given_away", "while told := {} and self.given_away")
    module.write_text(changed.replace("ties.closed(", "dict("), "utf-8")
    assert module.read_text(encoding="utf-8") != text
    folder = tmp_path / "study"
    shutil.copytree(small, folder)
    settings = folder / "config.yaml"
    settings.write_text(settings.read_text("utf-8").replace("suppress_below_8_round_to_5", "suppress_below_5"), "utf-8")
    before = (run / "ledger.csv").read_bytes(), (run / "report.pdf").read_bytes()
    done = snakemake(project, folder)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "release: error: nothing is published: the numbers would tell too much" in said
    results = folder / "results" / "other-2012-15"
    assert ((results / "ledger.csv").read_bytes(), (results / "report.pdf").read_bytes()) == before
    assert "can be told from what is published" in (results / "restricted" / "disclosed" / "faults.txt").read_text()
    assert "can be told from what is published" not in said


def test_extracts_of_ones_own_need_a_policy(tmp_path, config):
    write_study(tmp_path, config)
    file = tmp_path / "config.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("disclosure: none\n", ""), encoding="utf-8")
    done = snakemake(PROJECT, tmp_path)
    assert done.returncode != 0
    line = "config.yaml, line 1, disclosure: missing key, needed with extracts of your own, allowed: none, suppress"
    assert line in done.stdout + done.stderr
