"""Treatment journeys, from the National Drug Treatment Monitoring System."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import RowCheck, client_checks, study_dats
from dscp.extracts.columns import (
    DAT,
    PERSONAL,
    REFERRED,
    SEXES,
    TREATMENT_BEGAN,
    at_least,
    characteristic,
    client,
    day_of_birth,
    day_of_record,
    exit_reason,
    flag,
    in_ranges,
)
from dscp.extracts.faults import FAULT, INFORMATION
from dscp.extracts.national import EXIT_REASONS, JUSTICE, REFERRAL_SOURCES
from dscp.extracts.samples import dats, days, later, people, window
from dscp.extracts.types import About, Column, Coverage, ExtractType, Sample

if TYPE_CHECKING:
    import pandas as pd

BEFORE = 730  # days: journeys that began before the periods may still go on in them
LONGEST_WAIT = 42  # days, in a sample
LATEST_TREATMENT = 20  # days after a journey began, in a sample
CLIENTS = 4500  # in a sample, at the most


def sample(of: Sample) -> pd.DataFrame:
    """Journeys in the study's DATs and one other; some clients have several."""
    import numpy as np
    import pandas as pd

    rng, size = of.rng, of.size
    known = people(rng, size)
    client = rng.integers(0, CLIENTS, size)
    known = known.iloc[client % size].reset_index(drop=True)
    first, last = window(of.config, "outcomes")
    start = days(rng, later(first, -BEFORE), last, size)
    length = pd.to_timedelta(rng.gamma(1.2, 250, size).astype(int), unit="D")
    end = (start + length).where(rng.random(size) > 0.25)
    reasons = rng.choice([1, 2, 80, 10, 13, 30, 999], size)
    frame = pd.DataFrame(
        {"client": [f"X{number:05d}" for number in client], "dat": rng.choice([*dats(of.config), "ELSE"], size)}
    )
    frame["journey"] = np.arange(size) + 1
    frame["journey_start"], frame["journey_end"] = start, end
    frame["exit_reason"] = pd.Series(reasons).where(end.notna()).astype("Int64")
    extra = pd.DataFrame(
        {
            "referral_source": rng.choice([1, 2, 5, 8], size),
            "dip_flag": rng.choice(["Y", "N"], size, p=[0.1, 0.9]),
            "previously_treated": rng.choice(["Y", "N", None], size, p=[0.5, 0.4, 0.1]),
            "dual_diagnosis": rng.choice(["Y", "N", None], size, p=[0.2, 0.7, 0.1]),
        }
    )
    waited = pd.to_timedelta(np.arange(size) % LONGEST_WAIT, unit="D")
    extra["referral_date"] = (start - waited).where(np.arange(size) % 10 > 0)
    begun = pd.to_timedelta(np.arange(size) % LATEST_TREATMENT, unit="D")
    extra["structured_start"] = (start + begun).where(np.arange(size) % 7 > 0)
    return pd.concat([frame, known, extra], axis=1)


EXTRACT = ExtractType(
    name="journeys",
    about=About.PEOPLE,
    row_is="one",
    says="client journeys",
    row_says="one journey of a client through treatment",
    protection="every row is a record of a client in drug treatment",
    apart=None,
    columns=(
        client("attrb", "client_random_id"),
        DAT,
        Column(
            "journey",
            "number",
            "the journey's number: a later journey of a client has a higher one",
            (at_least(0, "a journey number, zero or more"),),
            aliases=("n_jy",),
        ),
        Column("journey_start", "date", "the day of triage", (day_of_record,), aliases=("triaged_jy",)),
        Column(
            "journey_end",
            "date",
            "the day of discharge; empty while the journey goes on",
            (day_of_record,),
            aliases=("disd_jy",),
            missing="fine",
        ),
        Column(
            "exit_reason",
            "integer",
            "why the journey ended",
            (exit_reason,),
            words=EXIT_REASONS,
            code_list="codes.completed_exit_reasons",
            recorded="journey_end",
            aliases=("disrsn_jy",),
            missing="fine",
        ),
        Column("date_of_birth", "date", "the client's date of birth", (day_of_birth,), aliases=("dob",)),
        Column("sex", "code", "the client's sex", codes=SEXES),
        *PERSONAL,
        characteristic(
            "referral_source",
            "integer",
            "who referred the client",
            in_ranges([(0, 999)], "a code"),
            words=REFERRAL_SOURCES,
            words_with=JUSTICE,
            code_list="codes.criminal_justice_referral_sources",
            aliases=("rfls",),
        ),
        flag("dip_flag", "whether the client came by the Drug Interventions Programme", optional=True),
        flag("previously_treated", "whether the client had been in treatment before", aliases=("prevtr",)),
        flag("dual_diagnosis", "whether the client also has a mental health problem", aliases=("dualdiag",)),
        REFERRED,
        TREATMENT_BEGAN,
    ),
    key=("client", "dat", "journey"),
    event=(),
    coverage=Coverage("dat", "journey_start", "outcomes", of_prisons=False),
    person="client",
    links=(),
    row_checks=(
        RowCheck(FAULT, "journey_end", "journey_end < journey_start", "the day of journey_start or a later one"),
        *client_checks("journey_start"),
        RowCheck(
            INFORMATION,
            "journey_end",
            "journey_end IS NULL AND exit_reason IS NOT NULL",
            "taken as open journeys, their exit reason does not count",
            "an exit reason without an end",
        ),
        RowCheck(
            INFORMATION,
            "exit_reason",
            "exit_reason IS NULL AND journey_end IS NOT NULL",
            "not counted as completed",
            "an end without an exit reason",
        ),
        RowCheck(
            INFORMATION,
            "referral_date",
            "referral_date > journey_start",
            "no wait is counted",
            "a referral after the journey began",
        ),
        RowCheck(
            INFORMATION,
            "structured_start",
            "structured_start > journey_end",
            "no wait is counted",
            "treatment that began after the journey had ended",
        ),
    ),
    checks=(study_dats,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
