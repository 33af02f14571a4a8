"""Rule reproduction: every number of the 2012 print against ours, and the print against itself.

Steps: published numbers -> what each is compared with -> verdicts -> relations among published numbers -> for every
number that differs evidence, cause and consequence -> whole counts that rounded percentages allow.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pandas as pd
import yaml

from dscp.exhibits.declared import Entry, entries, resolve
from dscp.ledger.leaves import constants, settings
from dscp.ledger.rows import read_ledger, write_ledger
from dscp.ledger.trail import filled, plain
from dscp.printing.forms import FORMS
from dscp.reproduction.causes import Case, Ledger, proposed
from dscp.reproduction.compared import FIELDS, ours_of, read_data, value_text, verdicts
from dscp.reproduction.consequences import consequence
from dscp.reproduction.counts import count_ranges
from dscp.reproduction.intervals import Interval, interval
from dscp.reproduction.numbers import PROSE, Number, numbers
from dscp.reproduction.published import read_published
from dscp.reproduction.registered import counted, differences, ranges_told
from dscp.reproduction.relations import BROKEN, Judged, declared, judge, same_quantity, span
from dscp.reproduction.verdicts import (
    DIFFERS,
    Mapped,
    scale_of,
)
from dscp.run.inert import tabled
from dscp.run.job import writing
from dscp.study.areas import PERIODS
from dscp.study.days import day, whole_months

NO_SUCH = "this run has no such quantity"
EVIDENCE = 3  # broken relations quoted per number
RELATION_FIELDS = ["id", "about", "relation", "printed", "left", "right", "verdict"]


# -- what each published number is compared with


def mapping(
    published: Mapping[str, Number],
    prose: pd.DataFrame,
    exceptions: pd.DataFrame,
    cells: Mapping[str, Entry],
    units: Mapping[str, str],
) -> dict[str, Mapped]:
    """What each published number is compared with, by its key; nothing where this run has no such cell or quantity.

    Parameters
    ----------
    prose, exceptions : row (and table, column), kind, target, test, scale, reason; of prose also value
    cells : "table/row/column" -> id and form of our exhibits
    units : ledger id -> unit
    """
    declared_prose = {f"{PROSE}/{row['row']}": row for row in prose.to_dict("records")}
    excepted = {f"{r['table']}/{r['row']}/{r['column']}": r for r in exceptions.to_dict("records")}
    found = {}
    for key, number in published.items():
        if spec := declared_prose.get(key) or excepted.get(key):
            found[key] = _declared(number, spec, units)
        elif key in cells:
            entry = cells[key]
            scale = Fraction(str(FORMS[entry.form].scale))
            found[key] = Mapped(number, "ledger", (entry.id,), scale=scale, form=entry.form)
        else:
            found[key] = Mapped(number, "none", reason=NO_SUCH)
    return found


def _declared(number: Number, spec: Mapping[str, str], units: Mapping[str, str]) -> Mapped:
    kind, target = spec["kind"], spec["target"]
    if kind != "ledger":
        ids = (target,) if target else ()
        return Mapped(number, kind, ids, expected=spec.get("value", ""), reason=spec["reason"])
    ids = tuple(target.split())
    if any(one not in units for one in ids):
        return Mapped(number, "none", reason=NO_SUCH)
    scale = scale_of(units[ids[0]], number.unit, spec["scale"])
    return Mapped(number, kind, ids, spec["test"], scale, reason=spec["reason"])


def our_cells(exhibits: Mapping[str, Mapping], config: Mapping, ids: Sequence[str]) -> dict[str, Entry]:
    """Every cell of our numbered exhibits that prints a quantity: "table/row/column" -> id and form."""
    found = {}
    for number, declaration in exhibits.items():
        if not number.startswith("."):
            for entry in entries(resolve(number, declaration, config, ids, {})):
                if entry.id:
                    found[f"{number}/{entry.row}/{entry.column}"] = entry
    return found


def facts(config: Mapping) -> dict[str, str]:
    """The dates of the study as the register compares them with the prose."""
    found = {"economics.monthly_window.start": config["economics"]["monthly_window"][0]}
    lasts = set()
    for period in PERIODS:
        spec = config["periods"][period]
        for window in ("outcomes", "referrals"):
            found[f"periods.{period}.{window}"] = " to ".join(str(date) for date in spec[window])
        found[f"periods.{period}.triage_quarters"] = " to ".join(str(date)[:7] for date in spec["triage_quarters"])
        last = day(spec["outcomes"][1]) - pd.Timedelta(days=config["definitions"]["effective_days"])
        lasts.add(last.strftime("%m-%d"))
    found["last_start"] = ", ".join(sorted(lasts))
    left_out = whole_months(config["programme"]["start"], config["periods"]["post"]["outcomes"][0])
    lengths = [whole_months(*config["periods"][period]["outcomes"]) for period in PERIODS]
    found["periods.lengths"] = f"{lengths[0]}:{left_out}:{lengths[1]}"
    return found


# -- the print against itself


def relations(data: Mapping, mapped: Mapping[str, Mapped]) -> list[Judged]:
    """Every relation, judged on the print alone: declared ones, and that places printing one quantity agree."""
    print_ = {key: one.number.interval for key, one in mapped.items()}
    return [judge(one, print_) for one in [*declared(data), *same_quantity(_same(mapped))]]


def _same(mapped: Mapping[str, Mapped]) -> Iterable[list[tuple[str, str]]]:
    """Places that print one quantity: (reference, factor) each, in the order of the report's tables, then the prose."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, one in mapped.items():
        if one.kind == "ledger" and one.test in ("", "size") and one.number.value is not None and len(one.ids) == 1:
            groups.setdefault(one.ids[0], []).append((key, str(1 / one.scale), one.test == "size"))
    return [group for group in groups.values() if len(group) > 1]


