"""A measure that the config does not name takes its own numbers with it, and no others."""

from __future__ import annotations

import pytest

import chain
from dscp.measures.registry import MEASURES
from thorough import some

CORRECTED = [f"evidence.{what}." for what in ("significant", "remain", "holm", "benjamini_hochberg")]
VARIED = [f"varied.{what}" for what in ("tried", "turned", "farthest")]
OVER_ALL = ("stated.", "restated.", *VARIED, *CORRECTED)  # counts and corrections over all measures


def files_of(name: str, others: list[str]) -> set[str]:
    """The extracts that only this measure counts cases of."""
    return {MEASURES[name].cohort.reads[0]} - {MEASURES[one].cohort.reads[0] for one in others}


@pytest.mark.parametrize("name", some(["retained_12_weeks", "community_triage"], ["retained_12_weeks"]))
@pytest.mark.thorough
def test_a_measure_left_out_takes_its_numbers_and_no_others(programme, programme_made, tmp_path, name):
    less = {**programme.config, "measures": [one for one in programme.config["measures"] if one != name]}
    whole = programme_made.ledger.set_index("id")
    left = chain.run(programme.but(less), tmp_path).ledger.set_index("id")
    cases = {("cases", extract) for extract in files_of(name, less["measures"])}
    own = [
        one
        for one, family in whole["family"].items()
        if name in one.split(".") or any((family, word) in cases for word in one.split("."))
    ]
    assert len(own) > whole["family"].eq(name).sum() > 0 and set(own).isdisjoint(left.index)
    others = [one for one in whole.index.difference(own, sort=False) if not one.startswith(OVER_ALL)]
    assert others == [one for one in left.index if not one.startswith(OVER_ALL)]
    assert whole.loc[others].equals(left.loc[others])
