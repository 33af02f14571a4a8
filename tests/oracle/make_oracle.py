"""Draw the seeded data sets of this folder and fit them with R's glm: `python tests/oracle/make_oracle.py`.

Needs `Rscript` (Debian and Ubuntu: r-base-core). The tests read what is stored and need no R. Writes one CSV per data
set, plan.csv (which model is fitted to which data), glm_terms.csv and glm_models.csv (what R says) and provenance.json.
"""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
SEED = 20120531
DRUGS = ["opiates_crack", "cannabis", "stimulants", "other_drugs"]


def people(rng: np.random.Generator, rows: int, pilot: float = 0.5, post: float = 0.5) -> pd.DataFrame:
    """Rows of a study: area, period, age."""
    return pd.DataFrame(
        {
            "pilot": (rng.random(rows) < pilot).astype(int),
            "post": (rng.random(rows) < post).astype(int),
            "age": rng.integers(18, 66, rows),
        }
    )


def yes_no(rng: np.random.Generator, rows: int, yes: float, missing: float) -> np.ndarray:
    """A characteristic that may be missing."""
    return rng.choice(["yes", "no", "missing"], rows, p=[yes * (1 - missing), (1 - yes) * (1 - missing), missing])


def category(rng: np.random.Generator, rows: int, **shares: float) -> np.ndarray:
    """A characteristic with several levels."""
    return rng.choice(list(shares), rows, p=list(shares.values()))


def outcome(rng: np.random.Generator, frame: pd.DataFrame, intercept: float, effects: dict) -> np.ndarray:
    """Draw the outcome from a logistic model: term -> coefficient, a term being a column or "column=level"."""
    odds = np.full(len(frame), intercept)
    for term, effect in effects.items():
        name, _, level = term.partition("=")
        odds += effect * (frame[name] == level if level else frame[name].astype(float))
    return (rng.random(len(frame)) < 1 / (1 + np.exp(-odds))).astype(int)


def counts_only(rng):
    """The table of area, period and outcome alone."""
    frame = people(rng, 600)
    return frame.assign(outcome=outcome(rng, frame, 0.3, {"pilot": -0.2, "post": 0.4})), []


def usual(rng):
    """A few covariates of either kind, with missing levels."""
    frame = people(rng, 900)
    frame = frame.assign(
        sex=category(rng, 900, M=0.72, F=0.28),
        ethnicity=category(rng, 900, white=0.8, black=0.08, asian=0.05, mixed=0.03, missing=0.04),
        previously_treated=yes_no(rng, 900, 0.55, 0.06),
    )
    effects = {"pilot": 0.1, "post": 0.3, "age": 0.02, "sex=F": 0.4, "ethnicity=black": -0.6}
    return frame.assign(outcome=outcome(rng, frame, -0.7, effects)), ["age", "sex", "ethnicity", "previously_treated"]


def unequal_cells(rng):
    """One tiny cell: few pilot clients before, most of the comparison after."""
    frame = people(rng, 1200, pilot=0.06, post=0.85)
    frame = frame.assign(sex=category(rng, 1200, M=0.9, F=0.1), cannabis=yes_no(rng, 1200, 0.2, 0.1))
    effects = {"pilot": 0.5, "post": -0.2, "sex=F": 0.3}
    return frame.assign(outcome=outcome(rng, frame, 0.2, effects)), ["age", "sex", "cannabis"]


def strong_effects(rng):
    """Covariates that nearly decide the outcome: the largest steps of the fit."""
    frame = people(rng, 1000)
    frame = frame.assign(
        opiates_crack=yes_no(rng, 1000, 0.7, 0.1),
        length_of_use=category(rng, 1000, under_5=0.2, **{"5_to_9": 0.3, "10_to_19": 0.3, "20_or_more": 0.2}),
    )
    effects = {
        "age": 0.12,
        "opiates_crack=yes": -3.0,
        "length_of_use=under_5": 3.0,
        "length_of_use=20_or_more": -2.5,
        "pilot": 1.0,
    }
    return frame.assign(outcome=outcome(rng, frame, -3.0, effects)), ["age", "opiates_crack", "length_of_use"]


def decided_category(rng):
    """A quasi-separated category: all nine of them have the outcome."""
    frame = people(rng, 800)
    ethnicity = category(rng, 800, white=0.85, black=0.1, missing=0.05)
    ethnicity[rng.choice(800, 9, replace=False)] = "asian"
    frame = frame.assign(ethnicity=ethnicity, sex=category(rng, 800, M=0.7, F=0.3))
    drawn = outcome(rng, frame, -0.4, {"post": 0.5, "sex=F": 0.5})
    return frame.assign(outcome=np.where(ethnicity == "asian", 1, drawn)), ["age", "sex", "ethnicity"]


