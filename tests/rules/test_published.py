"""A profile of published counts: every count is a cell of the export; what rounding allows, and what is refused."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lxml import html

import profiles
from dscp.config.checked import checked
from dscp.config.schema import config_schema
from dscp.disclosure.policies import NONE, POLICIES
from dscp.extracts.registry import samples
from dscp.ledger.ids import general
from dscp.study.reports import COUNTS
from ledger_checks import assert_closed
from partnership_loop import exported
from words_of_ids import DECLARED

CONFIG = profiles.BARNET / "config.yaml"
TOTALS, BREAKDOWN = "barnet_totals.csv", "barnet_breakdown.csv"
LAST = {"start": "2021-04-01", "end": "2022-03-31"}  # in which re-presentations were not collected
READ = {  # read off the export, 2011/12
    "in_treatment.all": 1065, "in_treatment.opiate": 580, "in_treatment.non_opiate_and_alcohol": 150,
    "in_treatment.female": 325, "in_treatment.18_to_29": 180, "in_treatment.50_and_over": 220, "new.all": 505,
    "new.male": 355, "completed.all": 200, "completed.alcohol_only": 70, "stayed.under_1": 620, "stayed.over_6": 85,
    "justice.all": 65, "waited.up_to_3": 510, "waited.over_6": 0, "waited.all": 515, "set.all": 1060,
    "set_completed.all": 230, "returned.all": 30, "held.all": 200, "held.opiate": 75,
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return profiles.of_counts(profiles.barnet(), profiles.export(), tmp_path_factory.mktemp("barnet"))


@pytest.fixture(scope="module")
def printed(made):
    return profiles.render(made.config, made.ledger, made.findings)


def test_counts_are_those_that_a_reader_finds_in_the_export(made):
    for name, number in READ.items():
        assert made.known[f"published.count.{name}.BARNET.post"] == number, name
    assert made.known["published.count.in_treatment.all.BARNET.pre"] == 1110
    assert made.known["published.share.returned.all.BARNET.post"] == pytest.approx(100 * 30 / 230)
    assert made.known["published.share.held.all.BARNET.post"] == pytest.approx(100 * 200 / 1060)
    assert made.known["published.growth.new.alcohol_only"] == pytest.approx(100 * (170 / 130 - 1))
    assert_closed(made.ledger)


def test_every_count_is_a_cell_of_the_export_at_the_line_that_is_told(made):
    lines = [list(csv.reader((profiles.BARNET / name).open(encoding="utf-8"))) for name in (TOTALS, BREAKDOWN)]
    lines = lines if list(profiles.export()) == [TOTALS, BREAKDOWN] else lines[::-1]
    found = profiles.cells(pd.read_parquet(made.typed[COUNTS]), made.config)
    told = made.ledger[made.ledger["rule"] == "published"].set_index("id")
    for one in found.itertuples():
        header, row = lines[one.file][0], lines[one.file][one.line - 1]
        leaf = told.loc[f"published.count.{one.name}.{one.group}.BARNET.{one.period}"]
        column = leaf["filter"].rpartition(" ")[2]
        assert row[header.index(column)] == f"{leaf['value']:.0f}"
        assert row[0] == {"pre": "2010/11", "post": "2011/12"}[one.period]
    leaves = told[told["extract"] == COUNTS]
    assert len(leaves) == len(found) > 100


def test_nothing_has_a_decimal_an_interval_or_a_test(made, printed):
    cells = printed.cells
    assert printed.faults == []
    assert {"P.1", "P.1.1", "P.1.2", "P.2", "P.3", "P.3.1", "P.4", "P.6", "P.7"} <= set(cells["exhibit"])
    assert not cells["printed"].str.contains(".", regex=False).any()
    assert not made.ledger["unit"].isin(["p", "ppt2"]).any()
    assert not made.ledger["id"].str.contains("low|high|usual|between").any()


def test_a_base_under_fifty_gives_no_percentage(made, printed):
    ledger = made.ledger[made.ledger["unit"] == "percent"]
    small = 0
    for row in ledger.itertuples():
        inputs = dict(pair.split("=") for pair in row.inputs.split())
        base = made.known[inputs.get("base") or inputs["baseline"]]
        assert math.isnan(row.value) == (base < 50), row.id
        small += base < 50
        assert ("a base under 50" in row.note) == (base < 50), row.id
    assert small >= 5
    shown = printed.cells.set_index("id")["printed"]
    assert shown["published.growth.new.non_opiate_only"] == "[z]"  # 30 clients
    assert shown["published.share.returned.non_opiate_and_alcohol.BARNET.post"] == "0%"  # 50 completions


def test_what_was_not_collected_is_no_nought(tmp_path):
    of = profiles.barnet(year=LAST, baseline={"start": "2020-04-01", "end": "2021-03-31"})
    made = profiles.of_counts(of, profiles.export(), tmp_path)
    known, notes = made.known, made.ledger.set_index("id")["note"]
    assert known["published.count.in_treatment.all.BARNET.post"] > 0  # of rows that say TOTAL
    assert math.isnan(known["published.count.returned.all.BARNET.post"])
    assert notes["published.count.returned.all.BARNET.post"] == "not collected in 2021-22"
    assert known["published.count.returned.all.BARNET.pre"] > 0
    printed = profiles.render(of, made.ledger, made.findings)
    assert printed.faults == []
    text = html.fromstring(printed.page).text_content()
    assert "Re-presentations in a year in which they were not collected" in text


def test_the_page_names_what_published_counts_cannot_say(printed):
    text = " ".join(html.fromstring(printed.page).text_content().split())
    for words in ("Effective treatment.", "Mean years", "Investment", "Outcomes", "more than chance"):
        assert words in text.partition("What this report cannot say")[2], words
    assert "Re-presentations in a year" not in text and "No row of the files is of one sex" not in text


def test_without_rows_by_sex_and_age_the_rest_is_told(tmp_path):
    made = profiles.of_counts(profiles.barnet(), {TOTALS: profiles.export()[TOTALS]}, tmp_path)
    printed = profiles.render(made.config, made.ledger, made.findings)
    assert printed.faults == []
    text = html.fromstring(printed.page).text_content()
    assert "No row of the files is of one sex" in text and "No row of the files is of one age group" in text
    assert {"opiate", "alcohol_only"} == set(printed.cells.loc[printed.cells["exhibit"] == "P.1.1", "row"]) - {
        "non_opiate_only", "non_opiate_and_alcohol"}  # fmt: skip


PEERS = ["SOMEWHERE", "ELSEWHERE"]


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    of = profiles.barnet(peers=PEERS)
    frame = samples(of, np.random.default_rng(3), 1, [COUNTS])[COUNTS]
    return profiles.of_counts(of, {"all.csv": frame}, tmp_path_factory.mktemp("beside"))


def test_beside_others_nobody_is_ranked(beside):
    known = beside.known
    for name in ("completed.all", "waited.up_to_3"):
        one, group = name.split(".")
        base = "in_treatment.all" if one == "completed" else "waited.all"
        count, whole = (sum(known[f"published.count.{of}.{peer}.post"] for peer in PEERS) for of in (name, base))
        assert known[f"published.share.{name}.peers.post"] == pytest.approx(100 * count / whole)
        apart = known[f"published.share.{name}.BARNET.post"] - 100 * count / whole
        assert known[f"published.apart.{one}.{group}.post"] == pytest.approx(apart)
    printed = profiles.render(beside.config, beside.ledger, beside.findings)
    assert printed.faults == []
    rows = printed.cells.loc[printed.cells["exhibit"] == "P.9", "row"]
    assert list(dict.fromkeys(rows)) == ["BARNET", *PEERS, "peers"]
    text = " ".join(html.fromstring(printed.page).text_content().split())
    assert re.search(r"Barnet is (\d+ percentage points? (above|below)|the same as) that of all others", text)
    assert "worse" not in text and "better" not in text


@pytest.mark.parametrize("what", ["made", "beside"])
def test_every_printed_number_stands_with_its_words(what, request):
    read = profiles.read(request.getfixturevalue(what))
    assert len(read.readings) > 200
    assert read.faults() == []
    swapped = {
        "published.count.in_treatment.male.BARNET.post": "published.count.in_treatment.female.BARNET.post",
        "published.share.held.all.BARNET.post": "published.share.returned.all.BARNET.post",
        "published.part.new.opiate.BARNET.pre": "published.part.new.opiate.BARNET.post",
        "published.count.set_completed.all.BARNET.post": "published.count.completed.all.BARNET.post",
    }
    for printed, other in swapped.items():
        here = [one for one in read.readings if one.id == printed and one.in_table]
        assert here and all(read.faults_of([replace(one, id=other)]) for one in here), printed


@pytest.mark.thorough
def test_no_words_are_declared_for_what_is_not_printed(made, beside):
    pages = [profiles.read(of) for of in (made, beside)]
    shown = {general(page.rows[one.id]) for page in pages for one in page.readings}
    assert {name for name in DECLARED["profile"]["patterns"] if name.startswith("published.")} <= shown


def changed(change: Callable[[pd.DataFrame], pd.DataFrame | None], name: str = TOTALS) -> dict[str, pd.DataFrame]:
    """The files with a change of one of them."""
    files = profiles.export()
    frame = files[name]
    result = change(frame)
    return {**files, name: frame if result is None else result}


def cell(column: str, value: str, line: int = 12) -> Callable[[pd.DataFrame], None]:
    """Another value of a cell; line 12 is the total of 2011/12."""

    def change(frame: pd.DataFrame) -> None:
        frame.loc[line - 2, column] = value

    return change


REFUSED = {
    "no number": (cell("intreatment_allintx", "n/a"),
                  "barnet_totals.csv, line 12, intreatment_allintx: found n/a, allowed: a whole number, zero or more"),
    "not rounded": (cell("intreatment_allintx", "1063"),
                    "barnet_totals.csv, line 12, intreatment_allintx: found 1063, allowed: a multiple of 5"),
    "no such drug group": (cell("drug_group", "Khat"),
                           "barnet_totals.csv, line 12, drug_group: found khat, allowed: opiate, non_opiate_only"),
    "contradicted": (cell("newpresentation_newtx", "510"),
                     "newpresentation_newtx: found another number than an earlier row has for 2011-12, BARNET, sex"),
    "does not add up": (cell("exits_died_allintx", "5"), ""),
    "lengths": (cell("lengthintreatment_under1year_allintx", "900"),
                "barnet_totals.csv, line 12, intreatment_allintx: found 1065, allowed: lengthintreatment_under1year"),
    "no such column": (lambda frame: frame.rename(columns={"waitsfirst_over6weeks_newtx": "waitsfirst_over_6"}),
                       "waitsfirst_over6weeks_newtx: found no such column, allowed: the column in one of the files"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_cells_are_refused_in_one_line_each(name, tmp_path):
    change, said = REFUSED[name]
    found, _ = profiles.checked_counts(profiles.barnet(), changed(change), tmp_path)
    faults = found.loc[found["severity"] == "fault", "message"].tolist()
    if not said:
        assert faults == []  # a column that nothing is made of
        return
    assert any(said in line for line in faults), faults
    assert len(faults) <= 3, faults


@pytest.mark.parametrize(("more", "refused"), [(0, False), (5, False), (10, True)])
def test_drug_groups_add_up_within_what_rounding_allows(more, refused, tmp_path):
    """In 2011/12 the groups give 5 less than the total of clients in treatment: 12.5 may lie between them."""

    def change(frame: pd.DataFrame) -> None:
        opiate = (frame["ReportingPeriod"] == "2011/12") & (frame["drug_group"] == "Opiate")
        frame.loc[opiate, "intreatment_allintx"] = str(580 - more)
        frame.loc[opiate, "lengthintreatment_over6years_allintx"] = str(85 - more)

    found, _ = profiles.checked_counts(profiles.barnet(), {TOTALS: changed(change)[TOTALS]}, tmp_path)
    faults = found.loc[found["severity"] == "fault", "message"].tolist()
    said = (
        "barnet_totals.csv, line 12, intreatment_allintx: found 1,065 for 2011-12, BARNET, sex TOTAL, age group total, "
        "drug group total, whose parts add up to 1,050, allowed: at most 12.5 apart, all being rounded to 5"
    )
    assert faults == ([said] if refused else [])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"partnership": "BRENT", "names": {}},
         "area: found no row of BRENT, allowed: partnership in the config being one of those that are there (BARNET)"),
        ({"year": {"start": "2023-04-01", "end": "2024-03-31"}},
         "fiscal_year: found no row of BARNET for 2023-24, allowed: a year that is there, 2009-10 to 2021-22"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_export_is_named(settings, said, tmp_path):
    found, _ = profiles.checked_counts(profiles.barnet(**settings), profiles.export(), tmp_path)
    (fault,) = found.loc[found["severity"] == "fault", "message"]
    assert said in fault


def test_a_group_that_is_missing_in_one_year_is_named(tmp_path):
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~((frame["ReportingPeriod"] == "2010/11") & (frame["sex"] == "F"))]

    found, _ = profiles.checked_counts(profiles.barnet(), changed(change, BREAKDOWN), tmp_path)
    (fault,) = found.loc[found["severity"] == "fault", "message"]
    assert "found no row of 2010-11, BARNET, sex F, age group total, drug group total, allowed: a row for each" in fault


def test_columns_that_are_known_and_those_that_are_not_are_told(tmp_path):
    files = changed(lambda frame: frame.assign(mentalhealth_need_newtx="5"))
    found, _ = profiles.checked_counts(profiles.barnet(), files, tmp_path)
    remarks = found.loc[found["severity"] == "information", "message"].tolist()
    assert "barnet_totals.csv: 1 extra column; ignored: mentalhealth_need_newtx" in remarks
    assert any("known columns that nothing is made of; not read" in one for one in remarks)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"definitions": profiles.config()["definitions"]},
         "definitions: found with extracts.published_counts, allowed: only with journeys or submissions"),
        ({"re_presentation": "in_year"}, "re_presentation: found with extracts.published_counts"),
        ({"year": {"start": "2011-01-01", "end": "2011-12-31"}},
         "year.start: found 2011-01-01, allowed: 1 April"),
        ({"extracts": {COUNTS: "a.csv", "journeys": "b.csv"}},
         "extracts.published_counts: found beside journeys, allowed: one of them"),
        ({"extracts": {"journeys": "b.csv"}}, "codes: missing key, needed with journeys or submissions"),
    ],
)  # fmt: skip
def test_settings_of_another_input_are_refused(settings, said):
    own = {**profiles.plain(profiles.yaml.safe_load(CONFIG.read_text(encoding="utf-8"))), **settings}
    with pytest.raises(SystemExit) as stop:
        checked(own, CONFIG, config_schema(profiles.chain.PROJECT, own))
    assert said in str(stop.value)


@pytest.mark.parametrize("policy", [name for name in POLICIES if name != NONE.name])
@pytest.mark.thorough
def test_no_policy_changes_what_is_published(policy, printed, tmp_path):
    """The counts are about areas: they have been through another's control."""
    of = profiles.of_counts(profiles.barnet(disclosure=policy), profiles.export(), tmp_path)
    protected = profiles.released(of, tmp_path, policy)
    assert protected.faults == []
    pd.testing.assert_frame_equal(protected.cells, printed.cells)


