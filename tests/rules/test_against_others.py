"""A study of areas: its estimates against a library's model and plain loops, its sets of areas, its pages."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lxml import html
from scipy.stats import norm

import area_studies
import chain
from dscp.disclosure.policies import NONE, POLICIES
from dscp.figures.data import FigureData, planned
from dscp.figures.drawing import ACCENT, INK, WHITE, Faces
from dscp.ledger.placebo import placebo_share, placebo_share_of_means, placebo_within
from dscp.ledger.rows import read_ledger
from dscp.study.reports import AREA_STUDY
from figures import drawing
from ledger_checks import assert_closed

BEFORE, AFTER = ["2010-11", "2011-12"], ["2012-13", "2013-14"]
YEARS = [f"{year}-{year - 1999:02d}" for year in range(2010, 2019)]
COMPARED = {  # comparison -> years before and after
    "whole": (BEFORE, AFTER),
    "first_year": (BEFORE, AFTER[:1]),
    "no_pilot": (BEFORE[:1], BEFORE[1:]),
}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The study that the project holds, on the published figures."""
    return area_studies.made(area_studies.example(), tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """The published figures as they stand in the file, read by nothing of the workflow; discontinued names are out."""
    frame = pd.read_csv(area_studies.FILE).rename(columns={"people_in_treatment": "y", "estimated_prevalence": "n"})
    frame["year"] = frame["fiscal_year"].str.replace("/", "-")
    return frame[~frame["area"].str.contains("Discontinued")].dropna(subset=["y", "n"])


def summed(table: pd.DataFrame, years: list[str], start: list[str], end: list[str], but: str = "") -> pd.DataFrame:
    """A row for each area with figures in all of some years, before and after: area, pilot, after, y, n."""
    known = table[table["year"].isin(years)].groupby("area")["year"].nunique()
    inside = table[table["area"].isin(known.index[known == len(years)]) & (table["area"] != but)]
    spans = [inside[inside["year"].isin(span)].assign(after=after) for after, span in enumerate((start, end))]
    return pd.concat(spans).groupby(["area", "pilot", "after"])[["y", "n"]].sum().reset_index()


def fitted(rows: pd.DataFrame, **how):
    """The Poisson model of statsmodels: people on pilot, after and pilot x after, offset log prevalence."""
    design = sm.add_constant(np.column_stack([rows["pilot"], rows["after"], rows["pilot"] * rows["after"]]))
    model = sm.GLM(rows["y"].to_numpy(), design, family=sm.families.Poisson(), offset=np.log(rows["n"]).to_numpy())
    return model.fit(tol=1e-13, **how)


def clustered(rows: pd.DataFrame) -> tuple[float, float, float]:
    """The ratio and its interval by the library, errors clustered by area."""
    fit = fitted(rows, cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["area"])[0]})
    return tuple(float(value) for value in np.exp([fit.params[3], *fit.conf_int()[3]]))


def sandwich(rows: pd.DataFrame) -> float:
    """The clustered error of pilot x after by matrices: bread, meat by area, and the correction for few clusters."""
    x = np.column_stack([np.ones(len(rows)), rows["pilot"], rows["after"], rows["pilot"] * rows["after"]])
    rates = rows.groupby(["pilot", "after"])[["y", "n"]].transform("sum")
    mu = rows["n"] * rates["y"] / rates["n"]
    bread = np.linalg.inv(x.T @ (x * mu.to_numpy()[:, None]))
    scores = pd.DataFrame(x * (rows["y"] - mu).to_numpy()[:, None]).groupby(rows["area"].to_numpy()).sum().to_numpy()
    groups, n, k = len(scores), *x.shape
    whole = bread @ scores.T @ scores @ bread * groups / (groups - 1) * (n - 1) / (n - k)
    return math.sqrt(whole[3, 3])


@pytest.mark.parametrize("comparison", COMPARED)
def test_the_estimates_are_those_of_the_model(real, table, comparison):
    rows = summed(table, [*BEFORE, *AFTER], *COMPARED[comparison])
    assert rows["area"].nunique() == 147 and rows.loc[rows["pilot"] == 1, "area"].nunique() == 8
    sums = rows.groupby(["pilot", "after"])[["y", "n"]].sum()
    rate = 100 * sums["y"] / sums["n"]
    known = real.known
    did = (rate[1, 1] - rate[1, 0]) - (rate[0, 1] - rate[0, 0])
    assert known[f"against_others.did.{comparison}"] == pytest.approx(did, abs=1e-9)
    found = [known[f"against_others.{name}.{comparison}"] for name in ("ratio", "low", "high")]
    assert found == pytest.approx(clustered(rows), rel=1e-8)
    assert known[f"against_others.error.{comparison}"] == pytest.approx(sandwich(rows), rel=1e-9)


