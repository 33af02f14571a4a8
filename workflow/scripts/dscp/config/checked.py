"""Check a study's config before anything runs: one line per error, with the key, its line and what is allowed."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import os
import sys
import unicodedata
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.modules.setdefault("rfc3987_syntax", None)  # for web addresses, of which a config has none; takes half a second

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dscp.config import of_area_study, of_profile
from dscp.config.impossible import impossible, no_code
from dscp.config.mappings import mapped_twice
from dscp.config.sites import alike, as_named, numbered, unclear
from dscp.disclosure.policies import POLICIES
from dscp.extracts.faults import nearest
from dscp.extracts.registry import MADE_FROM
from dscp.record.jobs import extract_names
from dscp.study.areas import analysed
from dscp.study.kinds import evaluated
from dscp.study.reports import AREA_STUDY, EVALUATION, PROFILE

LARGEST = 200_000  # bytes
MOST_ALIASES = 50
DEEPEST = 20  # levels of lists and groups
LONGEST = 200  # characters of a message of the YAML library
POLICY_MISSING = f"missing key, needed with extracts of your own, allowed: {', '.join(POLICIES)}"
LONGEST_VALUE, LONGEST_KEY = 100, 60  # characters of what was found that a message shows
MOST_ERRORS = 20  # that are listed one by one
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")  # Unicode's controls, marks that turn a line round, joiners, what has no form
RESULTS = "results"
TEXT = "tag:yaml.org,2002:str"
ODD_IN_PATHS = "{}\n\t"  # braces are Snakemake's wildcards


def read_config(path: str | Path) -> Mapping:
    """A study's config as plain data, or end with one line. A config is data: nothing in it is run or looked up.

    It is YAML 1.2, in which NO is a word and 1:30 is not a number. A key stands once; aliases of aliases, which a few
    lines can multiply without end, are refused. Snakemake's own reader would run Python that stands in a config.
    """
    line = ""
    try:
        return _parsed(_text(Path(path)))
    except FileNotFoundError:
        fault = "there is no such file"
    except OSError as error:
        fault = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        fault = "found bytes that are not text, allowed: YAML in UTF-8"
    except _NotConfig as error:
        line, fault = error.args
    except MarkedYAMLError as error:
        line, fault = _line(error.problem_mark or error.context_mark), _short(error.problem or error.context)
    except (YAMLError, ValueError) as error:
        fault = _short(error)
    raise SystemExit(f"{Path(path).name}{line}: {fault}")


class _NotConfig(Exception):
    """YAML that no config needs: the place, and what was found and is allowed."""


def _text(path: Path) -> str:
    if path.exists() and not path.is_file():
        raise _NotConfig("", "found no plain file, allowed: YAML in UTF-8")
    if (size := path.stat().st_size) > LARGEST:
        raise _NotConfig("", f"found {size:,} bytes, allowed: at most {LARGEST:,}")
    return path.read_text(encoding="utf-8")


def _parsed(text: str) -> Mapping:
    reader = _reader()
    root = reader.compose(text)
    found = reader.constructor.construct_document(root) if root else None
    if not isinstance(found, Mapping):
        raise _NotConfig("", "found no settings, allowed: keys and their values")
    if odd := [key for key in _keys(found) if not isinstance(key, str)]:
        raise _NotConfig("", f"found the key {_shown(odd[0])}, allowed: words as keys")
    return found


def _reader() -> YAML:
    reader = YAML(typ="safe", pure=True)
    reader.Composer = _Composer
    return reader


class _Composer(Composer):
    """What makes nodes of a config's text, each with its line; it stops at what no config needs."""

    def __init__(self, loader: YAML | None = None) -> None:
        super().__init__(loader)
        self.around: list[bool] = []  # whether each list or group that we are in can be repeated by an alias
        self.aliases = 0

    def compose_node(self, parent: Node | None, index: object) -> Node:
        """One node and what is in it."""
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            self.aliases += 1
            if any(self.around) or self.aliases > MOST_ALIASES:
                raise _NotConfig(_line(event.start_mark), f"found the alias *{event.anchor}, allowed: values in full")
        if not isinstance(event, CollectionStartEvent):
            node = super().compose_node(parent, index)
            if isinstance(parent, MappingNode) and index is None and isinstance(node, ScalarNode):
                node.tag = TEXT  # a key is the text that stands there: in `values: {sex: {01: F}}` it is no number
            return node
        if len(self.around) == DEEPEST:
            raise _NotConfig(_line(event.start_mark), f"found lists within lists, allowed: {DEEPEST} levels")
        self.around.append(event.anchor is not None)
        node = super().compose_node(parent, index)
        self.around.pop()
        return node


