"""Claims of the print: verdicts follow from relations, places, lists and weights; every row says why."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dscp.reproduction.claims import (
    BROKEN,
    CONSTRUCTED,
    HOLDS,
    LOOSELY,
    UNJUDGED,
    citations,
    declared_claims,
    of_prose,
    places,
    references,
)
from dscp.reproduction.intervals import Interval, interval
from dscp.reproduction.verdicts import DIFFERS, EQUAL, NOT, WITHIN
from dscp.reproduction.weights import weighted

DATA = Path(__file__).parents[2] / "workflow" / "resources" / "claims"
CLAIM = {"id": "x", "line": 1, "place": "Section 1", "kind": "number", "claim": "a claim", "hangs": "nothing"}
VALUES = {"t/r/a": interval(3), "t/r/b": interval(4), "our/s": interval(4), "our/c": interval(5), "t/r/none": None}


def verdict(**rule: str) -> str:
    return declared_claims({"claims": [{**CLAIM, **rule}], "weights": {}}, VALUES, {"our/s"})[0].verdict


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"holds": "[t r a] < [t r b]"}, HOLDS),
        ({"holds": "[t r a] > [t r b]"}, BROKEN),
        ({"holds": "[t r a] = [t r b]", "loosely": "[t r a] + 1 = [t r b]"}, LOOSELY),
        ({"holds": "[t r a] = [t r b]", "loosely": "[t r a] = [t r b] + 1"}, BROKEN),
        ({"holds": "[t r none] = 1", "loosely": "[t r a] = 3"}, UNJUDGED),
        ({"holds": "[our s] = 4"}, CONSTRUCTED),  # a setting agrees with itself
        ({"holds": "[our s] = 5"}, BROKEN),
        ({"holds": "[our c] = 5"}, HOLDS),  # computed, and so a finding
        ({"holds": "[our s] = [t r b]"}, HOLDS),  # a table of the print is no setting
        ({"found": LOOSELY, "against": "the text", "sum": "1 + 1"}, LOOSELY),
    ],
)
def test_verdict_of_a_declared_claim(rule, expected):
    assert verdict(**rule) == expected


def test_an_unknown_verdict_kind_or_number_stops():
    with pytest.raises(ValueError, match="no such verdict"):
        verdict(found="perhaps", against="")
    with pytest.raises(ValueError, match="no such verdict or kind"):
        verdict(found=HOLDS, against="", kind="opinion")
    with pytest.raises(ValueError, match="no published number"):
        verdict(holds="[t r missing] = 1")


def test_the_sum_behind_a_verdict_is_told():
    found = declared_claims({"claims": [{**CLAIM, "holds": "[t r a] + 2 = [t r b]"}], "weights": {}}, VALUES, ())[0]
    assert found.arithmetic == "3 + 2 = 4; 5 against 4"
    assert found.judged_against == "Table t"


# -- the text about itself


def test_places_are_told_one_by_one():
    found = places({"places": ["Chapter 1 to 3", "Appendix A, C1 to C2", "Table 7.9 to 7.11, C.7.1 to C.7.2"]})
    assert found == {
        *("Chapter 1", "Chapter 2", "Chapter 3", "Appendix A", "Appendix C1", "Appendix C2"),
        *("Table 7.9", "Table 7.10", "Table 7.11", "Table C.7.1", "Table C.7.2"),
    }


def test_references_need_their_place_and_what_is_said_to_be_there():
    one = {"line": 1, "place": "Section 1", "for": "a thing"}
    data = {
        "places": ["Appendix A"],
        "references": [
            {**one, "to": "Appendix A"},
            {**one, "to": "Appendix A2"},
            {**one, "to": "Appendix A", "but": "no"},
        ],
    }
    assert [found.verdict for found in references(data)] == [HOLDS, BROKEN, BROKEN]
    assert "Appendix A2" in references(data)[1].arithmetic


def test_citations_need_one_work_of_that_author_and_year():
    at = {"line": 1, "place": "Section 1"}
    data = {
        "works": [
            {"work": "A", "year": "2001"},
            *({"work": "B", "year": "2002", "what": what} for what in ("one", "another")),
            {"work": "C", "year": "2003"},
        ],
        "citations": [
            {**at, "work": "A", "year": "2001"},
            {**at, "work": "A", "year": "2000"},
            {**at, "work": "B", "year": "2002", "what": "one"},
            {**at, "work": "C", "year": "2003", "but": "another subject"},
        ],
    }
    found = citations(data)
    assert [one.verdict for one in found[:4]] == [HOLDS, BROKEN, LOOSELY, BROKEN]
    assert [one.claim for one in found[4:]] == ["B (2002), another, is cited", "C (2003) is cited"]


def test_figures_of_the_prose_keep_the_verdict_of_the_register():
    row = {"printed": "1", "our_id": "", "our_printed": "", "evidence": "", "reason": "because", "rounding": ""}
    row |= {"cause_confirmed": "", "where": "Section 1"}
    verdicts = {EQUAL: HOLDS, CONSTRUCTED: CONSTRUCTED, WITHIN: LOOSELY, DIFFERS: BROKEN, NOT: UNJUDGED}
    rows = [{**row, "key": f"text/{n}", "verdict": one} for n, one in enumerate(verdicts)]
    rows.append({**row, "key": "7.1/a/b", "verdict": EQUAL})
    told = {str(n): {"line": "5", "paraphrase": "a figure"} for n in range(len(rows))}
    assert [one.verdict for one in of_prose(rows, told, {"text/1"})] == [HOLDS, LOOSELY, BROKEN, UNJUDGED]


# -- weights

shares = st.lists(st.lists(st.fractions(0, 100, max_denominator=50), min_size=3, max_size=3), min_size=1, max_size=4)
weights = st.lists(st.fractions(Fraction(1, 20), 1, max_denominator=50), min_size=3, max_size=3)


def around(value: Fraction, half: Fraction = Fraction(1, 20)) -> Interval:
    return Interval(value - half, value + half)


@settings(deadline=None)
@given(parts=shares, by=weights)
def test_true_weights_are_never_called_impossible(parts, by):
    whole = [sum(w * x for w, x in zip(by, row, strict=True)) / sum(by) for row in parts]
    found = weighted([[around(x) for x in row] for row in parts], [around(x) for x in whole])
    assert found.possible
    for weight, (low, high) in zip(by, found.shares, strict=True):
        assert low - 1e-6 <= weight / sum(by) <= high + 1e-6


@settings(deadline=None)
@given(parts=shares, whole=st.lists(st.fractions(0, 100, max_denominator=50), min_size=4, max_size=4))
def test_impossible_weights_come_with_a_proof(parts, whole):
    """With the multipliers every part holds more than the whole, at the ends that suit it most."""
    rows, sums = [[around(x) for x in row] for row in parts], [around(x) for x in whole[: len(parts)]]
    found = weighted(rows, sums)
    if found.possible:
        return
    by = [multiplier for _, multiplier in found.proof]
    ends = [
        sum(m * float(row[part].low if m > 0 else row[part].high) for m, row in zip(by, rows, strict=True))
        for part in range(3)
    ]
    most = sum(m * float(one.high if m > 0 else one.low) for m, one in zip(by, sums, strict=True))
    assert min(ends) == pytest.approx(most + found.gap, abs=1e-6)


# -- the data


@pytest.fixture(scope="module")
def data() -> dict:
    return yaml.safe_load((DATA / "claims.yaml").read_text(encoding="utf-8"))


def test_every_claim_has_one_rule_and_says_what_hangs_on_it(data):
    names = [one["id"] for one in data["claims"]]
    assert len(set(names)) == len(names) > 150
    for one in data["claims"]:
        assert len({"holds", "weights", "found"} & one.keys()) == 1, one["id"]
        assert one["hangs"], one["id"]
        assert ("loosely" in one) <= ("holds" in one), one["id"]
        assert one.get("found") != UNJUDGED or one.get("why"), one["id"]
        assert len(one["claim"].split()) <= 20, one["id"]  # a claim, and no sentence of the print
        if one.get("found") in (HOLDS, LOOSELY, BROKEN):
            assert one.get("sum"), one["id"]


def test_what_the_text_says_about_itself():
    """Slips that are known, and a reference and a citation that hold."""
    text = yaml.safe_load((DATA / "text.yaml").read_text(encoding="utf-8"))
    refers = {(one.place, one.claim.split(" has ")[0]): one.verdict for one in references(text)}
    assert refers["Section 1.3.3", "Appendix A2"] == BROKEN  # there is none
    assert refers["Appendix C4", "Chapter 6"] == BROKEN  # appendix C6 is meant
    assert refers["Section 3.2.3", "Section 3.2.4"] == HOLDS
    cited = {one.claim: one.verdict for one in citations(text)}
    assert cited["NTA (2011), a study of careers in drug use, is in the list of references"] == BROKEN
    assert cited["Turley and Webster (2011) is in the list of references"] == BROKEN
    assert cited["Davies et al. (2009) is in the list of references"] == HOLDS
