"""No naked numbers: every digit of a page is a quantity as the ledger has it, or declared in numbers_allowed.yaml.

Text of a study's authors, set off as theirs, may hold any number; it has to stand in the config word for word. Else
four checks: what an element with a quantity's id shows is what the ledger's value prints as; a label stands in the
config, the ledger or an extract, and what was counted in the config is counted again; no other digit stands outside
the declared elements; no count or direction stands in words of the page's own, but for the declared phrases.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from lxml.html import HtmlElement

from dscp.exhibits.book import raw, shown
from dscp.ledger.ids import words_of
from dscp.ledger.trail import plain, rows_by_id
from dscp.printing.forms import FORMS, IN_WORDS, MAGNITUDE, UNROUNDED, printed
from dscp.printing.html import read_html
from dscp.printing.origins import TITLES, said_of
from dscp.printing.words import characteristics, listed, month_name, spelt
from dscp.report.own_text import said
from dscp.study.areas import site_label, value_at
from dscp.study.days import day, months_touched
from dscp.study.given import mapped

SILENT = {"style", "script", "template"}  # what no reader sees
READ_OUT = ("alt", "title", "aria-label")  # attributes that a screen reader says
WORDS = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|both|neither|half|twice|"
    r"rose|rises?|fell|falls?|grew|shrunk|shrank|increase[ds]?|decrease[ds]?|higher|lower|positive|negative|significant)\b",
    re.IGNORECASE,
)
SEPARATORS = re.compile(r", | and |[:;()]")  # between the labels of a list
OWN = "data-own"  # text of the authors, whose numbers are theirs: the config has to hold it
AROUND = 40  # characters of text that a message shows on either side


class NakedNumber(ValueError):
    """A page prints a number that is not a quantity, or not as the ledger has it; the message names the place."""


@dataclass(frozen=True)
class Allowed:
    """The declared exceptions: elements and attributes that may hold digits, phrases that may stand in words."""

    elements: Mapping[str, str]  # tag, .class or [attribute] -> reason
    phrases: Mapping[str, str]  # phrase -> reason

    def covers(self, tag: str, attributes: Mapping[str, str]) -> list[str]:
        """The declared exceptions that an element falls under."""
        names = [tag, *(f".{one}" for one in attributes.get("class", "").split()), *(f"[{one}]" for one in attributes)]
        return [name for name in names if name in self.elements]


def read_allowed(declared: Mapping) -> Allowed:
    """The allow list, from what numbers_allowed.yaml holds."""
    return Allowed(declared["elements"], declared["phrases"])


class _Page:
    """Walks through a page and keeps its faults, and how often each exception was used."""

    def __init__(self, rows: Mapping[str, Mapping], config: Mapping, allowed: Allowed, quoted: Iterable[str]) -> None:
        self._rows, self._config, self._allowed = rows, config, allowed
        self._dates = _dates(config)
        self._notes = {row["note"] for row in rows.values()}
        parts = set(_parts(rows))
        translated = {text for told in mapped(config["extracts"]) for text in told}
        self._told = {_flat(text) for text in {*_texts(config), *parts, *self._notes, *quoted, *translated}}
        own = {_flat(text) for text in _texts(config)}
        self._own = sorted((text for text in own if SEPARATORS.search(text)), key=len, reverse=True)
        self._heads = set().union(*map(_numbered, parts))
        self._repeats: list[tuple[str, str]] = []
        self._section = self._exhibit = ""
        self.faults: list[str] = []
        self.used: dict[str, int] = {}
        self.quantities: list[tuple[str, str, str]] = []
        self.words: list[tuple[str, str]] = []

    def read(self, page: HtmlElement) -> None:
        """Walk through the whole page; heads that are repeated stand somewhere as heads, or are declared titles."""
        self._walk(page, None)
        declared = {_flat(title) for title in TITLES.values()}
        for where, text in (repeat for repeat in self._repeats if repeat[1] not in declared):
            for token in sorted(_numbered(text) - self._heads):
                self._fault(f"{token!r} in the repeated head {text!r} stands in no head of a table or figure", where)

    def _walk(self, element: HtmlElement, exceptions: list[str] | None, silent: bool = False) -> str:
        """Check an element and all within it; gives the text that it shows.

        `exceptions` : those that the nearest element around it falls under which may hold numbers; None: none may
        """
        attributes = dict(element.attrib)
        self._read_out(attributes)
        covered = self._allowed.covers(element.tag, attributes)
        if covered or {"data-q", "data-of", OWN} & attributes.keys():
            exceptions = covered
        silent = silent or element.tag in SILENT
        shown = [self._read(element.text, exceptions, silent)]
        for child in element:
            text = self._walk(child, exceptions, silent)
            shown += ["" if _aside(child) else text, self._read(child.tail, exceptions, silent)]
        self._close(element.tag, attributes, _flat("".join(shown)))
        return "".join(shown)

    def _read_out(self, attributes: Mapping[str, str]) -> None:
        for name in READ_OUT:
            if re.search(r"\d", text := attributes.get(name, "")):
                self._use(f"[{name}]", f"{text!r} is read out from the attribute {name}")

    def _use(self, exception: str, fault: str) -> None:
        if exception in self._allowed.elements or exception in self._allowed.phrases:
            self.used[exception] = self.used.get(exception, 0) + 1
        else:
            self._fault(fault)

    def _fault(self, text: str, where: str = "") -> None:
        self.faults.append(f"{where or self._where()}: {text}")

    def _where(self) -> str:
        return ", ".join(filter(None, (self._section, self._exhibit))) or "front"

    def _close(self, tag: str, attributes: Mapping[str, str], text: str) -> None:
        self._check(attributes, tag, text)
        if tag in ("caption", "figcaption", "th"):
            self._heads |= _numbered(text)
        if tag in ("h1", "h2", "h3"):
            self._section, self._exhibit = text, ""
        elif tag in ("caption", "figcaption"):
            self._exhibit = text
        elif tag in ("table", "figure"):
            self._exhibit = ""

    def _check(self, attributes: Mapping[str, str], tag: str, text: str) -> None:
        if "data-q" in attributes:
            self._check_quantity(attributes, text)
        if ids := attributes.get("data-w", "").split():
            self.words.append((ids[0], text))
        for identifier in ids:
            if identifier not in self._rows:
                self._fault(f"the words {text!r} rest on {identifier}, which is not in the ledger")
        if "data-of" in attributes:
            self._check_said(attributes["data-of"], attributes.get("data-field", ""), text)
        if OWN in attributes and text not in said(self._config.get("chapters", {}).get(attributes[OWN], "")):
            self._fault(f"{text[:AROUND]!r} is said to be of the authors, and is not in chapters.{attributes[OWN]}")
        if tag == "time" and attributes.get("datetime", "") not in self._dates:
            self._fault(f"the date {text!r} is not in the config")
        classes = attributes.get("class", "").split()
        if "fn" in classes and text not in self._notes:
            self._fault(f"the footnote {text!r} is no note of the ledger")
        if "s" in classes:
            self._check_label(attributes.get("data-s", ""), text)
        if "r" in classes:
            self._repeats.append((self._where(), text))

    def _check_label(self, reading: str, text: str) -> None:
        """A label with a number in it is one of the config, the ledger or an extract, or a list; a count is right."""
        if reading:
            expected = _flat(read_again(reading, self._config))
            if text not in (expected, expected.capitalize()):
                self._fault(f"{text!r} is said to be read from the config as {reading!r}, which gives {expected!r}")
        elif text not in self._told:
            for piece in SEPARATORS.split(self._without_own(text)):
                if _numbered(piece) and piece.strip() not in self._told:
                    self._fault(f"the label {text!r} stands neither in the config nor in the ledger or an extract")
                    return

    def _without_own(self, text: str) -> str:
        """A list of labels without those of the config, which may themselves hold the signs that a list is split at."""
        for label in self._own:
            text = text.replace(label, "")
        return text

    def _check_quantity(self, attributes: Mapping[str, str], text: str) -> None:
        identifier, form = attributes["data-q"], attributes.get("data-form", "")
        if identifier not in self._rows:
            self._fault(f"{text!r} carries the id {identifier}, which is not in the ledger")
            return
        value = self._rows[identifier]["value"]
        expected = prints_as(value, form)
        carried = attributes.get("value", attributes.get("data-v", ""))
        self.quantities.append((identifier, form, text))
        if text != expected:
            self._fault(f"{text!r} carries the id {identifier}, which prints as {expected!r}")
        elif carried != raw(value):
            self._fault(f"{text!r} carries the id {identifier} and the value {carried}; the ledger has {raw(value)}")

    def _check_said(self, identifier: str, name: str, text: str) -> None:
        if identifier not in self._rows:
            self._fault(f"{text!r} is said of {identifier}, which is not in the ledger")
        elif text != (expected := _flat(said_of(self._rows[identifier], name, self._rows))):
            self._fault(f"{text!r} is said of {identifier}, whose {name} is {expected!r}")

    def _read(self, text: str | None, exceptions: list[str] | None, silent: bool) -> str:
        """Check a text that stands between two tags; gives what a reader sees of it."""
        if silent or not text:
            return ""
        if exceptions is None:
            self._check_words(text)
        elif re.search(r"\d", text):
            for name in exceptions:
                self.used[name] = self.used.get(name, 0) + 1
        return text

    def _check_words(self, text: str) -> None:
        text = _flat(text)
        for found in re.finditer(r"[\d.,]*\d", text):
            self._fault(f"{found[0]!r} in {_around(text, found)!r} is not a quantity of the ledger")
        for found in WORDS.finditer(text):
            self._use(
                next((phrase for phrase in self._allowed.phrases if _spans(phrase, text, found)), ""),
                f"the word {found[0]!r} in {_around(text, found)!r} rests on no quantity",
            )


def _aside(element: HtmlElement) -> bool:
    """Whether an element's text does not belong to the element around it: a mark, another entry's title."""
    title = element.tag == "a" and "data-of" in element.getparent().attrib
    return title or (element.tag == "sup" and "mark" in element.get("class", ""))


def read_again(reading: str, config: Mapping) -> str:
    """Read again what an element says that it reads from the config; "" where the config does not have it.

    Parameters
    ----------
    reading : "count" and paths (of a single one that is no site, its items are counted), "months" and the path of two
        dates, "characteristics" and the path of a model's list, or "sites" and names of sites
    """
    how, *paths = reading.split()
    if how == "sites":
        return listed([site_label(config["sites"], name) for name in paths])
    try:
        values = [value_at(config, path) for path in dict.fromkeys(paths)]
    except KeyError:
        return ""
    if how == "count":
        inside = len(paths) == 1 and not paths[0].startswith("sites.")
        return spelt(len(values[0]) if inside else len(values))
    readings = {"months": lambda dates: spelt(months_touched(*map(day, dates))), "characteristics": characteristics}
    return readings[how](values[0]) if how in readings else ""


def prints_as(value: float, form: str) -> str:
    """What an element of a quantity has to show: its value in the form that the element names ("" if unknown)."""
    name, _, sign = form.partition(" ")
    if name == IN_WORDS:
        return spelt(value)
    if name == UNROUNDED:
        return shown(plain(value))
    if name not in FORMS:
        return ""
    text = printed(value, name)
    return _flat(shown(text.lstrip("+-") if sign == MAGNITUDE else text))


def _numbered(text: str) -> set[str]:
    """The words of a text that hold a digit, or are a count or a direction."""
    words = (part.strip(".,:;()") for part in text.split())
    return {word for word in words if re.search(r"\d", word) or WORDS.search(word)}


def _parts(rows: Mapping[str, Mapping]) -> Iterator[str]:
    """What ids of the ledger say in the page: their parts, also as words, as a fiscal year or as a month."""
    for identifier, row in rows.items():
        yield identifier.removeprefix(f"{row['family']}.")
        for part in (part for word in words_of(row) for part in word.split(".")):
            if not part.isdigit():
                yield part
                yield part.replace("_", " ").capitalize()
                yield part.removeprefix("y").replace("_", "-")
                if re.fullmatch(r"\d{4}_(0[1-9]|1[0-2])", part):
                    yield month_name(part.replace("_", "-"))


def _dates(config: Mapping) -> set[str]:
    """The dates that a page may print."""
    return {text[:length] for text in _texts(config) for length in (7, 10) if re.match(r"\d{4}-\d\d(-\d\d)?$", text)}


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _around(text: str, found: re.Match) -> str:
    start, end = max(0, found.start() - AROUND), found.end() + AROUND
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _spans(phrase: str, text: str, found: re.Match) -> bool:
    """Whether a phrase stands in a text where a word was found."""
    starts = (match.start() for match in re.finditer(re.escape(phrase), text, re.IGNORECASE))
    return any(start <= found.start() and found.end() <= start + len(phrase) for start in starts)


def read_page(page: str, ledger: pd.DataFrame, config: Mapping, allowed: Allowed, quoted: Iterable[str] = ()) -> _Page:
    """Walk through a page.

    Parameters
    ----------
    page : HTML
    ledger : every quantity
    config : the study; its dates are the dates that a page may print
    allowed : the declared exceptions
    quoted : texts of the extracts, of their validation and of the config's comments that the page quotes

    Returns
    -------
    `faults`, one line each; `used`, exception -> how often; `quantities` printed, in order: id, form, text; `words`
    that follow from quantities, in order: first id, text.
    """
    reader = _Page(rows_by_id(ledger), config, allowed, quoted)
    reader.read(read_html(page))
    return reader


def _texts(config: object) -> Iterator[str]:
    """The texts and dates of the config, without its numbers."""
    if isinstance(config, Mapping):
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _texts(value)
    elif isinstance(config, str | dt.date):
        yield str(config)


def refuse_naked_numbers(
    pages: Iterable[str], ledger: pd.DataFrame, config: Mapping, allowed: Allowed, quoted: Iterable[str] = ()
) -> None:
    """Stop at pages that print a number which is not a quantity; prints every fault.

    Raises
    ------
    NakedNumber
        With the first fault.
    """
    read = (read_page(page, ledger, config, allowed, quoted) for page in pages)
    faults = list(dict.fromkeys(fault for page in read for fault in page.faults))
    if faults:
        print("\n".join(faults))
        raise NakedNumber(faults[0] + (f" (and {len(faults) - 1} more in the log)" if len(faults) > 1 else ""))
