"""Cells of the workbook: numbers as printed, texts that no spreadsheet program runs."""

from __future__ import annotations

import pytest

from dscp.exhibits.book import shown
from dscp.printing.forms import FORMS, number_shown, printed
from dscp.run.inert import inert
from dscp.workbook.sheets import number_format, safe, unique
from seen import as_seen

CASES = [-123456.789, -1234.5, -0.51, -0.004, 0.0, 0.004, 0.5, 1.0, 64.349, 1234.5, 9876543.21]


@pytest.mark.parametrize("form", FORMS)
def test_a_number_is_seen_as_it_is_printed(form):
    for value in CASES:
        if (number := number_shown(value, form)) is not None:
            assert as_seen(number, number_format(form)) == shown(printed(value, form))
        else:
            assert printed(value, form).startswith(("<", "-ve"))
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
