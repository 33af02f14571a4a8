"""From ledger to print."""

from dscp.record.jobs import recorded_jobs
from dscp.run.notes import PARTS_KEPT

TEMPLATES = project_files("templates", ".j2", ".css", ".js", ".yaml", ".ttf", ".otf", ".woff2")
WORDS = [REPORT.template(f"{name}.yaml", project=BASE) for name in ("exhibits", "workbook", "numbers_allowed")]


rule figures:
    """Every figure of templates/figures.yaml that the study has: drawn, and as a picture for slides."""
    input:
        ledger=rules.release.output.ledger,
        declared=source(FIGURES),
        fonts=sources(FONTS),
    output:
        drawings=expand(f"{RUN}/work/figures/{{number}}.svg", number=figure_drawings()),
        pictures=expand(f"{RUN}/figures/{{number}}.png", number=figure_drawings()),
    log:
        f"{RUN}/logs/figures.log",
    params:
        config={
            **study(
                "report",
                "partnership",
                "peers",
                "year",
                "sites",
                "programme",
                "periods",
                "economics",
                "before",
                "after",
                "panel",
            ),
            **HELD,
            "reference_run": STUDY.get("reference_run", False),
            "disclosure": POLICY,
        },
        digest=digest("figures", FIGURES, *FONTS),
    script:
        "../scripts/figures.py"


rule report_html:
    """Render chapters and exhibits once: both HTML pages, every printed cell, figures with their titles; columns of files."""
    input:
        ledger=rules.release.output.ledger,
        validation=rules.release.output.validation,
        activity=rules.release.output.activity,
        figures=rules.figures.output.drawings,
        templates=sources(TEMPLATES),
        extracts=reference_extract_files(),
    output:
        html=f"{RUN}/report.html",
        print_html=f"{RUN}/work/report_print.html",
        cells=f"{RUN}/cells.csv",
        figures=expand(f"{RUN}/figures/{{number}}.svg", number=figure_drawings()),
        columns=f"{RUN}/csv-metadata.json",
    log:
        f"{RUN}/logs/report_html.log",
    params:
        config=STUDY,
        choices=list(choices(SCHEMA, STUDY)),
        extract_files={name: extract_paths(name) for name in EXTRACTS},
        versions={name: digests.code(name) for name in ["validate", *PARTS, *STATED, *REGISTERED, "ledger"]},
        digest=digest("report_html", *TEMPLATES),
    script:
        "../scripts/report_html.py"


rule workbook:
    """Every numbered table as an accessible spreadsheet, the same in two formats."""
    input:
        ledger=rules.release.output.ledger,
        activity=rules.release.output.activity,
        templates=sources(WORDS),
    output:
        xlsx=f"{RUN}/report.xlsx",
        ods=f"{RUN}/report.ods",
    log:
        f"{RUN}/logs/workbook.log",
    params:
        config=STUDY,
        digest=digest("workbook", *WORDS),
    script:
        "../scripts/workbook.py"


JOBS_BEFORE_PDF = recorded_jobs(own_rules(), EXTRACTS, RUN)


rule attached_record:
    """Record the jobs up to here, without times: what the PDF carries with it of how it was made."""
    input:
        made=[path for job in JOBS_BEFORE_PDF for path in job["outputs"] if "/restricted/" not in path],
        code=sources(CODE_PARTS),
        config_file=ancient(CONFIG_FILE),
    output:
        crate=f"{RUN}/work/ro-crate-metadata.json",
    log:
        f"{RUN}/logs/attached_record.log",
    params:
        jobs=JOBS_BEFORE_PDF,
        study=STUDY,
        extracts=EXTRACT_NAMES,
        code=CODE,
        config_file=digests.of_file(CONFIG_FILE),
        digest=digest("attached_record", *CODE_PARTS),
    script:
        "../scripts/attached_record.py"


rule report_pdf:
    """Typeset the print HTML, which holds its stylesheet, fonts and figures; attach what its figures rest on."""
    input:
        print_html=rules.report_html.output.print_html,
        attached=[rules.release.output.ledger, rules.report_html.output.cells, rules.attached_record.output.crate],
    output:
        pdf=f"{RUN}/report.pdf",
    log:
        f"{RUN}/logs/report_pdf.log",
    threads: 8  # or as many as there are; more parts do not end sooner than the largest
    params:
        kept=str(PARTS_KEPT / STUDY["run"]),
        digest=digest("report_pdf"),
    script:
        "../scripts/report_pdf.py"
