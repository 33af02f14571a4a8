"""The disclosure policies that a study may name: what each lets through of counts of people."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dscp.ledger.expressions import round_half_up

MEANINGS = {  # of the numbers that a policy sets
    "smallest": "smallest count of people that may be published",
    "base": "counts of people are rounded to multiples of this",
    "cases_per_parameter": "fewest people for each parameter of a model that is published",
}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What may be published of counts of people. No field has a default.

    Attributes
    ----------
    name : as in the config
    says : what it does, for the settings page
    smallest : counts from 1 to less than this may not be published; it is also how many values a withheld count must
        be able to have for whoever reads all that is published. 0 where nothing is withheld for being small
    base : the others are rounded to the nearest multiple of this; 1 where they are not
    model_digits : the most significant digits of what a model says of people; 0 where it is not cut
    cases_per_parameter : what a model says of fewer people than this for each of its parameters is withheld; of a
        characteristic, categories of fewer are pooled with the largest
    all_or_none : whether a count is withheld, too, if nobody or everybody of a base has the outcome. Where counts are
        rounded and none is withheld for being small, rounding alone leaves that open
    """

    name: str
    says: str
    smallest: int
    base: int
    model_digits: int
    cases_per_parameter: int
    all_or_none: bool

    def numbers(self) -> dict[str, int]:
        """The numbers that the policy sets, by name."""
        found = {"smallest": self.smallest} if self.smallest else {}
        found |= {"base": self.base} if self.base > 1 else {}
        return found | ({"cases_per_parameter": self.cases_per_parameter} if self.cases_per_parameter else {})

    def rounded(self, count: float) -> float:
        """A count of people as it is published if it is not withheld; nan stays nan."""
        return count if math.isnan(count) else self.base * round_half_up(count / self.base)

    def ends(self, value: float) -> tuple[int, int]:
        """The smallest and largest whole number that is published as a value: those that round to it, no small one."""
        slack = self.base // 2
        rounding = range(max(0, round(value) - slack), round(value) + slack + 1)
        found = [count for count in rounding if count == 0 or count >= self.smallest]
        return (found[0], found[-1]) if found else (rounding[0], rounding[-1])


NONE = Policy(
    name="none",
    says="every count as it is",
    smallest=0,
    base=1,
    model_digits=0,
    cases_per_parameter=0,
    all_or_none=False,
)
CASES = (
    10  # ASSUME as many cases per parameter as a logistic model needs to be sound; with fewer, single clients move it
)
ALL_OR_NONE = True  # ASSUME that nobody or everybody of a base has the outcome says something of each of its members
DECLARED = [
    NONE,
    Policy(
        name="suppress_below_5",
        says="counts below 5 withheld",
        smallest=5,
        base=1,
        model_digits=4,
        cases_per_parameter=CASES,
        all_or_none=ALL_OR_NONE,
    ),
    Policy(
        name="round_to_5",
        says="counts rounded to 5",
        smallest=0,
        base=5,
        model_digits=3,
        cases_per_parameter=CASES,
        all_or_none=ALL_OR_NONE,
    ),
    Policy(
        name="suppress_below_8_round_to_5",
        says="counts below 8 withheld, the others rounded to 5",
        smallest=8,
        base=5,
        model_digits=3,
        cases_per_parameter=CASES,
        all_or_none=ALL_OR_NONE,
    ),
    Policy(
        name="minimum_10",
        says="counts below 10 withheld",
        smallest=10,
        base=1,
        model_digits=4,
        cases_per_parameter=CASES,
        all_or_none=ALL_OR_NONE,
    ),
]
POLICIES = {policy.name: policy for policy in DECLARED}
