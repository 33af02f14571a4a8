"""The ledger: how quantities are declared, recomputed, stored, closed and printed."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dscp.ledger.formulas import ONE, derive, log_odds, normal_tail, recompute, round_half_up
from dscp.ledger.leaves import constants
from dscp.ledger.leaves import settings as settings_rows
from dscp.ledger.rows import (
    FIELDS,
    extracts_of,
    kind,
    numbers,
    parse_inputs,
    quantities,
    read_ledger,
    shaped_by,
    within,
    write_ledger,
)
from dscp.measures.counting import count_rows
from dscp.measures.registry import MEASURES
from dscp.printing.forms import FORMS, NOT_COMPUTED, in_unit, printed
from impact import impact
from ledger import check_closure, ledger
from ledger_checks import assert_closed, faults, leaves
from thorough import drawn

WHERE = {"source": "Appendix B2", "rule": "outcomes", "function": "outcomes"}


def one(**row) -> pd.DataFrame:
    return pd.DataFrame([row])


def counts(**values) -> pd.DataFrame:
    """Counted records: name -> number."""
    frame = pd.DataFrame([{"name": name, "n": n} for name, n in values.items()])
    return quantities(
        frame, id="{name}", value="n", unit="count", extract="journeys", filter="rows of {name}", rows="n", **WHERE
    )


def derived(identifier: str, value: float, formula: str, **more) -> pd.DataFrame:
    """One derived quantity."""
    unit = more.pop("unit", "ratio")
    return quantities(one(v=value), id=identifier, value="v", unit=unit, formula=formula, **{**WHERE, **more})


def small_ledger() -> pd.DataFrame:
    """Two counts, a constant and a setting; a rate, a sum and what follows from them."""
    table = one(name="harm", value=55127.0, unit="gbp", source="a citation, p. 26", what="the harm")
    return pd.concat(
        [
            counts(**{"success.count.pilot_3": 30, "success.base.pilot_3": 40, "success.base.pilot_4": 5}),
            constants(table),
            settings_rows(
                {"definitions": {"minimum_age": 18}, "models": {}, "economics": {"benefit_share": 0.5}}, {}, {}
            ),
            derived(
                "success.rate.pilot_3",
                75.0,
                "100 * count / base",
                unit="percent",
                inputs={"count": "success.count.pilot_3", "base": "success.base.pilot_3"},
            ),
            derived(
                "success.base.all", 45, "sum(part)", inputs={"part": ["success.base.pilot_3", "success.base.pilot_4"]}
            ),
            derived(
                "harm.shared",
                55127 * 0.5 * 0.75,
                "harm * share * rate / 100",
                unit="gbp",
                inputs={
                    "harm": "constant.harm",
                    "share": "setting.economics.benefit_share",
                    "rate": "success.rate.pilot_3",
                },
            ),
        ],
        ignore_index=True,
    )


def changed(identifier: str, **fields) -> pd.DataFrame:
    """The small ledger with one row changed."""
    frame = small_ledger()
    for name, value in fields.items():
        frame.loc[frame["id"] == identifier, name] = value
    return frame


# Declaring ----------------------------------------------------------------------------------------------------------


def test_one_row_per_row_with_the_templates_filled():
    frame = pd.DataFrame({"area": ["pilot_3", "pilot_4"], "n": [3, 4], "rate": [1.5, math.nan], "why": ["", "base 0"]})
    rows = quantities(
        frame,
        id="x.rate.{area}",
        value="rate",
        unit="percent",
        formula="100 * count / base",
        inputs={"count": "x.count.{area}", "base": ["x.base.{area}", "x.base.all"]},
        missing="{why}",
        **WHERE,
    )
    assert rows.columns.tolist() == FIELDS
    assert rows["id"].tolist() == ["x.rate.pilot_3", "x.rate.pilot_4"]
    assert rows["inputs"][0] == "count=x.count.pilot_3 base=x.base.pilot_3 base=x.base.all"
    assert rows["value"][0] == 1.5
    assert math.isnan(rows["value"][1])
    assert rows["note"].tolist() == ["", "base 0"]


def test_inputs_may_stand_in_a_column_of_lists():
    frame = pd.DataFrame({"n": [7], "parts": [["a.1", "a.2"]]})
    rows = quantities(frame, id="s", value="n", unit="count", inputs={"part": "@parts"}, formula="sum(part)", **WHERE)
    assert parse_inputs(rows["inputs"][0]) == {"part": ["a.1", "a.2"]}


def test_unknown_unit_is_refused_by_name():
    with pytest.raises(ValueError, match="unknown unit 'euro'"):
        quantities(one(v=1), id="x", value="v", unit="euro", **WHERE)


def test_unit_may_depend_on_the_row_and_is_still_checked():
    frame = pd.DataFrame({"name": ["a", "b"], "v": [1, 2], "unit": ["gbp", "shilling"]})
    with pytest.raises(ValueError, match="shilling"):
        quantities(frame, id="{name}", value="v", unit="{unit}", **WHERE)
    assert quantities(frame[:1], id="{name}", value="v", unit="{unit}", **WHERE)["unit"].tolist() == ["gbp"]


def test_template_that_names_no_column_is_an_error():
    with pytest.raises(KeyError, match="area"):
        quantities(one(v=1), id="x.{area}", value="v", unit="count", **WHERE)


def test_kind_of_a_row():
    kinds = {row["id"]: kind(row) for row in small_ledger().to_dict("records")}
    assert kinds["success.count.pilot_3"] == "records"
    assert kinds["constant.harm"] == "constant"
    assert kinds["setting.definitions.minimum_age"] == "setting"
    assert kinds["success.rate.pilot_3"] == "derived"


# Recomputing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "inputs", "expected"),
    [
        ("100 * count / base", "count=a base=b", 75),
        ("sum(part)", "part=a part=b", 70),
        ("sum(part)", "part=a", 30),
        ("max(part) - min(part)", "part=a part=b part=c", 38),
        ("len(part)", "part=a part=b", 2),
        ("sum(p / 2 for p in part)", "part=a", 15),
        ("sum(x * y for x, y in zip(one, two))", "one=a one=b two=c two=c", 140),
        ("sum(x * y for x, y in zip(one, two))", "one=a two=c", 60),
        ("sum(n * x for n, x in enumerate(part))", "part=a part=b part=c", 44),
        ("part * partial", "part=a partial=b", 1200),
        ("round_half_up(did, 1)", "did=d", 0.3),
        ("2 * normal_tail(abs(z))", "z=c", 0.04550026389635842),
        ("log_odds(c, b)", "c=a b=b", math.log(3)),
        ("in_treatment if 4 <= years else untreated", "in_treatment=a untreated=b years=c", 40),
    ],
)
def test_formula_is_evaluated_on_the_values_of_its_inputs(formula, inputs, expected):
    values = {"a": 30.0, "b": 40.0, "c": 2.0, "d": 0.25}
    assert recompute({"formula": formula, "inputs": inputs}, values) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (2.5, 0, 3), (-2.5, 0, -3), (0.5, 0, 1), (0.49999, 0, 0), (-0.25, 1, -0.3), (0.25, 1, 0.3), (3.55, 1, 3.6),
        (1.005, 2, 1.01), (2.675, 2, 2.68), (0.045, 2, 0.05), (1450, -2, 1500), (1449.99, -2, 1400), (-50, -2, -100),
        (0, 1, 0), (20677781.5, 0, 20677782), (100 * 1 / 8, 0, 13), (100 * 23 / 40, 0, 58),
    ],
)  # fmt: skip
def test_halves_are_rounded_away_from_zero_on_the_decimal_form(value, decimals, expected):
    assert round_half_up(value, decimals) == pytest.approx(expected, rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=drawn(500))
@given(st.integers(0, 40000), st.integers(1, 40000), st.integers(0, 1))
def test_rates_round_as_exact_fractions_do(count, base, decimals):
    """100 x count / base in whole numbers: floor(2 x scaled + 1 over 2) without any rounding error."""
    scale = 100 * 10**decimals
    exact = (2 * count * scale + base) // (2 * base)
    assert round(round_half_up(100 * count / base, decimals) * 10**decimals) == exact


def test_log_odds_and_normal_tail_by_hand():
    assert log_odds(30, 40) == pytest.approx(math.log(3), rel=1e-15)
    assert 2 * normal_tail(1.959963984540054) == pytest.approx(0.05, rel=1e-12)
    assert normal_tail(0) == 0.5
    assert normal_tail(10) == pytest.approx(7.61985302416e-24, rel=1e-10)  # no cancellation far out


# Deriving -----------------------------------------------------------------------------------------------------------


def shares(values: dict, **more) -> pd.DataFrame:
    frame = pd.DataFrame({"area": ["a", "b"], "why": ["nobody came", "nobody stayed"]})
    inputs = {"count": "{area}.count", "base": "{area}.base"}
    told = {"id": "{area}.share", "unit": "percent", "formula": "100 * count / base", "inputs": inputs}
    return derive(frame, values, **told, **WHERE, **more)


def test_a_value_is_that_of_the_formula_that_is_recorded():
    values = {"a.count": 1.0, "a.base": 3.0, "b.count": 2.0, "b.base": 7.0}
    rows = shares(values)
    assert (
        rows["value"].tolist() == [100 * 1 / 3, 100 * 2 / 7] == [recompute(row, values) for _, row in rows.iterrows()]
    )
    assert rows["inputs"].tolist() == ["count=a.count base=a.base", "count=b.count base=b.base"]
    assert rows["note"].tolist() == ["", ""] and rows["formula"].unique().tolist() == ["100 * count / base"]
    assert values["a.share"] == 100 * 1 / 3 and values["b.share"] == 100 * 2 / 7


def test_a_row_may_rest_on_one_above_it():
    frame = pd.DataFrame({"year": [1, 2], "last": [0, 1]})
    told = {
        "id": "factor.year_{year}",
        "unit": "ratio",
        "formula": "last / 2",
        "inputs": {"last": "factor.year_{last}"},
    }
    assert derive(frame, {"factor.year_0": 1.0}, **told, **WHERE)["value"].tolist() == [0.5, 0.25]


def test_what_cannot_be_computed_says_why():
    values = {"a.count": 0.0, "a.base": 0.0, "b.count": math.nan, "b.base": 7.0}
    rows = shares(dict(values))
    assert rows["value"].isna().all()
    assert rows["note"].tolist() == ["not computed: the base is 0", "not computed: an input is missing"]
    assert shares(dict(values), missing="{why}", note="by area")["note"].tolist() == [
        "by area; nobody came",
        "by area; nobody stayed",
    ]
    told = {"id": "se", "unit": "ppt", "formula": "above_0(v)", "inputs": {"v": "v"}}
    assert derive(ONE, {"v": 0.0}, **told, **WHERE)["note"].tolist() == ["not computed: an input is missing"]


def test_an_input_that_there_is_not_stops():
    with pytest.raises(ValueError, match=r"^b\.share rests on b\.base, which there is not$"):
        shares({"a.count": 1.0, "a.base": 3.0, "b.count": 2.0})


# Storing ------------------------------------------------------------------------------------------------------------


def test_what_is_written_is_what_is_read(tmp_path):
    third = derived("third", 1 / 3, "a / b", inputs={"a": "x", "b": "y"}, note='said "so", twice')
    nothing = derived("nothing", math.nan, "a / b", inputs={"a": "x", "b": "y"}, note="not computed: the base is 0")
    frame = pd.concat([counts(x=10, y=30), third, nothing], ignore_index=True)
    write_ledger([frame], tmp_path / "deep" / "ledger.csv")
    pd.testing.assert_frame_equal(read_ledger(tmp_path / "deep" / "ledger.csv"), frame)


def test_whole_numbers_are_written_without_a_point(tmp_path):
    write_ledger([counts(x=10), derived("h", 0.5, "x / 20", inputs={"x": "x"})], tmp_path / "l.csv")
    assert [line.split(",")[1] for line in (tmp_path / "l.csv").read_text().splitlines()] == ["value", "10", "0.5"]


def test_several_files_are_read_one_after_the_other(tmp_path):
    for name in ("a", "b"):
        write_ledger([counts(**{name: 1})], tmp_path / f"{name}.csv")
    assert read_ledger(tmp_path / "b.csv", tmp_path / "a.csv")["id"].tolist() == ["b", "a"]


def test_id_that_stands_twice_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"twice in the ledger: x\.y"):
        write_ledger([counts(**{"x.y": 1}), counts(z=2), counts(**{"x.y": 1})], tmp_path / "ledger.csv")


# Closing ------------------------------------------------------------------------------------------------------------


def test_numbers_of_the_config_become_settings():
    config = {
        "definitions": {"minimum_age": 18, "age_at": "journey_start", "strict": True},
        "models": {"length_of_use_bands": [5, 10]},
        "economics": {"discount_rates": [{"from_year": 1, "rate": 0.035}, {"from_year": 31, "rate": 0.03}]},
    }
    assert dict(numbers(config)) == {
        "setting.definitions.minimum_age": 18,
        "setting.models.length_of_use_bands.1": 5,
        "setting.models.length_of_use_bands.2": 10,
        "setting.economics.discount_rates.from_year_1": 0.035,
        "setting.economics.discount_rates.from_year_31": 0.03,
    }


TABLE = pd.DataFrame([{"name": "harm", "value": 55127, "unit": "gbp", "source": "a citation", "what": "the harm"}])
CONFIG = {"sites": {}, "codes": {}, "definitions": {}, "models": {}, "economics": {"benefit_share": 0.5}}
SAYS = {"economics.benefit_share": "share of the benefit that is kept"}
FOUND = pd.DataFrame(
    [
        {"extract": "journeys", "severity": "count", "found": "rows in", "column": "", "rows": 7},
        {"extract": "journeys", "severity": "count", "found": "rows in", "column": "", "rows": 5},
        {"extract": "journeys", "severity": "count", "found": "rows kept", "column": "", "rows": 11},
        {"extract": "journeys", "severity": "information", "found": "no value", "column": "sex", "rows": 2},
        {"extract": "journeys", "severity": "count", "found": "missing", "column": "drug_1", "rows": 3},
    ]
)


def test_whole_ledger_holds_parts_validation_constants_and_settings():
    whole = ledger(counts(x=1), FOUND, TABLE, {**CONFIG, "assumed": {"x": "assumed: illegible"}}, SAYS)
    assert whole.set_index("id")["value"].to_dict() == {
        "x": 1,
        "validation.rows_in.journeys": 12,
        "validation.rows_kept.journeys": 11,
        "validation.information.journeys.1": 2,
        "validation.missing.journeys.drug_1": 3,
        "constant.harm": 55127,
        "setting.economics.benefit_share": 0.5,
    }
    assert whole.loc[whole["note"] != "", "id"].tolist() == ["x"]
    assert_closed(whole)
    words = whole.set_index("id")["filter"]
    assert words["constant.harm"] == "the harm"
    assert words["setting.economics.benefit_share"] == SAYS["economics.benefit_share"]


def test_note_on_an_unknown_quantity_ends_the_run_naming_it():
    with pytest.raises(SystemExit, match=r"y\.z is not a quantity"):
        ledger(counts(x=1), FOUND, TABLE, {**CONFIG, "assumed": {"y.z": "assumed"}}, {})


def test_rule_ledger_refuses_an_input_that_is_not_there():
    rate = derived("rate", 1, "a / b", inputs={"a": "x", "b": "not.there"})
    with pytest.raises(ValueError, match=r"rate: input not\.there is not in the ledger"):
        ledger(pd.concat([counts(x=1), rate]), FOUND, TABLE, CONFIG, {})


def test_rule_ledger_refuses_quantities_that_rest_on_each_other():
    circle = [derived("one", 1, "a", inputs={"a": "two"}), derived("two", 1, "a", inputs={"a": "one"})]
    with pytest.raises(ValueError, match=r"quantities rest on each other: .*one"):
        ledger(pd.concat([counts(x=1), *circle]), FOUND, TABLE, CONFIG, {})


def test_rule_ledger_refuses_a_count_that_is_not_whole():
    altered = counts(x=1791).assign(value=1791 * (1 + 1e-7))
    with pytest.raises(ValueError, match=r"x: counts records and is not a whole number: 1791\.0001"):
        ledger(altered, FOUND, TABLE, CONFIG, {})
    check_closure(counts(x=math.nan).assign(rows=0))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"extract": "journeys forms"}, "x: there is no extract forms, allowed: journeys"),
        ({"extract": "made_up.csv"}, r"x: there is no extract made_up\.csv"),
        ({"extract": "disclosure.csv"}, r"x: there is no extract disclosure\.csv"),
        ({"settings": "economics.benefit_share economics.gone"}, r"x: there is no setting economics\.gone"),
    ],
)
def test_rule_ledger_refuses_an_extract_or_a_setting_that_is_not_there(fields, words):
    with pytest.raises(ValueError, match=words):
        ledger(counts(x=1).assign(**fields), FOUND, TABLE, CONFIG, {})


def found_in(*extracts: str) -> pd.DataFrame:
    """What validation counted of some extracts."""
    return pd.concat([FOUND.assign(extract=name) for name in extracts], ignore_index=True)


def test_an_extract_that_nobody_declared_stops_the_ledger():
    """It is among the study's extracts, and nothing says what it is about."""
    with pytest.raises(ValueError, match="the extract prison_visits is not declared, allowed: area_coverage, "):
        ledger(counts(x=1).assign(extract="prison_visits"), found_in("prison_visits"), TABLE, CONFIG, {})


