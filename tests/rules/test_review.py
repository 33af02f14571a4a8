"""A profile on journeys rebuilt from a published review: what it counts is what is printed, by a plain loop as well."""

from __future__ import annotations

import calendar
import csv
import datetime as dt
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
import yaml
from lxml import html

import chain
import profiles
from dscp.config.checked import completed, plain
from dscp.reproduction.compared import read_data
from dscp.reproduction.published import read_published
from dscp.reproduction.verdicts import VERDICTS
from ledger_checks import assert_closed
from review_journeys import read_assumed, review_journeys

RESOURCES = chain.PROJECT / "workflow" / "resources"
STUDY = chain.PROJECT / "studies" / "southampton" / "config.yaml"
DAY = dt.date.fromisoformat
FIRST, LAST = DAY("2011-04-01"), DAY("2012-03-31")
MONTHS = {
    name.lower(): f"{2012 if number < 4 else 2011}_{number:02d}"
    for number, name in enumerate(calendar.month_name)
    if name
}
JUSTICE = {"5", "6", "8", "13"}
BANDS = {"1_to_2": (1, 2), "2_to_4": (2, 4), "4_to_6": (4, 6), "6_and_over": (6, 99)}


def config(**settings) -> dict:
    return completed({**plain(yaml.safe_load(STUDY.read_text(encoding="utf-8"))), **settings})


def print_() -> dict[str, pd.DataFrame]:
    return read_published([str(path) for path in (RESOURCES / "published_southampton").glob("*.csv")])


def assumed() -> pd.DataFrame:
    return read_assumed(str(RESOURCES / "reviewed" / "assumed.csv"))


def rebuilt(of: dict) -> pd.DataFrame:
    return review_journeys(print_(), assumed(), of)


def printed() -> dict[str, str]:
    found = {}
    for path in (RESOURCES / "published_southampton").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            found |= {
                "/".join((row["table"], row["row"], row["column"])): row["value"] for row in csv.DictReader(stream)
            }
    return found


