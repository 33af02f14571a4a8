"""Parts of a report that were typeset one by one, joined into one tagged PDF, with the numbers of its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from urllib.parse import unquote

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from dscp.pdf.numbers import filled
from dscp.pdf.parts import ELSEWHERE, UNCLEAN, TypesettingProblem


def first_pages(parts: Sequence[Pdf]) -> list[int]:
    """The number of each part's first page."""
    return [*accumulate((len(part.pages) for part in parts), initial=1)][:-1]


def pages_of_anchors(parts: Sequence[Pdf]) -> dict[str, int]:
    """Anchor -> number of its page, over all parts."""
    found = {}
    for first, part in zip(first_pages(parts), parts, strict=True):
        numbers = {page.objgen: first + at for at, page in enumerate(part.pages)}
        found.update({name: numbers[place[0].objgen] for name, place in _destinations(part.Root)})
    return found


def page_of(name: str, pages: Mapping[str, int]) -> int:
    """The number of an anchor's page.

    Raises
    ------
    TypesettingProblem
        No part has the anchor.
    """
    if name not in pages:
        raise TypesettingProblem(f"{UNCLEAN}: No anchor #{name} for internal URI reference")
    return pages[name]


def join(parts: Sequence[Pdf]) -> Pdf:
    """Join parts into the first of them, which is changed; the others have to stay open as long as it is used.

    Their pages' numbers are put in. Structure, destinations and outline are one; links between parts lead there.

    Raises
    ------
    TypesettingProblem
        A link leads nowhere.
    """
    numbers, whole = pages_of_anchors(parts), parts[0]
    firsts = [first for first, part in zip(first_pages(parts), parts, strict=True) for _ in part.pages]
    destinations, outline = dict(_destinations(whole.Root)), [*_siblings(whole.Root.get("/Outlines"))]
    shown = int(whole.Root.get("/Outlines", {}).get("/Count", 0))
    for part in parts[1:]:
        start = len(whole.pages)
        whole.pages.extend(part.pages)
        root = whole.copy_foreign(part.make_indirect(_together(part.Root)))
        _join_structure(whole, root.StructTreeRoot, start)
        destinations.update(_destinations(root))
        if "/Outlines" in root:
            outline += _siblings(root.Outlines)
            shown += int(root.Outlines.Count)
    _share(whole)
    _name(whole, destinations)
    _list(whole, outline, shown)
    for page, first in zip(whole.pages, firsts, strict=True):
        page.Contents.write(filled(page.Contents.read_bytes(), first, numbers))
        _lead(page, numbers)
    return whole


def _together(root: Object) -> Dictionary:
    """What a part's catalogue holds of its pages, to be copied at once."""
    return Dictionary({name: root[name] for name in ("/StructTreeRoot", "/Outlines", "/Names") if name in root})


def _destinations(root: Object) -> Iterator[tuple[str, Object]]:
    names = root.get("/Names", {}).get("/Dests", {}).get("/Names", [])
    return ((str(names[at]), names[at + 1]) for at in range(0, len(names), 2))


def _siblings(parent: Object | None) -> Iterator[Object]:
    """The entries directly below one of the outline."""
    entry = None if parent is None else parent.get("/First")
    while entry is not None:
        yield entry
        entry = entry.get("/Next")


def _join_structure(whole: Pdf, tree: Object, start: int) -> None:
    """Add a part's structure, whose pages begin at `start`, to that of the whole."""
    top, owners = whole.Root.StructTreeRoot.K[0], whole.Root.StructTreeRoot.ParentTree.Nums
    beyond = int(owners[len(owners) - 2]) + 1
    for at in range(0, len(tree.ParentTree.Nums), 2):
        owners.extend([int(tree.ParentTree.Nums[at]) + beyond, tree.ParentTree.Nums[at + 1]])
    for page in whole.pages[start:]:
        page.StructParents = int(page.StructParents) + beyond
        for link in page.get("/Annots", []):
            if "/StructParent" in link:
                link.StructParent = int(link.StructParent) + beyond
    for element in tree.K[0].K:
        element.P = top
        top.K.append(element)


def _share(whole: Pdf) -> None:
    """Let parts that hold the same fonts and colours have one of each."""
    shared: dict[bytes, Object] = {}
    for resources in {page.Resources.objgen: page.Resources for page in whole.pages}.values():
        for font in resources.get("/Font", {}).values():
            described = font.DescendantFonts[0].FontDescriptor
            for name in {"/FontFile2", "/FontFile3"} & set(described.keys()):
                described[name] = shared.setdefault(described[name].read_raw_bytes(), described[name])
        for colours in resources.get("/ColorSpace", {}).values():
            if colours[0] == Name.ICCBased:
                colours[1] = shared.setdefault(colours[1].read_raw_bytes(), colours[1])


def _name(whole: Pdf, destinations: Mapping[str, Object]) -> None:
    """Give the whole its named destinations, sorted as a tree of names has to be."""
    if destinations:
        pairs = [value for name in sorted(destinations) for value in (String(name), destinations[name])]
        whole.Root.Names = whole.Root.get("/Names", Dictionary())
        whole.Root.Names.Dests = Dictionary(Names=Array(pairs))


def _list(whole: Pdf, outline: Sequence[Object], shown: int) -> None:
    """Make one outline of the entries of several."""
    if not outline:
        return
    top = whole.make_indirect(Dictionary(Count=shown, First=outline[0], Last=outline[-1]))
    for before, entry, after in zip([None, *outline], outline, [*outline[1:], None], strict=False):
        entry.Parent = top
        for name, other in (("/Prev", before), ("/Next", after)):
            if other is not None:
                entry[name] = other
            elif name in entry:
                del entry[name]
    whole.Root.Outlines = top


def _lead(page: Object, pages: Mapping[str, int]) -> None:
    """Let links to other parts lead to their destinations."""
    for link in page.get("/Annots", []):
        address = str(link.get("/A", {}).get("/URI", ""))
        if address.startswith(ELSEWHERE):
            name = unquote(address.removeprefix(ELSEWHERE))
            page_of(name, pages)
            link.Dest = link.Contents = String(name)
            del link.A
