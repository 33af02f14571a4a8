"""Effective treatment, row by row."""


def members(of):
    """Who is counted, and whether the journey was completed or lasted long enough within the period."""
    for journey in of.considered:
        last = of.ends if journey["journey_end"] is None else min(journey["journey_end"], of.ends)
        lasted = (last - journey["journey_start"]).days >= of.definitions["effective_days"]
        yield journey, of.completed(journey) or lasted
