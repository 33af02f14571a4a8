"""The attack from outside finds what is planted in published files; what it finds in studies of every kind is nothing.

Each plant is a hand-made run in which a count is given away in one way, and the reader must tell it by that way in.
"""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

import outside
import outside_estimates
import outside_table
from outside import Run, attack
from thorough import some

FIVE, ROUNDED, BOTH = {"smallest": 5}, {"base": 5}, {"smallest": 8, "base": 5}
AREAS = [f"{arm}_1.{period}" for arm, period in outside.PLACES]


def count(name: str, value: float | None, note: str = "", **fields: str) -> dict[str, str]:
    """A published count of people; None is withheld, nan missing."""
    shown = {"value": "", "note": "[c] confidential"} if value is None else {"value": str(value), "note": note}
    if value is not None and math.isnan(value):
        shown["value"] = ""
    blank = dict.fromkeys(("formula", "inputs", "filter", "rows", "dims"), "")
    known = {"id": name, "unit": "count", "about": "people", "extract": "journeys", "family": name.split(".")[0]}
    return {**blank, **known, **shown, **fields}


def run(policy: dict[str, int], *rows: dict[str, str], listed: tuple[str, ...] = ()) -> Run:
    """A published run under a policy with these numbers."""
    settings = [count(f"setting.disclosure.{key}", value, about="") for key, value in policy.items()]
    settings.append(count("setting.models.confidence", 0.95, about=""))
    return Run({row["id"]: row for row in (*rows, *settings)}, dict.fromkeys(listed, "rounded"))


def summed(name: str, value: float | None, parts: list[str]) -> dict[str, str]:
    return count(name, value, formula="sum(part)", inputs=" ".join(f"part={one}" for one in parts))


def told(of: Run, *kinds: str) -> dict[str, int]:
    """What is told exactly."""
    return {name: min(some) for name, some in attack(of, kinds).counts.items() if len(some) == 1}


def model(note: str = "", **values: float) -> list[dict[str, str]]:
    """What a model of site 1 says; nothing by default."""
    parts = dict.fromkeys(outside.MODEL, math.nan) | values
    return [count(f"seen.{part}.site_1", value, note, unit="ratio") for part, value in parts.items()]


@pytest.mark.parametrize("module", [outside, outside_estimates])
def test_the_reader_knows_nothing_of_the_code(module):
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    known = {"numpy", "pandas", "scipy.optimize", "scipy.sparse", "scipy.stats", "outside_estimates"}
    known |= {"scipy.stats.mstats", "statsmodels.stats.proportion"}
    standard = {"__future__", "ast", "itertools", "json", "math", "re", "collections", "collections.abc", "dataclasses"}
    assert names <= known | standard | {"functools", "pathlib", "statistics"}


def test_every_reader_adds_up():
    names = [f"seen.base.{area}" for area in AREAS[:2]]
    of = run(FIVE, count(names[0], None), count(names[1], 20), summed("seen.base.all", 23, names))
    assert told(of) == {names[0]: 3}


def test_a1_a_rounded_count_that_is_not_listed_is_exact():
    rows = [count(f"seen.base.{area}", value) for area, value in zip(AREAS, (10, 15, 20, 5), strict=True)]
    some = run(ROUNDED, *rows, listed=(*(f"seen.base.{area}" for area in AREAS[1:]),))
    assert told(some, "A1") == {f"seen.base.{AREAS[0]}": 10}
    assert attack(some, ["A1"]).counts[f"seen.base.{AREAS[1]}"] == {13, 14, 16, 17}
    every = run(ROUNDED, *rows, listed=tuple(f"seen.base.{area}" for area in AREAS))
    assert told(every, "A1") == told(run(ROUNDED, *rows), "A1") == {}


@pytest.mark.parametrize("note", ["", "not estimable: no successful rows", "sex has a single level, left out"])
def test_a2_the_rows_of_a_model_less_its_published_bases(note):
    bases = [count(f"seen.base.{area}", value) for area, value in zip(AREAS, (None, 20, 30, 40), strict=True)]
    counts = [count(f"seen.count.{area}", None) for area in AREAS]
    rows = count("seen.model_rows.site_1", 93, note=note)
    assert told(run(FIVE, *bases, *counts, *model(), rows), "A2")[f"seen.base.{AREAS[0]}"] == 3
    fewer = count("seen.model_rows.site_1", 93, note="a category of sex: all have the same outcome, left out")
    assert told(run(FIVE, *bases, *counts, *model(), fewer), "A2") == {}
    dropped = count("seen.model_rows_dropped.site_1", 2)
    assert told(run(FIVE, *bases, *counts, *model(), fewer, dropped), "A2")[f"seen.base.{AREAS[0]}"] == 5


