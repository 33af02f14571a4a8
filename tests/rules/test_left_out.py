"""Studies without some of the extracts: what rests on them is left out, and the report says so in that place."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from lxml import html

import chain
from dscp.exhibits.book import open_book
from dscp.extracts.registry import EXTRACTS, samples
from dscp.measures.needs import ELSEWHERE, FAMILIES, RULES, lacking, needs_of, without
from dscp.printing.forms import NOT_COMPUTED
from dscp.report.render import LeftOut, environment
from dscp.study.kinds import PRINTED
from dscp.study.reports import COUNTS, OF_COUNTS, PROFILE, REPORTS, report_of
from other_study import other_config
from thorough import some

EVERY = list(PRINTED)
PRISONS = ["carat_referrals", "cjit_forms", "dirs"]
MONEY = ["pilot_spending", "treatment_budgets", "budget_shares"]
SUBSETS = {
    "nothing": [],
    **{name: [name] for name in EVERY},
    "prisons": PRISONS,
    "money": MONEY,
    "all but journeys": [name for name in EVERY if name != "journeys"],
    "all but fieldwork": [name for name in EVERY if name != "fieldwork"],
    "all but triage": [name for name in EVERY if name != "triage_quarters"],
}
CASES = [(which, name) for which in ("other", "evaluated") for name in SUBSETS]
CHECKED = [("other", "all but journeys")]  # by make check, too
# Without this extract these tables are left out.
TABLES = {
    "journeys": {
        "6.1",
        "6.2",
        "6.3",
        "6.4",
        "7.5",
        "7.6",
        "7.7",
        "7.8",
        "7.9",
        "7.10",
        "7.11",
        "C.3.1",
        "C.5.1",
        "C.6.1",
        "B.2",
        "S.1",
        "S.13",
        "S.14",
        "S.16",
        "S.15",
    },
    "carat_referrals": {"3.1", "3.2", "B.3"},
    "cjit_forms": {"3.1", "3.2", "B.3"},
    "dirs": {"3.1", "3.2", "B.3"},
    "triage_quarters": {"3.3"},
    "new_journeys_monthly": set(),
    "new_journeys_yearly": {"7.4"},
    "pilot_spending": {"7.1", "7.2", "7.3", "7.8", "7.9", "7.10", "7.11", "C.3.1", "C.5.1", "C.6.1", "S.15"},
    "treatment_budgets": {"C.7.1"},
    "budget_shares": {"C.7.2"},
    "fieldwork": {"1.1", "1.2"},
    "pilot_activity": {"1.3"},
}


@pytest.fixture(scope="module")
def other(config):
    """Another study, of which one site has no prisons."""
    own = {**other_config(dict(config)), "assumed": {}}
    return chain.Study(own, samples(own, np.random.default_rng(3), 2500, own["extracts"]))


@pytest.fixture(scope="module")
def printed(other, programme, tmp_path_factory):
    """Of which study and without which extracts -> all that is printed, but for figures, which are not drawn."""
    studies = {"other": other, "evaluated": programme}  # the evaluated programme: its prose, other data
    folders = {which: tmp_path_factory.mktemp(which) for which in studies}

    @cache
    def made(which: str, *names: str) -> chain.Printed:
        found = chain.run(studies[which].without(*names), folders[which])
        return chain.render(found, found)

    return made


def faults(page: str) -> list[str]:
    """What no page may have: links to nowhere, elements without content, headings that text leads to in vain."""
    tree = html.fromstring(page)
    ids, links = set(tree.xpath("//@id")), [one[1:] for one in tree.xpath("//a/@href") if one.startswith("#")]
    found = [f"no place #{one}" for one in links if one not in ids]
    found += [f"no cells: {table.text_content()[:60]}" for table in tree.xpath("//table[not(tbody//td)]")]
    found += [f"no items: {html.tostring(one)[:60]}" for one in tree.xpath("//main//ul[not(li)] | //main//dl[not(dt)]")]
    found += [
        f"no text: {html.tostring(p)[:60]}"
        for p in tree.xpath("//main//p | //main//li")
        if not p.text_content().strip()
    ]
    heads = [(m.start(), int(m[1]), m[2]) for m in re.finditer(r'<h([1-4]) id="([^"]+)"', page)]
    for place, (start, level, anchor) in enumerate(heads):
        end = next((after for after, other, _ in heads[place + 1 :] if other <= level), len(page))
        left_out = r'<p class="absent">.*?</p>|<h[1-4].*?</h[1-4]>|</?section[^>]*>|</main>.*'
        if not re.sub(left_out, "", page[start:end], flags=re.DOTALL).strip():
            if tree.xpath(f"//main//a[@href='#{anchor}']"):
                found.append(f"{anchor} is referred to and has nothing but what it leaves out")
            if "absent" not in page[start:end]:
                found.append(f"{anchor} has nothing below it")
    return found


def without_the_fully_known(page: str) -> str:
    """A page without Table B.4: a model of the few of whom everything is known need not have an estimate."""
    return re.sub(r'<table id="table-B-4">.*?</table>', "", page, flags=re.DOTALL)


def text_of(page: str) -> str:
    """The words of the body."""
    return " ".join(
        " ".join(html.fromstring(page).xpath("//body//text()[not(ancestor::script or ancestor::style)]")).split()
    )


@pytest.mark.parametrize("case", some(CASES, CHECKED), ids="-".join)
@pytest.mark.thorough
def test_nothing_dangles_and_nothing_is_empty(case, printed):
    which, name = case
    found = printed(which, *SUBSETS[name])
    assert not found.faults
    assert not faults(found.page)
    assert NOT_COMPUTED not in text_of(without_the_fully_known(found.page))
    assert "nan" not in text_of(found.page).split()
    shown = set(re.findall(r'<table id="table-([^"]+)"', found.page))
    sheets = {sheet.name.removeprefix("Table ") for sheet in found.book.sheets if sheet.name.startswith("Table")}
    by_area = {number for number in sheets if number.startswith("B.6.")}
    assert {number.replace(".", "-") for number in sheets - by_area} == shown
    assert bool(by_area) == ("B-6" in shown)
    assert not any("Table B.6." in cell.text for cell in found.book.about)


@pytest.mark.parametrize("name", some(EVERY, ["carat_referrals"]))
@pytest.mark.thorough
def test_what_rests_on_an_extract_is_left_out_and_said(name, printed):
    whole, found = printed("other"), printed("other", name)
    gone = set(whole.cells["exhibit"]) - set(found.cells["exhibit"])
    assert {one for one in gone if one in chain.EXHIBITS or one == "S.1"} == TABLES[name]
    said = without([name], "").removesuffix(", so .")
    assert EXTRACTS[name].says in said
    assert said in text_of(found.page)
    assert said not in text_of(whole.page)
    cover = " ".join(cell.text for cell in found.book.about)
    assert not [number for number in TABLES[name] if f"Table {number} is not in this workbook." not in cover]


@pytest.mark.thorough
def test_a_site_without_spending_is_left_out_of_costs_and_benefits(other, tmp_path):
    """And one without new journeys of Table 7.4; the config's first site is not missed there."""
    lines, yearly = (other.extracts[name] for name in ("pilot_spending", "new_journeys_yearly"))
    less = other.but(
        pilot_spending=lines[lines["site"] != "site_2"], new_journeys_yearly=yearly[yearly["site"] != "site_1"]
    )
    made = chain.run(less, tmp_path)
    found = chain.render(made, made)
    assert not found.faults
    assert not faults(found.page)
    assert NOT_COMPUTED not in text_of(without_the_fully_known(found.page))
    cells = found.cells
    assert not cells["id"].str.contains("(?:cost|benefit|additional).*site_2").any()
    assert cells["id"].str.contains("effective_treatment.did.site_2", regex=False).any()
    assert set(cells.loc[cells["exhibit"] == "7.4", "row"].str[:6]) == {"site_2", "site_3", "site_4", "all_si"}
    assert "South site is not in the records of spending and so is left out of costs and benefits." in text_of(
        found.page
    )


