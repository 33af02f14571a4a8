"""Chapters 3 and 6, second half: rates, changes, difference in differences and their tests."""


rule impact:
    """Tables 3.1-3.3, 6.1-6.4, 7.5-7.7: one job fits all models."""
    input:
        ledgers=[rules.outcomes.output.ledger, rules.continuity.output.ledger],
        members=[rules.outcomes.output.clients, rules.continuity.output.referrals],
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
