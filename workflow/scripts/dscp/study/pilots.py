"""The pilots and years of a study of areas, read from its configuration."""

from __future__ import annotations

from collections.abc import Mapping

SPANS = {"pre": "before", "post": "after"}  # the periods that all reports share -> the setting of a study of areas


def area_key(name: str) -> str:
    """An area's name as extracts and ids have it: St. Helens -> st._helens."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def pilots(config: Mapping) -> dict[str, str]:
    """Key -> name of each pilot, in the order of the config; none of a study of another design."""
    return {area_key(name): name for name in config.get("pilots", ())}


def compared_years(config: Mapping) -> list[str]:
    """The fiscal years before and after."""
    return [year for setting in SPANS.values() for year in config.get(setting, ())]


def panel_years(config: Mapping) -> list[str]:
    """The fiscal years that are followed one by one: from the first of the panel to its last."""
    if "panel" not in config:
        return []
    first, last = (int(year[:4]) for year in config["panel"])
    return [f"{year}-{(year + 1) % 100:02d}" for year in range(first, last + 1)]


def base_year(config: Mapping) -> str:
    """The year that the others are set against: the last before the pilots."""
    return config["before"][-1]