def test_what_a_quantity_is_about_follows_from_its_extracts():
    """People where any input is; rows of a file that holds numbers are no people, whatever the numbers count."""
    more = [
        counts(money=4).assign(extract="pilot_spending"),
        counts(both=4).assign(extract="pilot_spending journeys"),
        counts(encounters=5).assign(extract="fieldwork"),
        counts(of_staff=5).assign(extract="fieldwork", dims="group=delivery_staff"),
        counts(of_clients=5).assign(extract="fieldwork", dims="group=service_users"),
        counts(triaged=4).assign(extract="triage_quarters"),
        derived("per_head", 4, "a / b", inputs={"a": "money", "b": "x"}),
        derived("twice", 8, "2 * a", inputs={"a": "per_head"}),
        derived("halved", 2, "a * b", inputs={"a": "money", "b": "setting.economics.benefit_share"}),
    ]
    extracts = ("journeys", "pilot_spending", "fieldwork", "triage_quarters")
    whole = ledger(pd.concat([counts(x=1), *more]), found_in(*extracts), TABLE, CONFIG, {}).set_index("id")["about"]
    assert whole[["x", "both", "triaged", "per_head", "twice"]].eq("people").all()
    assert whole[["money", "halved"]].eq("money").all()
    assert whole["of_staff"] == "events"
    assert whole[["of_clients", "encounters"]].eq("people").all()  # of nobody knows whom
    assert whole["constant.harm"] == whole["setting.economics.benefit_share"] == ""
    assert whole["validation.rows_in.journeys"] == "people"
    assert whole["validation.rows_in.triage_quarters"] == whole["validation.rows_in.pilot_spending"] == "areas"


