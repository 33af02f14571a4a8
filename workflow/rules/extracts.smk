"""Extracts: rebuild the default ones from published counts, check all, and stop at any fault.

Steps: reference_extracts -> validate (one job per extract) -> accept (the gate that every later rule waits for).
"""

EXTRACTS = list(STUDY["extracts"])
REFERENCE = {name: f"results/reference_extracts/restricted/{name}.csv" for name in EXTRACTS}
YEARS_CHECKED = ["spending_years", "journey_years", "monthly_window"]
PUBLISHED = project_files("workflow/resources/published", ".csv")
REFERENCE_STUDY = "workflow/resources/reference_study.yaml"
ASSUMED = [path for path in project_files("workflow/resources", ".csv") if "/reference_" in path]


rule reference_extracts:
    """Rebuild client-level extracts from the published counts (seeded). They are no evidence about the pilots."""
    input:
        published=sources(PUBLISHED),
        assumed=sources(ASSUMED),
        study=source(REFERENCE_STUDY),
    output:
        **REFERENCE,
    params:
        seed=STUDY.get("reference_extracts", {}).get("seed", 0),
        digest=digest("reference_extracts", REFERENCE_STUDY, *PUBLISHED, *ASSUMED),
    log:
        f"{RUN}/logs/reference_extracts.log",
    script:
        "../scripts/reference_extracts.py"


rule validate:
    """Check one extract against its schema and cross-checks; write its typed, frozen copy and the findings."""
    input:
        extract=extract_input,
    output:
        validated=f"{RUN}/restricted/validated/{{extract}}.parquet",
        findings=f"{RUN}/validation/{{extract}}.csv",
    params:
        extract="{extract}",
        source=lambda wildcards: extract_paths(wildcards.extract),
        config={**study("periods", "sites", "codes"), "economics": pick(STUDY["economics"], *YEARS_CHECKED)},
        digest=digest("validate"),
        extract_digest=extract_digest,
    log:
        f"{RUN}/logs/validate_{{extract}}.log",
    script:
        "../scripts/validate.py"


rule accept:
    """Collect all findings; with any fault, list every one and stop."""
    input:
        findings=expand(f"{RUN}/validation/{{extract}}.csv", extract=EXTRACTS),
    output:
        validation=f"{RUN}/validation.csv",
        accepted=touch(f"{RUN}/validation/accepted"),
    params:
        faults=f"{RUN}/validation/faults.txt",
        digest=digest("accept"),
    log:
        f"{RUN}/logs/accept.log",
    script:
        "../scripts/accept.py"
