"""Numbered tables: from their declaration in templates/exhibits.yaml to rows, columns and cells.

A declaration names rows and columns, most of them generated (`each: areas`), and the id pattern of every cell; the
study's config and the ledger's ids decide what there is to show. Nothing is computed here.

Two kinds of text stand in a declaration: patterns such as `{area}` make names, ids and forms; texts such as
`{{ label }}` are drawn by the templates.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dscp.extracts.registry import EXTRACTS, called
from dscp.ledger.placebo import BINS as PLACEBO_BINS
from dscp.measures.counting import links_of
from dscp.measures.needs import lacking, needs_of, without
from dscp.measures.published import EVERY, GROUPS
from dscp.measures.registry import BINS, DEFAULT, MEASURES, POOLED, TOLD, chosen
from dscp.measures.types import COUNTED, LEFT_OUT, Measure, Step, in_step
from dscp.measures.verdicts import verdict_told
from dscp.printing.forms import FORMS, in_unit, printed
from dscp.run.inert import inert
from dscp.study.areas import PERIODS, analysed, areas
from dscp.study.days import day, whole_quarters, year_key
from dscp.study.partnerships import months_of_year
from dscp.study.pilots import base_year, panel_years
from dscp.study.scenarios import SCENARIOS

# Words of a cell that follow from quantities: (values, variables of the row) -> the words, and the ids of these.
TELLS = {"verdict": verdict_told}
CELL_FIELDS = ["exhibit", "row", "column", "id", "value", "unit", "printed"]


@dataclass(frozen=True)
class Entry:
    """One printed value of a cell, or a text: a quantity's id and form, the lines of a text, or what TELLS has.

    `before` and `after` are words around it; a joined entry goes on in the line of the one before.
    """

    row: str
    column: str
    id: str = ""
    form: str = ""
    lines: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    joined: bool = False
    tells: str = ""
    of: Mapping = field(default_factory=dict)

    def told(self, values: Mapping[str, float]) -> tuple[str, tuple[str, ...]]:
        """The words of a cell that tells something, and the quantities that they follow from."""
        return TELLS[self.tells](values, self.of)


@dataclass(frozen=True)
class Column:
    """A column: its name in cells.csv, head, unit and the head that spans it, as texts for the templates."""

    name: str
    head: str = ""
    unit: str = ""
    over: str = ""
    align: str = "number"
    variables: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A row: its name in cells.csv, its heads (texts), one list of entries per column; or a section's head alone."""

    name: str
    heads: tuple[str, ...]
    cells: tuple[tuple[Entry, ...], ...]
    variables: Mapping = field(default_factory=dict)
    group: str = ""
    section: str = ""
    total: bool = False


