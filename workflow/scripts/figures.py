"""Rule figures: every figure of the report, from its declaration in templates/figures.yaml to an SVG and a PNG.

The same ledger gives the same bytes. The SVG has no title yet: the rule report_html gives it that of the page.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pandas as pd
import yaml
from matplotlib.figure import Figure

from dscp import figures as room
from dscp.figures.data import FigureData, Planned, planned
from dscp.figures.drawing import Faces, own_settings, to_png, to_svg
from dscp.figures.files import letters_of, type_of, typed
from dscp.figures.numbers import sheets, wanted
from dscp.ledger.rows import read_ledger, values_of
from dscp.run.job import writing


def drawing(draws: str) -> Callable[[FigureData, Mapping, Faces], Figure]:
    """The function that a figure's declaration names, as module.function of the room `figures`."""
    module, name = draws.split(".")
    return getattr(import_module(f"{room.__name__}.{module}"), name)


def drawn(
    plan: Planned, values: Mapping[str, float], config: Mapping, faces: Faces, sites: Sequence[str] | None = None
) -> Figure:
    """Draw one figure, or one of its sheets.

    Parameters
    ----------
    plan : the figure, with the table of its numbers
    values : ledger id -> value
    config : the study: sites, periods, programme
    faces : typefaces
    sites : those of the sheet, drawn to the scale of all; None for all
    """
    data = FigureData.of(plan, values)
    return drawing(plan.declaration["draws"])(data if sites is None else data.only(sites), config, faces)


def figures(
    ledger: pd.DataFrame, declared: Mapping[str, Mapping], config: Mapping, fonts: Mapping[str, str]
) -> dict[str, str]:
    """Draw every figure of the study.

    Parameters
    ----------
    ledger : every quantity
    declared : what figures.yaml holds under `figures`
    config : the study: sites, periods, programme, economics
    fonts : "plain" and "bold" -> font file

    Returns
    -------
    name of each sheet of each figure -> SVG; a figure of one sheet has its number as a name
    """
    return {name: to_svg(figure) for name, figure in sheets_of(ledger, declared, config, fonts)}


def sheets_of(
    ledger: pd.DataFrame, declared: Mapping[str, Mapping], config: Mapping, fonts: Mapping[str, str]
) -> Iterator[tuple[str, Figure]]:
    """Name and drawing of each sheet of each figure, from what `figures` takes; the settings are ours in between."""
    faces, values = Faces.of(**fonts), values_of(ledger)
    plans = planned(declared, config, ledger["id"].tolist())
    with own_settings():
        for number, plan in plans.items():
            if wanted(plan.declaration, config):
                for name, sites in sheets(number, plan.declaration, config).items():
                    yield name, drawn(plan, values, config, faces, sites if "sheets" in plan.declaration else None)


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        files = {Path(name).name: name for name in snakemake.input.fonts}
        weights = {"plain": "400", "bold": "600"}
        faces = {name: files[f"source-sans-3-latin-{weight}-normal.ttf"] for name, weight in weights.items()}
        declared = yaml.safe_load(Path(snakemake.input.declared).read_text(encoding="utf-8"))["figures"]
        drawings, pictures = {}, {}
        for name, figure in sheets_of(read_ledger(snakemake.input.ledger), declared, snakemake.params.config, faces):
            drawings[name], pictures[name] = to_svg(figure), to_png(figure)
        style = type_of(letters_of(drawings.values()), faces)
        for path, made in zip(out.drawings, snakemake.output.drawings, strict=True):
            Path(path).write_text(typed(drawings[Path(made).stem], style), encoding="utf-8")
        for path, made in zip(out.pictures, snakemake.output.pictures, strict=True):
            Path(path).write_bytes(pictures[Path(made).stem])
