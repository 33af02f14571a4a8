"""Words that stand where a code is expected: read as the code, where the declaration knows them for one code alone.

Known are what a declared code means, what it is called, and the names of a code list's groups; a group's word is read
as the group's first code, since nothing is made of a code but its group. A word of two codes is none of them, and one
beside which digits stand ("80 - Treatment completed") has to have them as its code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dscp.extracts.faults import WORDS, information
from dscp.extracts.sql import literal

if TYPE_CHECKING:
    from dscp.extracts.checks import Extract
    from dscp.extracts.types import Column

PLAIN = "regexp_replace(lower({cell}), '[^a-z]', '', 'g')"
EFFECT = "read as the codes that docs/extracts.md gives them"


def plain(text: str) -> str:
    """A word whatever its letter case, blanks and signs."""
    return re.sub(r"[^a-z]", "", text.lower())


def words_of(column: Column, codes: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Word, in its plain form -> the one code that it stands for, and the word as it is declared.

    Parameters
    ----------
    column : as declared
    codes : the code lists of the config, without whose groups only fixed codes have words
    """
    listed = codes.get(column.code_list.removeprefix("codes."), {}) if column.code_list else {}
    groups = listed.items() if isinstance(listed, Mapping) else ()
    own = column.words if not column.words_with or set(column.words_with) == {*listed} else ()
    pairs = [*(column.codes or {}).items(), *own, *((_first(of), group) for group, of in groups)]
    found = defaultdict(dict)
    for code, words in pairs:
        found[plain(words)].setdefault(str(code), words.replace("_", " "))
    return {word: next(iter(of.items())) for word, of in found.items() if word and len(of) == 1}


def _first(codes: list) -> Any:
    return codes[0][0] if isinstance(codes[0], list) else codes[0]


def read_words(extract: Extract) -> list[dict[str, Any]]:
    """Put the code in the place of each word that stands for it, and tell so."""
    findings = []
    for column in extract.declared.columns:
        if known := words_of(column, extract.config["codes"]):
            findings += _read(extract, column, known)
    return findings


def _read(extract: Extract, column: Column, known: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    con, name = extract.con, f'"{column.name}"'
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(code)}" for word, (code, _) in known.items())
    names = " ".join(
        f"WHEN {literal(word)} THEN {literal(f'{said} as {code}')}" for word, (code, said) in known.items()
    )
    kept = f"SELECT DISTINCT {name} FROM records WHERE {name} IS NOT NULL" if column.kind in ("code", "key") else ""
    held = [value for (value,) in extract.query(kept)] if kept else []
    worded = [value for value in held if plain(value) in known and value not in (column.codes or ())]
    places = [f"SELECT file, record, {name} AS cell FROM records WHERE {name} IN ({_listed(worded)})"] if worded else []
    places.append(f"SELECT file, record, found AS cell FROM unreadable WHERE \"column\" = '{column.name}'")
    word = PLAIN.replace("{cell}", "cell")
    con.execute(f"""CREATE OR REPLACE TEMP TABLE worded AS
        SELECT file, record, CASE {word} {names} END AS said, CASE {word} {cases} END AS code
        FROM ({" UNION ALL ".join(places)})
        WHERE code IS NOT NULL AND regexp_replace(cell, '\\D', '', 'g') IN ('', code)""")
    told = extract.query("""SELECT file, list_sort(list(DISTINCT said)), count(*), min(record)
        FROM worded GROUP BY file ORDER BY file""")
    if told:
        con.execute(f"""UPDATE typed SET {name} = w.code
            FROM (SELECT every_row.file, place, code FROM worded JOIN every_row USING (file, record)) AS w
            WHERE typed.rowid = w.place""")
        con.execute(f"""DELETE FROM unreadable USING worded AS w WHERE w.file = unreadable.file
            AND w.record = unreadable.record AND "column" = '{column.name}'""")
    return [
        information(extract.name, extract.sources[file].name, column.name, f"{WORDS} ({', '.join(pairs)})", EFFECT,
                    rows=rows, line=extract.sources[file].line(first), kind=WORDS)
        for file, pairs, rows, first in told
    ]  # fmt: skip


def _listed(values: list[str]) -> str:
    return ", ".join(map(literal, values))
