"""Rule joined: what providers submitted becomes journeys, by each of its rules, and none of it is told elsewhere.

Cases are in tests/rules/joined: made up, from the National Indicator 40 notes and the rules of the journey file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import itertools
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chain
from accept import accept
from dscp.extracts.catalogue.submissions import REASONS
from dscp.extracts.registry import samples
from dscp.extracts.submitted import LATER_FILE, NO_CONSENT
from joined import joined
from ledger import validated
from reference_submissions import reference_submissions
from report_html import validation_tables
from validate import validate

PROJECT = Path(__file__).parents[2]
CASES = Path(__file__).with_name("joined")
GROUPS = PROJECT / "workflow" / "resources" / "exit_groups.csv"
STRUCTURED = [1, 2, 3, 4, 5, 6, 11, 12, 94, 95]
SETTINGS = {"structured_modalities": STRUCTURED, "join_days": 21, "journey_start": "triage"}
KEY = b"k" * 32
PERSON = ["FINITIAL", "SINITIAL", "DOB", "SEX"]
SHOWN = ["dat", "journey", "journey_start", "journey_end", "exit_reason", "drug_1", "referral_source"]


def cases() -> pd.DataFrame:
    return pd.read_csv(CASES / "submissions.csv", dtype=str)


def checked(config: dict, folder: Path, *frames: pd.DataFrame, names: tuple[str, ...] = (), **way: str) -> pd.DataFrame:
    """Findings of submissions in one file or several; their typed copy is folder/submissions.parquet."""
    names = names or tuple(f"{n}.csv" for n in range(len(frames)))
    for name, frame in zip(names, frames, strict=True):
        frame.to_csv(folder / name, index=False)
    paths = [str(folder / name) for name in names]
    return validate("submissions", paths, config, str(folder / "submissions.parquet"), names=list(names),
                    mappings=[way] * len(paths))  # fmt: skip


def made(config: dict, folder: Path, *frames: pd.DataFrame, key: bytes = KEY, **other: object) -> pd.DataFrame:
    """The journeys of submissions without faults."""
    found = checked(config, folder, *frames)
    assert not (found["severity"] == "fault").any(), found["message"].tolist()
    counted = joined(
        str(folder / "submissions.parquet"), {**SETTINGS, **other}, str(GROUPS), key, str(folder / "j.csv")
    )
    counted.to_csv(folder / "counts.csv", index=False)
    return pd.read_csv(folder / "j.csv", dtype=str, keep_default_na=False)


def counted(folder: Path) -> dict[str, int]:
    return pd.read_csv(folder / "counts.csv").set_index("found")["rows"].to_dict()


def client(person: str) -> str:
    return hmac.new(KEY, person.encode(), "sha256").hexdigest()[:32]


# The cases ------------------------------------------------------------------------------------------------------------


def test_each_case_makes_its_journeys(config, tmp_path):
    expected = pd.read_csv(CASES / "journeys.csv", dtype=str, keep_default_na=False)
    people = (f"{a[0]}|{a[1]}|{a[3:7]}-{a[7:9]}-{a[9:11]}|{a[2]}" for a in _attributors(expected))
    expected["client"] = [client(person) for person in people]
    found = made(config, tmp_path, cases())
    columns = ["client", *SHOWN]
    assert sorted(map(tuple, found[columns].to_numpy())) == sorted(map(tuple, expected[columns].to_numpy()))
    numbers = expected["episodes"].astype(int).value_counts()
    assert counted(tmp_path) == {
        "Episodes": 27,
        "Episodes without structured treatment": 2,
        "People: initials, day of birth and sex": 15,
        "People with two ethnic groups": 0,
        "People with two numbers at one agency": 0,
        "Journeys": len(expected),
        "Journeys of one episode": numbers[1],
        "Journeys of two episodes": numbers[2],
        "Journeys of three episodes or more": numbers[3],
        "Journeys that go on": expected["journey_end"].eq("").sum(),
        "Journeys whose last episodes give reasons that do not agree": expected["exit_reason"].eq("999").sum(),
        "Journeys that end for a reason that is not known": 0,
        "Episodes with a discharge reason without a day": 0,
        "Journeys if 20 days joined them": len(expected) + 1,
        "Journeys if 22 days joined them": len(expected) - 1,
    }


def _attributors(expected: pd.DataFrame) -> list[str]:
    """Initials, sex and day of birth, in the order in which the text of the cases has them: initials first."""
    return [f"{a[:2]}{a[-1]}{a[2:10]}" for a in expected["attributor"]]


@pytest.mark.parametrize("case", cases()["case"].unique())
def test_each_case_alone_makes_the_same(config, tmp_path, case):
    expected = pd.read_csv(CASES / "journeys.csv", dtype=str, keep_default_na=False).set_index("case")
    found = made(config, tmp_path, cases()[cases()["case"] == case])
    own = expected.loc[expected.index == case, SHOWN]
    assert found[SHOWN].to_numpy().tolist() == own.to_numpy().tolist()


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("R1", "0.csv, line 2, discharge: found a value like 9999-99-99, allowed: the day of triage or a later one"),
        ("R2", "0.csv, line 3, discharge: found another value than line 2 has of the same episode, allowed: one value "
               "in all rows of an episode"),
    ],
)  # fmt: skip
def test_a_case_that_is_refused_is_told_in_one_line(config, tmp_path, case, says):
    refused = pd.read_csv(CASES / "refused.csv", dtype=str)
    found = checked(config, tmp_path, refused[refused["case"] == case])
    assert found.loc[found["severity"] == "fault", "message"].tolist() == [says]


@pytest.mark.parametrize("column", ["TRIAGED", "DISD", "DISRSN"])
@pytest.mark.parametrize("other", [{"TRIAGED": "2010-04-07", "DISD": "2010-12-30", "DISRSN": "80"}, {}])
def test_rows_of_an_episode_that_disagree_are_refused(config, tmp_path, column, other):
    """With another value, and with none."""
    rows = cases()[cases()["case"] == "02"].reset_index(drop=True)
    rows.loc[1, column] = other.get(column)
    faults = checked(config, tmp_path, rows).query("severity == 'fault'")
    assert len(faults) == 1 and faults["line"].tolist() == ["3"]
    assert not any(value in faults["message"].iloc[0] for value in rows.loc[1, [*PERSON, "CLIENTID"]])


@pytest.mark.parametrize("column", [*PERSON, "DAT", "CLIENTID", "EPISODID", "TRIAGED", "AGNCY", "CONSENT"])
def test_a_row_with_consent_that_lacks_what_is_needed_is_refused(config, tmp_path, column):
    rows = cases()[cases()["case"] == "01"].assign(**{column: None})
    faults = checked(config, tmp_path, rows).query("severity == 'fault'")["message"].tolist()
    assert len(faults) == 1 and "found nothing" in faults[0]


def test_a_discharge_reason_that_nobody_knows_is_refused(config, tmp_path):
    known = {int(code) for code in pd.read_csv(GROUPS)["code"]}
    assert known == {code for low, high in REASONS for code in range(low, high + 1)}
    faults = checked(config, tmp_path, cases().replace({"DISRSN": {"80": "79"}})).query("severity == 'fault'")
    assert "found 79" in faults["message"].iloc[0]


# Rules that the cases do not reach ------------------------------------------------------------------------------------


def person(**rows: str) -> pd.DataFrame:
    """Rows of the first case, changed."""
    first = cases()[cases()["case"] == "01"].iloc[0].to_dict()
    length = max(len(values) for values in rows.values())
    return pd.DataFrame([{**first, **{name: values[n] for name, values in rows.items()}} for n in range(length)])


def test_attributes_are_of_the_first_episode_that_tells_them(config, tmp_path):
    rows = person(
        EPISODID=["1", "2", "3"],
        TRIAGED=["2010-04-06", "2010-05-01", "2010-04-20"],
        DISD=["2010-09-30"] * 3,
        MODST=["2010-05-02"] * 3,
        DRUG1=["NA", "1105", "1011"],
        DRUG1AGE=["", "15", "NULL"],
        RFLS=["4", "5", "6"],
        REFLD=["2010-04-02", "2010-04-22", "2010-04-12"],
        DUALDIAG=["N", "Y", "N"],
        ETHNIC=["", "", "B"],
    )
    (found,) = made(config, tmp_path, rows).to_dict("records")
    told = (
        "drug_1",
        "age_first_use",
        "referral_source",
        "dual_diagnosis",
        "ethnicity",
        "journey_start",
        "referral_date",
        "structured_start",
    )
    assert [found[name] for name in told] == ["1011", "15", "4", "Y", "B", "2010-04-06", "2010-04-02", "2010-05-02"]


@pytest.mark.parametrize(
    ("reasons", "result"),
    [
        (["80", "82"], "82"), (["2", "15"], "82"), (["80", "85"], "999"), (["80", ""], "999"), (["", ""], "0"),
        (["71", "12"], "88"), (["91", "91"], "82"), (["81", "81"], "80"), (["71", "80"], "999"), (["84", "84"], "84"),
        (["11", "64"], "0"), (["999", "999"], "999"), (["71", "71"], "71"),
    ],
)  # fmt: skip
def test_reasons_of_the_last_day_are_taken_together(config, tmp_path, reasons, result):
    rows = person(EPISODID=["1", "2"], DISRSN=reasons)
    assert made(config, tmp_path, rows)["exit_reason"].tolist() == [result]


def test_reasons_of_earlier_days_do_not_count(config, tmp_path):
    rows = person(EPISODID=["1", "2"], DISRSN=["80", "85"], DISD=["2010-09-30", "2010-09-29"])
    assert made(config, tmp_path, rows)["exit_reason"].tolist() == ["80"]


def test_a_reason_without_a_day_does_not_count_and_is_counted(config, tmp_path):
    rows = person(EPISODID=["1", "2"], DISD=["", "2010-09-30"], DISRSN=["80", "82"])
    (found,) = made(config, tmp_path, rows).to_dict("records")
    assert (found["journey_end"], found["exit_reason"]) == ("", "")
    assert counted(tmp_path)["Episodes with a discharge reason without a day"] == 1


def test_each_line_says_of_which_rows_it_is_made(config, tmp_path):
    """Of all rows of the episodes that count, in the files as the config lists them."""
    whole = cases()
    first, second = whole[whole["AGNCY"] == "N0101"], whole[whole["AGNCY"] != "N0101"]
    checked(config, tmp_path, first, second)
    typed, journeys, rows = (str(tmp_path / name) for name in ("submissions.parquet", "j.csv", "rows.csv"))
    joined(typed, SETTINGS, str(GROUPS), KEY, journeys, rows)
    files, made_of = [(tmp_path / f"{n}.csv").read_text().splitlines() for n in (0, 1)], pd.read_csv(rows)
    starts = [line.split(",")[3] for line in Path(journeys).read_text().splitlines()]
    told = [(starts[one.line - 1], files[one.file - 1][one.row - 1].split(",")[0]) for one in made_of.itertuples()]
    expected = pd.read_csv(CASES / "journeys.csv", dtype=str).groupby("case")["journey_start"].agg(set)
    assert all(start in expected[case] for start, case in told)
    assert len(made_of) == 26 and set(made_of["line"]) == set(range(2, 18))
    assert not made_of.duplicated(["file", "row"]).any()


@pytest.mark.thorough
def test_settings_decide(config, tmp_path):
    assert len(made(config, tmp_path, cases(), join_days=22)) == 15
    assert len(made(config, tmp_path, cases(), join_days=20)) == 17
    assert len(made(config, tmp_path, cases(), structured_modalities=[*STRUCTURED, 7])) == 17
    starts = made(config, tmp_path, cases()[cases()["case"] == "05"], journey_start="modality")["journey_start"]
    assert starts.tolist() == ["2010-01-18"]


@pytest.mark.thorough
def test_two_people_of_one_number_and_two_numbers_of_one_person_are_counted(config, tmp_path):
    rows = person(EPISODID=["1", "2"], CLIENTID=["7", "8"], ETHNIC=["A", "B"])
    assert len(made(config, tmp_path, rows)) == 1
    told = counted(tmp_path)
    assert told["People with two ethnic groups"] == told["People with two numbers at one agency"] == 1
    rows = person(EPISODID=["1", "2"], CLIENTID=["7", "8"], AGNCY=["N1", "N2"])
    assert len(made(config, tmp_path, rows)) == 1 and counted(tmp_path)["People with two numbers at one agency"] == 0
    rows = person(EPISODID=["1", "1"], ETHNIC=["A", "B"])
    assert len(made(config, tmp_path, rows)) == counted(tmp_path)["People with two ethnic groups"] == 1
    rows = person(EPISODID=["1", "1"], DOB=["1960-01-10", "1960-01-11"])
    assert len(made(config, tmp_path, rows)) == 2


# Files ----------------------------------------------------------------------------------------------------------------


def test_the_later_file_of_an_agency_counts(config, tmp_path):
    """By the days in the names, whatever the order of the files; agencies that only the earlier has stay."""
    early, late = person(AGNCY=["N1", "N2"]), person(AGNCY=["N1"], DISD=["2010-10-30"])
    early.loc[0, "DISD"] = "2010-03-01"  # before triage: a row that does not count is not refused
    names = ("N_2010-04-01_2010-09-30.csv", "N_20110331.csv")
    for frames, called in (((early, late), names), ((late, early), names[::-1])):
        found = checked(config, tmp_path, *frames, names=called)
        assert not (found["severity"] == "fault").any()
        left = found[found["found"] == LATER_FILE]
        assert left[["file", "rows"]].to_numpy().tolist() == [[names[0], 1]]
        typed = pd.read_parquet(tmp_path / "submissions.parquet")
        assert sorted(typed["agency"]) == ["N1", "N2"]
        assert str(typed.set_index("agency").loc["N1", "discharge"])[:10] == "2010-10-30"


@pytest.mark.parametrize("names", [("a.csv", "b_2011-03-31.csv"), ("a_2011-03-31.csv", "b_2011-03-31.csv"),
                                   ("a.csv", "b.csv"), ("a_20119999.csv", "b_2011-03-31.csv")])  # fmt: skip
def test_two_files_of_an_agency_of_which_none_is_told_to_be_later_are_refused(config, tmp_path, names):
    found = checked(config, tmp_path, person(AGNCY=["N1"]), person(AGNCY=["N1"]), names=names)
    (said,) = found.loc[found["severity"] == "fault", "message"]
    assert said.startswith(f"{names[1]}, agency: found 1 agency that {names[0]} holds, too, allowed: one file for each")


def test_the_config_says_up_to_which_day_a_file_goes(config, tmp_path):
    for name in ("a.csv", "b.csv"):
        person(AGNCY=["N1"]).to_csv(tmp_path / name, index=False)
    paths, ways = (
        [str(tmp_path / name) for name in ("a.csv", "b.csv")],
        [{"ends": "2012-01-31"}, {"ends": "2011-12-31"}],
    )
    found = validate("submissions", paths, config, str(tmp_path / "s.parquet"), names=["a.csv", "b.csv"], mappings=ways)
    assert found.loc[found["found"] == LATER_FILE, "file"].tolist() == ["b.csv"]


def test_rows_without_consent_are_counted_and_nothing_else_is_asked_of_them(config, tmp_path):
    found = checked(config, tmp_path, cases())
    assert found.loc[found["found"] == NO_CONSENT, "rows"].tolist() == [1]
    assert not len(found.query("severity == 'count' and found == 'missing' and column == 'triage'"))


@pytest.mark.parametrize(("dataset", "columns"), [("H", 112), ("K", 144)])
@pytest.mark.thorough
def test_headers_of_the_core_data_sets_are_known(config, tmp_path, dataset, columns):
    """As they are, and in any order and letter case; what is not needed is left unread."""
    headers = pd.read_csv(CASES / "headers.csv").query("dataset == @dataset")["header"].tolist()
    whole = cases().reindex(columns=headers)
    assert len(headers) == columns and whole.drop_duplicates().shape[0] == len(cases())
    found = made(config, tmp_path, whole)
    assert len(found) == 16
    other = whole[whole.columns[::-1]].rename(columns=str.lower)
    assert made(config, tmp_path, other).equals(found)


def test_other_headers_are_mapped_and_one_that_is_not_there_is_named(config, tmp_path):
    rows = cases().rename(columns={"TRIAGED": "Triage date"})
    assert not (checked(config, tmp_path, rows, columns={"triage": "Triage date"})["severity"] == "fault").any()
    said = checked(config, tmp_path, rows, columns={"triage": "Triaged on"}).query("severity == 'fault'")["message"]
    assert len(said) == 1 and "triage" in said.iloc[0]


def test_of_submissions_at_fault_the_journeys_are_not_told(config, tmp_path):
    """Nothing is made of them but a header, whose want of rows is no fault of the user's."""
    found = checked(config, tmp_path, cases().assign(DISRSN="79"))
    counts = joined(
        str(tmp_path / "submissions.parquet"), SETTINGS, str(GROUPS), KEY, str(tmp_path / "j.csv"), unfit=True
    )
    assert not len(counts) and len((tmp_path / "j.csv").read_text().splitlines()) == 1
    of_journeys = validate("journeys", [str(tmp_path / "j.csv")], config, str(tmp_path / "j.parquet"))
    assert (of_journeys["severity"] == "fault").any()
    _, stops = accept([found, of_journeys])
    assert stops and all("submissions" in stop or stop.startswith("0.csv") for stop in stops)
    _, stops = accept([found[found["severity"] != "fault"], of_journeys])
    assert any(stop.startswith(str(tmp_path / "j.csv")) for stop in stops)


