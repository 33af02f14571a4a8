"""Who was counted, and what is not known of them: counted again from the members, and fitted again by formulas."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import chain
from case_mix import categories, levels
from dscp.exhibits.declared import resolve
from dscp.measures.needs import lacking
from dscp.study.areas import analysed

FIRST = {"treatment": "effective_treatment", "prison": "prison_pickup"}
SAME = {"M": "male", "F": "female"}


@pytest.fixture(scope="module")
def members(programme, programme_made) -> pd.DataFrame:
    """The clients and referrals that are counted, some of whom are not known to the last detail."""
    found = pd.concat(chain._counted(programme.config, programme_made.typed)[1].values(), ignore_index=True)
    return found[found["site"].isin(analysed(programme.config["sites"]))]


def band(age: float) -> str:
    if math.isnan(age):
        return "missing"
    return "under_25" if age < 25 else "25_to_34" if age < 35 else "35_to_44" if age < 45 else "45_or_more"


@pytest.mark.parametrize("kind", FIRST)
def test_every_category_is_counted_in_each_arm_and_period(kind, programme, programme_made, members):
    known, seen = programme_made.known, 0
    own = members[members["measure"] == FIRST[kind]]
    for (arm, period), group in own.groupby(["arm", "period"]):
        place = f"all_{arm}s.{period}"
        assert known[f"case_mix.base.{kind}.{place}"] == len(group) > 0
        for name in programme.config["models"][f"{kind}_covariates"]:
            told = [band(age) for age in group["age"]] if name == "age" else [SAME.get(one, one) for one in group[name]]
            for category in set(told):
                seen += 1
                where = f"{kind}.{name}.{category}.{place}"
                assert known[f"case_mix.count.{where}"] == told.count(category)
                assert known[f"case_mix.share.{where}"] == pytest.approx(100 * told.count(category) / len(group))
    assert seen > 30
    counts = [name for name in known if name.startswith(f"case_mix.count.{kind}.")]
    bases = sum(known[f"case_mix.base.{kind}.all_{arm}s.{period}"] for arm in chain.ARMS for period in ("pre", "post"))
    assert sum(known[name] for name in counts) == bases * len(programme.config["models"][f"{kind}_covariates"])


def test_the_standardised_difference_is_that_of_its_definition(programme_made):
    """The difference of two means of noughts and ones, by the root of the mean of their variances."""
    known = programme_made.known
    names = [name for name in known if name.startswith("case_mix.difference.")]
    assert len(names) > 40
    for name in names:
        *path, period = name.removeprefix("case_mix.difference.").split(".")
        ones = []
        for arm in chain.ARMS:
            place = f"all_{arm}s.{period}"
            base = int(known[f"case_mix.base.{path[0]}.{place}"])
            ones.append(np.arange(base) < known[f"case_mix.count.{'.'.join(path)}.{place}"])
        expected = (ones[0].mean() - ones[1].mean()) / math.sqrt((ones[0].var() + ones[1].var()) / 2)
        assert known[name] == pytest.approx(expected, abs=1e-12)


def test_a_category_that_everybody_or_nobody_is_in_has_no_difference():
    places = [(arm, period) for arm in chain.ARMS for period in ("pre", "post")]
    own = pd.DataFrame(places, columns=["arm", "period"]).assign(sex="M", dual="no")
    found = levels(own, ["sex", "dual"])
    assert found["category"].to_list() == ["male"] * 4 + ["no"] * 4
    assert found["count"].to_list() == [1] * 8


def test_bands_stand_from_the_lowest_and_what_is_not_known_last():
    years = pd.Series([70, 24, np.nan, 25, 34, 44.0], name="age")
    assert categories(years).to_list() == ["45_or_more", "under_25", "missing", "25_to_34", "25_to_34", "35_to_44"]
    use = pd.Series(["missing", "under_5", "10_to_19", "5_to_9", "20_or_more"], name="length_of_use")
    own = pd.DataFrame({"arm": "pilot", "period": "pre", "length_of_use": use})
    order = levels(own, ["length_of_use"])["category"].drop_duplicates().to_list()
    assert order == ["under_5", "5_to_9", "10_to_19", "20_or_more", "missing"]


@pytest.mark.parametrize("measure", FIRST.values())
def test_models_of_those_fully_known_are_those_of_a_formula(measure, programme, programme_made, members):
    known, own = programme_made.known, members[members["measure"] == measure]
    fitted = 0
    for site in own["site"].unique():
        here = own[own["site"] == site]
        complete = here[here["age"].notna() & (here[["sex", "ethnicity"]] != "missing").all(axis=1)]
        rows = known[f"case_mix.complete_rows.{measure}.{site}"]
        p = known[f"case_mix.complete_p.{measure}.{site}"]
        if math.isnan(p):
            continue
        data = complete.assign(
            y=complete["outcome"].astype(int), pilot=complete["arm"] == "pilot", post=complete["period"] == "post"
        )
        if rows == len(complete):
            fitted += 1
            fit = smf.logit("y ~ pilot * post + age + C(sex) + C(ethnicity)", data).fit(disp=0)
            assert p == pytest.approx(fit.pvalues["pilot[T.True]:post[T.True]"], rel=1e-4)
        assert rows <= len(complete) < len(here)
    assert fitted


def test_under_a_policy_nothing_of_it_is_made_and_the_report_says_so(programme):
    config = {**programme.config, "disclosure": "suppress_below_5"}
    assert lacking(["case_mix"], programme.config) == []
    assert lacking(["case_mix"], config) == ["without a disclosure policy"]
    for number in ("B.2", "B.3", "B.4"):
        table = resolve(number, chain.EXHIBITS[number], config, [], {})
        assert table.empty.startswith("This study has a disclosure policy, and there would be many small counts, so")


def test_the_tables_print_the_categories_but_for_the_rest(programme_made, programme_printed):
    page = programme_printed.page
    assert programme_printed.faults == []
    assert 'data-q="case_mix.share.treatment.age.25_to_34.all_pilots.pre"' in page
    assert '<span class="s">25 to 34</span>' in page and '<span class="s">Not known</span>' in page
    assert not [name for name in programme_made.known if ".no." in name and "difference" in name]


@pytest.mark.thorough
def test_a_study_whose_models_allow_for_nothing_says_so(programme, tmp_path):
    none = programme.settings(models__treatment_covariates=[], models__prison_covariates=[])
    made = chain.run(none, tmp_path)
    assert not [name for name in made.known if name.startswith("case_mix.share.")]
    out = chain.render(made)
    assert out.faults == []
    assert (
        out.page.count("The models of this study allow for no characteristics, so there is nothing to show here.") == 2
    )
