"""Write docs/settings.md from the config schema: `python tests/support/settings_table.py`; a test compares them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
TARGET = PROJECT / "docs" / "settings.md"
HEAD = """# Settings

Made from `workflow/schemas/config.schema.yaml`; the defaults stand in `config.yaml`. A dot leads from a group to
its keys.

| key | meaning | allowed |
|---|---|---|
"""


def rows(schema: Mapping, definitions: Mapping, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every key of the schema: dotted name, meaning, what is allowed."""
    keys = dict(schema.get("properties", {}))
    for pattern in schema.get("patternProperties", {}).values():
        keys["site_<n>"] = pattern
    for name, node in keys.items():
        reference = definitions[node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else {}
        whole = {**reference, **node}
        dotted = f"{path}{name}"
        yield dotted, whole.get("description", ""), _allowed(whole, reference)
        yield from rows(whole, definitions, f"{dotted}.")


def _allowed(node: Mapping, reference: Mapping) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if "anyOf" in node:
        return " or ".join(option["description"] for option in node["anyOf"])
    bounds = {"minimum": "from", "maximum": "to", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
    limits = [f"{word} {node[key]}" for key, word in bounds.items() if key in node]
    if node.get("type") == "object":
        return "keys below" if "properties" in node or "patternProperties" in node else "names of your own"
    kind = {"array": "a list"}.get(node.get("type", ""), f"{node.get('type', '')}")
    return " ".join([reference.get("description", kind), *limits])


def table() -> str:
    """The whole page."""
    schema = yaml.safe_load((PROJECT / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8"))
    return HEAD + "".join(
        f"| `{key}` | {meaning} | {allowed} |\n" for key, meaning, allowed in rows(schema, schema["$defs"])
    )


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