def _keys(value: object) -> Iterator[object]:
    """The keys of all groups."""
    if isinstance(value, Mapping):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _keys(item)


def _shown(value: object) -> str:
    """What was found, as a message shows it: on one line, cut, and nothing in it that a terminal would obey."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _line(mark: StringMark | None) -> str:
    return f", line {mark.line + 1}" if mark else ""


def _short(text: object) -> str:
    """A message of the YAML library on one line."""
    return " ".join(str(text or "this is not YAML").split())[:LONGEST]


def plain(value):
    """The config with dates as ISO text, as schema and rules expect them."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def refuse_other_settings(given: Mapping, moved: bool) -> None:
    """End with one line where Snakemake was given settings beside the config, which no record would tell of.

    Parameters
    ----------
    given : what --config, --configfile or a module statement's `config` gave
    moved : whether a module statement's `prefix` or `replace_prefix` would have files lie elsewhere
    """
    if given:
        names = ", ".join(_shown(str(name))[1:-1] for name in sorted(given, key=str))
        found = f"found settings from elsewhere (--config, --configfile or a module's config): {names}"
        raise SystemExit(f"{found}, allowed: settings in config.yaml alone, in the folder where Snakemake works")
    if moved:
        allowed = "results/ in the folder where Snakemake works"
        raise SystemExit(f"found prefix or replace_prefix in the module statement, allowed: {allowed}")


def checked(config: Mapping, path: str | Path, schema: Mapping) -> dict:
    """Return the plain config, or end with every error of schema and cross-checks, one line each.

    Parameters
    ----------
    config : as Snakemake read it
    path : the file it was read from, for line numbers
    schema : JSON schema (2020-12)
    """
    study = plain(config)
    validator = ON_ONE_LINE(schema, format_checker=FormatChecker(["date"]))
    errors = sorted(validator.iter_errors(study), key=lambda error: [str(part) for part in error.path])
    found = list(dict.fromkeys(told for error in errors for told in _described(error)))
    if not found:
        study = completed(study)
        found = [*unprintable(study), *(list(kind_of(study).impossible(study)) or contradictions(study))]
    if found:
        _refuse(path, found)
    return numbered(study) if kind_of(study) is KINDS[EVALUATION.name] else study


def completed(study: Mapping) -> dict:
    """A config with what it may leave unsaid, and with what follows from it for every kind of report."""
    return with_made(kind_of(study).completed(study))


def as_run(study: Mapping) -> dict:
    """A config that nobody has checked, with what its run found in it besides what stands there."""
    if kind_of(study) is not KINDS[EVALUATION.name]:
        return completed(study)
    return numbered({**with_made(study), "sites": as_named(study["sites"])})


def _of_evaluation(study: Mapping) -> dict:
    """The conventions of 2012 belong to the reference run alone; the first site is the worked example."""
    method = "as_published" if study.get("reference_run", False) else "corrected"
    unsaid = {"method": method, "worked_example": next(iter(analysed(study["sites"])), "")}
    return {**study, "economics": {**unsaid, **study["economics"]}, "sites": as_named(study["sites"])}


def with_made(study: Mapping) -> dict:
    """A config with the extracts that its run makes from others: files of the run."""
    made = {name: made_extract(study, name) for name, of in MADE_FROM.items() if of in study["extracts"]}
    return {**study, "extracts": {**made, **study["extracts"]}}


