"""What cannot be computed is missing with its reason, what rests on it too, and every other number is right.

Each fault of untrusted.py goes through the whole chain of rules, in one process, up to figures, page and workbook.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping

import chain
import findings_text as ft
import pandas as pd
import pytest
from _ledger import MISSING_INPUT, kind, parse_inputs, recompute
from chain import Made, Printed
from ledger_checks import NOT_COMPUTABLE, assert_closed
from test_findings_text import WRONG
from untrusted import FAULTS, TOGETHER, joined

# Notes of what has a formula's value that would say nothing, or feign something.
MEANINGLESS = (
    "not computed: the total is not above 0",
    "not computed: the cost is not above 0",
    "not estimable: a cell of area, period and outcome is empty",
)
NO_BASE = ("not computed: the base is 0", "not computed: no journey started")
NOT_A_NUMBER = re.compile(r"\b(nan|NaN|inf|Infinity|Undefined)\b|(?<![A-Za-z] )\bNone\b(?! of| could)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("chain")


@pytest.fixture(scope="module")
def study(config):
    return chain.study(config)


@pytest.fixture(scope="module")
def whole(study, folder) -> Made:
    """The study without any fault."""
    return chain.run(study, folder)


@pytest.fixture(scope="module", params=TOGETHER, ids=" + ".join)
def fault(request):
    return joined(request.param)


@pytest.fixture(scope="module")
def made(fault, study, folder) -> Made:
    return chain.run(fault.change(study), folder)


@pytest.fixture(scope="module")
def printed(made, whole) -> Printed:
    return chain.render(made, known=whole)


def inputs_of(row: Mapping) -> list[str]:
    return [identifier for ids in parse_inputs(row["inputs"]).values() for identifier in ids]


def missing(ledger: pd.DataFrame) -> pd.DataFrame:
    return ledger[ledger["value"].isna()]


def test_the_study_without_a_fault_misses_nothing(whole, folder, study):
    assert missing(whole.ledger).empty
    assert_closed(whole.ledger)
    out = chain.render(whole)
    assert not out.faults
    assert len(out.figures) == 15
    assert not readable(out)


def test_every_fault_is_tried():
    assert sorted(name for names in TOGETHER for name in names) == sorted(FAULTS)


def test_just_the_expected_quantities_are_missing(fault, made):
    found = set(missing(made.ledger)["id"])
    expected = {one for one in made.known if any(re.fullmatch(pattern, one) for pattern in fault.missing)}
    assert found - expected == set(), "missing, though it can be computed"
    assert expected - found == set(), "has a value, though it cannot be computed"
    for pattern in fault.missing:
        assert any(re.fullmatch(pattern, one) for one in found), pattern


def test_every_missing_quantity_says_why_and_truly(made):
    values = made.known
    for row in missing(made.ledger).to_dict("records"):
        note, inputs = row["note"], [values[one] for one in inputs_of(row)]
        assert note.startswith(("not computed: ", "not estimable: ")) or "; not " in note, (row["id"], note)
        unknown = any(map(math.isnan, inputs))
        if note == MISSING_INPUT:
            assert unknown, (row["id"], "no input is missing")
        if note.startswith(NO_BASE):
            assert 0 in inputs, (row["id"], "no input is 0")
            assert not unknown, (row["id"], "an input is missing")
        if kind(row) == "derived" and not note.startswith(MEANINGLESS):
            assert formula_fails(row, values), (row["id"], note)


def formula_fails(row: Mapping, values: Mapping[str, float]) -> bool:
    try:
        return not math.isfinite(recompute(row, values))
    except NOT_COMPUTABLE:
        return True


def test_every_other_quantity_is_right(fault, made, whole):
    """Leaves that the fault does not touch are those of the study without it; all else follows by its formula."""
    before, values = whole.known, made.known
    assert_closed(made.ledger)
    assert all(math.isfinite(value) or math.isnan(value) for value in values.values())
    moved = [
        row["id"]
        for row in made.ledger.to_dict("records")
        if kind(row) != "derived" and not same(row["value"], before.get(row["id"], math.nan))
    ]
    assert [one for one in moved if not re.fullmatch(fault.touched, one)] == []
    assert fault.then(values, before)


def same(value: float, other: float) -> bool:
    return value == other or (math.isnan(value) and math.isnan(other))


def test_pages_figures_and_workbook_can_be_read(fault, made, printed):
    assert printed.faults == []
    assert not readable(printed)
    text = page_text(printed.page)
    for words in fault.says:
        assert words in text, words
    shown = [one for one in missing(made.ledger)["id"] if f'data-q="{one}"' in printed.page]
    assert bool(fault.missing) == bool(shown)
    for one in shown:
        elements = re.findall(rf'data-q="{re.escape(one)}"[^>]*>(?:<a[^>]*>)?([^<]*)', printed.page)
        assert set(elements) == {"[z]"}, (one, elements)
        assert made.notes[one] in text, (one, made.notes[one])


def page_text(page: str) -> str:
    """The words of a page, without those of notes in the middle of a sentence."""
    bare = re.sub(r"<(style|script|head)[^>]*>.*?</\1>", " ", page, flags=re.S)
    notes = re.findall(r'<span class="fn" role="note">(.*?)</span>', bare)
    bare = re.sub(r'<span class="fn" role="note">.*?</span>', "", bare)
    words = re.sub(r"<(/?)(p|li|td|th|tr|h\d|div|caption|figure|dt|dd|br)\b[^>]*>", " ", bare)
    words = html.unescape(" ".join([re.sub(r"<[^>]+>", "", words), *notes]))
    return re.sub(r"\s+", " ", words)


def readable(out: Printed) -> list[str]:
    """What no reader should meet, in page, figures and workbook."""
    text = page_text(out.page)
    found = [text[max(0, hit.start() - 60) : hit.end() + 40] for hit in NOT_A_NUMBER.finditer(text)]
    found += [hit for hit in re.findall(r'alt="([^"]*)"', out.page) if NOT_A_NUMBER.search(hit)]
    found += [number for number, svg in out.figures.items() if re.search(r"\b(nan|inf)\b", svg, re.I)]
    for sheet in out.book.sheets:
        for cell in (cell for row in sheet.rows for cell in row):
            if (cell.number is not None and not math.isfinite(cell.number)) or NOT_A_NUMBER.search(cell.text):
                found.append(f"{sheet.name}: {cell.text}")
    for paragraph in ft.paragraphs(out.page):
        words = paragraph.text.replace("[z]", "0")
        found += [f"{pattern}: {paragraph.text}" for pattern in WRONG if re.search(pattern, words)]
        if re.search(r"\bfrom (−?£?\d[\d,.]*) to \1(?=[\s.,;])|\b0 of 0\b", paragraph.text):
            found.append(paragraph.text)
    return found
