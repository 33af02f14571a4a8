"""Draw journeys and have R count the clients of a profile, and fit the study of areas: `python make_r_profile.py`.

Needs `Rscript` with the package sandwich (Debian and Ubuntu: r-base-core, r-cran-sandwich). The tests read what is
stored and need no R. Writes journeys.csv (drawn; nobody's), counts.csv, details.csv, areas.csv (what R says of them and
of the published figures of studies/pbr-pilots) and provenance.json.
"""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent
FIGURES = FOLDER.parents[2] / "studies" / "pbr-pilots" / "alcohol_treatment_by_area.csv"
SEED = 20111012
CLIENTS, PARTNERSHIPS = 260, ["N1", "N2", "S1"]
DRUGS = [1011, 1105, 3201, 5001, 7000, 9996]


def drawn(rng: np.random.Generator) -> pd.DataFrame:
    """Journeys of clients who come and go: many short ones, ends on days that matter, some who turn adult."""
    day = np.datetime64("2009-10-01")
    edges = np.array(["2010-04-01", "2011-03-31", "2011-04-01", "2011-09-30", "2012-03-31", "2012-04-01"], "M8[D]")
    rows = []
    for client in range(CLIENTS):
        born = np.datetime64("1993-07-01") if client % 20 == 0 else np.datetime64("1950-01-01") + rng.integers(0, 14600)
        at = day + rng.integers(0, 900)
        for number in range(1, rng.integers(2, 5)):
            start = at + rng.integers(-3, 40)
            length = int(rng.choice([5, 60, 83, 84, 200, 500]))
            end = rng.choice(edges) if rng.random() < 0.15 else start + length
            end = None if rng.random() < 0.12 or end < start else end
            drug = rng.choice(DRUGS, 3)
            rows.append({
                "client": f"C{client:03d}", "dat": str(rng.choice(PARTNERSHIPS)), "journey": number,
                "journey_start": start, "journey_end": end,
                "exit_reason": None if end is None else int(rng.choice([80, 81, 1, 85, 83])),
                "date_of_birth": born, "sex": "M", "drug_1": drug[0],
                "drug_2": drug[1] if rng.random() < 0.6 else None, "drug_3": drug[2] if rng.random() < 0.2 else None,
                "referral_date": start - rng.choice([-1, 0, 20, 21, 22, 42, 43, 90]) if rng.random() < 0.8 else None,
            })  # fmt: skip
            at = (start if end is None else end) + rng.integers(0, 220)
    whole = ["exit_reason", "drug_1", "drug_2", "drug_3"]
    return pd.DataFrame(rows).query("journey_start < '2012-05-01'").astype(dict.fromkeys(whole, "Int64"))


def main() -> None:
    """Write the journeys and have R count."""
    drawn(np.random.default_rng(SEED)).to_csv(FOLDER / "journeys.csv", index=False, date_format="%Y-%m-%d",
                                              lineterminator="\n")  # fmt: skip
    for script, *arguments in (("profile.R", FOLDER), ("areas.R", FIGURES, FOLDER)):
        subprocess.run(["Rscript", "--vanilla", str(FOLDER / script), *map(str, arguments)], check=True)
    told = 'cat(R.version.string, as.character(packageVersion("sandwich")), sep = "\\n")'
    command = ["Rscript", "--vanilla", "-e", told]
    version, sandwich = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    files = [*FOLDER.glob("*.csv"), *FOLDER.glob("*.R"), Path(__file__)]
    provenance = {
        "made_by": "tests/oracle/r_profile/make_r_profile.py",
        "seed": SEED,
        "r": version,
        "sandwich": sandwich,
        "numpy": np.__version__,
        "sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)},
        "figures": hashlib.sha256(FIGURES.read_bytes()).hexdigest(),
    }
    (FOLDER / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
