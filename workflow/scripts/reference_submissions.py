"""Rule reference_submissions: the rebuilt journeys taken apart into what providers would have submitted.

No evidence about anything: it shows that `joined` puts together again what was one journey. Journeys of a client in one
partnership that overlap cannot be submitted as two, and become one.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from dscp.extracts.submitted import CARRIED
from dscp.run.job import writing

LETTERS = 26
PERSON = ["date_of_birth", "sex"]
LONG, HALF = 60, 2  # days: a journey of as many is told in two episodes, the second from its middle
TRANSFERRED, UNKNOWN = 83, 0
PRESCRIBING, PSYCHOSOCIAL = 2, 4
NOT_WITHIN = 21  # days after the last discharge: a modality that begins so late joins nothing
COLUMNS = [
    *("first_initial", "surname_initial", *PERSON, "agency", "client_number", "episode", "consent", "dat"),
    *("triage", "discharge", "exit_reason", "modality", "modality_start", *CARRIED, "dual_diagnosis"),
]


def reference_submissions(
    journeys: pd.DataFrame, known: Collection[int], criminal_justice: Collection[int]
) -> pd.DataFrame:
    """One row per episode, with a modality each.

    Parameters
    ----------
    journeys : the extract; dates as such; the day of referral may be absent
    known : discharge codes that a provider can give; in the place of others stands "not known"
    criminal_justice : referral sources by criminal justice, of which one stands for `dip_flag`, that nobody submits
    """
    made = journeys.sort_values(["client", "dat", "journey_start", "journey"], kind="stable").reset_index(drop=True)
    made = made.assign(**_initials(made), consent="Y", triage=made["journey_start"], discharge=made["journey_end"])
    made["client_number"] = pd.factorize(made["client"])[0] + 1
    made["episode"] = made.groupby("client").cumcount() + 1
    unknown = ~made["exit_reason"].isin(known) & made["exit_reason"].notna()
    made["exit_reason"] = made["exit_reason"].mask(unknown, UNKNOWN)
    by_dip = made["dip_flag"].eq("Y") & ~made["referral_source"].isin(criminal_justice)
    made["referral_source"] = made["referral_source"].mask(by_dip, min(criminal_justice))
    before = made.groupby(["client", "dat"])["journey_end"].shift() + pd.Timedelta(days=NOT_WITHIN)
    begins = made["triage"].where(~(before > made["triage"]), before)
    made = made.assign(agency="N0001", modality=PRESCRIBING, modality_start=begins)
    return pd.concat(_halves(made), ignore_index=True)[[name for name in COLUMNS if name in made]]


def _initials(journeys: pd.DataFrame) -> dict[str, list[str]]:
    """Initials that no two clients with one day of birth and sex share."""
    known = journeys.drop_duplicates("client")
    nth = known.groupby(PERSON).cumcount().set_axis(known["client"]).reindex(journeys["client"])
    pairs = (np.divmod(number, LETTERS) for number in nth)
    first, second = zip(*pairs, strict=True)
    return {"first_initial": [chr(65 + n) for n in first], "surname_initial": [chr(65 + n) for n in second]}


def _halves(made: pd.DataFrame) -> list[pd.DataFrame]:
    """All that is short, and of what is long two episodes: transferred to another agency in the middle."""
    length = (made["discharge"] - made["triage"]).dt.days
    long = length >= LONG
    middle = made["triage"] + pd.to_timedelta((length // HALF).fillna(0), unit="D")
    late = made["modality_start"] > middle  # the first half would have no treatment
    whole, first = made[~long | late], made[long & ~late]
    middle = middle[first.index]
    second = first.assign(triage=middle, modality_start=middle, modality=PSYCHOSOCIAL, agency="N0002")
    return [whole, first.assign(discharge=middle, exit_reason=TRANSFERRED), second]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        days = ["journey_start", "journey_end", "date_of_birth"]
        journeys = pd.read_csv(snakemake.input.journeys, dtype={"client": str}, parse_dates=days)
        known = pd.read_csv(snakemake.input.groups)["code"]
        whole = reference_submissions(journeys, known, given.criminal_justice)
        whole.to_csv(out.submissions, index=False, date_format="%Y-%m-%d")
