"""The logistic model behind every printed p-value: outcome on pilot, post, pilot x post and characteristics.

Source: report section 1.3.2 and Appendix B2. Design matrices are built as arrays, not through formulas.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dscp.printing.called import category, characteristic

MISSING = "missing"
NUMERIC = ("age",)
EXTREME = 15.0  # a term that moves the log odds by more than this means that the estimate does not exist
EVENTS = 10  # of the rarer outcome that a parameter should rest on (Peduzzi and others, 1996)
REPEATS = 1e-9  # a column repeats those before it when they explain all but this share of its square


@dataclass(frozen=True)
class Design:
    """A design matrix and what its columns are.

    Attributes
    ----------
    x : array, shape (n, k), float64
    y : array, shape (n,), float64 of 0 and 1
    terms : names of the k columns; "pilot:post" is the difference in differences
    kept : array, shape (rows given,), bool: the rows that entered
    notes : what was left out and why, in plain words
    repeated : terms that those before them determine, and which are therefore left out
    """

    x: np.ndarray
    y: np.ndarray
    terms: list[str]
    kept: np.ndarray
    notes: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def design_matrix(frame: pd.DataFrame, covariates: list[str]) -> Design:
    """Build the arrays of one model.

    Parameters
    ----------
    frame : one row per client or referral, with columns outcome, pilot, post (bool) and the covariates.
        Covariates in NUMERIC enter as they are, the others as categories, "missing" being one of them.
    covariates : names, in the order in which they enter.

    Notes
    -----
    A covariate with a single level is left out. A category whose members all have the same outcome has no
    finite coefficient; its rows carry no information about the others and are left out (what the estimates
    tend to in the limit). Both are said in `notes`. A term that the terms before it determine changes nothing and
    is left out too, which `repeated` says: a client without any drug recorded is "missing" in every drug covariate.
    """
    y = frame["outcome"].to_numpy(dtype=float)
    pilot = frame["pilot"].to_numpy(dtype=float)
    post = frame["post"].to_numpy(dtype=float)
    coded = {name: pd.Categorical(frame[name]) for name in covariates if name not in NUMERIC}
    kept, notes = _without_decided_categories(coded, y)
    if not kept.any():
        return Design(np.empty((0, 0)), y[kept], [], kept, notes)
    columns, terms = [np.ones(len(frame)), pilot, post, pilot * post], ["const", "pilot", "post", "pilot:post"]
    for name in covariates:
        if name in NUMERIC:
            values = frame[name].to_numpy(dtype=float)
            if np.isnan(values[kept]).all():
                notes.append(f"{characteristic(name)} is never known, left out of the model")
            elif np.ptp(values[kept]) == 0:
                notes.append(f"{characteristic(name)} has a single value, left out of the model")
            else:
                columns.append(values)
                terms.append(name)
            continue
        column = coded[name]
        present = [code for code in range(len(column.categories)) if (column.codes[kept] == code).any()]
        if len(present) < 2:
            notes.append(f"{characteristic(name)} has a single level, left out of the model")
        for code in present[1:]:
            columns.append((column.codes == code).astype(float))
            terms.append(f"{name}={column.categories[code]}")
    x = np.column_stack(columns)[kept]
    adds = _adds_something(x)
    own, repeated = ([term for term, new in zip(terms, adds, strict=True) if new == adding] for adding in (True, False))
    return Design(x[:, adds], y[kept], own, kept, notes, repeated)


def _without_decided_categories(coded: dict[str, pd.Categorical], y: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Leave out categories whose members all have the same outcome, until none is left; rows kept, and notes."""
    kept, notes, before = np.ones(len(y), dtype=bool), [], -1
    while before != len(notes):
        before = len(notes)
        for name, column in coded.items():
            for code, level in enumerate(column.categories):
                member = (column.codes == code) & kept
                if member.any() and np.ptp(y[member]) == 0:
                    kept &= ~member
                    notes.append(f"{_in_words(name, level)}: all have the same outcome, left out of the model")
    return kept, notes


