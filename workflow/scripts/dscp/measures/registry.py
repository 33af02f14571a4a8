"""Every measure that can be computed: the modules of measures/catalogue, each of which declares one."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterable
from importlib import import_module

from dscp.extracts.registry import EXTRACTS
from dscp.measures import catalogue
from dscp.measures.types import Cohort, Measure


def declared() -> dict[str, Measure]:
    """Name -> declaration, in the order of the names.

    Raises
    ------
    ValueError
        A declaration under another name than its file's; one that reads an extract that is not declared, or counts what
        no measure counts; two cohorts that count the same records, or one family with two cohorts.
    """
    names = [found.name for found in pkgutil.iter_modules(catalogue.__path__)]
    known = {name: import_module(f"{catalogue.__name__}.{name}").MEASURE for name in names}
    for name, measure in known.items():
        if measure.name != name:
            raise ValueError(f"measure {name}: declares {measure.name}, allowed: the name of its file")
    for name, measure in known.items():
        if unknown := sorted(set(measure.reads) - EXTRACTS.keys()):
            raise ValueError(f"measure {name}: there is no extract {unknown[0]}, allowed: {', '.join(EXTRACTS)}")
        if measure.counted not in known:
            raise ValueError(f"measure {name}: there is no measure {measure.counted} to count")
    _one_id_per_cohort(measure.cohort for measure in known.values())
    return known


def _one_id_per_cohort(cohorts: Iterable[Cohort]) -> None:
    families: dict[str, str] = {}
    keys: dict[str, str] = {}
    for cohort in cohorts:
        if keys.setdefault(cohort.family, cohort.key) != cohort.key:
            raise ValueError(f"cohort {cohort.family}: declared twice with other members, allowed: one family a cohort")
        if (other := families.setdefault(cohort.key, cohort.family)) != cohort.family:
            raise ValueError(f"cohort {cohort.family}: counts whom {other} counts, allowed: one cohort, declared once")


MEASURES = declared()
MEMBERS = {  # rule -> the members of what it counts
    "outcomes": "outcomes.parquet",
    "continuity": "referrals.parquet",
    "partnership": "partnership.parquet",
}
DEFAULT = [name for name, measure in MEASURES.items() if measure.exhibit]
TOLD = sorted(
    (one for one in MEASURES.values() if one.exhibit and one.tested), key=lambda one: one.table
)  # in sentences
POOLED = sorted(
    (one for one in MEASURES.values() if one.exhibit and one.cohort.rule == "outcomes"), key=lambda one: one.table
)  # whose pairs of areas Appendix F takes together
FOLLOWED = "successful_completion"  # the measure that Appendix F follows by quarter
BINS = 13  # of the differences between relabelled areas, the middle one around nought


def chosen(names: Collection[str], extracts: Collection[str], rule: str = "") -> list[Measure]:
    """The measures of a study that can be computed, in the order named: it has their extracts, and whom they count.

    Parameters
    ----------
    names : of the measures, as in the config
    extracts : those that the study has
    rule : only those whose cohort this rule derives
    """
    wanted = (MEASURES[name] for name in names)
    known = (one for one in wanted if set(one.reads) <= set(extracts) and not unasked(one.name, names))
    return [one for one in known if rule in ("", one.cohort.rule)]


def unasked(name: str, names: Collection[str]) -> list[str]:
    """What is lacking of the measures whose count and base a measure takes: none for one with clients of its own.

    Parameters
    ----------
    names : of the measures that a study asks for
    """
    measure = MEASURES[name]
    alike = (one for one in MEASURES.values() if one.of_its_own and one.cohort.family == measure.cohort.family)
    either = [[name]] if measure.of_its_own else [[measure.counted], [one.name for one in alike]]
    return [some[0] for some in either if set(names).isdisjoint(some)]
