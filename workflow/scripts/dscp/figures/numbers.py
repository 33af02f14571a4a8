"""Numbers of a study's figures, without anything that is slow to import: the workflow asks for them at every start."""

from __future__ import annotations

from collections.abc import Mapping

PROGRAMME = "evaluated_programme"  # value of `only` in figures.yaml


def evaluated(config: Mapping) -> bool:
    """Whether the study is of the programme that some facts and cited constants are about."""
    return config["programme"]["short_name"] == "DSCP"


def wanted(declaration: Mapping, config: Mapping) -> bool:
    """Whether a study has a declared figure."""
    return declaration.get("only") != PROGRAMME or evaluated(config)


def numbers(declared: Mapping[str, Mapping], config: Mapping) -> list[str]:
    """Numbers of all figures that are drawn; `{i}` in a name counts the analysed sites."""
    sites = [site for site in config["sites"].values() if site.get("analysed", True)]
    names = [name for name, declaration in declared.items() if wanted(declaration, config)]
    return [
        number
        for name in names
        for number in ([name.format(i=i + 1) for i in range(len(sites))] if "{" in name else [name])
    ]