def _in_words(name: str, level: object) -> str:
    """A category in a note: ethnicity (Asian); a characteristic that is a number has none."""
    return f"{characteristic(name)} ({category(level)})" if level != "" else characteristic(name)


def _adds_something(x: np.ndarray) -> np.ndarray:
    """Which columns are no linear combination of the columns before them (elimination on their cross-products)."""
    lengths = np.linalg.norm(x, axis=0)
    unit = x / np.where(lengths > 0, lengths, 1)
    left, adds = unit.T @ unit, np.zeros(x.shape[1], dtype=bool)
    for at in range(x.shape[1]):
        adds[at] = left[at, at] > REPEATS
        if adds[at]:
            left = left - np.outer(left[:, at], left[at]) / left[at, at]
    return adds


@dataclass(frozen=True)
class Interaction:
    """What a model says about pilot x post. Every number is nan where it could not be computed; `notes` says why.

    Attributes
    ----------
    p, odds_ratio, odds_ratio_low, odds_ratio_high : Wald test and interval of pilot x post
    p_clustered : the same test with errors that allow for people who have several rows
    effect, effect_low, effect_high : percentage points; mean over all treated post-period rows of the predicted
        probability minus the one with pilot x post taken out, with its delta-method interval; nothing moves the
        probability of rows whose category decides the outcome
    rows : number of rows fitted
    parameters, cases : number of coefficients, and of the rows that those fitted stand for; 0 where nothing was fitted
    remarks : of a fit, what a reader of its number of rows should know
    """

    p: float = np.nan
    p_clustered: float = np.nan
    odds_ratio: float = np.nan
    odds_ratio_low: float = np.nan
    odds_ratio_high: float = np.nan
    effect: float = np.nan
    effect_low: float = np.nan
    effect_high: float = np.nan
    rows: int = 0
    notes: tuple[str, ...] = ()
    parameters: int = 0
    cases: float = 0
    remarks: tuple[str, ...] = ()


