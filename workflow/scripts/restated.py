"""Rule restated: counts of sites, changes and spans of time that only the evaluation's prose states.

Counts of sites rest on the quantities that they count ("in three areas"); spans of time are leaves, made from the
dates of the config.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.ids import dims_of, identifier, shapes
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.ledger.trail import rows_by_id
from dscp.run.job import writing
from dscp.study.areas import PERIODS, analysed, arms_of
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

Shapes = Mapping[str, list[str]]  # pattern of an id -> ids
Declared = tuple[str, str, str, dict[str, list[str]], str]


def declared(rows: Mapping[str, Mapping], leaves: Iterable[str], sites: Mapping[str, dict]) -> Iterator[Declared]:
    """Every restated quantity of a study as (id, unit, formula, name -> input ids, source).

    What rests on a quantity that the study does not have, for want of an extract, is left out.

    Parameters
    ----------
    rows : id -> row of the ledger, of the other rules' quantities
    leaves : ids of constants and settings
    sites : the config's sites
    """
    of, known = shapes(rows), {*rows, *leaves}
    every = (
        _sites(of, sites),
        _significance(rows, sites),
        _additional(of, rows),
        _changes(of, rows, sites),
        _money(of, rows),
    )
    for found in (*every, _careers()):
        for one in found:
            if any(one[3].values()) and all(name in known for names in one[3].values() for name in names):
                yield one


def _groups(sites: Mapping[str, dict], key: str) -> dict[str, list[str]]:
    """Group -> its analysed sites, for "kind" or "continuity"."""
    groups: dict[str, list[str]] = {}
    for name, site in analysed(sites).items():
        if key in site:
            groups.setdefault(site[key], []).append(name)
    return groups


def _sites(of: Shapes, sites: Mapping[str, dict]) -> Iterator[Declared]:
    """How many sites there are, are analysed and are of each kind (sections 1.1, 1.3.2, 6)."""
    yield "restated.sites", "count", "len(part)", {"part": of.get("cost.{site}.total", [])}, "Section 1.1"
    tested = {"part": of.get("effective_treatment.did.{site}", [])}
    yield "restated.sites_analysed", "count", "len(part)", tested, "Section 1.3.2"
    for key in ("kind", "continuity"):
        for group, members in _groups(sites, key).items():
            part = {"part": [f"effective_treatment.did.{site}" for site in members]}
            name = identifier(f"restated.sites_of_{key}.{{kind}}", kind=group)
            yield name, "count", "len(part)", part, "Section 6"


def _significance(known: Container[str], sites: Mapping[str, dict]) -> Iterator[Declared]:
    """In how many sites of a group a measure rose, fell or was not significant (chapters 3 and 6)."""
    for measure, key in GROUPED.items():
        for group, members in _groups(sites, key).items():
            tested = [site for site in members if f"{measure}.p.{site}" in known]
            lists = {
                "did": [f"{measure}.did.{site}" for site in tested],
                "p": [f"{measure}.p.{site}" for site in tested],
                "change": [f"{measure}.change.{arms_of(site)['pilot']}" for site in tested],
                "level": [SIGNIFICANT],
            }
            for name, formula in COUNTED.items() if tested else ():
                used = {one: ids for one, ids in lists.items() if one in formula}
                made = identifier(f"restated.{measure}.{{kind}}.{name}", kind=group)
                yield made, "count", formula, used, "Chapters 3 and 6"


def _additional(of: Shapes, rows: Mapping[str, Mapping]) -> Iterator[Declared]:
    """In how many sites there are more clients, or benefits, than expected (sections 7.4.1, 7.5)."""
    clients: dict[str, list[str]] = {"effective_treatment": [], "completions": []}
    for name in of.get("additional.{outcome}.{site}", []):
        clients[dims_of(rows[name])["outcome"]].append(name)
    above, source = "sum(x > 0 for x in part)", "Section 7.4.1"
    for name, ids in clients.items():
        yield f"restated.additional.{name}.sites_above_zero", "count", above, {"part": ids}, source
    both = "sum(x < 0 and y < 0 for x, y in zip(effective_treatment, completions))"
    yield "restated.additional.sites_below_zero_in_both", "count", both, clients, source
    totals = {"part": of.get("benefit.total.{site}", [])}
    yield "restated.benefit.sites_above_zero", "count", above, totals, "Section 7.5"


def _changes(of: Shapes, rows: Mapping[str, Mapping], sites: Iterable[str]) -> Iterator[Declared]:
    """By how many clients an outcome changed, where the prose speaks of numbers (sections 3.4.1, 7.4.1)."""
    places = [("effective_treatment", "all_pilots"), ("successful_completion", "all_pilots")]
    triaged = (dims_of(rows[name]) for name in of.get("community_triage.count.{area}.{period}", []))
    pilots = {arms_of(site)["pilot"] for site in sites}
    places += [
        ("community_triage", one["area"]) for one in triaged if one["area"] in pilots and one["period"] == "post"
    ]
    for measure, place in places:
        ends = {period: [f"{measure}.count.{place}.{period}"] for period in PERIODS}
        yield (
            identifier(f"restated.count_change.{measure}.{{area}}", area=place),
            "count",
            "post - pre",
            ends,
            "Sections 3.4.1 and 7.4.1",
        )


def _money(of: Shapes, rows: Mapping[str, Mapping]) -> Iterator[Declared]:
    """Shares and spans of the funding and the series of new journeys (sections 7.1, 7.2)."""
    years = sorted(of.get("budget.total_funding.{year}", []))
    for name, total in zip(("first", "last"), (years[0], years[-1]) if years else (), strict=False):
        ends = {"local": [identifier("budget.local_funding.{year}", **dims_of(rows[total]))], "total": [total]}
        yield f"restated.local_funding_share.{name}", "percent", "100 * local / total", ends, "Section 7.1.1"
    spent = of.get("spending.{category}.{year}", [])
    yearly = [name for name in spent if dims_of(rows[name])["category"] == "start_up"]
    yield "restated.capital_years", "count", "sum(x > 0 for x in part)", {"part": yearly}, "Section 7.1.2"
    months = _of_the_first(of.get("new_journeys_monthly.{area}.{month}", []), "area", rows)
    yield "restated.window_years", "years", "len(part) / 12", {"part": months}, "Section 7.2.1"
    years = _of_the_first(of.get("new_journeys.index.{site}.{year}", []), "site", rows)
    yield "restated.fiscal_years", "count", "len(part)", {"part": years}, "Section 7.2.2"


def _of_the_first(names: Sequence[str], dim: str, rows: Mapping[str, Mapping]) -> list[str]:
    """Those of some quantities that are of the same site or area as the first."""
    return [name for name in names if dims_of(rows[name])[dim] == dims_of(rows[names[0]])[dim]]


def _careers() -> Iterator[Declared]:
    """What the model of misuse careers implies (Appendix C5, C6)."""
    parts = {"career": ["constant.career_years"]}
    parts |= {name: [f"setting.economics.{name}_years"] for name in ("treatment", "recovery")}
    yield "restated.career_before_treatment", "years", "career - treatment - recovery", parts, "Appendix C5"
    kept = {"kept": ["constant.decay_retained"]}
    yield "restated.decay_rate", "percent", "100 * (1 - kept)", kept, "Appendix C6"
    left = {"harm": ["unit_value.harm_in_treatment"], **kept, "years": ["setting.economics.recovery_years"]}
    yield "restated.harm_left_after_recovery_years", "gbp", "harm * kept ** years", left, "Appendix C6"


def restated(ledger: pd.DataFrame, leaves: Mapping[str, float], sites: Mapping[str, dict]) -> list[pd.DataFrame]:
    """Ledger rows of all restated quantities, computed by the formulas that they declare.

    Parameters
    ----------
    ledger : the other rules' quantities
    leaves : id -> value of constants and settings
    sites : the config's sites
    """
    rows, common = rows_by_id(ledger), {"rule": RULE, "function": "restated"}
    known = {name: row["value"] for name, row in rows.items()} | leaves
    return [
        derive(ONE, known, id=name, unit=unit, formula=formula, inputs=inputs, source=source, **common)
        for name, unit, formula, inputs, source in declared(rows, leaves, sites)
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
        months, triage = (whole_months(*periods[period][name]) for name in ("outcomes", "triage_quarters"))
        rows += [
            ("periods.{period}.outcomes.months", period, months, "months of a period of treatment outcomes"),
            ("periods.{period}.triage.months", period, triage, "months of a period of triages"),
            ("periods.{period}.triage.quarters", period, triage / QUARTER, "quarters of a period of triages"),
        ]
    years, left_out = (
        whole_months(programme["start"], end) for end in (programme["end"], periods["post"]["outcomes"][0])
    )
    before = whole_months(f"{window[0]}-01", programme["start"])
    rows += [
        ("programme.years", "", years / 12, "years of the programme"),
        ("programme.months_left_out", "", left_out, "first months of the programme, which are left out"),
        ("window.months_before", "", before, "months before the programme in figures by month"),
    ]
    frame = pd.DataFrame(rows, columns=["pattern", "period", "value", "what"])
    frame["pattern"] = "setting." + frame["pattern"]
    common = {"rule": RULE, "function": "spans", "source": "config.yaml", "filter": "{what}"}
    return quantities(frame, id="@pattern", value="value", unit="count", **common)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given, parts = snakemake.params, read_ledger(*snakemake.input.parts)
        known = pd.read_csv(snakemake.input.constants).set_index("name")["value"].add_prefix("constant.").to_dict()
        known |= {f"setting.{name}": value for name, value in given.settings.items()}
        leaves = spans(given.periods, given.programme, given.window)
        write_ledger([leaves, *restated(parts, known, given.sites)], out.ledger)