def test_what_was_joined_is_printed_in_appendix_b(config, tmp_path):
    made(config, tmp_path, cases())
    findings, _ = accept([pd.read_csv(tmp_path / "counts.csv", keep_default_na=False).astype({"line": str})])
    rows = validation_tables(findings)["joined"]
    leaves = validated(findings).set_index("id")
    assert [leaves.loc[name, "value"] for _, name in rows] == list(counted(tmp_path).values())
    assert [str(words) for words, _ in rows] == [f'<span class="s">{words}</span>' for words in counted(tmp_path)]
    assert set(leaves["settings"]) == {"definitions.submissions"}


# Whatever comes -------------------------------------------------------------------------------------------------------

DAY = dt.date(2010, 1, 1)
EPISODE = st.fixed_dictionaries(
    {
        "who": st.integers(0, 2),
        "DAT": st.sampled_from(["A09B", "B18B"]),
        "triage": st.integers(0, 120),
        "stay": st.none() | st.integers(0, 60),
        "modality": st.sampled_from(["2", "4", "7", ""]),
        "begins": st.integers(0, 40),
        "DISRSN": st.sampled_from(["80", "82", "85", "12", "71", "", "91"]),
    }
)


def submitted(episodes: list[dict], shift: int = 0) -> pd.DataFrame:
    """Rows of episodes, each of its own number."""
    first = person(EPISODID=["1"]).iloc[0].to_dict()
    rows = []
    for number, one in enumerate(episodes):
        triage = DAY + dt.timedelta(one["triage"] + shift)
        end = "" if one["stay"] is None else str(triage + dt.timedelta(one["stay"]))
        start = str(triage + dt.timedelta(one["begins"])) if one["modality"] else ""
        rows.append({**first, "SINITIAL": "ABC"[one["who"]], "AGNCY": f"N{number % 3}", "CLIENTID": str(one["who"] + 1),
                     "EPISODID": str(number + 1), "DAT": one["DAT"], "TRIAGED": str(triage), "DISD": end,
                     "DISRSN": one["DISRSN"], "MODAL": one["modality"], "MODST": start})  # fmt: skip
    return pd.DataFrame(rows)


