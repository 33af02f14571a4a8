"""Nothing that is printed reads past the gate: after rule release no rule has an input that is restricted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from running import copy_project, parsed, under_a_policy

RESTRICTED = "restricted"
# Rules after the gate that may read what is restricted: which of it, and why.
MAY_READ = {
    "run_record": ("", "it records every file of the run, the confidential ones by a keyed checksum"),
    "report_html": ("results/reference_extracts/", "it prints the checksums of extracts rebuilt from the print"),
}
JOBS = "recorded_jobs(workflow.rules, EXTRACTS, RUN)"


def after(jobs: Sequence[Mapping], name: str) -> list[Mapping]:
    """The jobs that rest on what a job made, directly or through others."""
    made = {path for job in jobs if job["name"] == name for path in job["outputs"]}
    assert made
    found: list[Mapping] = []
    while new := [job for job in jobs if job not in found and job["name"] != name and made & set(job["inputs"])]:
        found += new
        made |= {path for job in new for path in job["outputs"]}
    return found


def is_restricted(path: str) -> bool:
    return RESTRICTED in Path(path).parts


def past_the_gate(jobs: Sequence[Mapping]) -> Iterator[str]:
    """Each restricted file that a rule after the gate reads, if what it makes of it is not restricted as well."""
    for job in after(jobs, "release"):
        folder, _ = MAY_READ.get(job["rule"], (None, ""))
        texts = [text for text in job["settings"].values() if isinstance(text, str)]
        for path in filter(is_restricted, [*job["inputs"], *texts]):
            allowed = folder is not None and path.startswith(folder)
            if not allowed and not all(map(is_restricted, job["outputs"])):
                yield f"{job['rule']}: {path}"


@pytest.mark.parametrize("policy", ["none", "suppress_below_5"])
def test_nothing_after_the_gate_reads_what_is_restricted(tmp_path, policy):
    """The checker's pages do, and are restricted themselves."""
    jobs = parsed(under_a_policy(copy_project(tmp_path), policy), JOBS)
    rules = {job["rule"] for job in after(jobs, "release")}
    assert {"figures", "report_html", "workbook", "attached_record", "report_pdf", "run_record"} <= rules
    assert ("output_check" in rules) is (policy != "none")
    assert list(past_the_gate(jobs)) == []
    for rule, (folder, _) in MAY_READ.items():
        (read,) = [job["inputs"] for job in jobs if job["rule"] == rule]
        assert [path for path in read if is_restricted(path) and path.startswith(folder)], f"{rule} reads none"


def test_a_rule_that_reads_past_the_gate_is_found(tmp_path):
    """One that prints the typed copy of an extract, and one that makes a page for checkers that is not restricted."""
    project = under_a_policy(copy_project(tmp_path), "suppress_below_5")
    line = '"restricted/output_check.pdf", "output_check", "to be signed", PDF, under_a_policy, True, {}'
    for file, old, new in (
        ("rules/report.smk", "activity=rules.release.output.activity", 'activity=validated("pilot_activity")'),
        ("rules/disclosure.smk", "restricted/output_check.pdf", "output_check.pdf"),
        ("scripts/dscp/record/forms.py", line, line.replace("restricted/", "").replace("True, {}", "False, OF_BOOK")),
    ):
        path = project / "workflow" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    found = list(past_the_gate(parsed(project, JOBS)))
    run = "results/dscp-2009-11/restricted"
    assert found == [
        *(f"output_check: {run}/{name}.csv" for name in ("ledger", "disclosed/decisions", "disclosed/audit")),
        *(f"{rule}: {run}/validated/pilot_activity.parquet" for rule in ("report_html", "workbook")),
    ]
