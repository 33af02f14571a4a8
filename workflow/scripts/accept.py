"""Rule accept: gather the findings of all extracts; stop the run, naming every fault, if a number would be wrong."""

import sys
from pathlib import Path

import pandas as pd

from dscp.extracts.faults import COLUMNS, FAULT, SEVERITIES, table
from dscp.extracts.links import linked
from dscp.extracts.profile import profile
from dscp.extracts.registry import EXTRACTS, MADE_FROM
from dscp.run.inert import inert, tabled
from dscp.run.job import writing


def accept(findings: list[pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Join findings and pick out what stops the run.

    Parameters
    ----------
    findings : one frame per extract with the columns of validation.csv, all text but `rows`; an extract that is made
        from one with faults has none of its own.

    Returns
    -------
    All findings, by extract (in the order given), severity, file, column and line, with what was found as a text that
    no spreadsheet program runs; and the faults, one line each.
    """
    joined = pd.concat(findings, ignore_index=True)[COLUMNS]
    order = pd.DataFrame(
        {
            "extract": pd.Categorical(joined["extract"], categories=joined["extract"].drop_duplicates()).codes,
            "severity": pd.Categorical(joined["severity"], categories=SEVERITIES).codes,
            "file": joined["file"],
            "number": pd.to_numeric(joined["line"].str.extract(r"(\d+)")[0]).fillna(0).astype(int),
            "position": joined.index,
        }
    ).sort_values(["extract", "severity", "file", "number", "position"])
    joined = joined.loc[order.index].reset_index(drop=True)
    joined["found"] = joined["found"].map(inert)
    faults = joined["severity"] == FAULT
    refused = set(joined.loc[faults, "extract"])
    follows = joined["extract"].isin([name for name, of in MADE_FROM.items() if of in refused])
    return joined, joined.loc[faults & ~follows, "message"].to_list()


def refusal(faults: list[str], findings: str) -> list[str]:
    """Return what is printed when a run is refused: every fault, then how many and where they are kept."""
    number = f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}"
    return [*faults, f"{number}: nothing was computed. Correct the extracts or the config. Also in {findings}"]


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        read = [pd.read_csv(path, dtype=dict.fromkeys(COLUMNS, str) | {"rows": int}, keep_default_na=False)
                for path in [*snakemake.input.findings, *snakemake.input.joined]]  # fmt: skip
        given = snakemake.params
        of_links = table(linked(EXTRACTS.values(), given.extracts, given.config))
        everything, stops = accept([*read, of_links])
        tabled(everything).to_csv(out.validation, index=False)
        listed = Path(given.faults)
        listed.unlink(missing_ok=True)
        if stops:
            text = "\n".join(refusal(stops, str(listed)))
            listed.write_text(text + "\n", encoding="utf-8")
            sys.exit(text)
        tabled(profile(EXTRACTS.values(), given.extracts, given.config)).to_csv(out.coverage, index=False)
