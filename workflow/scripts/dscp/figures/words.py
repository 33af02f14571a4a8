"""What the alternative texts of the data figures say of their numbers. Every function takes values and gives text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dscp.printing.words import DOWN, FLAT, UNKNOWN, UP, direction, listed, shared_out

GAINED = {
    UP: "gained on its comparison area",
    DOWN: "lost ground to its comparison area",
    FLAT: "kept its distance",
    UNKNOWN: "cannot be compared",
}
CORRECTED = {UP: "larger", DOWN: "smaller", FLAT: "the same", UNKNOWN: "not computable"}
SIGNED = {UP: "positive", DOWN: "negative", FLAT: "nil", UNKNOWN: "not computable"}


def interval_is(low: float, high: float) -> str:
    """Where an interval lies."""
    if math.isnan(low) or math.isnan(high):
        return "not computable"
    return "above nought" if low > 0 else "below nought" if high < 0 else "across nought"


def intervals_told(outcome: str, intervals: Mapping[str, tuple[float, float]]) -> str:
    """Label -> interval, as a sentence on an outcome."""
    ways = {label: interval_is(*ends) for label, ends in intervals.items()}
    return f"{outcome}: the interval is {shared_out(ways)}."


def verdicts_told(outcome: str, verdicts: Mapping[str, str]) -> str:
    """Label -> verdict, as a sentence on an outcome."""
    return f"{outcome}: {shared_out(verdicts)}."


def relabelled_told(outcome: str, hits: str, ways: str) -> str:
    """In how many ways, as printed, other areas differ as much."""
    return f"{outcome}: other areas differ as much in {hits} of {ways} ways."


def power_told(outcome: str, chances: Mapping[str, float]) -> str:
    """Label -> chance in per cent that the larger effect is found, as a sentence on an outcome."""
    ways = {
        label: "not computable" if math.isnan(chance) else f"mostly {'found' if chance > 50 else 'missed'}"
        for label, chance in chances.items()
    }
    return f"{outcome}: with areas, the larger effect would be {shared_out(ways)}."


LEFT = {"completed": "completed", "other": "ended otherwise", "still": "still going on", "": "not known"}


def exits_told(ways: Mapping[str, str]) -> str:
    """Label -> how the largest part of new journeys stands after the longest time, as a sentence."""
    return (
        f"After the longest time the largest part is {shared_out({label: LEFT[way] for label, way in ways.items()})}."
    )


def scales_told(outcome: str, scales: Mapping[str, Sequence[float]]) -> str:
    """Label -> the difference on each scale, as a sentence on an outcome."""
    signs = {label: {direction(value, 1) for value in values} for label, values in scales.items()}
    ways = {
        label: "not computable" if UNKNOWN in found else "the same" if len(found) == 1 else "open"
        for label, found in signs.items()
    }
    return f"{outcome}: the sign on all scales is {shared_out(ways)}."


def slopes_told(outcome: str, differences: Mapping[str, float]) -> str:
    """Label -> difference in differences, as a sentence on an outcome."""
    ways = {label: GAINED[direction(value, 1)] for label, value in differences.items()}
    return f"{outcome}: the pilot {shared_out(ways)}."


def methods_told(published: Mapping[str, float], corrected: Mapping[str, float]) -> str:
    """Label -> benefit in million pounds, by either method, as two sentences."""
    ways = {label: CORRECTED[direction(corrected[label] - value, 1)] for label, value in published.items()}
    known = [label for label, value in published.items() if not math.isnan(value + corrected[label])]
    turned = [label for label in known if direction(published[label], 1) != direction(corrected[label], 1)]
    if not known:
        return f"The corrected benefit is {shared_out(ways)}."
    where = "everywhere" if len(known) == len(published) else f"in {listed(known)}"
    same = f"Its sign turns in {listed(turned)}" if turned else f"Its sign is the same {where}"
    return f"The corrected benefit is {shared_out(ways)}. {same}."


def assumptions_told(base: float, reached: Mapping[str, Sequence[float]]) -> str:
    """Assumption -> benefits when it is changed, as two sentences: what moves it most, and whether it turns."""
    known = {name: [value for value in values if not math.isnan(value)] for name, values in reached.items()}
    width = {name: max(base, *values) - min(base, *values) for name, values in known.items() if values}
    if math.isnan(base) or not width:
        return "It cannot be given."
    sign = direction(base, 1)
    turned = [name for name in width if any(direction(value, 1) != sign for value in known[name])]
    most, least = max(width, key=width.get), min(width, key=width.get)
    quoted = listed([f"“{name}”" for name in turned]) if turned else ""
    turns = f"The sign turns with {quoted}" if turned else f"The benefit stays {SIGNED[sign]} whatever is changed"
    moves = f"The longest bar is that of “{most}”" + (f", the shortest that of “{least}”" if most != least else "")
    return f"{moves}. {turns}."


def worth_told(chances: Mapping[str, float]) -> str:
    """Label -> chance (per cent) that benefits exceed costs, as a sentence."""
    ways = {
        label: "not computable" if math.isnan(chance) else "above a half" if chance > 50 else "a half or less"
        for label, chance in chances.items()
    }
    return f"With areas, the chance is {shared_out(ways)}."