def test_the_same_records_under_two_ids_stop_the_ledger():
    """Else one could be published where the other is withheld: the base of a second measure is the first one's."""
    frame = pd.DataFrame({"area": ["pilot_1", "pilot_2"], "period": "pre", "n": [3, 40]})
    what = {"unit": "count", "value": "n", "rows": "n", "extract": "journeys", "filter": "adults of {area}", **WHERE}
    both = [quantities(frame, id=f"{name}.base.{{area}}.{{period}}", **what) for name in ("first", "second")]
    message = r"second\.base\.pilot_1\.pre: counts what first\.base\.pilot_1\.pre counts, allowed: one id"
    with pytest.raises(ValueError, match=message):
        ledger(pd.concat(both), FOUND, TABLE, CONFIG, {})
    other = quantities(frame, id="second.base.{area}.{period}", **{**what, "filter": "all of {area}"})
    assert len(ledger(pd.concat([both[0], other]), FOUND, TABLE, CONFIG, {}))
    with pytest.raises(ValueError, match=message):
        ledger(pd.concat([one.assign(cohort="adults") for one in (both[0], other)]), FOUND, TABLE, CONFIG, {})


def test_extracts_and_settings_are_read_in_their_order():
    row = {"extract": "carat_referrals cjit_forms", "settings": "definitions.pickup_days sites.site_2"}
    assert extracts_of(row) == ["carat_referrals", "cjit_forms"]
    assert shaped_by(row) == ["definitions.pickup_days", "sites.site_2"]
    assert within("sites.site_2.pilot.dats", "sites.site_2") and within("sites", "sites.site_2")
    assert not within("sites.site_21", "sites.site_2")


