"""The files that rules rest on, and digests that make a rule rerun exactly when something it rests on has changed."""

from dscp.figures.numbers import drawings
from dscp.record.jobs import extract_names
from dscp.run import digests
from dscp.study.given import given

FIGURES = REPORT.template("figures.yaml", project=BASE)
CONSTANTS = REPORT.constants


def source(path):
    """A file of the project: watched by digest, not by date, so that a fresh checkout reruns nothing."""
    return ancient(str(BASE / path))


def sources(paths):
    """Several files of the project."""
    return [source(path) for path in paths]


def digest(script, *paths):
    """Digest of a script, of the shared modules that it imports and of project files that its rule reads."""
    return digests.code(script) + digests.files(BASE / path for path in paths)


def constants():
    """The cited constants, with the study's own values in their place where it has some."""
    own = STUDY.get("economics", {}).get("unit_values")
    return f"{RUN}/restricted/constants.csv" if own else source(CONSTANTS)


def extract_paths(name):
    """The paths of an extract's files."""
    return [one.path for one in given(STUDY["extracts"][name])]


def extract_mappings(name):
    """Of each file of an extract how its names, codes and days are written; nothing where none is mapped."""
    mappings = [one.mapping for one in given(STUDY["extracts"][name])]
    return mappings if any(mappings) else []


def extract_input(wildcards):
    """An extract's files: those that the workflow makes by date, those it is given by digest."""
    paths = extract_paths(wildcards.extract)
    return [path if path in MADE else ancient(path) for path in paths]


def planned_digests(wildcards):
    """Digest of each file of an extract as it was when the run was planned; "" where the run makes the file itself."""
    return [PLANNED.get(path, "") for path in extract_paths(wildcards.extract)]


def reference_extract_files():
    """The files that the workflow made itself, of the extracts in use: their checksums may be published."""
    used = (path for name in EXTRACTS for path in extract_paths(name))
    return [path for path in used if path in REBUILT]


def validated(name):
    """The typed, frozen copy of an extract."""
    return f"{RUN}/restricted/validated/{name}.parquet"


def held(**extracts):
    """The typed copies of those of some extracts that the study has, under the names that a rule gives them."""
    return {name: validated(extract) for name, extract in extracts.items() if extract in EXTRACTS}


def activity():
    """The typed copy of what each site did; nothing where the study has no such extract."""
    return list(held(activity="pilot_activity").values())


def project_files(folder, *suffixes):
    """The project's files under a folder, sorted, as paths relative to the project."""
    found = (path for path in (BASE / folder).rglob("*") if path.suffix in suffixes)
    return sorted(str(path.relative_to(BASE)) for path in found)


def project_tree(folder, but="-"):
    """All the project's files under a folder but for one of its folders, sorted, as paths relative to the project."""
    found = (path.relative_to(BASE) for path in (BASE / folder).rglob("*") if path.is_file())
    return sorted(str(path) for path in found if "__pycache__" not in path.parts and not path.is_relative_to(but))


def own_rules():
    """The rules of this project so far, without those of a workflow that uses it as a module."""
    return [rule for rule in workflow.rules if Path(rule.snakefile).resolve().is_relative_to(PROJECT.resolve())]


def figure_drawings():
    """Names of the sheets of the study's figures, as templates/figures.yaml declares them."""
    with open(BASE / FIGURES, encoding="utf-8") as stream:
        return drawings(yaml.safe_load(stream)["figures"], STUDY)


# What a record of a run names: the project's files, as they are called inside the project, and the extracts' files.
CODE_PARTS = ["Snakefile", *project_tree("workflow", but="workflow/tools"), *project_tree("templates")]
CODE = {**{str(BASE / path): path for path in CODE_PARTS}, CONFIG_FILE: "config.yaml"}
EXTRACT_NAMES = extract_names(STUDY["extracts"])
PLAN.unchanged(CODE)
