"""Rule flows: the stock at the start of a year, who joins it, and how both leave (report, Appendix C3, Table C.3.1).

The year is the twelve months to the end of a period. Journeys are counted, not clients: a client who starts again is
there twice. Adults by the study's definition, with the year for the period.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from dscp.ledger.formulas import derive, summed
from dscp.ledger.rows import quantities, values_of, write_ledger
from dscp.measures.derivations import COURSE, journeys_within
from dscp.run.job import writing
from dscp.study.areas import areas, periods

RULE, SOURCE = "flows", "Appendix C3"
STOCKS = {"opening": "in treatment at the start of the year", "new": "started in the year"}
LEFT_OVER = "later"  # what none of the evaluation's three parts has
FLOWS = {
    "completed": "completed in it",
    "early": "ended otherwise in it, within {days} days of their start",
    LEFT_OVER: "ended otherwise in it, later than that",
    "staying": "go on after it",
}
PLACE = ".{area}.{period}"
SETTINGS = (
    "definitions.minimum_age definitions.age_at definitions.effective_days codes.completed_exit_reasons"
    " periods.{period}.outcomes sites.{site}.{arm}.dats"
)
DIVIDED = """
select
    area, period,
    case when journey_start < starts then 'opening' else 'new' end as stock,
    case
        when coalesce(journey_end > ends, true) then 'staying'
        when exit_reason in (from completed_exit_reasons) then 'completed'
        when journey_end - journey_start < $effective_days then 'early'
        else 'later'
    end as flow,
    file, line
from adults
order by all
"""


def years(study_periods: Mapping) -> pd.DataFrame:
    """The twelve months to the end of each period that has so many: period, starts, ends."""
    found = periods(study_periods, "outcomes")
    first = [(pd.Timestamp(last) + pd.DateOffset(days=1) - pd.DateOffset(years=1)).date() for last in found["ends"]]
    return found.assign(starts=first)[found["starts"] <= first]


def flows(
    journeys: str, sites: Mapping, study_periods: Mapping, definitions: Mapping, codes: Mapping, bands: list[int]
) -> pd.DataFrame:
    """Which way each journey went, one row for each and year: area, period, stock, flow, file, line.

    Parameters
    ----------
    journeys : path of the validated journeys (Parquet)
    sites, study_periods, definitions, codes, bands : those parts of the config
    """
    con = journeys_within(journeys, sites, years(study_periods), definitions, codes, bands, COURSE)
    return con.execute(DIVIDED, {"effective_days": definitions["effective_days"]}).df()


def counted(members: pd.DataFrame, sites: Mapping, study_periods: Mapping) -> pd.DataFrame:
    """How many journeys of each stock went which way: site, arm, area, period, stock, flow, count.

    members : from `flows`
    """
    by = ["area", "period", "stock", "flow"]
    places = areas(sites)[["site", "arm", "area"]].merge(years(study_periods)[["period"]], how="cross")
    ways = pd.MultiIndex.from_product([STOCKS, FLOWS], names=["stock", "flow"]).to_frame(index=False)
    found = members.groupby(by).size().rename("count").reset_index()
    every = places.merge(ways, how="cross").merge(found, how="left", on=by)
    return every.fillna({"count": 0}).astype({"count": int})


def ledger(counts: pd.DataFrame, effective_days: int) -> list[pd.DataFrame]:
    """Ledger rows: each way of each stock, the stocks, who was in effective treatment, and who is in no part.

    counts : from `counted`
    """
    words = {name: text.format(days=effective_days) for name, text in FLOWS.items()}
    told = {"unit": "count", "source": SOURCE, "rule": RULE}
    rows = quantities(
        counts.assign(of=counts["stock"].map(STOCKS), went=counts["flow"].map(words)),
        id="flows.{flow}.{stock}" + PLACE,
        value="count",
        rows="count",
        extract="journeys",
        filter="journeys of adults in {area}, {period}, {of}, that {went}",
        settings=SETTINGS,
        cohort="flows.{stock}/{flow}",
        function="flows",
        **told,
    )
    values = values_of(rows)
    places = counts[["site", "arm", "area", "period"]].drop_duplicates()
    early, completed, later = (
        [f"flows.{flow}.{stock}{PLACE}" for stock in STOCKS] for flow in ("early", "completed", LEFT_OVER)
    )
    stocks = [f"flows.stock.{stock}{PLACE}" for stock in STOCKS]
    common = {"function": "ledger", **told}
    return [
        rows,
        derive(
            summed(counts, rows, ["stock", "area", "period"]),
            values,
            id="flows.stock.{stock}" + PLACE,
            formula="sum(part)",
            inputs={"part": "@parts"},
            **common,
        ),
        derive(
            places,
            values,
            id=f"flows.effective{PLACE}",
            formula="sum(stock) - sum(early)",
            inputs={"stock": stocks, "early": early},
            **common,
        ),
        derive(places, values, id=f"flows.planned{PLACE}", formula="sum(part)", inputs={"part": completed}, **common),
        *(
            derive(
                over_areas(places, parts),
                values,
                id=f"flows.{name}{PLACE}",
                formula="sum(part)",
                inputs={"part": "@part"},
                **common,
            )
            for name, parts in (("in_no_part", later), ("stock", stocks))
        ),
    ]


def over_areas(places: pd.DataFrame, patterns: Sequence[str]) -> pd.DataFrame:
    """All pilots and all comparison areas in each period, and the ids that their sums rest on: area, period, part."""
    found = places.assign(part=[[one.format(**place) for one in patterns] for place in places.to_dict("records")])
    sums = found.groupby(["arm", "period"], sort=False)["part"].agg("sum").reset_index()
    return sums.assign(area="all_" + sums["arm"] + "s")


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        given = (study["sites"], study["periods"], study["definitions"], study["codes"], study["bands"])
        members = flows(snakemake.input.journeys, *given)
        members.to_parquet(out.members, index=False)
        counts = counted(members, study["sites"], study["periods"])
        write_ledger(ledger(counts, study["definitions"]["effective_days"]), out.ledger)
