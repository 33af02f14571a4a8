"""Rows of providers' submissions that count for the study, and whether those of one episode say the same.

Of an agency that two files hold, the later file counts; a client who does not agree to be linked is left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from dscp.extracts.faults import LISTED, excluded, fault, place
from dscp.extracts.sql import literal

if TYPE_CHECKING:
    from dscp.extracts.checks import Extract
    from dscp.study.given import Given

PERSON = ("first_initial", "surname_initial", "date_of_birth", "sex")
EPISODE = (*PERSON, "dat", "agency", "client_number", "episode")
CARRIED = (
    "ethnicity", "drug_1", "drug_2", "drug_3", "age_first_use", "referral_source", "previously_treated",
    "referral_date",
)  # fmt: skip
OF_EPISODE = ("triage", "discharge", "exit_reason")  # one value in all rows of an episode
GROUPS = "workflow/resources/exit_groups.csv"  # discharge code -> the code that it counts as
DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)")
NO_CONSENT = "the client does not agree that records are linked"
LATER_FILE = "a later file holds the same agency"
Finding = dict[str, Any]


def last_day(given: Given) -> str:
    """The last day that a file is of, as ISO text: by the config, else the last day in its name; "" where none is."""
    if given.ends:
        return given.ends
    return max(filter(None, map(_iso, DAY.findall(PurePath(given.path).name))), default="")


def _iso(parts: tuple[str, str, str]) -> str:
    try:
        return dt.date(*map(int, parts)).isoformat()
    except ValueError:
        return ""


def superseded(extract: Extract) -> list[Finding]:
    """Leave out the rows of an agency that a later file holds, too; refuse where no later one can be told."""
    shared = extract.query("""
        SELECT agency, list_sort(list(DISTINCT file)) AS files FROM records WHERE agency IS NOT NULL
        GROUP BY agency HAVING len(files) > 1 ORDER BY agency
    """)
    ends = [last_day(source.given) for source in extract.sources]
    earlier: dict[int, list[str]] = {}
    untold: Counter[tuple[int, int]] = Counter()
    for agency, files in shared:
        *others, latest = sorted(files, key=lambda file: ends[file])
        if not ends[others[0]] or ends[others[-1]] == ends[latest]:
            untold[files[0], files[1]] += 1
        for file in others:
            earlier.setdefault(file, []).append(agency)
    if untold:
        return [_untold(extract, *pair, agencies) for pair, agencies in untold.items()]
    return [_left_out(extract, file, agencies) for file, agencies in sorted(earlier.items())]


def _untold(extract: Extract, first: int, second: int, agencies: int) -> Finding:
    one, other = extract.sources[first].name, extract.sources[second].name
    found = f"{agencies:,} {'agency' if agencies == 1 else 'agencies'} that {one} holds, too"
    allowed = "one file for each agency, or in the names of both the last day that they are of, as 2011-03-31; ends of "
    return fault(extract.name, other, "agency", found, f"{allowed}a file in the config says it, too")


def _left_out(extract: Extract, file: int, agencies: list[str]) -> Finding:
    rows = _dropped(extract, f"file = {file} AND agency IN ({', '.join(map(literal, agencies))})")
    return excluded(extract.name, "", LATER_FILE, rows, file=extract.sources[file].name)


def without_consent(extract: Extract) -> list[Finding]:
    """Leave out rows without consent: they hold no more than an agency and a number."""
    rows = _dropped(extract, "consent = 'N'")
    return [excluded(extract.name, "", NO_CONSENT, rows)] if rows else []


def _dropped(extract: Extract, condition: str) -> int:
    from dscp.extracts.typed import no_records

    return len(no_records(extract.con, condition))


def agreed(extract: Extract) -> list[Finding]:
    """Refuse an episode whose rows have different days or reasons."""
    columns = ", ".join(EPISODE)
    differ = {name: f"min({name}) <> max({name}) OR count({name}) NOT IN (0, count(*))" for name in OF_EPISODE}
    some = " OR ".join(f"({condition})" for condition in differ.values())
    if not extract.query(f"SELECT 1 FROM records GROUP BY {columns} HAVING {some} LIMIT 1"):
        return []
    return [finding for name in OF_EPISODE for finding in _disagreeing(extract, name, columns)]


def _disagreeing(extract: Extract, name: str, columns: str) -> list[Finding]:
    first = (
        f"first_value(struct_pack(file, record, value := {name})) OVER (PARTITION BY {columns} ORDER BY file, record)"
    )
    rows = extract.query(f"""
        SELECT file, record, first.file, first.record FROM (SELECT *, {first} AS first FROM records)
        WHERE triage IS NOT NULL AND {name} IS DISTINCT FROM first.value ORDER BY file, record
    """)
    faults = []
    for file, record, first_file, first_record in rows if len(rows) <= LISTED else rows[:1]:
        source, other = extract.sources[file], extract.sources[first_file]
        elsewhere = place("" if other is source else other.name, other.line(first_record))
        more = f", and {len(rows) - 1:,} more such rows" if len(rows) > LISTED else ""
        found = f"another value than {elsewhere} has of the same episode{more}"
        number = len(rows) if more else 1
        faults.append(
            fault(extract.name, source.name, name, found, "one value in all rows of an episode",
                  line=source.line(record), rows=number)
        )  # fmt: skip
    return faults