TRUE = [(23, 9), (17, 12), (28, 16), (12, 4)]  # base and count, pilot and comparison, post and pre


def fitted(cells: list[tuple[int, int]], digits: int) -> dict[str, float]:
    """What statsmodels says of a model without characteristics, cut to some digits."""
    pilot, post = np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0])
    x = np.column_stack([np.ones(4), pilot, post, pilot * post])
    y = np.concatenate([np.arange(base) < count for base, count in cells]).astype(float)
    fit = sm.Logit(y, np.repeat(x, [base for base, _ in cells], axis=0)).fit(disp=0, tol=1e-12)
    low, high = fit.conf_int()[3]
    with_it, without = (1 / (1 + np.exp(-x[0] @ (fit.params * [1, 1, 1, one]))) for one in (1, 0))
    slope = with_it * (1 - with_it) * x[0] - without * (1 - without) * x[0] * [1, 1, 1, 0]
    effect, error = with_it - without, 1.959963984540054 * math.sqrt(slope @ fit.cov_params() @ slope)
    found = {
        "odds_ratio": np.exp(fit.params[3]), "odds_ratio_low": np.exp(low), "odds_ratio_high": np.exp(high),
        "effect": 100 * effect, "effect_low": 100 * (effect - error), "effect_high": 100 * (effect + error),
    }  # fmt: skip
    return {part: float(f"{value:.{digits}g}") for part, value in found.items()}


def rounding(cells: list[tuple[int, int]]) -> list[dict[str, str]]:
    bases = [count(f"seen.base.{area}", 5 * round(base / 5)) for area, (base, _) in zip(AREAS, cells, strict=True)]
    return bases + [count(f"seen.count.{area}", 5 * round(n / 5)) for area, (_, n) in zip(AREAS, cells, strict=True)]


def test_a3_the_eight_counts_behind_a_model():
    of = run(ROUNDED, *rounding(TRUE), *model(**fitted(TRUE, 4)))
    names = {f"seen.{part}.{area}": n for area, pair in zip(AREAS, TRUE, strict=True)
             for part, n in zip(("base", "count"), pair, strict=True)}  # fmt: skip
    found = attack(of, ["A3"]).counts
    assert all(n in found[name] for name, n in names.items())
    assert sum(len(found[name]) == 1 for name in names) >= 4


def test_a3_a_model_that_is_fitted_to_published_counts_tells_nothing():
    published = [(25, 10), (15, 10), (30, 15), (10, 5)]
    assert told(run(ROUNDED, *rounding(TRUE), *model(**fitted(published, 4))), "A3") == {}


NOTES = {
    "not estimable: no unsuccessful rows in the pilot area, pre period": "all",
    "not estimable: no successful rows in the pilot area, pre period": "none",
    "sex has a single level; not estimable: no unsuccessful rows in the pilot area, pre period": "all",
    "not computed: the reason is not given": None,
}


@pytest.mark.parametrize("note", NOTES)
def test_a4_the_note_of_a_model_tells_that_all_or_none_have_the_outcome(note):
    rows = [count(f"seen.{part}.{area}", None) for area in AREAS for part in ("base", "count")]
    groups = attack(run(FIVE, *rows, *model(note)), ["A4"]).groups
    assert groups == ({("seen", "pilot_1", "pre"): NOTES[note]} if NOTES[note] else {})


def test_a4_the_reason_for_a_missing_value_tells_that_nobody_is_there():
    names = [f"seen.{part}.pilot_1.pre" for part in ("count", "base")]
    rate = {"unit": "percent", "inputs": f"count={names[0]} base={names[1]}"}
    rows = [count(name, 0) for name in names]
    said = count("seen.rate.pilot_1.pre", math.nan, "not computed: the base is 0", **rate)
    assert told(run(ROUNDED, *rows, said), "A4")[names[1]] == 0
    lost = count("seen.rate.pilot_1.pre", math.nan, "not computed: the published numbers do not allow it", **rate)
    other = {**said, "id": "seen.rate.pilot_2.pre", "inputs": rate["inputs"].replace("pilot_1", "pilot_2")}
    of_other = [count(name.replace("pilot_1", "pilot_2"), 0) for name in names]
    assert list(attack(run(ROUNDED, *rows, *of_other, lost, other), ["A4"]).counts[names[1]]) == [1, 2]
    same = {**other, "note": lost["note"]}
    assert list(attack(run(ROUNDED, *rows, *of_other, lost, same), ["A4"]).counts[names[1]]) == [0, 1, 2]


def test_a4_a_remainder_that_no_rounding_leaves_large_enough_is_nobody():
    rows = [count("seen.base.pilot_1.pre", 20), count("seen.count.pilot_1.pre", 20)]
    assert attack(run(BOTH, *rows), ["A4"]).groups == {("seen", "pilot_1", "pre"): "all"}
    assert attack(run(ROUNDED, *rows), ["A4"]).groups == {}


