"""What a partnership's profile counts of its clients: each indicator declared once, and everything else walks them.

A client counts once in a partnership and year. Each has a row: the latest journey, the day on which a journey was last
completed in the year, and the day on which another one began after that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dscp.measures.cohorts import LATEST_OF_ADULTS
from dscp.measures.derivations import COMPLETED_WHEN
from dscp.measures.types import AMONG

if TYPE_CHECKING:
    import pandas as pd

COMPLETED = "codes.completed_exit_reasons"
IN_TIME = "(completed_on + interval 6 month)::date"  # until when whoever completed can come back
KNOWN_WAIT = "journey_start >= starts and {wait_to} >= {wait_from}"  # of a new journey


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """Clients of a partnership who have something in common in a year.

    Attributes
    ----------
    name : as in ids
    label : what it is called in tables
    among : the indicator whose clients these are part of, of whom the percentage is taken; "" for all in treatment
    counted : SQL on a client's row
    words : who is counted
    settings : paths in the config of what decides it, besides what decides who is in treatment
    rated : whether the percentage is told
    better : which way is good; "" where it is not said
    """

    name: str
    label: str
    among: str
    counted: str
    words: str
    settings: str
    rated: bool
    better: Literal["up", "down", ""]


IN_TREATMENT = Indicator(
    name="in_treatment",
    label="In treatment",
    among="",
    counted="true",
    words="adults, with a journey in the year",
    settings="",
    rated=False,
    better="",
)
NEW = Indicator(
    name="new",
    label="New presentations",
    among="in_treatment",
    counted="journey_start >= starts",
    words="adults whose latest journey began in the year",
    settings="",
    rated=True,
    better="",
)
EFFECTIVE = Indicator(
    name="effective",
    label="In effective treatment",
    among="in_treatment",
    counted=f"least(coalesce(journey_end, ends), ends) - journey_start >= {{effective_days}}"
    f" or {COMPLETED_WHEN['ended_in_period']}",
    words="adults whose latest journey lasted long enough to be effective, or was completed before",
    settings=f"definitions.effective_days {COMPLETED}",
    rated=False,
    better="up",
)
COMPLETIONS = Indicator(
    name="completed",
    label="Successful completions",
    among="in_treatment",
    counted="completed_on is not null",
    words="adults who completed a journey that ended in the year",
    settings=COMPLETED,
    rated=True,
    better="up",
)
FOLLOWED = Indicator(
    name="followed",
    label="Completions that can be followed",
    among="completed",
    counted=f"{IN_TIME} <= ends",
    words="adults who completed a journey of the year early enough to be followed",
    settings=f"{COMPLETED} re_presentation",
    rated=False,
    better="",
)
RETURNED = {  # the setting re_presentation -> who has come back
    "in_year": Indicator(
        name="returned",
        label="Re-presentations",
        among="completed",
        counted="back_on is not null",
        words="adults who completed a journey in the year and began another before it ended",
        settings=f"{COMPLETED} re_presentation",
        rated=True,
        better="down",
    ),
    "6_months": Indicator(
        name="returned",
        label="Re-presentations",
        among="followed",
        counted=f"{IN_TIME} <= ends and back_on <= {IN_TIME}",
        words="adults who completed a journey of the year early enough to be followed and soon began another",
        settings=f"{COMPLETED} re_presentation",
        rated=True,
        better="down",
    ),
}
WAITED = Indicator(
    name="waited",
    label="New presentations whose wait is known",
    among="new",
    counted=KNOWN_WAIT,
    words="adults whose latest journey began in the year, with the days on which the wait began and ended",
    settings="definitions.waits",
    rated=True,
    better="",
)
LONG = Indicator(
    name="waited_long",
    label="Long waits",
    among="waited",
    counted=f"{KNOWN_WAIT} and {{wait_to}} - {{wait_from}} > 7 * {{long_weeks}}",
    words="adults whose latest journey began in the year after a long wait",
    settings="definitions.waits",
    rated=True,
    better="down",
)
LONGEST = Indicator(
    name="waited_longest",
    label="Very long waits",
    among="waited_long",
    counted=f"{KNOWN_WAIT} and {{wait_to}} - {{wait_from}} > 7 * {{longest_weeks}}",
    words="adults whose latest journey began in the year after a very long wait",
    settings="definitions.waits",
    rated=False,
    better="down",
)
WAITS = (WAITED, LONG, LONGEST)  # told where a journey has both days
SETTINGS = f"{LATEST_OF_ADULTS} {{span}}"  # who is in treatment


def indicators(re_presentation: str, waits: bool = False) -> list[Indicator]:
    """The indicators of a profile, each after the one that it is part of.

    Parameters
    ----------
    re_presentation : the setting of that name
    waits : with those of waiting times
    """
    returned = RETURNED[re_presentation]
    followed = [FOLLOWED] if returned.among == FOLLOWED.name else []
    return [IN_TREATMENT, NEW, EFFECTIVE, COMPLETIONS, *followed, returned, *(WAITS if waits else ())]


def words_of(definitions: Mapping) -> dict[str, object]:
    """What stands in braces in the SQL of an indicator -> what the config defines it as.

    Parameters
    ----------
    definitions : of the config
    """
    waits = definitions["waits"]
    long_weeks, longest_weeks = waits["weeks"]
    return {
        "effective_days": definitions["effective_days"],
        "wait_from": waits["from"],
        "wait_to": waits["to"],
        "long_weeks": long_weeks,
        "longest_weeks": longest_weeks,
    }


def answered(every: Sequence[Indicator], clients: pd.DataFrame) -> list[Indicator]:
    """The indicators without waits where no client has one, which is not the same as no long wait.

    Parameters
    ----------
    clients : a column of booleans for each indicator
    """
    known = WAITED.name in clients and clients[WAITED.name].any()
    return [one for one in every if known or one not in WAITS]


def cohort(name: str, every: Sequence[Indicator]) -> str:
    """Whom an indicator counts, with all that it is part of: in_treatment/completed/returned."""
    known: Mapping[str, Indicator] = {one.name: one for one in every}
    found = [name]
    while above := known[found[0]].among:
        found.insert(0, above)
    return "partnership." + AMONG.join(found)
