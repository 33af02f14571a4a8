"""The 2012 print against this run, and against itself. Only a run of the evaluated study has anything to compare.

reproduction: published numbers, our quantities -> a verdict per number, relations among the published numbers.
steps: our quantities -> the economics with every note on the method.
claims: the register, steps, the print's sentences as data -> a verdict per claim, and what most depends on.
"""

REGISTER = project_files("workflow/resources/reproduction", ".csv", ".yaml")
CLAIMS = project_files("workflow/resources/claims", ".yaml")


rule reproduction:
    """Compare every published number with ours; prove which published numbers contradict each other."""
    input:
        parts=expand(f"{RUN}/restricted/ledger/{{part}}.csv", part=[*PARTS, "stated", "restated"]),
        constants=constants(),
        published=sources(PUBLISHED),
        prose=source("workflow/resources/reproduction/prose.csv"),
        steps=source("workflow/resources/reproduction/steps.csv"),
        cells=source("workflow/resources/reproduction/cells.csv"),
        relations=source("workflow/resources/reproduction/relations.yaml"),
        confirmed=source("workflow/resources/reproduction/confirmed.csv"),
        rebuilt=source("workflow/resources/reproduction/rebuilt.csv"),
        exhibits=source("templates/exhibits.yaml"),
    output:
        register=f"{RUN}/reproduction.csv",
        relations=f"{RUN}/relations.csv",
        counts=f"{RUN}/count_ranges.csv",
        ledger=f"{RUN}/restricted/ledger/reproduction.csv",
    log:
        f"{RUN}/logs/reproduction.log",
    params:
        config={**study("sites", "programme", "periods", "definitions", "models", "economics"), **HELD},
        digest=digest("reproduction", "templates/exhibits.yaml", CONSTANTS, *REGISTER, *PUBLISHED),
    script:
        "../scripts/reproduction.py"


rule steps:
    """Run the economics again with every note on the method: each alone, and one after the other."""
    input:
        parts=expand(f"{RUN}/restricted/ledger/{{part}}.csv", part=[*PARTS, "reproduction"]),
        constants=constants(),
    output:
        ledger=f"{RUN}/restricted/ledger/steps.csv",
    log:
        f"{RUN}/logs/steps.log",
    params:
        sites=SITES,
        level=STUDY["models"]["significance"],
        digest=digest("steps", CONSTANTS),
    script:
        "../scripts/steps.py"


rule claims:
    """Judge every other claim of the print, by our quantities, its own numbers and its own text."""
    input:
        register=rules.reproduction.output.register,
        parts=expand(
            f"{RUN}/restricted/ledger/{{part}}.csv", part=[*PARTS, "stated", "restated", "reproduction", "steps"]
        ),
        constants=constants(),
        published=sources(PUBLISHED),
        prose=source("workflow/resources/reproduction/prose.csv"),
        steps=source("workflow/resources/reproduction/steps.csv"),
        claims=source("workflow/resources/claims/claims.yaml"),
        text=source("workflow/resources/claims/text.yaml"),
    output:
        claims=f"{RUN}/claims.csv",
        ledger=f"{RUN}/restricted/ledger/claims.csv",
    log:
        f"{RUN}/logs/claims.log",
    params:
        config=study("definitions", "models", "economics"),
        digest=digest("claims", CONSTANTS, *CLAIMS, *REGISTER, *PUBLISHED),
    script:
        "../scripts/claims.py"
