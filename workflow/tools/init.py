"""Write a new study: a commented config.yaml, a template file per extract, and a README of the next three steps.

`make init STUDY=folder` writes an example to be changed; with FROM="files or folders" it looks at files and proposes
extracts, columns, ways of writing, periods and areas; with PARTNERSHIP=code the profile of that partnership. Nothing is
asked, and no file is written over.
"""

from __future__ import annotations

import argparse
import calendar
import datetime as dt
import filecmp
import json
import os
import re
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import yaml

import init_profile
from dscp.config.sites import NUMBERED
from dscp.extracts.checks import SAYS_TOTAL
from dscp.extracts.faults import title
from dscp.extracts.files import ALLOWED, FORMATS, other_separator
from dscp.extracts.limits import AS_CSV, too_much
from dscp.extracts.places import spelled_alike
from dscp.extracts.registry import READ
from dscp.run.closed import alone
from dscp.run.said import say
from dscp.study.given import EXCEL, form_of_days
from dscp.study.reports import COUNTS
from init_profile import listed
from understanding import TITLES, Seen, Table, coded, forms, hidden_sheets, meanings, seen, settings, shown, tables

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "docs" / "templates"
SCHEMA, PROFILE_SCHEMA = PROJECT / "docs" / "config.schema.json", PROJECT / "docs" / "profile.schema.json"
EXTRACT_FOLDER, TEMPLATE_FOLDER = "extracts", "templates"
PICKUP_DAYS = 42  # from release; referrals end so long before the period
MOST_NAMED = 5  # files of a folder without extracts
NO_TEXTS = ("no", "yes", "on", "off", "true", "false", "null")  # to readers of YAML
AREAS = ["A1", "B1", "A2", "B2"]
HEAD = """\
# yaml-language-server: $schema={schema}
# The study. docs/settings.md of the project explains every key; make check STUDY= says what is wrong, with its line.
# CHECK marks what was guessed: look at it, then take the mark away.

run: {run} # name of the folder below results/
title: Evaluation of the programme # CHECK
# Which counts of people may be published: none, suppress_below_5, round_to_5, suppress_below_8_round_to_5, minimum_10.
disclosure: suppress_below_5

programme: # CHECK
  name: The programme
  short_name: TP
  start: {post[0]}
  end: {post[1]}

{data}# pickups_until: the last day of a pick-up; triage_quarters: first and last day of the quarters that are summed.
periods: # CHECK
{periods}change_label: "{change}" # printed in the heads of the change and difference columns

# Call sites and areas as the report is to call them ("Site 1: Northtown"); files of sites and areas call them the same.
# kind: whole_system or criminal_justice. An area is one or more DATs. A site whose clients come from prison also has
# continuity: integrated_system, independent_case_manager or embedded_provision, and prisons: [codes] in both areas.
sites: # CHECK which areas had the programme, and with which each is compared
{sites}
# What is measured, in this order. A measure whose extracts the study has not is left out, and the report says so.
{measures}
# Each is a path, a list of paths, or says how its files are written (docs/extracts.md of the project). No extract has
# to be there. Take the sign # away from what you have; templates/ has a file with the right header for each.
extracts:
{extracts}
"""
README = """\
# {run}

1. Put your files below `{extracts}/` and name them in `config.yaml`; look at every line marked CHECK.
2. `make check STUDY={study}`, in the project's folder, reads all of them in seconds and says what is wrong, with the
   line of the config that would settle it. `results/{run}/restricted/check.html` shows what was understood. Repeat
   until nothing stops a run.
3. `make report STUDY={study}` makes `results/{run}/report.pdf`, `.html`, `.xlsx` and `.ods`.
"""
Day = dt.date


def study_files(given: Sequence[str], study: Path) -> list[Path]:
    """The files to be looked at, of folders all that may be extracts; those outside the study are copied into it."""
    found = []
    for one in map(Path, given):
        inside = _in_folder(one) if one.is_dir() else [one]
        for path in inside:
            if not path.is_file() or path.suffix.lower() not in FORMATS:
                raise SystemExit(
                    f"{path}: {'found' if path.exists() else 'is not there, or'} no extract, allowed: {ALLOWED}"
                )
            if fault := too_much(str(path), FORMATS[path.suffix.lower()]):
                raise SystemExit(f"{path}: found {fault[0]}, allowed: {fault[1]}")
            found.append(path if path.resolve().is_relative_to(study.resolve()) else _copied(path, study))
    return found


