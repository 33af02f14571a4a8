"""The report's rendering: quantities, settings and tables for the templates, and the record of what was printed.

The templates see only what `globals_of` gives them. A quantity is printed inside an element with its id; a label or
date of the config inside an element of class "s"; a number of the report's own structure inside class "n".
"""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import _words as words
import pandas as pd
from _exhibits import Entry, Exhibit, Row, cells, figure_sites
from _print import printed
from _study import analysed, day, year_key
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from markupsafe import Markup

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
}
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
    headings: list[Heading] = field(default_factory=list)
    tables: list[tuple[str, Markup]] = field(default_factory=list)
    drawn_figures: list[tuple[str, Markup]] = field(default_factory=list)
    prints: list[tuple[str, str, str]] = field(default_factory=list)

    @cached_property
    def values(self) -> dict[str, float]:
        """Ledger id -> value."""
        return self.ledger.set_index("id")["value"].to_dict()

    @cached_property
    def units(self) -> dict[str, str]:
        """Ledger id -> unit."""
        return self.ledger.set_index("id")["unit"].to_dict()

    @cached_property
    def notes(self) -> dict[str, str]:
        """Ledger id -> note, for the quantities that have one."""
        noted = self.ledger[self.ledger["note"] != ""]
        return noted.set_index("id")["note"].to_dict()

    def value(self, identifier: str, template: str) -> float:
        """The value of a quantity; unknown ids fail with the template's name."""
        if identifier not in self.values:
            raise UnknownQuantity(f"{template}: no quantity {identifier!r} in the ledger")
        return self.values[identifier]

    def cells(self) -> pd.DataFrame:
        """Every cell of the numbered tables drawn, in their order."""
        frames = [cells(self.exhibits[number], self.values) for number, _ in self.tables]
        return pd.concat(frames, ignore_index=True)


def environment(folder: str, book: Book) -> Environment:
    """The Jinja environment of the report: undefined names fail, everything is escaped, no loader but `folder`."""
    env = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    env.globals = {**_results(book), **_settings(book), **_structure(book, env)}
    return env


def shown(text: str) -> str:
    """A printed number with a true minus sign."""
    return text.replace("-", MINUS)


def data(identifier: str, value: float, text: str) -> Markup:
    """The element of a printed quantity."""
    raw = "" if math.isnan(value) else f"{value:.12g}"
    return Markup('<data value="{}" data-q="{}">{}</data>').format(raw, identifier, shown(text))


def said(text: str, *identifiers: str) -> Markup:
    """The element of words that depend on quantities."""
    return Markup('<span data-w="{}">{}</span>').format(" ".join(identifiers), text)


def setting(text: str) -> Markup:
    """The element of a label of the config."""
    return Markup('<span class="s">{}</span>').format(text)


def time(date: dt.date, style: str = "%-d %B %Y") -> Markup:
    """The element of a date of the config."""
    iso = date.strftime("%Y-%m" if style == "%B %Y" else "%Y-%m-%d")
    return Markup('<time datetime="{}">{}</time>').format(iso, date.strftime(style))


