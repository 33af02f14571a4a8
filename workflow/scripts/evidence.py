"""Rule evidence: what a few pairs of areas can say, beyond what tests of clients say (Appendix F).

Pilots were areas, and areas change without any pilot. Everything here is computed from published counts and rates, and
from unrounded differences, whatever method the economics use. Differences and standard errors are in percentage points.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dscp.ledger.estimators import DRAWS, MOST
from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import numbers, read_ledger, write_ledger
from dscp.measures.pairs import NO_PAIR, ONE_PAIR
from dscp.measures.registry import BINS, POOLED, TOLD
from dscp.measures.types import Measure
from dscp.run.job import writing
from dscp.study.areas import arms_of

RULE, SOURCE = "evidence", "Appendix F"
KINDS = {"adjusted": "p", "unadjusted": "p_unadjusted", "difference": "p_difference"}  # families of printed tests
CORRECTIONS = ("holm", "benjamini_hochberg")
EMPTY_CELL = "left out: {}, where a cell of area, period and outcome is empty"
NO_COMPARISON = "left out: {} has no comparison area"
NO_SCALE = "not computed: a rate of nobody or everybody has no odds, and one of nobody no ratio"
ALIKE = "not computed: the areas differ no more than counts alone explain"
DRAWN = f"by {DRAWS:,} draws with the seed of models.seed, as there are too many arrangements to try"
SETTING = "setting.models."
SIGNIFICANCE, CONFIDENCE, SEED = (f"{SETTING}{name}" for name in ("significance", "confidence", "seed"))
POWER = "constant.power_sought"
Values = MutableMapping[str, float]
Formulas = Mapping[str, tuple[str, str, Mapping[str, str | Sequence[str]]]]  # statistic -> unit, formula, inputs


@dataclass(frozen=True)
class Pooling:
    """A measure and its pairs of areas.

    sites : those with a difference; used : those that enter the pooling; note : which do not, and why
    """

    measure: Measure
    sites: Sequence[str]
    used: Sequence[str]
    note: str

    @property
    def row(self) -> dict:
        """What templates of ids take: names, lists of ids, note, and why nothing is computed."""
        name, base = self.measure.name, self.measure.cohort.family
        areas = {arm: [arms_of(site)[arm] for site in self.used] for arm in ("pilot", "comparison")}
        either = [f"{area}.{period}" for area in areas["comparison"] for period in ("pre", "post")]
        lists = {
            "did": [f"{name}.did.{site}" for site in self.used],
            "se": [f"{name}.did_se.{site}" for site in self.used],
            "p": [f"{name}.p_difference.{site}" for site in self.used],
            "count": [f"{self.measure.counted}.count.{place}" for place in either],
            "base": [f"{base}.base.{place}" for place in either],
            "added": [f"{name}.did_added.{site}" for site in self.used for _ in ("pre", "post")],
            "alarm": [f"evidence.false_alarm.{name}.{site}" for site in self.used],
        }
        for arm, found in areas.items():
            lists[f"{arm}_change"] = [f"{name}.change.{area}" for area in found]
            for period in ("pre", "post"):
                lists[f"{arm}_{period}"] = [f"{name}.rate.{area}.{period}" for area in found]
                lists[f"{arm}_base_{period}"] = [f"{base}.base.{area}.{period}" for area in found]
        why = "" if len(self.used) > 1 else ONE_PAIR if self.used else NO_PAIR
        lists = lists if self.used else {key: self._of_all(key) for key in lists}
        draws = {f"drawn_{what}": joined(self.note, DRAWN * (len(self.used) > most)) for what, most in MOST.items()}
        return {"measure": name, "note": self.note, "why": why, "alike": why or ALIKE, **draws, **lists}

    def _of_all(self, key: str) -> list[str]:
        """Where no pair can be used, what is not computed rests on all of them."""
        return Pooling(self.measure, self.sites, self.sites, self.note).row[key]


def joined(*parts: str) -> str:
    """Notes as one."""
    return "; ".join(part for part in parts if part)


def poolings(values: Values, sites: Mapping[str, str], measures: Iterable[str], drops: bool) -> Iterator[Pooling]:
    """The measures that are pooled, each with its pairs.

    sites : analysed sites -> label; drops, and errors : as of `evidence`
    """
    for measure in (one for one in POOLED if one.name in measures):
        found = [site for site in sites if f"{measure.name}.did.{site}" in values]
        used = [site for site in found if not drops or _known(values, f"{measure.name}.did_se.{site}")]
        left = [EMPTY_CELL.format(sites[site]) for site in found if site not in used]
        if found:
            yield Pooling(measure, found, used, joined(*left))


def _known(values: Values, identifier: str) -> bool:
    return values[identifier] == values[identifier]


def own(*names: str) -> dict[str, str]:
    """Statistics of the same measure as inputs."""
    return {name: f"evidence.{name}.{{measure}}" for name in names}


def lists(*names: str) -> dict[str, str]:
    """Columns of lists of ids as inputs."""
    return {name: f"@{name}" for name in names}


WEIGHTED = "sum({} / (s ** 2 + {}) for d, s in zip(did, se))"
Z = "normal_quantile((1 + confidence) / 2)"
T = "student_quantile((1 + confidence) / 2, pairs - 1)"
CRITICAL = "normal_quantile(1 - significance / 2)"
LEVELS = {"significance": SIGNIFICANCE}
INTERVAL = {"confidence": CONFIDENCE}
ARMS = lists("pilot_change", "comparison_change")
RATES = lists("pilot_pre", "pilot_post", "comparison_pre", "comparison_post")
WEIGHT = "(a * b / (a + b) for a, b in zip({0}_base_pre, {0}_base_post))"
BASES = lists(*(f"{arm}_base_{period}" for arm in ("pilot", "comparison") for period in ("pre", "post")))

SCATTER_OF_AREAS: Formulas = {
    "pairs": ("count", "sum(d == d for d in did)", lists("did")),
    "area_scatter": ("ppt2", "variance(comparison_change)", lists("comparison_change")),
    "area_noise": (
        "ppt2",
        "sum(10000 * (c + a) / (b + 2 * a) * (1 - (c + a) / (b + 2 * a)) / (b + 2 * a)"
        " for c, b, a in zip(count, base, added)) / (len(count) / 2)",
        lists("count", "base", "added"),
    ),
    # A value that is missing stands first in max: so it stays missing.
    "area_variance": ("ppt2", "max(area_scatter - area_noise, 0)", own("area_scatter", "area_noise")),
    **{
        f"area_variance_{end}": (
            "ppt2",
            f"max((pairs - 1) * area_scatter / chi_squared_quantile({share}, pairs - 1) - area_noise, 0)",
            {**own("pairs", "area_scatter", "area_noise"), **INTERVAL},
        )
        for end, share in (("low", "(1 + confidence) / 2"), ("high", "(1 - confidence) / 2"))
    },
    **{
        f"area_sd{end}": ("ppt", "sqrt(variance)", {"variance": f"evidence.area_variance{end}.{{measure}}"})
        for end in ("", "_low", "_high")
    },
}
OF_SITES: Formulas = {
    "se_areas": ("ppt", "sqrt(se ** 2 + 2 * area_variance)", own("area_variance")),
    "low_areas": ("ppt", f"mid - {Z} * se_areas", INTERVAL),
    "high_areas": ("ppt", f"mid + {Z} * se_areas", INTERVAL),
    "false_alarm": ("rate", f"2 * normal_tail({CRITICAL} * se / se_areas)", LEVELS),
    "detectable": ("ppt", f"({CRITICAL} + normal_quantile(power)) * se", {**LEVELS, "power": POWER}),
    "detectable_areas": ("ppt", f"({CRITICAL} + normal_quantile(power)) * se_areas", {**LEVELS, "power": POWER}),
    "breakdown": ("ppt", f"max(abs(mid) - {Z} * se, 0)", INTERVAL),
    "odds_scale": (
        "ppt",
        "pilot_post - 100 * logistic(log_odds(pilot_pre, 100) + log_odds(comparison_post, 100)"
        " - log_odds(comparison_pre, 100))",
        {},
    ),
    "ratio_scale": ("ppt", "pilot_post - pilot_pre * comparison_post / comparison_pre", {}),
}
POOLED_PAIRS: Formulas = {
    "between_variance": ("ppt2", "paule_mandel(did, se)", lists("did", "se")),
    "between_sd": ("ppt", "sqrt(between_variance)", own("between_variance")),
    "pooled": (
        "ppt",
        f"{WEIGHTED.format('d', 'between_variance')} / {WEIGHTED.format('1', 'between_variance')}",
        {**lists("did", "se"), **own("between_variance")},
    ),
    "pooled_error": (
        "ppt",
        f"sqrt({WEIGHTED.format('(d - pooled) ** 2', 'between_variance')}"
        f" / ((len(did) - 1) * {WEIGHTED.format('1', 'between_variance')}))",
        {**lists("did", "se"), **own("between_variance", "pooled")},
    ),
    **{
        f"pooled_{end}": (
            "ppt",
            f"pooled {sign} {T} * pooled_error",
            {**own("pooled", "pooled_error", "pairs"), **INTERVAL},
        )
        for end, sign in (("low", "-"), ("high", "+"))
    },
    **{
        f"next_{end}": (
            "ppt",
            f"pooled {sign} {T} * sqrt(between_variance + pooled_error ** 2)",
            {**own("pooled", "pooled_error", "between_variance", "pairs"), **INTERVAL},
        )
        for end, sign in (("low", "-"), ("high", "+"))
    },
    "fixed": ("ppt", f"{WEIGHTED.format('d', '0')} / {WEIGHTED.format('1', '0')}", lists("did", "se")),
    "apart": ("ratio", WEIGHTED.format("(d - fixed) ** 2", "0"), {**lists("did", "se"), **own("fixed")}),
    "beyond_counts": ("percent", "100 * max((apart - pairs + 1) / apart, 0)", own("apart", "pairs")),
    "plain_mean": ("ppt", "mean(did)", lists("did")),
    "plain_p": (
        "p",
        "2 * student_tail(abs(plain_mean) / sqrt(variance(did) / len(did)), len(did) - 1)",
        {**lists("did"), **own("plain_mean")},
    ),
    "lagged_slope": (
        "ratio",
        " / ".join(
            "("
            + " + ".join(
                f"sum((x - mean({arm}_pre)) * (y - mean({arm}_{other})) for x, y in zip({arm}_pre, {arm}_{other}))"
                for arm in ("pilot", "comparison")
            )
            + ")"
            for other in ("post", "pre")
        ),
        RATES,
    ),
    "lagged": (
        "ppt",
        "mean(pilot_post) - mean(comparison_post) - lagged_slope * (mean(pilot_pre) - mean(comparison_pre))",
        {**RATES, **own("lagged_slope")},
    ),
    "found": (
        "count",
        "number_below(p, significance)",
        {**lists("p"), **LEVELS},
    ),
    "false_alarms": ("ratio", "sum(alarm)", lists("alarm")),
}
ARRANGED: Mapping[str, Formulas] = {  # what is tried -> statistics
    "flips": {
        "flip_p": ("p", "sign_flip_p(did, seed)", {**lists("did"), "seed": SEED}),
        "flip_least": (
            "p",
            f"2 / 2 ** pairs if pairs <= {MOST['flips']} else 1 / {1 + DRAWS}",
            own("pairs"),
        ),
    },
    "permutations": {
        "permutation_p": ("p", "permutation_p(pilot_change, comparison_change, seed)", {**ARMS, "seed": SEED}),
        "ways": ("count", "relabellings(pairs)", own("pairs")),
        "ways_as_far": ("count", "round_half_up(permutation_p * ways)", own("permutation_p", "ways")),
        "reach": ("ppt", "relabelled_reach(pilot_change, comparison_change, seed)", {**ARMS, "seed": SEED}),
    },
    "bootstrap": {
        "bootstrap_p": (
            "p",
            "wild_bootstrap_p(pilot_change, comparison_change,"
            f" {WEIGHT.format('pilot')}, {WEIGHT.format('comparison')}, seed)",
            {**ARMS, **BASES, "seed": SEED},
        ),
    },
}
OF_RATES = {
    f"{arm}_{period}": f"{{measure}}.rate.{{{arm}}}.{period}"
    for arm in ("pilot", "comparison")
    for period in ("pre", "post")
}
OF_SITE = {
    "mid": "{measure}.did_mid.{site}",
    "se": "{measure}.did_se.{site}",
    "se_areas": "evidence.se_areas.{measure}.{site}",
    **OF_RATES,
}


def of_measures(frame: pd.DataFrame, values: Values, formulas: Formulas, note: str = "note") -> list[pd.DataFrame]:
    """Ledger rows of some statistics, one for each measure."""
    return [
        _derived(
            frame,
            values,
            f"evidence.{name}.{{measure}}",
            formula,
            note=f"{{{note}}}",
            missing="{why}",
        )
        for name, formula in formulas.items()
    ]


def of_sites(frame: pd.DataFrame, values: Values, power_at: int) -> list[pd.DataFrame]:
    """Ledger rows of each site's statistics: errors, false alarms, power, scales."""
    found = [
        _derived(
            frame,
            values,
            f"evidence.{name}.{{measure}}.{{site}}",
            (unit, formula, _used(formula, inputs)),
            missing=NO_SCALE if name in ("odds_scale", "ratio_scale") else "",
        )
        for name, (unit, formula, inputs) in OF_SITES.items()
    ]
    for kind, error in (("power", "se"), ("power_areas", "se_areas")):
        for at in range(1, power_at + 1):
            formula = f"normal_tail({CRITICAL} - effect / {error}) + normal_tail({CRITICAL} + effect / {error})"
            inputs = {**LEVELS, "effect": f"{SETTING}power_at.{at}", error: OF_SITE[error]}
            name = f"evidence.{kind}.{{measure}}.{{site}}.at_{at}"
            found.append(_derived(frame, values, name, ("rate", formula, inputs)))
    return found


