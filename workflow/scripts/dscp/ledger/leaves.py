"""Leaves that no record stands behind: cited constants, and the numbers of the config."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dscp.ledger.rows import numbers, quantities

RULE = "ledger"


def constants(table: pd.DataFrame) -> pd.DataFrame:
    """Leaves for cited constants: columns name, value, unit, source (citation and page), what (it is, in words)."""
    return quantities(
        table,
        id="constant.{name}",
        value="value",
        unit="{unit}",
        source="{source}",
        filter="{what}",
        rule=RULE,
        function="constants",
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
    frame["what"] = [says.get(path) or says.get(path.rpartition(".")[0], "") for path in frame["path"]]
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
