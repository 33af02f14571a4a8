"""What a study can have: the extracts and measures that rules, exhibits and chapters need, and which of them it lacks.

A need is the name of an extract, of a measure or of a rule. Whoever plans a run asks: nothing large is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dscp.extracts.registry import EXTRACTS
from dscp.measures.registry import DEFAULT, FOLLOWED, MEASURES, POOLED, unasked
from dscp.printing.words import listed
from dscp.study.kinds import under_a_policy
from dscp.study.reports import AREA_STUDY, COUNTS, EVALUATION, OF_COUNTS, PROFILE, report_of


@dataclass(frozen=True)
class Needs:
    """What a rule needs: all of some extracts or measures, or at least one of them.

    `open` : it makes more small counts than a disclosure policy could let through, so that there is to be none
    `report` : the kind of report that it is for
    """

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    open: bool = False
    report: str = EVALUATION.name


def _derived_by(rule: str) -> tuple[str, ...]:
    return tuple(name for name, one in MEASURES.items() if one.cohort.rule == rule and one.of_its_own)


GENERATED = "{id}"  # in the place of an id: its generator makes it, of what the study has
OPEN = "without a disclosure policy"
ELSEWHERE = "of another report"
VALUED = Needs(all_of=("effective_treatment", "completion_of_treated", "pilot_spending"))
RULES: Mapping[str, Needs] = {  # in the order in which they run
    "fieldwork": Needs(all_of=("fieldwork",)),
    "outcomes": Needs(any_of=_derived_by("outcomes")),
    "continuity": Needs(any_of=_derived_by("continuity")),
    "flows": Needs(all_of=("journeys",), open=True),
    "impact": Needs(any_of=tuple(MEASURES)),
    "case_mix": Needs(any_of=tuple(name for name, one in MEASURES.items() if one.model), open=True),
    "varied": Needs(any_of=tuple(name for name, one in MEASURES.items() if one.outcome), open=True),
    "evidence": Needs(any_of=tuple(one.name for one in POOLED)),
    "over_time": Needs(all_of=(FOLLOWED,), open=True),
    "follow_up": Needs(all_of=("journeys",), open=True),
    "spending": Needs(any_of=("pilot_spending", "treatment_budgets", "budget_shares")),
    "new_journeys": Needs(any_of=("new_journeys_yearly", "new_journeys_monthly")),
    "unit_values": Needs(),
    "benefits": VALUED,
    "sensitivity": VALUED,
    "scenarios": VALUED,
    "uncertainty": VALUED,
    "partnership": Needs(all_of=("journeys",), report=PROFILE.name),
    "in_detail": Needs(all_of=("journeys",), open=True, report=PROFILE.name),
    "treatment_outcomes": Needs(all_of=("journeys", "outcome_forms"), open=True, report=PROFILE.name),
    "published": Needs(all_of=(COUNTS,), report=OF_COUNTS.name),
    "against_others": Needs(all_of=("area_coverage",), report=AREA_STUDY.name),
}
# First part of an id -> what it needs; the ids of a measure start with its name.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in MEASURES},
    "evidence": ("evidence",),
    "over_time": ("over_time",),
    "follow_up": ("follow_up",),
    "fieldwork": ("fieldwork",),
    "spending": ("pilot_spending",),
    "spending_item": ("pilot_spending",),
    "cost": ("pilot_spending",),
    "budget": ("treatment_budgets",),
    "budget_share": ("budget_shares",),
    "new_journeys": ("new_journeys_yearly",),
    "new_journeys_monthly": ("new_journeys_monthly",),
    "case_mix": ("case_mix",),
    "flows": ("flows",),
    "cases": (),
    "varied": ("varied",),
    "additional": ("benefits",),
    "benefit": ("benefits",),
    "sensitivity": ("sensitivity",),
    "scenarios": ("scenarios",),
    "uncertainty": ("uncertainty",),
    "partnership": ("partnership",),
    "in_detail": ("in_detail",),
    "treatment_outcomes": ("treatment_outcomes",),
    "published": ("published",),
    "against_others": ("against_others",),
    "review": ("in_detail",),
    "unit_value": (),
    "steps": (),
    "constant": (),
    "setting": (),
}


def lacking(needs: Iterable[str], config: Mapping) -> list[str]:
    """The extracts that a study has not, and the measures that it does not ask for, of what is needed.

    Parameters
    ----------
    needs : names of extracts, measures or rules
    config : the study: extracts, the measures that it asks for, and its disclosure policy

    Raises
    ------
    ValueError
        A name that is none of these.
    """
    return list(dict.fromkeys(one for name in needs for one in _lacking(name, config)))


def _lacking(name: str, config: Mapping) -> list[str]:
    if name in EXTRACTS:
        return [] if name in config["extracts"] else [name]
    if name in MEASURES:
        asked = config.get("measures", DEFAULT)
        return [*lacking(MEASURES[name].reads, config), *unasked(name, asked)] if name in asked else [name]
    if name not in RULES:
        raise ValueError(f"need {name!r}: there is no such extract, measure or rule")
    some = [lacking([one], config) for one in RULES[name].any_of]
    closed = [OPEN] if RULES[name].open and under_a_policy(config) else []
    other = [ELSEWHERE] if RULES[name].report != report_of(config).name else []
    lacks = (one for lacks in some if all(some) for one in lacks)
    return [*lacking(RULES[name].all_of, config), *lacks, *closed, *other]


def without(lacks: Sequence[str], so: str) -> str:
    """A sentence on what a study lacks and what follows: This study has no extract of spending, so costs are left out.

    `so` : what follows, in words; nothing is said where nothing is lacking
    """
    if not lacks:
        return ""
    absent = [EXTRACTS[one].says for one in lacks if one in EXTRACTS]
    unasked = [MEASURES[one].label for one in lacks if one in MEASURES]
    told = [f"has no {'extract' if len(absent) == 1 else 'extracts'} of {listed(absent)}"] if absent else []
    told += [f"does not ask for {listed(unasked)}"] if unasked else []
    told += ["has a disclosure policy, and there would be many small counts"] if OPEN in lacks else []
    return f"This study {' and '.join(told)}, so {so}."


def needs_of(declaration: Mapping) -> list[str]:
    """What a table or figure needs: what it says itself, and what the ids of its cells do.

    Parameters
    ----------
    declaration : its entry in exhibits.yaml, or the table of one in figures.yaml

    Raises
    ------
    ValueError
        An id of a family that is not declared.
    """
    found = list(declaration.get("needs", []))
    measures = set(_under(declaration, "measure"))
    patterns = [*_under(declaration, "id"), *_under(declaration, "id_like")]
    for pattern in (one for one in patterns if one != GENERATED):
        family = pattern.partition(".")[0]
        for name in sorted(measures) if family == "{measure}" else [family]:
            if name not in FAMILIES:
                raise ValueError(f"id {pattern!r}: a family that no rule writes, allowed: {', '.join(FAMILIES)}")
            found += FAMILIES[name]
    return list(dict.fromkeys(found))


def _under(node: object, key: str) -> Iterator[str]:
    """The texts under a key, anywhere in a declaration."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name == key and isinstance(value, str):
                yield value
            yield from _under(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from _under(item, key)
