"""Rule ledger: bring all quantities together with the constants and settings they rest on, and check closure."""

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

import pandas as pd

from dscp.disclosure.policies import NONE, POLICIES
from dscp.extracts.faults import AT_ODDS, UNUSABLE, with_ids
from dscp.extracts.registry import READ
from dscp.extracts.types import About
from dscp.ledger.ids import dims_of
from dscp.ledger.leaves import constants, settings
from dscp.ledger.rows import extracts_of, inputs_of, kind, quantities, read_ledger, shaped_by, write_ledger
from dscp.run.job import writing
from dscp.study.areas import value_at

RULE = "ledger"
COUNTED_FILES = (
    "reproduction.csv",
    "relations.csv",
    "claims.csv",
    "count_ranges.csv",
    "review_relations.csv",
)  # files of the run, rows counted
OF_VALIDATION = "validate"  # the rule whose quantities count rows of files, whatever these hold


# What decides how many rows validation leaves out or remarks on: which areas are studied, which codes are known.
SHAPED_BY = {"excluded": "sites", "information": "sites codes", "joined": "definitions.submissions"}


def validated(findings: pd.DataFrame) -> pd.DataFrame:
    """Leaves for what validation counted: rows in, kept and left out, values missing (Appendix B)."""
    counted = with_ids(findings)
    remarks = counted["severity"] == "information"  # what was found may be a client's value: not for the ledger
    at_odds = pd.Series([_checked(*of) for of in counted[["extract", "column", "found"]].to_numpy()], counted.index)
    counted["words"] = counted["found"].mask(remarks, UNUSABLE).mask(remarks & at_odds.astype(bool), AT_ODDS)
    counted["settings"] = counted["severity"].map(SHAPED_BY).fillna("")
    counted.loc[counted["found"] == "rows of the study's DATs", "settings"] = "sites"
    by = ["pattern", "nth", "extract", "column", "other", "words", "settings"]
    counted["nth"] = counted["nth"].where(counted["pattern"].str.contains("{nth}", regex=False), "")
    counted = counted.groupby(by, sort=False)["rows"].sum().reset_index()
    return quantities(
        counted,
        id="@pattern",
        value="rows",
        unit="count",
        rows="rows",
        extract="{extract}",
        filter="{column} {words}",
        cohort="{pattern}",
        settings="{settings}",
        source="Appendix B1",
        rule=OF_VALIDATION,
        function="validate",
    )


def _checked(extract: str, column: str, found: str) -> bool:
    """Whether a remark is of a check of whole rows: on cells that are there, and are at odds with others."""
    checks = READ[extract].row_checks if extract in READ else ()
    return any((one.column, one.found) == (column, found) for one in checks)


def with_notes(ledger: pd.DataFrame, notes: Mapping[str, str]) -> pd.DataFrame:
    """Add the config's notes on assumed quantities; a note on an unknown id is an error."""
    if unknown := sorted(set(notes) - set(ledger["id"])):
        raise SystemExit(f"config.yaml: assumed: {unknown[0]} is not a quantity of this run's ledger")
    joined = [
        "; ".join(filter(None, (note, notes.get(identifier, ""))))
        for identifier, note in zip(ledger["id"], ledger["note"], strict=True)
    ]
    return ledger.assign(note=joined)


def check_closure(ledger: pd.DataFrame) -> None:
    """Every input stands in the ledger, nothing rests on itself, and what has no inputs is a leaf of a known kind.

    What counts records is a whole number: nothing is computed from a count's parts, so nothing else would tell that it
    was altered by a little.
    """
    rests_on = {}
    for row in ledger.to_dict("records"):
        counted = kind(row) == "records" and row["unit"] == "count" and row["extract"] not in COUNTED_FILES
        if counted and row["value"] % 1 > 0:
            raise ValueError(f"{row['id']}: counts records and is not a whole number: {row['value']!r}")
        inputs = inputs_of(row)
        if kind(row) == "derived" and not inputs:
            raise ValueError(f"{row['id']}: neither inputs, nor records, nor a citation or setting")
        rests_on[row["id"]] = inputs
    for identifier, inputs in rests_on.items():
        if missing := [name for name in inputs if name not in rests_on]:
            raise ValueError(f"{identifier}: input {missing[0]} is not in the ledger")
    try:
        TopologicalSorter(rests_on).prepare()
    except CycleError as circle:
        raise ValueError(f"quantities rest on each other: {' -> '.join(circle.args[1])}") from None