def claims_of_ours(data: Mapping, mapped: Mapping[str, Mapped], values: Mapping[str, float]) -> dict[str, str]:
    """Verdicts on the relations that the prose claims in words, with our values in place of the print."""
    wanted = {one.ids[0] for one in mapped.values() if one.kind == "relation"}
    ours = {key: _exactly(ours_of(one, values)) for key, one in mapped.items()}
    return {one.id: judge(one, ours).verdict for one in declared(data) if one.id in wanted}


def _exactly(ours: Sequence[float]) -> Interval | None:
    return None if len(ours) != 1 or math.isnan(ours[0]) else interval(Fraction(ours[0]))


# -- what stands behind a difference


def explained(
    found: pd.DataFrame,
    mapped: Mapping[str, Mapped],
    rows: Mapping,
    values: Mapping[str, float],
    judged: Sequence[Judged],
    confirmed: Mapping[str, str],
) -> pd.DataFrame:
    """Evidence, causes and consequences of every number that differs, joined to the verdicts."""
    differing: dict[str, str] = {}
    for key in found.loc[found["verdict"] == DIFFERS, "key"]:
        if mapped[key].kind == "ledger" and mapped[key].number.value is not None and not mapped[key].test:
            differing.setdefault(mapped[key].ids[0], key)
    ledger = Ledger(rows, values, mapped, differing)
    broken = [one for one in judged if one.verdict == BROKEN]
    texts = []
    for row in found.itertuples():
        if row.verdict != DIFFERS:
            texts.append(("", "", confirmed.get(row.key, ""), math.nan, math.nan))
            continue
        one = mapped[row.key]
        case = _case(one, values)
        causes = "; ".join(proposed(case, ledger))
        clients, pounds = _moved(one, case, rows, values)
        texts.append((evidence(one, case, ledger, broken), causes, confirmed.get(row.key, ""), clients, pounds))
    added = pd.DataFrame(texts, columns=["evidence", "cause_proposed", "cause_confirmed", "clients", "pounds"])
    return pd.concat([found, added], axis=1)


def _case(one: Mapped, values: Mapping[str, float]) -> Case:
    """The quantity that a number differs from: of several the one that is furthest from it."""
    ours = dict(zip(one.ids, ours_of(one, values), strict=False))
    if not ours:
        return Case(one, "", math.nan)
    target = float(one.number.value or 0)
    name = max(ours, key=lambda name: abs(ours[name] - target))
    return Case(one, name, ours[name])


