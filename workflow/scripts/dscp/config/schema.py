"""The schema of a config: the file of workflow/schemas, and what follows from declarations elsewhere."""

from __future__ import annotations

from pathlib import Path

import yaml

from dscp.disclosure.policies import POLICIES
from dscp.extracts.registry import EXTRACTS
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
        name: {"$ref": "#/$defs/paths", "description": extract.says} for name, extract in EXTRACTS.items()
    }
    keys["measures"]["items"] = {"enum": list(MEASURES)}
    return schema
