r"""Ids: the one form in which they are compared, and what tells that somebody's program has changed some of them.

An id is a label. Programs that take it for a number, a day or a word change it: one person becomes two, or two one.
What is lost for good is refused. What is not is read back by the rule below, and how many cells it changed is noted.

The rule, in order: signs that cannot be seen, and an apostrophe in front, are dropped; letters are capitals; of digits
alone, commas between thousands, a nought after the point and noughts in front are dropped. Words and signs that stand
for no id are no id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dscp.extracts.faults import OTHER_LOOK, fault, information

if TYPE_CHECKING:
    from dscp.extracts.checks import Extract

KIND = "id"  # of columns
GIVEN = "given_"  # before a column's name: a cell as it was found, where the rule gives it another form
WIDTH = "width_"  # before a column's name, in the typed copy's metadata: see `widths`
SETTLE = "as text, as the source system has it"
UNSEEN = r"[\p{Cf}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
AROUND = r"^\s+|\s+$"
MARK = r"^\x27"  # an apostrophe, by which a spreadsheet marks a text
NO_ID = (
    *("UNKNOWN", "NOT KNOWN", "UNK", "N/K", "NK", "N/A", "#N/A", "NA", "NAN", "<NA>", "NONE", "NULL", "NIL"),
    *("NOT RECORDED", "NOT STATED", "NO ID", "MISSING", "ANON", "ANONYMOUS", "TBC"),
)
MONTH = "(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|SEPT|OCT|NOV|DEC)"
POWER = r"^\d+(\.\d+)?E[+-]\d+$|^\d\.\d+E\d+$|^\d{16,}\.0*$"  # a floating number keeps fifteen digits
DAY = (
    rf"^\d{{1,2}}[-/ ]{MONTH}([-/ ]\d{{2,4}})?$|^{MONTH}[-/ ]\d{{2,4}}$"
    r"|^(19|20)\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])( 00:00:00)?$|^[0-3]?\d/[01]?\d/(19|20)\d\d$"
)

_SEEN = f"regexp_replace(regexp_replace({{raw}}, '{UNSEEN}', '', 'g'), '{AROUND}', '', 'g')"
_TIDY = f"upper(regexp_replace({_SEEN}, '{MARK}', ''))"
_NOTHING = f"regexp_full_match({_TIDY}, '[-.?*_/0 ]*|{'|'.join(NO_ID)}')"  # no IN: a join, which mixes the rows
CANONICAL = rf"""CASE
    WHEN regexp_full_match({{raw}}, '([A-Z][A-Z0-9]*)?[1-9][A-Z0-9]*') THEN {{raw}}
    WHEN regexp_full_match({{raw}}, '0+[1-9][0-9]*') THEN ltrim({{raw}}, '0')
    WHEN regexp_full_match({{raw}}, '([A-Za-z][A-Za-z0-9]*)?[1-9][A-Za-z0-9]*') THEN upper({{raw}})
    WHEN {_NOTHING} OR regexp_matches({_TIDY}, '{POWER}|{DAY}|^#[A-Z0-9/]+[!?]$') THEN NULL
    WHEN regexp_full_match({_TIDY}, '(\d+|\d{{1,3}}(,\d{{3}})+)(\.0*)?')
        THEN regexp_replace(replace({_TIDY}, ',', ''), '^0*(\d+?)(\.0*)?$', '\1')
    ELSE {_TIDY}