def no_drug_recorded(rng):
    """Clients without any drug recorded are missing in all four drug covariates, which repeat each other there."""
    frame = people(rng, 900)
    nothing = rng.random(900) < 0.08
    for name, share in zip(DRUGS, (0.75, 0.2, 0.15, 0.1), strict=True):
        frame[name] = np.where(nothing, "missing", yes_no(rng, 900, share, 0))
    effects = {"opiates_crack=yes": -0.8, "cannabis=yes": 0.4, "post": 0.2, "pilot": 0.2}
    return frame.assign(outcome=outcome(rng, frame, 0.4, effects)), ["age", *DRUGS]


def rare_outcome(rng):
    """About one in thirty has the outcome."""
    frame = people(rng, 1500)
    frame = frame.assign(sex=category(rng, 1500, M=0.7, F=0.3), dual_diagnosis=yes_no(rng, 1500, 0.15, 0.1))
    effects = {"pilot": 0.4, "post": 0.3, "dual_diagnosis=yes": 0.5}
    return frame.assign(outcome=outcome(rng, frame, -4.2, effects)), ["age", "sex", "dual_diagnosis"]


def all_covariates(rng):
    """The full treatment model, and ages that are not whole numbers (a mean put in for the unknown)."""
    rows = 1500
    frame = people(rng, rows, pilot=0.4, post=0.55).assign(
        sex=category(rng, rows, M=0.73, F=0.27),
        ethnicity=category(rng, rows, white=0.82, mixed=0.04, asian=0.04, black=0.05, other=0.02, missing=0.03),
    )
    nothing = rng.random(rows) < 0.03
    for name, share in zip(DRUGS, (0.8, 0.2, 0.12, 0.08), strict=True):
        frame[name] = np.where(nothing, "missing", yes_no(rng, rows, share, 0))
    bands = {"under_5": 0.17, "5_to_9": 0.28, "10_to_19": 0.3, "20_or_more": 0.15, "missing": 0.1}
    frame["length_of_use"] = category(rng, rows, **bands)
    for name in ("criminal_justice_referral", "previously_treated", "dual_diagnosis"):
        frame[name] = yes_no(rng, rows, 0.35, 0.07)
    frame["age"] = frame["age"].astype(float).mask(rng.random(rows) < 0.1)
    frame["age"] = frame["age"].fillna(frame["age"].mean())
    effects = {"age": 0.03, "post": 0.2, "pilot": -0.1, "criminal_justice_referral=yes": -0.5, "sex=F": 0.3}
    covariates = ["age", "sex", "ethnicity", *DRUGS, "length_of_use"]
    covariates += ["criminal_justice_referral", "previously_treated", "dual_diagnosis"]
    return frame.assign(outcome=outcome(rng, frame, -0.5, effects)), covariates


DATA_SETS = [
    counts_only,
    usual,
    unequal_cells,
    strong_effects,
    decided_category,
    no_drug_recorded,
    rare_outcome,
    all_covariates,
]


def main() -> None:
    """Write the data sets and have R fit them."""
    plan = []
    for number, draw in enumerate(DATA_SETS):
        frame, covariates = draw(np.random.default_rng([SEED, number]))
        frame.to_csv(FOLDER / f"{draw.__name__}.csv", index=False, lineterminator="\n")
        plan.append((draw.__name__, draw.__name__, " ".join(covariates), ""))
    plan.append(("usual_unadjusted", "usual", "", ""))
    plan.append(("decided_category_left_out", "decided_category", "age sex ethnicity", "ethnicity=asian"))
    pd.DataFrame(plan, columns=["dataset", "file", "covariates", "without"]).to_csv(
        FOLDER / "plan.csv", index=False, lineterminator="\n"
    )
    command = ["Rscript", "--vanilla", str(FOLDER / "glm.R"), str(FOLDER)]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    provenance = {
        "made_by": "tests/oracle/make_oracle.py",
        "seed": SEED,
        "r": version,
        "numpy": np.__version__,
        "glm": "glm(family = binomial, control = list(epsilon = 1e-14, maxit = 100))",
        "sha256": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted([*FOLDER.glob("*.csv"), FOLDER / "glm.R", FOLDER / "make_oracle.py"])
        },
    }
    (FOLDER / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")
    print(version)


if __name__ == "__main__":
    main()
