"""A study of areas on published figures: pilots against every other area, and what areas do by themselves."""


rule against_others:
    """Tables A.1 to A.5, Figures A.1 to A.4: differences in coverage, their intervals, and sets of other areas."""
    input:
        accepted=ACCEPTED,
        figures=validated("area_coverage"),
    output:
        ledger=f"{RUN}/restricted/ledger/against_others.csv",
    log:
        f"{RUN}/logs/against_others.log",
    params:
        study=study("design", "pilots", "before", "after", "panel", "models"),
        digest=digest("against_others"),
    script:
        "../scripts/against_others.py"
