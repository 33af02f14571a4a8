"""A partnership's profile in one process: a small study on drawn journeys, its ledger, and what is printed from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from dscp.measures.indicators import answered, indicators
from dscp.measures.needs import lacking
from dscp.report.lint import read_allowed, read_page
from dscp.reproduction.compared import read_data
from dscp.reproduction.published import read_published
from dscp.study.choices import choices
from dscp.study.kinds import reviewed
from dscp.study.reports import COUNTS, OF_COUNTS, report_of
from figures import figures
from in_detail import a_quarter_earlier, in_detail
from ledger import ledger as whole_ledger
from partnership import counted, partnership
from published import cells, published
from report_html import Choice, quoted, report_html
from review import review
from treatment_outcomes import asked as forms_of
from treatment_outcomes import treatment_outcomes
from validate import validate
from words_of_ids import Page
from workbook import workbook

BARNET = chain.PROJECT / "studies" / "barnet"
EXAMPLE = chain.PROJECT / "studies" / "profile" / "config.yaml"
REVIEWS = chain.PROJECT / "workflow" / "resources"
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


def barnet(**settings: object) -> dict:
    """The config of the profile that the project makes of real published counts, with all that follows from it."""
    own = plain(yaml.safe_load((BARNET / "config.yaml").read_text(encoding="utf-8")))
    return completed({**own, **settings})


def export() -> dict[str, pd.DataFrame]:
    """Its files, as texts: name -> rows."""
    return {path.name: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(BARNET.glob("*.csv"))}


def drawn(of: Mapping, size: int = 3000, seed: int = 7) -> pd.DataFrame:
    """Journeys drawn at random, of all its partnerships and of one that is none of them."""
    return samples(of, np.random.default_rng(seed), size, ["journeys"])["journeys"]


def made(of: Mapping, journeys: pd.DataFrame, folder: Path, forms: pd.DataFrame | None = None) -> chain.Made:
    """The ledger of a profile, by its rules in their order; `forms`: of outcomes, if it has any."""
    study = chain.Study(of, {"journeys": journeys, **({} if forms is None else {"outcome_forms": forms})})
    findings, typed = chain.check(study, "journeys", folder)
    asked = indicators(of["re_presentation"], waits=True)
    clients = clients_of_year(str(typed), of, asked)
    every = answered(asked, clients)
    parts = [chain.as_read(partnership(counted(clients, every, of), every, of), folder)]
    if not lacking(["in_detail"], of):
        con, earlier = clients_within(str(typed), of), a_quarter_earlier(str(typed), of)
        parts.append(chain.as_read(in_detail(con, of, values_of(parts[0]), earlier), folder))
    if not lacking(["treatment_outcomes"], of):
        more, of_forms = chain.check(study, "outcome_forms", folder)
        findings = pd.concat([findings, more], ignore_index=True)
        con = forms_of(str(typed), str(of_forms), of)
        parts.append(chain.as_read(treatment_outcomes(con, of, values_of(parts[0])), folder))
    if reviewed(of):
        parts.append(chain.as_read(review_of(of, parts)[2], folder))
    return _whole(of, parts, findings, {"journeys": typed}, folder)


def of_counts(of: Mapping, files: Mapping[str, pd.DataFrame], folder: Path) -> chain.Made:
    """The ledger of a profile of published counts; `files`: name -> the rows of the export that it holds, as texts."""
    findings, typed = checked_counts(of, files, folder)
    table = pd.read_csv(chain.PROJECT / OF_COUNTS.constants, keep_default_na=False)
    parts = [chain.as_read(published(cells(pd.read_parquet(typed), of), table), folder)]
    return _whole(of, parts, findings, {COUNTS: typed}, folder)


def checked_counts(of: Mapping, files: Mapping[str, pd.DataFrame], folder: Path) -> tuple[pd.DataFrame, Path]:
    """Findings of the validation of published counts, and their typed copy."""
    for name, rows in files.items():
        rows.to_csv(folder / name, index=False)
    typed = folder / f"{COUNTS}.parquet"
    paths = [str(folder / name) for name in files]
    return validate(COUNTS, paths, of, str(typed), names=list(files), today=chain.TODAY), typed


def _whole(of: Mapping, parts: list, findings: pd.DataFrame, typed: Mapping[str, Path], folder: Path) -> chain.Made:
    """The whole ledger, of the rows of its rules."""
    remarks, stops = accept([findings])
    assert not stops, "\n".join(stops)
    table = pd.read_csv(chain.PROJECT / report_of(of).constants, keep_default_na=False)
    config, says = {"assumed": {}, **of, "disclosure": "none"}, meanings(config_schema(chain.PROJECT, of))
    whole = whole_ledger(pd.concat(parts, ignore_index=True), remarks, table, config, says)
    return chain.Made(of, chain.as_read([whole], folder), remarks, pd.DataFrame(columns=["site"]), typed)


def review_of(
    of: Mapping, parts: Sequence[pd.DataFrame], tables: Mapping | None = None, **decided: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, list[pd.DataFrame]]:
    """The register of a published review, its relations and their ledger rows; what is given goes before the project's.

    Parameters
    ----------
    parts : ledger rows of the other rules
    """
    own = {path.stem: read_data(str(path)) for path in (REVIEWS / "reviewed").glob("*.csv")}
    print_ = REVIEWS / "published_southampton"
    relations = yaml.safe_load((print_ / "relations.yaml").read_text(encoding="utf-8"))
    read = read_published([str(path) for path in print_.glob("*.csv")])
    return review(of, pd.concat(parts, ignore_index=True), {**read, **(tables or {})}, relations, {**own, **decided})


def render(of: Mapping, ledger: pd.DataFrame, findings: pd.DataFrame) -> chain.Printed:
    """Figures, page and workbook of a ledger, and what the number lint says of the page."""
    told, drawn_ones, words, allowed = (
        report_of(of).declared(name, chain.TEMPLATES) for name in ("exhibits", "figures", "workbook", "numbers_allowed")
    )
    nothing = pd.DataFrame(columns=["site"])
    svgs = figures(ledger, drawn_ones["figures"], of, chain.FACES)
    assert svgs.keys() == planned(drawn_ones["figures"], of, ledger["id"].tolist()).keys()
    open_choices = [Choice(*one) for one in choices(config_schema(chain.PROJECT, of), of)]
    page, _, cells, _ = report_html(
        ledger, findings, nothing, svgs, told["exhibits"], open_choices, of, chain.TEMPLATES,
        {"screen": "", "print": ""}, declared_figures=drawn_ones["figures"],
    )  # fmt: skip
    book, _ = workbook(ledger, nothing, told["exhibits"], words, of, chain.TEMPLATES)
    texts = quoted(findings, {}, open_choices)
    return chain.Printed(page, cells, svgs, book, read_page(page, ledger, of, read_allowed(allowed), texts).faults)


def read(made: chain.Made) -> Page:
    """The page of a profile, read for the words around its numbers."""
    rows = {row["id"]: row for row in made.ledger.to_dict("records")}
    return Page(render(made.config, made.ledger, made.findings).page, rows, made.config)


def released(of: chain.Made, folder: Path, policy: str) -> chain.Printed:
    """What is printed of a profile under a policy, once the gate lets it through."""
    assert chain.publish(of, folder, policy) == []
    findings = pd.read_csv(folder / "validation.csv", keep_default_na=False)
    return render(of.config, read_ledger(folder / "ledger.csv"), findings)
