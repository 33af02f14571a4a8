"""Quantities that only the evaluation's prose states."""


rule stated:
    """Counts, ranges and totals that only the prose prints."""
    input:
        parts=expand(f"{RUN}/restricted/ledger/{{part}}.csv", part=PARTS),
    output:
        ledger=f"{RUN}/restricted/ledger/stated.csv",
    log:
        f"{RUN}/logs/stated.log",
    params:
        sites=SITES,
        years=len(STUDY["economics"]["spending_years"]),
        days=pick(STUDY["definitions"], "effective_days", "pickup_days"),
        level=STUDY["models"]["significance"],
        digest=digest("stated"),
    script:
        "../scripts/stated.py"


rule restated:
    """Counts of sites, changes and spans of time that only the evaluation's prose states."""
    input:
        parts=expand(f"{RUN}/restricted/ledger/{{part}}.csv", part=PARTS),
        constants=constants(),
    output:
        ledger=f"{RUN}/restricted/ledger/restated.csv",
    log:
        f"{RUN}/logs/restated.log",
    params:
        **study("sites", "periods", "programme"),
        window=STUDY["economics"]["monthly_window"],
        settings={
            "models.significance": STUDY["models"]["significance"],
            "economics.treatment_years": STUDY["economics"]["treatment_years"],
            "economics.recovery_years": STUDY["economics"]["recovery_years"],
        },
        digest=digest("restated", CONSTANTS),
    script:
        "../scripts/restated.py"
