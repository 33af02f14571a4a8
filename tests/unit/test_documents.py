"""What the documents name is there, and what they list is whole.

Links with their anchors, commands of make, files of the project and of a run, settings, tests and what picks them;
lists of published forms, verdicts and policies.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from dscp.disclosure.policies import POLICIES
from dscp.measures.verdicts import SAID
from dscp.record.forms import FORMS, HOUSE, form_of, forms_of

PROJECT = Path(__file__).parents[2]
PLACES = ("*.md", "docs/*.md", "studies/*/*.md", "workflow/resources/*/*.md")
DOCUMENTS = sorted(path for place in PLACES for path in PROJECT.glob(place) if path.name != "CHANGELOG.md")
OURS = [path for path in DOCUMENTS if path.parent in (PROJECT, PROJECT / "docs")]  # others name files of their sources
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\bmake ([a-z][a-z-]*)")
OPTION = re.compile(r"\b([A-Z]{2,})=")
FILE = re.compile(r"(?<![\w/.-])((?:workflow|templates|tests|docs|studies|\.ci|\.github)/[\w./-]*\w)(?![\w*{<…-])")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
PICKED = re.compile(r"(tests/[\w/]+\.py)?(?: ?-k (\"[^\"]+\"|\w+))")
# A whole span that is a path: with a folder, or a file of a kind that the project has.
KINDS = "py|smk|md|csv|yaml|json|toml|lock|sh|css|js|j2|html|pdf|xlsx|ods|parquet|png|svg|txt|key|sig"
PATH = re.compile(rf"[\w.<>…-][\w.<>*…-]*(?:/[\w.<>*…-]+)+/?|[\w-]+/|[\w.-]*\w\.(?:{KINDS})")
ROOMS = (
    "",
    "workflow",
    "workflow/scripts",
    "workflow/scripts/dscp",
    "workflow/scripts/dscp/report",
    "templates",
    "tests",
    "docs",
)
NO_PATHS = {  # what looks like a path and is none
    "exhibit/row/column": "the form of an id",
    "in_treatment/completed/returned": "parts of an id",
}


def anchors(document: Path) -> set[str]:
    """The anchors that a public forge gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def makefile() -> str:
    return (PROJECT / "Makefile").read_text(encoding="utf-8")


def code(document: Path) -> list[str]:
    return CODE.findall(document.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_leads_somewhere(document):
    lost = []
    for target in LINK.findall(CODE.sub("", document.read_text(encoding="utf-8"))):
        path, _, anchor = target.partition("#")
        if "://" in target or path.startswith("mailto:"):
            continue
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_command_and_option_of_make_is_one(document):
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile(), re.MULTILINE))
    options = set(re.findall(r"\b([A-Z]{2,})\b", makefile()))
    found = [span for span in code(document) if "make " in span]
    assert {name for span in found for name in COMMAND.findall(span)} - targets == set()
    commands = [line.lstrip("` ") for span in found for line in span.splitlines()]
    given = {name for line in commands if line.startswith("make ") for name in OPTION.findall(line)}
    assert given - options == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_file_that_is_named_is_there(document):
    named = {path for span in code(document) for path in FILE.findall(span)}
    assert {path for path in named if not (PROJECT / path).exists()} - added(document) == set()


def spans(document: Path) -> list[str]:
    """The code within sentences; what blocks show is run by tests of their own."""
    return SPAN.findall(FENCE.sub("", document.read_text(encoding="utf-8")))


def workflow_text() -> str:
    """All that rules and their scripts say."""
    found = [path for kind in ("*.smk", "*.py") for path in sorted((PROJECT / "workflow").rglob(kind))]
    return "\n".join(path.read_text(encoding="utf-8") for path in found)


def is_of_the_project(path: str) -> bool:
    """Whether a file, a folder or a module (`run/job`), or a name in one (`run/job.writing`), is there."""
    pattern = re.sub(r"<\w+>|…", "*", path).rstrip("/")
    for room in ROOMS:
        if pattern and any((PROJECT / room).glob(pattern)):
            return True
        module, _, name = path.partition(".")
        script = PROJECT / room / f"{module}.py"
        if script.is_file() and "/" in module:
            return not name or bool(
                re.search(rf"^(?:def|class) {name}\b|^{name}\b", script.read_text(encoding="utf-8"), re.M)
            )
    return "/" not in path and any(
        any((PROJECT / room).rglob(path))
        for room in ("workflow/resources", "workflow/rules", "templates", "tests", "docs")
    )


def is_of_a_run(path: str, said: str) -> bool:
    """Whether a run makes it: a published form, or what a rule or a script names."""
    within = re.sub(r"^results/[^/]+/", "", path).removesuffix(".sig").rstrip("/")
    if within in ("", *HOUSE) or form_of(within) or within in {form.file for form in FORMS}:
        return True
    if re.fullmatch(r"[A-Z]?[.\d]+(-\d+)?\.(svg|png)", within):
        return form_of(f"figures/{within}") is not None
    if part := re.fullmatch(r"restricted/ledger/(\w+)\.csv", within):
        return bool(re.search(rf"^\s*(?:rule|checkpoint) {part[1]}:$", said, re.M))
    if extract := re.fullmatch(r"restricted/validated/(\w+)\.parquet", within):
        return (PROJECT / "docs" / "templates" / f"{extract[1]}.csv").is_file()
    top, _, below = within.partition("/")
    if below and top not in (*HOUSE, "releases", "results", ".snakemake"):
        return False
    names = [name for whole in within.split("/") for name in re.split(r"<\w+>|\*", whole) if name]
    return all(re.search(rf"(?<![\w.-]){re.escape(name)}(?!\w)", said) for name in names)


