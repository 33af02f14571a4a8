"""Who stands behind the counts of a run: keyed hashes of its clients and records.

Two released runs are compared by these: whether a count is of the same people, or of all but a few of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pandas as pd

from dscp.extracts.registry import EXTRACTS, OF_PEOPLE
from dscp.extracts.types import WITH
from dscp.ledger.ids import identifier
from dscp.measures.counting import links_of
from dscp.measures.registry import MEASURES, MEMBERS
from dscp.measures.types import Measure

COLUMNS = ["kind", "name", "member"]
OF_PROFILE = "partnership.count"
ROWS = """
SELECT CAST(one AS VARCHAR) || row_number() OVER (PARTITION BY one) AS text
FROM (SELECT * EXCLUDE (file, line) FROM read_parquet(?)) AS one
"""
CLIENTS = """
SELECT area, period, {person} || ' ' || row_number() OVER (PARTITION BY area, period, {person}) AS text
FROM read_parquet(?) AS counted JOIN read_parquet(?) AS typed USING (file, line)
WHERE measure = ? AND {among}
"""

OF_PARTNERSHIPS = """
SELECT counted.* EXCLUDE (file, line), {person} AS text
FROM read_parquet(?) AS counted JOIN read_parquet(?) AS typed USING (file, line)
"""


def members(restricted: Path, key: bytes) -> pd.DataFrame:
    """The members of a run's extracts, bases and counts.

    Parameters
    ----------
    restricted : the run's folder of that name, with the typed extracts and the members of cohorts
    key : of the hashes

    Returns
    -------
    One row per member. `kind`: what the set is of ("rows.journeys", "effective_treatment.count"); `name`: the set, the
    ledger id of a base or count; `member`: keyed hash of a record of the extract, or of a client, counted where one
    stands in the set more than once.
    """
    found = [*_records(restricted), *_clients(restricted), *_of_profile(restricted)]
    sets = [
        pd.DataFrame({"kind": kind, "name": name, "member": _hashed(texts, key)}, columns=COLUMNS)
        for kind, name, texts in found
    ]
    return pd.concat([pd.DataFrame(columns=COLUMNS), *sets], ignore_index=True)


def _hashed(texts: pd.Series, key: bytes) -> list[str]:
    return [hashlib.blake2b(text.encode(), key=key, digest_size=16).hexdigest() for text in texts]


def _records(restricted: Path) -> Iterator[tuple[str, str, pd.Series]]:
    """The records of every extract of people."""
    for name in OF_PEOPLE:
        typed = restricted / "validated" / f"{name}.parquet"
        if typed.exists():
            yield f"rows.{name}", f"rows.{name}", duckdb.execute(ROWS, [str(typed)]).df()["text"]


def _clients(restricted: Path) -> Iterator[tuple[str, str, pd.Series]]:
    """The clients of every base and count that has members, by area and period."""
    based: set[str] = set()
    for measure in MEASURES.values():
        counted = restricted / MEMBERS[measure.cohort.rule]
        if not (measure.of_its_own and measure.outcome and counted.exists()):
            continue
        if measure.cohort.family not in based:
            based.add(measure.cohort.family)
            yield from _sets(restricted, measure, counted, f"{measure.cohort.family}.base", "true")
            for name in links_of(measure):
                yield from _sets(restricted, measure, counted, f"{measure.cohort.family}.{WITH}{name}", f"{WITH}{name}")
        yield from _sets(restricted, measure, counted, f"{measure.name}.count", "outcome")


def _of_profile(restricted: Path) -> Iterator[tuple[str, str, pd.Series]]:
    """The clients whom each indicator of a profile counts, by partnership and year."""
    counted, typed = restricted / MEMBERS["partnership"], restricted / "validated" / "journeys.parquet"
    if not counted.exists():
        return
    query = OF_PARTNERSHIPS.format(person=EXTRACTS["journeys"].person)
    clients = duckdb.execute(query, [str(counted), str(typed)]).df()
    for (area, period), those in clients.groupby(["area", "period"]):
        for name in those.columns.difference(["area", "period", "text"], sort=False):
            kind = f"{OF_PROFILE}.{name}"
            yield (
                kind,
                identifier(f"{kind}.{{area}}.{{period}}", area=area, period=period),
                those.loc[those[name], "text"],
            )


def _sets(
    restricted: Path, measure: Measure, counted: Path, kind: str, among: str
) -> Iterator[tuple[str, str, pd.Series]]:
    extract = EXTRACTS[measure.cohort.reads[0]]
    typed = restricted / "validated" / f"{extract.name}.parquet"
    query = CLIENTS.format(person=extract.person, among=among)
    clients = duckdb.execute(query, [str(counted), str(typed), measure.name]).df()
    for (area, period), those in clients.groupby(["area", "period"]):
        yield kind, identifier(f"{kind}.{{area}}.{{period}}", area=area, period=period), those["text"]


def sizes(sets: pd.DataFrame) -> Mapping[tuple[str, str], int]:
    """Kind and name of a set -> how many members it has."""
    return sets.groupby(["kind", "name"]).size().to_dict()


def alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of sets of two runs that are of the same kind and have members in common, and how far they agree.

    Returns
    -------
    One row per pair that has the same name, or at least half of all members in common: `kind`, `ours`, `theirs`
    (names), `common`, `more` (members of ours alone), `fewer` (of theirs alone).
    """
    pairs = duckdb.sql(
        "SELECT kind, ours.name AS ours, theirs.name AS theirs, count(*) AS common"
        " FROM ours JOIN theirs USING (kind, member) GROUP BY ALL"
    ).df()
    first, second = sizes(ours), sizes(theirs)
    pairs["more"] = [first[kind, name] for kind, name in zip(pairs["kind"], pairs["ours"], strict=True)]
    pairs["fewer"] = [second[kind, name] for kind, name in zip(pairs["kind"], pairs["theirs"], strict=True)]
    pairs[["more", "fewer"]] = pairs[["more", "fewer"]].sub(pairs["common"], axis=0)
    near = pairs["common"] >= pairs["more"] + pairs["fewer"]
    return pairs[near | (pairs["ours"] == pairs["theirs"])].sort_values(["kind", "ours", "theirs"], ignore_index=True)
