"""The attack from outside: what a clever reader of a published run tells of people, from its files alone.

Nothing of the workflow is imported: the reader has ledger.csv, disclosure.csv and validation.csv, knows what ids mean
in plain words, and the policy as Appendix B5 says it. Each kind of attack is a function of its own; its docstring says
what the reader does. `attack` puts kinds together and gives, for each count that is not published exactly, the values
that it can still have.
"""

from __future__ import annotations

import ast
import itertools
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from outside_estimates import FUNCTIONS, LISTS

MANY = 10_000  # no small study has so many of anything
SLACK = 1e-6
ARMS = ("pilot", "comparison")
PLACES = [(arm, period) for arm in ARMS for period in ("post", "pre")]  # of a model: pilot post, pilot pre, …
AREA = r"(?P<area>(?:pilot|comparison)_\d+)"
OF_PLACE = re.compile(rf"(?P<measure>\w+)\.(?P<part>base|count)\.{AREA}\.(?P<period>pre|post)")
LINKED = re.compile(rf"(\w+)\.with_(\w+)\.({AREA}\.(?:pre|post))")
EMPTY = re.compile(r"no (?P<what>(?:un)?successful rows|rows) in the (?P<arm>\w+) area, (?P<period>\w+) period")
LEFT_OUT = "all have the same outcome"  # how a model's note says that rows are left out
MODEL = ("odds_ratio", "odds_ratio_low", "odds_ratio_high", "effect", "effect_low", "effect_high")
TABLES = 300  # possible tables that a reader reruns the choice of partners on, at the most
TRIED = 50_000  # and tries before


@dataclass(frozen=True)
class Fact:
    """low <= sum of weight x count <= high; `doubt`: it holds only where extracts agree with each other."""

    weights: tuple[tuple[str, float], ...]
    low: float
    high: float
    doubt: bool = False

    def about(self) -> set[str]:
        """The counts in it."""
        return {name for name, _ in self.weights}


def equal(whole: str, parts: Iterable[str], doubt: bool = False) -> Fact:
    """A whole is the sum of its parts."""
    weights: dict[str, float] = defaultdict(float)
    weights[whole] -= 1
    for part in parts:
        weights[part] += 1
    return Fact(tuple(sorted(weights.items())), 0, 0, doubt)


def at_most(parts: Iterable[str], whole: str, doubt: bool = False) -> Fact:
    """Parts are no more than a whole."""
    fact = equal(whole, parts, doubt)
    return Fact(fact.weights, -math.inf, 0, doubt)


def between(name: str, low: float, high: float = math.inf, doubt: bool = False) -> Fact:
    """What is known of one count."""
    return Fact(((name, 1.0),), low, high, doubt)


