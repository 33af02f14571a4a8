"""What each column of a published CSV file holds: its type, and what it says. From it the file of column descriptions.

Numbers are plain: a point before decimals, no signs but a minus, no commas. Every other column is text.
Source of the format: W3C, Metadata Vocabulary for Tabular Data (2015).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

NUMBER, WHOLE, TEXT = "double", "integer", "string"
FILE = "csv-metadata.json"
MEDIA_TYPE = "application/csvm+json"
UNIT = "unit of the value: count, percent, ppt (points), p, ratio, rate (1 is 100 per cent), gbp, index, years or days"
RELATIONS = {
    "id": (TEXT, "name of the relation"),
    "about": (TEXT, "which numbers it is about"),
    "relation": (TEXT, "the relation, with the printed numbers by their names"),
    "printed": (TEXT, "the same with the numbers as printed"),
    "left": (TEXT, "what the left side can be, given rounding; from and to in words"),
    "right": (TEXT, "what the right side can be"),
    "verdict": (TEXT, "whether it can hold"),
}
COLUMNS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "cells.csv": {
        "exhibit": (TEXT, "table or figure, by its printed number"),
        "row": (TEXT, "name of the row"),
        "column": (TEXT, "name of the column"),
        "id": (TEXT, "quantity of ledger.csv; empty where the cell is text"),
        "value": (NUMBER, "value of the quantity, not rounded, as in ledger.csv"),
        "unit": (TEXT, UNIT),
        "printed": (TEXT, "what stands in the cell"),
        "printed_unit": (TEXT, "unit of what stands in the cell: gbp_k is thousands of pounds, gbp_m millions"),
    },
    "ledger.csv": {
        "id": (TEXT, "name of the quantity"),
        "value": (NUMBER, "its value, not rounded; empty where there is none"),
        "unit": (TEXT, UNIT + "; gbp_m is millions of pounds"),
        "formula": (TEXT, "how it follows from its inputs; empty where it is counted, fitted, cited or set"),
        "inputs": (TEXT, "names in the formula, and the quantities that they stand for"),
        "rule": (TEXT, "rule of the workflow that computed it"),
        "function": (TEXT, "function of that rule"),
        "source": (TEXT, "where it is defined; of a constant its citation"),
        "extract": (TEXT, "extracts that it is counted from"),
        "filter": (TEXT, "which rows are counted, in words; what a constant or setting is"),
        "rows": (WHOLE, "how many rows are counted"),
        "settings": (TEXT, "settings that decide what is counted"),
        "note": (TEXT, "why there is no value, or what is assumed"),
        "family": (TEXT, "what the quantity belongs to"),
        "dims": (TEXT, "what its name is made of"),
        "about": (TEXT, "people, events, money or areas"),
        "cohort": (TEXT, "whom or what it counts; the same for the same records"),
    },
    "validation.csv": {
        "extract": (TEXT, "the extract"),
        "severity": (TEXT, "fault, information or count"),
        "file": (TEXT, "the file"),
        "line": (WHOLE, "first line of the file with it"),
        "column": (TEXT, "the column"),
        "found": (TEXT, "what was found"),
        "allowed": (TEXT, "what is allowed, or what was made of it"),
        "rows": (WHOLE, "how many rows"),
        "message": (TEXT, "the same as a sentence"),
    },
    "disclosure.csv": {
        "id": (TEXT, "the quantity"),
        "decision": (TEXT, "what was decided on it"),
    },
    "reproduction.csv": {
        "key": (TEXT, "the printed number: table, row and column, or place in the text"),
        "where": (TEXT, "where it stands"),
        "printed": (TEXT, "as printed"),
        "value": (NUMBER, "its value, in its own unit"),
        "unit": (TEXT, "its unit"),
        "our_id": (TEXT, "quantities of ledger.csv that it is compared with"),
        "ours": (NUMBER, "our value, in the unit of the print; empty where it is compared with several"),
        "ours_each": (TEXT, "our values where there are several, in the order of our_id"),
        "our_printed": (TEXT, "our value as the print would have it"),
        "verdict": (TEXT, "the verdict"),
        "rounding": (TEXT, "the rounding that makes both equal"),
        "reason": (TEXT, "why they are equal, or why there is nothing to compare with"),
        "evidence": (TEXT, "what a reader can check"),
        "cause_proposed": (TEXT, "causes that the rules propose"),
        "cause_confirmed": (TEXT, "the cause that a person has confirmed"),
        "clients": (NUMBER, "how many more clients with the printed number in the place of ours"),
        "pounds": (NUMBER, "how many more pounds of benefits"),
    },
    "relations.csv": RELATIONS,
    "review_relations.csv": {
        **RELATIONS,
        "cause": (TEXT, "why it cannot hold"),
        "why": (TEXT, "the same in words"),
    },
    "claims.csv": {
        "id": (TEXT, "name of the claim"),
        "place": (TEXT, "where it stands"),
        "kind": (TEXT, "its kind"),
        "claim": (TEXT, "what it says"),
        "judged_against": (TEXT, "what it is judged against"),
        "verdict": (TEXT, "the verdict"),
        "arithmetic": (TEXT, "the sum behind it"),
        "clients": (NUMBER, "clients that hang on it"),
        "pounds": (NUMBER, "pounds that hang on it"),
        "hangs_on": (TEXT, "what hangs on it"),
        "reason": (TEXT, "the reason"),
    },
    "count_ranges.csv": {
        "table": (TEXT, "the table"),
        "site": (TEXT, "the site"),
        "sets": (WHOLE, "how many sets of counts print as the table does"),
        **{
            f"{arm}_{period}_{end}": (WHOLE, f"{which} count with the outcome, {of}, {when}")
            for arm, of in (("pilot", "pilot"), ("comparison", "comparison area"))
            for period, when in (("pre", "before"), ("post", "after"))
            for end, which in (("from", "least"), ("to", "greatest"))
        },
        "base_from": (WHOLE, "least base, where the print is illegible"),
        "base_to": (WHOLE, "greatest base, where the print is illegible"),
        "p_low": (NUMBER, "least p-value of the unadjusted test"),
        "p_high": (NUMBER, "greatest p-value of the unadjusted test"),
        "p_printed": (NUMBER, "p-value as printed"),
        "sets_with_printed_p": (WHOLE, "how many of the sets give the printed p-value"),
        "test": (TEXT, "which test the print has"),
    },
}


def described(files: Sequence[str]) -> str:
    """The descriptions of the columns of some files, as JSON.

    Parameters
    ----------
    files : names, each in COLUMNS
    """
    tables = [
        {
            "url": file,
            "tableSchema": {
                "columns": [
                    {"name": name, "titles": name, "datatype": kind, "dc:description": says}
                    for name, (kind, says) in COLUMNS[file].items()
                ]
            },
        }
        for file in files
    ]
    whole = {"@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}], "tables": tables}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
