"""The schema of a config: the file of workflow/schemas, and what follows from declarations elsewhere."""

from __future__ import annotations

from pathlib import Path

import yaml

from dscp.disclosure.policies import POLICIES
from dscp.extracts.columns import personal
from dscp.extracts.registry import READ
from dscp.extracts.types import ExtractType
from dscp.measures.registry import MEASURES

DAYS = ("date", "quarter", "month")
FILE = Path("workflow") / "schemas" / "config.schema.yaml"


def config_schema(project: Path) -> dict:
    """JSON schema (2020-12) of a config: extracts as the catalogue declares them, policies as the registry names them.

    Parameters
    ----------
    project : folder of the project
    """
    schema = yaml.safe_load((project / FILE).read_text(encoding="utf-8"))
    keys = schema["properties"]
    keys["disclosure"]["enum"] = list(POLICIES)
    keys["disclosure"]["assumed"] = {name: policy.says for name, policy in POLICIES.items()}
    keys["extracts"]["properties"] = {name: _extract(extract) for name, extract in READ.items()}
    keys["measures"]["items"] = {"enum": list(MEASURES)}
    return schema


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
