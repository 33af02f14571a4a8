"""Successful completion, row by row."""


def members(of):
    """Clients whose latest journey ended within the period, or is completed in a way that counts; who completed."""
    for journey in of.latest:
        done = of.completed(journey)
        if done or (journey["journey_end"] is not None and journey["journey_end"] <= of.ends):
            yield journey, done
