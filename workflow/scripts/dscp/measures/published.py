"""What a partnership's profile tells of published counts: each number declared once, and the groups that it is told of.

Source: the columns of NDTMS ViewIt. Those that begin with scnr_ are a set of their own, with their own number in
treatment and their own twelve months: nothing is divided across the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dscp.extracts.published import ALL

TOTAL = "all"  # the group of everybody
GROUPS = {  # a group as in ids -> the division, the value there, and what it is called
    "opiate": ("drug_group", "opiate", "Opiate"),
    "non_opiate_only": ("drug_group", "non_opiate_only", "Non-opiate only"),
    "non_opiate_and_alcohol": ("drug_group", "non_opiate_&_alcohol", "Non-opiate and alcohol"),
    "alcohol_only": ("drug_group", "alcohol_only", "Alcohol only"),
    "male": ("sex", "M", "Male"),
    "female": ("sex", "F", "Female"),
    "18_to_29": ("age_group", "18_29", "18 to 29"),
    "30_to_49": ("age_group", "30_49", "30 to 49"),
    "50_and_over": ("age_group", "50+", "50 and over"),
}
SHORT = "up_to_3"  # weeks
BY_DRUG, BY_ANY = ("drug_group",), ("drug_group", "sex", "age_group")


@dataclass(frozen=True, kw_only=True)
class Published:
    """A published count, and what it is part of.

    Attributes
    ----------
    name : as in ids
    column : of the export, "" where it is told by bands
    label : what it is called in print
    among : the count of which its percentage is told; "" for none
    words : what is counted
    by : the divisions whose groups it is told of, besides all
    bands : its own groups -> their columns; all of them together are their sum, unless they are part of another count
    better : which way is good; "" where it is not said
    """

    name: str
    column: str
    label: str
    among: str
    words: str
    by: tuple[str, ...] = ()
    bands: Mapping[str, str] = field(default_factory=dict)
    better: Literal["up", "down", ""] = ""

    @property
    def summed(self) -> bool:
        """Whether all of its bands together are a count that the export does not have."""
        return bool(self.bands) and self.among == self.name

    def base(self, where: str) -> str:
        """The id of the count of which its percentage is told; of a band, that of everybody."""
        return f"published.count.{self.among}{where.replace('{group}', TOTAL) if self.bands else where}"


EVERY = (  # each after the one that it is part of
    Published(
        name="in_treatment",
        column="intreatment_allintx",
        label="In treatment",
        among="",
        words="clients in treatment in the year",
        by=BY_ANY,
    ),
    Published(
        name="new",
        column="newpresentation_newtx",
        label="New presentations",
        among="in_treatment",
        words="clients who began treatment in the year",
        by=BY_ANY,
    ),
    Published(
        name="completed",
        column="exits_successfulcompletion_allintx",
        label="Successful completions",
        among="in_treatment",
        words="clients who left treatment in the year and had completed it",
        by=BY_DRUG,
        better="up",
    ),
    Published(
        name="stayed",
        column="",
        label="Years in treatment",
        among="in_treatment",
        words="clients in treatment in the year, by the years since their treatment began",
        bands={
            "under_1": "lengthintreatment_under1year_allintx",
            "1_to_2": "lengthintreatment_1to2years_allintx",
            "2_to_4": "lengthintreatment_2to4years_allintx",
            "4_to_6": "lengthintreatment_4to6years_allintx",
            "over_6": "lengthintreatment_over6years_allintx",
        },
    ),
    Published(
        name="justice",
        column="referralsource_criminal_justice_newtx",
        label="New presentations referred by criminal justice",
        among="new",
        words="clients who began treatment in the year and whom criminal justice referred",
        by=BY_DRUG,
    ),
    Published(
        name="waited",
        column="",
        label="First interventions, by weeks waited",
        among="waited",
        words="first interventions of the year, by how many weeks they were waited for; short waits are good",
        bands={
            SHORT: "waitsfirst_3weeksandunder_newtx",
            "over_3_to_6": "waitsfirst_3to6weeks_newtx",
            "over_6": "waitsfirst_over6weeks_newtx",
        },
    ),
    Published(
        name="set",
        column="scnr_intreatment_allintx",
        label="In treatment, in the set on re-presentations",
        among="",
        words="clients in treatment in the year for which re-presentations are counted",
        by=BY_DRUG,
    ),
    Published(
        name="set_completed",
        column="scnr_completion_allintx",
        label="Successful completions, in that set",
        among="set",
        words="those of them who completed treatment",
        by=BY_DRUG,
        better="up",
    ),
    Published(
        name="returned",
        column="scnr_representation_allintx",
        label="Re-presentations, in that set",
        among="set_completed",
        words="those who completed treatment in that year and came back",
        by=BY_DRUG,
        better="down",
    ),
    Published(
        name="held",
        column="scnr_scrn_allintx",
        label="Completions without re-presentation, in that set",
        among="set",
        words="those who completed treatment in that year and did not come back",
        by=BY_DRUG,
        better="up",
    ),
)


def groups_of(one: Published) -> dict[str, tuple[str, dict[str, str], str]]:
    """Group, as in ids -> its column, the values of the divisions there, and words: everybody, then other groups."""
    if one.bands:
        return {band: (column, ALL, "") for band, column in one.bands.items()}
    found = {
        name: (one.column, {**ALL, by: value}, f", {label}")
        for name, (by, value, label) in GROUPS.items()
        if by in one.by
    }
    return {TOTAL: (one.column, ALL, ""), **found}
