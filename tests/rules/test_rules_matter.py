"""Every derivation rule matters: bend one rule, and some published count breaks.

The default extracts are rebuilt from the published counts; a rule that could be bent without changing any count would
be untested by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest

import continuity
import outcomes
from bent import MEMBERS, bent_definitions, of_rule, shifted
from dscp.measures import derivations, of_referrals
from dscp.measures.counting import counted
from dscp.measures.registry import MEASURES
from thorough import some

OUTCOME_SETTINGS = {
    "82 days are effective": {"effective_days": 82},
    "84 days are effective": {"effective_days": 84},
    "all ages": {"minimum_age": 0},
    "17 and over": {"minimum_age": 17},
    "19 and over": {"minimum_age": 19},
    "age at journey start": {"age_at": "journey_start"},
    "age at period start": {"age_at": "period_start"},
    "age at period end": {"age_at": "period_end"},
    "cutoff after the latest journey is chosen": {"start_cutoff": "after_latest"},
    "latest by end": {"latest_journey": "end"},
    "exit reasons count whenever the journey ended": {"exit_reason_counts": "always"},
}
BY, LATEST = "LATEST_BY", derivations.LATEST_BY["start"]
CLIENTS = "partition by area, period, client"
NOT_ENDED = "coalesce(journey_end, periods.starts) >= periods.starts"
OUTCOME_SQL = {
    "first journey": (BY, LATEST, "journey_start, journey_end desc nulls first, journey desc"),
    "ties to the earlier end": (BY, LATEST, "journey_start desc, journey_end nulls last, journey desc"),
    "no end is the earliest end": (BY, LATEST, "journey_start desc, journey_end desc nulls last, journey desc"),
    "ties to the lower journey number": (BY, LATEST, "journey_start desc, journey_end desc nulls first, journey"),
    "every journey counts": ("LATEST", CLIENTS, "partition by area, period, client, journey"),
    "one journey per client, not per area": ("LATEST", CLIENTS, "partition by period, client"),
    "one journey over both periods": ("LATEST", CLIENTS, "partition by area, client"),
    "no cutoff": ("COULD_LAST", "journey_start <= ends - $effective_days::integer", "$effective_days > 0"),
    "cutoff a day later": ("COULD_LAST", "$effective_days::integer", "($effective_days - 1)::integer"),
    "cutoff a day earlier": ("COULD_LAST", "$effective_days::integer", "($effective_days + 1)::integer"),
    "completion alone is not effective": ("effective_treatment", "{completed} or", "{completed} and false or"),
    "an open journey is not effective": (
        "effective_treatment",
        "least(coalesce(journey_end, ends), ends)",
        "journey_end",
    ),
    "journeys ended before the period count": (
        "IN_PERIOD",
        NOT_ENDED,
        "coalesce(journey_end, periods.starts) >= periods.starts - 1",
    ),
    "journeys ended on the first day do not count": (
        "IN_PERIOD",
        NOT_ENDED,
        "coalesce(journey_end, periods.ends) > periods.starts",
    ),
    "open journeys do not count": ("IN_PERIOD", "coalesce(journey_end, periods.starts)", "journey_end"),
    "journeys started on the last day do not count": ("IN_PERIOD", "<= periods.ends", "< periods.ends"),
    "journeys started after the period count": ("IN_PERIOD", "<= periods.ends", "<= periods.ends + 1"),
    "ended after the period": ("successful_completion", "where journey_end <= ends", "where journey_end is not null"),
    "ended on the last day": ("successful_completion", "where journey_end <= ends", "where journey_end < ends"),
    "every exit is a completion": ("successful_completion", "{completed}", "exit_reason is not null", "outcome"),
}  # fmt: skip
CONTINUITY_SETTINGS = {
    "41 days": {"pickup_days": 41},
    "43 days": {"pickup_days": 43},
    "pick-ups before release": {"pickup_from": "referral_date"},
    "referrals without release left out": {"missing_release": "excluded"},
    "a form answers one referral": {"one_form_answers": "one_referral"},
}
CONTINUITY_SQL = {
    "all referrals, not only local ones": ("LOCAL", "and list_contains(areas.dats, referred_to_dat)", ""),
    "any prison": ("LOCAL", "list_contains(areas.prisons, prison)", "true"),
    "residence does not matter": ("LOCAL", "and (areas.arm = 'pilot' or list_contains(areas.dats, residence_dat))", ""),
    "residence matters in pilot areas too": ("LOCAL", "areas.arm = 'pilot' or ", ""),
    "pick-up by any client": ("PICKUPS", "forms.client = local_referrals.client", "true"),
    "pick-up from any prison": ("PICKUPS", "and forms.prison = local_referrals.prison", ""),
    "pick-up anywhere": ("PICKUPS", "and list_contains(local_referrals.dats, forms.dat)", ""),
    "pick-ups after the last day": ("LAST_DAY", "forms.care_plan_date <= pickups_until", "true"),
    "none on the last day": ("LAST_DAY", "date <= pickups_until", "date < pickups_until"),
    "none on the day of release": ("PICKUPS", "between {pickup_from}", "between {pickup_from} + 1"),
    "one DAT of an area": ("community_triage", "list_contains(areas.dats, dat)", "areas.dats[1] = dat"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def counts_only(monkeypatch):
    monkeypatch.setattr(outcomes, "CHARACTERISTICS", MEMBERS)


@pytest.fixture(scope="module")
def inputs(rebuilt, config):
    return {path.stem: str(path) for path in (rebuilt / "validated").glob("*.parquet")}, config


def treatment_counts(inputs, config) -> Iterator[pd.DataFrame]:
    """Of one measure after the other: what has changed the counts of one need not be looked for in the others."""
    shared = (config["sites"], config["periods"], config["definitions"], config["codes"])
    for measure in of_rule("outcomes"):
        clients, *_ = outcomes.outcomes(inputs["journeys"], *shared, config["models"]["length_of_use_bands"], [measure])
        yield counted(clients, measure, config["sites"])[["area", "period", "base", "count"]]


def same_treatment(inputs, config, straight) -> bool:
    """Whether the counts of every measure are those of the rules as they are."""
    return all(one.equals(other) for one, other in zip(treatment_counts(inputs, config), straight[0], strict=True))


def continuity_counts(inputs, config) -> pd.DataFrame:
    bands = config["models"]["length_of_use_bands"]
    referrals, counts, *_ = continuity.continuity(
        inputs,
        config["sites"],
        config["periods"],
        config["definitions"],
        config["codes"],
        bands,
        of_rule("continuity"),
    )
    triage = counts["community_triage"]
    prison = referrals.groupby(["area", "period"])["outcome"].agg(base="size", count="sum").reset_index()
    return pd.concat([prison, triage[["area", "period", "base", "count"]]]).sort_values(
        ["area", "period"], ignore_index=True
    )


@pytest.fixture(scope="module")
def straight(inputs):
    """The counts of the rules as they are: those of outcomes by measure, those of continuity."""
    return list(treatment_counts(*inputs)), continuity_counts(*inputs)


def bend(monkeypatch, module, name, old, new, part=""):
    """Bend a rule: a constant of its module, or the outcome or cohort that a measure declares."""
    if name in MEASURES:
        measure = MEASURES[name]
        sql = measure.cohort.sql.replace(old, new)
        cohort = measure.cohort if part == "outcome" else replace(measure.cohort, sql=sql)
        bent = replace(measure, cohort=cohort, outcome=measure.outcome.replace(old, new))
        assert bent != measure
        monkeypatch.setitem(MEASURES, name, bent)
        return
    current = getattr(module, name)
    if isinstance(current, dict):
        assert old in current.values()
        monkeypatch.setattr(module, name, {key: value.replace(old, new) for key, value in current.items()})
    else:
        assert old in current
        monkeypatch.setattr(module, name, current.replace(old, new))


def test_rules_as_they_are_give_the_same_counts_again(inputs, straight):
    assert same_treatment(*inputs, straight) and continuity_counts(*inputs).equals(straight[1])


# By make check, too: one of each kind.
CHECKED_SETTINGS = ["82 days are effective", "19 and over"]
CHECKED_SQL = [
    "ties to the earlier end",
    "every journey counts",
    "cutoff a day later",
    "journeys ended before the period count",
    "every exit is a completion",
]
CHECKED_ENDS = [("pre", 0, -1), ("post", 1, -1)]
CHECKED_CONTINUITY_SETTINGS = ["41 days", "referrals without release left out"]
CHECKED_CONTINUITY_SQL = ["any prison", "pick-up by any client", "none on the last day", "one DAT of an area"]
ENDS = [(period, end, days) for period in ("pre", "post") for end in (0, 1) for days in (-1, 1)]


@pytest.mark.parametrize("name", some(OUTCOME_SETTINGS, CHECKED_SETTINGS))
def test_outcome_setting(inputs, straight, name):
    extracts, config = inputs
    assert not same_treatment(extracts, bent_definitions(config, OUTCOME_SETTINGS[name]), straight)


@pytest.mark.parametrize("name", some(OUTCOME_SQL, CHECKED_SQL))
def test_outcome_rule(inputs, straight, monkeypatch, name):
    bend(monkeypatch, derivations, *OUTCOME_SQL[name])
    assert not same_treatment(*inputs, straight)


@pytest.mark.parametrize("shift", some(ENDS, CHECKED_ENDS), ids=str)
def test_outcome_period(inputs, straight, shift):
    extracts, config = inputs
    assert not same_treatment(extracts, shifted(config, "outcomes", *shift), straight)


@pytest.mark.thorough
def test_each_completed_exit_reason(inputs, straight):
    extracts, config = inputs
    for code in config["codes"]["completed_exit_reasons"]:
        kept = [c for c in config["codes"]["completed_exit_reasons"] if c != code]
        bent = {**config, "codes": {**config["codes"], "completed_exit_reasons": kept}}
        assert not same_treatment(extracts, bent, straight), code


@pytest.mark.parametrize("name", some(CONTINUITY_SETTINGS, CHECKED_CONTINUITY_SETTINGS))
def test_continuity_setting(inputs, straight, name):
    extracts, config = inputs
    bent = bent_definitions(config, CONTINUITY_SETTINGS[name])
    assert not continuity_counts(extracts, bent).equals(straight[1])


@pytest.mark.parametrize("name", some(CONTINUITY_SQL, CHECKED_CONTINUITY_SQL))
def test_continuity_rule(inputs, straight, monkeypatch, name):
    bend(monkeypatch, of_referrals, *CONTINUITY_SQL[name])
    assert not continuity_counts(*inputs).equals(straight[1])


@pytest.mark.parametrize("shift", some(ENDS, CHECKED_ENDS), ids=str)
def test_referral_period(inputs, straight, shift):
    extracts, config = inputs
    assert not continuity_counts(extracts, shifted(config, "referrals", *shift)).equals(straight[1])


TRIAGE_WINDOWS = [
    ("pre", 0, 1),
    ("pre", 1, -95),
    ("pre", 1, 1),
    ("post", 0, 1),
    ("post", 0, -95),
    ("post", 1, -95),
    ("post", 1, 1),
]


@pytest.mark.parametrize("shift", some(TRIAGE_WINDOWS, [("pre", 0, 1), ("post", 1, 1)]), ids=str)
def test_triage_quarters(inputs, straight, shift):
    """A window that starts a day late or ends a quarter early loses a quarter; a longer one gains one.

    (None can be gained before the pre period: those quarters used a 12-week limit, and validation refuses them.)
    """
    extracts, config = inputs
    assert not continuity_counts(extracts, shifted(config, "triage_quarters", *shift)).equals(straight[1])
