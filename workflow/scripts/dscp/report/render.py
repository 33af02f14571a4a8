"""The Jinja environment of the report: everything that the templates may call.

Undefined names and unknown quantities fail; everything is escaped; templates come from one folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from types import CodeType

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dscp.exhibits.book import Book, Heading, anchor, from_where, raw, setting, shown
from dscp.exhibits.declared import figure_sites, further_measures
from dscp.exhibits.pieces import pieces
from dscp.exhibits.tables import DrawnTable, draw
from dscp.figures.data import Planned
from dscp.figures.numbers import absent, lacks, sheets
from dscp.figures.phrases import FigureTexts
from dscp.ledger.trail import plain
from dscp.printing.origins import Origin, Way, origins
from dscp.report import phrases
from dscp.report.chapters import Chapters
from dscp.report.citations import Citations
from dscp.report.of_area_study import AreaStudy
from dscp.report.of_profile import OfCounts, Profile
from dscp.report.of_review import Review
from dscp.report.own_text import OwnText
from dscp.report.telling.telling import Telling
from dscp.study.reports import AREA_STUDY, EVALUATION, OF_COUNTS, PROFILE, report_of

OPTIONS = {"undefined": StrictUndefined, "autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
# Variables of a table or figure that are labels of the study, and stand in an element of their own.
LABELS = ("label", "year_label", "month_label")


ABBREVIATIONS = re.compile(r'(<dl class="glossary short">\n)(.*?)(</dl>)', re.S)
ENTRY = re.compile(r"(<dt>(.*?)</dt><dd>(.*?)</dd>)", re.S)


@dataclass(frozen=True)
class DrawnFigure:
    """A figure as its macro needs it; one that this study does not have holds the sentence in its place."""

    number: str
    anchor: str
    absent: str = ""
    title: Markup | str = ""
    sheets: Sequence[str] = ()  # names of its drawings
    finding: Markup | str = ""
    alt: str = ""
    note: Markup | str = ""
    source: Markup | str = ""
    table: DrawnTable | None = None


class LeftOut(ValueError):
    """A template refers to a table or figure that the study's report does not have."""


class Texts(Environment):
    """An environment in which a text is compiled once in a process: most stand in many rows, in page and workbook."""

    def compile(self, source: str, name: str | None = None, filename: str | None = None, *_: bool) -> CodeType:
        """The code of a text, which no global name of an environment changes."""
        return _compiled(source, name, filename)


@cache
def _compiled(source: str, name: str | None, filename: str | None) -> CodeType:
    return Environment(**OPTIONS).compile(source, name, filename)


def environment(folder: str, book: Book) -> Environment:
    """The Jinja environment of the report: undefined names fail, everything is escaped, no loader but `folder`.

    What the report has of its own there goes before what all kinds of report share.
    """
    report = report_of(book.config)
    env = Texts(loader=FileSystemLoader(report.folders(folder)), **OPTIONS)
    results = phrases.Results(book)
    read = {name: report.declared(name, folder) for name in ("references", "chapters")}
    works, chapters = Citations(read["references"]), Chapters(read["chapters"], book.config)
    own = {
        EVALUATION.name: lambda: (Telling(book, results), FigureTexts(book)),
        PROFILE.name: lambda: (Profile(book, results), Review(book)),
        OF_COUNTS.name: lambda: (OfCounts(book, results),),
        AREA_STUDY.name: lambda: (AreaStudy(book),),
    }[report.name]()
    structure = Structure(book, env, chapters)
    told = OwnText(book.config, structure.heading)
    parts = (phrases.Study(book), results, *own, works, chapters, structure, told)
    env.globals = {"config": book.config}
    for part in parts:
        named = phrases.functions_of(part)
        if twice := sorted(env.globals.keys() & named.keys()):
            raise ValueError(f"two parts of the report offer the templates a function {twice[0]}")
        env.globals |= named
    return env


