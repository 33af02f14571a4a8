"""One pandera schema per extract: names, aliases, types, what may be missing, allowed values, keys.

The schemas describe the typed copy. A column's metadata says how a cell becomes typed (`kind`), under which other
headers it may stand (`aliases`), whether an unreadable or unknown value stops the run or only loses information
(`bad`), and what is made of a missing one (`effect`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandera.pandas as pa
from pandera.engines.pandas_engine import DateTime

from dscp.study.days import EARLIEST

OLDEST_CLIENT = 110  # years
SIX_WEEK_LIMIT_FROM = date(2007, 12, 1)  # until then the limit was 12 weeks: report, Table 3.3 and its text
CATEGORIES = ("pay", "non_pay", "start_up")
TOTAL = "total"

DATE_TEXT = "a date as YYYY-MM-DD or DD/MM/YYYY"
KINDS = {
    "id": (str, "a text"),
    "code": (str, "a code of letters and digits"),
    "key": (str, "a word"),
    "text": (str, "a text"),
    "flag": (str, "Y or N"),
    "date": (DateTime(unit="us"), DATE_TEXT),
    "quarter": (DateTime(unit="us"), DATE_TEXT),
    "month": (DateTime(unit="us"), "a month as YYYY-MM"),
    "fiscal_year": (str, "a fiscal year as 2009-10"),
    "integer": ("Int64", "a whole number"),
    "count": ("Int64", "a whole number"),
    "amount": (float, "a number"),
}


@dataclass(frozen=True)
class Allowed:
    """What a column may hold: in words ("" where its kind says enough), as pandera's check, as SQL on `{column}`."""

    text: str
    check: pa.Check
    sql: str = ""


@dataclass(frozen=True)
class Limits:
    """What the schemas need of the study."""

    codes: dict[str, Any]
    sites: tuple[str, ...]
    areas: tuple[str, ...]
    today: date


def schema(extract: str, limits: Limits) -> pa.DataFrameSchema:
    """Return the schema of one extract under the study's code lists.

    Raises
    ------
    KeyError
        If there is no such extract.
    """
    columns, key = SCHEMAS[extract](limits)
    return pa.DataFrameSchema(columns, unique=list(key), name=extract)


def column(
    kind: str,
    *allowed: Allowed,
    aliases: Iterable[str] = (),
    missing: str = "fault",
    bad: str = "fault",
    optional: bool = False,
    effect: str = "",
) -> pa.Column:
    """Return one column of a schema.

    Parameters
    ----------
    kind : a key of KINDS.
    allowed : what the column may hold beyond its kind.
    missing : "fault", "information" (counted and named) or "fine" (counted).
    bad : "fault", or "information" where a value that is not allowed is treated as missing.
    optional : the header may lack it.
    effect : what is made of a missing value, in words.
    """
    dtype, words = KINDS[kind]
    metadata = {
        "kind": kind,
        "aliases": tuple(aliases),
        "missing": missing,
        "bad": bad,
        "effect": effect,
        "text": "; ".join(rule.text for rule in allowed if rule.text) or words,
        "keep": " AND ".join(f"({rule.sql})" for rule in allowed if rule.sql) if bad == "information" else "",
    }
    checks = [rule.check for rule in allowed]
    return pa.Column(dtype, checks, nullable=missing != "fault", required=not optional, metadata=metadata)


def one_of(values: Iterable[str]) -> Allowed:
    """Return the rule that a text is one of a list."""
    known = list(values)
    words = known[0] if len(known) == 1 else ", ".join(known[:-1]) + " or " + known[-1]
    # not IN: a long list becomes a join, after which the rows are no longer in the order of the file
    cases = " ".join("WHEN '" + value.replace("'", "''") + "' THEN true" for value in known)
    return Allowed(words, pa.Check.isin(known, error=words), f"CASE {{column}} {cases} ELSE false END")


def in_ranges(ranges: Iterable[tuple[int, int]], what: str) -> Allowed:
    """Return the rule that a number lies in one of several ranges, both ends included."""
    pairs = [(int(low), int(high)) for low, high in ranges]
    words = f"{what} ({', '.join(str(low) if low == high else f'{low}-{high}' for low, high in pairs)})"

    def inside(values: Any) -> Any:
        return sum(values.between(low, high).fillna(False).astype(int) for low, high in pairs) > 0

    sql = " OR ".join(f"{{column}} BETWEEN {low} AND {high}" for low, high in pairs)
    return Allowed(words, pa.Check(inside, error=words), sql)


def at_least(low: float, words: str) -> Allowed:
    """Return the rule that a number is not below a limit."""
    return Allowed(words, pa.Check.ge(low, error=words))