def slowly(rows: pd.DataFrame) -> list[tuple]:
    """The journeys of rows, comparing every pair of episodes: another way to the same result."""
    groups = dict(pd.read_csv(GROUPS)[["code", "group"]].to_numpy())
    people = defaultdict(list)
    for row in rows[rows["MODAL"].isin(map(str, STRUCTURED))].to_dict("records"):
        people[row["SINITIAL"], row["DAT"]].append(row)
    journeys = []
    for (initial, dat), own in people.items():
        together = [{position} for position in range(len(own))]
        for one, other in itertools.combinations(range(len(own)), 2):
            if _goes_on(own[one], own[other]) or _goes_on(own[other], own[one]):
                (a,), (b,) = ([group for group in together if position in group] for position in (one, other))
                together = [group for group in together if group is not a and group is not b] + [a | b]
        for group in together:
            members = [own[position] for position in group]
            ends = [one["DISD"] for one in members]
            end = "" if "" in ends else max(ends)
            codes = {groups[int(one["DISRSN"] or 0)] for one in members if end and one["DISD"] == end}
            first = min(one["MODST"] for one in members)
            journeys.append((dat, min(one["TRIAGED"] for one in members), end, _reason(codes), initial, first))
    return sorted(journeys)


def _goes_on(one: dict, later: dict) -> bool:
    """At most 21 days from discharge to the next modality, both counted; or triaged before the other is discharged."""
    if not one["DISD"]:
        return max(one["TRIAGED"], later["TRIAGED"]) == later["TRIAGED"] or bool(later["DISD"] >= _begin(one))
    last = dt.date.fromisoformat(one["DISD"])
    earlier = not later["DISD"] or later["DISD"] >= _begin(one)
    within = dt.date.fromisoformat(later["MODST"]) <= last + dt.timedelta(20) or later["TRIAGED"] <= one["DISD"]
    return within and earlier


