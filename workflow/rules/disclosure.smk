"""From all quantities to those that may be published: the policy, the gate, and the pages for whoever checks the output.

Steps: published_models (under a policy) -> disclosure (apply the policy) -> release (attack what came of it, publish it) -> output_check (for a person to sign).
"""

from dscp.disclosure.register import Register
from dscp.extracts.registry import OF_PEOPLE
from dscp.measures.registry import MEMBERS

MEMBERS_OF_COHORTS = [f"{RUN}/restricted/{name}" for rule, name in MEMBERS.items() if rule in PARTS]
CHECK_TEMPLATES = [
    REPORT.template(name, project=BASE) for name in ("exhibits.yaml", "report.css", "check.css", "output_check.html.j2")
]
CONTROLLED = {"policy": POLICY, "missing_release": STUDY["definitions"].get("missing_release", "")}


FITTED = under_a_policy(STUDY) and "impact" in PARTS

if FITTED:

    rule published_models:
        """Fit the adjusted models to the counts that the policy publishes."""
        input:
            ledger=rules.ledger.output.ledger,
            members=rules.impact.input.members,
        output:
            models=f"{RUN}/restricted/disclosed/models.csv",
        log:
            f"{RUN}/logs/published_models.log",
        params:
            **CONTROLLED,
            study=study("sites", "models"),
            measures=measures(),
            digest=digest("published_models"),
        script:
            "../scripts/published_models.py"


rule disclosure:
    """Apply the disclosure policy, once, to every quantity, to what validation counted and to what pilots did."""
    input:
        ledger=rules.ledger.output.ledger,
        validation=rules.accept.output.validation,
        activity=activity(),
        models=[rules.published_models.output.models] if FITTED else [],
    output:
        ledger=f"{RUN}/restricted/disclosed/ledger.csv",
        validation=f"{RUN}/restricted/disclosed/validation.csv",
        activity=f"{RUN}/restricted/disclosed/activity.csv",
        decisions=f"{RUN}/restricted/disclosed/decisions.csv",
    log:
        f"{RUN}/logs/disclosure.log",
    params:
        **CONTROLLED,
        digest=digest("disclosure"),
    script:
        "../scripts/disclosure.py"


rule release:
    """The gate: attack what is to be published, and publish it only if nothing that is withheld can be told."""
    input:
        ledger=rules.disclosure.output.ledger,
        validation=rules.disclosure.output.validation,
        activity=rules.disclosure.output.activity,
        decisions=rules.disclosure.output.decisions,
        full=rules.ledger.output.ledger,
        members=[*MEMBERS_OF_COHORTS, *(validated(name) for name in EXTRACTS if name in OF_PEOPLE)],
    output:
        ledger=f"{RUN}/ledger.csv",
        validation=f"{RUN}/validation.csv",
        activity=f"{RUN}/work/activity.csv",
        decisions=f"{RUN}/disclosure.csv",
        audit=f"{RUN}/restricted/disclosed/audit.csv",
    log:
        f"{RUN}/logs/release.log",
    params:
        **CONTROLLED,
        faults=f"{RUN}/restricted/disclosed/faults.txt",
        released=Register(Path()).digest(but=STUDY["run"]),
        digest=digest("release"),
    script:
        "../scripts/release.py"


if under_a_policy(STUDY):

    rule output_check:
        """A page per table, with counts, decisions and the audit, for a person to sign. Confidential."""
        input:
            full=rules.ledger.output.ledger,
            ledger=rules.release.output.ledger,
            decisions=rules.disclosure.output.decisions,
            audit=rules.release.output.audit,
            activity=rules.release.output.activity,
            templates=sources(CHECK_TEMPLATES),
        output:
            pdf=f"{RUN}/restricted/output_check.pdf",
        log:
            f"{RUN}/logs/output_check.log",
        threads: 8
        params:
            policy=POLICY,
            config=STUDY,
            digest=digest("output_check", *CHECK_TEMPLATES),
        script:
            "../scripts/output_check.py"