@pytest.mark.parametrize("comparison", COMPARED)
def test_the_interval_beside_it_is_scaled_by_pearson(real, table, comparison):
    scaled = fitted(summed(table, [*BEFORE, *AFTER], *COMPARED[comparison]), scale="X2")
    known = real.known
    assert known[f"against_others.dispersion.{comparison}"] == pytest.approx(scaled.scale, rel=1e-9)
    found = [known[f"against_others.scaled_{end}.{comparison}"] for end in ("low", "high")]
    assert found == pytest.approx(np.exp(scaled.conf_int()[3]), rel=1e-8)


def test_no_interval_is_that_of_people(real, table):
    """The model's own errors take people for independent: they are far less than those by area."""
    for comparison, ends in COMPARED.items():
        plain = fitted(summed(table, [*BEFORE, *AFTER], *ends)).bse[3]
        ours = {name: value for name, value in real.known.items() if name.endswith(f"error.{comparison}")}
        assert len(ours) == 2 and min(ours.values()) > 2.5 * plain


def test_each_pilot_is_left_out_once(real, table):
    names = real.config["pilots"]
    for name in names:
        rows, key = summed(table, [*BEFORE, *AFTER], BEFORE, AFTER, but=name), name.lower().replace(" ", "_")
        found = [real.known[f"against_others.without_{one}.{key}"] for one in ("ratio", "low", "high")]
        assert found == pytest.approx(clustered(rows), rel=1e-8)
        rate = rows.groupby(["pilot", "after"])[["y", "n"]].sum().eval("100 * y / n")
        did = (rate[1, 1] - rate[1, 0]) - (rate[0, 1] - rate[0, 0])
        assert real.known[f"against_others.without_did.{key}"] == pytest.approx(did, abs=1e-9)
    every = [value for name, value in real.known.items() if name.startswith("against_others.without_did.")]
    assert len(every) == len(names) + 2
    assert (real.known["against_others.without_did.min"], real.known["against_others.without_did.max"]) == (
        min(every),
        max(every),
    )


def test_each_year_is_set_against_the_last_before(real, table):
    for year in (year for year in YEARS if year != "2011-12"):
        rows, key = summed(table, YEARS, ["2011-12"], [year]), "y" + year.replace("-", "_")
        assert rows["area"].nunique() == 143
        found = [real.known[f"against_others.year_{one}.{key}"] for one in ("ratio", "low", "high")]
        assert found == pytest.approx(clustered(rows), rel=1e-8)
    assert "against_others.year_did.y2011_12" not in real.known


def test_areas_that_count_alike(real, table):
    rows = summed(table, [*BEFORE, *AFTER], BEFORE, AFTER).assign(rate=lambda frame: 100 * frame["y"] / frame["n"])
    wide = rows.pivot(index="area", columns="after", values="rate")
    change = wide[1] - wide[0]
    treated = rows.groupby("area")["pilot"].first() == 1
    assert real.known["against_others.mean_did"] == pytest.approx(change[treated].mean() - change[~treated].mean())
    assert real.known["against_others.pilots_that_rose"] == (change[treated] > 0).sum()


# Sets of areas ------------------------------------------------------------------------------------------------------


def loop_over_sets(areas: pd.DataFrame, sets: list) -> list[float]:
    """The pooled difference in differences of each set, by plain sums. areas : y0, n0, y1, n1."""
    rows = areas.to_dict("records")

    def change(inside) -> float:
        y0, n0, y1, n1 = (sum(rows[i][name] for i in inside) for name in ("y0", "n0", "y1", "n1"))
        return 100 * (y1 / n1 - y0 / n0)

    every = set(range(len(rows)))
    return [change(chosen) - change(every - set(chosen)) for chosen in sets]


def same_draws(areas: int, pilots: int, draws: int, seed: int) -> list[list[int]]:
    """The pilots, and the sets that the seed draws, by the documented way: rows of ones and noughts are shuffled."""
    flags = np.array([[1.0] * pilots + [0.0] * (areas - pilots)] * draws)
    mixed = np.random.default_rng(seed).permuted(flags, axis=1)
    return [list(range(pilots)), *(np.flatnonzero(row).tolist() for row in mixed)]


