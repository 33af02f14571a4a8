"""Rule report_html: chapters and exhibits rendered once, into one page for the screen and one for print.

Both pages hold everything they need: stylesheets, fonts and figures are embedded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from dscp.exhibits.book import activity_texts, open_book, read_activity, setting
from dscp.exhibits.file import filed
from dscp.extracts.faults import NO_VALUE, with_ids
from dscp.extracts.registry import called
from dscp.extracts.told import made_of, told
from dscp.figures.data import planned
from dscp.figures.files import address, for_print, for_screen, titled
from dscp.ledger.rows import read_ledger
from dscp.record.columns import described
from dscp.record.forms import CSV, forms_of
from dscp.report.lint import read_allowed, refuse_naked_numbers
from dscp.report.panel import content_policy, data_of, extract_files, scripts_of, trace_data
from dscp.report.render import environment
from dscp.report.styles import embed_fonts
from dscp.run.inert import tabled
from dscp.run.job import writing
from dscp.study.reports import author_of, report_of


@dataclass(frozen=True)
class Choice:
    """An analytical choice of the config that the evaluation leaves open, as `study.choices` tells it."""

    setting: str
    value: str
    sentence: str
    what: str


def validation_tables(findings: pd.DataFrame) -> dict[str, list]:
    """What Appendix B says of the extracts: rows read and kept, left out by rule, missing by column, other remarks.

    Parameters
    ----------
    findings : validation.csv, with columns extract, severity, column, found, allowed, rows; `allowed` of an
        information says what is made of the rows. The file's name, the line and the cell found are not printed, of what
        a remark found the words that are fixed.

    Returns
    -------
    Table name -> rows; a row's last entries are ledger ids, the others texts.
    """
    known = with_ids(findings)
    counts, excluded, remarks = (known[known["severity"] == kind] for kind in ("count", "excluded", "information"))
    missing = counts[counts["found"] == "missing"]
    of_missing = {(row.extract, row.column): row.allowed for row in remarks[remarks["found"] == NO_VALUE].itertuples()}
    return {
        "rows": [
            (called(name), f"validation.rows_in.{name}", f"validation.rows_kept.{name}")
            for name in counts["extract"].unique()
        ],
        "joined": [(setting(row.found), row.id) for row in known[known["severity"] == "joined"].itertuples()],
        "linked": [
            (called(row.extract), called(row.other), row.id) for row in counts[counts["other"] != ""].itertuples()
        ],
        "excluded": [(called(row.extract), setting(row.found), row.id) for row in excluded.itertuples()],
        "missing": [_line(row, of_missing.get((row.extract, row.column), "")) for row in missing.itertuples()],
        "remarks": [
            (*_of(row), setting(told(row.found)), setting(made_of(row.allowed)), row.id)
            for row in remarks[remarks["found"] != NO_VALUE].itertuples()
        ],
    }


def _line(row: tuple, treatment: str) -> tuple:
    return *_of(row), setting(treatment), row.id


def _of(row: tuple) -> tuple[str, Markup]:
    """The file and the column that a finding is of, in words."""
    return called(row.extract), setting(called(row.extract, row.column) if row.column else "")


def quoted(findings: pd.DataFrame, texts: Mapping[str, Mapping[str, list[str]]], choices: Sequence[Choice]) -> set[str]:
    """Texts that the report quotes from validation, from Table 1.3's extract and of the study's choices."""
    remarks = findings[["found", "column", "allowed"]].astype(str)
    remarks = remarks.assign(printed=remarks["found"].map(told), made=remarks["allowed"].map(made_of))
    items = (item for columns in texts.values() for listed in columns.values() for item in listed)
    return {
        *(called(*of) for of in findings[["extract", "column"]].astype(str).to_numpy()),
        *remarks.astype(str).to_numpy().ravel(),
        *items,
        *(part for choice in choices for part in (choice.value, choice.sentence, choice.what)),
    }


def page(env, body: str, style: str, data: str, scripts: Sequence[str], config: Mapping) -> str:
    """A whole HTML page around a body; one with scripts has `data` for them, and a policy: nothing else runs."""
    report = report_of(config)
    about = {"title": config["title"], "programme": config["programme"]["name"], "run": config["run"]}
    return env.get_template("page.html.j2").render(
        title=f"{config['title']}: {report.called}",
        report=config["title"],
        description=report.described.format(**about),
        author=author_of(config),
        created=str(config["programme"]["end"]),
        citation=f"{config['title']}: {report.called}. {report.author}. Run {config['run']}.",
        policy=content_policy(style, scripts) if scripts else "",
        style=Markup(style),
        data=data,
        scripts=[Markup(script) for script in scripts],
        body=Markup(body),
    )


def report_html(
    ledger: pd.DataFrame,
    findings: pd.DataFrame,
    activity: pd.DataFrame,
    figures: Mapping[str, str],
    declarations: Mapping[str, Mapping],
    choices: Sequence[Choice],
    config: Mapping,
    folder: Path,
    styles: Mapping[str, str],
    panel: str = "",
    scripts: Sequence[str] = (),
    *,
    declared_figures: Mapping[str, Mapping],
) -> tuple[str, str, pd.DataFrame, dict[str, str]]:
    """Render the report.

    Parameters
    ----------
    ledger : every quantity
    findings : of the validation
    activity : one row per site, text columns of Table 1.3; None without such an extract
    figures : name of each sheet of each figure -> SVG
    declarations : the numbered tables, as in exhibits.yaml
    choices : settings that the evaluation's report leaves open
    config : the study
    folder : the templates
    styles : "screen" and "print" -> stylesheet with its fonts embedded
    declared_figures : the numbered figures, as in figures.yaml
    panel : what the page for the screen carries in its head to trace its numbers, from `panel.data_of`
    scripts : what the page for the screen runs, from `panel.scripts_of`

    Returns
    -------
    page for the screen, page for print, every cell of the numbered tables and figures, and each sheet of a figure with
    its title and description

    Raises
    ------
    UnknownQuantity
        A template or table asks for a quantity that the ledger does not hold.
    """
    book = open_book(
        ledger, activity, declarations, config, figures, planned(declared_figures, config, ledger["id"].tolist())
    )
    env = environment(str(folder), book)
    body = env.get_template("report.html.j2").render(validation=validation_tables(findings), choices=choices)
    files = {name: titled(figures[name], *told) for name, told in book.told.items()}
    on_screen, on_paper = (
        _illustrated(body, {name: of(svg) for name, svg in files.items()}) for of in (for_screen, for_print)
    )
    screen = page(env, on_screen, styles["screen"], panel, scripts, config)
    return screen, page(env, on_paper, styles["print"], "", (), config), book.cells(), files


def _illustrated(body: str, drawings: Mapping[str, str]) -> str:
    """A body with drawings in the places of their names."""
    for name, svg in drawings.items():
        body = body.replace(f'<img src="figure:{name}" ', f'<img src="{address(svg)}" ')
    return body


@dataclass(frozen=True)
class Sources:
    """The files that the report is made from.

    Attributes
    ----------
    ledger, validation, activity : as the rule release wrote them
    figures : SVG files, by their numbers
    templates : the folder of the templates
    """

    ledger: Path
    validation: Path
    activity: Path
    figures: Sequence[Path]
    templates: Path


def pages(
    of: Sources, config: Mapping, choices: Sequence[Choice], files: Mapping, versions: Mapping
) -> tuple[str, str, pd.DataFrame, dict[str, str]]:
    """Both pages with all that they carry, every printed cell and every figure, once no number on them is naked.

    Parameters
    ----------
    choices : from study.choices
    files : extract -> name and checksum of each file, as in `panel.extract_files`
    versions : rule -> digest of its code

    Raises
    ------
    NakedNumber
        A page prints a number that is not a quantity.
    """
    templates, report = of.templates, report_of(config)
    declared, figures, allowed = (
        report.declared(name, templates) for name in ("exhibits", "figures", "numbers_allowed")
    )
    parts = {"screen": ("report", "screen", "trace"), "print": ("report", "print")}
    written = {
        name: "".join((templates / f"{part}.css").read_text(encoding="utf-8") for part in names)
        for name, names in parts.items()
    }
    whole, remarks = read_ledger(of.ledger), pd.read_csv(of.validation, keep_default_na=False)
    activity = read_activity(of.activity)
    screen, paper, cells, drawn = report_html(
        whole,
        remarks,
        activity,
        {path.stem: path.read_text(encoding="utf-8") for path in of.figures},
        declared["exhibits"],
        choices,
        config,
        templates,
        {name: embed_fonts(style, templates) for name, style in written.items()},
        data_of(trace_data(whole, config, files, versions)),
        scripts_of(templates),
        declared_figures=figures["figures"],
    )
    sources = quoted(remarks, activity_texts(activity), choices)
    refuse_naked_numbers([screen, paper], whole, config, read_allowed(allowed), sources)
    return screen, paper, filed(cells, whole), drawn


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        given, asked = snakemake.input, snakemake.params
        templates = next(Path(name).parent for name in given.templates if Path(name).name == "page.html.j2")
        sources = Sources(
            Path(given.ledger),
            Path(given.validation),
            Path(given.activity),
            [Path(name) for name in given.figures],
            templates,
        )
        files = extract_files(asked.extract_files, given.extracts)
        choices = [Choice(*choice) for choice in asked.choices]
        screen, paper, printed_cells, drawn = pages(sources, asked.config, choices, files, asked.versions)
        Path(out.html).write_text(screen, encoding="utf-8")
        Path(out.print_html).write_text(paper, encoding="utf-8")
        for path, figure in zip(out.figures, snakemake.output.figures, strict=True):
            Path(path).write_text(drawn[Path(figure).stem], encoding="utf-8")
        tabled(printed_cells).to_csv(out.cells, index=False, lineterminator="\n")
        tables = [form.file for form in forms_of(asked.config) if form.media_type == CSV]
        Path(out.columns).write_text(described(tables), encoding="utf-8")
