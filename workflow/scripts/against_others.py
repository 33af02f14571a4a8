"""Rule against_others: treatment coverage in pilots against all other areas, before and after.

A study of areas on published figures. Coverage is people in treatment over the estimated number who need it, per cent;
years and areas are added, numerator and denominator. Uncertainty is of areas, never of people: the model is Poisson, of
people in treatment on pilot, after and pilot x after, with the logarithm of the estimated number as offset. Its
estimates are those of the sums, and its errors are clustered by area.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.placebo import BINS
from dscp.ledger.rows import numbers, quantities, values_of, write_ledger
from dscp.run.job import writing
from dscp.study.days import year_key
from dscp.study.pilots import SPANS, base_year, compared_years, panel_years, pilots

RULE, SOURCE, EXTRACT = "against_others", "Appendix B2", "area_coverage"
FIGURES = {"people": "people_in_treatment", "prevalence": "estimated_prevalence"}
ARMS = ("pilots", "others")
BEFORE, AFTER = SPANS.values()
TOLD = {"source": SOURCE, "rule": RULE, "function": "against_others"}
CONFIDENCE, DRAWS, SEED = (f"setting.models.{name}" for name in ("confidence", "placebo_sets", "seed"))
Values = MutableMapping[str, float]
COVERAGE = "100 * people / prevalence"
RATIO = "pilots_after / pilots_before / (others_after / others_before)"
SPREAD = (
    "sum(((a - p * sum(people_after) / sum(prevalence_after)) / sum(people_after)"
    " - (b - q * sum(people_before) / sum(prevalence_before)) / sum(people_before)) ** 2"
    " for a, p, b, q in zip(people_after, prevalence_after, people_before, prevalence_before))"
)
# G / (G - 1) * (N - 1) / (N - K), of G areas with N = 2 G sums and K = 4 terms.
CLUSTERED = "sqrt((pilots + others) * areas / (areas - 1) * (2 * areas - 1) / (2 * areas - 4))"
PEARSON = " + ".join(
    f"sum((y - n * sum(people_{when}) / sum(prevalence_{when})) ** 2"
    f" / (n * sum(people_{when}) / sum(prevalence_{when})) for y, n in zip(people_{when}, prevalence_{when}))"
    for when in (BEFORE, AFTER)
)
SETS = {"pilots": f"{RULE}.areas.pilots", "draws": DRAWS, "seed": SEED}
SETS_OF = "people_before, prevalence_before, people_after, prevalence_after, pilots, draws, seed"
ALL = {f"{what}_{when}": f"@all_{what}_{when}" for when in (BEFORE, AFTER) for what in FIGURES}


def ids(what: str, areas: Sequence[str], span: str) -> list[str]:
    """Of each area the id of a figure in a year, before or after."""
    return [f"{RULE}.{what}.{area}.{span}" for area in areas]


def _parts(what: str, area: str, years: Sequence[str]) -> list[str]:
    return [f"{RULE}.{what}.{area}.{year}" for year in years]


@dataclass(frozen=True)
class Areas:
    """The areas that are compared: keys of the pilots, in the order of the config, and of the others, by name."""

    pilots: Sequence[str]
    others: Sequence[str]

    @property
    def every(self) -> list[str]:
        """The pilots, then the others."""
        return [*self.pilots, *self.others]

    def lists(self, start: str, end: str, but: str = "") -> dict[str, list[str]]:
        """Columns of lists of ids between two spans, one for each arm and for all: pilots_people_before, …

        but : an area that is left out
        """
        arms = {"pilots": self.pilots, "others": self.others, "all": self.every}
        return {
            f"{arm}_{what}_{when}": ids(what, [one for one in these if one != but], span)
            for arm, these in arms.items()
            for what in FIGURES
            for when, span in ((BEFORE, start), (AFTER, end))
        }


def whole(figures: pd.DataFrame, treated: Sequence[str], years: Sequence[str]) -> Areas:
    """The pilots, and every other area with both figures in all of some years.

    figures : columns area, fiscal_year and those of FIGURES; nan where not published
    """
    known = figures[figures["fiscal_year"].isin(years)].dropna(subset=list(FIGURES.values()))
    number = known.groupby("area")["fiscal_year"].nunique()
    return Areas(list(treated), sorted(set(number.index[number == len(set(years))]) - set(treated)))


def comparisons(config: Mapping) -> pd.DataFrame:
    """What is set against what, one row each: comparison, start, end (spans).

    All years; the first year of the pilots alone; and, where there are several years before, the last of them against
    the first, when there was no pilot.
    """
    before, after = (list(map(year_key, config[name])) for name in (BEFORE, AFTER))
    found = [("whole", BEFORE, AFTER), ("first_year", BEFORE, after[0])]
    found += [("no_pilot", before[0], before[-1])] if len(before) > 1 else []
    return pd.DataFrame(found, columns=["comparison", "start", "end"])


def against_others(figures: pd.DataFrame, config: Mapping) -> list[pd.DataFrame]:
    """Ledger rows of a study of areas.

    Parameters
    ----------
    figures : the typed extract, a row for each area and fiscal year
    config : the study
    """
    values: Values = dict(numbers({"models": config["models"]}))
    areas = whole(figures, list(pilots(config)), compared_years(config))
    panel = whole(figures, areas.pilots, panel_years(config))
    spans = {year_key(year): [year_key(year)] for year in compared_years(config)}
    spans |= {name: list(map(year_key, config[name])) for name in (BEFORE, AFTER)}
    every = pd.DataFrame({"year": [year_key(year) for year in panel_years(config)]})
    compared = comparisons(config)
    with_lists = _with(compared, [areas.lists(row.start, row.end) for row in compared.itertuples()])
    return [
        *published(figures, areas, panel, config, values),
        *numbers_of_areas(figures, areas, panel, year_key(base_year(config)), values),
        *each_area(areas, spans, values),
        *pooled(areas, "pooled", list(spans), values),
        *pooled(panel, "panel", every["year"].to_list(), values),
        *differences(with_lists, values),
        *dispersions(with_lists, values),
        *placebos(with_lists, values),
        *histogram(with_lists.head(1), values),
        *areas_alike(areas, values),
        *without_one(areas, values),
        *by_year(panel, every, year_key(base_year(config)), values),
    ]


def _with(frame: pd.DataFrame, columns: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """A frame with more columns, which may hold lists."""
    return pd.DataFrame([{**row, **more} for row, more in zip(frame.to_dict("records"), columns, strict=True)])


def published(figures: pd.DataFrame, areas: Areas, panel: Areas, config: Mapping, values: Values) -> list[pd.DataFrame]:
    """The published figures of the areas that are compared or followed: leaves, each read from one row."""
    wanted = ((areas, compared_years(config)), (panel, panel_years(config)))
    inside = [figures["area"].isin(these.every) & figures["fiscal_year"].isin(years) for these, years in wanted]
    cells = figures[inside[0] | inside[1]]
    cells = cells.assign(year=cells["fiscal_year"].map(year_key), rows=1).sort_values(["area", "year"])
    found = []
    for name, column in FIGURES.items():
        rows = quantities(
            cells,
            id=f"{RULE}.{name}.{{area}}.{{year}}",
            value=column,
            rows="rows",
            unit="people",
            extract=EXTRACT,
            filter=f"{column.replace('_', ' ')} of {{area}}, {{fiscal_year}}",
            settings="design pilots before after panel",
            cohort=f"{EXTRACT}.{name}",
            **TOLD,
        )
        values |= values_of(rows)
        found.append(rows)
    return found


def numbers_of_areas(
    figures: pd.DataFrame, areas: Areas, panel: Areas, base: str, values: Values
) -> list[pd.DataFrame]:
    """How many areas the file names, how many are compared and followed, and how many are left out."""
    named = quantities(
        pd.DataFrame([{"number": figures["area"].nunique(), "rows": len(figures)}]),
        id=f"{RULE}.areas.named",
        value="number",
        rows="rows",
        unit="count",
        extract=EXTRACT,
        filter="areas with a row",
        cohort=f"{EXTRACT}.areas",
        **TOLD,
    )
    values |= values_of(named)
    frame = pd.DataFrame(
        [
            {"number": number, "people": ids("people", these, base)}
            for number, these in (
                *(("pilots", areas.pilots), ("others", areas.others)),
                *(("compared", areas.every), ("followed", panel.every), ("others_followed", panel.others)),
            )
        ]
    )
    left = {name: f"{RULE}.areas.{name}" for name in ("named", "compared")}
    return [
        named,
        derive(frame, values, id=f"{RULE}.areas.{{number}}", unit="count", formula="len(people)",
               inputs={"people": "@people"}, settings="design pilots before after panel", **TOLD),
        derive(ONE, values, id=f"{RULE}.areas.left_out", unit="count", formula="named - compared", inputs=left, **TOLD),
    ]  # fmt: skip


def each_area(areas: Areas, spans: Mapping[str, Sequence[str]], values: Values) -> list[pd.DataFrame]:
    """Years before and after added, coverage in them, and its change, of each area."""
    frame = pd.DataFrame(
        [
            {"area": area, "span": span, **{what: _parts(what, area, spans[span]) for what in FIGURES}}
            for area in areas.every
            for span in (BEFORE, AFTER)
        ]
    )  # fmt: skip
    alone = pd.DataFrame({"area": areas.every})
    sums = [
        derive(frame, values, id=f"{RULE}.{what}.{{area}}.{{span}}", unit="people", formula="sum(part)",
               inputs={"part": f"@{what}"}, settings="before after", **TOLD)
        for what in FIGURES
    ]  # fmt: skip
    return [
        *sums,
        derive(frame, values, id=f"{RULE}.coverage.{{area}}.{{span}}", unit="percent", formula=COVERAGE,
               inputs={what: f"{RULE}.{what}.{{area}}.{{span}}" for what in FIGURES}, **TOLD),
        derive(alone, values, id=f"{RULE}.change.{{area}}", unit="ppt", formula="after - before",
               inputs={span: f"{RULE}.coverage.{{area}}.{span}" for span in (BEFORE, AFTER)}, **TOLD),
    ]  # fmt: skip


def pooled(areas: Areas, name: str, spans: Sequence[str], values: Values) -> list[pd.DataFrame]:
    """Areas added, and their coverage, by arm and span."""
    frame = pd.DataFrame(
        [
            {"arm": arm, "span": span, **{what: ids(what, getattr(areas, arm), span) for what in FIGURES}}
            for span in spans
            for arm in ARMS
        ]
    )
    return [
        *(
            derive(frame, values, id=f"{RULE}.{name}_{what}.{{arm}}.{{span}}", unit="people", formula="sum(part)",
                   inputs={"part": f"@{what}"}, **TOLD)
            for what in FIGURES
        ),
        derive(frame, values, id=f"{RULE}.{name}_coverage.{{arm}}.{{span}}", unit="percent", formula=COVERAGE,
               inputs={what: f"{RULE}.{name}_{what}.{{arm}}.{{span}}" for what in FIGURES}, **TOLD),
    ]  # fmt: skip


def coverages(name: str, start: str, end: str) -> dict[str, str]:
    """Inputs: coverage of either arm in two spans, as RATIO and DID call them."""
    spans = {BEFORE: start, AFTER: end}
    return {f"{arm}_{when}": f"{RULE}.{name}_coverage.{arm}.{span}" for arm in ARMS for when, span in spans.items()}


def of_arm(frame: pd.DataFrame, values: Values, arm: str, pattern: str, formula: str = "") -> pd.DataFrame:
    """What the areas of an arm add to the clustered variance of the logarithm of the ratio, or to another formula.

    frame : with the columns of `Areas.lists`
    """
    lists = {f"{what}_{when}": f"@{arm}_{what}_{when}" for what in FIGURES for when in (AFTER, BEFORE)}
    return derive(
        frame.assign(arm=arm), values, id=pattern, unit="ratio", formula=formula or SPREAD, inputs=lists, **TOLD
    )


def interval(
    frame: pd.DataFrame, values: Values, names: tuple[str, str, str, str], inputs: Mapping[str, str], formula: str
) -> list[pd.DataFrame]:
    """The error of the logarithm of a ratio, and the ends of the ratio's interval.

    names : ids of the ratio, of its error, of the low end and of the high end
    inputs, formula : of the error
    """
    ratio, error, *ends = names
    return [
        derive(frame, values, id=error, unit="ratio", formula=formula, inputs=inputs, **TOLD),
        *(
            derive(frame, values, id=end, unit="ratio",
                   formula=f"ratio * exp({sign}normal_quantile((1 + confidence) / 2) * error)",
                   inputs={"ratio": ratio, "error": error, "confidence": CONFIDENCE}, **TOLD)
            for end, sign in zip(ends, ("-", ""), strict=True)
        ),
    ]  # fmt: skip


def differences(frame: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """Of each comparison the changes, their difference, the ratio of coverages, and its interval clustered by area."""
    arms = pd.concat([frame.assign(arm=arm) for arm in ARMS], ignore_index=True)
    changes = {BEFORE: f"{RULE}.pooled_coverage.{{arm}}.{{start}}", AFTER: f"{RULE}.pooled_coverage.{{arm}}.{{end}}"}
    names = tuple(f"{RULE}.{name}.{{comparison}}" for name in ("ratio", "error", "low", "high"))
    parts = {arm: f"{RULE}.spread.{arm}.{{comparison}}" for arm in ARMS}
    return [
        derive(arms, values, id=f"{RULE}.pooled_change.{{arm}}.{{comparison}}", unit="ppt", formula="after - before",
               inputs=changes, **TOLD),
        derive(frame, values, id=f"{RULE}.did.{{comparison}}", unit="ppt", formula="pilots - others",
               inputs={arm: f"{RULE}.pooled_change.{arm}.{{comparison}}" for arm in ARMS}, **TOLD),
        derive(frame, values, id=names[0], unit="ratio", formula=RATIO,
               inputs=coverages("pooled", "{start}", "{end}"), **TOLD),
        *(of_arm(frame, values, arm, f"{RULE}.spread.{{arm}}.{{comparison}}") for arm in ARMS),
        *interval(frame, values, names, {**parts, "areas": f"{RULE}.areas.compared"}, CLUSTERED),
    ]  # fmt: skip


def dispersions(frame: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """How far areas scatter beyond what chance among people gives (Pearson), and the interval that is scaled by it."""
    people = {f"{arm}_{when}": f"{RULE}.pooled_people.{arm}.{{{end}}}"
              for arm in ARMS for when, end in ((BEFORE, "start"), (AFTER, "end"))}  # fmt: skip
    names = tuple(f"{RULE}.{name}.{{comparison}}" for name in ("ratio", "scaled_error", "scaled_low", "scaled_high"))
    scatter = {**{arm: f"{RULE}.pearson.{arm}.{{comparison}}" for arm in ARMS}, "areas": f"{RULE}.areas.compared"}
    return [
        *(of_arm(frame, values, arm, f"{RULE}.pearson.{{arm}}.{{comparison}}", PEARSON) for arm in ARMS),
        derive(frame, values, id=f"{RULE}.dispersion.{{comparison}}", unit="ratio",
               formula="(pilots + others) / (2 * areas - 4)", inputs=scatter, **TOLD),
        *interval(frame, values, names, {"dispersion": f"{RULE}.dispersion.{{comparison}}", **people},
                  f"sqrt(dispersion * ({' + '.join(f'1 / {name}' for name in people)}))"),
    ]  # fmt: skip


def placebos(frame: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """In what share of sets of areas, drawn as if they were the pilots, the difference is at least as large."""
    return [
        derive(frame, values, id=f"{RULE}.placebo_share.{{comparison}}", unit="rate",
               formula=f"placebo_share({SETS_OF})", inputs={**ALL, **SETS}, **TOLD),
        derive(ONE, values, id=f"{RULE}.sets", unit="count", formula="draws + 1", inputs={"draws": DRAWS}, **TOLD),
        derive(frame.head(1), values, id=f"{RULE}.sets_as_far", unit="count",
               formula="round_half_up(share * sets)",
               inputs={"share": f"{RULE}.placebo_share.{{comparison}}", "sets": f"{RULE}.sets"}, **TOLD),
    ]  # fmt: skip


def histogram(frame: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """How many sets give which difference: BINS ranges, the middle one around nought."""
    every = _with(
        pd.concat([frame] * BINS, ignore_index=True),
        [{"bin": f"bin_{n}", "at": 2 * (n - 1) / (BINS - 1) - 1} for n in range(1, BINS + 1)],
    )
    half = f"reach / {BINS - 1}"
    own = {"middle": f"{RULE}.placebo_middle.{{bin}}", "reach": f"{RULE}.placebo_reach"}
    return [
        derive(frame, values, id=own["reach"], unit="ppt", formula=f"placebo_reach({SETS_OF})",
               inputs={**ALL, **SETS}, **TOLD),
        derive(every, values, id=own["middle"], unit="ppt", formula="reach * {at}", inputs={"reach": own["reach"]},
               **TOLD),
        derive(every, values, id=f"{RULE}.placebo_sets.{{bin}}", unit="count",
               formula=f"placebo_within({SETS_OF}, middle - {half}, middle + {half})",
               inputs={**ALL, **SETS, **own}, **TOLD),
    ]  # fmt: skip


def areas_alike(areas: Areas, values: Values) -> list[pd.DataFrame]:
    """Every area counted alike: mean changes, their difference, and how many sets give as large a one."""
    lists = {arm: [f"{RULE}.change.{area}" for area in getattr(areas, arm)] for arm in (*ARMS, "every")}
    frame = pd.DataFrame([{"arm": arm, "changes": lists[arm]} for arm in ARMS])
    all_of_them = pd.DataFrame([lists])
    return [
        derive(frame, values, id=f"{RULE}.mean_change.{{arm}}", unit="ppt", formula="mean(changes)",
               inputs={"changes": "@changes"}, **TOLD),
        derive(ONE, values, id=f"{RULE}.mean_did", unit="ppt", formula="pilots - others",
               inputs={arm: f"{RULE}.mean_change.{arm}" for arm in ARMS}, **TOLD),
        derive(all_of_them, values, id=f"{RULE}.mean_placebo_share", unit="rate",
               formula="placebo_share_of_means(changes, pilots, draws, seed)",
               inputs={"changes": "@every", **SETS}, **TOLD),
        derive(all_of_them, values, id=f"{RULE}.pilots_that_rose", unit="count", formula="sum(c > 0 for c in changes)",
               inputs={"changes": "@pilots"}, **TOLD),
    ]  # fmt: skip


def without_one(areas: Areas, values: Values) -> list[pd.DataFrame]:
    """The difference and the ratio again without one of the pilots at a time."""
    frame = _with(pd.DataFrame({"area": list(areas.pilots)}), [areas.lists(BEFORE, AFTER, one) for one in areas.pilots])
    sums = {f"{what}_{when}": f"{RULE}.pooled_{what}.pilots.{when}" for what in FIGURES for when in (BEFORE, AFTER)}
    own = {f"own_{what}_{when}": f"{RULE}.{what}.{{area}}.{when}" for what in FIGURES for when in (BEFORE, AFTER)}
    ends = [
        derive(frame, values, id=f"{RULE}.without_coverage.{{area}}.{when}", unit="percent",
               formula=f"100 * (people_{when} - own_people_{when}) / (prevalence_{when} - own_prevalence_{when})",
               inputs={name: one for name, one in {**sums, **own}.items() if name.endswith(when)}, **TOLD)
        for when in (BEFORE, AFTER)
    ]  # fmt: skip
    left = {f"pilots_{when}": f"{RULE}.without_coverage.{{area}}.{when}" for when in (BEFORE, AFTER)}
    others = {name: one for name, one in coverages("pooled", BEFORE, AFTER).items() if name.startswith("others")}
    names = tuple(f"{RULE}.without_{name}.{{area}}" for name in ("ratio", "error", "low", "high"))
    parts = {"pilots": f"{RULE}.without_spread.{{area}}", "others": f"{RULE}.spread.others.whole"}
    one_less = CLUSTERED.replace("areas", "(compared - 1)")
    every = {"did": [f"{RULE}.without_did.{area}" for area in areas.pilots]}
    return [
        *ends,
        derive(frame, values, id=f"{RULE}.without_did.{{area}}", unit="ppt",
               formula="pilots_after - pilots_before - (others_after - others_before)", inputs={**left, **others},
               **TOLD),
        derive(frame, values, id=names[0], unit="ratio", formula=RATIO, inputs={**left, **others}, **TOLD),
        of_arm(frame, values, "pilots", parts["pilots"]),
        *interval(frame, values, names, {**parts, "compared": f"{RULE}.areas.compared"}, one_less),
        *(
            derive(ONE, values, id=f"{RULE}.without_did.{end}", unit="ppt", formula=f"{end}(did)", inputs=every, **TOLD)
            for end in ("min", "max")
        ),
    ]  # fmt: skip


def by_year(panel: Areas, every: pd.DataFrame, base: str, values: Values) -> list[pd.DataFrame]:
    """The difference and the ratio of each year of the panel against the base year."""
    others = every[every["year"] != base].reset_index(drop=True)
    frame = _with(others, [panel.lists(base, year) for year in others["year"]])
    names = tuple(f"{RULE}.year_{name}.{{year}}" for name in ("ratio", "error", "low", "high"))
    parts = {arm: f"{RULE}.year_spread.{arm}.{{year}}" for arm in ARMS}
    inputs = coverages("panel", base, "{year}")
    return [
        derive(frame, values, id=f"{RULE}.year_did.{{year}}", unit="ppt",
               formula="pilots_after - pilots_before - (others_after - others_before)", inputs=inputs, **TOLD),
        derive(frame, values, id=names[0], unit="ratio", formula=RATIO, inputs=inputs, **TOLD),
        *(of_arm(frame, values, arm, f"{RULE}.year_spread.{{arm}}.{{year}}") for arm in ARMS),
        *interval(frame, values, names, {**parts, "areas": f"{RULE}.areas.followed"}, CLUSTERED),
    ]  # fmt: skip


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        write_ledger(against_others(pd.read_parquet(snakemake.input.figures), snakemake.params.study), out.ledger)
