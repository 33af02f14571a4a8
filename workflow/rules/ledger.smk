"""The ledger: every quantity of the run."""

FONTS = project_files("templates/fonts", ".ttf", ".otf")
REGISTERED = ["reproduction", "steps", "claims"] if PUBLISHED_RUN else ["review"] if REVIEWED_RUN else []
# The groups of the config that shape a quantity.
SHAPING = [
    *("sites", "periods", "definitions", "codes", "models", "economics"),
    *("partnership", "peers", "baseline", "year", "re_presentation"),
    *("design", "pilots", "before", "after", "panel"),
]


rule ledger:
    """Bring all quantities together and check that every one leads to records, a citation or a setting."""
    input:
        parts=expand(f"{RUN}/restricted/ledger/{{part}}.csv", part=[*PARTS, *STATED, *REGISTERED]),
        validation=rules.accept.output.validation,
        constants=constants(),
    output:
        ledger=f"{RUN}/restricted/ledger.csv",
    log:
        f"{RUN}/logs/ledger.log",
    params:
        config={
            **study(*SHAPING),
            "assumed": STUDY.get("assumed", {}),
            "disclosure": STUDY.get("disclosure", "none"),
            "validation": STUDY.get("validation", {}),
        },
        says=meanings(SCHEMA),
        digest=digest("ledger", CONSTANTS),
    script:
        "../scripts/ledger.py"
