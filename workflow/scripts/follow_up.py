"""Rule follow_up: whether people came back, how they left, and what payment by results asks for (Appendix F).

Journeys of adults in each period. A journey that ended can be followed for as long as the period lasts after it; one
that started, until the period's end. Differences are in percentage points, and their intervals those of pairs of areas.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import duckdb
import numpy as np
import pandas as pd

from dscp.ledger.formulas import NO_BASE, derive
from dscp.ledger.rows import numbers, quantities, read_ledger, values_of, write_ledger
from dscp.measures.derivations import COURSE, journeys_within
from dscp.measures.pairs import Values, averaged
from dscp.run.job import writing
from dscp.study.areas import ARMS, PERIODS, areas, arms_of, periods

RULE, SOURCE = "follow_up", "Appendix F"
PLACE = ".{outcome}.{area}.{period}"
DAYS = "definitions.return_days"
WAIT_DAYS = "definitions.wait_days"
NOBODY = "not computed: nobody can be followed for {} days"
RETAINED = "retained_12_weeks"  # the measure, where a study has it
WAITED = "waited"  # the outcome, where an extract has days of referral
EVERYWHERE = (
    "definitions.minimum_age definitions.age_at codes.completed_exit_reasons definitions.effective_days"
    " definitions.return_days periods.{period}.outcomes sites"
)
CODES = "codes.completed_exit_reasons"
SETTINGS = "definitions.minimum_age definitions.age_at periods.{period}.outcomes sites.{site}.{arm}.dats"
COMMON = {"source": SOURCE, "rule": RULE}
# Journeys that ended in the period: for how many days they can be followed, and after how many their client came back.
ENDED = """
select
    area, period, file, line, ends - journey_end as followed,
    coalesce(exit_reason in (from completed_exit_reasons), false) as completed,
    (
        select min(later.journey_start) - one.journey_end
        from in_period as later
        where later.area = one.area and later.period = one.period and later.client = one.client
            and later.journey_start > one.journey_end
    ) as back
from adults as one
where journey_end between starts and ends
order by all
"""
# Journeys that started in the period: for how many days their client waited since the referral, where its day is known.
BEGUN = """
select area, period, file, line, journey_start - referral_date as waited
from adults
where journey_start between starts and ends
order by all
"""
# Journeys that started in the period: for how many days they went on, or were seen to, and how they ended.
STARTED = """
select
    arm, period, least(coalesce(journey_end, ends), ends) - journey_start as days,
    case
        when coalesce(journey_end > ends, true) then 0
        when exit_reason in (from completed_exit_reasons) then 1
        else 2
    end as status,
    count(*)::integer as number
from adults
where journey_start between starts and ends
group by all
order by all
"""
WAYS = {"completed": 1, "other": 2}  # how a journey ends -> its status; 0 goes on


@dataclass(frozen=True)
class Outcome:
    """What is asked of journeys that ended, or that began: of which, and whether it is so; in words.

    `base`, `count` : what decides, besides SETTINGS, which are asked, and of which it is so
    """

    name: str
    among: str
    so: str
    words: str
    base: str
    count: str
    days: int | None = None  # for which each has to be followed
    of: str = "ended"  # or "begun"


def asked(definitions: Mapping) -> list[Outcome]:
    """The outcomes that follow from when journeys began and ended."""
    return_days = definitions["return_days"]
    first = return_days[0]
    returned = [
        Outcome(f"returned_{n}", f"completed and followed >= {days}", f"back <= {days}",
                f"completed at least {days} days before its end: those whose client soon started another",
                f"{DAYS} {CODES}", f"{DAYS} {CODES}", days)
        for n, days in enumerate(return_days, start=1)
    ]  # fmt: skip
    return [
        *returned,
        Outcome("stayed_away", f"followed >= {first}", f"completed and coalesce(back > {first}, true)",
                f"ended at least {first} days before its end: those completed whose client did not soon start another",
                DAYS, f"{DAYS} {CODES}", first),
        Outcome("other_exit", "followed >= 0", "not completed", "ended in it: those that were not completed",
                "", CODES),
        Outcome(WAITED, "waited >= 0", f"waited <= {definitions['wait_days']}",
                "begun in it with a day of referral: those whose client did not wait long", "", WAIT_DAYS, of="begun"),
    ]  # fmt: skip


def answered(definitions: Mapping, members: pd.DataFrame) -> list[Outcome]:
    """The outcomes asked; no waits where no journey has a day of referral, which is not the same as no long wait."""
    known = (members["outcome"] == WAITED).any()
    return [one for one in asked(definitions) if known or one.name != WAITED]


def follow_up(
    journeys: str, sites: Mapping, study_periods: Mapping, definitions: Mapping, codes: Mapping, bands: list[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Follow journeys.

    Parameters
    ----------
    journeys : path of the validated journeys (Parquet)
    sites, study_periods, definitions, codes, bands : those parts of the config

    Returns
    -------
    members : one row for each outcome and journey: outcome, so (bool), area, period, file, line
    stays : arm, period, days, status (0 goes on, 1 completed, 2 other exit), number of journeys
    """
    windows = periods(study_periods, "outcomes")
    con = journeys_within(journeys, sites, windows, definitions, codes, bands, f"{COURSE}, referral_date")
    for name, found in {"ended": ENDED, "begun": BEGUN}.items():
        con.register(name, con.execute(found).df())
    return pd.concat(_members(con, asked(definitions))), con.execute(STARTED).df()


