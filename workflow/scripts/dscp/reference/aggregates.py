"""The aggregate reference extracts: triage quarters, new journeys, spending, budgets, fieldwork and activity."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linprog

SITES = [f"site_{number}" for number in range(1, 8)]
HALF = 0.05  # half a unit of the last printed decimal of a percentage
QUARTERS = 5


def fieldwork(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables 1.1 and 1.2 as one row per stage, site and group."""
    parts = [tables[table].assign(stage=stage) for table, stage in (("1.1", "stage_2"), ("1.2", "stage_3"))]
    rows = pd.concat(parts)
    rows = rows[(rows["row"] != "total") & (rows["column"] != "total")]
    site = rows["row"].str.replace("pilot", "site")
    return pd.DataFrame(
        {"stage": rows["stage"], "site": site, "group": rows["column"], "encounters": rows["value"].astype(int)}
    )


def pilot_activity(table: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Table 1.3, the items of a cell separated by "; ".

    Parameters
    ----------
    table : row (site), column, printed
    items : column, item: the phrases that the printed cells are made of
    """
    known = items.groupby("column")["item"].agg(list)
    cells = table.assign(
        items=[split_items(cell, known[column]) for cell, column in zip(table["printed"], table["column"], strict=True)]
    )
    wide = cells.pivot(index="row", columns="column", values="items").rename_axis("site").reset_index()
    return wide[["site", *dict.fromkeys(table["column"])]]


def split_items(cell: str, known: Sequence[str]) -> str:
    """Separate the items that a printed cell runs together.

    Raises
    ------
    ValueError : where the cell is not made of known items alone
    """
    longest_first = sorted(known, key=len, reverse=True)
    found = re.findall("|".join(re.escape(item) for item in longest_first), cell)
    if " ".join(found) != cell:
        raise ValueError(f"not made of known items: {cell!r}")
    return "; ".join(found)


def whole(shares: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in proportion to shares that add up to total (largest remainders)."""
    exact = shares / shares.sum() * total
    floor = np.floor(exact).astype(int)
    floor[np.argsort(floor - exact, kind="stable")[: total - floor.sum()]] += 1
    return floor


def triage_quarters(
    rng: np.random.Generator,
    counts: Mapping[tuple[str, str], tuple[int, int]],
    areas: pd.DataFrame,
    windows: Mapping[str, tuple[str, str]],
) -> pd.DataFrame:
    """Quarterly referrals and triages whose five-quarter sums are the given ones; other areas and quarters are made up.

    Parameters
    ----------
    counts : (area, period) -> base, count
    areas : area, dats (lists)
    windows : period -> first and last day of its quarters
    """
    quarters = {name: pd.date_range(first, periods=QUARTERS, freq="3MS") for name, (first, _) in windows.items()}
    spare = pd.date_range(quarters["pre"][-1], quarters["post"][-1] + pd.DateOffset(months=6), freq="3MS")
    outside = spare.difference([*quarters["pre"], *quarters["post"]])
    rows = []
    for area in areas.itertuples():
        for period, starts in quarters.items():
            base, count = counts.get((area.area, period), rng.integers((150, 80), (500, 150)))
            rows += _quarter_rows(rng, area.dats, starts, int(base), int(count))
        rows += _quarter_rows(rng, area.dats, outside, 45 * len(outside), 21 * len(outside))
    found = pd.DataFrame(rows, columns=["quarter_start", "dat", "referrals", "triaged_within_6_weeks"])
    return found.sort_values(["quarter_start", "dat"], ignore_index=True)


def _quarter_rows(rng, dats: Sequence[str], starts: pd.DatetimeIndex, base: int, count: int) -> list[tuple]:
    keys = [(start.date().isoformat(), dat) for start in starts for dat in dats]
    referrals = whole(rng.uniform(0.8, 1.2, len(keys)), base)
    triaged = whole(referrals * 1.0, count)
    return [(*key, *pair) for key, *pair in zip(keys, referrals.tolist(), triaged.tolist(), strict=True)]


# -- new journeys (Table 7.4)


def new_journeys_yearly(table: pd.DataFrame, years: Sequence[str], total: int) -> pd.DataFrame:
    """Whole numbers of journeys started, retained and completed that give every index and percentage of Table 7.4.

    Parameters
    ----------
    table : row, column, value
    years : the four fiscal years, "2007-08" first
    total : journeys started in the first year by all sites, at least about; the table does not tell

    Notes
    -----
    The sizes of the sites follow from the all-sites rows: a linear programme finds sizes for which the pooled figures
    come out nearest to print, a search near each size finds whole numbers, and the whole is enlarged until all rows
    print right.
    """
    values = table.pivot(index="row", columns="column", values="value").astype(float)
    names = [f"y{year[2:].replace('-', '_')}" for year in years]
    cells = {site: values.loc[[f"{site}_{name}" for name in names]] for site in SITES}
    sizes = _site_sizes(cells, values)
    for number in range(total, 2 * total, 100):
        rows = [
            (site, *row)
            for site, size in zip(SITES, sizes * number, strict=True)
            for row in zip(years, *_whole_journeys(cells[site], round(size)), strict=True)
        ]
        columns = ["site", "fiscal_year", "started", "retained_12_weeks", "completed_under_12_weeks"]
        found = pd.DataFrame(rows, columns=columns)
        if _pooled_as_printed(found, years, values):
            return found
    raise ValueError("no size of the sites gives the printed figures of all sites")


def _pooled_as_printed(found: pd.DataFrame, years: Sequence[str], values: pd.DataFrame) -> bool:
    """Whether the two all-sites rows come out at their printed decimal."""
    columns = ["started", "retained_12_weeks", "completed_under_12_weeks"]
    sums = found.groupby("fiscal_year")[columns].sum().loc[list(years)].to_numpy()
    pooled = np.array([sums[:2].sum(axis=0), sums[2:].sum(axis=0)])
    started, retained, completed = pooled.T
    figures = 100 * np.column_stack(
        [started / started[0], retained / started, completed / started, (retained + completed) / started]
    )
    printed = values.loc[["all_sites_years_1_2", "all_sites_years_3_4"], ["journeys_index", *SHARES]]
    return bool((np.abs(figures - printed.to_numpy()) < HALF - 1e-6).all())


SHARES = ["pct_retained_gt12wk", "pct_completed_lt12wk", "pct_effective"]


def _site_sizes(cells: Mapping[str, pd.DataFrame], values: pd.DataFrame) -> np.ndarray:
    """Each site's share of the journeys started in the first year, at least 4 % each."""
    index = np.array([cells[site]["journeys_index"] for site in SITES]) / 100
    before, during = index[:, :2].sum(axis=1), index[:, 2:].sum(axis=1)
    misses = [100 * during - values.loc["all_sites_years_3_4", "journeys_index"] * before]
    for row, years in (("all_sites_years_1_2", slice(0, 2)), ("all_sites_years_3_4", slice(2, 4))):
        for share in SHARES:
            site = np.array([cells[name][share] for name in SITES])
            misses.append((index[:, years] * (site[:, years] - values.loc[row, share])).sum(axis=1))
    bounds = np.array([[*(sign * miss), -1] for miss in misses for sign in (1, -1)])
    found = linprog([0] * 7 + [1], A_ub=bounds, b_ub=np.zeros(len(bounds)), A_eq=[[1] * 7 + [0]], b_eq=[1],
                    bounds=[(0.04, 1)] * 7 + [(0, None)])  # fmt: skip
    return found.x[:7]


def _whole_journeys(printed: pd.DataFrame, size: int) -> tuple[list[int], list[int], list[int]]:
    """Started, retained and completed of four years, from the first-year number nearest to size that allows all."""
    rows = printed.to_dict("records")
    for away in range(size):
        for first in (size + away, size - away):
            years = [_one_year(row, first) for row in rows]
            if all(years):
                return tuple(zip(*years, strict=True))
    raise ValueError("no whole numbers give the printed percentages")


def _one_year(row: Mapping[str, float], first: int) -> tuple[int, int, int] | None:
    """The numbers nearest to the printed index and percentages, or None where none print so."""
    best, least = None, np.inf
    for started in _numbers(row["journeys_index"], first):
        for retained in _numbers(row["pct_retained_gt12wk"], started):
            for completed in _numbers(row["pct_completed_lt12wk"], started):
                pairs = zip((retained, completed, retained + completed), (row[share] for share in SHARES), strict=True)
                away = [abs(100 * number / started - value) for number, value in pairs]
                if away[2] < HALF - 1e-6 and sum(away) < least:
                    best, least = (started, retained, completed), sum(away)
    return best


def _numbers(percent: float, of: int) -> range:
    """Whole numbers that print as percent of a number, one decimal."""
    low, high = (percent - HALF + 1e-6) * of / 100, (percent + HALF - 1e-6) * of / 100
    return range(int(np.ceil(low)), int(np.floor(high)) + 1)


SEASON = np.array([1.22, 1.16, 1.08, 0.97, 0.95, 0.94, 0.94, 0.93, 0.82, 0.98, 1.04, 1.16])  # April first
MONTHLY_NOISE = 0.05


def new_journeys_monthly(
    rng: np.random.Generator, yearly: pd.DataFrame, sizes: Mapping[tuple[str, str], int], window: tuple[str, str]
) -> pd.DataFrame:
    """Illustrative monthly numbers: buoyant early and late in the fiscal year and flatter in between (report 7.2.1).

    Parameters
    ----------
    yearly : new journeys by site and fiscal year; a pilot's months add up to them
    sizes : (area, period) -> clients in treatment; a comparison area's years are its pilot's, scaled by size
    window : first and last month, "2008-04"
    """
    months = pd.date_range(f"{window[0]}-01", f"{window[1]}-01", freq="MS")
    started = yearly.set_index(["site", "fiscal_year"])["started"]
    rows = []
    for area in dict.fromkeys(area for area, _ in sizes):
        pilot = area.replace("comparison", "pilot")
        for first in months[::12]:
            period = "pre" if first == months[0] else "post"
            number = started[pilot.replace("pilot", "site"), f"{first.year}-{(first.year + 1) % 100:02d}"]
            scaled = round(number * sizes[area, period] / sizes[pilot, period])
            shares = whole(SEASON * rng.uniform(1 - MONTHLY_NOISE, 1 + MONTHLY_NOISE, 12), scaled)
            year = pd.date_range(first, periods=12, freq="MS").strftime("%Y-%m-%d")
            rows += [(area, *pair) for pair in zip(year, shares.tolist(), strict=True)]
    return pd.DataFrame(rows, columns=["area", "month", "new_journeys"])


# -- spending (Tables 7.1 to 7.3 and 7.10)


def pilot_spending(
    rng: np.random.Generator, tables: Mapping[str, pd.DataFrame], text: pd.Series, years: Sequence[str]
) -> pd.DataFrame:
    """Ledger lines in whole pounds that add up to Tables 7.1-7.3, to the site costs of Table 7.10 and to the prose.

    Parameters
    ----------
    tables : "7.1", "7.2", "7.3", "7.10"
    text : figures of the prose: y1_min, y1_max (recurrent spending of a site in year one), y2_min, y2_max (year two)
    years : the two fiscal years of spending
    """
    totals = tables["7.1"].set_index(["row", "column"])["value"].astype(float).astype(int)
    columns = ["y" + year.replace("-", "_") for year in years]
    costs, recurrent = _site_costs(tables["7.10"], text, totals, columns)
    spent = {year: _split(recurrent[year], totals["pay", year], rng) for year in columns}
    rows = [
        (site, years[0], "start_up", "start_up", gbp)
        for site, gbp in zip(SITES, costs - recurrent[columns[0]], strict=True)
    ]
    for category, table in (("pay", "7.2"), ("non_pay", "7.3")):
        lines = tables[table][(tables[table]["column"] == "both_years") & ~tables[table]["row"].str.startswith("total")]
        items = lines.set_index("row")["value"].astype(int)
        places = [(site, year) for year in years for site in SITES]
        amounts = _allot(rng, items, np.concatenate([spent[column][category] for column in columns]))
        rows += [
            (*place, category, item, gbp)
            for item, line in amounts.items()
            for place, gbp in zip(places, line, strict=True)
        ]
    found = pd.DataFrame(rows, columns=["site", "fiscal_year", "category", "item", "amount_gbp"])
    return found[found["amount_gbp"] > 0].reset_index(drop=True)  # items in the order of the tables


def _site_costs(
    table: pd.DataFrame, text: pd.Series, totals: pd.Series, columns: Sequence[str]
) -> tuple[np.ndarray, dict]:
    """All spending of year one, and recurrent spending of both years, by site, in pounds."""
    cell = table.set_index(["row", "column"])["value"]
    thousands = [np.array([int(float(cell[f"cost_year_{year}", site])) for site in SITES]) for year in (1, 2)]
    costs = [_near(1000 * known, totals["total", column]) for known, column in zip(thousands, columns, strict=True)]
    second = _pinned(
        costs[1], {thousands[1].argmin(): text["y2_min"], thousands[1].argmax(): text["y2_max"]}, thousands[1]
    )
    smallest, largest = thousands[0].argmin(), thousands[0].argmax()
    first = np.minimum(costs[0], text["y1_max"])
    first[smallest], first[largest] = text["y1_min"], text["y1_max"]
    free = np.setdiff1d(np.arange(7), [smallest, largest])
    first[free] -= whole(first[free] * 1.0, first.sum() - (totals["pay", columns[0]] + totals["non_pay", columns[0]]))
    return costs[0], {columns[0]: first, columns[1]: second}


def _near(amounts: np.ndarray, total: int) -> np.ndarray:
    """Amounts moved evenly, in whole pounds, so that they add up to total."""
    short = total - amounts.sum()
    return amounts + np.sign(short) * whole(np.ones(len(amounts)), abs(short))


def _pinned(amounts: np.ndarray, pins: Mapping[int, int], thousands: np.ndarray) -> np.ndarray:
    """Amounts with some fixed and the others moved evenly, so that the sum stays."""
    fixed = list(pins)
    moved, free = 1000 * thousands, np.setdiff1d(np.arange(len(amounts)), fixed)
    moved[fixed] = list(pins.values())
    moved[free] = _near(moved[free], amounts.sum() - moved[fixed].sum())
    return moved


def _split(recurrent: np.ndarray, pay: int, rng) -> dict[str, np.ndarray]:
    """Pay and non-pay of each site, pay adding up to the year's total."""
    share = pay / recurrent.sum()
    spread = rng.uniform(-0.12, 0.12, len(recurrent))
    spread -= (spread * recurrent).sum() / recurrent.sum()
    part = whole(recurrent * (share + spread), pay)
    return {"pay": part, "non_pay": recurrent - part}


SMALL_ITEM = 30_000  # an item up to so many pounds stands at few sites
RAKING_ROUNDS = 400


def _allot(rng, items: pd.Series, places: np.ndarray) -> dict[str, np.ndarray]:
    """Whole pounds by item and place that add up to both: raking, the largest item taking what rounding leaves."""
    seed = rng.lognormal(0.0, 0.6, (len(items), len(places)))
    for line, total in enumerate(items):
        if total < SMALL_ITEM:
            few = rng.choice(len(places), 1 + total // 6_000, replace=False)
            seed[line, np.setdiff1d(np.arange(len(places)), few)] = 0
    for _ in range(RAKING_ROUNDS):
        seed *= (items.to_numpy() / seed.sum(axis=1))[:, None]
        seed *= places / seed.sum(axis=0)
    amounts = {item: whole(line, total) for (item, total), line in zip(items.items(), seed, strict=True)}
    largest = items.idxmax()
    amounts[largest] = places - sum(line for item, line in amounts.items() if item != largest)
    return amounts


# -- budgets (Tables C.7.1 and C.7.2)


def treatment_budgets(table: pd.DataFrame) -> pd.DataFrame:
    """Table C.7.1 as one row per fiscal year."""
    wide = table.pivot(index="row", columns="column", values="value").astype(float).astype(int).reset_index()
    year = wide["row"].str[1:].str.replace("_", "-")
    return pd.DataFrame(
        {
            "fiscal_year": year,
            "adult_pooled_gbp_m": wide["adult_pooled_treatment_budget"],
            "local_gbp_m": wide["local_funding"],
            "adults_in_effective_treatment": wide["adults_in_effective_treatment"],
        }
    )


def budget_shares(table: pd.DataFrame, total: int) -> pd.DataFrame:
    """Amounts by site and head that give every share of Table C.7.2, those of all sites together included.

    Parameters
    ----------
    table : row (head), column (site or all), value
    total : pounds of all sites together, about; the table does not tell

    Notes
    -----
    A linear programme over the amounts keeps every share within half a unit of its last decimal, as far inside as it
    can.
    """
    printed = table[table["row"] != "total"].astype({"value": float})
    shares = printed.pivot(index="row", columns="column", values="value").loc[list(dict.fromkeys(printed["row"]))]
    own, pooled = shares[SITES].to_numpy(), shares["all"].to_numpy()
    heads, sites = own.shape
    # amounts as shares of everything, head by head, and the room left inside the bounds
    site_sum, head_sum = np.tile(np.eye(sites), heads), np.repeat(np.eye(heads), sites, axis=1)
    cell, at = np.eye(heads * sites), np.tile(np.arange(sites), heads)
    upper = 100 * cell - (own.ravel() + HALF)[:, None] * site_sum[at]
    lower = (own.ravel() - HALF)[:, None] * site_sum[at] - 100 * cell
    bounds = np.vstack([upper, lower, 100 * head_sum, -100 * head_sum])
    room = np.concatenate([np.full(2 * heads * sites, SITE_ROOM), np.ones(2 * heads)])
    limits = np.concatenate([np.zeros(2 * heads * sites), pooled + HALF, HALF - pooled])
    unknowns = heads * sites  # and the room, to be made as large as possible
    found = linprog([0] * unknowns + [-1], A_ub=np.column_stack([bounds, room]), b_ub=limits,
                    A_eq=[[1] * unknowns + [0]], b_eq=[1], bounds=[(0, None)] * (unknowns + 1))  # fmt: skip
    amounts = np.rint(found.x[:-1] * total).astype(int).reshape(heads, sites)
    rows = [(site, head, amounts[i, j]) for j, site in enumerate(SITES) for i, head in enumerate(shares.index)]
    return pd.DataFrame(rows, columns=["site", "head", "amount_gbp"])


SITE_ROOM = 0.02  # room inside a site's own share, as part of the room inside the pooled shares, for an average site
