"""The run record: every job of the run, its files with their checksums, its settings and times, for whoever checks it.

It comes after all other rules, which the record tells of.
"""

JOBS = recorded_jobs(own_rules(), EXTRACTS, RUN)
MADE = [path for job in JOBS for path in job["outputs"]]


rule run_record:
    """Record the run: its jobs, their inputs and outputs with checksums, settings, code, packages and times."""
    input:
        made=MADE,
        extracts=[path if path in MADE else ancient(path) for path in EXTRACT_NAMES],
        code=sources(CODE_PARTS),
        config_file=ancient(CONFIG_FILE),
    output:
        crate=f"{RUN}/ro-crate-metadata.json",
        code=directory(f"{RUN}/code"),
    log:
        f"{RUN}/logs/run_record.log",
    params:
        jobs=JOBS,
        study=STUDY,
        extracts=EXTRACT_NAMES,
        code=CODE,
        key=f"{RUN}/restricted/record.key",
        config_file=digests.of_file(CONFIG_FILE),
        digest=digest("run_record", *CODE_PARTS),
        planned=PLANNED,
    script:
        "../scripts/run_record.py"
