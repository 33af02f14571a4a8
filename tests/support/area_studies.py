"""A study of areas in one process: its ledger from a table of figures, and what is printed from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

import chain
from accept import accept
from against_others import against_others
from dscp.config.checked import completed, plain
from dscp.config.schema import config_schema, meanings
from dscp.figures.data import planned
from dscp.report.lint import read_allowed, read_page
from dscp.study.choices import choices
from dscp.study.reports import AREA_STUDY
from figures import figures as drawn_figures
from ledger import ledger as whole_ledger
from report_html import Choice, quoted, report_html
from workbook import workbook

STUDY = chain.PROJECT / "studies" / "pbr-pilots"
FILE = STUDY / "alcohol_treatment_by_area.csv"


def unsaid(**settings: object) -> dict:
    """The config of the study that the project holds, as it stands in its file."""
    return {**plain(yaml.safe_load((STUDY / "config.yaml").read_text(encoding="utf-8"))), **settings}


def example(**settings: object) -> dict:
    """The same, with all that follows from it."""
    return completed(unsaid(**settings))


def figures() -> pd.DataFrame:
    """The published figures as they stand in the file."""
    return pd.read_csv(FILE)


def faults(of: Mapping, frame: pd.DataFrame, folder: Path) -> list[str]:
    """What stops a run on some figures."""
    return chain.faults(chain.Study(of, {"area_coverage": frame}), "area_coverage", folder)


def made(of: Mapping, folder: Path, frame: pd.DataFrame | None = None) -> chain.Made:
    """The ledger of a study of areas, by its rules in their order."""
    study = chain.Study(of, {"area_coverage": figures() if frame is None else frame})
    findings, typed = chain.check(study, "area_coverage", folder)
    remarks, stops = accept([findings])
    assert not stops, "\n".join(stops)
    rows = chain.as_read(against_others(pd.read_parquet(typed), of), folder)
    table = pd.read_csv(chain.PROJECT / AREA_STUDY.constants, keep_default_na=False)
    config, says = {"assumed": {}, **of, "disclosure": "none"}, meanings(config_schema(chain.PROJECT, of))
    whole = whole_ledger(rows, remarks, table, config, says)
    return chain.Made(
        of, chain.as_read([whole], folder), remarks, pd.DataFrame(columns=["site"]), {"area_coverage": typed}
    )


def render(of: chain.Made) -> chain.Printed:
    """Figures, page and workbook of a study, and what the number lint says of the page."""
    config, ledger = of.config, of.ledger
    told, drawn, words, allowed = (
        AREA_STUDY.declared(name, chain.TEMPLATES) for name in ("exhibits", "figures", "workbook", "numbers_allowed")
    )
    svgs = drawn_figures(ledger, drawn["figures"], config, chain.FACES)
    assert svgs.keys() == planned(drawn["figures"], config, ledger["id"].tolist()).keys()
    open_choices = [Choice(*one) for one in choices(config_schema(chain.PROJECT, config), config)]
    page, _, cells, _ = report_html(
        ledger, of.findings, of.activity, svgs, told["exhibits"], open_choices, config, chain.TEMPLATES,
        {"screen": "", "print": ""}, declared_figures=drawn["figures"],
    )  # fmt: skip
    book, _ = workbook(ledger, of.activity, told["exhibits"], words, config, chain.TEMPLATES)
    texts = quoted(of.findings, {}, open_choices)
    return chain.Printed(page, cells, svgs, book, read_page(page, ledger, config, read_allowed(allowed), texts).faults)
