"""Rule claims: every checkable claim of the 2012 print, in the order of its text, with a verdict.

Steps: declared claims -> references and citations of the text -> figures of the prose that no claim names -> one
register -> how many there are of each kind and verdict, and what the most consequential ones change.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import pandas as pd
import yaml

from dscp.ledger.formulas import derive
from dscp.ledger.leaves import constants, settings
from dscp.ledger.rows import quantities, read_ledger, write_ledger
from dscp.reproduction.claims import (
    BROKEN,
    KINDS,
    LOOSELY,
    OURS,
    VERDICTS,
    Claim,
    citations,
    declared_claims,
    of_prose,
    references,
)
from dscp.reproduction.intervals import Interval, interval
from dscp.reproduction.numbers import PROSE, numbers
from dscp.reproduction.published import read_published
from dscp.reproduction.relations import REFERENCE
from dscp.reproduction.verdicts import CONSTRUCTED
from dscp.run.inert import tabled, unmarked
from dscp.run.job import writing

RULE, FILE = "claims", "claims.csv"
FIRST = 10  # claims that Appendix E tells, those that change most
UNITS = {"clients": "count", "pounds": "gbp"}
FIELDS = ["id", "place", "kind", "claim", "judged_against", "verdict", "arithmetic", "clients", "pounds"]
FIELDS += ["hangs_on", "reason"]


def claims(
    data: Mapping,
    text: Mapping,
    print_: Mapping[str, Interval | None],
    register: pd.DataFrame,
    prose: pd.DataFrame,
    ours: Mapping[str, float],
) -> list[Claim]:
    """Every claim of the print with its verdict, in the order of the text.

    Parameters
    ----------
    data, text : claims.yaml and text.yaml
    print_ : key of a published number -> all values that print so
    register : reproduction.csv
    prose : row, line, paraphrase of the figures of the prose
    ours : ledger id -> value, constants and settings among them
    """
    known = {f"{OURS}/{name}": None if math.isnan(value) else interval(Fraction(value)) for name, value in ours.items()}
    made = {f"{OURS}/{name}" for name in made_so(register, ours)}
    declared = declared_claims(data, {**print_, **known}, made)
    named = {"/".join(name.split()) for one in data["claims"] for name in REFERENCE.findall(one.get("holds", ""))}
    named |= {f"{PROSE}/{name}" for one in data["claims"] for name in one.get("of", "").split()}
    told = prose.set_index("row")[["line", "paraphrase"]].to_dict("index")
    rest = of_prose(register.to_dict("records"), told, named)
    return sorted([*declared, *references(text), *citations(text), *rest], key=lambda claim: claim.line)


def made_so(register: pd.DataFrame, ours: Collection[str]) -> set[str]:
    """Ids whose values were made or taken to be what the print says."""
    equal = register.loc[register["verdict"] == CONSTRUCTED, "our_id"]
    return {name for names in equal for name in names.split()} | {
        name for name in ours if name.startswith(("constant.", "setting."))
    }


def counted(found: Sequence[Claim]) -> pd.DataFrame:
    """Ledger leaves: how many claims there are of each kind and verdict."""
    of = pd.DataFrame([(one.kind, one.verdict) for one in found], columns=["kind", "verdict"])
    rows = [
        (
            kind,
            verdict.replace(" ", "_"),
            ((of["kind"] == kind) & (of["verdict"] == verdict)).sum(),
            f"{kind}: {verdict}",
        )
        for kind in KINDS
        for verdict in VERDICTS
    ]
    frame = pd.DataFrame(rows, columns=["sort", "verdict", "rows", "filter"])
    shared = {"unit": "count", "extract": FILE, "filter": "{filter}", "source": "Appendix E", "rule": RULE}
    return quantities(frame, id="claims.{sort}.{verdict}", value="rows", rows="rows", function="counted", **shared)


def moved(found: Sequence[Claim], ours: Mapping[str, float]) -> dict[str, list[str]]:
    """ "claim unit" -> the quantities that add up to what a claim that does not hold as it stands changes."""
    wanted = [one for one in found if one.verdict in (BROKEN, LOOSELY)]
    return {
        f"{one.id} {unit}": ids
        for one in wanted
        for unit, pattern in one.moves.items()
        if (ids := [name for name in ours if _named(name, pattern) and not math.isnan(ours[name])])
    }


def _named(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def first(found: Sequence[Claim], changes: Mapping[str, float]) -> list[Claim]:
    """The claims that do not hold as they stand and change most: pounds, then clients."""

    def size(one: Claim) -> tuple[float, float]:
        return tuple(-abs(changes.get(f"{one.id} {unit}", 0.0)) for unit in ("pounds", "clients"))

    wanted = [one for one in found if one.verdict in (BROKEN, LOOSELY) and size(one) != (0, 0)]
    return sorted(wanted, key=size)[:FIRST]


def told(found: Sequence[Claim], parts: Mapping[str, list[str]], ours: Mapping[str, float]) -> list[pd.DataFrame]:
    """Ledger rows of what Appendix E tells first: one of the claim, and what it changes."""
    changes = {name: sum(ours[one] for one in ids) for name, ids in parts.items()}
    common = {"rule": RULE, "function": "told"}
    made = []
    for one in first(found, changes):
        row = pd.DataFrame([{"one": 1, "claim": one.id}])
        place = f"{one.place}: {one.claim}"
        made.append(
            quantities(row, id="claims.told.{claim}", value="one", unit="count", rows="one", extract=FILE,
                       filter="{claim}", source=place, note=one.reason or one.arithmetic, **common)
        )  # fmt: skip
        for unit, of in UNITS.items():
            if ids := parts.get(f"{one.id} {unit}"):
                made.append(derive(row, ours, id=f"claims.{unit}.{{claim}}", unit=of, formula="sum(part)",
                                   inputs={"part": ids}, source=place, **common))  # fmt: skip
    return made


def table(found: Sequence[Claim], parts: Mapping[str, list[str]], ours: Mapping[str, float]) -> pd.DataFrame:
    """The register of claims (FIELDS)."""
    rows = [asdict(one) for one in found]
    for row in rows:
        for unit in UNITS:
            ids = parts.get(f"{row['id']} {unit}", [])
            row[unit] = round(sum(ours[one] for one in ids)) if ids else None
    return pd.DataFrame(rows).astype(dict.fromkeys(UNITS, "Int64"))[FIELDS]


def read_data(path: str) -> dict:
    """A data file."""
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def read_table(path: str) -> pd.DataFrame:
    """A table as text, as it was before it was made harmless."""
    return pd.read_csv(path, dtype=str, keep_default_na=False).map(unmarked)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        files = snakemake.input
        leaves = [
            constants(pd.read_csv(files.constants, keep_default_na=False)),
            settings(snakemake.params.config, {}, {}),
        ]
        known = pd.concat([read_ledger(*files.parts), *leaves]).set_index("id")["value"].astype(float).to_dict()
        tables = read_published(files.published)
        printed = numbers(tables, read_table(files.prose), read_table(files.steps))
        print_ = {key: number.interval for key, number in printed.items()}
        data, text = read_data(files.claims), read_data(files.text)
        found = claims(data, text, print_, read_table(files.register), tables[PROSE], known)
        parts = moved(found, known)
        tabled(table(found, parts, known)).to_csv(out.claims, index=False, lineterminator="\n")
        write_ledger([counted(found), *told(found, parts, known)], out.ledger)