@dataclass(frozen=True)
class Exhibit:
    """A numbered table, ready to be drawn. `rows` is empty where the study has nothing of its kind.

    One that `lacks` what it needs holds nothing but the sentence that stands in its place (`empty`).
    """

    number: str
    title: str
    stubs: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    empty: str
    layout: str
    variables: Mapping
    kind: str = "Table"  # or Figure: the numbers that a figure is drawn from
    lacks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # extracts that it needs besides those of its quantities

    @property
    def quantities(self) -> list[str]:
        """Ids of all its quantities, in order."""
        return [entry.id for row in self.rows for cell in row.cells for entry in cell if entry.id]

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to show."""
        return any(not row.section for row in self.rows)


def further_measures(config: Mapping) -> dict[str, Measure]:
    """The measures asked for that no table is written for, by the number of the table that is made for each."""
    measured = chosen(config.get("measures", DEFAULT), EXTRACTS)
    return {f"S.{i}": one for i, one in enumerate((one for one in measured if not one.exhibit), start=1)}


def further(declared: Mapping[str, Mapping], config: Mapping) -> dict[str, Mapping]:
    """Tables of the measures that no table is written for, in the form of Table 6.1: number -> declaration."""
    pattern = declared["6.1"]
    unrounded, adjusted = pattern["notes"]
    return {
        number: {
            **pattern,
            "title": measure.label,
            "columns": [_with_base(column, measure) for column in pattern["columns"]],
            "vars": {
                **pattern["vars"],
                "measure": measure.name,
                "rate": measure.forms.rate,
                "points": measure.forms.points,
                "p": measure.forms.p,
                "base_head": measure.base_head,
                "rate_head": measure.rate_head,
            },
            "rows": [
                {"each": "areas", "of": measure.name, "name": "{area}", "heads": ["{{ label }}"], "group": "{site}"}
            ],
            "notes": [measure.says, unrounded, *([adjusted] if measure.model else [])],
        }
        for number, measure in further_measures(config).items()
    }


def with_further(declared: Mapping[str, Mapping], config: Mapping) -> dict[str, Mapping]:
    """All tables of a study in the order of the report: those that are made stand behind those of chapter 6."""
    if not further_measures(config):
        return dict(declared)
    last = [number for number in declared if number.startswith("6.")][-1]
    before = list(declared).index(last) + 1
    items = list(declared.items())
    return dict([*items[:before], *further(declared, config).items(), *items[before:]])


def with_sheets(declared: Mapping[str, Mapping], config: Mapping) -> dict[str, Mapping]:
    """All tables of a workbook: behind one that is declared with worksheets one for each area, as B.6.1 behind B.6."""
    made: dict[str, Mapping] = {}
    for number, declaration in declared.items():
        made[number] = declaration
        if "worksheets" in declaration and not lacking(needs_of(declaration), config):
            own = {**declaration, **declaration["worksheets"]}
            places = [{key: area[key] for key in ("site", "arm", "area")} for area in _area_rows(config)]
            made |= {f"{number}.{i}": {**own, "vars": place} for i, place in enumerate(places, start=1)}
    return made


def _with_base(column: Mapping, measure: Measure) -> Mapping:
    """A column; that of a base holds the base of the measure's cohort, which another measure may share."""
    return {**column, "id": column["id"].replace("{measure}.base.", f"{measure.cohort.family}.base.")}


def resolve(
    number: str,
    declaration: Mapping,
    config: Mapping,
    ids: Sequence[str],
    texts: Mapping[str, Mapping[str, Sequence[str]]],
    kind: str = "Table",
) -> Exhibit:
    """Turn one declaration into an exhibit of this study.

    Parameters
    ----------
    number : as printed, e.g. "6.1"
    declaration : its entry in exhibits.yaml
    config : the study
    ids : all ids of the ledger, in its order (rows made from the ledger follow it)
    texts : row name -> column name -> lines of a text cell
    kind : Table, or Figure for the numbers of one

    Raises
    ------
    ValueError
        A declaration that names an unknown generator or form.
    """
    shared = dict(declaration.get("vars", {}))
    if lacks := tuple(lacking(needs_of(declaration), config)):
        said = without(lacks, "there is nothing to show here")
        return Exhibit(number, "", (), (), (), (), said, "", shared, kind, lacks)
    ids = dict.fromkeys(ids)
    columns = tuple(_columns(declaration["columns"], shared, config, ids))
    rows = tuple(_rows(declaration["rows"], columns, shared, config, ids, texts))
    return Exhibit(
        number=number,
        title=declaration["title"],
        stubs=tuple(declaration["stub"]),
        columns=tuple(column for column, _ in columns),
        rows=_without_empty_sections(rows),
        notes=tuple(declaration.get("notes", [])),
        empty=declaration.get("empty", ""),
        layout=declaration.get("layout", ""),
        variables=shared,
        kind=kind,
        needs=tuple(name for name in declaration.get("needs", []) if name in EXTRACTS),
    )


def _columns(declared: Sequence[Mapping], shared: Mapping, config: Mapping, ids: Collection[str]):
    for spec in declared:
        for each in generated(spec, config, ids, shared):
            variables = {**spec.get("vars", {}), **each}
            values = {**shared, **variables}
            column = Column(
                name=spec["name"].format(**values),
                head=spec.get("head", ""),
                unit=spec.get("unit", ""),
                over=spec.get("over", ""),
                align=spec.get("align", "number"),
                variables=variables,
            )
            yield column, spec