def _results(book: Book) -> dict:
    """What prints quantities and the words that depend on them."""

    def quote(context, identifier: str, form: str, magnitude: bool = False) -> Markup:
        value = book.value(identifier, context.name)
        text = printed(value, form)
        book.prints.append((context.name, identifier, text))
        element = data(identifier, value, text.lstrip("+-") if magnitude else text)
        note = book.notes.get(identifier)
        return element + Markup('<span class="fn" role="note">{}</span>').format(note) if note else element

    @pass_context
    def q(context, identifier: str, form: str = "", magnitude: bool = False) -> Markup:
        """A quantity in its unit's form, or in a named one; `magnitude` drops the sign."""
        book.value(identifier, context.name)
        return quote(context, identifier, form or DEFAULT_FORMS[book.units[identifier]], magnitude)

    @pass_context
    def v(context, identifier: str) -> float:
        """A quantity's value, for a template's conditions."""
        return book.value(identifier, context.name)

    @pass_context
    def spelt(context, identifier: str) -> Markup:
        """A count in words."""
        return data(identifier, value := book.value(identifier, context.name), words.spelt(value))

    @pass_context
    def shift(context, identifier: str, decimals: int = 1, verbs=("rose", "fell", "did not change")) -> Markup:
        """rose by 2.8 percentage points; did not change; could not be compared."""
        change = book.value(identifier, context.name)
        verb = said(words.moved(change, decimals, verbs), identifier)
        if words.direction(change, decimals) not in (words.UP, words.DOWN):
            return verb
        amount = quote(context, identifier, f"points{decimals}", magnitude=True)
        unit = words.plural(abs(float(printed(change, f"points{decimals}"))), "point", "points")
        return Markup("{} by {} percentage {}").format(verb, amount, unit)

    @pass_context
    def p_value(context, identifier: str, form: str = "p2") -> Markup:
        """p = 0.04, p < 0.01, or that it could not be tested."""
        value = book.value(identifier, context.name)
        if math.isnan(value):
            return Markup("p = {}").format(quote(context, identifier, form))
        sign = "" if printed(value, form).startswith("<") else "= "
        return Markup("p {}{}").format(sign, quote(context, identifier, form))

    @pass_context
    def significance(context, identifier: str) -> Markup:
        """Statistically significant or not at the level of the config."""
        level = book.value("setting.models.significance", context.name)
        text = words.significance(book.value(identifier, context.name), level)
        return said(text, identifier, "setting.models.significance")

    @pass_context
    def verdicts(context, measure: str, sites: Sequence[str], decimals: int = 1) -> Markup:
        """What the differences in differences of several sites say, as one clause."""
        level = book.value("setting.models.significance", context.name)
        found = {
            _label(book, site): words.verdict(
                book.value(f"{measure}.did.{site}", context.name),
                book.value(f"{measure}.p.{site}", context.name),
                level,
                decimals,
            )
            for site in sites
        }
        ids = [f"{measure}.{part}.{site}" for site in sites for part in ("did", "p")]
        return said(words.verdict_sentence(found), *ids, "setting.models.significance")

    @pass_context
    def against(context, pilot: str, comparison: str, decimals: int = 1) -> Markup:
        """also or by contrast."""
        text = words.against(book.value(pilot, context.name), book.value(comparison, context.name), decimals)
        return said(text, pilot, comparison)

    @pass_context
    def sites_where(context, pattern: str, sites: Sequence[str], way: str, decimals: int = 0) -> list[str]:
        """The sites whose quantity goes up, down or flat at printed precision."""
        ids = {site: pattern.format(site=site) for site in sites}
        return [site for site, i in ids.items() if words.direction(book.value(i, context.name), decimals) == way]

    def sites_listed(sites: Sequence[str], pattern: str = "") -> Markup:
        """Labels of sites as a list in a sentence; `pattern` names the quantities that chose them."""
        text = words.listed([_label(book, site) for site in sites])
        return said(text, *(pattern.format(site=site) for site in book.config["sites"])) if pattern else setting(text)

    functions = (q, v, spelt, shift, p_value, significance, verdicts, against, sites_where, sites_listed)
    return {function.__name__: function for function in functions}


def _label(book: Book, site: str) -> str:
    return book.config["sites"][site]["label"]


