"""What a study gives of each extract: its files, and how their names, codes and days are written.

A path, a list of paths, or a group of `files`, `source`, `columns`, `values`, `dates`, `skip` and `sheet`; an item of
`files` may be such a group with `file`, which says what is different in that file, and up to which day it goes
(`ends`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

Entry = str | Sequence | Mapping
DAYS = {"YYYY": "%Y", "YY": "%y", "Month": "%B", "Mon": "%b", "MM": "%m", "M": "%m", "DD": "%d", "D": "%d"}
EXCEL = "Excel number"  # days counted from 1899-12-30, as a workbook keeps them
TIMES = {" HH:MM:SS": " %H:%M:%S", " HH:MM": " %H:%M", "": ""}


@dataclass(frozen=True)
class Given:
    """A file of an extract.

    Attributes
    ----------
    path : from the study's folder
    columns : our column -> the header that it stands under
    values : our column -> what stands in its cells -> what that means; None where it means nothing
    dates : our column -> how its days are written, such as DD.MM.YYYY
    skip : lines of titles above the header
    sheet : of a workbook
    ends : the last day that its rows are of, where its name does not tell
    """

    path: str
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    skip: int = 0
    sheet: str = ""
    ends: str = ""

    @property
    def name(self) -> str:
        """What it is called in messages: two sheets of a workbook are two files."""
        return f"{self.path}, sheet {self.sheet}" if self.sheet else self.path

    @property
    def mapping(self) -> dict:
        """What is different from a file that needs no mapping, as plain data; empty for one that does."""
        return {name: value for name, value in asdict(self).items() if value and name != "path"}


def given(entry: Entry) -> list[Given]:
    """The files of an extract, as its entry in a config names them.

    Parameters
    ----------
    entry : a path, a list of paths, or a group with `files`; what a file's own group says goes before what all have
    """
    if not isinstance(entry, Mapping):
        entry = {"files": entry}
    files = entry["files"]
    listed = [files] if isinstance(files, str) else files
    return [_file({"file": one} if isinstance(one, str) else one, entry) for one in listed]


def _file(own: Mapping, all_: Mapping) -> Given:
    groups = {name: {**all_.get(name, {}), **own.get(name, {})} for name in ("columns", "values", "dates")}
    groups["values"] = {name: {_text(one): _text(ours) for one, ours in values.items()}
                        for name, values in groups["values"].items()}  # fmt: skip
    single = {name: own.get(name, all_.get(name, empty)) for name, empty in (("skip", 0), ("sheet", ""), ("ends", ""))}
    return Given(own["file"], **groups, **single)


def _text(value: object) -> str | None:
    return None if value is None else str(value).strip()


def paths(entry: Entry) -> list[str]:
    """The paths of an extract's files."""
    return [one.path for one in given(entry)]


def sources(extracts: Mapping[str, Entry]) -> dict[str, str]:
    """Extract -> where its files come from, of those of which the config says so."""
    groups = {name: entry for name, entry in extracts.items() if isinstance(entry, Mapping)}
    return {name: entry["source"] for name, entry in groups.items() if "source" in entry}


def form_of_days(text: str) -> str:
    """DD.MM.YYYY as programs write it, "%d.%m.%Y"; "" where it is no way of writing a day or a month."""
    if text == EXCEL:
        return EXCEL
    time = next(words for words in TIMES if text.endswith(words))
    rest, form, seen = text[: len(text) - len(time)], "", []
    while rest:
        part = next((one for one in DAYS if rest.startswith(one)), rest[0])
        if part not in DAYS and part not in "-/. ,":
            return ""
        seen += [DAYS[part].lower().replace("b", "m")] if part in DAYS else []
        form += DAYS.get(part, part)
        rest = rest[len(part) :]
    return form + TIMES[time] if sorted(seen) in (["%d", "%m", "%y"], ["%m", "%y"]) else ""


def in_words(one: Given) -> Iterator[tuple[str, str]]:
    """What is mapped in a file, a line each: the column or "", and the words."""
    if one.sheet:
        yield "", f"sheet {one.sheet}"
    if one.ends:
        yield "", f"rows up to {one.ends}"
    if one.skip:
        yield "", f"lines above the header: {one.skip}"
    for column, header in one.columns.items():
        yield column, f"under the header {header}"
    for column, form in one.dates.items():
        yield column, f"days written as {form}"
    for column, values in one.values.items():
        yield column, "; ".join(f"{theirs} means {ours or 'nothing'}" for theirs, ours in values.items())


def mapped(extracts: Mapping[str, Entry]) -> list[tuple[str, str, str]]:
    """All that a config says of how files are written: the extract (and which file, of several), column, words."""
    found = []
    for name, entry in extracts.items():
        files = given(entry)
        for number, one in enumerate(files, start=1):
            which = name if len(files) == 1 else f"{name}, file {number}"
            found += [(which, column, words) for column, words in in_words(one)]
    return found
