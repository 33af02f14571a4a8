"""Chapter 1: encounters of the qualitative case studies."""


rule fieldwork:
    """Tables 1.1 and 1.2."""
    input:
        accepted=rules.accept.output.accepted,
        fieldwork=validated("fieldwork"),
    output:
        ledger=f"{RUN}/ledger/fieldwork.csv",
    params:
        digest=digest("fieldwork"),
    log:
        f"{RUN}/logs/fieldwork.log",
    script:
        "../scripts/fieldwork.py"
