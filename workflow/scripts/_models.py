"""The logistic model behind every printed p-value: outcome on pilot, post, pilot x post and characteristics.

Source: report section 1.3.2 and Appendix B2. Design matrices are built as arrays, not through formulas.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MISSING = "missing"
NUMERIC = ("age",)
EXTREME = 15.0  # a coefficient beyond this, on the log-odds scale, means that the estimate does not exist


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
    """

    x: np.ndarray
    y: np.ndarray
    terms: list[str]
    kept: np.ndarray
    notes: list[str] = field(default_factory=list)


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
    tend to in the limit). Both are said in `notes`.
    """
    y = frame["outcome"].to_numpy(dtype=float)
    pilot = frame["pilot"].to_numpy(dtype=float)
    post = frame["post"].to_numpy(dtype=float)
    kept, notes = np.ones(len(frame), dtype=bool), []
    coded = {name: pd.Categorical(frame[name]) for name in covariates if name not in NUMERIC}
    for name, column in coded.items():
        for code, level in enumerate(column.categories):
            member = column.codes == code
            outcomes = y[member & kept]
            if len(outcomes) and outcomes.min() == outcomes.max():
                kept &= ~member
                notes.append(f"{name} = {level}: all {len(outcomes)} have the same outcome, left out of the model")
    columns, terms = [np.ones(len(frame)), pilot, post, pilot * post], ["const", "pilot", "post", "pilot:post"]
    for name in covariates:
        if name in NUMERIC:
            values = frame[name].to_numpy(dtype=float)
            if np.ptp(values[kept]) == 0:
                notes.append(f"{name} has a single value, left out of the model")
            else:
                columns.append(values)
                terms.append(name)
            continue
        column = coded[name]
        present = [code for code in range(len(column.categories)) if (column.codes[kept] == code).any()]
        if len(present) < 2:
            notes.append(f"{name} has a single level, left out of the model")
        for code in present[1:]:
            columns.append((column.codes == code).astype(float))
            terms.append(f"{name}={column.categories[code]}")
    return Design(np.column_stack(columns)[kept], y[kept], terms, kept, notes)
