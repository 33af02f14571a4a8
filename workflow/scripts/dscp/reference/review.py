"""Clients of a partnership, rebuilt from the counts that a published review prints.

A client of the year is still in treatment on its last day, came back after completing, completed and stayed away, or
left without completing. What the print gives is kept exactly, what it leaves open is a declared assumption or drawn.
All dates are whole days since 1970.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dscp.reference.draws import NEVER, days, years_before

STILL, RETURNED, COMPLETED, LEFT = "still", "returned", "completed", "left"
YEAR_DAYS = 365.25
# Years in treatment: the printed row, its lower end and its width; the first has no row.
BANDS = {"under_1": (0, 1), "1_to_2": (1, 1), "2_to_4": (2, 2), "4_to_6": (4, 2), "6_and_over": (6, 2)}
HEROIN, OTHER_OPIATE, CRACK = "1011", "1105", "3201"
OTHERS = ("5001", "3200", "3101")  # cannabis, cocaine, amphetamines
DONE, DROPPED = "80", "10"  # exit reasons
JUSTICE, SELF = "5", "1"  # referral sources
MONTHS = [name.lower() for name in (*calendar.month_name[4:], *calendar.month_name[1:4])]
AGES = {"under_30": (20, 30), "30_to_39": (30, 40), "40_and_over": (40, 64)}

Printed, Assumed = Mapping[str, int | float], Mapping[str, int]


def month_days(start: int, number: int) -> tuple[int, int]:
    """First and last day of a month of the year, the first month being 0."""
    months = np.datetime64(start, "D").astype("datetime64[M]") + number
    return int(months.astype("datetime64[D]").astype(int)), int((months + 1).astype("datetime64[D]").astype(int)) - 1


def courses(rng: np.random.Generator, printed: Printed, assumed: Assumed, year: Mapping) -> pd.DataFrame:
    """One row per client of the year: status, start, end, completed (day, NEVER for none) and `first_start`.

    `start` and `end` are of the latest journey; who came back has an earlier one, from `first_start` to `completed`.
    """
    first, last = days(year["start"]), days(year["end"])
    returned = _pairs(rng, printed, first)
    stayed = _completers(rng, printed, assumed, first)
    still = _still(printed, assumed, returned, last)
    in_treatment = int(printed["data_report_text/in_treatment/in_treatment"])
    left = in_treatment - assumed["still"] - len(stayed)
    new = int(printed["data_report_text/new_journeys/new_journeys"]) - assumed["new_completed"]
    new -= sum(one["start"] >= first for one in (*still, *returned))
    leavers = [_leaver(rng, first, last, began=number < new) for number in range(left)]
    return pd.DataFrame([*still, *returned, *stayed, *leavers]).astype({"justice": bool})


def _pairs(rng: np.random.Generator, printed: Printed, first: int) -> list[dict]:
    """Those who completed and came back, from the triangle of months."""
    found = []
    for number, month in enumerate(MONTHS):
        for back, other in enumerate(MONTHS):
            for _ in range(int(printed.get(f"figure_12/{month}/re_presented_{other}", 0))):
                done, again = month_days(first, number)[0] + 5, month_days(first, back)[1] - 5
                began = done - int(rng.integers(200, 600))
                found.append(
                    {"status": RETURNED, "first_start": began, "completed": done, "start": again, "end": NEVER}
                )
    return [one | {"justice": False} for one in found]


def _completers(rng: np.random.Generator, printed: Printed, assumed: Assumed, first: int) -> list[dict]:
    """Those who completed and did not come back; of the later ones some began in the year."""
    months = [
        number
        for number, month in enumerate(MONTHS)
        for _ in range(int(printed[f"figure_12/{month}/not_re_presented"]))
    ]
    found = []
    for place, number in enumerate(months):
        end = int(rng.integers(*month_days(first, number), endpoint=True))
        began = len(months) - place <= assumed["new_completed"]
        start = int(rng.integers(first, end - 20)) if began else first - int(rng.integers(1, 900))
        found.append({"status": COMPLETED, "start": start, "end": end, "completed": end})
    return [one | {"justice": False, "first_start": NEVER} for one in found]


def _still(printed: Printed, assumed: Assumed, returned: Sequence[Mapping], last: int) -> list[dict]:
    """Those who are in treatment after the last day, by years in treatment, with the printed means.

    Their starts are spread evenly over the lower part of each band, as much of it as the mean asks for.
    """
    every = {
        band: round(assumed["still"] * printed[f"figure_6/{band}_years_pct/local"] / 100)
        for band in BANDS
        if band != "under_1"
    }
    every["under_1"] = assumed["still"] - sum(every.values())
    justice = {band: assumed.get(f"still_justice_{band}", 0) for band in BANDS}
    back = [last - one["start"] for one in returned]  # days; the first of them are of criminal justice
    few = assumed["justice_returned"]
    wanted = {
        True: printed["figure_6/cj_mean_years/local"] * assumed["still_justice"],
        False: printed["figure_6/mean_years/local"] * assumed["still"]
        - printed["figure_6/cj_mean_years/local"] * assumed["still_justice"],
    }
    found = []
    for of_justice, known in ((True, back[:few]), (False, back[few:])):
        counts = {band: justice[band] if of_justice else every[band] - justice[band] for band in BANDS}
        counts["under_1"] -= len(known)
        starts = _spread(counts, wanted[of_justice] * YEAR_DAYS - sum(known), last)
        found += [{"status": STILL, "start": start, "justice": of_justice} for start in starts]
    return [one | {"end": NEVER, "completed": NEVER, "first_start": NEVER} for one in found]


def _spread(counts: Mapping[str, int], total: float, last: int) -> list[int]:
    """Starts whose days until the last one add up to nearly a total.

    Raises
    ------
    ValueError
        Clients at the lower ends of their bands are in treatment for too long already, or at the upper ends too short.
    """
    low, high = 0.0, 1.0
    for _ in range(50):
        part = (low + high) / 2
        starts = _at(counts, part, last)
        low, high = (part, high) if sum(last - start for start in starts) < total else (low, part)
    if not 0.01 < part < 0.99:
        raise ValueError(
            f"no starts within the bands make a mean of {total / sum(counts.values()) / YEAR_DAYS:.1f} years"
        )
    return starts


def _at(counts: Mapping[str, int], part: float, last: int) -> list[int]:
    """Starts spread evenly over the lower part of each band."""
    found = []
    for band, (years, width) in BANDS.items():
        at = int(years_before(np.array([last]), years)[0])
        places = (np.arange(counts[band]) + 0.5) / max(counts[band], 1)
        found += [at - round(place * part * width * (YEAR_DAYS - 1)) for place in places]
    return found


def _leaver(rng: np.random.Generator, first: int, last: int, began: bool) -> dict:
    """Somebody who left without completing; `began` in the year."""
    end = int(rng.integers(first + 30, last, endpoint=True))
    start = int(rng.integers(first, end)) if began else first - int(rng.integers(1, 1000))
    return {"status": LEFT, "start": start, "end": end, "completed": NEVER, "first_start": NEVER, "justice": False}


def with_people(
    rng: np.random.Generator, of: pd.DataFrame, printed: Printed, assumed: Assumed, first: int
) -> pd.DataFrame:
    """The clients with sex, age, drugs, ethnic group and whether criminal justice referred them."""
    found = of.copy()
    n = len(found)
    _choose(rng, found, "justice", (RETURNED,), assumed["justice_returned"])
    _choose(rng, found, "justice", (COMPLETED,), assumed["justice_completed"] - assumed["justice_returned"])
    _choose(rng, found, "justice", (LEFT,), assumed["justice"] - int(found["justice"].sum()))
    found["sex"] = _shuffled(rng, {"M": int(printed["data_report_text/male/male"])}, "F", n)
    found["ethnicity"] = _shuffled(rng, {"A": assumed["white_british"]}, "C", n)
    found["opiate"] = False
    back = assumed["opiate_returned"]
    _choose(rng, found, "opiate", (RETURNED,), back)
    _choose(rng, found, "opiate", (COMPLETED,), assumed["opiate_completed"] - back)
    opiates = int(printed["data_report_text/opiate_in_treatment/opiate_in_treatment"])
    _choose(rng, found, "opiate", (STILL, LEFT), opiates - assumed["opiate_completed"])
    found[["drug_1", "drug_2"]] = _drugs(rng, found["opiate"].to_numpy(), printed)
    found["born"] = _born(rng, found["start"].to_numpy(), assumed, first)
    return found


def _choose(rng: np.random.Generator, found: pd.DataFrame, column: str, status: Sequence[str], number: int) -> None:
    """Mark so many of the clients of some statuses; for those who came back, the first ones."""
    rows = np.flatnonzero(found["status"].isin(status) & ~found[column])
    chosen = rows[:number] if status == (RETURNED,) else rng.choice(rows, number, replace=False)
    found.loc[found.index[chosen], column] = True


def _shuffled(rng: np.random.Generator, counts: Mapping[str, int], rest: str, n: int) -> np.ndarray:
    codes = np.full(n, rest, dtype=object)
    start = 0
    for code, number in counts.items():
        codes[start : start + number] = code
        start += number
    return rng.permutation(codes)


def _drugs(rng: np.random.Generator, opiate: np.ndarray, printed: Printed) -> np.ndarray:
    """First and second drug: as many with heroin, other opiates and crack first, and with both, as are printed."""
    text = {name: int(printed[f"data_report_text/{name}/{name}"]) for name in (
        "heroin_primary", "heroin_with_crack", "other_opiates", "crack_primary", "crack_with_heroin")}  # fmt: skip
    opiates = int(opiate.sum())
    second = opiates - text["heroin_primary"] - text["other_opiates"] - text["crack_with_heroin"]
    pairs = [(HEROIN, CRACK)] * text["heroin_with_crack"]
    pairs += [(HEROIN, "")] * (text["heroin_primary"] - text["heroin_with_crack"])
    pairs += [(OTHER_OPIATE, "")] * text["other_opiates"] + [(CRACK, HEROIN)] * text["crack_with_heroin"]
    pairs += [(OTHERS[number % len(OTHERS)], HEROIN) for number in range(second)]
    others = len(opiate) - opiates
    crack = text["crack_primary"] - text["crack_with_heroin"]
    rest = [(CRACK, "")] * crack
    rest += [(OTHERS[number % len(OTHERS)], "7000" if number % 2 else "") for number in range(others - crack)]
    found = np.empty((len(opiate), 2), dtype=object)
    found[opiate] = np.array(pairs, dtype=object)[rng.permutation(len(pairs))]
    found[~opiate] = np.array(rest, dtype=object)[rng.permutation(len(rest))]
    return found


def _born(rng: np.random.Generator, start: np.ndarray, assumed: Assumed, first: int) -> np.ndarray:
    """Days of birth; the young ones are among those who have not been in treatment since they were minors."""
    n = len(start)
    band = np.full(n, "40_and_over", dtype=object)
    young = rng.choice(np.flatnonzero(start > first - 700), assumed["under_30"], replace=False)
    band[young] = "under_30"
    rest = np.flatnonzero(band != "under_30")
    band[rng.choice(rest, assumed["30_to_39"], replace=False)] = "30_to_39"
    low, high = (np.array([AGES[one][end] for one in band]) for end in (0, 1))
    ages = rng.integers(low, high)
    at = np.maximum(start, first)
    born = np.array([int(years_before(np.array([one]), int(age))[0]) for one, age in zip(at, ages, strict=True)])
    return born - rng.integers(1, 360, n)


def of_the_year_before(
    rng: np.random.Generator, year: pd.DataFrame, printed: Printed, assumed: Assumed, config: Mapping
) -> pd.DataFrame:
    """Clients of the year before alone, so many that effective treatment has grown as printed; the rest is assumed.

    Parameters
    ----------
    year : from `with_people`
    config : year, baseline and definitions of the study
    """
    first, last = (days(config["baseline"][end]) for end in ("start", "end"))
    effective = config["definitions"]["effective_days"]
    began = np.where(year["status"] == RETURNED, year["first_start"], year["start"])
    carried = began <= last - effective
    stayed = year["end"].clip(upper=days(config["year"]["end"])) - year["start"]
    lasting = (stayed >= effective) | (year["status"] == COMPLETED)
    opiate = []
    for name, of in (("opiate", year["opiate"]), ("non_opiate", ~year["opiate"])):
        grown = printed[f"domes/effective_treatment_growth_{name}_pct/local"]
        wanted = round(int(lasting[of].sum()) / (1 + grown / 100)) - int(carried[of].sum())
        opiate += [name == "opiate"] * wanted
    rows = _before(rng, len(opiate), assumed, first, last)
    rows["opiate"] = [*rng.permutation(opiate), *rng.choice(opiate, assumed["left_early"])]
    like = [rng.choice(np.flatnonzero(year["opiate"] == one)) for one in rows["opiate"]]
    same = year.iloc[like].reset_index(drop=True)
    n, at = len(rows), np.maximum(rows["start"], first).to_numpy()
    ages = rng.integers(25, 60, n)
    born = np.array([int(years_before(np.array([one]), int(age))[0]) for one, age in zip(at, ages, strict=True)])
    columns = ["sex", "ethnicity", "drug_1", "drug_2", "justice"]
    return rows.assign(**same[columns], born=born - rng.integers(1, 360, n))


def _before(rng: np.random.Generator, effective: int, assumed: Assumed, first: int, last: int) -> pd.DataFrame:
    """Courses of clients of the year before: so many in effective treatment, then those who left early."""
    rows = []
    for number in range(effective + assumed["left_early"]):
        end = int(rng.integers(first + 100, last, endpoint=True))
        one = {"status": LEFT, "start": end - int(rng.integers(120, 900)), "end": end, "completed": NEVER}
        if number < assumed["returned_before"]:
            gone = first + int(rng.integers(20, 100))
            one |= {"status": RETURNED, "first_start": gone - 300, "completed": gone}
            one |= {"start": gone + 60, "end": last - 10}
        elif number < assumed["completed_before"]:
            one |= {"status": COMPLETED, "completed": end}
        elif number >= effective:
            one |= {"start": max(end - int(rng.integers(5, 80)), first)}
        rows.append({"first_start": NEVER} | one)
    return pd.DataFrame(rows)
