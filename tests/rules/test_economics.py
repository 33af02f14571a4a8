"""Unit values, additional clients and benefits against hand-worked values (report, Appendices C4-C6, section 7.5).

The arithmetic stands beside each value. Discount factors at 3.5 per cent: 1.035^1..4 = 1.035, 1.071225, 1.108718,
1.147523, and 1.035^12 = 1.511069; the sum of 1/1.035^t is (1 - 1.035^-4) / .035 = 3.6730792 over four years and
9.6633343 over twelve, so 5.9902551 over years 5 to 12.
"""

import math

import pandas as pd
import pytest

from benefits import benefits
from dscp.ledger.formulas import recompute
from dscp.ledger.leaves import constants, settings
from dscp.ledger.rows import quantities
from ledger_checks import assert_closed
from steps import Method, benefit
from unit_values import discount_rate, unit_values
from valued import CONSTANTS, DEFAULT, SCHEDULE, TABLE, values_of

FLAT = [{"from_year": 1, "rate": 0.035}]
NOTHING = [{"from_year": 1, "rate": 0.0}]
PENNY = 0.006  # the hand-worked values are rounded to a penny


def worked(**changes) -> dict[str, float]:
    """The unit values under the default economics with some settings changed."""
    return values_of(unit_values(CONSTANTS, {**DEFAULT, **changes}))


def yearly(values: dict[str, float], column: str, years: int = 12) -> list[float]:
    """A column of Table C.6.1."""
    return [values[f"unit_value.{column}.year_{year}"] for year in range(1, years + 1)]


def discount_factors(years: int, schedule: list[dict]) -> dict[int, float]:
    """Year -> discount factor."""
    values = worked(treatment_years=1, recovery_years=years - 1, discount_rates=schedule)
    return {year: values[f"discount_factor.year_{year}"] for year in range(1, years + 1)}


# Discounting --------------------------------------------------------------------------------------------------------


def test_year_t_is_divided_by_the_rate_t_times():
    factors = discount_factors(12, FLAT)
    assert factors[1] == pytest.approx(1 / 1.035, rel=1e-14)
    assert factors[4] == pytest.approx(1 / 1.147523000625, rel=1e-12)
    assert factors[12] == pytest.approx(1 / 1.5110686573, rel=1e-10)
    assert sum(factors[year] for year in range(1, 5)) == pytest.approx(3.6730792, abs=5e-8)
    assert sum(factors.values()) == pytest.approx(9.6633343, abs=5e-8)


def test_rate_falls_after_30_and_after_75_years():
    """Each year is divided by its own rate: 1.035^30 = 2.806794, x 1.03 = 2.890998, x 1.03^45 = 10.614215, x 1.025."""
    assert [discount_rate(year, SCHEDULE)["from_year"] for year in (30, 31, 75, 76)] == [1, 31, 31, 76]
    factors = {year: 1 / factor for year, factor in discount_factors(80, SCHEDULE).items()}
    assert factors[30] == pytest.approx(1.035**30, rel=1e-12)
    assert factors[30] == pytest.approx(2.806794, abs=5e-7)
    assert factors[31] == pytest.approx(1.035**30 * 1.03, rel=1e-12)
    assert factors[75] == pytest.approx(1.035**30 * 1.03**45, rel=1e-12)
    assert factors[76] == pytest.approx(1.035**30 * 1.03**45 * 1.025, rel=1e-12)
    assert factors[80] == pytest.approx(1.035**30 * 1.03**45 * 1.025**5, rel=1e-12)


def test_later_steps_change_nothing_within_thirty_years():
    assert discount_factors(30, SCHEDULE) == discount_factors(30, FLAT)


def test_long_horizon_uses_every_step():
    """40 years of treatment, 40 of recovery: 12,040 a year over 30 years at 3.5 per cent and 10 at 3 per cent.

    (1 - 1.035^-30) / .035 = 18.392045; then (1 - 1.03^-10) / .03 = 8.530203 at year 30: / 2.806794 = 3.039127.
    12,040 x 21.431172 = 258,031.32.
    """
    values = worked(treatment_years=40, recovery_years=40)
    assert values["unit_value.discounted_value_treatment.pv"] == pytest.approx(258_031.32, abs=0.05)
    last = 55127 / (1.035**30 * 1.03**45 * 1.025**5)
    assert values["unit_value.discounted_value_abstain.year_80"] == pytest.approx(last, rel=1e-12)
    assert "unit_value.expected_value.year_81" not in values


