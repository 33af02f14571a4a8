"""What is declared of a measure: whom it counts, what makes a success, and how it is printed and told.

No field that decides safety or meaning has a default. Whoever plans a run reads the declarations: they import nothing
large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dscp.extracts.types import WITH
from dscp.ledger.ids import digest

AMONG = "/"  # between the key of a cohort and what its members have: of whom, which


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step on the way from the rows of an extract to the members of a cohort: those that are left after it.

    Cohorts that begin in the same way share steps, and each step has one id.

    Attributes
    ----------
    name : what it is called in ids
    of : whose step it is: the extract where all its cohorts share it, else the family of the cohort
    sql : one row (area, period) for each that is left; of the first step, before any period, one row (area)
    words : template: who is left, with {label} of the area and {period}
    less : whom it leaves out, as a table says it; of the first step what it leaves
    settings : template: paths in the config of what decides who is left
    """

    name: str
    of: str
    sql: str
    words: str
    less: str
    settings: str

    @property
    def first(self) -> bool:
        """Whether it comes before any period: the rows of the extract that are of an area."""
        return self.name == IN_FILE

    @property
    def kept(self) -> str:
        """The pattern of the id of those that are left."""
        return f"cases.{IN_FILE}.{{of}}.{{area}}" if self.first else "cases.kept.{step}.{of}.{area}.{period}"

    @property
    def left(self) -> str:
        """The same of this step, with area and period alone open."""
        return in_step(self.kept, self.name, self.of)


def in_step(pattern: str, step: str, of: str) -> str:
    """A pattern of ids of a step, with area and period alone open."""
    return pattern.replace("{step}", step).replace("{of}", of)


IN_FILE, COUNTED = "in_file", "counted"  # the first step of a cohort, and what follows its last one
LEFT_OUT = "cases.left_out.{step}.{of}.{area}.{period}"


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Whom a base counts. Measures that count the same clients share one cohort, and its base has one id.

    Attributes
    ----------
    family : its base stands at {family}.base.{area}.{period}
    rule : which rule derives it, and with it which tables its SQL may use
    reads : the extracts that its members are counted in, the one whose rows are counted first
    window : of the config's periods: outcomes, referrals or triage_quarters
    sql : one row per member, area and period (site, arm, area, period, file, line and what the outcome is told from);
        of an extract whose rows hold numbers one row per area and period with base and count
    words : template: who is counted, with {label} of the area and {period}
    settings : template: paths in the config of what decides who is counted
    steps : on the way from the rows of the extract to its members, the rows of an area first
    less : whom the last step leaves that are no members, as a table says it; "" where rows hold numbers
    """

    family: str
    rule: Literal["outcomes", "continuity"]
    reads: tuple[str, ...]
    window: Literal["outcomes", "referrals", "triage_quarters"]
    sql: str
    words: str
    settings: str
    steps: tuple[Step, ...]
    less: str

    @property
    def key(self) -> str:
        """What tells this cohort from another: two with the same key count the same records."""
        return digest(*self.reads, self.window, " ".join(self.sql.split()))

    @property
    def base(self) -> str:
        """The pattern of the id of its base."""
        return f"{self.family}.base.{{area}}.{{period}}"

    def linked(self, other: str) -> str:
        """The pattern of the id of its members whose client is in another extract."""
        return f"{self.family}.{WITH}{other}.{{area}}.{{period}}"


@dataclass(frozen=True)
class Model:
    """The adjusted model of a measure.

    Attributes
    ----------
    characteristics : the extract that these come from
    covariates : the list in the config's models: "treatment" for treatment_covariates
    settings : paths in the config of code lists that its characteristics alone use
    """

    characteristics: str
    covariates: str
    settings: str


@dataclass(frozen=True)
class Forms:
    """How the measure's numbers are printed: names of printed forms, and the decimals of its percentages."""

    rate: str
    points: str
    p: str
    decimals: int


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure: a share of a cohort, compared between areas and periods.

    Attributes
    ----------
    name : as in ids and in the config
    label, in_text : what it is called in tables, and in figures and sentences
    base_head, rate_head : heads of its columns
    cohort : among whom
    outcome : SQL on a member's row: whether there is success; "" where the cohort's rows hold the count
    counted : the measure whose count this one takes; its own, as a rule
    also_reads : extracts that the outcome is told from besides those of the cohort
    words : template: who is counted, as the cohort's words
    settings : template: paths in the config of what decides who is counted
    better : which way is good
    forms : how its numbers are printed
    model : None where no characteristics are known
    tested : whether differences are tested
    only : for which sites of the config there is such a thing
    source : where the report defines it
    table : the number of its first table in the report; "" where it stands in one that is made from this declaration
    says : what the generated table says of it, in the language of templates/exhibits.yaml
    """

    name: str
    label: str
    in_text: str
    base_head: str
    rate_head: str
    cohort: Cohort
    outcome: str
    counted: str
    also_reads: tuple[str, ...]
    words: str
    settings: str
    better: Literal["up", "down"]
    forms: Forms
    model: Model | None
    tested: bool
    only: Callable[[Mapping], bool]
    source: str
    table: str
    says: str

    @property
    def reads(self) -> tuple[str, ...]:
        """Every extract that it needs."""
        of_model = [self.model.characteristics] if self.model else []
        return tuple(dict.fromkeys([*self.cohort.reads, *self.also_reads, *of_model]))

    @property
    def exhibit(self) -> bool:
        """Whether the report has a table that is written for it."""
        return bool(self.table)

    @property
    def of_its_own(self) -> bool:
        """Whether its count is its own."""
        return self.counted == self.name

    @property
    def count(self) -> str:
        """The pattern of the id of its count."""
        return f"{self.counted}.count.{{area}}.{{period}}"

    @property
    def key(self) -> str:
        """Whom its count counts: those of its cohort with the outcome."""
        return f"{self.cohort.key}{AMONG}{digest(' '.join(self.outcome.split()))}"


def every_site(site: Mapping) -> bool:
    """A measure that every site has."""
    return True
