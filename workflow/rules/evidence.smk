"""Appendix F: how sure one can be, given that pilots were areas."""


rule evidence:
    """Tables S.13, S.14 and Figures S.5-S.8, from counts and rates that are in the ledger already."""
    input:
        parts=[*rules.impact.input.ledgers, rules.impact.output.ledger],
        constants=constants(),
    output:
        ledger=f"{RUN}/restricted/ledger/evidence.csv",
    log:
        f"{RUN}/logs/evidence.log",
    params:
        sites={name: STUDY["sites"][name]["label"] for name in SITES},
        alone=[site["label"] for site in STUDY["sites"].values() if "pilot" in site and "comparison" not in site],
        measures=measures(),
        models=pick(STUDY["models"], "significance", "confidence", "power_at", "seed"),
        drops=not under_a_policy(STUDY),
        digest=digest("evidence", CONSTANTS),
    script:
        "../scripts/evidence.py"


if "over_time" in PARTS:

    rule over_time:
        """Figure S.12: whether there was a trend before the pilots."""
        input:
            accepted=ACCEPTED,
            journeys=validated("journeys"),
        output:
            members=f"{RUN}/restricted/over_time.parquet",
            ledger=f"{RUN}/restricted/ledger/over_time.csv",
        log:
            f"{RUN}/logs/over_time.log",
        params:
            study={**study("sites", "periods", "definitions", "codes"), "bands": STUDY["models"]["length_of_use_bands"]},
            labels={name: STUDY["sites"][name]["label"] for name in SITES},
            models=pick(STUDY["models"], "confidence", "seed"),
            digest=digest("over_time"),
        script:
            "../scripts/over_time.py"


if "follow_up" in PARTS:

    rule follow_up:
        """Table S.16 and Figure S.11: who came back, how people leave, and what payment by results asks for."""
        input:
            accepted=ACCEPTED,
            journeys=validated("journeys"),
            impact=[rules.impact.output.ledger] if "retained_12_weeks" in measures() else [],
        output:
            members=f"{RUN}/restricted/follow_up.parquet",
            ledger=f"{RUN}/restricted/ledger/follow_up.csv",
        log:
            f"{RUN}/logs/follow_up.log",
        params:
            study={**study("sites", "periods", "definitions", "codes"), "bands": STUDY["models"]["length_of_use_bands"]},
            labels={name: STUDY["sites"][name]["label"] for name in SITES},
            models=pick(STUDY["models"], "confidence"),
            digest=digest("follow_up"),
        script:
            "../scripts/follow_up.py"
