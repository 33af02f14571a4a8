"""Write the pages that follow from declarations: docs/settings.md, docs/extracts.md, the schema and the templates.

`make pages`; a test says when they are no longer what the declarations give.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from dscp.config.checked import plain, read_config
from dscp.config.schema import config_schema, described, named
from dscp.extracts.columns import in_words
from dscp.extracts.registry import READ
from dscp.extracts.types import Column, ExtractType, Limits
from dscp.extracts.words import words_of
from dscp.study.areas import value_at
from dscp.study.reports import EVALUATION, REPORTS

PROJECT = Path(__file__).parents[2]
SETTINGS = """# Settings

Made from `workflow/schemas/config.schema.yaml` and the catalogues by `make pages`; the defaults stand in `config.yaml`.
A dot leads from a group to its keys.

| key | meaning | allowed |
|---|---|---|
"""
DICTIONARY = """# Extracts

What each extract holds. Made from `workflow/scripts/dscp/extracts/catalogue/` by `make pages`; code lists are those of
`config.yaml`.

Files are CSV (UTF-8, commas, a header), Parquet, or XLSX of up to 50,000 rows. Headers may be in capitals or small
letters, with blanks, hyphens or underscores. An empty cell, `NA` and `NULL` are missing. Other columns are left
unread, and named. A study names the extracts that it has; what rests on another is left out of its report, and the
report says so. `docs/templates/` has a file with the right header for each.

## Files as they are

Nobody edits an extract by hand: where a file has names, codes and days of its own, the config says which are which.

```yaml
extracts:
  journeys:
    files:
      - extracts/north.xlsx
      - {file: extracts/south.csv, columns: {dat: Area}} # what is different in this file
    columns: {client: Client Ref, dat: Partnership} # our column: the header that it stands under
    values: {sex: {Male: M, Female: F, "9": null}} # what stands in the cells: what it means; null means nothing
    dates: {journey_start: DD.MM.YYYY, journey_end: DD-Mon-YYYY} # no other way of writing is read in these columns
    skip: 3 # lines of titles above the header
    source: NDTMS, extract of 4 May 2016 # where the files come from, for print
    sheet: Data # of a workbook; two sheets may be two files
```

Letter case and blanks around a header or a value do not matter. Days are written with D or DD, M, MM, Mon or Month,
YY or YYYY, and HH:MM or HH:MM:SS behind them; `Excel number` are days that a spreadsheet counts (39600). A header
that is not in the file stops the run; a value that never occurs is told. Words in a column of codes are read as the
code where they can mean no other one (Male, Crack, Dropped out), and told; others need `values`. Words of sources of
referral hold with the codes of criminal justice that `config.yaml` begins with. An apostrophe in front of a cell, by
which spreadsheets mark a text, is no part of it. Rows that say total and lack what a record has, and notes below the
records, are left out and counted. A header below titles or groups of columns stops the run, which says how many lines
to `skip`. Ids and dates of birth have
no `values`: the config is published. What is translated stands in Appendix B, in the run record and in the trace of
every number that rests on the file.
"""
OF_AREAS = "an area of the config; its label, where the sites have names and are not called site_3"
MISSING = {"fault": "stops the run", "fine": "may be missing"}


OTHER = """
## `report: {name}`

Besides `{shared}` and what these lead to, as above:

| key | meaning | allowed |
|---|---|---|
"""


def settings_page(schema: Mapping, others: Mapping[str, Mapping]) -> str:
    """Every key of the config.

    Parameters
    ----------
    schema : of the evaluation's config
    others : name of another report -> the schema of its config
    """
    of_all = list(keys(schema))
    known = {key for key, *_ in of_all}
    page = SETTINGS + _lines(of_all)
    for name, other in others.items():
        own = [one for one in keys(other) if one[0] not in known]
        page += OTHER.format(name=name, shared="`, `".join(key for key in other["properties"] if key in known))
        page += _lines(own)
    return page


def _lines(found: list[tuple[str, str, str]]) -> str:
    return "".join(f"| `{key}` | {meaning} | {allowed} |\n" for key, meaning, allowed in found)


def keys(schema: Mapping) -> Iterator[tuple[str, str, str]]:
    """Every key of a schema: dotted name, meaning, what is allowed."""
    for name, node, shared in described(schema):
        yield name, node.get("description", ""), _allowed(node, shared, schema["$defs"])


def _allowed(node: Mapping, reference: Mapping, definitions: Mapping) -> str:
    if "enum" in node:
        said = node.get("assumed", {})
        return ", ".join(f"`{value}`" + (f" ({said[value]})" if said else "") for value in node["enum"])
    if "then" in node:
        paths = _allowed(definitions["paths"], {}, definitions)
        return f"{paths}, or `files` and [how they are written](extracts.md#files-as-they-are)"
    if "anyOf" in node:
        return " or ".join(option["description"] for option in node["anyOf"])
    bounds = {"minimum": "from", "maximum": "to", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
    limits = [f"{word} {node[key]}" for key, word in bounds.items() if key in node]
    if node.get("type") == "object":
        return "keys below" if "properties" in node or named(node) else "names of your own"
    kind = {"array": "a list"}.get(node.get("type", ""), f"{node.get('type', '')}")
    return " ".join([reference.get("description", kind), *limits])


def dictionary(config: Mapping) -> str:
    """The data dictionary: every column of every extract."""
    return DICTIONARY + "".join(_extract(extract, config) for extract in READ.values())


def _extract(extract: ExtractType, config: Mapping) -> str:
    unique = f" No two rows have the same {_listed(extract.key)}." if extract.key else ""
    links = "".join(f" Its {link.column} is found in `{link.to}`." for link in extract.links)
    about = f"Its numbers are about {extract.about}" if extract.row_is == "several" else "It is about people"
    made = f" `{extract.makes}` are made of it, in whose place a study has it." if extract.makes else ""
    protected = f" Its counts are {extract.fate}: {extract.protection}."
    lines = [
        f"\n## `{extract.name}`: {extract.says}\n\n",
        f"A row is {extract.row_says}. {about}.{protected}{unique}{links}{made}\n\n",
        "| column | what it holds | allowed | also called | if missing |\n|---|---|---|---|---|\n",
    ]
    return "".join([*lines, *(_column(column, config) for column in extract.columns)])


def _column(column: Column, config: Mapping) -> str:
    everywhere = ({one: one} for one in ("a site of the config", OF_AREAS))
    allowed = in_words(column, Limits(config["codes"], *everywhere, dt.date.max))
    allowed = allowed.replace(f" to {dt.date.max}", "")
    if column.codes:
        allowed = "; ".join(f"`{code}` {words}" for code, words in column.codes.items())
    elif column.code_list:
        codes = value_at(config, column.code_list)
        listed = f"`{column.code_list}`: {_codes(codes)}"
        allowed = listed if isinstance(codes, Mapping) else f"{allowed}; {listed}"
    if words_of(column, config["codes"]):
        own = ", ".join(sorted({words for _, words in column.words}))
        grouped = column.code_list and isinstance(value_at(config, column.code_list), Mapping)
        allowed += "; or a group's name" if grouped else "; or in words"
        allowed += f"{', or' if grouped else ':'} {own}" if own else ""
    missing = column.effect or MISSING.get(column.missing, "counted")
    optional = "the column may be left out" if column.optional else MISSING["fine"] if column.missing == "fine" else ""
    also = ", ".join(f"`{alias}`" for alias in column.aliases)
    return f"| `{column.name}` | {column.says} | {allowed} | {also} | {optional or missing} |\n"


def _codes(codes: object) -> str:
    """A code list of the config in words."""
    if isinstance(codes, Mapping):
        return "; ".join(f"{name.replace('_', ' ')} {_codes(values)}" for name, values in codes.items())
    ends = (code if isinstance(code, list) else [code] for code in codes)
    return ", ".join("-".join(map(str, dict.fromkeys(pair))) for pair in ends)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def template(extract: ExtractType) -> str:
    """A file of an extract that holds its header and nothing else."""
    return ",".join(column.name for column in extract.columns) + "\n"


def pages(project: Path) -> dict[Path, str]:
    """Every page by its place."""
    config = plain(read_config(project / "config.yaml"))
    docs = project / "docs"
    schemas = {name: config_schema(project, {"report": name}) for name in REPORTS}
    others = {name: schema for name, schema in schemas.items() if name != EVALUATION.name}
    return {
        docs / "settings.md": settings_page(schemas[EVALUATION.name], others),
        **{
            docs / f"{Path(REPORTS[name].schema).stem}.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
            for name, schema in schemas.items()
        },
        docs / "extracts.md": dictionary(config),
        **{docs / "templates" / f"{name}.csv": template(extract) for name, extract in READ.items()},
    }


if __name__ == "__main__":
    for path, text in pages(PROJECT).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