def days_between(first: date, last: date) -> Allowed:
    """Return the rule that a date lies between two days, both included."""
    words = f"{DATE_TEXT}, from {first} to {last}"
    limits = (datetime.combine(first, datetime.min.time()), datetime.combine(last, datetime.min.time()))
    return Allowed(words, pa.Check.in_range(*limits, error=words))


def _code(what: str) -> Allowed:
    words = f"{what}: letters and digits"
    return Allowed(words, pa.Check.str_matches(r"^[A-Z0-9][A-Z0-9 _./&'-]{0,39}\Z", error=words))


def _name(what: str) -> pa.Column:
    """A text that becomes part of the ids of quantities: one word, as keys are, without the signs of ids."""
    words = f"{what}: at most 60 letters, digits, blanks and & / ' , ( ) -"
    return column("key", Allowed(words, pa.Check.str_matches(r"^[^\W_][\w&/',()]{0,59}\Z", error=words)))


def _drug(limits: Limits, **more: Any) -> pa.Column:
    ranges = [pair for group in limits.codes["drugs"].values() for pair in group]
    return column("integer", in_ranges(ranges, "an NDTMS drug code"), bad="information", effect=AS_MISSING, **more)


def _ethnicity(limits: Limits) -> pa.Column:
    letters = [letter for group in limits.codes["ethnicity"].values() for letter in group]
    return _characteristic("code", one_of(letters), aliases=["ethnic"])


def _characteristic(kind: str, *allowed: Allowed, **more: Any) -> pa.Column:
    return column(kind, *allowed, missing="information", bad="information", effect=AS_MISSING, **more)


def _age_first_use() -> pa.Column:
    words = f"a whole number from 0 to {OLDEST_CLIENT}"
    rule = Allowed(words, pa.Check.in_range(0, OLDEST_CLIENT, error=words), f"{{column}} BETWEEN 0 AND {OLDEST_CLIENT}")
    return _characteristic("integer", rule, aliases=["drug1age"])


AS_MISSING = "treated as missing"
COUNTED = at_least(0, "a whole number, zero or more")
AMOUNT = at_least(0, "a number, zero or more")
MOST = 1e12  # pounds, or million pounds: no ledger holds as much, and sums of more lose their pence
WITHIN = "a number up to a million million either way"
PAYABLE = Allowed("", pa.Check.in_range(-MOST, MOST, error=WITHIN))


