"""Rule review_journeys: rebuild a partnership's journeys from the counts that a published review of it prints.

Run through the ordinary rules of a profile they give the printed counts again. Agreement is by construction and no
evidence about the partnership; the year before is made up, but for the growth of effective treatment.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dscp.reference.draws import NEVER, client_numbers, days, iso
from dscp.reference.review import (
    COMPLETED,
    DONE,
    DROPPED,
    JUSTICE,
    RETURNED,
    SELF,
    courses,
    of_the_year_before,
    with_people,
)
from dscp.reproduction.published import read_published
from dscp.run.job import writing

COLUMNS = [
    *("client", "dat", "journey", "journey_start", "journey_end", "exit_reason", "date_of_birth", "sex", "ethnicity"),
    *("drug_1", "drug_2", "drug_3", "age_first_use", "referral_source", "dip_flag", "previously_treated"),
    "dual_diagnosis",
]


def review_journeys(tables: Mapping[str, pd.DataFrame], assumed: pd.DataFrame, config: Mapping) -> pd.DataFrame:
    """The extract journeys, as it is written; a missing value is an empty string.

    Parameters
    ----------
    tables : of the print, as `read_published` gives them
    assumed : name, value, why: what the print leaves open
    config : partnership, year, baseline, reference_extracts and definitions of the study
    """
    printed = {
        f"{row['table']}/{row['row']}/{row['column']}": float(row["value"])
        for rows in tables.values()
        for row in rows.to_dict("records")
        if row["value"]
    }
    given = dict(zip(assumed["name"], assumed["value"].astype(int), strict=True))
    rng = np.random.default_rng([config["reference_extracts"]["seed"], 180])
    year = courses(rng, printed, given, config["year"])
    year = with_people(rng, year, printed, given, days(config["year"]["start"]))
    before = of_the_year_before(rng, year, printed, given, config)
    people = pd.concat([year, before], ignore_index=True)
    people["client"] = client_numbers(rng, len(people))
    return _rows(rng, people, config["partnership"])


def _rows(rng: np.random.Generator, people: pd.DataFrame, dat: str) -> pd.DataFrame:
    """A row per journey, those of a client in their order."""
    latest = people.assign(journey=np.where(people["status"] == RETURNED, 2, 1))
    latest["exit_reason"] = np.select([latest["status"] == COMPLETED, latest["end"] < NEVER], [DONE, DROPPED], "")
    back = people[people["status"] == RETURNED]
    earlier = back.assign(journey=1, start=back["first_start"], end=back["completed"], exit_reason=DONE)
    rows = pd.concat([earlier, latest], ignore_index=True)
    n = len(rows)
    made = rows.assign(
        dat=dat,
        journey_start=iso(rows["start"].to_numpy()),
        journey_end=iso(rows["end"].to_numpy()),
        date_of_birth=iso(rows["born"].to_numpy()),
        drug_3="",
        age_first_use=rng.integers(13, 19, n).astype(str),
        referral_source=np.where(rows["justice"], JUSTICE, SELF),
        dip_flag="N",
        previously_treated=np.where(rows["journey"] > 1, "Y", rng.choice(["Y", "N"], n)),
        dual_diagnosis=rng.choice(["Y", "N"], n, p=[0.2, 0.8]),
    )
    return made.sort_values(["client", "journey"])[COLUMNS]


def read_assumed(path: str) -> pd.DataFrame:
    """Declared assumptions, as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        files, study = snakemake.input, snakemake.params.study
        made = review_journeys(read_published(files.published), read_assumed(files.assumed), study)
        made.to_csv(out.journeys, index=False, lineterminator="\n")
        print(f"{len(made)} journeys of {made['client'].nunique()} clients")