def _in_folder(folder: Path) -> list[Path]:
    """The files of a folder that may be extracts, without those that programs keep beside them (~$, .)."""
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith(("~$", ".")))
    found = [path for path in inside if path.suffix.lower() in FORMATS]
    if not found:
        others = ", ".join(path.name for path in inside[:MOST_NAMED]) or "nothing"
        raise SystemExit(f"{folder}: found {others}, allowed: {ALLOWED}")
    return found


def _copied(path: Path, study: Path) -> Path:
    copy = study / EXTRACT_FOLDER / path.name
    if copy.exists() and filecmp.cmp(path, copy, shallow=False):
        return copy
    if copy.exists():
        raise SystemExit(f"{copy}: is there already, allowed: FROM= with files that are not")
    copy.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(path, copy))


def understood(files: Sequence[Path], study: Path) -> tuple[dict[str, list[Seen]], list[str]]:
    """The tables of some files by extract, and what is not like any."""
    found: dict[str, list[Seen]] = {}
    unlike = []
    for path in files:
        name = str(path.resolve().relative_to(study.resolve()))
        for one in tables(path, name):
            if like := seen(one):
                found.setdefault(like.extract.name, []).append(like)
            else:
                unlike.append(one.name + _why(path, one))
    return {name: found[name] for name in READ if name in found}, unlike


def _why(path: Path, one: Table) -> str:
    """What may be the reason why a table is like no extract; "" where none is seen."""
    lines = [row[0] for row in one.rows[:TITLES] if len(row) == 1]
    if signs := next(filter(None, map(other_separator, lines)), ""):
        return f" (found cells with {signs} between them, allowed: {AS_CSV})"
    if sheets := hidden_sheets(path):
        return f" (hidden: {', '.join(map(title, sheets))}, which are not looked at)"
    return ""


def entries(found: dict[str, list[Seen]], names: Sequence[str] = tuple(READ)) -> Iterator[str]:
    """The lines of the config for every extract, or some; those that the study has not are comments."""
    for name, extract in ((name, READ[name]) for name in names):
        if name not in found:
            yield f"  # {name}: {EXTRACT_FOLDER}/{name}.csv # {extract.says}"
            continue
        items = [({"file": one.table.file} | settings(one)) for one in found[name]]
        value: object = [item if len(item) > 1 else item["file"] for item in items]
        if len(items) == 1:
            ways = {key: part for key, part in items[0].items() if key != "file"}
            value = {"files": items[0]["file"], **ways} if ways else items[0]["file"]
        elif any(isinstance(item, dict) for item in value):
            value = {"files": value}
        flow = None if isinstance(value, dict) else False  # a path alone in braces would end the list of extracts
        text = yaml.safe_dump({name: value}, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=flow)
        yield from (f"  {line}" for line in text.rstrip().splitlines())
        yield from (f"    # CHECK {line}" for one in found[name] for line in doubts(one))


def doubts(one: Seen) -> Iterator[str]:
    """What a person has to say of a table: columns without a header, or with several, values without a meaning."""
    says = {column.name: column.says for column in one.extract.columns}
    left = [title(text) for text in one.table.rows[one.skip] if text.strip() and text not in one.headers.values()]
    for name, rivals in one.rivals.items():
        yield f"columns: {name} may be {' or '.join(map(title, rivals))} as well; which of them holds {says[name]}?"
    for name in one.lacks:
        yield f"columns: {name} is under none of the headers; those left are {', '.join(left) or 'none'}"
    for column in one.extract.columns:
        if column.name in one.headers and coded(column):
            unknown = [theirs for theirs, ours in meanings(one.values(column.name), column).items() if ours is None]
            if unknown:
                listed = (
                    f"the source's codes, of which {column.code_list} says what counts," if column.code_list else ""
                )
                allowed = listed or ", ".join(column.codes or ("Y", "N"))
                held = ", ".join(shown(unknown)) or "codes"
                yield f"values: {column.name} holds {held}; which of {allowed} is that, or null?"


