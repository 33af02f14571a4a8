"""The workbook: the same cells as PDF and HTML, in both formats; accessible; harmless; the same bytes twice."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import lxml.html
import odfdo
import openpyxl
import pandas as pd
import pypdf
import pypdfium2
import pytest
import yaml
from openpyxl.utils import get_column_letter

from accept import accept
from dscp.exhibits.book import open_book, read_activity, shown
from dscp.exhibits.declared import cells as cells_of
from dscp.extracts.faults import information
from dscp.extracts.faults import table as findings_of
from dscp.ledger.rows import read_ledger
from dscp.printing.forms import FORMS
from dscp.printing.origins import anchor_of
from dscp.report.lint import read_allowed, read_page
from dscp.run.inert import inert
from dscp.study.areas import ARMS
from dscp.workbook.ods import ods
from dscp.workbook.sheets import number_format
from dscp.workbook.xlsx import xlsx
from seen import as_seen, links
from tables import read_cells
from workbook import workbook

TEMPLATES = Path(__file__).parents[2] / "templates"
BY_AREA = [f"Table B.6.{n}" for n in range(1, 13)]  # of the six sites that are analysed
DECLARED = yaml.safe_load((TEMPLATES / "exhibits.yaml").read_text(encoding="utf-8"))["exhibits"]
TEXTS = yaml.safe_load((TEMPLATES / "workbook.yaml").read_text(encoding="utf-8"))
ALLOWED = read_allowed(yaml.safe_load((TEMPLATES / "numbers_allowed.yaml").read_text(encoding="utf-8")))
EVIL = [
    '=HYPERLINK("http://evil.example";"Site")',
    "+1",
    "@SUM(A1)",
    "-2",
    "\t=1+1",
    "[Site](http://evil.example)",
    "$$1$$",
]
EMPTY = "[z]"


def bare(text: str) -> str:
    """A text without its white space: line breaks differ between the forms."""
    return re.sub(r"\s", "", text)


def seen(cell) -> str:
    """What a reader sees in a cell of the XLSX."""
    return cell.value if isinstance(cell.value, str) else as_seen(cell.value, cell.number_format)


@pytest.fixture(scope="module")
def book(default_run) -> openpyxl.Workbook:
    return openpyxl.load_workbook(default_run / "report.xlsx")


@pytest.fixture(scope="module")
def document(default_run) -> odfdo.Document:
    return odfdo.Document(default_run / "report.ods")


def table_rows(sheet) -> list[list]:
    """The cells of a worksheet's table, with its heads."""
    (table,) = sheet.tables.values()
    return [list(row) for row in sheet[table.ref]]


@pytest.fixture(scope="module")
def pages(default_run) -> dict[str, list[dict]]:
    """Number of each table of the HTML -> its rows: heads, cells as seen, ids of quantities."""
    found = {}
    for table in lxml.html.parse(str(default_run / "report.html")).getroot().iterfind(".//table[@id]"):
        if table.find("caption/span").text.startswith("Figure"):
            continue
        for mark in table.findall(".//sup"):
            mark.drop_tree()
        number = table.find("caption/span").text.removeprefix("Table ")
        rows, section = [], ""
        for row in table.findall("tbody/tr"):
            heads = [head.text_content() for head in row.findall("th")]
            if row.get("class") == "section":
                section = heads[0]
                continue
            cells = row.findall("td")
            quantities = [(cell.get("data-q"), cell.text_content().strip()) for cell in cells if cell.get("data-q")]
            rows.append(
                {
                    "section": section,
                    "heads": heads,
                    "cells": [bare(cell.text_content()) for cell in cells],
                    "quantities": quantities,
                }
            )
        found[number] = rows
    return found


def printed_cells(sheet, rows: list[dict]) -> list[tuple[list, list]]:
    """Heads and cells of each row of a worksheet, without the column of notes, which the page does not have."""
    width = len(rows[0]["cells"])
    table = table_rows(sheet)
    until = -1 if table[0][-1].value == "Notes" else None
    return [(row[:until][:-width], row[:until][-width:]) for row in table[1:]]


