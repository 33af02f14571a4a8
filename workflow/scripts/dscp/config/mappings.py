"""What a config says of the names, codes and days in an extract's files, and no file can have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dscp.extracts.columns import day_of_birth
from dscp.extracts.registry import READ
from dscp.study.given import EXCEL, form_of_days

Fault = tuple[tuple, str]
FORMS = "the day, month and year once each, such as DD/MM/YYYY, MM/DD/YYYY, DD-Mon-YYYY or YYYYMMDD"


def mapped_twice(extracts: Mapping) -> Iterator[Fault]:
    """Two columns under one header, a value with two meanings, ways of writing days that are none."""
    for name, entry in extracts.items():
        for keys, group in _groups(name, entry):
            columns = group.get("columns", {})
            yield from _twice((*keys, "columns"), columns, "header", columns.values())
            for column, values in group.get("values", {}).items():
                yield from _twice((*keys, "values", column), values, "value", list(values))
            for column, form in group.get("dates", {}).items():
                if wrong := _no_form(name, column, form):
                    yield (*keys, "dates", column), f"found {form}, allowed: {wrong}"


def _groups(name: str, entry: object) -> Iterator[tuple[tuple, Mapping]]:
    """The group of an extract and those of its files, each with the keys that lead to it."""
    if isinstance(entry, Mapping):
        yield ("extracts", name), entry
        files = entry["files"] if isinstance(entry["files"], list) else []
        for position, one in enumerate(files):
            if isinstance(one, Mapping):
                yield ("extracts", name, "files", position), one


def _twice(keys: tuple, group: Mapping, what: str, texts: Iterable) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for key, text in zip(group, texts, strict=True):
        form = " ".join(str(text).split()).casefold()
        if form in seen:
            yield (*keys, key), f"found the {what} of {seen[form]}, allowed: each {what} once, whatever its letter case"
        seen.setdefault(form, key)


def _no_form(extract: str, column: str, form: str) -> str:
    """What is allowed where a form is no way of writing the days of a column; "" where it is one."""
    read = form_of_days(form)
    declared = next(one for one in READ[extract].columns if one.name == column)
    if not read or (declared.kind != "month" and read != EXCEL and "%d" not in read):
        return FORMS
    if "%y" in read and day_of_birth in declared.rules:
        return "a year of four digits, YYYY, in dates of birth"
    return ""
