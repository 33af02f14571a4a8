"""The Jinja environment of the report: everything that the templates may call.

Undefined names and unknown quantities fail; everything is escaped; templates come from one folder.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import _phrases as phrases
from _book import Book, Heading, anchor, setting
from _exhibits import figure_sites
from _tables import DrawnTable, draw
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def environment(folder: str, book: Book) -> Environment:
    """The Jinja environment of the report: undefined names fail, everything is escaped, no loader but `folder`."""
    env = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    env.globals = {**_results(book), **_settings(book), **_structure(book, env)}
    return env


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