@pytest.mark.parametrize("document", OURS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_path_in_a_sentence_is_of_the_project_or_of_a_run(document):
    said = workflow_text()
    named = {span for span in spans(document) if PATH.fullmatch(span)} - set(NO_PATHS) - added(document)
    ours = {path for path in named if not path.startswith("../")}  # others are made by commands that tests run
    assert {
        path
        for path in ours
        if not (document.parent / path).exists() and not is_of_the_project(path) and not is_of_a_run(path, said)
    } == set()


@pytest.mark.parametrize(
    "path",
    ["run/jobs.py", "run/job.no_name", "figures/no_figure", "restricted/no_file.csv", "restricted/ledger/no_rule.csv",
     "restricted/validated/no_extract.parquet", "no_file_at_all.yaml", "results/<run>/reports.pdf", "figure/S.1.svg"],
)  # fmt: skip
def test_a_path_that_nothing_is_at_is_noticed(path):
    assert PATH.fullmatch(path)
    assert not is_of_the_project(path) and not is_of_a_run(path, workflow_text())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_study_that_a_command_names_is_there(document):
    named = {study for span in code(document) for study in re.findall(r"\bSTUDY=(studies/[\w-]+)", span)}
    assert {study for study in named if not (PROJECT / study / "config.yaml").is_file()} == set()
    given = {files for span in code(document) for files in re.findall(r"\bFROM=([\w./-]+)", span)}
    assert {files for files in given if not (PROJECT / files).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_setting_that_is_named_is_one(document):
    """But in the ledger's page, whose ids begin with some of the same words."""
    if document.name == "ledger.md":
        return
    settings = set(
        re.findall(r"^\| `([^`]+)` \|", (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8"), re.M)
    )
    groups = {name.partition(".")[0] for name in settings if "." in name}
    named = {
        span
        for span in spans(document)
        if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", span) and span.partition(".")[0] in groups
    }
    assert {name for name in named if name not in settings and not PATH.fullmatch(name)} == set()


def with_its_cases(file: Path) -> str:
    """The text of a test and of what it imports from tests/support, where cases may be named."""
    text = file.read_text(encoding="utf-8")
    imported = re.findall(r"^(?:from|import) (\w+)", text, re.M)
    support = [PROJECT / "tests" / "support" / f"{name}.py" for name in imported]
    return "\n".join([text, *(path.read_text(encoding="utf-8") for path in support if path.is_file())])


def picked(document: Path) -> list[tuple[str, str]]:
    """File and expression of each `-k`; in a table whose head names a file it stands for the cells without one."""
    found, head, before = [], "", ""
    for line in document.read_text(encoding="utf-8").splitlines():
        if not before.startswith("|"):
            head = "".join(re.findall(r"`(tests/[\w/]+\.py)`", line)[:1]) if line.startswith("|") else ""
        before = line
        for span in SPAN.findall(line):
            if one := PICKED.fullmatch(span):
                found.append((one[1] or head, one[2].strip('"')))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_test_that_is_named_is_one_and_every_choice_picks_some(document):
    every = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "tests").rglob("test_*.py")))
    names = set(re.findall(r"^def (test_\w+)", every, re.M))
    for span in spans(document):
        if re.fullmatch(r"test_\w+…?", span):
            assert any(name.startswith(span[:-1]) if span.endswith("…") else name == span for name in names), span
    for file, expression in picked(document):
        text = with_its_cases(PROJECT / file) if file else every
        for word in set(re.findall(r"\w+", expression)) - {"or", "and", "not"}:
            assert word.lower() in text.lower(), f"{file} -k {word}"


def added(document: Path) -> set[str]:
    """Files that a document has its reader make: the block of a worked example says which."""
    return set(re.findall(r"^```\w+ new=(\S+)", document.read_text(encoding="utf-8"), re.M))


def test_the_list_of_commands_is_whole():
    listed = subprocess.run(["make", "-s", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    declared = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile(), re.MULTILINE)[1]
    public = set(re.findall(r"[a-z][a-z-]*", declared))
    assert set(re.findall(r"^make ([a-z-]+)", listed, re.MULTILINE)) == public


def rows_below(document: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, its head left out."""
    text = (PROJECT / document).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    lines = re.search(r"(?:^\|.*\n)+", text, re.M)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_readme_lists_all_that_a_run_leaves():
    study = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
    listed = [name for what, *_ in rows_below("README.md", "Two commands") for name in SPAN.findall(what)]
    assert sorted(listed) == sorted([*(form.file for form in forms_of(study)), *(f"{folder}/" for folder in HOUSE)])


def test_commissioners_are_told_of_every_verdict():
    told = [words for what, *_ in rows_below("docs/commissioner.md", "What was found") for words in what.split(", ")]
    assert len(told) == len(set(told)) and set(told) == set(SAID.values())


def test_data_guardians_are_told_of_every_policy():
    told = {
        name.strip("`"): says for name, says in rows_below("docs/data-guardian.md", "Before the run: choose a policy")
    }
    assert told == {name: policy.says for name, policy in POLICIES.items()}


def test_every_picture_is_shown():
    shown = {
        (document.parent / target).resolve()
        for document in DOCUMENTS
        for target in LINK.findall(document.read_text(encoding="utf-8"))
    }
    assert set((PROJECT / "docs" / "pictures").glob("*.png")) <= shown


def test_every_document_can_be_reached_from_the_readme():
    """By links of documents, however many."""
    reached, next_ones = set(), {PROJECT / "README.md"}
    while next_ones:
        reached |= next_ones
        targets = {
            (one.parent / target.partition("#")[0]).resolve()
            for one in next_ones
            for target in LINK.findall(one.read_text(encoding="utf-8"))
        }
        next_ones = {target for target in targets if target.suffix == ".md" and target.is_file()} - reached
    assert set(OURS) <= reached
