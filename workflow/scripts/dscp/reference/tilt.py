"""The tilt search: characteristics whose prevalence is shifted until the adjusted models print the published p-values.

One characteristic per outcome depends on the outcome itself and on a tilt: the log-odds of "yes" are
intercept + slope x outcome + tilt x direction, direction being +1 in the pilot's post and the comparison's pre period
and -1 in the other two cells. The tilt is found by a root search on the z of pilot x post; nothing is set by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist

import numpy as np
import pandas as pd

from dscp.measures.models import MISSING, design_matrix
from dscp.measures.records import use_bands
from dscp.reference.draws import even_uniforms

ANSWERS = np.array([MISSING, "no", "yes"])
WRITTEN = np.array(["", "N", "Y"])  # the same in an extract
STEPS = 60
ROUNDS = 8
ATTEMPTS = 20


def characteristics(rows: pd.DataFrame, age: np.ndarray, codes: Mapping, bands: Sequence[int]) -> pd.DataFrame:
    """Derive the characteristics that are not plain Y/N columns, as the models see them.

    Parameters
    ----------
    rows : columns of the extract: sex, ethnicity, drug_1..drug_3, age_first_use
    age : completed years, nan where unknown
    codes, bands : code lists and bounds of length of use of the config
    """
    groups = {code: group for group, letters in codes["ethnicity"].items() if group != "not_stated" for code in letters}
    found = {
        "age": age,
        "sex": rows["sex"].where(rows["sex"] != "", MISSING),
        "ethnicity": rows["ethnicity"].map(groups).fillna(MISSING),
    }
    drugs = {
        "opiates_crack": [*codes["drugs"]["opiates"], *codes["drugs"]["crack"]],
        "cannabis": codes["drugs"]["cannabis"],
        "stimulants": [*codes["drugs"]["cocaine"], *codes["drugs"]["amphetamines"]],
        "other_drugs": codes["drugs"]["other"],
    }
    used = [pd.to_numeric(rows[column]).to_numpy(dtype=float) for column in ("drug_1", "drug_2", "drug_3")]
    nothing = np.isnan(used).all(axis=0)
    for name, ranges in drugs.items():
        hit = np.any([(low <= drug) & (drug <= high) for drug in used for low, high in ranges], axis=0)
        found[name] = ANSWERS[np.where(nothing, 0, 1 + hit)]
    lower, names = zip(*use_bands(list(bands)), strict=True)
    years = age - pd.to_numeric(rows["age_first_use"]).to_numpy(dtype=float)
    known = years >= 0
    band = np.searchsorted(lower, np.where(known, years, 0), side="right") - 1
    found["length_of_use"] = np.where(known, np.array(names)[band], MISSING)
    return pd.DataFrame({name: np.asarray(values) for name, values in found.items()})


def yes_no(column: pd.Series) -> np.ndarray:
    """Y, N and empty as the models see them."""
    return column.map({"Y": "yes", "N": "no"}).fillna(MISSING).to_numpy()


@dataclass
class Tilted:
    """A characteristic with a tilt: one entry per person; codes index ANSWERS."""

    name: str
    uniforms: np.ndarray
    missing: np.ndarray
    logit: np.ndarray
    direction: np.ndarray
    tilt: float = 0.0

    def codes(self) -> np.ndarray:
        """0 missing, 1 no, 2 yes."""
        yes = self.uniforms < 1 / (1 + np.exp(-self.logit - self.tilt * self.direction))
        return np.where(self.missing, 0, 1 + yes)


def tilted(rng: np.random.Generator, setting: Mapping, rows: pd.DataFrame, n: int) -> Tilted:
    """Draw a tilted characteristic for n people, its uniforms spread evenly within each cell and outcome.

    Parameters
    ----------
    setting : characteristic, intercept, slope, missing (text)
    rows : one row per unit in the outcome's bases: person (0 to n-1), outcome, pilot, post, no_record (the person has
        no record that could hold the characteristic)
    """
    person, outcome, pilot, post = (rows[column].to_numpy() for column in ("person", "outcome", "pilot", "post"))
    units = np.bincount(person, minlength=n)
    chance = np.where(units > 0, np.bincount(person, outcome, n) / units.clip(min=1), 0.5)
    direction = np.bincount(person, np.where(pilot == post, 1, -1), n) / units.clip(min=1)
    strata = np.bincount(person, 3.0 ** (2 * pilot + post) * (1 + outcome), n).astype(int)
    logit = float(setting["intercept"]) + float(setting["slope"]) * chance
    missing = even_uniforms(rng, strata) < float(setting["missing"])
    missing[person[rows["no_record"]]] = True
    return Tilted(setting["characteristic"], even_uniforms(rng, strata), missing, logit, direction)


@dataclass
class Model:
    """A published model: its frame (person, outcome, pilot, post, covariates), p as printed, the sign of its did."""

    name: str
    frame: pd.DataFrame
    covariates: list[str]
    printed: str
    sign: int

    def with_answers(self, columns: Sequence[Tilted]) -> pd.DataFrame:
        """The frame with the tilted characteristics as they stand."""
        now = {column.name: ANSWERS[column.codes()[self.frame["person"]]] for column in columns}
        return self.frame.assign(**now)


def interval(printed: str, significance: float) -> tuple[float, float]:
    """The p-values that print so: from the first, below the second.

    Below 0.01 prints as "<0.01". A p printed like the level of significance is read as below it, as the evaluation does
    (report section 3.2.5).
    """
    if printed.startswith("<"):
        return 0.0, float(printed[1:])
    half = 0.5 * 10.0 ** -len(printed.partition(".")[2])
    low, high = max(float(printed) - half, 0.01), float(printed) + half
    return low, significance if low < significance < high else high


def p_of(z: float) -> float:
    """Two-sided p of a Wald z."""
    return math.erfc(abs(z) / math.sqrt(2))


class Fit:
    """A model's arrays, refitted as tilted characteristics change: Newton steps that start from the last estimate."""

    def __init__(self, model: Model, columns: Sequence[Tilted]):
        design = design_matrix(model.with_answers(columns), model.covariates)
        lengths = np.abs(np.diag(np.linalg.qr(design.x, mode="r")))
        kept = lengths > 1e-9 * np.linalg.norm(design.x, axis=0)  # a column that repeats others says nothing more
        self.x, self.y = design.x[:, kept], design.y
        self.terms = [term for term, keep in zip(design.terms, kept, strict=True) if keep]
        self.person = model.frame["person"].to_numpy()[design.kept]
        self.beta = np.zeros(len(self.terms))

    def replace(self, column: Tilted) -> None:
        """Put in a characteristic as it stands."""
        codes = column.codes()[self.person]
        for at, term in enumerate(self.terms):
            name, _, level = term.partition("=")
            if name == column.name:
                self.x[:, at] = ANSWERS[codes] == level

    def z(self) -> float:
        """Wald z of pilot x post."""
        for _ in range(STEPS):
            chance = 1 / (1 + np.exp(-self.x @ self.beta))
            information = (self.x * (chance * (1 - chance))[:, None]).T @ self.x
            step = np.linalg.solve(information, self.x.T @ (self.y - chance))
            self.beta += step
            if np.abs(step).max() < 1e-8:
                break
        at = self.terms.index("pilot:post")
        return self.beta[at] / math.sqrt(np.linalg.inv(information)[at, at])


