"""The study's areas, sites and periods as frames, read from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dscp.study.days import day

if TYPE_CHECKING:
    import pandas as pd

ARMS = ("pilot", "comparison")
PERIODS = ("pre", "post")
PRISON_CONTINUITY = ("integrated_system", "independent_case_manager")  # models of continuity from prison to the CJIT
COMMUNITY_CONTINUITY = ("embedded_provision",)  # and from the CJIT to the community


def analysed(sites: Mapping[str, dict]) -> dict[str, dict]:
    """The sites that have a pilot and a comparison area, in the order of the config."""
    return {name: site for name, site in sites.items() if site.get("analysed", True)}


def number(site: str) -> str:
    """site_3 -> 3, as in pilot_3 and comparison_3."""
    return site.removeprefix("site_")


def arms_of(site: str) -> dict[str, str]:
    """The areas of a site: pilot -> pilot_3, comparison -> comparison_3."""
    return {arm: f"{arm}_{number(site)}" for arm in ARMS}


def has_prisons(site: Mapping) -> bool:
    """Whether a site of the config works by a model in which clients are picked up from prison."""
    return site.get("continuity") in PRISON_CONTINUITY


def has_embedded_provision(site: Mapping) -> bool:
    """Whether a site of the config works by a model in which clients are triaged in the community."""
    return site.get("continuity") in COMMUNITY_CONTINUITY


def sites_called(sites: Mapping[str, dict]) -> dict[str, str]:
    """site_1 -> what the config and the extracts call it: site_1, or a name of the user's own."""
    return {name: site.get("called", name) for name, site in sites.items()}


def areas_called(sites: Mapping[str, dict]) -> dict[str, str]:
    """pilot_1 -> what the extracts call it: pilot_1, or its label where the sites have names of the user's own."""
    return {area: here.get("called", area) for name, site in analysed(sites).items()
            for _, area, here in _areas_of(name, site)}  # fmt: skip


def site_label(sites: Mapping[str, dict], site: str) -> str:
    """A site's label; of one that the study leaves out its name in words, site_4 -> Site 4."""
    return sites[site]["label"] if site in sites else site.replace("_", " ").capitalize()


def areas(sites: Mapping[str, dict]) -> pd.DataFrame:
    """One row per area of an analysed site: site, arm, area, named, label, kind, continuity, dats, prisons (lists).

    `named` : where in the config. A site with DATs of its own is an area itself, of no arm.
    """
    import pandas as pd

    rows = [
        {
            "site": name,
            "arm": arm,
            "area": area,
            "named": here.get("named", f"sites.{name}.{arm}"),
            "label": here.get("label", ""),  # rules that print none are given none
            "kind": site.get("kind", ""),
            "continuity": site.get("continuity", ""),
            "dats": here["dats"],
            "prisons": here.get("prisons", []),
        }
        for name, site in analysed(sites).items()
        for arm, area, here in _areas_of(name, site)
    ]
    return pd.DataFrame(rows)


def _areas_of(name: str, site: Mapping) -> list[tuple[str, str, Mapping]]:
    """Arm and name of each area of a site, and what the config says of it."""
    if "dats" in site:
        return [("", name, site)]
    return [(arm, area, site[arm]) for arm, area in arms_of(name).items()]


def periods(config: Mapping[str, dict], window: str) -> pd.DataFrame:
    """One row per period: period, label, starts, ends (dates) of the named window, e.g. "outcomes"."""
    import pandas as pd

    rows = [
        {
            "period": name,
            "label": config[name].get("label", ""),
            "starts": day(config[name][window][0]),
            "ends": day(config[name][window][1]),
        }
        for name in PERIODS
    ]
    return pd.DataFrame(rows)


def value_at(config: Mapping, path: str) -> object:
    """What stands in the config at a path such as definitions.minimum_age.

    Raises
    ------
    KeyError
        There is nothing at that path.
    """
    here: object = config
    for key in path.split("."):
        if not isinstance(here, Mapping) or key not in here:
            raise KeyError(path)
        here = here[key]
    return here
