"""The workbook as ODS, by odfdo: the same worksheets, cells and looks as in XLSX, which gptables writes."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Iterator

from markupsafe import escape
from odfdo import Cell as OdsCell
from odfdo import Column, Document, Element, HeaderRows, Link, Paragraph, Row, Style, Table

from dscp.exhibits.book import MINUS
from dscp.printing.forms import FORMS
from dscp.workbook.archives import repacked
from dscp.workbook.sheets import COVER, COVER_WIDTH, Cell, Sheet, Workbook

URN = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = f"""xmlns:office="{URN}:office:1.0" xmlns:style="{URN}:style:1.0" xmlns:table="{URN}:table:1.0"
 xmlns:text="{URN}:text:1.0" xmlns:number="{URN}:datastyle:1.0" xmlns:fo="{URN}:xsl-fo-compatible:1.0"
 xmlns:svg="{URN}:svg-compatible:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" """
CONTENT, STYLES, SETTINGS = "content.xml", "styles.xml", "settings.xml"
UNUSED = ("Thumbnails/", "Configurations2/")  # parts of odfdo's template
# In place of those of odfdo's template, which are French and have a program's own styles.
STYLES_XML = """<office:document-styles {} office:version="1.4">
<office:font-face-decls><style:font-face style:name="Arial" svg:font-family="Arial"/></office:font-face-decls>
<office:styles>
<style:default-style style:family="table-cell">
<style:text-properties style:font-name="Arial" fo:font-size="12pt" fo:language="{language}" fo:country="{country}"/>
</style:default-style>
<style:style style:name="Default" style:family="table-cell"/>
{looks}
<style:style style:name="Height" style:family="table-row">
<style:table-row-properties style:use-optimal-row-height="true"/>
</style:style>
</office:styles>
<office:automatic-styles>
{layouts}
</office:automatic-styles>
<office:master-styles>{masters}</office:master-styles>
</office:document-styles>"""
# So many pages wide.
LAYOUT = """<style:page-layout style:name="Page_{0}">
<style:page-layout-properties style:print-orientation="landscape" fo:page-width="29.7cm" fo:page-height="21cm"
 fo:margin-left="2cm" fo:margin-right="2cm" style:scale-to-X="{0}" style:scale-to-Y="0"/>