def test_a5_four_withheld_counts_and_a_sum_of_four():
    names = [f"seen.base.cell_{i}" for i in range(6)]
    values = [None] * 4 + [20, 30]
    rows = [*(count(name, value) for name, value in zip(names, values, strict=True)), summed("seen.all", 54, names)]
    assert told(run(FIVE, *rows)) == {}
    assert told(run(FIVE, *rows), "A5") == dict.fromkeys(names[:4], 1)


def contradictory() -> Run:
    """Rows of a model say that a withheld base is less than nobody, the referrals that it is 3."""
    measure = "prison_pickup"
    bases = [count(f"{measure}.base.{area}", n) for area, n in zip(AREAS, (None, 20, 30, 40), strict=True)]
    counts = [count(f"{measure}.count.{area}", None) for area in AREAS]
    fitted = [{**one, "id": one["id"].replace("seen", measure)} for one in model()]
    others = {
        f"{measure}.model_rows.site_1": 60,
        "validation.rows_kept.carat_referrals": 103,
        "excluded.not_local_or_not_in_period.carat_referrals": 10,
    }
    return run(FIVE, *bases, *counts, *fitted, *(count(name, value) for name, value in others.items()))


def test_a6_a_contradiction_is_no_reason_to_believe_nothing():
    name = f"prison_pickup.base.{AREAS[0]}"
    assert name not in told(contradictory(), "A2")
    assert told(contradictory(), "A2", "A6")[name] == 3


def smallest_partner(rows: list[dict]) -> dict[str, bool]:
    """A program that withholds what is below 5, and with it the smallest other count."""
    cells = {row["id"]: row["value"] for row in rows if not row["inputs"]}
    small = {name for name, value in cells.items() if 0 < value < 5}
    partner = min(set(cells) - small, key=lambda name: (cells[name], name)) if small else None
    return {row["id"]: row["id"] in small or row["id"] == partner for row in rows}


def test_a7_the_partner_of_a_small_count_is_the_smallest_of_the_others():
    """4 + 19 are withheld beside 19 and 30: with 3 + 20 or 2 + 21 the partner would have been the published 19."""
    names = [f"seen.base.cell_{i}" for i in range(4)]
    values = [None, None, 19, 30]
    rows = [*(count(name, value) for name, value in zip(names, values, strict=True)), summed("seen.all", 72, names)]
    of = run(FIVE, *rows)
    facts = outside.plain(of)
    known = attack(of)
    assert len(known.counts[names[0]]) == 24
    assert outside.minimality(of, known, smallest_partner, facts) == {name: {4, 19} for name in names[:2]}


def test_a8_two_ids_with_the_same_words_count_the_same_people():
    words = {"filter": "clients of North", "dims": "area=pilot_1 period=pre"}
    rows = [count("seen.base.pilot_1.pre", None, **words), count("again.base.pilot_1.pre", 3, **words)]
    assert told(run(FIVE, *rows), "A8") == {"seen.base.pilot_1.pre": 3}


def test_a8_a_cohort_within_another():
    """No client has two journeys, says the report; nobody is in effective treatment: nobody was retained."""
    rows = [
        *(count(f"effective_treatment.{part}.pilot_1.pre", n) for part, n in (("base", 20), ("count", 0))),
        *(count(f"retained_12_weeks.{part}.pilot_1.pre", None) for part in ("base", "count")),
    ]
    alone, some = (count("excluded.not_latest.journeys", n) for n in (0, 2))
    assert told(run(FIVE, *rows, alone), "A8") == {"retained_12_weeks.count.pilot_1.pre": 0}
    assert told(run(FIVE, *rows, some), "A8") == {}


def test_a9_few_service_users_were_spoken_to():
    rows = [
        count(f"fieldwork.stage_2.{who}.site_1", n, about="events") for who, n in (("service_users", 3), ("staff", 2))
    ]
    assert outside.users_spoken_to(run(FIVE, *rows)) == {"fieldwork.stage_2.service_users.site_1": 3}


def test_a10_the_records_behind_a_count_are_as_many():
    assert told(run(FIVE, count("seen.base.pilot_1.pre", None, rows="3")), "A10") == {"seen.base.pilot_1.pre": 3}