def span(found: dict[str, list[Seen]]) -> tuple[Day, Day] | None:
    """The first and last day by which rows are counted, of journeys if there are any; None without any day."""
    for name in sorted(found, key=lambda name: name != "journeys"):
        coverage = READ[name].coverage
        if days := [day for one in found[name] if coverage for day in _days(one, coverage.day)]:
            return min(days), max(days)
    return None


def _days(one: Seen, column: str) -> list[Day]:
    values = one.values(column) if column in one.headers else []
    form = form_of_days(next(iter(forms(values)), ""))
    if form == EXCEL:
        return [Day(1899, 12, 30) + dt.timedelta(int(float(value))) for value in values]
    return [dt.datetime.strptime(value.removesuffix(" 00:00:00"), form).date() for value in values] if form else []


def windows(whole: tuple[Day, Day] | None, today: Day) -> dict[str, tuple[Day, Day]]:
    """The two periods: the halves of the months that the data are of, or else the last four fiscal years."""
    if whole is None or f"{whole[0]:%Y-%m}" == f"{whole[1]:%Y-%m}":
        year = today.year - (today < Day(today.year, 4, 1))
        first, middle, last = Day(year - 4, 4, 1), Day(year - 2, 4, 1), Day(year, 3, 31)
    else:
        (start, end), months = whole, 0
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        first = Day(start.year, start.month, 1)
        middle = _months_on(first, -(-months // 2))
        last = Day(end.year, end.month, calendar.monthrange(end.year, end.month)[1])
    return {"pre": (first, middle - dt.timedelta(1)), "post": (middle, min(last, today))}


def _months_on(first: Day, months: int) -> Day:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return Day(year, month + 1, 1)


def label(ends: tuple[Day, Day]) -> str:
    """A period in a table's head: 2007-09."""
    return f"{ends[0].year}-{ends[1].year % 100:02d}" if ends[0].year != ends[1].year else str(ends[0].year)


def period(name: str, ends: tuple[Day, Day]) -> str:
    """A period of the config."""
    first, last = ends
    quarter = next(day for n in range(4) if (day := _months_on(first, n)).month % 3 == 0 and day >= first)
    after = [day for n in range(60) if (day := _months_on(quarter, 3 * n)) <= last + dt.timedelta(1)]
    referrals = max(last - dt.timedelta(PICKUP_DAYS), first + dt.timedelta(1))
    ended = max(*after[-1:], _months_on(quarter, 1), first) - dt.timedelta(1)
    return "\n".join([
        f"  {name}:",
        f'    label: "{label(ends)}"',
        f"    outcomes: [{first}, {last}]",
        f"    referrals: [{first}, {referrals}]",
        f"    pickups_until: {last}",
        f"    triage_quarters: [{quarter}, {ended}]\n",
    ])  # fmt: skip


def areas(found: dict[str, list[Seen]]) -> tuple[list[str], list[list[str]]]:
    """Codes of the areas that the data are of, or of an example, and those that are one in several spellings."""
    counts: Counter[str] = Counter()
    for written, number in _written(found).items():
        counts[written.upper()] += number
    alike = [sorted(group, key=lambda code: -counts[code]) for group in spelled_alike(counts)]
    return sorted(set(counts) - {code for group in alike for code in group[1:]}) or AREAS, alike


def _written(found: dict[str, list[Seen]]) -> Counter[str]:
    """How often each code of an area stands in the files of the first extract that has some, as it is written."""
    counts: Counter[str] = Counter()
    for name in ("journeys", "submissions", "triage_quarters"):
        for one in found.get(name, []) if not counts else []:
            codes = one.values("dat") if "dat" in one.headers else []
            counts.update(code for code in codes if not re.fullmatch(SAYS_TOTAL, code))
    return counts


def place_names(found: dict[str, list[Seen]]) -> dict[str, str]:
    """Code of an area -> how it is written most often, where that is a name: in small letters, too."""
    most = {code.upper(): code for code, _ in reversed(_written(found).most_common())}
    return {code: name for code, name in most.items() if re.search(r"[^\W\d_][a-z]{2}", name)}


def site_names(found: dict[str, list[Seen]]) -> list[str]:
    """What files of sites call the sites, in the order of the files; none where they use keys of ours."""
    named = {cell.casefold(): cell for of in found.values() for one in of if "site" in one.headers
             for cell in one.values("site")}  # fmt: skip
    return [name for name in named.values() if not NUMBERED.fullmatch(name)]


def prisons(found: dict[str, list[Seen]]) -> dict[str, list[str]]:
    """Area -> the prison from which most of its residents are referred; no area where referrals do not say so."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in found.get("carat_referrals", []):
        home = next((name for name in ("residence_dat", "referred_to_dat") if name in one.headers), "")
        if home and "prison" in one.headers:
            counts.update((dat.upper(), code.upper()) for dat, code in one.beside(home, "prison") if dat and code)
    most = {dat: code for (dat, code), _ in reversed(counts.most_common())}
    return {dat: [code] for dat, code in most.items()}


def sites(
    codes: Sequence[str],
    alike: Sequence[Sequence[str]] = (),
    of: Mapping[str, list[str]] = MappingProxyType({}),
    called: Sequence[str] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A site for each two areas, of which each may have prisons, with the names of sites and areas that are known."""
    text = ""
    for number, pair in enumerate(zip(codes[::2], codes[1::2], strict=False), start=1):
        site = called[number - 1] if number <= len(called) else f"Site {number}"
        text += f"  {_scalar(site)}:\n    kind: whole_system\n"
        both = all(code in of for code in pair)
        text += "    continuity: integrated_system # CHECK\n" if both else ""
        for arm, code in zip(("pilot", "comparison"), pair, strict=True):
            places = f", prisons: {listed(of[code])}" if both else ""
            label = _scalar(names.get(code, f"{arm.capitalize()} {number}"))
            text += f"    {arm}: {{label: {label}, dats: {listed([names.get(code, code)])}{places}}}\n"
    if len(codes) % 2:
        text += f"  # CHECK {codes[-1]} is in no site\n"
    for first, *others in alike:
        text += f"  # CHECK {', '.join(others)} may be {first} in another spelling: values in the extract says so\n"
    return text


def _scalar(text: str) -> str:
    """A text as YAML has it, in quotation marks where it needs them."""
    plain = re.fullmatch(r"[^\W\d_][\w .&'()-]*[\w.)]", text) and not re.fullmatch(
        "(?i)no|yes|on|off|true|false|null", text
    )
    return text if plain else json.dumps(text, ensure_ascii=False)


def years(first: Day, last: Day) -> list[str]:
    """The fiscal years that a time touches."""
    begins = [day.year - (day.month < 4) for day in (first, last)]
    return [f"{year}-{(year + 1) % 100:02d}" for year in range(begins[0], begins[1] + 1)]


def spending_years(found: dict[str, list[Seen]]) -> list[str]:
    """The fiscal years that a ledger of spending is of; none without one."""
    cells = [cell for one in found.get("pilot_spending", []) if "fiscal_year" in one.headers
             for cell in one.values("fiscal_year")]  # fmt: skip
    return sorted({f"{cell[:4]}-{cell[-2:]}" for cell in cells if re.fullmatch(r"\d{4}[-/](\d\d)?\d\d", cell)})


def rest(of: dict[str, tuple[Day, Day]], submitted: bool, spent: Sequence[str] = ()) -> tuple[str, str]:
    """The measures and the settings of method, as the project's own config has them, with the years of this study.

    `submitted` : journeys are made of submissions, and how is defined, too
    `spent` : fiscal years of the ledger of spending
    """
    text = (PROJECT / "config.yaml").read_text(encoding="utf-8")
    if submitted:
        text = re.sub(r"  # (  )?(submissions|structured_modalities|join_days|journey_start):", r"  \1\2:", text)
    during = years(*of["post"])
    earlier = years(of["pre"][0] - dt.timedelta(366), of["pre"][0])
    before = [year for year in years(*of["pre"]) if year not in during] or earlier[:1]
    window = f"{of['pre'][0]:%Y-%m}, {of['post'][1]:%Y-%m}"
    for pattern, new in (
        (r"  # method: .*\n", ""),
        (r"  worked_example: .*\n", ""),
        (r"spending_years: .*", f"spending_years: [{', '.join(spent or during)}]"),
        (r"    before: .*", f"    before: [{', '.join(before)}]"),
        (r"    during: .*", f"    during: [{', '.join(during)}]"),
        (
            r"monthly_window: .*",
            f"monthly_window: [{window}] # the months drawn in Figures C.8",
        ),
    ):
        text, times = re.subn(pattern, new, text)
        assert times == 1, pattern
    return text[text.index("measures:") : text.index("\n# Each value is")], text[text.index("definitions:") :]


def config(run: str, study: Path, found: dict[str, list[Seen]], today: Day) -> str:
    """The text of config.yaml."""
    whole = span(found)
    of = windows(whole, today)
    measures, method = rest(of, "submissions" in found, spending_years(found))
    data = f"# The rows of the files are of {whole[0]} to {whole[1]}.\n" if whole else ""
    lines = list(entries(found))
    if not found:
        lines = [line.replace("# journeys:", "journeys:") for line in lines]
    head = HEAD.format(
        schema=os.path.relpath(SCHEMA, study), run=run, post=of["post"],
        data=data, sites=sites(*areas(found), prisons(found), site_names(found), place_names(found)),
        periods="".join(period(name, ends) for name, ends in of.items()), measures=measures,
        change=f"'{of['pre'][1]:%y}-'{of['post'][1]:%y}", extracts="\n".join(lines),
    )  # fmt: skip
    return f"{head}\n{method}"


def profile(run: str, study: Path, found: dict[str, list[Seen]], partnership: str, today: Day) -> str:
    """The text of config.yaml of a partnership's profile."""
    extract = init_profile.made_of(found)
    own = {extract: found[extract]}
    last, lines = (span(own) or (None, None))[1], "\n".join(entries(own, [extract]))
    schema = os.path.relpath(PROFILE_SCHEMA, study)
    return init_profile.config(run, schema, own, lines, last, partnership, today)


def write(study: Path, given: Sequence[str], today: Day, partnership: str = "") -> list[str]:
    """Write what is not there, for the profile of a partnership if one is named; return what is said."""
    if (study / "config.yaml").exists():
        raise SystemExit(
            f"{study / 'config.yaml'}: is there already, allowed: STUDY= with a folder without a config.yaml"
        )
    with alone():
        study.mkdir(parents=True, exist_ok=True)
        (study / EXTRACT_FOLDER).mkdir(exist_ok=True)
        found, unlike = understood(study_files(given, study), study)
        if given and not found:
            raise SystemExit(f"{', '.join(unlike)}: like no extract, allowed: files of those in docs/extracts.md")
    run = re.sub(r"[^a-z0-9._-]+", "-", study.resolve().name.lower()).strip("-._") or "study"
    called = json.dumps(run) if run[0].isdigit() else run
    if not partnership and found.keys() == {COUNTS}:
        raise SystemExit(f"FROM: found {COUNTS} alone, of which a profile can be made, allowed: with PARTNERSHIP=")
    text = profile(called, study, found, partnership, today) if partnership else config(called, study, found, today)
    used = {init_profile.made_of(found)} if partnership else set(found)
    new = {study / "config.yaml": text,
           study / "README.md": README.format(run=run, study=study, extracts=EXTRACT_FOLDER)}  # fmt: skip
    new |= {study / TEMPLATE_FOLDER / path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.csv")}
    for path, text in new.items():
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
    told = [
        f"{one.table.file}{f', sheet {one.table.sheet}' if one.table.others else ''}: {name}"
        f"{'' if name in used else ', not named: the profile is made of ' + ', '.join(used)}"
        for name, of in found.items()
        for one in of
    ]
    return [*told, *(f"{name}: like no extract, not named" for name in unlike),
            f"Wrote {study / 'config.yaml'} (look at the lines marked CHECK), README.md and {TEMPLATE_FOLDER}/.",
            f"Next: make check STUDY={study}"]  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Write a study."""
    parser = argparse.ArgumentParser(description="Write a new study.")
    parser.add_argument("--study", type=Path, required=True, help="its folder")
    parser.add_argument(
        "--from", dest="given", default="", help="files or folders to look at, as a shell would read them"
    )
    parser.add_argument("--partnership", default="", help="code of the partnership whose profile is to be made")
    chosen = parser.parse_args(arguments)
    say(*write(chosen.study, shlex.split(chosen.given), dt.date.today(), chosen.partnership.strip()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
