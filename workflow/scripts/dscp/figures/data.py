"""The study's figures: which there are, what is declared of each, and the numbers that a data figure is drawn from.

Figures are declared in templates/figures.yaml. The numbers of a figure are declared as a table, in the language of
exhibits.yaml; drawing, table and cells.csv are made from the same cells, so that they cannot differ.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dscp.exhibits.book import shown
from dscp.exhibits.declared import Exhibit, cells, generated, resolve
from dscp.figures.numbers import wanted
from dscp.ledger.withheld import WITHHELD_SIGN
from dscp.printing.forms import NOT_COMPUTED


@dataclass(frozen=True)
class Datum:
    """A number of a figure: its quantity, its value in the unit that it is printed in, and its printed form."""

    id: str
    value: float
    text: str

    @property
    def known(self) -> bool:
        """Whether it could be computed."""
        return not math.isnan(self.value)


@dataclass(frozen=True)
class Planned:
    """A figure of this study: its number, its declaration, the variables of its texts, the table of its numbers."""

    number: str
    declaration: Mapping
    variables: Mapping
    table: Exhibit | None


def planned(declared: Mapping[str, Mapping], config: Mapping, ids: Sequence[str]) -> dict[str, Planned]:
    """All figures of a study, by number.

    Parameters
    ----------
    declared : what figures.yaml holds under `figures`
    config : the study
    ids : all ids of the ledger

    Raises
    ------
    ValueError
        A declaration says neither what numbers a figure has nor that it has none.
    """
    return {one.number: one for name, declaration in declared.items() for one in _plan(name, declaration, config, ids)}


def _plan(name: str, declaration: Mapping, config: Mapping, ids: Sequence[str]) -> Iterator[Planned]:
    if "table" not in declaration:
        raise ValueError(f"figures.yaml: Figure {name} has no table; of a figure without numbers it says `table: null`")
    if not wanted(declaration, config):
        yield Planned(name, declaration, {}, None)
        return
    for i, variables in enumerate(generated(declaration, config, ids, {}), start=1):
        number = name.format(i=i)
        table = declaration["table"]
        if table is not None:
            shared = {**variables, **table.get("vars", {})}
            whole = {"title": declaration["title"], **table, "vars": shared}
            table = resolve(number, whole, config, ids, {}, kind="Figure")
        yield Planned(number, declaration, variables, table)


@dataclass(frozen=True)
class FigureData:
    """The numbers of a figure, row by row."""

    variables: Mapping = field(default_factory=dict)
    rows: Mapping[str, Mapping] = field(default_factory=dict)  # name -> its variables and its heads
    cells: Mapping[tuple[str, str], Datum] = field(default_factory=dict)  # row, column -> number

    @classmethod
    def of(cls, plan: Planned, values: Mapping[str, float]) -> FigureData:
        """The numbers of a planned figure.

        Raises
        ------
        KeyError
            The ledger does not hold one of them; the message names the figure, the row, the column and the id.
        """
        if plan.table is None:
            return cls(plan.variables)
        found = cells(plan.table, values)
        data = {(one.row, one.column): Datum(one.id, one.value, shown(one.printed)) for one in found.itertuples()}
        rows = {row.name: {**row.variables, "heads": row.heads} for row in plan.table.rows if not row.section}
        return cls(plan.variables, rows, data)

    def only(self, sites: Collection[str]) -> FigureData:
        """With the rows of some sites, and of all together; all cells stay: what is drawn has the scale of all."""
        rows = {name: row for name, row in self.rows.items() if "site" not in row or row["site"] in sites}
        return replace(self, rows=rows)

    @property
    def missing(self) -> str:
        """What stands in the place of the numbers of a figure that has none to show."""
        withheld = any(datum.text == WITHHELD_SIGN for datum in self.cells.values())
        return WITHHELD_SIGN if withheld else NOT_COMPUTED

    def at(self, row: str, column: str) -> Datum:
        """The number in a row and column."""
        return self.cells[row, column]

    def get(self, row: str, column: str) -> Datum | None:
        """The number in a row and column, if there is one."""
        return self.cells.get((row, column))