def test_rule_ledger_refuses_a_leaf_of_no_kind():
    with pytest.raises(ValueError, match="orphan: neither inputs, nor records"):
        ledger(pd.concat([counts(x=1), derived("orphan", 1, "")]), FOUND, TABLE, CONFIG, {})


def test_closed_ledger_passes_both_checks():
    check_closure(small_ledger())
    assert_closed(small_ledger())
    assert leaves(small_ledger(), "harm.shared") == {"records", "constant", "setting"}


LOOP = {"extract": "", "formula": "rate", "inputs": "rate=success.rate.pilot_3"}


@pytest.mark.parametrize(
    ("identifier", "fields", "words"),
    [
        ("success.rate.pilot_3", {"value": 75.0000002}, "stored 75.0000002, its formula"),
        ("success.base.all", {"value": 40.0}, "gives 45.0"),
        (
            "success.rate.pilot_3",
            {"inputs": "count=success.count.pilot_3 base=gone"},
            "input gone is not in the ledger",
        ),
        ("success.rate.pilot_3", {"inputs": ""}, "neither records, nor a constant, nor a setting"),
        ("success.rate.pilot_3", {"formula": ""}, "no formula"),
        ("success.rate.pilot_3", {"formula": "100 * cnt / base"}, "cannot be evaluated (NotAllowedError"),
        ("success.rate.pilot_3", {"value": math.nan}, "no note says why"),
        ("success.rate.pilot_3", {"unit": "parts"}, "unknown unit 'parts'"),
        ("success.rate.pilot_3", {"source": ""}, "no source"),
        ("success.count.pilot_3", {"filter": ""}, "without a filter"),
        ("success.count.pilot_3", {"rows": pd.NA}, "without their number"),
        ("success.count.pilot_3", {"value": 30 * (1 + 1e-9)}, "not a whole number"),
        ("success.count.pilot_3", {"inputs": "x=success.base.all"}, "a leaf (records) with inputs"),
        ("constant.harm", {"value": math.nan}, "a constant without a value"),
        ("constant.harm", {"source": ""}, "no source"),
        ("success.base.pilot_3", LOOP, "in a circle: "),
        ("success.base.all", {"inputs": "part=success.base.all"}, "in a circle: success.base.all"),
        ("success.base.all", {"id": "success.rate.pilot_3"}, "stands twice"),
    ],
)
def test_broken_ledger_is_found_out(identifier, fields, words):
    broken = changed(identifier, **fields)
    assert any(words in fault for fault in faults(broken)), list(faults(broken))
    with pytest.raises(AssertionError, match="faults in the ledger"):
        assert_closed(broken)


