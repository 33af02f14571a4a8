"""Chapters 3 and 6, second half: rates, changes, difference in differences and their tests."""

MEMBERS = {"outcomes": f"{RUN}/restricted/outcomes.parquet", "continuity": f"{RUN}/restricted/referrals.parquet"}


rule impact:
    """Tables 3.1-3.3, 6.1-6.4, 7.5-7.7: one job fits all models."""
    input:
        ledgers=[f"{RUN}/restricted/ledger/{part}.csv" for part in MEMBERS if part in PARTS],
        members=[path for part, path in MEMBERS.items() if part in PARTS],
    output:
        ledger=f"{RUN}/restricted/ledger/impact.csv",
    log:
        f"{RUN}/logs/impact.log",
    params:
        study=study("sites", "models"),
        measures=measures(),
        digest=digest("impact"),
    script:
        "../scripts/impact.py"


if "case_mix" in PARTS:

    rule case_mix:
        """Tables B.2-B.4: who was counted, and what is not known of them."""
        input:
            ledgers=rules.impact.input.ledgers,
            members=rules.impact.input.members,
        output:
            ledger=f"{RUN}/restricted/ledger/case_mix.csv",
        log:
            f"{RUN}/logs/case_mix.log",
        params:
            study=study("sites", "models"),
            measures=measures(),
            digest=digest("case_mix"),
        script:
            "../scripts/case_mix.py"


if "varied" in PARTS:
    OF_CLIENTS = [name for name in measures() if MEASURES[name].outcome]
    OF_VARIED = list(dict.fromkeys(name for one in OF_CLIENTS for name in MEASURES[one].reads))

    rule varied:
        """Table B.5: the differences again, with one definition changed at a time."""
        input:
            **{name: validated(name) for name in OF_VARIED},
            impact=rules.impact.output.ledger,
        output:
            ledger=f"{RUN}/restricted/ledger/varied.csv",
        log:
            f"{RUN}/logs/varied.log",
        params:
            study={**study("sites", "periods", "definitions", "codes"), "bands": STUDY["models"]["length_of_use_bands"]},
            days=STUDY["models"]["varied_days"],
            extracts=OF_VARIED,
            measures=OF_CLIENTS,
            digest=digest("varied"),
        script:
            "../scripts/varied.py"
