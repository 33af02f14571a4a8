"""What kind of study a config is of: the evaluated programme's, one to compare with its print, one under a policy."""

from __future__ import annotations

from collections.abc import Mapping


def evaluated(config: Mapping) -> bool:
    """Whether the study is of the programme that some facts and cited constants are about."""
    return config["programme"]["short_name"] == "DSCP"


def under_a_policy(config: Mapping) -> bool:
    """Whether counts of people go through a disclosure policy."""
    return config.get("disclosure", "none") != "none"


def compared(config: Mapping) -> bool:
    """Whether the run has the evaluation's print to be compared with: on its rebuilt extracts, nothing withheld."""
    return evaluated(config) and config.get("reference_run", False) and not under_a_policy(config)
