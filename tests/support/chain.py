"""The whole chain of rules in one process, from extracts as frames to figures, pages and workbook.

What the rules' own main blocks do, without Snakemake: `study` makes a small study with the sites and texts of the
evaluated programme on extracts drawn at random, `run` computes its ledger, `render` everything that is printed from it.
"""

from __future__ import annotations

import copy
import datetime as dt
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import yaml

import other_study
from accept import accept
from benefits import benefits
from case_mix import case_mix
from continuity import continuity
from continuity import ledger as continuity_ledger
from disclosure import disclosed_activity, disclosure, read_models
from dscp.config.schema import meanings
from dscp.disclosure.control import CannotProtect, Control, by_id
from dscp.disclosure.policies import POLICIES
from dscp.extracts.faults import table as findings_of
from dscp.extracts.links import linked
from dscp.extracts.registry import EXTRACTS, samples
from dscp.figures.data import Planned, planned
from dscp.figures.numbers import wanted
from dscp.ledger.leaves import settings as of_settings
from dscp.ledger.rows import numbers, read_ledger, values_of, write_ledger
from dscp.measures.needs import RULES, lacking
from dscp.measures.registry import chosen
from dscp.report.lint import read_allowed, read_page
from dscp.study.areas import ARMS, analysed
from dscp.study.choices import choices
from dscp.study.kinds import under_a_policy
from evidence import evidence
from fieldwork import fieldwork
from figures import figures
from flows import counted as flows_counted
from flows import flows
from flows import ledger as flows_ledger
from follow_up import answered, follow_up, followed, left_by
from follow_up import counted as follow_up_counted
from follow_up import ledger as follow_up_ledger
from impact import impact
from ledger import ledger as whole_ledger
from new_journeys import new_journeys
from outcomes import ledger as outcomes_ledger
from outcomes import outcomes
from over_time import counted as over_time_counted
from over_time import ledger as over_time_ledger
from over_time import over_time, windows
from own_values import own_values
from published_models import published_models
from reference_extracts import read_assumed, read_published, reference_extracts
from register import registered
from release import release
from report_html import Choice, quoted, report_html
from restated import restated, spans
from scenarios import scenarios
from sensitivity import sensitivity
from spending import spending
from stated import stated
from uncertainty import uncertainty
from unit_values import unit_values
from validate import validate
from varied import varied
from workbook import workbook

