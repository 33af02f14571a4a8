"""The review's relations by kind: each judged again from its declaration, and its arithmetic done again."""

from __future__ import annotations

import calendar
import csv
import re
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
import yaml

from dscp.reproduction.kinds import KINDS, judged_by_kind, relation_rows, signs
from dscp.reproduction.published import read_published
from dscp.reproduction.relations import BROKEN, HOLDS
from dscp.reproduction.reviewed import place_of, reviewed

RESOURCES = Path(__file__).parents[2] / "workflow" / "resources"
DATA, DECIDED = RESOURCES / "published_southampton", RESOURCES / "reviewed"
SHARED = Path(__file__).parents[3] / "shared" / "published_southampton"
MONTHS = [one.lower() for one in (*calendar.month_name[4:], *calendar.month_name[1:4])]


def cells(folder: Path) -> dict[str, tuple[str, ...]]:
    """Key -> value, decimals, printed and unit."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                key = "/".join((row["table"], row["row"], row["column"])).replace("review_text/", "text/")
                found[key] = (row["value"], row["decimals"], row["printed"], row["unit"])
    return found


def specs(folder: Path) -> list[dict]:
    text = (folder / "relations.yaml").read_text(encoding="utf-8").replace("review_text/", "text/")
    return yaml.safe_load(text)


def again(spec: dict, of: dict) -> bool:
    """Whether a relation holds, by the rule of its kind alone."""

    def worth(name) -> Fraction:
        if isinstance(name, list):
            return sum((worth(one) for one in name), Fraction(0))
        if name.startswith("-"):
            return -worth(name[1:])
        return Fraction(of[name][0] or 0)

    kind, left = spec["kind"], spec["left"]
    if kind == "mean_lag":
        lags = [
            MONTHS.index(column.removeprefix("re_presented_")) - MONTHS.index(month)
            for key, (value, *_) in of.items()
            if key.startswith("figure_12/") and "/re_presented" in key
            for _, month, column in [key.split("/")]
            for _ in range(int(value))
        ]
        return abs(Fraction(sum(lags), len(lags)) - worth(left)) <= Fraction(1, 2)
    a, *rest = (worth(one) for one in spec["right"])
    margin = Fraction(1, 2) / 10 ** int(of[left][1]) if left in of else None
    if kind == "sum_pct_100":
        return abs(100 - a - sum(rest)) <= Fraction(len(rest) + 1, 2)
    number = worth(left)
    if kind == "only_largest":
        return number > a and not rest[0] > rest[1]
    if kind == "sum_pct":
        return abs(number - a - sum(rest)) <= Fraction(len(rest) + 1, 2)
    if kind in ("same", "sum"):
        return number == a + sum(rest)
    if kind == "difference":
        return number == a - sum(rest)
    if kind in ("at_most", "at_most_sum"):
        return number <= a + sum(rest)
    if kind == "sum_at_most":
        return a + sum(rest) <= number
    if kind == "less_than":
        return number < a
    if kind == "inside":
        return a <= number <= rest[0]
    made = {
        "percent": lambda: 100 * a / rest[0],
        "percent_rest": lambda: 100 - 100 * a / rest[0],
        "growth": lambda: 100 * (rest[0] - a) / a,
        "one_in": lambda: rest[0] / a,
        "one_in_pct": lambda: 100 / a,
    }[kind]()
    return abs(made - number) <= (Fraction(1, 2) if kind.startswith("one_in") else margin)


def judged(change=None):
    places = pd.read_csv(DECIDED / "places.csv").set_index("table")["words"].to_dict()
    tables = read_published([str(path) for path in DATA.glob("*.csv")])
    explained = pd.read_csv(DECIDED / "explained.csv", dtype=str).set_index("id")
    declared = yaml.safe_load((DATA / "relations.yaml").read_text(encoding="utf-8"))
    given = {"specs": declared, "published": reviewed(tables, places), "explained": explained, "places": places}
    return judged_by_kind(**{**given, **(change(given) if change else {})})


@pytest.fixture(scope="module")
def found():
    return judged()


def test_every_relation_is_judged_as_its_kind_says(found):
    declared, of = specs(DATA), cells(DATA)
    assert len(declared) == len(found) == 272
    assert {one["kind"] for one in declared} == set(KINDS)
    told = {one.id: one.verdict for one in found}
    for spec in declared:
        assert told[spec["id"]] == (HOLDS if again(spec, of) else BROKEN), spec["id"]
    assert sum(one.verdict == BROKEN for one in found) == 34


def test_a_pocket_calculator_gives_what_is_told(found):
    """Each calculation, done again as it stands, gives the result behind it, and the comparison is true."""
    told = 0
    for one in found:
        for text in one.arithmetic.split("; "):
            plain = (
                text.replace("×", "*")
                .replace("−", "-")
                .replace(",", "")
                .replace("≤", "<=")
                .replace("is not below", ">=")
                .replace("is not above", "<=")
            )
            plain = plain.replace(" printed ", " and ")
            for side in re.split(r" and | <= | >= | < | > ", plain):
                sums = side.split(" = ")
                if len(sums) == 2:
                    assert eval(sums[0]) == pytest.approx(float(sums[1]), abs=0.005001), text
                    told += 1
            if " and " not in plain:
                assert eval(re.sub(r" = [\d.]+", "", plain)), text
    assert told > 150


def test_the_completions_are_net_of_those_who_came_back(found):
    told = {one.id: one for one in found}
    assert told["completions_share"].arithmetic == "100 × 118 / 866 = 13.63, printed 12"
    assert told["completions_share"].cause == "net figure"
    assert told["completions_less_representations_share"].arithmetic == "100 × (118 − 17) / 866 = 11.66, printed 12"
    assert told["completions_less_representations_share"].verdict == HOLDS


def test_what_does_not_hold_is_explained_and_nothing_else():
    def without(given):
        return {"explained": given["explained"].drop("mean_months")}

    with pytest.raises(ValueError, match="mean_months cannot hold and is not explained"):
        judged(without)

    def too_many(given):
        more = given["explained"].loc[["mean_months"]].rename(index={"mean_months": "investment"})
        return {"explained": pd.concat([given["explained"], more])}

    with pytest.raises(ValueError, match="investment is explained and does not fail"):
        judged(too_many)

    def odd_cause(given):
        return {"explained": given["explained"].assign(cause="weather")}

    with pytest.raises(ValueError, match="cause 'weather', allowed: rounding"):
        judged(odd_cause)


def test_a_kind_or_a_number_that_there_is_not_stops():
    one = {"id": "x", "kind": "same", "left": "figure_2/opiate/2009_10", "right": ["figure_1/southampton/opiate"]}
    for change, said in (
        ({"kind": "sums"}, "kind 'sums', allowed: same"),
        ({"left": "figure_2/a/b"}, "no published number"),
    ):
        with pytest.raises(ValueError, match=said):
            judged(lambda given, change=change: {"specs": [one | change], "explained": given["explained"].iloc[:0]})
    with pytest.raises(ValueError, match="x stands twice"):
        judged(lambda given: {"specs": [one, one], "explained": given["explained"].iloc[:0]})


def test_rows_say_what_is_compared(found):
    rows = relation_rows(found).set_index("id")
    assert rows.loc["penetration", "printed"] == "100 × 755 / 1,321 = 57.15, printed 57"
    assert (rows["why"] != "").all()
    assert (rows["about"] != "").all()
    assert (rows["cause"] != "").sum() == 34


def test_places_and_signs_in_words():
    assert (
        place_of("figure_12/april/re_presented_may", {"figure_12": "Figure 12"}) == "Figure 12, April, re presented May"
    )
    assert place_of("a/n_x/n_x", {"a": "Table"}) == "Table, number x"
    assert signs("-16 * (118 - 17)") == "−16 × (118 − 17)"


def test_the_print_is_that_of_the_source():
    if not SHARED.exists():
        pytest.skip("the source of the data is not beside the project")
    assert cells(DATA) == cells(SHARED)
    assert specs(DATA) == specs(SHARED)
