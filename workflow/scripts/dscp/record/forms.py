"""The published forms: every file of a run that may leave its house, and those for whoever signs; each declared once.

From this list come what the workflow makes (`rule all`), the closing lines of a run and what its record says of a file.
A form that no rule makes stops the run before it begins; so does a file that a rule makes and that is no form, unless
it lies in a folder below, which holds none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from dscp.record.columns import FILE, MEDIA_TYPE
from dscp.study.kinds import compared, registered, reviewed, under_a_policy

RUN_NAME = r"[a-z0-9][a-z0-9._-]*"  # as in the schema of the config
# Folders of a run that hold no published form.
RESTRICTED = "restricted"  # clients' rows, and what tells of them
SEALS = f"{RESTRICTED}/released"  # checksums of the run's entries in the register of releases
WORK = "work"  # steps between two jobs
LOGS = "logs"  # what jobs said
CODE = "code"  # the project's files as they were; the run record lists them
HOUSE = (RESTRICTED, WORK, LOGS, CODE)


class Way(StrEnum):
    """By which way the content of a field came to be published."""

    GATE = "computed from what rule release let through, or let through itself"
    EMPTIED = "empty under a policy, where people are counted"
    WORDS = "words of the code, the templates and the config"
    TEXTS = "such words, and texts of extracts that are not about people"
    RUN = "what was run: jobs, settings, packages, times"
    SUMS = "checksums, keyed of what is confidential"
    PRINT = "the evaluation's print and what is compared with it, where there is no policy"


def always(study: Mapping) -> bool:
    """Every study has it."""
    return True


@dataclass(frozen=True)
class PublishedForm:
    """A form in which a run's results are given out.

    Parameters
    ----------
    file : its path in the run's folder; with "*" for several files of one kind
    rule : what makes it; where the kinds of report have rules of their own for it, those, with a blank between
    says : what it is, for the closing lines of a run and the run record
    media_type : as IANA registers it
    when : whether a study has it, by its config
    confidential : whether it is for whoever signs the output off, and stands under `restricted/`
    fields : what it holds -> by which way that passed: columns of a table, properties of a record, data of a page;
        none of a confidential one

    Raises
    ------
    ValueError
        A confidential form outside `restricted/`, or another one in a folder that holds none; a published one that
        says nothing of its fields.
    """

    file: str
    rule: str
    says: str
    media_type: str
    when: Callable[[Mapping], bool]
    confidential: bool
    fields: Mapping[str, Way]

    def __hash__(self) -> int:
        """A form is known by its file."""
        return hash(self.file)

    def __post_init__(self) -> None:
        folder = PurePosixPath(self.file).parts[0]
        if self.confidential != (folder == RESTRICTED) or folder in (WORK, LOGS, CODE):
            raise ValueError(f"{self.file}: allowed: confidential forms in {RESTRICTED}/, others in no such folder")
        if self.confidential == bool(self.fields):
            raise ValueError(f"{self.file}: allowed: fields of a published form, each with its way, and of no other")

    def holds(self, name: str) -> bool:
        """Whether a file of a run, by its path in the run's folder, is of this form."""
        return PurePosixPath(name).match(self.file) and name.count("/") == self.file.count("/")


CSV, HTML, PDF, JSON_LD = "text/csv", "text/html", "application/pdf", "application/ld+json"
SVG, PNG = "image/svg+xml", "image/png"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def _all(way: Way, names: str) -> dict[str, Way]:
    return dict.fromkeys(names.split(), way)


