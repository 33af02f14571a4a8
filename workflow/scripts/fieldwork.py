"""Rule fieldwork: encounters of the qualitative case studies per stage, site and group (Tables 1.1 and 1.2)."""

import pandas as pd

from dscp.ledger.formulas import derive, summed
from dscp.ledger.rows import quantities, values_of, write_ledger
from dscp.run.job import writing

RULE = "fieldwork"
SOURCE = "Section 1.3.1"


def fieldwork(encounters: pd.DataFrame) -> list[pd.DataFrame]:
    """Ledger rows of the encounters and their totals.

    Parameters
    ----------
    encounters : one row per stage, site and group: stage, site, group, encounters (count)
    """
    cells = encounters.assign(rows=1)
    counted = quantities(
        cells,
        id="fieldwork.{stage}.{group}.{site}",
        value="encounters",
        unit="count",
        rows="rows",
        extract="fieldwork",
        filter="{stage}, {site}, {group}: encounters",
        source=SOURCE,
        rule=RULE,
        function="fieldwork",
    )
    return [counted, *(margins(cells, counted, by) for by in (["stage", "site"], ["stage", "group"], ["stage"]))]


def margins(cells: pd.DataFrame, counted: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Totals over what is not in `by`: group "total" over groups, site "all" over sites."""
    totals = {name: word for name, word in (("group", "total"), ("site", "all")) if name not in by}
    return derive(
        summed(cells, counted, by).assign(**totals),
        values_of(counted),
        id="fieldwork.{stage}.{group}.{site}",
        unit="count",
        formula="sum(part)",
        inputs={"part": "@parts"},
        source=SOURCE,
        rule=RULE,
        function="margins",
    )


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        write_ledger(fieldwork(pd.read_parquet(snakemake.input.fieldwork)), out.ledger)