def _settings(book: Book) -> dict:
    """What prints labels, dates and counts of the config."""
    config = book.config

    def label(period: str) -> Markup:
        """A period's label."""
        return setting(config["periods"][period]["label"])

    def change_label() -> Markup:
        """The label of the change and difference columns."""
        return setting(config["change_label"])

    def site_label(site: str) -> Markup:
        """A site's label."""
        return setting(_label(book, site))

    def area_label(site: str, arm: str) -> Markup:
        """An area's label."""
        return setting(config["sites"][site][arm]["label"])

    def worked_label() -> Markup:
        """The label of the worked example's site."""
        return site_label(config["economics"]["worked_example"])

    def date(path: str) -> Markup:
        """A date of the config by its path, such as programme.start."""
        value = config
        for key in path.split("."):
            value = value[key]
        return time(day(value))

    def span(window: str, period: str) -> Markup:
        """From first to last day of a window of a period."""
        first, last = (day(value) for value in config["periods"][period][window])
        return Markup("{} to {}").format(time(first), time(last))

    def month_span(window: str, period: str) -> Markup:
        """From first to last month of a window of a period."""
        first, last = (day(value) for value in config["periods"][period][window])
        return Markup("{} to {}").format(time(first, "%B %Y"), time(last, "%B %Y"))

    def months_in(window: str, period: str) -> Markup:
        """The number of months that a window touches, in words."""
        first, last = (day(value) for value in config["periods"][period][window])
        return setting(words.spelt((last.year - first.year) * 12 + last.month - first.month + 1))

    def how_many(items: Sequence, one: str, many: str) -> Markup:
        """A count of sites or areas with its noun: three pilot areas."""
        return Markup("{} {}").format(setting(words.spelt(len(items))), words.plural(len(items), one, many))

    def sites(**where) -> list[str]:
        """Names of the analysed sites with these settings, in their order."""
        chosen = analysed(config["sites"]).items()
        return [name for name, site in chosen if all(site.get(key) == value for key, value in where.items())]

    def not_analysed() -> list[str]:
        """Names of the sites that are not analysed."""
        return [name for name in config["sites"] if name not in analysed(config["sites"])]

    def stage(period: str) -> str:
        """What the stage columns of the outcome tables call a period."""
        return {"pre": "Pre", "post": "Pilot"}[period]

    def years_of(when: str) -> Markup:
        """The journey years before or during the programme, as a list."""
        return setting(words.listed(config["economics"]["journey_years"][when]))

    def first_journey_year() -> Markup:
        """The base year of the index of new journeys."""
        return setting(config["economics"]["journey_years"]["before"][0])

    def first_index() -> str:
        """The id of the index in its base year."""
        first = next(iter(config["sites"]))
        return f"new_journeys.index.{first}.{year_key(config['economics']['journey_years']['before'][0])}"

    def spending_year(position: int) -> Markup:
        """A programme year's label, counted from one."""
        return setting(config["economics"]["spending_years"][position - 1])

    def year_name(key: str) -> Markup:
        """y2004_05 as 2004-05."""
        return setting(key.removeprefix("y").replace("_", "-"))

    def budget_years() -> Markup:
        """First and last year of the national budgets in the ledger."""
        keys = sorted({i.split(".")[2] for i in book.values if i.startswith("budget.total_funding.")})
        return Markup("{} to {}").format(year_name(keys[0]), year_name(keys[-1]))

    def measure_label(measure: str) -> str:
        """A measure's name in the table of tests."""
        return {
            "prison_pickup": "Prison to CJIT",
            "community_triage": "CJIT to community",
            "effective_treatment": "Effective treatment",
            "successful_completion": "Successful completion",
        }[measure]

    functions = (
        label, change_label, site_label, area_label, worked_label, date, span, month_span, months_in, how_many, sites,
        not_analysed, stage, years_of, first_journey_year, first_index, spending_year, year_name, budget_years,
        measure_label,
    )  # fmt: skip
    return {"config": config, **{function.__name__: function for function in functions}}


def anchor(kind: str, number: str) -> str:
    """table, 6.1 -> table-6-1."""
    return f"{kind}-{re.sub('[^A-Za-z0-9]+', '-', number)}"


def _structure(book: Book, env: Environment) -> dict:
    """What draws headings, tables, figures and references to them."""

    def text(template: str, variables: Mapping) -> Markup:
        marked = {key: setting(value) if key in ("label", "year_label") else value for key, value in variables.items()}
        return Markup(env.from_string(template).render(marked)) if "{{" in template else Markup(template)

    def heading(level: int, number: str, title: str) -> Markup:
        """A numbered heading; chapters are level 1."""
        name = anchor("section", number or title.lower())
        book.headings.append(Heading(level, number, title, name))
        shown_number = Markup('<span class="n">{}</span> ').format(number) if number else Markup()
        return Markup('<h{0} id="{1}">{2}{3}</h{0}>').format(level, name, shown_number, title)

    def has_table(number: str) -> bool:
        """Whether this study has rows for a table."""
        return book.exhibits[number].has_rows

    def table(number: str) -> DrawnTable:
        """A numbered table, ready for the macro that draws it."""
        exhibit = book.exhibits[number]
        title = text(exhibit.title, exhibit.variables)
        if exhibit.has_rows:
            book.tables.append((number, title))
        return draw(exhibit, title, book, text)

    def table_ref(number: str) -> Markup:
        """A reference to a numbered table."""
        return Markup('<a class="n" href="#{}">Table {}</a>').format(anchor("table", number), number)

    def figure_ref(number: str) -> Markup:
        """A reference to a figure."""
        return Markup('<a class="n" href="#{}">Figure {}</a>').format(anchor("figure", number), number)

    def section_ref(number: str, name: str = "Section") -> Markup:
        """A reference to a section, chapter or appendix."""
        return Markup('<a class="n" href="#{}">{} {}</a>').format(anchor("section", number), name, number)

    def figure(number: str, title: Markup) -> Markup:
        """Record a figure for the list of figures; returns its image's data URI."""
        book.drawn_figures.append((number, title))
        return Markup("data:image/svg+xml;base64," + base64.b64encode(book.figures[number].encode()).decode())

    return {
        "heading": heading,
        "table_data": table,
        "has_table": has_table,
        "table_ref": table_ref,
        "figure_ref": figure_ref,
        "section_ref": section_ref,
        "figure_uri": figure,
        "figure_sites": lambda: figure_sites(book.config),
        "anchor": anchor,
        "contents": lambda: book.headings,
        "tables": lambda: book.tables,
        "drawn_figures": lambda: book.drawn_figures,
    }


