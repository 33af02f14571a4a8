"""Chapter 3, first half: from referrals, pick-ups and quarterly counts to continuity of care."""


rule continuity:
    """Counts of Tables 3.1-3.3, and one row per prison referral for the models."""
    input:
        **{name: validated(name) for measure in measures("continuity") for name in MEASURES[measure].reads},
        accepted=ACCEPTED,
    output:
        referrals=f"{RUN}/restricted/referrals.parquet",
        ledger=f"{RUN}/restricted/ledger/continuity.csv",
    log:
        f"{RUN}/logs/continuity.log",
    params:
        study={**study("sites", "periods", "definitions", "codes"), "bands": STUDY["models"]["length_of_use_bands"]},
        measures=measures("continuity"),
        beside=not under_a_policy(STUDY),
        digest=digest("continuity"),
    script:
        "../scripts/continuity.py"
