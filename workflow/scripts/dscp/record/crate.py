"""The run record as a graph: a Workflow Run RO-Crate (Provenance Run Crate 0.5, RO-Crate 1.1).

Publishable outputs and the project's files (copied to `code/`) are files of the crate, each with its SHA-256. What is
confidential, or only a step on the way, is described: an entity with an identifier that no reader of a crate takes for
a file. `crate` is a pure function of the jobs and of what is known of the run; with no times and no keyed checksums
among the facts, the same run gives the same graph. The record names no person: the account that a machine runs the
workflow under says nothing to its readers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from urllib.parse import quote

from dscp.record.forms import CODE, CSV, HTML, RESTRICTED, WORK, form_of
from dscp.run.closed import RELEASES
from dscp.run.plan import land, part_of

PROJECT = Path(__file__).parents[4]
CRATE = "ro-crate-metadata.json"
KEYED = "hmac-sha256:"
KEY_BYTES = 32
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}
RO_CRATE = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    WORKFLOW_CRATE: "Workflow RO-Crate",
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
LICENCE = "https://spdx.org/licenses/MIT"
WORKFLOW = f"{CODE}/Snakefile"
ENGINE = "#engine/snakemake"
AGENT = "#agent"
RUNNER = "The holders of the extracts, who ran the workflow"
ACCESS = "Confidential. Held by the data's owner and by whoever runs the workflow; never published, not in this crate."
CHECKABLE = " The checksum is keyed: only a holder of the run's key and of the file can check it."
USED = "A file of the project, as the run used it."
INTERMEDIATE = "A step between two jobs, not published and not part of this crate."
TYPES = {  # of what is no published form: the project's files, extracts, steps between jobs
    ".csv": CSV,
    ".html": HTML,
    ".yaml": "application/yaml",
    ".py": "text/x-python",
    ".css": "text/css",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}


@dataclass(frozen=True)
class Facts:
    """What is known of a run besides its jobs. Paths are as the rules name them, from the study's folder.

    Parameters
    ----------
    run, title, date : the run's name, the report's title, the date that the crate bears
    study : the config
    extracts : path of an extract's file -> its name ("journeys", or "journeys/2" for a second file)
    code : path of a project file -> its path inside the project
    checksums : path -> SHA-256, or for a confidential file the keyed checksum with its prefix
    code_version : digest of the project's files
    commit : the checkout's commit, or ""
    packages : package -> version
    times : job -> start and end, ISO 8601
    numbers : job -> the number that a batch system gave it, for the jobs that one ran
    rewritten : path of an output whose content changed after its job -> when
    sizes : path of a file of the crate -> its bytes
    """

    run: str
    title: str
    date: str
    study: Mapping
    extracts: Mapping[str, str]
    code: Mapping[str, str]
    checksums: Mapping[str, str]
    code_version: str
    commit: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    rewritten: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    def within(self, path: str) -> str:
        """Return a path's part inside the run's folder, or "" for a path outside it."""
        folder = f"results/{self.run}/"
        return path[len(folder) :] if path.startswith(folder) else ""

    def size(self, path: str) -> str | None:
        """Return the bytes of a file of the crate, as the record writes them."""
        return str(self.sizes[path]) if path in self.sizes else None

    def identifier(self, path: str) -> str:
        """Return the identifier of a file: relative to the crate for its files, "#…" for what is only described."""
        inside = self.within(path)
        if path in self.code:
            return quote(f"{CODE}/{self.code[path]}")
        if path in self.extracts:
            return quote(f"#extract/{self.extracts[path]}", safe="/#")
        if not inside:
            return quote(f"#restricted/{PurePosixPath(path).name}", safe="/#")
        described = inside.startswith((f"{RESTRICTED}/", f"{WORK}/"))
        return quote(f"#{inside}" if described else inside, safe="/#")


def sha256(path: str | Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def keyed(path: str | Path, key: bytes) -> str:
    """Keyed checksum of a confidential file, with its prefix: without the key nobody can tell what the file held."""
    with open(path, "rb") as stream:
        return KEYED + hashlib.file_digest(stream, lambda: hmac.new(key, digestmod="sha256")).hexdigest()


def own_key(path: Path) -> bytes:
    """Return the run's key for checksums of what is confidential, made once, for its owner alone.

    A new run takes the key of another run of the study, if there is one, or the one that was kept when a run was
    released: only then can it be told whether two runs used the same extract, and a client has one pseudonym in both.

    Parameters
    ----------
    path : of the file that holds it, in the run's restricted folder

    Raises
    ------
    KeyFault
        The file holds none.
    """
    if not path.exists():
        others = sorted(path.parents[2].glob(f"*/{path.parent.name}/{path.name}"))
        kept = [one for one in (*others, path.parents[3] / RELEASES / path.name) if one.exists()]
        key = read_key(kept[0]) if kept else secrets.token_bytes(KEY_BYTES)
        part = part_of(path)
        part.touch(mode=0o600)
        part.write_text(key.hex() + "\n", encoding="ascii")
        land(part, path)
    return read_key(path)


class KeyFault(ValueError):
    """A file that should hold the key of keyed checksums holds none; the message says so in one line."""


def read_key(path: Path) -> bytes:
    """Read the key of keyed checksums.

    Raises
    ------
    KeyFault
        The file does not hold 32 bytes in hexadecimal digits: a shorter key would tell what it is to hide.
    """
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFault(f"{path}: is no key, allowed: {KEY_BYTES} bytes in hexadecimal digits")
    return key


def is_confidential(identifier: str) -> bool:
    """Whether an identifier of `Facts` stands for a confidential file."""
    return identifier.startswith(("#extract/", "#restricted/"))


def combined(checksums: Mapping[str, str]) -> str:
    """One digest for several files: of their names and checksums."""
    lines = "".join(f"{name} {checksums[name]}\n" for name in sorted(checksums))
    return hashlib.sha256(lines.encode()).hexdigest()


def refer(identifiers: Iterable[str]) -> list[dict]:
    """References to entities, each once, in the order given."""
    return [{"@id": identifier} for identifier in dict.fromkeys(identifiers)]


def entity(identifier: str, kind: str | list[str], /, **properties: object) -> dict:
    """An entity; properties without a value are left out, a list of one is written as the one."""
    known = {name: value for name, value in properties.items() if value not in (None, "", [], {})}
    single = {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in known.items()}
    return {"@id": identifier, "@type": kind, **single}


def crate(jobs: Sequence[Mapping], facts: Facts) -> dict:
    """Build the record of a run.

    Parameters
    ----------
    jobs : in the order of the report, each with `name` ("outcomes", "validate/journeys"), `rule`, `does`, `script`,
        `digest`, `inputs` and `outputs` (paths), `settings` (name -> value)
    facts : of the run

    Returns
    -------
    The JSON-LD document.
    """
    files = {path: None for job in jobs for path in [*job["inputs"], *job["outputs"]]} | dict.fromkeys(facts.code)
    graph = [
        *_frame(jobs, facts, files),
        *_workflow(jobs, facts),
        *_actions(jobs, facts),
        *_settings(jobs, facts),
        *(_file(path, facts) for path in files if facts.identifier(path) not in _code_of(jobs)),
        *_software(facts),
    ]
    return {"@context": [f"{RO_CRATE}/context", TERMS], "@graph": graph}


def reproducible(jobs: Sequence[Mapping], facts: Facts) -> dict:
    """Build the part of the record that the same run on the same packages gives again, byte for byte.

    Left out: times, the commit (the code's digest stays), checksums that need the run's key, and the folders that the
    extracts lie in.
    """
    kept = [{**job, "settings": {k: value for k, value in job["settings"].items() if k != "extracts"}} for job in jobs]
    record = crate(
        kept,
        replace(
            facts,
            date=facts.study["programme"]["end"],
            checksums={path: total for path, total in facts.checksums.items() if not total.startswith(KEYED)},
            commit="",
            times={},
            numbers={},
            rewritten={},
            sizes={},
        ),
    )
    for one in record["@graph"]:
        if is_confidential(one["@id"]):
            one["alternateName"] = PurePosixPath(one["alternateName"]).name
    return record


def as_text(record: Mapping) -> str:
    """A record as its file holds it."""
    return json.dumps(record, indent=1, ensure_ascii=False) + "\n"


def _code_of(jobs: Sequence[Mapping]) -> set[str]:
    return {WORKFLOW, *(_tool(job) for job in jobs)}


def _tool(job: Mapping) -> str:
    return f"{CODE}/workflow/scripts/{job['script']}.py"


def _action(job: Mapping) -> str:
    return f"#job/{job['name']}"


def _frame(jobs: Sequence[Mapping], facts: Facts, files: Iterable[str]) -> list[dict]:
    """The crate itself: its descriptor, its root, the profiles that it follows, its licence."""
    parts = {facts.identifier(path) for path in files}
    root = entity(
        "./",
        "Dataset",
        name=f"{facts.title}: run {facts.run}",
        description=f"Outputs of the run {facts.run}, the code and settings that made them, and how each was made.",
        author={"@id": AGENT},
        datePublished=facts.date,
        license={"@id": LICENCE},
        conformsTo=refer(PROFILES),
        mainEntity={"@id": WORKFLOW},
        hasPart=refer(sorted(part for part in parts if not part.startswith("#"))),
        mentions=refer(["#run", "#engine-run", *(_action(job) for job in jobs)]),
    )
    descriptor = entity(
        CRATE, "CreativeWork", about={"@id": "./"}, conformsTo=refer([RO_CRATE, WORKFLOW_CRATE]), name="Run record"
    )
    profiles = [
        entity(identifier, "CreativeWork", name=name, version=identifier.rsplit("/", 1)[1])
        for identifier, name in {RO_CRATE: "RO-Crate", **PROFILES}.items()
    ]
    licence = entity(LICENCE, "CreativeWork", name="MIT Licence", description="Code and text of the project.")
    return [descriptor, root, *profiles, entity(BIOSCHEMAS, "CreativeWork", name="ComputationalWorkflow"), licence]


def _workflow(jobs: Sequence[Mapping], facts: Facts) -> list[dict]:
    """The workflow, its steps and the scripts that they run."""
    first = {job["rule"]: job for job in reversed(jobs)}
    rules = {job["rule"]: first[job["rule"]] for job in jobs}
    path = {name: path for path, name in facts.code.items()}
    workflow = entity(
        WORKFLOW,
        ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        name=facts.title,
        programmingLanguage={"@id": LANGUAGE},
        conformsTo={"@id": BIOSCHEMAS},
        version=facts.code_version,
        identifier=facts.commit,
        description="The contents page of the workflow: which rules there are, and what they make.",
        sha256=facts.checksums.get(path["Snakefile"]),
        contentSize=facts.size(path["Snakefile"]),
        hasPart=refer(_tool(job) for job in jobs),
        step=refer(f"#step/{rule}" for rule in rules),
        input=refer(f"#parameter/{name}" for job in jobs for name in job["settings"]),
        softwareRequirements=refer(_package(*item) for item in facts.packages.items()),
    )
    steps = [
        entity(
            f"#step/{rule}",
            "HowToStep",
            name=rule,
            description=job["does"],
            position=position,
            workExample={"@id": _tool(job)},
        )
        for position, (rule, job) in enumerate(rules.items(), start=1)
    ]
    tools = [
        entity(
            _tool(job),
            ["File", "SoftwareSourceCode", "SoftwareApplication"],
            name=rule,
            description=job["does"],
            version=job["digest"],
            encodingFormat=TYPES[".py"],
            sha256=facts.checksums.get(path[_tool(job).removeprefix(f"{CODE}/")]),
            contentSize=facts.size(path[_tool(job).removeprefix(f"{CODE}/")]),
            input=refer(f"#parameter/{name}" for name in job["settings"]),
        )
        for rule, job in rules.items()
    ]
    return [workflow, *steps, *tools]


def _actions(jobs: Sequence[Mapping], facts: Facts) -> list[dict]:
    """The run, its jobs, and the engine's control of them."""
    agent = {"@id": AGENT}
    made = {path for job in jobs for path in job["outputs"]}
    given = [path for job in jobs for path in job["inputs"] if path not in made]
    published = [path for job in jobs for path in job["outputs"] if not facts.identifier(path).startswith("#")]
    times = facts.times.values()
    whole = entity(
        "#run",
        "CreateAction",
        name=f"Run {facts.run}",
        description="The whole workflow, from the extracts to the report.",
        instrument={"@id": WORKFLOW},
        object=refer(
            [*map(facts.identifier, given), *(_setting(job, n, facts) for job in jobs for n in job["settings"])]
        ),
        result=refer(map(facts.identifier, published)),
        startTime=min((start for start, _ in times), default=None),
        endTime=max((end for _, end in times), default=None),
        agent=agent,
    )
    single = [
        entity(
            _action(job),
            "CreateAction",
            name=job["name"],
            description=job["does"],
            instrument={"@id": _tool(job)},
            object=refer([*map(facts.identifier, job["inputs"]), *(_setting(job, n, facts) for n in job["settings"])]),
            result=refer(map(facts.identifier, job["outputs"])),
            startTime=facts.times.get(job["name"], (None, None))[0],
            endTime=facts.times.get(job["name"], (None, None))[1],
            identifier=facts.numbers.get(job["name"]),
            agent=agent,
        )
        for job in jobs
    ]
    controls = [
        entity(
            f"#control/{job['name']}",
            "ControlAction",
            name=f"Start of {job['name']}",
            instrument={"@id": f"#step/{job['rule']}"},
            object={"@id": _action(job)},
        )
        for job in jobs
    ]
    organised = entity(
        "#engine-run",
        "OrganizeAction",
        name="Snakemake",
        description="The workflow engine starts the jobs in their order.",
        instrument={"@id": ENGINE},
        object=refer(control["@id"] for control in controls),
        result={"@id": "#run"},
        agent=agent,
    )
    return [whole, organised, *single, *controls, entity(AGENT, "Organization", name=RUNNER)]


def _setting(job: Mapping, name: str, facts: Facts) -> str:
    """Identifier of a setting: one for all that use a part of the config as it stands, else the rule's own."""
    shared = name in facts.study and facts.study[name] == job["settings"][name]
    return f"#setting/{name}" if shared else f"#setting/{job['rule']}/{name}"


def _settings(jobs: Sequence[Mapping], facts: Facts) -> list[dict]:
    """The settings' values, and the parameters that they are values of."""
    values = {
        _setting(job, name, facts): (name, value) for job in jobs for name, value in sorted(job["settings"].items())
    }
    of_name: dict[str, list[str]] = {}
    for identifier, (name, _) in values.items():
        of_name.setdefault(name, []).append(identifier)
    parameters = [
        entity(
            f"#parameter/{name}", "FormalParameter", name=name, additionalType="PropertyValue", workExample=refer(all_)
        )
        for name, all_ in of_name.items()
    ]
    settings = [
        {
            **entity(identifier, "PropertyValue", name=name, exampleOfWork={"@id": f"#parameter/{name}"}),
            "value": value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False),
        }
        for identifier, (name, value) in values.items()
    ]
    return [*parameters, *settings]


