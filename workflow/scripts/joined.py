"""Rule joined: from the episodes of providers' submissions to journeys, in the columns of the extract `journeys`.

Each rule is one SQL statement. Two ways for a journey to go on (National Indicator 40, Department of Health, 2008/09):
at most `join_days` days from discharge at one agency to a modality's start at the next, both days counted; or episodes
at the same time. Exit reasons of the last day are taken together as in the national centre's journey file.
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from dscp.extracts.faults import FAULT, joined_count, table
from dscp.extracts.sql import literal, pattern
from dscp.extracts.submitted import CARRIED, EPISODE, PERSON
from dscp.extracts.typed import connect
from dscp.record.crate import own_key
from dscp.run.job import writing

EXTRACT = "submissions"
BLOCK, INNER, OUTER = 64, 0x36, 0x5C  # of HMAC (RFC 2104)

# Who has the same initials, day of birth and sex is one person; the key is the run's, so that nobody can try out days.
PEOPLE = """
create table people as
select *, row_number() over () as who,
    left(sha256($outer::blob || unhex(sha256($inner::blob || encode(concat_ws('|', {person}))))), 32) as client
from (select distinct {person} from submissions)
"""

# An episode is an agency's numbers of client and episode; of what its rows may differ in, the lowest value. nth : by
# triage, in an order that neither the files' order nor the key decides.
EPISODES = """
create table episodes as
select * exclude ({person}), row_number() over (order by triage, agency, client_number, episode, {person}) as nth
from (
    select {episode},
        any_value(triage) as triage, any_value(discharge) as discharge, any_value(exit_reason) as exit_reason,
        min(modality_start) filter (where modality in ({structured})) as modality_start,
        {lowest}, max(dual_diagnosis) as dual_diagnosis
    from submissions
    group by {episode}
)
join people using ({person})
"""

# An episode counts when a structured modality has begun; its span is from the earlier of triage and modality less the
# days that join.
SPANS = """
select who, dat, nth, least(triage, modality_start - ({days} - 1)) as begins,
    coalesce(discharge, date '9999-12-31') as ends
from episodes
where modality_start is not null
"""

# Episodes whose spans share a day, directly or through others, are one journey: where one begins after all have ended.
BEGINNINGS = """
select who, dat, nth, begins, coalesce(begins > max(ends) over (
    partition by who, dat order by begins, nth rows between unbounded preceding and 1 preceding
), true) as first
from ({spans})
"""

SPELLS = """
create table spells as
select who, dat, nth, count(*) filter (where first) over (
    partition by who, dat order by begins, nth rows unbounded preceding
) as spell
from ({beginnings})
"""

# What is known of the client is of the first episode by triage that tells it.
JOURNEYS = """
create table journeys as
select who, dat, spell,
    min({start}) as journey_start,
    case when count(*) = count(discharge) then max(discharge) end as journey_end,
    count(*) as episodes, min(nth) as nth, min(modality_start) as structured_start,
    {earliest},
    coalesce(max(dual_diagnosis) filter (where dual_diagnosis = 'Y'), max(dual_diagnosis)) as dual_diagnosis
from spells join episodes using (who, dat, nth)
group by who, dat, spell
"""

# Reasons of the episodes that ended on the journey's last day, each as its group. A journey that goes on has none.
REASONS = """
create table reasons as
select who, dat, spell, case
    when len(codes) = 1 then codes[1]
    when list_has_all([80, 81, 82], codes) or list_has_all([71, 88], codes) then list_max(codes)
    else 999
end as exit_reason
from (
    select who, dat, spell, list(distinct coalesce(grp, 0)) as codes
    from journeys join spells using (who, dat, spell)
    join episodes on spells.nth = episodes.nth and discharge = journey_end
    left join exit_groups on episodes.exit_reason = code
    group by who, dat, spell
)
"""

RESULT = """
create table result as
select
    row_number() over (order by dat, journey_start, nth) + 1 as line, who, spell,
    client, dat, row_number() over (partition by who, dat order by journey_start, nth) as journey,
    journey_start, journey_end, exit_reason, date_of_birth, sex, {carried}, dual_diagnosis,
    structured_start
