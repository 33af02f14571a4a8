"""Rule own_values: the cited constants with the study's own unit values in their place, in the prices of one year."""

from collections.abc import Mapping

import pandas as pd

from dscp.run.inert import inert
from dscp.run.job import writing
from dscp.study.own_values import MONEY

ADDED = ("own", "then", "now")


def own_values(table: pd.DataFrame, economics: Mapping) -> pd.DataFrame:
    """The cited constants with the study's own values in their place.

    Parameters
    ----------
    table : name, value, unit, source, what
    economics : of the config; its own values in pounds are brought from the prices of their year to those of
        `prices.year`, by the ratio of the index

    Returns
    -------
    The same, with own (value | uprated | ""), then and now: of which year its prices were, and of which they are.
    """
    own, prices = economics.get("unit_values", {}), economics.get("prices")
    found = table.assign(own="", then="", now="").set_index("name")
    for name, one in own.items():
        source = inert(one["source"])
        found.loc[name, ["value", "source", "own"]] = [one["value"], source, "value"]
        if prices and name in MONEY:
            then, now = one["price_year"], prices["year"]
            value = one["value"] * prices["index"][now] / prices["index"][then]
            told = f"{source}; {prices['source']}"
            found.loc[name, ["value", "source", "own", "then", "now"]] = [value, told, "uprated", then, now]
    return found.reset_index()[[*table.columns, *ADDED]]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        table = pd.read_csv(snakemake.input.constants, keep_default_na=False)
        own_values(table, snakemake.params.economics).to_csv(out.constants, index=False)
