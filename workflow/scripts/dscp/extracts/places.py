"""Codes of places that are one of the study's, spelled otherwise: their rows would count as those of another place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dscp.extracts.faults import cell, fault

if TYPE_CHECKING:
    from dscp.extracts.checks import Extract


def spelling(code: str) -> str:
    """What two spellings of a code share: no blanks and signs, a nought for the letter beside digits, none in front."""
    letters = re.sub(r"(?<=\d)O|O(?=\d)", "0", re.sub(r"[\W_]", "", code.upper()))
    return re.sub(r"(?<!\d)0+(?=\d)", "", letters)


def spelled_alike(codes: Iterable[str]) -> list[list[str]]:
    """Codes that are one in all but their spelling, by group; a code that is like no other is left out."""
    groups = defaultdict(list)
    for code in codes:
        groups[spelling(code)].append(code)
    return [sorted(group) for group in groups.values() if len(group) > 1]


def spelled_otherwise(extract: Extract) -> list[dict[str, Any]]:
    """Refuse a code that the config does not name and that is one of those it names but for its spelling."""
    areas, findings = extract.areas(), []
    for column in (one for one in extract.declared.columns if one.of_areas):
        codes = {code for listed in areas[column.of_areas] for code in listed}
        known, name = {spelling(code): code for code in codes}, f'"{column.name}"'
        for found, rows, first in extract.query(f"""
            SELECT {name}, count(*), min(struct_pack(file, record)) FROM records WHERE {name} IS NOT NULL
            GROUP BY ALL ORDER BY ALL
        """):
            if found in codes or spelling(found) not in known:
                continue
            meant, source = known[spelling(found)], extract.sources[first["file"]]
            words = f"{cell(found)} in {rows:,} {'row' if rows == 1 else 'rows'}, which is {meant} in another spelling"
            key = f"extracts.{extract.name}.values.{column.name}"
            allowed = f"{meant}, as the config has it; {key} says that it means {meant}, or gives another place a name"
            findings.append(fault(extract.name, source.name, column.name, words, allowed,
                                  line=source.line(first["record"]), rows=rows))  # fmt: skip
    return findings
