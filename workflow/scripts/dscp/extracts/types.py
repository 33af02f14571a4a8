"""What is declared of an extract. No field that decides safety or meaning has a default.

Whoever plans a run reads the declarations: what these import at the top costs every job, so pandas, pandera and DuckDB
are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from dscp.extracts.checks import Extract, RowCheck

WITH = "with_"  # before the name of an extract, in the ids of numbers of records whose client is in it, too


class About(StrEnum):
    """What a row of an extract is of, or what the number in it counts. Counts of people are protected."""

    PEOPLE = "people"
    EVENTS = "events"
    MONEY = "money"
    AREAS = "areas"


@dataclass(frozen=True)
class Allowed:
    """What a column may hold: in words ("" where its kind says enough), as a test of values, as SQL on `{column}`.

    `error` is what a value that fails the test is told, by default the words. `called` : what stands for a value in the
    study's files -> that value.
    """

    text: str
    test: Callable[[pd.Series], pd.Series]
    sql: str = ""
    error: str = ""
    called: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What the columns need of the study: its code lists, its sites and areas with what the study calls them, and the
    last day that a date may have."""

    codes: dict[str, Any]
    sites: Mapping[str, str]
    areas: Mapping[str, str]
    today: date


Rule = Callable[[Limits], Allowed]


@dataclass(frozen=True)
class Column:
    """A column of an extract.

    Attributes
    ----------
    name : as the product calls it
    kind : a key of `columns.KINDS`: how a cell becomes typed
    says : what it holds, for the data dictionary
    rules : what it may hold beyond its kind
    aliases : other headers that it may stand under
    missing : "fault", "information" (counted and named) or "fine" (counted)
    bad : "fault", or "information" where a value that is not allowed is treated as missing
    optional : the header may lack it
    effect : what is made of a missing value, in words
    codes : code -> what it means, where the codes are fixed
    words : what a code of the list is called, as pairs of code and words
    words_with : the code list of the config with which the words hold; empty where they hold with any
    code_list : path in the config of the code list, where they are not
    recorded : the column of the day on which a code is recorded, where it is not that of the extract's coverage
    of_areas : "dats" or "prisons", where its codes are those by which the config names the areas' places
    hidden : it helps to tell who a client is: no message shows a character of it, and no config translates it
    """

    name: str
    kind: str
    says: str
    rules: tuple[Rule, ...] = ()
    aliases: tuple[str, ...] = ()
    missing: Literal["fault", "information", "fine"] = "fault"
    bad: Literal["fault", "information"] = "fault"
    optional: bool = False
    effect: str = ""
    codes: Mapping[str, str] | None = None
    words: tuple[tuple[str, str], ...] = ()
    words_with: tuple[int, ...] = ()
    code_list: str = ""
    recorded: str = ""
    of_areas: Literal["", "dats", "prisons"] = ""
    hidden: bool = False


@dataclass(frozen=True)
class Link:
    """A column whose values are those of another extract's column: where none is found there, the two do not belong
    together, and every rule that joins them would count nobody."""

    column: str
    to: str
    to_column: str


@dataclass(frozen=True)
class Coverage:
    """Where and when the rows of an extract are looked for: in every place of the study, in every month of its periods.

    Attributes
    ----------
    place, day : columns
    window : of the config's periods, by which the rows are counted
    of_prisons : whether only areas are expected whose pick-ups from prison are counted
    """

    place: str
    day: str
    window: str
    of_prisons: bool


@dataclass(frozen=True)
class Sample:
    """What a made-up extract is drawn for.

    Attributes
    ----------
    config : the study
    rng : source of the random numbers
    size : about how many journeys; other extracts have as many rows as go with them
    drawn : the extracts drawn before, by name
    """

    config: Mapping
    rng: np.random.Generator
    size: int
    drawn: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Apart:
    """Numbers of an extract that are about something else than the others: those with some values in a column.

    The column is a dim of the ledger's rows (`group`): a quantity that does not say which value it has is about what
    the extract is about.
    """

    column: str
    having: tuple[str, ...]
    about: About


@dataclass(frozen=True, kw_only=True)
class ExtractType:
    """An extract: everything that differs from one to another.

    Attributes
    ----------
    name : its key in the config
    about : what its rows are of, or the numbers in them
    row_is : "one" where a row is of one client; "several" where it holds a number
    says : what it is called in documents
    row_says : what a row is, in words
    protection : why its counts are protected by a disclosure policy, or why they need not be, for Appendix B5
    apart : which of its numbers are about something else, or None
    columns : in the order of the file
    key : columns that no two rows may share; none where rows may repeat
    event : columns in which no two rows say the same, whatever their number; the later one is left out
    coverage : where and when rows are expected, or None
    person : the column that tells clients apart, or None
    links : to other extracts
    row_checks, checks : within a row, and between rows or against the study
    sample : draws a made-up extract; its values mean nothing
    makes : the extract that is made from it, in whose place a study has it; "" where measures read it themselves
    leaves_out : which records are none for the study, told before anything else is checked
    families : of a wide table, whose optional columns may stand in any of its files, beginnings of the names of
        columns that are known and not read; none where every column is declared
    """

    name: str
    about: About
    row_is: Literal["one", "several"]
    says: str
    row_says: str
    protection: str
    apart: Apart | None
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event: tuple[str, ...]
    coverage: Coverage | None
    person: str | None
    links: tuple[Link, ...]
    row_checks: tuple[RowCheck, ...]
    checks: tuple[Callable[[Extract], list], ...]
    sample: Callable[[Sample], pd.DataFrame]
    makes: str
    leaves_out: tuple[Callable[[Extract], list], ...]
    families: tuple[str, ...]

    def __post_init__(self) -> None:
        """A declaration that contradicts itself does not load."""
        names = {column.name for column in self.columns}
        of_apart = [self.apart.column] if self.apart else []
        of_coverage = [self.coverage.place, self.coverage.day] if self.coverage else []
        named = {
            *self.key,
            *self.event,
            *of_coverage,
            *of_apart,
            *([self.person] if self.person else []),
            *(link.column for link in self.links),
            *(column.recorded for column in self.columns if column.recorded),
        }
        if unknown := sorted(named - names):
            raise ValueError(f"extract {self.name}: no column {unknown[0]}, allowed: {', '.join(sorted(names))}")
        if not isinstance(self.about, About):
            raise ValueError(f"extract {self.name}: about {self.about!r}, allowed: {', '.join(map(str, About))}")
        if not self.protection:
            raise ValueError(f"extract {self.name}: protection is empty, allowed: why its counts are protected or not")
        told = self.person or any(column.hidden for column in self.columns)
        if self.row_is == "one" and not (told and self.about is About.PEOPLE):
            raise ValueError(f"extract {self.name}: a row of one client is about people and has a column of persons")

    def about_of(self, dims: Mapping[str, str]) -> About:
        """What a number is about that is read from its rows: by the values that make up its id, name -> value."""
        if self.apart and dims.get(self.apart.column) in self.apart.having:
            return self.apart.about
        return self.about

    @property
    def fate(self) -> str:
        """What a disclosure policy does with its counts, in words."""
        if self.about is not About.PEOPLE:
            return "not protected"
        if self.apart is None:
            return "protected"
        return f"protected, but for {self.apart.column} {', '.join(self.apart.having)}".replace("_", " ")

    @property
    def rows_about(self) -> About:
        """What the number of its rows counts: clients or their records, or areas where a row holds a number."""
        return self.about if self.row_is == "one" else About.AREAS
