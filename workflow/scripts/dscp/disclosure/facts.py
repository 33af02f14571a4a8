"""How the counts of people in a ledger hang together: what a reader of the report knows without having the records.

Ids are those of docs/ledger.md. The value of a published count is known to the reader up to its rounding.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dscp.disclosure.attack import Fact
from dscp.extracts.faults import UNUSABLE
from dscp.extracts.registry import READ
from dscp.extracts.types import WITH, About
from dscp.ledger.ids import dims_of, dims_text, general, identifier, shapes
from dscp.ledger.rows import extracts_of, inputs_of
from dscp.measures.types import AMONG
from dscp.study.areas import PERIODS, arms_of
from dscp.study.days import months_of

ON_COLUMN = f" {UNUSABLE}"  # how the filter of a remark on a column ends
NOT_LOCAL = "excluded.not_local_or_not_in_period.carat_referrals"
RELEASE_MISSING = "validation.missing.carat_referrals.release_date"
RELEASE = "excluded.missing_release_date.carat_referrals"
STARTED = "new_journeys.started.{site}.{year}"
MONTHLY = "new_journeys_monthly.{area}.{month}"
LINKED = "validation.linked.{extract}.{other}"
YEARLY = ("retained", "completed")  # what a new journey of a year may have become
ANY = math.inf


@dataclass(frozen=True)
class Sum:
    """A count that is the sum of others.

    Attributes
    ----------
    whole : its id
    parts : id -> how often it counts; -1 for what is taken off
    sure : it holds whatever the data; others hold where extracts agree with each other
    """

    whole: str
    parts: Mapping[str, int]
    sure: bool = False

    @property
    def ids(self) -> set[str]:
        """Of the whole and its parts."""
        return {self.whole, *self.parts}

    def of(self, rows: Mapping[str, Mapping]) -> float:
        """What the parts come to in some rows, nan if one is withheld; nobody is fewer than none."""
        found = sum(times * rows[part]["value"] for part, times in self.parts.items())
        return found if math.isnan(found) else max(found, 0.0)

    @property
    def fact(self) -> Fact:
        """What it tells."""
        return Fact({**self.parts, self.whole: -1}, 0, 0, self.sure)


def of_people(row: Mapping) -> bool:
    """Whether a quantity is read from records of people or fitted to them."""
    return not row["inputs"] and row["about"] == About.PEOPLE


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


def is_of_model(row: Mapping) -> bool:
    """Whether a count is that of the rows that a model is fitted to, or leaves out."""
    return is_fitted(row) or general(row) == f"{row['family']}.model_rows_dropped.{{site}}"


def is_fitted(row: Mapping) -> bool:
    """Whether a count is that of the rows that a model is fitted to."""
    return general(row) == f"{row['family']}.model_rows.{{site}}"


def is_linked(row: Mapping) -> bool:
    """Whether a count is that of a cohort's members who are in another extract."""
    return row["unit"] == "count" and general(row).startswith(f"{row['family']}.{WITH}")


def whom(row: Mapping) -> str:
    """The cohort that a quantity is about: of a count of some of its members, that of which they are part."""
    whole, _, _ = row["cohort"].rpartition(AMONG)
    return whole or row["cohort"]


def bases(rows: Mapping[str, Mapping]) -> dict[tuple[str, str], str]:
    """Cohort and dims -> the id of the count of all its members, who may themselves be part of a larger one."""
    every = (name for name in counts(rows) if rows[name]["cohort"])
    return {(rows[name]["cohort"], rows[name]["dims"]): name for name in every}


def shares(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, list[str]]]:
    """Counts and what are parts of them: a base and those with the outcome; who has both has the rest.

    So are the rows of an extract and those that go with another.
    """
    known = bases(rows)
    for name in counts(rows):
        row = rows[name]
        if AMONG in row["cohort"] and (base := known.get((whom(row), row["dims"]))):
            yield base, [name]
    for name in shapes(rows).get(LINKED, []):
        kept = f"validation.rows_kept.{dims_of(rows[name])['extract']}"
        if of_people(rows[name]) and kept in rows:
            yield kept, [name]
    for name in shapes(rows).get(STARTED, []):
        parts = [identifier(f"new_journeys.{part}.{{site}}.{{year}}", **dims_of(rows[name])) for part in YEARLY]
        if rows.keys() >= set(parts) and not rows[name]["inputs"]:
            yield from ((name, [part]) for part in parts)
            yield name, parts


