"""What a reader of two runs sees differ: conclusions that turned, and tables as printed with old and new."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

from lxml.html import HtmlElement

from dscp.printing.html import read_html

PAGE = "report.html"
END = re.compile(r"(?<=[.;:?!])\s+")
SHOWN = 4  # reasons of a table or conclusion


@dataclass(frozen=True)
class Conclusion:
    """Words that follow from numbers and are others now; one side is "" where its run does not say it."""

    where: str
    before: str
    after: str
    ids: Sequence[str]


@dataclass(frozen=True)
class Cell:
    """A cell of a table as printed, with what it was before where that is different."""

    text: str
    before: str | None
    head: bool
    across: int
    down: int


@dataclass(frozen=True)
class Changed:
    """A table or the numbers of a figure, of which cells differ."""

    caption: str
    heads: Sequence[Sequence[Cell]]
    rows: Sequence[Sequence[Cell]]
    ids: Sequence[str]
    new: bool = False  # the other run has no such table

    @property
    def cells(self) -> int:
        """How many differ."""
        return sum(cell.before is not None for row in self.rows for cell in row)


@dataclass(frozen=True)
class Words:
    """Words of the text that follow from numbers: their section, the words, and the sentence that they stand in."""

    section: str
    ids: str
    words: str
    sentence: str


@dataclass
class Printed:
    """The page of a run, as it is read."""

    page: HtmlElement | None
    tables: Mapping[str, HtmlElement] = field(init=False)

    def __post_init__(self) -> None:
        """Tables are known by their captions' numbers; one that goes on keeps its first part."""
        found = {} if self.page is None else self.page.iterfind(".//table")
        self.tables = {name: one for one in list(found)[::-1] if (name := _number(one))}
        self.tables = dict(reversed(self.tables.items()))

    @classmethod
    def of(cls, run: Path) -> Printed:
        """From the folder of a run; without a page nothing is printed."""
        path = run / PAGE
        return cls(read_html(path.read_text(encoding="utf-8")) if path.exists() else None)

    @cached_property
    def words(self) -> list[Words]:
        """All words of the text that follow from numbers, in order."""
        section, found = "", []
        for one in () if self.page is None else self.page.iter("h1", "h2", "h3", "span", "strong", "em", "data"):
            if one.tag in ("h1", "h2", "h3"):
                section = _text(one)
            elif one.get("data-w"):
                found.append(Words(section, one.get("data-w"), _text(one), _sentence(one)))
        return found


def _number(table: HtmlElement) -> str:
    return _text(mark) if (mark := table.find("./caption/span[@class='n']")) is not None else ""


def _text(one: HtmlElement) -> str:
    return " ".join(one.text_content().split())


def _sentence(one: HtmlElement) -> str:
    """The sentence of its paragraph that an element begins in."""
    block = next((up for up in one.iterancestors() if up.tag in ("p", "li", "dd", "td", "figcaption")), one)
    if block.tag == "td":
        heads = [_text(head) for head in block.getparent().iterfind("./th")]
        return ": ".join([*heads, _text(block)])
    before, whole = "", _text(block)
    for piece in block.iter():
        if piece is one:
            break
        before += (piece.text or "") if piece is not block else (block.text or "")
    parts, at = END.split(whole), whole.find(_text(one), max(0, len(" ".join(before.split())) - 1))
    for part in parts:
        start = whole.find(part)
        if start <= at < start + len(part):
            return part
    return whole


def conclusions(a: Printed, b: Printed) -> list[Conclusion]:
    """Verdicts of tables that turned, then words of the text that are others, gone or new."""
    return [*_verdicts(a, b), *_sayings(a, b)]


def _verdicts(a: Printed, b: Printed) -> Iterator[Conclusion]:
    """Cells of words alone that differ, in rows that both runs have."""
    for name, table in b.tables.items():
        before = _cells(a.tables[name]) if name in a.tables else {}
        for key, cell in _cells(table).items():
            was = before.get(key)
            if was is not None and not _ids(cell) and not _ids(was) and _text(cell) != _text(was):
                yield Conclusion(f"{name}, {', '.join(key[0])}", _text(was), _text(cell), _ids(cell.getparent()))


