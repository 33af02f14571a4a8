"""Referrals whose client is in another extract, by area and period: counted again row by row, and protected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import chain
from dscp.disclosure.attack import Range
from dscp.disclosure.control import NOTE, Control
from dscp.disclosure.facts import rests
from dscp.disclosure.policies import POLICIES
from dscp.disclosure.withholding import Ties, small
from dscp.printing.html import read_html
from thorough import some

OTHERS = ("cjit_forms", "dirs")


@pytest.fixture(scope="module")
def made(programme, tmp_path_factory):
    """A small study in which half the forms, and the DIRs of one area's later clients, are of other clients."""
    limits = {"stop_at": {"months_without_rows": 500, "linked_percent": 1}}
    study = programme.but({**programme.config, "validation": limits})
    forms, dirs, referrals = (study.extracts[name] for name in ("cjit_forms", "dirs", "carat_referrals"))
    gone = referrals.loc[referrals["referral_date"] >= "2013-10-01", "client"][::3]
    forms = forms.assign(client=forms["client"].mask(forms.index % 2 == 1, "Q" + forms["client"]))
    study = study.but(cjit_forms=forms, dirs=dirs[~dirs["client"].isin(gone)])
    return study, chain.run(study, tmp_path_factory.mktemp("linked"))


@pytest.fixture(scope="module")
def kept(made, tmp_path_factory):
    """The same study as it is under a policy, before it is protected."""
    study = made[0]
    config = {**study.config, "disclosure": {"policy": "suppress_below_5"}}
    return chain.run(study.but(config), tmp_path_factory.mktemp("kept"))


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.thorough
def test_linked_referrals_are_counted_by_area_and_period(made, other):
    study, run = made
    referrals = chain._counted(study.config, run.typed)[1]["referrals"]
    rows = pd.read_parquet(run.typed["carat_referrals"]).set_index("line")["client"]
    there = set(pd.read_parquet(run.typed[other])["client"])
    some = 0
    for (area, period), members in referrals.groupby(["area", "period"]):
        linked = sum(rows[line] in there for line in members["line"])
        some += 0 < linked < len(members)
        assert run.known[f"prison_pickup.with_{other}.{area}.{period}"] == linked
        share = run.known[f"prison_pickup.share_with_{other}.{area}.{period}"]
        assert share == pytest.approx(100 * linked / len(members))
        if other == "cjit_forms":
            assert run.known[f"prison_pickup.count.{area}.{period}"] <= linked
    assert some > 1


@pytest.mark.thorough
def test_appendix_b_says_who_is_linked_and_what_stops_the_run(made):
    page = read_html(chain.render(made[1], known=made[1]).page)
    text = " ".join(page.text_content().split())
    assert "from these sizes on: 500 months on end without a row of a place; less than 1 per cent of the rows" in text
    printed = {one.get("data-q"): one.text_content() for one in page.iter("data")}
    areas = {name: value for name, value in made[1].known.items() if ".all_" not in name}
    for name, value in areas.items():
        if name.startswith("prison_pickup.with_"):
            assert printed[name] == f"{value:,.0f}"
        if ".share_with_" in name:
            assert float(printed[name].removesuffix("%")) == pytest.approx(value, abs=0.0501)


def ledger_of(**given: int) -> dict:
    """Two areas, 30 and 20 referrals; what is linked of them, and of all 80 referrals kept."""
    common = {"unit": "count", "about": "people", "inputs": "", "formula": "", "note": "", "dims": "", "cohort": ""}
    rows = {
        "validation.rows_kept.carat_referrals": {"value": 80, "extract": "carat_referrals"},
        "validation.linked.carat_referrals.cjit_forms": {
            "value": given["all"], "extract": "carat_referrals", "dims": "extract=carat_referrals other=cjit_forms",
        },
    }  # fmt: skip
    for area, base in (("pilot_1", 30), ("comparison_1", 20)):
        parts = {"base": (base, "k"), "count": (given.get("count", 5), "k/o"), "with_cjit_forms": (given[area], "k/f")}
        for part, (value, cohort) in parts.items():
            extract = "carat_referrals" if part == "base" else "carat_referrals cjit_forms"
            rows[f"prison_pickup.{part}.{area}.pre"] = {
                "value": value, "cohort": cohort, "dims": f"area={area} period=pre", "extract": extract,
            }  # fmt: skip
    return {name: {**common, "id": name, "family": name.split(".")[0], **row} for name, row in rows.items()}


LINKED = "validation.linked.carat_referrals.cjit_forms"
FEW = {
    "with a form and not picked up": ({"all": 40, "pilot_1": 22, "comparison_1": 7}, "with_cjit_forms.comparison_1"),
    "without a form": ({"all": 50, "pilot_1": 27, "comparison_1": 12}, "with_cjit_forms.pilot_1"),
    "with a form, and of no area": ({"all": 36, "pilot_1": 20, "comparison_1": 14}, LINKED),
    "without a form, and of no area": ({"all": 62, "pilot_1": 20, "comparison_1": 14}, LINKED),
}


@pytest.mark.parametrize("what", FEW)
def test_few_who_are_linked_or_not_are_not_told(what):
    given, withheld = FEW[what]
    found = small(ledger_of(**given), POLICIES["suppress_below_5"])
    assert list(found) == [withheld if withheld == LINKED else f"prison_pickup.{withheld}.pre"]


def test_enough_of_each_are_published():
    rows = ledger_of(all=45, pilot_1=20, comparison_1=12)
    policy = POLICIES["suppress_below_5"]
    assert small(rows, policy) == {}
    count, linked = "prison_pickup.count.pilot_1.pre", "prison_pickup.with_cjit_forms.pilot_1.pre"
    assert {linked, LINKED} <= Ties(rows, policy, "not_successful").closed({count: "few"}).keys() - {count}
    assert len(list(rests(rows))) == 4


@pytest.mark.parametrize(
    "policy", some(["suppress_below_5", "suppress_below_8_round_to_5", "round_to_5"], ["suppress_below_5"])
)
@pytest.mark.thorough
def test_no_other_number_is_withheld_for_the_sake_of_links(kept, policy, tmp_path):
    """They are what the report can best do without; how many rows of two extracts go together is one of them."""

    def withheld(ledger: pd.DataFrame, folder: Path) -> set[str]:
        assert chain.publish(replace(kept, ledger=ledger), folder, policy) == []
        rows = pd.read_csv(folder / "ledger.csv", dtype=str, keep_default_na=False).set_index("id")
        return set(rows.index[rows["note"].str.startswith("[c]")])

    every = kept.ledger[~kept.ledger["rule"].isin(chain.OPEN)]
    of_links = every["id"].str.contains("with_", regex=False)
    more = withheld(every, tmp_path / "with") - withheld(every[~of_links], tmp_path / "without")
    assert {name for name in more if "with_" not in name and not name.startswith("validation.linked.")} == set()


TOLD = {
    "by all rows being linked": ({"all": 80, "pilot_1": 30, "comparison_1": 20}, 30),
    "by few linked rows and as many picked up": ({"all": 25, "pilot_1": 5, "comparison_1": 20}, 5),
}


@pytest.mark.parametrize("how", TOLD)
def test_what_the_other_numbers_tell_of_a_withheld_link_is_found(how):
    given, value = TOLD[how]
    rows, hidden = ledger_of(**given), "prison_pickup.with_cjit_forms.pilot_1.pre"
    rows[hidden] |= {"value": float("nan"), "note": NOTE}
    assert Control(POLICIES["suppress_below_5"]).given_away(rows) == {hidden: Range(value, value)}