def test_a_site_with_some_years_of_spending_only_stops_the_run(other, tmp_path):
    lines = other.extracts["pilot_spending"]
    less = other.but(pilot_spending=lines[(lines["site"] != "site_2") | (lines["fiscal_year"] != "2014-15")])
    assert [
        fault for fault in chain.faults(less, "pilot_spending", tmp_path) if "no row of site_2 for 2014-15" in fault
    ]


def test_the_worked_example_has_spending(other, tmp_path):
    lines = other.extracts["pilot_spending"]
    less = other.but(pilot_spending=lines[lines["site"] != "site_4"])
    (fault,) = chain.faults(less, "pilot_spending", tmp_path)
    assert "no row of site_4" in fault
    assert "economics.worked_example" in fault


@pytest.mark.thorough
def test_a_reference_to_what_is_left_out_stops_the_build(other, tmp_path):
    made = chain.run(other.without("pilot_activity", "new_journeys_monthly"), tmp_path)
    plans = chain.planned(chain.FIGURES, made.config, made.ledger["id"].tolist())
    book = open_book(made.ledger, made.activity, chain.EXHIBITS, made.config, {}, plans)
    env = environment(str(chain.TEMPLATES), book)
    with pytest.raises(LeftOut, match=r"Table 1\.3 .*pilot_activity"):
        env.from_string('{{ table_ref("1.3") }}').render()
    with pytest.raises(LeftOut, match=r"Figure C\.8\.1 is referred to"):
        env.from_string('{{ figure_ref("C.8.1") }}').render()
    assert env.from_string('{{ table_ref("7.4") }}').render()


