"""The evaluation's final report, from administrative extracts to print. Run it with `make report`."""

from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"
include: "workflow/rules/extracts.smk"
include: "workflow/rules/fieldwork.smk"
include: "workflow/rules/outcomes.smk"
include: "workflow/rules/continuity.smk"
include: "workflow/rules/impact.smk"
include: "workflow/rules/economics.smk"
include: "workflow/rules/ledger.smk"


if PUBLISHED_RUN:

    include: "workflow/rules/reproduction.smk"


include: "workflow/rules/disclosure.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/record.smk"


rule all:
    """Everything that a run publishes."""
    default_target: True
    input:
        f"{RUN}/report.pdf",
        f"{RUN}/report.html",
        f"{RUN}/report.xlsx",
        f"{RUN}/report.ods",
        f"{RUN}/cells.csv",
        f"{RUN}/ledger.csv",
        f"{RUN}/validation.csv",
        f"{RUN}/disclosure.csv",
        CHECKED,
        REGISTER_FILES,
        f"{RUN}/ro-crate-metadata.json",
    localrule: True


onstart:
    STARTED.append(lock(Path("results"), STUDY["run"]))
    begin()


onsuccess:
    forget(Path(RUN))
    problems, checked = verification()
    if problems:
        logger.error(refused(problems), extra={"result": True})
        raise SystemExit(1)
    logger.info(summary(checked), extra={"result": True})


onerror:
    said = failure()
    put_back(*LAST_GOOD)
    logger.error(said, extra={"result": True})
