"""Retained in treatment, row by row."""

import datetime as dt


def members(of):
    """Adults' journeys that started in the period, early enough; whether each went on to the day or was completed."""
    enough = dt.timedelta(days=of.definitions["effective_days"])
    for journey in of.adults:
        day = journey["journey_start"] + enough
        if journey["journey_start"] >= of.starts and day <= of.ends:
            still_there = journey["journey_end"] is None or journey["journey_end"] >= day
            yield journey, still_there or of.completed(journey)
