"""Extracts: rebuild the default ones from published counts, check all, and stop at any fault.

Steps: reference_extracts -> validate (one job per extract) -> accept (the gate that every later rule waits for).
"""

EXTRACTS = list(STUDY["extracts"])
REFERENCE = {name: f"results/reference_extracts/restricted/{name}.csv" for name in EXTRACTS}
PUBLISHED = project_files("workflow/resources/published", ".csv")
ASSUMED = [path for path in project_files("workflow/resources", ".csv") if "/reference_" in path]


rule reference_extracts:
    """Rebuild client-level extracts from the published counts (seeded). They are no evidence about the pilots."""
    input:
        published=sources(PUBLISHED),
        assumed=sources(ASSUMED),
    output:
        **REFERENCE,
    params:
        config=study("reference_extracts", "periods", "sites", "codes", "models", "economics", "definitions"),
        digest=digest("reference_extracts", *PUBLISHED, *ASSUMED),
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
        config=study("periods", "sites", "codes", "economics", "definitions"),
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
