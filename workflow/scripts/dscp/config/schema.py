"""The schema of a config: the file of workflow/schemas, and what follows from declarations elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from dscp.disclosure.policies import MEANINGS, POLICIES
from dscp.extracts.columns import personal
from dscp.extracts.registry import READ
from dscp.extracts.types import ExtractType
from dscp.measures.registry import MEASURES
from dscp.study.reports import EVALUATION, REPORTS

DAYS = ("date", "quarter", "month")
FOLDER = Path("workflow") / "schemas"
SHARED = "shared"  # in the schema of another report: as in that of the evaluation, at the same place


def config_schema(project: Path, config: Mapping | None = None) -> dict:
    """JSON schema (2020-12) of a config: extracts as the catalogue declares them, policies as the registry names them.

    Parameters
    ----------
    project : folder of the project
    config : whose report decides what it may hold; that of the evaluation without one. Of one that asks for a report
        that there is not, the schema says that alone.
    """
    name = EVALUATION.name if config is None else config.get("report", EVALUATION.name)
    if name not in list(REPORTS):  # which may be anything that YAML can hold
        return {"type": "object", "properties": {"report": {"enum": list(REPORTS)}}}
    whole = _evaluation(project)
    if name == EVALUATION.name:
        return whole
    own = yaml.safe_load((project / FOLDER / REPORTS[name].schema).read_text(encoding="utf-8"))
    return {**_shared(own, whole), "$defs": whole["$defs"]}


def _evaluation(project: Path) -> dict:
    schema = yaml.safe_load((project / FOLDER / EVALUATION.schema).read_text(encoding="utf-8"))
    keys = schema["properties"]
    keys["report"]["enum"] = list(REPORTS)
    keys["disclosure"]["enum"] = list(POLICIES)
    keys["disclosure"]["assumed"] = {name: policy.says for name, policy in POLICIES.items()}
    keys["extracts"]["properties"] = {name: _extract(extract) for name, extract in READ.items()}
    keys["measures"]["items"] = {"enum": list(MEASURES)}
    return schema


def _shared(own: object, whole: object) -> object:
    """A part of a report's schema, with what it shares put in."""
    if own == SHARED:
        return whole
    if not isinstance(own, Mapping):
        return own
    beside = whole if isinstance(whole, Mapping) else {}
    return {name: _shared(part, beside.get(name)) for name, part in own.items()}


def described(schema: Mapping) -> Iterator[tuple[str, dict, Mapping]]:
    """Every key of a schema: dotted name, its node, and the shared definition that is part of it, if one is."""
    yield from _described(schema, schema["$defs"], "")


def _described(node: Mapping, definitions: Mapping, path: str) -> Iterator[tuple[str, dict, Mapping]]:
    found = dict(node.get("properties", {}))
    if named(node):
        found["<name>"] = named(node)
    for name, one in found.items():
        shared = definitions[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else {}
        whole = {**shared, **one}
        yield f"{path}{name}", whole, shared
        yield from _described(whole, definitions, f"{path}{name}.")


def named(node: Mapping) -> Mapping:
    """What stands under names of the user's own that a group may have; nothing where it has other keys."""
    one = node.get("additionalProperties") or {}
    return one if {"$ref", "description"} <= one.keys() else {}


def meanings(schema: Mapping) -> dict[str, str]:
    """Path of every setting -> what it is; a key of a shared definition is told after what it is a key of."""
    found: dict[str, str] = {}
    shares: set[str] = set()
    for path, node, shared in described(schema):
        above = path.rpartition(".")[0]
        before = f"{found[above]}: " if above in shares else ""
        found[path] = before + node.get("description", "")
        shares |= {path} if shared else set()
    return found | {f"disclosure.{name}": meaning for name, meaning in MEANINGS.items()}


def _extract(extract: ExtractType) -> dict:
    """What a config may say of an extract: a path, a list of paths, or a group of files and how they are written."""
    ways = _ways(extract)
    path = {"type": "string", "maxLength": 500, "description": "a path"}
    until = {"type": "string", "format": "date", "description": "the last day that its rows are of"}
    own = {"file": path, **ways, **({"ends": until} if extract.makes else {})}
    file = {"type": "object", "additionalProperties": False, "required": ["file"], "properties": own}
    item = {"if": {"type": "object"}, "then": file, "else": path}
    listed = {"type": "array", "minItems": 1, "maxItems": 200, "items": item}
    source = {"type": "string", "maxLength": 300, "description": "where the files come from, as it is printed"}
    files = {"description": "a path or a list", "if": {"type": "array"}, "then": listed, "else": path}
    group = {
        "type": "object",
        "additionalProperties": False,
        "required": ["files"],
        "properties": {"files": files, "source": source, **ways},
    }
    return {"description": extract.says, "if": {"type": "object"}, "then": group, "else": {"$ref": "#/$defs/paths"}}


def _ways(extract: ExtractType) -> dict:
    """How the files of an extract may be written. Who a client is cannot be mapped: the config is published."""
    every = {column.name: column for column in extract.columns}
    coded = every.keys() - personal(extract) - {name for name, column in every.items() if column.kind in (*DAYS, "id")}
    texts = {name: {"$ref": "#/$defs/header", "description": column.says} for name, column in every.items()}
    values = {name: {"$ref": "#/$defs/meanings", "description": every[name].says} for name in every if name in coded}
    dates = {name: {"$ref": "#/$defs/form_of_days"} for name, column in every.items() if column.kind in DAYS}
    groups = {"columns": texts, "values": values, "dates": dates}
    says = {
        "columns": "our column: the header that it stands under",
        "values": "our column: what stands in its cells, and which of our values that is",
        "dates": "our column: how its days are written, such as DD.MM.YYYY",
    }
    closed = {
        name: {"type": "object", "additionalProperties": False, "properties": properties, "description": says[name]}
        for name, properties in groups.items()
        if properties
    }
    return {**closed, "skip": {"$ref": "#/$defs/skip"}, "sheet": {"$ref": "#/$defs/sheet"}}
