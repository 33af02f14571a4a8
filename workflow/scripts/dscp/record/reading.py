"""A run record as it is read: nobody knows who wrote it, and nothing in it is believed before it has been looked at.

What is read is a list of entities of the expected form, whose names of files lead nowhere out of the run or the study;
all else is refused in one line.
"""

from __future__ import annotations

import json
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

LARGEST = 50_000_000  # bytes; a record of the default study has 0.3 million
LONGEST = 1000  # characters of a name, and 255 bytes of each part of it
DEEPEST = 16  # lists and objects in one another; a record has 5
TEXTS = ("name", "alternateName", "sha256", "dateModified")  # properties that are texts wherever they are


class NoRecord(ValueError):
    """A file is not a run record; the message says in one line why not."""


def read_graph(path: Path) -> list[dict]:
    """Read every entity of a run record.

    Raises
    ------
    NoRecord
        It is no file, too large, not JSON, too deep, not of the form of a record, or names files elsewhere.
    """
    document = _parsed(_text(path))
    graph = document.get("@graph") if isinstance(document, dict) else None
    if not isinstance(graph, list) or not graph:
        raise NoRecord("it has no list @graph of entities")
    for entity in graph:
        _check(entity)
    return graph


def is_file(entity: Mapping) -> bool:
    """Whether an entity is a file of the crate."""
    kinds = entity["@type"]
    return "File" in ([kinds] if isinstance(kinds, str) else kinds)


def is_described(entity: Mapping) -> bool:
    """Whether an entity describes a file that is not in the crate."""
    return not is_file(entity) and entity["@id"].startswith("#") and "alternateName" in entity


def name_of(entity: Mapping) -> str:
    """A file's name: of one in the crate from the run's folder, of one that is described from the study's folder."""
    return unquote(entity["@id"]) if is_file(entity) else entity["alternateName"]


def leads_out(folder: Path, name: str) -> bool:
    """Whether a file named from a folder is elsewhere in truth, by a link."""
    try:
        return not (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links that lead to one another
        return True


def one_line(text: str) -> str:
    """A text as a message prints it: characters that cannot be seen, or written, by their codes."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _text(path: Path) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise NoRecord("it is no file")
        if found.st_size > LARGEST:
            raise NoRecord(f"it has {found.st_size / 1e6:,.0f} million bytes, allowed: {LARGEST / 1e6:.0f} million")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NoRecord("it is not UTF-8") from None
    except OSError as error:
        raise NoRecord(error.strerror) from None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        raise NoRecord(f"it is deeper than {DEEPEST} lists and objects in one another") from None
    except ValueError as error:  # as well of numbers of more digits than Python takes
        place = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise NoRecord(f"it is not JSON{place}") from None


def _check(entity: object) -> None:
    """Refuse an entity that is not of the form of a record's, or that names a file elsewhere."""
    if not isinstance(entity, dict) or not isinstance(entity.get("@id"), str):
        raise NoRecord("an entity has no text @id")
    place = f'"{one_line(entity["@id"][:80])}"'
    kinds = entity.get("@type")
    if not isinstance(kinds, str) and not (isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds)):
        raise NoRecord(f"@type of {place} is neither a text nor a list of texts")
    texts = (*TEXTS, "identifier") if is_described(entity) else TEXTS
    if wrong := [name for name in texts if not isinstance(entity.get(name, ""), str)]:
        raise NoRecord(f"{wrong[0]} of {place} is not a text")
    if _too_deep(entity):
        raise NoRecord(f"{place} is deeper than {DEEPEST} lists and objects in one another")
    if any(not isinstance(target, str) for target in references(list(entity.values()))):
        raise NoRecord(f"an @id in {place} is not a text")
    if (is_file(entity) or is_described(entity)) and not _stays(name_of(entity)):
        raise NoRecord(f"{place} names a file elsewhere, allowed: files of the run and of its study")


def _too_deep(value: object) -> bool:
    here = [value]
    for _ in range(DEEPEST):
        here = [one for item in here if isinstance(item, dict | list) for one in _items(item)]
    return bool(here)


def _items(value: dict | list) -> list:
    return list(value.values()) if isinstance(value, dict) else value


def references(value: object) -> Iterator[object]:
    """Identifiers that an entity's properties refer to, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        if "@id" in value:
            yield value["@id"]
        else:
            yield from references(list(value.values()))


def _stays(name: str) -> bool:
    """Whether a name is one that a run gives a file: from a folder, not out of it, in characters that can be seen."""
    parts = PurePosixPath(name).parts
    seen = not any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in name)
    short = len(name) <= LONGEST and all(len(part.encode("utf-8", "replace")) <= 255 for part in parts)
    return bool(parts) and not name.startswith("/") and ".." not in parts and seen and short
