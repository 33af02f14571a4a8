"""Rule partnership: the clients of a partnership in a year, what became of them, and how its peers fare.

The profile, Tables P.1 to P.3, P.5, P.7 and P.9. A client counts once in each partnership and year, by the latest
journey; who is in treatment in several partnerships counts once in each. All counts go through the disclosure policy.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from dscp.ledger.dispersion import FEWEST
from dscp.ledger.formulas import derive, summed
from dscp.ledger.rows import numbers, quantities, values_of, write_ledger
from dscp.measures.clients_of_year import clients_of_year, places
from dscp.measures.indicators import SETTINGS, Indicator, answered, cohort, indicators
from dscp.run.job import writing
from dscp.study.partnerships import SPANS

RULE, SOURCE = "partnership", "Appendix B2"
PEERS = "peers"  # all peers together, as an area
WHERE = ".{area}.{period}"
OF_PEERS = f".{PEERS}.{{period}}"
FAR = 3  # standard deviations
LIMITS = {"near": 2, "far": FAR}  # of a funnel
HELD = "held"  # completed, and not back
CONFIDENCE = "setting.models.confidence"


def counted(clients: pd.DataFrame, every: Sequence[Indicator], config: Mapping) -> pd.DataFrame:
    """How many clients each indicator counts: name, area, period, span, count.

    Parameters
    ----------
    clients : from `clients_of_year`
    config : the study
    """
    names = [one.name for one in every]
    sums = clients.groupby(["area", "period"])[names].sum().reset_index()
    found = sums.melt(["area", "period"], names, "name", "count")
    cells = pd.DataFrame({"name": names}).merge(places(config), how="cross")
    return cells.merge(found, how="left").fillna({"count": 0}).astype({"count": int})


def partnership(counts: pd.DataFrame, every: Sequence[Indicator], config: Mapping) -> list[pd.DataFrame]:
    """Ledger rows of a partnership and its peers.

    Parameters
    ----------
    counts : from `counted`
    config : the study
    """
    values = dict(numbers({"models": config["models"]}))
    told = {"source": SOURCE, "rule": RULE, "function": "partnership"}
    known = {one.name: one for one in every}
    rows, shares = [], []
    for name, cells in counts.groupby("name", sort=False):
        one = known[name]
        found = quantities(
            cells,
            id=f"partnership.count.{name}{WHERE}",
            value="count",
            rows="count",
            unit="count",
            extract="journeys",
            filter=f"clients of {{area}}, {{period}}, {one.words}",
            settings=f"{SETTINGS} {one.settings}",
            cohort=cohort(name, every),
            **told,
        )
        values |= values_of(found)
        rows += [found, *_of_peers(cells, found, name, values, told)]
        if one.rated:
            shares += _shares(cells, one, values, told)
            shares += usual(cells, one, values, told) if one.better else []
    if "followed" not in known:
        shares += _followed(counts, values, told)
    return [*rows, *shares, *_held(counts, known["returned"], values, told), *_growth(config, every, values, told)]


def _of_peers(cells: pd.DataFrame, rows: pd.DataFrame, name: str, values: dict, told: Mapping) -> list[pd.DataFrame]:
    """The sum over all peers; none where there is no peer."""
    others = cells["peer"].to_numpy()
    if not others.any():
        return []
    sums = summed(cells[others], rows[others], "period")
    return [
        derive(sums, values, id=f"partnership.count.{name}{OF_PEERS}", unit="count", formula="sum(part)",
               inputs={"part": "@parts"}, **told)
    ]  # fmt: skip


def _shares(cells: pd.DataFrame, one: Indicator, values: dict, told: Mapping) -> list[pd.DataFrame]:
    """The percentage of an indicator, with its interval; and how far the partnership's own is from its peers'."""
    ids = {"count": f"partnership.count.{one.name}{WHERE}", "base": f"partnership.count.{one.among}{WHERE}"}
    areas = with_peers(cells)
    found = [
        derive(areas, values, id=f"partnership.rate.{one.name}{WHERE}", unit="percent", formula="100 * count / base",
               inputs=ids, **told),
        *(
            derive(areas, values, id=f"partnership.{end}.{one.name}{WHERE}", unit="percent",
                   formula=f"100 * wilson_{end}(count, base, confidence)", inputs={**ids, "confidence": CONFIDENCE},
                   **told)
            for end in ("low", "high")
        ),
    ]  # fmt: skip
    if cells["peer"].any():
        own = cells[cells["own"]]
        rates = {"own": f"partnership.rate.{one.name}{WHERE}", "others": f"partnership.rate.{one.name}{OF_PEERS}"}
        found.append(
            derive(own, values, id=f"partnership.apart.{one.name}.{{period}}", unit="ppt", formula="own - others",
                   inputs=rates, **told)
        )  # fmt: skip
    return found


def usual(cells: pd.DataFrame, one: Indicator, values: dict, told: Mapping) -> list[pd.DataFrame]:
    """Between which limits the share of a partnership usually lies; none where there are too few to tell.

    Partnerships differ by more than chance: the limits allow for chance and for how far partnerships differ beside it.
    """
    areas = cells.loc[cells["period"] == "post", ["area"]]
    if len(areas) <= FEWEST:
        return []
    alone = pd.DataFrame([{}])
    lists = {
        "count": [f"partnership.count.{one.name}.{area}.post" for area in areas["area"]],
        "base": [f"partnership.count.{one.among}.{area}.post" for area in areas["area"]],
    }
    between = f"partnership.between.{one.name}"
    by_chance = {**lists, "between": between}
    named = {"expected": f"partnership.expected.{one.name}", "between": between,
             "base": f"partnership.count.{one.among}.{{area}}.post"}  # fmt: skip
    spread = "sqrt(expected * (100 - expected) / base + between)"
    own = cells.loc[cells["own"], "area"].iloc[0]
    rate, base = f"partnership.rate.{one.name}", f"partnership.count.{one.among}"
    differs = {"own": f"{rate}.{own}.post", "n": f"{base}.{own}.post", "others": f"{rate}.{PEERS}.post",
               "m": f"{base}.{PEERS}.post", "between": between, "confidence": CONFIDENCE}  # fmt: skip
    error = "sqrt(own * (100 - own) / n + others * (100 - others) / m + between)"
    ends = {"low": f"max(0, expected - {{times}} * {spread})", "high": f"min(100, expected + {{times}} * {spread})"}
    return [
        derive(alone, values, id=named["expected"], unit="percent", formula="100 * pooled_share(count, base)",
               inputs=lists, **told),
        derive(alone, values, id=f"partnership.dispersion.{one.name}", unit="ratio", formula="dispersion(count, base)",
               inputs=lists, **told),
        derive(alone, values, id=between, unit="ppt2", formula="10000 * between_areas(count, base)", inputs=lists,
               **told),
        derive(alone, values, id=f"partnership.outside_by_chance.{one.name}", unit="count",
               formula=f"number_outside(count, base, 0, {FAR})", inputs=lists, **told),
        derive(alone, values, id=f"partnership.outside.{one.name}", unit="count",
               formula=f"number_outside(count, base, between / 10000, {FAR})", inputs=by_chance, **told),
        *(
            derive(areas, values, id=f"partnership.usual_{end}_{name}.{one.name}.{{area}}", unit="percent",
                   formula=formula.format(times=times), inputs=named, **told)
            for name, times in LIMITS.items()
            for end, formula in ends.items()
        ),
        *(
            derive(alone, values, id=f"partnership.apart_{end}.{one.name}", unit="ppt",
                   formula=f"own - others {sign} normal_quantile((1 + confidence) / 2) * {error}", inputs=differs,
                   **told)
            for end, sign in (("low", "-"), ("high", "+"))
        ),
    ]  # fmt: skip


def with_peers(cells: pd.DataFrame) -> pd.DataFrame:
    """Areas and periods, those of all peers together behind them."""
    areas = cells[["area", "period"]]
    if not cells["peer"].any():
        return areas
    return pd.concat([areas, pd.DataFrame({"area": PEERS, "period": list(SPANS)})], ignore_index=True)


def _followed(counts: pd.DataFrame, values: dict, told: Mapping) -> list[pd.DataFrame]:
    """Where everybody who completed is followed: the same number under the name of those who are."""
    areas = with_peers(counts[counts["name"] == "completed"])
    return [
        derive(areas, values, id=f"partnership.count.followed{WHERE}", unit="count", formula="sum(part)",
               inputs={"part": f"partnership.count.completed{WHERE}"}, **told)
    ]  # fmt: skip


def _held(counts: pd.DataFrame, returned: Indicator, values: dict, told: Mapping) -> list[pd.DataFrame]:
    """Completions without re-presentation, and their share of all in treatment."""
    areas = with_peers(counts[counts["name"] == returned.name])
    number = derive(
        areas, values, id=f"partnership.count.{HELD}{WHERE}", unit="count", formula="completed - returned",
        inputs={"completed": f"partnership.count.{returned.among}{WHERE}",
                "returned": f"partnership.count.returned{WHERE}"}, **told,
    )  # fmt: skip
    share = derive(
        areas, values, id=f"partnership.rate.{HELD}{WHERE}", unit="percent", formula="100 * held / base",
        inputs={"held": f"partnership.count.{HELD}{WHERE}", "base": f"partnership.count.in_treatment{WHERE}"}, **told,
    )  # fmt: skip
    return [number, share]


def _growth(config: Mapping, every: Sequence[Indicator], values: dict, told: Mapping) -> list[pd.DataFrame]:
    """By how many per cent the partnership's own numbers grew from the baseline to the year."""
    own = config["partnership"]
    ids = {name: f"partnership.count.{name}.{own}" for name in (*(one.name for one in every), HELD)}
    return [
        derive(pd.DataFrame([{}]), values, id=f"partnership.growth.{name}", unit="percent",
               formula="100 * (year / baseline - 1)",
               inputs={"year": f"{found}.post", "baseline": f"{found}.pre"}, **told)
        for name, found in ids.items()
    ]  # fmt: skip


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        study = snakemake.params.study
        asked = indicators(study["re_presentation"], waits=True)
        clients = clients_of_year(snakemake.input.journeys, study, asked)
        every = answered(asked, clients)
        clients = clients.drop(columns=[one.name for one in asked if one not in every])
        clients.to_parquet(out.members, index=False)
        write_ledger(partnership(counted(clients, every, study), every, study), out.ledger)
