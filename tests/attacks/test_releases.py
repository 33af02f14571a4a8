"""Several released runs of one study: the gate lets no two pass that together tell a few people.

Small studies of journeys alone are run in one process. What the gate lets pass is attacked from what was published:
no count differs from that of a released run by a few, and no withheld count is told by the runs together.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import chain
import releases
from disclosure import disclosure
from dscp.disclosure.across import refusals, released_runs, this_run, true_counts
from dscp.disclosure.control import NOTE, Control
from dscp.disclosure.members import members
from dscp.disclosure.policies import NONE, POLICIES
from dscp.disclosure.register import BrokenRegister, Entry, Register
from dscp.ledger.rows import quantities, write_ledger
from release import beside_released, release

DAY = "2026-05-03"
KEPT = "not_successful"
UNDER = [name for name, policy in POLICIES.items() if policy != NONE]
EXACT = [name for name, policy in POLICIES.items() if policy.smallest and policy.base == 1]


@dataclass(frozen=True)
class Ran:
    """A run that has come to the gate."""

    published: pd.DataFrame
    full: pd.DataFrame
    restricted: Path
    policy: str

    @property
    def control(self) -> Control:
        return Control(POLICIES[self.policy], KEPT)

    def refused(self, study: Path) -> list[str]:
        return beside_released(self.restricted, study, self.published, self.control)

    def release(self, study: Path, name: str = "first") -> None:
        """What `make release` does, but for the files of the run."""
        register = Register(study)
        found = members(self.restricted, register.open())
        assert not refusals(this_run(self.control, self.published, self.full, found), released_runs(register))
        path = self.restricted / "published.csv"
        write_ledger([self.published], path)
        entry = Entry(
            name, "2026-05-03T12:00:00+00:00", "A. Smith to the board", self.policy, KEPT, {"ledger.csv": "x"}
        )
        register.add(entry, path, true_counts(self.full), found)


def small(config: dict, seed: int, clients: int = 700) -> chain.Study:
    """A study of the journeys of four sites, with cells of all sizes."""
    every = chain.study(config, seed=seed)
    sites = {
        name: site for name, site in every.config["sites"].items() if name in ("site_2", "site_3", "site_4", "site_5")
    }
    models = {**every.config["models"], "treatment_covariates": ["sex"]}
    alone = every.without(*(name for name in every.extracts if name != "journeys"))
    frame = alone.extracts["journeys"].head(clients).reset_index(drop=True)
    return chain.Study({**alone.config, "sites": sites, "models": models}, {"journeys": frame})


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


def but(study: chain.Study, change: str) -> chain.Study:
    """A study that differs by a few people from another, or in what it shows of the same."""
    frame, config = study.extracts["journeys"], dict(study.config)
    start, end = config["periods"]["post"]["outcomes"]
    dat = config["sites"]["site_2"]["pilot"]["dats"][0]
    if change == "a client more":
        more = frame.iloc[[0]].assign(client="NEW", dat=dat, journey_start=start, journey_end=pd.NaT, exit_reason=pd.NA)
        return chain.Study(config, {"journeys": pd.concat([frame, more], ignore_index=True)})
    if change == "two clients fewer":
        return chain.Study(config, {"journeys": frame.iloc[2:].reset_index(drop=True)})
    if change == "a correction":
        other = frame.copy()
        other.loc[0, "sex"] = "F" if frame.loc[0, "sex"] == "M" else "M"
        return chain.Study(config, {"journeys": other})
    if change == "a threshold by a day":
        config["definitions"] = {**config["definitions"], "effective_days": 84}
    elif change == "a period shorter by three days":
        shorter = str(dt.date.fromisoformat(str(end)) - dt.timedelta(days=3))
        post = {**config["periods"]["post"], "outcomes": [start, shorter]}
        config["periods"] = {**config["periods"], "post": post}
    elif change == "a site left out":
        sites = {**config["sites"], "site_3": {"label": "Site 3", "analysed": False}}
        worked = {**config["economics"], "worked_example": "site_2"}
        config |= {"sites": sites, "economics": worked}
    return chain.Study(config, study.extracts)


FEW = ("a client more", "two clients fewer", "a correction")
SHIFTED = ("a threshold by a day", "a period shorter by three days", "a site left out")


def told(one: Ran, other: Ran, few: int) -> list[str]:
    """Counts of clients that a reader of two runs sees differ by a few."""
    both = (ran.published[ran.published["about"] == "people"].set_index("id") for ran in (one, other))
    ours, theirs = (rows.loc[(rows["unit"] == "count") & (rows["inputs"] == ""), "value"] for rows in both)
    apart = (ours - theirs).abs()
    return apart[(apart > 0) & (apart < few)].index.to_list()


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
