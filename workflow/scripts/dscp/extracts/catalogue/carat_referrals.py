"""Referrals from prison, by CARAT workers, to a CJIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import RowCheck, study_prisons
from dscp.extracts.columns import client, code_of, day_of_record, prison
from dscp.extracts.faults import FAULT
from dscp.extracts.samples import days, later, window
from dscp.extracts.types import About, Column, Coverage, ExtractType, Sample
from dscp.study.areas import areas

if TYPE_CHECKING:
    import pandas as pd


CLIENTS = 2000  # in a sample, at the most


def sample(of: Sample) -> pd.DataFrame:
    """Referrals from the first prison of each area that has one; some clients live elsewhere."""
    import numpy as np
    import pandas as pd

    rng, size = of.rng, 2 * of.size // 5
    every = areas(of.config["sites"])
    known = every[every["prisons"].map(bool)].to_dict("records")
    chosen = [known[i] for i in rng.integers(0, len(known), size)] if known else []
    size = len(chosen)
    client = [f"R{number:05d}" for number in rng.integers(0, CLIENTS, size)]
    first, last = window(of.config, "referrals")
    referred = days(rng, later(first, -31), later(last, 27), size)
    release = (referred + pd.to_timedelta(rng.integers(0, 40, size), unit="D")).where(rng.random(size) > 0.02)
    home = [rng.choice(area["dats"]) if rng.random() > 0.1 else "ELSE" for area in chosen]
    return pd.DataFrame(
        {
            "referral": np.arange(size) + 1,
            "client": client,
            "prison": [area["prisons"][0] for area in chosen],
            "referral_date": referred,
            "release_date": release,
            "residence_dat": home,
            "referred_to_dat": home,
        }
    )


EXTRACT = ExtractType(
    name="carat_referrals",
    about=About.PEOPLE,
    row_is="one",
    says="referrals from prison",
    row_says="one referral of a client from a prison to a CJIT (form AF5)",
    protection="every row is a referral of a client who leaves prison",
    apart=None,
    columns=(
        Column("referral", "id", "the referral's number"),
        client(),
        prison(),
        Column("referral_date", "date", "the day of the referral", (day_of_record,)),
        Column(
            "release_date",
            "date",
            "the day of release from prison",
            (day_of_record,),
            missing="information",
            effect="kept in the base, not successful",
        ),
        Column(
            "residence_dat",
            "code",
            "the DAT in which the client lives",
            (code_of("a DAT code"),),
            missing="information",
            effect="not counted as living in the area",
            of_areas="dats",
        ),
        Column(
            "referred_to_dat",
            "code",
            "the DAT of the CJIT to which the client is referred",
            (code_of("a DAT code"),),
            missing="information",
            effect="not counted as local",
            of_areas="dats",
        ),
    ),
    key=("referral",),
    event=("client", "prison", "referral_date", "release_date"),
    coverage=Coverage("prison", "referral_date", "referrals", of_prisons=True),
    person="client",
    links=(),
    row_checks=(
        RowCheck(FAULT, "release_date", "release_date < referral_date", "the day of referral_date or a later one"),
    ),
    checks=(study_prisons,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
