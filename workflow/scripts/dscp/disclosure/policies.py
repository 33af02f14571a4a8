"""The disclosure policies that a study may name: what each lets through of counts of people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """What may be published: counts from 1 to less than `smallest` may not; the others are rounded to `base`.

    `smallest` is also how many values a withheld count must be able to have for whoever reads all that is published.
    """

    name: str
    smallest: int = 0
    base: int = 1

    def numbers(self) -> dict[str, int]:
        """The numbers that the policy sets, by name."""
        found = {"smallest": self.smallest} if self.smallest else {}
        return {**found, "base": self.base} if self.base > 1 else found


NONE = Policy("none")
POLICIES = {
    policy.name: policy
    for policy in (
        NONE,
        Policy("suppress_below_5", smallest=5),
        Policy("round_to_5", base=5),
        Policy("suppress_below_8_round_to_5", smallest=8, base=5),
        Policy("minimum_10", smallest=10),
    )
}