def years(start: dt.date, end: dt.date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def cells_of_print() -> dict[str, tuple[str, int]]:
    """Key -> value and decimals."""
    found = {}
    for path in (RESOURCES / "published_southampton").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        found |= {
            "/".join((row["table"], row["row"], row["column"])): (row["value"], int(row["decimals"])) for row in rows
        }
    return found


def counted(rows: list[dict]) -> Counter:
    """What the year's clients are, by a loop over each one's journeys; the names are the print's where it has one."""
    of = defaultdict(list)
    for row in rows:
        start, end = DAY(row["journey_start"]), DAY(row["journey_end"]) if row["journey_end"] else None
        if start <= LAST and (end is None or end >= FIRST):
            of[row["client"]].append((start, end, row))
    found = Counter()
    for journeys in of.values():
        start, end, row = max(journeys, key=lambda one: one[0])
        justice = row["referral_source"] in JUSTICE
        facts = ["in_treatment", row["sex"], "new" if start >= FIRST else "old"]
        age = years(DAY(row["date_of_birth"]), max(start, FIRST))
        facts.append("18_29" if age < 30 else "30_39" if age < 40 else "40_64" if age < 65 else "older")
        drugs = [row[f"drug_{number}"] for number in (1, 2, 3)]
        facts += ["opiate"] if any(one.startswith("1") for one in drugs) else []
        facts += ["white"] if row["ethnicity"] == "A" else []
        facts += ["heroin"] if drugs[0] == "1011" else []
        facts += ["heroin with crack"] if drugs[0] == "1011" and "3201" in drugs else []
        facts += ["crack"] if drugs[0] == "3201" else []
        done = [one[1] for one in journeys if one[2]["exit_reason"] == "80" and one[1] <= LAST]
        if done:
            on = max(done)
            facts += ["completed", f"completed {on:%Y_%m}"]
            if later := [one[0] for one in journeys if one[0] > on]:
                facts += ["back", f"back {on:%Y_%m} {min(later):%Y_%m}"]
        if end is None or end > LAST:
            facts.append("still")
            found["days still"] += (LAST - start).days
            found["days still justice"] += (LAST - start).days * justice
            facts += [f"still {band}" for band, (low, high) in BANDS.items() if low <= years(start, LAST) < high]
        found.update(facts)
        found.update(f"{fact} justice" for fact in facts if justice)
    return found


def with_days(journeys: pd.DataFrame) -> pd.DataFrame:
    frame = journeys.copy()
    for column in ("journey_start", "journey_end", "date_of_birth"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


@pytest.fixture(scope="module")
def journeys() -> pd.DataFrame:
    return rebuilt(config())


@pytest.fixture(scope="module")
def loop(journeys) -> Counter:
    return counted(journeys.to_dict("records"))


@pytest.fixture(scope="module")
def made(journeys, tmp_path_factory):
    return profiles.made(config(), with_days(journeys), tmp_path_factory.mktemp("review"))


def test_a_plain_loop_counts_what_is_printed(loop):
    of = printed()

    def text(name: str) -> int:
        return int(of[f"data_report_text/{name}/{name}"])

    for fact, name in (("in_treatment", "in_treatment"), ("M", "male"), ("F", "female"), ("new", "new_journeys"),
                       ("completed", "completions"), ("back", "representations"), ("opiate", "opiate_in_treatment"),
                       ("heroin", "heroin_primary"), ("heroin with crack", "heroin_with_crack"),
                       ("crack", "crack_primary")):  # fmt: skip
        assert loop[fact] == text(name), fact
    for month, at in MONTHS.items():
        assert loop[f"completed {at}"] == int(of[f"figure_12/{month}/completed"]), month
        for other, back in MONTHS.items():
            assert loop[f"back {at} {back}"] == int(of.get(f"figure_12/{month}/re_presented_{other}", 0)), (
                month,
                other,
            )
    shares = {"18_29": "figure_5/in_treatment_pct/18_29", "30_39": "figure_5/in_treatment_pct/30_39",
              "40_64": "figure_5/in_treatment_pct/40_64", "in_treatment justice": "domes/cj_share_pct/local",
              "white": "data_report_text/white_british_pct/white_british_pct"}  # fmt: skip
    for fact, key in shares.items():
        assert round(100 * loop[fact] / loop["in_treatment"]) == int(of[key]), fact
    for band in BANDS:
        assert round(100 * loop[f"still {band}"] / loop["still"]) == int(of[f"figure_6/{band}_years_pct/local"]), band
    assert f"{loop['days still'] / loop['still'] / 365.25:.1f}" == of["figure_6/mean_years/local"]
    assert f"{loop['days still justice'] / loop['still justice'] / 365.25:.1f}" == of["figure_6/cj_mean_years/local"]
    assert round(100 * loop["completed justice"] / loop["in_treatment justice"]) == int(
        of["domes/cj_successful_completions_pct/local"]
    )
    assert round(100 * loop["back justice"] / loop["completed justice"]) == int(
        of["domes/cj_representations_pct/local"]
    )
    assert loop["older"] == 0


def test_the_profile_counts_what_the_loop_counts(loop, made):
    known, own = made.known, "SOUTHAMPTON"
    for name, fact in (
        ("in_treatment", "in_treatment"),
        ("new", "new"),
        ("completed", "completed"),
        ("returned", "back"),
    ):
        assert known[f"partnership.count.{name}.{own}.post"] == loop[fact] > 0
        assert known[f"in_detail.justice.{name}.post"] == loop[f"{fact} justice"] > 0
    for at in MONTHS.values():
        assert known[f"in_detail.completions.{at}"] == loop[f"completed {at}"]
        for back in (one for one in MONTHS.values() if one >= at):
            assert known[f"in_detail.returns.{at}.{back}"] == loop[f"back {at} {back}"]
    assert known["in_detail.drug_group.opiate.post"] == loop["opiate"]
    assert known["in_detail.sex.male.post"] == loop["M"]
    assert known["in_detail.age.under_30.post"] == loop["18_29"]
    assert known["in_detail.stayed_all.post"] == loop["still"]
    assert known["in_detail.stayed_days.post"] == loop["days still"]
    assert known["in_detail.stayed.6_and_over.post"] == loop["still 6_and_over"]


# -- the register


def rounded(value: float, decimals: int) -> Decimal:
    return Decimal(repr(round(value, 9))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def parts(made) -> pd.DataFrame:
    return made.ledger[made.ledger["rule"].isin(["partnership", "in_detail"])]


@pytest.fixture(scope="module")
def compared(parts):
    return profiles.review_of(config(), [parts])


def test_every_printed_cell_has_one_verdict_and_a_reason_where_there_is_none(compared, made):
    found = compared[0].set_index("key")
    assert set(found.index) == set(printed())
    assert len(found) == 696
    without = found[found["verdict"] == "not computable"]
    assert (without["reason"] != "").all()
    assert (without["our_id"] == "").all()
    assert set(found["our_id"]) - {""} <= set(made.known)
    differing = found[found["verdict"] == "differs"]
    assert (differing["cause_confirmed"] != "").all()
    assert not found.drop(differing.index)["cause_confirmed"].any()


def test_verdicts_are_those_of_plain_rounding(compared, made):
    """Ours, rounded half up to the decimals of the print, is the print or is not."""
    of = cells_of_print()
    found = compared[0]
    told = Counter()
    for row in found[found["our_id"] != ""].itertuples():
        value, decimals = of[row.key]
        alike = rounded(made.known[row.our_id], decimals) == Decimal(value)
        assert (row.verdict in ("equal as printed", "equal by construction")) == alike, row.key
        told[row.verdict] += 1
    assert told["differs"] == 11
    assert told["within printed rounding"] == 3
    assert min(told["equal as printed"], told["equal by construction"]) > 20


def test_the_share_of_completions_differs_as_it_is_net(compared):
    found = compared[0].set_index("key")
    share = found.loc["domes/successful_completions_pct/all_local"]
    assert (share["printed"], share["our_printed"], share["verdict"]) == ("12%", "14", "differs")
    assert share["cause_confirmed"] == "net figure"
    assert found.loc["data_report_text/under_40_pct/under_40_pct", "rounding"] == "rounded inputs"


def test_the_ledger_says_what_the_register_does(compared, made):
    found, related, _ = compared
    known = made.known
    assert known["reproduction.numbers"] == len(found) == 696
    assert known["reproduction.relations"] == len(related) == 272
    assert known["reproduction.relation.cannot_hold"] == (related["verdict"] == "cannot hold").sum() == 34
    by_verdict = found["verdict"].value_counts()
    for verdict, number in by_verdict.items():
        name = verdict.replace(" ", "_")
        of_places = [
            value for one, value in known.items() if one.startswith("review.place.") and one.endswith(f".{name}")
        ]
        assert sum(of_places) == known[f"reproduction.verdict.{name}"] == number
    without = {one: value for one, value in known.items() if one.startswith("review.without.")}
    assert sum(without.values()) == by_verdict["not computable"]
    assert min(without.values()) > 0
    assert list(without.values()) == sorted(without.values(), reverse=True)
    told = [one for one in known if one.startswith("review.broken.")]
    assert [one.removeprefix("review.broken.") for one in told] == list(related["id"][:34])
    assert told[0] == "review.broken.completions_share"
    assert known["review.mean_months"] == pytest.approx(44 / 17)
    assert_closed(made.ledger)


def test_what_nobody_has_looked_at_stops(parts):
    def with_(**decided):
        return profiles.review_of(config(), [parts], **decided)

    own = {path.stem: read_data(str(path)) for path in (RESOURCES / "reviewed").glob("*.csv")}
    causes, compared = own["causes"], own["compared"]
    with pytest.raises(ValueError, match="all_local differs and has no cause"):
        with_(causes=causes[causes["key"] != "domes/successful_completions_pct/all_local"])
    more = causes.iloc[:1].assign(key="data_report_text/male/male")
    with pytest.raises(ValueError, match="male has a cause and does not differ"):
        with_(causes=pd.concat([causes, more]))
    with pytest.raises(ValueError, match=r"figure_8/.*: nothing says what it is compared with"):
        with_(compared=compared[compared["key"] != "figure_8/*"])
    with pytest.raises(ValueError, match=r"figure_9/\*: fits no number"):
        with_(compared=pd.concat([compared, pd.DataFrame([{"key": "figure_9/*", "kind": "none", "target": "travel"}])]))
    with pytest.raises(ValueError, match="reason 'weather', allowed: national, travel"):
        with_(compared=compared.replace({"target": {"transfers": "weather"}}))
    with pytest.raises(ValueError, match=r"male: there is no quantity in_detail\.sex\.men\.post"):
        with_(compared=compared.replace({"target": {"in_detail.sex.male.post": "in_detail.sex.men.post"}}))


@pytest.mark.parametrize(("table", "row", "value"), [
    ("data_report_text", "female", "227"), ("figure_12", "january", "20"), ("figure_6", "mean_years", "2.5"),
    ("data_report_text", "representations_pct", "16"),
])  # fmt: skip
def test_a_slip_in_the_print_is_found(parts, table, row, value):
    tables = print_()
    rows = tables[table]
    at = rows.index[rows["row"] == row][0]
    rows.loc[at, ["value", "printed"]] = value
    with pytest.raises(ValueError, match=f"{table}/{row}.* differs and has no cause"):
        profiles.review_of(config(), [parts], {table: rows})


@pytest.fixture(scope="module")
def page(made):
    printed_ = profiles.render(made.config, made.ledger, made.findings)
    assert printed_.faults == []
    return html.fromstring(printed_.page)


def rows_below(page, caption: str) -> list[list[str]]:
    """The cells of each row of the table of that caption."""
    table = next(one for one in page.iter("table") if caption in "".join(one.find("caption").itertext()))
    return [["".join(cell.itertext()).strip() for cell in row] for row in table.iter("tr")][1:]


def test_the_appendix_prints_what_the_register_has(page, compared):
    found, related, _ = compared
    differing = rows_below(page, "this profile does not give")
    assert sorted(row[2] for row in differing) == sorted(
        one if one.endswith("%") else f"{float(one):g}" for one in found.loc[found["verdict"] == "differs", "printed"]
    )
    assert differing[0][2:] == ["12%", "13.6%"]
    assert "118 less 17 of 866 are 11.7 per cent" in differing[0][1]
    broken = rows_below(page, "cannot hold")
    assert [row[1] for row in broken] == list(related.loc[related["verdict"] == "cannot hold", "printed"])
    places = rows_below(page, "by place and verdict")
    assert places[-1] == ["All", *(str((found["verdict"] == one).sum()) for one in VERDICTS)]
    for number in range(1, 6):
        assert sum(int(row[number]) for row in places[:-1]) == int(places[-1][number])
    without = rows_below(page, "without anything to compare")
    assert sum(int(row[2]) for row in without) == (found["verdict"] == "not computable").sum()
    assert len(rows_below(page, "that were assumed")) == len(assumed())


def test_every_number_of_the_appendix_stands_with_its_words(made):
    page = profiles.read(made)
    assert {one.id for one in page.readings if one.id.startswith("reproduction.")} >= {
        f"reproduction.verdict.{one.replace(' ', '_')}" for one in VERDICTS
    }
    assert page.faults() == []


def test_under_a_policy_there_is_no_register_and_the_page_still_says_what_the_data_are(journeys, tmp_path):
    of = config(disclosure="suppress_below_5")
    made_ = profiles.made(of, with_days(journeys), tmp_path)
    assert not [one for one in made_.known if one.startswith(("review.", "reproduction.", "in_detail."))]
    released = profiles.released(made_, tmp_path, "suppress_below_5")
    assert released.faults == []
    text = " ".join(html.fromstring(released.page).text_content().split())
    assert "rebuilt from the counts that a published review of the partnership prints. Its figures" in text
    assert "other areas and periods" not in text
    assert "Appendix E" not in text


def test_the_page_says_that_the_year_before_is_made_up(page):
    text = " ".join(page.text_content().split())
    assert "rebuilt from the counts that a published review" in text
    assert text.count("made up, but for the growth of effective treatment") == 2
    assert text.count("are assumed, but for the growth of effective treatment") == 1
    assert "other areas and periods" not in text


def test_effective_treatment_has_grown_as_printed(made):
    assert round(made.known["partnership.growth.effective"]) == int(
        printed()["domes/effective_treatment_growth_all_pct/local"]
    )


def test_another_seed_makes_other_journeys_of_the_same_counts(journeys, loop):
    assert rebuilt(config()).equals(journeys)
    other = rebuilt(config(reference_extracts={"seed": 1}))
    assert not other.equals(journeys)
    again = counted(other.to_dict("records"))
    kept = [fact for fact in loop if "justice" not in fact and not fact.startswith("days")]
    kept += ["in_treatment justice", "completed justice", "back justice", "still justice"]
    assert {fact: again[fact] for fact in kept} == {fact: loop[fact] for fact in kept}


def test_a_printed_count_that_is_another_makes_other_journeys(loop):
    tables = print_()
    rows = tables["data_report_text"]
    rows.loc[rows["row"] == "in_treatment", "value"] = "900"
    again = counted(review_journeys(tables, assumed(), config()).to_dict("records"))
    assert again["in_treatment"] == 900
    assert again["M"] == loop["M"]
    assert again["completed"] == loop["completed"]


def test_a_mean_that_the_bands_do_not_allow_stops():
    tables = print_()
    rows = tables["figure_6"]
    rows.loc[(rows["row"] == "mean_years") & (rows["column"] == "local"), "value"] = "1.9"
    with pytest.raises(ValueError, match="no starts within the bands make a mean"):
        review_journeys(tables, assumed(), config())