@pytest.mark.thorough
def test_each_place_of_the_chapters_is_a_heading(printed):
    """The heading at a glance stands only where something is left out."""
    less = printed("evaluated", *PRISONS).page
    heads = {node.text_content() for node in html.fromstring(less).xpath("//h1 | //h2 | //h3")}
    for chapter in chain.declared("chapters")["chapters"].values():
        for place in chapter["needs"]:
            assert [
                head for head in heads if head == place or head.removeprefix("Appendix ").startswith(f"{place} ")
            ], place


def test_needs():
    study = {"extracts": ["journeys", "budget_shares"], "measures": ["effective_treatment"]}
    assert lacking(["journeys", "effective_treatment", "spending", "outcomes", "impact"], study) == []
    assert lacking(["pilot_spending", "prison_pickup"], study) == ["pilot_spending", "prison_pickup"]
    assert lacking(["benefits"], study) == ["completion_of_treated", "pilot_spending"]
    assert lacking(["new_journeys"], study) == ["new_journeys_yearly", "new_journeys_monthly"]
    with pytest.raises(ValueError, match="need 'tea'"):
        lacking(["tea"], study)
    assert without([], "x") == ""
    assert without(["pilot_spending"], "costs are left out") == (
        "This study has no extract of spending on the pilots, so costs are left out."
    )
    with pytest.raises(ValueError, match=r"id 'tea\.cups'"):
        needs_of({"columns": [{"id": "tea.cups"}]})


def test_every_rule_and_family_needs_what_there_is():
    needed = {name for needs in FAMILIES.values() for name in needs}
    study = {"measures": list(needed)}
    told, records = set(), [name for name in EXTRACTS if name != COUNTS]
    for report, extracts in (*((one, records) for one in REPORTS.values()), (OF_COUNTS, [COUNTS])):
        of_report = [name for name, one in RULES.items() if one.report == report.name]
        own = {name for name in needed - RULES.keys() if name not in EXTRACTS or name in extracts}
        asked = {**study, "extracts": extracts, "report": PROFILE.name if report is OF_COUNTS else report.name}
        assert report_of(asked) is report
        assert not lacking([*of_report, *(own if report is not OF_COUNTS else [])], asked)
        told |= set(of_report)
    assert told == RULES.keys()


def test_a_rule_of_another_report_is_lacking_whatever_a_study_has():
    study = {"extracts": EVERY, "measures": [], "report": "profile"}
    assert lacking(["unit_values"], study) == [ELSEWHERE]
    assert lacking(["partnership"], {**study, "report": "evaluation"}) == [ELSEWHERE]