def test_missing_value_is_closed_where_a_note_or_an_input_says_why():
    zero = pd.concat(
        [
            counts(a=0, b=0),
            derived("rate", math.nan, "a / b", inputs={"a": "a", "b": "b"}, note="not computed: the base is 0"),
            derived("change", math.nan, "rate - a", inputs={"rate": "rate", "a": "a"}),
        ],
        ignore_index=True,
    )
    assert_closed(zero)


@pytest.mark.parametrize("empty", [False, True])
def test_rows_of_the_rule_impact_are_closed(empty):
    """Rates, changes, tests and models of one site; with an empty cell everything that fails says why."""
    successes = {("pilot", "pre"): 12, ("pilot", "post"): 0 if empty else 20, ("comparison", "pre"): 15}
    successes["comparison", "post"] = 11
    clients = pd.DataFrame(
        [
            {
                "site": "site_3",
                "arm": arm,
                "period": period,
                "outcome": i < yes,
                "age": 20 + 7 * i % 30,
                "sex": "MF"[i % 2],
                "person": f"{arm} {i // 2}",
            }
            for (arm, period), yes in successes.items()
            for i in range(30)
        ]
    )
    measure = MEASURES["effective_treatment"]
    places = pd.DataFrame(
        [{"area": f"{arm}_3", "period": period, "label": "3", "site": "site_3", "arm": arm, "base": 30, "count": yes}
         for (arm, period), yes in successes.items()]
    )  # fmt: skip
    numbers_set = {"confidence": 0.95, "significance": 0.05, "added_to_cells": 0.5}
    models = {"treatment_covariates": ["age", "sex"], **numbers_set, "age_without_dir": "mean_of_model"}
    counted = pd.concat(count_rows(measure, places, "outcomes", with_base=True), ignore_index=True)
    rows = impact(counted, clients.assign(measure=measure.name), ["site_3"], models, [measure])
    level = settings_rows({"definitions": {}, "models": numbers_set, "economics": {}}, {}, {})
    whole = pd.concat([counted, *rows, level], ignore_index=True)
    assert_closed(whole)
    values = whole.set_index("id")["value"]
    assert values["effective_treatment.did.site_3"] == pytest.approx(
        100 * (successes["pilot", "post"] - 12 - (11 - 15)) / 30
    )
    nothing = whole[whole["value"].isna()]
    assert (len(nothing) > 0) == empty
    assert nothing["note"].str.startswith(("not estimable: ", "not computed: a test whose p-value is 1")).all()
    assert leaves(whole, "effective_treatment.p_unadjusted.site_3") == {"records"}