def _members(con: duckdb.DuckDBPyConnection, every: Sequence[Outcome]) -> Iterator[pd.DataFrame]:
    for one in every:
        yield con.execute(
            f"select '{one.name}' as outcome, coalesce({one.so}, false) as so, area, period, file, line "
            f"from {one.of} where {one.among}"
        ).df()


def counted(members: pd.DataFrame, sites: Mapping, names: Sequence[str]) -> pd.DataFrame:
    """Base and count of each outcome, area and period: site, arm, area, period, outcome, base, count."""
    by = ["outcome", "area", "period"]
    places = areas(sites)[["site", "arm", "area"]].merge(pd.DataFrame({"period": PERIODS}), how="cross")
    found = members.groupby(by)["so"].agg(base="size", count="sum").reset_index()
    every = pd.DataFrame({"outcome": names}).merge(places, how="cross").merge(found, how="left", on=by)
    return every.fillna({"base": 0, "count": 0}).astype({"base": int, "count": int})


def shares(counts: pd.DataFrame, every: Sequence[Outcome], values: Values) -> list[pd.DataFrame]:
    """Ledger rows of bases, counts and rates, and of sums over all areas of an arm."""
    told = {"unit": "count", "function": "follow_up", **COMMON}
    own = counts.assign(words=counts["outcome"].map({one.name: one.words for one in every}))
    days = counts["outcome"].map({one.name: one.days for one in every})
    own["why"] = [NOBODY.format(int(one)) if one == one else NO_BASE for one in days]
    found = []
    for part, more in (("base", ""), ("count", "/so")):
        shaped = {one.name: getattr(one, part) for one in every}
        rows = quantities(
            own.assign(settings=own["outcome"].map(shaped)),
            id=f"follow_up.{part}{PLACE}",
            value=part,
            rows=part,
            extract="journeys",
            filter=f"{part} of journeys of adults in {{area}}, {{period}}, {{words}}",
            settings=f"{SETTINGS} {{settings}}",
            cohort=f"follow_up.{{outcome}}{more}",
            **told,
        )
        values |= values_of(rows)
        sums = own.assign(part=rows["id"].to_list()).groupby(["outcome", "arm", "period"], sort=False)["part"].agg(list)
        sums = sums.reset_index().assign(area=lambda frame: "all_" + frame["arm"] + "s")
        summed = derive(sums, values, id=f"follow_up.{part}{PLACE}", formula="sum(part)", inputs={"part": "@part"},
                        **{**told, "function": "shares"})  # fmt: skip
        found += [rows, summed]
    inputs = {part: f"follow_up.{part}{PLACE}" for part in ("base", "count")}
    rate = derive(own, values, id=f"follow_up.rate{PLACE}", unit="percent", formula="100 * count / base", inputs=inputs,
                  missing="{why}", function="shares", **COMMON)  # fmt: skip
    return [*found, rate]


def compared(rates: pd.DataFrame, values: Values, labels: Mapping[str, str]) -> list[pd.DataFrame]:
    """Ledger rows of the means of either arm before and after, and of the difference in differences of the pairs.

    rates : outcome, pattern (of the ids of its rates, with {area} and {period})
    """
    frame = rates.merge(pd.DataFrame({"site": list(labels)}), how="cross")
    cells = {f"{arm}_{period}": (arm, period) for arm in ARMS for period in PERIODS}
    for name, (arm, period) in cells.items():
        frame[name] = [
            pattern.format(area=arms_of(site)[arm], period=period)
            for pattern, site in zip(frame["pattern"], frame["site"], strict=True)
        ]
    did = derive(frame, values, id="follow_up.did.{outcome}.{site}", unit="ppt",
                 formula="(pilot_post - pilot_pre) - (comparison_post - comparison_pre)",
                 inputs={name: f"{{{name}}}" for name in cells}, function="compared", **COMMON)  # fmt: skip
    frame["id"] = did["id"].to_list()
    groups = [({"outcome": name}, rows) for name, rows in frame.groupby("outcome", sort=False)]
    found = [did, *averaged("follow_up.difference", groups, values, labels, function="compared", **COMMON)]
    for name, (arm, period) in cells.items():
        own = [({"outcome": more["outcome"], "arm": arm, "period": period}, _of_pairs(rows, name, values))
               for more, rows in groups]  # fmt: skip
        told = {"unit": "percent", "function": "compared", **COMMON}
        found.append(averaged("follow_up.mean", own, values, labels, **told)[0])
    return found


