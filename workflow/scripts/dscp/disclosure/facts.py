"""How the counts of people in a ledger hang together: what a reader of the report knows without having the records.

Ids are those of docs/architecture.md. The value of a published count is known to the reader up to its rounding.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dscp.disclosure.attack import Fact
from dscp.extracts.faults import UNUSABLE
from dscp.ledger.rows import inputs_of

CLIENT_LEVEL = frozenset(["journeys", "carat_referrals", "cjit_forms", "dirs"])  # a row is of one client
PEOPLE = CLIENT_LEVEL | {"triage_quarters", "new_journeys_yearly", "new_journeys_monthly"}  # or a count of several
OF_BASE = re.compile(r"(.+)\.count\.(.+)")
OF_YEAR = re.compile(r"new_journeys\.started\.(.+)")
ON_COLUMN = f" {UNUSABLE}"  # how the filter of a remark on a column ends
NOT_LOCAL = "excluded.not_local_or_not_in_period.carat_referrals"
RELEASE = "excluded.missing_release_date.carat_referrals"
ANY = math.inf


def of_people(row: Mapping) -> bool:
    """Whether a quantity is read from records of people or fitted to them (validation counts rows of files)."""
    about = CLIENT_LEVEL if row["rule"] == "validate" else PEOPLE
    return not row["inputs"] and not about.isdisjoint(row["extract"].split())


def counts(rows: Mapping[str, Mapping]) -> list[str]:
    """Ids of the counts of clients, referrals and records that are read from extracts."""
    return [name for name, row in rows.items() if row["unit"] == "count" and of_people(row)]


def totals(rows: Mapping[str, Mapping]) -> list[str]:
    """Ids of the sums of such counts."""
    found = set(counts(rows))
    for name, row in rows.items():
        if row["unit"] == "count" and row["formula"].startswith("sum(part") and found.issuperset(inputs_of(row)):
            found.add(name)
    return [name for name in rows if name in found and rows[name]["inputs"]]


def remainders(rows: Mapping[str, Mapping]) -> Iterator[tuple[list[str], list[str]]]:
    """Counts of which others are parts: a base and those with the outcome; the rest is known to whoever has both.

    The rest of a model's bases are the members of categories in which all have the same outcome.
    """
    yield from ((bases, [name]) for name, bases in _model_bases(rows))
    for name in counts(rows):
        if (match := OF_BASE.fullmatch(name)) and f"{match[1]}.base.{match[2]}" in rows:
            yield [f"{match[1]}.base.{match[2]}"], [name]
        if match := OF_YEAR.fullmatch(name):
            parts = [f"new_journeys.{part}.{match[1]}" for part in ("retained", "completed")]
            if rows.keys() >= set(parts):
                yield [name], parts


def sums(rows: Mapping[str, Mapping], missing_release: str) -> dict[str, list[str]]:
    """Counts that are the sum of others, wholes after their parts: whole -> parts. Not of years, which have many."""
    found = [
        *((name, inputs_of(rows[name])) for name in totals(rows)),
        *((name, bases) for name, bases in _model_bases(rows) if not rows[name]["note"]),
        *_referrals(rows, missing_release),
        *_validation(rows),
    ]
    return {whole: list(parts) for whole, parts in found if rows.keys() >= {whole, *parts}}


def links(rows: Mapping[str, Mapping], missing_release: str) -> list[Fact]:
    """All that ties counts to each other.

    Parameters
    ----------
    rows : id -> row of the ledger, published or not
    missing_release : the setting definitions.missing_release
    """
    summed = set(totals(rows))
    found = [
        *(_sum(whole, parts, whole in summed) for whole, parts in sums(rows, missing_release).items()),
        *(
            Fact({**dict.fromkeys(wholes, 1), **dict.fromkeys(parts, -1)}, 0, ANY, sure=len(wholes) == 1)
            for wholes, parts in remainders(rows)
        ),
        *(_sum(name, months) for name, months in _months(rows)),
        *(_same(*pair) for pair in _repeated(rows)),
        Fact({"validation.missing.carat_referrals.release_date": 1, RELEASE: -1}, 0, ANY, sure=False),
    ]
    return [fact for fact in found if rows.keys() >= fact.weights.keys()]


def _sum(whole: str, parts: Sequence[str], sure: bool = False) -> Fact:
    return Fact({**Counter(parts), whole: -1}, 0, 0, sure)


def _same(one: str, other: str) -> Fact:
    return Fact({one: 1, other: -1}, 0, 0, sure=False)


def _model_bases(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, list[str]]]:
    """A model is fitted to the clients of both areas in both periods, but for those that its note leaves out."""
    for name in counts(rows):
        if match := re.fullmatch(r"(\w+)\.model_rows\.site_(\d+)", name):
            areas = [f"{arm}_{match[2]}" for arm in ("pilot", "comparison")]
            bases = [f"{match[1]}.base.{area}.{period}" for area in areas for period in ("pre", "post")]
            if rows.keys() >= set(bases):
                yield name, bases


def _months(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, list[str]]]:
    """A pilot's twelve months of a fiscal year are its year."""
    for name in rows:
        if match := re.fullmatch(r"new_journeys\.started\.site_(\d+)\.y(\d{4})_\d\d", name):
            n, year = match[1], int(match[2])
            calendar = [(year, month) for month in range(4, 13)] + [(year + 1, month) for month in range(1, 4)]
            yield name, [f"new_journeys_monthly.pilot_{n}.{y}_{month:02d}" for y, month in calendar]


