"""The journeys of a partnership whose published review the project holds."""

OF_REVIEW = project_files("workflow/resources/published_southampton", ".csv")
REVIEW_ASSUMED = "workflow/resources/reviewed/assumed.csv"


rule review_journeys:
    """Rebuild a partnership's journeys from the counts of its published review (seeded). They are no evidence about it."""
    input:
        published=sources(OF_REVIEW),
        assumed=source(REVIEW_ASSUMED),
    output:
        journeys=REVIEWED,
    log:
        f"{RUN}/logs/review_journeys.log",
    params:
        study=study("partnership", "year", "baseline", "reference_extracts", "definitions"),
        digest=digest("review_journeys", REVIEW_ASSUMED, *OF_REVIEW),
    script:
        "../scripts/review_journeys.py"