def test_the_share_of_sets_is_that_of_a_loop_over_the_same_draws(real, table):
    rows = summed(table, [*BEFORE, *AFTER], BEFORE, AFTER)
    wide = rows.pivot(index="area", columns="after", values=["y", "n"])
    wide.columns = ["y0", "y1", "n0", "n1"]
    key = {name: name.lower().replace(" ", "_").replace("-", "_") for name in wide.index}
    others = sorted((name for name in wide.index if name not in real.config["pilots"]), key=key.get)
    ordered = wide.loc[[*real.config["pilots"], *others]].reset_index(drop=True)
    sets = same_draws(len(ordered), 8, real.config["models"]["placebo_sets"], real.config["models"]["seed"])
    assert {len(one) for one in sets} == {8}
    found = np.array(loop_over_sets(ordered, sets))
    share = (abs(found) >= abs(found[0]) - 1e-9).mean()
    assert real.known["against_others.placebo_share.whole"] == share
    assert real.known["against_others.sets_as_far"] == round(share * 10_000)
    bins = [value for name, value in real.known.items() if name.startswith("against_others.placebo_sets.")]
    assert sum(bins) == len(found) == real.known["against_others.sets"]
    assert real.known["against_others.placebo_reach"] == pytest.approx(abs(found).max())
    alike = (100 * (ordered["y1"] / ordered["n1"] - ordered["y0"] / ordered["n0"])).tolist()
    means = [np.mean([alike[i] for i in one]) - np.mean([alike[i] for i in {*range(147)} - {*one}]) for one in sets]
    share = (np.abs(means) >= abs(means[0]) - 1e-9).mean()
    assert real.known["against_others.mean_placebo_share"] == share


def test_drawn_sets_come_near_all_sets():
    """Of eight areas three are pilots: 56 sets, each as likely."""
    rng = np.random.default_rng(4)
    areas = pd.DataFrame({"y0": rng.integers(50, 300, 8), "n0": 1000, "y1": rng.integers(50, 300, 8), "n1": 1100})
    every = np.array(loop_over_sets(areas, list(itertools.combinations(range(8), 3))))
    lists = [areas[name].tolist() for name in ("y0", "n0", "y1", "n1")]
    exact = (abs(every) >= abs(every[0]) - 1e-9).mean()
    assert 0.1 < exact < 0.9
    drawn = placebo_share(*lists, 3, 20_000, 1)
    assert abs(drawn - exact) < 4 * math.sqrt(exact * (1 - exact) / 20_000)
    inside = placebo_within(*lists, 3, 20_000, 1, 0, 5) / 20_001
    assert abs(inside - ((every >= 0) & (every < 5)).mean()) < 4 * math.sqrt(0.25 / 20_000)


def test_the_pilots_are_one_of_the_sets_and_ties_count():
    alike = [10.0] * 6
    assert placebo_share(alike, [100.0] * 6, alike, [100.0] * 6, 2, 99, 1) == 1
    assert placebo_share_of_means([9.0, 0, 0, 0, 0, 0], 1, 99, 3) == pytest.approx(
        (1 + sum(one == [0] for one in same_draws(6, 1, 99, 3)[1:])) / 100
    )


def test_a_range_of_differences_has_its_low_end_and_not_its_high_one():
    people, base = [10.0, 10.0], [100.0, 100.0]
    found = [placebo_within(people, base, [12.0, 10.0], base, 1, 99, 1, low, high) for low, high in ((2, 3), (1, 2))]
    assert found[0] == placebo_within(people, base, [12.0, 10.0], base, 1, 99, 1, 0, 9) > 0 and found[1] == 0


def test_a_larger_difference_has_a_smaller_share():
    base = [100.0] * 20
    after = [float(value) for value in range(5, 25)]
    shares = [placebo_share([10.0] * 20, base, [after[0] + more, *after[1:]], base, 1, 999, 2) for more in (10, 20, 40)]
    assert shares[0] > shares[1] > shares[2] >= 1 / 1000


# What the figures are read from -------------------------------------------------------------------------------------


