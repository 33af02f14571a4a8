"""The evaluation's final report, from administrative extracts to print. Run it with `make report`."""

from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/study.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/extracts.smk"


for part in ("fieldwork", "outcomes", "continuity", "impact", "evidence", "partnership", "published", "against_others"):
    if part in PARTS:

        include: f"workflow/rules/{part}.smk"


if "unit_values" in PARTS:

    include: "workflow/rules/economics.smk"


if STATED:

    include: "workflow/rules/stated.smk"


include: "workflow/rules/ledger.smk"


if PUBLISHED_RUN:

    include: "workflow/rules/reproduction.smk"


if REVIEWED_RUN:

    include: "workflow/rules/review.smk"


include: "workflow/rules/disclosure.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/record.smk"
include: "workflow/rules/where.smk"
include: "workflow/rules/ending.smk"


rule all:
    """Everything that a run publishes."""
    default_target: True
    input:
        [path for paths in FORMS.values() for path in paths],
    localrule: True