def _of_pairs(rows: pd.DataFrame, cell: str, values: Values) -> pd.DataFrame:
    """The rates of one cell, of those pairs that are compared."""
    known = rows[[values[one] == values[one] for one in rows["id"]]]
    return (known if len(known) else rows).assign(id=lambda frame: frame[cell])


def left_by(stays: pd.DataFrame, at: Sequence[int]) -> pd.DataFrame:
    """Shares that have left by some days, in per cent, by way: arm, period, nth, way, value, rows, days.

    After Aalen and Johansen: who is still seen tells of those who no longer are. A share is missing where nobody is
    followed for so long though some go on, of an arm and period without new journeys too.
    """
    made = []
    for arm, period in product(ARMS, PERIODS):
        own = stays[(stays["arm"] == arm) & (stays["period"] == period)]
        for nth, days in enumerate(at, start=1):
            for way, value in _left(own, days).items():
                made.append((arm, period, nth, way, value, int(own["number"].sum()), days))
    return pd.DataFrame(made, columns=["arm", "period", "nth", "way", "value", "rows", "days"])


def _left(stays: pd.DataFrame, days: int) -> dict[str, float]:
    """Way -> share of the journeys of an arm and period that have left so by some days, in per cent."""
    last = stays[stays["days"] == stays["days"].max()]
    if stays.empty or (last["days"].max() < days and (last["status"] == 0).any()):
        return dict.fromkeys(WAYS, np.nan)
    from statsmodels.duration.survfunc import CumIncidenceRight

    incidence = CumIncidenceRight(stays["days"], stays["status"], freq_weights=stays["number"])
    place = np.searchsorted(incidence.times, days, side="right") - 1
    seen = {way: status <= len(incidence.cinc) and place >= 0 for way, status in WAYS.items()}
    return {way: 100 * incidence.cinc[WAYS[way] - 1][place] if here else 0.0 for way, here in seen.items()}


def stayed(left: pd.DataFrame, values: Values) -> list[pd.DataFrame]:
    """Ledger rows of the shares that have left by some days, and of those still in treatment.

    left : from `left_by`
    """
    rows = quantities(
        left.assign(at="at_" + left["nth"].astype(str), area="all_" + left["arm"] + "s"),
        id="follow_up.left.{way}.{area}.{period}.{at}",
        value="value",
        unit="percent",
        rows="rows",
        extract="journeys",
        filter="new journeys of adults in {area}, {period}, {way} within {days} days (Aalen-Johansen)",
        settings=EVERYWHERE,
        cohort="follow_up.left/{way}.{at}",
        function="left_by",
        missing=NOBODY.replace("{}", "{days}"),
        **COMMON,
    )
    values |= values_of(rows)
    own = left.drop_duplicates(["arm", "period", "nth"])
    still = derive(
        own.assign(at="at_" + own["nth"].astype(str), area="all_" + own["arm"] + "s"),
        values,
        id="follow_up.still.{area}.{period}.{at}",
        unit="percent",
        formula="100 - completed - other",
        inputs={way: f"follow_up.left.{way}.{{area}}.{{period}}.{{at}}" for way in WAYS},
        function="stayed",
        **COMMON,
    )
    return [rows, still]


def ledger(
    counts: pd.DataFrame, left: pd.DataFrame, labels: Mapping[str, str], every: Sequence[Outcome], known: Values
) -> list[pd.DataFrame]:
    """Ledger rows of all that is followed.

    Parameters
    ----------
    counts, left : from `counted` and `left_by`
    labels : analysed site -> label, in order
    every : the outcomes that are counted, from `answered`
    known : settings that are numbers, and the rates of those who were retained where the study has them: id -> value
    """
    values = dict(known)
    patterns = {one.name: f"follow_up.rate.{one.name}.{{area}}.{{period}}" for one in every}
    if any(name.startswith(f"{RETAINED}.rate.") for name in known):
        patterns[RETAINED] = f"{RETAINED}.rate.{{area}}.{{period}}"
    rates = pd.DataFrame({"outcome": patterns.keys(), "pattern": patterns.values()})
    return [*shares(counts, every, values), *compared(rates, values, labels), *stayed(left, values)]


def followed(definitions: Mapping) -> list[int]:
    """After how many days is looked at who has left: when treatment is effective, and when returns are counted."""
    return [definitions["effective_days"], *definitions["return_days"]]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study, definitions = snakemake.params.study, snakemake.params.study["definitions"]
        parts = (study["periods"], definitions, study["codes"], study["bands"])
        members, stays = follow_up(snakemake.input.journeys, study["sites"], *parts)
        members.to_parquet(out.members, index=False)
        every = answered(definitions, members)
        counts = counted(members, study["sites"], [one.name for one in every])
        known = dict(numbers({"models": snakemake.params.models}))
        known |= values_of(read_ledger(*snakemake.input.impact)) if snakemake.input.impact else {}
        left = left_by(stays, followed(definitions))
        write_ledger(ledger(counts, left, snakemake.params.labels, every, known), out.ledger)
