"""What the typesetter leaves out of the PDF's structure: how table cells and their heads belong together, and the like.

A screen reader finds its way through a PDF by the tree of structure elements. WeasyPrint writes the tree; here it is
mended: header cells get a scope, every cell the list of its heads, a table broken over pages becomes one table again,
running heads and repeated table heads leave the tree, lists of contents, notes and links say what they are.
Source: ISO 14289-1 (PDF/UA-1) and ISO 32000-1, section 14.8.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

PX = 0.75  # points in a CSS pixel
TAGGED = re.compile(rb"/\w+\n<</MCID (\d+)>>\nBDC")
UNREAD = b"/Artifact\n<</Type /Pagination>>\nBDC"
NAMED = {"h1", "h2", "h3", "caption", "figcaption", "dt", "cite", "th"}  # what an anchor is called after
LONGEST = 120  # characters of a link's description


def mend_tags(document: Pdf, names: Mapping[str, str]) -> None:
    """Complete the structure tree of a tagged PDF; the same file gives the same tree.

    Parameters
    ----------
    document : as WeasyPrint writes it
    names : anchor -> what stands there (`names_of_anchors`), by which links are described
    """
    tree = document.Root.StructTreeRoot
    top = tree.K[0]
    found = by_kind(top)
    named = [
        *(cell for table in join_tables(found["Table"]) for cell in relate_cells(table)),
        *mark_notes(top),
    ]
    tree.IDTree = identified(named)
    mark_contents(top)
    join_links(document, tree, found["Link"])
    place_figures(found["Figure"])
    prune(top)
    leave_unread(document, tree)
    describe_links(document, names)


def kind(element: Object) -> str:
    """What an element is: P, Table, TH ..."""
    return str(element.S)[1:]


def kids(element: Object) -> list[Object]:
    """The elements directly below one; contents and links' annotations are left out."""
    return [kid for kid in element.get("/K", []) if isinstance(kid, Dictionary) and "/S" in kid]


def elements(top: Object) -> Iterator[Object]:
    """An element and all below it, in reading order."""
    waiting = [top]
    while waiting:
        element = waiting.pop()
        yield element
        waiting.extend(reversed(kids(element)))


def by_kind(top: Object) -> Mapping[str, list[Object]]:
    """Kind -> all elements of it, in reading order."""
    found = defaultdict(list)
    for element in elements(top):
        found[kind(element)].append(element)
    return found


# Tables


def join_tables(tables: Sequence[Object]) -> list[Object]:
    """Bring the parts of tables that were broken over pages together; their repeated heads leave the tree.

    Every table of the report has a caption; a part without one goes on from the table before.
    """
    whole: list[Object] = []
    for table in tables:
        if not whole or any(kind(kid) == "Caption" for kid in kids(table)):
            whole.append(table)
            continue
        for part in (kid for kid in kids(table) if kind(kid) == "TBody"):
            part.P = whole[-1]
            whole[-1].K.append(part)
        table.K = Array()
    return whole


@dataclass
class Cell:
    """A cell of a table's grid."""

    element: Object
    rows: range
    columns: range
    in_head: bool
    body: int

    @property
    def is_head(self) -> bool:
        """Whether it is a header cell."""
        return kind(self.element) == "TH"


def grid(table: Object) -> list[Cell]:
    """The cells of a table with the rows and columns that they cover."""
    cells: list[Cell] = []
    taken: set[tuple[int, int]] = set()
    row = -1
    for body, part in enumerate(kids(table)):
        for line in (kid for kid in kids(part) if kind(kid) == "TR"):
            row, column = row + 1, 0
            for element in kids(line):
                while (row, column) in taken:
                    column += 1
                down, across = (int(element.A.get(name, 1)) for name in ("/RowSpan", "/ColSpan"))
                rows, columns = range(row, row + down), range(column, column + across)
                cell = Cell(element, rows, columns, kind(part) == "THead", body)
                taken |= {(r, c) for r in cell.rows for c in cell.columns}
                cells.append(cell)
                column += across
    return cells


def relate_cells(table: Object) -> list[Object]:
    """Give header cells a name and a scope, and every cell the names of its heads; returns the header cells."""
    cells = grid(table)
    width = max((cell.columns.stop for cell in cells), default=0)
    heads = [cell for cell in cells if cell.is_head]
    for head in heads:
        head.element.ID = String(f"cell-{head.element.objgen[0]:06d}")
        head.element.A.Scope = Name.Column if head.in_head else Name.Row
    for cell in cells:
        if own := [head.element.ID for head in heads if belongs(cell, head, width)]:
            cell.element.A.Headers = Array(own)
        elif "/Headers" in cell.element.A:
            del cell.element.A.Headers
    return [head.element for head in heads]


def belongs(cell: Cell, head: Cell, width: int) -> bool:
    """Whether a header cell heads a cell: above it, at its left, or as the head of a section of the rows."""
    above = head.rows.stop <= cell.rows.start
    section = len(cell.columns) == width
    if head.in_head:
        return above and not section and overlap(head.columns, cell.columns)
    if len(head.columns) == width:
        return above and head.body == cell.body
    return head.columns.stop <= cell.columns.start and overlap(head.rows, cell.rows)


def overlap(one: range, other: range) -> bool:
    """Whether two ranges share a member."""
    return one.start < other.stop and other.start < one.stop