# Printing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [  # what the evaluation prints, and what lies just beside the limits
        (3169, "count", "3,169"), (-108.4, "count", "-108"), (63.6, "signed_count", "+64"), (0, "signed_count", "0"),
        (84.5, "percent0", "85%"), (84.449999, "percent1", "84.4%"), (84.45, "percent1", "84.5%"),
        (3.55, "signed_ppt1", "+3.6%"), (-3.35, "signed_ppt1", "-3.4%"), (-0.04, "signed_ppt1", "0.0%"),
        (0.04, "signed_ppt1", "0.0%"), (-0.05, "signed_ppt1", "-0.1%"), (-5.3, "signed_proportion3", "-0.053"),
        (1.0, "signed_proportion3", "+0.010"), (0.0099, "p2", "<0.01"), (0.01, "p2", "0.01"), (0.0149, "p2", "0.01"),
        (0.015, "p2", "0.02"), (0.0, "p2", "<0.01"), (0.996, "p2", "1.00"), (0.0009, "p3", "<0.001"),
        (0.011, "p3", "0.011"), (0.95, "rate0", "95%"), (0.035, "rate1", "3.5%"), (0.0496, "p4", "0.0496"),
        (112.3, "ratio0", "112"), (-0.2, "ratio0", "-ve"), (0.2, "ratio0", "0"), (44223.87, "gbp", "£44,224"),
        (-44223.87, "gbp", "-£44,224"), (50585, "gbp_hundreds", "£50,600"), (-4767000, "gbp_k", "-4,767"),
        (2852676, "gbp_k", "2,853"), (499.9, "gbp_k", "0"), (195149, "gbp_k_unit", "£195k"),
        (2852676, "plain_m3", "2.853"), (-5.4, "quotient0", "-5"),
        (20492781, "plain_m2", "20.49"), (0.035, "rate1", "3.5%"), (255, "gbp_m", "£255m"),
        (0.457037, "probability6", "0.457037"),
        (101.25, "index1", "101.3"), (4, "years", "4"), (83, "days", "83"),
    ],
)  # fmt: skip
def test_printed_form(value, form, text):
    assert printed(value, form) == text


