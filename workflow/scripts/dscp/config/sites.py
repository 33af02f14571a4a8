"""The sites of an evaluation: a config calls them by the user's own names, all that follows by their numbers.

`as_named` puts down what a config may leave unsaid; `numbered` gives each site its number, from which the names of
areas and the ids of quantities are made. A config that calls its sites site_1, site_2 keeps those names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dscp.config.impossible import Fault, as_read
from dscp.study.areas import ARMS

NUMBERED = re.compile(r"site_[1-9][0-9]*")
PLACES = ("dats", "prisons")


def alike(name: object) -> str:
    """A name whatever its letter case and the blanks around and in it."""
    return " ".join(str(name).split()).casefold()


def as_named(sites: Mapping[str, Mapping]) -> dict[str, dict]:
    """Sites under the config's names for them, each with a label, codes of places in capitals as extracts are read."""
    return {name: {"label": _label(name), **site, **_in_capitals(site)} for name, site in sites.items()}


def _label(name: str) -> str:
    """A site's name as it is printed: site_3 is Site 3."""
    return name.replace("_", " ").capitalize() if NUMBERED.fullmatch(name) else " ".join(name.split())


def _in_capitals(site: Mapping) -> dict[str, dict]:
    return {
        arm: {key: list(map(as_read, part)) if key in PLACES else part for key, part in site[arm].items()}
        for arm in ARMS
        if arm in site
    }


def numbers(sites: Mapping[str, Mapping]) -> dict[str, str]:
    """The config's name of each site -> the one that ids have: by its place in the config, if it says no other."""
    if all(map(NUMBERED.fullmatch, sites)):
        return {name: name for name in sites}
    return {name: f"site_{number}" for number, name in enumerate(sites, start=1)}


def numbered(study: Mapping) -> dict:
    """A study whose sites are called by their numbers, each area knowing where the config names it."""
    known, economics = numbers(study["sites"]), dict(study["economics"])
    sites = {known[name]: _knowing(name, site) for name, site in study["sites"].items()}
    if (example := economics.get("worked_example")) in known:
        economics["worked_example"] = known[example]
    return {**study, "sites": sites, "economics": economics}


def _knowing(name: str, site: Mapping) -> dict:
    if NUMBERED.fullmatch(name):
        return dict(site)
    places = {
        arm: {**site[arm], "named": f"sites.{name}.{arm}", "called": site[arm]["label"]} for arm in ARMS if arm in site
    }
    return {**site, **places, "called": name}


def unclear(sites: Mapping[str, Mapping]) -> Iterator[Fault]:
    """Names of sites that a reader, or an extract, could take for another's."""
    seen: dict[str, str] = {}
    for name in sites:
        if alike(name) in seen:
            yield ("sites", name), f"found the name of sites.{seen[alike(name)]}, allowed: a name of its own"
        elif not re.search(r"\w", name):
            yield ("sites", name), "found a name without a letter or digit, allowed: a name"
        elif NUMBERED.fullmatch(name) and not all(map(NUMBERED.fullmatch, sites)):
            yield ("sites", name), "found beside names, allowed: all sites by names, or all as site_1, site_2, ..."
        seen.setdefault(alike(name), name)
