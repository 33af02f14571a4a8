"""Where lines may not break: a name and its number, and two faults of the typesetter, until WeasyPrint mends them.

WeasyPrint 70 takes a text that ends in a space for too long when it fits a line but for that space, and then sets its
first word alone on the line. The space at the end of a line takes no room (CSS Text 3, 4.1.2), so such a text fits.

Of a text that may break anywhere it measures each letter, and to measure one it sets all that follow. A few do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from xml.etree.ElementTree import Element

from weasyprint.layout import inline, preferred

NAME_AND_NUMBER = re.compile(r"\b([A-Z][a-z]+) (?=([A-Z]\.?)?\d)")
COLLAPSING = ("normal", "nowrap", "pre-line")
FEW = 8  # signs: most letters are made of one or two; of one that is made of more the whole text is set
RESUME = 2  # the place, in what split_first_line returns, of where the next line starts; None: all fits


def keep_names_with_numbers(page: Element) -> None:
    """Let no line of a page's tree break between a name and its number: Site 2, Table 7.10."""
    for element in page.find("body").iter():
        element.text, element.tail = _kept(element.text), _kept(element.tail)


def _kept(text: str | None) -> str | None:
    return text and NAME_AND_NUMBER.sub("\\1\N{NO-BREAK SPACE}", text)


@contextmanager
def last_spaces_take_no_room() -> Iterator[None]:
    """Within it, WeasyPrint fits texts into lines without the space at their end."""
    plain = inline.split_first_line

    @wraps(plain)
    def split_first_line(text, style, context, max_width, *others, **named):
        found = plain(text, style, context, max_width, *others, **named)
        if found[RESUME] is None or not text.endswith(" ") or style["white_space"] not in COLLAPSING:
            return found
        fitted = plain(text.rstrip(" "), style, context, max_width, *others, **named)
        return fitted if fitted[RESUME] is None and fitted[3] <= max_width else found

    inline.split_first_line = split_first_line
    try:
        yield
    finally:
        inline.split_first_line = plain


@contextmanager
def letters_are_measured_alone() -> Iterator[None]:
    """Within it, WeasyPrint measures a letter of a text that breaks anywhere without the whole text behind it."""
    plain = preferred.split_first_line

    @wraps(plain)
    def split_first_line(text, style, context, max_width, *others, **named):
        if max_width == 0 and style["overflow_wrap"] == "anywhere" and len(text) > FEW:
            found = plain(text[:FEW], style, context, max_width, *others, **named)
            if found[RESUME] is not None:
                return found
        return plain(text, style, context, max_width, *others, **named)

    preferred.split_first_line = split_first_line
    try:
        yield
    finally:
        preferred.split_first_line = plain
