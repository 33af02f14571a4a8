"""Every printed number stands with the words of its id: in the heads of its cell, or in its sentence."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest

from words_of_ids import DECLARED, Page

# Where one id is put in the place of another in the page, as a careless edit of a template or declaration would.
SWAPPED = {
    "the other outcome in a sentence": ("effective_treatment.did.site_3", "successful_completion.did.site_3"),
    "the upper end for the lower": (
        "effective_treatment.odds_ratio_low.site_3",
        "effective_treatment.odds_ratio_high.site_3",
    ),
    "the lower end of a cell for the upper": ("prison_pickup.did_high.site_2", "prison_pickup.did_low.site_2"),
    "another site's chance": ("uncertainty.pays.areas.site_3", "uncertainty.pays.areas.site_2"),
    "another site": ("successful_completion.p.site_5", "successful_completion.p.site_2"),
    "the comparison area": ("effective_treatment.rate.pilot_7.pre", "effective_treatment.rate.comparison_7.pre"),
    "the period after": ("effective_treatment.rate.pilot_7.pre", "effective_treatment.rate.pilot_7.post"),
    "a range from its highest": ("stated.effective_treatment.rate.min", "stated.effective_treatment.rate.max"),
    "the odds ratio for its end": ("prison_pickup.odds_ratio_high.site_2", "prison_pickup.odds_ratio.site_2"),
    "unadjusted for adjusted": ("effective_treatment.p.site_2", "effective_treatment.p_unadjusted.site_2"),
    "the count for the base": ("effective_treatment.base.pilot_3.pre", "effective_treatment.count.pilot_3.pre"),
    "the other value of a client": ("unit_value.effective_treatment", "unit_value.completion"),
    "another kind of spending": ("spending.pay.share", "spending.non_pay.share"),
    "another year": ("cost.site_3.year_1", "cost.site_3.year_2"),
    "a total for one of its parts": ("benefit.completions.site_2", "benefit.total.site_2"),
    "another stage": ("fieldwork.stage_2.total.all", "fieldwork.stage_3.total.all"),
    "another constant": ("constant.harm_untreated_crime", "constant.harm_untreated_health"),
    "the benefit for the net result": ("benefit.net.site_3", "benefit.total.site_3"),
    "all in treatment for those who left": (
        "successful_completion.rate.pilot_3.pre",
        "completion_of_treated.rate.pilot_3.pre",
    ),
    "an end of an assumption": ("sensitivity.total.discount_rate.low", "sensitivity.total.discount_rate.high"),
    "another column of the model": ("unit_value.harm_recovery.year_7", "unit_value.harm_no_recovery.year_7"),
}
REWORDED = {
    "a unit": ('<span class="unit">percentage points</span>', '<span class="unit">per cent</span>'),
    "what follows a number": ("</data> percentage points", "</data> per cent"),
    "a reference": ('#table-7-4">Table 7.4</a> gives', '#table-7-1">Table 7.1</a> gives'),
}


@pytest.fixture(scope="module")
def page(programme_made, programme_printed) -> Page:
    """The report of a small study."""
    rows = {row["id"]: row for row in programme_made.ledger.to_dict("records")}
    return Page(programme_printed.page, rows, programme_made.config)


def test_every_printed_number_stands_with_its_words(page):
    assert len(page.readings) > 1500
    assert page.faults() == []


@pytest.mark.parametrize("what", SWAPPED)
def test_another_id_in_its_place_is_noticed(page, what):
    printed, other = SWAPPED[what]
    here = [one for one in page.readings if one.id == printed]
    assert here
    for one in here:
        beside = [near for near in page.readings if near.block == one.block and not near.in_table and near is not one]
        assert page.faults_of([*beside, replace(one, id=other)]), one


@pytest.mark.parametrize("what", REWORDED)
@pytest.mark.thorough
def test_other_words_are_noticed(page, what):
    old, new = REWORDED[what]
    assert old in page.html
    assert Page(page.html.replace(old, new, 1), page.rows, page.config).faults()


OF_ONE_PAIR = {"uncertainty.gain.counts.{place}"}  # printed where areas cannot be compared: test_numbers_of_pairs


def test_no_words_are_declared_for_what_is_not_printed(page):
    """So that the list does not rot; what this study cannot compute is told by other words, and its own stay."""
    from dscp.ledger.ids import general
    from dscp.measures.registry import MEASURES

    shapes = {general(page.rows[one.id]) for one in page.readings}
    families = dict.fromkeys(MEASURES, "{measure}")
    shown = {families.get(family := shape.split(".")[0], family) + shape[len(family) :] for shape in shapes}
    known = {general(row) for row in page.rows.values() if not isnan(row["value"])}
    assert set(DECLARED["patterns"]) - shown - OF_ONE_PAIR <= {general(row) for row in page.rows.values()} - known
