"""What kind of study a config is of: the evaluated programme's, one to compare with its print, one under a policy."""

from __future__ import annotations

from collections.abc import Mapping

# What the evaluation's print rests on.
PRINTED = (
    *("journeys", "carat_referrals", "cjit_forms", "dirs", "triage_quarters", "new_journeys_monthly"),
    *("new_journeys_yearly", "pilot_spending", "treatment_budgets", "budget_shares", "fieldwork", "pilot_activity"),
)
# Files that the workflow makes itself from published values: the evaluation's extracts, its journeys taken apart, and
# the journeys of a partnership's published review, with the year that it is of.
REFERENCE = {name: f"results/reference_extracts/restricted/{name}.csv" for name in PRINTED}
SUBMITTED = "results/reference_extracts/restricted/submissions.csv"
REVIEWED, REVIEWED_FROM = "results/reference_extracts/restricted/review_journeys.csv", "2011-04-01"
REBUILT = (*REFERENCE.values(), SUBMITTED, REVIEWED)
MEASURED = (
    *("effective_treatment", "successful_completion", "completion_of_treated"),
    *("prison_pickup", "community_triage"),
)


def evaluated(config: Mapping) -> bool:
    """Whether the study is of the programme that some facts and cited constants are about."""
    return config["programme"]["short_name"] == "DSCP"


def under_a_policy(config: Mapping) -> bool:
    """Whether counts of people go through a disclosure policy."""
    return config.get("disclosure", "none") != "none"


def reviewed(config: Mapping) -> bool:
    """Whether the run is a profile with a published review of the partnership to be compared with, nothing withheld."""
    return bool(config.get("review")) and not under_a_policy(config)


def registered(config: Mapping) -> bool:
    """Whether the run has a print of either kind to be compared with, number by number."""
    return compared(config) or reviewed(config)


def compared(config: Mapping) -> bool:
    """Whether the run has the evaluation's print to be compared with: on all its rebuilt extracts, nothing withheld."""
    whole = {*PRINTED, *MEASURED} <= {*config["extracts"], *config.get("measures", MEASURED)}
    return evaluated(config) and config.get("reference_run", False) and whole and not under_a_policy(config)