def test_a10_a_computed_number_that_does_not_follow_from_published_ones():
    names = [f"seen.{part}.pilot_1.pre" for part in ("count", "base")]
    rate = {"unit": "percent", "formula": "100 * count / base", "inputs": f"count={names[0]} base={names[1]}"}
    rows = [count(names[0], 10), count(names[1], 20)]
    assert outside.says_more(run(ROUNDED, *rows, count("seen.rate.pilot_1.pre", 50, **rate))) == []
    assert outside.says_more(run(ROUNDED, *rows, count("seen.rate.pilot_1.pre", 47.6, **rate))) == [
        "seen.rate.pilot_1.pre"
    ]
    withheld = [count(names[0], None), rows[1], count("seen.rate.pilot_1.pre", 15, **rate)]
    assert outside.says_more(run(FIVE, *withheld)) == ["seen.rate.pilot_1.pre"]


# ---- What is right is counted as right


def of_study(**truth: int) -> outside_table.Published:
    of = run(FIVE, *(count(f"seen.base.{name}", None) for name in truth))
    return outside_table.Published(0, "suppress_below_5", of, {f"seen.base.{name}": n for name, n in truth.items()})


def test_what_a_reader_says_is_compared_with_the_truth():
    of = of_study(a=3, b=3, c=3, d=3)
    said = {"a": {3}, "b": {4}, "c": {2, 3}, "d": set(range(1, 6))}
    found = outside_table.told(of, outside.Told({f"seen.base.{name}": some for name, some in said.items()}, {}, {}))
    assert found["hidden"] == [f"seen.base.{name}" for name in "abcd"]
    assert found["told"] == ["seen.base.a"]
    assert found["narrower"] == ["seen.base.a", "seen.base.c"]
    assert found["wrong"] == ["seen.base.b"]


# ---- Small studies of every kind, under every policy


STUDIES = some(range(20), kept=range(3))


@pytest.mark.parametrize("seed", STUDIES)
def test_nothing_is_told_of_a_small_study(seed, config, tmp_path):
    """By all ways in together, under every policy: no count, no remainder, no group of which all or none are told.

    And no study is refused altogether: a gate that publishes nothing tells nothing, and is no use.
    """
    said = []
    for of in outside_table.published(config, seed, tmp_path):
        assert of.run is not None, f"{of.policy}: nothing is published"
        result = outside_table.told(of, outside_table.by_minimality(of))
        said += [f"{of.policy}: {what} {name}" for what in outside_table.COLUMNS[1:] for name in result[what]]
        said += [f"{of.policy}: more is said by {name}" for name in outside.says_more(of.run)]
    assert said == []


# ---- A finished run


@pytest.fixture(scope="module")
def finished(protected_study) -> Path:
    """The folder of a run that was made by the workflow under a policy."""
    return protected_study / "results" / "other-2012-15"


def test_no_form_of_a_finished_run_says_more_than_its_ledger(finished):
    """Cells, page and its data say what the ledger says; the run's record nothing of what is confidential."""
    of = Run.read(finished)
    assert len(of.hidden) > 100
    assert outside.forms_that_say_more(of, finished) == []
    assert outside.says_more(of) == []
    assert outside.record_says_more(finished) == []


def test_what_a_form_says_more_is_found(finished, tmp_path):
    """A withheld count in the cells and in the page, how many records are behind a number, a size in the record."""
    of, names = Run.read(finished), ("cells.csv", "report.html", "ro-crate-metadata.json")
    texts = {one: (finished / one).read_text(encoding="utf-8") for one in names}
    shown = {one for _, one in outside.ELEMENT.findall(texts["report.html"])}
    name = next(one for one in of.hidden if of.withheld(one) and f",{one},," in texts["cells.csv"] and one in shown)
    read = next(one for one in of.counts if of.withheld(one))

    def said(**changed: str) -> list[str]:
        for one, text in {**texts, **changed}.items():
            (tmp_path / one).write_text(text, encoding="utf-8")
        return [*outside.forms_that_say_more(of, tmp_path), *outside.record_says_more(tmp_path)]

    assert said() == []
    cells = texts["cells.csv"].replace(f",{name},,", f",{name},7,")
    assert f"cells.csv: {name} is 7" in said(**{"cells.csv": cells})
    page = texts["report.html"].replace(f'<data value="" data-q="{name}"', f'<data value="7" data-q="{name}"')
    assert f"report.html: {name} is 7" in said(**{"report.html": page})
    data = outside.OF_THE_PAGE.search(texts["report.html"])[1]
    behind = json.loads(data)
    behind["rows"][behind["id"].index(read)] = 7
    page = texts["report.html"].replace(data, json.dumps(behind))
    assert said(**{"report.html": page}) == [f"report.html, data: {read} has 7 records"]
    record = json.loads(texts["ro-crate-metadata.json"])
    closed = next(one for one in record["@graph"] if one.get("isAccessibleForFree") is False)
    closed |= {"contentSize": "77", "identifier": "0" * 64}
    told = [f"{closed['@id']}: contentSize", f"{closed['@id']}: identifier"]
    assert said(**{"ro-crate-metadata.json": json.dumps(record)}) == told
