"""The config of a partnership's profile, proposed from files: what make init writes with PARTNERSHIP=."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from dscp.config.of_profile import COUNTED_BY, OF_RECORDS
from dscp.extracts.faults import nearest
from dscp.study.reports import COUNTS
from understanding import Seen

PROJECT = Path(__file__).parents[2]
EXAMPLE, EVALUATION = PROJECT / "studies" / "profile" / "config.yaml", PROJECT / "config.yaml"
MADE_OF = (*OF_RECORDS, COUNTS)  # extracts, of which a profile has one: the first that there is
CODE = re.compile(r"[A-Z0-9_-]{1,40}")
MOST_PEERS, SHOWN = 400, 5
HEAD = """\
# yaml-language-server: $schema={schema}
# The profile of a partnership. docs/settings.md of the project explains every key; make check STUDY= says what is
# wrong, with its line. CHECK marks what was guessed: look at it, then take the mark away.

run: {run} # name of the folder below results/
title: Profile of {called} # CHECK
report: profile
{disclosure}
partnership: {code}
names: # CHECK what partnerships are called in print; one without a name is called by its code
  {code}: {name}
year: {{start: {year[0]}, end: {year[1]}}} # CHECK
baseline: {{start: {baseline[0]}, end: {baseline[1]}}} # CHECK
peers: {peers} # CHECK those that it is to be set beside: all that the files have are named
{counted}
# A path, a list of paths, or how its files are written (docs/extracts.md of the project).
extracts:
{extracts}
"""
POLICY = """\
# Which counts of people may be published: none, suppress_below_5, round_to_5, suppress_below_8_round_to_5, minimum_10.
disclosure: suppress_below_5
"""
PUBLISHED = "disclosure: none # the counts are published\n"
Day = dt.date


def listed(codes: Sequence[str]) -> str:
    """Codes in a list, as texts whatever a reader would take them for: 1E05, NO."""
    return f"[{', '.join(map(quoted, codes))}]"


def quoted(code: str) -> str:
    """A code as a text, whatever a reader would take it for."""
    return code if re.fullmatch(r"[A-Z]{1,3}\d{1,3}", code) else json.dumps(code, ensure_ascii=False)


def made_of(found: Mapping[str, Sequence[Seen]]) -> str:
    """The extract that the profile is made of, of those that were seen.

    Raises
    ------
    SystemExit
        None of them can be.
    """
    own = [name for name in MADE_OF if name in found]
    if not own:
        seen = ", ".join(found) or "no file"
        raise SystemExit(f"FROM: found {seen}, allowed with PARTNERSHIP: files of {', '.join(MADE_OF)}")
    return own[0]


def codes_of(every: Sequence[Seen], extract: str) -> list[str]:
    """Codes of the partnerships that the files are of."""
    column = "area" if extract == COUNTS else "dat"
    values = {value.upper() for one in every if column in one.headers for value in one.values(column)}
    return sorted(value for value in values if CODE.fullmatch(value))


def years(every: Sequence[Seen], extract: str, last: Day | None, today: Day) -> tuple[tuple[Day, Day], tuple[Day, Day]]:
    """The last year from April to March of which the files tell to its end, and the one before it.

    Parameters
    ----------
    last : of the days by which rows are counted, or None
    """
    if extract == COUNTS:
        seen = {int(value[:4]) for one in every for value in one.values("fiscal_year") if value[:4].isdigit()}
        ends = max(seen) + 1 if seen else today.year
    else:
        last = min(last or today, today)
        ends = last.year if last >= Day(last.year, 3, 1) else last.year - 1  # rows of its last month
    ends -= Day(ends, 3, 31) > today
    return _year(ends), _year(ends - 1)


def _year(ends: int) -> tuple[Day, Day]:
    return Day(ends - 1, 4, 1), Day(ends, 3, 31)


def config(
    run: str, schema: str, found: Mapping[str, Sequence[Seen]], extracts: str, last: Day | None, partnership: str,
    today: Day,
) -> str:  # fmt: skip
    """The text of config.yaml.

    Parameters
    ----------
    schema : its path from the study's folder
    extracts : the lines of the extract that `made_of` names
    last : the last day by which rows are counted

    Raises
    ------
    SystemExit
        No row is of the partnership.
    """
    extract, code = made_of(found), partnership.upper()
    known = codes_of(found[extract], extract)
    if code not in known:
        shown = ", ".join(known[:SHOWN]) + (f" and {len(known) - SHOWN:,} more" if known[SHOWN:] else "")
        raise SystemExit(
            f"PARTNERSHIP: found {partnership}, of which the files have no row, allowed: {shown or 'a code of theirs'}"
            f"{nearest(code, known)}"
        )
    year, baseline = years(found[extract], extract, last, today)
    peers = [one for one in known if one != code][:MOST_PEERS]
    head = HEAD.format(
        schema=schema, run=run, called=partnership, code=quoted(code), name=quoted(partnership), year=year,
        baseline=baseline, disclosure=PUBLISHED if extract == COUNTS else POLICY, peers=listed(peers),
        extracts=extracts,
        counted="" if extract == COUNTS else "re_presentation: in_year # CHECK: in_year or 6_months\n",
    )  # fmt: skip
    return head if extract == COUNTS else f"{head}\n{_method(extract == 'submissions')}"


def _method(submitted: bool) -> str:
    """How clients are counted, as the example of a profile has it; with submissions also how these are joined."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text[min(text.index(f"\n{key}:") for key in COUNTED_BY if key != "re_presentation") + 1 :]
    if not submitted:
        return text
    joining = re.search(r"  # submissions:.*\n(?:  #   .*\n)+", EVALUATION.read_text(encoding="utf-8"))[0]
    return text.replace("\n\ncodes:", f"\n{re.sub('^  # ', '  ', joining, flags=re.MULTILINE)}\ncodes:", 1)