def _journeys(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    days = days_between(EARLIEST, limits.today)
    born = days_between(date(1850, 1, 1), limits.today)
    exits = in_ranges(limits.codes["known_exit_reasons"], "an exit reason")
    return {
        "client": column("id", aliases=["attrb", "client_random_id"]),
        "dat": column("code", _code("a DAT code")),
        "journey": column("integer", at_least(0, "a journey number, zero or more"), aliases=["n_jy"]),
        "journey_start": column("date", days, aliases=["triaged_jy"]),
        "journey_end": column("date", days, aliases=["disd_jy"], missing="fine"),
        "exit_reason": column("integer", exits, aliases=["disrsn_jy"], missing="fine"),
        "date_of_birth": column("date", born, aliases=["dob"]),
        "sex": column("code", one_of("MF")),
        "ethnicity": _ethnicity(limits),
        "drug_1": _drug(limits, aliases=["drug1"], missing="information"),
        "drug_2": _drug(limits, aliases=["drug2"], missing="fine", optional=True),
        "drug_3": _drug(limits, aliases=["drug3"], missing="fine", optional=True),
        "age_first_use": _age_first_use(),
        "referral_source": _characteristic("integer", in_ranges([(0, 999)], "a code"), aliases=["rfls"]),
        "dip_flag": _characteristic("flag", optional=True),
        "previously_treated": _characteristic("flag", aliases=["prevtr"]),
        "dual_diagnosis": _characteristic("flag", aliases=["dualdiag"]),
    }, ("client", "dat", "journey")


def _carat_referrals(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    days = days_between(EARLIEST, limits.today)
    return {
        "referral": column("id"),
        "client": column("id"),
        "prison": column("code", _code("a prison code")),
        "referral_date": column("date", days),
        "release_date": column("date", days, missing="information", effect="kept in the base, not successful"),
        "residence_dat": column(
            "code", _code("a DAT code"), missing="information", effect="not counted as living in the area"
        ),
        "referred_to_dat": column("code", _code("a DAT code"), missing="information", effect="not counted as local"),
    }, ("referral",)


def _cjit_forms(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    nothing = "answers no referral"
    return {
        "form": column("code", one_of(["AF5", "AF7"])),
        "client": column("id"),
        "prison": column("code", _code("a prison code"), missing="information", effect=nothing),
        "dat": column("code", _code("a DAT code")),
        "care_plan_date": column("date", days_between(EARLIEST, limits.today), missing="information", effect=nothing),
    }, ()


def _dirs(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    born = days_between(date(1850, 1, 1), limits.today)
    return {
        "client": column("id"),
        "dir_date": column("date", days_between(EARLIEST, limits.today)),
        "date_of_birth": column("date", born, aliases=["dob"], missing="information", effect=AS_MISSING),
        "sex": _characteristic("code", one_of("MF")),
        "ethnicity": _ethnicity(limits),
        "drug_1": _drug(limits, aliases=["drug1"], missing="information"),
        "drug_2": _drug(limits, aliases=["drug2"], missing="fine", optional=True),
        "drug_3": _drug(limits, aliases=["drug3"], missing="fine", optional=True),
        "age_first_use": _age_first_use(),
        "no_fixed_abode": _characteristic("flag"),
        "treated_last_two_years": _characteristic("flag"),
    }, ()


def _triage_quarters(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    words = (
        f"the first day of December, March, June or September, from {SIX_WEEK_LIMIT_FROM} "
        f"(the limit was 12 weeks before) to {limits.today}"
    )
    first, last = (datetime.combine(day, datetime.min.time()) for day in (SIX_WEEK_LIMIT_FROM, limits.today))

    def begins(values: Any) -> Any:
        return (values.dt.month % 3 == 0) & (values.dt.day == 1) & values.between(first, last)

    return {
        "quarter_start": column("quarter", Allowed(words, pa.Check(begins, error=words))),
        "dat": column("code", _code("a DAT code")),
        "referrals": column("count", COUNTED),
        "triaged_within_6_weeks": column("count", COUNTED),
    }, ("dat", "quarter_start")


def _new_journeys_monthly(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    return {
        "area": column("text", one_of(limits.areas)),
        "month": column("month"),
        "new_journeys": column("count", COUNTED),
    }, ("area", "month")


def _new_journeys_yearly(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    return {
        "site": column("text", one_of(limits.sites)),
        "fiscal_year": column("fiscal_year"),
        "started": column("count", COUNTED),
        "retained_12_weeks": column("count", COUNTED),
        "completed_under_12_weeks": column("count", COUNTED),
    }, ("site", "fiscal_year")


def _pilot_spending(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    return {
        "site": column("text", one_of(limits.sites)),
        "fiscal_year": column("fiscal_year"),
        "category": column("key", one_of([*CATEGORIES, TOTAL])),
        "item": _name("an item"),
        "amount_gbp": column("amount", PAYABLE),
    }, ("site", "fiscal_year", "category", "item")


def _treatment_budgets(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    return {
        "fiscal_year": column("fiscal_year"),
        "adult_pooled_gbp_m": column("amount", AMOUNT, PAYABLE),
        "local_gbp_m": column("amount", AMOUNT, PAYABLE),
        "adults_in_effective_treatment": column("count", at_least(1, "a whole number, one or more")),
    }, ("fiscal_year",)


def _budget_shares(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    return {
        "site": column("text", one_of(limits.sites)),
        "head": _name("a head"),
        "amount_gbp": column("amount", AMOUNT, PAYABLE),
    }, ("site", "head")


def _fieldwork(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    return {
        "stage": _name("a stage"),
        "site": column("text", one_of(limits.sites)),
        "group": _name("a group"),
        "encounters": column("count", COUNTED),
    }, ("stage", "site", "group")


def _pilot_activity(limits: Limits) -> tuple[dict[str, pa.Column], tuple[str, ...]]:
    return {
        "site": column("text", one_of(limits.sites)),
        "freedoms_and_flexibilities": column("text", missing="fine"),
        "structural_change": column("text", missing="fine"),
        "system_change": column("text", missing="fine"),
        "delivery_change": column("text", missing="fine"),
    }, ("site",)


SCHEMAS: dict[str, Callable[[Limits], tuple[dict[str, pa.Column], tuple[str, ...]]]] = {
    "journeys": _journeys,
    "carat_referrals": _carat_referrals,
    "cjit_forms": _cjit_forms,
    "dirs": _dirs,
    "triage_quarters": _triage_quarters,
    "new_journeys_monthly": _new_journeys_monthly,
    "new_journeys_yearly": _new_journeys_yearly,
    "pilot_spending": _pilot_spending,
    "treatment_budgets": _treatment_budgets,
    "budget_shares": _budget_shares,
    "fieldwork": _fieldwork,
    "pilot_activity": _pilot_activity,
}
