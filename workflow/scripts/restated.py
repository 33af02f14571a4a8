"""Rule restated: counts of sites, changes and spans of time that only the evaluation's prose states.

Counts of sites rest on the quantities that they count ("in three areas"); spans of time are leaves, made from the
dates of the config.
"""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.run.job import writing
from dscp.study.areas import PERIODS, analysed
from dscp.study.days import whole_months

RULE = "restated"
QUARTER = 3  # months
SIGNIFICANT = "setting.models.significance"
# Of the sites of a group: name -> formula over the lists did, p, change (of the pilot area).
COUNTED = {
    "significant_rise": "sum(d > 0 and q < level for d, q in zip(did, p))",
    "significant_fall": "sum(d < 0 and q < level for d, q in zip(did, p))",
    "not_significant": "sum(q >= level for q in p)",
    "pilots_rose": "sum(c > 0 for c in change)",
    "pilots_fell": "sum(c < 0 for c in change)",
}
# Which measure is spoken of for which groups of sites (the key of the config that makes the groups).
GROUPED = {"prison_pickup": "continuity", "effective_treatment": "kind", "successful_completion": "kind"}

Declared = tuple[str, str, str, dict[str, list[str]], str]


def declared(ids: Iterable[str], sites: Mapping[str, dict]) -> Iterator[Declared]:
    """Every restated quantity of a study as (id, unit, formula, name -> input ids, source).

    What rests on a quantity that the study does not have, for want of an extract, is left out.

    Parameters
    ----------
    ids : ids of the other rules' quantities, of constants and settings
    sites : the config's sites
    """
    known = dict.fromkeys(ids)
    every = (_sites(known, sites), _significance(known, sites), _additional(known), _changes(known), _money(known))
    for found in (*every, _careers()):
        for one in found:
            if any(one[3].values()) and all(name in known for names in one[3].values() for name in names):
                yield one


def _like(known: Iterable[str], start: str, end: str = "") -> list[str]:
    return [one for one in known if one.startswith(start) and one.endswith(end)]


def _groups(sites: Mapping[str, dict], key: str) -> dict[str, list[str]]:
    """Group -> its analysed sites, for "kind" or "continuity"."""
    groups: dict[str, list[str]] = {}
    for name, site in analysed(sites).items():
        if key in site:
            groups.setdefault(site[key], []).append(name)
    return groups


def _sites(known: Iterable[str], sites: Mapping[str, dict]) -> Iterator[Declared]:
    """How many sites there are, are analysed and are of each kind (sections 1.1, 1.3.2, 6)."""
    yield "restated.sites", "count", "len(part)", {"part": _like(known, "cost.site_", ".total")}, "Section 1.1"
    tested = {"part": _like(known, "effective_treatment.did.")}
    yield "restated.sites_analysed", "count", "len(part)", tested, "Section 1.3.2"
    for key in ("kind", "continuity"):
        for group, members in _groups(sites, key).items():
            part = {"part": [f"effective_treatment.did.{site}" for site in members]}
            yield f"restated.sites_of_{key}.{group}", "count", "len(part)", part, "Section 6"


def _significance(known: Mapping[str, None], sites: Mapping[str, dict]) -> Iterator[Declared]:
    """In how many sites of a group a measure rose, fell or was not significant (chapters 3 and 6)."""
    for measure, key in GROUPED.items():
        for group, members in _groups(sites, key).items():
            tested = [site for site in members if f"{measure}.p.{site}" in known]
            lists = {
                "did": [f"{measure}.did.{site}" for site in tested],
                "p": [f"{measure}.p.{site}" for site in tested],
                "change": [f"{measure}.change.pilot_{site.removeprefix('site_')}" for site in tested],
                "level": [SIGNIFICANT],
            }
            for name, formula in COUNTED.items() if tested else ():
                used = {one: ids for one, ids in lists.items() if one in formula}
                yield f"restated.{measure}.{group}.{name}", "count", formula, used, "Chapters 3 and 6"


def _additional(known: Iterable[str]) -> Iterator[Declared]:
    """In how many sites there are more clients, or benefits, than expected (sections 7.4.1, 7.5)."""
    clients = {name: _like(known, f"additional.{name}.") for name in ("effective_treatment", "completions")}
    above, source = "sum(x > 0 for x in part)", "Section 7.4.1"
    for name, ids in clients.items():
        yield f"restated.additional.{name}.sites_above_zero", "count", above, {"part": ids}, source
    both = "sum(x < 0 and y < 0 for x, y in zip(effective_treatment, completions))"
    yield "restated.additional.sites_below_zero_in_both", "count", both, clients, source
    totals = {"part": _like(known, "benefit.total.")}
    yield "restated.benefit.sites_above_zero", "count", above, totals, "Section 7.5"