@pytest.mark.parametrize("form", FORMS)
def test_what_could_not_be_computed_prints_as_that(form):
    assert printed(math.nan, form) == NOT_COMPUTED


@settings(derandomize=True, deadline=None, max_examples=drawn(500))
@given(st.sampled_from(list(FORMS)), st.floats(-1e7, 1e7))
def test_printed_number_reads_back_within_half_a_step(form, value):
    text, wanted = printed(value, form), in_unit(value, form)
    f = FORMS[form]
    if text == f.negative:
        assert wanted < 0
    elif text.startswith("<"):
        assert wanted < float(text[1:])
    else:
        number = text.removeprefix("+").replace(",", "").replace(f.prefix, "", 1) if f.prefix else text.replace(",", "")
        number = float(number.removesuffix(f.suffix))
        assert abs(number - wanted) <= 0.5 * 10.0**-f.decimals * (1 + 1e-9) + 1e-9
        assert text.startswith("+") == (f.signed and number > 0)


def test_value_is_given_in_the_printed_unit():
    assert in_unit(2852676, "gbp_k") == pytest.approx(2852.676)
    assert in_unit(-5.3, "signed_proportion3") == pytest.approx(-0.053)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (2_547_300.0, "gbp_to_m1", "£2.5m"),
        (2_547_300.0, "plain_m2", "2.55"),
        (2_547_300.0, "plain_m3", "2.547"),
        (2.5473e9, "gbp_to_bn1", "£2.5 billion"),
        (184_939.0, "gbp_k_unit", "£185k"),
        (0.2853, "rate1", "28.5%"),
    ],
)
def test_large_amounts_and_rates_keep_the_decimals_of_their_form(value, form, text):
    assert printed(value, form) == text
