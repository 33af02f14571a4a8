"""What a reader sees in a workbook and in a PDF."""

from __future__ import annotations

import re


def as_seen(number: float, code: str) -> str:
    """What a spreadsheet program shows of a number with a number format."""
    section = code.split(";")[0 if number > 0 else 1 if number < 0 else 2]
    before, digits, after = re.fullmatch(r'((?:"[^"]*")?)#,##0((?:\.0+)?)((?:"[^"]*")?)', section).groups()
    return before.strip('"') + f"{abs(number):,.{max(len(digits) - 1, 0)}f}" + after.strip('"')


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def links(reader, sheets) -> list[tuple[int, str, str]]:
    """Every link to an entry: page, entry, and the text under it."""
    found = []
    for number, (leaf, (_, text)) in enumerate(zip(reader.pages, sheets, strict=True)):
        for annotation in (one.get_object() for one in leaf.get("/Annots", [])):
            target = str(annotation.get("/Dest") or annotation["/A"]["/D"])
            if target.startswith("d-"):
                left, bottom, right, top = map(float, annotation["/Rect"])
                found.append((number, target, flat(text.get_text_bounded(left - 0.3, bottom, right + 0.3, top))))
    return found