def _used(formula: str, inputs: Mapping) -> dict:
    """The inputs of a site's statistic: its own, and what the formula names of its difference, errors and rates."""
    named = {*"".join(sign if sign.isalnum() or sign == "_" else " " for sign in formula).split()}
    return {name: text for name, text in OF_SITE.items() if name in named} | dict(inputs)


def _derived(frame: pd.DataFrame, values: Values, name: str, told: tuple, **more: str) -> pd.DataFrame:
    unit, formula, inputs = told
    common = {"rule": RULE, "function": "evidence", "source": SOURCE}
    return derive(frame, values, id=name, unit=unit, formula=formula, inputs=inputs, **common, **more)


def missed(frame: pd.DataFrame, values: Values, power_at: int) -> list[pd.DataFrame]:
    """Ledger rows of the power of the pairs one with another, and of how many times in ten an effect is missed."""
    found = []
    for at in range(1, power_at + 1):
        each = [
            [f"evidence.power_areas.{name}.{site}.at_{at}" for site in used]
            for name, used in zip(frame["measure"], frame["entering"], strict=True)
        ]
        mean_power = f"evidence.mean_power.{{measure}}.at_{at}"
        told = ("rate", "sum(power) / len(power)", {"power": "@power"})
        found.append(_derived(frame.assign(power=each), values, mean_power, told))
        told = ("count", "round_half_up(10 * (1 - power))", {"power": mean_power})
        found.append(_derived(frame, values, f"evidence.missed.{{measure}}.at_{at}", told))
    return found