def with_age(rows: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Deal with an unknown age, by the rule of the config: enter at the mean of the model, or leave out."""
    if rule == "leave_out":
        return rows[rows["age"].notna()]
    return rows.assign(age=rows["age"].astype(float).fillna(rows["age"].mean()))


def pooled(rows: pd.DataFrame, covariates: list[str], fewest: int) -> pd.DataFrame:
    """Rows in which no parameter of a model rests on few of them, and no category has to leave the model.

    Categories of fewer rows, and those whose rows all have the same outcome, are one with the largest of the others; a
    number that is the same in all but fewer rows is the same in all.

    Parameters
    ----------
    rows : with columns outcome and those of the covariates
    covariates : names
    fewest : rows that a parameter may rest on
    """
    return rows.assign(**{name: _pooled(rows[name], rows["outcome"].astype(bool), fewest) for name in covariates})


def _pooled(values: pd.Series, outcome: pd.Series, fewest: int) -> pd.Series:
    counts = values.value_counts()
    if counts.empty:
        return values
    if values.name in NUMERIC:
        return values if len(values) - counts.iloc[0] >= fewest else values.where(values.isna(), counts.index[0])
    shares = outcome.groupby(values.to_numpy()).mean()
    kept = counts.index[(counts >= fewest) & shares[counts.index].between(0, 1, inclusive="neither").to_numpy()]
    return values.where(values.isin(kept), kept[0] if len(kept) else counts.index[0])


def fit_site(
    members: pd.DataFrame,
    covariates: list[str],
    models: Mapping,
    weights: Mapping[tuple, float] | None = None,
    fewest: int = 0,
) -> Interaction:
    """Fit the model of one outcome and site pair on its clients or referrals.

    Parameters
    ----------
    members : arm, period, outcome and characteristics
    covariates : names
    models : of the config: confidence, age_without_dir
    weights : (arm, period, outcome) -> how many members each member of this cell stands for; by default itself alone
    fewest : members that a parameter may rest on; 0 where any number may
    """
    rows = with_age(members, models["age_without_dir"])
    rows = rows.assign(pilot=rows["arm"] == "pilot", post=rows["period"] == "post")
    weighed = None
    if weights is not None:
        cells = zip(rows["arm"], rows["period"], rows["outcome"].astype(bool), strict=True)
        weighed = np.array([weights[cell] for cell in cells], dtype=float)
        rows, weighed = rows[weighed > 0], weighed[weighed > 0]
    rows = pooled(rows, covariates, fewest) if fewest else rows
    return fit_interaction(rows, covariates, models["confidence"], weighed)


def empty_cells(frame: pd.DataFrame) -> list[str]:
    """Name the cells of pilot x post x outcome without a single row: with one empty, pilot x post has no estimate."""
    counts = frame.groupby(["pilot", "post", "outcome"]).size()
    found = []
    for pilot in (True, False):
        for post in (False, True):
            here = {outcome: counts.get((pilot, post, outcome), 0) for outcome in (True, False)}
            kinds = {True: "no successful rows", False: "no unsuccessful rows"}
            missing = [kinds[outcome] for outcome, rows in here.items() if rows == 0]
            place = f"in the {'pilot' if pilot else 'comparison'} area, {'post' if post else 'pre'} period"
            found += [f"no rows {place}"] if len(missing) == 2 else [f"{one} {place}" for one in missing]
    return found


def not_estimable(empty: list[str]) -> str:
    """The note that names empty cells."""
    return f"not estimable: {'; '.join(empty)}"


def fit_interaction(
    frame: pd.DataFrame, covariates: list[str], confidence: float = 0.95, weights: np.ndarray | None = None
) -> Interaction:
    """Fit the logistic model of one outcome and site pair and read off pilot x post.

    Parameters
    ----------
    frame : one row per client or referral: outcome, pilot, post (bool), the covariates and, where it is known, person
    covariates : names; an empty list gives the unadjusted test
    confidence : coverage of the intervals
    weights : how many rows each row stands for, shape (rows of the frame,), above 0; one each where none are given

    Source: report Appendix B2. statsmodels' Logit is used because its standard errors come from the last
    Newton step (GLM's lag one behind); it knows no weights, so that weighted rows are fitted by GLM to the last digit.
    """
    from scipy import stats
    from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

    if empty := empty_cells(frame):
        return Interaction(rows=len(frame), notes=(not_estimable(empty),))
    design = design_matrix(frame, covariates)
    if empty := empty_cells(frame[design.kept]):
        return Interaction(rows=len(design.y), notes=(*design.notes, not_estimable(empty)))
    share, decided = _treated_kept(frame, design.kept, weights)
    weights = None if weights is None else weights[design.kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            fit, converged = _fitted(design, weights)
        except (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError):
            reason = "not estimable: the characteristics separate the outcomes"
            return Interaction(rows=len(design.y), notes=(*design.notes, reason))
    moves = np.abs(fit.params[1:]) * np.ptp(design.x[:, 1:], axis=0)
    if not converged or moves.max() > EXTREME or not np.isfinite(fit.bse).all():
        reason = "not estimable: the estimates do not settle, the characteristics separate outcomes"
        return Interaction(rows=len(design.y), notes=(*design.notes, reason))
    z = stats.norm.ppf(0.5 + confidence / 2)
    at = design.terms.index("pilot:post")
    coefficient, error = fit.params[at], fit.bse[at]
    effect, spread = _probability_effect(design, fit.params, fit.cov_params(), at, weights)
    return Interaction(
        p=float(fit.pvalues[at]),
        p_clustered=_p_clustered(design, fit, at, frame, weights),
        odds_ratio=float(np.exp(coefficient)),
        odds_ratio_low=float(np.exp(coefficient - z * error)),
        odds_ratio_high=float(np.exp(coefficient + z * error)),
        effect=100 * share * effect,
        effect_low=100 * share * (effect - z * spread),
        effect_high=100 * share * (effect + z * spread),
        rows=len(design.y),
        notes=(*design.notes, *decided),
        parameters=design.x.shape[1],
        cases=float(len(design.y) if weights is None else weights.sum()),
        remarks=tuple(_remarks(design, weights)),
    )


def _fitted(design: Design, weights: np.ndarray | None) -> tuple[Any, bool]:
    """The fit of a model, and whether it has converged."""
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    if weights is None:
        fit = Logit(design.y, design.x).fit(method="newton", maxiter=100, tol=1e-10, disp=0)
        return fit, fit.mle_retvals["converged"]
    model = GLM(design.y, design.x, family=Binomial(), freq_weights=weights)
    first = model.fit(maxiter=100, tol=1e-10, tol_criterion="params")
    if not first.converged:
        return first, False
    # Its errors are those of the step before the last: where the first step arrives, of a guess. So from there again.
    fit = model.fit(start_params=first.params, maxiter=100, tol=1e-10, tol_criterion="params")
    return fit, fit.converged


def _p_clustered(design: Design, fit: Any, at: int, frame: pd.DataFrame, weights: np.ndarray | None) -> float:
    """The Wald test with errors that are robust to what the rows of a person share; nan where persons are not known.

    Source: Liang and Zeger, 1986, with the correction that statsmodels makes for few persons.
    """
    from scipy import stats
    from statsmodels.stats.sandwich_covariance import cov_cluster

    if weights is not None or "person" not in frame:
        return np.nan
    persons = pd.factorize(frame["person"].to_numpy()[design.kept])[0]
    error = np.sqrt(cov_cluster(fit, persons)[at, at])
    return float(2 * stats.norm.sf(abs(fit.params[at]) / error))


def _remarks(design: Design, weights: np.ndarray | None) -> list[str]:
    """Terms that were left out because others say the same, and whether parameters rest on few events."""
    found = []
    if design.repeated:
        named = ", ".join(_in_words(*term.partition("=")[::2]) for term in design.repeated)
        found.append(f"{named}: told by the terms before, left out of the model")
    events = min(np.average(design.y == kind, weights=weights) for kind in (0, 1))
    events *= len(design.y) if weights is None else weights.sum()
    if events < EVENTS * (design.x.shape[1] - 1):
        found.append("fewer than ten of the rarer outcome for each parameter: the model may say too much")
    return found


def _treated_kept(frame: pd.DataFrame, kept: np.ndarray, weights: np.ndarray | None) -> tuple[float, list[str]]:
    """The share of treated post-period rows that the model keeps, and a note on the others: their effect is 0."""
    treated = (frame["pilot"] & frame["post"]).to_numpy()
    in_model = kept[treated]
    if in_model.all():
        return 1.0, []
    note = f"{(~in_model).sum():,} of the {len(in_model):,} treated are left out, and enter the mean effect as 0"
    return float(np.average(in_model, weights=None if weights is None else weights[treated])), [note]


def _probability_effect(
    design: Design, params: np.ndarray, cov: np.ndarray, at: int, weights: np.ndarray | None
) -> tuple[float, float]:
    """Average effect on the treated post-period rows of the model, probability scale, and its delta-method error."""
    of_treated = design.x[:, at] == 1
    treated, weighed = design.x[of_treated], None if weights is None else weights[of_treated]
    without = treated.copy()
    without[:, at] = 0
    p_with, p_without = (1 / (1 + np.exp(-x @ params)) for x in (treated, without))
    slopes = treated * (p_with * (1 - p_with))[:, None] - without * (p_without * (1 - p_without))[:, None]
    gradient = np.average(slopes, axis=0, weights=weighed)
    return float(np.average(p_with - p_without, weights=weighed)), float(np.sqrt(gradient @ cov @ gradient))