def test_every_leaf_is_a_cell_of_the_file(real, table):
    cells = {(row.area.lower().replace(" ", "_").replace("-", "_"), row.year): row for row in table.itertuples()}
    leaves = real.ledger[(real.ledger["rule"] == "against_others") & (real.ledger["extract"] != "")]
    assert len(leaves) == 2 * (143 * 9 + 4 * 4) + 1
    for row in leaves.to_dict("records"):
        if row["id"] == "against_others.areas.named":
            assert row["value"] == 151
            continue
        dims = dict(pair.split("=", 1) for pair in row["dims"].split())
        cell = cells[dims["area"], dims["year"].removeprefix("y").replace("_", "-")]
        assert row["value"] == (cell.y if ".people." in row["id"] else cell.n)
        assert row["rows"] == 1 and row["about"] == "areas"
    assert_closed(real.ledger)


def test_the_confidence_of_the_config_is_that_of_the_intervals(tmp_path):
    of = area_studies.example(models={"confidence": 0.8, "placebo_sets": 99, "seed": 1})
    known = area_studies.made(of, tmp_path).known
    ratio, error = (known[f"against_others.{name}.whole"] for name in ("ratio", "error"))
    assert known["against_others.low.whole"] == pytest.approx(ratio * math.exp(-norm.ppf(0.9) * error))
    assert known["against_others.sets"] == 100


# What stops a run ---------------------------------------------------------------------------------------------------


def at(frame: pd.DataFrame, area: str, year: str = "2012/13") -> pd.Series:
    """The row of an area and year."""
    return (frame["area"] == area) & (frame["fiscal_year"] == year)


def put(column: str, value: object, area: str = "Kent"):
    """A change of one cell."""
    return lambda frame: frame.assign(**{column: frame[column].astype(object).mask(at(frame, area), value)})