def _rows(declared: Sequence[Mapping], columns, shared: Mapping, config: Mapping, ids: Collection[str], texts: Mapping):
    for spec in declared:
        for variables in generated(spec, config, ids, shared):
            values = {**shared, **spec.get("vars", {}), **variables}
            if "section" in spec:
                yield Row("", (), (), variables=values, section=spec["section"])
                continue
            name = spec["name"].format(**values)
            yield Row(
                name=name,
                heads=tuple(spec["heads"]),
                cells=tuple(_cell(name, spec, column, values, texts, ids) for column in columns),
                variables=values,
                group=spec.get("group", "").format(**values),
                total=spec.get("total", False),
            )


def _cell(row: str, spec: Mapping, column, values: Mapping, texts: Mapping, ids: Collection[str]) -> tuple[Entry, ...]:
    """A cell's entries; none where the quantity that its column names as `beside` is not in the ledger."""
    column, column_spec = column
    if "cells" in spec:
        return tuple(_entry(row, entry, values) for entry in spec["cells"].get(column.name, []))
    if column_spec.get("text"):
        return (Entry(row, column.name, lines=tuple(texts.get(row, {}).get(column.name, ()))),)
    if tells := column_spec.get("tells"):
        if tells not in TELLS:
            raise ValueError(f"a column tells {tells!r}, which is not known; allowed: {', '.join(TELLS)}")
        return (Entry(row, column.name, tells=tells, of=values),)
    values = {**values, **column.variables}
    source = column_spec if "id" in column_spec else spec
    only = {**column_spec.get("only", {}), **spec.get("only", {})}
    if "id" not in source or any(values.get(key) != wanted for key, wanted in only.items()):
        return ()
    if "beside" in column_spec and column_spec["beside"].format(**values) not in ids:
        return ()
    return (_entry(row, {"column": column.name, "id": source["id"], "form": source["form"]}, values),)


def _filled(pattern: str, values: Mapping) -> str:
    """A pattern of an id with its values; `{id}` is that of a generated row, which has its own."""
    return pattern.format(**values).format(**values)


def _entry(row: str, spec: Mapping, values: Mapping) -> Entry:
    form = spec.get("form", "").format(**values)
    if form and form not in FORMS:
        raise ValueError(f"exhibits.yaml: row {row!r} names an unknown printed form {form!r}")
    return Entry(
        row=row,
        column=spec["column"].format(**values),
        id=_filled(spec.get("id", ""), values),
        form=form,
        lines=tuple(spec.get("lines", ())),
        before=spec.get("before", ""),
        after=spec.get("after", ""),
        joined=spec.get("joined", False),
    )


