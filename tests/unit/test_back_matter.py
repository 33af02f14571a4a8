"""Glossary and references: every abbreviation is explained, every work cited is listed, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from dscp.report.citations import Citations, UnknownWork
from dscp.report.render import terms_used

PROJECT = Path(__file__).parents[2]
WORKS = yaml.safe_load((PROJECT / "templates" / "references.yaml").read_text(encoding="utf-8"))


def test_a_citation_links_to_its_reference():
    works = {
        "a-1999": {"short": "A & B", "year": "1999", "entry": "A and B (1999) <em>T</em>."},
        "c-2001": {"short": "C", "year": "2001a", "entry": "C (2001a) U."},
        "d-2002": {"short": "D", "year": "2002", "entry": "D (2002) V."},
    }
    citations = Citations(works)
    first, second = '<a href="#reference-c-2001">C, 2001a</a>', '<a href="#reference-a-1999">A &amp; B, 1999</a>'
    assert citations.cited("c-2001", "a-1999") == f'<cite class="work">({first}; {second})</cite>'
    assert citations.cited_as("c-2001") == '<cite class="work"><a href="#reference-c-2001">C (2001a)</a></cite>'
    assert citations.references() == [
        ("reference-a-1999", "A and B (1999) <em>T</em>."),
        ("reference-c-2001", "C (2001a) U."),
    ]
    with pytest.raises(UnknownWork, match=r"no work 'e-2003' in references\.yaml"):
        citations.cited("e-2003")


def test_works_are_in_order_and_name_their_year():
    names = [re.sub(r" \(NTA\)| \(NOMS\)", "", work["entry"]).lower() for work in WORKS.values()]
    assert names == sorted(names)
    assert all(f"({work['year']})" in work["entry"] for work in WORKS.values())
    assert all(work["entry"].endswith(".") for work in WORKS.values())


def test_an_abbreviation_in_a_cell_beside_a_number_is_one_that_stands_in_the_report():
    entries = "<dt>NAO</dt><dd>National Audit Office</dd>\n<dt>TT</dt><dd>In treatment</dd>\n"
    body = f'<td>3,000</td><td>NAO (2010)</td><dl class="glossary short">\n{entries}</dl>'
    assert "<dt>NAO</dt>" in terms_used(body) and "<dt>TT</dt>" not in terms_used(body)
