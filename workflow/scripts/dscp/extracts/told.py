"""What remarks of the validation say in print: words that are fixed, whatever the records hold.

Which place, month or code a remark is about, and the first row of it, stand in restricted/validation.csv alone.
"""

from __future__ import annotations

from dscp.extracts.faults import EXPECTED, NO_VALUE, NOT_ALLOWED, REMARKS
from dscp.extracts.ids import CHANGED, SHORTER
from dscp.extracts.registry import READ

OF_CHECKS = {check.found for extract in READ.values() for check in extract.row_checks if check.found}
FIXED = {NO_VALUE, SHORTER, *REMARKS, *(found for _, found, _ in CHANGED), *OF_CHECKS}


def told(found: str) -> str:
    """What a remark found, as it may be printed: the words of its kind, or that a value is not allowed."""
    return found if found in FIXED else NOT_ALLOWED


def made_of(allowed: str) -> str:
    """What is made of it, as it is printed: without the headers that were looked for, which are no words."""
    return allowed.partition(EXPECTED)[0]