def made_extract(study: Mapping, name: str) -> str:
    """The path of an extract that the run makes from another."""
    return f"{RESULTS}/{study['run']}/restricted/{name}.csv"


def _pattern(
    validator: Draft202012Validator, pattern: str, value: object, schema: Mapping
) -> Iterator[ValidationError]:
    """The schema's patterns, which by themselves let a text end with a line break."""
    yield from Draft202012Validator.VALIDATORS["pattern"](validator, pattern, value, schema)
    if isinstance(value, str) and "\n" in value:
        yield ValidationError("more than a line")


ON_ONE_LINE = extend(Draft202012Validator, {"pattern": _pattern})


def unprintable(value: object, keys: tuple = ()) -> Iterator[tuple[tuple, str]]:
    """Texts with characters that cannot be seen, or turn what stands around them, and numbers that are none."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from unprintable(key, keys)
            yield from unprintable(item, (*keys, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from unprintable(item, (*keys, position))
    elif isinstance(value, str) and any(unicodedata.category(sign) in UNSEEN and sign not in "\n\t" for sign in value):
        yield keys, f"found {_shown(value)}, allowed: text without control characters and invisible ones"
    elif isinstance(value, float) and not math.isfinite(value):
        yield keys, f"found {value}, allowed: a number"


def _refuse(path: str | Path, found: list[tuple[tuple, str]]) -> None:
    """End with one line per error."""
    lines = line_numbers(Path(path).read_text(encoding="utf-8"))
    said = [_message(path, lines, keys, text) for keys, text in found[:MOST_ERRORS]]
    if (more := len(found) - MOST_ERRORS) > 0:
        said.append(f"{Path(path).name}: {more:,} more errors of {len(found):,}")
    raise SystemExit("\n".join(said))


def check_files(study: Mapping, path: str | Path, made: Container[str]) -> None:
    """End with one line for each extract that is not a file of the study (and that the workflow does not make itself).

    A study is its folder: what its config names lies in it, so that a config from elsewhere cannot have other files of
    the machine read, and its file names in messages and in the run record tell nothing of the machine.
    """
    found = []
    names = extract_names(study["extracts"])
    of_run = {made_extract(study, name) for name, of in MADE_FROM.items() if of in study["extracts"]}
    for file, name in names.items():
        if file not in {*made, *of_run} and (fault := file_fault(file)):
            found.append((("extracts", name.partition("/")[0]), fault))
    if not found and "disclosure" not in study and names.keys() - set(made):
        found.append((("disclosure",), POLICY_MISSING))
    if found:
        _refuse(path, found)


def file_fault(file: str) -> str:
    """What is wrong with the path of an extract, seen from the study's folder; "" if nothing is."""
    allowed = "allowed: a file in the study's folder, by its path from there"
    name = _shown(file)[1:-1]
    if Path(file).is_absolute() or ".." in Path(file).parts:
        return f"found {name}, {allowed}"
    if Path(file).parts[:1] == (RESULTS,):
        return f"found {name}, {allowed}, and outside {RESULTS}/, which runs write"
    if odd := sorted(set(ODD_IN_PATHS) & set(file)):
        return f"found {name}, allowed: a path without {_shown(odd[0])}"
    try:
        if not Path(file).is_file():
            there = Path(file).exists() or Path(file).is_symlink()
            return f"found {name}, {'not a plain file' if there else 'which is not there'}, {allowed}"
        if not Path(file).resolve().is_relative_to(Path.cwd()):
            return f"found {name}, a link to a file outside, {allowed}"
    except OSError as error:
        return f"found {name}, which cannot be read ({error.strerror}), {allowed}"
    return "" if os.access(file, os.R_OK) else f"found {name}, which cannot be read, {allowed}"


