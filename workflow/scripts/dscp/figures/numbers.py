"""Numbers of a study's figures, without anything that is slow to import: the workflow asks for them at every start."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from dscp.measures.needs import lacking, needs_of, without
from dscp.study.kinds import compared, evaluated

ONLY = {  # what figures.yaml may say under `only`
    "evaluated_programme": evaluated,
    "reference_run": lambda config: bool(config.get("reference_run")),
    "compared_run": compared,
}


def lacks(declaration: Mapping, config: Mapping) -> list[str]:
    """The extracts and measures that a study lacks of those that a declared figure needs."""
    return lacking([*declaration.get("needs", []), *needs_of(declaration.get("table") or {})], config)


def wanted(declaration: Mapping, config: Mapping) -> bool:
    """Whether a study has a declared figure."""
    return not absent(declaration, config)


def absent(declaration: Mapping, config: Mapping) -> str:
    """Why a study does not have a declared figure, as the sentence in its place; "" where it has it.

    Raises
    ------
    ValueError
        It is declared for something else than what is known.
    """
    only = declaration.get("only")
    if only is not None and only not in ONLY:
        raise ValueError(f"figures.yaml: unknown only: {only!r}, allowed: {', '.join(ONLY)}")
    if only is not None and not ONLY[only](config):
        return "This study has no figure of this kind."
    return without(lacks(declaration, config), "there is nothing to show here")


def numbers(declared: Mapping[str, Mapping], config: Mapping) -> list[str]:
    """Numbers of all figures that are drawn; `{i}` in a name counts the analysed sites."""
    return [number for number, _ in _drawn(declared, config)]


def drawings(declared: Mapping[str, Mapping], config: Mapping) -> list[str]:
    """Names of all sheets of all figures that are drawn."""
    return [name for number, declaration in _drawn(declared, config) for name in sheets(number, declaration, config)]


def sheets(number: str, declaration: Mapping, config: Mapping) -> dict[str, list[str]]:
    """Name of each sheet of a figure -> the analysed sites that stand on it: S.1, S.1-2, S.1-3.

    A figure has one sheet; one that declares `sheets` has as many as it takes to have no more sites than that on each.
    """
    sites = _analysed(config)
    parts = max(1, -(-len(sites) // declaration["sheets"])) if "sheets" in declaration else 1
    bounds = [round(at * len(sites) / parts) for at in range(parts + 1)]
    return {
        f"{number}-{at}" if at > 1 else number: sites[first:last]
        for at, (first, last) in enumerate(pairwise(bounds), 1)
    }


def _drawn(declared: Mapping[str, Mapping], config: Mapping) -> list[tuple[str, Mapping]]:
    """Number and declaration of each figure that is drawn."""
    return [
        (name.format(i=i), declaration)
        for name, declaration in declared.items()
        if wanted(declaration, config)
        for i in range(1, 1 + (len(_analysed(config)) if "{" in name else 1))
    ]


def _analysed(config: Mapping) -> list[str]:
    return [name for name, site in config["sites"].items() if site.get("analysed", True)]