PROJECT = Path(__file__).parents[2]
TEMPLATES = PROJECT / "templates"
CONSTANTS = PROJECT / "workflow" / "resources" / "constants.csv"
COUNTED = ("outcomes", "continuity")
OPEN = [name for name, one in RULES.items() if one.open]  # rules of studies without a disclosure policy
SCHEMA = yaml.safe_load((PROJECT / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8"))
TODAY = dt.date(2026, 1, 1)
SITES = ("site_2", "site_3", "site_5", "site_7")  # analysed: every kind of pilot and of continuity
COVARIATES = ["age", "sex", "ethnicity"]
FACES = {
    name: str(next((TEMPLATES / "fonts").rglob(f"source-sans-3-latin-{weight}-normal.ttf")))
    for name, weight in (("plain", "400"), ("bold", "600"))
}


def declared(name: str) -> dict:
    """A YAML file of the templates."""
    return yaml.safe_load((TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8"))


EXHIBITS, WORKBOOK = declared("exhibits")["exhibits"], declared("workbook")
# The chain has no register of the print, and no figure of it.
FIGURES = {name: one for name, one in declared("figures")["figures"].items() if one.get("only") != "compared_run"}
ALLOWED = read_allowed(declared("numbers_allowed"))


@dataclass(frozen=True)
class Study:
    """A config and its extracts; where each extract's typed copy is kept once it has been made."""

    config: Mapping
    extracts: Mapping[str, pd.DataFrame]
    checked: dict[int, tuple] = field(default_factory=dict)
    counted: dict[int, list] = field(default_factory=dict)

    def but(self, config: Mapping | None = None, **extracts: pd.DataFrame) -> Study:
        """The study with another config or other extracts."""
        return replace(self, config=config or self.config, extracts={**self.extracts, **extracts})

    def without(self, *names: str) -> Study:
        """The study without some extracts."""
        left = {name: frame for name, frame in self.extracts.items() if name not in names}
        paths = {name: path for name, path in self.config["extracts"].items() if name not in names}
        return replace(self, config={**self.config, "extracts": paths}, extracts=left)

    def settings(self, **given: object) -> Study:
        """The study with other settings, by path: economics__method="corrected"."""
        config = copy.deepcopy(dict(self.config))
        for path, value in given.items():
            *groups, key = path.split("__")
            here = config
            for group in groups:
                here = here[group]
            here[key] = value
        return self.but(config)


def study(default: Mapping, seed: int = 7) -> Study:
    """The sites and texts of the evaluated programme, other periods, and small extracts drawn at random."""
    other = other_study.other_config(dict(default))
    config = {**default, **{key: other[key] for key in ("periods", "economics", "change_label")}, "assumed": {}}
    config["economics"] |= {"worked_example": "site_3", "method": default["economics"]["method"]}
    config["programme"] = {**default["programme"], "start": "2013-07-01", "end": "2015-06-30"}
    config["sites"] = {
        name: with_one_prison(site) if name in SITES else {"label": site["label"], "analysed": False}
        for name, site in default["sites"].items()
    }
    config["models"] = {**default["models"], **dict.fromkeys(("treatment_covariates", "prison_covariates"), COVARIATES)}
    drawn = samples(config, np.random.default_rng(seed), 4000, default["extracts"])
    drawn["pilot_activity"] = drawn["pilot_activity"].replace("None", "Nothing")  # no word that Python prints itself
    return Study(config, drawn)


def rebuilt(default: Mapping) -> Study:
    """The default study, on extracts rebuilt from the published counts."""
    resources = PROJECT / "workflow" / "resources"
    published = read_published([str(path) for path in (resources / "published").glob("*.csv")])
    assumed = read_assumed(sorted(str(path) for path in resources.glob("reference_*.csv")))
    extracts, _ = reference_extracts(published, assumed, default)
    return Study(default, {name: extracts[name] for name in default["extracts"]})


def with_one_prison(site: Mapping) -> dict:
    """A site each of whose areas has one prison, if it has any: the extracts are drawn with one."""
    areas = {arm: {**site[arm], "prisons": site[arm]["prisons"][:1]} for arm in ARMS if "prisons" in site.get(arm, {})}
    return {**site, **areas}


def check(of: Study, name: str, folder: Path) -> tuple[pd.DataFrame, Path]:
    """Findings of an extract's validation, and its typed copy."""
    key = hash((name, id(of.extracts[name]), *(repr(of.config.get(one)) for one in ("sites", "codes", "validation"))))
    if key not in of.checked:
        place = Path(mkdtemp(dir=folder))
        of.extracts[name].to_csv(place / f"{name}.csv", index=False)
        given, typed = [str(place / f"{name}.csv")], str(place / f"{name}.parquet")
        found = validate(name, given, of.config, typed, names=[f"{name}.csv"], today=TODAY)
        of.checked[key] = found, Path(typed)
        of.checked[-key] = of.extracts[name], Path()  # kept alive: its id is part of the key
    return of.checked[key]


def faults(of: Study, name: str, folder: Path) -> list[str]:
    """What validation says of an extract that stops the run."""
    found, _ = check(of, name, folder)
    return found.loc[found["severity"] == "fault", "message"].to_list()


@dataclass(frozen=True)
class Made:
    """What the chain made of a study."""

    config: Mapping
    ledger: pd.DataFrame
    findings: pd.DataFrame
    activity: pd.DataFrame
    typed: Mapping[str, Path]

    @cached_property
    def known(self) -> dict[str, float]:
        return self.ledger.set_index("id")["value"].to_dict()

    @cached_property
    def notes(self) -> dict[str, str]:
        return self.ledger.set_index("id")["note"].to_dict()


def run(of: Study, folder: Path, register: bool = False) -> Made:
    """The ledger of a study, by the rules in their order, each part written and read as the rules do.

    register : compare with the print, too
    """
    made = {name: check(of, name, folder) for name in of.extracts}
    typed = {name: path for name, (_, path) in made.items()}
    copies = {name: str(path) for name, path in typed.items()}
    links = findings_of(linked(EXTRACTS.values(), copies, of.config))
    remarks, stops = accept([*(found for found, _ in made.values()), links])
    assert not stops, "\n".join(stops)
    parts = [as_read(rows, folder) for rows in computed(of, typed)]
    table = constants(of.config)
    if register:
        parts.append(as_read(registered(of.config, pd.concat(parts, ignore_index=True), table), folder))
    config = {key: of.config[key] for key in ("sites", "periods", "definitions", "codes", "models", "economics")}
    config |= {"assumed": of.config["assumed"], "validation": of.config.get("validation", {})}
    whole = whole_ledger(pd.concat(parts, ignore_index=True), remarks, table, config, meanings(SCHEMA))
    activity = disclosed_activity(typed.get("pilot_activity"))
    return Made(of.config, as_read([whole], folder), remarks, activity, typed)


def publish(made: Made, folder: Path, policy: str) -> list[str]:
    """Publish a ledger under a policy, as the rules disclosure and release do; the files of a run before it is printed.

    Parameters
    ----------
    made : by `run`; its ledger has no numbers of a policy, they join it here as the rule ledger would add them
    folder : where ledger.csv, validation.csv, disclosure.csv and work/activity.csv are written

    Returns
    -------
    Why nothing is published, one line each, and then there are no files; none where all is.
    """
    (folder / "work").mkdir(parents=True, exist_ok=True)
    control = Control(POLICIES[policy], made.config["definitions"].get("missing_release", ""))
    shaped = {key: made.config[key] for key in ("definitions", "models", "economics") if key in made.config}
    numbers_set = of_settings(shaped, control.policy.numbers(), meanings(SCHEMA)).assign(about="")
    of_policy = numbers_set[numbers_set["id"].str.startswith("setting.disclosure.")]
    ledger = pd.concat([made.ledger, of_policy.astype(made.ledger.dtypes)], ignore_index=True)
    try:
        whole, findings, decisions = disclosure(ledger, made.findings, models_of(made, control), control)
    except CannotProtect as why:
        return [str(why)]
    if faults := release(by_id(whole), control)[1]:
        return faults
    write_ledger([whole], folder / "ledger.csv")
    findings.to_csv(folder / "validation.csv", index=False)
    made.activity.to_csv(folder / "work" / "activity.csv", index=False)
    decisions[["id", "decision"]].to_csv(folder / "disclosure.csv", index=False)
    return []


def models_of(made: Made, control: Control) -> pd.DataFrame:
    """The adjusted models as a policy lets them be published, by the rule published_models."""
    if lacking(["impact"], made.config):
        return read_models(None)
    _, members = counted(made.config, made.typed)
    every = chosen(made.config["measures"], made.typed)
    named = list(analysed(made.config["sites"]))
    return published_models(made.known, members, named, made.config["models"], every, control)


def as_read(rows: list[pd.DataFrame], folder: Path) -> pd.DataFrame:
    """Ledger rows as the next rule reads them."""
    write_ledger(rows, folder / "part.csv")
    return read_ledger(folder / "part.csv")


def constants(config: Mapping) -> pd.DataFrame:
    """The cited constants, with the study's own values in their place."""
    return own_values(pd.read_csv(CONSTANTS, keep_default_na=False), config["economics"])


def computed(of: Study, typed: Mapping[str, Path]) -> Iterator[list[pd.DataFrame]]:
    """The ledger rows of each rule, in the order of the rules; records are read again only where something changed."""
    config, economics, models = (of.config, of.config["economics"], of.config["models"])
    named, frames = list(analysed(config["sites"])), {name: pd.read_parquet(path) for name, path in typed.items()}
    cited = constants(config).set_index("name")["value"]
    settings = dict(numbers({"economics": economics, "models": models, "definitions": config["definitions"]}))
    leaves = cited.add_prefix("constant.").to_dict() | settings
    known: dict[str, float] = {}
    made: list[pd.DataFrame] = []

    def keep(rows: list[pd.DataFrame]) -> list[pd.DataFrame]:
        made.extend(rows)
        known.update(pd.concat(rows).set_index("id")["value"].astype(float).to_dict())
        return rows

    def unless_known(extracts: Sequence[str], more: object, make: Callable[[], list[pd.DataFrame]]) -> list:
        key = hash((extracts[0], *(typed.get(name) for name in extracts), repr(more)))
        if key not in of.counted:
            of.counted[key] = make()
        return keep(of.counted[key])

    on_clients = [
        config[key] for key in ("sites", "periods", "definitions", "codes", "models", "measures", "disclosure")
    ]
    of_clients = ("journeys", "carat_referrals", "cjit_forms", "dirs", "triage_quarters")
    can = {rule for rule in RULES if not lacking([rule], config)}
    if "fieldwork" in can:
        yield unless_known(["fieldwork"], "", lambda: fieldwork(frames["fieldwork"]))
    if "impact" in can:
        yield unless_known(of_clients, on_clients, lambda: from_clients(config, typed))
    if "evidence" in can:
        yield keep(of_pairs(config, known | leaves, list(typed)))
    if "over_time" in can:
        yield unless_known(["journeys"], ["over_time", on_clients], lambda: of_quarters(config, typed))
    if "follow_up" in can:
        yield unless_known(
            of_clients, ["follow_up", on_clients], lambda: of_journeys_followed(config, typed, dict(known))
        )
    of_money = ("pilot_spending", "treatment_budgets", "budget_shares")
    years = economics["spending_years"]
    if "spending" in can:
        yield unless_known(of_money, years, lambda: spending(*(frames.get(name) for name in of_money), years))
    of_series = ("new_journeys_yearly", "new_journeys_monthly")
    when = economics["journey_years"], economics["monthly_window"]
    if "new_journeys" in can:
        yield unless_known(of_series, when, lambda: new_journeys(*(frames.get(name) for name in of_series), *when))
    yield keep(unit_values(cited.to_dict(), economics))
    if "benefits" in can:
        yield keep(benefits(known, named, economics))
        yield keep(sensitivity(known | leaves, named, not under_a_policy(config), config.get("reference_run", False)))
        spans_of = economics["treatment_years"], economics["recovery_years"]
        yield keep(scenarios(known | leaves, named, spans_of, not under_a_policy(config)))
        yield keep(uncertainty(known | leaves, named, not under_a_policy(config)))
    days = {key: value for key, value in settings.items() if key.endswith(("effective_days", "pickup_days"))}
    level = {"setting.models.significance": models["significance"]}
    parts = pd.concat(made, ignore_index=True)
    yield stated(parts, days | level, named, len(years))
    spanned = spans(config["periods"], config["programme"], economics["monthly_window"])
    yield [spanned, *restated(parts, leaves, config["sites"])]


def from_clients(config: Mapping, typed: Mapping[str, Path]) -> list[pd.DataFrame]:
    """The ledger rows of outcomes, continuity, impact, case_mix, varied and flows."""
    counts, members = counted(config, typed)
    given = (pd.concat(counts, ignore_index=True), members, list(analysed(config["sites"])), config["models"])
    every = chosen(config["measures"], typed)
    mix = [] if lacking(["case_mix"], config) else case_mix(*given, every)
    tested = impact(*given, every)
    return [*counts, *of_stocks(config, typed), *tested, *mix, *with_definitions_varied(config, typed, tested)]


def of_stocks(config: Mapping, typed: Mapping[str, Path]) -> list[pd.DataFrame]:
    """The ledger rows of flows, if the study has it."""
    if lacking(["flows"], config):
        return []
    sites, days, definitions = (config[key] for key in ("sites", "periods", "definitions"))
    shaped = (definitions, config["codes"], config["models"]["length_of_use_bands"])
    gone = flows(str(typed["journeys"]), sites, days, *shaped)
    return flows_ledger(flows_counted(gone, sites, days), definitions["effective_days"])


def of_quarters(config: Mapping, typed: Mapping[str, Path]) -> list[pd.DataFrame]:
    """The ledger rows of over_time."""
    sites, spans_of = config["sites"], windows(config["periods"])
    shaped = (config["definitions"], config["codes"], config["models"]["length_of_use_bands"])
    labels = {name: site["label"] for name, site in analysed(sites).items()}
    left = over_time(str(typed["journeys"]), sites, spans_of, *shaped)
    known = dict(numbers({"models": config["models"]}))
    return over_time_ledger(over_time_counted(left, sites, spans_of), spans_of, labels, known)


def of_journeys_followed(config: Mapping, typed: Mapping[str, Path], known: Mapping[str, float]) -> list[pd.DataFrame]:
    """The ledger rows of follow_up; `known` has the rates of those who were retained."""
    sites, days, definitions, codes = (config[key] for key in ("sites", "periods", "definitions", "codes"))
    shaped = definitions, codes, config["models"]["length_of_use_bands"]
    labels = {name: site["label"] for name, site in analysed(sites).items()}
    members, stays = follow_up(str(typed["journeys"]), sites, days, *shaped)
    every = answered(definitions, members)
    counts = follow_up_counted(members, sites, [one.name for one in every])
    rates = dict(numbers({"models": config["models"]})) | known
    return follow_up_ledger(counts, left_by(stays, followed(definitions)), labels, every, rates)


def with_definitions_varied(
    config: Mapping, typed: Mapping[str, Path], tested: Sequence[pd.DataFrame]
) -> list[pd.DataFrame]:
    """The ledger rows of varied, if the study has it; `tested` are those of impact."""
    if lacking(["varied"], config):
        return []
    measures = [measure for measure in chosen(config["measures"], typed) if measure.outcome]
    study = {**config, "bands": config["models"]["length_of_use_bands"]}
    return varied(typed, study, measures, config["models"]["varied_days"], values_of(pd.concat(tested)))


def of_pairs(config: Mapping, known: Mapping[str, float], extracts: Sequence[str]) -> list[pd.DataFrame]:
    """The ledger rows of evidence."""
    labels = {name: site["label"] for name, site in analysed(config["sites"]).items()}
    alone = [site["label"] for site in config["sites"].values() if "pilot" in site and "comparison" not in site]
    names = [one.name for one in chosen(config["measures"], extracts)]
    drops = not under_a_policy(config)
    return evidence(known, labels, names, len(config["models"]["power_at"]), drops, alone)


def counted(config: Mapping, typed: Mapping[str, Path]) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """The ledger rows of outcomes and continuity, and the clients and referrals that are counted."""
    counts, members = _counted(config, typed)
    return counts, pd.concat(members.values(), ignore_index=True)


KEPT: dict[str, tuple] = {}  # what was counted last, of a few studies


def _counted(config: Mapping, typed: Mapping[str, Path]) -> tuple[list[pd.DataFrame], dict[str, pd.DataFrame]]:
    """Ledger rows, and by rule the clients and referrals; the same extracts and settings are counted once."""
    shaping = ("sites", "periods", "definitions", "codes", "models", "measures", "disclosure")
    key = repr(([config[one] for one in shaping], sorted(typed.items())))
    if key not in KEPT:
        if len(KEPT) > 4:
            KEPT.pop(next(iter(KEPT)))
        KEPT[key] = _count(config, typed)
    return KEPT[key]


def _count(config: Mapping, typed: Mapping[str, Path]) -> tuple[list[pd.DataFrame], dict[str, pd.DataFrame]]:
    sites, models = config["sites"], config["models"]
    shared = (sites, *(config[key] for key in ("periods", "definitions", "codes")), models["length_of_use_bands"])
    every = chosen(config["measures"], typed)
    treatment, others = ([one for one in every if one.cohort.rule == rule and one.of_its_own] for rule in COUNTED)
    counts, members, beside = [], {}, not under_a_policy(config)
    if treatment:
        members["outcomes"], *left_out = outcomes(str(typed["journeys"]), *shared, treatment)
        counts += outcomes_ledger(members["outcomes"], *left_out, sites, treatment, beside)
    if others:
        read = {name: str(typed[name]) for one in others for name in one.reads}
        members["referrals"], *found = continuity(read, *shared, others)
        counts += continuity_ledger(members["referrals"], *found, sites, others, beside)
    return counts, members


def restricted(made: Made, folder: Path) -> Path:
    """The folder of that name of a run: its full ledger, typed extracts and the members of its cohorts."""
    (folder / "validated").mkdir(parents=True)
    for name, path in made.typed.items():
        shutil.copyfile(path, folder / "validated" / f"{name}.parquet")
    for name, members in _counted(made.config, made.typed)[1].items():
        members.to_parquet(folder / f"{name}.parquet")
    write_ledger([made.ledger], folder / "ledger.csv")
    return folder


@dataclass(frozen=True)
class Printed:
    """All that is printed from a ledger."""

    page: str
    cells: pd.DataFrame
    figures: Mapping[str, str]
    book: object
    faults: list[str]


def render(made: Made, known: Made | None = None) -> Printed:
    """Figures, page and workbook, and what the number lint says of the page.

    `known` : what has been drawn already: only figures with other numbers are drawn again
    """
    plans = planned(FIGURES, made.config, made.ledger["id"].tolist())
    values, before = made.known, known.known if known else {}
    moved = {name for name in values if values[name] != before.get(name, math.nan)}
    declared = {
        name: one
        for name, one in FIGURES.items()
        if known is None or any(moved & set(ids_of(plan)) for plan in plans.values() if plan.declaration is one)
    }
    svgs = {number: "<svg/>" for number, plan in plans.items() if wanted(plan.declaration, made.config)} | figures(
        made.ledger, declared, made.config, FACES
    )
    open_choices = [Choice(*choice) for choice in choices(SCHEMA, made.config)]
    page, _, cells, _ = report_html(
        made.ledger, made.findings, made.activity, svgs, EXHIBITS, open_choices, made.config, TEMPLATES,
        {"screen": "", "print": ""}, declared_figures=FIGURES,
    )  # fmt: skip
    book, _ = workbook(made.ledger, made.activity, EXHIBITS, WORKBOOK, made.config, TEMPLATES)
    activity = made.activity.drop(columns="site").to_numpy().ravel()
    texts = quoted(made.findings, {}, open_choices) | {item for text in activity for item in text.split("; ")}
    return Printed(page, cells, svgs, book, read_page(page, made.ledger, made.config, ALLOWED, texts).faults)


def ids_of(plan: Planned) -> list[str]:
    """The quantities that a figure shows."""
    rows = plan.table.rows if plan.table else ()
    return [entry.id for row in rows for cell in row.cells for entry in cell]
