"""A published review of the partnership against this run, and against itself."""

OF_REVIEW = project_files("workflow/resources/published_southampton", ".csv")
REVIEW_DECIDED = project_files("workflow/resources/reviewed", ".csv")
REVIEW_RELATIONS = "workflow/resources/published_southampton/relations.yaml"


rule review:
    """Compare every number of the review with the profile's; judge what it says of itself."""
    input:
        decided=sources(REVIEW_DECIDED),
        parts=expand(f"{RUN}/restricted/ledger/{{part}}.csv", part=PARTS),
        published=sources(OF_REVIEW),
        relations=source(REVIEW_RELATIONS),
    output:
        register=f"{RUN}/reproduction.csv",
        relations=f"{RUN}/review_relations.csv",
        ledger=f"{RUN}/restricted/ledger/review.csv",
    log:
        f"{RUN}/logs/review.log",
    params:
        study=study("partnership", "year"),
        digest=digest("review", REVIEW_RELATIONS, *REVIEW_DECIDED, *OF_REVIEW),
    script:
        "../scripts/review.py"
