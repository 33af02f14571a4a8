"""The profile of a partnership made of published counts: its numbers in two years, their shares and growth."""


rule published:
    """All tables of a profile of published counts: cells of the export, shares and growth."""
    input:
        accepted=ACCEPTED,
        counts=validated("published_counts"),
        constants=source(CONSTANTS),
    output:
        places=f"{RUN}/restricted/published.parquet",
        ledger=f"{RUN}/restricted/ledger/published.csv",
    log:
        f"{RUN}/logs/published.log",
    params:
        study=study("partnership", "sites", "periods"),
        digest=digest("published", CONSTANTS),
    script:
        "../scripts/published.py"