# Table C.6.1 --------------------------------------------------------------------------------------------------------

# 12,040 / 1.035^t for t = 1..4; 55,127 / 1.035^t for t = 5..12; .457037 x that; 3,000 / 1.035^t.
TREATMENT = [11632.85, 11239.47, 10859.39, 10492.16, *[0] * 8]
ABSTAIN = [0, 0, 0, 0, 46415.45, 44845.85, 43329.32, 41864.08, 40448.39, 39080.57, 37759.00, 36482.13]
EXPECTED = [*TREATMENT[:4], 21213.58, 20496.21, 19803.10, 19133.43, 18486.41, 17861.27, 17257.26, 16673.68]
COST = [2898.55, 2800.53, 2705.83, 2614.33, *[0] * 8]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("no_treatment_harm", [55127] * 12),
        ("harm_recovery", [43087] * 4 + [0] * 8),
        ("harm_no_recovery", [43087] * 4 + [55127] * 8),
        ("harm_weighted_average", [43087] * 4 + [29931.92] * 8),  # (1 - .457037) x 55,127
        ("short_term_value", [12040] * 4 + [0] * 8),  # 55,127 - 43,087
        ("long_term_value", [0] * 4 + [55127] * 8),
        ("discounted_value_treatment", TREATMENT),
        ("discounted_value_abstain", ABSTAIN),
        ("expected_value", EXPECTED),
        ("discounted_cost", COST),
    ],
)
def test_every_year_of_table_c_6_1(column, expected):
    assert yearly(worked(), column) == pytest.approx(expected, abs=PENNY)


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("discounted_value_treatment.pv", 44_223.87),  # 12,040 x 3.6730792
        ("discounted_value_abstain.pv", 330_224.80),  # 55,127 x 5.9902551
        ("expected_value.pv", 195_148.82),  # 44,223.87 + .457037 x 330,224.80 = 44,223.87 + 150,924.95
        ("discounted_cost.pv", 11_019.24),  # 3,000 x 3.6730792
        ("net_short_term", 33_204.64),  # 44,223.87 - 11,019.24; the report prints 33,215
        ("return_planned_exit", 47),  # of 100 the 53 who are not seen again, and the others
        ("return_unplanned_exit", 59),  # 100 - 41
        ("harm_in_treatment", 43_087),  # 39,967 + 3,120
        ("crime_saving_per_year", 10_618),  # 50,585 - 39,967
        ("saving_per_year_by_component", 12_041),  # 10,618 + (4,543 - 3,120)
    ],
)
def test_present_value(quantity, expected):
    assert worked()[f"unit_value.{quantity}"] == pytest.approx(expected, abs=0.01)


def test_value_when_harm_fades_after_treatment():
    """Harm left in year 4 + k is 43,087 x .25^k. With q = .25 / 1.035 = .2415459, the sum of q^k over 8 years is
    q (1 - q^8) / (1 - q) = .3184676; 43,087 x .3184676 / 1.147523 = 11,957.77.

    44,223.87 + .457037 x (330,224.79 - 11,957.77) = 44,223.87 + 145,459.80 = 189,683.67, printed 189,684.
    """
    assert worked()["unit_value.sensitivity_decay"] == pytest.approx(189_683.67, abs=0.02)


def test_value_when_untreated_harm_falls_too():
    """Untreated harm is 55,127 in year 5 and a tenth less each year after. With r = .9 / 1.035 = .8695652, the sum of
    r^n over n = 0..7 is (1 - r^8) / (1 - r) = 5.1604197; 55,127 x 5.1604197 / 1.1876863 = 239,523.23.

    44,223.87 + .457037 x (239,523.23 - 11,957.77) = 44,223.87 + 104,005.84 = 148,229.71, printed 148,230.
    """
    assert worked()["unit_value.sensitivity_decline"] == pytest.approx(148_229.71, abs=0.02)