def _changes(known: Iterable[str]) -> Iterator[Declared]:
    """By how many clients an outcome changed, where the prose speaks of numbers (sections 3.4.1, 7.4.1)."""
    places = [("effective_treatment", "all_pilots"), ("successful_completion", "all_pilots")]
    triaged = _like(known, "community_triage.count.pilot_", ".post")
    places += [("community_triage", one.split(".")[2]) for one in triaged]
    for measure, place in places:
        ends = {period: [f"{measure}.count.{place}.{period}"] for period in PERIODS}
        yield f"restated.count_change.{measure}.{place}", "count", "post - pre", ends, "Sections 3.4.1 and 7.4.1"


def _money(known: Iterable[str]) -> Iterator[Declared]:
    """Shares and spans of the funding and the series of new journeys (sections 7.1, 7.2)."""
    years = sorted(_like(known, "budget.total_funding."))
    for name, total in zip(("first", "last"), (years[0], years[-1]) if years else (), strict=False):
        ends = {"local": [total.replace("total_funding", "local_funding")], "total": [total]}
        yield f"restated.local_funding_share.{name}", "percent", "100 * local / total", ends, "Section 7.1.1"
    yearly = _like(known, "spending.start_up.y")
    yield "restated.capital_years", "count", "sum(x > 0 for x in part)", {"part": yearly}, "Section 7.1.2"
    first = next(iter(_like(known, "new_journeys_monthly.")), "").rpartition(".")[0]
    months = {"part": _like(known, f"{first}.")} if first else {}
    if months:
        yield "restated.window_years", "years", "len(part) / 12", months, "Section 7.2.1"
    site = next(iter(_like(known, "new_journeys.index.site_")), "").rpartition(".")[0]
    if site:
        yield "restated.fiscal_years", "count", "len(part)", {"part": _like(known, f"{site}.")}, "Section 7.2.2"


def _careers() -> Iterator[Declared]:
    """What the model of misuse careers implies (Appendix C5, C6)."""
    parts = {"career": ["constant.career_years"]}
    parts |= {name: [f"setting.economics.{name}_years"] for name in ("treatment", "recovery")}
    yield "restated.career_before_treatment", "years", "career - treatment - recovery", parts, "Appendix C5"
    kept = {"kept": ["constant.decay_retained"]}
    yield "restated.decay_rate", "percent", "100 * (1 - kept)", kept, "Appendix C6"
    left = {"harm": ["unit_value.harm_in_treatment"], **kept, "years": ["setting.economics.recovery_years"]}
    yield "restated.harm_left_after_recovery_years", "gbp", "harm * kept ** years", left, "Appendix C6"


def restated(values: Mapping[str, float], sites: Mapping[str, dict]) -> list[pd.DataFrame]:
    """Ledger rows of all restated quantities, computed by the formulas that they declare.

    Parameters
    ----------
    values : id -> value of the other rules' quantities, of constants and settings
    sites : the config's sites
    """
    known, common = dict(values), {"rule": RULE, "function": "restated"}
    return [
        derive(ONE, known, id=name, unit=unit, formula=formula, inputs=inputs, source=source, **common)
        for name, unit, formula, inputs, source in declared(values, sites)
        if all(inputs.values())
    ]


def spans(periods: Mapping[str, dict], programme: Mapping[str, str], window: list[str]) -> pd.DataFrame:
    """Leaves for the spans of time that the config's dates make: id, value, unit.

    Parameters
    ----------
    periods, programme : as in the config
    window : first and last month of the series of new journeys, "2008-04"
    """
    rows = []
    for period in PERIODS:
        rows.append((f"periods.{period}.outcomes.months", whole_months(*periods[period]["outcomes"])))
        triage = whole_months(*periods[period]["triage_quarters"])
        rows += [(f"periods.{period}.triage.months", triage), (f"periods.{period}.triage.quarters", triage / QUARTER)]
    rows.append(("programme.years", whole_months(programme["start"], programme["end"]) / 12))
    rows.append(("programme.months_left_out", whole_months(programme["start"], periods["post"]["outcomes"][0])))
    rows.append(("window.months_before", whole_months(f"{window[0]}-01", programme["start"])))
    frame = pd.DataFrame(rows, columns=["name", "value"])
    common = {"rule": RULE, "function": "spans", "source": "config.yaml"}
    return quantities(frame, id="setting.{name}", value="value", unit="count", **common)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        known = read_ledger(*snakemake.input.parts).set_index("id")["value"].to_dict()
        known |= pd.read_csv(snakemake.input.constants).set_index("name")["value"].add_prefix("constant.").to_dict()
        known |= {f"setting.{name}": value for name, value in snakemake.params.settings.items()}
        leaves = spans(snakemake.params.periods, snakemake.params.programme, snakemake.params.window)
        write_ledger([leaves, *restated(known, snakemake.params.sites)], out.ledger)