def test_every_numbered_table_has_its_worksheet(book, pages, default_run):
    names = [f"Table {number}" for number in pages]
    assert [name for name in book.sheetnames if name not in BY_AREA] == ["Cover", "Contents", "Notes", *names]
    exhibits = read_cells(default_run / "cells.csv", dtype=str)["exhibit"].drop_duplicates()
    assert names == [f"Table {number}" for number in exhibits if not number.startswith("Figure ")]
    assert len(names) == 37


def test_what_each_step_leaves_out_is_there_for_each_area_and_adds_up(book, config):
    assert [name for name in book.sheetnames if name in BY_AREA] == BY_AREA
    assert book.sheetnames.index(BY_AREA[0]) == book.sheetnames.index("Table B.6") + 1
    sides = {arm["label"]: side for site in config["sites"].values() for side in ARMS if (arm := site.get(side))}
    added = {side: Counter() for side in ARMS}
    for name in BY_AREA:
        _, _, area = book[name]["A1"].value.split(" [")[0].split(": ")
        for row in table_rows(book[name])[1:]:
            added[sides[area]].update({(row[0].value, row[1].value, n): row[1 + n].value for n in (1, 2)})
    whole = {
        (row[0].value, row[1].value): [cell.value for cell in row[2:]] for row in table_rows(book["Table B.6"])[1:]
    }
    of_file = [key for key in whole if key[1].startswith("Rows ")]
    assert len(of_file) == 6 and len(whole) > 30
    for key in whole.keys() - of_file:
        sums = [added[side][(*key, n)] for side in ARMS for n in (1, 2)]
        assert sums == whole[key], key


def test_every_cell_reads_alike_in_html_and_xlsx(book, pages):
    compared = 0
    for number, rows in pages.items():
        ours = printed_cells(book[f"Table {number}"], rows)
        for row, (heads, cells) in zip(rows, ours, strict=True):
            said = [bare(seen(cell)) for cell in cells]
            assert said == [text or EMPTY for text in row["cells"]], number
            assert bare(heads[-1].value) == bare(row["heads"][-1]), number
            assert not row["section"] or heads[0].value == row["section"].strip()
            compared += len(said)
    assert compared > 1200


def test_every_quantity_of_the_xlsx_is_a_link_of_the_pdf(book, pages, default_run):
    reader = pypdf.PdfReader(default_run / "report.pdf")
    texts = [(page.get_size(), page.get_textpage()) for page in pypdfium2.PdfDocument(default_run / "report.pdf")]
    of_pdf = Counter((entry, bare(text)) for _, entry, text in links(reader, texts))
    of_xlsx: Counter = Counter()
    entries = {row["id"]: anchor_of(row) for row in read_ledger(default_run / "ledger.csv").to_dict("records")}
    for number, rows in pages.items():
        for row, (_, cells) in zip(rows, printed_cells(book[f"Table {number}"], rows), strict=True):
            texts_here = [bare(seen(cell)) for cell in cells]
            for identifier, text in row["quantities"]:
                assert bare(text) in texts_here
                of_xlsx[entries[identifier], bare(text)] += 1
    assert of_xlsx.total() > 1000
    assert of_xlsx - of_pdf == Counter()


def test_every_text_of_the_xlsx_is_in_the_pdf(book, pages, default_run):
    document = pypdfium2.PdfDocument(default_run / "report.pdf")
    pdf = bare("".join(page.get_textpage().get_text_bounded() for page in document))
    lines = {
        line
        for number, rows in pages.items()
        for _, cells in printed_cells(book[f"Table {number}"], rows)
        for cell in cells
        if isinstance(cell.value, str) and cell.value != EMPTY
        for line in cell.value.split("\n")
    }
    assert len(lines) > 40
    assert [line for line in lines if bare(line) not in pdf] == []


def test_the_numbers_are_those_of_the_ledger_rounded_as_printed(book, pages, default_run):
    cells = read_cells(default_run / "cells.csv")
    quantities = cells[(cells["id"] != "") & ~cells["exhibit"].str.startswith("Figure ")]
    for number, ours in quantities.groupby("exhibit"):
        texts = Counter(shown(text) for text in ours["printed"])
        rows = printed_cells(book[f"Table {number}"], pages[number])
        held = [cell for _, row in rows for cell in row if not isinstance(cell.value, str)]
        assert Counter(seen(cell) for cell in held) - texts == Counter()
        unrounded = pd.to_numeric(ours["value"])
        for cell in held:
            decimals = len(seen(cell).partition(".")[2].rstrip("%km"))
            nearest = (unrounded - cell.value).abs().min()
            assert nearest <= 0.5 * 10.0**-decimals + 1e-9 or seen(cell).endswith("00")


