"""Kinds of columns, what a column may hold, and the pandera schema that follows from an extract's declaration.

The schemas describe the typed copy. A column's metadata says how a cell becomes typed (`kind`), under which other
headers it may stand (`aliases`), whether an unreadable or unknown value stops the run or only loses information
(`bad`), and what is made of a missing one (`effect`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from dscp.extracts.types import Allowed, Column, ExtractType, Limits, Rule
from dscp.study.days import EARLIEST

if TYPE_CHECKING:
    import pandera.pandas as pa

OLDEST_CLIENT = 110  # years
BIRTHS_FROM = date(1850, 1, 1)
MOST = 1e12  # pounds, or million pounds: no ledger holds as much, and sums of more lose their pence
MOST_MILLIONS = 100_000  # million pounds: no budget of treatment is as large
AS_MISSING = "treated as missing"

DATE_TEXT = "a date as YYYY-MM-DD or DD/MM/YYYY"
KINDS = {
    "id": (str, "an id"),
    "code": (str, "a code of letters and digits"),
    "key": (str, "a word"),
    "text": (str, "a text"),
    "flag": (str, "Y or N"),
    "date": ("datetime64[us]", DATE_TEXT),
    "quarter": ("datetime64[us]", DATE_TEXT),
    "month": ("datetime64[us]", "a month as YYYY-MM"),
    "fiscal_year": (str, "a fiscal year as 2009-10"),
    "integer": ("Int64", "a whole number"),
    "number": ("Int64", "a whole number"),
    "count": ("Int64", "a whole number"),
    "amount": (float, "a number"),
}


def schema(extract: ExtractType, limits: Limits) -> pa.DataFrameSchema:
    """The schema of an extract under the study's code lists."""
    import pandera.pandas as pa

    columns = {column.name: _column(column, limits) for column in extract.columns}
    told = {"families": extract.families}
    return pa.DataFrameSchema(columns, unique=list(extract.key), name=extract.name, metadata=told)


def allowed(column: Column, limits: Limits) -> list[Allowed]:
    """What a column may hold beyond its kind."""
    of_codes = [one_of(column.codes)(limits)] if column.codes else []
    return [*of_codes, *(rule(limits) for rule in column.rules)]


def in_words(column: Column, limits: Limits) -> str:
    """What a column may hold, in words."""
    texts = [rule.text for rule in allowed(column, limits) if rule.text]
    return "; ".join(texts) or KINDS[column.kind][1]


def personal(extract: ExtractType) -> set[str]:
    """Columns of which a message shows no character: who a client is, and when he or she was born."""
    born = {column.name for column in extract.columns if column.hidden or day_of_birth in column.rules}
    return born | ({extract.person} if extract.person else set())


def coded_columns(extract: ExtractType) -> set[str]:
    """Columns that hold codes of a list."""
    return {column.name for column in extract.columns if column.codes or column.code_list}


def _column(column: Column, limits: Limits) -> pa.Column:
    import pandera.pandas as pa

    rules = allowed(column, limits)
    metadata = {
        "kind": column.kind,
        "aliases": column.aliases,
        "missing": column.missing,
        "bad": column.bad,
        "effect": column.effect,
        "text": in_words(column, limits),
        "called": {name: value for rule in rules for name, value in rule.called.items()},
        "keep": " AND ".join(f"({rule.sql})" for rule in rules if rule.sql) if column.bad == "information" else "",
    }
    nullable, required = column.missing != "fault", not column.optional
    checks = [pa.Check(rule.test, error=rule.error or rule.text) for rule in rules]
    return pa.Column(KINDS[column.kind][0], checks, nullable=nullable, required=required, metadata=metadata)


# Rules: what a column may hold, given the study ---------------------------------------------------------------------


def one_of(values: Iterable[str]) -> Rule:
    """A text is one of a list."""
    known = list(values)
    words = _either(known)
    # not IN: a long list becomes a join, after which the rows are no longer in the order of the file
    cases = " ".join("WHEN '" + value.replace("'", "''") + "' THEN true" for value in known)
    rule = Allowed(words, lambda values: values.isin(known), f"CASE {{column}} {cases} ELSE false END")
    return lambda limits: rule


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def site(limits: Limits) -> Allowed:
    """A site of the config."""
    return _called(limits.sites, limits)


