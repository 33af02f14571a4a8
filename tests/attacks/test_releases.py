"""Several released runs of one study: the gate lets no two pass that together tell a few people.

Small studies of journeys alone are run in one process. What the gate lets pass is attacked from what was published:
no count differs from that of a released run by a few, and no withheld count is told by the runs together.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import shutil
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import chain
import pairs_table
import releases
from disclosure import disclosure
from dscp.disclosure.across import refusals, this_run, true_counts
from dscp.disclosure.control import NOTE, Control
from dscp.disclosure.members import members
from dscp.disclosure.policies import NONE, POLICIES
from dscp.disclosure.register import BrokenRegister, Register
from dscp.ledger.rows import quantities
from pairs import EXACT, FEW, KEPT, SHIFTED, UNDER, Ran, but, small, told
from release import release
from thorough import some

DAY = "2026-05-03"


@pytest.fixture(scope="module")
def journeys(config):
    return small(config, seed=7)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A study, named, under a policy -> the run; the study is computed once for all policies."""

    @cache
    def computed(name: str) -> tuple[chain.Made, Path]:
        folder = tmp_path_factory.mktemp("run")
        found = chain.run(studies[name], folder)
        return found, chain.restricted(found, folder / "restricted")

    studies: dict[str, chain.Study] = {}

    def made(name: str, study: chain.Study, policy: str) -> Ran:
        studies[name] = study
        found, restricted = computed(name)
        control = Control(POLICIES[policy], KEPT)
        published, _, _ = disclosure(found.ledger, found.findings, chain.models_of(found, control), control)
        return Ran(published, found.ledger, restricted, policy)

    return made


@pytest.fixture(scope="module")
def first(journeys, ran):
    """The study as it was released, by policy."""
    return cache(lambda policy: ran("as it is", journeys, policy))


@pytest.fixture(scope="module")
def registers(first, tmp_path_factory):
    """A study's folder with the register in which the first run stands, by policy. Not to be written to."""

    @cache
    def made(policy: str) -> Path:
        study = tmp_path_factory.mktemp("study")
        first(policy).release(study)
        return study

    return made


@pytest.mark.parametrize("policy", UNDER)
def test_the_same_run_again_passes(policy, first, registers):
    assert first(policy).refused(registers(policy)) == []


@pytest.mark.parametrize("policy", UNDER)
@pytest.mark.parametrize("change", FEW)
def test_a_few_clients_more_or_less_are_refused(change, policy, first, registers, journeys, ran):
    second = ran(change, but(journeys, change), policy)
    (line,) = second.refused(registers(policy))
    assert f"first, released on {DAY}" in line and "count the same again" in line
    if policy in EXACT and change in ("a client more", "two clients fewer"):
        assert told(second, first(policy), POLICIES[policy].smallest)  # what would have been given away


def test_what_a_shift_of_days_tells_is_refused(first, registers, journeys, ran):
    """Where it changes a published number by a few it does not pass; where it passes no such number is seen."""
    refused = []
    for policy in UNDER:
        for change in SHIFTED[:2]:
            second = ran(change, but(journeys, change), policy)
            lines = second.refused(registers(policy))
            assert lines or policy not in EXACT or not told(second, first(policy), POLICIES[policy].smallest)
            refused += [change] if lines else []
    assert set(refused) == set(SHIFTED[:2])


@pytest.mark.parametrize("policy", UNDER)
def test_another_policy_on_the_same_records_is_refused(policy, first, registers):
    for other in POLICIES:
        if other != policy:
            shown = first(policy).full if other == NONE.name else first(other).published
            (line,) = Ran(shown, first(policy).full, first(policy).restricted, other).refused(registers(policy))
            said = f"policy {other}: first, released on {DAY} has the same records under {policy}; keep to {policy}"
            assert line == said


@pytest.mark.parametrize("policy", UNDER)
def test_other_people_pass(policy, registers, config, ran):
    """Other clients, the same sites and definitions: numbers that happen to be near tell nobody."""
    other = small(config, seed=8)
    frame = other.extracts["journeys"].assign(client=lambda one: "Z" + one["client"].str[1:])
    assert ran("other people", chain.Study(other.config, {"journeys": frame}), policy).refused(registers(policy)) == []


def test_a_site_left_out_is_judged_by_what_both_tell_together(journeys, first, registers, ran):
    """A count that protected another and is published where the other's site is left out does not pass."""
    for policy in UNDER:
        second = ran("a site left out", but(journeys, "a site left out"), policy)
        lines = second.refused(registers(policy))
        gone = first(policy).published.set_index("id")["note"].str.startswith("[c]")
        shown = second.published.set_index("id")["value"].notna()
        counted = set(true_counts(second.full)["id"])
        partners = [name for name in gone[gone].index if shown.get(name, False) and name in counted]
        assert bool(lines) >= bool(partners and policy in EXACT)