from journeys join people using (who) left join reasons using (who, dat, spell)
"""
JOURNEYS_FILE = "select * exclude (line, who, spell) from result order by line"

# The rows of submissions that a line of the made file rests on.
ROWS_FILE = """
select made.line, submissions.file + 1 as file, submissions.line as row
from (select line, who, dat, spell from result) as made join spells using (who, dat, spell)
join episodes using (who, dat, nth) join people using (who) join submissions using ({episode})
order by all
"""

COUNTS = """
with told as (
    select {person} from submissions group by {person} having count(distinct ethnicity) > 1
), numbers as (
    select who from episodes group by who, agency having count(distinct client_number) > 1
)
select
    (select count(*) from episodes) as "Episodes",
    (select count(*) from episodes where modality_start is null) as "Episodes without structured treatment",
    (select count(*) from people) as "People: initials, day of birth and sex",
    (select count(*) from told) as "People with two ethnic groups",
    (select count(distinct who) from numbers) as "People with two numbers at one agency",
    (select count(*) from journeys) as "Journeys",
    (select count(*) filter (where episodes = 1) from journeys) as "Journeys of one episode",
    (select count(*) filter (where episodes = 2) from journeys) as "Journeys of two episodes",
    (select count(*) filter (where episodes > 2) from journeys) as "Journeys of three episodes or more",
    (select count(*) filter (where journey_end is null) from journeys) as "Journeys that go on",
    (select count(*) filter (where exit_reason = 999) from reasons)
        as "Journeys whose last episodes give reasons that do not agree",
    (select count(*) filter (where exit_reason = 0) from reasons) as "Journeys that end for a reason that is not known",
    (select count(*) from episodes where discharge is null and exit_reason is not null)
        as "Episodes with a discharge reason without a day"
"""

START = {"triage": "triage", "modality": "modality_start"}


def joined(
    submissions: str, settings: Mapping, groups: str, key: bytes, journeys: str, rows: str = "", unfit: bool = False
) -> pd.DataFrame:
    """Write the journeys of a file of submissions as CSV.

    Parameters
    ----------
    submissions : path of the validated submissions (Parquet)
    settings : definitions.submissions of the config: structured_modalities, join_days, journey_start
    groups : path of a table of discharge codes: code, and the code of its group
    key : of the clients' pseudonyms
    journeys : path of the file to write
    rows : path of another: which rows of which file of the submissions a line of it is made of
    unfit : the submissions have faults: only the header is written

    Returns
    -------
    What was counted on the way, as findings of the extract `submissions`.
    """
    spilled = Path(f"{journeys}.spill")
    try:
        with connect(str(spilled)) as con:
            none = " limit 0" if unfit else ""
            con.execute(f"create view submissions as from read_parquet({pattern(submissions)}){none}")
            con.execute(f'create table exit_groups as select code, "group" as grp from read_csv({pattern(groups)})')
            link(con, settings, key)
            for path, query in ((journeys, JOURNEYS_FILE), (rows, _filled(ROWS_FILE))):
                if path:
                    con.execute(f"copy ({query}) to {literal(path)} (format csv, header)")
            return table([] if unfit else counts(con, settings))
    finally:
        shutil.rmtree(spilled, ignore_errors=True)


def link(con: duckdb.DuckDBPyConnection, settings: Mapping, key: bytes) -> None:
    """Derive the tables people, episodes, spells, journeys, reasons and result."""
    padded = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner, outer = (bytes(one ^ mask for one in padded) for mask in (INNER, OUTER))
    con.execute(_filled(PEOPLE), {"inner": inner, "outer": outer})
    con.execute(_filled(EPISODES, structured=", ".join(map(str, settings["structured_modalities"]))))
    con.execute(SPELLS.format(beginnings=_beginnings(settings["join_days"])))
    con.execute(_filled(JOURNEYS, start=START[settings["journey_start"]]))
    con.execute(REASONS)
    con.execute(_filled(RESULT))


def counts(con: duckdb.DuckDBPyConnection, settings: Mapping) -> list[dict]:
    """Findings of what was joined, and of how many journeys a day less and a day more would make."""
    found = con.execute(_filled(COUNTS)).df().iloc[0].to_dict()
    for days in (settings["join_days"] - 1, settings["join_days"] + 1):
        (number,) = con.execute(f"select count(*) filter (where first) from ({_beginnings(days)})").fetchone()
        found[f"Journeys if {days} days joined them"] = number
    return [joined_count(EXTRACT, words, int(number)) for words, number in found.items()]


def _beginnings(days: int) -> str:
    return BEGINNINGS.format(spans=SPANS.format(days=days))


def _filled(statement: str, **more: object) -> str:
    earliest = [f"arg_min({name}, nth) as {name}" for name in CARRIED]
    lists = {"person": PERSON, "episode": EPISODE, "carried": CARRIED, "earliest": earliest}
    lists["lowest"] = [f"min({name}) as {name}" for name in CARRIED]
    return statement.format(**{name: ", ".join(items) for name, items in lists.items()}, **more)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        findings = pd.read_csv(snakemake.input.findings, usecols=["severity"])
        found = joined(
            snakemake.input.submissions,
            given.settings,
            snakemake.input.groups,
            own_key(Path(given.key)),
            out.journeys,
            out.rows,
            unfit=findings["severity"].eq(FAULT).any(),
        )
        found.to_csv(out.counts, index=False)