def in_order(headings: Sequence[Heading]) -> list[Heading]:
    """Headings as the report shows them: appendices by letter, whichever was rendered first."""
    chapters: list[list[Heading]] = []
    for heading in headings:
        if heading.level == 1 or not chapters:
            chapters.append([])
        chapters[-1].append(heading)
    appendices = [chapter for chapter in chapters if chapter[0].number.startswith("Appendix")]
    by_letter = iter(sorted(appendices, key=lambda chapter: chapter[0].number))
    ordered = (next(by_letter) if chapter in appendices else chapter for chapter in chapters)
    return [heading for chapter in ordered for heading in chapter]


class Structure:
    """Headings, tables, figures, and references to them; records what stands in the report for its contents."""

    def __init__(self, book: Book, env: Environment, chapters: Chapters) -> None:
        self._book = book
        self._chapters = chapters
        self._env = env
        self._referred: set[tuple[str, str]] = set()
        self._in_table = False

    def heading(self, level: int, number: str, title: str | Markup) -> Markup:
        """A numbered heading and what is left out below it; chapters and appendices are level 1."""
        name = anchor("section", number or title.lower())
        shown = f"Appendix {number}" if level == 1 and number.isalpha() else number
        self._book.headings.append(Heading(level, shown, title, name))
        mark = Markup('<span class="n">{}</span> ').format(shown) if shown else Markup()
        kind = Markup(' class="plain"') if level > 1 and not number else Markup()
        head = Markup('<h{0} id="{1}"{4}>{2}<span class="t">{3}</span></h{0}>').format(level, name, mark, title, kind)
        absent = Markup('\n<p class="absent">{}</p>')
        return head + Markup().join(absent.format(said) for said in self._chapters.left_out(number or title))

    def further_tables(self) -> list[str]:
        """Numbers of the tables that are made for measures without one of their own."""
        return list(further_measures(self._book.config))

    def table_data(self, number: str) -> DrawnTable:
        """A numbered table, ready for the macro that draws it."""
        exhibit = self._book.exhibits[number]
        self._in_table = True
        drawn = draw(exhibit, self._book, self._text)
        self._in_table = False
        if exhibit.has_rows:
            self._book.tables.append((number, drawn.title))
        return drawn

    def pieces_of(self, table: DrawnTable) -> list[DrawnTable]:
        """A table as tables no wider than the page."""
        return pieces(table)

    def _text(self, template: str, variables: Mapping) -> Markup:
        if "{{" not in template and "{%" not in template:
            return Markup(template)
        labels = {key: setting(value) for key, value in variables.items() if key in LABELS}
        return Markup(self._env.from_string(template).render({**variables, **labels}))

    def table_ref(self, number: str) -> Markup:
        """A reference to a numbered table."""
        if lacking := self._book.exhibits[number].lacks:
            raise LeftOut(f"Table {number} is referred to and left out: the study has no {', '.join(lacking)}")
        return self._reference("table", number, f"Table {number}")

    def figure_ref(self, number: str) -> Markup:
        """A reference to a figure."""
        plan = self._book.plans.get(number)
        if plan is None or lacks(plan.declaration, self._book.config):
            raise LeftOut(f"Figure {number} is referred to and left out: the study does not have what it needs")
        return self._reference("figure", number, f"Figure {number}")

    def section_ref(self, number: str, name: str = "Section") -> Markup:
        """A reference to a section, chapter or appendix."""
        return self._reference("section", number, f"{name} {number}".strip())

    def _reference(self, kind: str, number: str, text: str) -> Markup:
        """A link; a chapter's first one to a place in another chapter is "far", and print adds the page."""
        here = next((h.number.removeprefix("Appendix ") for h in reversed(self._book.headings) if h.level == 1), "")
        far = ""
        if not self._in_table and chapter_of(number) != here and (here, text) not in self._referred:
            self._referred.add((here, text))
            far = " far"
        return Markup('<a class="n{}" href="#{}">{}</a>').format(far, anchor(kind, number), text)

    def figure_drawn(self, number: str, with_numbers: bool = True) -> DrawnFigure:
        """A numbered figure, ready for the macro that draws it; each of its sheets has a name in the image's place.

        `with_numbers` : whether the table of its numbers stands below it
        """
        plan, name = self._book.plans[number], anchor("figure", number)
        if why := absent(plan.declaration, self._book.config):
            return DrawnFigure(number, name, why)
        title, finding, alt, note = (
            self._text(plan.declaration.get(part, ""), plan.variables) for part in ("title", "finding", "alt", "note")
        )
        self._book.drawn_figures.append((number, title))
        names = list(sheets(number, plan.declaration, self._book.config))
        called = ". ".join(part.striptags() for part in (finding, title) if part)
        told = f"Figure {number}: {called}", alt.striptags()
        self._book.told |= dict.fromkeys(names, told)
        return DrawnFigure(
            number=number,
            anchor=name,
            title=title,
            sheets=names,
            finding=finding,
            alt=alt.striptags(),
            note=note,
            source=self._source_of(plan),
            table=draw(plan.table, self._book, self._text) if plan.table and with_numbers else None,
        )

    def _source_of(self, plan: Planned) -> Markup:
        """The line on where a figure's numbers come from, or what it draws without numbers."""
        if plan.table is not None:
            return from_where(self._book.sources_of(plan.table))
        return from_where(self._book.sources_named(plan.declaration.get("source", [])))

    def has_figure(self, number: str) -> bool:
        """Whether a figure has been drawn."""
        return number in self._book.figures

    def figure_sites(self) -> dict[str, str]:
        """Figure number -> site."""
        return figure_sites(self._book.config)

    def anchor(self, kind: str, number: str) -> str:
        """The id of a table, figure or section in the page."""
        return anchor(kind, number)

    def origins(self) -> dict[str, list[Origin]]:
        """The entries of Appendix D for everything printed so far: section -> entries."""
        return origins(self._book.ledger, self._book.places, self._book.prints)

    def told(self, way: Way) -> Markup:
        """What a quantity is counted in or made of, with links to the entries of what it is computed from."""
        link = Markup('<a class="r" href="#{1}">{0}</a>')
        texts = (link.format(*piece) if piece[1] else Markup.escape(piece[0]) for piece in way.pieces)
        return Markup().join(texts)

    def raw(self, value: float) -> str:
        """A quantity's value as its element carries it."""
        return raw(value)

    def unrounded(self, value: float) -> str:
        """A value to six decimals."""
        return shown(plain(value))

    def with_terms_used(self, body: Markup) -> Markup:
        """The body of the report, its list of abbreviations without those that do not stand in it."""
        return Markup(terms_used(body))

    def contents(self) -> list[Heading]:
        """All headings so far, appendices in the order of their letters."""
        return in_order(self._book.headings)

    def tables(self) -> list[tuple[str, Markup]]:
        """All tables so far: number and title."""
        return self._book.tables

    def drawn_figures(self) -> list[tuple[str, Markup]]:
        """All figures so far: number and title."""
        return self._book.drawn_figures


def terms_used(body: str) -> str:
    """A report whose list of abbreviations holds those that stand in it, or in what explains another of them."""
    found = ABBREVIATIONS.search(body)
    if not found:
        return body
    entries = {spoken(term): (entry, spoken(said)) for entry, term, said in ENTRY.findall(found[2])}
    text, used = spoken(body[: found.start()] + body[found.end() :]), set()
    while new := {term for term in entries.keys() - used if re.search(rf"\b{re.escape(term)}s?\b", text)}:
        used |= new
        text = " ".join(entries[term][1] for term in new)
    kept = "\n".join(entry for term, (entry, _) in entries.items() if term in used)
    return f"{body[: found.start()]}{found[1]}{kept}\n{found[3]}{body[found.end() :]}"


def spoken(part: str) -> str:
    """What a part of a page says: its words without elements, which keep them apart."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", part)).split())


def chapter_of(number: str) -> str:
    """7.10 -> 7, C.8.1 -> C, B3 -> B."""
    return number[0] if number[0].isalpha() else number.split(".")[0]
