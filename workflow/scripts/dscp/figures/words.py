"""What titles and alternative texts of the data figures say of their numbers. Every function gives text for values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dscp.printing.words import DOWN, FLAT, TRENDS, UNKNOWN, UP, direction, grouped, listed, shared_out, spelt

GAINED = {
    UP: "gained on its comparison area",
    DOWN: "lost ground to its comparison area",
    FLAT: "kept its distance",
    UNKNOWN: "cannot be compared",
}
CORRECTED = {UP: "larger", DOWN: "smaller", FLAT: "the same", UNKNOWN: "not computable"}
SIGNED = {UP: "positive", DOWN: "negative", FLAT: "nil", UNKNOWN: "not computable"}
CROSSES = "across zero"  # an interval that includes it


def interval_is(low: float, high: float) -> str:
    """Where an interval lies."""
    if math.isnan(low) or math.isnan(high):
        return "not computable"
    return "above zero" if low > 0 else "below zero" if high < 0 else CROSSES


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


# What the titles of the data figures say: what they show, as a sentence without its full stop. Signs and counts are
# those of printed values; what is not clear is never called nothing.


def in_sites(number: int, total: int, of: str = "site") -> str:
    """in none of the six sites, in two of the six sites, in all six sites, in both sites, in the only site."""
    if total == 1:
        return f"in the only {of}" if number else f"not in the only {of}"
    if number == total:
        return f"in both {of}s" if total == 2 else f"in all {spelt(total)} {of}s"
    if number == 0:
        return f"in neither {of}" if total == 2 else f"in none of the {spelt(total)} {of}s"
    return f"in {spelt(number)} of the {spelt(total)} {of}s"


def out_of_them(number: int, total: int, of: str) -> str:
    """no interval, the only interval, two of the six intervals, all six intervals: what opens a clause."""
    if number == 0:
        return f"no {of}"
    if number == total:
        return {1: f"the only {of}", 2: f"both {of}s"}.get(total, f"all {spelt(total)} {of}s")
    return f"{spelt(number)} of the {spelt(total)} {of}s"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def verdicts_found(better: float, worse: float, compared: float) -> str:
    """How many comparisons clearly favour the pilot, and how many the comparison area."""
    if math.isnan(better + worse + compared):
        return "How the comparisons came out cannot be given"
    if not compared:
        return "No comparison can be tested"
    favour = ("favours", "favour")
    said = [
        f"{out_of_them(int(count), int(compared), 'comparison')} clearly {favour[count > 1]} {whom}"
        for count, whom in ((better, "the pilot"), (worse, "the comparison area"))
    ]
    return _first_upper(", ".join(said))


def gained_found(outcomes: Mapping[str, Mapping[str, float]]) -> str:
    """Outcome -> label -> difference: in how many sites the pilot gained on its comparison area."""
    said = []
    for outcome, differences in outcomes.items():
        known = [value for value in differences.values() if not math.isnan(value)]
        gained = sum(direction(value, 1) == UP for value in known)
        said += [f"{in_sites(gained, len(known))} on {outcome}"] if known else []
    return f"Pilots gained on their comparison areas {listed(said)}" if said else "How pilots moved cannot be given"


def methods_found(before: Mapping[str, float], after: Mapping[str, float], what: str) -> str:
    """Label -> benefit: where `what` makes it larger or smaller."""
    ways = {label: CORRECTED[direction(after[label] - value, 1)] for label, value in before.items()}
    total = len(ways)
    return (
        f"{what}, the benefit is {listed([f'{way} {in_sites(len(of), total)}' for way, of in grouped(ways).items()])}"
    )


def assumptions_found(base: float, reached: Mapping[str, Sequence[float]]) -> str:
    """Assumption -> benefits when it is changed: what moves it most, and whether its sign turns."""
    known = {name: [value for value in values if not math.isnan(value)] for name, values in reached.items()}
    width = {name: max(base, *values) - min(base, *values) for name, values in known.items() if values}
    if math.isnan(base) or not width:
        return "The benefit of all sites cannot be given"
    sign = direction(base, 1)
    turned = sum(any(direction(value, 1) != sign for value in known[name]) for name in width)
    stays = f"it stays {SIGNED[sign]} whatever is changed"
    turns = f"its sign turns with {out_of_them(turned, len(width), 'assumption')}"
    return f"The benefit moves most with “{max(width, key=width.get)}”; {turns if turned else stays}"


def intervals_found(intervals: Sequence[tuple[float, float]], opening: str, of: str) -> str:
    """How many of some intervals exclude zero."""
    known = [ends for ends in intervals if not any(map(math.isnan, ends))]
    if not known:
        return f"{opening}, no {of} can be given"
    clear = sum(interval_is(*ends) != CROSSES for ends in known)
    if not clear:
        return (
            f"{opening}, {out_of_them(len(known), len(known), of)} {'include' if len(known) > 1 else 'includes'} zero"
        )
    return f"{opening}, {out_of_them(clear, len(known), of)} {'exclude' if clear > 1 else 'excludes'} zero"


def relabelled_found(hits: Mapping[str, tuple[str, str]]) -> str:
    """Outcome -> in how many of how many ways, as printed, other areas differ as much."""
    said = listed([f"{number} of {ways} ways on {outcome}" for outcome, (number, ways) in hits.items()])
    return f"Other areas differ as much in {said}"


def power_found(chances: Sequence[float]) -> str:
    """Chances (per cent) to find the larger effect: how many are a half or less."""
    known = [chance for chance in chances if not math.isnan(chance)]
    if not known:
        return "The chance to find an effect cannot be given"
    missed = sum(chance <= 50 for chance in known)
    return (
        f"With areas, a large effect would be missed more often than found {in_sites(missed, len(known), 'comparison')}"
    )


def scales_found(scales: Sequence[Sequence[float]]) -> str:
    """The difference on each scale: in how many comparisons all have one sign."""
    signs = [{direction(value, 1) for value in values} for values in scales]
    known = [found for found in signs if UNKNOWN not in found]
    if not known:
        return "The scales cannot be compared"
    same = sum(len(found) == 1 for found in known)
    return f"The sign of the difference is the same on all scales {in_sites(same, len(known), 'comparison')}"


def worth_found(chances: Mapping[str, float]) -> str:
    """Label -> chance (per cent) that benefits exceed costs: where they are more likely than not to."""
    known = {label: chance for label, chance in chances.items() if not math.isnan(chance)}
    if not known:
        return "How likely benefits are to exceed costs cannot be given"
    likely = [label for label, chance in known.items() if chance > 50]
    if not likely:
        return "With areas, benefits are nowhere more likely than not to exceed costs"
    where = f"in {listed(likely)}" if len(likely) < len(known) else in_sites(len(likely), len(known))
    return f"With areas, benefits are more likely than not to exceed costs {where}"


STOOD = {"completed": "completed", "other": "ended otherwise", "still": "still going on", "": "not known"}


def exits_found(ways: Mapping[str, str]) -> str:
    """Group -> how the largest part of its new journeys stands after the longest time."""
    groups = grouped({label: STOOD[way] for label, way in ways.items()})
    said = listed([f"{way} {in_sites(len(of), len(ways), 'group')}" for way, of in groups.items()])
    return f"After the longest time the largest part of new journeys is {said}"


def trend_found(pilot: str, slope: float) -> str:
    """How new journeys in a pilot move, by the straight line through its months."""
    return f"New journeys in {pilot}: the fitted line {TRENDS[direction(slope, 2)]}"


def stayed_found(planned: float, unplanned: float, texts: Sequence[str]) -> str:
    """How clients who completed and those who left otherwise compare, with the printed likelihoods."""
    way = direction(planned - unplanned, 0)
    more = {UP: "more often", DOWN: "less often", FLAT: "as often", UNKNOWN: "in an unknown share"}[way]
    ends = f"({texts[0]} against {texts[1]})"
    return f"Clients stay away from treatment {more} after a planned exit {ends}"
