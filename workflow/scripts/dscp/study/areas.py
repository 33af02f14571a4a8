"""The study's areas, sites and periods as frames, read from its configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

ARMS = ("pilot", "comparison")
PERIODS = ("pre", "post")


def analysed(sites: Mapping[str, dict]) -> dict[str, dict]:
    """The sites that have a pilot and a comparison area, in the order of the config."""
    return {name: site for name, site in sites.items() if site.get("analysed", True)}


def number(site: str) -> str:
    """site_3 -> 3, as in pilot_3 and comparison_3."""
    return site.removeprefix("site_")


def site_label(sites: Mapping[str, dict], site: str) -> str:
    """A site's label; of one that the study leaves out its name in words, site_4 -> Site 4."""
    return sites[site]["label"] if site in sites else site.replace("_", " ").capitalize()


def areas(sites: Mapping[str, dict]) -> pd.DataFrame:
    """One row per area of an analysed site: site, arm, area, label, kind, continuity, dats, prisons (lists)."""
    rows = [
        {
            "site": name,
            "arm": arm,
            "area": f"{arm}_{number(name)}",
            "label": site[arm]["label"],
            "kind": site["kind"],
            "continuity": site.get("continuity", ""),
            "dats": site[arm]["dats"],
            "prisons": site[arm].get("prisons", []),
        }
        for name, site in analysed(sites).items()
        for arm in ARMS
    ]
    return pd.DataFrame(rows)


def periods(config: Mapping[str, dict], window: str) -> pd.DataFrame:
    """One row per period: period, label, starts, ends (dates) of the named window, e.g. "outcomes"."""
    rows = [
        {
            "period": name,
            "label": config[name]["label"],
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


def day(value: str | dt.date) -> dt.date:
    """A date of the config, whichever way the YAML reader gave it."""
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def months_touched(first: dt.date, last: dt.date) -> int:
    """The number of calendar months from one day to another, both included."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def whole_months(first: str | dt.date, last: str | dt.date) -> int:
    """Months from a first to a last day, both included: 18 from 1 October 2007 to 31 March 2009."""
    after = day(last) + dt.timedelta(days=1)
    return 12 * (after.year - day(first).year) + after.month - day(first).month


def year_key(fiscal_year: str) -> str:
    """2009-10 -> y2009_10, as in the ids."""
    return "y" + fiscal_year.replace("-", "_")