# The same partnership from journeys and from counts made of them -----------------------------------------------------

ALIKE = {  # a count that is published -> the same of journeys
    **{f"published.count.{name}.all.N1": f"partnership.count.{name}.N1"
       for name in ("in_treatment", "new", "completed", "returned", "held")},
    "published.count.set.all.N1": "partnership.count.in_treatment.N1",
    "published.count.set_completed.all.N1": "partnership.count.completed.N1",
    "published.count.justice.all.N1": "in_detail.justice.new",
    **{f"published.count.in_treatment.{name}.N1": f"in_detail.drug_group.{name}"
       for name in ("opiate", "non_opiate_only", "non_opiate_and_alcohol", "alcohol_only")},
    "published.count.in_treatment.male.N1": "in_detail.sex.male",
    "published.count.in_treatment.female.N1": "in_detail.sex.female",
    "published.count.in_treatment.18_to_29.N1": "in_detail.age.under_30",
    "published.count.in_treatment.50_and_over.N1": "in_detail.age.50_and_over",
}  # fmt: skip
SHARES = {
    **{f"published.share.{name}.all.N1": f"partnership.rate.{name}.N1"
       for name in ("new", "completed", "returned", "held")},
    "published.share.justice.all.N1": "in_detail.justice_part_of_all.new",
    "published.part.in_treatment.opiate.N1": "in_detail.drug_group_share.opiate",
    "published.part.in_treatment.female.N1": "in_detail.sex_share.female",
}  # fmt: skip


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory):
    """A partnership's profile of journeys, and that of the counts that a national centre would publish of them."""
    of = profiles.config()
    journeys = profiles.drawn(of, size=9000)
    journeys["client"] = journeys["client"].str[:-1]
    journeys["date_of_birth"] = journeys.groupby("client")["date_of_birth"].transform("first")
    journeys["drug_1"] = journeys["drug_1"].fillna(5000)
    one = profiles.made(of, journeys, tmp_path_factory.mktemp("journeys"))
    export = exported(of, pd.read_parquet(one.typed["journeys"]))
    counts = profiles.barnet(partnership="N1", names={}, year=of["year"], baseline=of["baseline"])
    return one, profiles.of_counts(counts, {"all.csv": export}, tmp_path_factory.mktemp("counts"))


