"""One rendering of the report: what it draws on, what it has printed so far, and the elements that it prints in.

A quantity stands inside an element with its id and printed form, as a link to its entry in Appendix D; words that
depend on quantities inside an element with their ids, a label or date of the config inside an element of class "s", a
number of the report's own structure inside class "n".
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from dscp.exhibits.declared import Exhibit, cells, resolve, with_further
from dscp.extracts.registry import MADE_FROM
from dscp.ledger.rows import parse_inputs, values_of
from dscp.printing.origins import Place, anchor_of
from dscp.study.given import sources

DEFAULT_FORMS = {
    "count": "count",
    "percent": "percent1",
    "ppt": "signed_ppt1",
    "p": "p2",
    "gbp": "gbp",
    "gbp_m": "gbp_m",
    "ratio": "ratio1",
    "index": "index1",
    "years": "years",
    "days": "days",
    "rate": "rate1",
    "people": "count",
}
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


class UnknownQuantity(KeyError):
    """A template asks for a quantity that the ledger does not hold."""

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class Heading:
    """A heading as the contents list shows it."""

    level: int
    number: str
    title: str
    anchor: str


@dataclass
class Book:
    """One rendering: the ledger, the config and the exhibits, and what has been printed so far."""

    ledger: pd.DataFrame
    config: Mapping
    exhibits: Mapping[str, Exhibit]
    figures: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping = field(default_factory=dict)  # figure number -> what is declared of it (figures.data.Planned)
    headings: list[Heading] = field(default_factory=list)
    tables: list[tuple[str, Markup]] = field(default_factory=list)
    drawn_figures: list[tuple[str, Markup]] = field(default_factory=list)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)  # sheet of a figure -> its title, what it shows
    prints: list[tuple[str, str, str]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    @cached_property
    def values(self) -> dict[str, float]:
        """Ledger id -> value."""
        return values_of(self.ledger)

    @cached_property
    def units(self) -> dict[str, str]:
        """Ledger id -> unit."""
        return self.ledger.set_index("id")["unit"].to_dict()

    @cached_property
    def notes(self) -> dict[str, str]:
        """Ledger id -> note, for the quantities that have one."""
        noted = self.ledger[self.ledger["note"] != ""]
        return noted.set_index("id")["note"].to_dict()

    @cached_property
    def sources(self) -> dict[str, str]:
        """Ledger id -> where its definition stands."""
        return self.ledger.set_index("id")["source"].to_dict()

    @cached_property
    def origins(self) -> dict[str, str]:
        """Ledger id -> the anchor of its entry in Appendix D."""
        return {row["id"]: anchor_of(row) for row in self.ledger[["id", "family", "dims"]].to_dict("records")}

    @cached_property
    def extracts(self) -> dict[str, frozenset[str]]:
        """Ledger id -> the extracts that it rests on, its own and those of all that it is computed from."""
        own = self.ledger.set_index("id")["extract"].str.split().to_dict()
        below = {one: [*chain(*parse_inputs(text).values())] for one, text in self.texts_of_inputs.items()}
        known: dict[str, frozenset[str]] = {}
        for identifier in TopologicalSorter(below).static_order():
            known[identifier] = frozenset(own[identifier]).union(*(known[one] for one in below[identifier]))
        return known

    def sources_of(self, exhibit: Exhibit) -> list[Markup]:
        """Where what a table or figure rests on comes from, as the config says of each extract, in its order."""
        return self.sources_named(frozenset(exhibit.needs).union(*(self.extracts[one] for one in exhibit.quantities)))

    def sources_named(self, extracts: Collection[str]) -> list[Markup]:
        """Where the files of some extracts come from; of one that the run makes, those that it is made of."""
        read = {*extracts, *(MADE_FROM[name] for name in extracts if name in MADE_FROM)}
        named = (source for name, source in sources(self.config.get("extracts", {})).items() if name in read)
        return [setting(source) for source in dict.fromkeys(named)]

    @cached_property
    def inputs(self) -> dict[str, dict[str, str]]:
        """Ledger id -> name in the formula -> id, the first of several."""
        texts = self.texts_of_inputs
        return {one: {name: ids[0] for name, ids in parse_inputs(text).items()} for one, text in texts.items()}

    @cached_property
    def texts_of_inputs(self) -> dict[str, str]:
        """Ledger id -> its inputs as the ledger has them."""
        return self.ledger.set_index("id")["inputs"].to_dict()

    def value(self, identifier: str, template: str) -> float:
        """The value of a quantity; unknown ids fail with the template's name."""
        if identifier not in self.values:
            raise UnknownQuantity(f"{template}: no quantity {identifier!r} in the ledger")
        return self.values[identifier]

    def note_on(self, identifier: str) -> Markup:
        """The footnote with a quantity's note; nothing where it has none."""
        note = self.notes.get(identifier)
        return Markup('<span class="fn" role="note"> {}</span>').format(note) if note else Markup()

    def words(self, template: str | None, text: str, *identifiers: str) -> Markup:
        """The element of words that depend on quantities: a link to the entry of the first of them in Appendix D.

        The quantities count as printed, so that Appendix D has their entries.
        """
        self.prints += [(template or "", identifier, text) for identifier in identifiers]
        return Markup('<span data-w="{}"><a class="o" href="#{}">{}</a></span>').format(
            " ".join(identifiers), self.origins[identifiers[0]], text
        )

    def data(self, identifier: str, value: float, form: str, text: str) -> Markup:
        """The element of a printed quantity: a link to its entry in Appendix D."""
        return Markup('<data value="{}" data-q="{}" data-form="{}"><a class="o" href="#{}">{}</a></data>').format(
            raw(value), identifier, form, self.origins[identifier], shown(text)
        )

    def cells(self) -> pd.DataFrame:
        """Every cell of the numbered tables drawn, in their order, then of the figures; a diagram has none."""
        drawn = [self.exhibits[number] for number, _ in self.tables]
        drawn += [table for number, _ in self.drawn_figures if (table := self.plans[number].table) is not None]
        return pd.concat([cells(exhibit, self.values) for exhibit in drawn], ignore_index=True)


