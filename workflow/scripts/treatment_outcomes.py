"""Rule treatment_outcomes: what outcome forms tell of a partnership's clients at reviews and at exit.

The profile, Table P.8, of the partnership of the profile and its year. A form counts for the latest journey of a client
where it is dated within some days of its start or end, or between two times after its start. Where too few of those due
have the forms, nothing is told of what they say. The numbers overlap: they are made only without a disclosure policy.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.rows import quantities, read_ledger, values_of, write_ledger
from dscp.measures.clients_of_year import clients_within
from dscp.measures.indicators import SETTINGS
from dscp.run.job import writing

RULE, SOURCE = "treatment_outcomes", "Appendix B2"
TOLD = {"source": SOURCE, "rule": RULE, "function": "treatment_outcomes"}
DEFINED = "definitions.outcomes"
ANSWERS = (
    *("opiate_days", "crack_days", "cocaine_days", "injecting_days", "paid_work_days"),
    *("acute_housing", "housing_risk"),
)
# One row per client of the year: whether forms are due, and the answers at the start, at the last review and at exit.
FORMS = """
create or replace table asked as
with own as (
    select *, row_number() over () as who, journey_start + $reviewed::integer as reviewed_by from clients
    where area = $area and period = 'post'
), near as (
    select who, stage, forms.* exclude (client, dat, stage),
        row_number() over (
            partition by who, stage
            order by case stage when 'S' then abs(form_date - journey_start) when 'E' then abs(form_date - journey_end)
                else journey_start - form_date end, form_date, forms.file, forms.line
        ) as nth
    from own join forms using (client, dat)
    where case stage
        when 'S' then abs(form_date - journey_start) <= $days
        when 'E' then abs(form_date - journey_end) <= $days
        when 'R' then form_date - journey_start between $first and $reviewed
        else false
    end
)
select
    reviewed_by between starts and ends and coalesce(journey_end >= reviewed_by, true) as due_review,
    coalesce(journey_end between starts and ends, false) as due_exit,
    opened.who is not null and reviewed.who is not null as complete_review,
    opened.who is not null and closed.who is not null as complete_exit,
    {answers}
from own
left join near as opened on opened.who = own.who and opened.stage = 'S' and opened.nth = 1
left join near as reviewed on reviewed.who = own.who and reviewed.stage = 'R' and reviewed.nth = 1
left join near as closed on closed.who = own.who and closed.stage = 'E' and closed.nth = 1
"""


@dataclass(frozen=True)
class Outcome:
    """What forms say: at which stage, of whom it is asked, and whether it is so; SQL on a row of `asked`, and words."""

    name: str
    stage: str
    among: str
    so: str
    words: str


def _stopped(name: str, column: str, words: str) -> Outcome:
    among = f"opened_{column} > 0 and reviewed_{column} is not null"
    return Outcome(name, "review", among, f"reviewed_{column} = 0", words)


EVERY = (
    Outcome("forms_review", "", "due_review", "complete_review", "still in treatment when a review was due"),
    _stopped("opiates", "opiate_days", "who had used opiates at the start, with an answer at review"),
    _stopped("crack", "crack_days", "who had used crack cocaine at the start, with an answer at review"),
    _stopped("cocaine", "cocaine_days", "who had used cocaine at the start, with an answer at review"),
    _stopped("injecting", "injecting_days", "who had injected at the start, with an answer at review"),
    Outcome("forms_exit", "", "due_exit", "complete_exit", "whose latest journey ended in the year"),
    Outcome("housing", "exit",
            "(opened_acute_housing = 'Y' or opened_housing_risk = 'Y')"
            " and closed_acute_housing is not null and closed_housing_risk is not null",
            "closed_acute_housing = 'N' and closed_housing_risk = 'N'",
            "who had a housing need at the start, with answers at exit"),
    Outcome("work", "exit", "closed_paid_work_days is not null", "closed_paid_work_days >= $work_days",
            "with an answer on paid work at exit"),
)  # fmt: skip


def asked(journeys: str, forms: str, config: Mapping) -> duckdb.DuckDBPyConnection:
    """A database with the clients of the year and the forms that count for each: table `asked`.

    Parameters
    ----------
    journeys, forms : paths of the validated extracts (Parquet)
    config : the study
    """
    defined, con = config["definitions"]["outcomes"], clients_within(journeys, config)
    con.execute(f"create view forms as from read_parquet('{forms}')")
    answers = [f"{of}.{name} as {of}_{name}" for of in ("opened", "reviewed", "closed") for name in ANSWERS]
    first, last = defined["review_days"]
    con.execute(FORMS.format(answers=", ".join(answers)), {
        "area": config["partnership"], "days": defined["days"], "first": first, "reviewed": last,
    })  # fmt: skip
    return con


def treatment_outcomes(
    con: duckdb.DuckDBPyConnection, config: Mapping, values: MutableMapping[str, float]
) -> list[pd.DataFrame]:
    """Ledger rows of what forms say, and of how many of those due there are.

    Parameters
    ----------
    con : from `asked`
    config : the study
    values : id -> value; those made here join them
    """
    found, told = [], []
    for one in EVERY:
        if one.stage and one.stage not in told:
            continue
        found += _counted(con, one, config["definitions"]["outcomes"], values)
        stage = one.name.removeprefix("forms_")
        if not one.stage and _enough(f"treatment_outcomes.rate.{one.name}", config, values):
            told.append(stage)
    return found


def _enough(share: str, config: Mapping, values: Mapping[str, float]) -> bool:
    """Whether there are forms of enough of those due; of nobody due there are not."""
    return values[share] >= config["definitions"]["outcomes"]["least_percent"]


def _counted(
    con: duckdb.DuckDBPyConnection, one: Outcome, defined: Mapping, values: MutableMapping[str, float]
) -> Sequence[pd.DataFrame]:
    """Of whom an outcome is asked, of how many it is so, and their share."""
    whole = f"{one.among} and due_{one.stage} and complete_{one.stage}" if one.stage else one.among
    so = one.so.replace("$work_days", str(defined["work_days"]))
    numbers = con.execute(
        f"select count(*) filter (where {whole})::integer, count(*) filter (where {whole} and {so})::integer from asked"
    ).fetchone()
    rows = []
    for part, number, more in (("base", numbers[0], ""), ("count", numbers[1], ", and it is so")):
        cell = pd.DataFrame([{"span": "year", "count": number}])
        rows.append(quantities(cell, id=f"treatment_outcomes.{part}.{one.name}", value="count", rows="count",
                               unit="count", extract="outcome_forms" if one.stage else "journeys",
                               filter=f"clients of the partnership {one.words}{more}",
                               settings=f"{SETTINGS} partnership {DEFINED}",
                               cohort=f"treatment_outcomes.{one.name}{'/so' * (part == 'count')}", **TOLD))  # fmt: skip
        values |= values_of(rows[-1])
    inputs = {part: f"treatment_outcomes.{part}.{one.name}" for part in ("base", "count")}
    share = derive(pd.DataFrame([{}]), values, id=f"treatment_outcomes.rate.{one.name}", unit="percent",
                   formula="100 * count / base", inputs=inputs, **TOLD)  # fmt: skip
    return [*rows, share]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        known = values_of(read_ledger(snakemake.input.partnership))
        con = asked(snakemake.input.journeys, snakemake.input.forms, study)
        write_ledger(treatment_outcomes(con, study, known), out.ledger)
