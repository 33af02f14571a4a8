"""The schema of a config: the file of workflow/schemas, and what follows from declarations elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import yaml

from dscp.disclosure.policies import POLICIES
from dscp.extracts.registry import EXTRACTS
from dscp.extracts.types import FORMAT_WORDS
from dscp.measures.registry import MEASURES

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
    keys["disclosure"]["description"] += ": " + "; ".join(f"{name}: {policy.says}" for name, policy in POLICIES.items())
    keys["extracts"]["properties"] = {
        name: {"$ref": "#/$defs/paths", "description": f"{extract.says}{_formats(extract.formats)}"}
        for name, extract in EXTRACTS.items()
    }
    keys["measures"]["items"] = {"enum": list(MEASURES)}
    return schema


def _formats(formats: Collection[str]) -> str:
    """What an extract's files may be besides CSV and Parquet, in words."""
    more = [words for name, words in FORMAT_WORDS.items() if name in formats and name not in ("csv", "parquet")]
    return f"; also as {' or '.join(more)}" if more else ""
