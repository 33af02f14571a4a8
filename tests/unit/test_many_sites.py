"""Tables of any number of sites: on the page, in as many pieces as it takes, whatever the labels and texts."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pypdfium2
import pytest

import many_sites
from dscp.exhibits.book import Book, shown
from dscp.exhibits.declared import cells
from dscp.exhibits.pieces import pieces
from dscp.exhibits.tables import LONGEST, lettered
from dscp.pdf.parts import TypesettingProblem
from dscp.pdf.typesetting import typeset
from dscp.report.render import environment

EDGES = 23 * 72 / 25.4 - 4, (210 - 23) * 72 / 25.4 + 4  # of the type area in templates/print.css, marks of notes aside
ALL, WIDE = [(12, many_sites.LONG), (30, "Site ")], [(30, many_sites.LONG), (60, "Site "), (60, many_sites.LONG)]


@pytest.fixture(scope="module")
def growing(config) -> dict[str, bool]:
    """Tables that have more rows or columns where there are more sites, and whether they have more columns."""
    few, many = (many_sites.book(many_sites.study(config, sites)).exhibits for sites in (6, 12))
    wide = {number: len(few[number].columns) != len(many[number].columns) for number in few}
    return {number: one for number, one in wide.items() if one or len(few[number].rows) != len(many[number].rows)}


def drawn(config: dict, number: str, sites: int, label: str = "Site ") -> list:
    """A table of so many sites in pieces."""
    of = many_sites.book(many_sites.study(config, sites, label))
    return pieces(environment(str(many_sites.TEMPLATES), of).globals["table_data"](number))


def plain(text: str) -> str:
    return re.sub(r"[\s\u00ad\u200b\u2060]", "", text)


@pytest.mark.thorough
@pytest.mark.parametrize(("sites", "label"), ALL)
def test_every_cell_of_every_table_of_sites_is_on_the_page(config, growing, sites, label):
    assert {"1.3", "3.1", "6.4", "7.4", "7.10", "B.1", "C.7.2", "S.14"} <= set(growing)
    is_printed(many_sites.book(many_sites.study(config, sites, label), words=60), growing)


@pytest.mark.thorough
@pytest.mark.parametrize(("sites", "label"), WIDE)
def test_every_cell_of_tables_with_columns_of_sites_is_on_the_page(config, growing, sites, label):
    """Of 30 rows a table has more than a page: more rows show nothing new, more columns do."""
    wide = [number for number, one in growing.items() if one]
    assert {"7.10", "B.5", "C.7.2", "S.15"} <= set(wide)
    is_printed(many_sites.book(many_sites.study(config, sites, label)), wide)


@pytest.mark.thorough
def test_every_cell_of_the_widest_tables_is_on_the_page(config):
    is_printed(many_sites.book(many_sites.study(config, 30)), ["7.10", "C.7.2"])


def is_printed(of: Book, numbers: Iterable[str]) -> None:
    """All cells of some tables are in print, and all text stands within the type area."""
    document = pypdfium2.PdfDocument(typeset(many_sites.page(of, numbers)))
    said = []
    for sheet in document:
        words = sheet.get_textpage()
        for at in range(words.count_rects()):
            left, _, right, _ = words.get_rect(at)
            assert EDGES[0] < left and right < EDGES[1], words.get_text_bounded()[:80]
        said.append(words.get_text_bounded())
    found = plain("".join(said))
    for number in numbers:
        lost = {text for text in cells(of.exhibits[number], of.values)["printed"] if plain(shown(text)) not in found}
        assert not lost, number


@pytest.mark.thorough
def test_a_table_wider_than_the_page_goes_on_below_itself(config):
    whole = drawn(config, "7.10", 7)
    assert len(whole) == 1 and not whole[0].layout
    parts = drawn(config, "7.10", 30)
    assert [len(part.columns) for part in parts] == [10, 10, 10]
    assert [str(head) for part in parts for head, _, _ in part.columns] == [
        f'<span class="s">Site {n}</span>' for n in range(1, 31)
    ]
    assert [part.anchor for part in parts] == ["table-7-10", "", ""]
    assert [bool(part.notes) for part in parts] == [False, False, True]
    assert [str(part.title).endswith("(continued)") for part in parts] == [False, True, True]
    for part in parts:
        rows = [row for body in part.bodies for row in body if not row["section"]]
        assert {len(row["cells"]) for row in rows} == {10} and part.width == 11
    assert [len(one) for one in (drawn(config, "C.7.2", 7), drawn(config, "C.7.2", 60))] == [1, 5]
    spans = [part.spans for part in drawn(config, "C.7.2", 60)]
    assert {columns for ((_, columns),) in spans} == {12, 13}


def test_long_labels_break_over_lines_before_a_table_is_split(config):
    (one,) = drawn(config, "6.1", 4, many_sites.LONG)
    assert one.layout == "wraps"
    assert len(drawn(config, "7.10", 4, many_sites.LONG)) == 1


@pytest.mark.thorough
def test_the_head_of_a_long_group_is_said_again(config):
    (one,) = drawn(config, "B.1", 30)
    assert max(len(body) for body in one.bodies) == LONGEST
    (short,) = drawn(config, "B.1", 7)
    assert len(short.bodies) == len({row["group"] for body in one.bodies for row in body})


def test_marks_of_notes_do_not_end_with_the_alphabet():
    assert [lettered(at) for at in (0, 25, 26, 27, 51, 52, 701, 702)] == ["a", "z", "aa", "ab", "az", "ba", "zz", "aaa"]


@pytest.mark.thorough
def test_marks_of_many_notes_have_room_beside_the_numbers(config):
    """A wide letter, or two, would lie on the number of the next column."""
    of = many_sites.book(many_sites.study(config, 30))
    noted = [one for one in of.ledger["id"] if one.startswith("effective_treatment.odds_ratio.")]
    of.ledger.loc[of.ledger["id"].isin(noted), "note"] = [f"note on {one}" for one in noted]
    typeset(many_sites.page(of, ["B.1"]))
    table = environment(str(many_sites.TEMPLATES), of).globals["table_data"]("B.1")
    assert table.layout.split()[-1] == "noted" and [mark for mark, _ in table.notes][-1] == "ad"


@pytest.mark.thorough
def test_a_table_that_is_not_split_stops_the_build(config, monkeypatch):
    monkeypatch.setattr("dscp.exhibits.pieces.PAGE", 1e9)
    of = many_sites.book(many_sites.study(config, 30))
    with pytest.raises(TypesettingProblem, match=r"under 'Table 7.10 .*', stands beyond the type area"):
        typeset(many_sites.page(of, ["7.10"]))


@pytest.mark.thorough
def test_a_label_of_one_long_word_breaks_in_tables_of_few_columns(config):
    """They stand within a margin that others use."""
    typeset(many_sites.page(many_sites.book(many_sites.study(config, 3, "x" * 70)), ["7.4", "7.8", "7.11"]))
