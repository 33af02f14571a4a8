"""Runs of small studies at the gate of releases, and studies that differ by a few people from one another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import chain
from dscp.disclosure.across import refusals, released_runs, this_run, true_counts
from dscp.disclosure.control import Control
from dscp.disclosure.members import members
from dscp.disclosure.policies import NONE, POLICIES
from dscp.disclosure.register import Entry, Register
from dscp.ledger.rows import write_ledger
from release import beside_released

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
    every = chain.study({**config, "disclosure": "minimum_10"}, seed=seed)  # any but none
    sites = {
        name: site for name, site in every.config["sites"].items() if name in ("site_2", "site_3", "site_4", "site_5")
    }
    models = {**every.config["models"], "treatment_covariates": ["sex"]}
    alone = every.without(*(name for name in every.extracts if name != "journeys"))
    frame = alone.extracts["journeys"].head(clients).reset_index(drop=True)
    return chain.Study({**alone.config, "sites": sites, "models": models}, {"journeys": frame})


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
