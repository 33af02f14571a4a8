"""Configs with one setting bent, and what it may move: counts of the measures, not the clients' characteristics."""

from __future__ import annotations

import copy
import datetime as dt

from dscp.measures.registry import MEASURES

# In place of outcomes.CHARACTERISTICS: who counts and has the outcome, in a third of the time.
MEMBERS = "select '{measure}' as measure, site, arm, area, period, outcome, file, line from {measure}"


def bent_definitions(config, change):
    return {**config, "definitions": {**config["definitions"], **change}}


def shifted(config, window, period, end, days):
    bent = copy.deepcopy(config)
    bounds = bent["periods"][period][window]
    if isinstance(bounds, list):
        bounds[end] = (dt.date.fromisoformat(bounds[end]) + dt.timedelta(days)).isoformat()
    else:
        bent["periods"][period][window] = (dt.date.fromisoformat(bounds) + dt.timedelta(days)).isoformat()
    return bent


def of_rule(rule):
    return [measure for measure in MEASURES.values() if measure.cohort.rule == rule and measure.of_its_own]