@dataclass(frozen=True)
class Run:
    """The published files of a run, as somebody outside reads them.

    Attributes
    ----------
    rows : id -> row of ledger.csv, every field as it is written
    listed : id -> decision, of disclosure.csv
    findings : rows of validation.csv, every field as it is written
    """

    rows: Mapping[str, Mapping[str, str]]
    listed: Mapping[str, str]
    findings: Sequence[Mapping[str, str]] = field(default=())

    @classmethod
    def read(cls, folder: Path) -> Run:
        """Read a run's folder; what lies under restricted/ is not there for a reader."""

        rows = {row["id"]: row for row in _table(folder / "ledger.csv")}
        listed = {row["id"]: row["decision"] for row in _table(folder / "disclosure.csv")}
        return cls(rows, listed, _table(folder / "validation.csv"))

    def value(self, name: str) -> float:
        """The published value; nan where there is none."""
        return float(self.rows[name]["value"] or "nan")

    def withheld(self, name: str) -> bool:
        """Whether a value is withheld, as its note says."""
        return self.rows[name]["note"].startswith("[c]")

    @cached_property
    def smallest(self) -> int:
        """Counts from 1 to less than this are not published; 0 if the policy sets no such number."""
        return int(self.value("setting.disclosure.smallest")) if "setting.disclosure.smallest" in self.rows else 0

    @cached_property
    def base(self) -> int:
        """Counts are rounded to multiples of this."""
        return int(self.value("setting.disclosure.base")) if "setting.disclosure.base" in self.rows else 1

    @cached_property
    def counts(self) -> list[str]:
        """Counts of people that are read from extracts."""
        return [name for name, row in self.rows.items()
                if row["unit"] == "count" and row["about"] == "people" and not row["inputs"]]  # fmt: skip

    @cached_property
    def totals(self) -> dict[str, list[str]]:
        """Sums of such counts, by their formula: total -> parts."""
        known = set(self.counts)
        found: dict[str, list[str]] = {}
        for name, row in self.rows.items():
            parts = [one for _, one in inputs(row)]
            if row["unit"] == "count" and row["formula"].startswith("sum(part") and known.issuperset(parts):
                found[name] = parts
        return found

    @cached_property
    def hidden(self) -> dict[str, int]:
        """Counts and totals that are not published exactly -> how many values the policy promises to leave them.

        A nought beside withheld small counts is a nought: it is published. Rounded sums are promised nothing.
        """
        found = {}
        for name in [*self.counts, *self.totals]:
            if self.withheld(name):
                found[name] = max(self.smallest, 1)
            elif self.base > 1 and name not in self.totals and not math.isnan(self.value(name)):
                low, high = self.ends(name)
                if low < high:
                    found[name] = high - low + 1
        return found

    def ends(self, name: str) -> tuple[int, int]:
        """The smallest and largest count that is published as a value: the rule of rounding, smaller ones withheld."""
        value = round(self.value(name))
        if self.base == 1 or (value == 0 and self.smallest):
            return value, value
        return max(value - self.base // 2, self.smallest, 0), value + self.base // 2

    @cached_property
    def groups(self) -> dict[tuple[str, str, str], tuple[str, str]]:
        """Measure, area and period -> base and count."""
        found: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
        for name in self.rows:
            if match := OF_PLACE.fullmatch(name):
                found[match["measure"], match["area"], match["period"]][match["part"]] = name
        return {key: (two["base"], two["count"]) for key, two in found.items() if len(two) == 2}

    def models(self) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
        """Measure, site, and base and count of each of PLACES, of each model."""
        for name in self.rows:
            if match := re.fullmatch(r"(\w+)\.odds_ratio\.site_(\d+)", name):
                measure, site = match.groups()
                keys = [(measure, f"{arm}_{site}", period) for arm, period in PLACES]
                if all(key in self.groups for key in keys):
                    yield measure, f"site_{site}", [self.groups[key] for key in keys]


def _table(path: Path) -> list[dict[str, str]]:
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")


def inputs(row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name and id of each input of a row."""
    return [tuple(item.split("=", 1)) for item in row["inputs"].split()]


# ---- What every reader knows


def plain(run: Run) -> list[Fact]:
    """A reader takes published values as they are, adds up totals, and knows a count is no more than its base.

    Months of a pilot make its year; referrals are local or left out; rows read are kept or left out; cells missing are
    remarked on. These hold where extracts agree. A published sum of published parts says nothing of its own, and a part
    that is published as all that its whole leaves is at least that: so Appendix B5 says where counts are rounded.
    """
    sums = [*run.totals.items(), *_across(run)]
    added = {
        whole
        for whole, parts in [*sums, *_of_models(run)]
        if run.base > 1 and run.value(whole) == sum(run.value(part) for part in parts)
    }
    named = [name for name in [*run.counts, *run.totals] if name not in added and not math.isnan(run.value(name))]
    within = [*_of_years(run), *_of_links(run), *_of_linked_members(run)]
    capped = {name for whole, parts in within for name in _capped(run, whole, parts)}
    own = [
        between(name, run.ends(name)[0], math.inf if name in capped else run.ends(name)[1])
        for name in named
        if run.base == 1 or name not in run.totals
    ]
    nested = [at_most([count], base) for base, count in run.groups.values()]
    nested += [at_most(parts, whole) for whole, parts in within]
    totals = set(run.totals)
    nested += _around_links(run)
    return [*own, *nested, *_missing(run), *(equal(whole, parts, doubt=whole not in totals) for whole, parts in sums)]


def _of_years(run: Run) -> Iterator[tuple[str, list[str]]]:
    """A year of new journeys, and what became of them."""
    for name in run.rows:
        if match := re.fullmatch(r"new_journeys\.started\.(site_\d+\.y\w+)", name):
            parts = [f"new_journeys.{part}.{match[1]}" for part in ("retained", "completed")]
            if run.rows.keys() >= set(parts):
                yield name, parts


def _of_links(run: Run) -> Iterator[tuple[str, list[str]]]:
    """The rows of an extract, and those that go with a row of another."""
    for name in run.rows:
        if match := re.fullmatch(r"validation\.linked\.(\w+)\.\w+", name):
            yield f"validation.rows_kept.{match[1]}", [name]


def _of_linked_members(run: Run) -> Iterator[tuple[str, list[str]]]:
    """The members of a base, and those whose client is in another extract."""
    for name in run.rows:
        if (match := LINKED.fullmatch(name)) and (base := f"{match[1]}.base.{match[3]}") in run.rows:
            yield base, [name]


def _around_links(run: Run) -> Iterator[Fact]:
    """Who was picked up has a form; linked members are linked rows, and members who are not are no such rows."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in run.rows:
        if match := LINKED.fullmatch(name):
            read = run.rows[name]["extract"].split()
            groups[match[1], read[0], match[2]].append(match[3])
            outcome = f"{match[1]}.count.{match[3]}"
            if outcome in run.rows and match[2] in run.rows[outcome]["extract"].split():
                yield at_most([outcome], name, doubt=True)
    for (measure, extract, other), places in groups.items():
        linked, kept = f"validation.linked.{extract}.{other}", f"validation.rows_kept.{extract}"
        here = [f"{measure}.with_{other}.{place}" for place in places]
        if {linked, kept} <= run.rows.keys():
            yield at_most(here, linked, doubt=True)
            weights = {linked: 1.0, kept: -1.0, **dict.fromkeys(here, -1.0)}
            weights |= {f"{measure}.base.{place}": 1.0 for place in places}
            yield Fact(tuple(weights.items()), -math.inf, 0, doubt=True)


def _capped(run: Run, whole: str, parts: list[str]) -> Iterator[str]:
    """Parts of a rounded whole that are all that it leaves: they may have been more."""
    left = run.value(whole)
    for part in parts if run.base > 1 else []:
        if run.value(part) in (left, run.value(whole)):
            yield part
        left -= run.value(part)


def _of_models(run: Run) -> Iterator[tuple[str, list[str]]]:
    for measure, site, places in run.models():
        if (name := f"{measure}.model_rows.{site}") in run.rows:
            yield name, [base for base, _ in places]


def _across(run: Run) -> Iterator[tuple[str, list[str]]]:
    """Wholes and parts that different rules or extracts tell."""
    for name in run.rows:
        if match := re.fullmatch(r"new_journeys\.started\.site_(\d+)\.y(\d{4})_\d\d", name):
            first = int(match[2])
            months = [f"{first}_{month:02d}" for month in range(4, 13)]
            months += [f"{first + 1}_{month:02d}" for month in range(1, 4)]
            parts = [f"new_journeys_monthly.pilot_{match[1]}.{month}" for month in months]
            if run.rows.keys() >= set(parts):
                yield name, parts
    kept, elsewhere = "validation.rows_kept.carat_referrals", "excluded.not_local_or_not_in_period.carat_referrals"
    local = [base for (measure, _, _), (base, _) in run.groups.items() if measure == "prison_pickup"]
    if local and run.rows.keys() >= {kept, elsewhere}:
        yield kept, [*local, elsewhere]
    for name in run.counts:
        if match := re.fullmatch(r"validation\.rows_kept\.(\w+)", name):
            yield from _of_validation(run, match[1])


def _of_validation(run: Run, extract: str) -> Iterator[tuple[str, list[str]]]:
    """Rows read, kept, of the study."""

    kept, read = f"validation.rows_kept.{extract}", f"validation.rows_in.{extract}"
    of_study = f"validation.rows_of_the_study_s_DATs.{extract}"
    left_out = {
        name: run.rows[name]["filter"] for name in run.counts if name.startswith(f"validation.excluded.{extract}.")
    }
    if read in run.rows:
        yield read, [kept, *(name for name, words in left_out.items() if words.startswith(" "))]
    for name, words in left_out.items():
        if words.startswith("dat ") and of_study in run.rows:
            yield kept, [name, of_study]
        if words.startswith("dat ") and (same := f"excluded.outside_study_areas.{extract}") in run.rows:
            yield same, [name]


def _missing(run: Run) -> Iterator[Fact]:
    """Cells that are missing are those without a value, and some or all of those that there is another remark on."""
    seen: dict[str, int] = defaultdict(int)
    of_column: dict[str, list[str]] = defaultdict(list)
    for row in run.findings:
        if row["severity"] == "information":
            seen[row["extract"]] += 1
            name = f"validation.information.{row['extract']}.{seen[row['extract']]}"
            missing = f"validation.missing.{row['extract']}.{row['column']}"
            if {name, missing} <= set(run.counts):
                of_column[missing].append(name)
                if row["found"] == "no value":
                    yield at_most([name], missing, doubt=True)
    for missing, remarks in of_column.items():
        yield Fact(tuple({missing: 1.0, **dict.fromkeys(remarks, -1.0)}.items()), -math.inf, 0, doubt=True)


# ---- Ways in: each gives facts that only it knows


def _unlike(run: Run) -> list[str]:
    """Published counts of kinds of which disclosure.csv lists some and not others."""
    if run.base == 1:
        return []
    like: dict[tuple, list[str]] = defaultdict(list)
    for name in [*run.counts, *run.totals]:
        if not run.withheld(name) and not math.isnan(value := run.value(name)):
            like[name in run.totals, value == 0].append(name)
    mixed = [names for names in like.values() if 0 < sum(name in run.listed for name in names) < len(names)]
    return list(itertools.chain(*mixed))


def listed_decisions(run: Run) -> list[Fact]:
    """A1. The reader looks up each rounded count in disclosure.csv: one that is not listed was not changed.

    Only where of like counts some are listed and some are not: else what is listed follows from a rule.
    """
    exact = [between(name, *[run.value(name)] * 2) for name in _unlike(run) if name not in run.listed]
    return exact + list(_listed_rates(run))


def _listed_rates(run: Run) -> Iterator[Fact]:
    """A rate that is not listed is that of the true counts, or is missing with them, too."""
    rates = [
        name for name in run.rows if ".rate." in name and name.split(".")[0] != "stated" and not run.withheld(name)
    ]
    if run.base == 1 or len({name in run.listed for name in rates}) < 2:
        return
    for name in rates:
        count, base = (one for _, one in inputs(run.rows[name]))
        if math.isnan(run.value(name)):
            yield between(base, 1) if name in run.listed else between(base, 0, 0)
        elif name not in run.listed:
            yield Fact(((count, run.value(base)), (base, -run.value(count))), 0, 0)


def changed_by_rounding(run: Run) -> dict[str, int]:
    """A1. And one that is listed was changed: it is not what is published in its place."""
    return {name: int(run.value(name)) for name in _unlike(run) if name in run.listed and name in run.hidden}


def rows_of_models(run: Run) -> list[Fact]:
    """A2. The reader takes the rows of a model for the sum of its four bases, unless it says that rows are left out.

    "Not estimable" and "single level" leave no rows out. How many are left out may be a number of its own.
    """
    found = []
    for measure, site, places in run.models():
        name, dropped = f"{measure}.model_rows.{site}", f"{measure}.model_rows_dropped.{site}"
        bases = [base for base, _ in places]
        parts = [name, dropped] if dropped in run.rows else [name]
        if name not in run.rows or (len(parts) == 1 and LEFT_OUT in run.rows[name]["note"]):
            continue
        if run.base == 1 or sum(map(run.value, parts)) != sum(map(run.value, bases)):
            weights = {**dict.fromkeys(bases, 1.0), **dict.fromkeys(parts, -1.0)}
            found.append(Fact(tuple(sorted(weights.items())), 0, 0, doubt=True))
    return found


def notes_on_missing_values(run: Run) -> list[Fact]:
    """A4. The reader takes each reason for a missing value as a fact about the counts behind it.

    A model is not estimable because nobody in an area has the outcome, or everybody; a rate is missing because its
    base is 0, or because the published numbers do not allow it though the true ones do.
    """
    found = []
    for measure, site, _ in run.models():
        note = run.rows[f"{measure}.odds_ratio.{site}"]["note"]
        if LEFT_OUT in note:
            continue
        for match in EMPTY.finditer(note):
            base, count = run.groups[measure, site.replace("site", match["arm"]), match["period"]]
            if match["what"] == "rows":
                found.append(between(base, 0, 0))
            else:
                found.append(between(base, 1))
                found.append(between(count, 0, 0) if match["what"] == "successful rows" else equal(base, [count]))
    computed = [name for name, row in run.rows.items() if row["inputs"] and row["about"] == "people"]
    missing = [name for name in computed if not run.rows[name]["value"] and not run.withheld(name)]
    return found + list(itertools.chain.from_iterable(_of_computed(run, name) for name in missing))


def _of_computed(run: Run, name: str) -> list[Fact]:
    """What the note of a missing computed value says: which of its counts is empty, or that none is."""
    row = run.rows[name]
    named = defaultdict(list)
    for part, one in inputs(row):
        named[part].append(one)
    if set(named) != {"count", "base"}:
        return []
    pairs = list(zip(named["count"], named["base"], strict=True))
    if "the base is 0" in row["note"]:
        return [between(pairs[0][1], 0, 0)]
    if "the published numbers do not allow it" in row["note"] and _reasons(run):
        if ".rate." in name:
            return [between(pairs[0][1], 1)]
        if ".log_odds" in name:
            return [*(between(count, 1) for count, _ in pairs),
                    *(Fact(((base, 1.0), (count, -1.0)), 1, math.inf) for count, base in pairs)]  # fmt: skip
    if "is empty" in row["note"]:
        may_be = [between(count, 0, 0) for count, _ in pairs if not _surely(run, count, above=0)]
        may_be += [equal(base, [count]) for count, base in pairs if not _apart(run, count, base)]
        return may_be if len(may_be) == 1 else []
    return []


def _reasons(run: Run) -> bool:
    """Whether some missing computed value has a reason of its own: where none has, the words are the same for all."""
    computed = (row for row in run.rows.values() if row["inputs"] and row["about"] == "people" and not row["value"])
    return any("the base is 0" in row["note"] or "is empty" in row["note"] for row in computed)


def _surely(run: Run, name: str, above: int) -> bool:
    """Whether a published count is above a number."""
    return not run.withheld(name) and run.ends(name)[0] > above


def _apart(run: Run, count: str, base: str) -> bool:
    """Whether a published count is surely less than its base."""
    return not run.withheld(count) and not run.withheld(base) and run.ends(base)[0] > run.ends(count)[1]


def noughts(run: Run) -> list[Fact]:
    """A5. Noughts are published, says the policy: a count that is withheld is at least 1.

    But for those with the outcome of a base, or in another extract, of whom nobody is withheld, too, and what is summed
    of them; and rows of models, which are withheld whatever they are.
    """
    of_groups = {count for _, count in run.groups.values()} | set(run.totals)
    parts = (".retained.", ".completed.", ".model_rows.", ".with_")
    return [between(name, 1, doubt=True) for name in run.hidden
            if run.withheld(name) and name not in of_groups and not any(part in name for part in parts)]  # fmt: skip


def all_or_none(run: Run) -> list[Fact]:
    """A4. A remainder from 1 to less than the smallest number is withheld, says the policy.

    So if a rounded count and its base leave less than that, whatever the rounding, they leave nobody.
    """
    found = []
    for base, count in run.groups.values():
        if run.smallest and run.base > 1 and not run.withheld(base) and not run.withheld(count):
            most = run.ends(base)[1] - run.ends(count)[0]
            if 0 <= most < run.smallest and run.value(base) > 0:
                found.append(equal(base, [count]))
    return found


def same_words(run: Run) -> list[Fact]:
    """A8. The reader looks for two ids whose words are the same: they count the same people."""
    like: dict[tuple, list[str]] = defaultdict(list)
    for name in run.counts:
        row = run.rows[name]
        if row["family"] != "validation" and row["filter"]:
            like[row["extract"], row["dims"], row["filter"]].append(name)
    pairs = itertools.chain.from_iterable(itertools.pairwise(names) for names in like.values())
    return [equal(one, [other], doubt=True) for one, other in pairs if ".model_rows." not in one + other]


def nested_cohorts(run: Run) -> list[Fact]:
    """A8. The reader knows which cohorts lie within others where, as is published, no client has two journeys.

    A journey that started early enough is a client in treatment, and one that is retained is in effective treatment.
    Where no journey started too late, either, those who left treatment are among those in it.
    """
    alone, none_late = (_nought(run, f"excluded.{rule}.journeys") for rule in ("not_latest", "started_too_late"))
    within = ["retained_12_weeks"] * alone + ["successful_completion"] * (alone and none_late)
    found = []
    for (measure, area, period), (base, count) in run.groups.items():
        outer = run.groups.get(("effective_treatment", area, period))
        if measure in within and outer:
            found += [at_most([base], outer[0]), at_most([count], outer[1])]
    return found


def _nought(run: Run, name: str) -> bool:
    """Whether a count is published as exactly 0."""
    return name in run.rows and run.value(name) == 0 and run.ends(name)[1] == 0


def other_fields(run: Run) -> list[Fact]:
    """A10. The reader looks for a count in every other field: rows of the ledger, rows of validation.csv."""
    found = []
    for name in run.hidden:
        if run.rows[name]["rows"] and not run.rows[name]["inputs"]:
            found.append(between(name, *[float(run.rows[name]["rows"])] * 2))
    for extract, number in [(row["extract"], row["rows"]) for row in run.findings if row["found"] == "rows kept"]:
        name = f"validation.rows_kept.{extract}"
        if number.isdigit() and name in run.hidden and run.withheld(name):
            found.append(between(name, int(number), int(number)))
    return found


def users_spoken_to(run: Run) -> dict[str, int]:
    """A9. The reader looks up how many interviews with service users there were at a site: 1 to 4 are few people.

    Those that the policy lets through though it would not let through so few clients. Id -> value.
    """
    found = {}
    for name, row in run.rows.items():
        if re.fullmatch(r"fieldwork\.\w+\.service_users\.site_\d+", name) and row["value"]:
            value = run.value(name)
            if 0 < value < max(run.smallest, run.base):
                found[name] = int(value)
    return found


def says_more(run: Run) -> list[str]:
    """A10. The reader computes each computed number again from the published ones: one that differs says more.

    A number with a value though one of its inputs has none, too.
    """
    found = []
    for name, row in run.rows.items():
        if row["inputs"] and row["value"] and name not in run.totals and not _same(run.value(name), _again(run, row)):
            found.append(name)
    return found


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)


LANGUAGE = FUNCTIONS | {
    "__builtins__": {"sum": sum, "len": len, "min": min, "max": max, "abs": abs, "zip": zip, "enumerate": enumerate,
                     "range": range},
    "sqrt": math.sqrt, "prod": math.prod,
    "log_odds": lambda count, base: math.log(count / (base - count)),
    "normal_tail": lambda z: math.erfc(z / math.sqrt(2)) / 2, "normal_quantile": NormalDist().inv_cdf,
    "above_0": lambda value: value if value > 0 else math.nan,
    "at_least": lambda value, least: math.nan if value < least else value,
    "annuity": lambda rate, years: sum((1 + rate) ** -year for year in range(1, int(years) + 1)),
    "round_half_up": lambda value, decimals=0: math.copysign(
        math.floor(round(abs(value) * 10**decimals, 9) + 0.5) / 10**decimals, value
    ),
}  # fmt: skip


def _lists(formula: str) -> set[str]:
    """Names that stand for lists: what is looped over, zipped, summed or counted."""
    nodes = list(ast.walk(ast.parse(formula, mode="eval")))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    given = [node.iter for node in nodes if isinstance(node, ast.comprehension)]
    for call in calls:
        if call.func.id in ("zip", "sum", "len", "enumerate", "prod") or (
            call.func.id in ("min", "max") and len(call.args) == 1
        ):
            given += call.args
        given += call.args[: LISTS.get(call.func.id, 0)]
    return {node.id for node in given if isinstance(node, ast.Name)}


def _again(run: Run, row: Mapping[str, str]) -> float:
    """A computed number by its formula, from what is published; nan where that does not allow it."""
    named: dict[str, list[float]] = defaultdict(list)
    for part, one in inputs(row):
        named[part].append(run.value(one))
    lists = _lists(row["formula"])
    values = {part: found if part in lists else found[0] for part, found in named.items()}
    try:
        return float(eval(row["formula"], {**LANGUAGE, **values}))  # the reader's own machine, and a formula of the run
    except (ArithmeticError, ValueError, TypeError):
        return math.nan


ELEMENT = re.compile(r'<data value="([^"]*)" data-q="([^"]+)"[^>]*>')
OF_THE_PAGE = re.compile(r'<script type="application/json" id="trace-data">(.*?)</script>', re.S)
OF_CONFIDENTIAL = {  # what a run's record may say of a file that is not published
    "@id", "@type", "name", "alternateName", "identifier", "conditionsOfAccess", "isAccessibleForFree",
    "description", "encodingFormat",
}  # fmt: skip


def forms_that_say_more(run: Run, folder: Path) -> list[str]:
    """A10. The reader compares each form of the report with ledger.csv: a value that is not there says more.

    Cells, elements of the page, and the page's data: values, and how many records are behind them. A cell that is empty
    has neither id nor value.
    """
    page = (folder / "report.html").read_text(encoding="utf-8")
    data = json.loads(OF_THE_PAGE.search(page)[1])
    shown = [("cells.csv", row["id"], row["value"]) for row in _table(folder / "cells.csv")]
    shown += [("report.html", name, value) for value, name in ELEMENT.findall(page)]
    shown += [("report.html, data", name, value) for name, value in zip(data["id"], data["value"], strict=True)]
    behind = zip(data["id"], data["rows"], strict=True)
    return [
        *(
            f"{form}: {name} is {value}"
            for form, name, value in shown
            if (name or value) and not _as_in_ledger(run, name, value)
        ),
        *(f"report.html, data: {name} has {rows} records" for name, rows in behind if rows and name in run.counts),
    ]


def _as_in_ledger(run: Run, name: str, text: str) -> bool:
    """Whether a form gives the value of the ledger, to as many decimals as it has, or none.

    Be it as a share or per cent, in pounds, thousands or millions.
    """
    number = re.sub("[£,%]", "", text).replace("−", "-")
    if name not in run.rows or not re.fullmatch(r"[-+.\de]+", number):
        return name in run.rows and text in ("", "[c]", "[z]", "(not computed)")
    decimals = len(number.partition(".")[2]) if "e" not in number else 12
    scaled = [run.value(name) * 10.0**power for power in (0, -2, 2, -3, -6)]
    return any(abs(known - float(number)) <= 0.501 * 10**-decimals + 1e-9 * abs(known) for known in scaled)


def record_says_more(folder: Path) -> list[str]:
    """A10. The reader looks in the run's record for sizes, rows and plain checksums of what is confidential."""
    graph = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    kept = [one for one in graph if one.get("isAccessibleForFree") is False or "restricted" in one.get("name", "")]
    found = [f"{one['@id']}: {key}" for one in kept for key in one.keys() - OF_CONFIDENTIAL]
    return found + [f"{one['@id']}: identifier" for one in kept if not one["identifier"].startswith("hmac-sha256:")]


KINDS: Mapping[str, Sequence[Callable[[Run], list[Fact]]]] = {
    "A1": (listed_decisions,),
    "A2": (rows_of_models,),
    "A4": (notes_on_missing_values, all_or_none),
    "A5": (noughts,),
    "A8": (same_words, nested_cohorts),
    "A10": (other_fields,),
}


# ---- What follows from facts


@dataclass(frozen=True)
class Told:
    """What a reader tells.

    Attributes
    ----------
    counts : id of a hidden count -> the values that it can have
    rests : id of a count, it or its base being withheld -> how many of the base may be without the outcome
    groups : measure, area, period -> all or none have the outcome, though a count of them is hidden
    """

    counts: Mapping[str, range | frozenset[int]]
    rests: Mapping[str, range]
    groups: Mapping[tuple[str, str, str], str]


class Solver:
    """Finds extremes of counts under facts, group by group; remembers what it has found for the same facts."""

    def __init__(self, drop_contradictions: bool) -> None:
        self.drop_contradictions = drop_contradictions
        self._known: dict[tuple, int] = {}
        self._agreeing: dict[frozenset[Fact], list[list[Fact]]] = {}

    def ends(self, facts: Sequence[Fact], weights: Mapping[str, float]) -> tuple[int, int] | None:
        """The smallest and largest value of a sum of counts of one group; None where the facts contradict."""
        found = []
        for agreeing in self._sets(facts):
            key = frozenset(agreeing), tuple(sorted(weights.items()))
            if key not in self._known:
                self._known[key] = tuple(_extreme(agreeing, weights, sign) for sign in (1, -1))
            found.append(self._known[key])
        found = [ends for ends in found if None not in ends]
        return (min(low for low, _ in found), max(high for _, high in found)) if found else None

    def _sets(self, facts: Sequence[Fact]) -> list[list[Fact]]:
        """The facts; where they contradict, without each smallest set of doubtful ones, or without all of these."""
        key = frozenset(facts)
        if key not in self._agreeing:
            if _extreme(facts, {}, 1) is not None:
                self._agreeing[key] = [list(facts)]
            elif self.drop_contradictions:
                self._agreeing[key] = list(_without_fewest(facts))
            else:
                self._agreeing[key] = [[fact for fact in facts if not fact.doubt]]
        return self._agreeing[key]


def _without_fewest(facts: Sequence[Fact]) -> Iterator[list[Fact]]:
    """The facts without one smallest set of doubtful ones, for each such set."""
    doubtful = [fact for fact in facts if fact.doubt]
    for size in range(1, len(doubtful) + 1):
        found = []
        for dropped in itertools.islice(itertools.combinations(doubtful, size), 200):
            left = [fact for fact in facts if fact not in dropped]
            if _extreme(left, {}, 1) is not None:
                found.append(left)
        if found:
            yield from found
            return


def _extreme(facts: Sequence[Fact], weights: Mapping[str, float], sign: int) -> int | None:
    """The smallest (sign 1) or largest (sign -1) value of a sum of whole counts; None where there is no solution."""
    names = sorted(set(weights).union(*(fact.about() for fact in facts)))
    position = {name: i for i, name in enumerate(names)}
    low, high = np.zeros(len(names)), np.full(len(names), float(MANY))
    rows = [fact for fact in facts if len(fact.weights) > 1]
    for fact in facts:
        if len(fact.weights) == 1:
            ((name, weight),) = fact.weights
            at = position[name]
            low[at], high[at] = max(low[at], fact.low / weight), min(high[at], fact.high / weight)
    if (low > high).any():
        return None
    goal = np.zeros(len(names))
    for name, weight in weights.items():
        goal[position[name]] = sign * weight
    if not rows:
        return sign * round(sum(goal[i] * (low[i] if goal[i] > 0 else high[i]) for i in range(len(names))))
    entries = [(row, position[name], weight) for row, fact in enumerate(rows) for name, weight in fact.weights]
    at, columns, values = zip(*entries, strict=True)
    matrix = csr_array((values, (at, columns)), shape=(len(rows), len(names)))
    limits = LinearConstraint(matrix, [fact.low - SLACK for fact in rows], [fact.high + SLACK for fact in rows])
    found = milp(goal, integrality=np.ones(len(names)), bounds=Bounds(low, high), constraints=limits)
    return sign * round(found.fun) if found.success else None


def _groups(facts: Sequence[Fact]) -> list[list[Fact]]:
    """The facts in groups that share no count."""
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for fact in facts:
        first, *others = fact.about()
        for other in others:
            leader[lead(other)] = lead(first)
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[lead(fact.weights[0][0])].append(fact)
    return list(found.values())


def attack(run: Run, kinds: Iterable[str] = (), solver: Solver | None = None) -> Told:
    """Tell what can be told by some kinds of attack together, beside what every reader knows.

    Parameters
    ----------
    run : the published files
    kinds : of KINDS, "A3" and "A6"
    solver : one that has been used before is quicker

    A6: a reader to whom supposed facts contradict each other drops as few of them as will do, not all. A3: see
    `counts_behind_models`.
    """
    kinds = set(kinds)
    facts = plain(run)
    for kind in sorted(kinds & KINDS.keys()):
        facts += itertools.chain.from_iterable(find(run) for find in KINDS[kind])
    solver = solver or Solver(drop_contradictions="A6" in kinds)
    values: dict[str, range | frozenset[int]] = {}
    rests, groups = {}, {}
    by_base = {base: (key, count) for key, (base, count) in run.groups.items()}
    for group in _groups(_fixed(facts, run)):
        names = set().union(*(fact.about() for fact in group))
        if not names & run.hidden.keys():
            continue
        for name in sorted(names):
            if name in run.hidden and (ends := solver.ends(group, {name: 1})):
                values[name] = range(ends[0], ends[1] + 1)
            if name in by_base and (one := _alike(run, solver, group, name, by_base[name][1], names)):
                groups[by_base[name][0]] = one
            if name in by_base and (count := by_base[name][1]) in names and (run.withheld(name) or run.withheld(count)):
                ends = solver.ends(group, {name: 1, count: -1})
                rests |= {count: range(ends[0], ends[1] + 1)} if ends else {}
    if "A1" in kinds:
        changed = {name: lost for name, lost in changed_by_rounding(run).items() if name in values}
        values |= {name: frozenset(values[name]) - {lost} for name, lost in changed.items()}
    if "A3" in kinds:
        values |= _narrowed(values, counts_behind_models(run, values))
    return Told(values, rests, groups)


def every_fact(run: Run) -> list[Fact]:
    """What a reader knows who goes every way in."""
    return [*plain(run), *(fact for kind in KINDS.values() for find in kind for fact in find(run))]


def ends_of(facts: Sequence[Fact], names: Iterable[str]) -> dict[str, range]:
    """The values that counts can have under facts, of which as few doubtful ones as will do are dropped."""
    solver, wanted, found = Solver(drop_contradictions=True), set(names), {}
    for group in _groups(list(dict.fromkeys(facts))):
        about = set().union(*(fact.about() for fact in group))
        for name in sorted(about & wanted):
            if ends := solver.ends(group, {name: 1}):
                found[name] = range(ends[0], ends[1] + 1)
    return found


def _fixed(facts: list[Fact], run: Run) -> list[Fact]:
    """The facts with published exact counts put in as numbers: what is left hangs together by hidden counts only."""
    exact = {name: run.value(name) for name in [*run.counts, *run.totals]
             if name not in run.hidden and run.base == 1 and not math.isnan(run.value(name))}  # fmt: skip
    found = []
    for fact in facts:
        known = sum(weight * exact[name] for name, weight in fact.weights if name in exact)
        weights = tuple((name, weight) for name, weight in fact.weights if name not in exact)
        if weights:
            found.append(Fact(weights, fact.low - known, fact.high - known, fact.doubt))
    return list(dict.fromkeys(found))


def _alike(run: Run, solver: Solver, group: Sequence[Fact], base: str, count: str, names: set[str]) -> str:
    """Whether all of a group, or none, have the outcome, though that is not published."""
    of_base = solver.ends(group, {base: 1})
    if (base not in run.hidden and count not in run.hidden) or not of_base or of_base[0] == 0:
        return ""
    if count not in names:
        return "none" if run.value(count) == 0 else ""
    of_count = solver.ends(group, {count: 1})
    if of_count == (0, 0):
        return "none"
    rest = solver.ends(group, {base: 1, count: -1})
    return "all" if rest == (0, 0) else ""


def _narrowed(values: Mapping, sets: Mapping[str, frozenset[int]]) -> dict[str, frozenset[int]]:
    return {name: frozenset(values[name]) & found if name in values else found for name, found in sets.items()}


# ---- A3: the eight counts behind a model


def counts_behind_models(run: Run, values: Mapping[str, range | frozenset[int]]) -> dict[str, frozenset[int]]:
    """A3. The reader tries all eight counts that rounding allows, and keeps those that give the printed results.

    Odds ratio, interval and effect of a model without characteristics (or whose characteristics all clients share)
    follow from eight counts. Where results a little off are met by some eight, too, it is chance. Where the published
    counts give what is printed, for all models, they were what it was fitted to, and nothing is told.
    """
    found, own = {}, []
    for measure, site, places in run.models():
        hidden = [name for pair in places for name in pair if name in run.hidden]
        printed = {part: run.rows[f"{measure}.{part}.{site}"]["value"] for part in MODEL
                   if run.rows.get(f"{measure}.{part}.{site}", {"value": ""})["value"]}  # fmt: skip
        if run.base == 1 or not hidden or len(printed) < len(MODEL) or any(run.withheld(name) for name in hidden):
            continue
        digits = max(map(_digits, printed.values()))
        cells = [_cells(run, values, *pair) for pair in places]
        if (fits := _fitting(run, cells, printed, digits)) is None:
            continue
        as_published = [(run.value(base), run.value(count)) for base, count in places]
        if any(_fitting(run, cells, _moved(printed, by, digits), digits) is not None for by in PLACEBOS):
            continue
        own.append(_fitting(run, [np.array([cell]) for cell in as_published], printed, digits) is not None)
        for (base, count), cell, kept in zip(places, cells, fits, strict=True):
            found[base] = frozenset(map(int, cell[sorted(kept), 0]))
            found[count] = frozenset(map(int, cell[sorted(kept), 1]))
    return {} if own and all(own) else {name: some for name, some in found.items() if name in run.hidden}


def guessed_behind_models(run: Run) -> dict[str, int]:
    """A3. The reader guesses: of all counts that rounding allows, those whose odds ratio and interval come nearest.

    Characteristics that say little of the outcome move both but little. Right by chance are as many as rounding says.
    """
    found = {}
    for measure, site, places in run.models():
        printed = {part: run.value(f"{measure}.{part}.{site}") for part in MODEL[:3]}
        if run.base == 1 or any(map(math.isnan, [*printed.values(), *map(run.value, itertools.chain(*places))])):
            continue
        cells = [_cells(run, {}, *pair) for pair in places]
        odds, spread = _four(cells)
        ratio = odds[0] - odds[1] - odds[2] + odds[3]
        error = np.sqrt(sum(spread))
        said = math.log(printed["odds_ratio_high"] / printed["odds_ratio_low"]) / (2 * _z(run))
        far = ((ratio - math.log(printed["odds_ratio"])) / said) ** 2 + np.log(error / said) ** 2
        best = np.unravel_index(np.argmin(far), far.shape)
        for (base, count), cell, at in zip(places, cells, best, strict=True):
            found |= {base: int(cell[at, 0]), count: int(cell[at, 1])}
    return found


def _z(run: Run) -> float:
    return NormalDist().inv_cdf((1 + run.value("setting.models.confidence")) / 2)


def _four(cells: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Log odds of the pairs of each place, and their variances, each place along an axis of its own."""
    shape = [tuple(-1 if i == j else 1 for j in range(4)) for i in range(4)]
    odds = [np.log(c[:, 1] / (c[:, 0] - c[:, 1])).reshape(s) for c, s in zip(cells, shape, strict=True)]
    spread = [(1 / c[:, 1] + 1 / (c[:, 0] - c[:, 1])).reshape(s) for c, s in zip(cells, shape, strict=True)]
    return odds, spread


PLACEBOS = (0.95, 0.97, 0.98, 1.02, 1.03, 1.05)


def _moved(printed: Mapping[str, str], by: float, digits: int) -> dict[str, str]:
    """Results that nobody has printed, a little off those that are."""
    return {part: f"{float(text) * by:.{digits}g}" for part, text in printed.items()}


def _digits(text: str) -> int:
    """The significant digits of a number as it is written."""
    return len(re.sub(r"e.*", "", text).replace(".", "").lstrip("-0"))


def _cells(run: Run, values: Mapping, base: str, count: str) -> np.ndarray:
    """Pairs of base and count that rounding allows, neither everybody nor nobody having the outcome."""
    of_base, of_count = (values.get(name, range(*_plus_one(run.ends(name)))) for name in (base, count))
    return np.array([(n, a) for n in of_base for a in of_count if 0 < a < n], dtype=float).reshape(-1, 2)


def _plus_one(ends: tuple[int, int]) -> tuple[int, int]:
    return ends[0], ends[1] + 1


def _fitting(run: Run, cells: Sequence[np.ndarray], printed: Mapping[str, str], digits: int) -> list[set[int]] | None:
    """Which pairs of each place are part of eight counts that give what is printed; None if there are no such eight."""
    if any(not len(cell) or not ((cell[:, 1] > 0) & (cell[:, 1] < cell[:, 0])).all() for cell in cells):
        return None
    z, (odds, spread) = _z(run), _four(cells)
    ratio = odds[0] - odds[1] - odds[2] + odds[3]
    kept = np.nonzero(_near(np.exp(ratio), printed["odds_ratio"], digits))
    at = [np.broadcast_to(one, ratio.shape)[kept] for one in (*odds, *spread)]
    (l0, l1, l2, l3), (v0, v1, v2, v3) = at[:4], at[4:]
    error = np.sqrt(v0 + v1 + v2 + v3)
    with_it, without = 1 / (1 + np.exp(-l0)), 1 / (1 + np.exp(-(l1 + l2 - l3)))
    effect = with_it - without
    of_effect = np.sqrt((with_it * (1 - with_it)) ** 2 * v0 + (without * (1 - without)) ** 2 * (v1 + v2 + v3))
    ratio = l0 - l1 - l2 + l3
    made = {
        "odds_ratio_low": np.exp(ratio - z * error),
        "odds_ratio_high": np.exp(ratio + z * error),
        "effect": 100 * effect,
        "effect_low": 100 * (effect - z * of_effect),
        "effect_high": 100 * (effect + z * of_effect),
    }
    fits = np.logical_and.reduce([_near(value, printed[part], digits) for part, value in made.items()])
    return [set(index[fits]) for index in kept] if fits.any() else None


def _near(value: np.ndarray, text: str, digits: int) -> np.ndarray:
    """Whether values are printed as a text with so many significant digits."""
    number = float(text)
    unit = 10.0 ** (math.floor(math.log10(abs(number))) - digits + 1) if number else 10.0**-digits
    return np.abs(value - number) <= 0.5 * unit * (1 + 1e-6)


# ---- A7: the choice of partners


def minimality(
    run: Run, told: Told, rerun: Callable[[list[dict]], Mapping[str, bool]], facts: Sequence[Fact]
) -> dict[str, frozenset[int]]:
    """A7. The reader fills in each table that is possible, reruns the published program, and keeps what looks the same.

    Parameters
    ----------
    run, told : the published files, and what else has been told of them
    rerun : the published program: rows of a ledger with all values filled in -> id -> whether it would be withheld
    facts : how counts hang together

    Returns
    -------
    Id -> the values that it has in some table of which the program withholds what is withheld. Groups with more than
    TABLES tables are left alone.
    """
    found: dict[str, frozenset[int]] = {}
    if run.base > 1:
        return found
    for group in _groups(_fixed(list(facts), run)):
        names = sorted(set().union(*(fact.about() for fact in group)) & run.hidden.keys())
        tables = _tables(group, names, told) if names else []
        if not 1 < len(tables) <= TABLES:
            continue
        linked = _linked(run, facts, names)
        same: dict[str, set[int]] = {name: set() for name in names}
        for table in tables:
            if any(table[name] not in same[name] for name in names) and _looks_the_same(run, linked, table, rerun):
                for name in names:
                    same[name].add(table[name])
        found |= {name: frozenset(values) for name, values in same.items()}
    return {name: values for name, values in found.items() if values}


def _tables(group: Sequence[Fact], names: Sequence[str], told: Told) -> list[dict[str, int]]:
    """All that the hidden counts of a group can be together; none if that is too much to try."""
    ranges = [told.counts.get(name, range(MANY)) for name in names]
    if math.prod(map(len, ranges)) > TRIED or set().union(*(fact.about() for fact in group)) != set(names):
        return []
    tried = np.array(list(itertools.product(*ranges)), dtype=float)
    keeps = np.ones(len(tried), dtype=bool)
    for fact in group:
        total = sum(weight * tried[:, names.index(name)] for name, weight in fact.weights)
        keeps &= (total >= fact.low - SLACK) & (total <= fact.high + SLACK)
    if keeps.sum() > TABLES:
        return []
    return [dict(zip(names, map(int, table), strict=True)) for table in tried[keeps]]


def _linked(run: Run, facts: Sequence[Fact], names: Sequence[str]) -> list[str]:
    """The counts that facts tie to some, however far."""
    group = next(group for group in _groups(facts) if names[0] in set().union(*(fact.about() for fact in group)))
    about = set().union(*(fact.about() for fact in group))
    return [name for name in run.rows if name in about]


def _looks_the_same(run: Run, linked: Sequence[str], table: Mapping[str, int], rerun: Callable) -> bool:
    """Whether the program would withhold of a possible table what is withheld."""
    rows = [{**run.rows[name], "value": float(table.get(name, run.value(name))), "note": ""} for name in linked]
    if any(math.isnan(row["value"]) for row in rows):
        return True
    return all(hides == run.withheld(name) for name, hides in rerun(rows).items())
