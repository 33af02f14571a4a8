"""What each site's result says: which way both areas went, and whether the difference can be told from chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dscp.measures.registry import MEASURES
from dscp.measures.verdicts import verdict_of
from dscp.printing.words import DOWN, UNKNOWN, UP, direction


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


def site_results(
    values: Mapping[str, float], measure: str, sites: Sequence[str], labels: Mapping[str, str], level: float
) -> list[SiteResult]:
    """The results of a measure in the sites named, in their order."""
    decimals, found = MEASURES[measure].forms.decimals, []
    for site in sites:
        n = site.removeprefix("site_")
        parts = (f"change.pilot_{n}", f"change.comparison_{n}", f"did.{site}")
        ways = (direction(values[f"{measure}.{part}"], decimals) for part in parts)
        found.append(SiteResult(measure, site, labels[site], *ways, verdict_of(values, measure, site, level)))
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
