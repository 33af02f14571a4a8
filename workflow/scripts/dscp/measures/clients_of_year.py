"""The clients of each partnership of a profile in its two years, one row each, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from dscp.measures.derivations import LATEST, LATEST_BY, journeys_within
from dscp.measures.indicators import Indicator, words_of
from dscp.study.areas import areas, periods
from dscp.study.partnerships import SPANS

NO_BANDS = [1]  # of length of use, which no profile tells
COURSE = "file, line, client, dat, journey, journey_start, journey_end, exit_reason, date_of_birth, sex, " \
    "drug_1, drug_2, drug_3, referral_source, dip_flag, referral_date, structured_start"  # fmt: skip
# Of each client the journey that was completed last within the year.
COMPLETED_LAST = """
create or replace table completed_last as
select area, period, client, max(journey_end) as completed_on
from adults
where exit_reason in (from completed_exit_reasons) and journey_end between starts and ends
group by all
"""
# The first journey of that client in that partnership that began later, up to the year's end.
CLIENTS = """
create or replace table clients as
select
    latest.*, completed_on,
    (
        select min(later.journey_start)
        from in_period as later
        where later.area = latest.area and later.period = latest.period and later.client = latest.client
            and later.journey_start > completed_on
    ) as back_on
from latest
left join completed_last using (area, period, client)
"""


def clients_of_year(journeys: str, config: Mapping, every: Sequence[Indicator]) -> pd.DataFrame:
    """One row per client, partnership and period: area, period, file, line (of the latest journey), and each indicator.

    Parameters
    ----------
    journeys : path of the validated journeys (Parquet)
    config : the study
    """
    con = clients_within(journeys, config)
    words = words_of(config["definitions"])
    told = ", ".join(f"coalesce({one.counted.format(**words)}, false) as {one.name}" for one in every)
    return con.execute(f"select area, period, file, line, {told} from clients order by all").df()


def clients_within(journeys: str, config: Mapping, windows: pd.DataFrame | None = None) -> duckdb.DuckDBPyConnection:
    """A database with the clients of each partnership and period: table `clients`.

    windows : period, starts, ends (dates), in the place of the two years

    Its columns: those of the latest journey, area, period, starts, ends, age, completed_on and back_on (dates).
    """
    definitions = config["definitions"]
    windows = periods(config["periods"], "outcomes") if windows is None else windows
    con = journeys_within(journeys, config["sites"], windows, definitions, config["codes"], NO_BANDS, COURSE)
    con.execute(LATEST.format(name="latest", journeys="adults", order=LATEST_BY[definitions["latest_journey"]]))
    con.execute(COMPLETED_LAST)
    con.execute(CLIENTS)
    return con


def places(config: Mapping) -> pd.DataFrame:
    """One row per partnership and period: area, own and peer (bool), period, span (the setting)."""
    of = areas(config["sites"])[["area"]]
    own = of["area"] == config["partnership"]
    spans = pd.DataFrame({"period": list(SPANS), "span": list(SPANS.values())})
    return of.assign(own=own, peer=~own).merge(spans, how="cross")