def relabelled(frame: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """Ledger rows of Figure S.6: the middle of each bin of differences, and how many relabellings fall into it."""
    half = BINS // 2
    bins = frame.merge(pd.DataFrame({"bin": range(1, BINS + 1)}), how="cross")
    bins["at"] = [f"{number - half - 1} / {half}" for number in bins["bin"]]
    middle = "evidence.relabelled_middle.{measure}.bin_{bin}"
    width = f"reach / {2 * half}"
    return [
        _derived(bins, values, middle, ("ppt", "reach * {at}", own("reach")), missing="{why}"),
        _derived(
            bins,
            values,
            "evidence.relabelled.{measure}.bin_{bin}",
            (
                "count",
                f"relabelled_within(pilot_change, comparison_change, seed, middle - {width}, middle + {width})",
                {**ARMS, "seed": SEED, "middle": middle, **own("reach")},
            ),
            missing="{why}",
        ),
    ]


def corrected(values: Values, sites: Sequence[str], measures: Iterable[str], drops: bool) -> list[pd.DataFrame]:
    """Ledger rows of the printed p-values after correction for their number; each kind of test is a family."""
    found = []
    asked = [one.name for one in TOLD if one.name in measures]
    for kind, statistic in KINDS.items():
        places = [(name, site) for name in asked for site in sites if f"{name}.{statistic}.{site}" in values]
        every = {(name, site): f"{name}.{statistic}.{site}" for name, site in places}
        known = [one for one in every.values() if not drops or _known(values, one)] or list(every.values())
        if not places:
            continue
        frame = pd.DataFrame(places, columns=["measure", "site"]).assign(family=[known] * len(places))
        inputs = {"p": "@family", "own": f"{{measure}}.{statistic}.{{site}}"}
        count = {"p": known, **LEVELS}
        found.append(_derived(ONE, values, f"evidence.significant.{kind}", _below(count)))
        for correction in CORRECTIONS:
            name = f"evidence.{correction}.{kind}.{{measure}}.{{site}}"
            rows = _derived(frame, values, name, ("p", f"{correction}(p, own)", inputs))
            kept = [one for one, own_p in zip(rows["id"], every.values(), strict=True) if own_p in known]
            found += [rows, _derived(ONE, values, f"evidence.remain.{correction}.{kind}", _below({**count, "p": kept}))]
    return found


def _below(inputs: Mapping) -> tuple:
    return "count", "number_below(p, significance)", inputs


def evidence(
    values: Mapping[str, float],
    sites: Mapping[str, str],
    measures: Sequence[str],
    power_at: int,
    drops: bool,
    alone: Sequence[str] = (),
) -> list[pd.DataFrame]:
    """All ledger rows of Appendix F.

    Parameters
    ----------
    values : ledger id -> value: counts, bases, rates, changes, differences and tests; constants and settings
    sites : analysed sites -> label, in order
    measures : of the study
    power_at : how many effects the power is computed for (models.power_at)
    drops : whether pairs and tests without a value are left out, as notes then say. Not under a disclosure policy: what
        the estimates rest on would tell which counts are empty
    alone : labels of sites with a pilot area and no comparison area
    """
    known = dict(values)
    found = list(poolings(known, sites, measures, drops))
    frame = pd.DataFrame([one.row | {"entering": one.used or one.sites} for one in found])
    frame["note"] = [joined(note, *map(NO_COMPARISON.format, alone)) for note in frame["note"]]
    pairs = pd.DataFrame(
        [{"measure": one.measure.name, "site": site, **arms_of(site)} for one in found for site in one.sites]
    )
    ratio = ("ratio", "between_variance / (2 * above_0(area_variance))", own("between_variance", "area_variance"))
    return [
        *of_measures(frame, known, SCATTER_OF_AREAS),
        *of_sites(pairs, known, power_at),
        *of_measures(frame, known, POOLED_PAIRS),
        _derived(frame, known, "evidence.scatter_ratio.{measure}", ratio, note="{note}", missing="{alike}"),
        *(rows for what, some in ARRANGED.items() for rows in of_measures(frame, known, some, f"drawn_{what}")),
        *relabelled(frame, known),
        *missed(frame, known, power_at),
        *corrected(known, list(sites), measures, drops),
    ]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        cited = pd.read_csv(snakemake.input.constants).set_index("name")["value"]
        known |= {f"constant.{name}": value for name, value in cited.items()} | dict(numbers({"models": given.models}))
        power_at = len(given.models["power_at"])
        write_ledger(evidence(known, given.sites, given.measures, power_at, given.drops, given.alone), out.ledger)
