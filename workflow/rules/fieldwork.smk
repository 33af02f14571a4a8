"""Chapter 1: encounters of the qualitative case studies."""


rule fieldwork:
    """Tables 1.1 and 1.2."""
    input:
        accepted=ACCEPTED,
        fieldwork=validated("fieldwork"),
    output:
        ledger=f"{RUN}/restricted/ledger/fieldwork.csv",
    log:
        f"{RUN}/logs/fieldwork.log",
    params:
        digest=digest("fieldwork"),
    script:
        "../scripts/fieldwork.py"
