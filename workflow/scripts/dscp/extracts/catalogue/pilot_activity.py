"""What each site did, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import study_sites
from dscp.extracts.columns import SITE
from dscp.extracts.types import About, Column, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd

TEXTS = {
    "freedoms_and_flexibilities": "what the site was allowed to do",
    "structural_change": "changes of who does what",
    "system_change": "changes of how services work together",
    "delivery_change": "changes of what clients are offered",
}


def sample(of: Sample) -> pd.DataFrame:
    """The same activity at every site."""
    import pandas as pd

    rows = [(site, "None", "New provider", "One system; Two systems", "Mentors") for site in of.config["sites"]]
    return pd.DataFrame(rows, columns=["site", *TEXTS])


EXTRACT = ExtractType(
    name="pilot_activity",
    about=About.AREAS,
    row_is="several",
    says="what each site did",
    row_says="a site",
    protection="the texts say what services a site set up; they count nobody",
    apart=None,
    columns=(
        SITE,
        *(
            Column(name, "text", f'{says}; several items with "; " between them', missing="fine")
            for name, says in TEXTS.items()
        ),
    ),
    key=("site",),
    event=(),
    coverage=None,
    person=None,
    links=(),
    row_checks=(),
    checks=(study_sites,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
