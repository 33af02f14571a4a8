"""What the page on the screen carries besides the report: the ledger, written small, and the script that traces.

The page asks nothing of a server: quantities with their words, formulas with values filled in, extracts with their
checksums, code versions and settings are in it as data; the script of templates/trace/ shows them.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from dscp.ledger.ids import words_of
from dscp.ledger.rows import kind, parse_inputs, shaped_by, values_of, within
from dscp.ledger.trail import filled, plain
from dscp.run.digests import of_file
from dscp.study.areas import arms_of
from dscp.study.choices import in_words

# The files of templates/trace/ that make up the script, in this order: a file may use the constants of those before it.
SCRIPT = (
    *("data", "elements", "print", "trails", "panel", "number", "dependents", "search", "picture", "stepping"),
    *("tables", "sorting", "marks", "start"),
)
UNITS = {
    "count": "",
    "count2": "squared clients",
    "percent": "per cent",
    "ppt": "percentage points",
    "ppt2": "squared percentage points",
    "p": "",
    "gbp": "pounds",
    "gbp_m": "million pounds",
    "ratio": "",
    "index": "",
    "years": "years",
    "days": "days",
    "rate": "",
    "year": "",
    "people": "people",
}
WORDS = {
    "did": "difference in differences",
    "uncut": "whenever the form was filled in",
    "uncut_did": "difference in differences, whenever the form was filled in",
    "did_added": "cases added to each cell",
    "did_mid": "middle of the interval of the difference in differences",
    "did_se": "standard error of the difference in differences, counts only",
    "did_se_clustered": "standard error of the difference in differences, by client",
    "p": "p-value",
    "p_clustered": "p-value, clustered",
    "p_unadjusted": "p-value, unadjusted",
    "p_difference": "p-value of the difference in proportions",
    "pv": "present value",
    "all": "all sites",
}
POLICY = "default-src 'none'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'"


def label(row: Mapping, names: Mapping[str, str]) -> str:
    """A quantity's id in words: "Effective treatment: rate, Pilot 3, 2007-09".

    Parameters
    ----------
    row : of the ledger
    names : what the config calls sites, areas and periods, as from `names_of`
    """
    first, *rest = (_word(part, names) for word in words_of(row) for part in word.split("."))  # of a path
    return f"{first[:1].upper()}{first[1:]}" + (f": {', '.join(rest)}" if rest else "")


def _word(part: str, names: Mapping[str, str]) -> str:
    if part in names:
        return names[part]
    if year := re.fullmatch(r"y(\d{4})_(\d{2})", part):
        return f"{year[1]}-{year[2]}"
    if month := re.fullmatch(r"(\d{4})_(\d{2})", part):
        return f"{calendar.month_name[int(month[2])]} {month[1]}"
    return WORDS.get(part, part.replace("_", " "))


def names_of(config: Mapping) -> dict[str, str]:
    """What the config calls its periods, sites and areas: name in an id -> label."""
    names = {period: settings["label"] for period, settings in config["periods"].items()}
    for site, settings in config["sites"].items():
        names[site] = settings["label"]
        names |= {area: settings[arm]["label"] for arm, area in arms_of(site).items() if arm in settings}
    return names


def settings_of(config: Mapping, rows: Iterable[Mapping]) -> dict[str, str]:
    """The settings in the groups that any ledger row names: path -> value as text; a list counts as one setting."""
    groups = dict.fromkeys(path.split(".")[0] for row in rows for path in shaped_by(row))
    groups |= dict.fromkeys(words_of(row)[1].split(".")[0] for row in rows if kind(row) == "setting")
    return dict(_flat({group: config[group] for group in groups if group in config}))


def _flat(settings: Mapping, path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", in_words(value)


def extract_files(paths: Mapping[str, Sequence[str]], summed: Sequence[str]) -> dict[str, list[list[str]]]:
    """Extract -> its files, each [name, SHA-256]; the sum is "" but for the files among `summed`."""
    return {
        name: [[Path(path).name, of_file(path) if path in summed else ""] for path in files]
        for name, files in paths.items()
    }


def trace_data(
    ledger: pd.DataFrame, config: Mapping, extracts: Mapping[str, list[list[str]]], versions: Mapping[str, str]
) -> dict:
    """Everything that the page needs to trace its numbers.

    Parameters
    ----------
    ledger : every quantity
    config : the study
    extracts : from `extract_files`
    versions : rule -> digest of its code

    Returns
    -------
    Columns of the ledger by name, a repeating text column as {"of": texts, "at": positions}, inputs as positions;
    settings that shape a quantity likewise; and extracts, versions and settings.
    """
    rows = ledger.to_dict("records")
    positions = {row["id"]: i for i, row in enumerate(rows)}
    values = values_of(ledger)
    names, settings = names_of(config), settings_of(config, rows)
    return {
        "run": config["run"],
        "id": list(positions),
        "label": [label(row, names) for row in rows],
        "value": [plain(value) for value in values.values()],
        "unit": _repeating(UNITS[row["unit"]] for row in rows),
        "kind": _repeating(kind(row) for row in rows),
        **{
            name: _repeating(row[name] for row in rows)
            for name in ("formula", "rule", "function", "source", "filter", "note")
        },
        "reads": _repeating(row["extract"] for row in rows),
        "shaped": _repeating(_shaped(rows, list(settings))),
        "filled": [filled(row, values) for row in rows],
        "inputs": [_positions(row["inputs"], positions) for row in rows],
        "rows": [None if pd.isna(row["rows"]) else int(row["rows"]) for row in rows],
        "extracts": dict(extracts),
        "versions": dict(versions),
        "settings": list(settings.items()),
    }


def _positions(inputs: str, positions: Mapping[str, int]) -> list[list]:
    return [[name, [positions[one] for one in ids]] for name, ids in parse_inputs(inputs).items()]


def _shaped(rows: Sequence[Mapping], settings: Sequence[str]) -> Iterator[str]:
    """Positions of the settings that shape each quantity; one that is named as a group stands for all in it."""
    paths = {path for row in rows for path in shaped_by(row)}
    places = {path: {i for i, name in enumerate(settings) if within(name, path)} for path in paths}
    for row in rows:
        yield " ".join(map(str, sorted(set().union(*(places[path] for path in shaped_by(row))))))


def _repeating(texts: Iterator[str]) -> dict[str, list]:
    known: dict[str, int] = {}
    at = [known.setdefault(text, len(known)) for text in texts]
    return {"of": list(known), "at": at}


def scripts_of(folder: Path) -> list[str]:
    """The scripts of the page: the panel's, which begins when the page has been read, and that of its contents list."""
    parts = "\n".join((folder / "trace" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPT)
    panel = f'document.addEventListener("DOMContentLoaded", () => {{\n"use strict";\n{parts}}});\n'
    return [panel, (folder / "contents.js").read_text(encoding="utf-8")]


def data_of(content: Mapping) -> Markup:
    """What the panel shows, as an element that no browser runs."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Markup('<script type="application/json" id="trace-data">{}</script>').format(Markup(text))


def content_policy(style: str, scripts: Sequence[str]) -> str:
    """What the page lets a browser do: fetch nothing, and use this stylesheet and run these scripts only.

    Parameters
    ----------
    style, scripts : the texts of the elements, to the letter: the policy names them by their SHA-256
    """
    return f"{POLICY}; style-src {_hashed([style])}; script-src {_hashed(scripts)}"


def _hashed(texts: Iterable[str]) -> str:
    sums = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{one}'" for one in sums)