@pytest.mark.parametrize("period", ["pre", "post"])
def test_both_inputs_agree_as_far_as_rounding_allows(both_ways, period):
    of_journeys, of_counts = (made.known for made in both_ways)
    for name, same in ALIKE.items():
        exact, published = of_journeys[f"{same}.{period}"], of_counts[f"{name}.{period}"]
        assert abs(published - exact) <= 2.5, name
        assert exact > 0, name
    middle = sum(of_journeys[f"in_detail.age.{band}.{period}"] for band in ("30_to_39", "40_to_49"))
    assert abs(of_counts[f"published.count.in_treatment.30_to_49.N1.{period}"] - middle) <= 2.5
    for name, same in SHARES.items():
        exact, published = of_journeys[f"{same}.{period}"], of_counts[f"{name}.{period}"]
        row = both_ways[1].ledger.set_index("id").loc[f"{name}.{period}"]
        base = of_counts[dict(pair.split("=") for pair in row["inputs"].split())["base"]]
        share = published / 100
        assert base >= 50 and abs(published - exact) <= 100 * 2.5 * (1 + share) / (base - 2.5), name


def test_growth_of_both_inputs_agrees_as_far_as_rounding_allows(both_ways):
    of_journeys, of_counts = (made.known for made in both_ways)
    for name in ("in_treatment", "new", "completed"):
        before = of_counts[f"published.count.{name}.all.N1.pre"]
        ratio = 1 + of_counts[f"published.growth.{name}.all"] / 100
        apart = abs(of_counts[f"published.growth.{name}.all"] - of_journeys[f"partnership.growth.{name}"])
        assert apart <= 100 * 2.5 * (1 + ratio) / (before - 2.5), name
