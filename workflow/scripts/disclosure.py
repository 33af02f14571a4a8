"""Rule disclosure: apply the study's disclosure policy, once, to all that is printed.

That is every quantity, what validation counted, and what pilots did.
"""

from pathlib import Path

import pandas as pd

from dscp.disclosure.control import DECISIONS, LOST, RECOMPUTED, ROUNDED, WITHHELD, Control
from dscp.disclosure.models import FIELDS as MODEL_FIELDS
from dscp.disclosure.models import is_clustered, is_result
from dscp.disclosure.policies import NONE, POLICIES
from dscp.extracts.faults import INFORMATION, with_ids
from dscp.extracts.told import told
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.ledger.withheld import WITHHELD_SIGN
from dscp.run.inert import tabled
from dscp.run.job import writing

MADE = "disclosure.csv"


def disclosure(
    ledger: pd.DataFrame, findings: pd.DataFrame, models: pd.DataFrame, control: Control
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make what may be published.

    Parameters
    ----------
    ledger : every quantity, in full
    findings : of the validation
    models : of published_models; without a row where there is no policy, or no model
    control : the policy

    Returns
    -------
    The ledger with the counts of decisions added, the findings, and the decisions: id, decision, reason.
    """
    if control.policy == NONE:
        return ledger, findings, pd.DataFrame(columns=DECISIONS)
    few = models.loc[models["withheld"] != "", ["id", "withheld"]]
    made, decisions = control.disclose(with_models(ledger, models), dict(few.itertuples(index=False)))
    whole = pd.concat([made, tally(decisions)], ignore_index=True)
    return whole, disclosed_findings(findings, made), decisions


def with_models(ledger: pd.DataFrame, models: pd.DataFrame) -> pd.DataFrame:
    """The ledger with the results of models that are fitted to the published counts.

    Raises
    ------
    ValueError
        A result that is fitted to the records as they are.
    """
    published = models.set_index("id")["value"].to_dict()
    rows = {row["id"]: row for row in ledger.to_dict("records") if is_result(row)}
    if left := [name for name, row in rows.items() if name not in published and not is_clustered(row)]:
        raise ValueError(f"{left[0]}: fitted to counts that are not published, allowed: results of published_models")
    known = ledger["value"].notna()
    value = ledger["value"].mask(ledger["id"].isin(rows) & known, ledger["id"].map(published).astype(float))
    return ledger.assign(value=value, note=ledger["note"].mask(known & value.isna(), LOST))


def tally(decisions: pd.DataFrame) -> pd.DataFrame:
    """How many quantities are withheld, rounded and recomputed, as quantities."""
    kinds = pd.DataFrame({"decision": [WITHHELD, ROUNDED, RECOMPUTED]})
    counted = kinds.assign(rows=[int((decisions["decision"] == kind).sum()) for kind in kinds["decision"]])
    return quantities(
        counted,
        id="disclosure.{decision}",
        value="rows",
        rows="rows",
        unit="count",
        extract=MADE,
        filter="decision {decision}",
        source="Appendix B5",
        rule="disclosure",
        function="disclosure",
    )


def disclosed_findings(findings: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """What validation counted, as it may be published: no lines, no cells found, and the numbers of the ledger.

    Of what was found the words that are fixed.

    An extract of several files has one number for all; it stands with the first.
    """
    known = with_ids(findings)
    values = {row["id"]: _told(row) for row in ledger.to_dict("records")}
    remarks = known["severity"] == INFORMATION
    return known.assign(
        line="",
        found=known["found"].mask(remarks, known["found"].map(told)),
        rows=known["id"].map(values).mask(known["id"].duplicated(), ""),
        message="",
    )[findings.columns]


def disclosed_activity(copy: str | Path | None) -> pd.DataFrame:
    """What pilots did, as it may be published: texts that count nobody, under every policy as they are.

    Parameters
    ----------
    copy : the typed copy of the extract (Parquet): file and line, site, text columns of Table 1.3; None where the study
        has no such extract

    Returns
    -------
    Site and text columns, a missing text being ""; without a row where there is no extract.
    """
    if copy is None:
        return pd.DataFrame(columns=["site"])
    return pd.read_parquet(copy).drop(columns=["file", "line"]).fillna("")


def read_models(path: str | Path | None) -> pd.DataFrame:
    """What published_models made: id, value, withheld ("" where it is not); without a row where it made nothing."""
    if path is None:
        return pd.DataFrame(columns=MODEL_FIELDS)
    return pd.read_csv(path, keep_default_na=False, na_values={"value": ""})


def _told(row: dict) -> str:
    if row["note"].startswith(WITHHELD_SIGN):
        return WITHHELD_SIGN
    return f"{row['value']:.0f}" if row["value"] == row["value"] else ""


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        control = Control(POLICIES[snakemake.params.policy], snakemake.params.missing_release)
        whole, findings, decisions = disclosure(
            read_ledger(snakemake.input.ledger),
            pd.read_csv(snakemake.input.validation, keep_default_na=False),
            read_models(next(iter(snakemake.input.get("models", [])), None)),
            control,
        )
        write_ledger([whole], out.ledger)
        tabled(findings).to_csv(out.validation, index=False)
        disclosed_activity(next(iter(snakemake.input.get("activity", [])), None)).to_csv(out.activity, index=False)
        tabled(decisions).to_csv(out.decisions, index=False)
