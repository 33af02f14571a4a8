"""Rule varied: every difference in differences again, with one definition changed at a time.

Report Appendix B2, Table B.5. Two counts of the same clients by definitions that differ a little tell who lies between
them: they are made only where there is no disclosure policy.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from dscp.ledger.formulas import ONE, derive
from dscp.ledger.ids import dims_of
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.measures import derivations, of_referrals
from dscp.measures.counting import everywhere
from dscp.measures.derivations import COURSE, journeys_within
from dscp.measures.records import lists_of_codes
from dscp.measures.registry import MEASURES
from dscp.measures.types import AMONG, Measure
from dscp.run.job import writing
from dscp.study.areas import ARMS, PERIODS, arms_of, periods

RULE = "varied"
SOURCE = "Appendix B2"
DAYS = ("effective_days", "pickup_days")  # definitions that are a number of days
COMPLETED = "completed_exit_reasons"
COUNTS = "select area, period, count(*) as base, count(*) filter (where outcome) as count from {} group by all"
MEAN = "varied.mean.{measure}.{setting}.{choice}"
DID = "varied.did.{measure}.{setting}.{choice}.{site}"
CELLS = [(arm, period) for arm in ARMS for period in PERIODS]
SIGNS = [-1, 1, 1, -1]  # of these cells in a difference in differences
NOBODY = "not computed: nobody is counted in one of the four cells"
OVER_ALL = {
    "tried": ("count", "len(changed)"),
    "turned": ("count", "sum(one * other < 0 for one, other in zip(changed, did))"),
    "farthest": ("ppt", "max(abs(one - other) for one, other in zip(changed, did))"),
}
AS_DEFINED = {"setting": "as_defined", "choice": "now"}
LAST_DAY = {"setting": "pickups_until", "choice": "none"}
Values = MutableMapping[str, float]
Cells = Mapping[tuple[str, str], tuple[int, int]]  # (area, period) -> base, count


@dataclass(frozen=True, eq=False)
class Variant:
    """One definition that is changed: its path in the config, what it becomes, and the definitions and codes then."""

    path: str
    choice: str
    definitions: Mapping
    codes: Mapping

    @property
    def setting(self) -> str:
        """Its name in ids."""
        return self.path.rpartition(".")[2]

    def shapes(self, measure: Measure) -> bool:
        """Whether a measure rests on this definition."""
        return self.path in f"{measure.settings} {measure.cohort.settings}".split()


def varied(
    extracts: Mapping[str, str],
    study: Mapping,
    measures: Sequence[Measure],
    days: int,
    known: Mapping[str, float],
) -> list[pd.DataFrame]:
    """Ledger rows of the differences with one definition changed, of how far each moves them, and of turned signs.

    Parameters
    ----------
    extracts : paths of the validated extracts that the measures read (Parquet)
    study : of the config: sites, periods, definitions, codes; and bands, lower bounds of the bands of length of use
    measures : in the order of the ledger
    days : how many days more and fewer are tried
    known : id -> value of the differences in differences as defined
    """
    values, parts = dict(known), []
    every = list(variants(study["definitions"], study["codes"], days))
    found = {**of_journeys_by(every, extracts, study, measures), **of_referrals_by(every, extracts, study, measures)}
    for measure in measures:
        sites = [site for site in study["sites"] if f"{measure.name}.did.{site}" in known]
        own = [one for one in every if one.shapes(measure) and sites]
        if own:
            cells = {one: in_cells(measure, measures, found[one]) for one in own}
            parts += told_of(measure, cells, sites, values)
    return [*parts, *over_all(parts, values)]


def variants(definitions: Mapping, codes: Mapping, days: int) -> Iterator[Variant]:
    """Every other choice of each definition, days more and fewer, and each run of codes of completion left out."""
    choices: dict[str, Iterable] = {**derivations.CHOICES, **of_referrals.CHOICES}
    choices |= {name: [at for at in (definitions[name] - days, definitions[name] + days) if at > 0] for name in DAYS}
    for name, chosen in definitions.items():
        for other in choices.get(name, ()):
            if other != chosen:
                choice = f"{other}_days" if name in DAYS else other
                yield Variant(f"definitions.{name}", choice, {**definitions, name: other}, codes)
    runs = list(runs_of(codes[COMPLETED]))
    for run in runs if len(runs) > 1 else []:
        kept = [code for code in codes[COMPLETED] if code not in run]
        choice = f"{run[0]}_to_{run[-1]}" if len(run) > 1 else f"{run[0]}_alone"
        yield Variant(f"codes.{COMPLETED}", choice, definitions, {**codes, COMPLETED: kept})


def runs_of(codes: Iterable[int]) -> Iterator[list[int]]:
    """Codes that follow each other, together: 1, 2, 80 -> [1, 2], [80]."""
    run: list[int] = []
    for code in sorted(codes):
        if run and code > run[-1] + 1:
            yield run
            run = []
        run.append(code)
    yield run


def of_journeys_by(
    every: Sequence[Variant], extracts: Mapping[str, str], study: Mapping, measures: Sequence[Measure]
) -> dict[Variant, dict[str, Cells]]:
    """The counts of the measures of journeys under each variant that shapes one, by measure."""
    wanted = [one for one in measures if one.cohort.rule == "outcomes" and one.of_its_own]
    chosen = [one for one in every if any(one.shapes(measure) for measure in wanted)]
    if not chosen:
        return {}
    windows, age, found = periods(study["periods"], "outcomes"), "", {}
    for one in chosen:
        if one.definitions["age_at"] != age:
            age, shaped = one.definitions["age_at"], (one.definitions, one.codes, study["bands"])
            con = journeys_within(extracts["journeys"], study["sites"], windows, *shaped, COURSE)
        lists_of_codes(con, one.codes, study["bands"])
        derivations.derive(con, one.definitions, wanted)
        found[one] = counts(con, wanted)
    return found


def of_referrals_by(
    every: Sequence[Variant], extracts: Mapping[str, str], study: Mapping, measures: Sequence[Measure]
) -> dict[Variant, dict[str, Cells]]:
    """The counts of the measures of referrals under each variant that shapes one, by measure."""
    wanted = [one for one in measures if one.cohort.rule == "continuity" and one.outcome]
    chosen = [one for one in every if any(one.shapes(measure) for measure in wanted)]
    if not chosen:
        return {}
    con = of_referrals.opened({name: extracts[name] for measure in wanted for name in measure.reads})
    of_referrals.register(con, study["sites"], study["periods"], wanted[0])
    found = {}
    for one in chosen:
        of_referrals.derive(con, one.definitions, wanted)
        found[one] = counts(con, wanted)
    return found


def counts(con: duckdb.DuckDBPyConnection, measures: Sequence[Measure]) -> dict[str, Cells]:
    """Base and count of each measure as it is derived now."""
    rows = {one.name: con.execute(COUNTS.format(one.name)).fetchall() for one in measures}
    return {
        name: {(area, period): (base, count) for area, period, base, count in found} for name, found in rows.items()
    }


def in_cells(measure: Measure, measures: Sequence[Measure], found: Mapping[str, Cells]) -> Cells:
    """Base and count of a measure by area and period; some take the base of one measure and the count of another."""
    of_base = next(one.name for one in measures if one.cohort.family == measure.cohort.family and one.name in found)
    counts = found[measure.counted]
    return {cell: (base, counts.get(cell, (0, 0))[1]) for cell, (base, _) in found[of_base].items()}


def told_of(
    measure: Measure, cells: Mapping[Variant, Cells], sites: Sequence[str], values: Values
) -> Iterator[pd.DataFrame]:
    """Ledger rows of one measure: its differences as defined and under each variant, and the mean of each of these."""
    told = {"source": SOURCE, "rule": RULE, "function": "told_of"}
    uncut = f"{measure.name}.uncut_did."
    same = {f"{measure.name}.did.": AS_DEFINED, uncut: LAST_DAY}
    given = [
        {"measure": measure.name, "site": site, "of": of + site, **what}
        for of, what in same.items()
        for site in sites
        if of + site in values
    ]
    changed = [
        {"measure": measure.name, "site": site, "setting": one.setting, "choice": one.choice, **did}
        for one, found in cells.items()
        for site, did in ((site, difference(found, site)) for site in sites)
    ]
    yield derive(pd.DataFrame(given), values, id=DID, unit="ppt", formula="did", inputs={"did": "{of}"}, **told)
    leaves = quantities(
        pd.DataFrame(changed),
        id=DID,
        value="did",
        unit="ppt",
        rows="rows",
        extract=" ".join(dict.fromkeys([*measure.cohort.reads, *measure.also_reads])),
        filter=f"difference in differences of {measure.name} in {{site}}, where {{setting}} is {{choice}}",
        settings=f"{everywhere(f'{measure.settings} {measure.cohort.settings}')} models.varied_days",
        cohort=f"{measure.cohort.key}{AMONG}{measure.name}, {{setting}}={{choice}}",
        missing=NOBODY,
        **told,
    )
    values |= leaves.set_index("id")["value"].to_dict()
    yield leaves
    rows = pd.DataFrame([*given, *changed])[["measure", "setting", "choice"]].drop_duplicates()
    each = {"did": [DID.replace("{site}", site) for site in sites]}
    yield derive(rows, values, id=MEAN, unit="ppt", formula="sum(did) / len(did)", inputs=each, **told)


def difference(found: Cells, site: str) -> dict:
    """The difference in differences of a site, nan where nobody is counted in one of its cells, and how many are."""
    areas = arms_of(site)
    cells = [found.get((areas[arm], period), (0, 0)) for arm, period in CELLS]
    rates = [100 * count / base if base else math.nan for base, count in cells]
    return {
        "did": sum(sign * rate for sign, rate in zip(SIGNS, rates, strict=True)),
        "rows": sum(base for base, _ in cells),
    }


def over_all(made: Sequence[pd.DataFrame], values: Values) -> Iterator[pd.DataFrame]:
    """Ledger rows of how many differences there are with a definition changed, how many turn, and the farthest move."""
    every = [row for part in made for row in part.to_dict("records") if row["id"].startswith("varied.did.")]
    known = {row["id"]: dims_of(row) for row in every if values[row["id"]] == values[row["id"]]}
    own = {name: f"{of['measure']}.did.{of['site']}" for name, of in known.items() if of["setting"] != "as_defined"}
    own = {name: of for name, of in own.items() if values[of] == values[of]}
    inputs = {"changed": list(own), "did": list(own.values())}
    for name, (unit, formula) in OVER_ALL.items():
        yield derive(ONE, values, id=f"varied.{name}", unit=unit, formula=formula, inputs=inputs,
                     source=SOURCE, rule=RULE, function="over_all")  # fmt: skip


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given = snakemake.params
        known = read_ledger(snakemake.input.impact).set_index("id")["value"].to_dict()
        extracts = {name: getattr(snakemake.input, name) for name in given.extracts}
        measures = [MEASURES[name] for name in given.measures]
        write_ledger(varied(extracts, given.study, measures, given.days, known), out.ledger)
