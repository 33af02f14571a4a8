"""Findings of the validation: one row each, and the plain sentence that is printed.

A finding never holds more of a row than the offending cell, and of that no more than a short code: a line that is out
of step, or a file under the wrong name, can put a client's value into any cell of any extract.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from dscp.ledger.ids import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

COLUMNS = ["extract", "severity", "file", "line", "column", "found", "allowed", "rows", "message"]
FAULT, INFORMATION, EXCLUDED, COUNT, JOINED = "fault", "information", "excluded", "count", "joined"
SEVERITIES = [FAULT, INFORMATION, EXCLUDED, COUNT, JOINED]
NO_VALUE = "no value"  # what a missing cell is called
LINKED = "rows linked to "  # before the name of another extract
NOT_ALLOWED = "a value that is not allowed"
EXPECTED = "; expected "  # behind what is made of a missing column: the headers that were looked for
# What remarks say of places, months and people, without naming any.
REMARKS = (
    SILENT := "months without rows of a place",
    NO_ROWS := "no rows of a place",
    ONE_PERIOD := "values missing in one period of a place",
    CODE_CHANGES := "a code that comes or goes",
    BIRTHS := "clients with several dates of birth",
    OTHER_UNIT := "amounts in another unit",
    WORDS := "words read as codes",
    SHARED_BIRTH := "one day of birth shared by far too many",
    NOT_EVERY_YEAR := "areas without figures of every year before and after",
    UNREAD := "columns that nothing is made of",
    NO_COLUMN := "no such column",
    NOTES := "notes below the records",
    OTHER_LOOK := "ids that look otherwise than nearly all",
)
NO_LINK = "a place or period without linked rows"  # a remark that is not published: it would tell who has none
UNUSABLE = "no usable value"  # what the ledger says of a remark on a column, whatever was found there
AT_ODDS = "at odds with the row"  # what it says where cells are there, and contradict others of their row
SHOWN = 20  # faults of one kind that are listed one by one before the rest is summed up
LISTED = 3  # rows with the same fault that have a line each; of more the first are named in one
NEAR = 0.75  # how like a name has to be to one that is known
LONGEST_CELL = 60
LONGEST_CODE = 4  # characters
TITLE = re.compile(r"(?:[^\W\d]|[ .-])+\d{0,2}|\(no name\)")
LONGEST_NAME = 40  # characters of a column's


def cell(value: Any, personal: bool = False) -> str:
    """Return an offending cell as it may be printed: on one line, cut at 60 characters.

    Only a short code is printed as it is; of anything longer, which may be a name or a date of birth in the wrong
    column, the shape alone: "a value like 99/99/9999". In a column that tells who a client is, even four characters are
    too many.
    """
    import pandas as pd

    if value is None or pd.isna(value):
        return "nothing"
    text = printable(str(value))
    if not text:
        return "blanks"
    if personal or len(text) > LONGEST_CODE:
        text = f"a value like {_shape(text)}"
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "..."


def printable(text: str) -> str:
    """A text on one line, with nothing in it that a terminal would obey or that turns the rest of the line round."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def title(text: Any) -> str:
    """Return the name of a column that nothing is read from as it may be printed: as it is if it is words, with a digit
    or two at the most, else its shape."""
    name = printable(str(text)) or "(no name)"
    shown = name if TITLE.fullmatch(name) else f"like {_shape(name)}"
    return shown if len(shown) <= LONGEST_NAME else shown[:LONGEST_NAME] + "..."


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", text))


def nearest(found: Any, names: Iterable[str]) -> str:
    """The name that was meant, as the end of a message: "; did you mean site_3?", or "" where none is near.

    A name with other digits is another name.
    """

    def as_compared(text: str) -> str:
        return re.sub(r"[\W_]+", "_", text).lower()

    word = as_compared(str(found))
    plain = {as_compared(name): name for name in names if re.findall(r"\d", name) == re.findall(r"\d", word)}
    near = get_close_matches(word, plain, 1, NEAR)
    return f"; did you mean {plain[near[0]]}?" if near else ""


