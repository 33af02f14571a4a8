"""From the rows of an extract to the members of cohorts: who is left after each step, and whom it leaves out.

Not under a disclosure policy: two counts that differ by a few people tell these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb
import pandas as pd

from dscp.ledger.formulas import derive
from dscp.ledger.ids import digest
from dscp.ledger.rows import quantities, values_of
from dscp.measures.counting import places, totals
from dscp.measures.types import COUNTED, LEFT_OUT, Cohort, Measure, Step

SOURCE, STEP = "Appendix B2", ["step", "of"]


def steps_of(measures: Sequence[Measure]) -> dict[tuple[str, str], tuple[Step, list[Measure]]]:
    """Every step of the cohorts of measures once: name and whose it is -> the step, the measures that take it."""
    found: dict[tuple[str, str], tuple[Step, list[Measure]]] = {}
    for measure in measures:
        for step in measure.cohort.steps:
            found.setdefault((step.name, step.of), (step, []))[1].append(measure)
    return found


def step_counts(con: duckdb.DuckDBPyConnection, measures: Sequence[Measure], words: Mapping) -> pd.DataFrame:
    """How many are left after each step: step, of, area, period ("" of the first step), count.

    Parameters
    ----------
    con : the database of the rule that derives the measures, when it has derived them
    words : what the words in braces of a step's SQL stand for
    """
    found = []
    for step, _ in steps_of(measures).values():
        by = "area" if step.first else "area, period"
        sql = f"select {by}, count(*) as count from ({step.sql.format(**words)}) group by all"
        found.append(con.execute(sql).df().assign(step=step.name, of=step.of))
    every = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*STEP, "area", "count"])
    return every.reindex(columns=[*STEP, "area", "period", "count"]).fillna({"period": ""})


def step_rows(
    counts: pd.DataFrame, measures: Sequence[Measure], sites: Mapping, bases: Sequence[pd.DataFrame], rule: str
) -> list[pd.DataFrame]:
    """Ledger rows of those left after each step and of those left out by it, in each area and in all of an arm.

    Parameters
    ----------
    counts : from `step_counts`
    bases : ledger rows, those of the cohorts' bases among them
    """
    values = values_of(pd.concat(bases))
    told = {"source": SOURCE, "rule": rule, "function": "step_rows", "unit": "count"}
    made = [_kept(step, taking, counts, sites, told) for step, taking in steps_of(measures).values()]
    values |= values_of(pd.concat(made))
    for step, of, before, after, taking in _passed(measures):
        made.append(
            derive(
                every_place(taking, sites).assign(step=step, of=of),
                values,
                id=LEFT_OUT,
                formula="before - after",
                inputs={"before": before, "after": after},
                **told,
            )
        )
    return [*made, *(totals(part, SOURCE, rule) for part in made if len(part))]  # no site may have a measure


def _kept(step: Step, taking: Sequence[Measure], counts: pd.DataFrame, sites: Mapping, told: Mapping) -> pd.DataFrame:
    """Ledger rows of those left after a step; 0 where an area has none."""
    where = every_place(taking, sites)
    if step.first:
        where = where.drop_duplicates("area").assign(period="")
    own = counts[(counts["step"] == step.name) & (counts["of"] == step.of)]
    rows = where.merge(own[["area", "period", "count"]], how="left").assign(step=step.name, of=step.of)
    return quantities(
        rows.fillna({"count": 0}).astype({"count": int}),
        id=step.kept,
        value="count",
        rows="count",
        extract=taking[0].cohort.reads[0],
        filter=step.words,
        settings=step.settings,
        cohort=digest(step.of, step.name, " ".join(step.sql.split())),
        **told,
    )


def _passed(measures: Sequence[Measure]) -> Iterator[tuple[str, str, str, str, list[Measure]]]:
    """What leaves members out: step, whose it is, the ids of those before and after it, the measures that take it."""
    for (name, of), (step, taking) in steps_of(measures).items():
        steps = taking[0].cohort.steps
        if not step.first:
            yield name, of, steps[steps.index(step) - 1].left, step.left, taking
    for cohort, taking in cohorts_of(measures).values():
        if cohort.less:
            yield COUNTED, cohort.family, cohort.steps[-1].left, cohort.base, taking


def cohorts_of(measures: Sequence[Measure]) -> dict[str, tuple[Cohort, list[Measure]]]:
    """The cohorts of measures, each once and by its family, with the measures that count it."""
    found: dict[str, tuple[Cohort, list[Measure]]] = {}
    for measure in measures:
        found.setdefault(measure.cohort.family, (measure.cohort, []))[1].append(measure)
    return found


def every_place(measures: Sequence[Measure], sites: Mapping) -> pd.DataFrame:
    """The areas and periods in which there is one of some measures."""
    found = pd.concat([places(measure, sites) for measure in measures])
    return found.drop_duplicates(["area", "period"], ignore_index=True)
