"""The settings that settle what the evaluation's report leaves open, and settings in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def choices(schema: Mapping, config: Mapping, path: str = "") -> Iterator[tuple[str, str, str, str]]:
    """The settings that settle what the evaluation's report leaves open, as this study has them.

    Parameters
    ----------
    schema : a config's; a setting of that kind has `assumed`: what is assumed, in words, by value if that decides it
    config : the study, or a group of it below `path`

    Returns
    -------
    Path of the setting, its value, what is assumed, and what the setting is, with its value where what is assumed does
    not tell it; a setting that the study does not have is left out.
    """
    for key, node in schema.get("properties", {}).items():
        if key in config:
            if said := node.get("assumed"):
                value, what = in_words(config[key]), node["description"][:1].upper() + node["description"][1:]
                if isinstance(said, Mapping):
                    yield f"{path}{key}", value, said[config[key]], what
                else:
                    yield f"{path}{key}", value, said, f"{what}: {value}"
            elif isinstance(config[key], Mapping):
                yield from choices(node, config[key], f"{path}{key}.")


def in_words(value: object) -> str:
    """A setting's value on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {in_words(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        nested = any(isinstance(one, Mapping | list | tuple) for one in value)
        return ("; " if nested else ", ").join(in_words(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
