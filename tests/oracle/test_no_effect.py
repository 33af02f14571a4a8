"""Where no pilot did anything: the stored result of `tests/support/no_effect.py`, and its first sets drawn again."""

from __future__ import annotations

import json

import pytest

from no_effect import AREA_SD, LEVEL, PAIRS, SEED, SETS, STORED, simulated

TOLD = json.loads(STORED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("test", ["hartung_knapp", "permutation"])
def test_pooled_and_permutation_tests_are_wrong_as_often_as_they_say(test):
    assert TOLD["rates"][test] == pytest.approx(LEVEL, abs=0.015)


def test_turning_signs_is_cautious_with_six_pairs():
    """The smallest p-value is 2 / 64, the next is above the level: 3.1 % of sets."""
    assert TOLD["rates"]["sign_flip"] == pytest.approx(2 / 64, abs=0.015)


def test_tests_of_clients_sound_the_alarm_as_often_as_foreseen():
    assert TOLD["rates"]["clients"] == pytest.approx(TOLD["rates"]["clients_foreseen"], abs=0.015)
    assert TOLD["rates"]["clients"] > 5 * LEVEL, "far more often than the level says"


def test_what_is_stored_is_what_the_command_draws():
    assert (TOLD["sets"], TOLD["seed"], TOLD["pairs"], TOLD["area_sd"]) == (SETS, SEED, PAIRS, AREA_SD)
    assert SETS == 2000 and simulated(TOLD["first_sets"]) == TOLD["first_rates"]