def _without_empty_sections(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Leave out the heads of sections that no row follows."""
    opens = [not row.section for row in rows[1:]] + [False]
    return tuple(row for row, opened in zip(rows, opens[: len(rows)], strict=True) if not row.section or opened)


def generated(spec: Mapping, config: Mapping, ids: Collection[str], shared: Mapping) -> Iterable[dict]:
    """The variables of every row or column that a declaration stands for; `shared` are those of the whole table."""
    if "each" not in spec:
        return [{}] if "given" not in spec or spec["given"].format(**shared) in ids else []
    if spec["each"] == "ledger":
        found = ledger_items(ids, spec["id_like"])
        return [{**item, "label": _item_label(item, spec.get("labels", {}))} for item in found]
    if spec["each"] not in GENERATORS:
        raise ValueError(f"exhibits.yaml: unknown generator {spec['each']!r}, allowed: ledger, {', '.join(GENERATORS)}")
    where, of = spec.get("where", {}), spec.get("of")
    rows = [row for row in GENERATORS[spec["each"]](config) if all(row[key] == value for key, value in where.items())]
    known = [row for row in rows if "measure" not in row or not lacking([row["measure"]], config)]
    known = [row for row in known if not of or MEASURES[of].only(config["sites"][row["site"]])]
    return [row for row in known if "given" not in spec or _filled(spec["given"], {**shared, **row}) in ids]


def ledger_items(ids: Iterable[str], pattern: str) -> list[dict]:
    """What an id pattern with names in braces finds in the ledger, in its order, `total` and `all` left out."""
    expression = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[a-z0-9_]+)", re.escape(pattern)))
    found = (match.groupdict() for match in map(expression.fullmatch, ids) if match)
    return [items for items in found if not {"total", "all"} & set(items.values())]


def _item_label(items: Mapping, labels: Mapping[str, str]) -> str:
    """The label of what stands last in an id."""
    *_, item = items.values()
    return labels.get(item, item.replace("_", " ").capitalize())


def _site_rows(config: Mapping) -> list[dict]:
    known = analysed(config["sites"])
    return [
        {
            "site": name,
            "n": name.removeprefix("site_"),
            "place": name,
            "label": site["label"],
            "analysed": name in known,
            "kind": site.get("kind", ""),
            "continuity": site.get("continuity", ""),
            "pilot": f"pilot_{name.removeprefix('site_')}",
        }
        for name, site in config["sites"].items()
    ]


def _analysed_rows(config: Mapping) -> list[dict]:
    return [row for row in _site_rows(config) if row["analysed"]]


def _area_rows(config: Mapping) -> list[dict]:
    wanted = ["site", "arm", "area", "label", "kind", "continuity"]
    return areas(config["sites"])[wanted].to_dict("records")


def _area_period_rows(config: Mapping) -> list[dict]:
    return [{**area, "period": period} for area in _area_rows(config) for period in PERIODS]


def _site_year_rows(config: Mapping) -> list[dict]:
    years = config["economics"]["journey_years"]
    return [
        {**site, "year": year_key(year), "short": "y" + year[2:].replace("-", "_"), "year_label": year}
        for site in _site_rows(config)
        for year in [*years["before"], *years["during"]]
    ]


def _spending_year_rows(config: Mapping) -> list[dict]:
    years = config["economics"]["spending_years"]
    return [{"year": year_key(year), "i": i, "year_label": year} for i, year in enumerate(years, start=1)]


def _model_year_rows(config: Mapping) -> list[dict]:
    years = config["economics"]["treatment_years"] + config["economics"]["recovery_years"]
    return [{"t": t, "year": f"year_{t}"} for t in range(1, years + 1)]


def _month_rows(config: Mapping) -> list[dict]:
    """The months of the monthly series."""
    months = pd.period_range(*(str(month)[:7] for month in config["economics"]["monthly_window"]), freq="M")
    return [{"month": str(month).replace("-", "_"), "month_label": month.strftime("%B %Y")} for month in months]


def _quarter_rows(config: Mapping) -> list[dict]:
    """The whole calendar quarters of both periods, each by its first month."""
    ends = [(name, *map(day, config["periods"][name]["outcomes"])) for name in PERIODS]
    found = [(name, first) for name, *days in ends for first, _ in whole_quarters(*days)]
    return [
        {"period": name, "month": first.strftime("%Y_%m"), "month_label": first.strftime("%B %Y")}
        for name, first in found
    ]


def _followed_rows(config: Mapping) -> list[dict]:
    """After how many days it is looked at who has left, for all pilots and all comparison areas in both periods."""
    paths = ["definitions.effective_days", *(f"definitions.return_days.{n}" for n in (1, 2))]
    return [
        {"area": f"all_{arm}s", "who": who, "period": period, "at": f"at_{n}", "days": path}
        for arm, who in (("pilot", "All pilots"), ("comparison", "All comparison areas"))
        for period in PERIODS
        for n, path in enumerate(paths, start=1)
    ]


def _worked_rows(config: Mapping) -> list[dict]:
    return [row for row in _site_rows(config) if row["site"] == config["economics"]["worked_example"]]


def _tested_rows(config: Mapping) -> list[dict]:
    """One row per adjusted or unadjusted model: measure and site, in the order of the chapters."""
    sites = _analysed_rows(config)
    return [
        {
            **site,
            "measure": measure.name,
            "covariates": measure.model is not None,
            "about": "effect" if measure.model else "did",
        }
        for measure in TOLD
        for site in sites
        if measure.only(config["sites"][site["site"]])
    ]


def _pooled_rows(config: Mapping) -> list[dict]:
    """One row per measure whose pairs of areas Appendix F takes together."""
    return [{"measure": measure.name} for measure in POOLED]


def _relabelled_rows(config: Mapping) -> list[dict]:
    """The bins of Figure S.6 of each measure that is pooled, the lowest differences first."""
    bins = range(1, BINS + 1)
    return [{"measure": one.name, "bin": f"bin_{n}", "which": _bin_of(n)} for one in POOLED for n in bins]


def _bin_of(number: int) -> str:
    middle = (BINS + 1) // 2
    return "around zero" if number == middle else "below zero" if number < middle else "above zero"


def _judged_rows(config: Mapping) -> list[dict]:
    """Measure and site of every difference tested or pooled in Appendix F; a ratio counts some outside its base."""
    tested = [{**row, "tested": True, "pooled": row["measure"] in _POOLED_NAMES} for row in _tested_rows(config)]
    told = {row["measure"] for row in tested}
    more = (measure.name for measure in POOLED if measure.name not in told)
    sites = _analysed_rows(config)
    rows = tested + [{**site, "measure": name, "tested": False, "pooled": True} for name in more for site in sites]
    return [{**row, "ratio": not MEASURES[row["measure"]].of_its_own} for row in rows]


def _own_rows(config: Mapping) -> list[dict]:
    """The partnership of a profile."""
    return [row for row in _area_rows(config) if row["area"] == config["partnership"]]


def _year_month_rows(config: Mapping) -> list[dict]:
    """The months of the year of a profile."""
    return [{"month": key, "month_label": first.strftime("%B %Y")} for key, first in months_of_year(config["year"])]


def _back_month_rows(config: Mapping) -> list[dict]:
    """The same, as the months in which somebody may come back."""
    return [{"back": key, "month_label": first.strftime("%b")} for key, first in months_of_year(config["year"])]


def _group_rows(config: Mapping) -> list[dict]:
    """The groups of clients that published counts are told of: drug groups, sexes, age groups."""
    return [
        {"group": name, "by": by, "label": label, "area": config["partnership"]}
        for name, (by, _, label) in GROUPS.items()
    ]


def _band_rows(config: Mapping) -> list[dict]:
    """The bands of published counts that are told by these: years in treatment, weeks waited."""
    return [
        {"what": one.name, "group": band, "label": band.replace("_", " ").capitalize(), "area": config["partnership"]}
        for one in EVERY
        for band in one.bands
    ]


def _panel_year_rows(config: Mapping) -> list[dict]:
    """The fiscal years that a study of areas follows; `base`: the one that the others are set against."""
    base, first = base_year(config), config["after"][0]
    return [
        {"year": year_key(year), "year_label": year, "base": year == base, "piloted": year >= first}
        for year in panel_years(config)
    ]


def _placebo_bin_rows(config: Mapping) -> list[dict]:
    """The ranges in which sets of areas are counted, the lowest differences first."""
    middle = (PLACEBO_BINS + 1) // 2
    return [
        {
            "bin": f"bin_{n}",
            "which": "Around zero" if n == middle else "Below zero" if n < middle else "Above zero",
        }
        for n in range(1, PLACEBO_BINS + 1)
    ]


def _period_rows(config: Mapping) -> list[dict]:
    """Both periods."""
    return [{"period": period} for period in PERIODS]


def _arm_period_rows(config: Mapping) -> list[dict]:
    """All pilots and all comparison areas in both periods."""
    whom = {"all_pilots": "All pilots", "all_comparisons": "All comparison areas"}
    return [{"area": area, "who": who, "period": period} for area, who in whom.items() for period in PERIODS]


def _case_rows(config: Mapping) -> list[dict]:
    """From the rows of each extract to the members of each cohort: what is left, whom each step leaves out, their ids.

    Steps that cohorts share are told once, under the extract.
    """
    measured = [one for one in chosen(config.get("measures", DEFAULT), config["extracts"]) if one.of_its_own]
    cohorts: dict[str, Measure] = {}
    for measure in measured:
        cohorts.setdefault(measure.cohort.family, measure)
    found: dict[str, list[dict]] = {}
    for measure in cohorts.values():
        extract = measure.cohort.reads[0]
        found.setdefault(extract, _rows_of_file(extract, measure.cohort.steps)).extend(_rows_of_cohort(measure))
    every = [row for rows in found.values() for row in rows]
    return [{**row, "n": n, "period": PERIODS[0]} for n, row in enumerate(every, start=1)]


def _rows_of_file(extract: str, steps: Sequence[Step]) -> list[dict]:
    """The rows read, and the steps that all cohorts of an extract share."""
    shared = [step for step in steps if step.of == extract]
    told = [("Rows read", f"validation.rows_in.{extract}"), ("Rows kept", f"validation.rows_kept.{extract}")]
    told += [(step.less, step.left if step.first else in_step(LEFT_OUT, step.name, step.of)) for step in shared]
    told.append(("Left", shared[-1].left))
    return [{"group": extract, "counted": called(extract), "step": what, "id": pattern} for what, pattern in told]


def _rows_of_cohort(measure: Measure) -> list[dict]:
    """The steps of a cohort alone, its members, and those of them who are in a linked extract."""
    cohort = measure.cohort
    told = [(step.less, in_step(LEFT_OUT, step.name, step.of)) for step in cohort.steps if step.of == cohort.family]
    told += [(cohort.less, in_step(LEFT_OUT, COUNTED, cohort.family))] if cohort.less else []
    told.append((measure.base_head, cohort.base))
    told += [(f"Of these, client in: {called(name)}", cohort.linked(name)) for name in links_of(measure)]
    of = {"measure": measure.name, "group": cohort.family, "counted": measure.label}
    return [{**of, "step": what, "id": pattern} for what, pattern in told]


def _scenario_rows(config: Mapping) -> list[dict]:
    """The scenarios of Table S.15."""
    return [{"scenario": name, "called": called, "counted": True} for name, called in SCENARIOS.items()]


_POOLED_NAMES = {measure.name for measure in POOLED}
GENERATORS = {
    "sites": _site_rows,
    "own": _own_rows,
    "groups": _group_rows,
    "bands": _band_rows,
    "year_months": _year_month_rows,
    "back_months": _back_month_rows,
    "analysed": _analysed_rows,
    "areas": _area_rows,
    "area_periods": _area_period_rows,
    "site_years": _site_year_rows,
    "spending_years": _spending_year_rows,
    "model_years": _model_year_rows,
    "months": _month_rows,
    "quarters": _quarter_rows,
    "followed": _followed_rows,
    "worked_example": _worked_rows,
    "tested": _tested_rows,
    "pooled": _pooled_rows,
    "judged": _judged_rows,
    "relabelled": _relabelled_rows,
    "periods": _period_rows,
    "arm_periods": _arm_period_rows,
    "cases": _case_rows,
    "scenarios": _scenario_rows,
    "panel_years": _panel_year_rows,
    "placebo_bins": _placebo_bin_rows,
}


def cells(exhibit: Exhibit, values: Mapping[str, float]) -> pd.DataFrame:
    """Every cell of an exhibit as it is printed: columns CELL_FIELDS, value unrounded in the printed unit.

    A table is called by its number alone ("7.10"), a figure "Figure S.1".

    Raises
    ------
    KeyError
        A cell's quantity is not in the ledger; the message names table or figure, row, column and id.
    """
    rows = [_printed_entry(exhibit, entry, values) for entry in entries(exhibit)]
    return pd.DataFrame(rows, columns=CELL_FIELDS)


def entries(exhibit: Exhibit) -> list[Entry]:
    """All entries of an exhibit, row by row."""
    return [entry for row in exhibit.rows for cell in row.cells for entry in cell]


def _printed_entry(exhibit: Exhibit, entry: Entry, values: Mapping[str, float]) -> tuple:
    full = f"{exhibit.kind} {exhibit.number}"
    name = full if exhibit.kind == "Figure" else exhibit.number
    if entry.tells:
        return name, entry.row, entry.column, "", float("nan"), "", entry.told(values)[0]
    if not entry.id:
        return name, entry.row, entry.column, "", float("nan"), "", inert(" ".join(entry.lines))
    if entry.id not in values:
        raise KeyError(f"{full}, row {entry.row}, column {entry.column}: no quantity {entry.id!r} in the ledger")
    value = values[entry.id]
    return (
        name,
        entry.row,
        entry.column,
        entry.id,
        in_unit(value, entry.form),
        FORMS[entry.form].unit,
        printed(value, entry.form),
    )


def figure_sites(config: Mapping) -> dict[str, str]:
    """Figure number -> site, one figure per analysed site, numbered from C.8.1."""
    return {f"C.8.{i}": site for i, site in enumerate(analysed(config["sites"]), start=1)}