END"""

# What a cell that is no id shows -> in words, what is allowed; the first that fits. Conditions on `found`.
NOT_IDS = (
    (f"regexp_matches(upper(trim(found)), '{POWER}')", "numbers that have lost digits (powers of ten)"),
    (f"regexp_matches(upper(trim(found)), '{DAY}')", "ids that a program has turned into days"),
    (_NOTHING.replace("{raw}", "found"), "words or signs that stand for no id"),
)
# What the rule changed -> how it is told. Conditions on a cell as it was found.
CHANGED = (
    (r"regexp_matches({given}, '[\d,]+\.0*\s*$')", "numbers with a point", "the digits before the point are the id"),
    (r"regexp_matches({given}, '^\s*\d+(,\d+)+\s*$')", "commas between thousands", "the digits are the id"),
    (
        f"(regexp_matches({{given}}, '{UNSEEN}') OR regexp_matches({{given}}, '{AROUND}'))",
        "signs that cannot be seen, or blanks around the id",
        "read without them",
    ),
    (f"regexp_matches({{given}}, '{MARK}')", "an apostrophe in front of the id", "read without it"),
)
A_FEW = 0.05  # of the ids
SHORTER = "noughts in front lost"
DIGITS = r"regexp_full_match({cell}, '\d+')"


def columns_of_ids(extract: Extract) -> list[str]:
    """The columns of an extract that hold ids."""
    return [column.name for column in extract.declared.columns if column.kind == KIND]


def changed_ids(extract: Extract) -> list[dict[str, Any]]:
    """Note how many ids the rule changed, by file and kind; refuse those that letter case alone tells apart."""
    findings = []
    for column in columns_of_ids(extract):
        given = f'"{GIVEN}{column}"'
        if not extract.query(f"SELECT count({given}) FROM records")[0][0]:
            continue
        for condition, found, effect in CHANGED:
            findings += _noted(extract, column, condition.replace("{given}", given), found, effect)
        findings += _shorter(extract, column) + _by_case(extract, column)
    return findings


def ids_of_another_look(extract: Extract) -> list[dict[str, Any]]:
    """Tell of the few ids that begin with a letter where nearly all begin with a digit, or the other way round, as
    records of tests do (ZZTEST1)."""
    findings = []
    for column in columns_of_ids(extract):
        digit = f"\"{column}\" < ':'"
        digits, total = extract.query(f'SELECT count(*) FILTER ({digit}), count("{column}") FROM records')[0]
        few, condition = min((digits, digit), (total - digits, f"NOT {digit}"))
        if 0 < few <= A_FEW * total:
            findings += _noted(extract, column, condition, OTHER_LOOK, "counted as they are", OTHER_LOOK)
    return findings


def _noted(
    extract: Extract, column: str, condition: str, found: str, effect: str, kind: str = ""
) -> list[dict[str, Any]]:
    """A line for each file with rows for which a condition holds."""
    rows = extract.query(f"""
        SELECT file, count(*), min(record) FROM records WHERE {condition} GROUP BY file ORDER BY file
    """)
    return [
        information(extract.name, extract.sources[file].name, f"{column} as given", found, effect, rows=number,
                    line=extract.sources[file].line(first), kind=kind)
        for file, number, first in rows
    ]  # fmt: skip


def padded(extract: Extract, column: str) -> int:
    """How many digits the ids of a column have that begin with a nought; 0 if there are none, or of several lengths."""
    given = f'"{GIVEN}{column}"'
    some = f"{given} LIKE '0%' AND {DIGITS.format(cell=given)}"
    low, high = extract.query(f"SELECT min(length({given})), max(length({given})) FROM records WHERE {some}")[0]
    return high if low is not None and low == high else 0


def widths(extract: Extract) -> dict[str, int]:
    """Column of ids -> how many digits those have that begin with a nought; columns without such ids are left out."""
    return {column: width for column in columns_of_ids(extract) if (width := padded(extract, column))}


def _shorter(extract: Extract, column: str) -> list[dict[str, Any]]:
    """Ids without the noughts in front that others of the extract have."""
    if not (width := padded(extract, column)):
        return []
    given = f'"{GIVEN}{column}"'
    condition = f'{given} IS NULL AND length("{column}") < {width} AND {DIGITS.format(cell=chr(34) + column + chr(34))}'
    found = f"fewer digits than the {width} of others, the noughts in front being lost"
    return _noted(extract, column, condition, found, "compared without noughts in front", SHORTER)


def _by_case(extract: Extract, column: str) -> list[dict[str, Any]]:
    """Two ids of one file that differ in letter case alone may be two people, or one."""
    cell = f'coalesce("{GIVEN}{column}", "{column}")'
    if not extract.query(f"SELECT 1 FROM records WHERE regexp_matches({cell}, '[a-z]') LIMIT 1"):
        return []
    twice = f"""
        SELECT file, "{column}", min(record) AS first FROM records
        WHERE NOT contains({cell}, ' ') GROUP BY file, "{column}" HAVING count(DISTINCT trim({cell})) > 1
        AND count(DISTINCT trim({cell})) > count(DISTINCT lower(trim({cell})))
    """
    found = extract.query(f"SELECT file, count(*), min(first) FROM ({twice}) GROUP BY file ORDER BY file")
    return [
        fault(extract.name, extract.sources[file].name, column, f"{number:,} ids in capitals and in small letters",
              "one spelling of each id", line=extract.sources[file].line(first), rows=number)
        for file, number, first in found
    ]  # fmt: skip
