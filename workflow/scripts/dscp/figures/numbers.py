"""Numbers of a study's figures, without anything that is slow to import: the workflow asks for them at every start."""

from __future__ import annotations

from collections.abc import Mapping

from dscp.measures.needs import lacking, needs_of, without
from dscp.study.kinds import compared, evaluated

ONLY = {"evaluated_programme": evaluated, "compared_run": compared}  # what figures.yaml may say under `only`


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
    sites = [site for site in config["sites"].values() if site.get("analysed", True)]
    names = [name for name, declaration in declared.items() if wanted(declaration, config)]
    return [
        number
        for name in names
        for number in ([name.format(i=i + 1) for i in range(len(sites))] if "{" in name else [name])
    ]