def _message(path: str | Path, lines: Mapping[tuple, int], keys: tuple, text: str) -> str:
    known = keys
    while known and known not in lines:
        known = known[:-1]
    name = ".".join(_shown(str(key))[1:-1][:LONGEST_KEY] for key in keys) or "(top level)"
    return f"{Path(path).name}, line {lines.get(known, 1)}, {name}: {text}"


def _described(error: ValidationError) -> Iterator[tuple[tuple, str]]:
    """Say in plain words what was found and what is allowed, of each unknown or missing key."""
    keys = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})))
        known = sorted(error.schema.get("properties", {}))
        for name in unknown:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            yield (*keys, name), f"unknown key{meant}, allowed: {', '.join(known)}"
        return
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        for name in missing:
            yield (*keys, name), "missing key" + _meaning(error.schema.get("properties", {}).get(name, {}))
        return
    if error.validator == "enum":
        values = list(map(str, error.validator_value))
        yield keys, f"found {_shown(error.instance)}, allowed: {', '.join(values)}{nearest(error.instance, values)}"
        return
    if error.validator in ("anyOf", "oneOf"):
        allowed = " or ".join(option.get("description", option.get("type", "")) for option in error.validator_value)
        yield keys, f"found {_shown(error.instance)}, allowed: {allowed}"
        return
    rule = {
        "type": "a value of type",
        "pattern": "text like",
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
        "exclusiveMinimum": "more than",
        "minItems": "at least this many items:",
        "maxItems": "at most this many items:",
        "maxLength": "at most this many characters:",
        "format": "a",
    }
    value = error.validator_value
    shown = " or ".join(value) if error.validator == "type" and isinstance(value, list) else value
    allowed = f"{rule.get(error.validator, error.validator)} {shown}"
    yield keys, f"found {_shown(error.instance)}, allowed: {allowed}" + _meaning(error.schema)


def _meaning(schema: Mapping) -> str:
    return f" ({schema['description']})" if "description" in schema else ""


ARMS = ("pilot", "comparison")
OF_FIELDWORK = ("background", "fieldwork", "structure", "personalisation", "delivery", "topic_guides")


def contradictions(study: Mapping) -> Iterator[tuple[tuple, str]]:
    """Errors that a schema cannot see: what a config says at two places and cannot be so at both."""
    if study["run"] == "reference_extracts":
        yield ("run",), "found 'reference_extracts', allowed: another name, that folder holds the extracts made here"
    yield from kind_of(study).contradictions(study)
    yield from mapped_twice(study["extracts"])
    yield from _made_of_others(study)


def _contradictions_of_evaluation(study: Mapping) -> Iterator[tuple[tuple, str]]:
    """Order of dates, DATs in two areas, references to sites that are not there."""
    for name, period in study["periods"].items():
        for window in ("outcomes", "referrals", "triage_quarters"):
            if window in period and period[window][0] >= period[window][1]:
                yield (
                    ("periods", name, window),
                    f"found {' to '.join(period[window])}, allowed: a first date before the last",
                )
        if period["pickups_until"] < period["referrals"][1]:
            yield ("periods", name, "pickups_until"), "allowed: not before the last referral date"
    if study["periods"]["pre"]["outcomes"][1] >= study["periods"]["post"]["outcomes"][0]:
        yield ("periods", "post", "outcomes"), "allowed: a post period that starts after the pre period has ended"
    yield from unclear(study["sites"])
    yield from _area_contradictions(study["sites"])
    yield from _labels(study["sites"])
    yield from _codes(study["sites"])
    yield from _own_text(study)
    example = study["economics"]["worked_example"]
    if example not in [name for name, site in study["sites"].items() if site.get("analysed", True)]:
        yield ("economics", "worked_example"), f"found {example!r}, allowed: an analysed site of this study"


def _own_text(study: Mapping) -> Iterator[tuple[tuple, str]]:
    """Text of authors for chapters that the evaluated programme has already."""
    if evaluated(study):
        for name in sorted({*study.get("chapters", {})} & {*OF_FIELDWORK}):
            yield ("chapters", name), "found in the study of the evaluated programme, which has this text already"