def area(limits: Limits) -> Allowed:
    """An area of the config: pilot_3, comparison_3."""
    return _called(limits.areas, limits)


def _called(names: Mapping[str, str], limits: Limits) -> Allowed:
    """One of a study's sites or areas, by what the study calls it."""
    own = {called: name for name, called in names.items() if called != name}
    return replace(one_of(names)(limits), text=_either(list(names.values())), called=own)


def ethnic_letter(limits: Limits) -> Allowed:
    """A letter of the config's ethnic groups."""
    return one_of(letter for group in limits.codes["ethnicity"].values() for letter in group)(limits)


def in_ranges(ranges: Iterable[tuple[int, int]], what: str) -> Rule:
    """A number lies in one of several ranges, both ends included."""
    pairs = [(int(low), int(high)) for low, high in ranges]
    words = f"{what} ({', '.join(str(low) if low == high else f'{low}-{high}' for low, high in pairs)})"

    def inside(values: Any) -> Any:
        return sum(values.between(low, high).fillna(False).astype(int) for low, high in pairs) > 0

    sql = " OR ".join(f"{{column}} BETWEEN {low} AND {high}" for low, high in pairs)
    rule = Allowed(words, inside, sql)
    return lambda limits: rule


def exit_reason(limits: Limits) -> Allowed:
    """A known exit reason of the config."""
    return in_ranges(limits.codes["known_exit_reasons"], "an exit reason")(limits)


def drug_code(limits: Limits) -> Allowed:
    """A drug code of the config's groups."""
    ranges = [pair for group in limits.codes["drugs"].values() for pair in group]
    return in_ranges(ranges, "an NDTMS drug code")(limits)


def at_least(low: float, words: str) -> Rule:
    """A number is not below a limit."""
    rule = Allowed(words, lambda values: values >= low)
    return lambda limits: rule


def age(limits: Limits) -> Allowed:
    """An age in whole years."""
    words = f"a whole number from 0 to {OLDEST_CLIENT}"
    between = f"{{column}} BETWEEN 0 AND {OLDEST_CLIENT}"
    return Allowed(words, lambda values: values.between(0, OLDEST_CLIENT), between)


def payable(limits: Limits) -> Allowed:
    """An amount that money can be."""
    return Allowed("", lambda values: values.between(-MOST, MOST), error="a number up to a million million either way")


def millions(limits: Limits) -> Allowed:
    """An amount in million pounds: in pounds, it would be a million times as large."""
    words = f"a number of million pounds, at most {MOST_MILLIONS:,}"
    return Allowed(words, lambda values: values <= MOST_MILLIONS)


def _between(first: date, last: date) -> Allowed:
    words = f"{DATE_TEXT}, from {first} to {last}"
    limits = (datetime.combine(first, datetime.min.time()), datetime.combine(last, datetime.min.time()))
    return Allowed(words, lambda values: values.between(*limits))


def day_of_record(limits: Limits) -> Allowed:
    """A day since there were records."""
    return _between(EARLIEST, limits.today)


def day_of_birth(limits: Limits) -> Allowed:
    """A day on which a client can have been born."""
    return _between(BIRTHS_FROM, limits.today)


def quarter_from(first: date, why: str) -> Rule:
    """The first day of a quarter, none of them before a day."""

    def rule(limits: Limits) -> Allowed:
        words = f"the first day of December, March, June or September, from {first} ({why}) to {limits.today}"
        ends = (datetime.combine(day, datetime.min.time()) for day in (first, limits.today))
        low, high = ends

        def begins(values: Any) -> Any:
            return (values.dt.month % 3 == 0) & (values.dt.day == 1) & values.between(low, high)

        return Allowed(words, begins)

    return rule


def letter(limits: Limits) -> Allowed:
    """An initial."""
    return Allowed("one letter", lambda values: values.str.match(r"^[^\W\d_]\Z"))


def code_of(what: str) -> Rule:
    """A code as an office writes it."""
    words = f"{what}: letters and digits"
    rule = Allowed(words, lambda values: values.str.match(r"^[A-Z0-9][A-Z0-9 _./&'-]{0,39}\Z"))
    return lambda limits: rule


