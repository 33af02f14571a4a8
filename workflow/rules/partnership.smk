"""The profile of a partnership: its clients in a year, what became of them, and how its peers fare."""

OF_PROFILE = study(
    *(
        "partnership",
        "peers",
        "re_presentation",
        "sites",
        "periods",
        "definitions",
        "codes",
        "models",
        "year",
        "baseline",
        "review",
    )
)


rule partnership:
    """Tables P.1 to P.3, P.5, P.7 and P.9: counts, shares and growth, of the partnership and of its peers."""
    input:
        accepted=ACCEPTED,
        journeys=validated("journeys"),
    output:
        members=f"{RUN}/restricted/partnership.parquet",
        ledger=f"{RUN}/restricted/ledger/partnership.csv",
    log:
        f"{RUN}/logs/partnership.log",
    params:
        study=OF_PROFILE,
        digest=digest("partnership"),
    script:
        "../scripts/partnership.py"


if "in_detail" in PARTS:

    rule in_detail:
        """Tables P.1.1, P.2.1, P.3.1, P.4, P.6 and P.10: who the partnership's clients are, for how long, and who came back when."""
        input:
            accepted=ACCEPTED,
            journeys=validated("journeys"),
            partnership=rules.partnership.output.ledger,
        output:
            ledger=f"{RUN}/restricted/ledger/in_detail.csv",
        log:
            f"{RUN}/logs/in_detail.log",
        params:
            study=OF_PROFILE,
            digest=digest("in_detail"),
        script:
            "../scripts/in_detail.py"


if "treatment_outcomes" in PARTS:

    rule treatment_outcomes:
        """Table P.8: what outcome forms say at reviews and at exit."""
        input:
            accepted=ACCEPTED,
            journeys=validated("journeys"),
            forms=validated("outcome_forms"),
            partnership=rules.partnership.output.ledger,
        output:
            ledger=f"{RUN}/restricted/ledger/treatment_outcomes.csv",
        log:
            f"{RUN}/logs/treatment_outcomes.log",
        params:
            study=OF_PROFILE,
            digest=digest("treatment_outcomes"),
        script:
            "../scripts/treatment_outcomes.py"
