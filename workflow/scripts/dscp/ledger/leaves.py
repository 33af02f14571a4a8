"""Leaves that no record stands behind: cited constants, and the numbers of the config."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from dscp.ledger.rows import numbers, quantities

RULE = "ledger"
FISCAL_YEAR = re.compile(r"\d{4}-\d{2}")


def constants(table: pd.DataFrame) -> pd.DataFrame:
    """Leaves for cited constants: columns name, value, unit, source (citation and page), what (it is, in words).

    Those of the study's own (column own, of the rule own_values) are made of settings.
    """
    own = table["own"] if "own" in table else pd.Series("", table.index)
    prices, given = "setting.economics.prices.index", {"value": "setting.economics.unit_values.{name}.value"}
    moved = {**given, "now": f"{prices}.{{now}}", "then": f"{prices}.{{then}}"}
    common = {"id": "constant.{name}", "value": "value", "unit": "{unit}", "source": "{source}", "filter": "{what}",
              "rule": RULE, "function": "constants"}  # fmt: skip
    return pd.concat(
        [
            quantities(table[own == ""], **common),
            quantities(table[own == "value"], formula="value", inputs=given, **common),
            quantities(table[own == "uprated"], formula="value * now / then", inputs=moved, **common),
        ]
    )


def settings(config: Mapping, policy: Mapping[str, float], says: Mapping[str, str]) -> pd.DataFrame:
    """Leaves for numbers of the config's definitions, models, economics and validation, and of its disclosure policy.

    Parameters
    ----------
    policy : the numbers that the policy sets, by name
    says : path of a setting, or of the list that it is one of -> what it is, in words
    """
    groups = (name for name in ("definitions", "models", "economics") if name in config)
    parts = {**{name: config[name] for name in groups}, "disclosure": policy}
    parts["validation"] = config.get("validation", {})
    frame = pd.DataFrame(numbers(parts), columns=["id", "value"])
    frame["path"] = frame["id"].str.removeprefix("setting.")
    frame["what"] = [_meant(path, says) for path in frame["path"]]
    return quantities(
        frame,
        id="setting.{path}",
        value="value",
        unit="count",
        source="config.yaml",
        filter="{what}",
        rule=RULE,
        function="settings",
    )


def _meant(path: str, says: Mapping[str, str]) -> str:
    """What a setting is; one of a list is what the list is, and one of a table of years is of its year, too."""
    above, _, key = path.rpartition(".")
    year = f", {key}" if FISCAL_YEAR.fullmatch(key) else ""
    return says.get(path) or says.get(above, "") + year