def test_without_discounting_the_years_add_up():
    """4 x 12,040 = 48,160; 8 x 55,127 = 441,016; 48,160 + .457037 x 441,016 = 249,720.63; cost 4 x 3,000.

    Harm that fades: .25 + ... + .25^8 = .3333282, x 43,087 = 14,362.11; 48,160 + .457037 x 426,653.89 = 243,156.61.
    Untreated harm that falls: 1 + .9 + ... + .9^7 = 5.6953279, x 55,127 = 313,966.34; 48,160 + .457037 x 299,604.23.
    """
    values = worked(discount_rates=NOTHING)
    assert yearly(values, "short_term_value") == yearly(values, "discounted_value_treatment")
    assert values["unit_value.discounted_value_treatment.pv"] == 48_160
    assert values["unit_value.discounted_value_abstain.pv"] == 441_016
    assert values["unit_value.discounted_cost.pv"] == 12_000
    assert values["unit_value.expected_value.pv"] == pytest.approx(249_720.63, abs=0.01)
    assert values["unit_value.sensitivity_decay"] == pytest.approx(243_156.61, abs=0.02)
    assert values["unit_value.sensitivity_decline"] == pytest.approx(185_090.22, abs=0.02)


def test_two_years_of_treatment_and_three_of_recovery():
    """12,040 x (1/1.035 + 1/1.071225) = 22,872.32; 55,127 x (1/1.108718 + 1/1.147523 + 1/1.187686) = 144,176.85.

    22,872.32 + .457037 x 144,176.85 = 88,766.47; 3,000 x 1.899694 = 5,699.08. Recovery begins in year 3:
    fading, (55,127 - 10,771.75) / 1.108718 + (55,127 - 2,692.94) / 1.147523 + (55,127 - 673.23) / 1.187686
    = 40,005.89 + 45,693.26 + 45,848.61 = 131,547.76; x .457037 + 22,872.32 = 82,994.51.
    Falling, 55,127, 49,614.3 and 44,652.87 untreated: 40,005.89 + 40,889.25 + 37,029.68 = 117,924.82, so 76,768.33.
    """
    values = worked(treatment_years=2, recovery_years=3)
    assert yearly(values, "harm_recovery", 5) == [43087, 43087, 0, 0, 0]
    assert yearly(values, "harm_no_recovery", 5) == [43087, 43087, 55127, 55127, 55127]
    assert "unit_value.expected_value.year_6" not in values
    assert values["unit_value.discounted_value_treatment.pv"] == pytest.approx(22_872.32, abs=0.01)
    assert values["unit_value.discounted_value_abstain.pv"] == pytest.approx(144_176.85, abs=0.01)
    assert values["unit_value.expected_value.pv"] == pytest.approx(88_766.47, abs=0.01)
    assert values["unit_value.discounted_cost.pv"] == pytest.approx(5_699.08, abs=0.01)
    assert values["unit_value.sensitivity_decay"] == pytest.approx(82_994.51, abs=0.02)
    assert values["unit_value.sensitivity_decline"] == pytest.approx(76_768.33, abs=0.02)


def test_as_published_uses_the_values_that_table_7_10_needs():
    values = worked(method="as_published")
    assert values["unit_value.effective_treatment"] == 44_244
    assert values["unit_value.completion"] == 195_149


def test_as_published_moves_with_the_settings_that_it_rests_on():
    """Two years in treatment: 12,040 / 1.035 + 12,040 / 1.035^2 = 22,872.32, and the slip of 20 pounds."""
    values = values_of(unit_values(CONSTANTS, {**DEFAULT, "method": "as_published", "treatment_years": 2}))
    assert values["unit_value.effective_treatment"] == 22_892
    dear = values_of(unit_values(CONSTANTS, {**DEFAULT, "discount_rates": [{"from_year": 1, "rate": 0.0}]}))
    assert dear["unit_value.effective_treatment"] == 4 * 12_040 + 20


def test_corrected_uses_the_present_values_of_the_model():
    values = worked(method="corrected")
    assert values["unit_value.effective_treatment"] == values["unit_value.discounted_value_treatment.pv"]
    assert values["unit_value.completion"] == values["unit_value.expected_value.pv"]
    assert values["unit_value.effective_treatment"] == pytest.approx(44_223.87, abs=PENNY)