def place(file: str, line: str = "", column: str = "") -> str:
    """Return where a cell stands, in words: "journeys.csv, line 12, dat" (a line may be "record 12")."""
    where = f"line {line}" if line.isdigit() else line
    return ", ".join(part for part in (file, where, column) if part)


def fault(
    extract: str, file: str, column: str, found: str, allowed: str, *, line: str = "", rows: int = 1
) -> dict[str, Any]:
    """Return a fault that stops the run: where, what was found, what is allowed."""
    message = f"{place(file, line, column)}: found {found}, allowed: {allowed}"
    return _row(extract, FAULT, file, line, column, found, allowed, rows, message)


def information(
    extract: str,
    file: str,
    column: str,
    found: str,
    effect: str,
    *,
    rows: int,
    line: str = "",
    example: str = "",
    kind: str = "",
) -> dict[str, Any]:
    """Return what only loses information: how many rows, the first of them, and what is made of them.

    `kind` : what was found, in words without a place, a month or a number
    """
    first = f" (first: {place('', line)}{', ' + example if example else ''})" if line else ""
    where = f" in {rows:,} {_plural(rows)}{first}" if rows else ""
    message = f"{place(file or extract, '', column)}: {found}{where}; {effect}"
    return _row(extract, INFORMATION, file, line, column, kind or example or found, effect, rows, message)


def excluded(extract: str, column: str, rule: str, rows: int, *, file: str = "") -> dict[str, Any]:
    """Return how many rows a rule leaves out, of all files or of one."""
    message = f"{place(file or extract, '', column)}: {rows:,} {_plural(rows)} left out: {rule}"
    return _row(extract, EXCLUDED, file, "", column, rule, "", rows, message)


def count(extract: str, found: str, rows: int, *, file: str = "", column: str = "") -> dict[str, Any]:
    """Return a count: `found` is "rows in", "rows kept", "rows of the study's DATs", "missing" or LINKED and a name."""
    message = f"{place(file or extract, '', column)}: {found}: {rows:,}"
    return _row(extract, COUNT, file, "", column, found, "", rows, message)


def joined_count(extract: str, found: str, number: int) -> dict[str, Any]:
    """Return a count of what was made of an extract's rows: episodes, people, journeys."""
    return _row(extract, JOINED, "", "", "", found, "", number, f"{extract}: {found}: {number:,}")


def table(findings: list[dict[str, Any]]) -> pd.DataFrame:
    """Return findings as a frame with the columns of validation.csv, text in all but `rows`."""
    import pandas as pd

    return pd.DataFrame(findings, columns=COLUMNS)


def _row(*values: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, values, strict=True))


def _plural(rows: int) -> str:
    return "row" if rows == 1 else "rows"


def with_ids(findings: pd.DataFrame) -> pd.DataFrame:
    """Add the ledger id of each counted finding, and what it is made of; faults count nothing and are left out.

    So are remarks on places without linked rows: that nobody there is linked may be what the policy withholds.

    validation.rows_in.journeys, validation.missing.journeys.drug_1, validation.excluded.journeys.1,
    validation.information.dirs.2, validation.linked.dirs.carat_referrals, validation.joined.submissions.1. Rows read
    are counted per file: their ids repeat, and the ledger sums them.

    Returns
    -------
    The findings with the columns pattern, nth, other (the extract that rows go with) and id.
    """
    counted = findings[(findings["severity"] != FAULT) & (findings["found"] != NO_LINK)].copy()
    words = counted["found"].str.replace(r"\W+", "_", regex=True)
    counted["nth"] = (counted.groupby(["extract", "severity"]).cumcount() + 1).astype(str)
    counted["other"] = counted["found"].where(counted["found"].str.startswith(LINKED), "").str.removeprefix(LINKED)
    of_count = "validation." + words + ".{extract}" + counted["column"].map(lambda name: ".{column}" if name else "")
    of_rest = "validation." + counted["severity"] + ".{extract}.{nth}"
    of_count = of_count.mask(counted["other"] != "", "validation.linked.{extract}.{other}")
    counted["pattern"] = of_count.where(counted["severity"] == COUNT, of_rest)
    made = [str(identifier(row["pattern"], **row)) for row in counted.to_dict("records")]
    return counted.assign(id=made)
