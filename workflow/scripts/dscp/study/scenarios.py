"""The scenarios of Table S.15 in their order: name -> what it is called in the table and in sentences."""

from __future__ import annotations

SCENARIOS = {
    "base": "As estimated",
    "unplanned": "Recovery as after unplanned exits",
    "planned": "Recovery as after planned exits",
    "over_unplanned": "Over an unplanned exit, counted once",
    "once": "No double count",
    "charged": "Treatment cost charged",
    "transfers": "Transfers excluded",
    "undiscounted": "First year undiscounted",
    "cautious": "Cautious",
    "odds": "Effects between odds",
}
