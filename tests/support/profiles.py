"""A partnership's profile in one process: a small study on drawn journeys, its ledger, and what is printed from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

import chain
from accept import accept
from dscp.config.checked import completed, plain
from dscp.config.schema import config_schema, meanings
from dscp.extracts.registry import samples
from dscp.figures.data import planned
from dscp.ledger.rows import read_ledger, values_of
from dscp.measures.clients_of_year import clients_of_year, clients_within
from dscp.measures.indicators import indicators
from dscp.measures.needs import lacking
from dscp.report.lint import read_allowed, read_page
from dscp.study.choices import choices
from dscp.study.reports import PROFILE
from figures import figures
from in_detail import in_detail
from ledger import ledger as whole_ledger
from partnership import counted, partnership
from report_html import Choice, quoted, report_html
from workbook import workbook

EXAMPLE = chain.PROJECT / "studies" / "profile" / "config.yaml"
OWN, PEERS = "N1", ["N2", "S1", "E1"]
YEARS = {"year": ("2014-04-01", "2015-03-31"), "baseline": ("2013-04-01", "2014-03-31")}


def unsaid(**settings: object) -> dict:
    """The config of a small profile, as it stands in a file."""
    example = plain(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))
    own = {"partnership": OWN, "peers": PEERS, "names": {OWN: "North"}, "run": "small-profile"}
    years = {span: {"start": first, "end": last} for span, (first, last) in YEARS.items()}
    return {**example, **own, **years, "reference_run": False, **settings}


def config(**settings: object) -> dict:
    """The same, with all that follows from it."""
    return completed(unsaid(**settings))


def drawn(of: Mapping, size: int = 3000, seed: int = 7) -> pd.DataFrame:
    """Journeys drawn at random, of all its partnerships and of one that is none of them."""
    return samples(of, np.random.default_rng(seed), size, ["journeys"])["journeys"]


def made(of: Mapping, journeys: pd.DataFrame, folder: Path) -> chain.Made:
    """The ledger of a profile, by its rules in their order."""
    findings, typed = chain.check(chain.Study(of, {"journeys": journeys}), "journeys", folder)
    remarks, stops = accept([findings])
    assert not stops, "\n".join(stops)
    every = indicators(of["re_presentation"])
    clients = clients_of_year(str(typed), of, every)
    parts = [chain.as_read(partnership(counted(clients, every, of), every, of), folder)]
    if not lacking(["in_detail"], of):
        parts.append(chain.as_read(in_detail(clients_within(str(typed), of), of, values_of(parts[0])), folder))
    table = pd.read_csv(chain.PROJECT / PROFILE.constants, keep_default_na=False)
    config, says = {"assumed": {}, **of, "disclosure": "none"}, meanings(config_schema(chain.PROJECT, of))
    whole = whole_ledger(pd.concat(parts, ignore_index=True), remarks, table, config, says)
    return chain.Made(of, chain.as_read([whole], folder), remarks, pd.DataFrame(columns=["site"]), {"journeys": typed})


def render(of: Mapping, ledger: pd.DataFrame, findings: pd.DataFrame) -> chain.Printed:
    """Figures, page and workbook of a ledger, and what the number lint says of the page."""
    told, drawn_ones, words, allowed = (
        PROFILE.declared(name, chain.TEMPLATES) for name in ("exhibits", "figures", "workbook", "numbers_allowed")
    )
    nothing = pd.DataFrame(columns=["site"])
    svgs = figures(ledger, drawn_ones["figures"], of, chain.FACES)
    assert svgs.keys() == planned(drawn_ones["figures"], of, ledger["id"].tolist()).keys()
    open_choices = [Choice(*one) for one in choices(config_schema(chain.PROJECT, of), of)]
    page, _, cells = report_html(
        ledger, findings, nothing, svgs, told["exhibits"], open_choices, of, chain.TEMPLATES,
        {"screen": "", "print": ""}, declared_figures=drawn_ones["figures"],
    )  # fmt: skip
    book, _ = workbook(ledger, nothing, told["exhibits"], words, of, chain.TEMPLATES)
    texts = quoted(findings, {}, open_choices)
    return chain.Printed(page, cells, svgs, book, read_page(page, ledger, of, read_allowed(allowed), texts).faults)


def published(of: chain.Made, folder: Path, policy: str) -> chain.Printed:
    """What is printed of a profile under a policy, once the gate lets it through."""
    assert chain.publish(of, folder, policy) == []
    findings = pd.read_csv(folder / "validation.csv", keep_default_na=False)
    return render(of.config, read_ledger(folder / "ledger.csv"), findings)