def _begin(one: dict) -> str:
    return min(one["TRIAGED"], str(dt.date.fromisoformat(one["MODST"]) - dt.timedelta(20)))


def _reason(codes: set[int]) -> str:
    if not codes:
        return ""
    if len(codes) == 1:
        return str(*codes)
    return str(max(codes)) if codes <= {80, 81, 82} or codes <= {71, 88} else "999"


def told(found: pd.DataFrame, rows: pd.DataFrame) -> list[tuple]:
    people = rows[["SINITIAL"]].drop_duplicates()["SINITIAL"]
    initials = {client(f"A|{one}|1960-01-10|M"): one for one in people}
    return sorted(
        (
            row["dat"],
            row["journey_start"],
            row["journey_end"],
            row["exit_reason"],
            initials[row["client"]],
            row["structured_start"],
        )
        for row in found.to_dict("records")
    )


@settings(deadline=None, max_examples=25)
@given(st.lists(EPISODE, min_size=1, max_size=12), st.randoms(use_true_random=False))
@pytest.mark.thorough
def test_episodes_are_joined_as_by_comparing_each_with_each(config, tmp_path_factory, episodes, random):
    """And in whatever order the rows come, however often they are told."""
    folder, rows = tmp_path_factory.mktemp("joined"), submitted(episodes)
    found = made(config, folder, rows)
    assert told(found, rows) == slowly(rows)
    text = (folder / "j.csv").read_bytes()
    repeated = [*rows.to_dict("records"), rows.iloc[0].to_dict()]
    random.shuffle(repeated)
    assert made(config, folder, pd.DataFrame(repeated)).equals(found) and (folder / "j.csv").read_bytes() == text