# What each published form holds. A field that is not declared here fails tests/attacks/test_fields.py.
OF_LEDGER = {
    **_all(Way.TEXTS, "id inputs filter dims"),
    **_all(Way.GATE, "value note"),
    **_all(Way.EMPTIED, "rows"),
    **_all(Way.WORDS, "unit formula rule function source extract settings family about cohort"),
}
OF_CELLS = {
    **_all(Way.TEXTS, "exhibit row column id"),
    **_all(Way.WORDS, "unit printed_unit"),
    **_all(Way.GATE, "value printed"),
}
OF_VALIDATION = {
    **_all(Way.WORDS, "extract severity file column allowed"),
    **_all(Way.GATE, "found rows"),
    **_all(Way.EMPTIED, "line message"),
}
OF_PAGE = {  # of its data: by name
    **_all(Way.GATE, "text pictures"),
    **_all(Way.WORDS, "script"),
    **_all(Way.TEXTS, "data/id data/label data/filter data/inputs"),
    **_all(Way.GATE, "data/value data/note data/filled"),
    **_all(Way.EMPTIED, "data/rows"),
    **_all(Way.WORDS, "data/unit data/kind data/formula data/rule data/function data/source data/reads data/shaped"),
    **_all(Way.RUN, "data/run data/versions data/settings"),
    **_all(Way.SUMS, "data/extracts"),
}
OF_PDF = {
    **_all(Way.GATE, "text attached/ledger.csv attached/cells.csv"),
    **_all(Way.RUN, "attached/ro-crate-metadata.json"),
}
OF_BOOK = {**_all(Way.GATE, "cells"), **_all(Way.WORDS, "properties")}
OF_RECORD = {
    **_all(Way.SUMS, "sha256 identifier"),
    **_all(Way.WORDS, "description conditionsOfAccess isAccessibleForFree license conformsTo encodingFormat"),
    **_all(
        Way.RUN,
        "@id @type about additionalType agent alternateName author contentSize dateModified datePublished endTime",
    ),
    **_all(Way.RUN, "exampleOfWork hasPart input instrument mainEntity mentions name object position result startTime"),
    **_all(Way.RUN, "programmingLanguage softwareRequirements softwareVersion step value version workExample"),
}
OF_REGISTER = {
    **_all(
        Way.PRINT, "key where printed value unit our_id ours ours_each our_printed verdict rounding reason evidence"
    ),
    **_all(Way.PRINT, "cause_proposed cause_confirmed clients pounds"),
}
OF_RELATIONS = _all(Way.PRINT, "id about relation printed left right verdict")
OF_REVIEW = {**OF_RELATIONS, **_all(Way.PRINT, "cause why")}
OF_CLAIMS = _all(Way.PRINT, "id place kind claim judged_against verdict arithmetic clients pounds hangs_on reason")
OF_RANGES = {
    **_all(Way.PRINT, "table site sets pilot_pre_from pilot_pre_to pilot_post_from pilot_post_to"),
    **_all(
        Way.PRINT, "comparison_pre_from comparison_pre_to comparison_post_from comparison_post_to base_from base_to"
    ),
    **_all(Way.PRINT, "p_low p_high p_printed sets_with_printed_p test"),
}
FORMS = (
    PublishedForm("report.pdf", "report_pdf", "report, for print", PDF, always, False, OF_PDF),
    PublishedForm("report.html", "report_html", "report, for the screen", HTML, always, False, OF_PAGE),
    PublishedForm("report.xlsx", "workbook", "numbered tables", XLSX, always, False, OF_BOOK),
    PublishedForm("report.ods", "workbook", "numbered tables, OpenDocument", ODS, always, False, OF_BOOK),
    PublishedForm("figures/*.svg", "report_html", "figures", SVG, always, False, _all(Way.GATE, "drawing words")),
    PublishedForm("figures/*.png", "figures", "figures, for slides", PNG, always, False, _all(Way.GATE, "drawing")),
    PublishedForm("cells.csv", "report_html", "every printed cell", CSV, always, False, OF_CELLS),
    PublishedForm(FILE, "report_html", "columns of the CSV files", MEDIA_TYPE, always, False, _all(Way.WORDS, "words")),
    PublishedForm("ledger.csv", "release", "every quantity", CSV, always, False, OF_LEDGER),
    PublishedForm("validation.csv", "release", "what validation found", CSV, always, False, OF_VALIDATION),
    PublishedForm(
        "disclosure.csv",
        "release",
        "decisions of disclosure",
        CSV,
        always,
        False,
        {"id": Way.TEXTS, "decision": Way.GATE},
    ),
    PublishedForm("restricted/output_check.pdf", "output_check", "to be signed", PDF, under_a_policy, True, {}),
    PublishedForm(
        "reproduction.csv", "reproduction review", "register of the print", CSV, registered, False, OF_REGISTER
    ),
    PublishedForm("relations.csv", "reproduction", "relations in the print", CSV, compared, False, OF_RELATIONS),
    PublishedForm("claims.csv", "claims", "claims of the print", CSV, compared, False, OF_CLAIMS),
    PublishedForm("count_ranges.csv", "reproduction", "counts that the print allows", CSV, compared, False, OF_RANGES),
    PublishedForm("review_relations.csv", "review", "relations in the review", CSV, reviewed, False, OF_REVIEW),
    PublishedForm("ro-crate-metadata.json", "run_record", "run record", JSON_LD, always, False, OF_RECORD),
)
WIDTH = max(len(form.says) for form in FORMS) + 2  # of the first column of what a run says in the end


