"""The cells of all tables and figures as cells.csv holds them."""

from __future__ import annotations

import pandas as pd

FILE_FIELDS = ["exhibit", "row", "column", "id", "value", "unit", "printed", "printed_unit"]
PRINTED_AS = {"people": "count"}  # unit of the ledger -> the unit of its printed form, where both mean the same


def filed(cells: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """The cells with names that no spreadsheet takes for a number, and with values as the ledger has them.

    Parameters
    ----------
    cells : CELL_FIELDS of exhibits.declared: a table by its number, values in the printed unit
    ledger : every quantity that is published

    Returns
    -------
    FILE_FIELDS: "Table 7.10" or "Figure S.1"; value and unit of the ledger; what is printed, and its unit.
    """
    of, named = ledger.set_index("id")[["value", "unit"]], cells["id"] != ""
    values = of["value"].reindex(cells["id"]).to_numpy(dtype=float)
    unit = of["unit"].reindex(cells["id"]).fillna("").set_axis(cells.index)
    tables = ~cells["exhibit"].str.startswith("Figure ")
    return cells.assign(
        exhibit=cells["exhibit"].mask(tables, "Table " + cells["exhibit"]),
        value=pd.Series(values, index=cells.index),
        unit=unit,
        printed_unit=cells["unit"].mask(unit.map(PRINTED_AS) == cells["unit"], unit).where(named, ""),
    )[FILE_FIELDS]