Weights = Mapping[str, int]


def rests(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, Weights, Weights]]:
    """What is left of members of a cohort who are in another extract, and of the other records that are.

    Of the members those without an outcome that only somebody in that extract can have; of all rows with one there
    those that are of no cohort; of all without one there as well.

    Yields
    ------
    The count to withhold where too few are left; what is left, and of whom: id -> weight.
    """
    known = bases(rows)
    every = [name for name in counts(rows) if rows[name]["cohort"]]
    among = [name for name in every if AMONG in rows[name]["cohort"] and not is_linked(rows[name])]
    outcomes = {(whom(rows[name]), rows[name]["dims"]): name for name in among}
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name in (name for name in every if is_linked(rows[name])):
        row = rows[name]
        key, (extract, *_, other) = (whom(row), row["dims"]), extracts_of(row)
        if key in outcomes and other in extracts_of(rows[outcomes[key]]):
            yield name, {name: 1, outcomes[key]: -1}, {name: 1}
        groups.setdefault((whom(row), f"{extract} {other}"), []).append((name, known[key]))
    for (_, pair), members in groups.items():
        extract, other = pair.split()
        linked, kept = identifier(LINKED, extract=extract, other=other), f"validation.rows_kept.{extract}"
        if rows.keys() >= {linked, kept}:
            elsewhere = {kept: 1, **{base: -1 for _, base in members}}
            yield linked, {linked: 1, **{name: -1 for name, _ in members}}, elsewhere
            yield linked, {**elsewhere, linked: -1, **{name: 1 for name, _ in members}}, elsewhere


def comes_to(rows: Mapping[str, Mapping], weights: Weights, of: Callable[[float], float] = float) -> float:
    """What weighted counts come to; nan if one is withheld. `of` : what is made of each value."""
    values = {name: rows[name]["value"] for name in weights}
    if any(math.isnan(value) for value in values.values()):
        return math.nan
    return sum(weight * of(values[name]) for name, weight in weights.items())


def left_of(rows: Mapping[str, Mapping], whole: str, parts: Sequence[str]) -> float:
    """What a whole leaves to the last of its parts; nan if one of the others is withheld, or the whole."""
    return rows[whole]["value"] - sum(rows[part]["value"] for part in parts[:-1])


def sums(rows: Mapping[str, Mapping], missing_release: str) -> list[Sum]:
    """Counts that are the sum of others, wholes after their parts. Not of years, which have many."""
    found = [
        *(Sum(name, Counter(inputs_of(rows[name])), sure=True) for name in totals(rows)),
        *_model_bases(rows),
        *_referrals(rows, missing_release),
        *_validation(rows),
    ]
    return [one for one in found if rows.keys() >= one.ids]


def links(rows: Mapping[str, Mapping], missing_release: str) -> list[Fact]:
    """All that ties counts to each other.

    Parameters
    ----------
    rows : id -> row of the ledger, published or not
    missing_release : the setting definitions.missing_release
    """
    found = [
        *(one.fact for one in sums(rows, missing_release)),
        *(
            Fact({whole: 1, **dict.fromkeys(parts, -1)}, 0, ANY, sure=not whole.startswith("validation."))
            for whole, parts in within(rows)
        ),
        *(Fact(weights, 0, ANY, sure=False) for _, weights, _ in rests(rows)),
        *(one.fact for one in months(rows)),
        *(_same(*pair) for pair in repeated(rows)),
    ]
    return [fact for fact in found if rows.keys() >= fact.weights.keys()]


def _same(one: str, other: str) -> Fact:
    return Fact({one: 1, other: -1}, 0, 0, sure=False)


def _model_bases(rows: Mapping[str, Mapping]) -> Iterator[Sum]:
    """A model is fitted to the clients of both areas in both periods, but for those that it leaves out."""
    known = bases(rows)
    for dropped in counts(rows):
        row = rows[dropped]
        if general(row) != f"{row['family']}.model_rows_dropped.{{site}}":
            continue
        name = identifier(f"{row['family']}.model_rows.{{site}}", **dims_of(row))
        areas = arms_of(dims_of(row)["site"]).values()
        places = [dims_text({"area": area, "period": period}) for area in areas for period in PERIODS]
        found = [known[key] for place in places if (key := (whom(row), place)) in known]
        if len(found) == len(places):
            yield Sum(name, {**dict.fromkeys(found, 1), dropped: -1})


