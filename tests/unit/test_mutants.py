"""The list of careless changes (`make mutants`) does not rot: each can still be made, and its test is there."""

from __future__ import annotations

import re
import shlex
from collections import Counter

import pytest

from mutants import PROJECT, Mutant, of_rooms, read_list

ROOMS = {path.name for path in (PROJECT / "workflow" / "scripts" / "dscp").iterdir() if path.is_dir()}
MUTANTS = read_list()


def test_every_change_can_be_made_once():
    assert [one for one in MUTANTS if one.old == one.new or one.text() == one.text().replace(one.new, one.old)] == []
    assert max(Counter(one.key for one in MUTANTS).values()) == 1


def test_every_change_is_of_a_room_and_has_a_test():
    for one in MUTANTS:
        path, *options = shlex.split(one.test)
        assert one.room in ROOMS | {"economics", "templates"}, one.room
        names = re.findall(r"^def test_(\w+)", (PROJECT / path.partition("::")[0]).read_text(encoding="utf-8"), re.M)
        if "-k" in options:
            wanted = options[options.index("-k") + 1].split(" or ")
            assert all(any(part in name for name in [*names, path]) for part in wanted), one.test


def test_there_are_enough_and_hardly_any_that_nothing_notices():
    assert len(MUTANTS) >= 120
    assert sum(bool(one.survives) for one in MUTANTS) <= 0.05 * len(MUTANTS)
    assert all(one.survives == "" or len(one.survives) > 20 for one in MUTANTS)


def test_a_change_that_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match=r"Makefile: found 0 times, not once: 'no such text'"):
        Mutant("run", "Makefile", "no such text", "", "tests/unit/test_lock.py").text()


def test_rooms_are_chosen_by_name_and_others_refused():
    for named in (["pdf study"], ["pdf", "study"], ["pdf, study"]):
        assert {one.room for one in of_rooms(MUTANTS, named)} == {"pdf", "study"}
    assert of_rooms(MUTANTS, [""]) == of_rooms(MUTANTS, []) == MUTANTS
    with pytest.raises(SystemExit, match=r"^ROOM: found '\$\(touch', allowed: config, disclosure, "):
        of_rooms(MUTANTS, ["pdf $(touch x)"])