</style:page-layout>"""
MASTER = '<style:master-page style:name="{1}" style:page-layout-name="Page_{0}"/>'
CONTENT_XML = """<office:document-content {} office:version="1.4"><office:automatic-styles/>
<office:body><office:spreadsheet/></office:body></office:document-content>"""
SETTINGS_XML = """<office:document-settings {} office:version="1.4"><office:settings/></office:document-settings>"""
WIDTH = 0.3  # cm, of a character
# Looks after the theme of gptables: style -> (parent, properties of its text, of its paragraph, of its cell).
LOOKS = {
    "Title": ("Default", 'fo:font-size="16pt" fo:font-weight="bold"', "", ""),
    "Subtitle": ("Default", 'fo:font-size="14pt" fo:font-weight="bold"', "", ""),
    "Line": ("Default", "", "", ""),
    "Link": ("Default", 'fo:color="#0000ff" style:text-underline-style="solid"', "", ""),
    "Words": ("Default", "", 'fo:text-align="start"', 'fo:wrap-option="wrap" style:vertical-align="top"'),
    "Beside": ("Words", "", 'fo:margin-left="0.3cm"', ""),
    "BesideTotal": ("Beside", 'fo:font-weight="bold"', "", ""),
    "WordsLink": ("Words", 'fo:color="#0000ff" style:text-underline-style="solid"', "", ""),
    "WordsTotal": ("Words", 'fo:font-weight="bold"', "", ""),
    "Head": ("Words", 'fo:font-weight="bold"', "", 'fo:border-bottom="0.75pt solid #000000"'),
    "HeadBeside": ("Head", "", 'fo:margin-left="0.3cm"', ""),
    "HeadRight": ("Head", "", 'fo:text-align="end"', ""),
    "Right": ("Words", "", 'fo:text-align="end"', ""),
    "RightTotal": ("Right", 'fo:font-weight="bold"', "", ""),
}


def ods(workbook: Workbook) -> bytes:
    """Write a workbook; the same workbook gives the same bytes."""
    document = Document("spreadsheet")
    for name in [name for name in document.manifest.get_paths() if name.startswith(UNUSED)]:
        document.manifest.del_full_path(name)
    for name in [name for name in document.parts if name.startswith(UNUSED)]:
        document.del_part(name)
    document.set_part(CONTENT, CONTENT_XML.format(NAMESPACES).encode())
    document.set_part(STYLES, _styles(workbook).encode())
    document.set_part(SETTINGS, SETTINGS_XML.format(NAMESPACES).encode())
    _describe(document, workbook)
    body = document.body
    for table in [_cover(document, workbook), *(_sheet(document, sheet) for sheet in workbook.sheets)]:
        body.append(table)
    body.append(_marked(workbook.sheets))
    target = io.BytesIO()
    document.save(target)
    return repacked(target.getvalue())


def _describe(document: Document, workbook: Workbook) -> None:
    day = dt.datetime.combine(dt.date.fromisoformat(workbook.created), dt.time())
    meta = document.meta
    meta.title, meta.language = workbook.title, workbook.language
    meta.initial_creator = meta.creator = workbook.author
    meta.creation_date = meta.date = day
    meta.clear_user_defined_metadata()
    cells = sum(len(sheet.rows) * len(sheet.heads) for sheet in workbook.sheets)
    meta.statistic = {"meta:table-count": len(workbook.sheets) + 1, "meta:cell-count": cells, "meta:object-count": 0}


def _cover(document: Document, workbook: Workbook) -> Table:
    """The cover, with the headings that gptables gives it."""
    lines = [
        (Cell(workbook.title), "Title"),
        (Cell("Introductory information"), "Subtitle"),
        *((line, "Words") for line in workbook.intro),
        (Cell("About these data"), "Subtitle"),
        *((line, "Words") for line in workbook.about),
    ]
    return _table(document, COVER, [COVER_WIDTH], [], ([_cell(*line)] for line in lines), [], 1, 0)


def _sheet(document: Document, sheet: Sheet) -> Table:
    above = [[_cell(Cell(sheet.title), "Title")], *([_cell(line, "Line")] for line in sheet.lines)]
    sides = ["Right" if sheet.is_numeric(i) else "Beside" if i else "" for i in range(len(sheet.heads))]
    heads = [_cell(Cell(head), f"Head{side}") for head, side in zip(sheet.heads, sides, strict=True)]
    rows = (
        [_cell(cell, _style(cell, side, i in sheet.totals)) for cell, side in zip(row, sides, strict=True)]
        for i, row in enumerate(sheet.rows)
    )
    widths = [sheet.width(i) for i in range(len(sheet.heads))]
    return _table(document, sheet.name, widths, above, rows, heads, sheet.pages, sheet.stubs)


def _style(cell: Cell, side: str, total: bool) -> str:
    kind = f"Number_{cell.form}" if cell.form else side or "Words"
    return kind + ("Total" if total else "")


def _master(pages: int) -> str:
    return "Default" if pages == 1 else f"Wide_{pages}"


def _table(document: Document, name: str, widths: Iterable[int], above, rows, heads, pages: int, stubs: int) -> Table:
    """A worksheet: columns of these widths (characters), rows of cells above the table, its heads and its rows.

    `pages` : how many it is printed wide; of several each has the first `stubs` columns
    """
    printed = f"Table_{pages}"
    if not document.get_style("table", printed):
        look = Style("table", name=printed)
        look.set_attribute("style:master-page-name", _master(pages))
        document.insert_style(look, automatic=True)
    table = Table(name, style=printed)
    table.clear()
    table.name, table.style = name, printed
    repeated = Element.from_tag("table:table-header-columns")
    for at, width in enumerate(widths):
        style = f"Column_{width}"
        if not document.get_style("table-column", style):
            properties = {"style:column-width": f"{width * WIDTH:.2f}cm"}
            document.insert_style(Style("table-column", name=style, **properties), automatic=True)
        (repeated if pages > 1 and at < stubs else table).append(Column(style=style))
        if pages > 1 and at == stubs - 1:
            table.append(repeated)
    for cells in above:
        table.append(_row(cells))
    if heads:
        marked = HeaderRows()
        marked.append(_row(heads))
        table.append(marked)
    for cells in rows:
        table.append(_row(cells))
    return table


def _row(cells: Iterable[OdsCell]) -> Row:
    row = Row(style="Height")
    for cell in cells:
        row.append(cell)
    return row


def _cell(cell: Cell, style: str) -> OdsCell:
    """A cell: a number with its text as printed, or text, never a formula; a link goes to A1 of a worksheet."""
    if cell.number is not None:
        return OdsCell(cell.value, text=cell.text, style=style)
    if cell.to:
        style = {"Line": "Link", "Words": "WordsLink"}[style]
    made = OdsCell(style=style)
    made.set_attribute("office:value-type", "string")
    for line in cell.text.split("\n"):
        paragraph = Paragraph() if cell.to else Paragraph(line)
        if cell.to:
            paragraph.append(Link(url=f"#'{cell.to}'.A1", text=line))
        made.append(paragraph)
    return made


def _marked(sheets: Iterable[Sheet]) -> Element:
    """The tables by name and range, each with a row of heads."""
    ranges = Element.from_tag("table:database-ranges")
    for sheet in sheets:
        first = len(sheet.lines) + 2
        last = f"{_letters(len(sheet.heads))}{first + len(sheet.rows)}"
        one = Element.from_tag("table:database-range")
        one.set_attribute("table:name", sheet.table)
        one.set_attribute("table:target-range-address", f"'{sheet.name}'.A{first}:'{sheet.name}'.{last}")
        one.set_attribute("table:contains-header", "true")
        ranges.append(one)
    return ranges


def _letters(column: int) -> str:
    """1 -> A, 27 -> AA."""
    rest, last = divmod(column - 1, 26)
    return (_letters(rest) if rest else "") + chr(ord("A") + last)


def _styles(workbook: Workbook) -> str:
    """The styles of the workbook: those of LOOKS, and one for each printed form that a cell has."""
    language, country = workbook.language.split("-")
    forms = sorted({cell.form for sheet in workbook.sheets for row in sheet.rows for cell in row if cell.form})
    looks = "".join(_look(name, *look) for name, look in LOOKS.items())
    numbers = "".join(part for form in forms for part in _number_style(form))
    wide = sorted({1, *(sheet.pages for sheet in workbook.sheets)})
    layouts, masters = "".join(map(LAYOUT.format, wide)), "".join(MASTER.format(one, _master(one)) for one in wide)
    told = {"language": language, "country": country, "looks": looks + numbers}
    return STYLES_XML.format(NAMESPACES, **told, layouts=layouts, masters=masters)


def _look(name: str, parent: str, text: str, paragraph: str, cell: str, data: str = "") -> str:
    kinds = (("table-cell", cell), ("paragraph", paragraph), ("text", text))
    properties = "".join(f"<style:{kind}-properties {value}/>" for kind, value in kinds if value)
    format_of = f' style:data-style-name="{data}"' if data else ""
    return (
        f'<style:style style:name="{name}" style:family="table-cell" style:parent-style-name="{parent}"{format_of}>'
        f"{properties}</style:style>"
    )


def _number_style(form: str) -> Iterator[str]:
    """The number format of a printed form, as in `sheets.number_format`, and the two styles of cells that have it."""
    f = FORMS[form]
    digits = (
        f'<number:number number:decimal-places="{max(f.decimals, 0)}" number:min-decimal-places="{max(f.decimals, 0)}"'
        ' number:min-integer-digits="1" number:grouping="true"/>'
    )
    for name, sign in (("Above", "+" if f.signed else ""), ("Below", MINUS), ("", "")):
        parts = f"{_text(sign + f.prefix)}{digits}{_text(f.suffix)}"
        maps = "" if name else _map(form, "&gt;", "Above") + _map(form, "&lt;", "Below")
        volatile = ' style:volatile="true"' if name else ""
        yield f'<number:number-style style:name="{form}{name}"{volatile}>{parts}{maps}</number:number-style>'
    yield _look(f"Number_{form}", "Right", "", "", "", form)
    yield _look(f"Number_{form}Total", "RightTotal", "", "", "", form)


def _map(form: str, sign: str, name: str) -> str:
    return f'<style:map style:condition="value(){sign}0" style:apply-style-name="{form}{name}"/>'


def _text(text: str) -> str:
    return f"<number:text>{escape(text)}</number:text>" if text else ""
