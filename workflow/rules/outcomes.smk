"""Chapter 6, first half: from journeys to clients in effective treatment and with successful completions."""


rule outcomes:
    """Counts of Tables 6.1-6.4, 7.5 and 7.6, and one row per client for the models."""
    input:
        accepted=ACCEPTED,
        journeys=validated("journeys"),
    output:
        clients=f"{RUN}/restricted/outcomes.parquet",
        ledger=f"{RUN}/restricted/ledger/outcomes.csv",
    log:
        f"{RUN}/logs/outcomes.log",
    params:
        study={**study("sites", "periods", "definitions", "codes"), "bands": STUDY["models"]["length_of_use_bands"]},
        measures=measures("outcomes"),
        beside=not under_a_policy(STUDY),
        digest=digest("outcomes"),
    script:
        "../scripts/outcomes.py"
