"""What each site's result says: which way both areas went, and whether the difference can be told from chance.

A verdict goes by what is printed: a difference that prints as 0 is nil, whatever its test says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dscp.measures.registry import MEASURES
from dscp.printing.words import DOWN, FLAT, UNKNOWN, UP, direction

BETTER, WORSE = "better", "worse"  # significant, and the model agrees on the sign
MIXED = "mixed"  # significant, but the model's effect has the other sign
UNCLEAR, NIL, UNTESTED, MISSING = "unclear", "nil", "untested", "missing"


@dataclass(frozen=True)
class SiteResult:
    """A measure in a site: directions of both areas' changes and of their difference, and the verdict."""

    measure: str
    site: str
    label: str
    pilot: str
    comparison: str
    did: str
    verdict: str

    @property
    def decimals(self) -> int:
        """Decimals of the measure's percentages."""
        return MEASURES[self.measure].forms.decimals

    @property
    def p_form(self) -> str:
        """Printed form of the measure's p-value."""
        return MEASURES[self.measure].forms.p

    def change(self, arm: str) -> str:
        """The id of an area's change."""
        return f"{self.measure}.change.{arm}_{self.site.removeprefix('site_')}"

    def rate(self, period: str) -> str:
        """The id of the pilot's rate in a period."""
        return f"{self.measure}.rate.pilot_{self.site.removeprefix('site_')}.{period}"

    def of_site(self, statistic: str) -> str:
        """The id of a statistic of the site: did, p, odds_ratio."""
        return f"{self.measure}.{statistic}.{self.site}"


def verdict(did: float, p: float, odds_up: bool | None, level: float, decimals: int, better: str = UP) -> str:
    """What a difference in differences says.

    Parameters
    ----------
    did : percentage points, nan where it could not be computed
    p : of the test; nan where there is none
    odds_up : whether the effect on the odds, which is what the test is about, is an upward one; None if unknown
    level : of significance
    decimals : of the printed difference
    better : which way is good: "up" or "down", as the measure declares
    """
    way = direction(did, decimals)
    if way == UNKNOWN:
        return MISSING
    if way == FLAT:
        return NIL
    if math.isnan(p):
        return UNTESTED
    if p >= level:
        return UNCLEAR
    if odds_up is not None and odds_up != (way == UP):
        return MIXED
    return BETTER if way == better else WORSE


def odds_up(values: Mapping[str, float], measure: str, site: str) -> bool | None:
    """Whether the tested effect on the odds is upward: of the model, or of the counts where there is no model."""
    for statistic, even in (("odds_ratio", 1), ("log_odds_did", 0)):
        value = values.get(f"{measure}.{statistic}.{site}", math.nan)
        if not math.isnan(value):
            return value > even
    return None


def site_results(
    values: Mapping[str, float], measure: str, sites: Sequence[str], labels: Mapping[str, str], level: float
) -> list[SiteResult]:
    """The results of a measure in the sites named, in their order."""
    decimals, better = MEASURES[measure].forms.decimals, MEASURES[measure].better
    found = []
    for site in sites:
        n = site.removeprefix("site_")
        pilot, comparison, did, p = (
            values[f"{measure}.{part}"]
            for part in (f"change.pilot_{n}", f"change.comparison_{n}", f"did.{site}", f"p.{site}")
        )
        ways = (direction(value, decimals) for value in (pilot, comparison, did))
        said = verdict(did, p, odds_up(values, measure, site), level, decimals, better)
        found.append(SiteResult(measure, site, labels[site], *ways, said))
    return found


def by_pattern(results: Sequence[SiteResult]) -> list[list[SiteResult]]:
    """Results that can be told in one sentence: the same ways in both areas; larger groups first, unknown ones last."""

    def pattern(result: SiteResult) -> tuple:
        if result.pilot == UNKNOWN:
            return (UNKNOWN,)
        alike = result.pilot == result.comparison and result.pilot in (UP, DOWN)
        return (result.pilot, result.comparison, result.did if alike else "")

    groups: dict[tuple, list[SiteResult]] = {}
    for result in results:
        groups.setdefault(pattern(result), []).append(result)
    return sorted(groups.values(), key=lambda group: (group[0].pilot == UNKNOWN, -len(group)))


def with_verdict(results: Sequence[SiteResult], *verdicts: str) -> list[SiteResult]:
    """The results that have one of these verdicts."""
    return [result for result in results if result.verdict in verdicts]
