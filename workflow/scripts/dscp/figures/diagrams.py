"""The diagrams: how the pilots were meant to work, their service models and journeys, and the treatment pathways.

What they show are facts of the evaluation's report (sections named at each function); the designs are new.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from matplotlib.figure import Figure

from dscp.figures.data import FigureData
from dscp.figures.drawing import MUTED, WIDTH, Faces
from dscp.figures.flowchart import CLEAR, OUTSIDE, SOFT, STRONG, Box, Chart
from dscp.study.areas import site_label


def theory_of_change(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """From changed structures to recovery, in five steps (report section 1.4)."""
    steps = [
        ("Structure", ["How treatment is commissioned", "How the system is managed"]),
        ("System", ["How services are organised", "How they work together on the way to recovery"]),
        ("Delivery", ["Access to specialist and mainstream services", "New and better services"]),
        ("First results", ["People engage with treatment", "They stay in it", "Help suits them and works"]),
        ("Final results", ["Recovery", "Reintegration", "Less offending"]),
    ]
    gap, top, high, tall = 7.0, 10.0, 8.0, 64.0
    wide = (WIDTH - gap * (len(steps) - 1)) / len(steps)
    chart = Chart(tall, faces)
    lefts = [i * (wide + gap) for i in range(len(steps))]
    chart.note(0, 1, "What the pilots changed", 3 * wide + 2 * gap, colour=MUTED)
    chart.note(lefts[3], 1, "What that was to bring service users", 2 * wide + gap, colour=MUTED)
    for first, last in ((0, 2), (3, 4)):
        chart.line((lefts[first], top - 2.6), (lefts[last] + wide, top - 2.6), colour=MUTED)
    heads = [chart.box(left, top, wide, high, name, STRONG) for left, (name, _) in zip(lefts, steps, strict=True)]
    for one, next_one in pairwise(heads):
        chart.arrow(one.right, (next_one.x - CLEAR, next_one.left[1]))
    for left, (_, items) in zip(lefts, steps, strict=True):
        chart.box(left, top + high, wide, tall - top - high, look=SOFT)
        room = (tall - top - high - 2) / len(items)
        for i, item in enumerate(items):
            chart.box(left + 1.6, top + high + 2 + i * room, wide - 3.2, room - 2, item)
    return chart.figure


def single_provider(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """One provider for prison and community (report section 2.1)."""
    chart = Chart(80, faces)
    team = chart.box(38, 0, 80, 9, "Drug action team: one contract, one set of targets", STRONG)
    chart.arrow(team.bottom, (78, 15 - CLEAR))
    chart.lane(0, 15, WIDTH, 30, "A single provider")
    prison = chart.box(4, 22, 42, 19, "In prison: counselling, assessment and referral (CARAT)")
    community = chart.box(57, 22, 42, 19, "In the community: the Drug Interventions Programme (DIP)")
    order = chart.box(110, 22, 42, 19, "With a court order: the Drug Rehabilitation Requirement (DRR)")
    _together(chart, prison, community, order)
    _healthcare(chart, 41, 50)
    _custody_to_community(chart, 71)
    return chart.figure


def _together(chart: Chart, *boxes: Box) -> None:
    """Arrows both ways between neighbours."""
    for one, other in pairwise(boxes):
        chart.arrow((one.right[0] + CLEAR, one.right[1]), (other.x - CLEAR, other.left[1]), both=True)


def _healthcare(chart: Chart, above: float, top: float) -> None:
    """What stays outside: clinical treatment in prison, linked to what stands above it."""
    text = "Clinical treatment in prison (IDTS) stays with the prison’s healthcare provider"
    outside = chart.box(4, top, 95, 11, text, OUTSIDE)
    chart.arrow((25, above + CLEAR), (25, outside.y - CLEAR), both=True, dashed=True, colour=MUTED)


def _custody_to_community(chart: Chart, top: float) -> None:
    """The service user's way along the bottom of a chart."""
    custody, community = (
        chart.box(x, top, w, 8, name, SOFT) for x, w, name in ((4, 42, "Custody"), (57, 95, "Community"))
    )
    chart.arrow(custody.right, (community.x - CLEAR, community.left[1]))
    chart.note(51.5, top - 0.6, "release", 11, align="center", colour=MUTED)
    chart.note(4, top - 4.4, "The service user", 42, colour=MUTED)