def evidence(one: Mapped, case: Case, ledger: Ledger, broken: Sequence[Judged]) -> str:
    """What a reader can check: relations of the print that cannot hold with this number, else how ours is computed."""
    key = one.number.key
    quoted = sorted((j for j in broken if key in j.keys), key=lambda j: (len(j.keys), j.relation.id))[:EVIDENCE]
    if one.kind == "relation":
        quoted = [j for j in broken if j.relation.id == one.ids[0]] or quoted
    if quoted:
        return " | ".join(f"{j.relation.about}: {j.filled}; {span(j.left)} against {span(j.right)}" for j in quoted)
    if case.id not in ledger.rows:
        return ""
    how = filled(ledger.rows[case.id], ledger.known) or plain(case.ours)
    return f"ours: {how} = {plain(ledger.known[case.id])}"


def _moved(one: Mapped, case: Case, rows: Mapping, values: Mapping[str, float]) -> tuple[float, float]:
    if not case.id or one.number.value is None or one.test:
        return math.nan, math.nan
    return consequence(rows, values, case.id, float(one.number.value / one.scale))


# -- the register


def reproduction(
    published: Mapping[str, Number],
    mapped: Mapping[str, Mapped],
    ledger: pd.DataFrame,
    data: Mapping,
    confirmed: Mapping[str, str],
    known: Mapping[str, str],
    rebuilt: Mapping[str, str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The register of all published numbers (FIELDS) and the relations among them (RELATION_FIELDS).

    Parameters
    ----------
    published, mapped : by key, as made by `numbers` and `mapping`
    ledger : our quantities, constants and settings among them
    data : declared relations
    confirmed : key -> cause, as a person put it
    known : facts of the study
    rebuilt : pattern of keys of numbers that the extracts were rebuilt from -> in which way
    """
    rows = {row["id"]: row for row in ledger.to_dict("records")}
    values = {identifier: row["value"] for identifier, row in rows.items()}
    judged = relations(data, mapped)
    found = verdicts(mapped, rows, values, claims_of_ours(data, mapped, values), known, rebuilt)
    register = explained(found, mapped, rows, values, judged, confirmed)
    own = pd.DataFrame([(one.where, one.printed, value_text(one), one.unit) for one in published.values()])
    register[["where", "printed", "value", "unit"]] = own
    return register[FIELDS], _relation_rows(judged)


def _relation_rows(judged: Sequence[Judged]) -> pd.DataFrame:
    rows = [
        (
            one.relation.id,
            one.relation.about,
            one.relation.text,
            one.filled,
            span(one.left) if one.left else "",
            span(one.right) if one.right else "",
            one.verdict,
        )
        for one in judged
    ]
    return pd.DataFrame(rows, columns=RELATION_FIELDS)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        config, files = snakemake.params.config, snakemake.input
        table = pd.read_csv(files.constants, keep_default_na=False)
        whole = pd.concat([read_ledger(*files.parts), constants(table), settings(config, {}, {})], ignore_index=True)
        prose, tables = read_data(files.prose), read_published(files.published)
        exhibits = yaml.safe_load(Path(files.exhibits).read_text(encoding="utf-8"))["exhibits"]
        print_ = numbers(tables, prose, read_data(files.steps))
        cells = our_cells(exhibits, config, list(whole["id"]))
        units = dict(zip(whole["id"], whole["unit"], strict=True))
        compared = mapping(print_, prose, read_data(files.cells), cells, units)
        data = yaml.safe_load(Path(files.relations).read_text(encoding="utf-8"))
        confirmed = read_data(files.confirmed).set_index("key")
        rebuilt = read_data(files.rebuilt).set_index("key")["why"]
        register, related = reproduction(print_, compared, whole, data, confirmed["cause"], facts(config), rebuilt)
        tabled(register).to_csv(out.register, index=False, lineterminator="\n")
        tabled(related).to_csv(out.relations, index=False, lineterminator="\n")
        ranges = count_ranges(print_)
        tabled(ranges).to_csv(out.counts, index=False, lineterminator="\n")
        quantities_of = [*counted(register, related), *differences(register, compared, whole, confirmed)]
        write_ledger([*quantities_of, *ranges_told(ranges)], out.ledger)
        print(register["verdict"].value_counts().to_string())
        print(related["verdict"].value_counts().to_string())
