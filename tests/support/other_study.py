"""Another study on generated extracts: four sites (one area has two DATs), two other periods, other labels.

The extracts are drawn at random and know nothing of the evaluation: what the workflow makes of them is compared with
slow independent derivations.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from dscp.extracts.registry import samples

FOLDER = "extracts"
SITES = {
    "site_1": ("North", "whole_system", "integrated_system", ["N1", "N2"], ["NC1"]),
    "site_2": ("South", "criminal_justice", "independent_case_manager", ["S1"], ["SC1"]),
    "site_3": ("East", "criminal_justice", "embedded_provision", ["E1"], ["EC1", "EC2"]),
    "site_4": ("West", "whole_system", None, ["W1"], ["WC1"]),
}
PERIODS = {
    "pre": {"label": "2012-13", "outcomes": ["2012-01-01", "2013-06-30"], "referrals": ["2012-01-01", "2013-05-19"]},
    "post": {"label": "2014-15", "outcomes": ["2014-01-01", "2015-06-30"], "referrals": ["2014-01-01", "2015-05-19"]},
}
QUARTERS = {"pre": ["2012-03-01", "2013-05-31"], "post": ["2014-03-01", "2015-05-31"]}
YEARS = {"before": ["2011-12", "2012-13"], "during": ["2013-14", "2014-15"]}
SIZE = 6000  # journeys
OWN = {  # how an extract is written that has names and days of its own: a workbook, below two lines of titles
    "triage_quarters": {
        "files": f"{FOLDER}/triage.xlsx",
        "columns": {"quarter_start": "Quarter beginning", "dat": "Partnership"},
        "values": {"dat": {"Northern": "N1"}},
        "dates": {"quarter_start": "DD.MM.YYYY"},
        "skip": 2,
        "source": "Returns of the health board, as of 4 May 2016",
    }
}
MONTHS = ["2012-04", "2015-03"]
SURVEY = "Survey of the health board (2014), Table 2"
TEXTS = {
    "structure": "The boards met 11 times.\n\n# One board\n\nIt had *two* chairs:\n\n- 1 from <b>care</b>\n- 1 more\n",
    "fieldwork": "We spoke to 23 people, see [our notes](https://example.org).\n",
    "recommendations": "# Keep what works\n\nKeep 3 of the 4 boards.\n",
    "acknowledgements": "We thank the 4 sites.\n",
}
FRONT = {"authors": ["A. Author", "The Board of Other Pilots"], "date": "2016-05-04", "version": "2.1"}
OWN_VALUES = {
    "unit_values": {
        name: {"value": value, "price_year": "2012-13", "source": SURVEY}
        for name, value in {
            "harm_untreated": 30_000, "harm_untreated_crime": 26_000, "harm_untreated_health": 4_000,
            "harm_in_treatment_crime": 12_000, "harm_in_treatment_health": 3_000, "harm_in_recovery": 0,
            "treatment_cost": 2_800,
        }.items()
    },
    "prices": {"year": "2014-15", "index": {"2012-13": 96.5, "2014-15": 100}, "source": "Deflator of the Treasury"},
}  # fmt: skip


def other_config(default: dict) -> dict:
    """The config of the other study, made from the default one."""
    sites = {}
    for name, (label, kind, continuity, pilot, comparison) in SITES.items():
        site = {"label": f"{label} site", "kind": kind, "continuity": continuity}
        for arm, dats in (("pilot", pilot), ("comparison", comparison)):
            site[arm] = {"label": f"{label} {arm}", "dats": dats}
            if continuity in ("integrated_system", "independent_case_manager"):
                site[arm]["prisons"] = [f"HM{dats[0]}"]
        sites[name] = {key: value for key, value in site.items() if value is not None}
    periods = {
        name: {**period, "pickups_until": period["outcomes"][1], "triage_quarters": QUARTERS[name]}
        for name, period in PERIODS.items()
    }
    economics = {
        **default["economics"],
        "method": "corrected",
        "worked_example": "site_4",
        "spending_years": YEARS["during"],
        "journey_years": YEARS,
        "monthly_window": MONTHS,
    }
    programme = {"name": "Other Pilots", "short_name": "OP", "start": "2013-07-01", "end": "2015-06-30"}
    kept = {key: default[key] for key in ("definitions", "codes", "models", "measures")}
    return {
        **kept,
        "run": "other-2012-15",
        "disclosure": "none",
        "title": "Evaluation of the Other Pilots",
        "programme": programme,
        "periods": periods,
        "change_label": "'13-'15",
        "sites": sites,
        "economics": economics,
        "extracts": {name: f"{FOLDER}/{name}.csv" for name in default["extracts"]},
    }


def write_study(folder: Path, default: dict, seed: int = 7, *, share: float = 1.0, **changes: object) -> dict:
    """Write config.yaml and the twelve extracts of the other study into a folder; return the config.

    `share` of the clients and referrals are drawn; `changes` are keys of the config with other values.
    """
    config = other_config(default)
    config |= {"chapters": TEXTS, "front": FRONT}
    config = {**config, "extracts": config["extracts"] | OWN, "economics": config["economics"] | OWN_VALUES, **changes}
    (folder / FOLDER).mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    for name, frame in extracts(config, np.random.default_rng(seed), share).items():
        if config["extracts"].get(name) == OWN.get(name, ""):
            in_their_own_way(frame).to_excel(folder / OWN[name]["files"], index=False, startrow=OWN[name]["skip"])
        else:
            frame.to_csv(folder / FOLDER / f"{name}.csv", index=False)
    return config


def in_their_own_way(quarters: pd.DataFrame) -> pd.DataFrame:
    """The quarterly counts as OWN says."""
    of = OWN["triage_quarters"]
    named = {ours: theirs for theirs, ours in of["values"]["dat"].items()}
    days = pd.to_datetime(quarters["quarter_start"]).dt.strftime("%d.%m.%Y")
    return quarters.replace({"dat": named}).assign(quarter_start=days).rename(columns=of["columns"])


def extracts(config: dict, rng: np.random.Generator, share: float = 1.0) -> dict[str, pd.DataFrame]:
    """Draw all extracts of a config."""
    return samples(config, rng, int(SIZE * share), config["extracts"])