def consortium(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """Several providers that act as one (report section 2.2)."""
    chart = Chart(89, faces)
    team = chart.box(38, 0, 80, 9, "Drug action team: manages the system as a whole", STRONG)
    chart.arrow(team.bottom, (78, 15 - CLEAR))
    chart.lane(0, 15, WIDTH, 43, "A consortium: bound by a working agreement, or led by one of its providers")
    prison = chart.box(4, 23, 42, 20, "A provider in prison: counselling, assessment and referral (CARAT)")
    community = chart.box(57, 23, 42, 20, "A provider in the community: the Drug Interventions Programme (DIP)")
    others = chart.box(110, 23, 42, 20, "Other providers of treatment in the area")
    _together(chart, prison, community, others)
    chart.box(4, 45, 148, 9, "Common aims and meetings; information is shared; each answers to the others for results")
    _healthcare(chart, 54, 63)
    _custody_to_community(chart, 80.5)
    return chart.figure


def self_directed_support(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """From referral to review, and where the two sites that tried it differed (report section 4.1)."""
    first, second = (site_label(config["sites"], name) for name in ("site_1", "site_7"))
    steps = [
        ("Referral", "The care coordinator proposes people from the caseload"),
        ("Assessment", "Needs in all parts of life, on top of the standard assessment"),
        ("Money", "A weekly sum that goes by need, in bands", "One flat sum for each person"),
        ("Plan", "Service user and care coordinator choose services and write them into the care plan"),
        ("Approval", "A panel, which also spreads what is learnt", "The line manager"),
        ("Service", "A broker finds the service and sees to the bill", "The care coordinator finds the service"),
        ("Review", "Regular reviews, then a new assessment of need", "Regular reviews; what is left may be spent"),
    ]
    high, gap, top, left = 9.0, 4.0, 6.0, 34.0
    wide = (WIDTH - left - 12 - 4) / 2
    chart = Chart(top + len(steps) * (high + gap) - gap + 0.5, faces)
    for x, label in ((left, first), (left + wide + 4, second)):
        chart.note(x + wide / 2, 1, label, wide, align="center", bold=True)
    stages = []
    for i, (name, *ways) in enumerate(steps):
        y = top + i * (high + gap)
        stages.append(chart.box(0, y, 26, high, name, STRONG))
        for x, width, way in _columns(ways, left, wide):
            chart.box(x, y, width, high, way)
        chart.line(stages[-1].right, (left, stages[-1].right[1]), colour=MUTED)
    for one, next_one in pairwise(stages):
        chart.arrow(one.bottom, (13, next_one.y - CLEAR))
    edge, back = left + 2 * wide + 4, stages[3]
    far = WIDTH - 4
    chart.arrow(
        (edge, stages[-1].right[1]),
        (far, stages[-1].right[1]),
        (far, back.right[1]),
        (edge + CLEAR, back.right[1]),
        dashed=True,
        colour=MUTED,
    )
    return chart.figure


def _columns(ways: list[str], left: float, wide: float) -> list[tuple[float, float, str]]:
    """Where the texts of a step stand: one across both columns, or one in each."""
    if len(ways) == 1:
        return [(left, 2 * wide + 4, ways[0])]
    return [(left + i * (wide + 4), wide, way) for i, way in enumerate(ways)]


def single_assessment(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """One door for all, and from there to treatment and to everyday services (report section 4.2)."""
    chart = Chart(92, faces)
    referred = chart.box(0, 14, 32, 19, "Referral: doctors, mental health teams, drug services")
    own = chart.box(0, 44, 32, 19, "Self-referral: people who come by themselves")
    chart.lane(42, 4, 62, 72, "Single point of assessment")
    triage = chart.box(46, 11, 54, 13, "Triage: urgent cases get the first appointments")
    assessed = chart.box(46, 31, 54, 16, "One assessment of drug use, health and social needs, by staff of no provider")
    planned = chart.box(46, 54, 54, 17, "A care plan with the service user, and referral to whatever suits best")
    treatment = chart.box(118, 14, 38, 19, "Drug treatment; its provider takes over the case")
    mainstream = chart.box(118, 44, 38, 19, "Housing, work and training, benefits, counselling")
    for door in (referred, own):
        way = (37, door.right[1]), (37, triage.left[1]), (triage.x - CLEAR, triage.left[1])
        chart.arrow(door.right, *way)
    chart.arrow(triage.bottom, (73, assessed.y - CLEAR))
    chart.arrow(assessed.bottom, (73, planned.y - CLEAR))
    for goal in (treatment, mainstream):
        chart.arrow(planned.right, (111, planned.right[1]), (111, goal.left[1]), (goal.x - CLEAR, goal.left[1]))
    chart.arrow((137, 33), (137, 44 - CLEAR), both=True, colour=MUTED)
    chart.arrow((137, 63), (137, 83.5), (73, 83.5), (73, 76 + CLEAR), dashed=True, colour=MUTED)
    chart.note(104, 85, "back at any time, sent or by oneself", 60, align="center", colour=MUTED)
    return chart.figure


def treatment_pathways(data: FigureData, config: Mapping, faces: Faces) -> Figure:
    """From drug use to recovery or relapse, and how likely each end is (report Appendix C1)."""
    chart = Chart(88, faces)
    user = chart.box(0, 33, 24, 15, "Problem drug user")
    journey = chart.box(38, 19, 26, 15, "New treatment journey")
    none = chart.box(38, 72, 26, 15, "Not in treatment", STRONG)
    completed = chart.box(84, 8, 28, 15, "Successful completion")
    left = chart.box(84, 45, 28, 15, "Unplanned exit")
    ends = [chart.box(128, y, 28, 12, name, STRONG) for y, name in _ends()]
    _branch(chart, user, journey, none, bend=31)
    _branch(chart, journey, completed, left, bend=71)
    _branch(chart, completed, ends[0], ends[1], bend=120)
    _branch(chart, left, ends[2], ends[3], bend=120)
    chart.note(66, 2, "effective, then completed", 34, colour=MUTED)
    chart.note(66, 61.5, "not effective, or effective and broken off", 34, colour=MUTED)
    for name, end in (("planned", ends[0]), ("unplanned", ends[2])):
        chart.note(end.x - 1.5, end.y + 0.4, data.at(name, "likelihood").text, 20, align="right", bold=True)
    for end in (ends[1], ends[3]):
        chart.note(end.x - 1.5, end.y + 7.6, "the rest", 20, align="right", colour=MUTED)
    return chart.figure


def _ends() -> list[tuple[float, str]]:
    return [(1, "Stays abstinent"), (18, "Comes back"), (38, "Recovers"), (55, "Comes back")]


def _branch(chart: Chart, start: Box, upper: Box, lower: Box, bend: float) -> None:
    """Arrows from one box to two, over a common bend."""
    for goal in (upper, lower):
        chart.arrow(start.right, (bend, start.right[1]), (bend, goal.left[1]), (goal.x - CLEAR, goal.left[1]))