# Lists of contents, notes, figures


def mark_contents(top: Object) -> None:
    """Call the lists of the navigation what they are: tables of contents, whose items refer to places."""
    for part in kids(top):
        if kind(part) != "NonStruct":
            continue
        for found in (kid for kid in kids(part) if kind(kid) == "L"):
            found.S = Name.TOC
            for item in kids(found):
                item.S = Name.TOCI
                for body in kids(item):
                    body.S = Name.Reference


def join_links(document: Pdf, tree: Object, links: Iterable[Object]) -> None:
    """Make one link of an entry of the contents, which the typesetter has as three: its title, its dots, its page.

    The link around the others stands over the whole line. The page number becomes its own; the dots, in a link within a
    link, belong to none and are left unread.
    """
    numbers, gone = tree.ParentTree.Nums, set()
    owners = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    for link in links:
        for at in reversed(range(len(link.K))):
            inner = link.K[at]
            if not isinstance(inner, Dictionary) or inner.get("/S") != Name.Link:
                continue
            marks = [mark for mark in inner.K if not isinstance(mark, Dictionary)]
            for mark in marks:
                owners[int(inner.Pg.StructParents)][int(mark)] = link
            link.K = Array([*list(link.K)[:at], *marks, *list(link.K)[at + 1 :]])
            gone |= {one.objgen for part in elements(inner) for one in _annotations(part)}
    lost = set()
    for page in document.pages:
        annotations = list(page.get("/Annots", []))
        if kept := [one for one in annotations if one.objgen not in gone]:
            page.Annots = Array(kept)
        lost |= {int(one.StructParent) for one in annotations if one.objgen in gone}
    pairs = [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers), 2) if int(numbers[at]) not in lost]
    tree.ParentTree.Nums = Array([one for pair in pairs for one in pair])


def _annotations(element: Object) -> list[Object]:
    """The annotations that an element refers to."""
    return [kid.Obj for kid in element.get("/K", []) if isinstance(kid, Dictionary) and kid.get("/Type") == Name.OBJR]


def mark_notes(top: Object) -> list[Object]:
    """Call footnotes notes, each with a name and a label; returns them. They stand at the end of their page's part."""
    found = []
    for part in (kid for kid in kids(top) if kind(kid) == "NonStruct"):
        if any(kind(kid) != "Span" for kid in kids(part)):
            continue
        for note in kids(part):
            note.S, note.ID = Name.Note, String(f"note-{note.objgen[0]:06d}")
            if (first := kids(note)[:1]) and kind(first[0]) == "NonStruct":
                first[0].S = Name.Lbl
            found.append(note)
    return found


def identified(named: Iterable[Object]) -> Dictionary:
    """The tree of the elements that have a name."""
    pairs = sorted((str(element.ID), element) for element in named)
    return Dictionary(Names=Array([value for name, element in pairs for value in (String(name), element)]))


def place_figures(figures: Iterable[Object]) -> None:
    """Give the place of a figure in points from the foot of its page, not in pixels from the head."""
    for figure in figures:
        left, top, right, bottom = (float(edge) * PX for edge in figure.A.BBox)
        height = float(figure.Pg.MediaBox[3])
        figure.A.BBox = Array([round(edge, 3) for edge in (left, height - bottom, right, height - top)])


# What is not read, and what is empty


def prune(element: Object) -> bool:
    """Take out the elements that hold nothing; whether anything is left of this one. Cells may be empty."""
    for at in range(len(element.get("/K", [])) - 1, -1, -1):
        kid = element.K[at]
        if isinstance(kid, Dictionary) and "/S" in kid and not prune(kid):
            del element.K[at]
    return len(element.get("/K", [])) > 0 or kind(element) in ("TD", "TH")


def leave_unread(document: Pdf, tree: Object) -> None:
    """Leave what is in no element of the tree unread: running heads, page numbers, repeated heads of tables."""
    known = {element.objgen for element in elements(tree.K[0])}
    numbers = tree.ParentTree.Nums
    owners = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    for page in document.pages:
        owned = owners[int(page.StructParents)]
        lost = {mark for mark, element in enumerate(owned) if element.objgen not in known}

        def marked(found: re.Match, lost: Set[int] = lost) -> bytes:
            return UNREAD if int(found[1]) in lost else found[0]

        page.Contents.write(TAGGED.sub(marked, page.Contents.read_bytes()))
        for mark in lost:
            owned[mark] = None


# Links


def names_of_anchors(page: Element) -> dict[str, str]:
    """Anchor -> what stands there: the text of the heading, caption, term or reference that has it or follows it."""
    names: dict[str, str] = {}
    waiting: list[str] = []

    def walk(element: Element) -> None:
        if identifier := element.get("id"):
            waiting.append(identifier)
        if element.tag in NAMED and waiting:
            names.update(dict.fromkeys(waiting, " ".join("".join(element.itertext()).split())))
            waiting.clear()
            return
        for child in element:
            walk(child)

    walk(page)
    return names


def describe_links(document: Pdf, names: Mapping[str, str]) -> None:
    """Describe every link by what it leads to."""
    for page in document.pages:
        for link in page.get("/Annots", []):
            if name := names.get(str(link.get("/Dest", ""))):
                link.Contents = String(name if len(name) <= LONGEST else name[: LONGEST - 1] + "…")
