"""A page cut into parts that are typeset by themselves: each begins a page of its own and rests on no other.

A part names pages, of its own and of others ("page 34"). It is typeset with room for their numbers, so many eights as
they have digits; they are put in when all parts are joined (`pdf/numbers.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from itertools import pairwise
from urllib.parse import quote, unquote

from lxml.html import HtmlElement, tostring

PART = "part"  # class of the elements that begin a page, and a part
ELSEWHERE = "anchor:"  # so begins, in a part, the address of a place in another
TO, ROOM = "data-to", "data-page"  # attributes of a link to a place in the page: which, and room for its page's number
WIDEST = "8"
REPLACED = ("img", "svg", "object", "embed")  # elements that are seen without a text
USUAL = 2  # digits of a page's number, before it is known
UNCLEAN = "the PDF could not be typeset cleanly"


class TypesettingProblem(RuntimeError):
    """A page that cannot be typeset as it is, or the typesetter warned about something; the message says what."""


def cut(page: HtmlElement) -> list[HtmlElement]:
    """The parts of a page, which is taken apart: what stands before the first element of class `part`, then each.

    What follows the element that holds them stays with the first; where nothing is before them there is no such part.

    Raises
    ------
    TypesettingProblem
        Elements of class `part` that are not side by side, or an anchor that the page has twice.
    """
    doubled = [name for name, number in Counter(page.xpath("//@id")).items() if number > 1]
    starts = page.find_class(PART)
    if doubled or len({start.getparent() for start in starts}) > 1:
        found = f"Anchor defined twice: {doubled[0]!r}" if doubled else f"Parts in parts: .{PART}"
        raise TypesettingProblem(f"{UNCLEAN}: {found}")
    parts = [page]
    for start, end in pairwise([*starts, None]):
        holder, following = start.getparent(), [start, *start.itersiblings()]
        part, inner = _frame(holder)
        if "id" in holder.attrib and holder[0] is starts[0]:  # an anchor goes with what it stands before
            inner.set("id", holder.attrib.pop("id"))
        inner.extend(following if end is None else following[: following.index(end)])
        parts.append(part)
    for part in parts:
        _address(part)
    seen = page.body.text_content().strip() or [*page.body.iter(*REPLACED)]
    return parts if seen or not starts else parts[1:]


def _frame(holder: HtmlElement) -> tuple[HtmlElement, HtmlElement]:
    """An empty page like the one that an element stands in, and the element in it that is like this one."""
    inner = shell = _like(holder)
    for above in holder.iterancestors():
        outer = _like(above)
        if above.tag == "html":
            outer.append(deepcopy(above.head))
        outer.append(shell)
        shell = outer
    return shell, inner


def _like(element: HtmlElement) -> HtmlElement:
    """An empty element with the same attributes, but for the anchor, which stays where it was."""
    return element.makeelement(element.tag, {name: value for name, value in element.items() if name != "id"})


def _address(part: HtmlElement) -> None:
    """Let a part's links say where in the page they lead; those to other parts are no longer anchors of its own."""
    own = set(part.xpath("//@id"))
    for link in part.iter("a"):
        if link.get("href", "").startswith("#"):
            target = unquote(link.get("href")[1:])
            link.set(TO, target)
            link.set("href", link.get("href") if target in own else ELSEWHERE + quote(target, safe=""))


def written(part: HtmlElement, digits: Mapping[str, int]) -> str:
    """A part as a page of its own, with room for the numbers of pages.

    Parameters
    ----------
    digits : anchor -> how many digits the number of its page has, where these are not as many as usual
    """
    for link in part.iter("a"):
        if target := link.get(TO):
            link.set(ROOM, WIDEST * digits.get(target, USUAL))
    return tostring(part, encoding="unicode", doctype="<!DOCTYPE html>")
