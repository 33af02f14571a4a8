"""The kinds of report that the workflow makes, each declared once; a study's config chooses one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

TEMPLATES, RESOURCES = "templates", "workflow/resources"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A kind of report. Which rules compute it is said in measures.needs.

    Attributes
    ----------
    name : as in the config; of a profile of published counts, which its extracts ask for, a name of its own
    schema : the schema of its config, below workflow/schemas
    laid_over : folders below templates/ whose files go before those that all kinds of report share, the first before
        the next
    constants : the cited constants that it may use
    stated : the rules that come after those of measures.needs: what only its prose states
    called : what it is, behind its title
    described : what its page is about: template, with {title}, {programme} and {run}
    author : whom its files name
    """

    name: str
    schema: str
    laid_over: tuple[str, ...]
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
        own = (Path(folder, one, name) for one in self.laid_over)
        return str(next((path for path in own if Path(project, path).exists()), Path(folder, name)))

    def root(self, template: Path | str) -> Path:
        """The folder of the templates, told from the path of one of them."""
        folder = Path(template).parent
        return folder.parent if folder.name in self.laid_over else folder

    def folders(self, folder: Path | str) -> list[str]:
        """Where its templates are looked for, in order."""
        return [*(str(Path(folder, one)) for one in self.laid_over), str(folder)]

    def declared(self, name: str, folder: Path | str) -> dict:
        """What a YAML file of its templates holds."""
        return yaml.safe_load(Path(self.template(f"{name}.yaml", folder)).read_text(encoding="utf-8"))


EVALUATION = Report(
    name="evaluation",
    schema="config.schema.yaml",
    laid_over=(),
    constants=f"{RESOURCES}/constants.csv",
    stated=("stated", "restated"),
    called="evaluation report",
    described="Final report on the {programme}, run {run}",
    author="After the report of NatCen Social Research and University of York (2012)",
)
PROFILE = Report(
    name="profile",
    schema="profile.schema.yaml",
    laid_over=("profile",),
    constants=f"{RESOURCES}/profile_constants.csv",
    stated=(),
    called="partnership profile",
    described="Partnership profile: {title}, run {run}",
    author="Made by a program from the records of treatment services",
)
OF_COUNTS = replace(
    PROFILE,
    name="profile_of_counts",
    laid_over=("profile_of_counts", "profile"),
    constants=f"{RESOURCES}/profile_of_counts_constants.csv",
    author="Made by a program from published counts",
)
COUNTS = "published_counts"  # the extract that a profile may be made of in the place of journeys
AREA_STUDY = Report(
    name="area_study",
    schema="area_study.schema.yaml",
    laid_over=("area_study",),
    constants=f"{RESOURCES}/area_study_constants.csv",
    stated=(),
    called="study of areas",
    described="Study of areas on published figures: {title}, run {run}",
    author="Made by a program from published figures of areas",
)
REPORTS: Mapping[str, Report] = {one.name: one for one in (EVALUATION, PROFILE, AREA_STUDY)}  # that a config may name


def report_of(config: Mapping) -> Report:
    """The kind of report that a study asks for.

    Raises
    ------
    KeyError
        There is none of that name; the schema of the config says so first.
    """
    found = REPORTS[config.get("report", EVALUATION.name)]
    return OF_COUNTS if found is PROFILE and COUNTS in config.get("extracts", ()) else found


def author_of(config: Mapping) -> str:
    """Whom the files of a report name: those that its config does, or else what the kind of report is made from."""
    return ", ".join(config.get("front", {}).get("authors", [])) or report_of(config).author
