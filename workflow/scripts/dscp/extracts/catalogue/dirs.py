"""Drug Interventions Records: the characteristics of clients who are referred from prison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import client_checks, repeated_dirs
from dscp.extracts.columns import AS_MISSING, PERSONAL, SEXES, characteristic, client, day_of_birth, day_of_record, flag
from dscp.extracts.samples import people
from dscp.extracts.types import About, Column, ExtractType, Link, Sample

if TYPE_CHECKING:
    import pandas as pd


def sample(of: Sample) -> pd.DataFrame:
    """One record for each referral, from the month before it."""
    import pandas as pd

    rng, referrals = of.rng, of.drawn["carat_referrals"]
    size = len(referrals)
    drawn = people(rng, size).assign(
        client=referrals["client"],
        dir_date=referrals["referral_date"] - pd.to_timedelta(rng.integers(0, 30, size), unit="D"),
        no_fixed_abode=rng.choice(["Y", "N"], size),
        treated_last_two_years=rng.choice(["Y", "N", None], size),
    )
    drawn["date_of_birth"] = drawn.groupby("client")["date_of_birth"].transform("first")
    return drawn.drop_duplicates(["client", "dir_date"])


EXTRACT = ExtractType(
    name="dirs",
    about=About.PEOPLE,
    row_is="one",
    says="Drug Interventions Records",
    row_says="one Drug Interventions Record of a client",
    protection="every row is a record of a client",
    apart=None,
    columns=(
        client(),
        Column("dir_date", "date", "the day of the record", (day_of_record,)),
        Column(
            "date_of_birth",
            "date",
            "the client's date of birth",
            (day_of_birth,),
            aliases=("dob",),
            missing="information",
            effect=AS_MISSING,
        ),
        characteristic("sex", "code", "the client's sex", codes=SEXES),
        *PERSONAL,
        flag("no_fixed_abode", "whether the client has no fixed abode"),
        flag("treated_last_two_years", "whether the client was in treatment in the two years before"),
    ),
    key=(),
    event=(),
    coverage=None,
    person="client",
    links=(Link("client", to="carat_referrals", to_column="client"),),
    row_checks=client_checks("dir_date"),
    checks=(repeated_dirs,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