NO_PLACE = r"^(?:[=@{]|#(?:[A-Z0-9/]+[!?]|N/A)\Z)|[\x00-\x1f]"  # formulas, groups, errors of a spreadsheet, line breaks


def place_of(what: str) -> Rule:
    """A code of a place: those of the study are in the config, and others may have any form but that of an error."""
    rule = Allowed(f"{what}, no error of a spreadsheet", lambda values: ~values.str.contains(NO_PLACE))
    return lambda limits: rule


def name_of(what: str) -> Rule:
    """A text that becomes part of the ids of quantities: one word, as keys are, without the signs of ids."""
    words = f"{what}: at most 60 letters, digits, blanks and & / ' , ( ) -"
    rule = Allowed(words, lambda values: values.str.match(r"^[^\W_][\w&/',()]{0,59}\Z"))
    return lambda limits: rule


# Columns that several extracts have ---------------------------------------------------------------------------------

COUNTED = at_least(0, "a whole number, zero or more")
AMOUNT = at_least(0, "a number, zero or more")
SITE = Column("site", "text", "the site's name in the config", (site,))
FISCAL_YEAR = Column("fiscal_year", "fiscal_year", "the year, April to March")
DAT = Column("dat", "code", "the DAT's code", (place_of("a DAT code"),), of_areas="dats")


def client(*aliases: str) -> Column:
    """The client's pseudonym: the same in every extract."""
    return Column("client", "id", "the client's pseudonym, the same in every extract", aliases=aliases)


def prison(**more: Any) -> Column:
    """The prison's code."""
    return Column("prison", "code", "the prison's code", (place_of("a prison code"),), of_areas="prisons", **more)


def characteristic(name: str, kind: str, says: str, *rules: Rule, **more: Any) -> Column:
    """A characteristic of a client: a value that is missing or not allowed is a category of its own in the models."""
    return Column(name, kind, says, rules, missing="information", bad="information", effect=AS_MISSING, **more)


def flag(name: str, says: str, **more: Any) -> Column:
    """A characteristic that a client has or has not."""
    return characteristic(name, "flag", says, **more)


def drug(number: int, **more: Any) -> Column:
    """One of the drugs recorded."""
    says = "the main drug" if number == 1 else f"drug {number}, if any"
    aliases = (f"drug{number}",)
    return Column(
        f"drug_{number}",
        "integer",
        says,
        (drug_code,),
        aliases,
        bad="information",
        effect=AS_MISSING,
        code_list="codes.drugs",
        **more,
    )


ETHNIC_GROUPS = (  # of the census of 2001
    *(("A", "British"), ("A", "White British"), ("B", "Irish"), ("B", "White Irish"), ("C", "Other White")),
    *(("C", "Any other White background"), ("D", "White and Black Caribbean"), ("E", "White and Black African")),
    *(("F", "White and Asian"), ("G", "Other Mixed"), ("G", "Any other mixed background"), ("H", "Indian")),
    *(("J", "Pakistani"), ("K", "Bangladeshi"), ("L", "Other Asian"), ("L", "Any other Asian background")),
    *(("M", "Caribbean"), ("M", "Black Caribbean"), ("N", "African"), ("N", "Black African"), ("P", "Other Black")),
    *(("P", "Any other Black background"), ("R", "Chinese"), ("S", "Any other ethnic group"), ("Z", "Not stated")),
)
SEXES = {"M": "male", "F": "female"}
PERSONAL = (  # of a client, in the extracts that hold characteristics
    characteristic(
        "ethnicity",
        "code",
        "ethnic group, by the census letter",
        ethnic_letter,
        aliases=("ethnic",),
        words=ETHNIC_GROUPS,
        code_list="codes.ethnicity",
    ),
    drug(1, missing="information"),
    drug(2, missing="fine", optional=True),
    drug(3, missing="fine", optional=True),
    characteristic("age_first_use", "integer", "age at first use of the main drug", age, aliases=("drug1age",)),
)
REFERRED = Column(
    "referral_date",
    "date",
    "the day on which the client was referred to treatment",
    (day_of_record,),
    ("refld",),
    missing="information",
    optional=True,
)
TREATMENT_BEGAN = Column(
    "structured_start",
    "date",
    "the day on which the first structured treatment of the journey began",
    (day_of_record,),
    missing="information",
    optional=True,
)
