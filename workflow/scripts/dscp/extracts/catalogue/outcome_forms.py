"""Outcome forms: what clients say of their last four weeks at the start of treatment, at reviews and at exit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscp.extracts.checks import own_dat
from dscp.extracts.columns import DAT, client, day_of_record, in_ranges
from dscp.extracts.types import About, Column, ExtractType, Link, Sample

if TYPE_CHECKING:
    import pandas as pd

STAGES = {"S": "start", "R": "review", "E": "exit", "P": "after exit"}
REVIEWED_AFTER = 150  # days, in a sample


def sample(of: Sample) -> pd.DataFrame:
    """A form at the start of each journey, one at a review, and one at the end of those that ended."""
    import pandas as pd

    rng, journeys = of.rng, of.drawn["journeys"]
    start, end = journeys["journey_start"], journeys["journey_end"]
    stages = {"S": start, "R": start + pd.Timedelta(days=REVIEWED_AFTER), "E": end}
    rows = [journeys[["client", "dat"]].assign(form_date=day, stage=stage) for stage, day in stages.items()]
    forms = pd.concat(rows, ignore_index=True)
    forms = forms[forms["form_date"].notna() & (forms["form_date"] <= start.max())]
    forms = forms[rng.random(len(forms)) < 0.95].reset_index(drop=True)
    used = rng.random((4, len(forms))) < 0.5
    days = rng.integers(1, 29, (4, len(forms))) * used
    for name, values in zip(("opiate_days", "crack_days", "cocaine_days", "injecting_days"), days, strict=True):
        forms[name] = values
    forms["paid_work_days"] = rng.choice([0, 5, 10, 20], len(forms))
    forms["acute_housing"], forms["housing_risk"] = (rng.choice(["Y", "N"], len(forms)) for _ in range(2))
    return forms


def _days(name: str, says: str, alias: str) -> Column:
    """Days of the last four weeks; a form may leave a question unanswered."""
    rule = in_ranges([(0, 28)], "a number of days")
    return Column(name, "integer", says, (rule,), (alias,), missing="fine")


def _answer(name: str, says: str, alias: str) -> Column:
    return Column(name, "flag", says, aliases=(alias,), missing="fine")


EXTRACT = ExtractType(
    name="outcome_forms",
    about=About.PEOPLE,
    row_is="one",
    says="outcome forms (Treatment Outcomes Profile)",
    row_says="one form of a client, at the start of treatment, at a review or at exit",
    protection="every row is a record of a client in drug treatment",
    apart=None,
    columns=(
        client("attrb", "client_random_id"),
        DAT,
        Column("form_date", "date", "the day of the form", (day_of_record,), ("topdate",)),
        Column("stage", "code", "the stage of treatment", aliases=("trstage",), codes=STAGES),
        _days("opiate_days", "days of opiate use in the last four weeks", "opiuse"),
        _days("crack_days", "days of crack cocaine use in the last four weeks", "crause"),
        _days("cocaine_days", "days of cocaine use in the last four weeks", "cocause"),
        _days("injecting_days", "days of injecting in the last four weeks", "ivdrguse"),
        _days("paid_work_days", "days of paid work in the last four weeks", "pwork"),
        _answer("acute_housing", "whether the client has an acute housing problem", "acuthpbm"),
        _answer("housing_risk", "whether the client is at risk of losing a home", "hrisk"),
    ),
    key=(),
    event=(),
    coverage=None,
    person="client",
    links=(Link("client", to="journeys", to_column="client"),),
    row_checks=(),
    checks=(own_dat,),
    sample=sample,
    makes="",
    leaves_out=(),
    families=(),
)
