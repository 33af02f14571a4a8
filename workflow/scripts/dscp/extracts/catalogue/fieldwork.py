"""Interviews and groups of the qualitative case studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import study_sites, sums
from dscp.extracts.columns import COUNTED, SITE, name_of
from dscp.extracts.types import About, Apart, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd


def sample(of: Sample) -> pd.DataFrame:
    """Two stages and three groups at every site."""
    import pandas as pd

    rows = [
        (stage, site, group, int(of.rng.integers(1, 6)))
        for stage in ("stage_2", "stage_3")
        for site in of.config["sites"]
        for group in ("stakeholders", "delivery_staff", "service_users")
    ]
    return pd.DataFrame(rows, columns=["stage", "site", "group", "encounters"])


EXTRACT = ExtractType(
    name="fieldwork",
    about=About.PEOPLE,
    row_is="several",
    says="encounters of the fieldwork",
    row_says="a stage of the fieldwork, a site and a group of people spoken to",
    # ASSUME service users who were interviewed are protected as clients are, people interviewed in their jobs are not
    protection=(
        "service users who were interviewed are clients, and a few of them in a named area could be known. "
        "Stakeholders and delivery staff spoke in their jobs: how many did is the study's own sample, which it "
        "publishes by design"
    ),
    apart=Apart("group", ("stakeholders", "delivery_staff"), About.EVENTS),
    columns=(
        Column("stage", "key", "the stage of the fieldwork", (name_of("a stage"),)),
        SITE,
        Column("group", "key", "whom the researchers spoke to", (name_of("a group"),)),
        Column("encounters", "count", "interviews and groups, not the people in them", (COUNTED,)),
    ),
    key=("stage", "site", "group"),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(),
    checks=(sums("group", "stage", "site", what="fieldwork", amount="encounters"), study_sites),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
