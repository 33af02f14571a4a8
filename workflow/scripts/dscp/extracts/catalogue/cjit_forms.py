"""Forms of the Criminal Justice Integrated Teams on clients released from prison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import study_forms
from dscp.extracts.columns import DAT, client, day_of_record, prison
from dscp.extracts.types import About, Column, Coverage, ExtractType, Link, Sample

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "answers no referral"


def sample(of: Sample) -> pd.DataFrame:
    """Forms that answer about half of the referrals, some of them too late."""
    import pandas as pd

    rng, referrals = of.rng, of.drawn["carat_referrals"]
    answered = referrals[referrals["release_date"].notna() & (rng.random(len(referrals)) < 0.5)]
    return pd.DataFrame(
        {
            "form": rng.choice(["AF5", "AF7"], len(answered)),
            "client": answered["client"],
            "prison": answered["prison"],
            "dat": answered["referred_to_dat"],
            "care_plan_date": answered["release_date"] + pd.to_timedelta(rng.integers(0, 60, len(answered)), unit="D"),
        }
    )


EXTRACT = ExtractType(
    name="cjit_forms",
    about=About.PEOPLE,
    row_is="one",
    says="CJIT forms",
    row_says="one form of a CJIT on a client (AF5, AF7)",
    protection="every row is a form on a client",
    apart=None,
    columns=(
        Column(
            "form",
            "code",
            "the form",
            codes={"AF5": "the prison's referral, completed by the CJIT", "AF7": "the CJIT's own activity form"},
        ),
        client(),
        prison(missing="information", effect=NOTHING),
        DAT,
        Column(
            "care_plan_date",
            "date",
            "the day on which a care plan was agreed: the pick-up",
            (day_of_record,),
            missing="information",
            effect=NOTHING,
        ),
    ),
    key=(),
    event=(),
    coverage=Coverage("dat", "care_plan_date", "referrals", of_prisons=True),
    person="client",
    links=(Link("client", to="carat_referrals", to_column="client"),),
    row_checks=(),
    checks=(study_forms,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
