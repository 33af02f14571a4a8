"""Every extract that can be read: the modules of extracts/catalogue, each of which declares one."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from dscp.extracts import catalogue
from dscp.extracts.types import About, ExtractType, Sample

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def declared() -> dict[str, ExtractType]:
    """Name -> declaration, in the order of the names.

    Raises
    ------
    ValueError
        A module whose declaration has another name, or a link to an extract or column that is not declared.
    """
    modules = [
        import_module(f"{catalogue.__name__}.{found.name}") for found in pkgutil.iter_modules(catalogue.__path__)
    ]
    known = {module.EXTRACT.name: module.EXTRACT for module in modules}
    for module in modules:
        if module.__name__.rpartition(".")[2] != module.EXTRACT.name:
            raise ValueError(f"{module.__name__}: declares {module.EXTRACT.name}, allowed: the name of its file")
    for extract in known.values():
        if extract.makes and extract.makes not in known:
            raise ValueError(f"extract {extract.name}: there is no {extract.makes} to make of it")
        for link in extract.links:
            if link.to not in known or link.to_column not in {column.name for column in known[link.to].columns}:
                raise ValueError(f"extract {extract.name}: there is no {link.to}.{link.to_column} to link to")
    return known


READ = declared()  # all that a study can be given
EXTRACTS = {name: extract for name, extract in READ.items() if not extract.makes}  # what its numbers are computed from
MADE_FROM = {extract.makes: name for name, extract in READ.items() if extract.makes}
OF_PEOPLE = [name for name, extract in READ.items() if extract.about is About.PEOPLE]  # or numbers of them


def called(extract: str, column: str = "") -> str:
    """An extract, or columns of it ("drug_1, sex"), in words and with a capital; what is not declared has its name."""
    declared = READ.get(extract)
    if column:
        says = {one.name: one.says for one in declared.columns} if declared else {}
        words = " and ".join(says.get(name, name) for name in column.split(", "))
    else:
        words = declared.says if declared else extract
    return words[:1].upper() + words[1:]


def samples(
    config: Mapping, rng: np.random.Generator, size: int, names: Iterable[str] = EXTRACTS
) -> dict[str, pd.DataFrame]:
    """Draw made-up extracts for a study: what another one links to is drawn before it.

    Parameters
    ----------
    config : the study
    rng : source of the random numbers
    size : about how many journeys
    names : of the extracts wanted
    """
    of = Sample(config, rng, size, drawn={})

    def draw(name: str) -> None:
        if name not in of.drawn:
            for link in READ[name].links:
                draw(link.to)
            of.drawn[name] = READ[name].sample(of)

    wanted = list(names)
    for name in wanted:
        draw(name)
    return {name: of.drawn[name] for name in wanted}