@pytest.mark.parametrize("seed", some(range(1, 3), kept=[]))
def test_a_pair_that_passes_tells_nothing_to_who_reads_both(seed, config, tmp_path):
    """Two studies here; tests/support/pairs_table.py draws as many as one has time for."""
    rows = pairs_table.table(list(pairs_table.pairs(config, seed, tmp_path, (FEW[seed % len(FEW)], *SHIFTED))))
    assert rows["pairs"].sum() > 0
    assert (rows[["told", "narrower", "seen"]] == 0).all(axis=None), rows.to_string()
    assert rows.loc[rows.index.isin(FEW, level=0), "refused"].eq(1).all()


def three_areas(*hidden: str) -> pd.DataFrame:
    """Bases of 3, 20 and 40 clients and their sum, of which some are withheld."""
    numbers = pd.DataFrame({"area": ["pilot_1", "pilot_2", "pilot_3"], "value": [3, 20, 40]})
    shared = {"value": "value", "unit": "count", "source": "B2", "rule": "outcomes", "function": "outcomes"}
    parts = quantities(numbers, id="seen.base.{area}.pre", extract="journeys", filter="{area}", **shared)
    whole = pd.DataFrame({"value": [63], "parts": [list(parts["id"])]})
    total = quantities(whole, id="seen.base.all.pre", formula="sum(part)", inputs={"part": "@parts"}, **shared)
    ledger = pd.concat([parts, total.assign(about="")], ignore_index=True)
    gone = ledger["id"].isin([f"seen.base.{area}.pre" for area in hidden])
    made = ledger.assign(value=ledger["value"].mask(gone), note=ledger["note"].mask(gone, NOTE))
    return made.assign(about=made["extract"].map({"journeys": "people"}).fillna(""))


@pytest.mark.parametrize(
    ("second", "passes"),
    [(("pilot_1", "pilot_2"), True), (("pilot_1", "pilot_3"), False), (("pilot_1", "pilot_2", "pilot_3"), True)],
)
def test_what_two_runs_tell_only_together_does_not_pass(second, passes):
    """Either run alone keeps 3 clients from 1 to 22; with another partner published, the sum tells them."""
    control = Control(POLICIES["suppress_below_5"], KEPT)
    names = [f"seen.base.pilot_{n}.pre" for n in (1, 2, 3)]
    sizes = zip(names, (3, 20, 40), strict=True)
    those = [("seen.base", name, f"{name} {n}") for name, size in sizes for n in range(size)]
    people = pd.DataFrame(those, columns=["kind", "name", "member"])
    runs = [this_run(control, three_areas(*one), three_areas(), people) for one in (("pilot_1", "pilot_2"), second)]
    assert not any(release(one.published, control)[1] for one in runs)
    lines = refusals(runs[1], runs[:1])
    assert lines == [] if passes else "withheld or rounded, and told by this run and" in lines[0]


