"""Three exports as offices send them, those of docs/first-study: `python tests/support/messy_exports.py FOLDER`.

Workbooks with titles above the header, names of their own, days in the British way, words for codes, letters of either
case and blank rows. The clients are invented: other_study draws them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from dscp.config.checked import plain
from dscp.extracts.registry import samples
from other_study import other_config

PROJECT = Path(__file__).parents[2]
SITES = ("site_1", "site_4")
JOURNEYS = 800
NORTH = {
    "client": "Client Ref", "dat": "Partnership", "journey": "Episode", "journey_start": "Start date",
    "journey_end": "End date", "exit_reason": "Discharge reason", "date_of_birth": "DOB", "sex": "Gender",
    "ethnicity": "Ethnic group", "drug_1": "Main drug", "drug_2": "Second drug", "drug_3": "Third drug",
    "age_first_use": "Age of first use", "referral_source": "Source of referral", "dip_flag": "DIP client",
    "previously_treated": "Treated before", "dual_diagnosis": "Dual diagnosis",
}  # fmt: skip
WEST = NORTH | {"client": "Pseudonym", "dat": "DAT of residence", "journey_start": "Treatment start",
                "journey_end": "Treatment end", "date_of_birth": "Date of birth", "sex": "Sex"}  # fmt: skip
TRIAGE = {"quarter_start": "Quarter beginning", "dat": "Area", "referrals": "Referrals",
          "triaged_within_6_weeks": "Triaged within 6 weeks"}  # fmt: skip
NAMES = ("Treatment North.xlsx", "Treatment West.xlsx", "Quarterly returns.xlsx")


def study(default: dict) -> dict:
    """The config that the exports are drawn for."""
    config = other_config(default)
    sites = {name: config["sites"][name] for name in SITES}
    return {**config, "sites": {f"site_{number}": site for number, site in enumerate(sites.values(), start=1)}}


def exports(default: dict) -> dict[str, pd.DataFrame]:
    """Name of each file -> its rows as texts."""
    drawn = samples(study(default), np.random.default_rng(3), JOURNEYS, ["journeys", "triage_quarters"])
    journeys, quarters = drawn["journeys"], drawn["triage_quarters"]
    north = journeys["dat"].str.startswith("N")
    return dict(zip(NAMES, (
        written(journeys[north], NORTH, "%d/%m/%Y"), written(journeys[~north], WEST, "%d %b %Y"),
        written(quarters, TRIAGE, "%d/%m/%Y"),
    ), strict=True))  # fmt: skip


def written(rows: pd.DataFrame, names: dict[str, str], form: str) -> pd.DataFrame:
    """Rows as an office writes them: every tenth row is blank, every third code of an area in small letters."""
    rows = rows.reset_index(drop=True)
    days = {name: pd.to_datetime(rows[name]).dt.strftime(form) for name in rows if "date" in name or name in DAYS}
    small = rows["dat"].where(rows.index % 3 > 0, rows["dat"].str.lower())
    words = {"sex": rows["sex"].map({"M": "Male", "F": "Female"})} if "sex" in rows else {}
    return rows.assign(**days, **words, dat=small).rename(columns=names)


DAYS = ("journey_start", "journey_end", "quarter_start")


def write(folder: Path) -> None:
    """Write the three workbooks."""
    import openpyxl

    folder.mkdir(parents=True, exist_ok=True)
    default = plain(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8")))
    for name, rows in exports(default).items():
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append([name.removesuffix(".xlsx")])
        sheet.append(["Run on 4 May 2016", "", "Official - sensitive"])
        sheet.append([])
        sheet.append(list(rows.columns))
        for number, row in enumerate(rows.astype(object).where(rows.notna(), None).to_numpy().tolist()):
            if number % 10 == 9:
                sheet.append([])
            sheet.append(row)
        book.save(folder / name)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
