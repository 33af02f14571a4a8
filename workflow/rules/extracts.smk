"""Extracts: rebuild the default ones from published counts, check all, and stop at any fault.

Steps: reference_extracts (and reference_submissions) -> validate (one job per extract; joined makes journeys of submissions) -> accept (the gate
that every later rule waits for).
"""

from dscp.config.checked import check_files
from dscp.extracts.submitted import GROUPS

check_files(STUDY, CONFIG_FILE, REBUILT)
JOINED = "submissions" in EXTRACTS
TAKEN_APART = JOINED and SUBMITTED in extract_paths("submissions")
MADE = {*REBUILT, *(extract_paths("journeys") if JOINED else [])}  # by the workflow itself
PLANNED = PLAN.digests("EXTRACTS", [path for name in EXTRACTS for path in extract_paths(name) if path not in MADE])
FAULTS = f"{RUN}/logs/faults.txt"  # of the extracts, of the last run that stopped at any
ECONOMICS_CHECKED = ["spending_years", "journey_years", "monthly_window", "worked_example"]
PUBLISHED = project_files("workflow/resources/published", ".csv")
REFERENCE_STUDY = "workflow/resources/reference_study.yaml"
ASSUMED = [path for path in project_files("workflow/resources", ".csv") if Path(path).name.startswith("reference_")]


rule reference_extracts:
    """Rebuild client-level extracts from the published counts (seeded). They are no evidence about the pilots."""
    input:
        published=sources(PUBLISHED),
        assumed=sources(ASSUMED),
        study=source(REFERENCE_STUDY),
    output:
        **REFERENCE,
    log:
        f"{RUN}/logs/reference_extracts.log",
    params:
        seed=STUDY.get("reference_extracts", {}).get("seed", 0),
        digest=digest("reference_extracts", REFERENCE_STUDY, *PUBLISHED, *ASSUMED),
    script:
        "../scripts/reference_extracts.py"


if "journeys" in EXTRACTS and REVIEWED in extract_paths("journeys"):

    include: "review_journeys.smk"


rule validate:
    """Check one extract against its schema and cross-checks; write its typed, frozen copy and the findings."""
    input:
        extract=extract_input,
    output:
        validated=f"{RUN}/restricted/validated/{{extract}}.parquet",
        findings=f"{RUN}/restricted/validation/{{extract}}.csv",
    log:
        f"{RUN}/logs/validate_{{extract}}.log",
    params:
        extract="{extract}",
        source=lambda wildcards: [one.path for one in given(STUDY["extracts"][wildcards.extract])],
        mapping=lambda wildcards: extract_mappings(wildcards.extract),
        config=unprinted(
            {
                **study("periods", "sites", "codes", "pilots", "before", "after", "panel"),
                "economics": pick(STUDY.get("economics", {}), *ECONOMICS_CHECKED),
                "validation": STUDY.get("validation", {}),
            }
        ),
        digest=digest("validate"),
        planned=planned_digests,
        frozen=f"{RUN}/restricted/frozen/{{extract}}",
    script:
        "../scripts/validate.py"


if TAKEN_APART:

    rule reference_submissions:
        """Take the rebuilt journeys apart into what providers would have submitted."""
        input:
            journeys=REFERENCE["journeys"],
            groups=source(GROUPS),
        output:
            submissions=SUBMITTED,
        log:
            f"{RUN}/logs/reference_submissions.log",
        params:
            criminal_justice=STUDY["codes"]["criminal_justice_referral_sources"],
            digest=digest("reference_submissions", GROUPS),
        script:
            "../scripts/reference_submissions.py"


if JOINED:

    rule joined:
        """Make journeys of the episodes that providers submitted."""
        input:
            submissions=validated("submissions"),
            findings=f"{RUN}/restricted/validation/submissions.csv",
            groups=source(GROUPS),
        output:
            journeys=extract_paths("journeys")[0],
            rows=f"{RUN}/restricted/joined_rows.csv",
            counts=f"{RUN}/restricted/joined.csv",
        log:
            f"{RUN}/logs/joined.log",
        params:
            settings=STUDY["definitions"]["submissions"],
            key=f"{RUN}/restricted/record.key",
            digest=digest("joined", GROUPS),
        script:
            "../scripts/joined.py"


# A checkpoint, so that the rules after it are looked at once it has run: Snakemake takes rules that only wait for a rule
# at work (`ancient`) for unchanged, whatever else of theirs has changed.
checkpoint accept:
    """Collect all findings, see that extracts belong together; with any fault, list every one and stop."""
    input:
        findings=expand(f"{RUN}/restricted/validation/{{extract}}.csv", extract=EXTRACTS),
        joined=[rules.joined.output.counts] if JOINED and not under_a_policy(STUDY) else [],
    output:
        validation=f"{RUN}/restricted/validation.csv",
        coverage=f"{RUN}/restricted/coverage.csv",
        accepted=touch(f"{RUN}/restricted/validation/accepted"),
    log:
        f"{RUN}/logs/accept.log",
    params:
        faults=FAULTS,
        extracts={name: validated(name) for name in EXTRACTS},  # made with the findings
        config=unprinted({**study("periods", "sites"), "validation": STUDY.get("validation", {})}),
        digest=digest("accept"),
    script:
        "../scripts/accept.py"


ACCEPTED = ancient(rules.accept.output.accepted)  # waited for; that it is new is no reason to compute anything again