def _made_of_others(study: Mapping) -> Iterator[tuple[tuple, str]]:
    """An extract beside the one that is made from it, or without the definitions of how, or these without it."""
    for name, of in MADE_FROM.items():
        given, defined = of in study["extracts"], of in study["definitions"]
        if given and study["extracts"][name] != made_extract(study, name):
            yield ("extracts", name), f"found beside {of}, allowed: one of them, {name} being made from {of}"
        if given and not defined:
            yield ("definitions", of), f"missing key, needed with extracts.{of} (how {name} are made of them)"
        if defined and not given:
            yield ("definitions", of), f"found without extracts.{of}, allowed: only with it"


def _labels(sites: Mapping) -> Iterator[tuple[tuple, str]]:
    """Two sites, or two areas, that a reader could not tell apart."""
    of_sites = [(("sites", name, "label"), site.get("label")) for name, site in sites.items()]
    of_areas = [
        (("sites", name, arm, "label"), site.get(arm, {}).get("label")) for name, site in sites.items() for arm in ARMS
    ]
    for every in (of_sites, of_areas):
        seen: dict[str, tuple] = {}
        for keys, label in every:
            if label and alike(label) in seen:
                yield keys, f"found the label of {'.'.join(seen[alike(label)][:-1])}, allowed: a label of its own"
            seen.setdefault(alike(label), keys)


def _codes(sites: Mapping) -> Iterator[tuple[tuple, str]]:
    """Codes of places that no row of an extract can have."""
    for name, site in sites.items():
        for arm in ARMS:
            for key in ("dats", "prisons"):
                for code in map(str, site.get(arm, {}).get(key, [])):
                    yield from no_code(("sites", name, arm, key), code)


def _area_contradictions(sites: Mapping) -> Iterator[tuple[tuple, str]]:
    owner: dict[str, str] = {}
    for name, site in sites.items():
        if not site.get("analysed", True):
            continue
        for arm in ("pilot", "comparison"):
            for dat in site[arm]["dats"]:
                if dat in owner:
                    yield (
                        ("sites", name, arm, "dats"),
                        f"DAT {dat} already belongs to {owner[dat]}, allowed: one area a DAT",
                    )
                owner[dat] = f"{name}.{arm}"
            if site.get("continuity") in ("integrated_system", "independent_case_manager") and not site[arm].get(
                "prisons"
            ):
                yield ("sites", name, arm, "prisons"), f"missing, needed for continuity: {site['continuity']}"


def line_numbers(text: str) -> dict[tuple, int]:
    """Path of keys -> line number, in the text of a config that `read_config` takes."""
    lines: dict[tuple, int] = {}

    def walk(node: Node, path: tuple) -> None:
        if isinstance(node, MappingNode):
            for key, value in node.value:
                lines[(*path, key.value)] = key.start_mark.line + 1
                walk(value, (*path, key.value))
        elif isinstance(node, SequenceNode):
            for position, value in enumerate(node.value):
                lines[(*path, position)] = value.start_mark.line + 1
                walk(value, (*path, position))

    walk(_reader().compose(text), ())
    return lines


@dataclass(frozen=True)
class Kind:
    """What is checked of the config of one kind of report, and what it is completed with."""

    completed: Callable[[Mapping], dict]
    impossible: Callable[[Mapping], Iterator[tuple[tuple, str]]]
    contradictions: Callable[[Mapping], Iterator[tuple[tuple, str]]]


KINDS = {
    EVALUATION.name: Kind(_of_evaluation, impossible, _contradictions_of_evaluation),
    PROFILE.name: Kind(of_profile.completed, of_profile.impossible, of_profile.contradictions),
    AREA_STUDY.name: Kind(of_area_study.completed, of_area_study.impossible, of_area_study.contradictions),
}


def kind_of(study: Mapping) -> Kind:
    """What belongs to the kind of report that a study asks for."""
    return KINDS[study.get("report", EVALUATION.name)]