@settings(deadline=None, max_examples=10)
@given(st.lists(EPISODE, min_size=1, max_size=12))
@pytest.mark.thorough
def test_a_day_added_to_every_date_changes_only_dates(config, tmp_path_factory, episodes):
    folder = tmp_path_factory.mktemp("joined")
    now, later = (made(config, folder, submitted(episodes, shift)) for shift in (0, 1))
    days = ["journey_start", "journey_end", "structured_start"]
    assert now.drop(columns=days).equals(later.drop(columns=days))
    assert all(
        (pd.to_datetime(later[day]) - pd.to_datetime(now[day])).dropna().eq(pd.Timedelta(days=1)).all() for day in days
    )


@pytest.mark.thorough
def test_who_a_client_is_stands_nowhere_else(config, tmp_path):
    """Nor can the pseudonym be made without the key; with another, order and all else stay."""
    found = made(config, tmp_path, cases())
    other = made(config, tmp_path, cases(), key=b"o" * 32)
    assert found.drop(columns="client").equals(other.drop(columns="client"))
    assert set(found["client"]).isdisjoint(other["client"]) and found["client"].str.fullmatch("[0-9a-f]{32}").all()
    assert "first_initial" not in found and "surname_initial" not in found
    plain = {hashlib.sha256(f"A|Q|1960-01-10|M{end}".encode()).hexdigest()[:32] for end in ("", "\n")}
    assert plain.isdisjoint(found["client"])