def test_profile_recovers_nothing_when_recovery_is_as_harmful_as_no_treatment():
    values = values_of(unit_values({**CONSTANTS, "harm_in_recovery": 55127.0}, DEFAULT))
    assert yearly(values, "long_term_value") == [0] * 12
    assert yearly(values, "expected_value") == yearly(values, "discounted_value_treatment")


# Benefits -----------------------------------------------------------------------------------------------------------

SITES = ["site_3", "site_2"]
# Differences in points, clients, unit values and costs in pounds. Site 3 is the evaluation's worked example.
KNOWN = {
    "effective_treatment.did.site_3": 3.5511,
    "completion_of_treated.did.site_3": 5.1249,
    "effective_treatment.base.pilot_3.post": 1791.0,
    "cost.site_3.total": 185_000.0,
    "effective_treatment.did.site_2": -3.35,
    "completion_of_treated.did.site_2": -5.2501,
    "effective_treatment.base.pilot_2.post": 3169.0,
    "cost.site_2.total": 541_000.0,
    "unit_value.effective_treatment": 44_244.0,
    "unit_value.completion": 195_149.0,
    "unit_value.effective_treatment.as_published": 44_244.0,
    "unit_value.effective_treatment.corrected": 44_223.9,
    "unit_value.completion.as_published": 195_149.0,
    "unit_value.completion.corrected": 195_148.8,
}


@pytest.mark.parametrize(
    ("treated", "completed", "left", "expected"),
    [(0.01, 0.04, 0.2, 300), (0.01, 0.06, 0.01, 100), (0.06, 0.04, 0.2, 200), (0.06, 0.06, 0.01, 0)],
)
def test_each_value_is_gated_by_the_test_of_its_own_measure(treated, completed, left, expected):
    """10 points of 100 clients at 10 pounds, and 20 points at 10 pounds: whatever the test among leavers says."""
    formula, inputs = benefit(Method(tested=True), "x")
    named = {name: one.format(site="site_3", n="3") for name, one in inputs.items()}
    values = {
        "additional.did_used.effective_treatment.site_3": 10.0,
        "additional.did_used.completions.site_3": 20.0,
        "effective_treatment.base.pilot_3.post": 100.0,
        "steps.value.effective_treatment.x": 10.0,
        "steps.value.completions.x": 10.0,
        "effective_treatment.p.site_3": treated,
        "completion_of_treated.p_difference.site_3": completed,
        "successful_completion.p.site_3": left,
        "setting.models.significance": 0.05,
    }
    row = {"formula": formula, "inputs": " ".join(f"{name}={one}" for name, one in named.items())}
    assert recompute(row, values) == expected


def benefits_of(method: str = "as_published", share: float = 0.5, **known) -> dict[str, float]:
    """Benefits of the two sites under a method, with some known values changed (dots written as __)."""
    values = {**KNOWN, **{name.replace("__", "."): value for name, value in known.items()}}
    return values_of(benefits(values, SITES, {"method": method, "benefit_share": share}))


def test_additional_clients_take_the_difference_as_printed():
    """3.6 points of 1,791 are 64.476 clients, printed +64; -3.35 rounds to -3.4: of 3,169, -107.746, printed -108.

    5.1 points of 1,791 are 91.341, printed +91; -5.3 points of 3,169 are -167.957, printed -168.
    """
    values = benefits_of()
    assert values["additional.did_used.effective_treatment.site_3"] == 3.6
    assert values["additional.did_used.effective_treatment.site_2"] == -3.4
    assert values["additional.effective_treatment.site_3"] == pytest.approx(64.476, rel=1e-12)
    assert values["additional.effective_treatment.site_2"] == pytest.approx(-107.746, rel=1e-12)
    assert values["additional.completions.site_3"] == pytest.approx(91.341, rel=1e-12)
    assert values["additional.completions.site_2"] == pytest.approx(-167.957, rel=1e-12)


def test_additional_clients_take_the_unrounded_difference_when_corrected():
    """3.5511 points of 1,791 are 63.600201; -3.35 points of 3,169 are -106.1615."""
    values = benefits_of("corrected")
    assert values["additional.effective_treatment.site_3"] == pytest.approx(63.600201, rel=1e-12)
    assert values["additional.effective_treatment.site_2"] == pytest.approx(-106.1615, rel=1e-12)


