"""The figures of a study on made-up numbers, laid out, and what is seen of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import figures as rule
from dscp.exhibits.declared import generated
from dscp.figures.data import planned
from dscp.figures.drawing import Faces
from dscp.figures.numbers import wanted
from dscp.measures.registry import POOLED

PROJECT = Path(__file__).parents[2]
DECLARED = yaml.safe_load((PROJECT / "templates" / "figures.yaml").read_text(encoding="utf-8"))["figures"]
FONTS = {
    "plain": str(PROJECT / "templates" / "fonts" / "source-sans-3-latin-400-normal.ttf"),
    "bold": str(PROJECT / "templates" / "fonts" / "source-sans-3-latin-600-normal.ttf"),
}
FACES = Faces.of(**FONTS)


def plans_of(config: dict) -> dict:
    """Every figure that a study has."""
    given = ("benefit.total_corrected", "uncertainty.value")
    valued = [f"{name}.{site}" for name in given for site in config["sites"]]
    quarters = [f"over_time.difference.{row['month']}" for row in generated({"each": "quarters"}, config, [], {})]
    plans = planned(DECLARED, config, [*valued, *quarters])
    return {number: plan for number, plan in plans.items() if wanted(plan.declaration, config)}


def ids_of(plan) -> list[str]:
    """The quantities of a figure's table."""
    return [entry.id for row in plan.table.rows for cell in row.cells for entry in cell] if plan.table else []


def made_up(config: dict, seed: int = 3) -> dict[str, float]:
    """A value for every quantity of the figures: differences around zero, low ends below high ones."""
    rng = np.random.default_rng(seed)
    ids = sorted({one for plan in plans_of(config).values() for one in ids_of(plan)})
    of_worth, apart = [one for one in ids if one.startswith("uncertainty")], np.random.default_rng(seed + 1)
    ids = [one for one in ids if one not in of_worth]
    values = {one: float(rng.normal(0, 8)) for one in ids}
    for at, one in zip(
        apart.permutation(np.linspace(0.05, 0.95, len(of_worth))), of_worth, strict=True
    ):  # no two alike
        chance = ".pays." in one or ".effects_alone." in one
        values[one] = float(at if chance else 8e7 * at - 6e7)
    shares = [one for one in ids if ".rate." in one]
    rates = dict(zip(shares, rng.permutation(np.linspace(20, 95, len(shares))), strict=True))  # no two alike
    ways = [one for one in ids if one.startswith("evidence.relabelled.")]
    bars = dict(zip(ways, 100 * 1.06 ** rng.permutation(len(ways)), strict=True))  # no two print alike
    values |= {one: 3.0 + 2 * n for n, one in enumerate(one for one in ids if one.startswith("setting."))}
    for one in ids:
        if ".rate." in one:
            values[one] = float(rates[one])
        elif one.startswith(("new_journeys", "constant")):
            values[one] = float(rng.integers(20, 95))
        elif one.startswith(("follow_up.", "setting.")):
            values[one] = float(rng.uniform(2, 95))
        elif one.startswith("evidence.power"):
            values[one] = float(rng.uniform(0.05, 0.95))
        elif found := re.fullmatch(r"evidence\.relabelled_middle\.(\w+)\.bin_(\d+)", one):
            place = 13 * [measure.name for measure in POOLED].index(found[1]) + int(found[2])
            values[one] = 3 * 1.15**place  # no two print alike
        elif one.startswith("evidence.plain_mean."):
            values[one] = -2.0 - [measure.name for measure in POOLED].index(one.rpartition(".")[2])  # nor like these
        elif one.startswith("evidence.relabelled."):
            values[one] = float(bars[one])
        elif one.startswith(("benefit", "sensitivity", "steps")):
            values[one] = float(rng.normal(-20e6, 2e7))
        elif re.search(r"(did|effect|difference)_low\.", one):
            values[one] = values[re.sub(r"_low\.", ".", one)] - 4.0
        elif re.search(r"(did|effect|difference)_high\.", one):
            values[one] = values[re.sub(r"_high\.", ".", one)] + 4.0
        elif found := re.fullmatch(r"(\w+)\.tested_(low|high)\.(\w+)", one):
            about = next(
                name for name in (f"{found[1]}.effect.{found[3]}", f"{found[1]}.did.{found[3]}") if name in values
            )
            values[one] = values[about] + (5.0 if found[2] == "high" else -5.0)
        elif re.search(r"\.p\.site_", one):
            values[one] = float(rng.uniform(0, 0.1))
    return {"setting.models.significance": 0.05, **values}


def draw(number: str, config: dict, values: dict[str, float], sites: list[str] | None = None):
    """One figure, or one of its sheets, laid out."""
    figure = rule.drawn(plans_of(config)[number], values, config, FACES, sites)
    figure.set_dpi(72)
    FigureCanvasAgg(figure).draw()
    return figure


def texts(figure) -> list[Text]:
    """Every text that is seen."""
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