# Taken apart and put together -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def apart(programme) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Journeys none of which overlaps another of its client, and what providers would have submitted of them."""
    known = pd.read_csv(GROUPS)
    journeys = samples(programme.config, np.random.default_rng(11), 4000, ["journeys"])["journeys"]
    journeys = journeys[journeys["dat"] != "ELSE"].sort_values(["client", "dat", "journey_start", "journey_end"])
    own = journeys.groupby(["client", "dat"])
    last = own["journey_end"].transform(lambda ends: ends.fillna(pd.Timestamp("2200-01-01")).cummax().shift())
    journeys = journeys[~(last >= journeys["journey_start"])].assign(
        journey=lambda kept: kept.groupby(["client", "dat"]).cumcount() + 1
    )
    journeys["exit_reason"] = journeys["exit_reason"].map(dict(known.to_numpy())).astype("Int64")
    sources = programme.config["codes"]["criminal_justice_referral_sources"]
    return journeys, reference_submissions(journeys, known["code"], sources)


@pytest.mark.thorough
def test_what_is_taken_apart_is_put_together_again(programme, apart, tmp_path):
    journeys, submissions = apart
    assert len(submissions) > len(journeys) * 1.3
    found = made(programme.config, tmp_path, submissions)
    columns = [
        "dat",
        "journey",
        "journey_start",
        "journey_end",
        "exit_reason",
        "date_of_birth",
        "sex",
        "ethnicity",
        "drug_1",
    ]
    (tmp_path / "expected").mkdir()
    journeys.to_csv(tmp_path / "expected" / "j.csv", index=False, date_format="%Y-%m-%d")
    expected = pd.read_csv(tmp_path / "expected" / "j.csv", dtype=str, keep_default_na=False)
    assert sorted(map(tuple, found[columns].to_numpy())) == sorted(map(tuple, expected[columns].to_numpy()))


@pytest.mark.thorough
def test_the_same_report_is_made_of_them(programme, apart, tmp_path):
    """All numbers but those that count the rows of the files."""
    journeys, submissions = apart
    made(programme.config, tmp_path, submissions)
    again = pd.read_csv(tmp_path / "j.csv", parse_dates=["journey_start", "journey_end", "date_of_birth"])
    ledgers = [
        chain.run(programme.but(journeys=frame), tmp_path).ledger.set_index("id")["value"]
        for frame in (journeys, again)
    ]
    one, other = (ledger[~ledger.index.str.startswith("validation.")] for ledger in ledgers)
    pd.testing.assert_series_equal(one, other, rtol=1e-9)
