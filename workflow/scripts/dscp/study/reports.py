"""The kinds of report that the workflow makes, each declared once; a study's config chooses one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

TEMPLATES, RESOURCES = "templates", "workflow/resources"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A kind of report. Which rules compute it is said in measures.needs.

    Attributes
    ----------
    name : as in the config
    schema : the schema of its config, below workflow/schemas
    laid_over : folder below templates/ whose files go before those that all kinds of report share; "" for none
    constants : the cited constants that it may use
    stated : the rules that come after those of measures.needs: what only its prose states
    called : what it is, behind its title
    described : what its page is about: template, with {title}, {programme} and {run}
    author : whom its files name
    """

    name: str
    schema: str
    laid_over: str
    constants: str
    stated: tuple[str, ...]
    called: str
    described: str
    author: str

    def template(self, name: str, folder: Path | str = TEMPLATES, project: Path | str = "") -> str:
        """The path of a template: the report's own, or the one that all share.

        Parameters
        ----------
        folder : of the templates, seen from `project`
        """
        own = Path(folder, self.laid_over, name)
        return str(own if self.laid_over and Path(project, own).exists() else Path(folder, name))

    def root(self, template: Path | str) -> Path:
        """The folder of the templates, told from the path of one of them."""
        folder = Path(template).parent
        return folder.parent if self.laid_over and folder.name == self.laid_over else folder

    def folders(self, folder: Path | str) -> list[str]:
        """Where its templates are looked for, in order."""
        return list(dict.fromkeys([str(Path(folder, self.laid_over)), str(folder)]))

    def declared(self, name: str, folder: Path | str) -> dict:
        """What a YAML file of its templates holds."""
        return yaml.safe_load(Path(self.template(f"{name}.yaml", folder)).read_text(encoding="utf-8"))


EVALUATION = Report(
    name="evaluation",
    schema="config.schema.yaml",
    laid_over="",
    constants=f"{RESOURCES}/constants.csv",
    stated=("stated", "restated"),
    called="regenerated report",
    described="Regenerated final report on the {programme}, run {run}",
    author="Regenerated after NatCen Social Research and University of York (2012)",
)
PROFILE = Report(
    name="profile",
    schema="profile.schema.yaml",
    laid_over="profile",
    constants=f"{RESOURCES}/profile_constants.csv",
    stated=(),
    called="partnership profile",
    described="Partnership profile: {title}, run {run}",
    author="Made by a program from the records of treatment services",
)
REPORTS: Mapping[str, Report] = {one.name: one for one in (EVALUATION, PROFILE)}


def report_of(config: Mapping) -> Report:
    """The kind of report that a study asks for.

    Raises
    ------
    KeyError
        There is none of that name; the schema of the config says so first.
    """
    return REPORTS[config.get("report", EVALUATION.name)]