def _sayings(a: Printed, b: Printed) -> Iterator[Conclusion]:
    """Words that rest on the same numbers and differ; and sentences that one run has alone."""
    old, new = (_by_ids(one.words) for one in (a, b))
    for ids in dict.fromkeys([*new, *old]):
        gone, come = _apart(old.get(ids, []), new.get(ids, []))
        for was, now in zip_longest(gone, come):
            one = now or was
            yield Conclusion(one.section, was.sentence if was else "", now.sentence if now else "", ids.split())


def _by_ids(words: Iterable[Words]) -> dict[str, list[Words]]:
    found: dict[str, list[Words]] = {}
    for one in words:
        found.setdefault(one.ids, []).append(one)
    return found


def _apart(old: Sequence[Words], new: Sequence[Words]) -> tuple[list[Words], list[Words]]:
    """Those of each side whose words the other does not have as often."""
    more, less = (Counter(one.words for one in side) for side in (old, new))
    return _beyond(old, more - less), _beyond(new, less - more)


def _beyond(side: Sequence[Words], left: Counter) -> list[Words]:
    found = []
    for one in side:
        if left[one.words] > 0:
            left[one.words] -= 1
            found.append(one)
    return found


def changed(a: Printed, b: Printed) -> list[Changed]:
    """Tables of which a cell differs, whole, as the second run prints them; of figures their numbers."""
    found = []
    for name, table in b.tables.items():
        old = {key: _text(cell) for key, cell in _cells(a.tables[name]).items()} if name in a.tables else None
        cells = _cells(table)
        before = {cell: old.get(key, "") for key, cell in cells.items() if old and old.get(key, "") != _text(cell)}
        if old is None or before:
            ids = [one for cell in before or cells.values() for one in _ids(cell)]
            heads, rows = (
                [_drawn(row, before) for row in table.iterfind(f"./{part}/tr")] for part in ("thead", "tbody")
            )
            found.append(Changed(_text(table.find("caption")), heads, rows, ids, new=old is None))
    return found


def _drawn(row: HtmlElement, before: Mapping[HtmlElement, str]) -> list[Cell]:
    return [
        Cell(_text(cell), before.get(cell), cell.tag == "th", int(cell.get("colspan", 1)), int(cell.get("rowspan", 1)))
        for cell in row.iterfind("./*")
    ]


def _cells(table: HtmlElement) -> dict[tuple, HtmlElement]:
    """The cells of a table by the heads of their rows, which of the rows with these heads, and their place in it."""
    found, seen, group = {}, Counter(), ""
    for row in table.iterfind("./tbody/tr"):
        heads = [_text(head) for head in row.iterfind("./th")]
        group = next((_text(head) for head in row.iterfind("./th") if head.get("scope") == "rowgroup"), group)
        name = tuple(dict.fromkeys([*([group] if group else []), *heads]))
        seen[name] += 1
        for at, cell in enumerate(row.iterfind("./td")):
            found[name, seen[name], at] = cell
    return found


def _ids(one: HtmlElement) -> list[str]:
    own = [one.get("data-q")] if one.get("data-q") else []
    return [*own, *(inner.get("data-q") for inner in one.iterfind(".//*[@data-q]"))]


def why(ids: Iterable[str], reasons: Callable[[str], Iterable[str]]) -> list[str]:
    """What the most of some quantities moved by, first those of most; and how many reasons more there are."""
    counted = Counter(reason for one in dict.fromkeys(ids) for reason in reasons(one))
    most = [reason for reason, _ in counted.most_common(SHOWN)]
    return most + ([f"and {len(counted) - SHOWN} more, below"] if len(counted) > SHOWN else [])