def test_benefits_of_the_worked_example():
    """64.476 x 44,244 = 2,852,676.144; 91.341 x 195,149 = 17,825,104.809; together 20,677,780.953.

    Cost 185,000: ratio 111.7718; half the benefit 10,338,890.48, ratio 55.8859; net 20,492,780.953, ratio 110.7718.
    """
    values = benefits_of()
    assert values["benefit.effective_treatment.site_3"] == pytest.approx(2_852_676.144, abs=1e-3)
    assert values["benefit.completions.site_3"] == pytest.approx(17_825_104.809, abs=1e-3)
    assert values["benefit.total.site_3"] == pytest.approx(20_677_780.953, abs=1e-3)
    assert values["benefit.cost_ratio.site_3"] == pytest.approx(111.7718, abs=5e-5)
    assert values["benefit.total_sensitivity.site_3"] == pytest.approx(10_338_890.48, abs=5e-3)
    assert values["benefit.cost_ratio_sensitivity.site_3"] == pytest.approx(55.8859, abs=5e-5)
    assert values["benefit.net.site_3"] == pytest.approx(20_492_780.953, abs=1e-3)
    assert values["benefit.net_cost_ratio.site_3"] == pytest.approx(110.7718, abs=5e-5)


def test_negative_benefits_stay_negative_throughout():
    """-107.746 x 44,244 = -4,767,114.02 and -167.957 x 195,149 = -32,776,640.59: together -37,543,754.62.

    Ratio to 541,000: -69.3970. Net of cost: -38,084,754.62, ratio -70.3970.
    """
    values = benefits_of()
    assert values["benefit.total.site_2"] == pytest.approx(-37_543_754.62, abs=0.01)
    assert values["benefit.cost_ratio.site_2"] == pytest.approx(-69.3970, abs=5e-5)
    assert values["benefit.net.site_2"] == pytest.approx(-38_084_754.62, abs=0.01)
    assert values["benefit.net_cost_ratio.site_2"] == pytest.approx(-70.3970, abs=5e-5)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_share_of_the_benefit_kept(share):
    values = benefits_of(share=share)
    assert values["benefit.total_sensitivity.site_3"] == pytest.approx(share * values["benefit.total.site_3"])
    assert values["benefit.cost_ratio_sensitivity.site_3"] == pytest.approx(share * values["benefit.cost_ratio.site_3"])


@pytest.mark.parametrize("method", ["as_published", "corrected"])
def test_no_difference_no_benefit(method):
    values = benefits_of(method, effective_treatment__did__site_3=math.nan)
    assert math.isnan(values["additional.effective_treatment.site_3"])
    assert math.isnan(values["benefit.total.site_3"])
    assert not math.isnan(values["benefit.completions.site_3"])
    assert not math.isnan(values["benefit.total.site_2"])


def test_sites_keep_their_own_values_and_order():
    values = benefits_of("corrected")
    used = [one for one in values if one.startswith("additional.did_used.")]
    assert [one.rpartition(".")[2] for one in used] == ["site_3", "site_2"] * 2
    assert [values[one] for one in used] == [3.5511, -3.35, 5.1249, -5.2501]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"method": "corrected"},
        {"discount_rates": NOTHING},
        {"treatment_years": 2, "recovery_years": 3},
        {"treatment_years": 1, "recovery_years": 1},
        {"treatment_years": 40, "recovery_years": 40},
    ],
)
def test_every_formula_gives_the_stored_value(changes):
    economics = {**DEFAULT, **changes}
    rows = unit_values(CONSTANTS, economics)
    given = pd.DataFrame([{"id": name, "value": value} for name, value in KNOWN.items() if "unit_value" not in name])
    words = dict.fromkeys(["extract", "filter", "source", "rule", "function"], "given")
    given = quantities(given.assign(rows=1), id="{id}", value="value", unit="ppt", rows="rows", **words)
    values = {**KNOWN, **values_of(rows)}
    config = settings({"definitions": {}, "models": {}, "economics": economics}, {}, {})
    assert_closed(
        pd.concat([*rows, given, constants(TABLE), config, *benefits(values, SITES, economics)], ignore_index=True)
    )
