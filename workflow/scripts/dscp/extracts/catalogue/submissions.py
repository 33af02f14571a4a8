"""Monthly submissions of providers to the National Drug Treatment Monitoring System, from which journeys are made."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from dscp.extracts.checks import RowCheck, old_enough
from dscp.extracts.columns import (
    DAT,
    PERSONAL,
    REFERRED,
    SEXES,
    characteristic,
    code_of,
    day_of_birth,
    day_of_record,
    flag,
    in_ranges,
    letter,
    place_of,
)
from dscp.extracts.faults import FAULT, INFORMATION
from dscp.extracts.national import EXIT_REASONS, JUSTICE, REFERRAL_SOURCES
from dscp.extracts.samples import dats, days, later, people, window
from dscp.extracts.submitted import PERSON, agreed, superseded, without_consent
from dscp.extracts.types import About, Column, Coverage, ExtractType, Rule, Sample

if TYPE_CHECKING:
    import pandas as pd

REASONS = [(0, 71), (74, 74), (80, 97), (999, 999)]  # those that have a group, and 71, 84 and 999
NEEDED = (*PERSON, "dat", "client_number", "episode", "triage")
CODE = in_ranges([(0, 999)], "a code")
BEFORE = 400  # days: episodes of a sample begin so long before the periods


def sample(of: Sample) -> pd.DataFrame:
    """One episode a row, each of another person, in the study's DATs; half of them ended."""
    import pandas as pd

    rng, size = of.rng, of.size
    first, last = window(of.config, "outcomes")
    triage = days(rng, later(first, -BEFORE), last, size)
    length = pd.to_timedelta(rng.gamma(1.2, 250, size).astype(int), unit="D")
    ended = rng.random(size) > 0.5
    frame = pd.DataFrame(
        {
            "first_initial": [chr(65 + n % 26) for n in range(size)],
            "surname_initial": [chr(65 + n // 26 % 26) for n in range(size)],
            "agency": [f"N{n % 7:04d}" for n in range(size)],
            "client_number": [str(4001 + n) for n in range(size)],
            "episode": [f"{n + 1}" for n in range(size)],
            "consent": "Y",
            "dat": rng.choice(dats(of.config), size),
            "triage": triage,
            "discharge": (triage + length).where(ended),
            "exit_reason": pd.Series(rng.choice([80, 82, 85], size)).where(ended).astype("Int64"),
            "modality": rng.choice([2, 4, 7], size),
            "modality_start": triage + pd.to_timedelta(rng.integers(0, 30, size), unit="D"),
            "referral_source": rng.choice([1, 2, 5, 8], size),
            "previously_treated": rng.choice(["Y", "N"], size),
            "dual_diagnosis": rng.choice(["Y", "N"], size),
            "referral_date": triage - pd.to_timedelta([n % 42 for n in range(size)], unit="D"),
        }
    )
    return pd.concat([frame, people(rng, size)], axis=1)[[column.name for column in EXTRACT.columns]]


def _of_person(name: str, kind: str, says: str, rule: Rule, alias: str) -> Column:
    """A part of what tells a person from another; rows without consent lack it."""
    return Column(name, kind, says, (rule,), (alias,), missing="fine", hidden=True)


def _of_episode(name: str, kind: str, says: str, rule: Rule, alias: str, recorded: str = "") -> Column:
    """What is of an episode; rows without consent lack it."""
    return Column(name, kind, says, (rule,), (alias,), missing="fine", recorded=recorded)


def _carried(column: Column) -> Column:
    """A characteristic of a journey as a row of an episode has it: what this row lacks another may have."""
    return dataclasses.replace(column, missing="fine", optional=False)


EXTRACT = ExtractType(
    name="submissions",
    about=About.PEOPLE,
    row_is="one",
    says="submissions of providers",
    row_says="a modality or a form of an episode of treatment at one agency; what is of the person or episode repeats",
    protection="every row is a record of a client in drug treatment",
    apart=None,
    columns=(
        _of_person("first_initial", "code", "the initial of the first name", letter, "finitial"),
        _of_person("surname_initial", "code", "the initial of the surname", letter, "sinitial"),
        _of_person("date_of_birth", "date", "the client's date of birth", day_of_birth, "dob"),
        Column("sex", "code", "the client's sex", codes=SEXES, missing="fine"),
        Column("agency", "code", "the agency's code", (place_of("an agency code"),), ("agncy",)),
        Column("client_number", "id", "the agency's number of the client", (), ("clientid",), "fine", hidden=True),
        _of_episode("episode", "code", "the agency's number of the episode", code_of("a number"), "episodid"),
        Column("consent", "flag", "whether the client agrees that records are linked"),
        dataclasses.replace(DAT, missing="fine"),
        _of_episode("triage", "date", "the day of triage", day_of_record, "triaged"),
        _of_episode(
            "discharge", "date", "the day of discharge; empty while the episode goes on", day_of_record, "disd"
        ),
        dataclasses.replace(
            _of_episode(
                "exit_reason", "integer", "why the episode ended", in_ranges(REASONS, "a reason"), "disrsn", "discharge"
            ),
            words=EXIT_REASONS,
        ),
        _of_episode("modality", "integer", "the kind of treatment", CODE, "modal"),
        _of_episode("modality_start", "date", "the day on which it began", day_of_record, "modst"),
        *map(_carried, PERSONAL),
        _carried(
            characteristic(
                "referral_source",
                "integer",
                "who referred the client",
                CODE,
                aliases=("rfls",),
                words=REFERRAL_SOURCES,
                words_with=JUSTICE,
                code_list="codes.criminal_justice_referral_sources",
            )
        ),
        _carried(flag("previously_treated", "whether the client had been in treatment before", aliases=("prevtr",))),
        _carried(flag("dual_diagnosis", "whether the client also has a mental health problem", aliases=("dualdiag",))),
        dataclasses.replace(REFERRED, missing="fine"),
    ),
    key=(),
    event=(),
    coverage=Coverage("dat", "triage", "outcomes", of_prisons=False),
    person=None,
    links=(),
    row_checks=(
        *(RowCheck(FAULT, name, f"{name} IS NULL", "a value in every row with consent") for name in NEEDED),
        RowCheck(FAULT, "discharge", "discharge < triage", "the day of triage or a later one"),
        *old_enough("triage"),
        RowCheck(
            INFORMATION,
            "exit_reason",
            "discharge IS NULL AND exit_reason IS NOT NULL",
            "taken as open, the reason does not count",
            "a discharge reason without a day",
        ),
    ),
    checks=(agreed,),
    sample=sample,
    makes="journeys",
    leaves_out=(superseded, without_consent),
    families=(),
)