def root(function: Callable[[float], float], accept: Callable[[float], bool], start: float) -> float | None:
    """Find t with accept(function(t)) by bracketing and the Illinois rule; None where function jumps over it."""
    low = high = start
    at_low = at_high = function(start)
    reach = 0.25
    while at_low * at_high > 0 and reach < 20:
        low, high = start - reach, start + reach
        at_low, at_high = function(low), function(high)
        reach *= 2
    for _ in range(STEPS):
        if at_low * at_high > 0:
            return None
        middle = high - at_high * (high - low) / (at_high - at_low) if at_high != at_low else (low + high) / 2
        value = function(middle)
        if accept(value):
            return middle
        if value * at_high < 0:
            low, at_low = high, at_high
        else:
            at_low /= 2
        high, at_high = middle, value
    return None


def tilt_all(
    seed: int,
    frame: pd.DataFrame,
    covariates: list[str],
    people: int,
    published: Mapping,
    settings: Mapping,
    significance: float,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Find the tilts of all models that share a kind of extract.

    Parameters
    ----------
    frame : one row per unit in a base: person, measure, site, outcome, pilot, post and the untilted characteristics
    covariates : of the models
    people : how many there are
    published : (measure, site) -> p as printed, sign of the printed did
    settings : measure -> characteristic, intercept, slope, missing
    significance : level of significance

    Returns
    -------
    written : one row per person, one column per tilted characteristic: Y, N or empty
    tilts : "measure site" -> tilt
    """
    measures = list(dict.fromkeys(frame["measure"]))
    rng = np.random.default_rng([seed, 30])
    nobody = frame.iloc[:0].astype({"person": int})
    written = {
        settings[m]["characteristic"]: WRITTEN[tilted(rng, settings[m], nobody, people).codes()] for m in measures
    }
    tilts = {}
    for place, (site, rows) in enumerate(frame.groupby("site")):
        persons, local = np.unique(rows["person"], return_inverse=True)
        parts = dict(iter(rows.assign(person=local).groupby("measure")))
        models = [Model(f"{m} {site}", parts[m], covariates, *published[m, site]) for m in measures]
        for model, column in zip(
            models, _search(models, measures, settings, [seed, 31, place], significance, len(persons)), strict=True
        ):
            written[column.name][persons] = WRITTEN[column.codes()]
            tilts[model.name] = column.tilt
    return pd.DataFrame(written), tilts


def _search(
    models: Sequence[Model],
    measures: Sequence[str],
    settings: Mapping,
    seed: list[int],
    significance: float,
    people: int,
) -> list[Tilted]:
    """The tilted characteristics of one site pair, drawn anew as long as a search fails."""
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([*seed, attempt])
        columns = [tilted(rng, settings[m], model.frame, people) for m, model in zip(measures, models, strict=True)]
        if _settle(models, columns, significance) and all(_prints(model, columns, significance) for model in models):
            return columns
    raise ValueError(f"no tilt gives the published p-values of {', '.join(model.name for model in models)}")


def _settle(models: Sequence[Model], columns: list[Tilted], significance: float) -> bool:
    """Search the tilts in turn until every model prints well within its interval."""
    fits = [Fit(model, columns) for model in models]
    for _ in range(ROUNDS):
        settled = True
        for model, fit, own in zip(models, fits, columns, strict=True):
            for column in columns:
                fit.replace(column)
            aim, accept = _target(model, significance)
            if not accept(fit.z() - aim):
                settled = False
                if root(partial(_distance, fit, own, aim), accept, own.tilt) is None:
                    return False
        if settled:
            return True
    return False


def _target(model: Model, significance: float) -> tuple[float, Callable[[float], bool]]:
    """The z to aim at, in the direction of the printed did, and whether a distance from it is well within the interval.

    A p printed as an upper bound needs no tilt as long as it is clearly below.
    """
    low, high = interval(model.printed, significance)
    aim = model.sign * NormalDist().inv_cdf(1 - (low + high) / 4)
    margin = (high - low) / 4

    def accept(distance: float) -> bool:
        z = distance + aim
        return (low + margin if low else 0) <= p_of(z) < high - margin and z * model.sign > 0

    return aim, accept


def _distance(fit: Fit, own: Tilted, aim: float, tilt: float) -> float:
    own.tilt = round(tilt, 6)  # so that the last bits of an estimate never decide
    fit.replace(own)
    return fit.z() - aim


def _prints(model: Model, columns: list[Tilted], significance: float) -> bool:
    low, high = interval(model.printed, significance)
    design = design_matrix(model.with_answers(columns), model.covariates)
    return design.kept.all() and low <= p_of(Fit(model, columns).z()) < high
