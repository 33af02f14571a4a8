"""The same person, the same event: one id with several dates of birth, a day of birth of too many, an event twice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dscp.extracts.columns import day_of_birth
from dscp.extracts.faults import BIRTHS, SHARED_BIRTH, excluded, fault, information

if TYPE_CHECKING:
    from dscp.extracts.checks import Extract

MANY_BIRTHS = 10  # days of birth of one id: no slips of the pen, the id stands for many
SHARED_BY, SHARED_PART = 20, 0.02  # rows of one day of birth, and their share: a real day has one in 15,000


def births(extract: Extract) -> list[dict[str, Any]]:
    """Tell of clients with several dates of birth, and of a day that a system fills in when it knows none."""
    born = next((column.name for column in extract.declared.columns if day_of_birth in column.rules), None)
    person = extract.declared.person
    if not (born and person):
        return []
    return _several(extract, person, born) + _shared(extract, person, born)


def _several(extract: Extract, person: str, born: str) -> list[dict[str, Any]]:
    known = f"FROM records WHERE {person} IS NOT NULL AND {born} IS NOT NULL"
    differ = f"SELECT hash({person}) {known} GROUP BY hash({person}) HAVING min({born}) <> max({born})"
    clients = extract.query(f"""
        SELECT any_value({person}), count(DISTINCT {born}) AS births, count(*), min(struct_pack(file, record))
        {known} AND hash({person}) IN ({differ}) GROUP BY {person} HAVING births > 1 ORDER BY births DESC
    """)
    column, findings = f"{person}, {born}", []
    if many := [one for one in clients if one[1] >= MANY_BIRTHS]:
        found = f"{len(many):,} {'id' if len(many) == 1 else 'ids'} with up to {many[0][1]} dates of birth each"
        findings.append(_placed(extract, fault, column, found, "an id for each client: this one stands for many", many))
    if few := [one for one in clients if one[1] < MANY_BIRTHS]:
        found = f"{len(few):,} {'client' if len(few) == 1 else 'clients'} with more than one date of birth"
        remark = partial(information, kind=BIRTHS)
        findings.append(_placed(extract, remark, column, found, "each row is taken as it is", few))
    return findings


def _placed(extract: Extract, kind: Any, column: str, found: str, allowed: str, clients: list[tuple]) -> dict[str, Any]:
    first = min((one[3] for one in clients), key=lambda one: (one["file"], one["record"]))
    source = extract.sources[first["file"]]
    rows = sum(one[2] for one in clients)
    return kind(extract.name, source.name, column, found, allowed, line=source.line(first["record"]), rows=rows)


def _shared(extract: Extract, person: str, born: str) -> list[dict[str, Any]]:
    most = extract.query(f"""
        SELECT {born}, count(*) AS rows, min(file) FROM records WHERE {born} IS NOT NULL
        GROUP BY {born} ORDER BY rows DESC LIMIT 1
    """)
    (total,) = extract.query(f"SELECT count({born}) FROM records")[0]
    if not most or most[0][1] < SHARED_BY or most[0][1] < SHARED_PART * total:
        return []
    effect = "ages are made of it; a day that a system fills in when it knows none has to be empty"
    return [information(extract.name, extract.file, f"{person}, {born}", SHARED_BIRTH,
                        effect, rows=most[0][1])]  # fmt: skip


def repeated_events(extract: Extract) -> list[dict[str, Any]]:
    """Leave out a row that says what an earlier one says, under another number."""
    if not extract.declared.event:
        return []
    columns = ", ".join(f'"{name}"' for name in extract.declared.event)
    complete = f'"{extract.declared.event[0]}" IS NOT NULL'
    later = f"""
        SELECT file, record FROM records WHERE {complete}
        QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY file, record) > 1
    """
    rows = extract.query(f"SELECT count(*) FROM ({later})")[0][0]
    if not rows:
        return []
    extract.con.execute(f"INSERT INTO dropped {later}")
    named = f"{', '.join(extract.declared.event[:-1])} and {extract.declared.event[-1]}"
    return [excluded(extract.name, "", f"the same {named} as in an earlier row, under another number", rows)]
