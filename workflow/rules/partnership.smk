"""The profile of a partnership: its clients in a year, what became of them, and how its peers fare."""

OF_PROFILE = study(
    *("partnership", "peers", "re_presentation", "sites", "periods", "definitions", "codes", "models", "year")
)


rule partnership:
    """Tables P.1 to P.3, P.5 and P.7: counts, shares and growth, of the partnership and of its peers."""
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
        """Tables P.1.1, P.2.1, P.3.1, P.4 and P.6: who the partnership's clients are, for how long, and who came back when."""
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