@dataclass(frozen=True)
class DrawnTable:
    """A table as its macro needs it: texts made, notes collected, heads spanned."""

    number: str
    anchor: str
    title: Markup
    layout: str
    stubs: tuple[str, ...]
    spans: list[tuple[Markup, int]]
    columns: list[tuple[Markup, Markup, str]]
    bodies: list[list[dict]]
    notes: list[tuple[str, Markup]]
    empty: str
    width: int


def draw(exhibit: Exhibit, title: Markup, book: Book, text) -> DrawnTable:
    """Make an exhibit's texts and group its rows into bodies that stay together."""
    marks: dict[str, str] = {}
    rows = [_drawn_row(row, exhibit, book, text, marks) for row in exhibit.rows]
    general = [("", text(note, exhibit.variables)) for note in exhibit.notes]
    return DrawnTable(
        number=exhibit.number,
        anchor=anchor("table", exhibit.number),
        title=title,
        layout=exhibit.layout,
        stubs=tuple(text(stub, exhibit.variables) for stub in exhibit.stubs),
        spans=_spans([text(column.over, column.variables) for column in exhibit.columns]),
        columns=[
            (text(column.head, {**exhibit.variables, **column.variables}), text(column.unit, column.variables), column.align)
            for column in exhibit.columns
        ],
        bodies=_bodies(rows),
        notes=[*general, *((mark, Markup.escape(note)) for note, mark in marks.items())],
        empty=exhibit.empty,
        width=len(exhibit.stubs) + len(exhibit.columns),
    )


def _spans(heads: Sequence[Markup]) -> list[tuple[Markup, int]]:
    """Neighbouring equal heads become one: (head, columns)."""
    spans: list[tuple[Markup, int]] = []
    for head in heads:
        if spans and spans[-1][0] == head:
            spans[-1] = (head, spans[-1][1] + 1)
        else:
            spans.append((head, 1))
    return spans if any(head for head, _ in spans) else []


def _drawn_row(row: Row, exhibit: Exhibit, book: Book, text, marks: dict[str, str]) -> dict:
    variables = {**exhibit.variables, **row.variables}
    if row.section:
        return {"section": text(row.section, variables), "group": row.section}
    aligned = [column.align for column in exhibit.columns]
    return {
        "heads": [text(head, variables) for head in row.heads],
        "cells": [
            _drawn_cell(cell, align, exhibit.number, book, marks)
            for cell, align in zip(row.cells, aligned, strict=True)
        ],
        "group": row.group,
        "total": row.total,
    }


def _drawn_cell(cell: Sequence[Entry], align: str, number: str, book: Book, marks: dict[str, str]) -> dict:
    parts = [_drawn_entry(entry, number, book, marks) for entry in cell]
    single = parts[0] if len(parts) == 1 and not (cell[0].before or cell[0].after) else None
    return {"parts": parts, "single": single, "align": align}


def _drawn_entry(entry: Entry, number: str, book: Book, marks: dict[str, str]) -> dict:
    if not entry.id:
        return {"id": "", "before": entry.before, "after": entry.after, "lines": entry.lines, "mark": ""}
    value = book.value(entry.id, f"Table {number}, row {entry.row}, column {entry.column}")
    printed_text = printed(value, entry.form)
    book.prints.append((f"Table {number}", entry.id, printed_text))
    note = book.notes.get(entry.id)
    mark = marks.setdefault(note, chr(ord("a") + len(marks))) if note else ""
    raw = "" if math.isnan(value) else f"{value:.12g}"
    return {
        "id": entry.id,
        "raw": raw,
        "text": shown(printed_text),
        "before": entry.before,
        "after": entry.after,
        "lines": (),
        "mark": mark,
    }


def _bodies(rows: Sequence[dict]) -> list[list[dict]]:
    """Rows of one group stand together in one body; the first row's outer head spans them."""
    bodies: list[list[dict]] = []
    for row in rows:
        joins = bodies and not row.get("section") and (bodies[-1][0].get("section") or row["group"] == bodies[-1][0]["group"])
        if joins:
            bodies[-1].append(row)
        else:
            bodies.append([row])
    return bodies