def _file(path: str, facts: Facts) -> dict:
    """A file of the crate, or the description of one that is not in it."""
    identifier, checksum = facts.identifier(path), facts.checksums.get(path)
    form = form_of(facts.within(path))
    says = form.says if form else None
    if is_confidential(identifier):
        return entity(
            identifier,
            "CreativeWork",
            name=identifier.removeprefix("#"),
            alternateName=path,
            description=says,
            identifier=checksum,
            conditionsOfAccess=ACCESS + (CHECKABLE if checksum else ""),
            isAccessibleForFree=False,
            dateModified=facts.rewritten.get(path),
        )
    kind, place = ("CreativeWork", path) if identifier.startswith("#") else ("File", None)
    return entity(
        identifier,
        kind,
        name=facts.within(path) or facts.code[path],
        alternateName=place,
        description=INTERMEDIATE if place else says or USED,
        encodingFormat=form.media_type if form else TYPES.get(PurePosixPath(path).suffix),
        sha256=checksum,
        contentSize=None if place else facts.size(path),
        dateModified=facts.rewritten.get(path),
    )


def _package(name: str, version: str) -> str:
    return f"pkg:{'generic' if name == 'python' else 'pypi'}/{name}@{version}"


def _software(facts: Facts) -> list[dict]:
    """The language, the engine and the packages."""
    version = facts.packages.get("snakemake")
    language = entity(LANGUAGE, "ComputerLanguage", name="Snakemake", alternateName="SMK", version=version)
    engine = entity(ENGINE, "SoftwareApplication", name="Snakemake", softwareVersion=version)
    packages = [
        entity(_package(name, number), "SoftwareApplication", name=name, softwareVersion=number)
        for name, number in facts.packages.items()
    ]
    return [language, engine, *packages]


def gather(
    paths: Iterable[str], identify: Callable[[str], str], key: bytes, kept: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Checksums of files: keyed for the confidential ones; of the frozen copy where one is `kept` of a file."""
    return {
        path: keyed(kept.get(path, path), key) if is_confidential(identify(path)) else sha256(kept.get(path, path))
        for path in paths
    }
