"""From ledger to print."""

TEMPLATES = project_files("templates", ".j2", ".css", ".js", ".yaml", ".ttf", ".otf", ".woff2")
FONTS = project_files("templates/fonts", ".ttf", ".otf")
PARTS = ["fieldwork", "outcomes", "continuity", "impact", "spending", "new_journeys", "unit_values", "benefits"]
REGISTERED = ["reproduction", "walk"] if PUBLISHED_RUN else []
WALK_FIGURE = [f"{RUN}/figures/E.1.svg"] if PUBLISHED_RUN else []
REGISTER_FILES = [f"{RUN}/{name}.csv" for name in ("reproduction", "relations", "count_ranges") if PUBLISHED_RUN]


rule findings:
    """Counts, ranges and totals that only the prose prints."""
    input:
        parts=expand(f"{RUN}/ledger/{{part}}.csv", part=PARTS),
    output:
        ledger=f"{RUN}/ledger/findings.csv",
    log:
        f"{RUN}/logs/findings.log",
    params:
        sites=SITES,
        years=len(STUDY["economics"]["spending_years"]),
        days=pick(STUDY["definitions"], "effective_days", "pickup_days"),
        digest=digest("findings"),
    script:
        "../scripts/findings.py"


rule restated:
    """Counts of sites, changes and spans of time that only the evaluation's prose states."""
    input:
        parts=expand(f"{RUN}/ledger/{{part}}.csv", part=PARTS),
        constants=source(CONSTANTS),
    output:
        ledger=f"{RUN}/ledger/restated.csv",
    log:
        f"{RUN}/logs/restated.log",
    params:
        **study("sites", "periods", "programme"),
        window=STUDY["economics"]["monthly_window"],
        settings={
            "models.significance": STUDY["models"]["significance"],
            "economics.treatment_years": STUDY["economics"]["treatment_years"],
            "economics.recovery_years": STUDY["economics"]["recovery_years"],
        },
        digest=digest("restated", CONSTANTS),
    script:
        "../scripts/restated.py"


rule ledger:
    """Bring all quantities together and check that every one leads to records, a citation or a setting."""
    input:
        parts=expand(f"{RUN}/ledger/{{part}}.csv", part=[*PARTS, "findings", "restated", *REGISTERED]),
        validation=rules.accept.output.validation,
        constants=source(CONSTANTS),
    output:
        ledger=f"{RUN}/ledger.csv",
    log:
        f"{RUN}/logs/ledger.log",
    params:
        config={**study("definitions", "models", "economics"), "assumed": STUDY.get("assumed", {})},
        digest=digest("ledger", CONSTANTS),
    script:
        "../scripts/ledger.py"


rule figures:
    """Figures C.8.1-C.8.6, one per analysed site."""
    input:
        ledger=rules.new_journeys.output.ledger,
        fonts=sources(FONTS),
    output:
        figures=[f"{RUN}/figures/C.8.{i}.svg" for i, _ in enumerate(SITES, start=1)],
    log:
        f"{RUN}/logs/figures.log",
    params:
        config={**study("sites", "programme"), "reference_run": STUDY.get("reference_run", False)},
        digest=digest("figures", *FONTS),
    script:
        "../scripts/figures.py"


rule report_html:
    """Render chapters and exhibits once: the self-contained HTML, the HTML for print, and every printed cell."""
    input:
        ledger=rules.ledger.output.ledger,
        validation=rules.accept.output.validation,
        activity=validated("pilot_activity"),
        figures=[*rules.figures.output.figures, *WALK_FIGURE],
        templates=sources(TEMPLATES),
        config_file=ancient(CONFIG_FILE),
        extracts=reference_extract_files(),
    output:
        html=f"{RUN}/report.html",
        print_html=f"{RUN}/work/report_print.html",
        cells=f"{RUN}/cells.csv",
    log:
        f"{RUN}/logs/report_html.log",
    params:
        config=STUDY,
        config_file=_digests.of_file(CONFIG_FILE),
        extract_files={name: extract_paths(name) for name in EXTRACTS},
        versions={
            name: _digests.code(name) for name in ["validate", *PARTS, "findings", "restated", *REGISTERED, "ledger"]
        },
        digest=digest("report_html", *TEMPLATES),
    script:
        "../scripts/report_html.py"


rule report_pdf:
    """Typeset the print HTML, which holds its stylesheet, fonts and figures; attach what its figures rest on."""
    input:
        print_html=rules.report_html.output.print_html,
        attached=[rules.ledger.output.ledger, rules.report_html.output.cells],
    output:
        pdf=f"{RUN}/report.pdf",
    log:
        f"{RUN}/logs/report_pdf.log",
    params:
        digest=digest("report_pdf"),
    script:
        "../scripts/report_pdf.py"