FAULTS = {  # what is done to the file; what the run says
    "a pilot that is misspelt": (
        lambda frame: frame.replace({"area": {"Kent": "Kentt"}}),
        "found no row of Kent, allowed: at least one, Kent being one of the pilots in the config; did you mean kentt?",
    ),
    "an area twice in a year": (
        lambda frame: pd.concat([frame, frame[at(frame, "Kent")]]),
        "found the same area and fiscal_year as in line 567, allowed: one row for each area and fiscal_year",
    ),
    "a year without a row": (
        lambda frame: frame[frame["fiscal_year"] != "2012/13"],
        "found no figures for 2012-13, allowed: people in treatment and their estimated number in 2010-11, ",
    ),
    "a pilot without a year": (
        lambda frame: frame[~at(frame, "Kent")],
        "found no figures of Kent for 2012-13, allowed: people in treatment and their estimated number in 2010-11, ",
    ),
    "an empty figure": (put("people_in_treatment", None), "found no figures of Kent for 2012-13"),
    "nobody in need": (put("estimated_prevalence", 0), "estimated_prevalence: found 0.0, allowed: a number above 0"),
    "fewer than nobody": (put("people_in_treatment", -5), "found -5.0, allowed: a number, zero or more"),
    "a word": (
        put("people_in_treatment", "some", "Leeds"),
        "people_in_treatment: found some, allowed: a number, zero or more",
    ),
    "another percentage": (
        put("met_need_pct", 90),
        "met_need_pct: found 90.0, allowed: 100 x people_in_treatment / estimated_prevalence",
    ),
    "no fiscal year": (put("fiscal_year", "2012", "Leeds"), "allowed: a fiscal year as 2009-10"),
    "no area": (put("area", None, "Leeds"), "area: found nothing, allowed: the name of an area"),
    "pilots alone": (
        lambda frame: frame[frame["pilot"] == 1],
        "found 0 other areas with figures of every year, allowed: at least 8, as many as pilots",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_of_the_file_stops_the_run_in_a_line(what, tmp_path):
    change, said = FAULTS[what]
    (fault,) = area_studies.faults(area_studies.example(), change(area_studies.figures()), tmp_path)
    assert said in fault and fault.startswith("area_coverage.csv")


def test_what_is_no_area_is_left_out_and_counted(real, tmp_path):
    frame = area_studies.figures()
    more = frame[frame["area"] == "Kent"].assign(people_in_treatment=100_000, met_need_pct=None)
    more = pd.concat(
        [more.assign(area=name) for name in ("England", "Decile 1 (least deprived)", "Rutlandshire (discontinued)")]
    )
    made = area_studies.made(real.config, tmp_path, pd.concat([frame, more]))
    left_out = made.findings[made.findings["severity"] == "excluded"].set_index("found")["rows"].to_dict()
    assert left_out == {"the whole country": 9, "deciles of deprivation": 9, "areas marked discontinued": 23}
    ours = real.ledger["rule"] == "against_others"
    assert made.known["against_others.did.whole"] == real.known["against_others.did.whole"]
    assert len(made.ledger) == len(real.ledger) + 2 and ours.any()


def test_more_people_than_the_estimate_is_told_and_taken_as_it_is(real, tmp_path):
    frame = area_studies.figures()
    much = put("people_in_treatment", 9e4, "Leeds")(frame).assign(met_need_pct=None)
    made = area_studies.made(real.config, tmp_path, much)
    assert (
        made.findings["message"].str.contains("more people than the number estimated to need treatment in 1 row").any()
    )
    assert made.known["against_others.did.whole"] != real.known["against_others.did.whole"]


def test_an_area_that_lacks_a_year_is_left_out_of_the_comparison(real, tmp_path):
    frame = area_studies.figures()
    less = frame[~at(frame, "Leeds", "2013/14")]
    made = area_studies.made(real.config, tmp_path, less)
    assert made.known["against_others.areas.others"] == 138 and made.known["against_others.areas.left_out"] == 5
    assert not made.ledger["id"].str.contains(".leeds.", regex=False).any()


# The pages ----------------------------------------------------------------------------------------------------------

OF_2012 = r"NatCen|Drug System Change|DSCP|\bprison|criminal justice|\bcosts?\b|\bbenefits?\b|comparison area|\bDATs?\b"
SAYS = "It does not say how many people completed treatment, and says nothing of treatment for drugs."


@pytest.fixture(scope="module")
def printed(real):
    return area_studies.render(real)


@pytest.fixture(scope="module")
def text(printed) -> str:
    body = html.fromstring(printed.page).xpath("//body//text()[not(ancestor::script or ancestor::style)]")
    return " ".join(" ".join(body).split())


def test_no_number_is_naked_and_nothing_is_of_the_2012_study(printed, text):
    assert printed.faults == []
    assert re.findall(OF_2012, text) == []
    assert re.findall(OF_2012, str(printed.book)) == []


def test_the_first_paragraph_says_what_coverage_is_and_is_not(printed):
    first = html.fromstring(printed.page).xpath("//div[@class='about']/p")[0].text_content()
    assert (
        "adults in treatment whose problem is alcohol, as a percentage of the adults estimated to be dependent" in first
    )
    assert "does not say how many people completed treatment" in first and "nothing of treatment for drugs" in first


def test_every_table_and_figure_says_it_too(printed):
    page = html.fromstring(printed.page)
    exhibits = [*page.xpath("//table[starts-with(@id, 'table-')]/.."), *page.xpath("//figure")]
    assert len(exhibits) == 5 + 4
    for one in exhibits:
        assert SAYS in " ".join(one.text_content().split())
    notes = [sheet for sheet in printed.book.sheets if sheet.name.startswith("Table")]
    assert len(notes) == 5


def test_it_tells_what_the_numbers_are(real, text):
    assert "The change in coverage in the pilots cannot be told from changes that areas show by themselves." in text
    assert "does not keep its sign without Lincolnshire" in text and "moves most without Kent" in text
    assert "is as large as the difference found later, or larger" in text
    assert "In each year the interval of the ratio holds one" in text


def with_values(real, **values: float):
    """What is printed where some quantities have other values."""
    ids = {f"against_others.{name.replace('__', '.')}": value for name, value in values.items()}
    ledger = real.ledger.assign(value=[ids.get(one, value) for one, value in real.ledger[["id", "value"]].to_numpy()])
    assert set(ids) <= set(ledger["id"])
    found = area_studies.render(replace(real, ledger=ledger.astype({"value": float})))
    assert found.faults == []
    return " ".join(html.fromstring(found.page).text_content().split()), found.page


def test_words_and_descriptions_follow_the_numbers(real):
    told, page = with_values(
        real, low__whole=1.01, did__no_pilot=0.1, without_did__wigan=9.0, year_low__y2015_16=1.05,
        without_did__lincolnshire=0.3, without_high__kent=0.97, without_low__kent=0.9,
        panel_coverage__pilots__y2018_19=40.0,
    )  # fmt: skip
    assert "Coverage grew more in the pilots than in all other areas, beyond what their scatter explains." in told
    assert "is smaller than the difference found later" in told
    assert "keeps its sign whichever pilot is left out, and moves most without Wigan." in told
    assert "The interval of the ratio leaves one out in 2015-16." in told
    alts = " ".join(html.fromstring(page).xpath("//img/@alt"))
    assert "Intervals above one: 2015-16. All others hold one." in alts
    assert "Intervals above one: with none left out; below one: Kent. All others hold one." in alts
    assert "Pilots: from 17.2% in 2010-11 to 40.0% in 2018-19, with the most in 2018-19, 40.0%." in alts
    less, _ = with_values(real, high__whole=0.99)
    assert "Coverage grew less in the pilots" in less


def axes_of(real, number: str):
    """The plot of a figure and its numbers."""
    declared = AREA_STUDY.declared("figures", chain.TEMPLATES)["figures"]
    plan = planned(declared, real.config, real.ledger["id"].tolist())[number]
    data = FigureData.of(plan, real.known)
    return drawing(plan.declaration["draws"])(data, real.config, Faces.of(**chain.FACES)).axes[0], data


def test_bars_stand_at_their_ranges_and_are_as_high_as_there_are_sets(real):
    axes, data = axes_of(real, "A.1")
    bars = {(round(one.get_x() + one.get_width() / 2, 6), one.get_height()) for one in axes.patches}
    names = [name for name in data.rows if name != "found"]
    assert bars == {(round(data.at(name, "middle").value, 6), data.at(name, "sets").value) for name in names}
    assert [line.get_xdata()[0] for line in axes.lines] == [real.known["against_others.did.whole"]]


@pytest.mark.parametrize("number", ["A.2", "A.4"])
def test_dots_stand_at_their_ratios_and_lines_at_their_intervals(real, number):
    axes, data = axes_of(real, number)
    along = "get_xdata" if number == "A.2" else "get_ydata"
    dots = [getattr(line, along)()[0] for line in axes.lines if line.get_marker() in ("o", "s")]
    assert dots == [data.at(name, "ratio").value for name in data.rows]
    spans = [
        list(getattr(line, along)()) for line in axes.lines if line.get_marker() == "None" and line.get_color() != INK
    ]
    spans = [span for span in spans if len(span) == 2 and span != [0, 1]]
    assert spans == [[data.at(name, "from").value, data.at(name, "to").value] for name in data.rows]


def test_lines_of_coverage_differ_in_form_and_not_in_colour_alone(real):
    axes, data = axes_of(real, "A.3")
    lines = {line.get_marker(): line for line in axes.lines if line.get_marker() in ("o", "s")}
    assert list(lines["o"].get_ydata()) == [data.at(year, "pilots").value for year in data.rows]
    assert list(lines["s"].get_ydata()) == [data.at(year, "others").value for year in data.rows]
    assert lines["o"].get_linestyle() != lines["s"].get_linestyle()
    assert lines["o"].get_markerfacecolor() != lines["s"].get_markerfacecolor()
    low, high = axes.get_ylim()
    assert all(low < value < high for line in lines.values() for value in line.get_ydata())


def test_open_dots_are_years_before_the_pilots(real):
    axes, _ = axes_of(real, "A.4")
    grounds = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    assert grounds == [WHITE] + [ACCENT] * 7


@pytest.mark.parametrize("policy", [name for name in POLICIES if name != NONE.name])
def test_no_policy_changes_published_figures_of_areas(real, tmp_path, policy):
    under = area_studies.made(area_studies.example(disclosure=policy), tmp_path)
    assert chain.publish(under, tmp_path, policy) == []
    published = read_ledger(tmp_path / "ledger.csv").set_index("id")["value"]
    ours = real.ledger[real.ledger["rule"] == "against_others"].set_index("id")["value"]
    pd.testing.assert_series_equal(published[ours.index], ours)
    found = area_studies.render(replace(under, ledger=read_ledger(tmp_path / "ledger.csv")))
    assert found.faults == [] and "[c]" not in html.fromstring(found.page).text_content()


def test_one_year_before_leaves_the_comparison_of_years_without_a_pilot_out(tmp_path):
    of = area_studies.example(before=["2011-12"], panel=["2011-12", "2013-14"], other_studies=None)
    del of["other_studies"]
    made = area_studies.made(of, tmp_path)
    assert not made.ledger["id"].str.endswith(".no_pilot").any()
    found = area_studies.render(made)
    told = " ".join(html.fromstring(found.page).text_content().split())
    assert found.faults == []
    assert "names a single year before the pilots" in told and "names no other studies of these pilots" in told
