"""The register of published numbers and the walk to corrected benefits, by their rules, in one process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

import claims
import reproduction as rule
from dscp.ledger.leaves import constants, settings
from dscp.reproduction.counts import count_ranges
from dscp.reproduction.numbers import Number, numbers
from dscp.reproduction.published import read_published
from dscp.reproduction.registered import counted, differences, ranges_told
from dscp.reproduction.verdicts import Mapped
from dscp.study.areas import analysed
from steps import LEVEL, steps

PROJECT = Path(__file__).parents[2]
RESOURCES = PROJECT / "workflow" / "resources"
DATA = RESOURCES / "reproduction"


@dataclass(frozen=True)
class Compared:
    """What a publication says, what each number of it is compared with, and what came of it."""

    published: Mapping[str, Number]
    mapped: Mapping[str, Mapped]
    register: pd.DataFrame
    related: pd.DataFrame


def data(name: str) -> pd.DataFrame:
    """One of the register's tables."""
    return rule.read_data(str(DATA / name))


def published_tables() -> dict[str, pd.DataFrame]:
    """The numbers of the print, by table."""
    return read_published([str(path) for path in (RESOURCES / "published").glob("*.csv")])


def relation_data() -> dict:
    """Relations that the print states or implies."""
    return yaml.safe_load((DATA / "relations.yaml").read_text(encoding="utf-8"))


def compared(
    config: Mapping, ledger: pd.DataFrame, tables: Mapping, prose: pd.DataFrame, relations: Mapping, causes: Mapping
) -> Compared:
    """Map a publication and judge it against a ledger.

    tables, prose, relations : as published_tables, data("prose.csv") and relation_data give them, or changed
    causes : key -> cause, as a person put it
    """
    exhibits = yaml.safe_load((PROJECT / "templates" / "exhibits.yaml").read_text(encoding="utf-8"))["exhibits"]
    published = numbers(tables, prose, data("steps.csv"))
    cells = rule.our_cells(exhibits, config, list(ledger["id"]))
    units = dict(zip(ledger["id"], ledger["unit"], strict=True))
    mapped = rule.mapping(published, prose, data("cells.csv"), cells, units)
    rebuilt = data("rebuilt.csv").set_index("key")["why"]
    facts = rule.facts(config)
    return Compared(published, mapped, *rule.reproduction(published, mapped, ledger, relations, causes, facts, rebuilt))


def registered(config: Mapping, ledger: pd.DataFrame, table: pd.DataFrame) -> list[pd.DataFrame]:
    """The ledger rows of the rules reproduction, steps and claims.

    ledger : the rows of all other rules
    table : constants with citations
    """
    whole = pd.concat([ledger, constants(table), settings(config, {}, {})], ignore_index=True)
    confirmed = data("confirmed.csv").set_index("key")
    found = compared(config, whole, published_tables(), data("prose.csv"), relation_data(), confirmed["cause"])
    told = differences(found.register, found.mapped, whole, confirmed)
    rows = [*counted(found.register, found.related), *told, *ranges_told(count_ranges(found.published))]
    leaves = table.set_index("name")["value"].astype(float).add_prefix("constant.").to_dict()
    known = pd.concat([ledger, *rows]).set_index("id")["value"].astype(float).to_dict() | leaves
    rows += steps(known | {LEVEL: config["models"]["significance"]}, list(analysed(config["sites"])))
    return [*rows, *claims_of(pd.concat([whole, *rows]), found)]


def judged(ledger: pd.DataFrame, found: Compared, data_: Mapping | None = None, text: Mapping | None = None) -> list:
    """Every claim of the print, judged.

    ledger : all quantities, those of reproduction and steps among them
    data_, text : claims.yaml and text.yaml, or others
    """
    values = ledger.set_index("id")["value"].astype(float).to_dict()
    print_ = {key: number.interval for key, number in found.published.items()}
    given = (
        data_ or claims.read_data(str(RESOURCES / "claims" / "claims.yaml")),
        text or claims.read_data(str(RESOURCES / "claims" / "text.yaml")),
    )
    return claims.claims(*given, print_, found.register, published_tables()["text"], values)


def claims_of(ledger: pd.DataFrame, found: Compared) -> list[pd.DataFrame]:
    """The ledger rows of the rule claims."""
    values = ledger.set_index("id")["value"].astype(float).to_dict()
    every = judged(ledger, found)
    return [claims.counted(every), *claims.told(every, claims.moved(every, values), values)]
