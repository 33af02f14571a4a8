"""Cells of the workbook: numbers as printed, texts that no spreadsheet program runs."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from lxml import etree

from dscp.exhibits.book import shown
from dscp.printing.forms import FORMS, number_shown, printed
from dscp.run.inert import inert
from dscp.workbook.ods import ods
from dscp.workbook.sheets import CONTENTS, Cell, Sheet, Workbook, _Notes, number_format, safe, unique
from dscp.workbook.xlsx import xlsx
from seen import as_seen

CASES = [-123456.789, -1234.5, -0.51, -0.004, 0.0, 0.004, 0.5, 1.0, 64.349, 1234.5, 9876543.21]


@pytest.mark.parametrize("form", FORMS)
def test_a_number_is_seen_as_it_is_printed(form):
    for value in CASES:
        if (number := number_shown(value, form)) is not None:
            assert as_seen(number, number_format(form)) == shown(printed(value, form))
        else:
            assert FORMS[form].off_nought or printed(value, form).startswith(("<", "-ve"))
    assert number_shown(float("nan"), form) is None


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x", "\t=1", "\r=1", "\n=1"])
def test_what_could_start_a_formula_is_marked_as_text(text):
    assert inert(text) == f"'{text}"
    assert safe(text).startswith("'")


@pytest.mark.parametrize("text", ["Site 1", "", "−2", "a=1", "'x", "<0.01", "[z]", "£44"])
def test_other_texts_stay(text):
    assert inert(text) == safe(text) == text


def test_a_text_that_xml_does_not_allow_is_cleaned():
    assert safe("a\x00b\x08c\ufffe") == "abc"


def test_heads_differ_whatever_their_case():
    assert unique(["North", "north", "South", "NORTH"]) == ["North", "north (2)", "South", "NORTH (3)"]
    assert all(len(head) <= 255 for head in unique(["x" * 300, "x" * 300]))


# A sheet as either program writes it ------------------------------------------------------------------------------

SHEET = Sheet(
    name="Table 1",
    title="Table 1: Areas",
    lines=(Cell("This worksheet has one table."), Cell("Contents", to=CONTENTS)),
    heads=("Area", "Base", "Rate"),
    rows=(
        (Cell("North"), Cell("120", 120.0, "count"), Cell("5.0%", 5.0, "percent1")),
        (Cell("South"), Cell("80", 80.0, "count"), Cell("[z]")),
        (Cell("Total"), Cell("200", 200.0, "count"), Cell("4.5%", 4.5, "percent1")),
    ),
    totals=frozenset({2}),
)
BOOK = Workbook("Areas", "Somebody", "2011-03-31", (Cell("Intro"),), (Cell("About"),), (SHEET,))
HEADS_AT = 4  # below the title and two lines, counted from 1


def test_xlsx_repeats_its_heads_and_sets_totals_and_nothing_else_bold():
    page = openpyxl.load_workbook(io.BytesIO(xlsx(BOOK)))["Table 1"]
    assert page.print_title_rows == f"${HEADS_AT}:${HEADS_AT}"
    assert [cell.value for cell in page[HEADS_AT]] == list(SHEET.heads)
    for at, row in enumerate(SHEET.rows):
        cells = page[HEADS_AT + 1 + at]
        assert [cell.value for cell in cells] == [cell.value for cell in row]
        assert [bool(cell.font.b) for cell in cells[1:]] == [at in SHEET.totals] * 2, at
        assert cells[1].alignment.horizontal == "right"
    (table,) = page.tables.values() if page.tables else (None,)
    assert table is None or table.ref == "A4:C7"


def test_ods_repeats_its_heads_and_sets_totals_and_nothing_else_bold():
    with zipfile.ZipFile(io.BytesIO(ods(BOOK))) as parts:
        content, styles = (etree.fromstring(parts.read(name)) for name in ("content.xml", "styles.xml"))
    spaces = {prefix: f"urn:oasis:names:tc:opendocument:xmlns:{name}" for prefix, name in
              (("table", "table:1.0"), ("text", "text:1.0"), ("style", "style:1.0"),
               ("fo", "xsl-fo-compatible:1.0"))}  # fmt: skip

    def own(prefix: str, name: str) -> str:
        return f"{{{spaces[prefix]}}}{name}"

    (page,) = [one for one in content.iter(own("table", "table")) if one.get(own("table", "name")) == "Table 1"]
    (heads,) = page.iterfind("table:table-header-rows", spaces)
    assert ["".join(cell.itertext()) for cell in heads.iter(own("table", "table-cell"))] == list(SHEET.heads)
    assert len(heads.findall("table:table-row", spaces)) == 1
    bold = {
        one.get(own("style", "name")): one.find("style:text-properties[@fo:font-weight='bold']", spaces) is not None
        for one in styles.iter(own("style", "style"))
    }
    above = {
        one.get(own("style", "name")): one.get(own("style", "parent-style-name"))
        for one in styles.iter(own("style", "style"))
    }

    def is_bold(name: str | None) -> bool:
        return bool(name) and (bold.get(name, False) or is_bold(above.get(name)))

    rows = list(page.iterfind("table:table-row", spaces))[-len(SHEET.rows) :]
    for at, row in enumerate(rows):
        cells = row.findall("table:table-cell", spaces)
        assert [is_bold(cell.get(own("table", "style-name"))) for cell in cells] == [at in SHEET.totals] * 3, at
    (area,) = content.iter(own("table", "database-range"))
    assert area.get(own("table", "target-range-address")) == "'Table 1'.A4:'Table 1'.C7"


def test_a_cell_holds_its_number_whole_only_where_it_is():
    assert [Cell("", number).value for number in (4.5, 4.0, -0.25)] == [4.5, 4, -0.25]
    assert isinstance(Cell("4", 4.0).value, int)
    assert Cell("[z]").value == "[z]"


def test_notes_are_numbered_from_one_as_they_are_met():
    notes = _Notes()
    met = [notes.reference(note, table) for note, table in (("a", "1.1"), ("b", "1.1"), ("a", "1.2"), ("a", "1.2"))]
    assert met == ["[note 1]", "[note 2]", "[note 1]", "[note 1]"]
    assert notes.where == {"a": ["1.1", "1.2"], "b": ["1.1"]}