def open_book(
    ledger: pd.DataFrame,
    activity: pd.DataFrame,
    declarations: Mapping[str, Mapping],
    config: Mapping,
    figures: Mapping[str, str] | None = None,
    plans: Mapping | None = None,
) -> Book:
    """A rendering that has printed nothing yet.

    Parameters
    ----------
    ledger : every quantity
    activity : one row per site, text columns of Table 1.3; no row where the study has no such extract
    declarations : the numbered tables, as in exhibits.yaml
    config : the study
    figures : figure number -> SVG
    plans : figure number -> what is declared of it, from figures.data.planned
    """
    texts = activity_texts(activity)
    exhibits = {
        number: resolve(number, declaration, config, ledger["id"].tolist(), texts)
        for number, declaration in with_further(declarations, config).items()
    }
    return Book(ledger=ledger, config=config, exhibits=exhibits, figures=figures or {}, plans=plans or {})


def read_activity(path: str | Path) -> pd.DataFrame:
    """Read what pilots did, as rule release lets it through: one row per site, text columns of Table 1.3."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def activity_texts(activity: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Site -> column -> items of a text cell; items are separated by "; "."""
    columns = [column for column in activity.columns if column != "site"]
    return {row["site"]: {column: row[column].split("; ") for column in columns} for row in activity.to_dict("records")}


def shown(text: str) -> str:
    """A printed number with a true minus sign."""
    return text.replace("-", MINUS)


def raw(value: float) -> str:
    """A quantity's value as its element carries it."""
    return "" if math.isnan(value) else f"{value:.12g}"


def setting(text: str, reading: str = "") -> Markup:
    """The element of a label of the config; `reading` says how it was read from it, as `report.lint` knows."""
    if reading:
        return Markup('<span class="s" data-s="{}">{}</span>').format(reading, text)
    return Markup('<span class="s">{}</span>').format(text)


def from_where(sources: Sequence[Markup]) -> Markup:
    """The line that names the sources of a table or figure; "" where the config names none."""
    if not sources:
        return Markup()
    return Markup("{}: {}.").format("Source" if len(sources) == 1 else "Sources", Markup("; ").join(sources))


def time(date: dt.date, style: str = "%-d %B %Y") -> Markup:
    """The element of a date of the config."""
    iso = date.strftime("%Y-%m" if style == "%B %Y" else "%Y-%m-%d")
    return Markup('<time datetime="{}">{}</time>').format(iso, date.strftime(style).replace(" ", NO_BREAK_SPACE))


def site_label(book: Book, site: str) -> str:
    """The label of a site of the study."""
    return book.config["sites"][site]["label"]


def anchor(kind: str, number: str) -> str:
    """table, 6.1 -> table-6-1."""
    return f"{kind}-{re.sub('[^A-Za-z0-9]+', '-', number)}"