def forms_of(study: Mapping) -> list[PublishedForm]:
    """The forms that a study has, in their order."""
    return [form for form in FORMS if form.when(study)]


def form_of(name: str) -> PublishedForm | None:
    """The form that a file is of, by its path in the run's folder; None of a file that is no form."""
    return next((form for form in FORMS if form.holds(name)), None)


def made_forms(study: Mapping, jobs: Sequence[Mapping], folder: str) -> dict[PublishedForm, list[str]]:
    """The paths of each form that a study has, as the rules make them.

    Parameters
    ----------
    study : the config
    jobs : every job of the run, with `rule` and `outputs` (paths), as `record.jobs.recorded_jobs` gives them
    folder : of the run, as the paths begin

    Raises
    ------
    SystemExit
        One line for each form that its rule does not make, and for each file outside the folders above that is no form.
    """
    outputs = [(job["rule"], path) for job in jobs for path in job["outputs"]]
    names = {path: path[len(folder) + 1 :] if path.startswith(f"{folder}/") else "" for _, path in outputs}
    found = {
        form: [path for rule, path in outputs if rule in form.rule.split() and form.holds(names[path])]
        for form in forms_of(study)
    }
    of_forms = {path for paths in found.values() for path in paths}
    faults = [
        f"record/forms.py, {form.file}: found no such file among what rule {form.rule} makes"
        for form, paths in found.items()
        if not paths
    ] + [
        f"rule {rule}: found {path}, which is no published form, allowed: a line in record/forms.py, or a file in "
        f"{RESTRICTED}/ or {WORK}/"
        for rule, path in outputs
        if path not in of_forms and not _stays(path, names[path])
    ]
    if faults:
        raise SystemExit("\n".join(faults))
    return found


def _stays(path: str, name: str) -> bool:
    """Whether an output stays where it is; the name is "" outside the run's folder, where rebuilt extracts lie."""
    if not name:
        return PurePosixPath(path).parent.name == RESTRICTED
    return name == CODE or name.startswith((f"{RESTRICTED}/", f"{WORK}/"))


def listed(forms: Mapping[PublishedForm, Sequence[str]], folder: str) -> list[str]:
    """One line for each form whose files are there: what it is, where, how large."""
    there = {form: [Path(path) for path in paths if Path(path).exists()] for form, paths in forms.items()}
    return [
        line(form.says, f"{folder}/{form.file}  ({_number(paths)}{_size(paths):.1f} MB)")
        for form, paths in there.items()
        if paths
    ]


def line(what: str, found: str) -> str:
    """A line of what a run says in the end."""
    return f"  {what:<{WIDTH}}{found}"


def _size(paths: Sequence[Path]) -> float:
    return sum(path.stat().st_size for path in paths) / 1e6


def _number(paths: Sequence[Path]) -> str:
    return f"{len(paths)} files, " if len(paths) > 1 else ""