def check_names(ledger: pd.DataFrame, extracts: Collection[str], config: Mapping) -> None:
    """Every extract that a quantity names is one of the study's, every setting stands in the config.

    A count of records may name a file of the run instead, one of those that are declared.
    """
    for row in ledger.to_dict("records"):
        for name in extracts_of(row):
            if name not in extracts and name not in COUNTED_FILES:
                raise ValueError(f"{row['id']}: there is no extract {name}, allowed: {', '.join(sorted(extracts))}")
        for path in shaped_by(row):
            try:
                value_at(config, path)
            except KeyError:
                raise ValueError(f"{row['id']}: there is no setting {path}") from None


def with_about(ledger: pd.DataFrame) -> pd.DataFrame:
    """Say what each quantity is about: what its extracts are about, as they are declared; of people if any input is.

    What reads several extracts is about people if one of them is. Nothing is said of constants, settings and counts of
    the run's own numbers.

    Raises
    ------
    ValueError
        A quantity of an extract that is not declared.
    """
    rows = {row["id"]: row for row in ledger.to_dict("records")}
    found: dict[str, str] = {}
    for name in TopologicalSorter({name: inputs_of(row) for name, row in rows.items()}).static_order():
        row = rows[name]
        own = [_about(row, extract) for extract in extracts_of(row) if extract not in COUNTED_FILES]
        every = {*own, *(found[one] for one in inputs_of(row))}
        found[name] = next((str(about) for about in About if about in every), "")
    return ledger.assign(about=[found[name] for name in ledger["id"]])


def _about(row: Mapping, extract: str) -> About:
    if extract not in READ:
        raise ValueError(f"{row['id']}: the extract {extract} is not declared, allowed: {', '.join(READ)}")
    declared = READ[extract]
    return declared.rows_about if row["rule"] == OF_VALIDATION else declared.about_of(dims_of(row))


def check_cohorts(ledger: pd.DataFrame) -> None:
    """The same records are counted under one id: under two, the one could be published where the other is withheld."""
    seen: dict[tuple, str] = {}
    for row in ledger.to_dict("records"):
        if row["unit"] == "count" and row["extract"]:
            first = seen.setdefault((row["cohort"], row["extract"], row["dims"]), row["id"])
            if first != row["id"]:
                raise ValueError(f"{row['id']}: counts what {first} counts, allowed: one id for the same records")


def ledger(
    parts: pd.DataFrame,
    findings: pd.DataFrame,
    table: pd.DataFrame,
    config: Mapping,
    says: Mapping[str, str],
) -> pd.DataFrame:
    """The whole ledger of a run.

    Parameters
    ----------
    parts : rows written by the other rules
    findings : what validation found, as in validation.csv
    table : constants with citations
    config : every part of the study that shapes a quantity; assumed (id -> note)
    says : path of a setting -> what it is, in words
    """
    policy = POLICIES[config.get("disclosure", NONE.name)].numbers()
    whole = pd.concat([parts, validated(findings), constants(table), settings(config, policy, says)], ignore_index=True)
    whole = with_notes(whole, config.get("assumed", {}))
    check_closure(whole)
    check_names(whole, set(findings["extract"]), config)
    check_cohorts(whole)
    return with_about(whole)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        table, findings = (
            pd.read_csv(path, keep_default_na=False) for path in (snakemake.input.constants, snakemake.input.validation)
        )
        whole = ledger(
            read_ledger(*snakemake.input.parts), findings, table, snakemake.params.config, snakemake.params.says
        )
        write_ledger([whole], out.ledger)