def ods_rows(table: odfdo.Table) -> list[list[odfdo.Cell]]:
    rows = [list(row.cells) for row in table.rows]
    return [[cell for cell in row if cell.value is not None] for row in rows]


def paragraphs(cell: odfdo.Cell) -> str:
    return "\n".join("".join(paragraph.xpath("descendant::text()")) for paragraph in cell.get_elements("text:p"))


def test_xlsx_and_ods_are_the_same(book, document):
    tables = document.body.tables
    assert [table.name for table in tables] == book.sheetnames
    compared = 0
    for table in tables:
        ours = [[cell for cell in row if cell.value is not None] for row in book[table.name].iter_rows()]
        for one, other in zip(ours, ods_rows(table), strict=True):
            assert [seen(cell) for cell in one] == [paragraphs(cell) for cell in other], table.name
            kinds = ["string" if isinstance(cell.value, str) else "float" for cell in one]
            assert kinds == [cell.type for cell in other]
            numbers = [cell.value for cell in one if not isinstance(cell.value, str)]
            assert numbers == [float(cell.value) for cell in other if cell.type == "float"]
            compared += len(one)
    assert compared > 1600


def test_both_formats_mark_the_same_tables(book, document):
    marked = {
        table.displayName: f"'{sheet.title}'.{table.ref.replace(':', f':{sheet.title!r}.')}"
        for sheet in book
        for table in sheet.tables.values()
    }
    ranges = document.body.get_elements("//table:database-range")
    found = {
        one.get_attribute("table:name"): one.get_attribute("table:target-range-address")
        for one in ranges
        if one.get_attribute_string("table:contains-header") == "true"
    }
    assert found == marked
    assert len(found) == len(book.sheetnames) - 1
    for table in document.body.tables[1:]:
        (heads,) = table.get_elements("table:table-header-rows")
        assert len(heads.get_elements("table:table-row")) == 1


def test_the_number_styles_of_both_formats_say_the_same(document):
    styles = ElementTree.fromstring(document.get_part("styles.xml").serialize())
    number = "{urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0}"
    style = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
    found = {}
    for one in styles.iter(f"{number}number-style"):
        parts = [
            f'"{part.text}"'
            if part.tag == f"{number}text"
            else "#,##0" + ("." + "0" * int(part.get(f"{number}decimal-places"))).rstrip(".")
            for part in one
            if part.tag != f"{style}map"
        ]
        found[one.get(f"{style}name")] = "".join(parts)
    forms = [name for name in found if name in FORMS]
    assert len(forms) > 15
    for form in forms:
        assert ";".join(found[form + which] for which in ("Above", "Below", "")) == number_format(form)


PRINTED = 25.7, 8 / 12  # cm between the margins of a landscape page of A4, and the least scale: 8 points of 12


def on_pages(widths: list[float], stubs: int, scale: float) -> int:
    """How many pages wide columns (cm) print at a scale, with the heads of rows on each."""
    room, pages, used = PRINTED[0] / scale - sum(widths[:stubs]), 1, 0.0
    for width in widths[stubs:]:
        used += width
        if used > room:
            pages, used = pages + 1, width
    return pages