def _referrals(rows: Mapping[str, Mapping], missing_release: str) -> Iterator[tuple[str, list[str]]]:
    """A referral of the extract is in an area's base, or is not local or outside both periods."""
    bases = [name for name in counts(rows) if name.startswith("prison_pickup.base.")]
    left_out = [NOT_LOCAL, *([RELEASE] if missing_release == "excluded" else [])]
    yield "validation.rows_kept.carat_referrals", [*bases, *left_out]


def _validation(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, list[str]]]:
    """Rows read are those kept and those left out; rows kept are those inside and outside the study.

    Missing cells are those that there is a remark on.
    """
    for extract, left_out in _of_validation(rows, "excluded").items():
        for name, column in left_out.items():
            if column.startswith("dat "):
                yield f"validation.rows_kept.{extract}", [name, f"validation.rows_of_the_study_s_DATs.{extract}"]
    for extract in _of_validation(rows, "rows_kept"):
        left_out = _of_validation(rows, "excluded").get(extract, {})
        dropped = [name for name, column in left_out.items() if column.startswith(" ")]
        yield f"validation.rows_in.{extract}", [f"validation.rows_kept.{extract}", *dropped]
    for extract, remarks in _of_validation(rows, "information").items():
        for column in {text.removesuffix(ON_COLUMN) for text in remarks.values()}:
            names = [name for name, text in remarks.items() if text == column + ON_COLUMN]
            yield f"validation.missing.{extract}.{column}", names


def _of_validation(rows: Mapping[str, Mapping], kind: str) -> dict[str, dict[str, str]]:
    """What validation counted of a kind: extract -> id -> filter."""
    found: dict[str, dict[str, str]] = {}
    for name in counts(rows):
        if name.startswith(f"validation.{kind}."):
            found.setdefault(name.split(".")[2], {})[name] = rows[name]["filter"]
    return found


def _repeated(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, str]]:
    """Counts that validation or the derivations tell a second time."""
    for extract, left_out in _of_validation(rows, "excluded").items():
        for name, column in left_out.items():
            if column.startswith("dat "):
                yield name, f"excluded.outside_study_areas.{extract}"
            remarks = _of_validation(rows, "information").get(extract, {})
            if column.startswith(" "):
                yield from ((name, one) for one, text in remarks.items() if text == f"client, dir_date{ON_COLUMN}")
