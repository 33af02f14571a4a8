"""Text of a study's authors: Markdown in the config, put where only they know what to say, and set off as theirs.

What it may hold is paragraphs, lists, quotations, stress and headings. HTML, links, pictures and code are not read:
they stay the signs that they are written in, so that a page still loads nothing and runs nothing but its own scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

READ = ("blockquote", "heading", "list", "emphasis", "escape", "newline", "entity")
LEVELS = {"h1": 2, "h2": 3}  # a heading of the text -> of the report; others are paragraphs in bold
NOTE = "The text below is by the authors of this study; numbers in it are theirs, and are not computed by the program."

Heading = Callable[[int, str, Markup], Markup]


@dataclass(frozen=True)
class Block:
    """A piece of a text: a heading of a level, or what stands between two."""

    text: str
    level: int = 0


def reader() -> MarkdownIt:
    """A reader of Markdown that knows of nothing but what is allowed."""
    return MarkdownIt("zero", {"html": False}).enable(list(READ))


@cache
def blocks(text: str) -> tuple[Block, ...]:
    """A text as headings and what stands between them, as HTML."""
    parser = reader()
    found: list[Block] = []
    held: list[Token] = []

    def close() -> None:
        if held:
            found.append(Block(parser.renderer.render(held, parser.options, {})))
            held.clear()

    tokens = iter(parser.parse(text))
    for token in tokens:
        if token.type == "heading_open" and token.level == 0 and token.tag in LEVELS:
            close()
            found.append(Block(_spoken(next(tokens)), LEVELS[token.tag]))
            next(tokens)
        else:
            held.append(_as_paragraph(token))
    close()
    return tuple(found)


def _as_paragraph(token: Token) -> Token:
    if token.type in ("heading_open", "heading_close"):
        token.tag = "p"
    return token


def _spoken(inline: Token) -> str:
    """What the words of a heading are without their marks."""
    return "".join(child.content if child.type == "text" else " " for child in inline.children or [] if child.content or
                   child.type in ("softbreak", "hardbreak"))  # fmt: skip


def said(text: str) -> list[str]:
    """The pieces of a text as a reader sees them, without elements and on one line."""
    return [
        re.sub(r"\s+", " ", block.text if block.level else unescape(re.sub(r"<[^>]*>", "", block.text))).strip()
        for block in blocks(text)
    ]


class OwnText:
    """What the authors of a study say in the report, by the name of the place as in the config (`chapters`)."""

    def __init__(self, config: Mapping, heading: Heading) -> None:
        self._texts: Mapping[str, str] = config.get("chapters", {})
        self._heading = heading

    def has_own_text(self, *names: str) -> bool:
        """Whether the study has a text for any of some places; for any at all, where none is named."""
        return any(name in self._texts for name in names or self._texts)

    def own_text(self, name: str, number: str = "") -> Markup:
        """The text for a place; its headings are numbered below `number`, without one they are bold paragraphs."""
        return Markup("\n").join(self._pieces(name, number)) if name in self._texts else Markup()

    def _pieces(self, name: str, number: str) -> Iterator[Markup]:
        yield Markup('<p class="own-note">{}</p>').format(NOTE)
        counts = [0, 0]
        for block in blocks(self._texts[name]):
            if not block.level:
                yield Markup('<div class="own" data-own="{}">\n{}</div>').format(name, Markup(block.text))
                continue
            title = Markup('<span data-own="{}">{}</span>').format(name, block.text)
            if not number:
                yield Markup("<p><strong>{}</strong></p>").format(title)
                continue
            counts = [counts[0] + 1, 0] if block.level == 2 else [counts[0], counts[1] + 1]
            yield self._heading(block.level, _numbered(number, counts[: block.level - 1]), title)


def _numbered(chapter: str, counts: list[int]) -> str:
    """2, 1, 3 -> 2.1.3; A, 1 -> A1."""
    first, *rest = map(str, counts)
    return ".".join([f"{chapter}{first}" if chapter.isalpha() else f"{chapter}.{first}", *rest])
