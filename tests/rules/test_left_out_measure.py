"""A measure that the config does not name takes its own numbers with it, and no others."""

from __future__ import annotations

import pytest

import chain
from thorough import some

TOLD = ("stated", "restated")  # counts of comparisons and the like, over all measures


@pytest.mark.parametrize("name", some(["retained_12_weeks", "community_triage"], ["retained_12_weeks"]))
def test_a_measure_left_out_takes_its_numbers_and_no_others(programme, programme_made, tmp_path, name):
    less = {**programme.config, "measures": [one for one in programme.config["measures"] if one != name]}
    whole = programme_made.ledger.set_index("id")
    left = chain.run(programme.but(less), tmp_path).ledger.set_index("id")
    own = whole.index[whole["family"] == name]
    assert len(own) and set(own).isdisjoint(left.index)
    others = whole.index[~whole["family"].isin([name, *TOLD])]
    assert list(others) == list(left.index[~left["family"].isin(TOLD)])
    assert whole.loc[others].equals(left.loc[others])