def months(rows: Mapping[str, Mapping]) -> Iterator[Sum]:
    """A pilot's twelve months of a fiscal year are its year."""
    for name in shapes(rows).get(STARTED, []):
        row = dims_of(rows[name])
        if not rows[name]["inputs"]:
            pilot = arms_of(row["site"])["pilot"]
            parts = (identifier(MONTHLY, area=pilot, month=month) for month in months_of(row["year"]))
            year = Sum(name, dict.fromkeys(parts, 1))
            if rows.keys() >= year.ids:
                yield year


def _referrals(rows: Mapping[str, Mapping], missing_release: str) -> Iterator[Sum]:
    """A referral of the extract is in an area's base, or is not local or outside both periods."""
    local = shapes(rows).get("prison_pickup.base.{area}.{period}", [])
    left_out = [NOT_LOCAL, *([RELEASE] if missing_release == "excluded" else [])]
    yield Sum("validation.rows_kept.carat_referrals", dict.fromkeys([*local, *left_out], 1))


def _validation(rows: Mapping[str, Mapping]) -> Iterator[Sum]:
    """Rows read are those kept and those left out; rows kept are those inside and outside the study.

    Missing cells are those that there is a remark on, but for columns that may be empty.
    """
    excluded = _remarks(rows, "excluded")
    for extract, left_out in excluded.items():
        for name, column in left_out.items():
            if column.startswith("dat "):
                inside = f"validation.rows_of_the_study_s_DATs.{extract}"
                yield Sum(f"validation.rows_kept.{extract}", {name: 1, inside: 1})
    for name in shapes(rows).get("validation.rows_kept.{extract}", []):
        extract = dims_of(rows[name])["extract"]
        left_out = excluded.get(extract, {})
        dropped = [one for one, column in left_out.items() if column.startswith(" ")]
        yield Sum(f"validation.rows_in.{extract}", dict.fromkeys([name, *dropped], 1))
    for missing, remarks, every in _missing(rows):
        if every:
            yield Sum(missing, dict.fromkeys(remarks, 1))


def _missing(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, list[str], bool]]:
    """Missing cells of a column, the remarks on them, and whether there is a remark on every one.

    There is none on empty cells where a column may be empty.
    """
    for extract, remarks in _remarks(rows, "information").items():
        on_cells = {text.removesuffix(ON_COLUMN) for text in remarks.values() if text.endswith(ON_COLUMN)}
        for column in (one for one in READ[extract].columns if one.name in on_cells):
            names = [name for name, text in remarks.items() if text == column.name + ON_COLUMN]
            yield f"validation.missing.{extract}.{column.name}", names, column.missing != "fine"


def within(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, list[str]]]:
    """Wholes, and what together is no more than they are: of rounded ones the last is at most what the others leave."""
    found = [*shares(rows), (RELEASE_MISSING, [RELEASE])]
    found += [(missing, remarks) for missing, remarks, every in _missing(rows) if not every]
    yield from ((whole, parts) for whole, parts in found if rows.keys() >= {whole, *parts})


def _remarks(rows: Mapping[str, Mapping], kind: str) -> dict[str, dict[str, str]]:
    """What validation left out or remarked on, of people: extract -> id -> filter."""
    found: dict[str, dict[str, str]] = {}
    for name in shapes(rows).get(f"validation.{kind}.{{extract}}.{{nth}}", []):
        if of_people(rows[name]):
            found.setdefault(dims_of(rows[name])["extract"], {})[name] = rows[name]["filter"]
    return found


def repeated(rows: Mapping[str, Mapping]) -> Iterator[tuple[str, str]]:
    """Counts that validation or the derivations tell a second time."""
    told = _remarks(rows, "information")
    for extract, left_out in _remarks(rows, "excluded").items():
        for name, column in left_out.items():
            if column.startswith("dat "):
                yield name, f"excluded.outside_study_areas.{extract}"
            remarks = told.get(extract, {})
            if column.startswith(" "):
                yield from ((name, one) for one, text in remarks.items() if text == f"client, dir_date{ON_COLUMN}")
