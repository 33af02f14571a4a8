"""Rule workbook: every numbered table as an accessible spreadsheet, the same in XLSX and in ODS."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml
from jinja2 import Environment
from markupsafe import Markup

from dscp.exhibits.book import open_book, read_activity
from dscp.exhibits.declared import with_sheets
from dscp.ledger.rows import read_ledger
from dscp.report.lint import read_allowed, refuse_naked_numbers
from dscp.report.render import environment
from dscp.run.job import writing
from dscp.study.reports import author_of, report_of
from dscp.workbook.ods import ods
from dscp.workbook.sheets import Workbook, workbook_of
from dscp.workbook.xlsx import xlsx


def workbook(
    ledger: pd.DataFrame,
    activity: pd.DataFrame,
    declarations: Mapping[str, Mapping],
    texts: Mapping,
    config: Mapping,
    folder: Path,
) -> tuple[Workbook, Markup]:
    """Draw the tables as the report does, and the workbook from them.

    Parameters
    ----------
    ledger : every quantity
    activity : one row per site, text columns of Table 1.3; None without such an extract
    declarations : the numbered tables, as in exhibits.yaml
    texts : the workbook's own words, as in workbook.yaml
    config : the study
    folder : the templates

    Returns
    -------
    The workbook, and its own words with the elements that the number lint reads.
    """
    every = with_sheets(declarations, config)
    book = open_book(ledger, activity, every, config)
    env = environment(str(folder), book)
    tables = [env.globals["table_data"](number) for number in book.exhibits]
    of_area = every.keys() - declarations.keys()
    tables = [table for table in tables if table.bodies or table.number not in of_area]
    words = drawn(texts, env)
    own = [words["title"], *words["intro"], *words["about"], *words["shorthand"].values()]
    return workbook_of(book, tables, words, author_of(config)), Markup("\n").join(own)


def drawn(texts: str | list | Mapping, env: Environment) -> Markup | list | dict:
    """Texts drawn by the templates, in the lists and mappings that they stand in."""
    if isinstance(texts, str):
        return Markup(env.from_string(texts).render())
    if isinstance(texts, list):
        return [drawn(text, env) for text in texts]
    return {name: drawn(text, env) for name, text in texts.items()}


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        files = {Path(name).stem: Path(name) for name in snakemake.input.templates}
        words = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in files.items()}
        whole = read_ledger(snakemake.input.ledger)
        made, own_words = workbook(
            whole,
            read_activity(snakemake.input.activity),
            words["exhibits"]["exhibits"],
            words["workbook"],
            snakemake.params.config,
            report_of(snakemake.params.config).root(files["exhibits"]),
        )
        allowed = read_allowed(words["numbers_allowed"])
        refuse_naked_numbers([own_words], whole, snakemake.params.config, allowed)
        Path(out.xlsx).write_bytes(xlsx(made))
        Path(out.ods).write_bytes(ods(made))