def test_a_run_that_is_not_released_leaves_no_trace(first, tmp_path):
    assert first(UNDER[0]).refused(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_reads_the_register_and_names_are_hashed(first, tmp_path):
    first(UNDER[0]).release(tmp_path)
    found = list((tmp_path / "releases").rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in found if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in [tmp_path / "releases", *found] if path.is_dir()} == {0o700}
    kept = pd.read_parquet(tmp_path / "releases" / "0001" / "members.parquet")
    assert kept["member"].str.fullmatch("[0-9a-f]{32}").all()
    other = members(first(UNDER[0]).restricted, b"another key" * 3)
    assert set(kept["member"]).isdisjoint(other["member"])


def rewritten(place: Path, key: str, **fields: object) -> None:
    """Write an entry anew with other fields, as whoever has the key can."""
    text = json.dumps(json.loads((place / "entry.json").read_bytes()) | fields).encode()
    (place / "entry.json").write_bytes(text)
    (place / "entry.hmac").write_text(hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest())


KEY = "cd" * 32
HARM = {  # what is done to a register of two entries, and its last entry -> what the gate says
    "counts": (lambda at: (at / "0001" / "counts.csv").write_text("id,value\n"), "0001: altered"),
    "members": (lambda at: (at / "0001" / "members.parquet").write_bytes(b"PAR1"), "0001: altered"),
    "first entry gone": (lambda at: shutil.rmtree(at / "0001"), "0002: altered .* or the entry before it is gone"),
    "last entry gone": (lambda at: shutil.rmtree(at / "0002"), "0002: taken out or replaced; second was released"),
    "both gone": (lambda at: [shutil.rmtree(at / one) for one in ("0001", "0002")], "0001: taken out or replaced"),
    "who": (lambda at: edited(at, b"A. Smith", b"B. Smith"), "0002: altered"),
    "when": (lambda at: edited(at, b"2026-05-03", b"2025-05-03"), "0002: altered"),
    "files": (lambda at: edited(at, b'"x"', b'"y"'), "0002: altered"),
    "no key": (lambda at: (at / "key").unlink(), "key: not there"),
    "another key": (lambda at: (at / "key").write_text(KEY), "0001: altered .* or the key is another"),
    "another key, and entries for it": (lambda at: anew(at), "0001: taken out or replaced; first was released"),
    "damaged": (lambda at: (at / "0002" / "entry.json").write_bytes(b"\xff{"), "0002: altered"),
    "no checksum": (lambda at: (at / "0002" / "entry.hmac").unlink(), "0002: cannot be read"),
    "nothing in it": (lambda at: [path.unlink() for path in (at / "0002").iterdir()], "0002: cannot be read"),
    "no policy of ours": (lambda at: rewritten(at / "0002", key_of(at), policy="below_7"), "0002: policy below_7"),
    "too few fields": (lambda at: rewritten(at / "0002", key_of(at), more=1), "0002: cannot be read"),
}  # fmt: skip


def key_of(register: Path) -> str:
    return (register / "key").read_text()


def edited(register: Path, old: bytes, new: bytes) -> None:
    entry = register / "0002" / "entry.json"
    assert old in entry.read_bytes()
    entry.write_bytes(entry.read_bytes().replace(old, new))


def anew(register: Path) -> None:
    (register / "key").write_text(KEY)
    rewritten(register / "0001", KEY)
    rewritten(register / "0002", KEY, previous=(register / "0001" / "entry.hmac").read_text())


@pytest.fixture(scope="module")
def twice_released(first, tmp_path_factory):
    """A study's folder in which a run was released under two names. Not to be written to."""
    study = tmp_path_factory.mktemp("twice")
    for name in ("first", "second"):
        (study / "results" / name / "restricted").mkdir(parents=True)
        first(UNDER[0]).release(study, name)
    return study


@pytest.mark.parametrize("harm", HARM)
def test_a_register_that_was_altered_stops_the_gate(harm, first, twice_released, tmp_path):
    study = shutil.copytree(twice_released, tmp_path / "study")
    assert len(Register(study).released()) == 2
    do, said = HARM[harm]
    do(study / "releases")
    with pytest.raises(SystemExit, match=rf"^nothing is published: .*releases/{said}") as stopped:
        first(UNDER[0]).refused(study)
    assert "\n" not in str(stopped.value)
    with pytest.raises(BrokenRegister):
        Register(study).open() and Register(study).released()  # no new key, which would know nobody
    Register(study).digest()  # what a run is planned with
    assert releases.main(["--study", str(study)]) == 1


def test_what_was_taken_out_with_its_seal_is_not_seen(twice_released, tmp_path):
    """As SECURITY.md says: whoever may write to both."""
    study = shutil.copytree(twice_released, tmp_path / "study")
    shutil.rmtree(study / "releases" / "0002")
    (study / "results" / "second" / "restricted" / "released" / "0002").unlink()
    assert [one.entry.run for one in Register(study).released()] == ["first"]


def test_a_set_has_as_many_different_members_as_the_ledger_counts(programme, programme_made, tmp_path):
    """A client who is counted twice is two members of one set."""
    found = members(chain.restricted(programme_made, tmp_path / "restricted"), b"a key")
    counts = found[found["name"].isin(programme_made.known)].groupby("name")["member"].nunique()
    assert len(counts) > 40
    assert counts.to_dict() == {name: programme_made.known[name] for name in counts.index}
    referrals = programme.extracts["carat_referrals"]
    assert referrals["client"].duplicated().any()


def test_sets_of_many_members_may_differ_by_many():
    """At the border: as many as the policy's number pass, one fewer does not; in either direction."""
    control = Control(POLICIES["suppress_below_5"], KEPT)

    def run_of(*names: int):
        frame = pd.DataFrame({"kind": "rows.journeys", "name": "rows.journeys", "member": [str(n) for n in names]})
        return this_run(control, *[pd.DataFrame(columns=["id", "inputs", "unit", "about"])] * 2, frame)

    base = run_of(*range(100))
    for count in range(1, 10):
        for other in (run_of(*range(100 + count)), run_of(*range(100 - count)), run_of(*np.arange(100) + count)):
            assert bool(refusals(other, [base])) == (count < 5)


def test_a_reader_of_two_runs_does_not_take_totals_of_other_areas_for_the_same():
    """What he would tell from that is told by chance: the same guess is wrong of other studies."""
    names = ["x.count.pilot_1.post", "x.count.all_pilots.post", "x.count.all_comparisons.post"]

    def run(**totals: list[str]) -> SimpleNamespace:
        sums = {name: totals[name.split(".")[2]] for name in names[1:]}
        seen = {"withheld": lambda name: True, "value": lambda name: math.nan}
        return SimpleNamespace(counts=names[:1], totals=sums, rows=dict.fromkeys(names), **seen)

    one = run(all_pilots=["a", "b"], all_comparisons=["c", "d"])
    other = run(all_pilots=["a", "b"], all_comparisons=["c"])
    assert pairs_table._alike(one, other) == names[:2]