def test_no_worksheet_prints_smaller_than_eight_points(book, document):
    """A column of XLSX is so many digits of 7 pixels and 5 more; at the least scale all stand on the pages declared."""
    wide = 0
    styles = ElementTree.fromstring(document.get_part("styles.xml").serialize())
    name = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}%s"
    layouts = {
        one.get(name % ("style", "name")): one.find("*").get(name % ("style", "scale-to-X"))
        for one in styles.iter(name % ("style", "page-layout"))
    }
    masters = {
        one.get(name % ("style", "name")): layouts[one.get(name % ("style", "page-layout-name"))]
        for one in styles.iter(name % ("style", "master-page"))
    }
    for sheet, table in zip(book, document.body.tables, strict=True):
        setup = sheet.page_setup
        assert (setup.orientation, setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (
            "landscape",
            0,
            True,
        )
        columns = [sheet.column_dimensions[get_column_letter(at)] for at in range(1, sheet.max_column + 1)]
        widths = [(7 * one.width + 5) / 96 * 2.54 for one in columns]
        repeated = sheet.print_title_cols
        stubs = ord(repeated.strip("$").split(":$")[-1]) - 64 if repeated else 0
        pages = int(setup.fitToWidth or 1)
        assert on_pages(widths, stubs, PRINTED[1]) <= pages, sheet.title
        assert (pages > 1) == bool(repeated), sheet.title
        assert pages == 1 or on_pages(widths, stubs, 1) > 1, f"{sheet.title}: fits one page"
        wide += pages > 1
        master = document.get_style("table", table.style).get_attribute("style:master-page-name")
        assert masters[master] == str(pages), sheet.title
        assert len(table.get_elements("table:table-header-columns/table:table-column")) == stubs, sheet.title
    assert wide


def test_the_worked_example_says_its_units_in_its_heads(book):
    heads = [cell.value for cell in table_rows(book["Table 7.11"])[0]]
    assert [head for head in heads if "£" in head] == ["Value per client, £k", "Total, £m"]


def test_the_guidance_on_tables_is_kept(book):
    for sheet in book:
        assert not sheet.merged_cells.ranges
        assert sheet.freeze_panes is None
        assert not sheet.auto_filter.ref
        assert sheet.sheet_state == "visible"
        hidden = [*sheet.row_dimensions.values(), *sheet.column_dimensions.values()]
        assert not any(dimension.hidden for dimension in hidden)
        assert isinstance(sheet["A1"].value, str)
        if sheet.title == "Cover":
            assert not sheet.tables
            continue
        (table,) = sheet.tables.values()
        assert table.headerRowCount == 1
        assert table.autoFilter is None
        rows = table_rows(sheet)
        first, last = rows[0][0].row, rows[-1][0].row
        assert last == sheet.max_row, "nothing stands below a table"
        assert len(rows[0]) == sheet.max_column
        assert all(cell.value not in (None, "") for row in rows for cell in row), sheet.title
        heads = [cell.value.casefold() for cell in rows[0]]
        assert len(set(heads)) == len(heads)
        for row in range(1, first):
            assert sheet.cell(row, 1).value
            assert all(sheet.cell(row, column).value is None for column in range(2, sheet.max_column + 1))


def test_units_stand_in_the_heads(book):
    heads = [cell.value for cell in table_rows(book["Table 6.1"])[0]]
    assert heads[:3] == ["Area", "2007-09: Clients in treatment, number", "2007-09: In effective treatment, per cent"]
    assert heads[-1] == "Comparison: p-value"
    assert [cell.value for cell in table_rows(book["Table 7.4"])[0]][:2] == ["Site", "Fiscal year"]
    assert [cell.value for cell in table_rows(book["Table 7.10"])[0]][:3] == ["Section", "Item", "Site 1"]
    assert [cell.value for cell in table_rows(book["Table 7.10"])[1]][:3] == ["Costs (£k)", "2009-10", 153]


def test_columns_show_their_words_and_values(book):
    for sheet in book.worksheets[1:]:
        for column in zip(*table_rows(sheet), strict=True):
            width = sheet.column_dimensions[column[0].column_letter].width
            longest = max(len(word) for cell in column for word in seen(cell).split())
            assert width > longest, (sheet.title, column[0].value)


def test_contents_lead_to_every_worksheet_and_back(book, document):
    contents = book["Contents"]
    targets = {cell.hyperlink.location for row in contents.iter_rows() for cell in row if cell.hyperlink}
    assert targets == {f"'{name}'!A1" for name in book.sheetnames if name != "Contents"}
    back = {
        sheet.title
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.hyperlink and cell.hyperlink.location == "'Contents'!A1"
    }
    assert back == set(book.sheetnames) - {"Contents"}
    for table in document.body.tables:
        found = {link.url for link in table.get_elements("descendant::text:a")}
        assert ("#'Contents'.A1" in found) == (table.name != "Contents")
    urls = Counter(link.url for link in document.body.get_elements("//text:a"))
    assert urls["#'Contents'.A1"] == len(book.sheetnames) - 1
    assert all(urls[f"#'{name}'.A1"] == 1 for name in book.sheetnames if name != "Contents")


def texts_of(sheet) -> list[str]:
    return [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


def test_every_note_is_referred_to_and_every_reference_has_its_note(book):
    numbered = [row[0].value for row in table_rows(book["Notes"])[1:]]
    assert numbered == [f"[note {i}]" for i in range(1, len(numbered) + 1)]
    referred: dict[str, list[str]] = {}
    for sheet in book.worksheets[3:]:
        for note in dict.fromkeys(re.findall(r"\[note \d+\]", " ".join(texts_of(sheet)))):
            referred.setdefault(note, []).append(sheet.title.removeprefix("Table "))
    assert list(referred) == numbered, "in the order of the first reference"
    notes = table_rows(book["Notes"])[1:]
    assert [", ".join(tables) for tables in referred.values()] == [row[2].value for row in notes]
    texts = [row[1].value for row in notes]
    assert len(set(texts)) == len(texts) > 10


def test_a_note_on_a_cell_names_its_column(book):
    rows = table_rows(book["Table 3.1"])
    said = {row[0].value: row[-1].value for row in rows[1:]}
    (note,) = [text for text in said.values() if text != "none"]
    assert said["Comparison 6"] == note
    assert note.endswith("2009-11: Referrals, number")


def test_shorthand_is_explained_where_it_is_used_and_only_there(book):
    signs = {"[c]": "[c]:", "[x]": "[x]:", "[z]": "[z]:", "<": "A p-value", "−ve": "−ve:"}
    used_somewhere = set()
    for sheet in book.worksheets[3:]:
        rows = table_rows(sheet)
        above = [sheet.cell(row, 1).value for row in range(2, rows[0][0].row)]
        used = {sign for sign in signs for row in rows for cell in row if str(cell.value).startswith(sign)}
        explained = {sign for sign, told in signs.items() for line in above if line.startswith(told)}
        assert explained == used, sheet.title
        used_somewhere |= used
    assert used_somewhere == {"[z]", "<", "−ve"}


def test_properties(book, document):
    assert book.properties.title == document.meta.title == "Evaluation of the Drug System Change Pilots: tables"
    assert book.properties.creator == document.meta.creator == document.meta.initial_creator
    assert book.properties.language == document.meta.language == "en-GB"
    assert str(book.properties.created) == str(document.meta.creation_date) == "2011-03-31 00:00:00"


@pytest.fixture(scope="module")
def ledger(default_run) -> pd.DataFrame:
    return read_ledger(default_run / "ledger.csv")


@pytest.fixture(scope="module")
def activity(default_run) -> pd.DataFrame:
    return read_activity(default_run / "work" / "activity.csv")


def made(ledger, activity, config):
    return workbook(ledger, activity, DECLARED, TEXTS, config, TEMPLATES)[0]


def test_the_same_study_gives_the_same_bytes(default_run, ledger, activity, config):
    first, second = made(ledger, activity, config), made(ledger, activity, config)
    assert xlsx(first) == xlsx(second) == (default_run / "report.xlsx").read_bytes()
    assert ods(first) == ods(second) == (default_run / "report.ods").read_bytes()
    for name in ("report.xlsx", "report.ods"):
        with ZipFile(default_run / name) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with ZipFile(default_run / "report.ods") as parts:
        assert parts.namelist()[0] == "mimetype"
        assert parts.getinfo("mimetype").compress_type == 0


def test_the_workbooks_own_words_hold_no_number(ledger, activity, config):
    own = workbook(ledger, activity, DECLARED, TEXTS, config, TEMPLATES)[1]
    assert read_page(own, ledger, config, ALLOWED).faults == []
    naked = {**TEXTS, "intro": ["There are 7 sites."]}
    own = workbook(ledger, activity, DECLARED, naked, config, TEMPLATES)[1]
    assert read_page(own, ledger, config, ALLOWED).faults


def test_a_value_that_could_not_be_computed_is_said_with_its_note(ledger, activity, config):
    unknown = ledger["id"] == "effective_treatment.p.site_3"
    changed = ledger.assign(
        value=ledger["value"].mask(unknown), note=ledger["note"].mask(unknown, "not computed: separation")
    )
    book = openpyxl.load_workbook(io.BytesIO(xlsx(made(changed, activity, config))))
    (row,) = [row for row in table_rows(book["Table 6.1"]) if row[0].value == "Comparison 3"]
    note = next(row[0].value for row in table_rows(book["Notes"]) if row[1].value == "not computed: separation")
    assert (row[-2].value, row[-1].value) == (EMPTY, f"{note} Comparison: p-value")
    above = [book["Table 6.1"].cell(line, 1).value for line in range(1, 6)]
    assert TEXTS["not_computed"] in above
    assert TEXTS["not_computed"] not in texts_of(book["Table 6.3"])


def test_a_table_with_nothing_to_show_is_named_on_the_cover(ledger, activity, config):
    sites = {name: {**site, "kind": "criminal_justice"} for name, site in config["sites"].items()}
    workbook = made(ledger, activity, {**config, "sites": sites})
    assert "Table 6.1" not in [sheet.name for sheet in workbook.sheets]
    (line,) = [line.text for line in workbook.about if line.text.startswith("Table 6.1 ")]
    assert line.startswith("Table 6.1 is not in this workbook. No site of this study is a whole system pilot")


@pytest.fixture(scope="module")
def evil(ledger, activity, config):
    """The workbook of a study whose labels and texts a spreadsheet program would run."""
    labels = dict(zip(config["sites"], EVIL, strict=True))
    sites = {
        name: {
            **site,
            "label": labels[name],
            **{arm: {**site[arm], "label": labels[name]} for arm in ("pilot", "comparison") if arm in site},
        }
        for name, site in config["sites"].items()
    }
    texts = activity.assign(structural_change=[f"{text}; {text}" for text in EVIL])
    title = {"title": '=cmd|"/C calc"!A0', "change_label": "=1"}
    return made(ledger, texts, {**config, **title, "sites": sites})


def test_no_label_is_run_in_xlsx(evil):
    package = xlsx(evil)
    book = openpyxl.load_workbook(io.BytesIO(package))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not [cell.value for cell in cells if isinstance(cell.value, str) and cell.value[0] in "=+-@\t\r"]
    assert {cell.value for cell in cells} >= {f"'{EVIL[0]}", "'+1", "'@SUM(A1)", "'-2", "'=1+1"}
    assert all(cell.hyperlink.location and not cell.hyperlink.target for cell in cells if cell.hyperlink)
    with ZipFile(io.BytesIO(package)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "sheet" in name]
    assert not any(b"<f>" in sheet or b"External" in sheet for sheet in sheets)
    heads = [cell.value for cell in table_rows(book["Table 7.10"])[0]]
    assert heads[2:6] == [f"'{EVIL[0]}", "'+1", "'@SUM(A1)", "'-2"]


def test_no_label_is_run_in_ods(evil):
    document = odfdo.Document(io.BytesIO(ods(evil)))
    content = document.get_part("content.xml").serialize().decode()
    assert "table:formula" not in content
    assert {link.url[:2] for link in document.body.get_elements("//text:a")} == {"#'"}
    texts = {paragraph.inner_text for paragraph in document.body.get_elements("//text:p")}
    assert texts >= {f"'{EVIL[0]}", "'+1", "'@SUM(A1)", "'-2", "'=1+1"}
    spent = document.body.tables[3]
    assert {cell.type for row in ods_rows(spent) for cell in row} == {"string", "float"}


def test_no_text_of_an_extract_is_run_from_the_csv_files(ledger, activity, config):
    drawn = open_book(ledger, activity.assign(system_change=EVIL), DECLARED, config).exhibits["1.3"]
    printed_cells = cells_of(drawn, {}).query("column == 'system_change'")["printed"]
    assert list(printed_cells) == [inert(text) for text in EVIL]
    findings = [information("journeys", "journeys.csv", "dat", text, "kept", rows=1) for text in EVIL]
    found, _ = accept([findings_of(findings)])
    assert list(found["found"]) == [inert(text) for text in EVIL]
